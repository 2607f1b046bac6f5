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
# A client that is not there, a run of nothing and one that skips forget none of it.
status 2 run --rerun-failed --shim "$dir/none" --out "$dir/out"
[ -f "$dir/out/evidence/flow.cold/verdict.json" ] || fail 'the evidence is gone'
status 4 run flow --shim "$shim" --shard 30/30 --out "$dir/out"
has 'leave nothing of what the filters fit'
[ -f "$dir/out/evidence/flow.cold/verdict.json" ] || fail 'the evidence is gone'
status 4 run --rerun-failed --shim 'exit 89' --out "$dir/out"
# Seed and keys are those of the failure, unless others are given.
status 1 run flow.cold --command false --out "$dir/out" --seed 9
status 1 run --rerun-failed --command false --out "$dir/out"
has '^seed: 9$'
status 1 run --rerun-failed --command false --out "$dir/out" --seed 3
has '^seed: 3$'
echo '{"failed":["flow.cold"],"seed":3,"key":"hardware"}' >"$dir/out/last-run.json"
status 4 run --rerun-failed --shim 'exit 77' --out "$dir/out" --json "$dir/json"
has '^keys: hardware$'
status 0 run --rerun-failed --shim "$shim" --out "$dir/out" --key memory
has '^1 pass$'
for text in '{}' '{"failed":["flow.cold"],"seed":-1,"key":"memory"}' \
	'{"failed":["flow.cold"],"seed":3,"key":"paper"}' \
	'{"failed":[7],"seed":3,"key":"memory"}'; do
	echo "$text" >"$dir/out/last-run.json"
	status 2 run --rerun-failed --shim "$shim" --out "$dir/out"
	has "^msiv2-conformance: $dir/out/last-run.json: "
done
echo '{}' >"$dir/out/last-run.json"
status 2 run --rerun-failed --shim "$shim" --out "$dir/out"
has 'did not come to its end'
# What was not chosen this time, and what no client was begun for, stays to be run again.
listed='"failed":\["flow.bearer","flow.cold","flow.call"\]'
echo '{"failed":["flow.bearer","flow.cold","flow.call"],"seed":1}' >"$dir/out/last-run.json"
status 4 run store.reused --shim "$dir/none" --out "$dir/out"
grep -q "$listed" "$dir/out/last-run.json" || fail 'a skip has cleared the list'
status 2 run attestation.hardware flow.cold -j1 --shim "$dir/none" --out "$dir/out"
grep -q "$listed" "$dir/out/last-run.json" || fail 'a client that is not there cleared the list'
status 0 run --rerun-failed --shard 2/3 --shim "$shim" --out "$dir/out"
has '^1 pass$'
[ "$(grep -o 'flow\.[a-z]*' "$dir/out/last-run.json" | wc -l)" -eq 2 ] || fail 'they are forgotten'
status 0 run --rerun-failed --shim "$shim" --out "$dir/out"
status 4 run --rerun-failed --shim "$shim" --out "$dir/out"
has 'nothing failed'

# A twin that was expected to fail, and passes, is a twin that passes.
echo '{"expected":[{"scenario":"flow.cold","check":"outcome","reason":"x",
	"link":"https://x.test","expires":"2999-12-31"}]}' >"$dir/expected"
status 0 run certificate.wrong-key --shim "$shim" --out "$dir/out" --expected "$dir/expected"
has '^1 pass$'

# A black box that asks as it should passes by the journal alone.
status 0 run flow.cold --out "$dir/out" --command \
	"$bin/msiv2 token --resource \"\$MSIV2_RESOURCE\" --ca \"\$MSIV2_EMULATOR_CA\" >/dev/null"

# Clients that are not there, that cannot, and that will not.
status 4 run flow.cold --shim 'exit 89' --out "$dir/out"
has '1 skip'
status 4 run flow.cold --shim 'exit 77' --out "$dir/out"
status 1 run flow.cold --shim 'exit 3' --out "$dir/out"
status 1 run flow --shim 'echo no module >&2; exit 3' --out "$dir/out" --junit "$dir/junit" \
	--markdown "$dir/markdown"
has '^    stderr     no module$'
has '^1 fail, 15 not played$'
has 'the run ended early'
grep -q 'no module' "$dir/markdown" || fail 'Markdown does not say why'
[ "$(grep -o '&#10;again ' "$dir/junit" | wc -l)" -eq 1 ] ||
	fail 'what was not played is to be run again'
status 1 run flow --command true --out "$dir/out"
has '^1 fail, 15 not played$'
status 4 run flow --command 'exit 77' --out "$dir/out"
# A client that is dead is none that was expected to fail.
status 1 run flow --shim 'echo no module >&2; exit 3' --out "$dir/out" --expected "$dir/expected"
has '^    stderr     no module$'
has '^1 fail, 15 not played$'

