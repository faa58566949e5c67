#include "layer_mount_command.h"
#include "step.h"

char *
layer_mount_command(const char *file, const char *dir, bool overlay)
{
	char *d = sh(dir);

	if (!step_dry)
		return text("archivemount -o readonly %s %s", sh(file), d);
	if (!overlay)
		return text("mount -t tmpfs -o mode=755 layer-mount %s\n"
			    "tar -xpf %s -C %s --numeric-owner --xattrs --xattrs-include='*' --exclude='.wh.*'\n"
			    "mount -o remount,ro %s", d, sh(file), d, d);
	return text("mount -t tmpfs -o mode=755 layer-mount %s\n"
		    "tar -xpf %s -C %s --numeric-owner --xattrs --xattrs-include='*'\n"
		    "find %s -name '.wh.*' -exec sh -c 'for f; do d=${f%%/*} n=${f##*/.wh.}; rm \"$f\"\n"
		    "case $n in .wh..opq) setfattr -n trusted.overlay.opaque -v y \"$d\" ;;\n"
		    "*) [ -e \"$d/$n\" ] || mknod \"$d/$n\" c 0 0 ;; esac; done' sh {} +\n"
		    "mount -o remount,ro %s", d, sh(file), d, d, d);
}
