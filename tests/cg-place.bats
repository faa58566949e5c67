#!/usr/bin/env bats
load helpers

setup() {
	requires root
	setup_tmp
	G=lstest-$$-$BATS_TEST_NUMBER
}

teardown() {
	cg-place -q -d "$G" || :
	teardown_tmp
}

@test "cg-place: runs PROGRAM in a new cgroup and passes its status on" {
	expect 7 cg-place "$G" -- sh -c 'grep ^0:: /proc/self/cgroup; exit 7'
	same "$output" "0::/$G"
}
