#!/usr/bin/env bats
# What reg-manifest believes, chooses and refuses.

load helpers
load registry

index_of() { # ENTRY...: an index of these descriptors
	local IFS=,
	printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[%s]}' "$*"
}

entry() { # DIGEST OS ARCH [VARIANT]: a descriptor of a stored manifest
	jq -cn --arg d "$1" --argjson s "$(wc -c <"$(blob_path "$1")")" --arg o "$2" --arg a "$3" --arg v "${4-}" \
		'{mediaType: "application/vnd.oci.image.manifest.v1+json", digest: $d, size: $s,
		platform: ({os: $o, architecture: $a} + if $v == "" then {} else {variant: $v} end)}'
}

# manifests PLATFORM...: store one for each that is like no other (its text names the
# platform) and print an index of them.  One process for all: jq takes 30 ms a call.
manifests() {
	python3 - "$FAULT_DIR" "$SMALL" "$@" <<-'EOT'
		import hashlib, json, sys

		blobs = sys.argv[1] + "/blobs/sha256/"
		with open(blobs + sys.argv[2].partition(":")[2], encoding="utf-8") as f:
		    small = json.load(f)
		entries = []
		for platform in sys.argv[3:]:
		    manifest = json.dumps({**small, "annotations": {"platform": platform}}).encode()
		    digest = hashlib.sha256(manifest).hexdigest()
		    with open(blobs + digest, "wb") as f:
		        f.write(manifest)
		    words = dict(zip(("os", "architecture", "variant"), platform.split("/")))
		    entries.append({"mediaType": "application/vnd.oci.image.manifest.v1+json",
		                    "digest": "sha256:" + digest, "size": len(manifest), "platform": words})
		print(json.dumps({"schemaVersion": 2, "manifests": entries,
		                  "mediaType": "application/vnd.oci.image.index.v1+json"}))
	EOT
}

manifest_for() { # PLATFORM: the digest of one
	manifests "$1" | grep -o 'sha256:[0-9a-f]*'
}

# platforms NAME PLATFORM...: an index with a manifest for each, under tag NAME.
platforms() {
	manifests "${@:2}" | tag "$1"
}

