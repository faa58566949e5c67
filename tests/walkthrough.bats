# The walkthrough, end to end: the pipe, the chain, and all of it in one run.
# bats file_tags=root
load helpers

setup_file() {
	export RIG=$BATS_FILE_TMPDIR/registry LAYOUT=$BATS_FILE_TMPDIR/oci
	"$BATS_TEST_DIRNAME/rig/registry" start --tls --token "$RIG" >"$BATS_FILE_TMPDIR/env"
	eval "$(cat "$BATS_FILE_TMPDIR/env")"
	export REG REG_CA REG_AUTHFILE
	"$BATS_TEST_DIRNAME/rig/image" layers "$LAYOUT" demo
	"$BATS_TEST_DIRNAME/rig/image" push "$LAYOUT" demo "$REG/rig/demo:latest"
}

teardown_file() {
	"$BATS_TEST_DIRNAME/rig/registry" stop "$RIG"
}

setup() {
	setup_tmp
	cd "$TMP" || return 1
	export SSL_CERT_FILE=$REG_CA REGISTRY_AUTH_FILE=$REG_AUTHFILE IMAGE=$REG/rig/demo
}

teardown() {
	cd /
	teardown_tmp
}

# bubble SCRIPT: in mount and network namespaces of its own, /run and /etc/netns empty.
bubble() {
	unshare -mn bash -euc '
		mount -t tmpfs tmpfs /run
		mkdir -p /etc/netns && mount -t tmpfs tmpfs /etc/netns
		ip link set lo up
		'"$1"
}

# The layers as overlay lower directories, base first in the file "layers".
unpack_layers() {
	reg-manifest "$IMAGE" | reg-blob -C store "$IMAGE" >paths
	reg-manifest "$IMAGE" | jq -r '.layers[].digest' | while read -r d; do
		layer-unpack -O -D "$d" "${d#*:}" <"store/blobs/${d%%:*}/${d#*:}" >/dev/null
		echo "${d#*:}" >>layers
	done
	mkdir upper work rootfs
}

@test "walkthrough: blob after blob piped into layer-unpack is what umoci unpacks" {
	requires root umoci
	mkdir root
	reg-manifest "$IMAGE" | jq -r '.layers[].digest' | while read -r d; do
		reg-blob "$IMAGE" "$d" | layer-unpack -D "$d" root
	done
	"$ROOT/tests/rig/image" compare "$LAYOUT" demo root
}

@test "walkthrough: the exec chain runs as one command, and its status is the program's" {
	requires root
	unpack_layers
	run --separate-stderr bubble '
		cg-place "web$$" -- net-plumb -p 8080:80 web -- ns-exec --mount -- \
			ovl-mount -L layers -u upper -w work rootfs -- \
			ns-exec --pid --uts --ipc --cgroup --root rootfs -- \
			/bin/sh -c "echo pid \$\$; ip -o -4 addr show eth0; exit 7" && st=0 || st=$?
		cg-place -d "web$$"
		exit $st'
	[ "$status" = 7 ] || { echo "$status $output $stderr"; false; }
	[[ $output == "pid 1"*"10.209.0.2/16"* ]]
}

@test "walkthrough: what it could not do, in one run: user, time and all other namespaces, devices, a read-only bind" {
	requires root userns
	unpack_layers
	echo note >note
	cat >inside <<-'EOF'
		for ns in cgroup ipc mnt net pid time user uts; do
			! grep -qF "$(readlink /proc/self/ns/$ns)" /host-ns || echo "shared $ns"
		done
		head -c 4 /dev/zero | od -An -tx1
		id -u
		cat /note
		echo x 2>/dev/null >/note || echo read-only
	EOF
	(cd /proc/self/ns && readlink -- *) >host-ns
	chown 100000:100000 upper work rootfs
	run --separate-stderr bubble '
		cg-place "all$$" -- net-plumb all -- ns-exec --user --map-users 0:100000:65536 \
			--map-groups 0:100000:65536 --mount -- sh -euc "
			exec ovl-mount -L layers -u upper -w work rootfs -- \
			ns-exec --pid --uts --ipc --cgroup --time --ro-bind note:/note \
				--ro-bind inside:/inside --ro-bind host-ns:/host-ns --root rootfs -- \
				/bin/sh /inside" && st=0 || st=$?
		cg-place -d "all$$"
		exit $st'
	[ "$status" = 0 ] || { echo "$status $output $stderr"; false; }
	same "$output" " 00 00 00 00
0
note
read-only"
}

@test "walkthrough: a second terminal attaches by pid, and sees the same container" {
	requires root
	unpack_layers
	ovl-mount -L layers -u upper -w work rootfs
	ns-exec --pid --uts --ipc --net --hostname inside --root rootfs -- /bin/sleep 60 3>&- &
	local outer=$! inner tries=0
	until inner=$(cut -d' ' -f1 "/proc/$outer/task/$outer/children" 2>/dev/null) && [ -n "$inner" ] &&
		[ "$(readlink "/proc/$inner/exe")" != "$(readlink "/proc/$outer/exe")" ]; do
		sleep .1
		tries=$((tries + 1))
		[ $tries -lt 100 ]
	done
	run ns-exec --target "$inner" --all -- /bin/sh -c 'hostname; ls -d /proc/[0-9]* | head -n 1'
	kill "$outer"
	wait "$outer" || :
	ovl-mount -d rootfs
	same "$output" "inside
/proc/1"
}

@test "walkthrough: a wrong digest, an unknown image, a refused token: one line and the status" {
	wrong=sha256:$(printf '%064d' 0)
	d=$(reg-manifest "$IMAGE" | jq -r '.layers[0].digest')
	reg-blob "$IMAGE" "$d" >blob
	expect 6 layer-unpack -O -D "$wrong" out <blob
	[ "$(wc -l <<<"$stderr")" = 1 ]
	[ ! -e out ]
	run --separate-stderr sh -c 'head -c 20000 blob | layer-unpack -O -D '"$d"' out'
	[ "$status" = 6 ] || [ "$status" = 1 ]
	[ "$(wc -l <<<"$stderr")" = 1 ]
	[ -z "$(find . -name '*out*')" ]
	expect 4 reg-manifest "$REG/rig/nothing"
	[ "$(wc -l <<<"$stderr")" = 1 ]
	echo '{}' >no-auth
	REGISTRY_AUTH_FILE=$TMP/no-auth expect 3 reg-manifest "$IMAGE"
	[ -z "$output" ]
}
