#!/bin/sh
# examples/hooks/pre-push: in a repository with a remote, what is pushed is
# checked as it is pushed.

# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-validate
needs_prog git
hook=$top/examples/hooks/pre-push
ok 'it can be run' test -x "$hook"

mkdir tmp
TMPDIR=$tmp/tmp
export TMPDIR
git init -q --bare remote
git -c init.defaultBranch=main init -q work
cp "$hook" work/.git/hooks/
cd work || exit 1
git remote add origin "$tmp/remote"
tiny_spec docs/spec
git add .
git commit -qm 'a specification'

# pushed REF: what the remote has
pushed() {
	git -C "$tmp/remote" rev-parse -q --verify "refs/$1"
}

# change FILE SED MESSAGE: a commit
change() {
	sed -i "$2" "$1"
	git commit -qam "$3"
}

run git push origin main
is "$rc" 1 'not configured: refused'
has "$err" 'pre-push: git config darkfactory.spec names no directory'
no 'nothing arrived' pushed heads/main
git config darkfactory.spec docs/spec

exits 0 'a good push' git push -q origin main
is "$(pushed heads/main)" "$(git rev-parse main)" 'it arrived'
is "$(cat "$err")" '' 'nothing is said of it'
exits 0 'nothing new' git push -q origin main

# ---- an error ----

good=$(git rev-parse main)
sed -n '/^\*\*Dependency:\*\* T-001/=' docs/spec/D8_TASKS.md >"$tmp/where"
line=$(head -n 1 "$tmp/where")
change docs/spec/D8_TASKS.md 's/Dependency:\*\* T-001/Dependency:** T-033/' bad
run git push origin main
is "$rc" 1 'an error: refused'
like "$err" "^docs/spec/D8_TASKS\\.md:$line:[0-9]+: error: .*T-033.* \\[" \
	'with file, line and rule, as editors read it'
has "$err" 'pre-push: refs/heads/main: the specification does not pass'
is "$(pushed heads/main)" "$good" 'nothing arrived'
# mended in the work tree only
sed -i 's/T-033/T-001/' docs/spec/D8_TASKS.md
run git push origin main
is "$rc" 1 'mended in the work tree, not in the commit: refused'
git commit -qam mended
exits 0 'mended: what counts is what is pushed' git push -q origin main
# broken in the work tree only
sed -i 's/Dependency:\*\* T-001/Dependency:** T-033/' docs/spec/D8_TASKS.md
echo more >notes
git add notes
git commit -qm notes
exits 0 'broken in the work tree, not in the commit' git push -q origin main
git checkout -q docs

# ---- branches and tags ----

git checkout -qb topic
exits 0 'a new branch' git push -q origin topic
change docs/spec/D2_SPECIFICATION.md '/^#### SC-002/s/SC-002/SC-001/' twice
run git push origin topic main
is "$rc" 1 'one of two branches is bad: refused'
has "$err" 'refs/heads/topic: the spec'
hasnot "$err" 'refs/heads/main: the spec' 'it says which'
run git push origin topic:refs/heads/other
is "$rc" 1 'a new branch that is bad: refused'
has "$err" 'refs/heads/other: the spec'
no 'it is not there' pushed heads/other
exits 0 'a branch is deleted' git push -q origin --delete topic
no 'it is gone' pushed heads/topic
run git push origin :main topic
is "$rc" 1 'deleting one does not let another pass'
git tag -am 'a tag' v1 main
git tag v2 topic
exits 0 'a good tag' git push -q origin v1
run git push origin v2
is "$rc" 1 'a bad tag: refused'
git checkout -q main

# ---- what has no specification ----

git checkout -q --orphan pages
git rm -rqf .
echo page >index
git add index
git commit -qm page
exits 0 'a branch without a specification' git push -q origin pages
git checkout -q main
echo code >code.c
git add code.c
git commit -qm code
exits 0 'a push that does not change it' git push -q origin main

# ---- peculiarities ----

echo 'docs export-ignore' >.gitattributes
git add .gitattributes
git commit -qm attributes
exits 0 'what git archive would leave out is checked' git push -q origin main
git config darkfactory.spec docs/spec/
change docs/spec/D8_TASKS.md 's/Dependency:\*\* T-001/Dependency:** T-033/' bad
run git push origin main
is "$rc" 1 'a slash behind the directory'
has "$err" 'docs/spec/D8_TASKS.md:'
git reset -q --hard HEAD^
mkdir "$tmp/secret"
mv docs/spec/D9_HOLDOUT_SCENARIOS.md "$tmp/secret"
git commit -qam 'D9 moves out'
run git push origin main
is "$rc" 1 'without D9: refused'
has "$err" 'D9_HOLDOUT_SCENARIOS.md'
git config darkfactory.holdouts ../secret
exits 0 'D9 elsewhere, named relative to the repository' \
	git push -q origin main
git config darkfactory.holdouts "$tmp/secret/D9_HOLDOUT_SCENARIOS.md"
git commit -q --allow-empty -m again
exits 0 'as a file, absolute' git push -q origin main
mkdir "$tmp/bin"
for i in git sh mktemp rm tr; do
	ln -s "$(command -v "$i")" "$tmp/bin/$i"
done
git commit -q --allow-empty -m 'and again'
run env PATH="$tmp/bin" git push origin main
is "$rc" 1 'without df-validate: refused'
has "$err" 'pre-push: refs/heads/main: the specification was not checked'
exits 0 'and --no-verify is as everywhere' git push -q --no-verify origin main
is "$(ls -A "$TMPDIR")" '' 'nothing is left behind'
done_testing
