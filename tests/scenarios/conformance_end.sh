#!/bin/sh
# SPDX-License-Identifier: MIT
# How a run of msiv2-conformance ends before its time: by a signal, by SIGKILL, by a client that is
# dead or was never there. Whatever the end: no process and no folder is left.
set -eu

bin=$MSIV2_BIN
dir=$(mktemp -d)
conformance=$bin/msiv2-conformance
shim=$bin/msiv2-shim
runner=
bystander=
trap 'end $?' EXIT

end() {
	for id in $runner $bystander; do kill -KILL "$id" 2>/dev/null || :; done
	rm -rf "$dir"
	exit "$1"
}

fail() {
	printf 'conformance_end.sh: %s\n' "$*" >&2
	[ ! -s "$dir/text" ] || sed 's/^/  | /' "$dir/text" >&2
	exit 1
}

has() {
	grep -q -e "$1" "$dir/text" || fail "no line with $1"
}

# status WANTED ARGUMENT...: runs the program; its output is in $dir/text.
status() {
	wanted=$1
	shift
	got=0
	"$conformance" "$@" --out "$dir/out" >"$dir/text" 2>&1 || got=$?
	[ "$got" -eq "$wanted" ] || fail "exit status $got, not $wanted: $*"
}

# ended PID: it is not there, or only as a zombie that nobody took notice of.
ended() {
	[ ! -e "/proc/$1" ] || grep -q '^State:[[:space:]]*Z' "/proc/$1/status" 2>/dev/null
}

# await_end PID: until it has ended, 20 s at most.
await_end() {
	patience=200
	until ended "$1"; do
		patience=$((patience - 1))
		[ "$patience" -gt 0 ] || fail "process $1 does not end"
		timeout 0.1 tail -s 0.05 --pid="$1" -f /dev/null || :
	done
}

# All private folders of the runs below are here.
mkdir "$dir/tmp"
TMPDIR=$dir/tmp
export TMPDIR

# A shim that is a good one the first $GOOD times; then it starts somebody else, writes both process
# ids to a file, and hears neither SIGTERM nor the end of its input.
cat >"$dir/hangs" <<END
#!/bin/sh
n=1
while ! mkdir "$dir/times.\$n" 2>/dev/null; do n=\$((n + 1)); done
[ "\$n" -gt "\$GOOD" ] || exec "$shim"
trap '' HUP INT TERM
tail -f /dev/null &
echo '{"protocol":1,"name":"hangs","keys":["memory","hardware"],"features":[]}'
echo "\$\$ \$!" >"$dir/ids.new"
mv "$dir/ids.new" "$dir/ids"
wait
END
chmod +x "$dir/hangs"

# start GOOD ARGUMENT...: a run that hangs; sets runner, and the ids of what it started.
start() {
	rm -rf "$dir"/times.* "$dir/ids"
	GOOD=$1
	export GOOD
	shift
	"$conformance" run --shim "$dir/hangs" --out "$dir/out" "$@" >"$dir/text" 2>&1 &
	runner=$!
	until [ -e "$dir/ids" ]; do
		if ended "$runner"; then fail 'the run ended before it began'; fi
		timeout 0.1 tail -s 0.05 --pid="$runner" -f /dev/null || :
	done
	read -r first second <"$dir/ids"
}

