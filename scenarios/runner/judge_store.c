/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What is expected of the client's store and of its secrecy. */
#include "common/text.h"
#include "judge_bench.h"
#include "words.h"

#define SET(field, ...) words_set((field), sizeof(field), __VA_ARGS__)

static const cJSON *member(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

/* One member of expect.store: the first file that is not as it should be shows in `culprit`. */
struct store_rule {
	const char *name, *requirement, *says; /* requirement NULL: the scenario's */
	bool (*holds)(const cJSON *store, const cJSON *wanted, const cJSON **culprit);
};

static int count_entries(const cJSON *files)
{
	const cJSON *file;
	int count = 0;

	JUDGE_EACH(file, files) count += cJSON_IsTrue(member(file, "certificate")) ? 1 : 0;
	return count;
}

static bool has_entries(const cJSON *store, const cJSON *wanted, const cJSON **culprit)
{
	*culprit = member(store, "after");
	return count_entries(*culprit) == (int)wanted->valuedouble;
}

/* The last two digits of the mode: what group and others may. */
static bool is_open(const cJSON *file)
{
	const char *mode = cJSON_GetStringValue(member(file, "mode"));
	size_t len = mode ? strlen(mode) : 0;

	return len < 2 || !text_equal(mode + len - 2, "00");
}

static bool holds_key(const cJSON *file)
{
	return cJSON_IsTrue(member(file, "private_key")) != 0;
}

static const cJSON *find_file(const cJSON *files, bool (*is_wrong)(const cJSON *file))
{
	const cJSON *file;

	JUDGE_EACH(file, files)
	{
		if (is_wrong(file))
			return file;
	}
	return NULL;
}

/* An empty list proves nothing: the folder itself is in it. */
static bool is_private(const cJSON *store, const cJSON *wanted, const cJSON **culprit)
{
	const cJSON *files = member(store, "after");

	*culprit = find_file(files, is_open);
	return cJSON_GetArraySize(files) > 0 && (*culprit == NULL) == (cJSON_IsTrue(wanted) != 0);
}

static bool is_keyless(const cJSON *store, const cJSON *wanted, const cJSON **culprit)
{
	*culprit = find_file(member(store, "after"), holds_key);
	return (*culprit == NULL) == (cJSON_IsTrue(wanted) != 0);
}

static const cJSON *entry_from(const cJSON *file)
{
	while (file && !cJSON_IsTrue(member(file, "certificate")))
		file = file->next;
	return file;
}

/* Entries are what the store is there for; its locks are the client's own business. */
static bool have_same_entries(const cJSON *before, const cJSON *after)
{
	const cJSON *one = entry_from(cJSON_GetArrayItem(before, 0));
	const cJSON *other = entry_from(cJSON_GetArrayItem(after, 0));

	while (one && other && cJSON_Compare(one, other, true)) {
		one = entry_from(one->next);
		other = entry_from(other->next);
	}
	return one == other;
}

static bool is_unchanged(const cJSON *store, const cJSON *wanted, const cJSON **culprit)
{
	const cJSON *marked = member(member(store, "marks"), "store");

	*culprit = member(store, "after");
	return marked && have_same_entries(marked, *culprit) == (cJSON_IsTrue(wanted) != 0);
}

static const struct store_rule rules[] = {
        {"entries", NULL, "the store holds so many certificates", has_entries},
        {"private", "STORE-11", "nothing in the store is open to group or others", is_private},
        {"keyless", "KEY-05", "no file of the store holds a private key", is_keyless},
        {"unchanged", NULL, "the store is as it was at the mark", is_unchanged},
};

void judge_store(struct judge_bench *bench)
{
	const cJSON *expect = member(member(bench->scenario, "expect"), "store");
	const cJSON *store = bench_seen(bench, "store");

	for (size_t i = 0; i < TEXT_COUNT(rules); i++) {
		const cJSON *wanted = member(expect, rules[i].name);
		struct verdict_check *check;
		const cJSON *culprit = NULL;

		if (!wanted)
			continue;
		check = bench_add(bench, "store.%s", rules[i].name);
		if (rules[i].requirement)
			SET(check->requirement, "%s", rules[i].requirement);
		SET(check->says, "%s", rules[i].says);
		words_json(check->expected, sizeof(check->expected), wanted);
		check->ok = rules[i].holds(store, wanted, &culprit);
		words_json(check->seen, sizeof(check->seen), culprit);
		if (!check->ok)
			bench_fails(bench, check, false);
	}
}

/* SEC-01, unless the scenario says that secrets are asked for. A scenario that names it must have
 * had something to search for. */
void judge_secrets(struct judge_bench *bench)
{
	const cJSON *wanted = member(member(bench->scenario, "expect"), "secrets");
	const cJSON *hits = member(bench_seen(bench, "secrets"), "hits");
	const cJSON *searched = member(bench_seen(bench, "secrets"), "searched");
	int count = cJSON_IsNumber(searched) ? searched->valueint : 0;
	struct verdict_check *check;

	if (cJSON_IsFalse(wanted))
		return;
	check = bench_add(bench, "secrets");
	SET(check->requirement, "SEC-01");
	SET(check->says, "no secret is where nobody asked for it");
	SET(check->expected, "no hit");
	SET(check->seen, "%d values searched for: ", count);
	words_json(check->seen + strlen(check->seen), sizeof(check->seen) - strlen(check->seen),
	           hits);
	if (!cJSON_IsArray(hits) || cJSON_GetArraySize(hits) > 0 || (wanted && count == 0))
		bench_fails(bench, check, false);
}
