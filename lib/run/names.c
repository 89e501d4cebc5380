#define _GNU_SOURCE
#include "base/df.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "run/names.h"

/*
 * The owner table.  In a pattern "*" is one component, "#" the event's number
 * in decimal, "@" the task of the stage dispatch/@, "**" one or more
 * components.
 */
static const struct {
	const char *pattern;
	const char *type, *type2;
	const char *stage;		/* NULL: no stage */
} owner[] = {
	{ "run.json", "run.created", NULL, NULL },
	{ "validation.json", "run.created", NULL, NULL },
	{ "commitment.json", "run.created", NULL, NULL },
	{ "holdout.age", "run.created", NULL, NULL },
	{ "submission.json", "run.created", NULL, NULL },
	{ "boot.host.json", "run.created", NULL, NULL },
	{ "spec.tree", "run.created", NULL, NULL },
	{ "base.tree", "run.created", NULL, NULL },
	{ "trust/*", "run.created", NULL, NULL },
	{ "config/**", "run.created", NULL, NULL },
	{ "origin/**", "run.created", NULL, NULL },
	{ "waiver/*", "run.created", NULL, NULL },
	{ "suite/findings.json", "run.created", NULL, NULL },
	{ "suite/findings.json.sig", "run.created", NULL, NULL },
	{ "handoff/*", "stage.completed", NULL, "handoff" },
	{ "prompt/*", "stage.completed", NULL, "prompt" },
	{ "dispatch/@/#.json", "stage.completed", "stage.failed",
	    "dispatch/@" },
	{ "dispatch/@/#.host.json", "stage.completed", "stage.failed",
	    "dispatch/@" },
	{ "result/@/#.tree", "stage.completed", "stage.failed",
	    "dispatch/@" },
	{ "result/@/#.patch", "stage.completed", NULL, "dispatch/@" },
	{ "result/@/#.log", "stage.completed", "stage.failed", "dispatch/@" },
	{ "result/@/#.md", "stage.completed", "stage.failed", "dispatch/@" },
	{ "result/merged.tree", "stage.completed", NULL, "merge" },
	{ "result/merged.patch", "stage.completed", NULL, "merge" },
	{ "holdout/#.json", "holdout.completed", NULL, NULL },
	{ "holdout/#.tap", "holdout.completed", NULL, NULL },
	{ "holdout/#.full.age", "holdout.completed", NULL, NULL },
	{ "opened/*", "holdout.opened", NULL, NULL },
	{ "decision/#.json", "run.approved", "run.rejected", NULL },
	{ "decision/#.facts.json", "run.approved", "run.rejected", NULL },
	{ "decision/#.policy.json", "run.approved", "run.rejected", NULL },
	{ "decision/#.json", "decision.recorded", "decision.amended", NULL },
	{ "decision/#.facts.json", "decision.recorded", NULL, NULL },
	{ "decision/#.policy.json", "decision.recorded", NULL, NULL },
	{ "report.json", "artifact.stored", NULL, NULL },
	{ "report.md", "artifact.stored", NULL, NULL },
	{ "report.xml", "artifact.stored", NULL, NULL },
	{ "seal/#.json", "run.completed", "run.resealed", NULL },
	{ "seal/#.json.sig", "run.completed", "run.resealed", NULL },
};

static int
matches(const char *p, const char *s, const char *task, int64_t n)
{
	int64_t got;
	size_t k;

	for (; *p; p++) {
		switch (*p) {
		case '*':
			if (p[1] == '*')
				return *s != '\0';
			k = strcspn(s, "/");
			if (k == 0)
				return 0;
			s += k;
			break;
		case '#':
			for (got = 0, k = 0; s[k] >= '0' && s[k] <= '9' &&
			    k < 18; k++)
				got = got * 10 + (s[k] - '0');
			if (k == 0 || (k > 1 && *s == '0') || got != n)
				return 0;
			s += k;
			break;
		case '@':
			k = strlen(task);
			if (k == 0 || strncmp(s, task, k) != 0)
				return 0;
			s += k;
			break;
		default:
			if (*s != *p)
				return 0;
			s++;
		}
	}
	return *s == '\0';
}

