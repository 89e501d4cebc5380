#include "base/df.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "spec/found.h"
#include "spec/graph.h"
#include "spec/speckit-internal.h"

/* Findings in a feature directory. */

struct sc {
	struct df_check *out;
	const struct df_speckit *sk;
};

/* The document of ours that a kind of file becomes. */
static const uint8_t doc_of[DF_SK_KINDS] = {
	[DF_SK_SPEC] = 2, [DF_SK_PLAN] = 7, [DF_SK_TASKS] = 8,
	[DF_SK_CONSTITUTION] = 1, [DF_SK_DATA] = 3, [DF_SK_RESEARCH] = 5,
	[DF_SK_QUICKSTART] = 10, [DF_SK_CONTRACT] = 4, [DF_SK_CHECKLIST] = 6,
	[DF_SK_OTHER] = 0
};

/* The line that a place is on. */
static void
set_line(const struct df_speckit *sk, struct df_skplace at,
    struct df_diag *d)
{
	const struct df_skfile *f = &sk->file[at.file];
	const char *s = f->s, *end = f->s + f->n, *nl;
	uint32_t i;

	if (f->md) {
		if (at.line > f->md->lines)
			return;
		d->text = f->s + f->md->line[at.line - 1].off;
		d->ntext = f->md->line[at.line - 1].len;
		return;
	}
	for (i = 1; i < at.line && i < 100000 &&
	    (nl = memchr(s, '\n', (size_t)(end - s))) != NULL; i++)
		s = nl + 1;
	nl = memchr(s, '\n', (size_t)(end - s));
	d->text = s;
	d->ntext = (size_t)((nl ? nl : end) - s);
}

static void say(struct sc *c, const char *rule, struct df_skplace at,
    const char *item, const char *hint, const char *fmt, ...)
    DF_PRINTF(6, 7);

/* A finding; at.line 0 is the file, at.file DF_SK_NONE the directory. */
static void
say(struct sc *c, const char *rule, struct df_skplace at, const char *item,
    const char *hint, const char *fmt, ...)
{
	struct df_diag *d;
	va_list ap;

	va_start(ap, fmt);
	d = df_found_add(c->out, rule, fmt, ap);
	va_end(ap);
	if (d == NULL)
		return;
	d->path = c->sk->dir;
	if (at.file != DF_SK_NONE) {
		d->path = c->sk->file[at.file].path;
		d->doc = doc_of[c->sk->file[at.file].kind];
		d->line = at.line;
		d->col = at.line ? at.col : 0;
		if (at.line)
			set_line(c->sk, at, d);
	}
	d->item = item;
	d->hint = hint;
}

static void result(struct sc *c, enum df_check_id id, const char *fmt, ...)
    DF_PRINTF(3, 4);

static void
result(struct sc *c, enum df_check_id id, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	df_found_say(c->out, id, fmt, ap);
	va_end(ap);
	c->out->row[id].ran = 1;
}

static struct df_skplace
nowhere(void)
{
	struct df_skplace at = { DF_SK_NONE, 0, 0 };

	return at;
}

static struct df_skplace
in_file(const struct df_speckit *sk, enum df_skkind k)
{
	struct df_skplace at = { sk->doc[k], 0, 0 };

	return at;
}

static int
have(const struct sc *c, enum df_skkind k)
{
	return c->sk->doc[k] != DF_SK_NONE;
}

static const char *
plural(size_t n)
{
	return n == 1 ? "" : "s";
}

/* ---- files ---- */

static void
documents(struct sc *c)
{
	static const struct {
		enum df_skkind kind;
		const char *name, *hint;
	} want[] = {
		{ DF_SK_SPEC, "spec.md", "what is to be built" },
		{ DF_SK_PLAN, "plan.md", "how it is built" },
		{ DF_SK_TASKS, "tasks.md", "who builds what, in which order" }
	};
	const struct df_speckit *sk = c->sk;
	size_t i, n = 0, k = 0;

	for (i = 0; i < DF_LEN(want); i++) {
		if (have(c, want[i].kind)) {
			n++;
			continue;
		}
		c->out->blocked = 1;
		say(c, "speckit.missing", nowhere(), "", want[i].hint,
		    "%s is missing", want[i].name);
	}
	if (!have(c, DF_SK_CONSTITUTION))
		say(c, "speckit.no-constitution", nowhere(), "",
		    ".specify/memory/constitution.md, here or above",
		    "no constitution");
	for (i = 0; i < sk->files; i++) {
		if (sk->file[i].kind != DF_SK_OTHER)
			k++;
		else
			say(c, "speckit.stray", (struct df_skplace){
			    (uint32_t)i, 0, 0 }, "", "",
			    "%s is no document of a feature",
			    sk->file[i].name);
	}
	result(c, DF_CHECK_DOCUMENTS, "%zu/3 required documents, %zu of %zu "
	    "files read", n, k, sk->files);
	c->out->sum.documents = k;
}

