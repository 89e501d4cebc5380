/* The lexical layer of specifications: lines, fences, comments, fields. */
#include "base/df.h"

#include "spec/md.h"
#include "tap.h"

static struct df_arena arena;

static struct df_md
read_md(const char *s)
{
	struct df_md md;
	struct df_err e;

	if (df_md_read(&md, &arena, s, strlen(s), "x.md", &e) == -1) {
		printf("# %s\n", e.msg);
		memset(&md, 0, sizeof(md));
	}
	return md;
}

static const char *
kinds(const char *s)
{
	static const char letter[] = ".tH-|[c]!";
	static char out[256];
	struct df_md md = read_md(s);
	uint32_t i;

	for (i = 0; i < md.lines && i < 255; i++)
		out[i] = letter[md.line[i].kind];
	out[i] = 0;
	return out;
}

static const char *
text(const char *s, uint32_t line)
{
	static char out[512];
	struct df_md md = read_md(s);

	snprintf(out, sizeof(out), "%.*s", (int)md.line[line - 1].n,
	    md.line[line - 1].s);
	return out;
}

static void
lines(void)
{
	struct df_md md;

	is_str(kinds("# T\n\ntext\n---\n| a |\n"), "H.t-|", "kinds");
	is_str(kinds("```bash\n# no heading\n| no table |\n```\n# H\n"),
	    "[cc]H", "nothing is recognised in a fence");
	is_str(kinds("````\n```\n````\n"), "[c]", "a longer fence");
	is_str(kinds("~~~ x\n```\n~~~\n"), "[c]", "tilde fences");
	is_str(kinds("```\n~~~\n``` x\n```\n"), "[cc]",
	    "a closing fence has nothing behind it");
	is_str(kinds("```a`b\ntext\n"), "tt",
	    "no backquote in the info string of a backquote fence");
	is_str(kinds("  - x\n      ```sh\n      a\n      ```\n"), "t[c]",
	    "a fence deep in a list");
	is_str(kinds("<!-- a\n## b\n-->\n## c\n"), "!!!H", "a comment");
	is_str(kinds("<!-- a --> text\nx\n"), "tt", "text behind a comment");
	is_str(text("<!-- a --> text\n", 1), "text", "and what it is");
	is_str(kinds("<!-->\ntext\n"), "!t", "a comment that ends itself");
	is_str(text("a <!-- b --> c <!-- d -->e\n", 1), "a  c e",
	    "comments inside a line");
	is_str(text("a `<!-- b -->` c\n", 1), "a `<!-- b -->` c",
	    "no comment in a code span");
	is_str(kinds("a <!-- b\nc --> d\n"), "tt",
	    "a comment over two lines of a paragraph");
	is_str(text("a <!-- b\nc --> d\n", 2), "d", "what follows it");
	is_str(text("a <!-- b\n\nc --> d\n", 1), "a <!-- b",
	    "a comment does not go beyond the paragraph it begins in");
	is_str(kinds("#no\n####### no\n## yes\n#\n"), "ttHH", "headings");
	is_str(text("## A title ##\n", 1), "A title", "closing #s");
	is_str(text("## C#\n", 1), "C#", "a # that belongs to the title");
	is_str(kinds("a\n---\n***\n- - -\n--\n"), "t---t",
	    "a line of dashes is a rule, never a heading");
	is_str(text("\xef\xbb\xbf# T\r\n", 1), "T", "BOM and CR LF");
	md = read_md("```\nx\n");
	is_int(md.open_fence, 1, "a fence that is never closed");
	md = read_md("```\n``` what it is\n~~~sh\n``\n```\n````\n```sh\n"
	    "````sh\n");
	is_int(md.inner_fence, 8, "the beginning of a fence in a fence");
	md = read_md("x\n\n<!-- y\n");
	is_int(md.open_comment, 3, "a comment that is never closed");
	md = read_md("```\n<!-- y\n```\nz\n");
	ok(md.open_comment == 0 && md.open_fence == 0,
	    "no comment begins in code");
	md = read_md("12. x\n  * y\n- z\n3) a\n1.b\n");
	ok(md.line[0].mark == '1' && md.line[0].num == 12 &&
	    md.line[1].mark == '*' && md.line[1].indent == 2 &&
	    md.line[2].mark == '-' && md.line[3].mark == '1' &&
	    md.line[4].mark == 0, "list markers");
	md = read_md("");
	is_int(md.lines, 0, "an empty document has no line");
	md = read_md("ab\ncd\n\nef");
	ok(df_md_line_at(&md, 0) == 1 && df_md_line_at(&md, 3) == 2 &&
	    df_md_line_at(&md, 6) == 3 && df_md_line_at(&md, 8) == 4,
	    "the line of a byte");
}

