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
	if (argv[0])
		argv[0] = program_invocation_short_name;
	/* The wrong way round on purpose: opened O_RDWR, what is written to a closed
	 * standard output would vanish and we end with 0; so it fails with EBADF, as on
	 * the closed descriptor.  open(2) takes the lowest free number, this one.
	 * No O_CLOEXEC: 0-2 are the next program's too. */
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
			break;
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

void
cli_late_option(char **operands)
{
	while (*operands && *++operands)
		if ((*operands)[0] == '-' && (*operands)[1])
			usage("%s: options go before the operands", *operands);
}
