#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "die.h"
#include "hosts.h"
#include "io.h"
#include "netfiles.h"
#include "step.h"

#define MARK HOSTS_MARK

/* Where NAME's files are made; the leading dot keeps it apart from a bridge's. */
#define STAGE NETFILES_SHARED "/.new"

char *
netfiles_dir(const char *name)
{
	return text("%s/%s", NETFILES_DIR, name);
}

char *
netfiles_hosts_path(const char *bridge)
{
	return text("%s/%s", NETFILES_SHARED, bridge);
}

static bool
has_mark(const char *path)
{
	char line[sizeof MARK];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n = fd < 0 ? -1 : read_all(fd, line, sizeof MARK - 1);

	if (fd >= 0)
		close(fd);
	return n == sizeof MARK - 1 && memcmp(line, MARK, n) == 0;
}

static int
make_dir(const char *path)
{
	return mkdir(path, 0755) < 0 && errno != EEXIST ? -1 : 0;
}

/* Write a file in place: its inode, and so every link and bind mount of it, stays. */
static int
put(const char *path, const char *content)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	size_t n = strlen(content);
	int r;

	if (fd < 0)
		return -1;
	/* Shorten last: a reader in between sees an old tail, never an empty file. */
	r = write_all(fd, content, n) < 0 || ftruncate(fd, n) < 0 ? -1 : 0;
	close(fd);
	return r;
}

/* Move one staged file to its place, unless somebody else's lies there. */
static int
place(const char *from, const char *to)
{
	if (access(to, F_OK) == 0 && !has_mark(to))
		return unlink(from);
	return rename(from, to);
}

/* A kill must not leave what bears no mark: all is made in a place of ours and comes to
 * its own in one rename(2), which replaces an empty directory, but no other. */
int
netfiles_write(const char *name, const char *bridge, const char *resolv)
{
	char *dir = netfiles_dir(name);

	netfiles_tidy();
	if (make_dir(NETFILES_DIR) < 0 || make_dir(NETFILES_SHARED) < 0 || make_dir(STAGE) < 0 ||
	    put(STAGE "/resolv.conf", resolv) < 0 ||
	    link(netfiles_hosts_path(bridge), STAGE "/hosts") < 0)
		return -1;
	if (rename(STAGE, dir) == 0)
		return 0;
	if (errno != ENOTEMPTY && errno != EEXIST)
		return -1;
	if (place(STAGE "/resolv.conf", text("%s/resolv.conf", dir)) < 0 ||
	    place(STAGE "/hosts", text("%s/hosts", dir)) < 0)
		return -1;
	/* rename(2) does nothing when both are links to the same file. */
	netfiles_tidy();
	return 0;
}

int
netfiles_write_hosts(const char *bridge, const char *hosts)
{
	if (make_dir(NETFILES_DIR) < 0 || make_dir(NETFILES_SHARED) < 0)
		return -1;
	return put(netfiles_hosts_path(bridge), hosts);
}

bool
netfiles_ours(const char *name)
{
	char *dir = netfiles_dir(name);

	return has_mark(text("%s/resolv.conf", dir)) || has_mark(text("%s/hosts", dir));
}

void
netfiles_remove(const char *name)
{
	char *dir = netfiles_dir(name), *conf = text("%s/resolv.conf", dir);
	char *hosts = text("%s/hosts", dir);

	if (has_mark(hosts))
		unlink(hosts);
	if (has_mark(conf))
		unlink(conf);
	rmdir(dir);
}

void
netfiles_tidy(void)
{
	unlink(STAGE "/hosts");
	unlink(STAGE "/resolv.conf");
	rmdir(STAGE);
	rmdir(NETFILES_SHARED);
}

void
netfiles_remove_hosts(const char *bridge)
{
	unlink(netfiles_hosts_path(bridge));
	netfiles_tidy();
}

/* The names in a directory that ours() knows as such. */
static char **
names_in(const char *dir, bool (*ours)(const char *name))
{
	char **names = calloc(1, sizeof *names), **longer;
	DIR *d = opendir(dir);
	struct dirent *e;
	size_t n = 0;

	if (!names)
		die("out of memory");
	while (d && (e = readdir(d))) {
		if (!lease_name_ok(e->d_name) || !ours(e->d_name))
			continue;
		longer = realloc(names, (n + 2) * sizeof *names);
		if (!longer)
			die("out of memory");
		names = longer;
		names[n++] = text("%s", e->d_name);
		names[n] = NULL;
	}
	if (d)
		closedir(d);
	return names;
}

char **
netfiles_names(void)
{
	return names_in(NETFILES_DIR, netfiles_ours);
}

static bool
hosts_ours(const char *bridge)
{
	struct stat st;

	/* Marked or not: a killed run's may be empty. */
	return lstat(netfiles_hosts_path(bridge), &st) == 0 && S_ISREG(st.st_mode);
}

char **
netfiles_bridges(void)
{
	return names_in(NETFILES_SHARED, hosts_ours);
}
