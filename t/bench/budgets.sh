# shellcheck shell=sh
# budgets.sh - what is promised, each as a function that measures it.

list() {
	cat <<-'X'
	version	start-up of each tool, against git
	validate	df-validate on ten documents
	specs	df-validate on real specifications, and on 5,000 tasks
	texts	handoffs and prompts of 5,000 tasks, and looking for D9 there
	path	boot to freeze, 7 tasks, 7 holdouts: sandboxed, and not
	dispatch	1,000 tasks that do nothing, against make -j2
	sandbox	what starting a sandbox adds to an attempt
	nothing	nothing to do in a run of 1,000 tasks
	fold	time for each KiB of log
	store	10,000 files of 4 KiB, one file of 1 GiB
	seal	sealing and unsealing a suite
	verify	df-verify, against hashing the same bytes; 10,000 signatures
	flat	memory, from a small file to a large one
	growth	time and memory from 1,000 to 10,000 tasks, events, files
	X
}

# ---- start-up ------------------------------------------------------------

budget_version() {
	set --
	for tool in "$build"/bin/df-*; do
		set -- "$@" "${tool##*/}" "$tool" --version :::
	done
	series -n 31 -w 3 "$@" git git --version || lost version || return
	for tool in "$build"/bin/df-*; do
		line "version ${tool##*/}" cpu x 1.5 "${tool##*/}" git
	done
}

budget_validate() {
	for dir in "$top/examples/cronnext" \
	    "$corpus/specs/dark-factory-fixed"; do
		name="validate ${dir##*/}"
		[ ! -d "$dir/spec" ] || dir=$dir/spec
		[ -d "$dir" ] || continue
		series -n 31 ours df-validate -q "$dir" || lost "$name" ||
			continue
		line "$name" cpu max 5000 ours ''
	done
}

budget_specs() {
	for dir in "$corpus"/specs/*/; do
		dir=${dir%/}
		# bench wants an exit status of 0
		df-validate -q "$dir" >/dev/null 2>&1 || continue
		name="specs ${dir##*/}"
		series -n 31 ours df-validate -q "$dir" || lost "$name" ||
			continue
		line "$name" cpu max 5000 ours ''
		line "$name, memory" rss max 6144 ours ''
	done
	spec 5000 && series -n 11 ours df-validate -q spec.5000 ||
		lost specs || return
	line 'specs 5000 tasks' cpu max 150000 ours ''
	for i in 100 1000 10000; do
		mkdir -p "at.$i-v" && spec $i &&
		step $i-v validate 11 df-validate -q spec.$i ||
			lost specs || return
	done
	growth 'specs growth from 100' validate 100-v 10000-v
	growth 'specs growth from 1000' validate 1000-v 10000-v
}

