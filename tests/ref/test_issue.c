/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include <string.h>

#include "certificate_maker.h"
#include "common/text.h"
#include "common/x509.h"
#include "mem_fault.h"
#include "ref/issue.h"
#include "wire_samples.h"

#define CLIENT_ID    "a1a1a1a1-0000-4000-8000-000000000001"
#define NOT_BEFORE_S INT64_C(1763683200) /* 2025-11-21T00:00:00Z */
#define NOT_AFTER_S  INT64_C(1764288000) /* 2025-11-28T00:00:00Z */
#define WITHIN_S     INT64_C(1763700000)

static EVP_PKEY *ours;
static EVP_PKEY *other;
static EVP_PKEY *ca;

static int set_up(void **state)
{
	(void)state;
	ours = certificate_rsa_key(2048);
	other = certificate_rsa_key(2048);
	ca = certificate_p256_key();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	EVP_PKEY_free(ours);
	EVP_PKEY_free(other);
	EVP_PKEY_free(ca);
	return 0;
}

static void assert_all_zero(const struct issue *issue)
{
	static const struct issue zero;

	assert_memory_equal(issue, &zero, sizeof(zero));
}

static void judge(const char *name, bool good, const struct bytes *body)
{
	OWNED_STRUCT(issue) issue = {0};
	struct msiv2_error err = {0};
	enum msiv2_rc rc = issue_parse(body->data, body->len, &issue, &err);

	if (rc != (good ? MSIV2_OK : MSIV2_IMDS_MALFORMED))
		fail_msg("%s: %s: %s", name, msiv2_rc_name(rc), err.message);
	if (good)
		return;
	assert_all_zero(&issue);
	assert_string_equal(err.where, "imds.issuecredential");
	assert_null(strpbrk(err.message, "\r\n"));
}

static void every_sample_is_judged_as_its_name_says(void **state)
{
	(void)state;
	wire_samples_judge("issue", judge);
}

static enum msiv2_rc parse_sample(const char *name, struct issue *out, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) body = {0};

	wire_sample_read("issue", name, &body);
	return issue_parse(body.data, body.len, out, err);
}

static void a_good_answer_is_read_whole(void **state)
{
	OWNED_STRUCT(issue) issue = {0};
	OWNED_STRUCT(bytes) cn = {0};

	(void)state;
	assert_int_equal(parse_sample("good_user.json", &issue, NULL), MSIV2_OK);
	assert_string_equal(issue.client_id, CLIENT_ID);
	assert_string_equal(issue.tenant_id, "72f988bf-0000-4000-8000-00000000aaaa");
	assert_string_equal(issue.identity_type, "UserAssigned");
	assert_string_equal(issue.endpoint, "https://localhost:8443");
	assert_true(x509_name_value(X509_get_subject_name(issue.certificate), NID_commonName, &cn));
	assert_string_equal(bytes_text(&cn), CLIENT_ID);
}

static void plus_signs_may_be_escaped(void **state)
{
	OWNED_STRUCT(issue) plain = {0};
	OWNED_STRUCT(issue) escaped = {0};

	(void)state;
	assert_int_equal(parse_sample("good_system.json", &plain, NULL), MSIV2_OK);
	assert_int_equal(parse_sample("good_plus_escaped.json", &escaped, NULL), MSIV2_OK);
	assert_int_equal(X509_cmp(plain.certificate, escaped.certificate), 0);
}

static void the_message_names_the_member(void **state)
{
	static const struct {
		const char *sample;
		const char *message;
	} rows[] = {
	        {"bad_no_certificate.json", "member \"certificate\" is missing"},
	        {"bad_empty_mtls_authentication_endpoint.json",
	         "member \"mtls_authentication_endpoint\" is empty"},
	        {"bad_certificate_pem.json",
	         "member \"certificate\" is not base64 on one line without armour"},
	        {"bad_certificate_trailing.json", "certificate: 1 bytes after the DER"},
	        {"bad_identity_type.json", "member \"identity_type\" is neither SystemAssigned nor "
	                                   "UserAssigned: \"systemassigned\""},
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		OWNED_STRUCT(issue) issue = {0};
		struct msiv2_error err = {0};

		assert_int_equal(parse_sample(rows[i].sample, &issue, &err), MSIV2_IMDS_MALFORMED);
		assert_string_equal(err.message, rows[i].message);
	}
}

