#include "base/df.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "run/heads.h"

#define LINE_SIZE 320		/* the name is the only part that varies */

struct head {
	struct df_digest genesis, digest;
	uint64_t seq, end;
	char name[64];
};

/* ---- the line ---- */

static size_t
put(const struct head *h, char out[LINE_SIZE])
{
	char a[DF_DIGEST_STR], b[DF_DIGEST_STR];
	int n;

	n = snprintf(out, LINE_SIZE, "%s %010llu %s %015llu %s\n",
	    df_digest_str(&h->genesis, a), (unsigned long long)h->seq,
	    df_digest_str(&h->digest, b), (unsigned long long)h->end,
	    h->name);
	return (size_t)n;
}

static int
digits(const char *s, size_t n, uint64_t *v)
{
	size_t i;

	for (i = 0, *v = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -1;
		*v = *v * 10 + (uint64_t)(s[i] - '0');
	}
	return 0;
}

/* What put() has written, byte for byte. */
static int
get(struct head *h, const char *s, size_t n)
{
	enum { DIGEST = DF_DIGEST_STR - 1, SEQ = DIGEST + 1,
	    LINE = SEQ + 11, END = LINE + DIGEST + 1, NAME = END + 16 };
	char again[LINE_SIZE];

	memset(h, 0, sizeof(*h));
	if (n <= NAME || n - NAME > sizeof(h->name) ||
	    df_digest_parse(&h->genesis, s, DIGEST) < 0 ||
	    digits(s + SEQ, 10, &h->seq) < 0 ||
	    df_digest_parse(&h->digest, s + LINE, DIGEST) < 0 ||
	    digits(s + END, 15, &h->end) < 0)
		return -1;
	memcpy(h->name, s + NAME, n - NAME - 1);
	return df_name_ok(h->name, strlen(h->name)) && put(h, again) == n &&
	    memcmp(again, s, n) == 0 ? 0 : -1;
}

/* ---- the file ---- */

/* Append its directory; 0 when the user has none. */
static int
place(struct df_buf *b)
{
	const char *s = getenv("XDG_STATE_HOME");

	if (s && *s == '/') {	/* a relative one counts as none */
		df_buf_str(b, s);
	} else {
		s = getenv("HOME");
		if (s == NULL || *s != '/')
			return 0;
		df_buf_fmt(b, "%s/.local/state", s);
	}
	df_buf_str(b, "/darkfactory/heads");
	return 1;
}

static int
path_of(struct df_buf *b, const struct df_digest *genesis)
{
	char hex[DF_DIGEST_STR];

	if (!place(b))
		return 0;
	df_buf_fmt(b, "/%s", df_digest_str(genesis, hex) + 7);
	return 1;
}

static int
malformed(const char *path, struct df_err *e)
{
	df_fail(e, DF_INPUT, "heads.format",
	    "%.300s: not the head of a run", path);
	return df_hint(e, "df-verify --forget RUN removes it");
}

/* Under its lock.  1 and *h; 0 when it is empty. */
static int
read_head(int fd, const char *path, const struct df_digest *genesis,
    struct head *h, struct df_err *e)
{
	char s[LINE_SIZE];
	ssize_t n = pread(fd, s, sizeof(s), 0);

	if (n == 0)
		return 0;
	if (n < 0 && errno != EISDIR)
		return df_fail_errno(e, DF_EXTERNAL, "heads.read",
		    "cannot read %s", path);
	if (n < 0 || get(h, s, (size_t)n) < 0 ||
	    !df_digest_eq(&h->genesis, genesis))
		return malformed(path, e);
	return 1;
}

/* ---- checking ---- */

/* Is the line that ends at h->end the one that was seen? */
static int
stands(const struct df_log *l, const struct head *h, struct df_err *e)
{
	size_t n = h->end < DF_LINE_MAX + 1 ? (size_t)h->end :
	    DF_LINE_MAX + 1;
	struct df_buf b = DF_BUF_INIT;
	struct df_digest d;
	size_t at;
	int yes = 0;

	if (pread(l->fd, df_buf_room(&b, n), n, (off_t)(h->end - n)) !=
	    (ssize_t)n) {
		df_buf_release(&b);
		return df_fail_errno(e, DF_EXTERNAL, "heads.log",
		    "cannot read the log");
	}
	if (n && b.s[n - 1] == '\n') {
		for (at = n - 1; at && b.s[at - 1] != '\n'; at--)
			;
		df_sha256(b.s + at, n - at, &d);
		yes = df_digest_eq(&d, &h->digest);
	}
	df_buf_release(&b);
	return yes;
}

