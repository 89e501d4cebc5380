#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/opt.h"
#include "base/schema.h"
#include "evidence/keyfind.h"
#include "run/heads.h"
#include "run/step.h"

/* Does the trust directory here, if there is one, revoke the key? */
static int
revoked(const char *fp, struct df_err *e)
{
	struct df_trust_files f;
	struct df_trust t = { 0 };
	char root[DF_FP_STR];
	struct df_err why;
	int r = 0;

	df_trust_files_init(&f);
	if (df_trust_usual(&f, &t, root, &why) == 0 && df_trust_revoked(&t,
	    fp))
		r = df_fail(e, DF_AUTH, "trust.revoked",
		    "key %s is revoked in your trust directory", fp);
	df_trust_release(&t);
	df_trust_files_release(&f);
	return r;
}

struct df_key *
df_step_role_key(enum df_role role, const struct df_trust *t,
    const struct df_signer **me, struct df_err *e)
{
	struct df_buf path = DF_BUF_INIT;
	char fp[DF_FP_STR];
	struct df_key *key;

	if (df_args.key && *df_args.key) {
		key = df_key_find(df_args.key, (int)role, t, e);
	} else {
		df_keys_path(&path, df_role_name(role));
		key = df_key_open(path.s, e);
	}
	df_buf_release(&path);
	if (key == NULL) {
		if (e && e->hint[0] == '\0')
			df_hint(e, "df-sign init makes keys and a trust "
			    "directory; -k KEY names another one");
		return NULL;
	}
	*me = df_trust_may(t, df_fingerprint(df_key_pub(key), fp), role,
	    df_now_ms(), e);
	if (*me == NULL || revoked(fp, e) < 0) {
		df_key_free(key);
		return NULL;
	}
	return key;
}

int
df_step_key(struct df_step *s, enum df_role role, struct df_err *e)
{
	s->role = role;
	if (df_run_trust(&s->run, e) < 0)
		return -1;
	s->key = df_step_role_key(role, &s->run.trust, &s->me, e);
	return s->key ? 0 : -1;
}

/* A last line without its LF counts from the moment a writer comes. */
static int
complete(struct df_run *r, struct df_err *e)
{
	int ret;

	if (!r->log.adopt)
		return 0;
	ret = df_log_lock(&r->log, e);
	if (ret == 0)
		ret = df_run_refresh(r, e);
	df_log_unlock(&r->log);
	return ret;
}

int
df_step_open(struct df_step *s, enum df_role role, int flags,
    struct df_err *e)
{
	memset(s, 0, sizeof(*s));
	if (df_run_open(&s->run, df_args.run, flags, e) < 0)
		return -1;
	if (df_heads_check(&s->run, e) < 0 || df_step_key(s, role, e) < 0 ||
	    (!df_args.dry && complete(&s->run, e) < 0)) {
		df_step_close(s);
		return -1;
	}
	return 0;
}

void
df_step_close(struct df_step *s)
{
	df_key_free(s->key);
	s->key = NULL;
	df_run_close(&s->run);
}

/* ---- one event ---- */

void
df_commit_init(struct df_commit *c, const char *type, const char *subject)
{
	memset(c, 0, sizeof(*c));
	snprintf(c->type, sizeof(c->type), "%s", type);
	if (subject)
		snprintf(c->subject, sizeof(c->subject), "%s", subject);
	c->data = jv_object();
}

void
df_commit_release(struct df_commit *c)
{
	jv_free(c->data);
	free(c->out);
	free(c->in);
	memset(c, 0, sizeof(*c));
	c->data = jv_null();
}

static void
add_name(struct df_commit *c, const char *name, const char *media,
    const struct df_digest *d, uint64_t size)
{
	struct df_artifact *a;

	DF_GROW(c->out, c->nout, c->capout);
	a = &c->out[c->nout++];
	if (strlen(name) >= sizeof(a->name) || strlen(media) >=
	    sizeof(a->media))
		DF_BUG(name);
	snprintf(a->name, sizeof(a->name), "%s", name);
	snprintf(a->media, sizeof(a->media), "%s", media);
	a->digest = *d;
	a->size = size;
}

int
df_commit_put(struct df_step *s, struct df_commit *c, const char *name,
    const char *media, const void *p, size_t n, struct df_err *e)
{
	struct df_digest d;

	if (df_store_put(&s->run.store, p, n, &d, e) < 0)
		return -1;
	add_name(c, name, media, &d, n);
	return 0;
}

int
df_commit_record(struct df_step *s, struct df_commit *c, const char *name,
    const char *schema, jv v, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	int r;

	r = df_schema_write(&b, v, schema, e);
	if (r == 0)
		r = df_commit_put(s, c, name, DF_MEDIA_JSON, b.s, b.n, e);
	df_buf_release(&b);
	return r;
}

int
df_commit_name(struct df_step *s, struct df_commit *c, const char *name,
    const char *media, const struct df_digest *d, uint64_t size,
    struct df_err *e)
{
	if (df_store_need(&s->run.store, d, e) < 0)
		return -1;
	add_name(c, name, media, d, size);
	return 0;
}

static int
need_entry(void *arg, const struct df_tree_entry *t, struct df_err *e)
{
	if (t->mode == DF_TREE_LINK)
		return 0;
	return df_store_need(arg, &t->digest, e);
}

