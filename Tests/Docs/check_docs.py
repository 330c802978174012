"""The examples of README.md and docs/: each command line in them is run against the sandbox, or at least read by the
program that it names.

    check_docs.py PROGRAMS     the folder with reconcile, reconcile-serve and sandbox

Every fenced block is accounted for: its command lines are run, read, or looked up; a block without any is in TEXT.
"""

import concurrent.futures
import contextlib
import dataclasses
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import unittest
import urllib.request

PROJECT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = pathlib.Path(sys.argv[1]).resolve()
OURS = ("reconcile", "reconcile-serve", "sandbox")
# How a block begins that shows text, not commands.
TEXT = {
    "README.md": {
        "== a local CodeArtifact": "output of make demo",
    },
    "docs/CONTRIBUTING.md": {"Sources/CCurl": "folders"},
    "docs/CREDENTIALS.md": {"[profile backup-by-cli]": "an AWS configuration file"},
    "docs/DESIGN.md": {"7  reconcile": "layers", "<prefix><domain>/": "keys"},
    "docs/FAQ.md": {
        "… refused": "a message", "… the service rejected": "a message", "the bucket my-bucket": "a message",
        "repository releases lists": "a message",
    },
    "docs/LAMBDA.md": {"package for x86_64": "output of make package"},
    "docs/STANDBY.md": {"source domain": "a picture"},
    "docs/TRUST.md": {
        "reconcile certificate v1": "what a certificate says", "reconcile object v1": "what is signed",
        'cd "$BACKUP/$DOMAIN"': "Tests/EndToEndTests/CheckpointShellTests.swift runs it",
    },
    "docs/USING.md": {
        "143/2000+": "the progress line", '{"allPackagesListed"': "a log line", "<domain>/maven/": "keys",
    },
}
# What needs more than this machine has, by the first word of a command line.
ELSEWHERE = {
    "openssl": "makes a key; Tests/EndToEndTests/SignedBackupTests.swift signs with such a one",
    "apt": "changes the machine; Tests/Packaging installs the package in a root of its own",
    "tar": "unpacks into /usr/local; Tests/Packaging unpacks it elsewhere",
    "aws": "needs AWS; Tests/Template deploys to a local one",
    "sam": "needs AWS; Tests/Template deploys to a local one",
    "docker": "needs a container runtime",
    "pip": "needs the network",
    "python3": "needs AWS",
    "curl": "needs the Lambda emulator of the block",
    "mvn": "Tests/Sandbox/examples.py runs it",
}
# Shell around the commands of a block.
SHELL = ("export", "until", "eval", "echo", "rie=", '"$rie"', "BUCKET=")
# docs/SANDBOX.md as a whole is run by Tests/Sandbox/examples.py, in one shell with the clients that it names.
SANDBOX_PAGE = "docs/SANDBOX.md"
# Pages whose command lines are run against a domain, in the order in which they stand.
RUN = ("docs/USING.md", "README.md", "docs/PERMISSIONS.md")
# Exit statuses that are no failure of an example: there may be something to copy, to restore or to repair.
STATUSES = {"plan": {0, 4}, "drift": {0, 4}, "status": {0, 4}, "restore": {0, 4}}
# Parts of command lines that cannot succeed against a backup that has just been made, and how these end.
EXPECTED = {
    "--as-of 2026-11-22": {0, 8},  # before its first record
    "--accept-loss": {8},  # nothing is lost
    "--repository releases --to-domain spare": {8},  # there is no such domain
    "s3://new-bucket": {8},  # nothing has made it
    "--deleted": {0, 4},
}
STANDARD = "--domain my-domain --domain-owner 111122223333 --backup s3://my-bucket"


@dataclasses.dataclass
class Block:
    page: str
    line: int
    language: str
    text: str

    def __str__(self):
        return f"{self.page}:{self.line}"

    @property
    def commands(self):
        """Its command lines: all of them, or those behind a prompt where there is one."""
        text = re.sub(r"\\\n\s*", "", self.text)
        lines = [line for line in text.splitlines() if line.strip()]
        prompted = [line[2:] for line in lines if line.startswith("$ ")]
        return [re.sub(r"\s+# .*", "", line).strip() for line in prompted or lines]


def blocks():
    for path in [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]:
        text = path.read_text()
        for match in re.finditer(r"^```(\w*)\n(.*?)^```", text, re.M | re.S):
            page = path.relative_to(PROJECT).as_posix()
            yield Block(page, text.count("\n", 0, match.start()) + 1, match[1], match[2])


