#define _GNU_SOURCE
#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/schema.h"
#include "base/text.h"
#include "evidence/seal.h"
#include "spec/prompt-internal.h"

/* ---- 11 to 13 ---- */

/* What m->b holds; otherwise when that is nothing, long or names another
   task. */
static int
serves(struct ask *m, const char *otherwise)
{
	if (m->b.n && m->b.n <= ASK_QUOTE && !brief_other_task(m->t, m->b.s,
	    m->b.n))
		return 1;
	df_buf_reset(&m->b);
	df_buf_str(&m->b, otherwise);
	return 0;
}

static void
name(struct ask *m, const char *key)
{
	m->names = df_jset(m->names, key, brief_buf(&m->b));
}

/* Does a text of the contract use that name? */
static int
uses(jv text, const char *key)
{
	const char *s;
	size_t n = strlen(key);
	int used = 0;

	s = jv_get_kind(text) == JV_KIND_STRING ? jv_string_value(text) : "";
	while (!used && (s = strstr(s, "{{")) != NULL) {
		s += 2;
		s += *s && strchr("#^&|~", *s);
		used = strncmp(s, key, n) == 0 && (s[n] == '}' || s[n] == '.');
	}
	jv_free(text);
	return used;
}

/* Where the names that the texts of a question use come from, and the task. */
static void
cite_names(struct ask *m, jv question)
{
	size_t i;

	for (i = 0; i < m->nplace; i++)
		if (uses(df_jv_get(question, "text"), m->place[i].name) ||
		    uses(df_jv_get(question, "expected"), m->place[i].name))
			ask_cite(m, m->place[i].at);
	ask_cite(m, m->t->item.at);
}

static void
place(struct ask *m, const char *key, struct df_span at)
{
	m->place[m->nplace].name = key;
	m->place[m->nplace++].at = at;
}

/* "none", "Nothing.": a component that needs nothing. */
static int
needs_nothing(const struct df_value *v)
{
	static const char *const word[] = { "none", "nothing", "n/a", "-",
	    "\xe2\x80\x94" };
	size_t n = v->n, i;

	while (n && strchr(".`* ", v->s[n - 1]))
		n--;
	for (i = 0; i < DF_LEN(word); i++)
		if (n == strlen(word[i]) && strncasecmp(v->s, word[i], n) ==
		    0)
			return 1;
	return n == 0;
}

/* The names that texts of the contract may use. */
static void
names(struct ask *m, const char *handoff, const char *version)
{
	const struct df_spec *sp = m->sp;
	const struct df_task *t = m->t;
	const struct df_picks *p = &m->sc.kind[DF_K_COMPONENT];
	const struct df_pick *k;
	const struct df_component *c = NULL;
	const struct df_rule *r;
	size_t i, n = 0;
	jv step = jv_object();

	m->names = df_jset_str(m->names, "handoff_id", handoff);
	m->names = df_jset_str(m->names, "version", version);
	m->names = df_jset_str(m->names, "task_id", t->item.id);
	df_task_oneline(t, &m->b);
	name(m, "subject");
	ask_ids(m, &m->b);
	name(m, "ids");
	if (ask_files(m, &m->b) == 0)
		ask_subject(m, &m->b);
	(void)serves(m, "the files of this task");
	name(m, "work");
	for (i = 0; i < p->n && n == 0; i++) {
		c = &sp->d7.component[p->v[i].index];
		if (p->v[i].own && !needs_nothing(&c->depends))
			n = (size_t)brief_sentences(&m->b, t, c->depends.s,
			    c->depends.n, ASK_QUOTE);
	}
	if (serves(m, ""))
		place(m, "needs", c->depends.at);
	name(m, "needs");
	brief_refs(&m->b, &t->deps, 1);
	if (m->b.n)
		place(m, "builds_on", t->deps_text.at);
	name(m, "builds_on");

	i = ask_step(m);
	if (i != SIZE_MAX)
		place(m, "step", t->criterion[i].text.at);
	ask_put_step(m, &m->b, i);
	step = df_jset(step, "text", brief_buf(&m->b));
	step = df_jset_int(step, "n", i == SIZE_MAX ? 1 : (int64_t)i + 1);
	m->names = df_jset(m->names, "step", step);

	k = df_picks_top(&m->sc.kind[DF_K_COMMAND], 0);
	i = k ? k->index : sp->d10.commands - 1;
	if (sp->d10.commands)
		df_buf_fmt(&m->b, "`%s`", sp->d10.command[i].text.s);
	if (serves(m, "the full test run"))
		place(m, "command", sp->d10.command[i].text.at);
	name(m, "command");

	k = df_picks_top(&m->sc.kind[DF_K_RULE], ask_number(t));
	r = k ? &sp->d10.rule[k->index] : NULL;
	if (r)
		df_buf_fmt(&m->b, "the rule \"%s, not %s\"", r->use.s,
		    r->instead_of.s);
	if (serves(m, "the rules of section 2")) {
		place(m, "tool", r->use.at);
		name(m, "tool");
		df_buf_str(&m->b, r->why.s);
	} else {
		name(m, "tool");
	}
	name(m, "tool_reason");
}

