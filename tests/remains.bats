#!/usr/bin/env bats
# What is left on the machine after kill -9 of whatever, and container-remove --all --gc:
# nothing.  In a world of the test's own (mounts, network, processes, cgroups), so that
# all of it can be compared, not only what carries our names.
load helpers

setup() {
	requires root ip nft iptables-save flock userns
	setup_tmp
	"$ROOT/tests/rig/image" layers "$TMP/oci" box
	chmod -R a+rX "$TMP/oci"
	CG=$(awk '$3 == "cgroup2" {print $2; exit}' /proc/mounts)/remains-$$
	echo nobody:300000:65536 >"$TMP/subid"
	mkdir "$TMP/home"
	chown nobody "$TMP/home"
	cat >"$TMP/lib" <<-'EOT'
		export TMPDIR=/run/tmp IMAGE=oci:$TMP/oci:box
		N=r$SEED
		# Without a fork: the listing must not list itself.
		processes() {
			local p c
			for p in /proc/[0-9]*; do
				read -r c <"$p/comm" && echo "process $p $c"
			done 2>/dev/null
		}
		# whole FILE: the machine as it is.
		whole() {
			{
				processes
				cut -d' ' -f3- /proc/self/mountinfo | sort
				lsns -n -o TYPE,NS | sort
				ip -o link; ip -o address; ip rule; ip route show table all
				ip -6 route show table all
				nft list ruleset
				{ iptables-save; ip6tables-save; } | grep -v '^#'
				find /sys/fs/cgroup -type d | sort
				find /run /etc/netns "$TMP/home" "$TMP/store" | sort
				grep -s . /proc/sys/net/ipv[46]/ip_forward /proc/sys/net/ipv[46]/conf/{all,default,uplink}/*
				for lock in "$TMP"/store/lock "$TMP"/home/.local/share/longshore/lock; do
					flock -n "$lock" echo "free: $lock"
				done
			} >"$1" 2>&1
		}
		# nobody COMMAND...: as a user with subordinate ids.
		nobody() {
			setpriv --reuid nobody --regid nogroup --clear-groups env -u LONGSHORE_STORE \
				-u XDG_RUNTIME_DIR -u XDG_DATA_HOME HOME="$TMP/home" "$@"
		}
		chance() { [ $((RANDOM % 100)) -lt "$1" ]; }
		pause() { sleep "0.$((RANDOM % 7))$((RANDOM % 10))"; }
		# strike PERCENT [PATTERN]: kill -9 each process with that chance.
		strike() {
			local p c
			for p in /proc/[0-9]*; do
				[ "${p#/proc/}" != "$BASHPID" ] && [ "$p" != /proc/1 ] && chance "$1" || continue
				c=$(tr '\0' ' ' <"$p/cmdline") && [[ $c == *${2-}* ]] && kill -KILL "${p#/proc/}"
			done 2>/dev/null
		}
	EOT
}
teardown() {
	[ ! -d "${CG-}" ] || rmdir "$CG"/* "$CG" 2>/dev/null || true
	teardown_tmp
}
# world SCRIPT: by bash, as process 1 of a world with an uplink to nowhere.
world() {
	export TMP
	mkdir "$CG"
	SEED=${SEED:-$RANDOM} run bash -c 'echo $BASHPID >"$1/cgroup.procs" && export SEED
		echo "SEED=$SEED repeats this"
		exec unshare --mount --net --pid --cgroup --uts --ipc --fork --kill-child --mount-proc bash -c "
			mount -t cgroup2 none /sys/fs/cgroup
			mount -t tmpfs none /run && mkdir -m 1777 /run/tmp
			mkdir -p /etc/netns && mount -t tmpfs none /etc/netns
			mkdir -p /run/dev/net && mknod -m 666 /run/tun c 10 200 && mount --bind /run/tun /dev/net/tun
			mount --bind \$TMP/subid /etc/subuid && mount --bind \$TMP/subid /etc/subgid
			ip link set lo up && ip link add uplink type veth peer far
			ip link set far up && ip link set uplink up && ip address add 192.0.2.2/24 dev uplink && ip route add default via 192.0.2.1
			RANDOM=\$SEED LONGSHORE_STORE=\$TMP/store
			export LONGSHORE_STORE
			. \$TMP/lib
			$2" ' _ "$CG" "$1"
	echo "$output"
}

@test "container-remove: kill -9 at random, then --all --gc: the machine is as before" {
	requires newuidmap pasta
	cat >"$TMP/rounds" <<-'EOT'
		# Once what stays on purpose: ip-netns(8)'s directory, a lock file, a named volume.
		image-pull -q $IMAGE >/dev/null
		container-run --rm -v data:/d $IMAGE true
		nobody container-run --rm -v data:/d $IMAGE true
		for try in {1..50}; do ip link show longshore0 || break; sleep .1; done >/dev/null 2>&1
		container-remove --gc
		# The uplink's own address becomes valid a second after it came: rfc4862, 5.4.
		for try in {1..50}; do [ -n "$(ip -6 address show tentative)" ] || break; sleep .1; done
		whole $TMP/before
		grep -q longshore0 $TMP/before && echo 'a bridge is left'
		for round in 1 2 3; do
			container-run -d --name $N-a -p 8080:80 $IMAGE sleep 600 &
			container-run -d --rm --name $N-b -u user -v data:/d -v /e $IMAGE sleep 600 &
			container-run --name $N-c --net none $IMAGE sleep 600 &
			nobody container-run -d --name $N-d -p 8081:80 -v data:/d $IMAGE sleep 600 &
			pause
			nobody container-run --rm --name $N-e -u user $IMAGE sleep 600 &
			container-exec $N-a sleep 500 &
			container-commit $N-a changed:1 &
			chance 50 && container-remove -f $N-a &
			image-pull oci:$TMP/oci:box &
			pause
			strike 30
			pause
			chance 50 && { container-remove --all --gc & pause; strike 30; }
			strike 100 pipelines/
			container-remove --all --gc
			nobody container-remove --all --gc
			image-remove -q changed:1 2>/dev/null
			# A bridge goes a moment later, by a process that net-plumb leaves for that.
			for try in 1 2 3 4 5; do
				whole $TMP/after
				cmp -s $TMP/before $TMP/after && break
				sleep .2
			done
			diff $TMP/before $TMP/after && echo "equal $round"
		done 2>$TMP/errors
		true
	EOT
	world '. $TMP/rounds'
	cat "$TMP/errors"
	[[ $output != *'a bridge is left'* ]]
	same "$(grep -c '^equal' <<<"$output")" 3
}
