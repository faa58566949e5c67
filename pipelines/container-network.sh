# shellcheck shell=sh
# container-network.sh: which network a container gets, and the files that tell it of it.
# Sourced by container-chain.sh.

# Root has a bridge.  An ordinary user has pasta(1), which speaks for the container with
# the caller's own sockets, where that and its tun device can be had.
choose_network() {
	case $net in
	container:*)
		alive "${net#*:}" && first_process "$pid" || die "--net $net: it does not run"
		return
		;;
	esac
	case $rootless$net in
	'') net=bridge ;;
	yes | yesbridge | pasta | yespasta)
		net=pasta lacking=''
		command -v pasta >/dev/null || lacking='apt install passt'
		[ -w /dev/net/tun ] || lacking="${lacking:+$lacking; }chmod 666 /dev/net/tun"
		[ -n "$lacking" ] || routable || lacking='ip route add default ..., pasta copies it'
		[ -n "$lacking" ] || return 0
		[ -z "$ports" ] || die "-p: an ordinary user needs pasta(1) and a writable" \
			"/dev/net/tun: $lacking"
		hint "no network: $lacking"
		net=none
		;;
	esac
}

# Has the host a default route?  There is one on lo for IPv6 always, which refuses.
routable() {
	while read -r _ to _; do [ "$to" != 00000000 ] || return 0; done </proc/net/route
	while read -r to _ _ _ _ _ _ _ _ device; do
		[ "$to" != "${to#*[!0]}" ] || [ "$device" = lo ] || return 0
	done </proc/net/ipv6_route
	return 1
} 2>/dev/null

# pasta's process outlives us: it ends with the network namespace, which a file holds, and
# the hook of run_chain takes that away.
start_pasta() {
	netns=$run/$name/netns forward=''
	eval "set -- $ports"
	while [ $# -gt 0 ]; do
		spec=${2%/*} kind=-t
		[ "$2" = "${2%/udp}" ] || kind=-u
		case $spec in *:*:*) spec=${spec%%:*}/${spec#*:} ;; esac
		forward="$forward $kind $spec"
		shift 2
	done
	: >"$netns"
	# shellcheck disable=SC2086
	unshare --net="$netns" true && pasta --config-net -q -l "$run/$name/pasta.log" \
		-P "$run/$name/pasta" ${forward:--t none -u none} -T none -U none \
		--netns "$netns" 2>"$run/$name/pasta.errors" ||
		die "pasta failed: $(tail -n 1 "$run/$name/pasta.errors")"
}

# What is bound into /etc: names and resolvers of the container's own, not the image's.
# net-plumb writes those of a bridged container, below /etc/netns as ip-netns(8) has it.
network_files() {
	hosts=$dir/hosts resolv=''
	case $net in
	bridge) hosts=/etc/netns/$name/hosts resolv=/etc/netns/$name/resolv.conf ;;
	host | pasta) resolv=/etc/resolv.conf ;;
	container:*)
		theirs=/etc/netns/${net#*:}
		if [ -e "$theirs/hosts" ]; then hosts=$theirs/hosts resolv=$theirs/resolv.conf; fi
		;;
	esac
	if [ -z "$dry" ]; then
		{
			printf '127.0.0.1 localhost %s\n::1 localhost\n' "$host" >"$dir/hosts" &&
				printf '%s\n' "$host" >"$dir/hostname"
		} 2>/dev/null || die "cannot write in $dir"
		quote --bind "$dir/hostname:/etc/hostname" --bind "$hosts:/etc/hosts"
		binds="$binds $quoted"
	fi
	[ -z "$resolv" ] || binds="$binds --ro-bind $resolv:/etc/resolv.conf"
}

# What ns-exec is told: a bridged container is born into the network that net-plumb made.
network_options() {
	case $net in
	none) network=--net ;;
	pasta)
		[ -n "$dry" ] || start_pasta
		quote "--net=$run/$name/netns"
		network=$quoted
		;;
	container:*) network=--net=/proc/$init/ns/net ;;
	*) network='' ;;
	esac
}
