/* caps: capabilities by name and as sets; capabilities(7).  The kernel's own header
 * has the numbers, libcap is not needed. */
#ifndef LONGSHORE_CAPS_H
#define LONGSHORE_CAPS_H

#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>

/* Docker's 14: what a container's root keeps when nothing else is said. */
extern const uint64_t caps_container;

/* What --cap-add, --cap-drop and --cap-ambient said, docker run(1)'s semantics: ALL
 * first, then drops, then adds, whatever their order. */
struct caps_change {
	bool asked; /* any of the options was given */
	bool add_all, drop_all;
	uint64_t add, drop, ambient;
};

/* "CAP_NET_ADMIN", "net_admin", "ALL" (UINT64_MAX) to bits; 0 when unknown. */
uint64_t caps_parse(const char *name);

/* Name of one capability, without "CAP_", lower case; "cap_63" style when unknown. */
const char *caps_name(int cap);

/* The set that results from a base and the changes. */
uint64_t caps_apply(uint64_t base, const struct caps_change *change);

/* Our effective set; capget(2). */
uint64_t caps_effective(void);

/* Bring all five sets down to keep: bounding first (that needs CAP_SETPCAP), then, at
 * the end, effective, permitted and inheritable, and the ambient ones raised.
 * caps_bound() before the user changes, caps_set() after.  Both die on failure. */
void caps_bound(uint64_t keep);
void caps_set(uint64_t keep, uint64_t ambient);

/* "-all,+chown,+kill" as setpriv(1) takes it; allocated. */
char *caps_words(uint64_t keep);

#endif
