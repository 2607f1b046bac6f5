/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Each step against what is expected of it. */
#include "common/text.h"
#include "judge_bench.h"
#include "words.h"

#define SET(field, ...)        words_set((field), sizeof(field), __VA_ARGS__)
#define SET_JSON(field, value) words_json((field), sizeof(field), (value))

/* One step, and what was seen of it. */
struct step {
	struct judge_bench *bench;
	int index;
	const char *name; /* "" = it has none */
	const cJSON *expect, *seen, *reply;
	bool many;            /* acquire_many */
	const cJSON *answers; /* its results; else NULL */
};

/* One member of `expect`. */
struct rule {
	const char *member;
	const char *says;
	const char *outer, *inner; /* where the answer has it; inner NULL: at the top */
	/* The answer (and of `whole` the whole reply) is as wanted. */
	bool (*holds)(const struct step *step, const struct rule *rule, const cJSON *wanted,
	              const cJSON *answer);
	bool whole;
};

static const cJSON *member(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

static const char *text(const cJSON *object, const char *name)
{
	return cJSON_GetStringValue(member(object, name));
}

static const cJSON *value_of(const struct rule *rule, const cJSON *answer)
{
	const cJSON *value = member(answer, rule->outer);

	return rule->inner ? member(value, rule->inner) : value;
}

/* The value is the wanted one, or one of them. */
static bool is_equal(const struct step *step, const struct rule *rule, const cJSON *wanted,
                     const cJSON *answer)
{
	const cJSON *value = value_of(rule, answer);
	const cJSON *one;

	(void)step;
	if (!cJSON_IsArray(wanted))
		return cJSON_Compare(value, wanted, true);
	JUDGE_EACH(one, wanted)
	{
		if (cJSON_Compare(value, one, true))
			return true;
	}
	return false;
}

/* Types of tokens are compared without regard to case (RFC 6749, 5.1). */
static bool is_type(const struct step *step, const struct rule *rule, const cJSON *wanted,
                    const cJSON *answer)
{
	(void)step;
	return text_equal_nocase(cJSON_GetStringValue(value_of(rule, answer)),
	                         cJSON_GetStringValue(wanted));
}

static const char *certificate_of(const cJSON *answer)
{
	return text(member(answer, "certificate"), "sha256");
}

/* What an earlier step named so ended with, at the rule's place; NULL when there is none. */
static const char *text_of_step(const struct step *step, const struct rule *rule, const cJSON *name)
{
	const cJSON *seen = bench_seen(step->bench, "steps");
	const cJSON *reply;

	for (int i = 0; i < step->index; i++) {
		if (!text_equal(text(cJSON_GetArrayItem(step->bench->steps, i), "name"),
		                cJSON_GetStringValue(name)))
			continue;
		reply = member(cJSON_GetArrayItem(seen, i), "reply");
		if (member(reply, "results"))
			reply = cJSON_GetArrayItem(member(reply, "results"), 0);
		return cJSON_GetStringValue(value_of(rule, reply));
	}
	return NULL;
}

/* Two certificates or keys that were both seen. */
static bool are_seen(const char *one, const char *other)
{
	return one && other;
}

static bool is_same(const struct step *step, const struct rule *rule, const cJSON *wanted,
                    const cJSON *answer)
{
	const char *before = text_of_step(step, rule, wanted);
	const char *now = cJSON_GetStringValue(value_of(rule, answer));

	return are_seen(before, now) && text_equal(before, now);
}

static bool is_other(const struct step *step, const struct rule *rule, const cJSON *wanted,
                     const cJSON *answer)
{
	const char *before = text_of_step(step, rule, wanted);
	const char *now = cJSON_GetStringValue(value_of(rule, answer));

	return are_seen(before, now) && !text_equal(before, now);
}

/* Every answer has the same certificate (wanted true), or not all do (false). */
static bool are_all_same(const struct step *step, const struct rule *rule, const cJSON *wanted,
                         const cJSON *reply)
{
	const char *first = certificate_of(cJSON_GetArrayItem(step->answers, 0));
	bool same = first != NULL;
	const cJSON *answer;

	(void)rule;
	(void)reply;
	JUDGE_EACH(answer, step->answers) same = same && text_equal(first, certificate_of(answer));
	return same == (cJSON_IsTrue(wanted) != 0);
}

/* What the earlier step of that name has at `member`; NULL when there is none. */
static const cJSON *seen_of_step(const struct step *step, const cJSON *name, const char *what)
{
	const cJSON *seen = bench_seen(step->bench, "steps");

	for (int i = 0; i < step->index; i++) {
		if (text_equal(text(cJSON_GetArrayItem(step->bench->steps, i), "name"),
		               cJSON_GetStringValue(name)))
			return member(cJSON_GetArrayItem(seen, i), what);
	}
	return NULL;
}

/* Both waited, and not the same times. */
static bool waits_otherwise(const struct step *step, const struct rule *rule, const cJSON *wanted,
                            const cJSON *reply)
{
	const cJSON *before = seen_of_step(step, wanted, "waits_ms");
	const cJSON *now = member(step->seen, "waits_ms");

	(void)rule;
	(void)reply;
	return cJSON_GetArraySize(before) > 0 && cJSON_GetArraySize(now) > 0 &&
	       !cJSON_Compare(before, now, true);
}

static double client_time(const struct step *step)
{
	const cJSON *took = member(step->seen, "took_ms");
	double total = took ? took->valuedouble : 0;
	const cJSON *wait;

	/* Waits that were lent take no time of ours, and time of the client. */
	JUDGE_EACH(wait, member(step->seen, "waits_ms")) total += wait->valuedouble;
	return total;
}

static bool is_within(const struct step *step, const struct rule *rule, const cJSON *wanted,
                      const cJSON *reply)
{
	(void)rule;
	(void)reply;
	return client_time(step) <= wanted->valuedouble;
}

static const struct rule rules[] = {
        {"ok", "the client succeeds, or fails, as it should", "ok", NULL, is_equal, false},
        {"class", "the error is of this class", "error", "class", is_equal, false},
        {"code", "the error carries the service's code", "error", "code", is_equal, false},
        {"http_status", "the error carries the HTTP status", "error", "http_status", is_equal,
         false},
        {"token_type", "the token is of this type", "token_type", NULL, is_type, false},
        {"source", "the token comes from there", "source", NULL, is_equal, false},
        {"key_kind", "the key is of this kind", "key", "kind", is_equal, false},
        {"same_certificate_as", "the certificate is the one of that step", "certificate", "sha256",
         is_same, false},
        {"other_certificate_than", "the certificate is another than that step's", "certificate",
         "sha256", is_other, false},
        {"same_key_as", "the key is the one of that step", "key", "sha256", is_same, false},
        {"other_key_than", "the key is another than that step's", "key", "sha256", is_other, false},
        {"status", "the resource answers so", "status", NULL, is_equal, false},
        {"all_same_certificate", "every answer has the same certificate", "results", NULL,
         are_all_same, true},
        {"within_ms", "the client takes at most so many milliseconds", "ok", NULL, is_within, true},
        {"other_waits_than", "the client waits otherwise than in that step", "ok", NULL,
         waits_otherwise, true},
};

static struct verdict_check *add(const struct step *step, const char *what)
{
	struct verdict_check *check = bench_add(step->bench, "step.%d.%s", step->index, what);
	const cJSON *from = member(step->seen, "journal_from");
	const cJSON *to = member(step->seen, "journal_to");

	check->seq_from = from ? (int64_t)from->valuedouble : 0;
	check->seq_to = to ? (int64_t)to->valuedouble : 0;
	return check;
}

/* What was seen of the value, and the whole answer where that is not enough. */
static void tell_seen(const struct step *step, const struct rule *rule, const cJSON *answer,
                      struct verdict_check *check)
{
	const cJSON *value = value_of(rule, answer);

	if (rule->holds == is_within)
		SET(check->seen, "%.0f", client_time(step));
	else if (rule->holds == waits_otherwise)
		SET_JSON(check->seen, member(step->seen, "waits_ms"));
	else if (value && rule->member != rules[0].member)
		SET_JSON(check->seen, value);
	else
		SET_JSON(check->seen, answer);
}

static void tell_expected(const struct step *step, const struct rule *rule, const cJSON *wanted,
                          struct verdict_check *check)
{
	const char *before = NULL;

	if (rule->holds == is_same || rule->holds == is_other)
		before = text_of_step(step, rule, wanted);
	SET_JSON(check->expected, wanted);
	if (before)
		words_add(check->expected, sizeof(check->expected), ": %s", before);
	SET(check->says, "step %d%s%s: %s", step->index, *step->name ? " " : "", step->name,
	    rule->says);
}

/* The first answer that is not as wanted; NULL when all are. */
static const cJSON *find_wrong(const struct step *step, const struct rule *rule,
                               const cJSON *wanted)
{
	const cJSON *one;

	if (rule->whole || !step->answers)
		return rule->holds(step, rule, wanted, step->reply) ? NULL : step->reply;
	JUDGE_EACH(one, step->answers)
	{
		if (!rule->holds(step, rule, wanted, one))
			return one;
	}
	return NULL;
}

static void apply(const struct step *step, const struct rule *rule, const cJSON *wanted)
{
	struct verdict_check *check = add(step, rule->member);
	const cJSON *wrong = find_wrong(step, rule, wanted);

	tell_expected(step, rule, wanted, check);
	tell_seen(step, rule, wrong ? wrong : step->reply, check);
	if (wrong)
		bench_fails(step->bench, check, false);
}

/* It must succeed, unless the expectation says or implies that it fails. */
static const cJSON *success_wanted(const cJSON *expect)
{
	static const cJSON yes = {.type = cJSON_True}, no = {.type = cJSON_False};

	if (member(expect, "ok"))
		return member(expect, "ok");
	return member(expect, "class") || member(expect, "code") || member(expect, "http_status")
	               ? &no
	               : &yes;
}

/* acquire_many: so many answers as were asked for. */
static void judge_answers(const struct step *step, const cJSON *plan)
{
	const cJSON *wanted = member(member(plan, "with"), "n");
	struct verdict_check *check = add(step, "answers");
	int count = cJSON_GetArraySize(step->answers);

	SET(check->says, "each acquisition is answered");
	SET_JSON(check->expected, wanted);
	SET(check->seen, "%d", count);
	if (count == 0 || !wanted || wanted->valuedouble != count)
		bench_fails(step->bench, check, false);
}

static void judge_command(const struct step *step, const cJSON *plan)
{
	if (step->many && cJSON_IsTrue(member(step->reply, "ok")))
		judge_answers(step, plan);
	apply(step, &rules[0], success_wanted(step->expect));
	for (size_t i = 1; i < TEXT_COUNT(rules); i++) {
		const cJSON *wanted = member(step->expect, rules[i].member);

		if (wanted)
			apply(step, &rules[i], wanted);
	}
}

/* What the runner does itself must be done, or nothing is proved. */
static void judge_own(const struct step *step, const char *what)
{
	struct verdict_check *check = add(step, "done");

	SET(check->says, "the suite takes step %d (%s)", step->index, what);
	SET(check->expected, "{\"ok\":true}");
	SET_JSON(check->seen, step->reply);
	if (!cJSON_IsTrue(member(step->reply, "ok")))
		bench_fails(step->bench, check, true);
}

static bool is_own(const char *what)
{
	static const char *const own[] = {"advance", "client_clock", "admin", "fault",
	                                  "unfault", "store",        "mark"};

	for (size_t i = 0; i < TEXT_COUNT(own); i++)
		if (text_equal(own[i], what))
			return true;
	return false;
}

/* A black box, and a client that only has our address, answer nobody: the journal alone tells. */
static bool is_black_box(const struct step *step)
{
	const char *mode = text(bench_seen(step->bench, "run"), "mode");

	return step->seen && (text_equal(mode, "command") || text_equal(mode, "address"));
}

/* A step without a reply: the run must have come to it, and a shim must answer. */
static bool judge_reached(const struct step *step)
{
	struct verdict_check *check = add(step, "reached");

	SET(check->says, "the run comes to step %d and is answered", step->index);
	SET(check->expected, "a reply");
	SET_JSON(check->seen, step->seen);
	if (is_black_box(step))
		return true;
	bench_fails(step->bench, check, false);
	return false;
}

static void judge_step(const struct step *step, const cJSON *plan)
{
	if (is_own(text(plan, "do")))
		judge_own(step, text(plan, "do"));
	else
		judge_command(step, plan);
}

void judge_steps(struct judge_bench *bench)
{
	const cJSON *seen = bench_seen(bench, "steps");
	struct step step = {.bench = bench};
	const cJSON *plan;

	JUDGE_EACH(plan, bench->steps)
	{
		const char *name = text(plan, "name");

		step.name = name ? name : "";
		step.expect = member(plan, "expect");
		step.seen = cJSON_GetArrayItem(seen, step.index);
		step.reply = member(step.seen, "reply");
		step.many = text_equal(text(plan, "do"), "acquire_many");
		step.answers = step.many ? member(step.reply, "results") : NULL;
		if (cJSON_IsObject(step.reply))
			judge_step(&step, plan);
		else if (!judge_reached(&step))
			return;
		step.index++;
	}
}
