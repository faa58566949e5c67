#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "certs.h"
#include "die.h"
#include "io.h"
#include "step.h"

/* All hosts asked for so far: a pull talks to two or three. */
struct known {
	char *host;
	struct certs *certs; /* NULL: none */
	struct known *next;
};
static struct known *all;

static bool
ends_in(const char *name, const char *suffix)
{
	size_t n = strlen(name), s = strlen(suffix);

	return n > s && strcmp(name + n - s, suffix) == 0;
}

static void
add_ca(struct certs *c, int dirfd, const char *name)
{
	char *pem = read_file_at(dirfd, name);

	if (!pem)
		die_errno("read certificate %s", name);
	c->ca = text("%s%s\n", c->ca ? c->ca : "", pem);
	c->ca_len = strlen(c->ca);
	free(pem);
}

static struct certs *
read_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	struct certs *c;

	if (!dir)
		return NULL;
	c = calloc(1, sizeof *c);
	if (!c)
		die("out of memory");
	while ((e = readdir(dir))) {
		if (ends_in(e->d_name, ".crt"))
			add_ca(c, fd, e->d_name);
		else if (ends_in(e->d_name, ".cert") && !c->cert)
			c->cert = text("%s/%s", path, e->d_name);
	}
	closedir(dir);
	/* The key goes by the certificate's name. */
	if (c->cert)
		c->key = text("%.*s.key", (int)(strlen(c->cert) - strlen(".cert")), c->cert);
	if (c->key && access(c->key, R_OK) < 0)
		die_errno("read key %s", c->key);
	return c;
}

const struct certs *
certs_for(const char *host)
{
	const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	char *dirs[] = {
		xdg && *xdg ? text("%s/containers/certs.d", xdg)
			    : text("%s/.config/containers/certs.d", home ? home : ""),
		text("/etc/containers/certs.d"),
		text("/etc/docker/certs.d"),
	};
	struct known *k;

	for (k = all; k; k = k->next)
		if (strcmp(k->host, host) == 0)
			return k->certs;
	k = calloc(1, sizeof *k);
	if (!k)
		die("out of memory");
	k->host = text("%s", host);
	/* A host name has no slash, but ".." has none either. */
	for (int i = 0; i < 3 && !k->certs && *host != '.'; i++)
		k->certs = read_dir(text("%s/%s", dirs[i], host));
	k->next = all;
	all = k;
	return k->certs;
}
