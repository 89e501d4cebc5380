#include "base/df.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/opt.h"
#include "base/out.h"
#include "base/text.h"
#include "run/select.h"

/* The task that a name was made for: its second component, up to a dot when
   it is the last one. */
static int
task_of(const struct df_state *s, const char *name)
{
	static const char *const dir[] = { "handoff/", "prompt/", "dispatch/",
	    "result/" };
	size_t i, n;

	for (i = 0; i < DF_LEN(dir); i++) {
		n = strlen(dir[i]);
		if (strncmp(name, dir[i], n) == 0) {
			name += n;
			return df_state_task(s, name, strcspn(name, "/."));
		}
	}
	return df_state_task(s, name, strlen(name));
}

static int
add(const struct df_state *s, const char *name, struct df_selection *sel,
    struct df_err *e)
{
	const char *id[2000], *near;
	struct df_buf shown = DF_BUF_INIT;
	int task = task_of(s, name);
	size_t i;

	if (task >= 0) {
		sel->n += !sel->in[task];
		sel->in[task] = 1;
		return 0;
	}
	df_text_foreign(&shown, name, strlen(name), DF_TEXT_LINE, 0, 100);
	(void)df_fail(e, DF_INPUT, "select.unknown",
	    "%s names no task of the run", shown.s);
	df_buf_release(&shown);
	for (i = 0; i < s->ntask && i < DF_LEN(id); i++)
		id[i] = s->task[i].id;
	near = df_suggest(name, id, i);
	return near ? df_hint(e, "did you mean %s?", near) : -1;
}

int
df_select(const struct df_state *s, const struct df_list *names,
    struct df_selection *sel, struct df_err *e)
{
	size_t i;

	sel->in = df_calloc(s->ntask, 1);
	sel->n = 0;
	sel->all = names->n == 0;
	if (sel->all) {
		memset(sel->in, 1, s->ntask);
		sel->n = s->ntask;
	}
	for (i = 0; i < names->n; i++)
		if (add(s, names->v[i], sel, e) < 0) {
			df_selection_release(sel);
			return -1;
		}
	return 0;
}

void
df_touch_name(struct df_run *r, const char *name)
{
	static const struct timespec now[2] = { { 0, UTIME_NOW },
	    { 0, UTIME_NOW } };
	const struct df_name *n = df_run_find(r, name);
	struct df_artifact a;
	struct df_run whole;
	struct df_err e;

	if (n == NULL) {
		if (utimensat(r->dir, name, now, AT_SYMLINK_NOFOLLOW) == 0)
			return;
		/* Only the whole index knows it; once, for all of them. */
		if (df_run_open(&whole, r->path, 0, &e) == 0) {
			if (df_run_relink(&whole, 0, NULL, &e) < 0)
				df_warn("%s", e.msg);
			df_run_close(&whole);
		}
		return;
	}
	snprintf(a.name, sizeof(a.name), "%s", name);
	a.digest = n->digest;
	if (df_names_linked(r->dir, &a) && utimensat(r->dir, name, now,
	    AT_SYMLINK_NOFOLLOW) == 0)
		return;
	if (df_names_link(r->dir, &a, 1, &e) < 0)
		df_warn("%s (df-store names makes it again)", e.msg);
}

/* What a link says, for a name that is not indexed. */
static int
from_link(const struct df_run *r, const char *name, struct df_digest *d,
    uint64_t *size)
{
	char target[512];
	const char *slash;
	struct stat st;
	ssize_t n;

	n = readlinkat(r->dir, name, target, sizeof(target) - 1);
	if (n < 0 || fstatat(r->dir, name, &st, 0) < 0)
		return -1;
	target[n] = '\0';
	slash = strrchr(target, '/');
	*size = (uint64_t)st.st_size;
	return slash ? df_digest_parse_hex(d, slash + 1, strlen(slash + 1)) :
	    -1;
}

void
df_print_name(struct df_run *r, const char *name, const char *task)
{
	const struct df_name *n = df_run_find(r, name);
	char hex[DF_DIGEST_STR];
	struct df_digest d;
	uint64_t size;
	jv v;

	if (n == NULL && !df_args.dry && !(r->flags & DF_RUN_BRIEF))
		return;
	if (!df_args.dry)
		df_touch_name(r, name);
	if (!df_args.json) {
		df_out(name);
		return;
	}
	v = df_jset_str(jv_object(), "name", name);
	v = df_jset_str(v, "task", task);
	if (n) {
		d = n->digest;
		size = n->size;
	}
	if (n || (!df_args.dry && from_link(r, name, &d, &size) == 0)) {
		v = df_jset_str(v, "digest", df_digest_str(&d, hex));
		v = df_jset_int(v, "size", (int64_t)size);
	}
	df_out_json(v);
}

void
df_selection_print(struct df_run *r, const struct df_selection *sel,
    const char *dir, const char *const suffix[], size_t n)
{
	char name[DF_NAME_MAX + 1];
	size_t i, k;

	for (i = 0; i < r->state.ntask; i++)
		for (k = 0; k < n && sel->in[i]; k++) {
			snprintf(name, sizeof(name), "%s/%s.%s", dir,
			    r->state.task[i].id, suffix[k]);
			df_print_name(r, name, r->state.task[i].id);
		}
}

void
df_selection_release(struct df_selection *sel)
{
	free(sel->in);
	memset(sel, 0, sizeof(*sel));
}
