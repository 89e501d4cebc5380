/*
 * The leak scan: what is a needle, what hides none, which hits in which order
 * and lines, also piece by piece; random needles and texts against a plain
 * search.  And the needles and programs of a suite.
 */
#include "base/df.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "spec/suite.h"
#include "tap.h"

/* ---- what a scan finds ---- */

struct hits {
	struct df_leak_hit v[4096];
	size_t n;
	struct df_leak *forget;	/* whatever is found first, and drop next */
	size_t drop;
	int stop;		/* at the hit of this number, from 1 */
};

static int
hit(void *arg, const struct df_leak_hit *h)
{
	struct hits *x = arg;

	if (x->n == DF_LEN(x->v))
		DF_BUG("too many hits");
	x->v[x->n++] = *h;
	if (x->forget) {
		df_leak_forget(x->forget, h->needle);
		if (x->drop)
			df_leak_forget(x->forget, h->needle + x->drop);
	}
	return (size_t)x->stop == x->n ? 7 : 0;
}

static struct hits found;

/* Scan a text: how many hits. */
static size_t
scan_n(const struct df_leak *l, const char *s, size_t n)
{
	memset(&found, 0, sizeof(found));
	if (df_leak_scan(l, s, n, hit, &found) != 0)
		DF_BUG("scan");
	return found.n;
}

static size_t
scan(const struct df_leak *l, const char *s)
{
	return scan_n(l, s, strlen(s));
}

static void
add(struct df_leak *l, enum df_leak_kind kind, uint32_t item, const char *s)
{
	df_leak_add(l, kind, item, s, strlen(s));
}

static void
any(struct df_leak *l, uint32_t item, const char *s)
{
	df_leak_add_any(l, DF_LEAK_TEXT, item, s, strlen(s));
}

/* Pieces of at most k bytes, each in memory of its own. */
static int
feed(const struct df_leak *l, const char *s, size_t n, size_t k,
    struct hits *x)
{
	struct df_leak_stream *st = df_leak_begin(l, hit, x);
	size_t i, len;
	char *p;

	for (i = 0; i < n; i += len) {
		len = k < n - i ? k : n - i;
		p = df_malloc(len);
		memcpy(p, s + i, len);
		(void)df_leak_feed(st, p, len);
		free(p);
	}
	return df_leak_end(st);
}

static int
same_hits(const struct hits *a, const struct hits *b)
{
	size_t i;

	for (i = 0; i < a->n && i < b->n; i++)
		if (a->v[i].kind != b->v[i].kind ||
		    a->v[i].item != b->v[i].item ||
		    a->v[i].needle != b->v[i].needle ||
		    a->v[i].line != b->v[i].line ||
		    a->v[i].last != b->v[i].last ||
		    a->v[i].inner != b->v[i].inner)
			return 0;
	return a->n == b->n;
}

/* "2:5-6 0:6-6i": needle, its lines, i: inner */
static const char *
told(void)
{
	static struct df_buf b = DF_BUF_INIT;
	const struct df_leak_hit *h;

	df_buf_reset(&b);
	for (h = found.v; h < found.v + found.n; h++)
		df_buf_fmt(&b, "%s%zu:%u-%u%s", b.n ? " " : "", h->needle,
		    h->line, h->last, h->inner ? "i" : "");
	return b.s;
}

/* ---- kinds ---- */

static const struct {
	enum df_leak_kind kind;
	int is;
	const char *s, *what;
} piece[] = {
	{ DF_LEAK_CANARY, 1, "abcd-efg", "a canary of 8 characters" },
	{ DF_LEAK_CANARY, 0, " abcdefg ", "and of 7" },
	{ DF_LEAK_TITLE, 1, "One two, three fourth!", "a title of 20" },
	{ DF_LEAK_TITLE, 0, "One two, three, fours", "and of 19" },
	{ DF_LEAK_TITLE, 0, "One two threeandfourandfive", "of 3 words" },
	{ DF_LEAK_TEXT, 1, "one two three four five six seveneight90",
	    "a line of 40" },
	{ DF_LEAK_TEXT, 0, "one two three four five six seveneight9",
	    "and of 39" },
	{ DF_LEAK_TEXT, 0, "one two threeandfourandfiveandsixand7 8",
	    "of 5 words" },
	{ DF_LEAK_ID, 1, "HS-01", "an id of 5" },
	{ DF_LEAK_ID, 0, "HS-1", "and of 4" },
	{ DF_LEAK_ID, 0, "- / -", "punctuation alone" },
	{ DF_LEAK_CODE, 1, "one two three\nfour five\nsixes\n",
	    "code of 3 lines" },
	{ DF_LEAK_CODE, 1, "\n\none two three\n\nfour five\n\nsixes",
	    "with blank ones between" },
	{ DF_LEAK_CODE, 0, "one two three four\n\t \r\n\n \nfive six\n",
	    "blank lines are none" },
	{ DF_LEAK_CODE, 0, "abcdefghij\nabcdefghij\nabcdefghij\n",
	    "3 lines of 3 words" },
	{ DF_LEAK_CODE, 0, "one two\nthree\nfour\nfive\n", "3 short lines" },
	{ DF_LEAK_CODE, 1, "a2345 b2345 c2345 d2345 e2345 f2345 g2345 h2345 "
	    "i2345 j2345 k2345 l2345678901234\n",
	    "a line of 12 words and 80 characters" },
	{ DF_LEAK_CODE, 1, "a2345 b2345 c2345 d2345 e2345 f2345 g2345 h2345\n"
	    "i2345 j2345 k2345 l2345678901234\n", "or two" },
	{ DF_LEAK_CODE, 0, "a2345 b2345 c2345 d2345 e2345 f2345 g2345 h2345 "
	    "i2345 j2345 k2345 l234567890123\n", "of 79 characters" },
	{ DF_LEAK_CODE, 0, "a2345 b2345 c2345 d2345 e2345 f2345 g2345 h2345 "
	    "i2345 j2345 k2345l2345678901234\n", "of 11 words" },
	{ DF_LEAK_CODE, 0, "sh step.sh --output result.json && grep -q ok "
	    "result.json", "a command" }
};

