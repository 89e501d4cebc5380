/*
 * df-archive - read and write bundles: the one program that has libarchive.
 *
 *	df-archive pack NAME FILE	in a run's directory; the paths to
 *					take on stdin, sorted, a NUL after
 *					each; with --since TEXT, since.json
 *					is that text and since.jsonl the log
 *					from byte --from on
 *	df-archive unpack DIR		a bundle on stdin into an empty
 *					directory; writes the run's name
 *
 * Not meant to be called by hand: df-freeze and df-verify do.
 */
#define _GNU_SOURCE
#include "base/df.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/out.h"
#include "base/opt.h"
#include "base/text.h"

#define ENTRIES_MAX 2000000
#define LEVEL "3"		/* of zstd: part of what a bundle's bytes are */

static int64_t o_bytes = (int64_t)64 << 30, o_entries = ENTRIES_MAX;
static int64_t o_ratio = 1000, o_from;
static const char *o_since;

static int
lib_fail(struct archive *a, int exit, const char *what, struct df_err *e)
{
	/* Of a write(2) that failed its text only says that it did. */
	if (exit == DF_EXTERNAL && archive_errno(a) > 0)
		return df_fail(e, exit, "bundle", "%s: %s", what,
		    strerror(archive_errno(a)));
	return df_fail(e, exit, "bundle", "%s: %s", what,
	    archive_error_string(a) ? archive_error_string(a) :
	    "cannot be read");
}

static void
lib_die(struct archive *a, int exit, const char *what)
{
	struct df_err e;

	(void)lib_fail(a, exit, what, &e);
	df_die(&e);
}

/* ---- writing ---- */

struct pack {
	struct archive *a;
	struct archive_entry *en;	/* of the entry at hand */
	const char *name;		/* the run's */
};

static void
begin_entry(struct pack *p, const char *path, unsigned type, unsigned mode)
{
	struct df_buf full = DF_BUF_INIT;

	archive_entry_clear(p->en);
	df_buf_fmt(&full, "%s%s%s", p->name, *path ? "/" : "", path);
	if (type == AE_IFDIR)
		df_buf_ch(&full, '/');
	archive_entry_set_pathname(p->en, full.s);
	archive_entry_set_filetype(p->en, type);
	archive_entry_set_perm(p->en, mode);
	archive_entry_set_mtime(p->en, 0, 0);
	archive_entry_set_uid(p->en, 0);
	archive_entry_set_gid(p->en, 0);
	archive_entry_set_uname(p->en, "");
	archive_entry_set_gname(p->en, "");
	archive_entry_set_size(p->en, 0);
	df_buf_release(&full);
}

static int
end_entry(struct pack *p, struct df_err *e)
{
	if (archive_write_header(p->a, p->en) != ARCHIVE_OK)
		return lib_fail(p->a, DF_EXTERNAL, "writing the bundle", e);
	return 0;
}

static int
pack_bytes(struct pack *p, int fd, const char *path, int64_t left,
    struct df_err *e)
{
	char buf[65536];
	ssize_t n;

	while (left > 0 && (n = read(fd, buf, sizeof(buf))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || n > left)
			return df_fail(e, DF_EXTERNAL, "bundle",
			    "%s changed or cannot be read", path);
		if (archive_write_data(p->a, buf, (size_t)n) != n)
			return lib_fail(p->a, DF_EXTERNAL,
			    "writing the bundle", e);
		left -= n;
	}
	if (left)
		return df_fail(e, DF_INTEGRITY, "bundle", "%s became shorter",
		    path);
	return 0;
}

/* The bytes of a file from some on, under that name. */
static int
pack_file(struct pack *p, const char *file, const char *path, int64_t from,
    struct df_err *e)
{
	struct stat st;
	int fd, r;

	fd = openat(AT_FDCWD, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || lseek(fd, from, SEEK_SET) < 0)
		return df_fail_errno(e, DF_EXTERNAL, "bundle", "%s", file);
	begin_entry(p, path, AE_IFREG, strcmp(path, "log.jsonl") == 0 ?
	    0644 : 0444);
	archive_entry_set_size(p->en, st.st_size - from);
	r = end_entry(p, e);
	if (r == 0)
		r = pack_bytes(p, fd, file, st.st_size - from, e);
	close(fd);
	return r;
}

static int
pack_text(struct pack *p, const char *path, const char *text,
    struct df_err *e)
{
	size_t n = strlen(text);

	begin_entry(p, path, AE_IFREG, 0444);
	archive_entry_set_size(p->en, (int64_t)n);
	if (end_entry(p, e) < 0)
		return -1;
	if (archive_write_data(p->a, text, n) != (ssize_t)n)
		return lib_fail(p->a, DF_EXTERNAL, "writing the bundle", e);
	return 0;
}