# A client that goes away: what it said last, without tokens; where the evidence is; how to run it
# again in the same folder; and no row that only says that it is gone.
cat >"$dir/goes" <<'END'
#!/bin/sh
for word in first second third fourth fifth; do echo "the $word word" >&2; done
echo 'a token: eyJhbGciOiJub25lIn0.eyJhIjoxfQ.c2lnbmF0dXJl' >&2
echo '{"protocol":1,"name":"goes","keys":["memory"],"features":[]}'
read -r line
exit 3
END
chmod +x "$dir/goes"
status 1 run certificate.wrong-key --shim "$dir/goes" --out "$dir/out" --json "$dir/json"
has '^    stderr     the second word$'
has '^               the fifth word$'
has '^               \[redacted\]$'
has "^    evidence   $dir/out/evidence/certificate.wrong-key\$"
has "^    again .* --seed 1 --keep --out '$dir/out.again'\$"
for gone in 'the first word' eyJ 'check *step\.0\.reached' 'check *fault\.f1' 'check *twin' \
	'check *journal\.'; do
	if grep -q -e "$gone" "$dir/text"; then fail "told: $gone"; fi
done
grep -q 'step.0.reached' "$dir/json" || fail 'JSON does not have all checks'

# A word of the hello that the suite does not know is told; a twin that nobody asked for is called
# one, and is no failure of the run.
status 1 run certificate.wrong-key --out "$dir/out" --shim \
	"$shim | sed -u '1s/\"call\"/\"call\",\"acquire-many\",7/; s/^{\"id\":2,.*/{\"id\":2}/'"
has "the shim's hello: features that docs/shim.md does not know: acquire-many, 7"
has '^fail flow.cold (only a twin): '
has '^1 fail$'
if grep -q ' keys that docs' "$dir/text"; then fail 'keys are told, too'; fi
# Where evidence cannot be written any more, what was played before is told: here no file may have
# more than 6 KiB, and the last one's has.
got=0
(
	trap '' XFSZ
	ulimit -f 12
	"$conformance" run flow.cold flow.call flow.many -j1 --keep --shim "$shim" \
		--out "$dir/small"
) >"$dir/text" 2>&1 || got=$?
[ "$got" -eq 3 ] || fail "exit status $got, not 3"
has '^2 pass, 1 not played$'
has 'ended early: 1 scenario was not played: .*flow.many/.*: cannot write: File too large$'
# Two runs cannot have one folder.
flock "$dir/out" "$conformance" run flow.cold --shim "$shim" --out "$dir/out" \
	>"$dir/text" 2>&1 && fail 'a second run begins'
has "^msiv2-conformance: $dir/out: another run is writing there\$"
status 0 explain certificate.wrong-key --out "$dir/out"

# What is no hello, or nothing of the protocol, is quoted.
status 1 run flow.cold --out "$dir/out" --shim "echo 'listening on 8080'; cat"
has 'the first line is no hello: .* begins "listening on 8080"; standard output is for the protocol'
status 1 run flow.cold --out "$dir/out" --shim "echo '{\"id\":1}'; cat"
has 'the first line is no hello: its protocol is not 1; it begins "{"id":1}"'
status 1 run flow.cold --out "$dir/out" \
	--shim "echo 'got eyJhbGciOiJub25lIn0.eyJhIjoxfQ.c2lnbmF0dXJl'; cat"
has 'begins "\[redacted\]"'
status 4 run flow.cold --shim 'exit 77' --out "$dir/out" --tap "$dir/tap"
has '^skip flow.cold: the shim says: cannot run here (77)$'
grep -q ' # SKIP the shim says: cannot run here (77)$' "$dir/tap" || fail 'TAP says skip twice'

# address WANTED COMMAND ARGUMENT...: who comes to the address is judged when it is over. The
# command has the variables of the ready line.
mkfifo "$dir/ready"
address() {
	wanted=$1
	command=$2
	shift 2
	"$conformance" run --address "$@" >"$dir/ready" 2>"$dir/text" &
	pid=$!
	read -r line <"$dir/ready"
	printf '%s\n' "$line" >"$dir/ready.json"
	"$bin/msiv2-emulator" env --ready "$dir/ready.json" >"$dir/env"
	(
		# shellcheck source=/dev/null
		. "$dir/env"
		eval "$command"
	) >"$dir/came" 2>&1 || fail "the client failed: $(cat "$dir/came")"
	kill "$pid"
	got=0
	wait "$pid" || got=$?
	[ "$got" -eq "$wanted" ] || {
		cat "$dir/text" >&2
		fail "exit status $got, not $wanted: $command"
	}
}
comes="\"$bin/msiv2\" token --resource https://vault.azure.net --ca \"\$MSIV2_EMULATOR_CA\""
asks="curl -sS -o /dev/null -H Metadata:true \
	\"\$MSIV2_EMULATOR_IMDS/metadata/identity/getplatformmetadata?cred-api-version=2.0\""
