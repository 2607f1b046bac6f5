#!/bin/sh
# SPDX-License-Identifier: MIT
# A Managed Identity v2 client made of openssl and curl: the wire is the interface, not a library.
#
#   openssl-curl.sh --resource URI [option ...]
#
#   --resource URI     what the token is for
#   --call URL         protected resource to call with it (default: the resource)
#   --imds URL         base of IMDS (default: $AZURE_POD_IDENTITY_AUTHORITY_HOST, else link-local)
#   --ca FILE          roots for token service and resource (default: the system's)
#   --identity WHICH   system | client_id:ID | object_id:ID | resource_id:ID (default: system)
#   --type TYPE        mtls_pop | bearer (default: mtls_pop)
#   --no-call          only get the token
#   --timeout SECONDS  of each request (default: 30)
#   --keep DIR         leave key, CSR, certificate and token there, for inspection
#
# Prints one JSON object; exit codes are those of the msiv2 command. It makes one attempt on each
# leg and keeps nothing: no retries, no cache.
set -eu
umask 077

calls=yes call='' resource='' ca='' keep='' timeout=30 identity=system type=mtls_pop
imds=${AZURE_POD_IDENTITY_AUTHORITY_HOST:-http://169.254.169.254}

# fail CLASS WHERE STATUS MESSAGE [CODE]: the error object on stdout, one line on stderr, and the
# class's code.
fail() {
	text=$(printf '%s' "$4" | tr '\n\t\r' '   ' | sed 's/[\\"]/\\&/g' | cut -c 1-600)
	printf '{"ok":false,"error":{"class":"%s","where":"%s",' "$1" "$2"
	printf '"http_status":%s,"code":"%s","message":"%s"}}\n' "$3" \
		"$(printf '%s' "${5-}" | tr -cd 'A-Za-z0-9._ -')" "$text"
	printf 'openssl-curl.sh: %s: %s\n' "$2" "$4" >&2
	case $1 in
	config) exit 2 ;;
	unsupported) exit 3 ;;
	key_unavailable) exit 4 ;;
	transport) exit 6 ;;
	timeout) exit 7 ;;
	imds_refused) exit 8 ;;
	imds_malformed) exit 9 ;;
	cert_invalid) exit 10 ;;
	sts_refused) exit 11 ;;
	sts_malformed) exit 12 ;;
	*) exit 14 ;;
	esac
}

while [ $# -gt 0 ]; do
	case $1 in
	-h | --help)
		sed -n '3,19s/^# \{0,1\}//p' "$0"
		exit 0
		;;
	--no-call)
		calls=no
		shift
		continue
		;;
	--resource | --call | --imds | --ca | --identity | --type | --timeout | --keep) ;;
	*) fail config options 0 "unknown option: $1" ;;
	esac
	[ $# -ge 2 ] || fail config "$1" 0 "needs a value"
	case $1 in
	--resource) resource=$2 ;;
	--call) call=$2 ;;
	--imds) imds=$2 ;;
	--ca) ca=$2 ;;
	--identity) identity=$2 ;;
	--type) type=$2 ;;
	--timeout) timeout=$2 ;;
	--keep) keep=$2 ;;
	esac
	shift 2
done
[ -n "$resource" ] || fail config --resource 0 "is required"
[ -z "$ca" ] || [ -r "$ca" ] || fail config --ca 0 "cannot read $ca"
case $timeout in
'' | . | *[!0-9.]* | *.*.*) fail config --timeout 0 "must be a number of seconds" ;;
esac
[ -z "$keep" ] || [ -d "$keep" ] || fail config --keep 0 "$keep is not a directory"
case $type in
mtls_pop | bearer) ;;
*) fail config --type 0 "must be mtls_pop or bearer" ;;
esac
case $identity in
system) selector='' value='' ;;
client_id:?* | object_id:?*) selector=${identity%%:*} value=${identity#*:} ;;
resource_id:?*) selector=mi_res_id value=${identity#*:} ;; # META-04
*) fail config --identity 0 "must be system, client_id:ID, object_id:ID or resource_id:ID" ;;
esac
call=${call:-$resource}
case $imds in
http://?* | https://?*) ;;
*) fail config --imds 0 "must be an http or https address" ;;
esac
imds=$(printf '%s' "$imds" | sed 's,^\([a-z]*://[^/?#]*\).*,\1,') # NET-06

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' HUP INT TERM
trap 'exit 141' PIPE

# ask WHERE CLASS CURL-OPTION...: one request; $status, $dir/head and $dir/body are the answer.
ask() {
	where=$1
	class=$2
	shift 2
	rc=0
	status=$(curl -q --silent --show-error --noproxy '*' --max-time "$timeout" \
		--max-filesize 1048576 --dump-header "$dir/head" \
		--output "$dir/body" --write-out '%{http_code}' "$@" 2>"$dir/curl") || rc=$?
	case $rc in
	0) ;;
	28) fail timeout "$where" 0 "$(cat "$dir/curl")" ;;
	63) fail "$class" "$where" 0 "the answer is larger than 1 MiB" ;; # NET-04
	*) fail transport "$where" 0 "$(cat "$dir/curl")" ;;
	esac
}

