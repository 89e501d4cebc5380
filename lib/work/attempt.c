#define _GNU_SOURCE
#include "base/df.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "work/attempt.h"
#include "work/isolation.h"
#include "work/scratch.h"

#define HARD_MS 15000		/* beyond df-inside's own limits */
#define HOME_FILE_MAX ((size_t)16 << 20)

/* ---- session ---- */

static int
check_mounts(struct df_session *s, struct df_err *e)
{
	static const char *const fixed[] = { "/usr", "/etc/alternatives",
	    "/etc/ssl/certs" };
	jv ro = df_jv_get(s->host, "ro"), one;
	size_t k;
	int i, r = 0;

	for (k = 0; k < DF_LEN(fixed) && r == 0; k++)
		if (access(fixed[k], F_OK) == 0)
			r = df_protect_check(&s->protect, fixed[k], e);
	for (i = 0; r == 0 && jv_get_kind(ro) == JV_KIND_ARRAY &&
	    i < jv_array_length(jv_copy(ro)); i++) {
		one = jv_array_get(jv_copy(ro), i);
		r = df_protect_check(&s->protect, jv_string_value(one), e);
		jv_free(one);
	}
	jv_free(ro);
	if (r == 0)
		r = df_protect_check(&s->protect, s->scratch, e);
	return r;
}

int
df_session_open(struct df_session *s, const struct df_digest *base,
    struct df_err *e)
{
	struct df_buf path = DF_BUF_INIT;
	int r;

	s->scratch_fd = s->own_fd = -1;
	s->scratch = df_scratch(&s->scratch_fd, e);
	if (s->scratch == NULL)
		return -1;
	df_scratch_sweep(s->scratch_fd);
	s->own = df_scratch_new(s->scratch_fd, &s->own_fd, e);
	if (s->own == NULL || df_sandbox_tools(s->own_fd, 0, e) < 0)
		return -1;
	r = s->level == DF_LEVEL_NONE ? 0 : check_mounts(s, e);
	df_buf_fmt(&path, "%s/%s", s->scratch, s->own);
	if (r == 0 && base && !s->keep_ignored)
		r = df_ignore_open(&s->ignore, s->store, base, s->own_fd,
		    path.s, e);
	df_buf_release(&path);
	return r;
}

void
df_session_close(struct df_session *s)
{
	if (s->own)
		(void)!df_remove_tree(s->scratch_fd, s->own, NULL);
	if (s->own_fd >= 0)
		close(s->own_fd);
	if (s->scratch_fd >= 0)
		close(s->scratch_fd);
	df_ignore_release(&s->ignore);
	df_protect_release(&s->protect);
	jv_free(s->host);
	free(s->own);
	free(s->scratch);
	memset(s, 0, sizeof(*s));
	s->host = jv_invalid();
	s->own_fd = s->scratch_fd = -1;
}

/* ---- starting ---- */

void
df_attempt_init(struct df_attempt *a, struct df_session *s)
{
	memset(a, 0, sizeof(*a));
	a->session = s;
	a->exit = a->signal = -1;
	a->fd = -1;
	a->usage = jv_object();
	a->record = df_jset_int(jv_object(), "wall_ms", 0);
	df_buf_init(&a->handoff);
	df_buf_init(&a->prompt);
	df_buf_init(&a->results);
	df_buf_init(&a->log);
	df_child_init(&a->child, s->output);
}

static int
own(int fd)
{
	return geteuid() == 0 ? fchown(fd, df_sandbox_uid(),
	    (gid_t)df_sandbox_uid()) : 0;
}

/* The directories of path, which will be the agent's. */
static int
own_dirs(int home, const char *path, struct df_err *e)
{
	char *p = df_strdup(path), *slash = p;
	int fd, r;

	r = df_mkdirs(home, path, 0, 0700, e);
	while (r == 0 && (slash = strchr(slash, '/')) != NULL) {
		*slash = '\0';
		fd = df_open_beneath(home, p, O_RDONLY | O_DIRECTORY, 1);
		if (fd < 0 || own(fd) < 0)
			r = df_fail_errno(e, DF_EXTERNAL, "attempt.home",
			    "%s", p);
		if (fd >= 0)
			close(fd);
		*slash++ = '/';
	}
	free(p);
	return r;
}

