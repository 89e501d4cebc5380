/*
 * Fuzz the event log.  An input is a line "K M" and some bytes; the file is
 * a good log's first K bytes, those bytes, and what the good log has from M
 * on.  "0 99999" is a file of its own, "99999 99999" what follows a good log.
 *
 * Whatever the file holds, reading it ends with its events or with an error
 * of integrity.  What is taken for an event is the canonical form of its own
 * parse, follows what was there before and has its digest; a signature that
 * verifies is on a line that was signed.  Together with torn writes and tail
 * the events are the whole file.  What was read can be appended to, and read
 * again with what was appended.  A file that is cut anywhere in an event
 * reads as the events before; read in two steps, it reads the same.
 */
#define _GNU_SOURCE
#include "base/df.h"

#include "fuzz.h"

#include <sys/mman.h>

#include "base/mem.h"
#include "evidence/log.h"
#include "evidence/sign-internal.h"

#define EVENTS 64

struct fold {
	size_t n;
	uint64_t end;
	struct df_digest digest[EVENTS];
	uint64_t off[EVENTS], len[EVENTS];
	uint64_t torn;		/* of the last one */
	int verify;
};

static struct df_key *key;
static struct df_trust trust;
static struct df_buf good;
static struct df_map signed_;	/* digests of lines that we have signed */
static struct df_arena arena;
static int file;

static void
canonical(const struct df_event *ev)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_err e;

	must(df_json_write(&b, df_json_jv(ev->j, 0), &e) == 0);
	df_buf_ch(&b, '\n');
	must(b.n == ev->len && memcmp(b.s, ev->line, b.n) == 0);
	df_buf_release(&b);
}

static void
signature(const struct df_event *ev)
{
	struct df_buf m = DF_BUF_INIT, sig = DF_BUF_INIT;
	struct df_json j = { 0 };
	struct df_err e;

	if (df_event_message(ev, &m, &sig, &e) == 0)
		must(df_json_scan(&j, m.s, m.n, DF_JSON_CANON, "message", &e)
		    == 0 && df_jget(&j, 0, "dfsig") == 0);
	else
		must(e.exit == DF_INTEGRITY);
	if (df_event_verify(ev, &trust, &e))
		must(df_map_get(&signed_, (const char *)ev->digest.b, 32) !=
		    DF_MAP_NONE);
	else
		must(e.exit == DF_AUTH || e.exit == DF_INTEGRITY);
	df_json_release(&j);
	df_buf_release(&m);
	df_buf_release(&sig);
}

static int
see(void *arg, const struct df_event *ev, struct df_err *e)
{
	struct fold *f = arg;
	struct df_digest d;

	(void)e;
	must(ev->seq == f->n + 1);
	must(ev->off == f->end + (ev->torn ? ev->torn + 1 : 0));
	df_sha256(ev->line, ev->len, &d);
	must(df_digest_eq(&d, &ev->digest));
	canonical(ev);
	if (f->verify)
		signature(ev);
	if (f->n < EVENTS) {
		f->digest[f->n] = d;
		f->off[f->n] = ev->off;
		f->len[f->n] = ev->len;
	}
	f->n++;
	f->end = ev->off + ev->len;
	f->torn = ev->torn;
	return 0;
}

/* Remember the lines that were appended. */
static int
made(void *arg, const struct df_event *ev, struct df_err *e)
{
	char *k = df_arena_str(&arena, (const char *)ev->digest.b, 32);

	(void)arg;
	(void)e;
	(void)df_map_set(&signed_, k, 32, 1);
	return 0;
}

static void
log_init(struct df_log *l)
{
	memset(l, 0, sizeof(*l));
	df_buf_init(&l->buf);
	l->fd = fcntl(file, F_DUPFD_CLOEXEC, 3);
	must(l->fd >= 0);
}

static uint64_t
size(void)
{
	off_t n = lseek(file, 0, SEEK_END);

	must(n >= 0);
	return (uint64_t)n;
}

