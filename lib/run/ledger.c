#define _GNU_SOURCE
#include "base/df.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/opt.h"
#include "base/text.h"
#include "run/head.h"
#include "run/ledger.h"
#include "run/revoke.h"

#define KEY "suite.key"
#define KEY_SIZE 32
#define AT_ONCE 4000		/* items in a line */

/* ---- the id of a suite ---- */

static int
read_key(struct df_factory *f, struct df_buf *key, struct df_err *e)
{
	int fd = openat(f->dir, KEY, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), r;
	struct stat st;

	if (fd < 0)
		return errno == ENOENT ? 0 : df_fail_errno(e, DF_EXTERNAL,
		    "factory.key", "%s/%s", f->path, KEY);
	if (fstat(fd, &st) < 0)
		r = df_fail_errno(e, DF_EXTERNAL, "factory.key", "%s/%s",
		    f->path, KEY);
	else if (!S_ISREG(st.st_mode) || st.st_mode & 077)
		r = df_fail(e, DF_AUTH, "factory.key",
		    "%s/%s is not a file that only its owner can read",
		    f->path, KEY);
	else
		r = df_read_fd(fd, key, KEY_SIZE, KEY, e);
	close(fd);
	if (r == 0 && key->n != KEY_SIZE)
		r = df_fail(e, DF_INPUT, "factory.key",
		    "%s/%s has not %d bytes", f->path, KEY, KEY_SIZE);
	return r < 0 ? -1 : 1;
}

static int
need_key(struct df_factory *f, struct df_buf *key, struct df_err *e)
{
	uint8_t new[KEY_SIZE];
	int r = read_key(f, key, e);

	if (r)
		return r < 0 ? -1 : 0;
	if (getrandom(new, sizeof(new), 0) != (ssize_t)sizeof(new))
		return df_fail_errno(e, DF_EXTERNAL, "factory.key",
		    "getrandom");
	r = df_create_file(f->dir, KEY, new, sizeof(new), 0600, e);
	explicit_bzero(new, sizeof(new));
	/* Another boot may have been faster. */
	if (r < 0 && e->exit != DF_CONFLICT)
		return -1;
	return read_key(f, key, e) == 1 ? 0 : -1;
}

int
df_ledger_suite(struct df_factory *f, const struct df_sealed *s,
    char id[DF_SUITE_STR], struct df_err *e)
{
	static const char label[] = "df-suite/1";	/* NUL included */
	struct df_buf key = DF_BUF_INIT, all = DF_BUF_INIT;
	uint8_t mac[32];
	size_t i, n = sizeof(label);
	int r;

	df_buf_room(&key, KEY_SIZE + 1);
	r = need_key(f, &key, e);
	if (r == 0) {
		for (i = 0; i < s->n; i++)
			n += s->item[i].n + 1;
		df_buf_room(&all, n);
		df_buf_add(&all, label, sizeof(label));
		/* Canonical text has no LF. */
		for (i = 0; i < s->n; i++) {
			df_buf_add(&all, s->item[i].s, s->item[i].n);
			df_buf_ch(&all, '\n');
		}
		df_hmac_sha256(key.s, key.n, all.s, all.n, mac);
		df_hex_str(id, mac, (DF_SUITE_STR - 1) / 2);
	}
	df_buf_wipe(&key);
	df_buf_wipe(&all);
	return r;
}

/* ---- counting ---- */

struct count {
	struct df_ledger *l;
	struct df_map evaluations, runs, items;
	struct df_arena arena;
	int booted;
	struct df_signers signers;
	struct df_at *line;		/* about the suite */
	size_t n, cap;
	size_t strange;			/* whose signature does not hold */
};

/* 1 when the key was not there before. */
static int
once(struct count *c, struct df_map *m, const char *key)
{
	size_t n = strlen(key);

	if (df_map_get(m, key, n) != DF_MAP_NONE)
		return 0;
	(void)df_map_set(m, df_arena_str(&c->arena, key, n), n, 0);
	return 1;
}

static void
evaluated(struct count *c, const struct df_event *ev, const char *run,
    int mine)
{
	uint32_t t = df_jget(ev->j, ev->data, "evaluation");
	char key[DF_DIGEST_STR + 32];
	int64_t n = 0;

	(void)df_jint(ev->j, t, 1, INT32_MAX, &n);
	if (mine && n == c->l->evaluation)
		return;
	snprintf(key, sizeof(key), "%s %lld", run, (long long)n);
	c->l->evaluations += once(c, &c->evaluations, key);
	c->l->runs += once(c, &c->runs, run);
}

