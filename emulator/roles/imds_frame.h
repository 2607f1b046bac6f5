/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What every request to IMDS has to look like, whichever version it asks for: the checks that rows
 * of several rule tables share (META-01, META-02, META-09). They are handed the role's own facts,
 * whose first member is a struct imds_frame. */
#ifndef EMULATOR_ROLES_IMDS_FRAME_H
#define EMULATOR_ROLES_IMDS_FRAME_H

#include <stdbool.h>
#include <stddef.h>

#include "emulator/http/exchange.h"
#include "emulator/query.h"
#include "role.h"

struct imds_frame {
	const struct http_request *request;
	const struct query *query;
	const char *path; /* the endpoint's own, in lower case */
	const char *method;
};

/* The path of a request is `path` in any case, with or without one slash at its end (META-01). */
bool imds_frame_is_path(const char *request_path, const char *path);

/* The request came through a proxy that says so (META-09). */
bool imds_frame_forwarded(const void *facts, char detail[ROLE_DETAIL_SIZE]);
/* There is not exactly one header Metadata: true (META-02). */
bool imds_frame_no_header(const void *facts, char detail[ROLE_DETAIL_SIZE]);
/* Another method than the endpoint's own. */
bool imds_frame_wrong_method(const void *facts, char detail[ROLE_DETAIL_SIZE]);
/* A query parameter is given twice (META-09). */
bool imds_frame_repeated(const void *facts, char detail[ROLE_DETAIL_SIZE]);
/* The query has a parameter that is none of `known`; for the role's own row. */
bool imds_frame_unknown(const struct imds_frame *frame, const char *const *known, size_t count,
                        char detail[ROLE_DETAIL_SIZE]);
/* api-version is missing, or none that IMDS had until now (V1-02). */
bool imds_frame_wrong_version(const void *facts, char detail[ROLE_DETAIL_SIZE]);

/* Answers 400 with "newest-versions", as for imds_frame_wrong_version() (V1-02). */
void imds_frame_refuse_version(struct role_call *call, const struct imds_frame *frame);
/* Answers a row that rejects: role_refuse(), with Allow when the method is wrong. */
void imds_frame_refuse(struct role_call *call, const struct imds_frame *frame,
                       const struct role_answer *answer, const char *detail);
/* Parses the query, or answers 400 and is false; *query is freed by the caller in any case. */
bool imds_frame_read_query(struct role_call *call, struct query *query);

#endif
