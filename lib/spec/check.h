/*
 * check.h - every check of a specification, in one pass.
 *
 *	struct df_check c;
 *
 *	df_check_run(&c, &spec);
 *	for (i = 0; i < c.n; i++)
 *		... c.diag[i] ...
 *	if (!c.pass)
 *		...
 *	df_check_release(&c);
 *
 * A finding (struct df_diag) belongs to a rule, a rule to a check.  A check
 * fails when one of its findings is an error; the specification passes when no
 * check fails.  Rules have stable names ("d8.cycle"): what a script greps for,
 * `df-validate --explain RULE` tells more, df-validate(1) lists them.
 *
 * The first six checks are those of the ValidationResult (E-002), in its
 * order and with its words; further ones follow.
 *
 * Without D9.  When D9 was withheld (df_spec.withheld), checks and rules that
 * need it are left out, and the result says so.  Before D9 is sealed it is
 * checked with the rest: what may then be recorded of it are rule names,
 * counts and priorities.  diag.d9 marks each finding that quotes D9 or was made
 * of it, and df_check_result() with DF_RESULT_PUBLIC writes only those.
 */
#ifndef DF_SPEC_CHECK_H
#define DF_SPEC_CHECK_H

#include "base/hash.h"
#include "base/json.h"
#include "run/waiver.h"
#include "spec/spec.h"

#define DF_HOLDOUTS_MIN 3	/* scenarios that D9 has to have */
#define DF_DIAGS_MAX 10000	/* findings kept; beyond them only counted */

enum df_severity { DF_NOTE = 0, DF_WARNING, DF_ERROR };
extern const char *const df_severity_name[3];

enum df_check_id {
	DF_CHECK_DOCUMENTS = 0,		/* all_documents_present */
	DF_CHECK_OPEN,			/* d6_no_open_items */
	DF_CHECK_SCENARIOS,		/* d2_scenarios_covered */
	DF_CHECK_CONTRACTS,		/* d4_contracts_covered */
	DF_CHECK_HOLDOUTS,		/* d9_minimum_holdouts */
	DF_CHECK_CYCLES,		/* d8_no_dependency_cycles */
	DF_CHECK_READABLE,		/* documents_readable */
	DF_CHECK_FILLED,		/* no_placeholders */
	DF_CHECK_IDS,			/* ids_unique */
	DF_CHECK_REFS,			/* references_resolve */
	DF_CHECK_CONSTITUTION,		/* d1_constitution_complete */
	DF_CHECK_RESEARCH,		/* d5_blocking_decided */
	DF_CHECK_TASKS,			/* d8_tasks_complete */
	DF_CHECK_JUDGE,			/* d9_holdouts_judgeable */
	DF_CHECK_COVERAGE,		/* d9_scenarios_covered */
	DF_CHECK_LEAK,			/* d9_not_in_public */
	DF_CHECK_AGREE,			/* documents_agree */
	DF_CHECKS
};

const char *df_check_name(enum df_check_id id);	/* "d5_blocking_decided" */

struct df_rule_def {
	const char *id;			/* "d8.cycle" */
	enum df_severity severity;
	uint8_t check;			/* enum df_check_id */
	uint8_t d9;			/* needs D9 */
	const char *about;		/* one line */
	const char *explain;		/* why, and what to do: a paragraph */
};
extern const struct df_rule_def df_rules[];	/* sorted by id; NULL ends */
extern const size_t df_nrules;
const struct df_rule_def *df_rule_find(const char *id);
/*
 * May a person waive it?  What cannot be read, is ambiguous or cannot be
 * judged may not be waived, nor an item of D6 that is OPEN: that is what
 * ASSUMED is for.
 */
int df_rule_waivable(const struct df_rule_def *r);

struct df_diag {
	const struct df_rule_def *rule;
	enum df_severity severity;	/* the rule's */
	const char *path;		/* of the document or the directory */
	uint8_t doc;			/* 1 to 10; 0: the whole set */
	uint8_t d9;			/* of or from D9: see above */
	uint32_t line, col;		/* from 1; 0: none */
	const char *text;		/* that line of the document, or NULL */
	size_t ntext;			/* its bytes, without the line's end */
	const char *item;		/* id of the item it lies in, or "" */
	const char *msg;		/* one line; foreign text is raw here */
	const char *hint;		/* or "" */
	const char *waived;		/* why a person waived it, or NULL */
	struct df_digest waiver;	/* then: of the waiver */
};

struct df_check_row {
	const char *name;		/* "d2_scenarios_covered" */
	uint8_t ran;			/* 0: needs D9, which was withheld */
	uint8_t pass;
	uint8_t d9;
	const char *msg;		/* "10/10 scenarios covered by D8" */
	const char **detail;		/* one per error */
	size_t details;
	size_t errors, warnings;
};

struct df_check {
	struct df_diag *diag;		/* by document, then line */
	size_t n;
	size_t cut;			/* findings beyond DF_DIAGS_MAX */
	size_t count[3];		/* by severity, cut ones included,
					   waived ones not */
	size_t waived;
	struct df_check_row row[DF_CHECKS];
	int pass;
	int blocked;			/* a document is missing */
	struct {
		size_t documents, scenarios, contracts, tasks, holdouts;
		size_t p0, p1;		/* holdouts of these priorities */
		size_t assumed;		/* D6 items that are ASSUMED */
	} sum;

	/* inside */
	struct df_arena arena;
	size_t cap;
	unsigned hints;				/* searched for */
	struct df_digest whole[DF_DOCS], part;	/* texts hashed before */
	unsigned hashed;			/* which of whole, as bits */
	const char *item;			/* whose is part, or NULL */
};

/* Check; sp must live as long as c.  Cannot fail. */
void df_check_run(struct df_check *c, const struct df_spec *sp);
void df_check_release(struct df_check *c);

/* The file name of a finding's document; "" when it is of the whole set. */
const char *df_diag_document(const struct df_diag *d);

/*
 * Waivers.  A finding is named by a digest over package, rule, document, item,
 * message and the text that it stands in: that of its item, of its document
 * when it stands in none, none when it is of the whole set.  So it stays the
 * same when lines move, and is another one when what was found differs, or
 * what it was found in.
 */
void df_finding_text(struct df_check *c, const struct df_spec *sp,
	const struct df_diag *d, struct df_digest *out);
void df_finding_digest(struct df_check *c, const struct df_spec *sp,
	const struct df_diag *d, struct df_digest *out);
/*
 * May this finding be waived?  Its rule must allow it, it is not of D9, and
 * what concerns a scenario of priority P0 never is.  NULL when it may, else
 * the reason why not.
 */
const char *df_diag_unwaivable(const struct df_spec *sp,
	const struct df_diag *d);

/*
 * Apply waivers to what df_check_run() found; those that meet a finding are
 * marked used.  A finding that may not be waived is not.  The waivers must
 * live as long as the check.
 */
void df_check_waive(struct df_check *c, const struct df_spec *sp,
	struct df_waivers *w);

enum {
	DF_RESULT_PUBLIC = 1	/* as a run has it: of D9 only rule names and
				   counts, and spec_dir is spec.tree */
};
/*
 * The ValidationResult (E-002, schemas/validation.json).  It holds no time
 * and no path but spec_dir and the documents' names, so that equal
 * specifications give equal bytes.
 */
jv df_check_result(const struct df_check *c, const struct df_spec *sp,
	unsigned flags);

#endif
