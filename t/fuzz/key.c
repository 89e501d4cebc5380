/*
 * Fuzz the readers of SSH keys and signatures.  What is accepted must be
 * written again as it was read.
 */
#include "base/df.h"

#include <stdlib.h>
#include <string.h>

#include "evidence/sign-internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
same(const struct df_buf *b, const void *p, size_t n)
{
	if (b->n != n || memcmp(b->s, p, n) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const char *s = (const char *)p;
	struct df_buf b = DF_BUF_INIT;
	struct df_sshsig sig;
	struct df_pubkey k;
	struct df_key *key;
	struct df_err e;

	if (df_pubkey_parse_blob(&k, p, n, &e) == 0) {
		df_pubkey_blob(&k, &b);
		same(&b, p, n);
	}
	df_buf_reset(&b);
	if (df_pubkey_parse(&k, s, n, &e) == 0) {
		df_pubkey_str(&k, &b);
		if (n < b.n)
			abort();
		same(&b, p, b.n);
	}
	df_buf_reset(&b);
	if (df_sshsig_read(&sig, s, n, "sig", &e) == 0) {
		df_sshsig_write(&b, &sig);
		same(&b, p, n);
		(void)!df_sig_verify(&sig.key, sig.ns, "m", 1, sig.sig,
		    sig.siglen, &e);
	}
	df_buf_reset(&b);
	key = df_key_parse(s, n, "key", &e);
	if (key) {
		if (df_key_sign(key, "df-run", "m", 1, &b, &e) < 0 ||
		    df_sig_verify(df_key_pub(key), "df-run", "m", 1, b.s, b.n,
		    &e) < 0)
			abort();
		df_key_free(key);
	}
	df_buf_release(&b);
	return 0;
}
