/* profile: a seccomp profile in docker's JSON format, or the linux.seccomp part of an OCI
 * runtime configuration, as rules with numbers.  libjq parses, libseccomp knows the
 * numbers of each architecture. */
#ifndef LONGSHORE_PROFILE_H
#define LONGSHORE_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf.h"

enum { PROFILE_ARCHES_MAX = 4 };

struct profile {
	void *json; /* a jv */
	uint32_t otherwise, newer;
	unsigned n_arch;
	uint32_t token[PROFILE_ARCHES_MAX + 4]; /* SCMP_ARCH_* to resolve names for */
	unsigned n_token;
	struct bpf_arch arch[PROFILE_ARCHES_MAX];
};

/* Parse the text and find out the architectures for the machine we run on.  Dies when it
 * is not such a profile. */
struct profile *profile_parse(const char *text);

/* Fill in the rules that hold for a program with these capabilities: those whose
 * "includes" are met and whose "excludes" are not. */
void profile_rules(struct profile *p, uint64_t caps);

/* Fill in instead what having this one capability adds; false when it adds nothing.
 * Dies when that is anything but plain permissions, which is all that can be put in
 * front of a filter made without it. */
bool profile_added(struct profile *p, int cap);

/* Fill in instead two refusals of ioctl(2), TIOCSTI and TIOCLINUX: they type into the
 * terminal that the program shares with its caller. */
void profile_terminal(struct profile *p);

#endif
