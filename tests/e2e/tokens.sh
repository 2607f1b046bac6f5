#!/bin/sh
# SPDX-License-Identifier: MIT
# Tokens and certificates judged by PyJWT and python-cryptography, found by discovery alone.
set -eu
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

start_emulator --quiet
mkdir "$work/bound" "$work/bearer"
shell_client --resource https://vault.azure.net --call "$resource" --keep "$work/bound" >/dev/null
shell_client --resource https://vault.azure.net --call "$resource" --keep "$work/bearer" \
	--type bearer >/dev/null
msiv2 token --resource https://vault.azure.net --json --show-token >"$work/ours.json"

verify() {
	/usr/bin/python3 "$project/tests/e2e/verify_token.py" --sts "$sts" --ca "$ca" \
		--audience https://vault.azure.net "$@"
}
expect_rc "bound token" 0 verify --token "$work/bound/token" --certificate "$work/bound/cert.pem"
expect_rc "bearer token" 0 verify --token "$work/bearer/token" --bearer
json 'j["access_token"]' <"$work/ours.json" >"$work/ours.token"
expect_rc "the reference client's token" 0 verify --token "$work/ours.token" \
	"--x5t=$(json 'j["certificate"]["x5t#S256"]' <"$work/ours.json")"

# The verifier is no rubber stamp.
expect_rc "bound to another certificate" 1 verify --token "$work/bound/token" \
	--certificate "$work/bearer/cert.pem"
expect_rc "bearer where bound is wanted" 1 verify --token "$work/bearer/token" \
	--certificate "$work/bearer/cert.pem"
/usr/bin/python3 - "$work/bound/token" >"$work/forged" <<'END'
import sys
head, body, signature = open(sys.argv[1]).read().split(".")
other = "A" if signature[20] != "A" else "B"
print(".".join([head, body, signature[:20] + other + signature[21:]]))
END
expect_rc "forged signature" 1 verify --token "$work/forged" --certificate "$work/bound/cert.pem"

stop_emulator
done_testing
