#define _GNU_SOURCE
#include "base/df.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/par.h"
#include "evidence/tree-internal.h"

#define INLINE_MAX ((off_t)1 << 20)	/* larger files are streamed */
#define PATH_LIMIT 4000			/* below PATH_MAX: open(2), git */

/* ---- a directory into the store ---- */

/*
 * One walk, in order, asks, counts and collects; then the files that it has
 * collected are read and written by several threads, and their lines appended
 * in order.  Whatever ends the walk, what was collected before comes first.
 */

#define BATCH 512		/* items */
#define OPEN_DIRS 64		/* that were walked and wait for their files */
#define WORKERS 8
#define WORKER_COST 16		/* what is worth a thread, in small files */
#define COST(size) (1 + (unsigned)((uint64_t)(size) >> 16))

/* A directory until its manifest is stored. */
struct node {
	struct node *up;
	int fd;			/* the root's is the caller's */
	struct df_buf out;
};

struct item {
	struct node *in;
	struct node *end;	/* the directory that ends here, or NULL */
	char *path, *name;	/* name is in path */
	char *target;		/* of a link */
	uint64_t left;		/* bytes that it may have */
	/* of a file, once it was read */
	struct df_digest d;
	uint64_t size;
	mode_t mode;
	nlink_t nlink;
	struct df_err *e;	/* it could not be */
};

struct put {
	struct df_store *s;
	const struct df_tree_opts *o;
	struct df_tree_limits limit;
	struct df_tree_stat *st;
	struct df_buf path;
	dev_t dev;
	const char *what;
	struct df_digest root;
	uint64_t planned;	/* bytes, if all files keep their sizes */
	struct df_arena arena;	/* of the strings of the items */
	struct item *item;
	size_t n, cap;
	size_t cost, files;
	unsigned ends;
	size_t next;		/* item for the next thread */
	int failed;		/* no thread takes another one */
};

struct name {
	char *s;
	size_t n;
};

static int
name_cmp(const void *a, const void *b)
{
	const struct name *x = a, *y = b;

	return df_tree_name_cmp(x->s, x->n, y->s, y->n);
}

static int
bad_entry(const struct put *p, const char *path, const char *why,
    struct df_err *e)
{
	return df_fail(e, DF_INPUT, "tree.entry", "%s: %s: %s", p->what, path,
	    why);
}

static int
bad_errno(const struct put *p, const char *path, struct df_err *e)
{
	return df_fail_errno(e, errno == EACCES || errno == ELOOP ||
	    errno == EXDEV ? DF_INPUT : DF_EXTERNAL, "tree.entry", "%s: %s",
	    p->what, path);
}

static int
open_entry(int dir, const char *name, int flags)
{
	struct open_how how = { 0 };

	how.flags = (unsigned)(flags | O_RDONLY | O_CLOEXEC | O_NOFOLLOW |
	    O_NONBLOCK | O_NOCTTY);
	how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
	    RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
	return (int)syscall(SYS_openat2, dir, name, &how, sizeof(how));
}

static int
too_many_bytes(const struct put *p, const char *path, struct df_err *e)
{
	return df_fail(e, DF_INPUT, "tree.limit",
	    "%s: more than %llu bytes (at %s)", p->what,
	    (unsigned long long)p->limit.bytes, path);
}

/* ---- files, in threads ---- */

/* A file that is as long as it was said to be needs one read(2). */
static int
read_file(const struct put *p, int fd, const struct item *t, size_t expect,
    struct df_buf *b, struct df_err *e)
{
	size_t max = (size_t)INLINE_MAX * 2, want = expect + 1;
	ssize_t n;

	if (t->left < max)
		max = (size_t)t->left;
	df_buf_reset(b);
	for (;;) {
		if (want > max - b->n + 1)
			want = max - b->n + 1;
		n = read(fd, df_buf_room(b, want), want);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return df_fail_errno(e, DF_EXTERNAL, "file.read",
			    "cannot read %s", t->path);
		b->n += (size_t)n;
		b->s[b->n] = '\0';
		if (b->n > max)
			return too_many_bytes(p, t->path, e);
		if (n == 0 || ((size_t)n < want && b->n == expect))
			return 0;
		want = 65536;
	}
}

