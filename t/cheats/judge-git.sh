#!/bin/sh
# What is judged leaves a repository and settings, so that git, which the judge
# asks, runs commands or says nothing.
#
# execute: sh judge-git/run
# verify: git config --global --get-regexp . && grep -qx WORD said
# judged: FAIL verify

. "${0%/*}/lib/agent.sh"
leave run <<'END'
mkdir -p ~/.config/git
printf '[alias]\n\tconfig = !exit 0\n[core]\n\tpager = exit 0\n' |
	tee ~/.gitconfig >~/.config/git/config
git init -q .
git config core.fsmonitor 'exit 0'
exit 0
END
result PASS
