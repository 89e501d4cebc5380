/*
 * spec.h - a product specification: the documents D1 to D10 as a model.
 *
 * Calling sequence:
 *
 *	struct df_spec sp;
 *	struct df_err e;
 *
 *	if (df_spec_load_dir(&sp, dir, NULL, 0, &e) == -1)
 *		df_die(&e);		// cannot be read: nothing was decided
 *	... look at sp.d8.task[i], df_spec_find(&sp, "SC-003"), ...
 *	df_spec_release(&sp);
 *
 * or, with the bytes at hand (out of a store, perhaps without D9),
 * df_spec_read().  Reading never judges: a document that is missing, empty
 * or strange gives an empty model and remarks (sp.remark), which check.h
 * turns into diagnostics.  It fails only on what is no document at all: bytes
 * that are not UTF-8, a NUL, a document or a number of items beyond bounds.
 *
 * The format that is read is described in df-spec(5).  Three generations of
 * it may be mixed in one set, even in one document.
 *
 * Ownership.  Everything that the model points to lives in sp.arena or in the
 * documents' bytes, and goes with df_spec_release().  Documents given to
 * df_spec_read() are borrowed and must outlive the struct; those that
 * df_spec_load_dir() read belong to it.  Strings end with a NUL, hold none,
 * and are never NULL: what is absent is "" with line 0.
 *
 * Places.  A document is a number 1 to 10, a line a number from 1, a span a
 * range of bytes of the document as it is stored (a byte order mark is
 * counted, CR LF are two bytes), so that spans can be hashed and cut out.
 */
#ifndef DF_SPEC_SPEC_H
#define DF_SPEC_SPEC_H

#include "base/json.h"
#include "base/mem.h"
#include "spec/md.h"

#define DF_DOCS 11		/* index 1 to 10; 0 is not used */
#define DF_SPEC_DOC_MAX ((size_t)4 << 20)	/* bytes of one document */
#define DF_SPEC_ITEMS_MAX 100000	/* and 20 times as many parts of them */

/* ---- parts ---- */

struct df_span {
	uint8_t doc;
	uint32_t line;		/* of the first byte; 0: there is none */
	uint32_t off, len;	/* bytes */
};

/*
 * A piece of text.  s is what it says: lines of a paragraph are joined with
 * one space, list items and table rows keep their own line (LF), HTML
 * comments are left out, emphasis around the whole of it is removed, inner
 * emphasis and code marks stay.  span has the bytes.
 */
struct df_value {
	const char *s;
	size_t n;
	struct df_span at;
};

struct df_values {
	struct df_value *v;
	size_t n;
};

/* "**Caller Action:** text", "- caller_action: text". */
struct df_field {
	const char *key;	/* as written, without marks: "Caller Action" */
	const char *name;	/* to compare: "caller action" */
	const char *note;	/* in parentheses behind the key, or "" */
	struct df_value value;	/* its first paragraph; when that is empty, what
				   stands below it, tables and code left out */
	struct df_span at;	/* the field with all that belongs to it */
};

struct df_fields {
	struct df_field *v;
	size_t n;
};

/* The first field of that (lower-case) name, or an empty text. */
const struct df_value *df_field_get(const struct df_fields *f,
	const char *name);

struct df_table {
	struct df_value caption;	/* the label line before it, or empty */
	struct df_span at;	/* header row included */
	unsigned cols;
	size_t rows;		/* without the header */
	const struct df_value *head;	/* cols */
	const struct df_value *cell;	/* rows * cols, row by row */
};

struct df_tables {
	struct df_table *v;
	size_t n;
};

/* A fenced code block. */
struct df_code {
	const char *lang;	/* first word of the info string, lower-case */
	const char *s;		/* the lines, the fence's indentation removed */
	size_t n;
	struct df_span at;	/* the lines between the fences */
};

struct df_codes {
	struct df_code *v;
	size_t n;
};