/* A cut in the middle of a character would make the message unfit for JSON (SEC-01). */
static void what_the_service_wrote_is_shown_as_ascii(void **state)
{
	OWNED_STRUCT(bytes) body = {0};
	OWNED_STRUCT(issue) issue = {0};
	struct msiv2_error err = {0};

	(void)state;
	bytes_add_text(&body, "{\"client_id\":\"a\",\"tenant_id\":\"b\",\"identity_type\":\"x");
	for (int i = 0; i < 40; i++)
		bytes_add_text(&body, "\u00e9");
	bytes_add_text(&body, "\"}");
	assert_int_equal(issue_parse(body.data, body.len, &issue, &err), MSIV2_IMDS_MALFORMED);
	assert_non_null(strstr(err.message, "\"x?????"));
	for (const char *c = err.message; *c != '\0'; c++)
		assert_in_range(*c, 0x20, 0x7E);
}

/* A certificate as issued for `ours`, checked against what is given. */
struct check {
	const char *cn;
	const char *second_cn;
	EVP_PKEY *public_key; /* NULL = ours */
	const char *endpoint; /* NULL = a good one */
	int64_t now_s;        /* 0 = within the validity */
};

static enum msiv2_rc run_check(const struct check *check, struct msiv2_error *err)
{
	OWNED(X509) *cert =
	        certificate_make(&(struct certificate_recipe){.subject_key = ours,
	                                                      .issuer_key = ca,
	                                                      .cn = check->cn,
	                                                      .second_cn = check->second_cn,
	                                                      .not_before_s = NOT_BEFORE_S,
	                                                      .not_after_s = NOT_AFTER_S});
	char client_id[] = CLIENT_ID;
	char endpoint[64];
	struct issue issue = {.client_id = client_id, .endpoint = endpoint, .certificate = cert};

	assert_true(text_copy(endpoint, sizeof(endpoint),
	                      check->endpoint != NULL ? check->endpoint : "https://localhost:1/x"));
	return issue_check(&issue, check->public_key != NULL ? check->public_key : ours,
	                   check->now_s != 0 ? check->now_s : WITHIN_S, err);
}

static void a_certificate_as_it_should_be_passes(void **state)
{
	(void)state;
	assert_int_equal(run_check(&(struct check){.cn = CLIENT_ID}, NULL), MSIV2_OK);
}

static void a_certificate_for_another_key_is_refused(void **state)
{
	struct msiv2_error err = {0};

	(void)state;
	assert_int_equal(run_check(&(struct check){.cn = CLIENT_ID, .public_key = other}, &err),
	                 MSIV2_CERT_INVALID);
	assert_non_null(strstr(err.message, "another key"));
	assert_int_equal(run_check(&(struct check){.cn = CLIENT_ID, .public_key = ca}, &err),
	                 MSIV2_CERT_INVALID);
}

static void the_cn_must_be_the_client_id_and_stand_alone(void **state)
{
	struct msiv2_error err = {0};

	(void)state;
	assert_int_equal(run_check(&(struct check){.cn = "other"}, &err), MSIV2_CERT_INVALID);
	assert_string_equal(err.message, "the certificate's CN is not client_id: \"other\"");
	assert_int_equal(run_check(&(struct check){.cn = NULL}, &err), MSIV2_CERT_INVALID);
	assert_non_null(strstr(err.message, "exactly one CN"));
	assert_int_equal(run_check(&(struct check){.cn = CLIENT_ID, .second_cn = CLIENT_ID}, &err),
	                 MSIV2_CERT_INVALID);
	assert_int_equal(run_check(&(struct check){.cn = CLIENT_ID "x"}, &err), MSIV2_CERT_INVALID);
}

static void both_ends_belong_to_the_validity(void **state)
{
	struct msiv2_error err = {0};
	struct check check = {.cn = CLIENT_ID, .now_s = NOT_BEFORE_S};

	(void)state;
	assert_int_equal(run_check(&check, NULL), MSIV2_OK);
	check.now_s = NOT_AFTER_S;
	assert_int_equal(run_check(&check, NULL), MSIV2_OK);
	check.now_s = NOT_BEFORE_S - 1;
	assert_int_equal(run_check(&check, &err), MSIV2_CERT_INVALID);
	assert_string_equal(err.message, "the certificate is not valid before "
	                                 "2025-11-21T00:00:00Z; now it is 2025-11-20T23:59:59Z");
	check.now_s = NOT_AFTER_S + 1;
	assert_int_equal(run_check(&check, &err), MSIV2_CERT_INVALID);
	assert_string_equal(err.message, "the certificate expired at 2025-11-28T00:00:00Z; now it "
	                                 "is 2025-11-28T00:00:01Z");
}

static void a_bad_endpoint_is_malformed_and_named(void **state)
{
	struct msiv2_error err = {0};

	(void)state;
	assert_int_equal(
	        run_check(&(struct check){.cn = CLIENT_ID, .endpoint = "https://u@h"}, &err),
	        MSIV2_IMDS_MALFORMED);
	assert_string_equal(err.message,
	                    "member \"mtls_authentication_endpoint\" has user information");
	assert_int_equal(run_check(&(struct check){.cn = CLIENT_ID, .endpoint = "http://h"}, &err),
	                 MSIV2_IMDS_MALFORMED);
}

