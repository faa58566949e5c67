#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include "die.h"
#include "io.h"
#include "ns.h"
#include "step.h"

/* Each of these sysctls, when present with this value, forbids user namespaces to
 * ordinary users; the hint names the one that is to blame here. */
static const char *
userns_blocker(void)
{
	static const struct {
		const char *path, *forbids, *fix;
	} switches[] = {
		{"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1",
		 "AppArmor restricts them: sysctl kernel.apparmor_restrict_unprivileged_userns=0, "
		 "or a profile with the rule \"userns,\""},
		{"/proc/sys/kernel/unprivileged_userns_clone", "0",
		 "sysctl kernel.unprivileged_userns_clone=1 allows them"},
		{"/proc/sys/user/max_user_namespaces", "0",
		 "sysctl user.max_user_namespaces=15000 allows them"},
	};

	for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++) {
		char *v = read_file_at(AT_FDCWD, switches[i].path);

		if (v && strcmp(v, switches[i].forbids) == 0)
			return switches[i].fix;
	}
	return NULL;
}

void
ns_die_refused(unsigned flags)
{
	int err = errno;
	const char *why = flags & CLONE_NEWUSER ? userns_blocker() : NULL;

	if (!why && (err == ENOSPC || err == EUSERS))
		why = "the limits are user.max_*_namespaces; sysctl(8)";
	else if (!why && err == EPERM && !(flags & CLONE_NEWUSER))
		why = "without privilege, add --user --map-root or --user --map-auto";
	else if (!why && err == EPERM && geteuid() == 0)
		why = "in a chroot the kernel makes no user namespaces; user_namespaces(7)";
	else if (!why && err == EINVAL)
		why = "the kernel may lack one of these kinds; see ls /proc/self/ns";
	errno = err;
	die_errno_hint(why, "make new namespaces");
}

/* One line, "CLOCK SECONDS NANOSECONDS"; seconds may be negative. */
static void
set_offset(const char *clock, const char *seconds)
{
	if (seconds &&
	    write_file_at(AT_FDCWD, "/proc/self/timens_offsets",
			  text("%s %s 0\n", clock, seconds)) < 0)
		die_errno("offset the %s clock by %s s", clock, seconds);
}

void
ns_make_time(const struct ns_set *set)
{
	if (unshare(CLONE_NEWTIME) < 0)
		ns_die_refused(CLONE_NEWTIME);
	set_offset("monotonic", set->monotonic);
	set_offset("boottime", set->boottime);
}

/* A mount namespace can be bound only below a mount that is not shared, and not inside
 * itself: EINVAL else, lest it keep itself alive; mount_namespaces(7). */
void
ns_persist(const struct ns_set *set, pid_t pid)
{
	for (int i = 0; i < NS_KINDS; i++) {
		char *from = text("/proc/%d/ns/%s", pid, ns_types[i].file), *to;
		int fd;

		if (!(set->create & ns_types[i].flag))
			continue;
		to = text("%s/%s", set->persist, ns_types[i].option);
		if (!step(STEP_SAME, "touch %s", sh(to)))
			continue;
		fd = open(to, O_RDONLY | O_CREAT | O_CLOEXEC, 0444);
		if (fd < 0)
			die_errno("make %s", to);
		close(fd);
		if (mount(from, to, NULL, MS_BIND, NULL) < 0)
			die_errno_hint(errno == EINVAL && i == NS_MOUNT
					       ? "the directory must be below a private mount: mount --bind D D; "
						 "mount --make-private D"
					       : NULL,
				       "keep the %s namespace as %s", ns_types[i].option, to);
	}
}

void
ns_loopback_up(void)
{
	struct ifreq req = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd;

	if (!step(STEP_SAME, "ip link set lo up"))
		return;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &req) < 0)
		warn_errno("set lo up");
	if (fd >= 0)
		close(fd);
}
