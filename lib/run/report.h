/*
 * report.h - a FactoryReport (E-007) as people and CI systems read it.
 *
 * Pure functions of report.json.  Foreign text (an agent's last word, paths)
 * is escaped and cut; in Markdown it never begins a line, in XML it is
 * character data.
 */
#ifndef DF_RUN_REPORT_H
#define DF_RUN_REPORT_H

#include "base/json.h"

/* Neither eats the report. */
void df_report_markdown(jv report, struct df_buf *b);
/* JUnit XML: a suite of the holdouts and one of the tasks. */
void df_report_junit(jv report, struct df_buf *b);

#endif
