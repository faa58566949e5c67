# ns-exec: namespaces, a root, rights, and the process.
# shellcheck disable=SC2016,SC2154  # single quotes are for the inner shell; run sets stderr
load helpers

setup() {
	setup_tmp
	cd "$TMP" || return
	mkdir -p root/bin
	cp /bin/busybox root/bin/
	local a
	for a in sh cat id ls ps mount grep hostname sleep readlink stat tty stty unshare chroot true; do
		ln -s busybox root/bin/$a
	done
}

teardown() {
	[ ! -x "$BIN/cg-place" ] || cg-place -d "ns-exec-test-$$"
	teardown_tmp
}

box() {
	ns-exec --pid --uts --ipc --root root "$@"
}

inode() {
	readlink "/proc/self/ns/$1"
}

@test "ns-exec: each namespace option makes a new one, and only that" {
	local ns
	for ns in uts ipc net cgroup; do
		[ "$(ns-exec --$ns -- readlink /proc/self/ns/$ns)" != "$(inode $ns)" ]
	done
	[ "$(ns-exec --mount -- readlink /proc/self/ns/mnt)" != "$(inode mnt)" ]
	[ "$(ns-exec --pid -- readlink /proc/self/ns/pid)" != "$(inode pid)" ]
	[ "$(ns-exec --time -- readlink /proc/self/ns/time)" != "$(inode time)" ]
	[ "$(ns-exec --user -- readlink /proc/self/ns/user)" != "$(inode user)" ]
	same "$(ns-exec --uts -- readlink /proc/self/ns/ipc)" "$(inode ipc)"
}

@test "ns-exec: without a need to fork PROGRAM has our pid" {
	same "$(sh -c 'echo $$; exec ns-exec --uts --mount -- sh -c "echo \$\$"' | uniq | wc -l)" 1
}

@test "ns-exec: with --pid PROGRAM is pid 1" {
	same "$(ns-exec --pid -- sh -c 'echo $$')" 1
}

@test "ns-exec: --boottime and --monotonic set the clocks" {
	local up
	up=$(cut -d. -f1 /proc/uptime)
	[ "$(ns-exec --boottime 864000 -- cut -d. -f1 /proc/uptime)" -ge $((up + 864000)) ]
}

@test "ns-exec: --net=FILE joins, and lo is up in a new network namespace" {
	ns-exec --net -- ip -o link show lo | grep -q 'LOOPBACK,UP'
	ns-exec --net -- sleep 20 &
	local pid=$! want
	sleep 0.3
	want=$(readlink /proc/$pid/ns/net)
	same "$(ns-exec --net=/proc/$pid/ns/net -- readlink /proc/self/ns/net)" "$want"
	kill $pid
}

@test "ns-exec: --persist keeps namespaces that --uts=FILE joins" {
	mkdir keep
	ns-exec --uts --hostname kept --persist keep -- true
	same "$(ns-exec --uts=keep/uts -- hostname)" kept
	umount keep/uts
}

@test "ns-exec: --target PID --all enters everything, and skips what is shared" {
	ns-exec --pid --uts --ipc --root root --hostname inner -- /bin/sleep 30 &
	local outer=$! pid
	sleep 0.4
	pid=$(pgrep -P $outer)
	expect 0 ns-exec --target "$pid" --all -- /bin/sh -c 'hostname; ls /; readlink /proc/1/exe'
	[[ $output == inner$'\n'bin$'\n'*/bin/busybox ]]
	expect 7 ns-exec --target "$pid" --uts --mount -- /bin/sh -c 'exit 7'
	kill $outer
	wait $outer || true
}

