#!/bin/sh
# SPDX-License-Identifier: MIT
# msiv2 cert and its store, judged by openssl, coreutils and Python; and every command that
# docs/store.md tells people to type, in order. Run by with_device.sh: it takes keys that stay.
set -eu
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

start_emulator --quiet
vault=https://vault.azure.net
store=$XDG_DATA_HOME/msiv2/CurrentUser/My
system=system_assigned_managed_identity#att=0
other=a2a2a2a2-0000-4000-8000-000000000002

reset_journal() {
	curl -q -sS --fail --noproxy '*' -X POST "$admin/reset" -o "$work/reset"
}

# The one entry of the system-assigned identity.
find_entry() {
	entry=$(msiv2 cert list --json | json \
		'next(e["file"] for e in j["entries"] if e["alias"] == "'$system'")')
	digest=$(basename "$entry" .pem)
}

# ---- what is kept, and how ----

expect_rc "memory keys keep nothing" 0 "$MSIV2_BIN/msiv2" token --resource $vault \
	--imds "$imds" --ca "$ca"
expect "no folder was made" "$(ls "$XDG_DATA_HOME" 2>/dev/null || true)" ""
expect_rc "an empty store is listed" 0 msiv2 cert list
expect_match "as empty" "$(cat "$work/out")" '^entries +none$'
expect "looking makes no folder" "$(ls "$XDG_DATA_HOME" 2>/dev/null || true)" ""
expect_rc "an empty store is verified" 0 msiv2 cert verify
expect_rc "an empty store is purged" 0 msiv2 cert purge
expect_match "of nothing" "$(cat "$work/out")" '^removed +nothing$'

reset_journal
expect_rc "the first process" 0 msiv2 token --resource $vault
expect "asks IMDS" "$(counts)" "getplatformmetadata=1 issuecredential=1 token=1"
reset_journal
expect_rc "the second process" 0 msiv2 token --resource $vault --json
expect "does not" "$(counts)" "token=1"
find_entry
expect "its certificate is the stored one" \
	"$(json 'j["certificate"]["sha256"]' <"$work/out")" "$digest"
modes() {
	find "$XDG_DATA_HOME/msiv2" -type "$1" -exec stat -c %a {} + | sort -u
}
expect "modes of folders" "$(modes d)" 700
expect "modes of files" "$(modes f)" 600
expect_no_match "no private key is kept" "$(cat "$entry")" 'PRIVATE'
expect "openssl reads the entry" \
	"$(openssl x509 -in "$entry" -outform DER | sha256sum | cut -d ' ' -f 1)" "$digest"
expect "the last line is the digest of the rest" "$(tail -n 1 "$entry")" \
	"sha256: $(sed '$d' "$entry" | sha256sum | cut -d ' ' -f 1)"

# ---- list and show ----

expect_rc "another identity" 0 msiv2 token --resource $vault --identity client_id:$other
expect_rc "list" 0 msiv2 cert list
out=$(cat "$work/out")
expect "two are chosen" "$(printf '%s\n' "$out" | grep -c '^chosen ')" 2
expect_match "the alias" "$out" "alias +$other#att=0"
expect_match "when it is renewed" "$out" 'renews +20.*Z, stale from 20'
expect_match "how long it lasts" "$out" '7\.0 days left'
expect_rc "list as JSON" 0 msiv2 cert list --json
expect "its members" "$(json '" ".join(sorted(j["entries"][0]))' <"$work/out")" \
	"age alias certificate client_id days_left file fresh friendly_name key purged renews_at$(
	) source stale_at stored_at tenant_id verdict why"
expect "the friendly name" "$(json 'j["entries"][1]["friendly_name"]' <"$work/out")" \
	"MSAL|alias=$system|ep=$sts"
expect "renewal at half of the life" "$(json '[
	(e["certificate"]["not_before"] + e["certificate"]["not_after"]) // 2 - e["renews_at"]
	for e in j["entries"]]' <"$work/out")" "[0, 0]"
expect "stale a day before the end" "$(json \
	'[e["certificate"]["not_after"] - e["stale_at"] for e in j["entries"]]' <"$work/out")" \
	"[86400, 86400]"
