#include <getopt.h>
#include <stddef.h>
#include <sys/mount.h>

#include "argfile.h"
#include "cli.h"
#include "jail.h"
#include "jail_options.h"

static const struct option longopts[] = {
	{"all", no_argument, NULL, OPT_ALL},
	{"allow-new-privs", no_argument, NULL, OPT_ALLOW_NEW_PRIVS},
	{"allow-tiocsti", no_argument, NULL, OPT_ALLOW_TIOCSTI},
	{"apparmor", required_argument, NULL, OPT_APPARMOR},
	{"args", required_argument, NULL, OPT_ARGS},
	{"bind", required_argument, NULL, OPT_BIND},
	{"bind-map", required_argument, NULL, OPT_BIND_MAP},
	{"boottime", required_argument, NULL, OPT_BOOTTIME},
	{"cap-add", required_argument, NULL, OPT_CAP_ADD},
	{"cap-ambient", required_argument, NULL, OPT_CAP_AMBIENT},
	{"cap-drop", required_argument, NULL, OPT_CAP_DROP},
	{"cgroup", optional_argument, NULL, OPT_NS + NS_CGROUP},
	{"clear-env", no_argument, NULL, OPT_CLEAR_ENV},
	{"confine", no_argument, NULL, OPT_CONFINE},
	{"die-with-parent", no_argument, NULL, OPT_DIE_WITH_PARENT},
	{"domainname", required_argument, NULL, OPT_DOMAINNAME},
	{"env", required_argument, NULL, OPT_ENV},
	{"groups", required_argument, NULL, OPT_GROUPS},
	{"hostname", required_argument, NULL, OPT_HOSTNAME},
	{"info-fd", required_argument, NULL, OPT_INFO_FD},
	{"init", no_argument, NULL, OPT_INIT},
	{"ipc", optional_argument, NULL, OPT_NS + NS_IPC},
	{"keep-keyring", no_argument, NULL, OPT_KEEP_KEYRING},
	{"landlock-ro", required_argument, NULL, OPT_LANDLOCK_RO},
	{"landlock-rw", required_argument, NULL, OPT_LANDLOCK_RW},
	{"map-auto", no_argument, NULL, OPT_MAP_AUTO},
	{"map-current", no_argument, NULL, OPT_MAP_CURRENT},
	{"map-groups", required_argument, NULL, OPT_MAP_GROUPS},
	{"map-root", no_argument, NULL, OPT_MAP_ROOT},
	{"map-root-user", no_argument, NULL, OPT_MAP_ROOT},
	{"map-users", required_argument, NULL, OPT_MAP_USERS},
	{"monotonic", required_argument, NULL, OPT_MONOTONIC},
	{"mount", optional_argument, NULL, OPT_NS + NS_MOUNT},
	{"net", optional_argument, NULL, OPT_NS + NS_NET},
	{"no-dev", no_argument, NULL, OPT_NO_DEV},
	{"no-new-privs", no_argument, NULL, OPT_NO_NEW_PRIVS},
	{"no-proc", no_argument, NULL, OPT_NO_PROC},
	{"no-sys", no_argument, NULL, OPT_NO_SYS},
	{"oom-score-adj", required_argument, NULL, OPT_OOM_SCORE_ADJ},
	{"persist", required_argument, NULL, OPT_PERSIST},
	{"pid", optional_argument, NULL, OPT_NS + NS_PID},
	{"pid-file", required_argument, NULL, OPT_PID_FILE},
	{"preserve-fds", required_argument, NULL, OPT_PRESERVE_FDS},
	{"propagation", required_argument, NULL, OPT_PROPAGATION},
	{"read-only", no_argument, NULL, OPT_READ_ONLY},
	{"ready-fd", required_argument, NULL, OPT_READY_FD},
	{"rlimit", required_argument, NULL, OPT_RLIMIT},
	{"ro-bind", required_argument, NULL, OPT_RO_BIND},
	{"root", required_argument, NULL, OPT_ROOT},
	{"seccomp", required_argument, NULL, OPT_SECCOMP},
	{"selinux", required_argument, NULL, OPT_SELINUX},
	{"shm-size", required_argument, NULL, OPT_SHM_SIZE},
	{"start-fifo", required_argument, NULL, OPT_START_FIFO},
	{"target", required_argument, NULL, OPT_TARGET},
	{"time", optional_argument, NULL, OPT_NS + NS_TIME},
	{"tmpfs", required_argument, NULL, OPT_TMPFS},
	{"tty", no_argument, NULL, 't'},
	{"unmask", no_argument, NULL, OPT_UNMASK},
	{"unset-env", required_argument, NULL, OPT_UNSET_ENV},
	{"user", optional_argument, NULL, OPT_NS + NS_USER},
	{"user-id", required_argument, NULL, OPT_USER_ID},
	{"uts", optional_argument, NULL, OPT_NS + NS_UTS},
	{"workdir", required_argument, NULL, OPT_WORKDIR},
	CLI_LONG,
	{0},
};

char **
jail_parse(struct jail *j, int argc, char ***argv, const char *help)
{
	struct pending p = {0};
	int opt;

	*j = (struct jail){.propagation = MS_PRIVATE, .root.shm_size = "64m",
			   .notify = {.info_fd = -1, .ready_fd = -1}};
	while ((opt = getopt_long(argc, *argv, "+" CLI_SHORT "t", longopts, NULL)) != -1) {
		if (opt == OPT_ARGS)
			*argv = argfile_expand(&argc, *argv, optarg);
		else if (!jail_option(j, &p, opt))
			cli_common(opt, help);
	}
	jail_settle(j, &p);
	return *argv + optind;
}
