/*
 * Sets with one change: each document, heading, field line and definition
 * left out, each definition twice and under another id, each status open
 * again.  The right rule must speak at the right line, and nothing that
 * changes what a set holds may pass without a word.
 */
#include "base/df.h"

#include <fcntl.h>

#include "base/file.h"
#include "spec/check.h"
#include "tap.h"

enum { ITEMS = DF_FAMILIES, DEPS, TASK_SC, TASK_CT, CRITERIA, HOLD_SC, HOLD_CT,
	CODE, ARTICLES, VERDICTS, COUNTS };
static const char *const count_name[COUNTS] = {
	[DEPS] = "dependencies", [TASK_SC] = "scenarios of tasks",
	[TASK_CT] = "contracts of tasks", [CRITERIA] = "criteria",
	[HOLD_SC] = "scenarios of holdouts",
	[HOLD_CT] = "contracts of holdouts", [CODE] = "blocks of code",
	[ARTICLES] = "articles", [VERDICTS] = "verdicts"
};

struct state {
	struct df_spec sp;
	struct df_check c;
	size_t count[COUNTS];
};

static const char *set;
static struct df_buf text[DF_DOCS], changed;
static struct state base;
static size_t tried, silent;

static int
take(struct state *s, const struct df_spec_doc doc[DF_DOCS])
{
	const struct df_spec *sp = &s->sp;
	struct df_err e;
	size_t i;

	memset(s->count, 0, sizeof(s->count));
	if (df_spec_read(&s->sp, doc, 0, 0, &e) == -1)
		return -1;
	df_check_run(&s->c, sp);
	for (i = 0; i < sp->nitems; i++)
		s->count[sp->items[i]->family]++;
	for (i = 0; i < sp->d8.tasks; i++) {
		s->count[DEPS] += sp->d8.task[i].deps.n;
		s->count[TASK_SC] += sp->d8.task[i].scenarios.n;
		s->count[TASK_CT] += sp->d8.task[i].contracts.n;
		s->count[CRITERIA] += sp->d8.task[i].criteria;
	}
	for (i = 0; i < sp->d9.holdouts; i++) {
		s->count[HOLD_SC] += sp->d9.holdout[i].validates.n;
		s->count[HOLD_CT] += sp->d9.holdout[i].contracts.n;
		s->count[CODE] += sp->d9.holdout[i].setup.fences +
		    sp->d9.holdout[i].execute.fences +
		    sp->d9.holdout[i].verify.fences +
		    sp->d9.holdout[i].cleanup.fences;
	}
	s->count[ARTICLES] = sp->d1.articles;
	s->count[VERDICTS] = sp->d7.verdicts;
	return 0;
}

static void
drop(struct state *s)
{
	df_check_release(&s->c);
	df_spec_release(&s->sp);
}

/* Read the set with the text of one document changed; 0: left out. */
static int
try(struct state *s, unsigned doc, int there)
{
	struct df_spec_doc in[DF_DOCS];
	unsigned n;

	tried++;
	memset(in, 0, sizeof(in));
	for (n = 1; n < DF_DOCS; n++)
		if (n != doc || there) {
			in[n].s = n == doc ? changed.s : text[n].s;
			in[n].n = n == doc ? changed.n : text[n].n;
		}
	return take(s, in);
}

/* How often does a rule speak, at that line (0: any)? */
static size_t
rules(const struct df_check *c, const char *rule, unsigned doc, uint32_t line)
{
	size_t i, n = 0;

	for (i = 0; i < c->n; i++)
		n += strcmp(c->diag[i].rule->id, rule) == 0 &&
		    (doc == 0 || c->diag[i].doc == doc) &&
		    (line == 0 || c->diag[i].line == line);
	return n;
}

/* Is there a warning or an error that the set as it is does not have? */
static int
speaks(const struct state *s)
{
	size_t i, k;

	for (i = 0; i < s->c.n; i++) {
		if (s->c.diag[i].severity == DF_NOTE)
			continue;
		for (k = 0; k < base.c.n; k++)
			if (s->c.diag[i].rule == base.c.diag[k].rule &&
			    strcmp(s->c.diag[i].msg, base.c.diag[k].msg) == 0)
				break;
		if (k == base.c.n)
			return 1;
	}
	return 0;
}

