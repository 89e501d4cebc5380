/*
 * Findings as they are shown: where the caret stands, what cannot leave its
 * line, and what the machine formats make of foreign text.
 */
#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "spec/diag.h"
#include "tap.h"

static const struct df_rule_def rule = { .id = "x.rule",
	.severity = DF_WARNING, .about = "A rule.", .explain = "Why {0}." };

static struct df_diag
finding(const char *text, uint32_t col)
{
	struct df_diag d = { .rule = &rule, .severity = DF_WARNING,
	    .path = "s/D2.md", .doc = 2, .line = 3, .col = col, .text = text,
	    .ntext = text ? strlen(text) : 0, .item = "", .msg = "odd",
	    .hint = "" };

	return d;
}

/* The two lines below the first: the source and the caret. */
static void
shows(const char *text, uint32_t col, const char *want, const char *what)
{
	struct df_diag d = finding(text, col);
	struct df_buf b = DF_BUF_INIT;
	const char *s;

	df_diag_text(&b, &d, DF_DIAG_SOURCE);
	s = strchr(b.s, '\n');
	is_str(s ? s + 1 : "", want, what);
	df_buf_release(&b);
}

static void
test_caret(void)
{
	shows("one T-033, two", 5, "    one T-033, two\n        ^~~~~\n",
	    "a word");
	shows("a", 1, "    a\n    ^\n", "one character");
	shows("ab", 3, "    ab\n      ^\n", "the end of the line");
	shows("ab", 9, "    ab\n      ^\n", "beyond it");
	shows("", 1, "    \n    ^\n", "an empty line");
	shows("x [Some Thing] y", 3,
	    "    x [Some Thing] y\n      ^~~~~~~~~~~~\n", "brackets");
	shows("x [Some Thing", 3, "    x [Some Thing\n      ^\n",
	    "a bracket that never ends");
	shows("### T-1: x  ", 1, "    ### T-1: x  \n    ^~~~~~~~~~\n",
	    "a heading, without the space behind it");
	shows("see T-1.", 5, "    see T-1.\n        ^~~\n",
	    "a full stop is not of the word");
	shows("\tT-1", 2, "            T-1\n            ^~~\n", "a tab");
	shows("ab\tT-1", 4, "    ab      T-1\n            ^~~\n",
	    "a tab behind characters");
	shows("\xc3\xa9\xc3\xa9 T-1", 4, "    \xc3\xa9\xc3\xa9 T-1\n"
	    "       ^~~\n", "two bytes, one column");
	shows("\xe6\x97\xa5\xe6\x9c\xac T-1", 4,
	    "    \xe6\x97\xa5\xe6\x9c\xac T-1\n         ^~~\n",
	    "wide characters");
	shows("x \xe6\x97\xa5\xe6\x9c\xac y", 3,
	    "    x \xe6\x97\xa5\xe6\x9c\xac y\n      ^~~~\n",
	    "a mark under wide ones");
	shows("e\xcc\x81 T-1", 4, "    e\xcc\x81 T-1\n      ^~~\n",
	    "a combining character");
	shows("\xe2\x80\xae T-1", 3, "    \\u{202e} T-1\n             ^~~\n",
	    "an escaped one is as wide as it is shown");
	shows("\033[31m T-1", 7, "    \\x1b[31m T-1\n             ^~~\n",
	    "an escape sequence");
	shows("a\xff T-1", 4, "    a\\xff T-1\n          ^~~\n",
	    "a byte that is not UTF-8");
}

static size_t
widest(const char *s)
{
	size_t n, max = 0;

	for (; *s; s += n + (s[n] == '\n')) {
		n = strcspn(s, "\n");
		if (n > max)
			max = n;
	}
	return max;
}

/* A line that is longer than a terminal is wide. */
static void
test_window(void)
{
	static char text[100001];
	struct df_buf b = DF_BUF_INIT;
	struct df_diag d;
	const char *line, *caret, *nl;
	uint32_t col;
	int good = 1, narrow = 1;

	memset(text, ' ', sizeof(text) - 1);
	for (col = 1; col < 2000; col += 37) {
		memcpy(text + col - 1, "HERE", 4);
		d = finding(text, col);
		df_buf_reset(&b);
		df_diag_text(&b, &d, DF_DIAG_SOURCE);
		line = strchr(b.s, '\n') + 1;
		nl = strchr(line, '\n');
		caret = strchr(nl, '^');
		good &= caret && memcmp(line + (caret - nl - 1), "HERE", 4) ==
		    0 && memcmp(caret, "^~~~", 4) == 0;
		narrow &= widest(line) <= 80;
		memset(text + col - 1, ' ', 4);
	}
	ok(good, "the caret is under the place wherever it is");
	ok(narrow, "no line is wider than 80 columns");
	memset(text, 'w', sizeof(text) - 1);
	d = finding(text, 500);
	df_buf_reset(&b);
	df_diag_text(&b, &d, DF_DIAG_SOURCE);
	ok(strstr(b.s, "    ...w") && strstr(b.s, "w...\n"),
	    "what is cut is marked on both sides");
	ok(widest(strchr(b.s, '\n') + 1) <= 80, "a mark is cut too");
	memset(text, '\001', 1000);
	d = finding(text, 300);
	df_buf_reset(&b);
	df_diag_text(&b, &d, DF_DIAG_SOURCE);
	ok(widest(strchr(b.s, '\n') + 1) <= 80, "escaped characters");
	d = finding(text, DF_DIAG_COL_MAX + 1);
	df_buf_reset(&b);
	df_diag_text(&b, &d, DF_DIAG_SOURCE);
	is_str(b.s, "s/D2.md:3:20001: warning: odd [x.rule]\n",
	    "far out there is no line");
	df_buf_release(&b);
}

