#include "base/df.h"

#include <stdio.h>
#include <string.h>

#include "base/schema.h"
#include "spec/handoff-internal.h"

#define BECAUSE 16		/* ids that say why something is there */
#define ID_BYTES 24		/* of "H-FACTORY-4294967295" */
#define ROOM ((size_t)1024)	/* what a list of the record begins with */

const struct df_handoff_max df_handoff_max = {
	.own = 5600,
	.purpose = 280,
	.is_not = { 2, 200 },
	.articles = { 4, 420 },
	.titles = { 24, 400 },
	.never = { 16, 900 },
	.ask_first = { 3, 130 },
	.always = { 3, 150 },
	.tools = { 3, 240 },
	.context = { 5, 300 },
	.components = { 12, 4096 },
	.related = { 6, 360 },
	.diagrams = { 10, 600 },
	.entities = { 24, 32768 },
	.schemas = { 3, 6144 },
	.others = { 6, 900 },
	.decisions = { 4, 500 },
	.testing = { 4, 320 },
	.doubles = { 4, 900 },
	.existing = { 8, 900 },
	.given = { 16, 1200 },
	.conventions = { 4, 240 },
	.commands = { 4, 300 },
	.files = { 40, 4096 },
	.principles = { 3, 320 },
};

static const char *const member[HAND_MEMBERS] = {
	"architecture", "cited", "component", "contract", "contracts",
	"critical_constraints", "dependencies", "design_principles",
	"entities", "existing_code_refs", "files_summary", "foundation",
	"handoff_id", "implementation_steps", "mission", "omitted",
	"output_path", "package", "package_plan", "phase", "scenarios",
	"schema", "size", "sources", "task_id", "template", "test_plan",
	"title", "verification_commands"
};

/* Lists of the view: each has has_NAME and NAME_more beside it. */
static const char *const lists[] = {
	"always", "articles", "ask_first", "commands", "components",
	"context", "contracts", "conventions", "decisions", "diagrams",
	"doubles", "entities", "errcodes", "examples", "existing", "files",
	"is_not",
	"never", "other_articles", "other_entities", "patterns",
	"principles", "purpose", "related", "scenarios", "test_counts",
	"testing", "tools", "unplanned"
};

/* ---- view and record ---- */

/* The view of a task without anything, made once. */
static jv
base_view(struct df_xref *x)
{
	struct df_buf b = DF_BUF_INIT;
	size_t i;
	jv v;

	if (jv_is_valid(x->base[0]))
		return jv_copy(x->base[0]);
	v = jv_object();
	for (i = 0; i < DF_LEN(lists); i++) {
		v = df_jset(v, lists[i], jv_array());
		df_buf_fmt(&b, "has_%s", lists[i]);
		v = df_jset(v, b.s, jv_false());
		df_buf_reset(&b);
		df_buf_fmt(&b, "%s_more", lists[i]);
		v = df_jset(v, b.s, jv_null());
		df_buf_reset(&b);
	}
	v = df_jset_str(v, "package", x->sp->package);
	brief_product(&b, x->sp);
	v = df_jset(v, "product", brief_buf(&b));
	v = df_jset(v, "no_doubles", jv_bool(x->sp->d4.no_doubles));
	df_buf_release(&b);
	jv_free(x->base[0]);
	x->base[0] = v;
	return jv_copy(v);
}

void
hand_set(struct hand *h, enum hand_member m, const char *s, size_t n)
{
	brief_put(&h->rec[m], "", s, n);
}

void
hand_at(struct hand *h, enum hand_member m, struct df_span at)
{
	brief_next(&h->src[m]);
	df_buf_ch(&h->src[m], '{');
	brief_source(&h->src[m], at);
	df_buf_ch(&h->src[m], '}');
}

void
hand_add(struct hand *h, enum hand_member m, const char *s, size_t n,
    struct df_span at)
{
	brief_next(&h->rec[m]);
	brief_put(&h->rec[m], "", s, n);
	hand_at(h, m, at);
}

