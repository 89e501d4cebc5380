/*
 * speckit.h - a feature directory of Spec Kit as a model.
 *
 *	struct df_speckit sk;
 *	struct df_check c;
 *
 *	if (df_speckit_load(&sk, dir, NULL, &e) == -1)
 *		df_die(&e);		// cannot be read: nothing was decided
 *	df_speckit_check(&c, &sk);	// findings, rules speckit.*
 *	v = df_speckit_product(&sk);	// schemas/speckit.json
 *	df_check_release(&c);
 *	df_speckit_release(&sk);
 *
 * A feature directory (specs/001-name) holds spec.md, plan.md, tasks.md,
 * research.md, data-model.md, quickstart.md, contracts/ and checklists/; the
 * project's constitution stands above it.  Which files and which forms are
 * read is said in df-speckit(7).  Reading never judges: what is missing gives
 * an empty model, and df_speckit_check() says so.  It fails only on what is no
 * feature directory, on Markdown that is not UTF-8, on bounds, and on a link
 * that leads out of the directory.
 *
 * Identifiers are those of the author: US1, FR-001, SC-001, T012a.  What has
 * none gets one: US1.AS2 is the second acceptance scenario of US1, AS1 one
 * that stands in no story, P3 the third principle.  A relation between two
 * things is stated, where a text names it, or inferred, with the reason in
 * df-speckit(7).
 *
 * Ownership.  All that the model points to lives in sk.arena or in the bytes
 * of the files, and goes with df_speckit_release().  Files given to
 * df_speckit_read() are borrowed and must outlive the struct.  Strings end
 * with a NUL and are never NULL: what is absent is "" with line 0.
 */
#ifndef DF_SPEC_SPECKIT_H
#define DF_SPEC_SPECKIT_H

#include "base/hash.h"
#include "base/json.h"
#include "spec/check.h"
#include "spec/md.h"

#define DF_SK_FILE_MAX ((size_t)4 << 20)	/* bytes of one file */
#define DF_SK_TOTAL_MAX ((size_t)32 << 20)	/* of all of them */
#define DF_SK_FILES_MAX 1000
#define DF_SK_DEPTH_MAX 8	/* directories below the feature's */
#define DF_SK_ITEMS_MAX 100000	/* items, relations and fields together */
#define DF_SK_NONE UINT32_MAX

enum df_skkind {
	DF_SK_SPEC = 0, DF_SK_PLAN, DF_SK_TASKS, DF_SK_CONSTITUTION,
	DF_SK_DATA, DF_SK_RESEARCH, DF_SK_QUICKSTART, DF_SK_CONTRACT,
	DF_SK_CHECKLIST, DF_SK_OTHER, DF_SK_KINDS
};
extern const char *const df_sk_kind_name[DF_SK_KINDS];

struct df_skfile {
	const char *name;	/* below the feature's directory; of the
				   constitution below the project's */
	const char *path;	/* as diagnostics show it */
	uint8_t kind;		/* enum df_skkind */
	const char *s;
	size_t n;
	struct df_digest digest;
	struct df_md *md;	/* of Markdown that is read; else NULL */
};

struct df_skplace {
	uint32_t file, line, col;	/* index; from 1; line 0: nowhere */
};

/*
 * Lines of a paragraph are joined with one space; list items, rows and code
 * have their own lines (LF); comments are left out.
 */
struct df_sktext {
	const char *s;
	size_t n;
	struct df_skplace at;
};

struct df_sktexts {
	struct df_sktext *v;
	size_t n;
};

enum df_evidence { DF_STATED = 0, DF_INFERRED };
extern const char *const df_evidence_name[2];

struct df_skstory {
	const char *id;		/* "US1", "US5a" */
	const char *title;
	int priority;		/* P0 to P9; -1 not stated */
	struct df_sktext about, why, test;
	struct df_skplace at;
	uint32_t end;		/* line behind its last */
	uint32_t first, scenarios;	/* in df_speckit.scenario */
	uint32_t tasks;		/* that serve it */
};

struct df_skscenario {
	const char *id;		/* "US1.AS2" */
	uint32_t story;		/* index, or DF_SK_NONE */
	struct df_sktext text;	/* the whole */
	struct df_sktexts given, when, then;	/* first, then its ANDs */
	struct df_skplace at;
};

struct df_skreq {		/* FR-001, NFR-001 */
	const char *id;
	struct df_sktext text;
	struct df_skplace at;
};

struct df_skfield {
	struct df_sktext name, type, notes;
};

struct df_skentity {
	const char *name;
	struct df_sktext text;	/* of data-model.md, else of spec.md */
	struct df_sktext about;	/* of spec.md, when it has both */
	struct df_skfield *field;
	size_t fields;
	struct df_skplace at;
};

enum df_skform {
	DF_SK_OPERATION = 0, DF_SK_EXPORT, DF_SK_SECTION, DF_SK_WHOLE
};
extern const char *const df_sk_form_name[4];

struct df_skcontract {
	const char *name;	/* "POST /rooms", "RoomList", "Exit codes" */
	const char *key;	/* operationId, or "" */
	uint8_t form;		/* enum df_skform */
	struct df_sktexts answers;	/* "200", "404" of an operation */
	struct df_sktext text;	/* of a section */
	struct df_skplace at;
};

struct df_skphase {
	int number;		/* -1 without one */
	const char *title;
	struct df_sktext goal, test, checkpoint;
	struct df_skplace at;
	uint32_t tasks;
};

