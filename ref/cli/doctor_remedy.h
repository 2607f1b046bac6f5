/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What a person can do about what the doctor found. Pure. */
#ifndef REF_CLI_DOCTOR_REMEDY_H
#define REF_CLI_DOCTOR_REMEDY_H

#include "doctor.h"
#include "ref/keys/provider.h"

/* What to do about a class of error in a check. Never NULL. */
const char *doctor_remedy(enum doctor_check check, enum msiv2_rc rc);
/* What to do about a kind of key that its provider does not give. Never NULL. */
const char *doctor_remedy_of_lack(enum doctor_check kind, enum key_lack lack);

#endif