/* Copies of files that the adapter wants in HOME. */
static int
copy_home(jv list, int home, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	const char *from, *to;
	int i, fd, r = 0;
	jv o;

	for (i = 0; r == 0 && jv_get_kind(list) == JV_KIND_ARRAY &&
	    i < jv_array_length(jv_copy(list)); i++) {
		o = jv_array_get(jv_copy(list), i);
		from = df_jv_str(o, "from");
		to = df_jv_str(o, "to");
		df_buf_reset(&b);
		r = df_read_file(AT_FDCWD, from, &b, HOME_FILE_MAX, e);
		if (r == 0)
			r = own_dirs(home, to, e);
		fd = r < 0 ? -1 : df_open_beneath(home, to, O_WRONLY |
		    O_CREAT | O_EXCL, 1);
		if (r == 0 && fd < 0)
			r = df_fail_errno(e, DF_EXTERNAL, "attempt.home",
			    "cannot create %s", to);
		if (fd >= 0) {
			if (r == 0)
				r = df_write_fd(fd, b.s, b.n, to, e);
			if (r == 0 && own(fd) < 0)
				r = df_fail_errno(e, DF_EXTERNAL,
				    "attempt.home", "%s", to);
			close(fd);
		}
		jv_free(o);
	}
	df_buf_wipe(&b);
	return r;
}

static int
prompt_on_stdin(struct df_attempt *a, struct df_err *e)
{
	int fd = memfd_create("prompt", MFD_CLOEXEC);

	if (fd < 0 || df_write_fd(fd, a->prompt.s, a->prompt.n, "prompt", e) <
	    0 || lseek(fd, 0, SEEK_SET) < 0 || dup2(fd, 0) < 0)
		return df_fail_errno(e, DF_EXTERNAL, "attempt.stdin",
		    "cannot give the prompt on stdin");
	close(fd);
	return 0;
}

static int
is_plain(const struct df_attempt *a)
{
	return strcmp(a->session->adapter->workspace, "none") == 0;
}

/* The child: become nobody, make the workspace, exec. */
static int
run(void *arg, struct df_err *e)
{
	struct df_attempt *a = arg;
	struct df_session *s = a->session;
	int plain = is_plain(a);
	struct df_workspace w = { .store = s->store,
	    .tree = plain ? NULL : &a->start,
	    .handoff = plain ? NULL : &a->handoff,
	    .prompt = plain ? NULL : &a->prompt,
	    .git = strcmp(s->adapter->workspace, "git") == 0 };

	if (df_sandbox_drop(e) < 0 ||
	    df_workspace_make(&w, a->fd, "ws", e) < 0)
		return -1;
	if (s->adapter->stdin_prompt && prompt_on_stdin(a, e) < 0)
		return -1;
	return df_sandbox_exec(&a->sandbox, &a->command, e);
}

