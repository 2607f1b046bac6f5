# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The msiv2 authors
"""Plays scenarios/variants/*.json, what known clients send, against an emulator.

usage: variants.py ROOT EMULATOR

accept: 200 and no finding of the rule; note: 200 and a finding; refuse: a client's error and a
finding that was rejected. A rule of null: no finding at all."""
import base64
import glob
import json
import os
import sys
import tempfile
import urllib.parse

import jsonschema
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from running import Emulator

CLIENT = "a1a1a1a1-0000-4000-8000-000000000001"
TENANT = "72f988bf-0000-4000-8000-00000000aaaa"
CUID = '{"vmId":"11111111-2222-4333-8444-555555555555"}'
ID = "6f9619ff-8b86-4011-b42d-00c04fc964ff"
STRINGS = {"printable": 0x13, "utf8": 0x0C, "ia5": 0x16, "t61": 0x14, "bmp": 0x1E}
OIDS = {"CN": "0603550403", "DC": "060a0992268993f22c640119"}
RSA = bytes.fromhex("06092a864886f70d010101")
PSS = bytes.fromhex("06092a864886f70d01010a")
MGF1 = bytes.fromhex("06092a864886f70d010108")
SHA256 = bytes.fromhex("0609608648016503040201")
SHA256_RSA = bytes.fromhex("06092a864886f70d01010b")
CUID_OID = bytes.fromhex("060a2b060104018237") + bytes.fromhex("5a020a")
IMDS_HEADERS = {"Metadata": "true", "x-ms-client-request-id": ID}
NULL = b"\x05\x00"


# ---- a CSR, by hand


def element(tag, *parts):
    content = b"".join(parts)
    size = len(content)
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    length = bytes([size]) if size < 128 else bytes([0x80 + len(digits)]) + digits
    return bytes([tag]) + length + content


def sequence(*parts):
    return element(0x30, *parts)


def text(kind, value):
    return element(STRINGS[kind], value.encode("utf-16-be" if kind == "bmp" else "ascii"))


def subject(csr):
    values = {"CN": text(csr.get("cn", "printable"), CLIENT),
              "DC": text(csr.get("dc", "ia5"), TENANT)}
    rdns = [element(0x31, sequence(bytes.fromhex(OIDS[name]), values[name]))
            for name in csr.get("order", ["DC", "CN"])]
    return sequence(*rdns)


def attributes(csr):
    content = text("utf8", csr.get("cuid", CUID)) if csr.get("cuid_type", "utf8") == "utf8" \
        else text(csr["cuid_type"], CUID)
    own = sequence(CUID_OID, element(0x31, content))
    return element(0xA0, *([own] * csr.get("attributes", 1)))


def pss_algorithm(csr):
    null = NULL if csr.get("hash_null") else b""
    own = sequence(SHA256, null)
    parts = [element(0xA0, own), element(0xA1, sequence(MGF1, own)),
             element(0xA2, b"\x02\x01" + bytes([csr.get("salt", 32)]))]
    if csr.get("trailer"):
        parts.append(element(0xA3, b"\x02\x01\x01"))
    return sequence(PSS, sequence(*parts))


def sign(csr, key, info):
    if csr.get("signature", "pss") == "pkcs1":
        return (sequence(SHA256_RSA, NULL),
                key.sign(info, padding.PKCS1v15(), hashes.SHA256()))
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), csr.get("salt", 32))
    return pss_algorithm(csr), key.sign(info, pss, hashes.SHA256())


def make_csr(csr, key):
    spki = key.public_key().public_bytes(serialization.Encoding.DER,
                                         serialization.PublicFormat.SubjectPublicKeyInfo)
    info = sequence(b"\x02\x01\x00", subject(csr), spki, attributes(csr))
    algorithm, signature = sign(csr, key, info)
    return sequence(info, algorithm, element(0x03, b"\x00", signature))


# ---- a request


def issue_body(request, key):
    csr = request.get("csr", {})
    der = make_csr(csr, key)
    line = base64.b64encode(der).decode()
    while csr.get("escape_plus") and "+" not in line:  # signatures are random
        line = base64.b64encode(make_csr(csr, key)).decode()
    if csr.get("armour"):
        line = f"-----BEGIN CERTIFICATE REQUEST-----\n{line}\n-----END CERTIFICATE REQUEST-----\n"
    body = json.dumps({"csr": line, **request.get("body", {})})
    return body.replace("+", "\\u002B") if csr.get("escape_plus") else body


