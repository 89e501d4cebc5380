#include "base/df.h"

#include "spec/read-yaml.h"

/* One scenario of D9: its blocks and its YAML. */

static const char *const block_name[4] = {
	"setup", "execute", "verify", "cleanup"
};

int
rd_block_label(const struct df_md *md, uint32_t i, struct df_str *rest)
{
	const struct df_md_line *l = &md->line[i];
	struct df_str t = rd_line(l);
	struct df_md_kv kv;
	int k;

	rest->s = "";
	rest->n = 0;
	if (l->kind == DF_MD_HEADING) {
		t = df_md_bare(t);
		if (t.n && t.s[t.n - 1] == ':')
			t.n--;
		for (k = 0; k < 4; k++)
			if (df_str_ieq(t, block_name[k]))
				return k;
		return -1;
	}
	if (l->kind != DF_MD_TEXT || l->indent > 3 || l->mark == '1')
		return -1;
	if (df_md_kv(t, &kv)) {
		*rest = kv.value;
		for (k = 0; k < 4; k++)
			if (df_md_key(kv.key, block_name[k]))
				return k;
		return -1;
	}
	if (t.n < 5 || (!rd_starts(t, "**") && !rd_starts(t, "__")))
		return -1;
	t = df_md_bare(t);
	for (k = 0; k < 4; k++)
		if (df_str_ieq(t, block_name[k]))
			return k;
	return -1;
}

uint32_t
rd_fence_end(const struct df_md *md, uint32_t i)
{
	while (++i < md->lines && md->line[i].kind == DF_MD_CODE)
		;
	return i;
}

static int
runs(const char *lang)
{
	return strcmp(lang, "bash") == 0 || strcmp(lang, "sh") == 0 ||
	    strcmp(lang, "shell") == 0;
}

/* Is there a command in it, and not only comments? */
static int
has_command(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n) {
		while (i < n && (s[i] == ' ' || s[i] == '\t' || s[i] == '\n'))
			i++;
		if (i < n && s[i] != '#')
			return 1;
		while (i < n && s[i] != '\n')
			i++;
	}
	return 0;
}

/* The part of a block behind one label; its code is collected in code. */
static void
read_block(struct rd *r, uint32_t a, uint32_t b, struct df_str rest,
    struct df_block *to, struct df_buf *code)
{
	struct df_codes c;
	size_t i;

	if (!to->there)
		to->at = rd_span(r, a, b);
	rd_codes(r, a, b, NULL, &c);
	for (i = 0; i < c.n; i++) {
		if (!runs(c.v[i].lang)) {
			to->foreign++;
			continue;
		}
		if (to->fences++ == 0)
			to->line = c.v[i].at.line;
		df_buf_add(code, c.v[i].s, c.v[i].n);
	}
	if (to->prose.n == 0)
		to->prose = rd_value(r, rest, a, b,
		    r->md->line[a].indent);
	if (to->prose.n == 0)
		to->prose = rd_block(r, a + 1, b, 0);
	to->there = 1;
}

/* The first executable fence in [a, b). */
static struct df_span
first_code(struct rd *r, uint32_t a, uint32_t b)
{
	static const char *const lang[] = { "bash", "sh", "shell" };
	size_t k;

	for (; a < b; a++)
		for (k = 0; k < DF_LEN(lang); k++)
			if (r->md->line[a].kind == DF_MD_FENCE &&
			    df_str_word(rd_line(&r->md->line[a]), lang[k]))
				return rd_span(r, a, a + 1);
	return (struct df_span){ 0, 0, 0, 0 };
}

static const char *const holdout_keys[] = {
	"validates", "contracts", "type", "priority", "setup", "execute",
	"verify", "cleanup", "authority basis", "notes for evaluator", NULL
};

static void
read_blocks(struct rd *r, uint32_t a, uint32_t b, const struct rd_fields *f,
    struct df_holdout *h)
{
	struct df_block *to[4] = { &h->setup, &h->execute, &h->verify,
	    &h->cleanup };
	struct df_buf code[4];
	uint32_t i, end, last = a;
	struct df_str rest, hold = { "", 0 };
	size_t k = 0;
	int label, now = -1;

