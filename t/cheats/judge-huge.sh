#!/bin/sh
# What is judged answers with a tebibyte of holes.
#
# execute: sh judge-huge/run
# verify: [ "$(tail -c 40 huge-said)" = WORD ]
# judged: FAIL verify

. "${0%/*}/lib/agent.sh"
leave run <<'END'
truncate -s 1T huge-said || truncate -s 64G huge-said
END
result PASS
