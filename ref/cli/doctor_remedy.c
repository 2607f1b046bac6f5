/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "doctor_remedy.h"

#include "common/text.h"

#define REACH_IMDS                                                                                 \
	"on an Azure machine see that nothing blocks 169.254.169.254; elsewhere start "            \
	"msiv2-emulator and give its address to --imds"
#define OTHER_IMDS                                                                                 \
	"this host knows managed identity v1 only, or something else answers there: see --imds"
#define ENROL                                                                                      \
	"have the device enrolled: msiv2 key enrol --authority URL --keys KIND; or go without "    \
	"--attest"
#define CLOCK "set this machine's clock (timedatectl set-ntp true)"

static const struct remedy_row {
	enum doctor_check check;
	enum msiv2_rc rc;
	const char *text;
} remedies[] = {
        {CHECK_TRUST, MSIV2_CONFIG,
         "give --ca a PEM file with the roots to trust, readable for this user"},
        {CHECK_KEY, MSIV2_KEY_UNAVAILABLE,
         "see the kinds above; --keys memory needs no device, unless --min-strength forbids it"},
        {CHECK_KEY, MSIV2_TIMEOUT,
         "a device does not answer: give it more --timeout, or leave its kind out of --keys"},
        {CHECK_ATTESTATION, MSIV2_ATTESTATION_FAILED, ENROL},
        {CHECK_IMDS, MSIV2_TRANSPORT, REACH_IMDS},
        {CHECK_IMDS, MSIV2_TIMEOUT, REACH_IMDS},
        {CHECK_IMDS, MSIV2_UNSUPPORTED, OTHER_IMDS},
        {CHECK_IMDS, MSIV2_IMDS_MALFORMED, OTHER_IMDS},
        {CHECK_IDENTITY, MSIV2_TRANSPORT, REACH_IMDS},
        {CHECK_IDENTITY, MSIV2_TIMEOUT, REACH_IMDS},
        {CHECK_IDENTITY, MSIV2_UNSUPPORTED, OTHER_IMDS},
        {CHECK_IDENTITY, MSIV2_IMDS_MALFORMED, OTHER_IMDS},
        {CHECK_IDENTITY, MSIV2_IMDS_REFUSED,
         "assign the identity to this machine, or name another with --identity"},
        {CHECK_CERTIFICATE, MSIV2_KEY_UNAVAILABLE,
         "the key stopped to sign: see msiv2 key with the same options"},
        {CHECK_CERTIFICATE, MSIV2_ATTESTATION_FAILED, ENROL},
        {CHECK_CERTIFICATE, MSIV2_TRANSPORT,
         "see that this machine reaches IMDS, and with --attest the attestation service; if "
         "that one is not trusted, give its CA to --ca"},
        {CHECK_CERTIFICATE, MSIV2_TIMEOUT, REACH_IMDS},
        {CHECK_CERTIFICATE, MSIV2_IMDS_REFUSED,
         "act on what IMDS says; a host that requires attestation wants --attest and keys "
         "that can be attested"},
        {CHECK_CERTIFICATE, MSIV2_IMDS_MALFORMED, OTHER_IMDS},
        {CHECK_CERTIFICATE, MSIV2_CERT_INVALID,
         "if the times are at fault, " CLOCK "; otherwise whoever runs IMDS has to act"},
        {CHECK_TOKEN_SERVICE, MSIV2_TRANSPORT,
         "if the server is not trusted, give its CA to --ca; otherwise see that this machine "
         "(and its proxy settings) reach the address"},
        {CHECK_TOKEN_SERVICE, MSIV2_TIMEOUT,
         "see that this machine (and its proxy settings) reach the address"},
        {CHECK_TOKEN_SERVICE, MSIV2_KEY_UNAVAILABLE,
         "the key stopped to sign: see msiv2 key with the same options"},
        {CHECK_CLOCK, MSIV2_CERT_INVALID, CLOCK},
};

const char *doctor_remedy(enum doctor_check check, enum msiv2_rc rc)
{
	for (size_t i = 0; i < TEXT_COUNT(remedies); i++) {
		if (remedies[i].check == check && remedies[i].rc == rc)
			return remedies[i].text;
	}
	return "run it again with --verbose, and report what it says";
}

static const struct lack_row {
	enum doctor_check kind;
	enum key_lack lack;
	const char *text;
} lacks[] = {
        {CHECK_KEYGUARD, KEY_LACK_ABSENT,
         "install SoftHSM2 and make a token (script/softhsm-token), or name a PKCS#11 module "
         "with --pkcs11-module and its token with --pkcs11-token"},
        {CHECK_KEYGUARD, KEY_LACK_BROKEN,
         "see whether the module works at all: pkcs11-tool --module FILE --list-token-slots"},
        {CHECK_KEYGUARD, KEY_LACK_REFUSED,
         "give the right PIN by --pin-file or MSIV2_PKCS11_PIN; a locked PIN is set anew by the "
         "token's security officer"},
        {CHECK_HARDWARE, KEY_LACK_ABSENT,
         "see that /dev/tpmrm0 is there and this user may open it (group tss), or name the TPM "
         "with --tcti"},
        {CHECK_HARDWARE, KEY_LACK_BROKEN,
         "see whether the TPM answers at all: tpm2_getcap properties-fixed"},
        {CHECK_HARDWARE, KEY_LACK_REFUSED,
         "wait until the TPM's lockout ends, or have its owner end it: tpm2_dictionarylockout "
         "--clear-lockout"},
        {CHECK_MEMORY, KEY_LACK_BROKEN,
         "OpenSSL makes no key: see its installation and its configuration (openssl genrsa)"},
};

const char *doctor_remedy_of_lack(enum doctor_check kind, enum key_lack lack)
{
	for (size_t i = 0; i < TEXT_COUNT(lacks); i++) {
		if (lacks[i].kind == kind && lacks[i].lack == lack)
			return lacks[i].text;
	}
	return doctor_remedy(kind, MSIV2_OK);
}
