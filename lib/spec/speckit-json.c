#include "base/df.h"

#include "spec/speckit-internal.h"

/* What was read as a record: schemas/speckit.json. */

static jv
place(const struct df_speckit *sk, jv v, struct df_skplace at)
{
	if (at.line == 0)
		return v;
	v = df_jset_str(v, "file", sk->file[at.file].name);
	v = df_jset_int(v, "line", at.line);
	return df_jset_int(v, "column", at.col);
}

static jv
text(jv v, const char *name, const struct df_sktext *t)
{
	return t->n ? df_jset_strn(v, name, t->s, t->n) : v;
}

static jv
strings(const struct df_sktexts *t)
{
	jv a = jv_array();
	size_t i;

	for (i = 0; i < t->n; i++)
		a = jv_array_append(a, jv_string_sized(t->v[i].s,
		    (int)t->v[i].n));
	return a;
}

/* Texts with their places. */
static jv
placed(const struct df_speckit *sk, const struct df_sktexts *t)
{
	jv a = jv_array(), x;
	size_t i;

	for (i = 0; i < t->n; i++) {
		x = df_jset_strn(jv_object(), "text", t->v[i].s, t->v[i].n);
		a = jv_array_append(a, place(sk, x, t->v[i].at));
	}
	return a;
}

static jv
files(const struct df_speckit *sk)
{
	char digest[DF_DIGEST_STR];
	jv a = jv_array(), x;
	size_t i;

	for (i = 0; i < sk->files; i++) {
		const struct df_skfile *f = &sk->file[i];

		x = df_jset_str(jv_object(), "name", f->name);
		x = df_jset_str(x, "path", f->path);
		x = df_jset_str(x, "kind", df_sk_kind_name[f->kind]);
		x = df_jset_int(x, "bytes", (int64_t)f->n);
		x = df_jset_str(x, "digest", df_digest_str(&f->digest,
		    digest));
		a = jv_array_append(a, x);
	}
	return a;
}

/* ---- relations ---- */

struct walk {			/* over sk->rel, which is sorted */
	const struct df_speckit *sk;
	size_t at;
};

static const char *
name_of(const struct df_speckit *sk, const struct df_skrel *x)
{
	switch ((enum df_skrelkind)x->kind) {
	case DF_SK_TASK_STORY:
	case DF_SK_REQ_STORY:
	case DF_SK_CONTRACT_STORY:
		return sk->story[x->to].id;
	case DF_SK_TASK_TASK:
		return sk->task[x->to].id;
	case DF_SK_TASK_REQ:
		return sk->req[x->to].id;
	case DF_SK_TASK_CONTRACT:
		break;
	}
	return "";
}

/* Those of one kind from one thing, [{id|index, evidence}]. */
static jv
related(struct walk *w, enum df_skrelkind kind, size_t from)
{
	const struct df_speckit *sk = w->sk;
	jv a = jv_array(), x;

	while (w->at < sk->rels && (sk->rel[w->at].kind < kind ||
	    (sk->rel[w->at].kind == kind && sk->rel[w->at].from < from)))
		w->at++;
	for (; w->at < sk->rels && sk->rel[w->at].kind == kind &&
	    sk->rel[w->at].from == from; w->at++) {
		const struct df_skrel *r = &sk->rel[w->at];

		x = jv_object();
		if (r->to == DF_SK_NONE) {
			x = df_jset_str(x, "id", r->id);
			x = df_jset_bool(x, "dangling", 1);
		} else {
			if (kind != DF_SK_TASK_CONTRACT)
				x = df_jset_str(x, "id", name_of(sk, r));
			x = df_jset_int(x, "index", r->to);
		}
		x = df_jset_str(x, "evidence", df_evidence_name[r->evidence]);
		a = jv_array_append(a, x);
	}
	return a;
}

/* ---- things ---- */

static jv
stories(const struct df_speckit *sk)
{
	jv a = jv_array(), x;
	size_t i;

	for (i = 0; i < sk->stories; i++) {
		const struct df_skstory *s = &sk->story[i];

		x = df_jset_str(jv_object(), "id", s->id);
		x = df_jset_str(x, "title", s->title);
		if (s->priority >= 0)
			x = df_jset_int(x, "priority", s->priority);
		x = text(x, "about", &s->about);
		x = text(x, "why", &s->why);
		x = text(x, "test", &s->test);
		a = jv_array_append(a, place(sk, x, s->at));
	}
	return a;
}

static jv
scenarios(const struct df_speckit *sk)
{
	jv a = jv_array(), x;
	size_t i;

	for (i = 0; i < sk->scenarios; i++) {
		const struct df_skscenario *s = &sk->scenario[i];

		x = df_jset_str(jv_object(), "id", s->id);
		if (s->story != DF_SK_NONE)
			x = df_jset_str(x, "story", sk->story[s->story].id);
		x = df_jset_strn(x, "text", s->text.s, s->text.n);
		x = df_jset(x, "given", strings(&s->given));
		x = df_jset(x, "when", strings(&s->when));
		x = df_jset(x, "then", strings(&s->then));
		a = jv_array_append(a, place(sk, x, s->at));
	}
	return a;
}

