#!/bin/sh
# SPDX-License-Identifier: MIT
# How many requests each command costs, read from the journal (docs/protocol.md, "The flow").
set -eu
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

start_emulator --quiet
vault=https://vault.azure.net

# costs WHAT COUNTS COMMAND...: from an empty journal, the command succeeds and costs that much.
costs() {
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

stop_emulator
done_testing
