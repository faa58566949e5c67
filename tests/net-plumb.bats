# net-plumb: each test in a throw-away host (net-world.bash).
# shellcheck disable=SC2317,SC2086
bats_require_minimum_version 1.5.0
load helpers
. "$BATS_TEST_DIRNAME/net-world.bash"

setup() {
	requires root ip nft socat jq
}

# The world as others see it, without what changes by itself (counters, indices).
picture() {
	ip -o link | sed 's/^[0-9]*: //; s/@[^:]*//' | sort
	ip -o addr | sed 's/^[0-9]*: //; /fe80/d' | sort
	nft list ruleset | sed 's/counter packets [0-9]* bytes [0-9]*/counter/'
	iptables-save 2>/dev/null | sed '/^#/d; s/\[[0-9:]*\]//'
	sysctl -a 2>/dev/null | grep -E 'forward|accept_ra |route_localnet'
	ip netns list | sed 's/ .*//' | sort
	find /etc/netns -mindepth 1 2>/dev/null | sort
}
export -f picture same

# Interfaces of dead namespaces and an idle bridge go a moment later: wait for it.
settled() {
	local i
	for i in $(seq 200); do
		[ -n "$(ip -br link show type bridge)$(ip -br link | grep '^ls')" ] || return 0
		sleep .05
	done
	ip -br link
	return 1
}
export -f settled

check() {
	in_world "$@"
}

@test "net-plumb: without PROGRAM the namespace is one that ip-netns sees, its name is printed" {
	t() {
		[ "$(net-plumb web)" = web ] && ip netns list | grep -q '^web' &&
			ip -n web -br addr show eth0 | grep -q ' 10.209.0.2/16 fd.*::2/64' &&
			ip -n web -br addr show lo | grep -q 127.0.0.1 &&
			ip -n web route | grep -q '^default via 10.209.0.1 ' &&
			ip -n web -6 route | grep -q '^default via fd.*::1 '
	}
	export -f t
	check t
}

@test "net-plumb: PROGRAM runs in the namespace, and its status is ours" {
	t() {
		net-plumb web -- sh -c 'ip -br addr show eth0 | grep -q 10.209.0.2 && exit 7'
		[ $? = 7 ] && net-plumb -d web
		net-plumb web sh -c 'kill -9 $$'
		[ $? = 137 ]
	}
	export -f t
	check t
}

@test "net-plumb: nothing of the tool's is open in PROGRAM" {
	t() {
		same "$(net-plumb web -- sh -c 'ls /proc/self/fd')" "$(sh -c 'ls /proc/self/fd')"
	}
	export -f t
	check t
}

@test "net-plumb: -r takes the network away when PROGRAM ends and passes its status on" {
	t() {
		before=$(picture)
		net-plumb -r -p 8080:80 web -- sh -c 'exit 9'
		[ $? = 9 ] && settled && same "$(picture)" "$before"
	}
	export -f t
	check t
}

@test "net-plumb: -r forwards signals" {
	t() {
		net-plumb -r web -- sh -c 'trap "exit 3" TERM; touch /run/up; while :; do sleep .05; done' &
		until [ -e /run/up ]; do sleep .05; done
		kill $!
		wait $!
		[ $? = 3 ] && [ ! -e /run/netns/web ]
	}
	export -f t
	check t
}

@test "net-plumb: a failed exec undoes the step, even without -r" {
	t() {
		before=$(picture)
		net-plumb -p 8080:80 web -- no_such
		[ $? = 127 ] || return 1
		net-plumb web -- /
		[ $? = 126 ] && settled && same "$(picture)" "$before"
	}
	export -f t
	check t
}

@test "net-plumb: -d leaves the host as it was, rules and settings included" {
	t() {
		iptables -A INPUT -s 203.0.113.9 -j DROP
		nft add table inet mine '{ chain c { type filter hook input priority 5; tcp dport 99 drop; }; }'
		before=$(picture)
		net-plumb -p 8080:80 -p 127.0.0.1:53:53/udp web && net-plumb -b br7 db || return 1
		nft list table inet mine | grep -q 'dport 99' || return 1
		iptables -S | grep -q 203.0.113.9 || return 1
		net-plumb -d web && net-plumb -d db && settled && same "$(picture)" "$before"
	}
	export -f t
	check t
}

