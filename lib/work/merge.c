#include "base/df.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "work/git.h"
#include "work/gittree.h"
#include "work/merge.h"

#define OID_STR 41

struct node {
	struct df_digest tree;
	uint32_t *parent;
	size_t nparent;
	char commit[OID_STR];	/* "" until git knows it */
	char git_tree[OID_STR];	/* "" unless a merge made it */
};

struct df_merger {
	struct df_store *store;
	int work;
	char *gitdir;
	int made;
	struct node *node;
	size_t n, cap;
	size_t known;		/* nodes below it are in git */
	struct df_gitblobs blobs;
	struct df_arena arena;
};

struct df_merger *
df_merger_open(struct df_store *s, int work, const char *path,
    const struct df_digest *base)
{
	struct df_merger *m = df_calloc(1, sizeof(*m));
	struct df_buf b = DF_BUF_INIT;

	m->store = s;
	m->work = work;
	df_buf_fmt(&b, "%s/merge.git", path);
	m->gitdir = df_buf_detach(&b);
	DF_GROW(m->node, m->n, m->cap);
	memset(&m->node[0], 0, sizeof(m->node[0]));
	m->node[0].tree = *base;
	m->n = 1;
	return m;
}

void
df_merger_close(struct df_merger *m)
{
	if (m == NULL)
		return;
	if (m->made)
		(void)!df_remove_tree(m->work, "merge.git", NULL);
	free(m->gitdir);
	free(m->node);
	df_gitblobs_release(&m->blobs);
	df_arena_release(&m->arena);
	free(m);
}

uint32_t
df_merger_add(struct df_merger *m, const struct df_digest *tree,
    const uint32_t *parent, size_t n)
{
	struct node *k;

	DF_GROW(m->node, m->n, m->cap);
	k = &m->node[m->n];
	memset(k, 0, sizeof(*k));
	k->tree = *tree;
	k->nparent = n ? n : 1;
	k->parent = df_arena_alloc(&m->arena, k->nparent *
	    sizeof(*k->parent));
	if (n)
		memcpy(k->parent, parent, n * sizeof(*parent));
	return (uint32_t)m->n++;
}

const struct df_digest *
df_merger_tree(const struct df_merger *m, uint32_t node)
{
	return &m->node[node].tree;
}

/* ---- from the store into git ---- */

struct emit {
	struct df_merger *m;
	int fd;			/* what git fast-import will read */
	struct df_buf commit;	/* blobs come before it */
};

/* Copy a blob into the stream; its git name is known at the end. */
static int
emit_blob(struct emit *x, const struct df_tree_entry *t,
    struct df_git_oid *oid, struct df_err *e)
{
	struct df_git_hash gh;
	struct df_sha256 h;
	struct df_digest d;
	char head[40], buf[65536];
	uint64_t total = 0;
	ssize_t n;
	int in, r;

	in = df_store_fd(x->m->store, &t->digest, e);
	if (in < 0)
		return -1;
	snprintf(head, sizeof(head), "blob\ndata %llu\n",
	    (unsigned long long)t->size);
	r = df_write_fd(x->fd, head, strlen(head), "merge.in", e);
	df_git_hash_init(&gh, t->size);
	df_sha256_init(&h);
	while (r == 0 && (n = read(in, buf, sizeof(buf))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			r = df_fail_errno(e, DF_EXTERNAL, "store.read",
			    "cannot read a blob");
			break;
		}
		df_git_hash_add(&gh, buf, (size_t)n);
		df_sha256_add(&h, buf, (size_t)n);
		total += (uint64_t)n;
		r = df_write_fd(x->fd, buf, (size_t)n, "merge.in", e);
	}
	close(in);
	df_git_hash_end(&gh, oid);
	df_sha256_end(&h, &d);
	if (r == 0 && (total != t->size || !df_digest_eq(&d, &t->digest)))
		r = df_fail(e, DF_INTEGRITY, "store.digest",
		    "%s: the blob does not hold the bytes of its name",
		    t->path);
	return r < 0 ? -1 : df_write_fd(x->fd, "\n", 1, "merge.in", e);
}

