/* firewall: the one nftables table that is ours, "inet longshore".
 *
 * It is created in one atomic batch and never touches another table.  Its rules are
 * fixed; bridges are elements of sets, published ports elements of maps, so a container
 * costs one message and no rule.  An element's comment is its owner's TAG (lease.h).
 *
 * What the rules do, chain by chain:
 *   raw          nothing from a bridge may say that it is for 127.0.0.0/8
 *   prerouting   what is for an address of this host and a published port goes to its
 *                container; "fib daddr type local" keeps out traffic in transit
 *   output       the same for the host's own packets, 127.0.0.1 included
 *   forward      into a bridge: answers, published ports and neighbours only
 *   postrouting  what leaves a bridge wears the host's address
 *
 * An accept here is no free pass: a packet must pass the chains of all tables, and
 * another's drop is final (fwpolicy.h looks for those). */
#ifndef LONGSHORE_FIREWALL_H
#define LONGSHORE_FIREWALL_H

#include <stdbool.h>

#include "nftables.h"

#define FIREWALL_TABLE "inet longshore"

/* fd is a NETLINK_NETFILTER socket everywhere below; 0, or -1 with errno. */

/* Is the table there with all its rules? */
bool firewall_complete(int fd);

/* Is there anything of the table? */
bool firewall_exists(int fd);

/* The table as an nft(8) script. */
const char *firewall_script(void);

/* Create the table, or put back what somebody flushed, keeping the elements. */
int firewall_create(int fd);
int firewall_delete(int fd);

/* A batch of one's own for elements of the table. */
struct nft_table firewall_table(int fd);

#endif
