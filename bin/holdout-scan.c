#include "base/df.h"

#include <string.h>

#include "spec/exposure.h"
#include "spec/public.h"
#include "holdout.h"

static int
on_exposed(void *arg, const struct df_exposed *x)
{
	struct df_evaluation *w = arg;
	const char *kind = df_leak_kind_name(x->kind);
	struct df_disclosed *d;
	size_t i;

	/* An id is easily guessed, and says nothing. */
	if (x->shared || x->kind == DF_LEAK_ID)
		return 0;
	for (i = 0; i < w->nseen; i++) {
		d = &w->seen[i];
		if (d->n == x->item && strcmp(d->name, w->place) == 0 &&
		    strcmp(d->kind, kind) == 0)
			return 0;
	}
	if (w->nseen >= 1000)
		return 1;
	DF_GROW(w->seen, w->nseen, w->capseen);
	d = &w->seen[w->nseen++];
	d->n = x->item;
	d->kind = kind;
	d->name = w->place;
	d->task = w->task;
	d->line = x->line;
	return 0;
}

/* The task whose builder saw or wrote the artifact, or NULL for others. */
static const char *
builder_of(const struct df_run *r, const char *name)
{
	static const char *const dir[] = { "handoff/", "prompt/", "dispatch/",
	    "result/" };
	size_t i, n;
	int t;

	for (i = 0; i < DF_LEN(dir); i++) {
		n = strlen(dir[i]);
		if (strncmp(name, dir[i], n) != 0)
			continue;
		t = df_state_task(&r->state, name + n, strcspn(name + n,
		    "/."));
		return t < 0 ? NULL : r->state.task[t].id;
	}
	return NULL;
}

/* Is it what the run was booted with, and builders are given? */
static int
is_input(const char *name)
{
	static const char *const dir[] = { "base.tree", "config/", "waiver/",
	    "submission.json" };
	size_t i;

	for (i = 0; i < DF_LEN(dir); i++)
		if (strncmp(name, dir[i], strlen(dir[i])) == 0)
			return 1;
	return 0;
}

static int
scan_name(struct df_evaluation *w, struct df_exposure *x,
    const struct df_name *n, int input, struct df_err *e)
{
	struct df_run *r = &w->step.run;
	size_t len = strlen(n->name);

	w->place = n->name;
	w->task = input ? NULL : builder_of(r, n->name);
	if ((input ? !is_input(n->name) : w->task == NULL) || (len > 4 &&
	    strcmp(n->name + len - 4, ".age") == 0))
		return 0;
	if (strcmp(n->media, DF_TREE_MEDIA) == 0)
		return df_exposure_tree(x, n->name, &r->store, &n->digest,
		    on_exposed, w, e);
	return df_exposure_blob(x, n->name, &r->store, &n->digest, on_exposed,
	    w, e);
}

int
df_holdout_scan(struct df_evaluation *w, struct df_err *e)
{
	struct df_run *r = &w->step.run;
	struct df_exposure *x = df_exposure_new(&w->suite, e);
	const struct df_name *spec = df_run_find(r, "spec.tree");
	struct df_public p;
	size_t i;
	int input, ret;

	if (x == NULL)
		return -1;
	w->place = "spec.tree";
	w->task = NULL;
	df_exposure_given(x, 1);
	ret = spec ? df_public_read(&p, &r->store, &spec->digest, e) :
	    df_fail(e, DF_INTEGRITY, "run.spec", "the run has no spec.tree");
	if (ret == 0) {
		(void)df_exposure_public(x, &p.spec, on_exposed, w);
		df_public_release(&p);
	}
	/* Inputs first; then in the order of the log, so that the first who
	   had it is named. */
	for (input = 1; input >= 0; input--) {
		df_exposure_given(x, input);
		for (i = 0; i < r->nname && ret == 0; i++)
			ret = scan_name(w, x, &r->name[i], input, e);
	}
	df_exposure_free(x);
	return ret < 0 ? -1 : 0;
}
