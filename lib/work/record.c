#include "base/df.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "run/head.h"
#include "run/ids.h"
#include "work/isolation.h"
#include "work/record.h"

#define MESSAGE_MAX 1000	/* bytes of an agent's last word */

static jv
inputs(const struct df_plan *p)
{
	jv v = df_jset(jv_object(), "handoff", df_digest_json(&p->handoff));

	v = df_jset(v, "prompt", df_digest_json(&p->prompt));
	return df_jset(v, "start", df_digest_json(&p->start));
}

static jv
sandbox(const struct df_plan *p)
{
	jv v = df_jset_str(jv_object(), "level", p->level);

	return df_jset_str(v, "network", p->net ? "host" : "none");
}

void
df_plan_key(struct df_plan *p, const char *model)
{
	char stage[160];
	jv v, c;

	snprintf(stage, sizeof(stage), "dispatch/%s", p->task);
	c = df_jset(jv_object(), "adapter", jv_copy(p->adapter));
	c = df_jset(c, "sandbox", sandbox(p));
	v = df_jset(jv_object(), "config", c);
	v = df_jset(v, "inputs", inputs(p));
	v = df_jset_str(v, "model", model);
	v = df_jset_str(v, "stage", stage);
	(void)df_id_key(v, DF_TAG_STAGE_KEY, p->stage_key);
}

jv
df_plan_json(const struct df_plan *p)
{
	jv v = jv_object(), from = jv_array();
	size_t i;

	for (i = 0; i < p->nfrom; i++)
		from = jv_array_append(from, jv_string(p->from[i]));
	v = df_jset(v, "adapter", jv_copy(p->adapter));
	v = df_jset_int(v, "attempt", p->attempt);
	v = df_jset_str(v, "dispatch_id", p->dispatch_id);
	v = df_jset(v, "from", from);
	v = df_jset_str(v, "handoff_id", p->handoff_id);
	v = df_jset(v, "inputs", inputs(p));
	v = df_jset(v, "sandbox", sandbox(p));
	v = df_jset_str(v, "schema", "df.attempt/1");
	v = df_jset_str(v, "stage_key", p->stage_key);
	v = df_jset_str(v, "status", "DISPATCHED");
	v = df_jset_str(v, "task_id", p->task);
	return df_jset_str(v, "timestamp_dispatched", p->dispatched);
}

/* A string of the agent's, cut, without what a terminal would act on. */
static jv
said(jv v, const char *name, const char *s)
{
	struct df_buf b = DF_BUF_INIT;

	if (s == NULL || *s == '\0')
		return v;
	df_text_foreign(&b, s, strlen(s), DF_TEXT_LINE, 0, MESSAGE_MAX);
	v = df_jset_strn(v, name, b.s, b.n);
	df_buf_release(&b);
	return v;
}

static jv
usage(jv v, jv u)
{
	int64_t tokens = df_jv_int(u, "tokens", -1);
	int64_t cost = df_jv_int(u, "cost_microusd", -1);

	v = tokens >= 0 ? df_jset_int(v, "tokens_used", tokens) :
	    df_jset(v, "tokens_used", jv_null());
	if (cost >= 0)
		v = df_jset_int(v, "cost_microusd", cost);
	v = said(v, "session", df_jv_str(u, "session"));
	v = said(v, "message", df_jv_str(u, "message"));
	return said(v, "usage_error", df_jv_str(u, "error"));
}

jv
df_record_ended(jv v, const struct df_attempt *a, const char *completed)
{
	jv o;

	v = df_jset_str(v, "timestamp_completed", completed);
	v = df_jset_str(v, "status", "COMPLETED");
	if (a == NULL)
		return v;
	v = usage(v, a->usage);
	o = jv_object();
	if (a->exit >= 0)
		o = df_jset_int(o, "exit", a->exit);
	if (a->signal > 0)
		o = df_jset_int(o, "signal", a->signal);
	v = df_jset(v, "agent", df_jset_bool(o, "timeout", a->timeout));
	v = df_jset_int(v, "masked", (int64_t)a->masked);
	if (!a->had_tree)
		return v;
	o = df_jset_int(jv_object(), "bytes", (int64_t)a->stat.bytes);
	o = df_jset_int(o, "entries", (int64_t)a->stat.entries);
	o = df_jset_int(o, "hardlinks", (int64_t)a->stat.hardlinks);
	o = df_jset_int(o, "ignored", (int64_t)a->stat.skipped);
	o = df_jset_int(o, "setid", (int64_t)a->stat.setid);
	return df_jset(v, "result", df_jset(o, "tree",
	    df_digest_json(&a->tree)));
}

jv
df_record_failed(jv v, const char *code, const char *message, int retryable)
{
	v = df_jset_str(v, "status", "FAILED");
	v = df_jset_str(v, "error_code", code);
	v = df_jset_bool(v, "retryable", retryable);
	return said(v, "error", message);
}

/* What a level leaves open: the confinement says it, and that nothing is left
   running is only seen where no process namespace ends. */
static jv
gaps(const struct df_session *s, jv v)
{
	jv inside = df_jv_get(v, "inside");
	jv c = df_jv_get(inside, "confinement");
	jv list = df_jv_get(c, "gaps");

	jv_free(c);
	jv_free(inside);
	if (s->level != DF_LEVEL_LANDLOCK || jv_get_kind(list) !=
	    JV_KIND_ARRAY) {
		jv_free(list);
		return v;
	}
	if (geteuid() != 0)
		list = jv_array_append(list, jv_string("processes"));
	list = jv_array_append(list, jv_string("survivors"));
	return df_jset(v, "gaps", list);
}

jv
df_record_host(const struct df_attempt *a)
{
	const struct df_session *s = a->session;
	jv v = jv_copy(a->record);

	v = df_jset_str(v, "level", df_level_name(s->level,
	    s->adapter->net));
	v = df_jset(v, "protected", df_protect_json(&s->protect));
	v = df_jset_int(v, "uid", df_sandbox_uid());
	v = gaps(s, v);
	v = df_jset_str(v, "isolation", df_isolation(v, NULL));
	return df_jset_str(v, "schema", "df.attempt-host/1");
}
