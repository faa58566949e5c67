# The layers that images attack with, and those that tools lose data of: one test a case.
# bats file_tags=layer
load helpers

setup() { setup_tmp; cd "$TMP" && mkdir outside && echo canary > outside/file; }
teardown() { cd / && teardown_tmp; }

mktar() { "$PYTHON" -IS "$ROOT/tests/rig/mktar" "$@"; }

# layer DIR [OPTION]...: unpack the list on stdin onto DIR (mktar's language).
layer() {
	local dir=$1
	shift
	mktar > "$TMP/layer.tar"
	expect 0 layer-unpack "$@" "$dir" < "$TMP/layer.tar"
	[ -z "$stderr" ] || { echo "stderr: $stderr"; return 1; }
	same "$output" "sha256:$(sha256sum < "$TMP/layer.tar" | cut -d' ' -f1)"
}

# refused DIR [OPTION]...: the same, with status 1 and one message.
refused() {
	local dir=$1
	shift
	mktar > "$TMP/layer.tar"
	expect 1 layer-unpack "$@" "$dir" < "$TMP/layer.tar" && [ -n "$stderr" ] && [ -z "$output" ]
}

# What is below a directory, a line each, mtimes left out.
tree() { (cd "$1" && find . -mindepth 1 -printf '%P %y %m %U:%G %l\n' | sed 's/ *$//' | LC_ALL=C sort); }
names() { (cd "$1" && find . -mindepth 1 -printf '%P\n' | LC_ALL=C sort | tr '\n' ' '); }
untouched() { same "$(cat outside/file)" canary && same "$(ls outside)" file; }

@test "layer-unpack: members with .. stay in the root (case 1)" {
	layer r <<-E
		f ../x data=1
		f /../y data=2
		f a/../../z data=3
	E
	same "$(cat r/x r/y r/z)" "$(printf 1; printf 2; printf 3)"
	same "$(ls)" "$(printf 'layer.tar\noutside\nr')"
}

@test "layer-unpack: absolute members go under the root (case 2)" {
	layer r <<< 'f /etc/longshore-x data=1'
	[ -f r/etc/longshore-x ] && [ ! -e /etc/longshore-x ]
}

@test "layer-unpack: an entry for the root sets its metadata alone (case 3)" {
	local n
	for n in / . ./ // ./. "''"; do
		rm -rf r
		layer r <<-E
			d $n mode=750 uid=7
			f x
		E
		same "$(stat -c '%F %a %u' r)" "directory 750 7"
		same "$(names r)" "x "
	done
}

@test "layer-unpack: the root is not replaced by a link or file (case 4)" {
	refused r <<< 'l . link=outside'
	refused r <<< 'l / link=../outside'
	refused r <<< 'f ./ data=x'
	refused r <<< 'h . link=x'
	[ -d r ] && [ ! -L r ] && untouched
}

@test "layer-unpack: a symlink to / is the root (case 5)" {
	layer r <<-E
		l up link=/
		f up/x data=1
	E
	same "$(names r)" "up x "
}

@test "layer-unpack: a symlink up and out ends at the root (case 6)" {
	layer r <<-E
		l up link=../../../..
		f up/outside/file data=bad
	E
	same "$(cat r/outside/file)" bad && untouched
}

@test "layer-unpack: an absolute symlink as a parent is inside the root (case 7)" {
	layer r <<-E
		d real
		l abs link=/real
		l abs2 link=/abs
		f abs/x
		f abs2/y
	E
	same "$(names r)" "abs abs2 real real/x real/y "
}

@test "layer-unpack: chains of symlinks are resolved inside the root (case 8)" {
	layer r <<-E
		d a
		l a/b link=..
		l c link=a/b/a/b/..
		f c/x
		l d link=c/../../../outside
		f d/file data=bad
	E
	[ -f r/x ] && same "$(cat r/outside/file)" bad && untouched
}

@test "layer-unpack: a symlink's target keeps its slash (case 9)" {
	layer r <<-E
		d a
		l s link=a/
		f s/x
	E
	same "$(readlink r/s)" a/ && [ -f r/a/x ]
}

@test "layer-unpack: a symlink to nothing is refused (case 10)" {
	refused r <<< 'l s'
}

@test "layer-unpack: a directory replaces a symlink, not what it points to (case 11)" {
	layer r <<-E
		d real
		f real/keep
		l s link=real
	E
	layer r <<-E
		d s mode=700
		f s/x
	E
	[ -d r/s ] && [ ! -L r/s ] && same "$(names r)" "real real/keep s s/x "
}

@test "layer-unpack: every type replaces every type (case 12)" {
	local from to i=0 j
	# From what to what: ten layers made once, 25 pairs.
	for from in "d x|f x/deep|d x/sub|f x/sub/f" "f x data=old" "l x link=../outside" "p x" "h x link=t"; do
		i=$((i + 1)) j=0
		mktar <<< "$(printf 'f t\nf t2\n%s' "${from//|/$'\n'}")" > from.tar
		for to in "d x|f x/new" "f x data=new" "l x link=other" "p x" "h x link=t2"; do
			j=$((j + 1))
			[ $i -gt 1 ] || mktar <<< "$(printf 'f t\nf t2\n%s' "${to//|/$'\n'}")" > to$j.tar
			rm -rf r
			layer-unpack r < from.tar > /dev/null && layer-unpack r < to$j.tar > /dev/null
			case $to in
			d*) [ -d r/x ] && [ ! -L r/x ] && [ -f r/x/new ] ;;
			f*) [ -f r/x ] && [ ! -L r/x ] && same "$(cat r/x)" new ;;
			l*) same "$(readlink r/x)" other ;;
			p*) [ -p r/x ] ;;
			h*) [ r/x -ef r/t2 ] ;;
			esac
			case "$from$to" in d*dx*) ;; *) untouched ;; esac
		done
	done
}

