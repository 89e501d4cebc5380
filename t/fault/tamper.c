/*
 * tamper.c - changes one thing of a run after the other, puts it back, and
 * looks each time at what df-verify says.
 *
 *	tamper flip RUN STEP [N]  a bit of every STEP-th byte of each file, of
 *				  every byte of the log and of files of up to
 *				  N bytes; with N, of every other byte of a
 *				  blob too: its hash alone is looked at, by
 *				  the function that df-verify calls
 *	tamper files RUN	  each file longer, shorter, empty, gone, a
 *				  link, swapped, with another mode; each
 *				  directory with more in it
 *	tamper names RUN	  each link wrong; gone, or a copy
 *	tamper cut RUN [FROM]	  the log cut after each byte of its last
 *				  line, or of all from FROM on
 *	tamper line RUN		  a bit of every byte of the last line
 *
 * flip, files and names take a sealed run: df-verify has to end with 6, say
 * BROKEN, and name what was changed.  cut and line take one that is not
 * sealed, whose last event gave no name.  After cut the run has to hold up to
 * an event before its end, and the bytes behind that have to be said; so, or
 * BROKEN, after line.  The last line on stdout says how many changes were
 * tried; those that were not met as they have to be are listed before it, and
 * the exit status is 1.
 *
 * df-verify is the program itself, forked instead of executed: a run has many
 * bytes.  Give the root of trust in the environment.
 */
#define _GNU_SOURCE
#include "base/df.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/schema.h"
#include "evidence/store.h"
#include "forked.h"

#define SHOWN 10

struct entry {
	char *path;		/* below the run */
	mode_t mode;
	size_t size;
};

static char *run, *aside;
static struct entry *all;
static size_t n_all, cap_all;
static unsigned long tried, wrong;
static char said[16384];	/* by the last df-verify, the beginning */

static void die(const char *what) DF_NORETURN;

static void
die(const char *what)
{
	fprintf(stderr, "tamper: %s: %s\n", what, strerror(errno));
	exit(2);
}

static char *
below(const char *path)
{
	struct df_buf b = DF_BUF_INIT;

	df_buf_fmt(&b, "%s/%s", run, path);
	return df_buf_detach(&b);
}

/* ---- what is there ---- */

static int
see(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	const char *rest = path + strlen(run);

	(void)type;
	(void)ftw;
	DF_GROW(all, n_all, cap_all);
	all[n_all].path = df_strdup(*rest ? rest + 1 : ".");
	all[n_all].mode = st->st_mode;
	all[n_all++].size = (size_t)st->st_size;
	return 0;
}

static int
by_path(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->path,
	    ((const struct entry *)b)->path);
}

static void
look_around(void)
{
	if (nftw(run, see, 16, FTW_PHYS) != 0)
		die(run);
	qsort(all, n_all, sizeof(*all), by_path);
}

/* ---- what df-verify says ---- */

static int
verify_path(const char *path)
{
	char name[] = "df-verify", *copy = df_strdup(path);
	char *argv[] = { name, copy, NULL };

	return df_verify_main(2, argv);
}

static int
verify(void)
{
	int code = forked(verify_path, run, said, sizeof(said));

	if (code < 0)
		die("fork");
	return code;
}

/* What each of them would read of the program is read before they fork. */
static void
warm_up(void)
{
	static const char *const schema[] = { "adapter", "attempt",
	    "attempt-host", "boot-host", "commitment", "contract", "decision",
	    "event", "facts", "handoff", "holdout", "pipeline",
	    "policy-result", "profile", "prompt", "report", "run", "seal",
	    "validation" };
	size_t i;

	for (i = 0; i < DF_LEN(schema); i++)
		(void)df_schema_get(schema[i]);
}

static void
complain(int code, const char *what, const char *path, size_t at)
{
	if (++wrong > SHOWN)
		return;
	printf("# %s %s %zu: exit %d, %.*s\n", path, what, at, code,
	    (int)strcspn(said, "\n"), said);
	printf("#   %.300s\n", said + strcspn(said, "\n") + (strchr(said,
	    '\n') != NULL));
}

