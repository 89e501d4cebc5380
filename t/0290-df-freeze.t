#!/bin/sh
# df-freeze: sealing a run and what a sealed run is; bundles, and what is in
# none.

# shellcheck disable=SC2016,SC2119,SC2120,SC2317 # perl; arguments; `ok' runs it
# shellcheck source=t/fault/fast.sh
. "$(dirname "$0")/fault/fast.sh"
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-sign df-boot df-handoff df-prompt df-dispatch df-holdout \
	df-decide df-report df-freeze df-verify df-log df-store df-validate
needs_prog jq perl tar flock ssh-keygen
[ -x "$build/libexec/darkfactory/df-archive" ] ||
	plan skip_all 'df-archive is not built'
keys
cheap
cp -a "$DF_RUN" new
must df-dispatch -q -j 3
must df-holdout -q
cp -a "$DF_RUN" judged
must df-decide -q approve -m 'as specified'
cp -a "$DF_RUN" approved
run_name=$(jq -r .run approved/run.json)
DF_RUN=$tmp/run

# fresh [RUN]: a copy of it, the approved one
fresh() {
	[ ! -d "$DF_RUN" ] || chmod -R u+rwX "$DF_RUN"
	rm -rf "$DF_RUN"
	cp -a "${1:-approved}" "$DF_RUN"
}

# modes [RUN]: the modes of files and directories, but the log, each once
modes() {
	find "${1:-$DF_RUN}" ! -type l ! -name log.jsonl -printf '%y %m\n' |
		sort -u | tr '\n' ' '
}

# unsealed NAME ARGUMENT...: exit 4, no event, nothing removed
unsealed() {
	was=$(cd "$DF_RUN" && find . -printf '%p %m %s %T@\n' | sort | cksum)
	unsealed_name=$1
	shift
	exits 4 "$unsealed_name" df-freeze "$@"
	is "$(cd "$DF_RUN" && find . -printf '%p %m %s %T@\n' | sort | cksum)" \
		"$was" "$unsealed_name: nothing was touched"
}

# ---- the interface ----

exits 0 'help' df-freeze --help
has "$out" 'usage: df-freeze'
exits 0 'version' df-freeze --version
exits 2 'an unknown option' df-freeze --bogus
exits 2 'an operand' df-freeze approved
exits 2 'no run' env DF_RUN= df-freeze
exits 2 'cancel without a reason' df-freeze --cancel
exits 2 'failed without a reason' df-freeze --failed
exits 2 'a reason that is none' df-freeze --cancel -m "$(printf ' \t\n')"
exits 2 'cancel and failed' df-freeze --cancel --failed -m why
exits 2 'thaw and bundle' df-freeze --thaw a --bundle b
exits 2 'thaw and cancel' df-freeze --thaw a --cancel -m why
exits 3 'no such run' df-freeze -C nowhere
exits 3 'a directory that is no run' df-freeze -C spec

# ---- when ----

fresh new
unsealed 'a run that is executing' -v
has "$err" 'nothing is decided yet'
has "$err" '--cancel -m WHY'
unsealed 'the same, only asked' -n
exits 0 'canceled: what would be done' df-freeze -n --cancel -m why
is "$(lines) $(cat "$out")" "$(lines new) " 'is not done'
fresh judged
unsealed 'a run that is judged'
unsealed 'one that passed has not failed' --failed -m why
fresh
unsealed 'an approved run is not canceled' --cancel -m why
unsealed 'nor failed' --failed -m why
has "$err" 'the run is approved already'

# ---- an approved run ----

rm -f "$DF_RUN/report.json"
chmod 600 "$DF_RUN/log.jsonl"
chmod 700 "$DF_RUN" "$DF_RUN/dispatch"
echo 'nobody names this' >debris
must df-store put debris
d=$(tap_hex "$(cat "$out")")
: >"$DF_RUN/blobs/sha256/.tmp-1-1"
exits 0 'what would be done' df-freeze -n
is "$(cat "$out")$(lines)" "$(lines approved)" 'is not done'
exits 0 'an approved run' sh -c 'umask 077 && exec df-freeze -v'
is "$(cat "$out")" 'seal/1.json
seal/1.json.sig' 'the names of the seal'
has "$err" "$run_name: approved, head $(lines) $(tail -n 1 \
	"$DF_RUN/log.jsonl" >last; digest_of last)"
