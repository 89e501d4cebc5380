#!/bin/sh
# share/agents: the adapters for claude and codex.  Their command lines are
# those that the programs document; stand-ins that write what the programs
# write show that session, message, tokens and cost are found in it.  The
# programs themselves are run when they are there, configured, and asked for:
# TEST_AGENTS='claude codex', for that costs money.

# shellcheck disable=SC2016 # dollars are meant for others
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-sign df-validate df-boot df-handoff df-prompt df-dispatch \
	df-report
needs_prog jq git
asked=$TEST_AGENTS
claude_key=$ANTHROPIC_API_KEY codex_key=$CODEX_API_KEY
unset ANTHROPIC_API_KEY CODEX_API_KEY OPENAI_API_KEY

# ---- what the files say ----

for i in claude codex; do
	exits 0 "$i: a record" df-validate "$top/share/agents/$i.json"
	exits 0 "$i: its profile too" df-validate "$top/share/profiles/$i.json"
	is "$(jq -r '.settings["agent.adapter"]' "$top/share/profiles/$i.json")" \
		"$i" "$i: is what the profile names"
done
is "$(jq -c .argv "$top/share/agents/claude.json")" \
	'["claude","-p","{prompt}","--output-format","stream-json","--verbose","--dangerously-skip-permissions"]' \
	'claude: one shot, the prompt as an argument, JSON lines'
is "$(jq -r '.env.IS_SANDBOX + " " + .pass_env[]' \
	"$top/share/agents/claude.json")" '1 ANTHROPIC_API_KEY' \
	'claude: may be root in our sandbox, and gets its key'
is "$(jq -c .argv "$top/share/agents/codex.json")" \
	'["codex","exec","--json","--skip-git-repo-check","--dangerously-bypass-approvals-and-sandbox","{prompt}"]' \
	'codex: one shot, JSON lines, no sandbox in the sandbox'
is "$(jq -r '(.stdin // "none") + " " + .pass_env[]' \
	"$top/share/agents/codex.json")" 'none CODEX_API_KEY' \
	'codex: nothing on stdin, which it would add to the prompt'

# ---- what has to be there ----

if ! has_bwrap; then
	skip 1 'bwrap cannot make a sandbox here'
	done_testing
fi
keys
tiny_spec spec
bin=$HOME/.local/bin
exits 4 'claude: not installed' df-boot --spec spec --profile claude
has "$err" "$bin"
mkdir -p "$bin" "$HOME/.local/share/claude"
printf '#!/bin/sh\n' >"$bin/claude"
chmod 755 "$bin/claude"
exits 4 'claude: no key' df-boot --spec spec --profile claude
has "$err" 'ANTHROPIC_API_KEY'
ANTHROPIC_API_KEY=sk-ant-secret-0123456789 CODEX_API_KEY=sk-secret-9876543210
export ANTHROPIC_API_KEY CODEX_API_KEY
exits 0 'claude: both' df-boot --spec spec --profile claude -n
exits 4 'codex: the program is not there' df-boot --spec spec --profile codex -n
has "$err" 'codex'
exits 4 'claude: not without the network' df-boot --spec spec \
	--profile claude -n --set sandbox.allow_network=false

# ---- stand-ins ----

# It writes down how it was called, says what is recorded for its task, with
# that status, and claims success.
for i in claude codex; do
	cat >"$bin/$i" <<'END'
#!/bin/sh
here=${0%/*}/rec
task=T-$(grep -o 'H-FACTORY-[0-9]*' .df/prompt.md | head -n 1 | tail -c 4)
name=${0##*/}
for word; do
	printf %s "$word" | cmp -s - .df/prompt.md && word=PROMPT
	printf '%s|' "$word"
done >"said-$task"
env | sed 's/=.*//' | sort | tr '\n' ' ' >"env-$task"
cat >"stdin-$task"
[ -r /etc/resolv.conf ] && echo resolves >"net-$task"
printf '# Results\n\n## Status: PASS\n' >"$FACTORY_RESULTS_PATH"
cat "$here/$name-$task"
exit "$(cat "$here/$name-$task.rc" 2>/dev/null || echo 0)"
END
	chmod 755 "$bin/$i"
done
mkdir "$bin/rec"

