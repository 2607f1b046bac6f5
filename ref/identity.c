/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "identity.h"

#include <string.h>

#include "common/mem.h"
#include "common/text.h"
#include "net/address.h"

#define IDENTITY_MAX_LEN 1024

static const struct identity_row {
	const char *selector; /* NULL = none */
	bool uuid;
} identity_rows[] = {
        [MSIV2_IDENTITY_SYSTEM] = {NULL, false},
        [MSIV2_IDENTITY_CLIENT_ID] = {"client_id", true},
        [MSIV2_IDENTITY_OBJECT_ID] = {"object_id", true},
        [MSIV2_IDENTITY_RESOURCE_ID] = {"mi_res_id", false},
};

static bool is_resource_id(const char *id)
{
	if (id[0] != '/' || strlen(id) > IDENTITY_MAX_LEN || !text_is_utf8(id, strlen(id)))
		return false;
	for (const char *c = id; *c != '\0'; c++) {
		if ((uint8_t)*c <= 0x20 || *c == 0x7F)
			return false;
	}
	return true;
}

static enum msiv2_rc check(enum msiv2_identity_kind kind, const char *id, struct msiv2_error *err)
{
	const char *where = "identity";

	if ((unsigned)kind >= TEXT_COUNT(identity_rows))
		return err_set(err, MSIV2_CONFIG, where, "unknown kind %d", (int)kind);
	if (kind == MSIV2_IDENTITY_SYSTEM && id != NULL)
		return err_set(err, MSIV2_CONFIG, where, "the system-assigned one takes no id");
	if (kind == MSIV2_IDENTITY_SYSTEM)
		return MSIV2_OK;
	if (text_empty(id))
		return err_set(err, MSIV2_CONFIG, where, "the id is empty");
	if (identity_rows[kind].uuid && !text_is_uuid(id))
		return err_set(err, MSIV2_CONFIG, where, "not a UUID: %s", id);
	if (!identity_rows[kind].uuid && !is_resource_id(id))
		return err_set(err, MSIV2_CONFIG, where,
		               "not a resource id (a path that starts with /): %s", id);
	return MSIV2_OK;
}

enum msiv2_rc identity_set(struct identity *out, enum msiv2_identity_kind kind, const char *id,
                           struct msiv2_error *err)
{
	char *copy = NULL;

	TRY(check(kind, id, err));
	if (kind != MSIV2_IDENTITY_SYSTEM) {
		copy = mem_strdup(id);
		if (copy == NULL)
			return err_no_memory(err, "identity");
	}
	identity_free(out);
	*out = (struct identity){.kind = kind, .id = copy};
	return MSIV2_OK;
}

void identity_free(struct identity *identity)
{
	mem_free(identity->id);
	*identity = (struct identity){.kind = MSIV2_IDENTITY_SYSTEM};
}

void identity_add_selector(const struct identity *identity, struct bytes *out)
{
	if (identity->id == NULL)
		return;
	bytes_addf(out, "&%s=", identity_rows[identity->kind].selector);
	address_add_encoded(out, identity->id);
}
