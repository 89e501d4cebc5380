/*
 * Fuzz the readers of what other programs sign: DSSE envelopes, keys and
 * signatures of minisign.  What of an envelope was signed is the end of its
 * pre-authentication encoding.
 */
#define _GNU_SOURCE
#include "base/df.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "evidence/dsse.h"
#include "evidence/minisign.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
envelope(const char *s, size_t n)
{
	static const struct df_pubkey one = { 0, { 0xd7, 0x5a, 0x98, 0x01,
	    0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07,
	    0x3a, 0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02,
	    0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a }, "" };
	const struct df_pubkey *key[1] = { &one };
	struct df_buf b = DF_BUF_INIT;
	struct df_dsse d;
	struct df_err e;
	const char *body;
	uint8_t by[1];
	size_t len;

	if (df_dsse_read(&d, s, n, "envelope", &e) == 0) {
		body = df_dsse_payload(&d, &len);
		df_dsse_pae(&b, d.type, body, len);
		if (b.n != d.pae.n || memcmp(b.s, d.pae.s, b.n) != 0 ||
		    df_dsse_signers(&d, key, 1, by, &e) != by[0])
			abort();
	}
	df_dsse_release(&d);
	df_buf_release(&b);
}

static void
minisign(const char *s, size_t n)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_minisign_key k = { { 0 }, { 0 } };
	struct df_err e;
	int fd = memfd_create("message", MFD_CLOEXEC);

	(void)!df_minisign_key_read(&k, s, n, "key", &e);
	/* The number is in clear: give it what it asks for. */
	if (n > 64)
		memcpy(k.num, "\x21\xfe\x31\xdf\xa1\x54\xa2\x61", 8);
	(void)!df_minisign_verify(&k, fd, "message", s, n, "sig", &b, &e);
	if (fd >= 0)
		(void)close(fd);
	df_buf_release(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	envelope((const char *)p, n);
	minisign((const char *)p, n);
	return 0;
}
