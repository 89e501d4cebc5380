/* allowed_signers, recipients, roles, windows, the trust directory. */
#include "base/df.h"

#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "evidence/age.h"
#include "evidence/sign-internal.h"
#include "evidence/trust.h"
#include "tap.h"

/* Test key i, as text and as an age recipient. */
static char *
key_text(unsigned i)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_pubkey k = { 0 };
	uint8_t seed[32] = { (uint8_t)i, (uint8_t)(i >> 8), 1 }, sk[64];

	df_sodium_init();
	crypto_sign_seed_keypair(k.pk, sk, seed);
	df_pubkey_str(&k, &b);
	return df_buf_detach(&b);
}

static char *
key_fp(unsigned i, char fp[DF_FP_STR])
{
	char *s = key_text(i);
	struct df_pubkey k;
	struct df_err e;

	if (df_pubkey_parse(&k, s, strlen(s), &e) < 0)
		DF_BUG(e.msg);
	free(s);
	return df_fingerprint(&k, fp);
}

static char *
recipient(unsigned i, char out[DF_AGE_KEY_STR])
{
	uint8_t sk[32] = { 0, (uint8_t)i }, pk[32];

	df_sodium_init();
	crypto_scalarmult_base(pk, sk);
	return df_age_recipient_str(pk, out);
}

/* $0 to $9 become keys, @0 to @9 recipients. */
static void
expand(struct df_buf *b, const char *s, size_t n)
{
	char age[DF_AGE_KEY_STR], *k;
	size_t i;

	df_buf_reset(b);
	for (i = 0; i < n; i++) {
		if (s[i] == '$' && i + 1 < n) {
			k = key_text((unsigned)(s[++i] - '0'));
			df_buf_str(b, k);
			free(k);
		} else if (s[i] == '@' && i + 1 < n && s[i + 1] >= '0' &&
		    s[i + 1] <= '9') {
			df_buf_str(b, recipient((unsigned)(s[++i] - '0'),
			    age));
		} else {
			df_buf_ch(b, s[i]);
		}
	}
}

/* ---- allowed_signers ---- */

static const char good[] =
    "# who may do what\n"
    "\n"
    "alice@example.org+operator namespaces=\"df-run,df-build\" $0 at work\n"
    "alice@example.org+approver namespaces=\"df-approve\","
    "valid-after=\"20260101Z\",valid-before=\"20270101120000Z\" $1\n"
    "#bob namespaces=\"df-*\" nothing\n"
    "bob valid-before=\"202701010000Z\",namespaces=\"df-root\" $2\n"
    "carol namespaces=\"df-holdout,df-admin\" "
    "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAA"
    "IJsaDYXQYruc6bilCYDIK4YSOeG+zmrRO2M9t03//7LHAAAABHNzaDo= hardware";

static void
may(const struct df_trust *t, const char *fp, enum df_role r, const char *when,
    const char *code)
{
	struct df_err e = { 0 };
	const struct df_signer *g;
	int64_t ms = 0;

	if (when && df_time_parse(when, strlen(when), &ms) < 0)
		DF_BUG("time");
	g = df_trust_may(t, fp, r, ms, &e);
	if (code == NULL)
		ok(g && strcmp(g->fp, fp) == 0, "may sign as %s at %s",
		    df_role_name(r), when ? when : "any time");
	else
		ok(g == NULL && e.exit == DF_AUTH &&
		    strcmp(e.code, code) == 0, "may not: %s", e.msg);
}

