#!/bin/sh
# SPDX-License-Identifier: MIT
# openssl-curl.sh behind docs/shim.md. It keeps nothing between commands, so that every acquisition
# is a cold one, and it makes one attempt on each leg.
set -eu
umask 077

here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' HUP INT TERM
started='' id=null

# text NAME: a text member of $line; "" when it is not there. Commands are flat, but for identity.
text() {
	printf '%s' "$line" |
		sed -n 's/.*"'"$1"'"[[:space:]]*:[[:space:]]*"\(\([^"\\]\|\\.\)*\)".*/\1/p' |
		sed 's,\\\(["/\\]\),\1,g'
}

# number NAME: the same of a whole number.
number() {
	printf '%s' "$line" | sed -n 's/.*"'"$1"'"[[:space:]]*:[[:space:]]*\([0-9][0-9]*\).*/\1/p'
}

refuse() {
	printf '{"id":%s,"ok":false,"error":{"class":"%s","where":"%s",' "$id" "$1" "$2"
	printf '"http_status":0,"code":"","message":"%s"}}\n' "$3"
}

done_well() {
	printf '{"id":%s,"ok":true%s}\n' "$id" "${1:+,$1}"
}

start() {
	if [ -n "$started" ]; then
		refuse config start "it was started before"
		return
	fi
	imds=$(text imds) ca=$(text ca) keys=$(text keys) floor=$(text min_strength)
	timeout_ms=$(number timeout_ms)
	case $imds in
	http://?* | https://?*) ;;
	*)
		refuse config imds "not an http or https address"
		return
		;;
	esac
	timeout=$(printf '%d.%03d' "$((${timeout_ms:-30000} / 1000))" \
		"$((${timeout_ms:-30000} % 1000))")
	started=yes
	done_well ''
}

# key_is_ours: this client has memory keys only (KEY-06).
key_is_ours() {
	case ,${keys:-memory}, in
	*,memory,* | *,windows,* | *,linux,*) ;;
	*) return 1 ;;
	esac
	case $floor in
	'' | memory) return 0 ;;
	*) return 1 ;;
	esac
}

# acquire CURL-OPTION...: token, and the resource when it is called.
acquire() {
	kind=$(text kind) resource=$(text resource) type=$(text token_type)
	if ! key_is_ours; then
		refuse key_unavailable key "this client has memory keys only"
		return
	fi
	identity=${kind:-system}
	[ "$identity" = system ] || identity=$identity:$(text id)
	mkdir "$dir/kept"
	"$here/openssl-curl.sh" --imds "$imds" ${ca:+--ca "$ca"} --resource "$resource" \
		--identity "$identity" --type "${type:-mtls_pop}" --timeout "$timeout" \
		--keep "$dir/kept" "$@" >"$dir/result" || :
	if [ ! -s "$dir/kept/cert.pem" ]; then
		sed "s/^{/{\"id\":$id,/" "$dir/result"
	else
		tell
	fi
	rm -rf "$dir/kept" # key and token are in it
}

# tell: the kept certificate and what was printed, in the words of a shim.
tell() {
	sha256=$(openssl x509 -in "$dir/kept/cert.pem" -outform DER | openssl dgst -sha256 -r |
		cut -d ' ' -f 1)
	until=$(openssl x509 -in "$dir/kept/cert.pem" -noout -enddate | sed 's/^notAfter=//')
	line=$(cat "$dir/result")
	status=$(number status)
	printf '{"id":%s,"ok":true,"token_type":"%s","client_id":"%s","tenant_id":"%s",' \
		"$id" "$(text token_type)" "$(text client_id)" "$(text tenant_id)"
	printf '"source":"network","certificate":{"sha256":"%s","not_after":%s},' \
		"$sha256" "$(date -u -d "$until" +%s)"
	printf '"key":{"kind":"memory","bits":2048}%s}\n' "${status:+,\"status\":$status}"
}

# probe: META-08, the question without the Metadata header.
probe() {
	rc=0
	status=$(curl -q --silent --noproxy '*' --max-time "$timeout" --output /dev/null \
		--write-out '%{http_code}' \
		"${imds%/}/metadata/identity/getplatformmetadata?cred-api-version=2.0") || rc=$?
	case $rc:$status in
	0:400) done_well '' ;;
	0:*) refuse unsupported imds.probe "this host has no Managed Identity v2" ;;
	28:*) refuse timeout imds.probe "the deadline passed" ;;
	*) refuse transport imds.probe "no answer" ;;
	esac
}

# run COMMAND
run() {
	case $1 in
	start | quit) ;;
	acquire | call | probe | restart | drop_memory)
		if [ -z "$started" ]; then
			refuse config command "$1 comes before start"
			return
		fi
		;;
	*)
		refuse unsupported command "no such command"
		return
		;;
	esac
	case $1 in
	start) start ;;
	acquire) acquire --no-call ;;
	call) acquire --call "$(text url)" ;;
	probe) probe ;;
	*) done_well '' ;;
	esac
}

printf '{"protocol":1,"name":"openssl-curl","version":"1","keys":["memory"],"features":['
printf '"call","restart","drop_memory","min_strength","force","bearer","user_assigned","probe"]}\n'
while IFS= read -r line; do
	id=null
	case $line in
	'{'*'}') ;;
	*)
		refuse config command "not a JSON object"
		continue
		;;
	esac
	id=$(number id)
	command=$(text command)
	if [ -z "$id" ] || [ -z "$command" ]; then
		id=${id:-null}
		refuse config command "it has no id or no command"
		continue
	fi
	run "$command" </dev/null
	[ "$command" != quit ] || exit 0
done