static void
readable(struct sc *c)
{
	const struct df_speckit *sk = c->sk;
	uint32_t k;
	size_t i;

	for (i = 0; i < sk->files; i++) {
		const struct df_skfile *f = &sk->file[i];
		struct df_skplace at = { (uint32_t)i, 0, 1 };

		if (f->md == NULL)
			continue;
		for (k = 0; k < f->md->lines; k++)
			if (f->md->line[k].kind != DF_MD_BLANK &&
			    f->md->line[k].kind != DF_MD_COMMENT &&
			    f->md->line[k].kind != DF_MD_HEADING)
				break;
		if (k == f->md->lines)
			say(c, "doc.empty", at, "", "", "%s has no content",
			    f->name);
		at.line = f->md->open_fence;
		if (at.line)
			say(c, "doc.fence", at, "", "",
			    "this code block is never closed");
		at.line = f->md->open_comment;
		if (at.line)
			say(c, "doc.comment", at, "", "",
			    "this comment is never closed");
	}
	result(c, DF_CHECK_READABLE, "%zu documents read",
	    c->out->sum.documents);
}

static void
open_items(struct sc *c)
{
	const struct df_speckit *sk = c->sk;
	size_t i;

	for (i = 0; i < sk->markers.n; i++)
		say(c, "speckit.clarification", sk->markers.v[i].at, "",
		    "answer it, and put the answer in its place",
		    "an open question: %.*s", sk_clip(sk->markers.v[i].s,
		    300), sk->markers.v[i].s);
	for (i = 0; i < sk->unfilled.n; i++)
		say(c, "speckit.placeholder", sk->unfilled.v[i].at, "", "",
		    "text of the template is not filled in: %.*s",
		    sk_clip(sk->unfilled.v[i].s, 100), sk->unfilled.v[i].s);
	for (i = 0; i < sk->checklists; i++)
		if (sk->checklist[i].open)
			say(c, "speckit.checklist", (struct df_skplace){
			    sk->checklist[i].file, 0, 0 }, "", "",
			    "%u of %u items of the checklist are open",
			    sk->checklist[i].open, sk->checklist[i].items);
	result(c, DF_CHECK_OPEN, "%zu open question%s", sk->markers.n,
	    plural(sk->markers.n));
	result(c, DF_CHECK_FILLED, "%zu placeholders", sk->unfilled.n);
}

/* ---- stories ---- */

static void
scenarios(struct sc *c)
{
	const struct df_speckit *sk = c->sk;
	size_t i, bad = 0, first = 0;

	for (i = 0; i < sk->scenarios; i++) {
		const struct df_skscenario *s = &sk->scenario[i];
		const char *lack = s->given.n == 0 ? "Given" :
		    s->when.n == 0 ? "When" : s->then.n == 0 ? "Then" : NULL;

		if (lack)
			say(c, "speckit.gwt", s->at, s->id, "",
			    "%s lacks %s", s->id, lack);
	}
	for (i = 0; i < sk->stories; i++) {
		const struct df_skstory *s = &sk->story[i];

		first += s->priority == 0 || s->priority == 1;
		if (s->priority < 0)
			say(c, "speckit.priority", s->at, s->id, "",
			    "%s has no priority", s->id);
		if (s->scenarios == 0)
			say(c, "speckit.story-scenario", s->at, s->id, "",
			    "%s has no acceptance scenario", s->id);
		if (s->tasks == 0 && have(c, DF_SK_TASKS)) {
			bad++;
			say(c, "speckit.story-task", s->at, s->id, "",
			    "no task serves %s", s->id);
		}
	}
	if (!have(c, DF_SK_SPEC))
		return;
	if (sk->stories == 0)
		say(c, "speckit.no-stories", in_file(sk, DF_SK_SPEC), "", "",
		    "spec.md has no user story");
	else if (first == 0)
		say(c, "speckit.no-first", in_file(sk, DF_SK_SPEC), "", "",
		    "no story has priority P1");
	if (sk->scenarios == 0)
		say(c, "speckit.no-scenarios", in_file(sk, DF_SK_SPEC), "",
		    "", "spec.md has no acceptance scenario");
	if (!have(c, DF_SK_TASKS))
		result(c, DF_CHECK_SCENARIOS, "%zu scenario%s", sk->scenarios,
		    plural(sk->scenarios));
	else
		result(c, DF_CHECK_SCENARIOS, "%zu scenario%s, %zu/%zu "
		    "stories served by tasks", sk->scenarios,
		    plural(sk->scenarios), sk->stories - bad, sk->stories);
}