static int
pack_one(struct pack *p, const char *path, struct df_err *e)
{
	char target[PATH_MAX];
	struct stat st;
	ssize_t n;

	if (o_since && strcmp(path, "since.json") == 0)
		return pack_text(p, path, o_since, e);
	if (o_since && strcmp(path, "since.jsonl") == 0)
		return pack_file(p, "log.jsonl", path, o_from, e);
	if (lstat(path, &st) < 0)
		return df_fail(e, DF_INTEGRITY, "bundle", "%s is missing "
		    "(df-store names makes links)", path);
	if (S_ISREG(st.st_mode))
		return pack_file(p, path, path, 0, e);
	n = S_ISLNK(st.st_mode) ? readlink(path, target, sizeof(target) - 1) :
	    -1;
	if (n < 0)
		return df_fail(e, DF_INTEGRITY, "bundle",
		    "%s is neither file nor link", path);
	target[n] = '\0';
	begin_entry(p, path, AE_IFLNK, 0777);
	archive_entry_set_symlink(p->en, target);
	return end_entry(p, e);
}

/* The directories of path that the one before did not have. */
static int
pack_dirs(struct pack *p, const char *before, const char *path,
    struct df_err *e)
{
	const char *s;
	char *dir;
	size_t n;

	for (s = strchr(path, '/'); s; s = strchr(s + 1, '/')) {
		n = (size_t)(s - path) + 1;
		if (strncmp(before, path, n) == 0)
			continue;
		dir = df_strndup(path, n - 1);
		begin_entry(p, dir, AE_IFDIR, 0755);
		free(dir);
		if (end_entry(p, e) < 0)
			return -1;
	}
	return 0;
}

static int
pack_all(struct pack *p, const struct df_buf *list, struct df_err *e)
{
	const char *s, *end = list->s + list->n, *before = "";

	begin_entry(p, "", AE_IFDIR, 0755);
	if (end_entry(p, e) < 0)
		return -1;
	for (s = list->s; s < end; s += strlen(s) + 1) {
		if (!df_name_ok(s, strlen(s)) || strcmp(before, s) >= 0)
			return df_fail(e, DF_USAGE, "bundle", "the list of "
			    "paths is not sorted, or has what is no path of a "
			    "run");
		if (pack_dirs(p, before, s, e) < 0 || pack_one(p, s, e) < 0)
			return -1;
		before = s;
	}
	return 0;
}

/* The bundle into fd, which is path. */
static int
write_bundle(int fd, const char *path, const char *name,
    const struct df_buf *list, struct df_err *e)
{
	struct pack p = { archive_write_new(), archive_entry_new(), name };
	int r = 0;

	if (archive_write_set_format_pax_restricted(p.a) != ARCHIVE_OK ||
	    archive_write_add_filter_zstd(p.a) != ARCHIVE_OK ||
	    archive_write_set_filter_option(p.a, "zstd", "compression-level",
	    LEVEL) != ARCHIVE_OK || archive_write_open_fd(p.a, fd) !=
	    ARCHIVE_OK)
		r = lib_fail(p.a, DF_EXTERNAL, path, e);
	if (r == 0)
		r = pack_all(&p, list, e);
	if (r == 0 && archive_write_close(p.a) != ARCHIVE_OK)
		r = lib_fail(p.a, DF_EXTERNAL, path, e);
	archive_entry_free(p.en);
	archive_write_free(p.a);
	return r < 0 ? -1 : df_sync_data(fd, path, e);
}

