#!/usr/bin/env bats
# layer-mount: what is seen, stacking, unmounting, hostile layers.
# Every mount is made in a mount namespace of the test's own.

load helpers

setup() {
	requires root fuse
	setup_tmp
	cd "$TMP" || return
	mkdir dir
}

teardown() {
	cd /
	teardown_tmp
}

in_ns() {
	unshare -m bash -e -c "$1"
}

# sample: a layer of a bit of everything, from GNU tar, in layer.tar.
sample() {
	mkdir -p in/sub/deep in/empty
	(
		cd in || exit
		echo hi >sub/f
		ln sub/f sub/hard
		ln -s f sub/sym
		echo deep >sub/deep/x
		chmod 6755 sub/deep/x
		mkfifo fifo
		mknod null c 1 3
		chown 70000:80000 sub/f
		truncate -s 9M holes && printf end >>holes
		head -c 300000 /dev/urandom >random
		setfattr -n user.note -v text sub/f
		touch -d '2001-02-03 04:05:06.789 UTC' sub/f sub .
	)
	tar -C in --format=pax --xattrs --sparse -cf layer.tar .
}

# tarball FILE: python lines on stdin, with add(name, type="0", data=b"", **fields).
tarball() {
	python3 -c '
import io, sys, tarfile
t = tarfile.open(sys.argv[1], "w", format=tarfile.PAX_FORMAT)
def add(name, type="0", data=b"", **fields):
    i = tarfile.TarInfo("x")
    i.name, i.type, i.size, i.mode = name, type.encode(), len(data), 0o644
    if type == "5": i.mode = 0o755
    for k, v in fields.items(): setattr(i, k, v)
    t.addfile(i, io.BytesIO(data))
exec(sys.stdin.read())
t.close()' "$1"
}

picture() {
	(cd "$1" && find . -printf '%P|%y|%m|%U:%G|%T@|%l|%n\n' | sed 's/^\([^|]*|d.*\)|[0-9]*$/\1/' | sort &&
		find . -type f -exec sha256sum {} + | sort && find . -type f -printf '%P %s\n' | sort &&
		stat -c '%n %t:%T' null && getfattr -hRd -e hex -m user . | sort)
}

@test "layer-mount: shows what tar would extract" {
	sample
	picture in >want
	export -f picture
	expect 0 in_ns 'layer-mount layer.tar dir; picture dir >got; ! touch dir/x'
	same "$(head -n 1 <<<"$output")" dir
	diff want got
	[[ $stderr == *"Read-only file system"* ]]
}

@test "layer-mount: reads gzip, zstd, xz, bzip2 and many members" {
	sample
	gzip -nk layer.tar
	zstd -qk layer.tar
	xz -k layer.tar
	bzip2 -k layer.tar
	(head -c 100000 layer.tar | gzip -n && tail -c +100001 layer.tar | gzip -n) >two.gz
	for l in layer.tar.gz layer.tar.zst layer.tar.xz layer.tar.bz2 two.gz; do
		export l
		expect 0 in_ns 'layer-mount $l dir -- cmp dir/random in/random'
	done
}

@test "layer-mount: hides whiteouts, -O shows them for overlayfs" {
	tarball layer.tar <<-'EOF'
	add("d", "5"); add("d/new"); add(".wh.gone"); add("d/.wh..wh..opq"); add("e", "5"); add("e/.wh.f")
	add("x/.wh.y"); add(".wh.both"); add("both"); add(".wh.dir"); add("dir", "5"); add("dir/own")
	add(".wh..wh.plnk", "5")
	EOF
	expect 0 in_ns 'layer-mount layer.tar dir; cd dir; find . | sort'
	same "$output" $'dir\n.\n./both\n./d\n./d/new\n./dir\n./dir/own\n./e'
	expect 0 in_ns 'layer-mount -O layer.tar dir; cd dir; find . -type c -exec stat -c "%n %t:%T" {} + | sort; getfattr -R -m trusted.overlay . | grep -v "^$"; ls dir'
	same "$output" $'dir\n./e/f 0:0\n./gone 0:0\n./x/y 0:0\n# file: d\ntrusted.overlay.opaque\n\n# file: dir\ntrusted.overlay.opaque\n\nown' ||
		same "$output" $'dir\n./e/f 0:0\n./gone 0:0\n./x/y 0:0\n# file: dir\ntrusted.overlay.opaque\n# file: d\ntrusted.overlay.opaque\nown' ||
		same "$output" $'dir\n./e/f 0:0\n./gone 0:0\n./x/y 0:0\n# file: d\ntrusted.overlay.opaque\n# file: dir\ntrusted.overlay.opaque\nown'
}

