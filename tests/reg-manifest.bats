#!/usr/bin/env bats
# reg-manifest against a real docker-registry.  What bad registries do is in
# registry-manifest.bats.

load helpers
load registry

setup_file() {
	real_setup_file
	fault_images "$LAYOUT"
	"$ROOT/tests/rig/image" push "$LAYOUT" multi "$REG/x:multi"
	"$ROOT/tests/rig/image" push "$LAYOUT" multi "$REG/x:other"
}

@test "reg-manifest: what it prints has the digest that -d prints" {
	reg-manifest -p linux/arm64 "$REG/x:multi" >manifest
	same "sha256:$(sha <manifest)" "$(reg-manifest -d -p linux/arm64 "$REG/x:multi")"
	reg-manifest -i "$REG/x:multi" >index
	same "sha256:$(sha <index)" "$(reg-manifest -d -i "$REG/x:multi")"
	reg-manifest -i "$REG/x@sha256:$(sha <index)" | cmp - index
}

@test "reg-manifest: skopeo chooses the same" {
	requires skopeo
	for arch in amd64 arm64; do
		skopeo copy -q --override-arch "$arch" --src-tls-verify=false \
			"docker://$REG/x:multi" "dir:$TMP/$arch"
		reg-manifest -p "linux/$arch" "$REG/x:multi" | cmp - "$arch/manifest.json"
	done
}

@test "reg-manifest: -t lists the tags, of a layout the names" {
	expect 0 reg-manifest -t "$REG/x"
	same "$output" "$(printf 'multi\nother')"
	expect 0 reg-manifest -t "oci:$LAYOUT"
	same "$output" "$(printf 'small\nmulti')"
	expect 4 reg-manifest -q -t "$REG/nosuch"
	says "HTTP 404" # -q is for warnings, and this is none
}

@test "reg-manifest: a platform named for an image without an index is held against its config" {
	amd64=$(reg-manifest -d -p linux/amd64 "$REG/x:multi")
	expect 0 reg-manifest -p linux/amd64 "$REG/x@$amd64"
	expect 4 reg-manifest -p linux/s390x "$REG/x@$amd64"
	says 'linux/amd64'
	expect 0 reg-manifest "$REG/x@$amd64"
}

@test "reg-manifest: machine names of uname are understood" {
	same "$(reg-manifest -d -p linux/aarch64 "$REG/x:multi")" \
		"$(reg-manifest -d -p linux/arm64/v8 "$REG/x:multi")"
	same "$(reg-manifest -d -p linux/x86_64 "$REG/x:multi")" \
		"$(reg-manifest -d -p linux/amd64 "$REG/x:multi")"
}

@test "reg-manifest: -n is a script that prints the same" {
	requires curl jq
	for args in "-p linux/arm/v7" "-p linux/amd64" "-i" "-d -p linux/arm64" "-d -i"; do
		# shellcheck disable=SC2086
		reg-manifest $args "$REG/x:multi" >tool
		# shellcheck disable=SC2086
		reg-manifest -n $args "$REG/x:multi" | sh -u 2>/dev/null | cmp - tool
	done
	reg-manifest -n -p linux/arm64 "oci:$LAYOUT:multi" | sh -u >script
	reg-manifest -p linux/arm64 "oci:$LAYOUT:multi" | cmp - script
	same "$(reg-manifest -n -t "$REG/x" | sh -u 2>/dev/null | sort)" "$(printf 'multi\nother')"
}

@test "reg-manifest: operands are one IMAGE" {
	expect 2 reg-manifest
	expect 2 reg-manifest a b
	expect 2 reg-manifest --timeout nan "$REG/x"
	expect 2 reg-manifest --timeout 0 "$REG/x"
	expect 2 reg-manifest --retry -1 "$REG/x"
}
