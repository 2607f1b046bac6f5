/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The request as the openssl command reads it: an opinion that is not ours. */
#include "tests/testing.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/files.h"
#include "common/text.h"
#include "key_under_test.h"
#include "ref/csr.h"
#include "ref/keys/openssl_bridge.h"

#define CLIENT_ID "a1a1a1a1-0000-4000-8000-000000000001"
#define TENANT_ID "72f988bf-0000-4000-8000-00000000aaaa"
#define CUID_JSON "{\"vmId\":\"11111111-2222-4333-8444-555555555555\",\"vmssId\":\"x\"}"

extern char **environ;

static char directory[] = "/tmp/msiv2-test-csr-XXXXXX";
static char der_path[sizeof(directory) + 16];
static char broken_path[sizeof(directory) + 16];
static char said_path[sizeof(directory) + 16];

static void build_request(struct bytes *der)
{
	char client_id[] = CLIENT_ID;
	char tenant_id[] = TENANT_ID;
	char vm_id[] = "11111111-2222-4333-8444-555555555555";
	char vmss_id[] = "x";
	struct metadata host = {client_id, tenant_id, vm_id, vmss_id, NULL};
	OWNED_STRUCT(openssl_bridge) *bridge = NULL;
	OWNED_STRUCT(key) *key = key_under_test_open();
	EVP_PKEY *pkey = NULL;

	assert_int_equal(openssl_bridge_new(&bridge, NULL), MSIV2_OK);
	assert_non_null(key);
	assert_int_equal(openssl_bridge_pkey(bridge, key, &pkey, NULL), MSIV2_OK);
	assert_int_equal(csr_build(&host, pkey, der, NULL), MSIV2_OK);
	EVP_PKEY_free(pkey);
}

static void write_file(const char *path, const struct bytes *content)
{
	assert_int_equal(
	        files_replace(path, content->data, content->len, 0600, MSIV2_INTERNAL, NULL),
	        MSIV2_OK);
}

static int set_up(void **state)
{
	OWNED_STRUCT(bytes) der = {0};

	(void)state;
	assert_non_null(mkdtemp(directory));
	(void)snprintf(der_path, sizeof(der_path), "%s/csr.der", directory);
	(void)snprintf(broken_path, sizeof(broken_path), "%s/broken.der", directory);
	(void)snprintf(said_path, sizeof(said_path), "%s/said", directory);
	build_request(&der);
	write_file(der_path, &der);
	der.data[der.len - 1] ^= 1;
	write_file(broken_path, &der);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	(void)unlink(der_path);
	(void)unlink(broken_path);
	(void)unlink(said_path);
	key_under_test_close();
	return rmdir(directory);
}

/* Runs openssl with the arguments given (the last is NULL) and collects all it says. */
static int run_openssl(char *const arguments[], struct bytes *said)
{
	posix_spawn_file_actions_t actions;
	pid_t pid = 0;
	int status = 0;

	assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
	assert_int_equal(posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, said_path,
	                                                  O_WRONLY | O_CREAT | O_TRUNC, 0600),
	                 0);
	assert_int_equal(posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO),
	                 0);
	assert_int_equal(posix_spawnp(&pid, "openssl", &actions, NULL, arguments, environ), 0);
	assert_int_equal(posix_spawn_file_actions_destroy(&actions), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(files_read(said_path, 1 << 20, MSIV2_INTERNAL, said, NULL), MSIV2_OK);
	return WEXITSTATUS(status);
}

static void assert_said(const struct bytes *said, const char *text)
{
	if (strstr(bytes_text(said), text) == NULL)
		fail_msg("\"%s\" is not in:\n%s", text, bytes_text(said));
}

static void openssl_req_verifies_the_signature(void **state)
{
	char *arguments[] = {"openssl", "req",     "-inform", "DER", "-in",
	                     der_path,  "-verify", "-noout",  NULL};
	OWNED_STRUCT(bytes) said = {0};

	(void)state;
	assert_int_equal(run_openssl(arguments, &said), 0);
	assert_said(&said, "verify OK");
}

static void openssl_req_finds_a_changed_signature(void **state)
{
	char *arguments[] = {"openssl",   "req",     "-inform", "DER", "-in",
	                     broken_path, "-verify", "-noout",  NULL};
	OWNED_STRUCT(bytes) said = {0};

	(void)state;
	(void)run_openssl(arguments, &said);
	assert_null(strstr(bytes_text(&said), "verify OK"));
	assert_said(&said, "erif");
}

static void openssl_req_prints_what_was_meant(void **state)
{
	static const char *const lines[] = {
	        "Version: 1 (0x0)",
	        "Subject: DC = " TENANT_ID ", CN = " CLIENT_ID,
	        "Public Key Algorithm: rsaEncryption",
	        "Public-Key: (2048 bit)",
	        "Exponent: 65537 (0x10001)",
	        "1.3.6.1.4.1.311.90.2.10",
	        "Signature Algorithm: rsassaPss",
	        "Hash Algorithm: sha256",
	        "Mask Algorithm: mgf1 with sha256",
	        "Salt Length: 0x20",
	};
	char *arguments[] = {"openssl", "req",   "-inform", "DER", "-in",
	                     der_path,  "-text", "-noout",  NULL};
	OWNED_STRUCT(bytes) said = {0};

	(void)state;
	assert_int_equal(run_openssl(arguments, &said), 0);
	for (size_t i = 0; i < TEXT_COUNT(lines); i++)
		assert_said(&said, lines[i]);
}

static void asn1parse_shows_the_string_types_and_the_attribute(void **state)
{
	static const char *const lines[] = {
	        "IA5STRING         :" TENANT_ID,
	        "PRINTABLESTRING   :" CLIENT_ID,
	        "UTF8STRING        :" CUID_JSON,
	};
	char *arguments[] = {"openssl", "asn1parse", "-inform", "DER", "-in", der_path, NULL};
	OWNED_STRUCT(bytes) said = {0};
	const char *first;

	(void)state;
	assert_int_equal(run_openssl(arguments, &said), 0);
	for (size_t i = 0; i < TEXT_COUNT(lines); i++)
		assert_said(&said, lines[i]);
	/* CSR-03: one attribute, one value. */
	first = strstr(bytes_text(&said), "UTF8STRING");
	assert_null(strstr(first + 1, "UTF8STRING"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(openssl_req_verifies_the_signature),
	        cmocka_unit_test(openssl_req_finds_a_changed_signature),
	        cmocka_unit_test(openssl_req_prints_what_was_meant),
	        cmocka_unit_test(asn1parse_shows_the_string_types_and_the_attribute),
	};

	return cmocka_run_group_tests_name("csr_openssl", tests, set_up, tear_down);
}
