/*
 * The specification reader against expected.jsonl: what an independent tolerant
 * reader found in each set of the corpus.
 */
#include "base/df.h"

#include "spec/spec.h"
#include "tap.h"

static jv
strs(const char *const *v, size_t n)
{
	jv a = jv_array();
	size_t i;

	for (i = 0; i < n; i++)
		a = jv_array_append(a, jv_string(v[i]));
	return a;
}

static jv
refs_jv(const struct df_refs *r)
{
	jv a = jv_array();
	size_t i;

	for (i = 0; i < r->n; i++)
		a = jv_array_append(a, jv_string(r->v[i].id));
	return a;
}

static jv
sorted(jv a)
{
	return jv_sort(a, jv_copy(a));
}

/* The ids of one family, in the order of the document. */
static jv
ids(const struct df_spec *sp, enum df_family f)
{
	jv a = jv_array();
	size_t i;

	for (i = 0; i < sp->nitems; i++)
		if (sp->items[i]->family == f)
			a = jv_array_append(a, jv_string(sp->items[i]->id));
	return a;
}

static int
same(jv got, jv want, const char *dir, const char *what)
{
	jv g = sorted(got), w = sorted(want);
	int eq = jv_equal(jv_copy(g), jv_copy(w));

	ok(eq, "%s: %s", dir, what);
	if (!eq) {
		jv s = jv_dump_string(jv_copy(g), 0);
		jv t = jv_dump_string(jv_copy(w), 0);

		printf("#  got: %s\n# want: %s\n", jv_string_value(s),
		    jv_string_value(t));
		jv_free(s);
		jv_free(t);
	}
	jv_free(g);
	jv_free(w);
	return eq;
}

static void
check_articles(const struct df_spec *sp, jv want, const char *dir)
{
	char s[512];
	size_t i, n = (size_t)jv_array_length(jv_copy(want));
	int good = n == sp->d1.articles;

	for (i = 0; good && i < n; i++) {
		jv w = jv_array_get(jv_copy(want), (int)i);
		const char *t = jv_string_value(w);

		snprintf(s, sizeof(s), "%u: %s", sp->d1.article[i].number,
		    sp->d1.article[i].item.title);
		if (strncmp(s, t, strlen(t)) != 0) {
			printf("#  got: %s\n# want: %s\n", s, t);
			good = 0;
		}
		jv_free(w);
	}
	ok(good, "%s: %zu articles", dir, n);
	jv_free(want);
}

static void
check_tasks(const struct df_spec *sp, jv want, const char *dir)
{
	size_t i, n = (size_t)jv_array_length(jv_copy(want));

	is_int(sp->d8.tasks, n, "number of tasks");
	for (i = 0; i < n && i < sp->d8.tasks; i++) {
		const struct df_task *t = &sp->d8.task[i];
		jv w = jv_array_get(jv_copy(want), (int)i);

		is_str(t->item.id, df_jv_str(w, "id"), "task id");
		is_str(t->item.title, df_jv_str(w, "title"), "task title");
		same(refs_jv(&t->deps), df_jv_get(w, "dep"), dir,
		    "dependencies");
		same(refs_jv(&t->scenarios), df_jv_get(w, "sc"), dir,
		    "scenarios of the task");
		same(refs_jv(&t->contracts), df_jv_get(w, "ct"), dir,
		    "contracts of the task");
		ok(t->criteria > 0, "%s %s has acceptance criteria", dir,
		    t->item.id);
		jv_free(w);
	}
	jv_free(want);
}

/* Items of a document that no task names. */
static jv
uncovered(const struct df_spec *sp, int contracts)
{
	size_t i, k, n = contracts ? sp->d4.contracts : sp->d2.scenarios;
	char *seen = df_calloc(n + 1, 1);
	jv a = jv_array();

	for (i = 0; i < sp->d8.tasks; i++) {
		const struct df_refs *r = contracts ?
		    &sp->d8.task[i].contracts : &sp->d8.task[i].scenarios;

		for (k = 0; k < r->n; k++)
			if (r->v[k].to)
				seen[r->v[k].to->index] = 1;
	}
	for (i = 0; i < n; i++)
		if (!seen[i])
			a = jv_array_append(a, jv_string(contracts ?
			    sp->d4.contract[i].item.id :
			    sp->d2.scenario[i].item.id));
	free(seen);
	return a;
}

static jv
dangling(const struct df_spec *sp)
{
	size_t i, k, m;
	jv a = jv_array();

	for (i = 0; i < sp->d8.tasks; i++) {
		const struct df_task *t = &sp->d8.task[i];
		const struct df_refs *r[] = { &t->deps, &t->scenarios,
		    &t->contracts };

		for (m = 0; m < 3; m++)
			for (k = 0; k < r[m]->n; k++)
				if (r[m]->v[k].to == NULL)
					a = jv_array_append(a,
					    jv_string(r[m]->v[k].id));
	}
	return a;
}

