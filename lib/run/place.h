/*
 * place.h - a directory that appears whole or not at all.
 *
 *	df_place_open(&p, "runs", &e);
 *	... make what is in it, below p.dir ...
 *	df_place_publish(&p, "r-0123456789abcdef-1", &e);
 *	df_place_close(&p);
 *
 * It is made under a temporary name beside its final one and renamed when it
 * is complete and on disk.  df_place_close() removes what was not published;
 * what a killed process left is removed by the next df_place_open() there.
 */
#ifndef DF_RUN_PLACE_H
#define DF_RUN_PLACE_H

#include "base/err.h"

struct df_place {
	int parent;	/* the directory it will be in, or -1 */
	int dir;	/* the new directory, or -1 */
	char tmp[48];	/* its name; "" once published */
	char *made;	/* parent's path, made for it beyond there bytes */
	size_t there;
};

/* parent is made when it is not there; and removed again, as far as it was
   made, by df_place_close() when nothing was published. */
int df_place_make(struct df_place *p, const char *parent, struct df_err *e)
	DF_CHECK;
/* parent must exist. */
int df_place_open(struct df_place *p, const char *parent, struct df_err *e)
	DF_CHECK;
/* DF_CONFLICT when the name is taken: p is as it was then. */
int df_place_publish(struct df_place *p, const char *name, struct df_err *e)
	DF_CHECK;
void df_place_close(struct df_place *p);

#endif