static int
make_command(struct df_attempt *a, struct df_err *e)
{
	static const char *const own_dir[] = { "/tmp", "/dev/shm",
	    DF_INSIDE_HOME };
	struct df_session *s = a->session;
	struct df_sandbox *sb = &a->sandbox;
	struct df_list in = { 0 };
	jv ro = df_jv_get(s->host, "ro"), one;
	size_t k;
	int i, r;

	sb->level = s->level;
	sb->net = s->adapter->net;
	sb->ws = a->ws;
	sb->home = a->home;
	sb->tmp = a->tmp;
	sb->tools = a->tools;
	sb->data = -1;
	for (i = 0; jv_get_kind(ro) == JV_KIND_ARRAY &&
	    i < jv_array_length(jv_copy(ro)); i++) {
		one = jv_array_get(jv_copy(ro), i);
		df_list_addf(&sb->ro, "%s", jv_string_value(one));
		jv_free(one);
	}
	jv_free(ro);
	df_list_addf(&in, "-r");
	df_list_addf(&in, "%d", DF_CHILD_REPORT);
	df_list_addf(&in, "-t");
	df_list_addf(&in, "%lld", (long long)s->attempt_ms);
	if (s->level == DF_LEVEL_BWRAP)
		df_list_addf(&in, sb->net ? "-gn" : "-g");
	/* The limit counts all processes of a uid. */
	if (df_level_own(s->level) || (s->level == DF_LEVEL_LANDLOCK &&
	    geteuid() == 0)) {
		df_list_addf(&in, "-p");
		df_list_addf(&in, "%lld", (long long)s->processes);
	}
	for (k = 0; k < (df_level_own(s->level) ? 3 : 2); k++) {
		df_list_addf(&in, "-o");
		df_list_addf(&in, "%s", df_level_own(s->level) ? own_dir[k] :
		    k ? a->home : a->tmp);
	}
	df_list_addf(&in, "--");
	for (k = 0; k < a->argv.n; k++)
		df_list_addf(&in, "%s", a->argv.v[k]);
	r = df_sandbox_command(sb, &in, &a->command, e);
	df_list_free(&in);
	df_list_add(&a->command, NULL);
	df_list_add(&a->env, NULL);
	sb->env = (char *const *)a->env.v;
	return r;
}

static char *
path_of(const struct df_session *s, const char *name, const char *sub)
{
	struct df_buf b = DF_BUF_INIT;

	df_buf_fmt(&b, "%s/%s/%s", s->scratch, name, sub);
	return df_buf_detach(&b);
}

/* A directory that will be the agent's. */
static int
own_dir_at(struct df_attempt *a, const char *name, struct df_err *e)
{
	if (mkdirat(a->fd, name, 0700) < 0 || (geteuid() == 0 &&
	    fchownat(a->fd, name, df_sandbox_uid(),
	    (gid_t)df_sandbox_uid(), AT_SYMLINK_NOFOLLOW) < 0))
		return df_fail_errno(e, DF_EXTERNAL, "attempt.home",
		    "cannot make a %s", name);
	return 0;
}

static void
set_default(struct df_list *env, const char *name, const char *value)
{
	size_t i, n = strlen(name);

	for (i = 0; i < env->n; i++)
		if (strncmp(env->v[i], name, n) == 0 && env->v[i][n] == '=')
			return;
	df_list_addf(env, "%s=%s", name, value);
}

int
df_attempt_start(struct df_attempt *a, struct df_err *e)
{
	struct df_session *s = a->session;
	int inside = df_level_own(s->level), home;
	struct df_buf results = DF_BUF_INIT, here = DF_BUF_INIT;
	struct df_adapter_vars v = { 0 };
	const char *dir;
	jv list;
	int r = 0;

	a->name = df_scratch_new(s->scratch_fd, &a->fd, e);
	if (a->name == NULL)
		return -1;
	a->ws = path_of(s, a->name, "ws");
	a->home = path_of(s, a->name, "home");
	a->tools = path_of(s, s->own, "df");
	if (own_dir_at(a, "home", e) < 0)
		return -1;
	if (!inside) {
		a->tmp = path_of(s, a->name, "tmp");
		if (own_dir_at(a, "tmp", e) < 0)
			return -1;
	}
	list = df_jv_get(s->host, "home");
	if (jv_get_kind(list) == JV_KIND_ARRAY &&
	    jv_array_length(jv_copy(list)) > 0) {
		home = openat(a->fd, "home", O_RDONLY | O_DIRECTORY |
		    O_CLOEXEC);
		r = home < 0 ? df_fail_errno(e, DF_EXTERNAL, "attempt.home",
		    "home") : copy_home(list, home, e);
		if (home >= 0)
			close(home);
	}
	jv_free(list);
	if (r < 0)
		return -1;
	dir = df_jv_str(s->host, "here");
	/* A workspace of its own path is where the agent is at level none. */
	df_buf_fmt(&results, "%s/%s", inside ? DF_INSIDE_WS : a->ws,
	    s->adapter->results);
	v.prompt = a->prompt.s;
	v.prompt_file = ".df/prompt.md";
	v.handoff_file = ".df/handoff.md";
	v.results_file = s->adapter->results;
	v.task = a->task;
	v.model = s->model;
	v.here = dir;
	df_adapter_argv(s->adapter, &v, &a->argv);
	df_adapter_env(s->adapter, s->host, inside ? DF_INSIDE_HOME : a->home,
	    results.s, &a->env, &a->secrets);
	if (a->tmp)
		set_default(&a->env, "TMPDIR", a->tmp);
	/* What is there and may not be read is an error to git. */
	if (s->level == DF_LEVEL_LANDLOCK)
		set_default(&a->env, "GIT_CONFIG_NOSYSTEM", "1");
	df_buf_release(&results);
	df_buf_release(&here);
	if (make_command(a, e) < 0)
		return -1;
	a->child.light = is_plain(a) && !s->adapter->stdin_prompt;
	a->child.run = run;
	a->child.arg = a;
	a->child.observed = !df_level_own(s->level);
	a->child.kill_after = s->attempt_ms + HARD_MS;
	a->t0 = df_mono_ms();
	return df_child_start(&a->child, e);
}