@test "net-plumb: -d is safe to repeat, and for what never was" {
	t() {
		net-plumb web && net-plumb -d web && net-plumb -d web && net-plumb -d never
	}
	export -f t
	check t
}

@test "net-plumb: -d works after ip netns del, flushed rules and removed files" {
	t() {
		before=$(picture)
		net-plumb -p 8080:80 a && ip netns del a && net-plumb -d a || return 1
		settled && same "$(picture)" "$before" || return 1
		net-plumb -p 8080:80 b && nft flush ruleset && net-plumb -d b || return 1
		net-plumb -p 8080:80 c && nft flush table inet longshore && net-plumb -d c || return 1
		net-plumb d && rm -r /etc/netns/d && net-plumb -d d || return 1
		net-plumb e && ip link del ls-e && net-plumb -d e && [ ! -e /run/netns/e ] || return 1
		# Whoever flushes the whole ruleset takes our memory of forwarding along.
		net-plumb --gc
		settled && same "$(picture | grep -v ^net)" "$(echo "$before" | grep -v ^net)"
	}
	export -f t
	check t
}

@test "net-plumb: the hosts file of a bridge that is gone goes with the next -d, or --gc" {
	t() {
		for end in '-d web' --gc; do
			net-plumb web && ip netns del web && ip link del longshore0 &&
				[ -e /etc/netns/.longshore/longshore0 ] || return 1
			net-plumb $end && [ ! -e /etc/netns/.longshore ] || return 1
		done
	}
	export -f t
	check t
}

@test "net-plumb: -d never deletes a namespace that it did not make" {
	t() {
		net-plumb -d isp
		[ $? = 125 ] && ip netns list | grep -q isp || return 1
		# A name of ours that somebody made anew.
		net-plumb web && ip netns del web && ip netns add web || return 1
		net-plumb -d web
		[ $? = 125 ] && ip netns list | grep -q web
	}
	export -f t
	check t
}

@test "net-plumb: -d cuts off a program that still runs there" {
	t() {
		net-plumb web -- sleep 30 &
		until [ -e /run/netns/web ]; do sleep .05; done
		sleep .1
		net-plumb -d web
		! ip link show ls-web 2>/dev/null
		rc=$?
		kill $!
		return $rc
	}
	export -f t
	check t
}

@test "net-plumb: rules come back when somebody has flushed them" {
	t() {
		net-plumb web
		want=$(nft list ruleset)
		nft flush table inet longshore
		net-plumb db
		same "$(nft list ruleset)" "$want" || return 1
		nft flush ruleset
		net-plumb third
		same "$(nft list ruleset | grep -v element)" "$(echo "$want" | grep -v element)"
	}
	export -f t
	check t
}

@test "net-plumb: an existing NAME is refused and left untouched" {
	t() {
		ip netns add mine
		net-plumb mine
		[ $? = 125 ] || return 1
		net-plumb web
		before=$(net-plumb -lj)
		net-plumb -p 81:80 web
		[ $? = 125 ] && same "$(net-plumb -lj)" "$before" && ip -n mine link show lo >/dev/null
	}
	export -f t
	check t
}

@test "net-plumb: -a gives the address; one that is taken or out of reach is 125" {
	t() {
		net-plumb -a 10.209.7.7 web && ip -n web addr | grep -q 10.209.7.7/16 || return 1
		for a in 10.209.7.7 10.209.0.1 10.209.0.0 10.209.255.255 10.210.0.9 nonsense; do
			net-plumb -a $a db
			[ $? = 125 ] || return 1
		done
		net-plumb db && ip -n db addr | grep -q 10.209.0.2/16 && [ ! -e /run/netns/x ]
	}
	export -f t
	check t
}

