#!/bin/sh
# SPDX-License-Identifier: MIT
# Three emulators with one state directory behind plain TCP balancers are one service: each accepts
# the certificates and tokens of the others.
set -eu
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

pids=
trap 'end_all $?' EXIT

end_all() {
	for each in $pids; do
		kill -KILL "$each" 2>/dev/null || true
	done
	finish "$1"
}

# start_balancer NAME: its port in $port, its standard input at $work/NAME.in.
start_balancer() {
	mkfifo "$work/$1.in" "$work/$1.out"
	"$project/tests/e2e/balancer.py" <"$work/$1.in" >"$work/$1.out" &
	pids="$pids $!"
}
start_balancer imds
exec 4>"$work/imds.in" 5<"$work/imds.out"
read -r imds_port <&5
start_balancer sts
exec 6>"$work/sts.in" 7<"$work/sts.out"
read -r sts_port <&7

# The address of the service is that of its balancer.
printf '{"mtls_authentication_endpoint":"https://localhost:%s"}' "$sts_port" >"$work/config.json"
for replica in 1 2 3; do
	mkfifo "$work/ready$replica"
	"$MSIV2_BIN/msiv2-emulator" --quiet --state "$work/state" --config "$work/config.json" \
		>"$work/ready$replica" 2>>"$work/emulator.err" &
	pids="$pids $!"
	read -r ready <"$work/ready$replica"
	imds_ports="${imds_ports-} $(printf '%s' "$ready" | json 'j["imds"].rsplit(":",1)[1]')"
	sts_ports="${sts_ports-} $(printf '%s' "$ready" | json 'j["sts"].rsplit(":",1)[1]')"
	admins="${admins-} $(printf '%s' "$ready" | json 'j["admin"]')"
	ca=$(printf '%s' "$ready" | json 'j["ca"]')
done
printf '%s\n' "$imds_ports" >&4
printf '%s\n' "$sts_ports" >&6

# Every request of this client is a connection of its own, so metadata, certificate, token and
# resource come from different replicas.
imds=http://127.0.0.1:$imds_port
export imds ca
for round in 1 2 3 4 5 6; do
	expect_rc "round $round" 0 shell_client --resource https://vault.azure.net \
		--call "https://localhost:$sts_port/resource"
done
for endpoint in getplatformmetadata issuecredential token resource; do
	total=0
	for admin in $admins; do
		count=$(curl -q -sS --noproxy '*' "$admin/journal/counts" | json "j['$endpoint']")
		expect "a replica that was never asked for $endpoint" \
			"$([ "$count" -gt 0 ] || printf '%s' "$admin")" ""
		total=$((total + count))
	done
	expect "answers of $endpoint together" "$total" 6
done
# No replica found anything wrong with what another one had made.
for admin in $admins; do
	expect "refusals at $admin" "$(curl -q -sS --noproxy '*' "$admin/journal" |
		json '[e["status"] for e in j["events"] if e["status"] >= 400]')" '[]'
done
done_testing
