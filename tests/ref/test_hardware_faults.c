/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A TPM that goes away, stands still or is full: a clear class, no hang, nothing half-made left
 * behind. */
#include "tests/testing.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "certificate_maker.h"
#include "common/clock.h"
#include "common/x509.h"
#include "hardware_bench.h"
#include "ref/keys/hardware.h"
#include "ref/keys/key.h"
#include "ref/keys/tpm_context.h"
#include "virtual_clock.h"

#define NO_SESSION ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE
#define PASSWORD   ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE

/* Real time in which what must not hang has to end; far below any limit of ours. */
#define PROMPT_US (5 * CLOCK_US_PER_S)

static struct swtpm swtpm;
static struct key_place place;
static struct virtual_clock virtual;

static int set_up(void **state)
{
	(void)state;
	swtpm_make(&swtpm);
	place = hardware_bench_place(&swtpm);
	virtual_clock_start(&virtual);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	swtpm_drop(&swtpm);
	return 0;
}

static struct key *open_key(void)
{
	struct key *key = hardware_bench_open(&place);

	assert_non_null(key);
	return key;
}

static int64_t real_us(void)
{
	return clock_mono_us(clock_system());
}

/* ---- it goes away ---- */

static void killed_between_operations_it_is_unavailable_and_back_when_it_is_back(void **state)
{
	OWNED_STRUCT(key) *key = open_key();
	struct msiv2_error err = {0};
	struct key *none = NULL;
	enum key_lack lack;
	int64_t start_us = real_us();

	(void)state;
	swtpm_end(&swtpm, SIGKILL);
	assert_int_equal(hardware_bench_sign(key, &err), MSIV2_KEY_UNAVAILABLE);
	assert_non_null(strstr(err.message, swtpm.tcti));
	assert_non_null(strstr(err.message, "Connection refused"));
	assert_int_equal(hardware_bench_try(&place, &none, &lack, &err), MSIV2_KEY_UNAVAILABLE);
	assert_int_equal(lack, KEY_LACK_BROKEN);
	assert_true(real_us() - start_us < PROMPT_US);
	swtpm_start(&swtpm);
	assert_true(hardware_bench_signs(key, KEY_PADDING_PSS, EVP_sha256()));
}

struct signer {
	struct key *key;
	enum msiv2_rc rc;
	struct msiv2_error err;
	atomic_uint begun;
	atomic_bool ended;
};

static void *sign_until_it_fails(void *ctx)
{
	struct signer *signer = ctx;

	do {
		atomic_fetch_add(&signer->begun, 1);
		signer->rc = hardware_bench_sign(signer->key, &signer->err);
	} while (signer->rc == MSIV2_OK);
	atomic_store(&signer->ended, true);
	return NULL;
}

static void killed_during_an_operation_it_fails_at_once(void **state)
{
	struct signer signer = {.key = open_key()};
	pthread_t thread;
	int64_t start_us;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, sign_until_it_fails, &signer), 0);
	while (atomic_load(&signer.begun) < 3)
		(void)sched_yield();
	start_us = real_us();
	swtpm_end(&swtpm, SIGKILL);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(real_us() - start_us < PROMPT_US);
	assert_int_equal(signer.rc, MSIV2_KEY_UNAVAILABLE);
	swtpm_start(&swtpm);
	assert_true(hardware_bench_signs(signer.key, KEY_PADDING_PSS, EVP_sha256()));
	key_free(signer.key);
}

/* ---- it stands still ---- */

/* Time passes until the threads have ended. */
static void let_time_pass(struct signer *signers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		while (!atomic_load(&signers[i].ended)) {
			virtual_clock_advance(&virtual, 1);
			(void)sched_yield();
		}
}

