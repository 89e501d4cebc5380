#!/bin/sh
# What cheats leave for their judge (t/0801-cheats-judge.t), where an ordinary
# user runs the tools.

# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=t/cheats/lib/user.sh
. "$t/cheats/lib/user.sh"
as_user 0801-cheats-judge.t
