#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>

#include "spec/read-internal.h"

#define RANGE_MAX 10000	/* ids that one "A-001 through A-999" may mean */

const char *const df_family_name[DF_FAMILIES] = {
	"", "SC", "DEF", "E", "IN", "OUT", "SIDE", "ERR", "TD", "RQ", "GAP",
	"CLR", "T", "HS"
};
const uint8_t df_family_doc[DF_FAMILIES] = {
	0, 2, 2, 3, 4, 4, 4, 4, 4, 5, 6, 6, 8, 9
};

static int
digit(int c)
{
	return c >= '0' && c <= '9';
}

static int
upper(int c)
{
	return c >= 'A' && c <= 'Z';
}

static int
wordchar(int c)
{
	return digit(c) || upper(c) || (c >= 'a' && c <= 'z') || c == '_';
}

size_t
df_spec_id(const char *s, size_t n, enum df_family *family)
{
	size_t i, k;
	unsigned f;

	for (i = 0; i < n && upper(s[i]); i++)
		;
	if (i == 0 || i > 4 || i + 1 >= n || s[i] != '-')
		return 0;
	for (f = 1; f < DF_FAMILIES; f++)
		if (strlen(df_family_name[f]) == i &&
		    memcmp(df_family_name[f], s, i) == 0)
			break;
	if (f == DF_FAMILIES)
		return 0;
	i++;
	if (upper(s[i])) {
		for (k = 0; i + k < n && upper(s[i + k]); k++)
			;
		if (k > 4 || i + k >= n || s[i + k] != '-')
			return 0;
		i += k + 1;
	}
	for (k = 0; i + k < n && digit(s[i + k]); k++)
		;
	if (k == 0 || k > 9)
		return 0;
	i += k;
	if (i < n && s[i] >= 'a' && s[i] <= 'z')
		i++;
	if (i < n && wordchar(s[i]))
		return 0;
	*family = (enum df_family)f;
	return i;
}

struct df_str
rd_textstr(const struct df_value *t)
{
	struct df_str s = { t->s, t->n };

	return s;
}

/* The number of an identifier in this document set, storing it once. */
static size_t
id_number(struct rd *r, const char *s, size_t n)
{
	size_t i = df_map_get(&r->idmap, s, n);
	struct rd_id *id;

	if (i != DF_MAP_NONE)
		return i;
	i = r->id.n;
	id = PUSH(r->id);
	id->s = df_arena_str(&r->sp->arena, s, n);
	df_map_set(&r->idmap, id->s, n, i);
	return i;
}

const char *
rd_intern(struct rd *r, const char *s, size_t n)
{
	return r->id.v[id_number(r, s, n)].s;
}

/* ---- definitions ---- */

enum strength { MENTION = 0, FIELDED, HEADED };

struct cand {
	struct rd_def d;
	enum strength strength;
	uint32_t section;	/* line of the heading of level 2 above */
	char form;		/* '#', 'b'old, 'l'ist, '.' bare */
	uint8_t taken;
};

static struct df_str
advance(struct df_str t, size_t n)
{
	t.s += n;
	t.n -= n;
	return t;
}

static struct df_str
spaces(struct df_str t)
{
	while (t.n && (t.s[0] == ' ' || t.s[0] == '\t'))
		t = advance(t, 1);
	return t;
}

static int
starts(struct df_str t, const char *lit)
{
	size_t n = strlen(lit);

	return t.n >= n && memcmp(t.s, lit, n) == 0;
}

/* Dashes that part an id from its title; 0 when t begins with none. */
static size_t
dash(struct df_str t)
{
	if (starts(t, "\xe2\x80\x94") || starts(t, "\xe2\x80\x93"))
		return 3;
	if (starts(t, "--") && !starts(t, "-->"))
		return 2;
	return starts(t, "-") && !starts(t, "->") ? 1 : 0;
}

/*
 * What follows the id on a definition's line: sets the title and returns 1, or
 * 0 when the line only mentions the id.
 */