/* Is the line all that there is of an item?  Then it may go. */
static int
is_whole_item(unsigned doc, uint32_t line)
{
	const struct df_md_line *l = &base.sp.doc[doc].md->line[line - 1];
	size_t i;

	for (i = 0; i < base.sp.nitems; i++) {
		const struct df_item *it = base.sp.items[i];

		if (df_family_doc[it->family] == doc &&
		    it->at.line == line && it->at.len <= l->len + 2)
			return 1;
	}
	return 0;
}

/* What a change did to the numbers must be said. */
static void
not_silent(struct state *s, unsigned doc, uint32_t line, const char *what)
{
	size_t i;

	/* criteria are a list: one may go */
	s->count[CRITERIA] = base.count[CRITERIA];
	if (memcmp(s->count, base.count, sizeof(base.count)) == 0 ||
	    speaks(s) || is_whole_item(doc, line))
		return;
	silent++;
	printf("# %s: D%u:%u %s changes", set, doc, line, what);
	for (i = 0; i < COUNTS; i++)
		if (s->count[i] != base.count[i])
			printf(" %s %zu to %zu", i < DF_FAMILIES ?
			    df_family_name[i] : count_name[i], base.count[i],
			    s->count[i]);
	printf(": %.*s\n", (int)base.sp.doc[doc].md->line[line - 1].len,
	    text[doc].s + base.sp.doc[doc].md->line[line - 1].off);
}

/* The document with lines [a, b) (from 1) replaced by s. */
static void
replace(unsigned doc, uint32_t a, uint32_t b, const char *s, size_t n)
{
	const struct df_md *md = base.sp.doc[doc].md;
	size_t from = md->line[a - 1].off, to = b - 1 < md->lines ?
	    md->line[b - 1].off : md->n;

	df_buf_reset(&changed);
	df_buf_add(&changed, text[doc].s, from);
	df_buf_add(&changed, s, n);
	df_buf_add(&changed, text[doc].s + to, text[doc].n - to);
}

/* ---- lines ---- */

static void
documents(void)
{
	struct state s;
	char want[64];
	unsigned n;
	size_t good = 0, all = 0, i;

	for (n = 1; n < DF_DOCS; n++) {
		if (text[n].n == 0)
			continue;
		all++;
		if (try(&s, n, 0) == -1)
			continue;
		snprintf(want, sizeof(want), "Missing required document: %s",
		    df_spec_docname(n));
		for (i = 0; i < s.c.n; i++)
			good += strcmp(s.c.diag[i].msg, want) == 0 &&
			    s.c.blocked && !s.c.pass;
		drop(&s);
	}
	is_int(good, all, "each document that is left out is named");
}

static void
lines(void)
{
	const struct df_md_line *l;
	struct df_md_kv kv;
	struct state s;
	unsigned n;
	uint32_t i;
	size_t before = silent;

	for (n = 1; n < DF_DOCS; n++)
		for (i = 0; base.sp.doc[n].md &&
		    i < base.sp.doc[n].md->lines; i++) {
			l = &base.sp.doc[n].md->line[i];
			if (l->kind != DF_MD_HEADING && l->kind !=
			    DF_MD_TABLE && l->kind != DF_MD_FENCE &&
			    l->kind != DF_MD_FENCE_END &&
			    !(l->kind == DF_MD_TEXT && df_md_kv(
			    (struct df_str){ l->s, l->n }, &kv)))
				continue;
			replace(n, i + 1, i + 2, "", 0);
			if (try(&s, n, 1) == -1)
				continue;
			not_silent(&s, n, i + 1, l->kind == DF_MD_HEADING ?
			    "without its heading" : "without its line");
			drop(&s);
		}
	is_int(silent - before, 0, set);
}

/* ---- items ---- */

/* Lines [from, to) of doc are left out (from 0: none is). */
struct cut {
	unsigned doc;
	uint32_t from, to;
};

static uint32_t
moved(const struct cut *cut, const struct df_span *at)
{
	if (at->doc != cut->doc || at->line < cut->to)
		return at->line;
	return at->line - (cut->to - cut->from);
}

static int
is_cut(const struct cut *cut, const struct df_span *at)
{
	return at->doc == cut->doc && at->line >= cut->from &&
	    at->line < cut->to;
}

static size_t wanted, found;