has "$err" '1 blobs that no event names were removed'
is "$(tail -n 2 "$DF_RUN/log.jsonl" | jq -r .type | tr '\n' ' ')" \
	'artifact.stored run.completed ' 'a report, then the seal'
is "$(tail -n 1 "$DF_RUN/log.jsonl" | jq -c '[.data.n, .data.status, .dfrole,
	[.data.artifacts[].name]]')" \
	'[1,"approved","df-run",["seal/1.json","seal/1.json.sig"]]' \
	'one line names both'
is "$(jq -r .decision.kind "$DF_RUN/report.json")" approve \
	'the report has the decision'
is "$(modes)" 'd 755 f 444 ' 'modes'
is "$(stat -c %a "$DF_RUN/log.jsonl")" 644 'of the log'
no 'work/ is gone' test -e "$DF_RUN/work"
no 'what no event names is gone' test -e "$DF_RUN/blobs/sha256/$d"
no 'what a killed writer left too' test -e "$DF_RUN/blobs/sha256/.tmp-1-1"
cp -a "$DF_RUN" sealed

s=sealed/seal/1.json
ok 'the seal is valid' df-validate -q --schema seal $s
is "$(jq -r '.names | to_entries[] | "\(.key) \(.value)"' $s | sort)" \
	"$(cd sealed && find . -type l ! -path './seal/*' -printf '%P\n' |
	while read -r i; do echo "$i $(digest_of "$i")"; done | sort)" \
	'every name, its digest'
is "$(jq -c '[.n, .status, .run_name, .head.seq, .head.digest, .run]' $s)" \
	"$(jq -cn --arg a "$(sed -n "$(($(lines sealed) - 1))p" sealed/log.jsonl \
	>last; digest_of last)" --arg b "$(head -n 1 sealed/log.jsonl >last
	digest_of last)" --arg r "$run_name" --argjson n "$(($(lines sealed) - 1))" \
	'[1, "approved", $r, $n, $a, $b]')" 'of which run, of which head'
ok 'ssh-keygen verifies it' from $s ssh-keygen -Y verify -n df-run \
	-f sealed/trust/allowed_signers -I alice+operator -s $s.sig
no 'in no other role' from $s ssh-keygen -Y verify -n df-approve \
	-f sealed/trust/allowed_signers -I alice+operator -s $s.sig
exits 0 'df-verify' df-verify
has "$out" "status    approved, sealed at $(lines)"
is "$(cat "$err")" '' 'has nothing to say'

exits 0 'again' df-freeze
is "$(cat "$out")" 'seal/1.json
seal/1.json.sig' 'says the same'
is "$(lines)" "$(lines sealed)" 'without an event'
exits 0 'without a key' env DF_KEYS=nowhere df-freeze
exits 0 'as JSON' df-freeze --json
is "$(jq -r .name "$out" | tr '\n' ' ')" 'seal/1.json seal/1.json.sig ' \
	'an object each'
exits 9 'stdout is full' into /dev/full df-freeze
exits 4 'a sealed run is not canceled' df-freeze --cancel -m why
is "$(lines)" "$(lines sealed)" 'no event'

# what was interrupted behind the line
chmod 600 "$DF_RUN/log.jsonl" "$DF_RUN/blobs/sha256/$(tap_hex run.json sealed)"
chmod 700 "$DF_RUN/seal" "$DF_RUN/blobs"
rm "$DF_RUN/seal/1.json"
ln -sfn nowhere "$DF_RUN/report.md"
exits 0 'one whose links and modes were not made' df-freeze
is "$(modes) $(stat -c %a "$DF_RUN/log.jsonl")" 'd 755 f 444  644' \
	'has them afterwards'
ok 'all is as it was' diff -r --no-dereference sealed "$DF_RUN"

# ---- others ----

fresh judged
must df-decide -q reject -m 'no' -r 'again'
exits 0 'a rejected run' df-freeze -q
is "$(jq -r .status "$DF_RUN/seal/1.json")" rejected 'says so'
exits 0 'the run' df-verify -q

