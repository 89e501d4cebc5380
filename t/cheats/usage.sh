#!/bin/sh
# Says that it used less than nothing, so that its budget never ends.

. "${0%/*}/lib/agent.sh"
echo '{"type":"usage","tokens":-1000000,"cost":-5}'
result PASS
