#!/bin/sh
# A run as an OCI image layout: skopeo takes it to docker-registry and back,
# and it is the same run.

# shellcheck disable=SC2016,SC2119 # dollars are jq's; no arguments for `judged'
# shellcheck source=t/lib.sh
. "$(dirname "$0")/lib.sh"
needs_tool df-boot df-holdout df-report df-decide df-freeze df-verify df-sign
needs_prog jq sha256sum perl
keys
root=$(ssh-keygen -lf keys/df-root.pub | cut -d ' ' -f 2)
judged
exits 4 'a live run has no layout' df-freeze -q --oci oci
must df-report -q
must df-decide -q approve -m 'as specified'
exits 0 'it is sealed, and then written' df-freeze -q --oci oci
is "$(tail -n 1 "$out")" oci 'the name of the layout'
r=$DF_RUN id=${DF_RUN##*/}

# ---- what it is ----

# the JSON of the manifest
manifest() {
	cat "$1/blobs/sha256/$(jq -r '.manifests[0].digest[7:]' \
		"$1/index.json")"
}

is "$(jq -c . oci/oci-layout)" '{"imageLayoutVersion":"1.0.0"}' 'oci-layout'
is "$(jq -r '.schemaVersion, (.manifests | length),
	.manifests[0].artifactType' oci/index.json | tr '\n' ' ')" \
	'2 1 application/vnd.df.run.v1 ' 'index.json lists one manifest'
manifest oci >m
is "$(jq -r '[.artifactType, .mediaType, .schemaVersion,
	.annotations["org.opencontainers.image.title"]] | join(" ")' m)" \
	"application/vnd.df.run.v1 application/vnd.oci.image.manifest.v1+json \
2 $id" 'of a run'
is "$(jq -r .config.digest m)" "$(digest_of "$r/run.json")" \
	'its config is the envelope'
is "$(jq -r .layers[0].digest m)" "$(digest_of "$r/log.jsonl")" \
	'its first layer is the log'
ls "$r/blobs/sha256" >have
jq -r '.config, .layers[1:][] | .digest[7:]' m | sort >listed
ok 'the others are the blobs, all of them' cmp have listed
(cd oci/blobs/sha256 && for i in *; do echo "$i  $i"; done) >sums
ok 'sha256sum: every one has the bytes of its name' \
	within oci/blobs/sha256 sha256sum --quiet -c "$tmp/sums"
jq -r '.config, .layers[] | .digest[7:] + " " + (.size | tostring)' m |
	while read -r hex size; do
		[ "$(wc -c <"oci/blobs/sha256/$hex")" -eq "$size" ] ||
			echo "$hex"
	done >wrong
ok 'and sizes are true' test ! -s wrong
is "$(find oci -type f | wc -l)" "$(($(wc -l <have) + 4))" \
	'nothing else is in it'
(umask 077 && df-freeze -q --oci oci.again) >"$out" 2>&1
ok 'again it is the same, byte for byte' diff -r oci oci.again
is "$(find oci.again -printf '%m\n' | sort -u | tr '\n' ' ')" \
	"$(find oci -printf '%m\n' | sort -u | tr '\n' ' ')" \
	'with the same modes'
exits 7 'never over what is there' df-freeze -q --oci oci
exits 4 'nor into the run' df-freeze -q --oci "$r/oci"
ok 'nothing is left of it' test ! -e "$r/oci"
exits 3 'nor where nothing is' df-freeze -q --oci nowhere/oci
exits 2 '--thaw goes alone' df-freeze --thaw oci --oci x

# ---- read again ----

exits 0 'df-verify takes it as it is' df-verify --root "$root" oci
has "$out" VERIFIED 'it is verified'
ok 'and unchanged' diff -r oci oci.again
exits 0 'with whatever umask' sh -c "umask 077; df-verify --root '$root' oci"
exits 0 'df-freeze --thaw makes a run of it' df-freeze -q --thaw oci -o .
ok 'which is the one that it was' diff -r --no-dereference "$r" "$id"
is "$(cd "$id" && find . -printf '%m %p\n' | sort)" \
	"$(cd "$r" && find . -printf '%m %p\n' | sort)" 'with its modes'
