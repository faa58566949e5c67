# shellcheck shell=sh
# lesson.sh: what every lesson begins with.  Sourced, not run.
#
# A lesson runs in a bubble: one outer mount, network and process namespace with a tmpfs
# on /run, so that whatever it makes is gone when it ends.  The host is looked at before
# and after.  An ordinary user's bubble has a user namespace around it.
command -v ns-exec >/dev/null || PATH=${0%/*}/..:${0%/*}/../../bin:$PATH

host_state() {
	cut -d' ' -f3-5 /proc/self/mountinfo
	cat /proc/sys/net/ipv4/ip_forward
	ls /run/netns /sys/class/net 2>/dev/null | grep lesson
	find /sys/fs/cgroup -name '*lesson*' 2>/dev/null
}
if [ -z "${LESSON_BUBBLE-}" ]; then
	before=$(host_state) map=''
	[ "$(id -u)" = 0 ] || map='--map-root-user --map-auto'
	# shellcheck disable=SC2086
	LESSON_BUBBLE=yes unshare $map --mount --net --pid --fork --kill-child --mount-proc \
		sh "$0" "$@"
	status=$?
	[ "$before" = "$(host_state)" ] || { echo "NOT ok - the host is unchanged" && exit 1; }
	echo "ok - the host is unchanged"
	exit "$status"
fi
mount -t tmpfs tmpfs /run
ip link set lo up
mkdir /run/lesson && cd /run/lesson || exit 1
export LONGSHORE_STORE=/run/lesson/store REG_TOKEN=''
status=0

say() { printf '\n%s\n' "$(echo "$*" | tr '\n' ' ' | fold -sw 78)"; }
try() { # COMMAND: shown, then run by sh
	printf '$ %s\n' "$1"
	sh -c "$1" 2>&1 | sed 's/^/    /'
}
check() { # WHAT COMMAND: how do you see that it worked?
	if sh -c "$2" >check.log 2>&1; then
		echo "ok - $1"
	else
		echo "NOT ok - $1:  $2"
		sed 's/^/# /' check.log
		status=1
	fi
}
breaks() { # WHAT COMMAND: the experiment; it has to fail
	printf 'break it: %s\n$ %s\n' "$1" "$2"
	if sh -c "$2" >check.log 2>&1; then
		echo "NOT ok - it should have failed"
		status=1
	else
		sed 's/^/    /' check.log
		echo "ok - it fails"
	fi
}
done_here() { exit "$status"; }

# An image of two layers made here, no network needed: busybox; then a layer that deletes
# a file and adds one.
make_layers() {
	mkdir -p one/bin one/etc one/tmp two/etc
	cp "$(command -v busybox)" one/bin/busybox
	for applet in sh ls cat id ps hostname ip mount sleep head touch ping wget httpd nc; do
		ln -s busybox "one/bin/$applet"
	done
	echo 'root:x:0:0::/root:/bin/sh' >one/etc/passwd
	echo secret >one/etc/password.txt
	: >two/etc/.wh.password.txt
	echo 'second layer' >two/etc/motd
	tar -C one --owner=0 --group=0 -cf one.tar . && gzip -nk one.tar
	tar -C two --owner=0 --group=0 -cf two.tar . && gzip -nk two.tar
}
make_image() {
	make_layers
	mkdir -p layout/blobs/sha256
	echo '{"imageLayoutVersion":"1.0.0"}' >layout/oci-layout
	put() { # FILE MEDIATYPE: into the layout; prints a descriptor
		sum=$(sha256sum <"$1") && sum=${sum%% *} && cp "$1" "layout/blobs/sha256/$sum"
		printf '{"mediaType":"application/vnd.oci.image.%s","digest":"sha256:%s","size":%s}' \
			"$2" "$sum" "$(wc -c <"$1")"
	}
	ids=$(sha256sum one.tar two.tar | sed 's/\([^ ]*\).*/"sha256:\1"/' | paste -sd,)
	arch=$(dpkg --print-architecture 2>/dev/null || echo amd64)
	printf '{"os":"linux","architecture":"%s","config":{"Cmd":["sh"],"Env":["PATH=/bin"]},"rootfs":{"type":"layers","diff_ids":[%s]}}' "$arch" "$ids" >config.json
	printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":%s,"layers":[%s,%s]}' \
		"$(put config.json config.v1+json)" "$(put one.tar.gz layer.v1.tar+gzip)" \
		"$(put two.tar.gz layer.v1.tar+gzip)" >manifest.json
	printf '{"schemaVersion":2,"manifests":[%s]}' "$(put manifest.json manifest.v1+json |
		sed 's/}$/,"annotations":{"org.opencontainers.image.ref.name":"box"}}/')" >layout/index.json
}
# The class room's registry: Debian's own, on the bubble's loopback.
start_registry() {
	printf '%s\n' 'version: 0.1' 'log: {level: error}' 'http: {addr: "127.0.0.1:5000"}' \
		'storage: {filesystem: {rootdirectory: /run/lesson/registry}}' >registry.yml
	docker-registry serve registry.yml >registry.log 2>&1 &
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		reg-push -q -C layout localhost:5000/box:latest <manifest.json >/dev/null 2>&1 && return
		sleep .5
	done
	echo "NOT ok - no registry: apt install docker-registry" && exit 1
}
