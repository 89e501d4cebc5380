#include "base/df.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "spec/found.h"

const char *const df_severity_name[3] = { "note", "warning", "error" };

static const char *const check_name[DF_CHECKS] = {
	"all_documents_present", "d6_no_open_items", "d2_scenarios_covered",
	"d4_contracts_covered", "d9_minimum_holdouts",
	"d8_no_dependency_cycles", "documents_readable", "no_placeholders",
	"ids_unique", "references_resolve", "d1_constitution_complete",
	"d5_blocking_decided", "d8_tasks_complete", "d9_holdouts_judgeable",
	"d9_scenarios_covered", "d9_not_in_public", "documents_agree"
};

const char *
df_check_name(enum df_check_id id)
{
	return check_name[id];
}

/* Checks that are made of D9 alone or need it. */
static const uint8_t needs_d9[DF_CHECKS] = {
	[DF_CHECK_HOLDOUTS] = 1, [DF_CHECK_JUDGE] = 1,
	[DF_CHECK_COVERAGE] = 1, [DF_CHECK_LEAK] = 1
};

void
df_found_begin(struct df_check *c)
{
	unsigned k;

	memset(c, 0, sizeof(*c));
	c->pass = 1;
	for (k = 0; k < DF_CHECKS; k++) {
		c->row[k].name = check_name[k];
		c->row[k].msg = "";
		c->row[k].d9 = needs_d9[k];
	}
}

/* ---- findings ---- */

#define MSG_MAX 2000	/* bytes of a finding */
#define SAY_MAX 8000	/* bytes of what a check says */
#define NEAR_IDS 2000
#define NEAR_MAX 100

/* A text for people and records: cut where a character ends. */
static DF_PRINTF(3, 0) const char *
clipped(struct df_check *c, size_t max, const char *fmt, va_list ap)
{
	struct df_buf b = DF_BUF_INIT;
	const char *s;

	df_buf_vfmt(&b, fmt, ap);
	if (b.n > max) {
		while (max && ((unsigned char)b.s[max] & 0xc0) == 0x80)
			max--;
		df_buf_cut(&b, max);
		df_buf_str(&b, " ...");
	}
	s = df_arena_str(&c->arena, b.s, b.n);
	df_buf_release(&b);
	return s;
}

struct df_diag *
df_found_add(struct df_check *c, const char *rule, const char *fmt, va_list ap)
{
	const struct df_rule_def *r = df_rule_find(rule);
	struct df_diag *d;

	if (r == NULL)
		DF_BUG(rule);
	c->count[r->severity]++;
	if (r->severity == DF_ERROR)
		c->row[r->check].errors++;
	if (r->severity == DF_WARNING)
		c->row[r->check].warnings++;
	if (c->n == DF_DIAGS_MAX) {
		c->cut++;
		return NULL;
	}
	DF_GROW(c->diag, c->n, c->cap);
	d = &c->diag[c->n++];
	memset(d, 0, sizeof(*d));
	d->rule = r;
	d->severity = r->severity;
	d->path = d->item = d->hint = "";
	d->msg = clipped(c, MSG_MAX, fmt, ap);
	return d;
}

void
df_found_say(struct df_check *c, enum df_check_id id, const char *fmt,
    va_list ap)
{
	c->row[id].msg = clipped(c, SAY_MAX, fmt, ap);
}

/* ---- hints ---- */

/*
 * Could an id be meant by another?  One character of it is wrong, missing or
 * too much, two have changed places, or only the zeros before its number
 * differ.  SC-099 is no slip of SC-001.
 */
static int
is_slip(const char *id, const char *word)
{
	size_t n = strlen(id), m = strlen(word), i = 0, k;

	if (n != m) {
		while (id[i] && id[i] == word[i] && (id[i] < '0' ||
		    id[i] > '9'))
			i++;
		k = i + strspn(word + i, "0");
		i += strspn(id + i, "0");
		if (strcmp(id + i, word + k) == 0)
			return 1;
		for (i = 0; id[i] && id[i] == word[i]; i++)
			;
		return strcmp(id + i + (n > m), word + i + (m > n)) == 0;
	}
	while (id[i] && id[i] == word[i])
		i++;
	return strcmp(id + i + 1, word + i + 1) == 0 || (i + 1 < n &&
	    id[i] == word[i + 1] && id[i + 1] == word[i] &&
	    strcmp(id + i + 2, word + i + 2) == 0);
}

static const char *hint(struct df_check *c, const char *fmt, ...)
    DF_PRINTF(2, 3);

static const char *
hint(struct df_check *c, const char *fmt, ...)
{
	const char *s;
	va_list ap;

	va_start(ap, fmt);
	s = clipped(c, MSG_MAX, fmt, ap);
	va_end(ap);
	return s;
}

const char *
df_found_near(struct df_check *c, const char *id, const char *const *word,
    size_t n)
{
	const char **slip, *near;
	size_t i, k = 0;

	if (n > NEAR_IDS || c->hints == NEAR_MAX)
		return "";
	c->hints++;
	slip = df_calloc(n + 1, sizeof(*slip));
	for (i = 0; i < n; i++)
		if (strcmp(word[i], id) != 0 && is_slip(id, word[i]))
			slip[k++] = word[i];
	near = k == 1 ? slip[0] : df_suggest(id, slip, k);
	free(slip);
	return near ? hint(c, "did you mean %s?", near) : "";
}

/* ---- the end ---- */

static int
by_line(const struct df_diag *x, const struct df_diag *y)
{
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (x->col != y->col)
		return x->col < y->col ? -1 : 1;
	if (x->rule != y->rule)
		return x->rule < y->rule ? -1 : 1;
	return strcmp(x->msg, y->msg);
}

static int
by_document(const void *a, const void *b)
{
	const struct df_diag *x = a, *y = b;

	if (x->doc != y->doc)
		return x->doc < y->doc ? -1 : 1;
	return by_line(x, y);
}

static int
by_path(const void *a, const void *b)
{
	const struct df_diag *x = a, *y = b;
	int d = x->path == y->path ? 0 : strcmp(x->path, y->path);

	return d ? d : by_line(x, y);
}

void
df_found_end(struct df_check *o, int paths)
{
	struct df_check_row *r;
	size_t i;
	unsigned k;

	if (o->n)
		qsort(o->diag, o->n, sizeof(*o->diag), paths ? by_path :
		    by_document);
	for (k = 0; k < DF_CHECKS; k++) {
		r = &o->row[k];
		if (r->errors)
			r->ran = 1;
		r->pass = r->errors == 0;
		if (r->errors)
			o->pass = 0;
		if (r->errors)
			r->detail = df_arena_alloc(&o->arena,
			    r->errors * sizeof(*r->detail));
	}
	for (i = 0; i < o->n; i++)
		if (o->diag[i].severity == DF_ERROR) {
			r = &o->row[o->diag[i].rule->check];
			r->detail[r->details++] = o->diag[i].msg;
		}
}

