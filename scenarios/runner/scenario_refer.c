/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "scenario_refer.h"

#include <stdio.h>

#include "common/text.h"
#include "emulator/instruments/event_expect.h"
#include "scenario.h"
#include "step_kind.h"

#define PATH_SIZE 64

static const char *text_of(const cJSON *object, const char *name)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

/* A step before `end` (NULL: any) has that name. */
static bool has_step(const struct scenario *scenario, const char *name, const cJSON *end)
{
	const cJSON *step;

	cJSON_ArrayForEach(step, scenario->steps)
	{
		if (step == end)
			return false;
		if (text_equal(text_of(step, "name"), name))
			return true;
	}
	return false;
}

/* A step of that kind before `end` (NULL: any) whose `with` has that text. */
static bool has_with(const struct scenario *scenario, const char *word, const char *member,
                     const char *value, const cJSON *end)
{
	const cJSON *step;

	cJSON_ArrayForEach(step, scenario->steps)
	{
		const cJSON *with = cJSON_GetObjectItemCaseSensitive(step, "with");

		if (step == end)
			return false;
		if (text_equal(text_of(step, "do"), word) &&
		    text_equal(text_of(with, member), value))
			return true;
	}
	return false;
}

static bool has_fault(const struct scenario *scenario, const char *id, const cJSON *end)
{
	const cJSON *fault;

	cJSON_ArrayForEach(fault,
	                   scenario->faults) if (text_equal(text_of(fault, "id"), id)) return true;
	return has_with(scenario, "fault", "id", id, end);
}

static enum msiv2_rc check_with(const cJSON *step, const char *path, const char *file,
                                struct msiv2_error *err)
{
	const struct step_kind *kind = &step_kinds[form_word(step_words, text_of(step, "do"))];
	const cJSON *with = cJSON_GetObjectItemCaseSensitive(step, "with");

	if (!with)
		return kind->with_required
		               ? err_set(err, MSIV2_CONFIG, file, "%s.with: is missing", path)
		               : MSIV2_OK;
	if (!kind->with)
		return err_set(err, MSIV2_CONFIG, file, "%s.with: %s takes none", path, kind->word);
	{
		char below[PATH_SIZE + 8];

		(void)snprintf(below, sizeof(below), "%s.with", path);
		return form_check(kind->with, with, below, file, err);
	}
}

static enum msiv2_rc check_step(const struct scenario *scenario, const cJSON *step,
                                const char *path, const char *file, struct msiv2_error *err)
{
	static const char *const earlier[] = {"same_certificate_as", "other_certificate_than",
	                                      "same_key_as", "other_key_than", "other_waits_than"};
	const cJSON *expect = cJSON_GetObjectItemCaseSensitive(step, "expect");
	const char *name = text_of(step, "name");

	TRY(check_with(step, path, file, err));
	if (name && has_step(scenario, name, step))
		return err_set(err, MSIV2_CONFIG, file, "%s.name: \"%s\" is taken", path, name);
	for (size_t i = 0; i < TEXT_COUNT(earlier); i++) {
		const char *other = text_of(expect, earlier[i]);

		if (other && !has_step(scenario, other, step))
			return err_set(err, MSIV2_CONFIG, file,
			               "%s.expect.%s: no step \"%s\" comes before", path,
			               earlier[i], other);
	}
	if (text_equal(text_of(step, "do"), "unfault")) {
		const char *id = text_of(cJSON_GetObjectItemCaseSensitive(step, "with"), "id");

		if (!has_fault(scenario, id, step))
			return err_set(err, MSIV2_CONFIG, file, "%s.with.id: no fault \"%s\"", path,
			               id);
	}
	return MSIV2_OK;
}

/* Marks exist, and the rest is an expectation of the journal. */
static enum msiv2_rc check_journal(const struct scenario *scenario, const cJSON *item,
                                   const char *path, const char *file, struct msiv2_error *err)
{
	static const char *const marks[] = {"from", "to"};
	OWNED(cJSON) *bare = cJSON_Duplicate(item, true);
	struct expectation expectation;
	struct msiv2_error why = {0};

	if (!bare)
		return err_no_memory(err, file);
	for (size_t i = 0; i < TEXT_COUNT(marks); i++) {
		const cJSON *mark = cJSON_GetObjectItemCaseSensitive(bare, marks[i]);

		if (mark && !has_with(scenario, "mark", "name", cJSON_GetStringValue(mark), NULL))
			return err_set(err, MSIV2_CONFIG, file, "%s.%s: there is no such mark",
			               path, marks[i]);
		cJSON_DeleteItemFromObjectCaseSensitive(bare, marks[i]);
	}
	if (cJSON_HasObjectItem(bare, "says") && !text_of(bare, "says"))
		return err_set(err, MSIV2_CONFIG, file, "%s.says: must be a text", path);
	cJSON_DeleteItemFromObjectCaseSensitive(bare, "says");
	if (expect_read(bare, path, &expectation, &why) != MSIV2_OK)
		return err_set(err, MSIV2_CONFIG, file, "%s: %s", why.where, why.message);
	return MSIV2_OK;
}

enum msiv2_rc scenario_refer_check(const struct scenario *scenario, const char *file,
                                   struct msiv2_error *err)
{
	const cJSON *journal = cJSON_GetObjectItemCaseSensitive(scenario->expect, "journal");
	const cJSON *store = cJSON_GetObjectItemCaseSensitive(scenario->expect, "store");
	char path[PATH_SIZE];
	const cJSON *item;
	int index = 0;

	cJSON_ArrayForEach(item, scenario->steps)
	{
		(void)snprintf(path, sizeof(path), "steps[%d]", index++);
		TRY(check_step(scenario, item, path, file, err));
	}
	index = 0;
	cJSON_ArrayForEach(item, journal)
	{
		(void)snprintf(path, sizeof(path), "expect.journal[%d]", index++);
		TRY(check_journal(scenario, item, path, file, err));
	}
	if (cJSON_GetObjectItemCaseSensitive(store, "unchanged") &&
	    !has_with(scenario, "mark", "name", "store", NULL))
		return err_set(err, MSIV2_CONFIG, file,
		               "expect.store.unchanged: there is no mark \"store\"");
	return MSIV2_OK;
}
