#!/bin/sh
# SPDX-License-Identifier: MIT
# How many requests each command costs, read from the journal (docs/protocol.md, "The flow").
set -eu
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

start_emulator --quiet
vault=https://vault.azure.net

# costs WHAT COUNTS COMMAND...: from an empty journal and without a stored certificate, the command
# succeeds and costs that much.
costs() {
	rm -rf "$XDG_DATA_HOME"
	costs_next "$@"
}

# costs_next WHAT COUNTS COMMAND...: the same with what the last command left in the store.
costs_next() {
	title=$1
	price=$2
	shift 2
	curl -q -sS --fail --noproxy '*' -X POST "$admin/reset" -o "$work/reset"
	expect_rc "$title" 0 "$@"
	expect "$title" "$(counts)" "$price"
}

costs "probe" "probe=1" "$MSIV2_BIN/msiv2" probe --imds "$imds"
costs "csr" "getplatformmetadata=1" "$MSIV2_BIN/msiv2" csr --imds "$imds"
costs "cert" "getplatformmetadata=1 issuecredential=1" msiv2 cert
costs "token" "getplatformmetadata=1 issuecredential=1 token=1" msiv2 token --resource $vault
costs "forced token" "getplatformmetadata=1 issuecredential=1 token=1" \
	msiv2 token --resource $vault --force
costs "bearer token" "getplatformmetadata=1 issuecredential=1 token=1" \
	msiv2 token --resource $vault --type bearer
costs "call" "getplatformmetadata=1 issuecredential=1 resource=1 token=1" \
	msiv2 call "$resource" --resource $vault
costs "user-assigned" "getplatformmetadata=1 issuecredential=1 token=1" \
	msiv2 token --resource $vault --identity client_id:a2a2a2a2-0000-4000-8000-000000000002


# A certificate outlives its process if its key does (STORE-02, STORE-08).
if [ "${MSIV2_TEST_KEYS:-memory}" = memory ]; then
	costs "cert of memory keys" "getplatformmetadata=1 issuecredential=1" msiv2 cert
	costs_next "the next process" "getplatformmetadata=1 issuecredential=1 token=1" \
		msiv2 token --resource $vault
	expect "no store" "$(ls -A "$XDG_DATA_HOME" 2>&1 || true)" \
		"ls: cannot access '$XDG_DATA_HOME': No such file or directory"
else
	costs "cert" "getplatformmetadata=1 issuecredential=1" msiv2 cert
	costs_next "cert of the store" "" msiv2 cert
	costs_next "token" "token=1" msiv2 token --resource $vault
	costs_next "forced token" "token=1" msiv2 token --resource $vault --force
	costs_next "call" "resource=1 token=1" msiv2 call "$resource" --resource $vault
	costs_next "claims" "getplatformmetadata=1 issuecredential=1 token=1" \
		msiv2 token --resource $vault --claims '{}'
	costs_next "another identity" "getplatformmetadata=1 issuecredential=1" \
		msiv2 cert --identity client_id:a2a2a2a2-0000-4000-8000-000000000002
fi

stop_emulator
done_testing