@test "layer-mount: several layers stack through ovl-mount" {
	tarball base.tar <<-'EOF'
	add("a", data=b"base\n"); add("gone"); add("d", "5"); add("d/old"); add("e", "5"); add("e/kept", data=b"kept\n")
	EOF
	tarball app.tar <<-'EOF'
	add("a", data=b"app\n"); add(".wh.gone"); add("d", "5"); add("d/.wh..wh..opq"); add("d/new")
	EOF
	mkdir base app upper work
	expect 0 in_ns 'layer-mount -O base.tar base; layer-mount -O app.tar app
		ovl-mount -l base -l app -u upper -w work dir -- sh -c "cat dir/a dir/e/kept; ls dir dir/d; rm dir/d/new; echo w >dir/w"'
	same "$output" $'base\napp\napp\nkept\ndir:\na\nd\ne\n\ndir/d:\nnew'
	[ -e upper/w ] && [ -c upper/d/new ]
	expect 0 in_ns 'layer-mount -O base.tar base; ovl-mount -l base dir; cat dir/a; ovl-mount -d dir; layer-mount -d base; ls base'
	same "$output" $'base\ndir\nbase'
}

@test "layer-mount: stacks inside a user namespace too" {
	requires userns
	tarball base.tar <<-'EOF'
	add("a", data=b"base\n"); add("gone"); add("d", "5"); add("d/old")
	EOF
	tarball app.tar <<-'EOF'
	add(".wh.gone"); add("d", "5"); add("d/.wh..wh..opq"); add("d/new")
	EOF
	mkdir base app upper work
	expect 0 unshare -Urm sh -ec 'layer-mount -O base.tar base; layer-mount -O app.tar app
		ovl-mount -l base -l app -u upper -w work dir; ls dir dir/d; getfattr -m - app/d | grep opaque; umount dir; umount base; layer-mount -d app; ls app'
	same "$output" $'base\napp\ndir\ndir:\na\nd\n\ndir/d:\nnew\nuser.overlay.opaque'
}

@test "layer-mount: the parent returns when DIR is ready, and holds no pipe" {
	sample
	for _ in 1 2 3; do
		expect 0 in_ns 'out=$(layer-mount layer.tar dir); cat "$out/sub/f"; umount dir'
		same "$output" hi
	done
}

@test "layer-mount: PROGRAM's status, and DIR is unmounted when it ends" {
	sample
	expect 0 in_ns 'set +e; layer-mount layer.tar dir -- sh -c "cat dir/sub/f; exit 7"; echo $?; ls dir
		layer-mount layer.tar dir sh -c "kill -9 \$\$"; echo $?
		layer-mount layer.tar dir /nowhere; echo $?; layer-mount layer.tar dir ./layer.tar; echo $?; ls dir'
	same "$output" $'hi\n7\n137\n127\n126'
	expect 0 in_ns 'layer-mount layer.tar dir -- sh -c "echo \$1" x -d'
	same "$output" -d
}

@test "layer-mount: the server ends with the mount, whoever unmounts" {
	sample
	cat >inside <<-'EOF'
	alive() { for _ in 1 2 3 4 5 6 7 8 9 10; do pgrep -P 1 layer-mount >/dev/null || break; sleep 0.2; done; pgrep -P 1 -r R,S layer-mount | wc -l; }
	layer-mount layer.tar dir; umount dir; alive
	layer-mount layer.tar dir; fusermount3 -u dir; alive
	layer-mount layer.tar dir; layer-mount -d dir; alive
	layer-mount layer.tar dir; pkill -TERM -P 1 layer-mount; alive; ls dir
	layer-mount layer.tar dir -- true; alive
	EOF
	expect 0 unshare -mpf --mount-proc bash inside
	same "$output" $'dir\n0\ndir\n0\ndir\n0\ndir\n0\n0'
}

