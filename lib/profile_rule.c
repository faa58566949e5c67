#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "caps.h"
#include "die.h"
#include "profile_arch.h"
#include "profile_json.h"
#include "profile_rule.h"

uint32_t
profile_answer(const char *action, jv errno_ret)
{
	uint32_t err = jv_get_kind(errno_ret) == JV_KIND_NUMBER ? jv_number_value(errno_ret)
							      : EPERM;
	static const struct {
		const char *name;
		uint32_t ret;
		bool data;
	} actions[] = {
		{"SCMP_ACT_ALLOW", SECCOMP_RET_ALLOW, false},
		{"SCMP_ACT_ERRNO", SECCOMP_RET_ERRNO, true},
		{"SCMP_ACT_KILL", SECCOMP_RET_KILL_THREAD, false},
		{"SCMP_ACT_KILL_THREAD", SECCOMP_RET_KILL_THREAD, false},
		{"SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS, false},
		{"SCMP_ACT_LOG", SECCOMP_RET_LOG, false},
		{"SCMP_ACT_TRACE", SECCOMP_RET_TRACE, true},
		{"SCMP_ACT_TRAP", SECCOMP_RET_TRAP, false},
	};

	for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++)
		if (strcmp(action, actions[i].name) == 0)
			return actions[i].ret | (actions[i].data ? err & SECCOMP_RET_DATA : 0);
	die("the profile has the action \"%s\", which cannot be compiled", action);
}

/* Does the native architecture stand in the list?  Docker asks for the native one only,
 * and then applies the rule to the others too. */
static bool
has_arch(jv list)
{
	jv_array_foreach(list, i, name) {
		if (profile_arch_is_native(profile_string(name)))
			return true;
	}
	return false;
}

static uint64_t
cap_set(jv list)
{
	uint64_t set = 0;

	jv_array_foreach(list, i, name) {
		uint64_t one = caps_parse(profile_string(name));

		if (!one)
			die("the profile names the capability \"%s\"", profile_string(name));
		set |= one;
	}
	return set;
}

/* "4.8" or newer? */
static bool
kernel_is(const char *wanted)
{
	unsigned a = 0, b = 0, x = 0, y = 0;
	struct utsname u;

	uname(&u);
	sscanf(wanted, "%u.%u", &a, &b);
	sscanf(u.release, "%u.%u", &x, &y);
	return x > a || (x == a && y >= b);
}

bool
profile_applies(jv call, uint64_t caps)
{
	jv in = profile_get(call, "includes"), ex = profile_get(call, "excludes");
	uint64_t need = cap_set(profile_list(in, "caps")), bar = cap_set(profile_list(ex, "caps"));

	if ((need & ~caps) || (bar & caps))
		return false;
	if (profile_has(in, "arches") && !has_arch(profile_list(in, "arches")))
		return false;
	if (has_arch(profile_list(ex, "arches")))
		return false;
	return kernel_is(profile_text(in, "minKernel"));
}

struct bpf_arg
profile_condition(jv arg)
{
	static const struct {
		const char *name;
		enum bpf_op op;
	} ops[] = {
		{"SCMP_CMP_EQ", BPF_OP_EQ}, {"SCMP_CMP_NE", BPF_OP_NE},
		{"SCMP_CMP_GT", BPF_OP_GT}, {"SCMP_CMP_GE", BPF_OP_GE},
		{"SCMP_CMP_LT", BPF_OP_LT}, {"SCMP_CMP_LE", BPF_OP_LE},
	};
	struct bpf_arg a = {profile_number(profile_get(arg, "index")), BPF_OP_EQ, UINT64_MAX,
			    profile_number(profile_get(arg, "value"))};
	const char *op = profile_text(arg, "op");

	if (a.index > 5)
		die("the profile has a condition on argument %u", a.index);
	if (strcmp(op, "SCMP_CMP_MASKED_EQ") == 0) {
		a.mask = a.value;
		a.value = profile_number(profile_get(arg, "valueTwo"));
		return a;
	}
	for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
		a.op = ops[i].op;
		if (strcmp(op, ops[i].name) == 0)
			return a;
	}
	die("the profile has the operator \"%s\"", op);
}
