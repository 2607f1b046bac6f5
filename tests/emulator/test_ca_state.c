/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The CA in a state directory: found again, shared, guarded, and never damaged by a failure. */
#include "tests/testing.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/text.h"
#include "common/x509.h"
#include "emulator/pki/ca.h"
#include "emulator/pki/ca_certificate.h"
#include "emulator/pki/private_key.h"
#include "faults.h"
#include "state_dir.h"

#define NOW_S INT64_C(1795230000)

static int make_dir(void **state)
{
	static struct state_dir dir;

	state_dir_new(&dir);
	*state = &dir;
	return 0;
}

static int remove_dir(void **state)
{
	state_dir_free(*state);
	return 0;
}

static enum msiv2_rc open_ca(const struct state_dir *dir, const char *const *names, size_t count,
                             struct ca **out, struct msiv2_error *err)
{
	const struct ca_options options = {
	        .state_dir = dir->path, .names = names, .name_count = count, .rng = rng_system()};

	return ca_new(&options, out, err);
}

static struct ca *must_open(const struct state_dir *dir)
{
	struct msiv2_error err = {0};
	struct ca *ca = NULL;

	if (open_ca(dir, NULL, 0, &ca, &err) != MSIV2_OK)
		fail_msg("%s: %s", err.where, err.message);
	return ca;
}

/* Makes everything there is to make in the directory. */
static void fill(const struct state_dir *dir)
{
	ca_free(must_open(dir));
}

static void expect_refused(const struct state_dir *dir, const char *file)
{
	struct msiv2_error err = {0};
	struct ca *ca = NULL;
	char path[160];

	assert_int_equal(open_ca(dir, NULL, 0, &ca, &err), MSIV2_CONFIG);
	assert_null(ca);
	assert_string_equal(err.where, file != NULL ? state_dir_file(dir, file, path) : dir->path);
	assert_true(err.message[0] != '\0');
	/* No part of a key in what a person reads. */
	assert_null(strstr(err.message, "PRIVATE"));
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

static void everything_is_found_again(void **state)
{
	OWNED_STRUCT(ca) *first = must_open(*state);
	OWNED_STRUCT(ca) *second = must_open(*state);

	assert_int_equal(X509_cmp(ca_root(first), ca_root(second)), 0);
	assert_int_equal(X509_cmp(ca_issuer(first), ca_issuer(second)), 0);
	assert_int_equal(X509_cmp(ca_server(first), ca_server(second)), 0);
	assert_int_equal(EVP_PKEY_eq(ca_server_key(first), ca_server_key(second)), 1);
	assert_int_equal(state_dir_count(*state), 2);
}

static void files_are_0600_in_a_directory_of_0700_whatever_the_umask(void **state)
{
	mode_t before = umask(0);
	char path[160];

	fill(*state);
	(void)umask(before);
	assert_int_equal(mode_of(((struct state_dir *)*state)->path), 0700);
	assert_int_equal(mode_of(state_dir_file(*state, "authority.pem", path)), 0600);
	assert_int_equal(mode_of(state_dir_file(*state, "server.pem", path)), 0600);
}

static X509 *issue_by(const struct ca *ca)
{
	OWNED(EVP_PKEY) *key = NULL;
	OWNED(X509_NAME) *subject = X509_NAME_new();
	X509 *cert = NULL;

	assert_int_equal(private_key_make_p256(&key, NULL), MSIV2_OK);
	{
		const struct ca_leaf leaf = {subject, key, NOW_S, NOW_S + 600, NULL};

		assert_int_equal(ca_issue(ca, &leaf, &cert, NULL), MSIV2_OK);
	}
	return cert;
}

static void two_emulators_on_one_directory_accept_each_others_certificates(void **state)
{
	OWNED_STRUCT(ca) *first = must_open(*state);
	OWNED_STRUCT(ca) *second = must_open(*state);
	OWNED(X509) *cert = issue_by(first);

	assert_int_equal(ca_verify_client(second, cert, NOW_S), CA_OK);
}

static void other_names_get_a_new_server_certificate_under_the_same_root(void **state)
{
	static const char *const names[] = {"sts.example"};
	OWNED_STRUCT(ca) *first = must_open(*state);
	OWNED_STRUCT(ca) *named = NULL;
	OWNED_STRUCT(ca) *third = NULL;

	assert_int_equal(open_ca(*state, names, 1, &named, NULL), MSIV2_OK);
	assert_int_equal(X509_cmp(ca_root(first), ca_root(named)), 0);
	assert_int_equal(X509_check_host(ca_server(named), "sts.example", 0, 0, NULL), 1);
	assert_int_equal(X509_verify(ca_server(named), X509_get0_pubkey(ca_root(first))), 1);
	/* One that already covers the names asked for is kept. */
	third = must_open(*state);
	assert_int_equal(X509_cmp(ca_server(named), ca_server(third)), 0);
	assert_int_equal(state_dir_count(*state), 2);
}

/* ---- starting together ---- */

/* One child: waits until everybody is ready, opens, tells the root's digest. */
static void run_child(const struct state_dir *dir, int go, int result)
{
	struct ca *ca = NULL;
	uint8_t digest[X509_SHA256_LEN] = {0};
	char byte;

	if (read(go, &byte, 1) == 0 && open_ca(dir, NULL, 0, &ca, NULL) == MSIV2_OK &&
	    x509_sha256(ca_issuer(ca), digest, NULL) == MSIV2_OK &&
	    X509_verify(ca_server(ca), X509_get0_pubkey(ca_root(ca))) == 1)
		(void)!write(result, digest, sizeof(digest));
	ca_free(ca);
	_exit(0);
}

static void emulators_that_start_together_agree(void **state)
{
	enum { CHILDREN = 6 };
	uint8_t first[X509_SHA256_LEN], digest[X509_SHA256_LEN];
	int go[2], result[2];

	assert_int_equal(pipe(go), 0);
	assert_int_equal(pipe(result), 0);
	for (int i = 0; i < CHILDREN; i++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0) {
			(void)close(go[1]);
			run_child(*state, go[0], result[1]);
		}
	}
	(void)close(go[0]);
	(void)close(go[1]); /* end of file lets all of them go at once */
	(void)close(result[1]);
	assert_int_equal(read(result[0], first, sizeof(first)), sizeof(first));
	for (int i = 1; i < CHILDREN; i++) {
		assert_int_equal(read(result[0], digest, sizeof(digest)), sizeof(digest));
		assert_memory_equal(first, digest, sizeof(first));
	}
	(void)close(result[0]);
	for (int i = 0; i < CHILDREN; i++)
		assert_true(wait(NULL) > 0);
	assert_int_equal(state_dir_count(*state), 2);
}