@test "layer-mount: -d is safe to repeat, and refuses other mounts" {
	sample
	expect 0 in_ns 'layer-mount layer.tar dir; layer-mount -d dir; layer-mount -d dir; layer-mount -d nowhere'
	same "$output" dir
	expect 125 in_ns 'mount -t tmpfs t dir; layer-mount -d dir'
	[[ $stderr == *tmpfs* ]]
	expect 125 in_ns 'layer-mount layer.tar dir; cd dir; layer-mount -d "$OLDPWD/dir"'
	[[ $stderr == *"busy"*hint* ]]
}

@test "layer-mount: -d unmounts what a killed server has left" {
	sample
	expect 0 unshare -mpf --mount-proc bash -ec 'layer-mount layer.tar dir; pkill -KILL -P 1 layer-mount; sleep 0.2
		! ls dir 2>/dev/null; layer-mount -d dir; layer-mount -d dir; ls dir'
	same "$output" dir
}

@test "layer-mount: names and links land where a chroot would put them" {
	tarball layer.tar <<-'EOF'
	add("../../up", data=b"up\n"); add("/abs", data=b"abs\n"); add("a/../../../b", data=b"b\n")
	add("./c//d/./e", data=b"e\n"); add("lib", "2", linkname="usr/lib"); add("lib/x", data=b"x\n")
	add("root", "2", linkname="../../../.."); add("root/r", data=b"r\n")
	add("out", "2", linkname="/etc"); add("out/passwd", data=b"mine\n")
	add("h1", "1", linkname="/abs"); add("h2", "1", linkname="../../b")
	add("early", "1", linkname="late"); add("late", data=b"late\n")
	add("hsym", "1", linkname="lib")
	EOF
	expect 0 in_ns 'layer-mount layer.tar dir; cd dir; find . -type f | sort; cat etc/passwd h1 h2 early; readlink hsym; stat -c %h late'
	same "$output" $'dir\n./abs\n./b\n./c/d/e\n./early\n./etc/passwd\n./h1\n./h2\n./late\n./r\n./up\n./usr/lib/x\nmine\nabs\nb\nlate\nusr/lib\n2'
}

@test "layer-mount: a hostile layer is refused or shown, never followed" {
	# One layer a line, in one go: hostile/1.tar, hostile/2.tar, ...
	mkdir hostile
	cat >hostile.py <<-'EOF'
	add("a", "2", linkname="b"); add("b", "2", linkname="a"); add("a/x")
	add("a", "2", linkname="a/a/a"); add("a/x", "5")
	add("a"); add("a/b"); add("a/b/c")
	add("a", "5"); add("a/b"); add("a"); add("a", "5"); add("a/c")
	add("a", "1", linkname="a")
	add("a", "1", linkname="b"); add("b", "1", linkname="a")
	add("d", "5"); add("h", "1", linkname="d"); add("h/x")
	add("d", "5"); add("d/e", "1", linkname="d")
	add("", "5"); add("/", "5"); add(".", "5"); add("./", "5")
	add("/", "2", linkname="/etc")
	add("."); add("..")
	add("..", "5"); add("../..", "5"); add("a/..", "5")
	add(".wh."); add("x")
	add(".wh.."); add(".wh...")
	add(".wh.a/b")
	add("n" * 256)
	add("n" * 255); add("m" * 255 + "/" + "o" * 255)
	add("/".join(["d"] * 3000), "5")
	add("/".join(["d"] * 5000), "5")
	add("c", "3", devmajor=0, devminor=0); add("b", "6"); add("b", "4", devmajor=255, devminor=70000)
	add("neg", mtime=-1e15); add("uid", uid=2**40, gid=-5)
	add("x", pax_headers={"SCHILY.xattr.user.big": "v" * 70000, "SCHILY.xattr.trusted.overlay.opaque": "y"})
	add("huge", pax_headers={"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": str(2**62), "GNU.sparse.name": "huge"}, data=b"0\n" + b"\0" * 510)
	[add("dup", data=b"x" * i) for i in range(500)]
	[add("l%d" % i, "1", linkname="l%d" % (i + 1)) for i in range(3000)]; add("l3000")
	EOF
	tarball /dev/null <<-'EOF'
	for n, line in enumerate(open("hostile.py"), 1):
	    t = tarfile.open("hostile/%d.tar" % n, "w", format=tarfile.PAX_FORMAT)
	    exec(line)
	    t.close()
	EOF
	in_ns 'for l in hostile/*.tar; do for o in -q -O; do
		s=0; timeout 120 layer-mount -q $o $l dir -- find dir -ls >out 2>err || s=$?
		[ $s = 0 ] || [ $s = 125 ] || { echo "$l $o: $s"; cat err; exit 1; }
	done; done'
}