static void
kinds(void)
{
	static const char two[] = "the first line is one of nine, all of them\n"
	    "too short\n\nthe last line is another one of 10 words";
	struct df_leak *l;
	size_t i, n;

	is_str(df_leak_kind_name(DF_LEAK_CANARY), "canary", "name");
	is_str(df_leak_kind_name(DF_LEAK_CODE), "code", "name");
	is_str(df_leak_kind_name(DF_LEAK_TITLE), "title", "name");
	is_str(df_leak_kind_name(DF_LEAK_TEXT), "text", "name");
	is_str(df_leak_kind_name(DF_LEAK_ID), "id", "name");
	for (i = 0; i < DF_LEN(piece); i++) {
		l = df_leak_new();
		add(l, piece[i].kind, 3, piece[i].s);
		n = scan(l, piece[i].s);
		ok(df_leak_count(l) == (size_t)piece[i].is &&
		    n == (size_t)piece[i].is && (n == 0 ||
		    (found.v[0].kind == piece[i].kind &&
		    found.v[0].item == 3)), "%s: %s",
		    df_leak_kind_name(piece[i].kind), piece[i].what);
		df_leak_free(l);
	}
	l = df_leak_new();
	df_leak_add_any(l, DF_LEAK_CODE, 0, "ls", 2);
	df_leak_add_any(l, DF_LEAK_CODE, 1, "-.-", 3);
	is_int(df_leak_count(l), 1, "any length, but it has a word");
	ok(scan(l, "ls -l") == 1 && found.v[0].kind == DF_LEAK_CODE,
	    "and is found");
	df_leak_add(l, DF_LEAK_CODE, 1, "x", 0);
	df_leak_add_any(l, DF_LEAK_CODE, 1, "x", 0);
	df_leak_add_lines(l, 1, "x", 0);
	is_int(df_leak_count(l), 1, "no bytes are no needle");
	df_leak_free(l);

	l = df_leak_new();
	df_leak_add_lines(l, 5, two, strlen(two) - 4);
	is_int(df_leak_count(l), 1, "the last line is too short when cut");
	df_leak_add_lines(l, 5, two, strlen(two));
	is_int(df_leak_count(l), 2, "a line needs no end");
	is_int(scan(l, "It says: the last line is another one, of 10\nwords."),
	    1, "a line is found within another");
	ok(found.v[0].kind == DF_LEAK_TEXT && found.v[0].item == 5,
	    "as text of its item");
	df_leak_free(l);
	df_leak_free(NULL);
}

/* ---- the normal form ---- */

static const struct {
	const char *s, *want;
} normal[] = {
	{ "", "" },
	{ " \n.\t", "" },
	{ "A", "a" },
	{ "  Hello,  World!\n", "hello world" },
	{ "snake_case CamelCase 1.5", "snake case camelcase 1 5" },
	{ "na\xc3\xafve \xff \x80", "na\xc3\xafve" },
	{ "\xe2\x80\x9cit\xe2\x80\x99s\xe2\x80\x9d \xe2\x80\x94 "
	    "12\xe2\x86\x92the\xc2\xa0one\xef\xbb\xbf"
	    "two\xf0\x9f\x9a\x80three",
	    "it s 12 the one two three" },
	{ "\\u201cit\\u2019s\\u201d \\u2014 12\\u2192the\\u00a0one\\ufeff"
	    "two\\ud83d\\ude80three", "it s 12 the one two three" },
	{ "\\u4E2D\\u6587\\u0416x", "\xe4\xb8\xad\xe6\x96\x87\xd0\x96x" },
	{ "\\u00e9\\u00e9 \\u0041B\\u0043", "\xc3\xa9\xc3\xa9 abc" },
	{ "\\u00ff\\u1fff\\u3000\\uefff\\u2fff\\u00bf\\uf000",
	    "\xc3\xbf\xe1\xbf\xbf\xe3\x80\x80\xee\xbf\xbf" },
	{ "a\\nb\\rc\\td\\be\\ff\\vg\\0h", "a b c d e f g h" },
	{ "\"x\\\\ny\\\"z\\/\"", "x y z" },
	{ "a\\u00e9b\\u000Ac", "a\xc3\xa9" "b c" },
	{ "a\\u00e", "a u00e" },
	{ "a\\u00eg1", "a u00eg1" },
	{ "a\\u00E.b", "a u00e b" },
	{ "a\\U00e9", "a u00e9" },
	{ "a\\u", "a u" },
	{ "a\\", "a" },
	{ "\\u12\\u1234\\nx", "u12\xe1\x88\xb4 x" },
	{ "\\u\\u\\u00411", "u ua1" },
	{ "\\xff \\a \\1", "xff a 1" },
	{ "a\\\\u0041", "a a" },
	{ "NN\\NN", "nn nn" }
};