int
df_commit_tree(struct df_step *s, struct df_commit *c, const char *name,
    const struct df_digest *root, struct df_err *e)
{
	uint64_t size;

	if (df_store_need(&s->run.store, root, e) < 0 ||
	    df_tree_walk(&s->run.store, root, NULL, need_entry,
	    &s->run.store, e) < 0 ||
	    df_store_check(&s->run.store, root, &size, e) < 0)
		return -1;
	add_name(c, name, DF_TREE_MEDIA, root, size);
	return 0;
}

void
df_commit_input(struct df_commit *c, const char *name,
    const struct df_digest *d)
{
	struct df_input *in;

	DF_GROW(c->in, c->nin, c->capin);
	in = &c->in[c->nin++];
	if (strlen(name) >= sizeof(in->name))
		DF_BUG(name);
	snprintf(in->name, sizeof(in->name), "%s", name);
	in->digest = *d;
}

/* ---- committing ---- */

/* Who acts is who signs: gates refuse a log in which that is not so. */
static int
check_actor(const struct df_step *s, jv data, struct df_err *e)
{
	const char *actor = df_jv_str(data, "actor");

	return actor == NULL || strcmp(actor, s->me->principal) == 0 ? 0 :
	    df_fail(e, DF_AUTH, "gate.actor", "the actor is %.100s and the "
	    "key that signs is another principal's", actor);
}

/*
 * handoff, prompt and merge open and close an attempt in one write: one that
 * is open although we have the log's lock is what a torn write left.  Its end
 * goes before the next one's beginning.
 */
static int
lost_before(struct df_step *s, const struct df_event_new *ev, size_t n,
    struct df_event_new *lost)
{
	const char *stage = n == 2 && strcmp(ev[0].type, "stage.started") == 0
	    && strncmp(ev[1].type, "stage.", 6) == 0 ? df_jv_str(ev[0].data,
	    "stage") : NULL;
	const struct df_stage *st;
	jv error;

	if (stage == NULL || strncmp(stage, "dispatch/", 9) == 0)
		return 0;
	st = df_state_stage(&s->run.state, stage);
	if (st == NULL || st->status != DF_STAGE_OPEN)
		return 0;
	*lost = *ev;
	lost->type = "stage.failed";
	lost->data = df_jset_int(jv_object(), "attempt", st->attempts);
	error = df_jset_str(jv_object(), "code", "lost");
	error = df_jset_str(error, "domain", "EXEC_FAILURE");
	error = df_jset_str(error, "message",
	    "the write that was to close this attempt was cut short");
	lost->data = df_jset(lost->data, "error", df_jset_bool(error,
	    "retryable", 1));
	lost->data = df_jset_str(lost->data, "outcome", "retry");
	lost->data = df_jset_str(lost->data, "stage", stage);
	return 1;
}

/* ev has room for one more. */
static int
append(struct df_step *s, struct df_event_new *ev, size_t n, struct df_err *e)
{
	struct df_event_new lost;
	struct df_run *r = &s->run;
	char source[80];
	size_t i;
	int ret;

	snprintf(source, sizeof(source), "/runs/%s", r->id);
	ret = df_store_barrier(&r->store, e);
	if (ret == 0)
		ret = df_log_lock(&r->log, e);
	if (ret == 0)
		ret = df_run_refresh(r, e);
	if (ret == 0) {
		if (lost_before(s, ev, n, &lost)) {
			memmove(&ev[1], &ev[0], n++ * sizeof(*ev));
			ev[0] = lost;
		}
		return df_log_append(&r->log, ev, n, source, df_run_fold(), r,
		    e);
	}
	for (i = 0; i < n; i++)
		jv_free(ev[i].data);
	return ret;
}

int
df_step_commit(struct df_step *s, struct df_commit *c, size_t n,
    struct df_err *e)
{
	struct df_event_new *ev = df_calloc(n + 1, sizeof(*ev));
	struct df_err le;
	size_t i;
	int r = 0;

	for (i = 0; i < n && r == 0; i++) {
		c[i].data = df_artifacts_put(c[i].data, c[i].out, c[i].nout,
		    &s->run.store, e);
		if (jv_is_valid(c[i].data))
			c[i].data = df_inputs_put(c[i].data, c[i].in,
			    c[i].nin, &s->run.store, e);
		if (!jv_is_valid(c[i].data))
			r = -1;
	}
	for (i = 0; i < n && r == 0; i++)
		r = s->me ? check_actor(s, c[i].data, e) : 0;
	for (i = 0; i < n && r == 0; i++) {
		ev[i].type = c[i].type;
		ev[i].subject = c[i].subject[0] ? c[i].subject : NULL;
		ev[i].role = s->role;
		ev[i].key = s->key;
		ev[i].data = c[i].data;
		c[i].data = jv_null();
	}
	if (r == 0)
		r = append(s, ev, n, e);
	df_log_unlock(&s->run.log);
	if (r == 0)
		df_heads_remember(&s->run);
	for (i = 0; i < n && r == 0; i++)
		if (df_names_link(s->run.dir, c[i].out, c[i].nout, &le) < 0)
			df_warn("%s (df-store names makes it again)", le.msg);
	free(ev);
	return r;
}
