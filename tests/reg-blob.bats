#!/usr/bin/env bats
# reg-blob against a real docker-registry with TLS, HTTP/2 and tokens.  What bad
# registries do is in registry-blob.bats.

load helpers
load registry

setup_file() {
	real_setup_file --tls --token
	# shellcheck disable=SC2046
	"$ROOT/tests/rig/image" random "$LAYOUT" many $(seq 3001 3060)
	"$ROOT/tests/rig/image" push "$LAYOUT" many "$REG/x:many"
}

setup() {
	registry_setup
	export SSL_CERT_FILE=$REG_CA REGISTRY_AUTH_FILE=$REG_AUTHFILE
	reg-manifest "$REG/x:many" >manifest
	layer=$(jq -r '.layers[7].digest' manifest)
}

@test "reg-blob: -C brings all, over few connections and by one token" {
	asked=$(wc -l <"$REG_TOKEN_LOG")
	strace -f -qq -e trace=connect -o calls reg-blob -C store -j 4 "$REG/x:many" <manifest >lines
	same "$(wc -l <lines)" 61
	same "$(cut -f1 lines | sort)" "$(jq -r '.config.digest, .layers[].digest' manifest | sort)"
	while IFS=$'\t' read -r digest path; do
		same "sha256:$(sha <"$path")" "$digest"
	done <lines
	# HTTP/2 needs one connection, each further one is a retry of the resolver's second
	# address; the probe and the token server have theirs.
	[ "$(grep -c 'AF_INET' calls)" -le 24 ]
	same "$(($(wc -l <"$REG_TOKEN_LOG") - asked))" 1
}

@test "reg-blob: -C leaves nothing but the layout" {
	reg-blob -C store "$REG/x:many" <manifest >/dev/null
	same "$(cd store && find . -mindepth 1 -maxdepth 2 | sort)" \
		"$(printf '%s\n' ./blobs ./blobs/sha256 ./index.json ./oci-layout)"
	same "$(find store/blobs -type f | wc -l)" 62
	same "$(jq -r '.manifests[0].digest' store/index.json)" "sha256:$(sha <manifest)"
}

@test "reg-blob: eight runs at once into one layout, each with all its lines" {
	for i in 1 2 3 4 5 6 7 8; do
		reg-blob -C store "$REG/x:many" <manifest >"lines.$i" 2>"err.$i" &
	done
	wait
	for i in 1 2 3 4 5 6 7 8; do
		same "$(cat "err.$i")" ''
		same "$(sort -u "lines.$i" | wc -l)" 61
	done
	same "$(jq '.manifests | length' store/index.json)" 1
	[ ! -e store/.part ]
}

@test "reg-blob: -o into a pipe or a device writes through, a directory is refused" {
	mkfifo pipe
	sha <pipe >sum &
	reg-blob -o pipe "$REG/x" "$layer"
	wait
	same "sha256:$(cat sum)" "$layer"
	[ -p pipe ]
	reg-blob -o /dev/null "$REG/x" "$layer"
	[ -c /dev/null ]
	mkdir dir
	expect 1 reg-blob -o dir "$REG/x" "$layer"
	rmdir dir
}

@test "reg-blob: a FILE with the right content is left alone, one with another replaced" {
	reg-blob -o file "$REG/x" "$layer"
	inode=$(stat -c %i file)
	SSL_CERT_FILE=/dev/null reg-blob -o file "$REG/x" "$layer"
	same "$(stat -c %i file)" "$inode"
	echo other >file
	reg-blob -o file "$REG/x" "$layer"
	same "sha256:$(sha <file)" "$layer"
	same "$(find . -name 'file*')" ./file
}

@test "reg-blob: FILE and blobs have the mode that umask leaves" {
	umask 027
	reg-blob -o file "$REG/x" "$layer"
	same "$(stat -c %a file)" 640
	reg-blob -C store "$REG/x:many" <manifest >/dev/null
	same "$(find store/blobs -type f ! -perm 640)" ''
}

@test "reg-blob: a name of odd bytes, and of the longest length" {
	name=$'a b\n"$x'
	reg-blob -o "$name" "$REG/x" "$layer"
	same "sha256:$(sha <"$name")" "$layer"
	long=$(printf 'n%.0s' {1..255})
	reg-blob -o "$long" "$REG/x" "$layer"
	same "sha256:$(sha <"$long")" "$layer"
}

@test "reg-blob: -n is a script that makes the same layout" {
	requires curl jq
	export CURL_CA_BUNDLE=$REG_CA
	reg-blob -C one "$REG/x:many" <manifest >/dev/null
	reg-blob -n -C two "$REG/x:many" <manifest | sh -u >/dev/null
	diff -r one two
}

@test "reg-blob: what can't be delivered is no success: standard output closed or full" {
	run bash -c 'reg-blob "$0" "$1" >&-' "$REG/x" "$layer"
	same "$status" 1
	run bash -c 'reg-blob "$0" "$1" >/dev/full' "$REG/x" "$layer"
	same "$status" 1
	run bash -c 'reg-manifest "$0" >&-' "$REG/x:many"
	same "$status" 1
	run bash -c 'reg-blob -C store "$0" >&- <manifest' "$REG/x:many"
	same "$status" 1
	run bash -c 'reg-blob -C store "$0" <&-' "$REG/x:many"
	same "$status" 1
	# The number of a closed stream is not taken by a file of ours.
	reg-blob -o file "$REG/x" "$layer" <&- >&- 2>&-
	same "sha256:$(sha <file)" "$layer"
}

@test "reg-blob: operands and options" {
	expect 2 reg-blob "$REG/x"
	expect 2 reg-blob "$REG/x" sha256:abc
	expect 2 reg-blob "$REG/x" "$layer" more
	expect 2 reg-blob -C store "$REG/x" "$layer"
	expect 2 reg-blob -C store -o file "$REG/x"
	for j in 0 -1 65 x ''; do
		expect 2 reg-blob -C store -j "$j" "$REG/x" <manifest
	done
	[ ! -e store ]
}
