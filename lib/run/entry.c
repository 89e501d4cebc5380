#include "base/df.h"

#include <string.h>

#include "base/schema.h"
#include "base/text.h"
#include "run/entry.h"
#include "run/records.h"

struct adding {
	struct df_step *step;
	struct df_commit *c;
};

/* Size and schema: what gates look at must not fail there first. */
static int
check_artifact(struct df_run *r, const struct df_artifact *a,
    struct df_err *e)
{
	const char *schema = df_record_schema(a->name);
	struct df_buf b = DF_BUF_INIT;
	struct df_json j = { 0 };
	uint64_t size;
	int ret;

	ret = df_store_check(&r->store, &a->digest, &size, e);
	if (ret == 0 && size != a->size)
		ret = df_fail(e, DF_INPUT, "event.size",
		    "%s has %llu bytes, not %llu", a->name,
		    (unsigned long long)size, (unsigned long long)a->size);
	if (ret == 0 && schema)
		ret = df_store_get(&r->store, &a->digest, DF_RUN_BLOB_MAX, &b,
		    e);
	if (ret == 0 && schema)
		ret = df_schema_scan(&j, b.s, b.n, DF_JSON_CANON, schema,
		    a->name, e);
	df_json_release(&j);
	df_buf_release(&b);
	return ret;
}

static int
add_artifact(void *arg, const struct df_artifact *a, struct df_err *e)
{
	struct adding *x = arg;

	if (check_artifact(&x->step->run, a, e) < 0)
		return -1;
	if (strcmp(a->media, DF_TREE_MEDIA) == 0)
		return df_commit_tree(x->step, x->c, a->name, &a->digest, e);
	return df_commit_name(x->step, x->c, a->name, a->media, &a->digest,
	    a->size, e);
}

static int
add_input(void *arg, const struct df_input *in, struct df_err *e)
{
	struct adding *x = arg;

	(void)e;
	df_commit_input(x->c, in->name, &in->digest);
	return 0;
}

int
df_entry_data(struct df_step *st, struct df_commit *c, const char *s, size_t n,
    const char *what, struct df_err *e)
{
	struct adding x = { st, c };
	struct df_json j = { 0 };
	int r;

	r = df_json_scan(&j, s, n, 0, what, e);
	if (r == 0 && j.tok[0].type != DF_JOBJECT)
		r = df_fail(e, DF_INPUT, "event.data", "%s: no JSON object",
		    what);
	if (r == 0)
		r = df_artifacts_each(&j, 0, &st->run.store, add_artifact,
		    &x, e);
	if (r == 0)
		r = df_inputs_each(&j, 0, &st->run.store, add_input, &x, e);
	if (r < 0 && strcmp(e->code, "event.list") == 0)
		e->exit = DF_INPUT;	/* of a log it would be damage */
	if (r == 0) {
		jv_free(c->data);
		c->data = df_json_jv(&j, 0);
		c->data = jv_object_delete(c->data, jv_string("artifacts"));
		c->data = jv_object_delete(c->data, jv_string("inputs"));
	}
	df_json_release(&j);
	return r;
}

static int
check_members(const struct df_json *j, const char *what, struct df_err *e)
{
	uint32_t i, t;

	if (j->tok[0].type != DF_JOBJECT)
		return df_fail(e, DF_INPUT, "event.data",
		    "%s: no JSON object", what);
	for (i = 0, t = df_jfirst(j, 0); i < j->tok[0].n;
	    i++, t = df_jnext(j, t + 1))
		if (!df_jis(j, t, "type") && !df_jis(j, t, "subject") &&
		    !df_jis(j, t, "data"))
			return df_fail(e, DF_INPUT, "event.data",
			    "%s: only type, subject and data are given", what);
	return 0;
}

int
df_entry_subject(const char *s, size_t n, const char *what, struct df_err *e)
{
	if (n < sizeof(((struct df_commit *)0)->subject) && !memchr(s, '\0',
	    n) && df_utf8_bad(s, n) == n)
		return 0;
	return df_fail(e, DF_INPUT, "event.subject", "%s: the subject is "
	    "longer than 255 bytes, has a NUL, or is no UTF-8", what);
}

int
df_entry_line(struct df_step *st, struct df_commit *c, const char *s, size_t n,
    const char *what, struct df_err *e)
{
	struct df_buf type = DF_BUF_INIT, subject = DF_BUF_INIT;
	struct df_json j = { 0 };
	uint32_t t;
	int r;

	df_commit_init(c, "", NULL);
	r = df_json_scan(&j, s, n, 0, what, e);
	if (r == 0) {
		t = df_jget(&j, 0, "type");
		if (t && j.tok[t].type == DF_JSTRING)
			df_jtext(&j, t, &type);
		t = df_jget(&j, 0, "subject");
		if (t && j.tok[t].type == DF_JSTRING)
			df_jtext(&j, t, &subject);
		df_commit_release(c);
		df_commit_init(c, type.s, subject.n ? subject.s : NULL);
		r = check_members(&j, what, e);
	}
	if (r == 0)
		r = df_entry_subject(subject.s, subject.n, what, e);
	if (r == 0) {
		t = df_jget(&j, 0, "data");
		r = t == 0 ? df_fail(e, DF_INPUT, "event.data",
		    "%s: no data", what) : df_entry_data(st, c, s +
		    j.tok[t].start, j.tok[t].end - j.tok[t].start, what, e);
	}
	df_json_release(&j);
	df_buf_release(&type);
	df_buf_release(&subject);
	return r;
}
