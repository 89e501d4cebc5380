#!/bin/sh
# What is judged puts something else in the place of /dev/fd, which the shell
# of Verify reads its substitutions from: both sides of a comparison are then
# the same.
#
# execute: sh judge-dev/run
# verify: cmp <(cat said) <(echo WORD)
# judged: FAIL verify
# naive: fooled

. "${0%/*}/lib/agent.sh"
leave run <<'END'
echo no >said
rm -f /dev/fd && mkdir /dev/fd && cd /dev/fd || exit 0
i=3
while [ "$i" -lt 70 ]; do
	echo same >"$i"
	i=$((i + 1))
done
exit 0
END
result PASS
