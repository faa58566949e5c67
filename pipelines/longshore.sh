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
	usual=${XDG_DATA_HOME:-$HOME/.local/share}/longshore
	: "${LONGSHORE_STORE:=$usual}"
	run=${XDG_RUNTIME_DIR:-$LONGSHORE_STORE/run}/longshore
else
	usual=/var/lib/longshore run=/run/longshore
	: "${LONGSHORE_STORE:=$usual}"
fi
case $LONGSHORE_STORE in /*) ;; *) LONGSHORE_STORE=$PWD/$LONGSHORE_STORE ;; esac
# Another store has names of its own, and its --gc must not meet this one's.
[ "$LONGSHORE_STORE" = "$usual" ] || run=$run/_stores$LONGSHORE_STORE
store=$LONGSHORE_STORE
export LONGSHORE_STORE

# become_root ARG...: an ordinary user runs this script again as root of a user
# namespace, with the ids that /etc/subuid grants mapped behind it: only so can the
# files of a layer keep their owners.  user_namespaces(7).
become_root() {
	[ "$uid" = 0 ] || exec ns-exec --user --map-auto --mount -- "$0" "$@"
}

# value OPTION VALUE...: $value = the option's value; a usage error when there is none.
value() {
	[ $# -ge 2 ] || usage "$1 needs a value"
	value=$2
}

# act COMMAND...: explain it, and do it unless -n.
act() {
	quote "$@"
	step "$quoted"
	[ -n "$dry" ] || "$@"
}

# shellcheck source=pipelines/store.sh
. "$here/store.sh"
# shellcheck source=pipelines/living.sh
. "$here/living.sh"