exits 0 'and verifies' df-verify --root "$root" "$id"
exits 7 'once' df-freeze -q --thaw oci -o .

# ---- skopeo, docker-registry ----

if has_prog skopeo && has_prog docker-registry; then
	port=$(perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(
	    LocalAddr => "127.0.0.1", Listen => 1)->sockport')
	cat >registry.yml <<-END
	version: 0.1
	log: {level: error}
	storage: {filesystem: {rootdirectory: $tmp/registry}}
	http: {addr: "127.0.0.1:$port"}
	END
	docker-registry serve registry.yml >registry.log 2>&1 &
	tap_pids="$tap_pids $!"
	await 20 perl -MIO::Socket::INET -e 'exit !IO::Socket::INET->new(
	    "127.0.0.1:'"$port"'")' || bail 'docker-registry does not start'
	echo '{"default":[{"type":"insecureAcceptAnything"}]}' >policy.json
	there=docker://127.0.0.1:$port/runs/greeter:1
	exits 0 'skopeo takes it to a registry' skopeo --policy policy.json \
		copy -q --dest-tls-verify=false oci:oci "$there"
	exits 0 'the registry has it' skopeo --policy policy.json \
		inspect --raw --tls-verify=false "$there"
	ok 'as it was made' cmp "$out" m
	exits 0 'skopeo brings it back' skopeo --policy policy.json \
		copy -q --src-tls-verify=false "$there" oci:back:latest
	ok 'every blob is the same' diff -r oci/blobs back/blobs
	exits 0 'it still verifies' df-verify --root "$root" back
	has "$out" VERIFIED 'it is verified'
	mkdir thawed
	exits 0 'and thaws' df-freeze -q --thaw back -o thawed
	ok 'to the run that it was' diff -r --no-dereference "$r" "thawed/$id"
else
	skip 8 'no skopeo, or no docker-registry'
fi

# ---- layouts that are none ----

# fresh: bad is a copy of the layout
fresh() {
	rm -rf bad
	cp -R oci bad
	chmod -R u+w bad
}

# changed FILTER: bad with another manifest
changed() {
	fresh
	manifest oci | jq -cS "$1" >m2
	new=$(sha256sum <m2 | cut -c 1-64)
	cp m2 "bad/blobs/sha256/$new"
	jq -cS --arg d "sha256:$new" --argjson n "$(wc -c <m2)" \
		'.manifests[0].digest = $d | .manifests[0].size = $n' \
		oci/index.json >bad/index.json
}