expect "with another IMDS nothing is one's own" \
	"$("$MSIV2_BIN/msiv2" cert list --json --keys "$MSIV2_TEST_KEYS" --imds http://127.0.0.1:1 |
		json '[e["verdict"] for e in j["entries"]]')" '["other-source", "other-source"]'
expect "later they are stale" "$(msiv2 cert list --json --clock-offset 518401 |
	json '[(e["verdict"], e["age"], e["purged"]) for e in j["entries"]]')" \
	'[["stale", "stale", true], ["stale", "stale", true]]'
expect_rc "show by alias" 0 msiv2 cert show "$system"
expect_match "has the PEM" "$(cat "$work/out")" 'BEGIN CERTIFICATE'
expect_match "the source" "$(cat "$work/out")" "source +$imds"
expect "show by eight digits" "$(msiv2 cert show "$(printf '%.8s' "$digest")" --json |
	json 'j["entries"][0]["certificate"]["sha256"]')" "$digest"
expect "the PEM alone" "$(msiv2 cert show "$digest" --pem)" \
	"$(openssl x509 -in "$entry")"
expect_rc "show of nothing" 13 msiv2 cert show nobody
expect_match "is one clear line" "$(cat "$work/err")" \
	'^msiv2: store: .*/CurrentUser/My: nothing here is named "nobody"'
expect_rc "show of seven digits" 13 msiv2 cert show "$(printf '%.7s' "$digest")"

# ---- words of the command line ----

for words in "cert show" "cert remove" "cert list extra" "cert nonsense" "cert list --all" \
	"cert --all" "cert list --pem" "cert list --store none" "cert list --store Elsewhere" \
	"cert renew --store none" "cert list --store-root=" "key --store none" \
	"probe --store-root x"; do
	# shellcheck disable=SC2086 # words
	expect_rc "msiv2 $words" 2 "$MSIV2_BIN/msiv2" $words
done
expect_rc "renew with memory keys" 2 "$MSIV2_BIN/msiv2" cert renew --imds "$imds"
expect_match "says what to name" "$(cat "$work/err")" 'must name keyguard or hardware'
expect "the scope's slash and case do not matter" \
	"$(msiv2 cert list --store currentuser/my --json | json 'len(j["entries"])')" 2

# ---- renew ----

reset_journal
expect_rc "renew" 0 msiv2 cert renew --json
expect "one issuance" "$(counts)" "getplatformmetadata=1 issuecredential=1"
renewed=$(json 'j["certificate"]["sha256"]' <"$work/out")
expect_no_match "another certificate" "$renewed" "$digest"
expect_rc "it is kept" 0 msiv2 cert show "$renewed"
expect_match "as issued past the cache" "$(cat "$work/out")" "past IMDS's cache"
expect_rc "remove the first one" 0 msiv2 cert remove "$digest" --json
expect "one removed" "$(json 'j["removed"]' <"$work/out")" 1
find_entry
expect "the other stays" "$digest" "$renewed"

# ---- verify: everything that can be wrong ----

expect_rc "verify, all is well" 0 msiv2 cert verify
expect_match "and says so" "$(cat "$work/out")" \
	'^verified +5 folders, 6 files, 2 entries, 0 leftovers; 0 problems$'

# finds WHAT EXPRESSION: verify ends with 13, names the entry and what is wrong.
finds() {
	expect_rc "verify: $1" 13 msiv2 cert verify
	expect_match "verify: $1" "$(cat "$work/out")" "^problem .*$2"
	expect_rc "verify as JSON: $1" 13 msiv2 cert verify --json
	expect "verify as JSON: $1" "$(json 'j["ok"], j["error"]["class"]' <"$work/out")" \
		'[false, "store"]'
}
chmod 640 "$entry"
finds "an entry open to others" "$digest.pem: is open to others: mode 0640, not 0600"
chmod 600 "$entry"
chmod 711 "$store"
finds "a folder open to others" "CurrentUser/My: is open to others: mode 0711"
chmod 700 "$store"
ln "$entry" "$work/second"
finds "a hard link" "has 2 names"
rm "$work/second"
mv "$entry" "$work/moved"
ln -s "$work/moved" "$entry"
finds "a link" "is a link"
rm "$entry"
mv "$work/moved" "$entry"
: >"$store/stray"
finds "a stray" "stray: does not belong here"
rm "$store/stray"
cp -p "$entry" "${entry%/*}/$(printf %064d 7).pem"
finds "another's name" "holds another certificate than its name says"
rm "${entry%/*}/$(printf %064d 7).pem"
cp -p "$entry" "$work/kept"
printf x >>"$entry"
finds "a byte too many" "$digest.pem: "
expect "list tells it" "$(msiv2 cert list --json | json '[e["verdict"] for e in j["entries"]]')" \
	'["chosen", "corrupt"]'
