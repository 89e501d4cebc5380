/*
 * A waiver: what df-validate found, and why it may stand, signed.
 */
#include "base/df.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/opt.h"
#include "base/out.h"
#include "base/schema.h"
#include "base/text.h"
#include "run/head.h"
#include "run/step.h"
#include "spec/check.h"
#include "decide.h"

struct waiving {
	const struct df_waive_args *a;
	struct df_spec spec;
	struct df_check check;
	struct df_trust trust;
	struct df_key *key;
	const struct df_signer *me;
	char expires[DF_TIME_STR];	/* or "" */
	int dir;			/* where they are written */
};

static int
open_key(struct waiving *w, struct df_err *e)
{
	struct df_trust_files f;
	char root[DF_FP_STR];
	int r;

	df_trust_files_init(&f);
	r = df_trust_usual(&f, &w->trust, root, e);
	df_trust_files_release(&f);
	if (r < 0)
		return -1;
	w->key = df_step_role_key(DF_ROLE_APPROVE, &w->trust, &w->me, e);
	return w->key ? 0 : -1;
}

static int
read_time(struct waiving *w, struct df_err *e)
{
	const char *s = w->a->expires;
	int64_t ms;

	if (s == NULL)
		return 0;
	if (df_time_parse(s, strlen(s), &ms) < 0)
		return df_fail(e, DF_USAGE, "waiver.expires",
		    "--expires wants a time in UTC, as 2026-01-31T23:59:59Z");
	(void)df_time_str(ms, w->expires);
	return 0;
}

/* The record of one finding. */
static jv
record(struct waiving *w, const struct df_diag *d)
{
	struct df_digest finding, text;
	char now[DF_TIME_STR];
	jv v = jv_object();

	df_finding_text(&w->check, &w->spec, d, &text);
	df_finding_digest(&w->check, &w->spec, d, &finding);
	v = df_jset_str(v, "document", df_diag_document(d));
	if (*w->expires)
		v = df_jset_str(v, "expires", w->expires);
	v = df_jset(v, "finding", df_digest_json(&finding));
	v = df_jset_str(v, "item", d->item);
	v = df_jset_str(v, "message", d->msg);
	v = df_jset_str(v, "package", w->spec.package);
	v = df_jset_str(v, "reason", w->a->message);
	v = df_jset_str(v, "rule", d->rule->id);
	v = df_jset_str(v, "schema", "df.waiver/1");
	v = df_jset(v, "text", df_digest_json(&text));
	return df_jset_str(v, "time", df_time_str(df_now_ms(), now));
}

/* RULE[-ITEM]-HEX.json: HEX keeps two findings of one rule in one item
   apart. */
static void
file_name(const struct df_diag *d, const struct df_digest *finding,
    char name[200])
{
	char hex[DF_DIGEST_STR];

	snprintf(name, 200, "%s%s%.100s-%.8s.json", d->rule->id,
	    *d->item ? "-" : "", d->item, df_digest_str(finding, hex) + 7);
}

/*
 * Is it there?  1 when this person waived it with the same words, so that what
 * was cut short goes on where it was; DF_CONFLICT when it is another waiver.
 */
static int
is_there(struct waiving *w, const struct df_digest *finding,
    const char *path, struct df_err *e)
{
	struct df_waiver x = { 0 };
	struct df_err why;
	const char *end;
	int same = 0;

	if (access(path, F_OK) < 0 && errno == ENOENT)
		return 0;
	if (df_waiver_read(&x, path, &w->trust, df_now_ms(), &why) == 0) {
		end = df_jv_str(x.v, "expires");
		same = df_digest_eq(&x.finding, finding) && x.who == w->me &&
		    strcmp(df_jv_str(x.v, "reason"), w->a->message) == 0 &&
		    strcmp(end ? end : "", w->expires) == 0;
	}
	df_waiver_release(&x);
	return same ? 1 : df_fail(e, DF_CONFLICT, "waiver.exists",
	    "there is %s, and it says something else", path);
}

static int
write_waiver(struct waiving *w, const struct df_diag *d,
    const char *name, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT, sig = DF_BUF_INIT;
	char signame[208];
	int r;

	snprintf(signame, sizeof(signame), "%s.sig", name);
	r = df_schema_write(&b, record(w, d), "waiver", e);
	if (r == 0)
		r = df_sshsig_sign(w->key, df_role_name(DF_ROLE_APPROVE), b.s,
		    b.n, &sig, e);
	/* The signature first: a waiver without one is refused.  One may have
	   been left without its waiver. */
	if (r == 0)
		r = df_replace_file(w->dir, signame, sig.s, sig.n, 0644, e);
	if (r == 0) {
		r = df_create_file(w->dir, name, b.s, b.n, 0644, e);
		if (r < 0 && e->exit != DF_CONFLICT) {
			(void)unlinkat(w->dir, name, 0);
			(void)unlinkat(w->dir, signame, 0);
		}
	}
	df_buf_release(&b);
	df_buf_release(&sig);
	return r;
}

