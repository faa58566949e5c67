/* members: who is on a bridge, by the hosts file that they share (hosts.h).
 *
 * A list of 500 interfaces costs the kernel more than all the rest of a new container.
 * So the file is believed where a cheap question confirms it: a member is there while its
 * NAME is in /run/netns, or else while its interface is; an address is free when the
 * bridge's forwarding table has no port for it.  Where the file is missing or damaged, or
 * an answer contradicts it, the interfaces are listed after all and it is made anew.
 * Under the lock of network.h. */
#ifndef LONGSHORE_MEMBERS_H
#define LONGSHORE_MEMBERS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "hosts.h"
#include "subnet.h"

struct members {
	int rtnl;
	const char *bridge;
	int index;
	struct hosts hosts;
	struct timespec written;
	bool changed; /* the file differs in more than what was appended here */
};

/* Who is on the bridge, by the file; index 0: the bridge is new, and nobody is.  Dies. */
void members_read(struct members *m, int rtnl, const char *bridge, int index);

/* Forget those whose namespace has gone without net-plumb.  Where /run/netns has not
 * changed since members_seal() there is nobody to look for. */
void members_prune(struct members *m);

/* Our own name is in /run/netns by now: that was no change. */
void members_seal(const struct members *m);

/* Which interface has the address?  Allocated; NULL: it is free. */
const char *members_holder(struct members *m, uint32_t addr4);

/* The smallest free address of the subnet; 0: there is none. */
uint32_t members_free(struct members *m, const struct subnet4 *s4);

/* Forget the one with that interface, if there. */
void members_drop(struct members *m, const char *ifname);

/* Is there anybody but the leaver, really? */
bool members_remain(struct members *m, const char *leaver);

/* Write the file, as a step: all of it, or what l adds; l NULL: only what has changed,
 * if anything has.  Dies. */
void members_write(struct members *m, const struct lease *l);

#endif