static void
disclosed(struct count *c, const struct df_event *ev)
{
	uint32_t list = df_jget(ev->j, ev->data, "items"), t, i;
	char key[32];
	int64_t n;

	for (i = 0, t = df_jfirst(ev->j, list); i < ev->j->tok[list].n;
	    i++, t = df_jnext(ev->j, t)) {
		(void)df_jint(ev->j, t, 0, DF_SEAL_ITEMS, &n);
		snprintf(key, sizeof(key), "%lld", (long long)n);
		c->l->disclosed += once(c, &c->items, key);
	}
}

/* Lines about the suite are counted when all is known of who may sign. */
static int
on_event(void *arg, const struct df_event *ev, struct df_err *e)
{
	struct count *c = arg;
	struct df_digest run;
	uint32_t t = df_jget(ev->j, ev->data, "run");

	(void)e;
	df_signers_see(&c->signers, ev);
	if (t && strcmp(ev->type, "run.booted") == 0 && df_digest_parse(&run,
	    ev->j->s + ev->j->tok[t].start, ev->j->tok[t].end -
	    ev->j->tok[t].start) == 0)
		c->booted |= df_digest_eq(&run, &c->l->run);
	t = df_jget(ev->j, ev->data, "suite");
	if (t == 0 || !df_jis(ev->j, t, c->l->suite))
		return 0;
	DF_GROW(c->line, c->n, c->cap);
	c->line[c->n++] = (struct df_at){ ev->seq, ev->off,
	    (uint32_t)ev->len, ev->digest };
	return 0;
}

static int
on_suite(void *arg, const struct df_event *ev, struct df_err *e)
{
	struct count *c = arg;
	struct df_digest run;
	struct df_err why;
	char hex[DF_DIGEST_STR];
	uint32_t t = df_jget(ev->j, ev->data, "run");

	(void)e;
	if (df_signers_check(&c->signers, ev, &why) < 0) {
		c->strange++;
		return 0;
	}
	if (t == 0 || df_digest_parse(&run, ev->j->s + ev->j->tok[t].start,
	    ev->j->tok[t].end - ev->j->tok[t].start) < 0)
		return 0;
	if (strcmp(ev->type, "suite.evaluated") == 0)
		evaluated(c, ev, df_digest_str(&run, hex),
		    df_digest_eq(&run, &c->l->run));
	else if (strcmp(ev->type, "suite.disclosed") == 0)
		disclosed(c, ev);
	return 0;
}

static int
count_lines(struct count *c, struct df_err *e)
{
	struct df_factory *f = &c->l->factory;
	const struct df_at *at;
	size_t i;

	if (df_factory_each(f, on_event, c, e) < 0 ||
	    df_signers_read(&c->signers, f, 0, e) < 0)
		return -1;
	for (i = 0; i < c->n; i++) {
		at = &c->line[i];
		if (df_log_reread(&f->log, at->off, at->len, &at->digest,
		    on_suite, c, e) < 0)
			return -1;
	}
	if (c->strange)
		df_warn("%s: %zu lines about the suite are signed by nobody "
		    "who is listed, and do not count", f->path, c->strange);
	return 0;
}

int
df_ledger_read(struct df_ledger *l, struct df_err *e)
{
	struct count c = { .l = l };
	struct df_run *run = l->reader;
	int r;

	l->evaluations = l->runs = l->disclosed = 0;
	if (df_run_trust(run, e) < 0)
		return -1;
	df_signers_init(&c.signers, run->have_outside ? &run->outside : NULL,
	    &run->trust);
	r = count_lines(&c, e);
	l->known = r == 0 && c.booted;
	df_signers_release(&c.signers);
	free(c.line);
	df_map_release(&c.evaluations);
	df_map_release(&c.runs);
	df_map_release(&c.items);
	df_arena_release(&c.arena);
	return r;
}

/* The factory in whose runs/ the run lies: FACTORY/runs/NAME. */
static int
factory_above(struct df_factory *f, const struct df_run *r, struct df_err *e)
{
	char *real = df_real_path(r->path, NULL), *slash;
	struct df_buf b = DF_BUF_INIT;
	int i, ret = 0;

	for (i = 0; real && i < 2; i++) {
		slash = strrchr(real, '/');
		if (i == 1 && strcmp(slash, "/runs") != 0)
			slash = real;
		*slash = '\0';
	}
	if (real && *real) {
		df_buf_fmt(&b, "%s/log.jsonl", real);
		if (access(b.s, F_OK) == 0)
			ret = df_factory_open(f, real, e);
	}
	df_buf_release(&b);
	free(real);
	return ret;
}

