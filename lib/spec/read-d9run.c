#include "base/df.h"

#include "spec/read-internal.h"

/* The run protocol of D9, and the environment that its scenarios expect. */

static int
digit(int c)
{
	return c >= '0' && c <= '9';
}

static size_t
number(struct df_str t, int64_t *n)
{
	size_t i;

	*n = 0;
	for (i = 0; i < t.n && i < 9 && digit(t.s[i]); i++)
		*n = *n * 10 + (t.s[i] - '0');
	return i;
}

static struct df_str
skip(struct df_str t, size_t n)
{
	t.s += n;
	t.n -= n;
	return df_str_trim(t);
}

/*
 * Thresholds in a text: "4/4", "2 of 3", "90%".  Each belongs to the priority
 * named last before it, or to runs when the word follows.
 */
static void
thresholds(struct df_protocol *p, struct df_str t, int runs)
{
	struct df_str u;
	int64_t need, total;
	size_t i, n, m;
	int prio = -1;

	for (i = 0; i < t.n; i++) {
		u.s = t.s + i;
		u.n = t.n - i;
		if (u.n > 1 && (u.s[0] == 'P' || u.s[0] == 'p') &&
		    (u.s[1] >= '0' && u.s[1] <= '3') &&
		    (u.n == 2 || !digit(u.s[2]))) {
			prio = u.s[1] - '0';
			i++;
			continue;
		}
		if (!digit(u.s[0]) || (i && (digit(u.s[-1]) ||
		    u.s[-1] == '-' || u.s[-1] == '.')))
			continue;
		n = number(u, &need);
		u = skip(u, n);
		if (u.n && u.s[0] == '%') {
			if (need <= 100)
				p->percent = need;
			continue;
		}
		if (u.n && u.s[0] == '/')
			u = skip(u, 1);
		else if (df_str_word(u, "out of"))
			u = skip(u, 6);
		else if (df_str_word(u, "of"))
			u = skip(u, 2);
		else
			continue;
		m = number(u, &total);
		if (m == 0 || total == 0)
			continue;
		u = skip(u, m);
		if (runs || df_str_word(u, "runs") || df_str_word(u, "run")) {
			p->run_need = need;
			p->run_total = total;
		} else if (prio == 0) {
			p->p0_need = need;
			p->p0_total = total;
		} else if (prio == 1) {
			p->p1_need = need;
			p->p1_total = total;
		}
	}
}

static const char *const protocol_keys[] = {
	"when to run", "when", "run environment", "run order", "order",
	"pass threshold", "threshold", "scenario pass", "scenario pass rule",
	"overall pass", "overall pass rule", "on failure", "pre-requisites",
	NULL
};

static void
read_protocol(struct rd *r)
{
	static const char *const all[] = {
		"pass threshold", "threshold", "overall pass",
		"overall pass rule"
	};
	struct df_protocol *p = &r->sp->d9.protocol;
	const struct df_section *s = rd_section(r, "run protocol");
	struct rd_range in = rd_whole(r, s);
	struct rd_fields f;
	struct df_value t;
	size_t i;

	p->p0_need = p->p0_total = p->p1_need = p->p1_total = p->percent =
	    p->run_need = p->run_total = -1;
	p->at = rd_span(r, in.a, in.b);
	rd_fields(r, in.a, in.b, protocol_keys, &f);
	p->order = rd_fieldtext(r, &f, "run order|order");
	p->threshold = rd_fieldtext(r, &f, "pass threshold|threshold|"
	    "overall pass|overall pass rule");
	t = rd_fieldtext(r, &f, "scenario pass|scenario pass rule");
	thresholds(p, rd_textstr(&t), 1);
	for (i = 0; i < DF_LEN(all); i++) {
		t = rd_fieldtext(r, &f, all[i]);
		thresholds(p, rd_textstr(&t), 0);
	}
}

/* ---- environment ---- */

/* Length of "LEDGER_CMD" at t, 0 when no variable's name begins there. */
static size_t
env_name(struct df_str t)
{
	size_t n = 0, letters = 0;

	while (n < t.n && ((t.s[n] >= 'A' && t.s[n] <= 'Z') ||
	    t.s[n] == '_' || (n && digit(t.s[n])))) {
		letters += t.s[n] >= 'A' && t.s[n] <= 'Z';
		n++;
	}
	if (letters < 3 || (n < t.n && ((t.s[n] >= 'a' && t.s[n] <= 'z') ||
	    t.s[n] == '-')))
		return 0;
	return n;
}

