#!/bin/sh
# What is judged has modules with the names of those that the judge imports.
#
# execute: :
# verify: python3 -c 'import json, sys; sys.exit(json.loads("[1]") != ["WORD"])'
# judged: FAIL verify
# naive: fooled
# needs: python3

. "${0%/*}/lib/agent.sh"
for m in json sys os site re; do
	echo 'import os; os._exit(0)' >"$m.py"
done
result PASS
