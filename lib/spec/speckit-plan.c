#include "base/df.h"

#include <stdlib.h>

#include "spec/speckit-internal.h"

/* The constitution, plan.md, research.md, quickstart.md and checklists. */

/* ---- the constitution ---- */

/* Are the principles of this file below one heading? */
static uint32_t
principles_heading(struct skr *r)
{
	static const char *const name[] = { "core principles", "principles",
	    "articles", "guiding principles" };
	uint32_t i;
	size_t k;

	for (k = 0; k < DF_LEN(name); k++) {
		i = sk_heading(r, 0, r->md->lines, name[k]);
		if (i != DF_SK_NONE && r->md->line[i].level < 6)
			return i;
	}
	return DF_SK_NONE;
}

static void
principle(struct skr *r, uint32_t i, size_t n, struct df_skprinciple *p)
{
	struct df_str num, title = sk_title(sk_line(&r->md->line[i]), &num);

	p->id = sk_fmt(r, "P%zu", n);
	p->label = sk_str(r, num);
	p->title = sk_str(r, title);
	p->at = sk_at(r, i, sk_line(&r->md->line[i]));
	p->text = sk_block(r, i + 1, sk_section_end(r->md, i, r->md->lines));
	p->verdict = -1;
	p->check = sk_none();
}

static void
read_principles(struct skr *r)
{
	const struct df_md *md = r->md;
	uint32_t under = principles_heading(r), a = 0, b = md->lines, i;
	SK_VEC(struct df_skprinciple) v = { 0 };
	struct df_skprinciple *p;
	struct df_str num;
	unsigned level = 0;

	if (under != DF_SK_NONE) {
		a = under + 1;
		b = sk_section_end(md, under, md->lines);
		level = md->line[under].level + 1U;
	}
	for (i = a; i < b; i++) {
		const struct df_md_line *l = &md->line[i];

		if (l->kind != DF_MD_HEADING)
			continue;
		sk_title(sk_line(l), &num);
		/* without such a heading, only what is numbered */
		if (level ? l->level != level : l->level < 2 || num.n == 0)
			continue;
		if (!sk_take(r, 1))
			break;
		p = SK_PUSH(v);
		principle(r, i, v.n, p);
	}
	SK_KEEP(r, v, &r->sk->principle, &r->sk->principles);
}

/* Sections of level 2 that hold no principle. */
static void
read_governance(struct skr *r)
{
	const struct df_md *md = r->md;
	const struct df_speckit *sk = r->sk;
	SK_VEC(struct df_skpair) v = { 0 };
	struct df_skpair *x;
	struct df_str num;
	uint32_t i, end;
	size_t k = 0;

	for (i = 0; i < md->lines; i++) {
		const struct df_md_line *l = &md->line[i];

		if (l->kind != DF_MD_HEADING || l->level != 2)
			continue;
		end = sk_section_end(md, i, md->lines);
		while (k < sk->principles && sk->principle[k].at.line <= i)
			k++;
		if (k < sk->principles && sk->principle[k].at.line <= end)
			continue;
		if (!sk_take(r, 1))
			break;
		x = SK_PUSH(v);
		x->name = sk_text(r, sk_title(sk_line(l), &num), i);
		x->value = sk_block(r, i + 1, end);
	}
	SK_KEEP(r, v, &r->sk->governance, &r->sk->governances);
}

/* "**Version**: 1.2.0 | **Ratified**: 2025-01-02": a part of it. */
static struct df_sktext
part(struct skr *r, const char *name)
{
	const struct df_md *md = r->md;
	uint32_t i = md->lines;

	while (i-- > 0) {
		const struct df_md_line *l = &md->line[i];
		struct df_str t = sk_line(l), v;
		size_t at, n = strlen(name);
		const char *p;

		if (l->kind != DF_MD_TEXT || df_str_find(t, "ersion") == NULL)
			continue;
		at = sk_word_at(t, name, 0);
		if (at == t.n)
			continue;
		v = sk_skip(t, at + n);
		while (v.n && strchr("*: ", v.s[0]))
			v = sk_skip(v, 1);
		p = memchr(v.s, '|', v.n);
		if (p)
			v.n = (size_t)(p - v.s);
		return sk_text(r, df_md_bare(v), i);
	}
	return sk_none();
}

