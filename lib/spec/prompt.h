/*
 * prompt.h - what an agent is told to do, and what a reviewer expects.
 *
 * df_prompt_make() fills the prompt contract for one task.  Like
 * df_handoff_make() it is a pure function and deterministic.
 *
 * json is the AgentPrompt record (E-004, schemas/prompt.json) without
 * expected_answers; answers in it is a commitment (evidence/opening.h) to
 * the AnswerKey (schemas/answers.json): 13 expected answers, each with its
 * places in the documents.  The bytes in answers are that record with its key;
 * the caller encrypts them for the reviewer, so no agent sees them.  All three
 * texts are canonical or plain bytes ending in LF.
 *
 * md is the prompt.  It names the handoff's place and never inlines it.
 * Exactly the 13 questions begin a line with a number and a full stop; the
 * seven rules are numbered one space further in.  No id of another task
 * stands in it.
 *
 * Questions.  1-3 scope: the purpose, what the component is not, where this
 * task ends.  4-6 technical: contracts, entities that the handoff shows
 * whole, errors, interfaces, then steps and articles.  7-8
 * packaging: files and what they need.  9 number of tests.  10 integration:
 * side effects, else dependencies.  11-13 the adversarial set of the
 * contract, with this task's names.  Each is made of a fact of the documents
 * that concerns this task; where one kind of fact is missing the next kind in
 * a fixed order takes its place, down to the criteria, which every task has.
 *
 * Expected answers quote the documents, and say which.
 */
#ifndef DF_SPEC_PROMPT_H
#define DF_SPEC_PROMPT_H

#include "base/hash.h"
#include "spec/handoff.h"

#define DF_QUESTIONS 13
#define DF_PROMPT_RULES 7

/*
 * Why a task is done again: an id of the specification and a class of
 * failure ([a-z0-9-], at most 32 bytes).  Nothing else of an evaluation may
 * reach a builder.
 */
struct df_feedback {
	const char *id;		/* "SC-003": in D2 to D4, or the task itself */
	const char *failure;	/* "wrong-output" */
};

struct df_prompt_in {
	struct df_xref *xref;	/* as in df_handoff_in */
	jv contract;		/* share/contracts/prompt.json; borrowed */
	const struct df_template *tmpl;	/* share/templates/prompt.md */
	const char *adversarial;	/* "genesis", "infrastructure" */
	unsigned phases;	/* 1: answer, then build; 2: answer and stop */
	uint8_t answers_key[32];	/* of the commitment to the answers */
	const char *committed;	/* NULL, or the commitment as it was made by
				   one who had the key: answers has no key
				   then */
	const struct df_json *handoff;	/* the record, scanned */
	struct df_digest handoff_digest;	/* of its bytes */
	const struct df_feedback *feedback;
	size_t nfeedback;
	/* Further files that the agent should read, with what they are:
	   pairs of strings. */
	const char *const *path;
	size_t npaths;
};

/*
 * Appends to json, md and answers.  Fails with DF_INPUT: "prompt.task" when
 * the handoff is not this task's, "prompt.adversarial" when the contract has
 * no such set, "prompt.phases", "prompt.feedback", "contract.member",
 * "template.*".
 */
int df_prompt_make(const struct df_spec *sp, const struct df_task *task,
	const struct df_prompt_in *in, struct df_buf *json,
	struct df_buf *md, struct df_buf *answers, struct df_err *e) DF_CHECK;

#endif
