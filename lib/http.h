/* http: one HTTP exchange with libcurl, many of them at a time over one pool of
 * connections.  No policy here: no redirect is followed, nothing is retried, nothing is
 * authenticated; request.h does that.  libcurl-multi(3).
 *
 * Bodies are never decoded: the digest is that of the bytes as stored, and some
 * servers label a .tar.gz as "Content-Encoding: gzip". */
#ifndef LONGSHORE_HTTP_H
#define LONGSHORE_HTTP_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct http {
	/* The question; the strings stay the caller's. */
	const char *method; /* GET HEAD POST PATCH PUT DELETE */
	const char *url;
	const char *authorization; /* value of the field, or NULL; a secret */
	const char *headers[6];    /* "Name: value", NULL where unused */
	const void *body;          /* a body from memory: body_size bytes */
	int body_fd;               /* or, with body NULL, pread(2) from here ... */
	off_t body_at;             /* ... from this offset on; never moves the fd's own */
	long long body_size;       /* 0: none (a POST, PUT or PATCH sends length 0) */
	bool no_loopback;          /* refuse addresses of this machine and link */
	bool loopback;             /* a loopback registry: no proxy */

	/* Each piece of the answer's body, as it comes; status and fields are known by
	 * then.  False cuts the exchange. */
	bool (*sink)(struct http *h, const void *data, size_t n);
	void *owner; /* the sink's */

	/* The answer. */
	int status;       /* 0: none came; error says why */
	CURLcode code;    /* CURLE_OK, and then the body is complete */
	bool stalled;     /* nothing came for --timeout seconds */
	long long moved;  /* bytes of body sent and received */
	char error[CURL_ERROR_SIZE];

	/* http.c's own. */
	CURL *easy;
	struct curl_slist *list;
	double last_sign; /* of life, monotonic seconds */
	bool body_began;  /* the answer's */
	bool done;
	struct http *next;
};

/* Settings of the whole process, set by the options below. */
struct http_settings {
	double timeout;         /* --timeout: seconds of silence, 60 */
	double connect_timeout; /* --connect-timeout, 10 */
	int retry;              /* --retry: tries after the first, 6 */
	bool insecure;          /* --insecure: no certificate check, plain http allowed */
	const char *ca_file;    /* --ca-file, else $SSL_CERT_FILE, else the system's */
	const char *cert;       /* --cert, --key: a client certificate, PEM */
	const char *key;
	int connections;        /* at most this many to one host; 0: no limit */
};
extern struct http_settings http_settings;

enum http_option {
	HTTP_OPT_CA_FILE = 256,
	HTTP_OPT_CERT,
	HTTP_OPT_CONNECT_TIMEOUT,
	HTTP_OPT_INSECURE,
	HTTP_OPT_KEY,
	HTTP_OPT_RETRY,
	HTTP_OPT_TIMEOUT,
};
/* The long options that every registry tool has; none has a letter. */
#define HTTP_LONG                                                           \
	{"ca-file", required_argument, NULL, HTTP_OPT_CA_FILE},             \
	{"cert", required_argument, NULL, HTTP_OPT_CERT},                   \
	{"connect-timeout", required_argument, NULL, HTTP_OPT_CONNECT_TIMEOUT}, \
	{"insecure", no_argument, NULL, HTTP_OPT_INSECURE},                 \
	{"key", required_argument, NULL, HTTP_OPT_KEY},                     \
	{"retry", required_argument, NULL, HTTP_OPT_RETRY},                 \
	{"timeout", required_argument, NULL, HTTP_OPT_TIMEOUT}

/* Their lines of --help, and the two of -x and -n: the same in all. */
#define HTTP_HELP \
	"      --ca-file FILE     trust these certificates instead of the system's\n" \
	"      --cert F, --key F  a client certificate and its key (PEM)\n" \
	"      --insecure         check no certificate, allow plain http\n" \
	"      --timeout SECS     give up after SECS of silence (60)\n" \
	"      --connect-timeout SECS, --retry N\n" \
	"                         limits of connecting (10) and of trying again (6)\n" \
	"  -x, --explain          show each act as a shell command on stderr\n" \
	"  -n, --dry-run          print those commands and do nothing\n"

/* Store one of them; false when opt is none.  A bad value is usage(), exit 2. */
bool http_option(int opt, const char *arg);

/* The options above as words for curl(1), each with a blank before it.  Allocated. */
char *http_curl_options(void);

/* Put an exchange under way.  h must stay where it is until http_end(). */
void http_start(struct http *h);

/* Drive all exchanges until `want` is finished (NULL: any one is) or `seconds` have
 * passed (negative: no limit).  The finished one, or NULL. */
struct http *http_wait(struct http *want, double seconds);

/* http_start() and http_wait() for one; others under way go on meanwhile. */
void http_do(struct http *h);

/* A field of the answer, by name in any case, or NULL; an empty one is none, several of one name are joined
 * with ", ".  Allocated, freed by exit. */
char *http_field(const struct http *h, const char *name);

/* Free what http_start() took; the caller's strings stay. */
void http_end(struct http *h);

/* After the answer's head: true when the peer's address is this machine's own (false
 * behind a proxy, where the peer is unknown). */
bool http_peer_is_here(const struct http *h);

/* Monotonic seconds, clock_gettime(2). */
double http_now(void);

#endif
