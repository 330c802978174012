"""What a case is, how both clients are run for it, and how what they did is compared."""

import dataclasses
import http.client
import json
import os
import pathlib
import re
import socket
import subprocess
import tempfile
import textwrap
import threading
import time

import signatures
from aws import ACCOUNT, API_HOST, AWS, CREDENTIAL_HOSTS, DOMAIN
from network import Network

# The addresses that agents have. One case at a time can have them.
LINK_LOCAL = ["169.254.169.254", "169.254.170.2", "169.254.170.23"]
link_local_lock = threading.Lock()
# Flags that each command needs; "*" stands for every other one.
FLAGS = {
    "run": ["--domain", DOMAIN, "--domain-owner", ACCOUNT],
    **dict.fromkeys(["verify", "show", "status", "runs", "history", "find", "get"], ["--domain", DOMAIN]),
    "*": ["--domain", DOMAIN, "--domain-owner", ACCOUNT],
}
# The calls that botocore makes: the first of a run to each service.
BOTH = (
    ("codeartifact", "list_repositories_in_domain", {"domain": DOMAIN, "domainOwner": ACCOUNT}),
    ("s3", "get_bucket_versioning", {"Bucket": "{bucket}"}),
)
API, STORE = BOTH[:1], BOTH[1:]


@dataclasses.dataclass
class Case:
    """One situation. Both clients get the same environment and files, and an AWS each that behaves the same."""

    # A sentence that is true of this program.
    name: str
    env: dict = dataclasses.field(default_factory=dict)
    # The AWS configuration files; `{agent}`, `{home}`, `{proxy}`, `{proxy_host}` and `{bundle}` are
    # filled in, here and in env.
    config: str = ""
    credentials: str = ""
    # Other files, by their path below the home folder: texts, or what becomes JSON.
    files: dict = dataclasses.field(default_factory=dict)
    # Keys in the environment.
    keys: str | None = "AKIAENV"
    # Given as --region and --profile, and to botocore's client and session.
    region: str | None = None
    profile: str | None = None
    bucket: str = "my-bucket"
    flags: tuple = ()
    # Commands, and functions that change the AWS before the next one.
    steps: tuple = ("run",)
    # Options of the AWS.
    aws: dict = dataclasses.field(default_factory=dict)
    # What botocore is asked to do; empty where it has no answer.
    calls: tuple = BOTH
    # The facts that must be equal.
    same: tuple = ("credentials", "api", "store")
    # The status of the last command.
    exit: int = 0
    # Functions of a Result that give sentences on what is wrong with it.
    checks: tuple = ()
    # Whether agents answer at their own addresses.
    link_local: bool = False


@dataclasses.dataclass
class Result:
    """What a client did."""

    case: Case
    home: pathlib.Path
    aws: AWS
    seen: list
    agent: str
    tunnels: list
    status: int = 0
    # In a word or two, for the table.
    outcome: str = ""
    # What it wrote, of all commands; for botocore, its failure.
    text: str = ""
    # Of the last command alone.
    last: str = ""
    # How long the last command took.
    seconds: float = 0
    last_seen: list = dataclasses.field(default_factory=list)
    answers: list = dataclasses.field(default_factory=list)

    @property
    def facts(self):
        return {
            "credentials": self._credentials(),
            "api": self._first(lambda request: service(request) == "codeartifact"),
            "store": self._first(
                lambda request: service(request) == "s3" and request.parameter("X-Amz-Signature") is None
                and (names := [name for name, _ in request.query]) and ("versioning" in names or "list-type" in names)
            ),
        }

    def _credentials(self):
        lines = [self._words(request) for request in self.seen if service(request) == "credentials"]
        return [line for before, line in zip([None, *lines], lines) if line != before]

    def _words(self, request):
        host = request.host.replace(self.agent, "agent")
        words = f"{'proxied ' if request.way == 'proxied' else ''}{request.method} {host}{request.path}"
        if action := request.form.get("Action") if request.body.startswith(b"Action=") else None:
            form = request.form
            words += f" {action}"
            shown = ["RoleArn", "ExternalId", "DurationSeconds", "RoleSessionName", "WebIdentityToken"]
            for name in shown:
                # Each client has a name of its own for a session without one.
                if name in form and not re.match(r"(botocore-session|maven-package-reconciler)-", form[name]):
                    words += f" {name}={form[name].removeprefix(f'arn:aws:iam::{ACCOUNT}:')}"
            words += f" by {request.signer}"
        for name in ["role_name", "account_id"]:
            if value := request.parameter(name):
                words += f" {name}={value}"
        if request.way != "tunnel" and (token := request.header("authorization")):
            words += f" with {token}"
        return words

    def _first(self, fits):
        """The first answered request that fits, else the last one."""
        found = [request for request in self.seen if fits(request)]
        chosen = next((request for request in found if request.status < 300), found[-1] if found else None)
        if chosen is None:
            return None
        place = f"{chosen.host}{chosen.path.rstrip('/')}".replace(self.agent, "agent")
        return f"{'proxied ' if chosen.way == 'proxied' else ''}{place} by {chosen.signer}"

    def requests(self, name, method=None, path=""):
        """The requests to a service: codeartifact, s3, maven, assets, credentials."""
        return [
            request for request in self.seen
            if service(request) == name and method in (None, request.method) and re.search(path, request.path)
        ]


