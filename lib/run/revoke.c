#include "base/df.h"

#include <stdlib.h>
#include <string.h>

#include "run/revoke.h"

/* ---- who signed the factory's log ---- */

/* A key that the trust directory lists no more, until line seq. */
struct removed {
	struct df_signer who;
	uint64_t seq;
};

struct reading {
	struct df_trust outside, carried;	/* views; nothing is owned */
	int have_outside, have_carried;
	struct removed *gone;
	size_t ngone, capgone;
	struct df_at *ch;		/* trust.changed lines */
	size_t nch, capch;
	struct df_anchors *a;
};

/* The roster alone: whether a revoked key counts is asked by position. */
static struct df_trust
view(const struct df_trust *t)
{
	struct df_trust v = { 0 };

	if (t) {
		v = *t;
		memset(&v.revoked_fp, 0, sizeof(v.revoked_fp));
		v.nrevoked = 0;
	}
	return v;
}

static const struct removed *
find_removed(const struct reading *g, const struct df_event *ev)
{
	size_t i;

	for (i = 0; i < g->ngone; i++)
		if (g->gone[i].seq > ev->seq && strcmp(g->gone[i].who.fp,
		    ev->actor) == 0)
			return &g->gone[i];
	return NULL;
}

static int
verify_removed(const struct df_event *ev, const struct df_signer *g,
    struct df_err *e)
{
	struct df_buf m = DF_BUF_INIT, sig = DF_BUF_INIT;
	int r;

	r = g->roles & DF_ROLE_BIT(ev->role) ? 0 : df_fail(e, DF_AUTH,
	    "trust.role", "factory log line %llu: key %s may not sign as %s",
	    (unsigned long long)ev->seq, g->fp, df_role_name(ev->role));
	if (r == 0)
		r = df_event_message(ev, &m, &sig, e);
	if (r == 0)
		r = df_sig_verify(&g->key, df_role_name(ev->role), m.s, m.n,
		    sig.s, sig.n, e);
	df_buf_release(&m);
	df_buf_release(&sig);
	return r;
}

static int
verify_line(const struct reading *g, const struct df_event *ev,
    struct df_err *e)
{
	const struct removed *x;

	if (g->have_outside && df_trust_find(&g->outside, ev->actor))
		return df_event_verify(ev, &g->outside, e) ? 0 : -1;
	x = find_removed(g, ev);
	if (x)
		return verify_removed(ev, &x->who, e);
	return df_event_verify(ev, g->have_carried ? &g->carried :
	    &g->outside, e) ? 0 : -1;
}

/* Does what a revoked key signed at this line of the factory's log count? */
static int
counts(const struct df_trust *outside, const char *fp, uint64_t at)
{
	const struct df_revoked *v = outside ? df_trust_revoked(outside, fp) :
	    NULL;

	return v == NULL || at < v->from;
}

/* ---- the factory's log, from its end ---- */

static unsigned
roles_of(const struct df_event *ev, uint32_t list)
{
	unsigned roles = 0;
	uint32_t i, k;
	int r;

	for (i = 0, k = df_jfirst(ev->j, list); i < ev->j->tok[list].n; i++,
	    k = df_jnext(ev->j, k)) {
		r = df_role_parse(ev->j->s + ev->j->tok[k].start,
		    ev->j->tok[k].end - ev->j->tok[k].start);
		if (r >= 0)
			roles |= DF_ROLE_BIT(r);
	}
	return roles;
}

/* A key that this line, which holds, has taken out of the directory. */
static void
take_removed(struct reading *g, const struct df_event *ev)
{
	uint32_t key = df_jget(ev->j, ev->data, "key");
	uint32_t roles = df_jget(ev->j, ev->data, "roles");
	struct df_err why;
	struct removed *x;

	if (!df_jis(ev->j, df_jget(ev->j, ev->data, "action"), "remove") ||
	    key == 0 || roles == 0)
		return;
	DF_GROW(g->gone, g->ngone, g->capgone);
	x = &g->gone[g->ngone];
	memset(x, 0, sizeof(*x));
	if (df_pubkey_parse(&x->who.key, ev->j->s + ev->j->tok[key].start,
	    ev->j->tok[key].end - ev->j->tok[key].start, &why) < 0)
		return;		/* a recipient */
	(void)df_fingerprint(&x->who.key, x->who.fp);
	x->who.roles = roles_of(ev, roles);
	x->seq = ev->seq;
	g->ngone++;
}

