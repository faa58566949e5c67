# shellcheck shell=sh
# collect.sh: delete what no image and no container of the store needs any more.
# Sourced by image-remove and container-remove, after longshore.sh.
#
# Alone in the store: image-pull shares its lock.  container-run takes none, but looks
# for the file "removing" after it has claimed its layers, and waits if that is there;
# so either it sees us, or we see its claim.

[ -n "$dry" ] || { lock -x && : >"$store/removing"; }
needed=' init '
for file in "$store"/images/* "$store"/containers/*/settings; do
	[ -f "$file" ] || continue
	# shellcheck source=/dev/null
	. "$file"
	# shellcheck disable=SC2154
	needed="$needed $image_digest $image_config $image_layers "
done
needs() { case $needed in *[:\ ]"$1 "*) return 0 ;; *) return 1 ;; esac; }

for file in "$store"/layers/*; do
	name=${file##*/}
	needs "${name%.id}" || [ ! -e "$file" ] || act rm -rf --one-file-system "$file"
done
for file in "$store"/layout/blobs/*/*; do
	needs "${file##*/}" || [ ! -e "$file" ] || act rm -f "$file"
done
for file in "$store"/pull.* "$store"/layers/.*.part "$store"/layout/.part; do
	[ ! -e "$file" ] || act rm -rf "$file"
done
for file in "$run"/*; do
	case ${file##*/} in _*) continue ;; esac
	[ -d "$store/containers/${file##*/}" ] || [ ! -d "$file" ] || act rm -rf "$file"
done
if [ -z "$dry" ] && [ -f "$store/layout/index.json" ]; then
	# shellcheck disable=SC2016
	edit_index --arg needed "$needed" \
		'.manifests |= map(select(.digest as $d | $needed | contains($d)))'
fi
case $dry$run in
/*/longshore/_stores/*) (cd "${run%%/_stores/*}" && rmdir -p "_stores/${run#*/_stores/}") 2>/dev/null ;;
esac
[ -n "$dry" ] || rm -f "$store/removing"