# keeper_of PID: the process that waits for the end of the runner.
keeper_of() {
	grep -lsazF msiv2-keeper /proc/[0-9]*/cmdline | while read -r file; do
		id=${file#/proc/}
		id=${id%/cmdline}
		! grep -q "^PPid:[[:space:]]*$1\$" "/proc/$id/status" 2>/dev/null || echo "$id"
	done
}

# nothing_left HOW: no client, nobody it started, no folder.
nothing_left() {
	ended "$first" || fail "the client lives: $1"
	ended "$second" || fail "what the client started lives: $1"
	[ -z "$(ls -A "$dir/tmp")" ] || fail "a private folder is left: $1"
}

# A signal: the end is quick, is told in one line, and the reports are whole.
for signal in INT TERM; do
	start 3 flow -j1 --tap "$dir/tap" --json "$dir/json" --junit "$dir/junit" \
		--markdown "$dir/markdown" --html "$dir/html"
	begun=$(date +%s)
	kill -s "$signal" "$runner"
	got=0
	wait "$runner" || got=$?
	runner=
	[ "$got" -eq 130 ] || fail "exit status $got, not 130"
	[ $(($(date +%s) - begun)) -lt 10 ] || fail 'an interrupted run goes on'
	nothing_left "SIG$signal"
	has '^2 pass, 14 not played$'
	has 'the run ended early: 14 scenarios were not played: it was interrupted$'
	[ "$(grep -c 'not played:' "$dir/text")" -eq 1 ] || fail 'told more than once'
	if grep -q 'not run' "$dir/text"; then fail 'what was not played is listed'; fi
	grep -q '^1\.\.16$' "$dir/tap" || fail 'TAP has another plan'
	[ "$(grep -c '^\(not \)\{0,1\}ok ' "$dir/tap")" -eq 16 ] || fail 'TAP is not whole'
	grep -q '14 not played' "$dir/markdown" || fail 'Markdown does not say it'
	tail -n 1 "$dir/html" | grep -q '</html>' || fail 'HTML is not whole'
	/usr/bin/python3 - "$dir" <<-'END'
		import json, sys, xml.etree.ElementTree as tree
		report = json.load(open(sys.argv[1] + "/json"))
		assert report["totals"]["error"] == 14, report["totals"]
		assert len(report["verdicts"]) == 16
		assert all(v["reason"] == "not run: it was interrupted"
		           for v in report["verdicts"] if v["verdict"] == "error")
		cases = tree.parse(sys.argv[1] + "/junit").findall(".//testcase")
		assert len(cases) == 16, len(cases)
	END
done
# What was to be run again stays so, also when the client was alive before.
echo '{"failed":["flow.bearer","flow.cached","flow.call"],"seed":1,"key":"memory"}' \
	>"$dir/out/last-run.json"
start 1 --rerun-failed -j1
kill -s INT "$runner"
got=0
wait "$runner" || got=$?
runner=
[ "$got" -eq 130 ] || fail "exit status $got, not 130"
grep -q '"flow.bearer","flow.cached","flow.call"' "$dir/out/last-run.json" ||
	fail 'they are forgotten'
status 0 run --rerun-failed --shim "$shim"
# What was not played is not what failed.
status 4 run --rerun-failed --shim "$shim"
has 'nothing failed'

# SIGKILL: client, device and folder do not outlive the runner.
keys=memory
if command -v swtpm >/dev/null 2>&1; then keys="memory hardware"; fi
for key in $keys; do
	start 0 flow.cold --key "$key"
	device=$(cat "$dir"/tmp/*/*/dev/pid 2>/dev/null) || device=
	[ "$key" = memory ] || [ -n "$device" ] || fail 'there is no device'
	keeper=$(keeper_of "$runner")
	[ -n "$keeper" ] || fail 'nobody keeps the folder'
	kill -KILL "$runner"
	wait "$runner" 2>/dev/null || :
	runner=
	await_end "$keeper"
	nothing_left SIGKILL
	[ -z "$device" ] || ended "$device" || fail 'the device lives'
done

# When the keeper was killed as well the next run does it; a folder in use is left alone.
start 0 flow.cold
dead=$(ls "$dir/tmp")
keeper=$(keeper_of "$runner")
kill -KILL "$keeper" "$runner"
wait "$runner" 2>/dev/null || :
mkdir "$dir/tmp/msiv2r.locked" "$dir/tmp/msiv2r.mine00"
exec 9<"$dir/tmp/msiv2r.locked"
flock 9
status 0 run flow.cold --shim "$shim"
[ ! -e "$dir/tmp/$dead" ] || fail 'what a dead run left stays'
ended "$first" || fail 'the client of a dead run lives'
ended "$second" || fail 'what the client of a dead run started lives'
[ -d "$dir/tmp/msiv2r.locked" ] || fail 'a folder in use was removed'
[ ! -e "$dir/tmp/msiv2r.mine00" ] || fail 'a folder that nobody uses stays'
exec 9<&-
runner=

# Who was told where the CA is, as docs/conformance.md has it, is not of the folder: neither what
# others have started nor a next run from the same shell may die for it.
mkfifo "$dir/ready"
"$conformance" run --address >"$dir/ready" 2>"$dir/text" &
runner=$!
read -r ready <"$dir/ready"
ca=$(printf '%s' "$ready" | grep -o '"[^"]*/ca[^"]*\.pem"' | tr -d '"')
[ -f "$ca" ] || fail "no CA in the ready line: $ready"
MSIV2_EMULATOR_CA=$ca SSL_CERT_FILE=$ca tail -f /dev/null &
bystander=$!
keeper=$(keeper_of "$runner")
kill -KILL "$runner"
wait "$runner" 2>/dev/null || :
runner=
await_end "$keeper"
if ended "$bystander"; then fail 'the keeper kills who uses the CA'; fi
mkdir -p "${ca%/*}"
MSIV2_EMULATOR_CA=$ca
export MSIV2_EMULATOR_CA
status 0 run flow.cold --shim "$shim"
unset MSIV2_EMULATOR_CA
if ended "$bystander"; then fail 'the next run kills who uses the CA'; fi
kill -KILL "$bystander"
bystander=
[ -z "$(ls -A "$dir/tmp")" ] || fail 'what a dead run left stays'

# Whoever has left the client's group ends with the run all the same.
cat >"$dir/leaves" <<END
#!/bin/sh
setsid sh -c 'echo \$\$ >"$dir/left"; exec tail -f /dev/null' </dev/null >/dev/null 2>&1 &
while [ ! -s "$dir/left" ]; do :; done
exec "$shim"
END
chmod +x "$dir/leaves"
status 0 run flow.cold --shim "$dir/leaves"
ended "$(cat "$dir/left")" || fail 'a client that left its group outlives the run'

# Where clients could not be told from others, nothing begins.
mkdir "$dir/two
lines"
got=0
TMPDIR="$dir/two
lines" "$conformance" run flow.cold --shim "$shim" >"$dir/text" 2>&1 || got=$?
[ "$got" -eq 2 ] || fail "exit status $got, not 2"
has 'TMPDIR: has more than one line$'

# A client that is not there is a wrong command line, not a verdict.
printf 'no program\n' >"$dir/text.txt"
for client in "$dir/none" "$dir/text.txt" 'no-such-program --with arguments'; do
	for way in --shim --command; do
		for what in flow.cold flow; do
			status 2 run "$what" "$way" "$client"
			[ "$(wc -l <"$dir/text")" -eq 1 ] || fail 'more than one line'
			has "^msiv2-conformance: $client: cannot be started: sh: "
		done
	done
done
# One that was there is judged, also when it ends as if it was not.
rm -rf "$dir"/times.*
cat >"$dir/goes" <<END
#!/bin/sh
mkdir "$dir/times.1" 2>/dev/null && exec "$shim"
exit 127
END
chmod +x "$dir/goes"
status 1 run flow.cold flow.cached -j1 --shim "$dir/goes"
has '^1 pass, 1 fail$'
status 1 run flow.cold --shim 'kill -SEGV $$'
has 'ended by signal 11'
status 1 run flow.cold --command 'exit 1'
status 1 run flow.cold --command 'kill -SEGV $$'
has 'ended by signal 11'

# A client that is dead ends the run, which says so once.
status 1 run flow --shim 'exit 3' --tap "$dir/tap"
has '^1 fail, 15 not played$'
[ "$(grep -c 'not played:' "$dir/text")" -eq 1 ] || fail 'told more than once'
[ "$(grep -c '^not ok ' "$dir/tap")" -eq 16 ] || fail 'TAP is not whole'
[ -z "$(ls -A "$dir/tmp")" ] || fail 'a private folder is left'