def program_of(command):
    """The program that a command line calls, and the line from its name on; None for another program's."""
    cron = re.match(r"(?:[\d*/,-]+\s+){5}(/.*)", command)
    line = cron[1] if cron else command
    line = re.sub(r"^(?:[A-Z_]+=\S*\s+)+", "", line)
    first, _, rest = line.partition(" ")
    name = first.rpartition("/")[2]
    return (name, f"{name} {rest}".strip()) if name in OURS else (None, line)


class Domain:
    """A sandbox with the bucket and the package that the pages speak of."""

    def __init__(self):
        self.process = subprocess.Popen(
            [PROGRAMS / "sandbox", "--no-signatures", "--port", "0", "--s3-port", "0", "--s3-bucket", "my-bucket",
             "--s3-versions"],
            stdout=subprocess.PIPE, text=True)

    def fill(self):
        ready = json.loads(self.process.stdout.readline())
        token = json.loads(self.send("POST", f"{ready['codeartifact']}/v1/authorization-token?domain=my-domain"))
        bearer = {"Authorization": f"Bearer {token['authorizationToken']}"}
        package = f"{ready['maven']['releases']}com/acme/app"
        metadata = (b"<metadata><groupId>com.acme</groupId><artifactId>app</artifactId><versioning><versions>"
                    b"<version>1.0</version></versions></versioning></metadata>")
        for name, content in [("1.0/app-1.0.jar", b"jar"), ("1.0/app-1.0.pom", b"pom"),
                              ("1.0/app-1.0-sources.jar", b"sources"), ("maven-metadata.xml", metadata)]:
            self.send("PUT", f"{package}/{name}", content, bearer)
        return ready["environment"]

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()

    def send(self, method, address, body=b"", headers=()):
        with urllib.request.urlopen(urllib.request.Request(address, body, dict(headers), method=method)) as answer:
            return answer.read()


