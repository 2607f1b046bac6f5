/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The entry codec: what is written can be read, and nothing else can (STORE-04). */
#include "tests/testing.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

#include "common/encoding.h"
#include "common/mem.h"
#include "common/text.h"
#include "entry_seal.h"
#include "store_bench.h"
#include "tests/ref/certificate_maker.h"
#include "tests/ref/mem_fault.h"
#include "tests/ref/wire_samples.h"

struct sample {
	struct store_bench bench;
	struct store_entry entry;
	struct bytes text;
};

static int make_sample(void **state)
{
	static struct sample sample;

	sample = (struct sample){0};
	store_bench_open(&sample.bench);
	store_bench_entry(&sample.bench, &(struct entry_recipe){.stored_s = 9}, &sample.entry);
	assert_int_equal(store_entry_encode(&sample.entry, &sample.text, NULL), MSIV2_OK);
	*state = &sample;
	return 0;
}

static int drop_sample(void **state)
{
	struct sample *sample = *state;

	bytes_free(&sample->text);
	store_entry_free(&sample->entry);
	store_bench_close(&sample->bench);
	return 0;
}

static void assert_refused(const void *text, size_t len, const char *word)
{
	OWNED_STRUCT(store_entry) entry = {0};
	struct msiv2_error err = {0};

	assert_int_equal(store_entry_decode(text, len, &entry, &err), MSIV2_STORE);
	assert_null(entry.alias);
	assert_null(entry.certificate);
	if (strstr(err.message, word) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", err.message, word);
}

static void what_is_written_is_read(void **state)
{
	struct sample *sample = *state;
	OWNED_STRUCT(store_entry) read = {0};
	OWNED_STRUCT(bytes) again = {0};

	assert_int_equal(store_entry_decode(sample->text.data, sample->text.len, &read, NULL),
	                 MSIV2_OK);
	assert_string_equal(read.alias, sample->entry.alias);
	assert_string_equal(read.source, sample->entry.source);
	assert_string_equal(read.client_id, sample->entry.client_id);
	assert_string_equal(read.tenant_id, sample->entry.tenant_id);
	assert_string_equal(read.identity_type, sample->entry.identity_type);
	assert_string_equal(read.endpoint, sample->entry.endpoint);
	assert_string_equal(read.key_kind, sample->entry.key_kind);
	assert_string_equal(read.key_name, sample->entry.key_name);
	assert_memory_equal(read.key_sha256, sample->entry.key_sha256, X509_SHA256_LEN);
	assert_int_equal(read.fresh, sample->entry.fresh);
	assert_int_equal(read.stored_at_s, sample->entry.stored_at_s);
	assert_int_equal(X509_cmp(read.certificate, sample->entry.certificate), 0);
	assert_int_equal(store_entry_encode(&read, &again, NULL), MSIV2_OK);
	assert_int_equal(again.len, sample->text.len);
	assert_memory_equal(again.data, sample->text.data, again.len);
}

/* HOUSE: entries from before devices were told apart have no such line. */
static void the_device_of_a_key_is_a_line_when_it_is_known(void **state)
{
	struct sample *sample = *state;
	OWNED_STRUCT(bytes) text = {0};
	OWNED_STRUCT(bytes) again = {0};
	OWNED_STRUCT(bytes) empty = {0};
	OWNED_STRUCT(bytes) late = {0};
	OWNED_STRUCT(bytes) twice = {0};
	OWNED_STRUCT(store_entry) read = {0};
	const char *line = "device: pkcs11:token=a;serial=1\n";
	const char *after;
	size_t at;

	assert_null(strstr(bytes_text(&sample->text), "\ndevice: "));
	sample->entry.device = mem_strdup("pkcs11:token=a;serial=1");
	assert_int_equal(store_entry_encode(&sample->entry, &text, NULL), MSIV2_OK);
	after = strstr(bytes_text(&text), line);
	assert_non_null(after);
	at = (size_t)(after - bytes_text(&text));
	assert_int_equal(store_entry_decode(text.data, text.len, &read, NULL), MSIV2_OK);
	assert_string_equal(read.device, sample->entry.device);
	assert_int_equal(store_entry_encode(&read, &again, NULL), MSIV2_OK);
	assert_int_equal(again.len, text.len);
	assert_memory_equal(again.data, text.data, text.len);
	entry_seal_splice(&text, at, strlen(line), "device: \n", 9, &empty);
	assert_refused(empty.data, empty.len, "\"device\" is empty");
	entry_seal_splice(&text, at, 0, line, strlen(line), &twice);
	assert_refused(twice.data, twice.len, "where it belongs");
	entry_seal_splice(&sample->text, 0, 0, line, strlen(line), &late);
	assert_refused(late.data, late.len, "where it belongs");
	sample->entry.device[0] = '\n';
	assert_int_equal(store_entry_encode(&sample->entry, &again, NULL), MSIV2_STORE);
}

static void an_entry_cut_short_anywhere_is_corrupt(void **state)
{
	struct sample *sample = *state;

	for (size_t len = 0; len < sample->text.len; len++) {
		/* An exact copy, so that reading past its end is seen. */
		OWNED(mem_text) *exact = mem_strndup((const char *)sample->text.data, len);

		assert_refused(exact, len, "cut short");
	}
}

static void an_entry_with_any_bit_flipped_is_corrupt(void **state)
{
	struct sample *sample = *state;

	for (size_t bit = 0; bit < 8 * sample->text.len; bit++) {
		sample->text.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_refused(sample->text.data, sample->text.len, "checksum");
		sample->text.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void an_entry_with_anything_added_is_corrupt(void **state)
{
	struct sample *sample = *state;
	OWNED_STRUCT(bytes) longer = {0};

	for (int byte = 0; byte < 256; byte++) {
		bytes_clear(&longer);
		bytes_add(&longer, sample->text.data, sample->text.len);
		bytes_add_byte(&longer, (uint8_t)byte);
		assert_refused(longer.data, longer.len, "checksum");
	}
	while (longer.len <= ENTRY_MAX_LEN)
		bytes_add_byte(&longer, '\n');
	assert_refused(longer.data, longer.len, "larger than 65536 bytes");
}

/* The nth line of the members, without its line break. */
static const char *line_of(const struct bytes *text, size_t nth, size_t *len)
{
	const char *at = bytes_text(text);

	while (nth-- > 0)
		at = strchr(at, '\n') + 1;
	*len = (size_t)(strchr(at, '\n') - at);
	return at;
}

#define MEMBER_LINES 14

/* Checksums are right in all of these: a member is what is wrong. */
static void each_member_is_there_once_in_its_place_and_not_empty(void **state)
{
	struct sample *sample = *state;

	for (size_t i = 0; i < MEMBER_LINES; i++) {
		size_t len = 0;
		const char *line = line_of(&sample->text, i, &len);
		size_t before = (size_t)(line - bytes_text(&sample->text));
		size_t name_len = strcspn(line, ":");
		OWNED_STRUCT(bytes) gone = {0};
		OWNED_STRUCT(bytes) twice = {0};
		OWNED_STRUCT(bytes) empty = {0};
		OWNED_STRUCT(bytes) strange = {0};

		entry_seal_splice(&sample->text, before, len + 1, "", 0, &gone);
		assert_refused(gone.data, gone.len, "where it belongs");
		entry_seal_splice(&sample->text, before, 0, line, len + 1, &twice);
		assert_refused(twice.data, twice.len,
		               i + 1 < MEMBER_LINES ? "where it belongs" : "no certificate");
		entry_seal_splice(&sample->text, before + name_len + 2, len - name_len - 2, "", 0,
		                  &empty);
		assert_refused(empty.data, empty.len, "is empty");
		entry_seal_splice(&sample->text, before, 0, "colour: red\n", 12, &strange);
		assert_refused(strange.data, strange.len,
		               i + 1 <= MEMBER_LINES ? "where it belongs" : "no certificate");
	}
}

static void replaced(const struct sample *sample, const char *from, const char *to,
                     struct bytes *out)
{
	const char *at = strstr(bytes_text(&sample->text), from);

	assert_non_null(at);
	entry_seal_splice(&sample->text, (size_t)(at - bytes_text(&sample->text)), strlen(from), to,
	                  strlen(to), out);
}

static void members_that_do_not_fit_the_certificate_or_each_other_are_refused(void **state)
{
	static const struct {
		const char *from, *to, *word;
	} rows[] = {
	        {"msiv2_store_entry: 1", "msiv2_store_entry: 2", "a version"},
	        {"client_id: 6d", "client_id: 7d", "CN is not client_id"},
	        {"client_id: 6d", "client_id: 6D", "CN is not client_id"},
	        {"tenant_id: 0f", "tenant_id: 1f", "DC is not tenant_id"},
	        {"endpoint: https", "endpoint: http", "\"endpoint\""},
	        {"alias=system", "alias=System", "\"friendly_name\""},
	        {"|ep=https://127.0.0.1:40002/sts", "|ep=https://127.0.0.1:40002/st",
	         "\"friendly_name\""},
	        {"issuer: CN=NOT", "issuer: CN=not", "\"issuer\""},
	        {"key_kind: keyguard", "key_kind: memory", "\"key_kind\""},
	        {"key_kind: keyguard", "key_kind: Keyguard", "\"key_kind\""},
	        {"key_sha256: ", "key_sha256: 0", "\"key_sha256\""},
	        {"fresh: no", "fresh: No", "\"fresh\""},
	        {"stored_at: 1", "stored_at: 01", "\"stored_at\""},
	        {"stored_at: 1", "stored_at: x1", "\"stored_at\""},
	        {"stored_at: 1", "stored_at: 11111111111111111111111111", "\"stored_at\""},
	        {"key_name: msiv2-key", "key_name: msiv2\tkey", "control character"},
	        {"key_name: msiv2-key", "key_name: msiv2\xff", "UTF-8"},
	        {"-----BEGIN", "- ---BEGIN", "no certificate"},
	        {"-----END", "-----ENDE", "no certificate"},
	        {"BEGIN CERTIFICATE-----\nM", "BEGIN CERTIFICATE-----\nN", "not DER"},
	        {"BEGIN CERTIFICATE-----\nM", "BEGIN CERTIFICATE-----\n!", "not base64"},
	        {"BEGIN CERTIFICATE-----\n", "BEGIN CERTIFICATE-----\n\n", "one certificate"},
	        {"BEGIN CERTIFICATE-----\n",
	         "BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: A\n\n", "not base64"},
	};
	struct sample *sample = *state;

	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		OWNED_STRUCT(bytes) text = {0};

		replaced(sample, rows[i].from, rows[i].to, &text);
		assert_refused(text.data, text.len, rows[i].word);
	}
}

static void upper_case_digests_are_another_spelling(void **state)
{
	struct sample *sample = *state;
	OWNED_STRUCT(bytes) text = {0};
	OWNED_STRUCT(bytes) hex = {0};

	hex_encode(sample->entry.key_sha256, X509_SHA256_LEN, &hex);
	for (size_t i = 0; i < hex.len; i++)
		if (hex.data[i] >= 'a')
			hex.data[i] = (uint8_t)(hex.data[i] - 'a' + 'A');
	bytes_addf(&text, "%s", bytes_text(&sample->text));
	memcpy(strstr((char *)text.data, "key_sha256: ") + 12, hex.data, hex.len);
	bytes_clear(&hex);
	entry_seal(&text, &hex);
	assert_refused(hex.data, hex.len, "\"key_sha256\"");
}

/* The right checksum, the right members, and something else in the certificate's place. */
static void assert_body_refused(const struct sample *sample, const char *pem, const char *word)
{
	const char *at = strstr(bytes_text(&sample->text), "-----BEGIN");
	size_t before = (size_t)(at - bytes_text(&sample->text));
	size_t len = (size_t)(strstr(at, "sha256: ") - at);
	OWNED_STRUCT(bytes) text = {0};

	entry_seal_splice(&sample->text, before, len, pem, strlen(pem), &text);
	assert_refused(text.data, text.len, word);
}

static void what_is_no_certificate_of_this_entry_is_refused(void **state)
{
	struct sample *sample = *state;
	OWNED_STRUCT(store_entry) other = {0};
	OWNED_STRUCT(bytes) pem = {0};
	OWNED(BIO) *bio = BIO_new(BIO_s_mem());
	char *key_text = NULL;

	assert_body_refused(sample, "", "no certificate");
	assert_int_equal(x509_to_pem(sample->entry.certificate, &pem, NULL), MSIV2_OK);
	assert_int_equal(x509_to_pem(sample->entry.certificate, &pem, NULL), MSIV2_OK);
	assert_body_refused(sample, bytes_text(&pem), "not base64");
	assert_int_equal(
	        PEM_write_bio_PrivateKey(bio, sample->bench.key, NULL, NULL, 0, NULL, NULL), 1);
	assert_int_equal(BIO_write(bio, "", 1), 1);
	assert_true(BIO_get_mem_data(bio, &key_text) > 0);
	assert_body_refused(sample, key_text, "no certificate");
	store_bench_entry(&sample->bench, &(struct entry_recipe){.key = sample->bench.other_key},
	                  &other);
	bytes_clear(&pem);
	assert_int_equal(x509_to_pem(other.certificate, &pem, NULL), MSIV2_OK);
	assert_body_refused(sample, bytes_text(&pem), "another key");
	store_entry_free(&other);
	store_bench_entry(&sample->bench, &(struct entry_recipe){.client_id = "somebody"}, &other);
	bytes_clear(&pem);
	assert_int_equal(x509_to_pem(other.certificate, &pem, NULL), MSIV2_OK);
	assert_body_refused(sample, bytes_text(&pem), "CN is not client_id");
	store_entry_free(&other);
	store_bench_entry(&sample->bench, &(struct entry_recipe){.issuer = "Else"}, &other);
	bytes_clear(&pem);
	assert_int_equal(x509_to_pem(other.certificate, &pem, NULL), MSIV2_OK);
	assert_body_refused(sample, bytes_text(&pem), "\"issuer\"");
}

static void what_could_not_be_read_is_not_written(void **state)
{
	struct sample *sample = *state;
	struct store_entry *entry = &sample->entry;
	char **const texts[] = {&entry->alias,     &entry->source,        &entry->client_id,
	                        &entry->tenant_id, &entry->identity_type, &entry->endpoint,
	                        &entry->key_kind,  &entry->key_name};
	char too_long[ENTRY_VALUE_MAX + 2];
	char *const bad[] = {NULL,
	                     (char[]){""},
	                     (char[]){"a\nb"},
	                     (char[]){"a\rb"},
	                     (char[]){"a\x7f"},
	                     (char[]){"\xc3"},
	                     too_long};

	memset(too_long, 'a', sizeof(too_long) - 1);
	too_long[sizeof(too_long) - 1] = '\0';
	for (size_t i = 0; i < TEXT_COUNT(texts); i++) {
		char *good = *texts[i];

		for (size_t k = 0; k < TEXT_COUNT(bad); k++) {
			OWNED_STRUCT(bytes) out = {0};

			*texts[i] = bad[k];
			assert_int_equal(store_entry_encode(entry, &out, NULL), MSIV2_STORE);
			assert_int_equal(out.len, 0);
		}
		*texts[i] = good;
	}
	entry->key_sha256[0] ^= 1;
	assert_int_equal(store_entry_encode(entry, &sample->text, NULL), MSIV2_STORE);
	entry->key_sha256[0] ^= 1;
	X509_free(steal(&entry->certificate));
	assert_int_equal(store_entry_encode(entry, &sample->text, NULL), MSIV2_STORE);
}

/* A DC that is there is the tenant; certificates without one exist. */
static void a_subject_without_dc_will_do(void **state)
{
	struct sample *sample = *state;
	OWNED_STRUCT(bytes) text = {0};

	X509_free(sample->entry.certificate);
	sample->entry.certificate =
	        certificate_make(&(struct certificate_recipe){.subject_key = sample->bench.key,
	                                                      .issuer_key = sample->bench.key,
	                                                      .cn = BENCH_CLIENT,
	                                                      .not_before_s = BENCH_NOW_S,
	                                                      .not_after_s = BENCH_NOW_S + 9});
	assert_int_equal(store_entry_encode(&sample->entry, &text, NULL), MSIV2_OK);
}

static void out_of_memory_is_told_apart_from_a_corrupt_entry(void **state)
{
	struct sample *sample = *state;
	bool fired = true;

	for (unsigned nth = 1; fired; nth++) {
		OWNED_STRUCT(store_entry) entry = {0};
		OWNED_STRUCT(bytes) text = {0};
		enum msiv2_rc rc;

		mem_fault_at(nth);
		rc = store_entry_decode(sample->text.data, sample->text.len, &entry, NULL);
		fired = mem_fault_fired();
		mem_fault_at(0);
		assert_int_equal(rc, fired ? MSIV2_INTERNAL : MSIV2_OK);
		mem_fault_at(nth);
		rc = store_entry_encode(&sample->entry, &text, NULL);
		fired = mem_fault_fired() || fired;
		assert_int_equal(rc, mem_fault_fired() ? MSIV2_INTERNAL : MSIV2_OK);
		mem_fault_at(0);
	}
}

static void judge(const char *sample, bool good, const struct bytes *body)
{
	OWNED_STRUCT(store_entry) entry = {0};
	OWNED_STRUCT(bytes) again = {0};
	struct msiv2_error err = {0};
	enum msiv2_rc rc = store_entry_decode(body->data, body->len, &entry, &err);

	if ((rc == MSIV2_OK) != good)
		fail_msg("%s: %s", sample, err.message);
	if (good) {
		assert_int_equal(store_entry_encode(&entry, &again, NULL), MSIV2_OK);
		assert_string_equal(bytes_text(&again), bytes_text(body));
	}
}

static void every_sample_is_judged_as_its_name_says(void **state)
{
	(void)state;
	wire_samples_judge("store_entry", judge);
}

#define with_a_sample(test) cmocka_unit_test_setup_teardown(test, make_sample, drop_sample)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        with_a_sample(what_is_written_is_read),
	        with_a_sample(the_device_of_a_key_is_a_line_when_it_is_known),
	        with_a_sample(an_entry_cut_short_anywhere_is_corrupt),
	        with_a_sample(an_entry_with_any_bit_flipped_is_corrupt),
	        with_a_sample(an_entry_with_anything_added_is_corrupt),
	        with_a_sample(each_member_is_there_once_in_its_place_and_not_empty),
	        with_a_sample(members_that_do_not_fit_the_certificate_or_each_other_are_refused),
	        with_a_sample(upper_case_digests_are_another_spelling),
	        with_a_sample(what_is_no_certificate_of_this_entry_is_refused),
	        with_a_sample(what_could_not_be_read_is_not_written),
	        with_a_sample(a_subject_without_dc_will_do),
	        with_a_sample(out_of_memory_is_told_apart_from_a_corrupt_entry),
	        cmocka_unit_test(every_sample_is_judged_as_its_name_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
