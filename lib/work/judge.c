#define _GNU_SOURCE
#include "base/df.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "work/attempt.h"
#include "work/judge.h"
#include "work/scratch.h"

#define HARD_MS 45000	/* beyond df-inside's own limits, cleanup included */
#define MARKS_MAX 4096

/* What the shell finds: the text, where marks go, the text of cleanup. */
enum { FD_TEXT = 3, FD_MARKS = 4, FD_CLEAN = 5, FD_PROGRAM = 6 };

/*
 * The judge.  $1 is an empty directory, $2 what ends what Execute left, or
 * nothing.  A block that ends the shell ends it in
 * the stage that was marked last; "||" and "if" around eval would switch off
 * a block's own set -e.
 */
static const char script[] =
    "exec 5<&-\n"
    "IFS= builtin read -r -d '' -u 3 df_1\n"
    "IFS= builtin read -r -d '' -u 3 df_2\n"
    "IFS= builtin read -r -d '' -u 3 df_3\n"
    "IFS= builtin read -r -d '' -u 3 df_4\n"
    "exec 3<&-\n"
    "df_5=$1; df_6=$2; builtin set --\n"
    "builtin printf 'setup\\n' >&4\n"
    "builtin eval \"$df_1\" 4>&-\n"
    "df_1=$?\n"
    "[ $df_1 -eq 0 ] || builtin exit $df_1\n"
    "[ \"$df_6\" ] && df_7=$(builtin command \"$df_6\" --left $$ 4>&-)\n"
    "builtin printf 'execute\\n' >&4\n"
    "builtin eval \"$df_2\" 4>&-\n"
    "df_1=$?\n"
    "[ $df_1 -eq 0 ] || builtin exit $df_1\n"
    "[ -z \"$df_6\" ] || builtin command \"$df_6\" --left $$ \"$df_7\" "
    "4>&- ||\n"
    "    builtin exit 125\n"
    "HOME=$df_5\n"
    "builtin printf 'verify\\n' >&4\n"
    "builtin eval \"$df_3\" 4>&-\n"
    "df_1=$?\n"
    "[ $df_1 -eq 0 ] || builtin exit $df_1\n"
    "builtin printf 'nonce %s\\n' \"$df_4\" >&4\n"
    "builtin exit 0\n";

/* The same around a program, which is behind the directory. */
static const char program[] =
    "exec 5<&-\n"
    "IFS= builtin read -r -d '' -u 3 df_4\n"
    "exec 3<&-\n"
    "HOME=$1; builtin shift\n"
    "builtin printf 'verify\\n' >&4\n"
    "\"$@\" 4>&-\n"
    "df_1=$?\n"
    "[ $df_1 -eq 0 ] || builtin exit $df_1\n"
    "builtin printf 'nonce %s\\n' \"$df_4\" >&4\n"
    "builtin exit 0\n";

static const char cleanup[] =
    "exec 3<&- 4>&-\n"
    "IFS= builtin read -r -d '' -u 5 df_1\n"
    "exec 5<&-\n"
    "builtin set --\n"
    "builtin eval \"$df_1\"\n";

const char *
df_trial_status_name(enum df_trial_status s)
{
	static const char *const name[] = { "PASS", "FAIL", "ERROR" };

	return name[s];
}

/* ---- the judge's place ---- */

