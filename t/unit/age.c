/* age files: public vectors, keys, damage, sizes. */
#include "base/df.h"

#include <dirent.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"
#include "evidence/age.h"
#include "tap.h"

/* ---- vectors (C2SP/CCTV age/testdata) ---- */

struct vector {
	char expect[32], payload[65];
	struct df_age_id id[4];
	size_t nid;		/* X25519 identities */
	int other;		/* a passphrase or another identity */
	int zlib;
	struct df_buf file;
};

/* Inflate what follows the header of a vector: perl, without which there is
   no prove, has zlib.  -1: this one has not. */
static int
inflate_file(const char *path, struct df_buf *b)
{
	static const char script[] = "open my $f, '<:raw', $ARGV[0] or die;"
	    "local $/; (my $t = <$f>) =~ s/\\A.*?\\n\\n//s; binmode STDOUT;"
	    "my $u = Compress::Zlib::uncompress($t); defined $u or die;"
	    "print $u";
	struct df_err e;
	int fd[2], status;
	pid_t pid;

	if (pipe(fd) < 0)
		DF_BUG("pipe");
	pid = fork();
	if (pid == 0) {
		dup2(fd[1], 1);
		close(fd[0]);
		execlp("perl", "perl", "-MCompress::Zlib", "-e", script, path,
		    (char *)NULL);
		_exit(127);
	}
	close(fd[1]);
	df_buf_reset(b);
	if (df_read_fd(fd[0], b, 64 << 20, path, &e) < 0)
		DF_BUG(e.msg);
	close(fd[0]);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

/* "key: value" of one header line. */
static void
header_line(struct vector *v, const char *s, size_t n)
{
	struct df_err e;

	if (n > 8 && memcmp(s, "expect: ", 8) == 0)
		snprintf(v->expect, sizeof(v->expect), "%.*s", (int)n - 8,
		    s + 8);
	else if (n > 9 && memcmp(s, "payload: ", 9) == 0)
		snprintf(v->payload, sizeof(v->payload), "%.*s", (int)n - 9,
		    s + 9);
	else if (n > 12 && memcmp(s, "passphrase: ", 12) == 0)
		v->other = 1;
	else if (n == 16 && memcmp(s, "compressed: zlib", n) == 0)
		v->zlib = 1;
	else if (n > 10 && memcmp(s, "identity: ", 10) == 0) {
		if (df_age_identity_parse(s + 10, n - 10, &v->id[v->nid],
		    &e) == 0)
			v->nid++;
		else
			v->other = 1;
	}
}

static void
read_vector(struct vector *v, const char *path)
{
	struct df_buf b = DF_BUF_INIT;
	const char *s, *eol;
	struct df_err e;

	memset(v, 0, sizeof(*v));
	df_buf_init(&v->file);
	if (df_read_file(AT_FDCWD, path, &b, 64 << 20, &e) < 0)
		DF_BUG(e.msg);
	for (s = b.s; (eol = strchr(s, '\n')) != s; s = eol + 1)
		header_line(v, s, (size_t)(eol - s));
	s++;
	df_buf_add(&v->file, s, b.n - (size_t)(s - b.s));
	df_buf_release(&b);
}

static int
among(const char *name, const char *const *list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(name, list[i]) == 0)
			return 1;
	return 0;
}

/* The error code that a vector must end with; NULL: success. */
static const char *
wanted(const struct vector *v, const char *name)
{
	/* What is wrong is seen without the passphrase or hybrid key. */
	static const char *const visible[] = { "scrypt_double",
	    "scrypt_not_canonical_body", "hybrid_not_canonical_body",
	    "empty", "armor_empty" };

	/* Not told from a binary file that begins with garbage. */
	if (strcmp(name, "armor_garbage_leading") == 0)
		return "age.header";
	if (v->nid == 0)
		return among(name, visible, DF_LEN(visible)) ?
		    "age.header" : "age.nomatch";
	if (strcmp(v->expect, "success") == 0)
		return NULL;
	if (strcmp(v->expect, "no match") == 0)
		return "age.nomatch";
	if (strcmp(v->expect, "HMAC failure") == 0)
		return "age.mac";
	if (strcmp(v->expect, "header failure") == 0)
		return "age.header";
	if (strcmp(v->expect, "armor failure") == 0)
		return "age.armor";
	if (strcmp(v->expect, "payload failure") == 0)
		return "age.payload";
	return "a word that no vector has";
}

