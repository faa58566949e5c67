# ns-exec as an ordinary user: whatever the kernel allows without privilege.
# shellcheck disable=SC2016,SC2154
load helpers

setup() {
	[ "$(id -u)" = 0 ] || skip "needs root, to become an ordinary user"
	requires userns
	setup_tmp
	cd "$TMP" || return
	mkdir -p lower/bin/ upper work merged
	cp /bin/busybox lower/bin/
	local a
	for a in sh cat id ls ps hostname stat touch grep; do
		ln -s busybox lower/bin/$a
	done
	chown -R 65534:65534 "$TMP"
	# The tools must be reachable for a user who may not enter every directory.
	mkdir bin
	cp "$BIN/ns-exec" "$BIN/ovl-mount" bin/
	PATH=$TMP/bin:$PATH
}

teardown() {
	[ "$(id -u)" = 0 ] || return 0
	[ -z "${USER_MADE:-}" ] || userdel "$USER_MADE"
	teardown_tmp
}

# as_user COMMAND...: without any privilege.
as_user() {
	setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs --bounding-set=-all \
		--inh-caps=-all -- "$@"
}

everything='id -u; hostname; ps | grep -c .; ls /dev; cat /proc/mounts; readlink /proc/self/ns/* 2>/dev/null
	echo new > /made; stat -c %u /made; echo x > /dev/null && cat /dev/null'

@test "ns-exec: a whole container from one chain without any privilege" {
	expect 0 as_user ns-exec --user --map-root --mount -- \
		ovl-mount -l lower -u upper -w work merged -- \
		ns-exec --pid --net --uts --ipc --cgroup --time --root merged --hostname mine -- \
		/bin/sh -c "$everything"
	[[ $output == 0$'\n'mine$'\n'* ]]
	grep -q '^overlay / overlay' <<<"$output"
	grep -q '^proc /proc proc rw,nosuid' <<<"$output"
	[ -z "$stderr" ]
	same "$(cat upper/made)" new
	same "$(stat -c %u upper/made)" 65534
}

@test "ns-exec: all eight namespaces, root and dev in one call without any privilege" {
	expect 0 as_user ns-exec --user --map-root --mount --pid --net --uts --ipc --cgroup --time \
		--root lower --hostname mine -- /bin/sh -c "$everything"
	[ -z "$stderr" ]
	[[ $output == 0$'\n'mine$'\n'* ]]
	grep -q '^mqueue /dev/mqueue' <<<"$output"
	grep -q '^devpts /dev/pts' <<<"$output"
}

@test "ns-exec: what the kernel refuses a user is said and done without" {
	expect 0 as_user ns-exec --map-root --pid --root lower -- /bin/sh -c 'ls /sys'
	[[ $stderr == *"refuses a fresh sysfs"* ]]
	expect 0 as_user ns-exec -q --map-root --pid --root lower -- /bin/sh -c 'ls /sys'
	[ -z "$stderr" ]
	# The caller's /sys, but nothing in it can be written: nor in the script's.
	expect 0 as_user ns-exec -q --map-root --pid --root lower -- /bin/cat /proc/mounts
	grep -q ' /sys sysfs ' <<<"$output"
	run ! grep -E ' /sys[^ ]* [^ ]+ rw' <<<"$output"
	as_user ns-exec -n --map-root --pid --root lower -- /bin/cat /proc/mounts >script
	expect 0 as_user sh script
	grep -q ' /sys sysfs ' <<<"$output"
	run ! grep -E ' /sys[^ ]* [^ ]+ rw' <<<"$output"
}

@test "ns-exec: clocks, a terminal and an init work for a user" {
	local up
	up=$(cut -d. -f1 /proc/uptime)
	expect 0 as_user ns-exec --map-root --pid --boottime 864000 --net --root lower --init -- \
		/bin/sh -c 'cat /proc/uptime; echo $$'
	[ "$(head -n 1 <<<"$output" | cut -d. -f1)" -ge $((up + 864000)) ]
	same "$(tail -n 1 <<<"$output")" 2
	as_user ns-exec -t --map-root --pid --net --root lower -- /bin/sh -c '[ -t 1 ] && echo yes' </dev/null | grep -q yes
}

@test "ns-exec: --map-auto takes the user's subordinate ids, in order" {
	command -v newuidmap >/dev/null || skip "needs newuidmap (package uidmap)"
	USER_MADE=nsexec$$
	useradd --no-create-home --shell /bin/sh $USER_MADE
	local id
	id=$(id -u $USER_MADE)
	grep -q "^$USER_MADE:" /etc/subuid || usermod --add-subuids 700000-765535 --add-subgids 700000-765535 $USER_MADE
	chown -R $USER_MADE lower
	expect 0 setpriv --reuid="$id" --regid="$(id -g $USER_MADE)" --clear-groups -- \
		ns-exec --map-auto --net --ipc --pid --root lower -- /bin/sh -c \
		'cat /proc/self/uid_map; touch /f; busybox chown 1000:1000 /f'
	same "$(tr -s ' ' <<<"$output" | head -n 1)" " 0 $id 1"
	same "$(stat -c %u lower/f)" $(($(grep "^$USER_MADE:" /etc/subuid | cut -d: -f2) + 999))
}

@test "ns-exec: a directory that blocks the mapped root is named" {
	mkdir -p home/root
	chmod 0700 home
	chown -R 0:0 home
	expect 125 as_user ns-exec --map-root --root "$TMP/home/root" -- /bin/sh
	[[ $stderr == *"hint: $TMP/home "* ]]
}

@test "ns-exec: without privilege and user namespace the hint says what to add" {
	expect 125 as_user ns-exec --pid -- true
	[[ $stderr == *"hint: "*"--user --map-root"* ]]
}
