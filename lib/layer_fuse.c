#define FUSE_USE_VERSION 312
#include <errno.h>
#include <fuse3/fuse_lowlevel.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "die.h"
#include "layer_fuse.h"
#include "step.h"

/* libfuse's own messages, under our name and on one line. */
static void __attribute__((format(printf, 2, 0)))
log_line(enum fuse_log_level level, const char *fmt, va_list ap)
{
	char line[1000];

	(void)level;
	vsnprintf(line, sizeof line, fmt, ap);
	line[strcspn(line, "\n")] = '\0';
	warn("%s", line);
}

/* A comma would end the option, a backslash takes the next character's meaning away. */
static char *
option_escape(const char *s)
{
	char *out = malloc(2 * strlen(s) + 1), *p = out;

	if (!out)
		die("out of memory");
	for (; *s; s++) {
		if (*s == ',' || *s == '\\')
			*p++ = '\\';
		*p++ = *s;
	}
	*p = '\0';
	return out;
}

struct fuse_session *
layer_fuse_mount(const struct layer_index *index, const char *source, const char *dir)
{
	/* allow_other: without it not even root's overlay can read what another user has
	 * mounted.  The price is that file modes must be checked: default_permissions.
	 * nosuid and nodev are libfuse's defaults, and right for what nobody has vetted. */
	char *options = text("ro,default_permissions,%ssubtype=layer-mount,fsname=%s",
			     geteuid() == 0 ? "allow_other," : "", option_escape(source));
	char *argv[] = {program_invocation_short_name, (char *)"-o", options, NULL};
	struct fuse_args args = FUSE_ARGS_INIT(3, argv);
	struct fuse_session *se;

	layer_fuse_answer_for(index);
	fuse_set_log_func(log_line);
	se = fuse_session_new(&args, &layer_fuse_ops, sizeof layer_fuse_ops, NULL);
	if (!se || fuse_session_mount(se, dir) != 0)
		die("mount %s on %s failed", source, dir);
	return se;
}

int
layer_fuse_fd(struct fuse_session *se)
{
	return fuse_session_fd(se);
}

void
layer_fuse_serve(struct fuse_session *se)
{
	struct fuse_loop_config *config = fuse_loop_cfg_create();

	fuse_set_signal_handlers(se);
	fuse_session_loop_mt(se, config);
	fuse_session_unmount(se);
}
