#!/usr/bin/env bats
# make deb: built by Debian's own tools, installed over a copy-on-write view of this
# machine's root, used from there, purged, and gone.
load helpers

setup_file() {
	requires root dpkg-shlibdeps
	export SRC=$BATS_FILE_TMPDIR/src
	mkdir "$SRC"
	# Beside this tree, which other tests use meanwhile; make finds nothing out of date.
	(cd "$ROOT" && cp -a LICENSE Makefile bin lib man obj pipelines tests tools "$SRC")
	env -u SAN make -s -C "$SRC" deb >"$SRC.log"
}
setup() {
	requires root dpkg-shlibdeps
	setup_tmp
	DEB=$(echo "$SRC"/deb/*.deb)
}
teardown() {
	teardown_tmp
}
# in_copy SCRIPT [ARG]...: by sh, with the machine's root merged with a tmpfs as its root.
# It is pivoted to, for the kernel gives a chrooted process no user namespace.  The
# changes are in /run/copy/upper.
in_copy() {
	mkdir "$TMP/changes" "$TMP/root"
	unshare --mount sh -ec '
		mount -t tmpfs tmpfs "$0/changes" && mkdir "$0/changes/upper" "$0/changes/work"
		cd "$0" && mount -t overlay overlay root \
			-o lowerdir=/,upperdir=changes/upper,workdir=changes/work
		cd root
		for fs in proc sys dev tmp; do mount --rbind "/$fs" "$fs"; done
		mount -t tmpfs tmpfs run && mkdir run/copy && mount --bind "$0/changes" run/copy
		pivot_root . mnt && umount -l /mnt
		cd / && PATH=/usr/sbin:/usr/bin:/sbin:/bin exec sh -ec "$@"' "$TMP" "$@"
}

@test "make deb: the package names its libraries, and all that was installed is in it" {
	expect 0 dpkg-deb --field "$DEB" Package Depends
	[[ $output == *longshore*libc6*libjq1* ]]
	dpkg-deb --contents "$DEB" >"$TMP/list"
	same "$(grep -v ' root/root ' "$TMP/list")" ""
	for file in bin/ns-exec bin/container-run share/man/man1/container-run.1.gz \
		share/man/man7/longshore.7.gz share/longshore/lessons/all share/longshore/longshore.sh \
		share/bash-completion/completions/longshore share/doc/longshore/copyright; do
		grep -q " ./usr/$file\$" "$TMP/list"
	done
	same "$(dpkg-deb --fsys-tarfile "$DEB" | tar -xO --wildcards './usr/bin/*' './usr/share/longshore/*' |
		grep -acF "$SRC")" 0
}

@test "make deb: installs, runs a container, purges without a trace" {
	"$ROOT/tests/rig/image" busybox "$TMP.oci" c
	run in_copy '
		dpkg --install "$0" >/dev/null
		mkdir /run/store
		LONGSHORE_STORE=/run/store
		export LONGSHORE_STORE
		container-run --rm --net none "oci:$1:c" echo from the package
		container-run -n "oci:$1:c" echo | tail -n 1
		host-check -q >/dev/null || [ $? = 1 ] || echo host-check failed
		mkdir -p /var/lib/longshore/images && : >/var/lib/longshore/images/kept
		dpkg --remove longshore >/dev/null
		[ ! -e /usr/bin/ns-exec ] && [ -e /var/lib/longshore/images/kept ]
		dpkg --purge longshore >/dev/null
		find /run/copy/upper ! -type c ! -type d | grep -vE "/var/(lib/dpkg|log|cache)/" || :
		find / -xdev -path "*longshore*" -newer "$0" ! -path "/tmp/*" ! -path "/run/*" || :
		' "$DEB" "$TMP.oci"
	rm -rf "$TMP.oci"
	echo "$output"
	same "$status" 0
	same "$output" 'from the package
exit "$status"'
}
