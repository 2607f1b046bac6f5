/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The subject of a CSR, taken apart (CSR-01, CSR-02): what is asked for is one CN and one DC. Pure;
 * values are borrowed from the DER. */
#ifndef EMULATOR_PKI_CSR_SUBJECT_H
#define EMULATOR_PKI_CSR_SUBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emulator/pki/der.h"

/* One kind of attribute in the subject; value and tag are of the first. */
struct csr_name_part {
	size_t count;
	size_t position; /* among all attributes, from 0 */
	uint8_t tag;
	struct der value;
};

struct csr_subject {
	struct csr_name_part cn;
	struct csr_name_part dc;
	size_t others;
	bool multi_valued; /* some RDN has more than one value */
};

/* Takes a Name apart; NULL when it is one, otherwise what is wrong (static text). */
const char *csr_subject_read(struct der name, struct csr_subject *out);

/* The value is a string of one byte per ASCII character and equals `text`. */
bool csr_name_part_is(const struct csr_name_part *part, const char *text);

/* "UTF8String", ...; "tag 0x.." is left to the caller for those unknown here: NULL. */
const char *csr_string_type(uint8_t tag);

#endif