static int
put_file(const struct put *p, struct item *t, struct df_buf *data,
    struct df_err *e)
{
	const struct df_tree_opts *o = p->o;
	struct stat st;
	int fd, r;

	fd = open_entry(t->in->fd, t->name, 0);
	if (fd < 0)
		return bad_errno(p, t->path, e);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return bad_entry(p, t->path, "changed while it was read", e);
	}
	t->mode = st.st_mode;
	t->nlink = st.st_nlink;
	if (st.st_size <= INLINE_MAX) {
		r = read_file(p, fd, t, (size_t)st.st_size, data, e);
		t->size = data->n;
		if (r == 0 && o && o->file)
			r = o->file(o->arg, t->path, fd, data->s, data->n, e);
		if (r == 0)
			r = df_store_write(p->s, data->s, data->n, &t->d, e);
	} else {
		r = o && o->file ? o->file(o->arg, t->path, fd, NULL, 0, e) :
		    0;
		if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
			r = bad_errno(p, t->path, e);
		if (r == 0) {
			r = df_store_write_fd(p->s, fd, t->left, t->path,
			    &t->d, &t->size, e);
			if (r < 0 && strcmp(e->code, "file.size") == 0)
				r = too_many_bytes(p, t->path, e);
		}
	}
	close(fd);
	return r;
}

/*
 * Take files until there is none.  They are taken in order, so whatever stands
 * before one that failed was taken too.
 */
static int
work(void *arg, size_t from, size_t to, struct df_err *e)
{
	struct df_buf data = DF_BUF_INIT;
	struct put *p = arg;
	struct df_err why;
	struct item *t;
	size_t i;

	(void)from;
	(void)to;
	(void)e;
	while (!__atomic_load_n(&p->failed, __ATOMIC_RELAXED)) {
		i = __atomic_fetch_add(&p->next, 1, __ATOMIC_RELAXED);
		if (i >= p->n)
			break;
		t = &p->item[i];
		if (t->end || t->target || put_file(p, t, &data, &why) == 0)
			continue;
		t->e = df_malloc(sizeof(*t->e));
		*t->e = why;
		__atomic_store_n(&p->failed, 1, __ATOMIC_RELAXED);
	}
	df_buf_release(&data);
	return 0;
}

/* ---- their lines, in order ---- */

static void
drop_node(struct node *d)
{
	if (d->up)
		close(d->fd);
	df_buf_release(&d->out);
	free(d);
}

static int
emit_file(struct put *p, const struct item *t, struct df_err *e)
{
	if (t->e) {
		if (e)
			*e = *t->e;
		return -1;
	}
	p->st->bytes += t->size;
	if (p->st->bytes > p->limit.bytes)
		return too_many_bytes(p, t->path, e);
	if (t->nlink > 1)
		p->st->hardlinks++;
	if (t->mode & (S_ISUID | S_ISGID))
		p->st->setid++;
	df_store_keep(p->s, &t->d);
	df_tree_line(&t->in->out, t->mode & S_IXUSR ? DF_TREE_EXEC :
	    DF_TREE_FILE, t->name, strlen(t->name), &t->d, t->size, NULL);
	return 0;
}

static int
emit_dir(struct put *p, const struct item *t, struct df_err *e)
{
	struct df_digest d;
	size_t size = t->end->out.n;

	if (df_store_put(p->s, t->end->out.s, size, &d, e) < 0)
		return -1;
	if (t->in == NULL)
		p->root = d;
	else if (size || p->o == NULL || !p->o->prune)
		df_tree_line(&t->in->out, DF_TREE_DIR, t->name,
		    strlen(t->name), &d, size, NULL);
	return 0;
}