@test "layer-mount: its own overlay marks and 0:0 devices do not act on an overlay" {
	tarball app.tar <<-'EOF'
	add("d", "5", pax_headers={"SCHILY.xattr.trusted.overlay.opaque": "y", "SCHILY.xattr.user.overlay.opaque": "y"})
	add("d/new"); add("dev", "3", devmajor=0, devminor=0)
	EOF
	tarball base.tar <<-'EOF'
	add("d", "5"); add("d/old"); add("dev", data=b"hidden?\n")
	EOF
	mkdir base app
	expect 0 in_ns 'layer-mount -O base.tar base; layer-mount -O app.tar app; ovl-mount -l base -l app dir; ls dir dir/d; [ -e dir/dev ]'
	same "$output" $'base\napp\ndir\ndir:\nd\ndev\n\ndir/d:\nnew\nold'
}

@test "layer-mount: a hard link to a lower layer is left out, with -O refused" {
	tarball layer.tar <<-'EOF'
	add("h", "1", linkname="not/here"); add("f")
	EOF
	expect 0 in_ns 'layer-mount layer.tar dir; ls dir'
	same "$output" $'dir\nf'
	[[ $stderr == *"h: left out"*"not/here"* ]]
	expect 125 in_ns 'layer-mount -O layer.tar dir'
}

@test "layer-mount: damaged, cut and altered layers are not mounted" {
	sample
	gzip -nk layer.tar
	head -c 100000 layer.tar.gz >cut.gz
	(cat layer.tar.gz && echo garbage) >tail.gz
	(head -c 50000 layer.tar.gz && printf XXXX && tail -c +50005 layer.tar.gz) >flip.gz
	head -c 100000 layer.tar >cut.tar
	for l in cut.gz tail.gz flip.gz cut.tar /etc/passwd nowhere dir; do
		export l
		expect 125 in_ns 'layer-mount $l dir'
		same "$output" ""
	done
	expect 0 in_ns 'layer-mount -D sha256:$(sha256sum <layer.tar.gz | cut -c 1-64) -I sha256:$(sha256sum <layer.tar | cut -c 1-64) layer.tar.gz dir'
	expect 125 in_ns 'layer-mount -D sha256:$(sha256sum <layer.tar | cut -c 1-64) layer.tar.gz dir'
	expect 125 in_ns 'layer-mount -I sha256:$(sha256sum <layer.tar.gz | cut -c 1-64) layer.tar.gz dir'
	expect 125 layer-mount -D sha256:1234 layer.tar.gz dir
}

@test "layer-mount: limits hold" {
	sample
	gzip -nk layer.tar
	expect 125 in_ns 'layer-mount --max-bytes 100000 layer.tar.gz dir'
	expect 125 in_ns 'layer-mount --max-entries 5 layer.tar.gz dir'
	expect 0 in_ns 'layer-mount --max-bytes 0 --max-entries 0 layer.tar.gz dir'
	expect 125 layer-mount --max-bytes many layer.tar.gz dir
}

