#include "base/df.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "spec/read-internal.h"

/* A specification directory, and D9 beside it. */

struct found {
	char *name[DF_DOCS];	/* file name; in the directory or a path */
	char *twice[DF_DOCS];	/* another one that claims the number */
};

static void
found_free(struct found *f)
{
	unsigned n;

	for (n = 0; n < DF_DOCS; n++) {
		free(f->name[n]);
		free(f->twice[n]);
	}
}

static void
found_add(struct found *f, unsigned n, const char *name)
{
	char *s = df_strdup(name), *old = f->name[n];

	if (old && (strcmp(old, df_spec_docname(n)) == 0 ||
	    (strcmp(s, df_spec_docname(n)) != 0 && strcmp(old, s) < 0))) {
		free(f->twice[n]);
		f->twice[n] = s;
		return;
	}
	if (old) {
		free(f->twice[n]);
		f->twice[n] = old;
	}
	f->name[n] = s;
}

/* The D documents of a directory; only with number only when that is not 0. */
static int
scan_dir(const char *path, unsigned only, struct found *f, int *fd,
    struct df_err *e)
{
	struct dirent *de;
	DIR *dir;
	unsigned n;

	*fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd == -1)
		return df_fail_errno(e, DF_INPUT, "spec.directory",
		    "cannot read the directory %s", path);
	dir = opendir(path);
	if (dir == NULL) {
		df_fail_errno(e, DF_INPUT, "spec.directory",
		    "cannot read the directory %s", path);
		close(*fd);
		return -1;
	}
	while (errno = 0, (de = readdir(dir)) != NULL) {
		n = df_spec_docnumber(de->d_name);
		if (n && (only == 0 || n == only))
			found_add(f, n, de->d_name);
	}
	if (errno) {
		df_fail_errno(e, DF_EXTERNAL, "spec.directory",
		    "cannot read the directory %s", path);
		closedir(dir);
		close(*fd);
		return -1;
	}
	closedir(dir);
	return 0;
}

static void
join(struct df_buf *b, const char *dir, const char *name)
{
	size_t n = strlen(dir);

	while (n > 1 && dir[n - 1] == '/')
		n--;
	df_buf_add(b, dir, n);
	if (n == 0 || dir[n - 1] != '/')
		df_buf_ch(b, '/');
	df_buf_str(b, name);
}

/*
 * D9 outside the directory.  Returns 1 when it was read, 0 when there is none
 * and none was asked for, -1 on failure.
 */
static int
load_holdouts(const char *dir, const char *holdouts, struct df_buf *own,
    struct df_buf *path, size_t max, struct df_err *e)
{
	struct found f = { 0 };
	struct df_buf b = DF_BUF_INIT;
	struct stat st;
	char *real, *base;
	int fd = -1, rc;

	if (holdouts) {
		if (stat(holdouts, &st) == -1)
			return df_fail_errno(e, DF_INPUT, "spec.holdouts",
			    "cannot read %s", holdouts);
		if (!S_ISDIR(st.st_mode)) {
			df_buf_str(path, holdouts);
			return df_read_file(AT_FDCWD, holdouts, own, max, e) ==
			    -1 ? -1 : 1;
		}
		df_buf_str(&b, holdouts);
	} else {
		real = df_real_path(dir, e);
		if (real == NULL)
			return -1;
		base = strrchr(real, '/');
		join(&b, dir, "../../.holdouts");
		df_buf_str(&b, base ? base : "/");
		free(real);
		if (stat(b.s, &st) == -1 || !S_ISDIR(st.st_mode)) {
			df_buf_release(&b);
			return 0;
		}
	}
	rc = scan_dir(b.s, 9, &f, &fd, e);
	if (rc == 0 && f.name[9]) {
		rc = df_read_file(fd, f.name[9], own, max, e) == -1 ? -1 : 1;
		join(path, b.s, f.name[9]);
	} else if (rc == 0 && holdouts)
		rc = df_fail(e, DF_INPUT, "spec.holdouts",
		    "%s holds no D9_*.md", holdouts);
	if (fd != -1)
		close(fd);
	found_free(&f);
	df_buf_release(&b);
	return rc;
}

static int
load(struct df_spec_doc *doc, struct df_buf *own, struct df_buf *path,
    struct found *f, const char *dir, const char *holdouts, size_t max,
    struct df_err *e)
{
	unsigned n, any = 0;
	int fd = -1, rc;

	rc = scan_dir(dir, 0, f, &fd, e);
	if (rc == -1)
		return -1;
	for (n = 1; n < DF_DOCS && rc == 0; n++)
		any += f->name[n] != NULL;
	if (any == 0)
		rc = df_fail(e, DF_INPUT, "spec.directory",
		    "%s holds no specification: no file D1_*.md to D10_*.md",
		    dir);
	for (n = 1; n < DF_DOCS && rc == 0; n++) {
		if (f->name[n] == NULL || (n == 9 && holdouts))
			continue;
		join(&path[n], dir, f->name[n]);
		rc = df_read_file(fd, f->name[n], &own[n], max, e);
		doc[n].s = own[n].s;
	}
	if (rc == 0 && doc[9].s == NULL) {
		rc = load_holdouts(dir, holdouts, &own[9], &path[9], max, e);
		if (rc == 1)
			doc[9].s = own[9].s;
		rc = rc == -1 ? -1 : 0;
	}
	close(fd);
	for (n = 1; n < DF_DOCS; n++) {
		doc[n].n = own[n].n;
		doc[n].path = path[n].n ? path[n].s : NULL;
	}
	return rc;
}

int
df_spec_load_dir(struct df_spec *sp, const char *dir, const char *holdouts,
    size_t max, struct df_err *e)
{
	struct df_spec_doc doc[DF_DOCS];
	struct df_buf path[DF_DOCS], *own;
	struct found f = { 0 };
	struct rd r;
	unsigned n;
	int rc;

	memset(doc, 0, sizeof(doc));
	own = df_calloc(DF_DOCS, sizeof(*own));
	for (n = 0; n < DF_DOCS; n++) {
		df_buf_init(&own[n]);
		df_buf_init(&path[n]);
	}
	rc = load(doc, own, path, &f, dir, holdouts,
	    max ? max : DF_SPEC_DOC_MAX, e);
	if (rc == 0)
		rc = df_spec_read(sp, doc, 0, max, e);
	if (rc == 0) {
		sp->own = own;
		memset(&r, 0, sizeof(r));
		r.sp = sp;
		sp->dir = rd_str(&r, df_str(dir));
		for (n = 1; n < DF_DOCS; n++)
			if (f.twice[n])
				rd_remark(&r, "doc.twice", (struct df_span){
				    (uint8_t)n, 0, 0, 0 },
				    "two files claim D%u: %s is read, %s is "
				    "not", n, f.name[n], f.twice[n]);
	} else {
		for (n = 0; n < DF_DOCS; n++)
			df_buf_release(&own[n]);
		free(own);
	}
	for (n = 0; n < DF_DOCS; n++)
		df_buf_release(&path[n]);
	found_free(&f);
	return rc;
}
