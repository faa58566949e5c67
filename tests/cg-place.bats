#!/usr/bin/env bats
# The first part runs on any host with a cgroup2 mount, controllers or not; the tests
# tagged "vm" want the real ones.
load helpers

setup() {
	requires root
	setup_tmp
	G=lstest-$$-$BATS_TEST_NUMBER
	MNT=$(findmnt -nt cgroup2 -o TARGET | head -n 1)
	[ -n "$MNT" ] || skip "no cgroup2 mount"
}

teardown() {
	[ -z "${KEEP:-}" ] || kill -9 "$KEEP" 2>/dev/null || :
	cg-place -q -d "$G" || :
	teardown_tmp
}

# A process of the test's own, in the background, clear of bats' descriptors.
keep() {
	"$@" sleep 1000 </dev/null >/dev/null 2>&1 3>&- &
	KEEP=$!
}

# lines CG: where a process is, waiting until it is there.
wait_for() {
	for _ in $(seq 100); do
		"$@" && return
		sleep 0.1
	done
	return 1
}


in_cgroup() {
	grep -qx "0::/$2" "/proc/$1/cgroup"
}

# What a value becomes, seen in the script that -n prints.
value_of() {
	cg-place -q -n "$G" "$1" -- true | sed -n "s,^echo \(.*\) > .*/${1%%=*}\$,\1,p"
}

### any host

@test "cg-place: runs PROGRAM in a new cgroup and passes its status on" {
	expect 7 cg-place "$G" -- sh -c 'grep ^0:: /proc/self/cgroup; exit 7'
	same "$output" "0::/$G"
	[ -d "$MNT/$G" ]
}

@test "cg-place: takes the words behind NAME as PROGRAM, with and without --" {
	expect 0 cg-place "$G" -- echo -r -d a=b
	same "$output" "-r -d a=b"
	expect 0 cg-place "$G" echo -r --
	same "$output" "-r --"
	expect 0 cg-place "$G" -- env a=b sh -c 'echo $a'
	same "$output" b
}

@test "cg-place: without PROGRAM prints the full path of the cgroup it made" {
	expect 0 cg-place "$G/a/b"
	same "$output" "$MNT/$G/a/b"
	[ -d "$MNT/$G/a/b" ]
	expect 0 cg-place "$MNT/$G/a/b"
	same "$output" "$MNT/$G/a/b"
	expect 0 cg-place "//$G//a/"
	same "$output" "$MNT/$G/a"
}

@test "cg-place: refuses names that leave the tree" {
	for name in .. "$G/../x" "a/./b" "" "$(printf '%300s' '' | tr ' ' x)"; do
		expect 125 cg-place "$name"
		same "$output" ""
	done
	expect 125 cg-place "$G/cgroup.procs"
	[ ! -e "$MNT/$G" ]
}

@test "cg-place: exits 125 for a wrong command line, and does nothing" {
	expect 125 cg-place
	expect 125 cg-place --nonsense "$G"
	expect 125 cg-place -r "$G"
	expect 125 cg-place -j - "$G" -- true
	expect 125 cg-place -d "$G" -- true
	expect 125 cg-place -d -k "$G"
	expect 125 cg-place "$G" -r -- true
	[[ $stderr == *"options come before NAME"* ]]
	expect 125 cg-place "$G" /x=1 -- true
	expect 125 cg-place "$G" memory.max= -- true
	expect 125 cg-place "$G" memory.max=12Q
	expect 125 cg-place "$G" cpu.max=-1
	[ ! -e "$MNT/$G" ]
}

@test "cg-place: refuses -p 0 and what is no process id" {
	for pid in 0 -1 x 1x "" 99999999999; do
		expect 125 cg-place -p "$pid" "$G"
	done
	expect 125 cg-place -p 4194303 "$G"
	[[ $stderr == *"No such process"* ]]
	[ ! -e "$MNT/$G" ]
}

@test "cg-place: removes what it made when PROGRAM is not found or not executable" {
	expect 127 cg-place "$G/a" -- /no/such/program
	[ ! -e "$MNT/$G" ]
	expect 126 cg-place "$G/a" -- /
	[ ! -e "$MNT/$G" ]
	expect 127 cg-place -r "$G/a" -- /no/such/program
	[ ! -e "$MNT/$G" ]
	cg-place "$G"
	expect 127 cg-place "$G/a" -- /no/such/program
	[ -d "$MNT/$G" ]
	[ ! -e "$MNT/$G/a" ]
}

