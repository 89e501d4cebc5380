/*
 * df-inside - the first process of ours inside a sandbox.
 *
 * Reads what the sandbox is (mounts, descriptors, environment names, ids,
 * capabilities, network) and writes it to the report descriptor as one JSON
 * line; runs the command; when it has ended or its time is over, kills
 * everything that is left, looks at what was written outside the workspace,
 * and writes a second JSON line.  Linked statically, so that it runs in any
 * root.  Not meant to be called by hand: df-dispatch and df-holdout do.
 *
 * It cannot be read or traced by what it runs: not dumpable, and its report
 * descriptor is not inherited.
 */
#define _GNU_SOURCE
#include "base/df.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <linux/keyctl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "inside.h"

#define FDS 8			/* descriptors that a command may keep */
#define LOOKS 64		/* directories that are looked through */
#define SLURP_MAX ((size_t)2 << 20)
#define NAMES 20		/* survivors and files that are named */
#define GRACE_MS 5000		/* from SIGTERM to SIGKILL */
#define CLEANUP_MS 30000

static const char usage[] =
    "usage: df-inside -r FD [-k FD]... [-t MS] [-p PROCESSES] [-o DIR]...\n"
    "                 [-l PATH]... [-gG] [-c] [-n] [-x PATH]... [-w PATH]...\n"
    "                 -- COMMAND [ARG]... [--then COMMAND [ARG]...]\n"
    "       df-inside --left PID [BUT]\n"
    "\n"
    "The first process in a sandbox; df-dispatch and df-holdout start it.\n"
    "\n"
    "  -r FD       write the report there (two JSON lines)\n"
    "  -k FD       the command inherits this descriptor\n"
    "  -t MS       the command's time: SIGTERM, five seconds, SIGKILL\n"
    "  -p N        at most N processes\n"
    "  -o DIR      report files below DIR: written outside the workspace\n"
    "  -l PATH     nothing is run if a socket or pipe is there or below\n"
    "  -g          the command cannot change others' limits, nor see keyrings\n"
    "  -G          nor trace others: for a judge\n"
    "  -c          confine the command (Landlock, seccomp): it has\n"
    "  -x PATH       this and what is below to read and run\n"
    "  -w PATH       and this to write\n"
    "  -n          with -c: the host's network; with -g: but not its abstract\n"
    "              sockets\n"
    "  --then      afterwards, in what is left, run this (30 seconds)\n"
    "  --left      in a sandbox: list who is no descendant of that process;\n"
    "              with BUT, such a list, kill all others that are none\n"
    "      --help  this text\n"
    "      --version\n"
    "\n"
    "exit status:\n"
    "  0  the command ran; how it ended is in the report\n"
    "  2  usage\n"
    "  4  refused: a socket or pipe, see -l\n"
    "  9  the command could not be run\n";

struct opts {
	int report;
	int keep[FDS];
	size_t nkeep;
	const char *out[FDS];
	size_t nout;
	const char *look[LOOKS];
	size_t nlook;
	int64_t ms, processes;
	int confine, guard;
	struct df_confine c;
	struct df_guard g;
	char **cmd, **then;
};

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
slurp(const char *path, struct df_buf *b)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	df_buf_reset(b);
	if (fd < 0)
		return;
	while (b->n < SLURP_MAX &&
	    (n = read(fd, df_buf_room(b, 65536), 65536)) > 0) {
		b->n += (size_t)n;
		b->s[b->n] = '\0';
	}
	close(fd);
}

static void
send_line(int fd, struct df_buf *b)
{
	size_t off = 0;
	ssize_t n;

	df_buf_ch(b, '\n');
	while (off < b->n) {
		n = write(fd, b->s + off, b->n - off);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			_exit(DF_EXTERNAL);
		off += (size_t)n;
	}
}

/* ---- what the sandbox is ---- */

