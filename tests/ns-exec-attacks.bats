# ns-exec: what a hostile image, or a program in a container, tries against the host.
# shellcheck disable=SC2016,SC2154
load helpers

setup() {
	setup_tmp
	cd "$TMP" || return
	mkdir -p root/bin
	cp /bin/busybox root/bin/
	local a
	for a in sh cat ls mkdir mount chroot readlink ln rm stat unshare; do
		ln -s busybox root/bin/$a
	done
	echo host >"$TMP/secret"
}

teardown() {
	teardown_tmp
}

box() {
	ns-exec --pid --uts --ipc --root root "$@"
}

# A static program from C on standard input.
compile() {
	cc -static -O1 -o "$1" -x c -
}

# Two chroots and "..": 0 when they lead to the container's root, 6 when past it.
escape() {
	compile root/bin/escape <<-'EOF'
		#include <stdio.h>
		#include <sys/stat.h>
		#include <unistd.h>
		int main(void) {
			mkdir("jail", 0755);
			if (chroot("jail")) return 3;
			for (int i = 0; i < 64; i++) if (chdir("..")) return 4;
			if (chroot(".")) return 5;
			return access("/bin/escape", F_OK) == 0 && access("/usr", F_OK) ? 0 : 6;
		}
	EOF
}

@test "ns-exec: the classic double chroot does not lead out" {
	escape
	expect 0 box --cap-add ALL --seccomp none -- /bin/escape
	expect 0 ns-exec --root root --no-proc --cap-add ALL --seccomp none -- /bin/escape
}

# pivot_root(2) would move such a chroot's own mount, and leave all that is above it.
@test "ns-exec: nor does it when ns-exec runs in a chroot that is a mount point" {
	escape
	mkdir chr
	expect 0 unshare -m bash -ec 'mount --rbind / chr; mount --make-rshared /
		before=$(wc -l </proc/self/mountinfo)
		chroot chr "$BIN/ns-exec" --root "$PWD/root" --cap-add ALL --seccomp none -- /bin/escape
		chroot chr "$BIN/ns-exec" --mount -- sh -c "mount -t tmpfs none $PWD/chr; ls /"
		[ "$before" = "$(wc -l </proc/self/mountinfo)" ]'
}

@test "ns-exec: the old root is gone from the mount table and from /proc/1/root" {
	same "$(box --cap-add ALL --seccomp none -- /bin/ls /proc/1/root/)" $'bin\ndev\nproc\nsys'
	same "$(box -- /bin/cat /proc/self/mountinfo | cut -d' ' -f5 | grep -cvE '^/($|proc|sys|dev)')" 0
}

@test "ns-exec: no descriptor of the caller's or of ours is open inside (CVE-2024-21626)" {
	exec 9<"$TMP" 8</
	same "$(box -- /bin/sh -c 'for i in 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
		[ ! -d /proc/self/fd/$i/.. ] || echo open $i; done')" ""
	exec 9<&- 8<&-
}

@test "ns-exec: a working directory through a leaked descriptor is refused (CVE-2024-21626)" {
	exec 9</
	local fd
	for fd in 3 4 5 6 7 8 9 10; do
		expect 125 box --workdir "/proc/self/fd/$fd" -- /bin/ls
		expect 125 box --workdir "/proc/self/fd/$fd/../../../../.." -- /bin/ls
	done
	exec 9<&-
}

@test "ns-exec: directory descriptors do not leak through a chain of three" {
	exec 9</
	expect 0 ns-exec --mount -- ns-exec --uts -- ns-exec --pid --root root -- \
		/bin/sh -c 'ls /proc/self/fd/9/etc'" || ls -l /proc/self/fd | grep -c -e '-> /'"
	exec 9<&-
	[[ $output != *passwd* ]]
}

