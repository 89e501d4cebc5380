/*
 * The YAML of scenarios: what libyaml reads, what is read when it refuses, and
 * that both say the same.
 */
#include "base/df.h"

#include <dirent.h>
#include <fcntl.h>
#include <time.h>

#include "base/file.h"
#include "docs.h"

static struct df_spec sp;
#define read_docs(...) docs_read(&sp, __VA_ARGS__)

static void
yaml(void)
{
	const struct df_behaviour *b;

	read_docs(9, "```yaml\nscenario_id: \"HS-007\"\ntitle: 'It''s'\n"
	    "priority: \"P0\"\nauthority:\n  d2_scenarios:\n    - SC-001\n"
	    "    - \"SC-002\"\n  d4_contracts: [IN-001,\n    ERR-001]\n"
	    "category: integrity # why\nsetup:\n  description: >\n    folded\n"
	    "    text\n\n    more\n  preconditions:\n  - one\n    goes on: "
	    "here\n  - two\naction:\n  description: a \"b\" c\n  steps:\n"
	    "    - \"q \\\"x\\\" y\"\n    - plain: with colon\n"
	    "expected_outcome:\n  description: |\n    literal\n      deep\n"
	    "  assertions:\n    - subject: s\n      condition: >\n"
	    "        long\n"
	    "        one\n      observable: o\n    - subject: t\n"
	    "  negative_assertions: []\npass_criteria:\n  runs_required: 3\n"
	    "  pass_threshold: \"2 of 3\"\nevidence_to_collect:\n- e\n```\n",
	    0);
	b = &sp.d9.holdout[0].behaviour;
	ok(sp.d9.holdouts == 1 &&
	    strcmp(sp.d9.holdout[0].item.id, "HS-007") == 0 &&
	    strcmp(sp.d9.holdout[0].item.title, "It's") == 0 &&
	    sp.d9.holdout[0].priority == 0, "a behavioural scenario");
	is_str(join(&sp.d9.holdout[0].validates), "SC-001 SC-002",
	    "a block list");
	is_str(join(&sp.d9.holdout[0].contracts), "IN-001 ERR-001",
	    "a flow list over two lines");
	is_str(b->setup.s, "folded text\nmore", "a folded scalar");
	is_str(b->outcome.s, "literal\n  deep", "a literal scalar");
	ok(b->preconditions.n == 2 && b->steps.n == 2 &&
	    b->evidence.n == 1 && b->negative.n == 0 &&
	    strcmp(b->steps.v[0].s, "q \"x\" y") == 0 &&
	    strcmp(b->steps.v[1].s, "plain: with colon") == 0, "lists");
	is_str(b->preconditions.v[0].s, "one goes on: here",
	    "a plain item over two lines");
	ok(b->assertions == 2 &&
	    strcmp(b->assertion[0].condition.s, "long one") == 0 &&
	    strcmp(b->assertion[0].observable.s, "o") == 0, "assertions");
	ok(b->runs == 3 && b->need == 2 && !b->strict && sp.remarks == 1 &&
	    sp.remark[0].at.line == 20, "what YAML would refuse is remarked");
	is_str(b->category.s, "integrity", "a comment is no value");
	read_docs(9, "1. in a list:\n   ```yaml\n   \"scenario_id\": HS-004 "
	    "# the fourth\n   title: indented\n   priority: P2\n"
	    "   action:\n     steps:\n     - a\n   ```\n", 0);
	ok(sp.d9.holdouts == 1 &&
	    strcmp(sp.d9.holdout[0].item.id, "HS-004") == 0 &&
	    sp.d9.holdout[0].behaviour.steps.n == 1 && sp.remarks == 0 &&
	    sp.d9.holdout[0].behaviour.steps.v[0].at.line == 8,
	    "a block in a list");
	read_docs(9, "# D9\n### Holdout Scenarios (P0)\n```yaml\n"
	    "scenario_id: HS-001\ntitle: own\n```\n### Its heading\n```yaml\n"
	    "scenario_id: HS-002\ntitle: own\n```\n", 0);
	ok(sp.d9.holdouts == 2 &&
	    strcmp(sp.d9.holdout[0].item.title, "own") == 0 &&
	    strcmp(sp.d9.holdout[1].item.title, "Its heading") == 0,
	    "the heading of all scenarios is none's title");
}

