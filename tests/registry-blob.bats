#!/usr/bin/env bats
# How reg-blob brings bytes home in bad weather, and what it leaves on disk.

load helpers
load registry

# The blob arrives whole on stdout, by -o and by -C, in this weather.
arrives() {
	arrives_on_stdout "$@"
	arrives_by_o "$@"
	weather "$@"
	rm -rf layout
	reg-blob -C layout "$FAULT/x:small" <"$(blob_path "$SMALL")" >lines
	cmp "layout/blobs/${BLOB/://}" "$BLOB_FILE"
	complete layout
}

arrives_on_stdout() {
	weather "$@"
	reg-blob "$FAULT/x" "$BLOB" >got
	cmp got "$BLOB_FILE"
}

arrives_by_o() {
	weather "$@"
	rm -rf o
	mkdir o
	reg-blob -o o/blob "$FAULT/x" "$BLOB"
	cmp o/blob "$BLOB_FILE"
	same "$(ls -A o)" blob
}

# fails STATUS RULE...: on stdout, by -o and by -C alike, leaving nothing that looks done.
fails() {
	local want=$1
	shift
	weather "$@"
	expect "$want" reg-blob "$FAULT/x" "$BLOB"
	weather "$@"
	rm -rf o layout
	mkdir o
	echo old >o/blob
	expect "$want" reg-blob -o o/blob "$FAULT/x" "$BLOB"
	same "$(cat o/blob)" old
	weather "$@"
	expect "$want" reg-blob -C layout "$FAULT/x:small" <"$(blob_path "$SMALL")"
	[ ! -e "layout/blobs/${BLOB/://}" ]
	[ "$(recorded layout)" = 0 ]
}

recorded() { # how many images the layout names
	if [ -e "$1/index.json" ]; then jq '.manifests | length' "$1/index.json"; else echo 0; fi
}

complete() { # every blob of the layout is what its name says, and nothing else is there
	local f
	for f in "$1"/blobs/sha256/*; do
		same "$(sha "$f")" "$(basename "$f")"
	done
	[ "$(recorded "$1")" -ge 1 ]
}

blob_requests='(.method == "GET") and (.path | test("/blobs/|/storage/"))'

# --- plain ---

@test "reg-blob: a blob on stdout, in silence" {
	reg-blob "$FAULT/x" "$BLOB" >got 2>err
	cmp got "$BLOB_FILE"
	[ ! -s err ]
	reg-blob "$FAULT/x:small" "$BLOB" | cmp - "$BLOB_FILE"
	reg-blob "$FAULT/x@$SMALL" "$BLOB" | cmp - "$BLOB_FILE"
}

@test "reg-blob: -o leaves FILE and nothing else" {
	arrives_by_o
	[ "$(stat -c %a o/blob)" = "$(printf %o $((0666 & ~0$(umask))))" ]
}

@test "reg-blob: a malformed DIGEST or -j is 2, and nothing is asked (CVE-2024-3727)" {
	local d
	weather
	for d in '' sha256: sha256:../../x "${BLOB^^}" "${BLOB%?}" "${BLOB}0" "md5:d41d8cd98f00b204e9800998ecf8427e" \
		"sha256-${BLOB#*:}" "${BLOB}/../x" "sha512:${BLOB#*:}" "${BLOB#*:}" " $BLOB" "$BLOB"$'\n'; do
		run --separate-stderr reg-blob "$FAULT/x" "$d"
		[ "$status" = 2 ] || { echo "status $status: $d"; return 1; }
	done
	for d in 0 -1 x 1x '' ' 4' +4 99999999999999999999 1.5; do
		run --separate-stderr reg-blob -j "$d" -C layout "$FAULT/x" </dev/null
		[ "$status" = 2 ] || { echo "status $status: -j $d"; return 1; }
	done
	expect 2 reg-blob "$FAULT/x"
	expect 2 reg-blob
	expect 2 reg-blob "$FAULT/x" "$BLOB" more
	[ "$(count true)" = 0 ]
	[ ! -e layout ]
}

@test "reg-blob: a blob that isn't there is 4, asked for once" {
	weather
	expect 4 reg-blob "$FAULT/x" "sha256:$(printf '%064d' 1)"
	[ "$(count "$blob_requests")" = 1 ]
	weather 'GET .* status=403'
	expect 3 reg-blob "$FAULT/x" "$BLOB"
	[ "$(count "$blob_requests")" -le 2 ]
}

# --- redirects ---

@test "reg-blob: 307 to another host takes no Authorization along (case 90) (quirk 5)" {
	arrives '* /v2/.* auth' 'GET /v2/.*/blobs/.* signed=9'
	[ "$(count '.at == "http2"')" -ge 1 ]
	[ "$(count '.at == "http2" and (.headers.authorization != null or .headers.cookie != null)')" = 0 ]
	[ "$(count '.at == "http" and .headers.authorization != null')" -ge 1 ]
}