static int
exit_of(const char *code)
{
	if (strcmp(code, "age.nomatch") == 0)
		return DF_AUTH;
	return strcmp(code, "age.mac") == 0 ||
	    strcmp(code, "age.payload") == 0 ? DF_INTEGRITY : DF_INPUT;
}

static void
run_vector(struct vector *v, const char *name)
{
	struct df_buf out = DF_BUF_INIT;
	const char *want = wanted(v, name);
	struct df_err e = { 0 };
	struct df_digest d;
	char hex[65];
	int r;

	if (v->nid == 0)
		df_age_generate(&v->id[0]);
	df_buf_str(&out, "before");
	r = df_age_decrypt(&out, v->id, v->nid ? v->nid : 1, v->file.s,
	    v->file.n, &e);
	if (want == NULL) {
		df_sha256(out.s + 6, out.n - 6, &d);
		df_hex_str(hex, d.b, 32);
		ok(r == 0 && strcmp(hex, v->payload) == 0, "%s: opens %s",
		    name, e.msg);
	} else if (!ok(r < 0 && out.n == 6 && strcmp(e.code, want) == 0 &&
	    e.exit == exit_of(want), "%s: %s", name, want))
		printf("# %s: %s\n", e.code, e.msg);
	df_buf_release(&out);
}

static void
vectors(const char *dir)
{
	size_t n = 0, x25519 = 0, skipped = 0, inflated = 0;
	struct df_buf path = DF_BUF_INIT;
	struct dirent *d;
	struct vector v;
	DIR *dp = opendir(dir);

	while (dp && (d = readdir(dp)) != NULL) {
		if (d->d_name[0] == '.')
			continue;
		df_buf_reset(&path);
		df_buf_fmt(&path, "%s/%s", dir, d->d_name);
		read_vector(&v, path.s);
		n++;
		if (v.zlib && inflate_file(path.s, &v.file) < 0) {
			skipped++;
		} else {
			inflated += (size_t)v.zlib;
			x25519 += v.nid > 0;
			run_vector(&v, d->d_name);
		}
		df_buf_release(&v.file);
	}
	if (dp)
		closedir(dp);
	ok(n >= 143, "age vectors: %zu", n);
	printf("# %zu with an X25519 identity, %zu inflated, %zu skipped "
	    "because perl has no Compress::Zlib\n", x25519, inflated, skipped);
	df_buf_release(&path);
}

/* ---- keys ---- */

static void
bad_recipient(const char *s, const char *what)
{
	struct df_err e = { 0 };
	uint8_t pk[32];

	ok(df_age_recipient_parse(s, strlen(s), pk, &e) < 0 &&
	    e.exit == DF_INPUT, "no recipient: %s", what);
}