@test "layer-unpack: a parent that changes into a symlink meanwhile leads nowhere else (case 13)" {
	# The tool's own cache must not survive a later entry, nor a race a rename outside.
	layer r <<-E
		d a
		f a/one
		l a link=../outside
		f a/file data=bad
	E
	untouched && same "$(cat r/outside/file)" bad
	mkdir -p race/d
	(for _ in $(seq 3000); do mv -T race/d race/e; ln -s ../outside race/d; rm race/d; mv -T race/e race/d; done) 2>/dev/null &
	for _ in $(seq 30); do
		mktar <<< "$(printf 'f d/n%s data=x\n' $(seq 20); echo 'f d/file data=bad')" |
			layer-unpack race > /dev/null 2>&1 || true
	done
	kill $! 2>/dev/null || true
	wait || true
	untouched
}

@test "layer-unpack: a file where a parent should be gives way (case 14)" {
	layer r <<< 'f a data=old'
	layer r <<< 'f a/b data=new'
	same "$(cat r/a/b)" new
}

@test "layer-unpack: missing parents are made 0755 and root's, whatever the umask (case 15)" {
	umask 077
	layer r <<< 'f a/b/c uid=5'
	same "$(stat -c '%a %u:%g' r/a r/a/b)" "$(printf '755 0:0\n755 0:0')"
}

@test "layer-unpack: a parent of mode 000 is no obstacle, unprivileged (case 16)" {
	requires userns
	printf '%s\n' 'd a mode=0' 'f a/b mode=0 data=x' | mktar > l.tar
	chmod 777 .
	expect 0 unshare --user --map-root-user sh -c 'layer-unpack r < l.tar && stat -c %a r/a r/a/b'
	same "${lines[*]:1}" "0 0"
}

