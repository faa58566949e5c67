#!/usr/bin/env bats
# Images of the kinds that people run: a Debian, a language, a service; as root and as an
# ordinary user.  Made from Debian's packages, without a registry.
load helpers

setup_file() {
	# Not below bats' own directory, which an ordinary user cannot enter.
	SHARED=$(mktemp -d "${TMPDIR:-/tmp}/longshore-test.XXXXXX")
	export SHARED
	[ "$(id -u)" = 0 ] || return 0
	chmod 755 "$SHARED"
	debian_tar
	nginx
	mkdir -p "$SHARED/images/blobs/sha256" "$SHARED/layer/srv/www" \
		"$SHARED/layer/etc/nginx/sites-enabled" "$SHARED/layer/var/log/nginx"
	echo 'server { listen 80; root /srv/www; }' >"$SHARED/layer/etc/nginx/sites-enabled/default"
	ln -s /dev/stdout "$SHARED/layer/var/log/nginx/access.log"
	echo '{"imageLayoutVersion":"1.0.0"}' >"$SHARED/images/oci-layout"
	echo 'from the image' >"$SHARED/layer/srv/www/index.html"
	# The interpreter as Debian packs it: the files of the packages installed here.
	dpkg-query -L python3-minimal python3.11-minimal libpython3.11-minimal \
		libpython3-stdlib libpython3.11-stdlib python3 libexpat1 libssl3 2>/dev/null |
		sort -u | grep -v '^/usr/share/\(doc\|man\)' | while read -r file; do
		[ -d "$file" ] && [ ! -L "$file" ] || printf '%s\n' "$file"
	done | tar -c -C / --transform 's,^/,,' -P -f "$SHARED/python.tar" --no-recursion -T - 2>/dev/null || true
	cp "${DEBIAN%/*}/nginx.tar" "$SHARED/nginx.tar"
	tar -r -f "$SHARED/nginx.tar" --owner=33 --group=33 -C "$SHARED/layer" srv
	tar -r -f "$SHARED/nginx.tar" --owner=0 --group=0 -C "$SHARED/layer" etc var
	blob "$SHARED/nginx.tar" && nginx=$digest nginx_size=$size
	blob "$DEBIAN" && base=$digest base_size=$size
	blob "$SHARED/python.tar" && python=$digest python_size=$size
	image debian '"Cmd":["/bin/bash","-c","cat /etc/os-release"]' "$base $base_size"
	image python '"Entrypoint":["python3"],"Cmd":["-c","print(6 * 7)"],"User":"daemon"' \
		"$base $base_size" "$python $python_size"
	image service '"Entrypoint":["nginx"],"Cmd":["-g","daemon off; error_log stderr notice;"],
		"WorkingDir":"/srv/www","Volumes":{"/srv/www":{}},"StopSignal":"SIGQUIT",
		"ExposedPorts":{"80/tcp":{}}' "$base $base_size" "$nginx $nginx_size"
	manifests=$(paste -sd, "$SHARED/manifests")
	echo "{\"schemaVersion\":2,\"manifests\":[$manifests]}" >"$SHARED/images/index.json"
	chmod -R a+rX "$SHARED/images"
	export LONGSHORE_STORE=$SHARED/store
	cd "$SHARED" || return
	for name in debian python service; do image-pull -q "oci:$SHARED/images:$name" >/dev/null; done
}
# nginx, as Debian's packages have it: all but the directories that the base has as links.
nginx() {
	[ ! -s "${DEBIAN%/*}/nginx.tar" ] || return 0
	(
		flock 9
		mkdir "$SHARED/nginx" && cd "$SHARED/nginx" && [ ! -s "${DEBIAN%/*}/nginx.tar" ] || exit
		apt-get -qq -o APT::Sandbox::User=root download nginx nginx-common libssl3
		for package in *.deb; do dpkg-deb -x "$package" root; done
		tar -c -C root -f "${DEBIAN%/*}/nginx.part" --exclude='usr/share/doc/*' etc usr var &&
			mv "${DEBIAN%/*}/nginx.part" "${DEBIAN%/*}/nginx.tar"
	) 9>"${DEBIAN%/*}/lock"
}
# blob FILE: a hard link in the layout where that can be; $digest and $size.
blob() {
	digest=sha256:$(sha256sum <"$1" | cut -c1-64)
	size=$(wc -c <"$1")
	cp -l "$1" "$SHARED/images/blobs/sha256/${digest#*:}" 2>/dev/null ||
		cp "$1" "$SHARED/images/blobs/sha256/${digest#*:}"
}
# image NAME CONFIG "DIGEST SIZE"...: layers as plain tars, whose digest is their diff_id.
image() {
	local name=$1 config=$2 ids='' layers='' layer
	shift 2
	for layer; do
		ids=$ids${ids:+,}\"${layer% *}\"
		layers="$layers${layers:+,}{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar\",
			\"digest\":\"${layer% *}\",\"size\":${layer#* }}"
	done
	echo "{\"os\":\"linux\",\"architecture\":\"amd64\",\"config\":{$config},
		\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[$ids]}}" >"$SHARED/config"
	blob "$SHARED/config"
	echo "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",
		\"config\":{\"mediaType\":\"application/vnd.oci.image.config.v1+json\",
		\"digest\":\"$digest\",\"size\":$size},\"layers\":[$layers]}" >"$SHARED/manifest"
	blob "$SHARED/manifest"
	rm -f "$SHARED/manifest" "$SHARED/config"
	echo "{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"digest\":\"$digest\",\"size\":$size,\"annotations\":{\"org.opencontainers.image.ref.name\":\"$name\"}}" >>"$SHARED/manifests"
}
setup() {
	requires root
	for tar in "$DEBIAN" "${DEBIAN%/*}/nginx.tar"; do
		[ -s "$tar" ] || skip "needs a Debian mirror"
	done
	setup_tmp
	export LONGSHORE_STORE=$SHARED/store
	N=i$$-$BATS_TEST_NUMBER
	IMAGES=oci:$SHARED/images
}
teardown() {
	container-remove --all 2>/dev/null || true
	teardown_tmp
}
teardown_file() {
	rm -rf --one-file-system "$SHARED"
}
# as_user SCRIPT: by sh, as nobody with subordinate ids of its own.  The mount namespace
# hides the host's lists, and lends it a tun device.
as_user() {
	mkdir -p "$TMP/home"
	chown nobody "$TMP/home"
	echo "nobody:300000:65536" >"$TMP/subid"
	cat >"$TMP/become" <<-'EOT'
		mount --bind "$1" /etc/subuid && mount --bind "$1" /etc/subgid
		mkdir -p "$2/dev/net" && mknod -m 666 "$2/dev/net/tun" c 10 200 2>/dev/null
		[ ! -c "$2/dev/net/tun" ] || mount --bind "$2/dev/net/tun" /dev/net/tun
		exec setpriv --reuid nobody --regid nogroup --clear-groups env -u LONGSHORE_STORE \
			-u XDG_RUNTIME_DIR -u XDG_DATA_HOME HOME="$2/home" sh -c "$3"
	EOT
	unshare --mount sh -e "$TMP/become" "$TMP/subid" "$TMP" "$1"
}
# page URL: what it serves, as soon as it does.
page() {
	for _ in $(seq 200); do
		busybox wget -qO- "$1" 2>/dev/null && return
		sleep .05
	done
	return 1
}