struct later {
	struct reading *g;
	const struct df_trust *outside;
};

static int
on_changed(void *arg, const struct df_event *ev, struct df_err *e)
{
	struct later *l = arg;

	if (verify_line(l->g, ev, e) < 0)
		return -1;
	if (counts(l->outside, ev->actor, ev->seq))
		take_removed(l->g, ev);
	return 0;
}

static int
collect(void *arg, const struct df_event *ev, struct df_err *e)
{
	struct reading *g = arg;

	(void)e;
	if (strcmp(ev->type, "trust.changed") != 0)
		return 0;
	DF_GROW(g->ch, g->nch, g->capch);
	g->ch[g->nch++] = (struct df_at){ ev->seq, ev->off,
	    (uint32_t)ev->len, ev->digest };
	return 0;
}

static int
on_line(void *arg, const struct df_event *ev, struct df_err *e)
{
	struct later *l = arg;
	struct df_anchors *a = l->g->a;
	uint32_t run, head, d, s;
	struct df_anchor *x;
	int64_t seq;

	if (verify_line(l->g, ev, e) < 0)
		return -1;
	if (strcmp(ev->type, "run.anchored") != 0 || !counts(l->outside,
	    ev->actor, ev->seq))
		return 0;
	run = df_jget(ev->j, ev->data, "run");
	head = df_jget(ev->j, ev->data, "head");
	d = df_jget(ev->j, head, "digest");
	s = df_jget(ev->j, head, "seq");
	DF_GROW(a->v, a->n, a->cap);
	x = &a->v[a->n];
	if (df_jint(ev->j, s, 1, INT32_MAX, &seq) < 0 || df_digest_parse(
	    &x->run, ev->j->s + ev->j->tok[run].start, ev->j->tok[run].end -
	    ev->j->tok[run].start) < 0 || df_digest_parse(&x->head,
	    ev->j->s + ev->j->tok[d].start, ev->j->tok[d].end -
	    ev->j->tok[d].start) < 0)
		return 0;
	x->seq = (uint64_t)seq;
	x->at = ev->seq;
	x->time = ev->time;
	a->n++;
	return 0;
}

static int
by_run(const void *a, const void *b)
{
	const struct df_anchor *x = a, *y = b;
	int r = memcmp(x->run.b, y->run.b, sizeof(x->run.b));

	return r ? r : (x->at > y->at) - (x->at < y->at);
}

int
df_anchors_read(struct df_factory *f, const struct df_trust *outside,
    const struct df_trust *carried, struct df_anchors *a, struct df_err *e)
{
	struct reading g = { .outside = view(outside), .carried =
	    view(carried), .have_outside = outside != NULL, .have_carried =
	    carried != NULL, .a = a };
	struct later l = { &g, outside };
	const struct df_at *at;
	size_t i;
	int r;

	memset(a, 0, sizeof(*a));
	r = df_factory_each(f, collect, &g, e);
	for (i = g.nch; r == 0 && i > 0; i--) {
		at = &g.ch[i - 1];
		r = df_log_reread(&f->log, at->off, at->len, &at->digest,
		    on_changed, &l, e);
	}
	if (r == 0)
		r = df_factory_each(f, on_line, &l, e);
	free(g.gone);
	free(g.ch);
	if (r == 0 && a->n)
		qsort(a->v, a->n, sizeof(*a->v), by_run);
	return r;
}

void
df_anchors_release(struct df_anchors *a)
{
	free(a->v);
	memset(a, 0, sizeof(*a));
}

