#define _GNU_SOURCE
#include "base/df.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "evidence/tree-internal.h"

#define MANIFEST_MAX ((size_t)64 << 20)

void
df_tree_defaults(struct df_tree_limits *l, const struct df_tree_limits *from)
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
df_tree_name_cmp(const char *a, size_t na, const char *b, size_t nb)
{
	int r = memcmp(a, b, na < nb ? na : nb);

	return r ? r : (na > nb) - (na < nb);
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
		if (last.n && df_tree_name_cmp(last.s, last.n, name.s,
		    name.n) >= 0) {
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

	df_tree_defaults(&w.limit, l);
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
