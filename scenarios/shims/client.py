# SPDX-License-Identifier: MIT
"""A client of managed identity v2 in Python: memory keys, the whole flow of docs/protocol.md.

It shares nothing with libmsiv2, so that what both get right is the protocol's and not a habit.
Needs python3 and python3-cryptography.
"""
import base64
import concurrent.futures
import datetime
import email.utils
import hashlib
import json
import os
import random
import ssl
import threading
import urllib.parse
import uuid

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from wire import Failure, Line, der, der_integer, der_oid, need_text, read_object, service_error

METADATA, ISSUE, PROBE = "imds.getplatformmetadata", "imds.issuecredential", "imds.probe"
STS = "sts.token"
STALE_LEFT_S = 24 * 3600  # STORE-05
TOKEN_LEFT_S = 300  # TOK-02
RENEWAL_PAUSE_S = 60
SELECTORS = {"client_id": "client_id", "object_id": "object_id", "resource_id": "mi_res_id"}
PSS = padding.PSS(padding.MGF1(hashes.SHA256()), 32)  # CSR-04


# ---- the request for a certificate (CSR-01..06) ----

def _rdn(oid, tag, text):
    return der(0x31, der(0x30, der_oid(oid), der(tag, text.encode("ascii"))))


def _pss_algorithm():
    sha256 = der(0x30, der_oid("2.16.840.1.101.3.4.2.1"))
    mgf1 = der(0x30, der_oid("1.2.840.113549.1.1.8"), sha256)
    return der(0x30, der_oid("1.2.840.113549.1.1.10"),
               der(0x30, der(0xA0, sha256), der(0xA1, mgf1), der(0xA2, der_integer(32))))


def build_csr(key, client_id, tenant_id, cuid):
    """The DER of a signed PKCS#10 request."""
    try:
        subject = der(0x30, _rdn("0.9.2342.19200300.100.1.25", 0x16, tenant_id),
                      _rdn("2.5.4.3", 0x13, client_id))
    except UnicodeEncodeError:
        raise Failure("imds_malformed", "csr", "an id is not ASCII") from None
    spki = key.public_key().public_bytes(serialization.Encoding.DER,
                                         serialization.PublicFormat.SubjectPublicKeyInfo)
    text = json.dumps(cuid, separators=(",", ":"), ensure_ascii=False)
    attribute = der(0x30, der_oid("1.3.6.1.4.1.311.90.2.10"),
                    der(0x31, der(0x0C, text.encode("utf-8"))))
    info = der(0x30, der_integer(0), subject, spki, der(0xA0, attribute))
    return der(0x30, info, _pss_algorithm(),
               der(0x03, b"\0", key.sign(info, PSS, hashes.SHA256())))


# ---- what a client holds ----

