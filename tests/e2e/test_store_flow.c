/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Certificates that outlive the client, over whatever kind of key with_device.sh made a device for
 * (STORE-*, STS-05, STS-07, LIFE-03, ISSUE-05, KEY-08). A new client stands for a new process: it
 * shares nothing with the one before but the device and the store. */
#include "tests/testing.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/text.h"
#include "shelf.h"
#include "world.h"

#define DAY_S INT64_C(86400)

struct notes {
	int warnings; /* lines about the store */
	char last[600];
};

static struct notes *notes(void)
{
	static struct notes kept;

	return &kept;
}

static void note(void *ctx, enum msiv2_log_level level, const char *line)
{
	struct notes *kept = ctx;

	if (level > MSIV2_LOG_WARN || strncmp(line, "store: ", 7) != 0)
		return;
	kept->warnings++;
	(void)snprintf(kept->last, sizeof(kept->last), "%s", line);
}

static int setup(void **state)
{
	struct world *world;

	(void)world_setup(state);
	world = *state;
	memset(notes(), 0, sizeof(*notes()));
	msiv2_emulator_freeze(world->emulator, true);
	msiv2_options_set_log(world->options, note, notes(), MSIV2_LOG_WARN);
	world_new_client(world);
	return 0;
}

static void advance(struct world *world, int64_t seconds)
{
	assert_int_equal(msiv2_emulator_advance(world->emulator, seconds, &world->err), MSIV2_OK);
}

/* A token; where its certificate came from, and what it cost. *sha256 (optional, 65 bytes). */
static void acquire(struct world *world, const struct msiv2_request *request, const char *origin,
                    const uint64_t counts[3], char *sha256)
{
	struct msiv2_token *token = world_acquire(world, request);
	const struct msiv2_certificate *cert = msiv2_token_certificate(token);

	assert_string_equal(msiv2_certificate_origin(cert), origin);
	if (sha256 != NULL)
		(void)snprintf(sha256, 65, "%s", msiv2_certificate_sha256(cert));
	msiv2_token_free(token);
	world_expect_counts(world, counts[0], counts[1], counts[2]);
}

static const uint64_t cold[] = {1, 1, 1};
static const uint64_t stored[] = {0, 0, 1};

/* A new client gets a certificate and stores it. */
static void start(struct world *world, char *sha256)
{
	acquire(world, &world_vault, "issued", cold, sha256);
	shelf_expect(world, 1);
}

static void imds_fails(struct world *world, bool fails)
{
	assert_int_equal(msiv2_emulator_set_attestation(
	                         world->emulator, fails ? "required" : "optional", &world->err),
	                 MSIV2_OK);
}

/* ---- loading ---- */

/* STORE-02 */
static void the_next_process_uses_the_stored_certificate(void **state)
{
	struct world *world = *state;
	struct shelf shelf;
	char first[65];
	char second[65];

	start(world, first);
	shelf_look(world, &shelf);
	assert_true(shelf_holds(&shelf, first));
	for (int process = 0; process < 3; process++) {
		world_new_client(world);
		acquire(world, &world_vault, "store", stored, second);
		assert_string_equal(first, second);
	}
	shelf_expect(world, 1);
	assert_int_equal(notes()->warnings, 0);
}

/* STORE-11 */
static void nobody_else_can_read_the_store(void **state)
{
	struct world *world = *state;
	char folder[SHELF_PATH_SIZE];
	struct shelf shelf;
	struct stat info;

	start(world, NULL);
	shelf_folder(world, folder);
	assert_int_equal(stat(folder, &info), 0);
	assert_int_equal(info.st_mode & 07777, 0700);
	shelf_look(world, &shelf);
	assert_int_equal(stat(shelf.path[0], &info), 0);
	assert_int_equal(info.st_mode & 07777, 0600);
}