/* All that a behavioural block says. */
static void
dump(struct df_buf *b, const struct df_spec *of)
{
	size_t i, k, n;

	for (i = 0; i < of->d9.holdouts; i++) {
		const struct df_holdout *h = &of->d9.holdout[i];
		const struct df_behaviour *y = &h->behaviour;
		const struct df_values *list[] = { &y->preconditions,
		    &y->steps, &y->negative, &y->evidence };

		df_buf_fmt(b, "%s|%s|%d|%s|%s|%s|", h->item.id, h->item.title,
		    h->priority, h->slug.s, h->type.s, join(&h->validates));
		df_buf_fmt(b, "%s|%s|%s|%s|%s|%d|%d\n", join(&h->contracts),
		    y->category.s, y->setup.s, y->action.s, y->outcome.s,
		    (int)y->runs, (int)y->need);
		for (k = 0; k < DF_LEN(list); k++)
			for (n = 0; n < list[k]->n; n++)
				df_buf_fmt(b, "- %s\n", list[k]->v[n].s);
		for (k = 0; k < y->assertions; k++)
			df_buf_fmt(b, "> %s|%s|%s\n", y->assertion[k].subject.s,
			    y->assertion[k].condition.s,
			    y->assertion[k].observable.s);
	}
}

/*
 * What libyaml reads and what is read when it refuses is the same: each block
 * again with a last line that it refuses.
 */
static void
both_ways(const char *d9, size_t n, const char *what)
{
	struct df_buf bad = DF_BUF_INIT, one = DF_BUF_INIT, two = DF_BUF_INIT;
	struct df_spec_doc doc[DF_DOCS];
	const char *p = d9, *nl, *end = d9 + n;
	struct df_err e;
	size_t i, blocks = 0, refused = 0;
	int in = 0;

	for (; p < end; p = nl + 1) {
		if ((nl = memchr(p, '\n', (size_t)(end - p))) == NULL)
			nl = end - 1;
		if (in && strncmp(p, "```", 3) == 0) {
			df_buf_str(&bad, "zz: a: b\n");
			in = 0;
		} else if (strncmp(p, "```yaml", 7) == 0) {
			in = 1;
			blocks++;
		}
		df_buf_add(&bad, p, (size_t)(nl + 1 - p));
	}
	memset(doc, 0, sizeof(doc));
	df_spec_release(&sp);
	doc[9].s = d9;
	doc[9].n = n;
	if (df_spec_read(&sp, doc, 0, 0, &e) == -1) {
		ok(0, "read: %s", e.msg);
		return;
	}
	dump(&one, &sp);
	df_spec_release(&sp);
	doc[9].s = bad.s;
	doc[9].n = bad.n;
	if (df_spec_read(&sp, doc, 0, 0, &e) == -1) {
		ok(0, "read: %s", e.msg);
		return;
	}
	dump(&two, &sp);
	for (i = 0; i < sp.remarks; i++)
		refused += strcmp(sp.remark[i].rule, "d9.yaml") == 0;
	ok(blocks && refused >= sp.d9.holdouts && sp.d9.holdouts,
	    "%s: all of %zu blocks are refused", what, blocks);
	if (!ok(one.n == two.n && memcmp(one.s, two.s, one.n) == 0,
	    "%s: and say the same", what))
		printf("# one:\n%s\n# two:\n%s\n", one.s, two.s);
	df_buf_release(&bad);
	df_buf_release(&one);
	df_buf_release(&two);
}

/* A block of a scenario with these lines, as D9. */
static const char *
block_of(const char *lines)
{
	static char s[8192];

	snprintf(s, sizeof(s), "```yaml\nscenario_id: HS-001\npriority: P1\n"
	    "authority:\n  d2_scenarios: [SC-001]\n%s\n```\n", lines);
	return s;
}

/* Is line:col where the reader remarks on the YAML, in these words? */
static void
remarked(const char *lines, uint32_t line, uint32_t col, const char *text)
{
	const struct df_remark *m;
	uint32_t got;

	read_docs(9, block_of(lines), 0);
	if (!ok(sp.remarks == 1 && strcmp(sp.remark[0].rule, "d9.yaml") == 0,
	    "one remark: %s", text))
		return;
	m = &sp.remark[0];
	got = m->at.off - sp.doc[9].md->line[m->at.line - 1].off + 1;
	if (!ok(m->at.line == line && got == col &&
	    strstr(m->msg, text) != NULL, "%u:%u: %s", line, col, text))
		printf("# got %u:%u: %s\n", m->at.line, got, m->msg);
}

static void
gaps(void)
{
	read_docs(9, "```yaml\nscenario_id : HS-007\n\"priority\" : P0\n"
	    "title\t: x\nauthority :\n  d2_scenarios : [SC-001]\n```\n",
	    0);
	ok(sp.d9.holdouts == 1 &&
	    strcmp(sp.d9.holdout[0].item.id, "HS-007") == 0 &&
	    sp.d9.holdout[0].priority == 0, "a blank before a colon");
	is_str(join(&sp.d9.holdout[0].validates), "SC-001",
	    "does not hide what it says");
	read_docs(9, "```yaml\npriority P0 : x\ntitle x: y\n```\n", 0);
	ok(sp.d9.holdouts == 0, "but other words are other keys");
}