/* ---- bad state ---- */

static void a_directory_open_to_others_is_refused(void **state)
{
	const struct state_dir *dir = *state;

	assert_int_equal(mkdir(dir->path, 0700), 0);
	assert_int_equal(chmod(dir->path, 0750), 0);
	expect_refused(dir, NULL);
	assert_int_equal(state_dir_count(dir), 0);
}

static void a_state_directory_that_is_a_file_is_refused(void **state)
{
	const struct state_dir *dir = *state;
	FILE *file = fopen(dir->path, "w");

	assert_non_null(file);
	(void)fclose(file);
	expect_refused(dir, NULL);
	assert_int_equal(unlink(dir->path), 0);
}

static void a_file_open_to_others_is_refused(void **state)
{
	static const char *const files[] = {"authority.pem", "server.pem"};
	char path[160];

	fill(*state);
	for (size_t i = 0; i < TEXT_COUNT(files); i++) {
		state_dir_file(*state, files[i], path);
		assert_int_equal(chmod(path, 0640), 0);
		expect_refused(*state, files[i]);
		assert_int_equal(mode_of(path), 0640);
		assert_int_equal(chmod(path, 0600), 0);
	}
}

static void a_symbolic_link_or_a_fifo_is_refused(void **state)
{
	char path[160], moved[160];

	fill(*state);
	state_dir_file(*state, "authority.pem", path);
	state_dir_file(*state, "elsewhere.pem", moved);
	assert_int_equal(rename(path, moved), 0);
	assert_int_equal(symlink(moved, path), 0);
	expect_refused(*state, "authority.pem");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	expect_refused(*state, "authority.pem");
}

