#!/bin/sh
# SPDX-License-Identifier: MIT
# SEC-01: no token, no private key, no attestation token in any log, journal, error or output.
set -eu
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

start_emulator --state "$work/state"
mkdir "$work/kept" "$work/seen"
vault=https://vault.azure.net
canary="canary-0c0ffee0-attestation"
bearer="canary-1c0ffee1-authorization"

# Everything a run leaves for somebody to read.
shell_client --resource "$resource" --keep "$work/kept" >"$work/seen/shim" 2>&1
msiv2 token --resource $vault -v >"$work/seen/token" 2>&1
msiv2 token --resource $vault --json -v >"$work/seen/json" 2>&1
msiv2 call "$resource" --resource $vault -v >"$work/seen/call" 2>&1
msiv2 token --resource $vault --json --show-token >"$work/shown.json"
"$MSIV2_BIN/msiv2" token --resource $vault --imds "$imds" -v >"$work/seen/untrusted" 2>&1 || true

# Requests that carry secrets where they do not belong, refused and accepted alike.
csr=$(openssl base64 -A -in "$work/kept/csr.der")
for body in "{\"csr\":\"$csr\",\"attestation_token\":\"$canary\"}" \
	"{\"csr\":\"!\",\"attestation_token\":\"$canary\"}" "{\"attestation_token\":\"$canary\"" \
	"$canary"; do
	curl -q -sS --noproxy '*' -H 'Metadata: true' -H 'Content-Type: application/json' \
		-H "Authorization: Bearer $bearer" --data "$body" -o "$work/body" \
		"$imds/metadata/identity/issuecredential?cred-api-version=2.0"
	cat "$work/body" >>"$work/answers"
done
for scheme in mtls_pop Bearer Basic; do
	curl -q -sS --noproxy '*' --cacert "$ca" -H "Authorization: $scheme $bearer" "$resource" \
		>>"$work/answers"
done
# The certificate in an answer is no secret; what was sent in must not come back.
expect_no_match "answers repeat no secret" "$(cat "$work/answers")" "$canary|$bearer"

get /journal >"$work/seen/journal"
get '/journal?limit=1000' >"$work/seen/journal-all"
get /rules >"$work/seen/rules"
get /health >"$work/seen/health"
cp "$work/emulator.err" "$work/seen/emulator.err"
expect_match "the journal has the requests" "$(cat "$work/seen/journal-all")" issuecredential

# hidden WHAT TEXT: nowhere in what was seen.
hidden() {
	[ -n "$2" ] || expect "$1 is something to look for" empty "not empty"
	expect "$1" "$(grep -rlF -e "$2" "$work/seen" || true)" ""
}
shown=$(json 'j["access_token"]' <"$work/shown.json")
token=$(cat "$work/kept/token")
hidden "signature of the shell client's token" "${token##*.}"
hidden "claims of the shell client's token" "$(printf '%s' "$token" | cut -d . -f 2)"
hidden "signature of the shown token" "${shown##*.}"
hidden "attestation token" "$canary"
hidden "authorization" "$bearer"
hidden "private key" "PRIVATE KEY"
hidden "private key of the shell client" "$(sed -n 2p "$work/kept/key.pem")"
for file in "$work/state"/*; do
	if grep -q PRIVATE "$file"; then
		hidden "key in ${file##*/}" "$(sed -n '/BEGIN.*PRIVATE/{n;p;}' "$file" | head -n 1)"
	fi
done
# JWTs start with {" in base64url; the reference client's own tokens are unknown to us but look so.
expect "anything that looks like a token" \
	"$(grep -rlE 'eyJ[A-Za-z0-9_-]{8,}\.' "$work/seen" || true)" ""

stop_emulator
hidden "in what the emulator said at its end" "$canary"
done_testing