	for (i = 0; i < 4; i++) {
		df_buf_init(&code[i]);
		to[i]->prose = rd_none();
	}
	for (i = a; i <= b; i++) {
		label = -1;
		end = i == b;
		if (!end) {
			label = rd_block_label(r->md, i, &rest);
			while (k < f->n && f->v[k].line < i)
				k++;
			/* any other field or heading ends the block too */
			end = label >= 0 || (r->md->line[i].kind ==
			    DF_MD_HEADING && r->md->line[i].level > 1) ||
			    (now >= 0 && k < f->n && f->v[k].line == i);
		}
		if (!end)
			continue;
		if (now >= 0)
			read_block(r, last, i, hold, to[now], &code[now]);
		else if (h->unlabelled.line == 0)
			h->unlabelled = first_code(r, last, i);
		now = label;
		last = i;
		hold = rest;
	}
	for (i = 0; i < 4; i++) {
		to[i]->code = rd_str(r, (struct df_str){ code[i].s,
		    code[i].n });
		to[i]->n = code[i].n;
		df_buf_release(&code[i]);
	}
	h->how = DF_VERIFY_NONE;
	if (h->verify.there) {
		struct rd_range in = rd_lines(r, h->verify.at);

		if (rd_first_table(r, in.a, in.b, &h->checks))
			h->how = DF_VERIFY_TABLE;
		if (has_command(h->verify.code, h->verify.n))
			h->how = DF_VERIFY_CODE;
	}
}

/* ---- YAML ---- */

/* What a node says: of a list or mapping where a text should be, its source,
   because "- Read it: twice" is a mapping for YAML. */
static struct df_value
node_text(struct rd *r, const struct rd_ynode *x)
{
	struct df_value v = x->text;
	struct df_str t;

	if (x->kind == RD_YTEXT || x->kind == RD_YNONE)
		return v;
	t = rd_yfold(r, v.at, 0);
	v.s = t.s;
	v.n = t.n;
	return v;
}

static struct df_value
ytext(struct rd *r, const struct rd_ynode *y, const char *key)
{
	const struct rd_ynode *x = rd_ychild(y, key);

	return x ? node_text(r, x) : rd_none();
}

static void
ylist(struct rd *r, const struct rd_ynode *x, struct df_values *to)
{
	VEC(struct df_value) v = { 0 };
	const struct rd_ynode *c;

	if (x && (x->kind == RD_YTEXT || x->kind == RD_YMAP))
		*PUSH(v) = node_text(r, x);
	for (c = x && x->kind == RD_YLIST ? x->child : NULL; c; c = c->next)
		if (c->kind != RD_YNONE)
			*PUSH(v) = node_text(r, c);
	KEEP(r, v, &to->v, &to->n);
}

/* A list of ids, or a text that names them, as references. */
static struct df_value
yrefs(struct rd *r, const struct rd_ynode *x, unsigned mask,
    struct df_refs *to)
{
	struct df_value t = rd_none();
	struct df_values v;
	struct df_buf b = DF_BUF_INIT;
	size_t i;

	if (x == NULL)
		return t;
	ylist(r, x, &v);
	for (i = 0; i < v.n; i++) {
		if (i)
			df_buf_str(&b, ", ");
		df_buf_add(&b, v.v[i].s, v.v[i].n);
	}
	t.s = rd_str(r, (struct df_str){ b.s, b.n });
	t.n = b.n;
	t.at = x->text.at;
	df_buf_release(&b);
	rd_refs(r, rd_textstr(&t), t.at, mask, 1, to, NULL);
	return t;
}

/* The first number in *t, which is left with what stands behind it; or -1. */
static int64_t
number_in(struct df_str *t)
{
	int64_t n = -1;

	while (t->n && (*t->s < '0' || *t->s > '9'))
		t->s++, t->n--;
	for (; t->n && *t->s >= '0' && *t->s <= '9'; t->s++, t->n--)
		if (n < 100000)
			n = (n < 0 ? 0 : n * 10) + (*t->s - '0');
	return n;
}

/* "2 of 3", "2 out of 3", "2/3": is the next number what it is out of? */
static int
is_of(struct df_str t)
{
	while (t.n && (*t.s < '0' || *t.s > '9')) {
		if (strchr(" /outf", *t.s) == NULL)
			return 0;
		t.s++, t.n--;
	}
	return t.n > 0;
}