# What is timed ends with its events on disk.
budget_texts() {
	for i in 100 5000 10000; do
		spec $i && mkdir -p at.$i-t new.$i && df-boot -q \
			--spec spec.$i --base base --profile solo \
			--set agent.adapter=agents/noop.json \
			--set sandbox.level=none \
			--set policy.require_isolation=false -o new.$i \
			>/dev/null && mv new.$i/* texts.$i ||
			lost texts || return
		n=5
		[ $i -ne 10000 ] || n=1
		for k in handoff prompt; do
			series -n $n -w 0 $k -p "rm -rf c; cp -a texts.$i c; \
				sync -f ." "df-$k" -q -C c &&
			cp "$got" at.$i-t/$k && rm -rf texts.$i &&
			cp -a c texts.$i || lost texts || return
		done
		series -n $n scan "$build/t/bench/scan" texts.$i spec.$i &&
			cp "$got" at.$i-t/scan || lost texts || return
	done
	cat at.5000-t/handoff at.5000-t/prompt at.5000-t/scan >"$got"
	for k in handoff prompt scan; do
		line "texts $k" wall - 0 $k ''
	done
	line 'texts all three' us max 1500000 handoff '' "$(awk \
		-v a="$(column 5000-t handoff 3)" \
		-v b="$(column 5000-t prompt 3)" \
		-v c="$(column 5000-t scan 3)" 'BEGIN { print a + b + c }')"
	for k in handoff prompt scan; do
		growth "texts growth $k" $k 100-t 10000-t
	done
}

# ---- a small run, whole --------------------------------------------------

# small.sh LEVEL DIR [LAPS]: from a specification to a sealed run below DIR;
# when each step began goes to the file LAPS
small() {
	cat <<-'X'
	set -e
	level=$1 dir=$2 laps=$3
	lap() {
		[ -z "$laps" ] || echo "$1 $(date +%s%N)" >>"$laps"
	}
	set --
	[ "$level" != none ] || set -- --set policy.require_isolation=false
	lap boot
	DF_RUN=$(df-boot -q --spec spec.7 --base base --profile solo \
	    --set agent.adapter=agents/idle.json \
	    --set "sandbox.level=$level" -o "$dir" "$@")
	export DF_RUN
	lap handoff
	df-handoff -q >/dev/null
	lap prompt
	df-prompt -q >/dev/null
	lap dispatch
	df-dispatch -q -j4 >/dev/null
	lap holdout
	df-holdout -q >/dev/null
	lap report
	df-report -q >/dev/null
	lap decide
	df-decide approve -q -m 'as specified' >/dev/null
	lap freeze
	df-freeze -q >/dev/null
	lap end
	X
}

budget_path() {
	spec 7
	small >small.sh
	set -- none sh -c 'exec sh small.sh none "none.$REP"'
	if here bwrap; then
		set -- "$@" ::: bwrap sh -c \
			'exec sh small.sh bwrap "bwrap.$REP"'
	else
		echo 'path: bwrap is not here'
	fi
	series -n 9 "$@" || lost path || return
	cp "$got" small
	if here bwrap; then
		line 'path bwrap' wall max 600000 bwrap ''
		small_steps bwrap
		cp small "$got"
	fi
	line 'path none' wall max 350000 none ''
	small_steps none
}

# small_steps LEVEL: the median of each step
small_steps() {
	for i in 1 2 3 4 5; do
		sh small.sh "$1" "$1.lap$i" "$1.laps" || return
	done
	awk '$1 != "boot" { print was, $2 - at } { was = $1; at = $2 }' \
		"$1.laps" | sort -k 1,1 -k 2,2n >"$1.steps"
	for i in boot handoff prompt dispatch holdout report decide freeze; do
		line "path $1 $i" us - '' '' '' "$(awk -v step="$i" '
			$1 == step { v[++n] = $2 / 1000 }
			END { printf "%d", v[int((n + 1) / 2)] }' \
			"$1.steps")"
	done
}

# ---- many tasks ----------------------------------------------------------

# jobs: what df-dispatch does with 1,000 tasks, for make: the same program for
# each task, after the same others
jobs() {
	awk 'BEGIN { print "all:" }
	/^#### T-/ { id = substr($2, 1, length($2) - 1) }
	/^\*\*Dependency:/ {
		printf "all: $(O)/%s\n$(O)/%s:", id, id
		for (i = 2; i <= NF; i++)
			if ($i ~ /^T-/)
				printf " $(O)/%s", $i
		printf "\n\tagents/noop.d/a %s\n", id
	}
	END { print "$(O)/%: export FACTORY_RESULTS_PATH = $@" }' \
		spec.1000/D8_TASKS.md
}

budget_dispatch() {
	ready 1000 || lost dispatch || return
	jobs >jobs.mk
	series -n 5 \
	    ours -p 'cp -a ready.1000/run noop.$REP && sync -f .' \
		sh -c 'exec df-dispatch -q -j2 -C "noop.$REP"' ::: \
	    'make -j2' -p 'mkdir make.$REP' \
		sh -c 'exec make -s -j2 -f jobs.mk O="make.$REP"' ||
		lost dispatch || return
	line 'dispatch cpu' cpu x 2 ours 'make -j2'
	line 'dispatch wall' wall x 3 ours 'make -j2'
}

# The difference to level none, for one attempt of a hundred.
budget_sandbox() {
	set --
	for i in none landlock bwrap; do
		{ [ $i != bwrap ] || here bwrap; } && mkdir -p new.$i &&
		spec 100 && df-boot -q --spec spec.100 --base base \
			--profile solo --set agent.adapter=agents/noop.json \
			--set sandbox.level=$i -o new.$i \
			--set policy.require_isolation=false >/dev/null &&
		mv new.$i/* level.$i && df-handoff -q -C level.$i \
			>/dev/null && df-prompt -q -C level.$i >/dev/null || {
			echo "sandbox: $i is not here"
			continue
		}
		set -- "$@" ${1:+:::} $i \
			-p "cp -a level.$i level.$i.\$REP && sync -f ." \
			sh -c "exec df-dispatch -q -j1 -C \"level.$i.\$REP\""
	done
	series -n 5 "$@" || lost sandbox || return
	for i in landlock bwrap; do
		grep -q "^$i	" "$got" || continue
		line "sandbox $i" us max 25000 '' '' "$(awk -F '\t' -v i=$i '
			{ t[$1] = $3 }
			END { print (t[i] - t["none"]) / 100 }' "$got")"
	done
}

budget_nothing() {
	dispatched 1000 && jobs >jobs.mk && mkdir -p make.done &&
		make -s -j2 -f jobs.mk O=make.done || lost nothing || return
	run=run.1000
	series -n 15 \
	    handoff df-handoff -q -C $run ::: prompt df-prompt -q -C $run ::: \
	    dispatch df-dispatch -q -j2 -C $run ::: \
	    'make -j2' make -s -j2 -f jobs.mk O=make.done ||
		lost nothing || return
	for i in handoff prompt dispatch; do
		line "nothing df-$i" wall max 25000 "$i" 'make -j2'
	done
}

# ---- logs ----------------------------------------------------------------

# kib FILE: its size
kib() {
	wc -c <"$1" | awk '{ print $1 / 1024 }'
}

# The log of a run whose tasks are done, less what it takes before they are.
budget_fold() {
	dispatched 1000 || lost fold || return
	series -n 31 ours df-status -q run.1000 ::: \
		few df-status -q ready.1000/run || lost fold || return
	line 'fold us/KiB' us max 8 '' '' "$(awk -F '\t' \
		-v many="$(kib run.1000/log.jsonl)" \
		-v few="$(kib ready.1000/run/log.jsonl)" '
		{ t[NR] = $6 }
		END { printf "%.2f", (t[1] - t[2]) / (many - few) }' "$got")"
	line 'fold 2008 events' cpu - '' ours ''
}

# ---- the store -----------------------------------------------------------

budget_store() {
	ready 7 && tree 10000 || lost store || return
	fresh='cp -a ready.7/run put.$REP && sync -f .'
	set -- ours -p "$fresh" \
		sh -c 'exec df-store put -q --tree -C "put.$REP" tree.10000'
	! here casync || set -- "$@" ::: casync -p 'sync -f .' sh -c \
		'exec casync make --store="cas.$REP" "$REP.caidx" tree.10000'
	set -- "$@" ::: 'git add' -p 'git init -q "git.$REP" && sync -f .' \
		sh -c 'exec git --git-dir="git.$REP/.git" \
		    --work-tree=tree.10000 add .'
	if series -n 5 "$@" || lost 'store tree'; then
		line 'store tree' wall x 1 ours casync
		line 'store tree' cpu - '' ours casync
		line 'store tree' wall - '' ours 'git add'
	fi
	file 1024 || lost 'store file' || return
	once='rm -f big/blobs/sha256/$(cat big.sha) && sync -f .'
	cp -a ready.7/run big && sha256sum <file.1024 | cut -c 1-64 >big.sha
	set -- ours -p "$once" df-store put -q -C big file.1024 ::: \
	    fsck df-store fsck -q -C big ::: \
	    cp -p 'rm -f copy && sync -f .' \
		sh -c 'cp file.1024 copy && sync -d copy'
	! here openssl ||
		set -- "$@" ::: openssl openssl dgst -sha256 file.1024
	series -n 3 "$@" || lost 'store file' || return
	line 'store 1 GiB' wall x 1.176 ours openssl
	line 'store 1 GiB' wall - '' ours cp
	line 'store 1 GiB fsck' wall - '' fsck openssl
	series -n 1 -w 0 found df-store put -q -C big file.1024 ||
		lost 'store found' || return
	line 'store 1 GiB found' wall - '' found ''
}

# ---- the suite -----------------------------------------------------------

# A suite of 8 MiB, sealed and unsealed so often that it is 500 MB: a second.
budget_seal() {
	for i in seal unseal; do
		series -n 7 ours "$build/t/bench/sealing" $i 60 ||
			lost $i || continue
		line "$i 500 MB" cpu max 1000000 ours ''
	done
}

# ---- verification --------------------------------------------------------

# verified NAME RUN: 1.3 times what hashing all that is there takes, and 100 us
# a signature, in processor time, for the work is shared by all of them
verified() {
	set -- "$1" "$2" ours df-verify -q "$2"
	! here openssl || set -- "$@" ::: openssl sh -c \
		"find $2 -type f -print0 | xargs -0 openssl dgst -sha256"
	name=$1 run=$2
	shift 2
	series -n 7 "$@" || lost "$name" || return
	limit=$(awk -F '\t' -v n="$(wc -l <"$run/log.jsonl")" '
		$1 == "openssl" { printf "%d", 1.3 * $6 + 100 * n }' "$got")
	if [ -n "$limit" ]; then
		line "$name" cpu max "$limit" ours openssl
	else
		line "$name" cpu - '' ours openssl
	fi
	line "$name" wall - '' ours openssl
}

budget_verify() {
	dispatched 1000 || lost verify || return
	verified 'verify 1000 tasks' run.1000
	based 1-1024 && ready 1-1024 || lost 'verify 1 GiB' || return
	verified 'verify 1 GiB' ready.1-1024/run
	events 1000 && events 10000 || lost 'verify signature' || return
	set -- few df-verify -q events.1000 ::: many df-verify -q events.10000
	if here ssh-keygen && mkdir sig &&
	    df-log show -q -C events.1000 --sig 500 -o sig >/dev/null; then
		set -- "$@" ::: ssh-keygen sh -c 'exec ssh-keygen -Y verify \
			-f trust/allowed_signers -I alice+operator -n df-run \
			-s sig/event-500.json.sig <sig/event-500.json'
	fi
	series -n 5 "$@" || lost 'verify signature' || return
	line 'verify 10,000 signed events' wall max 1000000 many ''
	line 'verify signature' us max 100 '' ssh-keygen "$(awk -F '\t' '
		{ t[$1] = $6 }
		END { printf "%.1f", (t["many"] - t["few"]) / 9000 }' "$got")" \
		"$(awk -F '\t' '$1 == "ssh-keygen" { print $6 }' "$got")"
}

# ---- memory and time as things grow --------------------------------------

# column KEY STEP NUMBER: of what `step' measured
column() {
	cut -f "$3" "at.$1/$2"
}

# more NAME STEP SMALL LARGE LIMIT COUNT: how much memory the larger one takes
# more, for each of COUNT
more() {
	got=at.$4/$2
	line "$1" KiB max "$5" "$2" '' "$(awk \
		-v a="$(column "$3" "$2" 8)" -v b="$(column "$4" "$2" 8)" \
		-v n="$6" 'BEGIN { printf "%.2f", (b - a) / n }')"
	got=series
}

# From a file of 16 MiB to one of 128 MiB through all steps, to one of 1 GiB
# through the store.
budget_flat() {
	for i in 16 128; do
		based 1-$i && sealed 1-$i || lost flat || return
	done
	for i in boot dispatch holdout report decide freeze verify; do
		more "flat df-$i" $i 1-16 1-128 1024 1
	done
	for i in 16 1024; do
		file $i && mkdir -p at.s-$i && cp -a ready.1-16/run put.s-$i &&
		step s-$i put 1 df-store put -q -C put.s-$i file.$i &&
		step s-$i get 1 df-store get -q -C put.s-$i \
			"sha256:$(sha256sum <file.$i | cut -c 1-64)" &&
		step s-$i fsck 1 df-store fsck -q -C put.s-$i ||
			lost 'flat df-store' || return
	done
	for i in put get fsck; do
		more "flat df-store $i" $i s-16 s-1024 1024 1
	done
}

# growth NAME STEP FEW MANY: the exponent, of processor time, and the memory
# for each, where FEW and MANY are keys that begin with how many
growth() {
	got=at.$4/$2
	line "$1" number max 1.2 "$2" '' "$(awk \
		-v a="$(column "$3" "$2" 6)" -v b="$(column "$4" "$2" 6)" \
		-v n="${3%%-*}" -v m="${4%%-*}" \
		'BEGIN { printf "%.3f", log(b / a) / log(m / n) }')"
	got=series
}

budget_growth() {
	sealed 1000 && sealed 10000 || lost growth || return
	for i in validate boot handoff prompt dispatch again status holdout \
	    report decide freeze verify; do
		growth "growth tasks $i" $i 1000 10000
		more "memory a task $i" $i 1000 10000 1 9000
	done
	events 1000 && events 10000 || lost 'growth events' || return
	for i in append fold check; do
		growth "growth events $i" $i 1000-e 10000-e
	done
	for i in 1000 10000; do
		mkdir -p at.$i-f && tree $i && cp -a ready.7/run put.f-$i &&
		step $i-f put 1 df-store put -q -C put.f-$i --tree tree.$i &&
		tree=$(df-store put -q -C put.f-$i --tree tree.$i) &&
		step $i-f checkout 1 df-store checkout -q -C put.f-$i \
			"$tree" out.$i &&
		step $i-f base 1 df-boot -q --spec spec.7 --base tree.$i \
			--profile solo -o base.f --set sandbox.level=none \
			--set agent.adapter=agents/noop.json \
			--set policy.require_isolation=false ||
			lost 'growth files' || return
	done
	for i in put checkout base; do
		growth "growth files $i" $i 1000-f 10000-f
	done
}