@test "cg-place: hands over a clean process" {
	# bats' own descriptors are closed first: what is left is the tool's doing.
	expect 0 bash -c 'for fd in $(seq 3 255); do eval "exec $fd>&-"; done
		cg-place "$1" -- ls /proc/self/fd' _ "$G"
	same "$output" $'0\n1\n2\n3'
	expect 0 bash -c 'for fd in $(seq 3 255); do eval "exec $fd>&-"; done
		cg-place -q -r "$1" -- ls /proc/self/fd' _ "$G-r"
	same "$output" $'0\n1\n2\n3'
	env -i PATH="$PATH" X=1 "$(command -v cg-place)" "$G" -- env >"$TMP/env"
	same "$(sort "$TMP/env")" "$(printf 'PATH=%s\nX=1' "$PATH")"
	expect 0 cg-place -q -r "$G-m" -- grep -E 'Sig(Blk|Ign)' /proc/self/status
	same "$output" "$(grep -E 'Sig(Blk|Ign)' /proc/self/status)"
}

@test "cg-place: -r passes the status on, forwards signals and removes the cgroup" {
	expect 3 cg-place -r "$G" -- sh -c 'exit 3'
	[ ! -e "$MNT/$G" ]
	expect 143 cg-place -r "$G/x" -- sh -c 'kill $$'
	[[ $stderr == *"status 143 (SIGTERM)"* ]]
	[ ! -e "$MNT/$G" ]
	cg-place -q -r "$G" -- sh -c 'trap "echo got; exit 9" USR1; echo $$ >"$1"; while :; do sleep 0.1; done' \
		_ "$TMP/pid" >"$TMP/out" 3>&- &
	KEEP=$!
	wait_for test -s "$TMP/pid"
	kill -USR1 $KEEP
	status=0
	wait $KEEP || status=$?
	same "$status" 9
	same "$(cat "$TMP/out")" got
	[ ! -e "$MNT/$G" ]
}

@test "cg-place: -r kills what PROGRAM has left, in cgroups of its own too" {
	expect 0 cg-place -r "$G" -- sh -c '
		sleep 1000 & echo $!
		mkdir '"$MNT/$G"'/own; sh -c "echo 0 > '"$MNT/$G"'/own/cgroup.procs; exec sleep 1000" & echo $!'
	[ ! -e "$MNT/$G" ]
	for pid in $output; do
		[ ! -e "/proc/$pid" ] || grep -q '^State:.Z' "/proc/$pid/status"
	done
}

@test "cg-place: -r leaves a cgroup alone that others run in" {
	keep cg-place "$G" --
	wait_for in_cgroup $KEEP "$G"
	expect 125 cg-place -r "$G" -- true
	[[ $stderr == *"others run in it"* ]]
	kill -0 $KEEP
}

@test "cg-place: -r says in one line how it ended, -q only when something is wrong" {
	expect 0 cg-place -r "$G" -- true
	[ "$(wc -l <<<"$stderr")" = 1 ]
	[[ $stderr == "cg-place: $G: status 0,"*cpu* ]]
	expect 0 cg-place -q -r "$G" -- true
	same "$stderr" ""
}

@test "cg-place: -j writes the report as JSON, and fails before the start if it can't" {
	expect 5 cg-place -q -r -j "$TMP/report" "$G" -- sh -c 'exit 5'
	same "$(jq -r '[.exit, .cgroup, (.cpu.usage_usec > 0), .oom] | @json' "$TMP/report")" \
		"[5,\"$MNT/$G\",true,null]"
	expect 0 cg-place -q -r -j - "$G" -- true
	same "$(jq .exit <<<"$output")" 0
	expect 125 cg-place -r -j "$TMP/no/such" "$G" -- touch "$TMP/ran"
	[ ! -e "$TMP/ran" ]
	[ ! -e "$MNT/$G" ]
}

@test "cg-place: -p moves a running process" {
	keep
	expect 0 cg-place -p "$KEEP" "$G"
	same "$output" "$MNT/$G"
	in_cgroup $KEEP "$G"
	# The second one fails: the first goes back where it was.
	expect 125 cg-place -p "$KEEP" -p 4194303 "$G/b"
	in_cgroup $KEEP "$G"
	[ ! -e "$MNT/$G/b" ]
}