void
sk_constitution(struct skr *r)
{
	read_principles(r);
	read_governance(r);
	r->sk->version = part(r, "version");
	r->sk->ratified = part(r, "ratified");
	r->sk->amended = part(r, "last amended");
}

/* ---- the plan's check of the constitution ---- */

static int
has_word(struct df_str t, const char *const *word, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if ((unsigned char)word[i][0] >= 0x80 ?
		    df_str_find(t, word[i]) != NULL :
		    sk_word_at(t, word[i], 0) < t.n)
			return 1;
	return 0;
}

/* What a row says: 1 yes, 0 no, -1 neither. */
static int
verdict(struct df_str t)
{
	static const char *const no[] = { "fail", "fails", "failed",
	    "violated", "violation", "non-compliant", "not compliant",
	    "\xe2\x9d\x8c", "\xe2\x9c\x97" };
	static const char *const yes[] = { "pass", "passes", "passed", "yes",
	    "ok", "compliant", "confirmed", "satisfied", "met", "aligned",
	    "n/a", "\xe2\x9c\x85", "\xe2\x9c\x93", "\xe2\x9c\x94" };
	int good = has_word(t, yes, DF_LEN(yes));

	if (has_word(t, no, DF_LEN(no)) && !good)
		return 0;
	return good ? 1 : -1;
}

/* The principle that a row or heading names, or NULL. */
static struct df_skprinciple *
named(struct skr *r, struct df_map *byname, struct df_str t)
{
	struct df_str num, title = sk_title(t, &num);
	char key[128];
	size_t i, n, k;

	/* the verdict may stand behind the name */
	for (n = title.n < sizeof(key) ? title.n : sizeof(key) - 1; n; n--) {
		if (n < title.n && sk_alnum(title.s[n]))
			continue;
		for (i = 0; i < n; i++)
			key[i] = (char)(title.s[i] >= 'A' && title.s[i] <= 'Z' ?
			    title.s[i] + 32 : title.s[i]);
		k = df_map_get(byname, key, n);
		if (k != DF_MAP_NONE)
			return &r->sk->principle[k];
	}
	if (num.n == 0)
		return NULL;
	key[0] = '#';
	n = num.n < sizeof(key) - 1 ? num.n : sizeof(key) - 1;
	memcpy(key + 1, num.s, n);
	k = df_map_get(byname, key, n + 1);
	return k == DF_MAP_NONE ? NULL : &r->sk->principle[k];
}

/* The first word about a principle stands, but a no is never taken back. */
static void
judge(struct skr *r, struct df_skprinciple *p, int says, struct df_str t,
    uint32_t i)
{
	if (p == NULL || says < 0 || p->verdict == 0 ||
	    (p->verdict == 1 && says == 1))
		return;
	p->verdict = says;
	p->check = sk_text(r, t, i);
}

static void
names_of(struct skr *r, struct df_map *byname)
{
	size_t i, k;

	for (i = 0; i < r->sk->principles; i++) {
		const struct df_skprinciple *p = &r->sk->principle[i];
		struct df_buf b = DF_BUF_INIT;
		const char *key;

		for (k = 0; p->title[k]; k++)
			df_buf_ch(&b, p->title[k] >= 'A' &&
			    p->title[k] <= 'Z' ? p->title[k] + 32 :
			    p->title[k]);
		key = sk_str(r, (struct df_str){ b.s, b.n });
		if (b.n && df_map_get(byname, key, b.n) == DF_MAP_NONE)
			df_map_set(byname, key, b.n, i);
		df_buf_release(&b);
		if (*p->label) {
			key = sk_fmt(r, "#%s", p->label);
			df_map_set(byname, key, strlen(key), i);
		}
	}
}

static void
read_check(struct skr *r, uint32_t a, uint32_t b)
{
	const struct df_md *md = r->md;
	struct df_skprinciple *above = NULL, *p;
	struct df_str cell[DF_MD_CELLS_MAX], t;
	struct df_map byname = { 0 };
	uint32_t i;

	names_of(r, &byname);
	for (i = a; i < b; i++) {
		const struct df_md_line *l = &md->line[i];

		t = sk_line(l);
		switch ((enum df_md_kind)l->kind) {
		case DF_MD_HEADING:
			above = named(r, &byname, t);
			judge(r, above, verdict(t), t, i);
			break;
		case DF_MD_TABLE:
			if (df_md_delim(t) || df_md_cells(t, 0, cell) < 2)
				break;
			p = named(r, &byname, cell[0]);
			judge(r, p ? p : above, verdict(sk_skip(t,
			    (size_t)(cell[1].s - t.s))), t, i);
			break;
		case DF_MD_TEXT:
			t = df_md_item(l);
			p = named(r, &byname, sk_unmarked(t));
			if (p == NULL && df_str_word(sk_unmarked(t),
			    "verdict"))
				p = above;
			judge(r, p, verdict(t), t, i);
			break;
		default:
			break;
		}
	}
	df_map_release(&byname);
}

