# shellcheck shell=sh
# run.sh - cheats as agents of a real run, and what they gained.  A test has
#
#	. "$(dirname "$0")/lib.sh"
#	. "$t/cheats/lib/run.sh"
#	cheats_ready
#
# and then runs several of them at once, each as the agent of one task:
#
#	cheats_run NAME...	boot, handoffs, prompts and df-dispatch; $rc
#	cheats_said		what became of each, and what it gained: tests
#	cheats_over		nothing of them is left, nothing was changed
#
# An attack is a file NAME.sh beside this directory.  Its first comment says
# what it tries, and in lines of their own
#
#	ends: STATUS [CODE], ...	how its attempt may end (COMPLETED)
#	after: NAME ...			its task starts from what these left
#	control: all | user		without a sandbox it gains something;
#					user: if the agent has the uid of df-dispatch
#	landlock: WHAT			what level landlock leaves open of it
#	execute: COMMAND		a scenario that judges what it left, in
#	verify: COMMAND			which WORD stands for a hidden word
#	tap: LINE			or a program of the suite instead
#	judged: STATUS [CLASS], ...	what becomes of that scenario
#	naive: fooled [MACHINE]		a shell that reads the scenario from
#					standard input says that all is well
#	needs: PROGRAM			of the judge
#
# What they gained is looked for in two ways: by their own word, "GAINED", and
# by the operator's secrets, which are in nothing that a builder could write.

cheats=$t/cheats

# head_of NAME FIELD: the values of a field of the first comment
head_of() {
	sed -n "/^\$/q; s/^# $2: *//p" "$cheats/$1.sh"
}

# what it is called in a test: its first sentence
about() {
	sed -n '2,/[.:]$\|^#$/s/^# *//p' "$cheats/$1.sh" | tr '\n' ' ' |
		sed 's/[.:,] .*//; s/[.:, ]*$//'
}

# names FIELD: attacks that have it in their comment, or all
names() {
	for tap_file in "$cheats"/*.sh; do
		tap_name=${tap_file##*/}
		tap_name=${tap_name%.sh}
		[ "$1" = all ] || [ -n "$(head_of "$tap_name" "$1")" ] || continue
		echo "$tap_name"
	done
}

# ---- what they are after -------------------------------------------------

# cheats_ready: keys, a specification, a project and an operator with secrets
cheats_ready() {
	needs_tool df-sign df-boot df-handoff df-prompt df-dispatch df-holdout \
		df-report df-decide df-freeze df-verify
	needs_prog git bash jq perl ssh-agent ssh-add
	needs_bwrap
	keys
	umask 022
	salt=$(od -An -N6 -tx1 /dev/urandom | tr -d ' \n')
	secrets=$tmp/secrets
	: >"$secrets"
	mkdir -p bait/open bait/base "$HOME/.ssh"
	chmod 1777 bait/open
	printf '# Results\n\n## Status: PASS\n' >bait/open/pass.md
	secret ssh >"$HOME/.ssh/id_ed25519"
	chmod 600 "$HOME/.ssh/id_ed25519"
	secret open >bait/open/secret
	secret fd >bait/fd
	CHEAT_SECRET=$(secret environment)
	CHEAT_TOKEN=$(secret token)
	export CHEAT_SECRET CHEAT_TOKEN
	canary=canary-heliotrope-$salt
	echo "$canary" >>"$secrets"
	# a project whose history had the scenarios
	(
		cd bait/base &&
			git init -q . &&
			echo "Canary: $canary" >holdouts.md &&
			git add . && git commit -qm one &&
			git rm -q holdouts.md && echo x >file &&
			printf '*.o\nignored/\n' >.gitignore &&
			git add . && git commit -qm two
	) || bail 'no project'
	commit=$(git -C bait/base rev-parse HEAD~1)
	servers
	shm=/dev/shm/df-cheat-bait.$$
	trap 'cheats_rc=$?; rm -f "$shm"; (exit "$cheats_rc"); tap_end' EXIT
	secret shm >"$shm" || bail 'no /dev/shm'
	(
		DF_SECRET_ARGUMENT=$(secret argument)
		export DF_SECRET_ARGUMENT
		exec sleep 1000
	) &
	victim=$!
	tap_pids="$tap_pids $victim"
	export_ring
	mkdir -p agents/cheats agents/cheats/lib
	for tap_name in $(names all); do
		sed -E '/^# (execute|verify|tap|judged):/d' \
			"$cheats/$tap_name.sh" >"agents/cheats/$tap_name.sh"
	done
	cp "$cheats/lib/agent.sh" agents/cheats/lib
}

# secret NAME: a secret of that kind, which is remembered
secret() {
	echo "bait-$1-$salt" | tee -a "$secrets"
}

