/* What retention says of a run: its age, its lineage, holds. */
#define _GNU_SOURCE
#include "base/df.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "run/origin.h"
#include "run/prune.h"

#define DAY ((int64_t)86400 * 1000)

/* ---- lineage ---- */

static int
read_kin(struct df_lineage *l, const char *path, struct df_err *e)
{
	struct df_run r;
	struct df_kin *k;
	int has;

	if (df_run_open(&r, path, DF_RUN_BRIEF, e) < 0)
		return -1;
	DF_GROW(l->v, l->n, l->cap);
	k = &l->v[l->n];
	memset(k, 0, sizeof(*k));
	has = df_origin_of(&r, &k->origin, e);
	if (has >= 0) {
		k->has_origin = has;
		k->run = r.state.genesis;
		k->sealed = r.state.sealed;
		k->path = df_strdup(path);
		l->n++;
	}
	df_run_close(&r);
	return has < 0 ? -1 : 0;
}

static int
by_path(const void *a, const void *b)
{
	return strcmp(((const struct df_kin *)a)->path,
	    ((const struct df_kin *)b)->path);
}

int
df_lineage_read(struct df_lineage *l, const char *path, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	struct dirent *de;
	struct df_err why;
	DIR *d = opendir(path);

	memset(l, 0, sizeof(*l));
	if (d == NULL)
		return df_fail_errno(e, DF_INPUT, "gc.runs", "%s", path);
	while ((de = readdir(d)) != NULL) {
		if (de->d_name[0] == '.')
			continue;
		df_buf_reset(&b);
		df_buf_fmt(&b, "%s/%s/log.jsonl", path, de->d_name);
		if (access(b.s, F_OK) < 0)
			continue;
		df_buf_cut(&b, b.n - strlen("/log.jsonl"));
		if (read_kin(l, b.s, &why) < 0) {
			df_warn("%s: %s", b.s, why.msg);
			l->worst = l->worst ? df_exit_worst(l->worst,
			    why.exit) : why.exit;
		}
	}
	closedir(d);
	df_buf_release(&b);
	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), by_path);
	return 0;
}

void
df_lineage_release(struct df_lineage *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		free(l->v[i].path);
	free(l->v);
	memset(l, 0, sizeof(*l));
}

/* Only a successor that holds, under our root, is one. */
static int
holds(const struct df_kin *k, struct df_err *e)
{
	struct df_gate g;
	struct df_run r;
	int ret;

	if (df_run_open(&r, k->path, DF_RUN_LINES, e) < 0)
		return -1;
	ret = df_gate_pass(&r, &g, e);
	df_run_close(&r);
	return ret;
}

static int
kept(struct df_err *e, const char *why)
{
	return df_fail(e, DF_REFUSED, "gc.kept", "%s", why);
}

/* The sealed successors; DF_REFUSED when one is at work. */
static int
successors(const struct df_run *r, const struct df_lineage *l,
    struct df_err *e)
{
	const struct df_kin *k;
	int found = 0;
	size_t i;

	for (i = 0; i < l->n; i++) {
		k = &l->v[i];
		if (!k->has_origin || !df_digest_eq(&k->origin,
		    &r->state.genesis))
			continue;
		if (!k->sealed)
			return df_fail(e, DF_REFUSED, "gc.kept", "%.300s "
			    "supersedes it and is not sealed", k->path);
		if (holds(k, e) < 0)
			return -1;
		found = 1;
	}
	return found;
}

/* ---- the log ---- */

struct facts {
	int64_t completed;
	int held, published;
};

static int
on_fact(void *arg, const struct df_event *ev, struct df_err *e)
{
	struct facts *f = arg;
	uint32_t t;

	(void)e;
	if (strcmp(ev->type, "run.completed") == 0) {
		f->completed = ev->time;
	} else if (strcmp(ev->type, "artifact.published") == 0) {
		f->published = 1;
	} else if (strcmp(ev->type, "admin.action") == 0) {
		t = df_jget(ev->j, ev->data, "action_type");
		if (!df_jis(ev->j, df_jget(ev->j, ev->data, "result"),
		    "applied"))
			return 0;
		if (df_jis(ev->j, t, "legal_hold"))
			f->held = 1;
		else if (df_jis(ev->j, t, "release_hold"))
			f->held = 0;
	}
	return 0;
}

static int
read_facts(const struct df_run *r, struct facts *f, struct df_err *e)
{
	struct df_log l;
	int ret;

	memset(f, 0, sizeof(*f));
	if (df_log_open(&l, r->dir, "log.jsonl", DF_LOG_READ, e) < 0)
		return -1;
	ret = df_log_read(&l, on_fact, f, e);
	df_log_close(&l);
	return ret;
}

static int
days_of(const struct df_run *r)
{
	return r->state.status == DF_ST_APPROVED ? DF_RETAIN_APPROVED :
	    DF_RETAIN_DAYS;
}

