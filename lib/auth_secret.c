#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "auth_secret.h"
#include "die.h"
#include "io.h"
#include "step.h"

void
auth_keep_secret(void)
{
	prctl(PR_SET_DUMPABLE, 0);
}

struct auth
auth_from_stdin(const char *user)
{
	static char buf[64 << 10];
	ssize_t n;

	if (!*user || strchr(user, ':'))
		usage("-u '%s': a user's name has no colon", user);
	auth_keep_secret();
	n = read_all(STDIN_FILENO, buf, sizeof buf - 1);
	if (n < 0)
		die_errno("read the password from standard input");
	buf[strcspn(buf, "\r\n")] = '\0';
	if (!*buf)
		die("read the password from standard input: it is empty");
	return (struct auth){.user = text("%s", user), .password = buf};
}

char *
auth_basic(const struct auth *auth)
{
	char *pair = text("%s:%s", auth->user, auth->password), *all;
	size_t n = strlen(pair);
	unsigned char *base64 = malloc(n * 4 / 3 + 5);

	if (!base64)
		die("out of memory");
	EVP_EncodeBlock(base64, (const unsigned char *)pair, n);
	all = text("Basic %s", (char *)base64);
	explicit_bzero(pair, n);
	return all;
}
