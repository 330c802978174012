"""A domain's configuration, backed up and brought back: six repositories in a graph, two external connections, policies of
two accounts, five nested package groups with all four modes, tags, and packages. Botocore makes the domain and describes
both, and real mvn builds from what came back. Run by `make configuration`:

    check_configuration.py BUILD

BUILD is the folder of the programs.
"""

import hashlib
import io
import json
import os
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

import boto3

from local_aws import until

DOMAIN, OWNER, OTHER, REGION = "demo", "111122223333", "444455556666", "eu-west-1"
MODES = ["ALLOW", "ALLOW_SPECIFIC_REPOSITORIES", "BLOCK", "INHERIT"]
RESTORE = ["restore", "--configuration", "--create-domain"]
KINDS = ["PUBLISH", "EXTERNAL_UPSTREAM", "INTERNAL_UPSTREAM"]
# What no restore can bring back, and what says how much there is.
MOMENTS = {"createdTime", "assetSizeBytes", "revision", "repositoryCount", "status"}


def policy(resource, *accounts):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Sid": f"Read{number}", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
         "Action": ["codeartifact:ReadFromRepository", "codeartifact:GetAuthorizationToken"], "Resource": resource}
        for number, account in enumerate(accounts)
    ]}, indent=1)


class Sandbox:
    """A local CodeArtifact, with a domain of its own that no test looks at."""

    def __init__(self, case, folder, name, owner=OWNER):
        ready = folder / f"{name}.json"
        process = subprocess.Popen(
            [BUILD / "sandbox", "--domain", "unused", "--owner", owner, "--region", REGION, "--no-signatures",
             "--ready-file", ready],
            stdout=subprocess.DEVNULL,
        )
        case.addCleanup(process.wait)
        case.addCleanup(process.terminate)
        until(ready.exists)
        self.url, self.owner = json.loads(ready.read_text())["codeartifact"], owner
        self.api = boto3.client(
            "codeartifact", endpoint_url=self.url, region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x"
        )

    def counts(self):
        """By operation, since the last time."""
        address = f"{self.url}/_sandbox/requests"
        with urllib.request.urlopen(address) as answer:
            counts = json.loads(answer.read())
        urllib.request.urlopen(urllib.request.Request(address, b"", method="POST")).close()
        return {name.removeprefix("codeartifact."): count for name, count in counts.items() if count}

    def fault(self, *faults):
        body = "\n".join(faults).encode()
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/_sandbox/faults", body, method="POST")).close()

    def put(self, repository, path, body=b"x"):
        """The status of publishing a file."""
        token = self.api.get_authorization_token(domain=DOMAIN)["authorizationToken"]
        endpoint = self.api.get_repository_endpoint(domain=DOMAIN, repository=repository, format="maven")
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/octet-stream"}
        address = f"{endpoint['repositoryEndpoint']}{path}"
        try:
            with urllib.request.urlopen(urllib.request.Request(address, body, headers, method="PUT")) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    def publish(self, repository, package, version="1.0", jar=b"x", pom=b"x"):
        folder = f"com/acme/{package}/{version}"
        for kind, body in [("jar", jar), ("pom", pom)]:
            assert self.put(repository, f"{folder}/{package}-{version}.{kind}", body) < 300
        self.api.update_package_versions_status(
            domain=DOMAIN, repository=repository, format="maven", namespace="com.acme", package=package,
            versions=[version], targetStatus="Published",
        )

    def fill(self):
        """The domain that is to come back."""
        api, tags = self.api, lambda name: [{"key": "of", "value": name}, {"key": "team", "value": "build"}]
        api.create_domain(domain=DOMAIN, tags=tags("domain"))
        for name, upstreams in [("maven-central-store", []), ("gradle-store", []),
                                ("shared", ["gradle-store", "maven-central-store"]), ("releases", ["shared"]),
                                ("snapshots", ["shared"]), ("all", ["releases", "snapshots", "shared"])]:
            api.create_repository(domain=DOMAIN, repository=name, description=f"for {name}", tags=tags(name),
                                  upstreams=[{"repositoryName": upstream} for upstream in upstreams])
        for name, connection in [("maven-central-store", "maven-central"), ("gradle-store", "maven-gradleplugins")]:
            api.associate_external_connection(domain=DOMAIN, repository=name, externalConnection=f"public:{connection}")
        modes = {
            "/*": {"EXTERNAL_UPSTREAM": "BLOCK"},
            "/maven/*": {"EXTERNAL_UPSTREAM": "ALLOW_SPECIFIC_REPOSITORIES", "PUBLISH": "ALLOW"},
            "/maven/com.acme~": {"EXTERNAL_UPSTREAM": "BLOCK"},
            "/maven/com.acme/*": {"PUBLISH": "ALLOW_SPECIFIC_REPOSITORIES", "INTERNAL_UPSTREAM": "ALLOW"},
            "/maven/com.acme/app~": {"PUBLISH": "INHERIT"},
            "/maven/com.acme/closed$": {"PUBLISH": "BLOCK"},
        }
        allowed = {"/maven/*": ["maven-central-store", "gradle-store"], "/maven/com.acme/*": ["releases", "snapshots"]}
        for pattern, restrictions in modes.items():
            if pattern != "/*":
                api.create_package_group(domain=DOMAIN, packageGroup=pattern, contactInfo=f"owner of {pattern}",
                                         description="as it was", tags=tags(pattern))
            kind = next((kind for kind, mode in restrictions.items() if mode == MODES[1]), None)
            api.update_package_group_origin_configuration(
                domain=DOMAIN, packageGroup=pattern, restrictions=restrictions,
                addAllowedRepositories=[{"repositoryName": name, "originRestrictionType": kind}
                                        for name in allowed.get(pattern, [])],
            )
        self.publish("releases", "app")
        self.publish("snapshots", "lib")
        for name in ["releases", "all"]:
            arn = f"arn:aws:codeartifact:{REGION}:{OWNER}:repository/{DOMAIN}/{name}"
            api.put_repository_permissions_policy(domain=DOMAIN, repository=name,
                                                  policyDocument=policy(arn, OWNER, "999988887777"))
        arn = f"arn:aws:codeartifact:{REGION}:{OWNER}:domain/{DOMAIN}"
        api.put_domain_permissions_policy(domain=DOMAIN, policyDocument=policy(arn, OWNER, "999988887777"))

    def described(self):
        """Everything that the service says of the domain, without moments."""
        api, place = self.api, {"domain": DOMAIN}
        tags = lambda row: sorted((tag["key"], tag["value"])
                                  for tag in api.list_tags_for_resource(resourceArn=row["arn"])["tags"])

        def policies(ask, **names):
            try:
                return ask(**names)["policy"]["document"]
            except api.exceptions.ResourceNotFoundException:
                return None

        domain = api.describe_domain(**place)["domain"]
        found = {"domain": [domain, tags(domain), policies(api.get_domain_permissions_policy, **place)]}
        for row in api.list_repositories_in_domain(**place)["repositories"]:
            name = row["name"]
            row = api.describe_repository(**place, repository=name)["repository"]
            found[name] = [row, tags(row), policies(api.get_repository_permissions_policy, **place, repository=name)]
        for row in api.list_package_groups(**place)["packageGroups"]:
            row = api.describe_package_group(**place, packageGroup=row["pattern"])["packageGroup"]
            allowed = {kind: sorted(api.list_allowed_repositories_for_group(
                **place, packageGroup=row["pattern"], originRestrictionType=kind)["allowedRepositories"]) for kind in KINDS}
            found[row["pattern"]] = [row, tags(row), allowed]
        return without_moments(found)


    def packages(self):
        """Everything that it says of packages and their versions, without moments."""
        found = {}
        for row in self.api.list_repositories_in_domain(domain=DOMAIN)["repositories"]:
            place = {"domain": DOMAIN, "repository": row["name"]}
            for page in self.api.get_paginator("list_packages").paginate(**place):
                for package in page["packages"]:
                    names = {key: package[key] for key in ["format", "namespace", "package"]}
                    versions = self.api.list_package_versions(**place, **names)["versions"]
                    assets = [self.api.list_package_version_assets(**place, **names, packageVersion=one["version"])["assets"]
                              for one in versions]
                    statuses = [[one["version"], one["status"], one["origin"]["originType"]] for one in versions]
                    assets = [sorted(one, key=lambda asset: asset["name"]) for one in assets]
                    found[row["name"], package["package"]] = without_moments([package, statuses, assets])
        return found

    def delete(self):
        """The domain, with everything in it."""
        for row in self.api.list_repositories_in_domain(domain=DOMAIN)["repositories"]:
            self.api.delete_repository(domain=DOMAIN, repository=row["name"])
        self.api.delete_domain(domain=DOMAIN)


