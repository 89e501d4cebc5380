/* Private keys: files, the agent, making a pair. */
#include "base/df.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "evidence/sign-internal.h"
#include "tap.h"

static const uint8_t seed[32] = { 7 };
static char dir[4096];
static int dirfd_;

static const char *
at(const char *name)
{
	static char path[4200];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void
put(const char *name, const void *p, size_t n, mode_t mode)
{
	struct df_err e;

	if (df_replace_file(dirfd_, name, p, n, mode, &e) < 0)
		DF_BUG(e.msg);
}

static mode_t
mode_of(const char *name)
{
	struct stat st;

	return stat(at(name), &st) < 0 ? 0 : st.st_mode & 07777;
}

/* ---- making ---- */

static void
making(void)
{
	struct df_pubkey pub, again;
	struct df_buf a = DF_BUF_INIT, b = DF_BUF_INIT;
	struct df_key *k;
	struct df_err e = { 0 };

	ok(df_key_generate(dirfd_, "a", "alice@example.org", seed, &pub, &e)
	    == 0, "make a key pair");
	is_int(mode_of("a"), 0600, "mode of the private file");
	is_int(mode_of("a.pub"), 0644, "mode of the public file");
	k = df_key_open(at("a"), &e);
	ok(k && df_pubkey_eq(df_key_pub(k), &pub), "open the private file");
	df_key_free(k);
	ok(df_key_generate(dirfd_, "a", "", NULL, &again, &e) < 0 &&
	    e.exit == DF_CONFLICT, "it is not made twice");
	put("c.pub", "x\n", 2, 0644);
	ok(df_key_generate(dirfd_, "c", "", NULL, &again, &e) < 0 &&
	    e.exit == DF_CONFLICT, "nor when only the public file exists");
	is_int(mode_of("c"), 0, "and then no private file appears");
	ok(df_key_generate(dirfd_, "b", "alice@example.org", seed, &again,
	    &e) == 0, "make another of the same seed");
	if (df_read_file(dirfd_, "a", &a, 9999, &e) < 0 ||
	    df_read_file(dirfd_, "b", &b, 9999, &e) < 0)
		DF_BUG(e.msg);
	is_str(a.s, b.s, "the same seed gives the same file");
	df_buf_reset(&a);
	if (df_read_file(dirfd_, "a.pub", &a, 9999, &e) < 0)
		DF_BUG(e.msg);
	ok(df_pubkey_parse(&again, a.s, a.n, &e) == 0 &&
	    df_pubkey_eq(&again, &pub), "the .pub file holds the key");
	ok(strstr(a.s, " alice@example.org\n") != NULL, "and the comment");
	ok(df_key_generate(dirfd_, "d", "a\nb", NULL, &again, &e) < 0 &&
	    e.exit == DF_INPUT, "no comment of two lines");
	ok(df_key_generate(dirfd_, "r", NULL, NULL, &again, &e) == 0 &&
	    !df_pubkey_eq(&again, &pub), "a random key without comment");
	df_buf_release(&a);
	df_buf_release(&b);
}

/* ---- files ---- */

/* The file of key "a", taken apart. */
struct parts {
	struct df_buf cipher, kdf, options, pub, secret;
	uint32_t keys;
};

static void
take_apart(struct parts *p, struct df_buf *blob)
{
	struct df_buf text = DF_BUF_INIT, b64 = DF_BUF_INIT;
	struct df_wire w, s;
	struct df_buf *part[5] = { &p->cipher, &p->kdf, &p->options, &p->pub,
	    &p->secret };
	struct df_err e;
	const char *l, *eol;
	int i;

	if (df_read_file(dirfd_, "a", &text, 9999, &e) < 0)
		DF_BUG(e.msg);
	for (l = text.s; (eol = strchr(l, '\n')) != NULL; l = eol + 1)
		if (*l != '-')
			df_buf_add(&b64, l, (size_t)(eol - l));
	if (df_unbase64(blob, b64.s, b64.n) < 0)
		DF_BUG("base64");
	w.p = (uint8_t *)blob->s + 15;
	w.n = blob->n - 15;
	for (i = 0; i < 5; i++) {
		df_buf_init(part[i]);
		if ((i == 3 && df_wire_u32(&w, &p->keys) < 0) ||
		    df_wire_string(&w, &s) < 0)
			DF_BUG("wire");
		df_buf_add(part[i], s.p, s.n);
	}
	df_buf_release(&text);
	df_buf_release(&b64);
}

static void
put_together(const struct parts *p, struct df_buf *text)
{
	struct df_buf b = DF_BUF_INIT;

	df_buf_add(&b, "openssh-key-v1", 15);
	df_wire_put(&b, p->cipher.s, p->cipher.n);
	df_wire_put(&b, p->kdf.s, p->kdf.n);
	df_wire_put(&b, p->options.s, p->options.n);
	df_wire_put_u32(&b, p->keys);
	df_wire_put(&b, p->pub.s, p->pub.n);
	df_wire_put(&b, p->secret.s, p->secret.n);
	df_buf_reset(text);
	df_ssh_armor(text, "OPENSSH PRIVATE KEY", b.s, b.n);
	df_buf_release(&b);
}

static int
parses(const char *s, size_t n, struct df_err *e)
{
	struct df_key *k = df_key_parse(s, n, "k", e);

	df_key_free(k);
	return k != NULL;
}

static void
refused(const struct parts *p, int want, const char *what)
{
	struct df_buf text = DF_BUF_INIT;
	struct df_err e = { 0 };

	put_together(p, &text);
	ok(!parses(text.s, text.n, &e) && e.exit == want, "refused: %s (%s)",
	    what, e.msg);
	df_buf_release(&text);
}

static void
set(struct df_buf *b, const char *s)
{
	df_buf_reset(b);
	df_buf_str(b, s);
}

static void
inside(void)
{
	struct df_buf blob = DF_BUF_INIT, text = DF_BUF_INIT;
	struct df_buf keep = DF_BUF_INIT;
	struct parts p;
	struct df_err e = { 0 };
	size_t i, taken = 0, comment;

	take_apart(&p, &blob);
	put_together(&p, &text);
	ok(parses(text.s, text.n, &e), "taken apart and put together");

	set(&p.cipher, "aes256-ctr");
	set(&p.kdf, "bcrypt");
	refused(&p, DF_AUTH, "an encrypted key");
	put_together(&p, &text);
	(void)parses(text.s, text.n, &e);
	is_str(e.hint, "ssh-add k", "with what to do");
	set(&p.cipher, "none");
	refused(&p, DF_INPUT, "a derivation without cipher");
	set(&p.kdf, "none");
	set(&p.options, "x");
	refused(&p, DF_INPUT, "options without derivation");
	set(&p.options, "");
	p.keys = 2;
	refused(&p, DF_INPUT, "two keys");
	p.keys = 1;

	p.pub.s[p.pub.n - 1] ^= 1;
	refused(&p, DF_INPUT, "another public half");
	p.pub.s[p.pub.n - 1] ^= 1;
	p.secret.s[0] ^= 1;
	refused(&p, DF_INPUT, "check integers that differ");
	p.secret.s[0] ^= 1;
	df_buf_add(&keep, p.secret.s, p.secret.n);
	df_buf_add(&p.secret, "\x05\x06\x07\x08\x09\x0a\x0b\x0c", 8);
	refused(&p, DF_INPUT, "a block of padding too much");
	df_buf_cut(&p.secret, keep.n - 1);
	refused(&p, DF_INPUT, "a byte of padding too little");
	df_buf_cut(&p.secret, keep.n - 8);
	refused(&p, DF_INPUT, "a cut comment");
	df_buf_release(&p.secret);
	p.secret = keep;

	/* Every changed byte but those of the comment and its length: a
	   comment may end in what was padding. */
	comment = 0;
	for (i = 0; i + 5 < p.secret.n && !comment; i++)
		if (memcmp(p.secret.s + i, "alice", 5) == 0)
			comment = i;
	for (i = 0; i < p.secret.n; i++) {
		if (i + 4 >= comment &&
		    i < comment + strlen("alice@example.org"))
			continue;
		p.secret.s[i] ^= 4;
		put_together(&p, &text);
		taken += (size_t)parses(text.s, text.n, &e);
		p.secret.s[i] ^= 4;
	}
	is_int(taken, 0, "no changed byte of the secret part is accepted");
	for (i = taken = 0; i < blob.n; i++) {
		df_buf_reset(&text);
		df_ssh_armor(&text, "OPENSSH PRIVATE KEY", blob.s, i);
		taken += (size_t)parses(text.s, text.n, &e);
	}
	is_int(taken, 0, "no shortened key is accepted");
	df_buf_ch(&blob, 0);
	df_buf_reset(&text);
	df_ssh_armor(&text, "OPENSSH PRIVATE KEY", blob.s, blob.n);
	ok(!parses(text.s, text.n, &e), "no longer one either");

	df_buf_release(&p.cipher);
	df_buf_release(&p.kdf);
	df_buf_release(&p.options);
	df_buf_release(&p.pub);
	df_buf_release(&p.secret);
	df_buf_release(&blob);
	df_buf_release(&text);
}

/* The file with from replaced by to. */
static int
edited(const char *from, const char *to)
{
	struct df_buf text = DF_BUF_INIT, b = DF_BUF_INIT;
	struct df_err e;
	const char *q;
	int r;

	if (df_read_file(dirfd_, "a", &text, 9999, &e) < 0 ||
	    (q = strstr(text.s, from)) == NULL)
		DF_BUG("fixture");
	df_buf_add(&b, text.s, (size_t)(q - text.s));
	df_buf_str(&b, to);
	df_buf_str(&b, q + strlen(from));
	r = parses(b.s, b.n, &e);
	df_buf_release(&text);
	df_buf_release(&b);
	return r;
}

static void
armor(void)
{
	ok(edited("KEY-----\n", "KEY-----\n"), "the armor as it is");
	ok(edited("b3Blbn", "b3\nBl\nbn"), "lines of other lengths");
	ok(!edited("b3Blbn", "b3\n\nBlbn"), "an empty line");
	ok(!edited("b3Blbn", "b3 Blbn"), "a space");
	ok(!edited("KEY-----\n", "KEY-----\r\n"), "CRLF");
	ok(!edited("-----BEGIN", " -----BEGIN"), "a leading space");
	ok(!edited("-----END OPENSSH PRIVATE KEY-----\n", ""), "no end");
	ok(!edited("END OPENSSH PRIVATE KEY-----\n",
	    "END OPENSSH PRIVATE KEY-----"), "no line end at the end");
	ok(!edited("END OPENSSH PRIVATE KEY-----\n",
	    "END OPENSSH PRIVATE KEY-----\n\n"), "an empty line behind it");
	ok(!edited("OPENSSH", "RSA"), "another kind");
}

static void
opening(void)
{
	static const char rsa[] = "-----BEGIN RSA PRIVATE KEY-----\n";
	struct df_err e = { 0 };

	if (chmod(at("b"), 0640) < 0)
		DF_BUG("chmod");
	ok(df_key_open(at("b"), &e) == NULL && e.exit == DF_AUTH &&
	    strcmp(e.code, "key.mode") == 0,
	    "a key that the group can read: %s", e.msg);
	ok(df_key_open(at("none"), &e) == NULL && e.exit == DF_INPUT,
	    "a key that is not there");
	ok(df_key_open(dir, &e) == NULL && e.exit == DF_INPUT,
	    "a directory");
	put("rsa", rsa, strlen(rsa), 0600);
	ok(df_key_open(at("rsa"), &e) == NULL && e.exit == DF_INPUT,
	    "a key of another format");
	put("big", rsa, strlen(rsa), 0600);
	if (truncate(at("big"), 1 << 20) < 0)
		DF_BUG("truncate");
	ok(df_key_open(at("big"), &e) == NULL && e.exit == DF_INPUT,
	    "a large file");
	put("junk", "hello\n", 6, 0644);
	ok(df_key_open(at("junk"), &e) == NULL && e.exit == DF_INPUT,
	    "no key at all: %s", e.msg);
	df_key_free(NULL);
}

/* ---- the agent ---- */

enum play { GOOD, BAD_SIG, REFUSE, EMPTY, HUGE, JUNK, HANGUP, EMPTY_LIST };

/* A byte at a time, so that every read is a short one. */
static void
dribble(int fd, const struct df_buf *b)
{
	struct df_buf m = DF_BUF_INIT;
	size_t i;

	df_wire_put(&m, b->s, b->n);
	for (i = 0; i < m.n; i++)
		if (write(fd, m.s + i, 1) != 1)
			break;
	df_buf_release(&m);
}

static int
get(int fd, char *p, size_t n)
{
	while (n) {
		ssize_t k = read(fd, p, n);

		if (k <= 0)
			return -1;
		p += k;
		n -= (size_t)k;
	}
	return 0;
}

static void
answer(int fd, enum play play, const struct df_pubkey *pub,
    const uint8_t *sk)
{
	struct df_buf b = DF_BUF_INIT, blob = DF_BUF_INIT;
	char head[4], in[4096];
	struct df_wire w, key, data;
	uint8_t raw[64];
	uint32_t n = 0;

	w.p = (uint8_t *)head;
	w.n = 4;
	if (get(fd, head, 4) < 0 || df_wire_u32(&w, &n) < 0 ||
	    n > sizeof(in) || get(fd, in, n) < 0)
		return;
	df_pubkey_blob(pub, &blob);
	if (in[0] == 11) {
		df_buf_ch(&b, 12);
		df_wire_put_u32(&b, play == EMPTY_LIST ? 0 : 2);
		if (play != EMPTY_LIST) {
			df_wire_put_str(&b, "some other key");
			df_wire_put_str(&b, "comment");
			df_wire_put(&b, blob.s, blob.n);
			df_wire_put_str(&b, "comment");
		}
	} else if (play == REFUSE) {
		df_buf_ch(&b, 5);
	} else if (play == EMPTY) {
		df_buf_reset(&b);
	} else if (play == HUGE) {
		if (write(fd, "\x00\x10\x00\x00", 4) != 4)
			return;
	} else if (play == JUNK) {
		df_buf_add(&b, "\x0e\xff\xff\xff\xffx", 6);
	} else if (play != HANGUP) {
		w.p = (uint8_t *)in + 1;
		w.n = n - 1;
		if (df_wire_string(&w, &key) < 0 ||
		    df_wire_string(&w, &data) < 0)
			return;
		crypto_sign_detached(raw, NULL, data.p, data.n, sk);
		raw[3] ^= play == BAD_SIG;
		df_buf_reset(&blob);
		df_wire_put_str(&blob, "ssh-ed25519");
		df_wire_put(&blob, raw, sizeof(raw));
		df_buf_ch(&b, 14);
		df_wire_put(&b, blob.s, blob.n);
	}
	if (play == HANGUP && in[0] == 13)
		(void)!write(fd, "\0\0", 2);
	else if (play != HUGE || in[0] != 13)
		dribble(fd, &b);
	df_buf_release(&b);
	df_buf_release(&blob);
}

static pid_t
agent(enum play play, int requests)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct df_pubkey pub = { 0 };
	uint8_t sk[64];
	pid_t pid;
	int s, fd;

	(void)unlink(at("agent"));
	if (strlen(at("agent")) >= sizeof(sa.sun_path))
		DF_BUG("TMPDIR is too long for a socket");
	memcpy(sa.sun_path, at("agent"), strlen(at("agent")) + 1);
	s = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(s, (struct sockaddr *)&sa, sizeof(sa)) < 0 ||
	    listen(s, 5) < 0)
		DF_BUG("socket");
	setenv("SSH_AUTH_SOCK", sa.sun_path, 1);
	pid = fork();
	if (pid == 0) {
		signal(SIGPIPE, SIG_IGN);
		alarm(30);
		crypto_sign_seed_keypair(pub.pk, sk, seed);
		while (requests--) {
			fd = accept(s, NULL, NULL);
			answer(fd, play, &pub, sk);
			close(fd);
		}
		_exit(0);
	}
	close(s);
	return pid;
}

