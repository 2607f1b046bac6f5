/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "emulator/rule.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"

static const struct rule book[RULE_COUNT] = {
#define RULE(symbol, id, name, level, mode, requirement)                                           \
	[symbol] = {id, name, level, mode, requirement},
#include "emulator/rules.def"
#undef RULE
};

static const char *const mode_names[] = {
        [RULE_OFF] = "off", [RULE_NOTE] = "note", [RULE_REJECT] = "reject"};

static const char *const level_names[] = {[RULE_MUST] = "MUST",
                                          [RULE_OBSERVED] = "OBSERVED",
                                          [RULE_SPEC] = "SPEC",
                                          [RULE_HOUSE] = "HOUSE"};

const struct rule *rule_get(enum rule_id id)
{
	return &book[id];
}

const char *rule_mode_name(enum rule_mode mode)
{
	return mode_names[mode];
}

const char *rule_level_name(enum rule_level level)
{
	return level_names[level];
}

static void set_all(struct rule_modes *modes, enum rule_mode mode)
{
	for (size_t i = 0; i < RULE_COUNT; i++)
		modes->mode[i] = mode;
}

bool rule_modes_profile(struct rule_modes *modes, const char *profile)
{
	if (text_equal(profile, "default")) {
		for (size_t i = 0; i < RULE_COUNT; i++)
			modes->mode[i] = book[i].by_default;
		return true;
	}
	if (text_equal(profile, "strict")) {
		set_all(modes, RULE_REJECT);
		return true;
	}
	if (text_equal(profile, "lenient")) {
		set_all(modes, RULE_NOTE);
		return true;
	}
	return false;
}

static bool mode_from_name(const char *name, enum rule_mode *out)
{
	for (size_t i = 0; i < TEXT_COUNT(mode_names); i++) {
		if (text_equal(name, mode_names[i])) {
			*out = (enum rule_mode)i;
			return true;
		}
	}
	return false;
}

/* `which` is the rule's "ID", its "name", or both as "ID/name". */
static bool goes_by(const struct rule *rule, const char *which)
{
	size_t id_len = strlen(rule->id);

	if (text_equal(which, rule->id) || text_equal(which, rule->name))
		return true;
	return text_starts(which, rule->id) && which[id_len] == '/' &&
	       text_equal(which + id_len + 1, rule->name);
}

bool rule_modes_set(struct rule_modes *modes, const char *which, const char *mode_text)
{
	enum rule_mode mode;
	bool found = false;

	if (text_empty(which) || !mode_from_name(mode_text, &mode))
		return false;
	for (size_t i = 0; i < RULE_COUNT; i++) {
		if (goes_by(&book[i], which)) {
			modes->mode[i] = mode;
			found = true;
		}
	}
	return found;
}

enum msiv2_rc rule_modes_take(struct rule_modes *modes, const char *which, const char *mode,
                              const struct blame *blame, struct msiv2_error *err)
{
	struct rule_modes scratch = {0};

	if (rule_modes_set(modes, which, mode))
		return MSIV2_OK;
	if (!rule_modes_set(&scratch, which, mode_names[RULE_NOTE]))
		return err_blame(err, blame, "there is no rule \"%s\"", which ? which : "");
	return err_blame(err, blame, "the mode of \"%s\" is to be reject, note or off%s%s", which,
	                 text_empty(mode) ? "" : ", not ", text_empty(mode) ? "" : mode);
}

/* The slot for a new finding: a full list still takes the breach that decides the answer, in place
 * of its last note. */
static struct finding *slot_for(struct findings *findings, bool rejected)
{
	if (findings->count < FINDINGS_MAX)
		return &findings->items[findings->count++];
	for (size_t i = FINDINGS_MAX; rejected && i > 0; i--) {
		if (!findings->items[i - 1].rejected)
			return &findings->items[i - 1];
	}
	return NULL;
}

/* Details end up in JSON and in logs, and may quote what a client sent. */
static void keep_printable(char *text)
{
	for (; *text != '\0'; text++) {
		if (*text < ' ' || *text > '~')
			*text = '?';
	}
}

bool rule_breach(const struct rule_modes *modes, enum rule_id rule, struct findings *findings,
                 const char *fmt, ...)
{
	bool rejected = modes->mode[rule] == RULE_REJECT;
	struct finding *finding;
	va_list args;

	if (modes->mode[rule] == RULE_OFF)
		return false;
	finding = slot_for(findings, rejected);
	if (finding == NULL)
		return rejected;
	finding->rule = rule;
	finding->rejected = rejected;
	va_start(args, fmt);
	(void)vsnprintf(finding->detail, sizeof(finding->detail), fmt, args);
	va_end(args);
	keep_printable(finding->detail);
	return rejected;
}
