#include <endian.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "bpf.h"

enum {
	NR = offsetof(struct seccomp_data, nr),
	ARCH = offsetof(struct seccomp_data, arch),
	ARGS = offsetof(struct seccomp_data, args),
	LOW = __BYTE_ORDER == __LITTLE_ENDIAN ? 0 : 4, /* of a 64-bit argument */
	HIGH = 4 - LOW,
	X32_BIT = 0x40000000,
	NEAR = 200, /* a jump reaches 255, and some instructions may come between */
};

/* Numbers from start up to the next range's start share one list of rules. */
struct range {
	uint32_t start, answer; /* answer: when rules is empty or none matches */
	const struct bpf_rule *rules;
	unsigned n_rules;
};

/* Place one instruction before all others; its position, which is never 0. */
static unsigned
put(struct bpf_program *p, uint16_t code, uint32_t k, unsigned jt, unsigned jf)
{
	if (p->start > 1)
		p->start--;
	p->insn[p->start] = (struct sock_filter){code, jt, jf, k};
	return p->start;
}

/* A place at most 255 instructions ahead that leads to target. */
static unsigned
near(struct bpf_program *p, unsigned target)
{
	/* The test that uses it comes at most two places further to the front. */
	if (target - p->start < 250)
		return target;
	return put(p, BPF_JMP | BPF_JA, target - p->start, 0, 0);
}

static unsigned
test(struct bpf_program *p, uint16_t op, uint32_t k, unsigned yes, unsigned no)
{
	yes = near(p, yes);
	no = near(p, no);
	return put(p, BPF_JMP | op | BPF_K, k, yes - p->start, no - p->start);
}

static unsigned
load(struct bpf_program *p, uint32_t offset)
{
	return put(p, BPF_LD | BPF_W | BPF_ABS, offset, 0, 0);
}

/* One that is near serves as well, since whoever asks jumps to it.  The kernel copies,
 * checks and compiles each instruction at every start: fewer of them are time. */
static unsigned
answer(struct bpf_program *p, uint32_t ret)
{
	unsigned end = p->start + NEAR < BPF_MAXINSNS ? p->start + NEAR : BPF_MAXINSNS;

	for (unsigned at = p->start; at < end; at++)
		if (p->insn[at].code == (BPF_RET | BPF_K) && p->insn[at].k == ret)
			return at;
	return put(p, BPF_RET | BPF_K, ret, 0, 0);
}

/* One half of an argument, masked, then compared. */
static unsigned
half(struct bpf_program *p, uint32_t offset, uint32_t mask, uint16_t op, uint32_t k,
     unsigned yes, unsigned no)
{
	test(p, op, k, yes, no);
	if (mask != UINT32_MAX)
		put(p, BPF_ALU | BPF_AND | BPF_K, mask, 0, 0);
	return load(p, offset);
}

/* The filter sees 32 bits at a time: the high half decides unless it is equal. */
static unsigned
compare(struct bpf_program *p, const struct bpf_arg *a, unsigned yes, unsigned no)
{
	uint32_t at = ARGS + 8 * a->index, high = a->value >> 32, low = a->value;
	bool negated = a->op == BPF_OP_NE || a->op == BPF_OP_LT || a->op == BPF_OP_LE;
	uint16_t op = a->op == BPF_OP_GT || a->op == BPF_OP_LE   ? BPF_JGT
		      : a->op == BPF_OP_GE || a->op == BPF_OP_LT ? BPF_JGE
								 : BPF_JEQ;
	unsigned equal, above;

	if (negated) {
		unsigned swap = yes;
		yes = no;
		no = swap;
	}
	equal = half(p, at + LOW, a->mask, op, low, yes, no);
	above = op == BPF_JEQ ? no : test(p, BPF_JGT, high, yes, no);
	test(p, BPF_JEQ, high, equal, above);
	if (a->mask >> 32 != UINT32_MAX)
		put(p, BPF_ALU | BPF_AND | BPF_K, a->mask >> 32, 0, 0);
	return load(p, at + HIGH);
}

/* The rules of one number, the last written first. */
static unsigned
leaf(struct bpf_program *p, const struct range *r)
{
	unsigned next = answer(p, r->answer);

	for (unsigned i = r->n_rules; i-- > 0;) {
		const struct bpf_rule *rule = &r->rules[i];
		unsigned yes = answer(p, rule->answer);

		for (unsigned j = rule->n_args; j-- > 0;)
			yes = compare(p, &rule->arg[j], yes, next);
		next = yes;
	}
	return next;
}