static void
set_file(const void *p, size_t n)
{
	must(ftruncate(file, 0) == 0);
	must(n == 0 || pwrite(file, p, n, 0) == (ssize_t)n);
}

static void
append(struct df_log *l, const char *type, const char *text, df_event_fn *fn,
    void *arg)
{
	struct df_event_new ev = { .type = type, .subject = "stage/handoff/1",
	    .role = DF_ROLE_RUN, .key = key };
	struct df_err e;

	ev.data = df_jset_str(jv_object(), "text", text);
	must(df_log_lock(l, &e) == 0);
	if (df_log_append(l, &ev, 1, *l->source ? l->source : "/runs/fuzz",
	    fn, arg, &e) < 0) {
		fprintf(stderr, "append: %s\n", e.msg);
		must(0);
	}
	df_log_unlock(l);
}

/* Read the file as it is. */
static int
read_all(struct df_log *l, struct fold *f, struct df_err *e)
{
	log_init(l);
	memset(f, 0, sizeof(*f));
	return df_log_read(l, see, f, e);
}

/* ---- the good log ---- */

static void
init(void)
{
	static const uint8_t seed[32] = { 1, 2, 3 };
	struct df_buf signers = DF_BUF_INIT;
	struct df_pubkey pub;
	struct df_err e;
	struct df_log l;
	char path[256], name[300];
	size_t at;
	int dir;

	setenv("SOURCE_DATE_EPOCH", "1767225600", 1);
	dir = fuzz_tmp(path);
	must(df_key_generate(dir, "k", "fuzz", seed, &pub, &e) == 0);
	snprintf(name, sizeof(name), "%s/k", path);
	key = df_key_open(name, &e);
	must(key != NULL);
	close(dir);
	fuzz_tmp_end(path);
	df_buf_str(&signers, "alice+operator namespaces=\"df-run\" ");
	df_pubkey_str(&pub, &signers);
	df_buf_ch(&signers, '\n');
	must(df_trust_signers(&trust, signers.s, signers.n, "signers", &e) ==
	    0);
	df_buf_release(&signers);

	file = memfd_create("log", MFD_CLOEXEC);
	must(file >= 0);
	/* append() writes at the end, whatever the offset */
	must(fcntl(file, F_SETFL, O_APPEND) == 0);
	log_init(&l);
	append(&l, "run.created", "\xc3\xa9 \\ \"", made, NULL);
	append(&l, "run.started", "", made, NULL);
	must(write(file, "{\"data\":{\"te", 12) == 12);
	must(df_log_read(&l, NULL, NULL, &e) == 0 && l.tail == 12);
	append(&l, "stage.started", "behind a torn write", made, NULL);
	append(&l, "stage.completed", "a line\nand another", made, NULL);
	df_log_close(&l);
	at = (size_t)size();
	df_buf_init(&good);
	must(pread(file, df_buf_room(&good, at), at, 0) == (ssize_t)at);
	good.n = at;
}

/* ---- properties of what was read ---- */

static void
same(const struct fold *a, const struct fold *b, size_t n)
{
	size_t i;

	for (i = 0; i < n && i < EVENTS; i++)
		must(df_digest_eq(&a->digest[i], &b->digest[i]));
}

static int
found(void *arg, const struct df_event *ev, struct df_err *e)
{
	(void)e;
	must(df_digest_eq(arg, &ev->digest));
	canonical(ev);
	return 0;
}

/* Each line once more, by what its event said. */
static void
one_by_one(struct df_log *l, struct fold *f)
{
	struct df_err e;
	size_t i;

	for (i = 0; i < f->n && i < 8; i++) {
		must(df_log_reread(l, f->off[i], (size_t)f->len[i],
		    &f->digest[i], found, &f->digest[i], &e) == 0);
		must(df_log_reread(l, f->off[i] + 1, (size_t)f->len[i],
		    &f->digest[i], found, &f->digest[i], &e) < 0);
		must(e.exit == DF_INTEGRITY);
	}
}

