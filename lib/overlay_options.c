#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "io.h"
#include "mounts.h"
#include "overlay.h"
#include "step.h"
#include "syscalls.h"

/* PROC_USER_INIT_INO of linux/proc_ns.h: what the first user namespace's number is. */
enum { INITIAL_USERNS_INO = 0xEFFFFFFDu };

/* Options that belong to the mount, not to the file system: fsmount(2) and mount(2)
 * want them apart from the option string. */
static const struct {
	const char *word;
	unsigned attr, flag;
} mount_words[] = {
	{"ro", MOUNT_ATTR_RDONLY, MS_RDONLY},     {"nosuid", MOUNT_ATTR_NOSUID, MS_NOSUID},
	{"nodev", MOUNT_ATTR_NODEV, MS_NODEV},    {"noexec", MOUNT_ATTR_NOEXEC, MS_NOEXEC},
	{"noatime", MOUNT_ATTR_NOATIME, MS_NOATIME},
};

static bool
mount_word(const char *word, unsigned *attr, unsigned long *flags)
{
	for (size_t i = 0; i < sizeof mount_words / sizeof mount_words[0]; i++) {
		if (strcmp(word, mount_words[i].word) == 0) {
			*attr |= mount_words[i].attr;
			*flags |= mount_words[i].flag;
			return true;
		}
	}
	return false;
}

int
overlay_each_option(const struct overlay *o, unsigned *attr, unsigned long *flags,
		    int (*fn)(void *arg, char *word), void *arg)
{
	char *list = text("%s", o->extra), *word;

	if (!o->upper)
		mount_word("ro", attr, flags);
	while ((word = strsep(&list, ",")))
		if (*word && !mount_word(word, attr, flags) && fn(arg, word) < 0)
			return -1;
	return 0;
}

bool
overlay_needs_userxattr(void)
{
	struct stat st;

	return stat("/proc/self/ns/user", &st) == 0 && st.st_ino != INITIAL_USERNS_INO;
}

static bool
module_default_on(const char *name)
{
	char *value = read_file_at(AT_FDCWD, text("/sys/module/overlay/parameters/%s", name));

	return value && *value == 'Y';
}

void
overlay_choose_options(struct overlay *o, const char *wanted)
{
	const char *sep = *wanted ? "," : "";

	o->extra = wanted;
	if (overlay_needs_userxattr() && !mounts_option(wanted, "userxattr")) {
		o->extra = text("%s%suserxattr", wanted, sep);
		return; /* which excludes the two below */
	}
	if (!o->upper)
		return;
	/* Some kernels default to marks in the upper directory that only make sense above
	 * these very layers (a renamed directory as a pointer, a file without its data):
	 * such an upper directory cannot be packed into a layer; overlayfs.rst. */
	if (module_default_on("redirect_dir") && !strstr(wanted, "redirect_dir=")) {
		o->extra = text("%s%sredirect_dir=off", o->extra, sep);
		sep = ",";
	}
	if (module_default_on("metacopy") && !strstr(wanted, "metacopy="))
		o->extra = text("%s%smetacopy=off", o->extra, sep);
}
