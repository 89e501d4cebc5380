#include "base/df.h"

#include "spec/read-internal.h"

/* ---- D3 ---- */

static const char *const entity_keys[] = {
	"scope", "used by", "source", "description", "fields", "invariants",
	"example", "json example", NULL
};

/* A canonical cell "Type:uuid" of a column that says the same. */
static struct df_value
bare_cell(struct rd *r, const struct df_value *t, const char *const *label)
{
	struct df_value x = *t;
	size_t n;

	for (; *label; label++) {
		n = strlen(*label);
		if (x.n > n && x.s[n] == ':' &&
		    df_str_word(rd_textstr(&x), *label)) {
			struct df_str s = { x.s + n + 1, x.n - n - 1 };

			s = df_md_bare(s);
			x.s = rd_str(r, s);
			x.n = s.n;
			return x;
		}
	}
	return x;
}

static void
read_etable(struct rd *r, const struct df_table *t, struct df_etable *to)
{
	static const char *const type[] = { "type", NULL };
	static const char *const req[] = { "required", "req", NULL };
	static const char *const desc[] = { "description", "desc", NULL };
	static const char *const cons[] = { "constraints", "constraint", NULL };
	int c[5];
	struct df_efield *f;
	const char *p;
	size_t i;

	to->caption = t->caption;
	to->n = t->rows;
	if (t->rows == 0)
		return;
	c[0] = 0;
	c[1] = rd_column(t, "type");
	c[2] = rd_column(t, "required");
	if (c[2] < 0)
		c[2] = rd_column(t, "req");
	c[3] = rd_column(t, "description");
	c[4] = rd_column(t, "constraint");
	if (c[4] < 0)
		c[4] = rd_column(t, "constraints");
	to->v = df_arena_alloc(&r->sp->arena, t->rows * sizeof(*to->v));
	for (i = 0; i < t->rows; i++) {
		f = &to->v[i];
		f->name = *rd_cell(t, i, c[0]);
		f->type = bare_cell(r, rd_cell(t, i, c[1]), type);
		f->required = bare_cell(r, rd_cell(t, i, c[2]), req);
		f->description = bare_cell(r, rd_cell(t, i, c[3]), desc);
		f->constraints = bare_cell(r, rd_cell(t, i, c[4]), cons);
		p = memchr(f->name.s, ':', f->name.n);
		if (p) {
			/* "value:string" */
			struct df_str s = { f->name.s,
			    (size_t)(p - f->name.s) };

			f->name.s = rd_str(r, s);
			f->name.n = s.n;
		}
	}
}

/* "ProductSpec (SHARED)": the scope leaves the title. */
static void
title_scope(struct rd *r, struct df_entity *e)
{
	static const char *const word[] = { "SHARED", "PRIVATE" };
	struct df_str t = df_str(e->item.title), in;
	size_t i, k;

	if (t.n == 0 || t.s[t.n - 1] != ')')
		return;
	for (i = t.n; i && t.s[i - 1] != '('; i--)
		;
	if (i == 0)
		return;
	in.s = t.s + i;
	in.n = t.n - i - 1;
	for (k = 0; k < DF_LEN(word); k++) {
		if (!df_str_word(in, word[k]))
			continue;
		if (e->scope.n == 0) {
			e->scope.s = word[k];
			e->scope.n = strlen(word[k]);
			e->scope.at = e->item.at;
		}
		t.n = i - 1;
		e->item.title = rd_str(r, df_str_trim(t));
		return;
	}
}