/* Everything that was collected; all of it is gone afterwards. */
static int
flush(struct put *p, struct df_err *e)
{
	size_t i, k = p->cost / WORKER_COST;
	struct item *t;
	int r;

	if (k > p->files)
		k = p->files;
	if (k > WORKERS)
		k = WORKERS;
	p->next = 0;
	p->failed = 0;
	r = df_parallel(k, 2, work, p, e);
	for (i = 0; i < p->n; i++) {
		t = &p->item[i];
		if (r == 0 && t->target)
			df_tree_line(&t->in->out, DF_TREE_LINK, t->name,
			    strlen(t->name), NULL, 0, t->target);
		else if (r == 0)
			r = t->end ? emit_dir(p, t, e) : emit_file(p, t, e);
		if (t->end)
			drop_node(t->end);
		free(t->e);
	}
	df_arena_release(&p->arena);
	p->n = p->cost = p->files = 0;
	p->ends = 0;
	p->planned = p->st->bytes;
	return r;
}

/* ---- the walk ---- */

/* An item for the entry at p->path, whose name is its last len bytes. */
static struct item *
new_item(struct put *p, struct node *in, size_t len)
{
	struct item *t;

	DF_GROW(p->item, p->n, p->cap);
	t = &p->item[p->n++];
	memset(t, 0, sizeof(*t));
	t->in = in;
	t->path = df_arena_str(&p->arena, p->path.s, p->path.n);
	t->name = t->path + (p->path.n - len);
	return t;
}

static int
add_file(struct put *p, struct node *in, size_t len, uint64_t size,
    struct df_err *e)
{
	struct item *t;

	if (size > p->limit.bytes - p->planned && flush(p, e) < 0)
		return -1;
	/* Known without reading a tebibyte of holes. */
	if (size > p->limit.bytes - p->st->bytes)
		return too_many_bytes(p, p->path.s, e);
	t = new_item(p, in, len);
	t->left = p->limit.bytes - p->planned;
	p->files++;
	p->cost += COST(size);
	if (size > t->left)
		return flush(p, e);
	p->planned += size;
	return 0;
}

static int
add_link(struct put *p, struct node *in, const struct name *nm,
    unsigned depth, struct df_err *e)
{
	char target[PATH_MAX + 1];
	ssize_t n = readlinkat(in->fd, nm->s, target, PATH_MAX);

	if (n < 0)
		return bad_errno(p, p->path.s, e);
	target[n] = '\0';
	if (!df_tree_target_ok(target, depth)) {
		df_fail(e, DF_INPUT, "tree.link",
		    "%s: %s: link to \"%s\" leaves the tree or could",
		    p->what, p->path.s, target);
		return -1;
	}
	if (p->o && p->o->file && p->o->file(p->o->arg, p->path.s, -1, target,
	    strlen(target), e) < 0)
		return -1;
	new_item(p, in, nm->n)->target = df_arena_str(&p->arena, target,
	    strlen(target));
	return 0;
}

static int
read_names(int fd, struct name **v, size_t *n, struct put *p,
    struct df_err *e)
{
	size_t cap = 0;
	struct dirent *d;
	DIR *dir;

	*v = NULL;
	*n = 0;
	fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (fd < 0 || (dir = fdopendir(fd)) == NULL) {
		if (fd >= 0)
			close(fd);
		return bad_errno(p, p->path.s, e);
	}
	rewinddir(dir);
	while (errno = 0, (d = readdir(dir)) != NULL) {
		if (strcmp(d->d_name, ".") == 0 ||
		    strcmp(d->d_name, "..") == 0)
			continue;
		if (*n >= p->limit.entries) {
			closedir(dir);
			return df_fail(e, DF_INPUT, "tree.limit",
			    "%s: more than %llu entries (at %s)", p->what,
			    (unsigned long long)p->limit.entries, p->path.s);
		}
		DF_GROW(*v, *n, cap);
		(*v)[*n].n = strlen(d->d_name);
		(*v)[*n].s = df_strndup(d->d_name, (*v)[*n].n);
		++*n;
	}
	if (errno) {
		closedir(dir);
		return bad_errno(p, p->path.s, e);
	}
	closedir(dir);
	if (*n)
		qsort(*v, *n, sizeof(**v), name_cmp);
	return 0;
}

static int add_dir(struct put *p, struct node *up, int fd, size_t len,
    unsigned depth, struct df_err *e);