/* A heading and what is under it. */
struct df_section {
	unsigned level;		/* 1 to 6 */
	const char *title;	/* without #, emphasis and closing # */
	struct df_span head;	/* the heading line */
	struct df_span body;	/* up to the next heading of any level */
	struct df_span whole;	/* up to the next heading of this level or
				   above: deeper headings are included */
};

/* ---- identifiers and references ---- */

enum df_family {
	DF_NOFAMILY = 0,
	DF_SC, DF_DEF,				/* D2 */
	DF_E,					/* D3 */
	DF_IN, DF_OUT, DF_SIDE, DF_ERR, DF_TD,	/* D4 */
	DF_RQ,					/* D5 */
	DF_GAP, DF_CLR,				/* D6 */
	DF_T,					/* D8 */
	DF_HS,					/* D9 */
	DF_FAMILIES
};

/* "SC", and the number of the document that defines the family. */
extern const char *const df_family_name[DF_FAMILIES];
extern const uint8_t df_family_doc[DF_FAMILIES];

/* What every item begins with; df_spec_find() returns it. */
struct df_item {
	const char *id;		/* "SC-EC-001", "GAP-1"; never "" */
	const char *title;	/* marks stripped, or "" */
	uint8_t family;
	uint8_t implied;	/* the id stands nowhere: it is the position */
	uint32_t index;		/* place in the family's array */
	struct df_span at;	/* definition line and body */
	struct df_span body;	/* what follows the definition line */
};

/*
 * A reference, in the order of the text, each target once per list.  derived:
 * not written out, but meant by a range (SC-001..SC-009), a shorthand
 * (SC-001,002) or a word for the whole set (All 13 D2 scenarios).
 */
struct df_ref {
	const char *id;
	uint8_t family;
	uint8_t derived;
	const struct df_item *to;	/* NULL: nothing has this id */
	struct df_span at;
};

struct df_refs {
	struct df_ref *v;
	size_t n;
};

/* ---- metadata, every document ---- */

struct df_meta {
	struct df_value title;		/* the whole H1 */
	struct df_value doctype;		/* "Specification" */
	struct df_value component;	/* field Component, or the H1's tail */
	struct df_value package;	/* Package ID, Package, pkg; or "" */
	struct df_value version;	/* Spec Version, Version, v; bare */
	struct df_value status;
	struct df_fields fields;	/* all of them, G1 lines and Meta: */
};

struct df_doc {
	const char *path;	/* as diagnostics show it */
	const char *s;		/* as stored; NULL: not there */
	size_t n;
	struct df_md *md;	/* lines; NULL when s is */
	struct df_meta meta;
	struct df_section *section;
	size_t sections;
};

/* ---- D1 ---- */

struct df_article {
	struct df_item item;	/* id "Article 4" */
	unsigned number;
	struct df_value rule, why, test, violations;
};

struct df_d1 {
	struct df_article *article;
	size_t articles;
	struct df_values always, ask_first, never;
	struct df_values workflow;
	struct df_table tooling;	/* operation, use, not */
};

/* ---- D2 ---- */

struct df_scenario {
	struct df_item item;
	int priority;			/* 0 to 3; -1 not stated */
	struct df_value priority_text;
	struct df_value source;
	struct df_values given, when, then;	/* first, then its ANDs */
	struct df_value testing;
	const char *group;		/* heading above: "Edge Cases" */
	const struct df_task *responsible;	/* df_spec_responsible() */
	struct df_fields fields;
};

struct df_deferred {
	struct df_item item;
	struct df_value what, why, trigger, impact;
	struct df_fields fields;
};

struct df_d2 {
	struct df_value purpose;
	struct df_values is_not;
	struct df_scenario *scenario;
	size_t scenarios;
	struct df_deferred *deferred;
	size_t ndeferred;
	struct df_values criteria;
	struct df_values markers;	/* [NEEDS CLARIFICATION] ... */
};

/* ---- D3 ---- */

struct df_efield {		/* one row of an entity's field table */
	struct df_value name, type, required, description, constraints;
};

struct df_etable {
	struct df_value caption;
	struct df_efield *v;
	size_t n;
};