@test "net-plumb: the smallest free address is given, again at once after -d" {
	t() {
		for n in a b c; do net-plumb $n; done
		net-plumb -d b && net-plumb d && ip -n d addr | grep -q 10.209.0.3/ || return 1
		net-plumb -d a && net-plumb a && ip -n a addr | grep -q 10.209.0.2/ &&
			ip netns exec a ping -c1 -W2 -q 10.209.0.3
	}
	export -f t
	check t
}

@test "net-plumb: -s chooses a new bridge's subnet, for IPv6 too; another one later is 125" {
	t() {
		net-plumb -b br1 -s 10.1.2.0/24 -s fd01:2:3::/64 web &&
			ip -n web addr | grep -q '10.1.2.2/24' &&
			ip -n web addr | grep -q 'fd01:2:3::2/64' || return 1
		net-plumb -b br1 -s 10.1.2.0/24 db || return 1
		net-plumb -b br1 -s 10.9.9.0/24 c
		[ $? = 125 ] || return 1
		# A subnet that a route leads to is somebody's.
		net-plumb -b br2 -s 192.0.2.0/24 d
		[ $? = 125 ] && [ ! -e /run/netns/d ]
	}
	export -f t
	check t
}

@test "net-plumb: a full subnet says so" {
	t() {
		net-plumb -s 10.1.2.0/30 a || return 1
		net-plumb b
		[ $? = 125 ] && [ ! -e /run/netns/b ] && ! ip link show ls-b
	}
	export -f t
	check t
}

@test "net-plumb: a subnet that routes of the host lead to is not chosen" {
	t() {
		ip route add 10.0.0.0/8 via 192.0.2.1
		net-plumb web && ip -n web addr | grep -q ' 172.31.0.2/16'
	}
	export -f t
	check t
}

@test "net-plumb: a taken port is 125, whether a container's or a process's" {
	t() {
		net-plumb -p 8080:80 web || return 1
		serve - 9000
		for p in 8080:81 127.0.0.1:8080:81 9000:80 9000:80/udp 127.0.0.1:9000:80 8079-8081:79-81; do
			net-plumb -p $p db
			[ $? = 125 ] || { echo "$p"; return 1; }
			[ ! -e /run/netns/db ] || return 1
		done
		net-plumb -p 8080:80/udp -p 9001:80 db
	}
	export -f t
	check t
}

@test "net-plumb: a port of a dead container is free again without --gc" {
	t() {
		net-plumb -p 8080:80 web && ip netns del web || return 1
		while ip link show ls-web 2>/dev/null; do sleep .05; done
		net-plumb -p 8080:80 db && net-plumb -l | grep 8080 | grep -q '^db'
	}
	export -f t
	check t
}

@test "net-plumb: malformed options are 125 and change nothing" {
	t() {
		before=$(picture)
		for o in '-p 80' '-p 0:80' '-p 80:70000' '-p 1.2.3:80:80' '-p 80:80/ftp' '-p 1-3:1-2' \
			'-s 10.0.0.0' '-s 10.0.0.0/33' '--mtu 5' '--dns x' '-b a/b' '-b sixteen-bytes-xx' '-Z' \
			'-p [::1]:80:80'; do
			net-plumb $o web
			[ $? = 125 ] || { echo "$o"; return 1; }
		done
		for n in '' . .. a/b; do
			net-plumb "$n"
			[ $? = 125 ] || { echo "$n"; return 1; }
		done
		net-plumb
		[ $? = 125 ] && same "$(picture)" "$before"
	}
	export -f t
	check t
}

@test "net-plumb: long and odd names work, with interface names of 15 bytes" {
	t() {
		long=$(printf 'container-%0.s' $(seq 20))
		for n in "$long" "${long}x" 'a b' "it's" 'x"y'; do
			i=$((i + 1))
			[ "$(net-plumb -p $((8000 + i)):80 "$n")" = "$n" ] || return 1
			[ -e "/run/netns/$n" ] || return 1
		done
		[ "$(net-plumb -lj | jq -r '.[].name' | sort -u | wc -l)" = 5 ] || return 1
		net-plumb -lj | jq -e 'all(.[]; (.host_interface | length) <= 15 and (.ports | length) == 2)' || return 1
		for n in "$long" "${long}x" 'a b' "it's" 'x"y'; do
			net-plumb -d "$n" && [ ! -e "/run/netns/$n" ] || return 1
		done
		settled && [ -z "$(nft list tables)" ]
	}
	export -f t
	check t
}

