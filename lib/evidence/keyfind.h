/*
 * keyfind.h - a signing key by what people call it.
 *
 *	FILE		a path, or a file of that name (df_key_open())
 *	SHA256:...	a fingerprint
 *	PRINCIPAL	who has it by a roster, "alice+approver"
 *
 * The last two are looked for in the directory of keys ($DF_KEYS: NAME and
 * NAME.pub) and in the ssh-agent.
 */
#ifndef DF_EVIDENCE_KEYFIND_H
#define DF_EVIDENCE_KEYFIND_H

#include "evidence/trust.h"

/*
 * role is an enum df_role, or -1 for any: of a principal's keys those count
 * that may sign in it and are neither revoked nor expired.  t is the roster,
 * or NULL: the trust directory.  DF_INPUT: no such file and nobody of that name
 * ("key.open"), more than one ("key.ambiguous"); DF_AUTH: no such key here
 * ("key.none"), or the principal has none for the role ("trust.role").
 */
struct df_key *df_key_find(const char *what, int role,
	const struct df_trust *t, struct df_err *e);

#endif