/* ---- relations ---- */

static void
references(struct sc *c)
{
	const struct df_speckit *sk = c->sk;
	const char **story = df_calloc(sk->stories + 1, sizeof(*story));
	const char **task = df_calloc(sk->tasks + 1, sizeof(*task));
	size_t i, bad = 0;

	for (i = 0; i < sk->stories; i++)
		story[i] = sk->story[i].id;
	for (i = 0; i < sk->tasks; i++)
		task[i] = sk->task[i].id;
	for (i = 0; i < sk->rels; i++) {
		const struct df_skrel *x = &sk->rel[i];

		if (x->to != DF_SK_NONE)
			continue;
		if (x->kind == DF_SK_TASK_STORY && sk->stories &&
		    have(c, DF_SK_SPEC)) {
			bad++;
			say(c, "speckit.story-ref", x->at,
			    sk->task[x->from].id, df_found_near(c->out,
			    x->id, story, sk->stories),
			    "%s serves %s, which spec.md does not have",
			    sk->task[x->from].id, x->id);
		}
		if (x->kind == DF_SK_TASK_TASK) {
			bad++;
			say(c, "speckit.task-ref", x->at,
			    sk->task[x->from].id, df_found_near(c->out,
			    x->id, task, sk->tasks),
			    "%s depends on %s, which tasks.md does not have",
			    sk->task[x->from].id, x->id);
		}
	}
	for (i = 0; i < sk->repeated.n; i++)
		say(c, "speckit.duplicate", sk->repeated.v[i].at,
		    sk->repeated.v[i].s, "", "%s is defined a second time",
		    sk->repeated.v[i].s);
	result(c, DF_CHECK_REFS, "%zu relation%s, %zu dangling", sk->rels,
	    plural(sk->rels), bad);
	result(c, DF_CHECK_IDS, "%zu defined twice", sk->repeated.n);
	free(story);
	free(task);
}

/* The first few names of those that mark does not have, and how many. */
static size_t
left(const uint8_t *mark, size_t n, const char *(*name)(
    const struct df_speckit *, size_t), const struct df_speckit *sk,
    struct df_buf *b)
{
	size_t i, bad = 0;

	for (i = 0; i < n; i++) {
		if (mark[i])
			continue;
		if (bad++ < 5)
			df_buf_fmt(b, "%s%s", bad > 1 ? ", " : "",
			    name(sk, i));
	}
	if (bad > 5)
		df_buf_str(b, ", ...");
	return bad;
}

static const char *
req_name(const struct df_speckit *sk, size_t i)
{
	return sk->req[i].id;
}

static const char *
contract_name(const struct df_speckit *sk, size_t i)
{
	return sk->contract[i].name;
}

static void
served(struct sc *c)
{
	const struct df_speckit *sk = c->sk;
	uint8_t *req = df_calloc(sk->reqs + 1, 1);
	uint8_t *con = df_calloc(sk->contracts + 1, 1);
	struct df_buf b = DF_BUF_INIT;
	size_t i, n;

	for (i = 0; i < sk->rels; i++) {
		const struct df_skrel *x = &sk->rel[i];

		if (x->to == DF_SK_NONE)
			continue;
		if (x->kind == DF_SK_TASK_REQ)
			req[x->to] = 1;
		else if (x->kind == DF_SK_REQ_STORY)
			req[x->from] = 1;
		else if (x->kind == DF_SK_TASK_CONTRACT)
			con[x->to] = 1;
		else if (x->kind == DF_SK_CONTRACT_STORY)
			con[x->from] = 1;
	}
	n = left(req, sk->reqs, req_name, sk, &b);
	if (n && have(c, DF_SK_TASKS))
		say(c, "speckit.requirement", sk->req[0].at, "", "cite them "
		    "in stories or tasks", "%zu of %zu requirements can be "
		    "traced to no story and no task: %s", n, sk->reqs, b.s);
	df_buf_reset(&b);
	n = left(con, sk->contracts, contract_name, sk, &b);
	if (n && have(c, DF_SK_TASKS))
		say(c, "speckit.contract", (struct df_skplace){
		    sk->contract[0].at.file, 0, 0 }, "", "name them in "
		    "tasks", "%zu of %zu contracts can be traced to no story "
		    "and no task: %s", n, sk->contracts, b.s);
	result(c, DF_CHECK_CONTRACTS, "%zu/%zu contracts traced",
	    sk->contracts - n, sk->contracts);
	df_buf_release(&b);
	free(req);
	free(con);
}