# member NAME: the text of a JSON member of $dir/body; "" when it is not there.
member() {
	tr -d '\n\r' <"$dir/body" |
		sed -n 's/.*"'"$1"'"[[:space:]]*:[[:space:]]*"\(\([^"\\]\|\\.\)*\)".*/\1/p' |
		sed 's,\\/,/,g; s/\\u002[Bb]/+/g; s/\\u003[Dd]/=/g'
}

# need_object CLASS: the answer is one JSON object.
need_object() {
	case $(tr -d ' \t\n\r' <"$dir/body" | sed 's/^\(.\).*\(.\)$/\1\2/') in
	'{}') ;;
	*) fail "$1" "$where" "$status" "the answer is no JSON object" ;;
	esac
}

# need_once CLASS NAME: of members of that name there is one.
need_once() {
	count=$(tr -d '\n\r' <"$dir/body" | grep -o "\"$2\"[[:space:]]*:" | wc -l)
	[ "$count" -eq 1 ] || fail "$1" "$where" "$status" "the answer has $count times $2"
}

# need CLASS NAME: the same into $found, and it must be there, once. (Not by $(...): fail has to end
# us.)
need() {
	need_once "$1" "$2"
	found=$(member "$2")
	[ -n "$found" ] || fail "$1" "$where" "$status" "the answer has no $2"
}

uuid() {
	openssl rand -hex 16 |
		sed 's/^\(.\{8\}\)\(....\).\(...\).\(...\)\(.\{12\}\)$/\1-\2-4\3-8\4-\5/'
}

# ask_imds WHERE PATH CURL-OPTION...: an IMDS leg, with what each of them carries.
ask_imds() {
	url="$imds$2?cred-api-version=2.0${selector:+&$selector=$escaped}"
	leg=$1
	shift 2
	ask "$leg" imds_malformed --header 'Metadata: true' \
		--header "x-ms-client-request-id: $correlation" "$@" "$url"
	case $status in
	200) ;;
	*)
		[ "$leg:$status" != imds.getplatformmetadata:404 ] ||
			fail unsupported "$leg" 404 "this host has no Managed Identity v2" # META-07
		fail imds_refused "$leg" "$status" "$(member error): $(member error_description)" \
			"$(member error)"
		;;
	esac
	grep -qi '^server:.*IMDS' "$dir/head" ||
		fail imds_malformed "$leg" "$status" "the answer is not from IMDS" # META-06
	need_object imds_malformed
}

correlation=$(uuid) # META-03
escaped=$(printf '%s' "$value" | od -An -v -tx1 | tr -d ' \n' | sed 's/../%&/g')

# 1. Who is this host?
ask_imds imds.getplatformmetadata /metadata/identity/getplatformmetadata
need imds_malformed clientId
client_id=$found
need imds_malformed tenantId
tenant_id=$found
need imds_malformed attestationEndpoint
vm_id=$(member vmId)
vmss_id=$(member vmssId)
cu_id='' # as OpenSSL's configuration wants quotes: \"
[ -z "$vm_id" ] || cu_id=$(printf '\\"vmId\\":\\"%s\\"' "$vm_id")
[ -z "$vmss_id" ] || cu_id=$(printf '%s\\"vmssId\\":\\"%s\\"' "${cu_id:+$cu_id,}" "$vmss_id")
[ -n "$cu_id" ] || fail imds_malformed "$where" "$status" "the answer has no cuId"
case $client_id$tenant_id$vm_id$vmss_id in
*[!A-Za-z0-9._:/-]*) fail imds_malformed "$where" "$status" "an id has unexpected characters" ;;
esac

# 2. Key and certificate request: CSR-01 (subject), CSR-03 (cuId attribute), CSR-04 (PSS).
cat >"$dir/csr.cnf" <<END
oid_section = oids
[ oids ]
cuId = 1.3.6.1.4.1.311.90.2.10
[ req ]
prompt = no
utf8 = yes
string_mask = utf8only
distinguished_name = subject
attributes = attributes
[ subject ]
DC = $tenant_id
CN = $client_id
[ attributes ]
cuId = {$cu_id}
END
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$dir/key.pem" 2>"$dir/log" ||
	fail key_unavailable key 0 "$(cat "$dir/log")"
openssl req -new -config "$dir/csr.cnf" -key "$dir/key.pem" -sha256 \
	-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 -sigopt rsa_mgf1_md:sha256 \
	-outform DER -out "$dir/csr.der" 2>"$dir/log" || fail internal csr 0 "$(cat "$dir/log")"

# 3. The certificate.
printf '{"csr":"%s"}' "$(openssl base64 -A -in "$dir/csr.der")" >"$dir/issue.json" # CSR-06
ask_imds imds.issuecredential /metadata/identity/issuecredential \
	--header 'Content-Type: application/json' --data-binary "@$dir/issue.json"
