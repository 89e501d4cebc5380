#!/bin/sh
# A library that the scenario reads into its shell ends that with success.
#
# execute: . judge-exit/lib.sh
# verify: grep -qx WORD said
# judged: ERROR ended-early not independent
# naive: fooled

. "${0%/*}/lib/agent.sh"
leave lib.sh <<'END'
trap 'exit 0' EXIT
exit 0
END
result PASS