@test "cg-place: -k kills all below and waits until it is empty" {
	cg-place "$G" -- sh -c 'setsid sleep 1000 </dev/null >/dev/null 2>&1 3>&- &'
	cg-place "$G/in" -- sh -c 'setsid sleep 1000 </dev/null >/dev/null 2>&1 3>&- &'
	grep -q 'populated 1' "$MNT/$G/cgroup.events"
	expect 0 cg-place -k "$G"
	grep -q 'populated 0' "$MNT/$G/cgroup.events"
	[ -d "$MNT/$G/in" ]
	expect 125 cg-place -k "$G/none"
}

@test "cg-place: -d removes a busy tree, and again is no error" {
	mkdir -p "$MNT/$G/a/b/c" "$MNT/$G/d"
	cg-place "$G/a/b/c" -- sh -c 'setsid sleep 1000 </dev/null >/dev/null 2>&1 3>&- &'
	expect 0 cg-place -d "$G"
	[ ! -e "$MNT/$G" ]
	expect 0 cg-place -d "$G"
	same "$output$stderr" ""
}

@test "cg-place: -d works after kill -9 of the supervisor" {
	keep cg-place -r "$G" --
	wait_for grep -qs 'populated 1' "$MNT/$G/cgroup.events"
	kill -9 $KEEP
	[ -d "$MNT/$G" ]
	expect 0 cg-place -d "$G"
	[ ! -e "$MNT/$G" ]
}

@test "cg-place: -r works in a cgroup that -k was used on" {
	cg-place "$G"
	cg-place -k "$G"
	for _ in 1 2 3; do
		expect 7 cg-place -r "$G" -- sh -c 'grep ^0:: /proc/self/cgroup; exit 7'
		same "$(head -n 1 <<<"$output")" "0::/$G"
		cg-place "$G"
		cg-place -k "$G"
	done
	expect 126 cg-place -r "$G" -- /dev/null
}

@test "cg-place: -r in a frozen cgroup obeys signals, and starts PROGRAM once" {
	local pid end got
	# Born frozen: killed there, it is not taken for a child that never lived.
	for end in 137 143; do
		cg-place "$G"
		cg-place --freeze "$G"
		cg-place -qr "$G" -- sh -c "echo ran >>$TMP/ran; sleep 60" 3>&- &
		pid=$! got=0
		wait_for grep -q 'populated 1' "$MNT/$G/cgroup.events"
		case $end in
		137) cg-place -k "$G" ;;
		143) kill -TERM $pid ;;
		esac
		wait $pid || got=$?
		same $got $end
		[ ! -d "$MNT/$G" ]
	done
	[ ! -e "$TMP/ran" ]
}

@test "cg-place: -d and -k refuse the root, process 1's cgroup and our own" {
	expect 125 cg-place -d /
	expect 125 cg-place -k "$MNT"
	[[ $stderr == *"root of the tree"* ]]
	expect 125 cg-place "$G" -- cg-place -d "$G"
	[[ $stderr == *"we are in it"* ]]
	expect 125 cg-place "$G/a" -- cg-place -k "$G"
	[ -d "$MNT/$G/a" ]
}

@test "cg-place: -d and -k leave systemd's units to systemctl" {
	cg-place "$G"
	setfattr -n trusted.invocation_id -v 1 "$MNT/$G"
	expect 125 cg-place -d "$G"
	[[ $stderr == *"hint: systemctl stop $G"* ]]
	setfattr -x trusted.invocation_id "$MNT/$G"
	expect 0 cg-place -d "$G"
}

@test "cg-place: --freeze stops all processes, --thaw lets them go on" {
	keep cg-place "$G" --
	wait_for in_cgroup $KEEP "$G"
	expect 0 cg-place --freeze "$G"
	grep -q 'frozen 1' "$MNT/$G/cgroup.events"
	expect 0 cg-place -s "$G"
	[[ $output == *"1 process, frozen"* ]]
	expect 0 cg-place --thaw "$G"
	grep -q 'frozen 0' "$MNT/$G/cgroup.events"
	cg-place --freeze "$G"
	expect 0 cg-place -d "$G"
}

@test "cg-place: -g prints one file as it is, and says why there is none" {
	cg-place "$G"
	expect 0 cg-place -g cgroup.type "$G"
	same "$output" domain
	expect 125 cg-place -g no.such "$G"
	expect 125 cg-place -g ../cgroup.procs "$G"
	expect 125 cg-place -g cgroup.type "$G/none"
	[[ $stderr == *"no such cgroup"* ]]
}

