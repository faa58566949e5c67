/* bpf: assemble a seccomp filter in classic BPF; seccomp(2), bpf's insns in
 * Documentation/networking/filter.rst of the kernel.  Pure code.
 *
 * The numbers of one architecture are cut into ranges with the same answer, and found by
 * binary search: some 6 comparisons instead of hundreds, and a program of some hundred
 * instructions, which the kernel is quick to check, to compile and to try out on every
 * number (it remembers which are always allowed).
 *
 * Jumps go forward only and by at most 255 instructions, so the program is written from
 * its end to its beginning: whatever a jump wants to reach has its place already. */
#ifndef LONGSHORE_BPF_H
#define LONGSHORE_BPF_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>

enum bpf_op { BPF_OP_EQ, BPF_OP_NE, BPF_OP_GT, BPF_OP_GE, BPF_OP_LT, BPF_OP_LE };

/* One condition on a 64-bit argument: (argument & mask) OP value. */
struct bpf_arg {
	unsigned index;
	enum bpf_op op;
	uint64_t mask, value;
};

/* The answer (SECCOMP_RET_*) to one system call when all conditions hold. */
struct bpf_rule {
	uint32_t nr, answer;
	unsigned order; /* bpf_filter()'s own */
	unsigned n_args;
	struct bpf_arg arg[6];
};

enum { BPF_RULES_MAX = 2048 };
struct bpf_arch {
	uint32_t audit; /* AUDIT_ARCH_*; x32 shares x86_64's, with bit 30 in its numbers */
	unsigned n;
	struct bpf_rule rule[BPF_RULES_MAX]; /* earlier rules of a number win */
};

/* Grows downward from the end. */
struct bpf_program {
	unsigned start;
	struct sock_filter insn[BPF_MAXINSNS];
};

/* A whole filter: numbers without a rule get the answer "otherwise", and those above the
 * highest that has one "newer": a C library that tries a new system call must be told
 * ENOSYS to fall back, not EPERM.  Architectures that are not listed are killed.
 * Sorts the rules.  False when it does not fit. */
bool bpf_filter(struct bpf_program *p, struct bpf_arch *arch, unsigned n_arch,
		uint32_t otherwise, uint32_t newer);

/* A block to put in front of a filter: where no rule matches, control falls out of its
 * end.  The jumps are relative, so blocks can be laid one behind the other. */
bool bpf_block(struct bpf_program *p, struct bpf_arch *arch, unsigned n_arch);

#endif