int
df_name_may(const char *name, const char *type, const char *stage, int64_t n,
    struct df_err *e)
{
	const char *task = "";
	size_t i;

	if (!df_name_ok(name, strlen(name)))
		return df_fail(e, DF_INPUT, "name.form",
		    "%.100s is no name of an artifact", name);
	if (strncmp(stage, "dispatch/", 9) == 0)
		task = stage + 9;
	for (i = 0; i < DF_LEN(owner); i++) {
		if (!matches(owner[i].pattern, name, task, n))
			continue;
		if (strcmp(type, owner[i].type) != 0 && (!owner[i].type2 ||
		    strcmp(type, owner[i].type2) != 0))
			continue;
		if (owner[i].stage == NULL ? *stage == '\0' :
		    strcmp(owner[i].stage, "dispatch/@") == 0 ? *task != '\0' :
		    strcmp(owner[i].stage, stage) == 0)
			return 0;
	}
	return df_fail(e, DF_REFUSED, "name.owner",
	    "the name %s may not be given by %s%s%s", name, type,
	    *stage ? " of " : "", stage);
}

/* ---- lists ---- */

int
df_list_blob(const struct df_json *j, uint32_t data, const char *member,
    struct df_digest *d)
{
	uint32_t t = df_jget(j, data, member), k;

	if (t == 0 || j->tok[t].type != DF_JOBJECT)
		return 0;
	k = df_jget(j, t, "digest");
	return k && df_digest_parse(d, j->s + j->tok[k].start,
	    j->tok[k].end - j->tok[k].start) == 0;
}

struct each {
	int (*artifact)(void *arg, const struct df_artifact *a,
	    struct df_err *e);
	int (*input)(void *arg, const struct df_input *i, struct df_err *e);
	void *arg;
	int r;			/* what the last call returned */
};

static int
text(const struct df_json *j, uint32_t t, char *out, size_t size)
{
	const struct df_jtok *k = &j->tok[t];
	size_t n = k->end - k->start;

	if (t == 0 || k->type != DF_JSTRING || k->esc || n >= size)
		return -1;
	memcpy(out, j->s + k->start, n);
	out[n] = '\0';
	return 0;
}

static int
digest(const struct df_json *j, uint32_t t, struct df_digest *d)
{
	const struct df_jtok *k = &j->tok[t];

	return t && k->type == DF_JSTRING ? df_digest_parse(d, j->s + k->start,
	    k->end - k->start) : -1;
}

/* An artifact or input, token t.  Lists are long: its members are looked up in
   one go. */
static int
one(void *arg, const struct df_json *j, uint32_t t, struct df_err *e)
{
	static const struct {
		const char *name;
		size_t n;
	} want[] = { { "digest", 6 }, { "media_type", 10 }, { "name", 4 },
	    { "size", 4 } };
	uint32_t at[DF_LEN(want)] = { 0 }, i, m, count;
	struct each *c = arg;
	struct df_artifact a;
	struct df_input in;
	int64_t size;
	size_t k;

	if (c->r)
		return 0;
	count = j->tok[t].type == DF_JOBJECT ? j->tok[t].n : 0;
	for (i = 0, m = df_jfirst(j, t); i < count;
	    i++, m = df_jnext(j, m + 1))
		for (k = 0; k < DF_LEN(want); k++)
			if (j->tok[m].end - j->tok[m].start == want[k].n &&
			    memcmp(j->s + j->tok[m].start, want[k].name,
			    want[k].n) == 0)
				at[k] = m + 1;
	if (c->artifact) {
		if (at[3] == 0 || df_jint(j, at[3], 0, DF_JSON_INT, &size) < 0
		    || text(j, at[2], a.name, sizeof(a.name)) < 0 ||
		    text(j, at[1], a.media, sizeof(a.media)) < 0 ||
		    digest(j, at[0], &a.digest) < 0)
			return df_fail(e, DF_INTEGRITY, "event.list",
			    "an artifact is malformed");
		a.size = (uint64_t)size;
		c->r = c->artifact(c->arg, &a, e);
	} else {
		if (text(j, at[2], in.name, sizeof(in.name)) < 0 ||
		    digest(j, at[0], &in.digest) < 0)
			return df_fail(e, DF_INTEGRITY, "event.list",
			    "an input is malformed");
		c->r = c->input(c->arg, &in, e);
	}
	return c->r < 0 ? -1 : 0;
}

