#!/bin/sh
# SPDX-License-Identifier: MIT
# The admin interface of a running emulator answers as emulator/admin/openapi.json says, over a
# journal with everything in it; with a key, nobody enters without it, and no output shows it.
set -eu
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

start_emulator --quiet
vault=https://vault.azure.net
expect_rc "token" 0 msiv2 token --resource $vault
expect_rc "bearer token" 0 msiv2 token --resource $vault --type bearer
expect_rc "call" 0 msiv2 call "$resource" --resource $vault
# A client that does not trust the CA: an alert.
expect_rc "untrusted" 6 "$MSIV2_BIN/msiv2" token --resource $vault --imds "$imds"
get '/journal?tls_alert=received%20unknown%20CA' >"$work/alerts"
known=$(json '[[e["error"], e["tls"]["version"], e["tls"]["server_name"]] for e in j["events"]]' \
	<"$work/alerts")
expect "what is known of a handshake that failed" "$known" \
	'[["received unknown CA", "TLSv1.3", "localhost"]]'
curl -q -sS --noproxy '*' "$imds/metadata/identity/getplatformmetadata?cred-api-version=2.0" \
	-o "$work/refused"
expect_rc "every operation" 0 /usr/bin/python3 "$project/tests/e2e/admin_api.py" "$admin"
stop_emulator

# status OPTION...: the HTTP status of one request.
status() {
	curl -q -sS --noproxy '*' -o "$work/answer" -w '%{http_code}' "$@"
}

key=0123456789-the-admin-key
(umask 077 && printf '%s\n' "$key" >"$work/key")
start_emulator --verbose --admin-key-file "$work/key"
expect "health is open" "$(status "$admin/health")" 200
expect "the page is open" "$(status "$admin/")" 200
expect "no key" "$(status "$admin/journal")" 401
expect "wrong key" "$(status -H "Authorization: Bearer $key-" "$admin/journal")" 401
expect "right key" "$(status -H "Authorization: Bearer $key" "$admin/journal")" 200
expect "rebound name" "$(status -H "Authorization: Bearer $key" -H 'Host: evil.example' \
	"$admin/journal")" 403
expect "other site" "$(status -H "Authorization: Bearer $key" -H 'Origin: http://evil.example' \
	"$admin/journal")" 403
curl -q -sS --noproxy '*' -H "Authorization: Bearer $key" -X POST "$admin/reset" -o "$work/reset"
curl -q -sS --noproxy '*' -H "Authorization: Bearer $key" "$admin/journal" -o "$work/journal"
curl -q -sS --noproxy '*' -H "Authorization: Bearer $key" "$admin/world" -o "$work/world"
expect_match "the change is journalled" "$(cat "$work/journal")" '"endpoint":"reset"'
expect_no_match "the key is shown nowhere" \
	"$(cat "$work/journal" "$work/world" "$work/emulator.err")" "$key"
stop_emulator

chmod 0604 "$work/key"
expect_rc "a key everybody reads" 2 "$MSIV2_BIN/msiv2-emulator" --admin-key-file "$work/key"
done_testing
