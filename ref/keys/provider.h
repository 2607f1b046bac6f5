/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A provider is where keys live: an enclave behind PKCS#11, a TPM 2.0, this process. The hierarchy
 * (KEY-02) asks one after another; each says why it has no key, so that absent, broken and
 * refusing ones are told apart and logged (KEY-10).
 *
 * A provider's key persists in its device under a stable name and is found again by the next
 * process; the memory provider's dies with the process (KEY-03). Providers are thread-safe; a key
 * keeps what it needs of its provider alive by itself. */
#ifndef REF_KEYS_PROVIDER_H
#define REF_KEYS_PROVIDER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/err.h"
#include "common/log.h"
#include "key.h"
#include "ref/net/patience.h"

/* Why a provider gave no key. */
enum key_lack {
	KEY_LACK_NONE,    /* it gave one */
	KEY_LACK_ABSENT,  /* not configured, or no such device on this machine */
	KEY_LACK_UNMADE,  /* the device is there, the key is not, and was not to be made */
	KEY_LACK_BROKEN,  /* it is there and fails */
	KEY_LACK_REFUSED, /* it is there and will not: wrong or locked PIN, lockout, policy */
};

/* Where the keys of each provider are; all texts are borrowed. NULL = the default in the comment.
 */
struct key_place {
	const char *name;        /* of the key in its device: "msiv2" */
	const char *module;      /* PKCS#11 module: the path of SoftHSM2's, when there is one */
	const char *token_label; /* of the token: "msiv2" */
	const char
	        *pin_file; /* file with the user PIN: the environment variable MSIV2_PKCS11_PIN */
	const char *tcti;  /* TPM: "device:/dev/tpmrm0" when it exists */
	bool existing;     /* find only: nothing is made, replaced or removed */
	const struct msiv2_clock *clock; /* deadlines and retries */
	struct log log;
	struct lifesign lifesign; /* told while a key is looked for or made, not later */
};

/* What `msiv2 key` tells a person. */
struct key_description {
	char location[256];   /* "PKCS#11 token msiv2 (SoftHSM), object msiv2" */
	char protection[256]; /* "sensitive, never extractable, made inside" */
	bool persistent;      /* survives the process */
	bool attestable;      /* key_ops.attest is there and enrolled */
};

struct key_provider {
	const char *kind; /* "keyguard", "hardware", "memory" */
	int strength;     /* higher is stronger: 3, 2, 1 (KEY-02) */
	/* Finds the key of place->name or makes it, and proves by a test signature that it lives;
	 * one that does not is replaced (KEY-08). With place->existing there is no making and no
	 * replacing: KEY_LACK_UNMADE when there is none. Never leaves a half-made key behind. Ends
	 * by deadline_us (monotonic, CLOCK_NEVER allowed). On failure *lack says why and the error
	 * is MSIV2_KEY_UNAVAILABLE in words for a person (MSIV2_TIMEOUT at the deadline,
	 * MSIV2_INTERNAL when memory is out). */
	enum msiv2_rc (*get_or_create)(const struct key_place *place, int64_t deadline_us,
	                               struct key **out, enum key_lack *lack,
	                               struct msiv2_error *err);
	/* The public key (SPKI DER) of the identity that attests keys, made when absent; NULL
	 * function = this kind cannot be attested (ATT-02). */
	enum msiv2_rc (*identity)(const struct key_place *place, struct bytes *spki_der,
	                          struct msiv2_error *err);
	/* Keeps the identity's certificate in the device, in place of an older one. */
	enum msiv2_rc (*enrol)(const struct key_place *place, const void *cert_der, size_t len,
	                       struct msiv2_error *err);
	/* Removes the key (and nothing else) from the device; MSIV2_OK when there was none. */
	enum msiv2_rc (*remove)(const struct key_place *place, struct msiv2_error *err);
	/* Appends a name of the device at that place (HOUSE): one line of printable ASCII that no
	 * other device has and that outlives its keys. By deadline_us, as get_or_create. NULL
	 * function = keys of this kind are in no device. */
	enum msiv2_rc (*device)(const struct key_place *place, int64_t deadline_us,
	                        struct bytes *out, struct msiv2_error *err);
};

/* The three there are. */
extern const struct key_provider keyguard_provider;
extern const struct key_provider hardware_provider;
extern const struct key_provider memory_provider;

#endif
