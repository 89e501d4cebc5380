/*
 * pattern-internal.h - what the parser (pattern.c) and the automaton
 * (pattern-run.c) share: a pattern as a tree.
 */
#ifndef DF_BASE_PATTERN_INTERNAL_H
#define DF_BASE_PATTERN_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/mem.h"
#include "base/pattern.h"

#define RE_LIMIT 4096		/* bytes of a pattern, instructions of one */
#define RE_MANY UINT32_MAX
#define UNICODE_MAX 0x10ffff

struct range {
	uint32_t lo, hi;
};

struct set {
	struct range *r;	/* ascending, disjoint */
	size_t n;
	unsigned no;
};

enum re_op { RE_SET, RE_BOL, RE_EOL, RE_CAT, RE_ALT, RE_REP };

struct re {
	enum re_op op;
	struct set *set;
	struct re *kid, *next;	/* parts of CAT, ALT and REP; siblings */
	uint32_t min, max;
	size_t size;		/* instructions */
};

struct df_patterns {
	pthread_mutex_t lock;	/* for all that is below, but what is atomic */
	struct df_arena a;
	struct df_map known;	/* text -> struct df_pattern * */
};

/* So many characters of one set, all of them ASCII. */
struct run {
	uint8_t in[256];
	size_t n;
	struct run *next;
};

struct df_pattern {
	struct df_patterns *all;
	struct re *re;
	size_t nset;
	struct run *run;	/* when all of it is runs, as of a digest */
	size_t length;		/* of all runs */
	_Atomic(struct dfa *) dfa;	/* made at the first match */
};

/* Fill in run and length of a new pattern, if it is of that kind. */
void df_pattern_runs(struct df_pattern *p);

#endif
