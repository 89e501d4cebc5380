/*
 * Whole sets of documents: our own against their expected.json, which was
 * written by hand, and those of the corpus against expected.jsonl, what an
 * independent tolerant reader found.
 *
 * Between them our own sets hold every irregularity of real ones that
 * df-spec(5) describes.  The findings of a set are all that it may have.
 */
#include "base/df.h"

#include <fcntl.h>

#include "base/file.h"
#include "docs.h"

static int
has(jv obj, const char *name)
{
	return jv_object_has(jv_copy(obj), jv_string(name));
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
		if (has(w, "phase"))
			is_int(t->phase, df_jv_int(w, "phase", 0), "phase");
		same(refs_jv(&t->deps), df_jv_get(w, "dep"), dir,
		    "dependencies");
		same(refs_jv(&t->scenarios), df_jv_get(w, "sc"), dir,
		    "scenarios of the task");
		same(refs_jv(&t->contracts), df_jv_get(w, "ct"), dir,
		    "contracts of the task");
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
		prio[1] = h->priority < 0 ? '?' : (char)('0' + h->priority);
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

/* ---- what only our own sets are asked for ---- */

static jv
values_jv(const struct df_values *v)
{
	jv a = jv_array();
	size_t i;

	for (i = 0; i < v->n; i++)
		a = jv_array_append(a, jv_string(v->v[i].s));
	return a;
}

/* Compare two values, sorted by nothing. */
static void
equal(jv got, jv want, const char *dir, const char *what)
{
	if (!ok(jv_equal(jv_copy(got), jv_copy(want)), "%s: %s", dir, what)) {
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
check_own(const struct df_spec *sp, jv want, const char *dir)
{
	jv env = jv_object(), files = jv_array(), names = jv_array(),
	    criteria = jv_array(), steps = jv_array(), pre = jv_array();
	size_t i;

	is_str(sp->component, df_jv_str(want, "component"), "the component");
	is_str(sp->package, df_jv_str(want, "package"), "the package");
	for (i = 0; i < sp->d9.envs; i++)
		env = sp->d9.env[i].fallback ? df_jset_str(env,
		    sp->d9.env[i].name, sp->d9.env[i].fallback) :
		    df_jset(env, sp->d9.env[i].name, jv_null());
	equal(env, df_jv_get(want, "env"), dir, "environment");
	for (i = 0; i < sp->d7.files; i++)
		if (!sp->d7.file[i].dir || strchr(sp->d7.file[i].path, '/') !=
		    sp->d7.file[i].path + strlen(sp->d7.file[i].path) - 1)
			files = jv_array_append(files,
			    jv_string(sp->d7.file[i].path));
	equal(files, df_jv_get(want, "files"), dir, "files");
	for (i = 0; i < sp->d7.components; i++)
		names = jv_array_append(names,
		    jv_string(sp->d7.component[i].name));
	equal(names, df_jv_get(want, "components"), dir, "components");
	for (i = 0; i < sp->d8.tasks; i++)
		criteria = jv_array_append(criteria,
		    jv_number((double)sp->d8.task[i].criteria));
	equal(criteria, df_jv_get(want, "criteria"), dir, "criteria");
	is_int(sp->d10.commands, df_jv_int(want, "commands", -1), "commands");
	is_int(sp->d10.actives, df_jv_int(want, "active", -1), "components "
	    "of D10");
	for (i = 0; i < sp->d9.holdouts; i++) {
		steps = jv_array_append(steps,
		    values_jv(&sp->d9.holdout[i].behaviour.steps));
		pre = jv_array_append(pre,
		    values_jv(&sp->d9.holdout[i].behaviour.preconditions));
	}
	if (has(want, "steps")) {
		equal(steps, df_jv_get(want, "steps"), dir, "steps");
		equal(pre, df_jv_get(want, "preconditions"), dir,
		    "preconditions");
	} else {
		jv_free(steps);
		jv_free(pre);
	}
}

/* "D6:23:15 warning d6.assumed" */
static jv
findings(const struct df_spec *sp, const char **status, jv *summary)
{
	struct df_check c;
	jv a = jv_array();
	size_t i;

	df_check_run(&c, sp);
	for (i = 0; i < c.n; i++)
		a = jv_array_append(a, jv_string_fmt("D%u:%u:%u %s %s",
		    c.diag[i].doc, c.diag[i].line, c.diag[i].col,
		    df_severity_name[c.diag[i].severity],
		    c.diag[i].rule->id));
	*status = c.pass ? "PASS" : c.blocked ? "BLOCKED" : "FAIL";
	*summary = jv_array_append(jv_array_append(jv_array_append(
	    jv_array_append(jv_array(), jv_number((double)c.sum.documents)),
	    jv_number((double)c.sum.scenarios)),
	    jv_number((double)c.sum.tasks)),
	    jv_number((double)c.sum.holdouts));
	df_check_release(&c);
	return a;
}

/* Forms of a text that mean the same: where nothing may change. */
enum form { CRLF, BOM, NO_END, FORMS };
static const char *const form_name[FORMS] = {
	"CR LF", "a byte order mark", "no last line end"
};

static void
form(struct df_buf *to, const char *s, size_t n, enum form f)
{
	size_t i;

	df_buf_reset(to);
	if (f == BOM)
		df_buf_str(to, "\xef\xbb\xbf");
	while (f == NO_END && n && s[n - 1] == '\n')
		n--;
	for (i = 0; i < n; i++) {
		if (s[i] == '\n' && f == CRLF)
			df_buf_ch(to, '\r');
		df_buf_ch(to, s[i]);
	}
}

static void
forms(const struct df_spec *sp, const char *dir)
{
	struct df_spec_doc doc[DF_DOCS];
	struct df_buf b[DF_DOCS];
	struct df_spec other;
	const char *st, *st2;
	struct df_err e;
	jv sum, sum2, one, two;
	unsigned f, n;

	for (n = 0; n < DF_DOCS; n++)
		df_buf_init(&b[n]);
	for (f = 0; f < FORMS; f++) {
		memset(doc, 0, sizeof(doc));
		for (n = 1; n < DF_DOCS; n++) {
			if (sp->doc[n].s == NULL)
				continue;
			form(&b[n], sp->doc[n].s, sp->doc[n].n,
			    (enum form)f);
			doc[n].s = b[n].s;
			doc[n].n = b[n].n;
		}
		if (!ok(df_spec_read(&other, doc, 0, 0, &e) == 0, "%s with %s",
		    dir, form_name[f]))
			continue;
		one = findings(sp, &st, &sum);
		two = findings(&other, &st2, &sum2);
		is_str(st2, st, "the same status");
		equal(sum2, sum, dir, "the same counts");
		equal(two, one, dir, "the same findings");
		one = df_spec_product(sp, 1);
		two = df_spec_product(&other, 1);
		equal(df_jset_str(two, "spec_dir", ""),
		    df_jset_str(one, "spec_dir", ""), dir, "the same product");
		df_spec_release(&other);
	}
	for (n = 0; n < DF_DOCS; n++)
		df_buf_release(&b[n]);
}

/* Some documents only: blocked, and each that is missing is named. */
static void
incomplete(const struct df_spec *sp, unsigned have, const char *dir)
{
	struct df_spec_doc doc[DF_DOCS];
	struct df_spec other;
	struct df_check c;
	struct df_err e;
	char want[128];
	size_t i, named = 0;
	unsigned n, there = 0;

	memset(doc, 0, sizeof(doc));
	for (n = 1; n < DF_DOCS; n++)
		if (have & DF_SPEC_BIT(n)) {
			doc[n].s = sp->doc[n].s;
			doc[n].n = sp->doc[n].n;
			there++;
		}
	if (!ok(df_spec_read(&other, doc, 0, 0, &e) == 0, "%s: %u documents",
	    dir, there))
		return;
	df_check_run(&c, &other);
	ok(c.blocked && !c.pass, "%s: blocked with %u documents", dir, there);
	for (n = 1; n < DF_DOCS; n++) {
		snprintf(want, sizeof(want), "Missing required document: %s",
		    df_spec_docname(n));
		for (i = 0; i < c.n; i++)
			named += strcmp(c.diag[i].msg, want) == 0;
	}
	is_int(named, 10 - there, "each missing document is named once");
	/* what can be said without them is the same */
	for (i = 0; i < c.n; i++)
		if (c.diag[i].severity == DF_ERROR && c.diag[i].doc)
			break;
	is_int(i, c.n, "and nothing else fails");
	df_check_release(&c);
	df_spec_release(&other);
}

static void
check_set(jv want, const char *root, int own)
{
	static const char *const family[] = { "SC", "DEF", "E", "IN", "OUT",
	    "SIDE", "ERR", "RQ", "GAP", "CLR", "T", "HS" };
	const char *dir = df_jv_str(want, "dir");
	struct df_spec sp;
	struct df_err e;
	char path[4096];
	unsigned f, n;
	const char *status;
	size_t i;
	jv docs = jv_array(), sum, found;

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
	forms(&sp, dir);
	if (own) {
		check_own(&sp, want, dir);
		found = findings(&sp, &status, &sum);
		is_str(status, df_jv_str(want, "status"), "status");
		equal(sum, df_jv_get(want, "summary"), dir, "summary");
		equal(found, df_jv_get(want, "findings"), dir, "findings");
	}
	if (strcmp(dir, "sets/classic") == 0) {
		incomplete(&sp, DF_SPEC_BIT(7) | DF_SPEC_BIT(8) |
		    DF_SPEC_BIT(10), dir);
		incomplete(&sp, 0x7e, dir);
		incomplete(&sp, 0x7fe & ~DF_SPEC_BIT(9), dir);
	}
	df_spec_release(&sp);
}

static void
corpus(void)
{
	const char *path = tap_corpus("specs/expected.jsonl");
	char line[65536], root[4096];
	struct df_err e;
	FILE *f;
	jv want;

	if (path == NULL) {
		printf("# no corpus: its sets are not compared\n");
		return;
	}
	snprintf(root, sizeof(root), "%s", path);
	f = fopen(root, "r");
	while (f && fgets(line, sizeof(line), f)) {
		want = df_json_parse(line, strlen(line), 0, "expected.jsonl",
		    &e);
		if (ok(jv_is_valid(want), "a line of expected.jsonl"))
			check_set(want, root, 0);
		jv_free(want);
	}
	if (f)
		fclose(f);
}

static void
own_sets(void)
{
	static const char *const name[] = {
		"bare", "behave", "classic", "implied", "levels", "mock",
		"pipes", "template"
	};
	char path[256];
	struct df_buf b = DF_BUF_INIT;
	struct df_err e;
	size_t i;
	jv want;

	for (i = 0; i < DF_LEN(name); i++) {
		snprintf(path, sizeof(path), "t/data/sets/%s/expected.json",
		    name[i]);
		df_buf_reset(&b);
		if (!ok(df_read_file(AT_FDCWD, path, &b, 1 << 20, &e) != -1,
		    "%s", path))
			continue;
		want = df_json_parse(b.s, b.n, 0, path, &e);
		if (ok(jv_is_valid(want), "%s is JSON", path))
			check_set(want, "t/data/x", 1);
		jv_free(want);
	}
	df_buf_release(&b);
}

int
main(void)
{
	own_sets();
	corpus();
	return tap_done();
}
