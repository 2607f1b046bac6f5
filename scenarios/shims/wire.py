# SPDX-License-Identifier: MIT
"""HTTP, JSON and DER for the Python client: the standard library and nothing else.

Redirects are answers, proxies are not looked at, bodies are at most 1 MiB (NET-04), and JSON with
repeated members is refused.
"""
import http.client
import json
import socket
import ssl
import threading
import urllib.parse

BODY_MAX = 1024 * 1024
# STS-05: alerts about the client's certificate, in the words of the ssl module.
ALERTS = ("BAD_CERTIFICATE", "UNSUPPORTED_CERTIFICATE", "CERTIFICATE_REVOKED",
          "CERTIFICATE_EXPIRED", "CERTIFICATE_UNKNOWN", "CERTIFICATE_REQUIRED", "UNKNOWN_CA")


class Failure(Exception):
    """An error in the words of docs/shim.md."""

    def __init__(self, kind, where, message, status=0, code=""):
        super().__init__(message)
        self.kind, self.where, self.status, self.code = kind, where, status, code
        self.certificate_refused = False
        self.codes = None

    def as_json(self):
        return {"class": self.kind, "where": self.where, "http_status": self.status,
                "code": self.code, "message": str(self)[:600]}


class Answer:
    """Status, headers and body of one answer."""

    def __init__(self, response, body):
        self.status, self.body = response.status, body
        self.server = response.getheader("Server", "")
        self.retry_after = response.getheader("Retry-After")


def _no_duplicates(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member comes twice")
    return members


def _no_constant(text):
    raise ValueError("not a JSON number: " + text)


def read_object(answer, kind, where):
    """The body as a JSON object, strictly; Failure of `kind` otherwise."""
    try:
        tree = json.loads(answer.body.decode("utf-8"), object_pairs_hook=_no_duplicates,
                          parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Failure(kind, where, "not JSON: %s" % error, answer.status) from None
    if not isinstance(tree, dict):
        raise Failure(kind, where, "not a JSON object", answer.status)
    return tree


def need_text(tree, name, kind, where):
    """A member that must be a text with something in it."""
    value = tree.get(name)
    if not isinstance(value, str) or not value:
        raise Failure(kind, where, 'member "%s" is missing' % name)
    return value


def service_error(answer):
    """What a refusing service said, read leniently: (code, words, error_codes)."""
    try:
        tree = json.loads(answer.body.decode("utf-8"))
        said = tree.get("error", "")
        if isinstance(said, dict):
            return str(said.get("code", "")), str(said.get("message", "")), None
        codes = tree.get("error_codes")
        words = tree.get("error_description", "")
        return str(said), str(words), codes if isinstance(codes, list) else None
    except (ValueError, AttributeError, RecursionError):
        return "", "", None


def hang_up(connection):
    """Ends what waits for an answer."""
    try:
        if connection.sock is not None:
            connection.sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # it has ended


class Line:
    """Connections with one TLS identity, or none."""

    def __init__(self, clock, context=None):
        self.clock, self.context = clock, context

    def _connect(self, url, timeout_s):
        if url.scheme == "https":
            return http.client.HTTPSConnection(url.hostname, url.port or 443, timeout=timeout_s,
                                               context=self.context)
        return http.client.HTTPConnection(url.hostname, url.port or 80, timeout=timeout_s)

    def _body(self, response, deadline, malformed, where):
        parts, size = [], 0
        while size <= BODY_MAX:
            self.clock.check(deadline, where)
            part = response.read1(65536)
            if not part:
                break
            parts.append(part)
            size += len(part)
        if size > BODY_MAX:
            raise Failure(malformed, where, "the body is larger than 1 MiB")
        body = b"".join(parts)
        if response.length:
            raise Failure(malformed, where, "the answer is cut short")
        return body

    def send(self, method, address, headers, body, deadline, malformed, where):
        """One request. Failure: transport, timeout, or the class of a malformed answer."""
        url = urllib.parse.urlsplit(address)
        target = url.path + ("?" + url.query if url.query else "")
        try:
            left_s = self.clock.check(deadline, where)
            connection = self._connect(url, left_s)
            # The module's own limit is that of one read, and an answer may trickle for ever.
            alarm = threading.Timer(left_s, hang_up, [connection])
            alarm.daemon = True
            alarm.start()
            try:
                connection.request(method, target, body=body, headers=headers)
                response = connection.getresponse()
                return Answer(response, self._body(response, deadline, malformed, where))
            except (OSError, http.client.HTTPException, ValueError):
                self.clock.check(deadline, where)
                raise
            finally:
                alarm.cancel()
                connection.close()
        except Failure:
            raise
        except ssl.SSLCertVerificationError as error:
            raise Failure("transport", where, "the server is not trusted: %s" % error) from None
        except (socket.timeout, TimeoutError):
            raise Failure("timeout", where, "the deadline passed") from None
        except (ConnectionError, ssl.SSLError) as error:
            failure = Failure("transport", where, "no answer from %s: %s" % (url.netloc, error))
            alert = any(word in str(error).upper() for word in ALERTS)
            failure.certificate_refused = (
                self.context is not None and not isinstance(error, ConnectionRefusedError)
                and (alert or isinstance(error, (ConnectionError, ssl.SSLEOFError))))
            raise failure from None
        except OSError as error:
            raise Failure("transport", where, "no answer from %s: %s" % (url.netloc, error)) \
                from None
        except (http.client.HTTPException, ValueError) as error:
            raise Failure(malformed, where, "not an HTTP answer: %r" % error) from None


# ---- DER (X.690), as much as a certificate request needs ----

def der(tag, *parts):
    """One value of that tag."""
    content = b"".join(parts)
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 128 | len(octets)]) + octets + content


def der_oid(text):
    """An object identifier."""
    numbers = [int(part) for part in text.split(".")]
    content = [numbers[0] * 40 + numbers[1]]
    for number in numbers[2:]:
        septets = [number & 127]
        while number > 127:
            number >>= 7
            septets.append(128 | (number & 127))
        content += reversed(septets)
    return der(0x06, bytes(content))


def der_integer(number):
    """A small integer that is not negative."""
    return der(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))
