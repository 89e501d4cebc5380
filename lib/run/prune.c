#include "base/df.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/opt.h"
#include "base/schema.h"
#include "run/prune.h"

/* ---- the list ---- */

int
df_prune_bulk(const char *name)
{
	size_t n = strlen(name);

	return strncmp(name, "result/", 7) == 0 ||
	    (strncmp(name, "prompt/", 7) == 0 && n > 3 &&
	    strcmp(name + n - 3, ".md") == 0);
}

static int
digest_at(const struct df_json *j, uint32_t t, struct df_digest *d)
{
	return t ? df_digest_parse(d, j->s + j->tok[t].start,
	    j->tok[t].end - j->tok[t].start) : -1;
}

static void
add(struct df_run *r, const struct df_digest *d, uint64_t size, uint64_t line)
{
	struct df_prune *p = df_arena_alloc(&r->arena, sizeof(*p));

	p->digest = *d;
	p->size = size;
	p->line = line;
	p->next = r->prune;
	r->prune = p;
	(void)df_map_set(&r->pruned, (const char *)p->digest.b,
	    sizeof(p->digest.b), (size_t)line);
}

static int
add_list(struct df_run *r, const struct df_json *j, uint64_t line,
    struct df_err *e)
{
	uint32_t list = df_jget(j, 0, "blobs"), i, t;
	struct df_digest d;
	int64_t size;

	if (digest_at(j, df_jget(j, 0, "run"), &d) < 0 ||
	    !df_digest_eq(&d, &r->state.genesis))
		return df_fail(e, DF_INTEGRITY, "gc.run",
		    "log line %llu: its list is of another run",
		    (unsigned long long)line);
	for (i = 0, t = df_jfirst(j, list); i < j->tok[list].n;
	    i++, t = df_jnext(j, t)) {
		if (digest_at(j, df_jget(j, t, "digest"), &d) < 0 ||
		    df_jint(j, df_jget(j, t, "size"), 0, INT64_MAX, &size) <
		    0)
			DF_BUG("gc");
		if (df_prune_line(r, &d) == 0)
			add(r, &d, (uint64_t)size, line);
	}
	return 0;
}

int
df_prune_load(struct df_run *r, const struct df_event *ev,
    struct df_digest *d, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_json j = { 0 };
	char what[64];
	int ret;

	if (digest_at(ev->j, df_jget(ev->j, ev->data, "removed"), d) < 0)
		return df_fail(e, DF_INTEGRITY, "event.data",
		    "log line %llu: it names no list",
		    (unsigned long long)ev->seq);
	snprintf(what, sizeof(what), "the list of log line %llu",
	    (unsigned long long)ev->seq);
	ret = df_store_get(&r->store, d, DF_RUN_BLOB_MAX, &b, e);
	if (ret == 0)
		ret = df_schema_scan(&j, b.s, b.n, DF_JSON_CANON, "gc", what,
		    e);
	if (ret == 0)
		ret = add_list(r, &j, ev->seq, e);
	df_json_release(&j);
	df_buf_release(&b);
	return ret;
}

uint64_t
df_prune_line(const struct df_run *r, const struct df_digest *d)
{
	size_t line;

	if (r->prune == NULL)
		return 0;
	line = df_map_get(&r->pruned, (const char *)d->b, sizeof(d->b));
	return line == DF_MAP_NONE ? 0 : line;
}

int
df_pruned(struct df_run *r, const struct df_digest *d)
{
	return df_prune_line(r, d) && !df_store_has(&r->store, d);
}

/* ---- removing ---- */

static int
is_due(struct df_run *r, const struct df_named *v)
{
	return v->bulk && !v->pruned && df_store_has(&r->store, &v->digest);
}

static jv
list_json(struct df_run *r, const struct df_blobset *set, const char *rule,
    int64_t now)
{
	char hex[DF_DIGEST_STR], time[DF_TIME_STR];
	jv v = jv_object(), list = jv_array(), one;
	size_t i;

	for (i = 0; i < set->n; i++) {
		if (!is_due(r, &set->v[i]))
			continue;
		one = df_jset_str(jv_object(), "digest",
		    df_digest_str(&set->v[i].digest, hex));
		list = jv_array_append(list, df_jset_int(one, "size",
		    (int64_t)set->v[i].size));
	}
	v = df_jset(v, "blobs", list);
	v = df_jset_str(v, "now", df_time_str(now, time));
	v = df_jset_str(v, "rule", rule);
	v = df_jset_str(v, "run", df_digest_str(&r->state.genesis, hex));
	return df_jset_str(v, "schema", "df.gc/1");
}

int
df_prune_commit(struct df_step *st, const struct df_blobset *set,
    const char *rule, const struct df_retain *t, const char *reason,
    struct df_err *e)
{
	struct df_run *r = &st->run;
	struct df_buf b = DF_BUF_INIT;
	char hex[DF_DIGEST_STR];
	struct df_commit c;
	struct df_digest d;
	size_t i, due = 0;
	int ret;

	for (i = 0; i < set->n; i++)
		due += is_due(r, &set->v[i]);
	if (due == 0 || rule == NULL)
		return 0;
	df_commit_init(&c, "gc.swept", NULL);
	ret = df_schema_write(&b, list_json(r, set, rule, t->now), "gc", e);
	if (ret == 0)
		ret = df_store_put(&r->store, b.s, b.n, &d, e);
	if (ret == 0) {
		c.data = df_jset_str(c.data, "actor", st->me->principal);
		c.data = df_jset_str(c.data, "reason", reason);
		c.data = df_jset_str(c.data, "removed", df_digest_str(&d,
		    hex));
		ret = df_step_commit(st, &c, 1, e);
	}
	df_commit_release(&c);
	df_buf_release(&b);
	return ret;
}

int
df_prune_sweep(struct df_run *r, const struct df_blobset *set,
    struct df_err *e)
{
	size_t i;

	for (i = 0; i < set->n; i++)
		if (set->v[i].bulk && df_prune_line(r, &set->v[i].digest) &&
		    df_store_has(&r->store, &set->v[i].digest) &&
		    df_store_remove(&r->store, &set->v[i].digest, e) < 0)
			return -1;
	for (i = 0; i < r->nname; i++)
		if (df_prune_bulk(r->name[i].name) && df_pruned(r,
		    &r->name[i].digest) && unlinkat(r->dir, r->name[i].name,
		    0) < 0 && errno != ENOENT)
			return df_fail_errno(e, DF_EXTERNAL, "gc.name",
			    "cannot remove %s", r->name[i].name);
	return 0;
}