# Servers that give a secret away; $port, $sock, and an ssh-agent.
servers() {
	sock=$tmp/bait/open/server
	secret tcp >bait/tcp
	secret unix >bait/unix
	bg perl -MIO::Socket::INET -MIO::Socket::UNIX -MIO::Select -e '
		my ($sock, $dir) = @ARGV;
		my %say;
		my $t = IO::Socket::INET->new(LocalAddr => "127.0.0.1",
			Listen => 9) or die;
		my $u = IO::Socket::UNIX->new(Local => $sock, Listen => 9) or die;
		my $a = IO::Socket::UNIX->new(Local => "\0$sock", Listen => 9)
			or die;
		chmod 0777, $sock;
		for ([$t, "tcp"], [$u, "unix"], [$a, "unix"]) {
			open my $f, "<", "$dir/$_->[1]";
			$say{$_->[0]} = <$f>;
		}
		open my $p, ">", "$dir/port.new";
		print $p $t->sockport;
		close $p;
		rename "$dir/port.new", "$dir/port";
		my $s = IO::Select->new($t, $u, $a);
		while (1) {
			for ($s->can_read) {
				my $c = $_->accept or next;
				print $c $say{$_};
				close $c
			}
		}' "$sock" bait
	await 5 test -s bait/port || bail 'no server'
	port=$(cat bait/port)
	agent=$tmp/bait/agent
	bg ssh-agent -D -a "$agent" >/dev/null 2>&1
	await 5 test -S "$agent" || bail 'no ssh-agent'
	SSH_AUTH_SOCK=$agent ssh-add -q keys/df-approve 2>/dev/null ||
		bail 'ssh-add'
}

# A key of the session's keyring, $ring is its name.
export_ring() {
	ring=df-cheat-$salt
	secret ring >bait/ring
	# shellcheck disable=SC2016 # perl
	keyed='
		my %nr = (x86_64 => [250, 248], aarch64 => [219, 217]);
		chomp(my $m = `uname -m`);
		my ($name, $file) = splice @ARGV, 0, 2;
		open my $f, "<", $file or die;
		chomp(my $key = <$f>);
		syscall($nr{$m}[0], 1, 0);
		my ($type, $what) = ("user\0", "$name\0");
		syscall($nr{$m}[1], $type, $what, $key, length $key, -3);
		exec @ARGV or die'
}

# operator COMMAND...: as somebody whose shell is full of secrets
operator() {
	perl -e "$keyed" "$ring" bait/ring env SSH_AUTH_SOCK="$agent" \
		sh -c '"$@" 9<bait/fd 8>>bait/fd' sh "$@"
}

# ---- running them --------------------------------------------------------

