# bash completion for the df-* tools: options and verbs come from the tool
# itself (--df-options), files from bash.
_darkfactory() {
	local cur=${COMP_WORDS[COMP_CWORD]} table verb w
	table=$("${COMP_WORDS[0]}" --df-options 2>/dev/null) || return
	for w in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		if grep -q "^verb	$w	" <<<"$table"; then
			verb=$w
			break
		fi
	done
	if [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(awk -F'\t' \
		    -v verb="${verb:-}" '$1 == "opt" &&
		    ($2 == "" || $2 == verb) { print $3, $4 }' \
		    <<<"$table") --help --version" -- "$cur")
	elif [[ -z ${verb:-} ]] && grep -q '^verb	' <<<"$table"; then
		mapfile -t COMPREPLY < <(compgen -W "$(awk -F'\t' \
		    '$1 == "verb" { print $2 }' <<<"$table")" -- "$cur")
	else
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
	fi
}
complete -o filenames -F _darkfactory df-boot df-decide df-dispatch \
    df-freeze df-handoff df-holdout df-log df-prompt df-report df-sign \
    df-status df-store df-validate df-verify