/* The anchors of a run: the first, and *n. */
static const struct df_anchor *
of_run(const struct df_anchors *a, const struct df_digest *run, size_t *n)
{
	size_t lo = 0, hi = a ? a->n : 0, mid, i;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (memcmp(a->v[mid].run.b, run->b, sizeof(run->b)) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (i = lo; a && i < a->n && df_digest_eq(&a->v[i].run, run); i++)
		;
	*n = i - lo;
	return *n ? &a->v[lo] : NULL;
}

const struct df_anchor *
df_anchors_head(const struct df_anchors *a, const struct df_digest *run)
{
	const struct df_anchor *v, *best = NULL;
	size_t i, n;

	v = of_run(a, run, &n);
	for (i = 0; i < n; i++)
		if (best == NULL || v[i].seq >= best->seq)
			best = &v[i];
	return best;
}

/* ---- a run ---- */

/* Something that a revoked key has signed, or one outside its window. */
struct mark {
	const char *fp;
	const struct df_revoked *key;	/* or NULL: the window */
	uint64_t seq;
	int isvoid;
};

struct look {
	struct df_run *r;
	const struct df_trust *outside;
	const struct df_anchor *anchor;	/* of the run, by at */
	size_t nanchor;
	const struct df_anchor *covers;	/* the line that is looked at */
	struct df_touched *t;
	struct mark *v;
	size_t n, cap;
};

static void
mark(struct look *l, const char *fp, const struct df_revoked *key,
    uint64_t seq, int isvoid)
{
	DF_GROW(l->v, l->n, l->cap);
	l->v[l->n++] = (struct mark){ fp, key, seq, isvoid };
}

/* Which anchor is the first that covers the line: one whose head is on this
   chain. */
static const struct df_anchor *
position(const struct look *l, uint64_t seq)
{
	const struct df_anchor *x;
	size_t i;

	for (i = 0; i < l->nanchor; i++) {
		x = &l->anchor[i];
		if (x->seq >= seq && x->seq <= l->r->nline && df_digest_eq(
		    &x->head, &l->r->line[x->seq - 1].digest))
			return x;
	}
	return NULL;
}

static void
signed_by(struct look *l, const char *fp, uint64_t seq)
{
	const struct df_revoked *k = df_trust_revoked(l->outside, fp);

	if (k)
		mark(l, k->fp, k, seq, l->covers == NULL || l->covers->at >=
		    k->from);
}

static int
on_run_line(void *arg, const struct df_event *ev, struct df_err *e)
{
	const struct df_signer *g;
	struct look *l = arg;
	int64_t ms;

	(void)e;
	if (l->outside)
		signed_by(l, ev->actor, ev->seq);
	g = df_trust_find(&l->r->trust, ev->actor);
	if (g == NULL || (g->after == 0 && g->before == 0))
		return 0;
	l->t->windows = 1;
	if (l->covers == NULL) {
		l->t->claimed = 1;
		return 0;
	}
	ms = l->covers->time;
	if ((g->after && ms < g->after) || (g->before && ms > g->before))
		mark(l, g->fp, NULL, ev->seq, 1);
	return 0;
}

/* What is signed apart: the trust files, seals, waivers. */
static int
look_sig(struct look *l, const struct df_name *n, struct df_err *e)
{
	size_t len = strlen(n->name);
	struct df_buf b = DF_BUF_INIT;
	struct df_sshsig s;
	struct df_err why;
	char fp[DF_FP_STR];
	int r;

	if (len < 4 || strcmp(n->name + len - 4, ".sig") != 0 ||
	    strncmp(n->name, "origin/", 7) == 0)
		return 0;
	r = df_store_get(&l->r->store, &n->digest, (size_t)1 << 16, &b, e);
	if (r == 0 && df_sshsig_read(&s, b.s, b.n, n->name, &why) == 0) {
		l->covers = position(l, l->r->giver[n->giver].seq);
		signed_by(l, df_fingerprint(&s.key, fp),
		    l->r->giver[n->giver].seq);
	}
	df_buf_release(&b);
	return r;
}

static int
by_key(const void *a, const void *b)
{
	const struct mark *x = a, *y = b;
	int r = strcmp(x->fp, y->fp);

	if (r == 0)
		r = (x->key != NULL) - (y->key != NULL);
	return r ? r : (x->seq > y->seq) - (x->seq < y->seq);
}

/* Lines of the marks that are void, or of those that are not: "3-7,9". */
static const char *
ranges(struct look *l, size_t from, size_t to, int isvoid, uint64_t *n)
{
	struct df_buf b = DF_BUF_INIT;
	uint64_t first = 0, last = 0, seq;
	const char *s;
	size_t i;

	*n = 0;
	for (i = from; i <= to; i++) {
		if (i < to && l->v[i].isvoid != isvoid)
			continue;
		seq = i < to ? l->v[i].seq : 0;
		if (seq && seq == last)
			continue;
		if (seq == 0 || last == 0 || seq != last + 1) {
			if (last)
				df_buf_fmt(&b, last > first ? "%s%llu-%llu" :
				    "%s%llu", b.n ? "," : "",
				    (unsigned long long)first,
				    (unsigned long long)last);
			first = seq;
		}
		last = seq;
		*n += seq != 0;
	}
	s = df_arena_str(&l->r->arena, b.s, b.n);
	df_buf_release(&b);
	return s;
}

static void
summarize(struct look *l)
{
	struct df_touch *t;
	size_t i, k;

	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), by_key);
	l->t->v = df_arena_alloc(&l->r->arena, (l->n + 1) *
	    sizeof(*l->t->v));
	for (i = 0; i < l->n; i = k) {
		for (k = i; k < l->n && l->v[k].key == l->v[i].key &&
		    strcmp(l->v[k].fp, l->v[i].fp) == 0; k++)
			;
		t = &l->t->v[l->t->n++];
		memcpy(t->fp, l->v[i].fp, DF_FP_STR);
		t->window = l->v[i].key == NULL;
		t->reason = t->window ? "" : df_arena_str(&l->r->arena,
		    l->v[i].key->reason, strlen(l->v[i].key->reason));
		t->from = t->window ? 0 : l->v[i].key->from;
		t->stands = ranges(l, i, k, 0, &t->nstand);
		t->voids = ranges(l, i, k, 1, &t->nvoid);
		l->t->voids += t->nvoid;
	}
}

