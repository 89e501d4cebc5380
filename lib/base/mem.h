/*
 * mem.h - allocators that end the process when memory is gone (exit 9), an
 * arena for parsed documents, and a map from strings to numbers.
 */
#ifndef DF_BASE_MEM_H
#define DF_BASE_MEM_H

#include "base/df.h"

void *df_malloc(size_t n);
void *df_calloc(size_t n, size_t size);
/* Resize to n * size bytes; an overflow of the product is out of memory. */
void *df_realloc(void *p, size_t n, size_t size);
char *df_strdup(const char *s);
char *df_strndup(const char *s, size_t n);

/* Grow array *p of elements of the given size so that it holds n + 1. */
#define DF_GROW(p, n, cap) \
	((n) < (cap) ? (void)0 : \
	 (void)((p) = df_grow((p), &(cap), sizeof(*(p)))))
void *df_grow(void *p, size_t *cap, size_t size);

/*
 * Arena: many small allocations, freed in one call.  A zeroed struct is an
 * empty arena.
 */
struct df_arena {
	struct df_chunk *head;
	size_t left;
	char *next;
};
void *df_arena_alloc(struct df_arena *a, size_t n);	/* zeroed, aligned */
char *df_arena_str(struct df_arena *a, const char *s, size_t n);
void df_arena_release(struct df_arena *a);

/*
 * Map: keys are byte strings that the caller keeps alive as long as the map;
 * values are size_t.  A zeroed struct is an empty map.  Hashing is keyed
 * with a per-process random value, because keys come from hostile input.
 */
struct df_map {
	struct df_slot *slot;
	size_t n, cap;
};
#define DF_MAP_NONE ((size_t)-1)
/* The value of key, or DF_MAP_NONE. */
size_t df_map_get(const struct df_map *m, const char *key, size_t len);
/* Set key; returns its former value or DF_MAP_NONE. */
size_t df_map_set(struct df_map *m, const char *key, size_t len, size_t v);
void df_map_release(struct df_map *m);

#endif
