# shellcheck shell=sh disable=SC2016,SC2154
# image-script.sh: a pull as a script of plain commands: image-pull -n.
# Sourced by image-pull, after longshore.sh; "$@" are the options that name mirrors.
#
# Nothing is asked of a registry, so no digest is known yet: reg-blob and layer-unpack
# print their scripts for a made-up one, and here it becomes the variable it stands for.

zeros=0000000000000000
zeros=$zeros$zeros$zeros$zeros
# part NAME COMMAND...: what COMMAND -n prints, as a function of $digest and $to.
part() {
	name=$1
	shift
	script=$("$@") || exit
	printf '%s() (\n%s\n)\n' "$name" "$script" |
		sed "s/sha256:$zeros/\$digest/g; s/$zeros/\${digest#*:}/g; s,/nowhere,\$to,g"
}

quote "$store"
echo "set -e
umask 022
[ \"\$(id -u)\" = 0 ] || exec unshare --user --map-root-user --map-auto --mount sh \"\$0\"
mkdir -p $quoted && cd $quoted
init=layers/init
mkdir -p images containers layout/blobs/sha256 \$init/etc \$init/dev \$init/proc \$init/sys
touch \$init/etc/hosts \$init/etc/hostname \$init/etc/resolv.conf"
# shellcheck disable=SC2086
part manifest reg-manifest -n ${platform:+-p "$platform"} "$@" "$image"
part blob reg-blob -n "$@" "$image" "sha256:$zeros"
part unpack layer-unpack -n -O -D "sha256:$zeros" /nowhere
part plan image-plan -n -u layers layout "$ref"
quote "$key"
file=$quoted
quote "$ref"
cat <<EOT
manifest=\$(mktemp)
manifest >"\$manifest"
for digest in \$(jq -r '.config.digest, .layers[].digest' "\$manifest"); do
	blob=layout/blobs/\$(echo "\$digest" | tr : /)
	if [ ! -e "\$blob" ]; then
		blob >"\$blob.part"
		mv "\$blob.part" "\$blob"
	fi
done
for digest in \$(jq -r '.layers[].digest' "\$manifest"); do
	to=layers/\${digest#*:}
	if [ ! -s "\$to.id" ]; then
		unpack <"layout/blobs/\$(echo "\$digest" | tr : /)" >"\$to.part"
		mv "\$to.part" "\$to.id"
	fi
done
digest=sha256:\$(sha256sum <"\$manifest" | cut -c1-64)
plan <"\$manifest" >images/$file
cp "\$manifest" "layout/blobs/sha256/\${digest#*:}"
echo '{"imageLayoutVersion":"1.0.0"}' >layout/oci-layout
[ -e layout/index.json ] || echo '{"schemaVersion":2,"manifests":[]}' >layout/index.json
jq --arg name $quoted --arg digest "\$digest" --slurpfile m "\$manifest" \\
	--argjson size "\$(wc -c <"\$manifest")" '
	"org.opencontainers.image.ref.name" as \$key |
	.manifests |= (map(select(.annotations[\$key] != \$name)) + [{
		mediaType: \$m[0].mediaType, digest: \$digest, size: \$size,
		annotations: {(\$key): \$name}}])' layout/index.json >layout/index.json.new
mv layout/index.json.new layout/index.json
rm "\$manifest"
echo "\$digest"
EOT
