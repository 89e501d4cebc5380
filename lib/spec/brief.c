#include "base/df.h"

#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "spec/brief.h"
#include "spec/handoff.h"

static int
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static int
upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static int
alnum(char c)
{
	return (c >= 'a' && c <= 'z') || upper(c) || (c >= '0' && c <= '9');
}

/* ---- values ---- */

void
brief_trim(const char **s, size_t *n)
{
	while (*n && blank((*s)[*n - 1]))
		--*n;
	for (; *n && blank(**s); --*n)
		++*s;
}

int
brief_blank(const char *s, size_t n)
{
	brief_trim(&s, &n);
	return n == 0;
}

jv
brief_str(const char *s, size_t n)
{
	brief_trim(&s, &n);
	return jv_string_sized(s, (int)n);
}

jv
brief_value(const struct df_value *v)
{
	return brief_str(v->s, v->n);
}

jv
brief_buf(struct df_buf *b)
{
	jv v = brief_str(b->s, b->n);

	df_buf_reset(b);
	return v;
}

const char *
brief_doc(unsigned doc)
{
	static const char *const name[DF_DOCS] = { "", "D1", "D2", "D3", "D4",
	    "D5", "D6", "D7", "D8", "D9", "D10" };

	return doc < DF_DOCS ? name[doc] : "";
}

void
brief_put(struct df_buf *b, const char *before, const char *s, size_t n)
{
	df_buf_str(b, before);
	brief_trim(&s, &n);
	df_text_json(b, s, n);
}

void
brief_puts(struct df_buf *b, const char *before, const char *s)
{
	brief_put(b, before, s, strlen(s));
}

void
brief_putv(struct df_buf *b, const char *before, const struct df_value *v)
{
	brief_put(b, before, v->s, v->n);
}

void
brief_next(struct df_buf *b)
{
	df_buf_ch(b, b->n ? ',' : '[');
}

void
brief_number(struct df_buf *b, size_t n)
{
	char d[24];
	size_t k = sizeof(d);

	do
		d[--k] = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	df_buf_add(b, d + k, sizeof(d) - k);
}

void
brief_source(struct df_buf *b, struct df_span at)
{
	df_buf_str(b, "\"doc\":\"");
	df_buf_str(b, brief_doc(at.doc));
	df_buf_str(b, "\",\"line\":");
	brief_number(b, at.line);
}

/* ---- items ---- */

void
brief_item(struct df_buf *b, const struct df_item *it, int title)
{
	df_buf_str(b, it->id);
	if (title && *it->title) {
		df_buf_str(b, " (");
		df_buf_str(b, it->title);
		df_buf_ch(b, ')');
	}
}

void
brief_refs(struct df_buf *b, const struct df_refs *f, int title)
{
	size_t i, n = 0;

	for (i = 0; i < f->n; i++) {
		if (f->v[i].to == NULL)
			continue;
		if (n++)
			df_buf_str(b, ", ");
		brief_item(b, f->v[i].to, title);
	}
}

/* ---- ids of tasks ---- */

/* The length of the id of a task other than t at s[i], else 0. */
static size_t
other_id(const struct df_task *t, const char *s, size_t n, size_t i)
{
	enum df_family f;
	size_t k;

	if (s[i] != 'T' || (i && (alnum(s[i - 1]) || s[i - 1] == '-' ||
	    s[i - 1] == '_')))
		return 0;
	k = df_spec_id(s + i, n - i, &f);
	if (k == 0 || f != DF_T || (strlen(t->item.id) == k &&
	    memcmp(t->item.id, s + i, k) == 0))
		return 0;
	return k;
}

int
brief_other_task(const struct df_task *t, const char *s, size_t n)
{
	const char *p = s, *end = s + n;

	while ((p = memchr(p, 'T', (size_t)(end - p))) != NULL) {
		if (other_id(t, s, n, (size_t)(p - s)))
			return 1;
		p++;
	}
	return 0;
}

void
brief_title(struct df_buf *b, const struct df_task *t, const char *s)
{
	size_t n = strlen(s), i, k;

	while (n && (blank(s[n - 1]) || s[n - 1] == '.' || s[n - 1] == ':'))
		n--;
	for (i = 0; i < n; i += k) {
		k = other_id(t, s, n, i);
		if (k) {
			df_buf_str(b, "another task");
			continue;
		}
		df_buf_ch(b, s[i] == '\n' ? ' ' : s[i]);
		k = 1;
	}
}

