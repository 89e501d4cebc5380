/*
 * opening.h - what was committed to and is sealed, opened one by one.
 *
 * Items of the suite (seal.h) and the expected answers of a task are bound in
 * the same way: c = HMAC-SHA256(key, "df-item/1" 00 be64(len) bytes).  An
 * opening publishes key and bytes of one of them, so that anybody can compute
 * c again:
 *
 *	{"commitment":"<hex c>","item":{...},"key":"<hex>","n":3,
 *	 "schema":"df.opening/1"}
 *
 * with "task":"T-003" in place of n for answers.  The item is an object in its
 * canonical text, so it is committed to exactly as it stands there.
 *
 * Answers.  Their plaintext is an AnswerKey (df.answers/1) with the member
 * key; the item is the same record without it.  The key of a task is
 * HMAC-SHA256(secret, "df-answers-key/1" 00 task), and the secret is made by
 * df_answers_secret() of a signature over what names the run, so that whoever
 * has the signing key makes it again, and nobody else.
 */
#ifndef DF_EVIDENCE_OPENING_H
#define DF_EVIDENCE_OPENING_H

#include "base/json.h"
#include "evidence/seal.h"
#include "evidence/sign.h"

#define DF_TASK_STR 65

struct df_opening {
	int64_t n;		/* item of the suite; -1: answers of task */
	char task[DF_TASK_STR];
	uint8_t key[32], c[32];
	const char *item;	/* canonical text without LF; borrowed */
	size_t len;
};

/* The record, canonical, one LF.  c is computed. */
void df_opening_write(struct df_buf *b, const struct df_opening *o);
/*
 * Read a record that was checked against its schema ("opening"); item points
 * into j's text.  DF_INTEGRITY "opening.item" when key and item do not give
 * the commitment that the record says.
 */
int df_opening_read(struct df_opening *o, const struct df_json *j,
	struct df_err *e) DF_CHECK;
/* The name of its artifact: "opened/3.json", "opened/T-003.answers.json". */
void df_opening_name(const struct df_opening *o, char name[100]);

/*
 * 32 bytes from key's signature over {nonce, run, schema} (canonical, LF) in
 * namespace "df-answers-key", which no role has: equal for equal inputs unless
 * the key is one of hardware.  Wipe it after use.
 */
int df_answers_secret(struct df_key *key, const char *run, const char *nonce,
	uint8_t secret[32], struct df_err *e) DF_CHECK;
void df_answers_key(const uint8_t secret[32], const char *task,
	uint8_t key[32]);
/*
 * Read the plaintext of a task's answers: fills *o, with the item appended to
 * item (wipe it).  DF_INPUT when it is no AnswerKey with a key.
 */
int df_answers_open(struct df_opening *o, const struct df_buf *plain,
	struct df_buf *item, struct df_err *e) DF_CHECK;

#endif
