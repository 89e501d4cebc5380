#define _GNU_SOURCE
#include "base/df.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/par.h"
#include "base/text.h"
#include "evidence/tree.h"

#define MANIFEST_MAX ((size_t)64 << 20)
#define INLINE_MAX ((off_t)1 << 20)	/* larger files are streamed */
#define PATH_LIMIT 4000			/* below PATH_MAX: open(2), git */

static void
defaults(struct df_tree_limits *l, const struct df_tree_limits *from)
{
	*l = from ? *from : (struct df_tree_limits){ 0 };
	if (l->entries == 0)
		l->entries = 100000;
	if (l->bytes == 0)
		l->bytes = (uint64_t)2 << 30;
	if (l->depth == 0)
		l->depth = 128;
}

int
df_tree_target_ok(const char *target, unsigned depth)
{
	const char *s = target, *end;
	int named = 0;

	if (*s == '/' || *s == '\0')
		return 0;
	while (*s) {
		end = strchr(s, '/');
		if (end == NULL)
			end = s + strlen(s);
		if (end - s == 2 && s[0] == '.' && s[1] == '.') {
			/*
			 * ".." behind a name could start from wherever a link
			 * of that name leads; at the front it starts from here.
			 */
			if (named || depth == 0)
				return 0;
			depth--;
		} else if (end > s && !(end - s == 1 && s[0] == '.')) {
			named = 1;
		}
		s = *end ? end + 1 : end;
	}
	return 1;
}

/* "name":"..." or, when it is not UTF-8, "name64":"...". */
static void
text_member(struct df_buf *b, const char *key, const char *s, size_t n)
{
	if (df_utf8_bad(s, n) == n) {
		df_buf_ch(b, '"');
		df_buf_str(b, key);
		df_buf_str(b, "\":");
		df_text_json(b, s, n);
	} else {
		df_buf_fmt(b, "\"%s64\":\"", key);
		df_base64(b, (const uint8_t *)s, n);
		df_buf_ch(b, '"');
	}
}

void
df_tree_line(struct df_buf *b, int mode, const char *name, size_t len,
    const struct df_digest *d, uint64_t size, const char *target)
{
	df_buf_fmt(b, "{\"mode\":\"%06o\",", (unsigned)mode);
	text_member(b, "name", name, len);
	if (mode == DF_TREE_LINK) {
		df_buf_ch(b, ',');
		text_member(b, "target", target, strlen(target));
	} else {
		df_buf_str(b, ",\"sha256\":\"");
		df_hex(b, d->b, sizeof(d->b));
		df_buf_fmt(b, "\",\"size\":%llu", (unsigned long long)size);
	}
	df_buf_str(b, "}\n");
}

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
	int r = memcmp(x->s, y->s, x->n < y->n ? x->n : y->n);

	return r ? r : (x->n > y->n) - (x->n < y->n);
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
	defaults(&p.limit, o ? &o->limit : NULL);
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

/* ---- reading manifests ---- */

struct walk {
	struct df_store *s;
	struct df_tree_limits limit;
	uint64_t entries;
	struct df_buf path;
	int (*fn)(void *arg, const struct df_tree_entry *t, struct df_err *e);
	void *arg;
};

static int
malformed(struct walk *w, const char *why, struct df_err *e)
{
	return df_fail(e, DF_INTEGRITY, "tree.manifest", "tree: %s: %s",
	    w->path.n ? w->path.s : "root", why);
}

/* A name or target member in either spelling, into b. */
static int
get_text(const struct df_json *j, const char *key, struct df_buf *b)
{
	char key64[16];
	uint32_t t;

	t = df_jget(j, 0, key);
	if (t) {
		if (j->tok[t].type != DF_JSTRING)
			return -1;
		df_jtext(j, t, b);
	} else {
		snprintf(key64, sizeof(key64), "%s64", key);
		t = df_jget(j, 0, key64);
		if (t == 0 || j->tok[t].type != DF_JSTRING ||
		    df_unbase64(b, j->s + j->tok[t].start, j->tok[t].end -
		    j->tok[t].start) < 0)
			return -1;
		if (df_utf8_bad(b->s, b->n) == b->n)
			return -1;	/* could have been written plainly */
	}
	return b->n == 0 || memchr(b->s, '\0', b->n) ? -1 : 0;
}