/* ---- tasks ---- */

static void
one_cycle(void *arg, const struct df_task *const *cycle, size_t n)
{
	struct sc *c = arg;
	struct df_buf b = DF_BUF_INIT;

	df_cycle_path(&b, cycle, n);
	say(c, "speckit.cycle", c->sk->task[cycle[0]->item.index].at,
	    cycle[0]->item.id, "", "tasks wait for each other: %s", b.s);
	df_buf_release(&b);
}

static void
cycles(struct sc *c)
{
	const struct df_speckit *sk = c->sk;
	struct df_arena a = { 0 };
	struct df_spec g;
	size_t n;

	if (!have(c, DF_SK_TASKS))
		return;
	if (sk->tasks == 0)
		say(c, "speckit.no-tasks", in_file(sk, DF_SK_TASKS), "", "",
		    "tasks.md has no task");
	sk_graph(sk, &a, &g);
	n = df_spec_cycles(&g, one_cycle, c);
	df_arena_release(&a);
	result(c, DF_CHECK_CYCLES, "%zu task%s, %zu cycle%s", sk->tasks,
	    plural(sk->tasks), n, plural(n));
}

/* Tasks of one phase, all with [P], that name the same file. */
struct shared {
	const struct df_sktext *file;
	size_t second, last;	/* tasks */
	size_t n;
	struct df_buf ids;
};

static void
say_shared(struct sc *c, struct shared *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (v[i].n > 1)
			say(c, "speckit.parallel",
			    c->sk->task[v[i].second].at,
			    c->sk->task[v[i].second].id, "",
			    "%s are marked [P] and name the same file: "
			    "%.200s", v[i].ids.s, v[i].file->s);
		df_buf_release(&v[i].ids);
	}
}

static void
same_files(struct sc *c)
{
	const struct df_speckit *sk = c->sk;
	struct df_map seen = { 0 };
	struct shared *v = NULL, *x;
	size_t i, k, at, n = 0, cap = 0;

	for (i = 0; i < sk->tasks; i++) {
		const struct df_sktask *t = &sk->task[i];

		if (i && t->phase != t[-1].phase) {
			say_shared(c, v, n);
			df_map_release(&seen);
			n = 0;
		}
		for (k = 0; t->parallel && k < t->files.n; k++) {
			const struct df_sktext *f = &t->files.v[k];

			if (f->n == 0 || f->s[f->n - 1] == '/')
				continue;
			at = df_map_get(&seen, f->s, f->n);
			if (at == DF_MAP_NONE) {
				DF_GROW(v, n, cap);
				df_map_set(&seen, f->s, f->n, at = n++);
				memset(&v[at], 0, sizeof(v[at]));
				df_buf_init(&v[at].ids);
				v[at].file = f;
			} else if (v[at].last == i)
				continue;
			x = &v[at];
			x->last = i;
			x->n++;
			if (x->n == 2)
				x->second = i;
			if (x->n < 10)
				df_buf_fmt(&x->ids, "%s%s", x->n > 1 ? ", " :
				    "", t->id);
			else if (x->n == 10)
				df_buf_str(&x->ids, ", ...");
		}
	}
	say_shared(c, v, n);
	df_map_release(&seen);
	free(v);
}

/* Tasks below the heading of a story that do not name it: one finding a
   story. */
