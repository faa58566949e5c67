# shellcheck shell=sh
# container-user.sh: who USER[:GROUP] is, by the container's own /etc/passwd.
# Sourced by what needs it, after longshore.sh.

# inside ROOT PATH: $found = the file that PATH names when ROOT is the root: absolute
# symlinks and ".." of an image must not lead to the host's files.  Only good while
# nothing runs in there: who could change the tree could win the race.
inside() {
	todo=${2#/} at='' hops=0
	while [ -n "$todo" ]; do
		part=${todo%%/*} rest=${todo#"${todo%%/*}"}
		todo=${rest#/}
		case $part in '' | .) continue ;; ..) at=${at%/*} && continue ;; esac
		if [ -L "$1$at/$part" ]; then
			hops=$((hops + 1))
			[ "$hops" -le 40 ] || die "$2: too many symbolic links in the image"
			link=$(readlink "$1$at/$part")
			case $link in /*) at='' ;; esac
			todo=$link/$todo
		else
			at=$at/$part
		fi
	done
	found=$1$at
}

number() { case $1 in '' | *[!0-9]*) return 1 ;; esac }

# find_user PASSWD GROUP USER[:GROUP]: $ids = UID:GID, $groups = its other groups, $home.
# A number needs no entry; a name without one is an error, and no name is root, all as
# docker has it.
find_user() {
	who=${3%%:*} group='' login='' owner='' gid=0 home=/ groups=''
	case $3 in *:*) group=${3#*:} ;; esac
	: "${who:=0}"
	[ ! -f "$1" ] || while IFS=: read -r n _ u g _ h _; do
		[ "$n" = "$who" ] || [ "$u" = "$who" ] || continue
		number "$u" && number "$g" || continue
		login=$n owner=$u gid=$g home=${h:-/}
		break
	done <"$1"
	[ -n "$owner" ] || { number "$who" && owner=$who; } ||
		die "no user $who in the image's /etc/passwd"
	found_group=''
	[ ! -f "$2" ] || while IFS=: read -r n _ g members; do
		number "$g" || continue
		[ "$n" != "$group" ] && [ "$g" != "$group" ] || found_group=$g
		case ,$members, in
		*",$login,"*) [ -z "$login" ] || [ -n "$group" ] || groups=$groups,$g ;;
		esac
	done <"$2"
	if [ -n "$group" ]; then
		gid=${found_group:-$group}
		number "$gid" || die "no group $group in the image's /etc/group"
	fi
	ids=$owner:$gid groups=${groups#,}
}