@test "ns-exec: --target PID --all enters the cgroup, or warns and goes on" {
	local name=ns-exec-test-$$ pid dir
	dir=$(cg-place "$name") || skip "no cgroup2 to make a cgroup in"
	cg-place "$name" -- sleep 60 &
	pid=$!
	until grep -q "^0::/.*$name" /proc/$pid/cgroup; do sleep 0.05; done
	until [ "$(cat /proc/$pid/comm)" = sleep ]; do sleep 0.05; done
	run --separate-stderr ns-exec -x --target $pid --all -- grep ^0: /proc/self/cgroup
	same "$output" "$(grep ^0: /proc/$pid/cgroup)"
	[[ $stderr == *"+ echo 0 >$dir/cgroup.procs"* ]]
	ns-exec -n --target $pid --all -- grep ^0: /proc/self/cgroup >script
	same "$(sh script)" "$output"
	# The namespaces alone leave us in our cgroup, and so does a refusal.
	same "$(ns-exec --target $pid --uts -- grep ^0: /proc/self/cgroup)" "$(grep ^0: /proc/self/cgroup)"
	run --separate-stderr ns-exec --mount -- sh -c \
		"mount --bind -o ro $dir $dir && mount -o remount,bind,ro $dir && exec ns-exec --target $pid --all -- echo in"
	same "$output" in
	[[ $stderr == *"enter the cgroup $dir: "* ]]
	kill $pid
	wait $pid || true
}

@test "ns-exec: a target that does not exist is one message and 125" {
	expect 125 ns-exec --target 4194304 --all -- true
	[[ $stderr == "ns-exec: open process 4194304: No such process" ]]
}

@test "ns-exec: --map-root, --map-users and --map-groups write the maps" {
	requires userns
	same "$(ns-exec --map-root -- sh -c 'id -u; cat /proc/self/uid_map' | tr -s ' ')" \
		"0"$'\n'" 0 0 1"
	same "$(ns-exec --map-users 0:100000:1000 --map-users 5000:300000:10 \
		--map-groups 0:100000:1000 -- cat /proc/self/uid_map | tr -s ' ')" \
		" 0 100000 1000"$'\n'" 5000 300000 10"
}

@test "ns-exec: malformed maps, ids and options are 125, and nothing runs" {
	local o
	for o in "--map-users 0:1" "--map-users 0:0:0" "--map-users 1:4294967295:2" "--user-id root" \
		"--user-id -1" "--user-id 4294967295" "--groups 1,x" "--cap-add FLY" "--rlimit nofile=x" \
		"--bind /a" "--bind /a:b" "--target 0" "--target 1x" "--all" "--env =x" \
		"--map-root --map-auto" "--hostname x" "--read-only" "--preserve-fds -1"; do
		# shellcheck disable=SC2086
		expect 125 ns-exec $o -- touch ran
		[[ $stderr == ns-exec:* ]] || { echo "$o: $stderr"; return 1; }
		[ ! -e ran ]
	done
}

@test "ns-exec: --map-auto without subordinate ids names /etc/subuid" {
	grep -q '^root:' /etc/subuid && skip "root has subordinate ids here"
	expect 125 ns-exec --map-auto -- true
	[[ $stderr == *"/etc/subuid"* ]]
}

@test "ns-exec: --hostname without --uts never touches the host" {
	local before
	before=$(hostname)
	expect 125 ns-exec --hostname other -- true
	same "$(hostname)" "$before"
	same "$(ns-exec --uts --hostname other -- hostname)" other
	same "$(hostname)" "$before"
}

@test "ns-exec: --root gives proc, a read-only sys, and a dev of its own" {
	expect 0 box -- /bin/sh -c 'cat /proc/mounts; ls /dev; echo x > /dev/null; ls -l /dev/fd/ >&2'
	grep -q '^proc /proc proc rw,nosuid,nodev,noexec' <<<"$output"
	grep -q '^sysfs /sys sysfs ro,' <<<"$output"
	grep -q '^devpts /dev/pts devpts rw,nosuid,noexec.*gid=5,mode=620,ptmxmode=666' <<<"$output"
	grep -q '^mqueue /dev/mqueue' <<<"$output"
	grep -q '/dev/shm tmpfs rw,nosuid,nodev,noexec' <<<"$output"
	local d
	for d in null zero full random urandom tty ptmx pts shm mqueue fd stdin stdout stderr core; do
		grep -qx $d <<<"$output"
	done
}

@test "ns-exec: --root masks and freezes what docker does" {
	expect 0 box -- /bin/sh -c 'cat /proc/keys /proc/timer_list /proc/interrupts; ls /proc/acpi /sys/firmware;
		echo 1 > /proc/sys/kernel/printk || echo frozen; echo b > /proc/sysrq-trigger || echo frozen'
	[[ $output == *frozen$'\n'frozen ]]
	run box --unmask -- /bin/sh -c 'cat /proc/interrupts'
	[[ $output == *CPU0* ]]
}