static jv
requirements(const struct df_speckit *sk, const struct df_skreq *v, size_t n,
    int linked)
{
	struct walk w = { sk, 0 };
	jv a = jv_array(), x;
	size_t i;

	for (i = 0; i < n; i++) {
		x = df_jset_str(jv_object(), "id", v[i].id);
		x = df_jset_strn(x, "text", v[i].text.s, v[i].text.n);
		if (linked)
			x = df_jset(x, "stories",
			    related(&w, DF_SK_REQ_STORY, i));
		a = jv_array_append(a, place(sk, x, v[i].at));
	}
	return a;
}

static jv
entities(const struct df_speckit *sk)
{
	jv a = jv_array(), x, f, y;
	size_t i, k;

	for (i = 0; i < sk->entities; i++) {
		const struct df_skentity *e = &sk->entity[i];

		x = df_jset_str(jv_object(), "name", e->name);
		x = text(x, "text", &e->text);
		x = text(x, "about", &e->about);
		f = jv_array();
		for (k = 0; k < e->fields; k++) {
			y = df_jset_strn(jv_object(), "name",
			    e->field[k].name.s, e->field[k].name.n);
			y = text(y, "type", &e->field[k].type);
			y = text(y, "notes", &e->field[k].notes);
			f = jv_array_append(f, y);
		}
		x = df_jset(x, "fields", f);
		a = jv_array_append(a, place(sk, x, e->at));
	}
	return a;
}

static jv
contracts(const struct df_speckit *sk)
{
	struct walk w = { sk, 0 };
	jv a = jv_array(), x;
	size_t i;

	for (i = 0; i < sk->contracts; i++) {
		const struct df_skcontract *c = &sk->contract[i];

		x = df_jset_str(jv_object(), "name", c->name);
		x = df_jset_str(x, "form", df_sk_form_name[c->form]);
		if (*c->key)
			x = df_jset_str(x, "operation", c->key);
		if (c->answers.n)
			x = df_jset(x, "answers", strings(&c->answers));
		x = text(x, "text", &c->text);
		x = df_jset(x, "stories",
		    related(&w, DF_SK_CONTRACT_STORY, i));
		a = jv_array_append(a, place(sk, x, c->at));
	}
	return a;
}

static jv
phases(const struct df_speckit *sk)
{
	jv a = jv_array(), x;
	size_t i;

	for (i = 0; i < sk->phases; i++) {
		const struct df_skphase *p = &sk->phase[i];

		x = df_jset_str(jv_object(), "title", p->title);
		if (p->number >= 0)
			x = df_jset_int(x, "number", p->number);
		x = text(x, "goal", &p->goal);
		x = text(x, "test", &p->test);
		x = text(x, "checkpoint", &p->checkpoint);
		a = jv_array_append(a, place(sk, x, p->at));
	}
	return a;
}

static jv
tasks(const struct df_speckit *sk)
{
	struct walk story = { sk, 0 }, task = { sk, 0 }, req = { sk, 0 },
	    con = { sk, 0 };
	jv a = jv_array(), x;
	size_t i;

	for (i = 0; i < sk->tasks; i++) {
		const struct df_sktask *t = &sk->task[i];

		x = df_jset_str(jv_object(), "id", t->id);
		x = df_jset_strn(x, "text", t->text.s, t->text.n);
		x = df_jset_bool(x, "parallel", t->parallel);
		x = df_jset_bool(x, "claimed_done", t->claimed);
		if (t->twice)
			x = df_jset_bool(x, "repeated", 1);
		if (t->phase != DF_SK_NONE)
			x = df_jset_int(x, "phase", t->phase);
		x = df_jset_int(x, "wave", t->wave);
		x = df_jset(x, "files", strings(&t->files));
		x = df_jset(x, "stories",
		    related(&story, DF_SK_TASK_STORY, i));
		x = df_jset(x, "depends",
		    related(&task, DF_SK_TASK_TASK, i));
		x = df_jset(x, "requirements",
		    related(&req, DF_SK_TASK_REQ, i));
		x = df_jset(x, "contracts",
		    related(&con, DF_SK_TASK_CONTRACT, i));
		a = jv_array_append(a, place(sk, x, t->at));
	}
	return a;
}

static jv
pairs(const struct df_speckit *sk, const struct df_skpair *v, size_t n)
{
	jv a = jv_array(), x;
	size_t i;

	for (i = 0; i < n; i++) {
		x = df_jset_strn(jv_object(), "name", v[i].name.s,
		    v[i].name.n);
		x = df_jset_strn(x, "text", v[i].value.s, v[i].value.n);
		a = jv_array_append(a, place(sk, x, v[i].name.at.line ?
		    v[i].name.at : v[i].value.at));
	}
	return a;
}

