/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The journal without what differs between two runs of one client, so that three repeats give the
 * same text: sequence numbers and times are left out, random ids and thumbprints become "<id 1>",
 * equal ones equally, ports of this machine "<port>". Moves of the clock are time as well and left
 * out. Handshakes that failed stand behind the rest: the service writes them down while the client
 * has already gone on. What clients send at the same time stays in the order in which it was
 * answered. Pure. */
#ifndef SCENARIOS_RUNNER_NORMAL_H
#define SCENARIOS_RUNNER_NORMAL_H

#include "common/bytes.h"
#include "common/json.h"

/* Appends one line of JSON for each event of the journal ({"events":[..]}). A failure (memory)
 * shows in the buffer. */
void normal_journal(const cJSON *journal, struct bytes *out);

#endif