@test "layer-mount: the spool's place is selectable, and a full one is named" {
	sample
	mkdir spool
	expect 0 in_ns 'layer-mount -s memory layer.tar dir -- cmp dir/random in/random'
	expect 0 in_ns 'mount -t tmpfs t spool; layer-mount -s spool layer.tar dir -- cmp dir/random in/random; ls -A spool'
	same "$output" ""
	expect 0 in_ns 'mount -t tmpfs t spool; TMPDIR=spool layer-mount layer.tar dir; [ $(df --output=used -k spool | tail -n 1) -gt 200 ]'
	expect 125 in_ns 'mount -t tmpfs -o size=100k t spool; layer-mount -s spool layer.tar dir'
	[[ $stderr == *"No space left"*hint* ]]
	expect 125 in_ns 'layer-mount -s nowhere layer.tar dir'
}

@test "layer-mount: a missing /dev/fuse is named" {
	sample
	expect 125 in_ns 'mount -t tmpfs t /dev; layer-mount layer.tar dir'
	[[ $stderr == *"/dev/fuse: No such file"*hint*modprobe* ]]
}

@test "layer-mount: a missing layer or directory is named" {
	sample
	expect 125 layer-mount layer.tar nowhere
	[[ $stderr == *nowhere* ]]
	expect 125 layer-mount layer.tar layer.tar
	expect 125 layer-mount nowhere dir
	[[ $stderr == *nowhere* ]]
	expect 125 layer-mount
	expect 125 layer-mount layer.tar
	expect 125 layer-mount --no-such layer.tar dir
	expect 125 layer-mount -d
}

@test "layer-mount: odd names of LAYER and DIR" {
	sample
	local odd=$'a,b\\c d\ne'
	mkdir "$odd"
	cp layer.tar "$odd.tar"
	export odd
	expect 0 in_ns 'layer-mount "$odd.tar" "$odd" -- cat "$odd/sub/f"; layer-mount "$odd.tar" "$odd"; layer-mount -d "$odd"; ls "$odd"'
	same "$output" $'hi\n'"$odd"
}

@test "layer-mount: many readers at once, and large directories" {
	mkdir in
	(cd in && seq 30000 | sed 's/^/f/' | xargs touch && head -c 20000000 /dev/urandom >big)
	tar -C in -cf layer.tar .
	expect 0 in_ns 'layer-mount layer.tar dir; ls dir | wc -l; for i in 1 2 3 4; do cmp dir/big in/big & done; wait; find dir -type f | wc -l; ls dir | sort | sha256sum | cmp - <(ls in | sort | sha256sum)'
	same "$output" $'dir\n30001\n30001'
}

@test "layer-mount: -x explains, the script of -n shows the same files" {
	sample
	expect 0 in_ns 'layer-mount -x layer.tar dir true'
	[[ $stderr == "~ archivemount"* ]]
	expect 0 layer-mount -n layer.tar dir touch ran
	[ ! -e ran ]
	expect 0 in_ns 'layer-mount -n layer.tar dir >script; sh script; cat dir/sub/f; ! touch dir/x 2>&1; layer-mount -n -d dir >script; sh script; ls dir'
	[[ $output == $'dir\nhi\n'*"Read-only"* ]]
	expect 0 in_ns 'set +e; layer-mount -n layer.tar dir -- sh -c "cat dir/sub/f; exit 7" >script; sh script; echo $?; ls dir'
	same "$output" $'hi\n7'
	tarball wh.tar <<-'EOF'
	add("d", "5"); add("d/new"); add(".wh.gone"); add("d/.wh..wh..opq")
	EOF
	expect 0 in_ns 'layer-mount -n -O wh.tar dir >script; sh script; find dir | sort; stat -c %t:%T dir/gone; getfattr -m overlay dir/d | grep opaque'
	same "$output" $'dir\ndir\ndir/d\ndir/d/new\ndir/gone\n0:0\ntrusted.overlay.opaque'
}