static unsigned
search(struct bpf_program *p, const struct range *r, unsigned first, unsigned last)
{
	unsigned mid = first + (last - first + 1) / 2, right, left;

	if (first == last)
		return leaf(p, &r[first]);
	right = search(p, r, mid, last);
	left = search(p, r, first, mid - 1);
	return test(p, BPF_JGE, r[mid].start, right, left);
}

static int
by_number(const void *a, const void *b)
{
	const struct bpf_rule *x = a, *y = b;

	if (x->nr != y->nr)
		return x->nr < y->nr ? -1 : 1;
	/* Unconditional ones last, else as they came; qsort(3) itself is not stable. */
	if ((x->n_args == 0) != (y->n_args == 0))
		return x->n_args == 0 ? 1 : -1;
	return x->order < y->order ? -1 : 1;
}

/* Append, unless the range before says the same. */
static void
add_range(struct range *r, unsigned *n, struct range next)
{
	if (*n > 0 && r[*n - 1].start == next.start)
		(*n)--;
	if (*n > 0 && !next.n_rules && !r[*n - 1].n_rules && r[*n - 1].answer == next.answer)
		return;
	r[(*n)++] = next;
}

static unsigned
cut(const struct bpf_arch *a, struct range *r, uint32_t otherwise, uint32_t newer)
{
	unsigned n = 0;

	add_range(r, &n, (struct range){0, otherwise, NULL, 0});
	for (unsigned i = 0, end; i < a->n; i = end) {
		uint32_t nr = a->rule[i].nr, final = otherwise;
		unsigned conditional = 0;

		for (end = i; end < a->n && a->rule[end].nr == nr; end++)
			conditional += a->rule[end].n_args > 0;
		if (i + conditional < end)
			final = a->rule[i + conditional].answer;
		add_range(r, &n, (struct range){nr, final, &a->rule[i], conditional});
		/* The highest number below x32's, and of all. */
		if (end == a->n || (nr < X32_BIT && a->rule[end].nr >= X32_BIT))
			add_range(r, &n, (struct range){nr + 1, newer, NULL, 0});
		else
			add_range(r, &n, (struct range){nr + 1, otherwise, NULL, 0});
		if (end < a->n && nr < X32_BIT && a->rule[end].nr >= X32_BIT)
			add_range(r, &n, (struct range){X32_BIT, otherwise, NULL, 0});
	}
	return n;
}

bool
bpf_filter(struct bpf_program *p, struct bpf_arch *arch, unsigned n_arch, uint32_t otherwise,
	   uint32_t newer)
{
	unsigned next;

	p->start = BPF_MAXINSNS;
	next = answer(p, SECCOMP_RET_KILL_PROCESS);
	for (unsigned i = n_arch; i-- > 0;) {
		struct bpf_arch *a = &arch[i];
		struct range *r = calloc(3 * a->n + 2, sizeof *r);
		unsigned here;

		if (!r)
			return false;
		for (unsigned j = 0; j < a->n; j++)
			a->rule[j].order = j;
		qsort(a->rule, a->n, sizeof a->rule[0], by_number);
		here = search(p, r, 0, cut(a, r, otherwise, newer) - 1);
		if (here != p->start)
			put(p, BPF_JMP | BPF_JA, here - p->start, 0, 0);
		here = load(p, NR);
		next = test(p, BPF_JEQ, a->audit, here, next);
		free(r);
	}
	load(p, ARCH);
	return p->start > 1;
}

bool
bpf_block(struct bpf_program *p, struct bpf_arch *arch, unsigned n_arch)
{
	unsigned end = p->start = BPF_MAXINSNS, next = end;

	for (unsigned i = n_arch; i-- > 0;) {
		struct bpf_arch *a = &arch[i];
		unsigned chain = end;

		for (unsigned j = a->n; j-- > 0;) {
			const struct bpf_rule *rule = &a->rule[j];
			unsigned yes = answer(p, rule->answer);

			for (unsigned k = rule->n_args; k-- > 0;)
				yes = compare(p, &rule->arg[k], yes, chain);
			chain = test(p, BPF_JEQ, rule->nr, yes, chain);
			/* A condition loads over the number: the next rule needs it again. */
			if (j == 0 || rule[-1].n_args)
				chain = load(p, NR);
		}
		if (a->n)
			next = test(p, BPF_JEQ, a->audit, chain, next);
	}
	if (next != end)
		load(p, ARCH);
	return p->start > 1;
}
