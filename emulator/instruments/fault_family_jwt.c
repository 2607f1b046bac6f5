/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Faults in the tokens that are issued: access tokens and attestation tokens (TOK-01, RES-01,
 * ATT-04, ATT-06). */
#include "common/encoding.h"
#include "common/json.h"
#include "common/text.h"
#include "emulator/pki/jwt.h"
#include "fault_kind.h"
#include "json_path.h"

#define YEAR_S 31536000

/* Sets a member of an object, there already or not. */
static bool set(cJSON *object, const char *name, cJSON *value)
{
	if (!value)
		return false;
	cJSON_DeleteItemFromObjectCaseSensitive(object, name);
	return json_add(object, name, value);
}

static bool set_text(cJSON *object, const char *name, const char *text)
{
	return set(object, name, cJSON_CreateString(text));
}

/* The claims that bind a token to a certificate. */
static bool no_cnf(const struct fault_act *act)
{
	cJSON *payload = act->jwt->payload;

	if (!cJSON_GetObjectItemCaseSensitive(payload, "cnf"))
		return false;
	cJSON_DeleteItemFromObjectCaseSensitive(payload, "cnf");
	cJSON_DeleteItemFromObjectCaseSensitive(payload, "xms_tb");
	return true;
}

/* A thumbprint of nothing, but of the right form. */
static bool wrong_cnf(const struct fault_act *act)
{
	cJSON *cnf = cJSON_GetObjectItemCaseSensitive(act->jwt->payload, "cnf");
	const char *given = fault_text(act, "thumbprint");
	OWNED_STRUCT(bytes) text = {0};
	uint8_t random[32];

	if (!cnf)
		return false;
	fault_random(act, random, sizeof(random));
	base64url_encode(random, sizeof(random), &text);
	if (!given)
		given = bytes_text(&text);
	return set_text(cnf, "x5t#S256", given) && set_text(act->jwt->payload, "xms_tb", given);
}

static bool wrong_aud(const struct fault_act *act)
{
	return set_text(act->jwt->payload, "aud", fault_text(act, "value"));
}

static bool wrong_iss(const struct fault_act *act)
{
	return set_text(act->jwt->payload, "iss", fault_text(act, "value"));
}

static bool wrong_kid(const struct fault_act *act)
{
	return set_text(act->jwt->header, "kid", fault_text(act, "value"));
}

static bool no_kid(const struct fault_act *act)
{
	cJSON_DeleteItemFromObjectCaseSensitive(act->jwt->header, "kid");
	return true;
}

static bool wrong_alg(const struct fault_act *act)
{
	return set_text(act->jwt->header, "alg", fault_text(act, "value"));
}

/* RFC 7515 A.5 */
static bool unsecured(const struct fault_act *act)
{
	act->jwt->signature = JWT_NOT_SIGNED;
	return set_text(act->jwt->header, "alg", "none");
}

static bool bad_signature(const struct fault_act *act)
{
	act->jwt->signature = JWT_SIGNED_WRONG;
	return true;
}

/* Moves iat, nbf and exp. */
static bool move(const struct fault_act *act, double by_s)
{
	static const char *const names[] = {"iat", "nbf", "exp"};

	for (size_t i = 0; i < TEXT_COUNT(names); i++) {
		cJSON *time = cJSON_GetObjectItemCaseSensitive(act->jwt->payload, names[i]);

		if (cJSON_IsNumber(time))
			cJSON_SetNumberValue(time, time->valuedouble + by_s);
	}
	return true;
}

static double claim(const struct fault_act *act, const char *name)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(act->jwt->payload, name);

	return cJSON_IsNumber(value) ? value->valuedouble : 0;
}

/* Its whole life lies in the past. */
static bool expired(const struct fault_act *act)
{
	return move(act, claim(act, "iat") - claim(act, "exp") - (double)fault_number(act, "by_s"));
}

static bool not_yet(const struct fault_act *act)
{
	return move(act, (double)fault_number(act, "by_s"));
}

