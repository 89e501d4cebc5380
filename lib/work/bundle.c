#include "base/df.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "run/gate.h"
#include "run/prune.h"
#include "work/bundle.h"
#include "work/oci.h"
#include "work/sandbox.h"
#include "work/scratch.h"
#include "work/since.h"
#include "work/spawn.h"

/* Run df-archive; its complaint becomes the error, with its exit status. */
static int
archive(const char *verb, const char *const args[], int dir,
    const struct df_buf *in, int infd, struct df_buf *out, struct df_err *e)
{
	char path_env[] = "PATH=/usr/bin:/bin", *env[] = { path_env, NULL };
	struct df_buf prog = DF_BUF_INIT, said = DF_BUF_INIT;
	char *argv[10];
	const char *why;
	size_t n = 0, i;
	int r;

	df_libexec_path(&prog, "df-archive");
	argv[n++] = df_strdup(prog.s);
	argv[n++] = df_strdup(verb);
	for (i = 0; args[i]; i++)
		argv[n++] = df_strdup(args[i]);
	argv[n] = NULL;
	r = df_run_program(argv, env, dir, in, infd, out, &said, e);
	why = strncmp(said.s, "df-archive: ", 12) == 0 ? said.s + 12 : said.s;
	if (r > 0)
		r = df_fail(e, r <= DF_EXTERNAL ? r : DF_EXTERNAL, "bundle",
		    "%.*s", (int)strcspn(why, "\n"), why);
	for (i = 0; i < n; i++)
		free(argv[i]);
	df_buf_release(&prog);
	df_buf_release(&said);
	return r;
}

/* ---- writing ---- */

static int
cmp(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/*
 * What the bundle holds, sorted, a NUL after each: all of the run; or, with
 * old, the blobs that it has not, and what df-archive makes of the log.
 */
static int
content(struct df_run *r, const struct df_blobset *old, struct df_buf *b,
    struct df_err *e)
{
	struct df_blobset blobs = { 0 };
	struct df_list l = { 0 };
	char hex[DF_DIGEST_STR];
	size_t i;
	int ret;

	ret = df_gate_blobs(r, &blobs, e);
	if (ret == 0) {
		for (i = 0; i < blobs.n; i++)
			if ((old == NULL || !df_blobset_has(old,
			    &blobs.v[i].digest)) && !(blobs.v[i].pruned &&
			    df_pruned(r, &blobs.v[i].digest)))
				df_list_addf(&l, "blobs/sha256/%s",
				    df_digest_str(&blobs.v[i].digest, hex) +
				    7);
		df_list_addf(&l, old ? "since.json" : "log.jsonl");
		if (old)
			df_list_addf(&l, "since.jsonl");
		for (i = 0; old == NULL && i < r->nname; i++)
			if (!df_pruned(r, &r->name[i].digest))
				df_list_addf(&l, "%s", r->name[i].name);
		qsort(l.v, l.n, sizeof(*l.v), cmp);
		for (i = 0; i < l.n; i++)
			df_buf_add(b, l.v[i], strlen(l.v[i]) + 1);
	}
	df_list_free(&l);
	df_blobset_release(&blobs);
	return ret;
}

int
df_bundle_write(struct df_run *r, const char *path, struct df_err *e)
{
	return df_bundle_write_since(r, path, NULL, NULL, 0, e);
}

int
df_bundle_write_since(struct df_run *r, const char *path,
    const struct df_blobset *old, const struct df_buf *record, uint64_t off,
    struct df_err *e)
{
	struct df_buf list = DF_BUF_INIT, full = DF_BUF_INIT;
	struct df_buf since = DF_BUF_INIT;
	const char *args[5] = { NULL };
	char from[32], *cwd = NULL;
	size_t n = 0;
	int ret = 0;

	/* df-archive works in the run's directory. */
	if (*path != '/') {
		cwd = df_real_path(".", e);
		if (cwd == NULL)
			return -1;
		df_buf_fmt(&full, "%s/", cwd);
	}
	df_buf_str(&full, path);
	if (old) {
		snprintf(from, sizeof(from), "--from=%llu",
		    (unsigned long long)off);
		df_buf_fmt(&since, "--since=%s", record->s);
		args[n++] = from;
		args[n++] = since.s;
	}
	args[n++] = r->id;
	args[n++] = full.s;
	ret = content(r, old, &list, e);
	if (ret == 0)
		ret = archive("pack", args, r->dir, &list, -1, NULL, e);
	df_buf_release(&list);
	df_buf_release(&full);
	df_buf_release(&since);
	free(cwd);
	return ret;
}

/* ---- reading ---- */

int
df_bundle_unpack(const char *path, const char *dir, char name[64],
    struct df_err *e)
{
	const char *args[] = { dir, NULL };
	struct df_buf out = DF_BUF_INIT;
	int fd, r;

	if (df_oci_is(path))
		return df_oci_unpack(path, dir, name, e);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return df_fail_errno(e, DF_INPUT, "bundle", "%s", path);
	r = archive("unpack", args, -1, NULL, fd, &out, e);
	close(fd);
	if (r == 0)
		snprintf(name, 64, "%.*s", (int)strcspn(out.s, "\n"), out.s);
	df_buf_release(&out);
	return r;
}

int
df_bundle_open(struct df_bundle *b, const char *path, struct df_err *e)
{
	struct df_buf dir = DF_BUF_INIT;
	char name[64];

	memset(b, 0, sizeof(*b));
	b->scratch_fd = b->fd = -1;
	b->scratch = df_scratch(&b->scratch_fd, e);
	if (b->scratch == NULL)
		return -1;
	df_scratch_sweep(b->scratch_fd);
	b->name = df_scratch_new(b->scratch_fd, &b->fd, e);
	if (b->name == NULL) {
		df_bundle_close(b);
		return -1;
	}
	df_buf_fmt(&dir, "%s/%s", b->scratch, b->name);
	b->run = df_buf_detach(&dir);
	if (df_bundle_unpack(path, b->run, name, e) == 0) {
		if (!df_since_is(b->fd) && fchmod(b->fd, 0755) == 0)
			return 0;
		(void)df_fail(e, DF_INPUT, "bundle.since",
		    "%s is no whole run: it continues %s", path, name);
		(void)df_hint(e, "df-freeze --thaw %s -C COPY adds it to a "
		    "copy of that run", path);
	}
	df_bundle_close(b);
	return -1;
}

void
df_bundle_close(struct df_bundle *b)
{
	if (b->name)
		(void)!df_remove_tree(b->scratch_fd, b->name, NULL);
	if (b->fd >= 0)
		close(b->fd);
	if (b->scratch && b->scratch_fd >= 0)
		close(b->scratch_fd);
	free(b->run);
	free(b->name);
	free(b->scratch);
	memset(b, 0, sizeof(*b));
	b->fd = b->scratch_fd = -1;
}