void
hand_cite(struct hand *h, const char *in, const char *what, struct df_span at)
{
	struct df_buf *b = &h->rec[HAND_CITED];

	brief_next(b);
	brief_puts(b, "{\"doc\":", brief_doc(at.doc));
	brief_puts(b, ",\"in\":", in);
	df_buf_str(b, ",\"line\":");
	brief_number(b, at.line);
	brief_puts(b, ",\"what\":", what);
	df_buf_ch(b, '}');
}

void
hand_view(struct hand *h, const char *name, jv v)
{
	h->view = df_jset(h->view, name, v);
}

void
hand_list(struct hand *h, const char *name, jv v)
{
	char has[64];

	if (jv_array_length(jv_copy(v)) == 0) {
		jv_free(v);		/* as in the base */
		return;
	}
	snprintf(has, sizeof(has), "has_%s", name);
	hand_view(h, has, jv_true());
	hand_view(h, name, v);
}

void
hand_more(struct hand *h, const char *name, size_t n, unsigned doc,
    const char *section)
{
	struct df_buf *b = &h->rec[HAND_OMITTED];
	char key[64], where[128];
	jv v;

	if (n == 0)
		return;			/* as in the base */
	snprintf(key, sizeof(key), "%s_more", name);
	snprintf(where, sizeof(where), "%s, section %s", brief_doc(doc),
	    section);
	v = df_jset_str(df_jset_str(jv_object(), "doc", brief_doc(doc)),
	    "where", where);
	hand_view(h, key, df_jset_int(v, "n", (int64_t)n));
	brief_next(b);
	brief_puts(b, "{\"list\":", name);
	df_buf_fmt(b, ",\"n\":%zu", n);
	brief_puts(b, ",\"where\":", where);
	df_buf_ch(b, '}');
}

jv
hand_buf(struct hand *h)
{
	return brief_buf(&h->b);
}

jv
hand_field(jv list, const char *key, const struct df_value *v)
{
	jv s, f;
	int lines;

	if (v->n == 0)
		return list;
	s = brief_value(v);
	lines = strchr(jv_string_value(s), '\n') != NULL;
	f = df_jset_str(jv_object(), "key", key);
	f = df_jset(f, lines ? "block" : "line", s);
	return jv_array_append(list, df_jset_str(f, lines ? "line" : "block",
	    ""));
}

jv
hand_fields(struct hand *h, const struct df_fields *f, const char *in,
    struct df_limit max, size_t *left)
{
	jv list = jv_array();
	size_t i, n = 0, used = 0;

	*left = 0;
	for (i = 0; i < f->n; i++) {
		if (f->v[i].value.n == 0)
			continue;
		if (n == max.n || (n > 0 && used + f->v[i].value.n >
		    max.bytes)) {
			++*left;
			continue;
		}
		n++;
		used += f->v[i].value.n;
		list = hand_field(list, f->v[i].key, &f->v[i].value);
		hand_cite(h, in, f->v[i].key, f->v[i].at);
	}
	return list;
}

static size_t
text_size(const void *arg, uint32_t i)
{
	const struct df_values *v = arg;

	return v->v[i].n;
}

size_t
hand_fit(struct hand *h, enum df_kind kind, const struct df_values *v,
    struct df_limit max)
{
	return df_picks_fit(&h->sc.kind[kind], max, text_size, v);
}

void
hand_scored(struct df_picks *p, size_t *left)
{
	size_t i, n = 0;

	for (i = 0; i < p->n; i++)
		if (p->v[i].score > 0 || (p->v[i].by & ~DF_BY_RULE))
			p->v[n++] = p->v[i];
	*left += p->n - n;
	p->n = n;
}

jv
hand_texts(struct hand *h, enum df_kind kind, const struct df_values *v)
{
	const struct df_picks *p = &h->sc.kind[kind];
	jv list = jv_array(), *made;
	size_t i;

	for (i = 0; i < p->n; i++) {
		made = df_xref_made(h->x, kind, p->v[i].index);
		if (!jv_is_valid(*made)) {
			jv_free(*made);
			*made = brief_value(&v->v[p->v[i].index]);
		}
		list = jv_array_append(list, jv_copy(*made));
	}
	return list;
}

