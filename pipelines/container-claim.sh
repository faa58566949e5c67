# shellcheck shell=sh
# container-claim.sh: a name becomes a directory, and the script the container's process.
# Sourced by container-chain.sh.

# The name is claimed by mkdir(2), which only one of two can win.  From then on nobody
# removes the layers named in settings; but an image-remove that is at work may not have
# seen us yet: wait for its end, and look.
claim_name() {
	[ -z "$dry" ] || return 0
	[ ! -e "$dir" ] || forget_dead || die "the name $name is taken (see container-list)"
	[ -w "$store/containers" ] || die "cannot write in the store $store"
	[ -d "$run" ] || (umask 077 && mkdir -p "$run") || exit "$failed"
	# A removal that was killed half-way leaves this; only who has the name may take it.
	claim=$dir
	[ ! -e "$run/$name" ] || {
		mkdir "$dir" 2>/dev/null && rm -rf --one-file-system "${run:?}/$name" && claim=''
	}
	# mkdir(1) goes on after a failure: a message about $dir itself says that it is not ours.
	if ! trouble=$(mkdir ${claim:+"$claim"} "$dir/upper" "$dir/work" "$dir/rootfs" "$run/$name" 2>&1); then
		case $trouble in
		*"$dir"[!/]*) ;;
		*) rm -rf --one-file-system "$dir" "${run:?}/$name" ;;
		esac
		die "cannot claim the name $name in $store: taken a moment ago, or the disk is full"
	fi
	# Until the container takes over, whatever ends this script ends the claim.
	trap drop_claim EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	quote "$@"
	program=$quoted
	save name image ref net ports limits user workdir host options volumes binds caps env \
		remove terminal program image_digest image_config image_layers image_env \
		image_stop_signal image_volumes image_exposed image_entrypoint image_cmd
	[ ! -e "$store/removing" ] || { lock -s && exec 9>&-; }
	for layer in $image_layers; do
		[ -d "$store/layers/${layer#*:}" ] ||
			die "$image: layer $layer is gone; image-pull brings it back"
	done
}

drop_claim() {
	[ ! -e "$run/$name/netns" ] || umount -l "$run/$name/netns" 2>/dev/null
	rm -rf --one-file-system "$dir" "$run/$name"
}

# A container of --rm whose supervisor was killed before it could: its name is free.
forget_dead() {
	[ -r "$dir/settings" ] && ! alive "$name" || return 1
	while read -r setting; do
		[ "$setting" != remove=--rm ] || { container-remove -q -- "$name"; return; }
	done <"$dir/settings"
	return 1
}

# save VARIABLE...: as assignments that sh reads back, in one write(2).
save() {
	settings=''
	for setting; do
		eval "value=\$$setting"
		quote "$value"
		settings="$settings$setting=$quoted
"
	done
	printf %s "$settings" 2>/dev/null >"$dir/settings" || die "cannot write $dir/settings"
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
	trap - EXIT
	(
		exec 8<&-
		note_pid
		# What a shell puts in the background ignores INT and QUIT, and cannot unlearn it.
		exec env --default-signal setsid "$@"
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
note_pid() {
	read -r self _ </proc/self/stat
	started "$self"
	echo "$self $start" >"$run/$name/pid"
}

# program_runs PID: the container's first process, or with --init the child of that, has
# become the program.  One that has ended keeps its name, so a failed exec is none; and a
# copy of ns-exec in memory, which its own program cannot overwrite, has "memfd:" before it.
program_runs() {
	below=''
	read -r below _ <"/proc/$1/task/$1/children" || :
	for process in "$1" $below; do
		read -r comm <"/proc/$process/comm" && [ "${comm#memfd:}" != ns-exec ] && return
	done
	return 1
} 2>/dev/null
