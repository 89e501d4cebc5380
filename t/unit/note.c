/* Signed notes and checkpoints: the example of Go's note package, its
   mutations, ours both ways, and what is none. */
#include "base/df.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "evidence/note.h"
#include "evidence/sign-internal.h"
#include "tap.h"

#define VKEY "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy" \
    "10TW"
#define TEXT "If you think cryptography is the answer to your problem,\n" \
    "then you don't know what your problem is.\n"
#define SIG "\xe2\x80\x94 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8p" \
    "AcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
/* A line of another kind: 8 bytes of time and a signature. */
#define OTHER "\xe2\x80\x94 example.org/witness AAAAAAAAAABAAAAAAAAAAAAAAAAAA" \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
    "\n"

/* 1, 0, -1 as df_note_verify(), or -2: no note. */
static int
verify(const char *s, size_t len, const char *vkey)
{
	struct df_pubkey k;
	struct df_note n;
	size_t nname;
	int r;

	if (df_vkey_parse(&k, &nname, vkey, strlen(vkey), NULL) < 0)
		DF_BUG("vkey");
	if (df_note_parse(&n, s, len, "note", NULL) < 0)
		return -2;
	r = df_note_verify(&n, vkey, nname, &k);
	df_note_release(&n);
	return r;
}

static void
known(void)
{
	static const char all[] = TEXT "\n" SIG;
	struct df_buf b = DF_BUF_INIT;
	struct df_pubkey k;
	size_t i, nname;
	int r, bad = 0, text = 0;
	char *s;

	is_int(verify(all, sizeof(all) - 1, VKEY), 1, "the known note");
	is_int(verify(TEXT "\n" OTHER SIG, strlen(TEXT "\n" OTHER SIG), VKEY),
	    1, "behind a line of another kind");
	is_int(verify(TEXT "\n" SIG SIG, strlen(TEXT "\n" SIG SIG), VKEY), 1,
	    "twice");
	is_int(verify(TEXT "\n" OTHER, strlen(TEXT "\n" OTHER), VKEY), 0,
	    "signed by others only");
	is_int(verify("A\n" TEXT "\n" SIG, strlen("A\n" TEXT "\n" SIG), VKEY),
	    -1, "another text");
	/* An empty line in the text: only the last one ends it. */
	is_int(verify(TEXT "\n" TEXT "\n" SIG, strlen(TEXT "\n" TEXT "\n"
	    SIG), VKEY), -1, "a text that goes on");

	s = strndup(all, sizeof(all) - 1);
	for (i = 0; i < sizeof(all) - 1; i++) {
		s[i] ^= 1;
		r = verify(s, sizeof(all) - 1, VKEY);
		bad += r > 0;
		text += i < sizeof(TEXT) - 1 && r != -1 && r != -2;
		s[i] ^= 1;
	}
	is_int(bad, 0, "any byte changed");
	is_int(text, 0, "any byte of the text: a bad signature, or no note");
	for (i = 0, bad = 0; i < sizeof(all) - 1; i++)
		bad += verify(s, i, VKEY) > 0;
	is_int(bad, 0, "cut anywhere");
	free(s);

	ok(df_vkey_parse(&k, &nname, VKEY, strlen(VKEY), NULL) == 0, "vkey");
	df_vkey_write(&b, "PeterNeumann", &k);
	is_str(b.s, VKEY, "is written as it was");
	df_buf_release(&b);
}

static void
malformed(void)
{
	static const char *const note[] = { "", "\n", "a\n", "a\n\n", "\n\n",
	    TEXT SIG, TEXT "\n" "\xe2\x80\x94 \n", TEXT "\n- x AAAAAAAA\n",
	    TEXT "\n\xe2\x80\x94 x\n", TEXT "\n\xe2\x80\x94 x AAAAA=\n",
	    TEXT "\n\xe2\x80\x94 x AAAA\n", TEXT "\n\xe2\x80\x94  AAAAAAAA\n",
	    TEXT "\n\xe2\x80\x94 a+b AAAAAAAA\n", "a\tb\n\n" SIG,
	    "a\r\n\n" SIG, "\xff\n\n" SIG, TEXT "\n" SIG "x",
	    TEXT "\n\xe2\x80\x94 a\xc2\xa0" "b AAAAAAAA\n" };
	static const char *const vkey[] = { "", "a", "a+", "a+b+c",
	    "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
	    "PeterNeumanN+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T"
	    "W", "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4iz"
	    "Wy10TW", "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/L"
	    "DE4izWy10TW", "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVk"
	    "mqq/LDE4izWy10T=" };
	struct df_buf many = DF_BUF_INIT;
	struct df_pubkey k;
	struct df_note n;
	struct df_err e;
	size_t i, nname;

	for (i = 0; i < DF_LEN(note); i++)
		ok(df_note_parse(&n, note[i], strlen(note[i]), "x", &e) < 0 &&
		    e.exit == DF_INPUT, "no note: %zu", i);
	ok(df_note_parse(&n, "a\0b\n\n" SIG, strlen(SIG) + 5, "x", &e) < 0,
	    "no note: NUL");
	for (i = 0; i < DF_LEN(vkey); i++)
		ok(df_vkey_parse(&k, &nname, vkey[i], strlen(vkey[i]), &e) <
		    0 && e.exit == DF_INPUT, "no verifier key: %zu", i);
	df_buf_str(&many, TEXT "\n");
	for (i = 0; i < DF_NOTE_SIGS; i++)
		df_buf_str(&many, OTHER);
	ok(df_note_parse(&n, many.s, many.n, "x", &e) == 0 && n.nsig ==
	    DF_NOTE_SIGS, "as many signatures as may be");
	df_note_release(&n);
	df_buf_str(&many, OTHER);
	ok(df_note_parse(&n, many.s, many.n, "x", &e) < 0, "one more");
	df_buf_reset(&many);
	for (i = 0; i < DF_NOTE_MAX; i++)
		df_buf_ch(&many, 'a');
	df_buf_str(&many, "\n\n" SIG);
	ok(df_note_parse(&n, many.s, many.n, "x", &e) < 0, "too long");
	df_buf_release(&many);
}

