/*
 * Fuzz the age reader: whatever the bytes, the answer is an error or a
 * plaintext, and an error leaves the output as it was.  The identity is that
 * of the public vectors, so that seeds from them decrypt.
 */
#include "base/df.h"

#include <stdlib.h>
#include <string.h>

#include "evidence/age.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const char secret[] = "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXY"
	    "VK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0";
	struct df_buf out = DF_BUF_INIT;
	size_t x25519, other;
	struct df_age_id id;
	struct df_err e;
	uint8_t pk[32];

	if (df_age_identity_parse(secret, strlen(secret), &id, &e) < 0)
		abort();
	df_buf_str(&out, "before");
	if (df_age_decrypt(&out, &id, 1, p, n, &e) < 0 &&
	    (strcmp(out.s, "before") != 0 || out.n != 6))
		abort();
	(void)!df_age_stanzas(p, n, &x25519, &other, &e);
	(void)!df_age_recipient_parse((const char *)p, n, pk, &e);
	(void)!df_age_identity_parse((const char *)p, n, &id, &e);
	df_buf_release(&out);
	return 0;
}