static void
normal_form(void)
{
	struct df_buf b = DF_BUF_INIT;
	unsigned char c[3] = "x?y";
	char want[4];
	unsigned i, bad = 0;

	for (i = 0; i < DF_LEN(normal); i++) {
		df_buf_reset(&b);
		df_leak_normal(&b, normal[i].s, strlen(normal[i].s));
		is_str(b.s, normal[i].want, "normal form");
		is_int(b.n, strlen(normal[i].want), "its length");
	}
	df_buf_reset(&b);
	df_buf_str(&b, "before ");
	df_leak_normal(&b, "A-B\0C", 5);
	is_str(b.s, "before a b c", "appended; a NUL is a gap");
	for (i = 0; i < 256; i++) {
		c[1] = (unsigned char)i;
		memcpy(want, c, 3);
		want[3] = '\0';
		if (i >= 'A' && i <= 'Z')
			want[1] = (char)(i + 32);
		else if (i == 0xc2 || i == 0xe2 || i >= 0xef || (i < 0x80 &&
		    !(i >= 'a' && i <= 'z') && !(i >= '0' && i <= '9')))
			want[1] = ' ';
		df_buf_reset(&b);
		df_leak_normal(&b, (char *)c, 3);
		bad += strcmp(b.s, want) != 0;
	}
	is_int(bad, 0, "every byte");
	df_buf_release(&b);
}

static void
disguises(void)
{
	struct df_leak *l = df_leak_new();
	static const char *const text[] = {
		"grep -qx \"Total: 3\" out.txt || exit 1",
		"{\"cmd\":\"grep -qx \\\"Total: 3\\\" out.txt || exit 1\"}",
		"> grep  -QX\n> \"total: 3\"\n>\n> out.txt ||\n> exit 1.",
		"\\ngrep\\t-qx\\u0020Total\\r\\n3\\u000aout\\u002etxt exit 1",
		"9\342\206\222grep -qx total\302\2403 out txt \\u0065xit 1"
	};
	static const char *const other[] = {
		"agrep -qx \"Total: 3\" out.txt || exit 1",
		"grep -qx \"Total: 3\" out.txt || exit 12",
		"grep -qx \"Total: 3\" out.txt || then exit 1",
		"grep -qx \"Total: 3\" outtxt || exit 1",
		"grep -qx \"Total: 3\" out.txt || exit"
	};
	size_t i;

	any(l, 0, "grep -qx \"Total: 3\" out.txt || exit 1\n");
	for (i = 0; i < DF_LEN(text); i++)
		is_int(scan(l, text[i]), 1, "in disguise");
	for (i = 0; i < DF_LEN(other); i++)
		is_int(scan(l, other[i]), 0, "something else");
	df_leak_free(l);
}

/* ---- hits ---- */

static void
nested(void)
{
	struct df_leak *l = df_leak_new();

	any(l, 0, "b c");
	any(l, 1, "a b c d");
	any(l, 2, "c");
	any(l, 3, "b c d");
	any(l, 4, "a b");
	any(l, 5, "c d e");
	is_int(scan(l, "x a b\nc d e f"), 6, "each at its place");
	is_str(told(), "4:1-1 0:1-2 2:2-2i 1:1-2 3:1-2i 5:2-2",
	    "by end, the longest first");
	is_int(scan(l, "b c a b c b c d"), 8, "again");
	is_str(told(), "0:1-1 2:1-1i 4:1-1 0:1-1 2:1-1i 0:1-1 2:1-1i 3:1-1",
	    "on after a mismatch");
	is_int(scan(l, "a b c x c d"), 4, "a word between");
	df_leak_free(l);

	l = df_leak_new();
	any(l, 0, "p q r");
	df_leak_add_any(l, DF_LEAK_TITLE, 1, "P Q, R", 6);
	df_leak_add_any(l, DF_LEAK_TEXT, 2, "p-q-r", 5);
	df_leak_add_any(l, DF_LEAK_CODE, 3, "p\nq\nr", 5);
	is_int(df_leak_count(l), 3, "equal ones of a kind are one");
	scan(l, "p q r");
	is_str(told(), "0:1-1 1:1-1i 2:1-1i", "those of other kinds are not");
	ok(found.v[0].kind == DF_LEAK_TEXT && found.v[0].item == 0 &&
	    found.v[1].kind == DF_LEAK_TITLE && found.v[1].item == 1 &&
	    found.v[2].kind == DF_LEAK_CODE && found.v[2].item == 3,
	    "with kind and item");
	df_leak_free(l);

	l = df_leak_new();
	any(l, 0, "a a");
	any(l, 1, "a a a");
	scan(l, "a a\na a");
	is_str(told(), "0:1-1 1:1-2 0:1-2i 1:1-2 0:2-2i", "overlapping");
	df_leak_free(l);
}

