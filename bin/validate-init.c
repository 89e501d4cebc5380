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
#include <unistd.h>

#include "base/file.h"
#include "base/opt.h"
#include "base/out.h"
#include "spec/spec.h"
#include "validate.h"

#define TEMPLATE_MAX ((size_t)1 << 20)

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

/* Nothing of a specification may be there. */
static int
is_free(int fd, const char *path, struct df_err *e)
{
	DIR *dir = fdopendir(fcntl(fd, F_DUPFD_CLOEXEC, 3));
	struct dirent *d;
	int r = 0;

	if (dir == NULL)
		return df_fail_errno(e, DF_EXTERNAL, "init.directory",
		    "cannot read the directory %s", path);
	while (r == 0 && (errno = 0, d = readdir(dir)) != NULL)
		if (df_spec_docnumber(d->d_name))
			r = df_fail(e, DF_CONFLICT, "init.exists",
			    "%s holds %s already", path, d->d_name);
	if (r == 0 && errno)
		r = df_fail_errno(e, DF_EXTERNAL, "init.directory",
		    "cannot read the directory %s", path);
	closedir(dir);
	return r;
}

/* All under temporary names first; then each gets its own, or none keeps it. */
static int
write_all(int fd, const struct df_buf text[DF_DOCS], struct df_err *e)
{
	char temp[48];
	unsigned i, done = 1;
	struct df_err ignored;
	int sub, r = 0;

	snprintf(temp, sizeof(temp), ".tmp-init-%ld", (long)getpid());
	if (mkdirat(fd, temp, 0777) < 0 ||
	    (sub = openat(fd, temp, O_RDONLY | O_DIRECTORY | O_CLOEXEC |
	    O_NOFOLLOW)) < 0)
		return df_fail_errno(e, DF_EXTERNAL, "init.directory",
		    "cannot make a directory");
	for (i = 1; i < DF_DOCS && r == 0; i++)
		r = df_create_file(sub, df_spec_docname(i), text[i].s,
		    text[i].n, 0666, e);
	for (; done < DF_DOCS && r == 0; done += r == 0)
		r = df_rename_new(sub, df_spec_docname(done), fd,
		    df_spec_docname(done), e);
	while (r < 0 && --done)
		(void)unlinkat(fd, df_spec_docname(done), 0);
	close(sub);
	if (df_remove_tree(fd, temp, r < 0 ? &ignored : e) < 0)
		r = -1;
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
	int fd, r, made = mkdir(dir, 0777) == 0;

	if (!made && errno != EEXIST)
		return df_fail_errno(e, errno == ENOENT || errno == ENOTDIR ?
		    DF_INPUT : DF_EXTERNAL, "init.directory",
		    "cannot make %s", dir);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return df_fail_errno(e, DF_INPUT, "init.directory",
		    "cannot read the directory %s", dir);
	r = is_free(fd, dir, e);
	if (r == 0)
		r = write_all(fd, text, e);
	close(fd);
	if (r < 0 && made)
		(void)rmdir(dir);
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