static void
signers(void)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_trust t = { 0 };
	struct df_err e = { 0 };
	char fp[DF_FP_STR];

	expand(&b, good, strlen(good));
	if (!ok(df_trust_signers(&t, b.s, b.n, "as", &e) == 0,
	    "a good file %s", e.msg))
		return;
	is_int(t.nsigner, 4, "signers");
	is_str(t.signer[0].principal, "alice@example.org+operator",
	    "principal");
	is_int(t.signer[0].roles, DF_ROLE_BIT(DF_ROLE_RUN) |
	    DF_ROLE_BIT(DF_ROLE_BUILD), "roles");
	ok(t.signer[3].key.sk && strcmp(t.signer[3].key.app, "ssh:") == 0,
	    "a hardware key");
	ok(df_trust_find(&t, key_fp(1, fp)) == &t.signer[1],
	    "found by fingerprint");
	ok(df_trust_find(&t, key_fp(5, fp)) == NULL, "or not");

	may(&t, key_fp(0, fp), DF_ROLE_RUN, NULL, NULL);
	may(&t, fp, DF_ROLE_BUILD, "1970-01-02T00:00:00Z", NULL);
	may(&t, fp, DF_ROLE_APPROVE, NULL, "trust.role");
	may(&t, key_fp(7, fp), DF_ROLE_RUN, NULL, "trust.unknown");
	may(&t, key_fp(1, fp), DF_ROLE_APPROVE, NULL, NULL);
	may(&t, fp, DF_ROLE_APPROVE, "2025-12-31T23:59:59.999Z",
	    "trust.window");
	may(&t, fp, DF_ROLE_APPROVE, "2026-01-01T00:00:00Z", NULL);
	may(&t, fp, DF_ROLE_APPROVE, "2027-01-01T12:00:00Z", NULL);
	may(&t, fp, DF_ROLE_APPROVE, "2027-01-01T12:00:00.999Z", NULL);
	may(&t, fp, DF_ROLE_APPROVE, "2027-01-01T12:00:01Z", "trust.window");
	may(&t, key_fp(2, fp), DF_ROLE_ROOT, "2027-01-01T00:00:00Z", NULL);
	may(&t, fp, DF_ROLE_ROOT, "2027-01-01T00:00:01Z", "trust.window");
	df_trust_release(&t);
	ok(df_trust_signers(&t, "", 0, "as", &e) == 0 && t.nsigner == 0,
	    "an empty file");
	df_trust_release(&t);
	df_buf_release(&b);
}

/* A line that must be refused, and a part of what is said. */
static void
refused(const char *line, size_t n, const char *msg)
{
	static const char before[] =
	    "# comment\n\nx namespaces=\"df-run\" $9\n";
	struct df_buf s = DF_BUF_INIT, b = DF_BUF_INIT;
	struct df_trust t = { 0 };
	struct df_err e = { 0 };

	df_buf_str(&s, before);
	df_buf_add(&s, line, n);
	df_buf_str(&s, "\nz namespaces=\"df-run\" $8\n");
	expand(&b, s.s, s.n);
	ok(df_trust_signers(&t, b.s, b.n, "as", &e) < 0 &&
	    e.exit == DF_INPUT && strncmp(e.msg, "as:4: ", 6) == 0 &&
	    strstr(e.msg, msg), "refused: %s", msg);
	if (strncmp(e.msg, "as:4: ", 6) != 0 || !strstr(e.msg, msg))
		printf("# %s\n", e.msg);
	df_trust_release(&t);
	df_buf_release(&s);
	df_buf_release(&b);
}
#define refuse(line, msg) refused(line, sizeof(line) - 1, msg)

