/* SPDX-License-Identifier: ISC */
/* net-plumb: give a program a network of its own, plugged into a bridge.
 *
 * 1. Decide: the smallest free address, subnet, MTU; rtnetlink(7) dumps are the only
 *    source, so what the kernel has is what counts.
 * 2. Create the bridge, once for all: RTM_NEWLINK, RTM_NEWADDR.
 * 3. One nftables table of our own, in one atomic batch; forwarding where it is needed.
 * 4. Write /etc/netns/NAME/resolv.conf and hosts: ip-netns(8).
 * 5. Create the namespace and go there: unshare(2) CLONE_NEWNET, network_namespaces(7).
 * 6. A veth(4) pair: one end is born in the namespace.
 * 7. Inside: addresses and default routes.
 * 8. Plug the other end into the bridge.
 * 9. Publish ports: one element in a map for each.
 * 10. Name the namespace, bind-mounted on /run/netns/NAME: mount(2).
 * 11. Become PROGRAM.
 *
 * By hand: ip link add, ip netns add, ip address add, ip route add, nft -f */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chain.h"
#include "cli.h"
#include "die.h"
#include "io.h"
#include "lease.h"
#include "netdown.h"
#include "netreport.h"
#include "netup.h"
#include "network.h"
#include "step.h"
#include "supervise.h"
#include "undo.h"

static const char help[] =
	"Usage: net-plumb [OPTION]... NAME [--] [PROGRAM [ARG]...]\n"
	"       net-plumb -d NAME | -l | --gc\n"
	"Make the network namespace NAME, plugged into a bridge, and run PROGRAM in it.\n"
	"\n"
	"  -4               no IPv6\n"
	"  -a, --address A  this IPv4 address, not the smallest free one\n"
	"  -b, --bridge B   this bridge (default: longshore0)\n"
	"  -d, --delete     take NAME's network away\n"
	"      --dns IP     this nameserver, not the host's\n"
	"      --gc         remove what no living network owns\n"
	"      --isolate    keep it apart from the other isolated ones on the bridge\n"
	"  -j, --json       print what was set up, as JSON\n"
	"  -l, --list       print all networks: name, bridge, addresses, ports\n"
	"      --mtu N      packet size (default: that of the default route)\n"
	"  -p, --publish P  [IP:]HOST:PORT[/udp] or ranges: lead HOST to PORT in there\n"
	"  -r, --remove     stay, and take the network away when PROGRAM ends\n"
	"  -s, --subnet S   a new bridge's subnet, ADDRESS/BITS, IPv4 or IPv6\n"
	"  -n, --dry-run    -q, --quiet   -x, --explain   -V, --version   -h, --help\n"
	"\n"
	"Examples:\n"
	"  net-plumb -r test -- ip address\n"
	"  net-plumb -p 8080:80 web -- ns-exec --root rootfs -- httpd -f\n";

enum long_only { OPT_DNS = 256, OPT_GC, OPT_ISOLATE, OPT_MTU };

static const struct option longopts[] = {
	{"address", required_argument, NULL, 'a'},
	{"bridge", required_argument, NULL, 'b'},
	{"delete", no_argument, NULL, 'd'},
	{"dns", required_argument, NULL, OPT_DNS},
	{"gc", no_argument, NULL, OPT_GC},
	{"isolate", no_argument, NULL, OPT_ISOLATE},
	{"json", no_argument, NULL, 'j'},
	{"list", no_argument, NULL, 'l'},
	{"mtu", required_argument, NULL, OPT_MTU},
	{"publish", required_argument, NULL, 'p'},
	{"remove", no_argument, NULL, 'r'},
	{"subnet", required_argument, NULL, 's'},
	CLI_LONG,
	{0},
};

enum verb { ADD, DELETE, LIST, GARBAGE };

struct options {
	enum verb verb;
	bool json;
	bool remove;
};

static struct network net = {.bridge = "longshore0", .lock = -1, .inside = -1};

static void
add_port(const char *spec)
{
	const char *problem;

	if (net.port_count == PORTS_MAX)
		usage("-p: at most %d", PORTS_MAX);
	problem = ports_parse(spec, &net.ports[net.port_count++]);
	if (problem)
		usage("-p %s: %s", spec, problem);
}

