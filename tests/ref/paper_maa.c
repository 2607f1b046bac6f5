/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "paper_maa.h"

#include <inttypes.h>
#include <string.h>

#include "common/encoding.h"

void paper_maa_add_jwt(struct bytes *out, int nth, int64_t exp_s)
{
	static const char header[] = "{\"alg\":\"RS256\"}";
	OWNED_STRUCT(bytes) claims = {0};

	bytes_addf(&claims, "{\"exp\":%" PRId64 ",\"jti\":\"%d\"}", exp_s, nth);
	base64url_encode(header, strlen(header), out);
	bytes_add_byte(out, '.');
	base64url_encode(claims.data, claims.len, out);
	bytes_add_text(out, ".cGFwZXI");
}

void paper_maa_add_token(struct bytes *out, int nth, int64_t exp_s)
{
	bytes_add_text(out, "{\"token\":\"");
	paper_maa_add_jwt(out, nth, exp_s);
	bytes_add_text(out, "\"}");
}

bool paper_maa_answer(const struct peer_request *request, int nth, int64_t exp_s,
                      struct peer_answer *answer)
{
	if (strstr(request->target, "/attest/nonce?") != NULL)
		bytes_add_text(&answer->body, "{\"nonce\":\"" PAPER_NONCE "\"}");
	else if (strstr(request->target, "/attest/") != NULL)
		paper_maa_add_token(&answer->body, nth, exp_s);
	else
		return false;
	return true;
}
