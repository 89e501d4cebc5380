#define _GNU_SOURCE
#include "base/df.h"

#include <errno.h>
#include <fcntl.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "work/sandbox.h"
#include "work/scratch.h"
#include "work/spawn.h"

/* "df" and 1, far from what login.defs and packages give out. */
#define SANDBOX_UID 0x64660001u

const char *
df_level_name(enum df_level l, int net)
{
	if (l == DF_LEVEL_NONE)
		return "none";
	if (l == DF_LEVEL_LANDLOCK)
		return net ? "landlock+net" : "landlock";
	return net ? "bwrap+net" : "bwrap";
}

int
df_level_parse(const char *s)
{
	if (strcmp(s, "bwrap") == 0)
		return DF_LEVEL_BWRAP;
	if (strcmp(s, "landlock") == 0)
		return DF_LEVEL_LANDLOCK;
	if (strcmp(s, "none") == 0)
		return DF_LEVEL_NONE;
	return -1;
}

int
df_level_own(enum df_level l)
{
	return l == DF_LEVEL_BWRAP;
}

/* ---- who we are inside ---- */

uid_t
df_sandbox_uid(void)
{
	const char *s = getenv("DF_SANDBOX_UID");
	int64_t v;

	if (geteuid() != 0)
		return geteuid();
	if (s && df_number(s, 1, 0xfffffffe, &v) == 0)
		return (uid_t)v;
	return SANDBOX_UID;
}

int
df_sandbox_drop(struct df_err *e)
{
	uid_t uid = df_sandbox_uid();
	gid_t gid = (gid_t)uid;

	if (geteuid() != 0)
		return 0;
	/* Not the C library's, which would ask all threads of its process:
	   we may be a child that shares its memory. */
	if (syscall(SYS_setgroups, 0, NULL) < 0 ||
	    syscall(SYS_setresgid, gid, gid, gid) < 0 ||
	    syscall(SYS_setresuid, uid, uid, uid) < 0)
		return df_fail_errno(e, DF_EXTERNAL, "sandbox.uid",
		    "cannot become uid %u", (unsigned)uid);
	if (geteuid() != uid || syscall(SYS_setuid, 0) == 0)
		return df_fail(e, DF_EXTERNAL, "sandbox.uid",
		    "still root after setresuid");
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);	/* the change cleared it */
	return 0;
}

/* ---- our programs inside ---- */

static int
copy_program(const char *from, int dir, const char *name, mode_t mode,
    struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	uid_t uid = df_sandbox_uid();
	int fd, r;

	r = df_read_file(AT_FDCWD, from, &b, (size_t)64 << 20, e);
	if (r == 0) {
		fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL |
		    O_NOFOLLOW | O_CLOEXEC, 0700);
		if (fd < 0)
			r = df_fail_errno(e, DF_EXTERNAL, "scratch",
			    "cannot create %s", name);
		if (r == 0)
			r = df_write_fd(fd, b.s, b.n, name, e);
		if (r == 0 && ((geteuid() == 0 && fchown(fd, uid,
		    (gid_t)uid) < 0) || fchmod(fd, mode) < 0))
			r = df_fail_errno(e, DF_EXTERNAL, "scratch",
			    "cannot set the mode of %s", name);
		if (fd >= 0)
			close(fd);
	}
	df_buf_release(&b);
	return r;
}

