#!/bin/sh
# share/bootstrap: the demo in a fresh copy of the source, twice; what it does
# on machines that are no Debian, or lack packages.  Nothing is installed here.

# shellcheck disable=SC2016,SC2317 # dollars are meant for others; `ok' runs it
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"

# ---- other machines ----

# There, programs are what $tmp/there has: some of ours, and stand-ins.
mkdir there other
cp -R "$top/share" other
cp "$top/Makefile" other
for i in sh env dirname sed grep stat id mkdir; do
	ln -s "$(command -v "$i")" there
done

# stand_in NAME SCRIPT: it also writes how it was called
stand_in() {
	rm -f "there/$1"
	printf '#!/bin/sh\necho "%s $*" >>"%s/calls"\n%s\n' "$1" "$tmp" "$2" \
		>"there/$1"
	chmod 755 "there/$1"
}

# there VERB: bootstrap on that machine
there() {
	: >calls
	env -i PATH="$tmp/there" HOME="$HOME" sh other/share/bootstrap "$@"
}

exits 2 'nothing asked for' there
has "$err" 'sh share/bootstrap demo'
has "$err" 'sh share/bootstrap check'
exits 2 'something else' there install
exits 0 'packages' there packages
packages=$(cat "$out")
for i in demo check lint; do
	exits 3 "no Debian: $i" there "$i"
	has "$err" 'this is no Debian'
	has "$err" 'bubblewrap'
done
for i in $packages; do
	grep -qw -e "$i" "$err" || echo "$i"
done >unnamed
ok 'all packages are named' test ! -s unnamed
exits 3 'no Debian: a demo elsewhere' there demo "$tmp/elsewhere"
no 'nothing is made' test -e elsewhere
no 'nothing is built' test -e other/build

# Debian without one of them, and nobody who could install it
stand_in dpkg-query 'case $* in
*bubblewrap*) [ -e "'"$tmp"'/installed" ] && echo install ok installed ;;
*) echo install ok installed ;;
esac'
stand_in apt-get 'exit 1'
stand_in make ''
stand_in id 'echo 1000'
exits 3 'neither root nor sudo' there check
has "$err" 'neither root nor sudo; install: bubblewrap'
no 'apt-get is not run' grep -q apt-get calls
stand_in sudo '"$@"'
exits 9 'apt-get cannot' there check
has "$err" 'apt-get could not install: bubblewrap'
is "$(grep -c '^apt-get install .*bubblewrap' calls)" 2 'it was tried twice'
is "$(grep -c '^apt-get update' calls)" 1 'with new lists in between'
is "$(grep -c '^sudo' calls)" 3 'by sudo'
no 'nothing is built without it' grep -q '^make' calls
stand_in apt-get "case \$1 in install) : >'$tmp/installed' ;; esac"
exits 0 'apt-get can' there check
is "$(grep '^apt-get' calls)" \
	'apt-get install -y --no-install-recommends bubblewrap' \
	'what is missing is installed, and nothing else'
is "$(grep '^make' calls | sed 's/.* -j[0-9]* //; s/.* //')" 'unit
check' 'then it builds, and tests'
no 'no service is touched' grep -qE 'service|update-rc' calls
stand_in dpkg-query 'case $* in *docker-registry*) ;;
*) echo install ok installed ;; esac'
stand_in service ''
stand_in update-rc.d ''
exits 0 'a registry' there check
is "$(sed -n '/^apt-get install .*docker-registry$/,/^make/p' calls |
	grep -E '^(service|update-rc)')" 'service docker-registry stop
update-rc.d docker-registry disable' 'is installed, but does not stay running'
stand_in dpkg-query 'echo install ok installed'
stand_in id 'echo 0'
exits 0 'nothing is missing' there check
no 'then nothing is installed' \
	grep -qE '^(apt-get|sudo|service|update-rc)' calls
exits 0 'lint' there lint
is "$(grep '^make' calls | sed 's/.* //')" 'lint' 'is lint alone'
stand_in make 'exit 2'
exits 9 'what cannot be built' there demo "$tmp/elsewhere"
has "$err" 'the build failed'

# ---- the demo ----

# A fresh copy, in a directory that is its owner's alone, as /root is.  Who
# runs this has keys, settings and a make above that are not the demo's business.
missing=$(for i in $packages; do
	case $i in clang* | cppcheck | mandoc | shellcheck) continue ;; esac
	dpkg-query -W -f '${Status}' "$i" 2>/dev/null | grep -q 'ok installed' ||
		echo "$i"
done)
if instrumented; then
	skip 1 'it builds without sanitizers'
	done_testing
fi
if [ -n "$missing" ]; then
	skip 1 "packages are missing: $(echo "$missing" | tr '\n' ' ')"
	done_testing
