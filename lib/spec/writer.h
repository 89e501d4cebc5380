/*
 * writer.h - the handoffs and prompts of a run, made of the run alone: its
 * specification, contract texts, templates and settings.
 *
 *	struct df_source s;
 *
 *	df_source_load(&s, &run, "handoff", &e);
 *	w = df_writer_new(&s, &e);		one in each thread
 *	df_writer_handoff(w, task, &e);		w->json, w->md
 *	df_writer_free(w);
 *	df_source_release(&s);
 *
 * Whoever makes them first and whoever makes them again calls the same: equal
 * runs give equal bytes.  Writers share the source and the run, which nobody
 * changes meanwhile.
 */
#ifndef DF_SPEC_WRITER_H
#define DF_SPEC_WRITER_H

#include "base/list.h"
#include "run/run.h"
#include "spec/prompt.h"
#include "spec/public.h"

/* What all texts of a kind are made of. */
struct df_source {
	struct df_run *run;		/* borrowed */
	const char *kind;		/* "handoff", "prompt": the stage */
	struct df_public public;
	struct df_buf contract, tmpl;
	struct df_list inputs;		/* names that were read, in order */
	/* of prompts */
	struct df_buf verdict;		/* of the superseded run, or empty */
	const char *adversarial;
	unsigned phases;
	/* Of the keys of commitments to answers (evidence/opening.h); whoever
	   does not have it takes the commitment from the prompt that is
	   there. */
	uint8_t secret[32];
	int have_secret;
};

/* After a failure it is released. */
int df_source_load(struct df_source *s, struct df_run *r, const char *kind,
	struct df_err *e) DF_CHECK;
void df_source_release(struct df_source *s);

struct df_writer {
	struct df_buf json, md;		/* of the last task, made anew */
	struct df_buf answers;		/* of a prompt: not for agents; is
					   wiped in the end */
	/* inside */
	const struct df_source *source;
	struct df_xref *xref;
	jv contract, verdict;
	struct df_template *tmpl;
	struct df_buf handoff;
	struct df_json record, j;	/* the handoff's, ours */
	struct df_feedback *feedback;
	size_t nfeedback, capfeedback;
	struct df_list owned;		/* its strings */
};
struct df_writer *df_writer_new(const struct df_source *s, struct df_err *e);
void df_writer_free(struct df_writer *w);

/*
 * The texts of a task, by its place in D8 from 0.  Those of a prompt are made
 * from the bytes of its handoff.json.  DF_INTEGRITY when D8 of the run has no
 * such task, DF_INPUT when contract or template do not serve.
 */
int df_writer_handoff(struct df_writer *w, size_t task, struct df_err *e)
	DF_CHECK;
int df_writer_prompt(struct df_writer *w, size_t task,
	const struct df_digest *handoff, struct df_err *e) DF_CHECK;

#endif
