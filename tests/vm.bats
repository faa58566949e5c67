# Host tests once more on the VM's kernel, Debian 12's 6.1: what is newer than it has a
# fallback, and what only the host's kernel does is no proof.
# bats file_tags=vm
load helpers

# again FILE [BATS OPTION]...: its host tests, in a bats of their own; what fails, with
# what bats says of it.
again() {
	local file=$BATS_TEST_DIRNAME/$1 out
	shift
	out=$(
		unset "${!BATS_@}"
		bats --formatter tap --filter-tags '!vm' "$@" "$file" 2>&1 </dev/null
	) && return
	awk '/^not ok/ { show = 1 } /^ok/ { show = 0 } show' <<<"$out"
	grep -q '^not ok' <<<"$out" || echo "$out"
	return 1
}

@test "ns-exec: namespaces, root and rights are the same on Debian's kernel" {
	again ns-exec.bats
}

@test "ns-exec: attacks fail on Debian's kernel as well" {
	again ns-exec-attacks.bats -f '^ns-exec: [^p]'
}

@test "chain: the contract of the chain tools holds on Debian's kernel" {
	again chain.bats
}

# An emulated processor takes ten times as long: what depends on the kernel most.
@test "net-plumb: networks are the same on Debian's kernel" {
	again net-plumb.bats -f 'without PROGRAM|-d leaves|forward|after ip netns|-r takes|-n prints'
}

@test "net-plumb: who reaches whom is the same on Debian's kernel" {
	again net-matrix.bats -f 'for tcp'
}