@test "ns-exec: --root closes descriptors, drops to docker's 14, sets no_new_privs and a filter" {
	exec 7</etc/passwd
	expect 0 box -- /bin/sh -c 'ls /proc/self/fd | grep -x 7; grep -E "Cap|NoNew|Seccomp:" /proc/self/status'
	exec 7<&-
	[[ $output != 7* ]]
	[[ $output == *"CapBnd:	00000000a80425fb"* ]]
	[[ $output == *"CapEff:	00000000a80425fb"* ]]
	[[ $output == *"CapInh:	0000000000000000"* ]]
	[[ $output == *"NoNewPrivs:	1"* ]]
	[[ $output == *"Seccomp:	2"* ]]
}

@test "ns-exec: each default of --root is lifted by its option" {
	exec 7</etc/passwd
	expect 0 box --cap-add ALL --allow-new-privs --seccomp none --allow-tiocsti --preserve-fds 5 -- \
		/bin/sh -c 'readlink /proc/self/fd/7; grep -E "CapBnd|NoNew|Seccomp:" /proc/self/status'
	exec 7<&-
	[[ $output == /etc/passwd* || $output == *passwd* ]]
	[[ $output != *"CapBnd:	00000000a80425fb"* ]]
	[[ $output == *"NoNewPrivs:	0"* ]]
	[[ $output == *"Seccomp:	0"* ]]
}

@test "ns-exec: without --root nothing is limited and descriptors pass" {
	exec 7</etc/passwd
	same "$(ns-exec --uts -- readlink /proc/self/fd/7)" /etc/passwd
	exec 7<&-
	same "$(ns-exec --uts -- grep -E 'CapBnd|NoNew|Seccomp:' /proc/self/status)" \
		"$(grep -E 'CapBnd|NoNew|Seccomp:' /proc/self/status)"
}

@test "ns-exec: --cap-drop, --cap-add and --cap-ambient change the sets" {
	expect 0 ns-exec --cap-drop ALL --cap-add net_raw -- grep -E 'Cap(Bnd|Eff|Prm)' /proc/self/status
	same "$(cut -f2 <<<"$output" | sort -u)" 0000000000002000
	expect 0 ns-exec --user-id 12345 --cap-ambient CAP_NET_RAW --cap-drop ALL --cap-add NET_RAW -- \
		grep -E 'Cap' /proc/self/status
	same "$(cut -f2 <<<"$output" | sort -u)" 0000000000002000
	box --cap-drop MKNOD --cap-add SYS_TIME -- /bin/grep -q 'CapBnd:	00000000a20425fb' /proc/self/status
}

@test "ns-exec: --user-id clears the groups, --groups gives others" {
	same "$(ns-exec --user-id 1234:567 -- sh -c 'id -u; id -g; id -G')" $'1234\n567\n567'
	same "$(ns-exec --user-id 1234:567 --groups 8,9 -- id -G)" "567 8 9"
	same "$(box --user-id 1234:567 -- /bin/grep -E 'CapEff' /proc/self/status)" \
		"CapEff:	0000000000000000"
}

@test "ns-exec: binds and tmpfs happen in order, make their targets, and are recursive" {
	mkdir -p src/sub
	ns-exec --mount -- sh -c 'mount -t tmpfs t src/sub && echo deep > src/sub/f &&
		exec ns-exec --root root --ro-bind src:/a/b/c --tmpfs /a/b/c/sub/../sub --bind src:/later -- \
		/bin/sh -c "cat /later/sub/f; ls /a/b/c/sub; echo x > /a/b/c/y || echo ro; echo x > /later/sub/z"' >out
	same "$(cat out)" $'deep\nro'
	ns-exec --mount -- sh -c 'mount -t tmpfs t src/sub && echo deep > src/sub/f &&
		exec ns-exec --root root --ro-bind src:/r -- /bin/sh -c "cat /r/sub/f; echo x > /r/sub/f || echo ro"' >out
	same "$(cat out)" $'deep\nro'
	echo file >one
	same "$(box --ro-bind one:/etc/new/one -- /bin/cat /etc/new/one)" file
	same "$(box --ro-bind /dev/null:/dev/extra -- /bin/stat -c %F /dev/extra)" "character special file"
}