const char *
df_retain_rule(struct df_run *r, const struct df_retain *t, struct df_err *e)
{
	int approved = r->state.status == DF_ST_APPROVED, found;
	int days = days_of(r);
	struct facts f;

	if (!r->state.sealed) {
		(void)kept(e, "it is not sealed");
		return NULL;
	}
	if (read_facts(r, &f, e) < 0)
		return NULL;
	if (f.held) {
		(void)kept(e, "a legal hold is on it");
		return NULL;
	}
	if (t->now - f.completed < days * DAY) {
		(void)df_fail(e, DF_REFUSED, "gc.kept", "%s: it is kept for "
		    "%d days, and %lld have passed",
		    df_run_status_name(r->state.status), days,
		    (long long)((t->now - f.completed) / DAY));
		return NULL;
	}
	if (f.published) {
		(void)kept(e, "it is published");
		return NULL;
	}
	found = successors(r, t->lineage, e);
	if (found < 0)
		return NULL;
	if (approved)
		return "approved";
	if (found)
		return "superseded";
	if (t->unsuperseded)
		return "unsuperseded";
	(void)kept(e, "nothing that is sealed supersedes it");
	(void)df_hint(e, "--unsuperseded takes it nevertheless");
	return NULL;
}

/* ---- what was removed ---- */

struct swept {
	struct df_run *r;
	const struct df_blobset *set;
	struct df_findings *bad, *notes;
	struct facts facts;
};

static int
text_at(const struct df_json *j, uint32_t t, char *out, size_t size)
{
	size_t n = j->tok[t].end - j->tok[t].start;

	if (n >= size)
		return -1;
	memcpy(out, j->s + j->tok[t].start, n);
	out[n] = '\0';
	return 0;
}

static void
check_class(struct swept *s, const struct df_json *j, const char *line)
{
	uint32_t list = df_jget(j, 0, "blobs"), i, t, d;
	const struct df_named *v;
	struct df_digest digest;
	char hex[DF_DIGEST_STR];

	for (i = 0, t = df_jfirst(j, list); i < j->tok[list].n;
	    i++, t = df_jnext(j, t)) {
		d = df_jget(j, t, "digest");
		if (df_digest_parse(&digest, j->s + j->tok[d].start,
		    j->tok[d].end - j->tok[d].start) < 0)
			DF_BUG("gc");
		v = df_blobset_get(s->set, &digest);
		if (v == NULL || !v->bulk)
			df_finding_add(s->bad, "gc.class", line,
			    "it lists %s, which is kept for ever",
			    df_digest_str(&digest, hex));
	}
}

static void
check_rule(struct swept *s, const struct df_json *j, int64_t time,
    const char *line)
{
	int approved = s->r->state.status == DF_ST_APPROVED;
	char now[DF_TIME_STR];
	int64_t ms;

	if (approved != df_jis(j, df_jget(j, 0, "rule"), "approved"))
		df_finding_add(s->bad, "gc.rule", line,
		    "its rule is none of a run that is %s",
		    df_run_status_name(s->r->state.status));
	if (s->facts.held)
		df_finding_add(s->bad, "gc.hold", line,
		    "a legal hold was on the run");
	if (s->facts.published)
		df_finding_add(s->bad, "gc.published", line,
		    "the run was published");
	if (text_at(j, df_jget(j, 0, "now"), now, sizeof(now)) < 0 ||
	    df_time_parse(now, strlen(now), &ms) < 0)
		df_finding_add(s->bad, "gc.age", line,
		    "up to when it reckoned is no time");
	else if (ms - s->facts.completed < days_of(s->r) * DAY)
		df_finding_add(s->bad, "gc.age", line,
		    "the run is kept for %d days, and %lld had passed",
		    days_of(s->r), (long long)((ms - s->facts.completed) /
		    DAY));
	else if (ms > time)
		df_finding_add(s->notes, "gc.clock", line,
		    "it reckoned up to %s, and its own time is earlier", now);
}

static int
on_swept(void *arg, const struct df_event *ev, struct df_err *e)
{
	struct swept *s = arg;
	struct df_buf b = DF_BUF_INIT;
	struct df_json j = { 0 };
	struct df_digest d;
	char line[48];
	uint32_t t;
	int r;

	if (strcmp(ev->type, "gc.swept") != 0)
		return on_fact(&s->facts, ev, e);
	/* The fold has read it. */
	t = df_jget(ev->j, ev->data, "removed");
	if (df_digest_parse(&d, ev->j->s + ev->j->tok[t].start,
	    ev->j->tok[t].end - ev->j->tok[t].start) < 0)
		DF_BUG("gc.swept");
	snprintf(line, sizeof(line), "log.jsonl:%llu",
	    (unsigned long long)ev->seq);
	r = df_store_get(&s->r->store, &d, DF_RUN_BLOB_MAX, &b, e);
	if (r == 0)
		r = df_json_scan(&j, b.s, b.n, DF_JSON_CANON, line, e);
	if (r == 0) {
		check_class(s, &j, line);
		check_rule(s, &j, ev->time, line);
	}
	df_json_release(&j);
	df_buf_release(&b);
	return r;
}

int
df_retain_check(struct df_run *r, const struct df_blobset *set,
    struct df_findings *bad, struct df_findings *notes, struct df_err *e)
{
	struct swept s = { .r = r, .set = set, .bad = bad, .notes = notes };
	struct df_log l;
	int ret;

	if (r->prune == NULL)
		return 0;
	if (df_log_open(&l, r->dir, "log.jsonl", DF_LOG_READ, e) < 0)
		return -1;
	ret = df_log_read(&l, on_swept, &s, e);
	df_log_close(&l);
	return ret;
}