static int
parse_entry(const struct df_json *j, struct df_tree_entry *t,
    struct df_buf *name, struct df_buf *target)
{
	int64_t size;
	uint32_t k;

	df_buf_reset(name);
	df_buf_reset(target);
	k = df_jget(j, 0, "mode");
	if (k == 0)
		return -1;
	if (df_jis(j, k, "100644"))
		t->mode = DF_TREE_FILE;
	else if (df_jis(j, k, "100755"))
		t->mode = DF_TREE_EXEC;
	else if (df_jis(j, k, "120000"))
		t->mode = DF_TREE_LINK;
	else if (df_jis(j, k, "040000"))
		t->mode = DF_TREE_DIR;
	else
		return -1;
	if (get_text(j, "name", name) < 0 || memchr(name->s, '/', name->n) ||
	    strcmp(name->s, ".") == 0 || strcmp(name->s, "..") == 0 ||
	    name->n > NAME_MAX)
		return -1;
	t->target = NULL;
	t->size = 0;
	if (t->mode == DF_TREE_LINK) {
		if (j->tok[0].n != 3 || get_text(j, "target", target) < 0)
			return -1;
		t->target = target->s;
		return 0;
	}
	k = df_jget(j, 0, "sha256");
	if (k == 0 || j->tok[0].n != 4 || j->tok[k].type != DF_JSTRING ||
	    df_digest_parse_hex(&t->digest, j->s + j->tok[k].start,
	    j->tok[k].end - j->tok[k].start) < 0)
		return -1;
	k = df_jget(j, 0, "size");
	if (k == 0 || df_jint(j, k, 0, DF_JSON_INT, &size) < 0)
		return -1;
	t->size = (uint64_t)size;
	return 0;
}

/* size is what the entry of the directory says; the root has none. */
static int
walk_dir(struct walk *w, const struct df_digest *d, const uint64_t *size,
    unsigned depth, struct df_err *e)
{
	struct df_buf m = DF_BUF_INIT, name = DF_BUF_INIT;
	struct df_buf last = DF_BUF_INIT, target = DF_BUF_INIT;
	struct df_json j = { 0 };
	struct df_tree_entry t;
	const char *s, *end, *lf;
	size_t len = w->path.n;
	int r;

	memset(&t, 0, sizeof(t));
	r = df_store_get(w->s, d, MANIFEST_MAX, &m, e);
	if (r == 0 && size && *size != m.n)
		r = malformed(w, "its manifest has another size", e);
	for (s = m.s, end = m.s + m.n; r == 0 && s < end; s = lf + 1) {
		lf = memchr(s, '\n', (size_t)(end - s));
		if (lf == NULL || df_json_scan(&j, s, (size_t)(lf - s) + 1,
		    DF_JSON_CANON, "tree", NULL) < 0 ||
		    parse_entry(&j, &t, &name, &target) < 0) {
			r = malformed(w, "malformed entry", e);
			break;
		}
		if (last.n && name_cmp(&(struct name){ last.s, last.n },
		    &(struct name){ name.s, name.n }) >= 0) {
			r = malformed(w, "entries are not in order", e);
			break;
		}
		df_buf_reset(&last);
		df_buf_add(&last, name.s, name.n);
		if (++w->entries > w->limit.entries) {
			r = df_fail(e, DF_INPUT, "tree.limit",
			    "tree: more than %llu entries",
			    (unsigned long long)w->limit.entries);
			break;
		}
		df_buf_cut(&w->path, len);
		if (len)
			df_buf_ch(&w->path, '/');
		df_buf_add(&w->path, name.s, name.n);
		if (t.target && !df_tree_target_ok(t.target, depth)) {
			r = malformed(w, "link leaves the tree", e);
			break;
		}
		t.path = w->path.s;
		t.len = w->path.n;
		r = w->fn(w->arg, &t, e);
		if (r == 0 && t.mode == DF_TREE_DIR) {
			if (depth + 1 > w->limit.depth)
				r = df_fail(e, DF_INPUT, "tree.limit",
				    "tree: deeper than %u directories",
				    w->limit.depth);
			else
				r = walk_dir(w, &t.digest, &t.size, depth + 1,
				    e);
		}
	}
	df_buf_cut(&w->path, len);
	df_json_release(&j);
	df_buf_release(&m);
	df_buf_release(&name);
	df_buf_release(&last);
	df_buf_release(&target);
	return r;
}

