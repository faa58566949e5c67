# ns-exec: the security module's label that PROGRAM starts with.
# shellcheck disable=SC2016,SC2154
load helpers

setup() {
	requires root
	setup_tmp
	cd "$TMP" || return
	mkdir -p root/bin
	cp /bin/busybox root/bin/
	ln -s busybox root/bin/cat
	echo secret >root/secret
}

teardown() {
	[ -z "${LOADED:-}" ] || apparmor_parser -R profile || :
	teardown_tmp
}

@test "ns-exec: a label that the machine does not know is 125 and a hint, never ignored" {
	expect 125 ns-exec --apparmor "longshore-none-$$" -- sh -c 'echo ran >ran'
	[[ $stderr == *"start in the AppArmor profile longshore-none-$$: "*"hint: is AppArmor enabled and the profile loaded? aa-status(8)"* ]]
	expect 125 ns-exec --pid --root root --apparmor "longshore-none-$$" -- /bin/cat /secret
	same "$output" ""
	expect 125 ns-exec --selinux a:b:c:s0 -- sh -c 'echo ran >ran'
	[[ $stderr == *"start in the SELinux context a:b:c:s0: "*"hint: is SELinux enabled? sestatus(8)"* ]]
	[ ! -e ran ]
	# The script asks setpriv(1), which is refused as well.
	ns-exec -n --apparmor "longshore-none-$$" -- sh -c 'echo ran >ran' >script
	grep -q "setpriv --apparmor-profile longshore-none-$$ sh" script
	run ! sh script
	[ ! -e ran ]
}

# bats test_tags=vm
@test "ns-exec: --apparmor starts PROGRAM, and nothing before it, in the profile" {
	command -v apparmor_parser >/dev/null || skip "needs apparmor_parser (package apparmor)"
	local how
	mountpoint -q /sys/kernel/security || mount -t securityfs none /sys/kernel/security
	cat >profile <<-'EOF'
		profile longshore-test flags=(attach_disconnected) {
			capability,
			file,
			deny /**/secret r,
			deny /secret r,
		}
	EOF
	apparmor_parser -r profile
	LOADED=yes
	# A mount, a pivot, an id map: the profile allows none of them, and they are done.
	for how in "" "--pid --init" "--map-root --pid --net --ipc" "--pid -t" "--pid --allow-new-privs"; do
		# shellcheck disable=SC2086 # words on purpose
		expect 0 ns-exec $how --root root --apparmor longshore-test -- \
			/bin/cat /proc/self/attr/current
		same "${output//$'\r'/}" "longshore-test (enforce)"
		# shellcheck disable=SC2086
		expect 1 ns-exec $how --root root --apparmor longshore-test -- /bin/cat /secret
		[[ $output$stderr == *"Permission denied"* ]]
	done
	expect 1 ns-exec --apparmor longshore-test -- cat root/secret
	ns-exec -n --apparmor longshore-test -- cat /proc/self/attr/current >script
	same "$(sh script)" "longshore-test (enforce)"
	expect 0 ns-exec --root root -- /bin/cat /secret
	expect 125 ns-exec --root root --apparmor no-such-profile -- /bin/cat /secret
	[[ $stderr == *"hint: is AppArmor enabled and the profile loaded?"* ]]
}
