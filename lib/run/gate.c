#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/opt.h"
#include "base/par.h"
#include "evidence/tree.h"
#include "run/gate.h"
#include "run/heads.h"
#include "run/prune.h"

const char *
df_trusted_name(enum df_trusted t)
{
	static const char *const name[] = { "BROKEN", "CONSISTENT",
	    "VERIFIED" };

	return name[t];
}

/* ---- every signature ---- */

/* An event that says who acted was signed by that principal's key. */
static int
verify_one(void *arg, const struct df_event *ev, struct df_err *e)
{
	const struct df_signer *who = df_event_verify(ev, arg, e);
	uint32_t t;

	if (who == NULL)
		return -1;
	t = df_jget(ev->j, ev->data, "actor");
	if (t && !df_jis(ev->j, t, who->principal))
		return df_fail(e, DF_AUTH, "gate.actor",
		    "log line %llu: its actor is not who signed it",
		    (unsigned long long)ev->seq);
	return 0;
}

static int
verify_range(void *arg, size_t from, size_t to, struct df_err *e)
{
	struct df_run *r = arg;
	size_t i;

	for (i = from; i < to; i++)
		if (df_log_reread(&r->log, r->line[i].off, r->line[i].len,
		    &r->line[i].digest, verify_one, &r->trust, e) < 0)
			return -1;
	return 0;
}

/* ---- every blob ---- */

void
df_blobset_release(struct df_blobset *s)
{
	df_map_release(&s->map);
	free(s->v);
	memset(s, 0, sizeof(*s));
}

const struct df_named *
df_blobset_get(const struct df_blobset *s, const struct df_digest *d)
{
	size_t i = df_map_get(&s->map, (const char *)d->b, sizeof(d->b));

	return i == DF_MAP_NONE ? NULL : &s->v[i];
}

int
df_blobset_has(const struct df_blobset *s, const struct df_digest *d)
{
	return df_blobset_get(s, d) != NULL;
}

static int
by_digest(const void *a, const void *b)
{
	const struct df_named *x = a, *y = b;
	int r = memcmp(x->digest.b, y->digest.b, sizeof(x->digest.b));

	/* the known size first, then a tree */
	if (r == 0)
		r = (x->size > y->size) - (x->size < y->size);
	return r ? r : y->tree - x->tree;
}

static void
add(struct df_blobset *s, const struct df_digest *d, uint64_t size, int tree,
    int bulk)
{
	struct df_named *v;

	DF_GROW(s->v, s->n, s->cap);
	v = &s->v[s->n++];
	v->digest = *d;
	v->size = size;
	v->tree = tree;
	v->bulk = bulk;
	v->pruned = 0;
}

struct below {
	struct df_blobset *s;
	int bulk;
};

static int
tree_entry(void *arg, const struct df_tree_entry *t, struct df_err *e)
{
	struct below *b = arg;

	(void)e;
	if (t->mode != DF_TREE_LINK)
		add(b->s, &t->digest, t->size, 0, b->bulk);
	return 0;
}

static int
unique(struct df_blobset *s, struct df_err *e)
{
	struct df_named *last = NULL;
	char hex[DF_DIGEST_STR];
	size_t i, k = 0;

	if (s->n)
		qsort(s->v, s->n, sizeof(*s->v), by_digest);
	for (i = 0; i < s->n; i++) {
		if (last == NULL || !df_digest_eq(&last->digest,
		    &s->v[i].digest)) {
			s->v[k] = s->v[i];
			last = &s->v[k++];
			continue;
		}
		if (s->v[i].size != UINT64_MAX && s->v[i].size != last->size)
			return df_fail(e, DF_INTEGRITY, "store.size",
			    "blob %s: two events say two sizes of it",
			    df_digest_str(&last->digest, hex) + 7);
		last->tree |= s->v[i].tree;
		last->bulk &= s->v[i].bulk;
	}
	s->n = k;
	return 0;
}

