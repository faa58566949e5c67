#!/usr/bin/env bats
load helpers

setup() {
	setup_tmp
	cd "$TMP" || return
	mkdir -p layout/blobs/sha256 layers
}
teardown() { teardown_tmp; }

# blob FILE: into the layout; $digest and $size are its own.
blob() {
	digest=sha256:$(sha256sum <"$1" | cut -c1-64)
	size=$(wc -c <"$1")
	cp "$1" "layout/blobs/sha256/${digest#*:}"
}
# image CONFIG DIFF_ID...: write `manifest` with a layer for each, unpacked as such.
image() {
	local layers='' id
	printf %s "$1" >config
	shift
	for id; do
		layers=$layers${layers:+,}$(printf '{"digest":"sha256:%064d","size":10}' "$id")
		printf 'sha256:%064d\n' "$id" >"layers/$(printf %064d "$id").id"
	done
	blob config
	printf '{"schemaVersion":2,"config":{"digest":"%s","size":%d},"layers":[%s]}' \
		"$digest" "$size" "$layers" >manifest
}
id() { printf 'sha256:%064d' "$1"; }

@test "image-plan: what a config says comes back from the shell, byte for byte" {
	image '{"os":"linux","architecture":"amd64","created":"2026","config":{"User":"u:g",
		"Env":["A=it'"'"'s","B=$(touch pwned) `x` \\ \n end"],"Cmd":["a  b",""],
		"Entrypoint":["/e"],"WorkingDir":"/~","StopSignal":"SIGQUIT",
		"Volumes":{"/b":{},"/a b":{}},"ExposedPorts":{"80/tcp":{}}},
		"rootfs":{"diff_ids":["'"$(id 1)"'","'"$(id 2)"'"]}}' 1 2
	expect 0 image-plan -u layers layout docker.io/library/x:1 <manifest
	same "$stderr" ""
	eval "$output"
	eval "set -- $image_entrypoint $image_cmd"
	same "$#:$1:$2:$3" "3:/e:a  b:"
	eval "set -- $image_env"
	same "$1" "A=it's"
	same "$2" "$(printf 'B=$(touch pwned) `x` \\ \n end')"
	[ ! -e pwned ]
	same "$image_layers" "$(id 1) $(id 2)"
	same "$image_digest" "sha256:$(sha256sum <manifest | cut -c1-64)"
	same "$image_size $image_user $image_workdir $image_stop_signal" "20 u:g /~ SIGQUIT"
	same "$image_volumes $image_exposed" "'/a b' /b 80/tcp"
	same "$image_ref $image_platform $image_created" "docker.io/library/x:1 linux/amd64 2026"
}

@test "image-plan: -l names the layers, base first, one stacked twice twice" {
	image '{}' 1 2 1
	expect 0 image-plan -l <manifest
	same "$output" "$(id 1)
$(id 2)
$(id 1)"
}

@test "image-plan: an image that says nothing is no error" {
	image '{"config":null,"rootfs":{"diff_ids":[]}}'
	expect 0 image-plan -u layers layout x <manifest
	[[ $output == *"image_cmd=''"* ]]
}

@test "image-plan: layers that are not the config's are 6" {
	image '{"rootfs":{"diff_ids":["'"$(id 1)"'","'"$(id 3)"'"]}}' 1 2
	expect 6 image-plan -u layers layout x <manifest
	[[ $stderr == *"$(id 2)"* ]]
	image '{"rootfs":{"diff_ids":["'"$(id 1)"'"]}}' 1 2
	expect 6 image-plan -u layers layout x <manifest
	image '{"rootfs":{"diff_ids":["'"$(id 1)"'","'"$(id 2)"'"]}}' 1
	expect 6 image-plan -u layers layout x <manifest
	expect 0 image-plan layout x <manifest
	rm layers/*
	expect 1 image-plan -u layers layout x <manifest
}

@test "image-plan: an altered config is 6, a missing one 1" {
	image '{}'
	echo ' ' >>"layout/blobs/sha256/${digest#*:}"
	expect 6 image-plan layout x <manifest
	same "$output" ""
	rm "layout/blobs/sha256/${digest#*:}"
	expect 1 image-plan layout x <manifest
}

@test "image-plan: a malformed config or a NUL is refused" {
	for config in '[]' 'x' '{"config":[]}' '{"config":{"Env":"A=1"}}' '{"config":{"Cmd":[1]}}' \
		'{"config":{"User":7}}' '{"config":{"Cmd":["a\u0000b"]}}' \
		'{"config":{"Volumes":{"/a\u0000b":{}}}}' '{"os":{}}' '{"config":{"Cmd":[null]}}'; do
		image "$config"
		expect 1 image-plan layout x <manifest
		[ "${#stderr_lines[@]}" = 1 ]
	done
	image '{"rootfs":{"diff_ids":{"a":1}}}'
	expect 6 image-plan -u layers layout x <manifest
}

@test "image-plan: what is no image's manifest is refused" {
	for manifest in '' 'x' '{}' '[]' '{"manifests":[]}' '{"config":{},"layers":[]}' \
		'{"config":{"digest":"sha256:../../x","size":1},"layers":[]}' \
		'{"config":{},"layers":[],"manifests":[]}'; do
		expect 1 image-plan layout x <<<"$manifest"
		same "$output" ""
	done
}

@test "image-plan: usage errors are 2" {
	expect 2 image-plan </dev/null
	expect 2 image-plan layout </dev/null
	expect 2 image-plan -l layout </dev/null
	expect 2 image-plan --nosuch </dev/null
}

@test "image-plan: -n prints a script that says the same" {
	image '{"os":"linux","architecture":"amd64","config":{"User":"u","Env":["A=it'"'"'s"],
		"Cmd":["a  b"],"Volumes":{"/a v":{}}},"rootfs":{"diff_ids":["'"$(id 1)"'"]}}' 1
	image-plan -u layers layout x <manifest >ours
	expect 0 image-plan -n -u layers layout "x" </dev/null
	echo "$output" | PATH=/usr/bin:/bin sh -c 'script=$(cat); sh -c "$script" <manifest' >theirs
	values() { env -i sh -c '. "./$1"; set | grep ^image_' sh "$1"; }
	same "$(values theirs)" "$(values ours)"
	expect 0 image-plan -nl </dev/null
	same "$(sh -c "$output" <manifest)" "$(id 1)"
}
