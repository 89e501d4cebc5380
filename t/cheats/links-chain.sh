#!/bin/sh
# Leaves two links that stay inside each, and together do not.
#
# ends: FAILED tree.link

. "${0%/*}/lib/agent.sh"
mkdir -p a/b
ln -s ../.. a/b/top
ln -s a/b/top/.. out
result PASS
