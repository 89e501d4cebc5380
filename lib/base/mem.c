#define _GNU_SOURCE
#include "base/df.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/err.h"
#include "base/mem.h"

static void
out_of_memory(void)
{
	df_diex(DF_EXTERNAL, "memory", "out of memory");
}

void *
df_malloc(size_t n)
{
	void *p = malloc(n ? n : 1);

	if (p == NULL)
		out_of_memory();
	return p;
}

void *
df_calloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (p == NULL)
		out_of_memory();
	return p;
}

void *
df_realloc(void *p, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size)
		out_of_memory();
	p = realloc(p, n && size ? n * size : 1);
	if (p == NULL)
		out_of_memory();
	return p;
}

char *
df_strndup(const char *s, size_t n)
{
	char *p = df_malloc(n + 1);

	memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

char *
df_strdup(const char *s)
{
	return df_strndup(s, strlen(s));
}

void *
df_grow(void *p, size_t *cap, size_t size)
{
	size_t n = *cap ? *cap * 2 : 8;

	if (n <= *cap)
		out_of_memory();
	p = df_realloc(p, n, size);
	*cap = n;
	return p;
}

/* ---- arena ---- */

struct df_chunk {
	struct df_chunk *prev;
	_Alignas(16) char data[];
};

#define CHUNK ((size_t)16 * 1024)

void *
df_arena_alloc(struct df_arena *a, size_t n)
{
	struct df_chunk *c;
	size_t size;
	char *p;

	if (n > SIZE_MAX / 2)
		out_of_memory();
	n = n ? (n + 15) & ~(size_t)15 : 16;
	if (n > a->left) {
		size = n > CHUNK / 4 ? n : CHUNK;
		c = df_calloc(1, sizeof(*c) + size);
		if (size == n && a->head) {
			/* a large block of its own, behind the current one */
			c->prev = a->head->prev;
			a->head->prev = c;
			return c->data;
		}
		c->prev = a->head;
		a->head = c;
		a->next = c->data;
		a->left = size;
	}
	p = a->next;
	a->next += n;
	a->left -= n;
	return p;
}

char *
df_arena_str(struct df_arena *a, const char *s, size_t n)
{
	char *p = df_arena_alloc(a, n + 1);

	if (n)
		memcpy(p, s, n);
	return p;
}

void
df_arena_release(struct df_arena *a)
{
	struct df_chunk *c, *prev;

	for (c = a->head; c; c = prev) {
		prev = c->prev;
		free(c);
	}
	memset(a, 0, sizeof(*a));
}

/* ---- map: open addressing, linear probing ---- */

struct df_slot {
	const char *key;	/* NULL: free */
	size_t value;
	uint32_t len;
	uint32_t hash;		/* its upper half */
};

/* One for the process, whichever thread asks first. */
static uint64_t
hash_seed(void)
{
	static uint64_t seed;
	uint64_t s = __atomic_load_n(&seed, __ATOMIC_RELAXED), none = 0;

	if (s)
		return s;
	if (getrandom(&s, sizeof(s), 0) != sizeof(s) || s == 0)
		s = (uint64_t)(uintptr_t)&seed;
	if (!__atomic_compare_exchange_n(&seed, &none, s, 0, __ATOMIC_RELAXED,
	    __ATOMIC_RELAXED))
		s = none;
	return s;
}

#define ROTL(x, n) ((x) << (n) | (x) >> (64 - (n)))

static inline void
sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = ROTL(v[1], 13) ^ v[0];
	v[3] = ROTL(v[3], 16) ^ v[2];
	v[0] = ROTL(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = ROTL(v[1], 17) ^ v[2];
	v[3] = ROTL(v[3], 21) ^ v[0];
	v[2] = ROTL(v[2], 32);
}

/* SipHash-1-3 */
static uint32_t
hash(const char *s, size_t n)
{
	uint64_t key = hash_seed(), w;
	uint64_t v[4] = { key ^ UINT64_C(0x736f6d6570736575),
	    ~key ^ UINT64_C(0x646f72616e646f6d),
	    key ^ UINT64_C(0x6c7967656e657261),
	    ~key ^ UINT64_C(0x7465646279746573) };
	size_t left = n;

	for (; left >= 8; s += 8, left -= 8) {
		memcpy(&w, s, 8);
		v[3] ^= w;
		sip_round(v);
		v[0] ^= w;
	}
	w = 0;
	if (left)
		memcpy(&w, s, left);
	w = le64toh(w) ^ (uint64_t)n << 56;
	v[3] ^= w;
	sip_round(v);
	v[0] ^= w;
	v[2] ^= 0xff;
	sip_round(v);
	sip_round(v);
	sip_round(v);
	return (uint32_t)(v[0] ^ v[1] ^ v[2] ^ v[3]);
}

static struct df_slot *
find(struct df_slot *slot, size_t cap, const char *key, size_t len, uint32_t h)
{
	size_t i;

	for (i = h & (cap - 1); slot[i].key;
	    i = (i + 1) & (cap - 1))
		if (slot[i].hash == h && slot[i].len == len &&
		    memcmp(slot[i].key, key, len) == 0)
			break;
	return &slot[i];
}

size_t
df_map_get(const struct df_map *m, const char *key, size_t len)
{
	struct df_slot *s;

	if (m->cap == 0)
		return DF_MAP_NONE;
	s = find(m->slot, m->cap, key, len, hash(key, len));
	return s->key ? s->value : DF_MAP_NONE;
}

static void
rehash(struct df_map *m)
{
	size_t i, cap = m->cap ? m->cap * 2 : 16;
	struct df_slot *t, *slot = df_calloc(cap, sizeof(*slot));

	for (i = 0; i < m->cap; i++) {
		if (m->slot[i].key == NULL)
			continue;
		t = find(slot, cap, m->slot[i].key, m->slot[i].len,
		    m->slot[i].hash);
		*t = m->slot[i];
	}
	free(m->slot);
	m->slot = slot;
	m->cap = cap;
}

size_t
df_map_set(struct df_map *m, const char *key, size_t len, size_t v)
{
	uint32_t h = hash(key, len);
	struct df_slot *s;
	size_t old;

	if (len > UINT32_MAX)
		out_of_memory();
	if (m->n * 4 >= m->cap * 3)
		rehash(m);
	s = find(m->slot, m->cap, key, len, h);
	old = s->key ? s->value : DF_MAP_NONE;
	if (s->key == NULL) {
		s->key = key;
		s->len = (uint32_t)len;
		s->hash = h;
		m->n++;
	}
	s->value = v;
	return old;
}

void
df_map_release(struct df_map *m)
{
	free(m->slot);
	memset(m, 0, sizeof(*m));
}