/* The end of the sentence that begins at i. */
static size_t
sentence(const char *s, size_t n, size_t i)
{
	size_t k;

	for (; i < n; i++) {
		if (s[i] == '\n' && i + 1 < n && (s[i + 1] == '\n' ||
		    s[i + 1] == '-' || s[i + 1] == '*'))
			return i;
		if (s[i] != '.' && s[i] != '!' && s[i] != '?')
			continue;
		for (k = i + 1; k < n && (s[k] == ')' || s[k] == '"' ||
		    s[k] == '*'); k++)
			;
		if (k == n || (blank(s[k]) && (k + 1 == n || upper(s[k + 1]) ||
		    !alnum(s[k + 1]))))
			return k;
	}
	return n;
}

int
brief_sentences(struct df_buf *b, const struct df_task *t, const char *s,
    size_t n, size_t max)
{
	size_t i, end, k, from = b->n;

	for (i = 0; i < n; i = end) {
		while (i < n && blank(s[i]))
			i++;
		end = sentence(s, n, i);
		if (end == i)
			break;
		if (brief_other_task(t, s + i, end - i))
			continue;
		if (b->n > from && b->n - from + end - i > max)
			break;
		if (b->n > from)
			df_buf_ch(b, ' ');
		for (k = i; k < end; k++)
			df_buf_ch(b, blank(s[k]) ? ' ' : s[k]);
	}
	return b->n > from;
}

size_t
brief_first(struct df_buf *b, const char *s, size_t n, size_t max)
{
	size_t i, end, k, from = b->n, left = 0;

	for (i = 0; i < n; i = end) {
		while (i < n && blank(s[i]))
			i++;
		end = sentence(s, n, i);
		if (end == i)
			break;
		if (left || (b->n > from && b->n - from + end - i > max)) {
			left++;
			continue;
		}
		if (b->n > from)
			df_buf_ch(b, ' ');
		for (k = i; k < end; k++)
			df_buf_ch(b, blank(s[k]) ? ' ' : s[k]);
	}
	return left;
}

/* ---- tests ---- */

void
brief_test_name(struct df_buf *b, const char *id, const char *title)
{
	size_t from, n;

	for (; *id; id++)
		df_buf_ch(b, alnum(*id) ? (upper(*id) ? *id - 'A' + 'a' : *id) :
		    '_');
	for (from = b->n; *title; title += n) {
		for (n = 0; alnum(title[n]); n++)
			;
		if (n == 0) {
			n = 1;
			continue;
		}
		if (b->n - from + n >= BRIEF_SLUG)
			break;
		df_buf_ch(b, '_');
		for (; *title && n > 0; n--, title++)
			df_buf_ch(b, upper(*title) ? *title - 'A' + 'a' :
			    *title);
	}
}

static int
word_at(const char *s, size_t n, size_t i, const char *word)
{
	size_t k = strlen(word), j;

	if (n - i < k || (i && alnum(s[i - 1])))
		return 0;
	for (j = 0; j < k; j++)
		if ((upper(s[i + j]) ? s[i + j] - 'A' + 'a' : s[i + j]) !=
		    word[j])
			return 0;
	return 1;
}

/* "8+", "at least 8", ">= 8", "exactly 8", "8 test methods". */
static int
count_at(const char *s, size_t n, size_t i)
{
	static const char *const before[] = { "at least ", "exactly ",
	    "minimum ", "minimum of ", ">= ", ">=", "\xe2\x89\xa5 ",
	    "\xe2\x89\xa5" };
	size_t k, j, words;

	for (j = 0; j < DF_LEN(before); j++) {
		k = strlen(before[j]);
		if (i >= k && memcmp(s + i - k, before[j], k) == 0)
			return 1;
	}
	for (; i < n && s[i] >= '0' && s[i] <= '9'; i++)
		;
	if (i < n && s[i] == '+')
		return 1;
	for (words = 0; words < 3 && i < n && s[i] == ' '; words++) {
		i++;
		if (word_at(s, n, i, "test"))
			return 1;
		while (i < n && alnum(s[i]))
			i++;
	}
	return 0;
}

int
brief_counts_tests(const char *s, size_t n)
{
	size_t i;
	int tests = 0;

	for (i = 0; i < n && !tests; i++)
		tests = word_at(s, n, i, "test");
	for (i = 0; tests && i < n; i++)
		if (s[i] >= '0' && s[i] <= '9' && (i == 0 ||
		    (!alnum(s[i - 1]) && s[i - 1] != '-' && s[i - 1] != '.' &&
		    s[i - 1] != '_')) && count_at(s, n, i))
			return 1;
	return 0;
}

/* ---- the rest ---- */

