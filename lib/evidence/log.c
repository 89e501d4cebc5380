#define _GNU_SOURCE
#include "base/df.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "evidence/log.h"

#define WINDOW ((size_t)64 * 1024)	/* small: it stays in the cache */

int
df_log_open(struct df_log *l, int dir, const char *file, int how,
    struct df_err *e)
{
	int flags = how == DF_LOG_READ ? O_RDONLY : O_RDWR | O_APPEND;
	struct stat st;

	memset(l, 0, sizeof(*l));
	df_buf_init(&l->buf);
	if (how == DF_LOG_CREATE)
		l->fd = openat(dir, file, flags | O_CREAT | O_NOFOLLOW |
		    O_CLOEXEC, 0644);
	else
		l->fd = openat(dir, file, flags | O_NOFOLLOW | O_NONBLOCK |
		    O_CLOEXEC);
	if (l->fd < 0)
		return df_fail_errno(e, errno == ENOENT || errno == ELOOP ||
		    errno == EISDIR ? DF_INTEGRITY : DF_EXTERNAL, "log.open",
		    "cannot open %s", file);
	if (fstat(l->fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		df_log_close(l);
		return df_fail(e, DF_INTEGRITY, "log.open",
		    "%s is not a regular file", file);
	}
	return 0;
}

void
df_log_close(struct df_log *l)
{
	if (l->fd >= 0)
		close(l->fd);
	df_buf_release(&l->buf);
	df_json_release(&l->j);
	memset(l, 0, sizeof(*l));
	l->fd = -1;
}

static int
broken(struct df_log *l, const char *code, const char *why, struct df_err *e)
{
	return df_fail(e, DF_INTEGRITY, code, "log line %llu: %s",
	    (unsigned long long)l->seq + 1, why);
}

/* ---- one line ---- */

/* Is token t the string s[0..n)?  In canonical text it is so as written. */
static int
is(const struct df_json *j, uint32_t t, const char *s, size_t n)
{
	const struct df_jtok *k = &j->tok[t];

	return k->type == DF_JSTRING && k->end - k->start == n && !k->esc &&
	    memcmp(j->s + k->start, s, n) == 0;
}

#define IS(j, t, s) is(j, t, s, sizeof(s) - 1)

static int
copy(const struct df_json *j, uint32_t t, char *out, size_t size)
{
	size_t n = j->tok[t].end - j->tok[t].start;

	if (t == 0 || j->tok[t].type != DF_JSTRING || j->tok[t].esc ||
	    n >= size)
		return -1;
	memcpy(out, j->s + j->tok[t].start, n);
	out[n] = '\0';
	return 0;
}

/*
 * The attributes, in the order in which canonical form has them.  prev is
 * absent on line 1 and subject may be.
 */
static const char *
attributes(const struct df_json *j, struct df_event *ev, uint32_t *prev)
{
#define NAME(s) s, sizeof(s) - 1
	static const struct {
		const char *name;
		size_t n;
		enum df_jtype type;
	} want[] = { { NAME("data"), DF_JOBJECT },
	    { NAME("datacontenttype"), DF_JSTRING },
	    { NAME("dataschema"), DF_JSTRING },
	    { NAME("dfactor"), DF_JSTRING }, { NAME("dfprev"), DF_JSTRING },
	    { NAME("dfrole"), DF_JSTRING }, { NAME("dfseq"), DF_JNUMBER },
	    { NAME("dfsig"), DF_JSTRING }, { NAME("id"), DF_JSTRING },
	    { NAME("source"), DF_JSTRING },
	    { NAME("specversion"), DF_JSTRING },
	    { NAME("subject"), DF_JSTRING }, { NAME("time"), DF_JSTRING },
	    { NAME("type"), DF_JSTRING } };
#undef NAME
	uint32_t at[DF_LEN(want)] = { 0 }, t, i;
	const char *s;
	size_t k = 0, n;
	int64_t seq;
	int r;

	if (j->tok[0].type != DF_JOBJECT)
		return "is not an object";
	for (i = 0, t = 1; i < j->tok[0].n; i++, t = df_jnext(j, t + 1)) {
		while (k < DF_LEN(want) && !is(j, t, want[k].name, want[k].n))
			k++;
		if (k == DF_LEN(want))
			return "has an attribute that no event has";
		if (j->tok[t + 1].type != want[k].type)
			return "has an attribute of the wrong type";
		at[k++] = t + 1;
	}
	for (k = 0; k < DF_LEN(want); k++)
		if (at[k] == 0 && k != 4 && k != 11)
			return "lacks an attribute";
	ev->data = at[0];
	if (!IS(j, at[1], "application/json"))
		return "has another datacontenttype";
	if (df_jint(j, at[6], 1, INT32_MAX, &seq) < 0)
		return "has a malformed dfseq";
	ev->seq = (uint64_t)seq;
	/* a canonical number is written in one way */
	if (!is(j, at[8], j->s + j->tok[at[6]].start, j->tok[at[6]].end -
	    j->tok[at[6]].start))
		return "has an id that is not its dfseq";
	if (!IS(j, at[10], "1.0"))
		return "has another specversion";
	if (copy(j, at[13], ev->type, sizeof(ev->type)) < 0)
		return "has a malformed type";
	n = strspn(ev->type, "abcdefghijklmnopqrstuvwxyz0123456789._");
	if (n == 0 || ev->type[n])
		return "has a malformed type";
	s = j->s + j->tok[at[2]].start;
	if (j->tok[at[2]].esc || j->tok[at[2]].end - j->tok[at[2]].start !=
	    13 + n + 2 || memcmp(s, "urn:df:event:", 13) != 0 ||
	    memcmp(s + 13, ev->type, n) != 0 ||
	    memcmp(s + 13 + n, ":1", 2) != 0)
		return "has a dataschema that is not its type's";
	if (copy(j, at[3], ev->actor, sizeof(ev->actor)) < 0 ||
	    strlen(ev->actor) != DF_FP_STR - 1 ||
	    memcmp(ev->actor, "SHA256:", 7) != 0)
		return "has a malformed dfactor";
	r = df_role_parse(j->s + j->tok[at[5]].start,
	    j->tok[at[5]].end - j->tok[at[5]].start);
	if (r < 0)
		return "has an unknown dfrole";
	ev->role = (enum df_role)r;
	if (copy(j, at[9], ev->source, sizeof(ev->source)) < 0)
		return "has a malformed source";
	ev->subject[0] = '\0';
	if (at[11] && (copy(j, at[11], ev->subject, sizeof(ev->subject)) < 0 ||
	    ev->subject[0] == '\0'))
		return "has a malformed subject";
	if (df_time_parse(j->s + j->tok[at[12]].start,
	    j->tok[at[12]].end - j->tok[at[12]].start, &ev->time) < 0)
		return "has a malformed time";
	*prev = at[4];
	return NULL;
}

/*
 * Is p[0..n) (LF included) the next good line of l?  Fills *ev.  why is set
 * when it is not.
 */
static int
next_line(struct df_log *l, const char *p, size_t n, struct df_event *ev,
    const char **why, struct df_err *e)
{
	struct df_json *j = &l->j;
	struct df_digest prev;
	uint32_t t;

	if (n > DF_LINE_MAX) {
		*why = "is longer than 65535 bytes";
		return -1;
	}
	if (df_json_scan(j, p, n, DF_JSON_CANON, "event", e) < 0) {
		*why = "is not canonical JSON";
		return -1;
	}
	*why = attributes(j, ev, &t);
	if (*why)
		return -1;
	if (ev->seq != l->seq + 1) {
		*why = "is out of sequence";
		return -1;
	}
	if ((l->seq == 0) != (t == 0)) {
		*why = t ? "has a dfprev although it is the first" :
		    "lacks dfprev";
		return -1;
	}
	if (t && (df_digest_parse(&prev, p + j->tok[t].start,
	    j->tok[t].end - j->tok[t].start) < 0 ||
	    !df_digest_eq(&prev, &l->head))) {
		*why = "does not chain: dfprev is not the digest of the line "
		    "before";
		return -1;
	}
	if (l->seq && strcmp(ev->source, l->source) != 0) {
		*why = "is from another log";
		return -1;
	}
	ev->line = p;
	ev->len = n;
	ev->j = j;
	ev->torn = 0;
	return 0;
}

static int
take(struct df_log *l, struct df_event *ev, df_event_fn *fn, void *arg,
    struct df_err *e)
{
	df_sha256(ev->line, ev->len, &ev->digest);
	if (fn && fn(arg, ev, e) < 0)
		return -1;
	if (l->seq == 0)
		memcpy(l->source, ev->source, sizeof(l->source));
	l->seq = ev->seq;
	l->head = ev->digest;
	return 0;
}

/* ---- torn writes ---- */

static int
is_prefix(struct df_log *l, const char *p, size_t n)
{
	return df_json_scan(&l->j, p, n, DF_JSON_CANON | DF_JSON_PREFIX,
	    "event", NULL) == 0;
}

/* May p[0..n) be what a crash left behind the last good line? */
static const char *
torn_ok(struct df_log *l, const char *p, size_t n)
{
	const char *s = p, *end = p + n, *lf;
	const char *why = NULL;

	if (n > DF_TORN_MAX)
		return "is followed by more than 64 KiB that are no event";
	while (why == NULL) {
		lf = memchr(s, '\n', (size_t)(end - s));
		if (lf == NULL)
			lf = end;
		if (lf > s && df_json_scan(&l->j, s, (size_t)(lf - s), 0,
		    "event", NULL) == 0)
			why = "does not chain or is not canonical";
		else if (s > p && !is_prefix(l, s, (size_t)(lf - s)))
			why = "is neither an event nor a torn write";
		if (lf == end)
			break;
		s = lf + 1;
	}
	return why;
}

/*
 * Is it the beginning of an event, and of recoveries that were cut short?  A
 * file system may have the length of a write and zeros in place of its bytes.
 */
static int
is_begun(struct df_log *l, const char *p, size_t n)
{
	const char *s = p, *end, *lf;

	while (n > 0 && p[n - 1] == '\0')
		n--;
	if (n == 0)
		return 1;
	for (end = p + n;; s = lf + 1) {
		lf = memchr(s, '\n', (size_t)(end - s));
		if (lf == NULL)
			lf = end;
		if (lf == s || !is_prefix(l, s, (size_t)(lf - s)))
			return 0;
		if (lf == end)
			return 1;
	}
}

/* Does the line commit, in data.torn, to torn[0..n)? */
static int
commits_to(const struct df_event *ev, const char *torn, size_t n)
{
	struct df_digest d, want;
	uint32_t t, k;
	int64_t bytes;

	t = df_jget(ev->j, ev->data, "torn");
	if (t == 0)
		return 0;
	k = df_jget(ev->j, t, "bytes");
	if (k == 0 || df_jint(ev->j, k, 1, DF_TORN_MAX, &bytes) < 0 ||
	    (uint64_t)bytes != n)
		return 0;
	k = df_jget(ev->j, t, "digest");
	if (k == 0 || df_digest_parse(&want, ev->j->s + ev->j->tok[k].start,
	    ev->j->tok[k].end - ev->j->tok[k].start) < 0)
		return 0;
	df_sha256(torn, n, &d);
	return df_digest_eq(&d, &want);
}

/* ---- reading ---- */

/* Have at least n bytes from offset at in the window, or all there are. */
static int
window(struct df_log *l, uint64_t at, size_t n, struct df_err *e)
{
	size_t skip = (size_t)(at - l->base);
	ssize_t k;
	char *p;

	if (skip > l->buf.n)
		DF_BUG("window");
	if (skip > WINDOW && l->buf.n - skip < n) {
		memmove(l->buf.s, l->buf.s + skip, l->buf.n - skip);
		df_buf_cut(&l->buf, l->buf.n - skip);
		l->base = at;
		skip = 0;
	}
	while (l->buf.n - skip < n) {
		p = df_buf_room(&l->buf, WINDOW);
		k = pread(l->fd, p, WINDOW, (off_t)(l->base + l->buf.n));
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return df_fail_errno(e, DF_EXTERNAL, "log.read",
			    "cannot read the log");
		if (k == 0)
			break;
		l->buf.n += (size_t)k;
		l->buf.s[l->buf.n] = '\0';
	}
	return 0;
}

/*
 * Is what stands from s to the end of the file a good line that lacks only its
 * LF, and does it commit to the torn bytes before it, if there are any?
 */
static int
lacks_lf(struct df_log *l, const char *s, size_t n, const char *torn,
    size_t ntorn)
{
	struct df_buf whole = DF_BUF_INIT;
	struct df_event ev;
	const char *why;
	int r;

	memset(&ev, 0, sizeof(ev));
	df_buf_add(&whole, s, n);
	df_buf_ch(&whole, '\n');
	r = next_line(l, whole.s, whole.n, &ev, &why, NULL) == 0 &&
	    (ntorn == 0 || commits_to(&ev, torn, ntorn));
	df_buf_release(&whole);
	return r;
}

/*
 * What starts at l->good is no good line.  Find a later line that commits to
 * the bytes before it; else see whether all of it is a torn tail.  Returns 1
 * when ev is a recovering line, 0 for a tail, -1 for a broken log.
 */
static int
recover(struct df_log *l, struct df_event *ev, const char *first,
    struct df_err *e)
{
	const char *p, *end, *lf, *next, *why;
	size_t n;