void
hand_because(struct hand *h, const struct df_pick *p,
    const struct df_component *c)
{
	const struct df_item *it;
	size_t i, n = 0;

	if ((p->by & DF_BY_NAME) && p->step)
		df_buf_fmt(&h->b, "named in step %u", p->step);
	else if (p->by & DF_BY_NAME)
		df_buf_str(&h->b, "named by the task");
	for (i = 0; c && i < c->refs.n && (p->by & DF_BY_ID); i++) {
		it = c->refs.v[i].to;
		if (it == NULL || !df_scope_owns(h->x, it) || n++ >= BECAUSE)
			continue;
		df_buf_str(&h->b, n > 1 ? ", " : h->b.n ? "; implements " :
		    "implements ");
		df_buf_str(&h->b, it->id);
	}
	if (n > BECAUSE)
		df_buf_fmt(&h->b, " and %zu more", n - BECAUSE);
	if (h->b.n)
		return;
	df_buf_str(&h->b, p->by & DF_BY_ID ? "shares an id with the task" :
	    p->by & DF_BY_TEST ? "tests a file of this task" :
	    "used by this task");
}

/* ---- header and 1 mission ---- */

/* Ids, and where the task names them. */
static void
ids(struct hand *h, enum hand_member m, const struct df_refs *f)
{
	const char *id;
	size_t i;

	for (i = 0; i < f->n; i++) {
		if (f->v[i].to == NULL)
			continue;
		id = f->v[i].to->id;
		hand_add(h, m, id, strlen(id), f->v[i].at);
	}
}

/* What h->b holds, in view and record. */
static void
both(struct hand *h, const char *name, enum hand_member m)
{
	hand_set(h, m, h->b.s, h->b.n);
	hand_view(h, name, hand_buf(h));
}

/* The heading above the task that says its phase: of the sections before it
   the last one of a higher level, looked for from where the task before was. */
static uint32_t
phase_line(struct hand *h)
{
	const struct df_doc *d = &h->sp->doc[8];
	const struct df_section *s = d->section;
	uint32_t *memo = h->x->phase, line = h->t->item.at.line;
	size_t lo = 0, n = d->sections, mid;
	unsigned level;

	while (lo < n) {
		mid = lo + (n - lo) / 2;
		if (s[mid].head.line <= line)
			lo = mid + 1;
		else
			n = mid;
	}
	level = lo && s[lo - 1].head.line == line ? s[lo - 1].level : 7;
	while (lo && (s[lo - 1].level >= level || s[lo - 1].level == 1)) {
		lo--;
		if (memo[0] < line && s[lo].head.line == memo[0] &&
		    level == memo[1]) {
			memo[0] = line;
			return memo[2];
		}
	}
	memo[0] = line;
	memo[1] = level;
	memo[2] = lo ? s[lo - 1].head.line : 0;
	return memo[2];
}

/* Where what the header says stands. */
static void
header_places(struct hand *h)
{
	const struct df_task *t = h->t;
	const struct df_meta *m;
	struct df_span at = t->item.at;
	size_t i;
	int d, package = 0;

	for (i = 0; i < t->fields.n; i++)
		if (strncmp(t->fields.v[i].name, "phase", 5) == 0)
			hand_cite(h, "header", "phase", t->fields.v[i].at);
	at.line = phase_line(h);
	if (t->phase >= 0 || *t->phase_name)
		hand_cite(h, "header", "phase", at);
	if (t->scope)
		hand_cite(h, "header", "size", t->scope_text.at);
	for (d = 1; d < DF_DOCS; d++) {
		m = &h->sp->doc[d].meta;
		if (d == 2)
			hand_cite(h, "header", "component", m->component.at);
		if (package || d == 9 || m->package.n == 0 ||
		    strcmp(m->package.s, h->sp->package) != 0)
			continue;
		package = 1;
		hand_cite(h, "header", "package", m->package.at);
	}
	for (i = 0; i < t->deps.n; i++)
		if (t->deps.v[i].to)
			hand_cite(h, "header", t->deps.v[i].to->id,
			    t->deps.v[i].to->at);
}

