#include "base/df.h"

#include <stdio.h>
#include <string.h>

#include "base/opt.h"
#include "base/out.h"
#include "base/text.h"
#include "verify.h"
#include "work/isolation.h"

struct isolation {
	struct df_verify *w;
	jv attempts, judges, keys;
	const char *word;		/* of all attempts */
};

/* ---- who says so ---- */

static int
on_event(void *arg, const struct df_event *ev, struct df_err *e)
{
	struct isolation *x = arg;
	int i, n = jv_array_length(jv_copy(x->keys)), seen = 0;
	jv one;

	(void)e;
	for (i = 0; i < n && !seen; i++) {
		one = jv_array_get(jv_copy(x->keys), i);
		seen = strcmp(jv_string_value(one), ev->actor) == 0;
		jv_free(one);
	}
	if (!seen)
		x->keys = jv_array_append(x->keys, jv_string(ev->actor));
	return 0;
}

static int
add_key(struct isolation *x, const struct df_name *n, struct df_err *e)
{
	struct df_run *r = &x->w->run;
	const struct df_at *at = &r->giver[n->giver];

	return df_log_reread(&r->log, at->off, at->len, &at->digest, on_event,
	    x, e);
}

/* Names of people only under VERIFIED. */
static void
name_key(const struct isolation *x, const char *key, struct df_buf *b)
{
	const struct df_signer *s = x->w->gate.trusted == DF_VERIFIED ?
	    df_run_signer(&x->w->run, key) : NULL;

	df_buf_str(b, key);
	if (s)
		df_buf_fmt(b, " (%s)", s->principal);
}

/* ---- attempts ---- */

static int
one_attempt(struct isolation *x, const char *task, uint32_t n,
    struct df_err *e)
{
	struct df_run *r = &x->w->run;
	char file[DF_NAME_MAX + 1];
	const char *word = "UNKNOWN", *level = "";
	struct df_buf why = DF_BUF_INIT;
	const struct df_name *name;
	jv host = jv_invalid(), rec, from = jv_invalid(), o;

	snprintf(file, sizeof(file), "dispatch/%s/%u.json", task, n);
	name = df_run_find(r, file);
	if (name) {
		if (add_key(x, name, e) < 0)
			return -1;
		rec = df_run_json(r, file, "attempt", e);
		if (!jv_is_valid(rec))
			return -1;
		from = df_jv_get(rec, "cached_from");
		jv_free(rec);
		snprintf(file, sizeof(file), "dispatch/%s/%u.host.json", task,
		    n);
		if (df_run_find(r, file))
			host = df_run_json(r, file, "attempt-host", e);
	}
	if (jv_is_valid(host)) {
		word = df_isolation(host, &why);
		level = df_jv_str(host, "level") ? df_jv_str(host, "level") :
		    "";
		if (strchr(level, '+'))
			df_buf_fmt(&why, "%snetwork of the host", why.n ? "; "
			    : "");
	} else {
		df_buf_str(&why, "there is no record");
	}
	x->word = df_isolation_worst(x->word, word);
	o = df_jset_int(jv_object(), "attempt", n);
	if (jv_is_valid(from))
		o = df_jset(o, "cached_from", from);
	else
		jv_free(from);
	o = df_jset_str(o, "level", level);
	o = df_jset_str(o, "task", task);
	o = df_jset_strn(o, "why", why.n ? why.s : "", why.n);
	x->attempts = jv_array_append(x->attempts, df_jset_str(o, "word",
	    word));
	df_buf_release(&why);
	jv_free(host);
	return 0;
}

