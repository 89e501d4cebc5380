#include "base/df.h"

#include <string.h>

#include "spec/check.h"

/*
 * Every rule, sorted by id.  An id is what scripts grep for and records quote:
 * it never changes its meaning, and one that goes is not used again.
 */
#define E DF_ERROR
#define W DF_WARNING
#define N DF_NOTE

const struct df_rule_def df_rules[] = {
	{ "d1.article", W, DF_CHECK_CONSTITUTION, 0,
	    "an article lacks its Rule, Why, Test or Violations",
	    "An article of D1 is a rule that agents are held to. Without "
	    "Rule it says nothing, without Test nobody can tell whether "
	    "it holds. Add the fields that are missing." },
	{ "d1.boundary", W, DF_CHECK_CONSTITUTION, 0,
	    "ALWAYS, ASK FIRST or NEVER is missing or empty",
	    "The boundaries of D1 say what the factory may do alone, what "
	    "needs a person and what it must refuse. A list that is "
	    "missing reads as: nothing." },
	{ "d1.no-articles", E, DF_CHECK_CONSTITUTION, 0,
	    "D1 defines no article",
	    "Handoffs take their constraints from the articles of D1. "
	    "Articles are headings \"### Article N: Name\" or numbered "
	    "lines in the section Articles." },
	{ "d2.gwt", W, DF_CHECK_SCENARIOS, 0,
	    "a scenario lacks GIVEN, WHEN or THEN",
	    "A scenario that does not say what is given, what happens and "
	    "what must then hold cannot be built or judged. The words are "
	    "in capitals, or in bold at the beginning of a line." },
	{ "d2.marker", W, DF_CHECK_OPEN, 0,
	    "a NEEDS CLARIFICATION marker that no answered clarification "
	    "covers",
	    "D2 marks a question. Clarifications live in D6: a CLR item "
	    "with \"Found During: D2\" that is not OPEN answers it; then "
	    "the marker can go." },
	{ "d2.no-scenarios", E, DF_CHECK_SCENARIOS, 0,
	    "D2 defines no scenario",
	    "Nothing to build and nothing to judge: a specification "
	    "without scenarios never passes. A scenario begins with its "
	    "id, SC-NNN, in a heading, in bold or at the beginning of a "
	    "line." },
	{ "d2.priority", W, DF_CHECK_SCENARIOS, 0,
	    "a scenario has no priority P0 to P3",
	    "Priorities decide which scenarios must have a holdout and "
	    "what stops a run. Add \"Priority: P1\"." },
	{ "d2.uncovered", E, DF_CHECK_SCENARIOS, 0,
	    "no task of D8 satisfies a scenario of D2",
	    "Nobody would build it. Name the scenario under \"Scenarios "
	    "Satisfied\" of the task that does." },
	{ "d3.table", N, DF_CHECK_READABLE, 0,
	    "an entity has no field table and no example",
	    "Builders take the shape of data from D3." },
	{ "d4.no-contracts", E, DF_CHECK_CONTRACTS, 0,
	    "D4 defines no contract",
	    "A component that nobody calls, that returns nothing, writes "
	    "nothing and fails never is no component. Contracts begin "
	    "with their ids: IN-, OUT-, SIDE-, ERR-NNN." },
	{ "d4.no-scenario", W, DF_CHECK_CONTRACTS, 0,
	    "a contract names no scenario of D2",
	    "Every contract serves a scenario. A contract without one is "
	    "either not needed or the sign of a scenario that D2 lacks." },
	{ "d4.uncovered", E, DF_CHECK_CONTRACTS, 0,
	    "no task of D8 implements a contract of D4",
	    "Nobody would build it. Name the contract under \"Contracts "
	    "Implemented\" of the task that does." },
	{ "d5.undecided", E, DF_CHECK_RESEARCH, 0,
	    "a blocking research question has no decision",
	    "A question that D5 calls Blocking must be decided before D7. "
	    "Add its Decision, or call it Informational." },
	{ "d6.assumed", W, DF_CHECK_OPEN, 0,
	    "a gap or clarification is ASSUMED",
	    "An assumption does not block, but it is a decision that D1 "
	    "wants a person to see (ASK FIRST). Resolve it, or approve "
	    "the run knowing it." },
	{ "d6.contradiction", E, DF_CHECK_OPEN, 0,
	    "D6 contradicts itself about what is open",
	    "The count \"unresolved\", the Summary and the gate verdict "
	    "must say what the items say. One of them is out of date, and "
	    "guessing which would let an open item through." },
	{ "d6.gap", E, DF_CHECK_OPEN, 0,
	    "a gap is OPEN",
	    "D7 may not begin, and nothing is built, while a gap of D6 is "
	    "open. Resolve it, or mark it ASSUMED with the assumption." },
	{ "d6.no-verdict", W, DF_CHECK_OPEN, 0,
	    "D6 has no gate verdict",
	    "D6 ends with \"Gate verdict: PASS\" or FAIL, so that whoever "
	    "reads it need not count." },
	{ "d6.open", E, DF_CHECK_OPEN, 0,
	    "a clarification is OPEN",
	    "D7 may not begin, and nothing is built, while a "
	    "clarification of D6 is open. A clarification without a "
	    "status counts as open." },
	{ "d6.row", E, DF_CHECK_OPEN, 0,
	    "a row of a boundary table is OPEN",
	    "A boundary that is open is an open gap, also where no GAP "
	    "item says so." },
	{ "d6.unknown", W, DF_CHECK_OPEN, 0,
	    "a gap has no status",
	    "Say \"Resolution: RESOLVED - ...\", or put the status in "
	    "parentheses behind the title." },
	{ "d7.not-compliant", E, DF_CHECK_CONSTITUTION, 0,
	    "the constitution check of D7 says NO",
	    "A plan that breaks an article of D1 must not be built." },
	{ "d7.path", W, DF_CHECK_READABLE, 0,
	    "a path in the file creation order is too long",
	    "It is longer than 1024 bytes and left out." },
	{ "d7.verdicts", W, DF_CHECK_CONSTITUTION, 0,
	    "the constitution check of D7 does not have one row per "
	    "article",
	    "Each article of D1 is checked once." },
	{ "d8.criteria", W, DF_CHECK_TASKS, 0,
	    "a task has no acceptance criteria",
	    "The steps of the handoff come from the acceptance criteria "
	    "of the task." },
	{ "d8.cycle", E, DF_CHECK_CYCLES, 0,
	    "tasks depend on each other in a circle",
	    "None of them could ever start. Remove one of the "
	    "dependencies." },
	{ "d8.deps", W, DF_CHECK_TASKS, 0,
	    "a dependency names no task",
	    "The text is neither None nor an id nor a set of tasks; it is "
	    "taken as no dependency." },
	{ "d8.field", W, DF_CHECK_TASKS, 0,
	    "a task says nothing about its dependencies or contracts",
	    "What is not said is taken as None. Say \"Dependency: None\", "
	    "so that nobody takes a lost line for a decision." },
	{ "d8.mention", W, DF_CHECK_AGREE, 0,
	    "the graph or the summary of D8 names other tasks than D8 "
	    "defines",
	    "Both are for people and decide nothing; one of them is out "
	    "of date." },
	{ "d8.no-tasks", E, DF_CHECK_CYCLES, 0,
	    "D8 defines no task",
	    "Nothing would be built. A task begins with its id, T-NNN, in "
	    "a heading, in bold or in a list." },
	{ "d8.no-trace", W, DF_CHECK_TASKS, 0,
	    "a task satisfies no scenario and is no foundation",
	    "D1 forbids to dispatch without a trace to D2. A task that "
	    "only prepares others says so: \"Scenarios Satisfied: "
	    "Foundation for all scenarios\"." },
	{ "d9.behaviour", W, DF_CHECK_JUDGE, 1,
	    "a behavioural scenario needs a test program",
	    "A scenario without code is judged by a test that an "
	    "evaluator writes; it enters the seal with df-boot --tests. "
	    "Without one its result is ERROR." },
	{ "d9.env", N, DF_CHECK_JUDGE, 1,
	    "scenarios expect an environment variable that has no default",
	    "A variable that is declared and not set makes the result "
	    "ERROR." },
	{ "d9.fences", W, DF_CHECK_JUDGE, 1,
	    "a block has more than one code block",
	    "They run one after the other as one block. If the second "
	    "only shows an example, give it another language." },
	{ "d9.few", E, DF_CHECK_HOLDOUTS, 1,
	    "D9 has fewer than three holdout scenarios",
	    "Three is the least that tells a lucky build from a right "
	    "one." },
	{ "d9.foreign", W, DF_CHECK_JUDGE, 1,
	    "a code block that is not bash is not run",
	    "Blocks run only when their fence says bash or sh. Wrap other "
	    "languages: python3 - <<'EOF' in a bash block." },
	{ "d9.heading", W, DF_CHECK_JUDGE, 1,
	    "a heading of level 1 stands inside a scenario",
	    "It is read as text of the scenario, so that what follows is "
	    "not lost. It was probably meant as a comment." },
	{ "d9.id-mismatch", W, DF_CHECK_JUDGE, 1,
	    "scenario_id differs from the heading's id",
	    "The heading's id counts." },
	{ "d9.incomplete", W, DF_CHECK_JUDGE, 1,
	    "a behavioural scenario lacks required keys",
	    "An evaluator can only test what the scenario says: setup, "
	    "action, expected_outcome with assertions, pass_criteria and "
	    "evidence_to_collect." },
	{ "d9.matrix", W, DF_CHECK_AGREE, 1,
	    "the coverage matrix and the scenarios disagree",
	    "The matrix is for people; what counts is what each scenario "
	    "validates." },
	{ "d9.no-contract", W, DF_CHECK_JUDGE, 1,
	    "a holdout names no contract, while others do",
	    "Its failure is traced to scenarios alone." },
	{ "d9.no-trace", W, DF_CHECK_JUDGE, 1,
	    "a holdout names no scenario that it validates",
	    "Its failure could not be traced to a task." },
	{ "d9.no-verify", E, DF_CHECK_JUDGE, 1,
	    "a holdout has nothing to verify",
	    "It has neither a Verify block nor a table nor expected "
	    "behaviour: it could not fail, and what cannot fail does not "
	    "judge." },
	{ "d9.priority", W, DF_CHECK_JUDGE, 1,
	    "a holdout has no priority P0 to P3",
	    "It is treated like P0." },
	{ "d9.stray", E, DF_CHECK_JUDGE, 1,
	    "a Setup, Execute, Verify or Cleanup block stands in no "
	    "scenario",
	    "It would never run. Look for a heading that ends the "
	    "scenario above it too early." },
	{ "d9.table", W, DF_CHECK_JUDGE, 1,
	    "Verify is only a table",
	    "Tables are for people and prose is never executed, so the "
	    "result will be ERROR. Add a bash block whose exit status "
	    "decides." },
	{ "d9.uncovered", W, DF_CHECK_COVERAGE, 1,
	    "no holdout covers a scenario of priority P0 or P1",
	    "Give it one, or say in the notes of its row in the coverage "
	    "matrix why it is left to other tests." },
	{ "d9.unlabelled", W, DF_CHECK_JUDGE, 1,
	    "code of a scenario stands under no label",
	    "Only what stands under Setup, Execute, Verify or Cleanup is "
	    "run. If it is an example, give its fence another language." },
	{ "d9.unset", W, DF_CHECK_JUDGE, 1,
	    "a variable that scenarios expect is not set",
	    "D9 declares it without a default. The result of what needs "
	    "it is ERROR until it is set where the holdouts run." },
	{ "d9.vacuous", W, DF_CHECK_JUDGE, 1,
	    "Verify always succeeds",
	    "Its last command can only succeed, so the scenario cannot "
	    "fail." },
	{ "d9.yaml", W, DF_CHECK_JUDGE, 1,
	    "a YAML block that YAML would refuse",
	    "It was read all the same, but other programs will not. Quote "
	    "the text at that place: what holds a colon and a blank, or "
	    "begins with a mark that YAML keeps for itself. Aliases, "
	    "anchors, tags, a key that stands twice and a second document "
	    "are told here too." },
	{ "doc.comment", E, DF_CHECK_READABLE, 0,
	    "a comment is never closed",
	    "Everything behind <!-- is hidden up to the end of the "
	    "document." },
	{ "doc.component", W, DF_CHECK_AGREE, 0,
	    "documents name different components",
	    "D2's name is used." },
	{ "doc.empty", E, DF_CHECK_READABLE, 0,
	    "a document has no content",
	    "A file that only has a title counts as a document that is "
	    "missing." },
	{ "doc.fence", E, DF_CHECK_READABLE, 0,
	    "a code block is never closed",
	    "Everything behind the fence is code up to the end of the "
	    "document, and no heading or item in it is read." },
	{ "doc.fence-inside", W, DF_CHECK_READABLE, 0,
	    "a code block begins inside another",
	    "The one before it is perhaps not closed, and what stands "
	    "between them is read as code. Around code that holds fences "
	    "use a longer fence." },
	{ "doc.missing", E, DF_CHECK_DOCUMENTS, 0,
	    "a required document is missing",
	    "A specification has ten documents, D1 to D10. D9 may live "
	    "elsewhere: see --holdouts." },
	{ "doc.number", W, DF_CHECK_AGREE, 0,
	    "a document's title has another number than its file",
	    "The file name counts." },
	{ "doc.package", W, DF_CHECK_AGREE, 0,
	    "documents name different packages",
	    "D2's package is used." },
	{ "doc.package-form", W, DF_CHECK_AGREE, 0,
	    "the package id is not of the form PKG-NAME-NNN",
	    "E-001 wants PKG-NAME-NNN or TBD. Nothing depends on it." },
	{ "doc.twice", E, DF_CHECK_DOCUMENTS, 0,
	    "two files claim the same document",
	    "Only one of them is read. Rename or remove the other." },
	{ "doc.version", W, DF_CHECK_AGREE, 0,
	    "a document was written for another version of D2",
	    "It says \"matches D2\" and has another version." },
	{ "fill.placeholder", E, DF_CHECK_FILLED, 0,
	    "a placeholder of the template is not filled",
	    "What stands in brackets or braces is the template's "
	    "question, not an answer." },
	{ "id.duplicate", E, DF_CHECK_IDS, 0,
	    "an identifier is defined twice",
	    "References to it could mean either. The first definition is "
	    "used." },
	{ "item.merged", W, DF_CHECK_IDS, 0,
	    "an item has a field twice",
	    "Two items were probably one below the other, and the heading "
	    "of the second is gone or is not read as one: what it said is "
	    "now taken as said by the first." },
	{ "item.orphan", W, DF_CHECK_IDS, 0,
	    "a field stands outside of any item",
	    "It is not read. Look for a heading that is missing above it, "
	    "or whose id is not at its beginning." },
	{ "leak.block", E, DF_CHECK_LEAK, 1,
	    "executable text of D9 stands in another document",
	    "Builders read D1 to D8 and D10. Whoever has the check can "
	    "pass it without building what it checks." },
	{ "leak.id", W, DF_CHECK_LEAK, 1,
	    "a document that builders read names a holdout",
	    "The id alone gives little away, but it shows that the author "
	    "had D9 in mind." },
	{ "leak.title", W, DF_CHECK_LEAK, 1,
	    "a document that builders read has the title of a holdout",
	    "The title may give away what is judged." },
	{ "ref.dangling", E, DF_CHECK_REFS, 0,
	    "a reference to an item that does not exist",
	    "Correct the id, or define the item in its document." },
	{ "ref.holdout", E, DF_CHECK_REFS, 1,
	    "D9 refers to an item that does not exist",
	    "Correct the id, or define the item in its document." },
	{ "ref.other", W, DF_CHECK_REFS, 0,
	    "a component of D7 or a task names an item that does not exist",
	    "Nothing is built or judged by it, but one of the two "
	    "documents is out of date." },
	{ "ref.range", W, DF_CHECK_REFS, 0,
	    "a range of ids has members that do not exist",
	    "Those that exist are taken." },
	{ "ref.text", N, DF_CHECK_REFS, 0,
	    "text mentions an id that this specification does not define",
	    "It may belong to another specification; nothing depends on "
	    "it." },
	{ "speckit.checklist", N, DF_CHECK_OPEN, 0,
	    "a checklist has open items",
	    "Checklists of Spec Kit are about the words of the "
	    "specification. An open item is a question to its author; "
	    "nothing depends on it." },
	{ "speckit.claimed", N, DF_CHECK_TASKS, 0,
	    "tasks are ticked",
	    "A tick says that somebody, most often an agent, takes the "
	    "task to be done. It is a claim: nothing was run, and an "
	    "import takes the task as still to be built." },
	{ "speckit.clarification", E, DF_CHECK_OPEN, 0,
	    "a NEEDS CLARIFICATION marker is left",
	    "The author, or the agent who wrote the text, did not know. "
	    "Whoever builds would guess. Write the answer in the "
	    "marker's place." },
	{ "speckit.contract", W, DF_CHECK_CONTRACTS, 0,
	    "contracts that no story and no task can be traced to",
	    "An operation, export or section of contracts/ belongs to a "
	    "task that names it, its path, its operationId or its file, "
	    "or to a story by its name. Nobody would build the others. "
	    "One finding counts them all." },
	{ "speckit.cycle", E, DF_CHECK_CYCLES, 0,
	    "tasks wait for each other in a circle",
	    "None of them could ever start. Remove one of the "
	    "dependencies." },
	{ "speckit.dropped", N, DF_CHECK_TASKS, 0,
	    "tasks are marked as dropped",
	    "A box with - or ~ in it says that the task was given up or "
	    "put off. It is not read as a task." },
	{ "speckit.duplicate", E, DF_CHECK_IDS, 0,
	    "an identifier is defined twice",
	    "References to it could mean either. The first definition "
	    "is used." },
	{ "speckit.gwt", W, DF_CHECK_SCENARIOS, 0,
	    "an acceptance scenario lacks Given, When or Then",
	    "A scenario that does not say what is given, what happens "
	    "and what must then hold cannot be built or judged. The "
	    "words are in bold, in capitals, or begin the item and "
	    "follow a comma." },
	{ "speckit.missing", E, DF_CHECK_DOCUMENTS, 0,
	    "spec.md, plan.md or tasks.md is missing",
	    "A feature can be built when all three are there. Spec "
	    "Kit's commands specify, plan and tasks write them." },
	{ "speckit.no-constitution", W, DF_CHECK_DOCUMENTS, 0,
	    "there is no constitution",
	    "The principles that agents are held to stand in "
	    ".specify/memory/constitution.md, or in "
	    "memory/constitution.md. It is searched from the feature "
	    "upwards to the project's directory. Without it an import "
	    "has no D1." },
	{ "speckit.no-first", W, DF_CHECK_SCENARIOS, 0,
	    "no story has priority P1",
	    "P1 is what is built first and what must work. Without it "
	    "everything is as important as everything else." },
	{ "speckit.no-holdouts", W, DF_CHECK_HOLDOUTS, 0,
	    "there are no holdout scenarios",
	    "Spec Kit has nothing that a builder does not see. What is "
	    "built cannot be judged by more than what it was built "
	    "from, so a factory cannot approve it. Import the feature, "
	    "and let someone who is not the builder write D9." },
	{ "speckit.no-principles", W, DF_CHECK_CONSTITUTION, 0,
	    "the constitution has no principle",
	    "Principles are the headings below \"Core Principles\", or "
	    "headings with a number." },
	{ "speckit.no-scenarios", E, DF_CHECK_SCENARIOS, 0,
	    "the specification has no acceptance scenario",
	    "There is nothing to judge the result by. Scenarios are "
	    "numbered items with Given, When and Then in their story." },
	{ "speckit.no-stories", W, DF_CHECK_SCENARIOS, 0,
	    "the specification has no user story",
	    "A story is a heading \"User Story 1 - Title (Priority: "
	    "P1)\". Without stories tasks cannot be traced to what they "
	    "are for; [US1] in tasks.md then means nothing." },
	{ "speckit.no-story", W, DF_CHECK_TASKS, 0,
	    "a task below a story has no [USn]",
	    "It is taken as serving the story of its heading. Say so "
	    "with the tag." },
	{ "speckit.no-tasks", E, DF_CHECK_CYCLES, 0,
	    "tasks.md has no task",
	    "A task is a list item with a check box and an id: - [ ] "
	    "T001 ..." },
	{ "speckit.not-compliant", E, DF_CHECK_CONSTITUTION, 0,
	    "the plan says that it breaks a principle",
	    "A plan that breaks the constitution must not be built. "
	    "Change the plan, or the constitution." },
	{ "speckit.parallel", W, DF_CHECK_TASKS, 0,
	    "two tasks marked [P] touch the same file",
	    "[P] says that tasks of a phase may be built at the same "
	    "time because they touch different files. Two that name one "
	    "file will conflict when they are merged." },
	{ "speckit.placeholder", E, DF_CHECK_FILLED, 0,
	    "text of Spec Kit's templates is not filled in",
	    "What stands in brackets, or says ACTION REQUIRED, is the "
	    "template's question, not an answer." },
	{ "speckit.priority", W, DF_CHECK_SCENARIOS, 0,
	    "a story has no priority",
	    "Priorities decide which scenarios must hold for the result "
	    "to be accepted. Put (Priority: P2) behind the title." },
	{ "speckit.requirement", W, DF_CHECK_REFS, 0,
	    "requirements that no story and no task can be traced to",
	    "A requirement is traced by a story or task that cites it, "
	    "by its own mention of a story, or by the words of a "
	    "story's title. Nobody is told to build the others. One "
	    "finding counts them all." },
	{ "speckit.story-ref", E, DF_CHECK_REFS, 0,
	    "a task names a story that does not exist",
	    "Correct the tag, or write the story." },
	{ "speckit.story-scenario", E, DF_CHECK_SCENARIOS, 0,
	    "a story has no acceptance scenario",
	    "Nobody can tell whether it was built. Add numbered items "
	    "with Given, When and Then below the story." },
	{ "speckit.story-task", E, DF_CHECK_SCENARIOS, 0,
	    "no task serves a story",
	    "Nobody would build it. Tag the tasks that do: [US2]." },
	{ "speckit.stray", N, DF_CHECK_DOCUMENTS, 0,
	    "a file that is no document of a feature",
	    "It is left alone: neither read nor checked. An import "
	    "copies it with the others." },
	{ "speckit.task-ref", E, DF_CHECK_REFS, 0,
	    "a task depends on a task that does not exist",
	    "Correct the id, or write the task." },
	{ "speckit.unnumbered", W, DF_CHECK_TASKS, 0,
	    "check boxes of tasks.md have no task id",
	    "What has no id, like T001, is no task: it is not read. One "
	    "finding counts them all." },
	{ "speckit.verdicts", W, DF_CHECK_CONSTITUTION, 0,
	    "the plan does not check every principle",
	    "The section Constitution Check of plan.md says of each "
	    "principle whether the plan complies: a row, an item or a "
	    "heading that names it, with PASS or FAIL." },
	{ "total.entities", W, DF_CHECK_AGREE, 0,
	    "the header of D3 counts other entities than it defines",
	    "Header counts are for people; one of them is out of date." },
	{ "total.gaps", W, DF_CHECK_AGREE, 0,
	    "the header of D6 counts other gaps than it defines",
	    "Header counts are for people; one of them is out of date." },
	{ "total.holdouts", W, DF_CHECK_AGREE, 1,
	    "the run protocol counts other holdouts than D9 has",
	    "Thresholds like 4/4 are read as: all of them." },
	{ "total.tasks", W, DF_CHECK_AGREE, 0,
	    "D8 says another number of tasks than it defines",
	    "Header counts are for people; one of them is out of date. A "
	    "task may also have been lost: look for an id that is not at "
	    "the beginning of its line." },
	{ NULL, N, 0, 0, NULL, NULL }
};
const size_t df_nrules = DF_LEN(df_rules) - 1;

const struct df_rule_def *
df_rule_find(const char *id)
{
	size_t lo = 0, hi = df_nrules, mid;
	int c;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		c = strcmp(id, df_rules[mid].id);
		if (c == 0)
			return &df_rules[mid];
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

int
df_rule_waivable(const struct df_rule_def *r)
{
	static const char *const never[] = { "d1.no-articles",
	    "d2.no-scenarios", "d4.no-contracts", "d6.gap", "d6.open",
	    "d6.row", "d7.path", "d8.cycle", "d8.no-tasks", "doc.comment",
	    "doc.empty", "doc.fence", "doc.fence-inside", "doc.missing",
	    "doc.twice", "id.duplicate" };
	size_t i;

	if (r->d9 || strncmp(r->id, "speckit.", 8) == 0)
		return 0;
	for (i = 0; i < DF_LEN(never); i++)
		if (strcmp(r->id, never[i]) == 0)
			return 0;
	return 1;
}
