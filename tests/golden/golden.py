#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The msiv2 authors
"""The exact bytes of each endpoint's answers, next to what tests/golden/*.http has.

    golden.py BIN [--update]

BIN is the folder of msiv2-emulator. One emulator is asked by hand, on sockets, with its clock
frozen. What differs from run to run is masked (see MASKS); everything else has to be equal: status
line, order and spelling of headers, body. With --update the files are written anew instead.
"""
import base64
import difflib
import http.client
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.realpath(__file__))
PROJECT = os.path.dirname(os.path.dirname(HERE))
NOW_S = 1795230000  # 2026-11-21T03:00:00Z, what the world's clock stands at
TENANT = "72f988bf-0000-4000-8000-00000000aaaa"
SYSTEM = "a1a1a1a1-0000-4000-8000-000000000001"
USER = "a2a2a2a2-0000-4000-8000-000000000002"
CORRELATION = "0f0e0d0c-0b0a-4909-8807-060504030201"
# What is the same in every run although it looks like chance.
FIXED = {TENANT, SYSTEM, USER, CORRELATION, "11111111-2222-4333-8444-555555555555",
         "b1b1b1b1-0000-4000-8000-000000000001", "b2b2b2b2-0000-4000-8000-000000000002",
         "00000000-0000-4000-8000-000000000000"}

# The masks, in this order: what is replaced, and by what. Only the group of the pattern goes, or
# all of it when it has none. A Content-Length is masked where the body was.
MASKS = (
    (r"(?:127\.0\.0\.1|localhost):(\d+)", "<port>"),
    (r'eyJ[\w-]+\.[\w-]+\.[\w-]+', "<jwt>"),
    (r'"certificate":"([\w+/=]+)"', "<der>"),
    (r'"(?:x5t#S256|xms_tb)":"([\w-]+)"', "<thumbprint>"),
    (r"\b[0-9a-f]{64}\b", "<sha256>"),
    (r'"serial":"([0-9A-F]+)"', "<serial>"),
    (r'"(?:kid|n)":"([\w-]+)"', "<key>"),
    (r'"x5c":\["([\w+/=]+)"', "<der>"),
    (r'"nonce":"([\w-]+)"', "<nonce>"),
    (r'"offset_s":(-?\d+)', "<offset>"),
    (r'"(?:mono_us|duration_us|response_bytes)":(\d+)', "<number>"),
    (r'"User-Agent":"([^"]+)"', "<agent>"),
    (r'"ca_out":"([^"]+)"', "<path>"),
    (r"-----BEGIN CERTIFICATE-----([^-]+)-----END", "<pem>"),
    (r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "<uuid>"),
)

IMDS = "/metadata/identity"
METADATA = IMDS + "/getplatformmetadata"
ISSUE = IMDS + "/issuecredential"
V2 = "?cred-api-version=2.0"
V1 = IMDS + "/oauth2/token"
COMPUTE = "/metadata/instance/compute"
VAULT = "&resource=https%3A%2F%2Fvault.azure.net"
TOKEN = f"/{TENANT}/oauth2/v2.0/token"
HAS = {"Metadata": "true", "x-ms-client-request-id": CORRELATION}
JSON = {**HAS, "Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded", "client-request-id": CORRELATION}
POP = (f"client_id={SYSTEM}&scope=https%3A%2F%2Fvault.azure.net%2F.default"
       "&grant_type=client_credentials&token_type=mtls_pop")
BEARER = POP.replace("&token_type=mtls_pop", "")
MAA = "?api-version=2023-04-01-preview"
EVIDENCE = {"Content-Type": "application/json"}


FAULT = '{"id":"one","fault":"http-empty","endpoint":"compute"}'

