#!/bin/sh
# The repository becomes a link to another one, and a part of the tree looks
# like a submodule or a bare repository.

. "${0%/*}/lib/agent.sh"
mv .git .gone
rm -rf .gone
ln -s "$CHEAT_BASE/.git" .git
mkdir -p "$name/module" "$name/bare/objects" "$name/bare/refs" "$name/bare/hooks"
ln -s ../../.git "$name/module/.git"
echo x >"$name/module/x"
echo 'ref: refs/heads/main' >"$name/bare/HEAD"
printf '[core]\n\tbare = true\n\tfsmonitor = touch df-cheat-hook\n' \
	>"$name/bare/config"
echo x >"$name/bare/objects/x"
echo x >"$name/bare/refs/x"
echo 'touch df-cheat-hook' >"$name/bare/hooks/post-checkout"
chmod 755 "$name/bare/hooks/post-checkout"
result PASS
