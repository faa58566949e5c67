#!/usr/bin/env bats
load helpers

@test "lessons: every one checks itself, unattended, and leaves the host unchanged" {
	requires root docker-registry jq busybox userns
	run "$ROOT/pipelines/lessons/all" --check
	echo "$output"
	[ "$status" = 0 ]
}

@test "lessons: each is short enough to read aloud" {
	for lesson in "$ROOT"/pipelines/lessons/[0-9][0-9]-*; do
		[ "$(wc -l <"$lesson")" -le 80 ]
	done
}

@test "lessons: the first ones need no privilege" {
	requires root newuidmap userns
	# A copy of the lists of subordinate ids, in a mount namespace of our own.
	setup_tmp
	echo "nobody:300000:65536" >"$TMP/subid"
	for lesson in 04-layers 05-overlay 07-namespaces 10-users; do
		unshare --mount sh -c 'mount --bind "$1" /etc/subuid && mount --bind "$1" /etc/subgid &&
			exec setpriv --reuid nobody --regid nogroup --clear-groups "$2"' \
			sh "$TMP/subid" "$ROOT/pipelines/lessons/$lesson"
	done
	teardown_tmp
}