static void
syntax(void)
{
	struct df_buf b = DF_BUF_INIT;

	refuse("a ssh-ed25519 AAAA", "no namespaces= before the key");
	refuse("a $0", "no namespaces= before the key");
	refuse("a valid-after=\"20260101Z\" $0", "no namespaces=");
	refuse("a namespaces=\"\" $0", "unknown role \"\"");
	refuse("a namespaces=\"df-*\" $0", "unknown role \"df-*\"");
	refuse("a namespaces=\"df-run,\" $0", "unknown role \"\"");
	refuse("a namespaces=\"df-run, df-build\" $0",
	    "unknown role \" df-build\"");
	refuse("a namespaces=\"file\" $0", "unknown role \"file\"");
	refuse("a namespaces=\"DF-RUN\" $0", "unknown role \"DF-RUN\"");
	refuse("a namespaces=\"df-run,df-run\" $0", "named twice");
	refuse("a namespaces=\"df-run\",namespaces=\"df-run\" $0",
	    "namespaces= occurs twice");
	refuse("a namespaces=df-run $0", "is not quoted");
	refuse("a namespaces= $0", "is not quoted");
	refuse("a namespaces=\"df-run $0", "quotation without end");
	refuse("a Namespaces=\"df-run\" $0", "option \"Namespaces\"");
	refuse("a NAMESPACES=\"df-run\" $0", "option \"NAMESPACES\"");
	refuse("a namespaces =\"df-run\" $0", "option \"namespaces\"");
	refuse("a cert-authority,namespaces=\"df-run\" $0",
	    "option \"cert-authority\"");
	refuse("a namespaces=\"df-run\",cert-authority $0",
	    "option \"cert-authority\"");
	refuse("a namespaces=\"df-run\",verify-required $0",
	    "option \"verify-required\"");
	refuse("a namespaces=\"df-run\", $0", "option \"\"");
	refuse("a ,namespaces=\"df-run\" $0", "option \"\"");
	refuse("a namespaces=\"df-run\"x $0", "expected , or space");
	refuse("a namespaces=\"df-run\"", "no key behind the options");
	refuse("a namespaces=\"df-run\" ", "TYPE BASE64");
	refuse("a namespaces=\"df-run\"  $0", "neither ssh-ed25519");
	refuse("a namespaces=\"df-run\" ssh-ed25519", "TYPE BASE64");
	refuse("a namespaces=\"df-run\" ssh-ed25519 AAA", "base64");
	refuse("a namespaces=\"df-run\" ssh-rsa AAAAB3NzaC1yc2E=",
	    "neither ssh-ed25519");
	refuse("a namespaces=\"df-run\" ssh-ed25519-cert-v01@openssh.com AAAA",
	    "neither ssh-ed25519");
	refuse("a namespaces=\"df-run\" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA"
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "weak");

	refuse("a namespaces=\"df-run\",valid-after=\"20260101\" $0",
	    "has no Z");
	refuse("a namespaces=\"df-run\",valid-after=\"20260101z\" $0",
	    "has no Z");
	refuse("a namespaces=\"df-run\",valid-after=\"\" $0", "not a time");
	refuse("a namespaces=\"df-run\",valid-after=\"Z\" $0", "not a time");
	refuse("a namespaces=\"df-run\",valid-after=\"202601Z\" $0",
	    "not a time");
	refuse("a namespaces=\"df-run\",valid-after=\"20260231Z\" $0",
	    "not a time");
	refuse("a namespaces=\"df-run\",valid-after=\"202601012400Z\" $0",
	    "not a time");
	refuse("a namespaces=\"df-run\",valid-after=\"20260101000060Z\" $0",
	    "not a time");
	refuse("a namespaces=\"df-run\",valid-after=\"19700101Z\" $0",
	    "not a time");
	refuse("a namespaces=\"df-run\",valid-after=\"19600101Z\" $0",
	    "not a time");
	refuse("a namespaces=\"df-run\",valid-after=\"2026-01-01Z\" $0",
	    "not a time");
	refuse("a namespaces=\"df-run\",valid-after=\"20260101Z\","
	    "valid-after=\"20260101Z\" $0", "valid-after= occurs twice");
	refuse("a namespaces=\"df-run\",valid-before=\"20260101Z\","
	    "valid-before=\"20260101Z\" $0", "valid-before= occurs twice");
	refuse("a namespaces=\"df-run\",valid-after=\"20260102Z\","
	    "valid-before=\"20260101Z\" $0", "not later");
	refuse("a namespaces=\"df-run\",valid-after=\"20260101Z\","
	    "valid-before=\"20260101Z\" $0", "not later");

	refuse("* namespaces=\"df-run\" $0", "\"*\" in a principal");
	refuse("a? namespaces=\"df-run\" $0", "\"?\" in a principal");
	refuse("!a namespaces=\"df-run\" $0", "\"!\" in a principal");
	refuse("a,b namespaces=\"df-run\" $0", "\",\" in a principal");
	refuse("\"a\" namespaces=\"df-run\" $0", "\"\"\" in a principal");
	refuse("a#b namespaces=\"df-run\" $0", "\"#\" in a principal");
	refuse("\xef\xbb\xbf" "a namespaces=\"df-run\" $0", "in a principal");
	refuse("-a namespaces=\"df-run\" $0", "begins with -");
	refuse("+operator namespaces=\"df-run\" $0", "PERSON or PERSON+ROLE");
	refuse("a+ namespaces=\"df-run\" $0", "PERSON or PERSON+ROLE");
	refuse("a+b+c namespaces=\"df-run\" $0", "more than one role");
	refuse("a+b@example.org namespaces=\"df-run\" $0",
	    "more than one role");
	refuse(" a namespaces=\"df-run\" $0", "no principal");
	refuse(" # comment", "no principal");
	refuse("a", "expected PRINCIPAL");
	refuse(" ", "no principal");

	refuse("a namespaces=\"df-run\" $0\r", "carriage return");
	refuse("a\tnamespaces=\"df-run\" $0", "tab in column 2");
	refuse("# comment\twith tab", "tab");
	refuse("a namespaces=\"df-run\" $0 \0 junk", "NUL");
	refuse("a namespaces=\"df-run\" $0 \x7f", "control character");
	refuse("# \x1b[31m", "control character");
	refuse("a namespaces=\"df-run\" $9", "already on line 3");

	df_buf_ch(&b, '#');
	while (b.n < 8193)
		df_buf_ch(&b, 'x');
	refused(b.s, b.n, "longer than 8192 bytes");
	df_buf_reset(&b);
	while (b.n < 201)
		df_buf_ch(&b, 'x');
	df_buf_str(&b, " namespaces=\"df-run\" $0");
	refused(b.s, b.n, "longer than 200 bytes");
	df_buf_release(&b);
}

