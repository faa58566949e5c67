/* The low-level calls, which OpenSSL 3 calls deprecated, and not EVP: its first digest
 * reads openssl.cnf and sets up providers, which takes longer than hashing a small
 * layer, and layers come by the hundred. */
#define OPENSSL_API_COMPAT 0x10100000L
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"
#include "digest.h"

struct digest {
	const char *algorithm; /* "sha256:" */
	union {
		SHA256_CTX sha256;
		SHA512_CTX sha512;
	};
};

static const char sha256[] = "sha256:", sha512[] = "sha512:";

static bool
has_prefix(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool
digest_valid(const char *text)
{
	size_t want = has_prefix(text, sha256) ? 64 : has_prefix(text, sha512) ? 128 : 0;
	const char *hex = text + sizeof sha256 - 1;

	return want && strlen(hex) == want && strspn(hex, "0123456789abcdef") == want;
}

const char *
digest_hex(const char *text)
{
	return strchr(text, ':') + 1;
}

void
digest_reset(struct digest *d)
{
	if (d->algorithm == sha512)
		SHA512_Init(&d->sha512);
	else
		SHA256_Init(&d->sha256);
}

struct digest *
digest_new(const char *like)
{
	struct digest *d = calloc(1, sizeof *d);

	if (!d)
		die("out of memory");
	d->algorithm = has_prefix(like, sha512) ? sha512 : sha256;
	digest_reset(d);
	return d;
}

void
digest_add(struct digest *d, const void *data, size_t n)
{
	if (d->algorithm == sha512)
		SHA512_Update(&d->sha512, data, n);
	else
		SHA256_Update(&d->sha256, data, n);
}

const char *
digest_text(const struct digest *d, char out[DIGEST_MAX])
{
	static const char hex[] = "0123456789abcdef";
	unsigned char sum[SHA512_DIGEST_LENGTH];
	/* The final block ends a hash: finish a copy, so that more can be added. */
	struct digest copy = *d;
	char *p = stpcpy(out, d->algorithm);
	int n = SHA256_DIGEST_LENGTH;

	if (d->algorithm == sha512) {
		SHA512_Final(sum, &copy.sha512);
		n = SHA512_DIGEST_LENGTH;
	} else {
		SHA256_Final(sum, &copy.sha256);
	}
	for (int i = 0; i < n; i++) {
		*p++ = hex[sum[i] >> 4];
		*p++ = hex[sum[i] & 15];
	}
	*p = '\0';
	return out;
}

bool
digest_is(const struct digest *d, const char *text)
{
	char mine[DIGEST_MAX];

	return strcmp(digest_text(d, mine), text) == 0;
}

void
digest_free(struct digest *d)
{
	free(d);
}

const char *
digest_of(const char *like, const void *data, size_t n, char out[DIGEST_MAX])
{
	struct digest *d = digest_new(like);

	digest_add(d, data, n);
	digest_text(d, out);
	digest_free(d);
	return out;
}
