/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What a TPM may answer to TPM2_Clear. That a real one is cleared by it, and stays the same TPM, is
 * shown by the scenario store.reboot with keys in hardware. */
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/text.h"
#include "sandbox.h"
#include "scenarios/runner/tpm_clear.h"
#include "tests/testing.h"

#define LIMIT_US 50000 /* of the tests that wait for it */

int __real_setsockopt(int fd, int level, int name, const void *value, socklen_t len);
int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t len);

/* Time limits are shorter. Set while no TPM serves. */
static bool hurried;

int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	const struct timeval shorter = {.tv_usec = LIMIT_US};

	if (!hurried || (name != SO_RCVTIMEO && name != SO_SNDTIMEO))
		return __real_setsockopt(fd, level, name, value, len);
	assert_int_equal(((const struct timeval *)value)->tv_sec, TPM_CLEAR_S);
	return __real_setsockopt(fd, level, name, &shorter, sizeof(shorter));
}

/* A TPM for one command. */
struct tpm {
	struct sandbox sandbox;
	char path[SANDBOX_PATH];
	int fd;
	pthread_t thread;
	const uint8_t *answer;
	size_t answer_len;
	size_t piece; /* bytes sent at a time */
	uint8_t asked[64];
	size_t asked_len;
};

static void *serve(void *arg)
{
	struct tpm *tpm = arg;
	int fd = accept(tpm->fd, NULL, NULL);
	ssize_t got;

	while (tpm->asked_len < 27 && (got = recv(fd, tpm->asked + tpm->asked_len,
	                                          sizeof(tpm->asked) - tpm->asked_len, 0)) > 0)
		tpm->asked_len += (size_t)got;
	for (size_t sent = 0; sent < tpm->answer_len; sent += tpm->piece)
		(void)!send(fd, tpm->answer + sent,
		            tpm->answer_len - sent < tpm->piece ? tpm->answer_len - sent
		                                                : tpm->piece,
		            MSG_NOSIGNAL);
	(void)close(fd);
	return NULL;
}

static int setup(void **state)
{
	static struct tpm tpm;

	tpm = (struct tpm){.piece = 64};
	sandbox_make(&tpm.sandbox);
	sandbox_path(&tpm.sandbox, "sock", tpm.path);
	*state = &tpm;
	return 0;
}

static int teardown(void **state)
{
	struct tpm *tpm = *state;

	sandbox_drop(&tpm->sandbox);
	return 0;
}

/* Has it listen, with so many in its queue. */
static void listen_at(struct tpm *tpm, int queue, struct sockaddr_un *address)
{
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	(void)unlink(tpm->path);
	assert_true(text_copy(address->sun_path, sizeof(address->sun_path), tpm->path));
	tpm->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(tpm->fd, (const struct sockaddr *)address, sizeof(*address)), 0);
	assert_int_equal(listen(tpm->fd, queue), 0);
}

static enum msiv2_rc clear_it(struct tpm *tpm, struct msiv2_error *err)
{
	struct sockaddr_un address;
	enum msiv2_rc rc;

	tpm->asked_len = 0;
	listen_at(tpm, 1, &address);
	assert_int_equal(pthread_create(&tpm->thread, NULL, serve, tpm), 0);
	rc = tpm_clear(tpm->path, err);
	assert_int_equal(pthread_join(tpm->thread, NULL), 0);
	assert_int_equal(close(tpm->fd), 0);
	return rc;
}

static const uint8_t good[] = {0x80, 0x02, 0, 0, 0, 19, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0};

static void a_tpm_is_told_to_clear_itself(void **state)
{
	static const uint8_t expected[] = {0x80, 0x02, 0, 0,    0,  27, 0, 0, 1,
	                                   0x26, 0x40, 0, 0,    12, 0,  0, 0, 0x09,
	                                   0x40, 0,    0, 0x09, 0,  0,  0, 0, 0};
	struct tpm *tpm = *state;

	tpm->answer = good;
	tpm->answer_len = sizeof(good);
	for (tpm->piece = 1; tpm->piece <= sizeof(good); tpm->piece += 6) {
		assert_int_equal(clear_it(tpm, NULL), MSIV2_OK);
		assert_int_equal(tpm->asked_len, sizeof(expected));
		assert_memory_equal(tpm->asked, expected, sizeof(expected));
	}
}

static void a_tpm_that_refuses_is_told_with_its_code(void **state)
{
	static const uint8_t refusal[] = {0x80, 0x01, 0, 0, 0, 10, 0, 0, 0x01, 0x20};
	struct tpm *tpm = *state;
	struct msiv2_error err = {0};

	tpm->answer = refusal;
	tpm->answer_len = sizeof(refusal);
	assert_int_equal(clear_it(tpm, &err), MSIV2_UNSUPPORTED);
	assert_non_null(strstr(err.message, "refuses to be cleared: 0x00000120"));
}

static void a_tpm_that_says_less_is_told(void **state)
{
	struct tpm *tpm = *state;
	struct msiv2_error err = {0};

	tpm->answer = good;
	for (tpm->answer_len = 0; tpm->answer_len < 10; tpm->answer_len++) {
		assert_int_equal(clear_it(tpm, &err), MSIV2_UNSUPPORTED);
		assert_non_null(strstr(err.message, "does not answer"));
	}
}

/* One that lets nobody in, and one that lets us in and says nothing. */
static void a_tpm_that_hangs_is_not_waited_for_for_ever(void **state)
{
	struct tpm *tpm = *state;
	struct msiv2_error err = {0};
	struct sockaddr_un address;
	int other = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	hurried = true;
	listen_at(tpm, 0, &address);
	assert_int_equal(tpm_clear(tpm->path, &err), MSIV2_UNSUPPORTED);
	assert_non_null(strstr(err.message, "does not answer"));
	assert_int_equal(close(tpm->fd), 0);
	listen_at(tpm, 0, &address);
	assert_int_equal(connect(other, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(tpm_clear(tpm->path, &err), MSIV2_UNSUPPORTED);
	assert_non_null(strstr(err.message, "no TPM at /"));
	hurried = false;
	assert_int_equal(close(tpm->fd), 0);
	assert_int_equal(close(other), 0);
}

static void where_no_tpm_is_none_is_cleared(void **state)
{
	struct tpm *tpm = *state;
	struct msiv2_error err = {0};
	char longest[200];

	assert_int_equal(tpm_clear(tpm->path, &err), MSIV2_UNSUPPORTED);
	assert_non_null(strstr(err.message, "no TPM at /"));
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(tpm_clear(longest, &err), MSIV2_UNSUPPORTED);
	assert_non_null(strstr(err.message, "no TPM at aaa"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(a_tpm_is_told_to_clear_itself, setup, teardown),
	        cmocka_unit_test_setup_teardown(a_tpm_that_refuses_is_told_with_its_code, setup,
	                                        teardown),
	        cmocka_unit_test_setup_teardown(a_tpm_that_says_less_is_told, setup, teardown),
	        cmocka_unit_test_setup_teardown(a_tpm_that_hangs_is_not_waited_for_for_ever, setup,
	                                        teardown),
	        cmocka_unit_test_setup_teardown(where_no_tpm_is_none_is_cleared, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