/* STORE-10: identities and attestation have entries of their own. */
static void each_identity_has_certificates_of_its_own(void **state)
{
	struct world *world = *state;

	start(world, NULL);
	assert_int_equal(msiv2_options_set_identity(world->options, MSIV2_IDENTITY_CLIENT_ID,
	                                            "a2a2a2a2-0000-4000-8000-000000000002",
	                                            &world->err),
	                 MSIV2_OK);
	for (int process = 0; process < 2; process++) {
		world_new_client(world);
		acquire(world, &world_vault, process == 0 ? "issued" : "store",
		        process == 0 ? cold : stored, NULL);
		shelf_expect(world, 2);
	}
}

/* STORE-08 */
static void scope_none_leaves_no_trace(void **state)
{
	struct world *world = *state;
	char folder[SHELF_PATH_SIZE];

	assert_int_equal(msiv2_options_set_store(world->options, "none", &world->err), MSIV2_OK);
	for (int process = 0; process < 2; process++) {
		world_new_client(world);
		acquire(world, &world_vault, "issued", cold, NULL);
	}
	shelf_folder(world, folder);
	assert_int_equal(access(folder, F_OK), -1);
	assert_int_equal(notes()->warnings, 0);
}

static void memory_keys_touch_no_store(void **state)
{
	struct world *world = *state;
	char folder[SHELF_PATH_SIZE];

	assert_int_equal(msiv2_options_set_key_kinds(world->options, "memory", &world->err),
	                 MSIV2_OK);
	/* A store that would be trouble is none. */
	assert_int_equal(msiv2_options_set_store(world->options, "LocalMachine\\My", &world->err),
	                 MSIV2_OK);
	for (int process = 0; process < 2; process++) {
		world_new_client(world);
		acquire(world, &world_vault, "issued", cold, NULL);
	}
	(void)snprintf(folder, sizeof(folder), "%s/LocalMachine", world->store);
	assert_int_equal(access(folder, F_OK), -1);
	assert_int_equal(notes()->warnings, 0);
}

/* ---- what is not used any more ---- */

/* STORE-04 */
static void a_corrupt_entry_is_replaced_and_its_neighbour_stays(void **state)
{
	struct world *world = *state;
	struct shelf shelf;
	struct shelf after;
	char neighbour[SHELF_PATH_SIZE];

	start(world, NULL);
	shelf_look(world, &shelf);
	assert_int_equal(msiv2_options_set_identity(world->options, MSIV2_IDENTITY_CLIENT_ID,
	                                            "a2a2a2a2-0000-4000-8000-000000000002",
	                                            &world->err),
	                 MSIV2_OK);
	world_new_client(world);
	acquire(world, &world_vault, "issued", cold, NULL);
	shelf_look(world, &after);
	(void)snprintf(neighbour, sizeof(neighbour), "%s",
	               after.path[strcmp(after.path[0], shelf.path[0]) == 0 ? 1 : 0]);
	assert_int_equal(msiv2_options_set_identity(world->options, MSIV2_IDENTITY_SYSTEM, NULL,
	                                            &world->err),
	                 MSIV2_OK);
	shelf_flip(shelf.path[0]);
	world_new_client(world);
	acquire(world, &world_vault, "issued", cold, NULL);
	shelf_expect(world, 2);
	assert_int_equal(access(shelf.path[0], F_OK), -1);
	assert_int_equal(access(neighbour, F_OK), 0);
	world_new_client(world);
	acquire(world, &world_vault, "store", stored, NULL);
}

/* STORE-05 */
static void a_stale_or_expired_entry_is_replaced(void **state)
{
	static const int64_t later_s[] = {6 * DAY_S, 8 * DAY_S};
	struct world *world = *state;
	char before[65];
	char after[65];

	start(world, before);
	for (size_t i = 0; i < TEXT_COUNT(later_s); i++) {
		struct shelf shelf;

		advance(world, later_s[i]);
		world_new_client(world);
		acquire(world, &world_vault, "issued", cold, after);
		shelf_look(world, &shelf);
		assert_int_equal(shelf.count, 1);
		assert_false(shelf_holds(&shelf, before));
		memcpy(before, after, sizeof(before));
	}
}

