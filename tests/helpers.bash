# Loaded by every .bats file: `load helpers`.
# BIN may point at another build (bin/san); the tools and pipelines come first on PATH.

ROOT=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
: "${BIN:=$ROOT/bin}"
PATH=$BIN:$ROOT/pipelines:$PATH
# Exit is the free: leak reports would be noise.
export ROOT BIN PATH ASAN_OPTIONS=detect_leaks=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}
export LC_ALL=C.UTF-8
bats_require_minimum_version 1.5.0

# The system's python3, past any version manager's shim, which costs 0.1 s a start.
# $PYTHON is for sh -c, which has no functions of bash.
PYTHON=/usr/bin/python3
[ -x "$PYTHON" ] || PYTHON=$(command -v python3 || echo python3)
export PYTHON
python3() { "$PYTHON" "$@"; }

# requires WHAT...: skip, with the reason, where the machine lacks something.  What the
# VM has must not be guarded by this: tag such a test "vm" (# bats test_tags=vm) and it
# runs there; `make check` filters it out on the host and runs it in the VM.
requires() {
	local what
	for what; do
		case $what in
		root) [ "$(id -u)" = 0 ] || skip "needs root" ;;
		user) getent passwd nobody >/dev/null || skip "needs a user to become" ;;
		controllers)
			grep -q memory /sys/fs/cgroup/cgroup.controllers 2>/dev/null ||
				skip "needs cgroup2 with controllers (tests/rig/vm)" ;;
		userns) unshare --user --map-root-user true 2>/dev/null ||
			skip "needs a user namespace, refused here (EPERM for all chrooted processes)" ;;
		fuse) [ -c /dev/fuse ] || skip "needs /dev/fuse" ;;
		*) command -v "$what" >/dev/null || skip "needs the command $what" ;;
		esac
	done
}

# A directory of the test's own, on a real file system (not below a 0700 home).
setup_tmp() {
	TMP=$(mktemp -d "${TMPDIR:-/tmp}/longshore-test.XXXXXX")
	chmod 755 "$TMP"
}

teardown_tmp() {
	[ -n "${TMP:-}" ] || return 0
	# Never remove through a mount that a failed test has left.
	awk -v t="$TMP/" 'index($5, t) == 1 {print $5}' /proc/self/mountinfo | sort -r |
		while read -r m; do umount "$m" || umount -l "$m"; done
	rm -rf --one-file-system "$TMP"
}

# Fails with a picture of both when two texts differ.
same() {
	[ "$1" = "$2" ] || { printf 'want: %s\ngot:  %s\n' "$2" "$1"; return 1; }
}

# expect STATUS COMMAND...: `run` with separate stderr, and the status checked.
expect() {
	local want=$1
	shift
	run --separate-stderr "$@"
	[ "$status" = "$want" ] && return
	printf 'status %s, want %s\nstdout: %s\nstderr: %s\n' "$status" "$want" "$output" "$stderr"
	return 1
}

# The machine's memory of a run: mounts, links, named netns, rules, cgroups.
audit() {
	cut -d' ' -f4-5 /proc/self/mountinfo | sort
	ip -o link | sed 's/^[0-9]*: //; s/@.*//; s/:.*//' | sort
	ip netns list | sort
	nft list tables 2>/dev/null | sort
	find /sys/fs/cgroup -type d 2>/dev/null | sort
}

# $DEBIAN is a tar of a whole Debian, made once and kept.  mmdebstrap hands a descriptor's
# number to sh, which knows one digit only: leave it some.
debian_tar() {
	export DEBIAN=${XDG_CACHE_HOME:-/var/cache}/longshore-tests/debian.tar
	[ ! -s "$DEBIAN" ] || return 0
	mkdir -p "${DEBIAN%/*}"
	(
		flock 9
		[ ! -s "$DEBIAN" ] || exit 0
		mmdebstrap --quiet --format=tar --variant=minbase bookworm \
			"$DEBIAN.part" 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &&
			mv "$DEBIAN.part" "$DEBIAN"
	) 9>"${DEBIAN%/*}/lock"
	[ -s "$DEBIAN" ]
}