# ended STATUS REASON: the event that ended it
ended() {
	is "$(grep -F "\"type\":\"run.$1\"" "$DF_RUN/log.jsonl" | tail -n 1 |
		jq -r '"\(.data.actor) \(.data.reason) \(.data.domain)"')" \
		"alice+operator $2" 'the event says who and why'
	is "$(jq -r .status "$DF_RUN/seal/1.json")" "$1" 'the seal says so'
	exits 0 'the run' df-verify -q
}
fresh new
exits 0 'canceled' df-freeze -q --cancel -m 'no need'
ended canceled 'no need null'
exits 0 'the same again' df-freeze -q --cancel -m 'no need'
is "$(events run.canceled)" 1 'is one event'
fresh new
exits 0 'failed' df-freeze -q --failed -m 'no luck'
ended failed 'no luck EXEC_FAILURE'
exits 4 'which is not canceled' df-freeze -q --cancel -m 'no luck'
fresh new
must df-log append --role df-run --data \
	'{"actor":"alice+operator","reason":"a test"}' run.canceled
exits 0 'killed between the event and the seal: the same command' \
	df-freeze -q --cancel -m 'a test'
ended canceled 'a test null'
is "$(events run.canceled)" 1 'ends it once'
cp -R base bad
echo 'echo bye' >bad/part.sh
judged --base bad
exits 0 'a run whose scenarios failed' df-freeze -q --failed -m 'no good'
is "$(event run.failed | jq -r .data.domain)" EVAL_FAILURE 'its domain'
DF_RUN=$tmp/run

# ---- who ----

fresh
exits 5 'a key of another role' df-freeze -k keys/df-build
exits 3 'no key' df-freeze -k nowhere
chmod 644 keys/df-run
exits 5 'a key that others can read' df-freeze
chmod 600 keys/df-run
env DF_KEYS="$tmp/keys.bob" DF_TRUST="$tmp/trust.bob" \
	df-sign init -q --person bob >/dev/null
exits 5 'a root that is not ours' df-freeze --trust trust.bob
exits 5 'no trust directory' df-freeze --trust nowhere
exits 5 "another's key" df-freeze -k keys.bob/df-run
is "$(lines)" "$(lines approved)" 'no event'

# ---- who else is there ----

mkdir -p "$DF_RUN/work"
for i in dispatch holdout; do
	: >>"$DF_RUN/work/$i.lock"
	bg flock -F "$DF_RUN/work/$i.lock" sleep 60
	# held: somebody has it
	held() {
		! flock -n "$DF_RUN/work/$i.lock" true
	}
	await 5 held
	exits 7 "$i is at work" df-freeze
	kill "$pid"
	wait "$pid" 2>/dev/null
	await 5 flock -n "$DF_RUN/work/$i.lock" true
done
is "$(lines)" "$(lines approved)" 'no event'

# ---- the closed set ----

# extra NAME PATH COMMAND...: what is there and no event names it
extra() {
	fresh
	extra_path=$2
	exits_name=$1
	shift 2
	within "$DF_RUN" "$@"
	exits 4 "$exits_name" df-freeze -v
	has "$err" "$extra_path"
	is "$(events run.completed)" 0 "$exits_name: not sealed"
}
extra 'a file' notes touch notes
has "$err" 'move it away'
rm "$DF_RUN/notes"
exits 0 'moved away' df-freeze -q
extra 'a directory' dir mkdir dir
extra 'a file below a name' result/T-001/more touch result/T-001/more
extra 'a link' link ln -s /etc/passwd link
extra 'a fifo' fifo mkfifo fifo
extra 'a hidden file' .git touch .git
extra 'a file in the place of a name' holdout/1.tap \
	sh -c 'rm holdout/1.tap; echo ok >holdout/1.tap'
extra 'a name that acts on terminals' 'x1b[31m' touch "$(printf 'a\033[31m')"
no 'is escaped' grep -q "$(printf '\033')" "$err"
fresh
rm "$DF_RUN/holdout/1.tap"
cp "$(readlink -f "$DF_RUN/run.json")" run.json
rm "$DF_RUN/run.json"
cp run.json "$DF_RUN/run.json"
exits 0 'a name that is missing, a copy in the place of one' df-freeze -q
is "$(stat -c '%F %a' "$DF_RUN/run.json")" 'regular file 444' 'a copy may stay'
ok 'a link is made' test -h "$DF_RUN/holdout/1.tap"
exits 0 'the run' df-verify -q