static void
keys(void)
{
	/* of the vectors */
	static const char secret[] = "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXY"
	    "VK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0";
	char s[DF_AGE_KEY_STR], t[DF_AGE_KEY_STR], low[DF_AGE_KEY_STR];
	struct df_age_id id, back;
	struct df_err e = { 0 };
	uint8_t pk[32];
	size_t i, taken = 0;
	unsigned v;
	char was;

	if (!ok(df_age_identity_parse(secret, strlen(secret), &id, &e) == 0,
	    "an identity"))
		return;
	is_str(df_age_identity_str(&id, s), secret, "written again");
	is_str(df_age_recipient_str(id.pk, s), "age1xmwwc06ly3ee5rytxm9mflaz2"
	    "u56jjj36s0mypdrwsvlul66mv4q47ryef", "its recipient");
	bad_recipient("age1xmwwc06ly3ee5rytxm9mflaz2u56jjj36s0mypdrwsvlul66m"
	    "v4pggh3ym", "a padding bit is set");
	bad_recipient("age1xmwwc06ly3ee5rytxm9mflaz2u56jjj36s0mypdrwsvlul66m"
	    "v4qqe76j06", "one group too many");
	bad_recipient("agf1xmwwc06ly3ee5rytxm9mflaz2u56jjj36s0mypdrwsvlul66m"
	    "v4qar6thz", "another prefix");
	bad_recipient("age1xmwwc06ly3ee5rytxm9mflaz2u56jjj36s0mypdrwsvlul66m"
	    "v4qqzngut", "the checksum of Bech32m");
	ok(df_age_identity_parse(secret, strlen(secret) - 1, &back, &e) < 0 &&
	    sodium_is_zero((uint8_t *)&back, sizeof(back)),
	    "a shortened one, and nothing is left of it");
	for (i = 0; i < sizeof(secret); i++)
		low[i] = secret[i] >= 'A' && secret[i] <= 'Z' ?
		    (char)(secret[i] | 32) : secret[i];
	ok(df_age_identity_parse(low, strlen(low), &back, &e) < 0,
	    "one in lower case");
	df_age_recipient_str(id.pk, s);
	ok(strncmp(s, "age1", 4) == 0 && strlen(s) == 62, "recipient %s", s);
	ok(df_age_recipient_parse(s, strlen(s), pk, &e) == 0 &&
	    memcmp(pk, id.pk, 32) == 0, "read again");
	for (i = 0; s[i]; i++) {
		was = s[i];
		for (v = 0; v < 256; v++) {
			s[i] = (char)v;
			taken += s[i] != was && df_age_recipient_parse(s,
			    strlen(s), pk, &e) == 0;
		}
		s[i] = was;
	}
	is_int(taken, 0, "no changed character of it is accepted");
	for (i = 0; i < strlen(secret); i++) {
		memcpy(t, secret, sizeof(secret));
		t[i] = t[i] == 'Q' ? 'P' : 'Q';
		taken += df_age_identity_parse(t, strlen(t), &back, &e) == 0;
	}
	is_int(taken, 0, "nor of the identity");
	memset(pk, 0, sizeof(pk));
	df_age_recipient_str(pk, t);
	bad_recipient(t, "the weak point 0");
	pk[0] = 1;
	df_age_recipient_str(pk, t);
	bad_recipient(t, "the weak point 1");
	bad_recipient("", "nothing");
	bad_recipient("AGE1ZVKYG2LQZRAA2LNJVQEJ32NKUU0UES2S82HZRYE869XEEXVN73E"
	    "QUNN95G", "upper case");
	bad_recipient("ssh-ed25519 AAAA", "an SSH key");
	df_age_generate(&id);
	df_age_generate(&back);
	ok(memcmp(id.sk, back.sk, 32) != 0, "identities are random");
	df_age_id_free(NULL, 0);
}

