# seccomp-compile turns a JSON profile into the program that seccomp(2) loads.
load helpers

setup() {
	setup_tmp
	cd "$TMP" || return 1
}

teardown() {
	cd /
	teardown_tmp
}

# A profile that allows all but what is named.
deny() {
	printf '{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86_64"],
		"syscalls":[{"names":["%s"],"action":"SCMP_ACT_ERRNO","errnoRet":%s}]}' "$1" "$2"
}

@test "seccomp-compile: a program is whole instructions of eight bytes" {
	deny mkdir 1 >p.json
	seccomp-compile p.json >p.bpf
	[ "$(wc -c <p.bpf)" -gt 0 ]
	[ $(($(wc -c <p.bpf) % 8)) = 0 ]
	seccomp-compile p.json | cmp - p.bpf
}

@test "seccomp-compile: ns-exec loads the program, and the call is refused with its errno" {
	deny mkdirat 13 | seccomp-compile - >p.bpf
	deny mkdir 13 | seccomp-compile - >q.bpf
	ns-exec --seccomp p.bpf -- true
	run ns-exec --seccomp p.bpf -- ns-exec --seccomp q.bpf -- mkdir made
	[ "$status" != 0 ]
	[[ $output == *"Permission denied"* ]]
	[ ! -e made ]
}

@test "seccomp-compile: what is no profile is one clear line and status 1" {
	for text in 'not json' '[]' '{"defaultAction":"SCMP_ACT_NONSENSE"}' ''; do
		printf '%s' "$text" >bad.json
		expect 1 seccomp-compile bad.json
		[ -z "$output" ]
		[ "$(wc -l <<<"$stderr")" = 1 ]
	done
	expect 1 seccomp-compile /nonexistent
}