static int
no_list(struct df_err *e)
{
	return df_fail(e, DF_INTEGRITY, "event.list",
	    "a list of artifacts or inputs is malformed");
}

static int
each(const struct df_json *j, uint32_t data, const char *what,
    struct df_store *s, struct each *c, struct df_err *e)
{
	uint32_t t = df_jget(j, data, what), i, m;
	struct df_buf b = DF_BUF_INIT;
	struct df_json list = { 0 };
	struct df_digest d;
	int r = 0;

	if (t == 0)
		return 0;
	if (!df_list_blob(j, data, what, &d)) {
		if (j->tok[t].type != DF_JARRAY)
			return no_list(e);
		for (i = 0, m = df_jfirst(j, t); i < j->tok[t].n && r == 0;
		    i++, m = df_jnext(j, m))
			r = one(c, j, m, e);
		return r < 0 ? -1 : c->r;
	}
	r = df_store_get(s, &d, DF_JSON_MAX, &b, e);
	if (r == 0)
		r = df_json_each(&list, b.s, b.n, DF_JSON_CANON, what, one, c,
		    e);
	if (r == 0 && list.tok[0].type != DF_JARRAY)
		r = no_list(e);
	df_json_release(&list);
	df_buf_release(&b);
	return r < 0 ? -1 : c->r;
}

int
df_artifacts_each(const struct df_json *j, uint32_t data, struct df_store *s,
    int (*fn)(void *arg, const struct df_artifact *a, struct df_err *e),
    void *arg, struct df_err *e)
{
	struct each c = { .artifact = fn, .arg = arg };

	return each(j, data, "artifacts", s, &c, e);
}

int
df_inputs_each(const struct df_json *j, uint32_t data, struct df_store *s,
    int (*fn)(void *arg, const struct df_input *i, struct df_err *e),
    void *arg, struct df_err *e)
{
	struct each c = { .input = fn, .arg = arg };

	return each(j, data, "inputs", s, &c, e);
}

/* list is canonical text without LF: into data, or into a blob. */
static jv
put_list(jv data, const char *name, struct df_buf *list, struct df_store *s,
    struct df_err *e)
{
	char str[DF_DIGEST_STR];
	struct df_digest d;
	jv v;

	if (list->n <= DF_LIST_INLINE) {
		v = df_json_parse(list->s, list->n, 0, name, e);
		return df_jset(data, name, v);
	}
	df_buf_ch(list, '\n');
	if (df_store_put(s, list->s, list->n, &d, e) < 0) {
		jv_free(data);
		return jv_invalid();
	}
	v = df_jset_str(jv_object(), "digest", df_digest_str(&d, str));
	return df_jset(data, name, df_jset_int(v, "size", (int64_t)list->n));
}

jv
df_artifacts_put(jv data, const struct df_artifact *a, size_t n,
    struct df_store *s, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	char d[DF_DIGEST_STR];
	size_t i;

	if (n == 0)
		return data;
	df_buf_ch(&b, '[');
	for (i = 0; i < n; i++)
		df_buf_fmt(&b, "%s{\"digest\":\"%s\",\"media_type\":\"%s\","
		    "\"name\":\"%s\",\"size\":%llu}", i ? "," : "",
		    df_digest_str(&a[i].digest, d), a[i].media, a[i].name,
		    (unsigned long long)a[i].size);
	df_buf_ch(&b, ']');
	data = put_list(data, "artifacts", &b, s, e);
	df_buf_release(&b);
	return data;
}

