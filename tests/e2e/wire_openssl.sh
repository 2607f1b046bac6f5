#!/bin/sh
# SPDX-License-Identifier: MIT
# What the reference client and the emulator send, judged by the openssl command alone.
set -eu
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

tenant=72f988bf-0000-4000-8000-00000000aaaa
system=a1a1a1a1-0000-4000-8000-000000000001
vm='{"vmId":"11111111-2222-4333-8444-555555555555"}'

# der_facts FILE: one line for each element, "depth type value", without offsets.
der_facts() {
	openssl asn1parse -inform DER -in "$1" |
		sed -n 's/^ *[0-9]*:d=\([0-9]*\) .* \(prim\|cons\): \(.*\)$/\1 \3/p' |
		sed 's/  */ /g'
}

# check_csr WHO FILE: CSR-01 to CSR-05 as asn1parse and req see them.
check_csr() {
	facts=$(der_facts "$2")
	expect_rc "$1: signature" 0 openssl req -inform DER -in "$2" -verify -noout
	expect_match "$1: signature" "$(cat "$work/err" "$work/out")" 'self-signature verify OK'
	text=$(openssl req -inform DER -in "$2" -noout -text)
	expect_match "$1: version 0" "$text" 'Version: 1 \(0x0\)'
	expect_match "$1: key" "$text" 'Public-Key: \(2048 bit\)'
	expect_match "$1: PSS" "$text" 'Signature Algorithm: rsassaPss'
	expect_match "$1: digest" "$text" 'Hash Algorithm: sha256'
	expect_match "$1: mask" "$text" 'Mask Algorithm: mgf1 with sha256'
	expect_match "$1: salt" "$text" 'Salt Length: 0x20'
	# Text may omit defaults; the DER must not state the trailer field at all.
	expect "$1: trailer field left out" "$(printf '%s\n' "$facts" |
		sed -n '/rsassaPss/,$p' | grep -c '^3 cont \[ 3 \]')" 0
	expect "$1: names in DER order" "$(printf '%s\n' "$facts" |
		sed -n 's/^5 OBJECT *:\(domainComponent\|commonName\)$/\1/p' | tr '\n' ' ')" \
		"domainComponent commonName "
	expect_match "$1: DC" "$facts" "^5 (IA5STRING|PRINTABLESTRING|UTF8STRING) *:$tenant\$"
	expect_match "$1: CN" "$facts" "^5 (PRINTABLESTRING|UTF8STRING) *:$system\$"
	expect "$1: one attribute" "$(printf '%s\n' "$facts" |
		sed -n 's/^4 OBJECT *:\([0-9.]*\)$/\1/p')" 1.3.6.1.4.1.311.90.2.10
	expect "$1: its value" "$(printf '%s\n' "$facts" |
		sed -n 's/^5 UTF8STRING *:\({.*\)$/\1/p')" "$vm"
	expect "$1: attributes tag" "$(printf '%s\n' "$facts" | grep -c '^2 cont \[ 0 \]')" 1
	expect "$1: nothing after the DER" "$(der_length "$2")" "$(wc -c <"$2")"
}

# der_length FILE: how long the outermost element is, header included.
der_length() {
	openssl asn1parse -inform DER -in "$1" |
		sed -n '1s/.*hl= *\([0-9]*\) l= *\([0-9]*\).*/\1 \2/p' | awk '{ print $1 + $2 }'
}

# fingerprint FILE: SHA-256 of the certificate as openssl prints it, in base64url.
x5t() {
	openssl x509 -in "$1" -noout -fingerprint -sha256 | sed 's/.*=//' | tr -d ':\n' |
		/usr/bin/python3 -c 'import base64, sys
digest = bytes.fromhex(sys.stdin.read())
print(base64.urlsafe_b64encode(digest).decode().rstrip("="))'
}

# check_certificate WHO PEM: ISSUE-03, and the chain to the CA file.
check_certificate() {
	expect_rc "$1: chain" 0 openssl verify -CAfile "$ca" -purpose sslclient "$2"
	text=$(openssl x509 -in "$2" -noout -text)
	expect_match "$1: use" "$text" 'Digital Signature'
	expect_match "$1: extended use" "$text" 'TLS Web Client Authentication'
	expect_match "$1: no CA" "$text" 'CA:FALSE'
	subject=$(openssl x509 -in "$2" -noout -subject -nameopt sep_comma_plus,sname)
	expect_match "$1: subject" "$subject" "DC=$tenant,CN=$system\$"
	issuer=$(openssl x509 -in "$2" -noout -issuer -nameopt multiline)
	expect_match "$1: issuer" "$issuer" 'managedidentitysnissuer.login.microsoft.com'
	expect_match "$1: issuer" "$issuer" 'NOT FOR PRODUCTION'
	expect_rc "$1: good for 6.9 days" 0 openssl x509 -in "$2" -noout -checkend 596160
	expect_rc "$1: not for more than 7" 1 openssl x509 -in "$2" -noout -checkend 604801
}

start_emulator --quiet
mkdir "$work/kept"

# The reference client.
msiv2 csr --pem >"$work/csr.pem"
openssl req -in "$work/csr.pem" -outform DER -out "$work/ref.der"
check_csr "msiv2 csr" "$work/ref.der"
msiv2 cert --pem >"$work/cert.pem"
check_certificate "msiv2 cert" "$work/cert.pem"
msiv2 cert --json >"$work/cert.json"
expect "sha256 and x5t#S256 are one digest" \
	"$(json 'bytes.fromhex(j["certificate"]["sha256"]).hex()' <"$work/cert.json")" \
	"$(json '__import__("base64").urlsafe_b64decode(j["certificate"]["x5t#S256"] + "=").hex()' \
		<"$work/cert.json")"

# The shell client, whose key we hold.
shell_client --resource "$resource" --keep "$work/kept" >"$work/shim.json"
check_csr "shell client" "$work/kept/csr.der"
check_certificate "issued to the shell client" "$work/kept/cert.pem"
expect "thumbprint in the token" "$(json 'j["x5t#S256"]' <"$work/kept/body")" \
	"$(x5t "$work/kept/cert.pem")"

# A foreign CA does not verify it.
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=foreign -keyout "$work/foreign.key" \
	-out "$work/foreign.pem" 2>/dev/null
expect_rc "a foreign CA" 2 openssl verify -CAfile "$work/foreign.pem" "$work/kept/cert.pem"

stop_emulator
done_testing