int
df_gate_blobs(struct df_run *r, struct df_blobset *s, struct df_err *e)
{
	static const struct df_tree_limits any = { .entries = UINT64_MAX,
	    .bytes = UINT64_MAX, .depth = 256 };
	const struct df_prune *p;
	struct below b = { .s = s };
	size_t i, n;

	memset(s, 0, sizeof(*s));
	for (i = 0; i < r->nnamed; i++)
		add(s, &r->named[i].digest, r->named[i].size,
		    r->named[i].tree, r->named[i].bulk);
	if (unique(s, e) < 0)
		return -1;
	n = s->n;
	for (i = 0; i < n; i++) {
		/* What was below a tree that is gone is listed, or kept by
		   something else. */
		b.bulk = s->v[i].bulk;
		if (s->v[i].tree && !(b.bulk && df_pruned(r,
		    &s->v[i].digest)) && df_tree_walk(&r->store,
		    &s->v[i].digest, &any, tree_entry, &b, e) < 0)
			return -1;
	}
	for (p = r->prune; p; p = p->next)
		add(s, &p->digest, p->size, 0, 1);
	if (unique(s, e) < 0)
		return -1;
	for (i = 0; i < s->n; i++)
		s->v[i].pruned = s->v[i].bulk && df_prune_line(r,
		    &s->v[i].digest);
	for (i = 0; i < s->n; i++)
		(void)df_map_set(&s->map, (const char *)s->v[i].digest.b,
		    sizeof(s->v[i].digest.b), i);
	return 0;
}

struct hashing {
	struct df_run *r;
	struct df_blobset *s;
};

static int
hash_range(void *arg, size_t from, size_t to, struct df_err *e)
{
	struct hashing *h = arg;
	char hex[DF_DIGEST_STR];
	uint64_t size;
	size_t i;

	for (i = from; i < to; i++) {
		if (h->s->v[i].pruned && !df_store_has(&h->r->store,
		    &h->s->v[i].digest))
			continue;
		if (df_store_check(&h->r->store, &h->s->v[i].digest, &size, e)
		    < 0)
			return -1;
		if (h->s->v[i].size == UINT64_MAX)
			h->s->v[i].size = size;
		else if (h->s->v[i].size != size)
			return df_fail(e, DF_INTEGRITY, "store.size",
			    "blob %s has not the size that an event says",
			    df_digest_str(&h->s->v[i].digest, hex) + 7);
	}
	return 0;
}

/* ---- the root ---- */

/* The directory of the run, or of the factory whose runs/ it is in. */
static char *
whose(const struct df_run *r)
{
	char *run = df_real_path(r->path, NULL), *slash;
	struct df_buf b = DF_BUF_INIT;

	slash = run ? strrchr(run, '/') : NULL;
	if (slash == NULL || slash - run <= 5 || strncmp(slash - 5, "/runs",
	    5) != 0)
		return run;
	df_buf_fmt(&b, "%.*s/log.jsonl", (int)(slash - 5 - run), run);
	if (access(b.s, F_OK) == 0)
		slash[-5] = '\0';
	df_buf_release(&b);
	return run;
}

/* What lies in the run, or in a factory above it, is no trust from outside. */
static int
comes_with(const struct df_run *r, const char *path)
{
	char *dir = df_real_path(path, NULL), *run = whose(r);
	int yes = dir && run && df_path_within(dir, run);

	free(dir);
	free(run);
	return yes;
}

/* Is the run's root a df-root key of the trust directory?  When that has none,
   g->why says so. */
static int
outside_root(struct df_run *r, const char *dir, struct df_gate *g)
{
	const struct df_signer *who;
	struct df_trust_files f;
	struct df_buf path = DF_BUF_INIT;
	struct df_trust *t = &r->outside;
	struct df_err e;
	char root[DF_FP_STR];

	df_trust_files_init(&f);
	df_trust_release(t);
	if (dir && *dir)
		df_buf_str(&path, dir);
	else
		df_trust_path(&path);
	if (comes_with(r, path.s))
		snprintf(g->why, sizeof(g->why), "%.150s comes with the run: "
		    "no root is taken from it", path.s);
	else if (df_trust_files_read(&f, path.s, &e) < 0 ||
	    df_trust_files_check(&f, NULL, t, root, &e) < 0 ||
	    df_trust_seen(t, root, &e) < 0)
		snprintf(g->why, sizeof(g->why), "%.240s", e.msg);
	else
		g->known = 1;
	df_trust_files_release(&f);
	df_buf_release(&path);
	r->have_outside = g->known;
	who = g->known ? df_trust_find(t, g->root) : NULL;
	return who && (who->roles & DF_ROLE_BIT(DF_ROLE_ROOT));
}

