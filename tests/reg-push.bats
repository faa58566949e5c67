#!/usr/bin/env bats
# reg-push against Debian's docker-registry, and against one that misbehaves.

load helpers
load registry

M() { # the small image's manifest
	blob_path "$SMALL"
}

# push RULE...: it arrives in this weather, and can be read back.
pushes() {
	weather "$@"
	expect 0 reg-push -C "$FAULT_DIR" "$FAULT/push/$BATS_TEST_NUMBER-$((++pushes)):t" <"$(M)"
	same "$output" "$SMALL"
	same "$(sed 1d <<<"$output")" ''
	arrived "$FAULT/push/$BATS_TEST_NUMBER-$pushes"
}
pushes=0

arrived() { # REPO[:TAG]
	reg-manifest "$1:${2:-t}" | cmp - "$(M)"
	reg-blob "$1" "$BLOB" | cmp - "$BLOB_FILE"
}

puts='.method == "PUT" and (.path | test("/uploads/"))'

# --- the real thing ---

@test "reg-push: to docker-registry, and skopeo reads it" {
	real_start
	expect 0 reg-push -C "$FAULT_DIR" "$REG/team/app:v1" <"$(M)"
	same "$output" "$SMALL"
	[ -z "$stderr" ]
	skopeo inspect --tls-verify=false "docker://$REG/team/app:v1" >seen
	same "$(jq -r .Digest seen)" "$SMALL"
	skopeo copy -q --src-tls-verify=false "docker://$REG/team/app:v1" dir:copied
	# Again: everything is there.
	expect 0 reg-push -C "$FAULT_DIR" "$REG/team/app:v2" <"$(M)"
	arrived "$REG/team/app" v2
}

@test "reg-push: to docker-registry with TLS, and tokens of two seconds" {
	real_start --tls --token --lifetime 2
	export SSL_CERT_FILE=$REG_CA
	expect 3 reg-push -C "$FAULT_DIR" "$REG/team/app:v1" <"$(M)"
	export REGISTRY_AUTH_FILE=$REG_AUTHFILE
	expect 0 reg-push -C "$FAULT_DIR" "$REG/team/app:v1" <"$(M)"
	same "$output" "$SMALL"
	arrived "$REG/team/app" v1
}

@test "reg-push: to docker-registry with Basic authentication" {
	real_start --basic
	export REGISTRY_AUTH_FILE=$REG_AUTHFILE
	expect 0 reg-push -C "$FAULT_DIR" "$REG/team/app:v1" <"$(M)"
	arrived "$REG/team/app" v1
}

@test "reg-push: an index, its images before it" {
	real_start
	expect 0 reg-push -C "$FAULT_DIR" "$REG/team/multi:v1" <"$(blob_path "$MULTI")"
	same "$output" "$MULTI"
	reg-manifest -i "$REG/team/multi:v1" | cmp - "$(blob_path "$MULTI")"
	reg-manifest -p linux/arm/v7 "$REG/team/multi:v1" >m
	reg-blob -C back "$REG/team/multi:v1" <m >lines
}

@test "reg-push: --mount-from another repository of docker-registry sends no bytes (case 108)" {
	real_start --token
	export REGISTRY_AUTH_FILE=$REG_AUTHFILE
	expect 0 reg-push -C "$FAULT_DIR" "$REG/team/base:v1" <"$(M)"
	expect 0 reg-push -x --mount-from team/base -C "$FAULT_DIR" "$REG/team/app:v1" <"$(M)"
	same "$output" "$SMALL"
	grep -q 'mount=' <<<"$stderr"
	! grep -q -- '-X PUT.*uploads' <<<"$stderr" || false
	arrived "$REG/team/app" v1
}

# --- sessions ---

@test "reg-push: HEAD first: what is there is not sent again" {
	pushes
	weather
	expect 0 reg-push -C "$FAULT_DIR" "$FAULT/push/$BATS_TEST_NUMBER-1:again" <"$(M)"
	[ "$(count '.method == "POST"')" = 0 ]
	[ "$(count '.method == "HEAD" and (.path | test("/blobs/"))')" = 4 ]
	same "$(heard 'select(.method == "PUT") | .path')" "/v2/push/$BATS_TEST_NUMBER-1/manifests/again"
}

@test "reg-push: the manifest comes after all blobs" {
	pushes
	same "$(heard '.method + " " + (.path | split("/") | .[-2])' | grep PUT | tail -1)" 'PUT manifests'
	weather 'PUT .*/blobs/uploads/.* status=400' 'PATCH .* status=400'
	run --separate-stderr reg-push --retry 0 -C "$FAULT_DIR" "$FAULT/push/none:t" <"$(M)"
	[ "$status" != 0 ]
	[ -z "$output" ]
	[ "$(count '.path | test("/manifests/")')" = 0 ]
}