/* The line of /proc/self/status that begins with key, without it. */
static void
status_line(const struct df_buf *st, const char *key, struct df_buf *out)
{
	const char *s = strstr(st->s, key), *end;

	if (s == NULL) {
		df_buf_str(out, "\"\"");
		return;
	}
	s += strlen(key);
	s += strspn(s, " \t");
	end = s + strcspn(s, "\n");
	df_text_json(out, s, (size_t)(end - s));
}

static void
mounts(struct df_buf *out, struct df_buf *tmp)
{
	char *line, *save = NULL, *f[7], *p, *type, *source, *rest;
	int i, first = 1;

	slurp("/proc/self/mountinfo", tmp);
	if (tmp->n >= SLURP_MAX)	/* a part of them is none */
		df_buf_reset(tmp);
	df_buf_ch(out, '[');
	for (line = strtok_r(tmp->s, "\n", &save); line;
	    line = strtok_r(NULL, "\n", &save)) {
		/* id parent dev root point options [tags] - type source ... */
		for (i = 0, p = line; i < 6 && p; i++) {
			f[i] = p;
			p = strchr(p, ' ');
			if (p)
				*p++ = '\0';
		}
		rest = p ? strstr(p[0] == '-' ? p - 1 : p, " - ") : NULL;
		if (i < 6 || p == NULL)
			continue;
		if (rest == NULL && p[0] == '-' && p[1] == ' ')
			type = p + 2;
		else if (rest)
			type = rest + 3;
		else
			continue;
		source = strchr(type, ' ');
		if (source)
			*source++ = '\0';
		else
			source = type + strlen(type);
		rest = strchr(source, ' ');
		if (rest)
			*rest = '\0';
		df_text_unoctal(f[3]);
		df_text_unoctal(f[4]);
		df_text_unoctal(source);
		df_buf_str(out, first ? "{\"dev\":" : ",{\"dev\":");
		first = 0;
		df_text_json(out, f[2], strlen(f[2]));
		df_buf_str(out, ",\"options\":");
		df_text_json(out, f[5], strlen(f[5]));
		df_buf_str(out, ",\"point\":");
		df_text_json(out, f[4], strlen(f[4]));
		df_buf_str(out, ",\"root\":");
		df_text_json(out, f[3], strlen(f[3]));
		df_buf_str(out, ",\"source\":");
		df_text_json(out, source, strlen(source));
		df_buf_str(out, ",\"type\":");
		df_text_json(out, type, strlen(type));
		df_buf_ch(out, '}');
	}
	df_buf_ch(out, ']');
}

static void
descriptors(const struct opts *o, struct df_buf *out)
{
	char path[40], to[256];
	int first = 1, fd;
	size_t i;
	ssize_t n;

	df_buf_ch(out, '[');
	for (fd = 0; fd < 1024; fd++) {
		if (fd > 2) {
			for (i = 0; i < o->nkeep && o->keep[i] != fd; i++)
				;
			if (i == o->nkeep)
				continue;
		}
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		n = readlink(path, to, sizeof(to) - 1);
		if (n < 0)
			continue;
		to[n] = '\0';
		/* pipe:[123]: the number is of this moment */
		to[strcspn(to, "[")] = '\0';
		df_buf_fmt(out, "%s{\"fd\":%d,\"to\":", first ? "" : ",", fd);
		df_text_json(out, to, strlen(to));
		df_buf_ch(out, '}');
		first = 0;
	}
	df_buf_ch(out, ']');
}

