#include "base/df.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/list.h"
#include "base/schema.h"
#include "base/text.h"
#include "spec/suite.h"

#define MANIFEST_MAX ((size_t)4 << 20)
#define LACKING 6		/* scenarios named that have no program */

/* ---- programs ---- */

int
df_suite_manifest(const char *tests)
{
	struct df_buf b = DF_BUF_INIT;
	int r;

	if (tests == NULL)
		return 0;
	df_buf_fmt(&b, "%s/suite.json", tests);
	r = access(b.s, F_OK) == 0;
	df_buf_release(&b);
	return r;
}

/* Read DIR/name: an executable regular file, no link out of DIR. */
static int
read_program(const char *dir, const char *name, struct df_buf *b,
    struct df_err *e)
{
	struct df_buf path = DF_BUF_INIT;
	int top = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd = -1, r;
	struct stat st;

	df_buf_fmt(&path, "%s/%s", dir, name);
	if (top >= 0) {
		fd = df_open_beneath(top, name, O_RDONLY | O_NONBLOCK |
		    O_CLOEXEC, 0);
		close(top);
	}
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    !(st.st_mode & S_IXUSR))
		r = df_fail(e, DF_INPUT, "suite.program",
		    "%s is not an executable file", path.s);
	else
		r = df_read_fd(fd, b, DF_PROGRAM_MAX, path.s, e);
	if (fd >= 0)
		close(fd);
	df_buf_release(&path);
	return r;
}

/* The files of a directory by what is before the first dot of their names. */
struct programs {
	const char *dir;
	struct df_map by_id;	/* -> index of name, or SEVERAL */
	struct df_list name;
};

#define SEVERAL (DF_MAP_NONE - 1)

static void
release_programs(struct programs *p)
{
	df_map_release(&p->by_id);
	df_list_free(&p->name);
}

static int
list_programs(struct programs *p, const char *dir, struct df_err *e)
{
	DIR *dp = opendir(dir);
	struct dirent *d;
	const char *s;
	size_t n;
	int r = 0;

	memset(p, 0, sizeof(*p));
	p->dir = dir;
	if (dp == NULL)
		return df_fail_errno(e, DF_INPUT, "suite.tests", "%s", dir);
	while (errno = 0, (d = readdir(dp)) != NULL) {
		n = strcspn(d->d_name, ".");
		if (n == 0)
			continue;
		df_list_addf(&p->name, "%s", d->d_name);
		s = p->name.v[p->name.n - 1];
		(void)df_map_set(&p->by_id, s, n, df_map_get(&p->by_id, s,
		    n) == DF_MAP_NONE ? p->name.n - 1 : SEVERAL);
	}
	if (errno)
		r = df_fail_errno(e, DF_INPUT, "suite.tests", "%s", dir);
	closedir(dp);
	return r;
}

/* The file named id or id.SOMETHING; 0 found, 1 none, -1 error. */
static int
find_program(const struct programs *p, const char *id, const char **name,
    struct df_buf *b, struct df_err *e)
{
	size_t i = df_map_get(&p->by_id, id, strlen(id));

	*name = "";
	if (i == DF_MAP_NONE)
		return 1;
	if (i == SEVERAL)
		return df_fail(e, DF_INPUT, "suite.program",
		    "%s: two programs for %s", p->dir, id);
	*name = p->name.v[i];
	return read_program(p->dir, *name, b, e);
}

static jv
with_program(jv o, const struct df_buf *prog)
{
	struct df_buf b = DF_BUF_INIT;

	df_base64(&b, (const uint8_t *)prog->s, prog->n);
	o = df_jset_strn(o, "program", b.s, b.n);
	df_buf_wipe(&b);
	return o;
}

/* ---- items from D9 ---- */

/* Behind blanks and the words of the shell that a command may follow. */
static const char *
command(const char *s)
{
	static const char *const before[] = { "if", "then", "elif", "else",
	    "while", "until", "do", "!", "time", "builtin", "command" };
	size_t i, n;

	do {
		s += strspn(s, " \t");
		for (i = 0; i < DF_LEN(before); i++) {
			n = strlen(before[i]);
			if (strncmp(s, before[i], n) == 0 &&
			    (s[n] == ' ' || s[n] == '\t'))
				break;
		}
		if (i < DF_LEN(before))
			s += n;
	} while (i < DF_LEN(before));
	return s;
}

