#!/usr/bin/env bats
load helpers

setup() { setup_tmp; }
teardown() { teardown_tmp; }

# $child, once there is one; the file ends without a newline, hence the second test.
child_of() {
	read -r child _ <"/proc/$1/task/$1/children" || [ "$child" ]
}

@test "exit-hook: the hook gets the status, and so do we" {
	expect 7 exit-hook 'echo "ended $1"' -- sh -c 'echo ran; exit 7'
	same "$output" "ran
ended 7"
	expect 0 exit-hook 'exit 3' true
	[[ $stderr == *'the hook failed: exit 3'* ]]
}

@test "exit-hook: a signal is passed on, its death reported as 128+n, the hook still runs" {
	exit-hook 'echo "$1" >'"$TMP/end" sleep 60 3>&- &
	pid=$!
	until child_of "$pid"; do sleep .01; done
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	same "$status" 143
	same "$(cat "$TMP/end")" 143
}

@test "exit-hook: a program that handles the signal decides its own status" {
	exit-hook 'echo "$1" >'"$TMP/end" sh -c 'trap "exit 5" USR1; echo >'"$TMP/ready"';
		while :; do sleep .01; done' 3>&- &
	pid=$!
	until [ -e "$TMP/ready" ]; do sleep .01; done
	kill -USR1 "$pid"
	status=0
	wait "$pid" || status=$?
	same "$status" 5
}

@test "exit-hook: kill -9 takes the program along" {
	exit-hook true sleep 60 3>&- &
	pid=$!
	until child_of "$pid"; do sleep .01; done
	kill -KILL "$pid"
	tries=0
	while [ -d "/proc/$child" ] && [ "$(cut -d' ' -f3 "/proc/$child/stat")" != Z ]; do
		tries=$((tries + 1))
		[ "$tries" -lt 500 ]
		sleep .01
	done
}

@test "exit-hook: a hook of plain words needs no shell, any other gets one" {
	mkdir "$TMP/shellless"
	ln -s /bin/true "$TMP/shellless/true"
	ln -s "$(command -v touch)" "$TMP/shellless/touch"
	expect 0 env PATH="$TMP/shellless" "$BIN/exit-hook" "touch  $TMP/a $TMP/b" true
	[ -e "$TMP/a" ] && [ -e "$TMP/b" ]
	expect 0 exit-hook 'exit 0' true
	same "$stderr" ''
	expect 0 exit-hook "touch $TMP/*.c; true" true
	[ -e "$TMP/*.c" ]
	expect 3 exit-hook '' sh -c 'exit 3'
	same "$stderr" ''
}

@test "exit-hook: waits with no descriptor of the caller's, so that a reader sees the end" {
	mkfifo "$TMP/fifo"
	exit-hook true sh -c 'exec 9>&-; sleep 60' 9>"$TMP/fifo" 3>&- &
	pid=$!
	read -r _ <"$TMP/fifo" || true
	kill "$pid"
	wait "$pid" || true
}

@test "exit-hook: its own failures are 125, 126 and 127" {
	expect 125 exit-hook
	expect 125 exit-hook true
	expect 125 exit-hook --no-such true true
	expect 126 exit-hook true /
	expect 127 exit-hook true no_such_program
	same "$output" ""
}

@test "exit-hook: -n prints a script that does the same, -x says what is done" {
	expect 0 exit-hook -n 'echo "ended $1"' sh -c 'exit 7'
	same "$(sh -c "$output"; echo "status $?")" "ended 7
status 7"
	expect 7 exit-hook -x 'echo "ended $1"' sh -c 'exit 7'
	[[ $stderr == *"+ sh -c 'echo \"ended \$1\"' sh 7"* ]]
}
