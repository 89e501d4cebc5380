/* RFC 6962 tree hashes: the roots that every implementation is held to, and
   the definition of section 2.1 taken at its word. */
#include "base/df.h"

#include "base/text.h"
#include "evidence/merkle.h"
#include "tap.h"

static const struct {
	const char *s;
	size_t n;
	const char *root;	/* of the leaves up to this one */
} leaf[] = {
	{ "", 0, "6e340b9cffb37a989ca544e6bb780a2c"
	    "78901d3fb33738768511a30617afa01d" },
	{ "\x00", 1, "fac54203e7cc696cf0dfcb42c92a1d9d"
	    "baf70ad9e621f4bd8d98662f00e3c125" },
	{ "\x10", 1, "aeb6bcfe274b70a14fb067a5e5578264"
	    "db0fa9b51af5e0ba159158f329e06e77" },
	{ "\x20\x21", 2, "d37ee418976dd95753c1c73862b9398f"
	    "a2a2cf9b4ff0fdfe8b30cd95209614b7" },
	{ "\x30\x31", 2, "4e3bbb1f7b478dcfe71fb631631519a3"
	    "bca12c9aefca1612bfce4c13a86264d4" },
	{ "\x40\x41\x42\x43", 4, "76e67dadbcdf1e10e1b74ddc608abd2f"
	    "98dfb16fbce75277b5232a127f2087ef" },
	{ "\x50\x51\x52\x53\x54\x55\x56\x57", 8,
	    "ddb89be403809e325750d3d263cd7892"
	    "9c2942b7942a34b77e122c9594a74c8c" },
	{ "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
	    16, "5dc9da79a70659a9ad559cb701ded9a2"
	    "ab9d823aad2f4960cfe370eff4604328" },
};

static const char *
hex(const struct df_digest *d)
{
	static char s[65];

	df_hex_str(s, d->b, sizeof(d->b));
	return s;
}

/* MTH(D[n]), k the largest power of two below n; leaf i is i, in decimal. */
static void
defined(unsigned from, unsigned n, struct df_digest *d)
{
	struct df_digest l, r;
	char buf[80];
	unsigned k;

	if (n == 1) {
		buf[0] = 0;
		k = (unsigned)snprintf(buf + 1, sizeof(buf) - 1, "%u", from);
		df_sha256(buf, k + 1, d);
		return;
	}
	for (k = 1; k * 2 < n; k *= 2)
		;
	defined(from, k, &l);
	defined(from + k, n - k, &r);
	buf[0] = 1;
	memcpy(buf + 1, l.b, 32);
	memcpy(buf + 33, r.b, 32);
	df_sha256(buf, 65, d);
}

int
main(void)
{
	struct df_merkle m = { 0 };
	struct df_digest got, want;
	char s[16];
	unsigned i, bad = 0;
	size_t k;

	df_merkle_root(&m, &got);
	is_str(hex(&got), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca4"
	    "95991b7852b855", "no leaf");
	for (k = 0; k < DF_LEN(leaf); k++) {
		df_merkle_add(&m, leaf[k].s, leaf[k].n);
		df_merkle_root(&m, &got);
		is_str(hex(&got), leaf[k].root, "the usual leaves");
	}
	is_int(m.n, DF_LEN(leaf), "are counted");

	memset(&m, 0, sizeof(m));
	for (i = 0; i < 600; i++) {
		snprintf(s, sizeof(s), "%u", i);
		df_merkle_add(&m, s, strlen(s));
		df_merkle_root(&m, &got);
		defined(0, i + 1, &want);
		bad += !df_digest_eq(&got, &want);
	}
	is_int(bad, 0, "600 sizes are as section 2.1 defines them");
	return tap_done();
}
