# shellcheck shell=sh
# longshore.sh: what every pipeline begins with.  Sourced, not run.
#
# Where things are ($store on disk, $run until the next boot), how an image's name
# becomes a file name, whether a container lives, and how an ordinary user becomes root
# of a user namespace.  Only shell builtins on the way to a program: a fork costs a
# millisecond, and container-run has few of those.

me=${0##*/}
here=${0%/*}
case $here in /*) ;; *) here=$PWD/$here ;; esac
# In a checkout the tools are in bin/ beside pipelines/.
command -v ns-exec >/dev/null || PATH=$here:$here/../bin:$PATH
umask 022

# Messages as the tools write them; 125 from container-*, where the program's own
# status passes through, 2 (usage) and 1 from image-*.
case $me in container-*) failed=125 misused=125 ;; *) failed=1 misused=2 ;; esac
say() { [ -n "$quiet" ] || printf '%s: %s\n' "$me" "$*" >&2; }
hint() { say "hint: $*"; }
die() {
	printf '%s: %s\n' "$me" "$*" >&2
	exit "$failed"
}
usage() {
	printf '%s: %s (see %s --help)\n' "$me" "$*" "$me" >&2
	exit "$misused"
}
quiet='' explain='' dry=''
# The options of every tool; a script's own option loop hands the rest to this one.
common_option() {
	case $1 in
	-h | --help) printf '%s\n' "$help" && exit 0 ;;
	-V | --version) echo "$me (longshore) 0.1.0" && exit 0 ;;
	-q | --quiet) quiet=-q ;;
	-x | --explain) explain=-x ;;
	-n | --dry-run) dry=-n ;;
	*) usage "unknown option $1" ;;
	esac
}
# Print a command as -x and -n do: "+ " on stderr, or a script's line on stdout.
step() {
	[ -z "$explain" ] || printf '+ %s\n' "$*" >&2
	[ -z "$dry" ] || printf '%s\n' "$*"
}
# $quoted = the words as sh reads them back.
quote() {
	quoted=''
	for word; do
		case $word in
		'' | *[!a-zA-Z0-9_./:=@%+,-]*) ;;
		*) quoted="$quoted $word" && continue ;;
		esac
		done=''
		while :; do
			case $word in
			*\'*) done="$done${word%%\'*}'\\''" word=${word#*\'} ;;
			*) break ;;
			esac
		done
		quoted="$quoted '$done$word'"
	done
	quoted=${quoted# }
}

# $uid, without a fork for id(1).  The initial user namespace maps every id to itself.
while read -r key _ uid _; do [ "$key" != Uid: ] || break; done </proc/self/status
read -r inside outside _ </proc/self/uid_map
rootless=''
[ "$inside $outside $uid" = '0 0 0' ] || rootless=yes
if [ -n "$rootless" ]; then
	: "${LONGSHORE_STORE:=${XDG_DATA_HOME:-$HOME/.local/share}/longshore}"
	run=${XDG_RUNTIME_DIR:-$LONGSHORE_STORE/run}/longshore
else
	: "${LONGSHORE_STORE:=/var/lib/longshore}"
	run=/run/longshore
fi
case $LONGSHORE_STORE in /*) ;; *) LONGSHORE_STORE=$PWD/$LONGSHORE_STORE ;; esac
store=$LONGSHORE_STORE
export LONGSHORE_STORE

# become_root ARG...: an ordinary user runs this script again as root of a user
# namespace, with the ids that /etc/subuid grants mapped behind it: only so can the
# files of a layer keep their owners.  user_namespaces(7).
become_root() {
	[ "$uid" = 0 ] || exec ns-exec --user --map-auto --mount -- "$0" "$@"
}

# image_name IMAGE: $ref = the name in full, $key = its file name in images/.
image_name() {
	case $1 in
	oci:/*) ref=$1 ;;
	oci:*) ref=oci:$PWD/${1#oci:} ;;
	*)
		repo=${1%%@*} at_digest=${1#"${1%%@*}"} registry=${1%%/*}
		case $repo in
		localhost/* | *.*/* | *:*/*) repo=${repo#*/} ;;
		*) registry=docker.io ;;
		esac
		case $registry in *[.:]* | localhost) ;; *) registry=docker.io repo=${1%%@*} ;; esac
		[ "$registry" != index.docker.io ] || registry=docker.io
		case $registry/$repo in docker.io/*/*) ;; docker.io/*) repo=library/$repo ;; esac
		case ${repo##*/} in *:*) tag=:${repo##*:} repo=${repo%:*} ;; *) tag=:latest ;; esac
		ref=$registry/$repo${at_digest:-$tag}
		;;
	esac
	key='' todo=$ref
	while [ "$todo" != "${todo#*/}" ]; do key=$key${todo%%/*}% todo=${todo#*/}; done
	key=$key$todo
}

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
	while :; do
		while read -r key ids; do [ "$key" != NSpid: ] || break; done <"/proc/$init/status"
		case $ids in *"	1") return 0 ;; esac
		read -r init _ <"/proc/$init/task/$init/children" || [ -n "$init" ] || return 1
	done 2>/dev/null
}

# value OPTION VALUE...: $value = the option's value; a usage error when there is none.
value() {
	[ $# -ge 2 ] || usage "$1 needs a value"
	value=$2
}

# lock -s|-x: the store's lock, held until this script ends.  Whoever adds shares it,
# whoever removes has it alone.
#
# layers/init is the top layer of every container: the mount points that each of them
# has, so that they do not show up as changes in its upper directory.
lock() {
	init=$store/layers/init/etc
	[ -e "$init/hosts" ] || {
		mkdir -p "$store/images" "$store/containers" "$store/layout" "$init" \
			"$store/layers/init/dev" "$store/layers/init/proc" "$store/layers/init/sys" &&
			chmod 700 "$store" && : >"$init/hostname" && : >"$init/resolv.conf" &&
			: >"$init/hosts"
	} || exit "$failed"
	exec 9>"$store/lock"
	flock "$1" 9
}

# plan < MANIFEST: print what container-run must know of an image; image-plan(1).
plan() {
	# shellcheck disable=SC2086
	image-plan $quiet -u "$store/layers" "$store/layout" "$ref" && return
	status=$?
	say "$ref: not an image that can run"
	return "$status"
}

# act COMMAND...: explain it, and do it unless -n.
act() {
	quote "$@"
	step "$quoted"
	[ -n "$dry" ] || "$@"
}

# image IMAGE: read its plan into $image_*; dies unless the store has it.
image() {
	image_name "$1"
	[ -f "$store/images/$key" ] || die "$1 is not in the store (see image-list, image-pull)"
	# shellcheck source=/dev/null
	. "$store/images/$key"
}

# edit_index JQ-ARGUMENT...: change the layout's index.json as a whole, under the lock
# that reg-blob takes too: on the directory itself.
edit_index() {
	(
		flock 8
		jq "$@" "$store/layout/index.json" >"$store/layout/index.json.new" &&
			mv "$store/layout/index.json.new" "$store/layout/index.json"
	) 8<"$store/layout"
}

# record_image DIGEST MANIFEST: name it in the layout's index.json, for skopeo and umoci.
record_image() {
	# shellcheck disable=SC2016
	edit_index --arg name "$ref" --arg digest "$1" --argjson size "$(wc -c <"$2")" \
		--slurpfile m "$2" '
		"org.opencontainers.image.ref.name" as $key |
		.manifests |= (map(select(.annotations[$key] != $name)) + [{
			mediaType: $m[0].mediaType, digest: $digest, size: $size,
			annotations: {($key): $name}}])'
}
