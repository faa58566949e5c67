# Random stacks of layers, unpacked three ways: the results must be one and the same.
# bats file_tags=layer
load helpers

setup() { setup_tmp; cd "$TMP" || return; }
teardown() { cd / && teardown_tmp; }

# A tree as text: type, mode, owner, size, mtime, links, target, contents, attributes.
picture() {
	python3 - "$1" <<-'E'
		import hashlib, os, stat, sys
		top = sys.argv[1].encode()
		inodes, out = {}, []
		for d, ds, fs in os.walk(top):
		    for n in [b""] * (d == top) + ds + fs:
		        p = os.path.join(d, n) if n else top
		        s = os.lstat(p)
		        rel = os.path.relpath(p, top)
		        f = [oct(s.st_mode), s.st_uid, s.st_gid, s.st_mtime_ns]
		        if stat.S_ISREG(s.st_mode):
		            f += [s.st_size, hashlib.sha256(open(p, "rb").read()).hexdigest()[:12]]
		            inodes.setdefault(s.st_ino, []).append(rel)
		        if stat.S_ISLNK(s.st_mode): f.append(os.readlink(p))
		        if stat.S_ISCHR(s.st_mode): f.append(s.st_rdev)
		        x = [(a, os.getxattr(p, a, follow_symlinks=False)) for a in os.listxattr(p, follow_symlinks=False)
		             if ".overlay." not in a]
		        out.append("%r %r %r" % (rel, f, sorted(x)))
		out += ["one: %r" % sorted(v) for v in inodes.values() if len(v) > 1]
		print("\n".join(sorted(out)))
	E
}

# stack SEED N: N layer tars 1.tar, 2.tar, ...; each knows what is below it, as a differ does,
# lists parents, and shuffles its entries.
stack() {
	python3 - "$1" "$2" <<-'E'
		import io, random, sys, tarfile
		seed, count = map(int, sys.argv[1:])
		r = random.Random(seed)
		names = ["a", "b", "c", "d", ".e", "sp ace", "\u00e9"]
		tree = {"": "d"}   # what the layers so far show: path -> type
		def below(p): return [q for q in tree if q.startswith(p + "/")] if p else [q for q in tree if q]
		for n in range(1, count + 1):
		    layer, t = {"": "d"}, tarfile.open("%d.tar" % n, "w", format=tarfile.PAX_FORMAT)
		    entries = []
		    def drop(p):
		        for q in below(p) + ([p] if p else []): tree.pop(q, None)
		    def parents(p):
		        while "/" in p:
		            p = p.rsplit("/", 1)[0]
		            if tree.get(p) != "d": drop(p)
		            tree[p] = layer[p] = "d"
		    gone, opaque = set(), set()
		    if n > 1:
		        for p in [q for q in list(tree) if q]:
		            if p in tree and r.random() < .15:
		                if tree[p] == "d" and r.random() < .5: opaque.add(p); drop(p); tree[p] = layer[p] = "d"
		                else: gone.add(p); drop(p)
		    for i in range(r.randint(3, 14)):
		        p = "/".join(r.choice(names) for _ in range(r.randint(1, 4)))
		        k = r.choice("fffdlhp")
		        anc = [p[:i] for i, c in enumerate(p) if c == "/"]
		        if any(layer.get(a, "d") != "d" for a in anc) or layer.get(p): continue
		        if any(q.startswith(p + "/") for q in layer): continue
		        if k != "d": drop(p)
		        elif tree.get(p, "d") != "d": drop(p)
		        parents(p)
		        tree[p] = layer[p] = k
		    for p in gone | opaque:
		        parents(p)
		    files = [p for p in layer if layer[p] == "f"]
		    for p, k in layer.items():
		        i = tarfile.TarInfo(p or "./")
		        i.mode, i.mtime, i.uid, i.gid = r.choice([0o755, 0o700, 0o4711, 0o1777]), r.randint(1, 2**31) + .5, r.randint(0, 5), r.randint(0, 70000)
		        data = b""
		        if k == "f":
		            data = bytes(r.choice(b"xyz") for _ in range(r.randint(0, 9000))); i.size = len(data)
		            if r.random() < .3: i.pax_headers["SCHILY.xattr.user.k"] = "v%d" % r.randint(0, 9)
		        elif k == "d": i.type = tarfile.DIRTYPE
		        elif k == "l": i.type, i.linkname = tarfile.SYMTYPE, r.choice(names)
		        elif k == "p": i.type = tarfile.FIFOTYPE
		        elif k == "h":
		            if not files: tree.pop(p, None); continue
		            i.type, i.linkname = tarfile.LNKTYPE, r.choice(files)
		        entries.append((i, data))
		    for p in gone:
		        d, s, b = p.rpartition("/")
		        entries.append((tarfile.TarInfo(d + s + ".wh." + b), b""))
		    for p in opaque: entries.append((tarfile.TarInfo(p + "/.wh..wh..opq"), b""))
		    # Parents before children and targets before links is what umoci needs; whiteouts
		    # may stand anywhere behind their parents.
		    entries.sort(key=lambda e: (e[0].type == tarfile.LNKTYPE, e[0].name.count("/"), r.random()))
		    for i, data in entries: t.addfile(i, io.BytesIO(data))
		    t.close()
	E
}