# What the admin interface says when one client was served and nothing else happened. The page,
# /openapi.json and /faults/catalogue are files of the project, or printed from what is one.
ADMIN = (
    ("version", "GET", "/version", ""),
    ("health", "GET", "/health", ""),
    ("ca", "GET", "/ca.pem", ""),
    ("counts", "GET", "/journal/counts", ""),
    ("journal", "GET", "/journal?since=2&limit=1", ""),
    ("journal-lines", "GET", "/journal.jsonl?since=2&limit=1", ""),
    ("journal-bad-query", "GET", "/journal?status=1", ""),
    ("certificates", "GET", "/certificates", ""),
    ("tokens", "GET", "/tokens", ""),
    ("world", "GET", "/world", ""),
    ("world-fixed-key", "PATCH", "/world", '{"listen":{"imds_port":1}}'),
    ("hosts", "GET", "/hosts", ""),
    ("host-not-found", "GET", "/hosts/other", ""),
    ("attestation", "GET", "/attestation", ""),
    ("revoke-nothing", "POST", "/revoke", "{}"),
    ("clock", "GET", "/clock", ""),
    ("clock-bad-body", "POST", "/clock", "{"),
    ("faults", "GET", "/faults", ""),
    ("fault-made", "POST", "/faults", FAULT),
    ("fault-made-twice", "POST", "/faults", FAULT),
    ("fault-unknown", "POST", "/faults", '{"fault":"none","endpoint":"compute"}'),
    ("faults-unfired", "GET", "/faults/unfired", ""),
    ("fault-changed", "PATCH", "/faults/one", '{"enabled":false}'),
    ("fault-gone", "DELETE", "/faults/one", ""),
    ("rules", "GET", "/rules", ""),
    ("rule-unknown", "PATCH", "/rules", '{"META-77":"note"}'),
    ("not-found", "GET", "/nothing", ""),
    ("wrong-method", "DELETE", "/health", ""),
)