patch=$(tap_hex report.md "$r")
fresh
flip "bad/blobs/sha256/$patch" 3
exits 6 'a blob with another byte' df-verify --root "$root" bad
has "$err" "$patch has other bytes" 'which is said'
fresh
echo more >>"bad/blobs/sha256/$patch"
exits 6 'a longer one' df-verify --root "$root" bad
fresh
rm "bad/blobs/sha256/$patch"
exits 6 'a missing one' df-verify --root "$root" bad
fresh
mv "bad/blobs/sha256/$patch" elsewhere
ln -s "$tmp/elsewhere" "bad/blobs/sha256/$patch"
exits 3 'a link in its place' df-verify --root "$root" bad
fresh
rm "bad/blobs/sha256/$patch"
mkfifo "bad/blobs/sha256/$patch"
exits 3 'a fifo' timeout 20 df-verify --root "$root" bad
fresh
flip "bad/blobs/sha256/$(jq -r '.manifests[0].digest[7:]' oci/index.json)" 40
exits 6 'another manifest' df-verify --root "$root" bad
changed '.layers += [.layers[3]]'
exits 3 'a blob twice' df-verify --root "$root" bad
has "$err" twice 'which is said'
changed '.layers[2].digest = "sha256:../../../../etc/passwd"'
exits 3 'a digest that is a path' df-verify --root "$root" bad
changed '.layers[2].digest |= sub("sha256";"sha512")'
exits 3 'one of another kind' df-verify --root "$root" bad
changed '.layers[2].size = 99999999999999'
exits 3 'a size beyond all' df-verify --root "$root" bad
changed '.layers[2].size += 1'
exits 6 'a wrong one' df-verify --root "$root" bad
changed '.layers[2].size = -1'
exits 3 'a negative one' df-verify --root "$root" bad
changed '.layers[0:2] |= reverse'
exits 3 'the log elsewhere' df-verify --root "$root" bad
changed '.layers[2].mediaType = "application/vnd.oci.image.layer.v1.tar"'
exits 3 'a layer of another type' df-verify --root "$root" bad
changed '.layers = []'
exits 3 'no layers' df-verify --root "$root" bad
changed '.artifactType = "application/vnd.example"'
exits 3 'an artifact of another type' df-verify --root "$root" bad
changed '.annotations = {"org.opencontainers.image.title": "../../x"}'
exits 3 'a title that is a path' df-verify --root "$root" bad
changed '.annotations["org.opencontainers.image.title"] = "r-0123456789abcdef-1"'
exits 6 'the name of another run' df-freeze -q --thaw bad -o thawed
changed 'del(.layers[4])'
exits 6 'a layer less' df-verify --root "$root" bad
changed '.config = .layers[4] | del(.layers[4])'
exits 6 'no envelope' df-verify --root "$root" bad
head -n 3 "$r/log.jsonl" >short
hex=$(sha256sum <short | cut -c 1-64)
changed ".layers[0].digest = \"sha256:$hex\" | .layers[0].size = $(wc -c <short)"
cp short "bad/blobs/sha256/$hex"
exits 0 'a log that lost its end' df-verify --root "$root" bad
like "$out" '^status .* not sealed' 'is not sealed any more, as is said'
sed '2s/run.started/run.started /' "$r/log.jsonl" >short
hex=$(sha256sum <short | cut -c 1-64)
changed ".layers[0].digest = \"sha256:$hex\" | .layers[0].size = $(wc -c <short)"
cp short "bad/blobs/sha256/$hex"
exits 6 'a log that was changed' df-verify --root "$root" bad
fresh
jq -c '.manifests += .manifests' oci/index.json >bad/index.json
exits 3 'two runs at once' df-verify --root "$root" bad
has "$err" 'more than one' 'which is said'
jq -c '.manifests += [.manifests[0] | .artifactType = "other"]' \
	oci/index.json >bad/index.json
exits 0 'a run beside another image' df-verify --root "$root" bad
echo '{"manifests":[],"manifests":[]}' >bad/index.json
exits 3 'a member twice' df-verify --root "$root" bad
echo '{"manifests":{}}' >bad/index.json
exits 3 'no list' df-verify --root "$root" bad
rm bad/index.json
exits 6 'no index' df-verify --root "$root" bad
is "$(ls scratch/*)" '' 'nothing stays behind'

# ---- many blobs: one layer ----

perl -e 'mkdir "many"; for (1..4100) { open my $f, ">", "many/$_" or die;
    print $f "file $_\n" }' || bail many
cp base/* many
boot --spec spec --base many --profile solo \
	--set "agent.adapter=$tmp/agents/idle.json" \
	--set sandbox.level=none --set policy.require_isolation=false
must df-freeze -q --cancel -m 'only the base' --oci big
is "$(manifest big | jq -r '.layers[].mediaType' | tr '\n' ' ')" \
	'application/vnd.df.log.v1+jsonl application/vnd.df.bundle.v1.tar+zstd ' \
	'more than 4,000 blobs are one bundle'
exits 0 'it verifies' df-verify --root "$root" big
must df-freeze -q --bundle big.tar.zst
is "$(manifest big | jq -r '.layers[1].digest')" "$(digest_of big.tar.zst)" \
	'which is what --bundle writes'
exits 0 'and thaws' df-freeze -q --thaw big -o thawed
ok 'to what it was' diff -r --no-dereference "$DF_RUN" \
	"thawed/${DF_RUN##*/}"
cp -R big bad2
chmod -R u+w bad2
flip "bad2/blobs/sha256/$(manifest big | jq -r '.layers[1].digest[7:]')" 5000
exits 6 'not with another byte' df-verify --root "$root" bad2
done_testing
