# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The msiv2 authors
"""The admin interface of a running emulator against its own openapi.json: every operation is asked
at least once, every answer has the type and the form that is described, good and bad alike; the
HAR has what HAR 1.2 requires, by a list of its own.

Usage: admin_api.py ADMIN, with exchanges in the journal already.
"""
import json
import sys
import urllib.error
import urllib.request

from jsonschema import Draft202012Validator, RefResolver

admin = sys.argv[1]
failures = []
asked = set()

# METHOD, template, path with query, body, status. "{...}" is filled in from earlier answers.
CALLS = [
    ("GET", "/health", "/health", None, 200),
    ("GET", "/version", "/version", None, 200),
    ("GET", "/ca.pem", "/ca.pem", None, 200),
    ("GET", "/openapi.json", "/openapi.json", None, 200),
    ("GET", "/", "/", None, 200),
    ("GET", "/page.css", "/page.css", None, 200),
    ("GET", "/page.js", "/page.js", None, 200),
    ("GET", "/page/{file}", "/page/clock.js", None, 200),
    ("GET", "/page/{file}", "/page/nothing.js", None, 404),
    ("GET", "/journal", "/journal", None, 200),
    ("GET", "/journal", "/journal?endpoint=token&status=2xx&tls_version=TLSv1.3&last=1", None, 200),
    ("GET", "/journal", "/journal?header.Metadata=true&query.cred-api-version=2.0", None, 200),
    ("GET", "/journal", "/journal?endpoint=nothing", None, 400),
    ("GET", "/journal", "/journal?colour=red", None, 400),
    ("GET", "/journal.jsonl", "/journal.jsonl?limit=5", None, 200),
    ("GET", "/journal.har", "/journal.har", None, 200),
    ("GET", "/journal/counts", "/journal/counts", None, 200),
    ("GET", "/journal/counts", "/journal/counts?x=1", None, 400),
    ("GET", "/journal/wait", "/journal/wait?endpoint=token&count=1", None, 200),
    ("GET", "/journal/wait", "/journal/wait?endpoint=token&status=418&timeout_ms=1", None, 200),
    ("GET", "/journal/wait", "/journal/wait?timeout_ms=x", None, 400),
    ("POST", "/journal/assert", "/journal/assert", {"expect": [
        {"match": {"endpoint": "token", "header": {"X-No": None}}, "count": {"min": 1}},
        {"order": [{"endpoint": "getplatformmetadata"}, {"endpoint": "issuecredential"}]},
        {"gap": {"match": {"listener": "imds"}, "min_ms": 60000}},
        {"match": {"endpoint": "token", "status": "5xx"}}]}, 200),
    ("POST", "/journal/assert", "/journal/assert", {"expect": [{"match": {"colour": 1}}]}, 400),
    ("GET", "/findings", "/findings", None, 200),
    ("GET", "/findings", "/findings?rule=META-03", None, 200),
    ("GET", "/findings", "/findings?rule=META-99", None, 400),
    ("GET", "/clock", "/clock", None, 200),
    ("POST", "/clock", "/clock", {"advance_s": 5}, 200),
    ("POST", "/clock", "/clock", {"frozen": False}, 200),
    ("POST", "/clock", "/clock", {"speed": 2}, 400),
    ("GET", "/certificates", "/certificates", None, 200),
    ("GET", "/certificates", "/certificates?newest=1", None, 200),
    ("GET", "/certificates", "/certificates?newest=x", None, 400),
    ("GET", "/certificates/{sha256}", "/certificates/{certificate}", None, 200),
    ("GET", "/certificates/{sha256}", "/certificates/{certificate}.pem", None, 200),
    ("GET", "/certificates/{sha256}", "/certificates/" + "0" * 64, None, 404),
    ("GET", "/tokens", "/tokens", None, 200),
    ("POST", "/revoke", "/revoke", {"sha256": "{certificate}"}, 200),
    ("POST", "/revoke", "/revoke", {"all": True}, 200),
    ("POST", "/revoke", "/revoke", {"all": False}, 400),
    ("GET", "/certificates", "/certificates", None, 200),
    ("GET", "/attestation", "/attestation", None, 200),
    ("POST", "/attestation", "/attestation", {"mode": "optional"}, 200),
    ("POST", "/attestation", "/attestation", {"mode": "maybe"}, 400),
    ("GET", "/attestation/ca.pem", "/attestation/ca.pem", None, 200),
    ("POST", "/attestation/enrol", "/attestation/enrol",
     {"kind": "keyguard", "public_key": "{spki}"}, 200),
    ("POST", "/attestation/enrol", "/attestation/enrol", {"kind": "x", "public_key": "AA"}, 400),
    ("GET", "/rules", "/rules", None, 200),
    ("PATCH", "/rules", "/rules", {"META-03/correlation-id": "reject"}, 200),
    ("PATCH", "/rules", "/rules", {"META-03/correlation-id": "maybe"}, 400),
    ("GET", "/world", "/world", None, 200),
    ("PATCH", "/world", "/world", {"token_lifetime_s": 600}, 200),
    ("PATCH", "/world", "/world", {"token_lifetime_s": -1}, 400),
    ("GET", "/hosts", "/hosts", None, 200),
    ("POST", "/hosts", "/hosts", {"name": "vm2", "vm_id": "2", "identities": [{
        "kind": "system", "client_id": "a4a4a4a4-0000-4000-8000-000000000004",
        "object_id": "b4b4b4b4-0000-4000-8000-000000000004"}]}, 201),
    ("POST", "/hosts", "/hosts", {"name": "vm2"}, 409),
    ("GET", "/hosts/{name}", "/hosts/vm2", None, 200),
    ("GET", "/hosts/{name}", "/hosts/vm3", None, 404),
    ("PATCH", "/hosts/{name}", "/hosts/vm2", {"personality": "aci"}, 200),
    ("PATCH", "/hosts/{name}", "/hosts/vm2", {"personality": "odd"}, 400),
    ("POST", "/hosts/{name}/identities", "/hosts/vm2/identities", {
        "kind": "user", "client_id": "a3a3a3a3-0000-4000-8000-000000000003",
        "object_id": "b3b3b3b3-0000-4000-8000-000000000003",
        "resource_id": "/subscriptions/x"}, 201),
    ("DELETE", "/hosts/{name}/identities/{client_id}",
     "/hosts/vm2/identities/a3a3a3a3-0000-4000-8000-000000000003", None, 200),
    ("DELETE", "/hosts/{name}/identities/{client_id}", "/hosts/vm2/identities/x", None, 404),
    ("DELETE", "/hosts/{name}", "/hosts/vm2", None, 200),
    ("DELETE", "/hosts/{name}", "/hosts/default", None, 409),
    ("GET", "/faults/catalogue", "/faults/catalogue", None, 200),
    ("POST", "/faults", "/faults", {"id": "one", "fault": "http-status", "endpoint": "token",
        "match": {"header": {"X-No": None}}, "when": {"nth": [1, 3]},
        "with": {"status": 500}}, 201),
    ("POST", "/faults", "/faults", {"id": "one", "fault": "http-status"}, 409),
    ("POST", "/faults", "/faults", {"fault": "no-such-fault"}, 400),
    ("GET", "/faults", "/faults", None, 200),
    ("PATCH", "/faults/{id}", "/faults/one", {"when": {"percent": 12.5}}, 200),
    ("PATCH", "/faults/{id}", "/faults/one", {"when": {"nth": []}}, 400),
    ("GET", "/faults/unfired", "/faults/unfired", None, 200),
    ("GET", "/faults/{id}", "/faults/one", None, 200),
    ("PATCH", "/faults/{id}", "/faults/one", {"enabled": False}, 200),
    ("PATCH", "/faults/{id}", "/faults/two", {"enabled": False}, 404),
    ("DELETE", "/faults/{id}", "/faults/one", None, 200),
    ("DELETE", "/faults/{id}", "/faults/one", None, 404),
    ("DELETE", "/faults", "/faults", None, 200),
    # Everything that the calls above made is in the journal now.
    ("GET", "/journal", "/journal", None, 200),
    ("GET", "/journal.har", "/journal.har", None, 200),
    ("POST", "/reset", "/reset", None, 200),
]