static int
title_of(struct df_str rest, int heading, int bold, struct df_str *title)
{
	struct df_str t = rest, after = { "", 0 };
	const char *close;
	enum df_family f;
	size_t n;

	if (bold && (close = df_str_find(t, "**")) != NULL) {
		after.s = close + 2;
		after.n = (size_t)(t.s + t.n - after.s);
		t.n = (size_t)(close - t.s);
	}
	if (df_str_trim(t).n == 0)
		t = after;
	if (t.n && t.s[0] != ' ' && t.s[0] != ':' && t.s[0] != '\t' &&
	    !(heading && (t.s[0] == '.' || t.s[0] == ')' || dash(t))))
		return 0;
	if (t.n && (t.s[0] == ':' || t.s[0] == '.' || t.s[0] == ')')) {
		t = spaces(advance(t, 1));
		/* "**SC-001:** Title" */
		if (t.n == 0)
			t = spaces(after);
		*title = df_md_bare(t);
		return 1;
	}
	t = spaces(t);
	if (t.n && (n = dash(t)) != 0) {
		if (n < t.n && t.s[n] != ' ' && !heading)
			return 0;
		*title = df_md_bare(spaces(advance(t, n)));
		/* "SC-001 - SC-009" is a range, no title */
		return df_spec_id(title->s, title->n, &f) == 0 || heading;
	}
	*title = df_md_bare(t);
	if (t.n == 0)
		return 1;
	if (df_str_word(t, "through") || df_str_word(t, "to") ||
	    df_str_word(t, "and") || df_str_word(t, "or"))
		return 0;
	if (heading)
		return t.s[0] != '/' && t.s[0] != '+' && t.s[0] != '&';
	return upper(t.s[0]) || t.s[0] == '`' || t.s[0] == '"' ||
	    t.s[0] == '[' || t.s[0] == '*';
}

/* Is line i the definition of an item of a family in mask? */
static int
candidate(struct rd *r, uint32_t i, unsigned mask, struct cand *c)
{
	const struct df_md_line *l = &r->md->line[i];
	struct df_str t = { l->s, l->n };
	const char *p;
	int bold = 0;
	size_t n;

	if (l->kind == DF_MD_HEADING) {
		c->form = '#';
		c->d.level = l->level;
	} else if (l->kind == DF_MD_TEXT && l->indent <= 1 && l->mark != '1') {
		c->form = l->mark ? 'l' : '.';
		c->d.level = 0;
		t = df_md_item(l);
	} else
		return 0;
	if (starts(t, "**") || starts(t, "__")) {
		t = advance(t, 2);
		bold = 1;
		if (c->form != '#')
			c->form = 'b';
	}
	c->d.phase.n = 0;
	if (starts(t, "Phase ") && t.n > 6 && digit(t.s[6]) &&
	    (p = memchr(t.s, ':', t.n)) != NULL) {
		c->d.phase.s = t.s;
		c->d.phase.n = (size_t)(p - t.s);
		t = spaces(advance(t, c->d.phase.n + 1));
	}
	if (starts(t, "`"))
		t = advance(t, 1);
	n = df_spec_id(t.s, t.n, &c->d.family);
	if (n == 0 || !(mask & FAM(c->d.family)))
		return 0;
	c->d.id.s = t.s;
	c->d.id.n = n;
	c->d.line = i;
	t = advance(t, n);
	if (c->d.id.s > l->s && c->d.id.s[-1] == '`' && starts(t, "`"))
		t = advance(t, 1);
	return title_of(t, c->form == '#' || c->d.phase.n, bold, &c->d.title);
}

/* Does the item have a body of its own, or does the line only name it? */
static enum strength
strength(struct rd *r, const struct cand *c)
{
	const struct df_md_line *l;
	struct df_md_kv kv;
	enum df_family f;
	struct df_str t;
	uint32_t j;

	if (c->form == '#')
		return HEADED;
	if (df_str_find(c->d.title, " | ") &&
	    memchr(c->d.title.s, ':', c->d.title.n))
		return FIELDED;
	for (j = c->d.line + 1; j < r->md->lines &&
	    r->md->line[j].kind == DF_MD_BLANK; j++)
		;
	if (j == r->md->lines)
		return MENTION;
	l = &r->md->line[j];
	if (l->kind == DF_MD_FENCE)
		return FIELDED;
	if (l->kind != DF_MD_TEXT)
		return MENTION;
	t = df_md_item(l);
	if (starts(t, "**"))
		t = advance(t, 2);
	if (df_str_word(t, "GIVEN"))
		return FIELDED;
	t.s = l->s;
	t.n = l->n;
	if (l->mark == '1' || !df_md_kv(t, &kv) ||
	    df_spec_id(kv.key.s, kv.key.n, &f))
		return MENTION;
	return FIELDED;
}