@test "reg-push: mount answered 201, 202, refused, or with a 401 (case 108)" {
	pushes
	base=push/$BATS_TEST_NUMBER-1
	weather
	expect 0 reg-push --mount-from "$base" -C "$FAULT_DIR" "$FAULT/push/mounted:t" <"$(M)"
	[ "$(count "$puts")" = 0 ]
	[ "$(count '.query | test("mount=sha256(:|%3A)") and test("from=push(/|%2F)")')" = 4 ]
	arrived "$FAULT/push/mounted"
	weather
	expect 0 reg-push --mount-from push/nothing -C "$FAULT_DIR" "$FAULT/push/copied:t" <"$(M)"
	[ "$(count "$puts")" = 4 ]
	arrived "$FAULT/push/copied"
	for code in 400 404 405; do
		weather "POST .*/uploads/ @1 status=$code" "POST .*/uploads/ @3 status=$code"
		expect 0 reg-push --mount-from "$base" -C "$FAULT_DIR" "$FAULT/push/refused$code:t" <"$(M)"
		arrived "$FAULT/push/refused$code"
	done
	expect 2 reg-push --mount-from '../x' -C "$FAULT_DIR" "$FAULT/push/x:t" <"$(M)"
	expect 2 reg-push --mount-from 'a?b=c' -C "$FAULT_DIR" "$FAULT/push/x:t" <"$(M)"
}

@test "reg-push: Location relative, with a query, on another host (case 108)" {
	pushes '* .* location=relative'
	pushes
	# The query comes back byte for byte; the digest is added to it.
	[ "$(count "$puts"' and (.query | test("^_state=a%2Fb%3D0&k=v&digest=sha256(:|%3A)"))')" = 4 ]
	pushes '* .* location=other'
	[ "$(count "$puts"' and .at == "http2"')" = 4 ]
}

@test "reg-push: a Location on another host gets the bytes, not the credentials (case 108)" {
	login_file auth.json "$FAULT"
	export REGISTRY_AUTH_FILE=$PWD/auth.json
	weather '* /v2/push/.*/(blobs|manifests)/sha.* auth' 'POST .* auth location=other' '* .*/manifests/.* auth'
	sed -i '2s,POST \.\*,POST /v2/push/.*,' "$FAULT_RULES"
	expect 0 reg-push -C "$FAULT_DIR" "$FAULT/push/cross:t" <"$(M)"
	[ "$(count "$puts"' and .at == "http2"')" = 4 ]
	[ "$(count '.at == "http2" and .headers.authorization != null')" = 0 ]
	[ "$(count '.at == "http" and .headers.authorization != null')" -ge 5 ]
	# Nor when that host asks for them.
	weather 'POST /v2/push/.* auth location=other' \
		"PUT .*/blobs/.* auth challenge='Bearer realm=\"{http2}/token\",service=\"rig\"'" '* .*/manifests/.* auth'
	run --separate-stderr reg-push --retry 0 -C "$FAULT_DIR" "$FAULT/push/cross2:t" <"$(M)"
	[ "$status" = 3 ]
	[ "$(count '.at == "http2" and .headers.authorization != null')" = 0 ]
	[ "$(count '.at == "http2" and .path == "/token"')" = 0 ]
}

@test "reg-push: a Location from https to http is refused (case 108)" {
	weather 'POST /v2/push/.* status=202 redirect={http}/v2/push/x/blobs/uploads/1'
	run --separate-stderr reg-push --retry 0 -C "$FAULT_DIR" "$FAULT_TLS/push/tls:t" <"$(M)"
	[ "$status" = 1 ]
	[ "$(count '.at == "http"')" = 0 ]
	weather 'POST /v2/push/.* status=202'
	run --separate-stderr reg-push --retry 0 -C "$FAULT_DIR" "$FAULT/push/nowhere:t" <"$(M)"
	[ "$status" = 1 ]
	says 'Location'
}

# --- chunks ---

@test "reg-push: a body PUT that is refused becomes PATCH and PUT (case 108)" {
	local code
	for code in 400 404 405 413 415 501; do
		pushes "PUT .*/uploads/.* if-body status=$code"
		[ "$(count '.method == "PATCH"')" -ge 4 ]
		[ "$(count '.method == "PATCH" and (.headers["content-range"] | test("^[0-9]+-[0-9]+$") | not)')" = 0 ]
		[ "$(count '.method == "PUT" and (.path | test("/uploads/")) and .received > 0 and .status == 201')" = 0 ]
	done
}