@test "cg-place: says which controller cgroup v1 holds, and where" {
	grep -q '^[^ ]* [^ ]* cgroup .*memory' /proc/mounts || skip "no cgroup v1 here"
	expect 125 cg-place "$G" memory.max=10M -- true
	[[ $stderr == *"memory controller"*"cgroup v1 holds it at "*/memory* ]]
	[[ $stderr == *"hint: "*cgroup_no_v1=memory* ]]
	[ ! -e "$MNT/$G" ]
	expect 125 cg-place "$G" io.max=8:0:rbps=1M
	[[ $stderr == *"io controller"*/blkio* ]]
	cg-place "$G"
	expect 125 cg-place -g pids.max "$G"
	[[ $stderr == *"cgroup v1 holds it at "*/pids* ]]
}

@test "cg-place: says where no cgroup2 is mounted how to mount one" {
	expect 125 unshare -m sh -c 'umount -Rl /sys/fs/cgroup; cg-place '"$G"
	[[ $stderr == *"find a cgroup2 mount"* ]]
	[[ $stderr == *"hint: mount -t cgroup2"* ]]
	expect 0 unshare -m sh -c 'umount -Rl /sys/fs/cgroup; mkdir "$1/a b"; mount -t cgroup2 x "$1/a b"
		cg-place "$2"' _ "$TMP" "$G"
	same "$output" "$TMP/a b/$G"
}

@test "cg-place: reads human values as the kernel's (memory)" {
	same "$(value_of memory.max=128M)" 128M
	same "$(value_of memory.max=128m)" 128m
	same "$(value_of memory.max=max)" max
	same "$(value_of memory.max=134217728)" 134217728
	same "$(value_of memory.high=1.5G)" 1610612736
	same "$(value_of memory.low=512MiB)" 536870912
	same "$(value_of memory.min=64kB)" 65536
	same "$(value_of memory.swap.max=0)" 0
	same "$(value_of memory.oom.group=1)" 1
	same "$(value_of hugetlb.2MB.max=4M)" 4M
	for bad in memory.max=1.2.3 memory.max=1Mx memory.max=-1 memory.max=0x10 memory.max=inf; do
		expect 125 cg-place -n "$G" $bad
		[[ $stderr == *"want bytes"* ]]
	done
}

@test "cg-place: reads human values as the kernel's (cpu)" {
	same "$(value_of cpu.max=50%)" "'50000 100000'"
	same "$(value_of cpu.max=1.5)" "'150000 100000'"
	same "$(value_of cpu.max=1)" "'100000 100000'"
	same "$(value_of cpu.max=max)" max
	same "$(value_of 'cpu.max=max 100000')" "'max 100000'"
	same "$(value_of 'cpu.max=50000 100000')" "'50000 100000'"
	same "$(value_of cpu.max=50000)" 50000
	same "$(value_of 'cpu.max=25% 40000')" "'10000 40000'"
	same "$(value_of cpu.max=0.5%)" "'5000 1000000'"
	same "$(value_of cpu.weight=200)" 200
	for bad in cpu.max=0 cpu.max=0% cpu.max=half cpu.max=50%% "cpu.max=1.5 x"; do
		expect 125 cg-place -n "$G" "$bad"
		[[ $stderr == *"want CPUs"* ]]
	done
}

@test "cg-place: reads human values as the kernel's (io, by path)" {
	same "$(value_of 'io.max=8:0 rbps=1M')" "'8:0 rbps=1048576'"
	same "$(value_of io.max=8:0:rbps=1.5M,wiops=2k)" "'8:0 rbps=1572864 wiops=2000'"
	same "$(value_of 'io.max=8:16 rbps=max wbps=10')" "'8:16 rbps=max wbps=10'"
	same "$(value_of io.weight=100)" 100
	same "$(value_of 'io.weight=default 100')" "'default 100'"
	same "$(value_of 'io.latency=8:0 target=5000')" "'8:0 target=5000'"
	expect 125 cg-place -n "$G" io.max=/proc:rbps=1M
	[[ $stderr == *"it is on proc"* ]]
	expect 125 cg-place -n "$G" io.max=/no/such:rbps=1M
	expect 125 cg-place -n "$G" io.max=rbps=1M
}

@test "cg-place: explains every act as the command for it" {
	expect 0 cg-place -x "$G/a" -- true
	same "$stderr" "+ mkdir -p $MNT/$G/a
+ echo 0 > $MNT/$G/a/cgroup.procs"
	expect 0 cg-place -n "$G/b" memory.max=128M -- true
	[[ $output == *"echo 128M > $MNT/$G/b/memory.max"* ]]
	[ ! -e "$MNT/$G/b" ]
}

