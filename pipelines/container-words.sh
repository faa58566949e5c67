# shellcheck shell=sh
# container-words.sh: what docker's options say, in the words of the tools: quoted, and
# appended to $limits, $binds, $volumes or $env.  Sourced by container-run.

# limit FILE VALUE: docker says 0 (or -1 processes) where there is to be no limit.
limit() {
	case $1=$2 in memory.max=0 | cpu.max=0 | pids.max=0 | pids.max=-1) return ;; esac
	quote "$1=$2"
	limits="$limits $quoted"
}

# volume SRC:DST[:MODE], NAME:DST or DST
volume() {
	bind=--bind src=${1%%:*} dst=${1#*:} modes=''
	case $dst in *:*) modes=${dst#*:}, dst=${dst%%:*} ;; esac
	while [ -n "$modes" ]; do
		# All others are about labels and caches that nobody has here.
		case ${modes%%,*} in
		ro) bind=--ro-bind ;;
		rw | z | Z | nocopy | cached | delegated | consistent | private | rprivate) ;;
		*) usage "-v $1: the mode ${modes%%,*} is not known" ;;
		esac
		modes=${modes#*,}
	done
	case $dst in /?*) ;; *) usage "-v $1: $dst is not an absolute path below /" ;; esac
	case $src in
	"$1") quote "$dst" && volumes="$volumes $quoted" && return ;;
	/*) ;;
	. | .. | ./* | ../*) src=$PWD/$src ;;
	'' | [!a-zA-Z0-9]* | *[!a-zA-Z0-9_.-]*) usage "-v $1: '$src' is neither a path nor a name" ;;
	*) src=$store/volumes/$src ;;
	esac
	[ -e "$src" ] || [ -n "$dry" ] || mkdir -p "$src" || exit "$failed"
	quote "$bind" "$src:$dst"
	binds="$binds $quoted"
}

# memory_files DST[:OPTION,...]: the options that docker sets anyway, and a size.
memory_files() {
	dst=${1%%:*} size='' modes=${1#"${1%%:*}"}
	modes=${modes#:}
	while [ -n "$modes" ]; do
		case ${modes%%,*} in
		size=?*) size=:${modes#size=} && size=${size%%,*} ;;
		rw | nosuid | nodev | noexec | mode=1777) ;;
		*) usage "--tmpfs $1: ${modes%%,*} is not supported" ;;
		esac
		case $modes in *,*) modes=${modes#*,} ;; *) modes='' ;; esac
	done
	case $dst in /?*) ;; *) usage "--tmpfs $1: $dst is not an absolute path below /" ;; esac
	quote --tmpfs "$dst$size"
	binds="$binds $quoted"
}

# variable K=V, or K for the caller's value
variable() {
	case $1 in
	=*) usage "-e $1: a variable has a name" ;;
	*=*) quote --env "$1" ;;
	'' | [0-9]* | *[!a-zA-Z0-9_]*) usage "-e $1: not a variable's name" ;;
	*) eval "[ \"\${$1+set}\" ] || return 0; quote --env \"$1=\$$1\"" ;;
	esac
	env="$env $quoted"
}

# variables FILE: lines of these, and comments.  The last one may lack its newline.
variables() {
	[ -f "$1" ] && [ -r "$1" ] || die "--env-file $1: cannot be read"
	while IFS= read -r line || [ -n "$line" ]; do
		line=${line#"${line%%[!	 ]*}"}
		case $line in '' | '#'*) ;; *) variable "$line" ;; esac
	done <"$1"
}