static int
by_line(const void *a, const void *b)
{
	const struct rd_def *x = a, *y = b;

	return x->line < y->line ? -1 : x->line > y->line;
}

void
rd_defs(struct rd *r, unsigned mask, struct rd_defs *out)
{
	VEC(struct cand) c = { 0 };
	VEC(struct rd_def) d = { 0 };
	VEC(uint32_t) best = { 0 };	/* by id number: candidate + 1 */
	struct cand one, *x, *b;
	uint32_t i, section = 0, end;
	size_t k, num;

	for (i = 0; i < r->md->lines; i++) {
		const struct df_md_line *l = &r->md->line[i];

		if (l->kind == DF_MD_HEADING && l->level <= 2)
			section = i;
		memset(&one, 0, sizeof(one));
		if (!candidate(r, i, mask, &one))
			continue;
		one.strength = strength(r, &one);
		one.d.mention = one.strength == MENTION;
		one.section = section;
		if (!rd_take(r, 1))
			break;
		*PUSH(c) = one;
	}
	for (k = 0; k < c.n; k++) {
		x = &c.v[k];
		num = id_number(r, x->d.id.s, x->d.id.n);
		while (best.n <= num)
			*PUSH(best) = 0;
		if (best.v[num] == 0) {
			best.v[num] = (uint32_t)k + 1;
			x->taken = 1;
			continue;
		}
		b = &c.v[best.v[num] - 1];
		if (x->strength > b->strength) {
			b->taken = 0;
			x->taken = 1;
			best.v[num] = (uint32_t)k + 1;
		} else if (x->strength == b->strength &&
		    (x->strength == HEADED || (x->form == b->form &&
		    x->section == b->section))) {
			x->taken = 2;
			rd_remark(r, "id.duplicate",
			    rd_at(r, x->d.id, x->d.line),
			    "%.*s is defined a second time; the first is in "
			    "line %u", (int)x->d.id.n, x->d.id.s,
			    b->d.line + 1);
		}
	}
	for (k = 0; k < c.n; k++)
		if (c.v[k].taken)
			*PUSH(d) = c.v[k].d;
	if (d.n)
		qsort(d.v, d.n, sizeof(*d.v), by_line);
	for (k = 0; k < d.n; k++) {
		end = k + 1 < d.n ? d.v[k + 1].line : r->md->lines;
		for (i = d.v[k].line + 1; i < end; i++) {
			const struct df_md_line *l = &r->md->line[i];

			if (l->kind == DF_MD_HEADING &&
			    (d.v[k].level == 0 || l->level <= d.v[k].level))
				break;
		}
		d.v[k].end = i;
	}
	/* what is defined twice bounds its neighbours, and is dropped now */
	for (i = 0, k = 0; k < d.n; k++) {
		num = id_number(r, d.v[k].id.s, d.v[k].id.n);
		if (c.v[best.v[num] - 1].d.line == d.v[k].line)
			d.v[i++] = d.v[k];
	}
	d.n = i;
	free(c.v);
	free(best.v);
	KEEP(r, d, &out->v, &out->n);
}

void
rd_item(struct rd *r, const struct rd_def *d, struct df_item *it)
{
	(void)rd_take(r, 20);
	it->id = rd_intern(r, d->id.s, d->id.n);
	it->title = rd_str(r, d->title);
	it->family = (uint8_t)d->family;
	it->at = rd_span(r, d->line, d->end);
	it->body = rd_span(r, d->line + 1, d->end);
	if (it->body.line == 0)
		it->body.line = d->line + 1;
}

