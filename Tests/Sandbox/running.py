"""A sandbox process for a test, and AWS clients whose answers are held against the services' models."""

import json
import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import boto3
import botocore
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

PROGRAM = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else None
# Nothing of the developer's own account may leak into a test.
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | {
    "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true"}


class Sandbox:
    """`with Sandbox("--port", "0") as sandbox`: what the program says once it is ready."""

    def __init__(self, *arguments):
        self.arguments = [str(argument) for argument in arguments]

    def __enter__(self):
        self.process = subprocess.Popen([PROGRAM, *self.arguments], stdout=subprocess.PIPE, env=CLEAN)
        line = self.process.stdout.readline()
        assert line, f"sandbox {self.arguments} did not start"
        self.ready = json.loads(line)
        self.environment = self.ready["environment"]
        self.api = self.ready["codeartifact"]
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)
        self.process.stdout.close()

    def client(self, service="codeartifact", **config):
        variables = self.environment
        address = variables.get("AWS_ENDPOINT_URL_" + service.upper())
        client = boto3.client(
            service, endpoint_url=address, region_name=variables["AWS_REGION"],
            aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
            config=Config(**{"retries": {"total_max_attempts": 1, "mode": "standard"}, "read_timeout": 5} | config))
        return Judge(client)

    def get(self, path):
        with urllib.request.urlopen(self.api + path) as answer:
            return answer.read().decode()

    def post(self, path, body=""):
        with urllib.request.urlopen(urllib.request.Request(self.api + path, body.encode(), method="POST")) as answer:
            return answer.status

    def maven(self, method, repository, path, body=None, domain="my-domain"):
        """Status and body of a request to a repository's Maven endpoint."""
        token = self.client()("GetAuthorizationToken", domain=domain)["authorizationToken"]
        address = f"{self.api}/maven/d/{domain}-111122223333/{repository}/{path}"
        request = urllib.request.Request(address, body, {"Authorization": "Bearer " + token}, method=method)
        try:
            with urllib.request.build_opener(Unauthorized).open(request) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()


class Unauthorized(urllib.request.HTTPRedirectHandler):
    """Follows a redirect without the token, as every Maven client does."""

    def redirect_request(self, request, file, code, message, headers, address):
        return urllib.request.Request(address)


class Judge:
    """Calls operations by name, and holds each answer, as it came and as botocore reads it, against the model."""

    # Of every judge: what was called and answered without an error.
    called = set()

    def __init__(self, client):
        self.client = client
        self.model = client.meta.service_model
        self.raw = None
        client.meta.events.register("before-parse", lambda **_: None)
        client.meta.events.register("after-call", self.keep)

    def keep(self, http_response, **_):
        self.raw = http_response

    def __call__(self, operation, **arguments):
        answer = getattr(self.client, botocore.xform_name(operation))(**arguments)
        shape = self.model.operation_model(operation).output_shape
        members = {name: value for name, value in answer.items() if name != "ResponseMetadata"}
        if shape is not None:
            checked = {name: value for name, value in members.items() if not hasattr(value, "read")}
            report = ParamValidator().validate(checked, shape)
            assert not report.has_errors(), (operation, report.generate_report())
            if self.model.metadata["protocol"] == "rest-json" and not shape.serialization.get("payload"):
                unknown = list(strange(json.loads(self.raw.content or b"{}"), shape))
                assert not unknown, (operation, "members that the model does not have", unknown)
        Judge.called.add((self.model.service_name, operation))
        return members

    def refused(self, code, status, operation, **arguments):
        """The whole answer to a call that must be refused so."""
        try:
            self(operation, **arguments)
        except ClientError as error:
            got = (error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"])
            assert got == (code, status), (operation, got, error.response["Error"]["Message"])
            known = {shape.name for shape in self.model.operation_model(operation).error_shapes}
            front = {"UnrecognizedClientException", "InvalidSignatureException", "ExpiredTokenException"}
            assert self.model.service_name != "codeartifact" or code in known | front, (operation, code, known)
            return error.response
        raise AssertionError((operation, arguments, "was not refused"))


def strange(value, shape, path=""):
    """The members of a JSON value that its shape does not have."""
    if value is None:
        return
    if shape.type_name == "structure":
        names = {member.serialization.get("name", name): member for name, member in shape.members.items()}
        for name, item in value.items():
            if name not in names:
                yield f"{path}.{name}"
            else:
                yield from strange(item, names[name], f"{path}.{name}")
    elif shape.type_name == "list":
        for item in value:
            yield from strange(item, shape.member, path + "[]")
    elif shape.type_name == "map":
        for key, item in value.items():
            if shape.key.enum and key not in shape.key.enum:
                yield f"{path}[{key}]"
            yield from strange(item, shape.value, f"{path}[{key}]")
    elif shape.type_name == "string" and getattr(shape, "enum", None) and value not in shape.enum:
        yield f"{path}={value}"


def run(*arguments, **options):
    """A run of the program that ends by itself."""
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=20, env=CLEAN, **options)


def served(sandbox):
    """The operations of the API that GET / names."""
    text = sandbox.get("/").split("Operations of the CodeArtifact API", 1)[1].split("Also:", 1)[0]
    return set(re.findall(r"^  (\w+)$", text, re.M))