static void
refused(void)
{
	struct df_md md;
	struct df_err e;

	is_int(df_md_read(&md, &arena, "ab\ncd\xff", 6, "x.md", &e), -1,
	    "bytes that are not UTF-8");
	is_str(e.msg, "x.md:2:3: not UTF-8: byte 0xff at offset 5",
	    "where they are");
	is_int(e.exit, DF_INPUT, "exit 3");
	is_int(df_md_read(&md, &arena, "a\0b", 3, "x.md", &e), -1, "a NUL");
}

static void
field(const char *line, const char *key, const char *note, const char *value)
{
	struct df_md_kv kv;
	int is = df_md_kv(df_str(line), &kv);

	if (key == NULL) {
		ok(!is, "no field: %s", line);
		return;
	}
	ok(is && df_str_eq(kv.key, key) && df_str_eq(kv.note, note) &&
	    df_str_eq(kv.value, value), "field: %s", line);
	if (is && !df_str_eq(kv.value, value))
		printf("# key %.*s value %.*s\n", (int)kv.key.n, kv.key.s,
		    (int)kv.value.n, kv.value.s);
}

static void
fields(void)
{
	field("**Rule:** text", "Rule", "", "text");
	field("**Rule**: text", "Rule", "", "text");
	field("- Rule: text", "Rule", "", "text");
	field("  * **Rule:** text", "Rule", "", "text");
	field("Rule: text: more", "Rule", "", "text: more");
	field("**Phase + name:** x", "Phase + name", "", "x");
	field("- Parallel/Serial: Serial", "Parallel/Serial", "", "Serial");
	field("- Status (OPEN|RESOLVED|ASSUMED): ASSUMED", "Status",
	    "OPEN|RESOLVED|ASSUMED", "ASSUMED");
	field("**Request Shape** (caller (all) of it):", "Request Shape",
	    "caller (all) of it", "");
	field("**Gate verdict: PASS - zero.**", "Gate verdict", "",
	    "PASS - zero.");
	field("- Shared? YES - all of them", "Shared?", "",
	    "YES - all of them");
	field("- Shared? NO", "Shared?", "", "NO");
	field("**Shared?:** NO", "Shared?", "", "NO");
	field("**Shared?** NO - here", "Shared?", "", "NO - here");
	field("__Status__: OPEN", "Status", "", "OPEN");
	field("*payload:*", "payload", "", "");
	field("Setup:", "Setup", "", "");
	field("Priority:P1", "Priority", "", "P1");
	field("- `code`: text", NULL, NULL, NULL);
	field("see http://example.org", NULL, NULL, NULL);
	field("std::string: x", NULL, NULL, NULL);
	field("12:30 begins with a digit", NULL, NULL, NULL);
	field("one two three four five six seven: x", NULL, NULL, NULL);
	field("no colon here", NULL, NULL, NULL);
	field("**GIVEN** a thing: x", NULL, NULL, NULL);
	field("Key (never closed: x", NULL, NULL, NULL);
	field("", NULL, NULL, NULL);
	ok(df_md_key(df_str("Spec_Version"), "spec version") &&
	    df_md_key(df_str("SHARED?"), "shared") &&
	    !df_md_key(df_str("Spec"), "spec version"), "keys compare");
	ok(df_md_title(df_str("Boundaries (unlisted ...)"), "boundaries") &&
	    df_md_title(df_str("ASK FIRST \xe2\x80\x94 human"), "ask first") &&
	    df_md_title(df_str("**NOT**"), "not") &&
	    df_md_title(df_str("Tasks"), "tasks") &&
	    !df_md_title(df_str("Notes"), "not") &&
	    !df_md_title(df_str("Boundary"), "boundaries") &&
	    df_md_title(df_str("3. Run Protocol"), "run protocol") &&
	    df_md_title(df_str("12) **Tasks**"), "tasks") &&
	    !df_md_title(df_str("3.5 Tasks"), "tasks"),
	    "titles compare by their first words");
}