@test "net-plumb: the MTU is the default route's" {
	t() {
		net-plumb web && [ "$(ip -n web -j link show eth0 | jq '.[0].mtu')" = 1400 ] &&
			[ "$(ip -j link show longshore0 | jq '.[0].mtu')" = 1400 ] &&
			net-plumb --mtu 1300 db && [ "$(ip -n db -j link show eth0 | jq '.[0].mtu')" = 1300 ]
	}
	export -f t
	check t
}

@test "net-plumb: loopback nameservers are replaced, the others kept" {
	t() {
		printf 'nameserver 127.0.0.53\nnameserver 192.0.2.53\nsearch example.org\n' >/etc/resolv.conf
		net-plumb a && grep -q 192.0.2.53 /etc/netns/a/resolv.conf &&
			grep -q 'search example.org' /etc/netns/a/resolv.conf &&
			! grep -q 127.0.0 /etc/netns/a/resolv.conf || return 1
		printf 'nameserver 127.0.0.53\noptions edns0\n' >/etc/resolv.conf
		mkdir -p /run/systemd/resolve
		echo 'nameserver 203.0.113.5' >/run/systemd/resolve/resolv.conf
		net-plumb b && grep -q 203.0.113.5 /etc/netns/b/resolv.conf || return 1
		rm /run/systemd/resolve/resolv.conf
		printf 'nameserver ::1\nnameserver fe80::1%%eth0\n' >/etc/resolv.conf
		net-plumb c && grep -q '^nameserver [0-9.]*$' /etc/netns/c/resolv.conf || return 1
		! grep -E '::1|fe80' /etc/netns/c/resolv.conf || return 1
		net-plumb --dns 198.51.100.7 d && [ "$(grep -c nameserver /etc/netns/d/resolv.conf)" = 1 ]
	}
	export -f t
	check t
}

@test "net-plumb: containers find each other by name, also those started before" {
	t() {
		net-plumb web && net-plumb a-name-that-is-no-interface-name && net-plumb db || return 1
		for n in web a-name-that-is-no-interface-name db; do
			ip netns exec web ping -c1 -W2 -q $n && ip netns exec db ping -4 -c1 -W2 -q $n || return 1
		done
		net-plumb -d db && ! grep -w db /etc/netns/web/hosts &&
			[ "$(grep -c a-name /etc/netns/web/hosts)" = 2 ]
	}
	export -f t
	check t
}

@test "net-plumb: the hosts file keeps up with networks that went without the tool" {
	t() {
		hosts=/etc/netns/.longshore/longshore0
		long="a-name-that-is-no-interface-name"
		net-plumb web && net-plumb db && net-plumb "odd name" && net-plumb $long || return 1
		grep -q '^# 10\.209\.0\.4 ls_[0-9a-f]*$' $hosts || return 1
		ip netns del db && while ip link show ls-db; do sleep .05; done 2>/dev/null
		# The next one learns of it, and gets the address.
		net-plumb next && [ "$(net-plumb -l | grep ^next | cut -f3)" = 10.209.0.3 ] &&
			! grep -w db $hosts && [ "$(grep -c 10.209.0.3 $hosts)" = 1 ] || return 1
		# A file that is damaged, untrue or gone is made anew from the interfaces.
		for harm in 'truncate -s -9' 'sed -i s/0.2.web/0.9.web/' 'sed -i /web/d' rm; do
			$harm $hosts && net-plumb more && sort $hosts >/run/now &&
				[ "$(grep -c ^10 /run/now)" = 4 ] && grep -q '^10.209.0.6 more$' /run/now &&
				grep -q '^# 10.209.0.4 ' /run/now && grep -q "^10.209.0.5 $long$" /run/now &&
				grep -q ' web$' /run/now || return 1
			net-plumb -d more && ! grep -w more $hosts || return 1
		done
	}
	export -f t
	check t
}