int
df_judge_open(struct df_judge *j, struct df_err *e)
{
	const struct df_list none = { 0 };
	int df;

	if (j->level != DF_LEVEL_NONE && df_sandbox_probe(j->level, 0, &none,
	    e) < 0)
		return -1;
	j->scratch_fd = j->own_fd = -1;
	j->scratch = df_scratch(&j->scratch_fd, e);
	if (j->scratch == NULL)
		return -1;
	df_scratch_sweep(j->scratch_fd);
	j->own = df_scratch_new(j->scratch_fd, &j->own_fd, e);
	if (j->own == NULL || df_sandbox_tools(j->own_fd, 1, e) < 0)
		return -1;
	df = openat(j->own_fd, "df", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (df < 0 || mkdirat(df, "empty", 0555) < 0) {
		if (df >= 0)
			close(df);
		return df_fail_errno(e, DF_EXTERNAL, "judge",
		    "cannot make df/empty/");
	}
	close(df);
	return 0;
}

void
df_judge_close(struct df_judge *j)
{
	if (j->own)
		(void)!df_remove_tree(j->scratch_fd, j->own, NULL);
	if (j->own_fd >= 0)
		close(j->own_fd);
	if (j->scratch_fd >= 0)
		close(j->scratch_fd);
	free(j->own);
	free(j->scratch);
	df_list_free(&j->env);
	memset(j, 0, sizeof(*j));
	j->own_fd = j->scratch_fd = -1;
}

/* ---- starting ---- */

void
df_trial_init(struct df_trial *t, struct df_judge *j)
{
	memset(t, 0, sizeof(*t));
	t->judge = j;
	t->setup = t->execute = t->verify = t->cleanup = "";
	t->failure = "";
	t->number = 1;
	t->exit = t->signal = -1;
	t->fd = t->text = t->clean = t->marks = t->data = -1;
	df_buf_init(&t->output);
	df_child_init(&t->child, j->output);
}

static int
memory_file(int *fd, const char *const part[], size_t n, struct df_err *e)
{
	size_t i;

	*fd = df_high_fd(memfd_create("judge", MFD_CLOEXEC));
	if (*fd < 0)
		return df_fail_errno(e, DF_EXTERNAL, "judge", "memfd_create");
	for (i = 0; i < n; i++)
		if (df_write_fd(*fd, part[i], strlen(part[i]) + 1, "memory",
		    e) < 0)
			return -1;
	return lseek(*fd, 0, SEEK_SET) < 0 ? df_fail_errno(e, DF_EXTERNAL,
	    "judge", "lseek") : 0;
}

/* ---- programs ---- */

/* The next word of a "#!" line, or 0. */
static int
word(const char **s, const char *end, struct df_buf *b)
{
	const char *p;

	df_buf_reset(b);
	while (*s < end && (**s == ' ' || **s == '\t'))
		++*s;
	for (p = *s; p < end && *p != ' ' && *p != '\t'; p++)
		;
	df_buf_add(b, *s, (size_t)(p - *s));
	*s = p;
	return b->n != 0;
}

/*
 * The interpreter of a script: its path and what follows it on the "#!" line.
 * What env(1) would look for is looked for in the judge's PATH.
 */
static char *
interpreter(const struct df_buf *p, struct df_list *args)
{
	static const char *const dir[] = { "/usr/bin", "/bin", "/usr/sbin",
	    "/sbin" };
	const char *s = p->s + 2, *end = memchr(p->s, '\n', p->n), *base;
	struct df_buf b = DF_BUF_INIT, path = DF_BUF_INIT;
	size_t i;

	if (end == NULL || !word(&s, end, &path))
		goto none;
	base = strrchr(path.s, '/');
	if (base && strcmp(base, "/env") == 0) {
		if (!word(&s, end, &b) || (strcmp(b.s, "-S") == 0 &&
		    !word(&s, end, &b)))
			goto none;
		for (i = 0; i < DF_LEN(dir); i++) {
			df_buf_reset(&path);
			df_buf_fmt(&path, "%s/%s", dir[i], b.s);
			if (access(path.s, X_OK) == 0)
				break;
		}
		while (word(&s, end, &b))
			df_list_addf(args, "%s", b.s);
	} else {
		s += strspn(s, " \t");
		while (end > s && (end[-1] == ' ' || end[-1] == '\t' ||
		    end[-1] == '\r'))
			end--;
		df_buf_add(&b, s, (size_t)(end - s));
		if (b.n)
			df_list_addf(args, "%s", b.s);
	}
	df_buf_release(&b);
	return df_buf_detach(&path);
none:
	df_buf_release(&b);
	df_buf_release(&path);
	return NULL;
}

/*
 * How the program is run: as it is, or by an execute-only copy of its
 * interpreter, so that what it starts can not trace it.
 */
static int
program_argv(struct df_trial *t, struct df_err *e)
{
	struct df_judge *j = t->judge;
	int plain = !df_level_own(j->level);
	struct df_list args = { 0 };
	char *path, *base;
	size_t i;
	int r;

	t->mode = 0111;
	if (t->program->n > 2 && memcmp(t->program->s, "#!", 2) == 0) {
		t->mode = 0555;
		path = interpreter(t->program, &args);
		base = path ? strrchr(path, '/') : NULL;
		if (base == NULL || access(path, X_OK) < 0) {
			(void)df_fail(e, DF_EXTERNAL, "judge.program",
			    "the program's interpreter is not there");
			r = -1;
		} else {
			r = df_sandbox_judge_tool(j->own_fd, path, base + 1,
			    e);
		}
		if (r == 0)
			df_list_addf(&t->argv, "%s/run/%s", plain ? t->tools :
			    DF_INSIDE_DIR, base + 1);
		for (i = 0; i < args.n; i++)
			df_list_addf(&t->argv, "%s", args.v[i]);
		free(path);
		df_list_free(&args);
		if (r < 0)
			return -1;
	} else if (t->program->n < 4 ||
	    memcmp(t->program->s, "\177ELF", 4) != 0) {
		return df_fail(e, DF_EXTERNAL, "judge.program",
		    "the program is neither a script with \"#!\" nor compiled");
	}
	if (plain)
		df_list_addf(&t->argv, "%s/%s/program", j->scratch, t->name);
	else
		df_list_addf(&t->argv, "%s", DF_INSIDE_DATA);
	return 0;
}

/* In memory; where nothing can be mounted, in a file. */
static int
program_file(struct df_trial *t, struct df_err *e)
{
	uid_t uid = df_sandbox_uid();
	int r;

	t->data = df_high_fd(!df_level_own(t->judge->level) ? openat(t->fd,
	    "program", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0500) :
	    memfd_create("program", MFD_CLOEXEC));
	if (t->data < 0)
		return df_fail_errno(e, DF_EXTERNAL, "judge", "program");
	r = df_write_fd(t->data, t->program->s, t->program->n, "program", e);
	if (r == 0 && !df_level_own(t->judge->level)) {
		if (geteuid() == 0)
			r = fchown(t->data, uid, (gid_t)uid);
		close(t->data);
		t->data = -1;
	} else if (r == 0) {
		r = lseek(t->data, 0, SEEK_SET) < 0 ? -1 : 0;
	}
	return r < 0 ? df_fail_errno(e, DF_EXTERNAL, "judge", "program") : 0;
}

/* ---- starting ---- */

static int
make_files(struct df_trial *t, struct df_err *e)
{
	const char *blocks[4], *alone[1];
	uint8_t rnd[16];

	if (getrandom(rnd, sizeof(rnd), 0) != (ssize_t)sizeof(rnd))
		return df_fail_errno(e, DF_EXTERNAL, "judge", "getrandom");
	df_hex_str(t->nonce, rnd, sizeof(rnd));
	blocks[0] = t->setup;
	blocks[1] = t->execute;
	blocks[2] = t->verify;
	blocks[3] = alone[0] = t->nonce;
	if (memory_file(&t->text, t->program ? alone : blocks, t->program ? 1
	    : 4, e) < 0 || (t->program && program_file(t, e) < 0))
		return -1;
	alone[0] = t->cleanup;
	if (memory_file(&t->clean, alone, 1, e) < 0)
		return -1;
	t->marks = df_high_fd(memfd_create("marks", MFD_CLOEXEC));
	return t->marks < 0 ? df_fail_errno(e, DF_EXTERNAL, "judge",
	    "memfd_create") : 0;
}

/* Put the memory files where the shell, or bwrap, looks for them. */
static int
place_files(const struct df_trial *t)
{
	static const int at[] = { FD_TEXT, FD_MARKS, FD_CLEAN, FD_PROGRAM };
	const int fd[] = { t->text, t->marks, t->clean, t->data };
	int up[DF_LEN(at)];
	size_t i;

	for (i = 0; i < DF_LEN(at); i++)
		if (fd[i] >= 0 && (up[i] = fcntl(fd[i], F_DUPFD_CLOEXEC, 20))
		    < 0)
			return -1;
	for (i = 0; i < DF_LEN(at); i++)
		if (fd[i] >= 0 && dup2(up[i], at[i]) < 0)
			return -1;
	return 0;
}

/* df-inside's arguments. */
static void
inside_args(const struct df_trial *t, const char *dir, struct df_list *l)
{
	static const char *const shell[] = { "--noprofile", "--norc", "-c" };
	size_t i;

	df_list_addf(l, "-r");
	df_list_addf(l, "%d", DF_CHILD_REPORT);
	df_list_addf(l, "-t");
	df_list_addf(l, "%lld", (long long)t->judge->ms);
	if (t->judge->level == DF_LEVEL_BWRAP)
		df_list_addf(l, "-G");
	if (df_level_own(t->judge->level) || (t->judge->level ==
	    DF_LEVEL_LANDLOCK && geteuid() == 0)) {
		df_list_addf(l, "-p");
		df_list_addf(l, "%lld", (long long)t->judge->processes);
	}
	for (i = FD_TEXT; i <= FD_CLEAN; i++) {
		df_list_addf(l, "-k");
		df_list_addf(l, "%d", (int)i);
	}
	df_list_addf(l, "--");
	df_list_addf(l, "%s/bash", dir);
	for (i = 0; i < DF_LEN(shell); i++)
		df_list_addf(l, "%s", shell[i]);
	df_list_addf(l, "%s", t->program ? program : script);
	df_list_addf(l, "judge");
	df_list_addf(l, "%s/empty", dir);
	if (!t->program && df_level_own(t->judge->level))
		df_list_addf(l, "%s/inside", dir);
	else if (!t->program)
		df_list_addf(l, "%s", "");
	for (i = 0; i < t->argv.n; i++)
		df_list_addf(l, "%s", t->argv.v[i]);
	if (*t->cleanup == '\0')
		return;
	df_list_addf(l, "--then");
	df_list_addf(l, "%s/bash", dir);
	for (i = 0; i < DF_LEN(shell); i++)
		df_list_addf(l, "%s", shell[i]);
	df_list_addf(l, "%s", cleanup);
}

static int
make_command(struct df_trial *t, struct df_err *e)
{
	struct df_judge *j = t->judge;
	struct df_sandbox *sb = &t->sandbox;
	struct df_list in = { 0 };
	int r;

	sb->level = j->level;
	sb->ws = t->ws;
	sb->home = t->home;
	sb->tmp = t->tmp;
	sb->tools = t->tools;
	if (t->program && j->level == DF_LEVEL_LANDLOCK)
		df_list_addf(&sb->ro, "%s/%s/program", j->scratch, t->name);
	sb->data = t->data < 0 ? -1 : FD_PROGRAM;
	sb->data_mode = t->mode;
	sb->env = (char *const *)t->environ.v;
	inside_args(t, df_level_own(j->level) ? DF_INSIDE_DIR : t->tools,
	    &in);
	r = df_sandbox_command(sb, &in, &t->command, e);
	df_list_free(&in);
	df_list_add(&t->command, NULL);
	return r;
}

static int
run(void *arg, struct df_err *e)
{
	struct df_trial *t = arg;
	struct df_workspace w = { .store = t->judge->store, .tree = &t->tree,
	    .plain = 1 };

	if (df_sandbox_drop(e) < 0 ||
	    df_workspace_make(&w, t->fd, "ws", e) < 0)
		return -1;
	if (place_files(t) < 0)
		return df_fail_errno(e, DF_EXTERNAL, "judge",
		    "cannot place descriptors");
	return df_sandbox_exec(&t->sandbox, &t->command, e);
}

static const char *const fixed[] = { "PATH=/usr/bin:/bin:/usr/sbin:/sbin",
    "PYTHONSAFEPATH=1", "PYTHONNOUSERSITE=1",
    "PYTHONDONTWRITEBYTECODE=1", "GIT_CONFIG_GLOBAL=/dev/null",
    "GIT_CONFIG_NOSYSTEM=1" };

int
df_judge_sets(const char *name)
{
	size_t i, n = strlen(name);

	for (i = 0; i < DF_LEN(fixed); i++)
		if (strncmp(fixed[i], name, n) == 0 && fixed[i][n] == '=')
			return 1;
	return strcmp(name, "HOME") == 0 || strcmp(name, "TMPDIR") == 0 ||
	    strcmp(name, "DF_HOLDOUT_RUN") == 0;
}

static void
environment(struct df_trial *t)
{
	struct df_list *l = &t->environ;
	size_t i;

	for (i = 0; i < DF_LEN(fixed); i++)
		df_list_addf(l, "%s", fixed[i]);
	df_list_addf(l, "LANG=C.UTF-8");
	df_list_addf(l, "TERM=dumb");
	df_list_addf(l, "HOME=%s", df_level_own(t->judge->level) ?
	    DF_INSIDE_HOME : t->home);
	df_list_addf(l, "TMPDIR=%s", t->tmp ? t->tmp : "/tmp");
	if (t->program)
		df_list_addf(l, "DF_HOLDOUT_RUN=%lld", (long long)t->number);
	for (i = 0; i < t->judge->env.n; i++)
		df_list_addf(l, "%s", t->judge->env.v[i]);
	df_list_add(l, NULL);
}

static int
own_dir(struct df_trial *t, const char *name, struct df_err *e)
{
	if (mkdirat(t->fd, name, 0700) < 0 || (geteuid() == 0 &&
	    fchownat(t->fd, name, df_sandbox_uid(),
	    (gid_t)df_sandbox_uid(), AT_SYMLINK_NOFOLLOW) < 0))
		return df_fail_errno(e, DF_EXTERNAL, "judge",
		    "cannot make a %s", name);
	return 0;
}

int
df_trial_start(struct df_trial *t, struct df_err *e)
{
	struct df_judge *j = t->judge;
	struct df_buf p = DF_BUF_INIT;

	t->name = df_scratch_new(j->scratch_fd, &t->fd, e);
	if (t->name == NULL || make_files(t, e) < 0)
		return -1;
	if (own_dir(t, "home", e) < 0 || (j->level == DF_LEVEL_LANDLOCK &&
	    own_dir(t, "tmp", e) < 0))
		return -1;
	df_buf_fmt(&p, "%s/%s/ws", j->scratch, t->name);
	t->ws = df_buf_detach(&p);
	df_buf_fmt(&p, "%s/%s/home", j->scratch, t->name);
	t->home = df_buf_detach(&p);
	df_buf_fmt(&p, "%s/%s/df", j->scratch, j->own);
	t->tools = df_buf_detach(&p);
	if (j->level == DF_LEVEL_LANDLOCK) {
		df_buf_fmt(&p, "%s/%s/tmp", j->scratch, t->name);
		t->tmp = df_buf_detach(&p);
	}
	if (t->program && program_argv(t, e) < 0)
		return -1;
	environment(t);
	if (make_command(t, e) < 0)
		return -1;
	t->child.run = run;
	t->child.arg = t;
	t->child.observed = !df_level_own(j->level);
	t->child.kill_after = j->ms + HARD_MS;
	t->t0 = df_mono_ms();
	return df_child_start(&t->child, e);
}

/* ---- finishing ---- */

static void
set(struct df_trial *t, enum df_trial_status s, const char *failure,
    const char *fmt, ...) DF_PRINTF(4, 5);

static void
set(struct df_trial *t, enum df_trial_status s, const char *failure,
    const char *fmt, ...)
{
	va_list ap;

	t->status = s;
	t->failure = failure;
	va_start(ap, fmt);
	vsnprintf(t->why, sizeof(t->why), fmt, ap);
	va_end(ap);
}

/* The last stage that began; 1 when the right nonce came. */
static int
read_marks(struct df_trial *t)
{
	char buf[MARKS_MAX], *s, *lf;
	int nonce = 0;
	ssize_t n;

	n = pread(t->marks, buf, sizeof(buf) - 1, 0);
	buf[n > 0 ? n : 0] = '\0';
	for (s = buf; (lf = strchr(s, '\n')) != NULL; s = lf + 1) {
		*lf = '\0';
		if (strncmp(s, "nonce ", 6) == 0)
			nonce = strcmp(s + 6, t->nonce) == 0;
		else
			snprintf(t->stage, sizeof(t->stage), "%.15s", s);
	}
	return nonce;
}

static void
ended(struct df_trial *t, int nonce)
{
	int verify = strcmp(t->stage, "verify") == 0;

	if (t->signal > 0)
		set(t, verify ? DF_TRIAL_FAIL : DF_TRIAL_ERROR, verify ?
		    "verify" : "signal", "signal %d in %s", t->signal,
		    t->stage);
	else if (t->exit == 0 && nonce)
		set(t, DF_TRIAL_PASS, "", "%s", "");
	else if (t->exit == 0)
		set(t, DF_TRIAL_ERROR, "ended-early",
		    "the shell ended with status 0 before its end, in %s",
		    t->stage);
	else if (verify)
		set(t, DF_TRIAL_FAIL, "verify", "verify ended with status %d",
		    t->exit);
	else
		set(t, DF_TRIAL_ERROR, strcmp(t->stage, "setup") == 0 ?
		    "setup" : "execute", "%s ended with status %d",
		    *t->stage ? t->stage : "the judge", t->exit);
}

static void
tap(struct df_trial *t)
{
	const struct df_capture *c = &t->child.out;
	struct df_buf out = DF_BUF_INIT;
	enum df_trial_status s = DF_TRIAL_ERROR;
	char why[200];

	df_capture_get(c, &out);
	if (t->tap || df_tap_spoken(out.s, out.n)) {
		if (c->total > c->head.n + c->tail.n)
			snprintf(why, sizeof(why), "more output than is kept: "
			    "its TAP was not read whole");
		else
			s = df_tap_judge(out.s, out.n, t->plan, why);
		/* Only a program that ended well can have passed. */
		if (t->status == DF_TRIAL_PASS ? s != DF_TRIAL_PASS : t->tap &&
		    t->status == DF_TRIAL_FAIL && s == DF_TRIAL_ERROR)
			set(t, s, s == DF_TRIAL_FAIL ? "verify" : "tap", "%s",
			    why);
	}
	df_buf_release(&out);
}

void
df_trial_finish(struct df_trial *t)
{
	struct df_buf err = DF_BUF_INIT;
	jv before, after;
	int nonce;

	t->wall_ms = df_mono_ms() - t->t0;
	nonce = read_marks(t);
	df_inside_report(&t->child.report, &before, &after);
	df_capture_get(&t->child.out, &t->output);
	df_capture_get(&t->child.err, &err);
	if (t->child.failed.exit) {
		set(t, DF_TRIAL_ERROR, "sandbox", "%.190s",
		    t->child.failed.msg);
	} else if (!jv_is_valid(before) ||
	    !jv_is_valid(after)) {
		set(t, DF_TRIAL_ERROR, t->child.killed ? "timeout" :
		    "sandbox", "the sandbox ended without a report: %.100s",
		    err.s);
	} else if (df_jv_bool(after, "timeout")) {
		set(t, DF_TRIAL_ERROR, "timeout",
		    "no end after %lld seconds, in %s",
		    (long long)(t->judge->ms / 1000), t->stage);
	} else {
		t->exit = (int)df_jv_int(after, "exit", -1);
		t->signal = (int)df_jv_int(after, "signal", -1);
		ended(t, nonce);
		if (t->program)
			tap(t);
	}
	if (err.n) {
		if (t->output.n && t->output.s[t->output.n - 1] != '\n')
			df_buf_ch(&t->output, '\n');
		df_buf_str(&t->output, "--- stderr ---\n");
		df_buf_add(&t->output, err.s, err.n);
	}
	df_buf_release(&err);
	jv_free(before);
	jv_free(after);
}

void
df_trial_release(struct df_trial *t)
{
	if (t->name)
		(void)!df_remove_tree(t->judge->scratch_fd, t->name, NULL);
	if (t->fd >= 0)
		close(t->fd);
	if (t->text >= 0)
		close(t->text);
	if (t->clean >= 0)
		close(t->clean);
	if (t->marks >= 0)
		close(t->marks);
	if (t->data >= 0)
		close(t->data);
	df_list_free(&t->argv);
	df_list_free(&t->command);
	df_list_free(&t->sandbox.ro);
	df_child_release(&t->child);
	df_buf_release(&t->output);
	if (t->environ.n)
		t->environ.n--;		/* the NULL at its end */
	df_list_free(&t->environ);
	free(t->name);
	free(t->ws);
	free(t->home);
	free(t->tmp);
	free(t->tools);
	memset(t, 0, sizeof(*t));
}
