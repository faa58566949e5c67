#include <errno.h>
#include <jv.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "caps.h"
#include "die.h"
#include "profile.h"
#include "profile_arch.h"
#include "profile_json.h"
#include "profile_rule.h"

#ifndef TIOCLINUX
#define TIOCLINUX 0x541c
#endif

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
	action = profile_get(*doc, "defaultAction");
	if (!*profile_string(action) ||
	    jv_get_kind(profile_get(*doc, "syscalls")) != JV_KIND_ARRAY)
		die("the profile has no defaultAction or no syscalls");
	p->otherwise = profile_answer(profile_string(action),
				      profile_get(*doc, "defaultErrnoRet"));
	p->newer = (p->otherwise & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO
			   ? SECCOMP_RET_ERRNO | ENOSYS
			   : p->otherwise;
	profile_add_arch(p, seccomp_arch_native());
	map = profile_list(*doc, "archMap");
	jv_array_foreach(map, i, entry) {
		list = profile_list(entry, "subArchitectures");
		if (profile_arch_token(profile_text(entry, "architecture")) !=
		    seccomp_arch_native())
			continue;
		jv_array_foreach(list, k, sub) {
			profile_add_arch(p, profile_arch_token(profile_string(sub)));
		}
	}
	list = profile_list(*doc, "architectures");
	jv_array_foreach(list, i, name) {
		if (profile_arch_token(profile_string(name)) != seccomp_arch_native())
			profile_add_arch(p, profile_arch_token(profile_string(name)));
	}
	return p;
}

static void
add_call(struct profile *p, jv call)
{
	jv names = profile_list(call, "names"), args = profile_list(call, "args");
	struct bpf_rule rule = {
		.answer = profile_answer(profile_text(call, "action"),
					 profile_get(call, "errnoRet")),
	};

	jv_array_foreach(args, i, arg) {
		if (rule.n_args == 6)
			die("the profile has a rule with more than 6 conditions");
		rule.arg[rule.n_args++] = profile_condition(arg);
	}
	jv_array_foreach(names, i, name) profile_add_name(p, profile_string(name), rule);
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
	jv calls = profile_get(*(jv *)p->json, "syscalls");

	clear(p);
	jv_array_foreach(calls, i, call) {
		if (profile_applies(call, caps))
			add_call(p, call);
	}
}

bool
profile_added(struct profile *p, int cap)
{
	jv calls = profile_get(*(jv *)p->json, "syscalls");
	uint64_t bit = UINT64_C(1) << cap;

	clear(p);
	jv_array_foreach(calls, i, call) {
		bool with = profile_applies(call, bit);

		if (with == profile_applies(call, 0))
			continue;
		/* What the capability takes away must be what it allows elsewhere: a rule
		 * that merely refuses less is overruled by the permission in front. */
		if (with)
			add_call(p, call);
		if (with && (strcmp(profile_text(call, "action"), "SCMP_ACT_ALLOW") != 0 ||
			     profile_has(call, "args")))
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
		profile_add_name(p, "ioctl", rule);
	}
}