struct df_entity {
	struct df_item item;
	struct df_value scope;		/* "SHARED", "PRIVATE", or "" */
	struct df_value used_by, source, description;
	struct df_etable *table;	/* the first is the entity's own */
	size_t tables;
	struct df_codes examples;	/* json fences */
	struct df_values invariants;
	struct df_fields fields;
};

struct df_d3 {
	struct df_entity *entity;
	size_t entities;
};

/* ---- D4 ---- */

struct df_contract {
	struct df_item item;		/* family: the kind; title: the name */
	struct df_value scenarios_text;
	struct df_refs scenarios;
	struct df_fields fields;	/* all, in order */
	struct df_tables tables;
	struct df_codes codes;
};

struct df_errcode {
	struct df_value code, meaning, retryable;
};

struct df_double {		/* a declared test double, TD-NNN */
	struct df_item item;
	struct df_fields fields;	/* of the body, or the table's cells
					   under their header words */
};

struct df_d4 {
	struct df_contract *contract;	/* all kinds, in document order */
	size_t contracts;
	struct df_errcode *errcode;
	size_t errcodes;
	struct df_value surface;		/* Testable Surface, whole */
	struct df_double *twin;
	size_t twins;
	int no_doubles;			/* "No test doubles required" */
};

/* ---- D5 ---- */

struct df_research {
	struct df_item item;		/* title: the question */
	struct df_value prompted_by, priority, decision, rationale;
	int blocking;
	struct df_table options;
	struct df_fields fields;
};

struct df_d5 {
	struct df_research *research;
	size_t nresearch;
};

/* ---- D6 ---- */

enum df_status {
	DF_STATUS_NONE = 0,	/* nothing is said */
	DF_STATUS_OPEN,
	DF_STATUS_RESOLVED,	/* CLEAR, COMPLETE, MATCHES too */
	DF_STATUS_ASSUMED,
	DF_STATUS_OTHER		/* something else is said */
};
const char *df_status_name(enum df_status s);	/* "OPEN"; NONE, OTHER:
						   "UNKNOWN" */

struct df_boundary {		/* one row of a boundary table */
	struct df_value name;	/* first cell */
	struct df_value status_text;	/* Status cell */
	enum df_status status;
};

struct df_category {
	unsigned number;	/* 1 to 10; 0 without one */
	const char *name;	/* "Data In" */
	struct df_span at;
	struct df_boundary *row;
	size_t rows;
	struct df_value gaps;	/* "Gaps found: ..." */
};

struct df_gap {			/* GAP- and CLR- alike */
	struct df_item item;
	enum df_status status;
	struct df_value status_text;	/* where the status was found */
	struct df_value category, found_during, question, options;
	struct df_value need, resolution, impact, blocks;
	int shared;		/* 1 yes, 0 no, -1 not said */
	struct df_fields fields;
};

struct df_gapsum {		/* row of the summary; -1: no number */
	struct df_value category;
	int64_t found, shared, resolved, remaining;
};

enum df_gate_mark {
	DF_GATE_NONE = 0, DF_GATE_PASS, DF_GATE_FAIL, DF_GATE_OTHER
};

struct df_d6 {
	struct df_category *category;
	size_t categories;
	struct df_gap *gap;
	size_t gaps;
	struct df_gap *clar;
	size_t clars;
	int64_t unresolved, shared_gaps, private_gaps;	/* said; -1 not */
	struct df_gapsum *sum;
	size_t sums;
	struct df_gapsum total;	/* the TOTAL row; at.line 0 without one */
	enum df_gate_mark gate;
	struct df_value gate_text;
};

/* ---- D7 ---- */

struct df_component {
	const char *name;	/* "SpecParser"; else the file's base name */
	struct df_span at;
	struct df_value file;	/* "ledger/errors.py", or "" */
	struct df_value responsibility, implements, depends, exposes;
	struct df_refs refs;	/* ids in implements */
	struct df_fields fields;
};

