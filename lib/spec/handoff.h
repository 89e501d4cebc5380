/*
 * handoff.h - the builder's specification of one task.
 *
 *	struct df_handoff_in in = { 0 };
 *
 *	in.xref = df_xref_new(&spec);		// scope.h
 *	in.contract = ...;			// share/contracts/handoff.json
 *	in.tmpl = df_template_compile(...);	// share/templates/handoff.md
 *	in.ordinal = place of the task in D8, from 1;
 *	if (df_handoff_make(&spec, task, &in, &json, &md, &e) == -1)
 *		df_die(&e);
 *
 * A pure function: no file, no clock, no environment, no locale.  Equal
 * documents, contract and template give equal bytes.
 *
 * json is the Handoff record (E-003, schemas/handoff.json) in canonical form.
 * md is what the agent reads: the ten sections of the handoff standard, only
 * what concerns this task (scope.h says how that is decided), made from the
 * documents and from the contract, which is cited wherever it speaks.  A
 * section that has nothing says so.
 *
 * md holds no line number, no path of a machine, no time, no version of a
 * document and no run: an edit elsewhere in the documents does not change it.
 * The record has the place of each item: sources.NAME is as long as the list
 * NAME and holds {doc, line}; cited has the places of what else stands in md.
 * So every line of md is template, contract, or text of a document at or below
 * a line that the record names.  Why something is here, the record says.
 *
 * Text of the documents is Markdown by the specification's author, and goes in
 * as that.  It enters through the template engine, which keeps it where it is
 * put (template.h): a paragraph stays on its line behind a mark of ours, longer
 * text is quoted with "> " line by line, code is fenced with a fence longer
 * than any in it, a "|" in a cell is escaped, control and bidirectional
 * characters are shown as what they are.  So outside such a fence every line
 * that begins with "#", a fence, a table or a number is ours.
 *
 * D9.  The functions are given a specification without D9.  They do not look
 * at it if it is there.
 *
 * Limits.  max holds how many items a list may have, and how many bytes of
 * the documents.  Which ones is decided by df_picks_fit() of scope.h; a note in
 * the section, and omitted in the record, say how many more there are and
 * where.  The task's prose, scenarios, contracts and criteria, and what it
 * says of itself, have no limit but the output's (DF_TEMPLATE_OUT).
 */
#ifndef DF_SPEC_HANDOFF_H
#define DF_SPEC_HANDOFF_H

#include "spec/scope.h"
#include "spec/template.h"

struct df_handoff_max {
	unsigned own;		/* beyond so many bytes of scenarios,
				   contracts, entities and criteria of its own
				   half the bytes of what is general */
	unsigned purpose;	/* bytes, in whole sentences */
	struct df_limit is_not;
	struct df_limit articles;	/* with their rules */
	struct df_limit titles;		/* of articles, without */
	struct df_limit never, ask_first, always;
	struct df_limit tools;
	struct df_limit context;	/* fields of the technical context */
	struct df_limit components;	/* of the task */
	struct df_limit related;	/* used by it: what they expose */
	struct df_limit diagrams;	/* lines near a name of the task's */
	struct df_limit entities;	/* whole: the task's text names them */
	struct df_limit schemas;	/* with those: its contracts do */
	struct df_limit others;		/* entities, a line each */
	struct df_limit decisions;	/* of D5, of D6, deferred; each */
	struct df_limit testing;	/* lines of D7's testing strategy */
	struct df_limit doubles;
	struct df_limit existing;	/* rows of D10 */
	struct df_limit given;		/* files of dependencies */
	struct df_limit conventions;
	struct df_limit commands;
	struct df_limit files;
	struct df_limit principles;	/* whys of articles, patterns */
};
extern const struct df_handoff_max df_handoff_max;	/* the usual ones */

struct df_handoff_in {
	struct df_xref *xref;	/* of the same specification, used as scratch;
				   NULL: made for this call only */
	jv contract;		/* borrowed; checked against schemas/contract
				   by who parsed it */
	const struct df_template *tmpl;
	unsigned ordinal;	/* H-FACTORY-%03u */
	const struct df_handoff_max *max;	/* NULL: the usual ones */
};

/*
 * Appends to json and md.  Fails with DF_INPUT when contract or template do
 * not serve (contract.member, template.*) or an output is too large.
 */
int df_handoff_make(const struct df_spec *sp, const struct df_task *task,
	const struct df_handoff_in *in, struct df_buf *json,
	struct df_buf *md, struct df_err *e) DF_CHECK;

/*
 * What a prompt says of a task in one line (a handoff does so when the task
 * has no title) and, to who checks its answers, in a paragraph: made from
 * title, description and phase, whole sentences only, without any sentence
 * that names another task.
 */
void df_task_oneline(const struct df_task *t, struct df_buf *b);
void df_task_mission(const struct df_spec *sp, const struct df_task *t,
	struct df_buf *b);

#endif
