#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds the shim of MSAL.NET when it is not built yet and runs it. Exit status 77, with the reason
# on standard error, where the .NET SDK or the packages of NuGet are not to be had, and where MSAL
# has no bound tokens for managed identities: everywhere but on Windows.
#
#   MSIV2_MSAL_NET_BUILD      folder to build in (default: build beside this file; where that
#                             cannot be written, msiv2/msal-net in XDG_CACHE_HOME or HOME/.cache,
#                             which the runner has anew for each client)
#   MSIV2_MSAL_NET_ANYWHERE   not empty: runs on any system; bound tokens are unsupported there
set -eu

here=$(cd "$(dirname "$0")" && pwd)
if [ -n "${MSIV2_MSAL_NET_BUILD-}" ]; then
	build=$MSIV2_MSAL_NET_BUILD
elif [ -w "$here" ]; then
	build=$here/build
else
	build=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/msiv2/msal-net
fi
program=$build/out/msal-net-shim.dll
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

is_built() {
	[ -e "$program" ] && [ -z "$(find "$here" -maxdepth 1 -newer "$program" -name '*.cs*')" ]
}

if ! command -v dotnet >/dev/null; then
	echo "msal-net: skipped: there is no .NET SDK here" >&2
	exit 77
fi
mkdir -p "$build"
exec 9>"$build/lock"
! command -v flock >/dev/null || flock 9 # clients start side by side; one builds
if ! is_built; then
	cp "$here"/*.cs "$here"/*.csproj "$build"
	if ! (cd "$build" && dotnet restore) >"$build/restore.log" 2>&1 9>&-; then
		echo "msal-net: skipped: its packages cannot be had:" >&2
		tail -3 "$build/restore.log" >&2
		exit 77
	fi
	# The compiler leaves no server behind.
	if ! (cd "$build" && dotnet build --no-restore -c Release -o out \
		-nodeReuse:false -p:UseSharedCompilation=false) \
		>"$build/build.log" 2>&1 9>&-; then
		cat "$build/build.log" >&2
		exit 1
	fi
fi
exec 9>&-
exec dotnet "$program"
