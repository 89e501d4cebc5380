#include "base/df.h"

#include <string.h>

#include "spec/md.h"
#include "spec/results.h"

const char *const df_results_section[] = {
	"status", "files created", "files modified", "archives built",
	"test results", "full regression", "baseline snapshot",
	"clean-room verification", "issues", "notes for reviewer",
	"session log", NULL
};

const char *
df_outcome_name(enum df_outcome o)
{
	static const char *const name[] = { "UNREADABLE", "PASS", "FAIL",
	    "PARTIAL" };

	return name[o];
}

static int
letter(int c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* A line "Status: x", "## Status: x", "**Status**: x", "- Status", "## Status"
   alone: 1, and what stands behind the key. */
static int
is_status(const struct df_md_line *l, struct df_str *value)
{
	struct df_str t = { l->s, l->n };
	struct df_md_kv kv;

	if (l->kind != DF_MD_HEADING && l->kind != DF_MD_TEXT)
		return 0;
	if (df_md_kv(t, &kv)) {
		*value = df_md_bare(kv.value);
		return df_md_key(kv.key, "status");
	}
	t = df_md_bare(l->kind == DF_MD_TEXT ? df_md_item(l) : t);
	value->s = t.s + t.n;
	value->n = 0;
	/* a line of text that is only the word could be anything else */
	return df_str_ieq(t, "status") && (l->kind == DF_MD_HEADING ||
	    t.n < l->n);
}

/* Does one of the words of t, up to a full stop or bracket, equal lit? */
static int
has_word(struct df_str t, const char *lit)
{
	size_t i;

	for (i = 0; i < t.n && strchr("([.;", t.s[i]) == NULL; i++)
		if ((i == 0 || !letter(t.s[i - 1])) &&
		    df_str_word((struct df_str){ t.s + i, t.n - i }, lit))
			return 1;
	return 0;
}

static enum df_outcome
outcome(struct df_str t)
{
	static const struct {
		const char *word;
		enum df_outcome is;
	} word[] = {
		{ "PASS", DF_OUTCOME_PASS }, { "PASSED", DF_OUTCOME_PASS },
		{ "COMPLETE", DF_OUTCOME_PASS },
		{ "COMPLETED", DF_OUTCOME_PASS },
		{ "FAIL", DF_OUTCOME_FAIL }, { "FAILED", DF_OUTCOME_FAIL },
		{ "PARTIAL", DF_OUTCOME_PARTIAL }
	};
	size_t i;

	while (t.n && !letter(t.s[0]) && (t.s[0] < '0' || t.s[0] > '9')) {
		t.s++;		/* marks, ticks, brackets */
		t.n--;
	}
	for (i = 0; i < DF_LEN(word); i++)
		if (df_str_word(t, word[i].word)) {
			/* "PASS | FAIL | PARTIAL" is the template's */
			struct df_str rest = { t.s + strlen(word[i].word),
			    t.n - strlen(word[i].word) };

			rest = df_str_trim(rest);
			if (rest.n && (rest.s[0] == '|' || rest.s[0] == '/'))
				return DF_OUTCOME_UNREADABLE;
			return word[i].is;
		}
	if (df_str_word(t, "ALL") && !has_word(t, "NOT") &&
	    !has_word(t, "FAIL") && !has_word(t, "FAILED") &&
	    (has_word(t, "PASS") || has_word(t, "PASSED")))
		return DF_OUTCOME_PASS;
	return DF_OUTCOME_UNREADABLE;
}

void
df_results_read(struct df_results *r, const char *s, size_t n)
{
	struct df_arena a = { 0 };
	struct df_md md;
	struct df_str t = { "", 0 };
	uint32_t i;

	memset(r, 0, sizeof(*r));
	r->why = "no line has the key Status";
	if (n > DF_RESULTS_MAX) {
		r->why = "the file is too large";
		return;
	}
	if (df_md_read(&md, &a, s, n, "results", NULL) == -1) {
		r->why = "the file is not UTF-8 text";
		df_arena_release(&a);
		return;
	}
	for (i = 0; i < md.lines; i++)
		if (is_status(&md.line[i], &t))
			break;
	if (i < md.lines) {
		while (t.n == 0 && ++i < md.lines) {
			const struct df_md_line *l = &md.line[i];

			if (l->kind == DF_MD_BLANK || l->kind == DF_MD_COMMENT)
				continue;
			if (l->kind == DF_MD_TEXT)
				t = df_md_bare(df_md_item(l));
			break;
		}
		r->outcome = outcome(t);
		r->line = t.n ? i + 1 : 0;
		n = t.n < sizeof(r->text) - 1 ? t.n : sizeof(r->text) - 1;
		while (n < t.n && n &&
		    ((unsigned char)t.s[n] & 0xc0) == 0x80)
			n--;
		memcpy(r->text, t.s, n);
		r->why = r->outcome != DF_OUTCOME_UNREADABLE ? "" : t.n ?
		    "the status is none of PASS, FAIL and PARTIAL" :
		    "the status is empty";
	}
	df_arena_release(&a);
}

unsigned
df_results_score(const char *s, size_t n, unsigned *have)
{
	struct df_arena a = { 0 };
	struct df_md md;
	struct df_str t;
	uint32_t i;
	unsigned k, score = 0;

	*have = 0;
	if (n > DF_RESULTS_MAX ||
	    df_md_read(&md, &a, s, n, "results", NULL) == -1) {
		df_arena_release(&a);
		return 0;
	}
	for (i = 0; i < md.lines; i++) {
		if (md.line[i].kind != DF_MD_HEADING &&
		    md.line[i].kind != DF_MD_TEXT)
			continue;
		t = df_md_item(&md.line[i]);
		while (t.n && (t.s[0] == '*' || t.s[0] == '_')) {
			t.s++;
			t.n--;
		}
		for (k = 0; df_results_section[k]; k++)
			if (df_md_title(t, df_results_section[k]))
				*have |= 1u << k;
	}
	for (k = 0; df_results_section[k]; k++)
		score += *have >> k & 1;
	df_arena_release(&a);
	return score;
}
