/*
 * results.h - the status of a builder's results file.
 *
 * Builders write what they did to RESULTS.md.  Of that file one thing counts
 * for the run: the first line outside fences and comments whose key is
 * "Status", as a heading, in bold, as a list item or plain ("## Status: PASS",
 * "**Status**: PASS 28/28", "- Status: PASS", "Status: PASS").  With nothing
 * behind the key the value is the next line that is not blank ("## Status",
 * "PASS").
 *
 *	PASS, COMPLETE, COMPLETED, ALL ... PASS	-> PASS
 *	FAIL, FAILED				-> FAIL
 *	PARTIAL					-> PARTIAL: shown as such, and a
 *						   failure for all that depends
 *	anything else, or no such line		-> UNREADABLE: a failure
 *
 * An agent's file is hostile: any bytes are accepted, and what does not read
 * as above is UNREADABLE, never PASS.
 */
#ifndef DF_SPEC_RESULTS_H
#define DF_SPEC_RESULTS_H

#include "base/df.h"

#define DF_RESULTS_MAX ((size_t)4 << 20)	/* bytes; more: UNREADABLE */

enum df_outcome {
	DF_OUTCOME_UNREADABLE = 0,
	DF_OUTCOME_PASS,
	DF_OUTCOME_FAIL,
	DF_OUTCOME_PARTIAL
};

struct df_results {
	enum df_outcome outcome;
	uint32_t line;		/* of the value; 0 when there is none */
	char text[160];		/* the value as written, cut: foreign text */
	const char *why;	/* UNREADABLE: one line for people; else "" */
};

void df_results_read(struct df_results *r, const char *s, size_t n);
const char *df_outcome_name(enum df_outcome o);	/* "PASS", "UNREADABLE" */

/*
 * Sections of the handoff standard that a results file has, as a checklist
 * score: never a gate.  Sets bit i of *have for df_results_section[i].
 */
extern const char *const df_results_section[];	/* NULL ends */
unsigned df_results_score(const char *s, size_t n, unsigned *have);

#endif