void
rd_index(struct rd *r, const struct df_item *it)
{
	struct df_spec *sp = r->sp;

	if (df_map_get(&sp->ids, it->id, strlen(it->id)) != DF_MAP_NONE)
		return;
	DF_GROW(sp->items, sp->nitems, sp->itemcap);
	sp->items[sp->nitems] = it;
	df_map_set(&sp->ids, it->id, strlen(it->id), sp->nitems);
	sp->nitems++;
}

/* ---- references ---- */

struct refs {
	struct rd *r;
	unsigned mask;
	uint32_t line;
	VEC(struct df_ref) in;
	VEC(struct df_ref) out;
};

static void
add_ref(struct refs *x, const char *id, size_t n, enum df_family f,
    struct df_span at, int derived, int others)
{
	struct rd *r = x->r;
	size_t num;
	struct df_ref *ref;
	int in = (x->mask & FAM(f)) != 0;

	if ((!in && !others) || !rd_take(r, 1))
		return;
	num = id_number(r, id, n);
	if (r->id.v[num].stamp >= r->stamp)
		return;
	r->id.v[num].stamp = r->stamp;
	ref = in ? PUSH(x->in) : PUSH(x->out);
	ref->id = r->id.v[num].s;
	ref->family = (uint8_t)f;
	ref->derived = (uint8_t)derived;
	ref->at = at;
}

/* An id cut into prefix ("SC-EC-") and number. */
struct parts {
	size_t prefix, width;
	unsigned long num;
};

static struct parts
parts(const char *id, size_t n)
{
	struct parts p = { n, 0, 0 };
	size_t i;

	while (p.prefix && !digit(id[p.prefix - 1]))
		p.prefix--;		/* a letter behind the number */
	for (i = p.prefix; i && digit(id[i - 1]); i--)
		p.width++;
	p.prefix = i;
	for (; i < p.prefix + p.width; i++)
		p.num = p.num * 10 + (unsigned long)(id[i] - '0');
	return p;
}

static void
add_number(struct refs *x, const char *id, const struct parts *p,
    unsigned long num, enum df_family f, struct df_span at, int others)
{
	char s[64];
	int n;

	n = snprintf(s, sizeof(s), "%.*s%0*lu", (int)p->prefix, id,
	    (int)p->width, num);
	add_ref(x, s, (size_t)n, f, at, 1, others);
}

static size_t
word(struct df_str t, const char *w)
{
	return df_str_word(t, w) ? strlen(w) : 0;
}

/*
 * t follows an id: the length of what joins it to the last id of a range
 * ("through", "..", a dash), or 0.  Sets *tight when bare digits may follow.
 */
static size_t
joint(struct df_str t, int *tight)
{
	struct df_str u = spaces(t);
	size_t n, lead = (size_t)(u.s - t.s);

	*tight = 1;
	n = starts(u, "...") ? 3 : starts(u, "..") ? 2 :
	    starts(u, "\xe2\x80\xa6") || starts(u, "\xe2\x80\x93") ? 3 : 0;
	if (n)
		return lead + n;
	if (lead == 0) {
		if (starts(t, "\xe2\x80\x94"))
			return 3;
		return starts(t, "-") ? 1 : 0;
	}
	*tight = 0;
	n = word(u, "through");
	n = n ? n : word(u, "thru");
	n = n ? n : word(u, "to");
	return n ? lead + n : 0;
}

/*
 * A range that begins with the id at t.s (n bytes): adds what lies between and
 * returns the bytes used beyond the id, 0 when there is none.
 */
static size_t
range(struct refs *x, struct df_str t, size_t n, enum df_family f,
    struct df_span at, int others)
{
	struct df_str u = advance(t, n);
	struct parts a = parts(t.s, n), b;
	enum df_family g;
	unsigned long k;
	size_t j, m;
	int tight;

