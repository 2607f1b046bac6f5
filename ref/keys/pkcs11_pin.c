/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "pkcs11_pin.h"

#include <stdlib.h>
#include <string.h>

#include "common/files.h"
#include "common/text.h"

/* Editors end the last line of a file. */
static void cut_line_end(struct bytes *pin)
{
	const uint8_t *end = pin->len > 0 ? memchr(pin->data, '\n', pin->len) : NULL;

	if (end == NULL)
		return;
	pin->len = (size_t)(end - pin->data);
	if (pin->len > 0 && pin->data[pin->len - 1] == '\r')
		pin->len--;
}

enum msiv2_rc pkcs11_pin_read(const char *file, struct bytes *pin, struct pkcs11_trouble *trouble)
{
	struct msiv2_error why = {0};
	const char *variable;

	pin->secret = true;
	if (file != NULL) {
		if (files_read(file, PKCS11_PIN_MAX, MSIV2_KEY_UNAVAILABLE, pin, &why) != MSIV2_OK)
			return pkcs11_says(trouble, KEY_LACK_REFUSED, "the PIN file %s: %s", file,
			                   msiv2_error_message(&why));
		cut_line_end(pin);
	} else {
		variable = secure_getenv(PKCS11_PIN_VARIABLE);
		if (!text_empty(variable))
			bytes_add_text(pin, variable);
	}
	return pin->failed ? pkcs11_no_memory(trouble) : MSIV2_OK;
}
