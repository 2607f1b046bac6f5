#!/bin/sh
# SPDX-License-Identifier: MIT
# What others build on: an installed emulator runs from where it was put, and a program that
# embeds it keeps compiler flags of its own.
set -eu
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

expect_rc "install" 0 cmake --install "$MSIV2_BIN/.." --prefix "$work/put"
for file in bin/msiv2 bin/msiv2-emulator include/msiv2.h include/msiv2_base.h \
	share/man/man1/msiv2.1 share/man/man1/msiv2-emulator.1; do
	expect_rc "installed $file" 0 test -f "$work/put/$file"
done
built=$MSIV2_BIN
MSIV2_BIN=$work/put/bin
start_emulator --quiet
expect_rc "a token by what was installed" 0 "$MSIV2_BIN/msiv2" token \
	--resource https://vault.azure.net --imds "$imds" --ca "$ca"
stop_emulator
MSIV2_BIN=$built

mkdir "$work/theirs"
cat >"$work/theirs/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.25)
project(theirs LANGUAGES C)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
add_subdirectory($project msiv2 EXCLUDE_FROM_ALL)
add_executable(theirs main.c)
target_link_libraries(theirs PRIVATE msiv2emu)
END
echo 'int main(void) { return 0; }' >"$work/theirs/main.c"
expect_rc "a project that embeds" 0 cmake -G Ninja -S "$work/theirs" -B "$work/theirs/build"
command=$(json '[c["command"] for c in j if c["file"].endswith("theirs/main.c")][0]' \
	<"$work/theirs/build/compile_commands.json")
expect_match "their program finds our header" "$command" 'emulator/include'
expect "flags of ours in their program" \
	"$(printf '%s\n' "$command" | grep -oE -e '-Werror|-Wconversion|_GNU_SOURCE' || true)" ""
done_testing
