# layer-unpack: command line, digests, listing, signals.  The layers: layer-cases.bats.
load helpers

setup() {
	setup_tmp
	cd "$TMP" || return
	mkdir src && echo hi > src/f && ln src/f src/h && ln -s f src/l && : > src/.wh.gone
	tar -C src --mtime=@1000000000 --owner=0 --group=0 --sort=name -czf l.gz .
	DIGEST=sha256:$(sha256sum < l.gz | cut -d' ' -f1)
	DIFF_ID=sha256:$(zcat l.gz | sha256sum | cut -d' ' -f1)
}
teardown() { cd / && teardown_tmp; }

@test "layer-unpack: a wrong command line is 2, and reads nothing" {
	local args
	for args in "" "a b" "-O" "-D sha256:12 d" "-I md5:00 d" "-D ${DIGEST}0 d" "-D SHA256:${DIGEST#*:} d" \
		"--max-bytes x d" "--max-bytes -1 d" "--max-entries 1Q d" "-l . d" "-t d" "-t -O" "--nonsense d" \
		"-C d d" "-C d -D $DIGEST" "-C d -t" "-C d -l ." "-C d -j 0" "-C d -j 65"; do
		# shellcheck disable=SC2086
		expect 2 layer-unpack $args < l.gz
		[ -n "$stderr" ] && [ -z "$output" ] && [ ! -e d ]
	done
}

@test "layer-unpack: prints the diff_id and nothing else" {
	expect 0 layer-unpack -D "$DIGEST" -I "$DIFF_ID" d < l.gz
	same "$output$stderr" "$DIFF_ID"
	expect 0 layer-unpack -O -D "$DIGEST" -I "$DIFF_ID" o < l.gz
	same "$output$stderr" "$DIFF_ID"
	[ d/f -ef d/h ] && [ -c o/gone ]
}

@test "layer-unpack: sha512 digests work" {
	expect 0 layer-unpack -D "sha512:$(sha512sum < l.gz | cut -d' ' -f1)" d < l.gz
	expect 6 layer-unpack -D "sha512:$(sha512sum < src/f | cut -d' ' -f1)" d < l.gz
	local tar
	tar=$(zcat l.gz | sha512sum | cut -d' ' -f1)
	expect 0 layer-unpack -I "sha512:$tar" d < l.gz
	[[ $output == sha512:* ]]
}

@test "layer-unpack: -O never touches what is there already" {
	mkdir there && ln -s nowhere link
	local d
	for d in there there/ link . .. / src/f; do
		expect 1 layer-unpack -O "$d" < l.gz
		[[ $stderr == *exist* ]]
	done
	same "$(ls -A there)" ""
	expect 1 layer-unpack -O no/such/d < l.gz
	expect 0 layer-unpack -O there/new/ < l.gz
	[ -f there/new/f ]
}

@test "layer-unpack: -t lists, whiteouts explained, and verifies" {
	expect 0 layer-unpack -t -D "$DIGEST" < l.gz
	same "$output" "$(printf '%s\n' \
		'drwxr-xr-x 0/0 0 2001-09-09 01:46:40 .' \
		'whiteout: hides gone' \
		'-rw-r--r-- 0/0 3 2001-09-09 01:46:40 f' \
		'hrw-r--r-- 0/0 0 2001-09-09 01:46:40 h link to ./f' \
		'lrwxrwxrwx 0/0 0 2001-09-09 01:46:40 l -> f')"
	expect 6 layer-unpack -t -I "$DIGEST" < l.gz
	same "$(ls)" "$(printf 'l.gz\nsrc')"
}

@test "layer-unpack: --mtree tells type, owner, time and digest" {
	expect 0 layer-unpack --mtree < l.gz
	same "${lines[0]}" "#mtree"
	[[ $output == *"./f type=file mode=0644 uid=0 gid=0 time=1000000000.000000000 size=3 sha256digest=$(sha256sum < src/f | cut -d' ' -f1)"* ]]
	[[ $output == *"./l type=link "*" link=f"* ]]
}

@test "layer-unpack: -n prints a script that does the same" {
	requires setfattr
	mkdir -p a/keep && echo old > a/gone && cp -a a b
	expect 0 layer-unpack -D "$DIGEST" -I "$DIFF_ID" a < l.gz
	layer-unpack -n -D "$DIGEST" -I "$DIFF_ID" b > script
	same "$(ls b)" "$(printf 'gone\nkeep')"
	expect 0 sh script < l.gz
	same "$output" "$DIFF_ID"
	diff <(cd a && find . -printf '%p %y %m %l %n\n' | sort) <(cd b && find . -printf '%p %y %m %l %n\n' | sort)
	layer-unpack -n -O "it's new" > script
	expect 0 sh script < l.gz
	[ -c "it's new/gone" ]
}

@test "layer-unpack: -x explains on stderr and acts" {
	expect 0 layer-unpack -x d < l.gz
	[[ $stderr == *"~ mkdir -p d"*"~ tar -x "* ]] && [ -f d/f ]
	same "$output" "$DIFF_ID"
}

