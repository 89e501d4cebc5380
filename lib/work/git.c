#include "base/df.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "work/git.h"
#include "work/spawn.h"

#define ARGS 56

static char *
git_program(struct df_err *e)
{
	static char *path;

	if (path == NULL)
		path = df_find_program("git");
	if (path == NULL)
		(void)df_fail(e, DF_EXTERNAL, "git.missing",
		    "git is not installed");
	return path;
}

/* argv and env of a call; both end with NULL. */
struct call {
	const char *argv[ARGS];
	const char *env[24];
	struct df_buf gitdir;
};

static int
prepare(struct call *c, const char *gitdir, const char *const args[],
    struct df_err *e)
{
	static const char *const env[] = { "GIT_CONFIG_NOSYSTEM=1",
	    "GIT_CONFIG_GLOBAL=/dev/null", "GIT_ATTR_NOSYSTEM=1",
	    "GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0",
	    "GIT_NO_REPLACE_OBJECTS=1", "GIT_AUTHOR_NAME=darkfactory",
	    "GIT_AUTHOR_EMAIL=darkfactory@localhost",
	    "GIT_AUTHOR_DATE=@0 +0000", "GIT_COMMITTER_NAME=darkfactory",
	    "GIT_COMMITTER_EMAIL=darkfactory@localhost",
	    "GIT_COMMITTER_DATE=@0 +0000", "LC_ALL=C", "HOME=/nonexistent",
	    "PATH=/usr/local/bin:/usr/bin:/bin" };
	static const char *const conf[] = { "core.hooksPath=/dev/null",
	    "core.fsmonitor=false", "gc.auto=0", "maintenance.auto=false",
	    "safe.directory=*" };
	size_t n = 0, i;

	df_buf_init(&c->gitdir);
	c->argv[n++] = git_program(e);
	if (c->argv[0] == NULL)
		return -1;
	for (i = 0; i < DF_LEN(conf); i++) {
		c->argv[n++] = "-c";
		c->argv[n++] = conf[i];
	}
	for (i = 0; args[i]; i++) {
		if (n >= ARGS - 1)
			DF_BUG("git arguments");
		c->argv[n++] = args[i];
	}
	c->argv[n] = NULL;
	for (i = 0; i < DF_LEN(env); i++)
		c->env[i] = env[i];
	if (gitdir) {
		df_buf_fmt(&c->gitdir, "GIT_DIR=%s", gitdir);
		c->env[i++] = c->gitdir.s;
	}
	c->env[i] = NULL;
	return 0;
}

static int
run(const char *gitdir, int dir, const char *const args[],
    const struct df_buf *in, int infd, struct df_buf *out,
    struct df_buf *said, struct df_err *e)
{
	struct call c;
	int r;

	if (prepare(&c, gitdir, args, e) < 0)
		return -1;
	r = df_run_program((char *const *)c.argv, (char *const *)c.env, dir,
	    in, infd, out, said, e);
	df_buf_release(&c.gitdir);
	return r;
}

int
df_git_open(const char *gitdir, int dir, const char *const args[], long *pid,
    struct df_err *e)
{
	struct call c;
	int fd;

	if (prepare(&c, gitdir, args, e) < 0)
		return -1;
	fd = df_open_program((char *const *)c.argv, (char *const *)c.env, dir,
	    pid, e);
	df_buf_release(&c.gitdir);
	return fd;
}

int
df_git_wait(long pid, struct df_err *e)
{
	int status;

	while (waitpid((pid_t)pid, &status, 0) < 0)
		if (errno != EINTR)
			return df_fail_errno(e, DF_EXTERNAL, "git", "waitpid");
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return df_fail(e, DF_EXTERNAL, "git", "git failed");
	return 0;
}

int
df_git(const char *gitdir, int dir, const char *const args[],
    const struct df_buf *in, struct df_buf *out, struct df_err *e)
{
	return run(gitdir, dir, args, in, -1, out, NULL, e);
}

static int
checked(const char *gitdir, int dir, const char *const args[],
    const struct df_buf *in, int infd, struct df_buf *out, struct df_err *e)
{
	struct df_buf said = DF_BUF_INIT;
	int r = run(gitdir, dir, args, in, infd, out, &said, e);

	while (strcmp(args[0], "-c") == 0)
		args += 2;
	if (r > 0)
		r = df_fail(e, DF_EXTERNAL, "git", "git %s: %.*s", args[0],
		    (int)strcspn(said.s, "\n"), said.s);
	df_buf_release(&said);
	return r;
}

int
df_git_ok(const char *gitdir, int dir, const char *const args[],
    const struct df_buf *in, struct df_buf *out, struct df_err *e)
{
	return checked(gitdir, dir, args, in, -1, out, e);
}

int
df_git_fd(const char *gitdir, int dir, const char *const args[], int infd,
    struct df_buf *out, struct df_err *e)
{
	return checked(gitdir, dir, args, NULL, infd, out, e);
}

static int
put(int dir, const char *base, const char *name, const char *text,
    struct df_err *e)
{
	struct df_buf path = DF_BUF_INIT;
	int fd, r;

	df_buf_fmt(&path, "%s/%s", base, name);
	fd = openat(dir, path.s, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, 0644);
	if (fd < 0)
		r = df_fail_errno(e, DF_EXTERNAL, "git.init",
		    "cannot create %s", path.s);
	else {
		r = df_write_fd(fd, text, strlen(text), path.s, e);
		close(fd);
	}
	df_buf_release(&path);
	return r;
}

int
df_git_skeleton(int dir, const char *name, int bare, struct df_err *e)
{
	static const char *const sub[] = { "", "/info", "/objects",
	    "/objects/info", "/objects/pack", "/refs", "/refs/heads" };
	struct df_buf b = DF_BUF_INIT;
	size_t i;

	for (i = 0; i < DF_LEN(sub); i++) {
		df_buf_reset(&b);
		df_buf_fmt(&b, "%s%s", name, sub[i]);
		if (mkdirat(dir, b.s, 0755) < 0) {
			(void)df_fail_errno(e, DF_EXTERNAL, "git.init",
			    "cannot make %s", b.s);
			df_buf_release(&b);
			return -1;
		}
	}
	df_buf_release(&b);
	if (put(dir, name, "HEAD", "ref: refs/heads/main\n", e) < 0 ||
	    put(dir, name, "config", bare ?
	    "[core]\n\trepositoryformatversion = 0\n\tbare = true\n"
	    "\tlogAllRefUpdates = false\n" :
	    "[core]\n\trepositoryformatversion = 0\n\tbare = false\n"
	    "\tlogAllRefUpdates = false\n", e) < 0)
		return -1;
	return put(dir, name, "info/attributes",
	    "* !diff !filter !text !eol !ident !working-tree-encoding !merge\n",
	    e);
}

void
df_git_quote(struct df_buf *b, const char *path, size_t n)
{
	size_t i;
	unsigned char c;

	df_buf_ch(b, '"');
	for (i = 0; i < n; i++) {
		c = (unsigned char)path[i];
		if (c == '"' || c == '\\')
			df_buf_fmt(b, "\\%c", c);
		else if (c < 0x20 || c >= 0x7f)
			df_buf_fmt(b, "\\%03o", c);
		else
			df_buf_ch(b, c);
	}
	df_buf_ch(b, '"');
}
