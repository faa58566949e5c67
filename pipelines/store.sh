# shellcheck shell=sh
# store.sh: images by name, the store's lock, and its index.  Sourced by longshore.sh.

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

# image IMAGE: read its plan into $image_*; dies unless the store has it.
image() {
	image_name "$1"
	[ -f "$store/images/$key" ] || die "$1 is not in the store (see image-list, image-pull)"
	# shellcheck source=/dev/null
	. "$store/images/$key"
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
	# A redirection that fails ends the shell, had exec the first try; sh(1).
	true 2>/dev/null >>"$store/lock" || die "cannot write in the store $store"
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