	if (window(l, l->good, (size_t)DF_TORN_MAX + DF_LINE_MAX + 2, e) < 0)
		return -1;
	p = l->buf.s + (l->good - l->base);
	end = l->buf.s + l->buf.n;
	for (lf = p; (lf = memchr(lf, '\n', (size_t)(end - lf))) != NULL;
	    lf++) {
		n = (size_t)(lf - p);
		if (n > DF_TORN_MAX)
			break;
		next = memchr(lf + 1, '\n', (size_t)(end - lf - 1));
		if (n && next == NULL && lacks_lf(l, lf + 1,
		    (size_t)(end - lf - 1), p, n)) {
			why = torn_ok(l, p, n);
			if (why)
				return broken(l, "log.torn", why, e);
			l->tail = (uint64_t)(end - p);
			l->adopt = l->begun = 1;
			return 0;
		}
		if (n == 0 || next == NULL ||
		    next_line(l, lf + 1, (size_t)(next - lf), ev, &why,
		    NULL) < 0 || !commits_to(ev, p, n))
			continue;
		ev->torn = n;
		ev->off = l->good + n + 1;
		why = torn_ok(l, p, n);
		if (why)
			return broken(l, "log.torn", why, e);
		/* torn_ok() scanned over the tokens */
		if (next_line(l, ev->line, ev->len, ev, &why, e) < 0)
			DF_BUG("log");
		ev->torn = n;
		return 1;
	}
	n = (size_t)(end - p);
	why = torn_ok(l, p, n);
	if (why) {
		if (first && memchr(p, '\n', n))
			why = first;
		return broken(l, "log.line", why, e);
	}
	l->tail = n;
	l->begun = is_begun(l, p, n);
	return 0;
}

static int
read_lines(struct df_log *l, df_event_fn *fn, void *arg, struct df_err *e)
{
	struct df_event ev;
	const char *p, *lf, *why;
	size_t have, need;
	int r;

	memset(&ev, 0, sizeof(ev));
	l->tail = 0;
	l->adopt = l->begun = 0;
	df_buf_reset(&l->buf);
	l->base = l->good;
	for (;;) {
		need = 1;
		for (;;) {
			if (window(l, l->good, need, e) < 0)
				return -1;
			p = l->buf.s + (l->good - l->base);
			have = l->buf.n - (size_t)(l->good - l->base);
			lf = memchr(p, '\n', have);
			if (lf || have < need || have > DF_LINE_MAX)
				break;
			need = have + 1;
		}
		if (have == 0)
			return 0;
		why = NULL;
		if (lf && next_line(l, p, (size_t)(lf - p) + 1, &ev, &why, e)
		    == 0) {
			ev.off = l->good;
			if (take(l, &ev, fn, arg, e) < 0)
				return -1;
			l->good += ev.len;
			continue;
		}
		if (lf == NULL) {
			if (lacks_lf(l, p, have, NULL, 0)) {
				l->tail = have;
				l->adopt = l->begun = 1;
				return 0;
			}
			why = NULL;
		}
		r = recover(l, &ev, why, e);
		if (r <= 0)
			return r;
		if (take(l, &ev, fn, arg, e) < 0)
			return -1;
		l->good = ev.off + ev.len;
	}
}

/* A good line that lacks only its LF gets it from the next writer. */
static int
complete(struct df_log *l, struct df_err *e)
{
	if (df_write_fd(l->fd, "\n", 1, "log.jsonl", e) < 0)
		return -1;
	return df_sync_data(l->fd, "log.jsonl", e);
}

int
df_log_read(struct df_log *l, df_event_fn *fn, void *arg, struct df_err *e)
{
	if (read_lines(l, fn, arg, e) < 0)
		return -1;
	if (!l->adopt || !l->locked)
		return 0;
	return complete(l, e) < 0 ? -1 : read_lines(l, fn, arg, e);
}

int
df_log_reread(struct df_log *l, uint64_t off, size_t len,
    const struct df_digest *d, df_event_fn *fn, void *arg, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_json j = { 0 };
	struct df_event ev;
	struct df_digest got;
	uint32_t prev;
	ssize_t n;
	int r = -1;

	memset(&ev, 0, sizeof(ev));
	n = pread(l->fd, df_buf_room(&b, len), len, (off_t)off);
	if (n == (ssize_t)len)
		b.n = len;
	df_sha256(b.s, b.n, &got);
	if (b.n != len || !df_digest_eq(&got, d))
		r = df_fail(e, DF_INTEGRITY, "log.changed",
		    "the log changed while it was read");
	else if (df_json_scan(&j, b.s, b.n, DF_JSON_CANON, "event", e) == 0 &&
	    attributes(&j, &ev, &prev) == NULL) {
		ev.line = b.s;
		ev.len = len;
		ev.off = off;
		ev.digest = got;
		ev.j = &j;
		r = fn(arg, &ev, e);
	}
	df_json_release(&j);
	df_buf_release(&b);
	return r;
}

/* ---- appending ---- */

int
df_log_lock(struct df_log *l, struct df_err *e)
{
	if (df_lock(l->fd, 1, "the log", e) < 0)
		return -1;
	l->locked = 1;
	return 0;
}

void
df_log_unlock(struct df_log *l)
{
	if (l->locked)
		(void)flock(l->fd, LOCK_UN);
	l->locked = 0;
}

/* The line without dfsig, cut where dfsig belongs. */
static int
build(const struct df_event_new *n, uint64_t seq, const struct df_digest *prev,
    const char *source, struct df_buf *a, struct df_buf *b, struct df_err *e)
{
	char fp[DF_FP_STR], digest[DF_DIGEST_STR], when[DF_TIME_STR];

	df_buf_str(a, "{\"data\":");
	if (df_json_write(a, jv_copy(n->data), e) < 0)
		return -1;
	df_buf_fmt(a, ",\"datacontenttype\":\"application/json\","
	    "\"dataschema\":\"urn:df:event:%s:1\",\"dfactor\":\"%s\",",
	    n->type, df_fingerprint(df_key_pub(n->key), fp));
	if (seq > 1)
		df_buf_fmt(a, "\"dfprev\":\"%s\",",
		    df_digest_str(prev, digest));
	df_buf_fmt(a, "\"dfrole\":\"%s\",\"dfseq\":%llu,",
	    df_role_name(n->role), (unsigned long long)seq);
	df_buf_fmt(b, "\"id\":\"%llu\",\"source\":",
	    (unsigned long long)seq);
	df_text_json(b, source, strlen(source));
	df_buf_str(b, ",\"specversion\":\"1.0\",");
	if (n->subject) {
		df_buf_str(b, "\"subject\":");
		df_text_json(b, n->subject, strlen(n->subject));
		df_buf_ch(b, ',');
	}
	df_buf_fmt(b, "\"time\":\"%s\",\"type\":\"%s\"}\n",
	    df_time_str(df_now_ms(), when), n->type);
	return 0;
}

static int
add_line(struct df_log *l, const struct df_event_new *n, const char *source,
    struct df_buf *out, df_event_fn *fn, void *arg, struct df_err *e)
{
	struct df_buf a = DF_BUF_INIT, b = DF_BUF_INIT, sig = DF_BUF_INIT;
	struct df_event ev;
	const char *why;
	size_t len;
	int r;

