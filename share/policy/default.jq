# df-policy default 1.1.0
# The facts document (df-run(5)) in, one object a check out:
# {name, status: "PASS" or "FAIL", message}.

def check(name; ok; good; bad):
  {name: name, status: (if ok then "PASS" else "FAIL" end),
   message: (if ok then good else bad end)};

# Limits on the uses of the suite: asked for when they are set.
def limit(key): .settings[key] // 0;
def counted(f): if .suite == "unknown" or .suite == null then "unknown"
  else .suite | f end;
def used(name; key; n; what):
  if limit(key) == 0 then empty
  else n as $n | check(name; $n != "unknown" and $n <= limit(key);
    "\($n) \(what), \(limit(key)) are allowed";
    "\($n) \(what), \(limit(key)) are allowed") end;

check("validation"; .validation.status == "PASS";
  "the specification passed its checks"; "the specification did not pass"),

check("tasks";
  (.tasks | length) > 0 and all(.tasks[]; .status == "COMPLETED");
  "\(.tasks | length) tasks COMPLETED";
  "not COMPLETED: \([.tasks[] | select(.status != "COMPLETED") | .id] | join(", "))"),

check("holdouts"; .verdict != null and .verdict.verdict == "pass";
  "\(.verdict.passed)/\(.verdict.total) passed";
  (if .verdict == null then "nothing was evaluated"
   else "the verdict is \(.verdict.verdict)" end)),

check("isolation";
  (.settings["policy.require_isolation"] | not) or
    ((.isolation.attempts == "ISOLATED" or .isolation.attempts == "NONE")
     and .isolation.judge == "bwrap");
  "attempts \(.isolation.attempts), judge \(.isolation.judge)";
  "attempts \(.isolation.attempts), judge \(.isolation.judge)"),

check("disclosures"; .disclosures.found == 0;
  "nothing of the suite in what builders saw or wrote";
  "\(.disclosures.found) places hold text of the suite"),

used("suite_evaluations"; "policy.max_suite_evaluations";
  counted(.evaluations + 1); "evaluations of the suite with this one"),

used("suite_disclosed"; "policy.max_disclosed"; counted(.disclosed);
  "items of the suite disclosed when this evaluation ended")