int
df_tree_walk(struct df_store *s, const struct df_digest *root,
    const struct df_tree_limits *l,
    int (*fn)(void *arg, const struct df_tree_entry *t, struct df_err *e),
    void *arg, struct df_err *e)
{
	struct walk w = { .s = s, .path = DF_BUF_INIT, .fn = fn, .arg = arg };
	int r;

	defaults(&w.limit, l);
	r = walk_dir(&w, root, NULL, 0, e);
	df_buf_release(&w.path);
	return r;
}

/* ---- a tree into a directory ---- */

struct link {
	char *path, *target;
};

struct out {
	struct df_store *s;
	int dir;
	struct link *link;
	size_t n, cap;
};

static int
out_errno(const char *path, struct df_err *e)
{
	return df_fail_errno(e, errno == EEXIST ? DF_CONFLICT : DF_EXTERNAL,
	    "tree.checkout", "cannot write %s", path);
}

static int
out_file(struct out *o, const struct df_tree_entry *t, struct df_err *e)
{
	struct df_digest d;
	struct df_sha256 h;
	uint64_t total = 0;
	char buf[65536];
	ssize_t n;
	int in, fd, r = 0;

	in = df_store_fd(o->s, &t->digest, e);
	if (in < 0)
		return -1;
	fd = openat(o->dir, t->path, O_WRONLY | O_CREAT | O_EXCL |
	    O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0) {
		close(in);
		return out_errno(t->path, e);
	}
	df_sha256_init(&h);
	while (r == 0 && (n = read(in, buf, sizeof(buf))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			r = df_fail_errno(e, DF_EXTERNAL, "store.read",
			    "cannot read a blob");
			break;
		}
		df_sha256_add(&h, buf, (size_t)n);
		total += (uint64_t)n;
		r = df_write_fd(fd, buf, (size_t)n, t->path, e);
	}
	df_sha256_end(&h, &d);
	if (r == 0 && (!df_digest_eq(&d, &t->digest) || total != t->size))
		r = df_fail(e, DF_INTEGRITY, "store.digest",
		    "%s: the blob does not hold the bytes of its name",
		    t->path);
	if (r == 0 && fchmod(fd, (mode_t)t->mode & 0777) < 0)
		r = out_errno(t->path, e);
	if (close(fd) < 0 && r == 0)
		r = out_errno(t->path, e);
	close(in);
	return r;
}

static int
out_entry(void *arg, const struct df_tree_entry *t, struct df_err *e)
{
	struct out *o = arg;

	/*
	 * Links come last: until then every component of a path is a directory
	 * that this function made.
	 */
	switch (t->mode) {
	case DF_TREE_DIR:
		if (mkdirat(o->dir, t->path, 0755) < 0 ||
		    fchmodat(o->dir, t->path, 0755, 0) < 0)
			return out_errno(t->path, e);
		return 0;
	case DF_TREE_LINK:
		DF_GROW(o->link, o->n, o->cap);
		o->link[o->n].path = df_strdup(t->path);
		o->link[o->n++].target = df_strdup(t->target);
		return 0;
	default:
		return out_file(o, t, e);
	}
}

int
df_tree_checkout(struct df_store *s, const struct df_digest *root, int dirfd,
    const struct df_tree_limits *l, struct df_err *e)
{
	struct out o = { .s = s, .dir = dirfd };
	size_t i;
	int r;

	r = df_tree_walk(s, root, l, out_entry, &o, e);
	for (i = 0; i < o.n; i++) {
		if (r == 0 && symlinkat(o.link[i].target, dirfd,
		    o.link[i].path) < 0)
			r = out_errno(o.link[i].path, e);
		free(o.link[i].path);
		free(o.link[i].target);
	}
	free(o.link);
	return r;
}