jv
df_inputs_put(jv data, const struct df_input *in, size_t n,
    struct df_store *s, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	char d[DF_DIGEST_STR];
	size_t i;

	if (n == 0)
		return data;
	df_buf_ch(&b, '[');
	for (i = 0; i < n; i++)
		df_buf_fmt(&b, "%s{\"digest\":\"%s\",\"name\":\"%s\"}",
		    i ? "," : "", df_digest_str(&in[i].digest, d),
		    in[i].name);
	df_buf_ch(&b, ']');
	data = put_list(data, "inputs", &b, s, e);
	df_buf_release(&b);
	return data;
}

/* ---- links ---- */

void
df_name_target(struct df_buf *b, const char *name, const struct df_digest *d)
{
	for (; *name; name++)
		if (*name == '/')
			df_buf_str(b, "../");
	df_buf_str(b, "blobs/sha256/");
	df_hex(b, d->b, sizeof(d->b));
}

/* The directory of a name, its first len bytes, made when it is not there:
   never through a link that somebody has put in its place. */
static int
open_dir(int run, const char *name, size_t len, struct df_err *e)
{
	char dir[DF_NAME_MAX + 1];
	int fd;

	snprintf(dir, sizeof(dir), "%.*s", len ? (int)len - 1 : 1, len ? name :
	    ".");
	fd = df_open_beneath(run, dir, O_PATH | O_DIRECTORY, 1);
	if (fd < 0 && errno == ENOENT) {
		if (df_mkdirs(run, dir, 1, 0755, e) < 0)
			return -1;
		fd = df_open_beneath(run, dir, O_PATH | O_DIRECTORY, 1);
	}
	if (fd < 0)
		return df_fail_errno(e, errno == ELOOP || errno == ENOTDIR ?
		    DF_CONFLICT : DF_EXTERNAL, "name.directory",
		    "%s is no directory of the run", dir);
	return fd;
}

int
df_names_linked(int dir, const char *path, const char *name,
    const struct df_digest *d)
{
	static const char blobs[] = "blobs/sha256/";
	char got[(size_t)3 * DF_NAME_MAX + sizeof(blobs) +
	    2 * sizeof(d->b)];
	const char *s = got, *end;
	struct df_digest is;
	ssize_t n;

	n = readlinkat(dir, path, got, sizeof(got));
	if (n < 0)
		return 0;
	end = got + n;
	for (; *name; name++)
		if (*name == '/') {
			if (end - s < 3 || memcmp(s, "../", 3) != 0)
				return 0;
			s += 3;
		}
	n = (ssize_t)sizeof(blobs) - 1;
	return end - s > n && memcmp(s, blobs, (size_t)n) == 0 &&
	    df_digest_parse_hex(&is, s + n, (size_t)(end - s - n)) == 0 &&
	    df_digest_eq(&is, d);
}

int
df_names_link(int run, const struct df_artifact *a, size_t n,
    struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	const char *base, *was = NULL;
	size_t i, len = 0;
	int fd = -1, r = 0;

	for (i = 0; i < n && r == 0; i++) {
		base = strrchr(a[i].name, '/');
		base = base ? base + 1 : a[i].name;
		/* Neighbours are often in one directory. */
		if (was == NULL || (size_t)(base - a[i].name) != len ||
		    memcmp(a[i].name, was, len) != 0) {
			if (fd >= 0)
				close(fd);
			was = a[i].name;
			len = (size_t)(base - was);
			fd = open_dir(run, was, len, e);
			if (fd < 0) {
				r = -1;
				break;
			}
		}
		df_buf_reset(&b);
		df_name_target(&b, a[i].name, &a[i].digest);
		if (symlinkat(b.s, fd, base) < 0)
			r = df_replace_link(fd, base, b.s, e);
	}
	if (fd >= 0)
		close(fd);
	df_buf_release(&b);
	return r;
}