static void
header(struct hand *h)
{
	const struct df_task *t = h->t;
	const struct df_item *it;
	size_t i;

	df_buf_str(&h->b, t->item.id);
	both(h, "task_id", HAND_TASK);
	if (*t->item.title)
		df_buf_str(&h->b, t->item.title);
	else
		df_task_oneline(t, &h->b);
	both(h, "title", HAND_TITLE);
	brief_phase(&h->b, t);
	both(h, "phase", HAND_PHASE);
	if (t->scope)
		df_buf_ch(&h->b, t->scope);
	both(h, "size", HAND_SIZE);
	brief_puts(&h->rec[HAND_COMPONENT], "", h->sp->component);
	brief_puts(&h->rec[HAND_PACKAGE], "", h->sp->package);

	brief_refs(&h->b, &t->scenarios, 0);
	hand_view(h, "scenario_ids", hand_buf(h));
	brief_refs(&h->b, &t->contracts, 0);
	hand_view(h, "contract_ids", hand_buf(h));
	brief_refs(&h->b, &t->deps, 1);
	hand_view(h, "builds_on", hand_buf(h));
	ids(h, HAND_SCENARIOS, &t->scenarios);
	ids(h, HAND_CONTRACTS, &t->contracts);
	ids(h, HAND_DEPENDENCIES, &t->deps);
	header_places(h);

	/* of a foundation task without scenarios: those it carries */
	df_buf_str(&h->rec[HAND_FOUNDATION], t->foundation &&
	    t->scenarios.n == 0 ? "true" : "false");
	for (i = 0; i < h->sc.ncarried; i++) {
		it = h->sc.carried[i];
		hand_add(h, HAND_SCENARIOS, it->id, strlen(it->id), it->at);
		df_buf_str(&h->b, i ? ", " : "");
		df_buf_str(&h->b, it->id);
	}
	hand_view(h, "carried", hand_buf(h));
}

/* The task in its own words: its title and, when it has any, its prose. */
static void
mission(struct hand *h)
{
	const struct df_value *said = &h->t->description;
	const struct df_d2 *d = &h->sp->d2;
	struct df_picks *p = &h->sc.kind[DF_K_NOT];
	size_t left, i;
	int prose = strcmp(said->s, h->t->item.title) != 0;

	hand_view(h, "has_prose", jv_bool(prose));
	hand_view(h, "prose", brief_value(said));
	if (*h->t->item.title)
		df_buf_str(&h->b, h->t->item.title);
	else
		df_task_oneline(h->t, &h->b);
	if (prose)
		df_buf_fmt(&h->b, "\n%s", said->s);
	hand_set(h, HAND_MISSION, h->b.s, h->b.n);
	df_buf_reset(&h->b);
	hand_at(h, HAND_MISSION, h->t->item.at);
	if (prose && said->n)
		hand_at(h, HAND_MISSION, said->at);
	if (d->purpose.n)
		hand_cite(h, "mission", "purpose", d->purpose.at);
	left = brief_first(&h->b, d->purpose.s, d->purpose.n,
	    h->max->purpose);
	hand_view(h, "purpose", hand_buf(h));
	hand_more(h, "purpose", left, 2, "Component Purpose");
	left = hand_fit(h, DF_K_NOT, &d->is_not, h->max->is_not);
	hand_list(h, "is_not", hand_texts(h, DF_K_NOT, &d->is_not));
	for (i = 0; i < p->n; i++)
		hand_cite(h, "mission", "is not",
		    d->is_not.v[p->v[i].index].at);
	hand_more(h, "is_not", left, 2, "What This Component Is NOT");
}