int
df_sandbox_tools(int scratch, int judge, struct df_err *e)
{
	struct df_buf path = DF_BUF_INIT;
	char *bash = NULL;
	int dir, r;

	if (mkdirat(scratch, "df", 0755) < 0 ||
	    fchmodat(scratch, "df", 0755, 0) < 0)
		return df_fail_errno(e, DF_EXTERNAL, "scratch",
		    "cannot make df/");
	dir = openat(scratch, "df", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return df_fail_errno(e, DF_EXTERNAL, "scratch", "df");
	df_libexec_path(&path, "df-inside");
	r = copy_program(path.s, dir, "inside", 0555, e);
	if (r == 0 && judge) {
		/*
		 * Execute only: the kernel then makes its process undumpable,
		 * and what it runs can neither read nor trace it.
		 */
		bash = df_find_program("/bin/bash");
		if (bash == NULL)
			r = df_fail(e, DF_EXTERNAL, "judge.bash",
			    "/bin/bash is missing");
		else
			r = copy_program(bash, dir, "bash", 0111, e);
	}
	free(bash);
	close(dir);
	df_buf_release(&path);
	return r;
}

int
df_sandbox_judge_tool(int scratch, const char *path, const char *name,
    struct df_err *e)
{
	int dir, r = 0;

	if (mkdirat(scratch, "df/run", 0755) < 0 && errno != EEXIST)
		return df_fail_errno(e, DF_EXTERNAL, "scratch",
		    "cannot make df/run/");
	dir = openat(scratch, "df/run", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return df_fail_errno(e, DF_EXTERNAL, "scratch", "df/run");
	if (faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		r = copy_program(path, dir, name, 0111, e);
	close(dir);
	return r;
}

/* ---- the command line ---- */

static void
add3(struct df_list *l, const char *a, const char *b, const char *c)
{
	df_list_addf(l, "%s", a);
	df_list_addf(l, "%s", b);
	df_list_addf(l, "%s", c);
}

static int
is_link(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

static int
is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static const char *const root_dir[][2] = { { "/bin", "usr/bin" },
    { "/sbin", "usr/sbin" }, { "/lib", "usr/lib" },
    { "/lib32", "usr/lib32" }, { "/lib64", "usr/lib64" },
    { "/libx32", "usr/libx32" } };
/* What of /etc is visible, and what else with the host's network. */
static const char *const etc[] = { "/etc/alternatives", "/etc/ssl/certs",
    "/etc/ld.so.cache", "/etc/nsswitch.conf", "/etc/localtime" };
static const char *const etc_net[] = { "/etc/resolv.conf", "/etc/hosts",
    "/etc/services", "/etc/protocols", "/etc/ca-certificates",
    "/usr/share/ca-certificates" };
/* What of /usr is not, unless the adapter asks for it. */
static const char *const mask[] = { "/usr/local", "/usr/src" };

/* /bin and its like: links into /usr, or directories of their own. */
static void
add_root_dirs(struct df_list *l)
{
	size_t i;

	for (i = 0; i < DF_LEN(root_dir); i++) {
		if (is_link(root_dir[i][0]))
			add3(l, "--symlink", root_dir[i][1], root_dir[i][0]);
		else if (is_dir(root_dir[i][0]))
			add3(l, "--ro-bind", root_dir[i][0], root_dir[i][0]);
	}
}

static void
add_etc(struct df_list *l, int net)
{
	size_t i;

	df_list_addf(l, "%s", "--dir");
	df_list_addf(l, "%s", "/etc");
	for (i = 0; i < DF_LEN(etc); i++)
		add3(l, "--ro-bind-try", etc[i], etc[i]);
	for (i = 0; net && i < DF_LEN(etc_net); i++)
		add3(l, "--ro-bind-try", etc_net[i], etc_net[i]);
}

static int
wanted(const struct df_list *ro, const char *dir)
{
	size_t i;

	for (i = 0; i < ro->n; i++)
		if (df_path_within(dir, ro->v[i]) ||
		    df_path_within(ro->v[i], dir))
			return 1;
	return 0;
}

static void
data_args(const struct df_sandbox *s, struct df_list *l)
{
	if (s->data < 0)
		return;
	df_list_addf(l, "%s", "--perms");
	df_list_addf(l, "%04o", (unsigned)s->data_mode);
	df_list_addf(l, "%s", "--ro-bind-data");
	df_list_addf(l, "%d", s->data);
	df_list_addf(l, "%s", DF_INSIDE_DATA);
}

static void
bwrap_args(const struct df_sandbox *s, const char *bwrap, struct df_list *l)
{
	static const char *const fixed[] = { "--unshare-user",
	    "--unshare-ipc", "--unshare-pid", "--as-pid-1", "--unshare-uts",
	    "--unshare-cgroup-try", "--disable-userns", "--die-with-parent",
	    "--new-session", "--cap-drop", "ALL", "--hostname", "df" };
	static const char *const memory[] = { "/tmp", "/dev/shm" };
	size_t i;

	df_list_addf(l, "%s", bwrap);
	for (i = 0; i < DF_LEN(fixed); i++)
		df_list_addf(l, "%s", fixed[i]);
	if (!s->net)
		df_list_addf(l, "%s", "--unshare-net");
	add3(l, "--ro-bind", "/usr", "/usr");
	for (i = 0; i < DF_LEN(mask); i++)
		if (is_dir(mask[i]) && !wanted(&s->ro, mask[i])) {
			df_list_addf(l, "%s", "--tmpfs");
			df_list_addf(l, "%s", mask[i]);
			df_list_addf(l, "%s", "--remount-ro");
			df_list_addf(l, "%s", mask[i]);
		}
	add_root_dirs(l);
	add_etc(l, s->net);
	df_list_addf(l, "%s", "--proc");
	df_list_addf(l, "%s", "/proc");
	df_list_addf(l, "%s", "--dev");
	df_list_addf(l, "%s", "/dev");
	for (i = 0; i < DF_LEN(memory); i++) {
		add3(l, "--size", "1073741824", "--tmpfs");
		df_list_addf(l, "%s", memory[i]);
	}
	/* Links in it, as /dev/fd, are what a judge's shell goes through. */
	df_list_addf(l, "%s", "--remount-ro");
	df_list_addf(l, "%s", "/dev");
	for (i = 0; i < s->ro.n; i++)
		add3(l, "--ro-bind", s->ro.v[i], s->ro.v[i]);
	add3(l, "--ro-bind", s->tools, DF_INSIDE_DIR);
	if (s->home)
		add3(l, "--bind", s->home, DF_INSIDE_HOME);
	add3(l, "--bind", s->ws, DF_INSIDE_WS);
	data_args(s, l);
	df_list_addf(l, "%s", "--remount-ro");
	df_list_addf(l, "%s", "/");
	df_list_addf(l, "%s", "--chdir");
	df_list_addf(l, "%s", DF_INSIDE_WS);
	df_list_addf(l, "%s", "--info-fd");
	df_list_addf(l, "%d", DF_CHILD_INFO);
	df_list_addf(l, "%s", "--");
	df_list_addf(l, "%s", DF_INSIDE_DIR "/inside");
}

static void
rule(struct df_list *l, const char *how, const char *path)
{
	df_list_addf(l, "%s", how);
	df_list_addf(l, "%s", path);
}

/*
 * A rule holds for all that is below its path, and no rule takes away: so of
 * /usr each directory has one.
 */
static void
usr_rules(struct df_list *l)
{
	struct df_buf path = DF_BUF_INIT;
	DIR *dir = opendir("/usr");
	struct dirent *d;
	size_t i;

	while (dir && (d = readdir(dir)) != NULL) {
		if (d->d_name[0] == '.')
			continue;
		df_buf_reset(&path);
		df_buf_fmt(&path, "/usr/%s", d->d_name);
		for (i = 0; i < DF_LEN(mask); i++)
			if (strcmp(path.s, mask[i]) == 0)
				break;
		if (i == DF_LEN(mask))
			rule(l, "-x", path.s);
	}
	if (dir)
		closedir(dir);
	df_buf_release(&path);
	for (i = 0; i < DF_LEN(root_dir); i++)
		if (!is_link(root_dir[i][0]) && is_dir(root_dir[i][0]))
			rule(l, "-x", root_dir[i][0]);
}

/* As for bwrap, but that it all stays where it is. */
static void
landlock_args(const struct df_sandbox *s, struct df_list *l)
{
	static const char *const device[] = { "/dev/null", "/dev/zero",
	    "/dev/full", "/dev/random", "/dev/urandom" };
	/* Of /proc, of which it has its own directory, what says nothing of
	   others; and what it is an error not to read. */
	static const char *const file[] = { "/proc/cpuinfo", "/proc/meminfo",
	    "/proc/stat", "/proc/loadavg", "/proc/uptime", "/proc/version",
	    "/proc/filesystems", "/proc/sys/kernel/osrelease",
	    "/proc/sys/vm/overcommit_memory",
	    "/etc/ssl/openssl.cnf" };
	size_t i;

	df_list_addf(l, "-c");
	if (s->net)
		df_list_addf(l, "-n");
	usr_rules(l);
	for (i = 0; i < DF_LEN(etc); i++)
		rule(l, "-x", etc[i]);
	for (i = 0; s->net && i < DF_LEN(etc_net); i++)
		rule(l, "-x", etc_net[i]);
	for (i = 0; i < DF_LEN(file); i++)
		rule(l, "-x", file[i]);
	for (i = 0; i < DF_LEN(device); i++)
		rule(l, "-w", device[i]);
	for (i = 0; i < s->ro.n; i++)
		rule(l, "-x", s->ro.v[i]);
	rule(l, "-x", s->tools);
	if (s->home)
		rule(l, "-w", s->home);
	if (s->tmp)
		rule(l, "-w", s->tmp);
	rule(l, "-w", s->ws);
}

int
df_sandbox_command(const struct df_sandbox *s, const struct df_list *inside,
    struct df_list *command, struct df_err *e)
{
	struct df_list l = { 0 };
	struct df_buf own = DF_BUF_INIT;
	char *bwrap = NULL;
	size_t i;

	if (s->level == DF_LEVEL_BWRAP) {
		bwrap = df_find_program("bwrap");
		if (bwrap == NULL)
			return df_fail(e, DF_EXTERNAL, "sandbox.bwrap",
			    "bwrap (bubblewrap) is not installed");
		bwrap_args(s, bwrap, &l);
	} else {
		df_buf_fmt(&own, "%s/inside", s->tools);
		df_list_addf(&l, "%s", own.s);
		if (s->level == DF_LEVEL_LANDLOCK)
			landlock_args(s, &l);
	}
	for (i = 0; s->level != DF_LEVEL_NONE && i < s->ro.n; i++)
		rule(&l, "-l", s->ro.v[i]);
	for (i = 0; i < inside->n; i++)
		df_list_addf(&l, "%s", inside->v[i]);
	free(bwrap);
	df_buf_release(&own);
	*command = l;
	return 0;
}

int
df_sandbox_exec(const struct df_sandbox *s, const struct df_list *command,
    struct df_err *e)
{
	if (!df_level_own(s->level)) {
		(void)fcntl(DF_CHILD_INFO, F_SETFD, FD_CLOEXEC);
		if (chdir(s->ws) < 0)
			return df_fail_errno(e, DF_EXTERNAL, "sandbox",
			    "%s", s->ws);
	}
	(void)execve(command->v[0], (char *const *)command->v, s->env);
	return df_fail_errno(e, DF_EXTERNAL, "sandbox.exec", "cannot run %s",
	    command->v[0]);
}

/* ---- probing ---- */

struct probe {
	struct df_sandbox s;
	struct df_list command;
};

static int
probe_child(void *arg, struct df_err *e)
{
	struct probe *p = arg;

	return df_sandbox_drop(e) < 0 ? -1 : df_sandbox_exec(&p->s,
	    &p->command, e);
}

static int
refused(const struct df_child *c)
{
	return WIFEXITED(c->status) && WEXITSTATUS(c->status) == DF_REFUSED;
}

int
df_sandbox_probe(enum df_level level, int net, const struct df_list *ro,
    struct df_err *e)
{
	const char *args[] = { "-r", "7", "--", "/bin/true" };
	const struct df_list in = { args, DF_LEN(args), 0 };
	char path[] = "PATH=/usr/bin:/bin";
	char *env[] = { path, NULL };
	struct probe p = { .s = { .level = level, .net = net, .env = env,
	    .data = -1 } };
	struct df_buf ws = DF_BUF_INIT, tools = DF_BUF_INIT;
	struct df_buf said = DF_BUF_INIT;
	char *scratch, *name = NULL;
	struct df_child c, *one = &c;
	int sfd, fd = -1, r = -1;

	scratch = df_scratch(&sfd, e);
	if (scratch == NULL)
		return -1;
	name = df_scratch_new(sfd, &fd, e);
	df_child_init(&c, 4096);
	if (name && df_sandbox_tools(fd, 0, e) == 0) {
		df_buf_fmt(&ws, "%s/%s", scratch, name);
		df_buf_fmt(&tools, "%s/%s/df", scratch, name);
		p.s.ws = ws.s;
		p.s.tools = tools.s;
		p.s.ro = *ro;
		c.run = probe_child;
		c.arg = &p;
		c.observed = !df_level_own(level);
		c.kill_after = 20000;
		r = df_sandbox_command(&p.s, &in, &p.command, e);
		if (r == 0) {
			df_list_add(&p.command, NULL);
			r = df_child_start(&c, e);
		}
		while (r == 0 && !c.ended)
			(void)df_children_wait(&one, 1, -1);
		if (r == 0 && (c.failed.exit || !WIFEXITED(c.status) ||
		    WEXITSTATUS(c.status) != 0 || c.report.n == 0)) {
			df_capture_get(&c.err, &said);
			r = c.failed.exit ? df_fail(e, DF_EXTERNAL,
			    "sandbox.probe", "%s", c.failed.msg) :
			    df_fail(e, refused(&c) ? DF_REFUSED : DF_EXTERNAL,
			    "sandbox.probe",
			    "the sandbox does not start: %.*s",
			    (int)strcspn(said.s, "\n"), said.s);
		}
		if (r < 0 && e->exit == DF_EXTERNAL)
			(void)df_hint(e, level == DF_LEVEL_BWRAP ?
			    "sandbox.level=landlock confines, "
			    "sandbox.level=none does nothing; both are "
			    "recorded" :
			    "sandbox.level=none runs without isolation and "
			    "records it");
	}
	if (name)
		(void)!df_remove_tree(sfd, name, NULL);
	df_child_release(&c);
	df_list_free(&p.command);
	df_buf_release(&ws);
	df_buf_release(&tools);
	df_buf_release(&said);
	free(name);
	free(scratch);
	if (fd >= 0)
		close(fd);
	close(sfd);
	return r;
}