static void
play(enum play how, int want, const char *code, const char *what)
{
	struct df_buf sig = DF_BUF_INIT;
	struct df_err e = { 0 };
	struct df_key *k;
	int r = -1;
	pid_t pid = agent(how, 2);

	df_buf_str(&sig, "before");
	k = df_key_open(at("a.pub"), &e);
	if (k)
		r = df_key_sign(k, "df-run", "m", 1, &sig, &e);
	if (want == 0)
		ok(r == 0 && df_sig_verify(df_key_pub(k), "df-run", "m", 1,
		    sig.s + 6, sig.n - 6, &e) == 0, "agent: %s", what);
	else
		ok(k && r < 0 && e.exit == want && sig.n == 6 &&
		    strcmp(e.code, code) == 0, "agent: %s (%s)", what, e.msg);
	df_key_free(k);
	df_buf_release(&sig);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void
agents(void)
{
	struct df_err e = { 0 };
	char longer[200];
	pid_t pid;

	play(GOOD, 0, "", "signs, one byte at a time");
	play(BAD_SIG, DF_AUTH, "agent.signature", "a wrong signature");
	play(REFUSE, DF_AUTH, "agent.refused", "a refusal");
	play(EMPTY, DF_EXTERNAL, "agent.protocol", "an empty answer");
	play(HUGE, DF_EXTERNAL, "agent.protocol", "a huge answer");
	play(JUNK, DF_EXTERNAL, "agent.protocol", "a malformed answer");
	play(HANGUP, DF_EXTERNAL, "agent.io", "an early end");

	pid = agent(EMPTY_LIST, 1);
	ok(df_key_open(at("a.pub"), &e) == NULL && e.exit == DF_AUTH &&
	    strcmp(e.code, "agent.key") == 0, "a key that it does not hold");
	ok(strncmp(e.hint, "ssh-add ", 8) == 0 &&
	    strcmp(e.hint + 8, at("a")) == 0, "the hint: %s", e.hint);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	ok(df_key_open(at("a.pub"), &e) == NULL && e.exit == DF_AUTH &&
	    strcmp(e.code, "agent.none") == 0, "nobody listens");
	memset(longer, 'a', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	setenv("SSH_AUTH_SOCK", longer, 1);
	ok(df_key_open(at("a.pub"), &e) == NULL && e.exit == DF_AUTH,
	    "a socket path that is too long");
	unsetenv("SSH_AUTH_SOCK");
	ok(df_key_open(at("a.pub"), &e) == NULL && e.exit == DF_AUTH,
	    "no agent: %s", e.msg);
}

int
main(void)
{
	struct df_err e;

	snprintf(dir, sizeof(dir), "%s/df-key-XXXXXX",
	    getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	if (mkdtemp(dir) == NULL)
		DF_BUG("mkdtemp");
	dirfd_ = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	making();
	armor();
	inside();
	opening();
	agents();
	close(dirfd_);
	ok(df_remove_tree(AT_FDCWD, dir, &e) == 0, "clean up");
	return tap_done();
}