static void
identity_file(void)
{
	char dir[4096], path[4200], s[DF_AGE_KEY_STR];
	struct df_buf b = DF_BUF_INIT;
	struct df_age_id id[2], *got;
	struct df_err e = { 0 };
	size_t n = 0;
	int fd;

	snprintf(dir, sizeof(dir), "%s/df-age-XXXXXX",
	    getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	if (mkdtemp(dir) == NULL)
		DF_BUG("mkdtemp");
	snprintf(path, sizeof(path), "%s/id", dir);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	df_age_generate(&id[0]);
	df_age_generate(&id[1]);
	df_buf_fmt(&b, "# created: then\n# public key: x\n%s\n\n",
	    df_age_identity_str(&id[0], s));
	df_buf_str(&b, df_age_identity_str(&id[1], s));
	if (df_replace_file(fd, "id", b.s, b.n, 0600, &e) < 0)
		DF_BUG(e.msg);
	got = df_age_identity_file(path, &n, &e);
	ok(got && n == 2 && memcmp(got, id, sizeof(id)) == 0,
	    "two identities of a file %s", e.msg);
	df_age_id_free(got, n);
	if (chmod(path, 0640) < 0)
		DF_BUG("chmod");
	ok(df_age_identity_file(path, &n, &e) == NULL && e.exit == DF_AUTH,
	    "not when the group can read it: %s", e.msg);
	df_buf_str(&b, "\nAGE-PLUGIN-X\n");
	if (df_replace_file(fd, "id", b.s, b.n, 0600, &e) < 0)
		DF_BUG(e.msg);
	ok(df_age_identity_file(path, &n, &e) == NULL &&
	    e.exit == DF_INPUT && strstr(e.msg, "/id:6: ") &&
	    !strstr(e.msg, "AGE-"), "another kind of line");
	if (df_replace_file(fd, "id", "# none\n", 7, 0600, &e) < 0)
		DF_BUG(e.msg);
	ok(df_age_identity_file(path, &n, &e) == NULL &&
	    e.exit == DF_INPUT, "none: %s", e.msg);
	ok(df_age_identity_file(dir, &n, &e) == NULL && e.exit == DF_INPUT,
	    "a directory");
	close(fd);
	if (df_remove_tree(AT_FDCWD, dir, &e) < 0)
		DF_BUG(e.msg);
	df_buf_release(&b);
}

/* ---- round trips and damage ---- */

static void
sizes(void)
{
	static const size_t size[] = { 0, 1, 65535, 65536, 65537, 131072,
	    1 << 20 };
	struct df_buf in = DF_BUF_INIT, sealed = DF_BUF_INIT;
	struct df_buf out = DF_BUF_INIT;
	struct df_age_id id[3];
	uint8_t pk[3][32];
	struct df_err e = { 0 };
	size_t i, k, x25519, other;

	for (i = 0; i < 3; i++) {
		df_age_generate(&id[i]);
		memcpy(pk[i], id[i].pk, 32);
	}
	for (i = 0; i < DF_LEN(size); i++) {
		df_buf_reset(&in);
		randombytes_buf(df_buf_room(&in, size[i]), size[i]);
		in.n = size[i];
		df_buf_reset(&sealed);
		df_buf_str(&sealed, "x");
		if (!ok(df_age_encrypt(&sealed, (const uint8_t (*)[32])pk, 3,
		    size[i] ? in.s : NULL, in.n, &e) == 0, "seal %zu bytes",
		    size[i]))
			continue;
		ok(df_age_stanzas(sealed.s + 1, sealed.n - 1, &x25519, &other,
		    &e) == 0 && x25519 == 3 && other == 0, "three stanzas");
		for (k = 0; k < 3; k++) {
			df_buf_reset(&out);
			ok(df_age_decrypt(&out, &id[k], 1, sealed.s + 1,
			    sealed.n - 1, &e) == 0 && out.n == in.n &&
			    memcmp(out.s, in.s, in.n) == 0,
			    "recipient %zu opens them", k + 1);
		}
	}
	ok(df_age_encrypt(&sealed, (const uint8_t (*)[32])pk, 0, "", 0, &e) <
	    0, "no recipient");
	memset(pk[1], 0, 32);
	df_buf_reset(&sealed);
	ok(df_age_encrypt(&sealed, (const uint8_t (*)[32])pk, 3, "", 0, &e) <
	    0 && sealed.n == 0, "a weak recipient: %s", e.msg);
	df_buf_release(&in);
	df_buf_release(&sealed);
	df_buf_release(&out);
}

static void
damage(void)
{
	static const char m[] = "held out\n";
	struct df_buf b = DF_BUF_INIT, out = DF_BUF_INIT;
	struct df_age_id id;
	struct df_err e = { 0 };
	size_t i, taken = 0, emitted = 0, tried = 0;
	unsigned v;
	char was;

	df_age_generate(&id);
	if (df_age_encrypt(&b, (const uint8_t (*)[32])&id.pk, 1, m,
	    strlen(m), &e) < 0)
		DF_BUG(e.msg);
	ok(df_age_decrypt(&out, &id, 1, b.s, b.n, &e) == 0, "a small file");
	df_buf_reset(&out);
	for (i = 0; i < b.n; i++) {
		was = b.s[i];
		for (v = 1; v < 256; v = v < 128 || v == 255 ? v * 2 : 255) {
			b.s[i] = (char)(was ^ (int)v);
			tried++;
			taken += df_age_decrypt(&out, &id, 1, b.s, b.n, &e) ==
			    0;
			emitted += out.n;
		}
		b.s[i] = was;
	}
	is_int(taken, 0, "no single changed byte is accepted");
	printf("# %zu changes tried\n", tried);
	for (i = taken = 0; i < b.n; i++) {
		taken += df_age_decrypt(&out, &id, 1, b.s, i, &e) == 0;
		emitted += out.n;
	}
	is_int(taken, 0, "no shortened file is accepted");
	df_buf_ch(&b, 0);
	ok(df_age_decrypt(&out, &id, 1, b.s, b.n, &e) < 0 &&
	    e.exit == DF_INTEGRITY, "nor a longer one");
	is_int(emitted, 0, "nothing was emitted");
	df_buf_release(&b);
	df_buf_release(&out);
}

/* A payload that breaks in its second chunk leaves nothing of the first. */
static void
wiped(void)
{
	struct df_buf in = DF_BUF_INIT, b = DF_BUF_INIT, out = DF_BUF_INIT;
	struct df_age_id id;
	struct df_err e = { 0 };

	df_age_generate(&id);
	while (in.n < 100000)
		df_buf_str(&in, "secret ");
	if (df_age_encrypt(&b, (const uint8_t (*)[32])&id.pk, 1, in.s, in.n,
	    &e) < 0)
		DF_BUG(e.msg);
	b.s[b.n - 1] ^= 1;
	df_buf_str(&out, "before");
	ok(df_age_decrypt(&out, &id, 1, b.s, b.n, &e) < 0 &&
	    e.exit == DF_INTEGRITY && strcmp(out.s, "before") == 0,
	    "a broken second chunk");
	ok(out.cap > 65536 && sodium_is_zero((uint8_t *)out.s + 6, 65536),
	    "nothing of the first one is left in memory");
	df_buf_release(&in);
	df_buf_release(&b);
	df_buf_release(&out);
}

static void
limits(void)
{
	static const char indented[] = "\n -----BEGIN AGE ENCRYPTED FILE-----"
	    "\n-----END AGE ENCRYPTED FILE-----\n";
	struct df_buf b = DF_BUF_INIT, out = DF_BUF_INIT;
	size_t i, x = 0, other = 0, k;
	struct df_err e = { 0 };
	struct df_age_id id;

	df_age_generate(&id);
	for (k = 4096; k <= 4097; k++) {
		df_buf_reset(&b);
		df_buf_str(&b, "age-encryption.org/v1\n");
		for (i = 0; i < k; i++)
			df_buf_str(&b, "-> x\n\n");
		df_buf_str(&b, "--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		    "\n");
		ok((df_age_stanzas(b.s, b.n, &x, &other, &e) == 0 &&
		    other == k) == (k == 4096), "%zu stanzas", k);
	}
	df_buf_reset(&b);
	df_buf_str(&b, "age-encryption.org/v1\n-> x ");
	while (b.n < 1 << 20)
		df_buf_ch(&b, 'y');
	df_buf_str(&b, "\n\n--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n");
	ok(df_age_stanzas(b.s, b.n, &x, &other, &e) < 0 &&
	    e.exit == DF_INPUT, "a header of over 1 MiB: %s", e.msg);
	df_buf_reset(&b);
	df_buf_str(&b, "age-encryption.org/v1\n"
	    "--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n");
	ok(df_age_decrypt(&out, &id, 1, b.s, b.n, &e) < 0 &&
	    e.exit == DF_INPUT, "no stanza: %s", e.msg);
	ok(df_age_decrypt(&out, &id, 0, NULL, 0, &e) < 0 &&
	    e.exit == DF_INPUT, "no file: %s", e.msg);
	ok(df_age_decrypt(&out, &id, 1, indented, strlen(indented), &e) < 0 &&
	    strcmp(e.code, "age.armor") == 0, "indented armor: %s", e.msg);
	ok(df_age_decrypt(&out, &id, 1, "-----", 5, &e) < 0 &&
	    strcmp(e.code, "age.armor") == 0, "armor alone: %s", e.msg);
	ok(df_age_decrypt(&out, &id, 1, " \n\n", 3, &e) < 0 &&
	    strcmp(e.code, "age.header") == 0, "white space: %s", e.msg);
	df_buf_release(&b);
	df_buf_release(&out);
}

int
main(void)
{
	const char *dir = tap_corpus("vectors/age/testdata");

	keys();
	identity_file();
	sizes();
	damage();
	wiped();
	limits();
	if (dir)
		vectors(dir);
	else
		ok(1, "vectors # SKIP no corpus");
	return tap_done();
}
