/*
 * scope.h - what of a specification concerns a task.
 *
 *	struct df_xref *x = df_xref_new(&spec);
 *	struct df_scope sc;
 *
 *	for (i = 0; i < spec.d8.tasks; i++) {
 *		df_scope_make(x, &spec.d8.task[i], &sc);
 *		... sc.kind[DF_K_FILE].v[j] ...
 *	}
 *	df_xref_free(x);
 *
 * A specification is indexed once; selecting for a task then costs what the
 * task's own text and its selection cost, whatever the size of the rest.  The
 * selection is a function of the documents alone, and in document order.
 *
 * Units.  What can be selected is a unit: a component, a file, an entity, an
 * article, a line of the testing strategy ... (enum df_kind).  The task's own
 * scenarios, contracts and criteria are no units: they always belong.
 *
 * Evidence.  The task's own text is its title, description, criteria and the
 * text of its fields for scenarios and contracts; its wider text is that and
 * its scenarios and contracts.  A unit is selected by
 *
 *  DF_BY_NAME	the own text names it: a file by its path or base name, a
 *		component by name or file, or, in the title, by what it
 *		exposes; an entity or an error code by name or id (of these
 *		two the wider text may); a decision by id; an article by
 *		number, in a contract too; for other kinds: it
 *		names a component, file or entity selected (a line of the
 *		testing strategy or a diagram: an own component or file)
 *  DF_BY_ID	it names an id of the task's scenarios, contracts or other
 *		references: "Implements" of a component, "Source" of an entity;
 *		an error code: it is spelled like an error contract's title
 *  DF_BY_TEST	a file only: it is called as the test of a file of the task
 *		(test_x.py, x_test.go, x.test.ts, x.spec.ts, XTest.java for x)
 *  DF_BY_USE	a component: the own text names what it exposes, or a component
 *		of the task says that it depends on it; an entity: a component
 *		of the task exposes something that has to do with it
 *  DF_BY_RULE	an article, boundary, convention, tool rule, pattern, command
 *		or line of the testing strategy that names no component and no
 *		file of D7 at all: it is for everyone
 *
 * An article or boundary that names components or files, none of them
 * selected here, is not selected: it is for others.
 *
 * Own.  Of the components selected those are the task's own which are named;
 * when none is named, those that share an id.  Own files are those of own
 * components, those named, and their tests.  Other files are selected only
 * when a task before this one has them as its own and their component shares
 * an id with this task: then they are to be reused.  An entity or
 * a decision is the task's own when its own text, a field of it or one of its
 * contracts names it; the first two are DF_OWN_TEXT.
 *
 * A name is matched as a whole word with its case; a name that is an ordinary
 * lower-case word only in code marks or before "("; a name of several words
 * word by word.  A name or an id that more than DF_XREF_COMMON units of a
 * kind share tells nothing apart and selects none of that kind; of a
 * component's files, and of a file's tests, the first DF_XREF_COMMON count.
 *
 * Score.  For ranking, texts also get a score: 12 / n for each word of at least
 * five letters that is in the wider text and in n texts of the kind, n at most
 * 12.  So what is chosen from a list depends on that list and the task.
 */
#ifndef DF_SPEC_SCOPE_H
#define DF_SPEC_SCOPE_H

#include "spec/spec.h"
#include "spec/template.h"

#define DF_XREF_COMMON 64
#define DF_XREF_ARTICLES 1000	/* articles looked at for "Article 2" */
#define DF_XREF_BACK 256	/* tasks looked at behind a task */

enum df_kind {
	DF_K_COMPONENT = 0,	/* d7.component */
	DF_K_FILE,		/* df_xref.file */
	DF_K_ENTITY,		/* d3.entity */
	DF_K_ERRCODE,		/* d4.errcode */
	DF_K_DOUBLE,		/* d4.twin */
	DF_K_RESEARCH,		/* d5.research */
	DF_K_CLAR,		/* d6.clar */
	DF_K_GAP,		/* d6.gap */
	DF_K_DEFERRED,		/* d2.deferred */
	DF_K_ACTIVE,		/* d10.active */
	DF_K_NAMED,		/* those before are selected by evidence only */

	DF_K_ARTICLE = DF_K_NAMED,	/* d1.article */
	DF_K_ALWAYS,		/* d1.always */
	DF_K_ASK,		/* d1.ask_first */
	DF_K_NEVER,		/* d1.never */
	DF_K_TOOLING,		/* rows of d1.tooling */
	DF_K_NOT,		/* d2.is_not */
	DF_K_PATTERN,		/* d10.patterns */
	DF_K_RULE,		/* d10.rule */
	DF_K_CONVENTION,	/* d10.conventions */
	DF_K_COMMAND,		/* d10.command */
	DF_K_TESTING,		/* df_xref.testing, lines that are no heading,
				   rule or code */
	DF_K_DIAGRAM,		/* df_xref.diagram, lines */
	DF_KINDS
};