static void standing_still_it_fails_at_the_limit_for_all_who_wait(void **state)
{
	struct signer signers[8];
	pthread_t threads[8];
	struct key *key;
	int64_t start_us = real_us();

	(void)state;
	place.clock = &virtual.clock;
	key = open_key();
	swtpm_freeze(&swtpm);
	for (int i = 0; i < 8; i++) {
		memset(&signers[i], 0, sizeof(signers[i]));
		signers[i].key = key;
		assert_int_equal(
		        pthread_create(&threads[i], NULL, sign_until_it_fails, &signers[i]), 0);
	}
	let_time_pass(signers, 8);
	for (int i = 0; i < 8; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(signers[i].rc, MSIV2_KEY_UNAVAILABLE);
		assert_non_null(strstr(signers[i].err.message, "within 15 s"));
	}
	assert_true(real_us() - start_us < PROMPT_US);
	swtpm_thaw(&swtpm);
	assert_true(hardware_bench_signs(key, KEY_PADDING_PSS, EVP_sha256()));
	key_free(key);
}

static void the_callers_deadline_holds_and_is_a_timeout(void **state)
{
	struct msiv2_error err = {0};
	struct key *key = NULL;
	enum key_lack lack;
	int64_t start_us = real_us();

	(void)state;
	swtpm_freeze(&swtpm);
	assert_int_equal(hardware_provider.get_or_create(
	                         &place, clock_deadline_us(clock_system(), 100), &key, &lack, &err),
	                 MSIV2_TIMEOUT);
	assert_int_equal(lack, KEY_LACK_BROKEN);
	assert_true(real_us() - start_us < PROMPT_US);
	assert_int_equal(hardware_provider.get_or_create(&place, 0, &key, &lack, &err),
	                 MSIV2_TIMEOUT);
	swtpm_thaw(&swtpm);
	key = open_key();
	assert_int_equal(foreign_count(&swtpm, FIRST_TRANSIENT), 0);
	key_free(key);
}

static void *open_for_ever(void *ctx)
{
	struct signer *signer = ctx;
	enum key_lack lack;

	signer->rc = hardware_provider.get_or_create(&place, CLOCK_NEVER, &signer->key, &lack,
	                                             &signer->err);
	atomic_store(&signer->ended, true);
	return NULL;
}

static void without_a_deadline_it_is_the_tpm_that_fails(void **state)
{
	struct signer signer = {0};
	pthread_t thread;

	(void)state;
	place.clock = &virtual.clock;
	swtpm_freeze(&swtpm);
	assert_int_equal(pthread_create(&thread, NULL, open_for_ever, &signer), 0);
	let_time_pass(&signer, 1);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(signer.rc, MSIV2_KEY_UNAVAILABLE);
	assert_non_null(strstr(signer.err.message, "within 180 s"));
}

/* Connects until nobody is let in any more; the connections. */
static size_t keep_everybody_out(int *kept, size_t room)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t count = 0;

	memcpy(to.sun_path, swtpm.socket, strlen(swtpm.socket));
	while (count < room) {
		kept[count] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		if (connect(kept[count], (const struct sockaddr *)&to, sizeof(to)) != 0) {
			assert_int_equal(errno, EAGAIN);
			(void)close(kept[count]);
			break;
		}
		count++;
	}
	return count;
}

static void a_tpm_that_others_keep_is_waited_for_no_longer_than_allowed(void **state)
{
	struct msiv2_error err = {0};
	struct key *key = NULL;
	enum key_lack lack;
	int kept[16];
	size_t count = keep_everybody_out(kept, 16);

	(void)state;
	assert_in_range(count, 1, 15);
	assert_int_equal(hardware_provider.get_or_create(
	                         &place, clock_deadline_us(clock_system(), 100), &key, &lack, &err),
	                 MSIV2_TIMEOUT);
	while (count > 0)
		(void)close(kept[--count]);
	key = open_key();
	key_free(key);
}

/* ---- it is full ---- */

static void fill_slots(ESYS_TR *objects, size_t count)
{
	struct foreign_client client;
	TPM2B_PUBLIC template;

	foreign_template(&template);
	foreign_open(&swtpm, &client);
	for (size_t i = 0; i < count; i++)
		objects[i] = foreign_primary(&client, &template, NULL);
	foreign_close(&client);
}

