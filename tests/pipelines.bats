#!/usr/bin/env bats
# The pipelines against a real registry, as root and as an ordinary user.
load helpers

setup_file() {
	export SHARED=$BATS_FILE_TMPDIR
	chmod 755 "$SHARED"
	eval "$("$ROOT/tests/rig/registry" start --token --tls "$SHARED/registry")"
	export REG REG_CA REG_USER REG_PASS REG_AUTHFILE SSL_CERT_FILE=$REG_CA
	export REGISTRY_AUTH_FILE=$REG_AUTHFILE
	"$ROOT/tests/rig/image" busybox "$SHARED/images" box
	"$ROOT/tests/rig/image" layers "$SHARED/images" layers
	"$ROOT/tests/rig/image" push "$SHARED/images" box "$REG/box:latest"
	"$ROOT/tests/rig/image" push "$SHARED/images" layers "$REG/layers:1"
}
teardown_file() {
	"$ROOT/tests/rig/registry" stop "$SHARED/registry"
}
setup() {
	requires root
	setup_tmp
	export LONGSHORE_STORE=$TMP/store
	N=t$$-$BATS_TEST_NUMBER
	BOX=$REG/box
}
teardown() {
	container-remove --all --gc 2>/dev/null || true
	teardown_tmp
}
# run_box ARG...: without network, and gone afterwards.
run_box() { container-run --rm --net none "$@"; }

@test "image-pull: prints the digest; layout and layers are in the store" {
	expect 0 image-pull "$BOX"
	same "$output" "$(reg-manifest -d "$BOX")"
	same "$stderr" ""
	[ -x "$(echo "$LONGSHORE_STORE"/layers/*/bin/busybox)" ]
	same "$(umoci list --layout "$LONGSHORE_STORE/layout" | wc -l)" 1
	run image-list
	[[ ${lines[1]} == "$BOX:latest"* ]]
}

@test "image-pull: statuses of the tools come through, nothing half-done stays" {
	expect 4 image-pull "$REG/nosuch"
	expect 4 image-pull -p plan9/mips "$BOX"
	expect 2 image-pull 'UPPER//case'
	expect 2 image-pull
	echo '{"auths":{}}' >"$TMP/auth"
	expect 3 env REGISTRY_AUTH_FILE="$TMP/auth" image-pull "$BOX"
	same "$(image-list -q)" ""
	same "$(find "$LONGSHORE_STORE" -name 'pull.*')" ""
}

@test "image-pull: two at once share layers, both succeed" {
	image-pull "$REG/layers:1" >"$TMP/a" 2>"$TMP/errors" &
	image-pull "$REG/layers:1" >"$TMP/b" 2>>"$TMP/errors"
	wait $!
	same "$(cat "$TMP/a")" "$(cat "$TMP/b")"
	same "$(cat "$TMP/errors")" ""
}

@test "image-pull, container-run: a store that cannot be written is one message" {
	image-pull -q "$BOX"
	expect 0 unshare --mount sh -c 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"
		image-pull "$2"; echo $?
		container-run --rm --net none "$2" true; echo $?' sh "$LONGSHORE_STORE" "$BOX"
	same "$output" "1
125"
	same "$stderr" "image-pull: cannot write in the store $LONGSHORE_STORE
container-run: cannot write in the store $LONGSHORE_STORE"
}

@test "image-pull: a layout on disk serves as well" {
	cd "$SHARED"
	image-pull -q oci:images:box
	same "$(run_box oci:images:box echo here)" here
}

@test "image-pull: -n does nothing, and prints a script that pulls without our tools" {
	image=oci:$SHARED/images:layers
	expect 0 image-pull -n "$image"
	script=$output
	same "$(container-run -n "$image" 2>/dev/null)" "$script"
	[ ! -e "$LONGSHORE_STORE" ]
	echo "$script" >"$TMP/script"
	! grep -E '(^|[ (])(reg-[a-z]*|layer-unpack|image-plan) ' "$TMP/script"
	expect 0 env PATH=/usr/sbin:/usr/bin:/sbin:/bin sh "$TMP/script"
	digest=$output
	same "$(run_box "$image" sh -c 'echo $GREETING; cat /lib/through-a-link')" "hello
lands in usr/lib"
	same "$(cd "$LONGSHORE_STORE/layout" && sha256sum -c --quiet 2>&1 < <(cd blobs/sha256 &&
		for f in *; do echo "$f  blobs/sha256/$f"; done))" ""
	LONGSHORE_STORE=$TMP/other
	same "$(image-pull "$image")" "$digest"
	same "$(cat "$TMP"/other/layers/*.id)" "$(cat "$TMP"/store/layers/*.id)"
}

