/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The emulator's certificate authority and its keys. NOT FOR PRODUCTION, and every subject says so.
 *
 *   root    self-signed; what a client trusts (the `--ca-out` file)
 *   server  signed by root: TLS of the token service and the resource, for localhost,
 *           127.0.0.1, ::1 and the names added
 *   issuer  signed by root, for clientAuth only: issues the client certificates (ISSUE-03)
 *
 * All three are valid from 1970 to 2999, so that moving the clock never breaks transport by
 * accident. Keys are P-256, or RSA-2048 by option.
 *
 * With a state directory (0700, on a file system with hard links) root and issuer are kept in
 * authority.pem and the server in server.pem, both 0600. Emulators that share a directory, also
 * when they start at the same moment, have one authority and accept each other's certificates. */
#ifndef EMULATOR_PKI_CA_H
#define EMULATOR_PKI_CA_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/err.h"
#include "common/own.h"
#include "common/rng.h"
#include "common/x509.h"

struct ca;

enum ca_key_type { CA_KEY_EC_P256, CA_KEY_RSA_2048 };

struct ca_options {
	enum ca_key_type key_type;
	const char *state_dir;    /* NULL = memory only */
	const char *const *names; /* extra server names: DNS names or IP addresses */
	size_t name_count;
	const struct rng *rng; /* serial numbers */
};

/* Makes or loads everything. MSIV2_CONFIG naming the file for bad state (foreign, open to others,
 * cut short, key not matching, keys of the other type), with nothing changed on disk; at "--name"
 * for what is neither a DNS name nor an address. A state directory made for other names gets a new
 * server certificate under the same root. */
MSIV2_MUST_USE enum msiv2_rc ca_new(const struct ca_options *options, struct ca **out,
                                    struct msiv2_error *err);
/* Frees; NULL is allowed. */
void ca_free(struct ca *ca);
DEFINE_OWNED_STRUCT(ca, ca_free)

/* Borrowed parts; valid as long as the CA. */
X509 *ca_root(const struct ca *ca);
X509 *ca_issuer(const struct ca *ca);
X509 *ca_server(const struct ca *ca);
EVP_PKEY *ca_server_key(const struct ca *ca);

/* Appends root and issuer as PEM, root first, with a comment line NOT FOR PRODUCTION before each.
 */
MSIV2_MUST_USE enum msiv2_rc ca_bundle_pem(const struct ca *ca, struct bytes *out,
                                           struct msiv2_error *err);

/* What to issue. */
struct ca_leaf {
	const X509_NAME *subject; /* copied as is from the CSR (ISSUE-03) */
	EVP_PKEY *public_key;     /* of the CSR */
	int64_t not_before_s;
	int64_t not_after_s;
	const struct ca_breach *breach; /* NULL = nothing */
};
/* What is wrong with a client certificate on purpose; `{0}` = nothing. The usages are in OpenSSL's
 * notation; NULL = as they should be, "" = none. */
struct ca_breach {
	const char *basic_constraints;
	const char *key_usage;
	const char *extended_key_usage;
	bool foreign; /* issued by a CA of that moment that nobody knows */
};
/* Issues a client certificate: KU digitalSignature, EKU clientAuth, CA false, SKI and AKI, positive
 * random 128-bit serial. *out is owned by the caller. Thread-safe. */
MSIV2_MUST_USE enum msiv2_rc ca_issue(const struct ca *ca, const struct ca_leaf *leaf, X509 **out,
                                      struct msiv2_error *err);

/* What is wrong with another certificate for the server's key. */
struct ca_server_breach {
	const char *name;     /* the one name it has; NULL = localhost */
	int64_t not_before_s; /* both 0 = as ever */
	int64_t not_after_s;
	bool foreign; /* issued by a CA of that moment that nobody knows */
};
/* Issues it. *out is owned by the caller. Thread-safe. */
MSIV2_MUST_USE enum msiv2_rc ca_issue_server(const struct ca *ca,
                                             const struct ca_server_breach *breach, X509 **out,
                                             struct msiv2_error *err);

/* Why a client certificate is not accepted. */
enum ca_verdict {
	CA_OK,
	CA_NOT_YET_VALID,
	CA_EXPIRED,
	CA_FOREIGN,       /* not issued by this CA, or altered */
	CA_NOT_FOR_CLIENT /* ours, but for something else: EKU or KU missing or wrong, or a CA */
};
/* Verifies a presented certificate, whose DER has that SHA-256, at now_s (the world's clock); both
 * ends of the validity count as inside. Of several verdicts the one that says most is given:
 * foreign, then not for clients, then time. Revocation is not looked at. Thread-safe. */
enum ca_verdict ca_verify_client(const struct ca *ca, X509 *cert,
                                 const uint8_t sha256[X509_SHA256_LEN], int64_t now_s);

#endif