/* "default: x", "(default `x`)", "=x", ":-x}": the default, or NULL. */
static const char *
env_default(struct rd *r, struct df_str t)
{
	const char *p;
	size_t n;

	if (t.n > 200)		/* near the name, or it is another's */
		t.n = 200;
	if (t.n > 1 && t.s[0] == ':' && t.s[1] == '-') {
		t = skip(t, 2);
		p = memchr(t.s, '}', t.n);
		if (p)
			t.n = (size_t)(p - t.s);
		return rd_str(r, t);
	}
	if (t.n && t.s[0] == '=')
		return rd_str(r, df_md_bare(skip(t, 1)));
	for (; t.n; t = skip(t, 1)) {
		if ((t.s[0] == '`' || t.s[0] == '$') && env_name(skip(t, 1)))
			break;		/* what follows is the next one's */
		if (!df_str_word(t, "default") && !df_str_word(t, "defaults"))
			continue;
		t = skip(t, df_str_word(t, "defaults") ? 8 : 7);
		while (t.n && (t.s[0] == ':' || t.s[0] == '=' ||
		    df_str_word(t, "to") || df_str_word(t, "is")))
			t = skip(t, t.s[0] == ':' || t.s[0] == '=' ? 1 : 2);
		if (t.n && t.s[0] == '`' &&
		    (p = memchr(t.s + 1, '`', t.n - 1)) != NULL) {
			t.s++;
			t.n = (size_t)(p - t.s);
			return rd_str(r, t);
		}
		for (n = 0; n < t.n && t.s[n] != ' ' && t.s[n] != ')' &&
		    t.s[n] != ',' && t.s[n] != ';'; n++)
			;
		t.n = n;
		return rd_str(r, t);
	}
	return NULL;
}

struct envs {
	VEC(struct df_envvar) v;
	struct df_map seen;
};

/*
 * The variables that a line names: at its beginning (list), else those in
 * backquotes or behind a dollar.
 */
static void
env_line(struct rd *r, struct envs *e, uint32_t i, int list)
{
	const struct df_md_line *l = &r->md->line[i];
	struct df_str t = df_str_trim(l->kind == DF_MD_TEXT ? df_md_item(l) :
	    rd_line(l)), name;
	struct df_envvar *x;
	size_t n;

	if (l->kind == DF_MD_CODE && t.n && t.s[0] == '#')
		return;
	if (df_str_word(t, "export"))
		t = skip(t, 6);
	while (t.n && strchr("|*`${ :", t.s[0]))
		t = skip(t, 1);
	while (t.n) {
		n = list || (t.s > l->s && strchr("`${", t.s[-1])) ?
		    env_name(t) : 0;
		list = 0;
		if (n == 0 || (n < t.n && t.s[n] == '*')) {
			t.s++;
			t.n--;
			continue;
		}
		name.s = t.s;
		name.n = n;
		t.s += n;
		t.n -= n;
		if (df_map_get(&e->seen, name.s, name.n) != DF_MAP_NONE ||
		    !rd_take(r, 1))
			continue;
		df_map_set(&e->seen, name.s, name.n, e->v.n);
		x = PUSH(e->v);
		x->name = rd_str(r, name);
		x->fallback = env_default(r, t);
		x->at = rd_at(r, name, i);
	}
}

static void
read_env(struct rd *r)
{
	struct df_d9 *d = &r->sp->d9;
	const struct df_doc *doc = &r->sp->doc[r->doc];
	struct rd_range in;
	struct envs e;
	uint32_t i, done = 0;
	size_t k;

	memset(&e, 0, sizeof(e));
	for (k = 0; k < doc->sections; k++) {
		struct df_str title = df_str(doc->section[k].title);

		if (doc->section[k].level == 1 || (!df_md_title(title,
		    "environment") && !df_md_title(title, "harness")))
			continue;
		in = rd_whole(r, &doc->section[k]);
		for (i = in.a > done ? in.a : done; i < in.b; i++)
			if (r->md->line[i].kind == DF_MD_TEXT ||
			    r->md->line[i].kind == DF_MD_CODE ||
			    r->md->line[i].kind == DF_MD_TABLE)
				env_line(r, &e, i, 1);
		done = i;
	}
	/* what stands above the first section may name some too */
	for (i = 0; i < r->md->lines; i++) {
		if (r->md->line[i].kind == DF_MD_HEADING &&
		    r->md->line[i].level > 1)
			break;
		if (r->md->line[i].kind == DF_MD_TEXT)
			env_line(r, &e, i, 0);
	}
	df_map_release(&e.seen);
	KEEP(r, e.v, &d->env, &d->envs);
}

void
rd_protocol(struct rd *r)
{
	read_protocol(r);
	read_env(r);
}
