#!/bin/sh
# SPDX-License-Identifier: MIT
# What others build on: an installed emulator runs from where it was put, the installed suite judges
# wherever its prefix was moved to, and a program that embeds the emulator keeps compiler flags of
# its own.
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

# The suite: staged, moved, and without a look at the source. Its catalogue there is another one.
expect_rc "staged install" 0 env DESTDIR="$work/stage" cmake --install "$MSIV2_BIN/.." \
	--prefix /opt/msiv2
mv "$work/stage/opt/msiv2" "$work/moved here"
moved=$work/moved\ here
share=$moved/share/msiv2
for file in share/msiv2/schema/scenario.schema.json share/msiv2/schema/report.schema.json \
	share/man/man1/msiv2-conformance.1 share/doc/msiv2/conformance.md \
	share/doc/msiv2/ci/judge.sh; do
	expect_rc "installed $file" 0 test -f "$moved/$file"
done
expect_rc "the pipelines' script is not told where to clone from" 2 env -u MSIV2_GIT MSIV2_REF=v1 \
	MSIV2_DIR="$work/none" PATH=/no/such "$(command -v sh)" \
	"$moved/share/doc/msiv2/ci/judge.sh" ./shim
expect_match "what it was not told" "$(cat "$work/err")" 'MSIV2_GIT is not set'
# Beside a checkout that is built it judges, with options of one's own.
mkdir -p "$work/checkout/build/release"
ln -s "$moved/bin" "$work/checkout/build/release/bin"
expect_rc "the pipelines' script judges" 0 env -C "$work" MSIV2_DIR=checkout \
	"$moved/share/doc/msiv2/ci/judge.sh" "'$moved/bin/msiv2-shim'" 1/1000 --seed 9 --fast
expect_match "what it judged" "$(cat "$work/err")" '^1 pass$'
expect_match "with which options" "$(cat "$work/err")" '^seed: 9$'
for file in softhsm-token swtpm-start swtpm-stop; do
	expect_rc "installed $file" 0 test -x "$share/script/$file"
done
expect "links of the installed manual that lead nowhere" "$(cd "$moved/share/doc/msiv2" &&
	grep -oHE '\]\([^)#:]+' ./*.md | while IFS=: read -r page link; do
		case $link in
			'](../'*) ;; # the checkout, as docs/conformance.md says
			*) [ -e "${link#](}" ] || printf '%s: %s\n' "$page" "$link" ;;
		esac
	done)" ""
suite() {
	env -u MSIV2_CATALOGUE -u MSIV2_SCRIPTS PATH="$moved/bin:$PATH" msiv2-conformance "$@"
}
run() {
	suite run --quiet --out "$work/judged" "$@"
}
mkdir "$share/catalogue/moved"
sed 's/"id": "flow.cold"/"id": "moved.cold"/' "$share/catalogue/flow/cold.json" \
	>"$share/catalogue/moved/cold.json"
expect_rc "a scenario that only the moved catalogue has" 0 suite show moved.cold
expect_rc "fast ones of the moved suite" 0 run moved.cold 'flow.c*' --fast --shim msiv2-shim
expect "what was judged" "$(tail -n 1 "$work/err")" \
	"$(suite list moved.cold 'flow.c*' --fast | wc -l) pass"
expect_rc "the installed catalogue stays as it is" 2 suite new moved.mine
mkdir "$work/own"
expect_rc "a scenario of one's own" 0 suite new moved.mine --catalogue "$work/own"
expect_rc "is the one in its folder" 0 suite show moved.mine --catalogue "$work/own"
expect_rc "the template is a shim" 4 run flow.cold --shim "'$share/shims/template.py'"
expect_rc "the template speaks as it should" 0 "$share/shims/check_shim.py" \
	"$moved/bin/msiv2-shim"
expect_rc "the Python client" 0 run flow.cold --shim "'$share/shims/shim.py'"
expect_rc "the shell client" 0 run flow.cold --shim "'$share/shims/openssl-curl-shim.sh'"
if command -v softhsm2-util >/dev/null 2>&1; then
	expect_rc "a key of a device" 0 run flow.cold --key keyguard --shim msiv2-shim
	rm "$share/script/softhsm-token"
	expect_rc "no script" 4 run flow.cold --key keyguard --shim msiv2-shim
	expect_rc "scripts elsewhere" 0 run flow.cold --key keyguard --shim msiv2-shim \
		--scripts "$project/script"
fi
rm -r "$share/catalogue"
expect_rc "no catalogue" 2 suite list flow.cold
expect_rc "another catalogue" 0 suite list flow.cold --catalogue "$project/scenarios/catalogue"

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
