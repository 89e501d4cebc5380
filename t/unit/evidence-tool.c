/*
 * A helper of t/0120-evidence-interop.t: lib/evidence on the command line.
 * Data is on stdin and stdout, errors are on stderr, the exit code is the
 * error's.
 */
#include "base/df.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "evidence/age.h"
#include "evidence/sign.h"
#include "evidence/trust.h"

static struct df_err e;

static void
need(int good)
{
	if (!good)
		df_die(&e);
}

static void
input(struct df_buf *b)
{
	need(df_read_fd(0, b, 64 << 20, "stdin", &e) == 0);
}

static void
output(const struct df_buf *b)
{
	need(df_write_fd(1, b->s, b->n, "stdout", &e) == 0);
}

/* keygen DIR NAME COMMENT */
static void
keygen(char **a)
{
	struct df_pubkey pub;
	char fp[DF_FP_STR];
	int fd = open(a[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	need(df_key_generate(fd, a[1], a[2], NULL, &pub, &e) == 0);
	close(fd);
	printf("%s\n", df_fingerprint(&pub, fp));
}

/* fp FILE.pub */
static void
fingerprint(char **a)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_pubkey k;
	char fp[DF_FP_STR];

	need(df_read_file(AT_FDCWD, a[0], &b, 9999, &e) == 0 &&
	    df_pubkey_parse(&k, b.s, b.n, &e) == 0);
	printf("%s\n", df_fingerprint(&k, fp));
	df_buf_release(&b);
}

/* sign KEY NAMESPACE */
static void
sign(char **a)
{
	struct df_buf m = DF_BUF_INIT, sig = DF_BUF_INIT;
	struct df_key *k = df_key_open(a[0], &e);

	need(k != NULL);
	input(&m);
	need(df_sshsig_sign(k, a[1], m.s, m.n, &sig, &e) == 0);
	output(&sig);
	df_key_free(k);
	df_buf_release(&m);
	df_buf_release(&sig);
}

/* verify ALLOWED_SIGNERS TIME SIGNATURE NAMESPACE */
static void
verify(char **a)
{
	struct df_buf m = DF_BUF_INIT, list = DF_BUF_INIT, sig = DF_BUF_INIT;
	int role = df_role_parse(a[3], strlen(a[3]));
	const struct df_signer *g;
	struct df_trust t = { 0 };
	char fp[DF_FP_STR];
	struct df_sshsig s;
	int64_t ms;

	need(df_time_parse(a[1], strlen(a[1]), &ms) == 0 && role >= 0);
	need(df_read_file(AT_FDCWD, a[0], &list, 1 << 20, &e) == 0 &&
	    df_trust_signers(&t, list.s, list.n, a[0], &e) == 0 &&
	    df_read_file(AT_FDCWD, a[2], &sig, 1 << 20, &e) == 0 &&
	    df_sshsig_read(&s, sig.s, sig.n, a[2], &e) == 0);
	input(&m);
	need(df_sig_verify(&s.key, a[3], m.s, m.n, s.sig, s.siglen, &e) == 0);
	g = df_trust_may(&t, df_fingerprint(&s.key, fp), (enum df_role)role,
	    ms, &e);
	need(g != NULL);
	printf("%s\n", g->principal);
	df_trust_release(&t);
	df_buf_release(&m);
	df_buf_release(&list);
	df_buf_release(&sig);
}

/* trust DIR [ROOT] */
static void
trust(char **a)
{
	struct df_trust_files f;
	struct df_trust t = { 0 };
	char fp[DF_FP_STR];

	df_trust_files_init(&f);
	need(df_trust_files_read(&f, a[0], &e) == 0 &&
	    df_trust_files_check(&f, a[1], &t, fp, &e) == 0);
	printf("%s\n", fp);
	df_trust_release(&t);
	df_trust_files_release(&f);
}

/* age-keygen */
static void
age_keygen(char **a)
{
	char secret[DF_AGE_KEY_STR], public[DF_AGE_KEY_STR];
	struct df_age_id id;

	(void)a;
	df_age_generate(&id);
	printf("# public key: %s\n%s\n", df_age_recipient_str(id.pk, public),
	    df_age_identity_str(&id, secret));
}

/* age-seal RECIPIENT... */
static void
age_seal(char **a)
{
	struct df_buf in = DF_BUF_INIT, out = DF_BUF_INIT;
	uint8_t pk[64][32];
	size_t n;

	for (n = 0; n < 64 && a[n]; n++)
		need(df_age_recipient_parse(a[n], strlen(a[n]), pk[n], &e) ==
		    0);
	input(&in);
	need(df_age_encrypt(&out, (const uint8_t (*)[32])pk, n, in.s, in.n,
	    &e) == 0);
	output(&out);
	df_buf_release(&in);
	df_buf_release(&out);
}

/* age-open IDENTITIES */
static void
age_open(char **a)
{
	struct df_buf in = DF_BUF_INIT, out = DF_BUF_INIT;
	struct df_age_id *id;
	size_t n = 0;

	id = df_age_identity_file(a[0], &n, &e);
	need(id != NULL);
	input(&in);
	need(df_age_decrypt(&out, id, n, in.s, in.n, &e) == 0);
	output(&out);
	df_age_id_free(id, n);
	df_buf_release(&in);
	df_buf_release(&out);
}

/* age-count */
static void
age_count(char **a)
{
	struct df_buf in = DF_BUF_INIT;
	size_t x25519, other;

	(void)a;
	input(&in);
	need(df_age_stanzas(in.s, in.n, &x25519, &other, &e) == 0);
	printf("%zu %zu\n", x25519, other);
	df_buf_release(&in);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int args;
		void (*run)(char **);
	} verb[] = {
		{ "keygen", 3, keygen }, { "fp", 1, fingerprint },
		{ "sign", 2, sign }, { "verify", 4, verify },
		{ "trust", 1, trust }, { "age-keygen", 0, age_keygen },
		{ "age-seal", 1, age_seal }, { "age-open", 1, age_open },
		{ "age-count", 0, age_count },
	};
	size_t i;

	df_verbose = 1;		/* hints are tested too */
	if (argc < 2) {
		printf("1..0 # SKIP helper of t/0120\n");
		return 0;
	}
	df_progname = "evidence-tool";
	for (i = 0; i < DF_LEN(verb); i++)
		if (strcmp(argv[1], verb[i].name) == 0 &&
		    argc - 2 >= verb[i].args) {
			verb[i].run(argv + 2);
			return 0;
		}
	return DF_USAGE;
}
