# shellcheck shell=sh
# container-chain.sh: from settings in shell variables to the running chain.
# Sourced by container-run and container-start, after longshore.sh.

# An ordinary user: first the cgroup (the namespace's root may not move what is outside),
# then the user namespace, in which this script runs again with the same words.
enter_namespace() {
	[ "$uid" != 0 ] || return 0
	set -- ns-exec --user --map-auto --mount -- "$0"
	# shellcheck disable=SC2086
	[ -z "$limits" ] || eval "set -- cg-place -r \"longshore-\$name\" $limits -- \"\$@\""
	export LONGSHORE_PLACED="$name"
	eval "exec \"\$@\" $words"
}

# save VARIABLE...: as assignments that sh reads back.
save() {
	for setting; do
		eval "value=\$$setting"
		quote "$value"
		echo "$setting=$quoted"
	done
}

# Root has a bridge.  An ordinary user has pasta(1), which speaks for the container with
# the caller's own sockets, where that and its tun device can be had.
choose_network() {
	case $rootless$net in
	'') net=bridge ;;
	yes | yesbridge | pasta | yespasta)
		net=pasta
		command -v pasta >/dev/null && [ -w /dev/net/tun ] && return
		[ -z "$ports" ] || die "-p: an ordinary user needs pasta (package passt) and a" \
			"writable /dev/net/tun"
		hint "no network: install passt, and chmod 666 /dev/net/tun"
		net=none
		;;
	esac
}
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
		--netns "$netns" || die "pasta failed: see $run/$name/pasta.log"
}

# The name is claimed by mkdir(2), which only one of two can win.  From then on nobody
# removes the layers named in settings; but an image-remove that is at work may not have
# seen us yet: wait for its end, and look.
claim_name() {
	[ -z "$dry" ] || return 0
	[ ! -e "$dir" ] || die "the name $name is taken (see container-list)"
	[ -d "$run" ] || mkdir -p -m 700 "$run" || exit "$failed"
	mkdir "$dir" "$dir/upper" "$dir/work" "$dir/rootfs" "$run/$name" || exit "$failed"
	quote "$@"
	program=$quoted
	save name image ref net ports limits user workdir host options volumes binds caps env \
		remove terminal program image_digest image_config image_layers image_env \
		image_stop_signal image_volumes image_exposed image_entrypoint image_cmd >"$dir/settings" || exit "$failed"
	[ ! -e "$store/removing" ] || { lock -s && exec 9>&-; }
	for layer in $image_layers; do
		[ -d "$store/layers/${layer#*:}" ] && continue
		rm -rf "$dir" "$run/$name"
		die "$image: layer $layer is gone; image-pull brings it back"
	done
}

# What is bound into /etc: names and resolvers of the container's own, not the image's.
# net-plumb writes those of a bridged container, below /etc/netns as ip-netns(8) has it.
network_files() {
	hosts=$dir/hosts resolv=''
	case $net in
	bridge) hosts=/etc/netns/$name/hosts resolv=/etc/netns/$name/resolv.conf ;;
	host | pasta) resolv=/etc/resolv.conf ;;
	esac
	if [ -z "$dry" ]; then
		printf '127.0.0.1 localhost %s\n::1 localhost\n' "$host" >"$dir/hosts"
		printf '%s\n' "$host" >"$dir/hostname"
		quote --bind "$dir/hostname:/etc/hostname" --bind "$hosts:/etc/hosts"
		binds="$binds $quoted"
	fi
	[ -z "$resolv" ] || binds="$binds --ro-bind $resolv:/etc/resolv.conf"
}

# The environment, in a file that only its owner can read: a command line is public.
environment() {
	eval "set -- $image_env"
	for pair; do set -- "$@" --env "$pair" && shift; done
	path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
	eval "set -- --env PATH=\$path --env HOSTNAME=\$host ${terminal:+--env TERM=xterm} \"\$@\" $env"
	if [ -n "$dry" ]; then
		quote "$@"
		environment=$quoted
	else
		umask 077
		printf '%s\0' "$@" >"$dir/environment" || exit "$failed"
		umask 022
		quote --args "$dir/environment"
		environment=$quoted
	fi
}

