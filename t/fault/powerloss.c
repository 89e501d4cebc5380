/*
 * powerloss.c - what a disk may hold when the power went away, after each
 * call that record.c has written down, and what df-verify says to that.
 *
 *	powerloss RECORD RUNS NOW [EVERY COMMAND]
 *
 * RUNS is the directory, empty when the recording began, whose runs are looked
 * at.  What POSIX promises is little: a file's bytes last when it was synced,
 * and a name when its directory was.  So after each call of the record these
 * disks are made in the directory NOW:
 *
 *	all		all that was done is there (only the process died)
 *	synced		only what was synced
 *	names		all names, but of files only bytes that were synced
 *	half		all names, and half of the bytes that were not synced
 *	zeros		all names and lengths, with zeros for such bytes
 *	bytes		all bytes, but only names that were synced
 *
 * On each disk that differs from the ones before it every run has to verify:
 * df-verify, which is forked, not executed, ends with 0.  On every EVERY-th
 * COMMAND is executed as well, with the disk's runs in NOW, and has to end with
 * 0 too.  When a program has ended, each line of its run's log is synced.
 *
 * The last line on stdout says how many calls, disks and commands there were;
 * what was not as it has to be is listed before it, and the exit status is 1.
 * Give the root of trust in the environment.
 */
#define _GNU_SOURCE
#include "base/df.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "forked.h"

#define SHOWN 10

enum disk { ALL, SYNCED, NAMES, HALF, ZEROS, BYTES, DISKS };
static const char *const disk_name[DISKS] = { "all", "synced", "names",
    "half", "zeros", "bytes" };

struct name {
	char *s;
	size_t inode;
};

/* An inode, as it is and as it lasts. */
struct half {
	struct df_buf bytes;	/* of a file; what a link says */
	struct name *name;	/* of a directory */
	size_t n, cap;
	unsigned mode;
	struct df_digest digest;	/* of bytes */
	int fresh;		/* digest is that of bytes */
};
struct inode {
	uint64_t number;
	char type;		/* f, d, l */
	struct half now, lasts;
};

static struct inode *inode;
static size_t n_inode, cap_inode;

/* What lies in NOW: one disk, as a list of paths. */
struct entry {
	char *path;
	char type;
	unsigned mode;
	struct df_digest digest;	/* of its bytes, or of the link's */
	const struct df_buf *bytes;	/* lent by the inode; NULL: own */
	struct df_buf own;
};
struct list {
	struct entry *v;
	size_t n, cap;
};

static struct list there;
static struct df_map seen;
static struct df_arena arena;
static unsigned long calls, disks, commands, wrong;

static void die(const char *what) DF_NORETURN;