/* Its exit status is want, it says word, and names one of two. */
static void
expect(int want, const char *word, const char *name, const char *other,
    const char *what, const char *path, size_t at)
{
	int code = verify();

	tried++;
	if (code != want || (word && strstr(said, word) == NULL) ||
	    strstr(said, "VERIFIED") != NULL ||
	    strstr(said, "CONSISTENT") != NULL ||
	    (strstr(said, name) == NULL && (other == NULL ||
	    strstr(said, other) == NULL)))
		complain(code, what, path, at);
}

static const char *
last(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* What of a file has to stand in a complaint about it. */
static const char *
called(const char *path)
{
	return strcmp(path, "log.jsonl") == 0 ? "log" :
	    strncmp(path, "blobs/sha256/", 13) == 0 ? last(path) : path;
}

static void
broken_by(const char *what, const char *path, size_t at)
{
	expect(6, "BROKEN", called(path), NULL, what, path, at);
}

/* ---- bytes ---- */

static int
open_file(const struct entry *f)
{
	char *path = below(f->path);
	int fd;

	if (chmod(path, (f->mode | S_IWUSR) & 07777) < 0 ||
	    (fd = open(path, O_RDWR | O_CLOEXEC)) < 0 ||
	    chmod(path, f->mode & 07777) < 0)
		die(path);
	free(path);
	return fd;
}

static void
put(int fd, const void *p, size_t n, size_t at)
{
	if (pwrite(fd, p, n, (off_t)at) != (ssize_t)n)
		die("pwrite");
}

static char *
get(int fd, size_t n)
{
	char *p = df_malloc(n + 1);

	if (pread(fd, p, n, 0) != (ssize_t)n)
		die("pread");
	return p;
}

static void
flip(int fd, const char *bytes, size_t at)
{
	char c = (char)(bytes[at] ^ (1 << at % 8));

	put(fd, &c, 1, at);
}

/* What df-verify does first with a blob. */
static void
unlike_its_name(struct df_store *s, const struct entry *f, size_t at)
{
	const char *hex = last(f->path);
	struct df_digest d;
	struct df_err e;

	if (df_digest_parse_hex(&d, hex, strlen(hex)) < 0)
		return;
	tried++;
	if (df_store_check(s, &d, NULL, &e) == 0 || e.exit != DF_INTEGRITY ||
	    strstr(e.msg, hex) == NULL) {
		snprintf(said, sizeof(said), "its hash is taken for right\n");
		complain(0, "flipped at", f->path, at);
	}
}

static void
flip_all(size_t step, size_t small)
{
	const struct entry *f;
	struct df_store store;
	struct df_err e;
	size_t i, at;
	char *bytes;
	int fd, whole, dir;

	dir = open(run, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 || df_store_open(&store, dir, 0, &e) < 0)
		die(run);
	for (i = 0; i < n_all; i++) {
		f = &all[i];
		if (!S_ISREG(f->mode) || f->size == 0)
			continue;
		fd = open_file(f);
		bytes = get(fd, f->size);
		whole = f->size <= small || (small && strcmp(f->path,
		    "log.jsonl") == 0);
		for (at = 0; at < f->size; at += whole || small ? 1 : step) {
			flip(fd, bytes, at);
			if (whole || at % step == 0)
				broken_by("flipped at", f->path, at);
			else
				unlike_its_name(&store, f, at);
			put(fd, bytes + at, 1, at);
		}
		free(bytes);
		close(fd);
	}
	df_store_close(&store);
	close(dir);
}

/* ---- files ---- */

static void
change_length(const struct entry *f)
{
	int fd = open_file(f);
	char *bytes = get(fd, f->size);

	put(fd, "x", 1, f->size);
	broken_by("with a byte more at", f->path, f->size);
	if (f->size > 0) {
		if (ftruncate(fd, (off_t)f->size - 1) < 0)
			die(f->path);
		broken_by("cut at", f->path, f->size - 1);
		if (ftruncate(fd, 0) < 0)
			die(f->path);
		broken_by("cut at", f->path, 0);
	}
	put(fd, bytes, f->size, 0);
	if (ftruncate(fd, (off_t)f->size) < 0)
		die(f->path);
	free(bytes);
	close(fd);
}

static void
take_away(const struct entry *f)
{
	char *path = below(f->path);
	/* Without a log a directory is no run. */
	int is_log = strcmp(f->path, "log.jsonl") == 0;

	if (rename(path, aside) < 0)
		die(path);
	expect(is_log ? 3 : 6, is_log ? NULL : "BROKEN", called(f->path),
	    NULL, "gone", f->path, 0);
	if (symlink(aside, path) < 0)
		die(path);
	broken_by("a link", f->path, 0);
	if (unlink(path) < 0 || mkdir(path, 0755) < 0)
		die(path);
	broken_by("a directory", f->path, 0);
	if (rmdir(path) < 0 || rename(aside, path) < 0)
		die(path);
	free(path);
}

static void
change_mode(const struct entry *f)
{
	char *path = below(f->path);
	mode_t mode = f->mode & 07777;

	if (chmod(path, mode ^ S_IXOTH) < 0)
		die(path);
	broken_by("with another mode", f->path, 0);
	if (chmod(path, mode) < 0)
		die(path);
	free(path);
}

static void
swap(const struct entry *f, const struct entry *g)
{
	char *a = below(f->path), *b = below(g->path);

	if (renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) < 0)
		die(a);
	expect(6, "BROKEN", called(f->path), called(g->path), "swapped",
	    f->path, 0);
	if (renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) < 0)
		die(a);
	free(a);
	free(b);
}