@test "net-plumb: a run that was killed keeps no address and no name" {
	requires strace
	t() {
		net-plumb web || return 1
		for point in unshare mount; do
			strace -qqo /dev/null -e inject=$point:signal=KILL net-plumb ghost
			[ $? = 137 ] && net-plumb next || return 1
			[ "$(net-plumb -l | grep ^next | cut -f3)" = 10.209.0.3 ] &&
				! grep -w ghost /etc/netns/web/hosts && net-plumb -d next || return 1
		done
	}
	export -f t
	check t
}

@test "net-plumb: bridges are apart, containers on one are not unless isolated" {
	t() {
		net-plumb a && net-plumb b && net-plumb -b br2 c || return 1
		ip netns exec a ping -c1 -W2 -q 10.209.0.3 || return 1
		! ip netns exec c ping -c1 -W1 -q 10.209.0.3 || return 1
		net-plumb --isolate d && net-plumb --isolate e || return 1
		! ip netns exec d ping -c1 -W1 -q 10.209.0.5 && ip netns exec d ping -c1 -W2 -q 10.209.0.2
	}
	export -f t
	check t
}

@test "net-plumb: a bridge that somebody made is used, not changed, not removed" {
	t() {
		ip link add br0 type bridge
		ip addr add 172.31.0.1/24 dev br0
		ip link set br0 up
		net-plumb -b br0 web && ip -n web addr | grep -q 172.31.0.2/24 || return 1
		ip netns exec web ping -c1 -W2 -q 172.31.0.1 && net-plumb -d web || return 1
		sleep .5
		ip -br addr show br0 | grep -q 172.31.0.1 && ! ip link show lo | grep -q alias &&
			[ "$(sysctl -n net.ipv4.conf.br0.forwarding)" = 0 ]
	}
	export -f t
	check t
}

@test "net-plumb: a new container is no packet for those that are there" {
	t() {
		heard() { ip netns exec web awk '$1 == "Ip6InReceives" { print $2 }' /proc/net/snmp6; }
		net-plumb web
		sleep .2
		# A busy machine may be late once or twice, not each time.
		for i in 1 2 3 4 5; do
			before=$(heard) && net-plumb c$i && sleep .1 && [ "$(heard)" = "$before" ] && break
		done
		# And none of its addresses is out of reach for that.
		[ "$(heard)" = "$before" ] && ip netns exec web ping -6 -c1 -W2 -q \
			"$(ip -n c$i -j -6 addr show eth0 | jq -r '.[0].addr_info[] | select(.scope == "global").local')"
	}
	export -f t
	check t
}

@test "net-plumb: -4 means no IPv6, and so does a host without" {
	t() {
		# Not even a link-local address: by that a neighbour could act the router.
		net-plumb -4 a && ! ip -n a addr show eth0 | grep -q inet6 || return 1
		sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
		net-plumb -b br2 b && ip -n b addr show eth0 | grep -q 10.210.0.2
	}
	export -f t
	check t
}

@test "net-plumb: forwarding is switched on where it is needed only, and off again" {
	t() {
		ip link add spare type bridge
		ip link set spare up
		net-plumb web || return 1
		[ "$(sysctl -n net.ipv4.ip_forward net.ipv4.conf.eth0.forwarding net.ipv4.conf.spare.forwarding net.ipv4.conf.all.route_localnet net.ipv4.conf.eth0.route_localnet | tr '\n' ' ')" = '0 1 0 0 0 ' ] || return 1
		net-plumb -d web && [ "$(sysctl -n net.ipv4.conf.eth0.forwarding)" = 0 ] || return 1
		# Somebody else's decision stays.
		sysctl -qw net.ipv4.ip_forward=1
		net-plumb web && net-plumb -d web && [ "$(sysctl -n net.ipv4.conf.eth0.forwarding)" = 1 ]
	}
	export -f t
	check t
}