def service(request):
    if request.signature:
        return "credentials" if request.signature["service"] == "sts" else request.signature["service"]
    if request.way != "tunnel" or CREDENTIAL_HOSTS.fullmatch(request.host):
        return "credentials"
    if request.parameter("X-Amz-Signature"):
        return "assets"
    return "codeartifact" if API_HOST.fullmatch(request.host) else "maven"


class Bench:
    """The parts that all cases share."""

    def __init__(self, program, authority, reference):
        self.program = program
        self.authority = authority
        self.reference = reference

    def compare(self, case):
        """The problems that a case shows, and what each of the two clients did."""
        ours = self._run(case, self._commands)
        problems = [f"the test's AWS: {fault}" for fault in ours.aws.faults]
        problems += [problem for check in case.checks for problem in check(ours)]
        if ours.status != case.exit:
            problems.append(f"exit {ours.status}, not {case.exit}")
        if not case.calls:
            return problems, None, ours
        theirs = self._run(case, self._ask)
        problems += [f"the test's AWS, of botocore: {fault}" for fault in theirs.aws.faults]
        if bool(theirs.status) != bool(case.exit):
            problems.append(f"botocore: {theirs.text or 'succeeded'}")
        for name in case.same:
            if ours.facts[name] != theirs.facts[name]:
                problems.append(f"{name}: botocore {shown(theirs.facts[name])}; this program {shown(ours.facts[name])}")
        return problems, theirs, ours

    def _run(self, case, client):
        aws = AWS(**case.aws)
        network = Network(self.authority, aws.answer)
        lock = link_local_lock if case.link_local else threading.Lock()
        with lock, tempfile.TemporaryDirectory(prefix="first-contact-") as folder:
            try:
                if case.link_local:
                    for address in LINK_LOCAL:
                        network.listen_at(address)
                result = Result(case, pathlib.Path(folder), aws, network.seen, network.agent, network.tunnels)
                client(case, self._environment(case, network, result.home), result)
                result.files = {
                    str(file.relative_to(folder)): (file.read_bytes(), file.stat().st_mode & 0o777)
                    for file in result.home.rglob("*") if file.is_file()
                }
                return result
            finally:
                network.close()

    def _environment(self, case, network, home):
        names = {"agent": network.agent, "home": str(home), "proxy": f"http://{network.proxy}",
                 "proxy_host": network.proxy, "bundle": str(self.authority.bundle)}

        def filled(text):
            return re.sub(r"\{(agent|home|proxy|proxy_host|bundle)\}", lambda found: names[found[1]], text)

        files = {".aws/config": textwrap.dedent(case.config), ".aws/credentials": textwrap.dedent(case.credentials)}
        for name, text in (files | case.files).items():
            file = home / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(filled(text if isinstance(text, str) else json.dumps(text)))
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(home), "HTTPS_PROXY": names["proxy"],
            "AWS_CA_BUNDLE": names["bundle"], "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "2",
            # Botocore reads the second alone; other SDKs the first one first.
            "AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1",
            # The other SDKs' default; botocore's is the host from before there were regions.
            "AWS_S3_US_EAST_1_REGIONAL_ENDPOINT": "regional",
        }
        if case.keys:
            environment |= {"AWS_ACCESS_KEY_ID": case.keys, "AWS_SECRET_ACCESS_KEY": signatures.secret_of(case.keys)}
            if token := signatures.token_of(case.keys):
                environment["AWS_SESSION_TOKEN"] = token
        environment |= case.env
        return {name: filled(value) for name, value in environment.items() if value is not None}

    def _commands(self, case, environment, result):
        for step in case.steps:
            if callable(step):
                step(result.aws)
                continue
            before = len(result.seen)
            command, *words = step.split()
            if command == "serve":
                self._serve(case, environment, result, words)
                continue
            arguments = [self.program, command, *FLAGS.get(command, FLAGS["*"]), "--backup", f"s3://{case.bucket}",
                         "--log-format", "text", *case.flags, *words]
            if case.region and "--region" not in words:
                arguments += ["--region", case.region]
            if case.profile:
                arguments += ["--profile", case.profile]
            begun = time.monotonic()
            ended = subprocess.run(
                arguments, env=environment, cwd=result.home, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                timeout=60,
            )
            result.status = ended.returncode
            result.seconds = time.monotonic() - begun
            result.outcome = f"exit {ended.returncode}"
            result.last = ended.stdout + ended.stderr
            result.text += result.last
            result.last_seen = result.seen[before:]

    def _serve(self, case, environment, result, paths):
        """Asks reconcile-serve, which is beside the program, for files; what it did is their statuses."""
        arguments = [self.program.with_name("reconcile-serve"), "--domain", DOMAIN, "--backup", f"s3://{case.bucket}",
                     "--listen", "127.0.0.1:0", "--log-format", "text"]
        server = subprocess.Popen(
            arguments, env=environment, cwd=result.home, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True,
        )
        try:
            address = next(found[1] for line in server.stderr if (found := re.search(r"address=(\S+)", line)))
            statuses = []
            for path in paths:
                connection = http.client.HTTPConnection(address, timeout=30)
                connection.request("GET", path)
                statuses.append(connection.getresponse().status)
                connection.close()
            result.last = result.outcome = " ".join(map(str, statuses))
            result.text += result.last
        finally:
            server.terminate()
            server.communicate()

    def _ask(self, case, environment, result):
        calls = json.loads(json.dumps(case.calls).replace("{bucket}", case.bucket))
        question = {"environment": environment, "region": case.region, "profile": case.profile, "calls": calls}
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(60)
            connection.connect(self.reference)
            with connection.makefile("rwb") as stream:
                stream.write(json.dumps(question).encode() + b"\n")
                stream.flush()
                answer = json.loads(stream.readline())
        result.status = 1 if answer["error"] else 0
        result.outcome = answer["error"] or "answered"
        result.text = f"{answer['error']}: {answer['message']}" if answer["error"] else ""
        result.answers = answer["answers"]


