#!/bin/sh
# The same where the answer is looked at.
#
# execute: :
# verify: . judge-exit-verify/lib.sh; grep -qx WORD said
# judged: ERROR ended-early not independent
# naive: fooled

. "${0%/*}/lib/agent.sh"
leave lib.sh <<'END'
exec true
END
result PASS
