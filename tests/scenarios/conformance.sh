#!/bin/sh
# SPDX-License-Identifier: MIT
# The program msiv2-conformance from outside: its verbs, its exit status, its folders.
set -eu

bin=$MSIV2_BIN
project=$(cd "$(dirname "$0")/../.." && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
conformance=$bin/msiv2-conformance
shim=$bin/msiv2-shim

fail() {
	printf 'conformance.sh: %s\n' "$*" >&2
	exit 1
}

# status WANTED ARGUMENT...: runs the program; its output is in $dir/text.
status() {
	wanted=$1
	shift
	got=0
	"$conformance" "$@" >"$dir/text" 2>&1 || got=$?
	[ "$got" -eq "$wanted" ] || {
		cat "$dir/text" >&2
		fail "exit status $got, not $wanted: $*"
	}
}

has() {
	grep -q -e "$1" "$dir/text" || {
		cat "$dir/text" >&2
		fail "no line with $1"
	}
}

# A right client passes; all of its evidence is kept, and judged again to the same verdict.
status 0 run flow.cold flow.cached --shim "$shim" --out "$dir/out" --keep --junit "$dir/junit.xml"
has '2 pass'
grep -q 'flow' "$dir/junit.xml" || fail 'the JUnit file has no scenario'
status 0 judge "$dir/out/evidence/flow.cold" "$dir/out/evidence/flow.cached"
has '^pass flow.cold'
status 0 explain flow.cold --out "$dir/out"
has '^pass flow.cold'
status 4 run --rerun-failed --shim "$shim" --out "$dir/out"
has 'nothing failed'

# Evidence that was changed is judged otherwise.
sed -i 's/"issuecredential"/"unknown"/' "$dir/out/evidence/flow.cold/journal.json"
status 1 judge "$dir/out/evidence/flow.cold"
has '^fail flow.cold'
rm "$dir/out/evidence/flow.cold/steps.json"
status 2 judge "$dir/out/evidence/flow.cold"
has 'steps.json'

# A client that does nothing fails, and only what failed runs again.
status 1 run flow.cold --command true --out "$dir/out"
has '^fail flow.cold'
status 1 run --rerun-failed --command true --out "$dir/out"
has '1 fail'

# A black box that asks as it should passes by the journal alone.
status 0 run flow.cold --out "$dir/out" --command \
	"$bin/msiv2 token --resource \"\$MSIV2_RESOURCE\" --ca \"\$MSIV2_EMULATOR_CA\" >/dev/null"

# Clients that are not there, that cannot, and that will not.
status 4 run flow.cold --shim 'exit 89' --out "$dir/out"
has '1 skip'
status 4 run flow.cold --shim 'exit 77' --out "$dir/out"
status 1 run flow.cold --shim 'exit 3' --out "$dir/out"
status 3 run flow --shim 'exit 3' --out "$dir/out"
has 'the run ended early'

# Who comes to the address is judged when it is over.
mkfifo "$dir/ready"
"$conformance" run --address >"$dir/ready" 2>"$dir/judged" &
pid=$!
read -r line <"$dir/ready"
kill "$pid"
wait "$pid" || fail 'nobody came, and that was wrong'
grep -q '^pass address.findings' "$dir/judged" || fail "no verdict after $line"

# Lists, frames, mistakes.
status 0 list STS-05 --level must
has 'STS-05'
status 2 list NONE-00
has 'NONE-00: is no id'
status 2 run flow.cold flow.typo --shim "$shim"
has 'flow.typo: is no id'
status 4 list flow.cold --shard 2/2
status 2 list --shim x
status 0 list --help
if grep -q -e '--shim' "$dir/text"; then fail 'list has no such option'; fi
status 0 list --fast
marked=$(grep -rl '"fast": true' "$project/scenarios/catalogue" | wc -l)
[ "$(wc -l <"$dir/text")" -eq "$marked" ] || fail 'the fast set is not what is marked'
status 0 list flow.cold --fast
status 0 list store.removed
status 4 list store.removed --fast
status 0 show flow.cold
has 'META-01 MUST'
status 0 explain STS-05
has '^STS-05 MUST'
mkdir "$dir/catalogue"
status 0 new sts.mine --catalogue "$dir/catalogue"
has 'sts/mine.json'
status 2 new sts.mine --catalogue "$dir/catalogue"
status 2 new 'Not an id' --catalogue "$dir/catalogue"
status 2 list --catalogue "$dir/catalogue"
has 'flow.cold is not there'
status 2 run flow.cold
status 2 run flow.cold --shim x --command y
status 2 run flow.cold --shim x --key paper
status 2 run flow.cold --shim x --shard 3/2
status 2 show no.such
status 2 dance
status 2
status 0 --help
has 'Exit status'
status 0 --version

# Both spellings of an option with a value.
status 0 run flow.cold --shim="$shim" --out="$dir/out" --seed=7 -j2
has '^seed: 7$'
status 2 run flow.cold --shim "$shim" -jx
status 2 run flow.cold --shim "$shim" --shim "$shim"

# What cannot be written is told before a client is started.
touch "$dir/file"
for report in /dev/full "$dir/none/report" "$dir"; do
	status 2 run flow.cold --shim "touch '$dir/started'; exec $shim" --out "$dir/out" \
		--json "$report"
	has "^msiv2-conformance: $report: "
done
status 2 run flow.cold --shim "touch '$dir/started'; exec $shim" --out "$dir/file"
status 2 run flow.cold --shim "touch '$dir/started'; exec $shim" --tap - --json -
status 2 run flow.cold --shim ' '
[ ! -e "$dir/started" ] || fail 'a client was started'
"$conformance" run flow.cold --shim "$shim" --out "$dir/out" --json - --tap "$dir/tap" \
	>/dev/full 2>"$dir/text" && fail 'a full disk is no error'
has '1 pass'
grep -q '^ok 1 ' "$dir/tap" || fail 'one report that fails takes the others along'

# Each option is in the manual.
"$conformance" --help | sed -n 's/^  \(-[-a-z]*\).*/\1/p' | while read -r option; do
	grep -q -e "$(printf '%s' "$option" | sed 's/-/\\\\-/g')" \
		"$project/docs/man/msiv2-conformance.1" || fail "$option is not in the manual"
done

# A folder that is somebody else's is left alone.
mkdir -p "$dir/other/evidence"
printf 'mine\n' >"$dir/other/evidence/file"
status 2 run flow.cold --shim "$shim" --out "$dir/other"
[ -f "$dir/other/evidence/file" ] || fail 'a file of somebody else is gone'