/* A file, a directory, a fifo and a link too many. */
static void
add_to(const struct entry *d)
{
	static const char *const name[] = { "more", ".tmp-1-0", "0f" };
	struct df_buf b = DF_BUF_INIT;
	const char *path;
	size_t i;
	int fd;

	for (i = 0; i < DF_LEN(name); i++) {
		df_buf_reset(&b);
		df_buf_fmt(&b, "%s/%s/%s", run, d->path, name[i]);
		path = b.s;
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0444);
		if (fd < 0)
			die(path);
		close(fd);
		broken_by("added to", name[i], i);
		if (unlink(path) < 0 || mkdir(path, 0755) < 0)
			die(path);
		broken_by("added as a directory to", name[i], i);
		if (rmdir(path) < 0 || mkfifo(path, 0444) < 0)
			die(path);
		broken_by("added as a fifo to", name[i], i);
		if (unlink(path) < 0 || symlink("run.json", path) < 0)
			die(path);
		broken_by("added as a link to", name[i], i);
		if (unlink(path) < 0)
			die(path);
	}
	df_buf_release(&b);
}

static void
files(void)
{
	const struct entry *f, *before = NULL;
	size_t i;

	for (i = 0; i < n_all; i++) {
		f = &all[i];
		if (S_ISLNK(f->mode))
			continue;
		if (strcmp(f->path, ".") != 0)
			change_mode(f);
		if (S_ISDIR(f->mode)) {
			add_to(f);
			continue;
		}
		change_length(f);
		take_away(f);
		if (before)
			swap(before, f);
		before = f;
	}
}

/* ---- names ---- */

static void
replace(const char *path, const char *target)
{
	if (unlink(path) < 0 || symlink(target, path) < 0)
		die(path);
}

/* It holds all the same, and that is said. */
static void
said_of(const char *what, const char *path)
{
	int code = verify();

	tried++;
	if (code != 0 || strncmp(said, "note: ", 6) != 0 ||
	    strstr(said, path) == NULL)
		complain(code, what, path, 0);
}

static void
change_link(const struct entry *f, const char *other)
{
	char *path = below(f->path), was[PATH_MAX], *bytes;
	struct df_buf b = DF_BUF_INIT;
	struct stat st;
	ssize_t k;
	int fd;

	k = readlink(path, was, sizeof(was) - 1);
	if (k < 0)
		die(path);
	was[k] = '\0';
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		die(path);
	bytes = get(fd, (size_t)st.st_size);
	close(fd);
	/* another blob; the same one by another way */
	df_buf_add(&b, was, (size_t)(last(was) - was));
	df_buf_str(&b, other);
	replace(path, b.s);
	broken_by("is another link", f->path, 0);
	df_buf_reset(&b);
	df_buf_fmt(&b, "./%s", was);
	replace(path, b.s);
	broken_by("is a longer link", f->path, 0);
	df_buf_reset(&b);
	df_buf_fmt(&b, "%s/blobs/sha256/%s", run, last(was));
	replace(path, b.s);
	broken_by("is an absolute link", f->path, 0);
	/* a file with other bytes, with these, nothing */
	if (unlink(path) < 0 || (fd = open(path, O_RDWR | O_CREAT, 0444)) < 0)
		die(path);
	put(fd, "x", 1, 0);
	broken_by("is a file", f->path, 0);
	put(fd, bytes, (size_t)st.st_size, 0);
	if (ftruncate(fd, st.st_size) < 0)
		die(path);
	close(fd);
	said_of("is a copy", f->path);
	if (unlink(path) < 0)
		die(path);
	said_of("is not there", f->path);
	if (symlink(was, path) < 0)
		die(path);
	df_buf_release(&b);
	free(bytes);
	free(path);
}

