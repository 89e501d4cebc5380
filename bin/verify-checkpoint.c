#include "base/df.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/opt.h"
#include "evidence/merkle.h"
#include "evidence/note.h"
#include "verify.h"

#define KEY_MAX ((size_t)4096)

/* ---- who signed it ---- */

static int
unsigned_by(const char *file, const char *whom, int bad, struct df_err *e)
{
	return df_fail(e, DF_AUTH, bad ? "checkpoint.bad" :
	    "checkpoint.signature", bad ? "%.200s: the signature of %s does "
	    "not verify" : "%.200s: no signature of %s", file, whom);
}

/* A key of the run's roster that signs as df-run and is not revoked, under the
   origin's name. */
static int
by_roster(struct df_verify *w, const char *file, const struct df_note *n,
    const struct df_checkpoint *c, struct df_err *e)
{
	const struct df_signer *s;
	char fp[DF_FP_STR];
	size_t i;
	int r;

	for (i = 0; i < w->run.trust.nsigner; i++) {
		s = &w->run.trust.signer[i];
		if (!(s->roles & DF_ROLE_BIT(DF_ROLE_RUN)) ||
		    (w->run.have_outside && df_trust_revoked(&w->run.outside,
		    s->fp)))
			continue;
		r = df_note_verify(n, c->origin, c->norigin, &s->key);
		if (r < 0)
			return unsigned_by(file, df_fingerprint(&s->key, fp),
			    1, e);
		if (r > 0)
			return 0;
	}
	unsigned_by(file, "a df-run key of the run's roster", 0, e);
	return df_hint(e, "--checkpoint-key names another key");
}

/* A verifier key, the file of one, or a public key, whose name is the
   origin. */
static int
by_key(const char *key, const char *file, const struct df_note *n,
    const struct df_checkpoint *c, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	const char *name = c->origin;
	size_t nname = c->norigin, len;
	struct df_pubkey k;
	struct df_err why;
	int r = 0;

	if (df_vkey_parse(&k, &nname, key, strlen(key), &why) == 0) {
		name = key;
	} else if (access(key, F_OK) < 0 && strchr(key, '+')) {
		*e = why;
		r = -1;
	} else {
		r = df_read_file(AT_FDCWD, key, &b, KEY_MAX, e);
		len = b.n && b.s[b.n - 1] == '\n' ? b.n - 1 : b.n;
		name = b.s;
		if (r == 0 && df_vkey_parse(&k, &nname, b.s, len, NULL) < 0) {
			name = c->origin;
			nname = c->norigin;
			r = df_pubkey_parse(&k, b.s, b.n, e);
		}
	}
	if (r == 0) {
		r = df_note_verify(n, name, nname, &k);
		r = r > 0 ? 0 : unsigned_by(file, key, r < 0, e);
	}
	df_buf_release(&b);
	return r;
}

/* ---- what it says ---- */

static int
root(struct df_run *r, uint64_t size, struct df_digest *d, struct df_err *e)
{
	struct df_merkle m = { 0 };
	char line[DF_LINE_MAX];
	uint64_t i;
	size_t n;

	for (i = 0; i < size; i++) {
		n = r->line[i].len;
		if (n > sizeof(line) || pread(r->log.fd, line, n,
		    (off_t)r->line[i].off) != (ssize_t)n)
			return df_fail_errno(e, DF_EXTERNAL, "log.read",
			    "cannot read the log");
		df_merkle_add(&m, line, n - 1);
	}
	df_merkle_root(&m, d);
	return 0;
}

static int
compare(struct df_verify *w, const struct df_checkpoint *c, struct df_err *e)
{
	struct df_digest d;

	if (c->size > w->run.nline) {
		df_finding_add(&w->bad, "checkpoint.length", "log.jsonl",
		    "the checkpoint is of %llu lines; the log ends before",
		    (unsigned long long)c->size);
		return 0;
	}
	if (root(&w->run, c->size, &d, e) < 0)
		return -1;
	if (!df_digest_eq(&d, &c->root))
		df_finding_add(&w->bad, "checkpoint.root", "log.jsonl",
		    "the checkpoint is of %llu other lines",
		    (unsigned long long)c->size);
	else if ((int64_t)c->size > w->anchored)
		w->anchored = (int64_t)c->size;
	return 0;
}

int
df_verify_checkpoint(struct df_verify *w, const char *file, const char *key,
    struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_checkpoint c;
	struct df_note n;
	int r;

	if (file == NULL)
		return 0;
	r = df_read_file(AT_FDCWD, file, &b, DF_NOTE_MAX, e);
	if (r == 0)
		r = df_note_parse(&n, b.s, b.n, file, e);
	if (r == 0) {
		r = df_checkpoint_parse(&c, &n, file, e);
		if (r == 0)
			r = key ? by_key(key, file, &n, &c, e) :
			    by_roster(w, file, &n, &c, e);
		if (r == 0)
			df_debug("%s: %llu lines, %zu signatures of others",
			    file, (unsigned long long)c.size, n.nsig - 1);
		if (r == 0)
			r = compare(w, &c, e);
		df_note_release(&n);
	}
	df_buf_release(&b);
	if (r < 0)
		w->other = 1;
	return r;
}
