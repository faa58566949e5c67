# net-plumb: who reaches whom, over tcp and udp, IPv4 and IPv6 (net-world.bash).
# shellcheck disable=SC2317,SC2086
bats_require_minimum_version 1.5.0
load helpers
. "$BATS_TEST_DIRNAME/net-world.bash"

setup() {
	requires root ip nft socat
}

# Containers: web and other on one bridge, third on another.  web publishes 8080 at all
# addresses and 9090 at 127.0.0.1.  isp is the neighbour on the uplink, and knows a route
# to the bridge's subnet, as an attacker would add one.
matrix_up() {
	local p
	for p in tcp udp; do set -- "$@" -p 8080:80/$p -p 127.0.0.1:9090:80/$p; done
	net-plumb "$@" web && net-plumb other && net-plumb -b br2 third || return 1
	ip -n isp route add 10.209.0.0/16 via 192.0.2.2
	serve web 80 && serve isp 99
}

# reach PROTO CLIENT ADDR PORT WANT: WANT is the start of the answer.
reach() {
	local got
	got=$(ask "$2" "$1" "$3" "$4")
	case $got in "$5"*) return ;; esac
	# Once more: the machine may be busy, and a refusal does not change by asking.
	sleep 1
	got=$(ask "$2" "$1" "$3" "$4")
	case $got in "$5"*) return ;; esac
	echo "$1 from $2 to $3 $4: got $got, want $5"
	bad=1
}

matrix() {
	local p=$1 c bad=0 ula
	matrix_up || return 1
	ula=$(ip -n web -6 -j addr show eth0 scope global | jq -r '.[0].addr_info[0].local')
	# Published at every address of the host, for everybody, oneself included.
	for c in - isp other third web; do
		reach $p $c 192.0.2.2 8080 web
		reach $p $c 2001:db8:1::2 8080 web
	done
	# At the bridge's own address, and at 127.0.0.1 for the host.
	for c in - other web third; do reach $p $c 10.209.0.1 8080 web; done
	reach $p - 127.0.0.1 8080 web
	reach $p - 127.0.0.1 9090 web
	reach $p - ::1 8080 refused
	# The loopback port is nobody else's.
	for c in isp other third web; do reach $p $c 192.0.2.2 9090 refused; done
	reach $p other 10.209.0.1 9090 refused
	# Directly: the host and the neighbours, no others.
	reach $p - 10.209.0.2 80 web
	reach $p other 10.209.0.2 80 web
	reach $p other $ula 80 web
	reach $p third 10.209.0.2 80 lost
	reach $p third $ula 80 lost
	reach $p isp 10.209.0.2 80 lost
	# Outwards everybody.
	for c in web third; do
		reach $p $c 192.0.2.1 99 "isp c000:0202"
		reach $p $c 2001:db8:1::1 99 "isp 2001:db8:1:0002"
	done
	return $bad
}

# A neighbour who sends packets for 127.0.0.1 down the wire (CVE-2020-8558).
loopback_attack() {
	local bad=0 p
	matrix_up || return 1
	for c in isp other; do
		case $c in isp) via=192.0.2.2 ;; other) via=10.209.0.1 ;; esac
		ip netns exec $c sysctl -qw net.ipv4.conf.all.route_localnet=1
		ip -n $c addr del 127.0.0.1/8 dev lo
		ip -n $c route flush table local 127.0.0.0/8 2>/dev/null
		ip -n $c route add 127.0.0.1 via $via src "$(ip -n $c -4 -j addr show eth0 | jq -r '.[0].addr_info[0].local')"
		for p in tcp udp; do
			reach $p $c 127.0.0.1 9090 lost
			reach $p $c 127.0.0.1 8080 lost
		done
	done
	return $bad
}
export -f matrix matrix_up reach loopback_attack

@test "net-plumb: the reachability matrix holds for tcp" {
	in_world matrix tcp
}

@test "net-plumb: the reachability matrix holds for udp" {
	in_world matrix udp
}

@test "net-plumb: the matrix holds without br_netfilter as well" {
	t() {
		sysctl -qw net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-ip6tables=0
		matrix tcp
	}
	export -f t
	[ -e /proc/sys/net/bridge ] || skip "br_netfilter is not loaded, the tests above covered this"
	in_world t
}

@test "net-plumb: 127.0.0.1 is closed to neighbours who forge packets for it" {
	in_world loopback_attack
}
