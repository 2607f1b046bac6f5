/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The pure parts of a TPM's use: where it is, and what it says. */
#include "tests/testing.h"

#include <string.h>
#include <tss2/tss2_tpm2_types.h>

#include "common/text.h"
#include "ref/keys/tpm_address.h"
#include "ref/keys/tpm_error.h"

static struct tpm_address parsed(const char *text)
{
	struct tpm_address address;
	struct msiv2_error err = {0};

	if (tpm_address_parse(text, &address, &err) != MSIV2_OK)
		fail_msg("%s: %s", text, err.message);
	assert_string_equal(address.text, text);
	return address;
}

static void a_swtpm_is_a_path_or_a_port(void **state)
{
	struct tpm_address address = parsed("swtpm:path=/run/tpm/sock");

	(void)state;
	assert_int_equal(address.way, TPM_WAY_UNIX);
	assert_string_equal(address.path, "/run/tpm/sock");
	address = parsed("swtpm:host=::1,port=4711");
	assert_int_equal(address.way, TPM_WAY_TCP);
	assert_string_equal(address.host, "::1");
	assert_string_equal(address.port, "4711");
	address = parsed("swtpm:port=7");
	assert_string_equal(address.host, "127.0.0.1");
	assert_string_equal(address.port, "7");
	address = parsed("swtpm");
	assert_int_equal(address.way, TPM_WAY_TCP);
	assert_string_equal(address.port, "2321");
	address = parsed("swtpm:");
	assert_string_equal(address.host, "127.0.0.1");
}

static void everything_else_is_a_module_of_tpm2_tss(void **state)
{
	struct tpm_address address = parsed("device:/dev/tpmrm0");

	(void)state;
	assert_int_equal(address.way, TPM_WAY_MODULE);
	assert_string_equal(address.module, "device");
	address = parsed("tabrmd");
	assert_int_equal(address.way, TPM_WAY_MODULE);
	assert_string_equal(address.module, "tabrmd");
	/* The name decides, not how it begins. */
	address = parsed("swtpm2:path=/x");
	assert_int_equal(address.way, TPM_WAY_MODULE);
}

static void refused(const char *text, const char *words)
{
	struct tpm_address address;
	struct msiv2_error err = {0};

	assert_int_equal(tpm_address_parse(text, &address, &err), MSIV2_KEY_UNAVAILABLE);
	if (strstr(err.message, words) == NULL)
		fail_msg("%s: '%s' does not say '%s'", text, err.message, words);
}

static void what_is_wrong_with_an_address_is_named(void **state)
{
	char path[256] = "swtpm:path=";
	char module[100];
	char text[400];

	(void)state;
	refused("", "not the address of a TPM");
	refused(":x", "not the address of a TPM");
	refused("swtpm:path=", "empty or repeated 'path'");
	refused("swtpm:path=/a,path=/b", "empty or repeated 'path'");
	refused("swtpm:path=/a,host=b", "both a path and a host");
	refused("swtpm:port=1,path=/a", "both a path and a host");
	refused("swtpm:socket=/a", "'socket=/a'");
	refused("swtpm:path", "'path'");
	refused("swtpm:port=123456789", "'port' of more than 7 bytes");
	memset(path + 11, 'a', 107);
	assert_int_equal(strlen(parsed(path).path), 107);
	path[11 + 107] = 'a';
	refused(path, "'path' of more than 107 bytes");
	memset(module, 'm', sizeof(module));
	module[64] = '\0';
	refused(module, "not the address of a TPM");
	module[63] = '\0';
	(void)parsed(module);
	memset(text, 't', sizeof(text));
	text[5] = ':';
	text[sizeof(text) - 1] = '\0';
	refused(text, "not the address of a TPM");
}

struct code_case {
	TSS2_RC rc;
	enum tpm_trouble trouble;
	enum key_lack lack;
};

