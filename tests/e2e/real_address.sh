#!/bin/sh
# SPDX-License-Identifier: MIT
# The recipe of docs/conformance.md, "The real address", as it stands there: it fails for a breach
# of a rule of level MUST alone, says which, and fails when the client does.
set -eu
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

"$MSIV2_BIN/msiv2-emulator" netns -- true 2>"$work/err" || {
	expect_match "what is not permitted" "$(cat "$work/err")" 'is not permitted here'
	done_testing
	exit
}
awk '
	/^##/ { here = /^### The real address$/ }
	/^```$/ { inside = 0 }
	inside
	/^```sh$/ { inside = here }' "$project/docs/conformance.md" >"$work/recipe"
expect_match "the recipe" "$(cat "$work/recipe")" '^msiv2-emulator netns -- '

mkdir "$work/clients"
PATH=$work/clients:$MSIV2_BIN:$PATH
cd "$work"
# client COMMAND: what the recipe runs as `msiv2`.
client() {
	printf '#!/bin/sh\n%s\n' "$1" >"$work/clients/msiv2"
	chmod +x "$work/clients/msiv2"
}

expect_rc "the client that breaks nothing" 0 sh "$work/recipe"
expect "it says" "$(cat "$work/out")" ""

client "'$project/scenarios/shims/openssl-curl.sh' --no-call --resource https://vault.azure.net \\
	--ca \"\$MSIV2_EMULATOR_CA\""
expect_rc "a client that does what is only OBSERVED to be otherwise" 0 sh "$work/recipe"
expect "it says" "$(cat "$work/out")" ""
expect_match "what was found" "$(json '[f["level"] for f in j["findings"]]' <findings.json)" \
	'^\["OBSERVED"'

real=http://169.254.169.254/metadata/identity/oauth2/token
client "curl -q -s '$real?api-version=2018-02-01&resource=https%3A%2F%2Fa'"
expect_rc "a client that forgets the header" 1 sh "$work/recipe"
expect_match "the rule is named" "$(cat "$work/out")" '"rule":"META-02/metadata-header"'
expect "one line for one rule" "$(grep -c . "$work/out")" 1

client "exit 3"
expect_rc "a client that fails" 3 sh "$work/recipe"
client "exit 0"
printf '#!/bin/sh\nexit 7\n' >"$work/clients/curl"
chmod +x "$work/clients/curl"
expect_rc "findings that nobody can read" 7 sh "$work/recipe"
done_testing
