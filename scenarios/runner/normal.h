/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The journal without what differs between two runs of one client: times, ports, random ids and
 * thumbprints are replaced by what they are ("<time>", "<id 1>"), equal ones by equal words, so
 * that three repeats give the same text. Pure. */
#ifndef SCENARIOS_RUNNER_NORMAL_H
#define SCENARIOS_RUNNER_NORMAL_H

#include "common/bytes.h"
#include "common/json.h"

/* Appends one line of JSON for each event of the journal ({"events":[..]}). A failure (memory)
 * shows in the buffer. */
void normal_journal(const cJSON *journal, struct bytes *out);

#endif
