#include "base/df.h"

#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "spec/diag.h"

#define SNIPPET_MAX 400		/* bytes of a line that is quoted */

static void
string(struct df_buf *b, const char *s)
{
	df_text_json(b, s, strlen(s));
}

/*
 * A message string: braces are doubled, because {0} stands for an argument,
 * and "](" is parted, because it would make a link.
 */
static void
message(struct df_buf *to, const char *s)
{
	size_t i;

	for (i = 0; s[i]; i++) {
		df_buf_ch(to, s[i]);
		if (s[i] == '{' || s[i] == '}')
			df_buf_ch(to, s[i]);
		if (s[i] == ']' && s[i + 1] == '(')
			df_buf_ch(to, ' ');
	}
}

static void
foreign(struct df_buf *to, const char *s)
{
	struct df_buf t = DF_BUF_INIT;

	df_text_foreign(&t, s, strlen(s), DF_TEXT_LINE, 0, 2000);
	message(to, t.s);
	df_buf_release(&t);
}

/* {"text":"..."}; releases t. */
static void
text(struct df_buf *b, struct df_buf *t)
{
	df_buf_str(b, "{\"text\":");
	df_text_json(b, t->s, t->n);
	df_buf_ch(b, '}');
	df_buf_release(t);
}

static void
own_text(struct df_buf *b, const char *s)
{
	struct df_buf t = DF_BUF_INIT;

	message(&t, s);
	text(b, &t);
}

/* ---- rules ---- */

static const char *const level[3] = { "note", "warning", "error" };

static void
rule(struct df_buf *b, const struct df_rule_def *r, const char *check)
{
	struct df_buf t = DF_BUF_INIT;

	df_buf_fmt(b, "{\"defaultConfiguration\":{\"level\":\"%s\"},",
	    level[r->severity]);
	df_buf_str(b, "\"fullDescription\":");
	own_text(b, *r->explain ? r->explain : r->about);
	df_buf_str(b, ",\"help\":");
	message(&t, *r->explain ? r->explain : r->about);
	if (check)
		df_buf_fmt(&t, " It belongs to the check %s and may %sbe "
		    "waived.", check, df_rule_waivable(r) ? "" : "not ");
	text(b, &t);
	df_buf_str(b, ",\"id\":");
	string(b, r->id);
	df_buf_str(b, ",\"shortDescription\":");
	own_text(b, r->about);
	df_buf_ch(b, '}');
}

static size_t
rule_index(struct df_sarif *s, const struct df_rule_def *r, const char *check)
{
	size_t n = strlen(r->id), i = df_map_get(&s->rule, r->id, n);

	if (i != DF_MAP_NONE)
		return i;
	if (s->nrules)
		df_buf_ch(&s->rules, ',');
	rule(&s->rules, r, check);
	df_map_set(&s->rule, df_arena_str(&s->arena, r->id, n), n, s->nrules);
	return s->nrules++;
}

/* ---- results ---- */

static void
uri(struct df_buf *b, const char *path)
{
	static const char hex[] = "0123456789ABCDEF";
	const char *p;
	unsigned char c;

	if (*path == '/')
		df_buf_str(b, "file://");
	for (p = path; *p; p++) {
		c = (unsigned char)*p;
		if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		    (c >= '0' && c <= '9') || strchr("/-._~", c)) {
			df_buf_ch(b, c);
			continue;
		}
		df_buf_ch(b, '%');
		df_buf_ch(b, hex[c >> 4]);
		df_buf_ch(b, hex[c & 15]);
	}
}

static uint32_t
characters(const char *s, size_t n)
{
	uint32_t k = 0;
	size_t i;

	for (i = 0; i < n; i++)
		k += ((unsigned char)s[i] & 0xc0) != 0x80;
	return k;
}

static void
region(struct df_buf *b, const struct df_diag *d)
{
	size_t from, to;

	df_buf_str(b, "\"region\":{");
	if (df_diag_token(d, &from, &to) && to > from)
		df_buf_fmt(b, "\"endColumn\":%u,", d->col +
		    characters(d->text + from, to - from));
	if (d->text && d->line && d->ntext <= SNIPPET_MAX && !d->d9) {
		df_buf_str(b, "\"snippet\":{\"text\":");
		df_text_json(b, d->text, d->ntext);
		df_buf_str(b, "},");
	}
	if (d->line && d->col)
		df_buf_fmt(b, "\"startColumn\":%u,", d->col);
	df_buf_fmt(b, "\"startLine\":%u}", d->line ? d->line : 1);
}

