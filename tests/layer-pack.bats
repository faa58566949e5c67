#!/usr/bin/env bats
# layer-pack: what is in the layer, the same bytes twice, refusals, the way back.

load helpers

setup() {
	setup_tmp
	cd "$TMP" || return
	mkdir upper
}

teardown() {
	cd /
	teardown_tmp
}

# A directory with one of everything that a layer can hold.
everything() {
	local long odd=$'new\nline\xff'
	requires root
	long=$(printf '%0250d' 7)
	mkdir -p "$1/dir/sub" "$1/a-b" "$1/$long/$long" "$1/empty"
	(
		cd "$1" || exit
		echo hi >dir/f
		ln dir/f dir/hard
		ln dir/f z-hard
		ln -s ../nowhere/"$long" dir/sym
		ln dir/sym dir/sym-hard
		echo deep >"$long/$long/file"
		echo odd >"dir/$odd"
		echo set >dir/suid && chmod 6755 dir/suid
		touch -d '1969-12-31 23:59:58 UTC' before
		touch -d '2345-06-07 08:09:10.123456789 UTC' after
		touch -d '2020-02-02 02:02:02.000000001 UTC' -h dir/sym
		chown 3000000:4294967294 before
		mkfifo fifo && mknod null c 1 3 && mknod loop7 b 7 1048575
		head -c 3000000 /dev/zero | tr '\0' 'z' >big
		truncate -s 12M sparse && printf x | dd of=sparse bs=1 seek=5000000 conv=notrunc status=none
		truncate -s 40960 hole
		setfattr -n user.bytes -v "0x00ff0a3d00" dir/f
		setfattr -n user.empty dir
		setfattr -n trusted.mine -v 1 dir/sym -h 2>/dev/null || true
		setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 dir/suid
		touch -d '2021-01-01 01:01:01.5 UTC' dir/sub dir "$long" empty a-b .
	)
}

# picture DIR: every bit of metadata and content that must survive.  Overlayfs links
# whiteouts to one another, and dates them as it likes; it marks what it has copied.
picture() {
	(
		cd "$1" || exit
		find . -type d -printf '%P|%y|%m|%U:%G|%T@\0' -o -type c -size 0 -printf '%P|%y|%m|%U:%G\0' \
			-o -printf '%P|%y|%m|%U:%G|%s|%T@|%l|%n\0' | sort -z | tr '\0' '\n'
		find . -type f -exec sha256sum {} + | sort
		find . \( -type b -o -type c \) -exec stat -c '%n %t:%T' {} + | sort
		getfattr -hR -d -e hex -m - . 2>/dev/null |
			awk '/^# file: / { f = $0 } /^[a-z]/ && !/overlay\.(origin|impure|uuid)/ { print f, $0 }' | sort
	)
}

@test "layer-pack: whiteouts and opaque directories take .wh. form" {
	requires root
	mkdir upper/dir upper/dir/sub
	mknod upper/gone c 0 0
	mknod upper/dir/gone c 0 0
	mknod upper/kept c 1 3
	setfattr -n trusted.overlay.opaque -v y upper/dir/sub
	setfattr -n trusted.overlay.opaque -v x upper/dir
	expect 0 bash -c 'layer-pack upper | tar -tz'
	same "$output" $'./\n.wh.gone\ndir/\ndir/.wh.gone\ndir/sub/\ndir/sub/.wh..wh..opq\nkept'
	same "$stderr" ""
}

@test "layer-pack: user.overlay marks and whiteout attributes count too" {
	mkdir upper/dir
	setfattr -n user.overlay.opaque -v y upper/dir
	touch upper/gone upper/empty
	setfattr -n user.overlay.whiteout -v '' upper/gone
	expect 0 bash -c 'layer-pack -z none upper | tar -t'
	same "$output" $'./\n.wh.gone\ndir/\ndir/.wh..wh..opq\nempty'
}

@test "layer-pack: packs what a real overlay has left (case 105)" {
	requires root
	mkdir -p base/dir base/gone base/full work root
	echo 1 >base/dir/f
	echo 2 >base/dir/g
	echo 3 >base/full/x
	ln base/dir/g base/dir/h
	unshare -m sh -ec 'ovl-mount -l base -u upper -w work root
		rm root/dir/f; rm -r root/gone root/full; mkdir root/full; echo 4 >root/full/y
		chmod 700 root/dir; echo more >>root/dir/g; ln root/dir/g root/dir/i'
	python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("upper/sock")'
	expect 0 bash -c 'layer-pack -z none upper >layer'
	same "$stderr" "layer-pack: sock: a socket, left out: a layer cannot hold one"
	expect 0 tar -tf layer
	same "$output" $'./\n.wh.gone\ndir/\ndir/.wh.f\ndir/g\ndir/i\nfull/\nfull/.wh..wh..opq\nfull/y'
	expect 0 tar -tvf layer dir/i dir/
	[[ $output == *"link to dir/g"* && $output == *drwx------* ]]
	expect 0 layer-pack -q -z none upper
	same "$stderr" ""
}