int
df_revoke_idle(const struct df_run *r, const struct df_trust *outside)
{
	size_t i;

	for (i = 0; i < r->trust.nsigner; i++)
		if (r->trust.signer[i].after || r->trust.signer[i].before)
			return 0;
	return outside == NULL || outside->nrevoked == 0;
}

int
df_revoke_check(struct df_run *r, const struct df_trust *outside,
    const struct df_anchors *a, struct df_touched *t, struct df_err *e)
{
	struct look l = { .r = r, .outside = outside, .t = t };
	size_t i;
	int ret = 0;

	memset(t, 0, sizeof(*t));
	if (df_run_trust(r, e) < 0)
		return -1;
	if (df_revoke_idle(r, outside))
		return 0;
	l.anchor = of_run(a, &r->state.genesis, &l.nanchor);
	for (i = 0; ret == 0 && i < r->nline; i++) {
		/* the same one, unless the line lies behind its head */
		if (i == 0 || (l.covers && l.covers->seq < i + 1))
			l.covers = position(&l, i + 1);
		ret = df_log_reread(&r->log, r->line[i].off, r->line[i].len,
		    &r->line[i].digest, on_run_line, &l, e);
	}
	for (i = 0; ret == 0 && outside && i < r->nname; i++)
		ret = look_sig(&l, &r->name[i], e);
	if (ret == 0)
		summarize(&l);
	free(l.v);
	return ret;
}

void
df_revoke_why(const struct df_touch *t, struct df_buf *b)
{
	df_buf_fmt(b, "line%s %.200s %s void: key %s ", t->nvoid > 1 ? "s" :
	    "", t->voids, t->nvoid > 1 ? "are" : "is", t->fp);
	if (t->window)
		df_buf_str(b, "was outside its window when they were "
		    "anchored");
	else if (t->from)
		df_buf_fmt(b, "is revoked, and no anchor before line %llu of "
		    "a factory's log covers them",
		    (unsigned long long)t->from);
	else
		df_buf_str(b, "is revoked and was never to be trusted");
}