# ---- a run that is not what it says ----

# tampered CODE NAME COMMAND...
tampered() {
	fresh "$from"
	tampered_code=$1 tampered_name=$2
	shift 2
	chmod -R u+w "$DF_RUN"
	within "$DF_RUN" "$@"
	exits "$tampered_code" "$tampered_name" df-freeze --bundle tampered.tzst
	no "$tampered_name: no bundle" test -e tampered.tzst
}
for from in approved sealed; do
	tampered 6 "$from: a blob was changed" \
		sh -c 'echo >>"$(readlink -f result/merged.tree)"'
	tampered 6 "$from: a blob is missing" \
		sh -c 'rm -f "$(readlink -f prompt/T-001.answers.age)"'
	tampered 6 "$from: a line was changed" sed -i '5s/df-run/df-new/' log.jsonl
	tampered 6 "$from: a line is missing" sed -i 4d log.jsonl
	tampered 5 "$from: the last line was changed" \
		sed -i '$s/"time":"2/"time":"1/' log.jsonl
done

# ---- sealed again ----

fresh sealed
must df-decide -q amend -m 'see incident 7' --effect reversed
exits 0 'the run' df-verify
has "$out" '1 events after the seal'
exits 3 'sealing again needs a key' env DF_KEYS=nowhere df-freeze
exits 0 'sealed again' df-freeze
is "$(tr '\n' ' ' <"$out")" 'seal/2.json seal/2.json.sig ' 'a second seal'
is "$(tail -n 1 "$DF_RUN/log.jsonl" | jq -r '"\(.type) \(.data.n)"')" \
	'run.resealed 2' 'an event'
is "$(jq -r '.names["decision/2.json"], .names["seal/1.json"]' \
	"$DF_RUN/seal/2.json")" "$(digest_of "$DF_RUN/decision/2.json")
$(digest_of "$DF_RUN/seal/1.json")" 'that covers what followed'
is "$(modes)" 'd 755 f 444 ' 'modes'
exits 0 'the run' df-verify
unlike "$out" 'after the seal' 'nothing is after the seal'

# ---- no room, a factory ----

if has_mount; then
	fresh
	exits 9 'no room' crowded "$DF_RUN" df-freeze -q -C small/run
	like small.after '^VERIFIED|^CONSISTENT' 'what was committed holds'
else
	skip 2 'cannot mount'
fi
mkdir factory
fresh
exits 0 'a factory' df-freeze -q -F factory
is "$(tail -n 1 factory/log.jsonl | jq -r '"\(.type) \(.data.head.seq)
\(.data.head.digest) \(.data.name) \(.data.status)"' | tr '\n' ' ')" \
	"run.anchored $(lines) $(tail -n 1 "$DF_RUN/log.jsonl" >last
	digest_of last) $run_name approved " 'remembers the head'
exits 0 'df-verify' df-verify -F factory
has "$out" "VERIFIED anchored:$(lines) "
echo x >>factory/log.jsonl
sed -i 1p factory/log.jsonl
fresh
exits 0 'a broken one' df-freeze -F factory
has "$err" 'warning: the factory has no anchor of this run'

# ---- bundles ----

fresh sealed
exits 0 'a bundle' df-freeze -q --bundle one.tzst
is "$(tail -n 1 "$out")" one.tzst 'its name'
exits 7 'one that is there' df-freeze -q --bundle one.tzst
hasnot "$err" '\x0a' 'is said on one line'
exits 1 'one since a line that is not there' df-freeze -q --bundle since.tzst \
	--since 4711
exits 4 'one in the run' df-freeze -q --bundle "$DF_RUN/one.tzst"
exits 4 'below it' within "$DF_RUN/seal" df-freeze -q --bundle ../seal/one.tzst
exits 0 'the run' df-verify -q
exits 3 'one in a directory that is not there' \
	df-freeze -q --bundle nowhere/one.tzst