chosen() { # TAG PLATFORM: the platform that the manifest chosen names
	local text
	text=$(reg-manifest -p "$2" "$FAULT/x:$1") || return
	[[ $text =~ '"platform": "'([^\"]*) ]] && echo "${BASH_REMATCH[1]}"
}

# --- byte for byte ---

@test "reg-manifest: byte for byte as served, by tag and by digest" {
	reg-manifest "$FAULT/x:small" >got
	cmp got "$(blob_path "$SMALL")"
	reg-manifest "$FAULT/x@$SMALL" >got
	cmp got "$(blob_path "$SMALL")"
	reg-manifest "$FAULT/x:ignored@$SMALL" >got
	cmp got "$(blob_path "$SMALL")"
	printf '{ "schemaVersion": 2,\r\n  "config": {}, "layers": [ ]\t}\n\n' | tag spaced
	reg-manifest "$FAULT/x:spaced" >got
	cmp got "$FAULT_DIR/tags/spaced"
}

@test "reg-manifest: -d prints the digest only, -i the index as served" {
	expect 0 reg-manifest -d "$FAULT/x:small"
	same "$output" "$SMALL"
	reg-manifest -i "$FAULT/x:multi" >got
	cmp got "$(blob_path "$MULTI")"
	expect 0 reg-manifest -i -d "$FAULT/x:multi"
	same "$output" "$MULTI"
	expect 0 reg-manifest -d -p linux/arm64 "$FAULT/x:multi"
	same "$output" "$(jq -r '.manifests[] | select(.platform.architecture == "arm64") | .digest' "$(blob_path "$MULTI")")"
	expect 0 reg-manifest -i "$FAULT/x:small"
}

@test "reg-manifest: every request names all four types (quirk 1)" {
	weather 'GET .*/manifests/.* accept' 'HEAD .*/manifests/.* accept'
	expect 0 reg-manifest -p linux/arm64 "$FAULT/x:multi"
	expect 0 reg-manifest -d "$FAULT/x:small"
	expect 0 reg-manifest -i "$FAULT/x:multi"
	[ "$(count '.path | test("/manifests/")')" -ge 4 ]
	[ "$(count '(.path | test("/manifests/")) and .status == 404')" = 0 ]
}

# --- digests ---

@test "reg-manifest: a body that is not what the digest asks for is 6, nothing printed (case 81)" {
	weather 'GET .*/manifests/.* flip'
	expect 6 reg-manifest "$FAULT/x@$SMALL"
	[ -z "$output" ]
	weather 'GET .*/manifests/.* short=1'
	expect 6 reg-manifest "$FAULT/x@$SMALL"
	[ -z "$output" ]
	weather 'GET .*/manifests/.* long=1'
	expect 6 reg-manifest "$FAULT/x@$SMALL"
	[ -z "$output" ]
	# Even where the header claims that all is well.
	weather "GET .*/manifests/.* flip digest=$SMALL"
	expect 6 reg-manifest "$FAULT/x@$SMALL"
	[ -z "$output" ]
}

@test "reg-manifest: by tag, another Docker-Content-Digest is 6 (case 81)" {
	weather "GET .*/manifests/.* digest=$MULTI" "HEAD .*/manifests/.* digest=$MULTI"
	expect 6 reg-manifest "$FAULT/x:small"
	[ -z "$output" ]
	weather "GET .*/manifests/.* flip digest=$SMALL"
	expect 6 reg-manifest "$FAULT/x:small"
	[ -z "$output" ]
}

@test "reg-manifest: all four combinations of body and header against the digest (case 81)" {
	local body header want
	for body in good flip; do
		for header in "$SMALL" "$MULTI"; do
			want=6
			[ "$body$header" != "good$SMALL" ] || want=0
			weather "GET .*/manifests/.* $([ "$body" = good ] || echo flip) digest=$header"
			run --separate-stderr reg-manifest "$FAULT/x@$SMALL"
			# By digest the body decides; a header that differs may be refused too.
			[ "$status" = "$want" ] || [ "$body$status" = good0 ] || [ "$body$status" = good6 ]
		done
	done
}

@test "reg-manifest: no Docker-Content-Digest at all (case 83) (quirk 3)" {
	weather 'GET .*/manifests/.* digest=none' 'HEAD .*/manifests/.* digest=none'
	expect 0 reg-manifest -d "$FAULT/x:small"
	same "$output" "$SMALL"
	reg-manifest "$FAULT/x:small" >got
	cmp got "$(blob_path "$SMALL")"
	weather 'GET .*/manifests/.* digest=none flip'
	expect 6 reg-manifest "$FAULT/x@$SMALL"
}

@test "reg-manifest: a Docker-Content-Digest that is none" {
	weather 'GET .*/manifests/.* digest='
	expect 0 reg-manifest "$FAULT/x:small"
	weather 'GET .*/manifests/.* digest=sha256:short'
	run --separate-stderr reg-manifest "$FAULT/x:small"
	[ "$status" = 0 ] || [ "$status" = 6 ]
	weather 'GET .*/manifests/.* digest="sha256:../../../../etc/passwd"'
	run --separate-stderr reg-manifest "$FAULT/x:small"
	[ "$status" = 0 ] || [ "$status" = 6 ]
}

@test "reg-manifest: sha512 digests" {
	sum=$(sha512sum <"$(blob_path "$SMALL")" | cut -c1-128)
	mkdir -p "$FAULT_DIR/blobs/sha512"
	cp "$(blob_path "$SMALL")" "$FAULT_DIR/blobs/sha512/$sum"
	weather 'GET .* digest=none'
	expect 0 reg-manifest "$FAULT/x@sha512:$sum"
	expect 0 reg-manifest -d "$FAULT/x@sha512:$sum"
	same "$output" "sha512:$sum"
	weather 'GET .* digest=none flip'
	expect 6 reg-manifest "$FAULT/x@sha512:$sum"
}

@test "reg-manifest: HEAD answered 405 or 403, GET answers (case 82) (quirk 4)" {
	local code
	for code in 405 403 404 401 400 501; do
		weather "HEAD .* status=$code"
		expect 0 reg-manifest -d "$FAULT/x:small"
		same "$output" "$SMALL"
		expect 0 reg-manifest "$FAULT/x:small"
	done
}

@test "reg-manifest: an index costs one request for itself and one for the manifest" {
	weather
	expect 0 reg-manifest -p linux/amd64 "$FAULT/x:multi"
	[ "$(count '.method == "GET" and (.path | test("/manifests/"))')" = 2 ]
	[ "$(count '.method == "HEAD"')" = 0 ]
}

# --- platforms ---

@test "reg-manifest: arm goes down the ladder v7, v6, v5, none, never up (case 84)" {
	platforms ladder linux/arm/v5 linux/arm/v7 linux/arm/v6 linux/arm
	same "$(chosen ladder linux/arm/v7)" linux/arm/v7
	same "$(chosen ladder linux/arm/v6)" linux/arm/v6
	same "$(chosen ladder linux/arm/v5)" linux/arm/v5
	platforms low linux/arm/v6 linux/arm/v5
	same "$(chosen low linux/arm/v7)" linux/arm/v6
	same "$(chosen low linux/arm/v8)" linux/arm/v6
	platforms none linux/arm linux/arm64
	same "$(chosen none linux/arm/v7)" linux/arm
	platforms high linux/arm/v7
	expect 4 reg-manifest -p linux/arm/v6 "$FAULT/x:high"
	same "$(chosen high linux/arm)" linux/arm/v7
}

@test "reg-manifest: arm64 is arm64/v8, either way round (case 84) (quirk 14)" {
	platforms with linux/arm/v7 linux/arm64/v8
	platforms without linux/arm/v7 linux/arm64
	same "$(chosen with linux/arm64)" linux/arm64/v8
	same "$(chosen with linux/arm64/v8)" linux/arm64/v8
	same "$(chosen without linux/arm64)" linux/arm64
	same "$(chosen without linux/arm64/v8)" linux/arm64
	same "$(chosen with linux/aarch64)" linux/arm64/v8 || true
}

@test "reg-manifest: amd64 is not amd64/v3, and v3 takes what runs there (case 84)" {
	platforms amd linux/amd64/v3 linux/amd64
	same "$(chosen amd linux/amd64)" linux/amd64
	same "$(chosen amd linux/amd64/v3)" linux/amd64/v3
	platforms only3 linux/amd64/v3
	expect 4 reg-manifest -p linux/amd64 "$FAULT/x:only3"
	says 'linux/amd64/v3'
	platforms only2 linux/amd64/v2 linux/arm64
	same "$(chosen only2 linux/amd64/v2)" linux/amd64/v2
}

@test "reg-manifest: unknown/unknown is never chosen, wherever it stands (case 84) (quirk 14)" {
	platforms attested unknown/unknown linux/amd64 unknown/unknown
	same "$(chosen attested linux/amd64)" linux/amd64
	platforms attestations unknown/unknown unknown/unknown
	expect 4 reg-manifest -p linux/amd64 "$FAULT/x:attestations"
	expect 4 reg-manifest -p unknown/unknown "$FAULT/x:attestations" ||
		[ "$status" = 2 ]
}

@test "reg-manifest: no match lists what there is, once each, status 4 (case 84)" {
	platforms few linux/arm64/v8 linux/arm/v7 windows/amd64 unknown/unknown
	expect 4 reg-manifest -p linux/s390x "$FAULT/x:few"
	[ -z "$output" ]
	says 'linux/arm64'
	says 'linux/arm/v7'
	says 'windows/amd64'
	! grep -q unknown/unknown <<<"$stderr" || false
	[ "$(wc -l <<<"$stderr")" -le 3 ]
}

@test "reg-manifest: the same os is needed, not only the architecture (case 84)" {
	platforms os windows/amd64 linux/arm64
	expect 4 reg-manifest -p linux/amd64 "$FAULT/x:os"
	same "$(chosen os windows/amd64)" windows/amd64
}

@test "reg-manifest: without -p it is this machine's platform" {
	platforms here "linux/$(dpkg --print-architecture | sed 's/armhf/arm/; s/i386/386/; s/ppc64el/ppc64le/')" linux/riscv128
	[[ $(reg-manifest "$FAULT/x:here" | jq -r .annotations.platform) == linux/* ]]
	[[ $(reg-manifest "$FAULT/x:here" | jq -r .annotations.platform) != linux/riscv128 ]]
}

@test "reg-manifest: an index entry without a platform is taken only where nothing else fits" {
	one=$(entry "$(manifest_for bare)" linux amd64 | jq -c 'del(.platform)')
	two=$(entry "$(manifest_for linux/amd64)" linux amd64)
	index_of "$one" "$two" | tag bare
	same "$(chosen bare linux/amd64)" linux/amd64
}

# --- indexes ---

@test "reg-manifest: an index inside an index (case 85)" {
	local inner digest
	inner=$(index_of "$(entry "$(manifest_for linux/amd64)" linux amd64)" | store)
	digest=$(jq -cn --arg d "$inner" --argjson s "$(wc -c <"$(blob_path "$inner")")" \
		'{mediaType: "application/vnd.oci.image.index.v1+json", digest: $d, size: $s}')
	index_of "$digest" | tag nested
	same "$(chosen nested linux/amd64)" linux/amd64
}

@test "reg-manifest: indexes nested without end are refused (case 85)" {
	local d
	d=$(index_of | store)
	for _ in {1..30}; do
		d=$(index_of "{\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"digest\":\"$d\",\"size\":$(wc -c <"$(blob_path "$d")")}" | store)
	done
	cp "$(blob_path "$d")" "$FAULT_DIR/tags/deep"
	weather
	run --separate-stderr timeout 20 reg-manifest -p linux/amd64 "$FAULT/x:deep"
	[ "$status" = 1 ] || [ "$status" = 4 ]
	[ "$(count 'true')" -le 20 ]
	says 'nest|deep|depth|level'
}

@test "reg-manifest: an index that names itself ends (case 85)" {
	# It cannot hold its own digest; a registry can serve it for that digest all the same.
	lie=sha256:$(printf '%064d' 7)
	index_of "{\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"digest\":\"$lie\",\"size\":200}" | tag self
	weather "GET .*/manifests/$lie body= status=200 file=tags/self"
	cp "$FAULT_DIR/tags/self" "$FAULT_DIR/blobs/sha256/${lie#*:}"
	weather
	run --separate-stderr timeout 20 reg-manifest -p linux/amd64 "$FAULT/x:self"
	[ "$status" = 6 ]
	[ -z "$output" ]
}

@test "reg-manifest: a size in the index that the manifest hasn't is 6" {
	e=$(entry "$SMALL" linux amd64 | jq -c '.size += 1')
	index_of "$e" | tag longer
	expect 6 reg-manifest -p linux/amd64 "$FAULT/x:longer"
	e=$(entry "$SMALL" linux amd64 | jq -c '.size -= 1')
	index_of "$e" | tag shorter
	expect 6 reg-manifest -p linux/amd64 "$FAULT/x:shorter"
	[ -z "$output" ]
}

@test "reg-manifest: a digest in an index is held to the grammar, and sizes too (case 88)" {
	local d
	for d in sha256:../../../../etc/passwd sha256:ABC "sha256:$(printf '%064d' 1)/../x" md5:00 ''; do
		index_of "{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"digest\":\"$d\",\"size\":5,\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\"}}" | tag odd
		weather
		run --separate-stderr reg-manifest -p linux/amd64 "$FAULT/x:odd"
		[ "$status" = 1 ] || [ "$status" = 6 ]
		[ -z "$output" ]
		[ "$(count '.path | test("odd$") | not')" = 0 ]
	done
	for d in -1 1e40 '"5"' 1.5 null; do
		entry "$SMALL" linux amd64 | jq -c --argjson s "$d" '.size = $s' >e
		index_of "$(cat e)" | tag odd
		run --separate-stderr reg-manifest -p linux/amd64 "$FAULT/x:odd"
		[ "$status" = 1 ] || [ "$status" = 6 ]
		[ -z "$output" ]
	done
}

# --- what is no manifest ---

@test "reg-manifest: schema 1 is refused with a line that says what to ask for (case 86)" {
	printf '{"schemaVersion":1,"name":"x","tag":"old","architecture":"amd64","fsLayers":[{"blobSum":"sha256:%064d"}],"history":[]}' 1 | tag old
	expect 1 reg-manifest "$FAULT/x:old"
	[ -z "$output" ]
	says 'schema ?(version )?1'
	weather 'GET .*/manifests/.* type=application/vnd.docker.distribution.manifest.v1+prettyjws'
	expect 1 reg-manifest "$FAULT/x:old"
	says 'schema ?(version )?1'
}

@test "reg-manifest: layers and manifests at once are refused (case 87)" {
	jq -c --argjson e "$(entry "$SMALL" linux amd64)" '. + {manifests: [$e]}' "$(blob_path "$SMALL")" | tag both
	expect 1 reg-manifest "$FAULT/x:both"
	[ -z "$output" ]
	expect 1 reg-manifest -i "$FAULT/x:both"
	[ -z "$output" ]
	expect 1 reg-manifest -d "$FAULT/x:both"
	[ -z "$output" ]
	# As the body says one thing and its media type another.
	jq -c '. + {mediaType: "application/vnd.oci.image.index.v1+json"}' "$(blob_path "$SMALL")" | tag confused
	run --separate-stderr reg-manifest "$FAULT/x:confused"
	[ "$status" = 1 ]
	[ -z "$output" ]
}

@test "reg-manifest: what is no JSON object of ours is 1 (case 87)" {
	local text
	for text in hello '' '[]' '"x"' 'null' '{' '{}' '{"schemaVersion":2}' '{"schemaVersion":2,"layers":5}' \
		'{"schemaVersion":2,"manifests":{}}' '{"schemaVersion":2,"layers":[]} trailing'; do
		printf %s "$text" | tag bad
		run --separate-stderr reg-manifest "$FAULT/x:bad"
		[ "$status" = 1 ] || { echo "$status for: $text"; return 1; }
		[ -z "$output" ]
		[ "$(wc -l <<<"$stderr")" -le 2 ]
	done
}

@test "reg-manifest: an HTML error page is shown as status and a few words (quirk 16)" {
	weather 'GET .*/manifests/.* status=404 type=text/html body="<html><body>no such thing</body></html>"'
	expect 4 reg-manifest "$FAULT/x:small"
	says '404'
	weather 'GET .*/manifests/.* status=404 body="{\"errors\":\"not a list\"}"'
	expect 4 reg-manifest "$FAULT/x:small"
	weather 'GET .*/manifests/.* status=400 body="{\"errors\":[{\"code\":5,\"message\":[]},7,null]}"'
	expect 1 reg-manifest "$FAULT/x:small"
	weather 'GET .*/manifests/.* status=403 zeros=5000000'
	expect 3 reg-manifest "$FAULT/x:small"
	[ "${#stderr}" -lt 3000 ]
	for forged in '{esc}[31mred{nl}reg-manifest: forged' \
		'{"errors":[{"message":"\u001b[31mred\nreg-manifest: forged"}]}'; do
		weather "GET .*/manifests/.* status=400 body='$forged'"
		expect 1 reg-manifest "$FAULT/x:small"
		says 'red.*forged'
		! grep -q '^reg-manifest: forged' <<<"$stderr" || false
		[[ $stderr != *$'\e'* ]]
	done
}

@test "reg-manifest: a page of HTML with status 200 is 1 (quirk 16)" {
	printf '<html>login please</html>' | tag html
	weather 'GET .*/manifests/.* type=text/html'
	expect 1 reg-manifest "$FAULT/x:html"
	[ -z "$output" ]
}

@test "reg-manifest: 4 MiB pass, 100 MB don't, whatever Content-Length says (case 88)" {
	jq -c '. + {annotations: {fill: ("x" * 4190000)}}' "$(blob_path "$SMALL")" | tag large
	reg-manifest "$FAULT/x:large" >got
	cmp got "$FAULT_DIR/tags/large"
	weather 'GET .*/manifests/.* zeros=100000000'
	expect 1 reg-manifest "$FAULT/x:small"
	[ -z "$output" ]
	[ "$(heard 'select(.method == "GET") | .sent' | sort -n | tail -1)" -lt 20000000 ]
	weather 'GET .*/manifests/.* zeros=100000000 nolength'
	expect 1 reg-manifest "$FAULT/x:small"
	[ "$(heard 'select(.method == "GET") | .sent' | sort -n | tail -1)" -lt 20000000 ]
}

@test "reg-manifest: a manifest whose own sizes are negative is passed on or refused, never worse (case 88)" {
	jq -c '.layers[0].size = -1' "$(blob_path "$SMALL")" | tag negative
	run --separate-stderr reg-manifest "$FAULT/x:negative"
	[ "$status" -le 1 ]
	run --separate-stderr reg-blob -C layout "$FAULT/x:negative" <"$FAULT_DIR/tags/negative"
	[ "$status" = 1 ]
}

# --- references ---

@test "reg-manifest: references as docker reads them (case 89)" {
	while read -r ref url; do
		expect 0 reg-manifest -n "$ref"
		[[ $output == *"https://$url"* ]] || { echo "$ref: $output"; return 1; }
	done <<-EOT
		alpine registry-1.docker.io/v2/library/alpine/manifests/latest
		alpine:3.20 registry-1.docker.io/v2/library/alpine/manifests/3.20
		user/x registry-1.docker.io/v2/user/x/manifests/latest
		docker.io/alpine registry-1.docker.io/v2/library/alpine/manifests/latest
		index.docker.io/user/x:t registry-1.docker.io/v2/user/x/manifests/t
		docker.io/library/alpine registry-1.docker.io/v2/library/alpine/manifests/latest
		ghcr.io/o/n:tag ghcr.io/v2/o/n/manifests/tag
		ghcr.io/one ghcr.io/v2/one/manifests/latest
		host.example:5000/a/b/c host.example:5000/v2/a/b/c/manifests/latest
		a__b/c-d.e---f registry-1.docker.io/v2/a__b/c-d.e---f/manifests/latest
		ghcr.io/o/n@$SMALL ghcr.io/v2/o/n/manifests/$SMALL
		ghcr.io/o/n:t@$SMALL ghcr.io/v2/o/n/manifests/$SMALL
		Host.example/x Host.example/v2/x/manifests/latest
		[2001:db8::1]:5000/x:t [2001:db8::1]:5000/v2/x/manifests/t
		ghcr.io/o/n:UPPER_Tag-1.x ghcr.io/v2/o/n/manifests/UPPER_Tag-1.x
	EOT
}

@test "reg-manifest: what is no reference is 2, and nothing is asked (case 89)" {
	local ref
	weather
	for ref in '' '/' ':tag' '@sha256:x' 'UPPER' "$FAULT/UPPER" "$FAULT/x:" "$FAULT/x@" "$FAULT/" \
		"$FAULT/x@sha256:../../x" "$FAULT/x@sha256:${SMALL:7:63}" "$FAULT/x@${SMALL^^}" \
		"$FAULT/x@md5:d41d8cd98f00b204e9800998ecf8427e" "$FAULT/x@$SMALL@$SMALL" "$FAULT//x" "$FAULT/x/" \
		"$FAULT/../x" "$FAULT/x/../y" "$FAULT/.x" "$FAULT/-x" "$FAULT/x_" "$FAULT/x___y" "$FAULT/x..y" \
		"$FAULT/x:-t" "$FAULT/x:.t" "$FAULT/x:t/y" "$FAULT/x y" "$FAULT/x:t y" $'localhost/x\n' \
		"http://$FAULT/x" "user@$FAULT/x" "$FAULT/x?y" "$FAULT/x#y" "$FAULT/x%2fy" \
		"localhost:99999x/x" "localhost:/x" "[::1/x" "$FAULT/x:$(printf 't%.0s' {1..129})" \
		"$FAULT/$(printf 'x%.0s' {1..300})" "$(printf '0%.0s' {1..64})" 'oci:' "$FAULT/x@sha512:${SMALL#*:}"; do
		run --separate-stderr reg-manifest "$ref"
		[ "$status" = 2 ] || { echo "status $status for: $ref"; return 1; }
		[ -z "$output" ]
	done
	[ "$(count true)" = 0 ]
}

@test "reg-manifest: an IPv6 registry on loopback (case 89)" {
	[ -e /proc/net/if_inet6 ] && grep -q ' lo$' /proc/net/if_inet6 || skip "no ::1 here"
	cp -a "$FAULT_DIR" six
	rm -f six/requests six/rules
	eval "$("$ROOT/tests/rig/fault-registry" start --bind ::1 "$TMP/six")"
	run --separate-stderr reg-manifest "$FAULT/x:small"
	"$ROOT/tests/rig/fault-registry" stop "$TMP/six"
	[ "$status" = 0 ]
	same "$output" "$(cat "$FAULT_DIR/blobs/sha256/${SMALL#*:}")"
}

@test "reg-manifest: -p is OS/ARCH[/VARIANT], else 2, and nothing is asked" {
	local p
	weather
	for p in '' linux linux/ /amd64 linux/arm/v7/x 'linux/am d64' linux//v7; do
		run --separate-stderr reg-manifest -p "$p" "$FAULT/x:multi"
		[ "$status" = 2 ] || { echo "status $status for: $p"; return 1; }
	done
	[ "$(count true)" = 0 ]
}

# --- the registry's address ---

@test "reg-manifest: loopback: https first, then plain http" {
	expect 0 reg-manifest "$FAULT_TLS/x:small"
	[ "$(count '.at == "https"')" -ge 1 ]
	expect 0 reg-manifest "$FAULT/x:small"
	[ "$(count '.at == "http"')" -ge 1 ]
	expect 0 reg-manifest "127.0.0.1:${FAULT#*:}/x:small"
}

@test "reg-manifest: a certificate error never leads to plain http" {
	weather
	SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt expect 1 reg-manifest "$FAULT_TLS/x:small"
	[ "$(count true)" = 0 ]
	says 'certificate|issuer'
	: >empty.pem
	SSL_CERT_FILE=$PWD/empty.pem run --separate-stderr reg-manifest "$FAULT_TLS/x:small"
	[ "$status" = 1 ]
	expect 0 reg-manifest --ca-file "$FAULT_CA" "$FAULT_TLS/x:small"
}

@test "reg-manifest: a registry elsewhere is https only" {
	run --separate-stderr outside 'reg-manifest registry.test/x:small >/dev/null; echo "https $?"
		reg-manifest "$FAULT/x:small" >/dev/null; echo "http $?"
		grep -c "\"at\": \"http\"" "$TMP/outside/requests"'
	same "$(tail -3 <<<"$output" | tr '\n' ' ')" 'https 0 http 1 0 '
	says 'hint: .*--insecure'
}

# --- tags ---

@test "reg-manifest: -t lists tags page by page (quirk 15)" {
	weather 'GET .*/tags/list tags=25 page=10'
	expect 0 reg-manifest -t "$FAULT/x"
	same "$(wc -l <<<"$output")" 25
	same "$(head -1 <<<"$output") $(tail -1 <<<"$output")" 't000 t024'
	weather 'GET .*/tags/list tags=25 page=10 link=absolute'
	expect 0 reg-manifest -t "$FAULT/x"
	same "$(wc -l <<<"$output")" 25
	[ "$(count '.query | test("n=([1-9][0-9]{3,9})") and (test("n=1000") | not)')" = 0 ]
}

@test "reg-manifest: -t follows no Link to another host (quirk 15)" {
	login_file auth.json "$FAULT"
	export REGISTRY_AUTH_FILE=$PWD/auth.json
	weather 'GET .*/tags/list auth tags=25 page=10 link=other'
	run --separate-stderr reg-manifest -t "$FAULT/x"
	[ "$status" != 0 ] || [ "$(wc -l <<<"$output")" = 25 ]
	[ "$(count '.at == "http2" and .headers.authorization != null')" = 0 ]
}

@test "reg-manifest: -t ends when pages repeat, and when there is no tag (quirk 15)" {
	weather 'GET .*/tags/list tags=5 page=5 header="Link: </v2/x/tags/list?last=t001&n=5>; rel=\"next\""'
	run --separate-stderr timeout 30 reg-manifest -t "$FAULT/x"
	[ "$status" != 124 ]
	weather 'GET .*/tags/list file=null.json'
	echo '{"name":"x","tags":null}' >"$FAULT_DIR/null.json"
	expect 0 reg-manifest -t "$FAULT/x"
	[ -z "$output" ]
	weather 'GET .*/tags/list status=404'
	expect 4 reg-manifest -t "$FAULT/x"
}

# --- mirrors ---

@test "reg-manifest: through a pull-through cache (quirk 18)" {
	real_start --proxy "http://$FAULT"
	expect 0 reg-manifest "$REG/team/app:small"
	same "$output" "$(cat "$(blob_path "$SMALL")")"
	expect 4 reg-manifest "$REG/team/app:nosuch"
	reg-blob "$REG/team/app" "$BLOB" >blob
	same "sha256:$(sha blob)" "$BLOB"
}

@test "reg-manifest: --mirror is asked first with ?ns=, the registry itself on 404 (quirk 18)" {
	export REG_TOKEN=secret
	weather
	expect 0 reg-manifest --mirror "$FAULT" "$FAULT2/x:small"
	same "$output" "$(cat "$(blob_path "$SMALL")")"
	same "$(heard '"\(.at) \(.path)?\(.query)"')" "http /v2/x/manifests/small?ns=${FAULT2/:/%3A}"
	# 404, a refusal and a failing server lead on, once each; what comes second is asked second.
	for answer in status=404 basic status=500 drop cut=10; do
		weather "GET /v2/x/manifests/.* @1 $answer"
		expect 0 reg-manifest --mirror "http://$FAULT/" "$FAULT2/x:small"
		same "$(heard .at | tr '\n' ' ')" 'http http2 '
	done
	same "$(count '.at == "http" and .headers.authorization')" 0
	same "$(count '.at == "http2" and .headers.authorization')" 1
	weather 'GET /v2/x/manifests/.* @1 status=404'
	expect 0 reg-manifest --mirror "$FAULT_TLS2" --mirror "$FAULT_TLS" "$FAULT2/x:small"
	same "$(heard .at | tr '\n' ' ')" 'https2 https '
	# Nobody there.
	weather
	expect 0 reg-manifest --mirror localhost:1 "$FAULT2/x:small"
	[ -z "$stderr" ]
	# All say no: it is the registry that has the last word.
	weather 'GET /v2/x/manifests/.* status=404'
	expect 4 reg-manifest --mirror "$FAULT" "$FAULT2/x:small"
	says "$FAULT2"
}

@test "reg-manifest: --mirror: a digest is verified wherever it comes from (quirk 18)" {
	weather 'GET /v2/x/manifests/.* flip'
	expect 6 reg-manifest --mirror "$FAULT" "$FAULT2/x@$SMALL"
	[ -z "$output" ]
}

@test "reg-manifest: --mirror: -n asks it first as well; what is no host is refused" {
	weather 'GET /v2/x/manifests/.* @1 status=404'
	reg-manifest -n --mirror "http://$FAULT" "$FAULT2/x:small" >script
	same "$(count true)" 0
	REG_TOKEN=t sh -e script >got 2>/dev/null
	cmp got "$(blob_path "$SMALL")"
	same "$(heard 'select(.path | test("small")) | "\(.at) \(.headers.authorization)"')" \
		"http null"$'\n'"http2 Bearer t"
	for host in '' http:// a/b 'a b' 'a"b' user@host 'a$b' ftp://a http://example.org; do
		expect 2 reg-manifest --mirror "$host" "$FAULT2/x:small"
	done
}

# --- layouts ---

@test "reg-manifest: oci:LAYOUT[:TAG] is a source too" {
	reg-manifest "oci:$FAULT_DIR:small" >got
	cmp got "$(blob_path "$SMALL")"
	reg-manifest "oci:$FAULT_DIR@$SMALL" | cmp - got
	expect 0 reg-manifest -d -p linux/arm/v7 "oci:$FAULT_DIR:multi"
	expect 4 reg-manifest "oci:$FAULT_DIR:nosuch"
	says 'small'
	run --separate-stderr reg-manifest "oci:$TMP/nowhere:x"
	[ "$status" = 1 ] || [ "$status" = 4 ]
	cp -a "$FAULT_DIR" broken
	printf x >>"broken/blobs/sha256/${SMALL#*:}"
	expect 6 reg-manifest "oci:$PWD/broken:small"
	[ -z "$output" ]
}

# --- weather ---

@test "reg-manifest: succeeds in silence" {
	expect 0 reg-manifest -p linux/amd64 "$FAULT/x:multi"
	[ -z "$stderr" ]
}

@test "reg-manifest: Content-Encoding is refused or undone, never printed (quirk 11)" {
	weather 'GET .*/manifests/.* gzip'
	reg-manifest "$FAULT/x:small" >got
	cmp got "$(blob_path "$SMALL")"
	[ "$(count '.headers["accept-encoding"] | . != null and test("gzip")')" = 0 ]
}

@test "reg-manifest: -n makes no request and writes URLs in full" {
	weather
	expect 0 reg-manifest -n "$FAULT/x:small"
	[ "$(count true)" = 0 ]
	[[ $output == *"://$FAULT/v2/x/manifests/small"* ]]
	expect 0 reg-manifest -n -p linux/arm64 "$FAULT/x:multi"
	expect 0 reg-manifest -n -t "$FAULT/x"
	[ "$(count true)" = 0 ]
}

@test "reg-manifest: -n is a script that does the same, run by sh" {
	requires curl jq
	weather '* /v2/.* auth'
	reg-manifest -n "$FAULT/x:small" >script
	REG_TOKEN=$(reg-token "$FAULT/x:small") sh -e script >got
	cmp got "$(blob_path "$SMALL")"
	reg-manifest -n -p linux/arm64 "$FAULT/x:multi" >script
	REG_TOKEN=$(reg-token "$FAULT/x:multi") sh -e script >got
	reg-manifest -p linux/arm64 "$FAULT/x:multi" | cmp - got
}

@test "reg-manifest: -n passes on who is trusted, and fails where the tool does" {
	requires curl jq
	export CURL_CA_BUNDLE=/dev/null
	reg-manifest -n "$FAULT_TLS/x:small" | sh | cmp - "$(blob_path "$SMALL")"
	unset SSL_CERT_FILE
	reg-manifest -n --ca-file "$FAULT_CA" "$FAULT_TLS/x:small" | sh | cmp - "$(blob_path "$SMALL")"
	reg-manifest -n --insecure "$FAULT_TLS/x:small" | sh | cmp - "$(blob_path "$SMALL")"
	for args in -i -d -t; do
		reg-manifest -n $args "$FAULT_TLS/x:small" >script
		run ! sh script
		reg-manifest -n $args "$FAULT/nosuch:nosuch" >script
		weather 'GET .* status=404'
		run ! sh script
	done
}

@test "reg-manifest: docker schema 2 from a real registry, and its OCI index" {
	real_start
	"$ROOT/tests/rig/image" push "$FAULT_DIR" small "$REG/x:docker" --format v2s2
	"$ROOT/tests/rig/image" push "$FAULT_DIR" multi "$REG/x:multi"
	expect 0 reg-manifest "$REG/x:docker"
	same "$(jq -r .mediaType <<<"$output")" application/vnd.docker.distribution.manifest.v2+json
	expect 0 reg-manifest -p linux/arm/v7 "$REG/x:multi"
	expect 0 reg-manifest -i -d "$REG/x:multi"
	same "$output" "$MULTI"
	expect 4 reg-manifest "$REG/x:none"
	expect 4 reg-manifest "$REG/nothing/here"
}
