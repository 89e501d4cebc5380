/*
 * note.h - signed notes and checkpoints of logs (C2SP signed-note and
 * tlog-checkpoint, https://c2sp.org).
 *
 * A note is text (UTF-8, no control character but LF, LF at its end), an empty
 * line, and a line for each signature: an em dash, the key's name, and base64
 * of the key id and the signature.  Of Ed25519 keys the id is the first four
 * bytes of SHA-256(name LF 01 key), and the signature is the bare one of RFC
 * 8032 over the text.  Lines of other keys and other kinds (a witness's
 * cosignature has 8 bytes of time before its 64) are passed over.
 *
 * The name of a key is UTF-8 without space and plus.  A verifier key is
 * NAME+ID+KEY, the id in 8 hexadecimal digits, the key in base64 of 01 and its
 * 32 bytes.
 *
 * A checkpoint is a note whose text has three lines, and perhaps more: the
 * log's origin, the number of its leaves in decimal, and base64 of their root
 * (merkle.h).  Ours are signed under the origin as the key's name.
 *
 * A key that signs in a role signs SSHSIG data, DSSE and notes, and what is
 * one of these must never be another: no origin begins with SSHSIG or DSSEv1.
 */
#ifndef DF_EVIDENCE_NOTE_H
#define DF_EVIDENCE_NOTE_H

#include "base/hash.h"
#include "evidence/sign.h"

#define DF_NOTE_MAX ((size_t)64 << 10)	/* bytes of a note */
#define DF_NOTE_SIGS 100		/* signatures of a note */
#define DF_ORIGIN_MAX 200		/* bytes of an origin of ours */

struct df_note_sig {
	const char *name;	/* in the note */
	size_t nname;
	uint8_t id[4];
	uint8_t sig[64];
	size_t n;		/* bytes of the signature; 64 of Ed25519 */
};
struct df_note {
	const char *text;	/* in what was parsed; LF at its end */
	size_t n;
	struct df_note_sig *sig;
	size_t nsig;
};

/* s[0..n) must stay.  DF_INPUT "note.format". */
int df_note_parse(struct df_note *n, const char *s, size_t len,
	const char *what, struct df_err *e) DF_CHECK;
void df_note_release(struct df_note *n);
/* 1: it has k's signature under that name; 0: it has none; -1: it has one,
   and it does not verify. */
int df_note_verify(const struct df_note *n, const char *name, size_t nname,
	const struct df_pubkey *k);
/*
 * Append text and the signature of k under name.  DF_REFUSED "sign.hardware": a
 * hardware key cannot sign these bytes.
 */
int df_note_sign(struct df_buf *b, const struct df_buf *text,
	const char *name, struct df_key *k, struct df_err *e) DF_CHECK;

/* Append a verifier key. */
void df_vkey_write(struct df_buf *b, const char *name,
	const struct df_pubkey *k);
/* DF_INPUT "vkey.format".  The name is s[0..*nname). */
int df_vkey_parse(struct df_pubkey *k, size_t *nname, const char *s, size_t n,
	struct df_err *e) DF_CHECK;

struct df_checkpoint {
	const char *origin;	/* in the note, when it was parsed */
	size_t norigin;
	uint64_t size;
	struct df_digest root;
};
/* DF_USAGE "checkpoint.origin" when s is none that we may sign under. */
int df_origin_check(const char *s, struct df_err *e) DF_CHECK;
/* Append the text of a checkpoint. */
void df_checkpoint_write(struct df_buf *b, const struct df_checkpoint *c);
/* DF_INPUT "checkpoint.format". */
int df_checkpoint_parse(struct df_checkpoint *c, const struct df_note *n,
	const char *what, struct df_err *e) DF_CHECK;

#endif
