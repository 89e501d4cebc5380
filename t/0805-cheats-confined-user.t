#!/bin/sh
# Agents that cheat where nothing isolates them (t/0804-cheats-confined.t), where
# an ordinary user runs the tools.

# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=t/cheats/lib/user.sh
. "$t/cheats/lib/user.sh"
as_user 0804-cheats-confined.t