@test "container-run: pulls, runs, passes the status on" {
	same "$(run_box "$BOX" echo hello)" hello
	expect 7 run_box "$BOX" sh -c 'exit 7'
	expect 127 run_box "$BOX" no_such_program
	expect 126 run_box "$BOX" /etc
	expect 143 run_box "$BOX" sh -c 'sh -c "kill -TERM \$\$"; exit $?'
	same "$(container-list -q)" ""
}

@test "container-run: what a removal that was killed half-way left keeps no name" {
	mkdir -p "/run/longshore/_stores$LONGSHORE_STORE/$N"
	same "$(run_box --name "$N" "$BOX" echo hello)" hello
	[ ! -e "/run/longshore/_stores$LONGSHORE_STORE/$N" ]
}

@test "container-run: its own failures are 125" {
	expect 125 container-run
	expect 125 container-run --nonsense "$BOX"
	expect 125 container-run --name 'a b' "$BOX"
	expect 125 container-run --net nonsense "$BOX"
	expect 125 container-run "$REG/nosuch"
	expect 125 container-run --rm --net none -u nobody2 "$BOX" true
	container-run --net none --name "$N" "$BOX" true
	expect 125 container-run --net none --name "$N" "$BOX" true
	[[ $stderr == *taken* ]]
	expect 125 container-exec nosuch true
	expect 125 container-inspect nosuch
	expect 125 container-remove nosuch
	expect 125 container-commit nosuch x
}

@test "container-run: options as docker has them, spelled as one likes" {
	printf '# comment\nA=1\n\n  B=two words\nLAST=here' >"$TMP/env"
	same "$(LAST=not run_box --env-file="$TMP/env" -eC=3 "$BOX" sh -c 'echo "$A|$B|$C|$LAST"')" \
		"1|two words|3|here"
	same "$(run_box -m 0 --cpus=0 --pids-limit -1 --init=false --rm=true "$BOX" echo none)" none
	same "$(run_box -u :extra "$BOX" sh -c 'id -u; id -g')" "0
2000"
	same "$(run_box --tmpfs /t:size=1m "$BOX" df -k /t | awk 'END {print $2}')" 1024
	same "$(run_box -v "$TMP:/data:ro,z" "$BOX" cat /data/env | tail -n 1)" LAST=here
	for bad in '-v :/x' '-v /etc:/x:rx' '-v /etc:x' '-v x' '-w rel' '-e =v' '--rm=maybe' \
		"--env-file $TMP/nosuch" '--tmpfs /x:exec' "--name $(printf a%.0s {1..65})"; do
		# shellcheck disable=SC2086
		expect 125 run_box $bad "$BOX" true
		same "$(wc -l <<<"$stderr")" 1
	done
	same "$(ls "$LONGSHORE_STORE/containers")" ""
}

@test "container-run: a full disk leaves no half-made container" {
	image-pull -q "oci:$SHARED/images:box" >/dev/null
	expect 0 unshare --mount sh -c 'mount -t tmpfs -o size=64k,nr_inodes=4 none "$LONGSHORE_STORE/containers"
		container-run --name full --net none "$1" true; echo $?; ls -A "$LONGSHORE_STORE/containers"' \
		sh "oci:$SHARED/images:box"
	same "$output" 125
	[[ $stderr == *'disk is full'* ]]
}

@test "container-run: a failure of its own, or kill -9 under --rm, does not keep the name" {
	image-pull -q "$BOX"
	expect 125 container-run --net container:nosuch --name "$N" "$BOX" true
	[ ! -e "$LONGSHORE_STORE/containers/$N" ]
	container-run --rm --name "$N" --net none "$BOX" sh -c 'echo >/up; exec sleep 600' 3>&- &
	until [ -e "$LONGSHORE_STORE/containers/$N/upper/up" ]; do sleep .02; done
	kill -KILL $!
	wait $! || true
	same "$(run_box --name "$N" "$BOX" echo again)" again
}

