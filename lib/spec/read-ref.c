#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>

#include "spec/read-internal.h"

#define RANGE_MAX 10000	/* ids that one "A-001 through A-999" may mean */

struct refs {
	struct rd *r;
	unsigned mask;
	struct df_span at;		/* of the whole text */
	uint32_t seen;			/* the document's byte behind the id
					   that was found last */
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
	num = rd_id_number(r, id, n);
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

	while (p.prefix && !rd_digit(id[p.prefix - 1]))
		p.prefix--;		/* a letter behind the number */
	for (i = p.prefix; i && rd_digit(id[i - 1]); i--)
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
	struct df_str u = rd_spaces(t);
	size_t n, lead = (size_t)(u.s - t.s);

	*tight = 1;
	n = rd_starts(u, "...") || rd_starts(u, "\xe2\x80\xa6") ||
	    rd_starts(u, "\xe2\x80\x93") ? 3 : rd_starts(u, "..") ? 2 : 0;
	if (n)
		return lead + n;
	if (lead == 0) {
		if (rd_starts(t, "\xe2\x80\x94"))
			return 3;
		return rd_starts(t, "-") ? 1 : 0;
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
	struct df_str u = rd_advance(t, n);
	struct parts a = parts(t.s, n), b;
	enum df_family g;
	unsigned long k;
	size_t j, m;
	int tight;

	j = joint(u, &tight);
	if (j == 0)
		return 0;
	u = rd_spaces(rd_advance(u, j));
	if (rd_starts(u, "D") && u.n > 3 && rd_digit(u.s[1]) && u.s[2] == ' ')
		u = rd_advance(u, 3);
	m = df_spec_id(u.s, u.n, &g);
	if (m) {
		b = parts(u.s, m);
		if (g != f || b.prefix != a.prefix ||
		    memcmp(u.s, t.s, a.prefix) != 0)
			return 0;
	} else {
		for (m = 0; m < u.n && rd_digit(u.s[m]); m++)
			;
		if (!tight || m != a.width || (m < u.n && rd_wordchar(u.s[m])))
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
	struct df_str u = rd_advance(t, n), v;
	struct parts a = parts(t.s, n);
	size_t m;

	for (;;) {
		if (!rd_starts(u, ",") && !rd_starts(u, "/"))
			break;
		v = rd_advance(u, 1);
		if (u.s[0] == ',')
			v = rd_spaces(v);
		for (m = 0; m < v.n && rd_digit(v.s[m]); m++)
			;
		if (m == 0 || m != a.width || (m < v.n &&
		    (rd_wordchar(v.s[m]) || v.s[m] == '-' || v.s[m] == '+' ||
		    v.s[m] == '%')))
			break;
		add_number(x, t.s, &a, strtoul(v.s, NULL, 10), f, at, others);
		u = rd_advance(v, m);
	}
	return (size_t)(u.s - (t.s + n));
}

/*
 * Where the id at u stands.  A text that was put together from several lines
 * or has lost its marks is no slice of the document: what it came from is
 * looked through, once for all its ids.
 */
static struct df_span
place(struct refs *x, struct df_str u)
{
	const struct df_md *md = x->r->md;
	struct df_span at = x->at;
	struct df_str left;
	const char *id, *p;
	size_t end;

	if (u.s >= md->s && u.s < md->s + md->n)
		return rd_at(x->r, u, at.line - 1);
	end = (size_t)at.off + at.len;
	id = rd_intern(x->r, u.s, u.n);
	while (x->seen < end) {
		left.s = md->s + x->seen;
		left.n = end - x->seen;
		p = df_str_find(left, id);
		if (p == NULL) {
			x->seen = (uint32_t)end;
			break;
		}
		x->seen = (uint32_t)((size_t)(p - md->s) + u.n);
		if ((p > md->s && (rd_wordchar(p[-1]) || p[-1] == '-')) ||
		    (x->seen < md->n && rd_wordchar(md->s[x->seen])))
			continue;
		at.off = (uint32_t)(p - md->s);
		at.len = (uint32_t)u.n;
		at.line = df_md_line_at(md, at.off);
		return at;
	}
	return at;
}

static void
scan_ids(struct refs *x, struct df_str t, int others)
{
	enum df_family f;
	struct df_span at;
	struct df_str u;
	size_t i, n, more;

	for (i = 0; i < t.n && !x->r->full; ) {
		if (!rd_upper(t.s[i]) || (i && (rd_wordchar(t.s[i - 1]) ||
		    t.s[i - 1] == '-'))) {
			i++;
			continue;
		}
		n = df_spec_id(t.s + i, t.n - i, &f);
		if (n == 0) {
			i++;
			continue;
		}
		u = rd_advance(t, i);
		at = place(x, (struct df_str){ u.s, n });
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
		t = rd_spaces(rd_advance(t, 1));
	if ((p = memchr(t.s, '(', t.n)) != NULL)
		t.n = (size_t)(p - t.s);
	if (rd_starts(t, "D2 ") || rd_starts(t, "D4 "))
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
		if (t.s[i] != 'D' || !rd_digit(t.s[i + 1]) ||
		    (i && rd_wordchar(t.s[i - 1])))
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
		if ((i == 0 || !rd_wordchar(t.s[i - 1])) &&
		    df_str_word(rd_advance(t, i), w))
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
	struct df_span at = x->at;
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
rd_refs(struct rd *r, struct df_str t, struct df_span at, unsigned mask,
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
	x.at = at;
	x.seen = at.off;
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
		rd_refs(r, x->value, rd_at(r, x->value, x->line), mask, whole,
		    refs, others);
		return;
	}
	t = rd_fieldtext(r, f, names);
	rd_refs(r, rd_textstr(&t), t.at, mask, whole, refs, others);
}