@test "cg-place: -n prints a script that does the same" {
	expect 0 cg-place -n "$G/it's" -- sh -c 'cat /proc/self/cgroup; exit 4'
	expect 4 sh -c "$output"
	[[ $output == *"0::/$G/it's" ]]
	expect 0 cg-place -n "$G/c"
	expect 0 sh -c "$output"
	same "$output" "$MNT/$G/c"
	expect 0 cg-place -n -r "$G/d" -- sh -c 'sleep 1000 & grep ^0:: /proc/self/cgroup; exit 4'
	expect 4 sh -c "$output"
	same "$output" "0::/$G/d"
	[ ! -e "$MNT/$G/d" ]
	expect 0 cg-place -n -d "$G"
	script=$output
	expect 0 sh -c "$script"
	[ ! -e "$MNT/$G" ]
	expect 0 sh -c "$script"
}

@test "cg-place: -n lets the next tool of ours print its own step" {
	expect 0 cg-place -n "$G" -- cg-place "$G/in" -- cat /proc/self/cgroup
	[ ! -e "$MNT/$G" ]
	expect 0 sh -c "$output"
	[[ $output == *"0::/$G/in" ]]
}

@test "cg-place: nests in itself, and inner and outer status agree" {
	expect 6 cg-place -r "$G" -- cg-place -r "$G/a" -- cg-place "$G/a/b" -- sh -c 'grep ^0:: /proc/self/cgroup; exit 6'
	same "$output" "0::/$G/a/b"
	[ ! -e "$MNT/$G" ]
}

@test "cg-place: 100 at once and 100 in a row leave nothing" {
	for i in $(seq 100); do
		cg-place -q -r "$G/$i" -- true 3>&- &
	done
	wait
	for i in $(seq 100); do
		cg-place -q -r "$G/$i/x" -- true
	done
	[ ! -e "$MNT/$G" ] || [ -z "$(find "$MNT/$G" -mindepth 1 -type d)" ]
}

@test "cg-place: --delegate lets a user make cgroups below, and tells others how" {
	expect 0 cg-place --delegate nobody "$G"
	same "$(stat -c %U "$MNT/$G" "$MNT/$G/cgroup.procs" "$MNT/$G/cgroup.subtree_control" | sort -u)" nobody
	same "$(stat -c %U "$MNT/$G/cgroup.type")" root
	cd /
	expect 0 cg-place "$G/sh" -- setpriv --reuid 65534 --clear-groups \
		"$(command -v cg-place)" -r "$G/x/y" -- grep ^0:: /proc/self/cgroup
	same "$output" "0::/$G/x/y"
	[ ! -e "$MNT/$G/x" ]
	expect 125 setpriv --reuid 65534 --clear-groups "$(command -v cg-place)" "$G/x" -- true
	[[ $stderr == *"hint: a move needs write access"*Delegate=yes* ]]
	[ ! -e "$MNT/$G/x" ]
	expect 125 setpriv --reuid 65534 --clear-groups "$(command -v cg-place)" "$G-other"
	[[ $stderr == *"hint: root can prepare"* ]]
	expect 125 cg-place --delegate no-such-user "$G"
}

@test "cg-place: ./NAME is below the caller's own cgroup" {
	expect 0 cg-place "$G" -- cg-place ./in -- grep ^0:: /proc/self/cgroup
	same "$output" "0::/$G/in"
}

@test "cg-place: prints --help and --version on stdout" {
	expect 0 cg-place --help
	[ "$(wc -l <<<"$output")" -le 24 ]
	[ "$(wc -L <<<"$output")" -le 80 ]
	expect 0 cg-place -V
	[[ $output == "cg-place (longshore) "* ]]
}

### real controllers

# bats test_tags=vm
@test "cg-place: memory over the limit ends PROGRAM with 137, and is named (case 52)" {
	requires controllers
	expect 137 cg-place -r "$G" memory.max=20M memory.swap.max=0 -- tail /dev/zero
	[ "$(wc -l <<<"$stderr")" = 1 ]
	[[ $stderr == *"status 137 (SIGKILL), out of memory: 1 process killed by memory.max=20M of $MNT/$G, memory peak 20M"* ]]
	expect 137 cg-place -q -r -j "$TMP/j" "$G" memory.max=20M -- sh -c 'tail /dev/zero'
	[[ $stderr == *"killed by memory.max=20M of $MNT/$G"* ]]
	same "$(jq -c '[.exit, .oom.killed, .oom.cgroup, .oom.limit, .oom.value]' "$TMP/j")" \
		"[137,1,\"$MNT/$G\",\"memory.max\",20971520]"
	[ ! -e "$MNT/$G" ]
}

