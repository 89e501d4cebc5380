/*
 * report.h - the FactoryReport (E-007): made of a run, and as people and CI
 * systems read it.
 *
 *	v = df_report_make(&run, &in, &e);
 *	df_report_markdown(v, &md);
 *	df_report_junit(v, &xml);
 *
 * The last two are pure functions of report.json.  Foreign text (an agent's
 * last word, paths) is escaped and cut; in Markdown it never begins a line, in
 * XML it is character data.
 */
#ifndef DF_RUN_REPORT_H
#define DF_RUN_REPORT_H

#include "base/json.h"
#include "run/run.h"

/* What the report says beside the run itself.  Nothing is eaten. */
struct df_report_in {
	jv facts;		/* schemas/facts.json */
	jv holdout;		/* the last evaluation's record, or null */
	jv matrix;		/* what is known of each requirement */
	const char *uncovered;	/* the first P0 or P1 scenario that no
				   COMPLETED task covers, or NULL */
};
/* schemas/report.json: the verdict, every attempt, every scenario;
   jv_invalid() with *e. */
jv df_report_make(struct df_run *r, const struct df_report_in *in,
	struct df_err *e);

/* Neither eats the report. */
void df_report_markdown(jv report, struct df_buf *b);
/* JUnit XML: a suite of the holdouts and one of the tasks. */
void df_report_junit(jv report, struct df_buf *b);

#endif