static void
hints(void)
{
	static const struct {
		const char *line, *hint;
	} c[] = {
		{ "a Namespaces=\"df-run\" k", "did you mean namespaces?" },
		{ "a valid-befor=\"20260101Z\" k",
		    "did you mean valid-before?" },
		{ "a namespaces=\"df-runs\" k", "roles are df-run" },
		{ "a namespaces=\"df-run\",valid-after=\"20260101\" k",
		    "without Z" },
		{ "a ssh-ed25519 AAAA", "name its roles" },
	};
	struct df_trust t = { 0 };
	struct df_err e;
	size_t i;

	for (i = 0; i < DF_LEN(c); i++) {
		memset(&e, 0, sizeof(e));
		ok(df_trust_signers(&t, c[i].line, strlen(c[i].line), "as",
		    &e) < 0 && strstr(e.hint, c[i].hint), "hint: %s", e.hint);
		df_trust_release(&t);
	}
}

static void
bounds(void)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_trust t = { 0 };
	struct df_err e = { 0 };
	unsigned i;
	char *k;

	for (i = 0; i < 2000; i++) {
		k = key_text(i);
		df_buf_fmt(&b, "u%u namespaces=\"df-run\" %s\n", i, k);
		free(k);
	}
	ok(df_trust_signers(&t, b.s, b.n, "as", &e) == 0 &&
	    t.nsigner == 2000, "2000 signers %s", e.msg);
	df_trust_release(&t);
	df_buf_reset(&b);
	for (i = 0; i < 10001; i++)
		df_buf_str(&b, "x\n");
	ok(df_trust_signers(&t, b.s, b.n, "as", &e) < 0 &&
	    strcmp(e.code, "trust.size") == 0, "too many: %s", e.msg);
	df_trust_release(&t);
	df_buf_reset(&b);
	while (b.n <= 1 << 20)
		df_buf_str(&b, "#\n");
	ok(df_trust_signers(&t, b.s, b.n, "as", &e) < 0 &&
	    strcmp(e.code, "trust.size") == 0, "too large: %s", e.msg);
	df_trust_release(&t);
	df_buf_release(&b);
}

/* ---- recipients ---- */