struct df_file {		/* a line of the file creation order */
	const char *path;	/* with its directories; "/" ends a directory */
	const char *comment;	/* or "" */
	uint8_t dir;
	struct df_span at;
};

struct df_verdict {		/* a row of the constitution check */
	struct df_value article, principle, compliant, notes;
	unsigned number;	/* of the article; 0: none found */
	int yes;		/* 1 yes, 0 no, -1 neither */
};

struct df_d7 {
	struct df_value summary;
	struct df_span context;		/* Technical Context, whole section */
	struct df_fields context_fields;	/* its lines, cells or parts */
	struct df_verdict *verdict;
	size_t verdicts;
	struct df_span architecture;	/* section without the three below */
	struct df_codes diagrams;	/* its fences */
	struct df_component *component;
	size_t components;
	struct df_file *file;		/* in the order of creation */
	size_t files;
	struct df_span tree;		/* the fenced tree */
	struct df_value testing;	/* Testing Strategy, with children */
	struct df_span testing_at;
};

/* ---- D8 ---- */

struct df_criterion {
	struct df_value text;	/* nested list items on their own lines */
	unsigned number;	/* as written, or counted from 1 */
	struct df_codes codes;
};

struct df_task {
	struct df_item item;
	int phase;			/* -1 not known */
	const char *phase_name;		/* "Foundation", or "" */
	int parallel;			/* 1 Parallel, 0 Serial, -1 not said */
	struct df_value parallel_text;
	char scope;			/* 'S', 'M', 'L', or 0 */
	struct df_value scope_text;
	struct df_value deps_text;
	struct df_refs deps;		/* tasks */
	struct df_value scenarios_text;
	struct df_refs scenarios;	/* SC only */
	struct df_value contracts_text;
	struct df_refs contracts;	/* IN, OUT, SIDE, ERR */
	struct df_refs others;		/* what else these two name: E, RQ.. */
	int foundation;			/* scenarios: foundation, prerequisite,
					   infrastructure: no ids needed */
	struct df_value description;	/* prose before the fields, else the
					   title */
	struct df_criterion *criterion;
	size_t criteria;
	struct df_fields fields;
};

struct df_d8 {
	struct df_task *task;
	size_t tasks;
	int64_t total;		/* said in the metadata; -1 not */
	int64_t total_line;	/* said in "Total: N tasks"; -1 not */
	struct df_value total_at;	/* where the last of them stands */
	struct df_value mvp;	/* MVP Scope, whole */
	struct df_refs graph;	/* ids in the dependency graph's fences */
	struct df_refs summary;	/* ids in the summary table's first column */
};

/* ---- D9 ---- */

enum df_verify_how { DF_VERIFY_NONE = 0, DF_VERIFY_TABLE, DF_VERIFY_CODE };

struct df_block {		/* Setup, Execute, Verify or Cleanup */
	int there;		/* the label stands */
	struct df_span at;	/* label line up to the next block */
	const char *code;	/* bash of its fences, in order, or "" */
	size_t n;
	uint32_t line;		/* of the first line of code; 0 none */
	unsigned fences;	/* executable ones that code was made of */
	unsigned foreign;	/* fences in another language: not run */
	struct df_value prose;	/* what stands outside fences and tables */
};

struct df_assertion {
	struct df_value subject, condition, observable;
};

/* A behavioural scenario (YAML without code). */
struct df_behaviour {
	struct df_span yaml;	/* the lines between the fences; line 0: the
				   scenario is executable */
	int strict;		/* 1: libyaml read it; 0: it refused, and
				   the lines were read as they are */
	struct df_value category;
	struct df_value setup, action, outcome;	/* descriptions */
	struct df_values preconditions, steps, negative, evidence;
	struct df_assertion *assertion;
	size_t assertions;
	int64_t runs;		/* runs_required; -1 not said */
	int64_t need, of;	/* pass_threshold, "2 of 3"; -1 not said */
	struct df_span runs_at, need_at;	/* where they are said */
};