static int
str_cmp(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
environment(struct df_buf *out)
{
	extern char **environ;
	char **name;
	size_t n, i;

	for (n = 0; environ[n]; n++)
		;
	name = df_calloc(n + 1, sizeof(*name));
	for (i = 0; i < n; i++)
		name[i] = environ[i];
	qsort(name, n, sizeof(*name), str_cmp);
	df_buf_ch(out, '[');
	for (i = 0; i < n; i++) {
		if (i)
			df_buf_ch(out, ',');
		df_text_json(out, name[i], strcspn(name[i], "="));
	}
	df_buf_ch(out, ']');
	free(name);
}

static void
network(struct df_buf *out, struct df_buf *tmp)
{
	char *line, *save = NULL, *colon;
	int n = 0, first = 1;

	slurp("/proc/self/net/dev", tmp);
	df_buf_ch(out, '[');
	for (line = strtok_r(tmp->s, "\n", &save); line;
	    line = strtok_r(NULL, "\n", &save)) {
		if (n++ < 2 || (colon = strchr(line, ':')) == NULL)
			continue;
		*colon = '\0';
		line += strspn(line, " ");
		if (!first)
			df_buf_ch(out, ',');
		df_text_json(out, line, strlen(line));
		first = 0;
	}
	df_buf_ch(out, ']');
}

static void
id_map(const char *path, struct df_buf *out, struct df_buf *tmp)
{
	char *s, *save = NULL, *line;
	int first = 1;

	slurp(path, tmp);
	df_buf_ch(out, '[');
	for (line = strtok_r(tmp->s, "\n", &save); line;
	    line = strtok_r(NULL, "\n", &save)) {
		unsigned long a, b, c;

		s = line;
		a = strtoul(s, &s, 10);
		b = strtoul(s, &s, 10);
		c = strtoul(s, &s, 10);
		df_buf_fmt(out, "%s{\"count\":%lu,\"inside\":%lu,"
		    "\"outside\":%lu}", first ? "" : ",", c, a, b);
		first = 0;
	}
	df_buf_ch(out, ']');
}

static void
report_before(const struct opts *o, const struct df_look *l)
{
	struct df_buf b = DF_BUF_INIT, tmp = DF_BUF_INIT, st = DF_BUF_INIT;
	char cwd[4096];

	slurp("/proc/self/status", &st);
	df_buf_str(&b, "{\"capabilities\":{\"ambient\":");
	status_line(&st, "CapAmb:", &b);
	df_buf_str(&b, ",\"bounding\":");
	status_line(&st, "CapBnd:", &b);
	df_buf_str(&b, ",\"effective\":");
	status_line(&st, "CapEff:", &b);
	df_buf_str(&b, ",\"permitted\":");
	status_line(&st, "CapPrm:", &b);
	df_buf_ch(&b, '}');
	if (o->nlook) {
		df_buf_str(&b, ",\"channels\":");
		df_look_report(l, &b);
	}
	if (o->confine) {
		df_buf_str(&b, ",\"confinement\":");
		df_confine_report(&o->c, &b);
	}
	df_buf_str(&b, ",\"cwd\":");
	if (getcwd(cwd, sizeof(cwd)) == NULL)
		cwd[0] = '\0';
	df_text_json(&b, cwd, strlen(cwd));
	df_buf_str(&b, ",\"descriptors\":");
	descriptors(o, &b);
	df_buf_str(&b, ",\"environment\":");
	environment(&b);
	df_buf_fmt(&b, ",\"gid\":%u,\"gid_map\":", (unsigned)getgid());
	id_map("/proc/self/gid_map", &b, &tmp);
	if (o->guard) {
		df_buf_str(&b, ",\"guard\":");
		df_guard_report(&o->g, &b);
	}
	df_buf_str(&b, ",\"mounts\":");
	mounts(&b, &tmp);
	df_buf_str(&b, ",\"network\":");
	network(&b, &tmp);
	df_buf_fmt(&b, ",\"no_new_privs\":%s,\"uid\":%u,\"uid_map\":",
	    prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? "true" : "false",
	    (unsigned)getuid());
	id_map("/proc/self/uid_map", &b, &tmp);
	df_buf_ch(&b, '}');
	send_line(o->report, &b);
	df_buf_release(&b);
	df_buf_release(&tmp);
	df_buf_release(&st);
}

/* ---- the command ---- */

struct birth {
	const struct opts *o;
	char **cmd;
	pid_t parent;
	int error;		/* of the exec */
	int confined;		/* or of what comes before it */
};

/* It shares our memory until its exec, so it makes system calls and nothing
   else. */
static int
child(void *arg)
{
	static const struct {
		void (*handler)(int);
		unsigned long flags;
		void (*restorer)(void);
		unsigned long mask;
	} by_default = { SIG_DFL, 0, NULL, 0 };	/* as the kernel has it */
	struct birth *b = arg;
	const struct opts *o = b->o;
	struct rlimit rl;
	sigset_t none;
	int i, fd;
	size_t k;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	if (syscall(SYS_close_range, 3, ~0u, CLOSE_RANGE_CLOEXEC) < 0)
		for (fd = 3; fd < 1024; fd++)
			(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	for (k = 0; k < o->nkeep; k++)
		(void)fcntl(o->keep[k], F_SETFD, 0);
	rl.rlim_cur = rl.rlim_max = 0;
	setrlimit(RLIMIT_CORE, &rl);
	if (o->processes > 0) {
		rl.rlim_cur = rl.rlim_max = (rlim_t)o->processes;
		setrlimit(RLIMIT_NPROC, &rl);
	}
	/* Not signal(3): some callers ignore those of the C library too. */
	for (i = 1; i <= 64; i++)
		(void)syscall(SYS_rt_sigaction, i, &by_default, NULL, 8);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != b->parent)	/* it died before that */
		_exit(127);
	if (o->confine && df_confine_self(&o->c) < 0) {
		b->error = errno;
		_exit(127);
	}
	if (o->guard && df_guard_self(&o->g) < 0) {
		b->error = errno;
		_exit(127);
	}
	b->confined = 1;
	execvp(b->cmd[0], b->cmd);
	b->error = errno;
	_exit(127);
}

/* Start cmd; its pid, or -1 with errno set by its exec, or what comes
   before. */
static pid_t
start(const struct opts *o, char **cmd, int *confined)
{
	static _Alignas(16) char stack[64 * 1024];
	struct birth b = { o, cmd, getpid(), 0, 0 };
	pid_t pid;

	pid = clone(child, stack + sizeof(stack), CLONE_VM | CLONE_VFORK |
	    SIGCHLD, &b);
	if (pid > 0 && b.error) {
		waitpid(pid, NULL, 0);
		errno = b.error;
		pid = -1;
	}
	*confined = b.confined;
	return pid;
}

static int signals = -1;	/* a descriptor that reads them */
static pid_t parent;
static int interrupted;

static int ours(const char *pid, pid_t self);

/*
 * To be ended by SIGTERM: from who started us, or because that is gone.  As
 * the first process of a namespace we need none of this, and what runs may not
 * end us with it either.
 */
static void
watch_signals(void)
{
	sigset_t set;

	if (getpid() == 1) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		return;
	}
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	parent = getppid();
	prctl(PR_SET_PDEATHSIG, SIGTERM);
}