static int
compare(const struct df_run *r, const struct head *h, struct df_err *e)
{
	const struct df_log *l = &r->log;
	char a[DF_DIGEST_STR], b[DF_DIGEST_STR];
	int yes = 0;

	if (h->seq <= l->seq && h->end <= l->good) {
		yes = stands(l, h, e);
		if (yes)
			return yes < 0 ? -1 : 0;
	}
	if (h->seq > l->seq)
		df_fail(e, DF_INTEGRITY, "heads.rewound",
		    "the log ends with line %llu, %s; line %llu of it, %s, "
		    "was seen before", (unsigned long long)l->seq,
		    df_digest_str(&l->head, a), (unsigned long long)h->seq,
		    df_digest_str(&h->digest, b));
	else
		df_fail(e, DF_INTEGRITY, "heads.forked",
		    "the log ends with line %llu, %s, and does not extend "
		    "line %llu, %s, which was seen before",
		    (unsigned long long)l->seq, df_digest_str(&l->head, a),
		    (unsigned long long)h->seq, df_digest_str(&h->digest, b));
	return df_hint(e, "get the log that was seen; df-verify --forget "
	    "%.200s takes this one instead", r->path);
}

int
df_heads_check(struct df_run *r, struct df_err *e)
{
	const struct df_digest *genesis = &r->state.genesis;
	struct df_buf path = DF_BUF_INIT;
	struct head h;
	int fd, ret = 0;

	if (!path_of(&path, genesis)) {
		df_debug("no HOME: the heads of runs are not remembered");
		return 0;
	}
	fd = open(path.s, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd >= 0) {
		ret = df_lock(fd, 1, path.s, e);
		if (ret == 0)
			ret = read_head(fd, path.s, genesis, &h, e);
		close(fd);
		if (ret > 0)
			ret = compare(r, &h, e);
	} else if (errno != ENOENT) {
		df_debug("%s: %s", path.s, strerror(errno));
	}
	df_buf_release(&path);
	return ret;
}

/* ---- remembering ---- */

static int
open_new(const struct df_buf *path, struct df_err *e)
{
	const int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	int fd = open(path->s, flags, 0600);

	if (fd < 0 && errno == ENOENT &&
	    df_mkdirs(AT_FDCWD, path->s, 0, 0700, e) == 0)
		fd = open(path->s, flags, 0600);
	return fd >= 0 ? fd : df_fail_errno(e, DF_EXTERNAL, "heads.open",
	    "cannot open %s", path->s);
}

static int
write_head(int fd, const char *path, const struct head *h, struct df_err *e)
{
	struct head was = { .seq = 0 };
	char s[LINE_SIZE];
	size_t n;
	int r;

	r = df_lock(fd, 1, path, e);
	if (r == 0)
		r = read_head(fd, path, &h->genesis, &was, e);
	if (r < 0 || (r > 0 && was.seq >= h->seq))
		return r < 0 ? -1 : 0;
	n = put(h, s);
	if (pwrite(fd, s, n, 0) == (ssize_t)n)
		return 0;
	(void)df_fail_errno(e, DF_EXTERNAL, "heads.write", "cannot write %s",
	    path);
	/* Only the first write makes the file longer. */
	if (r == 0)
		(void)unlink(path);
	return -1;
}

void
df_heads_remember(const struct df_run *r)
{
	struct head h = { .genesis = r->state.genesis,
	    .digest = r->log.head, .seq = r->log.seq, .end = r->log.good };
	struct df_buf path = DF_BUF_INIT;
	struct df_err e;
	int fd;

	if (!path_of(&path, &h.genesis))
		return;
	snprintf(h.name, sizeof(h.name), "%s", r->id);
	fd = open_new(&path, &e);
	if (fd < 0 || write_head(fd, path.s, &h, &e) < 0)
		df_debug("the head is not remembered: %s", e.msg);
	if (fd >= 0)
		close(fd);
	df_buf_release(&path);
}

int
df_heads_forget(const struct df_digest *genesis, struct df_err *e)
{
	struct df_buf path = DF_BUF_INIT;
	int r = 0;

	if (path_of(&path, genesis)) {
		r = unlink(path.s) == 0;
		if (!r && errno != ENOENT && errno != ENOTDIR)
			r = df_fail_errno(e, DF_EXTERNAL, "heads.forget",
			    "cannot remove %s", path.s);
	}
	df_buf_release(&path);
	return r;
}