# as documented: T-001 works, T-002 fails, T-003 says nothing of use
cat >"$bin/rec/claude-T-001" <<'END'
{"type":"system","subtype":"init","session_id":"s-1","tools":["Bash"],"model":"m"}
a line that is no JSON
42
{"type":"assistant","message":{"usage":{"input_tokens":9,"output_tokens":9}},"session_id":"s-1"}
{"type":"result","subtype":"success","is_error":false,"num_turns":2,"result":"It is built.","session_id":"s-1","total_cost_usd":0.0123,"usage":{"input_tokens":10,"cache_creation_input_tokens":200,"cache_read_input_tokens":3000,"output_tokens":40000}}
END
cat >"$bin/rec/claude-T-002" <<'END'
{"type":"system","subtype":"init","session_id":"s-2"}
{"type":"result","subtype":"error_max_turns","is_error":true,"session_id":"s-2","total_cost_usd":1.1,"usage":{"input_tokens":1,"output_tokens":2},"modelUsage":{"a":{"inputTokens":5,"outputTokens":6,"cacheReadInputTokens":7,"cacheCreationInputTokens":8,"costUSD":1},"b":{"inputTokens":100,"outputTokens":200}}}
END
echo 1 >"$bin/rec/claude-T-002.rc"
printf '"text"\n[1,2]\nnull\n' >"$bin/rec/claude-T-003"
cat >"$bin/rec/codex-T-001" <<'END'
{"type":"thread.started","thread_id":"t-1"}
{"type":"turn.started"}
{"type":"item.completed","item":{"id":"item_0","type":"error","message":"only a warning"}}
{"type":"item.completed","item":{"id":"item_1","type":"agent_message","text":"First."}}
{"type":"item.completed","item":{"id":"item_2","type":"agent_message","text":"It is built."}}
{"type":"turn.completed","usage":{"input_tokens":2400,"cached_input_tokens":2000,"output_tokens":68,"reasoning_output_tokens":10}}
END
cat >"$bin/rec/codex-T-002" <<'END'
{"type":"thread.started","thread_id":"t-2"}
{"type":"turn.started"}
{"type":"turn.failed","error":{"message":"no more quota"}}
END
echo 1 >"$bin/rec/codex-T-002.rc"
printf '7\nplain text\n' >"$bin/rec/codex-T-003"
cat >wanted.claude <<'END'
T-001 0 s-1 43210 12300 It is built.
T-002 1 s-2 326 1100000 error_max_turns
T-003 0 - - - -
END
cat >wanted.codex <<'END'
T-001 0 t-1 2468 - It is built.
T-002 1 t-2 - - no more quota
T-003 0 - - - -
END

# recorded CLI SCENARIO STATUS TOKENS COST MESSAGE: a further task whose agent
# says what the program said when it was recorded
cp -R spec spec.claude
cp -R spec spec.codex
recorded() {
	rec=$tap_corpus/agents/$1/$2
	number=$(($(wc -l <"wanted.$1") + 1))
	task=T-$(printf %03d "$number")
	more_tasks "spec.$1" "$task None"
	cp "$rec.stdout" "$bin/rec/$1-$task"
	sed -n 's/^rc: //p' "$rec.meta" >"$bin/rec/$1-$task.rc"
	session=$(grep -o '"\(session\|thread\)_id":"[^"]*"' "$rec.stdout" |
		head -n 1 | cut -d '"' -f 4)
	echo "$task $3 ${session:--} $4 $5 $6" >>"wanted.$1"
}

if [ -d "$tap_corpus/agents" ]; then
	recorded claude ok 0 2468 4700 'Created hello.txt. Done.'
	recorded claude denied 0 2468 4700 'Created hello.txt. Done.'
	recorded claude cut 0 1234 2350 'cut in the middle'
	recorded claude budget 1 3702 7050 error_max_budget_usd
	recorded claude maxturns 1 2468 4700 error_max_turns
	recorded claude loop 0 11106 21150 never
	recorded claude e401 124 - - -
	recorded claude hang 124 - - -
	recorded codex ok 0 2468 - 'Created hello.txt. Done.'
	recorded codex daemon 0 2468 - 'left a daemon behind'
	recorded codex loop 0 11106 - never
	recorded codex resume2 0 3702 - 'Created hello.txt. Done.'
	recorded codex cut 1 - - 'stream disconnected before completion: stream closed before response.completed'
	recorded codex e401 1 - - 'unexpected status 401 Unauthorized: invalid x-api-key, url: http://127.0.0.1:4010/v1/responses'
	recorded codex hang 124 - - -