address 4 : --out "$dir/came.out" --keep --tap "$dir/tap"
has '^skip address.findings: nobody came'
grep -q ' # SKIP nobody came' "$dir/tap" || fail 'TAP does not say that nobody came'
grep -q '"skip"' "$dir/came.out/evidence/address.findings/verdict.json" || fail 'no evidence'
status 0 judge "$dir/came.out/evidence/address.findings"
has '^skip address.findings: nobody came'
address 4 : flow.cold
has '^skip flow.cold: nobody came'
address 4 "$asks"
has 'nobody got a token'
# An address at which nobody came leaves what is there; one that was judged can be explained.
status 1 run flow.cold --command false --out "$dir/came.out"
address 4 : --out "$dir/came.out"
status 1 run --rerun-failed --command false --out "$dir/came.out"
address 1 "$asks -X PUT" --out "$dir/came.out"
status 4 run --rerun-failed --command false --out "$dir/came.out"
has 'nothing failed'
# Who has the folder does not take the verdict away.
(
	cd "$dir"
	mkdir conformance-out
	exec 9<conformance-out
	flock 9
	address 2 "$asks -o /dev/null -X PUT" flow.cold --junit "$dir/junit"
)
has '^fail flow.cold'
has 'another run is writing there$'
grep -q 'flow.cold' "$dir/junit" || fail 'no report'
address 0 "$comes" --out "$dir/came.out" --keep --junit "$dir/junit" --tap "$dir/tap" \
	--json "$dir/json" --html "$dir/html" --markdown "$dir/markdown"
has '^pass address.findings'
for report in junit tap json html; do
	grep -q 'address.findings' "$dir/$report" || fail "no report: $report"
done
grep -q '1 pass' "$dir/markdown" || fail 'no report: markdown'
status 0 judge "$dir/came.out/evidence/address.findings"
status 2 run --address --json /dev/full
for option in --fast --level=must --shard=1/2 -j2 --time-limit=9 --rerun-failed --key=hardware \
	--expected=x --gdb --valgrind; do
	status 2 run --address "$option"
	has "^msiv2-conformance: ${option%%[2=]*}: goes without --address"
done

# Lists, frames, mistakes.
status 0 list STS-05 --level must
has 'STS-05'
status 2 list NONE-00
has 'NONE-00: is no id'
status 2 run flow.cold flow.typo --shim "$shim"
has 'flow.typo: is no id'
status 4 list flow.cold --shard 2/2
has 'leave nothing of what the filters fit'
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
status 0 explain META-09
has '^  flow.cold '
has '^  no negative one: '
mkdir "$dir/catalogue"
status 0 new sts.mine --catalogue "$dir/catalogue"
has 'sts/mine.json'
has "^  msiv2-conformance run sts.mine --catalogue '$dir/catalogue'"
status 2 new sts.mine --catalogue "$dir/catalogue"
status 2 new 'Not an id' --catalogue "$dir/catalogue"
status 2 new sts.two extra --catalogue "$dir/catalogue"
has 'extra is too many'
mkdir "$dir/it's"
status 0 new sts.mine --catalogue "$dir/it's"
has "--catalogue '$dir/it'\\\\''s' "
status 0 run sts.mine --catalogue "$dir/catalogue" --shim "$shim" --out "$dir/out"
has '1 pass'
status 1 run sts.mine --catalogue "$dir/catalogue" --out "$dir/out" --time-limit 9 \
	--scripts "$project/script" --command true
has "--keep --time-limit 9 --catalogue '$dir/catalogue' --scripts '$project/script' --out "
# What only says that the client is gone is left out, the order of what did not come, too.
status 1 run flow.cold --shim 'exit 3' --out "$dir/out"
if grep -q 'check *journal\.' "$dir/text"; then fail 'told: a row of the journal'; fi
# Beside its twin a frame is a negative one.
mkdir "$dir/catalogue/flow"
cp "$project/scenarios/catalogue/flow/cold.json" "$dir/catalogue/flow"
status 0 new sts.other --catalogue "$dir/catalogue"
status 0 run sts.other --catalogue "$dir/catalogue" --shim "$shim" --out "$dir/out"
grep -q negative "$dir/catalogue/sts/other.json" || fail 'the frame is no negative one'
rm "$dir/catalogue/flow/cold.json"
status 2 list --catalogue "$dir/catalogue"
has 'flow.cold is not there'
# The suite's own scenarios stay as they are, also those that are installed.
status 2 new sts.mine
has '^msiv2-conformance: --catalogue: needs the folder'
mkdir -p "$dir/prefix/bin" "$dir/prefix/share/msiv2/catalogue"
cp "$conformance" "$dir/prefix/bin"
ln -s "$bin/../lib" "$dir/prefix/lib"
got=0
"$dir/prefix/bin/msiv2-conformance" new sts.mine >"$dir/text" 2>&1 || got=$?
[ "$got" -eq 2 ] || fail "new goes into the installed catalogue: $got"
has '^msiv2-conformance: --catalogue: needs the folder'
status 2 explain nope
has 'nope is neither a requirement nor a scenario'
# Whoever reads no further has seen enough.
{ "$conformance" list 2>"$dir/text" || echo "status $?" >>"$dir/text"; } | :
[ ! -s "$dir/text" ] || fail "a broken pipe is told: $(cat "$dir/text")"
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
