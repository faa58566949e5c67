# shellcheck shell=sh
# living.sh: a container by its name: where it is kept, and whether it lives.
# Sourced by longshore.sh.

# container NAME: $dir = where it is kept; dies unless there is such a container.
container() {
	case $1 in '' | [!a-zA-Z0-9]* | *[!a-zA-Z0-9_.-]*) usage "not a container's name: $1" ;; esac
	dir=$store/containers/$1
	[ -d "$dir" ] || die "no such container: $1 (see container-list)"
}

# started PID: $start = the tick at which it started, empty when it is gone.  A pid
# alone may be another process by now; pid and start time together never are.
started() {
	start=''
	[ -r "/proc/$1/stat" ] && read -r stat <"/proc/$1/stat" || return 0
	# Field 22; counted from behind the name, which may hold blanks and brackets; proc(5).
	# shellcheck disable=SC2086
	set -- ${stat##*) }
	start=${20} code=$1
	[ "$code" != Z ] || start=''
}

# alive NAME: true while it runs; $pid = the supervisor, in the caller's pid namespace.
alive() {
	pid='' then=''
	[ -r "$run/$1/pid" ] && read -r pid then <"$run/$1/pid" || return 1
	started "$pid"
	[ -n "$start" ] && [ "$start" = "$then" ]
}

# first_process PID: $init = the container's pid 1, below the supervisor: the first
# descendant that is number 1 in a pid namespace of its own.
first_process() {
	init=$1
	while [ -n "$init" ]; do
		while read -r key ids; do
			[ "$key" != NSpid: ] || break
		done <"/proc/$init/status" || return 1
		case $ids in *"	1") return 0 ;; esac
		below=''
		read -r below _ <"/proc/$init/task/$init/children"
		init=$below
	done
	return 1
} 2>/dev/null
