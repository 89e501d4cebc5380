# bash completion for the df-* tools: options and verbs come from the tool
# itself (--df-options), files from bash.

# _darkfactory_words TOOL OPTION: the values that it may have
_darkfactory_words() {
	case ${1##*/}:$2 in
	df-validate:--explain) "$1" --explain all 2>/dev/null | cut -f 1 ;;
	df-validate:--format) echo text json github sarif ;;
	df-validate:--profile) echo d1-d10 speckit ;;
	esac
}

_darkfactory() {
	local cur=${COMP_WORDS[COMP_CWORD]} table verb='' w words
	table=$("${COMP_WORDS[0]}" --df-options 2>/dev/null) || return
	for w in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		if grep -q "^verb	${verb:+$verb }$w	" <<<"$table"; then
			verb="${verb:+$verb }$w"
		fi
	done
	words=$(_darkfactory_words "${COMP_WORDS[0]}" \
	    "${COMP_WORDS[COMP_CWORD-1]}")
	if [[ -n $words ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
	elif [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(awk -F'\t' \
		    -v verb="${verb:-}" '$1 == "opt" &&
		    ($2 == "" || $2 == verb) { print $3, $4 }' \
		    <<<"$table") --help --version" -- "$cur")
	elif [[ -z ${verb:-} ]] && grep -q '^verb	' <<<"$table"; then
		mapfile -t COMPREPLY < <(compgen -W "$(awk -F'\t' \
		    '$1 == "verb" && $2 !~ / / { print $2 }' \
		    <<<"$table")" -- "$cur")
	elif [[ $verb == "${COMP_WORDS[COMP_CWORD-1]}" ]] &&
	    grep -q "^verb	$verb " <<<"$table"; then
		mapfile -t COMPREPLY < <(compgen -W "$(sed -n \
		    "s/^verb	$verb \([^	]*\).*/\1/p" <<<"$table")" -- "$cur")
	else
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
	fi
}
complete -o filenames -F _darkfactory df-boot df-decide df-dispatch \
    df-freeze df-handoff df-holdout df-log df-prompt df-report df-sign \
    df-status df-store df-validate df-verify
