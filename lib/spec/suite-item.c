#include "base/df.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "spec/suite.h"

/* Items as they were sealed, read back. */

const char *
df_class_name(enum df_class c)
{
	static const char *const name[] = { "none", "script", "exec", "tap" };

	return name[c];
}

static const char *
text_of(jv j, const char *name)
{
	const char *s = df_jv_str(j, name);

	return s ? s : "";
}

int
df_suite_item(struct df_suite_item *it, const struct df_buf *json,
    struct df_err *e)
{
	const char *s;
	int c;

	memset(it, 0, sizeof(*it));
	df_buf_init(&it->program);
	it->j = df_json_parse(json->s, json->n, 0, "item", e);
	if (!jv_is_valid(it->j))
		return -1;
	it->id = df_jv_str(it->j, "id");
	it->title = text_of(it->j, "title");
	it->text = text_of(it->j, "text");
	it->setup = text_of(it->j, "setup");
	it->execute = text_of(it->j, "execute");
	it->verify = text_of(it->j, "verify");
	it->cleanup = text_of(it->j, "cleanup");
	it->expected = df_jv_str(it->j, "expected");
	it->responsible = df_jv_str(it->j, "responsible");
	it->priority = (int)df_jv_int(it->j, "priority", 1);
	it->independent = df_jv_bool(it->j, "independent");
	it->plan = df_jv_int(it->j, "plan", 0);
	it->runs = df_jv_int(it->j, "runs", 1);
	it->need = df_jv_int(it->j, "need", it->runs);
	s = text_of(it->j, "class");
	for (c = DF_CLASS_TAP; c > 0; c--)
		if (strcmp(s, df_class_name((enum df_class)c)) == 0)
			break;
	it->class = (enum df_class)c;
	s = df_jv_str(it->j, "program");
	if (it->id == NULL || it->runs < 1 || it->runs > DF_RUNS_MAX ||
	    it->need < 1 || it->need > it->runs ||
	    (s && df_unbase64(&it->program, s, strlen(s)) < 0))
		return df_fail(e, DF_INPUT, "suite.item",
		    "an item of the suite is malformed");
	return 0;
}

void
df_suite_item_release(struct df_suite_item *it)
{
	jv_free(it->j);
	df_buf_wipe(&it->program);
	memset(it, 0, sizeof(*it));
	it->j = jv_invalid();
}

int
df_suite_frame(struct df_suite_frame *f, const struct df_buf *json,
    struct df_err *e)
{
	f->j = df_json_parse(json->s, json->n, 0, "item 0", e);
	if (!jv_is_valid(f->j))
		return -1;
	f->p1_need = df_jv_int(f->j, "p1_need", -1);
	f->percent = df_jv_int(f->j, "percent", -1);
	return 0;
}
