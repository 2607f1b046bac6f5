#!/bin/sh
# SPDX-License-Identifier: MIT
# SEC-02: unless told otherwise, every listener of the emulator is on the loopback address.
set -eu
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# listeners PID: local address and port of each socket the process listens on.
listeners() {
	/usr/bin/python3 - "$1" <<'END'
import os, sys
pid = sys.argv[1]
mine = set()
for fd in os.listdir(f"/proc/{pid}/fd"):
    try:
        mine.add(os.readlink(f"/proc/{pid}/fd/{fd}"))
    except OSError:
        pass
for table in ("tcp", "tcp6"):
    path = f"/proc/{pid}/net/{table}"
    for line in open(path).read().splitlines()[1:] if os.path.exists(path) else []:
        local, state, inode = line.split()[1], line.split()[3], line.split()[9]
        if state == "0A" and f"socket:[{inode}]" in mine:
            address, port = local.split(":")
            if table == "tcp":
                address = ".".join(str(b) for b in reversed(bytes.fromhex(address)))
            print(f"{address}:{int(port, 16)}")
END
}

start_emulator --quiet
ports=$(printf '%s\n' "$imds" "$sts" "$admin" | sed 's/.*:/127.0.0.1:/' | sort)
expect "listeners" "$(listeners "$emulator_pid" | sort)" "$ports"
expect "three ports" "$(printf '%s\n' "$ports" | sort -u | wc -l)" 3

# Admin is not reachable through the other ports, nor are they through admin.
status() {
	curl -q -s --noproxy '*' --cacert "$ca" -H 'Metadata: true' -o "$work/o" \
		-w '%{http_code}' "$1"
}
expect "no admin on imds" "$(status "$imds/journal")" 404
expect "no admin on sts" "$(status "$sts/journal")" 404
expect "no imds on admin" \
	"$(status "$admin/metadata/identity/getplatformmetadata?cred-api-version=2.0")" 404
stop_emulator

# Told otherwise, it does otherwise; the admin interface only when it is meant.
start_emulator --quiet --bind 0.0.0.0
expect_match "--bind" "$(listeners "$emulator_pid")" '^0\.0\.0\.0:'
expect_match "--bind leaves the admin interface where it is" "$(listeners "$emulator_pid")" \
	"^127\.0\.0\.1:${admin##*:}\$"
stop_emulator
start_emulator --quiet --admin-bind 0.0.0.0
expect_match "--admin-bind" "$(listeners "$emulator_pid")" "^0\.0\.0\.0:${admin##*:}\$"
stop_emulator
done_testing