/* ---- finishing ---- */

void
df_inside_report(const struct df_buf *report, jv *before, jv *after)
{
	const char *lf = memchr(report->s, '\n', report->n), *second;

	*before = *after = jv_invalid();
	if (lf == NULL)
		return;
	jv_free(*before);
	*before = df_json_parse(report->s, (size_t)(lf - report->s), 0,
	    "report", NULL);
	second = lf + 1;
	lf = memchr(second, '\n', report->n - (size_t)(second - report->s));
	if (lf == NULL)
		return;
	jv_free(*after);
	*after = df_json_parse(second, (size_t)(lf - second), 0, "report",
	    NULL);
}

static void
judge_end(struct df_attempt *a, jv before, jv after)
{
	struct df_buf said = DF_BUF_INIT;

	if (a->child.failed.exit) {
		a->infra = a->child.failed;
		return;
	}
	if (!jv_is_valid(before)) {
		df_capture_get(&a->child.err, &said);
		(void)df_fail(&a->infra, DF_EXTERNAL, "sandbox.start",
		    "the sandbox did not start: %.*s",
		    (int)strcspn(said.s, "\n"), said.s);
	} else if (a->child.killed) {
		a->timeout = 1;
	} else if (df_jv_bool(after, "interrupted")) {
		(void)df_fail(&a->infra, DF_EXTERNAL, "interrupted",
		    "the agent was interrupted");
	} else if (!jv_is_valid(after)) {
		df_capture_get(&a->child.err, &said);
		if (WIFEXITED(a->child.status) &&
		    (WEXITSTATUS(a->child.status) == DF_EXTERNAL ||
		    WEXITSTATUS(a->child.status) == DF_REFUSED))
			(void)df_fail(&a->infra, DF_EXTERNAL,
			    WEXITSTATUS(a->child.status) == DF_REFUSED ?
			    "sandbox.channel" : "agent.exec", "%.*s",
			    (int)strcspn(said.s, "\n"), said.s);
		else
			(void)df_fail(&a->infra, DF_EXTERNAL, "sandbox.lost",
			    "the sandbox ended without a report: %.*s",
			    (int)strcspn(said.s, "\n"), said.s);
	} else {
		a->timeout = df_jv_bool(after, "timeout");
		a->exit = (int)df_jv_int(after, "exit", -1);
		a->signal = (int)df_jv_int(after, "signal", -1);
	}
	df_buf_release(&said);
}

static void
make_log(struct df_attempt *a, const struct df_secrets *secrets)
{
	struct df_buf err = DF_BUF_INIT;

	df_capture_get(&a->child.out, &a->log);
	a->masked += df_secrets_mask(secrets, &a->log);
	jv_free(a->usage);
	a->usage = df_adapter_usage(a->session->adapter, &a->log);
	df_capture_get(&a->child.err, &err);
	a->masked += df_secrets_mask(secrets, &err);
	if (err.n) {
		if (a->log.n && a->log.s[a->log.n - 1] != '\n')
			df_buf_ch(&a->log, '\n');
		df_buf_str(&a->log, "--- stderr ---\n");
		df_buf_add(&a->log, err.s, err.n);
	}
	df_buf_release(&err);
}

