"""The examples of docs/SANDBOX.md, run in one shell in the order in which a reader meets them."""

import re
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from running import CLEAN, PROGRAM

PAGE = (Path(__file__).parents[2] / "docs" / "SANDBOX.md").read_text()
# Nothing is fetched from the network: plugins come from Debian's packages, caches are new.
MIRROR = ("<settings><mirrors><mirror><id>debian</id><mirrorOf>central</mirrorOf>"
          "<url>file:///usr/share/maven-repo</url></mirror></mirrors></settings>")
TOOLS = {
    "mvn": 'exec /usr/bin/mvn -gs "$HERE/mirror.xml" "-Dmaven.repo.local=$HERE/m2" "$@"',
    "gradle": 'exec /usr/bin/gradle --no-daemon --console plain --gradle-user-home "$HERE/gradle-home" "$@"',
    "python3": f'exec "{sys.executable}" -B "$@"',
    "sandbox": f'exec "{PROGRAM}" "$@"',
}
# What the fixture needs of pytest, which is not among the tools of the tests.
STUB = "def fixture(**_):\n    return lambda function: function\n"


def blocks(heading):
    """The fenced blocks below a heading or bold word, by language, up to the next."""
    part = re.split(rf"^(?:## {heading}$|\*\*{heading}\*\*)", PAGE, maxsplit=1, flags=re.M)
    assert len(part) == 2, f"docs/SANDBOX.md has no {heading}"
    part = re.split(r"^(?:## |\*\*)", part[1], maxsplit=1, flags=re.M)[0]
    found = {}
    for language, text in re.findall(r"^```(\w+)\n(.*?)^```$", part, re.M | re.S):
        found.setdefault(language, []).append(text)
    return found


def documented():
    """The operations of CodeArtifact that the page says are covered, and those that it says are not."""
    covered = PAGE.split("## What it covers", 1)[1].split("## What it does not", 1)[0]
    rows = [row for row in covered.splitlines() if row.startswith("| ")]
    ours = [row for row in rows if not re.match(r"\| (API|Maven endpoint|STS|Service Quotas|KMS|S3) ", row)]
    absent = PAGE.split("## What it does not", 1)[1].split("\n## ", 1)[0]
    row = next(row for row in absent.splitlines() if "UnknownOperationException" in row)
    verbs = "Create|Describe|Update|Delete|List|Get|Put|Tag|Untag|Associate|Disassociate|Dispose|Publish|Copy"
    names = re.compile(rf"\b(?:{verbs})[A-Z]\w+")
    return set(names.findall("\n".join(ours))), set(names.findall(row))


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Examples(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        cls.folder = Path(cls.scratch.name)
        (cls.folder / "bin").mkdir()
        (cls.folder / "mirror.xml").write_text(MIRROR)
        (cls.folder / "lib.jar").write_bytes(b"jar")
        for name, command in TOOLS.items():
            tool = cls.folder / "bin" / name
            tool.write_text(f'#!/bin/sh\nHERE="{cls.folder}"\n{command}\n')
            tool.chmod(0o755)
        # The ports of the page may be somebody's.
        cls.ports = dict(zip(("8450", "8451", "8452"), free_ports(3)))
        cls.environment = CLEAN | {
            "PATH": f"{cls.folder}/bin:{Path(sys.executable).parent}:{CLEAN['PATH']}", "HOME": str(cls.folder)}
        cls.shell(cls, "exec >log 2>&1\n" + blocks("Start it")["sh"][0] + "\necho $! >pid\n" + "env -0 >environment\n")
        pairs = (cls.folder / "environment").read_bytes().split(b"\0")
        cls.environment = dict(pair.decode().split("=", 1) for pair in pairs if pair)

    @classmethod
    def tearDownClass(cls):
        subprocess.run(["kill", (cls.folder / "pid").read_text().strip()], check=False)
        cls.scratch.cleanup()

    def shell(self, script):
        for port, chosen in self.ports.items():
            script = script.replace(port, str(chosen))
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=self.folder, env=self.environment,
                              text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=240)
        assert done.returncode == 0, f"{script}\n{done.stdout}"
        return done.stdout

    def write(self, name, text):
        (self.folder / name).write_text(text)

    def test_1_aws(self):
        # It sets the variables of the examples for Maven and Gradle.
        output = self.shell(blocks("AWS CLI")["sh"][0] + "\nenv -0 >environment")
        self.assertIn("releases", output)
        pairs = (self.folder / "environment").read_bytes().split(b"\0")
        Examples.environment = dict(pair.decode().split("=", 1) for pair in pairs if pair)

    def test_2_maven(self):
        found = blocks("Maven")
        self.write("settings.xml", found["xml"][0])
        self.shell(found["sh"][0])
        self.assertEqual((self.folder / "m2/com/acme/lib/1.0/lib-1.0.jar").read_bytes(), b"jar")

    def test_3_gradle(self):
        (self.folder / "project").mkdir()
        (self.folder / "project/build.gradle").write_text(blocks("Gradle")["groovy"][0])
        (self.folder / "project/settings.gradle").write_text("")
        self.shell("cd project && gradle fetch")
        self.assertEqual((self.folder / "project/libs/lib-1.0.jar").read_bytes(), b"jar")

    def test_4_boto3(self):
        self.write("packages.py", blocks("boto3")["python"][0])
        self.assertEqual(self.shell("python3 packages.py"), "com.acme lib\n")

    def test_5_pytest(self):
        self.write("conftest.py", blocks("pytest")["python"][0])
        self.write("pytest.py", STUB)
        self.write("test_fixture.py", "import boto3, conftest\n"
                   "running = conftest.sandbox()\n"
                   "ready = next(running)\n"
                   "try:\n"
                   "    print(boto3.client('codeartifact').describe_domain(domain='my-domain')['domain']['status'])\n"
                   "    print(boto3.client('s3').list_buckets()['Buckets'][0]['Name'])\n"
                   "finally:\n"
                   "    next(running, None)\n")
        self.assertEqual(self.shell("python3 test_fixture.py"), "Active\nbackup\n")

    def test_6_junit(self):
        self.write("SandboxServer.java", blocks("JUnit")["java"][0])
        self.write("Try.java", "public class Try { public static void main(String[] a) throws Exception {\n"
                   "  try (var sandbox = new SandboxServer()) { System.out.println(sandbox.address(\"maven/releases\")\n"
                   "    .matches(\"http://127.0.0.1:[0-9]+/maven/d/my-domain-111122223333/releases/\")); } } }\n")
        self.assertEqual(self.shell("javac SandboxServer.java Try.java && java -cp . Try"), "true\n")

    def test_7_reconcile(self):
        reconcile = PROGRAM.parent / "reconcile"
        if not reconcile.exists():
            self.skipTest("reconcile is not built")
        self.shell(f"PATH={PROGRAM.parent}:$PATH\n" + blocks("reconcile")["sh"][0])

    def test_8_faults_while_it_runs(self):
        output = self.shell(blocks("While it runs")["sh"][0])
        self.assertIn('"codeartifact.', output)
        self.shell("curl -sf -X POST $AWS_ENDPOINT_URL_CODEARTIFACT/_sandbox/faults --data ''")