def headers_of(request, usual):
    headers = {**usual, **request.get("headers", {})}
    return [(name, value) for name, value in headers.items() if value is not None]


def send_imds(emulator, request, key):
    leaf = request["to"]
    usual, body, method = dict(IMDS_HEADERS), None, "GET"
    if leaf == "issuecredential":
        method, body = "POST", issue_body(request, key)
        usual["Content-Type"] = "application/json"
    target = request.get("path", f"/metadata/identity/{leaf}") + "?" + request.get(
        "query", "cred-api-version=2.0")
    return emulator.send("imds", method, target, body, headers_of(request, usual))


def credential(emulator, key, folder):
    """Certificate and key as files, for the token leg."""
    status, answer = send_imds(emulator, {"to": "issuecredential"}, key)
    assert status == 200, answer
    der = base64.b64decode(json.loads(answer)["certificate"])
    paths = os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")
    with open(paths[0], "wb") as file:
        file.write(x509.load_der_x509_certificate(der).public_bytes(serialization.Encoding.PEM))
    with open(paths[1], "wb") as file:
        file.write(key.private_bytes(serialization.Encoding.PEM,
                                     serialization.PrivateFormat.PKCS8,
                                     serialization.NoEncryption()))
    return paths


def send_token(emulator, request, key, folder):
    form = {"client_id": CLIENT, "scope": "https://vault.azure.net/.default",
            "grant_type": "client_credentials", "token_type": "mtls_pop", **request.get("form", {})}
    pairs = [(name, value) for name, value in form.items() if value is not None]
    usual = {"Content-Type": "application/x-www-form-urlencoded", "client-request-id": ID}
    pair = credential(emulator, key, folder)
    emulator.admin("POST", "/reset")  # what was asked for the certificate is not judged
    return emulator.send("sts", "POST", f"/{TENANT}/oauth2/v2.0/token",
                         urllib.parse.urlencode(pairs), headers_of(request, usual), pair)


# ---- judging


def names_rule(finding, rule):
    return rule is None or rule in (finding["rule"], *finding["rule"].split("/"))


def judge(variant, status, findings):
    found = [f for f in findings if names_rule(f, variant["rule"])]
    rejected = [f for f in found if f["rejected"]]
    expected = variant["expected"]
    good = {"accept": status == 200 and not found,
            "note": status == 200 and found and not rejected,
            "refuse": 400 <= status < 500 and rejected}[expected]
    if not good:
        return f"expected: {expected}; status {status}, findings {json.dumps(found)}"
    if found and variant["rule"] and any(f["level"] != variant["level"] for f in found):
        return f"its rule is of another level: {json.dumps(found)}"
    return None


def play(emulator, variant, key):
    emulator.admin("POST", "/reset")
    request = variant["request"]
    if request["to"] == "token":
        with tempfile.TemporaryDirectory() as folder:
            status, _ = send_token(emulator, request, key, folder)
    else:
        status, _ = send_imds(emulator, request, key)
    return judge(variant, status, emulator.admin("GET", "/findings")[1]["findings"])


def main(root, program):
    folder = os.path.join(root, "scenarios/variants")
    with open(os.path.join(root, "scenarios/schema/variant.schema.json"), encoding="utf-8") as f:
        validator = jsonschema.Draft202012Validator(json.load(f))
    key = rsa.generate_private_key(65537, 2048)
    paths = sorted(glob.glob(os.path.join(folder, "*.json")))
    problems = [] if len(paths) >= 30 else [f"{folder}: only {len(paths)} variants"]
    with Emulator(program) as emulator:
        for path in paths:
            with open(path, encoding="utf-8") as file:
                variant = json.load(file)
            name = os.path.basename(path)[:-len(".json")]
            problems += [f"{name}: {e.message}" for e in validator.iter_errors(variant)]
            problem = play(emulator, variant, key)
            if variant["name"] != name:
                problem = "its name is not its place"
            if problem:
                problems.append(f"{name}: {problem}")
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
