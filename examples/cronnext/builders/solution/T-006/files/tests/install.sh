# install.sh - the manual page and the installation

. tests/tap.sh

page=man/cronnext.1
for letter in $(./cronnext -h | grep -o -- '-[a-z]' | tr -d - | sort -u); do
	ok 'grep -q "^\.It Fl $letter" "$page"' "the page has -$letter"
done
for part in NAME SYNOPSIS DESCRIPTION 'EXIT STATUS' EXAMPLES; do
	ok 'grep -q "^\.Sh $part\$" "$page"' "the page has $part"
done
if command -v mandoc >/dev/null; then
	ok 'mandoc -T lint -W warning "$page"' 'mandoc finds no fault in it'
fi

make -s install DESTDIR="$tmp/root" PREFIX=/opt >"$tmp/log" 2>&1
status=$?
ok '[ "$status" -eq 0 ]' 'make install'
files=$(cd "$tmp/root" && find . -type f | sort | tr '\n' ' ')
ok '[ "$files" = "./opt/bin/cronnext ./opt/share/man/man1/cronnext.1 " ]' \
    'installs the program and the page, and nothing else'
out=$("$tmp/root/opt/bin/cronnext" -x @daily)
ok '[ "$out" = "At 00:00." ]' 'the installed program runs'
ok '[ ! -x "$tmp/root/opt/share/man/man1/cronnext.1" ]' 'the page is a file'

make -s uninstall DESTDIR="$tmp/root" PREFIX=/opt >"$tmp/log" 2>&1
files=$(find "$tmp/root" -type f)
ok '[ -z "$files" ]' 'make uninstall removes both'

end