static int
add_entry(struct put *p, struct node *in, const struct name *nm,
    unsigned depth, struct df_err *e)
{
	struct stat st;
	int fd, r;

	if (fstatat(in->fd, nm->s, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return bad_errno(p, p->path.s, e);
	if (p->o && p->o->skip) {
		r = p->o->skip(p->o->arg, p->path.s, S_ISDIR(st.st_mode), e);
		if (r < 0)
			return -1;
		if (r > 0) {
			p->st->skipped++;
			return 0;
		}
	}
	if (++p->st->entries > p->limit.entries)
		return df_fail(e, DF_INPUT, "tree.limit",
		    "%s: more than %llu entries (at %s)", p->what,
		    (unsigned long long)p->limit.entries, p->path.s);
	if (p->path.n > PATH_LIMIT)
		return df_fail(e, DF_INPUT, "tree.limit",
		    "%s: a path is longer than %d bytes: %.100s...", p->what,
		    PATH_LIMIT, p->path.s);
	switch (st.st_mode & S_IFMT) {
	case S_IFREG:
		return add_file(p, in, nm->n, (uint64_t)st.st_size, e);
	case S_IFLNK:
		return add_link(p, in, nm, depth, e);
	case S_IFDIR:
		break;
	case S_IFIFO:
		return bad_entry(p, p->path.s, "is a fifo", e);
	case S_IFSOCK:
		return bad_entry(p, p->path.s, "is a socket", e);
	default:
		return bad_entry(p, p->path.s, "is a device", e);
	}
	if (depth + 1 > p->limit.depth)
		return df_fail(e, DF_INPUT, "tree.limit",
		    "%s: deeper than %u directories", p->what, p->limit.depth);
	if (st.st_dev != p->dev)
		return bad_entry(p, p->path.s, "is a mount point", e);
	fd = open_entry(in->fd, nm->s, O_DIRECTORY);
	if (fd < 0)
		return bad_errno(p, p->path.s, e);
	if (st.st_mode & (S_ISUID | S_ISGID))
		p->st->setid++;
	return add_dir(p, in, fd, nm->n, depth + 1, e);
}

/* fd is closed with the directory's last item. */
static int
add_dir(struct put *p, struct node *up, int fd, size_t len, unsigned depth,
    struct df_err *e)
{
	struct node *dir = df_malloc(sizeof(*dir));
	size_t i, n, at = p->path.n;
	struct name *v;
	int r;

	dir->up = up;
	dir->fd = fd;
	df_buf_init(&dir->out);
	r = read_names(fd, &v, &n, p, e);
	for (i = 0; i < n && r == 0; i++) {
		df_buf_cut(&p->path, at);
		if (at)
			df_buf_ch(&p->path, '/');
		df_buf_add(&p->path, v[i].s, v[i].n);
		r = add_entry(p, dir, &v[i], depth, e);
		if (r == 0 && p->n >= BATCH)
			r = flush(p, e);
	}
	for (i = 0; i < n; i++)
		free(v[i].s);
	free(v);
	if (r < 0) {
		/* What stands before it fails first; it may be in dir, too. */
		(void)flush(p, e);
		drop_node(dir);
		return -1;
	}
	df_buf_cut(&p->path, at);
	new_item(p, up, len)->end = dir;
	return ++p->ends < OPEN_DIRS ? 0 : flush(p, e);
}

int
df_tree_put(struct df_store *s, int dirfd, const char *what,
    const struct df_tree_opts *o, struct df_digest *d, struct df_tree_stat *st,
    struct df_err *e)
{
	struct put p = { .s = s, .o = o, .st = st, .path = DF_BUF_INIT,
	    .what = what };
	struct stat sb;
	int r;

	memset(st, 0, sizeof(*st));
	df_tree_defaults(&p.limit, o ? &o->limit : NULL);
	if (fstat(dirfd, &sb) < 0)
		return df_fail_errno(e, DF_EXTERNAL, "tree.entry", "%s", what);
	p.dev = sb.st_dev;
	r = add_dir(&p, NULL, dirfd, 0, 0, e);
	if (r == 0)
		r = flush(&p, e);
	if (r == 0)
		*d = p.root;
	df_buf_release(&p.path);
	df_arena_release(&p.arena);
	free(p.item);
	return r;
}