static jv
constitution(const struct df_speckit *sk)
{
	jv v = jv_object(), a = jv_array(), x;
	size_t i;

	v = text(v, "version", &sk->version);
	v = text(v, "ratified", &sk->ratified);
	v = text(v, "amended", &sk->amended);
	for (i = 0; i < sk->principles; i++) {
		const struct df_skprinciple *p = &sk->principle[i];

		x = df_jset_str(jv_object(), "id", p->id);
		x = df_jset_str(x, "title", p->title);
		if (*p->label)
			x = df_jset_str(x, "label", p->label);
		x = text(x, "text", &p->text);
		if (p->verdict >= 0)
			x = df_jset_bool(x, "complies", p->verdict);
		x = text(x, "check", &p->check);
		a = jv_array_append(a, place(sk, x, p->at));
	}
	v = df_jset(v, "principles", a);
	return df_jset(v, "sections", pairs(sk, sk->governance,
	    sk->governances));
}

static jv
plan(const struct df_speckit *sk)
{
	jv v = jv_object();

	v = text(v, "summary", &sk->summary);
	v = text(v, "tree", &sk->tree);
	v = text(v, "decision", &sk->decision);
	v = text(v, "complexity", &sk->complexity);
	return df_jset(v, "context", pairs(sk, sk->context, sk->contexts));
}

static jv
research(const struct df_speckit *sk)
{
	jv a = jv_array(), x;
	size_t i;

	for (i = 0; i < sk->researches; i++) {
		const struct df_skresearch *q = &sk->research[i];

		x = df_jset_strn(jv_object(), "title", q->title.s,
		    q->title.n);
		x = text(x, "decision", &q->decision);
		x = text(x, "rationale", &q->rationale);
		x = text(x, "alternatives", &q->alternatives);
		a = jv_array_append(a, place(sk, x, q->title.at));
	}
	return a;
}

static jv
answers(const struct df_speckit *sk)
{
	jv a = jv_array(), x;
	size_t i;

	for (i = 0; i < sk->answers; i++) {
		x = df_jset_strn(jv_object(), "question",
		    sk->answer[i].question.s, sk->answer[i].question.n);
		x = df_jset_strn(x, "answer", sk->answer[i].answer.s,
		    sk->answer[i].answer.n);
		a = jv_array_append(a, place(sk, x,
		    sk->answer[i].question.at));
	}
	return a;
}

static jv
checklists(const struct df_speckit *sk)
{
	jv a = jv_array(), x;
	size_t i;

	for (i = 0; i < sk->checklists; i++) {
		x = df_jset_str(jv_object(), "file",
		    sk->file[sk->checklist[i].file].name);
		x = df_jset_int(x, "items", sk->checklist[i].items);
		x = df_jset_int(x, "open", sk->checklist[i].open);
		a = jv_array_append(a, x);
	}
	return a;
}

jv
df_speckit_product(const struct df_speckit *sk)
{
	jv v = df_jset_str(jv_object(), "schema", "df.speckit/1");

	v = df_jset_str(v, "feature_dir", sk->dir);
	v = df_jset_str(v, "name", sk->name);
	v = df_jset_str(v, "title", sk->title);
	v = text(v, "input", &sk->input);
	v = text(v, "status", &sk->status);
	v = text(v, "branch", &sk->branch);
	v = text(v, "created", &sk->created);
	v = df_jset(v, "files", files(sk));
	v = df_jset(v, "constitution", constitution(sk));
	v = df_jset(v, "stories", stories(sk));
	v = df_jset(v, "scenarios", scenarios(sk));
	v = df_jset(v, "requirements", requirements(sk, sk->req, sk->reqs,
	    1));
	v = df_jset(v, "criteria", requirements(sk, sk->criterion,
	    sk->criteria, 0));
	v = df_jset(v, "edge_cases", placed(sk, &sk->edges));
	v = df_jset(v, "assumptions", placed(sk, &sk->assumptions));
	v = df_jset(v, "excluded", placed(sk, &sk->excluded));
	v = df_jset(v, "clarifications", placed(sk, &sk->markers));
	v = df_jset(v, "answers", answers(sk));
	v = df_jset(v, "placeholders", placed(sk, &sk->unfilled));
	v = df_jset(v, "repeated", placed(sk, &sk->repeated));
	v = df_jset(v, "unnumbered", placed(sk, &sk->unnumbered));
	v = df_jset(v, "dropped", placed(sk, &sk->dropped));
	v = df_jset(v, "entities", entities(sk));
	v = df_jset(v, "contracts", contracts(sk));
	v = df_jset(v, "research", research(sk));
	v = df_jset(v, "plan", plan(sk));
	v = df_jset(v, "phases", phases(sk));
	v = df_jset(v, "tasks", tasks(sk));
	v = df_jset(v, "quickstart", pairs(sk, sk->command, sk->commands));
	return df_jset(v, "checklists", checklists(sk));
}