void
rd_d3(struct rd *r)
{
	struct df_d3 *d = &r->sp->d3;
	VEC(struct df_entity) v = { 0 };
	struct rd_defs def;
	struct rd_fields f;
	const struct rd_field *inv;
	struct df_tables t;
	size_t k, i;

	rd_defs(r, FAM(DF_E), &def);
	for (k = 0; k < def.n && !r->full; k++) {
		const struct rd_def *x = &def.v[k];
		struct df_entity *e = PUSH(v);

		rd_item(r, x, &e->item);
		e->item.index = (uint32_t)k;
		rd_fields(r, x->line + 1, x->end, entity_keys, &f);
		rd_keepfields(r, &f, &e->fields);
		e->scope = rd_fieldtext(r, &f, "scope");
		e->used_by = rd_fieldtext(r, &f, "used by");
		e->source = rd_fieldtext(r, &f, "source");
		e->description = rd_fieldtext(r, &f, "description");
		title_scope(r, e);
		rd_tables(r, x->line + 1, x->end, &t);
		e->tables = t.n;
		if (t.n)
			e->table = df_arena_alloc(&r->sp->arena,
			    t.n * sizeof(*e->table));
		for (i = 0; i < t.n; i++)
			read_etable(r, &t.v[i], &e->table[i]);
		rd_codes(r, x->line + 1, x->end, "json", &e->examples);
		inv = rd_field(&f, "invariants|invariant");
		if (inv)
			rd_list(r, inv->line + 1, inv->end, &e->invariants);
		if (inv && inv->value.n && e->invariants.n == 0 &&
		    rd_take(r, 1)) {
			e->invariants.v = df_arena_alloc(&r->sp->arena,
			    sizeof(*e->invariants.v));
			e->invariants.v[0] = rd_value(r, inv->value,
			    inv->line, inv->end, inv->indent);
			e->invariants.n = 1;
		}
	}
	KEEP(r, v, &d->entity, &d->entities);
	for (k = 0; k < d->entities; k++)
		rd_index(r, &d->entity[k].item);
}

/* ---- D4 ---- */

static const char *const contract_keys[] = {
	"caller", "trigger", "scenarios", "scenario", "consumer",
	"target system", "condition", "caller action", "write shape",
	"ordering guarantee", "failure behavior", "failure behaviour",
	"retryable", "request shape", "response shape", "constraints",
	"observable postconditions", "example", "example success",
	"example failure", "returns", NULL
};

/* A line "Scenarios (D2 SC-001, ...)" without a colon. */
static void
plain_scenarios(struct rd *r, const struct rd_def *x, struct df_contract *c)
{
	const struct df_md_line *l;
	struct df_str t;
	uint32_t i;

	for (i = x->line + 1; i < x->end; i++) {
		l = &r->md->line[i];
		if (l->kind != DF_MD_TEXT)
			continue;
		t = rd_unmarked(df_md_item(l));
		if (!df_str_word(t, "scenarios") && !df_str_word(t, "scenario"))
			continue;
		c->scenarios_text = rd_text(r, t, i);
		rd_refs(r, t, rd_at(r, t, i), FAM(DF_SC), 0, &c->scenarios,
		    NULL);
		return;
	}
	/* "- IN-001: what it is (SC-001)", all on one line */
	if (x->level == 0)
		rd_refs(r, x->title, rd_at(r, x->title, x->line), FAM(DF_SC),
		    0, &c->scenarios, NULL);
}

static void
read_contract(struct rd *r, const struct rd_def *x, struct df_contract *c)
{
	struct rd_fields f;

	rd_item(r, x, &c->item);
	rd_fields(r, x->line + 1, x->end, contract_keys, &f);
	rd_keepfields(r, &f, &c->fields);
	c->scenarios_text = rd_fieldtext(r, &f, "scenarios|scenario");
	rd_fieldrefs(r, &f, "scenarios|scenario", FAM(DF_SC), 1,
	    &c->scenarios, NULL);
	if (rd_field(&f, "scenarios|scenario") == NULL)
		plain_scenarios(r, x, c);
	rd_tables(r, x->line + 1, x->end, &c->tables);
	rd_codes(r, x->line + 1, x->end, NULL, &c->codes);
}

