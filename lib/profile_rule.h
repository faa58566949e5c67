/* profile_rule: one rule of a seccomp profile: whether it holds here, which answer it gives
 * and under which conditions on the arguments.  All die on words they do not know: a rule
 * that is misread is a hole. */
#ifndef LONGSHORE_PROFILE_RULE_H
#define LONGSHORE_PROFILE_RULE_H

#include <jv.h>
#include <stdbool.h>
#include <stdint.h>

#include "bpf.h"

/* SECCOMP_RET_* of "SCMP_ACT_ERRNO" and the like, with the errno where the action has one
 * (EPERM when errno_ret is no number). */
uint32_t profile_answer(const char *action, jv errno_ret);

/* Whether the rule's "includes" are met and its "excludes" are not, for a program with
 * these capabilities on this machine and kernel. */
bool profile_applies(jv call, uint64_t caps);

/* One entry of the rule's "args". */
struct bpf_arg profile_condition(jv arg);

#endif
