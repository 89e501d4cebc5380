#include "base/df.h"

#include <string.h>

#include "spec/suite.h"

/* What of a suite must stand nowhere else: needles for leak.h. */

/* "**Canary:** VALUE", "canary: VALUE": the value. */
static void
canaries(struct df_leak *l, uint32_t n, const char *s)
{
	const char *p, *end;

	for (; *s; s = *end ? end + 1 : end) {
		end = s + strcspn(s, "\n");
		p = s + strspn(s, " \t*-#");
		if (strncmp(p, "Canary", 6) != 0 &&
		    strncmp(p, "canary", 6) != 0)
			continue;
		p += 6;
		p += strspn(p, " \t*:=");
		df_leak_add(l, DF_LEAK_CANARY, n, p, (size_t)(end - p));
	}
}

/*
 * The lines of a scenario, each without a citation before it ("D4 ERR-003:"):
 * what it quotes is public, and a handoff that shows it behind a heading that
 * ends in "D4" would have the whole line.
 */
static void
scenario_lines(struct df_leak *l, uint32_t n, const char *s)
{
	enum df_family family;
	const char *p, *id, *end;

	for (; *s; s = *end ? end + 1 : end) {
		end = s + strcspn(s, "\n");
		p = s + strspn(s, " \t-*");
		if (*p == 'D' && p[1] >= '1' && p[1] <= '9') {
			id = p + 1 + strspn(p + 1, "0123456789");
			id += *id == ' ';
			id += df_spec_id(id, (size_t)(end - id), &family);
			s = id;
		}
		df_leak_add_lines(l, n, s, (size_t)(end - s));
	}
}

/*
 * Bytes of the comments that a program begins with: a licence is in many
 * files, and nobody's secret.
 */
static size_t
header(const char *s, size_t n)
{
	static const char *const mark[] = { "#", "//", "/*", "*", "--", ";",
	    "%" };
	size_t at = 0, i, k, end;

	while (at < n) {
		for (i = at; i < n && (s[i] == ' ' || s[i] == '\t'); i++)
			;
		for (k = 0; k < DF_LEN(mark); k++)
			if (n - i >= strlen(mark[k]) &&
			    memcmp(s + i, mark[k], strlen(mark[k])) == 0)
				break;
		if (k == DF_LEN(mark) && i < n && s[i] != '\n')
			break;
		for (end = i; end < n && s[end] != '\n'; end++)
			;
		at = end + (end < n);
	}
	return at;
}

static void
program(struct df_leak *l, uint32_t n, const struct df_buf *b)
{
	size_t skip = header(b->s, b->n);

	df_leak_add(l, DF_LEAK_CODE, n, b->s, b->n);
	if (skip < b->n)
		df_leak_add_lines(l, n, b->s + skip, b->n - skip);
}

static void
block(struct df_leak *l, uint32_t n, const char *s)
{
	df_leak_add(l, DF_LEAK_CODE, n, s, strlen(s));
	df_leak_add_lines(l, n, s, strlen(s));
}

int
df_suite_needles(const struct df_sealed *s, struct df_leak *l,
    struct df_err *e)
{
	struct df_suite_item it;
	struct df_suite_frame f;
	const char *frame;
	uint32_t i;

	for (i = 0; i < s->n; i++) {
		if (i == 0) {
			if (df_suite_frame(&f, &s->item[0], e) < 0)
				return -1;
			frame = df_jv_str(f.j, "frame");
			frame = frame ? frame : "";
			canaries(l, 0, frame);
			df_leak_add_lines(l, 0, frame, strlen(frame));
			jv_free(f.j);
			continue;
		}
		if (df_suite_item(&it, &s->item[i], e) < 0)
			return -1;
		canaries(l, i, it.text);
		block(l, i, it.setup);
		block(l, i, it.execute);
		block(l, i, it.verify);
		block(l, i, it.cleanup);
		df_leak_add(l, DF_LEAK_TITLE, i, it.title, strlen(it.title));
		df_leak_add(l, DF_LEAK_ID, i, it.id, strlen(it.id));
		scenario_lines(l, i, it.text);
		program(l, i, &it.program);
		df_suite_item_release(&it);
	}
	return 0;
}