@test "layer-pack: overlayfs's own attributes stay out" {
	requires root
	mkdir upper/d
	touch upper/d/f
	for x in origin impure uuid nlink; do setfattr -n trusted.overlay.$x -v 1 upper/d; done
	setfattr -n trusted.overlay.overlay.opaque -v y upper/d
	setfattr -n user.keep -v me upper/d/f
	layer-pack -z none upper >layer
	run grep -aoE 'SCHILY.xattr.[a-z.]*=' layer
	same "$output" $'SCHILY.xattr.trusted.overlay.opaque=\nSCHILY.xattr.user.keep='
}

@test "layer-pack: refuses redirect and metacopy (case 104)" {
	local ns mark
	mkdir upper/d
	touch upper/d/f
	for ns in user trusted; do
		[ $ns = user ] || [ "$(id -u)" = 0 ] || continue
		for mark in redirect metacopy; do
			setfattr -n $ns.overlay.$mark -v /x upper/d
			expect 1 layer-pack upper
			[[ $stderr == *"d/: "*$mark*hint*"=off"* ]]
			setfattr -x $ns.overlay.$mark upper/d
		done
	done
	expect 0 layer-pack upper
}

@test "layer-pack: refuses what a kernel with redirect_dir=on and metacopy=on leaves (case 104)" {
	requires root
	mkdir -p base/dir work root
	echo data >base/f
	unshare -m sh -ec 'mount -t overlay o -o redirect_dir=on,lowerdir=base,upperdir=upper,workdir=work root; mv root/dir root/moved'
	expect 1 layer-pack upper
	[[ $stderr == *redirect* ]]
	rm -rf upper work && mkdir upper work
	unshare -m sh -ec 'mount -t overlay o -o metacopy=on,lowerdir=base,upperdir=upper,workdir=work root; chmod 600 root/f'
	expect 1 layer-pack upper
	[[ $stderr == *metacopy* ]]
}

@test "layer-pack: names that look like whiteouts are refused" {
	touch upper/.wh.x
	expect 1 layer-pack upper
	[[ $stderr == *".wh.x"* ]]
}

@test "layer-pack: the same bytes twice, whatever the order on disk (case 106)" {
	everything upper
	layer-pack upper >one
	layer-pack upper >two
	cmp one two
	taskset 1 "$BIN/layer-pack" upper >three
	cmp one three
	layer-pack -z zstd upper >one.zst
	taskset 1 "$BIN/layer-pack" -z zstd upper | cmp - one.zst
	zstd -dc one.zst | cmp - <(gzip -dc one)
}

@test "layer-pack: SOURCE_DATE_EPOCH is the latest time (case 106)" {
	mkdir upper/d
	touch -d @1000000000.5 upper/d/old
	touch upper/d/new
	export SOURCE_DATE_EPOCH=1500000000
	layer-pack upper >one
	sleep 0.01
	touch upper/d/new
	layer-pack upper | cmp - one
	expect 0 bash -c 'tar --full-time --utc -tvf one | sed "s/.* \(2...-..-.. \)/\1/"'
	same "$output" $'2017-07-14 02:40:00 ./\n2017-07-14 02:40:00 d/\n2017-07-14 02:40:00 d/new\n2001-09-09 01:46:40.5 d/old'
	SOURCE_DATE_EPOCH=soon expect 2 layer-pack upper
	SOURCE_DATE_EPOCH='' expect 0 layer-pack upper
}

@test "layer-pack: members are sorted bytewise, parents first" {
	mkdir upper/a upper/a-b upper/a0
	touch upper/a/x upper/B upper/b upper/a.c
	expect 0 bash -c 'layer-pack upper | tar -tz'
	same "$output" $'./\nB\na-b/\na.c\na/\na/x\na0/\nb'
}

@test "layer-pack: GNU tar and bsdtar extract what was packed" {
	everything upper
	layer-pack -z none upper >layer
	mkdir gnu bsd
	tar -xf layer -C gnu --xattrs --xattrs-include='*' --numeric-owner 2>/dev/null
	picture upper >want
	picture gnu >got
	diff want got
	same "$(stat -c %b gnu/hole)" 0
	bsdtar -xpf layer -C bsd --numeric-owner
	(cd upper && find . -type f -exec sha256sum {} + | sort) >want
	(cd bsd && find . -type f -exec sha256sum {} + | sort) >got
	diff want got
}