static void expect_kept(const struct state_dir *dir, const char *file, const struct bytes *content)
{
	OWNED_STRUCT(bytes) now = {0};

	state_dir_read(dir, file, &now);
	assert_int_equal(now.len, content->len);
	assert_memory_equal(now.data, content->data, now.len);
}

static void cut_short(const struct state_dir *dir, const char *file, size_t step)
{
	OWNED_STRUCT(bytes) whole = {0};

	state_dir_read(dir, file, &whole);
	/* The last newline may go. */
	for (size_t len = 0; len + 1 < whole.len; len += step) {
		OWNED_STRUCT(bytes) part = {0};

		bytes_add(&part, whole.data, len);
		state_dir_write(dir, file, part.data != NULL ? part.data : (const uint8_t *)"",
		                len);
		expect_refused(dir, file);
		expect_kept(dir, file, &part);
	}
	state_dir_write(dir, file, whole.data, whole.len);
}

static void files_cut_short_are_refused_and_left_alone(void **state)
{
	fill(*state);
	cut_short(*state, "authority.pem", 97);
	cut_short(*state, "server.pem", 61);
	fill(*state);
}

static void files_that_are_noise_or_too_large_are_refused(void **state)
{
	OWNED_STRUCT(bytes) large = {0};

	fill(*state);
	while (large.len <= (size_t)64 * 1024)
		bytes_add_text(&large, "# NOT FOR PRODUCTION\n");
	state_dir_write(*state, "server.pem", "\0\0\0", 3);
	expect_refused(*state, "server.pem");
	state_dir_write(*state, "server.pem", large.data, large.len);
	expect_refused(*state, "server.pem");
}

/* Opens a CA in a directory of its own and gives one of its files. */
static void file_of_another_ca(const char *name, struct bytes *out)
{
	struct state_dir other;
	struct ca *ca;

	state_dir_new(&other);
	ca = must_open(&other);
	state_dir_read(&other, name, out);
	ca_free(ca);
	state_dir_free(&other);
}

static void a_server_certificate_of_another_root_is_refused(void **state)
{
	OWNED_STRUCT(bytes) foreign = {0};

	fill(*state);
	file_of_another_ca("server.pem", &foreign);
	state_dir_write(*state, "server.pem", foreign.data, foreign.len);
	expect_refused(*state, "server.pem");
	expect_kept(*state, "server.pem", &foreign);
}

static void an_authority_in_place_of_a_server_is_refused(void **state)
{
	OWNED_STRUCT(bytes) authority = {0};

	fill(*state);
	state_dir_read(*state, "authority.pem", &authority);
	state_dir_write(*state, "server.pem", authority.data, authority.len);
	expect_refused(*state, "server.pem");
}

static void a_server_certificate_without_its_authority_is_refused(void **state)
{
	char path[160];

	fill(*state);
	assert_int_equal(unlink(state_dir_file(*state, "authority.pem", path)), 0);
	expect_refused(*state, "authority.pem");
	assert_int_equal(state_dir_count(*state), 1);
}

/* The first certificate of ours with what follows it in another CA's file. */
static void mix_keys(const struct state_dir *dir, const char *file)
{
	OWNED_STRUCT(bytes) ours = {0};
	OWNED_STRUCT(bytes) theirs = {0};
	OWNED_STRUCT(bytes) mixed = {0};
	const char *our_key, *their_key;

	state_dir_read(dir, file, &ours);
	file_of_another_ca(file, &theirs);
	our_key = strstr(bytes_text(&ours), "-----BEGIN PRIVATE");
	their_key = strstr(bytes_text(&theirs), "-----BEGIN PRIVATE");
	assert_non_null(our_key);
	assert_non_null(their_key);
	bytes_add(&mixed, ours.data, (size_t)(our_key - bytes_text(&ours)));
	bytes_add_text(&mixed, their_key);
	state_dir_write(dir, file, mixed.data, mixed.len);
	expect_refused(dir, file);
	state_dir_write(dir, file, ours.data, ours.len);
}

