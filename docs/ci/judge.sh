#!/bin/sh
# SPDX-License-Identifier: MIT
# What the pipelines beside this file run on Debian 12, as root: builds the suite when it is not
# there and judges a client with one part of the catalogue.
#
#   judge.sh SHIM [I/N] [OPTION...]
#
# OPTION is one of `msiv2-conformance run`, such as --fast or --level must; --quiet, --shard,
# --expected and the reports below are given already.
#
# MSIV2_DIR   the checkout of msiv2 (default: msiv2); when it is not there, it is cloned:
# MSIV2_GIT   from here,
# MSIV2_REF   at this tag or branch; both are needed then
#
# Leaves conformance.xml (JUnit), conformance.md, conformance.html and conformance-out/. Known
# failures are read from conformance-expected.json when there is one.
set -eu

[ $# -ge 1 ] || {
	echo "usage: judge.sh SHIM [I/N] [OPTION...]" >&2
	exit 2
}
shim=$1
shift
shard=1/1
case ${1-} in
[0-9]*/[0-9]*)
	shard=$1
	shift
	;;
esac
dir=${MSIV2_DIR:-msiv2}
program=$dir/build/release/bin/msiv2-conformance

install_packages() {
	apt-get -qq update
	DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$@"
}

if [ ! -d "$dir" ]; then
	for name in MSIV2_GIT MSIV2_REF; do
		eval "[ -n \"\${$name-}\" ]" || {
			echo "judge.sh: $dir is not there, and $name is not set: no clone" >&2
			exit 2
		}
	done
	install_packages ca-certificates git
	git clone --quiet --depth 1 --branch "$MSIV2_REF" "$MSIV2_GIT" "$dir"
fi
if [ ! -x "$program" ]; then
	"$dir/script/setup" build run
	install_packages libcmocka-dev
	(
		cd "$dir"
		cmake --preset release
		cmake --build --preset release --target msiv2-conformance
	)
fi

set -- run --shim "$shim" --shard "$shard" --quiet "$@"
[ ! -f conformance-expected.json ] || set -- "$@" --expected conformance-expected.json
exec "$program" "$@" --junit conformance.xml --markdown conformance.md --html conformance.html
