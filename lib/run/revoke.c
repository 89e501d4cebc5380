#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/origin.h"
#include "run/revoke.h"

/* ---- who signed the factory's log ---- */

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

void
df_signers_init(struct df_signers *g, const struct df_trust *outside,
    const struct df_trust *carried)
{
	memset(g, 0, sizeof(*g));
	g->trust = outside;
	g->outside = view(outside);
	g->carried = view(carried);
	g->have_carried = carried != NULL;
	if (outside)
		g->said = df_calloc(outside->nrevoked + 1, sizeof(*g->said));
}

void
df_signers_release(struct df_signers *g)
{
	free(g->gone);
	free(g->changed);
	free(g->said);
	memset(g, 0, sizeof(*g));
}

static const struct df_removed *
find_removed(const struct df_signers *g, const struct df_event *ev)
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

int
df_signers_check(const struct df_signers *g, const struct df_event *ev,
    struct df_err *e)
{
	const struct df_removed *x;

	if (g->trust && df_trust_find(&g->outside, ev->actor))
		return df_event_verify(ev, &g->outside, e) ? 0 : -1;
	x = find_removed(g, ev);
	if (x)
		return verify_removed(ev, &x->who, e);
	return df_event_verify(ev, g->have_carried ? &g->carried :
	    &g->outside, e) ? 0 : -1;
}

/* What a revoked key has signed stands before this line of the log. */
static uint64_t
bound(const struct df_trust *t, const uint64_t *said,
    const struct df_revoked *k)
{
	uint64_t at = said ? said[k - t->revoked] : 0;

	return at < k->from ? at : k->from;
}

