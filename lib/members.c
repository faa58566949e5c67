#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bridge.h"
#include "die.h"
#include "io.h"
#include "link.h"
#include "members.h"
#include "netfiles.h"
#include "netns.h"
#include "netstate.h"
#include "step.h"

/* The interface names that go with the names of network namespaces, sorted. */
struct ifnames {
	char (*list)[IFNAME_SIZE];
	size_t count, cap;
};

static void
add_ifname(const char *name, void *arg)
{
	struct ifnames *all = arg;

	if (all->count == all->cap) {
		all->cap = 2 * all->cap + 64;
		all->list = realloc(all->list, all->cap * sizeof *all->list);
		if (!all->list)
			die("out of memory");
	}
	lease_ifname(name, all->list[all->count++]);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Is the interface a port of the bridge with a lease?  (One that the kernel is about to
 * remove has given its lease up: link_retire().) */
static bool
is_port(const struct members *m, const char *ifname)
{
	struct link_info link;
	struct lease l = {0};

	return link_by_name(m->rtnl, ifname, &link) == 0 && link.bridge == m->index &&
	       lease_from_port(ifname, link.mac, &l);
}

static void
drop(struct members *m, size_t i)
{
	hosts_drop(&m->hosts, i);
	m->changed = true;
}

/* Has a name come or gone since the file was written? */
static bool
names_changed(const struct members *m)
{
	struct timespec file = m->written, dir;
	struct stat st;

	if (stat(NETNS_DIR, &st) < 0)
		return true;
	dir = st.st_mtim;
	return dir.tv_sec > file.tv_sec ||
	       (dir.tv_sec == file.tv_sec && dir.tv_nsec > file.tv_nsec);
}

void
members_prune(struct members *m)
{
	struct ifnames named = {0};

	if (!names_changed(m))
		return;
	netns_each(add_ifname, &named);
	if (named.count)
		qsort(named.list, named.count, sizeof *named.list, by_name);
	for (size_t i = m->hosts.count; i-- > 0;) {
		const char *ifname = m->hosts.list[i].ifname;

		/* Not with an empty list: bsearch(3) takes no NULL. */
		if (!(named.count && bsearch(ifname, named.list, named.count,
					     sizeof *named.list, by_name)) &&
		    !is_port(m, ifname))
			drop(m, i);
	}
}

/* The slow way: ask the kernel for all interfaces, and each for what its name lacks. */
static void
rebuild(struct members *m)
{
	struct leases all;

	hosts_new(&m->hosts);
	m->changed = true;
	if (netstate_leases(m->rtnl, &all) < 0)
		die_errno("list the interfaces");
	for (size_t i = 0; i < all.count; i++)
		if (all.list[i].bridge == m->index &&
		    netstate_complete(m->rtnl, &all.list[i]) == 0)
			hosts_add(&m->hosts, &all.list[i]);
}

/* The hosts file; allocated, NULL: there is none. */
static char *
read_hosts(const char *bridge, struct timespec *written)
{
	int fd = open(netfiles_hosts_path(bridge), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st = {0};
	char *text = NULL;
	ssize_t n = -1;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		text = malloc(st.st_size + 1);
	*written = st.st_mtim;
	if (text)
		n = read_all(fd, text, st.st_size);
	if (fd >= 0)
		close(fd);
	if (n < 0)
		return NULL;
	text[n] = '\0';
	return text;
}

void
members_read(struct members *m, int rtnl, const char *bridge, int index)
{
	char *file;

	*m = (struct members){.rtnl = rtnl, .bridge = bridge, .index = index};
	file = index ? read_hosts(bridge, &m->written) : NULL;
	if (index == 0) {
		hosts_new(&m->hosts);
		m->changed = true;
	} else if (!file || !hosts_parse(file, &m->hosts)) {
		rebuild(m);
	}
}

/* The port that holds the address, by the hardware address that says so; 0: none.  -1:
 * the kernel (before 5.0) doesn't tell. */
static int
port_of(const struct members *m, uint32_t addr4)
{
	struct lease l = {.addr4 = addr4};
	unsigned char mac[MAC_LEN];
	int port = 0;

	for (int i = 0; m->index && port == 0 && i < 2; i++) {
		l.has6 = i == 0;
		lease_mac(&l, mac);
		port = bridge_port_of(m->rtnl, m->index, mac);
	}
	return port;
}

const char *
members_holder(struct members *m, uint32_t addr4)
{
	int port = port_of(m, addr4);
	struct link_info link;
	size_t i;

	if (port > 0 && link_by_index(m->rtnl, port, &link) == 0)
		return text("%s", link.name);
	if (port < 0)
		rebuild(m);
	i = hosts_find_address(&m->hosts, addr4);
	if (i == m->hosts.count)
		return NULL;
	if (is_port(m, m->hosts.list[i].ifname))
		return m->hosts.list[i].ifname;
	drop(m, i);
	return NULL;
}

static uint32_t
smallest(const struct members *m, const struct subnet4 *s4)
{
	uint32_t *used = calloc(m->hosts.count + 1, sizeof *used), free4;

	if (!used)
		die("out of memory");
	for (size_t i = 0; i < m->hosts.count; i++)
		used[i] = m->hosts.list[i].addr4;
	free4 = subnet4_free(s4, used, m->hosts.count);
	free(used);
	return free4;
}

uint32_t
members_free(struct members *m, const struct subnet4 *s4)
{
	uint32_t addr4 = smallest(m, s4);

	if (addr4 && port_of(m, addr4) == 0)
		return addr4;
	rebuild(m);
	return smallest(m, s4);
}

void
members_drop(struct members *m, const char *ifname)
{
	size_t i = hosts_find(&m->hosts, ifname);

	if (i < m->hosts.count)
		drop(m, i);
}

bool
members_remain(struct members *m, const char *leaver)
{
	members_drop(m, leaver);
	for (int tries = 0; tries < 2; tries++) {
		while (m->hosts.count > 0) {
			size_t last = m->hosts.count - 1;

			if (is_port(m, m->hosts.list[last].ifname))
				return true;
			drop(m, last);
		}
		/* Empty, says the file; what hangs on that is worth the long question. */
		rebuild(m);
		members_drop(m, leaver);
	}
	return false;
}

/* The file's time says up to when it was compared with the names, not when it changed; it
 * is 0 until a new one has its name.  After a run that is killed all are looked at. */
static int
keep_time(const struct members *m)
{
	const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, m->written};

	return utimensat(AT_FDCWD, netfiles_hosts_path(m->bridge), times, AT_SYMLINK_NOFOLLOW);
}

void
members_write(struct members *m, const struct lease *l)
{
	char *path = netfiles_hosts_path(m->bridge);
	size_t old = m->changed ? 0 : strlen(m->hosts.text);

	if (!l && !m->changed)
		return;
	if (l) {
		hosts_add(&m->hosts, l);
		m->written = (struct timespec){0};
	}
	if (step(STEP_SAME, "mkdir -p %s\ncat %s %s <<'EOF'\n%sEOF", NETFILES_SHARED,
		 old ? ">>" : ">", sh(path), m->hosts.text + old))
		if (netfiles_write_hosts(m->bridge, m->hosts.text) < 0 || keep_time(m) < 0)
			die_errno("write %s", path);
}

void
members_seal(const struct members *m)
{
	utimensat(AT_FDCWD, netfiles_hosts_path(m->bridge), NULL, AT_SYMLINK_NOFOLLOW);
}