static void
check_status(const struct df_spec *sp, jv want, const char *dir)
{
	jv got = jv_object();
	size_t i;
	int eq;

	for (i = 0; i < sp->d6.gaps; i++)
		got = df_jset_str(got, sp->d6.gap[i].item.id,
		    df_status_name(sp->d6.gap[i].status));
	for (i = 0; i < sp->d6.clars; i++)
		got = df_jset_str(got, sp->d6.clar[i].item.id,
		    df_status_name(sp->d6.clar[i].status));
	eq = jv_equal(jv_copy(got), jv_copy(want));
	ok(eq, "%s: status of gaps and clarifications", dir);
	if (!eq) {
		printf("#  got: ");
		jv_dump(jv_copy(got), 0);
		printf("\n# want: ");
		jv_dump(jv_copy(want), 0);
		printf("\n");
	}
	jv_free(got);
	jv_free(want);
}

static void
check_holdouts(const struct df_spec *sp, jv want, const char *dir)
{
	size_t i, k, n = (size_t)jv_array_length(jv_copy(want));
	char prio[4] = "P?";

	is_int(sp->d9.holdouts, n, "number of holdouts");
	for (i = 0; i < n && i < sp->d9.holdouts; i++) {
		const struct df_holdout *h = &sp->d9.holdout[i];
		const struct df_block *b[] = { &h->setup, &h->execute,
		    &h->verify, &h->cleanup };
		static const char *const name[] = { "setup", "execute",
		    "verify", "cleanup" };
		jv w = jv_array_get(jv_copy(want), (int)i);
		jv blocks = df_jv_get(w, "blocks");
		const char *title = df_jv_str(w, "title");

		is_str(h->item.id, df_jv_str(w, "id"), "holdout id");
		if (title && *title)
			is_str(h->item.title, title, "holdout title");
		prio[1] = (char)('0' + h->priority);
		is_str(prio, df_jv_str(w, "priority"), "holdout priority");
		same(refs_jv(&h->validates), df_jv_get(w, "validates"), dir,
		    "what the holdout validates");
		same(refs_jv(&h->contracts), df_jv_get(w, "contracts"), dir,
		    "contracts of the holdout");
		for (k = 0; k < 4; k++)
			is_int(b[k]->fences, df_jv_int(blocks, name[k], 0),
			    name[k]);
		is_int(h->behaviour.yaml.line != 0,
		    df_jv_bool(w, "behavioral"), "behavioural");
		jv_free(blocks);
		jv_free(w);
	}
	jv_free(want);
}

/* Spans of the frame and of the scenarios cover D9 once. */
static void
check_frame(const struct df_spec *sp, const char *dir)
{
	size_t n = 0, i;

	for (i = 0; i < sp->d9.frames; i++)
		n += sp->d9.frame[i].len;
	for (i = 0; i < sp->d9.holdouts; i++)
		n += sp->d9.holdout[i].item.at.len;
	is_int(n, sp->doc[9].n, dir);
}

static void
check_set(jv want, const char *root)
{
	static const char *const family[] = { "SC", "DEF", "E", "IN", "OUT",
	    "SIDE", "ERR", "RQ", "GAP", "CLR", "T", "HS" };
	const char *dir = df_jv_str(want, "dir");
	struct df_spec sp;
	struct df_err e;
	char path[4096];
	unsigned f, n;
	size_t i;
	jv docs = jv_array();

	snprintf(path, sizeof(path), "%.*s/%s",
	    (int)(strrchr(root, '/') - root), root, dir);
	if (!ok(df_spec_load_dir(&sp, path, NULL, 0, &e) == 0, "read %s",
	    dir)) {
		printf("# %s\n", e.msg);
		jv_free(docs);
		return;
	}
	for (n = 1; n < DF_DOCS; n++)
		if (sp.have & DF_SPEC_BIT(n))
			docs = jv_array_append(docs, jv_number(n));
	same(docs, df_jv_get(want, "docs"), dir, "documents");
	for (i = 0; i < DF_LEN(family); i++)
		for (f = 1; f < DF_FAMILIES; f++)
			if (strcmp(df_family_name[f], family[i]) == 0)
				same(ids(&sp, (enum df_family)f),
				    df_jv_get(want, family[i]), dir,
				    family[i]);
	check_articles(&sp, df_jv_get(want, "ARTICLES"), dir);
	check_tasks(&sp, df_jv_get(want, "tasks"), dir);
	same(uncovered(&sp, 0), df_jv_get(want, "uncovered_SC"), dir,
	    "uncovered scenarios");
	same(uncovered(&sp, 1), df_jv_get(want, "uncovered_CT"), dir,
	    "uncovered contracts");
	same(dangling(&sp), df_jv_get(want, "dangling"), dir,
	    "dangling references");
	check_status(&sp, df_jv_get(want, "d6_status"), dir);
	check_holdouts(&sp, df_jv_get(want, "holdouts"), dir);
	check_frame(&sp, "the frame and the scenarios are all of D9");
	df_spec_release(&sp);
}

int
main(void)
{
	const char *path = tap_corpus("specs/expected.jsonl");
	char line[65536], root[4096];
	struct df_err e;
	FILE *f;
	jv want;

	(void)strs;
	if (path == NULL)
		tap_skip_all("no corpus");
	snprintf(root, sizeof(root), "%s", path);
	f = fopen(root, "r");
	while (f && fgets(line, sizeof(line), f)) {
		want = df_json_parse(line, strlen(line), 0, "expected.jsonl",
		    &e);
		if (ok(jv_is_valid(want), "a line of expected.jsonl"))
			check_set(want, root);
		jv_free(want);
	}
	if (f)
		fclose(f);
	return tap_done();
}