@test "container-exec: a terminal with -t only, whatever the container has" {
	container-run -d --name "$N" --net none -t "$BOX" sleep 600
	expect 1 container-exec "$N" tty
	[[ $(container-exec -t "$N" tty) == /dev/pts/* ]]
	same "$(K=passed container-exec -e K -e L=2 "$N" sh -c 'echo $K $L')" "passed 2"
	expect 125 container-exec -w rel "$N" true
}

@test "container-run: -m is refused, with the reason, where v1 has the controller" {
	grep -q ' cgroup .*memory' /proc/mounts || skip "memory is not on v1 here"
	image-pull -q "$BOX"
	expect 125 container-run --rm --net none -m 64M "$BOX" true
	[[ $stderr == *memory*v1* ]]
}

# bats test_tags=vm
@test "container-run: limits are seen by the kernel, and bite" {
	image-pull -q "$BOX"
	expect 0 container-run --name "$N" --net none -m 64m --cpus 0.5 --pids 20 "$BOX" true
	same "$stderr" ""
	expect 137 container-run --rm --net none -m 20M "$BOX" sh -c 'tail /dev/zero'
	[[ $stderr == *memory.max* ]]
}

@test "container-run: environment, host name, directory, process 1" {
	run run_box --name "$N" -e "A=it's" -e "B=two words" -w /srv/new "$BOX" sh -c \
		'echo "$A|$B|$HOME|$HOSTNAME|$(hostname)|$PWD|$$"; env | grep -c LONGSHORE'
	same "${lines[0]}" "it's|two words|/root|$N|$N|/srv/new|1"
	same "${lines[1]}" 0
	same "$(C=from-here run_box -e C "$BOX" sh -c 'echo $C')" from-here
}

@test "container-run: users by the image's own /etc/passwd" {
	same "$(run_box -u user "$BOX" id)" "uid=1000(user) gid=1000(user) groups=2000(extra)"
	same "$(run_box -u 7:8 "$BOX" sh -c 'id -u; id -g')" "7
8"
	same "$(run_box -u user:extra "$BOX" id -g)" 2000
}

@test "container-run: a hostile /etc/passwd never leads to the host's" {
	image-pull -q "$BOX"
	layer=$(echo "$LONGSHORE_STORE"/layers/*/bin)
	layer=${layer%/bin}
	echo 'evil:x:1234:1234::/:/bin/sh' >"$TMP/passwd"
	ln -sf "../../../../../../../../../..$TMP/passwd" "$layer/etc/passwd"
	expect 125 run_box -u evil "$BOX" id
	rm "$layer/etc/passwd"
	printf 'evil:x:0 $(touch %s/pwned):0::/:\n' "$TMP" >"$layer/etc/passwd"
	expect 125 run_box -u evil "$BOX" id
	[ ! -e "$TMP/pwned" ]
}

@test "container-run: config of the image, entrypoint, command, user, volume" {
	"$ROOT/tests/rig/image" busybox "$TMP/oci" c --config.user user --config.workingdir /var \
		--config.entrypoint echo --config.entrypoint "it's" --config.cmd 'a  b' \
		--config.env "V=\$(x) 'y'" --config.volume /root
	cd "$TMP"
	same "$(run_box oci:oci:c)" "it's a  b /bin/sh"
	same "$(run_box oci:oci:c other)" "it's other"
	same "$(run_box --entrypoint sh oci:oci:c -c 'echo "$V $PWD $(id -un)"')" "\$(x) 'y' /var user"
	same "$(run_box --entrypoint sh -u root oci:oci:c -c 'grep -c " /root " /proc/mounts')" 1
}

@test "container-run: -v read-write, read-only and by name, --tmpfs, --read-only" {
	mkdir "$TMP/v"
	run_box -v "$TMP/v:/data" "$BOX" sh -c 'echo hi >/data/f'
	same "$(cat "$TMP/v/f")" hi
	expect 1 run_box -v "$TMP/v:/data:ro" "$BOX" sh -c 'echo no >/data/f'
	[[ $stderr == *'Read-only'* ]]
	run_box -v shared:/s "$BOX" sh -c 'echo kept >/s/f'
	same "$(run_box -v shared:/s "$BOX" cat /s/f)" kept
	expect 1 run_box --read-only "$BOX" touch /x
	expect 0 run_box --read-only --tmpfs /x "$BOX" touch /x/y
}

@test "container-run: stdin is /dev/null unless -i" {
	same "$(echo in | run_box "$BOX" cat)" ""
	same "$(echo in | run_box -i "$BOX" cat)" in
}

@test "container-run: -d, then list, exec, inspect, remove" {
	expect 0 container-run -d --name "$N" --net none -e V=1 "$BOX" sleep 600
	same "$output" "$N"
	run container-list
	[[ ${lines[1]} == "$N"*running* ]]
	same "$(container-exec "$N" sh -c 'echo $V; cat /proc/1/cmdline' | tr '\0' ' ')" "1
sleep 600 "
	same "$(echo in | container-exec -i -u user "$N" sh -c 'id -un; cat')" "user
in"
	expect 5 container-exec "$N" sh -c 'exit 5'
	expect 127 container-exec "$N" no_such_program
	same "$(container-inspect "$N" | jq -r '.state, .namespaces.pid.own, .processes[0].command')" "running
true
sleep 600"
	container-inspect --text "$N" | grep -q '^namespaces'
	same "$(container-inspect --text "$N" | awk 'length > 80')" ""
	expect 125 container-remove "$N"
	expect 0 container-remove -f "$N"
	same "$(container-list -q)" ""
}

@test "container-inspect, container-list: names with newlines and escapes stay data" {
	container-run --name "$N" --net none "$BOX" sh -c 'exit 3' "$(printf 'a\nb\tc\033[2J"')" || true
	container-inspect "$N" | jq -e '.state == "exited" and .exit_status == 3 and
		.command[3] == "a\nb\tc\u001b[2J\""'
	same "$(container-list | wc -l)" 2
	for show in "container-list" "container-inspect --text $N" "container-inspect --dot $N"; do
		same "$($show | grep -c "$(printf '\033')")" 0
	done
	[[ $(container-inspect --svg "$N") == *'</svg>'* ]]
}

@test "container-run: -d says why the program did not start" {
	for _ in 1 2 3; do
		expect 127 container-run -d --rm --net none "$BOX" no_such_program
		[[ $stderr == *no_such_program* ]]
	done
}

@test "container-run: a signal to it reaches the program" {
	image-pull -q "$BOX"
	container-run --name "$N" --net none "$BOX" sh -c 'trap "exit 9" TERM; echo >/up; while :; do sleep .05; done' 3>&- &
	pid=$!
	until [ -e "$LONGSHORE_STORE/containers/$N/upper/up" ]; do sleep .02; done
	kill -TERM $pid
	status=0
	wait $pid || status=$?
	same "$status" 9
	run container-list
	[[ ${lines[1]} == *'exited (9)'* ]]
}

@test "container-run: a port is published, reachable, and gone afterwards" {
	port=$((20000 + $$ % 10000))
	container-run -d --name "$N" -p "127.0.0.1:$port:80" "$BOX" sh -c \
		'mkdir /www; echo page >/www/index.html; exec httpd -f -p 80 -h /www'
	for _ in $(seq 100); do
		page=$(busybox wget -qO- "http://127.0.0.1:$port/") && break
		sleep .05
	done
	same "$page" page
	same "$(run_box --net "container:$N" "$BOX" wget -qO- http://127.0.0.1/)" page
	container-remove -f "$N"
	[ ! -e "/run/netns/$N" ]
}

@test "container-commit: the change is an image, here and for others" {
	container-run --name "$N" --net none "$BOX" sh -c 'echo new >/f; rm /etc/group; mkdir /d'
	expect 0 container-commit "$N" "$REG/changed:1"
	digest=$output
	same "$(container-run --rm --net none "$REG/changed:1" sh -c 'cat /f; ls /etc/group' 2>/dev/null)" new
	same "$(image-push "$REG/changed:1")" "$digest"
	export SSL_CERT_FILE=$REG_CA
	skopeo inspect --authfile "$REG_AUTHFILE" "docker://$REG/changed:1" | grep -q "$digest"
	LONGSHORE_STORE=$TMP/other
	same "$(image-pull -q "$REG/changed:1")" "$digest"
	same "$(run_box "$REG/changed:1" sh -c 'cat /f; ls /etc/group /etc/hosts' 2>/dev/null)" "new
/etc/hosts"
}

@test "container-commit: the same files for podman, for skopeo and for our own pull" {
	requires podman crun
	look='find /bin /d /f /etc/passwd | sort | xargs stat -c "%n %a %u:%g %s"; ls /etc/group; cat /f; id -un; pwd'
	"$ROOT/tests/rig/image" layers "$TMP/oci" c
	container-run --name "$N" --net none -w /var -e ADDED=1 "oci:$TMP/oci:c" \
		sh -c 'echo new >/f; rm /etc/group; mkdir -p /d/e; chown 7:8 /d; chmod 4755 /f'
	image=$REG/committed-$N:1
	container-commit "$N" "$image" >/dev/null
	digest=$(image-push "$image")
	skopeo inspect --authfile "$REG_AUTHFILE" "docker://$image" >"$TMP/inspect"
	jq -e --arg d "$digest" '.Digest == $d and (.Env | index("ADDED=1")) and (.Layers | length) == 5' "$TMP/inspect"
	# crun refuses a hybrid host: it gets to see the cgroup2 hierarchy only.  The limits are
	# below the caller's, which not everybody may raise.
	expect 0 unshare --mount sh -c 'mount -t cgroup2 none /sys/fs/cgroup && exec podman "$@"' sh \
		--root "$TMP/podman" --runroot "$TMP/podman.run" --runtime crun --events-backend none \
		--cgroup-manager cgroupfs run --quiet --rm --net none --cgroups disabled \
		--ulimit nofile=1000:1000 --ulimit nproc=1000:1000 --authfile "$REG_AUTHFILE" \
		"$image" sh -c "$look"
	theirs=$output
	LONGSHORE_STORE=$TMP/other
	same "$(image-pull -q "$image")" "$digest"
	expect 0 run_box "$image" sh -c "$look"
	same "$output" "$theirs"
	[[ $output == *'/d 755 7:8 '*'new
root
/var' ]]
}

@test "image-remove: takes layers and blobs along, but not those still needed" {
	image-pull -q "$BOX"
	image-pull -q "$REG/layers:1"
	container-run --name "$N" --net none "$BOX" true
	image-remove "$BOX" "$REG/layers:1"
	same "$(image-list -q)" ""
	same "$(find "$LONGSHORE_STORE/layers" -mindepth 1 -maxdepth 1 -type d | wc -l)" 2
	container-remove "$N"
	# What a pull leaves that was killed while it unpacked.
	mkdir -p "$LONGSHORE_STORE/layers/.0123.4567abcd.part/etc"
	: >"$LONGSHORE_STORE/pull.abcdef.manifest"
	container-remove --gc
	same "$(find "$LONGSHORE_STORE/layers" "$LONGSHORE_STORE/layout/blobs" -type f ! -path '*/init/*')" ""
	same "$(cd "$LONGSHORE_STORE" && echo layers/.*.part pull.*)" 'layers/.*.part pull.*'
}

@test "container-run: -n prints a script that starts the same container without our tools" {
	image-pull -q "$BOX"
	show='hostname; echo $$; pwd; id; env | grep -vE "OLDPWD|SHLVL" | sort; ls /; ls /dev | sort; grep -c . /proc/net/dev; exit 3'
	expect 3 run_box --hostname same "$BOX" sh -c "$show"
	ours=$output
	container-run -n --hostname same --rm --net none "$BOX" sh -c "$show" >"$TMP/script"
	! grep -E '(^|[ /])(ns-exec|ovl-mount|cg-place|exit-hook|net-plumb) ' "$TMP/script"
	expect 3 env PATH=/usr/sbin:/usr/bin:/sbin:/bin sh "$TMP/script" </dev/null
	same "$output" "$ours"
}

@test "image-push, container-list and all others: --help fits, ends with examples; usage errors" {
	for tool in "$ROOT"/pipelines/*-*; do
		[ -x "$tool" ] || continue
		tool=${tool##*/}
		expect 0 "$tool" --help
		[ "${#lines[@]}" -le 24 ]
		[ "$(wc -L <<<"$output")" -le 80 ]
		[[ ${lines[-1]} == "  "* ]]
		expect 0 "$tool" --version
		"$tool" --no-such-option >/dev/null 2>&1 && return 1
		true
	done
}

@test "host-check: numbers of /proc/sys are read whole; without user namespaces it fails" {
	requires userns
	run host-check
	[[ $output == *"ok       user namespaces are allowed"* ]]
	run unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_user_namespaces; host-check -q'
	[ "$status" = 1 ]
	[[ $output == *"limited  user namespaces are allowed"* ]]
	[[ $output != *"ok   "* ]]
}

@test "container-run: an ordinary user's container, with owners of its own" {
	requires newuidmap userns
	"$ROOT/tests/rig/image" busybox "$TMP/oci" c
	chmod -R a+rX "$TMP/oci"
	mkdir "$TMP/home"
	chown nobody "$TMP/home"
	echo "nobody:300000:65536" >"$TMP/subid"
	expect 7 unshare --mount sh -c 'mount --bind "$1" /etc/subuid && mount --bind "$1" /etc/subgid &&
		exec setpriv --reuid nobody --regid nogroup --clear-groups env -u LONGSHORE_STORE \
		-u XDG_RUNTIME_DIR -u XDG_DATA_HOME HOME="$2" container-run -q --rm --net none \
		-u user "$3" sh -c "id -u; touch /tmp/f; ls -ln /tmp/f; exit 7"' \
		sh "$TMP/subid" "$TMP/home" "oci:$TMP/oci:c"
	same "${lines[0]}" 1000
	[[ ${lines[1]} == *" 1000 "*" 1000 "* ]]
	same "$(ls "$TMP/home/.local/share/longshore/containers")" ""
}