static void
recipients_refused(const char *text, const char *msg)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_trust t = { 0 };
	struct df_err e = { 0 };

	expand(&b, text, strlen(text));
	ok(df_trust_recipients(&t, b.s, b.n, "r", &e) < 0 &&
	    e.exit == DF_INPUT && strncmp(e.msg, msg, strlen(msg)) == 0,
	    "refused: %s", e.msg);
	df_trust_release(&t);
	df_buf_release(&b);
}

static void
recipients(void)
{
	static const char text[] = "# evaluators\n\n"
	    "# alice@example.org+evaluator namespaces=\"df-holdout\"\n@1\n"
	    "# the second\n"
	    "# bob namespaces=\"df-holdout,df-approve\"\n@2";
	struct df_buf b = DF_BUF_INIT;
	struct df_trust t = { 0 };
	struct df_err e = { 0 };
	char age[DF_AGE_KEY_STR];
	uint8_t pk[32];

	expand(&b, text, strlen(text));
	if (ok(df_trust_recipients(&t, b.s, b.n, "r", &e) == 0 &&
	    t.nrecipient == 2, "recipients %s", e.msg)) {
		is_str(t.recipient[0].principal,
		    "alice@example.org+evaluator", "principal");
		is_int(t.recipient[1].roles,
		    DF_ROLE_BIT(DF_ROLE_HOLDOUT) |
		    DF_ROLE_BIT(DF_ROLE_APPROVE), "roles");
		recipient(2, age);
		ok(df_age_recipient_parse(age, strlen(age), pk, &e) == 0 &&
		    memcmp(pk, t.recipient[1].pk, 32) == 0, "key");
	}
	df_trust_release(&t);
	df_buf_release(&b);

	recipients_refused("@1\n", "r:1: no \"# PRINCIPAL");
	recipients_refused("# a namespaces=\"df-holdout\"\n\n@1\n",
	    "r:3: no \"# PRINCIPAL");
	recipients_refused("# a namespaces=\"df-holdout\"\n@1\n@2\n",
	    "r:3: no \"# PRINCIPAL");
	recipients_refused("#\n@1\n", "r:1: expected");
	recipients_refused("# alice\n@1\n", "r:1: no namespaces=");
	recipients_refused("# alice has a key\n@1\n", "r:1: option \"has\"");
	recipients_refused("#a namespaces=\"df-holdout\"\n@1\n",
	    "r:1: expected");
	recipients_refused("# a namespaces=\"df-hold\"\n@1\n",
	    "r:1: unknown role");
	recipients_refused("# a namespaces=\"df-holdout\" \n@1\n",
	    "r:1: something follows");
	recipients_refused("# a namespaces=\"df-holdout\","
	    "valid-after=\"20260101Z\"\n@1\n", "r:1: option \"valid-after\"");
	recipients_refused("# a namespaces=\"df-holdout\"\n@1 \n",
	    "r:2: not an age X25519 recipient");
	recipients_refused("# a namespaces=\"df-holdout\"\n@1x\n",
	    "r:2: not an age X25519 recipient");
	recipients_refused("# a namespaces=\"df-holdout\"\nssh-ed25519 AAAA\n",
	    "r:2: not an age X25519 recipient");
	recipients_refused("# a namespaces=\"df-holdout\"\r\n@1\n",
	    "r:1: carriage return");
	recipients_refused("# a namespaces=\"df-holdout\"\n@1\n"
	    "# b namespaces=\"df-holdout\"\n@1\n",
	    "r:4: the recipient is already on line 2");
}

/* ---- people ---- */

static void
people(void)
{
	unsigned i;

	is_int(df_person_len("alice@example.org+approver"), 17, "person");
	is_int(df_person_len("alice"), 5, "person without role");
	ok(df_same_person("alice+operator", "alice+approver"), "same");
	ok(df_same_person("alice", "alice+approver"), "same, without role");
	ok(!df_same_person("alice+approver", "alicia+approver"), "another");
	ok(!df_same_person("alice", "alic"), "a shorter name");
	for (i = 0; i < DF_ROLES; i++)
		is_int(df_role_parse(df_role_name((enum df_role)i),
		    strlen(df_role_name((enum df_role)i))), i,
		    df_role_name((enum df_role)i));
	is_int(df_role_parse("df-ru", 5), -1, "no role");
}

