#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The msiv2 authors
"""Judges a token and its certificate with PyJWT and python-cryptography.

Keys are found the way any client library finds them: discovery document, then JWKS. Exit 1 and one
line when something is wrong.
"""
import argparse
import base64
import datetime
import json
import ssl
import sys
import urllib.parse
import urllib.request

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = 24 * 3600


class Wrong(Exception):
    """What is not as it has to be."""


def need(condition, message):
    if not condition:
        raise Wrong(message)


def fetch(url, context):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}),
                                         urllib.request.HTTPSHandler(context=context))
    with opener.open(url, timeout=20) as answer:
        return json.load(answer)


def signing_key(args, header, tenant):
    """The published key that the token's header names; also the issuer discovery promises."""
    context = ssl.create_default_context(cafile=args.ca)
    address = f"{args.sts}/{tenant}/v2.0/.well-known/openid-configuration"
    discovery = fetch(address, context)
    need(discovery["issuer"] == f"{args.sts}/{tenant}/v2.0", f"issuer {discovery['issuer']}")
    for member in ("jwks_uri", "token_endpoint"):
        need(urllib.parse.urlsplit(discovery[member]).scheme == "https", f"{member} is not https")
    keys = {k["kid"]: k for k in fetch(discovery["jwks_uri"], context)["keys"]}
    need(header.get("kid") in keys, f"kid {header.get('kid')} is not published")
    key = keys[header["kid"]]
    need(not set(key) & {"d", "p", "q", "dp", "dq", "qi"}, "the JWKS shows a private key")
    return jwt.PyJWK(key).key, discovery["issuer"]


def check_token(args, token):
    """TOK-01; the verified claims."""
    header = jwt.get_unverified_header(token)
    need(header["alg"] == "RS256", f"alg {header['alg']}")
    tenant = jwt.decode(token, options={"verify_signature": False})["tid"]
    key, issuer = signing_key(args, header, tenant)
    need(isinstance(key, rsa.RSAPublicKey) and key.key_size >= 2048, "weak signing key")
    claims = jwt.decode(token, key, algorithms=["RS256"], audience=args.audience, issuer=issuer,
                        options={"require": ["exp", "iat", "nbf", "aud", "iss"]})
    for name in ("tid", "appid", "oid"):
        need(claims.get(name), f"no {name}")
    return claims


def check_certificate(args, claims):
    """ISSUE-03 of the certificate itself, and that the token is bound to it; its thumbprint."""
    with open(args.certificate, "rb") as file:
        cert = x509.load_pem_x509_certificate(file.read())
    roots = [r for r in certificates(args.ca) if r.subject == cert.issuer]
    need(len(roots) == 1, "the CA file does not have the certificate's issuer")
    check_signature(cert, roots[0])
    names = [(a.oid, a.value) for a in cert.subject]
    wanted = [(NameOID.DOMAIN_COMPONENT, claims["tid"]), (NameOID.COMMON_NAME, claims["appid"])]
    need(names == wanted, f"subject {cert.subject.rfc4514_string()}")
    need("NOT FOR PRODUCTION" in cert.issuer.rfc4514_string(), "the issuer is not marked")
    usage = cert.extensions.get_extension_for_class(x509.KeyUsage)
    need(usage.value.digital_signature and not usage.value.key_cert_sign, "key usage")
    extended = cert.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    need(list(extended) == [ExtendedKeyUsageOID.CLIENT_AUTH], "extended key usage")
    now = datetime.datetime.utcnow()
    left = (cert.not_valid_after - now).total_seconds()
    need(cert.not_valid_before <= now and 7 * DAY - 120 <= left <= 7 * DAY, f"{left} s left")
    digest = cert.fingerprint(hashes.SHA256())
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def certificates(path):
    """Every certificate of a PEM file."""
    with open(path, "rb") as file:
        parts = file.read().split(b"-----BEGIN CERTIFICATE-----")[1:]
    return [x509.load_pem_x509_certificate(b"-----BEGIN CERTIFICATE-----" + p) for p in parts]


def check_signature(cert, issuer):
    key = issuer.public_key()
    data, algorithm = cert.tbs_certificate_bytes, cert.signature_hash_algorithm
    if isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(cert.signature, data, ec.ECDSA(algorithm))
    else:
        key.verify(cert.signature, data, padding.PKCS1v15(), algorithm)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("--sts", "--ca", "--audience", "--token"):
        parser.add_argument(name, required=True)
    bound = parser.add_mutually_exclusive_group(required=True)
    bound.add_argument("--certificate", help="PEM the token must be bound to")
    bound.add_argument("--x5t", help="x5t#S256 the token must be bound to")
    bound.add_argument("--bearer", action="store_true", help="it must not be bound")
    args = parser.parse_args()
    with open(args.token, encoding="ascii") as file:
        token = file.read().strip()
    try:
        claims = check_token(args, token)
        cnf = claims.get("cnf")
        if args.bearer:
            need(cnf is None, "a bearer token has a cnf")
        else:
            wanted = args.x5t or check_certificate(args, claims)
            need(cnf == {"x5t#S256": wanted}, f"cnf {cnf}, certificate {wanted}")
    except (Wrong, jwt.PyJWTError) as problem:
        sys.exit(f"verify_token.py: {problem or type(problem).__name__}")


if __name__ == "__main__":
    main()