/* Did one come that counts?  Not from what we run. */
static int
was_told(void)
{
	struct signalfd_siginfo si;
	char pid[16];

	while (signals >= 0 && read(signals, &si, sizeof(si)) ==
	    (ssize_t)sizeof(si)) {
		snprintf(pid, sizeof(pid), "%u", si.ssi_pid);
		if (si.ssi_pid == 0 || (pid_t)si.ssi_pid == parent ||
		    (kill((pid_t)si.ssi_pid, 0) == 0 && !ours(pid,
		    getpid())))
			interrupted = 1;
	}
	return interrupted;
}

/* Wait for pid up to ms (0: as long as it takes), then end it.  1 when its
   time was over. */
static int
wait_for(pid_t pid, int64_t ms, int *status, struct rusage *ru)
{
	struct pollfd pf[2];
	int64_t end = now_ms() + ms, left;
	int fd = (int)syscall(SYS_pidfd_open, pid, 0), late = 0, r;

	pf[0].fd = fd;
	pf[1].fd = signals;
	pf[0].events = pf[1].events = POLLIN;
	while (fd >= 0) {
		left = end - now_ms();
		if (left < 0)
			left = 0;
		r = poll(pf, 2, ms == 0 || left > 3600000 ? 3600000 :
		    (int)left);
		if (r > 0 && pf[0].revents)
			break;
		if (r < 0 && errno != EINTR)
			break;
		if (r > 0 && was_told()) {
			kill(-pid, SIGKILL);
			kill(pid, SIGKILL);
			break;
		}
		if (ms == 0 || now_ms() < end)
			continue;
		kill(-pid, late ? SIGKILL : SIGTERM);
		kill(pid, late ? SIGKILL : SIGTERM);
		if (late)
			break;
		late = 1;
		end = now_ms() + GRACE_MS;
	}
	while (wait4(pid, status, 0, ru) < 0 && errno == EINTR)
		;
	if (fd >= 0)
		close(fd);
	return late;
}