/* ---- the rest of the plan ---- */

static void
read_context(struct skr *r, uint32_t a, uint32_t b)
{
	const struct df_md *md = r->md;
	SK_VEC(struct df_skpair) v = { 0 };
	struct df_md_kv kv;
	struct df_skpair *x;
	uint32_t i, end;

	for (i = a; i < b; i = end) {
		const struct df_md_line *l = &md->line[i];

		end = i + 1;
		if (l->kind != DF_MD_TEXT || !df_md_kv(sk_line(l), &kv) ||
		    !kv.bold)
			continue;
		for (; end < b; end++) {
			struct df_md_kv next;

			if (md->line[end].kind == DF_MD_BLANK ||
			    md->line[end].kind == DF_MD_HEADING ||
			    md->line[end].kind == DF_MD_RULE ||
			    (md->line[end].kind == DF_MD_TEXT &&
			    df_md_kv(sk_line(&md->line[end]), &next) &&
			    next.bold))
				break;
		}
		if (!sk_take(r, 1))
			break;
		x = SK_PUSH(v);
		x->name = sk_text(r, kv.key, i);
		x->value = sk_join(r, kv.value, i, end);
	}
	SK_KEEP(r, v, &r->sk->context, &r->sk->contexts);
}

/* The code between fences, of the first block in [a, b) with one. */
static struct df_sktext
code(struct skr *r, uint32_t a, uint32_t b)
{
	const struct df_md *md = r->md;
	struct df_buf buf = DF_BUF_INIT;
	struct df_sktext x = sk_none();
	uint32_t i, first = 0;

	for (i = a; i < b; i++) {
		const struct df_md_line *l = &md->line[i];

		if (l->kind == DF_MD_FENCE_END && buf.n)
			break;
		if (l->kind != DF_MD_CODE)
			continue;
		if (buf.n == 0)
			first = i;
		df_buf_add(&buf, l->s, l->n);
		df_buf_ch(&buf, '\n');
	}
	if (buf.n)
		x = sk_piece(r, (struct df_str){ buf.s, buf.n },
		    sk_at(r, first, sk_line(&md->line[first])));
	df_buf_release(&buf);
	return x;
}

void
sk_plan(struct skr *r)
{
	const struct df_md *md = r->md;
	struct df_speckit *sk = r->sk;
	uint32_t i, b, k;

	i = sk_heading(r, 0, md->lines, "summary");
	if (i != DF_SK_NONE)
		sk->summary = sk_block(r, i + 1,
		    sk_section_end(md, i, md->lines));
	i = sk_heading(r, 0, md->lines, "technical context");
	if (i != DF_SK_NONE)
		read_context(r, i + 1, sk_section_end(md, i, md->lines));
	i = sk_heading(r, 0, md->lines, "constitution check");
	if (i != DF_SK_NONE) {
		/* its parts may be headings of its own level: "### I. Name" */
		for (b = i + 1; b < md->lines; b++)
			if (md->line[b].kind == DF_MD_HEADING &&
			    md->line[b].level <= 2)
				break;
		read_check(r, i + 1, b);
	}
	i = sk_heading(r, 0, md->lines, "project structure");
	if (i != DF_SK_NONE) {
		b = sk_section_end(md, i, md->lines);
		k = sk_heading(r, i + 1, b, "source code");
		sk->tree = code(r, k == DF_SK_NONE ? i + 1 : k + 1, b);
		sk->decision = sk_field(r, i + 1, b, "structure decision");
	}
	i = sk_heading(r, 0, md->lines, "complexity tracking");
	if (i != DF_SK_NONE)
		sk->complexity = sk_block(r, i + 1,
		    sk_section_end(md, i, md->lines));
}