static void
test_text(void)
{
	struct df_diag d = finding("x T-1", 3);
	struct df_buf b = DF_BUF_INIT;

	d.msg = "two\nlines";
	d.hint = "a\033hint";
	df_diag_text(&b, &d, 0);
	is_str(b.s, "s/D2.md:3:3: warning: two\\x0alines [x.rule]\n"
	    "    hint: a\\x1bhint\n", "no line and no caret where not asked");
	df_buf_reset(&b);
	d = finding("x T-1", 3);
	df_diag_text(&b, &d, DF_DIAG_COLOUR);
	is_str(b.s, "\033[1ms/D2.md:3:3:\033[0m \033[1;35mwarning:\033[0m odd "
	    "[x.rule]\n    x T-1\n      \033[1;32m^~~\033[0m\n", "in colour");
	df_buf_reset(&b);
	d.line = d.col = 0;
	d.text = NULL;
	d.waived = "agreed\nwith bob";
	df_diag_text(&b, &d, DF_DIAG_SOURCE);
	is_str(b.s, "s/D2.md: waived: odd [x.rule]\n"
	    "    reason: agreed\\x0awith bob\n", "a waived one without a line");
	df_buf_release(&b);
}

static void
test_github(void)
{
	struct df_diag d = finding("x", 1);
	struct df_buf b = DF_BUF_INIT;

	d.msg = "100% ::error::\r\n::stop-commands::x ##[add-mask]y";
	d.hint = "h%0A";
	df_diag_github(&b, &d, "a,b:c%.md");
	is_str(b.s, "::warning file=a%2Cb%3Ac%25.md,line=3,col=1,title=x.rule"
	    "::100%25 ::error::\\x0d\\x0a::stop-commands::x ## [add-mask]y"
	    "%0Ahint: h%250A\n", "foreign text stays data");
	df_buf_reset(&b);
	d = finding(NULL, 0);
	d.line = 0;
	d.severity = DF_ERROR;
	d.waived = "ok";
	df_diag_github(&b, &d, "");
	is_str(b.s, "::notice title=x.rule::odd%0Awaived: ok\n",
	    "without a place; waived");
	df_buf_release(&b);
}

static int
count(const char *s, const char *what)
{
	int n = 0;

	for (; (s = strstr(s, what)) != NULL; s++)
		n++;
	return n;
}

static void
test_sarif(void)
{
	struct df_diag d = finding("\xe6\x97\xa5 T-1 x", 3);
	struct df_buf b = DF_BUF_INIT, again = DF_BUF_INIT;
	struct df_sarif s;
	struct df_json j = { 0 };
	struct df_err e;

	df_sarif_init(&s);
	df_sarif_end(&s, &b);
	ok(df_json_scan(&j, b.s, b.n, 0, "sarif", &e) == 0, "an empty one");
	df_json_release(&j);
	ok(strstr(b.s, "\"results\":[]") != NULL, "without results");
	df_buf_reset(&b);

	df_sarif_init(&s);
	d.msg = "{0} [a](http://example.org) \xe2\x80\xae";
	d.item = "T-1";
	df_sarif_add(&s, &d, "a_check", "a b/\xc3\xa9:%.md");
	d.line = 9;
	df_sarif_add(&s, &d, "a_check", "a b/\xc3\xa9:%.md");
	d.d9 = 1;
	d.waived = "why";
	df_sarif_add(&s, &d, "a_check", "/x/D9.md");
	df_sarif_note(&s, "7 more");
	s.failed = 1;
	df_sarif_end(&s, &b);
	ok(df_json_scan(&j, b.s, b.n, 0, "sarif", &e) == 0, "it is JSON");
	df_json_line(&again, df_json_jv(&j, 0));
	is_str(b.s, again.s, "and canonical");
	df_json_release(&j);
	ok(strstr(b.s, "\"text\":\"{{0}} [a] (http://example.org) "
	    "\\\\u{{202e}}\"") != NULL, "a message holds no argument, no link "
	    "and no control character");
	ok(strstr(b.s, "\"text\":\"Why {{0}}.\"") != NULL, "nor does a rule");
	ok(strstr(b.s, "\"uri\":\"a%20b/%C3%A9%3A%25.md\",\"uriBaseId\":"
	    "\"%SRCROOT%\"") != NULL, "a relative path as URI");
	ok(strstr(b.s, "\"uri\":\"file:///x/D9.md\"}") != NULL,
	    "an absolute one");
	ok(strstr(b.s, "\"region\":{\"endColumn\":6,\"snippet\":{\"text\":\""
	    "\xe6\x97\xa5 T-1 x\"},\"startColumn\":3,\"startLine\":3}") !=
	    NULL, "columns count characters");
	is_int(count(b.s, "\"snippet\""), 2, "no line of D9");
	is_int(count(b.s, ":1\"}"), 2, "equal findings of two files");
	is_int(count(b.s, ":2\"}"), 1, "the second in a file has a number");
	is_int(count(b.s, "\"id\":\"x.rule\""), 1, "a rule is said once");
	is_int(count(b.s, "\"justification\":\"why\",\"kind\":\"external\""),
	    1, "a waiver is a suppression");
	ok(strstr(b.s, "\"executionSuccessful\":false,"
	    "\"toolExecutionNotifications\":[{\"level\":\"warning\","
	    "\"message\":{\"text\":\"7 more\"}}]") != NULL, "notes");
	df_buf_release(&b);
	df_buf_release(&again);
}

int
main(void)
{
	test_caret();
	test_window();
	test_text();
	test_github();
	test_sarif();
	return tap_done();
}