# bats test_tags=vm
@test "cg-place: a limit too small to start in is named, and PROGRAM not started again" {
	requires controllers
	expect 137 cg-place -r "$G" memory.max=4096 memory.swap.max=0 -- sh -c "echo ran >>$TMP/ran"
	[[ $stderr == *"killed by memory.max=4K of $MNT/$G"* ]]
	[[ $stderr == *": 1 process killed"* ]]
	[ ! -e "$TMP/ran" ]
}

# bats test_tags=vm
@test "cg-place: the report names the right culprit in a nested tree" {
	requires controllers
	# The limit of one above; the program's own cgroup has none, or a wider one.
	cg-place "$G" memory.max=20M
	expect 137 cg-place -r "$G/a/b" pids.max=50 -- tail /dev/zero
	[[ $stderr == *"killed by memory.max=20M of $MNT/$G,"* ]]
	expect 137 cg-place -r "$G/a/b" memory.max=40M -- tail /dev/zero
	[[ $stderr == *"killed by memory.max=20M of $MNT/$G,"* ]]
	# The limit of one below, still there; the shell survives it.
	expect 0 cg-place -r "$G/c" -- cg-place "$G/c/d" memory.max=5M -- sh -c 'tail /dev/zero; true'
	[[ $stderr == *"killed by memory.max=5M of $MNT/$G/c/d,"* ]]
	# One below that is gone by the end: the inner report has the name.
	expect 137 cg-place -r "$G/c" -- cg-place -r "$G/c/d" memory.max=5M -- tail /dev/zero
	[[ $stderr == *"killed by memory.max=5M of $MNT/$G/c/d,"*"a cgroup below $MNT/$G/c, removed since"* ]]
	# A neighbour's death is not ours.
	cg-place "$G/n" memory.max=5M -- tail /dev/zero || :
	expect 0 cg-place -r "$G/e" memory.max=10M -- true
	[[ $stderr != *"out of memory"* ]]
}

# bats test_tags=vm
@test "cg-place: memory.oom.group kills the whole cgroup" {
	requires controllers
	expect 137 cg-place -r "$G" memory.max=20M memory.oom.group=1 -- sh -c 'tail /dev/zero; echo survived'
	same "$output" ""
	[[ $stderr == *"processes killed by memory.max=20M"* ]]
}

# bats test_tags=vm
@test "cg-place: a fork bomb stays inside pids.max (case 53)" {
	requires controllers
	# dash gives up at the first fork that fails: any status will do.
	cg-place -q -r -j "$TMP/j" "$G" pids.max=20 -- \
		sh -c 'bomb() { bomb | bomb & }; bomb; sleep 2' 2>/dev/null || :
	[ "$(jq .pids.refused "$TMP/j")" -gt 0 ]
	[ ! -e "$MNT/$G" ]
	expect 0 cg-place -r "$G" pids.max=3 -- bash -c '(sleep 1 & sleep 1 & sleep 1 & sleep 1 & wait) 2>/dev/null; true'
	[[ $stderr == *"refused by pids.max"* ]]
}

# bats test_tags=vm
@test "cg-place: cpu.max throttles to the ratio it says (case 48)" {
	requires controllers
	# Periods in which the quota ran out: the work done in each is 20 % of it, whatever
	# the machine's speed.
	expect 124 cg-place -q -r -j "$TMP/j" "$G" cpu.max=20% -- timeout 3 sh -c 'while :; do :; done'
	run jq '.cpu.usage_usec / (.cpu.nr_periods * 20000)' "$TMP/j"
	awk -v r="$output" 'BEGIN { exit !(r > 0.85 && r < 1.1) }'
	[ "$(jq .cpu.nr_throttled "$TMP/j")" -gt 5 ]
	[ "$(jq .cpu.throttled_usec "$TMP/j")" -gt 0 ]
}