static void a_key_that_does_not_match_is_refused(void **state)
{
	fill(*state);
	mix_keys(*state, "authority.pem");
	mix_keys(*state, "server.pem");
	fill(*state);
}

static void an_encrypted_key_is_refused_without_asking_anybody(void **state)
{
	OWNED_STRUCT(ca) *ca = must_open(*state);
	OWNED(BIO) *bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	long len;

	assert_int_equal(PEM_write_bio_X509(bio, ca_server(ca)), 1);
	assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, ca_server_key(ca), EVP_aes_128_cbc(),
	                                               "secret", 6, NULL, NULL),
	                 1);
	len = BIO_get_mem_data(bio, &text);
	state_dir_write(*state, "server.pem", text, (size_t)len);
	expect_refused(*state, "server.pem");
}

static void state_of_the_other_key_type_is_refused(void **state)
{
	const struct ca_options options = {.key_type = CA_KEY_RSA_2048,
	                                   .state_dir = ((struct state_dir *)*state)->path,
	                                   .rng = rng_system()};
	struct msiv2_error err = {0};
	struct ca *other = NULL;

	fill(*state);
	assert_int_equal(ca_new(&options, &other, &err), MSIV2_CONFIG);
	assert_non_null(strstr(err.message, "RSA"));
	assert_int_equal(state_dir_count(*state), 2);
}

/* ---- failures of the machine ---- */

/* Fails the nth call of one seam for every n, each time on a fresh directory; afterwards the
 * directory must serve as if nothing had been. */
static void fail_each(void **state, enum fault_seam seam, unsigned least)
{
	const struct state_dir *dir = *state;
	unsigned nth = 0;
	bool fired;

	do {
		struct msiv2_error err = {0};
		struct ca *ca = NULL;
		enum msiv2_rc rc;

		fault_at(seam, ++nth);
		rc = open_ca(dir, NULL, 0, &ca, &err);
		fired = fault_disarm();
		assert_true((rc == MSIV2_OK) == !fired);
		assert_true((ca != NULL) == !fired);
		if (fired)
			assert_int_equal(err.rc, rc);
		ca_free(ca);
		fill(dir);
		assert_int_equal(state_dir_count(dir), 2);
		remove_dir(state);
		make_dir(state);
		if (nth % 2 == 0) /* from an existing directory, too */
			assert_int_equal(mkdir(dir->path, 0700), 0);
	} while (fired);
	assert_true(nth > least);
}

static void any_system_call_may_fail_and_nothing_is_left_half_done(void **state)
{
	fail_each(state, FAULT_FILES, 10);
}

static void memory_may_run_out_anywhere(void **state)
{
	fail_each(state, FAULT_MEMORY, 5);
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, make_dir, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        IN_DIR(everything_is_found_again),
	        IN_DIR(files_are_0600_in_a_directory_of_0700_whatever_the_umask),
	        IN_DIR(two_emulators_on_one_directory_accept_each_others_certificates),
	        IN_DIR(other_names_get_a_new_server_certificate_under_the_same_root),
	        IN_DIR(emulators_that_start_together_agree),
	        IN_DIR(a_directory_open_to_others_is_refused),
	        IN_DIR(a_state_directory_that_is_a_file_is_refused),
	        IN_DIR(a_file_open_to_others_is_refused),
	        IN_DIR(a_symbolic_link_or_a_fifo_is_refused),
	        IN_DIR(files_cut_short_are_refused_and_left_alone),
	        IN_DIR(files_that_are_noise_or_too_large_are_refused),
	        IN_DIR(a_server_certificate_of_another_root_is_refused),
	        IN_DIR(an_authority_in_place_of_a_server_is_refused),
	        IN_DIR(a_server_certificate_without_its_authority_is_refused),
	        IN_DIR(a_key_that_does_not_match_is_refused),
	        IN_DIR(an_encrypted_key_is_refused_without_asking_anybody),
	        IN_DIR(state_of_the_other_key_type_is_refused),
	        IN_DIR(any_system_call_may_fail_and_nothing_is_left_half_done),
	        IN_DIR(memory_may_run_out_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