# Is container-prepare needed?  Under -n there is no root to look into: what the layers
# say must do.
prepare() {
	link='' clear='--clear-env --env HOME=/root'
	case $user in '' | 0 | root) [ "$volumes$image_volumes${workdir#/}" ] || return 0 ;; esac
	if [ -z "$dry" ]; then
		quote container-prepare $explain "$dir" --
		link=$quoted clear=''
		return
	fi
	. "$here/container-user.sh"
	root=/nonexistent
	for layer in $image_layers; do
		layer=$store/layers/${layer#*:}
		[ ! -f "$layer/etc/passwd" ] || root=$layer
	done
	find_user "$root/etc/passwd" "$root/etc/group" "${user:-0}"
	clear="--clear-env --env HOME=$home --user-id $ids ${groups:+--groups $groups}"
}

# become COMMAND...: in the foreground this process turns into it; -d: a child does, and
# this one waits until the program runs, or does not.
become() {
	if [ -z "$detach" ]; then
		[ -n "$input" ] || exec </dev/null
		note_pid
		exec "$@"
	fi
	: >"$dir/log"
	exec 8<"$dir/log"
	(
		exec 8<&-
		note_pid
		exec setsid "$@"
	) </dev/null >"$dir/log" 2>&1 &
	child=$!
	until alive "$name" && first_process "$pid" && program_runs "$init"; do
		[ -d "/proc/$child" ] && started "$child" && [ -n "$start" ] && sleep .02 && continue
		wait "$child"
		status=$?
		case $status in 125 | 126 | 127) cat <&8 >&2 && exit "$status" ;; esac
		break
	done
	echo "$name"
	exit 0
}
# program_runs PID: the container's first process, or with --init the child of that, has
# become the program.  One that has ended keeps its name, so a failed exec is none.
program_runs() {
	for process in "$1" "$(cat "/proc/$1/task/$1/children")"; do
		read -r comm <"/proc/${process%% *}/comm" && [ "$comm" != ns-exec ] && return
	done
	return 1
} 2>/dev/null
note_pid() {
	read -r self _ </proc/self/stat
	started "$self"
	echo "$self $start" >"$run/$name/pid"
}

# run_chain PROGRAM [ARG]...: put the chain together, the last link first, and become it.
run_chain() {
	host=${host:-$name}
	network_files
	environment
	prepare
	quote --hostname "$host"
	[ "${workdir:-/}" = / ] || quote --workdir "$workdir" --hostname "$host"
	options="$clear --pid --uts --ipc --cgroup $options $caps $binds $quoted $environment $terminal"
	case $net in
	none) options="--net $options" ;;
	pasta)
		[ -n "$dry" ] || start_pasta
		options="--net=$run/$name/netns $options"
		;;
	container:*)
		alive "${net#*:}" && first_process "$pid" || die "--net $net: it does not run"
		options="--net=/proc/$init/ns/net $options"
		;;
	esac
	eval "set -- $options --root \"\$dir/rootfs\" -- \"\$@\""
	eval "set -- $link ns-exec \$explain \"\$@\""
	set -- -l "$store/layers/init" -u "$dir/upper" -w "$dir/work" "$dir/rootfs" -- "$@"
	lowers=''
	for layer in $image_layers; do
		quote -l "$store/layers/${layer#*:}" && lowers="$lowers $quoted"
	done
	eval "set -- ovl-mount \$explain $lowers \"\$@\""
	set -- ns-exec $explain --die-with-parent --mount -- "$@"
	[ "$net" != bridge ] || eval "set -- net-plumb \$explain -r $ports \"\$name\" -- \"\$@\""
	# A cgroup of its own even without limits, where that costs no privilege.
	hush=$quiet
	[ -n "$limits$rootless" ] || [ ! -w /sys/fs/cgroup/cgroup.subtree_control ] ||
		hush=-q limits=' '
	[ "${LONGSHORE_PLACED-}" = "$name" ] || [ -z "$limits" ] ||
		eval "set -- cg-place \$explain \$hush -r \"longshore-\$name\" $limits -- \"\$@\""
	if [ -n "$remove" ]; then
		quote exec rm -rf --one-file-system "$dir" "$run/$name"
	else
		quote "$dir/exit"
		quoted="echo \$1 >$quoted"
	fi
	[ "$net" != pasta ] || quoted="kill \$(cat $run/$name/pasta); umount $run/$name/netns; $quoted"
	set -- exit-hook $explain "$quoted" "$@"
	[ -n "$dry" ] || become "$@"
	quote mkdir -p "$dir/upper" "$dir/work" "$dir/rootfs" "$store/layers/init"
	step "$quoted"
	shift
	[ "$uid" = 0 ] || set -- ns-exec --user --map-auto --mount -- exit-hook "$@"
	exec exit-hook -n "$@"
}