need imds_malformed client_id
client_id=$found
need imds_malformed tenant_id
tenant_id=$found
need imds_malformed mtls_authentication_endpoint
endpoint=$found
need imds_malformed identity_type
case $found in
SystemAssigned | UserAssigned) ;;
*) fail imds_malformed "$where" "$status" "identity_type is neither of the two" ;;
esac
need imds_malformed certificate
case $found in
*[!A-Za-z0-9+/=]*) fail imds_malformed "$where" "$status" "the certificate is no base64" ;;
esac
printf '%s' "$found" | openssl base64 -d -A >"$dir/cert.der"
openssl x509 -inform DER -in "$dir/cert.der" -out "$dir/cert.pem" 2>"$dir/log" ||
	fail imds_malformed "$where" "$status" "certificate: $(cat "$dir/log")"
openssl x509 -in "$dir/cert.pem" -outform DER -out "$dir/alone.der"
cmp -s "$dir/alone.der" "$dir/cert.der" ||
	fail imds_malformed "$where" "$status" "something follows the certificate"

# ISSUE-04: our key, our name, valid now, an https endpoint.
openssl pkey -in "$dir/key.pem" -pubout -out "$dir/ours" 2>"$dir/log" ||
	fail internal key 0 "$(cat "$dir/log")"
openssl x509 -in "$dir/cert.pem" -noout -pubkey >"$dir/theirs"
cmp -s "$dir/ours" "$dir/theirs" ||
	fail cert_invalid certificate 0 "the certificate is for another key"
openssl x509 -in "$dir/cert.pem" -noout -subject -nameopt multiline |
	grep -q "commonName *= $client_id\$" ||
	fail cert_invalid certificate 0 "the certificate does not name $client_id"
openssl x509 -in "$dir/cert.pem" -noout -checkend 0 >/dev/null ||
	fail cert_invalid certificate 0 "the certificate has expired"
born=$(openssl x509 -in "$dir/cert.pem" -noout -startdate | sed 's/^notBefore=//')
[ "$(date -u -d "$born" +%s)" -le "$(date -u +%s)" ] ||
	fail cert_invalid certificate 0 "the certificate is not valid yet"
case $endpoint in
*[@?#\ ]*) fail imds_malformed endpoint 0 "the endpoint is not plain" ;;
https://[!/:]*) ;;
*) fail imds_malformed endpoint 0 "the endpoint is no https address" ;;
esac
thumbprint=$(openssl dgst -sha256 -binary "$dir/cert.der" | openssl base64 -A |
	tr '+/' '-_' | tr -d =)
not_after=$(openssl x509 -in "$dir/cert.pem" -noout -enddate | sed 's/^notAfter=//')

# 4. The token, over mutual TLS (STS-01, STS-02).
bound=''
[ "$type" = bearer ] || bound=yes
ask sts.token sts_malformed --proto '=https' --cert "$dir/cert.pem" --key "$dir/key.pem" \
	${ca:+--cacert "$ca"} --header "client-request-id: $correlation" \
	--data-urlencode "client_id=$client_id" --data-urlencode "scope=$resource/.default" \
	--data-urlencode grant_type=client_credentials \
	${bound:+--data-urlencode token_type=mtls_pop} \
	"${endpoint%/}/$tenant_id/oauth2/v2.0/token"
[ "$status" = 200 ] ||
	fail sts_refused "$where" "$status" "$(member error): $(member error_description)" \
		"$(member error)"
need_object sts_malformed
need_once sts_malformed expires_in
tr -d '\n\r' <"$dir/body" | grep -Eq '"expires_in"[[:space:]]*:[[:space:]]*("[1-9][0-9]*"|[1-9])' ||
	fail sts_malformed "$where" "$status" "expires_in is no number above 0"
need sts_malformed token_type
token_type=$found
need sts_malformed access_token
case $found in
*[!A-Za-z0-9._~+/=-]*) fail sts_malformed "$where" "$status" "access_token is no token" ;;
esac
printf '%s' "$found" >"$dir/token"
[ "$(printf '%s' "$token_type" | tr '[:upper:]' '[:lower:]')" = "$type" ] || # STS-03
	fail sts_malformed "$where" "$status" "asked for $type, got $token_type"

# told OK: the result so far, without its end.
told() {
	printf '{"ok":%s,"token_type":"%s","client_id":"%s","tenant_id":"%s",' \
		"$1" "$token_type" "$client_id" "$tenant_id"
	printf '"certificate":{"x5t#S256":"%s","not_after":"%s"}' "$thumbprint" "$not_after"
}

keep() {
	[ -z "$keep" ] || (cd "$dir" && cp key.pem csr.der cert.pem token body head "$keep")
}

if [ "$calls" = no ]; then
	keep
	told true
	printf '}\n'
	exit 0
fi

# 5. The resource, with token and certificate. The token goes by file: arguments are visible to all.
printf 'header = "Authorization: %s %s"\n' "$token_type" "$(cat "$dir/token")" >"$dir/authorization"
ask resource transport --proto '=https' --cert "$dir/cert.pem" --key "$dir/key.pem" \
	${ca:+--cacert "$ca"} --config "$dir/authorization" "$call"
keep

ok=true
case $status in 2??) ;; *) ok=false ;; esac
told "$ok"
printf ',"resource":{"status":%s}}\n' "$status"
[ "$ok" = true ] || exit 20