static void
names(void)
{
	char *path, was[PATH_MAX], other[PATH_MAX] = "";
	size_t i;
	ssize_t k;

	for (i = n_all; i-- > 0; ) {
		if (!S_ISLNK(all[i].mode))
			continue;
		path = below(all[i].path);
		k = readlink(path, was, sizeof(was) - 1);
		free(path);
		if (k < 0)
			die(all[i].path);
		was[k] = '\0';
		if (*other && strcmp(other, last(was)) != 0)
			change_link(&all[i], other);
		snprintf(other, sizeof(other), "%s", last(was));
	}
}

/* ---- the end of the log ---- */

/* It holds up to an event before its end, and the rest is said; or may_break
   and is broken. */
static void
met(int may_break, const char *what, size_t at)
{
	int code = verify();
	int torn = strstr(said, "note: log.jsonl: ") != NULL;

	tried++;
	if (!(code == 0 && torn && strstr(said, "\nVERIFIED ") != NULL) &&
	    !(may_break && code == 6 && strstr(said, "BROKEN\n") != NULL))
		complain(code, what, "log.jsonl", at);
}

static const struct entry *
the_log(void)
{
	size_t i;

	for (i = 0; i < n_all; i++)
		if (strcmp(all[i].path, "log.jsonl") == 0)
			return &all[i];
	errno = ENOENT;
	die("log.jsonl");
}

static size_t
begin_of_last(const char *bytes, size_t n)
{
	for (n--; n > 0 && bytes[n - 1] != '\n'; n--)
		;
	return n;
}

static void
cut(size_t from)
{
	const struct entry *f = the_log();
	int fd = open_file(f);
	char *bytes = get(fd, f->size);
	size_t at, line = begin_of_last(bytes, f->size);

	for (at = from ? from : line + 1; at < f->size; at++) {
		if (ftruncate(fd, (off_t)at) < 0)
			die("ftruncate");
		met(0, "cut at", at);
		put(fd, bytes + at, f->size - at, at);
	}
	free(bytes);
	close(fd);
}

static void
line(void)
{
	const struct entry *f = the_log();
	int fd = open_file(f);
	char *bytes = get(fd, f->size);
	size_t at;

	for (at = begin_of_last(bytes, f->size); at < f->size; at++) {
		flip(fd, bytes, at);
		met(1, "flipped at", at);
		put(fd, bytes + at, 1, at);
	}
	free(bytes);
	close(fd);
}

int
main(int argc, char **argv)
{
	const char *verb = argc > 2 ? argv[1] : "";
	struct df_buf b = DF_BUF_INIT;
	long k = argc > 3 ? strtol(argv[3], NULL, 10) : 0;
	long n = argc > 4 ? strtol(argv[4], NULL, 10) : 0;

	run = argc > 2 ? realpath(argv[2], NULL) : NULL;
	if (run == NULL || k < 0 || n < 0)
		die("tamper VERB RUN [N...]");
	df_buf_fmt(&b, "%s.aside", run);
	aside = b.s;
	look_around();
	warm_up();
	if (strcmp(verb, "flip") == 0 && k > 0)
		flip_all((size_t)k, (size_t)n);
	else if (strcmp(verb, "files") == 0)
		files();
	else if (strcmp(verb, "names") == 0)
		names();
	else if (strcmp(verb, "cut") == 0)
		cut((size_t)k);
	else if (strcmp(verb, "line") == 0)
		line();
	else
		die(verb);
	printf("%lu changes, %lu not met\n", tried, wrong);
	return wrong || tried == 0;
}