/*
 * Does a block run, in the judge's own shell, something that is not in the
 * block: ". file", "source file", "eval ..."?  Then what the artifact wrote
 * may redefine what the verification calls.
 */
static int
same_shell(const char *code)
{
	static const char *const word[] = { ".", "source", "eval" };
	const char *s = code;
	size_t i, n;
	int start = 1;

	while (*s) {
		if (start) {
			s = command(s);
			for (i = 0; i < DF_LEN(word); i++) {
				n = strlen(word[i]);
				if (strncmp(s, word[i], n) == 0 &&
				    (s[n] == ' ' || s[n] == '\t'))
					return 1;
			}
		}
		start = *s == '\n' || *s == ';' || *s == '&' || *s == '|' ||
		    *s == '(' || *s == '{';
		if (*s)
			s++;
	}
	return 0;
}

/* "#!" and a shell: then what same_shell() looks for means what it means. */
static int
is_shell(const struct df_buf *prog)
{
	static const char *const shell[] = { "sh", "bash", "dash", "ksh",
	    "zsh" };
	const char *s = prog->s, *end;
	size_t i, n;

	if (prog->n < 2 || memcmp(s, "#!", 2) != 0)
		return 0;
	for (end = s + strcspn(s, "\n"); s < end; s += n) {
		s += strspn(s, "#!/ \t\r");
		n = strcspn(s, "/ \t\r\n");
		for (i = 0; i < DF_LEN(shell); i++)
			if (strlen(shell[i]) == n &&
			    memcmp(s, shell[i], n) == 0)
				return 1;
	}
	return 0;
}

/* ---- how often ---- */

/* The line of a part of D9 that has a word, else its first one. */
static uint32_t
line_of(const struct df_spec *sp, struct df_span at, const char *word)
{
	struct df_buf b = DF_BUF_INIT;
	uint32_t line = at.line;
	const char *s, *found;

	df_spec_cut(sp, at, &b);
	found = strstr(b.s, word);
	for (s = b.s; found && s < found; s++)
		line += *s == '\n';
	df_buf_wipe(&b);
	return line;
}

/* Can of so many runs so many be needed?  what says it, on that line. */
static int
check_runs(const struct df_spec *sp, const char *what, int64_t runs,
    int64_t need, uint32_t line, struct df_err *e)
{
	const char *path = sp->doc[9].path;

	if (runs < 1 || runs > DF_RUNS_MAX)
		return df_fail_at(e, "suite.runs", path, line, 1,
		    "%s: %lld runs, which is not 1 to %d", what,
		    (long long)runs, DF_RUNS_MAX);
	if (need < 1 || need > runs)
		return df_fail_at(e, "suite.runs", path, line, 1,
		    "%s: %lld of %lld runs have to pass, which is not 1 to "
		    "all", what, (long long)need, (long long)runs);
	return 0;
}

static int
check_protocol(const struct df_spec *sp, struct df_err *e)
{
	const struct df_protocol *p = &sp->d9.protocol;

	return p->run_total <= 0 ? 0 : check_runs(sp, "the run protocol",
	    p->run_total, p->run_need, line_of(sp, p->at, "runs"), e);
}

static int
scenario_runs(const struct df_spec *sp, const struct df_holdout *h,
    int64_t *runs, int64_t *need, struct df_err *e)
{
	const struct df_protocol *p = &sp->d9.protocol;
	const struct df_behaviour *b = &h->behaviour;
	struct df_span at;

	*runs = b->runs >= 0 ? b->runs : b->of >= 0 ? b->of :
	    p->run_total > 0 ? p->run_total : b->need > 1 ? b->need : 1;
	*need = b->need >= 0 ? b->need : *runs == p->run_total ?
	    p->run_need : *runs;
	if (b->of >= 0 && b->of != *runs)
		return df_fail_at(e, "suite.runs", sp->doc[9].path,
		    b->need_at.line, 1, "%s: a threshold of %lld runs, and "
		    "%lld runs", h->item.id, (long long)b->of,
		    (long long)*runs);
	at = *runs < 1 || *runs > DF_RUNS_MAX ? b->runs_at : b->need_at;
	return check_runs(sp, h->item.id, *runs, *need, at.line ? at.line :
	    h->item.at.line, e);
}

