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
 * by a key of role df-root (allowed_signers.sig, recipients.sig).
 */
#ifndef DF_EVIDENCE_TRUST_H
#define DF_EVIDENCE_TRUST_H

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

/* One version of allowed_signers and recipients.  Zero before use; each of
   the two is read once; after a failure there is only the release. */
struct df_trust {
	struct df_arena arena;
	struct df_signer *signer;
	size_t nsigner;
	struct df_recipient *recipient;
	size_t nrecipient;
	struct df_map by_fp;
};

int df_trust_signers(struct df_trust *t, const char *s, size_t n,
	const char *what, struct df_err *e) DF_CHECK;
int df_trust_recipients(struct df_trust *t, const char *s, size_t n,
	const char *what, struct df_err *e) DF_CHECK;
void df_trust_release(struct df_trust *t);

/* The signer with that fingerprint, or NULL. */
const struct df_signer *df_trust_find(const struct df_trust *t,
	const char *fp);
/*
 * May the key with fingerprint fp sign in role r at time ms (0: windows are
 * not looked at)?  Returns the signer, or NULL with DF_AUTH: unknown key
 * ("trust.unknown"), wrong role ("trust.role"), outside its window
 * ("trust.window").  Messages name keys, never people.
 */
const struct df_signer *df_trust_may(const struct df_trust *t,
	const char *fp, enum df_role r, int64_t ms, struct df_err *e);
/*
 * Write the four files into directory dir, signed by root.  Nothing is signed
 * that df_trust_files_check() would not take: both must be readable, and list
 * root as a df-root key.
 */
int df_trust_write(int dir, const struct df_buf *signers,
	const struct df_buf *recipients, struct df_key *root,
	struct df_err *e) DF_CHECK;
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
 * The four files of a trust directory, or of a run's copy of them, as bytes
 * (empty when absent), and who signed them.
 */
struct df_trust_files {
	struct df_buf signers, signers_sig, recipients, recipients_sig;
};
void df_trust_files_init(struct df_trust_files *f);
void df_trust_files_release(struct df_trust_files *f);
/* Read them from directory path; at most 1 MiB each. */
int df_trust_files_read(struct df_trust_files *f, const char *path,
	struct df_err *e) DF_CHECK;
/*
 * Check that both files are signed by one df-root key, which root names: its
 * fingerprint ("SHA256:..."; it need not be listed), or NULL for a df-root
 * key that the files list themselves.  Parses both into *t and writes the
 * root's fingerprint to rootfp.  DF_AUTH when a signature is missing, or it or
 * the root is another one; DF_INTEGRITY when a signature file is not as it
 * was written.  Nothing is parsed before both signatures hold.
 */
int df_trust_files_check(const struct df_trust_files *f, const char *root,
	struct df_trust *t, char rootfp[DF_FP_STR], struct df_err *e) DF_CHECK;

/*
 * Read and check the usual trust directory, --trust or df_trust_path(), with
 * a root that it lists itself.  Both *f and *t are to be released.
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
