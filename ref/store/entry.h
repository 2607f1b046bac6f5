/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* One entry of a certificate store, as a pure codec: bytes of a file to a struct and back.
 *
 * The file is text: lines "name: value" that say what the certificate belongs to, the certificate
 * as PEM (so that `openssl x509 -in FILE` reads it), and a last line with the SHA-256 of all bytes
 * before it. It holds a certificate and a reference to a key, never a key (STORE-03). Values are
 * one line each, UTF-8 without control characters, at most ENTRY_VALUE_MAX bytes. There is one
 * spelling of an entry: what is read encodes to the same bytes. */
#ifndef REF_STORE_ENTRY_H
#define REF_STORE_ENTRY_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/err.h"
#include "common/own.h"
#include "common/x509.h"

#define ENTRY_MAX_LEN   (64 * 1024) /* most bytes of an entry's file */
#define ENTRY_VALUE_MAX 2048        /* most bytes of a line's value */

struct store_entry {
	char *alias;  /* identity as given + "#att=1" or "#att=0" (STORE-10) */
	char *source; /* origin of the IMDS that issued it: another IMDS is another world (HOUSE) */
	char *client_id;     /* ISSUE-02; equals the subject's one CN */
	char *tenant_id;     /* ISSUE-02; equals the subject's DC if it has one */
	char *identity_type; /* ISSUE-02 */
	char *endpoint;      /* mtls_authentication_endpoint */
	char *key_kind;      /* "keyguard" or "hardware" */
	char *key_name;      /* name of the key in its device */
	char *device;        /* name of that device (provider.h); NULL = not known */
	uint8_t key_sha256[X509_SHA256_LEN]; /* of the key's SubjectPublicKeyInfo; equals the leaf's
	                                      */
	bool fresh;                          /* issued with bypass_cache=true (ISSUE-06) */
	int64_t stored_at_s;                 /* client time when it was written */
	X509 *certificate;
};

/* Frees the members and zeroes them. */
void store_entry_free(struct store_entry *entry);
DEFINE_OWNED_VALUE(store_entry, store_entry_free)

/* Appends the file. MSIV2_STORE naming the member that cannot be written (a control character, too
 * long, absent) or does not match the certificate: what is written can be read. */
MSIV2_MUST_USE enum msiv2_rc store_entry_encode(const struct store_entry *entry, struct bytes *out,
                                                struct msiv2_error *err);
/* Reads a file. MSIV2_STORE naming what is wrong: cut short, checksum, unknown version, a member
 * missing, unknown, twice, out of order or empty, no certificate, two of them, the certificate's
 * subject, issuer or public key not what the lines say. *out is all zero then. Never reads past
 * `len`. */
MSIV2_MUST_USE enum msiv2_rc store_entry_decode(const void *text, size_t len,
                                                struct store_entry *out, struct msiv2_error *err);
/* Appends the issuer of the entry's certificate as one line (x509_name_text()): what STORE-01 looks
 * for, as the certificate itself says it. */
MSIV2_MUST_USE enum msiv2_rc store_entry_issuer(const struct store_entry *entry, struct bytes *out,
                                                struct msiv2_error *err);

#endif
