#!/bin/sh
# SPDX-License-Identifier: MIT
# `msiv2-emulator netns -- COMMAND`: clients that know nothing of an emulator find it at the real
# address of IMDS. Where the system does not let us make a network, that has to be said clearly.
set -eu

: "${MSIV2_BIN:?the folder of msiv2 and msiv2-emulator}"
emulator=$MSIV2_BIN/msiv2-emulator
work=$(mktemp -d)
failures=0
trap 'rm -rf "$work"' EXIT
trap 'exit 130' HUP INT TERM
unset AZURE_POD_IDENTITY_AUTHORITY_HOST http_proxy https_proxy HTTP_PROXY HTTPS_PROXY
unset ALL_PROXY all_proxy NO_PROXY no_proxy
# The private files of a run show whether anything is left of it.
mkdir "$work/tmp"
export TMPDIR="$work/tmp"
real=http://169.254.169.254/metadata/identity
token="$real/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fa"

# expect WHAT GOT WANTED
expect() {
	[ "$2" = "$3" ] && return
	printf 'FAILED: %s\n  wanted: %s\n  got:    %s\n' "$1" "$3" "$2" >&2
	failures=$((failures + 1))
}

# contains WHAT TEXT EXPRESSION
contains() {
	printf '%s\n' "$2" | grep -Eq -- "$3" && return
	printf 'FAILED: %s\n  wanted: /%s/\n  got:    %s\n' "$1" "$3" "$2" >&2
	failures=$((failures + 1))
}

# run ARGUMENT...: netns with these; sets code, out and err.
run() {
	code=0
	"$emulator" netns "$@" >"$work/out" 2>"$work/err" </dev/null || code=$?
	out=$(cat "$work/out")
	err=$(cat "$work/err")
}

end() {
	expect "nothing is left behind" "$(ls "$TMPDIR")" ""
	[ "$failures" -eq 0 ] || printf '%d expectations failed\n' "$failures" >&2
	[ "$failures" -eq 0 ]
	exit
}

# --- its own command line
run --help
expect "--help" "$code $(wc -c <"$work/err")" "0 0"
contains "--help" "$out" 'netns \[OPTION\]\.\.\. -- COMMAND'
for wrong in "--bind 127.0.0.1 -- true" "--imds-port 1 -- true" "--print-config -- true" \
	"--nonsense -- true" "true" "--" ""; do
	# shellcheck disable=SC2086 # words
	run $wrong
	expect "exit status of: netns $wrong" "$code" 125
	expect "lines on stderr of: netns $wrong" "$(wc -l <"$work/err")" 1
done

# --- permitted?
run -- true
if [ "$code" -ne 0 ]; then
	expect "a system that does not permit it" "$code" 125
	contains "what is not permitted is named" "$err" \
		'netns: a private (network|user) namespace is not permitted here \(.*run as root'
	expect "in one line" "$(wc -l <"$work/err")" 1
	end
fi

# --- a system that runs out of namespaces says so
if unshare -Ur true 2>/dev/null; then
	code=0
	# shellcheck disable=SC2016
	unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_net_namespaces
		exec "$0" netns -- true' "$emulator" >"$work/out" 2>"$work/err" || code=$?
	expect "no namespaces left: exit status" "$code" 125
	contains "no namespaces left" "$(cat "$work/err")" \
		'^msiv2-emulator: netns: a private network namespace is not permitted here \(.+\)'
	expect "no namespaces left: lines" "$(wc -l <"$work/err")" 1
fi

# --- the real address, for curl and for our own client, which are told nothing
run -- curl -q -sS --fail -H Metadata:true "$token"
expect "curl: exit status" "$code" 0
contains "curl: the token of version 1" "$out" '^\{"access_token":"eyJ'
expect "curl: stderr" "$err" ""
run -- curl -q -sS -o /dev/null -D - -H Metadata:true \
	"$real/getplatformmetadata?cred-api-version=2.0"
contains "curl: metadata" "$out" '^HTTP/1.1 200'
contains "curl: Server" "$out" '^Server: IMDS/'
# shellcheck disable=SC2016 # for the shell inside
run -- sh -c '"$0" token --keys memory --resource https://vault.azure.net >/dev/null &&
	"$0" call --keys memory "$MSIV2_EMULATOR_RESOURCE" &&
	curl -q -sS "$MSIV2_EMULATOR_ADMIN/journal/counts"' "$MSIV2_BIN/msiv2"
expect "msiv2: exit status ($err)" "$code" 0
contains "msiv2: the resource" "$out" '"ok": ?true'
contains "msiv2: two acquisitions" "$out" \
	'"getplatformmetadata":2,.*"issuecredential":2,"token":2,"resource":1'
# The emulator's own options hold.
# shellcheck disable=SC2016
run --rule META-03=reject -- sh -c 'curl -q -sS -H Metadata:true \
	"$MSIV2_EMULATOR_IMDS/metadata/identity/getplatformmetadata?cred-api-version=2.0"'
contains "an option of the emulator" "$out" 'x-ms-client-request-id'

