#include "base/df.h"

#include <stdlib.h>
#include <string.h>

#include "base/schema-internal.h"
#include "base/text.h"

#define QUOTE ((size_t)64)	/* bytes of foreign text in a message */

const struct type df_schema_type[SCHEMA_TYPES] = {
	{ "null", "null", T_NULL },
	{ "boolean", "a boolean", T_BOOLEAN },
	{ "integer", "an integer", T_INTEGER },
	{ "number", "a number", T_NUMBER },
	{ "string", "a string", T_STRING },
	{ "array", "an array", T_ARRAY },
	{ "object", "an object", T_OBJECT },
};

void
df_schema_pointer(struct df_buf *b, const char *s, size_t n)
{
	size_t i;

	df_buf_ch(b, '/');
	for (i = 0; i < n; i++)
		if (s[i] == '~' || s[i] == '/')
			df_buf_str(b, s[i] == '~' ? "~0" : "~1");
		else
			df_buf_ch(b, s[i]);
}

int
df_schema_bad(struct comp *c, const char *code, const char *fmt, ...)
{
	struct df_buf b = DF_BUF_INIT;
	va_list ap;

	df_text_foreign(&b, c->path.s, c->path.n, DF_TEXT_LINE, 0, 200);
	if (b.n)
		df_buf_str(&b, ": ");
	va_start(ap, fmt);
	df_buf_vfmt(&b, fmt, ap);
	va_end(ap);
	df_fail(c->e, DF_INPUT, code, "%s: %s", c->what, b.s);
	df_buf_release(&b);
	return -1;
}

/*
 * Append the JSON Pointer of token t.  When t is the name of a member, that
 * is the place of the object, and the result is 1.
 */
static int
place(struct df_buf *b, const struct df_json *j, uint32_t t)
{
	struct df_buf name = DF_BUF_INIT;
	uint32_t at = 0, m;
	size_t i;

	while (at != t) {
		if (j->tok[at].type == DF_JARRAY) {
			for (i = 0, m = at + 1; df_jnext(j, m) <= t; i++)
				m = df_jnext(j, m);
			df_buf_fmt(b, "/%zu", i);
			at = m;
			continue;
		}
		for (m = at + 1; df_jnext(j, m + 1) <= t; )
			m = df_jnext(j, m + 1);
		if (m == t)
			break;
		df_buf_reset(&name);
		df_jtext(j, m, &name);
		df_schema_pointer(b, name.s, name.n);
		at = m + 1;
	}
	df_buf_release(&name);
	return at != t;
}

static void
quote(struct df_buf *b, struct str s)
{
	df_buf_ch(b, '"');
	df_text_foreign(b, s.s, s.n, DF_TEXT_LINE, 0, QUOTE);
	df_buf_ch(b, '"');
}

static void
quote_token(struct df_buf *b, const struct df_json *j, uint32_t t)
{
	struct df_buf s = DF_BUF_INIT;

	df_jtext(j, t, &s);
	quote(b, (struct str){ s.s, s.n });
	df_buf_release(&s);
}

static void
bare(struct df_buf *b, struct str s)
{
	df_text_foreign(b, s.s, s.n, DF_TEXT_LINE, 0, 2 * QUOTE);
}

static void
say_types(struct df_buf *b, const struct node *n)
{
	unsigned left = n->types;
	size_t i;
	int some = 0;

	for (i = 0; i < SCHEMA_TYPES; i++) {
		if ((left & df_schema_type[i].bits) == 0)
			continue;
		left &= ~df_schema_type[i].bits;
		df_buf_str(b, !some ? "" : left ? ", " : " or ");
		df_buf_str(b, df_schema_type[i].text);
		some = 1;
	}
}

static void
say_values(struct df_buf *b, const struct values *v)
{
	size_t i, from = b->n;

	for (i = 0; i < v->nraw; i++) {
		if (b->n - from > 3 * QUOTE) {
			df_buf_fmt(b, " or %zu others", v->nraw - i);
			return;
		}
		df_buf_str(b, i ? ", " : "");
		bare(b, v->raw[i]);
	}
}

