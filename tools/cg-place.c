/* cg-place: put a program into a cgroup, with limits.
 *
 *  1. find where cgroup2 is mounted            /proc/self/mounts, cgroups(7)
 *  2. make NAME below it                       mkdir(2)
 *  3. hand the controllers needed down to it   write "+memory" to cgroup.subtree_control
 *  4. set its files                            write(2) to memory.max, cpu.max, ...
 *  5. go in and become PROGRAM                 write "0" to cgroup.procs, execve(2)
 *     -r: stay outside, start PROGRAM inside,  clone3(2) with CLONE_INTO_CGROUP,
 *         say how it ended, remove the cgroup  memory.events, cgroup.kill, rmdir(2)
 *
 * By hand: mkdir /sys/fs/cgroup/x; echo +memory > /sys/fs/cgroup/cgroup.subtree_control;
 * echo 50M > /sys/fs/cgroup/x/memory.max; echo $$ > /sys/fs/cgroup/x/cgroup.procs; PROGRAM
 */
/* SPDX-License-Identifier: ISC */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"
#include "cgroup_delegate.h"
#include "cgroup_end.h"
#include "cgroup_make.h"
#include "cgroup_setting.h"
#include "cgroup_supervise.h"
#include "cgroup_table.h"
#include "chain.h"
#include "cli.h"
#include "die.h"
#include "io.h"
#include "step.h"

static const char help[] =
	"usage: cg-place [-r [-j FILE]] [-p PID] NAME [FILE=VALUE]... [--] [PROGRAM...]\n"
	"       cg-place -g FILE | -s | -k | -d | --freeze | --thaw  NAME\n"
	"Make the cgroup NAME, set its limits, and become PROGRAM inside it.\n"
	"  -d, --delete         kill what is in it, and remove it and all below it\n"
	"      --delegate USER  let USER make cgroups below it\n"
	"      --freeze         stop all processes in it (--thaw: let them go on)\n"
	"  -g, --get FILE       print one of its files\n"
	"  -j, --json FILE      with -r: the report as JSON, to FILE (- is stdout)\n"
	"  -k, --kill           kill all processes in it, wait until it is empty\n"
	"  -p, --pid PID        move a running process into it\n"
	"  -r, --remove         wait for PROGRAM, report, remove the cgroup\n"
	"      --terse          with -r: report only what a limit has struck\n"
	"  -s, --status         a table of limits and usage\n"
	"  -n, --dry-run  -x, --explain  -q, --quiet  -h, --help  -V, --version\n"
	"FILE is any cgroup v2 file: memory.max=128M, cpu.max=1.5 (CPUs) or 50%,\n"
	"pids.max=64, cpuset.cpus=0-1, io.max=/var:rbps=1M.\n"
	"\n"
	"  cg-place -r web memory.max=128M pids.max=64 -- sh -c 'tail /dev/zero'\n"
	"  cg-place -s web\n";

enum { OPT_DELEGATE = 256, OPT_FREEZE, OPT_TERSE, OPT_THAW, PLACE, PIDS_MAX = 16 };

static const struct option longopts[] = {
	{"delegate", required_argument, NULL, OPT_DELEGATE},
	{"delete", no_argument, NULL, 'd'},
	{"freeze", no_argument, NULL, OPT_FREEZE},
	{"get", required_argument, NULL, 'g'},
	{"json", required_argument, NULL, 'j'},
	{"kill", no_argument, NULL, 'k'},
	{"pid", required_argument, NULL, 'p'},
	{"remove", no_argument, NULL, 'r'},
	{"status", no_argument, NULL, 's'},
	{"terse", no_argument, NULL, OPT_TERSE},
	{"thaw", no_argument, NULL, OPT_THAW},
	CLI_LONG,
	{0},
};

/* What the command line asks for. */
static struct {
	int act; /* PLACE, or the option letter of another act */
	bool remove;
	const char *get, *json, *user;
	pid_t pids[PIDS_MAX];
	int n_pids;
} ask = {.act = PLACE};

/* 0 would mean cg-place itself, which is on its way out. */
static void
add_pid(const char *arg)
{
	char *end;
	long pid = strtol(arg, &end, 10);

	if (*end || end == arg || pid <= 0 || pid > INT32_MAX)
		usage("-p %s: want the id of a running process", arg);
	if (ask.n_pids == PIDS_MAX)
		usage("-p: at most %d processes", PIDS_MAX);
	ask.pids[ask.n_pids++] = pid;
}