fresh new
exits 4 'of a run that is not sealed' df-freeze --bundle new.tzst
no 'there is none' test -e new.tzst
fresh
exits 0 'sealed and bundled' df-freeze -q --bundle "$tmp/two.tzst"
cp -a "$DF_RUN" two.run

# another time, place, umask, locale, order of files
fresh sealed
mkdir -p far/away
cp -RP sealed far/away/other
find far/away/other -exec touch -h -d 2001-02-03 {} +
chmod 600 one.tzst
exits 0 'again, elsewhere and otherwise' within far sh -c '
	umask 077
	exec env TZ=Asia/Tokyo LC_ALL=tr_TR.UTF-8 LANG=tr_TR.UTF-8 HOME=/ \
	    SOURCE_DATE_EPOCH=1 ZSTD_CLEVEL=19 TAR_OPTIONS=--verbose \
	    df-freeze -q -C away/other --bundle again.tzst' df-freeze
ok 'the same bytes' cmp one.tzst far/again.tzst
is "$(find . far -maxdepth 1 -name '*.tmp-*')" '' 'nothing is left beside it'
rm -rf far
if has_prog zstd; then
	zstd -qdc one.tzst >one.tar
	is "$(tar -tf one.tar | head -n 1)" "$run_name/" 'one directory at the top'
	is "$(tar -tf one.tar | sed 's,/$,,' | sort)" "$(cd sealed &&
		find . | sed "s,^\.,$run_name," | sort)" 'all there is'
	is "$(tar -tf one.tar | grep -v '/$')" "$(tar -tf one.tar |
		grep -v '/$' | sort)" 'sorted'
	is "$(tar --utc --numeric-owner -tvf one.tar |
		awk '{ print $1, $2, $4, $5 }' | sort -u)" \
		"$(printf '%s 0/0 1970-01-01 00:00\n' -r--r--r-- -rw-r--r-- \
		drwxr-xr-x lrwxrwxrwx)" 'no owner, no time, four modes'
	mkdir stock
	tar -C stock -xf one.tar
	ok 'tar unpacks it' diff -r --no-dereference sealed "stock/$run_name"
	exits 0 'to a run' df-verify -q "stock/$run_name"
	chmod -R u+w stock
	rm -rf stock
else
	skip 6 'no zstd'
fi
exits 0 'df-verify reads it' df-verify one.tzst
has "$out" "VERIFIED unanchored $run_name"

# ---- thaw ----

# empty [DIR]: nothing is there, begun or ended
empty() {
	[ -z "$(ls -A "${1:-thawed}")" ]
}
mkdir thawed
exits 0 'thaw' sh -c 'umask 077 && exec df-freeze --thaw one.tzst -o thawed'
is "$(cat "$out")" "thawed/$run_name" 'the run'
has "$err" VERIFIED
ok 'is what it was' diff -r --no-dereference sealed "thawed/$run_name"
is "$(modes "thawed/$run_name")" 'd 755 f 444 ' 'modes, whatever the umask'
exits 0 'df-verify' df-verify -q "thawed/$run_name"
exits 7 'again' df-freeze --thaw one.tzst -o thawed
is "$(ls -A thawed)" "$run_name" 'nothing else is there'
mkdir far
exits 0 'here, as JSON' within far df-freeze --json --thaw ../one.tzst
is "$(cat "$out")" "{\"name\":\"./$run_name\"}" 'an object'
chmod -R u+w thawed far
rm -rf far "thawed/$run_name"
mkdir thawed/.df-new-0123456789abcdef
exits 0 'what a killed one left' df-freeze -q --thaw one.tzst -o thawed
is "$(ls -A thawed)" "$run_name" 'is gone'
chmod -R u+w thawed
rm -rf "thawed/$run_name"
exits 3 'into a directory that is not there' df-freeze --thaw one.tzst -o no
exits 3 'into a file' df-freeze --thaw one.tzst -o one.tzst
exits 3 'no such bundle' df-freeze --thaw nowhere -o thawed
exits 9 'stdout is full' into /dev/full df-freeze --thaw one.tzst -o thawed
chmod -R u+w thawed
rm -rf "thawed/$run_name"
exits 0 'under a root that is not ours' df-freeze --trust trust.bob \
	--thaw one.tzst -o thawed
