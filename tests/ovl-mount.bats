#!/usr/bin/env bats
# ovl-mount: layers, paths, the three mount interfaces, undo, hints.
# Every mount is made in a mount namespace of the test's own.

# shellcheck disable=SC2089,SC2090 # odd names are exported on purpose
load helpers

setup() {
	requires root
	setup_tmp
	cd "$TMP" || return
	mkdir base app upper work root
	echo base >base/f
	echo app >app/f
	echo kept >base/kept
}

teardown() {
	cd /
	teardown_tmp
}

# in_ns COMMANDS: run by sh in a fresh mount namespace, in $TMP.
in_ns() {
	unshare -m sh -e -c "$1"
}

# layers N: directories l/1 ... l/N, each with a file of its number and "top".
layers() {
	local i
	mkdir l
	seq "$1" | sed 's,^,l/,' | xargs mkdir
	for i in $(seq "$1"); do
		echo "$i" >"l/$i/only$i"
		echo "$i" >"l/$i/top"
		echo "l/$i"
	done >list
}

@test "ovl-mount: the last layer wins, and base shows through" {
	expect 0 in_ns 'ovl-mount -l base -l app root cat root/f root/kept'
	same "$output" $'app\nkept'
}

@test "ovl-mount: prints TARGET as given without PROGRAM" {
	expect 0 in_ns 'ovl-mount -l base -l app ./root/'
	same "$output" ./root/
}

@test "ovl-mount: changes go to the upper directory, deletions become whiteouts" {
	expect 0 in_ns 'ovl-mount -l base -l app -u upper -w work root -- sh -c "echo new >root/n; rm root/kept"'
	same "$(cat upper/n)" new
	same "$(stat -c '%F %t:%T' upper/kept)" "character special file 0:0"
	same "$(cat base/kept)" kept
}

@test "ovl-mount: is read-only without an upper directory" {
	expect 0 in_ns 'ovl-mount -l base -l app root; ! touch root/x'
	[[ $stderr == *"Read-only file system"* ]]
}

@test "ovl-mount: one layer without an upper directory is bind-mounted read-only (case 103)" {
	expect 0 in_ns 'ovl-mount -l base root; cat root/f; ! touch root/x; findmnt -nro OPTIONS -M root'
	[[ $output == root*base*ro* ]]
	[ ! -e base/x ]
}

@test "ovl-mount: one layer with an upper directory is an overlay" {
	expect 0 in_ns 'ovl-mount -l base -u upper -w work root sh -c "cat root/f; touch root/x"'
	[ -e upper/x ]
}

@test "ovl-mount: 128 and 500 layers, from a file and from standard input (case 103)" {
	layers 500
	head -n 128 list >list128
	expect 0 in_ns 'ovl-mount -L list128 root; cat root/top root/only1; ls root | wc -l'
	same "$output" $'root\n128\n1\n129'
	expect 0 in_ns 'ovl-mount -L - root <list; cat root/top root/only1; ls root | wc -l'
	same "$output" $'root\n500\n1\n501'
}

@test "ovl-mount: more than 500 layers names the limit (case 103)" {
	layers 501
	expect 125 in_ns 'ovl-mount -L list root'
	[[ $stderr == *500* ]]
	same "$output" ""
}

@test "ovl-mount: any byte may be in a path (case 103)" {
	local odd=$'a:b,c\\d  e\n\'"$x\xff\*'
	mkdir -p "$odd"/{base,app,up,wk,root}
	echo deep >"$odd/base/f"
	export odd
	expect 0 in_ns 'ovl-mount -l "$odd/base" -l "$odd/app" -u "$odd/up" -w "$odd/wk" "$odd/root" -- sh -c "cat \"\$odd/root/f\"; echo x >\"\$odd/root/g\""'
	same "$output" deep
	same "$(cat "$odd/up/g")" x
	expect 0 in_ns 'ovl-mount -l "$odd/base" "$odd/root"; cat "$odd/root/f"; ovl-mount -d "$odd/root"'
}

@test "ovl-mount: lines of -L are verbatim" {
	mkdir ' blank ' '#hash'
	echo b >' blank /b'
	echo h >'#hash/h'
	printf '#hash\n blank ' >list
	expect 0 in_ns 'ovl-mount -L list root cat root/b root/h'
	same "$output" $'b\nh'
	printf 'base\n\napp\n' >list
	expect 125 in_ns 'ovl-mount -L list root'
	[[ $stderr == *"line 2 of list is empty"* ]]
	printf 'base\nap\0p\n' >list
	expect 125 in_ns 'ovl-mount -L list root'
	[[ $stderr == *NUL* ]]
	expect 125 in_ns 'ovl-mount -L nowhere root'
	expect 125 in_ns 'ovl-mount -L /dev/null root'
}