expect_rc "purge" 0 msiv2 cert purge
expect_match "removes it" "$(cat "$work/out")" "^removed +$digest.pem \(corrupt\)"
expect "and nothing else" "$(msiv2 cert list --json | json '[e["alias"] for e in j["entries"]]')" \
	"[\"$other#att=0\"]"
cp -p "$work/kept" "$entry"
expect_rc "verify, all is well again" 0 msiv2 cert verify
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/key" \
	-out "$work/cert" -subj /CN=else -days 1 2>"$work/openssl"
expect_rc "verify with other roots" 13 "$MSIV2_BIN/msiv2" cert verify --ca "$work/cert"
expect_match "names the chain" "$(cat "$work/out")" 'its chain leads to no root of --ca: '

# ---- the key goes ----

expect_rc "the key is removed" 0 "$MSIV2_BIN/msiv2" key remove --keys "$MSIV2_TEST_KEYS"
finds "no key" "its $MSIV2_TEST_KEYS key is absent"
expect_rc "list without the key" 0 msiv2 cert list
expect_match "says what is missing" "$(cat "$work/err")" "note: $MSIV2_TEST_KEYS key is absent"
expect_rc "list made none" 0 msiv2 cert list
expect_match "so it is still missing" "$(cat "$work/err")" "key is absent"
expect_rc "another key" 0 "$MSIV2_BIN/msiv2" key --keys "$MSIV2_TEST_KEYS"
finds "an orphan" "is an orphan"
expect "list tells it" "$(msiv2 cert list --json | json '[e["verdict"] for e in j["entries"]]')" \
	'["orphan", "orphan"]'
expect_rc "purge of orphans" 0 msiv2 cert purge --json
expect "both" "$(json 'j["removed"]' <"$work/out")" 2

# ---- what docs/store.md tells people to type ----

awk -v work="$work" '
	/^<!-- run -->$/ { marked = 1; next }
	/^```sh$/ && marked { inside = 1; marked = 0; count++; next }
	/^```$/ { inside = 0 }
	inside { print > (work "/block." count) }' "$project/docs/store.md"
expect "blocks of docs/store.md" "$(cd "$work" && echo block.*)" "block.1 block.2 block.3 block.4"

# block N: in a shell of its own, with an entry there.
block() {
	expect_rc "an entry for block $1" 0 msiv2 cert
	find_entry
	expect_rc "block $1 of docs/store.md" 0 run_block "$1"
}
run_block() (
	set -eu
	# shellcheck disable=SC1090
	. "$work/block.$1"
)
block 1
expect_rc "nothing is left" 0 msiv2 cert list
expect_match "nothing" "$(cat "$work/out")" '^entries +none$'
block 2
expect "digests" "$(sed -n 3p "$work/out" | cut -d ' ' -f 1)" "$digest"
expect "of the content" "sha256: $(sed -n 4p "$work/out" | cut -d ' ' -f 1)" \
	"$(sed -n 5p "$work/out")"
block 3
expect "the folder" "$(cat "$work/out")" "$(basename "$(dirname "$entry")")"
expect_rc "an entry to break" 0 msiv2 cert
find_entry
expect_rc "one entry" 0 msiv2 cert verify
expect_match "in words for one" "$(tail -n 1 "$work/out")" ' 1 entry, 0 leftovers; 0 problems$'
chmod 644 "$entry"
ln -s nowhere "${entry%/*}/link"
expect_rc "block 4 of docs/store.md" 0 run_block 4
expect_match "mended" "$(tail -n 1 "$work/out")" '; 0 problems$'
expect_rc "and in use" 0 msiv2 token --resource $vault

stop_emulator
done_testing