enum {
	DF_BY_NAME = 1, DF_BY_ID = 2, DF_BY_TEST = 4, DF_BY_USE = 8,
	DF_BY_RULE = 16
};

#define DF_OWN_TEXT 2

/* What is to be done with a file.  A component of D10 is DF_CREATE when D7
   plans its file and no task before this one has it; else it may be there,
   and is DF_REUSE. */
enum df_action {
	DF_CREATE = 0,		/* no task before this one has it, and D7 does
				   not call it given or existing */
	DF_MODIFY,		/* it is there, and this one names it */
	DF_REUSE		/* it is there, and this one does not name it */
};

struct df_pick {
	uint32_t index;		/* in the kind's array */
	uint32_t score;
	uint8_t by;		/* DF_BY_... */
	uint8_t own;		/* see above */
	uint8_t action;		/* enum df_action: files, components of D10 */
	uint16_t step;		/* criterion that names it first, from 1; 0 */
};

struct df_picks {
	struct df_pick *v;	/* in document order */
	size_t n;
	size_t beyond;		/* DF_BY_RULE units not listed: only the first
				   DF_XREF_COMMON of a kind are */
};

/* A file that the steps name in code marks and D7 does not have. */
struct df_unplanned {
	const char *path;
	size_t n;
	uint16_t step;
	struct df_span at;
};

/* A file that a task which this one names as a dependency has as its own. */
struct df_given {
	uint32_t file;
	const struct df_task *task;	/* the first of them */
};

struct df_scope {
	const struct df_task *task;
	struct df_picks kind[DF_KINDS];
	const struct df_given *given;	/* by file */
	size_t ngiven;
	const struct df_unplanned *unplanned;	/* in order of the steps */
	size_t nunplanned;
	/* Scenarios and contracts that the wider text names though they are
	   not the task's, the first DF_XREF_COMMON of them. */
	const struct df_item **mention;
	size_t mentions;
	/* A foundation task without scenarios: those of the tasks that build
	   on it, of DF_XREF_BACK tasks at most. */
	const struct df_item **carried;
	size_t ncarried;
};

/* A file of D7: of the tree, or named by a component only. */
struct df_xfile {
	const char *path;
	const char *base;	/* inside path */
	const char *comment;
	uint32_t component;	/* whose file it is; or DF_NOCOMPONENT */
	int test;		/* it is called as a test of something */
	struct df_span at;
};
#define DF_NOCOMPONENT UINT32_MAX

struct df_xline {		/* a line of D7 as it is */
	struct df_str s;
	uint32_t line;
	uint32_t block;		/* diagram: number of the block */
};

struct df_xref {
	const struct df_spec *sp;
	struct df_xfile *file;
	size_t files;
	struct df_xline *testing, *diagram;
	size_t ntesting, ndiagram;

	uint32_t phase[3];	/* for handoffs: line and level of a task's
				   heading, line of its phase's; 0 at first */
	jv base[2];		/* for handoffs and prompts, to make once what
				   all tasks share: jv_invalid() at first */
	struct df_xref_in *in;	/* inside */
};

/* The specification must outlive the index. */
struct df_xref *df_xref_new(const struct df_spec *sp);
void df_xref_free(struct df_xref *x);

/* The arrays in sc belong to x and hold until the next call. */
void df_scope_make(struct df_xref *x, const struct df_task *t,
	struct df_scope *sc);

/*
 * A place for what somebody makes of a unit, to make it once for all tasks:
 * jv_invalid() at first, freed with the index.
 */
jv *df_xref_made(struct df_xref *x, enum df_kind kind, uint32_t index);
/* The same for a text that is a template: compiled on first use.  Eats text,
   which must be a string; NULL when it does not compile. */
const struct df_template *df_xref_template(struct df_xref *x, jv text,
	const char *what, struct df_err *e);

/* Is it one of the task's scenarios, contracts or other references?  Of the
   last selection. */
int df_scope_owns(const struct df_xref *x, const struct df_item *it);

/* At most so many, and so many bytes; of more than none the first one may be
   longer. */
struct df_limit {
	unsigned n, bytes;
};

/*
 * Keep the best of p that fit into max: by evidence (NAME, ID, TEST, USE,
 * RULE), then score, then order of the document; document order stays.
 * size() says the bytes of one.  Returns how many were left out, beyond
 * included.
 */
size_t df_picks_fit(struct df_picks *p, struct df_limit max,
	size_t (*size)(const void *arg, uint32_t index), const void *arg);
/* The one with the highest score, of k equals number n % k; NULL when empty. */
const struct df_pick *df_picks_top(const struct df_picks *p, unsigned n);

#endif