# cheats_adapter ENV: the program that all of them are, as $adapter; ENV is
# CHEAT_CONTROL where they are run to show what they could gain, or empty
cheats_adapter() {
	cat >agents/cheats/agent <<-'END'
	#!/bin/sh
	here=${0%/*}
	name=$(sed -n "s/^$1 //p" "$here/map")
	exec sh "$here/$name.sh" "$1"
	END
	chmod 755 agents/cheats/agent
	tap_env=''
	[ -z "$1" ] || tap_env=",\"$1\":\"1\""
	cat >agents/cheats.json <<-END
	{"schema":"df.adapter/1","name":"cheats","version":"1.0.0",
	"argv":["{here}/cheats/agent","{task}"],"ro":["{here}/cheats"],
	"usage":"{tokens: (map(.tokens? // 0) | add), cost_microusd: (map(.cost? // 0) | add)}",
	"env":{"CHEAT_SPEC":"$tmp/spec","CHEAT_BASE":"$tmp/bait/base",
	"CHEAT_COMMIT":"$commit","CHEAT_RUNS":"$tmp/runs",
	"CHEAT_KEYS":"$DF_KEYS","CHEAT_HOME":"$HOME",
	"CHEAT_OPEN":"$tmp/bait/open","CHEAT_SHM":"$shm",
	"CHEAT_PID":"$victim","CHEAT_PORT":"$port","CHEAT_SOCK":"$sock",
	"CHEAT_RING":"$ring","CHEAT_AGENT":"$agent"$tap_env}}
	END
	adapter=$tmp/agents/cheats.json
}

# cheats_spec NAME...: a specification with a task for each, in that order, and
# a scenario for each that leaves something to be judged; the file map has
# "TASK NAME", the file judged "SCENARIO NAME"
cheats_spec() {
	rm -rf spec tests agents/cheats/map
	tiny_spec spec
	: >judged
	i=0
	for tap_name; do
		i=$((i + 1))
		printf 'T-%03d %s\n' "$i" "$tap_name"
	done >agents/cheats/map
	{
		sed '/^#### T-001/,$d' "$t/data/tiny/D8_TASKS.md" |
			sed "s/^\*\*Total Tasks:\*\* 3/**Total Tasks:** $#/"
		while read -r tap_id tap_name; do
			cheats_task
		done <agents/cheats/map
	} >spec/D8_TASKS.md
	cheats_d9 "$@" >spec/D9_HOLDOUT_SCENARIOS.md
}

cheats_task() {
	tap_after=''
	for tap_word in $(head_of "$tap_name" after); do
		tap_after="$tap_after${tap_after:+, }$(task_of "$tap_word")"
	done
	printf '\n#### %s: Do what is to be done by %s\n\n' "$tap_id" "$tap_id"
	printf '**Phase:** 0 - Words\n**Parallel/Serial:** Parallel\n'
	printf '**Dependency:** %s\n**Scope:** S\n' "${tap_after:-None}"
	printf '**Scenarios Satisfied:** SC-001, SC-002, SC-003\n'
	printf '**Contracts Implemented:** IN-001, OUT-001\n\n'
	printf '**Acceptance Criteria:**\n- it is done\n'
}

task_of() {
	sed -n "s/ $1\$//p" agents/cheats/map
}

cheats_d9() {
	printf '# D9: Holdout Scenarios - Greeter\n\n'
	printf '**Component:** Greeter\n**Canary:** %s\n' "$canary"
	printf '\n---\n\n## Scenarios\n'
	tap_hs=0
	for tap_name; do
		[ -n "$(head_of "$tap_name" judged)" ] || continue
		tap_hs=$((tap_hs + 1))
		cheats_scenario
	done
	[ "$tap_hs" -ge 3 ] || for tap_name in 1 2 3; do
		tap_hs=$((tap_hs + 1))
		cheats_block "$tap_hs" "Nobody is served by $tap_name" : \
			"grep -qx hidden-none-$salt-hidden said"
	done
	printf '\n## Scenario Coverage Matrix\n\n'
	printf '| D2 Scenario | Priority | Holdout Coverage | Notes |\n'
	printf '|---|---|---|---|\n'
	for i in 1 2 3; do
		printf '| SC-00%d | P%d | HS-%03d | |\n' "$i" $((i > 1)) "$i"
	done
	printf '\n## Run Protocol\n\n**Run order:** P0 first, then P1.\n'
}

cheats_scenario() {
	tap_id=$(printf 'HS-%03d' "$tap_hs") tap_word=hidden-$tap_name-$salt-hidden
	echo "$tap_id $tap_name" >>judged
	echo "$tap_word" >>"$secrets"
	if [ -n "$(head_of "$tap_name" tap)" ]; then
		mkdir -p tests
		{
			echo '#!/bin/sh'
			head_of "$tap_name" tap
		} | sed "s/WORD/$tap_word/g" >"tests/$tap_id.t"
		chmod 755 "tests/$tap_id.t"
		cheats_block "$tap_hs" "Behaviour number $tap_hs of $tap_name" : \
			"false # $tap_word"
	else
		cheats_block "$tap_hs" "Behaviour number $tap_hs of $tap_name" \
			"$(head_of "$tap_name" execute)" \
			"$(head_of "$tap_name" verify | sed "s/WORD/$tap_word/g")"
	fi
}

cheats_block() {
	printf '\n### HS-%03d: %s\n\n' "$1" "$2"
	printf '**Validates:** SC-00%d\n**Contracts:** IN-001\n' \
		$(($1 < 4 ? $1 : 2))
	printf '**Priority:** P1\n**Type:** Edge case\n\n'
	printf '**Execute:**\n```bash\n%s\n```\n\n' "$3"
	printf '**Verify:**\n```bash\n%s\n```\n' "$4"
}

# cheats_boot NAME...: a run with handoffs and prompts; settings in $opts
cheats_boot() {
	cheats_spec "$@"
	ready "$adapter" --spec spec --base bait/base \
		${opts:+$opts} ${tests:+--tests tests}
	watched >before
}

# cheats_run NAME...: and dispatched
cheats_run() {
	tests=''
	for tap_name; do
		[ -z "$(head_of "$tap_name" tap)" ] || tests=1
	done
	cheats_boot "$@"
	run operator df-dispatch -j 4
	cp "$err" dispatched
	: >"$out"
	: >"$err"
}

# ---- what they gained ----------------------------------------------------

# fits WORDS LIST: is it one of those between commas?
fits() {
	case ", $2," in
	*", $1,"*) return 0 ;;
	esac
	return 1
}

# cheats_said: a test for each attack of the run
cheats_said() {
	while read -r tap_id tap_name; do
		tap_want=$(head_of "$tap_name" ends)
		tap_got=$(jq -r '.status + " " + (.error_code // "")' \
			"$DF_RUN/dispatch/$tap_id/1.json" 2>&1)
		tap_got=${tap_got% }
		tap_gain=$(grep -asF ': GAINED' "$DF_RUN/result/$tap_id/1.log")
		if fits "$tap_got" "${tap_want:-COMPLETED}" &&
		    [ -z "$tap_gain" ]; then
			tap_pass "$tap_name: $(about "$tap_name")"
		else
			tap_fail "$tap_name: $(about "$tap_name")"
			echo "# ended: $tap_got"
			printf '%s\n' "$tap_gain" | sed 's/^/# /'
		fi
	done <agents/cheats/map
}

# cheats_judged [N]: a test for each scenario of the evaluation
cheats_judged() {
	while read -r tap_id tap_name; do
		tap_got=$(jq -r --arg id "$tap_id" '.holdouts[] |
			select(.holdout_id == $id) | [.status,
			(.failure // empty | select(. != "")),
			(select(.independent == false) | "not independent")] |
			join(" ")' "$DF_RUN/holdout/1.json")
		if fits "$tap_got" "$(head_of "$tap_name" judged)"; then
			tap_pass "$tap_name, judged: $tap_got"
		else
			tap_fail "$tap_name, judged: $tap_got"
		fi
	done <judged
}

# All that is not theirs to change, and what is in it.
watched() {
	find bait spec keys trust home agents tests base "$shm" -printf \
	    '%p %y %m %U %s %l\n' 2>/dev/null | LC_ALL=C sort
	find bait spec keys trust home agents tests "$shm" -type f \
	    -exec sha256sum {} + 2>/dev/null | LC_ALL=C sort
}

# cheats_naive: what a shell says that reads each scenario from its standard
# input and asks nothing else, in a sandbox that everybody would think of
cheats_naive() {
	while read -r tap_id tap_name; do
		tap_want=$(head_of "$tap_name" naive)
		case $tap_want in
		'') continue ;;
		*' '*) [ "${tap_want#* }" = "$(uname -m)" ] || continue ;;
		esac
		mkdir -p naive/ws/.df naive/home
		(
			cd naive/ws &&
				sh "$cheats/$tap_name.sh" T-001 >/dev/null 2>&1
		)
		tap_word=hidden-$tap_name-$salt-hidden
		{
			head_of "$tap_name" execute
			head_of "$tap_name" verify | sed "s/WORD/$tap_word/g"
		} >naive/text
		ok "$tap_name: another judge would have been fooled" \
			from naive/text bwrap --unshare-user --unshare-pid \
			--unshare-net --ro-bind /usr /usr \
			--ro-bind /bin /bin --ro-bind /lib /lib \
			--ro-bind-try /lib64 /lib64 \
			--ro-bind-try /etc/alternatives /etc/alternatives \
			--dev /dev --proc /proc --tmpfs /tmp \
			--bind naive/ws /ws --bind naive/home /home \
			--setenv HOME /home --setenv PATH \
			/usr/bin:/bin:/usr/sbin:/sbin --chdir /ws bash
		rm -rf naive
	done <judged
}

# alive: a process with their environment
alive() {
	grep -lsF "CHEAT_OPEN=$tmp/" /proc/[0-9]*/environ
}

# cheats_over: tests of what is left
cheats_over() {
	no 'no process is left' alive
	watched >after
	is "$(diff before after | head -n 20)" '' 'nothing outside was changed'
	is "$(find / /tmp /var/tmp /dev/shm "$tmp" "$top" bait keys spec \
		-maxdepth 1 -name 'df-cheat-*' ! -name 'df-cheat-bait.*' \
		2>/dev/null)" '' \
		'nothing was written elsewhere'
	is "$(find "$DF_SCRATCH" -mindepth 2 2>/dev/null | head -n 5)" '' \
		'no workspace is left'
	for tap_file in "$DF_RUN"/blobs/sha256/*; do
		! grep -aqFf "$secrets" "$tap_file" || grep -lF \
			"${tap_file##*/}" "$DF_RUN/log.jsonl"
		! grep -aqFf "$secrets" "$tap_file" || echo "$tap_file"
	done >found
	no 'no secret is in the run' grep . found
	no 'nor in its log' grep -Ff "$secrets" "$DF_RUN/log.jsonl"
}

# cheats_shown: what is shown of the run does nothing
cheats_shown() {
	for tap_file in report.md report.html report.json log.jsonl \
	    holdout/1.tap; do
		[ -e "$DF_RUN/$tap_file" ] || continue
		no "$tap_file has no control character" \
			grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xa8-\xae]' \
			"$DF_RUN/$tap_file"
	done
}