def without_moments(value):
    if isinstance(value, dict):
        return {name: without_moments(one) for name, one in value.items() if name not in MOMENTS}
    return [without_moments(one) for one in value] if isinstance(value, list) else value


class Programs(unittest.TestCase):
    """The program, with a backup in a folder of its own."""

    def setUp(self):
        self.work = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.source = Sandbox(self, self.work, "source")
        self.source.fill()

    def start(self, sandbox, *arguments):
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(self.work), "AWS_ENDPOINT_URL_CODEARTIFACT": sandbox.url,
            "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "RECONCILE_REGION": REGION,
            "RECONCILE_DOMAIN": DOMAIN, "RECONCILE_DOMAIN_OWNER": sandbox.owner, "RECONCILE_OUTPUT": "json",
            "RECONCILE_BACKUP": f"file://{self.work}/backup", "RECONCILE_MAX_ATTEMPTS": "2",
        }
        return subprocess.Popen([BUILD / "reconcile", *arguments], env=environment, text=True, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)

    def accepted(self):
        """What lets a restore follow the newest record of the configuration, which no trust file proves."""
        newest = max((self.work / "backup" / DOMAIN / "configuration").iterdir())
        return ["--accept-unproved", hashlib.sha256(newest.read_bytes()).hexdigest()]

    def reconcile(self, sandbox, *arguments):
        with self.start(sandbox, *arguments) as process:
            output, errors = process.communicate(timeout=120)
        return subprocess.CompletedProcess(arguments, process.returncode, output, errors)


