#include "base/df.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/schema.h"
#include "base/text.h"
#include "run/config.h"

void
df_configs_release(struct df_configs *c)
{
	size_t i;

	for (i = 0; i < c->n; i++) {
		df_buf_release(&c->v[i].bytes);
		jv_free(c->v[i].json);
		free(c->v[i].path);
	}
	free(c->v);
	memset(c, 0, sizeof(*c));
}

static const struct df_config *
find(const struct df_configs *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (strcmp(c->v[i].name, name) == 0)
			return &c->v[i];
	return NULL;
}

/* "# df-policy default 1.0.0", "{{! df-template handoff 1.0.0 }}". */
static int
first_line(struct df_config *c, const char *mark, char name[64],
    struct df_err *e)
{
	const char *s = strstr(c->bytes.s, mark), *lf = strchr(c->bytes.s,
	    '\n');

	name[0] = '\0';
	if (s == NULL || (lf && s > lf) || sscanf(s + strlen(mark),
	    " %63[A-Za-z0-9._-] %39[0-9.]", name, c->version) != 2)
		return df_fail(e, DF_INPUT, "config.version",
		    "%s:1: no \"%s NAME VERSION\"", c->path, mark);
	return 0;
}

static int
identify(struct df_config *c, const char *kind, const char *ext,
    const char *schema, struct df_err *e)
{
	struct df_json j = { 0 };
	char name[64];
	const char *s;
	int r;

	if (schema) {
		r = df_schema_scan(&j, c->bytes.s, c->bytes.n, 0, schema,
		    c->path, e);
		if (r == 0)
			c->json = df_json_jv(&j, 0);
		df_json_release(&j);
		if (r < 0)
			return -1;
		s = df_jv_str(c->json, "name");
		snprintf(name, sizeof(name), "%s", s ? s : "");
		s = df_jv_str(c->json, "version");
		snprintf(c->version, sizeof(c->version), "%s", s ? s : "");
	} else if (first_line(c, strcmp(ext, ".jq") == 0 ? "# df-policy" :
	    "{{! df-template", name, e) < 0) {
		return -1;
	}
	if (!df_name_ok(name, strlen(name)) || c->version[0] == '\0')
		return df_fail(e, DF_INPUT, "config.name",
		    "%s: name or version does not serve", c->path);
	snprintf(c->name, sizeof(c->name), "%s/%s", kind, name);
	snprintf(c->file, sizeof(c->file), "config/%s%s", c->name, ext);
	return 0;
}

struct df_config *
df_config_load(struct df_configs *c, const struct df_factory *f,
    const char *kind, const char *share, const char *name, const char *ext,
    const char *schema, struct df_err *e)
{
	struct df_buf path = DF_BUF_INIT;
	const struct df_config *was;
	struct df_config *n;
	const char *at;
	size_t bad;

	if (df_resource_path(f, kind, share, name, ext, &path, e) < 0) {
		df_buf_release(&path);
		return NULL;
	}
	DF_GROW(c->v, c->n, c->cap);
	n = &c->v[c->n];
	memset(n, 0, sizeof(*n));
	df_buf_init(&n->bytes);
	n->json = jv_invalid();
	n->path = df_buf_detach(&path);
	c->n++;
	if (df_read_file(AT_FDCWD, n->path, &n->bytes, DF_CONFIG_MAX, e) < 0)
		return NULL;
	bad = df_utf8_bad(n->bytes.s, n->bytes.n);
	if (bad != n->bytes.n || strlen(n->bytes.s) != n->bytes.n) {
		(void)df_fail(e, DF_INPUT, "config.text",
		    "%s: not UTF-8 text", n->path);
		return NULL;
	}
	if (identify(n, kind, ext, schema, e) < 0)
		return NULL;
	at = strchr(name, '/') ? NULL : strchr(name, '@');
	if (at && strcmp(at + 1, n->version) != 0) {
		(void)df_fail(e, DF_REFUSED, "compat.version",
		    "no %s %s: %s has version %s", kind, name, n->path,
		    n->version);
		return NULL;
	}
	df_sha256(n->bytes.s, n->bytes.n, &n->digest);
	was = find(c, n->name);
	if (was != n) {
		if (!df_digest_eq(&was->digest, &n->digest)) {
			(void)df_fail(e, DF_CONFLICT, "config.twice",
			    "%s: %s again, with other bytes than %s", n->path,
			    n->name, was->path);
			return NULL;
		}
		c->n--;
		df_buf_release(&n->bytes);
		jv_free(n->json);
		free(n->path);
		return &c->v[was - c->v];
	}
	return n;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct df_config *)a)->name,
	    ((const struct df_config *)b)->name);
}

jv
df_configs_json(struct df_configs *c)
{
	char d[DF_DIGEST_STR];
	jv list = jv_array(), o;
	size_t i;

	if (c->n)
		qsort(c->v, c->n, sizeof(*c->v), by_name);
	for (i = 0; i < c->n; i++) {
		o = df_jset_str(jv_object(), "digest",
		    df_digest_str(&c->v[i].digest, d));
		o = df_jset_str(o, "name", c->v[i].name);
		list = jv_array_append(list, df_jset_str(o, "version",
		    c->v[i].version));
	}
	return list;
}