/* The lines of a checkpoint. */
static int
checkpoint(const char *text, struct df_checkpoint *c)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_note n;
	struct df_err e;
	int r;

	df_buf_fmt(&b, "%s\n%s", text, SIG);
	r = df_note_parse(&n, b.s, b.n, "x", &e);
	if (r == 0) {
		r = df_checkpoint_parse(c, &n, "x", &e);
		if (r < 0 && e.exit != DF_INPUT)
			DF_BUG("exit");
		df_note_release(&n);
	}
	df_buf_release(&b);
	return r;
}

#define ROOT "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n"

static void
checkpoints(void)
{
	static const char *const bad[] = { "example.org/log\n8\n",
	    "example.org/log\n" ROOT, "\n8\n" ROOT,
	    "example.org/log\n08\n" ROOT, "example.org/log\n-8\n" ROOT,
	    "example.org/log\n+8\n" ROOT, "example.org/log\n8 \n" ROOT,
	    "example.org/log\n0x8\n" ROOT, "example.org/log\n\n" ROOT,
	    "example.org/log\n99999999999999999999\n" ROOT,
	    "example.org/log\n9999999999999999999999999\n" ROOT,
	    "example.org/log\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg\n",
	    "example.org/log\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/Rg\n",
	    "example.org/log\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyh="
	    "\n", "example.org/log\n8\n" ROOT "\nextension\n" };
	static const char *const origin[] = { "", "a b", "a+b", "a\nb",
	    ("a\xc2\xa0" "b"), "\xff", "SSHSIG", "SSHSIG/x", "DSSEv1",
	    "DSSEv1x", "a\x7f" };
	struct df_checkpoint c;
	struct df_err e;
	char s[DF_ORIGIN_MAX + 2];
	size_t i;

	ok(checkpoint("example.org/log\n8\n" ROOT, &c) == 0 && c.size == 8 &&
	    c.root.b[0] == 0x5d && c.root.b[31] == 0x28, "a checkpoint");
	ok(checkpoint("example.org/log\n0\n" ROOT "more\nlines\n", &c) == 0,
	    "with extensions");
	for (i = 0; i < DF_LEN(bad); i++)
		ok(checkpoint(bad[i], &c) < 0, "no checkpoint: %zu", i);
	for (i = 0; i < DF_LEN(origin); i++)
		ok(df_origin_check(origin[i], &e) < 0 && e.exit == DF_USAGE,
		    "no origin: %zu", i);
	ok(df_origin_check("SSH", NULL) == 0 && df_origin_check(
	    "example.org/df/r\xc3\xa9sum\xc3\xa9", NULL) == 0, "origins");
	memset(s, 'a', sizeof(s));
	s[DF_ORIGIN_MAX] = '\0';
	ok(df_origin_check(s, NULL) == 0, "as long as it may be");
	s[DF_ORIGIN_MAX] = 'a';
	s[DF_ORIGIN_MAX + 1] = '\0';
	ok(df_origin_check(s, NULL) < 0, "longer");
}

static void
ours(void)
{
	struct df_buf b = DF_BUF_INIT, text = DF_BUF_INIT, vkey = DF_BUF_INIT;
	struct df_checkpoint c = { .origin = "example.org/df", .norigin = 14,
	    .size = 12345678901 }, back;
	char dir[64];
	uint8_t seed[32] = { 7 };
	struct df_pubkey pub;
	struct df_key *k;
	struct df_note n;
	struct df_err e;
	int fd;

	snprintf(dir, sizeof(dir), "/tmp/df-note-XXXXXX");
	if (mkdtemp(dir) == NULL || (fd = open(dir, O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC)) < 0)
		DF_BUG("mkdtemp");
	if (df_key_generate(fd, "key", NULL, seed, &pub, &e) < 0)
		DF_BUG("key");
	df_buf_fmt(&b, "%s/key", dir);
	k = df_key_open(b.s, &e);
	df_buf_reset(&b);
	memset(c.root.b, 0xab, sizeof(c.root.b));
	df_checkpoint_write(&text, &c);
	is_str(text.s, "example.org/df\n12345678901\n"
	    "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=\n", "the text");
	ok(df_note_sign(&b, &text, "example.org/df", k, &e) == 0, "signed");
	df_vkey_write(&vkey, "example.org/df", &pub);
	is_int(verify(b.s, b.n, vkey.s), 1, "verifies");
	ok(df_note_parse(&n, b.s, b.n, "x", &e) == 0 &&
	    df_checkpoint_parse(&back, &n, "x", &e) == 0 && back.size ==
	    c.size && back.norigin == 14 && df_digest_eq(&back.root, &c.root),
	    "reads back");
	is_int(df_note_verify(&n, "example.org/dg", 14, &pub), 0,
	    "not under another name");
	pub.sk = 1;
	is_int(df_note_verify(&n, "example.org/df", 14, &pub), 0,
	    "not by a hardware key");
	df_note_release(&n);
	df_key_free(k);
	(void)!df_remove_tree(AT_FDCWD, dir, NULL);
	close(fd);
	df_buf_release(&b);
	df_buf_release(&text);
	df_buf_release(&vkey);
}

int
main(void)
{
	df_sodium_init();
	known();
	malformed();
	checkpoints();
	ours();
	return tap_done();
}