/* ---- the directory ---- */

static struct df_key *root, *other;
static char dir[4096];

static const char *
at(const char *name)
{
	static char path[4200];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void
sign(struct df_key *k, const char *ns, const struct df_buf *file,
    struct df_buf *sig)
{
	struct df_err e;

	df_buf_reset(sig);
	if (df_sshsig_sign(k, ns, file->s, file->n, sig, &e) < 0)
		DF_BUG(e.msg);
}

static void
check(const struct df_trust_files *f, const char *rootfp, int want,
    const char *code, const char *what)
{
	struct df_trust t = { 0 };
	struct df_err e = { 0 };
	char fp[DF_FP_STR], real[DF_FP_STR];
	int r = df_trust_files_check(f, rootfp, &t, fp, &e);

	if (want == 0)
		ok(r == 0 && strcmp(fp, df_fingerprint(df_key_pub(root),
		    real)) == 0, "trust: %s %s", what, e.msg);
	else
		ok(r < 0 && e.exit == want && strcmp(e.code, code) == 0,
		    "trust: %s: %s", what, e.msg);
	df_trust_release(&t);
}

static void
list(struct df_trust_files *f, struct df_key *k, const char *roles)
{
	df_buf_reset(&f->signers);
	df_buf_fmt(&f->signers, "alice+root namespaces=\"%s\" ", roles);
	df_pubkey_str(df_key_pub(k), &f->signers);
	df_buf_ch(&f->signers, '\n');
}

static struct df_key *
make_key(int fd, const char *name)
{
	struct df_pubkey pub;
	struct df_key *k;
	struct df_err e;

	if (df_key_generate(fd, name, "", NULL, &pub, &e) < 0 ||
	    (k = df_key_open(at(name), &e)) == NULL)
		DF_BUG(e.msg);
	return k;
}

static void
files(void)
{
	static const char text[] = "# bob namespaces=\"df-holdout\"\n@1\n";
	char rootfp[DF_FP_STR], otherfp[DF_FP_STR];
	struct df_trust_files f, g;
	struct df_err e = { 0 };
	int fd;

	snprintf(dir, sizeof(dir), "%s/df-trust-XXXXXX",
	    getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	if (mkdtemp(dir) == NULL)
		DF_BUG("mkdtemp");
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	root = make_key(fd, "root");
	other = make_key(fd, "other");
	df_fingerprint(df_key_pub(root), rootfp);
	df_fingerprint(df_key_pub(other), otherfp);

	df_trust_files_init(&f);
	expand(&f.recipients, text, strlen(text));
	list(&f, root, "df-root,df-run");
	check(&f, NULL, DF_AUTH, "trust.unsigned", "nothing is signed");
	sign(root, "df-root", &f.signers, &f.signers_sig);
	check(&f, NULL, DF_AUTH, "trust.unsigned", "one file is signed");
	sign(root, "df-root", &f.recipients, &f.recipients_sig);
	check(&f, NULL, 0, "", "a root that lists itself");
	check(&f, rootfp, 0, "", "a root that was named");
	check(&f, otherfp, DF_AUTH, "trust.root", "another root");
	check(&f, "SHA256:x", DF_AUTH, "trust.root", "a short fingerprint");
	check(&f, "", DF_AUTH, "trust.root", "an empty fingerprint");

	df_trust_files_init(&g);
	if (df_replace_file(fd, "allowed_signers", f.signers.s, f.signers.n,
	    0644, &e) < 0 || df_replace_file(fd, "allowed_signers.sig",
	    f.signers_sig.s, f.signers_sig.n, 0644, &e) < 0 ||
	    df_replace_file(fd, "recipients", f.recipients.s,
	    f.recipients.n, 0644, &e) < 0)
		DF_BUG(e.msg);
	ok(df_trust_files_read(&g, dir, &e) == 0 && g.recipients_sig.n == 0,
	    "a directory with one file missing");
	check(&g, NULL, DF_AUTH, "trust.unsigned", "one signature missing");
	if (df_replace_file(fd, "recipients.sig", f.recipients_sig.s,
	    f.recipients_sig.n, 0644, &e) < 0)
		DF_BUG(e.msg);
	ok(df_trust_files_read(&g, dir, &e) == 0, "the whole directory");
	check(&g, NULL, 0, "", "as read");
	ok(df_trust_files_read(&g, at("none"), &e) < 0 &&
	    e.exit == DF_INPUT, "no directory: %s", e.msg);
	ok(df_trust_files_read(&g, at("root"), &e) < 0 &&
	    e.exit == DF_INPUT, "a file: %s", e.msg);
	if (truncate(at("recipients"), 2 << 20) < 0)
		DF_BUG("truncate");
	ok(df_trust_files_read(&g, dir, &e) < 0 && e.exit == DF_INPUT,
	    "a large file: %s", e.msg);
	df_trust_files_release(&g);

	sign(other, "df-root", &f.recipients, &f.recipients_sig);
	check(&f, NULL, DF_AUTH, "trust.root", "two roots");
	check(&f, rootfp, DF_AUTH, "trust.root", "two roots, one named");
	sign(root, "df-run", &f.recipients, &f.recipients_sig);
	check(&f, rootfp, DF_AUTH, "trust.role", "another role's signature");
	sign(root, "df-root", &f.signers, &f.recipients_sig);
	check(&f, rootfp, DF_AUTH, "sign.bad", "a signature over the other");
	sign(root, "df-root", &f.recipients, &f.recipients_sig);
	f.recipients.s[0] = ' ';
	check(&f, rootfp, DF_AUTH, "sign.bad", "a changed file");
	f.recipients.s[0] = '#';
	df_buf_ch(&f.signers_sig, '\n');
	check(&f, rootfp, DF_INTEGRITY, "sign.encoding", "a changed armor");

	list(&f, root, "df-run");
	sign(root, "df-root", &f.signers, &f.signers_sig);
	check(&f, NULL, DF_AUTH, "trust.role", "listed, not as root");
	check(&f, rootfp, 0, "", "listed, not as root, but named");
	list(&f, other, "df-root");
	sign(root, "df-root", &f.signers, &f.signers_sig);
	check(&f, NULL, DF_AUTH, "trust.unknown", "not listed");
	check(&f, rootfp, 0, "", "not listed, but named");
	df_buf_str(&f.signers, "x\n");
	sign(root, "df-root", &f.signers, &f.signers_sig);
	check(&f, rootfp, DF_INPUT, "trust.syntax", "signed nonsense");
	df_trust_files_release(&f);
	df_key_free(root);
	df_key_free(other);
	close(fd);
	ok(df_remove_tree(AT_FDCWD, dir, &e) == 0, "clean up");
}

static void
paths(void)
{
	struct df_buf b = DF_BUF_INIT;

	setenv("HOME", "/home/alice", 1);
	unsetenv("DF_TRUST");
	unsetenv("DF_KEYS");
	df_trust_path(&b);
	is_str(b.s, "/home/alice/.config/darkfactory/trust", "trust");
	df_buf_reset(&b);
	df_keys_path(&b, "df-run");
	is_str(b.s, "/home/alice/.config/darkfactory/keys/df-run", "key");
	setenv("DF_TRUST", "/srv/trust", 1);
	setenv("DF_KEYS", "/srv/keys", 1);
	df_buf_reset(&b);
	df_trust_path(&b);
	is_str(b.s, "/srv/trust", "$DF_TRUST");
	df_buf_reset(&b);
	df_keys_path(&b, "df-run");
	is_str(b.s, "/srv/keys/df-run", "$DF_KEYS");
	unsetenv("DF_TRUST");
	unsetenv("HOME");
	df_buf_reset(&b);
	df_trust_path(&b);
	is_str(b.s, "/.config/darkfactory/trust", "never a relative path");
	df_buf_release(&b);
}

int
main(void)
{
	signers();
	syntax();
	hints();
	bounds();
	recipients();
	people();
	files();
	paths();
	return tap_done();
}
