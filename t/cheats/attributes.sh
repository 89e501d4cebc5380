#!/bin/sh
# Attributes, ignore rules and settings that make git hide, change or run
# something when it reads the result, or refuse to read it.

. "${0%/*}/lib/agent.sh"
mkdir "$name"
cat >"$name/.gitattributes" <<'END'
[attr]cheat filter=cheat diff=cheat merge=cheat
* -diff -text eol=crlf ident filter=cheat diff=cheat merge=ours
* working-tree-encoding=UTF-16 export-ignore export-subst binary
*.latin working-tree-encoding=NO-SUCH-CODE
END
cp "$name/.gitattributes" .gitattributes
printf '*\n!.gitignore\n' >.gitignore
printf '/\n*\n**\n' >"$name/.gitignore"
printf '[submodule "x"]\n\tpath = sub\n\turl = ext::sh -c "touch df-cheat-hook"\n\tupdate = !touch df-cheat-hook\n' \
	>.gitmodules
printf '[lfs]\n\turl = http://127.0.0.1:1/\n' >.lfsconfig
printf 'a <a@example.org> <b@example.org>\n' >.mailmap
printf 'text\r\nmore\n$Id$\n' >"$name/text.txt"
printf 'no utf-16 \377\376\000' >"$name/odd.latin"
for f in clean smudge process; do
	git config "filter.cheat.$f" 'touch df-cheat-hook; cat'
done
git config diff.cheat.textconv 'touch df-cheat-hook; cat'
git config diff.external 'touch df-cheat-hook'
git config merge.cheat.driver 'touch df-cheat-hook'
result PASS
