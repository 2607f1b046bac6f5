#!/bin/sh
# SPDX-License-Identifier: MIT
# The HTTPS listener, talked to by openssl s_client: versions, client certificates, no resumption.
set -eu
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

start_emulator --quiet
mkdir "$work/kept"
shell_client --resource "$resource" --keep "$work/kept" >"$work/shim.json"
key=$work/kept/key.pem
cert=$work/kept/cert.pem
token=$(cat "$work/kept/token")
address=${sts#https://}
tenant=$(json 'j["tenant_id"]' <"$work/shim.json")
client=$(json 'j["client_id"]' <"$work/shim.json")

# http METHOD PATH [HEADER [BODY]]: a request that asks for the connection to end.
http() {
	printf '%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n' "$1" "$2" "$address"
	[ -z "${3-}" ] || printf '%s\r\n' "$3"
	[ -z "${4-}" ] || printf 'Content-Length: %d\r\n' "${#4}"
	printf '\r\n%s' "${4-}"
}

# tls OPTION...: sends standard input, prints what comes back and what s_client says of the session.
tls() {
	openssl s_client -connect "$address" -servername localhost -CAfile "$ca" \
		-verify_return_error -verify_hostname localhost -ign_eof "$@" 2>&1 || true
}

form="client_id=$client&scope=https%3A%2F%2Fvault.azure.net%2F.default"
form="$form&grant_type=client_credentials&token_type=mtls_pop"
form_type='Content-Type: application/x-www-form-urlencoded'

for version in tls1_2 tls1_3; do
	seen=$(http POST "/$tenant/oauth2/v2.0/token" "$form_type" "$form" |
		tls -$version -cert "$cert" -key "$key")
	expect_match "$version: server verified" "$seen" 'Verify return code: 0 \(ok\)'
	expect_match "$version: token" "$seen" 'HTTP/1.1 200'
	expect_match "$version: bound" "$seen" '"token_type": *"mtls_pop"'

	seen=$(http GET /resource "Authorization: mtls_pop $token" |
		tls -$version -cert "$cert" -key "$key")
	expect_match "$version: resource" "$seen" 'HTTP/1.1 200'

	# No certificate: the handshake may go through, the request may not.
	seen=$(http POST "/$tenant/oauth2/v2.0/token" "$form_type" "$form" | tls -$version)
	expect_match "$version: token without certificate" "$seen" 'HTTP/1.1 40[01]'
	expect_match "$version: and why" "$seen" 'AADSTS392200' # STS-08
	seen=$(http GET /resource "Authorization: mtls_pop $token" | tls -$version)
	expect_match "$version: resource without certificate" "$seen" 'HTTP/1.1 401'
	expect_match "$version: and why" "$seen" 'invalid_token'
done

# Older protocols are refused whatever the client would accept.
for version in tls1 tls1_1; do
	seen=$(http GET /resource | tls -$version -cipher 'ALL:@SECLEVEL=0')
	expect_no_match "$version" "$seen" 'HTTP/1.1'
done

# Somebody else's certificate with a stolen token.
mkdir "$work/other"
shell_client --resource "$resource" --keep "$work/other" >/dev/null
seen=$(http GET /resource "Authorization: mtls_pop $token" |
	tls -cert "$work/other/cert.pem" -key "$work/other/key.pem")
expect_match "a stolen token" "$seen" 'HTTP/1.1 401'
expect_match "a stolen token" "$seen" 'invalid_token'

# A certificate of a CA nobody here knows.
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/foreign.key" -out "$work/foreign.pem" \
	-subj "/DC=$tenant/CN=$client" 2>/dev/null
seen=$(http POST "/$tenant/oauth2/v2.0/token" "$form_type" "$form" |
	tls -cert "$work/foreign.pem" -key "$work/foreign.key")
expect_no_match "a foreign certificate" "$seen" 'HTTP/1.1 200'

# A session is never resumed: it would bring back a client that shows no certificate.
for version in tls1_2 tls1_3; do
	http GET /resource "Authorization: mtls_pop $token" |
		tls -$version -cert "$cert" -key "$key" -sess_out "$work/session" >/dev/null
	if [ -s "$work/session" ]; then
		seen=$(http GET /resource "Authorization: mtls_pop $token" |
			tls -$version -sess_in "$work/session")
		expect_no_match "$version: resumed" "$seen" '^Reused'
		expect_match "$version: resumed without certificate" "$seen" 'HTTP/1.1 401'
	fi
done

expect_match "still alive" "$(get /health)" '"ok"'
stop_emulator
done_testing
