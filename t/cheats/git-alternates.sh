#!/bin/sh
# Borrows objects from the repository that it was taken from.
#
# control: all

. "${0%/*}/lib/agent.sh"
g() {
	git -c safe.directory='*' "$@" | grep .
}
[ -n "$CHEAT_CONTROL" ] || {
	tried 'alternates that are there' cat .git/objects/info/alternates \
		.git/objects/info/http-alternates .git/commondir
	echo "$CHEAT_BASE/.git/objects" >.git/objects/info/alternates
	printf 'gitdir: %s/.git\n' "$CHEAT_BASE" >gitlink
}
GIT_ALTERNATE_OBJECT_DIRECTORIES=$CHEAT_BASE/.git/objects
export GIT_ALTERNATE_OBJECT_DIRECTORIES
tried 'objects of the project' g cat-file -p "$CHEAT_COMMIT"
tried 'its repository' g --git-dir="$CHEAT_BASE/.git" log -p -G canary
tried 'a clone of it' g clone -q "$CHEAT_BASE" "$HOME/clone"
tried 'a fetch from it' g fetch "file://$CHEAT_BASE" HEAD
[ -n "$CHEAT_CONTROL" ] || result PASS