static int
emit_entry(void *arg, const struct df_tree_entry *t, struct df_err *e)
{
	struct emit *x = arg;
	const struct df_gitblob *b;
	struct df_git_oid oid;

	if (t->mode == DF_TREE_DIR)
		return 0;
	if (t->mode == DF_TREE_LINK) {
		df_buf_str(&x->commit, "M 120000 inline ");
		df_git_quote(&x->commit, t->path, t->len);
		df_buf_fmt(&x->commit, "\ndata %zu\n%s\n",
		    strlen(t->target), t->target);
		return 0;
	}
	b = df_gitblobs_digest(&x->m->blobs, &t->digest);
	if (b) {
		oid = b->oid;
	} else {
		if (emit_blob(x, t, &oid, e) < 0)
			return -1;
		df_gitblobs_add(&x->m->blobs, &t->digest, &oid, t->size);
	}
	df_buf_fmt(&x->commit, "M %06o ", (unsigned)t->mode);
	df_hex(&x->commit, oid.b, sizeof(oid.b));
	df_buf_ch(&x->commit, ' ');
	df_git_quote(&x->commit, t->path, t->len);
	df_buf_ch(&x->commit, '\n');
	return 0;
}

static void
emit_parent(struct df_merger *m, uint32_t p, const char *word,
    struct df_buf *out)
{
	if (m->node[p].commit[0])
		df_buf_fmt(out, "%s %s\n", word, m->node[p].commit);
	else
		df_buf_fmt(out, "%s :%u\n", word, p + 1);
}

static int
emit_node(struct emit *x, uint32_t k, struct df_err *e)
{
	struct node *n = &x->m->node[k];
	size_t i;
	int r = 0;

	df_buf_reset(&x->commit);
	df_buf_fmt(&x->commit, "commit refs/heads/n%u\nmark :%u\n"
	    "committer df <df@localhost> 0 +0000\ndata 0\n", k, k + 1);
	for (i = 0; i < n->nparent; i++)
		emit_parent(x->m, n->parent[i], i ? "merge" : "from",
		    &x->commit);
	if (n->git_tree[0]) {
		df_buf_fmt(&x->commit, "M 040000 %s \n", n->git_tree);
	} else {
		df_buf_str(&x->commit, "deleteall\n");
		r = df_tree_walk(x->m->store, &n->tree, NULL, emit_entry, x,
		    e);
	}
	df_buf_ch(&x->commit, '\n');
	if (r == 0)
		r = df_write_fd(x->fd, x->commit.s, x->commit.n, "merge.in",
		    e);
	return r;
}

static int
make_repository(struct df_merger *m, struct df_err *e)
{
	if (m->made)
		return 0;
	if (df_remove_tree(m->work, "merge.git", e) < 0 ||
	    df_git_skeleton(m->work, "merge.git", 1, e) < 0)
		return -1;
	m->made = 1;
	return 0;
}

/* ":3 <oid>" lines of --export-marks. */
static int
read_marks(struct df_merger *m, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	const char *s, *end;
	unsigned long k;
	char *at;

	if (df_read_file(m->work, "merge.git/marks", &b, (size_t)256 << 20,
	    e) < 0) {
		df_buf_release(&b);
		return -1;
	}
	for (s = b.s; (end = strchr(s, '\n')) != NULL; s = end + 1) {
		if (*s != ':')
			continue;
		k = strtoul(s + 1, &at, 10);
		if (*at == ' ' && end - at == OID_STR && k >= 1 && k <= m->n) {
			memcpy(m->node[k - 1].commit, at + 1, OID_STR - 1);
			m->node[k - 1].commit[OID_STR - 1] = '\0';
		}
	}
	df_buf_release(&b);
	return 0;
}