/* Of the judge only the level is in the record. */
static int
one_judge(struct isolation *x, unsigned n, struct df_err *e)
{
	struct df_run *r = &x->w->run;
	char file[64];
	const char *level;
	jv rec, o;

	snprintf(file, sizeof(file), "holdout/%u.json", n);
	if (df_run_find(r, file) == NULL)	/* it did not come to an end */
		return 0;
	rec = df_run_json(r, file, "holdout", e);
	if (!jv_is_valid(rec))
		return -1;
	level = df_jv_str(rec, "level");
	o = df_jset_int(jv_object(), "evaluation", n);
	o = df_jset_str(o, "level", level);
	x->judges = jv_array_append(x->judges, df_jset_str(o, "word",
	    strcmp(level, "bwrap") == 0 ? "PROTECTED" : "UNPROTECTED"));
	jv_free(rec);
	return 0;
}

int
df_verify_isolation(struct df_verify *w, struct df_err *e)
{
	const struct df_state *s = &w->run.state;
	struct isolation x = { w, jv_array(), jv_array(), jv_array(),
	    "NONE" };
	const struct df_stage *st;
	uint32_t n;
	size_t t;
	int ret = 0;

	for (t = 0; t < s->ntask && ret == 0; t++) {
		st = df_state_dispatch(s, t);
		for (n = 1; st && n <= st->attempts && ret == 0; n++)
			ret = one_attempt(&x, s->task[t].id, n, e);
	}
	for (n = 1; n <= s->evaluations && ret == 0; n++)
		ret = one_judge(&x, n, e);
	w->isolation = df_jset(jv_object(), "attempts", x.attempts);
	w->isolation = df_jset(w->isolation, "judges", x.judges);
	w->isolation = df_jset(w->isolation, "keys", x.keys);
	w->isolation = df_jset_str(w->isolation, "word", x.word);
	return ret;
}

/* ---- as text ---- */

static void
row(jv o, const char *what, int64_t n, struct df_buf *b)
{
	const char *why = df_jv_str(o, "why"), *level = df_jv_str(o, "level");
	jv from = df_jv_get(o, "cached_from");
	const char *run = df_jv_str(from, "run");

	df_buf_fmt(b, "%s %lld %s%s%s", what, (long long)n, df_jv_str(o,
	    "word"), *level ? " " : "", level);
	if (why && *why) {
		df_buf_ch(b, ' ');
		df_text_foreign(b, why, strlen(why), DF_TEXT_LINE, 0, 400);
	}
	if (run)
		df_buf_fmt(b, " (attempt of %s)", run);
	df_buf_ch(b, '\n');
	jv_free(from);
}

int
df_verify_isolation_text(struct df_verify *w)
{
	struct isolation x = { .w = w, .word = df_jv_str(w->isolation,
	    "word") };
	jv list = df_jv_get(w->isolation, "attempts"), one;
	struct df_buf b = DF_BUF_INIT;
	int i, n = jv_array_length(jv_copy(list));

	for (i = 0; i < n; i++) {
		one = jv_array_get(jv_copy(list), i);
		row(one, df_jv_str(one, "task"), df_jv_int(one, "attempt", 0),
		    &b);
		jv_free(one);
	}
	jv_free(list);
	list = df_jv_get(w->isolation, "judges");
	n = jv_array_length(jv_copy(list));
	for (i = 0; i < n; i++) {
		one = jv_array_get(jv_copy(list), i);
		row(one, "judge", df_jv_int(one, "evaluation", 0), &b);
		jv_free(one);
	}
	jv_free(list);
	df_buf_fmt(&b, "%s", x.word);
	list = df_jv_get(w->isolation, "keys");
	n = jv_array_length(jv_copy(list));
	for (i = 0; i < n; i++) {
		one = jv_array_get(jv_copy(list), i);
		df_buf_str(&b, i ? ", " : " on the word of ");
		name_key(&x, jv_string_value(one), &b);
		jv_free(one);
	}
	jv_free(list);
	df_buf_ch(&b, '\n');
	if (!df_args.json)
		df_out_raw(b.s, b.n);
	df_buf_release(&b);
	return strcmp(x.word, "ISOLATED") == 0 ? DF_OK : DF_NO;
}