def shown(fact):
    return "nothing" if not fact else fact if isinstance(fact, str) else " → ".join(fact)


# Checks


def says(*patterns):
    """The last command's words have each pattern, whatever the line breaks."""
    def check(result):
        words = " ".join(result.last.split())
        for pattern in patterns:
            if not re.search(pattern, words):
                yield f"does not say /{pattern}/ but: {words[-400:]}"
    return check


def never_says(*patterns):
    def check(result):
        for pattern in patterns:
            if found := re.search(pattern, result.text):
                yield f"says {found[0]!r}"
    return check


def asks(name, *lines):
    """The requests to a service, in their order and without repetitions, as `METHOD host/path`."""
    def check(result):
        found = list(dict.fromkeys(f"{each.method} {each.host}{each.path}" for each in result.requests(name)))
        if found != list(lines):
            yield f"asks {name} {found}"
    return check


def asks_all(name, *lines):
    """The requests to a service without repetitions, in any order: some are sent side by side."""
    def check(result):
        found = {f"{each.method} {each.host}{each.path}" for each in result.requests(name)}
        if found != set(lines):
            yield f"asks {name} {sorted(found)}"
    return check


def never_asks(pattern):
    def check(result):
        for request in result.seen:
            if re.search(pattern, f"{request.way} {request.method} {request.host}{request.path}"):
                yield f"asks {request.way} {request.method} {request.host}{request.path}"
                return
    return check


def every(name, what, fits, method=None, path=""):
    """Every request of a service fits, and there is one."""
    def check(result):
        found = result.requests(name, method, path)
        if not found:
            yield f"no {method or 'request'} to {name}: {' '.join(result.last.split())[-300:]}"
        for request in found:
            if not fits(request):
                yield f"{what}: {request.method} {request.url}"
                return
    return check
