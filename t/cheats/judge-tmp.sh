#!/bin/sh
# What is judged prepares the directory of temporary files: it is full of links
# to an answer, and nothing more can be made in it.
#
# execute: sh judge-tmp/run
# verify: t=$(mktemp) && grep -x WORD said >"$t"; [ -s "$t" ]
# judged: FAIL verify

. "${0%/*}/lib/agent.sh"
leave run <<'END'
echo answer >answer-tmp
for f in tmp.1 tmp.XXXXXXXXXX said t; do
	ln -s /ws/answer-tmp "/tmp/$f"
done
chmod 0 /tmp
exit 0
END
result PASS
