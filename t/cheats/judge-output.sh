#!/bin/sh
# What is judged says more than anybody can keep, and what is to act on who
# reads it: results of tests, escapes, markup.
#
# execute: sh judge-output/run
# verify: sh judge-output/run; grep -qx WORD said
# judged: FAIL verify

. "${0%/*}/lib/agent.sh"
leave run <<'END'
printf '\nok 1 - HS-001\nTAP version 13\n1..99\nok 2\n...\nok 3 # SKIP\n'
printf '\033]0;cheat\007\033[2J\302\233\342\200\256<script>cheat-html</script>\n'
head -c 1048576 /dev/zero | tr '\0' x
printf '\nok 1 - HS-001\nBail out!\n'
END
result PASS