/* A text of the contract with the names filled in. */
static int
filled(struct ask *m, jv text, struct df_buf *out, struct df_err *e)
{
	const struct df_template *t;

	if (jv_get_kind(text) != JV_KIND_STRING) {
		jv_free(text);
		return df_fail(e, DF_INPUT, "contract.member",
		    "the prompt contract has something that is no text");
	}
	if (strstr(jv_string_value(text), "{{") == NULL) {
		df_buf_str(out, jv_string_value(text));
		jv_free(text);
		return 0;
	}
	t = df_xref_template(m->x, text, "prompt contract", e);
	return t ? df_template_render(t, jv_copy(m->names), 0, out, e) : -1;
}

static int
adversarial(struct ask *m, struct df_err *e)
{
	jv sets = df_jv_get(m->in->contract, "adversarial"), list, o;
	int i, rc = 0;

	list = df_jv_get(sets, m->in->adversarial);
	jv_free(sets);
	if (jv_get_kind(list) != JV_KIND_ARRAY ||
	    jv_array_length(jv_copy(list)) != DF_QUESTIONS - ASK_VERIFICATION)
		rc = df_fail(e, DF_INPUT, "prompt.adversarial",
		    "the prompt contract has no adversarial set %s of three",
		    m->in->adversarial);
	for (i = 0; i < DF_QUESTIONS - ASK_VERIFICATION && rc == 0; i++) {
		o = jv_array_get(jv_copy(list), i);
		if (df_jv_str(o, "title"))
			df_buf_fmt(&m->text, "%s: ", df_jv_str(o, "title"));
		rc = filled(m, df_jv_get(o, "text"), &m->text, e);
		if (rc == 0)
			rc = filled(m, df_jv_get(o, "expected"), &m->expected,
			    e);
		cite_names(m, o);
		if (rc == 0 && !ask_take(m))
			rc = df_fail(e, DF_INPUT, "prompt.adversarial",
			    "adversarial question %d would name another task",
			    i + 1);
		jv_free(o);
	}
	jv_free(list);
	return rc;
}

/* ---- the prompt ---- */

/* The rules, numbered for the view and as a JSON list for the record. */
static int
make_rules(struct ask *m, jv from, jv *list, struct df_buf *record,
    struct df_err *e)
{
	const char *title, *text;
	int i, rc = 0;
	jv o;

	if (jv_get_kind(from) != JV_KIND_ARRAY ||
	    jv_array_length(jv_copy(from)) != DF_PROMPT_RULES)
		return df_fail(e, DF_INPUT, "contract.member",
		    "the prompt contract has not %d rules", DF_PROMPT_RULES);
	for (i = 0; i < DF_PROMPT_RULES && rc == 0; i++) {
		o = jv_array_get(jv_copy(from), i);
		title = df_jv_str(o, "title");
		text = df_jv_str(o, "text");
		if (title && text) {
			df_buf_fmt(&m->b, "%s: %s", title, text);
			brief_next(record);
			brief_put(record, "", m->b.s, m->b.n);
			df_buf_reset(&m->b);
			*list = jv_array_append(*list, df_jset_int(jv_copy(o),
			    "n", i + 1));
		} else {
			rc = df_fail(e, DF_INPUT, "contract.member",
			    "rule %d of the prompt contract has no title or "
			    "text", i + 1);
		}
		jv_free(o);
	}
	df_buf_ch(record, ']');
	return rc;
}

/* {from, list, record}: of the contract's rules, made once. */
static int
rules(struct ask *m, jv *v, struct df_err *e)
{
	jv from = df_jv_get(m->in->contract, "rules"), list;
	struct df_buf record = DF_BUF_INIT;
	int rc;

	if (jv_identical(df_jv_get(m->x->base[1], "from"), jv_copy(from))) {
		jv_free(from);
		*v = jv_copy(m->x->base[1]);
		return 0;
	}
	list = jv_array();
	rc = make_rules(m, from, &list, &record, e);
	*v = df_jset(df_jset(jv_object(), "from", from), "list", list);
	*v = df_jset(*v, "record", brief_buf(&record));
	df_buf_release(&record);
	if (rc == 0) {
		jv_free(m->x->base[1]);
		m->x->base[1] = jv_copy(*v);
	}
	return rc;
}

