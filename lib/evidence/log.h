/*
 * log.h - the hash-chained, signed, append-only event log.
 *
 * One event a line, DF-JSON/1: CloudEvents 1.0 attributes (specversion, id,
 * source, type, subject, time, datacontenttype, dataschema, data) and
 *
 *	dfseq	1, 2, 3 ...; id is the same number in decimal
 *	dfprev	digest of the whole previous line, LF included; not on line 1
 *	dfactor	fingerprint of the signing key
 *	dfrole	the role it signs in, "df-run"
 *	dfsig	base64 of the SSH signature blob over the line without the
 *		member dfsig, LF included, in namespace dfrole (sign.h)
 *
 * Appending one line is the only commit point of the whole system.  A line is
 * at most 65,535 bytes, LF included.
 *
 * Reading checks each line once: strict scan, canonical bytes, the attribute
 * set, sequence, chain.  A complete line that does not pass is never skipped:
 * DF_INTEGRITY.  Signatures are checked by df_event_verify(), which gates call
 * for every line and other tools for the events whose artifacts they read.
 *
 * Torn writes.  The file only ever grows.  Bytes behind the last good line
 * that are no line (a write that a crash cut short) stay; the next append is
 * one write of LF and an event whose data.torn = {"bytes":N,"digest":"..."}
 * commits to them.  Torn bytes are at most 64 KiB; no line in them parses as
 * JSON, and what follows an LF in them is the beginning of a canonical object
 * (such a recovery that was itself cut short).  A good line that lacks only
 * its LF, also one that commits to torn bytes before it, gets that LF from the
 * next writer, when it reads under the lock; until then nobody has seen it.
 *
 * Appending: df_log_lock(), df_log_read() what others added, df_log_append().
 * The store's barrier comes before the lock (store.h).
 */
#ifndef DF_EVIDENCE_LOG_H
#define DF_EVIDENCE_LOG_H

#include "base/hash.h"
#include "base/json.h"
#include "evidence/sign.h"
#include "evidence/trust.h"

#define DF_LINE_MAX 65535
#define DF_TORN_MAX 65536

/* A committed line as a reader sees it; valid during the callback only. */
struct df_event {
	uint64_t seq;
	uint64_t off;		/* in the file */
	size_t len;		/* bytes, LF included */
	const char *line;
	struct df_digest digest;	/* of the line */
	const struct df_json *j;	/* its tokens */
	uint32_t data;		/* token of data */
	char type[48];
	char subject[256];	/* "" when absent */
	char source[64];
	char actor[DF_FP_STR];
	enum df_role role;
	int64_t time;		/* ms */
	uint64_t torn;		/* bytes of torn write before it */
};
typedef int df_event_fn(void *arg, const struct df_event *ev,
	struct df_err *e);

struct df_log {
	int fd;
	uint64_t seq;		/* of the last good line; 0: none */
	struct df_digest head;	/* its digest */
	uint64_t good;		/* offset behind it */
	char source[64];
	int locked;
	/* what the last read found behind the last good line */
	uint64_t tail;		/* bytes of it */
	int begun;		/* a write that was cut short leaves such */
	int adopt;		/* it is a good line without its LF ... */
	struct df_buf buf;	/* window of the file, from offset base */
	uint64_t base;
	struct df_json j;
};

enum { DF_LOG_READ, DF_LOG_APPEND, DF_LOG_CREATE };

/* Open file below directory dir.  DF_INTEGRITY when it is missing. */
int df_log_open(struct df_log *l, int dir, const char *file, int how,
	struct df_err *e) DF_CHECK;
void df_log_close(struct df_log *l);
/*
 * Call fn for every good line that was not read yet.  A torn tail is no
 * error: l->tail says how long it is.
 */
int df_log_read(struct df_log *l, df_event_fn *fn, void *arg,
	struct df_err *e) DF_CHECK;
/* Read one line again, by what its event said, and check its digest. */
int df_log_reread(struct df_log *l, uint64_t off, size_t len,
	const struct df_digest *d, df_event_fn *fn, void *arg,
	struct df_err *e) DF_CHECK;

/* What is to be appended. */
struct df_event_new {
	const char *type;
	const char *subject;	/* or NULL */
	enum df_role role;
	struct df_key *key;
	jv data;		/* an object; eaten by df_log_append */
};

/* flock(2), waiting. */
int df_log_lock(struct df_log *l, struct df_err *e) DF_CHECK;
void df_log_unlock(struct df_log *l);
/*
 * Append n events with one write(2) and fdatasync(2).  The log is locked and
 * read.  fn (the guard and fold) sees each line before anything is written;
 * when it refuses, nothing is.  source names the log on line 1 ("/runs/...").
 * The data objects are eaten in every case.
 */
int df_log_append(struct df_log *l, struct df_event_new *ev, size_t n,
	const char *source, df_event_fn *fn, void *arg, struct df_err *e)
	DF_CHECK;

/* The bytes that were signed, and the signature blob, of a line. */
int df_event_message(const struct df_event *ev, struct df_buf *m,
	struct df_buf *sig, struct df_err *e) DF_CHECK;
/*
 * The line's signature, against the key with its fingerprint in t, which
 * must have its role at its time.  DF_AUTH.  Returns the signer or NULL.
 */
const struct df_signer *df_event_verify(const struct df_event *ev,
	const struct df_trust *t, struct df_err *e);

#endif
