#!/bin/sh
# Writes so many records that counting them takes long.

. "${0%/*}/lib/agent.sh"
result PASS
perl -e 'print qq({"type":"usage","tokens":1}\n) x 20000'