	memset(&ev, 0, sizeof(ev));
	r = build(n, l->seq + 1, &l->head, source, &a, &b, e);
	len = a.n;
	if (r == 0) {
		df_buf_add(&a, b.s, b.n);
		r = df_key_sign(n->key, df_role_name(n->role), a.s, a.n, &sig,
		    e);
	}
	if (r == 0) {
		df_buf_cut(&a, len);
		df_buf_str(&a, "\"dfsig\":\"");
		df_base64(&a, (const uint8_t *)sig.s, sig.n);
		df_buf_str(&a, "\",");
		df_buf_add(&a, b.s, b.n);
		if (a.n > DF_LINE_MAX)
			r = df_fail(e, DF_INPUT, "log.size",
			    "event %s: %zu bytes are more than a line may have",
			    n->type, a.n);
		else if (next_line(l, a.s, a.n, &ev, &why, e) < 0)
			r = df_fail(e, DF_INPUT, "log.event", "event %s: %s",
			    n->type, why);
	}
	if (r == 0) {
		ev.off = l->good;
		r = take(l, &ev, fn, arg, e);
	}
	if (r == 0) {
		l->good += a.n;
		df_buf_add(out, a.s, a.n);
	}
	df_buf_release(&a);
	df_buf_release(&b);
	df_buf_release(&sig);
	return r;
}

/* Commit to the torn tail in the first event that follows it. */
static int
note_torn(struct df_log *l, struct df_event_new *first, struct df_err *e)
{
	char s[DF_DIGEST_STR];
	struct df_digest d;
	struct df_buf t = DF_BUF_INIT;
	jv torn;
	int r = 0;

	if (pread(l->fd, df_buf_room(&t, l->tail), l->tail, (off_t)l->good) !=
	    (ssize_t)l->tail)
		r = df_fail(e, DF_EXTERNAL, "log.read", "cannot read the log");
	else
		t.n = l->tail;
	df_sha256(t.s, t.n, &d);
	torn = df_jset_int(jv_object(), "bytes", (int64_t)l->tail);
	torn = df_jset_str(torn, "digest", df_digest_str(&d, s));
	first->data = df_jset(first->data, "torn", torn);
	df_buf_release(&t);
	return r;
}

int
df_log_append(struct df_log *l, struct df_event_new *ev, size_t n,
    const char *source, df_event_fn *fn, void *arg, struct df_err *e)
{
	struct df_buf out = DF_BUF_INIT;
	size_t i;
	int r = 0;

	if (!l->locked || l->adopt)
		DF_BUG("append to a log that was not read under its lock");
	if (l->tail) {
		df_buf_ch(&out, '\n');
		r = note_torn(l, &ev[0], e);
		if (r == 0)
			l->good += l->tail + 1;
	}
	for (i = 0; i < n && r == 0; i++)
		r = add_line(l, &ev[i], source, &out, fn, arg, e);
	if (r == 0) {
		/* One write(2); a second one only says why it was cut short. */
		r = df_write_fd(l->fd, out.s, out.n, "log.jsonl", e);
		if (r == 0)
			r = df_sync_data(l->fd, "log.jsonl", e);
		l->tail = 0;
	}
	for (i = 0; i < n; i++) {
		jv_free(ev[i].data);
		ev[i].data = jv_null();
	}
	df_buf_release(&out);
	return r;
}

/* ---- signatures ---- */

int
df_event_message(const struct df_event *ev, struct df_buf *m,
    struct df_buf *sig, struct df_err *e)
{
	uint32_t v = df_jget(ev->j, 0, "dfsig");
	const struct df_jtok *t = ev->j->tok;

