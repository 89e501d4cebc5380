/*
 * names.h - what an event names, and who may give which name.
 *
 * data.artifacts of an event is a list of {name, digest, size, media_type},
 * data.inputs one of {name, digest}; a list that would make the line too long
 * is a blob instead, and {digest, size} stands in its place.  A name belongs
 * to one event type and stage (table in df-run(5)); any other binding is
 * refused, when it is appended and when it is read.
 *
 * In the run directory a name is a relative symlink to its blob, made after
 * the event and rebuilt from the log at any time.
 */
#ifndef DF_RUN_NAMES_H
#define DF_RUN_NAMES_H

#include "base/json.h"
#include "evidence/store.h"

#define DF_NAME_MAX 200		/* bytes of a name */
#define DF_LIST_INLINE ((size_t)24 << 10)	/* bytes of a list in a line */

struct df_artifact {
	char name[DF_NAME_MAX + 1];
	char media[64];
	struct df_digest digest;
	uint64_t size;
};
struct df_input {
	char name[DF_NAME_MAX + 1];
	struct df_digest digest;
};

/*
 * May an event of that type give the name?  stage is data.stage ("" for
 * others), n the attempt, evaluation, decision or seal number that it has.
 */
int df_name_may(const char *name, const char *type, const char *stage,
	int64_t n, struct df_err *e) DF_CHECK;

/*
 * Call fn for each artifact of a data object (token of j), loading a list
 * that is a blob (re-hashed).  fn returns 0 to go on.
 */
int df_artifacts_each(const struct df_json *j, uint32_t data,
	struct df_store *s, int (*fn)(void *arg, const struct df_artifact *a,
	    struct df_err *e), void *arg, struct df_err *e) DF_CHECK;
int df_inputs_each(const struct df_json *j, uint32_t data,
	struct df_store *s, int (*fn)(void *arg, const struct df_input *i,
	    struct df_err *e), void *arg, struct df_err *e) DF_CHECK;
/*
 * The blob that stands for data.artifacts or data.inputs (member name), if
 * one does: 1 and its digest, 0 when the list is in the line or absent.
 */
int df_list_blob(const struct df_json *j, uint32_t data, const char *member,
	struct df_digest *d);

/*
 * Put a list into data (eaten, returned), staging it as a blob when it is
 * long.  Lists are written in the order given.  On failure jv_invalid().
 */
jv df_artifacts_put(jv data, const struct df_artifact *a, size_t n,
	struct df_store *s, struct df_err *e);
jv df_inputs_put(jv data, const struct df_input *a, size_t n,
	struct df_store *s, struct df_err *e);

/* Is the link of the name there, and right?  It is path below dir. */
int df_names_linked(int dir, const char *path, const char *name,
	const struct df_digest *d);
/* Make the links of n artifacts below directory run. */
int df_names_link(int run, const struct df_artifact *a, size_t n,
	struct df_err *e) DF_CHECK;
/* Append the link's target for a name: "../../blobs/sha256/<hex>". */
void df_name_target(struct df_buf *b, const char *name,
	const struct df_digest *d);

#endif
