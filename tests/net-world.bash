# A throw-away host for network tests: network and mount namespaces of its own, with an
# uplink "eth0" to a namespace "isp" that plays both router and remote client.
# The real host's interfaces, rules and files stay out of reach.
#
#	in_world FUNCTION [ARG]...	run an exported function in a fresh world
# Inside:
#	serve NS PORT		answer tcp and udp, v4 and v6, with "NS PEER"
#	ask NS PROTO ADDR PORT	print the answer; NS "-" is the host

in_world() {
	# The pid namespace takes every server that a test has started down with it.
	unshare --net --mount --pid --fork --kill-child --mount-proc --propagation private \
		bash -c '. "$1" && shift && world_up && "$@"' - \
		"$BATS_TEST_DIRNAME/net-world.bash" "$@"
}

world_up() {
	set -e
	mount -t tmpfs tmpfs /run
	mkdir -p /run/etc/upper /run/etc/work
	mount -t overlay overlay -o lowerdir=/etc,upperdir=/run/etc/upper,workdir=/run/etc/work /etc
	rm -rf /etc/netns
	echo 'nameserver 192.0.2.53' >/run/resolv.conf
	rm -f /etc/resolv.conf
	cp /run/resolv.conf /etc/resolv.conf
	ip link set lo up
	ip netns add isp
	ip link add eth0 mtu 1400 type veth peer name eth0 mtu 1400 netns isp
	ip addr add 192.0.2.2/24 dev eth0
	ip addr add 2001:db8:1::2/64 dev eth0 nodad
	ip link set eth0 up
	ip -n isp link set lo up
	ip -n isp addr add 192.0.2.1/24 dev eth0
	ip -n isp addr add 2001:db8:1::1/64 dev eth0 nodad
	ip -n isp addr add 198.51.100.1/32 dev lo
	ip -n isp addr add 2001:db8:2::1/128 dev lo
	ip -n isp link set eth0 up
	ip route add default via 192.0.2.1
	ip -6 route add default via 2001:db8:1::1
	set +e
}

within() {
	if [ "$1" = - ]; then shift; "$@"; else ip netns exec "$@"; fi
}

serve() {
	within "$1" socat "TCP6-LISTEN:$2,fork,reuseaddr,ipv6only=0" \
		SYSTEM:"echo $1 \$SOCAT_PEERADDR" &
	within "$1" socat "UDP6-RECVFROM:$2,fork,reuseaddr,ipv6only=0" \
		SYSTEM:"echo $1 \$SOCAT_PEERADDR" &
	for _ in $(seq 100); do
		[ "$(within "$1" ss -Hltun "sport = :$2" | wc -l)" -ge 2 ] && return
		sleep .05
	done
	echo "no server in $1"
	return 1
}

# Prints "NS PEER" with the peer's address short, "refused", or "lost".
ask() {
	local v=4 addr=$3 answer
	case $3 in *:*) v=6 addr="[$3]" ;; esac
	case $2 in
	tcp) answer=$(within "$1" timeout 2 socat -T1 - "TCP$v:$addr:$4,connect-timeout=1" 2>&1 </dev/null) ;;
	udp) answer=$(echo | within "$1" timeout 2 socat -T.5 - "UDP$v:$addr:$4" 2>&1) ;;
	esac
	case $answer in
	*refused*) echo refused ;;
	*socat* | '') echo lost ;;
	*) echo "$answer" | tr -d '[]' | sed 's/0000:0000:0000:0000:0000:ffff://; s/:0000//g; s/0*\([0-9a-f]*\):/\1:/g' ;;
	esac
}