struct df_holdout {
	struct df_item item;
	int priority;		/* 0 to 3; -1 not stated */
	struct df_value slug;
	struct df_value type;
	struct df_value validates_text, contracts_text;
	struct df_refs validates;	/* SC */
	struct df_refs contracts;	/* IN, OUT, SIDE, ERR */
	int from_matrix;	/* validates comes from the coverage matrix */
	struct df_block setup, execute, verify, cleanup;
	struct df_span unlabelled;	/* the first bash that is in none of
					   them; line 0: there is none */
	enum df_verify_how how;
	struct df_table checks;	/* the check table under Verify */
	struct df_behaviour behaviour;
	struct df_span header;	/* the YAML header of an executable one */
	struct df_fields fields;
};

struct df_cover {		/* a row of the coverage matrix */
	struct df_value scenario;	/* first cell */
	struct df_ref to;	/* what it names; id "" when nothing */
	struct df_value priority, coverage, notes;
	struct df_refs holdouts;
};

/*
 * The run protocol.  A P0 failure always stops.  Thresholds of a priority:
 * need of total (-1, -1: all of them); percent over all scenarios (-1: none).
 */
struct df_protocol {
	struct df_span at;
	struct df_value order, threshold;
	int64_t p0_need, p0_total, p1_need, p1_total;
	int64_t percent;
	int64_t run_need, run_total;	/* "2 of 3 runs" of one scenario */
};

struct df_envvar {
	const char *name;	/* "IMMUDB_HOST" */
	const char *fallback;	/* its default; NULL: it must be set */
	struct df_span at;
};

struct df_d9 {
	struct df_holdout *holdout;
	size_t holdouts;
	struct df_cover *cover;
	size_t covers;
	struct df_protocol protocol;
	struct df_envvar *env;
	size_t envs;
	struct df_span *frame;	/* what is in no scenario, in order; together
				   with the scenarios' spans every byte once */
	size_t frames;
	uint32_t stray;		/* line of the first Setup, Execute, Verify or
				   Cleanup with code outside a scenario */
};

/* ---- D10 ---- */

struct df_command {
	struct df_value label;	/* the comment lines before it, or "" */
	struct df_value text;	/* one or more lines of shell */
};

struct df_rule {
	struct df_value use, instead_of, why;
};

struct df_active {
	struct df_value name, where, interface;
};

struct df_external {
	struct df_value name, mode_text, rest;
	int twin;		/* 1 twin, 0 real, -1 something else */
};

struct df_d10 {
	struct df_value purpose;
	struct df_span architecture;	/* whole section */
	struct df_values patterns;
	struct df_codes command_blocks;
	struct df_command *command;
	size_t commands;
	struct df_rule *rule;
	size_t rules;
	struct df_values conventions;
	struct df_values protocol;	/* numbered steps */
	struct df_value branch, commit, results;
	struct df_active *active;
	size_t actives;
	struct df_external *external;
	size_t externals;
	struct df_values links;
};

/* ---- the whole ---- */

/* What the reader noticed: a rule id of check.h and its text. */
struct df_remark {
	const char *rule;
	const char *msg;
	struct df_span at;
};

struct df_spec {
	const char *dir;	/* as given, for records; "" from memory */
	unsigned have;		/* bit n: Dn is there */
	unsigned withheld;	/* bit n: Dn was kept back on purpose */
	struct df_doc doc[DF_DOCS];
	const char *component;	/* D2's Component, else the H1's tail */
	const char *package;	/* "TBD" when nothing says it */

	struct df_d1 d1;
	struct df_d2 d2;
	struct df_d3 d3;
	struct df_d4 d4;
	struct df_d5 d5;
	struct df_d6 d6;
	struct df_d7 d7;
	struct df_d8 d8;
	struct df_d9 d9;
	struct df_d10 d10;

	/*
	 * Is a variable of D9 set where the holdouts will run?  NULL: not
	 * known, as after reading; who knows sets it before the checks.  A
	 * record that must not depend on where it is made leaves it alone.
	 */
	int (*env_is_set)(const char *name);