/* What is void, in g->touched and g->why. */
static int
revocations(struct df_run *r, struct df_gate *g, struct df_err *e)
{
	const struct df_trust *outside = g->known ? &r->outside : NULL;
	struct df_anchors a = { 0 };
	struct df_buf b = DF_BUF_INIT;
	struct df_factory f;
	size_t i;
	int ret = 0;

	if (df_args.factory && *df_args.factory && !df_revoke_idle(r,
	    outside)) {
		ret = df_factory_open(&f, df_args.factory, e);
		if (ret > 0) {
			ret = df_anchors_read(&f, outside, &r->trust, &a, e);
			df_factory_close(&f);
		}
	}
	if (ret == 0)
		ret = df_revoke_check(r, outside, &a, &g->touched, e);
	df_anchors_release(&a);
	for (i = 0; i < g->touched.n; i++)
		if (g->touched.v[i].nvoid) {
			if (b.n)
				df_buf_str(&b, "; ");
			df_revoke_why(&g->touched.v[i], &b);
		}
	if (b.n)
		snprintf(g->why, sizeof(g->why), "%.500s", b.s);
	df_buf_release(&b);
	return ret;
}

int
df_gate_check(struct df_run *r, const char *root, const char *trust,
    struct df_gate *g, struct df_err *e)
{
	struct df_blobset s = { 0 };
	struct hashing h = { r, &s };
	const char *carried;
	size_t i;
	int ret;
	jv t;

	memset(g, 0, sizeof(*g));
	if (!(r->flags & DF_RUN_LINES))
		DF_BUG("gate without lines");
	if (df_heads_check(r, e) < 0 || df_run_trust(r, e) < 0 ||
	    df_parallel(r->nline, 8, verify_range, r, e) < 0)
		return -1;
	g->signatures = r->nline;
	ret = df_gate_blobs(r, &s, e);
	if (ret == 0)
		ret = df_parallel(s.n, 16, hash_range, &h, e);
	for (i = 0; i < s.n; i++) {
		if (s.v[i].pruned && !df_store_has(&r->store,
		    &s.v[i].digest)) {
			g->pruned++;
			continue;
		}
		g->blobs++;
		g->bytes += s.v[i].size;
	}
	df_blobset_release(&s);
	if (ret < 0)
		return -1;
	t = df_jv_get(r->env, "trust");
	carried = df_jv_str(t, "root");
	snprintf(g->root, sizeof(g->root), "%s", carried ? carried : "");
	jv_free(t);
	if (root)
		g->rooted = strcmp(root, g->root) == 0;
	else
		g->rooted = outside_root(r, trust, g);
	if (revocations(r, g, e) < 0)
		return -1;
	g->trusted = g->rooted && g->touched.voids == 0 ? DF_VERIFIED :
	    DF_CONSISTENT;
	return 0;
}

int
df_gate_pass(struct df_run *r, struct df_gate *g, struct df_err *e)
{
	if (df_gate_check(r, NULL, df_args.trust, g, e) < 0)
		return -1;
	if (g->trusted == DF_VERIFIED) {
		df_heads_remember(r);
		return 0;
	}
	if (g->rooted) {
		(void)df_fail(e, DF_AUTH, "gate.revoked", "%s", g->why);
		return df_hint(e, "$DF_FACTORY names a factory whose log has "
		    "anchored the run; what stays void has to be done again, "
		    "in a new run");
	}
	if (*g->why)
		(void)df_fail(e, DF_AUTH, "gate.root",
		    "root %s is not checked: %s", g->root, g->why);
	else
		(void)df_fail(e, DF_AUTH, "gate.root",
		    "the run was made under root %s, which your trust "
		    "directory does not have", g->root);
	return df_hint(e, "--trust DIR or $DF_TRUST names a trust directory");
}
