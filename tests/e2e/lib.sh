# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# End-to-end tests in shell: an emulator of one's own, a private folder, and ways to say what is
# expected. Source it first; MSIV2_BIN names the folder of the programs under test.
#
# Nothing here sleeps or polls: the emulator says on its standard output when it is ready, and is
# stopped by its process id.

: "${MSIV2_BIN:?the folder of msiv2 and msiv2-emulator}"
project=$(cd "$(dirname "$0")/../.." && pwd)
export MSIV2_BIN project
unset AZURE_POD_IDENTITY_AUTHORITY_HOST http_proxy https_proxy HTTP_PROXY HTTPS_PROXY
unset ALL_PROXY all_proxy NO_PROXY no_proxy

work=$(mktemp -d)
export XDG_DATA_HOME="$work/data" # certificates are never kept in the user's own store
emulator_pid=
failures=0
trap 'finish $?' EXIT
trap 'exit 130' HUP INT TERM
trap 'exit 141' PIPE

# The end, whatever happened: the emulator is stopped, the folder removed.
finish() {
	[ -z "$emulator_pid" ] || kill -KILL "$emulator_pid" 2>/dev/null || true
	if [ "$1" -ne 0 ] && [ -s "$work/emulator.err" ]; then
		printf -- '--- standard error of the emulator\n' >&2
		cat "$work/emulator.err" >&2
	fi
	rm -rf "$work"
	trap - EXIT
	exit "$1"
}

# json EXPRESSION: evaluates a Python expression over the JSON on standard input, called `j`, and
# prints it; text without quotes, everything else as JSON.
json() {
	/usr/bin/python3 -c '
import json, sys
j = json.load(sys.stdin)
value = eval(sys.argv[1])
print(value if isinstance(value, str) else json.dumps(value, sort_keys=True))' "$1"
}

# start_emulator OPTION...: sets imds, sts, resource, admin, ca and emulator_pid.
start_emulator() {
	rm -f "$work/ready"
	mkfifo "$work/ready"
	"$MSIV2_BIN/msiv2-emulator" "$@" >"$work/ready" 2>"$work/emulator.err" &
	emulator_pid=$!
	exec 3<"$work/ready"
	if ! read -r ready <&3; then
		printf 'the emulator ended before it was ready\n' >&2
		exit 1
	fi
	imds=$(printf '%s' "$ready" | json 'j["imds"]')
	sts=$(printf '%s' "$ready" | json 'j["sts"]')
	resource=$(printf '%s' "$ready" | json 'j["resource"]')
	admin=$(printf '%s' "$ready" | json 'j["admin"]')
	ca=$(printf '%s' "$ready" | json 'j["ca"]')
	export imds sts resource admin ca
	expect "ready line names the process" "$(printf '%s' "$ready" | json 'j["pid"]')" \
		"$emulator_pid"
}

# stop_emulator: asks it to end; it has to, with exit code 0 and without another line of output.
stop_emulator() {
	kill -TERM "$emulator_pid"
	stopped=0
	wait "$emulator_pid" || stopped=$?
	emulator_pid=
	expect "exit code of the emulator" "$stopped" 0
	expect "standard output after the ready line" "$(cat <&3)" ""
	exec 3<&-
}

# get PATH: a GET to the admin listener.
get() {
	curl -q -sS --fail --noproxy '*' "$admin$1"
}

# counts: how many exchanges of each kind there were: "getplatformmetadata=1 token=1".
counts() {
	get /journal/counts | json '" ".join(f"{k}={n}" for k, n in sorted(j.items()) if n)'
}

# The msiv2 command against this emulator.
msiv2() {
	command=$1
	shift
	"$MSIV2_BIN/msiv2" "$command" "$@" --keys "${MSIV2_TEST_KEYS:-memory}" --imds "$imds" \
		--ca "$ca"
}

# The client made of openssl and curl against this emulator.
shell_client() {
	"$project/scenarios/shims/openssl-curl.sh" --imds "$imds" --ca "$ca" "$@"
}

# expect WHAT ACTUAL WANTED
expect() {
	[ "$2" = "$3" ] && return
	printf 'FAILED: %s\n  wanted: %s\n  got:    %s\n' "$1" "$3" "$2" >&2
	failures=$((failures + 1))
}

# end_of TEXT: as much of it as a person reads.
end_of() {
	printf '%s\n' "$1" | tail -n 12 | cut -c 1-600
}

# expect_match WHAT ACTUAL EXTENDED-EXPRESSION
expect_match() {
	printf '%s\n' "$2" | grep -Eq -- "$3" && return
	printf 'FAILED: %s\n  wanted: /%s/\n  got:    %s\n' "$1" "$3" "$(end_of "$2")" >&2
	failures=$((failures + 1))
}

# expect_no_match WHAT ACTUAL EXTENDED-EXPRESSION
expect_no_match() {
	if printf '%s\n' "$2" | grep -Eq -- "$3"; then
		printf 'FAILED: %s\n  found:  /%s/\n  in:     %s\n' "$1" "$3" "$(end_of "$2")" >&2
		failures=$((failures + 1))
	fi
}

# expect_rc WHAT WANTED COMMAND...: runs it; its output is in $work/out and $work/err.
expect_rc() {
	what=$1
	wanted=$2
	shift 2
	code=0
	"$@" >"$work/out" 2>"$work/err" || code=$?
	[ "$code" -eq "$wanted" ] && return
	printf 'FAILED: %s\n  wanted exit code %s, got %s\n' "$what" "$wanted" "$code" >&2
	sed 's/^/  | /' "$work/out" "$work/err" >&2
	failures=$((failures + 1))
}

# The last line of a test.
done_testing() {
	[ "$failures" -eq 0 ] || printf '%d expectations failed\n' "$failures" >&2
	[ "$failures" -eq 0 ]
}