static jv
with_runs(jv o, int64_t runs, int64_t need)
{
	return runs == 1 ? o : df_jset_int(df_jset_int(o, "need", need),
	    "runs", runs);
}

/* ---- scenarios ---- */

static jv
ids(const struct df_refs *r)
{
	jv list = jv_array();
	size_t i;

	for (i = 0; i < r->n; i++)
		list = jv_array_append(list, jv_string(r->v[i].id));
	return list;
}

static const char *
responsible(const struct df_spec *sp, const struct df_refs *validates)
{
	const struct df_task *t = NULL;
	size_t i;

	for (i = 0; i < validates->n && t == NULL; i++)
		if (validates->v[i].to)
			t = df_spec_responsible(sp, validates->v[i].to);
	return t ? t->item.id : NULL;
}

static jv
scenario_item(const struct df_spec *sp, const struct df_holdout *h)
{
	struct df_buf text = DF_BUF_INIT, want = DF_BUF_INIT;
	int script = h->how == DF_VERIFY_CODE;
	jv o = jv_object();

	df_spec_cut(sp, h->item.at, &text);
	if (h->checks.at.line)
		df_spec_cut(sp, h->checks.at, &want);
	else
		df_buf_add(&want, h->verify.code, h->verify.n);
	o = df_jset_str(o, "class", df_class_name(script ? DF_CLASS_SCRIPT :
	    DF_CLASS_NONE));
	o = df_jset(o, "contracts", ids(&h->contracts));
	o = df_jset_strn(o, "cleanup", h->cleanup.code, h->cleanup.n);
	o = df_jset_strn(o, "execute", h->execute.code, h->execute.n);
	o = df_jset_strn(o, "expected", want.s, want.n);
	o = df_jset_str(o, "id", h->item.id);
	o = df_jset_bool(o, "independent", !same_shell(h->setup.code) &&
	    !same_shell(h->execute.code) && !same_shell(h->verify.code));
	o = df_jset_int(o, "priority", h->priority < 0 ? 1 : h->priority);
	o = df_jset_str(o, "responsible", responsible(sp, &h->validates));
	o = df_jset_strn(o, "setup", h->setup.code, h->setup.n);
	o = df_jset_strn(o, "text", text.s, text.n);
	o = df_jset_str(o, "title", h->item.title);
	o = df_jset(o, "validates", ids(&h->validates));
	o = df_jset_strn(o, "verify", h->verify.code, h->verify.n);
	df_buf_wipe(&text);
	df_buf_wipe(&want);
	return o;
}

static jv
frame_item(const struct df_spec *sp, const char *kind)
{
	const struct df_d9 *d = &sp->d9;
	struct df_buf b = DF_BUF_INIT;
	jv o = jv_object(), env = jv_array(), v;
	size_t i;

	for (i = 0; i < d->frames; i++)
		df_spec_cut(sp, d->frame[i], &b);
	for (i = 0; i < d->envs; i++) {
		v = df_jset_str(jv_object(), "name", d->env[i].name);
		env = jv_array_append(env, df_jset_str(v, "default",
		    d->env[i].fallback));
	}
	o = df_jset(o, "env", env);
	o = df_jset_strn(o, "frame", b.s, b.n);
	o = df_jset_str(o, "kind", kind);
	o = df_jset_int(o, "n", 0);
	o = df_jset_int(o, "p1_need", d->protocol.p1_need > 0 &&
	    d->protocol.p1_need < d->protocol.p1_total ?
	    d->protocol.p1_need : -1);
	o = df_jset_int(o, "percent", d->protocol.percent);
	df_buf_wipe(&b);
	return o;
}

/* ---- items from a manifest ---- */

static jv
manifest_item(jv m, const char *tests, const struct df_spec *sp,
    struct df_err *e)
{
	struct df_buf prog = DF_BUF_INIT;
	const char *pri = df_jv_str(m, "priority");
	const struct df_item *it;
	const struct df_task *t = NULL;
	int64_t runs = df_jv_int(m, "runs", 1), need = df_jv_int(m, "need",
	    runs);
	jv o = jv_object(), v, one;
	int i;

