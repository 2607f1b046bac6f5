/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The evidence of one scenario: everything the judge looks at, and nothing else. In memory it is
 * one JSON object with a member for each file of the bundle, on disk a directory that another
 * machine judges to the same verdict.
 *
 * | member   | file          | content                                                          |
 * |----------|---------------|------------------------------------------------------------------|
 * | run      | run.json      | {"suite":"0.1.0","mode":"shim"|"command"|"address",              |
 * |          |               |  "outcome":W,"reason":"..","shim":hello or null,                 |
 * |          |               |  "command":"..","seed":N,"key":"memory"|"keyguard"|"hardware",   |
 * |          |               |  "started":"2026-11-21T03:00:00Z","took_ms":N,                   |
 * |          |               |  "addresses":{"imds","sts","resource","tenant"},"versions":{..}, |
 * |          |               |  "twin":{"scenario":"..","verdict":"pass"} or null,              |
 * |          |               |  "exit":{"status":0} or {"signal":9} or null}                    |
 * | steps    | steps.json    | [{"name":".." or null,"do","with":{..},"sent":{..} or null,      |
 * |          |               |   "reply":{..} or null,"took_ms":N,"waits_ms":[N,..],            |
 * |          |               |   "journal_from":SEQ,"journal_to":SEQ}], as far as the run came  |
 * | journal  | journal.json  | as GET /journal: {"events":[..],"dropped":N,"next":SEQ}          |
 * | faults   | faults.json   | as GET /faults, after the last step                              |
 * | findings | findings.json | as GET /findings                                                 |
 * | store    | store.json    | {"before":[F..],"after":[F..],"marks":{"NAME":[F..]}} or null    |
 * | secrets  | secrets.json  | {"searched":N,"hits":[{"what":"access token","where":"stderr"}]} |
 *
 * W, the outcome: "ran" (every step was taken), "not-implemented" (the shim ended with 89),
 * "cannot-run" (with 77), "skipped" (a feature is missing, or black box), "ended" (the client went
 * away in the middle), "timed-out" (a command or the scenario took too long), "protocol" (the shim
 * said what docs/shim.md does not allow), "error" (the runner could not do its own part).
 *
 * Steps the runner takes itself (advance, client_clock, admin, fault, unfault, store, mark) have
 * `sent` null and a reply {"ok":true} or {"ok":false,"error":{"class":"runner","message":".."}};
 * unfault's says how often the fault fired: {"ok":true,"fired":2}. journal_from is the next
 * sequence number before the step and journal_to the next one after it, so that
 * [journal_from, journal_to) are the step's events; of a mark both are where it stands.
 *
 * F, a file of the store: {"path":"relative","type":"file"|"folder"|"link"|"other","mode":"0600",
 * "size":N,"sha256":"..","certificate":bool,"private_key":bool}, sorted by path; "." is the folder
 * itself. A file with "certificate" is an entry. */
#ifndef SCENARIOS_RUNNER_EVIDENCE_H
#define SCENARIOS_RUNNER_EVIDENCE_H

#include "common/bytes.h"
#include "common/json.h"

#define EVIDENCE_LAST_LINES 5

/* Everything seen. `{0}` is empty. */
struct evidence {
	cJSON *scenario;     /* the scenario's file as it was; owned */
	cJSON *seen;         /* the members above; owned */
	cJSON *certificates; /* issued ones: {"SHA256":"PEM"}; owned; may be NULL */
	struct bytes stderr_text;
	struct bytes shim_lines; /* what went to and fro, redacted, one JSON object a line */
};

/* Frees what it holds. */
void evidence_free(struct evidence *evidence);
DEFINE_OWNED_VALUE(evidence, evidence_free)

/* Writes the bundle into `dir`, which is made (mode 0700) and must be empty, together with
 * verdict.json when `verdict` is not NULL. MSIV2_STORE naming what could not be written. */
MSIV2_MUST_USE enum msiv2_rc evidence_write(const struct evidence *evidence, const cJSON *verdict,
                                            const char *dir, struct msiv2_error *err);
/* Appends the last lines of the client's standard error, EVIDENCE_LAST_LINES at most, without
 * tokens and keys. */
void evidence_last_words(const struct evidence *evidence, struct bytes *out);
/* Reads a bundle that this version of the suite wrote. MSIV2_CONFIG naming the file that is missing
 * or wrong. Certificates are for people and are not read. */
MSIV2_MUST_USE enum msiv2_rc evidence_read(const char *dir, struct evidence *out,
                                           struct msiv2_error *err);

#endif