static int
pack(char **operand, size_t n)
{
	struct df_buf list = DF_BUF_INIT, tmp = DF_BUF_INIT;
	struct df_err e;
	int fd, r;

	if (n != 2)
		df_usage("pack NAME FILE");
	if (df_read_fd(STDIN_FILENO, &list, (size_t)1 << 30, "stdin", &e) < 0)
		df_die(&e);
	if (access(operand[1], F_OK) == 0)
		df_diex(DF_CONFLICT, "bundle", "%s exists already",
		    operand[1]);
	df_buf_fmt(&tmp, "%s.tmp-%ld", operand[1], (long)getpid());
	fd = open(tmp.s, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		df_diex(DF_EXTERNAL, "bundle", "%s: %s", tmp.s,
		    strerror(errno));
	r = write_bundle(fd, tmp.s, operand[0], &list, &e);
	close(fd);
	if (r == 0)
		r = df_rename_new(AT_FDCWD, tmp.s, AT_FDCWD, operand[1], &e);
	if (r < 0) {
		(void)unlink(tmp.s);
		df_die(&e);
	}
	df_buf_release(&list);
	df_buf_release(&tmp);
	return DF_OK;
}

/* ---- reading ---- */

struct unpack {
	struct archive *a;
	int dir;
	char name[64];			/* of the run: the top directory */
	struct df_map seen;		/* paths in lower case */
	struct df_arena arena;
	uint64_t entries, bytes;
	int have_log;
};

static void
refuse(const char *path, const char *why)
{
	struct df_buf b = DF_BUF_INIT;

	df_text_foreign(&b, path, strlen(path), DF_TEXT_LINE, 0, 200);
	df_diex(DF_INPUT, "bundle", "%s: %s", b.s, why);
}

/* By errno: the bundle has what cannot be made, or it is not its doing. */
static void
cannot_make(const char *path)
{
	int was = errno;

	if (was == EEXIST || was == ENOENT || was == ENOTDIR || was == ELOOP ||
	    was == EXDEV || was == ENAMETOOLONG)
		refuse(path, strerror(was));
	df_diex(DF_EXTERNAL, "bundle", "%s: %s", path, strerror(was));
}

/* The path below the run, or NULL for the run's own directory. */
static const char *
below(struct unpack *u, const char *full)
{
	const char *slash = strchr(full, '/');
	size_t n = slash ? (size_t)(slash - full) : strlen(full);

	if (u->name[0] == '\0') {
		if (n == 0 || n >= sizeof(u->name) || !df_name_ok(full, n) ||
		    strncmp(full, "r-", 2) != 0)
			refuse(full, "not below a directory named as a run");
		memcpy(u->name, full, n);
	}
	if (strlen(u->name) != n || memcmp(u->name, full, n) != 0)
		refuse(full, "not below the directory of the first entry");
	return slash && slash[1] ? slash + 1 : NULL;
}

/* Nothing twice, and nothing that some file systems hold equal. */
static void
claim(struct unpack *u, const char *path, const char *full)
{
	size_t n = strlen(path), i;
	char *low = df_arena_str(&u->arena, path, n);

	for (i = 0; i < n; i++)
		if (low[i] >= 'A' && low[i] <= 'Z')
			low[i] = (char)(low[i] - 'A' + 'a');
	if (df_map_set(&u->seen, low, n, 1) != DF_MAP_NONE)
		refuse(full, "the name is there twice, or differs only in "
		    "letter case");
}

static int
is_blob(const char *path)
{
	struct df_digest d;

	return strncmp(path, "blobs/sha256/", 13) == 0 &&
	    df_digest_parse_hex(&d, path + 13, strlen(path + 13)) == 0;
}

/* "../" for each "/" in path, then the name of a blob. */
static int
is_target(const char *path, const char *target)
{
	for (; *path; path++)
		if (*path == '/') {
			if (strncmp(target, "../", 3) != 0)
				return 0;
			target += 3;
		}
	return is_blob(target);
}

static void
count_bytes(struct unpack *u, uint64_t n, const char *full)
{
	int64_t in = archive_filter_bytes(u->a, -1);

	u->bytes += n;
	if (u->bytes > (uint64_t)o_bytes)
		refuse(full, "more bytes than allowed");
	if (u->bytes > ((uint64_t)64 << 20) && in > 0 && u->bytes /
	    (uint64_t)in > (uint64_t)o_ratio)
		refuse(full, "it unpacks to far more than any run");
}

static void
unpack_file(struct unpack *u, const char *path, const char *full)
{
	char buf[65536];
	struct df_err e;
	ssize_t n;
	int fd;

	if (strcmp(path, "log.jsonl") == 0 || strcmp(path, "since.jsonl") == 0)
		u->have_log = 1;
	fd = df_open_beneath(u->dir, path, O_WRONLY | O_CREAT | O_EXCL, 1);
	if (fd < 0)
		cannot_make(full);
	while ((n = archive_read_data(u->a, buf, sizeof(buf))) > 0) {
		count_bytes(u, (uint64_t)n, full);
		if (df_write_fd(fd, buf, (size_t)n, path, &e) < 0)
			df_die(&e);
	}
	if (n < 0)
		lib_die(u->a, DF_INPUT, full);
	if (fchmod(fd, strcmp(path, "log.jsonl") == 0 ? 0644 : 0444) < 0)
		df_diex(DF_EXTERNAL, "bundle", "fchmod");
	close(fd);
}

static void
unpack_link(struct unpack *u, struct archive_entry *en, const char *path,
    const char *full)
{
	const char *target = archive_entry_symlink(en);

	if (target == NULL || !is_target(path, target))
		refuse(full, "a link that is no name of a run");
	if (symlinkat(target, u->dir, path) < 0)
		cannot_make(full);
}

static void
unpack_dir(struct unpack *u, const char *path, const char *full)
{
	char *dir = df_strdup(path);
	size_t n = strlen(dir);

	if (n && dir[n - 1] == '/')
		dir[n - 1] = '\0';
	if (!df_name_ok(dir, strlen(dir)))
		refuse(full, "no name of a run");
	claim(u, dir, full);
	if (mkdirat(u->dir, dir, 0755) < 0 || fchmodat(u->dir, dir, 0755, 0) <
	    0)
		cannot_make(full);
	free(dir);
}

static void
unpack_entry(struct unpack *u, struct archive_entry *en)
{
	const char *full = archive_entry_pathname(en), *path;
	mode_t type = archive_entry_filetype(en);

	if (full == NULL)
		df_diex(DF_INPUT, "bundle", "an entry without a name");
	if (++u->entries > (uint64_t)o_entries)
		refuse(full, "more entries than allowed");
	if (archive_entry_hardlink(en))
		refuse(full, "a hard link");
	path = below(u, full);
	if (path == NULL) {
		if (type != AE_IFDIR || u->entries > 1)
			refuse(full, "the run itself has to be a directory");
		return;
	}
	if (type == AE_IFDIR) {
		unpack_dir(u, path, full);
		return;
	}
	if (!df_name_ok(path, strlen(path)))
		refuse(full, "no name of a run");
	claim(u, path, full);
	if (type == AE_IFREG && (strncmp(path, "blobs/", 6) != 0 ||
	    is_blob(path)))
		unpack_file(u, path, full);
	else if (type == AE_IFLNK && strncmp(path, "blobs/", 6) != 0 &&
	    strcmp(path, "log.jsonl") != 0)
		unpack_link(u, en, path, full);
	else
		refuse(full, "neither a file, link nor directory of a run");
}

static int
unpack(char **operand, size_t n)
{
	struct unpack u = { .dir = -1 };
	struct archive_entry *en;
	int r;

	if (n != 1)
		df_usage("unpack DIR");
	u.dir = open(operand[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (u.dir < 0)
		df_diex(DF_EXTERNAL, "bundle", "%s: %s", operand[0],
		    strerror(errno));
	umask(022);
	u.a = archive_read_new();
	if (archive_read_support_format_tar(u.a) != ARCHIVE_OK ||
	    archive_read_support_filter_zstd(u.a) < ARCHIVE_WARN ||
	    archive_read_support_filter_none(u.a) != ARCHIVE_OK ||
	    archive_read_open_fd(u.a, STDIN_FILENO, 65536) != ARCHIVE_OK)
		lib_die(u.a, DF_INPUT, "not a bundle");
	while ((r = archive_read_next_header(u.a, &en)) == ARCHIVE_OK)
		unpack_entry(&u, en);
	if (r != ARCHIVE_EOF)
		lib_die(u.a, DF_INPUT, "the bundle");
	if (!u.have_log)
		df_diex(DF_INPUT, "bundle", "not a bundle of a run: no "
		    "log.jsonl");
	archive_read_free(u.a);
	df_map_release(&u.seen);
	df_arena_release(&u.arena);
	close(u.dir);
	df_out(u.name);
	return DF_OK;
}

static const struct df_opt pack_opts[] = {
	{ 0, "since", "TEXT", "an incremental bundle: its since.json",
	    DF_OPT_STR, &o_since, 0, 0 },
	{ 0, "from", "N", "its log begins with that byte of the run's",
	    DF_OPT_INT, &o_from, 0, INT64_MAX },
	DF_ARG_END
};
static const struct df_opt unpack_opts[] = {
	{ 0, "max-bytes", "N", "unpacked bytes at most", DF_OPT_INT, &o_bytes,
	    1, INT64_MAX },
	{ 0, "max-entries", "N", "entries at most", DF_OPT_INT, &o_entries,
	    1, INT64_MAX },
	{ 0, "max-ratio", "N", "unpacked to packed bytes at most",
	    DF_OPT_INT, &o_ratio, 1, INT64_MAX },
	DF_ARG_END
};
static const struct df_verb verbs[] = {
	{ "pack", "NAME FILE", "write a bundle of the paths on stdin",
	    pack_opts, pack },
	{ "unpack", "DIR", "read a bundle on stdin into an empty directory",
	    unpack_opts, unpack },
	{ NULL, NULL, NULL, NULL, NULL }
};
static const struct df_opt opts[] = { DF_ARG_END };
static const struct df_tool tool = {
	"df-archive", "pack|unpack ...",
	"Read and write bundles for df-freeze and df-verify.",
	opts, verbs,
	DF_EXIT(DF_OK) | DF_EXIT(DF_USAGE) | DF_EXIT(DF_INPUT) |
	    DF_EXIT(DF_INTEGRITY) | DF_EXIT(DF_CONFLICT) |
	    DF_EXIT(DF_EXTERNAL),
	NULL
};

int
main(int argc, char **argv)
{
	return df_out_end(df_opt_run(&tool, argc, argv));
}