	if (read_program(tests, df_jv_str(m, "program"), &prog, e) < 0 ||
	    (need > runs && df_fail(e, DF_INPUT, "suite.runs",
	    "%s/suite.json: %s: %lld of %lld runs have to pass", tests,
	    df_jv_str(m, "id"), (long long)need, (long long)runs) < 0)) {
		jv_free(o);
		df_buf_release(&prog);
		return jv_invalid();
	}
	o = with_runs(o, runs, need);
	v = df_jv_get(m, "contracts");
	o = df_jset(o, "contracts", jv_is_valid(v) ? v : jv_array());
	o = df_jset_str(o, "class", df_class_name(DF_CLASS_TAP));
	o = df_jset_str(o, "id", df_jv_str(m, "id"));
	o = df_jset_bool(o, "independent", !is_shell(&prog) ||
	    !same_shell(prog.s));
	o = df_jset_int(o, "plan", df_jv_int(m, "plan", 1));
	o = df_jset_int(o, "priority", pri[1] - '0');
	v = df_jv_get(m, "validates");
	if (!jv_is_valid(v))
		v = jv_array();
	for (i = 0; t == NULL && i < jv_array_length(jv_copy(v)); i++) {
		one = jv_array_get(jv_copy(v), i);
		it = df_spec_find(sp, jv_string_value(one),
		    strlen(jv_string_value(one)));
		if (it && it->family == DF_SC)
			t = df_spec_responsible(sp, it);
		jv_free(one);
	}
	if (t)
		o = df_jset_str(o, "responsible", t->item.id);
	o = df_jset(o, "validates", v);
	o = df_jset_str(o, "title", df_jv_str(m, "title"));
	o = with_program(o, &prog);
	df_buf_wipe(&prog);
	return o;
}

static jv
read_manifest(const char *tests, struct df_err *e)
{
	struct df_buf path = DF_BUF_INIT, b = DF_BUF_INIT;
	struct df_json j = { 0 };
	jv v = jv_invalid();

	df_buf_fmt(&path, "%s/suite.json", tests);
	if (df_read_file(AT_FDCWD, path.s, &b, MANIFEST_MAX, e) == 0 &&
	    df_schema_scan(&j, b.s, b.n, 0, "suite", path.s, e) == 0)
		v = df_json_jv(&j, 0);
	df_json_release(&j);
	df_buf_release(&b);
	df_buf_release(&path);
	return v;
}

/* ---- the whole ---- */

struct list {
	jv *v;
	size_t n, cap;
};

static void
push(struct list *l, jv v)
{
	DF_GROW(l->v, l->n, l->cap);
	l->v[l->n++] = v;
}

static int
from_manifest(const struct df_spec *sp, const char *tests, struct list *l,
    jv *frame, struct df_err *e)
{
	jv m = read_manifest(tests, e), all, one, item, p;
	int i, n, r = 0;

	if (!jv_is_valid(m)) {
		jv_free(m);
		return -1;
	}
	all = df_jv_get(m, "scenarios");
	n = jv_array_length(jv_copy(all));
	for (i = 0; i < n && r == 0; i++) {
		one = jv_array_get(jv_copy(all), i);
		item = manifest_item(one, tests, sp, e);
		jv_free(one);
		if (jv_is_valid(item))
			push(l, item);
		else
			r = -1;
	}
	p = df_jv_get(m, "protocol");
	*frame = df_jset_int(*frame, "p1_need", df_jv_int(p, "p1_need", -1));
	*frame = df_jset_int(*frame, "percent", df_jv_int(p, "percent", -1));
	*frame = df_jset_str(*frame, "frame", df_jv_str(m, "name"));
	jv_free(p);
	jv_free(all);
	jv_free(m);
	return r;
}

static int
twice(struct df_err *e, const char *what)
{
	return df_fail(e, DF_INPUT, "suite.twice", "two scenarios of one id: "
	    "%s", what);
}

/* Of two headings with one id the reader keeps one, and says so. */
static int
check_headings(const struct df_spec *sp, struct df_err *e)
{
	const struct df_remark *m;
	size_t i;

	for (i = 0; i < sp->remarks; i++) {
		m = &sp->remark[i];
		if (m->at.doc == 9 && strcmp(m->rule, "id.duplicate") == 0)
			return twice(e, m->msg);
	}
	return 0;
}

/* Judged by that program: by its TAP too if it is named so. */
static jv
judged_by(jv o, const char *name, const struct df_buf *prog)
{
	size_t n = strlen(name);
	int tap = n > 2 && strcmp(name + n - 2, ".t") == 0;

	o = df_jset_str(o, "class", df_class_name(tap ? DF_CLASS_TAP :
	    DF_CLASS_EXEC));
	o = df_jset_bool(o, "independent", !is_shell(prog) ||
	    !same_shell(prog->s));
	return with_program(o, prog);
}

