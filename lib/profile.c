#include <errno.h>
#include <jv.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>

#include "caps.h"
#include "die.h"
#include "profile.h"

#ifndef TIOCLINUX
#define TIOCLINUX 0x541c
#endif

/* Borrowed: valid as long as the whole document is; exit is the free. */
static jv
get(jv object, const char *key)
{
	return jv_get_kind(object) == JV_KIND_OBJECT
		       ? jv_object_get(jv_copy(object), jv_string(key))
		       : jv_null();
}

/* A missing list is an empty one. */
static jv
get_list(jv object, const char *key)
{
	jv v = get(object, key);

	return jv_get_kind(v) == JV_KIND_ARRAY ? v : jv_array();
}

static const char *
string(jv v)
{
	return jv_get_kind(v) == JV_KIND_STRING ? jv_string_value(v) : "";
}

static uint32_t
answer(const char *action, jv errno_ret)
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

/* x32 numbers come with x86_64's audit value, all others with one of their own. */
static const struct {
	uint32_t token, audit;
	const char *go; /* the name in "includes" */
} arches[] = {
	{SCMP_ARCH_X86_64, SCMP_ARCH_X86_64, "amd64"},
	{SCMP_ARCH_X32, SCMP_ARCH_X86_64, "x32"},
	{SCMP_ARCH_X86, SCMP_ARCH_X86, "x86"},
	{SCMP_ARCH_AARCH64, SCMP_ARCH_AARCH64, "arm64"},
	{SCMP_ARCH_ARM, SCMP_ARCH_ARM, "arm"},
	{SCMP_ARCH_PPC64LE, SCMP_ARCH_PPC64LE, "ppc64le"},
	{SCMP_ARCH_RISCV64, SCMP_ARCH_RISCV64, "riscv64"},
	{SCMP_ARCH_S390X, SCMP_ARCH_S390X, "s390x"},
	{SCMP_ARCH_S390, SCMP_ARCH_S390, "s390"},
};
enum { ARCHES = sizeof arches / sizeof arches[0] };

static void
add_arch(struct profile *p, uint32_t token)
{
	for (unsigned i = 0; i < ARCHES; i++) {
		if (arches[i].token != token)
			continue;
		if (p->n_token < sizeof p->token / sizeof p->token[0])
			p->token[p->n_token++] = token;
		for (unsigned j = 0; j < p->n_arch; j++)
			if (p->arch[j].audit == arches[i].audit)
				return;
		if (p->n_arch < PROFILE_ARCHES_MAX)
			p->arch[p->n_arch++].audit = arches[i].audit;
	}
}

/* "SCMP_ARCH_X86_64" to libseccomp's token; 0 when unknown. */
static uint32_t
arch_token(const char *name)
{
	char low[32] = "";

	for (size_t i = 0; strncmp(name, "SCMP_ARCH_", 10) == 0 && name[10 + i] && i < 31; i++)
		low[i] = name[10 + i] | 0x20;
	for (char *c = low; *c; c++)
		if (*c == 0x7f)
			*c = '_';
	return seccomp_arch_resolve_name(low);
}