/* STORE-07, KEY-08: the device has another key now. */
static void the_certificate_of_a_key_that_is_gone_is_removed(void **state)
{
	struct world *world = *state;
	struct shelf shelf;
	char orphan[65];

	start(world, orphan);
	assert_int_equal(msiv2_client_remove_key(world->client, world_key_kind(), &world->err),
	                 MSIV2_OK);
	world_new_client(world);
	acquire(world, &world_vault, "issued", cold, NULL);
	shelf_look(world, &shelf);
	assert_int_equal(shelf.count, 1);
	assert_false(shelf_holds(&shelf, orphan));
}

/* KEY-08: the same, found out by a client that holds the certificate and needs a signature. */
static void a_client_whose_key_goes_away_gets_another_one(void **state)
{
	struct world *world = *state;
	struct msiv2_certificate *cert = NULL;
	struct msiv2_token *token = NULL;
	struct shelf shelf;
	char orphan[65];

	start(world, orphan);
	world_new_client(world);
	assert_int_equal(msiv2_client_certificate(world->client, NULL, &cert, &world->err),
	                 MSIV2_OK);
	assert_string_equal(msiv2_certificate_origin(cert), "store");
	msiv2_certificate_free(cert);
	assert_int_equal(msiv2_client_remove_key(world->client, world_key_kind(), &world->err),
	                 MSIV2_OK);
	assert_int_equal(msiv2_client_acquire(world->client, &world_vault, &token, &world->err),
	                 MSIV2_KEY_UNAVAILABLE);
	shelf_expect(world, 1);
	acquire(world, &world_vault, "issued", cold, NULL);
	shelf_look(world, &shelf);
	assert_int_equal(shelf.count, 1);
	assert_false(shelf_holds(&shelf, orphan));
}

/* ---- refused certificates (STS-05) ---- */

static void a_refused_certificate_is_dropped_from_the_store_and_replaced(void **state)
{
	static const uint64_t replaced[] = {1, 1, 2};
	struct world *world = *state;
	struct shelf shelf;
	char refused[65];
	char fresh[65];

	start(world, refused);
	msiv2_emulator_revoke_all(world->emulator);
	world_new_client(world);
	acquire(world, &world_vault, "issued", replaced, fresh);
	shelf_look(world, &shelf);
	assert_int_equal(shelf.count, 1);
	assert_true(shelf_holds(&shelf, fresh));
	world_new_client(world);
	acquire(world, &world_vault, "store", stored, NULL);
}

/* Two processes hold the one that is refused: the first replaces it for both. */
static void what_another_process_replaced_is_used(void **state)
{
	static const uint64_t replaced[] = {1, 1, 2};
	static const uint64_t found[] = {0, 0, 2};
	struct msiv2_request forced = world_vault;
	struct world *world = *state;
	struct msiv2_client *other;
	char fresh[65];
	char taken[65];

	forced.force = true;
	start(world, NULL);
	other = world->client;
	world->client = NULL;
	world_new_client(world);
	acquire(world, &world_vault, "store", stored, NULL);
	msiv2_emulator_revoke_all(world->emulator);
	acquire(world, &forced, "issued", replaced, fresh);
	msiv2_client_free(world->client);
	world->client = other;
	acquire(world, &forced, "store", found, taken);
	assert_string_equal(fresh, taken);
	shelf_expect(world, 1);
}

/* STS-07: a challenge is not answered with what was stored before it. */
static void claims_get_a_new_certificate_past_the_store(void **state)
{
	struct msiv2_request challenged = world_vault;
	struct world *world = *state;
	char before[65];
	char after[65];
	char later[65];

	challenged.claims = "{\"access_token\":{\"x\":null}}";
	start(world, before);
	for (int process = 0; process < 2; process++) {
		world_new_client(world);
		acquire(world, &challenged, "issued", cold, after);
		assert_string_not_equal(before, after);
		memcpy(before, after, sizeof(before));
		advance(world, 1);
	}
	world_new_client(world);
	acquire(world, &world_vault, "store", stored, later);
	assert_string_equal(later, after);
}