static void
forgetting(void)
{
	struct df_leak *l = df_leak_new();
	struct hits x = { 0 };
	char s[64] = "";
	size_t i;

	any(l, 0, "b c");
	any(l, 1, "a b c");
	any(l, 2, "c");
	df_leak_forget(l, 1);
	df_leak_forget(l, 1);
	is_int(df_leak_count(l), 2, "one is forgotten, once");
	scan(l, "a b c");
	is_str(told(), "0:1-1 2:1-1i", "those inside it are not");
	df_leak_forget(l, 0);
	scan(l, "a b c");
	is_str(told(), "2:1-1", "nor those inside that");
	any(l, 0, "b c");
	scan(l, "a b c");
	is_str(told(), "2:1-1", "what is forgotten stays so");
	any(l, 4, "a b");
	scan(l, "a b c");
	is_str(told(), "3:1-1 2:1-1", "and after more were added");
	df_leak_forget(l, 2);
	df_leak_forget(l, 3);
	ok(df_leak_count(l) == 0 && scan(l, "a b c") == 0, "all forgotten");
	df_leak_free(l);

	l = df_leak_new();
	any(l, 0, "a b");
	any(l, 1, "b");
	any(l, 2, "c d");
	x.forget = l;
	ok(df_leak_scan(l, "b a b b c d c d", 15, hit, &x) == 0 &&
	    x.n == 3 && x.v[0].needle == 1 && x.v[1].needle == 0 &&
	    x.v[2].needle == 2, "what is forgotten when found is found once");
	is_int(df_leak_count(l), 0, "none is left");
	df_leak_free(l);

	l = df_leak_new();
	any(l, 0, "a b c");
	any(l, 1, "c");
	df_leak_add_any(l, DF_LEAK_ID, 2, "c", 1);
	memset(&x, 0, sizeof(x));
	x.forget = l;
	x.drop = 1;
	ok(df_leak_scan(l, "a b c c", 7, hit, &x) == 0 && x.n == 2 &&
	    x.v[0].needle == 0 && x.v[1].needle == 2,
	    "another one at the same place is forgotten at once");
	df_leak_free(l);

	/* a chain of 20, forgotten in a bad order */
	l = df_leak_new();
	for (i = 0; i < 20; i++) {
		memcpy(s + 2 * i, "w ", 3);
		any(l, (uint32_t)i, s);
	}
	for (i = 0; i < 20; i += 2)
		df_leak_forget(l, i);
	is_int(scan(l, s), 100, "half of a chain");
	is_int(scan(l, s), 100, "of a chain again");
	for (i = 19; i > 2; i--)
		df_leak_forget(l, i);
	is_int(scan(l, s), 19, "all but the second");
	is_int(found.v[18].needle, 1, "which is it");
	df_leak_free(l);
}

static void
lines(void)
{
	struct df_leak *l = df_leak_new();

	any(l, 0, "one two three");
	scan(l, "one\n\ntwo\r\nthree\none two three\n\n\none\ntwo three");
	is_str(told(), "0:1-4 0:5-5 0:8-9", "lines of the first and the last "
	    "word");
	scan(l, "\n\\n\\none two\\nthree");
	is_str(told(), "0:2-2", "escaped line ends are none");
	scan(l, "one two\n three");
	is_str(told(), "0:1-2", "the end of the text ends a word");
	df_leak_free(l);
}

static void
long_words(void)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_leak *l = df_leak_new();
	struct hits x;
	size_t i, k;

	for (i = 0; i < 5000; i++)
		df_buf_ch(&b, 'a' + (int)(i % 26));
	df_leak_add_any(l, DF_LEAK_TEXT, 0, b.s, b.n);
	is_int(scan_n(l, b.s, b.n), 1, "a word of 5000 bytes");
	is_int(scan_n(l, b.s, b.n - 1), 0, "one that is shorter");
	b.s[4999]++;
	is_int(scan_n(l, b.s, b.n), 0, "one that ends otherwise");
	b.s[4999]--;
	df_buf_ch(&b, 'x');
	is_int(scan_n(l, b.s, b.n), 0, "one that is longer");
	b.s[5000] = '.';
	df_buf_str(&b, "b");
	is_int(scan_n(l, b.s, b.n), 1, "and with a gap");
	for (i = k = 0; k < 3; k++) {
		memset(&x, 0, sizeof(x));
		i += feed(l, b.s, b.n, 100 * k + 1, &x) == 0 && x.n == 1;
	}
	is_int(i, 3, "in pieces");
	df_leak_free(l);

	l = df_leak_new();
	any(l, 0, "u");
	is_int(scan(l, "\\u12 \\u u"), 2, "a word longer than all of needles");
	df_leak_free(l);
	df_buf_release(&b);
}