@test "ovl-mount: -l and -L mix in command-line order" {
	mkdir third
	echo third >third/f
	echo app >list
	expect 0 in_ns 'ovl-mount -l base -L list -l third root cat root/f'
	same "$output" third
}

# The older interfaces, forced by making the newer system calls fail.
refuse() {
	printf 'strace -qq -o /dev/null -e trace=fsopen,fsconfig %s' "$*"
}

@test "ovl-mount: works on kernels that take no descriptors (strings)" {
	requires strace
	layers 20
	local odd=$'o:d,d\\ \nx' long
	long=$(printf '%0200d' 0)
	mkdir -p "$long/$long" "$odd"
	echo long >"$long/$long/l"
	echo odd >"$odd/o"
	export odd long
	expect 0 in_ns "$(refuse -e inject=fsconfig:error=EINVAL:when=1) ovl-mount -L list -l \$long/\$long -l \"\$odd\" -u upper -w work root; cat root/top root/l root/o; echo up >root/up"
	same "$output" $'root\n20\nlong\nodd'
	same "$(cat upper/up)" up
}

@test "ovl-mount: works on kernels with mount(2) only, 100 layers and any path" {
	requires strace
	layers 100
	local odd=$'o:d,d\\ \nx' long
	long=$(printf '%0200d' 0)
	mkdir -p "$odd/up" "$odd/wk" "$odd/l" "$long/$long"
	echo odd >"$odd/l/o"
	export odd
	expect 0 in_ns "$(refuse -e inject=fsopen:error=ENOSYS) ovl-mount -L list -l \"\$odd/l\" -u \"\$odd/up\" -w \"\$odd/wk\" root -- sh -c 'pwd; cat root/top root/only1 root/o; echo up >root/up'"
	same "$output" "$PWD"$'\n100\n1\nodd'
	same "$(cat "$odd/up/up")" up
	# Too long for a page even so: names shrink to descriptor numbers.
	for i in $(seq 40); do
		mkdir "$long/$long/$i"
		echo "$i" >"$long/$long/$i/top"
		echo "$long/$long/$i"
	done >list
	expect 0 in_ns "$(refuse -e inject=fsopen:error=ENOSYS) ovl-mount -L list root sh -c 'pwd; cat root/top'"
	same "$output" "$PWD"$'\n40'
}

@test "ovl-mount: works in a user namespace, with user.overlay marks" {
	requires userns
	chown -R nobody . && chmod 755 .
	layers 100
	export BIN
	cat >inside <<-'EOF'
	set -e
	ovl-mount -L list -l base -u upper -w work root
	cat root/top
	echo new >root/new
	rm root/kept
	mkdir root/only1.d
	ovl-mount -d root
	ovl-mount -l base root
	! touch root/x 2>/dev/null
	EOF
	expect 0 setpriv --reuid nobody --clear-groups unshare -Urm sh inside
	same "$output" $'root\n100\nroot'
	[ -e upper/new ]
	[ -c upper/kept ]
}

@test "ovl-mount: -d unmounts, and is safe to repeat" {
	expect 0 in_ns 'ovl-mount -l base -l app root; ovl-mount -d root; ovl-mount -d root; ls root; ovl-mount -d nowhere; ovl-mount -l base root; ovl-mount -d root; ls root'
	same "$output" $'root\nroot'
	same "$stderr" ""
}

@test "ovl-mount: -d refuses any other kind of mount" {
	expect 125 in_ns 'mount -t tmpfs t root; ovl-mount -d root'
	[[ $stderr == *tmpfs* ]]
	expect 125 in_ns 'mount -o ro -t tmpfs t root; ovl-mount -d root'
	expect 125 in_ns 'mount --bind base root; ovl-mount -d root'
}

@test "ovl-mount: -d says who may hold a busy mount" {
	expect 125 in_ns 'ovl-mount -l base -l app root; cd root; ovl-mount -d ../root'
	[[ $stderr == *"busy"*hint* ]]
}