class Configuration(Programs):
    def setUp(self):
        super().setUp()
        ended = self.reconcile(self.source, "run")
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.target = Sandbox(self, self.work, "target")

    def restore(self, status, *arguments, sandbox=None):
        ended = self.reconcile(sandbox or self.target, *RESTORE, *self.accepted(), *arguments)
        self.assertEqual(ended.returncode, status, ended.stdout + ended.stderr)
        return json.loads(ended.stdout)

    def test_what_nothing_proves_is_planned_and_changes_nothing(self):
        before, accepted = self.source.described(), self.accepted()
        self.target.counts()
        for wrong in [[], ["--accept-unproved", "0" * 64]]:
            held = self.reconcile(self.target, *RESTORE, *wrong)
            self.assertEqual(held.returncode, 8, held.stderr)
            shown = json.loads(held.stdout)
            self.assertEqual((shown["isProved"], shown["sha256"], shown["exit"]), (False, accepted[1], 8))
            self.assertEqual({row["state"] for row in shown["calls"]}, {"planned"})
            self.assertIn(" ".join(accepted), held.stderr)
        self.assertEqual(self.target.counts(), {"ListRepositoriesInDomain": 2})
        self.restore(0)
        self.assertEqual(self.target.described(), before)
        # Nothing is to be sent then, so nothing has to be proved.
        again = self.reconcile(self.target, *RESTORE)
        self.assertEqual((again.returncode, json.loads(again.stdout)["calls"]), (0, []), again.stderr)

    def test_what_a_trust_file_proves_needs_nobody_to_accept_it(self):
        key, trust = self.work / "key.pem", self.work / "trust.json"
        made = subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout"], check=True,
                              capture_output=True)
        key.touch(mode=0o600)
        key.write_bytes(made.stdout)
        printed = self.reconcile(self.source, "trust", "--signing-key", str(key))
        self.assertEqual(printed.returncode, 0, printed.stderr)
        trust.write_text(printed.stdout)
        proving = ["--trust", str(trust)]
        unsigned = self.reconcile(self.target, *RESTORE, *proving)
        self.assertEqual(unsigned.returncode, 3, unsigned.stderr)
        both = self.reconcile(self.target, *RESTORE, *proving, *self.accepted())
        self.assertEqual(both.returncode, 64, both.stderr)
        begun = self.reconcile(self.source, "run", *proving, "--signing-key", str(key), "--begin-signing")
        self.assertEqual(begun.returncode, 0, begun.stderr)
        done = self.reconcile(self.target, *RESTORE, *proving)
        self.assertEqual((done.returncode, json.loads(done.stdout)["isProved"]), (0, True), done.stderr)
        self.assertEqual(self.target.described(), self.source.described())

    def test_everything_comes_back_by_two_commands(self):
        before = self.source.described()
        modes = {restriction["mode"] for name, rows in before.items() if name.startswith("/")
                 for restriction in rows[0]["originConfiguration"]["restrictions"].values()}
        self.assertEqual(sorted(modes), MODES)
        self.target.counts()
        planned = self.restore(4, "--dry-run")
        self.assertEqual(self.target.counts(), {"ListRepositoriesInDomain": 1})
        self.assertEqual([row["state"] for row in planned["calls"]], ["planned"] * len(planned["calls"]))
        done = self.restore(0)
        self.assertEqual([row | {"state": "planned"} for row in done["calls"]], planned["calls"])
        self.assertEqual({row["state"] for row in done["calls"]}, {"made"})
        self.assertEqual(self.target.described(), before)

        self.target.counts()
        again = self.restore(0, "--overwrite-configuration")
        self.assertEqual((again["calls"], again["kept"], again["failures"]), ([], [], []))
        self.assertEqual({name for name in self.target.counts() if not name.startswith(("List", "Describe", "Get"))}, set())

        packages = self.reconcile(self.target, "restore")
        self.assertEqual(packages.returncode, 0, packages.stderr)
        names = self.target.api.list_packages(domain=DOMAIN, repository="releases")["packages"]
        self.assertEqual([row["package"] for row in names], ["app"])
        self.assertEqual(self.target.described(), before)
        # The restrictions hold: published only where the group allows it, and one package nowhere.
        self.assertLess(self.target.put("releases", "com/acme/app/2.0/app-2.0.jar"), 300)
        self.assertGreaterEqual(self.target.put("all", "com/acme/app/2.0/app-2.0.jar"), 400)
        self.assertGreaterEqual(self.target.put("releases", "com/acme/closed/1.0/closed-1.0.jar"), 400)
        drift = self.reconcile(self.target, "drift")
        self.assertEqual(json.loads(drift.stdout)["configuration"]["changes"], [])

    def test_killed_at_any_time_it_ends_in_the_same_domain(self):
        before, killed = self.source.described(), 0
        self.target.fault("codeartifact.*:stall=0.02")
        for number in range(30):
            process = self.start(self.target, *RESTORE, *self.accepted())
            time.sleep(0.1 + 0.02 * number)
            process.kill()
            process.communicate()
            killed += process.returncode < 0
        self.target.fault()
        self.assertGreater(killed, 0)
        self.assertEqual(self.restore(0)["kept"], [])
        self.assertEqual(self.target.described(), before)

    def test_what_may_not_be_set_is_one_failure_and_the_rest_comes_back(self):
        before = self.source.described()
        for number, action in enumerate(sorted({row["call"] for row in self.restore(4, "--dry-run")["calls"]}
                                               - {"CreateDomain"})):
            with self.subTest(action):
                target = Sandbox(self, self.work, f"refusing-{number}")
                target.fault(f"codeartifact.{action}:403")
                done = self.restore(3, sandbox=target)
                failed = [row for row in done["calls"] if row["state"] == "failed"]
                self.assertIn(action, {row["call"] for row in failed})
                self.assertTrue(all(f"codeartifact:{action}" in row["failure"] for row in failed
                                    if row["call"] == action), failed)
                self.assertIn("made", {row["state"] for row in done["calls"][1:]})
                target.fault()
                self.restore(0, sandbox=target)
                self.assertEqual(target.described(), before)

    def test_what_differs_is_kept_unless_it_is_to_be_changed(self):
        before = self.source.described()
        self.restore(0)
        api = self.target.api
        api.update_repository(domain=DOMAIN, repository="all", upstreams=[{"repositoryName": "shared"}])
        api.put_domain_permissions_policy(domain=DOMAIN, policyDocument=policy("*", "999988887777"))
        api.disassociate_external_connection(domain=DOMAIN, repository="gradle-store",
                                             externalConnection="public:maven-gradleplugins")
        api.update_repository(domain=DOMAIN, repository="gradle-store", upstreams=[{"repositoryName": "shared"}])
        api.update_package_group_origin_configuration(domain=DOMAIN, packageGroup="/maven/*",
                                                      restrictions={"EXTERNAL_UPSTREAM": "ALLOW"})
        arn = api.describe_repository(domain=DOMAIN, repository="shared")["repository"]["arn"]
        api.tag_resource(resourceArn=arn, tags=[{"key": "team", "value": "other"}, {"key": "own", "value": "1"}])
        changed = self.target.described()
        kept = self.restore(0)
        self.assertEqual(kept["calls"], [])
        self.assertEqual({(row["place"], row["part"]) for row in kept["kept"]}, {
            ("the domain", "permissions policy"), ("package group /maven/*", "restriction EXTERNAL_UPSTREAM"),
            ("repository all", "upstreams"), ("repository gradle-store", "external connections"),
            ("repository gradle-store", "upstreams"), ("repository shared", "tags"),
        })
        self.assertEqual(self.target.described(), changed)
        self.target.counts()
        self.restore(0, "--overwrite-configuration")
        sent = {f"codeartifact:{name}" for name in self.target.counts()}
        self.assertEqual(self.target.described(), before)
        printed = subprocess.run(
            [BUILD / "reconcile", "policy", "--for", "restore-configuration", "--domain", DOMAIN, "--bucket", "backup"],
            check=True, capture_output=True,
        )
        granted = {action for one in json.loads(printed.stdout)["Statement"] for action in one["Action"]}
        self.assertEqual(sent - granted, set())
        self.assertIn("codeartifact:UntagResource", sent)

    def test_another_account_and_other_names(self):
        target = Sandbox(self, self.work, "other", owner=OTHER)
        plain = self.restore(4, "--dry-run", sandbox=target)
        self.assertEqual(plain["rewritten"], [])
        self.assertEqual(len(plain["foreign"]), 6)
        done = self.restore(0, "--map-account", f"{OWNER}={OTHER}", "--map-repository", "releases=stable", sandbox=target)
        self.assertEqual(len(done["rewritten"]), 6)
        document = json.loads(target.api.get_repository_permissions_policy(domain=DOMAIN, repository="stable")
                              ["policy"]["document"])
        self.assertEqual([row["Principal"]["AWS"] for row in document["Statement"]],
                         [f"arn:aws:iam::{OTHER}:root", "arn:aws:iam::999988887777:root"])
        self.assertEqual({row["Resource"] for row in document["Statement"]},
                         {f"arn:aws:codeartifact:{REGION}:{OTHER}:repository/{DOMAIN}/stable"})
        upstreams = target.api.describe_repository(domain=DOMAIN, repository="all")["repository"]["upstreams"]
        self.assertEqual([row["repositoryName"] for row in upstreams], ["stable", "snapshots", "shared"])