has "$err" CONSISTENT 'it says so'
chmod -R u+w thawed
rm -rf "thawed/$run_name"

# thaws CODE NAME FILE: nothing appears
thaws() {
	exits "$1" "$2" df-freeze --thaw "$3" -o thawed
	ok "$2: nothing is left" empty
	chmod -R u+w thawed
	rm -rf thawed
	mkdir thawed
}
: >zero
thaws 3 'no bytes' zero
head -c 5000 /dev/urandom >noise
thaws 3 'other bytes' noise
thaws 3 'a directory' spec
mkfifo pipe
thaws 3 'a fifo' pipe
for i in 1 100 10000 $(($(wc -c <one.tzst) - 20)); do
	head -c "$i" one.tzst >first
	thaws 3 "the first $i bytes" first
done
flip one.tzst 5000
run df-freeze --thaw one.tzst -o thawed
like "$(echo "exit $rc" >last; echo last)" '^exit [36]$' 'a byte was changed'
ok 'nothing is left' empty
flip one.tzst 5000
if has_mount; then
	exits 9 'no room' unshare --mount sh -c 'mount -t tmpfs -o size=48k \
		none thawed && df-freeze --thaw one.tzst -o thawed; rc=$?
		ls -A thawed >room.left; exit $rc' df-freeze
	is "$(cat room.left)" '' 'leaves nothing'
else
	skip 2 'cannot mount'
fi

# ---- bundles that no df-freeze made ----

# pack RUN NAME: a tar file, forged, of a run under the name, whose extra
# entries are lines of stdin, before (<) or behind (>) the run's own: where,
# type of ustar, name, target, bytes.  NAME/ is put for %.
cat >pack.pl <<'END'
use strict;
my ($run, $name) = @ARGV;
sub entry {
	my ($type, $path, $link, $data, $mode) = @_;
	my $h = pack 'a100 a8 a8 a8 a12 a12 a8 a1 a100 a6 a2 a32 a32 a8 a8 a155 x12',
	    $path, sprintf('%07o', $mode), '0000000', '0000000',
	    sprintf('%011o', length $data), '00000000000', '        ', $type,
	    $link, 'ustar', '00', '', '', '0000000', '0000000', '';
	my $sum = 0;
	$sum += ord for split //, $h;
	substr $h, 148, 8, sprintf("%06o\0 ", $sum);
	print $h, $data, "\0" x (-length($data) % 512);
}
sub slurp { local (@ARGV, $/) = @_; my $s = <>; defined $s ? $s : '' }
my @more = grep { length } map { chomp; $_ } <STDIN>;
sub more {
	for (grep { /^\Q$_[0]\E/ } @more) {
		my ($where, $type, $path, $link, $data) = split /\t/;
		s{%}{$name/}g for $path, $link;
		$data //= '';
		$data =~ s/\\n/\n/g;
		$data =~ s{%}{$name/}g;
		# of a pax header the first number counts the whole record
		$data = length($data) + 3 . " $data" if $type eq 'x';
		entry($type, $path, $link, $data, $type eq '5' ? 0755 : 0644);
	}
}
entry('5', "$name/", '', '', 0755) unless grep { /^-/ } @more;
more('<');
chdir $run or die;
for my $p (split /\n/, `find . -mindepth 1 | sed 's,^./,,' | LC_ALL=C sort`) {
	if (-l $p) { entry('2', "$name/$p", readlink $p, '', 0777) }
	elsif (-d $p) { entry('5', "$name/$p/", '', '', 0755) }
	else { entry('0', "$name/$p", '', slurp($p), 04777) }
}
more('>');
print "\0" x 1024;
END
# forge ENTRY...: such a file, forged
forge() {
	printf '%s\n' "$@" | perl pack.pl sealed "$run_name" >forged ||
		bail 'pack.pl'
}
# evil NAME ENTRY...: is refused, leaves nothing, and writes nothing elsewhere
evil() {
	evil_name=$1
	shift
	forge "$@"
	thaws 3 "$evil_name" forged
	no "$evil_name: nothing elsewhere" test -e "$tmp/pwned"
}
forge ''
exits 0 'a tar file that is as it should be' df-freeze -q --thaw forged -o thawed
ok 'is the run' diff -r --no-dereference sealed "thawed/$run_name"
is "$(modes "thawed/$run_name")" 'd 755 f 444 ' 'set-id bits are no bits of it'
chmod -R u+w thawed
rm -rf "thawed/$run_name"
t='	'
evil 'above' "<${t}0${t}../pwned${t}${t}x"
evil 'above its directory' "<${t}0${t}%../pwned${t}${t}x"
evil 'far above' "<${t}0${t}%../../../../../../../../..$tmp/pwned${t}${t}x"
evil 'a detour' "<${t}0${t}%seal/../../pwned${t}${t}x"
evil 'an absolute name' "<${t}0${t}$tmp/pwned${t}${t}x"
evil 'another directory' "<${t}0${t}pwned${t}${t}x"
evil 'the name of another run' "<${t}5${t}r-0000000000000000-1/${t}${t}"
evil 'the run is a file' "-" "<${t}0${t}$run_name${t}${t}x"
evil 'the run is a link' "-" "<${t}2${t}$run_name${t}$tmp${t}"
evil 'a top directory that is none of a run' "-" "<${t}5${t}pwned/${t}${t}"
evil 'a top directory above' "-" "<${t}5${t}../${t}${t}"
evil 'a dot' "<${t}0${t}%./notes${t}${t}x"
evil 'an empty component' "<${t}0${t}%seal//notes${t}${t}x"
evil 'a hidden name' "<${t}0${t}%.hidden${t}${t}x"
evil 'a name that acts on terminals' "<${t}0${t}%a$(printf '\033')[31m${t}${t}x"
no 'is escaped' grep -q "$(printf '\033')" "$err"
evil 'bytes that are no text' "<${t}0${t}%a$(printf '\377\376')${t}${t}x"
evil 'a backslash' "<${t}0${t}%..\\pwned${t}${t}x"
evil 'a link out' "<${t}2${t}%link${t}../../pwned${t}"
evil 'an absolute link' "<${t}2${t}%link${t}$tmp/pwned${t}"
evil 'a link to the log' "<${t}2${t}%link${t}log.jsonl${t}"
evil 'a link to a directory' "<${t}2${t}%link${t}blobs/sha256${t}"
evil 'a link with a dot too many' \
	"<${t}2${t}%link${t}../blobs/sha256/$(tap_hex run.json sealed)${t}"
