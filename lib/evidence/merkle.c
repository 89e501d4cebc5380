#include "base/df.h"

#include "evidence/merkle.h"

static void
node(const struct df_digest *left, const struct df_digest *right,
    struct df_digest *out)
{
	struct df_sha256 h;

	df_sha256_init(&h);
	df_sha256_add(&h, "\1", 1);
	df_sha256_add(&h, left->b, sizeof(left->b));
	df_sha256_add(&h, right->b, sizeof(right->b));
	df_sha256_end(&h, out);
}

void
df_merkle_add(struct df_merkle *m, const void *leaf, size_t n)
{
	struct df_digest d;
	struct df_sha256 h;
	unsigned i;

	df_sha256_init(&h);
	df_sha256_add(&h, "", 1);
	df_sha256_add(&h, leaf, n);
	df_sha256_end(&h, &d);
	for (i = 0; m->n >> i & 1; i++)
		node(&m->peak[i], &d, &d);
	m->peak[i] = d;
	m->n++;
}

void
df_merkle_root(const struct df_merkle *m, struct df_digest *root)
{
	unsigned i;

	for (i = 0; i < 64 && !(m->n >> i & 1); i++)
		;
	if (i == 64) {
		df_sha256("", 0, root);
		return;
	}
	*root = m->peak[i];
	for (i++; i < 64; i++)
		if (m->n >> i & 1)
			node(&m->peak[i], root, root);
}