@test "ovl-mount: -r unmounts when PROGRAM ends and passes its status on" {
	expect 0 in_ns 'set +e; ovl-mount -r -l base -l app root -- sh -c "cat root/f; exit 7"; echo $?; ls root'
	same "$output" $'app\n7'
	expect 0 in_ns 'set +e; ovl-mount -r -l base -l app root -- sh -c "kill -TERM \$\$"; echo $?; ls root'
	same "$output" 143
	expect 0 in_ns 'set +e; ovl-mount -r -l base -l app root -- /nowhere; echo $?; ls root'
	same "$output" 127
}

@test "ovl-mount: -r detaches, and says so, what a left-over process holds" {
	expect 0 in_ns 'ovl-mount -r -l base -l app root -- sh -c "cd root; sleep 3 >/dev/null 2>&1 & exit 0"; ls root'
	[[ $stderr == *"still in use"* ]]
	same "$output" ""
}

@test "ovl-mount: -r forwards signals" {
	cat >inside <<-'EOF'
	ovl-mount -r -l base -l app root -- sh -c 'trap "echo got; exit 3" TERM; echo up; while :; do sleep 0.1; done' >out &
	until grep -q up out; do sleep 0.1; done
	kill -TERM $!
	wait $!
	echo $?
	ls root
	EOF
	expect 0 in_ns 'set +e; . ./inside'
	same "$output" 3
	same "$(cat out)" $'up\ngot'
}

@test "ovl-mount: a failing exec undoes the mount" {
	expect 0 in_ns 'set +e; ovl-mount -l base -l app root /nowhere; echo $?; ovl-mount -l base root ./base; echo $?; ls root'
	same "$output" $'127\n126'
}

@test "ovl-mount: -m makes what is missing, and takes it back on failure" {
	expect 0 in_ns 'ovl-mount -m -l base -u new.u -w new.w new.t; cat new.t/f'
	same "$output" $'new.t\nbase'
	expect 125 in_ns 'ovl-mount -m -l base -u n2.u -w n2.w n2.t /nowhere || exit 125'
	[ ! -e n2.u ] && [ ! -e n2.w ] && [ ! -e n2.t ]
}

@test "ovl-mount: -o passes options on" {
	expect 0 in_ns 'ovl-mount -o volatile,nosuid,nodev -l base -u upper -w work root; findmnt -nro OPTIONS -M root'
	[[ $output == *nosuid* && $output == *nodev* && $output == *volatile* ]]
	expect 125 in_ns 'ovl-mount -o no-such-option -l base -l app root'
}

@test "ovl-mount: an upper directory can be packed, whatever the kernel's defaults" {
	mkdir -p base/dir/sub
	echo x >base/dir/sub/x
	expect 0 in_ns 'ovl-mount -l base -u upper -w work root -- sh -c "mv root/dir root/moved; chmod 600 root/f"'
	run getfattr -hR -m 'redirect|metacopy' upper
	same "$output" ""
	same "$(cat upper/moved/sub/x)" x
}

@test "ovl-mount: a missing layer, upper, work or target is named" {
	expect 125 in_ns 'ovl-mount -l base -l gone root'
	[[ $stderr == *"layer gone: No such file or directory"* ]]
	expect 125 in_ns 'ovl-mount -l base/f -l base root'
	[[ $stderr == *"base/f: Not a directory"* ]]
	expect 125 in_ns 'ovl-mount -l base -u gone -w work root'
	[[ $stderr == *"upper directory gone"* ]]
	expect 125 in_ns 'ovl-mount -l base -u upper -w gone root'
	[[ $stderr == *"work directory gone"* ]]
	expect 125 in_ns 'ovl-mount -l base -l app gone'
	[[ $stderr == *gone*hint*"mount point"* ]]
	expect 125 in_ns 'ovl-mount -l base -l app base/f'
	[[ $stderr == *hint*"mount point"* ]]
	expect 125 in_ns 'ovl-mount -l base gone'
}

