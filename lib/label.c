#include <errno.h>
#include <fcntl.h>
#include <stddef.h>

#include "die.h"
#include "io.h"
#include "label.h"
#include "step.h"

void
label_apply(const char *apparmor, const char *selinux)
{
	const char *file = "/proc/thread-self/attr/apparmor/exec";

	if (apparmor) {
		int r = write_file_at(AT_FDCWD, file, text("exec %s", apparmor));

		/* Kernels before 5.8 have one file for whichever module is there. */
		if (r < 0 && errno == ENOENT)
			r = write_file_at(AT_FDCWD, "/proc/thread-self/attr/exec",
					  text("exec %s", apparmor));
		if (r < 0)
			die_errno_hint("is AppArmor enabled and the profile loaded? aa-status(8)",
				       "start in the AppArmor profile %s", apparmor);
	}
	if (selinux && write_file_at(AT_FDCWD, "/proc/thread-self/attr/exec", selinux) < 0)
		die_errno_hint("is SELinux enabled? sestatus(8)",
			       "start in the SELinux context %s", selinux);
}
