#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds the shim of MSAL.NET when it is not built yet and runs it. Exit status 77, with the reason
# on standard error, where the .NET SDK or the packages of NuGet are not to be had, and where MSAL
# has no bound tokens for managed identities: everywhere but on Windows.
#
#   MSIV2_MSAL_NET_BUILD   folder to build in (default: $XDG_CACHE_HOME/msiv2/msal-net)
set -eu

here=$(cd "$(dirname "$0")" && pwd)
build=${MSIV2_MSAL_NET_BUILD:-${XDG_CACHE_HOME:-$HOME/.cache}/msiv2/msal-net}
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

if ! command -v dotnet >/dev/null; then
	echo "msal-net: skipped: there is no .NET SDK here" >&2
	exit 77
fi
mkdir -p "$build"
if [ ! -e "$build/out/msal-net-shim.dll" ] ||
	[ -n "$(find "$here" -newer "$build/out/msal-net-shim.dll" -name '*.cs*')" ]; then
	cp "$here"/*.cs "$here"/*.csproj "$build"
	if ! (cd "$build" && dotnet restore) >"$build/restore.log" 2>&1; then
		echo "msal-net: skipped: its packages cannot be had:" >&2
		tail -3 "$build/restore.log" >&2
		exit 77
	fi
	if ! (cd "$build" && dotnet build --no-restore -c Release -o out) \
		>"$build/build.log" 2>&1; then
		cat "$build/build.log" >&2
		exit 1
	fi
fi
exec dotnet "$build/out/msal-net-shim.dll"
