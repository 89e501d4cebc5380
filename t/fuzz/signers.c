/*
 * Fuzz the readers of allowed_signers and recipients: every signer that comes
 * out has a principal and a role and is found by its fingerprint.
 */
#include "base/df.h"

#include <stdlib.h>
#include <string.h>

#include "evidence/trust.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const char *s = (const char *)p;
	struct df_trust t = { 0 };
	struct df_signer *g;
	struct df_err e;
	size_t i;

	if (df_trust_signers(&t, s, n, "allowed_signers", &e) == 0)
		for (i = 0; i < t.nsigner; i++) {
			g = &t.signer[i];
			if (g->roles == 0 || *g->principal == '\0' ||
			    df_person_len(g->principal) == 0 ||
			    df_trust_find(&t, g->fp) != g ||
			    (g->before && g->before < g->after))
				abort();
		}
	else if (e.exit != DF_INPUT)
		abort();
	df_trust_release(&t);
	if (df_trust_recipients(&t, s, n, "recipients", &e) == 0)
		for (i = 0; i < t.nrecipient; i++)
			if (t.recipient[i].roles == 0 ||
			    *t.recipient[i].principal == '\0')
				abort();
	df_trust_release(&t);
	return 0;
}