static void
set_act(int act)
{
	if (ask.act != PLACE && ask.act != act)
		usage("-d, -g, -k, -s, --freeze and --thaw exclude each other");
	ask.act = act;
}

static void
parse_options(int argc, char **argv)
{
	int opt;

	while ((opt = getopt_long(argc, argv, "+" CLI_SHORT "dg:j:kp:rs", longopts, NULL)) != -1)
		switch (opt) {
		case 'd':
		case 'k':
		case 's':
		case OPT_FREEZE:
		case OPT_THAW:
			set_act(opt);
			break;
		case 'g':
			set_act(opt);
			ask.get = optarg;
			break;
		case OPT_TERSE:
			cgroup_supervise_terse = true;
			break;
		case 'j':
			ask.json = optarg;
			break;
		case 'p':
			add_pid(optarg);
			break;
		case 'r':
			ask.remove = true;
			break;
		case OPT_DELEGATE:
			ask.user = optarg;
			break;
		default:
			cli_common(opt, help);
		}
}

/* The acts on a cgroup that is there already. */
static _Noreturn void
act(const struct cgroup *cg)
{
	if (ask.act == 'd' && !cgroup_exists(cg) && !step_dry)
		exit(0);
	if (!cgroup_exists(cg) && !(ask.act == 'd' && step_dry))
		die("%s: there is no such cgroup", cg->path);
	switch (ask.act) {
	case 'd':
		cgroup_guard(cg, "remove");
		cgroup_remove(cg);
		break;
	case 'k':
		cgroup_guard(cg, "kill");
		cgroup_kill(cg);
		break;
	case OPT_FREEZE:
		cgroup_guard(cg, "freeze");
		cgroup_freeze(cg, true);
		break;
	case OPT_THAW:
		cgroup_freeze(cg, false);
		break;
	case 'g':
		cgroup_print_file(cg, ask.get);
		break;
	case 's':
		cgroup_table(cg);
		break;
	}
	close_stdout();
	exit(0);
}

static void
check_usage(char **argv, char **program, const struct cgroup_setting *list)
{
	if (ask.act != PLACE && (argv[0] || ask.remove || ask.n_pids || ask.user))
		usage("an option that ends, shows or stops NAME takes nothing else");
	if (ask.act != PLACE && list->file)
		usage("%s=: values go with a cgroup to make, not with -d, -g, -k, -s",
		      list->file);
	if (ask.n_pids && *program)
		usage("-p moves a running process, so there is no PROGRAM to start");
	if (ask.remove && !*program)
		usage("-r waits for PROGRAM, and there is none");
	if (ask.json && !ask.remove)
		usage("-j is the report of -r");
}

int
main(int argc, char **argv)
{
	struct cgroup_setting *list;
	struct cgroup cg, refuge;
	char **program;

	die_status = EXIT_CHAIN;
	cli_start(argv);
	parse_options(argc, argv);
	argv += optind;
	if (!*argv)
		usage("want the NAME of a cgroup");
	cgroup_find(&cg, *argv++);
	list = cgroup_settings(&argv);
	if (*argv && **argv == '-' && strcmp(*argv, "--"))
		usage("%s: options come before NAME", *argv);
	program = chain_rest(argv);
	check_usage(argv, program, list);
	if (ask.act != PLACE)
		act(&cg);
	if (ask.remove && cgroup_exists(&cg) && !cgroup_wait(&cg, "populated", 0, 0))
		die("use %s with -r: others run in it, and would be killed with it", cg.path);
	cgroup_supervise_open(ask.json);
	/* Where we may have to go ourselves, so that our own cgroup can have children. */
	refuge = cgroup_sibling(&cg, text("%s%s", cg.name, ask.remove ? ".supervisor" : ""));
	cgroup_apply(&cg, list, *program ? &refuge : NULL);
	if (ask.user)
		cgroup_delegate(&cg, ask.user);
	for (int i = 0; i < ask.n_pids; i++)
		cgroup_move(&cg, ask.pids[i]);
	if (*program && ask.remove)
		cgroup_supervise(&cg, program);
	if (*program) {
		cgroup_move(&cg, 0);
		chain(program);
	}
	printf(step_dry ? "echo %s\n" : "%s\n", step_dry ? sh(cg.path) : cg.path);
	close_stdout();
	return 0;
}
