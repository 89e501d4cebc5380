/*
 * Fuzz the readers of signed notes, checkpoints and verifier keys: whatever the
 * bytes, the answer is an error, or parts that lie in them; a checkpoint and a
 * key that were read are written the same way.
 */
#include "base/df.h"

#include <stdlib.h>
#include <string.h>

#include "evidence/note.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
note(const char *s, size_t n)
{
	struct df_note note = { 0 };
	struct df_checkpoint c;
	struct df_buf origin = DF_BUF_INIT, b = DF_BUF_INIT;
	struct df_err e;
	size_t i;

	if (df_note_parse(&note, s, n, "fuzz", &e) == 0) {
		if (note.text != s || note.n >= n || note.nsig > DF_NOTE_SIGS)
			abort();
		for (i = 0; i < note.nsig; i++)
			if (note.sig[i].name < s || note.sig[i].name +
			    note.sig[i].nname > s + n)
				abort();
		if (df_checkpoint_parse(&c, &note, "fuzz", &e) == 0) {
			df_buf_add(&origin, c.origin, c.norigin);
			c.origin = origin.s;
			df_checkpoint_write(&b, &c);
			if (b.n > note.n || memcmp(b.s, s, b.n) != 0)
				abort();
		}
	}
	df_note_release(&note);
	df_buf_release(&origin);
	df_buf_release(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const char *s = (const char *)p;
	struct df_buf name = DF_BUF_INIT, b = DF_BUF_INIT;
	struct df_pubkey k;
	struct df_err e;
	size_t nname;

	note(s, n);
	if (df_vkey_parse(&k, &nname, s, n, &e) == 0) {
		if (nname > n)
			abort();
		df_buf_add(&name, s, nname);
		df_vkey_write(&b, name.s, &k);
		if (b.n != n || memcmp(b.s, s, n) != 0)
			abort();
	}
	df_buf_release(&name);
	df_buf_release(&b);
	return 0;
}