class Binding:
    """A certificate, its key, and the connections that present it (ISSUE-04 is checked here)."""

    def __init__(self, tree, key, now_s):
        where, kind = ISSUE, "imds_malformed"
        self.client_id = need_text(tree, "client_id", kind, where)
        self.tenant_id = need_text(tree, "tenant_id", kind, where)
        self.endpoint = need_text(tree, "mtls_authentication_endpoint", kind, where).rstrip("/")
        if need_text(tree, "identity_type", kind, where) not in ("SystemAssigned", "UserAssigned"):
            raise Failure(kind, where, "identity_type is neither of the two")
        text = need_text(tree, "certificate", kind, where)
        try:
            self.der = base64.b64decode(text, validate=True)
            self.certificate = x509.load_der_x509_certificate(self.der)
        except ValueError as error:
            raise Failure(kind, where, "the certificate cannot be read: %s" % error) from None
        self._check_endpoint()
        self._check_certificate(key, now_s)
        self.sha256 = hashlib.sha256(self.der).hexdigest()
        self.born_s, self.not_after_s = self._validity()

    def _validity(self):
        return tuple(int(moment.timestamp()) for moment in (
            self.certificate.not_valid_before.replace(tzinfo=datetime.timezone.utc),
            self.certificate.not_valid_after.replace(tzinfo=datetime.timezone.utc)))

    def _check_endpoint(self):
        try:
            url = urllib.parse.urlsplit(self.endpoint)
            good = (url.scheme == "https" and url.hostname and url.port != 0
                    and "@" not in url.netloc and not url.query and not url.fragment
                    and self.endpoint.isascii() and self.endpoint.isprintable()
                    and not set(' "<>\\^`{|}') & set(self.endpoint))
        except ValueError:
            good = False
        if not good:
            raise Failure("imds_malformed", ISSUE, "the endpoint is not a plain https address")

    def _check_certificate(self, key, now_s):
        theirs = self.certificate.public_key()
        if (not isinstance(theirs, rsa.RSAPublicKey)
                or theirs.public_numbers() != key.public_key().public_numbers()):
            raise Failure("cert_invalid", ISSUE, "the certificate is for another key")
        names = self.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        if [name.value for name in names] != [self.client_id]:
            raise Failure("cert_invalid", ISSUE, "the certificate's CN is not client_id")
        not_before_s, not_after_s = self._validity()
        if not not_before_s <= now_s <= not_after_s:
            raise Failure("cert_invalid", ISSUE, "the certificate is not valid now")

    def is_stale(self, now_s):
        return self.not_after_s - STALE_LEFT_S <= now_s

    def is_due(self, now_s):
        return now_s >= (self.born_s + self.not_after_s) // 2  # LIFE-02


def _tls(ca):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca is not None:
        context.load_verify_locations(cafile=ca)
    return context


def _tls_with(ca, binding, key):
    """The ssl module takes key and certificate by file only: one that exists in memory alone."""
    context = _tls(ca)
    holder = os.memfd_create("msiv2")
    try:
        os.write(holder, key.private_bytes(serialization.Encoding.PEM,
                                           serialization.PrivateFormat.PKCS8,
                                           serialization.NoEncryption()))
        os.write(holder, binding.certificate.public_bytes(serialization.Encoding.PEM))
        context.load_cert_chain("/proc/self/fd/%d" % holder)
    finally:
        os.close(holder)
    return context


class Flights:
    """Callers who want the same at the same time share one piece of work (LIFE-04, TOK-02)."""

    def __init__(self):
        self.lock, self.running = threading.Lock(), {}

    def share(self, name, work):
        with self.lock:
            flight, leads = self.running.get(name), False
            if flight is None:
                flight, leads = concurrent.futures.Future(), True
                self.running[name] = flight
        if not leads:
            return flight.result()
        try:
            flight.set_result(work())
        except BaseException as error:  # pylint: disable=broad-except
            flight.set_exception(error)
        with self.lock:
            del self.running[name]
        return flight.result()


# ---- retries (NET-01, NET-02): a function from answers to waits ----

def next_wait(policy, retries, first, answer, now_s):
    """Seconds to wait before asking again, or None."""
    status, after = answer.status, _retry_after(answer, now_s)
    listed = 500 <= status < 600
    if policy == "sts":
        return 1 if listed and retries == 0 and after is None else None
    listed = listed or status in (408, 410, 429) or (status == 404 and policy == "imds")
    waits = [10] * 7 if first == 410 else [1, 2, 4]
    if not listed or retries >= len(waits):
        return None
    return max(waits[retries], after or 0)


def _retry_after(answer, now_s):
    if answer.retry_after is None:
        return None
    if answer.retry_after.strip().isdigit():
        return int(answer.retry_after)
    try:
        moment = email.utils.parsedate_to_datetime(answer.retry_after)
        return max(0, int(moment.timestamp()) - now_s)
    except (TypeError, ValueError):
        return None