@test "container-run: a Debian, by its configured command" {
	[[ $(container-run --rm --net none "$IMAGES:debian") == *'ID=debian'* ]]
	same "$(container-run --rm --net none "$IMAGES:debian" dpkg-query -W -f '${Status}' bash)" \
		"install ok installed"
	same "$(container-run --rm --net none -u www-data "$IMAGES:debian" sh -c 'id -un; pwd; echo $HOME')" \
		"www-data
/
/var/www"
}

@test "container-run: a python, with entrypoint, arguments and user" {
	same "$(container-run --rm --net none "$IMAGES:python")" 42
	same "$(container-run --rm --net none "$IMAGES:python" -c 'import os, pwd, ssl, json
print(pwd.getpwuid(os.getuid()).pw_name, os.getpid())')" "daemon 1"
	same "$(echo 'print("from stdin")' | container-run --rm -i --net none "$IMAGES:python" -)" "from stdin"
}

# box: an image with entrypoint, user and volume.
box() {
	"$ROOT/tests/rig/image" busybox "$TMP/oci" box --config.user user:extra \
		--config.entrypoint /bin/sh --config.entrypoint -c --config.volume /var/data \
		--config.cmd 'id -un; id -gn; echo kept >/tmp/f; grep -c " /var/data " /proc/mounts'
	chmod -R a+rX "$TMP/oci"
}

@test "container-run: a busybox, with entrypoint, user and volume" {
	box
	same "$(container-run --rm --net none "oci:$TMP/oci:box")" "user
extra
1"
}

