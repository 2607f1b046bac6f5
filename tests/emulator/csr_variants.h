/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* CSRs that break exactly one rule each, and what must come of them. */
#ifndef TESTS_EMULATOR_CSR_VARIANTS_H
#define TESTS_EMULATOR_CSR_VARIANTS_H

#include <stdbool.h>
#include <stddef.h>

#include "csr_draft.h"
#include "emulator/rule.h"

enum csr_outcome {
	CSR_NOTED,   /* accepted by the default profile, with a finding */
	CSR_REFUSED, /* refused by the default profile, accepted when the rule is off */
	CSR_FATAL    /* refused whatever the modes say */
};

struct csr_variant {
	const char *name;
	void (*spoil)(struct csr_draft *draft);
	enum rule_id rule;
	enum csr_outcome outcome;
	bool host_has_vmss; /* judged on a host whose metadata has DRAFT_VMSS_ID too */
};

/* The request, its key and its signature. */
extern const struct csr_variant csr_variants_crypto[];
extern const size_t csr_variants_crypto_count;
/* The subject and the attributes. */
extern const struct csr_variant csr_variants_content[];
extern const size_t csr_variants_content_count;

#endif
