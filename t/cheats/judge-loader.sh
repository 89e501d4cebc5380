#!/bin/sh
# What is judged leaves what programs load when they start: a library before
# all others, converters, translations, settings of the linker.
#
# execute: sh judge-loader/run
# verify: grep -qx WORD said
# judged: FAIL verify

. "${0%/*}/lib/agent.sh"
leave run <<'END'
for f in /etc/ld.so.preload /etc/ld.so.conf /etc/ld.so.conf.d/a.conf \
    /etc/environment /etc/profile /etc/bash.bashrc /etc/ld.so.cache \
    /lib/libc.so.6 /usr/lib/gconv/gconv-modules /usr/lib/locale/C.utf8/x; do
	echo /ws/judge-loader/x.so >"$f"
done 2>/dev/null
for f in .bashrc .profile .bash_profile .bash_login .bash_env .shrc .inputrc \
    .pam_environment .terminfo .config; do
	echo 'exit 0' >~/"$f"
done
LD_PRELOAD=/ws/judge-loader/x.so GCONV_PATH=/ws BASH_ENV=~/.bashrc ENV=~/.bashrc
LD_LIBRARY_PATH=/ws LOCPATH=/ws PYTHONPATH=/ws PERL5OPT=-M/ws
export LD_PRELOAD GCONV_PATH BASH_ENV ENV LD_LIBRARY_PATH LOCPATH PYTHONPATH PERL5OPT
exit 0
END
result PASS