@test "container-run: an ordinary user's busybox, with entrypoint, user and volume" {
	requires newuidmap userns
	box
	expect 0 as_user "container-run -q --rm --net none oci:$TMP/oci:box"
	same "$output" "user
extra
1"
}

@test "container-run: nginx as its image says, reachable on a published port" {
	port=$((20000 + $$ % 10000))
	container-run -d --name "$N" -p "127.0.0.1:$port:80" "$IMAGES:service"
	same "$(page "http://127.0.0.1:$port/")" "from the image"
	same "$(container-exec "$N" pwd)" /srv/www
	worker=$(container-inspect "$N" | jq '.processes[1].pid')
	same "$(awk '/^Uid/ {print $2}' "/proc/$worker/status")" 33
	container-exec "$N" sh -c 'echo changed >index.html'
	same "$(page "http://127.0.0.1:$port/")" changed
	[[ $(cat "$LONGSHORE_STORE/containers/$N/log") == *'GET / HTTP/1.1" 200'* ]]
	# Its StopSignal, for an end that lets requests finish.
	same "$(container-stop "$N")" "$N"
	grep -q 'SIGQUIT) received.*shutting down' "$LONGSHORE_STORE/containers/$N/log"
	[[ $(container-list) == *'exited (0)'* ]]
	[ ! -e "/run/netns/$N" ]
}

@test "container-stop: a signal of one's own, KILL after the grace, and none for the dead" {
	container-run -d --name "$N" --net none --stop-signal SIGUSR1 "$IMAGES:debian" \
		sh -c 'trap "exit 5" USR1; trap "exit 6" INT; while :; do sleep .05; done'
	container-run -d --name "$N-i" --net none "$IMAGES:debian" sh -c \
		'trap "exit 6" INT; while :; do sleep .05; done'
	container-run -d --name "$N-k" --net none "$IMAGES:debian" sleep 600
	expect 0 container-stop -n "$N"
	[[ $output == 'kill -s USR1 '* ]]
	expect 0 container-stop "$N"
	expect 0 container-stop --signal=INT "$N-i"
	expect 0 container-stop -t0 "$N-k" "$N-i"
	same "$output" "$N-k
$N-i"
	same "$(container-list | awk -v n="$N" 'index($1, n) {print $2 $3}')" "exited(5)
exited(6)
exited(137)"
	expect 125 container-stop nosuch
	expect 125 container-stop -t x "$N"
	expect 125 container-stop
}

@test "container-run: an ordinary user's Debian, python and service" {
	requires newuidmap pasta userns
	port=$((30000 + $$ % 10000))
	run as_user "container-run -q --rm --net none $IMAGES:debian sh -c '. /etc/os-release; echo \$ID; stat -c %U:%G /var/mail /var/local'
		container-run -q --rm --net none $IMAGES:python -c 'import os; print(os.getuid())'
		container-run -q -d --name $N -p 127.0.0.1:$port:80 $IMAGES:service
		i=0; until busybox wget -qO- http://127.0.0.1:$port/ 2>/dev/null; do
			i=\$((i + 1)); [ \$i -lt 200 ] || break; sleep .05; done
		container-exec $N sh -c 'stat -c %U index.html; pwd'
		[ \"\$(container-run -q --rm --net container:$N $IMAGES:debian readlink /proc/self/ns/net)\" = \
			\"\$(container-exec $N readlink /proc/self/ns/net)\" ] && echo joined
		container-stop $N; container-list | grep -c 'exited (0)'
		container-remove --all --gc; container-list -q"
	echo "$output"
	same "$status" 0
	same "$output" "debian
root:mail
root:staff
1
$N
from the image
www-data
/srv/www
joined
$N
1"
}

@test "container-run: -it gives a terminal; Ctrl-C and the exit status pass" {
	requires expect
	# What runs in the foreground gets the signal; a shell that waits for it does not.
	cat >"$TMP/session" <<-EOT
		set timeout 60
		spawn container-run -it --rm --net none $IMAGES:debian bash --norc
		expect "# "
		send "tty; sh -c 'trap \"echo got\"\"-it; exit 4\" INT; echo rea\"\"dy; while :; do sleep .1; done'; echo status \\\$?\r"
		expect "/dev/pts/"
		expect "ready"
		send "\003"
		expect "got-it"
		expect "status 4"
		send "exit 9\r"
		expect eof
		exit [lindex [wait] 3]
	EOT
	expect 9 command expect "$TMP/session"
	[[ $output == *got-it* ]]
	[[ $output == *'status 4'* ]]
}
