# bash completion for longshore: the options of all, the names of images and containers.
# shellcheck shell=bash
_longshore() {
	local word=${COMP_WORDS[COMP_CWORD]} tool=${COMP_WORDS[0]##*/} words=''
	case $word in
	-*) words=$("$tool" --help 2>/dev/null | grep -oE -- '--[a-z][a-z-]*') ;;
	*)
		case $tool in
		container-exec | container-stop) words=$(container-list -rq 2>/dev/null) ;;
		container-inspect | container-commit | container-remove)
			words=$(container-list -q 2>/dev/null) ;;
		container-run | image-* | reg-*) words=$(image-list -q 2>/dev/null) ;;
		cg-place) words=$(find /sys/fs/cgroup -maxdepth 2 -name 'longshore-*' -printf '%f\n') ;;
		net-plumb) words=$(net-plumb --list 2>/dev/null | cut -f1) ;;
		esac
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
	# Names with a colon: readline takes what follows it for a word of its own.
	! declare -F __ltrim_colon_completions >/dev/null || __ltrim_colon_completions "$word"
}
# What follows a chain tool's own operands is a program: files and commands, by -o default.
complete -o default -F _longshore container-run container-exec container-list container-inspect \
	container-commit container-stop container-remove image-pull image-push image-list \
	image-remove host-check reg-token reg-manifest reg-blob reg-push layer-unpack \
	layer-mount layer-pack ovl-mount ns-exec cg-place net-plumb exit-hook image-plan \
	seccomp-compile