else
	echo "# no recordings: $tap_corpus/agents"
fi

# shows CLI ARGUMENTS NAMES: a run with the stand-in
shows() {
	boot --spec "spec.$1" --profile "$1"
	must df-handoff -q
	must df-prompt -q
	exits 0 "$1: dispatched" df-dispatch -q -j 2
	first=result/T-001/1.tree
	is "$(content "$first" said-T-001)" "$2" "$1: called so"
	is "$(content "$first" env-T-001)" "$3" "$1: with these variables"
	is "$(content "$first" stdin-T-001)" '' "$1: nothing on stdin"
	is "$(content "$first" net-T-001)" resolves "$1: names can be resolved"
	for i in "$DF_RUN"/dispatch/*/1.json; do
		jq -r '[.task_id, .agent.exit, .session // "-",
			.tokens_used // "-", .cost_microusd // "-",
			.message // "-"] | map(tostring) | join(" ")' "$i"
	done >got
	is "$(cat got)" "$(cat "wanted.$1")" \
		"$1: exit, session, tokens, cost, message"
	is "$(jq -r 'select(.status != "COMPLETED" or .usage_error)' \
		"$DF_RUN"/dispatch/*/1.json)" '' \
		"$1: what counts is what the results file says"
	is "$(jq -r '.sandbox | .level + " " + .network' \
		"$DF_RUN/dispatch/T-001/1.json")" 'bwrap+net host' \
		"$1: the record says that it had the network"
	is "$(grep -rlaF -e "$ANTHROPIC_API_KEY" -e "$CODEX_API_KEY" "$DF_RUN" |
		wc -l)" 0 "$1: its key is nowhere in the run"
	must df-report -q
	is "$(jq -r '[.total_tokens, .total_cost_microusd] | map(. // 0) |
		join(" ")' "$DF_RUN/report.json")" "$(awk '
		$4 != "-" { tokens += $4 }
		$5 != "-" { cost += $5 }
		END { print tokens + 0, cost + 0 }' "wanted.$1")" \
		"$1: the report has the sums"
}

shows claude \
	'-p|PROMPT|--output-format|stream-json|--verbose|--dangerously-skip-permissions|' \
	'ANTHROPIC_API_KEY CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC FACTORY_RESULTS_PATH HOME IS_SANDBOX LANG PATH PWD TERM '
shows codex \
	'exec|--json|--skip-git-repo-check|--dangerously-bypass-approvals-and-sandbox|PROMPT|' \
	'CODEX_API_KEY FACTORY_RESULTS_PATH HOME LANG PATH PWD TERM '

# ---- the programs themselves ----

# real CLI VARIABLE KEY: it builds T-001
real() {
	home=$(getent passwd "$(id -un)" | cut -d : -f 6)
	case " $asked " in
	*" $1 "*) ;;
	*)
		skip 3 "TEST_AGENTS does not name $1"
		return
		;;
	esac
	if ! [ -x "$home/.local/bin/$1" ]; then
		skip 3 "no $home/.local/bin/$1"
		return
	elif [ -z "$3" ]; then
		skip 3 "$2 is not set"
		return
	fi
	must env HOME="$home" "$2=$3" df-boot -q --spec spec --profile "$1"
	DF_RUN=$(cat "$out")
	must df-handoff -q T-001
	must df-prompt -q T-001
	exits 0 "$1: builds greet.sh" env HOME="$home" "$2=$3" df-dispatch T-001
	content result/T-001/1.tree greet.sh >made.sh
	is "$(sh made.sh you)" 'hello you' "$1: as specified"
	is "$(jq -r '[has("session"), .tokens_used > 0, has("message")] |
		join(" ")' "$DF_RUN/dispatch/T-001/1.json")" 'true true true' \
		"$1: and its usage is known"
}

real claude ANTHROPIC_API_KEY "$claude_key"
real codex CODEX_API_KEY "$codex_key"
done_testing
