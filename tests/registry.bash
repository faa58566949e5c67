# Loaded by the bats files that talk to registries: `load registry`.

# What most of these files want: one layout of test images and one registry that misbehaves
# for the whole file, fair weather for each test.  The others define their own below
# `load registry`.
setup_file() { fault_setup_file; }
teardown_file() { registry_teardown_file; }
setup() { registry_setup; }
teardown() { registry_teardown; }

# fault_images LAYOUT: the images "small" and "multi".  Made once for all files and runs,
# since umoci takes a second or two, and anew when the script that makes them changes.
fault_images() {
	local made
	made=$ROOT/obj/test-images-$(cksum <"$ROOT/tests/rig/image" | cut -d' ' -f1)
	if [ ! -d "$made" ]; then
		"$ROOT/tests/rig/image" random "$FILE_TMP/images" small 300000 20000 100
		"$ROOT/tests/rig/image" index "$FILE_TMP/images" multi
		mv -T "$FILE_TMP/images" "$made" 2>/dev/null || [ -d "$made" ] || made=$FILE_TMP/images
	fi
	cp -a "$made" "$1"
}

file_tmp() { # a directory for the whole file, $FILE_TMP
	FILE_TMP=$(mktemp -d "${TMPDIR:-/tmp}/longshore-test.XXXXXX")
	chmod 755 "$FILE_TMP"
	export FILE_TMP
}

fault_setup_file() {
	file_tmp
	export FAULT_DIR=$FILE_TMP/layout
	fault_images "$FAULT_DIR"
	set -a
	eval "$("$ROOT/tests/rig/fault-registry" start --tls "$@" "$FAULT_DIR")"
	SMALL=$(tag_digest small)
	MULTI=$(tag_digest multi)
	BLOB=$(jq -r '.layers[0].digest' "$(blob_path "$SMALL")")
	BLOB_FILE=$(blob_path "$BLOB")
	BLOB_SIZE=$(wc -c <"$BLOB_FILE")
	set +a
}

# real_setup_file OPTION...: Debian's docker-registry for the whole file; LAYOUT is where
# test images may be made.
real_setup_file() {
	file_tmp
	export LAYOUT=$FILE_TMP/layout
	set -a
	eval "$("$ROOT/tests/rig/registry" start "$@" "$FILE_TMP/real")"
	set +a
}

registry_teardown_file() {
	[ -z "${FAULT_DIR:-}" ] || "$ROOT/tests/rig/fault-registry" stop "$FAULT_DIR"
	[ ! -e "$FILE_TMP/real" ] || "$ROOT/tests/rig/registry" stop "$FILE_TMP/real"
	rm -rf "$FILE_TMP"
}

# A home without credentials, a directory to write to, fair weather.
registry_setup() {
	unset REG_TOKEN REGISTRY_AUTH_FILE DOCKER_CONFIG XDG_RUNTIME_DIR XDG_CONFIG_HOME \
		XDG_DATA_HOME http_proxy https_proxy HTTPS_PROXY all_proxy no_proxy NO_PROXY
	setup_tmp
	export HOME=$TMP/home
	mkdir "$HOME"
	cd "$TMP" || return
	[ -z "${FAULT_CA:-}" ] || export SSL_CERT_FILE=$FAULT_CA
	[ -z "${FAULT_DIR:-}" ] || weather
}

registry_teardown() {
	[ ! -e "$TMP/real" ] || "$ROOT/tests/rig/registry" stop "$TMP/real"
	# Stopped already by the tests that start one, unless they failed before.
	[ ! -e "$TMP/big" ] || "$ROOT/tests/rig/fault-registry" stop "$TMP/big" 2>/dev/null || :
	cd /
	teardown_tmp
}

# real_start OPTION...: Debian's docker-registry, for this test; REG and friends are set.
real_start() {
	set -a
	eval "$("$ROOT/tests/rig/registry" start "$@" "$TMP/real")"
	set +a
}

# weather RULE...: what the misbehaving registry does from now on; its log starts anew.
weather() {
	printf '%s\n' "$@" >"$FAULT_DIR/rules.new"
	mv "$FAULT_DIR/rules.new" "$FAULT_RULES"
	: >"$FAULT_LOG"
}

# heard FILTER: a jq filter over each request of the log.
heard() {
	jq -r "$1" "$FAULT_LOG"
}

# count FILTER: how many requests it selects.
count() {
	jq -c "select($1)" "$FAULT_LOG" | wc -l
}

# tag NAME < MANIFEST: what the registry serves for that tag, byte for byte.
tag() {
	cat >"$FAULT_DIR/tags/$1"
}

tag_digest() {
	jq -r --arg t "$1" '.manifests[] |
		select(.annotations["org.opencontainers.image.ref.name"] == $t) | .digest' \
		"$FAULT_DIR/index.json"
}

blob_path() {
	echo "$FAULT_DIR/blobs/${1/://}"
}

# store < BYTES: as a blob; prints its digest.
store() {
	local sum file
	file=$(mktemp -p "$FAULT_DIR")
	cat >"$file"
	sum=$(sha256sum <"$file" | cut -c1-64)
	mv "$file" "$FAULT_DIR/blobs/sha256/$sum"
	echo "sha256:$sum"
}

# login_file FILE HOST [USER:PASSWORD]: an auth file with one entry.
login_file() {
	mkdir -p "$(dirname "$1")"
	printf '{"auths":{"%s":{"auth":"%s"}}}\n' "$2" \
		"$(printf %s "${3:-rig:s3cret:pa ss}" | base64 -w0)" >"$1"
}

says() { # the last stderr has this extended regular expression
	grep -qE -- "$1" <<<"$stderr" || {
		printf 'wanted on stderr: %s\ngot: %s\n' "$1" "$stderr"
		return 1
	}
}

sha() {
	sha256sum "$@" | cut -c1-64
}

# outside SCRIPT [RULE]...: run the bash script in a network of its own, where a registry
# that misbehaves by these rules is not on loopback: https on 192.0.2.1:443, known as
# registry.test and by Docker Hub's names.  Another one is on loopback ($FAULT_TLS).
outside() {
	local script=$1
	shift
	requires root ip
	mkdir "$TMP/outside" "$TMP/inside"
	cp -a "$FAULT_DIR"/{blobs,index.json,oci-layout,tags,certs} "$TMP/outside"
	cp -a "$FAULT_DIR"/{blobs,index.json,oci-layout,tags,certs} "$TMP/inside"
	printf '%s\n' "$@" >"$TMP/outside/rules"
	printf '%s\n' '127.0.0.1 localhost' \
		'192.0.2.1 registry.test docker.io index.docker.io registry-1.docker.io auth.docker.io' \
		>"$TMP/hosts"
	export TMP
	unshare -mn bash -c '
		set -e
		trap "$ROOT/tests/rig/fault-registry stop $TMP/inside
			$ROOT/tests/rig/fault-registry stop $TMP/outside" EXIT
		ip link set lo up
		ip address add 192.0.2.1/32 dev lo
		mount --bind "$TMP/hosts" /etc/hosts
		eval "$("$ROOT/tests/rig/fault-registry" start --tls "$TMP/inside")"
		eval "$("$ROOT/tests/rig/fault-registry" start --tls --bind 192.0.2.1 --port 443 "$TMP/outside")"
		set +e
		eval "$1"' outside "$script"
}

# await FILTER: until the registry has heard such a request; ten seconds at most.
await() {
	local i
	for i in {1..200}; do
		[ "$(count "$1")" -ge 1 ] && return
		sleep 0.05
	done
	echo "never heard: $1"
	return 1
}