/* ---- failures ---- */

/* LIFE-03, ISSUE-05 */
static void when_nothing_good_is_stored_the_failure_bubbles_up_and_the_store_stays(void **state)
{
	struct world *world = *state;
	struct msiv2_token *token = NULL;
	struct shelf before;
	struct shelf after;

	start(world, NULL);
	shelf_look(world, &before);
	advance(world, 6 * DAY_S);
	imds_fails(world, true);
	for (int process = 0; process < 2; process++) {
		assert_int_equal(
		        msiv2_client_acquire(world->client, &world_vault, &token, &world->err),
		        MSIV2_IMDS_REFUSED);
		assert_int_equal(msiv2_error_http_status(&world->err), 400);
		assert_string_equal(msiv2_error_where(&world->err), "imds.issuecredential");
		assert_non_null(
		        strstr(msiv2_error_message(&world->err), "Attestation Token is missing"));
		world_expect_counts(world, 1, 1, 0);
		shelf_look(world, &after);
		assert_true(before.digest == after.digest);
		world_new_client(world);
	}
	imds_fails(world, false);
	acquire(world, &world_vault, "issued", cold, NULL);
	shelf_expect(world, 1);
}

/* ISSUE-05 once more: the orphan goes when there is something in its place. */
static void an_orphan_stays_while_imds_fails(void **state)
{
	struct world *world = *state;
	struct msiv2_token *token = NULL;
	struct shelf before;
	struct shelf after;

	start(world, NULL);
	shelf_look(world, &before);
	assert_int_equal(msiv2_client_remove_key(world->client, world_key_kind(), &world->err),
	                 MSIV2_OK);
	imds_fails(world, true);
	world_new_client(world);
	assert_int_equal(msiv2_client_acquire(world->client, &world_vault, &token, &world->err),
	                 MSIV2_IMDS_REFUSED);
	shelf_look(world, &after);
	assert_true(before.digest == after.digest);
	assert_int_equal(after.count, 1);
}

/* LIFE-02: a stored certificate past its half. */
static void a_stored_certificate_that_is_due_is_used_when_it_cannot_be_renewed(void **state)
{
	struct world *world = *state;
	struct shelf before;
	struct shelf after;
	char first[65];
	char second[65];

	start(world, first);
	shelf_look(world, &before);
	advance(world, 4 * DAY_S);
	imds_fails(world, true);
	world_new_client(world);
	acquire(world, &world_vault, "store", cold, second);
	assert_string_equal(first, second);
	shelf_look(world, &after);
	assert_true(before.digest == after.digest);
	imds_fails(world, false);
	world_new_client(world);
	acquire(world, &world_vault, "issued", cold, second);
	assert_string_not_equal(first, second);
	world_new_client(world);
	acquire(world, &world_vault, "store", stored, first);
	assert_string_equal(first, second);
}