@test "reg-push: a chunk that breaks is resumed where the registry says (case 108)" {
	pushes 'PUT .*/uploads/.* if-body status=405' 'PATCH .* @2 recv=1000' 'PATCH .* @3 recv=50000' 'PATCH .* @4 status=503'
	[ "$(count '.method == "GET" and (.path | test("/uploads/"))')" -ge 2 ]
	[ "$(count '.method == "PATCH" and (.headers["content-range"] | test("^1000-"))')" -ge 1 ]
}

@test "reg-push: a PUT that breaks midway is not lost (case 108)" {
	pushes 'PUT .*/uploads/.* x1 recv=100000'
	pushes 'PUT .*/uploads/.* x1 status=503'
	pushes 'PUT .*/uploads/.* x2 drop'
}

@test "reg-push: a chunk answered 416 goes on where the registry is (case 108)" {
	pushes 'PUT .*/uploads/.* if-body status=405' 'PATCH .* @1 status=416' 'PATCH .* @3 recv=30000' 'PATCH .* @4 status=416'
}

@test "reg-push: a session that is gone is begun anew (case 108)" {
	pushes 'PUT .*/uploads/.* if-body status=405' 'PATCH .* @2 recv=1000' 'GET .*/uploads/.* x1 status=404'
}

@test "reg-push: chunks go relative and across hosts too (case 108)" {
	pushes 'PUT .*/uploads/.* if-body status=405' '* .* location=relative'
	pushes 'PUT .*/uploads/.* if-body status=405' 'POST .* location=other'
}

@test "reg-push: large blobs go in several chunks, and in little memory" {
	"$ROOT/tests/rig/image" random big large 40000000
	cat >peak <<-'EOT'
		import os, resource, subprocess, sys
		code = subprocess.run(sys.argv[2:]).returncode
		open(sys.argv[1], "w").write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
		sys.exit(code)
	EOT
	reg-manifest oci:big:large >manifest
	weather 'PUT .*/uploads/.* if-body status=405' 'PATCH .* @2 recv=3000000'
	/usr/bin/python3 peak rss reg-push -C big "$FAULT/push/large:t" <manifest >digest
	[ "$(count '.method == "PATCH"')" -ge 4 ]
	reg-manifest "$FAULT/push/large:t" | reg-blob -C back "$FAULT/push/large:t" >lines
	[[ $BIN == *san* ]] || [ "$(cat rss)" -lt 30000 ]
}

# --- what it verifies ---

@test "reg-push: a local blob is verified first: 6, and nothing is asked" {
	cp -a "$FAULT_DIR" broken
	printf x | dd of="broken/blobs/${BLOB/://}" conv=notrunc bs=1 seek=7 status=none
	weather
	expect 6 reg-push -C broken "$FAULT/push/broken:t" <"$(M)"
	[ -z "$output" ]
	[ "$(count true)" = 0 ]
	: >"broken/blobs/${BLOB/://}"
	expect 6 reg-push -C broken "$FAULT/push/broken:t" <"$(M)"
	rm "broken/blobs/${BLOB/://}"
	run --separate-stderr reg-push -C broken "$FAULT/push/broken:t" <"$(M)"
	[ "$status" = 4 ] || [ "$status" = 1 ]
	says "${BLOB#*:}"
	ln -s /etc/passwd "broken/blobs/${BLOB/://}"
	run --separate-stderr reg-push -C broken "$FAULT/push/broken:t" <"$(M)"
	[ "$status" != 0 ]
	[ "$(count true)" = 0 ]
}

@test "reg-push: a registry that reports another digest is 6" {
	weather "PUT .*/manifests/.* digest=$MULTI"
	expect 6 reg-push -C "$FAULT_DIR" "$FAULT/push/lies:t" <"$(M)"
	[ -z "$output" ]
	weather "PUT .*/uploads/.* digest=$MULTI"
	expect 6 reg-push -C "$FAULT_DIR" "$FAULT/push/lies2:t" <"$(M)"
	pushes 'PUT .* digest=none'
}

@test "reg-push: IMAGE@digest must be the manifest's digest, else 6" {
	weather
	expect 6 reg-push -C "$FAULT_DIR" "$FAULT/push/d@$MULTI" <"$(M)"
	[ "$(count true)" = 0 ]
	expect 0 reg-push -C "$FAULT_DIR" "$FAULT/push/d@$SMALL" <"$(M)"
	same "$output" "$SMALL"
	reg-manifest "$FAULT/push/d@$SMALL" | cmp - "$(M)"
}

@test "reg-push: foreign layers that are not in the layout stay where they are" {
	jq -c --arg d "sha256:$(printf '%064d' 3)" \
		'.layers += [{mediaType: "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", digest: $d, size: 5, urls: ["https://example.com/x"]}]' "$(M)" >manifest
	expect 0 reg-push -C "$FAULT_DIR" "$FAULT/push/foreign:t" <manifest
	same "$output" "sha256:$(sha manifest)"
}