	j = joint(u, &tight);
	if (j == 0)
		return 0;
	u = spaces(advance(u, j));
	if (starts(u, "D") && u.n > 3 && digit(u.s[1]) && u.s[2] == ' ')
		u = advance(u, 3);
	m = df_spec_id(u.s, u.n, &g);
	if (m) {
		b = parts(u.s, m);
		if (g != f || b.prefix != a.prefix ||
		    memcmp(u.s, t.s, a.prefix) != 0)
			return 0;
	} else {
		for (m = 0; m < u.n && digit(u.s[m]); m++)
			;
		if (!tight || m != a.width || (m < u.n && wordchar(u.s[m])))
			return 0;
		b.num = strtoul(u.s, NULL, 10);
	}
	if (b.num < a.num)
		return 0;
	if (b.num - a.num > RANGE_MAX) {
		rd_remark(x->r, "ref.range", at,
		    "the range %.*s has more than %d members",
		    (int)(u.s + m - t.s), t.s, RANGE_MAX);
		return 0;
	}
	for (k = a.num + 1; k < b.num && !x->r->full; k++)
		add_number(x, t.s, &a, k, f, at, others);
	if (df_spec_id(u.s, u.n, &g))
		add_ref(x, u.s, m, f, at, 0, others);
	else
		add_number(x, t.s, &a, b.num, f, at, others);
	return (size_t)(u.s + m - (t.s + n));
}

/* "SC-001,002,003": bytes used beyond the id. */
static size_t
shorthand(struct refs *x, struct df_str t, size_t n, enum df_family f,
    struct df_span at, int others)
{
	struct df_str u = advance(t, n), v;
	struct parts a = parts(t.s, n);
	size_t m;

	for (;;) {
		if (!starts(u, ",") && !starts(u, "/"))
			break;
		v = u.s[0] == ',' ? spaces(advance(u, 1)) : advance(u, 1);
		for (m = 0; m < v.n && digit(v.s[m]); m++)
			;
		if (m == 0 || m != a.width || (m < v.n && (wordchar(v.s[m]) ||
		    v.s[m] == '-' || v.s[m] == '+' || v.s[m] == '%')))
			break;
		add_number(x, t.s, &a, strtoul(v.s, NULL, 10), f, at, others);
		u = advance(v, m);
	}
	return (size_t)(u.s - (t.s + n));
}

static void
scan_ids(struct refs *x, struct df_str t, int others)
{
	enum df_family f;
	struct df_span at;
	struct df_str u;
	size_t i, n, more;

	for (i = 0; i < t.n && !x->r->full; ) {
		if (!upper(t.s[i]) || (i && (wordchar(t.s[i - 1]) ||
		    t.s[i - 1] == '-'))) {
			i++;
			continue;
		}
		n = df_spec_id(t.s + i, t.n - i, &f);
		if (n == 0) {
			i++;
			continue;
		}
		u = advance(t, i);
		at = rd_at(x->r, (struct df_str){ u.s, n }, x->line);
		add_ref(x, u.s, n, f, at, 0, others);
		more = range(x, u, n, f, at, others);
		if (more == 0)
			more = shorthand(x, u, n, f, at, others);
		i += n + more;
	}
}

/* Does t name the whole set of the families in mask? */
static int
whole_set(struct df_str t, unsigned mask)
{
	const char *p;
	size_t i;
	unsigned doc;
	int other = 0, own = 0;

	t = df_str_trim(t);
	while (t.n && (t.s[0] == '*' || t.s[0] == '`' || t.s[0] == '-'))
		t = spaces(advance(t, 1));
	if ((p = memchr(t.s, '(', t.n)) != NULL)
		t.n = (size_t)(p - t.s);
	if (starts(t, "D2 ") || starts(t, "D4 "))
		p = t.s + 3;
	else
		p = t.s;
	if (!df_str_word(t, "all") && !df_str_word(t, "every") &&
	    !df_str_word(t, "validation of all") &&
	    !df_str_word((struct df_str){ p, (size_t)(t.s + t.n - p) },
	    "full"))
		return 0;
	/* "All D1 articles" is another set */
	for (i = 0; i + 1 < t.n; i++) {
		if (t.s[i] != 'D' || !digit(t.s[i + 1]) ||
		    (i && wordchar(t.s[i - 1])))
			continue;
		doc = (unsigned)(t.s[i + 1] - '0');
		if ((doc == 2 && (mask & FAM(DF_SC))) ||
		    (doc == 4 && (mask & FAM_CONTRACT)) ||
		    (doc == 8 && (mask & FAM(DF_T))))
			own = 1;
		else
			other = 1;
	}
	return own || !other;
}

