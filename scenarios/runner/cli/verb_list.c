/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "common/mem.h"
#include "common/text.h"
#include "scenarios/runner/requirement.h"
#include "verbs.h"

#define WHERE "list"

typedef bool flag;
DEFINE_OWNED(flag, mem_free)

enum msiv2_rc verbs_load(struct arguments *arguments, struct catalogue *out,
                         struct msiv2_error *err)
{
	if (arguments->word_count > ARGUMENTS_FILTERS)
		return err_set(err, MSIV2_CONFIG, "FILTER", "there are too many");
	for (int i = 0; i < arguments->word_count; i++)
		arguments->filters[i] = arguments->words[i];
	arguments->filter_count = (size_t)arguments->word_count;
	arguments->selection.filters = arguments->filters;
	arguments->selection.filter_count = arguments->filter_count;
	return catalogue_load(arguments->catalogue, out, err);
}

enum msiv2_rc verbs_check_filters(const struct arguments *arguments,
                                  const struct catalogue *catalogue, struct msiv2_error *err)
{
	const char *missed = selection_misses(&arguments->selection, catalogue);

	return missed ? err_set(err, MSIV2_CONFIG, missed,
	                        "is no id, group or requirement of a scenario; list shows all")
	              : MSIV2_OK;
}

static void add_line(const struct scenario *scenario, struct bytes *out)
{
	const cJSON *item;
	const char *comma = "";

	bytes_addf(out, "%-40s %-8s %-8s ", scenario->id,
	           scenario->negative ? "negative" : "positive", level_words[scenario->level]);
	cJSON_ArrayForEach(item, scenario->requirements)
	{
		bytes_addf(out, "%s%s", comma, item->valuestring);
		comma = ",";
	}
	bytes_addf(out, "  %s\n", scenario->title);
}

enum msiv2_rc verb_list(struct arguments *arguments, enum exit_status *status,
                        struct msiv2_error *err)
{
	OWNED_STRUCT(catalogue) catalogue = {0};
	OWNED_STRUCT(bytes) out = {0};
	OWNED(flag) *chosen = NULL;
	OWNED(flag) *twins = NULL;
	size_t count;

	TRY(verbs_load(arguments, &catalogue, err));
	TRY(verbs_check_filters(arguments, &catalogue, err));
	chosen = mem_alloc(catalogue.count * sizeof(bool));
	twins = mem_alloc(catalogue.count * sizeof(bool));
	if (!chosen || !twins)
		return err_no_memory(err, WHERE);
	count = selection_choose(&arguments->selection, &catalogue, chosen, twins);
	for (size_t i = 0; i < catalogue.count; i++)
		if (chosen[i])
			add_line(&catalogue.items[i], &out);
	*status = count > 0 ? STATUS_GOOD : STATUS_NOTHING;
	if (count == 0)
		output_complain("list", OUTPUT_NONE_LEFT);
	return output_print(&out, err);
}

/* The one scenario that is named. */
static enum msiv2_rc find_named(struct arguments *arguments, const struct catalogue *catalogue,
                                const struct scenario **out, struct msiv2_error *err)
{
	if (arguments->word_count != 1)
		return err_set(err, MSIV2_CONFIG, "ID", "needs the id of one scenario");
	*out = catalogue_find(catalogue, arguments->words[0]);
	if (!*out)
		return err_set(err, MSIV2_CONFIG, "ID", "there is no scenario %s",
		               arguments->words[0]);
	return MSIV2_OK;
}

static void add_requirements(const struct scenario *scenario,
                             const struct requirements *requirements, struct bytes *out)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, scenario->requirements)
	{
		struct requirement requirement = requirements_find(requirements, item->valuestring);

		bytes_addf(out, "  %s %s (%s): %s\n", requirement.id, requirement.level,
		           requirement.source, requirement.sentence);
	}
}

enum msiv2_rc verb_show(struct arguments *arguments, enum exit_status *status,
                        struct msiv2_error *err)
{
	OWNED_STRUCT(requirements) requirements = {0};
	OWNED_STRUCT(catalogue) catalogue = {0};
	OWNED_STRUCT(bytes) out = {0};
	const struct scenario *scenario = NULL;
	char *text;

	TRY(verbs_load(arguments, &catalogue, err));
	TRY(find_named(arguments, &catalogue, &scenario, err));
	TRY(requirements_read(&requirements, err));
	bytes_addf(&out, "%s: %s\n\n%s\n\n", scenario->id, scenario->title, scenario->why);
	add_requirements(scenario, &requirements, &out);
	text = cJSON_Print(scenario->json);
	if (!text)
		return err_no_memory(err, WHERE);
	bytes_addf(&out, "\n%s\n", text);
	cJSON_free(text);
	*status = STATUS_GOOD;
	return output_print(&out, err);
}

/* The scenarios about a requirement. */
static void add_about(const struct catalogue *catalogue, const char *id, struct bytes *out)
{
	for (size_t i = 0; i < catalogue->count; i++) {
		const cJSON *item;

		cJSON_ArrayForEach(item, catalogue->items[i].requirements)
		{
			if (text_equal(item->valuestring, id))
				bytes_addf(out, "  %-40s %s\n", catalogue->items[i].id,
				           catalogue->items[i].title);
		}
	}
}

/* Why no scenario of a kind is about it. */
static void add_missing(const char *kind, const char *reason, struct bytes *out)
{
	if (*reason)
		bytes_addf(out, "  no %s one: %s\n", kind, reason);
}

enum msiv2_rc verb_explain(struct arguments *arguments, enum exit_status *status,
                           struct msiv2_error *err)
{
	OWNED_STRUCT(requirements) requirements = {0};
	OWNED_STRUCT(catalogue) catalogue = {0};
	OWNED_STRUCT(bytes) out = {0};
	struct requirement requirement;

	if (arguments->word_count != 1)
		return err_set(err, MSIV2_CONFIG, "ID", "needs one requirement or scenario");
	if (scenario_id_valid(arguments->words[0]))
		return verb_explain_scenario(arguments, status, err);
	TRY(verbs_load(arguments, &catalogue, err));
	TRY(requirements_read(&requirements, err));
	requirement = requirements_find(&requirements, arguments->words[0]);
	if (text_empty(requirement.sentence))
		return err_set(err, MSIV2_CONFIG, "ID",
		               "%s is neither a requirement nor a scenario", arguments->words[0]);
	bytes_addf(&out, "%s %s (%s)\n%s\n\n", requirement.id, requirement.level,
	           requirement.source, requirement.sentence);
	add_about(&catalogue, requirement.id, &out);
	add_missing("positive", requirement.no_positive, &out);
	add_missing("negative", requirement.no_negative, &out);
	*status = STATUS_GOOD;
	return output_print(&out, err);
}