fi
mkdir -m 700 private
mkdir private/tree
for i in "$top"/*; do
	case ${i##*/} in
	build* | demo | t) ;;
	*) cp -R "$i" private/tree ;;
	esac
done
# as a careful umask leaves it
chmod -R go= private/tree
mkdir "$HOME/.config" mine
echo mine >"$HOME/.config/file"
echo mine >mine/df-run
mine() {
	find "$HOME" mine -printf '%p %T@ %m\n' | sort
	cat "$HOME/.config/file" mine/df-run
}
mine >before
# demo [DIR]: from the top of the tree; with little optimisation, for speed
demo() {
	within private/tree env CFLAGS='-O0 -g0' O=elsewhere MAKEFLAGS=n \
		DF_KEYS="$tmp/mine" DF_TRUST=/nowhere DF_RUN=/nowhere \
		DF_SHARE=/nowhere DF_AGENT_ADAPTER=/nowhere \
		sh share/bootstrap demo "$@"
}

must demo
tap_pass 'demo'
cp "$out" first
ok 'it is built beside the source' test -x private/tree/build/bin/df-boot
is "$(sed -n 's/^\$ \(df-[a-z]*\|run=$(df-boot\).*/\1/p' first |
	tr '\n' ' ')" 'df-sign df-validate run=$(df-boot df-handoff df-holdout df-report df-decide df-freeze df-verify ' \
	'it prints each step'
root=$(sed -n 's/^\$ df-verify --root //p' first)
like first '^VERIFIED unanchored r-[0-9a-f]{16}-1$' 'it ends verified'
like first '^status +approved, sealed' 'approved'
like first '^decision +approve by you\+approver, self-approved' \
	'and says by whom'
is "$(sed -n '/^VERIFIED/,$p' first | grep -c '^\$')" 0 'that is the last step'
r=$(sed -n 's/^The run is //p' first)
ok 'it says where the run is' test -f "$r/log.jsonl"
sed -n 's/^  \([a-z][^ ]*[/.][^ ]*\)  .*/\1/p' first >look
is "$(wc -l <look)" 5 'and what to look at there'
while read -r i; do
	[ -f "$r/$i" ] || echo "$i"
done <look >gone
ok 'which is there' test ! -s gone
sed -n 's/^  \(df-[a-z]* -C .*\)/\1/p' first >try
is "$(wc -l <try)" 2 'and two commands to try'
exits 0 'which can be tried' env PATH="$tmp/private/tree/build/bin:$PATH" \
	sh -e try
like first '/man/darkfactory\.7$' 'and a manual'
ok 'which is there' test -f private/tree/man/darkfactory.7
exits 0 'the run verifies by the root that it printed' \
	env -u DF_TRUST df-verify --root "$root" "$r"
if has_bwrap; then
	is "$(jq -r '[.level, .isolation] | join(" ")' \
		"$r"/dispatch/*/1.host.json | sort | uniq -c | tr -s ' ')" \
		' 6 bwrap ISOLATED' 'its six builders were isolated'
	hasnot "$r/report.md" 'left or tried' 'and are reproached nothing'
else
	skip 2 'bwrap cannot make a sandbox here'
fi
is "$(within private/tree find . -maxdepth 1 -newer ../../before |
	sort | tr '\n' ' ')" '. ./build ./demo ' 'build and demo are all that is new'
find private/tree/build -type f -printf '%p %T@\n' | sort >built

# Again, with a smaller example, for speed.
example=private/tree/examples/cronnext
chmod -R u+w "$example"
rm -rf "$example"
mkdir "$example" "$example/base" "$example/profiles"
tiny_spec "$example/spec"
builder
cp -R agents "$example"
printf '%s\n' '{"schema":"df.profile/1","name":"right","version":"1.0.0",' \
	'"pipeline":"d1-d10@1.0.0","policies":["default"],"settings":{' \
	'"agent.adapter":"../agents/builder.json",' \
	'"policy.allow_self_approval":true}}' >"$example/profiles/right.json"
chmod -R go= "$example"
exits 0 'demo again' demo
find private/tree/build -type f -printf '%p %T@\n' | sort | cmp -s built -
is $? 0 'nothing is built again'
like "$out" '^VERIFIED unanchored r-[0-9a-f]{16}-1$' 'another run'
is "$(find private/tree/demo/runs -mindepth 1 -maxdepth 1 | wc -l)" 2 \
	'beside the first'
is "$(sed -n 's/^\$ df-verify --root //p' "$out")" "$root" 'by the same keys'
exits 0 'the first is as it was' \
	env -u DF_TRUST df-verify --root "$root" "$r"
exits 7 'a directory that is something else' demo ../../mine
has "$err" 'is there already'
mine >after
ok 'nothing of mine was touched' cmp before after
is "$(find "$DF_SCRATCH" -name 'df-demo.*')" '' 'nothing is left behind'
done_testing
