/*
 * trust.h - who may sign what: roles, allowed_signers, recipients, and the
 * trust directory.
 *
 * A role is an SSH signature namespace.  An OpenSSH allowed_signers file
 * (ssh-keygen(1)) says which key may sign in which role.  We read a strict
 * subset on which every OpenSSH agrees and refuse the whole file otherwise
 * (DF_INPUT, "file:line: ..."): literal principals, one a line; options
 * namespaces= (mandatory, literal, known roles), valid-after= and
 * valid-before= with Z, each quoted, lower case, at most once; ssh-ed25519
 * and sk-ssh-ed25519@openssh.com only; no wildcard, no cert-authority, no CR,
 * NUL or tab; each key once.  Lines that begin with # and empty lines are
 * comments.  At most 1 MiB, 10,000 keys, 8 KiB a line; time is linear.
 *
 * A principal is PERSON or PERSON+ROLE ("alice@example.org+approver");
 * separation of duties compares the person.  Both consist of letters, digits
 * and . _ -, a person also of @; there is one + at most.
 *
 * Times are YYYYMMDDZ, YYYYMMDDhhmmZ or YYYYMMDDhhmmssZ and exist in the
 * calendar.  As in OpenSSH, which counts seconds, both bounds belong to the
 * window, so valid-before= covers all milliseconds of its second.
 *
 * recipients is an age recipients file (X25519 only); the comment line before
 * each key names its principal and what it may open, in the same words:
 *
 *     # alice@example.org+evaluator namespaces="df-holdout"
 *     age1...
 *
 * A trust directory holds allowed_signers, recipients, and for each an SSHSIG
 * by a key of role df-root (allowed_signers.sig, recipients.sig); and which
 * version of them it is: trust.json (schema "trust") with its trust.json.sig by
 * the same root,
 *
 *	{"files":{NAME:DIGEST..},"previous":DIGEST of the trust.json before,
 *	 "revoked":[{"fingerprint","reason","suspect_from_seq"}..],"version":N}
 *
 * and, once a key is revoked, `revoked': the public keys, one a line, for
 * ssh-keygen -r.  A directory without trust.json is version 0: nothing is
 * revoked.  A revoked key signs nothing any more (df_trust_may()); what it
 * signed before may stand (run/revoke.h).
 *
 * A change is one write: next.json, which holds all files, appears at once and
 * goes when they are in place; a reader takes it for them while it is there.
 */
#ifndef DF_EVIDENCE_TRUST_H
#define DF_EVIDENCE_TRUST_H

#include "base/hash.h"
#include "base/mem.h"
#include "evidence/sign.h"

enum df_role {
	DF_ROLE_RUN,		/* df-run: boot to report, freeze */
	DF_ROLE_BUILD,		/* df-build: dispatch and merge */
	DF_ROLE_HOLDOUT,	/* df-holdout: evaluations, openings */
	DF_ROLE_APPROVE,	/* df-approve: decisions */
	DF_ROLE_ADMIN,		/* df-admin: incidents, retention */
	DF_ROLE_ROOT,		/* df-root: the trust directory itself */
	DF_ROLES
};
/* "df-run" ... */
const char *df_role_name(enum df_role r);
/* The role of that name, or -1. */
int df_role_parse(const char *s, size_t n);
#define DF_ROLE_BIT(r) (1u << (r))

struct df_signer {
	char *principal;
	struct df_pubkey key;
	char fp[DF_FP_STR];
	unsigned roles;		/* DF_ROLE_BIT()s */
	int64_t after, before;	/* first and last ms since 1970; 0: no bound */
};

struct df_recipient {
	char *principal;
	uint8_t pk[32];		/* X25519 */
	unsigned roles;
};

struct df_revoked {
	struct df_pubkey key;
	char fp[DF_FP_STR];
	char *reason;
	uint64_t from;		/* suspect_from_seq: what a factory's log
				   anchored before that line stands; 0: nothing
				   does */
	char by[DF_FP_STR];	/* the key in its place, or "" */
};

/* One version of allowed_signers and recipients.  Zero before use; each of
   the two is read once; after a failure there is only the release. */
struct df_trust {
	struct df_arena arena;
	struct df_signer *signer;
	size_t nsigner;
	struct df_recipient *recipient;
	size_t nrecipient;
	struct df_map by_fp;
	uint64_t version;	/* 0: the files have no record */
	struct df_digest record;	/* of trust.json; version > 0 */
	struct df_revoked *revoked;
	size_t nrevoked;
	struct df_map revoked_fp;
};

int df_trust_signers(struct df_trust *t, const char *s, size_t n,
	const char *what, struct df_err *e) DF_CHECK;
int df_trust_recipients(struct df_trust *t, const char *s, size_t n,
	const char *what, struct df_err *e) DF_CHECK;
void df_trust_release(struct df_trust *t);