static int
has_word(struct df_str t, const char *w)
{
	size_t i;

	for (i = 0; i < t.n; i++)
		if ((i == 0 || !wordchar(t.s[i - 1])) &&
		    df_str_word(advance(t, i), w))
			return 1;
	return 0;
}

/* "All P0 and P1 scenarios", "All error contracts": only some of the set. */
static int
narrowed(struct df_str t, const struct df_item *it)
{
	static const struct {
		const char *word;
		enum df_family f;
	} kind[] = {
		{ "inbound", DF_IN }, { "outbound", DF_OUT },
		{ "side", DF_SIDE }, { "error", DF_ERR }
	};
	static const char *const prio[] = { "P0", "P1", "P2", "P3" };
	const char *p = memchr(t.s, '(', t.n);
	size_t i;
	int any = 0;

	if (p)
		t.n = (size_t)(p - t.s);
	if (it->family == DF_SC) {
		for (i = 0; i < DF_LEN(prio); i++)
			if (has_word(t, prio[i])) {
				any = 1;
				if (df_scenario_of(it)->priority == (int)i)
					return 0;
			}
		return any;
	}
	for (i = 0; i < DF_LEN(kind); i++)
		if (has_word(t, kind[i].word)) {
			any = 1;
			if (it->family == kind[i].f)
				return 0;
		}
	return any;
}

static void
add_whole(struct refs *x, struct df_str t)
{
	const struct df_spec *sp = x->r->sp;
	struct df_span at = rd_at(x->r, t, x->line);
	size_t i;

	if (x->mask & FAM(DF_SC))
		for (i = 0; i < sp->d2.scenarios && !x->r->full; i++) {
			const struct df_item *it = &sp->d2.scenario[i].item;

			if (!narrowed(t, it))
				add_ref(x, it->id, strlen(it->id), DF_SC, at,
				    1, 0);
		}
	if (x->mask & FAM_CONTRACT)
		for (i = 0; i < sp->d4.contracts && !x->r->full; i++) {
			const struct df_item *it = &sp->d4.contract[i].item;

			if (!narrowed(t, it))
				add_ref(x, it->id, strlen(it->id),
				    (enum df_family)it->family, at, 1, 0);
		}
}

void
rd_refs(struct rd *r, struct df_str t, uint32_t line, unsigned mask,
    int whole, struct df_refs *refs, struct df_refs *others)
{
	struct refs x;
	struct df_str rest = t;
	static const char *const but[] = {
		"except", "excluding", "other than"
	};
	const char *p = NULL;
	size_t i;

	memset(&x, 0, sizeof(x));
	x.r = r;
	x.mask = mask;
	x.line = line;
	r->stamp++;
	if (whole && whole_set(t, mask)) {
		for (i = 0; i < DF_LEN(but) && p == NULL; i++)
			p = df_str_find(t, but[i]);
		if (p) {
			/* these are seen already when the set is added */
			rest.s = p;
			rest.n = (size_t)(t.s + t.n - p);
			scan_ids(&x, rest, 0);
			x.in.n = 0;
		} else
			scan_ids(&x, t, others != NULL);
		add_whole(&x, t);
	} else
		scan_ids(&x, t, others != NULL);
	KEEP(r, x.in, &refs->v, &refs->n);
	if (refs->n)
		*PUSH(r->lists) = *refs;
	if (others == NULL) {
		free(x.out.v);
		return;
	}
	KEEP(r, x.out, &others->v, &others->n);
	if (others->n)
		*PUSH(r->lists) = *others;
}

void
rd_fieldrefs(struct rd *r, const struct rd_fields *f, const char *names,
    unsigned mask, int whole, struct df_refs *refs, struct df_refs *others)
{
	const struct rd_field *x = rd_field(f, names);
	struct df_value t;

	memset(refs, 0, sizeof(*refs));
	if (x == NULL)
		return;
	if (x->value.n && (x->line + 1 == x->end ||
	    r->md->line[x->line + 1].kind != DF_MD_TEXT)) {
		rd_refs(r, x->value, x->line, mask, whole, refs, others);
		return;
	}
	t = rd_fieldtext(r, f, names);
	rd_refs(r, rd_textstr(&t), x->line, mask, whole, refs, others);
}
