# shellcheck shell=sh
# things.sh - what is measured: a file system, keys, specifications, runs.
#
# All of it is made where we are, $work, once, when it is asked for first.

# ---- the place -----------------------------------------------------------

# new_fs IMAGE: make a file system that `enter' can mount
new_fs() {
	[ "$(id -u)" -eq 0 ] && here mkfs.ext4 &&
		unshare --mount true 2>/dev/null || return
	[ "$(df -Pk "${1%/*}" | awk 'NR == 2 { print $4 }')" -gt 12000000 ] ||
		return
	truncate -s 16G "$1" && mkfs.ext4 -q -F -i 4096 "$1" || {
		rm -f "$1"
		return 1
	}
}

# enter DIR: be on the file system DIR/image, or in DIR where there is none
enter() {
	cd "$1" || exit 9
	place="$1: no file system of its own"
	if [ -f image ]; then
		mkdir fs
		mount -o loop,noinit_itable image fs || exit 9
		cd fs || exit 9
		place="new ext4 on a loop device"
	fi
	work=$PWD
	for name in $(env | sed -n 's/^\(\(DF\|GIT\)_[A-Za-z0-9_]*\)=.*/\1/p')
	do
		unset "$name"
	done
	unset MAKEFLAGS MAKELEVEL MFLAGS SOURCE_DATE_EPOCH SSH_AUTH_SOCK \
		BASH_ENV ENV CDPATH XDG_CONFIG_HOME
	PATH=$build/bin:$PATH
	HOME=$work/home
	DF_KEYS=$work/keys
	DF_TRUST=$work/trust
	DF_SCRATCH=$work/scratch
	# Copies of a run that go on each for itself would be forks to who
	# remembers heads: no directory.
	XDG_STATE_HOME=$work/stateless
	: >"$XDG_STATE_HOME" || exit 9
	export PATH HOME DF_KEYS DF_TRUST DF_SCRATCH XDG_STATE_HOME
	mkdir home scratch base agents agents/noop.d || exit 9
	df-sign init -q --person alice >/dev/null || exit 9
	things || exit 9
}

# seven parts of a product that is done already, for agents that do nothing
things() {
	for i in 1 2 3 4 5 6 7; do
		echo "echo done $i" >"base/step00$i.sh"
	done
	for i in 08 09 10 11 12 13 14 15 16 17 18 19 20; do
		echo "part $i" >"base/part$i"
	done
	cat >agents/noop.d/a <<-'X'
	#!/bin/sh
	printf '# R\n\n## Status: PASS\n' >"$FACTORY_RESULTS_PATH"
	X
	chmod 755 agents/noop.d/a
	adapter noop '"workspace":"none",'
	adapter idle ''
}

# adapter NAME MEMBERS: an agent that does nothing but say so
adapter() {
	printf '{"schema":"df.adapter/1","name":"%s","version":"1.0.0",%s%s%s}\n' \
		"$1" "$2" '"argv":["{here}/noop.d/a","{task}"],' \
		'"ro":["{here}/noop.d"]' >"agents/$1.json"
}

load() {
	cut -d ' ' -f 1-3 /proc/loadavg
}

head_lines() {
	began=$(date +%s)
	cpus=$(getconf _NPROCESSORS_ONLN)
	model=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
	echo "# $cpus x ${model:-unknown}, Linux $(uname -r), $place"
	echo "# load average $(load) before"
	for i in df-status git make casync openssl; do
		! here $i || { $i --version || $i version; } 2>/dev/null |
			sed 's/^/# /; q'
	done
	echo
	printf '%-33s %9s %9s %-10s %5s %9s %-4s %9s %9s %9s %9s %9s\n' '' \
		OURS PEER '' RATIO BUDGET '' WALL MIN +- CPU RSS
	[ -z "$json" ] || printf '{"name":"machine","cpus":%d,"load":[%s],%s}\n' \
		"$cpus" "$(load | tr ' ' ,)" "\"model\":\"$model\",\"kernel\":\
\"$(uname -r)\",\"place\":\"$place\"" >>"$json"
}

foot_lines() {
	echo
	echo "# load average $(load) after $(($(date +%s) - began)) seconds"
	for i in lost over; do
		[ ! -s $i ] || echo "# $i: $(sort -u $i | paste -s -d , |
			sed 's/,/, /g')"
	done
}

# ---- runs ----------------------------------------------------------------

# spec N: a specification with N tasks, spec.N
spec() {
	[ -d "spec.$1" ] || sh "$top/t/gen-spec.sh" "$1" "spec.$1"
}

# step KEY NAME RUNS COMMAND...: measure what is done on the way, into
# at.KEY/NAME
step() {
	step_to=at.$1/$2 step_name=$2 step_runs=$3
	shift 3
	series -n "$step_runs" -w 0 "$step_name" "$@" && cp "$got" "$step_to"
}

# ready KEY: a run with handoffs and prompts, ready.KEY/run.  KEY begins with
# the number of its tasks; base.KEY is its base, if it is there, and then its
# agents have a workspace.
ready() {
	[ ! -f "at.$1/prompt" ] || return 0
	adapter=noop base=base
	[ ! -d "base.$1" ] || adapter=idle base=base.$1
	mkdir -p "at.$1" "ready.$1/new" && spec "${1%%-*}" &&
	step "$1" validate 3 df-validate -q "spec.${1%%-*}" &&
	step "$1" boot 1 df-boot -q --spec "spec.${1%%-*}" --base "$base" \
		--profile solo --set "agent.adapter=agents/$adapter.json" \
		--set sandbox.level=none \
		--set policy.require_isolation=false -o "ready.$1/new" &&
	mv "ready.$1"/new/* "ready.$1/run" &&
	step "$1" handoff 1 df-handoff -q -C "ready.$1/run" &&
	step "$1" prompt 1 df-prompt -q -C "ready.$1/run"
}

# dispatched KEY: and with all tasks COMPLETED, run.KEY; agents did nothing
dispatched() {
	[ ! -f "at.$1/status" ] || return 0
	ready "$1" && cp -a "ready.$1/run" "run.$1" &&
	step "$1" dispatch 1 df-dispatch -q -j2 -C "run.$1" &&
	step "$1" again 3 df-dispatch -q -j2 -C "run.$1" &&
	step "$1" status 3 df-status -q "run.$1"
}

# sealed KEY: judged, approved and frozen, sealed.KEY
sealed() {
	[ ! -f "at.$1/verify" ] || return 0
	dispatched "$1" && cp -a "run.$1" "sealed.$1" &&
	step "$1" holdout 1 df-holdout -q -C "sealed.$1" &&
	step "$1" report 1 df-report -q -C "sealed.$1" &&
	step "$1" decide 1 df-decide approve -q -m 'as specified' \
		-C "sealed.$1" &&
	step "$1" freeze 1 df-freeze -q -C "sealed.$1" &&
	step "$1" verify 3 df-verify -q "sealed.$1"
}

# events N: a run with N events more than a small one has, events.N
events() {
	[ ! -f "at.$1-e/check" ] || return 0
	mkdir -p "at.$1-e" && ready 7 && cp -a ready.7/run "events.$1" &&
	awk -v n="$1" 'BEGIN {
		for (i = 1; i <= n; i++) {
			printf "{\"type\":\"evidence.resolved\",\"data\":{"
			printf "\"purpose\":\"step number %d of many\",", i
			printf "\"ref\":\"sha256:%064d\",", i * 7
			printf "\"result\":\"done, as it was said\"}}\n"
		}
	}' >"events.$1.in" &&
	step "$1-e" append 1 sh -c "exec df-log append -q --role df-run \
		-C events.$1 - <events.$1.in" &&
	step "$1-e" fold 5 df-status -q "events.$1" &&
	step "$1-e" check 3 df-verify -q "events.$1"
}

# tree N: a directory of N files of 4 KiB, tree.N, a hundred a directory
tree() {
	[ -d "tree.$1" ] || perl -e 'srand(1);
		my ($n, $to) = @ARGV;
		mkdir $to or die;
		for my $i (0 .. $n - 1) {
			my $d = sprintf("%s/%03d", $to, $i / 100);
			mkdir $d if $i % 100 == 0;
			open my $f, ">", "$d/$i" or die;
			print $f pack("L*", map { int rand 2 ** 32 } 1 .. 1024)
			    or die;
			close $f or die;
		}' "$1" "tree.$1"
}

# file MIB: that many MiB of noise, file.MIB
file() {
	[ -f "file.$1" ] || head -c "$(($1 * 1048576))" /dev/urandom >"file.$1"
}

# based 1-MIB: a base with such a file
based() {
	[ ! -d "base.$1" ] || return 0
	file "${1#1-}" && mkdir "base.$1" &&
		cp base/* "file.${1#1-}" "base.$1"
}
