#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "caps.h"
#include "die.h"
#include "step.h"

#define BIT(cap) (UINT64_C(1) << (cap))

const uint64_t caps_container =
	BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_FOWNER) | BIT(CAP_FSETID) |
	BIT(CAP_KILL) | BIT(CAP_SETGID) | BIT(CAP_SETUID) | BIT(CAP_SETPCAP) |
	BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_NET_RAW) | BIT(CAP_SYS_CHROOT) | BIT(CAP_MKNOD) |
	BIT(CAP_AUDIT_WRITE) | BIT(CAP_SETFCAP);

/* In the kernel's order; linux/capability.h. */
static const char *const names[] = {
	"chown",	    "dac_override",    "dac_read_search", "fowner",
	"fsetid",	    "kill",	       "setgid",	  "setuid",
	"setpcap",	    "linux_immutable", "net_bind_service", "net_broadcast",
	"net_admin",	    "net_raw",	       "ipc_lock",	  "ipc_owner",
	"sys_module",	    "sys_rawio",       "sys_chroot",	  "sys_ptrace",
	"sys_pacct",	    "sys_admin",       "sys_boot",	  "sys_nice",
	"sys_resource",	    "sys_time",	       "sys_tty_config",  "mknod",
	"lease",	    "audit_write",     "audit_control",	  "setfcap",
	"mac_override",	    "mac_admin",       "syslog",	  "wake_alarm",
	"block_suspend",    "audit_read",      "perfmon",	  "bpf",
	"checkpoint_restore",
};
enum { NAMES = sizeof names / sizeof names[0] };

uint64_t
caps_parse(const char *name)
{
	if (strcasecmp(name, "ALL") == 0)
		return UINT64_MAX;
	if (strncasecmp(name, "CAP_", 4) == 0)
		name += 4;
	for (int i = 0; i < NAMES; i++)
		if (strcasecmp(name, names[i]) == 0)
			return BIT(i);
	return 0;
}

const char *
caps_name(int cap)
{
	return cap < NAMES ? names[cap] : text("cap_%d", cap);
}

uint64_t
caps_apply(uint64_t base, const struct caps_change *change)
{
	if (change->add_all)
		return ~change->drop;
	if (change->drop_all)
		base = 0;
	return (base & ~change->drop) | change->add;
}

uint64_t
caps_effective(void)
{
	struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2] = {{0}};

	if (syscall(SYS_capget, &head, data) < 0)
		die_errno("read our capabilities");
	return data[0].effective | (uint64_t)data[1].effective << 32;
}

/* One prctl(2) each: the bounding set can only be shrunk one by one.  The kernel's last
 * capability is where it answers EINVAL, so that one unknown to us goes as well. */
void
caps_bound(uint64_t keep)
{
	for (int cap = 0; cap < 64; cap++) {
		if (keep & BIT(cap))
			continue;
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0)
			continue;
		if (errno == EINVAL)
			return;
		die_errno("drop %s from the bounding set", caps_name(cap));
	}
}

/* A capability can be ambient only while it is permitted and inheritable; capset(2)
 * lowers all three at once and by that the ambient ones that lost their ground. */
void
caps_set(uint64_t keep, uint64_t ambient)
{
	struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data) < 0)
		die_errno("read our capabilities");
	for (int i = 0; i < 2; i++) {
		data[i].permitted &= keep >> 32 * i;
		data[i].effective = data[i].permitted;
		data[i].inheritable = ambient >> 32 * i & data[i].permitted;
	}
	if (syscall(SYS_capset, &head, data) < 0)
		die_errno("set capabilities");
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		die_errno("clear the ambient capabilities");
	for (int cap = 0; cap < NAMES; cap++)
		if (ambient & BIT(cap) &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
			die_errno("keep %s for a program that is not root", caps_name(cap));
}

char *
caps_words(uint64_t keep)
{
	char *s = text("-all");

	for (int cap = 0; cap < NAMES; cap++)
		if (keep & BIT(cap))
			s = text("%s,+%s", s, names[cap]);
	return s;
}
