/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "emulator/pki/der.h"

#include <string.h>

/* Reads the length octets at `at`; *header grows by what they take. */
static bool read_length(struct der in, size_t *header, size_t *length)
{
	uint8_t first;
	size_t octets, value = 0;

	if (in.len <= *header)
		return false;
	first = in.data[(*header)++];
	if (first < 0x80) {
		*length = first;
		return true;
	}
	octets = first & 0x7fU;
	/* 0x80 is BER's indefinite form; three octets are far beyond any CSR we take. */
	if (octets == 0 || octets > 3 || in.len - *header < octets)
		return false;
	for (size_t i = 0; i < octets; i++)
		value = value << 8 | in.data[(*header)++];
	*length = value;
	/* The fewest octets: no short form in disguise, no leading zero. */
	return value >= 0x80 && value >> (8 * (octets - 1)) != 0;
}

bool der_next(struct der *in, struct der_element *out)
{
	size_t header = 1, length;

	if (in->len < 2 || (in->data[0] & 0x1f) == 0x1f)
		return false;
	if (!read_length(*in, &header, &length) || in->len - header < length)
		return false;
	out->tag = in->data[0];
	out->content = (struct der){in->data + header, length};
	out->whole = (struct der){in->data, header + length};
	in->data += header + length;
	in->len -= header + length;
	return true;
}

bool der_peek(const struct der *in, uint8_t tag)
{
	return in->len > 0 && in->data[0] == tag;
}

bool der_take(struct der *in, uint8_t tag, struct der *content)
{
	struct der_element element;

	if (!der_peek(in, tag) || !der_next(in, &element))
		return false;
	*content = element.content;
	return true;
}

bool der_only(struct der in, uint8_t tag, struct der *content)
{
	return der_take(&in, tag, content) && in.len == 0;
}

/* X.690 8.3.2: the first nine bits are not all the same. */
static bool is_minimal(struct der content)
{
	if (content.len == 0)
		return false;
	if (content.len == 1)
		return true;
	return !(content.data[0] == 0x00 && content.data[1] < 0x80) &&
	       !(content.data[0] == 0xff && content.data[1] >= 0x80);
}

bool der_small_integer(struct der content, unsigned max, unsigned *out)
{
	unsigned value = 0;

	if (!is_minimal(content) || content.data[0] >= 0x80 || content.len > 3)
		return false;
	for (size_t i = 0; i < content.len; i++)
		value = value << 8 | content.data[i];
	*out = value;
	return value <= max;
}

bool der_positive_integer(struct der content, struct der *magnitude)
{
	if (!is_minimal(content) || content.data[0] >= 0x80)
		return false;
	if (content.data[0] == 0) {
		content.data++;
		content.len--;
	}
	*magnitude = content;
	return content.len > 0;
}

bool der_equal(struct der a, struct der b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}