static void
ends(void)
{
	struct df_leak *l = df_leak_new();
	struct df_leak_stream *st;
	struct hits x = { 0 };

	is_int(scan(l, "no needles"), 0, "no needles");
	any(l, 0, "a b");
	is_int(scan_n(l, NULL, 0), 0, "no text");
	is_int(scan(l, " \n \\"), 0, "no words");
	st = df_leak_begin(l, hit, &x);
	is_int(df_leak_end(st), 0, "no pieces");
	st = df_leak_begin(l, hit, &x);
	ok(df_leak_feed(st, "a ", 2) == 0 && df_leak_feed(st, NULL, 0) == 0 &&
	    df_leak_feed(st, "b", 1) == 0 && x.n == 0,
	    "the last word may go on");
	ok(df_leak_end(st) == 0 && x.n == 1, "until the end");
	memset(&x, 0, sizeof(x));
	st = df_leak_begin(l, hit, &x);
	ok(df_leak_feed(st, "a b", 3) == 0 && df_leak_feed(st, "c a", 3) == 0 &&
	    df_leak_end(st) == 0 && x.n == 0, "or it goes on");

	memset(&x, 0, sizeof(x));
	x.stop = 2;
	is_int(df_leak_scan(l, "a b a b a b", 11, hit, &x), 7,
	    "the function stops a scan");
	is_int(x.n, 2, "at once");
	memset(&x, 0, sizeof(x));
	x.stop = 1;
	st = df_leak_begin(l, hit, &x);
	ok(df_leak_feed(st, "a b.", 4) == 7 && df_leak_feed(st, "a b.", 4) ==
	    7 && df_leak_end(st) == 7 && x.n == 1, "and a stream");
	memset(&x, 0, sizeof(x));
	x.stop = 1;
	st = df_leak_begin(l, hit, &x);
	ok(df_leak_feed(st, "a b", 3) == 0 && df_leak_end(st) == 7,
	    "also at its end");

	any(l, 1, "b c");
	scan(l, "a b c");
	is_str(told(), "0:1-1 1:1-1", "added after a scan");
	any(l, 2, "longestword b c d e f g h i j");
	any(l, 3, "a b c d");
	scan(l, "a b c longestword b c d e f g h i j");
	is_str(told(), "0:1-1 1:1-1 1:1-1 2:1-1", "longer and deeper ones");
	df_leak_free(l);
}

/* ---- pieces of a text ---- */

static void
borders(void)
{
	static const char text[] = "First line: alpha beta\\nGamma delta.\n"
	    "{\"x\":\"alpha\\u0020beta\\r\\ngamma \\\"delta\\\"\"}\n\n"
	    "alpha\\u00beta\\beta gamma\n> alpha\n> beta\n> gamma\n> delta\n"
	    "\\u12 alpha \\u1 beta \\\\nbeta\\u004gamma delta\\u0028\\u002c"
	    "delta na\xc3\xafve\xe2\x80\x94word alphabeta betagamma beta\n"
	    "delta\\u002c na\\u00efve\\u2014word. "
	    "alphabet\\u0061 betagamm\\u0061\xc2\xa0" "beta";
	struct df_leak *l = df_leak_new();
	struct hits x;
	size_t k;

	any(l, 0, "alpha beta gamma delta");
	any(l, 1, "beta gamma");
	any(l, 2, "delta");
	any(l, 3, "u12 alpha u1 beta");
	any(l, 4, "delta na\xc3\xafve\xe2\x80\x94word alphabeta");
	any(l, 5, "ta eta gamma");
	any(l, 6, "betagamma beta");
	is_int(scan_n(l, text, sizeof(text) - 1), 18, "at once");
	is_str(told(), "1:1-1 0:1-1 2:1-1i 1:2-2 0:2-2 2:2-2i 5:4-4 "
	    "1:6-7 0:5-8 2:8-8i 3:9-9 2:9-9 2:9-9 4:9-9 6:9-9 "
	    "2:10-10 4:10-10 6:10-10", "hits");
	for (k = 1; k <= 40; k++) {
		memset(&x, 0, sizeof(x));
		ok(feed(l, text, sizeof(text) - 1, k, &x) == 0 &&
		    same_hits(&x, &found), "in pieces of %zu", k);
	}
	df_leak_free(l);
}

/* ---- against a plain search ---- */

static uint32_t
below(uint32_t n)
{
	static uint64_t x = 20261120;

	x = x * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(x >> 33) % n;
}

struct plain {
	char word[400][32];
	uint32_t line[400];
	size_t n;
};

/* What the character at *s is in a word that has begun or not: its bytes, or 0
   when it is a gap.  *s is moved on. */
static size_t
plain_char(const char **s, int begun, char out[4])
{
	static const char hex[] = "0123456789abcdefABCDEF";
	static const unsigned gaps[] = { 0x80, 0xbf, 0x2000, 0x2fff, 0xd800,
	    0xdfff, 0xf000, 0xffff };
	unsigned char c = (unsigned char)**s;
	unsigned u;
	size_t k;
	char digits[5] = "";
	const char *at = digits;

	if (c == '\\' && (*s)[1] == 'u' && strspn(*s + 2, hex) >= 4) {
		memcpy(digits, *s + 2, 4);
		u = (unsigned)strtoul(digits, NULL, 16);
		*s += 6;
		if (u < 0x80) {
			digits[0] = (char)u;
			s = &at;
			return plain_char(s, begun, out);
		}
		for (k = 0; k < DF_LEN(gaps); k += 2)
			if (u >= gaps[k] && u <= gaps[k + 1])
				return 0;
		out[0] = (char)(u < 0x800 ? 0xc0 | u >> 6 : 0xe0 | u >> 12);
		out[1] = (char)(0x80 | (u < 0x800 ? u : u >> 6) % 64);
		out[2] = (char)(0x80 | u % 64);
		return u < 0x800 ? 2 : 3;
	}
	*s += c == '\\' && (*s)[1] && strchr("nrtbfv0", (*s)[1]) ? 2 : 1;
	out[0] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
	if (c >= 0x80)
		return c != 0xc2 && c != 0xe2 && c < 0xef && (begun ||
		    c >= 0xc0);
	return strchr("0123456789abcdefghijklmnopqrstuvwxyz", out[0]) != NULL;
}

