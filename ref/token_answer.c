/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "token_answer.h"

#include <openssl/crypto.h>
#include <string.h>

#include "common/json.h"
#include "common/mem.h"
#include "common/text.h"
#include "service_text.h"

#define WHERE "sts.token"

#define SHOWN_TYPE_SIZE 40

static const struct blame blame = {MSIV2_STS_MALFORMED, WHERE};

/* A tree that holds a token is overwritten before it is freed. */
typedef cJSON secret_tree;

static void secret_tree_free(secret_tree *tree)
{
	cJSON *token = cJSON_GetObjectItemCaseSensitive(tree, "access_token");

	if (cJSON_IsString(token))
		OPENSSL_cleanse(token->valuestring, strlen(token->valuestring));
	cJSON_Delete(tree);
}
DEFINE_OWNED(secret_tree, secret_tree_free)

/* The token goes into an Authorization header: nothing in it may end the line or the word. */
static enum msiv2_rc check_token(const char *token, struct msiv2_error *err)
{
	for (; *token != '\0'; token++) {
		if (*token <= 0x20 || *token >= 0x7F)
			return err_blame(err, &blame,
			                 "member \"access_token\" has characters that no header "
			                 "may carry");
	}
	return MSIV2_OK;
}

/* STS-03: in either direction. */
static enum msiv2_rc check_type(const char *type, const char *wanted, struct msiv2_error *err)
{
	char shown[SHOWN_TYPE_SIZE];

	if (text_equal_nocase(type, wanted))
		return MSIV2_OK;
	service_text_copy(shown, sizeof(shown), type);
	return err_blame(err, &blame, "member \"token_type\" is \"%s\", asked for was \"%s\"",
	                 shown, wanted);
}

static enum msiv2_rc copy(const char *text, char **out, struct msiv2_error *err)
{
	*out = mem_strdup(text);
	return *out != NULL ? MSIV2_OK : err_no_memory(err, WHERE);
}

enum msiv2_rc token_answer_parse(const void *body, size_t len, const char *wanted_type,
                                 struct token_answer *out, struct msiv2_error *err)
{
	OWNED_STRUCT(token_answer) answer = {0};
	OWNED(secret_tree) *tree = NULL;
	const char *token = NULL;
	const char *type = NULL;

	*out = (struct token_answer){0};
	TRY(json_parse_object(body, len, &blame, &tree, err));
	TRY(json_need_string(tree, "access_token", &blame, &token, err));
	TRY(json_need_string(tree, "token_type", &blame, &type, err));
	TRY(json_need_integer(tree, "expires_in", 1, INT32_MAX, true, &blame, &answer.expires_in_s,
	                      err));
	TRY(check_token(token, err));
	TRY(check_type(type, wanted_type, err));
	TRY(copy(token, &answer.access_token, err));
	TRY(copy(type, &answer.token_type, err));
	*out = steal(&answer);
	return MSIV2_OK;
}

void token_answer_free(struct token_answer *answer)
{
	if (answer->access_token != NULL)
		mem_free_secret(answer->access_token, strlen(answer->access_token));
	mem_free(answer->token_type);
	*answer = (struct token_answer){0};
}
