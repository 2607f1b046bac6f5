#!/bin/sh
# SPDX-License-Identifier: MIT
# script/interop --run: whose emulator it takes, in a checkout where nothing is built. Node.js is a
# stand-in that says what it was asked to run.
set -eu
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

mkdir -p "$work/tree/script" "$work/tree/build/interop/newer/node_modules" "$work/bin"
mkdir -p "$work/tree/build/interop/older/node_modules"
cp "$project/script/interop" "$project/script/lib.sh" "$work/tree/script/"
for set in older newer; do
	mkdir -p "$work/tree/tests/interop/$set"
	echo '{}' >"$work/tree/tests/interop/$set/package-lock.json"
	cp "$work/tree/tests/interop/$set/package-lock.json" "$work/tree/build/interop/$set/"
done
cat >"$work/bin/node" <<'END'
#!/bin/sh
[ "$1" = -p ] && echo 20 || echo "runs $2"
END
printf '#!/bin/sh\n' >"$work/bin/npm"
chmod +x "$work/bin/node" "$work/bin/npm"

run() {
	env -u MSIV2_BIN PATH="$work/bin:$PATH" "$@" "$work/tree/script/interop" --run newer
}
dev=$work/tree/build/dev/bin

expect_rc "nothing built" 1 run
expect_match "is told, and what to do" "$(cat "$work/err")" \
	"^script/interop: no msiv2-emulator in $dev: build it .*, or set MSIV2_BIN$"
expect_rc "a folder without one" 1 run MSIV2_BIN="$work/bin"
expect_match "is told" "$(cat "$work/err")" "no msiv2-emulator in $work/bin:"

mkdir -p "$dev"
cp "$work/bin/npm" "$dev/msiv2-emulator"
expect_rc "that of the dev build" 0 run
expect "is the one" "$(cat "$work/out")" "runs $dev/msiv2-emulator"
cp "$work/bin/npm" "$work/bin/msiv2-emulator"
expect_rc "another" 0 run MSIV2_BIN="$work/bin"
expect "is the one" "$(cat "$work/out")" "runs $work/bin/msiv2-emulator"
done_testing
