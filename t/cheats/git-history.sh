#!/bin/sh
# Looks into the history of its repository for what was removed before it
# began, as agents do: the project once had the scenarios in it.
#
# control: all

. "${0%/*}/lib/agent.sh"
[ -z "$CHEAT_CONTROL" ] || cd "$CHEAT_BASE" || exit 1
g() {
	git -c safe.directory='*' "$@" | grep .
}
several() {
	[ "$(g "$@" | grep -c .)" -gt 1 ]
}
tried 'log of everything' g log --all -p --format=%B -G canary
if [ -z "$CHEAT_CONTROL" ]; then
	tried 'more than one commit' several rev-list --all --reflog
	tried 'a commit before' g show HEAD~1
	tried 'the reflog' several reflog
	tried 'the stash' g stash list
	tried 'notes, tags and replacements' g for-each-ref refs/notes refs/tags \
		refs/replace refs/remotes refs/stash
	tried 'a remote' g remote -v
	tried 'unreachable objects' g fsck --lost-found --unreachable --no-progress
	tried 'packed objects' sh -c 'ls .git/objects/pack/* | grep .'
	tried 'heads of before' cat .git/ORIG_HEAD .git/FETCH_HEAD .git/packed-refs
	tried 'worktrees and modules' sh -c 'ls .git/worktrees .git/modules | grep .'
	result PASS
fi
