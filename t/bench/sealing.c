/*
 * sealing LAPS - seal and unseal a suite of 8 MiB that often, as df-boot and
 * df-holdout do: commitment, plaintext and encryption; decryption, every
 * commitment again.
 *
 *	sealing seal LAPS
 *	sealing unseal LAPS
 */
#include "base/df.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/opt.h"
#include "evidence/age.h"
#include "evidence/seal.h"

#define ITEMS 60
#define ITEM_BYTES 139000	/* of text in each: 8 MiB in all */

/* Text as scenarios have it, quotes and line ends included. */
static void
fill(struct df_sealed *s)
{
	static const char text[] = "    grep -q \\\"^total: 12$\\\" "
	    "report.txt || exit 1\\n# the sum of all entries\\n";
	struct df_buf b = DF_BUF_INIT;
	unsigned i;

	for (i = 0; i < ITEMS; i++) {
		df_buf_reset(&b);
		df_buf_fmt(&b, "{\"n\":%u,\"verify\":\"", i);
		while (b.n < ITEM_BYTES)
			df_buf_str(&b, text);
		df_buf_str(&b, "\"}");
		(void)df_sealed_add(s, b.s, b.n);
	}
	df_buf_release(&b);
}

static void
seal(const struct df_sealed *s, const uint8_t (*pk)[32],
    struct df_buf *commitment, struct df_buf *age)
{
	struct df_buf plain = DF_BUF_INIT;
	struct df_err e;

	df_buf_reset(commitment);
	df_buf_reset(age);
	df_sealed_commitment(s, commitment);
	df_sealed_plain(s, &plain);
	if (df_age_encrypt(age, pk, 1, plain.s, plain.n, &e) < 0)
		df_die(&e);
	df_buf_wipe(&plain);
}

static void
unseal(const struct df_age_id *id, const struct df_buf *commitment,
    const struct df_buf *age)
{
	struct df_buf plain = DF_BUF_INIT;
	struct df_sealed s;
	struct df_err e;

	if (df_age_decrypt(&plain, id, 1, age->s, age->n, &e) < 0 ||
	    df_sealed_take(&s, &plain, commitment->s, commitment->n,
	    &e) < 0)
		df_die(&e);
	df_sealed_release(&s);
	df_buf_wipe(&plain);
}

int
main(int argc, char **argv)
{
	struct df_buf commitment = DF_BUF_INIT, age = DF_BUF_INIT;
	struct df_sealed s;
	struct df_age_id id;
	unsigned long i, laps;
	int open;

	if (argc != 3)
		df_diex(DF_USAGE, "usage", "sealing seal|unseal LAPS");
	open = strcmp(argv[1], "unseal") == 0;
	laps = strtoul(argv[2], NULL, 10);
	df_age_generate(&id);
	df_sealed_init(&s);
	fill(&s);
	seal(&s, (const uint8_t (*)[32])&id.pk, &commitment, &age);
	for (i = 0; i < laps; i++)
		if (open)
			unseal(&id, &commitment, &age);
		else
			seal(&s, (const uint8_t (*)[32])&id.pk, &commitment,
			    &age);
	printf("%zu bytes\n", age.n);
	df_sealed_release(&s);
	df_buf_release(&commitment);
	df_buf_release(&age);
	return 0;
}