/* Say in a few words what values n is for. */
static void
describe(struct df_buf *b, const struct node *n, size_t no)
{
	const struct node *s;
	size_t i;

	while (n->ref && n->title == NULL && n->types == 0)
		n = n->ref;
	if (n->title) {
		bare(b, (struct str){ n->title, strlen(n->title) });
		return;
	}
	if (n->only || n->among) {
		say_values(b, n->only ? n->only : n->among);
		return;
	}
	if (n->types && !n->never)
		say_types(b, n);
	else if (n->nmember)
		df_buf_str(b, "an object");
	else
		df_buf_fmt(b, "alternative %zu", no + 1);
	for (i = 0; i < n->nmember; i++) {
		for (s = n->member[i].schema; s && s->alias; s = s->alias)
			;
		if (s == NULL || s->only == NULL)
			continue;
		df_buf_str(b, " with ");
		quote(b, n->member[i].name);
		df_buf_str(b, ": ");
		say_values(b, s->only);
		return;
	}
	for (i = 0; i < n->nmember; i++)
		if (n->member[i].required) {
			df_buf_str(b, " with ");
			quote(b, n->member[i].name);
			return;
		}
}

static void
say_limit(struct df_buf *b, const char *rule, const struct limit *l)
{
	df_buf_str(b, rule);
	bare(b, l->raw);
}

static void
say_count(struct df_buf *b, const char *has, uint32_t n, const char *what)
{
	df_buf_fmt(b, "%s %u %s%s", has, n, what, n == 1 ? "" : "s");
}

static void
say_type_fault(struct df_buf *b, const struct df_json *j,
    const struct fault *f)
{
	const struct df_jtok *k = &j->tok[f->t];
	size_t i;

	df_buf_str(b, "must be ");
	say_types(b, f->n);
	df_buf_str(b, ", not ");
	if (k->type == DF_JNUMBER) {
		bare(b, (struct str){ j->s + k->start, k->end - k->start });
		return;
	}
	for (i = 0; i < SCHEMA_TYPES; i++)
		if (df_schema_type[i].bits >> k->type & 1)
			df_buf_str(b, df_schema_type[i].text);
}

static void
say_alternatives(struct df_buf *b, const struct list *l)
{
	size_t i, from = b->n;

	for (i = 0; i < l->n; i++) {
		if (b->n - from > 4 * QUOTE) {
			df_buf_fmt(b, " or %zu others", l->n - i);
			return;
		}
		df_buf_str(b, i == 0 ? "" : i + 1 == l->n ? " or " : ", ");
		describe(b, l->v[i], i);
	}
}

static void
say(struct df_buf *b, const struct df_json *j, const struct fault *f)
{
	const struct node *n = f->n;
	const struct dependent *d;

	switch (f->rule) {
	case R_NEVER:
		df_buf_str(b, "is not allowed");
		break;
	case R_TYPE:
		say_type_fault(b, j, f);
		break;
	case R_CONST:
		df_buf_str(b, "must be ");
		say_values(b, n->only);
		break;
	case R_ENUM:
		df_buf_str(b, n->among->nraw ? "must be one of " :
		    "no value is allowed");
		say_values(b, n->among);
		break;
	case R_MIN_LENGTH:
		if (n->min_length == 1)
			df_buf_str(b, "must not be empty");
		else
			say_count(b, "is shorter than", n->min_length,
			    "character");
		break;
	case R_MAX_LENGTH:
		say_count(b, "is longer than", n->max_length, "character");
		break;
	case R_PATTERN:
		quote_token(b, j, f->t);
		df_buf_str(b, " does not match ");
		bare(b, n->pattern_text);
		break;
	case R_MINIMUM:
		say_limit(b, "must be at least ", n->minimum);
		break;
	case R_MAXIMUM:
		say_limit(b, "must be at most ", n->maximum);
		break;
	case R_ABOVE:
		say_limit(b, "must be greater than ", n->above);
		break;
	case R_BELOW:
		say_limit(b, "must be less than ", n->below);
		break;
	case R_MULTIPLE:
		say_limit(b, "must be a multiple of ", n->multiple);
		break;
	case R_MIN_ITEMS:
		say_count(b, "has fewer than", n->min_items, "item");
		break;
	case R_MAX_ITEMS:
		say_count(b, "has more than", n->max_items, "item");
		break;
	case R_TUPLE:
		say_count(b, "has more than", (uint32_t)n->prefix.n, "item");
		break;
	case R_UNIQUE:
		df_buf_fmt(b, "items %zu and %zu are equal", f->a, f->b);
		break;
	case R_MIN_CONTAINS:
		say_count(b, "has fewer than", n->min_contains, "item");
		df_buf_str(b, " matching \"contains\"");
		break;
	case R_MAX_CONTAINS:
		say_count(b, "has more than", n->max_contains, "item");
		df_buf_str(b, " matching \"contains\"");
		break;
	case R_MIN_MEMBERS:
		say_count(b, "has fewer than", n->min_members, "member");
		break;
	case R_MAX_MEMBERS:
		say_count(b, "has more than", n->max_members, "member");
		break;
	case R_EXTRA:
		df_buf_str(b, "member ");
		quote_token(b, j, (uint32_t)f->a);
		df_buf_str(b, " is not allowed");
		break;
	case R_REQUIRED:
		df_buf_str(b, "member ");
		quote(b, n->member[f->a].name);
		df_buf_str(b, " is missing");
		break;
	case R_NEEDS:
		d = &n->dependent[f->a];
		df_buf_str(b, "member ");
		quote(b, d->needs[f->b]);
		df_buf_str(b, " is missing, which ");
		quote(b, d->name);
		df_buf_str(b, " requires");
		break;
	case R_ANY:
	case R_ONE:
		df_buf_str(b, "must be ");
		say_alternatives(b, f->rule == R_ANY ? &n->any : &n->one);
		break;
	case R_BOTH:
		df_buf_str(b, "matches two alternatives that exclude each "
		    "other: ");
		describe(b, n->one.v[f->a], f->a);
		df_buf_str(b, " and ");
		describe(b, n->one.v[f->b], f->b);
		break;
	case R_NOT:
		df_buf_str(b, "must not be ");
		if (n->not->title || n->not->types || n->not->nmember ||
		    n->not->only || n->not->among)
			describe(b, n->not, 0);
		else
			df_buf_str(b, "what \"not\" describes");
		break;
	}
}