/* Each of the references to an item that is gone must dangle. */
static void
dangle(const struct state *s, const struct df_refs *r,
    const struct df_item *it, const char *rule, const struct cut *cut)
{
	size_t i, k;
	uint32_t line, col;

	for (i = 0; i < r->n; i++) {
		const struct df_ref *x = &r->v[i];

		if (x->to != it || x->derived || is_cut(cut, &x->at))
			continue;
		wanted++;
		line = moved(cut, &x->at);
		col = x->at.off - base.sp.doc[x->at.doc].md->line[
		    x->at.line - 1].off + 1;
		for (k = 0; k < s->c.n; k++) {
			const struct df_diag *d = &s->c.diag[k];

			if (strcmp(d->rule->id, rule) == 0 &&
			    d->doc == x->at.doc && d->line == line &&
			    d->col <= col && d->col + 8 > col &&
			    strstr(d->msg, it->id))
				break;
		}
		if (k < s->c.n)
			found++;
		else
			printf("# %s: no %s for %s at D%u:%u:%u\n", set, rule,
			    it->id, x->at.doc, line, col);
	}
}

static void
all_dangle(const struct state *s, const struct df_item *it,
    const struct cut *cut)
{
	const struct df_spec *sp = &base.sp;
	size_t i;

	for (i = 0; i < sp->d4.contracts; i++)
		if (!is_cut(cut, &sp->d4.contract[i].item.at))
			dangle(s, &sp->d4.contract[i].scenarios, it,
			    "ref.dangling", cut);
	for (i = 0; i < sp->d8.tasks; i++) {
		dangle(s, &sp->d8.task[i].deps, it, "ref.dangling", cut);
		dangle(s, &sp->d8.task[i].scenarios, it, "ref.dangling", cut);
		dangle(s, &sp->d8.task[i].contracts, it, "ref.dangling", cut);
	}
	for (i = 0; i < sp->d9.holdouts; i++) {
		if (!sp->d9.holdout[i].from_matrix)
			dangle(s, &sp->d9.holdout[i].validates, it,
			    "ref.holdout", cut);
		dangle(s, &sp->d9.holdout[i].contracts, it, "ref.holdout",
		    cut);
	}
}

/* Every definition under another id: what referred to it dangles, and what it
   could have meant is said. */
static void
rename_item(const struct df_item *it, unsigned doc)
{
	const struct df_md_line *l =
	    &base.sp.doc[doc].md->line[it->at.line - 1];
	const char *p = text[doc].s + l->off;
	struct cut none = { 0, 0, 0 };
	struct df_buf b = DF_BUF_INIT;
	size_t at, before = wanted, hints = 0, i;
	struct state s;

	df_buf_add(&b, p, l->len);
	at = (size_t)(strstr(b.s, it->id) - b.s);
	df_buf_reset(&b);
	df_buf_add(&b, p, at + strlen(it->id));
	df_buf_str(&b, "7");
	df_buf_add(&b, p + at + strlen(it->id), l->len + 1 - at -
	    strlen(it->id));
	replace(doc, it->at.line, it->at.line + 1, b.s, b.n);
	df_buf_release(&b);
	if (try(&s, doc, 1) == -1)
		return;
	all_dangle(&s, it, &none);
	for (i = 0; i < s.c.n; i++)
		hints += strstr(s.c.diag[i].hint, "did you mean") != NULL;
	if (wanted > before && hints == 0)
		ok(0, "%s: a hint for %s", set, it->id);
	drop(&s);
}

/*
 * Two definitions that change places by their ids: nothing is lost, nothing
 * stands twice, and each id is now where the other one was.
 */
static int
swapped(const struct df_item *a, const struct df_item *b, unsigned doc)
{
	const struct df_md *md = base.sp.doc[doc].md;
	const struct df_item *it[2] = { a, b }, *x;
	size_t at[2], i, from = 0;
	struct state s;
	int good;

	for (i = 0; i < 2; i++) {
		const char *line = text[doc].s +
		    md->line[it[i]->at.line - 1].off;

		at[i] = (size_t)(strstr(line, it[i]->id) - text[doc].s);
	}
	df_buf_reset(&changed);
	for (i = 0; i < 2; i++) {
		df_buf_add(&changed, text[doc].s + from, at[i] - from);
		df_buf_str(&changed, it[1 - i]->id);
		from = at[i] + strlen(it[i]->id);
	}
	df_buf_add(&changed, text[doc].s + from, text[doc].n - from);
	if (try(&s, doc, 1) == -1)
		return 0;
	x = df_spec_find(&s.sp, a->id, strlen(a->id));
	good = x && x->at.line == b->at.line &&
	    rules(&s.c, "id.duplicate", 0, 0) == 0 &&
	    s.count[a->family] == base.count[a->family];
	drop(&s);
	return good;
}