/* ---- the whole ---- */

static void
handoff_id(unsigned ordinal, char out[ID_BYTES])
{
	snprintf(out, ID_BYTES, "H-FACTORY-%03u", ordinal);
}

/* Does the contract have what is taken from it? */
static int
contract_ok(jv c, struct df_err *e)
{
	const char *name = df_jv_str(c, "name");
	const char *version = df_jv_str(c, "version");
	jv list = df_jv_get(c, "constraints"), o;
	int i, n = 0, rc = 0;

	if (name == NULL || version == NULL || !df_semver_ok(version))
		rc = df_fail(e, DF_INPUT, "contract.member",
		    "the handoff contract has no name and version");
	if (jv_get_kind(list) == JV_KIND_ARRAY)
		n = jv_array_length(jv_copy(list));
	if (rc == 0 && n == 0)
		rc = df_fail(e, DF_INPUT, "contract.member",
		    "contract %s has no constraints", name);
	for (i = 0; i < n && rc == 0; i++) {
		o = jv_array_get(jv_copy(list), i);
		if (!df_jv_str(o, "id") || !df_jv_str(o, "title") ||
		    !df_jv_str(o, "text"))
			rc = df_fail(e, DF_INPUT, "contract.member",
			    "contract %s: constraint %d has no id, title or "
			    "text", name, i + 1);
		jv_free(o);
	}
	jv_free(list);
	return rc;
}

static void
named_version(struct df_buf *b, const char *name, const char *version)
{
	brief_puts(b, "{\"name\":", name);
	brief_puts(b, ",\"version\":", version);
	df_buf_ch(b, '}');
}

static void
fill(struct hand *h, const struct df_handoff_in *in)
{
	const char *name = df_jv_str(in->contract, "name");
	const char *version = df_jv_str(in->contract, "version");

	df_buf_str(&h->b, "df.handoff/1");
	hand_set(h, HAND_SCHEMA, h->b.s, h->b.n);
	df_buf_reset(&h->b);
	handoff_id(in->ordinal, df_buf_room(&h->b, ID_BYTES));
	h->b.n = strlen(h->b.s);
	both(h, "handoff_id", HAND_ID);
	named_version(&h->rec[HAND_CONTRACT], name, version);
	hand_view(h, "contract", df_jset_str(df_jset_str(jv_object(), "name",
	    name), "version", version));
	named_version(&h->rec[HAND_TEMPLATE], df_template_name(in->tmpl),
	    df_template_version(in->tmpl));
	df_buf_fmt(&h->b, "handoff/%s.md", h->t->item.id);
	hand_set(h, HAND_OUTPUT, h->b.s, h->b.n);
	df_buf_reset(&h->b);
	header(h);
	mission(h);
	hand_constraints(h);
	hand_architecture(h);
	hand_steps(h);
	hand_tests(h);
	hand_existing(h);
	hand_files(h);
	hand_commands(h);
	hand_principles(h);
}

/* Members whose items have places. */
static int
has_sources(int m)
{
	switch (m) {
	case HAND_ARCHITECTURE:
	case HAND_CONTRACTS:
	case HAND_CONSTRAINTS:
	case HAND_DEPENDENCIES:
	case HAND_PRINCIPLES:
	case HAND_ENTITIES:
	case HAND_EXISTING:
	case HAND_FILES:
	case HAND_STEPS:
	case HAND_MISSION:
	case HAND_SCENARIOS:
	case HAND_TESTS:
	case HAND_COMMANDS:
		return 1;
	default:
		return 0;
	}
}

static void
members(struct df_buf *out, const struct df_buf *v, int sources)
{
	int m, n = 0;

	for (m = 0; m < HAND_MEMBERS; m++) {
		if (sources && !has_sources(m))
			continue;
		df_buf_str(out, n++ ? ",\"" : "{\"");
		df_buf_str(out, member[m]);
		df_buf_str(out, "\":");
		df_buf_add(out, v[m].s, v[m].n);
		/* a list that began is closed, one that did not is empty */
		if (v[m].n == 0)
			df_buf_str(out, "[]");
		else if (v[m].s[0] == '[')
			df_buf_ch(out, ']');
	}
	df_buf_ch(out, '}');
}