class Client:
    """One identity of one host. Thread-safe."""

    def __init__(self, settings, identity, clock):
        self.clock, self.ca = clock, settings.get("ca")
        self.jitter = random.Random(settings.get("seed"))  # the run's; None: the system's
        self.timeout_s = settings.get("timeout_ms", 60000) / 1000
        url = urllib.parse.urlsplit(settings["imds"])
        if url.scheme not in ("http", "https") or not url.hostname:
            raise Failure("config", "imds", "not an http or https address")
        self.imds = "%s://%s" % (url.scheme, url.netloc.rpartition("@")[2])  # NET-06
        self.selector = self._selector(identity or {"kind": "system"})
        self.line = Line(clock)
        self.key, self.lock, self.flights = None, threading.Lock(), Flights()
        self.binding, self.fresh_next, self.tried_s = None, False, None
        self.tokens = {}
        kinds = settings.get("keys", "memory").replace("windows", "memory").replace(
            "linux", "memory").split(",")
        self.has_key = "memory" in kinds and settings.get("min_strength") in (None, "memory")

    @staticmethod
    def _selector(identity):
        kind, name = identity.get("kind"), identity.get("id")
        if kind == "system" and not name:
            return ""
        if kind not in SELECTORS or not name:
            raise Failure("config", "identity", "no such identity")
        if kind != "resource_id":
            try:
                uuid.UUID(name)
            except ValueError:
                raise Failure("config", "identity", "not a UUID: %s" % name) from None
        return "&%s=%s" % (SELECTORS[kind], urllib.parse.quote(name, safe=""))

    # -- the key --

    def get_key(self):
        """KEY-01, KEY-04, KEY-06."""
        if not self.has_key:
            raise Failure("key_unavailable", "key", "this client has memory keys only")
        with self.lock:
            if self.key is None:
                self.key = rsa.generate_private_key(65537, 2048)
            return self.key

    def describe_key(self):
        spki = self.get_key().public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return {"kind": "memory", "bits": 2048, "sha256": hashlib.sha256(spki).hexdigest()}

    # -- IMDS --

    def _exchange(self, policy, line, deadline, where, malformed, method, url, headers, body=None):
        retries, first = 0, None
        while True:
            answer = line.send(method, url, headers, body, deadline, malformed, where)
            first = first or answer.status
            wait_s = next_wait(policy, retries, first, answer, self.clock.now_s())
            if wait_s is None or self.clock.mono_s() + wait_s >= deadline:
                return answer
            self.clock.wait_s(wait_s)
            retries += 1

    def _imds(self, trip, where, method, leaf, more="", body=None, policy="imds", known=True):
        headers = {"x-ms-client-request-id": trip.correlation}  # META-03
        if known:
            headers["Metadata"] = "true"  # META-02
        if body is not None:
            headers["Content-Type"] = "application/json"
        url = "%s/metadata/identity/%s?cred-api-version=2.0%s%s" % (
            self.imds, leaf, self.selector, more)
        return self._exchange(policy, self.line, trip.deadline, where, "imds_malformed", method,
                              url, headers, body)

    @staticmethod
    def _refused(answer, kind, where):
        code, words, codes = service_error(answer)
        failure = Failure(kind, where, "HTTP %d %s: %s" % (answer.status, code, words),
                          answer.status, code)
        failure.codes = codes
        return failure

    def probe(self):
        """META-08."""
        answer = self._imds(Trip(self), PROBE, "GET", "getplatformmetadata", policy="probe",
                            known=False)
        if answer.status != 400:
            raise Failure("unsupported", PROBE, "this host has no v2", answer.status)

    def _metadata(self, trip):
        answer = self._imds(trip, METADATA, "GET", "getplatformmetadata")
        if answer.status == 404:  # META-07
            raise Failure("unsupported", METADATA, "this host has no v2", 404)
        if answer.status != 200:
            raise self._refused(answer, "imds_refused", METADATA)
        if "IMDS" not in answer.server.upper():  # META-06
            raise Failure("imds_malformed", METADATA, "this is not IMDS", 200)
        tree = read_object(answer, "imds_malformed", METADATA)
        cuid = tree.get("cuId")
        if not isinstance(cuid, dict):
            raise Failure("imds_malformed", METADATA, 'member "cuId" is missing')
        kept = {name: cuid[name] for name in ("vmId", "vmssId") if cuid.get(name)}
        if not kept or not all(isinstance(value, str) for value in kept.values()):
            raise Failure("imds_malformed", METADATA, 'member "cuId" has no id')
        need_text(tree, "attestationEndpoint", "imds_malformed", METADATA)
        return (need_text(tree, "clientId", "imds_malformed", METADATA),
                need_text(tree, "tenantId", "imds_malformed", METADATA), kept)

    def _mint(self, trip, fresh, longer_than=None):
        key = self.get_key()
        client_id, tenant_id, cuid = self._metadata(trip)
        csr = base64.b64encode(build_csr(key, client_id, tenant_id, cuid)).decode("ascii")
        answer = self._imds(trip, ISSUE, "POST", "issuecredential",
                            "&bypass_cache=true" if fresh else "",  # ISSUE-06
                            json.dumps({"csr": csr}).encode("ascii"))
        if answer.status != 200:
            raise self._refused(answer, "imds_refused", ISSUE)
        binding = Binding(read_object(answer, "imds_malformed", ISSUE), key, self.clock.now_s())
        if longer_than is not None and binding.not_after_s <= longer_than.not_after_s:
            raise Failure("cert_invalid", ISSUE, "the new certificate is no gain")  # LIFE-02
        binding.line = Line(self.clock, _tls_with(self.ca, binding, key))
        binding.fresh = fresh
        with self.lock:
            self.tokens.clear()
            self.fresh_next, self.tried_s = False, None
            # ISSUE-07: one that is born stale is used once.
            self.binding = None if binding.is_stale(self.clock.now_s()) else binding
        return binding

    def _held(self):
        with self.lock:
            held = self.binding
        return held if held is not None and not held.is_stale(self.clock.now_s()) else None

    def _get_binding(self, trip, other_than=None, fresh=False):
        def will_do(held):
            return held is not None and held is not other_than and (not fresh or held.fresh)

        def work():
            held = self._held()  # the second look: somebody may have minted meanwhile
            return held if will_do(held) else self._mint(trip, fresh or self.fresh_next)

        held = self._held()
        if will_do(held):
            return self._renewed(trip, held)
        return self.flights.share("certificate", work)

    def _renewed(self, trip, held):
        """LIFE-02: a new one from half of the lifetime on; the old one while that fails."""
        now_s = self.clock.now_s()
        with self.lock:
            pause = self.tried_s is not None and now_s < self.tried_s + RENEWAL_PAUSE_S
            if not held.is_due(now_s) or pause:
                return held
            self.tried_s = now_s
        try:
            return self.flights.share("certificate", lambda: self._mint(trip, False, held))
        except Failure:
            return held

    def _drop(self, refused):
        with self.lock:
            if self.binding is refused:
                self.binding = None
            self.tokens.clear()
            self.fresh_next = True

    # -- tokens --

    def _ask(self, trip, binding, resource, token_type, claims):
        form = {"client_id": binding.client_id, "scope": scope_of(resource),
                "grant_type": "client_credentials"}
        if token_type == "mtls_pop":
            form["token_type"] = "mtls_pop"
        if claims:
            form["claims"] = claims
        url = "%s/%s/oauth2/v2.0/token" % (binding.endpoint,
                                           urllib.parse.quote(binding.tenant_id, safe=""))
        headers = {"Content-Type": "application/x-www-form-urlencoded",
                   "client-request-id": trip.correlation}
        asked_s = self.clock.now_s()
        answer = self._exchange("sts", binding.line, trip.deadline, STS, "sts_malformed", "POST",
                                url, headers, urllib.parse.urlencode(form).encode("ascii"))
        if answer.status != 200:
            failure = self._refused(answer, "sts_refused", STS)
            failure.certificate_refused = failure.code == "invalid_client"  # STS-05
            raise failure
        return read_token(answer, token_type, asked_s, binding)

    def _acquire(self, trip, resource, token_type, claims):
        binding = self._get_binding(trip, self._held() if claims else None, bool(claims))
        refusals = 0
        while True:
            try:
                token = self._ask(trip, binding, resource, token_type, claims)
                with self.lock:
                    if self.binding is binding:
                        self.tokens[scope_of(resource), token_type] = token
                return token
            except Failure as failure:
                if not failure.certificate_refused:
                    raise
                refusals += 1
                self._drop(binding)
                if refusals > 1 and not self._may_repeat(trip, failure, refusals):
                    raise
            binding = self._get_binding(trip, binding, True)

    def _may_repeat(self, trip, failure, refusals):
        """STS-05: again only for what is wrong with an attestation, after a pause with jitter."""
        codes = failure.codes or []
        if failure.kind != "sts_refused" or (
                codes and not any(code in range(1000610, 1000615) for code in codes)):
            return False
        pause_s = self.jitter.uniform(0, min(30, 2 ** (refusals - 2)))
        if self.clock.mono_s() + pause_s >= trip.deadline:
            return False
        self.clock.wait_s(pause_s)
        return True

    @staticmethod
    def _check_claims(claims):
        """STS-02: the JSON of a challenge, already decoded."""
        try:
            good = isinstance(json.loads(claims), dict)
        except (TypeError, ValueError):
            good = False
        if not good:
            raise Failure("config", "claims", "no JSON object")

    def acquire(self, resource, token_type="mtls_pop", claims=None, force=False):
        """(token, from cache)"""
        if not isinstance(resource, str) or not resource.strip("/"):
            raise Failure("config", "resource", "is required")
        if token_type not in ("mtls_pop", "bearer"):
            raise Failure("config", "token_type", "no such type")
        if claims is not None:
            self._check_claims(claims)
        cached = None if force or claims else self._cached(resource, token_type)
        if cached is not None:
            return cached, True
        trip = Trip(self)

        def work():
            again = None if force or claims else self._cached(resource, token_type)
            return again or self._acquire(trip, resource, token_type, claims)

        return self.flights.share((scope_of(resource), token_type, claims, force), work), False

    def _cached(self, resource, token_type):
        """TOK-02: while more than five minutes remain, and only with the certificate at hand."""
        held = self._held()
        with self.lock:
            token = self.tokens.get((scope_of(resource), token_type))
        if token is None or token["binding"] is not held:
            return None
        return token if token["expires_on"] - TOKEN_LEFT_S > self.clock.now_s() else None

    def call(self, url, token):
        """The status of a resource called with token and certificate (RES-01)."""
        trip = Trip(self)
        answer = token["binding"].line.send(
            "GET", url, {"Authorization": "%s %s" % (token["type"], token["secret"]),
                         "client-request-id": trip.correlation},
            None, trip.deadline, "transport", "resource")
        return answer.status