struct profile *
profile_parse(const char *text)
{
	struct profile *p = calloc(1, sizeof *p);
	jv *doc = malloc(sizeof *doc), action, map, list;

	if (!p || !doc)
		die("out of memory");
	*doc = jv_parse(text);
	if (!jv_is_valid(*doc))
		die("the profile is not JSON");
	p->json = doc;
	action = get(*doc, "defaultAction");
	if (!*string(action) || jv_get_kind(get(*doc, "syscalls")) != JV_KIND_ARRAY)
		die("the profile has no defaultAction or no syscalls");
	p->otherwise = answer(string(action), get(*doc, "defaultErrnoRet"));
	p->newer = (p->otherwise & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO
			   ? SECCOMP_RET_ERRNO | ENOSYS
			   : p->otherwise;
	add_arch(p, seccomp_arch_native());
	map = get_list(*doc, "archMap");
	jv_array_foreach(map, i, entry) {
		list = get_list(entry, "subArchitectures");
		if (arch_token(string(get(entry, "architecture"))) != seccomp_arch_native())
			continue;
		jv_array_foreach(list, k, sub) add_arch(p, arch_token(string(sub)));
	}
	list = get_list(*doc, "architectures");
	jv_array_foreach(list, i, name) {
		if (arch_token(string(name)) != seccomp_arch_native())
			add_arch(p, arch_token(string(name)));
	}
	return p;
}

/* Does the native architecture stand in the list?  Docker asks for the native one only,
 * and then applies the rule to the others too. */
static bool
has_arch(jv list)
{
	jv_array_foreach(list, i, name) {
		for (unsigned k = 0; k < ARCHES; k++)
			if (arches[k].token == seccomp_arch_native() &&
			    strcmp(string(name), arches[k].go) == 0)
				return true;
	}
	return false;
}

static uint64_t
cap_set(jv list)
{
	uint64_t set = 0;

	jv_array_foreach(list, i, name) {
		uint64_t one = caps_parse(string(name));

		if (!one)
			die("the profile names the capability \"%s\"", string(name));
		set |= one;
	}
	return set;
}

static bool
has(jv object, const char *key)
{
	return jv_array_length(jv_copy(get_list(object, key))) > 0;
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

static bool
applies(jv call, uint64_t caps)
{
	jv in = get(call, "includes"), ex = get(call, "excludes");
	uint64_t need = cap_set(get_list(in, "caps")), bar = cap_set(get_list(ex, "caps"));

	if ((need & ~caps) || (bar & caps))
		return false;
	if (has(in, "arches") && !has_arch(get_list(in, "arches")))
		return false;
	if (has_arch(get_list(ex, "arches")))
		return false;
	return kernel_is(string(get(in, "minKernel")));
}

static uint64_t
number(jv v)
{
	return jv_get_kind(v) == JV_KIND_NUMBER ? (uint64_t)jv_number_value(v) : 0;
}

static struct bpf_arg
condition(jv arg)
{
	static const struct {
		const char *name;
		enum bpf_op op;
	} ops[] = {
		{"SCMP_CMP_EQ", BPF_OP_EQ}, {"SCMP_CMP_NE", BPF_OP_NE},
		{"SCMP_CMP_GT", BPF_OP_GT}, {"SCMP_CMP_GE", BPF_OP_GE},
		{"SCMP_CMP_LT", BPF_OP_LT}, {"SCMP_CMP_LE", BPF_OP_LE},
	};
	struct bpf_arg a = {number(get(arg, "index")), BPF_OP_EQ, UINT64_MAX,
			    number(get(arg, "value"))};
	const char *op = string(get(arg, "op"));

	if (a.index > 5)
		die("the profile has a condition on argument %u", a.index);
	if (strcmp(op, "SCMP_CMP_MASKED_EQ") == 0) {
		a.mask = a.value;
		a.value = number(get(arg, "valueTwo"));
		return a;
	}
	for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
		a.op = ops[i].op;
		if (strcmp(op, ops[i].name) == 0)
			return a;
	}
	die("the profile has the operator \"%s\"", op);
}

/* The number of a name, -1 where the architecture does not have it or libseccomp does not
 * yet know it.  Asked from number to name: the other way, 32-bit x86's socket() and
 * semget() answer with socketcall(2) and ipc(2), though they have numbers of their own. */
static int64_t
resolve(unsigned i, uint32_t token, const char *name)
{
	enum { NUMBERS = 1024 };
	static char *names[PROFILE_ARCHES_MAX + 4][NUMBERS];
	uint32_t base = token == SCMP_ARCH_X32 ? 0x40000000 : 0;

	if (!names[i][0])
		for (unsigned n = 0; n < NUMBERS; n++)
			names[i][n] = seccomp_syscall_resolve_num_arch(token, base + n);
	for (unsigned n = 0; n < NUMBERS; n++)
		if (names[i][n] && strcmp(names[i][n], name) == 0)
			return base + n;
	return -1;
}

static void
add_name(struct profile *p, const char *name, struct bpf_rule rule)
{
	for (unsigned i = 0; i < p->n_token; i++) {
		int64_t nr = resolve(i, p->token[i], name);
		struct bpf_arch *a = p->arch;

		if (nr < 0)
			continue;
		for (unsigned k = 0; k < ARCHES; k++)
			for (unsigned j = 0; j < p->n_arch; j++)
				if (arches[k].token == p->token[i] &&
				    p->arch[j].audit == arches[k].audit)
					a = &p->arch[j];
		if (a->n == BPF_RULES_MAX)
			die("the profile has too many rules");
		rule.nr = nr;
		a->rule[a->n++] = rule;
	}
}

static void
add_call(struct profile *p, jv call)
{
	jv names = get_list(call, "names"), args = get_list(call, "args");
	struct bpf_rule rule = {
		.answer = answer(string(get(call, "action")), get(call, "errnoRet")),
	};

	jv_array_foreach(args, i, arg) {
		if (rule.n_args == 6)
			die("the profile has a rule with more than 6 conditions");
		rule.arg[rule.n_args++] = condition(arg);
	}
	jv_array_foreach(names, i, name) add_name(p, string(name), rule);
}

static void
clear(struct profile *p)
{
	for (unsigned i = 0; i < p->n_arch; i++)
		p->arch[i].n = 0;
}

void
profile_rules(struct profile *p, uint64_t caps)
{
	jv calls = get(*(jv *)p->json, "syscalls");

	clear(p);
	jv_array_foreach(calls, i, call) {
		if (applies(call, caps))
			add_call(p, call);
	}
}

bool
profile_added(struct profile *p, int cap)
{
	jv calls = get(*(jv *)p->json, "syscalls");
	uint64_t bit = UINT64_C(1) << cap;

	clear(p);
	jv_array_foreach(calls, i, call) {
		bool with = applies(call, bit);

		if (with == applies(call, 0))
			continue;
		/* What the capability takes away must be what it allows elsewhere: a rule
		 * that merely refuses less is overruled by the permission in front. */
		if (with)
			add_call(p, call);
		if (with && (strcmp(string(get(call, "action")), "SCMP_ACT_ALLOW") != 0 ||
			     has(call, "args")))
			die("a rule for %s is no plain permission", caps_name(cap));
	}
	for (unsigned i = 0; i < p->n_arch; i++)
		if (p->arch[i].n)
			return true;
	return false;
}

void
profile_terminal(struct profile *p)
{
	static const uint64_t requests[] = {TIOCSTI, TIOCLINUX};

	clear(p);
	for (size_t i = 0; i < 2; i++) {
		/* The kernel looks at 32 bits of the request, a comparison of 64 could be
		 * passed by with a bit set above them (CVE-2019-10063). */
		struct bpf_rule rule = {
			.answer = SECCOMP_RET_ERRNO | EPERM,
			.n_args = 1,
			.arg = {{1, BPF_OP_EQ, UINT32_MAX, requests[i]}},
		};
		add_name(p, "ioctl", rule);
	}
}