# bats test_tags=vm
@test "cg-place: io.max finds the whole disk below a path, a loop device's too" {
	requires controllers
	truncate -s 64M "$TMP/img"
	mkfs.ext4 -q "$TMP/img"
	mkdir "$TMP/mnt"
	mount -o loop "$TMP/img" "$TMP/mnt"
	dev=$(lsblk -ndo MAJ:MIN "$(findmnt -no SOURCE "$TMP/mnt")" | tr -d ' ')
	cg-place "$G" "io.max=$TMP/mnt:wbps=1M,riops=50"
	same "$(cg-place -g io.max "$G")" "$dev rbps=max wbps=1048576 riops=50 wiops=max"
	expect 0 cg-place "$G" "io.max=$TMP/mnt wbps=2M" -- \
		dd if=/dev/zero of="$TMP/mnt/f" bs=1M count=6 oflag=direct
	# 6 MB at 2 MB/s: seen in the pressure, as no test asserts a time.
	[ "$(sed -n 's/^some.*total=//p' "$MNT/$G/io.pressure")" -gt 1000000 ]
	expect 0 cg-place -s "$G"
	[[ $output == *"$dev rbps=max wbps=2097152"* ]]
	# A value that is put back when a later one fails.
	expect 125 cg-place "$G" "io.max=$TMP/mnt wbps=9M" pids.max=zz
	same "$(cg-place -g io.max "$G")" "$dev rbps=max wbps=2097152 riops=50 wiops=max"
	cg-place -d "$G"
	umount "$TMP/mnt"
}

# bats test_tags=vm
@test "cg-place: io.max resolves a partition to its disk" {
	requires controllers
	truncate -s 64M "$TMP/img"
	# A boot record with one partition: type 83, from sector 2048, 65536 sectors.
	printf '\0\0\0\0\203\0\0\0\0\10\0\0\0\0\1\0' |
		dd of="$TMP/img" bs=1 seek=446 conv=notrunc status=none
	printf '\125\252' | dd of="$TMP/img" bs=1 seek=510 conv=notrunc status=none
	loop=$(losetup -Pf --show "$TMP/img")
	wait_for test -b "${loop}p1"
	cg-place "$G" "io.max=${loop}p1:rbps=1M"
	run lsblk -ndo MAJ:MIN "$loop"
	[[ $(cg-place -g io.max "$G") == "${output// /} rbps=1048576"* ]]
	cg-place -d "$G"
	losetup -d "$loop"
}

# bats test_tags=vm
@test "cg-place: cpuset.cpus binds, and a CPU that is not there is told (case 49)" {
	requires controllers
	expect 0 cg-place "$G" cpuset.cpus=0 -- grep -P 'Cpus_allowed_list:\t0$' /proc/self/status
	expect 125 cg-place "$G" cpuset.cpus=4000
	[[ $stderr == *"hint: CPUs to choose from: 0"* ]]
	same "$(cg-place -g cpuset.cpus "$G")" 0
}

# bats test_tags=vm
@test "cg-place: enables only the controllers that are needed, all the way down (case 47)" {
	requires controllers
	before=$(cat "$MNT/cgroup.subtree_control")
	cg-place "$G/a/b" pids.max=5
	same "$(cat "$MNT/$G/cgroup.subtree_control")" pids
	same "$(cat "$MNT/$G/a/cgroup.subtree_control")" pids
	same "$(cat "$MNT/$G/a/b/cgroup.controllers")" pids
	read -ra after <"$MNT/cgroup.subtree_control"
	for c in "${after[@]}"; do
		[ "$c" = pids ] || [[ " $before " == *" $c "* ]]
	done
}

# bats test_tags=vm
@test "cg-place: a failing step puts back what it has changed" {
	requires controllers
	expect 125 cg-place "$G/a" memory.max=10M pids.max=zz -- true
	[[ $stderr == *"write zz to $MNT/$G/a/pids.max: Invalid argument"* ]]
	[ ! -e "$MNT/$G" ]
	cg-place "$G" memory.max=10M cpu.max=50% cpuset.cpus=0
	expect 125 cg-place "$G" memory.max=20M cpu.max=max cpuset.cpus=0-1 pids.max=zz
	same "$(cg-place -g memory.max "$G")" 10485760
	same "$(cg-place -g cpu.max "$G")" "50000 100000"
	same "$(cg-place -g cpuset.cpus "$G")" 0
	expect 127 cg-place "$G" memory.max=20M -- /no/such
	same "$(cg-place -g memory.max "$G")" 10485760
}

# bats test_tags=vm
@test "cg-place: a file that the kernel lacks is named beside those it has" {
	requires controllers
	expect 125 cg-place "$G" memory.maxx=1
	[[ $stderr == *"hint: this kernel has no such file here; it has: "*memory.max* ]]
	expect 125 cg-place "$G" nonsense.max=1
	[[ $stderr == *"this kernel has no such controller"* ]]
	[ ! -e "$MNT/$G" ]
}

