/* fwpolicy: does somebody else's firewall drop what a bridge forwards?
 *
 * docker, ufw and many administrators set the FORWARD chain's policy to drop.  No accept
 * of ours can help: a packet has to pass every table's chain.  All we can do is say so.
 * Reads only. */
#ifndef LONGSHORE_FWPOLICY_H
#define LONGSHORE_FWPOLICY_H

/* Look at nftables (iptables-nft's tables are there too) and at the legacy iptables, for
 * a forward chain that drops by default and does not mention the bridge; nft is a
 * NETLINK_NETFILTER socket.  NULL, or what one should do, as a hint; allocated. */
char *fwpolicy_hint(int nft, const char *bridge);

#endif