/* The signer with that fingerprint, or NULL. */
const struct df_signer *df_trust_find(const struct df_trust *t,
	const char *fp);
/* Its revocation, or NULL. */
const struct df_revoked *df_trust_revoked(const struct df_trust *t,
	const char *fp);
/*
 * May the key with fingerprint fp sign in role r at time ms (0: windows are
 * not looked at)?  Returns the signer, or NULL with DF_AUTH: unknown key
 * ("trust.unknown"), a revoked one ("trust.revoked"), wrong role
 * ("trust.role"), outside its window ("trust.window").  Messages name keys,
 * never people.
 */
const struct df_signer *df_trust_may(const struct df_trust *t,
	const char *fp, enum df_role r, int64_t ms, struct df_err *e);
/*
 * Append p[0..n) encrypted (age.h) to every recipient that has one of the
 * roles (0: to all).  DF_REFUSED "trust.recipient" when there is none.
 */
int df_trust_encrypt(const struct df_trust *t, unsigned roles, const void *p,
	size_t n, struct df_buf *out, struct df_err *e) DF_CHECK;
/* DF_INPUT when s is no principal. */
int df_principal_check(const char *s, struct df_err *e) DF_CHECK;
/* Bytes of the person in a principal. */
size_t df_person_len(const char *principal);
int df_same_person(const char *a, const char *b);

/*
 * The files of a trust directory, or of a run's copy of them, as bytes (empty
 * when absent), and who signed them.
 */
struct df_trust_files {
	struct df_buf signers, signers_sig, recipients, recipients_sig;
	struct df_buf record, record_sig, revoked;
};
#define DF_TRUST_FILES 7
#define DF_TRUST_ALWAYS 4
/* The name of the file, 0 to DF_TRUST_FILES - 1, and where its bytes are; the
   first DF_TRUST_ALWAYS are there in version 0 too. */
const char *df_trust_file_name(size_t i);
struct df_buf *df_trust_file(struct df_trust_files *f, size_t i);

void df_trust_files_init(struct df_trust_files *f);
void df_trust_files_release(struct df_trust_files *f);
/* Read them from directory path, all of one version; at most 1 MiB each. */
int df_trust_files_read(struct df_trust_files *f, const char *path,
	struct df_err *e) DF_CHECK;
/*
 * Check that all are signed by one df-root key, which root names: its
 * fingerprint ("SHA256:..."; it need not be listed), or NULL for a df-root
 * key that the files list themselves; and that the record is about these
 * files.  Parses them into *t and writes the root's fingerprint to rootfp.
 * DF_AUTH when a signature is missing, or it or the root is another one;
 * DF_INTEGRITY when a signature file is not as it was written, or a file not
 * the one of this version.  Nothing is parsed before its signature holds.
 */
int df_trust_files_check(const struct df_trust_files *f, const char *root,
	struct df_trust *t, char rootfp[DF_FP_STR], struct df_err *e) DF_CHECK;

/* ---- versions (trust-version.c) ---- */

/*
 * Write signers and recipients into directory dir as its next version, signed
 * by root, with what was revoked before and the nrev keys of rev (of which
 * key, reason, from and by are read).  Nothing is signed that
 * df_trust_files_check() would not take; what is already so is left as it is.
 * What was made, or is there, is read into *t.
 */
int df_trust_write(int dir, const struct df_buf *signers,
	const struct df_buf *recipients, const struct df_revoked *rev,
	size_t nrev, struct df_key *root, struct df_trust *t,
	struct df_err *e) DF_CHECK;
/* The record of a df_trust_files; for df_trust_files_check(). */
int df_trust_record(const struct df_trust_files *f, struct df_trust *t,
	struct df_err *e) DF_CHECK;
/*
 * Compare with the versions that were seen here before, and remember: under
 * each root that *t lists, in $XDG_STATE_HOME/darkfactory/trust (or below
 * ~/.local/state), a line "FINGERPRINT VERSION DIGEST" each.  DF_INTEGRITY for
 * an older one, or another one of the same number.  Where nothing can be
 * written nothing is remembered.
 */
int df_trust_seen(const struct df_trust *t, const char *rootfp,
	struct df_err *e) DF_CHECK;

/*
 * Read and check the usual trust directory, --trust or df_trust_path(), with
 * a root that it lists itself, and its version.  Both *f and *t are to be
 * released.
 */
int df_trust_usual(struct df_trust_files *f, struct df_trust *t,
	char rootfp[DF_FP_STR], struct df_err *e) DF_CHECK;

/* Append the default trust directory: $DF_TRUST, or
   ~/.config/darkfactory/trust.  Without $HOME it is sought below /, never
   below the current directory. */
void df_trust_path(struct df_buf *b);
/* Append the default key file of a role: $DF_KEYS/df-run, or
   ~/.config/darkfactory/keys/df-run. */
void df_keys_path(struct df_buf *b, const char *name);

#endif
