#include "base/df.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/list.h"
#include "base/opt.h"
#include "base/out.h"
#include "base/text.h"
#include "verify.h"

/* ---- of one run ---- */

/* The log in which the key has signed. */
static const char *
place(const struct df_touch *t, char out[40])
{
	if (t->level)
		snprintf(out, 40, "origin/%u/log.jsonl", t->level);
	else
		snprintf(out, 40, "log.jsonl");
	return out;
}

void
df_verify_touched(struct df_verify *w)
{
	char log[40];
	const struct df_touched *t = &w->gate.touched;
	struct df_buf b = DF_BUF_INIT;
	size_t i;

	for (i = 0; i < t->n; i++) {
		df_buf_reset(&b);
		if (t->v[i].nvoid) {
			df_revoke_why(&t->v[i], &b);
			df_buf_str(&b, "; do that work again in a new run, or "
			    "name the factory whose log has anchored it (-F)");
			df_finding_add(&w->voids, t->v[i].window ?
			    "anchor.window" : "revoked.void",
			    place(&t->v[i], log), "%s", b.s);
		}
		if (t->v[i].nstand)
			df_finding_add(&w->notes, "revoked.stands",
			    place(&t->v[i], log), "key %s is revoked; what "
			    "it signed at %.200s was anchored before",
			    t->v[i].fp, t->v[i].stands);
	}
	df_buf_release(&b);
}

/* ---- of all runs of a factory ---- */

struct all {
	struct df_factory f;
	struct df_trust t;
	struct df_anchors a;
	struct df_list names;		/* in runs/ */
	struct df_map seen;		/* genesis of what was looked at */
	struct df_arena arena;
	int exit;
	uint64_t touched;
};

static void
row(struct all *w, const struct df_run *r, const struct df_touch *t,
    const char *lines, const char *state)
{
	struct df_buf b = DF_BUF_INIT, where = DF_BUF_INIT;
	char hex[DF_DIGEST_STR];
	jv o;

	if (*lines == '\0')
		return;
	w->touched++;
	if (t->level)
		df_buf_fmt(&where, "origin/%u:", t->level);
	df_buf_str(&where, lines);
	df_text_foreign(&b, t->reason, strlen(t->reason), DF_TEXT_LINE, 0,
	    300);
	if (!df_args.json) {
		df_out_row((const char *const[]) { r->id, t->fp, where.s,
		    state, b.s }, 5);
	} else {
		o = df_jset_str(jv_object(), "key", t->fp);
		o = df_jset_str(o, "lines", lines);
		if (t->level)
			o = df_jset_int(o, "origin", t->level);
		o = df_jset_str(o, "reason", t->reason);
		o = df_jset_str(o, "run", df_digest_str(&r->state.genesis,
		    hex));
		o = df_jset_str(o, "run_name", r->id);
		o = df_jset_str(o, "state", state);
		df_out_json(df_jset_int(o, "suspect_from_seq",
		    (int64_t)t->from));
	}
	df_buf_release(&b);
	df_buf_release(&where);
}

static int
look(struct all *w, const char *path, struct df_err *e)
{
	struct df_touched t;
	struct df_digest *id;
	struct df_run r;
	size_t i;
	int ret;

	if (df_run_open(&r, path, DF_RUN_LINES, e) < 0)
		return -1;
	ret = df_revoke_check(&r, &w->t, &w->a, &t, e);
	for (i = 0; ret == 0 && i < t.n; i++) {
		if (t.v[i].window)
			continue;
		row(w, &r, &t.v[i], t.v[i].stands, "stands");
		row(w, &r, &t.v[i], t.v[i].voids, "void");
		if (t.v[i].nvoid)
			w->exit = df_exit_worst(w->exit, DF_NO);
	}
	id = df_arena_alloc(&w->arena, sizeof(*id));
	*id = r.state.genesis;
	(void)df_map_set(&w->seen, (const char *)id->b, sizeof(id->b), 1);
	df_run_close(&r);
	return ret;
}

/* The log names a run that is not among runs/. */
static int
on_booted(void *arg, const char *name, const struct df_digest *run)
{
	struct all *w = arg;

	if (df_map_get(&w->seen, (const char *)run->b, sizeof(run->b)) ==
	    DF_MAP_NONE)
		df_note("%s is not in %s/runs: it is not known what revoked "
		    "keys have signed in it", name, w->f.path);
	return 0;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
list_runs(struct all *w)
{
	struct df_buf b = DF_BUF_INIT;
	struct dirent *d;
	DIR *dir;

	df_buf_fmt(&b, "%s/runs", w->f.path);
	dir = opendir(b.s);
	while (dir && (d = readdir(dir)) != NULL)
		if (d->d_name[0] != '.')
			df_list_addf(&w->names, "%s/%s", b.s, d->d_name);
	if (dir)
		closedir(dir);
	df_buf_release(&b);
	if (w->names.n)
		qsort(w->names.v, w->names.n, sizeof(*w->names.v), by_name);
}

static int
look_all(struct all *w, struct df_err *e)
{
	struct df_err one;
	size_t i;

	if (df_anchors_read(&w->f, &w->t, NULL, &w->a, e) < 0)
		return -1;
	list_runs(w);
	for (i = 0; i < w->names.n; i++)
		if (look(w, w->names.v[i], &one) < 0) {
			df_err_print(&one);
			w->exit = df_exit_worst(w->exit, one.exit);
		}
	return df_factory_runs(&w->f, on_booted, w, e);
}

int
df_verify_revoked(void)
{
	const char *dir = df_args.factory && *df_args.factory ?
	    df_args.factory : NULL;
	struct df_trust_files files;
	char root[DF_FP_STR];
	struct all w = { 0 };
	struct df_err e;
	int r;

	df_trust_files_init(&files);
	if (df_trust_usual(&files, &w.t, root, &e) < 0)
		df_die(&e);
	df_trust_files_release(&files);
	r = df_factory_open(&w.f, dir, &e);
	if (r == 0)
		df_usage("which factory?  -F DIR, $DF_FACTORY or a .factory "
		    "above");
	if (r < 0 || look_all(&w, &e) < 0)
		df_die(&e);
	if (w.touched == 0)
		df_note("%zu keys are revoked; no run of %s was touched",
		    w.t.nrevoked, w.f.path);
	df_anchors_release(&w.a);
	df_factory_close(&w.f);
	df_list_free(&w.names);
	df_map_release(&w.seen);
	df_arena_release(&w.arena);
	df_trust_release(&w.t);
	return w.exit;
}