@test "ovl-mount: hints name the cause of EINVAL and ELOOP" {
	mkdir t
	expect 125 in_ns 'mount -t tmpfs t t; mkdir t/work; ovl-mount -l base -u upper -w t/work root'
	[[ $stderr == *hint*"one file system"* ]]
	expect 125 in_ns 'mkdir b; mount --bind . b; ovl-mount -l base -u upper -w b/work root'
	[[ $stderr == *hint*"one mount point"* ]]
	expect 125 in_ns 'ovl-mount -l base -l app -l base root'
	[[ $stderr == *hint*"given twice"* ]]
	mkdir base/in upper/work
	expect 125 in_ns 'ovl-mount -l base -l base/in root'
	[[ $stderr == *hint*"is inside"* ]]
	expect 125 in_ns 'ovl-mount -l base -u upper -w upper/work root'
	[[ $stderr == *hint*"is inside"* ]]
	expect 125 in_ns 'ovl-mount -l base -l app -u upper -w work root; mkdir root/u root/w t2; ovl-mount -l app -u root/u -w root/w t2'
	[[ $stderr == *hint*"an overlay"* ]]
	expect 125 in_ns 'mount -t tmpfs t t; mkdir t/u t/w; mount -o remount,ro t; ovl-mount -l app -u t/u -w t/w root'
	[[ $stderr == *"ead-only"* ]]
}

@test "ovl-mount: an upper directory in use is refused" {
	mkdir other work2
	expect 125 in_ns 'ovl-mount -l base -u upper -w work root; ovl-mount -l base -u upper -w work2 other'
	[[ $stderr == *"in use by the overlay on $TMP/root"* ]]
	expect 125 in_ns 'ovl-mount -l base -u upper -w work root; ovl-mount -l base -u other -w work other'
	[[ $stderr == *"work directory work is in use"* ]]
}

@test "ovl-mount: hints at the namespace or root that mounting needs" {
	expect 125 setpriv --reuid nobody --clear-groups "$BIN/ovl-mount" -l base -l app root
	[[ $stderr == *hint*root* ]]
	expect 125 setpriv --reuid nobody --clear-groups "$BIN/ovl-mount" -l base root
	[[ $stderr == *hint*root* ]]
}

@test "ovl-mount: usage errors are 125" {
	expect 125 ovl-mount
	expect 125 ovl-mount root
	expect 125 ovl-mount -l base -u upper root
	expect 125 ovl-mount -l base -w work root
	expect 125 ovl-mount -r -l base root
	expect 125 ovl-mount --no-such root
	expect 125 ovl-mount -d root -- true
	expect 125 ovl-mount -l base ''
}

@test "ovl-mount: options of PROGRAM are left alone, no descriptor leaks" {
	expect 0 in_ns 'ovl-mount -l base -l app root -- sh -c "echo \"\$@\"; ls -l /proc/self/fd | grep -v pipe | grep -c base || :" x -r -d'
	same "$output" $'-r -d\n0'
	expect 0 in_ns 'ls /proc/self/fd >before; ovl-mount -l base -l app root ls /proc/self/fd >after; cmp before after'
}

@test "ovl-mount: -x explains, top layer first" {
	expect 0 in_ns 'ovl-mount -x -l base -l app -u upper -w work root true'
	[[ $stderr == "+ mount -t overlay overlay -o lowerdir=app:base,upperdir=upper,workdir=work"* ]]
	expect 0 in_ns 'ovl-mount -x -l base root true'
	same "$stderr" "+ mount --bind -o ro base root"
}

@test "ovl-mount: leaves out the layers below an opaque top directory (case 37)" {
	mkdir last && touch last/x
	setfattr -n trusted.overlay.opaque -v y app
	expect 0 in_ns 'ovl-mount -x -l base -l app -l last root ls root'
	same "$output" $'f\nx'
	[[ $stderr == "! app is opaque, "*"leave out the layers below it"*"lowerdir=last:app "* ]]
	# Alone, without an upper directory, it becomes a bind mount; with one, an overlay.
	expect 0 in_ns 'ovl-mount -l base -l app root; ls root; findmnt -nro FSTYPE -M root | grep -v overlay'
	[[ $output == $'root\nf\n'* ]]
	expect 0 in_ns 'ovl-mount -l base -l app -u upper -w work root ls root'
	same "$output" f
	expect 0 in_ns 'ovl-mount -n -l base -l app -l last root | sh; ls root'
	same "$output" $'root\nf\nx'
	# The other kind of mark counts only where the mount reads it; other values never do.
	expect 0 in_ns 'ovl-mount -o userxattr -l base -l app -l last root ls root'
	same "$output" $'f\nkept\nx'
	setfattr -x trusted.overlay.opaque app && setfattr -n user.overlay.opaque -v y app
	setfattr -n user.overlay.opaque -v x last
	expect 0 in_ns 'ovl-mount -l base -l app -l last root ls root'
	same "$output" $'f\nkept\nx'
	expect 0 in_ns 'ovl-mount -o userxattr -l base -l app -l last root ls root'
	same "$output" $'f\nx'
}