@test "reg-blob: another name or scheme of the same machine is another host (case 90)" {
	local port=${FAULT#*:}
	arrives_on_stdout '* /v2/x/.* auth' \
		"GET /v2/x/blobs/.* redirect=http://127.0.0.1:$port/v2/y/blobs/{digest}"
	[ "$(count '.path | test("/v2/y/")')" = 1 ]
	[ "$(count '(.path | test("/v2/y/")) and .headers.authorization != null')" = 0 ]
	arrives_on_stdout '* /v2/x/.* auth' 'GET /v2/x/blobs/.* redirect={https}/v2/y/blobs/{digest}'
	[ "$(count '(.path | test("/v2/y/")) and .headers.authorization != null')" = 0 ]
}

@test "reg-blob: on the same host the token goes along (case 90)" {
	arrives_on_stdout '* /v2/.* auth' 'GET /v2/x/blobs/.* redirect=/v2/y/blobs/{digest}'
	[ "$(count '(.path | test("/v2/y/")) and .headers.authorization != null')" = 1 ]
}

@test "reg-blob: REG_TOKEN stays at home too (case 90)" {
	weather 'GET /v2/.*/blobs/.* signed=9'
	REG_TOKEN=verysecret reg-blob "$FAULT/x" "$BLOB" | cmp - "$BLOB_FILE"
	[ "$(count '.at == "http2" and .headers.authorization != null')" = 0 ]
}

@test "reg-blob: a storage server's own 401 gets no credentials (quirk 6)" {
	login_file auth.json "$FAULT"
	export REGISTRY_AUTH_FILE=$PWD/auth.json
	for challenge in 'Bearer realm="{http2}/token",service="rig"' 'Basic realm="x"'; do
		weather '* /v2/.* auth' 'GET /v2/.*/blobs/.* redirect={http2}/elsewhere/{digest}' \
			"* /elsewhere/.* auth challenge='$challenge'"
		run --separate-stderr reg-blob --retry 1 "$FAULT/x" "$BLOB"
		[ "$status" = 3 ] || [ "$status" = 1 ]
		[ "$(count '.at == "http2" and .headers.authorization != null')" = 0 ]
		[ "$(count '.at == "http2" and .path == "/token" and (.form | length) > 0')" = 0 ]
	done
}

@test "reg-blob: https never leads to http (case 91)" {
	weather 'GET /v2/.*/blobs/.* redirect={http}/v2/y/blobs/{digest}'
	expect 1 reg-blob "$FAULT_TLS/x" "$BLOB"
	[ "$(count '.at == "http"')" = 0 ]
	weather 'GET /v2/x/blobs/.* redirect={https2}/v2/y/blobs/{digest}' \
		'GET /v2/y/blobs/.* redirect={http}/v2/z/blobs/{digest}'
	expect 1 reg-blob "$FAULT_TLS/x" "$BLOB"
	[ "$(count '.at == "http"')" = 0 ]
}

@test "reg-blob: a registry outside never leads to loopback or link-local (case 91)" {
	local target
	for target in https://localhost:1/ https://127.0.0.1:1/ 'https://[::1]:1/' https://127.1:1/ https://2130706433:1/ \
		https://0.0.0.0:1/ 'https://[::ffff:127.0.0.1]:1/' https://169.254.169.254/; do
		rm -rf outside inside
		run --separate-stderr outside 'reg-blob --retry 0 --connect-timeout 2 registry.test/x "$BLOB" >got; echo "status $?"
			wc -l <"$TMP/inside/requests"' \
			"GET /v2/.*/blobs/.* redirect=$target"
		same "$output" $'status 1\n0' || { echo "$target"; return 1; }
		! grep -qi 'refused' <<<"$stderr" || grep -qi 'loopback\|this machine\|local\|where we' <<<"$stderr"
	done
}

@test "reg-blob: redirects lead to http and https only (case 91) (case 102)" {
	local target
	echo secret >passwd
	for target in "file://$TMP/passwd" ftp://localhost/x gopher://localhost/x data:,x javascript:x \
		dict://localhost/ scp://localhost/x '//' 'http://' ''; do
		weather "GET /v2/.*/blobs/.* redirect='$target'"
		run --separate-stderr reg-blob --retry 0 "$FAULT/x" "$BLOB"
		[ "$status" = 1 ] || { echo "status $status: $target"; return 1; }
		[ -z "$output" ]
	done
}

@test "reg-blob: 301, 302, 303, 307, 308, absolute and relative (case 102)" {
	local code
	for code in 301 302 303 307 308; do
		arrives_on_stdout "GET /v2/x/blobs/.* status=$code redirect={http2}/v2/y/blobs/{digest}"
	done
	arrives_on_stdout 'GET /v2/x/blobs/.* redirect=/v2/y/blobs/{digest}'
	arrives_on_stdout 'GET /v2/x/blobs/.* redirect=../../y/blobs/{digest}'
	arrives_on_stdout "GET /v2/x/blobs/.* redirect='//$FAULT2/v2/y/blobs/{digest}?a=b%2Fc'"
	[ "$(count '.query == "a=b%2Fc"')" = 1 ]
}

@test "reg-blob: a redirect loop ends, ten hops don't (case 102)" {
	local rules=() i
	for i in {1..9}; do
		rules+=("GET /v2/h$i/blobs/.* redirect=/v2/h$((i + 1))/blobs/{digest}")
	done
	weather "${rules[@]}"
	reg-blob "$FAULT/h1" "$BLOB" | cmp - "$BLOB_FILE"
	weather 'GET /v2/.*/blobs/.* redirect={self}{path}'
	run --separate-stderr timeout 20 reg-blob --retry 0 "$FAULT/x" "$BLOB"
	[ "$status" = 1 ]
	[ "$(count true)" -le 13 ]
	says 'redirect'
}

@test "reg-blob: a Location with user and password in it (case 102)" {
	weather '* /v2/x/.* auth' "GET /v2/x/blobs/.* redirect=http://user:pass@$FAULT2/v2/y/blobs/{digest}"
	run --separate-stderr reg-blob --retry 0 "$FAULT/x" "$BLOB"
	[ "$status" -le 1 ]
	[ "$(count '(.path | test("/v2/y/")) and (.headers.authorization // "" | test("Bearer"))')" = 0 ]
	[[ $stderr != *pass@* ]]
}

@test "reg-blob: a redirect without Location is said" {
	weather 'GET /v2/.*/blobs/.* status=307'
	expect 1 reg-blob --retry 0 "$FAULT/x" "$BLOB"
	[ "$(wc -l <<<"$stderr")" -le 2 ]
}

# --- cut and resumed ---

@test "reg-blob: a cut body goes on by Range from where it was (case 93)" {
	arrives 'GET .*/blobs/.* x1 cut=100000'
	arrives_on_stdout 'GET .*/blobs/.* x4 cut=60000'
	# Nothing is fetched twice.
	[ "$(heard "select($blob_requests) | .sent" | paste -sd+ | bc)" -le $((BLOB_SIZE + BLOB_SIZE / 10)) ]
	[ "$(count '.headers.range != null')" -ge 4 ]
	arrives_on_stdout 'GET .*/blobs/.* x1 cut=0'
	arrives_on_stdout 'GET .*/blobs/.* x2 drop'
}

@test "reg-blob: progress resets the count of tries (case 93)" {
	arrives_on_stdout 'GET .*/blobs/.* x12 cut=20000'
}

@test "reg-blob: a server that ignores Range: the prefix is skipped (case 93) (quirk 7)" {
	arrives 'GET .*/blobs/.* x1 cut=100000' 'GET .*/blobs/.* norange'
	arrives 'GET .*/blobs/.* x3 cut=100000' 'GET .*/blobs/.* norange'
}

@test "reg-blob: a lying Content-Range never spoils the result (case 93) (quirk 7)" {
	local range
	for range in "bytes 0-99999/$BLOB_SIZE" "bytes 100001-$((BLOB_SIZE - 1))/$BLOB_SIZE" \
		"bytes 99999-$((BLOB_SIZE - 1))/$BLOB_SIZE" "bytes 100000-$((BLOB_SIZE - 2))/$BLOB_SIZE" \
		"bytes 100000-$((BLOB_SIZE - 1))/$((BLOB_SIZE + 1))" 'bytes */5' 'garbage' \
		'bytes 18446744073709651616-18446744073709651617/18446744073709651618' \
		'bytes -100000-5/6' "items 100000-$((BLOB_SIZE - 1))/$BLOB_SIZE"; do
		weather 'GET .*/blobs/.* @1 cut=100000' "GET .*/blobs/.* @2 content-range='$range'"
		reg-blob "$FAULT/x" "$BLOB" >got 2>err && status=0 || status=$?
		if [ $status = 0 ]; then
			cmp got "$BLOB_FILE"
		else
			[ $status = 6 ] || [ $status = 1 ] || { echo "status $status: $range"; return 1; }
		fi
	done
	# What agrees with what was asked for, with an unknown total, is right.
	arrives_on_stdout 'GET .*/blobs/.* @1 cut=100000' \
		"GET .*/blobs/.* @2 content-range='bytes 100000-$((BLOB_SIZE - 1))/*'"
}

@test "reg-blob: 416 starts over (case 93) (quirk 7)" {
	arrives "GET .*/blobs/$BLOB @1 cut=100000" "GET .*/blobs/$BLOB @2 status=416"
}

@test "reg-blob: 206 with another part of it than was asked for (case 93)" {
	weather 'GET .*/blobs/.* @1 cut=100000' 'GET .*/blobs/.* @2 status=206'
	reg-blob "$FAULT/x" "$BLOB" >got 2>err && status=0 || status=$?
	[ $status != 0 ] || cmp got "$BLOB_FILE"
}

@test "reg-blob: an expired signed URL: back to the registry (case 92) (quirk 7)" {
	arrives 'GET /v2/.*/blobs/.* signed=1' "GET /storage/$BLOB x1 cut=100000"
	[ "$(count '.path == "/v2/x/blobs/'"$BLOB"'"')" = 2 ]
	[ "$(count '(.path | test("/storage/")) and .headers.range != null')" = 1 ]
}

@test "reg-blob: a token that ends midway is renewed, once (case 94)" {
	arrives_on_stdout '* /v2/.* auth=uses:2' 'GET .*/blobs/.* x3 cut=100000'
	arrives_by_o '* /v2/.* auth=uses:2' 'GET .*/blobs/.* x3 cut=100000'
	[ "$(count '.path == "/token"')" -ge 2 ]
	weather '* /v2/.* auth=uses:0'
	expect 3 reg-blob "$FAULT/x" "$BLOB"
	[ "$(count '.path == "/token"')" -le 3 ]
}

@test "reg-blob: layers in parallel share one token, and one renewal (case 94)" {
	weather '* /v2/.* auth=secs:0.5' 'GET .*/blobs/.* x2 cut=10 delay=1'
	expect 0 reg-blob -j 4 -C layout "$FAULT/x:small" <"$(blob_path "$SMALL")"
	[ "$(count '.path == "/token"')" -le 3 ]
}

# --- the server says wait ---

@test "reg-blob: 429 with seconds or a date, 408, 500, 502, 503, 504 are tried again (case 95)" {
	local rule n=0 pids=() pid
	weather 'GET /v2/r1/.* x1 status=429 header="Retry-After: 1"' \
		'GET /v2/r2/.* x1 status=429 header="Retry-After: {date+2}"' \
		'GET /v2/r3/.* x2 status=429' \
		'GET /v2/r4/.* x2 status=503 header="Retry-After: 0"' \
		'GET /v2/r5/.* x1 status=500' 'GET /v2/r6/.* x1 status=502' \
		'GET /v2/r7/.* x1 status=504' 'GET /v2/r8/.* x1 status=408' \
		'GET /v2/r9/.* x1 status=429 header="Retry-After: soon"'
	for n in {1..9}; do
		reg-blob "$FAULT/r$n" "$BLOB" >"got$n" 2>"err$n" 3>&- &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do wait "$pid"; done
	for n in {1..9}; do cmp "got$n" "$BLOB_FILE"; done
	# Not before the second that Retry-After names.
	same "$(count '.path | test("/r1/")')" 2
}

@test "reg-blob: a Retry-After of hours is 5 at once, and says how long (case 95) (quirk 13)" {
	weather 'GET .*/blobs/.* status=429 header="Retry-After: 7200"'
	expect 5 timeout 10 reg-blob "$FAULT/x" "$BLOB"
	[ "$(count "$blob_requests")" = 1 ]
	says '7200|2 h|120 min'
	weather 'GET .*/blobs/.* status=429 header="Retry-After: {date+7200}"'
	expect 5 timeout 10 reg-blob "$FAULT/x" "$BLOB"
	weather 'GET .*/manifests/.* status=429 header="Retry-After: 99999999999999999999"'
	expect 5 timeout 10 reg-manifest "$FAULT/x:small"
	weather 'GET .*/blobs/.* status=429 header="Retry-After: 7200"'
	expect 5 timeout 10 reg-blob -C layout "$FAULT/x:small" <"$(blob_path "$SMALL")"
	[ "$(recorded layout)" = 0 ]
}

@test "reg-blob: 429 and 5xx without end are 5 and 1, after a few spaced tries (case 95)" {
	weather 'GET /v2/a/.* status=429' 'GET /v2/b/.* status=503' 'GET /v2/c/.* drop'
	timeout 50 reg-blob --retry 2 "$FAULT/a" "$BLOB" >/dev/null 2>&1 3>&- & a=$!
	timeout 50 reg-blob --retry 2 "$FAULT/b" "$BLOB" >/dev/null 2>&1 3>&- & b=$!
	timeout 50 reg-blob --retry 2 "$FAULT/c" "$BLOB" >/dev/null 2>&1 3>&- & c=$!
	wait $a && status=0 || status=$?
	same $status 5
	wait $b && status=0 || status=$?
	same $status 1
	wait $c && status=0 || status=$?
	same $status 1
	same "$(count '.path | test("/v2/b/")')" 3
}

@test "reg-blob: nobody listening is tried a few times, then 1" {
	run --separate-stderr timeout 60 reg-blob --retry 1 localhost:1/x "$BLOB"
	[ "$status" = 1 ]
	[ "$(wc -l <<<"$stderr")" -le 2 ]
}

@test "reg-blob: a stall ends after --timeout, a trickle is no stall" {
	weather 'GET /v2/a/.* cut=1000 stall=30' 'GET /v2/b/.* stall=30' "GET /v2/c/.* trickle=$((BLOB_SIZE / 5))/0.6" \
		'GET /v2/d/.* x1 cut=1000 stall=30' 'GET /v2/e/.* slowhead=0.02' 'GET /v2/f/.* delay=30'
	timeout 25 reg-blob --retry 0 --timeout 1 "$FAULT/e" "$BLOB" >gote 2>&1 3>&- & e=$!
	timeout 25 reg-blob --retry 0 --timeout 1 "$FAULT/f" "$BLOB" >/dev/null 2>&1 3>&- & f=$!
	timeout 25 reg-blob --retry 0 --timeout 1 "$FAULT/a" "$BLOB" >/dev/null 2>err 3>&- & a=$!
	timeout 25 reg-blob --retry 0 --timeout 1 "$FAULT/b" "$BLOB" >/dev/null 2>&1 3>&- & b=$!
	timeout 25 reg-blob --timeout 1 "$FAULT/d" "$BLOB" >gotd 2>&1 3>&- & d=$!
	reg-blob --retry 0 --timeout 1 "$FAULT/c" "$BLOB" | cmp - "$BLOB_FILE"
	wait $a && status=0 || status=$?
	same $status 1
	wait $b && status=0 || status=$?
	same $status 1
	wait $d
	cmp gotd "$BLOB_FILE"
	# The head that comes by the byte, and the one that doesn't come.
	wait $e
	cmp gote "$BLOB_FILE"
	wait $f && status=0 || status=$?
	same $status 1
}

# --- the wrong bytes ---

@test "reg-blob: wrong bytes, too few, too many are 6, and FILE stays what it was (case 96)" {
	fails 6 'GET .*/blobs/.* flip'
	fails 6 'GET .*/blobs/.* short=1'
	fails 6 'GET .*/blobs/.* long=1'
	fails 6 'GET .*/blobs/.* flip nolength'
	fails 6 'GET .*/blobs/.* short=100000 nolength'
	fails 6 'GET .*/blobs/.* long=100000 nolength'
}

@test "reg-blob: the sizes in the manifest bound every download (case 96)" {
	weather 'GET .*/blobs/.* zeros=200000000'
	expect 6 reg-blob -C layout "$FAULT/x:small" <"$(blob_path "$SMALL")"
	[ "$(heard "select($blob_requests) | .sent" | paste -sd+ | bc)" -lt 100000000 ]
	weather 'GET .*/blobs/.* zeros=200000000 nolength'
	expect 6 reg-blob -C layout "$FAULT/x:small" <"$(blob_path "$SMALL")"
	[ "$(heard "select($blob_requests) | .sent" | paste -sd+ | bc)" -lt 100000000 ]
	[ "$(recorded layout)" = 0 ]
}

@test "reg-blob: sha512 digests (case 96)" {
	sum=$(sha512sum <"$BLOB_FILE" | cut -c1-128)
	mkdir -p "$FAULT_DIR/blobs/sha512"
	cp "$BLOB_FILE" "$FAULT_DIR/blobs/sha512/$sum"
	reg-blob "$FAULT/x" "sha512:$sum" | cmp - "$BLOB_FILE"
	reg-blob -o file "$FAULT/x" "sha512:$sum"
	cmp file "$BLOB_FILE"
	weather 'GET .*/blobs/.* flip'
	expect 6 reg-blob "$FAULT/x" "sha512:$sum"
	weather
	jq -c --arg d "sha512:$sum" '.layers[0].digest = $d' "$(blob_path "$SMALL")" >manifest
	expect 0 reg-blob -C layout "$FAULT/x:other" <manifest
	cmp "layout/blobs/sha512/$sum" "$BLOB_FILE"
}

@test "reg-blob: an empty blob" {
	empty=$(printf '' | store)
	reg-blob "$FAULT/x" "$empty" >got
	[ ! -s got ]
	reg-blob -o file "$FAULT/x" "$empty"
	[ -f file ] && [ ! -s file ]
}

@test "reg-blob: no Content-Length, only chunks" {
	arrives 'GET .*/blobs/.* nolength'
}

# --- Content-Encoding ---

@test "reg-blob: asks for no Content-Encoding and undoes none (case 98) (quirk 11)" {
	arrives 'GET .*/blobs/.* gzip'
	[ "$(count '(.headers["accept-encoding"] // "identity") != "identity"')" = 0 ]
	# A .tar.gz that is labelled gzip is a .tar.gz.
	arrives 'GET .*/blobs/.* header="Content-Encoding: gzip"'
	# Compressed in spite of it: what came is not what the digest names.
	weather 'GET .*/blobs/.* gzip=always'
	reg-blob "$FAULT/x" "$BLOB" >got 2>err && status=0 || status=$?
	[ $status = 6 ] || cmp got "$BLOB_FILE"
}

# --- foreign layers ---

@test "reg-blob: a Transfer-Encoding that nobody asked for is a failure, not a crash" {
	local encoding
	for encoding in br 'br, chunked' nonsense; do
		weather "GET .*/blobs/.* header='Transfer-Encoding: $encoding'"
		expect 1 reg-blob --retry 0 "$FAULT/x" "$BLOB"
	done
}

@test "reg-blob: foreign layers come from their urls, without credentials (case 97)" {
	login_file auth.json "$FAULT_TLS"
	export REGISTRY_AUTH_FILE=$PWD/auth.json
	jq -c --arg u "https://$FAULT_TLS2/storage/$BLOB?sig=s" \
		'.layers[0] += {mediaType: "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", urls: [$u]}' \
		"$(blob_path "$SMALL")" >manifest
	weather '* /v2/x/.* auth' "GET /v2/x/blobs/$BLOB status=404" \
		"GET /storage/.* redirect=/v2/foreign/blobs/$BLOB"
	expect 0 reg-blob -C layout "$FAULT_TLS/x:foreign" <manifest
	cmp "layout/blobs/${BLOB/://}" "$BLOB_FILE"
	[ "$(count '.at == "https2"')" -ge 1 ]
	[ "$(count '.at == "https2" and .headers.authorization != null')" = 0 ]
}

@test "reg-blob: foreign urls keep the redirect rules: no http from https, no other scheme (case 97)" {
	local url
	echo secret >passwd
	for url in "http://$FAULT/v2/y/blobs/$BLOB" "file://$TMP/passwd" "ftp://localhost/x" 'not a url' ''; do
		rm -rf layout
		jq -c --arg u "$url" '.layers[0] += {mediaType: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", urls: [$u]}' \
			"$(blob_path "$SMALL")" >manifest
		weather "GET /v2/x/blobs/$BLOB status=404"
		run --separate-stderr timeout 60 reg-blob --retry 0 -C layout "$FAULT_TLS/x:foreign" <manifest
		[ "$status" != 0 ]
		[ "$(count '.at == "http"')" = 0 ]
		[ "$(recorded layout)" = 0 ]
	done
}

@test "reg-blob: the second url of a foreign layer, where the first is dead (case 97)" {
	jq -c --arg a "http://localhost:1/x" --arg b "http://$FAULT2/v2/y/blobs/$BLOB" \
		'.layers[0] += {mediaType: "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", urls: [$a, $b]}' \
		"$(blob_path "$SMALL")" >manifest
	weather "GET /v2/x/blobs/$BLOB status=404"
	expect 0 reg-blob --retry 0 -C layout "$FAULT/x:foreign" <manifest
	cmp "layout/blobs/${BLOB/://}" "$BLOB_FILE"
}

# --- pipes ---

@test "reg-blob: a closed stdout ends it at once, not with 0 (case 101)" {
	weather 'GET .*/blobs/.* rate=50000'
	( set +e; timeout 20 reg-blob "$FAULT/x" "$BLOB" 2>err; echo $? >status ) | head -c 10 >/dev/null
	[ "$(cat status)" != 0 ]
	[ "$(cat status)" != 124 ]
	timeout 20 reg-blob "$FAULT/x" "$BLOB" >/dev/full 2>err && status=0 || status=$?
	[ $status = 1 ]
	grep -q 'No space' err
}

@test "reg-blob: a full disk is 1 and leaves no FILE" {
	requires root
	export D=$TMP/disk
	mkdir "$D"
	run --separate-stderr unshare -m sh -c 'mount -t tmpfs -o size=64k x "$D" &&
		{ reg-blob -o "$D/file" "$FAULT/x" "$BLOB"; echo $?; test ! -e "$D/file"; echo $?; }'
	same "$output" $'1\n0'
	says 'No space'
}

# --- across runs ---

@test "reg-blob: -o goes on where a killed run stopped (case 100)" {
	weather 'GET .*/blobs/.* @1 rate=100000'
	reg-blob -o file "$FAULT/x" "$BLOB" 3>&- &
	pid=$!
	sleep 1.5
	kill -9 $pid
	wait $pid || :
	[ ! -e file ]
	partial=$(find . -type f -size +40k | head -1)
	[ -n "$partial" ]
	had=$(stat -c %s "$partial")
	weather
	reg-blob -o file "$FAULT/x" "$BLOB"
	cmp file "$BLOB_FILE"
	same "$(ls -A)" $'file\nhome'
	# (The killed run's own request is written down when its end is noticed.)
	same "$(heard "select($blob_requests) | .headers.range // empty")" "bytes=$had-"
}

@test "reg-blob: -o takes over no partial of another digest, and no symlink (case 100)" {
	other=$(jq -r '.layers[1].digest' "$(blob_path "$SMALL")")
	weather 'GET .*/blobs/.* cut=50000'
	run reg-blob --retry 0 -o file "$FAULT/x" "$BLOB"
	[ ! -e file ]
	[ "$(ls -A)" != home ]
	weather
	reg-blob -o file "$FAULT/x" "$other"
	cmp file "$(blob_path "$other")"
	# Whatever the partial file is called, a link in its place must not be written through.
	weather 'GET .*/blobs/.* cut=50000'
	mkdir l
	run reg-blob --retry 0 -o l/file "$FAULT/x" "$BLOB"
	name=$(ls -A l)
	[ -n "$name" ]
	echo precious >victim
	for f in $name; do ln -sfn ../victim "l/$f"; done
	weather
	run --separate-stderr reg-blob -o l/file "$FAULT/x" "$BLOB"
	same "$(cat victim)" precious
	[ "$status" != 0 ] || { [ ! -L l/file ] && cmp l/file "$BLOB_FILE"; }
}

@test "reg-blob: a partial file with wrong bytes, or too many, costs a fetch, not the result" {
	weather 'GET .*/blobs/.* cut=50000'
	mkdir l
	run reg-blob --retry 0 -o l/file "$FAULT/x" "$BLOB"
	name=$(echo l/*) # one file
	cp "$name" keep
	weather
	printf garbage | dd of="$name" conv=notrunc bs=1 seek=1000 status=none
	run --separate-stderr reg-blob -o l/file "$FAULT/x" "$BLOB"
	[ "$status" = 0 ] || { [ "$status" = 6 ] && reg-blob -o l/file "$FAULT/x" "$BLOB"; }
	cmp l/file "$BLOB_FILE"
	rm l/file
	head -c $((BLOB_SIZE + 5)) /dev/zero >"$name"
	run --separate-stderr reg-blob -o l/file "$FAULT/x" "$BLOB"
	[ "$status" = 0 ] || { [ "$status" = 6 ] && reg-blob -o l/file "$FAULT/x" "$BLOB"; }
	cmp l/file "$BLOB_FILE"
	rm l/file
	cp "$BLOB_FILE" "$name"
	reg-blob -o l/file "$FAULT/x" "$BLOB"
	cmp l/file "$BLOB_FILE"
	same "$(ls -A l)" file
}

@test "reg-blob: two processes on one FILE, and on one layout (case 100)" {
	weather 'GET .*/blobs/.* rate=300000'
	reg-blob -o file "$FAULT/x" "$BLOB" 3>&- & a=$!
	sleep 0.2
	reg-blob -o file "$FAULT/x" "$BLOB" 2>err && second=0 || second=$?
	wait $a
	cmp file "$BLOB_FILE"
	[ "$second" = 0 ] || says_file err 'lock|another|busy|in use'
	same "$(ls -A)" $'err\nfile\nhome'
	weather 'GET .*/blobs/.* rate=300000'
	pids=()
	for i in 1 2 3; do
		reg-blob -C layout "$FAULT/x$i:small" <"$(blob_path "$SMALL")" >"lines$i" 3>&- &
		pids+=($!)
	done
	for a in "${pids[@]}"; do wait "$a"; done
	complete layout
	same "$(recorded layout)" 3
	for i in 1 2 3; do same "$(sort "lines$i")" "$(sort lines1)"; done
	# The second and third waited and found the blobs, or took turns; the bytes came about once.
	# (Of x1 to x3: the log of what went before may come late.)
	[ "$(heard "select(.path | test(\"/x[123]/blobs/$BLOB\")) | .sent" | paste -sd+ | bc)" -lt $((BLOB_SIZE * 3 / 2)) ]
}

says_file() {
	grep -qiE "$2" "$1"
}

@test "reg-blob: -C goes on where a killed run stopped, and is recorded only when complete" {
	weather "GET .*/blobs/$BLOB @1 rate=300000"
	reg-blob -C layout "$FAULT/x:small" <"$(blob_path "$SMALL")" >lines 3>&- &
	pid=$!
	sleep 0.7
	kill -9 $pid
	wait $pid || :
	[ "$(recorded layout)" = 0 ]
	weather
	reg-blob -C layout "$FAULT/x:small" <"$(blob_path "$SMALL")" >lines
	complete layout
	[ "$(count '(.path | test("'"$BLOB"'")) and .headers.range != null')" = 1 ]
	same "$(recorded layout)" 1
}

# --- the layout ---

@test "reg-blob: -C prints a line for each blob, and PATH opens" {
	expect 0 reg-blob -C layout "$FAULT/x:small" <"$(blob_path "$SMALL")"
	while IFS=$'\t' read -r digest path rest; do
		[ -z "$rest" ]
		same "sha256:$(sha "$path")" "$digest"
	done <<<"$output"
	for d in $(jq -r '.config.digest, .layers[].digest' "$(blob_path "$SMALL")"); do
		grep -q "^$d	layout/blobs/sha256/${d#*:}\$" <<<"$output"
	done
	[ -z "$stderr" ]
	(cd / && reg-blob -C "$TMP/layout" "$FAULT/x:small" <"$(blob_path "$SMALL")") >lines
	cut -f2 lines | xargs -n1 test -f
	cmp "layout/blobs/${SMALL/://}" "$(blob_path "$SMALL")"
}

@test "reg-blob: -C: blobs that are there are verified, not fetched; spoilt ones are fetched" {
	reg-blob -C layout "$FAULT/x:small" <"$(blob_path "$SMALL")" | sort >lines
	weather
	reg-blob -C layout "$FAULT/x:small" <"$(blob_path "$SMALL")" | sort >again
	cmp lines again
	[ "$(count "$blob_requests")" = 0 ]
	chmod u+w "layout/blobs/${BLOB/://}"
	printf x | dd of="layout/blobs/${BLOB/://}" conv=notrunc bs=1 seek=5 status=none
	reg-blob -C layout "$FAULT/x:small" <"$(blob_path "$SMALL")" | sort >again
	cmp lines again
	complete layout
	: >"layout/blobs/${BLOB/://}"
	reg-blob -C layout "$FAULT/x:small" <"$(blob_path "$SMALL")" >again
	complete layout
}

@test "reg-blob: -C: parallel downloads, one fails: the others stay, nothing is recorded (case 99)" {
	local other
	other=$(jq -r '.layers[1].digest' "$(blob_path "$SMALL")")
	weather "GET .*/blobs/$other status=404"
	expect 4 reg-blob -C layout "$FAULT/x:small" <"$(blob_path "$SMALL")"
	[ ! -e "layout/blobs/${other/://}" ]
	[ "$(recorded layout)" = 0 ]
	weather
	expect 0 reg-blob -C layout "$FAULT/x:small" <"$(blob_path "$SMALL")"
	complete layout
}

@test "reg-blob: -C: index.json has one entry for an IMAGE, others' entries and fields survive" {
	cp -a "$FAULT_DIR" layout
	rm -rf layout/requests layout/rules layout/certs layout/tags layout/fault.*
	jq '. + {"x-unknown": {"a": [1, 2.5, "é"]}} | .manifests[0] += {"x-field": true}' layout/index.json >new
	mv new layout/index.json
	jq -S . layout/index.json >before
	reg-blob -C layout "$FAULT/x:small" <"$(blob_path "$SMALL")" >lines
	reg-blob -C layout "$FAULT/x:small" <"$(blob_path "$SMALL")" >lines
	reg-blob -C layout "$FAULT/y:small" <"$(blob_path "$SMALL")" >lines
	same "$(recorded layout)" $(($(jq '.manifests | length' before) + 2))
	jq -S --slurpfile b before '.manifests |= map(select(. as $m | $b[0].manifests | index($m)))' layout/index.json | cmp - before
	same "$(jq -r '.manifests[].annotations["org.opencontainers.image.ref.name"]' layout/index.json | sort | uniq -d)" ''
	same "$(jq -r '[.manifests[] | select(.digest == "'"$SMALL"'")] | length' layout/index.json)" 3
	same "$(jq -r '[.manifests[].annotations["org.opencontainers.image.ref.name"]] | map(select(test("/[xy]:small$"))) | length' layout/index.json)" 2
}

@test "reg-blob: -C: a layout it makes is a layout, with the image's platform" {
	reg-manifest -p linux/arm/v7 "$FAULT/x:multi" | reg-blob -C layout "$FAULT/x:multi" >lines
	same "$(jq -r .imageLayoutVersion layout/oci-layout)" 1.0.0
	jq -e '.schemaVersion == 2 and (.manifests | length == 1)' layout/index.json
	jq -e '.manifests[0] | .size > 0 and (.mediaType | test("manifest")) and (.digest | test("^sha256:"))' layout/index.json
	same "$(jq -r '.manifests[0].platform | "\(.os)/\(.architecture)"' layout/index.json)" linux/arm
	expect 0 reg-manifest "oci:layout"
	expect 0 reg-manifest "oci:layout:multi"
}

@test "reg-blob: -C refuses a directory that is something else" {
	mkdir other
	echo keep >other/file
	expect 1 reg-blob -C other "$FAULT/x:small" <"$(blob_path "$SMALL")"
	same "$(ls -A other)" file
}

@test "reg-blob: -C: a manifest on stdin that is not what IMAGE@digest names is 6" {
	{ cat "$(blob_path "$SMALL")"; echo; } >manifest
	expect 6 reg-blob -C layout "$FAULT/x@$SMALL" <manifest
	[ "$(recorded layout)" = 0 ]
	expect 0 reg-blob -C layout "$FAULT/x@$SMALL" <"$(blob_path "$SMALL")"
	expect 0 reg-blob -C layout2 "$FAULT/x:small" <manifest
}

@test "reg-blob: -C: what is no image manifest on stdin is 1" {
	local text
	weather
	for text in '' hello '{}' '[]' '{"schemaVersion":2,"layers":[{"digest":"sha256:../../x","size":1}]}' \
		"{\"schemaVersion\":2,\"config\":{\"digest\":\"$BLOB\",\"size\":-5},\"layers\":[]}" \
		"{\"schemaVersion\":2,\"config\":{\"digest\":\"$BLOB\"},\"layers\":[]}" \
		"{\"schemaVersion\":2,\"config\":{\"digest\":\"$BLOB\",\"size\":1e300},\"layers\":[]}" \
		'{"schemaVersion":1,"fsLayers":[]}'; do
		run --separate-stderr reg-blob -C layout "$FAULT/x:small" <<<"$text"
		[ "$status" = 1 ] || { echo "status $status for: $text"; return 1; }
		[ -z "$output" ]
	done
	[ "$(count "$blob_requests")" = 0 ]
	expect 1 reg-blob -C layout "$FAULT/x:multi" <"$(blob_path "$MULTI")"
	head -c 100 "$(blob_path "$SMALL")" >part
	expect 1 reg-blob -C layout "$FAULT/x:small" <part
	[ "$(recorded layout)" = 0 ]
}

@test "reg-blob: -C: a manifest with layers without number is 1, at once" {
	jq -c --arg d "sha256:$(printf '%058d' 0)" '.layers = [range(60000) | {digest: ($d + (. + 100000 | tostring)), size: 1}]' \
		"$(blob_path "$SMALL")" >manifest
	weather
	expect 1 timeout 10 reg-blob -C layout "$FAULT/x:many" <manifest
	says 'layers'
	[ "$(count true)" = 0 ]
}

@test "reg-blob: -C: a layer named twice is fetched once" {
	jq -c '.layers += [.layers[0]]' "$(blob_path "$SMALL")" >manifest
	weather
	expect 0 reg-blob -C layout "$FAULT/x:twice" <manifest
	[ "$(count "(.path | test(\"$BLOB\")) and .method == \"GET\"")" = 1 ]
}

@test "reg-blob: skopeo, umoci and podman read what -C makes" {
	requires skopeo umoci podman
	"$ROOT/tests/rig/image" layers "$FAULT_DIR" layers
	reg-manifest "$FAULT/x:layers" | reg-blob -C layout "$FAULT/x:layers" >lines
	name=$(jq -r '.manifests[0].annotations["org.opencontainers.image.ref.name"]' layout/index.json)
	skopeo inspect "oci:layout:$name" >seen
	same "$(jq '.Layers | length' seen)" 4
	skopeo copy -q "oci:layout:$name" "dir:copied"
	umoci ls --layout layout | grep -qF "$name"
	if [ "$(id -u)" = 0 ]; then
		umoci unpack --image "layout:$name" bundle
		[ "$(cat bundle/rootfs/usr/lib/through-a-link)" = "lands in usr/lib" ]
	fi
	storage=(--root "$TMP/pr" --runroot "$TMP/prr" --storage-driver vfs)
	podman "${storage[@]}" pull -q "oci:layout:$name" >id
	podman "${storage[@]}" image inspect "$(cat id)" | jq -e '.[0].RootFS.Layers | length == 4'
}

@test "reg-blob: media type and compression may disagree: bytes are bytes (quirk 17)" {
	jq -c '.layers[0].mediaType = "application/vnd.oci.image.layer.v1.tar"' "$(blob_path "$SMALL")" >manifest
	expect 0 reg-blob -C layout "$FAULT/x:typed" <manifest
	cmp "layout/blobs/${BLOB/://}" "$BLOB_FILE"
	command -v layer-unpack >/dev/null || return 0
	expect 0 layer-unpack -D "$BLOB" tree <"$BLOB_FILE"
	[ "$(stat -c %s tree/file1)" = 300000 ]
	gzip -dc "$BLOB_FILE" >plain
	expect 0 layer-unpack tree2 <plain
}

@test "reg-blob: oci:LAYOUT is a source too" {
	reg-blob "oci:$FAULT_DIR:small" "$BLOB" | cmp - "$BLOB_FILE"
	reg-blob -o file "oci:$FAULT_DIR:small" "$BLOB"
	cmp file "$BLOB_FILE"
	reg-manifest "oci:$FAULT_DIR:small" | reg-blob -C layout "oci:$FAULT_DIR:small" >lines
	complete layout
	expect 4 reg-blob "oci:$FAULT_DIR:small" "sha256:$(printf '%064d' 1)"
	cp -a "$FAULT_DIR" broken
	printf x >>"broken/blobs/${BLOB/://}"
	expect 6 reg-blob "oci:broken:small" "$BLOB"
}

# --- what it says ---

@test "reg-blob: -n makes no request, hides the token, and is a script that does the same" {
	requires curl
	weather '* /v2/.* auth'
	token=$(reg-token "$FAULT/x")
	weather '* /v2/.* auth'
	expect 0 env REG_TOKEN=verysecret reg-blob -n "$FAULT/x" "$BLOB"
	[ "$(count true)" = 0 ]
	[[ $output != *verysecret* ]]
	[[ $output == *'$REG_TOKEN'* ]]
	[[ $output == *"://$FAULT/v2/x/blobs/$BLOB"* ]]
	reg-blob -n "$FAULT/x" "$BLOB" >script
	REG_TOKEN=$token sh -e script >got
	cmp got "$BLOB_FILE"
	reg-blob -n -o file "$FAULT/x" "$BLOB" >script
	[ ! -e file ]
	REG_TOKEN=$token sh -e script
	cmp file "$BLOB_FILE"
	reg-blob -n -C layout "$FAULT/x:small" <"$(blob_path "$SMALL")" >script
	[ ! -e layout ]
	REG_TOKEN=$token sh -e script <"$(blob_path "$SMALL")" >lines
	skopeo inspect oci:layout:"$(jq -r '.manifests[0].annotations["org.opencontainers.image.ref.name"]' layout/index.json)" >/dev/null
	[ "$(wc -l <lines)" -ge 4 ]
}

@test "reg-blob: -x shows curl commands and never the token" {
	weather '* /v2/.* auth' 'GET .*/blobs/.* signed=1'
	reg-blob -x "$FAULT/x" "$BLOB" 2>err >got
	cmp got "$BLOB_FILE"
	grep -q '^[+~!] ' err
	! grep -q 'tok-[0-9]' err || false
	! grep -qv '^[+~!] ' err || false
}

# --- large ---

large_blob() {
	mkdir -p big/blobs/sha256
	head -c 300000000 /dev/urandom >big/blob
	LARGE=sha256:$(sha big/blob)
	mv big/blob "big/blobs/sha256/${LARGE#*:}"
	echo '{"schemaVersion":2,"manifests":[]}' >big/index.json
	eval "$("$ROOT/tests/rig/fault-registry" start "$TMP/big")"
}

@test "reg-blob: 300 MB take less than 30 MB of memory, on stdout, by -o and by -C" {
	local config=$TMP/config digest
	large_blob
	printf '{"architecture":"amd64","os":"linux"}' >"$config"
	digest=sha256:$(sha "$config")
	cp "$config" "big/blobs/${digest/://}"
	jq -cn --arg c "$digest" --argjson cs "$(wc -c <"$config")" --arg l "$LARGE" \
		'{schemaVersion: 2, config: {mediaType: "application/vnd.oci.image.config.v1+json", digest: $c, size: $cs},
		layers: [{mediaType: "application/vnd.oci.image.layer.v1.tar", digest: $l, size: 300000000}]}' >manifest
	cat >peak <<-'EOT'
		import os, resource, subprocess, sys
		code = subprocess.run(sys.argv[2:]).returncode
		open(sys.argv[1], "w").write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
		sys.exit(code)
	EOT
	/usr/bin/python3 peak rss1 reg-blob "$FAULT/x" "$LARGE" >out
	same "sha256:$(sha out)" "$LARGE"
	rm out
	/usr/bin/python3 peak rss2 reg-blob -o file "$FAULT/x" "$LARGE"
	same "sha256:$(sha file)" "$LARGE"
	rm file
	/usr/bin/python3 peak rss3 reg-blob -C layout "$FAULT/x:large" <manifest
	"$ROOT/tests/rig/fault-registry" stop big
	for f in rss1 rss2 rss3; do
		echo "$f: $(cat $f) kB"
		[ -n "${SAN_RUN:-}" ] || [[ $BIN == *san* ]] || [ "$(cat $f)" -lt 30000 ]
	done
}

@test "reg-blob: kill -9 at ten random moments: at most 1.15 times the blob is fetched" {
	local i pid total
	large_blob
	echo 'GET .*/blobs/.* rate=80000000' >big/rules # 3.75 s: more than ten naps
	for i in {1..10}; do
		reg-blob -o file "$FAULT/x" "$LARGE" 3>&- &
		pid=$!
		sleep "0.$((RANDOM % 25 + 5))"
		kill -9 $pid
		wait $pid || :
	done
	rm big/rules
	reg-blob -o file "$FAULT/x" "$LARGE"
	same "sha256:$(sha file)" "$LARGE"
	sleep 0.3
	total=$(jq -r .sent big/requests | paste -sd+ | bc)
	"$ROOT/tests/rig/fault-registry" stop big
	echo "sent: $total"
	[ "$total" -le 345000000 ]
	[ "$(jq -r 'select(.headers.range != null) | .n' big/requests | wc -l)" -ge 3 ]
}

@test "reg-blob: the same from docker-registry with tokens of two seconds, killed and resumed (case 94)" {
	local i pid
	real_start --token
	"$ROOT/tests/rig/image" random big large 30000000
	"$ROOT/tests/rig/image" push big large "$REG/team/large:v1"
	# skopeo takes a token for good for a minute: it had to come before.
	"$ROOT/tests/rig/registry" stop "$TMP/real"
	real_start --token --lifetime 2
	export REGISTRY_AUTH_FILE=$REG_AUTHFILE
	reg-manifest "$REG/team/large:v1" >manifest
	for i in 1 2 3; do
		reg-blob -C layout "$REG/team/large:v1" <manifest >lines 3>&- &
		pid=$!
		sleep "0.0$((RANDOM % 9 + 1))"
		kill -9 $pid
		wait $pid || :
	done
	sleep 2
	reg-blob -C layout "$REG/team/large:v1" <manifest >lines
	complete layout
}

# --- mirrors ---

@test "reg-blob: --mirror is asked first, and what it has brought is not asked for again (quirk 18)" {
	export REG_TOKEN=secret
	weather "GET /v2/x/blobs/.* @1 cut=100000"
	reg-blob --mirror "$FAULT" "$FAULT2/x" "$BLOB" >got
	same "sha256:$(sha <got)" "$BLOB"
	same "$(heard '"\(.at) \(.query)"')" "http ns=${FAULT2/:/%3A}"$'\n'"http2 "
	same "$(count '.at == "http" and .headers.authorization')" 0
	[ "$(count '.headers.range')" = 1 ]
	weather "GET /v2/x/blobs/.* flip"
	expect 6 reg-blob -o bad --mirror "$FAULT" "$FAULT2/x" "$BLOB"
	[ ! -e bad ]
}

@test "reg-blob: --mirror with -C, each blob from where it is (quirk 18)" {
	weather "GET /v2/x/blobs/$BLOB @1 status=404"
	reg-blob -C layout --mirror "$FAULT" "$FAULT2/x:small" <"$(blob_path "$SMALL")" >lines
	same "$(count '.at == "http2"')" 1
	same "$(wc -l <lines)" "$(count '.at == "http"')"
	while IFS=$'\t' read -r digest path; do
		same "sha256:$(sha <"$path")" "$digest"
	done <lines
}

@test "image-pull: --mirror is asked instead of a registry that is down (quirk 18)" {
	requires root
	export LONGSHORE_STORE=$TMP/store
	expect 0 image-pull --mirror "http://$FAULT" "localhost:1/x:small"
	same "$output" "$SMALL"
	same "$(heard .query | sort -u)" ns=localhost%3A1
	expect 0 image-pull -n --mirror "http://$FAULT" "localhost:1/x:small"
	[[ $output == *"http://$FAULT/v2/x/blobs/"* ]]
	expect 2 image-pull --mirror 'no host' "localhost:1/x:small"
}