static void
read_behaviour(struct rd *r, const struct rd_ynode *y, struct df_behaviour *b)
{
	const struct rd_ynode *s = rd_ychild(y, "setup"),
	    *a = rd_ychild(y, "action"), *o = rd_ychild(y, "expected_outcome"),
	    *p = rd_ychild(y, "pass_criteria"), *c;
	VEC(struct df_assertion) v = { 0 };
	struct df_value t;
	struct df_str said;

	b->category = ytext(r, y, "category");
	b->setup = ytext(r, s, "description");
	b->action = ytext(r, a, "description");
	b->outcome = ytext(r, o, "description");
	ylist(r, rd_ychild(s, "preconditions"), &b->preconditions);
	ylist(r, rd_ychild(a, "steps"), &b->steps);
	ylist(r, rd_ychild(o, "negative_assertions"), &b->negative);
	ylist(r, rd_ychild(y, "evidence_to_collect"), &b->evidence);
	c = rd_ychild(o, "assertions");
	for (c = c ? c->child : NULL; c; c = c->next) {
		struct df_assertion *x = PUSH(v);

		x->subject = ytext(r, c, "subject");
		x->condition = ytext(r, c, "condition");
		x->observable = ytext(r, c, "observable");
		if (c->kind == RD_YTEXT)
			x->observable = c->text;
	}
	KEEP(r, v, &b->assertion, &b->assertions);
	t = ytext(r, p, "runs_required");
	said = rd_textstr(&t);
	b->runs = number_in(&said);
	b->runs_at = t.at;
	t = ytext(r, p, "pass_threshold");
	said = rd_textstr(&t);
	b->need = number_in(&said);
	b->of = b->need >= 0 && is_of(said) ? number_in(&said) : -1;
	b->need_at = t.at;
}

static struct df_value
first_of(struct df_value a, struct df_value b)
{
	return a.n ? a : b;
}

static void
blank_behaviour(struct df_behaviour *b)
{
	b->category = b->setup = b->action = b->outcome = rd_none();
	b->runs = b->need = b->of = -1;
}

void
rd_holdout(struct rd *r, const struct rd_start *x, struct df_holdout *h)
{
	const struct rd_ynode *y = NULL, *auth, *n;
	struct rd_fields f;
	uint32_t end;
	int strict;
	struct df_value t, title = rd_none();

	h->item.title = rd_str(r, x->title);
	h->item.family = DF_HS;
	h->item.at = rd_span(r, x->line, x->end);
	h->item.body = rd_span(r, x->body, x->end);
	h->checks.caption = rd_none();
	blank_behaviour(&h->behaviour);
	rd_fields(r, x->body, x->end, holdout_keys, &f);
	rd_keepfields(r, &f, &h->fields);
	if (x->yaml != RD_NOLINE) {
		end = rd_fence_end(r->md, x->yaml);
		y = rd_yaml(r, x->yaml + 1, end, &strict);
		h->header = rd_span(r, x->yaml + 1, end);
		if (rd_ychild(y, "expected_outcome") ||
		    rd_ychild(y, "authority") || rd_ychild(y, "action")) {
			h->behaviour.yaml = h->header;
			h->behaviour.strict = strict;
			read_behaviour(r, y, &h->behaviour);
		}
		title = ytext(r, y, "title");
	}
	if (*h->item.title == 0)
		h->item.title = title.s;
	t = first_of(ytext(r, y, "priority"), rd_fieldtext(r, &f, "priority"));
	h->priority = df_md_priority(rd_textstr(&t));
	h->slug = first_of(ytext(r, y, "scenario_slug"),
	    ytext(r, y, "scenario"));
	h->type = first_of(first_of(ytext(r, y, "type"),
	    rd_fieldtext(r, &f, "type")), h->behaviour.category);
	auth = rd_ychild(y, "authority");
	n = rd_ychild(auth, "d2_scenarios");
	h->validates_text = yrefs(r, n ? n : rd_ychild(y, "validates"),
	    FAM(DF_SC), &h->validates);
	if (h->validates.n == 0) {
		h->validates_text = first_of(rd_fieldtext(r, &f, "validates"),
		    h->validates_text);
		rd_fieldrefs(r, &f, "validates", FAM(DF_SC), 1,
		    &h->validates, NULL);
	}
	n = rd_ychild(auth, "d4_contracts");
	h->contracts_text = yrefs(r, n ? n : rd_ychild(y, "contracts"),
	    FAM_CONTRACT, &h->contracts);
	if (h->contracts.n == 0) {
		h->contracts_text = first_of(rd_fieldtext(r, &f, "contracts"),
		    h->contracts_text);
		rd_fieldrefs(r, &f, "contracts", FAM_CONTRACT, 1,
		    &h->contracts, NULL);
	}
	read_blocks(r, x->body, x->end, &f, h);
}

