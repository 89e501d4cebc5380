/*
 * An empty specification.
 */
#include "base/df.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/opt.h"
#include "base/out.h"
#include "run/place.h"
#include "spec/spec.h"
#include "validate.h"

#define TEMPLATE_MAX ((size_t)1 << 20)

static mode_t mask;

/* The templates, as they are installed. */
static int
read_all(struct df_buf text[DF_DOCS], struct df_err *e)
{
	struct df_buf path = DF_BUF_INIT;
	size_t n;
	unsigned i;
	int r = 0;

	df_share_path(&path, "templates/spec/");
	n = path.n;
	for (i = 1; i < DF_DOCS && r == 0; i++) {
		df_buf_cut(&path, n);
		df_buf_str(&path, df_spec_docname(i));
		r = df_read_file(AT_FDCWD, path.s, &text[i], TEMPLATE_MAX, e);
	}
	if (r < 0)
		e->exit = DF_EXTERNAL;	/* not the user's input */
	df_buf_release(&path);
	return r;
}

static int
write_docs(int fd, const struct df_buf text[DF_DOCS], struct df_err *e)
{
	unsigned i;
	int r = 0;

	for (i = 1; i < DF_DOCS && r == 0; i++)
		r = df_replace_file(fd, df_spec_docname(i), text[i].s,
		    text[i].n, 0666 & ~mask, e);
	return r;
}

/* ---- a directory that is not there: it appears with all that is in it ---- */

static int
init_new(const char *parent, const char *name,
    const struct df_buf text[DF_DOCS], struct df_err *e)
{
	struct df_place p;
	int r;

	if (df_place_open(&p, parent, e) < 0)
		return -1;
	r = write_docs(p.dir, text, e);
	if (r == 0 && fchmod(p.dir, 0777 & ~mask) < 0)
		r = df_fail_errno(e, DF_EXTERNAL, "init.directory",
		    "cannot set the mode of %s", name);
	if (r == 0)
		r = df_place_publish(&p, name, e);
	df_place_close(&p);
	return r;
}

/*
 * ---- a directory that is there ----
 *
 * All are written into TEMP first; then each gets its place, and then TEMP
 * goes.  So TEMP says that this was begun, and the next one ends it.
 */

#define TEMP ".df-init"

struct init {
	int fd;
	const char *path;
	const struct df_buf *text;
	int begun;
	uint8_t ours[DF_DOCS];	/* is there, and as we wrote it */
};

static int
is_ours(const struct init *in, unsigned n)
{
	struct df_buf b = DF_BUF_INIT;
	int r;

	r = df_read_file(in->fd, df_spec_docname(n), &b, TEMPLATE_MAX, NULL);
	r = r == 0 && b.n == in->text[n].n &&
	    memcmp(b.s, in->text[n].s, b.n) == 0;
	df_buf_release(&b);
	return r;
}

/* Nothing of a specification may be there but what was begun. */
static int
look(struct init *in, struct df_err *e)
{
	DIR *dir = fdopendir(fcntl(in->fd, F_DUPFD_CLOEXEC, 3));
	struct dirent *d;
	unsigned n;
	int r = 0;

	if (dir == NULL)
		return df_fail_errno(e, DF_EXTERNAL, "init.directory",
		    "cannot read the directory %s", in->path);
	while (r == 0 && (errno = 0, d = readdir(dir)) != NULL) {
		n = df_spec_docnumber(d->d_name);
		if (n == 0)
			continue;
		in->ours[n] = in->begun && strcmp(d->d_name,
		    df_spec_docname(n)) == 0 && is_ours(in, n);
		if (!in->ours[n])
			r = df_fail(e, DF_CONFLICT, "init.exists",
			    "%s holds %s already%s", in->path, d->d_name,
			    in->begun ? ", and the rest of a set that was "
			    "begun (" TEMP ")" : "");
	}
	if (r == 0 && errno)
		r = df_fail_errno(e, DF_EXTERNAL, "init.directory",
		    "cannot read the directory %s", in->path);
	closedir(dir);
	return r;
}

