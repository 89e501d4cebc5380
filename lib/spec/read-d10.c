#include "base/df.h"

#include <stdlib.h>

#include "spec/read-internal.h"

/*
 * Commands: in a fence, comment lines label what follows them up to a blank
 * line or the next comment.
 */
static void
read_commands(struct rd *r)
{
	struct df_d10 *d = &r->sp->d10;
	struct rd_range in = rd_whole(r, rd_section(r, "commands"));
	VEC(struct df_command) v = { 0 };
	struct df_buf label = DF_BUF_INIT, text = DF_BUF_INIT;
	uint32_t i, lline = 0, tline = 0;
	struct df_str t;

	rd_codes(r, in.a, in.b, NULL, &d->command_blocks);
	for (i = in.a; i <= in.b && in.b; i++) {
		const struct df_md_line *l = &r->md->line[i];
		int code = i < in.b && l->kind == DF_MD_CODE;
		int comment, more;

		t.s = "";
		t.n = 0;
		if (code)
			t = df_str_trim(rd_line(l));
		comment = t.n && t.s[0] == '#';
		more = text.n > 1 && text.s[text.n - 2] == '\\';
		if ((!code || comment || t.n == 0) && text.n && !more) {
			struct df_command *c;

			if (!rd_take(r, 2))
				break;
			c = PUSH(v);
			text.n--;
			c->text.s = rd_str(r, (struct df_str){ text.s,
			    text.n });
			c->text.n = text.n;
			c->text.at = rd_span(r, tline, i);
			c->label = rd_none();
			if (label.n) {
				c->label.s = rd_str(r, (struct df_str){
				    label.s, label.n });
				c->label.n = label.n;
				c->label.at = rd_span(r, lline, tline);
			}
			df_buf_reset(&text);
			df_buf_reset(&label);
		}
		if (!code)
			df_buf_reset(&label);
		if (t.n == 0)
			continue;
		if (comment && !more) {
			while (t.n && (t.s[0] == '#' || t.s[0] == ' ')) {
				t.s++;
				t.n--;
			}
			if (label.n)
				df_buf_ch(&label, ' ');
			else
				lline = i;
			df_buf_add(&label, t.s, t.n);
			continue;
		}
		if (text.n == 0)
			tline = i;
		df_buf_add(&text, t.s, t.n);
		df_buf_ch(&text, '\n');
	}
	df_buf_release(&label);
	df_buf_release(&text);
	KEEP(r, v, &d->command, &d->commands);
}

static int
column(const struct df_table *t, const char *name, int otherwise)
{
	int c = rd_column(t, name);

	return c < 0 ? otherwise : c;
}

static void
read_rules(struct rd *r)
{
	struct df_d10 *d = &r->sp->d10;
	struct rd_range in = rd_whole(r, rd_section(r, "tool rules"));
	struct df_table t;
	size_t i;

	if (!rd_first_table(r, in.a, in.b, &t) || t.rows == 0)
		return;
	d->rules = t.rows;
	d->rule = df_arena_alloc(&r->sp->arena, t.rows * sizeof(*d->rule));
	for (i = 0; i < t.rows; i++) {
		d->rule[i].use = *rd_cell(&t, i, column(&t, "use", 0));
		d->rule[i].instead_of = *rd_cell(&t, i, column(&t, "not", 1));
		d->rule[i].why = *rd_cell(&t, i, column(&t, "why", 2));
	}
}

/* A list, or a table of two columns as "first: second". */
static void
list_or_table(struct rd *r, struct rd_range in, struct df_values *to)
{
	VEC(struct df_value) v = { 0 };
	struct df_buf b = DF_BUF_INIT;
	struct df_table t;
	size_t i;

	if (!rd_first_table(r, in.a, in.b, &t)) {
		rd_list(r, in.a, in.b, to);
		return;
	}
	for (i = 0; i < t.rows; i++) {
		struct df_value *x = PUSH(v);

		df_buf_reset(&b);
		df_buf_str(&b, rd_cell(&t, i, 0)->s);
		if (t.cols > 1) {
			df_buf_str(&b, ": ");
			df_buf_str(&b, rd_cell(&t, i, 1)->s);
		}
		x->s = rd_str(r, (struct df_str){ b.s, b.n });
		x->n = b.n;
		x->at = rd_cell(&t, i, 0)->at;
	}
	df_buf_release(&b);
	KEEP(r, v, &to->v, &to->n);
}

