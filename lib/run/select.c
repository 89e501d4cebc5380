#define _GNU_SOURCE
#include "base/df.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/opt.h"
#include "base/out.h"
#include "base/par.h"
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
		sel->in[task] = DF_SELECTED;
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
		memset(sel->in, DF_SELECTED, s->ntask);
		sel->n = s->ntask;
	}
	for (i = 0; i < names->n; i++)
		if (add(s, names->v[i], sel, e) < 0) {
			df_selection_release(sel);
			return -1;
		}
	return 0;
}

static int
touch(int dir, const char *path)
{
	static const struct timespec now[2] = { { 0, UTIME_NOW },
	    { 0, UTIME_NOW } };

	return utimensat(dir, path, now, AT_SYMLINK_NOFOLLOW);
}

/*
 * 1 when the link is there and right, and is of now.  In this order: reading a
 * link that is of now leaves it as it is, and one that is older gets another
 * time of access.
 */
static int
touch_link(int dir, const char *path, const char *name,
    const struct df_digest *d)
{
	return touch(dir, path) == 0 && df_names_linked(dir, path, name, d);
}

void
df_touch_name(struct df_run *r, const char *name)
{
	const struct df_name *n = df_run_find(r, name);
	struct df_artifact a;
	struct df_run whole;
	struct df_err e;

	if (n == NULL) {
		if (touch(r->dir, name) == 0)
			return;
		/* Only the whole index knows it; once, for all of them. */
		if (df_run_open(&whole, r->path, 0, &e) == 0) {
			if (df_run_relink(&whole, 0, NULL, &e) < 0)
				df_warn("%s", e.msg);
			df_run_close(&whole);
		}
		return;
	}
	if (touch_link(r->dir, name, name, &n->digest))
		return;
	snprintf(a.name, sizeof(a.name), "%s", name);
	a.digest = n->digest;
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

static void
print_json(struct df_run *r, const struct df_name *n, const char *name,
    const char *task)
{
	char hex[DF_DIGEST_STR];
	struct df_digest d;
	uint64_t size;
	jv v;

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

/* touched: the link is of now already. */
static void
print_name(struct df_run *r, const char *name, const char *task, int touched)
{
	const struct df_name *n = NULL;

	if (!touched || df_args.json)
		n = df_run_find(r, name);
	if (!touched && !df_args.dry) {
		if (n == NULL && !(r->flags & DF_RUN_BRIEF))
			return;
		df_touch_name(r, name);
	}
	if (df_args.json)
		print_json(r, n, name, task);
	else
		df_out(name);
}

void
df_print_name(struct df_run *r, const char *name, const char *task)
{
	print_name(r, name, task, 0);
}

/* ---- the names of a selection ---- */

struct links {
	struct df_run *r;
	const struct df_selection *sel;
	const char *dir;
	const char *const *suffix;
	size_t n;
	int look;		/* do not touch what is right */
	int fd;			/* of dir */
	uint8_t *right;		/* [task * n + suffix] */
};

static void
name_of(const struct links *l, size_t task, size_t k,
    char name[DF_NAME_MAX + 1])
{
	const char *part[] = { l->dir, "/", l->r->state.task[task].id, ".",
	    l->suffix[k] };
	size_t i, len, n = 0;

	for (i = 0; i < DF_LEN(part); i++) {
		len = strlen(part[i]);
		if (len > DF_NAME_MAX - n)
			len = DF_NAME_MAX - n;
		memcpy(name + n, part[i], len);
		n += len;
	}
	name[n] = '\0';
}

/* What is not as it should be is left for df_touch_name(). */
static int
touch_range(void *arg, size_t from, size_t to, struct df_err *e)
{
	struct links *l = arg;
	int (*check)(int dir, const char *path, const char *name,
	    const struct df_digest *d) = l->look ? df_names_linked :
	    touch_link;
	char name[DF_NAME_MAX + 1];
	const struct df_name *n;
	size_t i, k;

	(void)e;
	for (i = from; i < to; i++)
		for (k = 0; k < l->n && l->sel->in[i]; k++) {
			name_of(l, i, k, name);
			n = df_run_find(l->r, name);
			l->right[i * l->n + k] = n && (l->sel->in[i] ==
			    DF_SELECTED_NEW || check(l->fd, name +
			    strlen(l->dir) + 1, name, &n->digest));
		}
	return 0;
}

/* All of them at once: a run has many, and the kernel is slow at it. */
static void
touch_all(struct links *l)
{
	size_t ntask = l->r->state.ntask;
	struct df_err e;

	l->right = df_calloc(ntask + 1, l->n);
	if (df_args.dry)
		return;
	l->fd = df_open_beneath(l->r->dir, l->dir, O_PATH | O_DIRECTORY, 1);
	if (l->fd < 0)
		return;
	if (df_parallel(ntask, 256, touch_range, l, &e) < 0)
		DF_BUG("touch");
	close(l->fd);
}

void
df_selection_print(struct df_run *r, const struct df_selection *sel,
    const char *dir, const char *const suffix[], size_t n)
{
	struct links l = { .r = r, .sel = sel, .dir = dir, .suffix = suffix,
	    .n = n };
	char name[DF_NAME_MAX + 1];
	size_t i, k;

	touch_all(&l);
	for (i = 0; i < r->state.ntask; i++)
		for (k = 0; k < n && sel->in[i]; k++) {
			name_of(&l, i, k, name);
			print_name(r, name, r->state.task[i].id,
			    l.right[i * n + k]);
		}
	free(l.right);
}

void
df_selection_link(struct df_run *r, const struct df_selection *sel,
    const char *dir, const char *const suffix[], size_t n)
{
	struct links l = { .r = r, .sel = sel, .dir = dir, .suffix = suffix,
	    .n = n, .look = 1 };
	char name[DF_NAME_MAX + 1];
	size_t i, k;

	touch_all(&l);
	for (i = 0; i < r->state.ntask && !df_args.dry; i++)
		for (k = 0; k < n && sel->in[i]; k++)
			if (!l.right[i * n + k]) {
				name_of(&l, i, k, name);
				df_touch_name(r, name);
			}
	free(l.right);
}

void
df_selection_release(struct df_selection *sel)
{
	free(sel->in);
	memset(sel, 0, sizeof(*sel));
}