@test "layer-unpack: nor is one for an ordinary user, nor its removal (case 16)" {
	printf '%s\n' 'd a/b mode=0' 'f a/b/c data=x' 'd a mode=0' | mktar > l.tar
	mktar <<< 'f .wh.a' > wh.tar
	mkdir -m 777 n && chmod 644 ./*.tar
	cat > s <<-"E"
		cd n
		layer-unpack --no-same-owner r < ../l.tar
		layer-unpack --no-same-owner -O o < ../l.tar
		layer-unpack -qD "$1" --no-same-owner -O p < ../l.tar || echo $?
		layer-unpack --no-same-owner r < ../wh.tar
		ls -A . r
	E
	expect 0 setpriv --reuid 65534 --regid 65534 --clear-groups sh s "sha256:$(sha256sum < /dev/null | cut -c1-64)"
	same "${lines[*]:2:1} ${lines[*]:4}" "6 .: o r r:"
	same "$(stat -c '%a' n/o/a n/o/a/b n/o/a/b/c | tr '\n' ' ')" "0 0 644 "
}

@test "layer-unpack: an absolute hard link is one inside the root (case 17)" {
	layer r <<-E
		f etc/passwd data=mine
		h etc/link link=/etc/passwd
		h etc/link2 link=/../etc/./passwd
	E
	[ r/etc/link -ef r/etc/passwd ] && [ r/etc/link2 -ef r/etc/passwd ]
	same "$(cat r/etc/link)" mine
}

@test "layer-unpack: a hard link's .. and symlinks stay in the root (case 18)" {
	refused r <<< 'h x link=../outside/file'
	rm -rf r
	layer r <<-E
		f outside/file data=inside
		l up link=../../..
		h x link=../../../outside/file
		h y link=up/outside/file
	E
	same "$(cat r/x r/y)" insideinside
}

@test "layer-unpack: a hard link to a symlink is one of the symlink (case 19)" {
	layer r <<-E
		l s link=/outside/file
		h h link=s
	E
	same "$(readlink r/h)" /outside/file && [ "$(stat -c %i r/h)" = "$(stat -c %i r/s)" ]
}

@test "layer-unpack: a hard link's metadata does not pass through a symlink (case 20)" {
	chmod 600 outside/file
	layer r <<-E
		l s link=$TMP/outside/file
		h h link=s mode=4777 uid=9
	E
	same "$(stat -c '%a %u' outside/file)" "600 0"
}

@test "layer-unpack: a hard link is not looked up from the working directory (case 21)" {
	refused r <<< 'h x link=outside/file'
	refused r <<< "h x link=$TMP/outside/file"
	same "$(stat -c %h outside/file)" 1
}

@test "layer-unpack: hard links before their targets, in chains (case 22)" {
	local form
	for form in "" -O; do
		rm -rf r
		layer r $form <<-E
			h a link=b
			h b link=d/c
			h e link=a
			d d
			f d/c data=here
			h g link=e
		E
		same "$(stat -c %h r/d/c)" 5 && same "$(cat r/a r/g)" herehere
	done
	# The target is the layer's, not the one below that it replaces.
	rm -rf r
	layer r <<< 'f t data=old'
	printf '%s\n' 'h x link=t' 'f t data=new' | layer r
	same "$(cat r/x)" new
}

@test "layer-unpack: a hard link into a lower layer links flat, copies up with -l (case 23)" {
	layer low -O <<< 'f dir/t data=lower mode=4711 uid=8 x:user.k=v'
	layer low2 -O <<< 'f other'
	printf '%s\n' 'h x link=dir/t' 'h y link=x' > l
	refused up -O < l
	[[ $stderr == *"-l LOWER"* ]] && [ ! -e up ]
	layer up -O -l low -l low2 < l
	same "$(stat -c '%a %u %h' up/x; cat up/x)" "$(printf '4711 8 2\nlower')"
	same "$(getfattr --only-values -n user.k up/x)" v
	cp -a low flat && layer flat < l
	[ flat/x -ef flat/dir/t ]
	layer hidden -O <<< 'f .wh.dir'
	refused up2 -O -l low -l hidden < l
}

@test "layer-unpack: -l never leads out of the lower layers (case 18)" {
	layer low -O <<< "$(printf 'd d\nl s link=../outside\nl t link=/file')"
	cp outside/file file
	for n in ../outside/file d/../../outside/file s/file d/../s/../../file t s/../../../file; do
		rm -rf up
		mktar <<< "h x link=$n" > l.tar
		run layer-unpack -O -l low up < l.tar
		[ ! -f up/x ] || { echo "$n"; return 1; }
	done
	layer up -O -l low <<< "$(printf 'f s/file data=1\nf ../../d/y data=2')"
	untouched && same "$(names up)" "d d/y outside outside/file "
}

@test "layer-unpack: -l gives unlisted parents the lower layers' metadata, and way" {
	layer low -O <<-E
		d . mode=751 uid=9
		d usr mode=700 uid=5 mtime=7
		d usr/lib mode=711 gid=6 x:user.k=v
		f usr/lib/f
		l lib link=usr/lib
		l abs link=/usr/./lib
		d gone mode=700
		d opq mode=700
		d opq/sub mode=700
	E
	layer low2 -O <<< "$(printf 'd . mode=751 uid=9\nf .wh.gone')"
	layer up -O -l low -l low2 <<-E
		f lib/a
		f abs/b
		f usr/new/c
		f lib/.wh.f
		f gone/d
		f opq/.wh..wh..opq
		f opq/sub/e
	E
	same "$(find up -type d -printf '%P %m %U:%G %Y\n' | LC_ALL=C sort | tr '\n' ';')" \
		" 751 9:0 d;gone 755 0:0 d;opq 700 0:0 d;opq/sub 755 0:0 d;usr 700 5:0 d;usr/lib 711 0:6 d;usr/new 755 0:0 d;"
	same "$(stat -c %Y up/usr) $(getfattr --only-values -n user.k up/usr/lib)" "7 v"
	same "$(names up/usr)" "lib lib/a lib/b lib/f new new/c "
	mkdir m
	same "$(unshare -m sh -c 'mount -t overlay overlay -o lowerdir=up:low2:low m && ls m/lib/')" "$(printf 'a\nb')"
}

@test "layer-unpack: a hard link that carries data (case 24)" {
	printf '%s\n' 'f a data=12345' 'h b link=a pax:comment=x' | mktar > l.tar
	python3 - <<-'E'
		# Give the link the same five bytes, as pax(1) may.
		t = open("l.tar", "rb").read()
		at = t.rindex(b"b\0" + bytes(98))
		pax = t[1024:at]
		h = bytearray(t[at:at + 512])
		h[124:136] = b"00000000005\0"
		h[148:156] = b" " * 8
		h[148:156] = b"%06o\0 " % sum(h)
		open("l.tar", "wb").write(t[:at] + h + b"12345".ljust(512, b"\0") + bytes(1024))
		open("m.tar", "wb").write(pax + h + b"12345".ljust(512, b"\0") + bytes(1024))
	E
	expect 0 layer-unpack r < l.tar
	[ r/a -ef r/b ] && same "$(cat r/b)" 12345
	expect 0 layer-unpack s < m.tar
	same "$(cat s/b)" 12345
}

@test "layer-unpack: where protected_hardlinks forbids a link, a copy (case 25)" {
	[ "$(cat /proc/sys/fs/protected_hardlinks)" = 1 ] || skip "fs.protected_hardlinks is off"
	mkdir r && echo t > r/t && chmod 644 r/t && chown nobody r && chmod 777 r
	mktar <<< 'h x link=t' > l.tar
	chmod 755 . && chmod 644 l.tar
	expect 0 setpriv --reuid=nobody --clear-groups layer-unpack --no-same-owner r < l.tar
	same "$(cat r/x)" t && same "$(stat -c %h r/t)" 1
}

@test "layer-unpack: more links than the file system has room for become copies (case 26)" {
	requires root
	cat > l.py <<-'E'
		import tarfile, io, sys
		t = tarfile.open(fileobj=sys.stdout.buffer, mode="w|", format=tarfile.USTAR_FORMAT)
		i = tarfile.TarInfo("t"); i.size = 3; t.addfile(i, io.BytesIO(b"abc"))
		for n in range(65010):
		    i = tarfile.TarInfo("l%d" % n); i.type = tarfile.LNKTYPE; i.linkname = "t"; t.addfile(i)
		t.close()
	E
	truncate -s 200M fs && mkfs.ext4 -q -N 70000 fs && mkdir m
	unshare -m sh -ec 'mount -o loop fs m; $PYTHON l.py | layer-unpack m/r > /dev/null
		ls m/r | wc -l; stat -c %h m/r/t; cat m/r/l65009' > out
	same "$(cat out)" "$(printf '65011\n65000\nabc')"
}

@test "layer-unpack: names of any bytes, of 255, and of more than 4096 in all (case 27)" {
	local long i path=
	long=$(printf 'n%.0s' $(seq 255))
	layer r <<-E
		f new\\x0aline
		f esc\\x1b[31m
		f b\\xff\\xfe
		f e\\xcc\\x81
		f \\xc3\\xa9
		f $long
		f back\\\\x5cslash
	E
	[ -e r/$'new\nline' ] && [ -e r/$'esc\e[31m' ] && [ -e "r/$long" ]
	same "$(find r -mindepth 1 -printf x)" xxxxxxx
	[ -e r/$'e\xcc\x81' ] && [ -e r/$'\xc3\xa9' ] && [ -e r/$'b\xff\xfe' ]
	for i in $(seq 30); do path+=$(printf 'd%.0s' $(seq 200))/; done
	layer deep <<< "f ${path}file data=x"
	same "$(find deep -name file | wc -l)" 1
	mktar <<< "f ${long}x" > l.tar
	expect 1 layer-unpack r < l.tar
	[[ $stderr == *"File name too long"* ]]
}

@test "layer-unpack: whiteouts hide files, hidden files and directories (case 28)" {
	layer r <<-E
		f a
		f .b
		d c
		f c/d/e
		f keep
		f sub/x
		f sub/y
	E
	layer r <<-E
		f .wh.a
		f .wh..b
		f .wh.c
		f sub/.wh.x
	E
	same "$(names r)" "keep sub sub/y "
}

@test "layer-unpack: a whiteout of nothing, of . and of .. is refused (cases 29, 30)" {
	local n form
	mkdir r && echo keep > r/f
	for n in .wh. .wh.. .wh... a/.wh. a/.wh.. a/.wh...; do
		refused r <<< "f $n"
		refused o -O <<< "f $n"
		[ ! -e o ] && [ -f r/f ] && untouched
	done
}

@test "layer-unpack: a whiteout below a symlink stays in the root (case 31)" {
	layer r <<-E
		l up link=../../..
		l dead link=/nowhere
		l out link=$TMP/outside
		f outside/file
	E
	layer r <<-E
		f up/outside/.wh.file
		f out/.wh.file
		f dead/.wh.x
	E
	untouched && [ ! -e r/outside/file ]
}

@test "layer-unpack: a whiteout named by way of .. hides what that names" {
	printf '%s\n' 'd a' 'f a/old' 'f old' 'f b/old' > low
	mktar < low | layer-unpack r > /dev/null
	layer r <<< "$(printf 'd a\nf a/../.wh.old')"
	same "$(names r)" "a a/old b b/old "
	layer r <<< 'f a/../b/./.wh.old'
	same "$(names r)" "a a/old b "
	layer o -O <<< "$(printf 'd a\nf a/../.wh.old')"
	same "$(stat -c '%n %F' o/a o/old)" "$(printf 'o/a directory\no/old character special file')"
}

@test "layer-unpack: a whiteout of what is not there is no error (case 32)" {
	layer r <<< "$(printf 'f x\nf .wh.y\nf no/where/.wh.z\nf x/.wh.below')"
	same "$(names r)" "x "
}

@test "layer-unpack: nothing can be below a whiteout (case 33)" {
	refused r <<< 'f d/.wh.name/child'
	refused r <<< 'd .wh..wh..opq/x'
}

@test "layer-unpack: a whiteout spares what its own layer adds, before or after it (case 34)" {
	local order
	for order in 'f x data=new|f .wh.x' 'f .wh.x|f x data=new'; do
		rm -rf r o
		layer r <<< 'f x data=old'
		layer r <<< "${order//|/$'\n'}"
		same "$(cat r/x)" new
		layer o -O <<< "${order//|/$'\n'}"
		same "$(names o; cat o/x)" "x new"
	done
}

@test "layer-unpack: an opaque marker keeps its layer's own, wherever it stands (case 35)" {
	local order
	for order in 'd d|f d/new|f d/.wh..wh..opq' 'f d/.wh..wh..opq|d d|f d/new' 'd d|f d/.wh..wh..opq|f d/new'; do
		rm -rf r
		layer r <<< "$(printf 'f d/old\nf d/sub/old\nf e')"
		layer r <<< "${order//|/$'\n'}"
		same "$(names r)" "d d/new e "
	done
	# Below, too: a directory that both have keeps the layer's entries alone.
	rm -rf r
	layer r <<< "$(printf 'f d/s/t/old\nf d/s/old\nf d/u/old')"
	layer r <<< "$(printf 'f d/s/t/new\nf d/s/.wh.none\nf d/.wh..wh..opq')"
	same "$(names r)" "d d/s d/s/t d/s/t/new "
}

@test "layer-unpack: an opaque marker whose directory no entry announces (case 36)" {
	layer r <<< 'f a/b/old'
	layer r <<< "$(printf 'f a/b/.wh..wh..opq\nf x/y/.wh..wh..opq')"
	same "$(names r)" "a a/b x x/y "
}

@test "layer-unpack: an opaque root empties all that is below (case 37)" {
	layer r <<< "$(printf 'f a/b\nf c\nl d link=a')"
	layer r <<< "$(printf 'f new/x\nf .wh..wh..opq\nf later')"
	same "$(names r)" "later new new/x "
	layer o -O <<< 'f .wh..wh..opq'
	same "$(getfattr --only-values -n trusted.overlay.opaque o)" y
	layer low -O <<< 'f a/b'
	layer top -O <<< 'f a/c'
	mkdir m
	same "$(unshare -m ovl-mount -l low -l o -l top m find m -mindepth 1 -printf '%P ')" "a a/c "
}

@test "layer-unpack: an opaque marker does not empty what a symlink points to (case 38)" {
	local order
	for order in 'd d|f d/.wh..wh..opq|f d/new' 'f d/.wh..wh..opq|d d|f d/new' 'f d/.wh..wh..opq|f d/new'; do
		rm -rf r
		layer r <<< "$(printf 'f real/keep\nl d link=real')"
		layer r <<< "${order//|/$'\n'}"
		same "$(names r)" "d d/new real real/keep "
	done
}

@test "layer-unpack: whiteouts beside an opaque marker leave no stray entry (case 39)" {
	requires root
	layer low -O <<< "$(printf 'f d/x\nf d/y\nf e')"
	layer up -O <<< "$(printf 'd d\nf d/.wh.x\nf d/.wh..wh..opq\nf d/new\nf d/sub/.wh.q\nd fresh\nf fresh/.wh.none')"
	mkdir m
	unshare -m sh -ec 'mount -t overlay overlay -o lowerdir=up:low m; ls -l m/d/sub m/fresh >&2; ls m/d m/d/sub m/fresh' > out 2>err
	run ! grep '?' err
	same "$(cat out)" "$(printf 'm/d:\nnew\nsub\n\nm/d/sub:\n\nm/fresh:')"
}

@test "layer-unpack: .wh.foo with foo/bar makes foo opaque, in any order (case 40)" {
	local order
	for order in 'f .wh.foo|f foo/bar' 'f foo/bar|f .wh.foo' 'd foo|f .wh.foo|f foo/bar'; do
		rm -rf r o
		layer r <<< "$(printf 'f foo/old\nf foo/s/old')"
		layer r <<< "${order//|/$'\n'}"
		same "$(names r)" "foo foo/bar "
		layer o -O <<< "${order//|/$'\n'}"
		same "$(getfattr --only-values -n trusted.overlay.opaque o/foo)" y
		same "$(names o)" "foo foo/bar "
	done
}

# Instructions would need a counter that virtual machines lack: system calls do as well.
calls() { strace -f -c -o count "$@" > /dev/null && awk '$NF == "total" {print $(NF == 5 ? 3 : 4)}' count; }

@test "layer-unpack: whiteouts, depth and empty files cost linear time (case 41)" {
	requires strace
	cat > gen.py <<-'E'
		import sys, tarfile
		kind, n = sys.argv[1], int(sys.argv[2])
		t = tarfile.open(fileobj=sys.stdout.buffer, mode="w|", format=tarfile.GNU_FORMAT)
		def add(name, type=tarfile.REGTYPE):
		    i = tarfile.TarInfo(name); i.type = type; t.addfile(i)
		if kind == "whiteouts":
		    for i in range(n): add("d/.wh.f%d" % i)
		elif kind == "opaques": # nested, the layer's own entries at every level
		    path = ""
		    for i in range(n): path += "d/"; add(path, tarfile.DIRTYPE); add(path + "f")
		    for i in range(n, 0, -1): add("d/" * i + ".wh..wh..opq")
		elif kind == "deep":
		    for i in range(1, n + 1): add("d/" * i, tarfile.DIRTYPE)
		elif kind == "files":
		    for i in range(n): add("d/f%d" % i)
		elif kind == "links":
		    for i in range(n, 0, -1): x = tarfile.TarInfo("l%d" % i); x.type = tarfile.LNKTYPE; x.linkname = "l%d" % (i - 1); t.addfile(x)
		    add("l0")
		t.close()
	E
	local kind n a b form
	for kind in whiteouts:400 opaques:100 deep:600 files:400 links:200; do
		n=${kind#*:} kind=${kind%:*}
		python3 gen.py "$kind" "$n" > 1.tar
		python3 gen.py "$kind" $((2 * n)) > 2.tar
		for form in "" -O; do
			rm -rf a b
			if [ -z "$form" ]; then
				mkdir -p a b && touch a/x b/x && python3 gen.py files 300 | layer-unpack a > /dev/null
				cp -a a/. b
			fi
			a=$(calls layer-unpack $form a < 1.tar)
			b=$(calls layer-unpack $form b < 2.tar)
			echo "$kind $form: $a, twice as many: $b"
			[ "$b" -lt $((a * 24 / 10)) ]
		done
	done
}

@test "layer-unpack: a hundred thousand whiteouts, 2000 levels, a hundred thousand files (case 41)" {
	python3 - > l.tar <<-'E'
		import sys, tarfile
		t = tarfile.open(fileobj=sys.stdout.buffer, mode="w|", format=tarfile.GNU_FORMAT)
		for i in range(100000): t.addfile(tarfile.TarInfo("w/.wh.f%d" % i))
		for i in range(100000): t.addfile(tarfile.TarInfo("f/%d" % i))
		for i in range(1, 2001): d = tarfile.TarInfo("d/" * i); d.type = tarfile.DIRTYPE; t.addfile(d)
		t.close()
	E
	expect 0 timeout 300 layer-unpack r < l.tar
	same "$(find r/f -type f | wc -l) $(find r/d -type d | wc -l)" "100000 2000"
}

@test "layer-unpack: AUFS' own notes are skipped (case 42)" {
	layer r <<-E
		f .wh..wh.plnk/1.2
		f .wh..wh.aufs
		d .wh..wh.orph
		f d/.wh..wh.xyz
		f keep
	E
	same "$(names r)" "keep "
}

@test "layer-unpack: a char device 0:0 of the layer is no whiteout (case 43)" {
	requires root
	layer r <<< 'c x dev=0:0'
	same "$(stat -c '%F %t:%T' r/x)" "character special file 0:0"
	layer low -O <<< 'f x data=low'
	layer up -O <<< "$(printf 'd d\nc x dev=0:0')"
	mkdir m
	unshare -m sh -ec 'mount -t overlay overlay -o lowerdir=up:low m; stat -c "%F" m/x' > out
	same "$(cat out)" "regular empty file"
}

@test "layer-unpack: overlay attributes of the layer are data, not orders (case 44)" {
	requires root
	local form a
	for form in "" -O; do
		rm -rf o
		layer o $form <<-E
			d d x:trusted.overlay.opaque=y x:user.overlay.opaque=y
			f f x:trusted.overlay.whiteout=y x:trusted.overlay.redirect=/etc
		E
		for a in trusted.overlay.opaque user.overlay.opaque trusted.overlay.whiteout trusted.overlay.redirect; do
			! getfattr -n $a o/d o/f 2>/dev/null | grep -q "$a="
		done
		same "$(getfattr --only-values -n trusted.overlay.overlay.opaque o/d)" y
	done
}

@test "layer-unpack: -O writes what overlayfs reads, unprivileged too (case 45)" {
	requires userns
	requires root
	printf '%s\n' 'f a/x' 'f a/y' 'f b/x' 'f c' | mktar > low.tar
	printf '%s\n' 'd a' 'f a/.wh.x' 'd b' 'f b/.wh..wh..opq' 'f b/new' 'f .wh.c' | mktar > up.tar
	layer-unpack -O low < low.tar && layer-unpack -O up < up.tar
	same "$(stat -c '%F %t:%T' up/a/x up/.c 2>/dev/null; stat -c '%F %t:%T' up/c)" \
		"$(printf 'character special file 0:0\ncharacter special file 0:0')"
	same "$(getfattr --only-values -n trusted.overlay.opaque up/b)" y
	mkdir m
	unshare -m sh -ec 'mount -t overlay overlay -o lowerdir=up:low m; find m | LC_ALL=C sort' > out
	same "$(tr '\n' ' ' < out)" "m m/a m/a/y m/b m/b/new "
	rm -rf low up
	unshare --user --map-root-user --mount sh -ec 'mount -t tmpfs none m; cd m
		layer-unpack -O low < ../low.tar; layer-unpack -O up < ../up.tar; mkdir m
		mount -t overlay overlay -o userxattr,lowerdir=up:low m; find m | LC_ALL=C sort' > out
	same "$(grep '^m' out | tr '\n' ' ')" "m m/a m/a/y m/b m/b/new "
}

@test "layer-unpack: an attribute's name that its escape makes too long is not cut (case 44)" {
	refused r -O <<< "f f x:user.overlay.$(printf 'a%.0s' $(seq 242))=y"
	[ ! -e r ]
}

@test "layer-unpack: set-user-ID survives the change of owner (case 46)" {
	requires root
	layer r <<< "$(printf 'f a mode=6755 uid=5 gid=6\nd d mode=3777 gid=7\nf root mode=4755')"
	same "$(stat -c '%a %u:%g' r/a r/d r/root)" "$(printf '6755 5:6\n3777 0:7\n4755 0:0')"
}

@test "layer-unpack: file capabilities survive owner, data and links (case 47)" {
	requires root setcap
	cp /bin/true t && chown 3:4 t && setcap cap_net_raw+ep t && tar --xattrs --xattrs-include='*' -cf l.tar t
	expect 0 layer-unpack r < l.tar
	same "$(getcap r/t | sed 's/.* //')" cap_net_raw=ep
	same "$(stat -c '%u:%g' r/t)" 3:4
}

@test "layer-unpack: labels of another machine are dropped, the rest is kept (case 48)" {
	requires userns
	requires root
	layer r <<< 'f a x:user.k=v x:security.selinux=label x:system.nfs4_acl=z x:trusted.t=u x:security.evm=e'
	same "$(getfattr -d -m - r/a | grep '=' | sort | tr '\n' ' ')" 'trusted.t="u" user.k="v" '
	# Where a file system has none of them: a warning, once, and success.
	mktar <<< "$(printf 'f a x:user.k=v\nf b x:user.k=v')" > l.tar
	mkdir m
	run --separate-stderr unshare --user --map-root-user sh -c 'printf "f a x:trusted.k=v\nf b x:trusted.k=v\n" | "$PYTHON" "$ROOT/tests/rig/mktar" | layer-unpack u'
	same "$status" 0
	same "$(wc -l <<< "$stderr")" 1
	[[ $stderr == *"trusted.k of a"* ]]
}

@test "layer-unpack: attributes of symlinks, devices and directories (case 49)" {
	requires root
	layer r <<< "$(printf 'l s link=nowhere x:trusted.k=v\np p x:trusted.k=v\nd d x:user.k=v')"
	same "$(getfattr -h --only-values -n trusted.k r/s r/p)" vv
	same "$(getfattr --only-values -n user.k r/d)" v
}

@test "layer-unpack: attribute values with NUL and of 64 KiB (case 50)" {
	requires root
	layer r <<< 'f a x:user.n=a\x00b\x00'
	same "$(getfattr -e hex -n user.n r/a | grep '=')" user.n=0x61006200
	mkdir m
	python3 - > l.tar <<-'E'
		import sys, tarfile
		t = tarfile.open(fileobj=sys.stdout.buffer, mode="w|", format=tarfile.PAX_FORMAT)
		i = tarfile.TarInfo("big"); i.pax_headers["SCHILY.xattr.user.big"] = "x" * 65536; t.addfile(i); t.close()
	E
	unshare -m sh -ec 'mount -t tmpfs none m; layer-unpack m/r < l.tar >/dev/null; getfattr --only-values -n user.big m/r/big | wc -c' > out
	same "$(cat out)" 65536
}

@test "layer-unpack: directories have their own times after all (case 51)" {
	local form
	for form in "" -O; do
		rm -rf r
		layer r $form <<-E
			d . mtime=100
			d a mtime=200
			d a/b mtime=300
			f a/b/c mtime=400
			f a/d mtime=500
			h a/b/l link=a/d
		E
		same "$(stat -c %Y r r/a r/a/b r/a/b/c r/a/d | tr '\n' ' ')" "100 200 300 400 500 "
	done
	# One that is only passed through keeps its own.
	layer flat <<< "$(printf 'd d mtime=1000\nf d/x\nf d/e/y\nd d/e mtime=2000')"
	layer flat <<< "$(printf 'f d/z\nf d/.wh.x\nf d/e/.wh.y')"
	same "$(stat -c %Y flat/d flat/d/e | tr '\n' ' ')" "1000 2000 "
}

@test "layer-unpack: times before 1970, after 2038, with fractions (case 52)" {
	layer r <<-E
		f neg mtime=-1000000.5
		f neg1 mtime=-1.25
		f far mtime=5000000000.123456789
		l link link=x mtime=1234.5
		d dir mtime=77.000000001
	E
	same "$(cd r && stat -c '%.9Y' neg neg1 far link dir | tr '\n' ' ')" \
		"-1000000.500000000 -1.250000000 5000000000.123456789 1234.500000000 77.000000001 "
}

@test "layer-unpack: symlinks have owner and time, their targets are left alone (case 53)" {
	requires root
	layer r <<< "$(printf 'f t mode=600\nl s link=t uid=5 gid=6 mtime=99 mode=777')"
	same "$(stat -c '%u:%g %Y' r/s)" "5:6 99"
	same "$(stat -c '%a %u:%g' r/t)" "600 0:0"
}

@test "layer-unpack: owners up to 2^32-2, and no further (case 54)" {
	requires root
	layer r <<< 'f a uid=4294967294 gid=3000000'
	same "$(stat -c %u:%g r/a)" 4294967294:3000000
	refused r <<< 'f b uid=4294967295'
	refused r <<< 'f b gid=4294967295'
	refused r <<< 'f b uid=99999999999'
}

@test "layer-unpack: device nodes as root, stand-ins where the kernel refuses (case 55)" {
	requires userns
	requires root
	printf '%s\n' 'c null dev=1:3 mode=666' 'b disk dev=259:1048575 mode=660 mtime=50' | mktar > l.tar
	layer-unpack r < l.tar
	same "$(stat -c '%F %t:%T %a' r/null r/disk | tr '\n' ' ')" \
		"character special file 1:3 666 block special file 103:fffff 660 "
	chmod 777 .
	run --separate-stderr unshare --user --map-root-user sh -c 'layer-unpack u < l.tar'
	same "$status$stderr" 0
	same "$(stat -c '%F %a' u/null u/disk | tr '\n' ' ')" "regular empty file 0 regular empty file 0 "
	same "$(stat -c %Y u/disk)" 50
}

@test "layer-unpack: a FIFO is one (case 56)" {
	layer r <<< 'p p mode=640 mtime=9'
	same "$(stat -c '%F %a %Y' r/p)" "fifo 640 9"
}

@test "layer-unpack: modes are not filtered by the umask (case 57)" {
	umask 077
	layer r <<< "$(printf 'f a mode=666\nd d mode=1777\nf d/b mode=777\np p mode=666')"
	same "$(stat -c %a r/a r/d r/d/b r/p | tr '\n' ' ')" "666 1777 777 666 "
}

@test "layer-unpack: owners inside a user namespace, mapped or refused plainly (case 58)" {
	requires userns
	requires root
	printf '%s\n' 'f a uid=1 gid=2' 'f b' | mktar > l.tar
	chmod 777 .
	mkfifo go
	unshare --user sh -c 'read -r _ < go; layer-unpack -O u < l.tar; stat -c %u:%g u/a' > out &
	local pid=$!
	while [ "$(readlink /proc/$pid/ns/user)" = "$(readlink /proc/$$/ns/user)" ]; do sleep .1; done
	env printf '0 0 1\n1 100001 65535\n' > /proc/$pid/uid_map
	env printf '0 0 1\n1 100001 65535\n' > /proc/$pid/gid_map
	echo > go
	wait $pid
	same "$(tail -n 1 out)" 1:2
	same "$(stat -c %u:%g u/a u/b | tr '\n' ' ')" "100001:100002 0:0 "
	expect 1 unshare --user --map-root-user layer-unpack -O v < l.tar
	[[ $stderr == *"chown a to 1:2: Invalid argument"*"hint: "*"--map-auto"* ]] && [ ! -e v ]
	expect 1 setpriv --reuid=nobody --clear-groups layer-unpack -O v < l.tar
	[[ $stderr == *"Operation not permitted"*"--no-same-owner"* ]]
	expect 0 setpriv --reuid=nobody --clear-groups layer-unpack --no-same-owner -O v < l.tar
	same "$(stat -c %U v/a)" nobody
}

@test "layer-unpack: a PAX global header is none of its entries (case 59)" {
	layer r <<< "$(printf 'g comment=abc\nf x\ng comment=def\nf y')"
	same "$(names r)" "x y "
}

@test "layer-unpack: a PAX header of no form is a failure, not an entry without it" {
	mktar <<< "f x pax:comment=abc" | sed 's/ comment=abc/ commentXabc/' > l.tar
	expect 1 layer-unpack -O r < l.tar
	same "$stderr" "layer-unpack: read layer: malformed PAX header" && [ ! -e r ]
}

@test "layer-unpack: long names in GNU, PAX and ustar form (case 60)" {
	local n f
	n=$(printf 'a%.0s' $(seq 90))
	for f in gnu pax ustar; do
		rm -rf r
		mktar -f $f <<< "$(printf 'd %s\nf %s/%s data=1' "$n" "$n" "$n")" | layer-unpack r > /dev/null
		same "$(cat "r/$n/$n")" 1
	done
}

@test "layer-unpack: sparse files keep their holes, in every form (case 61)" {
	local f
	truncate -s 8G lastlog && printf x | dd of=lastlog bs=1 seek=5000000000 conv=notrunc status=none
	for f in --format=gnu "--format=pax --sparse-version=0.0" "--format=pax --sparse-version=0.1" "--format=pax --sparse-version=1.0"; do
		rm -rf r
		# shellcheck disable=SC2086 # a list of options
		tar -S $f -cf l.tar lastlog
		expect 0 layer-unpack r < l.tar
		same "$(stat -c %s r/lastlog)" 8589934592
		[ "$(stat -c %b r/lastlog)" -lt 1000 ]
		same "$(dd if=r/lastlog bs=1 skip=5000000000 count=1 status=none)" x
	done
}

@test "layer-unpack: sparse maps without end, overlapping or of an unknown form are refused (case 61)" {
	cat > gen.py <<-'E'
		import io, sys, tarfile
		t = tarfile.open(fileobj=sys.stdout.buffer, mode="w|", format=tarfile.PAX_FORMAT)
		i = tarfile.TarInfo("x"); kind = sys.argv[1]; body = b"0123456789"
		keys = {"GNU.sparse.name": "x", "GNU.sparse.size": "20", "GNU.sparse.numblocks": "2"}
		if kind == "endless":
		    keys = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "9"}
		    body = b"5000000\n" + b"0\n0\n" * 5000000
		elif kind == "unknown": keys = {"GNU.sparse.major": "5", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "9"}
		else: keys["GNU.sparse.map"] = {"overlapping": "0,5,3,5", "backwards": "10,5,0,5", "beyond": "0,5,18,5"}[kind]
		i.pax_headers = keys; i.size = len(body); t.addfile(i, io.BytesIO(body)); t.close()
	E
	local kind
	for kind in endless unknown overlapping backwards beyond; do
		python3 gen.py $kind > l.tar
		expect 1 layer-unpack -O r < l.tar
		[[ $kind != endless || $stderr == *"more than 16 MiB" ]] && [ ! -e r ]
	done
}

@test "layer-unpack: bytes behind the end are counted in the digests (case 62)" {
	mktar <<< 'f x data=1' > l.tar
	(cat l.tar; head -c 3000000 /dev/zero | tr '\0' Z) > tail.tar
	gzip -c tail.tar > tail.gz
	head -c 10 /dev/zero >> tail.gz
	expect 0 layer-unpack -D "sha256:$(sha256sum < tail.gz | cut -d' ' -f1)" -I "sha256:$(sha256sum < tail.tar | cut -d' ' -f1)" r < tail.gz
	same "$output" "sha256:$(sha256sum < tail.tar | cut -d' ' -f1)"
}

@test "layer-unpack: gzip members and zstd frames are one stream (case 63)" {
	mktar <<< "$(printf 'f x data=1\nf y data=2')" > l.tar
	local want z
	want=sha256:$(sha256sum < l.tar | cut -d' ' -f1)
	(head -c 700 l.tar | gzip; tail -c +701 l.tar | gzip -1) > l.gz
	(printf 'P*M\030\004\0\0\0abcd'; head -c 700 l.tar | zstd -q; printf 'Q*M\030\0\0\0\0'; tail -c +701 l.tar | zstd -q; printf 'P*M\030\004\0\0\0abcd') > l.zst
	(head -c 700 l.tar | xz; tail -c +701 l.tar | xz) > l.xz
	(head -c 700 l.tar | bzip2; tail -c +701 l.tar | bzip2) > l.bz2
	for z in tar gz zst xz bz2; do
		rm -rf r
		expect 0 layer-unpack -D "sha256:$(sha256sum < l.$z | cut -d' ' -f1)" r < l.$z
		same "$output $(cat r/x r/y)" "$want 12"
	done
}

@test "layer-unpack: layers of nothing (case 64)" {
	head -c 1024 /dev/zero > a
	: > b
	printf '\037\213\010\0\0\0\0\0\0\377\142\030\005\243\140\024\214\130\0\010\0\0\377\377\056\257\265\357\0\004\0\0' > c
	head -c 10240 /dev/zero | zstd -q > d
	local f
	for f in a b c d; do
		expect 0 layer-unpack r < $f
		expect 0 layer-unpack -O o.$f < $f
		same "$(names r)$(names o.$f)" ""
	done
	same "$output" "sha256:$(head -c 10240 /dev/zero | sha256sum | cut -d' ' -f1)"
}

@test "layer-unpack: a tar cut between entries fails by its digest (case 65)" {
	printf 'f a data=1\nf b data=2\n' | mktar > l.tar
	local d
	d=sha256:$(sha256sum < l.tar | cut -d' ' -f1)
	head -c 1024 l.tar > cut.tar
	expect 6 layer-unpack -D "$d" -O o < cut.tar
	expect 6 layer-unpack -I "$d" -O o < cut.tar
	[ ! -e o ]
	head -c 1300 l.tar > cut.tar
	expect 6 layer-unpack -D "$d" -O o < cut.tar
	expect 1 layer-unpack -O o < cut.tar
	same "$(find . -name '*.part')" ""
}

@test "layer-unpack: a wrong diff_id publishes nothing (case 66)" {
	local bad
	bad=sha256:$(printf '0%.0s' $(seq 64))
	mktar <<< 'f a' | gzip > l.gz
	expect 6 layer-unpack -I "$bad" -O o < l.gz
	[ -z "$output" ] && [[ $stderr == *"diff_id is sha256:"*", not $bad"* ]] && [ ! -e o ]
	expect 6 layer-unpack -D "$bad" f < l.gz
	[[ $stderr == *"f is incomplete"* ]]
	expect 6 layer-unpack -q -D "$bad" f < l.gz
	[[ $stderr == *"f is incomplete"* ]]
	same "$(find . -name '*.part')" ""
}

@test "layer-unpack: the bytes tell the compression, not the name (case 67)" {
	mktar <<< 'f a data=1' | gzip > layer.tar
	expect 0 layer-unpack r < layer.tar
	same "$(cat r/a)" 1
}

@test "layer-unpack: limits of bytes, entries and depth (case 68)" {
	head -c 300M /dev/zero | gzip -1 > zeros.gz
	(python3 -c 'import tarfile,sys; i=tarfile.TarInfo("z"); i.size=300<<20; sys.stdout.buffer.write(i.tobuf())'; head -c 300M /dev/zero) | gzip -1 > bomb.gz
	expect 1 layer-unpack --max-bytes 1M -O o < bomb.gz
	[[ $stderr == *"--max-bytes"* ]] && [ ! -e o ]
	expect 0 layer-unpack --max-bytes 1G -O o < bomb.gz
	printf 'f %s\n' $(seq 20) | mktar > l.tar
	expect 1 layer-unpack --max-entries 19 r < l.tar
	[[ $stderr == *"more than 19 entries"* ]]
	expect 0 layer-unpack --max-entries 20 r < l.tar
	python3 - > l.tar <<-'E'
		import sys, tarfile
		t = tarfile.open(fileobj=sys.stdout.buffer, mode="w|", format=tarfile.GNU_FORMAT)
		t.addfile(tarfile.TarInfo("d/" * 5000 + "f")); t.close()
	E
	expect 1 layer-unpack -O deep < l.tar
	[[ $stderr == *"--max-depth"* ]] && [ ! -e deep ]
}

@test "layer-unpack: of two entries with one name the last wins (case 69)" {
	layer r <<-E
		f a data=first
		h b link=a
		f a data=second
		d d mode=700
		f d/x
		d d mode=711
	E
	same "$(cat r/a r/b)" secondfirst
	same "$(stat -c %a r/d; names r)" "$(printf '711\na b d d/x ')"
}

@test "layer-unpack: full disk, read-only disk, closed stdin: status 1 and no trace (case 70)" {
	requires root
	(python3 -c 'import tarfile,sys; i=tarfile.TarInfo("z"); i.size=9<<20; sys.stdout.buffer.write(i.tobuf())'; head -c 9M /dev/urandom) > l.tar
	mkdir m
	unshare -m bash -c 'mount -t tmpfs -o size=4M none m; layer-unpack -O m/r < l.tar; echo $?; ls -A m
		layer-unpack m/f < l.tar; echo $?; mount -o remount,ro m; layer-unpack -O m/r < l.tar; echo $?' > out 2> err
	same "$(tr '\n' ' ' < out)" "1 1 1 "
	grep -q 'write z: No space left on device' err && grep -q 'm/f is incomplete' err && grep -q 'Read-only file system' err
	expect 1 bash -c 'layer-unpack -O r <&-' # of run, the descriptor would be reused
	[[ $stderr == *"standard input is closed"* ]] && [ ! -e r ]
	mktar <<< 'f a' > s.tar
	expect 1 bash -c 'layer-unpack -O r < s.tar > /dev/full'
	[ ! -e r ]
	expect 1 bash -c 'ulimit -f 1; layer-unpack -O r < l.tar'
	[[ $stderr == *"File too large"* ]] && [ ! -e r ]
}

@test "layer-unpack: a decompressor's error is not lost (case 71)" {
	mktar <<< "$(printf 'f %s data=1\n' $(seq 300))" > l.tar
	local z
	for z in gzip zstd xz bzip2; do
		$z -c l.tar > l.z
		head -c $(($(stat -c %s l.z) / 2)) l.z > half
		expect 1 layer-unpack -O o < half
		[[ $stderr == *"$z: "* ]]
		(cat l.z; echo garbage) > junk
		expect 1 layer-unpack -O o < junk
		# liblzma takes it for a damaged stream of its own.
		[[ $z == xz || $stderr == *"garbage behind"* ]]
		python3 - <<-'E'
			b = bytearray(open("l.z", "rb").read()); b[len(b) // 2] ^= 0x55; open("bad", "wb").write(b)
		E
		expect 1 layer-unpack -O o < bad
		[ ! -e o ]
	done
}