static const struct code_case codes[] = {
        {0, TPM_TROUBLE_NONE, KEY_LACK_NONE},
        {TPM2_RC_RETRY, TPM_TROUBLE_BUSY, KEY_LACK_BROKEN},
        {TPM2_RC_NV_RATE, TPM_TROUBLE_BUSY, KEY_LACK_BROKEN},
        {TPM2_RC_OBJECT_MEMORY, TPM_TROUBLE_CROWDED, KEY_LACK_BROKEN},
        {0x000c0902, TPM_TROUBLE_CROWDED, KEY_LACK_BROKEN}, /* by a resource manager */
        {TPM2_RC_SESSION_MEMORY, TPM_TROUBLE_CROWDED, KEY_LACK_BROKEN},
        {TPM2_RC_LOCKOUT, TPM_TROUBLE_REFUSED, KEY_LACK_REFUSED},
        {0x9a2, TPM_TROUBLE_REFUSED, KEY_LACK_REFUSED}, /* BAD_AUTH, session 1 */
        {0x98e, TPM_TROUBLE_REFUSED, KEY_LACK_REFUSED}, /* AUTH_FAIL, session 1 */
        {0x185, TPM_TROUBLE_REFUSED, KEY_LACK_REFUSED}, /* HIERARCHY, handle 1 */
        {0x18b, TPM_TROUBLE_GONE, KEY_LACK_BROKEN},     /* HANDLE, handle 1 */
        {TPM2_RC_NV_DEFINED, TPM_TROUBLE_TAKEN, KEY_LACK_BROKEN},
        {TPM2_RC_NV_SPACE, TPM_TROUBLE_BROKEN, KEY_LACK_BROKEN},
        {0x2c3, TPM_TROUBLE_BROKEN, KEY_LACK_BROKEN}, /* HASH, parameter 2 */
        {TSS2_TCTI_RC_IO_ERROR, TPM_TROUBLE_UNREACHABLE, KEY_LACK_BROKEN},
        {TSS2_TCTI_RC_NO_CONNECTION, TPM_TROUBLE_UNREACHABLE, KEY_LACK_BROKEN},
        {TSS2_ESYS_RC_MEMORY, TPM_TROUBLE_NO_MEMORY, KEY_LACK_BROKEN},
        {TSS2_ESYS_RC_BAD_SEQUENCE, TPM_TROUBLE_BROKEN, KEY_LACK_BROKEN},
        {0x12345678, TPM_TROUBLE_BROKEN, KEY_LACK_BROKEN},
};

static void a_code_means_the_same_whatever_number_and_layer_it_carries(void **state)
{
	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(codes); i++) {
		assert_int_equal(tpm_error_trouble(codes[i].rc), codes[i].trouble);
		assert_int_equal(tpm_error_lack(codes[i].rc), codes[i].lack);
	}
}

static void the_message_names_the_call_the_meaning_and_the_code(void **state)
{
	struct msiv2_error err = {0};

	(void)state;
	assert_int_equal(tpm_error_set(&err, "Esys_Sign", TPM2_RC_LOCKOUT), MSIV2_KEY_UNAVAILABLE);
	assert_non_null(strstr(err.message, "Esys_Sign: the TPM is locked"));
	assert_non_null(strstr(err.message, "tpm:warn(2.0)"));
	assert_non_null(strstr(err.message, "0x00000921"));
	assert_int_equal(tpm_error_set(&err, "Esys_Sign", TSS2_ESYS_RC_BAD_TR),
	                 MSIV2_KEY_UNAVAILABLE);
	assert_non_null(strstr(err.message, "Esys_Sign: esapi:"));
	assert_int_equal(tpm_error_set(&err, "Esys_Sign", TSS2_ESYS_RC_MEMORY), MSIV2_INTERNAL);
	assert_int_equal(tpm_error_set(NULL, "Esys_Sign", 1), MSIV2_KEY_UNAVAILABLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_swtpm_is_a_path_or_a_port),
	        cmocka_unit_test(everything_else_is_a_module_of_tpm2_tss),
	        cmocka_unit_test(what_is_wrong_with_an_address_is_named),
	        cmocka_unit_test(a_code_means_the_same_whatever_number_and_layer_it_carries),
	        cmocka_unit_test(the_message_names_the_call_the_meaning_and_the_code),
	};

	return cmocka_run_group_tests_name("hardware_words", tests, NULL, NULL);
}