/* Does what a key signed at this line of the factory's log count? */
static int
counts(const struct df_signers *g, const struct df_event *ev)
{
	const struct df_revoked *k = g->trust ? df_trust_revoked(g->trust,
	    ev->actor) : NULL;

	return k == NULL || ev->seq < bound(g->trust, g->said, k);
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
take_removed(struct df_signers *g, const struct df_event *ev)
{
	uint32_t key = df_jget(ev->j, ev->data, "key");
	uint32_t roles = df_jget(ev->j, ev->data, "roles");
	struct df_err why;
	struct df_removed *x;

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

/* Revocations that this line, which a root of the directory has signed, knows
   of: nobody else can put other lines before it. */
static void
take_said(struct df_signers *g, const struct df_event *ev)
{
	uint32_t fp = df_jget(ev->j, ev->data, "fingerprint");
	int64_t version = 0;
	int revoke;
	size_t i;

	if (g->trust == NULL || df_trust_find(&g->outside, ev->actor) == NULL)
		return;
	revoke = df_jis(ev->j, df_jget(ev->j, ev->data, "action"), "revoke");
	(void)df_jint(ev->j, df_jget(ev->j, ev->data, "version"), 1,
	    INT32_MAX, &version);
	for (i = 0; i < g->trust->nrevoked; i++)
		if (g->said[i] == 0 && ((uint64_t)version >=
		    g->trust->version || (revoke && fp && df_jis(ev->j, fp,
		    g->trust->revoked[i].fp))))
			g->said[i] = ev->seq;
}

static int
on_changed(void *arg, const struct df_event *ev, struct df_err *e)
{
	struct df_signers *g = arg;

	if (df_signers_check(g, ev, e) < 0)
		return -1;
	if (counts(g, ev)) {
		take_removed(g, ev);
		take_said(g, ev);
	}
	return 0;
}

void
df_signers_see(struct df_signers *g, const struct df_event *ev)
{
	if (strcmp(ev->type, "trust.changed") != 0)
		return;
	DF_GROW(g->changed, g->nchanged, g->capchanged);
	g->changed[g->nchanged++] = (struct df_at){ ev->seq, ev->off,
	    (uint32_t)ev->len, ev->digest };
}

int
df_signers_read(struct df_signers *g, struct df_factory *f, int strict,
    struct df_err *e)
{
	const struct df_at *at;
	struct df_err why;
	size_t i;

	for (i = g->nchanged; i > 0; i--) {
		at = &g->changed[i - 1];
		if (df_log_reread(&f->log, at->off, at->len, &at->digest,
		    on_changed, g, &why) == 0)
			continue;
		if (strict || why.exit != DF_AUTH) {
			*e = why;
			return -1;
		}
	}
	return 0;
}

/* ---- anchors ---- */

struct anchoring {
	struct df_signers g;
	struct df_anchors *a;
};

static int
see(void *arg, const struct df_event *ev, struct df_err *e)
{
	(void)e;
	df_signers_see(arg, ev);
	return 0;
}

static int
on_line(void *arg, const struct df_event *ev, struct df_err *e)
{
	struct anchoring *l = arg;
	struct df_anchors *a = l->a;
	uint32_t run, head, d, s;
	struct df_anchor *x;
	int64_t seq;

	if (df_signers_check(&l->g, ev, e) < 0)
		return -1;
	if (strcmp(ev->type, "run.anchored") != 0 || !counts(&l->g, ev))
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
	struct anchoring l = { .a = a };
	int r;

	memset(a, 0, sizeof(*a));
	df_signers_init(&l.g, outside, carried);
	r = df_factory_each(f, see, &l.g, e);
	if (r == 0)
		r = df_signers_read(&l.g, f, 1, e);
	if (r == 0)
		r = df_factory_each(f, on_line, &l, e);
	a->said = l.g.said;
	l.g.said = NULL;
	df_signers_release(&l.g);
	if (r == 0 && a->n)
		qsort(a->v, a->n, sizeof(*a->v), by_run);
	return r;
}

void
df_anchors_release(struct df_anchors *a)
{
	free(a->v);
	free(a->said);
	memset(a, 0, sizeof(*a));
}

const struct df_anchor *
df_anchors_of(const struct df_anchors *a, const struct df_digest *run,
    size_t *n)
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

/* ---- a run ---- */

/* Something that a revoked key has signed, or one outside its window. */
struct mark {
	const char *fp;
	const struct df_revoked *key;	/* or NULL: the window */
	unsigned level;			/* in whose log: of the run, or an
					   origin's */
	uint64_t seq;
	int isvoid, unsaid;
};

struct look {
	struct df_run *r;
	const struct df_trust *outside;
	const struct df_anchors *a;
	unsigned level;
	const struct df_at *line;	/* of that log */
	size_t nline;
	const struct df_anchor *anchor;	/* of it, by at */
	size_t nanchor;
	const struct df_anchor *covers;	/* the line that is looked at */
	struct df_touched *t;
	struct mark *v;
	size_t n, cap;
};

static void
mark(struct look *l, const char *fp, const struct df_revoked *key,
    uint64_t seq)
{
	struct mark *m;

	DF_GROW(l->v, l->n, l->cap);
	m = &l->v[l->n++];
	*m = (struct mark){ .fp = fp, .key = key, .level = l->level,
	    .seq = seq, .isvoid = 1 };
	if (key && l->covers) {
		m->isvoid = l->covers->at >= bound(l->outside, l->a->said,
		    key);
		m->unsaid = m->isvoid && l->covers->at < key->from;
	}
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
		if (x->seq >= seq && x->seq <= l->nline && df_digest_eq(
		    &x->head, &l->line[x->seq - 1].digest))
			return x;
	}
	return NULL;
}

static void
signed_by(struct look *l, const char *fp, uint64_t seq)
{
	const struct df_revoked *k = df_trust_revoked(l->outside, fp);

	if (k)
		mark(l, k->fp, k, seq);
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
		mark(l, g->fp, NULL, ev->seq);
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
	if (r == 0)
		r = (x->level > y->level) - (x->level < y->level);
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
		t = &l->t->v[l->t->n++];
		memset(t, 0, sizeof(*t));
		for (k = i; k < l->n && l->v[k].key == l->v[i].key &&
		    l->v[k].level == l->v[i].level &&
		    strcmp(l->v[k].fp, l->v[i].fp) == 0; k++)
			t->unsaid |= l->v[k].unsaid;
		t->level = l->v[i].level;
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

static void
take_log(struct look *l, unsigned level, const struct df_at *line, size_t n,
    const struct df_digest *genesis)
{
	l->level = level;
	l->line = line;
	l->nline = n;
	l->anchor = df_anchors_of(l->a, genesis, &l->nanchor);
	l->covers = NULL;
}

/* the same one, unless the line lies behind its head */
static void
cover(struct look *l, uint64_t seq)
{
	if (seq == 1 || (l->covers && l->covers->seq < seq))
		l->covers = position(l, seq);
}

/* The lines of one origin, and who signed them. */
struct older {
	struct look *l;
	unsigned level;
	struct df_at *line;
	char (*by)[DF_FP_STR];
	size_t n, cap, capby;
};

static void
look_older(struct older *o)
{
	struct look *l = o->l;
	size_t i;

	if (o->n)
		take_log(l, o->level, o->line, o->n, &o->line[0].digest);
	for (i = 0; i < o->n; i++) {
		cover(l, i + 1);
		signed_by(l, o->by[i], i + 1);
	}
	o->n = 0;
}

static int
on_older(void *arg, unsigned level, const struct df_event *ev,
    struct df_err *e)
{
	struct older *o = arg;
	size_t n = o->n;

	(void)e;
	if (level != o->level) {
		look_older(o);
		o->level = level;
		n = 0;
	}
	DF_GROW(o->line, n, o->cap);
	DF_GROW(o->by, n, o->capby);
	o->line[n] = (struct df_at){ ev->seq, 0, 0, ev->digest };
	snprintf(o->by[n], DF_FP_STR, "%s", ev->actor);
	o->n = n + 1;
	return 0;
}

/* What was taken over of other runs was signed in their logs. */
static int
look_origins(struct look *l, struct df_err *e)
{
	struct older o = { .l = l };
	unsigned levels;
	int r;

	r = df_origins_check(l->r, on_older, &o, &levels, e);
	if (r == 0)
		look_older(&o);
	free(o.line);
	free(o.by);
	return r;
}

int
df_revoke_check(struct df_run *r, const struct df_trust *outside,
    const struct df_anchors *a, struct df_touched *t, struct df_err *e)
{
	static const struct df_anchors none;
	struct look l = { .r = r, .outside = outside, .t = t,
	    .a = a ? a : &none };
	size_t i;
	int ret = 0;

	memset(t, 0, sizeof(*t));
	if (df_run_trust(r, e) < 0)
		return -1;
	if (df_revoke_idle(r, outside))
		return 0;
	take_log(&l, 0, r->line, r->nline, &r->state.genesis);
	for (i = 0; ret == 0 && i < r->nline; i++) {
		cover(&l, i + 1);
		ret = df_log_reread(&r->log, r->line[i].off, r->line[i].len,
		    &r->line[i].digest, on_run_line, &l, e);
	}
	for (i = 0; ret == 0 && outside && i < r->nname; i++)
		ret = look_sig(&l, &r->name[i], e);
	if (ret == 0 && outside && outside->nrevoked)
		ret = look_origins(&l, e);
	if (ret == 0)
		summarize(&l);
	free(l.v);
	return ret;
}

void
df_revoke_why(const struct df_touch *t, struct df_buf *b)
{
	df_buf_fmt(b, "line%s %.200s ", t->nvoid > 1 ? "s" : "", t->voids);
	if (t->level)
		df_buf_fmt(b, "of origin/%u/log.jsonl ", t->level);
	df_buf_fmt(b, "%s void: key %s ", t->nvoid > 1 ? "are" : "is", t->fp);
	if (t->window)
		df_buf_str(b, "was outside its window when they were "
		    "anchored");
	else if (t->unsaid)
		df_buf_str(b, "is revoked, and no line of the factory's log "
		    "behind their anchor says so (df-sign trust does)");
	else if (t->from)
		df_buf_fmt(b, "is revoked, and no anchor before line %llu of "
		    "a factory's log covers them",
		    (unsigned long long)t->from);
	else
		df_buf_str(b, "is revoked and was never to be trusted");
}