@test "ns-exec: our binary cannot be overwritten as /proc/self/exe (CVE-2019-5736)" {
	local before
	cp "$(command -v ns-exec)" ./victim
	before=$(sha256sum <victim)
	# What runs there is a copy in memory, wherever the binary lies.
	same "$(./victim --pid --init --root root --cap-add ALL -- /bin/readlink /proc/1/exe)" "/memfd:ns-exec (deleted)"
	same "$("$BIN/ns-exec" --pid --init --root root --cap-add ALL -- /bin/readlink /proc/1/exe)" \
		"/memfd:ns-exec (deleted)"
	# The image's "program" is whatever binary runs it; under its name we run again, as
	# the parent of a program that holds our binary open until it can be written.
	compile root/bin/overwrite <<-'EOF'
		#define _GNU_SOURCE
		#include <fcntl.h>
		#include <stdio.h>
		#include <unistd.h>
		int main(void) {
			char path[64];
			for (int pid = 1; pid < 4; pid++) {
				sprintf(path, "/proc/%d/exe", pid);
				int fd = open(path, O_PATH);
				if (fd < 0) continue;
				sprintf(path, "/proc/self/fd/%d", fd);
				int w = open(path, O_WRONLY);
				if (w >= 0 && write(w, "owned", 5) == 5) { puts("owned"); return 1; }
			}
			return 0;
		}
	EOF
	ln -s /proc/self/exe root/bin/again
	expect 0 ./victim --pid --init --root root --cap-add ALL --seccomp none -- /bin/overwrite
	same "$(sha256sum <victim)" "$before"
	# Without an init it is a small program that does no more than run its first word.
	expect 0 ./victim --pid --root root --cap-add ALL --seccomp none -- \
		/bin/again /bin/overwrite
	run -127 ./victim --pid --root root --cap-add ALL --seccomp none -- \
		/bin/again --init -- /bin/overwrite
	printf '#!/proc/self/exe /bin/overwrite\n' >root/bin/script
	chmod +x root/bin/script
	expect 0 ./victim --pid --root root --cap-add ALL --seccomp none -- \
		/bin/script
	same "$(sha256sum <victim)" "$before"
}

@test "ns-exec: PROGRAM and its interpreter are not found through a descriptor (CVE-2024-21626)" {
	local fd how
	printf '#!/proc/self/fd/9/bin/sh\necho out\n' >root/bin/script
	chmod +x root/bin/script
	exec 9</
	for how in "--pid" "--uts" "--pid --init" "--pid --allow-new-privs"; do
		# shellcheck disable=SC2086 # words on purpose
		run -127 ns-exec $how --root root -- /bin/script
		for fd in 3 5 6 9; do
			# shellcheck disable=SC2086
			run -127 ns-exec $how --root root -- "/proc/self/fd/$fd/bin/true"
		done
	done
	exec 9<&-
}

@test "ns-exec: a joined container cannot overwrite our binary either" {
	local before outer pid
	cp "$(command -v ns-exec)" ./victim
	before=$(sha256sum <victim)
	ns-exec --pid --root root --cap-add ALL --seccomp none -- /bin/sh -c \
		'while :; do for e in /proc/[0-9]*/exe; do
			echo owned 2>/dev/null > $e && echo "$e" >> /owned; done; done' 2>/dev/null &
	outer=$!
	sleep 0.4
	pid=$(pgrep -P $outer)
	for _ in 1 2 3 4 5; do
		./victim --target "$pid" --all -- /proc/self/exe --init -- /bin/sh -c 'exit 0' || true
	done
	kill $outer
	wait $outer || true
	same "$(sha256sum <victim)" "$before"
}

@test "ns-exec: our memory and descriptors are closed to the container we join" {
	local outer pid
	ns-exec --pid --root root --cap-add SYS_PTRACE --seccomp none -- /bin/sh -c \
		'while :; do for e in /proc/[1-9]*/; do [ "$(readlink $e/exe)" != /bin/busybox ] &&
			ls -l $e/fd $e/root >> /seen 2>/dev/null; done; done' 2>/dev/null &
	outer=$!
	sleep 0.3
	pid=$(pgrep -P $outer)
	for _ in 1 2 3; do ns-exec --target "$pid" --all -- /bin/ls / >/dev/null; done
	kill $outer
	wait $outer || true
	run ! grep -E "> (/usr|/etc|$TMP)" root/seen
}

@test "ns-exec: /proc, /sys and /dev as symlinks, loops, files are refused (CVE-2026-41579)" {
	local d
	mkdir -p victim
	for d in proc sys dev; do
		rm -rf root/proc root/sys root/dev
		ln -s "$TMP/victim" root/$d
		expect 125 box -- /bin/ls
		[[ $stderr == *"root/$d"* ]]
		ln -sfn ../../../../../../.."$TMP"/victim root/$d
		expect 125 box -- /bin/ls
		ln -sfn $d root/$d
		expect 125 box -- /bin/ls
		ln -sfn /bin root/$d
		expect 125 box -- /bin/ls
		rm root/$d
		: >root/$d
		expect 125 box -- /bin/ls
		[[ $stderr == *"root/$d: the image has something there that is no directory"* ]]
		rm root/$d
		mkfifo root/$d
		expect 125 box -- /bin/ls
		rm root/$d
	done
	same "$(ls -A victim)" ""
}

