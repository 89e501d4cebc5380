/*
 * read-yaml.h - inside the YAML reader: the tree, and who builds it.
 *
 * Two ways lead to the same tree.  read-yaml.c has libyaml read a block; when
 * it refuses, read-yamltext.c reads the block by its indentation and gives
 * values that libyaml can read (quoted, in brackets, block scalars) to it one
 * by one.  Both build with the functions below, so that bounds and double keys
 * are one thing.  Each byte is read at most three times.
 */
#ifndef DF_SPEC_READ_YAML_H
#define DF_SPEC_READ_YAML_H

#include "spec/read-internal.h"

#define RD_YDEPTH 16		/* nested lists and mappings */

struct rd_ylevel {
	struct rd_ynode *node, **tail;
	struct rd_ynode *last;	/* the node added last */
	struct rd_ynode *longer;	/* the last to get lines behind it */
	struct df_str key;	/* of the next node of a mapping */
	int keyed;		/* there is one */
	size_t number;		/* of the mapping in its block */
};

struct rd_ybuild {
	struct rd *r;
	uint32_t a, b;		/* lines of the block */
	struct rd_ynode *top;
	struct rd_ylevel level[RD_YDEPTH];
	unsigned depth;
	size_t maps;
	struct df_map keys;	/* number of a mapping and key: seen */
	struct df_span twice;	/* the first key that stands twice */
	struct df_span more;	/* where a second document begins */
	struct df_span tag;	/* the first tag */
	/* why libyaml refused */
	struct df_span at;
	const char *context, *problem;
	/* where libyaml's last mark was: line, characters, byte */
	uint32_t line;
	size_t col, off;
};

/* The bytes [from, to) of the document; line i holds the first. */
struct df_span rd_yspan(struct rd *r, uint32_t i, size_t from, size_t to);
/* What stands there on one line; a blank line is an LF.  strip: without
   comments. */
struct df_str rd_yfold(struct rd *r, struct df_span at, int strip);

/* Add a node where the next one belongs; at may be completed later. */
struct rd_ynode *rd_yadd(struct rd_ybuild *y, enum rd_ykind kind,
	struct df_span at);
/* The same for a list or mapping, which what follows goes into: 0 when that
   would be too deep. */
int rd_yopen(struct rd_ybuild *y, enum rd_ykind kind, struct df_span at);
void rd_yclose(struct rd_ybuild *y, size_t end);
/* The key of the next node of the open mapping. */
void rd_ykey(struct rd_ybuild *y, struct df_str key, struct df_span at);
/* A scalar; one that is plain may mean that there is nothing. */
void rd_yscalar(struct rd_ybuild *y, struct df_str t, int plain,
	struct df_span at);
/*
 * Have libyaml read at as one document and add it.  piece: it is a value, and
 * all of it stands at at.  -1: refused, and nothing was added.
 */
int rd_ylib(struct rd_ybuild *y, struct df_span at, int piece);

/* Read the block by its indentation (read-yamltext.c). */
void rd_ytext(struct rd_ybuild *y);

#endif
