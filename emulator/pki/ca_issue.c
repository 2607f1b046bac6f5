/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The certificates that a running authority issues, right or wrong on purpose. */
#include "common/text.h"
#include "common/x509.h"
#include "emulator/pki/ca.h"
#include "emulator/pki/ca_certificate.h"
#include "emulator/pki/ca_names.h"
#include "emulator/pki/ca_own.h"
#include "emulator/pki/ca_state.h"

static const struct ca_profile profile_stranger = {
        "an issuer that nobody knows NOT FOR PRODUCTION",
        "critical,CA:TRUE",
        "critical,keyCertSign,cRLSign",
        NULL,
};

/* The value that a breach puts in the place of the right one. */
static const char *instead(const char *right, const char *wrong)
{
	if (wrong == NULL)
		return right;
	return wrong[0] != '\0' ? wrong : NULL;
}

/* Signs, as one of ours or as a stranger. */
static enum msiv2_rc make(struct ca_certificate *what, const struct ca_pair *issuer, bool foreign,
                          X509 **out, struct msiv2_error *err)
{
	OWNED_STRUCT(ca_pair) stranger = {0};

	if (foreign) {
		TRY(ca_pair_make(CA_KEY_EC_P256, &profile_stranger, NULL, NULL, what->rng,
		                 &stranger, err));
		issuer = &stranger;
	}
	what->issuer = issuer->cert;
	what->issuer_key = issuer->key;
	return ca_certificate_make(what, out, err);
}

enum msiv2_rc ca_issue(const struct ca *ca, const struct ca_leaf *leaf, X509 **out,
                       struct msiv2_error *err)
{
	static const struct ca_breach nothing = {0};
	const struct ca_breach *breach = leaf->breach != NULL ? leaf->breach : &nothing;
	const struct ca_profile profile = {
	        NULL,
	        instead(ca_profile_client.basic_constraints, breach->basic_constraints),
	        instead(ca_profile_client.key_usage, breach->key_usage),
	        instead(ca_profile_client.extended_key_usage, breach->extended_key_usage),
	};
	struct ca_certificate what = {.profile = &profile,
	                              .subject = leaf->subject,
	                              .public_key = leaf->public_key,
	                              .not_before_s = leaf->not_before_s,
	                              .not_after_s = leaf->not_after_s,
	                              .rng = ca_rng(ca)};

	return make(&what, &ca_own_parts(ca)->issuer, breach->foreign, out, err);
}

enum msiv2_rc ca_issue_server(const struct ca *ca, const struct ca_server_breach *breach,
                              X509 **out, struct msiv2_error *err)
{
	bool timed = breach->not_before_s != 0 || breach->not_after_s != 0;
	OWNED(GENERAL_NAMES) *names = NULL;
	struct ca_certificate what = {
	        .profile = &ca_profile_server,
	        .public_key = ca_server_key(ca),
	        .not_before_s = timed ? breach->not_before_s : CA_FOREVER_NOT_BEFORE_S,
	        .not_after_s = timed ? breach->not_after_s : CA_FOREVER_NOT_AFTER_S,
	        .rng = ca_rng(ca)};

	TRY(ca_names_one(breach->name != NULL ? breach->name : "localhost", &names, err));
	what.names = names;
	return make(&what, &ca_own_parts(ca)->root, breach->foreign, out, err);
}