static void
location(struct df_buf *b, const struct df_diag *d, const char *path)
{
	df_buf_ch(b, '{');
	if (*d->item) {
		df_buf_str(b, "\"logicalLocations\":[{\"name\":");
		string(b, d->item);
		df_buf_str(b, "}],");
	}
	df_buf_str(b, "\"physicalLocation\":{\"artifactLocation\":{\"uri\":\"");
	uri(b, path);
	df_buf_str(b, *path == '/' ? "\"}," :
	    "\",\"uriBaseId\":\"%SRCROOT%\"},");
	region(b, d);
	df_buf_str(b, "}}");
}

static void
part(struct df_sha256 *h, const char *s)
{
	df_sha256_add(h, s, strlen(s) + 1);
}

/* Half of a digest, and how many in this file had it before. */
static void
fingerprint(struct df_sarif *s, const struct df_diag *d, const char *path)
{
	const char *name = strrchr(d->path, '/');
	struct df_sha256 h;
	struct df_digest dg;
	struct df_buf key = DF_BUF_INIT;
	size_t n;

	df_sha256_init(&h);
	part(&h, d->rule->id);
	part(&h, name ? name + 1 : d->path);
	part(&h, d->item);
	part(&h, d->msg);
	df_sha256_end(&h, &dg);
	df_hex(&key, dg.b, 16);
	df_buf_str(&s->results, "\"partialFingerprints\":{\"df/v1\":\"");
	df_buf_add(&s->results, key.s, key.n);
	df_buf_str(&key, path);
	n = df_map_get(&s->seen, key.s, key.n);
	n = n == DF_MAP_NONE ? 1 : n + 1;
	if (n == 1)
		df_map_set(&s->seen, df_arena_str(&s->arena, key.s, key.n),
		    key.n, n);
	else
		df_map_set(&s->seen, key.s, key.n, n);
	df_buf_fmt(&s->results, ":%zu\"},", n);
	df_buf_release(&key);
}

void
df_sarif_init(struct df_sarif *s)
{
	memset(s, 0, sizeof(*s));
	df_buf_init(&s->results);
	df_buf_init(&s->rules);
	df_buf_init(&s->notes);
}

void
df_sarif_add(struct df_sarif *s, const struct df_diag *d, const char *check,
    const char *path)
{
	struct df_buf t = DF_BUF_INIT, *b = &s->results;
	size_t index;

	s->n++;
	index = rule_index(s, d->rule, check);
	df_buf_fmt(b, "%s{\"level\":\"%s\",\"locations\":[", s->n > 1 ? "," :
	    "", level[d->severity]);
	location(b, d, path);
	df_buf_str(b, "],\"message\":");
	foreign(&t, d->msg);
	if (*d->hint) {
		df_buf_str(&t, "\nhint: ");
		foreign(&t, d->hint);
	}
	text(b, &t);
	df_buf_ch(b, ',');
	fingerprint(s, d, path);
	df_buf_str(b, "\"ruleId\":");
	string(b, d->rule->id);
	df_buf_fmt(b, ",\"ruleIndex\":%zu", index);
	if (d->waived) {
		df_buf_str(b, ",\"suppressions\":[{\"justification\":");
		string(b, d->waived);
		df_buf_str(b, ",\"kind\":\"external\","
		    "\"status\":\"accepted\"}]");
	}
	df_buf_ch(b, '}');
}

void
df_sarif_note(struct df_sarif *s, const char *msg)
{
	struct df_buf t = DF_BUF_INIT;

	if (s->notes.n)
		df_buf_ch(&s->notes, ',');
	df_buf_str(&s->notes, "{\"level\":\"warning\",\"message\":");
	foreign(&t, msg);
	text(&s->notes, &t);
	df_buf_ch(&s->notes, '}');
}

void
df_sarif_end(struct df_sarif *s, struct df_buf *b)
{
	df_buf_str(b, "{\"$schema\":\"https://json.schemastore.org/"
	    "sarif-2.1.0.json\",\"runs\":[{"
	    "\"columnKind\":\"unicodeCodePoints\",\"invocations\":["
	    "{\"executionSuccessful\":");
	df_buf_str(b, s->failed ? "false" : "true");
	if (s->notes.n) {
		df_buf_str(b, ",\"toolExecutionNotifications\":[");
		df_buf_add(b, s->notes.s, s->notes.n);
		df_buf_ch(b, ']');
	}
	df_buf_str(b, "}],\"results\":[");
	df_buf_add(b, s->results.s, s->results.n);
	df_buf_str(b, "],\"tool\":{\"driver\":{\"name\":\"df-validate\","
	    "\"rules\":[");
	df_buf_add(b, s->rules.s, s->rules.n);
	df_buf_str(b, "],\"version\":\"" DF_VERSION "\"}}}],"
	    "\"version\":\"2.1.0\"}\n");
	df_buf_release(&s->results);
	df_buf_release(&s->rules);
	df_buf_release(&s->notes);
	df_map_release(&s->rule);
	df_map_release(&s->seen);
	df_arena_release(&s->arena);
}
