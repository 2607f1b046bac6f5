/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* One HTTP exchange as the roles see it: a request and a response as plain structs, nothing of the
 * web server. Roles are functions from (world, request) to response, so they are tested and fuzzed
 * without a socket. Everything in a request is borrowed for the length of the call. */
#ifndef EMULATOR_HTTP_EXCHANGE_H
#define EMULATOR_HTTP_EXCHANGE_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/own.h"

struct http_header {
	const char *name;
	const char *value;
};

/* What TLS knew about the connection. */
struct tls_facts {
	const char *version; /* "TLSv1.3" */
	const char *cipher;
	const char *server_name; /* SNI, or NULL */
	bool resumed;
	X509 *peer; /* the client's certificate as presented, unverified but proven; NULL = none */
	const char *alert; /* that ended the handshake, "received unknown CA"; NULL = none did */
};

struct http_request {
	const char *listener; /* "imds", "sts", "admin" */
	const char *host;     /* whose IMDS was asked; NULL = no IMDS, or nobody says */
	const char *method;
	const char *path;  /* as sent, percent-encoding untouched, without the query */
	const char *query; /* as sent, without '?'; NULL = none */
	const struct http_header *headers;
	size_t header_count;
	const uint8_t *body;
	size_t body_len;
	bool body_too_large;         /* body was cut at the listener's limit */
	bool body_truncated;         /* the client promised more bytes than it sent */
	const struct tls_facts *tls; /* NULL on plain HTTP */
	const char *peer_address;    /* "127.0.0.1:43210" */
	/* The client has gone, or will send no more; asked by who lets it wait. NULL = nobody can
	 * tell. */
	bool (*client_left)(void *ctx);
	void *client_ctx;
	struct fault_run *faults; /* those of this exchange; NULL = none */
};

#define HTTP_RESPONSE_HEADERS 12
#define HTTP_TYPE_SIZE        128

/* How an answer that was begun ends. */
enum http_end { HTTP_END_WELL, HTTP_END_CUT, HTTP_END_RESET };

/* How an answer is spoilt on its way out; `{0}` = not at all. */
struct http_wire {
	int64_t delay_ms;     /* before the first byte */
	bool silent;          /* nothing is ever sent */
	int64_t silent_ms;    /* then the connection is closed; 0 = when its time limit is over */
	struct bytes garbage; /* sent instead of the answer */
	int64_t drip_bytes;   /* sent in pieces of so many; 0 = in one piece */
	int64_t drip_ms;      /* between two pieces */
	enum http_end end;
	size_t end_after;   /* bytes of the answer, its head included */
	int64_t length_off; /* added to the Content-Length */
};

struct http_response {
	int status;               /* 0 = the connection is closed without an answer */
	const char *content_type; /* static; NULL = application/json; charset=utf-8 */
	struct http_response_header {
		const char *name; /* static */
		char value[192];
	} headers[HTTP_RESPONSE_HEADERS];
	size_t header_count;
	struct bytes head;         /* further header lines, each with its CR LF */
	char type[HTTP_TYPE_SIZE]; /* room for a content_type that is not static */
	struct bytes body;
	struct http_wire wire;
};

/* The first header of that name (case-insensitive), or NULL. *count (optional) = how many there
 * are. */
const char *http_header(const struct http_request *request, const char *name, size_t *count);
/* Adds a response header; ignored when the table is full or the value too long (a defect: asserted
 * in tests). */
void http_add_header(struct http_response *response, const char *name, const char *value);
/* Frees the body and zeroes the rest. */
void http_response_free(struct http_response *response);
DEFINE_OWNED_VALUE(http_response, http_response_free)

#endif