	struct df_remark *remark;
	size_t remarks;
	size_t remarks_cut;	/* beyond the bound: counted only */

	/* inside */
	struct df_arena arena;
	struct df_map ids;	/* id -> place in items */
	const struct df_item **items;
	size_t nitems, itemcap;
	size_t remarkcap;
	size_t used;		/* items, references and cells: bounded */
	struct df_buf *own;	/* bytes of documents that are ours */
};

struct df_spec_doc {
	const char *path;	/* for diagnostics; NULL: the usual name */
	const char *s;		/* NULL: there is none */
	size_t n;
};

#define DF_SPEC_BIT(n) (1u << (n))

/*
 * Read documents from memory: doc[1] to doc[10].  withheld has the bits of
 * documents that are kept back on purpose (DF_SPEC_BIT(9) after D9 was
 * sealed): their absence is no finding.  max bounds the bytes of one document
 * (0: DF_SPEC_DOC_MAX).  Fails with DF_INPUT; *sp needs no release then.
 */
int df_spec_read(struct df_spec *sp, const struct df_spec_doc doc[DF_DOCS],
	unsigned withheld, size_t max, struct df_err *e) DF_CHECK;

/*
 * Read a specification directory.  holdouts names D9 elsewhere: a file, or a
 * directory that holds D9_*.md; NULL: D9 in dir, else in
 * dir/../../.holdouts/<base name of dir>/.  DF_INPUT when dir is no
 * directory, cannot be read or holds no D document, or when holdouts holds
 * no D9.  Of two files that claim one number the one with the usual name is
 * read, else the first by name; the other is remarked.
 */
int df_spec_load_dir(struct df_spec *sp, const char *dir,
	const char *holdouts, size_t max, struct df_err *e) DF_CHECK;

void df_spec_release(struct df_spec *sp);

/* "D3_DATA_MODEL.md"; NULL when n is not 1 to 10. */
const char *df_spec_docname(unsigned n);
/* 1 to 10 for a file name of a D document, else 0. */
unsigned df_spec_docnumber(const char *name);

/* The item of that id (n bytes), or NULL.  Articles are not in the index. */
const struct df_item *df_spec_find(const struct df_spec *sp, const char *id,
	size_t n);

/* The scenario, contract, task ... that an item is: family must match. */
#define df_scenario_of(i) ((const struct df_scenario *)(const void *)(i))
#define df_entity_of(i) ((const struct df_entity *)(const void *)(i))
#define df_contract_of(i) ((const struct df_contract *)(const void *)(i))
#define df_task_of(i) ((const struct df_task *)(const void *)(i))
#define df_holdout_of(i) ((const struct df_holdout *)(const void *)(i))

/* Append the bytes of a span as they are, or without HTML comments. */
void df_spec_cut(const struct df_spec *sp, struct df_span at,
	struct df_buf *b);
void df_spec_text(const struct df_spec *sp, struct df_span at,
	struct df_buf *b);

/*
 * Length of the identifier at s (family, optional sub-family, number), 0 when
 * there is none; sets *family.  Looks at no byte before s.
 */
size_t df_spec_id(const char *s, size_t n, enum df_family *family);

/*
 * Tasks in an order in which each comes after its dependencies, otherwise in
 * document order.  order has room for d8.tasks indexes.  Returns 0, or -1
 * when a cycle prevents it.
 */
int df_spec_order(const struct df_spec *sp, uint32_t *order) DF_CHECK;

/*
 * The task that should satisfy a scenario: of those that name it explicitly
 * and are no foundation tasks the one that implements most of the contracts
 * which name the scenario, of equals the first in dependency order; else the
 * first that covers it at all; NULL when none does.
 */
const struct df_task *df_spec_responsible(const struct df_spec *sp,
	const struct df_item *scenario);

/* The ProductSpec record (E-001, schemas/product-spec.json), D9 included
   only when holdouts is not 0. */
jv df_spec_product(const struct df_spec *sp, int holdouts);

#endif