/* A list of texts of the contract, filled in: a list, or lines. */
static int
texts(struct ask *m, jv from, int lines, jv *out, struct df_err *e)
{
	int i, n = 0, rc = 0;

	*out = jv_array();
	if (jv_get_kind(from) == JV_KIND_ARRAY)
		n = jv_array_length(jv_copy(from));
	if (n == 0)
		rc = df_fail(e, DF_INPUT, "contract.member",
		    "the prompt contract lacks work or results");
	for (i = 0; i < n && rc == 0; i++) {
		rc = filled(m, jv_array_get(jv_copy(from), i), &m->b, e);
		if (lines)
			df_buf_ch(&m->b, '\n');
		else
			*out = jv_array_append(*out, brief_buf(&m->b));
	}
	if (lines) {
		jv_free(*out);
		*out = brief_buf(&m->b);
	}
	df_buf_reset(&m->b);
	jv_free(from);
	return rc;
}

static jv
further(const struct df_prompt_in *in)
{
	jv list = jv_array();
	size_t i;

	for (i = 0; i < in->npaths; i++)
		list = jv_array_append(list, df_jset_str(df_jset_str(
		    jv_object(), "path", in->path[i * 2]), "what",
		    in->path[i * 2 + 1]));
	return list;
}

static jv
questions(const struct ask *m, unsigned from, unsigned to)
{
	jv list = jv_array();
	unsigned i;

	for (i = from; i < to; i++)
		list = jv_array_append(list, df_jset_int(df_jset_strn(
		    jv_object(), "text", m->q[i].text.s, m->q[i].text.n), "n",
		    i + 1));
	return list;
}

/* The same as a member of a record. */
static void
put_questions(struct df_buf *b, const struct ask *m, const char *name,
    unsigned from, unsigned to)
{
	unsigned i;

	df_buf_fmt(b, "\"%s\":", name);
	for (i = from; i < to; i++)
		brief_put(b, i == from ? "[" : ",", m->q[i].text.s,
		    m->q[i].text.n);
	df_buf_ch(b, ']');
}

struct parts {			/* of the prompt, besides the questions */
	const char *id, *version;
	jv rules, work, results;
};

static int
parts(struct ask *m, struct parts *p, struct df_err *e)
{
	jv work = df_jv_get(m->in->contract, "work");
	int rc;

	rc = rules(m, &p->rules, e);
	if (rc == 0)
		rc = texts(m, df_jv_get(work, m->in->phases == 2 ? "two" :
		    "one"), 0, &p->work, e);
	if (rc == 0)
		rc = texts(m, df_jv_get(m->in->contract, "results"), 1,
		    &p->results, e);
	jv_free(work);
	return rc;
}

static jv
feedback(const struct ask *m)
{
	jv list = jv_array();
	size_t i;

	for (i = 0; i < m->in->nfeedback; i++)
		list = jv_array_append(list, df_jset_str(df_jset_str(
		    jv_object(), "id", m->in->feedback[i].id), "failure",
		    m->in->feedback[i].failure));
	return list;
}

static int
write_prompt(struct ask *m, const struct parts *p, struct df_buf *md,
    struct df_err *e)
{
	struct df_buf product = DF_BUF_INIT;
	jv v = jv_copy(m->names);

	brief_product(&product, m->sp);
	brief_title(&m->b, m->t, product.s);
	df_buf_release(&product);
	v = df_jset(v, "product", brief_buf(&m->b));
	v = df_jset_str(v, "adversarial", m->in->adversarial);
	v = df_jset(v, "rules", df_jv_get(p->rules, "list"));
	v = df_jset(v, "work", jv_copy(p->work));
	v = df_jset(v, "results", jv_copy(p->results));
	v = df_jset(v, "feedback", feedback(m));
	v = df_jset_bool(v, "has_feedback", m->in->nfeedback > 0);
	v = df_jset(v, "further", further(m->in));
	v = df_jset(v, "verification_questions", questions(m, 0,
	    ASK_VERIFICATION));
	v = df_jset(v, "adversarial_questions", questions(m, ASK_VERIFICATION,
	    DF_QUESTIONS));
	return df_template_render(m->in->tmpl, v, 0, md, e);
}

