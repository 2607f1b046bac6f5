/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What the roles share: a role answers one request from the world, and most of its answer is a
 * table. A row says which rule it checks, how a breach is seen, and what is answered when the
 * rule rejects; role_judge() is the loop below every table. */
#ifndef EMULATOR_ROLES_ROLE_H
#define EMULATOR_ROLES_ROLE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/json.h"
#include "emulator/config_find.h"
#include "emulator/http/exchange.h"
#include "emulator/instruments/journal.h"
#include "emulator/rule.h"
#include "emulator/world.h"

#define ROLE_DETAIL_SIZE 160

/* One exchange on its way through a role. */
struct role_call {
	struct world *world;
	const struct http_request *request;
	struct http_response *response;
	struct journal_notes *notes;
	/* The configuration for the whole exchange, and the host that it is with: the one whose
	 * IMDS was asked, the default one on the other listeners. */
	const struct config *config;
	const struct config_host *host;
	struct snapshot *snapshot; /* held; what they point into */
	struct rule_modes modes;
	int64_t now_s; /* world time, one look for the whole exchange */
};

/* An error answer. "{}" in the words is replaced by what the check saw. */
struct role_answer {
	int status;
	const char *error;
	int aadsts; /* the number of Entra's description; 0 elsewhere */
	const char *words;
};

/* One row of a rule table. */
struct role_rule {
	enum rule_id rule;
	/* True when the rule is broken; detail then says what was seen (never a secret). `facts` is
	 * the role's own struct. */
	bool (*broken)(const void *facts, char detail[ROLE_DETAIL_SIZE]);
	struct role_answer answer;
};

/* Fills a call for one exchange; role_call_free() ends it. */
void role_call_init(struct role_call *call, struct world *world, const struct http_request *request,
                    struct http_response *response, struct journal_notes *notes);
/* Lets go of the configuration. */
void role_call_free(struct role_call *call);
DEFINE_OWNED_VALUE(role_call, role_call_free)

/* Walks the rows in order; the first one that rejects, with its detail, or NULL when none does. */
const struct role_rule *role_judge(const struct role_rule *rows, size_t count, const void *facts,
                                   struct role_call *call, char detail[ROLE_DETAIL_SIZE]);

/* Appends the words with "{}" replaced by detail. */
void role_words(const char *words, const char *detail, struct bytes *out);
/* Answers {"error","error_description"} plus the members of `more` (NULL = none; not taken over).
 */
void role_refuse(struct role_call *call, const struct role_answer *answer, const char *detail,
                 const cJSON *more);
/* Answers a JSON object; NULL, or memory that ran out, is a 500. */
void role_send_json(struct role_call *call, int status, const cJSON *json);
/* Answers a failure inside the emulator: 500, the reason goes to the log. */
void role_fail(struct role_call *call, const struct msiv2_error *err);
/* Refuses a body that was cut (413 too large, 400 truncated); false when the body is whole. */
bool role_refuse_broken_body(struct role_call *call);

/* Copies text into a buffer of the notes, cut when it is too long. */
void role_note(char *out, size_t size, const char *text);
/* Notes the request's correlation id, from the first header that has one (META-03). */
void role_note_correlation(struct role_call *call);
/* A header is missing, repeated or not a UUID: what is wrong with it, or NULL (META-03). */
const char *role_uuid_header_fault(const struct http_request *request, const char *name);
/* The Content-Type is `type`, with any parameters (a charset must be UTF-8). */
bool role_content_type_is(const struct http_request *request, const char *type);

#endif