/* ---- what is left ---- */

static void
comm(const char *pid, char *out, size_t size)
{
	struct df_buf b = DF_BUF_INIT;
	char path[300];

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	slurp(path, &b);
	snprintf(out, size, "%.*s", (int)strcspn(b.s, "\n"), b.s);
	df_buf_release(&b);
}

/*
 * Is pid a descendant of ours?  As a subreaper we are the parent of every
 * orphan among them, so a daemon is one too.  Nothing else is ever killed:
 * this program may be run by hand, outside a process namespace.
 */
static int
ours(const char *pid, pid_t self)
{
	struct df_buf b = DF_BUF_INIT;
	char path[300];
	const char *s;
	long ppid = 0;
	int depth, r = 0;

	snprintf(path, sizeof(path), "%s", pid);
	for (depth = 0; depth < 64; depth++) {
		char file[320];

		snprintf(file, sizeof(file), "/proc/%s/stat", path);
		slurp(file, &b);
		s = strrchr(b.s, ')');
		if (s == NULL || sscanf(s + 1, " %*c %ld", &ppid) != 1 ||
		    ppid <= 0)
			break;
		if (ppid == self) {
			r = 1;
			break;
		}
		snprintf(path, sizeof(path), "%ld", ppid);
	}
	df_buf_release(&b);
	return r;
}

/*
 * Collect the dead; is anything alive?  A subreaper without a child has no
 * descendant at all.
 */
static int
reap(void)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		;
	return pid == 0 || errno != ECHILD;
}

/* Kill what the command left; returns how many there were, some by name. */
static size_t
kill_rest(struct df_buf *names)
{
	struct dirent *d;
	pid_t self = getpid();
	const struct timespec pause = { 0, 500000 };
	const struct rlimit nothing = { 0, 0 };
	size_t n = 0, round;
	char name[64];
	DIR *dir;
	long pid;

	for (round = 0; round < 1000 && reap(); round++) {
		dir = opendir("/proc");
		if (dir == NULL)
			break;
		while ((d = readdir(dir)) != NULL) {
			pid = strtol(d->d_name, NULL, 10);
			if (pid <= 1 || pid == self || !ours(d->d_name, self))
				continue;
			comm(d->d_name, name, sizeof(name));
			if (round == 0) {
				if (n++ < NAMES) {
					if (names->n)
						df_buf_ch(names, ',');
					df_text_json(names, name,
					    strlen(name));
				}
			}
			/* Before it is dead it could start another. */
			(void)prlimit((pid_t)pid, RLIMIT_NPROC, &nothing,
			    NULL);
			kill((pid_t)pid, SIGKILL);
		}
		closedir(dir);
		/* In a process namespace of our own all of them at once, so
		   that none is faster than we are. */
		if (self == 1)
			(void)kill(-1, SIGKILL);
		nanosleep(&pause, NULL);
	}
	return n;
}

/* Files below dir, by path; at most a thousand are looked at.  What is mounted
   there is none of it. */