@test "net-plumb: what we forward for containers makes the host no router for others" {
	t() {
		net-plumb web
		ip link add lan2 type veth peer name eth0 netns isp2 2>/dev/null || {
			ip netns add isp2
			ip link add lan2 type veth peer name eth0 netns isp2
		}
		ip addr add 203.0.113.1/24 dev lan2
		ip link set lan2 up
		ip -n isp2 addr add 203.0.113.2/24 dev eth0
		ip -n isp2 link set eth0 up
		ip -n isp2 route add default via 203.0.113.1
		ip -n isp route add 203.0.113.0/24 via 192.0.2.2
		! ip netns exec isp ping -c1 -W1 -q 203.0.113.2
	}
	export -f t
	check t
}

@test "net-plumb: a hint names the chain that drops forwarded packets, nft's and legacy iptables'" {
	t() {
		nft add table inet f '{ chain fw { type filter hook forward priority 0; policy drop; }; }'
		net-plumb a 2>&1 | grep -q 'hint: .*inet f fw.*longshore0' || return 1
		nft insert rule inet f fw oifname longshore0 accept
		[ -z "$(net-plumb b 2>&1 >/dev/null)" ] || return 1
		nft delete table inet f
		iptables-legacy -P FORWARD DROP || return 0
		net-plumb c 2>&1 | grep -q 'hint: iptables-legacy.*longshore0'
	}
	export -f t
	check t
}

@test "net-plumb: -j tells what was set up, and -l -j the same" {
	t() {
		a=$(net-plumb -j -p 8080-8081:80-81 -p 127.0.0.1:53:53/udp web | jq -S .) || return 1
		b=$(net-plumb -l -j | jq -S '.[0]')
		same "$a" "$b" && echo "$a" | jq -e '.name == "web" and .netns == "/run/netns/web" and
			.bridge == "longshore0" and (.ports | length) == 5 and .mtu == 1400 and
			.addresses[0] == "10.209.0.2/16" and .gateways[0] == "10.209.0.1"'
	}
	export -f t
	check t
}

@test "net-plumb: 50 at once get 50 addresses, and go at once" {
	t() {
		for i in $(seq 50); do net-plumb -p $((7000 + i)):80 c$i & pids="$pids $!"; done
		for p in $pids; do wait $p || return 1; done
		[ "$(for i in $(seq 50); do ip -n c$i -4 -o addr show eth0; done | awk '{print $4}' | sort -u | wc -l)" = 50 ] || return 1
		[ "$(for i in $(seq 50); do ip -n c$i -6 -o addr show eth0 scope global; done | awk '{print $4}' | sort -u | wc -l)" = 50 ] || return 1
		[ "$(net-plumb -l | wc -l)" = 50 ] || return 1
		pids=
		for i in $(seq 50); do net-plumb -d c$i & pids="$pids $!"; done
		for p in $pids; do wait $p || return 1; done
		settled && [ -z "$(nft list tables)" ] && [ -z "$(ls /etc/netns)" ]
	}
	export -f t
	check t
}

@test "net-plumb: killed at 200 random points, --gc leaves nothing" {
	t() {
		before=$(picture)
		for i in $(seq 200); do
			net-plumb -p 8080:80 k$i >/dev/null 2>&1 &
			p=$!
			sleep .00$((RANDOM % 10))$((RANDOM % 10))
			kill -9 $p 2>/dev/null
			wait $p 2>/dev/null
			# One that was complete by then is no left-over.
			[ ! -e /run/netns/k$i ] || net-plumb -d k$i || return 1
		done
		net-plumb --gc && settled && same "$(picture)" "$before"
	}
	export -f t
	check t 2>/dev/null
}