# --- exit statuses ---

@test "reg-push: 2 for a wrong command line, and nothing is asked" {
	weather
	expect 2 reg-push "$FAULT/push/x" <"$(M)"
	expect 2 reg-push -C "$FAULT_DIR" <"$(M)"
	expect 2 reg-push -C "$FAULT_DIR" "$FAULT/push/x" more <"$(M)"
	expect 2 reg-push -C "$FAULT_DIR" "$FAULT/PUSH" <"$(M)"
	expect 2 reg-push -C "$FAULT_DIR" oci:there:x <"$(M)"
	expect 2 reg-push --no-such-option
	[ "$(count true)" = 0 ]
}

@test "reg-push: 3 refused, 5 rate-limited, 1 for what is no manifest" {
	weather '* /v2/push/.* auth=uses:0'
	expect 3 reg-push -C "$FAULT_DIR" "$FAULT/push/r:t" <"$(M)"
	weather 'POST .* status=403'
	expect 3 reg-push -C "$FAULT_DIR" "$FAULT/push/r:t" <"$(M)"
	weather 'PUT .* status=403'
	expect 3 reg-push -C "$FAULT_DIR" "$FAULT/push/r:t" <"$(M)"
	weather 'POST .* status=429 header="Retry-After: 7200"'
	expect 5 timeout 20 reg-push -C "$FAULT_DIR" "$FAULT/push/r:t" <"$(M)"
	weather 'PUT .*manifests.* status=400 body="{\"errors\":[{\"message\":\"tag is immutable\"}]}"'
	expect 1 reg-push -C "$FAULT_DIR" "$FAULT/push/r:t" <"$(M)"
	says 'tag is immutable'
	weather
	expect 1 reg-push -C "$FAULT_DIR" "$FAULT/push/r:t" <<<'hello'
	expect 1 reg-push -C "$FAULT_DIR" "$FAULT/push/r:t" </dev/null
	expect 1 reg-push -C "$FAULT_DIR" "$FAULT/push/r:t" <<<'{"schemaVersion":1,"fsLayers":[]}'
	[ "$(count true)" = 0 ]
}

@test "reg-push: HEAD refused or unknown is no answer: it uploads" {
	pushes 'HEAD .*/blobs/.* status=405'
	pushes 'HEAD .*/blobs/.* status=400'
}

@test "reg-push: a token with push is asked for, renewed midway (case 94)" {
	login_file auth.json "$FAULT"
	export REGISTRY_AUTH_FILE=$PWD/auth.json
	pushes '* /v2/push/.* auth=uses:3'
	[ "$(count '.path == "/token"')" -ge 3 ]
	heard 'select(.path == "/token") | .query + (.form.scope // "")' | grep -qE 'pull(,|%2C)push'
	[ "$(count '.query | test("s3cret")')" = 0 ]
}

# --- what it says ---

@test "reg-push: -x shows each act and no secret" {
	login_file auth.json "$FAULT"
	export REGISTRY_AUTH_FILE=$PWD/auth.json
	weather '* /v2/push/.* auth'
	reg-push -x -C "$FAULT_DIR" "$FAULT/push/x:t" <"$(M)" >out 2>err
	! grep -qv '^[+~!] ' err || false
	! grep -qE 'tok-[0-9]|s3cret|czNjcmV0' err || false
	grep -q -- '-X PUT.*--data-binary' err
}

@test "reg-push: -n asks nothing and is a script that does the same" {
	requires curl
	weather
	reg-push -n -C "$FAULT_DIR" "$FAULT/push/script:t" <"$(M)" >script
	[ "$(count true)" = 0 ]
	sh -e script >out
	same "$(cat out)" "$SMALL"
	arrived "$FAULT/push/script"
	weather '* /v2/push/.* auth' '* .* location=relative'
	REG_TOKEN=verysecret reg-push -n -C "$FAULT_DIR" "$FAULT/push/script2:t" <"$(M)" >script
	! grep -q verysecret script || false
	grep -qF '$REG_TOKEN' script
	REG_TOKEN=$(reg-token -a pull,push "$FAULT/push/script2") sh -e script >out
	arrived "$FAULT/push/script2"
}

@test "reg-push: a round trip: pull, push elsewhere, pull again, the same digest" {
	real_start
	expect 0 reg-push -C "$FAULT_DIR" "$REG/a:1" <"$(M)"
	reg-manifest "$REG/a:1" | tee manifest | reg-blob -C layout "$REG/a:1" >lines
	expect 0 reg-push -C layout "$REG/b:1" <manifest
	same "$(reg-manifest -d "$REG/a:1")" "$(reg-manifest -d "$REG/b:1")"
}