# overlay N DIR: mount the N layers that -O makes, and take DIR's picture there.
overlay_picture() {
	local n lower=
	for n in $(seq "$1"); do
		layer-unpack -O "o$n" < "$n.tar" > /dev/null || return
		lower=o$n${lower:+:$lower}
	done
	mkdir -p m
	export -f picture
	unshare -m bash -c 'mount -t overlay overlay -o lowerdir='"$lower"' m && picture m'
}

umoci_picture() {
	local n
	rm -rf layout bundle
	umoci init --layout layout && umoci new --image layout:x || return
	for n in $(seq "$1"); do
		umoci raw add-layer --image layout:x "$n.tar" || return
	done
	umoci raw unpack --image layout:x bundle && picture bundle
}

@test "layer-unpack: flat, merged overlay and umoci agree on random stacks" {
	requires root umoci
	local seed n
	for seed in ${SEEDS:-$(seq 1 6)}; do
		rm -rf flat o[0-9]* ./*.tar m
		stack "$seed" 4
		for n in 1 2 3 4; do
			layer-unpack flat < $n.tar > /dev/null
		done
		picture flat > flat.txt
		overlay_picture 4 > overlay.txt
		diff flat.txt overlay.txt || { echo "seed $seed: flat < > overlay"; return 1; }
		umoci_picture 4 > umoci.txt 2> umoci.err || { cat umoci.err; return 1; }
		# Without directories' mtimes, which umoci changes by its own whiteouts.
		sed -i "/ \['0o4/s/, [0-9]*\] \[/, -] [/" flat.txt umoci.txt
		diff flat.txt umoci.txt || { echo "seed $seed: flat < > umoci"; return 1; }
	done
}

@test "layer-unpack: the order of a layer's entries changes nothing" {
	local seed
	for seed in $(seq 101 104); do
		rm -rf a b ./*.tar
		stack "$seed" 3
		layer-unpack a < 1.tar > /dev/null && layer-unpack a < 2.tar > /dev/null
		cp -a a b
		layer-unpack a < 3.tar > /dev/null
		python3 - "$seed" <<-'E'
			import io, random, sys, tarfile
			src = tarfile.open("3.tar")
			all = [(i, src.extractfile(i).read() if i.isreg() else b"") for i in src]
			random.Random(int(sys.argv[1])).shuffle(all)
			out = tarfile.open("s.tar", "w", format=tarfile.PAX_FORMAT)
			for i, data in all: out.addfile(i, io.BytesIO(data))
			out.close()
		E
		layer-unpack b < s.tar > /dev/null
		diff <(picture a) <(picture b) || { echo "seed $seed"; return 1; }
	done
}
