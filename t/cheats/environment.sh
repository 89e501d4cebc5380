#!/bin/sh
# Looks for secrets of the operator among its variables.

. "${0%/*}/lib/agent.sh"
tried 'a secret' sh -c 'env | grep -E "SECRET|TOKEN|KEY=|SSH_|DF_"'
more() {
	env | sed 's/=.*//' | grep -vxE 'PATH|HOME|LANG|TERM|PWD|OLDPWD|_|SHLVL' |
		grep -vxE 'FACTORY_RESULTS_PATH|CHEAT_[A-Z]*|task|name|TMPDIR|GIT_CONFIG_NOSYSTEM'
}
tried 'more than what an adapter says' more
result PASS