static void
swaps(void)
{
	const struct df_item *a, *b;
	size_t i, good = 0, all = 0;
	unsigned doc;

	for (i = 0; i + 1 < base.sp.nitems; i++) {
		a = base.sp.items[i];
		b = base.sp.items[i + 1];
		doc = df_family_doc[a->family];
		/* a holdout's YAML may say its id too */
		if (a->family != b->family || doc == 9 || a->family == DF_TD)
			continue;
		all++;
		if (swapped(a, b, doc))
			good++;
		else
			printf("# %s: %s and %s\n", set, a->id, b->id);
	}
	is_int(good, all, "ids that change places");
}

static void
items(void)
{
	struct state s;
	const struct df_item *it;
	struct df_buf b = DF_BUF_INIT;
	size_t i, n, twice = 0, lost = 0, all = 0;
	struct cut cut;
	unsigned doc;

	wanted = found = 0;
	for (i = 0; i < base.sp.nitems; i++) {
		it = base.sp.items[i];
		doc = df_family_doc[it->family];
		if (it->implied || it->family == DF_TD)
			continue;
		all++;
		cut.doc = doc;
		cut.from = it->at.line;
		cut.to = df_md_line_at(base.sp.doc[doc].md,
		    it->at.off + it->at.len - 1) + 1;
		/* twice: the copy is what is wrong */
		df_buf_reset(&b);
		for (n = 0; n < 2; n++) {
			df_buf_add(&b, text[doc].s + it->at.off, it->at.len);
			if (b.s[b.n - 1] != '\n')
				df_buf_ch(&b, '\n');
		}
		replace(doc, cut.from, cut.to, b.s, b.n);
		if (try(&s, doc, 1) == 0) {
			n = rules(&s.c, "id.duplicate", doc, cut.to);
			if (n == 1 && rules(&s.c, "id.duplicate", 0, 0) == 1 &&
			    !s.c.pass)
				twice++;
			else
				printf("# %s: %s twice: %zu at %u\n", set,
				    it->id, n, cut.to);
			drop(&s);
		}
		/* left out: whoever refers to it dangles */
		replace(doc, cut.from, cut.to, "", 0);
		if (try(&s, doc, 1) == 0) {
			if (s.count[it->family] == base.count[it->family] - 1)
				lost++;
			else
				printf("# %s: %s is still there\n", set,
				    it->id);
			if (df_family_doc[it->family] != 9)
				all_dangle(&s, it, &cut);
			drop(&s);
		}
		if (doc == 2 || doc == 4 || doc == 8)
			rename_item(it, doc);
	}
	df_buf_release(&b);
	is_int(twice, all, "each item that stands twice is an error there");
	is_int(lost, all, "each item that is left out is lost");
	is_int(found, wanted, "each reference to it dangles, where it stands");
	ok(wanted > 10, "%zu of them", wanted);
}

/* ---- open items ---- */

/* The status word in a place, replaced. */
static int
reopen(struct df_span at, const char *word, const char *rule, uint32_t line)
{
	static const char *const status[] = {
		"RESOLVED", "ASSUMED", "CLEAR", "COMPLETE", "MATCHES"
	};
	struct df_buf b = DF_BUF_INIT;
	struct state s;
	const char *p = NULL;
	size_t i, n = 0, good;

	df_buf_add(&b, text[6].s + at.off, at.len);
	for (i = 0; i < DF_LEN(status) && n == 0; i++)
		if ((p = strstr(b.s, status[i])) != NULL)
			n = strlen(status[i]);
	if (n == 0) {
		df_buf_release(&b);
		return 0;
	}
	i = at.off + (size_t)(p - b.s);
	df_buf_release(&b);
	df_buf_reset(&changed);
	df_buf_add(&changed, text[6].s, i);
	df_buf_str(&changed, word);
	df_buf_add(&changed, text[6].s + i + n, text[6].n - i - n);
	if (try(&s, 6, 1) == -1)
		return 0;
	good = rules(&s.c, rule, 6, line) == 1 && !s.c.pass &&
	    !s.c.row[DF_CHECK_OPEN].pass;
	drop(&s);
	return (int)good;
}