struct df_sktask {
	const char *id;		/* as written: "T012a" */
	struct df_sktext text;
	uint8_t parallel;	/* [P] */
	uint8_t claimed;	/* ticked: what its author claims */
	uint8_t twice;		/* an earlier task has this id */
	uint32_t phase;		/* index, or DF_SK_NONE */
	uint32_t hint;		/* story of the heading above, or DF_SK_NONE */
	uint32_t wave;		/* tasks of a wave wait for those of the wave
				   before; 0 of all where what they say goes
				   in a circle; see df-speckit(7) */
	struct df_sktexts files;
	struct df_skplace at;
	uint32_t end;		/* line behind its last */
};

enum df_skrelkind {
	DF_SK_TASK_STORY = 0, DF_SK_TASK_TASK, DF_SK_TASK_REQ,
	DF_SK_TASK_CONTRACT, DF_SK_REQ_STORY, DF_SK_CONTRACT_STORY
};

struct df_skrel {
	uint8_t kind;		/* enum df_skrelkind */
	uint8_t evidence;
	uint32_t from;		/* index of the task, requirement, contract */
	uint32_t to;		/* index, or DF_SK_NONE: there is no such */
	uint32_t order;		/* of two like it */
	const char *id;		/* what it names */
	struct df_skplace at;
};

struct df_skprinciple {
	const char *id;		/* "P3" */
	const char *label;	/* "III", "3", or "" */
	const char *title;
	struct df_sktext text;
	struct df_skplace at;
	int verdict;		/* of the plan: 1 yes, 0 no, -1 none */
	struct df_sktext check;	/* its words */
};

struct df_skpair {		/* a field, a titled text */
	struct df_sktext name, value;
};

struct df_skresearch {
	struct df_sktext title, decision, rationale, alternatives;
};

struct df_skanswer {		/* a question that was answered */
	struct df_sktext question, answer;
};

struct df_sklist {		/* a checklist */
	uint32_t file;
	uint32_t items, open;
};

struct df_speckit {
	const char *dir;	/* as given; "" from memory */
	const char *name;	/* base name of the directory */
	const char *title;	/* of spec.md */
	struct df_sktext input, status, branch, created;

	struct df_skfile *file;	/* by kind, then name */
	size_t files;
	uint32_t doc[DF_SK_KINDS];	/* first file of each kind, or
					   DF_SK_NONE */

	struct df_skstory *story;
	size_t stories;
	struct df_skscenario *scenario;
	size_t scenarios;
	struct df_skreq *req;
	size_t reqs;
	struct df_skreq *criterion;	/* SC-001: success criteria */
	size_t criteria;
	struct df_skentity *entity;
	size_t entities;
	struct df_skcontract *contract;
	size_t contracts;
	struct df_skphase *phase;
	size_t phases;
	struct df_sktask *task;
	size_t tasks;
	struct df_skrel *rel;	/* by kind, then from; each once */
	size_t rels;
	struct df_skprinciple *principle;
	size_t principles;
	struct df_skpair *governance;	/* other sections of the
					   constitution */
	size_t governances;
	struct df_sktext version, ratified, amended;
	struct df_skresearch *research;
	size_t researches;
	struct df_skanswer *answer;
	size_t answers;
	struct df_skpair *context;	/* Technical Context */
	size_t contexts;
	struct df_skpair *command;	/* of quickstart.md: heading, code */
	size_t commands;
	struct df_sklist *checklist;
	size_t checklists;

	struct df_sktexts edges, assumptions, excluded;
	struct df_sktexts markers;	/* [NEEDS CLARIFICATION: ...] */
	struct df_sktexts unfilled;	/* text of the templates */
	struct df_sktexts repeated;	/* ids that are defined again */
	struct df_sktexts unnumbered;	/* check boxes without an id */
	struct df_sktexts dropped;	/* tasks marked [-] or [~]: their ids */
	struct df_sktext summary, tree, decision, complexity;	/* the plan's */
	size_t claimed;		/* tasks that are ticked */

	/* inside */
	struct df_arena arena;
	struct df_buf *own;
	size_t owns;
};

struct df_speckit_file {
	const char *name;	/* "spec.md", "contracts/api.yaml" */
	const char *path;	/* for diagnostics; NULL: the name */
	const char *s;
	size_t n;
	int constitution;	/* it is the constitution, whatever its name */
};

/*
 * Read files from memory.  Fails with DF_INPUT ("speckit.size",
 * "spec.encoding"); *sk needs no release then.
 */
int df_speckit_read(struct df_speckit *sk, const struct df_speckit_file *file,
	size_t n, struct df_err *e) DF_CHECK;

/*
 * Read a directory: a feature's, or a project's (with .specify or specs and
 * no spec.md).  Of a project the feature is active (NULL or "": not said),
 * what SPECIFY_FEATURE_DIRECTORY says, below the project unless absolute; else
 * the one that .specify/feature.json names, which must lie in the project;
 * else the only one there is.  Also fails with "speckit.feature" (none, or
 * more than one), "speckit.link" and "speckit.directory".
 */
int df_speckit_load(struct df_speckit *sk, const char *dir,
	const char *active, struct df_err *e) DF_CHECK;
void df_speckit_release(struct df_speckit *sk);

/*
 * Check.  The rows of the result are those of df_check_run() that have a
 * meaning here; diag.doc is the document of ours that the file stands for
 * (spec.md: 2).  sk must live as long as c.
 */
void df_speckit_check(struct df_check *c, const struct df_speckit *sk);

/* What was read as a record (schemas/speckit.json). */
jv df_speckit_product(const struct df_speckit *sk);

#endif