# bats test_tags=vm
@test "cg-place: explains the rule that inner cgroups hold no processes (case 43)" {
	requires controllers
	cg-place "$G/a" memory.max=9M
	expect 125 cg-place "$G" -- true
	[[ $stderr == *"hint: "*"no internal processes"*"use a leaf: $G/NAME"* ]]
	expect 125 cg-place -r "$G" -- true
	[[ $stderr == *"move the new process into $MNT/$G: "* ]]
	keep cg-place "$G/b" --
	wait_for in_cgroup $KEEP "$G/b"
	expect 125 cg-place "$G/b/c" memory.max=9M -- true
	[[ $stderr == *"hint: "*"holds processes itself"*"mkdir $MNT/$G/b/leaf"* ]]
	[ ! -e "$MNT/$G/b/c" ]
}

# bats test_tags=vm
@test "cg-place: alone in its own cgroup it makes room for children" {
	requires controllers
	expect 0 cg-place "$G" -- cg-place ./in memory.max=9M pids.max=9 -- grep ^0:: /proc/self/cgroup
	same "$output" "0::/$G/in"
	cg-place -d "$G"
	cg-place "$G"
	expect 0 cg-place "$G" -- cg-place -q -r ./in memory.max=9M pids.max=9 -- grep ^0:: /proc/self/cgroup
	same "$output" "0::/$G/in"
	same "$stderr" ""
	same "$(find "$MNT/$G" -type d)" "$MNT/$G"
	same "$(cat "$MNT/$G/cgroup.subtree_control")" ""
}

# bats test_tags=vm
@test "cg-place: works unprivileged in a delegated part, within root's limit" {
	requires controllers
	cg-place --delegate nobody "$G" memory.max=30M
	cd /
	me=$(command -v cg-place)
	expect 137 cg-place "$G/sh" -- setpriv --reuid 65534 --clear-groups "$me" -r "$G/x" memory.max=10M -- tail /dev/zero
	[[ $stderr == *"memory.max=10M of $MNT/$G/x,"* ]]
	expect 137 cg-place "$G/sh" -- setpriv --reuid 65534 --clear-groups "$me" -r "$G/x" memory.max=1G -- tail /dev/zero
	[[ $stderr == *"memory.max=30M of $MNT/$G,"* ]]
	expect 125 cg-place "$G/sh" -- setpriv --reuid 65534 --clear-groups "$me" "$G" memory.max=1G
	[[ $stderr == *"hint: limits belong to whoever delegated"* ]]
}

# bats test_tags=vm
@test "cg-place: -s shows limits and usage" {
	requires controllers
	keep cg-place "$G" memory.max=64M cpu.max=50% pids.max=9 --
	wait_for in_cgroup $KEEP "$G"
	expect 0 cg-place -s "$G"
	[[ ${lines[0]} == "$MNT/$G: 1 process" ]]
	grep -qE '^memory +64M +[0-9.]+K' <<<"$output"
	grep -qE '^cpu +0.5 CPUs' <<<"$output"
	grep -qE '^pids +9 +1 ' <<<"$output"
	expect 0 cg-place -g memory.max "$G"
	same "$output" 67108864
}

# bats test_tags=vm
@test "cg-place: the script of -n sets what the tool sets" {
	requires controllers
	set -- memory.max=128M memory.high=100.5M cpu.max=1.5 pids.max=64 cpuset.cpus=0
	cg-place "$G/tool" "$@"
	cg-place -d "$G/tool"
	expect 0 cg-place -n "$G/script" "$@" -- sh -c 'grep ^0:: /proc/self/cgroup; exit 3'
	expect 3 sh -c "$output"
	same "$output" "0::/$G/script"
	cg-place "$G/tool" "$@"
	for f in memory.max memory.high cpu.max pids.max cpuset.cpus; do
		same "$(cg-place -g $f "$G/script")" "$(cg-place -g $f "$G/tool")"
	done
	expect 0 cg-place -n -r "$G/r" memory.max=10M -- tail /dev/zero
	expect 137 sh -c "$output"
	[ ! -e "$MNT/$G/r" ]
}

# bats test_tags=vm
@test "cg-place: make, place and remove, over and over, leave nothing" {
	requires controllers
	before=$(find "$MNT" -type d | sort)
	# 1,000 take minutes where the VM is emulated (LONGSHORE_CYCLES=1000).
	for i in $(seq "${LONGSHORE_CYCLES:-60}"); do
		cg-place -q -r "$G/$i" memory.max=10M pids.max=9 -- /bin/true
	done
	same "$(find "$MNT" -type d | sort)" "$before"
}