static int
write_record(struct hand *h, struct df_buf *json, struct df_err *e)
{
	struct df_json j = { 0 };
	size_t was = json->n;
	int rc;

	(void)df_buf_room(&h->rec[HAND_SOURCES], 2 * ROOM);
	members(&h->rec[HAND_SOURCES], h->src, 1);
	(void)df_buf_room(json, 8 * ROOM);
	members(json, h->rec, 0);
	df_buf_ch(json, '\n');
	rc = df_schema_scan(&j, json->s + was, json->n - was, DF_JSON_CANON,
	    "handoff", "handoff", e);
	df_json_release(&j);
	if (rc == -1)
		df_buf_cut(json, was);
	return rc;
}

/* How much the documents say of what is the task's own. */
static size_t
own_bytes(const struct hand *h)
{
	const struct df_refs *f[] = { &h->t->scenarios, &h->t->contracts };
	const struct df_picks *p = &h->sc.kind[DF_K_ENTITY];
	size_t n = 0, i, k;

	for (k = 0; k < DF_LEN(f); k++)
		for (i = 0; i < f[k]->n; i++)
			if (f[k]->v[i].to)
				n += f[k]->v[i].to->at.len;
	for (i = 0; i < h->t->criteria; i++)
		n += h->t->criterion[i].text.n;
	for (i = 0; i < p->n; i++)
		if (p->v[i].own)
			n += h->sp->d3.entity[p->v[i].index].item.at.len;
	return n;
}

/* What is general gives way to what is the task's own. */
static void
narrow(struct df_handoff_max *m)
{
	unsigned *v[] = { &m->purpose, &m->is_not.bytes,
	    &m->ask_first.bytes, &m->always.bytes,
	    &m->tools.bytes, &m->context.bytes, &m->related.bytes,
	    &m->testing.bytes, &m->conventions.bytes,
	    &m->principles.bytes };
	size_t i;

	for (i = 0; i < DF_LEN(v); i++)
		*v[i] /= 2;
	m->diagrams.n = 0;		/* a few lines of one say nothing */
}

int
df_handoff_make(const struct df_spec *sp, const struct df_task *task,
    const struct df_handoff_in *in, struct df_buf *json, struct df_buf *md,
    struct df_err *e)
{
	struct hand h = { 0 };
	struct df_handoff_max max;
	size_t was = md->n, i;
	int rc;

	if (contract_ok(in->contract, e) == -1)
		return -1;
	h.sp = sp;
	h.t = task;
	h.x = in->xref ? in->xref : df_xref_new(sp);
	max = in->max ? *in->max : df_handoff_max;
	h.max = &max;
	h.contract = in->contract;
	h.view = base_view(h.x);
	df_buf_init(&h.b);
	for (i = 0; i < HAND_MEMBERS; i++) {
		df_buf_init(&h.rec[i]);
		df_buf_init(&h.src[i]);
		if (has_sources((int)i)) {
			(void)df_buf_room(&h.rec[i], ROOM);
			(void)df_buf_room(&h.src[i], ROOM);
		}
	}
	df_scope_make(h.x, task, &h.sc);
	if (own_bytes(&h) > max.own)
		narrow(&max);
	fill(&h, in);
	rc = df_template_render(in->tmpl, h.view, 0, md, e);
	if (rc == 0)
		rc = write_record(&h, json, e);
	if (rc == -1)
		df_buf_cut(md, was);
	for (i = 0; i < HAND_MEMBERS; i++) {
		df_buf_release(&h.rec[i]);
		df_buf_release(&h.src[i]);
	}
	df_buf_release(&h.b);
	if (in->xref == NULL)
		df_xref_free(h.x);
	return rc;
}
