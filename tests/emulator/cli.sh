#!/bin/sh
# SPDX-License-Identifier: MIT
# msiv2-emulator as a process: options, streams, signals, exit codes. MSIV2_BIN names the folder of
# program. Nothing sleeps: the ready line says when the emulator is there.
set -eu

: "${MSIV2_BIN:?the folder of msiv2-emulator}"
emulator=$MSIV2_BIN/msiv2-emulator
docs=$(cd "$(dirname "$0")/../../docs" && pwd)
work=$(mktemp -d)
pid=
failures=0
checks=0

finish() {
	[ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null || true
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' HUP INT TERM
cd "$work"

# check WHAT GOT WANTED
check() {
	checks=$((checks + 1))
	[ "$2" = "$3" ] && return
	failures=$((failures + 1))
	printf 'FAILED: %s\n  got:    %s\n  wanted: %s\n' "$1" "$2" "$3" >&2
}

# contains WHAT FILE TEXT
contains() {
	checks=$((checks + 1))
	grep -qF -- "$3" "$2" && return
	failures=$((failures + 1))
	printf 'FAILED: %s: no %s in\n%s\n' "$1" "$3" "$(cat "$2")" >&2
}

# run ARGUMENT...: out, err and code of a run that ends by itself.
run() {
	code=0
	"$emulator" "$@" >out 2>err </dev/null || code=$?
}

# refused WORD ARGUMENT...: exit code 2, nothing on stdout, one line on stderr that has the word.
refused() {
	word=$1
	shift
	run "$@"
	check "exit code of: $*" "$code" 2
	check "stdout of: $*" "$(wc -c <out)" 0
	check "lines on stderr of: $*" "$(wc -l <err)" 1
	contains "stderr of: $*" err "$word"
}

# start ARGUMENT...: a running emulator; its ready line is in the file ready, its address variables
# are set.
start() {
	: >ready
	"$emulator" "$@" >ready 2>err &
	pid=$!
	"$emulator" env --ready ready --wait 10000 >env.sh
	# shellcheck source=/dev/null
	. ./env.sh
}

# Hundredths of a second since the machine started.
now() {
	sed 's/ .*//; s/\.//' /proc/uptime
}

# stop SIGNAL: the emulator ends with 0, within a second, having said one line on stdout in all.
stop() {
	before=$(now)
	kill -s "$1" "$pid"
	code=0
	wait "$pid" || code=$?
	pid=
	took=$(($(now) - before))
	check "exit code after $1" "$code" 0
	[ "$took" -lt 100 ] || check "hundredths of a second until $1 ended it" "$took" "< 100"
	check "lines on stdout" "$(wc -l <ready)" 1
}

# --- what it says about itself
run --help
check "--help" "$code $(wc -c <err)" "0 0"
for option in --imds-port --sts-port --admin-port --bind --state --config --print-config --ca-out \
	--ready-fd --name --ca-key --set --profile --rule --quiet --verbose --help --version; do
	contains "--help" out "$option"
	contains "man page" "$docs/man/msiv2-emulator.1" \
		"$(printf '%s' "$option" | sed 's/-/\\-/g')"
	contains "docs" "$docs/emulator.md" "$option"
done
contains "--help" out "NOT FOR PRODUCTION"
run --version
check "--version" "$code $(wc -l <out)" "0 1"
contains "--version" out "msiv2-emulator "
run env --help
check "env --help" "$code" 0
contains "env --help" out "--ready"
run netns --help
check "netns --help" "$code $(wc -c <err)" "0 0"
contains "netns --help" out "169.254.169.254"
contains "man page" "$docs/man/msiv2-emulator.1" "msiv2\\-emulator netns"

# --- wrong command lines
refused --colour --colour
refused --imds-port --imds-porn 1
refused --imds-port --imds-port
refused --imds-port --imds-port 65536
refused --imds-port --imds-port -1
refused --sts-port --sts-port x
refused --admin-port --admin-port ""
refused --imds-port --imds-port 1 --imds-port 2
refused extra extra
refused --bind --bind ""
refused "--bind: 'nowhere'" --bind nowhere
refused "--bind: 'localhost'" --bind localhost
refused --ca-key --ca-key dsa
refused "--profile: 'loose'" --profile loose
refused --rule --rule META-02
refused '--rule: there is no rule "META-99"' --rule META-99=note
refused '--rule: the mode of "META-02" is to be' --rule META-02=maybe
refused --ready-fd --ready-fd x
refused --quiet --quiet --verbose
refused --help --help=1

# --- wrong configurations
refused missing.json --config missing.json
mkdir folder
refused folder --config folder
printf '{' >broken.json
refused broken.json --config broken.json
printf '{"host":{"vm_idd":"x"}}' >unknown.json
refused "unknown.json: host.vm_idd: " --config unknown.json
printf '{"journal_capacity":0}' >range.json
refused "range.json: journal_capacity: must be a whole number from 1 to " --config range.json
printf '{"identities":[{"kind":"system","klient_id":"x"}]}' >identity.json
refused 'identities[0].klient_id' --config identity.json
refused missing/ca.pem --ca-out missing/ca.pem
refused folder --state folder/missing/state
# What is no file is never replaced.
mkfifo ca.fifo
refused ca.fifo --ca-out ca.fifo
[ -p ca.fifo ] || check "the FIFO stays" gone there
# Without IPv6 in civetweb there is one line that names the option; with it the address works.
"$emulator" --bind ::1 >ready 2>err &
pid=$!
if "$emulator" env --ready ready --wait 300 >env.sh 2>/dev/null; then
	contains "--bind ::1" ready '"imds":"http://[::1]:'
	kill -TERM "$pid"
	wait "$pid" || true
else
	code=0
	wait "$pid" || code=$?
	check "--bind ::1" "$code $(wc -l <err)" "2 1"
	contains "--bind ::1" err "--bind"
fi
pid=

# --- the configuration, printed and fed back
run --print-config --profile strict --name emu.test --imds-port 8080
check "--print-config" "$code" 0
mv out first.json
run --print-config --config first.json
check "--config takes what --print-config prints" "$(cat out)" "$(cat first.json)"

# --- flags, environment, file, defaults
# value PATH: where that value of ./out came from, and the value.
value() {
	/usr/bin/python3 -c '
import json, sys
node = json.load(open("out"))
for name in sys.argv[1].split("."):
    node = node[name]
print(node["from"], node["value"])' "$1"
}
export MSIV2_EMULATOR_TOKEN_LIFETIME_S=2 MSIV2_EMULATOR_HOST__SLOW_MS=2
run --print-config=origins --config first.json --set token_lifetime_s=3 --imds-port 4
check "--print-config=origins" "$code" 0
check "a flag of its own wins" "$(value listen.imds_port)" "--imds-port 4"
check "--set wins over the environment" "$(value token_lifetime_s)" "--set 3"
check "the environment wins over the file" "$(value host.slow_ms)" \
	"MSIV2_EMULATOR_HOST__SLOW_MS 2"
check "the file wins over the defaults" "$(value profile)" "first.json strict"
run --print-config=origins
check "defaults" "$(value profile)" "default default"
unset MSIV2_EMULATOR_TOKEN_LIFETIME_S MSIV2_EMULATOR_HOST__SLOW_MS
refused "token_lifetime_s" --set token_lifetime_s=x
refused "nothing: unknown" --set nothing=1
refused "KEY=VALUE" --set nothing
refused "--print-config" --print-config=everything
export MSIV2_EMULATOR_NOTHING=1
refused "MSIV2_EMULATOR_NOTHING"
unset MSIV2_EMULATOR_NOTHING
# Beside a running one, whose addresses are in the environment.
MSIV2_EMULATOR_IMDS=x MSIV2_EMULATOR_STS=x MSIV2_EMULATOR_RESOURCE=x MSIV2_EMULATOR_ADMIN=x \
	MSIV2_EMULATOR_CA=x "$emulator" --print-config >out 2>err
check "what env sets is left alone" "$(wc -c <err)" 0

# --- a broken stdout
for words in --help --version --print-config "env --unset" ""; do
	code=0
	# shellcheck disable=SC2086
	"$emulator" $words >/dev/full 2>err || code=$?
	check "full stdout: $words" "$code $(wc -l <err)" "1 1"
	code=0
	# shellcheck disable=SC2086
	"$emulator" $words >&- 2>err || code=$?
	check "closed stdout: $words" "$code $(wc -l <err)" "1 1"
done

# --- a running emulator
start --ca-out ca.pem
check "the ready line names the process" "$(grep -c "\"pid\":$pid}" ready)" 1
check "the ready line names the CA wherever it is read" \
	"$(grep -cF "\"ca\":\"$(pwd -P)/ca.pem\"" ready)" 1
