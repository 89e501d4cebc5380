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
		df_buf_fmt(b, "\"%s\":", key);
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

struct put {
	struct df_store *s;
	const struct df_tree_opts *o;
	struct df_tree_limits limit;
	struct df_tree_stat *st;
	struct df_buf path;
	struct df_buf data;
	dev_t dev;
	const char *what;
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
bad_entry(struct put *p, const char *code, const char *why, struct df_err *e)
{
	return df_fail(e, DF_INPUT, code, "%s: %s: %s", p->what, p->path.s,
	    why);
}

static int
bad_errno(struct put *p, struct df_err *e)
{
	return df_fail_errno(e, errno == EACCES || errno == ELOOP ||
	    errno == EXDEV ? DF_INPUT : DF_EXTERNAL, "tree.entry", "%s: %s",
	    p->what, p->path.s);
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
count_bytes(struct put *p, uint64_t n, struct df_err *e)
{
	p->st->bytes += n;
	if (p->st->bytes > p->limit.bytes)
		return df_fail(e, DF_INPUT, "tree.limit",
		    "%s: more than %llu bytes (at %s)", p->what,
		    (unsigned long long)p->limit.bytes, p->path.s);
	return 0;
}

static int
put_file(struct put *p, int dir, const char *name, size_t len,
    struct df_buf *out, struct df_err *e)
{
	struct df_digest d;
	struct stat st;
	uint64_t size = 0, left;
	int fd, r, mode;

	fd = open_entry(dir, name, 0);
	if (fd < 0)
		return bad_errno(p, e);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return bad_entry(p, "tree.entry",
		    "changed while it was read", e);
	}
	left = p->limit.bytes - p->st->bytes;
	if (st.st_size <= INLINE_MAX) {
		df_buf_reset(&p->data);
		r = df_read_fd(fd, &p->data, left < (uint64_t)INLINE_MAX * 2 ?
		    (size_t)left : (size_t)INLINE_MAX * 2, p->path.s, e);
		size = p->data.n;
		if (r == 0 && p->o && p->o->file)
			r = p->o->file(p->o->arg, p->path.s, fd, p->data.s,
			    p->data.n, e);
		if (r == 0)
			r = df_store_put(p->s, p->data.s, p->data.n, &d, e);
	} else {
		r = p->o && p->o->file ? p->o->file(p->o->arg, p->path.s, fd,
		    NULL, 0, e) : 0;
		if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
			r = bad_errno(p, e);
		if (r == 0)
			r = df_store_put_fd(p->s, fd, left, p->path.s, &d,
			    &size, e);
	}
	close(fd);
	if (r < 0) {
		if (e && strcmp(e->code, "file.size") == 0)
			return count_bytes(p, left + 1, e);
		return -1;
	}
	if (count_bytes(p, size, e) < 0)
		return -1;
	if (st.st_nlink > 1)
		p->st->hardlinks++;
	if (st.st_mode & (S_ISUID | S_ISGID))
		p->st->setid++;
	mode = st.st_mode & S_IXUSR ? DF_TREE_EXEC : DF_TREE_FILE;
	df_tree_line(out, mode, name, len, &d, size, NULL);
	return 0;
}

static int
put_link(struct put *p, int dir, const char *name, size_t len, unsigned depth,
    struct df_buf *out, struct df_err *e)
{
	char target[PATH_MAX + 1];
	ssize_t n = readlinkat(dir, name, target, PATH_MAX);

	if (n < 0)
		return bad_errno(p, e);
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
	df_tree_line(out, DF_TREE_LINK, name, len, NULL, 0, target);
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
		return bad_errno(p, e);
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
		return bad_errno(p, e);
	}
	closedir(dir);
	if (*n)
		qsort(*v, *n, sizeof(**v), name_cmp);
	return 0;
}

static int put_dir(struct put *p, int fd, unsigned depth, struct df_digest *d,
    uint64_t *size, struct df_err *e);

static int
put_entry(struct put *p, int dir, const struct name *nm, unsigned depth,
    struct df_buf *out, struct df_err *e)
{
	struct df_digest d;
	struct stat st;
	uint64_t size;
	int fd, r;

	if (fstatat(dir, nm->s, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return bad_errno(p, e);
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
		return put_file(p, dir, nm->s, nm->n, out, e);
	case S_IFLNK:
		return put_link(p, dir, nm->s, nm->n, depth, out, e);
	case S_IFDIR:
		break;
	case S_IFIFO:
		return bad_entry(p, "tree.entry", "is a fifo", e);
	case S_IFSOCK:
		return bad_entry(p, "tree.entry", "is a socket", e);
	default:
		return bad_entry(p, "tree.entry", "is a device", e);
	}
	if (depth + 1 > p->limit.depth)
		return df_fail(e, DF_INPUT, "tree.limit",
		    "%s: deeper than %u directories", p->what, p->limit.depth);
	if (st.st_dev != p->dev)
		return bad_entry(p, "tree.entry", "is a mount point", e);
	fd = open_entry(dir, nm->s, O_DIRECTORY);
	if (fd < 0)
		return bad_errno(p, e);
	if (st.st_mode & (S_ISUID | S_ISGID))
		p->st->setid++;
	r = put_dir(p, fd, depth + 1, &d, &size, e);
	close(fd);
	if (r == 0 && !(size == 0 && p->o && p->o->prune))
		df_tree_line(out, DF_TREE_DIR, nm->s, nm->n, &d, size, NULL);
	return r;
}

static int
put_dir(struct put *p, int fd, unsigned depth, struct df_digest *d,
    uint64_t *size, struct df_err *e)
{
	struct df_buf out = DF_BUF_INIT;
	size_t i, n, len = p->path.n;
	struct name *v;
	int r;

	r = read_names(fd, &v, &n, p, e);
	for (i = 0; i < n && r == 0; i++) {
		df_buf_cut(&p->path, len);
		if (len)
			df_buf_ch(&p->path, '/');
		df_buf_add(&p->path, v[i].s, v[i].n);
		r = put_entry(p, fd, &v[i], depth, &out, e);
	}
	df_buf_cut(&p->path, len);
	for (i = 0; i < n; i++)
		free(v[i].s);
	free(v);
	*size = out.n;
	if (r == 0)
		r = df_store_put(p->s, out.s, out.n, d, e);
	df_buf_release(&out);
	return r;
}

int
df_tree_put(struct df_store *s, int dirfd, const char *what,
    const struct df_tree_opts *o, struct df_digest *d, struct df_tree_stat *st,
    struct df_err *e)
{
	struct put p = { .s = s, .o = o, .st = st, .path = DF_BUF_INIT,
	    .data = DF_BUF_INIT, .what = what };
	struct stat sb;
	uint64_t size;
	int r;

	memset(st, 0, sizeof(*st));
	defaults(&p.limit, o ? &o->limit : NULL);
	if (fstat(dirfd, &sb) < 0)
		return df_fail_errno(e, DF_EXTERNAL, "tree.entry", "%s", what);
	p.dev = sb.st_dev;
	r = put_dir(&p, dirfd, 0, d, &size, e);
	df_buf_release(&p.path);
	df_buf_release(&p.data);
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