@test "ns-exec: --read-only freezes the root, not the mounts in it" {
	expect 0 box --read-only --tmpfs /tmp -- /bin/sh -c 'echo x > /x || echo ro; echo x > /tmp/x && echo rw'
	same "$output" $'ro\nrw'
}

@test "ns-exec: --workdir, --env, --unset-env and --clear-env" {
	same "$(box --workdir /bin -- /bin/sh -c pwd)" /bin
	same "$(A=1 B=2 ns-exec --env C=3 --unset-env A -- sh -c 'echo $A$B$C')" 23
	same "$(ns-exec --clear-env --env X=y -- /usr/bin/env)" X=y
	expect 125 box --workdir /nowhere -- /bin/true
}

@test "ns-exec: --args reads options and arguments" {
	printf '%s\0' --uts --hostname fromfile -- sh -c 'echo $(hostname) "$@"' sh >args
	same "$(ns-exec --args args 'two words')" "fromfile two words"
	same "$(ns-exec --args=- more <args)" "fromfile more"
	same "$(printf '%s\0' --root root --uts >a2 && ns-exec --args a2 -- /bin/sh -c 'echo in')" in
	printf '%s\0' --args circle >circle
	expect 125 ns-exec --args circle -- true
	[[ $stderr == *"circle: more than 64 files"* ]]
	printf -- '--uts' >args
	expect 125 ns-exec --args args -- true
	[[ $stderr == *"not ended by a NUL byte"* ]]
}

@test "ns-exec: the status passes, 128+n for a signal, 126 and 127 of exec" {
	expect 7 ns-exec --pid -- sh -c 'exit 7'
	expect 137 ns-exec --pid -- sh -c 'kill -9 $$; sleep 1' || true
	expect 143 ns-exec --pid --init -- sh -c 'kill -TERM $$'
	expect 127 ns-exec --pid --root root -- /no/such
	expect 126 ns-exec --pid --root root -- /
	expect 7 ns-exec --pid --init -- sh -c 'exit 7'
}

# Documented in the page: more is a step back, whatever the clock says.
@test "ns-exec: a start with a root takes no more than 300 system calls, and one copy" {
	[[ $BIN != *san* ]] || skip "ASan makes calls of its own, and lets no child borrow memory"
	strace -f -qq -o trace ns-exec --pid --uts --ipc --cgroup --root root -- /bin/true
	sed -i '/execve("\/bin\/true"/q' trace
	[ "$(wc -l <trace)" -le 300 ]
	# Kernels before 6.3 refuse the first, for its flag.
	same "$(grep -c 'memfd_create.*= [0-9]' trace)" 1
	run ! grep -q sendfile trace
	grep -q CLONE_VFORK trace
}

@test "ns-exec: signals are forwarded, also to a pid 1 without a handler" {
	local how
	for how in "--pid" "--pid --init" "--init"; do
		# shellcheck disable=SC2086
		ns-exec $how -- sh -c 'trap "exit 33" TERM; echo ready > up; while :; do sleep 0.1; done' &
		local pid=$!
		while [ ! -e up ]; do sleep 0.05; done
		rm up
		kill -TERM $pid
		local status=0
		wait $pid || status=$?
		same $status 33
		# shellcheck disable=SC2086
		ns-exec $how -- sleep 60 &
		pid=$!
		sleep 0.3
		kill -TERM $pid
		status=0
		wait $pid || status=$?
		same $status 143
	done
}

@test "ns-exec: with --init PROGRAM is not pid 1, and what it leaves dies with it" {
	same "$(ns-exec --pid --init -- sh -c 'echo $$')" 2
	ns-exec --pid --init -- sh -c 'setsid sleep 4242 & sleep 0.2'
	run ! pgrep -f '^sleep 4242$'
	ns-exec --init -- sh -c 'setsid sleep 4343 & sleep 0.2'
	run ! pgrep -f '^sleep 4343$'
}

