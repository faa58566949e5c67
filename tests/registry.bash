# Loaded by the bats files that talk to registries: `load registry`.

# One layout of test images, one registry that misbehaves, for a whole file.
fault_setup_file() {
	local tmp
	tmp=$(mktemp -d "${TMPDIR:-/tmp}/longshore-test.XXXXXX")
	chmod 755 "$tmp"
	export FAULT_DIR=$tmp/layout
	"$ROOT/tests/rig/image" random "$FAULT_DIR" small 300000 20000 100
	"$ROOT/tests/rig/image" index "$FAULT_DIR" multi
	set -a
	eval "$("$ROOT/tests/rig/fault-registry" start --tls "$@" "$FAULT_DIR")"
	SMALL=$(tag_digest small)
	MULTI=$(tag_digest multi)
	BLOB=$(jq -r '.layers[0].digest' "$(blob_path "$SMALL")")
	BLOB_FILE=$(blob_path "$BLOB")
	BLOB_SIZE=$(wc -c <"$BLOB_FILE")
	set +a
}

fault_teardown_file() {
	"$ROOT/tests/rig/fault-registry" stop "$FAULT_DIR"
	rm -rf "${FAULT_DIR%/layout}"
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