static int
place_docs(struct init *in, struct df_err *e)
{
	unsigned i;
	int sub, r;

	sub = openat(in->fd, TEMP, O_RDONLY | O_DIRECTORY | O_CLOEXEC |
	    O_NOFOLLOW);
	if (sub < 0)
		return df_fail_errno(e, DF_EXTERNAL, "init.directory",
		    "cannot read %s/" TEMP, in->path);
	r = write_docs(sub, in->text, e);
	for (i = 1; i < DF_DOCS && r == 0; i++) {
		if (in->ours[i])
			continue;
		r = df_rename_new(sub, df_spec_docname(i), in->fd,
		    df_spec_docname(i), e);
		in->ours[i] = r == 0 || strcmp(e->code, "file.sync") == 0;
	}
	for (i = 1; i < DF_DOCS && r < 0; i++)
		if (in->ours[i])
			(void)unlinkat(in->fd, df_spec_docname(i), 0);
	close(sub);
	return r;
}

static int
init_there(const char *path, const struct df_buf text[DF_DOCS],
    struct df_err *e)
{
	struct init in = { .path = path, .text = text };
	struct df_err ignored;
	struct stat st;
	int r;

	in.fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (in.fd < 0)
		return df_fail_errno(e, DF_INPUT, "init.directory",
		    "cannot read the directory %s", path);
	r = df_lock(in.fd, 0, path, e);
	if (r == 0) {
		in.begun = fstatat(in.fd, TEMP, &st, AT_SYMLINK_NOFOLLOW) ==
		    0 && S_ISDIR(st.st_mode);
		r = look(&in, e);
	}
	if (r == 0 && !in.begun && mkdirat(in.fd, TEMP, 0777) < 0)
		r = df_fail_errno(e, DF_EXTERNAL, "init.directory",
		    "cannot make a directory in %s", path);
	else if (r == 0) {
		r = place_docs(&in, e);
		if (df_remove_tree(in.fd, TEMP, r < 0 ? &ignored : e) < 0)
			r = -1;
	}
	close(in.fd);
	return r;
}

static void
say(const char *dir)
{
	struct df_buf b = DF_BUF_INIT;
	size_t n = strlen(dir);
	unsigned i;

	while (n > 1 && dir[n - 1] == '/')
		n--;
	for (i = 1; i < DF_DOCS; i++) {
		df_buf_reset(&b);
		df_buf_add(&b, dir, n);
		if (dir[n - 1] != '/')
			df_buf_ch(&b, '/');
		df_buf_str(&b, df_spec_docname(i));
		if (df_args.json)
			df_out_json(df_jset_str(jv_object(), "path", b.s));
		else
			df_out(b.s);
	}
	df_buf_release(&b);
}

static int
init(const char *dir, const struct df_buf text[DF_DOCS], struct df_err *e)
{
	char *path = df_strdup(dir), *slash;
	size_t n = strlen(path);
	struct stat st;
	int r;

	mask = umask(0);
	(void)umask(mask);
	while (n > 1 && path[n - 1] == '/')
		path[--n] = '\0';
	slash = strrchr(path, '/');
	if (lstat(path, &st) == 0 || errno != ENOENT)
		r = init_there(path, text, e);
	else if (slash == NULL)
		r = init_new(".", path, text, e);
	else {
		*slash = '\0';
		r = init_new(slash == path ? "/" : path, slash + 1, text, e);
	}
	free(path);
	return r;
}

int
df_validate_init(const char *dir)
{
	struct df_buf text[DF_DOCS];
	struct df_err e;
	unsigned i;
	int r;

	if (*dir == '\0')
		df_usage("--init needs a directory");
	for (i = 0; i < DF_DOCS; i++)
		df_buf_init(&text[i]);
	r = read_all(text, &e);
	if (r == 0)
		r = init(dir, text, &e);
	for (i = 0; i < DF_DOCS; i++)
		df_buf_release(&text[i]);
	if (r < 0) {
		df_err_print(&e);
		return e.exit;
	}
	say(dir);
	df_note("what is to be filled: df-validate %s", dir);
	return DF_OK;
}