/* The word that was probably meant, for a name or a value that is unknown. */
static void
hint(const struct df_json *j, const struct fault *f, struct df_err *e)
{
	size_t i, n = 0, max = f->n->nmember;
	const char **word, *found;
	struct df_buf b = DF_BUF_INIT;

	if (f->rule == R_ENUM)
		max = j->tok[f->t].type == DF_JSTRING ? f->n->among->ntext : 0;
	else if (f->rule != R_EXTRA)
		return;
	word = df_calloc(max, sizeof(*word));
	for (i = 0; i < max; i++)
		if (f->rule == R_ENUM)
			word[n++] = f->n->among->text[i].s;
		else if (f->n->member[i].schema)
			word[n++] = f->n->member[i].name.s;
	df_jtext(j, f->rule == R_ENUM ? f->t : (uint32_t)f->a, &b);
	found = memchr(b.s, '\0', b.n) ? NULL : df_suggest(b.s, word, n);
	df_buf_reset(&b);
	if (found) {
		quote(&b, (struct str){ found, strlen(found) });
		df_hint(e, "did you mean %s?", b.s);
	}
	df_buf_release(&b);
	free(word);
}

/* A record is one line, and a place in it means nothing to anybody. */
static int
written_by_hand(const struct df_json *j)
{
	return j->n && memchr(j->s, '\n', j->n - 1) != NULL;
}

static void
where(const struct df_json *j, uint32_t t, size_t *line, size_t *col)
{
	size_t i, bol = 0, at = j->tok[t].start;

	if (j->tok[t].type == DF_JSTRING)
		at--;
	*line = 1;
	for (i = 0; i < at; i++)
		if (j->s[i] == '\n') {
			++*line;
			bol = i + 1;
		}
	*col = at - bol + 1;
}

int
df_schema_report(const struct df_json *j, const struct fault *f,
    const char *what, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT, at = DF_BUF_INIT;
	size_t line, col;
	int name;

	name = place(&at, j, f->t);
	if (at.n) {
		df_text_foreign(&b, at.s, at.n, DF_TEXT_LINE, 0, 4 * QUOTE);
		df_buf_str(&b, ": ");
	}
	if (name) {
		df_buf_str(&b, "member name ");
		if (f->rule != R_PATTERN) {
			quote_token(&b, j, f->t);
			df_buf_str(&b, ": ");
		}
	}
	say(&b, j, f);
	if (written_by_hand(j)) {
		where(j, f->rule == R_EXTRA ? (uint32_t)f->a : f->t, &line,
		    &col);
		(void)df_fail_at(e, "schema", what, line, col, "%s", b.s);
	} else {
		(void)df_fail(e, DF_INPUT, "schema", "%s: %s", what, b.s);
	}
	if (e)
		hint(j, f, e);
	df_buf_release(&at);
	df_buf_release(&b);
	return -1;
}