static void
add_dns(char *server)
{
	unsigned char a6[16];
	uint32_t a4;

	if (!addr4_parse(server, &a4) && !addr6_parse(server, a6))
		usage("--dns %s: not an address", server);
	if (net.dns_count == sizeof net.dns / sizeof net.dns[0])
		usage("--dns: too many");
	net.dns[net.dns_count++] = server;
}

static int
parse_mtu(const char *s)
{
	char *end;
	long n = strtol(s, &end, 10);

	/* 68: the least that IPv4 works with; RFC 791.  65535: the most that veth takes. */
	if (*s == '\0' || *end || n < 68 || n > 65535)
		usage("--mtu %s: a number from 68 to 65535", s);
	return n;
}

static void
parse(int argc, char **argv, struct options *o)
{
	int opt;

	while ((opt = getopt_long(argc, argv, "+" CLI_SHORT "4a:b:djlp:rs:", longopts, NULL)) !=
	       -1) {
		switch (opt) {
		case '4': net.no_ip6 = true; break;
		case 'a': net.addr4 = optarg; break;
		case 'b': net.bridge = optarg; break;
		case 'd': o->verb = DELETE; break;
		case 'j': o->json = true; break;
		case 'l': o->verb = LIST; break;
		case 'p': add_port(optarg); break;
		case 'r': o->remove = true; break;
		case 's': *(strchr(optarg, ':') ? &net.subnet6 : &net.subnet4) = optarg; break;
		case OPT_DNS: add_dns(optarg); break;
		case OPT_GC: o->verb = GARBAGE; break;
		case OPT_ISOLATE: net.isolated = true; break;
		case OPT_MTU: net.mtu = parse_mtu(optarg); break;
		default: cli_common(opt, help);
		}
	}
}

/* Acts 1 to 10. */
static void
plumb(void)
{
	network_plan(&net);
	if (!step_dry)
		undo_push(netdown_undo, &net);
	netup_bridge(&net);
	netup_firewall(&net);
	netup_files(&net);
	netup_namespace(&net);
	netup_veth(&net);
	netup_addresses(&net);
	netup_attach(&net);
	netup_ports(&net);
	netup_name(&net);
}

/* -r: PROGRAM is a child, and its end is the network's end. */
static _Noreturn void
run_and_remove(char **program)
{
	pid_t child = supervise_fork(-1);
	int status;

	if (child == 0)
		chain(program);
	/* We are in the child's namespace as well, and would keep it alive. */
	if (setns(net.host_ns, CLONE_NEWNET) < 0)
		die_errno("return to the host's network namespace");
	network_unlock(&net);
	status = supervise_wait(child);
	undo_run();
	exit(status);
}

/* -n: the rest of the script runs in the namespace, as what we exec does. */
static void
print_inside(char **program)
{
	char *enter = text("exec nsenter --net=%s", sh(text("/run/netns/%s", net.name)));

	/* The interface's name as delimiter: one that no script inside this one has. */
	printf("%s sh /dev/fd/3 3<<'%s'\n", enter, net.lease.ifname);
	chain_print(program);
	puts(net.lease.ifname);
}

int
main(int argc, char **argv)
{
	struct options o = {0};
	char **program = NULL;

	die_status = EXIT_CHAIN;
	cli_start(argv);
	parse(argc, argv, &o);
	argv += optind;
	if (o.verb == ADD || o.verb == DELETE) {
		if (!*argv)
			usage("a NAME is needed");
		net.name = *argv++;
		if (!lease_name_ok(net.name))
			usage("NAME %s: it must be fit for a file name", net.name);
		program = chain_rest(argv);
	}
	if (o.verb != ADD && *argv)
		usage("excess operand %s", *argv);
	if (strlen(net.bridge) >= IFNAME_SIZE || !*net.bridge || strpbrk(net.bridge, "/: \t\n\""))
		usage("-b %s: an interface name has 1 to 15 bytes", net.bridge);
	network_open(&net);
	switch (o.verb) {
	case LIST: netreport_list(stdout, &net, o.json); break;
	case DELETE: netdown(&net); break;
	case GARBAGE: netdown_garbage(&net); break;
	case ADD: plumb(); break;
	}
	if (o.verb == ADD && o.json && !step_dry)
		netreport_json(stdout, &net);
	if (program && *program && step_dry)
		print_inside(program);
	else if (program && *program && o.remove)
		run_and_remove(program);
	else if (program && *program)
		chain(program);
	if (o.verb == ADD && !o.json && !step_dry)
		puts(net.name);
	close_stdout();
	return 0;
}
