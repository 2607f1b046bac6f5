# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# What the scripts share. Sourced with $project set to the top of the checkout.
: "${project:?set by the script that sources this}"

# fail WORDS...: one clear line, then out.
fail() {
	printf '%s: %s\n' "script/${0##*/}" "$*" >&2
	exit 1
}

# Seconds since 1970.
now() {
	date +%s
}

# failed_tests LOG: the first lines of what ctest shows of each test that failed.
failed_tests() {
	awk '/\*\*\*(Failed|Timeout|Exception|Not Run)/ { left = 30 } left-- > 0' "$1" | head -n 120
}

# step NAME COMMAND...: runs it with its output in build/log/NAME.log and says how long it took;
# when it fails, shows the tests that did and the end of that log.
step() {
	step_name=$1
	shift
	step_log=$project/build/log/$(printf '%s' "$step_name" | tr -c 'A-Za-z0-9\n' _).log
	mkdir -p "$project/build/log"
	step_start=$(now)
	# Not as a condition: there `set -e` would not hold inside the command.
	set +e
	(
		set -e
		"$@"
	) >"$step_log" 2>&1 </dev/null
	step_code=$?
	set -e
	if [ "$step_code" -eq 0 ]; then
		printf '%-28s %4d s\n' "$step_name" "$(($(now) - step_start))"
	else
		printf '%-28s FAILED; the end of %s:\n' "$step_name" "${step_log#"$project/"}"
		failed_tests "$step_log"
		tail -n 40 "$step_log"
		exit 1
	fi
}

# build_preset PRESET [TARGET...]: configures once, then builds what is out of date.
build_preset() (
	cd "$project" || exit 1
	preset=$1
	shift
	[ -f "build/$preset/build.ninja" ] || cmake --preset "$preset"
	if [ $# -gt 0 ]; then
		cmake --build --preset "$preset" --target "$@"
	else
		cmake --build --preset "$preset"
	fi
)
