/*
 * suite.h - a holdout suite as items: what is sealed, and what a judge runs.
 *
 * A suite comes from D9 (executable scenarios: Setup, Execute, Verify,
 * Cleanup), from a directory of programs named by scenario id ("HS-003",
 * "HS-003.py", "HS-003.t"), or from a directory of TAP programs with a manifest
 * (suite.json, schemas/suite.json).  df_suite_make() turns it into the items
 * of seal.h: item 0 is the frame, items from 1 the scenarios in the order in
 * which they are judged, P0 first, otherwise as written.
 *
 * An item is one canonical JSON object, so that it can be committed to,
 * sealed, opened and read with stock programs:
 *
 *	item 0	{"env":[..],"frame":TEXT,"kind":..,"n":0,"p1_need":..,..}
 *	item n	{"class":..,"contracts":[..],"id":..,"independent":..,"n":n,
 *		 "priority":0,"responsible":..,"setup":..,"execute":..,
 *		 "verify":..,"cleanup":..,"text":..,"title":..,..}
 *
 * class says how a scenario is judged: "script" (blocks in the judge's bash),
 * "exec" (a program's exit status, and its TAP when it speaks some), "tap" (a
 * program's TAP and exit status; "plan" is that of the manifest, without one
 * the program's own counts), "none" (nothing executable: always ERROR).
 *
 * An item that is judged more than once has "runs" and "need": so many runs
 * are made, and so many of them have to pass.  For a scenario of D9 they are
 * what it says itself (runs_required, pass_threshold), then what the run
 * protocol says of a scenario ("2 of 3 runs"), then 1 and 1; a scenario that
 * says how many runs and no threshold needs the protocol's when that is of as
 * many runs, else all of them.
 */
#ifndef DF_SPEC_SUITE_H
#define DF_SPEC_SUITE_H

#include "evidence/seal.h"
#include "spec/leak.h"
#include "spec/spec.h"

#define DF_PROGRAM_MAX ((size_t)1 << 20)	/* bytes of one test program */
#define DF_RUNS_MAX 100		/* runs of one scenario */

struct df_suite_count {
	size_t scenarios, p0, executable;
	const char *kind;	/* "d9", "tap", "mixed" */
	char lacking[200];	/* those that are not executable: "HS-003,
				   HS-004 and 7 more", or "" */
};

/*
 * Make the items of sp's D9 and of directory tests (NULL: none) and add them
 * to *s.  DF_INPUT: a manifest or program that does not serve, no scenario,
 * two of one id ("suite.twice"), or runs that are not 1 to DF_RUNS_MAX, of
 * which 1 to all are needed ("suite.runs").
 */
int df_suite_make(const struct df_spec *sp, const char *tests,
	struct df_sealed *s, struct df_suite_count *count, struct df_err *e)
	DF_CHECK;
/* Does directory tests have a manifest (and so replace D9)? */
int df_suite_manifest(const char *tests);

enum df_class { DF_CLASS_NONE, DF_CLASS_SCRIPT, DF_CLASS_EXEC, DF_CLASS_TAP };
const char *df_class_name(enum df_class c);

/* An item, read back.  Strings live as long as j. */
struct df_suite_item {
	jv j;
	const char *id, *title, *text;
	const char *setup, *execute, *verify, *cleanup;	/* "" when absent */
	const char *expected, *responsible;	/* or NULL */
	int priority;
	enum df_class class;
	int independent;
	int64_t plan;			/* DF_CLASS_TAP; 0: its own */
	int64_t runs, need;		/* 1 and 1 when it says nothing */
	struct df_buf program;		/* DF_CLASS_EXEC, DF_CLASS_TAP */
};
int df_suite_item(struct df_suite_item *it, const struct df_buf *json,
	struct df_err *e) DF_CHECK;
void df_suite_item_release(struct df_suite_item *it);

struct df_suite_frame {
	jv j;
	int64_t p1_need;	/* of all P1 and lower: -1 all */
	int64_t percent;	/* over all: -1 none */
};
int df_suite_frame(struct df_suite_frame *f, const struct df_buf *json,
	struct df_err *e) DF_CHECK;

/* Needles of all items. */
int df_suite_needles(const struct df_sealed *s, struct df_leak *l,
	struct df_err *e) DF_CHECK;

#endif