class Trip:
    """One acquisition: its deadline and its correlation id."""

    def __init__(self, client):
        self.deadline = client.clock.mono_s() + client.timeout_s
        self.correlation = str(uuid.uuid4())


def scope_of(resource):
    """STS-02: exactly one /.default."""
    if resource.endswith("/.default"):
        resource = resource[:-len("/.default")]
    return resource.rstrip("/") + "/.default"


def read_token(answer, token_type, asked_s, binding):
    """STS-03."""
    kind = "sts_malformed"
    tree = read_object(answer, kind, STS)
    secret = need_text(tree, "access_token", kind, STS)
    given = need_text(tree, "token_type", kind, STS)
    lasts = tree.get("expires_in")
    if isinstance(lasts, str) and lasts.isdecimal():
        lasts = int(lasts)
    if isinstance(lasts, bool) or not isinstance(lasts, (int, float)) or lasts != int(lasts) \
            or not 1 <= lasts < 2 ** 31:
        raise Failure(kind, STS, 'member "expires_in" is no number of seconds')
    if not all(0x20 < ord(c) < 0x7F for c in secret):
        raise Failure(kind, STS, "the token has characters that no header may carry")
    if given.lower() != token_type:
        raise Failure(kind, STS, "asked for %s, got another type" % token_type)
    return {"secret": secret, "type": "mtls_pop" if token_type == "mtls_pop" else "Bearer",
            "expires_on": asked_s + int(lasts), "binding": binding}