@test "layer-unpack: SIGTERM cleans up and ends it" {
	mkfifo pipe
	layer-unpack -O o < pipe 2> err &
	local pid=$! n got=0
	exec 7> pipe
	zcat l.gz | head -c 2000 >&7
	for n in $(seq 100); do ls -d .o.*.part > /dev/null 2>&1 && break; sleep .1; done
	ls -d .o.*.part
	kill -TERM $pid
	wait $pid || got=$?
	exec 7>&-
	same "$got" 143
	grep -q 'signal 15' err
	same "$(find . -name '*.part'; ls -d o 2>/dev/null)" ""
}

@test "layer-unpack: an upstream that fails leaves nothing" {
	expect 6 sh -c "head -c 150 l.gz | layer-unpack -O -D $DIGEST o"
	expect 6 sh -c "false | layer-unpack -O -D $DIGEST o"
	expect 1 sh -c "head -c 150 l.gz | layer-unpack -O o"
	[ ! -e o ]
}

# A list of four layers, one of them broken: $BAD.
four_layers() {
	local i
	for i in 1 2 3; do
		echo $i >src/f && tar -C src -cf - . | gzip -c >$i.gz
	done
	head -c 200 3.gz >bad.gz
	for i in 1 2 bad 3; do
		printf 'sha256:%s\t%s\n' "$(sha256sum <$i.gz | cut -d' ' -f1)" $i.gz
	done >list
	BAD=sha256:$(sha256sum <bad.gz | cut -d' ' -f1)
	mkdir layers
}

@test "layer-unpack: -C unpacks a list, each to its digest's name, with a note" {
	four_layers
	grep -v bad list >good
	expect 0 layer-unpack -C layers <good
	same "$stderr" ""
	while read -r digest path; do
		local id
		id=sha256:$(zcat "$path" | sha256sum | cut -d' ' -f1)
		same "$(cat "layers/${digest#*:}.id")" "$id"
		same "$(cat "layers/${digest#*:}/f")" "${path%.gz}"
		[ -c "layers/${digest#*:}/gone" ]
		grep -qx "$id	layers/${digest#*:}" <<<"$output"
	done <good
	same "$(find layers -mindepth 1 -maxdepth 1 | wc -l)" 6
	# Again: nothing to do, the same answer; and a note that a killed run could not write.
	local before=$output some
	some=$(head -n 1 good | cut -f1)
	: >"layers/${some#*:}.id"
	rm 2.gz
	expect 1 layer-unpack -C layers <good
	[[ $stderr == *"open 2.gz"* ]]
	grep -v '2[.]gz' good >rest
	expect 0 layer-unpack -j 1 -C layers <rest
	same "$(sort <<<"$output")" "$(sort <<<"$before" | grep -v "$(grep '2[.]gz' good | cut -f1 | cut -d: -f2)")"
}

@test "layer-unpack: -C goes on after a layer that fails, and says which" {
	four_layers
	local j
	for j in 1 4; do
		expect 1 layer-unpack -j $j -C layers <list
		[[ $stderr == *"read layer: gzip: unexpected end"* ]]
		[[ $stderr == *"layer $BAD is not unpacked"* ]]
		same "$(wc -l <<<"$output")" 3
		[ ! -e "layers/${BAD#*:}" ]
		same "$(find layers -maxdepth 1 -name '.*' | wc -l)" 0
	done
	printf 'sha256:%064d\t1.gz\n' 0 >list
	expect 6 layer-unpack -C layers <list
	printf '../x\t1.gz\nno\n' >list
	expect 1 layer-unpack -C layers <list
	same "$(grep -c 'not DIGEST<TAB>PATH' <<<"$stderr")" 2
	expect 1 layer-unpack -C nowhere <list
	# More than the queue of the workers holds, and none of them survives a line.
	for _ in $(seq 600); do printf '%s\tnone\n' "$BAD"; done >list
	expect 1 timeout 60 layer-unpack -j 1 -C layers <list
	same "$(grep -c 'open none' <<<"$stderr")" 600
}

@test "layer-unpack: -C ended by a signal cleans up after all its workers" {
	four_layers
	mkfifo slow
	head -c 100 1.gz >half
	# A layer that never comes: the worker waits in open(2), another in read(2).
	{ printf '%s\tslow\n' "$DIGEST"; sleep 5; } | layer-unpack -C layers >out 2>err &
	local pid=$!
	exec 5<>slow
	cat half >&5
	until compgen -G 'layers/.*.part' >/dev/null; do sleep .05; done
	kill -TERM "$pid"
	local status=0
	wait "$pid" || status=$?
	exec 5>&-
	same "$status" 143
	same "$(find layers -mindepth 1 -type d)" ""
}

@test "layer-unpack: -n -C prints a script that does the same" {
	four_layers
	grep -v bad list >good
	layer-unpack -C layers <good | sort >ours
	find layers -type f -name f -exec cat {} + | sort >ours.files
	rm -r layers && mkdir layers
	expect 0 layer-unpack -n -C layers <good
	same "$(ls -A layers)" ""
	sh -c "$output" <good | sort >theirs
	find layers -type f -name f -exec cat {} + | sort >theirs.files
	same "$(cat theirs theirs.files)" "$(cat ours ours.files)"
}
