#!/bin/sh
# Two runs of examples/cronnext over one sealed suite, in different places,
# with another umask, locale, time zone, home and scratch directory: every blob
# is the same but those that hold measured facts, what age encrypts, and what
# carries a head or a duration.

# shellcheck disable=SC2016,SC2317 # for others; `must' runs it
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-sign df-boot df-handoff df-prompt df-dispatch df-holdout \
	df-report df-decide df-freeze df-verify
needs_prog git make gcc bash jq age
needs_bwrap
keys
umask 022
cp -R "$top/examples/cronnext" ex
chmod -R go=u,go-w ex
must df-holdout seal -q --spec ex/spec -o sealed
rm ex/spec/D9_*

# whole NAME UMASK LOCALE ZONE: a run, from boot to freeze
whole() (
	mkdir -p "$1/home" "$1/scratch"
	cp -R ex "$1/ex"
	cd "$1" || exit 1
	HOME=$PWD/home DF_SCRATCH=$PWD/scratch LC_ALL=$3 TZ=$4
	SOURCE_DATE_EPOCH=1900000000
	export HOME DF_SCRATCH LC_ALL TZ SOURCE_DATE_EPOCH
	umask "$2"
	DF_RUN=$PWD/$(df-boot -q --spec ex/spec --sealed "$tmp/sealed" \
		--base ex/base --profile ex/profiles/right.json \
		--nonce 000102030405060708090a0b0c0d0e0f) || exit
	export DF_RUN
	cd / || exit 1
	df-handoff -q | df-prompt -q - | df-dispatch -q -j 1 - >/dev/null &&
	    df-holdout -q -j 1 >/dev/null && df-report -q >/dev/null &&
	    df-decide -q approve -m 'as specified' >/dev/null &&
	    df-freeze -q && echo "$DF_RUN"
)
mkdir one two
must whole "$tmp/one" 022 C UTC0
one=$(tail -n 1 "$out")
must whole "$tmp/two/deeper" 077 C.UTF-8 XYZ-11
two=$(tail -n 1 "$out")
is "${one##*/}" "${two##*/}" 'one name: the same inputs'

# what may differ, by the names that the log has given
host='\.host\.json$'
age='\.age$'
made='(^| )(report\.(json|md|xml)|decision/1(\.facts)?\.json|seal/1\.json(\.sig)?)$'

# gave RUN: digest and name of all that its log ever gave
gave() {
	jq -r '.data.artifacts[]? | .digest[7:] + " " + .name' "$1/log.jsonl" |
		sort -u
}

# only RUN OTHER: names of blobs that the other has not; unnamed ones too
only() {
	gave "$1" >given
	for blob in "$1"/blobs/sha256/*; do
		[ -e "$2/blobs/sha256/${blob##*/}" ] || grep "^${blob##*/}" given ||
			echo "${blob##*/} none"
	done | cut -d ' ' -f 2 | sort -u
}
only "$one" "$two" >only.one
only "$two" "$one" >only.two
ok 'the same names have other bytes' cmp only.one only.two
is "$(grep -Ev "$host|$age|$made" only.one)" '' 'and no others than may'
is "$(grep -Ec "$host" only.one)" 7 'measured facts: of the boot and of six attempts'
is "$(grep -Ec "$age" only.one)" 7 'what age encrypts: answers, the whole record'
ok 'all others are there' test "$(gave "$one" | cut -d ' ' -f 2 | sort -u |
	wc -l)" -gt 80
is "$(gave "$one" | grep -c ' holdout.age$')" 1 'the suite was sealed once'

# ---- heads, durations and digests of the former set apart ----

# apart RUN: the digests of its lines and of what may differ
apart() {
	while IFS= read -r line; do
		printf '%s\n' "$line" | sha256sum | cut -c 1-64
	done <"$1/log.jsonl"
	gave "$1" | grep -E "$host|$age|$made" | cut -d ' ' -f 1
}

# plain RUN FILE: without them
plain() {
	case $2 in
	*.json | *.jsonl)
		jq -cS --rawfile apart "apart.${1##*/}" '
		($apart | split("\n") | map({key: ("sha256:" + .), value: 1}) |
		    from_entries) as $d |
		walk(if type == "object" then del(.wall_ms, .dfsig) |
		    if .digest == "apart" then del(.size) else . end
		    elif type == "string" and $d[.] then "apart"
		    else . end)' "$3/$2"
		;;
	*)
		sed -E -e "$(sed 's/.*/s,&,apart,g/' "apart.${1##*/}")" \
			-e 's/[0-9]+\.[0-9]{3} s/apart/; s/ time="[0-9.]*"//' \
			"$3/$2"
		;;
	esac
}
apart "$one" >apart.one
apart "$two" >apart.two
for i in log.jsonl report.json report.md report.xml decision/1.facts.json \
    decision/1.json seal/1.json; do
	no "$i differs" cmp "$one/$i" "$two/$i"
	plain one "$i" "$one" >plain.one
	plain two "$i" "$two" >plain.two
	[ -s plain.one ] || bail "plain $i"
	ok "$i: byte for byte" cmp plain.one plain.two
done

# ---- and each follows from what it holds ----

exits 0 'replayed' df-verify --replay -q -j 2 -i keys/df-holdout.age "$one"
is "$(grep -c '^differs' "$out")" 0 'nothing differs'
has "$out" 'replayed holdout/1 2 files'
has "$out" 'replayed prompt 18 files'
has "$out" 'not replayed validation.json rows of D9: the word of who sealed'
exits 0 'the other one' df-verify --replay -q "$two"
is "$(grep -c '^differs' "$out")" 0 'nothing differs there'
done_testing
