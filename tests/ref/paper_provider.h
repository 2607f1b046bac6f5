/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The keyguard provider of programs that link this: paper keys in a drawer of this process. The
 * library's own stays out. */
#ifndef TESTS_REF_PAPER_PROVIDER_H
#define TESTS_REF_PAPER_PROVIDER_H

#include "common/bytes.h"
#include "paper_key.h"

struct paper_provider {
	struct paper_script script; /* of its keys */
	bool absent;                /* gives no key */
	enum msiv2_rc refuses;      /* what identity, enrol and remove say; MSIV2_OK = they work */
	struct key *inner;          /* what its keys sign with, from the first on */
	struct key *identity;       /* what attests them */
	struct bytes certificate;   /* of the identity, since it was enrolled */
	const char *device;         /* the drawer's name; NULL = it has none that can be read */
	int named;                  /* how often it was read */
	bool watched;               /* somebody wanted to know that a search goes on */
	int opened;
	int removed;
};

/* The one there is. */
struct paper_provider *paper_provider(void);
/* Empties the drawer. */
void paper_provider_reset(void);

#endif