static void slots_that_stay_full_are_told_in_words(void **state)
{
	OWNED_STRUCT(key) *key = NULL;
	struct msiv2_error err = {0};
	struct key *none = NULL;
	enum key_lack lack;
	ESYS_TR objects[3];

	(void)state;
	place.clock = &virtual.clock;
	key = open_key();
	fill_slots(objects, 3);
	assert_int_equal(hardware_bench_sign(key, &err), MSIV2_KEY_UNAVAILABLE);
	assert_non_null(strstr(err.message, "object slots"));
	assert_non_null(strstr(err.message, "Esys_Sign"));
	/* It was tried again, for about as long as it says. */
	assert_true(atomic_load(&virtual.waited_us) > TPM_RETRY_US / 2);
	assert_true(atomic_load(&virtual.waited_us) <= TPM_RETRY_US);
	place.name = "another";
	assert_int_equal(hardware_bench_try(&place, &none, &lack, &err), MSIV2_KEY_UNAVAILABLE);
	assert_int_equal(lack, KEY_LACK_BROKEN);
	assert_int_equal(foreign_count(&swtpm, FIRST_TRANSIENT), 3);
}

/* A clock on which waiting is when somebody else frees a slot: it shows that the TPM was let go. */
static void free_a_slot(void *ctx, int64_t us)
{
	struct foreign_client client;
	ESYS_TR object;
	unsigned *waits = ctx;

	(void)us;
	if ((*waits)++ > 0)
		return;
	foreign_open(&swtpm, &client);
	assert_int_equal(Esys_TR_FromTPMPublic(client.esys, FIRST_TRANSIENT, NO_SESSION, &object),
	                 TSS2_RC_SUCCESS);
	assert_int_equal(Esys_FlushContext(client.esys, object), TSS2_RC_SUCCESS);
	foreign_close(&client);
}

static int64_t clock_s(void *ctx)
{
	(void)ctx;
	return clock_now_s(clock_system());
}

static int64_t clock_us(void *ctx)
{
	(void)ctx;
	return real_us();
}

static void slots_that_somebody_frees_are_waited_for(void **state)
{
	OWNED_STRUCT(key) *key = NULL;
	struct msiv2_error err = {0};
	ESYS_TR objects[3];
	unsigned waits = 0;
	const struct msiv2_clock clock = {clock_s, clock_us, free_a_slot, &waits};

	(void)state;
	place.clock = &clock;
	key = open_key();
	fill_slots(objects, 3);
	if (hardware_bench_sign(key, &err) != MSIV2_OK)
		fail_msg("%s", err.message);
	assert_int_equal(waits, 1);
}

/* Writes into the TPM's memory until there is no room for `size` bytes more. */
static unsigned fill_memory(struct foreign_client *client, ESYS_TR *indices, unsigned most,
                            UINT16 size)
{
	TPM2B_NV_PUBLIC area = {.nvPublic = {.nameAlg = TPM2_ALG_SHA256,
	                                     .attributes = TPMA_NV_OWNERREAD | TPMA_NV_OWNERWRITE,
	                                     .dataSize = size}};
	const TPM2B_AUTH none = {0};
	unsigned count = 0;
	TSS2_RC rc = TSS2_RC_SUCCESS;

	while (rc == TSS2_RC_SUCCESS && count < most) {
		area.nvPublic.nvIndex = 0x01810000U + size * 1000U + count;
		rc = Esys_NV_DefineSpace(client->esys, ESYS_TR_RH_OWNER, PASSWORD, &none, &area,
		                         &indices[count]);
		count += rc == TSS2_RC_SUCCESS;
	}
	assert_int_equal(rc, TPM2_RC_NV_SPACE);
	return count;
}