static void
list_files(int at, const char *dir, unsigned depth, size_t *n,
    struct df_buf *names)
{
	const unsigned want = STATX_TYPE | STATX_MNT_ID;
	struct statx top, st;
	struct dirent *d;
	char path[4096];
	DIR *dp;
	int fd;

	fd = openat(at, depth ? strrchr(dir, '/') + 1 : dir, O_RDONLY |
	    O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || statx(fd, "", AT_EMPTY_PATH, want, &top) < 0 ||
	    (dp = fdopendir(fd)) == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while (*n < 1000 && (d = readdir(dp)) != NULL) {
		if (strcmp(d->d_name, ".") == 0 ||
		    strcmp(d->d_name, "..") == 0)
			continue;
		if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir,
		    d->d_name) >= sizeof(path))
			continue;
		if (statx(fd, d->d_name, AT_SYMLINK_NOFOLLOW, want, &st) < 0 ||
		    st.stx_mnt_id != top.stx_mnt_id)
			continue;
		if (S_ISDIR(st.stx_mode)) {
			if (depth < 8)
				list_files(fd, path, depth + 1, n, names);
			continue;
		}
		if ((*n)++ < NAMES) {
			if (names->n)
				df_buf_ch(names, ',');
			df_text_json(names, path, strlen(path));
		}
	}
	closedir(dp);
}

static void
report_after(const struct opts *o, int status, int late, int64_t ms,
    const struct rusage *ru)
{
	struct df_buf b = DF_BUF_INIT, left = DF_BUF_INIT, out = DF_BUF_INIT;
	size_t nleft, nout = 0, i;

	nleft = kill_rest(&left);
	for (i = 0; i < o->nout; i++)
		list_files(AT_FDCWD, o->out[i], 0, &nout, &out);
	df_buf_fmt(&b, "{\"cpu_ms\":%lld,\"duration_ms\":%lld,",
	    ((long long)ru->ru_utime.tv_sec + ru->ru_stime.tv_sec) * 1000 +
	    (ru->ru_utime.tv_usec + ru->ru_stime.tv_usec) / 1000,
	    (long long)ms);
	if (WIFEXITED(status))
		df_buf_fmt(&b, "\"exit\":%d,", WEXITSTATUS(status));
	if (interrupted)
		df_buf_str(&b, "\"interrupted\":true,");
	df_buf_fmt(&b, "\"maxrss_kib\":%ld,\"observed\":%s,\"outside\":{"
	    "\"count\":%zu,\"paths\":[%s]},", ru->ru_maxrss, getpid() == 1 ?
	    "false" : "true", nout, out.s);
	if (WIFSIGNALED(status))
		df_buf_fmt(&b, "\"signal\":%d,", WTERMSIG(status));
	df_buf_fmt(&b, "\"survivors\":{\"count\":%zu,\"names\":[%s]},"
	    "\"timeout\":%s}", nleft, left.s, late ? "true" : "false");
	send_line(o->report, &b);
}

static void wrong(void) DF_NORETURN;

static void
wrong(void)
{
	fputs(usage, stderr);
	exit(DF_USAGE);
}

static void
add_rule(struct opts *o, const char *path, int write)
{
	if (o->c.n == DF_CONFINE_RULES)
		wrong();
	o->c.rule[o->c.n].path = path;
	o->c.rule[o->c.n++].write = write;
}

static int64_t
number(const char *s, int64_t max)
{
	int64_t v;

	if (df_number(s, 0, max, &v) < 0)
		wrong();
	return v;
}

