#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"
#include "digest.h"

struct digest {
	const char *algorithm; /* "sha256:" */
	const EVP_MD *md;
	EVP_MD_CTX *ctx;
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
	if (EVP_DigestInit_ex(d->ctx, d->md, NULL) != 1)
		die("libcrypto refuses to compute %.6s", d->algorithm);
}

struct digest *
digest_new(const char *like)
{
	struct digest *d = calloc(1, sizeof *d);

	if (!d || !(d->ctx = EVP_MD_CTX_new()))
		die("out of memory");
	d->algorithm = has_prefix(like, sha512) ? sha512 : sha256;
	d->md = d->algorithm == sha512 ? EVP_sha512() : EVP_sha256();
	digest_reset(d);
	return d;
}

void
digest_add(struct digest *d, const void *data, size_t n)
{
	if (EVP_DigestUpdate(d->ctx, data, n) != 1)
		die("libcrypto fails at computing %.6s", d->algorithm);
}

const char *
digest_text(const struct digest *d, char out[DIGEST_MAX])
{
	static const char hex[] = "0123456789abcdef";
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	EVP_MD_CTX *copy = EVP_MD_CTX_new();
	char *p = stpcpy(out, d->algorithm);

	/* A final block ends a context: finish a copy, so that more can be added. */
	if (!copy || EVP_MD_CTX_copy_ex(copy, d->ctx) != 1 ||
	    EVP_DigestFinal_ex(copy, sum, &n) != 1)
		die("libcrypto fails at computing %.6s", d->algorithm);
	EVP_MD_CTX_free(copy);
	for (unsigned i = 0; i < n; i++) {
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
	if (!d)
		return;
	EVP_MD_CTX_free(d->ctx);
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
