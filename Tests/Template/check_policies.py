"""The policies that `reconcile policy` prints, enforced: each command works with exactly its own, and with any one action
less it ends with 7 and names that action. Run by `make policies`:

    check_policies.py MINISTACK BUILD

BUILD is the folder of the programs. S3's actions are enforced by a local AWS (ministack), on keys whose only policy is
the printed one. Nothing local enforces CodeArtifact's, so the sandbox refuses the requests that need the action.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

import boto3

from local_aws import LocalAWS, until


BUCKET, DOMAIN, OWNER, REGION = "policies", "demo", "111122223333", "eu-west-1"
PACKAGES = [f"lib-{number}" for number in range(6)]
# What the sandbox counts under another name than the action's.
REQUESTS = {
    "codeartifact:ReadFromRepository": ["maven.GetAsset", "maven.GetMetadata"],
    "codeartifact:PublishPackageVersion": ["maven.PutAsset", "maven.PutChecksum"],
    "codeartifact:PutPackageMetadata": ["maven.PutMetadata", "maven.PutChecksum"],
    "sts:GetServiceBearerToken": ["codeartifact.GetAuthorizationToken"],
}


class Sandbox:
    """A local CodeArtifact with two repositories, of which `releases` is filled."""

    def __init__(self, case, folder, name):
        ready = folder / f"{name}.json"
        process = subprocess.Popen(
            [BUILD / "sandbox", "--domain", DOMAIN, "--owner", OWNER, "--region", REGION, "--no-signatures",
             "--repository", "releases", "--repository", "other", "--ready-file", ready],
            stdout=subprocess.DEVNULL,
        )
        case.addClassCleanup(process.wait)
        case.addClassCleanup(process.terminate)
        until(ready.exists)
        self.url = json.loads(ready.read_text())["codeartifact"]
        self.api = boto3.client(
            "codeartifact", endpoint_url=self.url, region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x"
        )
        self.place = dict(domain=DOMAIN, domainOwner=OWNER)
        self.token = self.api.get_authorization_token(**self.place)["authorizationToken"]

    def refuse(self, *operations):
        body = "".join(f"{operation}:403\n" for operation in operations)
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/_sandbox/faults", body.encode(), method="POST")).close()

    def put(self, path, text, repository="releases"):
        endpoint = self.api.get_repository_endpoint(**self.place, repository=repository, format="maven")
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/octet-stream"}
        url = f"{endpoint['repositoryEndpoint']}com/acme/{path}"
        urllib.request.urlopen(urllib.request.Request(url, text.encode(), headers, method="PUT")).close()

    def publish(self, package, version, text):
        for kind in ["jar", "pom"]:
            self.put(f"{package}/{version}/{package}-{version}.{kind}", f"{text} {kind}")
        self.set(package, version, "Published")

    def publish_snapshot(self, package):
        folder, build = f"{package}/1.0-SNAPSHOT", "1.0-20261128.120000-1"
        files = ""
        for kind in ["jar", "pom"]:
            self.put(f"{folder}/{package}-{build}.{kind}", f"snapshot {kind}")
            files += f"<snapshotVersion><extension>{kind}</extension><value>{build}</value></snapshotVersion>"
        self.put(
            f"{folder}/maven-metadata.xml",
            f"<metadata><groupId>com.acme</groupId><artifactId>{package}</artifactId><version>1.0-SNAPSHOT</version>"
            "<versioning><snapshot><timestamp>20261128.120000</timestamp><buildNumber>1</buildNumber></snapshot>"
            f"<snapshotVersions>{files}</snapshotVersions></versioning></metadata>",
        )

    def named(self, package):
        return dict(**self.place, repository="releases", format="maven", namespace="com.acme", package=package)

    def set(self, package, version, status):
        self.api.update_package_versions_status(**self.named(package), versions=[version], targetStatus=status)


class Policies(LocalAWS):
    @classmethod
    def deploy(cls):
        """A backup of packages of which one version was replaced, and what its first state's time was."""
        s3 = cls.client("s3")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        cls.iam = cls.client("iam")
        cls.iam.create_user(UserName="role")
        key = cls.iam.create_access_key(UserName="role")["AccessKey"]
        cls.key = key["AccessKeyId"], key["SecretAccessKey"]
        cls.source, cls.target = (Sandbox(cls, cls.work, name) for name in ["source", "target"])
        for package in PACKAGES:
            cls.source.publish(package, "1.0", "first")
            cls.source.publish(package, "1.1", "only")
            cls.source.publish_snapshot(package)
            cls.source.set(package, "1.1", "Unlisted")
            # Not what a package that is published here has anyway.
            cls.source.api.put_package_origin_configuration(
                **cls.source.named(package), restrictions={"publish": "ALLOW", "upstream": "ALLOW"}
            )
        cls.source.put("one/1.0/one-1.0.pom", "other pom", repository="other")
        cls.source.api.update_package_versions_status(
            **cls.source.named("one") | {"repository": "other"}, versions=["1.0"], targetStatus="Published"
        )
        group = {"domain": DOMAIN, "packageGroup": "/maven/com.acme/*"}
        cls.source.api.create_package_group(**group)
        cls.source.api.update_package_group_origin_configuration(
            **group, restrictions={"EXTERNAL_UPSTREAM": "ALLOW_SPECIFIC_REPOSITORIES"},
            addAllowedRepositories=[{"repositoryName": "releases", "originRestrictionType": "EXTERNAL_UPSTREAM"}],
        )
        cls.allow(cls.policy("run"))
        first = cls.run_program("run")
        assert first.returncode == 0, first.stderr
        cls.first = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        time.sleep(1.1)
        for package in PACKAGES:
            cls.source.api.delete_package_versions(**cls.source.named(package), versions=["1.0"])
            cls.source.publish(package, "1.0", "second")
        second = cls.run_program("run")
        assert second.returncode == 0, second.stderr

    @classmethod
    def policy(cls, purpose):
        printed = subprocess.run(
            [BUILD / "reconcile", "policy", "--for", purpose, "--domain", DOMAIN, "--domain-owner", OWNER, "--region", REGION,
             "--bucket", BUCKET],
            check=True, capture_output=True,
        )
        return json.loads(printed.stdout)

    @classmethod
    def allow(cls, policy):
        cls.iam.put_user_policy(UserName="role", PolicyName="printed", PolicyDocument=json.dumps(policy))

    @classmethod
    def environment(cls, sandbox=None):
        return {
            "PATH": os.environ["PATH"], "HOME": str(cls.work), "AWS_ENDPOINT_URL_S3": cls.endpoint,
            "AWS_ENDPOINT_URL_CODEARTIFACT": (sandbox or cls.source).url, "AWS_ACCESS_KEY_ID": cls.key[0],
            "AWS_SECRET_ACCESS_KEY": cls.key[1], "RECONCILE_REGION": REGION, "RECONCILE_DOMAIN": DOMAIN,
            "RECONCILE_DOMAIN_OWNER": OWNER, "RECONCILE_BACKUP": f"s3://{BUCKET}", "RECONCILE_MAX_ATTEMPTS": "1",
            "RECONCILE_LOG_FORMAT": "json",
        }

    @classmethod
    def run_program(cls, *arguments, sandbox=None):
        return subprocess.run(
            [BUILD / "reconcile", *arguments], env=cls.environment(sandbox), capture_output=True, text=True, timeout=60
        )

    def without(self, policy, action):
        statements = [
            one | {"Action": [other for other in one["Action"] if other != action]} for one in policy["Statement"]
        ]
        return policy | {"Statement": [one for one in statements if one["Action"]]}

    def check(self, purpose, command, sandbox, prepare=lambda: None, but=(), warned=()):
        """Runs a command with its policy, and without each action of it in turn; `but` are those it can do without, and
        `warned` those that it then names in a warning."""
        policy = self.policy(purpose)
        actions = sorted(action for one in policy["Statement"] for action in one["Action"])
        for missing in [*actions, None]:
            with self.subTest(purpose=purpose, missing=missing):
                prepare()
                self.allow(self.without(policy, missing))
                refused = REQUESTS.get(missing) or [missing.replace(":", ".")] if missing else []
                sandbox.refuse(*(name for name in refused if not name.startswith("s3.")))
                ended = command()
                sandbox.refuse()
                said = ended.stdout + ended.stderr
                if missing is None or missing in but or missing in warned:
                    self.assertEqual(ended.returncode, 0, said)
                    if missing in warned:
                        self.assertIn(f"Allow {missing}", said)
                else:
                    self.assertEqual(ended.returncode, 7, said)
                    self.assertIn(missing, said)
                    print(f"{purpose} without {missing}: {ended.returncode}", file=sys.stderr)

    def test_a_run(self):
        def prepare():
            for package in PACKAGES:
                self.source.publish(package, f"2.{time.monotonic_ns()}", "new")

        # Without them a part of the domain's configuration is recorded as unknown.
        warned = {"codeartifact:" + name for name in (
            "DescribeDomain", "GetDomainPermissionsPolicy", "ListPackageGroups", "DescribeRepository",
            "GetRepositoryPermissionsPolicy", "ListTagsForResource", "ListAllowedRepositoriesForGroup",
        )}
        self.check("run", lambda: self.run_program("run"), self.source, prepare, warned=warned)

    def test_a_verification(self):
        # Without it, what was written over or hidden is not seen.
        warned = {"s3:ListBucketVersions"}
        self.check("verify", lambda: self.run_program("verify", "--depth", "bytes"), self.source, warned=warned)

    def test_a_repair(self):
        s3 = self.client("s3")
        prefix = f"{DOMAIN}/manifests/maven/releases/"

        def pages(operation):
            return s3.get_paginator(operation).paginate(Bucket=BUCKET, Prefix=prefix)

        def put_back():
            """A repair writes over nothing, so the other tests would find the damage."""
            for row in [row for page in pages("list_object_versions") for row in page["Versions"]]:
                if row["Size"] < 100:
                    s3.delete_object(Bucket=BUCKET, Key=row["Key"], VersionId=row["VersionId"])

        self.addCleanup(put_back)

        def prepare():
            """Records of packages and of versions cannot be read, and files are gone with all their versions."""
            keys = [row["Key"] for page in pages("list_objects_v2") for row in page["Contents"]]
            for package in PACKAGES:
                folder = f"{prefix}com.acme/{package}/"
                for key in keys:
                    if key.startswith(folder) and (key.count("/") == folder.count("/") or "/1.1/" in key):
                        # Bytes that no repair has retired.
                        s3.put_object(Bucket=BUCKET, Key=key, Body=f"nonsense {time.monotonic_ns()}".encode())
                jar = f"{DOMAIN}/maven/releases/com/acme/{package}/1.0-SNAPSHOT/{package}-1.0-20261128.120000-1.jar"
                for row in s3.list_object_versions(Bucket=BUCKET, Prefix=jar).get("Versions", []):
                    s3.delete_object(Bucket=BUCKET, Key=jar, VersionId=row["VersionId"])

        command = lambda: self.run_program("verify", "--repair", "--settling", "0s")
        self.check("repair", command, self.source, prepare, warned={"s3:ListBucketVersions"})

    def test_a_restore(self):
        accepted = []

        def restore(*arguments):
            return self.run_program("restore", "--allow-upstream", *accepted, "--as-of", self.first, *arguments,
                                    sandbox=self.target)

        def prepare():
            """Half of the packages are gone, and of the others one version is."""
            self.allow(self.policy("restore"))
            if not accepted:
                asked = re.search(r"(--accept-unproved) ([0-9a-f]{64})", restore("--dry-run").stderr)
                accepted.extend(asked.groups())
            whole = restore()
            self.assertEqual(whole.returncode, 0, whole.stderr)
            for package in PACKAGES[:3]:
                self.target.api.delete_package(**self.target.named(package))
            for package in PACKAGES[3:]:
                self.target.api.delete_package_versions(**self.target.named(package), versions=["1.0"])

        # Only the document of a group of Maven plugins is read, and a refusal of it is a warning.
        self.check("restore", restore, self.target, prepare, but={"codeartifact:ReadFromRepository"})

    def test_a_server(self):
        def command():
            log = self.work / "serve.log"
            with open(log, "w") as out:
                server = subprocess.Popen(
                    [BUILD / "reconcile-serve", "--as-of", self.first, "--listen", "127.0.0.1:0"],
                    env=self.environment(), stdout=out, stderr=out,
                )
                try:
                    until(lambda: server.poll() is not None or '"serving"' in log.read_text())
                    status = server.poll()
                    if status is None:
                        status = self.fetch(log)
                finally:
                    server.terminate()
                    server.wait()
            return subprocess.CompletedProcess([], status, log.read_text(), "")

        self.check("serve", command, self.source)

    def drill(self, *arguments, sandbox=None):
        return subprocess.run(
            [BUILD / "reconcile-serve", "drill", *arguments],
            env=self.environment(sandbox) | {"TMPDIR": str(self.work)}, capture_output=True, text=True, timeout=60,
        )

    def test_a_drill(self):
        # Only an earlier moment needs bytes that others have followed.
        self.check("drill", lambda: self.drill("--client", "none"), self.source, but={"s3:GetObjectVersion"})

    def test_a_drill_into_a_domain(self):
        place = dict(domain=DOMAIN, domainOwner=OWNER, repository="drilled")

        def prepare():
            """An empty repository each time."""
            names = [one["name"] for one in self.target.api.list_repositories()["repositories"]]
            if "drilled" in names:
                self.target.api.delete_repository(**place)
            self.target.api.create_repository(**place)

        def command():
            place = ["--repository", "releases", "--to-repository", "drilled", "--as-of", self.first]
            return self.drill("--into-domain", *place, sandbox=self.target)

        self.check("drill-into-domain", command, self.target, prepare, but={"codeartifact:ReadFromRepository"})

    def fetch(self, log):
        """0 if the server gives a file, and 7 if it answers 502."""
        address = next(
            json.loads(line)["address"] for line in log.read_text().splitlines() if '"serving"' in line
        )
        try:
            with urllib.request.urlopen(f"http://{address}/releases/com/acme/lib-0/1.0/lib-0-1.0.jar") as answer:
                self.assertEqual(answer.read(), b"first jar")
            return 0
        except urllib.error.HTTPError as error:
            self.assertEqual(error.code, 502)
            return 7


if __name__ == "__main__":
    BUILD = Path(sys.argv[2]).resolve()
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