static void
read_errcodes(struct rd *r)
{
	struct df_d4 *d = &r->sp->d4;
	struct rd_range in = rd_whole(r,
	    rd_section(r, "error code enum|error codes"));
	struct df_table t;
	size_t i;

	if (!rd_first_table(r, in.a, in.b, &t) || t.rows == 0)
		return;
	d->errcode = df_arena_alloc(&r->sp->arena,
	    t.rows * sizeof(*d->errcode));
	d->errcodes = t.rows;
	for (i = 0; i < t.rows; i++) {
		d->errcode[i].code = *rd_cell(&t, i, 0);
		d->errcode[i].meaning = *rd_cell(&t, i,
		    rd_column(&t, "meaning") < 0 ? 1 :
		    rd_column(&t, "meaning"));
		d->errcode[i].retryable = *rd_cell(&t, i,
		    rd_column(&t, "retryable"));
	}
}

/* Test doubles that a table declares: its first cell is TD-NNN. */
static void
table_doubles(struct rd *r, struct rd_range in, struct df_double **v,
    size_t *n)
{
	VEC(struct df_double) td = { 0 };
	struct df_tables t;
	struct df_double *x;
	enum df_family fam;
	size_t i, k, len;
	unsigned c;

	rd_tables(r, in.a, in.b, &t);
	for (i = 0; i < t.n; i++)
		for (k = 0; k <= t.v[i].rows && !r->full; k++) {
			/* a table may have lost its header */
			const struct df_value *row = k == 0 ? t.v[i].head :
			    rd_cell(&t.v[i], k - 1, 0), *id = row;

			if (t.v[i].cols == 0)
				break;
			len = df_spec_id(id->s, id->n, &fam);
			if (len == 0 || fam != DF_TD || !rd_take(r, 20))
				continue;
			x = PUSH(td);
			x->item.id = rd_intern(r, id->s, len);
			x->item.title = t.v[i].cols > 1 ? row[1].s : "";
			x->item.family = DF_TD;
			x->item.at = x->item.body = id->at;
			x->fields.n = t.v[i].cols;
			x->fields.v = df_arena_alloc(&r->sp->arena,
			    x->fields.n * sizeof(*x->fields.v));
			for (c = 0; c < t.v[i].cols; c++) {
				struct df_field *f = &x->fields.v[c];

				f->key = f->name = t.v[i].head[c].s;
				f->note = "";
				f->value = row[c];
				f->at = f->value.at;
			}
		}
	KEEP(r, td, v, n);
}

void
rd_d4(struct rd *r)
{
	struct df_d4 *d = &r->sp->d4;
	VEC(struct df_contract) v = { 0 };
	VEC(struct df_double) td = { 0 };
	struct rd_defs def;
	struct rd_range in;
	size_t k;

	rd_defs(r, FAM_CONTRACT | FAM(DF_TD), &def);
	for (k = 0; k < def.n && !r->full; k++) {
		const struct rd_def *x = &def.v[k];

		if (x->family == DF_TD) {
			struct df_double *y = PUSH(td);
			struct rd_fields f;

			rd_item(r, x, &y->item);
			rd_fields(r, x->line + 1, x->end, NULL, &f);
			rd_keepfields(r, &f, &y->fields);
		} else
			read_contract(r, x, PUSH(v));
	}
	KEEP(r, v, &d->contract, &d->contracts);
	KEEP(r, td, &d->twin, &d->twins);
	in = rd_whole(r, rd_section(r, "testable surface"));
	d->surface = rd_block(r, in.a, in.b, 1);
	d->no_doubles = df_str_find(rd_textstr(&d->surface),
	    "o test doubles required") != NULL;
	if (d->twins == 0)
		table_doubles(r, in.b ? in : (struct rd_range){ 0,
		    r->md->lines }, &d->twin, &d->twins);
	for (k = 0; k < d->contracts; k++) {
		d->contract[k].item.index = (uint32_t)k;
		rd_index(r, &d->contract[k].item);
	}
	for (k = 0; k < d->twins; k++) {
		d->twin[k].item.index = (uint32_t)k;
		if (df_spec_find(r->sp, d->twin[k].item.id,
		    strlen(d->twin[k].item.id)))
			rd_remark(r, "id.duplicate", d->twin[k].item.at,
			    "%s is defined a second time",
			    d->twin[k].item.id);
		rd_index(r, &d->twin[k].item);
	}
	read_errcodes(r);
}
