/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A cursor over DER (X.690): one element at a time, nothing copied, nothing allocated. Stricter
 * than OpenSSL's decoder, which takes BER: lengths are definite and in the fewest bytes, tag
 * numbers fit the first byte, an element never reaches past its parent. Pure. */
#ifndef EMULATOR_PKI_DER_H
#define EMULATOR_PKI_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

/* Identifier octets of the elements a CSR is made of. */
enum der_tag {
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_NULL = 0x05,
	DER_OID = 0x06,
	DER_UTF8_STRING = 0x0c,
	DER_PRINTABLE_STRING = 0x13,
	DER_IA5_STRING = 0x16,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
	DER_CONTEXT_0_PRIMITIVE = 0x80,
	DER_CONTEXT_0 = 0xa0,
	DER_CONTEXT_1 = 0xa1,
	DER_CONTEXT_2 = 0xa2,
	DER_CONTEXT_3 = 0xa3,
};

/* Bytes borrowed from the input. */
struct der {
	const uint8_t *data;
	size_t len;
};

struct der_element {
	uint8_t tag;
	struct der content;
	struct der whole; /* tag, length and content */
};

/* Takes the next element off the front; false (and `in` unchanged) when there is none or it is not
 * DER. */
MSIV2_MUST_USE bool der_next(struct der *in, struct der_element *out);
/* As der_next(), and the element has this tag; *content is what is inside. */
MSIV2_MUST_USE bool der_take(struct der *in, uint8_t tag, struct der *content);
/* The next element has this tag. */
bool der_peek(const struct der *in, uint8_t tag);
/* `in` is exactly one element with this tag. */
MSIV2_MUST_USE bool der_only(struct der in, uint8_t tag, struct der *content);

/* The content of an INTEGER is minimal, not negative and at most `max`; *out is its value. */
MSIV2_MUST_USE bool der_small_integer(struct der content, unsigned max, unsigned *out);
/* The content of an INTEGER is minimal and positive; *magnitude is without a leading zero byte. */
MSIV2_MUST_USE bool der_positive_integer(struct der content, struct der *magnitude);

/* The same bytes. */
bool der_equal(struct der a, struct der b);

/* Bytes of a constant array, as a struct der. */
#define DER_OF(array) ((struct der){(array), sizeof(array)})

#endif