static void
plain_words(struct plain *p, const char *s)
{
	uint32_t line = 1;
	size_t n = 0, k;
	char out[4];

	p->n = 0;
	while (*s || n) {
		if (n == 0)
			line += *s == '\n';
		k = *s == '\0' || (n && *s == '\n') ? 0 :
		    plain_char(&s, n > 0, out);
		if (k == 0 && n) {
			p->word[p->n][n] = '\0';
			p->line[p->n++] = line;
			n = 0;
			continue;
		}
		if (k && n == 0 && p->n == DF_LEN(p->line))
			DF_BUG("too many words");
		if (n + k >= sizeof(p->word[0]))
			DF_BUG("a long word");
		if (k)
			memcpy(p->word[p->n] + n, out, k);
		n += k;
	}
}

/* Does n stand in p before word end? */
static int
stands(const struct plain *n, const struct plain *p, size_t end)
{
	size_t i;

	if (n->n > end)
		return 0;
	for (i = 0; i < n->n; i++)
		if (strcmp(n->word[i], p->word[end - n->n + i]) != 0)
			return 0;
	return 1;
}

#define NEEDLES 12

struct trial {
	struct plain needle[NEEDLES], text;
	enum df_leak_kind kind[NEEDLES];
	int gone[NEEDLES];
	size_t needles;
	struct hits want;
};

static void
plain_search(struct trial *t)
{
	struct df_leak_hit *h;
	size_t end, len, i;
	int inner;

	t->want.n = 0;
	for (end = 1; end <= t->text.n; end++) {
		inner = 0;
		for (len = end; len; len--)
			for (i = 0; i < t->needles; i++) {
				if (t->gone[i] || t->needle[i].n != len ||
				    !stands(&t->needle[i], &t->text, end))
					continue;
				h = &t->want.v[t->want.n++];
				h->kind = t->kind[i];
				h->item = (uint32_t)i;
				h->needle = i;
				h->line = t->text.line[end - len];
				h->last = t->text.line[end - 1];
				h->inner = inner;
				inner = 1;
			}
	}
}

static void
random_text(struct df_buf *b, size_t words)
{
	static const char *const word[] = { "a", "b", "A", "ab", "ba", "B",
	    "u00e9", "n", "\xc3\xa9", "0", "a0", "\\u00e9", "\\u4e2d",
	    "\xe4\xb8\xad" };
	static const char *const gap[] = { " ", "\n", ".", "  ", " \n ",
	    "\\n", "\\u0061", "\xe2\x80\x94", "\\u2014", "\xc2\xa0",
	    "\\u00", "\\", "\\\\", "\\u", "\\\"", "",
	    " ", " ", "\n" };
	uint32_t few = 1 + below(DF_LEN(word));

	df_buf_reset(b);
	for (; words; words--) {
		df_buf_str(b, word[below(few)]);
		df_buf_str(b, gap[below(DF_LEN(gap))]);
	}
}

static int
add_random(struct trial *t, struct df_leak *l, struct df_buf *b)
{
	size_t i = t->needles, k;
	enum df_leak_kind kind = (enum df_leak_kind)below(5);

	random_text(b, 1 + below(6));
	plain_words(&t->needle[i], b->s);
	for (k = 0; k < i; k++)
		if (t->kind[k] == kind && t->needle[k].n == t->needle[i].n &&
		    stands(&t->needle[k], &t->needle[i], t->needle[i].n))
			break;
	df_leak_add_any(l, kind, (uint32_t)i, b->s, b->n);
	if (k < i)
		return 1;
	t->kind[i] = kind;
	t->gone[i] = 0;
	t->needles++;
	return 0;
}

/* A text for what there is, at once and in pieces. */
static int
compare(struct trial *t, struct df_leak *l, struct df_buf *b)
{
	size_t k = 1 + below(9);

	random_text(b, below(60));
	plain_words(&t->text, b->s);
	plain_search(t);
	(void)scan_n(l, b->s, b->n);
	if (!same_hits(&found, &t->want)) {
		printf("# text: %s\n# told: %s\n", b->s, told());
		return 0;
	}
	memset(&found, 0, sizeof(found));
	if (feed(l, b->s, b->n, k, &found) != 0 ||
	    !same_hits(&found, &t->want)) {
		printf("# text: %s\n# in pieces: %s\n", b->s, told());
		return 0;
	}
	return 1;
}

static void
against_plain(void)
{
	static struct trial t;
	struct df_buf b = DF_BUF_INIT;
	struct df_leak *l;
	size_t i, k, hits = 0, good = 0, counts = 0, live;

	for (i = 0; i < 1500; i++) {
		l = df_leak_new();
		t.needles = 0;
		for (k = below(NEEDLES); k; k--)
			(void)add_random(&t, l, &b);
		good += compare(&t, l, &b);
		hits += t.want.n;
		if (t.needles) {
			k = below((uint32_t)t.needles);
			df_leak_forget(l, k);
			t.gone[k] = 1;
			good += compare(&t, l, &b);
		} else
			good++;
		(void)add_random(&t, l, &b);
		good += compare(&t, l, &b);
		for (k = live = 0; k < t.needles; k++)
			live += !t.gone[k];
		counts += df_leak_count(l) == live;
		df_leak_free(l);
	}
	is_int(good, 4500, "hits of random needles in random texts");
	ok(hits > 5000, "of which there are many: %zu", hits);
	is_int(counts, 1500, "and how many needles are in use");
	df_buf_release(&b);
}