@test "ns-exec: --init reaps all orphans, many that end at once too" {
	local how
	cat >orphans <<-'EOF'
		for i in 1 2 3 4 5 6 7 8 9 10; do
			(for j in 1 2 3 4 5 6 7 8 9 10; do : & done) &
		done
		wait
		sleep 0.2
		echo "zombies: $(cat /proc/[0-9]*/status 2>/dev/null | grep -A 4 'State:.Z' | grep -c "PPid:.$PPID$")"
		exit 9
	EOF
	cp orphans root/
	for how in "--pid --root root" ""; do
		# shellcheck disable=SC2086 # words on purpose
		expect 9 ns-exec $how --init -- ${how:+/bin/busybox} sh ${how:+/}orphans
		same "$output" "zombies: 0"
	done
}

@test "ns-exec: stops with PROGRAM, and goes on with it, as a shell's job must" {
	local how
	# A shell with job control, as SIGTSTP stops no group that is orphaned; setpgid(2).
	cat >job <<-'EOF'
		state() {
			for _ in $(seq 100); do
				grep -q "^State:.$2" "/proc/$1/status" && return
				sleep 0.1
			done
			echo "$1 is not in state $2: $(cat "/proc/$1/status")"
			exit 9
		}
		set -m
		ns-exec "$@" -- /bin/sleep 60 </dev/null &
		set +m
		pid=$!
		last=$pid
		while [ "$(cat "/proc/$last/comm" 2>/dev/null)" != sleep ]; do
			last=$(pgrep -P "$last" || echo "$pid")
		done
		state $pid S
		kill -TSTP $pid
		state $pid T
		state "$last" T
		kill -CONT $pid
		state "$last" S
		state $pid S
		kill -TERM $pid
		wait $pid
	EOF
	for how in "--pid --root root" "--pid --root root --init" "--init"; do
		# shellcheck disable=SC2086 # words on purpose
		expect 143 bash job $how </dev/null 3>&-
	done
}

@test "ns-exec: a killed ns-exec takes the container along" {
	ns-exec --pid -- sleep 5151 &
	local pid=$!
	sleep 0.3
	pgrep -f '^sleep 5151$'
	kill -9 $pid
	sleep 0.3
	run ! pgrep -f '^sleep 5151$'
}

@test "ns-exec: --die-with-parent" {
	sh -c 'ns-exec --die-with-parent --pid -- sleep 5252 & sleep 0.3; kill -9 $$' || true
	sleep 0.3
	run ! pgrep -f '^sleep 5252$'
}

@test "ns-exec: pid file, info fd, ready fd and start fifo" {
	mkfifo go
	box --pid-file pid --info-fd 5 --ready-fd 6 --start-fifo go -- /bin/sh -c 'echo started' \
		>out 5>info 6>ready &
	local job=$!
	while [ ! -s ready ]; do sleep 0.05; done
	[ ! -s out ]
	same "$(jq .pid info)" "$(cat pid)"
	same "mnt:[$(jq .namespaces.mount info)]" "$(readlink /proc/"$(cat pid)"/ns/mnt)"
	timeout 5 sh -c 'echo > go'
	wait $job
	same "$(cat out)" started
}

@test "ns-exec: --rlimit and --oom-score-adj" {
	same "$(ns-exec --rlimit nofile=100:200 -- sh -c 'ulimit -n; ulimit -Hn')" $'100\n200'
	same "$(ns-exec --oom-score-adj 500 -- cat /proc/self/oom_score_adj)" 500
	same "$(box --oom-score-adj 500 -- /bin/cat /proc/self/oom_score_adj)" 500
}

@test "ns-exec: --landlock-ro and --landlock-rw leave only what they name" {
	mkdir in out
	expect 0 ns-exec --no-new-privs --landlock-ro / --landlock-rw "$TMP/in" --landlock-rw /dev -- \
		sh -c 'echo x > in/f; echo x > out/f || echo refused'
	same "$output" refused
	[ -e in/f ] && [ ! -e out/f ]
}