# HAR 1.2, written down apart from openapi.json: member -> type.
HAR_REQUEST = {"method": str, "url": str, "httpVersion": str, "cookies": list, "headers": list,
               "queryString": list, "headersSize": int, "bodySize": int}
HAR_RESPONSE = {"status": int, "statusText": str, "httpVersion": str, "cookies": list,
                "headers": list, "content": dict, "redirectURL": str, "headersSize": int,
                "bodySize": int}
HAR_ENTRY = {"startedDateTime": str, "time": (int, float), "request": dict, "response": dict,
             "cache": dict, "timings": dict}


def fail(words):
    failures.append(words)
    print("failed:", words, file=sys.stderr)


def ask(method, path, body):
    """(status, media type, bytes)"""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(admin + path, data=data, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=30) as answer:
            return answer.status, answer.headers.get_content_type(), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get_content_type(), error.read()


described = json.loads(ask("GET", "/openapi.json", None)[2])
resolver = RefResolver("", described)


def problems(value, schema):
    return [f"{'/'.join(map(str, e.absolute_path))}: {e.message}"[:300]
            for e in Draft202012Validator(schema, resolver=resolver).iter_errors(value)]


def resolve(value):
    return resolver.resolve(value["$ref"])[1] if "$ref" in value else value


def check_body(name, operation, body, status):
    """What is refused is refused by the description too, where a description can tell."""
    if "requestBody" not in operation or body is None:
        return
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    wrong = problems(body, schema)
    if status < 300 and wrong:
        fail(f"{name}: a good body does not fit: {wrong}")


