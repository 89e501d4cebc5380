/*
 * diag.h - findings as they are shown.
 *
 * For people, as compilers do it: "path:line:col: error: text [rule]", then,
 * on a terminal, the line of the document with a caret, then a hint.  All of
 * it but path, line and rule may be foreign text and is escaped.
 */
#ifndef DF_SPEC_DIAG_H
#define DF_SPEC_DIAG_H

#include "spec/check.h"

/* Append a finding; with colour: escape sequences, line and caret. */
void df_diag_text(struct df_buf *b, const struct df_diag *d, int colour);

#endif