@test "layer-pack: sparse files stay sparse and small" {
	truncate -s 8G upper/lastlog
	printf x | dd of=upper/lastlog bs=1 seek=7G conv=notrunc status=none
	layer-pack -z none upper >layer
	[ "$(stat -c %s layer)" -lt 30000 ]
	mkdir out
	tar -xf layer -C out
	same "$(stat -c %s out/lastlog)" 8589934592
	same "$(dd if=out/lastlog bs=1 skip=7G count=1 status=none)" x
}

@test "layer-pack: -J describes the layer" {
	everything upper
	local z type cat
	for z in gzip zstd none; do
		layer-pack -z $z -J json upper >layer
		case $z in gzip) type=+gzip cat='gzip -dc' ;; zstd) type=+zstd cat='zstd -dc' ;; none) type='' cat=cat ;; esac
		same "$(jq -r .mediaType json)" "application/vnd.oci.image.layer.v1.tar$type"
		same "$(jq -r .digest json)" "sha256:$(sha256sum <layer | cut -d' ' -f1)"
		same "$(jq -r .size json)" "$(stat -c %s layer)"
		same "$(jq -r .diff_id json)" "sha256:$($cat <layer | sha256sum | cut -d' ' -f1)"
	done
	expect 0 bash -c 'layer-pack -J /dev/fd/9 upper 9>json9 >layer; jq -r .digest json9'
	same "$output" "sha256:$(sha256sum <layer | cut -d' ' -f1)"
	expect 1 layer-pack -J /nowhere/json upper
}

@test "layer-pack: gzip output is one member that other tools read" {
	head -c 2000000 /dev/urandom >upper/random
	yes 'some text' | head -c 5000000 >upper/text
	layer-pack upper >layer
	gzip -t layer
	igzip -dc <layer | cmp - <(layer-pack -z none upper)
	python3 -c 'import sys, zlib
d = zlib.decompressobj(31); d.decompress(open("layer", "rb").read()); sys.exit(not d.eof or d.unused_data != b"")'
}

@test "layer-pack: an empty directory is a layer with its root" {
	expect 0 bash -c 'layer-pack upper | tar -tz'
	same "$output" ./
}

@test "layer-pack: a file that changes while it is read is a failure" {
	head -c 50000000 /dev/zero | tr '\0' a >upper/log
	mkfifo pipe
	layer-pack -z none upper >pipe 2>err &
	exec 5<pipe
	head -c 100000 <&5 >/dev/null
	echo more >>upper/log
	cat <&5 >/dev/null
	run wait $!
	[[ $(<err) == *"log changed while it was read"* ]]
}

@test "layer-pack: 2,000 levels deep" {
	(
		cd upper
		for _ in $(seq 20); do
			d=$(printf 'd/%.0s' $(seq 100))
			mkdir -p "$d" && cd -P "$d" || exit
		done
	) 2>/dev/null || python3 - <<-'EOF'
	import os
	os.chdir("upper")
	for _ in range(2000):
	    os.makedirs("d", exist_ok=True); os.chdir("d")
	EOF
	expect 0 bash -c 'ulimit -Sn 256; layer-pack -z none upper | tar -t | tail -n 1 | wc -c'
	same "$output" 4001
	# rm -r copes with the depth; teardown's --one-file-system does too.
	rm -rf upper
}

@test "layer-pack: usage errors are 2, failures 1" {
	expect 2 layer-pack
	expect 2 layer-pack upper upper
	expect 2 layer-pack -z lzma upper
	expect 2 layer-pack --no-such upper
	expect 1 layer-pack nowhere
	touch file
	expect 1 layer-pack file
	expect 1 bash -c 'layer-pack upper >/dev/full'
	[[ $stderr == *"No space left"* ]]
}

@test "layer-pack: an unreadable file is named" {
	requires root
	chmod 755 upper
	echo x >upper/secret
	chmod 0 upper/secret
	expect 1 setpriv --reuid nobody --clear-groups "$BIN/layer-pack" upper
	[[ $stderr == *secret*"Permission denied"* ]]
}

@test "layer-pack: access times are left alone" {
	echo x >upper/f
	touch -a -d '2001-01-01 UTC' upper/f
	layer-pack upper >/dev/null
	same "$(stat -c %X upper/f)" 978307200
}

