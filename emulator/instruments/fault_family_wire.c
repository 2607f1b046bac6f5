/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Faults of the connection under HTTP (NET-03, NET-04). */
#include "common/text.h"
#include "emulator/http/exchange.h"
#include "fault_kind.h"

#define WAIT_MAX_MS   600000
#define BYTES_MAX     (16 * 1024 * 1024)
#define GARBAGE_MAX   65536
#define GARBAGE_PIECE 256

static bool delay(const struct fault_act *act)
{
	act->response->wire.delay_ms += fault_number(act, "ms");
	return true;
}

static bool drip(const struct fault_act *act)
{
	act->response->wire.drip_bytes = fault_number(act, "bytes");
	act->response->wire.drip_ms = fault_number(act, "every_ms");
	return true;
}

static bool cut(const struct fault_act *act)
{
	act->response->wire.end = HTTP_END_CUT;
	act->response->wire.end_after = (size_t)fault_number(act, "after");
	return true;
}

static bool reset(const struct fault_act *act)
{
	act->response->wire.end = HTTP_END_RESET;
	act->response->wire.end_after = (size_t)fault_number(act, "after");
	return true;
}

static bool silence(const struct fault_act *act)
{
	act->response->wire.silent = true;
	act->response->wire.silent_ms = fault_number(act, "for_ms");
	return true;
}

static bool garbage(const struct fault_act *act)
{
	struct bytes *out = &act->response->wire.garbage;
	size_t left = (size_t)fault_number(act, "bytes");
	struct fault_act part = *act;
	uint8_t piece[GARBAGE_PIECE];

	bytes_clear(out);
	while (left > 0) {
		size_t n = left < sizeof(piece) ? left : sizeof(piece);

		fault_random(&part, piece, n);
		/* Never the beginning of HTTP by chance. */
		piece[0] |= 0x80;
		bytes_add(out, piece, n);
		left -= n;
		part.random++;
	}
	return !out->failed;
}

static bool wrong_length(const struct fault_act *act)
{
	act->response->wire.length_off = fault_number(act, "by");
	return true;
}

#define WIRE(rules) rules, FAULT_AT_WIRE, FAULT_HTTP_ANY, 0

static const struct fault_kind kinds[] = {
        {"wire-delay",
         "The answer comes late.",
         WIRE("NET-04"),
         {{"ms", FAULT_INTEGER, "1000", 1, WAIT_MAX_MS, false, "how late", NULL}},
         delay},
        {"wire-drip",
         "The answer comes in small pieces with pauses between them.",
         WIRE("NET-04"),
         {{"bytes", FAULT_INTEGER, "1", 1, BYTES_MAX, false, "the size of a piece", NULL},
          {"every_ms", FAULT_INTEGER, "50", 1, WAIT_MAX_MS, false, "the pause", NULL}},
         drip},
        {"wire-cut",
         "The connection is closed in the middle of the answer.",
         WIRE("NET-03"),
         {{"after", FAULT_INTEGER, "0", 0, BYTES_MAX, false,
           "bytes that are sent before, the answer's head included", NULL}},
         cut},
        {"wire-reset",
         "The connection is reset (TCP RST) in the middle of the answer.",
         WIRE("NET-03"),
         {{"after", FAULT_INTEGER, "0", 0, BYTES_MAX, false,
           "bytes that are sent before, the answer's head included", NULL}},
         reset},
        {"wire-silence",
         "Nothing is ever answered. The connection is closed when the time is over, or when others "
         "wait for its thread.",
         WIRE("NET-04"),
         {{"for_ms", FAULT_INTEGER, "0", 0, WAIT_MAX_MS, false,
           "how long; 0 = limits.request_timeout_ms", NULL}},
         silence},
        {"wire-garbage",
         "Random bytes, of the seed, are sent instead of HTTP; then the connection is closed.",
         WIRE("NET-03"),
         {{"bytes", FAULT_INTEGER, "64", 1, GARBAGE_MAX, false, "how many", NULL}},
         garbage},
        {"wire-wrong-length",
         "The Content-Length is wrong by some bytes; then the connection is closed.",
         WIRE("NET-03"),
         {{"by", FAULT_INTEGER, "10", -BYTES_MAX, BYTES_MAX, false,
           "added to the right length; more promises bytes that never come", NULL}},
         wrong_length},
};

const struct fault_family fault_family_wire = {"wire", "Connection", kinds, TEXT_COUNT(kinds)};
