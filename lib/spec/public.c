#include "base/df.h"

#include <string.h>

#include "spec/public.h"

/* In the order of name bytes, as a tree has it. */
static const unsigned public_docs[] = { 10, 1, 2, 3, 4, 5, 6, 7, 8 };

static jv
document(unsigned n, const struct df_digest *d)
{
	char hex[DF_DIGEST_STR];
	jv o = df_jset_str(jv_object(), "digest", df_digest_str(d, hex));

	o = df_jset_int(o, "n", n);
	return df_jset_str(o, "path", df_spec_docname(n));
}

jv
df_public_documents(const struct df_spec *sp)
{
	struct df_digest d;
	jv list = jv_array();
	size_t i;

	for (i = 0; i < DF_LEN(public_docs); i++) {
		const struct df_doc *doc = &sp->doc[public_docs[i]];

		if (doc->s == NULL)
			continue;
		df_sha256(doc->s, doc->n, &d);
		list = jv_array_append(list, document(public_docs[i], &d));
	}
	return list;
}

int
df_public_put(const struct df_spec *sp, struct df_store *s,
    struct df_digest *tree, jv *documents, struct df_err *e)
{
	struct df_buf m = DF_BUF_INIT;
	struct df_digest d;
	const char *name;
	size_t i;
	int r = 0;

	*documents = jv_array();
	for (i = 0; i < DF_LEN(public_docs); i++) {
		const struct df_doc *doc = &sp->doc[public_docs[i]];

		if (doc->s == NULL)
			continue;
		/* The usual name: renaming a file changes no run. */
		name = df_spec_docname(public_docs[i]);
		r = df_store_put(s, doc->s, doc->n, &d, e);
		if (r < 0)
			break;
		df_tree_line(&m, DF_TREE_FILE, name, strlen(name), &d, doc->n,
		    NULL);
		*documents = jv_array_append(*documents, document(
		    public_docs[i], &d));
	}
	if (r == 0)
		r = df_store_put(s, m.s, m.n, tree, e);
	df_buf_release(&m);
	return r;
}

static jv
ids(const struct df_refs *r)
{
	jv list = jv_array();
	size_t i;

	for (i = 0; i < r->n; i++)
		list = jv_array_append(list, jv_string(r->v[i].id));
	return list;
}

jv
df_public_tasks(const struct df_spec *sp)
{
	const struct df_task *t;
	jv list = jv_array(), o;
	size_t i;

	for (i = 0; i < sp->d8.tasks; i++) {
		t = &sp->d8.task[i];
		o = df_jset(jv_object(), "contracts", ids(&t->contracts));
		o = df_jset(o, "depends", ids(&t->deps));
		o = df_jset_str(o, "id", t->item.id);
		o = df_jset_int(o, "phase", t->phase);
		o = df_jset(o, "scenarios", ids(&t->scenarios));
		list = jv_array_append(list, df_jset_str(o, "title",
		    t->item.title));
	}
	return list;
}

struct reading {
	struct df_public *p;
	struct df_store *s;
};

static int
read_doc(void *arg, const struct df_tree_entry *t, struct df_err *e)
{
	struct reading *r = arg;
	unsigned n = df_spec_docnumber(t->path);

	if (t->mode != DF_TREE_FILE || n == 0 || n == 9 ||
	    r->p->doc[n].n)
		return df_fail(e, DF_INTEGRITY, "run.spec",
		    "spec.tree holds %.100s, which is no public document",
		    t->path);
	return df_store_get(r->s, &t->digest, DF_SPEC_DOC_MAX, &r->p->doc[n],
	    e);
}

int
df_public_read(struct df_public *p, struct df_store *s,
    const struct df_digest *tree, struct df_err *e)
{
	struct df_spec_doc doc[DF_DOCS];
	struct reading r = { p, s };
	size_t i;

	memset(doc, 0, sizeof(doc));
	for (i = 0; i < DF_DOCS; i++)
		df_buf_init(&p->doc[i]);
	if (df_tree_walk(s, tree, NULL, read_doc, &r, e) == 0) {
		for (i = 1; i < DF_DOCS; i++)
			if (p->doc[i].n) {
				doc[i].s = p->doc[i].s;
				doc[i].n = p->doc[i].n;
			}
		if (df_spec_read(&p->spec, doc, DF_SPEC_BIT(9), 0, e) == 0)
			return 0;
	}
	for (i = 0; i < DF_DOCS; i++)
		df_buf_release(&p->doc[i]);
	return -1;
}

void
df_public_release(struct df_public *p)
{
	size_t i;

	df_spec_release(&p->spec);
	for (i = 0; i < DF_DOCS; i++)
		df_buf_release(&p->doc[i]);
}

/* ---- dependencies ---- */

/* "twin,real:git": is a dependency of that mode and name allowed? */
static int
allowed(const char *list, const char *mode, const char *name)
{
	size_t n, m = strlen(mode), k = strlen(name);

	for (; *list; list += n + (list[n] == ',')) {
		n = strcspn(list, ",");
		if (strncmp(list, mode, m) != 0)
			continue;
		if (n == m || (n == m + 1 + k && list[m] == ':' &&
		    strncmp(list + m + 1, name, k) == 0))
			return 1;
	}
	return 0;
}

jv
df_public_dependencies(const struct df_spec *sp, const char *list,
    struct df_err *e)
{
	const struct df_external *x;
	jv v = jv_array(), one;
	const char *mode;
	size_t i;

	for (i = 0; i < sp->d10.externals; i++) {
		x = &sp->d10.external[i];
		mode = x->twin ? "twin" : "real";
		if (x->twin < 0) {
			(void)df_fail(e, DF_REFUSED, "boot.dependency",
			    "D10: external dependency %s is declared neither "
			    "real nor twin", x->name.s);
			break;
		}
		if (!allowed(list, mode, x->name.s)) {
			(void)df_fail(e, DF_REFUSED, "boot.dependency",
			    "the profile does not allow the %s dependency %s",
			    mode, x->name.s);
			(void)df_hint(e, "dependencies.allow is \"%s\"",
			    list);
			break;
		}
		one = df_jset_str(jv_object(), "mode", mode);
		v = jv_array_append(v, df_jset_str(one, "name", x->name.s));
	}
	if (i == sp->d10.externals)
		return v;
	jv_free(v);
	return jv_invalid();
}
