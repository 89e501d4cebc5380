/*
 * seal.h - the holdout suite as it is sealed at boot: items, keys,
 * commitment.
 *
 * Item 0 is D9's frame (all text outside scenarios), items from 1 are the
 * scenarios in the order in which they are judged, the k of priority P0
 * first.  An item is the canonical text (DF-JSON/1, without LF) of one JSON
 * object; this module does not look inside.
 *
 *     key_n = HMAC-SHA256(master, "df-item-key/1" 00 be32(n))
 *     c_n   = HMAC-SHA256(key_n, "df-item/1" 00 be64(len) bytes)
 *
 * commitment.json is {"items":["<hex c_0>",...],"p0":k,
 * "schema":"df.commitment/1"}.  The sealed plaintext (which holdout.age
 * encrypts) is {"items":[<item 0>,...],"master":"<64 hex>",
 * "schema":"df.sealed/1"}, each item in its canonical text, so whoever has it
 * can recompute every c_n.  Publishing key_n and item n opens item n alone:
 * anybody can then check it against the commitment.
 */
#ifndef DF_EVIDENCE_SEAL_H
#define DF_EVIDENCE_SEAL_H

#include "base/buf.h"
#include "base/err.h"

#define DF_SEAL_ITEMS 10000		/* at most */
#define DF_SEAL_BYTES ((size_t)8 << 20)	/* of all items */

struct df_sealed {
	uint8_t master[32];
	struct df_buf *item;		/* n of them */
	size_t n, cap;
	struct df_buf plain;		/* where those that were read lie */
	size_t p0;			/* how many scenarios are P0 */
};

/* An empty suite with a random master key. */
void df_sealed_init(struct df_sealed *s);
/* Zeroes everything. */
void df_sealed_release(struct df_sealed *s);
/* Append an item (canonical JSON object without LF); returns its number. */
size_t df_sealed_add(struct df_sealed *s, const char *json, size_t n);

void df_item_key(const uint8_t master[32], uint32_t n, uint8_t key[32]);
void df_item_commit(const uint8_t key[32], const void *p, size_t len,
	uint8_t c[32]);

/* commitment.json: canonical, one LF. */
void df_sealed_commitment(const struct df_sealed *s, struct df_buf *b);
/* The plaintext of holdout.age: canonical, one LF. */
void df_sealed_plain(const struct df_sealed *s, struct df_buf *b);
/*
 * Whether df_sealed_open() will take what the two functions above write: the
 * bounds, canonical objects, p0 at most the number of scenarios.  To be asked
 * before anything is sealed.  Like all errors here it names items by number
 * and quotes nothing (DF_INPUT).
 */
int df_sealed_check(const struct df_sealed *s, struct df_err *e) DF_CHECK;

/*
 * Read the plaintext and check it against commitment.json, which alone has
 * p0: the same number of items, every c_n equal.  DF_INTEGRITY names the
 * first item that differs; DF_INPUT: one of the two is no such record.  *s
 * need not be initialised; after a failure it holds nothing and needs no
 * release.
 */
int df_sealed_open(struct df_sealed *s, const char *plain, size_t n,
	const char *commitment, size_t ncommitment, struct df_err *e) DF_CHECK;
/* The same without a copy: plain is taken, and empty afterwards. */
int df_sealed_take(struct df_sealed *s, struct df_buf *plain,
	const char *commitment, size_t ncommitment, struct df_err *e) DF_CHECK;

/* A commitment that has been read.  Release it. */
struct df_commitment {
	uint8_t (*c)[32];		/* n of them */
	size_t n, p0;
};
/* DF_INPUT when it is not exactly the canonical record. */
int df_commitment_read(struct df_commitment *c, const char *s, size_t n,
	struct df_err *e) DF_CHECK;
void df_commitment_release(struct df_commitment *c);
/* Does an opened item (its key and bytes) match c_n?  DF_INTEGRITY when not,
   or when there is no item n. */
int df_commitment_item(const struct df_commitment *c, uint32_t n,
	const uint8_t key[32], const void *p, size_t len, struct df_err *e)
	DF_CHECK;
/* The same for one item and the bytes of commitment.json. */
int df_item_check(const char *commitment, size_t ncommitment, uint32_t n,
	const uint8_t key[32], const void *p, size_t len, struct df_err *e)
	DF_CHECK;

/* Not dumpable, no core file: for programs that hold plaintext of D9. */
void df_no_core(void);

#endif
