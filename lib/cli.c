#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli.h"
#include "die.h"
#include "io.h"
#include "step.h"

void
cli_start(char **argv)
{
	int fd;

	if (argv[0])
		argv[0] = program_invocation_short_name;
	/* No O_CLOEXEC: 0-2 are the next program's too. */
	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

void
cli_common(int opt, const char *help)
{
	switch (opt) {
	case 'h':
		fputs(help, stdout);
		close_stdout();
		exit(0);
	case 'V':
		printf("%s (longshore) %s\n", program_invocation_short_name, VERSION);
		close_stdout();
		exit(0);
	case 'n':
		step_dry = true;
		return;
	case 'q':
		die_quiet = true;
		return;
	case 'x':
		step_explain = true;
		return;
	default:
		hint("see %s --help", program_invocation_short_name);
		exit(die_status == EXIT_CHAIN ? EXIT_CHAIN : EXIT_USAGE);
	}
}