/* Branch, commit and results: lines in a fence, a list or plain. */
static void
read_submission(struct rd *r)
{
	struct df_d10 *d = &r->sp->d10;
	struct rd_range in = rd_whole(r, rd_section(r, "submission protocol"));
	struct {
		const char *name[3];
		struct df_value *to;
	} key[] = {
		{ { "branch", "branch naming", "branch name" }, &d->branch },
		{ { "commit", "commit format", "commit message" },
		    &d->commit },
		{ { "results", "results file path", "results file" },
		    &d->results }
	};
	struct df_md_kv kv;
	uint32_t i;
	size_t k, n;

	rd_list(r, in.a, in.b, &d->protocol);
	for (i = in.a; i < in.b; i++) {
		const struct df_md_line *l = &r->md->line[i];

		if ((l->kind != DF_MD_TEXT && l->kind != DF_MD_CODE) ||
		    !df_md_kv(rd_line(l), &kv) || kv.value.n == 0)
			continue;
		for (k = 0; k < DF_LEN(key); k++)
			for (n = 0; n < 3; n++)
				if (df_md_key(kv.key, key[k].name[n]) &&
				    key[k].to->n == 0)
					*key[k].to = rd_text(r, kv.value, i);
	}
}

static void
read_actives(struct rd *r)
{
	struct df_d10 *d = &r->sp->d10;
	struct rd_range in = rd_whole(r, rd_section(r, "active components"));
	struct df_table t;
	size_t i;

	if (!rd_first_table(r, in.a, in.b, &t) || t.rows == 0)
		return;
	d->actives = t.rows;
	d->active = df_arena_alloc(&r->sp->arena,
	    t.rows * sizeof(*d->active));
	for (i = 0; i < t.rows; i++) {
		d->active[i].name = *rd_cell(&t, i, 0);
		d->active[i].where = *rd_cell(&t, i, column(&t, "where", 1));
		d->active[i].interface = *rd_cell(&t, i,
		    column(&t, "interface", 2));
	}
}

static void
read_externals(struct rd *r)
{
	struct df_d10 *d = &r->sp->d10;
	struct rd_range in = rd_whole(r,
	    rd_section(r, "external dependencies"));
	struct df_external *x;
	struct df_table t;
	struct df_str s;
	size_t i;
	int mode;

	if (!rd_first_table(r, in.a, in.b, &t) || t.rows == 0)
		return;
	mode = column(&t, "mode", 1);
	d->externals = t.rows;
	d->external = df_arena_alloc(&r->sp->arena,
	    t.rows * sizeof(*d->external));
	for (i = 0; i < t.rows; i++) {
		x = &d->external[i];
		x->name = *rd_cell(&t, i, mode == 0 ? 1 : 0);
		x->mode_text = *rd_cell(&t, i, mode);
		x->rest = *rd_cell(&t, i, 2);
		s = rd_textstr(&x->mode_text);
		x->twin = df_str_word(s, "twin") ? 1 :
		    df_str_word(s, "real") ? 0 : -1;
	}
}

void
rd_d10(struct rd *r)
{
	struct df_d10 *d = &r->sp->d10;
	const struct df_section *s;
	struct rd_range in;

	in = rd_whole(r, rd_section(r, "what this project does|purpose"));
	d->purpose = rd_block(r, in.a, in.b, 0);
	s = rd_section(r, "architecture overview|architecture");
	in = rd_whole(r, s);
	d->architecture = rd_span(r, in.a, in.b);
	in = rd_whole(r, rd_section(r, "key patterns"));
	rd_list(r, in.a, in.b, &d->patterns);
	read_commands(r);
	read_rules(r);
	list_or_table(r, rd_whole(r, rd_section(r, "coding conventions")),
	    &d->conventions);
	read_submission(r);
	read_actives(r);
	read_externals(r);
	list_or_table(r, rd_whole(r, rd_section(r, "links to deeper docs|"
	    "links")), &d->links);
}