def check_answer(name, operation, status, media_type, data):
    responses = operation["responses"]
    response = resolve(responses.get(str(status), responses["default"]))
    content = response["content"].get(media_type)
    if content is None:
        fail(f"{name}: {media_type} is not described")
        return
    if media_type.endswith("json"):
        value = json.loads(data)
    else:
        value = data.decode()
    for wrong in problems(value, content["schema"]):
        fail(f"{name}: {wrong}")
    if media_type == "application/problem+json" and value["status"] != status:
        fail(f"{name}: the problem's status is {value['status']}")


def check_lines(data):
    events = [json.loads(line) for line in data.decode().splitlines()]
    if not events:
        fail("/journal.jsonl: no lines")
    for event in events:
        for wrong in problems(event, {"$ref": "#/components/schemas/Event"}):
            fail(f"/journal.jsonl: {wrong}")


def check_members(where, value, members):
    for name, kind in members.items():
        if not isinstance(value.get(name), kind) or isinstance(value.get(name), bool):
            fail(f"/journal.har: {where} has no {name}")


def check_har(data):
    log = json.loads(data)["log"]
    if log["version"] != "1.2" or not log["creator"]["name"] or not log["creator"]["version"]:
        fail("/journal.har: version or creator")
    if not log["entries"]:
        fail("/journal.har: no entries")
    for entry in log["entries"]:
        check_members("an entry", entry, HAR_ENTRY)
        check_members("a request", entry["request"], HAR_REQUEST)
        check_members("a response", entry["response"], HAR_RESPONSE)
        check_members("timings", entry["timings"], dict.fromkeys(("send", "wait", "receive"),
                                                                 (int, float)))
        check_members("content", entry["response"]["content"], {"size": int, "mimeType": str})
        unknown = set(entry) - set(HAR_ENTRY)
        if any(not name.startswith("_") for name in unknown):
            fail(f"/journal.har: members of nobody's: {unknown}")


def known():
    """What the calls are filled in with."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    import base64

    spki = rsa.generate_private_key(65537, 2048).public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    found = {"{spki}": base64.urlsafe_b64encode(spki).decode().rstrip("=")}
    certificates = json.loads(ask("GET", "/certificates", None)[2])["certificates"]
    found["{certificate}"] = certificates[0]["sha256"]
    return found


def fill(value, values):
    text = json.dumps(value)
    for name, filling in values.items():
        text = text.replace(name, filling)
    return json.loads(text)


def main():
    values = known()
    for method, template, path, body, wanted in CALLS:
        operation = described["paths"].get(template, {}).get(method.lower())
        if operation is None:
            fail(f"{method} {template} is not described")
            continue
        path, body = fill(path, values), fill(body, values)
        name = f"{method} {path}"
        status, media_type, data = ask(method, path, body)
        if status != wanted:
            fail(f"{name}: {status} instead of {wanted}: {data[:200]}")
        if status < 300:
            asked.add((method.lower(), template))
        check_body(name, operation, body, status)
        check_answer(name, operation, status, media_type, data)
        if template == "/journal.jsonl":
            check_lines(data)
        if template == "/journal.har":
            check_har(data)
    for path, operations in described["paths"].items():
        for method in operations:
            if (method, path) not in asked:
                fail(f"{method.upper()} {path} was never answered well: add a call to CALLS")
    if not failures:
        print(f"{len(CALLS)} calls, {len(asked)} operations as described")
    return 1 if failures else 0


sys.exit(main())