# shape: what is mounted at root, and what is seen there.
shape() {
	in_ns "$1; findmnt -nro FSTYPE -M root; ls root; cat root/f; touch root/probe 2>/dev/null && echo rw || echo ro"
}

@test "ovl-mount: the script of -n does what the tool does" {
	local odd=$'o:d,d\\ \'"\nx' args
	mkdir "$odd"
	echo odd >"$odd/o"
	export odd
	for args in '-l base -l app root' '-l base root' '-l base -l app -u upper -w work ./root' \
		'-l base -l "$odd" root' '-l base -l "$odd" -u upper -w work -o volatile root'; do
		rm -rf upper work && mkdir upper work
		shape "ovl-mount $args" >want
		rm -rf upper work && mkdir upper work
		shape "ovl-mount -n $args >script; sh script" >got
		diff want got
	done
}

@test "ovl-mount: the script of -n -r PROGRAM runs, undoes and passes the status on" {
	expect 0 in_ns 'set +e; ovl-mount -n -r -l base -l app root -- sh -c "cat root/f; exit 7" >script; ls root; sh script; echo $?; ls root'
	same "$output" $'app\n7'
	expect 0 in_ns 'set +e; ovl-mount -n -l base -l app root -- sh -c "exit 9" >script; sh script; echo $?'
	same "$output" 9
}

@test "ovl-mount: -n chains print both steps, and nothing is run" {
	mkdir out
	expect 0 in_ns 'ovl-mount -n -l base -l app root -- ovl-mount -l root -l upper -r out -- touch ran >script; ls root; sh script'
	[ -e ran ]
	rm ran
	expect 0 ovl-mount -n -l base -l app root touch ran
	[ ! -e ran ]
}

@test "ovl-mount: -n -d prints a script that is as careful as the tool" {
	expect 0 in_ns 'ovl-mount -n -d root >script; sh script; ovl-mount -l base -l app root; sh script; ls root; ovl-mount -l base root; sh script; ls root; mount -t tmpfs t root; touch root/safe; sh script; ls root'
	same "$output" $'root\nroot\nsafe'
}

@test "ovl-mount: -L names 500 layers in its script too" {
	layers 500
	expect 0 in_ns 'ovl-mount -n -L list root >script; sh script; cat root/top; ls root | wc -l'
	same "$output" $'root\n500\n501'
}

# bats test_tags=vm
@test "ovl-mount: on an older kernel, 100 and 400 layers and any path (case 103)" {
	layers 400
	head -n 100 list >list100
	expect 0 in_ns 'ovl-mount -L list100 root; cat root/top root/only1; ls root | wc -l'
	same "$output" $'root\n100\n1\n101'
	expect 0 in_ns 'ovl-mount -L list -u upper -w work root; cat root/top; ls root | wc -l; echo x >root/new'
	same "$output" $'root\n400\n401'
	[ -e upper/new ]
	local odd=$'o:d,d\\ \'"\nx'
	mkdir -p "$odd"/{l,u,w}
	echo odd >"$odd/l/o"
	export odd
	expect 0 in_ns 'ovl-mount -L list100 -l "$odd/l" -u "$odd/u" -w "$odd/w" root; cat root/o; echo x >root/new'
	same "$output" $'root\nodd'
	[ -e "$odd/u/new" ]
	expect 0 in_ns 'ovl-mount -l base root; ! touch root/x; ovl-mount -d root; ls root'
}

# bats test_tags=vm
@test "ovl-mount: on an older kernel, in a user namespace" {
	chown -R nobody . && chmod 755 .
	layers 100
	expect 0 setpriv --reuid nobody --clear-groups unshare -Urm sh -ec 'ovl-mount -L list -l base -u upper -w work root; cat root/top; rm root/kept; echo new >root/new'
	same "$output" $'root\n100'
	[ -c upper/kept ]
}

# bats test_tags=vm
@test "ovl-mount: on an older kernel, hints name the cause" {
	mkdir t
	expect 125 in_ns 'mount -t tmpfs t t; mkdir t/work; ovl-mount -l base -u upper -w t/work root'
	[[ $stderr == *hint*"one file system"* ]]
	expect 125 in_ns 'ovl-mount -l base -l app -l base root'
	[[ $stderr == *hint*"given twice"* ]]
	expect 125 in_ns 'ovl-mount -l base -l gone root'
	[[ $stderr == *"layer gone"* ]]
}