static void enrol_and_expect(enum msiv2_rc expected, const char *words)
{
	OWNED(EVP_PKEY) *device_ca = certificate_p256_key();
	OWNED(EVP_PKEY) *identity = NULL;
	OWNED(X509) *cert = NULL;
	OWNED_STRUCT(bytes) spki = {0};
	OWNED_STRUCT(bytes) der = {0};
	struct msiv2_error err = {0};
	const unsigned char *at;

	assert_int_equal(hardware_provider.identity(&place, &spki, NULL), MSIV2_OK);
	at = spki.data;
	identity = d2i_PUBKEY(NULL, &at, (long)spki.len);
	cert = certificate_make(&(struct certificate_recipe){.subject_key = identity,
	                                                     .issuer_key = device_ca,
	                                                     .cn = "tpm identity",
	                                                     .not_after_s = INT64_C(4102444800)});
	assert_int_equal(x509_to_der(cert, &der, NULL), MSIV2_OK);
	assert_int_equal(hardware_provider.enrol(&place, der.data, der.len, &err), expected);
	assert_non_null(strstr(err.message, words));
}

/* Makes copies of one key persistent until there is no room for another. */
static void fill_with_keys(struct foreign_client *client)
{
	TPM2B_PUBLIC template;
	TPM2_HANDLE handle = FIRST_PERSISTENT;
	ESYS_TR persistent;
	ESYS_TR key;
	TSS2_RC rc;

	foreign_template(&template);
	key = foreign_primary(client, &template, NULL);
	do
		rc = Esys_EvictControl(client->esys, ESYS_TR_RH_OWNER, key, PASSWORD, handle++,
		                       &persistent);
	while (rc == TSS2_RC_SUCCESS);
	assert_int_equal(rc, TPM2_RC_NV_SPACE);
	assert_int_equal(Esys_FlushContext(client->esys, key), TSS2_RC_SUCCESS);
}

/* A TPM keeps room for some keys that NV indices cannot take, so both are filled. */
static void a_full_tpm_says_so_and_keeps_nothing_half_made(void **state)
{
	static ESYS_TR indices[100];
	struct foreign_client client;
	struct msiv2_error err = {0};
	struct key *none = NULL;
	enum key_lack lack;
	unsigned persistent;

	(void)state;
	foreign_open(&swtpm, &client);
	(void)fill_memory(&client, indices, 100, 2048);
	fill_with_keys(&client);
	foreign_close(&client);
	persistent = foreign_count(&swtpm, FIRST_PERSISTENT);
	assert_int_equal(hardware_bench_try(&place, &none, &lack, &err), MSIV2_KEY_UNAVAILABLE);
	assert_int_equal(lack, KEY_LACK_BROKEN);
	assert_non_null(strstr(err.message, "Esys_EvictControl: the TPM's memory is full"));
	assert_int_equal(foreign_count(&swtpm, FIRST_TRANSIENT), 0);
	assert_int_equal(foreign_count(&swtpm, FIRST_PERSISTENT), persistent);
}

static void an_enrolment_without_room_says_so(void **state)
{
	static ESYS_TR indices[2000];
	OWNED_STRUCT(bytes) spki = {0};
	struct foreign_client client;

	(void)state;
	assert_int_equal(hardware_provider.identity(&place, &spki, NULL), MSIV2_OK);
	foreign_open(&swtpm, &client);
	(void)fill_memory(&client, indices, 100, 2048);
	(void)fill_memory(&client, indices, 1000, 256);
	foreign_close(&client);
	enrol_and_expect(MSIV2_KEY_UNAVAILABLE, "Esys_NV_DefineSpace: the TPM's memory is full");
}

#define ON_TPM(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        ON_TPM(killed_between_operations_it_is_unavailable_and_back_when_it_is_back),
	        ON_TPM(killed_during_an_operation_it_fails_at_once),
	        ON_TPM(standing_still_it_fails_at_the_limit_for_all_who_wait),
	        ON_TPM(the_callers_deadline_holds_and_is_a_timeout),
	        ON_TPM(without_a_deadline_it_is_the_tpm_that_fails),
	        ON_TPM(a_tpm_that_others_keep_is_waited_for_no_longer_than_allowed),
	        ON_TPM(slots_that_stay_full_are_told_in_words),
	        ON_TPM(slots_that_somebody_frees_are_waited_for),
	        ON_TPM(a_full_tpm_says_so_and_keeps_nothing_half_made),
	        ON_TPM(an_enrolment_without_room_says_so),
	};

	return cmocka_run_group_tests_name("hardware_faults", tests, NULL, NULL);
}
