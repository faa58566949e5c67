#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "certs.h"
#include "die.h"
#include "http.h"
#include "http_trust.h"
#include "io.h"
#include "step.h"
#include "url.h"

/* The bundle that the user names instead of the system's.  SSL_CERT_FILE is OpenSSL's
 * variable and curl(1)'s; libcurl leaves it to us. */
static const char *
bundle(void)
{
	const char *ca = http_settings.ca_file ? http_settings.ca_file : getenv("SSL_CERT_FILE");

	return ca && *ca ? ca : NULL;
}

/* The registry's own CA beside the bundle: one text of both, since libcurl takes one.
 * Both are PEM, which may be strung together. */
static void
add_ca(CURL *easy, const char *ca, const struct certs *certs)
{
	char *old = ca ? read_file_at(AT_FDCWD, ca) : NULL;
	char *both = text("%s\n%s", old ? old : "", certs->ca);
	struct curl_blob blob = {.data = both, .len = strlen(both), .flags = CURL_BLOB_COPY};

	curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob);
	free(old);
	free(both);
}

void
http_trust(CURL *easy, const char *url)
{
	char *host = url_is_https(url) ? url_host(url) : NULL;
	const struct certs *certs = host ? certs_for(host) : NULL;
	const char *ca = bundle();
	char *built_in = NULL;

	free(host);
	if (ca) {
		curl_easy_setopt(easy, CURLOPT_CAINFO, ca);
		curl_easy_setopt(easy, CURLOPT_CAPATH, NULL); /* replaced means replaced */
	}
	if (certs && certs->ca && !http_settings.ca_file) {
		/* Not from curl_version_info(), which asks libraries that we link as stubs. */
		curl_easy_getinfo(easy, CURLINFO_CAINFO, &built_in);
		add_ca(easy, ca ? ca : built_in, certs);
	}
	if (certs && certs->cert && !http_settings.cert) {
		curl_easy_setopt(easy, CURLOPT_SSLCERT, certs->cert);
		curl_easy_setopt(easy, CURLOPT_SSLKEY, certs->key);
	}
	/* The user's own certificate is for the registry; others need not see it, but
	 * TLS shows it only to a server that asks for one. */
	if (http_settings.cert)
		curl_easy_setopt(easy, CURLOPT_SSLCERT, http_settings.cert);
	if (http_settings.key)
		curl_easy_setopt(easy, CURLOPT_SSLKEY, http_settings.key);
	if (http_settings.insecure) {
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	}
}
