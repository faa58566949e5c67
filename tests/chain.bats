# One contract for all tools that change the process and become the next one.
# shellcheck disable=SC2016,SC2154
load helpers

setup() {
	setup_tmp
	cd "$TMP" || return
	mkdir -p lower/bin upper work merged
	cp /bin/busybox lower/bin/sh
}

teardown() {
	[ ! -x "$BIN/cg-place" ] || cg-place -d "$CG" 2>/dev/null || true
	[ ! -x "$BIN/net-plumb" ] || net-plumb -d "$NET" 2>/dev/null || true
	teardown_tmp
}

CG=chain-test-$$
NET=chain$$

# each FUNCTION: with the words of every tool that exists, up to and without PROGRAM.
# What a step leaves behind is taken back by -r, or is in a namespace of its own.
each() {
	local bad=0
	"$@" ns-exec --uts || { echo "# ns-exec"; bad=1; }
	[ ! -x "$BIN/ovl-mount" ] || "$@" ovl-mount -r -l lower merged || { echo "# ovl-mount"; bad=1; }
	[ ! -x "$BIN/cg-place" ] || "$@" cg-place -r "$CG" || { echo "# cg-place"; bad=1; }
	[ ! -x "$BIN/net-plumb" ] || "$@" net-plumb -r "$NET" || { echo "# net-plumb"; bad=1; }
	return $bad
}

no_operand() { expect 125 "$1"; }
@test "chain: no operand at all is 125" { each no_operand; }

unknown() { expect 125 "$1" --no-such-option x true && [ -z "$output" ]; }
@test "chain: an unknown option is 125" { each unknown; }

not_executable() { expect 126 "$@" -- /; }
@test "chain: a directory as PROGRAM is 126" { each not_executable; }

not_found() { expect 127 "$@" -- no_such && [[ $stderr == *"exec no_such: No such file"* ]]; }
@test "chain: a missing PROGRAM is 127" { each not_found; }

quiet() { local tool=$1; shift; not_found "$tool" -q "$@"; }
@test "chain: -q still says why it fails" { each quiet; }

status() { expect 7 "$@" -- sh -c 'exit 7'; }
@test "chain: the status of PROGRAM passes" { each status; }

options() { expect 0 "$@" sh -c 'echo "$@"' x -r -h -- -n && same "$output" "-r -h -- -n"; }
@test "chain: PROGRAM's own options are left alone" { each options; }

one_dash() { expect 0 "$@" -- sh -c 'echo "$@"' x -- y && same "$output" "-- y" &&
	expect 127 "$@" -- -- true; }
@test "chain: one -- before PROGRAM is dropped, no more" { each one_dash; }

# No pipe in that shell: its own end of it may be open still when ls looks.
no_fd() { expect 0 "$@" -- sh -c 'ls /proc/$$/fd; :' 3<&- && same "$output" "$WANT"; }
@test "chain: PROGRAM inherits no descriptor of ours" {
	WANT=$(sh -c 'ls /proc/$$/fd; :' 3<&-)
	each no_fd
}

signals() {
	same "$(sh -c 'trap "" PIPE HUP; exec "$@"' sh "$@" -- grep -E 'Sig(Blk|Ign)' /proc/self/status)" "$WANT"
}
@test "chain: signal mask and dispositions are as found" {
	WANT=$(sh -c 'trap "" PIPE HUP; exec grep -E "Sig(Blk|Ign)" /proc/self/status')
	each signals
}

environment() { same "$("$@" -- env | grep -v '^_=' | sort)" "$WANT"; }
@test "chain: the environment is as found" {
	WANT=$(env | grep -v '^_=' | sort)
	each environment
}

help_text() { expect 0 "$1" --help && [ -z "$stderr" ] && [ "$(wc -l <<<"$output")" -le 24 ]; }
@test "chain: --help is on stdout, within 24 lines, and 0" { each help_text; }

dry() {
	local tool=$1
	shift
	expect 0 "$tool" -n "$@" -- touch ran && [ ! -e ran ] && sh -n <<<"$output"
}
@test "chain: -n runs no PROGRAM and prints what sh can parse" { each dry; }

nested() { expect 3 "$@" -- ns-exec --uts -- ns-exec --ipc -- sh -c 'exit 3'; }
@test "chain: tools nest" { each nested; }

@test "chain: all four as one command, whose status is the program's" {
	local t
	for t in cg-place net-plumb ovl-mount; do
		[ -x "$BIN/$t" ] || skip "$t is not built yet"
	done
	expect 7 cg-place -r "$CG" -- net-plumb -r "$NET" -- ns-exec --mount -- \
		ovl-mount -l lower -u upper -w work merged -- \
		ns-exec --pid --uts --ipc --cgroup --root merged -- /bin/sh -c 'echo $$ > /f; exit 7'
	same "$(cat upper/f)" 1
	expect 0 cg-place -n "$CG" -- net-plumb "$NET" -- ns-exec --mount -- \
		ovl-mount -l lower -u upper -w work merged -- ns-exec --pid --root merged -- /bin/sh
	sh -n <<<"$output"
	[[ $output == *overlay* && $output == *"unshare --mount"* && $output == *netns* ]]
}
