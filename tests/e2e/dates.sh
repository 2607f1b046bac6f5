#!/bin/sh
# SPDX-License-Identifier: MIT
# Clients whose clock nobody moves, and identities whose certificates were issued long ago or do not
# last: each command is a process of its own. Run by with_device.sh: it takes keys that stay.
set -eu
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# id N: identities of one tenant, user-assigned.
id() {
	printf 'a2a2a2a2-0000-4000-8000-00000000000%s' "$1"
}

# identity N LIFETIME BACKDATE
identity() {
	printf '{"kind":"user","client_id":"%s","object_id":"%s",' "$(id "$1")" "$(id "$1")"
	printf '"resource_id":"/subscriptions/s/resourceGroups/g/providers/'
	printf 'Microsoft.ManagedIdentity/userAssignedIdentities/i%s",' "$1"
	printf '"certificate_lifetime_s":%s,"certificate_backdate_s":%s}' "$2" "$3"
}

day=86400
printf '{"identities":[%s,%s,%s,%s]}' "$(identity 1 $((7 * day)) 300)" \
	"$(identity 2 $((2 * day)) $((5 * day)))" "$(identity 3 $((day - 60)) $((6 * day)))" \
	"$(identity 4 $((4 * day)) $((2 * day)))" >"$work/config.json"
start_emulator --quiet --config "$work/config.json"

# A process that asks for a token, from an empty journal: what it cost.
token() {
	curl -q -sS --fail --noproxy '*' -X POST "$admin/reset" -o "$work/reset"
	expect_rc "token of identity $1" 0 msiv2 token --resource https://vault.azure.net \
		--identity "client_id:$(id "$1")" --json
	counts
}

# What is kept for an identity, oldest first.
kept() {
	msiv2 cert list --json | json '[(e["verdict"], e["age"]) for e in sorted(j["entries"],
		key=lambda e: e["certificate"]["not_after"]) if e["client_id"] == "'"$(id "$1")"'"]'
}

issued="getplatformmetadata=1 issuecredential=1 token=1"

expect "an ordinary one is issued" "$(token 1)" "$issued"
expect "and used again" "$(token 1)" "token=1"
expect "it is fresh" "$(kept 1)" '[["chosen", "fresh"]]'

# LIFE-02: past the middle of its life; what a renewal brings is as old, but it is tried each time.
expect "one past the middle of its life is issued" "$(token 2)" "$issued"
expect "and kept" "$(kept 2)" '[["chosen", "due"]]'
expect "the next process asks for another" "$(token 2)" "$issued"
expect "one that is due is used all the while" "$(kept 2 | json 'j[-1]')" '["chosen", "due"]'

# STORE-05, ISSUE-07: less than a day is left.
expect "one that is close to its end is issued" "$(token 3)" "$issued"
expect "and not kept" "$(kept 3)" '[]'
expect "the next process needs another" "$(token 3)" "$issued"

expect "one before the middle of its life is issued" "$(token 4)" "$issued"
expect "and is not renewed" "$(token 4)" "token=1"
expect "it is fresh, too" "$(kept 4)" '[["chosen", "fresh"]]'

# A program's own key: another name on the same store, and both go on (STORE-07).
expect_rc "a key of another name" 0 msiv2 token --resource https://vault.azure.net \
	--identity "client_id:$(id 1)" --key-name second
expect "the first one's certificate is still there" "$(token 1)" "token=1"
curl -q -sS --fail --noproxy '*' -X POST "$admin/reset" -o "$work/reset"
expect_rc "and the second one's" 0 msiv2 token --resource https://vault.azure.net \
	--identity "client_id:$(id 1)" --key-name second
expect "as well" "$(counts)" "token=1"
expect "each sees the other's as such" "$(kept 1 | json 'sorted(v for v, age in j)')" \
	'["chosen", "other-key"]'

# STORE-07: the device is there and the key is not.
expect_rc "the key goes" 0 "$MSIV2_BIN/msiv2" key remove --keys "$MSIV2_TEST_KEYS"
expect "its certificate is an orphan, the other's is not" \
	"$(kept 1 | json 'sorted(v for v, age in j)')" '["orphan", "other-key"]'

stop_emulator
done_testing
