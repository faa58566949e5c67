/* SPDX-License-Identifier: ISC */
/* seccomp-compile: turn a seccomp profile in docker's JSON format into a filter program.
 *
 * 1. parse the profile                                             libjq
 * 2. take the rules whose capability and architecture conditions hold
 * 3. look up the numbers of the system calls, per architecture     libseccomp
 * 4. assemble a binary search over them in classic BPF             seccomp(2)
 * 5. write it: struct sock_filter, 8 bytes each, as seccomp(2), setpriv(1) and
 *    ns-exec(1) take it, or as a C header of parts for ns-exec's own default
 *
 * By hand: seccomp_rule_add(3) for every name, then seccomp_export_bpf(3) */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bpf.h"
#include "caps.h"
#include "cli.h"
#include "die.h"
#include "io.h"
#include "profile.h"
#include "step.h"

static const char help[] =
	"usage: seccomp-compile [-c CAP]... [PROFILE] > FILTER\n"
	"Compile a seccomp profile in docker's JSON format (from PROFILE or standard\n"
	"input) to the BPF program that seccomp(2), ns-exec(1) and setpriv(1) load.\n"
	"  -c, --cap-add CAP   the program will have this capability (may be repeated;\n"
	"                      ALL for all): rules that ask for it are included\n"
	"  -H, --header        write C source: the filter for no capability, and what\n"
	"                      each capability adds in front\n"
	"  -n, --dry-run       say what would be done    -x, --explain   say each act\n"
	"  -q, --quiet         no warnings    -V, --version    -h, --help\n"
	"\n"
	"  seccomp-compile -c SYS_PTRACE profile.json > debug.bpf\n"
	"  seccomp-compile < profile.json > f && ns-exec --seccomp f -- sh\n";

static const struct option longopts[] = {
	{"cap-add", required_argument, NULL, 'c'},
	{"header", no_argument, NULL, 'H'},
	CLI_LONG,
	{0},
};

static struct bpf_program program;

/* Numbers differ by architecture, so a header must say for which it was made. */
static void
print_part(const char *name)
{
	printf("static const struct sock_filter %s[] = {\n", name);
	for (unsigned i = program.start; i < BPF_MAXINSNS; i++)
		printf("\t{0x%x, %u, %u, 0x%x},\n", program.insn[i].code, program.insn[i].jt,
		       program.insn[i].jf, program.insn[i].k);
	printf("};\n");
}

static void
print_header(struct profile *p)
{
	uint64_t found = 0;

	printf("/* Made by seccomp-compile --header. */\n");
	profile_rules(p, 0);
	if (!bpf_filter(&program, p->arch, p->n_arch, p->otherwise, p->newer))
		die("the filter has more than %d instructions", BPF_MAXINSNS);
	print_part("seccomp_base");
	profile_terminal(p);
	bpf_block(&program, p->arch, p->n_arch);
	print_part("seccomp_terminal");
	for (int cap = 0; cap <= CAP_LAST_CAP; cap++) {
		if (!profile_added(p, cap))
			continue;
		if (!bpf_block(&program, p->arch, p->n_arch))
			die("the part for %s is too long", caps_name(cap));
		print_part(text("seccomp_cap_%d", cap));
		found |= UINT64_C(1) << cap;
	}
	printf("static const struct seccomp_part seccomp_parts[] = {\n");
	for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
		if (found >> cap & 1)
			printf("\t{%d, seccomp_cap_%d, sizeof seccomp_cap_%d},\n", cap, cap, cap);
	printf("};\n");
}

static void
write_filter(struct profile *p, uint64_t caps)
{
	profile_rules(p, caps);
	if (!bpf_filter(&program, p->arch, p->n_arch, p->otherwise, p->newer))
		die("the filter has more than %d instructions", BPF_MAXINSNS);
	fwrite(program.insn + program.start, sizeof program.insn[0], BPF_MAXINSNS - program.start,
	       stdout);
}

int
main(int argc, char **argv)
{
	const char *file = "/dev/stdin";
	bool header = false;
	uint64_t caps = 0, cap;
	struct profile *p;
	char *json;
	int opt;

	cli_start(argv);
	while ((opt = getopt_long(argc, argv, "+" CLI_SHORT "c:H", longopts, NULL)) != -1) {
		switch (opt) {
		case 'c':
			cap = caps_parse(optarg);
			if (!cap)
				usage("%s: no such capability; capabilities(7)", optarg);
			caps |= cap;
			break;
		case 'H':
			header = true;
			break;
		default:
			cli_common(opt, help);
		}
	}
	cli_late_option(argv + optind);
	if (argc - optind > 1)
		usage("one PROFILE at most");
	if (optind < argc && strcmp(argv[optind], "-") != 0)
		file = argv[optind];
	if (!step(STEP_NONE, "compile %s with seccomp_rule_add(3), seccomp_export_bpf(3)",
		  sh(file)))
		return 0;
	json = read_file_at(AT_FDCWD, file);
	if (!json)
		die_errno("read %s", file);
	p = profile_parse(json);
	if (!header && isatty(STDOUT_FILENO))
		die("the filter is binary: send it to a file or a pipe");
	if (header)
		print_header(p);
	else
		write_filter(p, caps);
	close_stdout();
	return 0;
}
