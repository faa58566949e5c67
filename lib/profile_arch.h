/* profile_arch: the machine architectures of a seccomp profile, and the numbers that its
 * system calls have on each.  libseccomp knows both. */
#ifndef LONGSHORE_PROFILE_ARCH_H
#define LONGSHORE_PROFILE_ARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "profile.h"

/* "SCMP_ARCH_X86_64" to libseccomp's token; 0 when unknown. */
uint32_t profile_arch_token(const char *name);

/* Whether "amd64", as "includes" and "excludes" have it, is the machine we run on. */
bool profile_arch_is_native(const char *go);

/* Let the profile's rules hold for this architecture too; unknown ones are left out. */
void profile_add_arch(struct profile *p, uint32_t token);

/* Add the rule, its number filled in, for each architecture that has a call of the name.
 * Dies when there are too many. */
void profile_add_name(struct profile *p, const char *name, struct bpf_rule rule);

#endif
