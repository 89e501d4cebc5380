# speckit.jq - the reading of a feature directory (df.speckit/1) as D1 to D8
# and D10: one object, a member a file.  See df-speckit(7).

def pad: tostring | if length < 3 then "000"[0:3 - length] + . else . end;
def number($prefix): to_entries | map(.value + { our: "\($prefix)-\(.key + 1 | pad)" });
def plural($n; $one; $many): "\($n) \(if $n == 1 then $one else $many end)";
def list($n): if length > $n then .[0:$n] + ["..."] else . end | join(", ");
def at: "\(.file):\(.line)";
def lines: map(. + "\n") | add // "";

. as $in
| ($in.name | gsub("[\u0001-\u001f]"; "?")) as $name
| ([.stories[] | { key: .id, value: . }] | from_entries) as $story

# ---- identifiers ----

# T012a stays T-012a; what cannot keep its number gets a new one.
| ([.tasks[].id | capture("^T0*(?<n>[0-9]+)") | .n | tonumber] | max // 0) as $most
| (reduce .tasks[] as $t ({ all: [], used: {}, next: ($most + 1) };
    ($t.id | capture("^T0*(?<n>[0-9]+)(?<s>.*)$")) as $p
    | "T-\($p.n | pad)\($p.s | ascii_downcase)" as $id
    | if ($t.repeated | not) and ($p.s | test("^[A-Za-z]?$")) and
        (.used[$id] | not)
      then .all += [$id] | .used[$id] = true
      else "T-\(.next | pad)" as $id
        | .all += [$id] | .used[$id] = true | .next += 1
      end) | .all) as $taskid
| (reduce ([.tasks[] | .id] | to_entries[]) as $e ({};
    if has($e.value) then . else .[$e.value] = $taskid[$e.key] end)) as $tasks
| (.scenarios | number("SC")) as $sc
| (reduce $sc[] as $s ({}; .[$s.story // ""] += [$s.our])) as $of
| (.entities | number("E")) as $entities
| (.research | number("RQ")) as $research
| (.contracts | reduce .[] as $c ({ all: [], n: {} };
    (if $c.form == "operation" then "IN"
     elif $c.name | test("error|exception|failure|exit (code|status)"; "i") then "ERR"
     elif $c.name | test("(Response|Result|Reply|Output|Event|Dto)s?$|\\b(outputs?|responses?|events?|stdout)\\b")
     then "OUT" else "IN" end) as $p
    | .n[$p] += 1
    | .all += [$c + { our: "\($p)-\(.n[$p] | pad)" }]) | .all) as $contracts

# ---- text ----

# In the D documents T-012 is a task and SC-001 a scenario: what the author
# calls T012 and SC-001 (a success criterion) is said in their words.
| def words:
    gsub("<!--"; "&lt;!--")
    | gsub("(?<![A-Za-z0-9-])SC-(?<n>[0-9]+)"; "Success-\(.n)")
    | gsub("(?<![A-Za-z0-9-])(?<t>T[0-9]{2,}[a-z]?)(?![A-Za-z0-9])";
        .t as $t | $tasks[$t] // $t);
  def flat: gsub("[ \t]*\n[ \t]*"; " ") | words;
  # At the beginning of a line an identifier would define an item.
  def line: flat | if test("^[^A-Za-z0-9]*(SC|DEF|E|IN|OUT|SIDE|ERR|TD|RQ|GAP|CLR|T|HS)-")
    then "Text: " + . else . end;
  def cell: flat | gsub("(?<!\\\\)\\|"; "\\|");
  def short: flat | gsub("[`*\\[\\]]"; "")
    | if length > 80 then (.[0:80] | sub(" [^ ]*$"; "")) + " ..." else . end;
  def field($name): if . == null or . == "" then empty
    else "**\($name):** \(flat)" end;
  # As it is, where no reader looks for items.
  def fenced($lang): ([match("^ *(`{3,})"; "g").captures[0].length] | max // 2) as $n
    | ("`" * ([$n + 1, 3] | max)) as $f
    | "\n\($f)\($lang)\n\(gsub("\n+$"; ""))\n\($f)\n";
  def head($doc; $title): "# \($doc): \($title) \u2014 \($in.title | short
      | if . == "" then $name else . end)\n",
    "**Component:** \($in.title | short | if . == "" then $name else . end)";
  def digest: . as $name | $in.files[] | select(.name == $name) | .digest;
  def have($kind): any($in.files[]; .kind == $kind);
  def from($kind; $path): if have($kind) then "**Design Sources:** \($name)/\($path)" else empty end;
  def ids($list): [$list[] | .our // .] | join(", ");

# ---- relations ----

  def stories: [.stories[] | select(.id | in($story))];
  def scenarios: [stories[] | $of[.id] // [] | .[]] | unique;
  def evidence: if all(stories[]; .evidence == "stated") then "stated" else "inferred" end;

  ([$in.tasks[].wave] | unique) as $waves
| (reduce ($in.tasks | to_entries[]) as $e ({};
    .[$e.value.wave | tostring] += [$taskid[$e.key]])) as $bywave
| ([range(1; $waves | length) as $i | { key: ($waves[$i] | tostring),
    value: $bywave[$waves[$i - 1] | tostring] }] | from_entries) as $before
| ($in.requirements | map({ key: .id, value: . }) | from_entries) as $req
| (reduce $in.requirements[] as $r ({};
    reduce $r.stories[] as $s (.; .[$s.id] += [{ id: $r.id, evidence: $s.evidence }])))
    as $storyreq
# the tasks that implement a contract: those that name it, else those of its
# stories
| (reduce ($in.tasks | to_entries[]) as $t ({};
    reduce $t.value.contracts[] as $c (.; .[$c.index | tostring] += [$t.key])))
    as $named
| (reduce ($in.tasks | to_entries[]) as $t ({};
    reduce ($t.value | stories[]) as $s (.; .[$s.id] += [$t.key]))) as $serving
| (reduce ($contracts | to_entries[]) as $c ({};
    (if $named[$c.key | tostring] then $named[$c.key | tostring]
     else [$c.value | stories[] | $serving[.id] // [] | .[]] | unique end) as $by
    | reduce $by[] as $t (.; .[$t | tostring] += [$c.value.our]))) as $builds

# ---- gaps ----

| (reduce $builds[][] as $o ({}; .[$o] = true)) as $built
| [$contracts[] | select($built[.our] | not)] as $unbuilt
| (reduce $in.tasks[].requirements[].id as $id ({}; .[$id] = true)) as $cited
| [$in.requirements[] | select(.stories == []) | .id
    | select($cited[.] | not)] as $untraced
# files that tasks of one phase name which are marked [P]
| ([(reduce ($in.tasks[] | select(.parallel)) as $t ({};
      reduce ($t.files[] | select(endswith("/") | not)) as $f (.;
        .["\($t.phase) \($f)"] += [$t.id]))) | .[]
    | select(length > 1) | join(" and ")] | unique) as $shared
| [$in.stories[] | select($of[.id] | not)] as $blank
| ([
    (if have("spec") then empty else { t: "There is no spec.md", s: "OPEN" } end),
    (if have("plan") then empty else { t: "There is no plan.md", s: "OPEN" } end),
    (if have("tasks") then empty else { t: "There is no tasks.md", s: "OPEN" } end),
    (if $in.constitution.principles == [] then
      { t: "No principle of a constitution was found", s: "OPEN" } else empty end),
    ($blank[] | { t: "\(.id) has no acceptance scenario", s: "OPEN", w: at,
      need: "what must hold when \(.id) (\(.title | short)) is built" }),
    (if $in.scenarios == [] then
      { t: "The feature has no acceptance scenario", s: "OPEN" } else empty end),
    (if $in.contracts == [] then
      { t: "contracts/ holds no contract", s: "OPEN",
        need: "what the component takes and gives: D4 is empty" } else empty end),
    (if $unbuilt == [] then empty else
      { t: "\(plural($unbuilt | length; "contract"; "contracts")) can be traced to no task", s: "OPEN",
        need: "name in D8 the task that implements \([$unbuilt[] | "\(.our) (\(.name | short))"] | list(20))" } end),
    ([$in.tasks[] | . as $t | .stories[] | select(.dangling) | "\($t.id) [\(.id)]"]
      | if . == [] then empty else
        { t: "Tasks name stories that do not exist", s: "OPEN", need: list(20) } end),
    ([$in.tasks[] | . as $t | .depends[] | select(.dangling) | "\($t.id) -> \(.id)"]
      | if . == [] then empty else
        { t: "Tasks depend on tasks that do not exist", s: "OPEN", need: list(20) } end),
    (if $in.repeated == [] then empty else
      { t: "Identifiers are defined twice", s: "OPEN",
        need: ([$in.repeated[] | "\(.text) (\(at))"] | list(20)) } end),
    (if $in.placeholders == [] then empty else
      { t: "Text of the templates is not filled in", s: "OPEN",
        need: ([$in.placeholders[] | at] | list(20)) } end),
    (if $untraced == [] then empty else
      { t: "\(plural($untraced | length; "requirement"; "requirements")) can be traced to no story and no task", s: "ASSUMED",
        need: ($untraced | list(40)), r: "the scenarios cover them" } end),
    ([$in.tasks[] | select(any(.stories[]; .evidence == "inferred")) | .id]
      | if . == [] then empty else
        { t: "\(plural(length; "task serves"; "tasks serve")) the story of the heading above", s: "ASSUMED",
          need: list(40), r: "no tag says otherwise" } end),
    ([$in.tasks[] | select(.stories == []) | .id]
      | if . == [] then empty else
        { t: "\(plural(length; "task serves"; "tasks serve")) no story", s: "ASSUMED",
          need: list(40), r: "they are infrastructure for all scenarios" } end),
    ([$in.requirements[] | select(any(.stories[]; .evidence == "inferred")) | .id]
      | if . == [] then empty else
        { t: "Requirements were given to stories by tasks or words", s: "ASSUMED",
          need: list(40), r: "see ids.tsv" } end),
    ([$contracts[] | select(any(.stories[]; .evidence == "inferred")) | .our]
      | if . == [] then empty else
        { t: "Contracts were given to stories by tasks or words", s: "ASSUMED",
          need: list(40), r: "see ids.tsv" } end),
    ([$contracts[] | select(.form != "operation") | .our]
      | if . == [] then empty else
        { t: "Whether a contract is inbound, outbound or an error was read off its name", s: "ASSUMED",
          need: list(40), r: "correct the ids in D4 and D8 where it is not so" } end),
    (if ($in.tasks | length) < 2 then empty else
      { t: "The order of tasks is that of tasks.md", s: "ASSUMED",
        need: "whether phases, and tasks without [P], must wait for what stands before them",
        r: "they wait; what tasks.md says of dependencies goes before" } end),
    ([$in.tasks[] | select(.claimed_done)] | length | if . == 0 then empty else
        { t: "\(plural(.; "task is"; "tasks are")) ticked", s: "ASSUMED",
          need: "whether they are built", r: "a tick is a claim: nothing is taken as done" } end),
    ([$in.dropped[].text] | if . == [] then empty else
        { t: "\(plural(length; "task is"; "tasks are")) marked as dropped", s: "ASSUMED",
          need: list(40), r: "not imported" } end),
    (if $in.unnumbered == [] then empty else
      { t: "\(plural($in.unnumbered | length; "check box"; "check boxes")) of tasks.md without a task id", s: "ASSUMED",
        need: ([$in.unnumbered[] | at] | list(20)), r: "no tasks" } end),
    (if $in.edge_cases == [] then empty else
      { t: "\(plural($in.edge_cases | length; "edge case has"; "edge cases have")) no scenario", s: "ASSUMED",
        need: "what must hold in each, see D2", r: "they are for who writes D9" } end),
    (if $in.assumptions == [] then empty else
      { t: "\(plural($in.assumptions | length; "assumption"; "assumptions")) of spec.md", s: "ASSUMED",
        need: "whether they hold, see D2", r: "their author says so" } end),
    ([$in.checklists[] | select(.open > 0) | "\(.file): \(.open) of \(.items)"]
      | if . == [] then empty else
        { t: "Checklists have open items", s: "ASSUMED", need: list(20), r: "they are about words" } end),
    (if any($in.tasks[].depends[]; .dangling | not) and all($in.tasks[]; .wave == 0) then
      { t: "Tasks wait for each other in a circle", s: "OPEN",
        need: "take one dependency of it out of D8" } else empty end),
    ([$in.constitution.principles[] | select(.complies == false) | .title | short]
      | if . == [] then empty else
        { t: "The plan breaks \(plural(length; "principle"; "principles"))", s: "OPEN", need: list(20) } end),
    ([$in.constitution.principles[] | select(has("complies") | not) | .title | short]
      | if . == [] then empty else
        { t: "The plan says nothing of \(plural(length; "principle"; "principles"))", s: "ASSUMED",
          need: list(20), r: "D7 has no verdict on them" } end),
    (if have("spec") and $in.stories == [] then
      { t: "spec.md has no user story", s: "ASSUMED", r: "its scenarios have no priority" } else empty end),
    ([$in.stories[] | select(.priority == null) | .id]
      | if . == [] then empty else
        { t: "\(plural(length; "story has"; "stories have")) no priority", s: "ASSUMED",
          need: list(40), r: "neither have their scenarios" } end),
    ([$in.stories[] | select((.priority // 0) > 3) | "\(.id) (P\(.priority))"]
      | if . == [] then empty else
        { t: "Priorities below P3 became P3", s: "ASSUMED", need: list(40), r: "P3 is the last there is" } end),
    ([$in.scenarios[] | select(.given == [] or .when == [] or .then == []) | .id]
      | if . == [] then empty else
        { t: "\(plural(length; "scenario lacks"; "scenarios lack")) Given, When or Then", s: "ASSUMED",
          need: list(40), r: "what they have is taken as it is" } end),
    (if $shared == [] then empty else
      { t: "Tasks marked [P] name the same file", s: "ASSUMED",
        need: ($shared | list(20)), r: "they stay parallel" } end),
    (if $in.entities == [] then
      { t: "No entity is named", s: "ASSUMED", need: "what data-model.md would say", r: "D3 is empty" } else empty end),
    (if $in.research == [] then
      { t: "No decision is recorded", s: "ASSUMED", need: "what research.md would say", r: "D5 is empty" } else empty end),
    (if $in.quickstart == [] then
      { t: "No commands are named", s: "ASSUMED", need: "what quickstart.md would say",
        r: "D10 has a placeholder" } else empty end),
    ([$in.files[] | select(.kind == "other") | .name]
      | if . == [] then empty else
        { t: "\(plural(length; "file was"; "files were")) not read", s: "ASSUMED",
          need: list(20), r: "they are in source, and nowhere else" } end),
    { t: "The package has no id", s: "ASSUMED", need: "an id instead of TBD in D2", r: "TBD" }
  ] | number("GAP")) as $gaps
| { "spec.md": "D2", "plan.md": "D7", "tasks.md": "D8", "data-model.md": "D3",
    "research.md": "D5", "quickstart.md": "D10" } as $docof
| ([$in.clarifications[] | { t: .text, s: "OPEN", f: .file, w: at }] +
    [$in.answers[] | { t: .question, s: "RESOLVED(\(.answer | flat))", f: .file, w: at }]
  | number("CLR")) as $clr
| ([$gaps[], $clr[] | select(.s == "OPEN")] | length) as $open

# ---- the documents ----

| def d1: [
    head("D1"; "Constitution"),
    ($in.constitution.version | field("Version")),
    ($in.constitution.ratified | field("Ratified")),
    ($in.constitution.amended | field("Last Amended")),
    "\n---\n\n## Articles\n",
    (if $in.constitution.principles == [] then
      "[Write the articles: no constitution was found]" else empty end),
    ($in.constitution.principles | to_entries[] |
      "### Article \(.key + 1): \(.value.title | short)\n",
      "**Rule:** \(.value.text // "" | flat)\n",
      "**Source:** \(.value | at)\n"),
    (if $in.constitution.sections == [] then empty else
      "## Development Workflow Constraints\n",
      ($in.constitution.sections[] | "- \(.name | line): \(.text | flat)") end)
  ] | lines;

  def scenario: [
    "#### \(.our): \(if .story then $story[.story].title | short else "Outside of stories" end) (\(.id))\n",
    (if .story then $story[.story].priority | if . == null then empty
      else "**Priority:** P\(if . > 3 then 3 else . end)" end else empty end),
    "**Source:** \(.id), \(at)",
    (if .story and $storyreq[.story] then
      "**Requirements:** \([$storyreq[.story][] | "\(.id) (\(.evidence))"] | join(", "))"
      else empty end),
    "",
    (if .given == [] and .when == [] and .then == [] then "**Text:** \(.text | flat)" else empty end),
    (.given | to_entries[] | "**\(if .key == 0 then "GIVEN" else "AND" end)** \(.value | flat)"),
    (.when | to_entries[] | "**\(if .key == 0 then "WHEN" else "AND" end)** \(.value | flat)"),
    (.then | to_entries[] | "**\(if .key == 0 then "THEN" else "AND" end)** \(.value | flat)"),
    "",
    (if .story then $story[.story].test | field("Testing Approach") | . + "\n" else empty end)
  ] | lines;

  def d2: [
    head("D2"; "Specification"),
    "**Package ID:** TBD",
    ($in.status | field("Status")),
    from("spec"; "spec.md"),
    "\n---\n\n## Component Purpose\n",
    (if ($in.input // "") != "" then $in.input | line
     elif ($in.plan.summary // "") != "" then $in.plan.summary | line
     else "[Component purpose paragraph]" end),
    (if $in.excluded == [] then empty else
      "\n## What This Component Is NOT\n", ($in.excluded[] | "- \(.text | line)") end),
    "\n## User Scenarios\n",
    ($in.stories[] | . as $s |
      "### \(.id) \u2014 \(.title | short)\n",
      (.about // "" | if . == "" then empty else line + "\n" end),
      (.why | field("Why this priority") | . + "\n"),
      ($sc[] | select(.story == $s.id) | scenario)),
    (if any($sc[]; .story | not) then "### Outside of stories\n",
      ($sc[] | select(.story | not) | scenario) else empty end),
    (if $in.requirements == [] then empty else
      "## Functional Requirements\n",
      ($in.requirements[] | "- \(.id): \(.text | flat) (\(at)\(if .stories == [] then "" else "; \([.stories[] | "\(.id) \(.evidence)"] | join(", "))" end))"),
      "" end),
    (if $in.edge_cases == [] then empty else
      "## Edge Cases\n", ($in.edge_cases[] | "- \(.text | line) (\(at))"), "" end),
    (if $in.assumptions == [] then empty else
      "## Assumptions\n", ($in.assumptions[] | "- \(.text | line) (\(at))"), "" end),
    "## Success Criteria\n",
    ($in.criteria[] | "- [ ] \(.id | words): \(.text | flat)"),
    "\n## Where the Scenarios Stand\n",
    "| Scenario | Source | Place | Evidence |\n|----------|--------|-------|----------|",
    ($sc[] | "| \(.our) | \(.id) | \(at) | \(if .story then "stated" else "inferred" end) |")
  ] | lines;

  def d3: [
    head("D3"; "Data Model"),
    from("data-model"; "data-model.md"),
    "\n---\n\n## Entities\n",
    (if $entities == [] then "Neither data-model.md nor spec.md names an entity." else empty end),
    ($entities[] | .fields as $e |
      "### \(.our): \(.name | short)\n",
      "**Source:** \(at)",
      (.about // (if .fields == [] and (.text // "" | test("\n") | not) then .text else null end) | field("Description")),
      "",
      (if .fields == [] then empty else
        "| Field | Type | Required | Description | Constraints |",
        "|-------|------|----------|-------------|-------------|",
        (.fields[] | "| \(.name | cell) | \(.type // "" | cell) | | \(.notes // "" | cell) | |"),
        "" end),
      (.about as $a | .text // "" | if . == "" or ($e == [] and $a == null and (test("\n") | not)) then empty else fenced("text") end))
  ] | lines;

  def d4: [
    head("D4"; "Contracts"),
    from("contract"; "contracts"),
    "\n---\n\n## Contracts\n",
    (if $contracts == [] then "[Write the contracts: contracts/ holds none]" else empty end),
    ($contracts[] | . as $c |
      "#### \(.our): \(.name | short)\n",
      "**Source:** \(at), \(.file | digest)",
      "**Form:** \(.form)\(if .operation then " \(.operation)" else "" end)",
      (scenarios | if . == [] then empty else
        "**Scenarios:** \(join(", ")) (\($c | evidence))" end),
      (.answers // [] | if . == [] then empty else "**Answers:** \(join(", "))" end),
      (.text // "" | if . == "" then "" else fenced("text") end)),
    "## Testable Surface\n\nSpec Kit declares no test doubles."
  ] | lines;

  def d5: [
    head("D5"; "Research"),
    from("research"; "research.md"),
    "\n---\n\n## Research Log\n",
    (if $research == [] then "research.md records no decision." else empty end),
    ($research[] |
      "#### \(.our): \(.title | short)\n",
      "**Prompted By:** \(at)",
      (.decision | field("Decision")),
      (.rationale | field("Rationale")),
      (.alternatives | field("Options Considered")),
      "")
  ] | lines;

  def d6: [
    head("D6"; "Gap Analysis"),
    "**Unresolved:** \($open)",
    "\n---\n\n## Boundary Analysis\n\nSpec Kit has none: what follows is what the import could not know.",
    "\n## Gap Register\n",
    ($gaps[] |
      "#### \(.our): \(.t | flat)\n",
      "**Found During:** import\(if .w then ", \(.w)" else "" end)",
      (.need | field("Need")),
      "**Status:** \(.s)",
      (.r | field("Assumption")),
      ""),
    "## Clarification Log\n",
    (if $clr == [] then "None.\n" else empty end),
    ($clr[] |
      "#### \(.our): \(.t | short)\n",
      "**Found During:** \($docof[.f] // "D2"), \(.w)",
      "**Question:** \(.t | flat)",
      "**Status:** \(.s)",
      "**Blocks:** D7\n"),
    "## Summary\n",
    "| Category | Gaps Found | Shared | Resolved | Remaining |",
    "|----------|------------|--------|----------|-----------|",
    "| Gaps | \($gaps | length) | 0 | \([$gaps[] | select(.s != "OPEN")] | length) | \([$gaps[] | select(.s == "OPEN")] | length) |",
    "| Clarifications | \($clr | length) | 0 | \([$clr[] | select(.s != "OPEN")] | length) | \([$clr[] | select(.s == "OPEN")] | length) |",
    "",
    (if $open == 0 then "**Gate verdict: PASS - zero open items.**"
     else "**Gate verdict: FAIL - \(plural($open; "open item"; "open items")).**" end)
  ] | lines;

  def d7: [
    head("D7"; "Plan"),
    from("plan"; "plan.md"),
    "\n---\n\n## Summary\n",
    (if have("plan") then $in.plan.summary // "" | line
     else "[Write the plan: there is no plan.md]" end),
    "\n## Technical Context\n",
    ($in.plan.context[] | "**\(.name | flat):** \(.text | flat)"),
    "\n## Constitution Check\n",
    "| Article | Principle | Compliant | Notes |\n|---------|-----------|-----------|-------|",
    ($in.constitution.principles | to_entries[] | select(.value | has("complies")) |
      "| Art \(.key + 1) | \(.value.title | cell) | \(if .value.complies then "YES" else "NO" end) | \(.value.check // "" | gsub("^\\||\\|$"; "") | gsub("\\|"; "; ") | cell) |"),
    "\n## Architecture Overview\n",
    ($in.plan.decision // "" | line),
    (if ($in.plan.tree // "") == "" then empty else
      "\n### File Creation Order\n\($in.plan.tree | fenced(""))" end),
    ([$in.plan.context[] | select(.name | test("^testing$"; "i"))][0] | if . == null then empty else
      "### Testing Strategy\n\n\(.text | line)\n" end),
    ($in.plan.complexity // "" | if . == "" then empty else
      "## Complexity Tracking\n\(fenced("text"))" end)
  ] | lines;

  def task($i): . as $t | $taskid[$i] as $our
  | ([.depends[] | if .dangling then "T-\(.id[1:])" else $taskid[.index] end]) as $stated
  | (($before[.wave | tostring] // []) - $stated) as $order
  | (if .phase == null then null else $in.phases[.phase] end) as $p
  | [
    "#### \($our): \(.text | short)\n",
    (if $p then "**Phase:** \($p.number // $t.phase) - \($p.title | short)" else empty end),
    "**Parallel/Serial:** \(if .parallel then "Parallel" else "Serial" end)",
    "**Dependency:** \(if $stated == [] and $order == [] then "None" else
      [($stated[] | . + " (stated)"), $order[]] | join(", ") end)",
    "**Scenarios Satisfied:** \(scenarios | if . != [] then join(", ") + " (\($t | evidence))"
      elif ($t | stories) != [] then
        "None (\([$t | stories[] | .id] | join(", ")): no acceptance scenario)"
      elif any($t.stories[]; .dangling) then
        "None (\([$t.stories[].id] | join(", ")): no such story)"
      else "Infrastructure: tasks.md names no story" end)",
    "**Contracts Implemented:** \(($builds[$i | tostring] // []) | if . == [] then "None" else join(", ") end)",
    "**Source:** \(.id), \(at)",
    (if .claimed_done then "**Claimed Done:** yes, by its author; nothing was run" else empty end),
    (if .files == [] then empty else "**Files:** \(.files | map("`\(.)`") | join(", "))" end),
    "\n**Acceptance Criteria:**",
    "- \(.text | line)",
    (.requirements[] | "- \(.id): \($req[.id].text | flat)"),
    ([stories[] | $storyreq[.id] // [] | .[]] | unique_by(.id)[]
      | select(.id as $id | any($t.requirements[]; .id == $id) | not)
      | "- \(.id) (\(.evidence), by its story): \($req[.id].text | flat)"),
    (if $p and $p.checkpoint and
        ($i + 1 == ($in.tasks | length) or $in.tasks[$i + 1].phase != $t.phase) then
      "- Checkpoint: \($p.checkpoint | flat)" else empty end),
    ""
  ] | lines;

  def d8: [
    head("D8"; "Tasks"),
    "**Total Tasks:** \($in.tasks | length)",
    from("tasks"; "tasks.md"),
    "\n---\n",
    (if $in.tasks == [] then "[Write the tasks: there is none]" else empty end),
    ($in.tasks | to_entries[] | select(.value.phase == null) | .key as $i | .value | task($i)),
    ($in.phases | to_entries[] | .key as $k |
      "## Phase \(.value.number // $k): \(.value.title | short)\n",
      (.value.goal // "" | if . == "" then empty else line + "\n" end),
      ($in.tasks | to_entries[] | select(.value.phase == $k) | .key as $i | .value | task($i)))
  ] | lines;

  def d10: [
    head("D10"; "Agent Context"),
    from("quickstart"; "quickstart.md"),
    "\n---\n\n## What This Project Does\n",
    ($in.plan.summary // $in.input // $in.title | line),
    "\n## Commands\n",
    (if $in.quickstart == [] then "[Write the commands: quickstart.md has none]" else empty end),
    ($in.quickstart[] | "# \(.name | flat)\n\(.text)" | fenced("bash")),
    "## Tool Rules\n\nSpec Kit states none; see the articles of D1."
  ] | lines;

  def row: map(tostring | gsub("[\t\n]"; " ")) | join("\t");
  def ids: [
    (["id", "kind", "file", "line", "evidence", "source"] | row),
    ($sc[] | [.our, "scenario", .file, .line, "inferred", .id] | row),
    ($in.stories[] | [.id, "story", .file, .line, "stated", .id] | row),
    ($in.requirements[] | [.id, "requirement", .file, .line, "stated", .id] | row),
    ($in.criteria[] | [(.id | words), "criterion", .file, .line, "stated", .id] | row),
    ($in.constitution.principles | to_entries[] | ["Article \(.key + 1)", "principle", .value.file, .value.line, "stated", .value.id] | row),
    ($entities[] | [.our, "entity", .file, .line, "inferred", .name] | row),
    ($contracts[] | [.our, .form, .file, .line, "inferred", .name] | row),
    ($research[] | [.our, "research", .file, .line, "inferred", .title] | row),
    ($in.tasks | to_entries[] | [$taskid[.key], "task", .value.file, .value.line, "stated", .value.id] | row),
    ($in.tasks | to_entries[] | .key as $i | .value | . as $t |
      (.stories[] | [$taskid[$i], "serves \(.id)", $t.file, $t.line, .evidence, $t.id] | row),
      (.depends[] | [$taskid[$i], "depends on \(.id)", $t.file, $t.line, .evidence, $t.id] | row),
      (.requirements[] | [$taskid[$i], "meets \(.id)", $t.file, $t.line, .evidence, $t.id] | row),
      (.contracts[] | [$taskid[$i], "implements \($contracts[.index].our)", $t.file, $t.line, .evidence, $t.id] | row)),
    ($in.requirements[] | . as $r | .stories[] | [$r.id, "serves \(.id)", $r.file, $r.line, .evidence, $r.id] | row),
    ($contracts[] | . as $c | .stories[] | [$c.our, "serves \(.id)", $c.file, $c.line, .evidence, $c.name] | row)
  ] | lines;

  { "D1_CONSTITUTION.md": d1, "D2_SPECIFICATION.md": d2, "D3_DATA_MODEL.md": d3,
    "D4_CONTRACTS.md": d4, "D5_RESEARCH.md": d5, "D6_GAP_ANALYSIS.md": d6,
    "D7_PLAN.md": d7, "D8_TASKS.md": d8, "D10_AGENT_CONTEXT.md": d10,
    "ids.tsv": ids }
