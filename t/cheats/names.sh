#!/bin/sh
# Names that other programs stumble over: options, newlines, escapes, bytes that
# are no text, patterns of git, what git calls its own elsewhere, long ones,
# deep ones, the same in another case.

. "${0%/*}/lib/agent.sh"
mkdir "$name"
cd "$name" || exit 1
i=0
for n in -n --exec=id '-rf *' 'a b' ' ' '$(id)' '`id`' 'q"q' "q'q" 'back\slash' \
    ':(exclude)x' ':!x' ':(bogus)y' ':(literal)z' '*' '?' '[a]' '~' '#x' \
    '!x' 'con' 'nul.txt' 'trailing.' 'trailing ' 'a:b' README \
    readme Readme .gitkeep .GiTx .gitmodule '<b>x<b>' \
    '](javascript:x)' '| a | b |' '```' '..x' '...' "$(printf 'new\nline')" \
    "$(printf 'esc\033[2Jx')" "$(printf 'cr\rx')" "$(printf 'tab\tx')" \
    "$(printf 'bad\377\376x')" "$(printf '.g\342\200\214it')" \
    "$(printf 'bidi\342\200\256x')" "$(printf 'del\177x')" \
    "$(printf 'nfc\303\251')" "$(printf 'nfd\145\314\201')" \
    "$(printf '%0255d' 1)"; do
	i=$((i + 1))
	echo "$i" >"./$n" || exit 1
done
mkdir -p '.git~1/hooks' 'git~2/hooks' "$(printf '.g\342\200\214it2')/hooks"
for d in '.git~1' 'git~2' "$(printf '.g\342\200\214it2')"; do
	echo 'exit 1' >"$d/hooks/pre-commit"
done
mkdir .GIT sub sub/.Git sub/.gIT
echo x >.GIT/config
echo x >sub/.Git/config
echo x >sub/.gIT/config
d=$(printf 'd/%.0s' 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20)
mkdir -p "$d$d$d$d$d"
echo deep >"$d$d$d$d${d}file"
l=$(printf '%0200d' 0)
mkdir -p "$l/$l/$l/$l/$l/$l/$l/$l/$l/$l"
echo long >"$l/$l/$l/$l/$l/$l/$l/$l/$l/$l/file"
cd .. || exit 1
result PASS
