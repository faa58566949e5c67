/* request: one logical request to a registry, however many exchanges it takes.
 *
 * A 401 earns one new token.  Redirects are followed by hand, at most ten, the
 * credentials only as long as scheme, name and port stay the registry's own.
 * Connection errors, cut bodies, 408, 429 and 5xx are tried again after a growing
 * pause, Retry-After obeyed up to a minute; bytes that arrive reset the count.  A body
 * that was cut goes on by Range from where it was, at the first URL again (signed ones
 * expire).
 *
 *	struct request r = {.registry = &reg, .url = registry_url(&reg, "blobs/%s", d)};
 *	request_do(&r);
 *	request_check(&r, "GET blob");     exits 3, 4, 5, 6 or 1 unless status is 2xx
 */
#ifndef LONGSHORE_REQUEST_H
#define LONGSHORE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "http.h"
#include "registry.h"

struct request {
	/* What is wanted. */
	struct registry *registry; /* whose authorization to send, to its own origin only */
	const char *method;        /* NULL: GET */
	const char *url;           /* absolute */
	const char *accept;        /* values of fields, or NULL */
	const char *content_type;
	const char *content_range; /* of a PATCH: "0-1023" */
	const char *authorization; /* for a token server: sent instead, to url's origin */
	bool anonymous;            /* send none at all: foreign layers */
	bool once;                 /* no second try: the caller knows how to go on */
	const void *body;          /* as in struct http */
	int body_fd;
	off_t body_at;
	long long body_size;
	const char *body_name;     /* what -x calls the body: the file's name, or NULL */

	/* Where a 2xx body goes; NULL: into text, up to text_max bytes (0: 64 KiB).
	 * sink returns false to give up (it has said why, or the caller will).
	 * rewind, where possible, takes everything back: the next byte is the first. */
	bool (*sink)(void *arg, const void *data, size_t n);
	void (*rewind)(void *arg);
	void *arg;
	long long offset; /* bytes the sink has; may start above 0 to resume */
	long long size;   /* what the body must have in all; 0: unknown */
	long long total;  /* where size is unknown: what the registry says, or 0 */
	size_t text_max;

	/* What came of it. */
	int status;           /* of the last answer; 0: no connection, why is in error */
	bool mismatch;        /* size or range is not what was promised: exit 6 */
	bool too_large;       /* text_max exceeded */
	bool refused_target;  /* a redirect leads where we don't go */
	bool rate_limited;    /* 429, and Retry-After is beyond what we wait */
	bool plain;           /* the peer of https speaks no TLS */
	bool expired;         /* the tries are used up */
	char *text;           /* body, NUL-terminated; of an error: its first 1 KiB */
	size_t text_len;
	char *location;       /* Location made absolute, or NULL; its query is kept */
	char *final_url;      /* the URL that answered */
	char error[CURL_ERROR_SIZE];

	/* request.c's own. */
	struct http http;
	char *target;         /* this exchange's URL */
	int tries, hops, logins;
	unsigned generation;  /* of the token that this exchange carries */
	bool sent_auth;
	bool strayed;         /* a hop has left the registry: no credentials any more */
	bool no_range;        /* ask for all, and throw away what the sink has */
	bool bad_range;       /* this answer's range is useless: ask again without */
	bool head_seen;
	bool gave_up;         /* the sink did */
	long long skip;       /* bytes of this answer still to throw away */
	long long high;       /* offset at the last try: is there progress? */
	double due, waited;   /* when the next try starts; seconds waited so far */
	bool done;
	struct request *next;
};

/* Do it, to the end.  Never dies of what the network or the registry does: see
 * request_check(). */
void request_do(struct request *r);

/* The same for several at a time: start some, then take them back as they end, in
 * any order.  NULL when none is under way. */
void request_start(struct request *r);
struct request *request_wait(void);

/* Give back what it holds; fields of the answer are gone then. */
void request_end(struct request *r);

/* Answered with 2xx, and complete. */
bool request_ok(const struct request *r);

/* Say what went wrong (a line without the words of a secret) and return the exit
 * status of the contract: 3 refused, 4 not found, 5 rate-limited, 6 mismatch, 1 else;
 * 0 and silent when it is request_ok(). */
int request_failed(const struct request *r, const char *what);

/* request_failed(), and exit with it unless it is 0. */
void request_check(const struct request *r, const char *what);

#endif