evil 'a link in the store' \
	"<${t}2${t}%blobs/sha256/$(printf %064d 1)${t}../../run.json${t}"
evil 'a log that is a link' \
	"<${t}2${t}%log.jsonl${t}blobs/sha256/$(tap_hex run.json sealed)${t}"
evil 'a hard link out' "<${t}1${t}%notes${t}$tmp/out${t}"
evil 'a hard link within' ">${t}1${t}%notes${t}%log.jsonl${t}"
evil 'a character device' "<${t}3${t}%notes${t}${t}"
evil 'a block device' "<${t}4${t}%notes${t}${t}"
evil 'a fifo' "<${t}6${t}%notes${t}${t}"
evil 'a name twice' ">${t}0${t}%log.jsonl${t}${t}x"
evil 'a directory twice' ">${t}5${t}%seal/${t}${t}"
evil 'a link twice' \
	">${t}2${t}%run.json${t}blobs/sha256/$(tap_hex run.json sealed)${t}"
evil 'a name that differs in letter case' ">${t}0${t}%LOG.jsonl${t}${t}x"
evil 'a file in the place of a directory' "<${t}0${t}%seal${t}${t}x"
evil 'below a file' ">${t}0${t}%log.jsonl/x${t}${t}x"
evil 'below a link' ">${t}0${t}%run.json/x${t}${t}x"
evil 'a directory in the place of the log' "<${t}5${t}%log.jsonl/${t}${t}"
evil 'a blob that is none' ">${t}0${t}%blobs/sha256/notes${t}${t}x"
evil 'a blob elsewhere' ">${t}0${t}%blobs/$(printf %064d 1)${t}${t}x"
evil 'a pax header that leads above' \
	"<${t}x${t}PaxHeader${t}${t}path=%../pwned\\n" "<${t}0${t}%fine${t}${t}x"
