# run.sh - run test programs and scripts; one TAP stream on standard output
#
# Each test is a point of the outer stream, its own lines are indented below
# it.  A test passes if it exits with 0, says how many points it has, and
# that many points passed.

echo "1..$#"
n=0 bad=0 out=
for t; do
	n=$((n + 1))
	case $t in
	*.sh) out=$(sh "$t" 2>&1) ;;
	*) out=$("./$t" 2>&1) ;;
	esac
	status=$?
	printf '%s\n' "$out" | sed 's/^/    /'
	plan=$(printf '%s\n' "$out" | sed -n 's/^1\.\.\([0-9]*\)$/\1/p')
	good=$(printf '%s\n' "$out" | grep -c '^ok ')
	if [ "$status" -eq 0 ] && [ -n "$plan" ] && [ "$plan" -gt 0 ] &&
	    [ "$plan" -eq "$good" ]; then
		echo "ok $n - $t ($good)"
	else
		echo "not ok $n - $t (exit status $status, $good of ${plan:-?})"
		bad=$((bad + 1))
	fi
done
echo "# $((n - bad)) of $n tests passed"
[ "$bad" -eq 0 ]
