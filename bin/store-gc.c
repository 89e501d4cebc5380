/*
 * df-store gc: bulk of sealed runs that retention lets go.  The event first,
 * then the files; what was interrupted is finished by the next one.
 */
#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/opt.h"
#include "base/out.h"
#include "base/text.h"
#include "run/factory.h"
#include "run/prune.h"
#include "store.h"

struct gc {
	struct df_retain retain;
	const char *reason;
	int single;		/* runs were named: one that is kept is no */
};

/* ---- what goes ---- */

static void
say(const struct df_run *r, const struct df_named *b, const char *name)
{
	char hex[DF_DIGEST_STR], size[24];
	const char *cell[] = { r->path, hex, size, name ? name : "-" };
	jv v;

	(void)df_digest_str(&b->digest, hex);
	snprintf(size, sizeof(size), "%llu", (unsigned long long)b->size);
	if (!df_args.json) {
		df_out_row(cell, DF_LEN(cell));
		return;
	}
	v = df_jset_str(jv_object(), "digest", hex);
	v = df_jset_str(v, "name", name);
	v = df_jset_str(v, "run", r->path);
	df_out_json(df_jset_int(v, "size", (int64_t)b->size));
}

/* Of each blob that goes: those that are due, and those that a list has. */
static void
say_all(struct df_run *r, const struct df_blobset *set, int due)
{
	struct df_map names = { 0 };
	const struct df_named *b;
	uint64_t bytes = 0;
	size_t i, at, n = 0;

	for (i = 0; i < r->nname; i++)
		(void)df_map_set(&names, (const char *)r->name[i].digest.b,
		    sizeof(r->name[i].digest.b), i);
	for (i = 0; i < set->n; i++) {
		b = &set->v[i];
		if (!b->bulk || (!due && !b->pruned) || !df_store_has(
		    &r->store, &b->digest))
			continue;
		at = df_map_get(&names, (const char *)b->digest.b,
		    sizeof(b->digest.b));
		say(r, b, at == DF_MAP_NONE ? NULL : r->name[at].name);
		bytes += b->size;
		n++;
	}
	df_map_release(&names);
	df_note("%s: %zu blobs, %llu bytes%s", r->path, n,
	    (unsigned long long)bytes, df_args.dry ? " would go" : "");
}

/* ---- one run ---- */

static int
sweep(struct gc *g, struct df_step *st, const char *rule, struct df_err *e)
{
	struct df_run *r = &st->run;
	struct df_blobset set = { 0 };
	int ret;

	if (!df_args.dry && rule && df_step_key(st, DF_ROLE_ADMIN, e) < 0)
		return -1;
	/* Two of us would list the same. */
	ret = df_args.dry ? 0 : df_log_lock(&r->log, e);
	if (ret == 0)
		ret = df_run_refresh(r, e);
	if (ret == 0)
		ret = df_gate_blobs(r, &set, e);
	if (ret == 0 && !df_args.dry)
		ret = df_prune_commit(st, &set, rule, &g->retain, g->reason,
		    e);
	if (ret == 0) {
		say_all(r, &set, rule != NULL);
		if (!df_args.dry)
			ret = df_prune_sweep(r, &set, e);
	}
	df_log_unlock(&r->log);
	df_blobset_release(&set);
	return ret;
}

static int
one(struct gc *g, const char *path, struct df_err *e)
{
	struct df_err why;
	struct df_step st;
	struct df_gate gate;
	const char *rule;
	int r = 0;

	memset(&st, 0, sizeof(st));
	if (df_run_open(&st.run, path, DF_RUN_LINES, e) < 0)
		return -1;
	if (!st.run.state.sealed) {
		rule = df_retain_rule(&st.run, &g->retain, &why);
	} else if (df_gate_pass(&st.run, &gate, e) < 0) {
		df_step_close(&st);
		return -1;
	} else {
		rule = df_retain_rule(&st.run, &g->retain, &why);
		/* What a list has goes in any case. */
		r = rule || st.run.prune ? sweep(g, &st, rule, e) : 0;
	}
	if (r == 0 && rule == NULL && st.run.prune == NULL) {
		if (g->single || why.exit != DF_REFUSED) {
			*e = why;
			(void)df_fail(e, why.exit, why.code, "%.200s: %.400s",
			    path, why.msg);
			if (*why.hint)
				(void)df_hint(e, "%s", why.hint);
			r = -1;
		} else {
			df_note("%s is kept: %s", path, why.msg);
		}
	}
	df_step_close(&st);
	return r;
}

/* ---- which runs ---- */

static int
worse(int was, int now)
{
	return was ? df_exit_worst(was, now) : now;
}

static int
try(struct gc *g, const char *path)
{
	struct df_err e;

	if (one(g, path, &e) == 0)
		return DF_OK;
	df_err_print(&e);
	return e.exit;
}

/* The run's own directory has those that supersede it. */
static int
named(struct gc *g, const char *path)
{
	struct df_lineage l = { 0 };
	struct df_err e;
	char *real = df_real_path(path, &e), *slash;
	int r;

	if (real == NULL)
		df_die(&e);
	slash = strrchr(real, '/');
	slash[slash == real] = '\0';
	if (df_lineage_read(&l, real, &e) < 0)
		df_die(&e);
	g->retain.lineage = &l;
	r = worse(l.worst, try(g, path));
	g->retain.lineage = NULL;
	df_lineage_release(&l);
	free(real);
	return r;
}

static int
factory(struct gc *g)
{
	struct df_buf path = DF_BUF_INIT;
	struct df_lineage l = { 0 };
	struct df_factory f;
	struct df_err e;
	size_t i;
	int r;

	r = df_factory_open(&f, df_args.factory, &e);
	if (r < 0)
		df_die(&e);
	if (r == 0)
		df_usage("which run?  Name it, or -C RUN, or -F FACTORY for "
		    "all of its runs");
	df_buf_fmt(&path, "%s/runs", f.path);
	df_factory_close(&f);
	if (df_lineage_read(&l, path.s, &e) < 0)
		df_die(&e);
	g->retain.lineage = &l;
	r = l.worst;
	for (i = 0; i < l.n; i++)
		r = worse(r, try(g, l.v[i].path));
	g->retain.lineage = NULL;
	df_lineage_release(&l);
	df_buf_release(&path);
	return r;
}

int
df_store_gc(char **run, size_t n, const char *now, int unsuperseded,
    const char *reason)
{
	struct gc g = { .retain = { .now = df_now_ms(),
	    .unsuperseded = unsuperseded }, .reason = reason, .single = 1 };
	int r = DF_OK;
	size_t i;

	if (now && df_time_parse(now, strlen(now), &g.retain.now) < 0)
		df_usage("--now is a time: 2026-01-31T23:59:59Z");
	if (reason == NULL)
		g.reason = "retention";
	else if (reason[strspn(reason, " \t\n")] == '\0')
		df_usage("-m WHY says nothing");
	else if (df_utf8_bad(reason, strlen(reason)) != strlen(reason))
		df_diex(DF_INPUT, "text.utf8", "-m is no UTF-8");
	for (i = 0; i < n; i++)
		r = worse(r, named(&g, run[i]));
	if (n)
		return r;
	if (df_args.run && *df_args.run)
		return named(&g, df_args.run);
	g.single = 0;
	return factory(&g);
}