@test "ns-exec: bind targets through symlinks stay inside" {
	mkdir -p victim root/etc src
	echo new >src/f
	ln -s "$TMP/victim" root/abs
	ln -s ../../../../../../../../.."$TMP"/victim root/rel
	ln -s /nowhere/resolv.conf root/etc/resolv.conf
	ln -s loop root/loop
	expect 0 box --bind src:/abs/x --bind src:/rel/y --ro-bind src/f:/etc/resolv.conf -- \
		/bin/cat /abs/x/f /rel/y/f /etc/resolv.conf
	same "$output" $'new\nnew\nnew'
	same "$(ls -A victim)" ""
	[ -e "root$TMP/victim/x" ] && [ -e root/nowhere/resolv.conf ]
	expect 125 box --bind src:/loop -- /bin/ls
	expect 125 box --tmpfs /loop/x -- /bin/ls
	expect 0 box --bind src:/../../../up -- /bin/cat /up/f
	[ -d root/up ] && [ ! -e /up ]
}

@test "ns-exec: bind targets do not go through /proc's magic links" {
	mkdir src
	expect 125 box --bind src:/proc/self/root/x -- /bin/ls
	expect 125 box --bind src:/proc/self/cwd/x -- /bin/ls
	expect 125 box --tmpfs /proc/1/root/tmp -- /bin/ls
}

@test "ns-exec: masked paths cannot be redirected by the image (CVE-2025-31133)" {
	# An image with a /dev/null of its own, or a /proc full of bait, changes nothing: both
	# are covered before anything below them is opened.
	mkdir -p root/dev root/proc
	ln -s /proc/sysrq-trigger root/dev/null
	echo bait >root/proc/keys
	expect 0 box -- /bin/sh -c 'stat -c "%F %t,%T" /dev/null /proc/keys; cat /proc/keys'
	same "$output" $'character special file 1,3\ncharacter special file 1,3'
}

@test "ns-exec: the terminal's /dev/console and /dev/pts lead to no file of the host's (CVE-2025-52565)" {
	local before
	mkdir -p root/dev/pts evil/pts
	for d in root/dev evil; do
		ln -s "$TMP/secret" $d/console
		ln -s "$TMP/secret" $d/pts/0
	done
	before=$(stat -c '%a %u %Y' secret)
	expect 0 box -t -- /bin/stat -c '%F %t' /dev/console
	[[ $output == *"character special file 88"* ]]
	# A /dev of the user's own with a trap in it is refused, not followed.
	expect 125 box -t --bind "$TMP/evil:/dev" -- /bin/sh -c :
	same "$(stat -c '%a %u %Y' secret)" "$before"
	same "$(cat secret)" host
}

@test "ns-exec: what it writes to /proc never goes to the image's /proc (CVE-2025-52881)" {
	requires userns
	mkdir -p root/proc/self/attr/apparmor
	local f
	for f in oom_score_adj uid_map gid_map setgroups attr/exec attr/apparmor/exec; do
		echo fake >root/proc/self/$f
	done
	expect 0 ns-exec --map-root --root root --no-proc --oom-score-adj 321 --init -- /bin/sh -c \
		'cat /proc/self/oom_score_adj'
	same "$output" fake
	# A label goes where the kernel takes it, or nowhere: this machine may know none.
	run ns-exec --root root --no-proc --apparmor unconfined --selinux x:y:z -- /bin/cat /proc/self/attr/exec
	[ "$status" = 125 ] || same "$output" fake
	for f in oom_score_adj uid_map gid_map setgroups attr/exec attr/apparmor/exec; do
		same "$(cat root/proc/self/$f)" fake
	done
	# And it is really done: the fresh /proc of another says so.
	same "$(ns-exec --root root --oom-score-adj 321 -- /bin/cat /proc/self/oom_score_adj)" 321
}

@test "ns-exec: the mask cannot be taken away, nor /proc be mounted again" {
	expect 0 box -- /bin/sh -c 'umount /proc/keys 2>&1; mount -t proc p /bin 2>&1; mount -o remount,rw /proc/sys 2>&1
		unshare -Ur true 2>&1; true'
	[[ $output != *" 0 "* ]]
	run box -- /bin/sh -c 'echo 0 > /proc/sys/kernel/printk'
	[ "$status" != 0 ]
}

