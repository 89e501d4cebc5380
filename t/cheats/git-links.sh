#!/bin/sh
# Settings of git that are links, which git refuses to have in an index.

. "${0%/*}/lib/agent.sh"
mkdir "$name" "$name/sub"
echo x >"$name/x"
for f in .gitattributes .gitignore .mailmap .gitmodulesx; do
	ln -s x "$name/$f"
done
ln -s nowhere "$name/sub/.gitattributes"
result PASS