static void
untagged(struct sc *c)
{
	const struct df_speckit *sk = c->sk;
	uint8_t *tagged = df_calloc(sk->tasks + 1, 1);
	uint32_t *first = df_calloc(sk->stories + 1, sizeof(*first));
	uint32_t *n = df_calloc(sk->stories + 1, sizeof(*n)), hint;
	size_t i;

	for (i = 0; i < sk->rels; i++)
		if (sk->rel[i].kind == DF_SK_TASK_STORY &&
		    sk->rel[i].evidence == DF_STATED)
			tagged[sk->rel[i].from] = 1;
	for (i = 0; i < sk->tasks; i++) {
		hint = sk->task[i].hint;
		if (tagged[i] || hint == DF_SK_NONE)
			continue;
		if (n[hint]++ == 0)
			first[hint] = (uint32_t)i;
	}
	for (i = 0; i < sk->stories; i++) {
		const char *id = sk->story[i].id;
		const struct df_sktask *t;

		if (n[i] == 0)
			continue;
		t = &sk->task[first[i]];
		if (n[i] == 1)
			say(c, "speckit.no-story", t->at, t->id, "",
			    "%s stands under %s and has no [%s]", t->id, id,
			    id);
		else
			say(c, "speckit.no-story", t->at, t->id, "",
			    "%u tasks from %s on stand under %s and have no "
			    "[%s]", n[i], t->id, id, id);
	}
	free(tagged);
	free(first);
	free(n);
}

static void
tasks(struct sc *c)
{
	const struct df_speckit *sk = c->sk;

	untagged(c);
	same_files(c);
	if (sk->unnumbered.n)
		say(c, "speckit.unnumbered", sk->unnumbered.v[0].at, "", "",
		    "%zu check box%s without a task id: not read",
		    sk->unnumbered.n, sk->unnumbered.n == 1 ? "" : "es");
	if (sk->dropped.n)
		say(c, "speckit.dropped", sk->dropped.v[0].at, "", "",
		    "%zu task%s marked [-] or [~]: not read", sk->dropped.n,
		    sk->dropped.n == 1 ? " is" : "s are");
	if (sk->claimed)
		say(c, "speckit.claimed", in_file(sk, DF_SK_TASKS), "", "",
		    "%zu of %zu tasks are ticked: their author's claim, not "
		    "a result", sk->claimed, sk->tasks);
	if (have(c, DF_SK_TASKS))
		result(c, DF_CHECK_TASKS, "%zu task%s in %zu phase%s",
		    sk->tasks, plural(sk->tasks), sk->phases,
		    plural(sk->phases));
}

/* ---- the constitution ---- */

static void
constitution(struct sc *c)
{
	const struct df_speckit *sk = c->sk;
	size_t i, none = 0;

	for (i = 0; i < sk->principles; i++) {
		const struct df_skprinciple *p = &sk->principle[i];

		none += p->verdict < 0;
		if (p->verdict == 0)
			say(c, "speckit.not-compliant", p->check.at, p->id,
			    "", "the plan does not comply with \"%s\"",
			    p->title);
	}
	if (have(c, DF_SK_CONSTITUTION) && sk->principles == 0)
		say(c, "speckit.no-principles",
		    in_file(sk, DF_SK_CONSTITUTION), "", "",
		    "the constitution has no principle");
	if (none && have(c, DF_SK_PLAN))
		say(c, "speckit.verdicts", in_file(sk, DF_SK_PLAN), "", "",
		    "the plan says nothing of %zu of %zu principles", none,
		    sk->principles);
	if (have(c, DF_SK_CONSTITUTION))
		result(c, DF_CHECK_CONSTITUTION, "%zu principle%s, %zu of "
		    "them checked by the plan", sk->principles,
		    plural(sk->principles), sk->principles - none);
}

/* ---- the whole ---- */

void
df_speckit_check(struct df_check *out, const struct df_speckit *sk)
{
	struct sc c = { out, sk };

	df_found_begin(out);
	out->sum.scenarios = sk->scenarios;
	out->sum.contracts = sk->contracts;
	out->sum.tasks = sk->tasks;
	documents(&c);
	readable(&c);
	open_items(&c);
	scenarios(&c);
	references(&c);
	served(&c);
	cycles(&c);
	tasks(&c);
	constitution(&c);
	say(&c, "speckit.no-holdouts", nowhere(), "", "someone who is not the "
	    "builder writes D9", "no holdouts: a factory cannot approve");
	result(&c, DF_CHECK_HOLDOUTS, "0 holdouts: Spec Kit has none");
	df_found_end(out, 1);
}