/* STORE-06: reported once, however often it is met. */
static void expect_tokens_and_one_report(struct world *world, const char *words)
{
	struct msiv2_request forced = world_vault;

	forced.force = true;
	memset(notes(), 0, sizeof(*notes()));
	world_new_client(world);
	acquire(world, &world_vault, "issued", cold, NULL);
	acquire(world, &forced, "issued", stored, NULL);
	msiv2_emulator_revoke_all(world->emulator);
	msiv2_token_free(world_acquire(world, &forced));
	world_expect_counts(world, 1, 1, 2);
	assert_int_equal(notes()->warnings, 1);
	if (strstr(notes()->last, words) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", notes()->last, words);
}

static void a_store_open_to_others_is_not_used(void **state)
{
	struct world *world = *state;
	char folder[SHELF_PATH_SIZE];

	start(world, NULL);
	shelf_folder(world, folder);
	assert_int_equal(chmod(folder, 0777), 0);
	expect_tokens_and_one_report(world, folder);
	assert_int_equal(chmod(folder, 0700), 0);
	world_new_client(world);
	msiv2_token_free(world_acquire(world, &world_vault));
}

static void a_file_in_the_place_of_the_store_is_not_used(void **state)
{
	struct world *world = *state;
	char path[SHELF_PATH_SIZE];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/CurrentUser", world->store);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fclose(file), 0);
	expect_tokens_and_one_report(world, path);
}

static void a_link_in_the_place_of_the_store_is_not_followed(void **state)
{
	struct world *world = *state;
	char path[SHELF_PATH_SIZE];
	char elsewhere[SHELF_PATH_SIZE];

	(void)snprintf(path, sizeof(path), "%s/CurrentUser", world->store);
	(void)snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", world->store);
	assert_int_equal(mkdir(elsewhere, 0700), 0);
	assert_int_equal(symlink(elsewhere, path), 0);
	expect_tokens_and_one_report(world, path);
	assert_int_equal(rmdir(elsewhere), 0);
}

/* STORE-09: 300 ms, and on without. */
static void a_write_lock_held_for_ever_costs_its_wait_and_no_token(void **state)
{
	struct world *world = *state;
	char pattern[SHELF_PATH_SIZE];
	struct shelf shelf;
	int held;

	start(world, NULL);
	shelf_look(world, &shelf);
	(void)snprintf(pattern, sizeof(pattern), "%s", shelf.path[0]);
	(void)snprintf(strrchr(pattern, '/'), 16, "/write.lock");
	held = open(pattern, O_RDWR | O_CLOEXEC);
	assert_true(held >= 0);
	assert_int_equal(flock(held, LOCK_EX), 0);
	advance(world, 6 * DAY_S);
	world_new_client(world);
	acquire(world, &world_vault, "issued", cold, NULL);
	assert_int_equal(notes()->warnings, 1);
	shelf_expect(world, 1);
	assert_int_equal(close(held), 0);
	world_new_client(world);
	acquire(world, &world_vault, "issued", cold, NULL);
	world_new_client(world);
	acquire(world, &world_vault, "store", stored, NULL);
}

#define in_a_world(test) cmocka_unit_test_setup_teardown(test, setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        in_a_world(memory_keys_touch_no_store),
	        in_a_world(the_next_process_uses_the_stored_certificate),
	        in_a_world(nobody_else_can_read_the_store),
	        in_a_world(each_identity_has_certificates_of_its_own),
	        in_a_world(scope_none_leaves_no_trace),
	        in_a_world(a_corrupt_entry_is_replaced_and_its_neighbour_stays),
	        in_a_world(a_stale_or_expired_entry_is_replaced),
	        in_a_world(the_certificate_of_a_key_that_is_gone_is_removed),
	        in_a_world(a_client_whose_key_goes_away_gets_another_one),
	        in_a_world(a_refused_certificate_is_dropped_from_the_store_and_replaced),
	        in_a_world(what_another_process_replaced_is_used),
	        in_a_world(claims_get_a_new_certificate_past_the_store),
	        in_a_world(when_nothing_good_is_stored_the_failure_bubbles_up_and_the_store_stays),
	        in_a_world(an_orphan_stays_while_imds_fails),
	        in_a_world(a_stored_certificate_that_is_due_is_used_when_it_cannot_be_renewed),
	        in_a_world(a_store_open_to_others_is_not_used),
	        in_a_world(a_file_in_the_place_of_the_store_is_not_used),
	        in_a_world(a_link_in_the_place_of_the_store_is_not_followed),
	        in_a_world(a_write_lock_held_for_ever_costs_its_wait_and_no_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
