# shellcheck shell=sh
# container-chain.sh: from settings in shell variables to the running chain.
# Sourced by container-run, after longshore.sh.

# shellcheck source=pipelines/container-network.sh
. "$here/container-network.sh"
# shellcheck source=pipelines/container-claim.sh
. "$here/container-claim.sh"

# An ordinary user: first the cgroup (the namespace's root may not move what is outside),
# then the user namespace, in which this script runs again with the same words.  Only the
# root of a container's own user namespace may join its network: there is none to make.
enter_namespace() {
	[ "$uid" != 0 ] || return 0
	set -- ns-exec --user --map-auto --mount -- "$0"
	case $net in
	container:*)
		alive "${net#*:}" || die "--net $net: it does not run"
		set -- ns-exec "--user=/proc/$pid/ns/user" --mount -- "$0"
		;;
	esac
	# shellcheck disable=SC2086
	[ -z "$limits" ] ||
		eval "set -- cg-place \$explain --terse -r \"longshore-\$name\" $limits -- \"\$@\""
	export LONGSHORE_PLACED="$name"
	eval "exec \"\$@\" $words"
}

# The environment, in a file that only its owner can read: a command line is public.  An
# image's entry without a name or without "=" is nothing that a process can be given.
environment() {
	eval "set -- $image_env"
	for pair; do
		shift
		case $pair in ?*=*) [ "${pair#=}" = "$pair" ] && set -- "$@" --env "$pair" ;; esac
	done
	path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
	eval "set -- --env PATH=\$path --env HOSTNAME=\$host ${terminal:+--env TERM=xterm} \"\$@\" $env"
	if [ -n "$dry" ]; then
		quote "$@"
		environment=$quoted
	else
		umask 077
		{ printf '%s\0' "$@" >"$dir/environment"; } 2>/dev/null || die "cannot write in $dir"
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

# run_chain PROGRAM [ARG]...: put the chain together, the last link first, and become it.
run_chain() {
	host=${host:-$name}
	network_files
	network_options
	environment
	prepare
	quote --hostname "$host"
	[ "${workdir:-/}" = / ] || quote --workdir "$workdir" --hostname "$host"
	options="$network $clear --pid --uts --ipc --cgroup $options $caps $binds $quoted \
		$environment $terminal"
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
	[ -n "$limits$rootless" ] || [ ! -w /sys/fs/cgroup/cgroup.subtree_control ] || limits=' '
	[ "${LONGSHORE_PLACED-}" = "$name" ] || [ -z "$limits" ] ||
		eval "set -- cg-place \$explain --terse -r \"longshore-\$name\" $limits -- \"\$@\""
	if [ -n "$remove" ]; then
		quote rm -rf --one-file-system "$dir" "$run/$name"
		# 137: the links that would have taken back network and cgroup may be killed too,
		# and without its directory nobody would know of them.
		left=''
		[ "$net" != bridge ] || left="net-plumb -q -d $name;"
		[ -z "$limits" ] || left="$left cg-place -q -d longshore-$name;"
		[ -z "$left" ] || quoted="[ \$1 != 137 ] || { $left }; $quoted"
	else
		quote "$dir/exit"
		quoted="echo \$1 >$quoted"
	fi
	after=$quoted
	if [ "$net" = pasta ]; then
		quote "$run/$name"
		after="kill \$(cat $quoted/pasta); umount -l $quoted/netns; $after"
	fi
	set -- exit-hook $explain "$after" "$@"
	[ -n "$dry" ] || become "$@"
	quote mkdir -p "$dir/upper" "$dir/work" "$dir/rootfs" "$store/layers/init"
	step "$quoted"
	shift
	[ "$uid" = 0 ] || set -- ns-exec --user --map-auto --mount -- exit-hook "$@"
	exec exit-hook -n "$@"
}