static void
parse(struct opts *o, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "+r:k:t:p:o:l:gGcnx:w:")) != -1) {
		switch (c) {
		case 'r':
			o->report = (int)number(optarg, INT_MAX);
			break;
		case 'k':
			if (o->nkeep == FDS)
				wrong();
			o->keep[o->nkeep++] = (int)number(optarg, INT_MAX);
			break;
		case 't':
			o->ms = number(optarg, INT64_MAX / 4);
			break;
		case 'p':
			o->processes = number(optarg, INT64_MAX / 4);
			break;
		case 'o':
			if (o->nout == FDS)
				wrong();
			o->out[o->nout++] = optarg;
			break;
		case 'l':
			if (o->nlook == LOOKS)
				wrong();
			o->look[o->nlook++] = optarg;
			break;
		case 'G':
			o->g.judge = 1;
			/* fall through */
		case 'g':
			o->guard = 1;
			break;
		case 'c':
			o->confine = 1;
			break;
		case 'n':
			o->c.net = o->g.net = 1;
			break;
		case 'x':
		case 'w':
			add_rule(o, optarg, c == 'w');
			break;
		default:
			wrong();
		}
	}
	if (optind >= argc || o->report < 3 || (!o->confine && (o->c.n ||
	    (o->c.net && !o->guard))))
		wrong();
	o->cmd = argv + optind;
	for (c = optind; argv[c]; c++)
		if (strcmp(argv[c], "--then") == 0) {
			argv[c] = NULL;
			o->then = argv + c + 1;
			break;
		}
	if (o->cmd[0] == NULL || (o->then && o->then[0] == NULL))
		wrong();
}

static int
left(int argc, char **argv)
{
	pid_t shell;

	if (argc < 3 || argc > 4)
		wrong();
	shell = (pid_t)number(argv[2], INT_MAX);
	if (shell < 2 || !df_left_may())
		df_diex(DF_REFUSED, "left", "only in a sandbox");
	return argc == 3 ? df_left_list(shell) : df_left_kill(shell, argv[3]);
}

int
main(int argc, char **argv)
{
	static struct opts o = { .report = -1 };
	struct rusage ru = { 0 };
	struct df_look found = { DF_BUF_INIT, DF_BUF_INIT, 0, 0, 0 };
	int status = 0, late, st, confined;
	char why[300];
	int64_t t0;
	pid_t pid;

	df_progname = "df-inside";
	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		fputs(usage, stdout);
		return DF_OK;
	}
	if (argc > 1 && strcmp(argv[1], "--version") == 0) {
		puts("df-inside (darkfactory) " DF_VERSION);
		return DF_OK;
	}
	if (argc > 1 && strcmp(argv[1], "--left") == 0)
		return left(argc, argv);
	parse(&o, argc, argv);
	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	watch_signals();
	/* No namespace hides the keys of the session that we came from. */
	(void)syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
	signal(SIGPIPE, SIG_IGN);
	fcntl(o.report, F_SETFD, FD_CLOEXEC);
	if (o.confine && df_confine_prepare(&o.c, why, sizeof(why)) < 0)
		df_diex(DF_EXTERNAL, "confine", "%s", why);
	if (o.guard)
		df_guard_prepare(&o.g);
	df_look_for_channels(&found, o.look, o.nlook);
	report_before(&o, &found);
	if (found.n)
		df_diex(DF_REFUSED, "channel", "%.200s is a socket or a pipe: "
		    "somebody may be at its other end",
		    found.first.s);
	t0 = now_ms();
	pid = start(&o, o.cmd, &confined);
	if (pid < 0 && !confined)
		df_diex(DF_EXTERNAL, "confine", "cannot confine %s: %s",
		    o.cmd[0], strerror(errno));
	if (pid < 0)
		df_diex(DF_EXTERNAL, "exec", "cannot run %s: %s", o.cmd[0],
		    strerror(errno));
	late = wait_for(pid, o.ms, &status, &ru);
	t0 = now_ms() - t0;
	if (o.then && !interrupted) {
		struct rusage unused;

		pid = start(&o, o.then, &confined);
		if (pid > 0)
			(void)wait_for(pid, CLEANUP_MS, &st, &unused);
	}
	report_after(&o, status, late, t0, &ru);
	return DF_OK;
}
