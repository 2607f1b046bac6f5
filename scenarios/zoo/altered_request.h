/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Members of the zoo that say the wrong thing on the wire: each request the client sends, with
 * something changed. Linked with altered_request.c and --wrap=http_send. */
#ifndef SCENARIOS_ZOO_ALTERED_REQUEST_H
#define SCENARIOS_ZOO_ALTERED_REQUEST_H

#include "common/bytes.h"
#include "ref/net/http.h"

#define ALTERED_HEADERS_MAX 16

struct altered_request {
	struct http_request request; /* this is sent */
	struct http_header headers[ALTERED_HEADERS_MAX];
	struct bytes value; /* room for a header's value that the member makes */
	struct bytes url;
	struct bytes body;
};

/* The member's own part: called for each request of the client, before it is sent. */
void alter_request(struct altered_request *altered);

/* Leaves out every header of that name. */
void altered_request_drop_header(struct altered_request *altered, const char *name);
/* Changes the value (borrowed) of a header that is there. */
void altered_request_set_header(struct altered_request *altered, const char *name,
                                const char *value);
/* Adds a header; its texts are borrowed. */
void altered_request_add_header(struct altered_request *altered, const char *name,
                                const char *value);
/* Replaces the first `what` in the URL. */
void altered_request_replace_url(struct altered_request *altered, const char *what,
                                 const char *with);
/* Replaces the first `what` in the body. */
void altered_request_replace_body(struct altered_request *altered, const char *what,
                                  const char *with);

#endif