/* Write the stream for the nodes that git does not know. */
static int
write_stream(struct df_merger *m, int fd, struct df_err *e)
{
	struct emit x = { .m = m, .fd = fd, .commit = DF_BUF_INIT };
	size_t k;
	int r = 0;

	for (k = m->known; k < m->n && r == 0; k++)
		r = emit_node(&x, (uint32_t)k, e);
	if (r == 0)
		r = df_write_fd(fd, "done\n", 5, "merge.in", e);
	df_buf_release(&x.commit);
	return r;
}

/*
 * Make git know every node there is.  The stream goes through a file, so
 * that no blob has to fit into memory.
 */
static int
materialise(struct df_merger *m, struct df_err *e)
{
	static const char *const args[] = { "-c", "fastimport.unpackLimit=0",
	    "fast-import", "--quiet", "--force", "--done",
	    "--export-marks=marks", NULL };
	size_t k;
	int dir, fd = -1, r;

	if (m->known == m->n)
		return 0;
	if (make_repository(m, e) < 0)
		return -1;
	dir = openat(m->work, "merge.git", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0)
		fd = openat(dir, "merge.in", O_RDWR | O_CREAT | O_TRUNC |
		    O_CLOEXEC, 0600);
	if (fd < 0) {
		(void)df_fail_errno(e, DF_EXTERNAL, "merge", "merge.git");
		if (dir >= 0)
			close(dir);
		return -1;
	}
	r = write_stream(m, fd, e);
	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = df_fail_errno(e, DF_EXTERNAL, "merge", "merge.in");
	if (r == 0)
		r = df_git_fd(".", dir, args, fd, NULL, e);
	close(fd);
	(void)unlinkat(dir, "merge.in", 0);
	close(dir);
	if (r == 0)
		r = read_marks(m, e);
	for (k = m->known; k < m->n && r == 0; k++)
		if (m->node[k].commit[0] == '\0')
			r = df_fail(e, DF_EXTERNAL, "merge",
			    "git fast-import gave no commit");
	if (r == 0)
		m->known = m->n;
	return r < 0 ? -1 : 0;
}

static int
import_tree(struct df_merger *m, const char *oid, struct df_digest *d,
    struct df_err *e)
{
	struct df_gitimport g = { .store = m->store, .gitdir = m->gitdir,
	    .dir = -1, .tree = oid, .known = &m->blobs,
	    .limit = { .entries = UINT64_MAX, .bytes = UINT64_MAX } };
	struct df_tree_stat st;

	return df_git_import(&g, d, &st, e);
}

/* ---- merging ---- */

static int
note_conflict(struct df_conflict *c, size_t at, const struct df_buf *out)
{
	const char *s = out->s + strlen(out->s) + 1;
	const char *end = out->s + out->n;

	/* "<oid>\0" then conflicted names, each with a NUL, in order */
	c->at = at;
	c->n = 0;
	for (; s < end && c->n < DF_CONFLICT_PATHS; s += strlen(s) + 1) {
		df_buf_add(&c->paths, s, strlen(s) + 1);
		c->n++;
	}
	return 1;
}

static int
merge_two(struct df_merger *m, uint32_t a, uint32_t b, size_t at,
    uint32_t *out, struct df_conflict *c, struct df_err *e)
{
	const char *args[] = { "merge-tree", "--write-tree", "-z",
	    "--name-only", "--no-messages", NULL, NULL, NULL };
	struct df_buf said = DF_BUF_INIT;
	uint32_t k, both[2] = { a, b };
	struct df_digest tree;
	int r;

	if (a == b || b == 0) {
		*out = a;
		return 0;
	}
	if (a == 0) {
		*out = b;
		return 0;
	}
	if (df_digest_eq(&m->node[a].tree, &m->node[b].tree)) {
		tree = m->node[a].tree;
		*out = df_merger_add(m, &tree, both, 2);
		return 0;
	}
	if (materialise(m, e) < 0)
		return -1;
	args[5] = m->node[a].commit;
	args[6] = m->node[b].commit;
	r = df_git(m->gitdir, -1, args, NULL, &said, e);
	if (r == 1) {
		r = note_conflict(c, at, &said);
	} else if (r > 1 || (r == 0 && strlen(said.s) != OID_STR - 1)) {
		r = df_fail(e, DF_EXTERNAL, "merge",
		    "git merge-tree failed (%d); git 2.38 or later is needed",
		    r);
	} else if (r == 0) {
		r = import_tree(m, said.s, &tree, e);
		if (r == 0) {
			k = df_merger_add(m, &tree, both, 2);
			snprintf(m->node[k].git_tree, OID_STR, "%s", said.s);
			*out = k;
		}
	}
	df_buf_release(&said);
	return r;
}