class Examples(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.blocks = list(blocks())
        cls.examples = [block for block in cls.blocks
                        if block.language in ("", "sh", "console") and block.page != SANDBOX_PAGE]
        cls.targets = set(re.findall(r"^([\w-]+):", (PROJECT / "Makefile").read_text(), re.M))
        cls.products = set(re.findall(r'executable\(name: "([\w-]+)"', (PROJECT / "Package.swift").read_text()))
        cls.scratch = tempfile.TemporaryDirectory(prefix="docs-")
        cls.home = pathlib.Path(cls.scratch.name)
        (cls.home / "app.jar").write_bytes(b"jar")
        (cls.home / "pom.xml").write_text(
            "<project><groupId>com.acme</groupId><artifactId>user</artifactId><version>1</version><dependencies>"
            "<dependency><groupId>com.acme</groupId><artifactId>app</artifactId><version>1.0</version></dependency>"
            "</dependencies></project>")
        settings = next(block for block in cls.blocks if block.page == "docs/SETTINGS.md" and block.language == "json")
        (cls.home / "reconcile.json").write_text(settings.text)

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def shell(self, command, environment, seconds=20):
        """A command line in a folder of its own; its status, None if it was still at work at the end of the time."""
        base = {"PATH": f"{PROGRAMS}:/usr/bin:/bin", "HOME": str(self.home), "AWS_EC2_METADATA_DISABLED": "true"}
        command = command.replace("/etc/reconcile.json", str(self.home / "reconcile.json"))
        with tempfile.TemporaryDirectory(dir=self.home) as folder:
            for name in ["app.jar", "pom.xml"]:
                os.link(self.home / name, f"{folder}/{name}")
            # One that it leaves behind, such as a server, ends with it.
            process = subprocess.Popen(["bash", "-o", "pipefail", "-c", command], cwd=folder, env=base | environment,
                                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                       start_new_session=True)
            try:
                output, _ = process.communicate(timeout=seconds)
                return process.returncode, output
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 15)
                return None, process.communicate()[0]

    def commands(self):
        for block in self.examples:
            if any(block.text.startswith(start) for start in TEXT.get(block.page, {})):
                continue
            for command in block.commands:
                yield block, command

    def test_every_block_is_accounted_for(self):
        for block, command in self.commands():
            program, line = program_of(command)
            word = line.split()[0]
            known = program or word in ("make", "swift") or word in ELSEWHERE or line.startswith(SHELL)
            self.assertTrue(known, f"{block}: {command}: neither a command that is checked nor in TEXT or ELSEWHERE")

    def test_every_text_is_there(self):
        for page, starts in TEXT.items():
            for start in starts:
                found = [block for block in self.examples if block.page == page and block.text.startswith(start)]
                self.assertEqual(len(found), 1, f"{page}: {start}")

    def test_targets_products_and_files_exist(self):
        looked = 0
        for block, command in self.commands():
            words = shlex.split(program_of(command)[1])
            if words[0] == "make":
                for target in [word for word in words[1:] if "=" not in word]:
                    self.assertIn(target, self.targets, f"{block}: {command}")
                    looked += 1
            if "--product" in words:
                self.assertIn(words[words.index("--product") + 1], self.products, f"{block}: {command}")
            for name in re.findall(r"(?:Tests|scripts|k8s|docs)/[\w./-]+", command):
                self.assertTrue((PROJECT / name).exists(), f"{block}: {name}")
        self.assertGreater(looked, 5)

    def test_every_target_and_script_that_is_mentioned_exists(self):
        for path in [PROJECT / "README.md", *(PROJECT / "docs").glob("*.md")]:
            for target in re.findall(r"`(?:[A-Z_]+=\S+ )?make ([a-z][a-z-]*)", path.read_text()):
                self.assertIn(target, self.targets, path.name)
            for name in re.findall(r"`(?:\./)?((?:scripts|k8s|Tests)/[\w./-]+)`", path.read_text()):
                self.assertTrue((PROJECT / name.removesuffix("/VERSION")).exists(), f"{path.name}: {name}")

    def test_json_is_json(self):
        for block in self.blocks:
            if block.language == "json":
                text = block.text if block.text.lstrip().startswith(("{", "[")) else "{" + block.text + "}"
                json.loads(text)

    def test_the_programs_read_every_command_line(self):
        """Nothing answers there: whatever is not wrong in itself ends otherwise than with 64, or is still at work."""
        environment = {
            "AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x",
            "AWS_REGION": "eu-west-1", "RECONCILE_MAX_ATTEMPTS": "1", "RECONCILE_DOMAIN": "my-domain",
            "RECONCILE_DOMAIN_OWNER": "111122223333", "RECONCILE_BACKUP": "s3://my-bucket"}
        read = []
        for block, command in self.commands():
            program, line = program_of(command)
            if program:
                line = re.sub(r" … ", f" {STANDARD} ", line).replace("0.0.0.0:8080", "127.0.0.1:0")
                read.append((block, line.split(" | ")[0]))
        self.assertGreater(len(read), 30)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            ended = list(pool.map(lambda one: self.shell(one[1], environment, seconds=3), read))
        for (block, line), (status, output) in zip(read, ended):
            with self.subTest(str(block), command=line):
                self.assertNotIn(status, (64, 126, 127), output)

    def test_the_commands_run(self):
        with contextlib.closing(Domain()) as domain:
            environment = domain.fill()
            status, output = self.shell(f"reconcile run {STANDARD}", environment)
            self.assertEqual(status, 0, output)
            ran = 0
            for block, command in self.commands():
                program, line = program_of(command)
                if block.page not in RUN or program != "reconcile" or "demo" in line or block.text.startswith("17 "):
                    continue
                line = re.sub(r" … ", f" {STANDARD} ", line)
                exports = dict(re.findall(r"\b(RECONCILE_\w+)=(\S+)", block.text))
                # A page may have named them before.
                if "--domain" not in line:
                    exports = {"RECONCILE_DOMAIN": "my-domain", "RECONCILE_DOMAIN_OWNER": "111122223333",
                               "RECONCILE_BACKUP": "s3://my-bucket"} | exports
                # What the command before it has printed.
                if printed := re.search(r"\b[0-9a-f]{64}\b", output):
                    line = re.sub(r"(--accept-unproved) [0-9a-f]{64}", rf"\1 {printed[0]}", line)
                with self.subTest(str(block), command=command):
                    status, output = self.shell(line, exports | environment)
                    expected = [statuses for part, statuses in EXPECTED.items() if part in line]
                    allowed = expected[0] if expected else STATUSES.get(line.split()[1], {0})
                    self.assertIn(status, allowed, output)
                    ran += 1
            self.assertGreater(ran, 20)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])