static int
check(const struct df_buf *b, size_t from, const char *schema,
    struct df_err *e)
{
	struct df_json j = { 0 };
	int rc = df_schema_scan(&j, b->s + from, b->n - from, DF_JSON_CANON,
	    schema, schema, e);

	df_json_release(&j);
	return rc;
}

static int
write_answers(const struct ask *m, const struct parts *p, const char *key,
    struct df_buf *b, struct df_err *e)
{
	size_t was = b->n;
	unsigned i;

	brief_puts(b, "{\"adversarial_set\":", m->in->adversarial);
	brief_puts(b, ",\"contract_version\":", p->version);
	df_buf_str(b, ",\"expected_answers\":");
	for (i = 0; i < DF_QUESTIONS; i++)
		brief_put(b, i ? "," : "[", m->q[i].expected.s,
		    m->q[i].expected.n);
	brief_puts(b, "],\"handoff_id\":", p->id);
	if (key)
		brief_puts(b, ",\"key\":", key);
	df_buf_ch(b, ',');
	put_questions(b, m, "questions", 0, DF_QUESTIONS);
	df_buf_str(b, ",\"schema\":\"df.answers/1\",\"sources\":");
	for (i = 0; i < DF_QUESTIONS; i++) {
		df_buf_str(b, i ? "," : "[");
		df_buf_add(b, m->q[i].sources.s, m->q[i].sources.n);
		df_buf_str(b, m->q[i].sources.n ? "]" : "[]");
	}
	brief_puts(b, "],\"task_id\":", m->t->item.id);
	df_buf_str(b, "}\n");
	return check(b, was, "answers", e);
}

/* The answers without a key are what is committed to. */
static int
commit_answers(const struct ask *m, const struct parts *p, struct df_buf *b,
    char commitment[65], struct df_err *e)
{
	size_t was = b->n;
	uint8_t c[32];
	char key[65];
	int rc;

	if (write_answers(m, p, NULL, b, e) < 0)
		return -1;
	if (m->in->committed) {
		snprintf(commitment, 65, "%s", m->in->committed);
		return 0;
	}
	df_item_commit(m->in->answers_key, b->s + was, b->n - was - 1, c);
	df_hex_str(commitment, c, sizeof(c));
	df_buf_cut(b, was);
	df_hex_str(key, m->in->answers_key, sizeof(m->in->answers_key));
	rc = write_answers(m, p, key, b, e);
	explicit_bzero(key, sizeof(key));
	return rc;
}

static int
write_record(const struct ask *m, const struct parts *p, const char *md,
    size_t nmd, const char *answers, struct df_buf *b,
    struct df_err *e)
{
	const struct df_feedback *f = m->in->feedback;
	size_t was = b->n, i;
	char digest[DF_DIGEST_STR];

	df_buf_ch(b, '{');
	put_questions(b, m, "adversarial_questions", ASK_VERIFICATION,
	    DF_QUESTIONS);
	brief_puts(b, ",\"adversarial_set\":", m->in->adversarial);
	brief_puts(b, ",\"answers\":", answers);
	brief_puts(b, ",\"contract_version\":", p->version);
	df_buf_str(b, ",\"feedback\":[");
	for (i = 0; i < m->in->nfeedback; i++) {
		brief_puts(b, i ? ",{\"failure\":" : "{\"failure\":",
		    f[i].failure);
		brief_puts(b, ",\"id\":", f[i].id);
		df_buf_ch(b, '}');
	}
	brief_puts(b, "],\"handoff\":", df_digest_str(&m->in->handoff_digest,
	    digest));
	brief_puts(b, ",\"handoff_id\":", p->id);
	df_buf_str(b, ",\"mandatory_rules\":");
	df_buf_str(b, df_jv_str(p->rules, "record"));
	brief_puts(b, ",\"mission_oneliner\":", df_jv_str(m->names,
	    "subject"));
	df_buf_fmt(b, ",\"phases\":%u,\"prompt_text\":", m->in->phases);
	df_text_json(b, md, nmd);
	df_buf_str(b, ",\"schema\":\"df.prompt/1\"");
	brief_puts(b, ",\"task_id\":", m->t->item.id);
	brief_puts(b, ",\"template\":{\"name\":",
	    df_template_name(m->in->tmpl));
	brief_puts(b, ",\"version\":", df_template_version(m->in->tmpl));
	df_buf_str(b, "},");
	put_questions(b, m, "verification_questions", 0, ASK_VERIFICATION);
	df_buf_str(b, "}\n");
	return check(b, was, "prompt", e);
}

