/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Rules as tables (DESIGN idea 4). A rule has an id of PROTOCOL.md and a name of its own; whether a
 * breach is answered with an error, noted in the journal, or not looked at is the world's choice.
 *
 * A rule's table row lives with its role; `rule_book` lists all of them so that configuration,
 * help and the journal speak of rules by "ID/name" (for example "META-02/metadata-header"). */
#ifndef EMULATOR_RULE_H
#define EMULATOR_RULE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

enum rule_mode { RULE_OFF, RULE_NOTE, RULE_REJECT };
enum rule_level { RULE_MUST, RULE_OBSERVED, RULE_SPEC, RULE_HOUSE };

/* One row per rule of the whole emulator; the enum is the index into every per-rule array. */
enum rule_id {
#define RULE(symbol, id, name, level, mode, requirement) symbol,
#include "rules.def"
#undef RULE
	RULE_COUNT
};

struct rule {
	const char *id;   /* "META-02" */
	const char *name; /* "metadata-header" */
	enum rule_level level;
	enum rule_mode by_default;
	const char *requirement; /* one sentence */
};

/* The row of a rule. */
const struct rule *rule_get(enum rule_id id);

/* The mode of every rule in one world. */
struct rule_modes {
	enum rule_mode mode[RULE_COUNT];
};

/* Sets every mode from a named profile: "default", "strict" (every rule rejects), "lenient" (every
 * rule only notes). False for another name. */
MSIV2_MUST_USE bool rule_modes_profile(struct rule_modes *modes, const char *profile);
/* Sets the rules named by "ID", "ID/name" or "name"; false when none matches or the mode is not
 * "reject", "note" or "off". */
MSIV2_MUST_USE bool rule_modes_set(struct rule_modes *modes, const char *which, const char *mode);
/* The same; an error of the blame's class says which of the two is not known. `mode` may be NULL.
 */
MSIV2_MUST_USE enum msiv2_rc rule_modes_take(struct rule_modes *modes, const char *which,
                                             const char *mode, const struct blame *blame,
                                             struct msiv2_error *err);
/* The word of a mode: "reject", "note", "off". */
const char *rule_mode_name(enum rule_mode mode);
/* The word of a level: "MUST", "OBSERVED", "SPEC", "HOUSE". */
const char *rule_level_name(enum rule_level level);

/* What the rules noted about one exchange. */
#define FINDINGS_MAX 24
struct finding {
	enum rule_id rule;
	bool rejected;    /* this breach decided the answer */
	char detail[200]; /* what was seen; no secret */
};
struct findings {
	struct finding items[FINDINGS_MAX];
	size_t count;
};

/* Records a breach of `rule` as its mode says; returns true when the mode is reject (the caller
 * then answers with the rule's error). Off: records nothing, returns false. */
MSIV2_MUST_USE bool rule_breach(const struct rule_modes *modes, enum rule_id rule,
                                struct findings *findings, const char *fmt, ...)
        __attribute__((format(printf, 4, 5)));

#endif
