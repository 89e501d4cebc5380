#!/bin/sh
# What is judged reads the judge's standard input, where the rest of the text
# would be.
#
# execute: sh judge-stdin/run
# verify: grep -qx WORD said
# judged: FAIL verify
# naive: fooled

. "${0%/*}/lib/agent.sh"
leave run <<'END'
cat | tee rest
grep -o 'hidden-[0-9a-z-]*-hidden' rest >said
exit 0
END
result PASS