/* As many as a suite has, of the same beginning. */
static void
many(void)
{
	struct df_leak *l = df_leak_new();
	struct df_buf b = DF_BUF_INIT, t = DF_BUF_INIT;
	uint32_t i, bad = 0;

	for (i = 0; i < 40000; i++) {
		df_buf_reset(&b);
		df_buf_fmt(&b, "the result of this step must be equal to %u",
		    i);
		add(l, DF_LEAK_TEXT, i, b.s);
		if (i % 20 == 0)
			df_buf_fmt(&t, "%s\n", b.s);
	}
	is_int(df_leak_count(l), 40000, "many needles of one beginning");
	is_int(scan_n(l, t.s, t.n), 2000, "are found");
	for (i = 0; i < 2000; i++)
		bad += found.v[i].item != i * 20 || found.v[i].line != i + 1;
	is_int(bad, 0, "each in its place");
	df_leak_free(l);
	df_buf_release(&b);
	df_buf_release(&t);
}

/* ---- a suite ---- */

#define D9 "### HS-001: The first holdout scenario\nPriority: P0\n" \
	"Setup:\n```bash\nmkdir -p work && cd work\n```\n" \
	"Verify:\n```bash\nset -e\ngrep -qx one out\ngrep -qx two out\n```\n"
#define D9_2 "### HS-002: Another one of them all\nPriority: P1\n" \
	"Verify:\n```bash\ntrue\n```\n"

#define Y9 "```yaml\nscenario_id: HS-001\npriority: P0\ntitle: one\n```\n" \
	"Verify:\n```bash\ntrue\n```\n"

/* Behavioural: id, pass_criteria. */
#define B9(id, more) "```yaml\nscenario_id: " id "\npriority: P1\n" \
	"title: t\nexpected_outcome:\n  description: it is\n" more "```\n"
#define RUNS(a, b) "pass_criteria:\n  runs_required: " a \
	"\n  pass_threshold: " b "\n"

static char dir[4096];

static void
put(const char *name, const char *text)
{
	struct df_buf b = DF_BUF_INIT;
	size_t n = strlen(text);
	int fd;

	df_buf_fmt(&b, "%s/%s", dir, name);
	fd = open(b.s, O_WRONLY | O_CREAT | O_TRUNC, 0700);
	if (fd < 0 || write(fd, text, n) != (ssize_t)n || close(fd) < 0)
		DF_BUG("fixture");
	df_buf_release(&b);
}

static void
drop(const char *name)
{
	struct df_buf b = DF_BUF_INIT;

	df_buf_fmt(&b, "%s/%s", dir, name);
	if (unlink(b.s) < 0)
		DF_BUG("fixture");
	df_buf_release(&b);
}

/* Make a suite of D9 and the directory; the code of the error, or "". */
static const char *
make(const char *d9, const char *tests, struct df_suite_count *c, size_t *n,
    struct df_leak *l)
{
	static struct df_err e;
	struct df_spec_doc doc[DF_DOCS];
	struct df_sealed s;
	struct df_spec sp;
	int r;

	memset(doc, 0, sizeof(doc));
	memset(&e, 0, sizeof(e));
	doc[9].s = d9;
	doc[9].n = strlen(d9);
	if (df_spec_read(&sp, doc, 0, 0, &e) < 0)
		return "spec";
	df_sealed_init(&s);
	r = df_suite_make(&sp, tests, &s, c, &e);
	*n = s.n;
	if (r == 0 && l && df_suite_needles(&s, l, &e) < 0)
		r = -1;
	df_sealed_release(&s);
	df_spec_release(&sp);
	return r == 0 ? "" : e.code;
}

static void
behavioural(void)
{
	struct df_suite_count c;
	struct df_leak *l = df_leak_new();
	size_t n;

	is_str(make(B9("HS-001", "") B9("HS-003", RUNS("3", "2 of 3")) D9_2,
	    NULL, &c, &n, NULL), "", "behavioural scenarios");
	ok(c.scenarios == 3 && c.executable == 1, "are not executable");
	is_str(c.lacking, "HS-001, HS-003", "and are named");
	is_str(make(B9("HS-001", "") B9("HS-002", "") B9("HS-003", "")
	    B9("HS-004", "") B9("HS-005", "") B9("HS-006", "")
	    B9("HS-007", "") B9("HS-008", ""), NULL, &c, &n, NULL), "",
	    "many of them");
	is_str(c.lacking, "HS-001, HS-002, HS-003, HS-004, HS-005, HS-006 "
	    "and 2 more", "are counted");
	is_str(make(B9("HS-001", RUNS("100", "100 of 100")), NULL, &c, &n,
	    NULL), "", "100 runs");
	is_str(make(B9("HS-001", RUNS("0", "0")), NULL, &c, &n, NULL),
	    "suite.runs", "no run");
	is_str(make(B9("HS-001", RUNS("101", "1")), NULL, &c, &n, NULL),
	    "suite.runs", "too many");
	is_str(make(B9("HS-001", RUNS("99999999999999999999", "1")), NULL, &c,
	    &n, NULL), "suite.runs", "very many");
	is_str(make(B9("HS-001", RUNS("3", "1 of 99999999999999999999")),
	    NULL, &c, &n, NULL), "suite.runs", "of very many");
	is_str(make(B9("HS-001", RUNS("3", "4")), NULL, &c, &n, NULL),
	    "suite.runs", "more than all");
	is_str(make(B9("HS-001", "") "- D4 ERR-003: \"Condition: Additional "
	    "files, dependencies, or framework behaviors appear\"\n", NULL,
	    &c, &n, l), "", "with a citation");
	ok(scan(l, "condition: additional files, dependencies, or framework "
	    "behaviors appear") == 1 && found.v[0].kind == DF_LEAK_TEXT &&
	    found.v[0].item == 1, "what is quoted is looked for");
	df_leak_free(l);
}