static void
yaml_refused(void)
{
	static const char *const same[] = {
		"setup:\n  preconditions:\n  - a\n  -  b: c\n  - - d\n"
		"    - e\n"
		"  - \"f: g\" # h\n  - 'it''s'\n  - [x, \"y, z\"]\n  - ~\n  -\n"
		"  - >\n    folded\n    text\n\n    more\n"
		"  - |\n    a\n     b\n",
		"action:\n    steps:\n        - one\n          two\n\n"
		"          three\n        # no\n        - four # no\n"
		"    description: \"x\\ty\\u00e4\n      z\"\n",
		"expected_outcome:\n  assertions:\n  - subject: s\n"
		"    condition: c\n    observable: >-\n      o\n      p\n"
		"  -\n    subject: t\n"
		"  negative_assertions: []\ncategory: 'a'\n",
		("\"title\": quoted key\n'category': other\n"
		"pass_criteria: {runs_required: 3, pass_threshold: 2}\n"),
		"evidence_to_collect:\n- a\n- http://x/y:z\n- b:c\n- d -- e\n",
		"---\ntitle: x\n", "title:\ncategory: null\n",
		"title: \"\"\ncategory: \"null\"\n",
		"action :\n  \"description\" : x\n  steps :\n  - a : b\n"
		"  -\tc\ncategory:\td\ntitle : e:f\n"
	};
	struct df_buf b = DF_BUF_INIT;
	const struct df_behaviour *y;
	char what[32];
	size_t i;

	for (i = 0; i < DF_LEN(same); i++) {
		const char *d9 = block_of(same[i]);

		snprintf(what, sizeof(what), "block %zu", i);
		both_ways(d9, strlen(d9), what);
	}
	remarked("title: a: b", 6, 9, "mapping values are not allowed");
	is_str(sp.d9.holdout[0].item.title, "a: b", "a colon in a value");
	remarked("evidence_to_collect:\n- one\n  (x: y).\n- two\n", 8, 5,
	    "mapping values");
	y = &sp.d9.holdout[0].behaviour;
	ok(y->evidence.n == 2 && strcmp(y->evidence.v[0].s, "one (x: y).")
	    == 0, "a colon in an item of two lines");
	ok(y->evidence.v[0].at.line == 7, "and its line");
	remarked("title: @b", 6, 8, "cannot start any token");
	is_str(sp.d9.holdout[0].item.title, "@b", "a reserved character");
	remarked("title: `b`", 6, 8, "cannot start any token");
	remarked("title: \"b\" and c", 6, 12, "did not find expected key");
	is_str(sp.d9.holdout[0].item.title, "\"b\" and c",
	    "text behind a quoted scalar");
	remarked("title: \"b", 6, 8, "while scanning a quoted scalar");
	is_str(sp.d9.holdout[0].item.title, "\"b", "a quote that never ends");
	remarked("title: [b, c", 6, 8, "did not find expected ',' or ']'");
	is_str(sp.d9.holdout[0].item.title, "[b, c", "a bracket that does not");
	remarked("title: a\x01z", 6, 9, "control characters");
	remarked("\ttitle: a", 6, 1, "cannot start any token");
	remarked("title: *bold* text", 6, 13, "while scanning an alias");
	is_str(sp.d9.holdout[0].item.title, "*bold* text",
	    "emphasis, no alias");
	remarked("a: &x y\ntitle: *x", 6, 4, "anchors are not read");
	is_str(sp.d9.holdout[0].item.title, "*x", "nothing is expanded");
	remarked("title: *x", 6, 8, "aliases are not expanded");
	remarked("title: \"a\\0b\"", 6, 8, "a NUL in a text");
	remarked("title: a\xe2\x80\xa8z", 2, 1, "line separator");
	remarked("? [a]\n: b", 6, 3, "a key that is no text");
	remarked("title: one\ntitle: two", 7, 1, "stands twice");
	ok(strcmp(sp.d9.holdout[0].item.title, "one") == 0 &&
	    sp.d9.holdout[0].behaviour.strict, "the first one counts");
	remarked("title: !t x", 6, 8, "a tag");
	is_str(sp.d9.holdout[0].item.title, "x", "tags are left out");
	remarked("title: x\n---\ntitle: y", 7, 1, "a second document");
	read_docs(9, block_of("title: x: y\n...\ncategory: z"), 0);
	ok(sp.remarks == 2 && sp.remark[1].at.line == 7 &&
	    strcmp(sp.d9.holdout[0].item.title, "x: y") == 0 &&
	    sp.d9.holdout[0].behaviour.category.n == 0,
	    "the first document, refused");
	remarked("title: x\ny y y\ncategory: c", 8, 1, "could not find");
	ok(strcmp(sp.d9.holdout[0].item.title, "x y y y") == 0 &&
	    strcmp(sp.d9.holdout[0].behaviour.category.s, "c") == 0,
	    "a line that fits nowhere belongs to what is before it");
	for (i = 0; i < 40; i++)
		df_buf_str(&b, "[");
	for (i = 0; i < 40; i++)
		df_buf_str(&b, "]");
	{
		struct df_buf t = DF_BUF_INIT;

		df_buf_fmt(&t, "title: %s", b.s);
		remarked(t.s, 6, 23, "nesting that is too deep");
		is_str(sp.d9.holdout[0].item.title, b.s, "and is a text");
		df_buf_release(&t);
	}
	df_buf_reset(&b);
	for (i = 0; i < 30; i++)
		df_buf_fmt(&b, "%*sk%zu:\n", (int)i, "", i);
	df_buf_fmt(&b, "%*stitle: deep\nevidence_to_collect: [x]", 30, "");
	remarked(b.s, 22, 17, "nesting that is too deep");
	is_int(sp.d9.holdout[0].behaviour.evidence.n, 1,
	    "what follows is read");
	/* nine levels of nine references would be 3 GB */
	df_buf_reset(&b);
	df_buf_str(&b, "a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
	for (i = 1; i < 9; i++)
		df_buf_fmt(&b, "a%zu: &a%zu [*a%zu,*a%zu,*a%zu,*a%zu,*a%zu,"
		    "*a%zu,*a%zu,*a%zu,*a%zu]\n", i, i, i - 1, i - 1, i - 1,
		    i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
	df_buf_str(&b, "title: [*a8, *a8]");
	remarked(b.s, 6, 5, "anchors are not read");
	is_str(sp.d9.holdout[0].item.title, "[*a8, *a8]", "a bomb is text");
	df_buf_release(&b);
}

/*
 * What would be slow if anything were read again for each line of a block.
 * Each takes some milliseconds; the bound is for slow machines.
 */
static void
hostile(void)
{
	static const char *const line[] = {
		"- a: b: c\n", "- [a\n", "- \"a\n", "k: v\nx\n", "k: v: w\n",
		"  x\n x\nx\n", "- - - - - -\n", "k:\n  - a: b: c\n", "- *a\n",
		"k: |\n a\n", "? ", "[", "{", "- ", "a: ", "&a ", "\""
	};
	struct df_buf b = DF_BUF_INIT;
	struct df_spec_doc doc[DF_DOCS];
	struct df_err e;
	clock_t t;
	size_t i, n;
	int rc;

	for (i = 0; i < DF_LEN(line); i++) {
		df_buf_reset(&b);
		df_buf_str(&b, "```yaml\nscenario_id: HS-001\npriority: P1\n");
		n = strlen(line[i]);
		while (b.n < 400000)
			df_buf_add(&b, line[i], n);
		df_buf_str(&b, "\n```\n");
		memset(doc, 0, sizeof(doc));
		doc[9].s = b.s;
		doc[9].n = b.n;
		df_spec_release(&sp);
		t = clock();
		rc = df_spec_read(&sp, doc, 0, 0, &e);
		t = clock() - t;
		ok((rc == 0 ? sp.d9.holdouts == 1 && sp.remarks > 0 :
		    e.exit == DF_INPUT) && t < 20 * CLOCKS_PER_SEC,
		    "%zu bytes of \"%.*s\"", b.n, (int)strcspn(line[i], "\n"),
		    line[i]);
		if (rc == -1)
			memset(&sp, 0, sizeof(sp));
	}
	df_buf_release(&b);
}

/* Each D9 of the corpus and of our own sets that has such blocks. */
static void
every_set(const char *root)
{
	struct df_buf b = DF_BUF_INIT, path = DF_BUF_INIT;
	const struct dirent *e;
	struct df_err err;
	DIR *d = opendir(root);

	while (d && (e = readdir(d)) != NULL) {
		df_buf_reset(&b);
		df_buf_reset(&path);
		df_buf_fmt(&path, "%s/%s/D9_HOLDOUT_SCENARIOS.md", root,
		    e->d_name);
		if (e->d_name[0] == '.' || df_read_file(AT_FDCWD, path.s, &b,
		    DF_SPEC_DOC_MAX, &err) == -1 ||
		    strstr(b.s, "expected_outcome:") == NULL)
			continue;
		both_ways(b.s, b.n, e->d_name);
	}
	if (d)
		closedir(d);
	df_buf_release(&b);
	df_buf_release(&path);
}

int
main(void)
{
	const char *path = tap_corpus("specs/expected.jsonl");
	char root[4096];

	yaml();
	gaps();
	yaml_refused();
	hostile();
	every_set("t/data/sets");
	if (path) {
		snprintf(root, sizeof(root), "%.*s",
		    (int)(strrchr(path, '/') - path), path);
		every_set(root);
	}
	df_spec_release(&sp);
	return tap_done();
}