int
df_ledger_open(struct df_ledger *l, struct df_run *r, int64_t evaluation,
    struct df_err *e)
{
	const char *suite;
	int ret = 0;
	jv first;

	memset(l, 0, sizeof(*l));
	l->factory.dir = l->factory.log.fd = -1;
	l->evaluation = evaluation;
	l->reader = r;
	l->run = r->state.genesis;
	snprintf(l->name, sizeof(l->name), "%s", r->id);
	first = df_run_created(r, e);
	if (!jv_is_valid(first))
		return -1;
	suite = df_jv_str(first, "suite");
	if (suite) {
		snprintf(l->suite, sizeof(l->suite), "%s", suite);
		ret = df_factory_open(&l->factory, df_args.factory, e);
		if (ret == 1)
			ret = df_ledger_read(l, e) < 0 ? -1 : 1;
		if (ret >= 0 && !l->known && df_args.factory == NULL) {
			df_factory_close(&l->factory);
			ret = factory_above(&l->factory, r, e);
			if (ret == 1)
				ret = df_ledger_read(l, e);
		}
	}
	jv_free(first);
	if (ret < 0)
		df_ledger_close(l);
	return ret < 0 ? -1 : 0;
}

void
df_ledger_close(struct df_ledger *l)
{
	df_factory_close(&l->factory);
	l->known = 0;
}

/* ---- appending ---- */

static jv
about(const struct df_ledger *l)
{
	jv v = df_jset_str(jv_object(), "name", l->name);

	v = df_jset(v, "run", df_digest_json(&l->run));
	return df_jset_str(v, "suite", l->suite);
}

int
df_ledger_evaluated(struct df_ledger *l, struct df_key *key,
    enum df_role role, struct df_err *e)
{
	return l->known ? df_factory_append(&l->factory, "suite.evaluated",
	    df_jset_int(about(l), "evaluation", l->evaluation), key, role, e)
	    : 0;
}

int
df_ledger_disclosed(struct df_ledger *l, const char *kind,
    const uint32_t *item, size_t n, struct df_key *key, enum df_role role,
    struct df_err *e)
{
	size_t i, at, last = 0;
	int r = 0;
	jv v, list;

	for (at = 0; l->known && at < n && r == 0; at = last) {
		list = jv_array();
		for (i = last; i < n && i - at < AT_ONCE; i++)
			list = jv_array_append(list, jv_number(item[i]));
		last = i;
		v = df_jset(about(l), "items", list);
		v = df_jset_str(v, "kind", kind);
		r = df_factory_append(&l->factory, "suite.disclosed", v, key,
		    role, e);
	}
	return r;
}

/* ---- saying it ---- */

static jv
uses(int known, int64_t evaluations, int64_t runs, int64_t items)
{
	jv v;

	if (!known)
		return jv_invalid();
	v = df_jset_int(jv_object(), "disclosed", items);
	v = df_jset_int(v, "evaluations", evaluations);
	return df_jset_int(v, "runs", runs);
}

jv
df_ledger_json(const struct df_ledger *l)
{
	return uses(l->known, l->evaluations, l->runs, l->disclosed);
}

jv
df_ledger_of(const struct df_state *s)
{
	return uses(s->suite.known, s->suite.evaluations, s->suite.runs,
	    s->suite.disclosed);
}

void
df_ledger_text(struct df_buf *b, jv v)
{
	long long n = df_jv_int(v, "evaluations", 0);
	long long runs = df_jv_int(v, "runs", 0);
	long long items = df_jv_int(v, "disclosed", 0);

	if (jv_get_kind(v) != JV_KIND_OBJECT)
		df_buf_str(b, "unknown");
	else if (n == 0)
		df_buf_fmt(b, "not evaluated before, %lld item%s disclosed",
		    items, items == 1 ? "" : "s");
	else
		df_buf_fmt(b, "evaluated %lld time%s before in %lld run%s, "
		    "%lld item%s disclosed", n, n == 1 ? "" : "s", runs,
		    runs == 1 ? "" : "s", items, items == 1 ? "" : "s");
	jv_free(v);
}