@test "layer-pack: -x explains, -n prints a script that packs the same tree" {
	requires root
	everything upper
	mknod upper/gone c 0 0
	mkdir upper/opaque
	setfattr -n trusted.overlay.opaque -v y upper/opaque
	expect 0 bash -c 'layer-pack -x upper >/dev/null'
	[[ $stderr == "~ tar "* ]]
	layer-pack -n -z none -J json upper >script
	[ ! -e json ]
	sh script >layer
	same "$(jq -r .digest json)" "sha256:$(sha256sum <layer | cut -d' ' -f1)"
	# hdrcharset: GNU tar does not know the record that it ought to write itself.
	list() { tar --full-time --numeric-owner -tv --xattrs 2>/dev/null | sed 's|link to \./|link to |; s| \./\(.\)| \1|; s/  */ /g' | sort; }
	diff <(layer-pack -z none upper | list) <(list <layer)
}

# The way back needs layer-unpack; the tree is compared as an overlay layer would be.
round_trip() {
	layer-pack "$@" upper >layer
	local id
	id=$(layer-unpack -O back <layer)
	same "$id" "sha256:$(layer-pack -z none upper | sha256sum | cut -d' ' -f1)"
	diff <(picture upper) <(picture back)
	layer-pack "$@" back | cmp - layer
}

@test "layer-pack: layer-unpack -O is the exact inverse (case 107)" {
	requires root layer-unpack
	everything upper
	mkdir upper/opaque upper/opaque/sub
	touch upper/opaque/sub/new
	setfattr -n trusted.overlay.opaque -v y upper/opaque
	touch -d '2021-01-01 01:01:01.5 UTC' upper/opaque
	round_trip
}

@test "layer-pack: a layer's own 0:0 device and overlay marks come back (cases 43, 44)" {
	requires root layer-unpack
	python3 - <<-'EOF'
	import tarfile
	t = tarfile.open("in.tar", "w", format=tarfile.PAX_FORMAT)
	def add(name, type, **fields):
	    i = tarfile.TarInfo(name)
	    i.type = type.encode()
	    for k, v in fields.items(): setattr(i, k, v)
	    t.addfile(i)
	add("d", "5", mode=0o755)
	add("d/dev", "3", devmajor=0, devminor=0)
	add("e", "5", mode=0o755, pax_headers={"SCHILY.xattr.trusted.overlay.opaque": "y"})
	t.close()
	EOF
	layer-unpack -O back <in.tar
	layer-pack -z none back >out.tar
	layer-unpack -O again <out.tar
	diff <(picture back) <(picture again)
	layer-pack -z none again | cmp - out.tar
	expect 0 bash -c 'tar -tvf out.tar | grep -c "^c.* 0,0 .* d/dev"; grep -ao "SCHILY.xattr.trusted.overlay.opaque=y" out.tar'
	same "$output" $'1\nSCHILY.xattr.trusted.overlay.opaque=y'
}

@test "layer-pack: and the inverse as an unprivileged user (case 107)" {
	requires userns
	requires root layer-unpack
	chmod 755 . && chown -R nobody .
	export -f picture round_trip same
	expect 0 setpriv --reuid nobody --clear-groups unshare -Urm bash -ec '
		mkdir base base/gone base/full work root
		echo 1 >base/f; echo 2 >base/full/x
		ovl-mount -l base -u upper -w work root -- sh -ec "
			rm -r root/gone root/full; mkdir root/full; echo 4 >root/full/y
			echo 3 >>root/f; ln root/f root/f2; ln -s f root/s; chmod 4711 root/f2"
		round_trip
		mkdir root2 && ovl-mount -l base -l back root2 && ls root2 root2/full'
	same "$output" $'root2\nroot2:\nf\nf2\nfull\ns\n\nroot2/full:\ny'
}

debian() {
	[ "$(id -u)" = 0 ] || skip "needs root"
	debian_tar || skip "needs a Debian mirror"
}

@test "layer-pack: a whole Debian goes there and back (case 107)" {
	requires root layer-unpack mmdebstrap
	debian
	rm -rf upper && mkdir upper
	tar -xpf "$DEBIAN" -C upper --numeric-owner --xattrs --xattrs-include='*'
	round_trip -z none
}

@test "layer-pack: a whole Debian, in a user namespace (case 107)" {
	requires userns
	requires root layer-unpack mmdebstrap
	debian
	rm -rf upper && mkdir upper
	tar -xpf "$DEBIAN" -C upper --numeric-owner --exclude='./dev/*'
	export -f picture round_trip same
	mkfifo ready go
	# The second bash is executed as the namespace's root, and so has its capabilities.
	unshare -Um bash -c 'echo $$ >ready; read -r _ <go; exec bash -ec "round_trip -z none"' >out 2>&1 &
	local job=$! pid
	read -r pid <ready
	echo 0 0 65536 >/proc/"$pid"/uid_map
	echo 0 0 65536 >/proc/"$pid"/gid_map
	echo >go
	wait $job || { cat out; return 1; }
}