/* Feedback may name what the specification defines, and nothing else. */
static int
feedback_ok(const struct ask *m, struct df_err *e)
{
	const struct df_feedback *f;
	const struct df_item *it;
	const char *s;
	size_t i;

	for (i = 0; i < m->in->nfeedback; i++) {
		f = &m->in->feedback[i];
		it = df_spec_find(m->sp, f->id, strlen(f->id));
		for (s = f->failure; (*s >= 'a' && *s <= 'z') || *s == '-' ||
		    (*s >= '0' && *s <= '9'); s++)
			;
		if (it == NULL || (df_family_doc[it->family] > 4 &&
		    it != &m->t->item) || *s || s == f->failure ||
		    s - f->failure > 32)
			return df_fail(e, DF_INPUT, "prompt.feedback",
			    "feedback %s %s is not an id of D2 to D4 and a "
			    "class of failure", f->id, f->failure);
	}
	return 0;
}

/* The handoff's id when it is the record of this task's, else NULL. */
static char *
handoff_id(const struct ask *m, struct df_err *e)
{
	const struct df_json *h = m->in->handoff;
	char *id = df_jstr(h, df_jget(h, 0, "handoff_id"));

	if (id && df_jis(h, df_jget(h, 0, "task_id"), m->t->item.id))
		return id;
	free(id);
	df_fail(e, DF_INPUT, "prompt.task", "the handoff is not one of task "
	    "%s", m->t->item.id);
	return NULL;
}

static int
make(struct ask *m, struct df_buf *json, struct df_buf *md,
    struct df_buf *answers, struct df_err *e)
{
	struct parts p = { 0 };
	size_t nmd = md->n, nanswers = answers->n, njson = json->n;
	char *id = handoff_id(m, e), commitment[65];
	int rc = id ? feedback_ok(m, e) : -1;

	p.id = id;
	p.version = df_jv_str(m->in->contract, "version");
	p.rules = p.work = p.results = jv_null();
	if (rc == 0 && (p.version == NULL || !df_semver_ok(p.version)))
		rc = df_fail(e, DF_INPUT, "contract.member",
		    "the prompt contract has no version");
	if (rc == 0) {
		names(m, id, p.version);
		ask_verification(m);
		rc = adversarial(m, e);
	}
	if (rc == 0)
		rc = parts(m, &p, e);
	if (rc == 0)
		rc = write_prompt(m, &p, md, e);
	if (rc == 0)
		rc = commit_answers(m, &p, answers, commitment, e);
	if (rc == 0)
		rc = write_record(m, &p, md->s + nmd, md->n - nmd,
		    commitment, json, e);
	if (rc == -1) {
		df_buf_cut(md, nmd);
		df_buf_cut(answers, nanswers);
		df_buf_cut(json, njson);
	}
	jv_free(p.rules);
	jv_free(p.work);
	jv_free(p.results);
	free(id);
	return rc;
}

int
df_prompt_make(const struct df_spec *sp, const struct df_task *task,
    const struct df_prompt_in *in, struct df_buf *json, struct df_buf *md,
    struct df_buf *answers, struct df_err *e)
{
	struct ask m = { 0 };
	unsigned i;
	int rc;

	if (in->phases != 1 && in->phases != 2)
		return df_fail(e, DF_INPUT, "prompt.phases",
		    "a prompt has one phase or two, not %u", in->phases);
	m.sp = sp;
	m.t = task;
	m.in = in;
	m.x = in->xref ? in->xref : df_xref_new(sp);
	m.names = jv_object();
	df_buf_init(&m.text);
	df_buf_init(&m.expected);
	df_buf_init(&m.sources);
	df_buf_init(&m.b);
	for (i = 0; i < DF_QUESTIONS; i++) {
		df_buf_init(&m.q[i].text);
		df_buf_init(&m.q[i].expected);
		df_buf_init(&m.q[i].sources);
	}
	df_scope_make(m.x, task, &m.sc);
	rc = make(&m, json, md, answers, e);
	for (i = 0; i < DF_QUESTIONS; i++) {
		df_buf_release(&m.q[i].text);
		df_buf_release(&m.q[i].expected);
		df_buf_release(&m.q[i].sources);
	}
	df_buf_release(&m.text);
	df_buf_release(&m.expected);
	df_buf_release(&m.sources);
	df_buf_release(&m.b);
	jv_free(m.names);
	if (in->xref == NULL)
		df_xref_free(m.x);
	return rc;
}