# --- there is nobody else, and no variable that leads elsewhere
run -- curl -q -sS --connect-timeout 5 http://192.0.2.1/
expect "another address: exit status" "$code" 7
export AZURE_POD_IDENTITY_AUTHORITY_HOST=http://192.0.2.1
# shellcheck disable=SC2016
run -- sh -c 'printf %s "${AZURE_POD_IDENTITY_AUTHORITY_HOST-none} $MSIV2_EMULATOR_IMDS"'
expect "the variables" "$out" "none http://169.254.169.254"
unset AZURE_POD_IDENTITY_AUTHORITY_HOST

# --- exit status, standard streams
for status in 0 1 77 255; do
	run -- sh -c "exit $status"
	expect "exit status $status" "$code" "$status"
done
# shellcheck disable=SC2016
run -- sh -c 'kill -KILL $$'
expect "killed by signal 9" "$code" 137
run -- "$work/nothing"
expect "no such program" "$code" 127
contains "no such program" "$err" 'nothing: cannot be run: No such file'
run -- "$work"
expect "not a program" "$code" 126
code=0
out=$(printf 'to be read' | "$emulator" netns -- cat) || code=$?
expect "standard input" "$code $out" "0 to be read"

# --- what it leaves running is ended; its files are open to it alone
# shellcheck disable=SC2016
run -- sh -c '(trap "" TERM HUP; tail -f /dev/null) & echo $!'
expect "a process left behind: exit status" "$code" 0
kill -0 "$out" 2>/dev/null && expect "the process left behind" running ended
# shellcheck disable=SC2016
run -- sh -c 'for fd in /proc/self/fd/*; do readlink "$fd" || true; done | grep -c socket: || true'
expect "sockets the command has inherited" "$out" 0

# --- signals go to the command, which decides
# started: waits until the command says so.
started() {
	exec 4<"$work/fifo"
	read -r line <&4
	expect "$1 has started" "$line" started
}
mkfifo "$work/fifo"
for signal in TERM INT HUP QUIT USR1 USR2; do
	code=0
	# shellcheck disable=SC2016
	/usr/bin/python3 -c '
import os, signal, sys
for name in ("SIGINT", "SIGQUIT"):  # a shell ignores them for what it starts in the background
    signal.signal(getattr(signal, name), signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])' "$emulator" netns -- \
		sh -c "trap 'exit 42' $signal; echo started
			while :; do read -r x <'$work/never' || :; done" \
		>"$work/fifo" 2>"$work/err" &
	pid=$!
	[ -p "$work/never" ] || mkfifo "$work/never"
	started "$signal"
	kill -s "$signal" "$pid"
	wait "$pid" || code=$?
	expect "after $signal" "$code" 42
	exec 4<&-
done

# --- two at once, each with an IMDS of its own on port 80
mkfifo "$work/one" "$work/go"
# shellcheck disable=SC2016
"$emulator" netns -- sh -c 'echo started >"$0"; read -r x <"$1"
	curl -q -sS --fail -H Metadata:true "$2" >/dev/null &&
	curl -q -sS "$MSIV2_EMULATOR_ADMIN/journal/counts"' "$work/one" "$work/go" "$token" \
	>"$work/first" 2>&1 &
pid=$!
read -r line <"$work/one"
expect "the first has started" "$line" started
# shellcheck disable=SC2016
run -- sh -c 'curl -q -sS -H Metadata:true "$0" "$0" >/dev/null
	curl -q -sS "$MSIV2_EMULATOR_ADMIN/journal/counts"' "$token"
contains "the second one's journal" "$out" '"imds-v1-token":2'
echo >"$work/go"
code=0
wait "$pid" || code=$?
expect "the first one: exit status" "$code" 0
contains "the first one's journal" "$(cat "$work/first")" '"imds-v1-token":1'

# --- killed without a word, it takes the command along
mkfifo "$work/gone"
# shellcheck disable=SC2016
"$emulator" netns -- sh -c 'echo $$ >"$0"; exec tail -f /dev/null' "$work/gone" 2>/dev/null &
pid=$!
read -r command <"$work/gone"
kill -KILL "$pid"
wait "$pid" 2>/dev/null || true
# The end of a process closes its side of a pipe: this returns when nobody holds it any more.
while kill -0 "$command" 2>/dev/null; do
	grep -q '^State:.Z' "/proc/$command/status" 2>/dev/null && break
done
rm -f "$TMPDIR"/msiv2-ca-*.pem # it had no time to

# --- without root, where the system has user namespaces for everybody
if [ "$(id -u)" -eq 0 ]; then
	chmod 755 "$work"
	chmod 777 "$TMPDIR"
	cat >"$work/as_nobody.py" <<-'PYTHON'
		import os, sys
		os.setgroups([])
		os.setgid(65534)
		os.setuid(65534)
		os.execv(sys.argv[1], sys.argv[1:])
	PYTHON
	run_as_nobody() {
		code=0
		/usr/bin/python3 "$work/as_nobody.py" "$@" >"$work/out" 2>"$work/err" </dev/null ||
			code=$?
		out=$(cat "$work/out")
	}
	# shellcheck disable=SC2016
	run_as_nobody "$emulator" netns -- sh -c 'id -u
		curl -q -sS -o /dev/null -w "%{http_code}" -H Metadata:true "$0"' "$token"
	if [ "$code" -eq 0 ]; then
		expect "as nobody" "$out" "65534
200"
	else
		expect "as nobody, not permitted" "$code" 125
		contains "as nobody, not permitted" "$(cat "$work/err")" 'is not permitted here'
	fi
fi

end