@test "ns-exec: --bind-map shows the owners of the disk" {
	requires userns
	mkdir src root/mnt
	echo x >src/f
	chown -R 100000:100000 root
	expect 0 ns-exec --map-users 0:100000:65536 --map-groups 0:100000:65536 --net --ipc --pid \
		--root root --bind-map "$TMP/src:/mnt" -- /bin/sh -c 'stat -c %u /mnt/f; echo y > /mnt/g'
	same "$output" 0
	same "$(stat -c %u src/g)" 0
}

# drive COMMAND...: run it on a pty of its own, type what fd 3 says, print what comes.
drive() {
	/usr/bin/python3 - "$@" <<-'EOF'
		import fcntl, os, pty, select, struct, sys, termios, time
		def size(r, c): fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", r, c, 0, 0))
		def wait(text, out=[b""]):
		    end = time.time() + 20
		    while text not in out[0] and time.time() < end:
		        if select.select([fd], [], [], 0.1)[0]:
		            try: out[0] += os.read(fd, 4096)
		            except OSError: break
		    if text not in out[0]: sys.exit("no %r in %r" % (text, out[0]))
		    out[0] = out[0].split(text, 1)[1]
		pid, fd = pty.fork()
		if pid == 0: os.execvp(sys.argv[1], sys.argv[1:])
		size(33, 77)
		def say(line): os.write(fd, line)
		time.sleep(0.3); say(b"echo re''ady; stty size; tty\r"); wait(b"ready\r\n33 77\r\n/dev/pts/0")
		size(44, 88); time.sleep(0.2); say(b"stty size; echo si''ze\r"); wait(b"44 88\r\nsize")
		say(b"sleep 60\r"); time.sleep(0.4); say(b"\x1a"); wait(b"Stopped")
		say(b"fg\r"); time.sleep(0.3); say(b"\x03"); say(b"echo after''wards $?\r"); wait(b"afterwards 130")
		say(b"exit 5\r"); _, st = os.waitpid(pid, 0); sys.exit(os.waitstatus_to_exitcode(st))
	EOF
}

@test "ns-exec: -t has Ctrl-C, Ctrl-Z, the size and the status" {
	expect 5 drive ns-exec -t --pid --root root -- /bin/sh
	expect 5 drive ns-exec -t --pid --init --root root -- /bin/sh
	box -t -- /bin/sh -c 'stat -c %t,%T /dev/console; [ -t 0 ] && echo tty' </dev/null | grep -q tty
}

# interrupts COMMAND...: a bash on a pty; one line for each Ctrl-C and what came of it.
interrupts() {
	/usr/bin/python3 - "$@" <<-'EOF'
		import os, pty, select, sys, time
		def until(text, seen=[b""]):
		    end = time.time() + 20
		    while text not in seen[0] and time.time() < end:
		        if select.select([fd], [], [], 0.1)[0]:
		            try: seen[0] += os.read(fd, 4096)
		            except OSError: break
		    if text not in seen[0]: sys.exit("no %r in %r" % (text, seen[0]))
		    part, seen[0] = seen[0].split(text, 1)
		    return part
		pid, fd = pty.fork()
		if pid == 0:
		    os.environ["TERM"] = "dumb"
		    os.execvp(sys.argv[1], sys.argv[1:])
		for line in ("sleep 100", "trap 'echo got-it' INT; sleep 100", "",
		             "bash -c 'trap \"echo got-it\" INT; echo re\"\"ady; sleep 100'",
		             "bash -c 'trap \"echo got-it; exit 3\" INT; echo re\"\"ady; while :; do sleep 1; done'"):
		    os.write(fd, b"echo st''art; " + line.encode() + b"\r")
		    until(b"ready\r\n" if "ady" in line else b"start\r\n"); time.sleep(0.6)
		    os.write(fd, b"\3"); time.sleep(0.2)
		    os.write(fd, b"echo st=$? e''nd\r"); got = until(b" end\r\n")
		    print(repr(line), "trap" if b"got-it" in got else "-", got.rsplit(b"st=", 1)[1].decode())
		os.write(fd, b"exit 5\r"); _, st = os.waitpid(pid, 0); sys.exit(os.waitstatus_to_exitcode(st))
	EOF
}

