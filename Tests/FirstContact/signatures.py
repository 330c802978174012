"""Whether a request's signature is what botocore computes for it; the keys and tokens that this AWS knows."""

import hashlib
import urllib.parse

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


def secret_of(key):
    return f"secret/of+{key}"


def token_of(key):
    """The session token of temporary keys, which begin with ASIA; None for the others."""
    return f"token+of/{key}==" if key.startswith("ASIA") else None


def fault(request):
    """What is wrong with a signed request; None when nothing is."""
    parts = request.signature
    key, region, service = parts["key"], parts["region"], parts["service"]
    names = parts["headers"].split(";")
    values = {name.lower(): value for name, value in request.headers}
    for name in values:
        if name.startswith("x-amz-") and name not in names:
            return f"the header {name} is not signed"
    if values.get("x-amz-security-token") != token_of(key):
        return f"the session token is not that of {key}"
    digest = values.get("x-amz-content-sha256")
    if digest and len(digest) == 64 and digest != hashlib.sha256(request.body).hexdigest():
        return "the body has another hash than x-amz-content-sha256"
    # The host that is connected to must be the one that is signed, or AWS answers somebody else.
    if values["host"] != urllib.parse.urlsplit(request.url).netloc:
        return f"the Host header is {values['host']}"
    signed = {name: values[name] for name in names if name in values}
    copy = AWSRequest(request.method, request.url, signed, request.body)
    copy.context["timestamp"] = values["x-amz-date"]
    if parts["day"] != values["x-amz-date"][:8]:
        return "the scope has another day than x-amz-date"
    signer = (S3SigV4Auth if service == "s3" else SigV4Auth)(Credentials(key, secret_of(key)), service, region)
    signer._default_region_name = region
    canonical = signer.canonical_request(copy)
    expected = signer.signature(signer.string_to_sign(copy, canonical), copy)
    if expected != parts["signature"]:
        return f"the signature is not that of {canonical!r}"
    return None
