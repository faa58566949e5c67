#include <seccomp.h>
#include <string.h>

#include "die.h"
#include "profile_arch.h"

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

void
profile_add_arch(struct profile *p, uint32_t token)
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

uint32_t
profile_arch_token(const char *name)
{
	char low[32] = "";

	for (size_t i = 0; strncmp(name, "SCMP_ARCH_", 10) == 0 && name[10 + i] && i < 31; i++)
		low[i] = name[10 + i] | 0x20;
	for (char *c = low; *c; c++)
		if (*c == 0x7f)
			*c = '_';
	return seccomp_arch_resolve_name(low);
}

bool
profile_arch_is_native(const char *go)
{
	for (unsigned i = 0; i < ARCHES; i++)
		if (arches[i].token == seccomp_arch_native() && strcmp(go, arches[i].go) == 0)
			return true;
	return false;
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

void
profile_add_name(struct profile *p, const char *name, struct bpf_rule rule)
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