static int
read_result(struct df_attempt *a, const struct df_secrets *secrets,
    struct df_err *e)
{
	struct df_session *s = a->session;
	struct df_err why;
	int ws, r;

	/* Where the agent has our uid it can take even that away; in its mount
	   namespace it cannot put something else in its place. */
	if (df_level_own(s->level))
		(void)!fchmodat(a->fd, "ws", 0700, 0);
	ws = openat(a->fd, "ws", O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
	if (ws < 0)
		return df_fail_errno(e, DF_EXTERNAL, "attempt.ws",
		    "the workspace is gone");
	r = df_workspace_results(ws, s->adapter->results, &a->results, &why);
	if (r == 0) {
		a->had_results = 1;
		if (df_secrets_mask(secrets, &a->results))
			a->masked++;
	} else if (why.exit == DF_INPUT) {
		a->bad = why;
	} else if (why.exit != DF_NO) {
		*e = why;
	}
	r = r < 0 && why.exit == DF_EXTERNAL ? -1 : 0;
	if (r == 0 && strcmp(s->adapter->workspace, "none") == 0) {
		a->tree = a->start;
		a->had_tree = 1;
	} else if (r == 0) {
		r = df_workspace_read(s->store, ws, &s->limit,
		    s->keep_ignored ? NULL : &s->ignore, secrets, &a->tree,
		    &a->stat, &why);
		if (r == 0)
			a->had_tree = 1;
		else if (why.exit == DF_INPUT) {
			a->bad = why;
			r = 0;
		} else {
			*e = why;
		}
	}
	close(ws);
	return r;
}

int
df_attempt_finish(struct df_attempt *a, struct df_err *e)
{
	struct df_secrets secrets;
	jv before, after;
	int r = 0;

	df_secrets_init(&secrets, &a->secrets);
	a->masked = df_secrets_mask(&secrets, &a->child.report);
	df_inside_report(&a->child.report, &before, &after);
	judge_end(a, before, after);
	make_log(a, &secrets);
	if (a->infra.exit == 0 && !a->timeout)
		r = read_result(a, &secrets, e);
	df_secrets_release(&secrets);
	if (jv_is_valid(before)) {
		if (a->session->level != DF_LEVEL_NONE)
			a->exposed = df_isolation_path(&a->session->protect,
			    before);
		a->record = df_jset(a->record, "inside", before);
	} else {
		jv_free(before);
	}
	if (jv_is_valid(after))
		a->record = df_jset(a->record, "after", after);
	else
		jv_free(after);
	if (a->child.orphans)
		a->record = df_jset_int(a->record, "orphans",
		    (int64_t)a->child.orphans);
	a->record = df_jset_int(a->record, "wall_ms", df_mono_ms() - a->t0);
	a->record = df_jset_int(a->record, "output_bytes",
	    (int64_t)(a->child.out.total + a->child.err.total));
	if (a->exposed)
		a->record = df_jset_str(a->record, "exposed", a->exposed);
	return r;
}

void
df_attempt_release(struct df_attempt *a)
{
	if (a->name)
		(void)!df_remove_tree(a->session->scratch_fd, a->name, NULL);
	if (a->fd >= 0)
		close(a->fd);
	df_child_release(&a->child);
	df_buf_release(&a->handoff);
	df_buf_release(&a->prompt);
	df_buf_release(&a->results);
	df_buf_release(&a->log);
	df_list_free(&a->argv);
	df_list_free(&a->command);
	df_list_free(&a->sandbox.ro);
	df_list_free(&a->env);
	df_list_free(&a->secrets);
	jv_free(a->usage);
	jv_free(a->record);
	free(a->name);
	free(a->ws);
	free(a->home);
	free(a->tmp);
	free(a->tools);
	free(a->exposed);
	memset(a, 0, sizeof(*a));
	a->fd = -1;
	a->usage = a->record = jv_null();
}
