#!/bin/sh
# SPDX-License-Identifier: MIT
# --state: files only their owner can read, and a second emulator that honours the first one.
set -eu
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

umask 022 # the emulator has to be careful by itself
mkdir "$work/kept"
start_emulator --quiet --state "$work/state"
expect "the folder" "$(stat -c %a "$work/state")" 700
expect "ready line names the CA file" "$ca" "$work/state/ca.pem"
shell_client --resource https://vault.azure.net --call "$resource" --keep "$work/kept" >/dev/null
for file in "$work/state"/*; do
	if grep -q PRIVATE "$file"; then
		expect "mode of ${file##*/}" "$(stat -c %a "$file")" 600
		expect_match "mark in ${file##*/}" "$(cat "$file")" 'NOT FOR PRODUCTION'
	fi
	expect "others cannot write ${file##*/}" "$(find "$file" -perm /022)" ""
done
expect_match "there are private keys" "$(cat "$work/state"/*)" 'PRIVATE KEY'
cp "$ca" "$work/first-ca.pem"
stop_emulator

# Another one with the same state: same CA, same token key, so certificate and token still count.
start_emulator --quiet --state "$work/state"
expect_rc "same CA" 0 cmp "$ca" "$work/first-ca.pem"
seen=$(printf 'header = "Authorization: mtls_pop %s"\n' "$(cat "$work/kept/token")" |
	curl -q -sS --noproxy '*' --config - --cacert "$ca" --cert "$work/kept/cert.pem" \
		--key "$work/kept/key.pem" --write-out ' %{http_code}' "$resource")
expect_match "certificate of the first, token of the first" "$seen" ' 200$'
seen=$(curl -q -sS --noproxy '*' --cacert "$ca" --cert "$work/kept/cert.pem" \
	--key "$work/kept/key.pem" --write-out ' %{http_code}' \
	--data-urlencode client_id=a1a1a1a1-0000-4000-8000-000000000001 \
	--data-urlencode scope=https://vault.azure.net/.default \
	--data-urlencode grant_type=client_credentials --data-urlencode token_type=mtls_pop \
	"$sts/72f988bf-0000-4000-8000-00000000aaaa/oauth2/v2.0/token")
expect_match "certificate of the first gets a token from the second" "$seen" ' 200$'
stop_emulator

# A state folder that others can read is refused, in one line.
mkdir -m 755 "$work/open"
expect_rc "a folder open to others" 2 "$MSIV2_BIN/msiv2-emulator" --quiet --state "$work/open"
expect "one line" "$(wc -l <"$work/err")" 1

# Without --state the CA file is private to the process and gone with it.
start_emulator --quiet
expect_rc "CA file" 0 test -r "$ca"
stop_emulator
expect_rc "CA file is gone" 1 test -e "$ca"
done_testing