	if (v == 0 || df_unbase64(sig, ev->line + t[v].start,
	    t[v].end - t[v].start) < 0)
		return df_fail(e, DF_INTEGRITY, "log.sig",
		    "log line %llu: dfsig is not canonical base64",
		    (unsigned long long)ev->seq);
	/* from the quote before the name to the comma behind the value */
	df_buf_add(m, ev->line, t[v - 1].start - 1);
	df_buf_add(m, ev->line + t[v].end + 2, ev->len - t[v].end - 2);
	return 0;
}

const struct df_signer *
df_event_verify(const struct df_event *ev, const struct df_trust *t,
    struct df_err *e)
{
	struct df_buf m = DF_BUF_INIT, sig = DF_BUF_INIT;
	const struct df_signer *s = NULL;
	struct df_err why;

	if (df_event_message(ev, &m, &sig, e) == 0) {
		s = df_trust_may(t, ev->actor, ev->role, ev->time, &why);
		if (s && df_sig_verify(&s->key, df_role_name(ev->role), m.s,
		    m.n, sig.s, sig.n, &why) < 0)
			s = NULL;
		if (s == NULL)
			df_fail(e, why.exit, why.code, "log line %llu: %s",
			    (unsigned long long)ev->seq, why.msg);
	}
	df_buf_release(&m);
	df_buf_release(&sig);
	return s;
}