@test "ns-exec: a symlinked workdir stays inside" {
	ln -s / root/top
	ln -s ../../../../.. root/up
	same "$(box --workdir /top -- /bin/sh -c pwd)" /
	same "$(box --workdir /up/bin -- /bin/sh -c pwd)" /bin
}

@test "ns-exec: TIOCSTI and TIOCLINUX are refused, with high bits set too (CVE-2019-10063)" {
	compile root/bin/sti <<-'EOF'
		#include <errno.h>
		#include <sys/ioctl.h>
		#include <sys/syscall.h>
		#include <unistd.h>
		int main(void) {
			for (int i = 0; i < 2; i++) for (long high = 0; high < 3; high++) {
				long request = (i ? 0x541cL : 0x5412L) | high << 32;
				if (syscall(SYS_ioctl, 0, request, "x") != -1 || errno != EPERM) return 1;
			}
			return 0;
		}
	EOF
	expect 0 box -- /bin/sti
	expect 0 box --seccomp none -- /bin/sti
	expect 0 box --cap-add ALL -- /bin/sti
	expect 1 box --seccomp none --allow-tiocsti -- /bin/sti
}

@test "ns-exec: the default filter refuses what docker's does, and capabilities widen it" {
	compile root/bin/calls <<-'EOF'
		#define _GNU_SOURCE
		#include <errno.h>
		#include <sched.h>
		#include <stdio.h>
		#include <sys/syscall.h>
		#include <unistd.h>
		static void try(const char *name, long nr, long a, long b) {
			errno = 0;
			syscall(nr, a, b, 0, 0, 0, 0);
			printf("%s %d\n", name, errno);
		}
		int main(void) {
			try("keyctl", SYS_keyctl, 0, -3);
			try("add_key", SYS_add_key, 0, 0);
			try("request_key", SYS_request_key, 0, 0);
			try("bpf", SYS_bpf, -1, 0);
			try("mount", SYS_mount, 0, 0);
			try("open_by_handle_at", SYS_open_by_handle_at, -1, 0);
			try("setns", SYS_setns, -1, 0);
			try("unshare", SYS_unshare, CLONE_NEWUSER, 0);
			try("clone", SYS_clone, CLONE_NEWUSER | CLONE_THREAD, 0);
			try("io_uring_setup", 425, 0, 0);
			try("userfaultfd", SYS_userfaultfd, -1, 0);
			try("clone3", SYS_clone3, 0, 0);
			try("newer", 4000, 0, 0);
			return 0;
		}
	EOF
	expect 0 box -- /bin/calls
	same "$output" "$(printf '%s 1\n' keyctl add_key request_key bpf mount open_by_handle_at setns unshare \
		clone io_uring_setup userfaultfd; printf '%s 38\n' clone3 newer)"
	expect 0 box --cap-add SYS_ADMIN --cap-add DAC_READ_SEARCH -- /bin/calls
	grep -qx 'keyctl 1' <<<"$output"
	run ! grep -E '^(mount|bpf|open_by_handle_at|setns|clone3) (1|38)$' <<<"$output"
}

@test "ns-exec: python, git, gcc, node and postgres run unharmed under the defaults" {
	local c
	mkdir host
	for c in '/usr/bin/python3 -c "import threading,subprocess,socket,ssl; t=threading.Thread(target=print); t.start(); t.join(); subprocess.check_call([\"true\"])"' \
		'git init -q /tmp/g && cd /tmp/g && git -c user.name=a -c user.email=b commit -q --allow-empty -m x && git log --oneline' \
		'printf "int main(void){return 0;}" > /tmp/a.c && gcc -o /tmp/a /tmp/a.c && /tmp/a' \
		'! command -v node || node -e "require(\"child_process\").execFileSync(\"true\"); new Promise(r => setTimeout(r, 5))"' \
		'P=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1); [ -z "$P" ] || { mkdir -m 777 /tmp/pg &&
			setpriv --reuid=65534 --regid=65534 --clear-groups sh -c "$P/initdb -D /tmp/pg/d >/dev/null &&
			$P/pg_ctl -w -D /tmp/pg/d -o \"-k /tmp/pg -h \\\"\\\"\" -l /tmp/pg/log start >/dev/null &&
			$P/psql -h /tmp/pg postgres -Atc \"select 6*7\" && $P/pg_ctl -D /tmp/pg/d stop >/dev/null"; }'; do
		expect 0 ns-exec --pid --uts --ipc --net --root / --read-only --tmpfs /tmp --env HOME=/tmp \
			--env PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin -- /bin/bash -c "$c"
	done
	same "$output" 42
}
