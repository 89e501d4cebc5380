#!/bin/sh
# Write C that holds the given schema files: df_schema_text[], sorted by name.
# Bytes are written as numbers, so a file needs no quoting and no limit.
set -eu
LC_ALL=C
export LC_ALL
for f; do
	if ! [ -f "$f" ] || ! [ -r "$f" ]; then
		echo "embed.sh: $f: no file that can be read" >&2
		exit 1
	fi
done
echo '#include "base/schema.h"'
i=0
for f; do
	printf 'static const unsigned char s%d[] = {\n' "$i"
	od -An -v -tu1 "$f" | sed 's/  *\([0-9]\)/\1/;s/  *\([0-9]\)/,\1/g;s/$/,/'
	echo '0};'
	i=$((i + 1))
done
echo 'const struct df_schema_text df_schema_text[] = {'
i=0
for f; do
	name=${f##*/}
	printf '{"%s",(const char*)s%d,sizeof(s%d)-1},\n' "${name%.json}" "$i" "$i"
	i=$((i + 1))
done | sort
echo '{0,0,0}};'
