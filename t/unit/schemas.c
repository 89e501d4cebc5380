#include "base/df.h"

#include <dirent.h>
#include <fcntl.h>

#include "base/file.h"
#include "base/schema.h"
#include "tap.h"

/* The compiled-in text of that name, or NULL. */
static const struct df_schema_text *
find(const char *name, size_t n)
{
	const struct df_schema_text *t;

	for (t = df_schema_text; t->name; t++)
		if (strlen(t->name) == n && memcmp(t->name, name, n) == 0)
			return t;
	return NULL;
}

static void
table(void)
{
	const struct df_schema_text *t;
	const struct df_schema *s;
	struct df_schema *own;
	struct df_err e;
	char id[128];

	for (t = df_schema_text; t->name; t++) {
		/* first on its own, because df_schema_get() would abort */
		own = df_schema_compile(t->text, t->n, t->name, &e);
		if (!ok(own != NULL, "%s compiles%s%s", t->name,
		    own ? "" : ": ", own ? "" : e.msg))
			continue;
		s = df_schema_get(t->name);
		ok(s != NULL && s == df_schema_get(t->name),
		    "%s is found by its name", t->name);
		snprintf(id, sizeof(id), "urn:df:schema:%s:1", t->name);
		is_str(df_schema_id(own), id, "its $id");
		df_schema_free(own);
	}
	ok(t > df_schema_text, "%td schemas are compiled in",
	    t - df_schema_text);
}

/* What is compiled in is what is in schemas/, all of it and no more. */
static void
files(void)
{
	DIR *dir = opendir("schemas");
	const struct df_schema_text *t;
	struct df_buf b = DF_BUF_INIT;
	size_t n, found = 0, all = 0;
	struct dirent *d;
	struct df_err e;
	char path[512];

	if (!ok(dir != NULL, "schemas/ is in the current directory"))
		return;
	while ((d = readdir(dir)) != NULL) {
		n = strlen(d->d_name);
		if (n < 6 || strcmp(d->d_name + n - 5, ".json") != 0)
			continue;
		t = find(d->d_name, n - 5);
		if (!ok(t != NULL, "%s is compiled in", d->d_name))
			continue;
		found++;
		snprintf(path, sizeof(path), "schemas/%s", d->d_name);
		df_buf_reset(&b);
		ok(df_read_file(AT_FDCWD, path, &b, DF_JSON_MAX, &e) == 0 &&
		    b.n == t->n && memcmp(b.s, t->text, b.n) == 0,
		    "%s, byte for byte", path);
	}
	closedir(dir);
	df_buf_release(&b);
	for (t = df_schema_text; t->name; t++)
		all++;
	is_int(found, all, "each that is compiled in has its file");
}

/* The type of an event names the definition of its data. */
static void
events(void)
{
	const struct df_schema_text *t = find("event", 5);
	const struct df_schema *s = df_schema_get("event");
	struct df_json j = { 0 };
	struct df_err e;
	uint32_t list, i, k;
	char *type;

	if (!ok(t && s && df_json_scan(&j, t->text, t->n, 0, "event", &e) == 0,
	    "the schema of events"))
		return;
	list = df_jget(&j, df_jget(&j, df_jget(&j, 0, "properties"), "type"),
	    "enum");
	ok(list && j.tok[list].n > 30, "types of events");
	for (i = 0, k = df_jfirst(&j, list); list && i < j.tok[list].n;
	    i++, k = df_jnext(&j, k)) {
		type = df_jstr(&j, k);
		ok(type && df_schema_def(s, type), "%s", type ? type : "?");
		free(type);
	}
	df_json_release(&j);
}

int
main(void)
{
	table();
	files();
	events();
	return tap_done();
}