jv
brief_lines(const char *s, size_t n)
{
	struct df_buf b = DF_BUF_INIT;
	const char *end, *lf;
	size_t in, k;
	jv v;

	while (n && blank(s[n - 1]))
		n--;
	for (; n && *s == '\n'; n--)
		s++;
	for (in = 0; in < n && s[in] == ' '; in++)
		;
	for (end = s + n; s < end; s = lf + 1) {
		lf = memchr(s, '\n', (size_t)(end - s));
		for (k = 0; k < in && s < end && *s == ' '; k++)
			s++;
		df_buf_add(&b, s, (size_t)((lf ? lf : end) - s));
		if (lf == NULL)
			break;
		df_buf_ch(&b, '\n');
	}
	v = jv_string_sized(b.s ? b.s : "", (int)b.n);
	df_buf_release(&b);
	return v;
}

jv
brief_body(const struct df_spec *sp, const struct df_item *it)
{
	struct df_buf b = DF_BUF_INIT;
	size_t i, n;
	jv v;

	df_spec_text(sp, it->body, &b);
	for (n = b.n; n; n = i) {
		while (n && blank(b.s[n - 1]))
			n--;
		for (i = n; i && b.s[i - 1] != '\n'; i--)
			;
		if (n - i < 3 || strspn(b.s + i, "-*_ ") < n - i)
			break;
	}
	for (i = 0; i < n && (b.s[i] == '\n' || b.s[i] == '\r'); i++)
		;
	v = jv_string_sized(b.s + i, (int)(n - i));
	df_buf_release(&b);
	return v;
}

void
brief_product(struct df_buf *b, const struct df_spec *sp)
{
	df_buf_str(b, sp->component);
	if (brief_package(sp))
		df_buf_fmt(b, " (%s)", sp->package);
}

const char *
brief_package(const struct df_spec *sp)
{
	if (strcmp(sp->package, "TBD") == 0 ||
	    strcmp(sp->package, sp->component) == 0)
		return NULL;
	return sp->package;
}

/* The phase's name, unless it only says "Phase N" again. */
static const char *
phase_name(const struct df_task *t)
{
	const char *s = t->phase_name;

	if (t->phase < 0 || strncmp(s, "Phase ", 6) != 0)
		return s;
	for (s += 6; *s >= '0' && *s <= '9'; s++)
		;
	return *s ? t->phase_name : s;
}

void
brief_phase(struct df_buf *b, const struct df_task *t)
{
	const char *name = phase_name(t);

	if (t->phase >= 0)
		df_buf_fmt(b, "%d", t->phase);
	if (*name)
		df_buf_fmt(b, "%s%s", t->phase >= 0 ? ", " : "", name);
}

void
df_task_oneline(const struct df_task *t, struct df_buf *b)
{
	size_t n = b->n;

	brief_title(b, t, t->item.title);
	if (b->n == n && !brief_sentences(b, t, t->description.s,
	    t->description.n, BRIEF_MISSION))
		df_buf_fmt(b, "Task %s", t->item.id);
}

void
df_task_mission(const struct df_spec *sp, const struct df_task *t,
    struct df_buf *b)
{
	const char *phase = phase_name(t);
	size_t from;

	df_task_oneline(t, b);
	if (!strchr(".!?", b->s[b->n - 1]))
		df_buf_ch(b, '.');
	if (strcmp(t->description.s, t->item.title) != 0) {
		df_buf_ch(b, ' ');
		from = b->n;
		if (!brief_sentences(b, t, t->description.s, t->description.n,
		    BRIEF_MISSION))
			df_buf_cut(b, from - 1);
		else if (!strchr(".!?", b->s[b->n - 1]))
			df_buf_ch(b, '.');
	}
	df_buf_fmt(b, " This is task %s", t->item.id);
	if (t->phase >= 0)
		df_buf_fmt(b, " of phase %d", t->phase);
	if (*phase)
		df_buf_fmt(b, "%s%s%s", t->phase >= 0 ? " (" : " of ", phase,
		    t->phase >= 0 ? ")" : "");
	df_buf_fmt(b, " of %s", sp->component);
	if (brief_package(sp))
		df_buf_fmt(b, ", package %s", sp->package);
	df_buf_str(b, ". It is done when its acceptance criteria hold");
	if (t->scenarios.n) {
		df_buf_str(b, ", the product behaves as in ");
		brief_refs(b, &t->scenarios, t->scenarios.n <= BRIEF_TITLES);
	}
	if (t->contracts.n) {
		df_buf_str(b, ", and the code keeps ");
		brief_refs(b, &t->contracts, t->contracts.n <= BRIEF_TITLES);
	}
	df_buf_ch(b, '.');
}