static void
cell(const char *row, unsigned want, unsigned n, const char *last)
{
	struct df_str c[DF_MD_CELLS_MAX];
	unsigned got = df_md_cells(df_str(row), want, c);

	ok(got == n && df_str_eq(c[got - 1], last), "%u cells: %s", n, row);
	if (got != n)
		printf("# got %u\n", got);
}

static void
cells(void)
{
	char row[512];
	size_t i;

	cell("| a | b |", 0, 2, "b");
	cell("| a | b", 0, 2, "b");
	cell("|a|", 0, 1, "a");
	cell("| a | `x | None` | c |", 3, 3, "c");
	cell("| a | x \\| y |", 2, 2, "x \\| y");
	cell("| a | ` | c |", 3, 3, "c");
	cell("| `a | b` | c |", 3, 3, "c");
	cell("| a | |", 2, 2, "");
	for (i = 0; i < 200; i++)
		memcpy(row + 2 * i, "|a", 2);
	row[400] = 0;
	ok(df_md_cells(df_str(row), 0, (struct df_str[DF_MD_CELLS_MAX]){
	    { 0 } }) == DF_MD_CELLS_MAX, "at most %d cells", DF_MD_CELLS_MAX);
	ok(df_md_delim(df_str("|---|:--:|")) && df_md_delim(df_str("| - |")) &&
	    !df_md_delim(df_str("| a |")) && !df_md_delim(df_str("| |")),
	    "delimiter rows");
}

static void
bare(const char *s, const char *want)
{
	struct df_str t = df_md_bare(df_str(s));

	ok(df_str_eq(t, want), "bare: %s", s);
	if (!df_str_eq(t, want))
		printf("# got %.*s\n", (int)t.n, t.s);
}

static void
marks(void)
{
	bare("**x**", "x");
	bare("`x`", "x");
	bare("**`x`**", "x");
	bare("*x*", "x");
	bare("__x__", "x");
	bare("``a`b``", "a`b");
	bare("**a** and **b**", "**a** and **b**");
	bare("`a` and `b`", "`a` and `b`");
	bare("**", "**");
	bare("", "");
	ok(df_md_priority(df_str("P0 (blocker)")) == 0 &&
	    df_md_priority(df_str("**P1**")) == 1 &&
	    df_md_priority(df_str("\"P2\"")) == 2 &&
	    df_md_priority(df_str("P1(must)")) == 1 &&
	    df_md_priority(df_str("P12")) == -1 &&
	    df_md_priority(df_str("high")) == -1, "priorities");
}

/* A line that invites a search from each of its bytes must not get one. */
static void
hostile(void)
{
	static char s[1 << 20];
	size_t i, k, n = 0;
	struct df_str c[DF_MD_CELLS_MAX];

	for (k = 1; n + k + 1 < sizeof(s); k = k % 60 + 1) {
		memset(s + n, '`', k);
		s[n + k] = 'x';
		n += k + 1;
	}
	ok(df_md_cells((struct df_str){ s, n }, 0, c) == 1,
	    "a megabyte of backquotes of all lengths");
	for (i = 0; i + 4 < sizeof(s); i += 4)
		memcpy(s + i, "<!--", 4);
	s[0] = 'x';
	s[sizeof(s) - 1] = 0;
	is_str(kinds(s), "t", "a megabyte of comments that never close");
}

int
main(void)
{
	lines();
	refused();
	fields();
	cells();
	marks();
	hostile();
	df_arena_release(&arena);
	return tap_done();
}