@test "net-plumb: -n prints a script that does what the tool does" {
	state() {
		ip -j link show type bridge | jq -S '[.[] | {ifname, address, mtu, ifalias}]'
		ip -j addr show longshore0 | jq -S '[.[0].addr_info[] | {local, prefixlen, broadcast, scope, nodad}]'
		ip -j link show ls-web | jq -S '[.[] | {ifname, address, mtu, master, ifalias, operstate}]'
		bridge -j -d link show dev ls-web | jq -S '.[0] | {hairpin, isolated}'
		ip -n web -j addr | jq -S '[.[] | {ifname, address, mtu, operstate, ifalias, a: [.addr_info[] | {local, prefixlen, broadcast, scope, nodad}]}]'
		ip -n web -j route | jq -S .
		ip -n web -6 -j route | jq -S 'map(del(.expires)) | sort_by(.dst)'
		nft -j list ruleset | jq -S 'del(.nftables[0]) | [.nftables[] | del(.[].handle)]'
		sysctl -a 2>/dev/null | grep -E '(forwarding|accept_ra|accept_dad|route_localnet) ='
		ip netns exec web sysctl -a 2>/dev/null | grep -E 'eth0.(accept_ra|accept_dad|disable_ipv6|force_mld|mldv1_).* ='
		cat /etc/netns/web/hosts /etc/netns/web/resolv.conf
		find /etc/netns -printf '%p %y %m %n\n' | sort
	}
	t() {
		what="-p 8080:80 -p 127.0.0.1:90:90/udp -p 192.0.2.2:91:91 -p [2001:db8:1::2]:92:92"
		case $1 in
		tool) net-plumb $what web >/dev/null ;;
		script)
			net-plumb -n $what web >/run/s || return 1
			[ -z "$(ip link show type bridge)" ] || return 1
			sh /run/s || return 1
			;;
		esac
		sleep 1.5
		state
	}
	export -f t state
	a=$(check t tool)
	b=$(check t script)
	[ -n "$a" ]
	diff <(echo "$a") <(echo "$b")
}

@test "net-plumb: -n -d prints a script that undoes what the tool did" {
	t() {
		before=$(picture)
		net-plumb -p 8080:80 web >/dev/null && net-plumb -n -d web >/run/s && [ -e /run/netns/web ] || return 1
		sh /run/s && settled && rm -rf /run/longshore && same "$(picture)" "$before"
	}
	export -f t
	check t
}

@test "net-plumb: -n never runs PROGRAM, and what it prints runs it in the namespace" {
	t() {
		net-plumb -n web -- touch /run/ran >/run/s && [ ! -e /run/ran ] || return 1
		net-plumb -n "we'b" -- sh -c 'ip -br addr show eth0' >/run/s &&
			sh /run/s | grep -q 10.209.0.2
	}
	export -f t
	check t
}

@test "net-plumb: works without privilege in user, mount and network namespaces of one's own" {
	requires userns
	t() {
		mount -t tmpfs tmpfs /run && mkdir -p /run/etc/u /run/etc/w &&
			mount -t tmpfs tmpfs /etc/netns && ip link set lo up || exit 77
		net-plumb -p 8080:80 web && net-plumb db || exit 1
		ip netns exec web ping -c1 -W2 -q 10.209.0.3 || exit 1
		serve web 80
		[ "$(ask - tcp 127.0.0.1 8080)" = "web 10.209.0.1" ] || ask - tcp 127.0.0.1 8080
		net-plumb -d web && net-plumb -d db && [ -z "$(nft list tables)" ]
	}
	export -f t
	mkdir -p "$BATS_TEST_TMPDIR" && chmod 755 "$BATS_TEST_TMPDIR"
	requires user unshare setpriv
	cp "$BIN/net-plumb" "$BATS_TEST_TMPDIR/"
	run unshare --net --mount bash -c '
		mkdir -p /run/x/u /run/x/w; mount -t tmpfs tmpfs /run; mkdir -p /run/x/u/netns /run/x/w
		mount -t overlay overlay -o lowerdir=/etc,upperdir=/run/x/u,workdir=/run/x/w /etc
		setpriv --reuid 65534 --regid 65534 --clear-groups unshare --user --map-root-user --net --mount --pid --fork --kill-child --mount-proc \
			bash -c ". $0; t"' "$BATS_TEST_DIRNAME/net-world.bash"
	[ "$status" != 77 ] || skip "no unprivileged mounts here"
	[ "$status" = 0 ] || { echo "$output"; return 1; }
}