static int
from_d9(const struct df_spec *sp, const char *tests, struct list *l,
    int *programs, struct df_err *e)
{
	struct df_buf prog = DF_BUF_INIT;
	const struct df_holdout *h;
	struct programs p = { 0 };
	int64_t runs, need;
	const char *name;
	size_t i;
	int r = check_headings(sp, e);
	jv o;

	if (r == 0)
		r = check_protocol(sp, e);
	if (r == 0 && tests)
		r = list_programs(&p, tests, e);
	for (i = 0; i < sp->d9.holdouts && r >= 0; i++) {
		h = &sp->d9.holdout[i];
		r = scenario_runs(sp, h, &runs, &need, e);
		if (r < 0)
			break;
		o = with_runs(scenario_item(sp, h), runs, need);
		df_buf_reset(&prog);
		r = find_program(&p, h->item.id, &name, &prog, e);
		if (r == 0) {
			o = judged_by(o, name, &prog);
			*programs = 1;
		}
		push(l, o);
	}
	df_buf_wipe(&prog);
	release_programs(&p);
	return r < 0 ? -1 : 0;
}

static int
check_ids(const struct list *l, struct df_err *e)
{
	struct df_map seen = { 0 };
	const char *id;
	size_t i;
	int r = 0;

	for (i = 0; i < l->n && r == 0; i++) {
		id = df_jv_str(l->v[i], "id");
		if (df_map_set(&seen, id, strlen(id), i) != DF_MAP_NONE)
			r = twice(e, id);
	}
	df_map_release(&seen);
	return r;
}

static void
add_item(struct df_sealed *s, jv o)
{
	struct df_buf b = DF_BUF_INIT;

	df_json_line(&b, o);
	(void)df_sealed_add(s, b.s, b.n - 1);
	df_buf_wipe(&b);
}

/* Count an item, and name it when nothing can be executed. */
static void
count(struct df_suite_count *c, jv o, int pri)
{
	size_t n = strlen(c->lacking), more;

	c->scenarios++;
	c->p0 += pri == 0;
	if (strcmp(df_jv_str(o, "class"), "none") != 0) {
		c->executable++;
		return;
	}
	more = c->scenarios - c->executable;
	if (more <= LACKING)
		snprintf(c->lacking + n, sizeof(c->lacking) - n, "%s%.20s",
		    n ? ", " : "", df_jv_str(o, "id"));
}

int
df_suite_make(const struct df_spec *sp, const char *tests,
    struct df_sealed *s, struct df_suite_count *c, struct df_err *e)
{
	struct list l = { 0 };
	int tap = df_suite_manifest(tests), programs = 0, r, pri;
	size_t i, n;
	jv frame;

	memset(c, 0, sizeof(*c));
	frame = frame_item(sp, "d9");
	r = tap ? from_manifest(sp, tests, &l, &frame, e) :
	    from_d9(sp, tests, &l, &programs, e);
	if (r == 0 && l.n == 0)
		r = df_fail(e, DF_INPUT, "suite.empty",
		    "the suite has no scenario");
	if (r == 0)
		r = check_ids(&l, e);
	c->kind = tap ? "tap" : programs ? "mixed" : "d9";
	frame = df_jset_str(frame, "kind", c->kind);
	if (r == 0)
		add_item(s, jv_copy(frame));
	/* By priority, otherwise as written. */
	for (pri = 0; pri <= 3 && r == 0; pri++)
		for (i = 0; i < l.n; i++) {
			if (df_jv_int(l.v[i], "priority", 1) != pri)
				continue;
			count(c, l.v[i], pri);
			add_item(s, df_jset_int(jv_copy(l.v[i]), "n",
			    (int64_t)c->scenarios));
		}
	n = c->scenarios - c->executable;
	i = strlen(c->lacking);
	if (n > LACKING)
		snprintf(c->lacking + i, sizeof(c->lacking) - i,
		    " and %zu more", n - LACKING);
	s->p0 = c->p0;
	for (i = 0; i < l.n; i++)
		jv_free(l.v[i]);
	free(l.v);
	jv_free(frame);
	return r < 0 ? -1 : df_sealed_check(s, e);
}