def rows(kept):
    """(name, listener, certificate?, method, target, headers, body) of each answer."""
    for name, method, target, body in ADMIN:
        yield ("admin-" + name, "admin", 0, method, target, {}, body)
    csr = json.dumps({"csr": kept["csr"]}, separators=(",", ":"))
    bound = {"Authorization": "mtls_pop " + kept["token"]}
    plain = {"Authorization": "Bearer " + kept["token"]}
    yield from (
        ("metadata", "imds", 0, "GET", METADATA + V2, HAS, ""),
        ("metadata-user", "imds", 0, "GET", f"{METADATA}{V2}&client_id={USER}", HAS, ""),
        ("metadata-probe", "imds", 0, "GET", METADATA + V2, {}, ""),
        ("metadata-forwarded", "imds", 0, "GET", METADATA + V2,
         {**HAS, "X-Forwarded-For": "10.0.0.1"}, ""),
        ("metadata-no-version", "imds", 0, "GET", METADATA, HAS, ""),
        ("metadata-unknown-identity", "imds", 0, "GET", f"{METADATA}{V2}&client_id={TENANT}", HAS,
         ""),
        ("metadata-msi-res-id", "imds", 0, "GET", METADATA + V2 + "&msi_res_id=%2Fa", HAS, ""),
        ("metadata-repeated", "imds", 0, "GET", METADATA + V2 + "&cred-api-version=2.0", HAS, ""),
        ("metadata-post", "imds", 0, "POST", METADATA + V2, HAS, ""),
        ("imds-not-found", "imds", 0, "GET", "/metadata/identity/other", HAS, ""),
        ("issue", "imds", 0, "POST", ISSUE + V2, JSON, csr),
        ("issue-get", "imds", 0, "GET", ISSUE + V2, HAS, ""),
        ("issue-no-csr", "imds", 0, "POST", ISSUE + V2, JSON, "{}"),
        ("issue-bad-base64", "imds", 0, "POST", ISSUE + V2, JSON, '{"csr":"-----"}'),
        ("issue-wrong-type", "imds", 0, "POST", ISSUE + V2,
         {**HAS, "Content-Type": "text/plain"}, csr),
        ("issue-other-identity", "imds", 0, "POST", f"{ISSUE}{V2}&client_id={USER}", JSON, csr),
        ("v1-token", "imds", 0, "GET", f"{V1}?api-version=2018-02-01{VAULT}", HAS, ""),
        ("v1-no-header", "imds", 0, "GET", f"{V1}?api-version=2018-02-01{VAULT}", {}, ""),
        ("v1-no-version", "imds", 0, "GET", f"{V1}?resource=a", HAS, ""),
        ("v1-no-resource", "imds", 0, "GET", f"{V1}?api-version=2018-02-01", HAS, ""),
        ("v1-bad-resource", "imds", 0, "GET",
         f"{V1}?api-version=2018-02-01{VAULT}%2F.default", HAS, ""),
        ("v1-unknown-identity", "imds", 0, "GET",
         f"{V1}?api-version=2018-02-01{VAULT}&client_id={TENANT}", HAS, ""),
        ("v1-post", "imds", 0, "POST", f"{V1}?api-version=2018-02-01{VAULT}", HAS, ""),
        ("compute", "imds", 0, "GET", COMPUTE + "?api-version=2021-02-01", HAS, ""),
        ("compute-wrong-version", "imds", 0, "GET", COMPUTE + "?api-version=1", HAS, ""),
        ("compute-text", "imds", 0, "GET", COMPUTE + "?api-version=2021-02-01&format=text", HAS,
         ""),
        ("token-pop", "sts", 1, "POST", TOKEN, FORM, POP),
        ("token-bearer", "sts", 1, "POST", TOKEN, FORM, BEARER),
        ("token-no-certificate", "sts", 0, "POST", TOKEN, FORM, POP),
        ("token-get", "sts", 1, "GET", TOKEN, {}, ""),
        ("token-empty", "sts", 1, "POST", TOKEN, FORM, ""),
        ("token-wrong-type", "sts", 1, "POST", TOKEN, {**FORM, "Content-Type": "text/plain"}, POP),
        ("token-other-client", "sts", 1, "POST", TOKEN, FORM, POP.replace(SYSTEM, USER)),
        ("token-unknown-client", "sts", 1, "POST", TOKEN, FORM, POP.replace(SYSTEM, TENANT)),
        ("token-no-scope", "sts", 1, "POST", TOKEN, FORM, POP.replace("scope", "other")),
        ("token-bad-scope", "sts", 1, "POST", TOKEN, FORM, POP.replace(".default", "read")),
        ("token-wrong-grant", "sts", 1, "POST", TOKEN, FORM,
         POP.replace("client_credentials", "password")),
        ("token-secret", "sts", 1, "POST", TOKEN, FORM, POP + "&client_secret=x"),
        ("token-wrong-tenant", "sts", 1, "POST", TOKEN.replace(TENANT, SYSTEM), FORM, POP),
        ("discovery", "sts", 0, "GET", f"/{TENANT}/v2.0/.well-known/openid-configuration", {}, ""),
        ("keys", "sts", 0, "GET", f"/{TENANT}/discovery/v2.0/keys", {}, ""),
        ("sts-not-found", "sts", 0, "GET", "/", {}, ""),
        ("resource", "sts", 1, "GET", "/resource/secrets", bound, ""),
        ("resource-no-token", "sts", 1, "GET", "/resource", {}, ""),
        ("resource-no-certificate", "sts", 0, "GET", "/resource", bound, ""),
        ("resource-wrong-scheme", "sts", 1, "GET", "/resource", plain, ""),
        ("resource-no-jwt", "sts", 1, "GET", "/resource", {"Authorization": "Bearer x"}, ""),
        ("maa-nonce", "sts", 0, "GET", "/maa/attest/nonce" + MAA, {}, ""),
        ("maa-certs", "sts", 0, "GET", "/maa/certs", {}, ""),
        ("maa-keyguard-empty", "sts", 0, "POST", "/maa/attest/keyguard" + MAA, EVIDENCE, "{}"),
        ("maa-tpm-empty", "sts", 0, "POST", "/maa/attest/tpm" + MAA, EVIDENCE, "{}"),
        ("maa-no-version", "sts", 0, "POST", "/maa/attest/tpm", EVIDENCE, "{}"),
    )
    for listener in ("imds", "sts", "admin"):
        yield (listener + "-not-http", listener, 0, None, "rubbish\r\n\r\n", {}, "")


def start_emulator(program, folder):
    """A process, and what its ready line says."""
    process = subprocess.Popen([os.path.join(program, "msiv2-emulator"), "--quiet", "--ca-out",
                                os.path.join(folder, "ca.pem")], stdout=subprocess.PIPE, text=True)
    line = process.stdout.readline()
    if not line:
        sys.exit("golden.py: the emulator did not start")
    return process, json.loads(line)


def freeze(ready):
    for change in ({"frozen": True}, {"set": NOW_S}):
        host = ready["admin"].split("//")[1]
        connection = http.client.HTTPConnection(host, timeout=30)
        connection.request("POST", "/clock", json.dumps(change))
        if connection.getresponse().status != 200:
            sys.exit("golden.py: the clock does not stand")
        connection.close()