/* "RULE" or "RULE:ITEM" */
static int
selects(const char *operand, const struct df_diag *d)
{
	size_t n = strcspn(operand, ":");

	return strlen(d->rule->id) == n &&
	    strncmp(operand, d->rule->id, n) == 0 &&
	    (operand[n] == '\0' || strcmp(operand + n + 1, d->item) == 0);
}

/* Before anything is written: may all that is selected be waived? */
static int
check_operands(struct waiving *w, char **operand, size_t n,
    struct df_err *e)
{
	const struct df_diag *d;
	const char *why;
	size_t i, k, hits;
	char rule[64];

	for (k = 0; k < n; k++) {
		snprintf(rule, sizeof(rule), "%.*s",
		    (int)strcspn(operand[k], ":"), operand[k]);
		if (df_rule_find(rule) == NULL)
			return df_fail(e, DF_USAGE, "waiver.rule",
			    "there is no rule %s", rule);
		for (i = hits = 0; i < w->check.n; i++) {
			d = &w->check.diag[i];
			if (!selects(operand[k], d))
				continue;
			hits++;
			why = df_diag_unwaivable(&w->spec, d);
			if (why)
				return df_fail(e, DF_REFUSED,
				    "waiver.unwaivable", "%s: %s", operand[k],
				    why);
		}
		if (hits == 0)
			return df_fail(e, DF_NO, "waiver.none",
			    "df-validate does not find %s in %s", operand[k],
			    w->a->spec);
	}
	return 0;
}

static int
open_dir(struct waiving *w, struct df_err *e)
{
	if (df_mkdirs(AT_FDCWD, w->a->out, 1, 0755, e) < 0)
		return -1;
	w->dir = open(w->a->out, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return w->dir < 0 ? df_fail_errno(e, DF_EXTERNAL, "file.open",
	    "cannot open %s", w->a->out) : df_lock(w->dir, 0, w->a->out, e);
}

static void
say(const char *path)
{
	if (df_args.json)
		df_out_json(df_jset_str(jv_object(), "name", path));
	else
		df_out(path);
}

static int
waive_one(struct waiving *w, const struct df_diag *d,
    const struct df_digest *finding, int write, struct df_err *e)
{
	struct df_buf path = DF_BUF_INIT;
	char name[200];
	int r;

	file_name(d, finding, name);
	df_buf_fmt(&path, "%s/%s", w->a->out, name);
	r = is_there(w, finding, path.s, e);
	if (r >= 0 && write) {
		r = r ? 0 : write_waiver(w, d, name, e);
		if (r == 0)
			say(path.s);
	}
	df_buf_release(&path);
	return r < 0 ? -1 : 0;
}

/* Of findings that are alike one waiver is enough. */
static int
waive_each(struct waiving *w, char **operand, size_t n, int write,
    struct df_err *e)
{
	struct df_digest *finding = df_calloc(w->check.n + 1,
	    sizeof(*finding));
	struct df_map seen = { 0 };
	const struct df_diag *d;
	size_t i, k;
	int r = 0;

	for (i = 0; i < w->check.n && r == 0; i++) {
		d = &w->check.diag[i];
		for (k = 0; k < n && !selects(operand[k], d); k++)
			;
		if (k == n)
			continue;
		if (!write)
			df_note("%s:%u: %s [%s]", d->path, d->line, d->msg,
			    d->rule->id);
		df_finding_digest(&w->check, &w->spec, d, &finding[i]);
		if (df_map_set(&seen, (const char *)finding[i].b,
		    sizeof(finding[i].b), i) == DF_MAP_NONE)
			r = waive_one(w, d, &finding[i], write, e);
	}
	df_map_release(&seen);
	free(finding);
	return r;
}

/* All of them are looked at before the first is written. */
static int
write_all(struct waiving *w, char **operand, size_t n, struct df_err *e)
{
	if (waive_each(w, operand, n, 0, e) < 0)
		return -1;
	if (df_args.dry)
		return 0;
	return open_dir(w, e) < 0 ? -1 : waive_each(w, operand, n, 1, e);
}

int
df_decide_waive(const struct df_waive_args *a, char **operand, size_t n)
{
	struct waiving w = { .a = a, .dir = -1 };
	struct df_err e;
	int r;

	if (df_spec_load_dir(&w.spec, a->spec, a->holdouts, 0, &e) < 0)
		df_die(&e);
	df_check_run(&w.check, &w.spec);
	r = check_operands(&w, operand, n, &e);
	if (r == 0)
		r = read_time(&w, &e);
	if (r == 0)
		r = open_key(&w, &e);
	if (r == 0)
		r = write_all(&w, operand, n, &e);
	if (w.dir >= 0)
		(void)close(w.dir);
	df_key_free(w.key);
	df_trust_release(&w.trust);
	df_check_release(&w.check);
	df_spec_release(&w.spec);
	if (r == 0)
		return DF_OK;
	df_err_print(&e);
	return e.exit;
}