/* ---- research.md ---- */

/* What stands under "### Decision" or behind "**Decision**:". */
static struct df_sktext
topic(struct skr *r, uint32_t a, uint32_t b, const char *name,
    const char *other)
{
	struct df_sktext t = sk_field(r, a, b, name);
	uint32_t i;

	if (t.n == 0)
		t = sk_field(r, a, b, other);
	if (t.n)
		return t;
	i = sk_heading(r, a, b, name);
	if (i == DF_SK_NONE)
		i = sk_heading(r, a, b, other);
	return i == DF_SK_NONE ? t : sk_block(r, i + 1,
	    sk_section_end(r->md, i, b));
}

void
sk_research(struct skr *r)
{
	const struct df_md *md = r->md;
	SK_VEC(struct df_skresearch) v = { 0 };
	struct df_skresearch *x;
	struct df_str num, t;
	uint32_t i, end;
	unsigned level;

	/* a question is a heading of level 2, or of level 3 under one that
	   has no decision of its own */
	for (i = 0; i < md->lines; i++) {
		const struct df_md_line *l = &md->line[i];

		if (l->kind != DF_MD_HEADING || l->level < 2 || l->level > 3)
			continue;
		t = df_md_bare(sk_line(l));
		if (df_md_title(t, "decision") && l->level == 3 &&
		    t.n <= 12)
			continue;
		level = l->level;
		for (end = i + 1; end < md->lines; end++)
			if (md->line[end].kind == DF_MD_HEADING &&
			    (md->line[end].level <= level ||
			    (md->line[end].level == 3 && !df_md_title(
			    sk_line(&md->line[end]), "decision") &&
			    !df_md_title(sk_line(&md->line[end]),
			    "rationale") && !df_md_title(
			    sk_line(&md->line[end]), "alternatives"))))
				break;
		if (!sk_take(r, 1))
			break;
		x = SK_PUSH(v);
		x->decision = topic(r, i + 1, end, "decision", "resolution");
		x->rationale = topic(r, i + 1, end, "rationale", "reason");
		x->alternatives = topic(r, i + 1, end,
		    "alternatives considered", "alternatives");
		if (x->decision.n == 0) {
			v.n--;
			continue;
		}
		t = sk_title(t, &num);
		x->title = sk_text(r, t, i);
	}
	SK_KEEP(r, v, &r->sk->research, &r->sk->researches);
}

/* ---- quickstart.md ---- */

void
sk_quickstart(struct skr *r)
{
	const struct df_md *md = r->md;
	SK_VEC(struct df_skpair) v = { 0 };
	struct df_skpair *x;
	struct df_str lang, num;
	uint32_t i, title = DF_SK_NONE;

	for (i = 0; i < md->lines; i++) {
		const struct df_md_line *l = &md->line[i];

		if (l->kind == DF_MD_HEADING)
			title = i;
		if (l->kind != DF_MD_FENCE)
			continue;
		lang = sk_line(l);
		if (!df_str_word(lang, "bash") && !df_str_word(lang, "sh") &&
		    !df_str_word(lang, "shell") &&
		    !df_str_word(lang, "console"))
			continue;
		if (!sk_take(r, 1))
			break;
		x = SK_PUSH(v);
		x->name = title == DF_SK_NONE ? sk_none() :
		    sk_text(r, sk_title(sk_line(&md->line[title]), &num),
		    title);
		x->value = code(r, i, md->lines);
		if (x->value.n == 0)
			v.n--;
	}
	SK_KEEP(r, v, &r->sk->command, &r->sk->commands);
}

/* ---- checklists ---- */

void
sk_checklist(struct skr *r)
{
	const struct df_md *md = r->md;
	struct df_sklist *x;
	struct df_str t;
	uint32_t i;

	if (!sk_take(r, 1))
		return;
	x = SK_PUSH(r->checklist);
	x->file = r->file;
	for (i = 0; i < md->lines; i++) {
		const struct df_md_line *l = &md->line[i];

		if (l->kind != DF_MD_TEXT || l->mark == 0)
			continue;
		t = df_md_item(l);
		if (t.n < 3 || t.s[0] != '[' || t.s[2] != ']' ||
		    strchr(" xX", t.s[1]) == NULL)
			continue;
		x->items++;
		x->open += t.s[1] == ' ';
	}
}