# A shell at its prompt is not in the foreground group while a command of it runs, so its
# own trap stays silent then; the trap of a script in that group speaks.
@test "ns-exec: Ctrl-C on -t reaches whom it reaches on any terminal, traps included" {
	local dir binds=()
	for dir in /bin /lib /lib64 /usr; do
		[ ! -e $dir ] || binds+=(--ro-bind "$dir:$dir")
	done
	mkdir full
	expect 5 interrupts bash --norc
	local host=$output
	expect 5 interrupts ns-exec -t --init --pid --root full "${binds[@]}" -- bash --norc
	same "$output" "$host"
	expect 5 interrupts ns-exec -t --pid --root full "${binds[@]}" -- bash --norc
	same "$output" "$host"
	[[ $host == *"' trap 130"* && $host == *"' trap 3"* && $host == *"'sleep 100' - 130"* ]]
}

@test "ns-exec: -n prints a script that sh runs to the same end" {
	local cmd='id; pwd; hostname; cut -d" " -f2 /proc/mounts; grep -E "Cap|NoNew" /proc/self/status; ls /dev'
	local opts=(--pid --uts --ipc --root root --hostname web --tmpfs /tmp --ro-bind /etc/passwd:/etc/passwd
		--env "A=b c" --workdir /bin)
	ns-exec -n "${opts[@]}" -- /bin/sh -c "PATH=/bin; $cmd" >script
	[ ! -e root/proc ]
	sh script >theirs
	ns-exec "${opts[@]}" -- /bin/sh -c "PATH=/bin; $cmd" >ours
	diff theirs ours
}

@test "ns-exec: -n of ids, limits, propagation, init and the rest comes to the same end" {
	requires userns
	local opts probe='PATH=/bin; id; pwd; hostname; grep -E "Cap|NoNew" /proc/self/status; echo $A
		cat /proc/self/uid_map /proc/self/oom_score_adj; grep -E "open files|core" /proc/self/limits
		cut -d" " -f5-6 /proc/self/mountinfo; grep -c -E "shared|unbindable" /proc/self/mountinfo
		exit 3'
	ln -s busybox root/bin/cut
	while read -r opts; do
		# shellcheck disable=SC2086 # words on purpose
		ns-exec -n $opts -- /bin/sh -c "$probe" >script
		run sh script </dev/null
		local theirs=$status:$output
		# shellcheck disable=SC2086
		run ns-exec $opts -- /bin/sh -c "$probe" </dev/null
		[ "$theirs" = "$status:$output" ] || {
			diff <(echo "$theirs") <(echo "$status:$output") || :
			echo "differs: $opts"
			return 1
		}
	done <<-'EOF'
		--pid --root root --user-id 1000:1000 --groups 5,6
		--root root --rlimit nofile=100:200 --rlimit core=0 --oom-score-adj 500
		--rlimit nofile=64 --oom-score-adj 300
		--pid --root root --propagation unbindable
		--pid --root root --propagation shared
		--pid --mount --propagation unbindable
		--pid --root root --ro-bind /proc:/deep
		--map-users 0:100000:9 --map-groups 0:100000:9 --pid --ipc --uts --hostname h
		--map-users 7:0:1 --map-users 0:100000:7 --map-groups 0:0:3
		--cap-drop ALL --cap-add NET_RAW --cap-ambient NET_RAW --user-id 1000
		--root root --clear-env --env A=1
		--map-root --pid --ipc --net --uts --hostname inner --mount
	EOF
	ns-exec -n --pid --init --root root -- /bin/sh -c 'echo $$' >script
	[ "$(sh script)" != 1 ]
	ns-exec -n --map-root --root root -- /bin/true >script
	sh script 2>/dev/null
}

@test "ns-exec: -n quotes names, and runs no foreign PROGRAM" {
	ns-exec -n --uts --hostname "a'b; touch ran" -- touch ran >script
	[ ! -e ran ]
	sh -n script
	ns-exec -n --pid -- echo 'two  words' >script
	same "$(sh script)" "two  words"
}

@test "ns-exec: -x says each act before it is done" {
	expect 0 ns-exec -x --uts --hostname web -- true
	same "$stderr" $'+ unshare --uts\n+ hostname web\n+ exec true'
}