static bool any_claim(const struct fault_act *act)
{
	const cJSON *value = fault_value(act, "value");
	const char *name = fault_text(act, "claim");

	if (!cJSON_IsNull(value))
		return set(act->jwt->payload, name, cJSON_Duplicate(value, true));
	if (!cJSON_GetObjectItemCaseSensitive(act->jwt->payload, name))
		return false;
	cJSON_DeleteItemFromObjectCaseSensitive(act->jwt->payload, name);
	return true;
}

static bool any_header(const struct fault_act *act)
{
	return set(act->jwt->header, fault_text(act, "name"),
	           cJSON_Duplicate(fault_value(act, "value"), true));
}

static bool is_some(const char *text)
{
	return text[0] != '\0' && strlen(text) < 256;
}

#define JWT_OF(rules) rules, FAULT_AT_JWT, FAULT_JWTS, 0
#define POP_ONLY      FAULT_AT_JWT, FAULT_BIT(ENDPOINT_TOKEN), 0
#define VALUE(text)                                                                                \
	{                                                                                          \
		"value", FAULT_TEXT, "\"" text "\"", 0, 0, false, "a text that is not empty",      \
		        is_some                                                                    \
	}
#define BY                                                                                         \
	{                                                                                          \
		"by_s", FAULT_INTEGER, "3600", 1, 100 * (int64_t)YEAR_S, false,                    \
		        "how many seconds", NULL                                                   \
	}

static const struct fault_kind kinds[] = {
        {"jwt-no-cnf",
         "A bound token without cnf and binding claim.",
         "TOK-01 RES-01",
         POP_ONLY,
         {{0}},
         no_cnf},
        {"jwt-wrong-cnf",
         "A token bound to a certificate that nobody has.",
         "TOK-01 RES-01",
         POP_ONLY,
         {{"thumbprint", FAULT_TEXT, "null", 0, 0, true,
           "the x5t#S256; null = a random one of the seed", is_some}},
         wrong_cnf},
        {"jwt-wrong-aud",
         "A token for another audience.",
         JWT_OF("TOK-01"),
         {VALUE("https://somewhere.else.example")},
         wrong_aud},
        {"jwt-wrong-iss",
         "A token of another issuer.",
         JWT_OF("TOK-01 ATT-06"),
         {VALUE("https://issuer.example")},
         wrong_iss},
        {"jwt-wrong-kid",
         "A token by a key that is not published.",
         JWT_OF("TOK-01"),
         {VALUE("unknown-key")},
         wrong_kid},
        {"jwt-no-kid", "A token that does not name its key.", JWT_OF("TOK-01"), {{0}}, no_kid},
        {"jwt-wrong-alg",
         "A token that names another algorithm than it is signed with.",
         JWT_OF("TOK-01"),
         {VALUE("HS256")},
         wrong_alg},
        {"jwt-unsecured",
         "A token of the algorithm \"none\", without a signature.",
         JWT_OF("TOK-01 ATT-06"),
         {{0}},
         unsecured},
        {"jwt-bad-signature",
         "A token whose signature does not verify.",
         JWT_OF("TOK-01 ATT-06"),
         {{0}},
         bad_signature},
        {"jwt-expired",
         "A token that has expired; what is said beside it is not changed.",
         JWT_OF("TOK-01 ATT-06"),
         {BY},
         expired},
        {"jwt-not-yet-valid",
         "A token that is not valid yet.",
         JWT_OF("TOK-01 ATT-06"),
         {BY},
         not_yet},
        {"jwt-claim",
         "Any claim, other or missing.",
         JWT_OF("TOK-01 ATT-06"),
         {{"claim", FAULT_TEXT, NULL, 0, 0, false, "the name of a claim", is_some},
          {"value", FAULT_VALUE, "null", 0, 0, false, "its value; null = without it", NULL}},
         any_claim},
        {"jwt-header",
         "Any member of the header, other or added.",
         JWT_OF("TOK-01 ATT-06"),
         {{"name", FAULT_TEXT, NULL, 0, 0, false, "the name of a member", is_some},
          {"value", FAULT_VALUE, NULL, 0, 0, false, "its value", NULL}},
         any_header},
};

const struct fault_family fault_family_jwt = {"jwt", "Issued tokens", kinds, TEXT_COUNT(kinds)};
