/*
 * Fuzz target: the reader of Spec Kit's feature directories, its findings and
 * its record.
 *
 * The input is files, each begun by the byte 0x1e and a letter that says which
 * file it is; what stands before the first is spec.md.
 */
#include "base/df.h"

#include <stdlib.h>
#include <string.h>

#include "base/schema.h"
#include "spec/diag.h"
#include "spec/speckit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char *const name[] = {
	"spec.md", "plan.md", "tasks.md", "constitution.md", "data-model.md",
	"research.md", "quickstart.md", "contracts/a.yaml",
	"contracts/b.json", "contracts/c.ts", "contracts/d.md",
	"checklists/e.md", "f.bak"
};

static void
must(int good)
{
	if (!good)
		abort();
}

static void
placed(const struct df_speckit *sk, struct df_skplace at)
{
	must(at.file < sk->files);
	must(at.line >= 1 && at.col >= 1);
	/* an empty file is a contract that stands on its first line */
	if (sk->file[at.file].md)
		must(at.line <= sk->file[at.file].md->lines + 1);
}

static void
model(const struct df_speckit *sk)
{
	uint32_t wave = 0;
	size_t i, n = 0;

	for (i = 0; i < sk->stories; i++) {
		placed(sk, sk->story[i].at);
		must(sk->story[i].first + sk->story[i].scenarios <=
		    sk->scenarios);
	}
	for (i = 0; i < sk->scenarios; i++) {
		placed(sk, sk->scenario[i].at);
		n += sk->scenario[i].story != DF_SK_NONE;
	}
	for (i = 0; i < sk->stories; i++)
		n -= sk->story[i].scenarios;
	must(n == 0);
	for (i = 0; i < sk->tasks; i++) {
		placed(sk, sk->task[i].at);
		must(sk->task[i].phase == DF_SK_NONE ||
		    sk->task[i].phase < sk->phases);
		wave = sk->task[i].wave > wave ? sk->task[i].wave : wave;
	}
	must(wave <= 2 * sk->tasks);
	for (i = 0; i < sk->contracts; i++)
		placed(sk, sk->contract[i].at);
	for (i = 0; i < sk->rels; i++) {
		const struct df_skrel *x = &sk->rel[i];

		/* of two tasks, one that waits comes later */
		if (x->kind == DF_SK_TASK_TASK && x->to != DF_SK_NONE &&
		    wave)
			must(sk->task[x->from].wave > sk->task[x->to].wave);
		must(i == 0 || sk->rel[i - 1].kind <= x->kind);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct df_speckit_file file[DF_LEN(name)];
	struct df_speckit sk;
	struct df_check c;
	struct df_buf b = DF_BUF_INIT;
	struct df_err e;
	const char *s = (const char *)data, *end = s + n, *next;
	unsigned k = 0;
	size_t i, files = 0;

	while (files < DF_LEN(name)) {
		next = s < end ? memchr(s, 0x1e, (size_t)(end - s)) : NULL;
		memset(&file[files], 0, sizeof(file[files]));
		file[files].name = name[k];
		file[files].s = s;
		file[files].n = (size_t)((next ? next : end) - s);
		file[files].constitution = k == 3;
		files++;
		if (next == NULL || end - next < 2)
			break;
		k = (unsigned char)next[1] % DF_LEN(name);
		s = next + 2;
	}
	if (df_speckit_read(&sk, file, files, &e) == -1) {
		must(e.exit == DF_INPUT && e.msg[0]);
		return 0;
	}
	model(&sk);
	df_speckit_check(&c, &sk);
	for (i = 0; i < c.n; i++) {
		must(c.diag[i].msg[0] != 0);
		must(c.diag[i].line == 0 || c.diag[i].col > 0);
		if (i < 100)
			df_diag_text(&b, &c.diag[i], 1);
	}
	df_check_release(&c);
	df_buf_reset(&b);
	must(df_schema_write(&b, df_speckit_product(&sk), "speckit", &e) == 0);
	df_buf_release(&b);
	df_speckit_release(&sk);
	return 0;
}