static void
statuses(void)
{
	static const char *const form[] = {
		"- Status: OPEN\n", "**Status:** (OPEN)\n", "Status: open\n",
		"- **Status:** OPEN - ask alice\n", "__Status__: OPEN\n",
		"- Status (OPEN|RESOLVED|ASSUMED): OPEN\n",
		"- Status: [OPEN | RESOLVED(answer) | ASSUMED]\n",
		"- Status: `OPEN`\n", "- status: not yet OPEN\n",
		"- Status: waiting\n", ""
	};
	const struct df_d6 *d = &base.sp.d6;
	const struct df_gap *g;
	struct state s;
	uint32_t line;
	size_t i, k, good = 0, all = 0;

	for (i = 0; i < d->gaps + d->clars; i++) {
		g = i < d->gaps ? &d->gap[i] : &d->clar[i - d->gaps];
		all++;
		line = g->status_text.at.line;
		k = reopen(g->status_text.at, "OPEN", i < d->gaps ? "d6.gap" :
		    "d6.open", line);
		if (k == 0)
			printf("# %s: %s is open\n", set, g->item.id);
		good += k;
		for (k = 0; i >= d->gaps && k < DF_LEN(form); k++) {
			all++;
			replace(6, line, line + 1, form[k], strlen(form[k]));
			if (try(&s, 6, 1) == -1)
				continue;
			if (rules(&s.c, "d6.open", 6, *form[k] ? line :
			    g->item.at.line) == 1 && !s.c.pass)
				good++;
			else
				printf("# %s: %s with %s", set, g->item.id,
				    form[k]);
			drop(&s);
		}
	}
	for (i = 0; i < d->categories; i++)
		for (k = 0; k < d->category[i].rows; k++) {
			struct df_span at =
			    d->category[i].row[k].status_text.at;

			if (d->category[i].row[k].status == DF_STATUS_OTHER)
				continue;
			all += 3;
			good += (size_t)reopen(at, "OPEN", "d6.row", at.line);
			good += (size_t)reopen(at, "**OPEN**", "d6.row",
			    at.line);
			good += (size_t)reopen(at, "OPEN:", "d6.row",
			    at.line);
		}
	is_int(good, all, "each status that is open again is an error there");
	ok(all > 3, "%zu of them", all);
}

/* Everything, with the set in dir. */
static void
one_set(const char *dir)
{
	struct df_spec_doc in[DF_DOCS];
	struct df_err e;
	char path[4096];
	unsigned n;

	memset(in, 0, sizeof(in));
	for (n = 1; n < DF_DOCS; n++) {
		df_buf_reset(&text[n]);
		snprintf(path, sizeof(path), "%s/%s", dir,
		    df_spec_docname(n));
		if (df_read_file(AT_FDCWD, path, &text[n], DF_SPEC_DOC_MAX,
		    &e) == -1)
			continue;
		in[n].s = text[n].s;
		in[n].n = text[n].n;
	}
	if (!ok(take(&base, in) == 0 && base.c.pass, "%s passes", set))
		return;
	documents();
	lines();
	items();
	swaps();
	statuses();
	drop(&base);
}

int
main(void)
{
	static const char *const own[] = {
		"bare", "behave", "classic", "implied", "levels", "pipes"
	};
	static const char *const real[] = {
		"FMWK-001-ledger@4c503ad", "FMWK-900-sawmill-smoke",
		"FMWK-900-sawmill-smoke@c4c196f"
	};
	const char *corpus = tap_corpus("specs/expected.jsonl");
	char root[2048], dir[4096];
	unsigned n;
	size_t i;

	for (i = 0; i < DF_LEN(own); i++) {
		set = own[i];
		snprintf(dir, sizeof(dir), "t/data/sets/%s", set);
		one_set(dir);
	}
	ok(tried > 1000, "%zu changed sets were read", tried);
	if (corpus)
		snprintf(root, sizeof(root), "%.*s",
		    (int)(strrchr(corpus, '/') - corpus), corpus);
	for (i = 0; corpus && i < DF_LEN(real); i++) {
		set = real[i];
		snprintf(dir, sizeof(dir), "%s/%s", root, set);
		one_set(dir);
	}
	for (n = 0; n < DF_DOCS; n++)
		df_buf_release(&text[n]);
	df_buf_release(&changed);
	return tap_done();
}
