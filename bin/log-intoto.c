#include "base/df.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/opt.h"
#include "base/out.h"
#include "evidence/dsse.h"
#include "evidence/keyfind.h"
#include "run/gate.h"
#include "run/intoto.h"
#include "log.h"

struct intoto {
	struct df_run run;
	struct df_key *key[DF_ROLES];	/* by role; of -k all are one */
	unsigned roles;			/* that are exported */
	const char *output;
	int dir;			/* of output, or -1 */
	struct line {
		uint64_t seq;
		char type[40];
		struct df_buf text;
	} *v;				/* all of them or none is written */
	size_t n, cap;
};

/* ---- who signs ---- */

/*
 * A key of the run's roster signs what its role did, and nothing else: of a
 * statement nobody sees in which role it was signed.  One that is in no roster
 * speaks for itself.
 */
static int
may_sign(struct intoto *x, const struct df_key *k, enum df_role role,
    struct df_err *e)
{
	const struct df_signer *who;
	char fp[DF_FP_STR];

	(void)df_fingerprint(df_key_pub(k), fp);
	who = df_run_signer(&x->run, fp);
	if (who == NULL && df_args.key && *df_args.key)
		return 0;
	if (who == NULL)
		return df_fail(e, DF_AUTH, "trust.unknown",
		    "the run's roster does not have key %s", fp);
	if (who->roles & DF_ROLE_BIT(role))
		return 0;
	(void)df_fail(e, DF_AUTH, "trust.role",
	    "key %s may not sign what %s did", fp, df_role_name(role));
	return df_hint(e, "--role ROLE exports what one role did; a key that "
	    "is in no roster may sign all");
}

static struct df_key *
key_of(struct intoto *x, enum df_role role, struct df_err *e)
{
	struct df_buf path = DF_BUF_INIT;

	if (x->key[role] == NULL) {
		df_keys_path(&path, df_role_name(role));
		if (df_args.key && *df_args.key)
			x->key[role] = df_key_find(df_args.key, (int)role,
			    &x->run.trust, e);
		else
			x->key[role] = df_key_open(path.s, e);
		df_buf_release(&path);
		if (x->key[role] && may_sign(x, x->key[role], role, e) < 0) {
			df_key_free(x->key[role]);
			x->key[role] = NULL;
		}
	}
	return x->key[role];
}

/* ---- what is written ---- */

static int
write_one(const struct intoto *x, const struct line *l, struct df_err *e)
{
	char name[80];

	snprintf(name, sizeof(name), "%llu-%s.intoto.jsonl",
	    (unsigned long long)l->seq, l->type);
	return df_replace_file(x->dir, name, l->text.s, l->text.n, 0644, e);
}

static int
write_all(const struct intoto *x, struct df_err *e)
{
	struct df_buf name = DF_BUF_INIT;
	size_t i;

	for (i = 0; i < x->n; i++)
		if (x->dir < 0)
			df_out_raw(x->v[i].text.s, x->v[i].text.n);
		else if (write_one(x, &x->v[i], e) < 0)
			return -1;
	for (i = 0; x->dir >= 0 && i < x->n; i++) {
		df_buf_reset(&name);
		df_buf_fmt(&name, "%s/%llu-%s.intoto.jsonl", x->output,
		    (unsigned long long)x->v[i].seq, x->v[i].type);
		df_out(name.s);
	}
	df_buf_release(&name);
	return 0;
}

static int
on_statement(void *arg, const struct df_statement *s, struct df_err *e)
{
	struct intoto *x = arg;
	struct line *l;
	struct df_key *k;

	if (!(x->roles & DF_ROLE_BIT(s->role)))
		return 0;
	k = key_of(x, s->role, e);
	if (k == NULL)
		return -1;
	DF_GROW(x->v, x->n, x->cap);
	l = &x->v[x->n++];
	l->seq = s->seq;
	snprintf(l->type, sizeof(l->type), "%s", s->type);
	df_buf_init(&l->text);
	return df_dsse_sign(k, DF_DSSE_INTOTO, s->text.s, s->text.n, &l->text,
	    e);
}

int
df_log_intoto(uint64_t from, const char *role, const char *output)
{
	struct intoto x = { .roles = UINT_MAX, .output = output, .dir = -1 };
	struct df_gate g;
	struct df_err e;
	size_t i;
	int r;

	if (role) {
		r = df_role_parse(role, strlen(role));
		if (r < 0)
			df_usage("%s is no role", role);
		x.roles = DF_ROLE_BIT(r);
	}
	if (output) {
		x.dir = open(output, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (x.dir < 0) {
			(void)df_fail_errno(&e, DF_INPUT, "log.output", "%s",
			    output);
			df_die(&e);
		}
	}
	/* Nobody signs again what does not hold. */
	if (df_run_open(&x.run, df_args.run, DF_RUN_LINES, &e) < 0 ||
	    df_gate_pass(&x.run, &g, &e) < 0 ||
	    df_intoto_each(&x.run, from, on_statement, &x, &e) < 0 ||
	    write_all(&x, &e) < 0)
		df_die(&e);
	df_note("%zu statements", x.n);
	for (i = 0; i < x.n; i++)
		df_buf_release(&x.v[i].text);
	free(x.v);
	for (i = 0; i < DF_ROLES; i++)
		df_key_free(x.key[i]);
	df_run_close(&x.run);
	if (x.dir >= 0)
		close(x.dir);
	return DF_OK;
}