static void
suites(void)
{
	struct df_suite_count c;
	struct df_leak *l = df_leak_new();
	size_t n, i;
	int code = 0;

	is_str(make(D9 D9_2, NULL, &c, &n, l), "", "a suite of D9");
	ok(n == 3 && c.scenarios == 2 && c.p0 == 1 && c.executable == 2,
	    "of two scenarios");
	is_int(scan(l, "Run: mkdir -p work && cd work"), 0,
	    "a command of it may stand anywhere");
	scan(l, "set -e; grep -qx one out; grep -qx two out");
	for (i = 0; i < found.n; i++)
		code += found.v[i].kind == DF_LEAK_CODE &&
		    found.v[i].item == 1;
	is_int(code, 1, "its code may not");
	ok(scan(l, "# Another one of them all") == 1 &&
	    found.v[0].kind == DF_LEAK_TITLE && found.v[0].item == 2,
	    "nor a title");
	df_leak_free(l);
	is_str(make(D9 D9_2 D9, NULL, &c, &n, NULL), "suite.twice",
	    "D9 has an id in two headings");
	is_str(make(Y9 Y9, NULL, &c, &n, NULL), "suite.twice",
	    "or in two blocks of YAML");
	is_str(make(Y9 D9_2, NULL, &c, &n, NULL), "", "in one of each kind");

	snprintf(dir, sizeof(dir), "%s/leak.XXXXXX",
	    getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	if (mkdtemp(dir) == NULL)
		DF_BUG("mkdtemp");
	put("HS-002.py", "#!/usr/bin/python3\n");
	put("HS-0021", "#!/bin/sh\n");
	put(".HS-001", "#!/bin/sh\n");
	is_str(make(D9 D9_2, dir, &c, &n, NULL), "", "with a program");
	is_str(c.kind, "mixed", "which is taken");
	l = df_leak_new();
	put("HS-002.py", "#!/usr/bin/python3\n"
	    "# Permission to use, copy and modify this software for any "
	    "purpose\n\n"
	    "for place in sorted(everything that the tool has written "
	    "there):\n"
	    "# is each of these lines as long as the one before it was\n");
	is_str(make(D9 D9_2, dir, &c, &n, l), "", "a program with a licence");
	is_int(scan(l, "// Permission to use, copy and modify this software "
	    "for any purpose"), 0, "which may stand anywhere");
	is_int(scan(l, "for place in sorted(everything that the tool has "
	    "written there):"), 1, "its code may not");
	is_int(scan(l, "is each of these lines as long as the one before it "
	    "was"), 1, "nor a later comment");
	df_leak_free(l);
	put("HS-003", "#!/bin/sh\n");
	put("HS-003.sh", "#!/bin/sh\n");
	is_str(make(D9 D9_2, dir, &c, &n, NULL), "",
	    "two programs for nobody");
	put("HS-002", "#!/bin/sh\n");
	is_str(make(D9 D9_2, dir, &c, &n, NULL), "suite.program",
	    "two programs for one");
	is_str(make(D9, dir, &c, &n, NULL), "", "when there is this one");
	is_str(c.kind, "d9", "and the other has none");

	put("suite.json", "{\"name\":\"a\",\"scenarios\":["
	    "{\"id\":\"HS-a\",\"plan\":1,\"priority\":\"P1\","
	    "\"program\":\"HS-002\"},"
	    "{\"id\":\"HS-b\",\"plan\":2,\"priority\":\"P0\","
	    "\"program\":\"HS-002\"}],"
	    "\"schema\":\"df.suite/1\",\"version\":\"1.0.0\"}\n");
	is_str(make(D9, dir, &c, &n, NULL), "", "a manifest");
	ok(n == 3 && c.scenarios == 2 && c.p0 == 1, "of two scenarios");
	is_str(c.kind, "tap", "its kind");
	put("suite.json", "{\"name\":\"a\",\"scenarios\":["
	    "{\"id\":\"HS-a\",\"plan\":1,\"priority\":\"P1\","
	    "\"program\":\"HS-002\"},"
	    "{\"id\":\"HS-a\",\"plan\":2,\"priority\":\"P0\","
	    "\"program\":\"HS-002\"}],"
	    "\"schema\":\"df.suite/1\",\"version\":\"1.0.0\"}\n");
	is_str(make(D9, dir, &c, &n, NULL), "suite.twice",
	    "a manifest has an id twice");

	drop("suite.json");
	drop("HS-002");
	drop("HS-003.sh");
	drop("HS-003");
	drop(".HS-001");
	drop("HS-0021");
	drop("HS-002.py");
	if (rmdir(dir) < 0)
		DF_BUG("fixture");
	is_str(make(D9, dir, &c, &n, NULL), "suite.tests", "no directory");
}

int
main(void)
{
	kinds();
	normal_form();
	disguises();
	nested();
	forgetting();
	lines();
	long_words();
	ends();
	borders();
	against_plain();
	many();
	behavioural();
	suites();
	return tap_done();
}
