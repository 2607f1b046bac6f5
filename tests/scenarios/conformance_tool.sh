#!/bin/sh
# SPDX-License-Identifier: MIT
# msiv2-conformance run --valgrind and --gdb with the real tools; ends with 77 without them.
#
#   conformance_tool.sh valgrind|gdb
set -eu

conformance=$MSIV2_BIN/msiv2-conformance
dir=$(mktemp -d)
runner=
trap 'end $?' EXIT

end() {
	[ -z "$runner" ] || kill -KILL "$runner" 2>/dev/null || :
	rm -rf "$dir"
	exit "$1"
}

fail() {
	printf 'conformance_tool.sh: %s\n' "$*" >&2
	[ ! -s "$dir/text" ] || sed 's/^/  | /' "$dir/text" >&2
	exit 1
}

# status WANTED ARGUMENT...: runs the program with the shim; its output is in $dir/text.
status() {
	wanted=$1
	shift
	got=0
	"$conformance" run odd.start --catalogue "$dir/catalogue" --out "$dir/out" "$@" \
		>"$dir/text" 2>&1 || got=$?
	[ "$got" -eq "$wanted" ] || fail "exit status $got, not $wanted: $*"
}

# Whatever the machine has: without a tool the option says which program is missing.
mkdir -p "$dir/catalogue/odd" "$dir/nothing"
cat >"$dir/catalogue/odd/start.json" <<'END'
{"id": "odd.start", "title": "A client that is only started", "kind": "positive",
 "requirements": ["META-01"], "level": "MUST", "why": "Nothing but its memory is looked at here.",
 "steps": [{"do": "mark", "with": {"name": "begin"}}],
 "expect": {"findings": {"none_of": ["MUST"]}}}
END
program=$1
[ "$1" = valgrind ] || program=gdbserver
(
	export PATH="$dir/nothing:"
	status 2 "--$1" --shim true
)
grep -q "^msiv2-conformance: --$1: $program is not installed" "$dir/text" || fail 'not named'

for tool in $program $1 cc; do
	command -v "$tool" >/dev/null 2>&1 || {
		echo "$tool is not installed"
		exit 77
	}
done

# A shim that answers all it is asked, and looks at memory that it never set when told to.
cat >"$dir/shim.c" <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	char line[4096];
	int *unset = malloc(sizeof(*unset));

	(void)argv;
	puts("{\"protocol\":1,\"name\":\"odd\",\"keys\":[\"memory\"],\"features\":[]}");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		const char *id = strstr(line, "\"id\":");

		printf("{\"id\":%ld,\"ok\":true}\n", id ? strtol(id + 5, NULL, 10) : 0);
		fflush(stdout);
	}
	if (argc > 1 && *unset)
		fputs("odd\n", stderr);
	free(unset);
	return 0;
}
END
cc -g -o "$dir/shim" "$dir/shim.c"

if [ "$1" = valgrind ]; then
	status 0 --valgrind --shim "$dir/shim"
	status 0 --shim "$dir/shim odd"
	status 1 --valgrind --shim "$dir/shim odd"
	grep -q 'found something' "$dir/text" || fail 'what valgrind finds is not told'
	grep -q 'uninitialised' "$dir/out/evidence/odd.start/stderr.txt" ||
		fail 'the evidence does not have it'
	exit 0
fi

mkfifo "$dir/told"
"$conformance" run odd.start --gdb --shim "$dir/shim" --catalogue "$dir/catalogue" \
	--out "$dir/out" --quiet 2>"$dir/told" &
runner=$!
exec 3<"$dir/told"
read -r line <&3
port=$(printf '%s\n' "$line" | sed -n "s/.*gdb -ex 'target remote 127\.0\.0\.1:\([0-9]*\)'\$/\1/p")
[ -n "$port" ] || fail "not told how to attach: $line"
timeout 60 gdb -nx -batch -ex "target remote 127.0.0.1:$port" -ex 'break main' -ex continue \
	-ex backtrace -ex continue "$dir/shim" >"$dir/text" 2>&1 || fail 'gdb does not come through'
grep -q '^#0 .*main.*shim\.c' "$dir/text" || fail 'gdb did not stop in main'
cat <&3 >>"$dir/text"
got=0
wait "$runner" || got=$?
runner=
[ "$got" -eq 0 ] || fail "exit status $got, not 0"