static X509 *make_ours(void)
{
	return certificate_make(&(struct certificate_recipe){.subject_key = ours,
	                                                     .issuer_key = ca,
	                                                     .cn = CLIENT_ID,
	                                                     .not_before_s = NOT_BEFORE_S,
	                                                     .not_after_s = NOT_AFTER_S});
}

static void a_certificate_whose_key_nobody_can_read_is_refused(void **state)
{
	X509 *cert = make_ours();
	char text[] = CLIENT_ID;
	char endpoint[] = "https://localhost";
	X509_PUBKEY *spki = X509_get_X509_PUBKEY(cert);
	struct issue lent = {.client_id = text, .endpoint = endpoint, .certificate = NULL};
	struct msiv2_error err = {0};
	uint8_t *der = NULL;
	const uint8_t *at;
	int len;

	(void)state;
	assert_int_equal(X509_PUBKEY_set0_param(spki, OBJ_txt2obj("1.3.6.1.4.1.311.90.2.99", 1),
	                                        V_ASN1_UNDEF, NULL, NULL, 0),
	                 1);
	/* The bytes are kept from the signing; they have to be made anew. */
	assert_true(i2d_re_X509_tbs(cert, NULL) > 0);
	len = i2d_X509(cert, &der);
	at = der;
	lent.certificate = d2i_X509(NULL, &at, len);
	OPENSSL_free(der);
	X509_free(cert);
	assert_non_null(lent.certificate);
	assert_int_equal(issue_check(&lent, ours, WITHIN_S, &err), MSIV2_CERT_INVALID);
	assert_non_null(strstr(err.message, "cannot be read"));
	X509_free(lent.certificate);
}

static void a_validity_that_nobody_can_read_is_refused(void **state)
{
	OWNED(X509) *cert = make_ours();
	char id[] = CLIENT_ID;
	char endpoint[] = "https://localhost";
	struct issue issue = {.client_id = id, .endpoint = endpoint, .certificate = cert};
	struct msiv2_error err = {0};

	(void)state;
	assert_int_equal(ASN1_STRING_set(X509_getm_notAfter(cert), "next week", -1), 1);
	assert_int_equal(issue_check(&issue, ours, WITHIN_S, &err), MSIV2_CERT_INVALID);
	assert_string_equal(err.message, "the certificate's validity cannot be read");
}

static void out_of_memory_at_any_point_is_an_error_and_nothing_is_lost(void **state)
{
	OWNED_STRUCT(bytes) body = {0};
	bool done = false;

	(void)state;
	wire_sample_read("issue", "good_system.json", &body);
	for (unsigned nth = 1; !done; nth++) {
		OWNED_STRUCT(issue) issue = {0};
		int64_t now_s = 0;
		int64_t unused_s;
		enum msiv2_rc rc;

		mem_fault_at(nth);
		rc = issue_parse(body.data, body.len, &issue, NULL);
		if (rc != MSIV2_OK)
			assert_all_zero(&issue);
		else if (x509_validity(issue.certificate, &now_s, &unused_s))
			rc = issue_check(&issue, X509_get0_pubkey(issue.certificate), now_s, NULL);
		done = !mem_fault_fired();
		assert_int_equal(rc, done ? MSIV2_OK : MSIV2_INTERNAL);
		assert_true(nth < 50);
	}
	mem_fault_at(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_sample_is_judged_as_its_name_says),
	        cmocka_unit_test(a_good_answer_is_read_whole),
	        cmocka_unit_test(plus_signs_may_be_escaped),
	        cmocka_unit_test(the_message_names_the_member),
	        cmocka_unit_test(what_the_service_wrote_is_shown_as_ascii),
	        cmocka_unit_test(a_certificate_as_it_should_be_passes),
	        cmocka_unit_test(a_certificate_for_another_key_is_refused),
	        cmocka_unit_test(the_cn_must_be_the_client_id_and_stand_alone),
	        cmocka_unit_test(both_ends_belong_to_the_validity),
	        cmocka_unit_test(a_bad_endpoint_is_malformed_and_named),
	        cmocka_unit_test(a_certificate_whose_key_nobody_can_read_is_refused),
	        cmocka_unit_test(a_validity_that_nobody_can_read_is_refused),
	        cmocka_unit_test(out_of_memory_at_any_point_is_an_error_and_nothing_is_lost),
	};

	return cmocka_run_group_tests_name("issue", tests, set_up, tear_down);
}
