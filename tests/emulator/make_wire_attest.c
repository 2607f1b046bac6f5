/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* make_wire_attest DIRECTORY: writes the samples of tests/wire/attest_keyguard and
 * tests/wire/attest_tpm (requests, for tests and as seeds), and the certificate of the device CA
 * they are judged by. Names say what must come of them, for the nonce and the time of attest_lab.h;
 * *_device* were made by a real TPM (swtpm). The keys are thrown away: every run gives new files of
 * the same meaning. */
#include "tests/testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "attest_lab.h"
#include "common/files.h"
#include "common/text.h"
#include "common/x509.h"
#include "keyguard_evidence.h"
#include "tpm_evidence.h"
#include "tpm_recordings.h"

static const char *out_dir;

static void write_file(const char *kind, const char *name, const struct bytes *content)
{
	char path[512];
	struct msiv2_error err = {0};

	(void)snprintf(path, sizeof(path), "%s/%s", out_dir, kind);
	(void)mkdir(path, 0755);
	(void)snprintf(path, sizeof(path), "%s/%s/%s", out_dir, kind, name);
	if (files_replace(path, content->data, content->len, 0644, MSIV2_CONFIG, &err) != MSIV2_OK)
		fail_msg("%s: %s", err.where, err.message);
}

static void write_sample(const char *kind, const char *name, const struct bytes *content)
{
	char file[128];

	(void)snprintf(file, sizeof(file), "%s.json", name);
	write_file(kind, file, content);
}

static void write_all(void **state)
{
	OWNED_STRUCT(bytes) pem = {0};
	struct attest_lab lab;
	struct tpm_device device;

	(void)state;
	attest_lab_new(&lab);
	if (!tpm_device_new(&device))
		fail_msg("swtpm is not installed");
	assert_int_equal(device_ca_pem(lab.ca, &pem, NULL), MSIV2_OK);
	write_file("attest_ca", "device_ca.pem", &pem);
	for (size_t i = 0; i < keyguard_variant_count; i++) {
		OWNED_STRUCT(bytes) body = {0};

		keyguard_evidence_make(&lab, &keyguard_variants[i], &body);
		write_sample("attest_keyguard", keyguard_variants[i].name, &body);
	}
	for (size_t i = 0; i < tpm_variant_count; i++) {
		OWNED_STRUCT(bytes) body = {0};

		tpm_evidence_make(&lab, &tpm_variants[i], &body);
		write_sample("attest_tpm", tpm_variants[i].name, &body);
	}
	for (size_t i = 0; i < tpm_recording_count; i++) {
		OWNED_STRUCT(bytes) body = {0};

		tpm_recordings[i].make(&device, &lab, &body);
		write_sample("attest_tpm", tpm_recordings[i].name, &body);
	}
	tpm_device_free(&device);
	attest_lab_free(&lab);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest steps[] = {cmocka_unit_test(write_all)};

	if (argc != 2) {
		(void)fprintf(stderr, "usage: make_wire_attest DIRECTORY\n");
		return 2;
	}
	out_dir = argv[1];
	(void)setenv("TSS2_LOG", "all+none", 0);
	return cmocka_run_group_tests_name("make_wire_attest", steps, NULL, NULL);
}
