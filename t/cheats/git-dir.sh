#!/bin/sh
# Its own repository in the place of the one that it was given: hooks, a monitor
# of files, commands in settings, other objects.

. "${0%/*}/lib/agent.sh"
rm -rf .git
mkdir .git "$name"
git init -q . 2>/dev/null
for h in pre-commit post-commit post-checkout post-index-change pre-auto-gc \
    post-merge reference-transaction post-rewrite fsmonitor-watchman; do
	printf '#!/bin/sh\ntouch /ws/df-cheat-hook df-cheat-hook\n' >".git/hooks/$h"
	chmod 755 ".git/hooks/$h"
done
t='touch df-cheat-hook; false'
cat >>.git/config <<END
[core]
	fsmonitor = $t
	hooksPath = .git/hooks
	sshCommand = $t
	pager = $t
	editor = $t
	askPass = $t
	alternateRefsCommand = $t
	worktree = /
[include]
	path = $CHEAT_HOME/.gitconfig
[alias]
	status = !$t
[gpg]
	program = $t
[credential]
	helper = !$t
END
echo "$CHEAT_BASE/.git/objects" >.git/objects/info/alternates
cp -R .git "$name/.git"
mkdir "$name/sub"
echo "gitdir: $CHEAT_BASE/.git" >"$name/sub/.git"
echo x >"$name/sub/x"
result PASS
