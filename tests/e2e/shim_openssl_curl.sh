#!/bin/sh
# SPDX-License-Identifier: MIT
# The client made of openssl and curl goes through the whole flow, and fails clearly.
set -eu
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

start_emulator --quiet
mkdir "$work/kept" "$work/tmp"
export TMPDIR="$work/tmp"

# The whole flow for the system-assigned identity.
expect_rc "whole flow" 0 shell_client --resource "$resource" --keep "$work/kept"
out=$(cat "$work/out")
expect "ok" "$(printf '%s' "$out" | json 'j["ok"]')" true
expect "type" "$(printf '%s' "$out" | json 'j["token_type"]')" mtls_pop
expect "status" "$(printf '%s' "$out" | json 'j["resource"]["status"]')" 200
seen=$(cat "$work/kept/body")
expect "bound to this certificate" "$(printf '%s' "$seen" | json 'j["x5t#S256"]')" \
	"$(printf '%s' "$out" | json 'j["certificate"]["x5t#S256"]')"
expect "audience" "$(printf '%s' "$seen" | json 'j["audience"]')" "$resource"
expect "requests" "$(counts)" "getplatformmetadata=1 issuecredential=1 resource=1 token=1"
expect "nothing broke a rule" "$(get /journal |
	json '[f["rule"] for e in j["events"] for f in e["findings"] if f["rejected"]]')" "[]"
expect "one correlation id" "$(get /journal |
	json 'len({e["correlation_id"] for e in j["events"] if e["endpoint"] != "resource"})')" 1
expect "the token's file" "$(stat -c %a "$work/kept/token")" 600

# Each way to name an identity; a bearer token.
user=a2a2a2a2-0000-4000-8000-000000000002
group=/subscriptions/00000000-0000-4000-8000-000000000000/resourceGroups/local
for identity in client_id:$user object_id:b2b2b2b2-0000-4000-8000-000000000002 \
	resource_id:$group/providers/Microsoft.ManagedIdentity/userAssignedIdentities/local; do
	expect_rc "$identity" 0 shell_client --resource "$resource" --identity "$identity"
	expect "who $identity is" "$(json 'j["client_id"]' <"$work/out")" "$user"
done
expect_rc "bearer" 0 shell_client --resource "$resource" --type bearer
expect "bearer type" "$(json 'j["token_type"].lower()' <"$work/out")" bearer
expect_rc "another audience" 0 shell_client --resource https://vault.azure.net --call "$resource"

# Failures: the right class, one JSON object, nothing left behind.
fails() {
	what=$1
	code=$2
	class=$3
	shift 3
	expect_rc "$what" "$code" "$project/scenarios/shims/openssl-curl.sh" "$@"
	expect "$what: class" "$(json 'j["error"]["class"]' <"$work/out")" "$class"
	expect "$what: one line for a person" "$(wc -l <"$work/err")" 1
}
nobody=client_id:a9a9a9a9-0000-4000-8000-000000000009
fails "no resource" 2 config --imds "$imds" --ca "$ca"
fails "unknown option" 2 config --imdz "$imds"
fails "option without value" 2 config --imds
fails "wrong type" 2 config --resource x --type mac
fails "unreadable CA" 2 config --resource x --imds "$imds" --ca "$work/none"
fails "nobody listens" 6 transport --resource x --imds http://127.0.0.1:1
fails "unknown identity" 8 imds_refused --resource x --imds "$imds" --ca "$ca" --identity "$nobody"
fails "IMDS v1 only" 3 unsupported --resource x --imds "$admin" --ca "$ca"
fails "untrusted server" 6 transport --resource x --imds "$imds" --ca /dev/null
expect_rc "no such path" 20 shell_client --resource x --call "$sts/nowhere"
expect "no such path: ok" "$(json 'j["ok"]' <"$work/out")" false

expect "nothing left behind" "$(ls -A "$TMPDIR")" ""
token=$(cat "$work/kept/token")
expect_no_match "no token in the output" "$out" "${token##*.}"
stop_emulator
done_testing