class Whole(Programs):
    COUNT = 300

    def test_a_domain_of_three_hundred_packages_that_was_deleted_comes_back_by_two_commands(self):
        empty = io.BytesIO()
        zipfile.ZipFile(empty, "w").close()
        for number in range(self.COUNT):
            self.source.publish("snapshots" if number % 3 else "releases", f"lib-{number}", jar=empty.getvalue(),
                                pom=self.pom(f"lib-{number}", number))
        described, packages = self.source.described(), self.source.packages()
        self.assertEqual(len(packages), self.COUNT + 2)
        ended = self.reconcile(self.source, "run")
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.source.delete()
        with self.assertRaises(self.source.api.exceptions.ResourceNotFoundException):
            self.source.api.describe_domain(domain=DOMAIN)

        for arguments in [[*RESTORE, *self.accepted()], ["restore"]]:
            ended = self.reconcile(self.source, *arguments)
            self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertEqual(self.source.described(), described)
        self.assertEqual(self.source.packages(), packages)
        self.build()
        # The restrictions hold.
        self.assertGreaterEqual(self.source.put("all", "com/acme/app/2.0/app-2.0.jar"), 400)
        self.assertGreaterEqual(self.source.put("releases", "com/acme/closed/1.0/closed-1.0.jar"), 400)

    @staticmethod
    def pom(name, number, more=""):
        """Of a package that rests on the one before it, but for each tenth."""
        before = f"<dependency><groupId>com.acme</groupId><artifactId>lib-{number - 1}</artifactId><version>1.0</version></dependency>"
        return (f"<project><modelVersion>4.0.0</modelVersion><groupId>com.acme</groupId><artifactId>{name}</artifactId>"
                f"<version>1.0</version>{more}<dependencies>{before if number % 10 else ''}</dependencies></project>").encode()

    def build(self):
        """By real mvn, from the repository that has all others for upstreams; Debian's has Maven's own plugins."""
        folder = self.work / "project"
        folder.mkdir()
        endpoint = self.source.api.get_repository_endpoint(domain=DOMAIN, repository="all", format="maven")
        token = self.source.api.get_authorization_token(domain=DOMAIN)["authorizationToken"]
        policy = "<checksumPolicy>fail</checksumPolicy>"
        (folder / "settings.xml").write_text(
            f"<settings><servers><server><id>restored</id><username>aws</username><password>{token}</password></server>"
            "</servers><mirrors><mirror><id>debian</id><mirrorOf>central</mirrorOf><url>file:///usr/share/maven-repo</url>"
            "</mirror></mirrors><profiles><profile><id>restored</id><repositories><repository><id>restored</id>"
            f"<url>{endpoint['repositoryEndpoint']}</url><releases>{policy}</releases></repository></repositories></profile>"
            "</profiles><activeProfiles><activeProfile>restored</activeProfile></activeProfiles></settings>"
        )
        wanted = "".join(f"<dependency><groupId>com.acme</groupId><artifactId>lib-{number}</artifactId>"
                         "<version>1.0</version></dependency>" for number in range(9, self.COUNT, 10))
        (folder / "pom.xml").write_text(
            "<project><modelVersion>4.0.0</modelVersion><groupId>com.acme</groupId><artifactId>user</artifactId>"
            "<version>1</version><properties><maven.compiler.release>17</maven.compiler.release>"
            "<project.build.sourceEncoding>UTF-8</project.build.sourceEncoding></properties>"
            f"<dependencies>{wanted}</dependencies></project>"
        )
        source = folder / "src/main/java/User.java"
        source.parent.mkdir(parents=True)
        source.write_text("class User {}")
        built = subprocess.run(
            ["mvn", "-B", "-s", folder / "settings.xml", f"-Dmaven.repo.local={folder}/m2", "-f", folder / "pom.xml",
             "package"], capture_output=True, text=True, timeout=300,
        )
        self.assertEqual(built.returncode, 0, built.stdout[-3000:])
        self.assertEqual(len(list((folder / "m2/com/acme").glob("lib-*/1.0/*.jar"))), self.COUNT)


if __name__ == "__main__":
    BUILD = Path(sys.argv[1]).resolve()
    unittest.main(argv=sys.argv[:1])