static void
die(const char *what)
{
	fprintf(stderr, "powerloss: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void
complain(const char *disk, const char *what)
{
	if (++wrong <= SHOWN)
		printf("# after call %lu, disk %s: %.300s\n", calls, disk,
		    what);
}

/* ---- inodes ---- */

/* The newest with that number: numbers are used again. */
static size_t
find(uint64_t number)
{
	size_t i;

	for (i = n_inode; i-- > 0;)
		if (inode[i].number == number)
			return i;
	return DF_MAP_NONE;
}

static size_t
add(uint64_t number, char type, unsigned mode)
{
	struct inode *p;

	DF_GROW(inode, n_inode, cap_inode);
	p = &inode[n_inode];
	memset(p, 0, sizeof(*p));
	p->number = number;
	p->type = type;
	p->now.mode = p->lasts.mode = mode;
	df_buf_init(&p->now.bytes);
	df_buf_init(&p->lasts.bytes);
	return n_inode++;
}

static struct name *
lookup(struct half *h, const char *s)
{
	size_t i;

	for (i = 0; i < h->n; i++)
		if (strcmp(h->name[i].s, s) == 0)
			return &h->name[i];
	return NULL;
}

static void
set_name(struct half *h, const char *s, size_t to)
{
	struct name *n = lookup(h, s);

	if (n == NULL) {
		DF_GROW(h->name, h->n, h->cap);
		n = &h->name[h->n++];
		n->s = df_arena_str(&arena, s, strlen(s));
	}
	n->inode = to;
}

static void
drop_name(struct half *h, const char *s)
{
	struct name *n = lookup(h, s);

	if (n)
		*n = h->name[--h->n];
}

/* From now on it lasts as it is. */
static void
sync_inode(struct inode *p)
{
	size_t i;

	if (p->type != 'd') {
		df_buf_reset(&p->lasts.bytes);
		df_buf_add(&p->lasts.bytes, p->now.bytes.s, p->now.bytes.n);
		p->lasts.fresh = 0;
	}
	p->lasts.mode = p->now.mode;
	p->lasts.n = 0;
	for (i = 0; i < p->now.n; i++) {
		DF_GROW(p->lasts.name, p->lasts.n, p->lasts.cap);
		p->lasts.name[p->lasts.n++] = p->now.name[i];
	}
}

static void
write_at(struct inode *p, size_t off, const char *s, size_t n)
{
	struct df_buf *b = &p->now.bytes;

	while (b->n < off)
		df_buf_ch(b, 0);
	if (off + n > b->n) {
		df_buf_cut(b, off);
		df_buf_add(b, s, n);
	} else {
		memcpy(b->s + off, s, n);
	}
	p->now.fresh = 0;
}

/* ---- a disk ---- */

static const struct df_digest *
digest_of(struct half *h)
{
	if (!h->fresh)
		df_sha256(h->bytes.s, h->bytes.n, &h->digest);
	h->fresh = 1;
	return &h->digest;
}

/* The bytes of a file on that disk. */
static void
content(struct inode *p, enum disk d, struct entry *en)
{
	struct df_buf *a = &p->lasts.bytes, *b = &p->now.bytes;
	struct half *h = d == ALL || d == BYTES || p->type == 'l' ? &p->now :
	    &p->lasts;

	en->bytes = &h->bytes;
	if ((d != HALF && d != ZEROS) || b->n <= a->n || p->type == 'l') {
		en->digest = *digest_of(h);
		return;
	}
	df_buf_add(&en->own, a->s, a->n);
	if (d == HALF)
		df_buf_add(&en->own, b->s + a->n, (b->n - a->n) / 2);
	while (d == ZEROS && en->own.n < b->n)
		df_buf_ch(&en->own, 0);
	en->bytes = NULL;
	df_sha256(en->own.s, en->own.n, &en->digest);
}

static void
collect(struct list *l, size_t at, const char *path, enum disk d)
{
	struct half *h = d == SYNCED || d == BYTES ? &inode[at].lasts :
	    &inode[at].now;
	struct df_buf b = DF_BUF_INIT;
	struct inode *p;
	struct entry *en;
	size_t i;

	for (i = 0; i < h->n; i++) {
		p = &inode[h->name[i].inode];
		df_buf_reset(&b);
		df_buf_fmt(&b, "%s%s%s", path, *path ? "/" : "",
		    h->name[i].s);
		DF_GROW(l->v, l->n, l->cap);
		en = &l->v[l->n++];
		memset(en, 0, sizeof(*en));
		df_buf_init(&en->own);
		en->path = df_strdup(b.s);
		en->type = p->type;
		en->mode = d == ALL ? p->now.mode : p->lasts.mode;
		if (p->type == 'd')
			collect(l, h->name[i].inode, b.s, d);
		else
			content(p, d, en);
	}
	df_buf_release(&b);
}

static int
by_path(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->path,
	    ((const struct entry *)b)->path);
}

static void
free_list(struct list *l)
{
	while (l->n > 0) {
		free(l->v[--l->n].path);
		df_buf_release(&l->v[l->n].own);
	}
	free(l->v);
	memset(l, 0, sizeof(*l));
}

/* Was a disk like this one looked at before? */
static int
is_known(const struct list *l)
{
	struct df_digest d, *key;
	struct df_sha256 h;
	size_t i;

	df_sha256_init(&h);
	for (i = 0; i < l->n; i++) {
		df_sha256_add(&h, l->v[i].path, strlen(l->v[i].path) + 1);
		df_sha256_add(&h, &l->v[i].type, 1);
		df_sha256_add(&h, &l->v[i].mode, sizeof(l->v[i].mode));
		df_sha256_add(&h, l->v[i].digest.b, sizeof(d.b));
	}
	df_sha256_end(&h, &d);
	key = df_arena_alloc(&arena, sizeof(*key));
	*key = d;
	return df_map_set(&seen, (const char *)key->b, sizeof(key->b), 1) !=
	    DF_MAP_NONE;
}

static void
remove_entry(const struct entry *en)
{
	if (en->type == 'd' ? rmdir(en->path) : unlink(en->path))
		die(en->path);
}

static void
make_entry(const struct entry *en)
{
	const struct df_buf *b = en->bytes ? en->bytes : &en->own;
	int fd;

	if (en->type == 'd') {
		if (mkdir(en->path, 0700) < 0 || chmod(en->path, en->mode) < 0)
			die(en->path);
		return;
	}
	if (en->type == 'l') {
		if (symlink(b->s, en->path) < 0)
			die(en->path);
		return;
	}
	fd = open(en->path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd < 0 || fchmod(fd, en->mode) < 0)
		die(en->path);
	if (b->n && write(fd, b->s, b->n) != (ssize_t)b->n)
		die(en->path);
	close(fd);
}

static int
same(const struct entry *a, const struct entry *b)
{
	return a->type == b->type && a->mode == b->mode &&
	    df_digest_eq(&a->digest, &b->digest);
}

/* Make of what lies in NOW what l says; l becomes there. */
static void
become(struct list *l)
{
	size_t i, k;
	int c;

	/* What goes, from the end: the content of a directory before it. */
	for (i = there.n, k = l->n; i-- > 0;) {
		while (k > 0 && strcmp(l->v[k - 1].path, there.v[i].path) > 0)
			k--;
		c = k > 0 ? strcmp(l->v[k - 1].path, there.v[i].path) : -1;
		if (c != 0 || (!same(&l->v[k - 1], &there.v[i]) &&
		    there.v[i].type != 'd'))
			remove_entry(&there.v[i]);
	}
	for (i = k = 0; i < l->n; i++) {
		while (k < there.n && strcmp(there.v[k].path, l->v[i].path) <
		    0)
			k++;
		c = k < there.n ? strcmp(there.v[k].path, l->v[i].path) : 1;
		if (c != 0 || (!same(&l->v[i], &there.v[k]) &&
		    l->v[i].type != 'd'))
			make_entry(&l->v[i]);
		else if (l->v[i].mode != there.v[k].mode &&
		    chmod(l->v[i].path, l->v[i].mode) < 0)
			die(l->v[i].path);
	}
	free_list(&there);
	there = *l;
	memset(l, 0, sizeof(*l));
}

/* ---- what is said of it ---- */

static int
verify(const char *run)
{
	char name[] = "df-verify", *path = df_strdup(run);
	char *argv[] = { name, path, NULL };

	return df_verify_main(2, argv);
}

static int
execute(const char *command)
{
	execl(command, command, (char *)NULL);
	return 127;
}

/* It has to end with 0. */
static void
want_yes(int (*fn)(const char *arg), const char *arg, enum disk d)
{
	char said[4096], *p;
	int code = forked(fn, arg, said, sizeof(said));

	if (code < 0)
		die("fork");
	for (p = said; (p = strchr(p, '\n')) != NULL;)
		*p = ' ';
	if (code != 0)
		complain(disk_name[d], said);
}

static void
judge(enum disk d, unsigned long every, const char *command)
{
	size_t i;

	for (i = 0; i < there.n; i++)
		if (strchr(there.v[i].path, '/') == NULL &&
		    strncmp(there.v[i].path, "r-", 2) == 0)
			want_yes(verify, there.v[i].path, d);
	if (command && disks % every == 0) {
		commands++;
		want_yes(execute, command, d);
	}
}

static void
look(unsigned long every, const char *command)
{
	struct list l = { 0 };
	int d;

	for (d = ALL; d < DISKS; d++) {
		collect(&l, 0, "", (enum disk)d);
		if (l.n)
			qsort(l.v, l.n, sizeof(*l.v), by_path);
		if (is_known(&l)) {
			free_list(&l);
			continue;
		}
		become(&l);
		disks++;
		judge((enum disk)d, every, command);
	}
}

/* A program has ended: what it appended is not to be lost. */
static void
ended(void)
{
	size_t i, k, j;

	for (i = 0; i < n_inode; i++)
		for (k = 0; k < inode[i].now.n; k++) {
			j = inode[i].now.name[k].inode;
			if (strcmp(inode[i].now.name[k].s, "log.jsonl") == 0 &&
			    !df_digest_eq(digest_of(&inode[j].now),
			    digest_of(&inode[j].lasts)))
				complain("synced", "a log that is not synced "
				    "when its program has ended");
		}
}

/* ---- the record ---- */

/* The next word of the line, which ends where a NUL is put. */
static const char *
word(char **p)
{
	char *s = *p;

	*p += strcspn(*p, " ");
	if (**p)
		*(*p)++ = '\0';
	return s;
}

static uint64_t
number(char **p, int base)
{
	return strtoull(word(p), NULL, base);
}

/* One record; returns how many bytes follow its line, into *p of an inode. */
static size_t
apply(char *line, size_t *to, size_t *off)
{
	char *p = line, what = *word(&p);
	uint64_t a = strchr("ES", what) ? 0 : number(&p, 10), b;
	size_t i = find(a), k;
	const char *name, *new;
	struct name *n;

	*to = DF_MAP_NONE;
	switch (what) {
	case 'N':
		name = word(&p);
		(void)add(a, *name, (unsigned)number(&p, 8));
		return 0;
	case 'L':
		b = number(&p, 10);
		k = find(b);
		if (i != DF_MAP_NONE && k != DF_MAP_NONE)
			set_name(&inode[i].now, p, k);
		return 0;
	case 'T':
		(void)number(&p, 10);
		df_buf_str(&inode[i].now.bytes, p);
		return 0;
	case 'R':
		name = word(&p);
		k = find(number(&p, 10));
		new = p;
		n = i == DF_MAP_NONE ? NULL : lookup(&inode[i].now, name);
		if (n && k != DF_MAP_NONE)
			set_name(&inode[k].now, new, n->inode);
		if (n && (i != k || strcmp(name, new) != 0))
			drop_name(&inode[i].now, name);
		return 0;
	case 'U':
		if (i != DF_MAP_NONE)
			drop_name(&inode[i].now, p);
		return 0;
	case 'W':
		*to = i;
		*off = (size_t)number(&p, 10);
		return (size_t)number(&p, 10);
	case 'Z':
		k = (size_t)number(&p, 10);
		if (i != DF_MAP_NONE && k < inode[i].now.bytes.n)
			df_buf_cut(&inode[i].now.bytes, k);
		if (i != DF_MAP_NONE)
			inode[i].now.fresh = 0;
		return 0;
	case 'M':
		if (i != DF_MAP_NONE)
			inode[i].now.mode = (unsigned)number(&p, 8);
		return 0;
	case 'F':
		if (i != DF_MAP_NONE)
			sync_inode(&inode[i]);
		return 0;
	case 'S':
		for (i = 0; i < n_inode; i++)
			sync_inode(&inode[i]);
		return 0;
	case 'E':
		ended();
		return 0;
	default:
		errno = EINVAL;
		die(line);
	}
}

static void
replay(struct df_buf *b, unsigned long every, const char *command)
{
	char *p = b->s, *end = b->s + b->n, *lf;
	size_t n, to, off = 0;

	while (p < end && (lf = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		*lf = '\0';
		n = apply(p, &to, &off);
		if (n > (size_t)(end - lf - 1))
			break;
		if (to != DF_MAP_NONE)
			write_at(&inode[to], off, lf + 1, n);
		p = lf + 1 + n;
		calls++;
		look(every, command);
	}
	if (p != end)
		die("the record is cut short");
}

int
main(int argc, char **argv)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_err e;
	struct stat st;
	char *command = NULL;

	if (argc != 4 && argc != 6) {
		fputs("usage: powerloss RECORD RUNS NOW [EVERY COMMAND]\n",
		    stderr);
		return 2;
	}
	umask(022);
	if (df_read_file(AT_FDCWD, argv[1], &b, (size_t)1 << 30, &e) < 0 ||
	    stat(argv[2], &st) < 0)
		die(argv[1]);
	if (argc == 6 && (command = realpath(argv[5], NULL)) == NULL)
		die(argv[5]);
	if (chdir(argv[3]) < 0)
		die(argv[3]);
	(void)add((uint64_t)st.st_ino, 'd', 0755);
	replay(&b, argc == 6 ? strtoul(argv[4], NULL, 10) : 1, command);
	df_buf_release(&b);
	free(command);
	printf("%lu calls, %lu disks, %lu commands, %lu wrong\n", calls,
	    disks, commands, wrong);
	return wrong != 0;
}
