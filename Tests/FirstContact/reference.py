"""What botocore does in a given environment: a process that forks for each question, since botocore reads its own.

    reference.py SOCKET      listens there; a question and its answer are one line of JSON each
"""

import json
import os
import pathlib
import signal
import socketserver
import sys

import botocore.credentials
import botocore.loaders
import botocore.session
import botocore.tokens
import botocore.utils

LOADER = botocore.loaders.create_loader()
# Read once, so that the forks have them.
for service in ["codeartifact", "s3", "sts", "sso", "sso-oidc", "signin"]:
    for kind in ["service-2", "endpoint-rule-set-1"]:
        LOADER.load_service_model(service, kind)
for name in ["endpoints", "partitions", "_retry", "sdk-default-configuration"]:
    LOADER.load_data(name)


def answer(question):
    """Makes the calls with one session; the first failure ends it."""
    os.environ.clear()
    os.environ.update(question["environment"])
    home = pathlib.Path(os.environ["HOME"])
    # These were made from the home of this process.
    for holder in (botocore.tokens.SSOTokenProvider, botocore.credentials.SSOProvider):
        holder._SSO_TOKEN_CACHE_DIR = str(home / ".aws/sso/cache")
    botocore.utils.JSONFileCache.CACHE_DIR = str(home / ".aws/boto/cache")
    session = botocore.session.Session(profile=question["profile"])
    session.register_component("data_loader", LOADER)
    answers = []
    try:
        for service, operation, parameters in question["calls"]:
            client = session.create_client(service, region_name=question["region"])
            result = getattr(client, operation)(**parameters)
            result.pop("ResponseMetadata", None)
            answers.append(json.loads(json.dumps(result, default=str)))
    except Exception as error:
        return {"answers": answers, "error": type(error).__name__, "message": str(error)}
    return {"answers": answers, "error": None, "message": ""}


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        signal.alarm(60)
        self.wfile.write(json.dumps(answer(json.loads(self.rfile.readline()))).encode() + b"\n")


class Server(socketserver.ForkingMixIn, socketserver.UnixStreamServer):
    request_queue_size = 64


if __name__ == "__main__":
    with Server(sys.argv[1], Handler) as server:
        server.serve_forever()
