# bash completion for longshore's pipelines: names of containers and images.
# shellcheck shell=bash
_longshore() {
	local word=${COMP_WORDS[COMP_CWORD]} tool=${COMP_WORDS[0]##*/} words=''
	case $word in
	-*) words=$("$tool" --help 2>/dev/null | grep -o -- '--[a-z-]*') ;;
	*)
		case $tool in
		container-exec | container-inspect | container-commit | container-remove)
			words=$(container-list -q 2>/dev/null) ;;
		container-run | image-*) words=$(image-list -q 2>/dev/null) ;;
		esac
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
	# Names with a colon: readline takes what follows it for a word of its own.
	! declare -F __ltrim_colon_completions >/dev/null || __ltrim_colon_completions "$word"
}
complete -o default -F _longshore container-run container-exec container-list container-inspect \
	container-commit container-remove image-pull image-push image-list image-remove host-check
