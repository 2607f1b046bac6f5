#!/bin/sh
# SPDX-License-Identifier: MIT
# Client certificates that are not good enough, shown by openssl s_client and by curl: the handshake
# goes through, the token service says why in Entra's words, and both sides go on (STS-05, STS-08).
set -eu
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

start_emulator --quiet
mkdir "$work/system" "$work/user"
shell_client --resource "$resource" --keep "$work/system" >"$work/system.json"
shell_client --resource "$resource" --keep "$work/user" \
	--identity client_id:a2a2a2a2-0000-4000-8000-000000000002 >"$work/user.json"
address=${sts#https://}
tenant=$(json 'j["tenant_id"]' <"$work/system.json")
client=$(json 'j["client_id"]' <"$work/system.json")
form="client_id=$client&scope=https%3A%2F%2Fvault.azure.net%2F.default"
form="$form&grant_type=client_credentials&token_type=mtls_pop"

# Somebody else's CA, with everything else as it should be.
printf 'keyUsage=digitalSignature\nextendedKeyUsage=clientAuth\n' >"$work/leaf.ext"
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/ca.key" -out "$work/foreign-ca.pem" \
	-subj "/CN=managedidentitysnissuer.login.microsoft.com" 2>/dev/null
mkdir "$work/foreign"
openssl req -newkey rsa:2048 -nodes -keyout "$work/foreign/key.pem" -out "$work/foreign.csr" \
	-subj "/DC=$tenant/CN=$client" 2>/dev/null
openssl x509 -req -in "$work/foreign.csr" -CA "$work/foreign-ca.pem" -CAkey "$work/ca.key" \
	-CAcreateserial -days 7 -extfile "$work/leaf.ext" -out "$work/foreign/cert.pem" 2>/dev/null
# And one that nobody signed but itself.
mkdir "$work/alone"
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/alone/key.pem" \
	-out "$work/alone/cert.pem" -subj "/DC=$tenant/CN=$client" 2>/dev/null

# by_curl VERSION FOLDER: the token request with that key and certificate; status, then body.
by_curl() {
	curl -q -sS --noproxy '*' --cacert "$ca" --"$1" --tls-max "${1#tlsv}" -w '%{http_code} ' \
		-o "$work/body" --cert "$work/$2/cert.pem" --key "$work/$2/key.pem" \
		-d "$form" "$sts/$tenant/oauth2/v2.0/token" 2>&1 || true
	cat "$work/body"
}

# by_openssl VERSION FOLDER: the same by s_client, with what it says of the session.
by_openssl() {
	printf 'POST %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n%s\r\n%s: %d\r\n\r\n%s' \
		"/$tenant/oauth2/v2.0/token" "$address" \
		'Content-Type: application/x-www-form-urlencoded' Content-Length "${#form}" \
		"$form" |
		openssl s_client "-$1" -connect "$address" -servername localhost -CAfile "$ca" \
			-verify_return_error -ign_eof -cert "$work/$2/cert.pem" \
			-key "$work/$2/key.pem" 2>&1 || true
}

# refused WHAT FOLDER NUMBER: both tools, both versions of TLS; the number is Entra's.
refused() {
	for version in 2 3; do
		seen=$(by_curl "tlsv1.$version" "$2")
		expect_match "$1, curl, TLS 1.$version: status" "$seen" '^401 '
		expect "$1, curl, TLS 1.$version: error" "$(json 'j["error"]' <"$work/body")" \
			invalid_client
		expect "$1, curl, TLS 1.$version: number" \
			"$(json 'j["error_codes"]' <"$work/body")" "[$3]"
		expect_match "$1, curl, TLS 1.$version: words" "$seen" "AADSTS$3: .* Trace ID: "
		seen=$(by_openssl "tls1_$version" "$2")
		expect_match "$1, openssl, TLS 1.$version: handshake" "$seen" \
			'Verify return code: 0'
		expect_match "$1, openssl, TLS 1.$version: status" "$seen" '^HTTP/1.1 401'
		expect_match "$1, openssl, TLS 1.$version: number" "$seen" "AADSTS$3: "
		expect_no_match "$1, openssl, TLS 1.$version: alert" "$seen" 'alert'
	done
}

# alive: a good client is served, and by the same process.
alive() {
	mkdir -p "$work/fresh"
	expect_rc "a good client afterwards" 0 shell_client --resource "$resource" \
		--keep "$work/fresh"
	expect_rc "the process afterwards" 0 kill -0 "$emulator_pid"
}

# advance SECONDS: world time, which no connection minds.
advance() {
	curl -q -sS --fail -o "$work/clock" -d "{\"advance_s\":$1}" "$admin/clock"
}

# The certificate is good: what follows is refused for its one fault.
for version in 2 3; do
	expect_match "good, curl, TLS 1.$version" "$(by_curl "tlsv1.$version" system)" '^200 '
	expect_match "good, openssl, TLS 1.$version" "$(by_openssl "tls1_$version" system)" \
		'^HTTP/1.1 200'
done

refused "a foreign CA's certificate" foreign 700027
alive
refused "a certificate signed by itself" alone 700027
alive
refused "another identity's certificate" user 500181
alive
# A week and a second later; then before it was born; then back.
advance 604801
refused "an expired certificate" system 1000502
advance -1209602
refused "a certificate that is not valid yet" system 1000502
advance 604801
alive

# Twenty refusals over HTTP, and no handshake that failed.
expect "refused token requests in the journal" \
	"$(get '/journal?endpoint=token&status=401' | json 'len(j["events"])')" 20
expect "handshakes that failed" "$(get '/journal?endpoint=tls' | json 'len(j["events"])')" 0
stop_emulator
done_testing