check "health" "$(curl -sS "$MSIV2_EMULATOR_ADMIN/health")" '{"status":"ok"}'
check "without its header IMDS says 400" "$(curl -sS -o /dev/null -w '%{http_code}' \
	"$AZURE_POD_IDENTITY_AUTHORITY_HOST/metadata/identity/getplatformmetadata")" 400
check "HTTPS by the CA file" "$(curl -sS --cacert "$MSIV2_EMULATOR_CA" -o /dev/null \
	-w '%{http_code}' "$MSIV2_EMULATOR_RESOURCE")" 401
port=${MSIV2_EMULATOR_IMDS##*:}
refused "$port: " --imds-port "$port"
contains "a taken port" err "in use"
refused "listen.admin_port" --admin-port "$port"
stop TERM
contains "the CA file stays" ca.pem "BEGIN CERTIFICATE"

start --quiet
ca=$MSIV2_EMULATOR_CA
check "the private CA file" "$(stat -c %a "$ca")" 600
stop INT
check "--quiet says nothing" "$(wc -c <err)" 0
[ ! -e "$ca" ] || check "the private CA file goes" "$ca" "gone"

start --quiet
ca=$MSIV2_EMULATOR_CA
stop HUP
[ ! -e "$ca" ] || check "the private CA file goes" "$ca" "gone"

# --- the ready line on a descriptor of its own, with and without stdout
mkfifo fifo
: >fifo.text
"$emulator" --ready-fd 9 9>fifo >&- 2>err &
pid=$!
read -r line <fifo
check "--ready-fd without stdout" "$(printf '%s\n' "$line" | "$emulator" env | wc -l)" 7
kill -TERM "$pid"
code=0
wait "$pid" || code=$?
pid=
check "--ready-fd: exit code" "$code" 0
code=0
"$emulator" --ready-fd 9 >out 2>err 9>&- || code=$?
check "--ready-fd that is closed" "$code $(wc -l <err) $(wc -c <out)" "2 1 0"
code=0
"$emulator" --ready-fd 9 >out 2>err 9<fifo.text || code=$?
check "--ready-fd that cannot be written" "$code $(wc -l <err) $(wc -c <out)" "2 1 0"
contains "--ready-fd that cannot be written" err "--ready-fd"

# --- names, rules, state
start --name emu.test --rule META-03/correlation-id=reject --state state --ca-key rsa
port=${MSIV2_EMULATOR_STS##*:}
check "--name is in the certificate" "$(curl -sS --cacert "$MSIV2_EMULATOR_CA" -o /dev/null \
	--resolve "emu.test:$port:127.0.0.1" -w '%{http_code}' "https://emu.test:$port/resource")" \
	401
check "--rule refuses" "$(curl -sS -H 'Metadata: true' -o /dev/null -w '%{http_code}' \
	"$MSIV2_EMULATOR_IMDS/metadata/identity/getplatformmetadata?cred-api-version=2.0")" 400
cp "$MSIV2_EMULATOR_CA" before.pem
stop TERM
check "state directory" "$(stat -c %a state)" 700
check "files open to others in the state directory" \
	"$(find state -type f ! -name ca.pem -perm /077 | wc -l)" 0
start --state state --ca-key rsa
check "--state keeps the CA" "$(cat "$MSIV2_EMULATOR_CA")" "$(cat before.pem)"
stop TERM

# --- env
printf '%s\n' '{"ready":true,"imds":"http://i","sts":"https://s","resource":"https://s/r",' >half
# shellcheck disable=SC2016
printf '%s\n' '{"imds":"http://i","sts":"s","resource":"r","admin":"a","ca":"it'"'"'s $(id).pem"}' \
	>line
check "env quotes" "$("$emulator" env --ready line | grep -F MSIV2_EMULATOR_CA)" \
	"export MSIV2_EMULATOR_CA='it'\\''s \$(id).pem'"
check "a shell reads it back" "$(eval "$("$emulator" env <line)" && printf '%s' \
	"$MSIV2_EMULATOR_CA")" "it's \$(id).pem"
check "env leaves the system's trust alone" \
	"$("$emulator" env <line | grep -c SSL_CERT_FILE || true)" 0
check "env --trust" "$("$emulator" env --trust <line | grep -c SSL_CERT_FILE)" 1
check "env --unset" "$("$emulator" env --unset | grep -vc '^unset ' || true)" 0
# env_refused WORD ARGUMENT...: as refused, but stdout makes the eval around it fail.
env_refused() {
	word=$1
	shift
	run env "$@"
	check "env that fails: $*" "$code $(cat out) $(wc -l <err)" "2 false 1"
	contains "env that fails: $*" err "$word"
}
env_refused JSON --ready half
env_refused missing --ready missing
env_refused --wait --wait x
env_refused "ready line"
env_refused extra extra
# The emulator of this line was stopped above.
env_refused "has ended" --ready ready
code=0
eval "$("$emulator" env --ready ready 2>/dev/null)" || code=$?
check "eval of an env that fails" "$code" 1
code=0
"$emulator" env <ready >out 2>err || code=$?
check "a stale line on stdin" "$code $(cat out)" "2 false"

# Faults and their seed.
printf '[{"id":"idle","fault":"v2-missing"}]\n' >faults.json
printf '[{"fault":"v2-missing","with":{"a":1}}]\n' >bad_faults.json
printf '{"fault":"v2-missing"}\n' >no_array.json
refused "bad_faults.json: faults[0].with.a" --faults bad_faults.json
refused "must be an array" --faults no_array.json
refused missing.json --faults missing.json
refused --seed --seed 0
refused --seed --seed x
run --faults faults.json --seed 9 --print-config=origins
check "origins of faults" "$code" 0
contains "origins of faults" out '"from":	"--faults"'
contains "origins of the seed" out '"from":	"--seed"'
start --faults faults.json
stop TERM
contains "what never fired" err "fault idle (v2-missing) never fired; it matched 0 times"
start --faults faults.json --quiet
stop TERM
check "what never fired, quietly" "$(wc -c <err)" 0

printf '%d checks, %d failures\n' "$checks" "$failures"
[ "$failures" -eq 0 ]