/* Append to what was read, and read all of it again. */
static void
go_on(struct df_log *l, const struct fold *f, const char *text)
{
	uint64_t tail = l->tail;
	struct fold seen = *f, all;
	int adopt = l->adopt;
	struct df_log again;
	struct df_err e;

	append(l, "run.awaiting_human", text, NULL, NULL);
	must(l->good == size());
	if (read_all(&again, &all, &e) < 0) {
		fprintf(stderr, "after append: %s\n", e.msg);
		must(0);
	}
	must(all.n == f->n + 1 + (size_t)adopt && again.tail == 0);
	same(&seen, &all, seen.n);
	must(all.torn == (adopt ? 0 : tail));
	df_log_close(&again);
}

static void
cut(const struct fold *f, uint64_t at)
{
	struct df_log l;
	struct fold some;
	struct df_err e;
	size_t n;

	must(ftruncate(file, (off_t)at) == 0);
	if (read_all(&l, &some, &e) < 0) {
		fprintf(stderr, "cut at %llu: %s\n", (unsigned long long)at,
		    e.msg);
		must(0);
	}
	for (n = 0; n < f->n && n < EVENTS && f->off[n] + f->len[n] <= at; n++)
		;
	must(some.n == n);
	same(f, &some, n);
	df_log_close(&l);
}

static void
two_steps(const struct df_buf *whole, const struct fold *f, uint64_t at)
{
	struct df_log l;
	struct fold some;
	struct df_err e;

	must(ftruncate(file, (off_t)at) == 0);
	must(read_all(&l, &some, &e) == 0);
	set_file(whole->s, whole->n);
	must(df_log_read(&l, see, &some, &e) == 0);
	must(some.n == f->n && some.end == f->end);
	same(f, &some, f->n);
	df_log_close(&l);
}

/* The number at s, which ends before end; moves *s behind it. */
static size_t
number(const char **s, const char *end, size_t max)
{
	size_t v = 0;

	for (; *s < end && **s >= '0' && **s <= '9'; ++*s)
		v = v < 100000 ? v * 10 + (size_t)(**s - '0') : v;
	if (*s < end)
		++*s;
	return v < max ? v : max;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const char *s = (const char *)p, *end = s + n;
	struct df_buf whole = DF_BUF_INIT;
	struct fold f;
	struct df_log l;
	struct df_err e;
	size_t k, m, i;
	char *text;

	if (key == NULL)
		init();
	k = number(&s, end, good.n);
	m = number(&s, end, good.n);
	df_buf_add(&whole, good.s, k);
	df_buf_add(&whole, s, (size_t)(end - s));
	df_buf_add(&whole, good.s + m, good.n - m);
	set_file(whole.s, whole.n);
	log_init(&l);
	memset(&f, 0, sizeof(f));
	f.verify = n % 4 == 0;
	if (df_log_read(&l, see, &f, &e) < 0) {
		must(e.exit == DF_INTEGRITY && e.msg[0] && *e.code);
	} else {
		must(l.good == f.end && l.seq == f.n);
		must(l.good + l.tail == whole.n);
		must(l.tail > 0 || !l.adopt);
		one_by_one(&l, &f);
		text = df_strndup(s, strnlen(s, (size_t)(end - s)));
		go_on(&l, &f, text);
		free(text);
		set_file(whole.s, whole.n);
		for (i = f.n < 8 ? f.n : 8; i-- > 0;) {
			cut(&f, f.off[i] + f.len[i]);
			cut(&f, f.off[i] + f.len[i] - 1);
			cut(&f, f.off[i] + f.len[i] / 2);
			cut(&f, f.off[i] + 1);
			cut(&f, f.off[i]);
		}
		i = f.n < 8 ? f.n : 8;
		if (i)
			two_steps(&whole, &f, f.off[i / 2] + n %
			    f.len[i / 2]);
	}
	df_log_close(&l);
	df_buf_release(&whole);
	return 0;
}