int
df_merger_merge(struct df_merger *m, const uint32_t *node, size_t n,
    uint32_t *out, struct df_conflict *c, struct df_err *e)
{
	uint32_t acc = 0;
	size_t i;
	int r;

	memset(c, 0, sizeof(*c));
	df_buf_init(&c->paths);
	for (i = 0; i < n; i++) {
		if (i == 0) {
			acc = node[0];
			continue;
		}
		r = merge_two(m, acc, node[i], i, &acc, c, e);
		if (r != 0)
			return r;
	}
	*out = acc;
	return 0;
}

/* ---- patches ---- */

/* Does base plus patch give the other tree, by git's own reckoning? */
static int
check_patch(struct df_merger *m, uint32_t from, uint32_t to,
    const struct df_buf *patch, struct df_err *e)
{
	const char *read[] = { "read-tree", m->node[from].commit, NULL };
	static const char *const apply[] = { "-c", "core.bare=false",
	    "apply", "--cached", "--whitespace=nowarn", "--binary", "-",
	    NULL };
	static const char *const write[] = { "write-tree", NULL };
	struct df_buf rev = DF_BUF_INIT, got = DF_BUF_INIT, want = DF_BUF_INIT;
	const char *tree[] = { "rev-parse", NULL, NULL };
	int fd, r;

	fd = openat(m->work, "merge.git", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return df_fail_errno(e, DF_EXTERNAL, "merge", "merge.git");
	(void)unlinkat(fd, "index", 0);
	df_buf_fmt(&rev, "%s^{tree}", m->node[to].commit);
	tree[1] = rev.s;
	r = df_git_ok(".", fd, read, NULL, NULL, e);
	if (r == 0 && patch->n)
		r = df_git_ok(".", fd, apply, patch, NULL, e);
	if (r == 0)
		r = df_git_ok(".", fd, write, NULL, &got, e);
	if (r == 0)
		r = df_git_ok(".", fd, tree, NULL, &want, e);
	if (r == 0 && strcmp(got.s, want.s) != 0)
		r = df_fail(e, DF_INTEGRITY, "merge.patch",
		    "base and patch do not give the merged tree");
	close(fd);
	df_buf_release(&rev);
	df_buf_release(&got);
	df_buf_release(&want);
	return r < 0 ? -1 : 0;
}

int
df_merger_patch(struct df_merger *m, uint32_t from, uint32_t to, int check,
    struct df_buf *b, struct df_err *e)
{
	const char *args[] = { "diff-tree", "-p", "--binary", "--full-index",
	    "--no-ext-diff", "--no-textconv", "--no-color", "--no-renames",
	    "--src-prefix=a/", "--dst-prefix=b/", NULL, NULL, NULL };
	size_t at = b->n;
	struct df_buf part = DF_BUF_INIT;
	int r;

	if (df_digest_eq(&m->node[from].tree, &m->node[to].tree))
		return 0;
	if (materialise(m, e) < 0)
		return -1;
	args[10] = m->node[from].commit;
	args[11] = m->node[to].commit;
	r = df_git_ok(m->gitdir, -1, args, NULL, b, e);
	if (r == 0 && check) {
		df_buf_add(&part, b->s + at, b->n - at);
		r = check_patch(m, from, to, &part, e);
		df_buf_release(&part);
	}
	return r < 0 ? -1 : 0;
}
