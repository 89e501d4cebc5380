#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/opt.h"
#include "base/out.h"
#include "run/entry.h"
#include "log.h"

/* The role that signs such an event: the given one, or the
   only one that may. */
static enum df_role
role_of(const char *type, const char *data, const char *role)
{
	struct df_json j = { 0 };
	char stage[160] = "";
	int r, found = -1, many = 0;
	uint32_t t;

	if (role) {
		r = df_role_parse(role, strlen(role));
		if (r < 0)
			df_usage("--role %s: no such role", role);
		return (enum df_role)r;
	}
	if (df_json_scan(&j, data, strlen(data), 0, "data", NULL) == 0 &&
	    (t = df_jget(&j, 0, "stage")) != 0)
		snprintf(stage, sizeof(stage), "%.*s", (int)(j.tok[t].end -
		    j.tok[t].start), data + j.tok[t].start);
	df_json_release(&j);
	for (r = 0; r < DF_ROLES; r++)
		if (df_event_role(type, stage, (enum df_role)r, NULL) == 0) {
			many = found >= 0;
			found = r;
		}
	if (found < 0)
		df_diex(DF_INPUT, "event.type", "%s is no event of a run",
		    type);
	if (many)
		df_usage("several roles may sign %s: --role ROLE", type);
	return (enum df_role)found;
}

static void
print_appended(const struct df_step *st)
{
	char hex[DF_DIGEST_STR], seq[24];
	const char *cell[] = { seq, hex };

	snprintf(seq, sizeof(seq), "%llu", (unsigned long long)
	    st->run.state.seq);
	(void)df_digest_str(&st->run.state.head, hex);
	if (df_args.json)
		df_out_json(df_jset_int(df_jset_str(jv_object(), "digest",
		    hex), "seq", (int64_t)st->run.state.seq));
	else
		df_out_row(cell, 2);
}

int
df_log_append_one(const char *type, const struct df_log_given *g)
{
	const char *data = g->data ? g->data : "{}";
	struct df_commit c;
	struct df_step st;
	struct df_err e;

	if ((g->subject && df_entry_subject(g->subject, strlen(g->subject),
	    "--subject", &e) < 0) || df_step_open(&st, role_of(type, data,
	    g->role), 0, &e) < 0)
		df_die(&e);
	df_commit_init(&c, type, g->subject);
	if (df_entry_data(&st, &c, data, strlen(data), "--data", &e) < 0 ||
	    (!df_args.dry && df_step_commit(&st, &c, 1, &e) < 0))
		df_die(&e);
	if (!df_args.dry)
		print_appended(&st);
	df_commit_release(&c);
	df_step_close(&st);
	return DF_OK;
}

int
df_log_append_many(const struct df_log_given *g)
{
	struct df_buf in = DF_BUF_INIT;
	struct df_commit *c = NULL;
	size_t n = 0, cap = 0, number = 0;
	const char *s, *lf, *end;
	char what[48];
	struct df_step st;
	struct df_err e;
	int r;

	if (g->role == NULL)
		df_usage("append - needs --role ROLE");
	if (df_read_fd(STDIN_FILENO, &in, (size_t)256 << 20, "stdin", &e) < 0)
		df_die(&e);
	r = df_role_parse(g->role, strlen(g->role));
	if (r < 0)
		df_usage("--role %s: no such role", g->role);
	if (df_step_open(&st, (enum df_role)r, 0, &e) < 0)
		df_die(&e);
	end = in.s + in.n;
	for (s = in.s; s < end; s = lf + 1) {
		lf = memchr(s, '\n', (size_t)(end - s));
		if (lf == NULL)
			lf = end;
		number++;
		if (lf == s)
			continue;
		DF_GROW(c, n, cap);
		snprintf(what, sizeof(what), "stdin:%zu", number);
		if (df_entry_line(&st, &c[n++], s, (size_t)(lf - s), what,
		    &e) < 0)
			df_die(&e);
	}
	if (n == 0)
		df_diex(DF_REFUSED, "stdin.empty", "no event on stdin");
	if (!df_args.dry && df_step_commit(&st, c, n, &e) < 0)
		df_die(&e);
	if (!df_args.dry)
		print_appended(&st);
	while (n--)
		df_commit_release(&c[n]);
	free(c);
	df_buf_release(&in);
	df_step_close(&st);
	return DF_OK;
}
