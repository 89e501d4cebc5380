#define _GNU_SOURCE
#include "base/df.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "inside.h"

#define LOOK_MAX 1000000	/* that are looked at */
#define LOOK_DEPTH 64
#define NAMES 20		/* that are named */

static int
is_channel(unsigned mode)
{
	return S_ISSOCK(mode) || S_ISFIFO(mode);
}

static void
channel(struct df_look *l, const char *path)
{
	if (l->n == 0)
		df_buf_str(&l->first, path);
	if (l->n++ < NAMES) {
		if (l->found.n)
			df_buf_ch(&l->found, ',');
		df_text_json(&l->found, path, strlen(path));
	}
}

static void
look_below(struct df_look *l, int at, const char *name, struct df_buf *path,
    unsigned depth)
{
	size_t was = path->n;
	struct dirent *d;
	struct stat st;
	DIR *dir;
	int fd;

	fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)		/* who runs cannot list it either */
		return;
	dir = fdopendir(fd);
	if (dir == NULL)
		close(fd);
	while (dir && (d = readdir(dir)) != NULL && !l->more) {
		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") ==
		    0)
			continue;
		l->more = ++l->seen > LOOK_MAX;
		st.st_mode = DTTOIF(d->d_type);
		if (d->d_type == DT_UNKNOWN && fstatat(fd, d->d_name, &st,
		    AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (!is_channel(st.st_mode) && !S_ISDIR(st.st_mode))
			continue;
		df_buf_fmt(path, "/%s", d->d_name);
		if (is_channel(st.st_mode))
			channel(l, path->s);
		else if (depth == LOOK_DEPTH)
			l->more = 1;
		else
			look_below(l, fd, d->d_name, path, depth + 1);
		df_buf_cut(path, was);
	}
	if (dir)
		closedir(dir);
}

void
df_look_for_channels(struct df_look *l, const char *const *what, size_t n)
{
	struct df_buf path = DF_BUF_INIT;
	struct stat st;
	size_t i;

	for (i = 0; i < n; i++) {
		if (stat(what[i], &st) < 0)
			continue;
		df_buf_reset(&path);
		df_buf_str(&path, what[i]);
		if (is_channel(st.st_mode))
			channel(l, path.s);
		else if (S_ISDIR(st.st_mode))
			look_below(l, AT_FDCWD, what[i], &path, 0);
	}
	df_buf_release(&path);
}

void
df_look_report(const struct df_look *l, struct df_buf *out)
{
	if (l->more && l->n == 0)
		df_buf_str(out, "null");
	else
		df_buf_fmt(out, "[%s]", l->found.s);
}