evil 'a pax header with a link out' \
	"<${t}x${t}PaxHeader${t}${t}linkpath=../../pwned\\n" \
	"<${t}2${t}%fine${t}run.json${t}"
evil 'a long name of GNU that leads above' \
	"<${t}L${t}././@LongLink${t}${t}%../pwned" "<${t}0${t}%fine${t}${t}x"
perl -e 'print "x" x 200, "\n"' >long
evil 'a name of 200 bytes' \
	"<${t}L${t}././@LongLink${t}${t}%$(cat long)$(cat long)$(cat long)" \
	"<${t}0${t}%fine${t}${t}x"
printf '' | perl pack.pl spec "$run_name" >forged
thaws 3 'no run' forged
mkdir nolog
printf '' | perl pack.pl nolog "$run_name" >forged
thaws 3 'no log' forged

# what unpacks to a run that does not hold
# holds_not CODE NAME ENTRY...
holds_not() {
	holds_code=$1 holds_name=$2
	shift 2
	forge "$@"
	thaws "$holds_code" "$holds_name" forged
}
holds_not 6 'a file that no event names' ">${t}0${t}%notes${t}${t}x"
holds_not 6 'a directory that no event names' ">${t}5${t}%notes/${t}${t}"
holds_not 6 'a name that no event gave' \
	">${t}2${t}%more.json${t}blobs/sha256/$(tap_hex run.json sealed)${t}"
holds_not 6 'a blob whose bytes are others' \
	">${t}0${t}%blobs/sha256/$(printf %064d 1)${t}${t}x"
printf '' | perl pack.pl sealed r-0123456789abcdef-1 >forged
thaws 6 'the name of another run' forged
# altered CODE NAME COMMAND...: in a copy of the run that is packed
altered() {
	altered_code=$1 altered_name=$2
	shift 2
	fresh sealed
	chmod -R u+w "$DF_RUN"
	within "$DF_RUN" "$@"
	printf '' | perl pack.pl "$DF_RUN" "$run_name" >forged
	thaws "$altered_code" "$altered_name" forged
}
altered 6 'a blob was changed' sh -c 'echo >>"$(readlink -f holdout/1.tap)"'
altered 6 'a blob is missing' sh -c 'rm "$(readlink -f holdout/1.tap)"'
altered 6 'another link' sh -c 'ln -sfn "$(readlink run.json)" report.md'
altered 6 'a log without its end' sed -i '$d' log.jsonl
altered 6 'a log without its middle' sed -i 5d log.jsonl
altered 6 'an empty log' truncate -s 0 log.jsonl
altered 5 'another signature' sed -i '$s/"time":"2/"time":"1/' log.jsonl

# what unpacks to far more than any run
# unpacks ARGUMENT...: the program that does it, with lower limits
unpacks() {
	rm -rf few
	mkdir few
	from forged "$build/libexec/darkfactory/df-archive" unpack "$@" few
}
forge ''
exits 0 'a run within its limits' unpacks --max-entries 500 --max-bytes 1000000
exits 3 'more entries' unpacks --max-entries 50
has "$err" 'more entries than allowed'
exits 3 'more bytes' unpacks --max-bytes 50000
has "$err" 'more bytes than allowed'
if has_prog zstd; then
	perl -e '$n = shift; $size = 100 << 20;
	$h = pack "a100 a8 a8 a8 a12 a12 a8 a1 a100 a6 a2 x247",
	    "$n/notes", "0000644", "0000000", "0000000",
	    sprintf("%011o", $size), "00000000000", " " x 8, "0", "", "ustar",
	    "00";
	$h = pack "a512", $h;
	$sum = 0; $sum += ord for split //, $h;
	substr $h, 148, 8, sprintf("%06o\0 ", $sum);
	print $h; print "\0" x (1 << 20) for 1 .. 100; print "\0" x 1024' \
	    "$run_name" >bomb.tail
	printf '' | perl pack.pl nolog "$run_name" | head -c 512 |
		cat - bomb.tail | zstd -q >bomb
	rm bomb.tail
	ok 'a bomb is small' test "$(wc -c <bomb)" -lt 200000
	thaws 3 'a bomb' bomb
	has "$err" 'far more than any run'
else
	skip 4 'no zstd'
fi

all_exits df-freeze
done_testing