def acquire(ready, folder):
    """A key, its certificate, the CSR and a token, got by the client made of openssl and curl."""
    subprocess.run([os.path.join(PROJECT, "scenarios", "shims", "openssl-curl.sh"), "--imds",
                    ready["imds"], "--ca", ready["ca"], "--resource", ready["resource"], "--keep",
                    folder], check=True, stdout=subprocess.DEVNULL)

    def read(name):
        with open(os.path.join(folder, name), "rb") as file:
            return file.read()

    return {"csr": base64.b64encode(read("csr.der")).decode(),
            "token": read("token").decode().strip()}


def connect(ready, listener, certificate, folder):
    host, port = ready[listener].split("//")[1].split(":")
    raw = socket.create_connection((host, int(port)), timeout=30)
    if listener != "sts":
        return raw, f"{host}:{port}"
    context = ssl.create_default_context(cafile=ready["ca"])
    if certificate:
        context.load_cert_chain(os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem"))
    return context.wrap_socket(raw, server_hostname=host), f"{host}:{port}"


def ask(ready, folder, row):
    """The bytes of the answer to one row, sent with Connection: close."""
    _, listener, certificate, method, target, headers, body = row
    connection, host = connect(ready, listener, certificate, folder)
    text = target
    if method:
        text = f"{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n"
        text += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        if body or method == "POST":
            text += f"Content-Length: {len(body)}\r\n"
        text += "\r\n" + body
    answer = b""
    with connection:
        connection.sendall(text.encode())
        while part := connection.recv(65536):
            answer += part
    return answer.decode()


def replace(match, mark):
    if not match.groups():
        return match.group() if match.group() in FIXED else mark
    start, end = match.start(1) - match.start(), match.end(1) - match.start()
    return match.group()[:start] + mark + match.group()[end:]


def mask(answer):
    """The answer with what is left to chance taken out."""
    def masked(text):
        for pattern, mark in MASKS:
            text = re.sub(pattern, lambda match, mark=mark: replace(match, mark), text,
                          flags=re.M)
        return text

    head, _, body = answer.partition("\r\n\r\n")
    clean = masked(body)
    if clean != body:
        head = re.sub(r"^Content-Length: \d+", "Content-Length: <length>", head, flags=re.M)
    return masked(head) + "\r\n\r\n" + clean


def golden_path(name):
    return os.path.join(HERE, name + ".http")


def read_golden(name):
    try:
        with open(golden_path(name), encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return None


def shown(text):
    return text.replace("\r\n", "\\r\\n\n").splitlines(keepends=True)


def compare(name, answer):
    """True when nothing changed; says what did."""
    wanted = read_golden(name)
    if wanted == answer:
        return True
    if wanted is None:
        print(f"{name}: there is no tests/golden/{name}.http")
    else:
        difference = difflib.unified_diff(shown(wanted), shown(answer), f"tests/golden/{name}.http",
                                          "the emulator's answer")
        print("".join(line if line.endswith("\n") else line + "\n" for line in difference), end="")
    return False


def update(name, answer):
    if read_golden(name) != answer:
        with open(golden_path(name), "w", encoding="utf-8", newline="") as file:
            file.write(answer)
        print(f"wrote tests/golden/{name}.http")
    return True


def strangers(names):
    """Files of answers that nobody asks for."""
    return sorted(file for file in os.listdir(HERE)
                  if file.endswith(".http") and file[:-len(".http")] not in names)


def main():
    program = sys.argv[1]
    judge = update if "--update" in sys.argv[2:] else compare
    with tempfile.TemporaryDirectory() as folder:
        process, ready = start_emulator(program, folder)
        try:
            freeze(ready)
            table = list(rows(acquire(ready, folder)))
            good = [judge(row[0], mask(ask(ready, folder, row))) for row in table]
        finally:
            process.terminate()
            process.communicate()
    names = {row[0] for row in table}
    left = strangers(names)
    for file in left:
        if judge is update:
            os.remove(os.path.join(HERE, file))
        print(f"tests/golden/{file}: no request has this name")
    if judge is compare and (left or not all(good)):
        sys.exit("Answers changed. If that is meant: script/golden --update, and commit the files.")
    print(f"{len(names)} answers, {len(good) - sum(good)} changed")


if __name__ == "__main__":
    main()
