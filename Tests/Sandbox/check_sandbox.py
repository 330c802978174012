#!/usr/bin/env python3
"""The sandbox as a stranger uses it, with botocore as the judge: every operation, fault, refusal and example.

    check_sandbox.py SANDBOX [TEST …]     the program, and names of tests
"""

import hashlib
import socket
import sys
import unittest
import urllib.error
import urllib.request

from botocore.exceptions import ClientError, EndpointConnectionError, ConnectionClosedError, HTTPClientError

from examples import Examples, documented
from running import Judge, Sandbox, run, served

DOMAIN = {"domain": "my-domain"}
POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"codeartifact:*","Resource":"*","Principal":"*"}]}'
CREATED = "arn:aws:codeartifact:us-west-2:111122223333:"


def put_version(sandbox, repository, version="1.0", artifact="lib", domain="my-domain"):
    """Publishes one version as Maven does; the status of the first PUT that is refused, else of the last."""
    folder = f"com/acme/{artifact}"
    document = (f"<metadata><groupId>com.acme</groupId><artifactId>{artifact}</artifactId><versioning><versions>"
                f"<version>{version}</version></versions></versioning></metadata>").encode()
    for path, body in [(f"{folder}/{version}/{artifact}-{version}.pom", b"<project/>"),
                       (f"{folder}/{version}/{artifact}-{version}.jar", b"jar"), (f"{folder}/maven-metadata.xml", document)]:
        status, _ = sandbox.maven("PUT", repository, path, body, domain)
        if status != 201:
            return status
    return status


class Operations(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sandbox = Sandbox("--repository", "releases", "--s3-port", 0).__enter__()
        cls.ca = cls.sandbox.client()

    @classmethod
    def tearDownClass(cls):
        cls.sandbox.__exit__()

    def test_domains(self):
        call, refused = self.ca, self.ca.refused
        made = call("CreateDomain", domain="made", encryptionKey="arn:aws:kms:us-west-2:111122223333:key/1",
                    tags=[{"key": "team", "value": "build"}])["domain"]
        self.assertEqual((made["arn"], made["status"], made["repositoryCount"]), (CREATED + "domain/made", "Active", 0))
        self.assertEqual(call("DescribeDomain", domain="made")["domain"], made)
        self.assertEqual(call("ListTagsForResource", resourceArn=made["arn"])["tags"], [{"key": "team", "value": "build"}])
        refused("ConflictException", 409, "CreateDomain", domain="made")
        error = refused("ValidationException", 400, "CreateDomain", domain="other", encryptionKey="mine")
        self.assertEqual(error["reason"], "ENCRYPTION_KEY_ERROR")
        first = call("ListDomains", maxResults=1)
        second = call("ListDomains", maxResults=1, nextToken=first["nextToken"])
        self.assertEqual([d["name"] for d in first["domains"] + second["domains"]], ["made", "my-domain"])
        self.assertNotIn("nextToken", second)
        refused("ValidationException", 400, "ListDomains", nextToken="bm8=")
        call("CreateRepository", domain="made", repository="inside")
        self.assertEqual(put_version(self.sandbox, "inside", domain="made"), 201)
        self.assertEqual(self.sandbox.maven("GET", "inside", "com/acme/lib/1.0/lib-1.0.jar", domain="made"), (200, b"jar"))
        refused("ResourceNotFoundException", 404, "ListPackages", **DOMAIN, repository="inside")
        error = refused("ConflictException", 409, "DeleteDomain", domain="made")
        self.assertEqual((error["resourceType"], error["resourceId"]), ("domain", "made"))
        call("DeleteRepository", domain="made", repository="inside")
        self.assertEqual(call("DeleteDomain", domain="made")["domain"]["status"], "Deleted")
        refused("ResourceNotFoundException", 404, "DescribeDomain", domain="made")
        refused("ResourceNotFoundException", 404, "DescribeDomain", **DOMAIN, domainOwner="999999999999")

    def test_repositories(self):
        call, refused = self.ca, self.ca.refused
        error = refused("ResourceNotFoundException", 404, "CreateRepository", **DOMAIN, repository="app",
                        upstreams=[{"repositoryName": "nobody"}])
        self.assertEqual((error["resourceType"], error["resourceId"]), ("repository", "nobody"))
        call("CreateRepository", **DOMAIN, repository="shared", tags=[{"key": "k", "value": ""}])
        made = call("CreateRepository", **DOMAIN, repository="app", description="d",
                    upstreams=[{"repositoryName": "shared"}, {"repositoryName": "releases"}])["repository"]
        self.assertEqual([u["repositoryName"] for u in made["upstreams"]], ["shared", "releases"])
        refused("ConflictException", 409, "CreateRepository", **DOMAIN, repository="app")
        changed = call("UpdateRepository", **DOMAIN, repository="app", upstreams=[{"repositoryName": "shared"}])["repository"]
        self.assertEqual((changed["upstreams"], changed["description"]), ([{"repositoryName": "shared"}], "d"))
        refused("ResourceNotFoundException", 404, "UpdateRepository", **DOMAIN, repository="app",
                upstreams=[{"repositoryName": "nobody"}])
        connection = {"externalConnection": "public:maven-central"}
        refused("ConflictException", 409, "AssociateExternalConnection", **DOMAIN, repository="app", **connection)
        connected = call("AssociateExternalConnection", **DOMAIN, repository="shared", **connection)["repository"]
        self.assertEqual(connected["externalConnections"], [
            {"externalConnectionName": "public:maven-central", "packageFormat": "maven", "status": "Available"}])
        refused("ConflictException", 409, "UpdateRepository", **DOMAIN, repository="shared",
                upstreams=[{"repositoryName": "releases"}])
        refused("ValidationException", 400, "AssociateExternalConnection", **DOMAIN, repository="releases",
                externalConnection="public:nothing")
        call("DisassociateExternalConnection", **DOMAIN, repository="shared", **connection)
        refused("ResourceNotFoundException", 404, "DisassociateExternalConnection", **DOMAIN, repository="shared", **connection)
        self.assertEqual([r["name"] for r in call("ListRepositories", repositoryPrefix="sh")["repositories"]], ["shared"])
        call("DeleteRepository", **DOMAIN, repository="shared")
        self.assertEqual(call("DescribeRepository", **DOMAIN, repository="app")["repository"]["upstreams"], [])
        call("DeleteRepository", **DOMAIN, repository="app")
        refused("ResourceNotFoundException", 404, "DeleteRepository", **DOMAIN, repository="app")
        names = [r["name"] for r in call("ListRepositoriesInDomain", **DOMAIN)["repositories"]]
        self.assertEqual(names, ["releases"])

    def test_policies(self):
        call, refused = self.ca, self.ca.refused
        for kind, place, arn in [("Domain", DOMAIN, CREATED + "domain/my-domain"),
                                 ("Repository", DOMAIN | {"repository": "releases"}, CREATED + "repository/my-domain/releases")]:
            get, put, delete = (f"{verb}{kind}PermissionsPolicy" for verb in ("Get", "Put", "Delete"))
            refused("ResourceNotFoundException", 404, get, **place)
            policy = call(put, **place, policyDocument=POLICY)["policy"]
            self.assertEqual((policy["resourceArn"], policy["document"]), (arn, POLICY))
            self.assertEqual(call(get, **place)["policy"], policy)
            refused("ConflictException", 409, put, **place, policyDocument=POLICY, policyRevision="older")
            newer = call(put, **place, policyDocument=POLICY, policyRevision=policy["revision"])["policy"]
            self.assertNotEqual(newer["revision"], policy["revision"])
            refused("ValidationException", 400, put, **place, policyDocument="no policy")
            refused("ConflictException", 409, delete, **place, policyRevision=policy["revision"])
            self.assertEqual(call(delete, **place, policyRevision=newer["revision"])["policy"], newer)
            refused("ResourceNotFoundException", 404, delete, **place)
        refused("ResourceNotFoundException", 404, "GetRepositoryPermissionsPolicy", **DOMAIN, repository="nobody")

    def test_tags(self):
        call, refused = self.ca, self.ca.refused
        group = call("CreatePackageGroup", **DOMAIN, packageGroup="/maven/com.tagged/lib$",
                     tags=[{"key": "a", "value": "1"}])["packageGroup"]
        call("UntagResource", resourceArn=group["arn"], tagKeys=["a", "absent"])
        for arn in (CREATED + "domain/my-domain", CREATED + "repository/my-domain/releases", group["arn"]):
            call("TagResource", resourceArn=arn, tags=[{"key": "b", "value": "2"}, {"key": "a", "value": "1"}])
            call("TagResource", resourceArn=arn, tags=[{"key": "a", "value": "3"}])
            self.assertEqual(call("ListTagsForResource", resourceArn=arn)["tags"],
                             [{"key": "a", "value": "3"}, {"key": "b", "value": "2"}])
            call("UntagResource", resourceArn=arn, tagKeys=["a", "b"])
            self.assertEqual(call("ListTagsForResource", resourceArn=arn)["tags"], [])
            refused("ValidationException", 400, "TagResource", resourceArn=arn, tags=[{"key": "aws:x", "value": ""}])
            many = [{"key": str(number), "value": ""} for number in range(51)]
            refused("ServiceQuotaExceededException", 402, "TagResource", resourceArn=arn, tags=many)
        refused("ResourceNotFoundException", 404, "ListTagsForResource", resourceArn=CREATED + "repository/my-domain/none")
        refused("ResourceNotFoundException", 404, "TagResource", resourceArn="arn:aws:s3:::bucket", tags=[])
        call("DeletePackageGroup", **DOMAIN, packageGroup="/maven/com.tagged/lib$")

    def test_packages_and_versions(self):
        call, refused = self.ca, self.ca.refused
        self.assertEqual(put_version(self.sandbox, "releases", "2.0", "whole"), 201)
        place = DOMAIN | {"repository": "releases", "format": "maven", "namespace": "com.acme", "package": "whole"}
        endpoint = call("GetRepositoryEndpoint", **DOMAIN, repository="releases", format="maven")["repositoryEndpoint"]
        self.assertEqual(endpoint, self.sandbox.ready["maven"]["releases"])
        self.assertEqual(call("DescribePackage", **place)["package"]["name"], "whole")
        row = call("ListPackageVersions", **place)["versions"][0]
        self.assertEqual((row["version"], row["status"]), ("2.0", "Published"))
        version = place | {"packageVersion": "2.0"}
        self.assertEqual(call("DescribePackageVersion", **version)["packageVersion"]["revision"], row["revision"])
        assets = {a["name"]: a for a in call("ListPackageVersionAssets", **version)["assets"]}
        self.assertEqual(assets["whole-2.0.jar"]["hashes"]["SHA-256"], hashlib.sha256(b"jar").hexdigest())
        self.assertEqual(call("GetPackageVersionAsset", **version, asset="whole-2.0.jar")["asset"].read(), b"jar")
        controls = {"publish": "BLOCK", "upstream": "BLOCK"}
        call("PutPackageOriginConfiguration", **place, restrictions=controls)
        self.assertEqual(put_version(self.sandbox, "releases", "2.1", "whole"), 403)
        for name, arguments in [("UpdatePackageVersionsStatus", {"targetStatus": "Archived"}),
                                ("DisposePackageVersions", {}), ("DeletePackageVersions", {})]:
            self.assertEqual(list(call(name, **place, versions=["2.0"], **arguments)["successfulVersions"]), ["2.0"])
        call("DeletePackage", **place)
        refused("ResourceNotFoundException", 404, "DescribePackage", **place)
        self.assertNotIn("whole", [p["package"] for p in call("ListPackages", **DOMAIN, repository="releases")["packages"]])

    def test_publish_and_copy(self):
        call, refused = self.ca, self.ca.refused
        for name in ("first", "second"):
            call("CreateRepository", **DOMAIN, repository=name)
        place = DOMAIN | {"format": "generic", "namespace": "tools", "package": "kit"}
        content, version = b"generic bytes", {"repository": "first", "packageVersion": "1.0"}

        def publish(name, data=content, digest=None, **arguments):
            return place | version | {"assetContent": data, "assetName": name,
                                      "assetSHA256": digest or hashlib.sha256(data).hexdigest()} | arguments
        made = call("PublishPackageVersion", **publish("kit.zip", unfinished=True))
        self.assertEqual((made["status"], made["asset"]["size"]), ("Unfinished", len(content)))
        refused("ConflictException", 409, "PublishPackageVersion", **publish("kit.zip", b"other"))
        refused("ValidationException", 400, "PublishPackageVersion", **publish("kit.zip", format="maven"))
        done = call("PublishPackageVersion", **publish("kit.txt", b""))
        self.assertEqual(done["status"], "Published")
        refused("ConflictException", 409, "PublishPackageVersion", **publish("late.txt", b"late"))
        packages = call("ListPackages", **DOMAIN, repository="first")["packages"]
        self.assertEqual([(p["format"], p["namespace"], p["package"]) for p in packages], [("generic", "tools", "kit")])
        self.assertEqual(call("ListPackages", **DOMAIN, repository="first", format="maven")["packages"], [])
        read = call("GetPackageVersionAsset", **place, **version, asset="kit.zip")
        self.assertEqual((read["asset"].read(), read["packageVersionRevision"]), (content, done["versionRevision"]))

        route = {"sourceRepository": "first", "destinationRepository": "second"}
        copied = call("CopyPackageVersions", **place, **route, versions=["1.0"])
        self.assertEqual(copied["successfulVersions"], {"1.0": {"revision": done["versionRevision"], "status": "Published"}})
        failed = call("CopyPackageVersions", **place, **route, versions=["1.0", "9"])["failedVersions"]
        self.assertEqual({v: f["errorCode"] for v, f in failed.items()}, {"1.0": "ALREADY_EXISTS", "9": "NOT_FOUND"})
        call("CopyPackageVersions", **place, **route, versions=["1.0"], allowOverwrite=True)
        failed = call("CopyPackageVersions", **place, **route, versionRevisions={"1.0": "x"}, allowOverwrite=True)
        self.assertEqual(failed["failedVersions"]["1.0"]["errorCode"], "MISMATCHED_REVISION")
        for wrong in ({}, {"versions": ["1.0"], "versionRevisions": {"1.0": "x"}}):
            refused("ValidationException", 400, "CopyPackageVersions", **place, **route, **wrong)
        call("CreateRepository", **DOMAIN, repository="third", upstreams=[{"repositoryName": "first"}])
        call("CreateRepository", **DOMAIN, repository="fourth")
        route = {"sourceRepository": "third", "destinationRepository": "fourth"}
        refused("ResourceNotFoundException", 404, "CopyPackageVersions", **place, **route, versions=["1.0"])
        copied = call("CopyPackageVersions", **place, **route, versions=["1.0"], includeFromUpstream=True)
        self.assertEqual(list(copied["successfulVersions"]), ["1.0"])
        for name in ("first", "second", "third", "fourth"):
            call("DeleteRepository", **DOMAIN, repository=name)

    def test_package_groups(self):
        call, refused = self.ca, self.ca.refused
        call("CreateDomain", domain="grouped")
        place = {"domain": "grouped"}
        root = call("DescribePackageGroup", **place, packageGroup="/*")["packageGroup"]
        self.assertEqual({n: r["mode"] for n, r in root["originConfiguration"]["restrictions"].items()},
                         {"PUBLISH": "ALLOW", "EXTERNAL_UPSTREAM": "ALLOW", "INTERNAL_UPSTREAM": "ALLOW"})
        patterns = ["/maven/*", "/maven/com.acme~", "/maven/com.acme/*", "/maven/com.acme/lib~", "/maven/com.acme/lib$"]
        for pattern in reversed(patterns):
            call("CreatePackageGroup", **place, packageGroup=pattern, description="d", contactInfo="c")
        parents = {g["pattern"]: g.get("parent", {}).get("pattern")
                   for g in call("ListPackageGroups", **place)["packageGroups"]}
        self.assertEqual(parents, dict(zip(["/*", *patterns], [None, "/*", *patterns])))
        some = call("ListPackageGroups", **place, prefix="/maven/com.acme/", maxResults=2)
        rest = call("ListPackageGroups", **place, prefix="/maven/com.acme/", maxResults=2, nextToken=some["nextToken"])
        self.assertEqual(len(some["packageGroups"] + rest["packageGroups"]), 3)
        inside = call("ListSubPackageGroups", **place, packageGroup="/maven/*")["packageGroups"]
        self.assertEqual([g["pattern"] for g in inside], ["/maven/com.acme~"])
        refused("ConflictException", 409, "CreatePackageGroup", **place, packageGroup="/maven/*")
        for wrong in ("maven/*", "/maven", "/other/*", "/maven//lib$", "/pypi/ns/lib$", "/maven/a/b/c$"):
            refused("ValidationException", 400, "CreatePackageGroup", **place, packageGroup=wrong)
        changed = call("UpdatePackageGroup", **place, packageGroup="/maven/*", description="other")["packageGroup"]
        self.assertEqual((changed["description"], changed["contactInfo"]), ("other", "c"))
        for package, pattern in [(("com.acme", "lib"), "/maven/com.acme/lib$"), (("com.acme", "lib-x"), "/maven/com.acme/lib~"),
                                 (("com.acme", "library"), "/maven/com.acme/*"), (("com.acme.app", "x"), "/maven/com.acme~"),
                                 (("com.acmes", "x"), "/maven/*")]:
            found = call("GetAssociatedPackageGroup", **place, format="maven", namespace=package[0], package=package[1])
            self.assertEqual((found["packageGroup"]["pattern"], found["associationType"]), (pattern, "STRONG"), package)
        npm = call("GetAssociatedPackageGroup", **place, format="npm", package="react")
        self.assertEqual(npm["packageGroup"]["pattern"], "/*")
        refused("ValidationException", 400, "DeletePackageGroup", **place, packageGroup="/*")
        call("DeletePackageGroup", **place, packageGroup="/maven/com.acme/lib~")
        lib = call("DescribePackageGroup", **place, packageGroup="/maven/com.acme/lib$")["packageGroup"]
        self.assertEqual(lib["parent"]["pattern"], "/maven/com.acme/*")
        refused("ResourceNotFoundException", 404, "DescribePackageGroup", **place, packageGroup="/maven/com.acme/lib~")
        call("DeleteDomain", domain="grouped")

    def test_package_groups_restrict_what_comes_in(self):
        call, refused = self.ca, self.ca.refused
        place = {"domain": "guarded"}
        call("CreateDomain", **place)
        for name in ("one", "two"):
            call("CreateRepository", **place, repository=name)
        call("CreateRepository", **place, repository="below", upstreams=[{"repositoryName": "one"}])

        def restrict(pattern, modes, **lists):
            return call("UpdatePackageGroupOriginConfiguration", **place, packageGroup=pattern, restrictions=modes, **lists)

        def publish(repository, version):
            return put_version(self.sandbox, repository, version, domain="guarded")
        call("CreatePackageGroup", **place, packageGroup="/maven/com.acme/*")
        self.assertEqual(publish("one", "1.0"), 201)
        restrict("/*", {"PUBLISH": "BLOCK"})
        self.assertEqual(publish("one", "1.1"), 403)
        group = call("DescribePackageGroup", **place, packageGroup="/maven/com.acme/*")["packageGroup"]
        rule = group["originConfiguration"]["restrictions"]["PUBLISH"]
        self.assertEqual((rule["mode"], rule["effectiveMode"], rule["inheritedFrom"]["pattern"]), ("INHERIT", "BLOCK", "/*"))
        allowed = {"repositoryName": "two", "originRestrictionType": "PUBLISH"}
        updates = restrict("/maven/com.acme/*", {"PUBLISH": "ALLOW_SPECIFIC_REPOSITORIES"}, addAllowedRepositories=[allowed])
        self.assertEqual(updates["allowedRepositoryUpdates"], {"PUBLISH": {"ADDED": ["two"], "REMOVED": []}})
        rule = updates["packageGroup"]["originConfiguration"]["restrictions"]["PUBLISH"]
        self.assertEqual((rule["effectiveMode"], rule["repositoriesCount"]), ("ALLOW_SPECIFIC_REPOSITORIES", 1))
        self.assertEqual((publish("one", "1.2"), publish("two", "1.2")), (403, 201))
        listed = call("ListAllowedRepositoriesForGroup", **place, packageGroup="/maven/com.acme/*",
                      originRestrictionType="PUBLISH")
        self.assertEqual(listed["allowedRepositories"], ["two"])
        generic = {"repository": "one", "format": "generic", "namespace": "n", "package": "p", "packageVersion": "1",
                   "assetName": "a", "assetContent": b"", "assetSHA256": hashlib.sha256(b"").hexdigest()}
        refused("AccessDeniedException", 403, "PublishPackageVersion", **place, **generic)
        restrict("/maven/com.acme/*", {}, removeAllowedRepositories=[allowed])
        self.assertEqual(publish("two", "1.3"), 403)
        refused("ResourceNotFoundException", 404, "UpdatePackageGroupOriginConfiguration", **place, packageGroup="/*",
                addAllowedRepositories=[allowed | {"repositoryName": "nobody"}])
        refused("ValidationException", 400, "UpdatePackageGroupOriginConfiguration", **place, packageGroup="/*",
                addAllowedRepositories=[allowed])
        refused("ValidationException", 400, "UpdatePackageGroupOriginConfiguration", **place, packageGroup="/*",
                restrictions={"PUBLISH": "INHERIT"})

        jar = "com/acme/lib/1.0/lib-1.0.jar"
        restrict("/*", {"INTERNAL_UPSTREAM": "BLOCK"})
        self.assertEqual(self.sandbox.maven("GET", "below", jar, domain="guarded")[0], 404)
        restrict("/maven/com.acme/*", {"INTERNAL_UPSTREAM": "ALLOW"})
        self.assertEqual(self.sandbox.maven("GET", "below", jar, domain="guarded"), (200, b"jar"))
        restrict("/maven/com.acme/*", {"INTERNAL_UPSTREAM": "BLOCK"})
        self.assertEqual(self.sandbox.maven("GET", "below", jar, domain="guarded"), (200, b"jar"), "it stays where it is")

        rows = call("ListAssociatedPackages", **place, packageGroup="/maven/com.acme/*")["packages"]
        self.assertEqual(rows, [{"format": "maven", "namespace": "com.acme", "package": "lib", "associationType": "STRONG"}])
        refused("ResourceNotFoundException", 404, "ListAssociatedPackages", **place, packageGroup="/maven/com.acme/lib$")
        rows = call("ListAssociatedPackages", **place, packageGroup="/maven/com.acme/lib$", preview=True)["packages"]
        self.assertEqual([row["package"] for row in rows], ["lib"])
        for name in ("below", "two", "one"):
            call("DeleteRepository", **place, repository=name)
        call("DeleteDomain", **place)

    def test_s3(self):
        s3 = self.sandbox.client("s3")
        self.assertEqual([b["Name"] for b in s3("ListBuckets")["Buckets"]], ["backup"])
        here = {"Bucket": "made"}
        s3.refused("IllegalLocationConstraintException", 400, "CreateBucket", **here)
        region = {"CreateBucketConfiguration": {"LocationConstraint": "us-west-2"}}
        s3.refused("InvalidBucketName", 400, "CreateBucket", Bucket="Under_score", **region)
        s3("CreateBucket", **here, **region)
        s3.refused("BucketAlreadyOwnedByYou", 409, "CreateBucket", **here, **region)
        self.assertEqual(s3("HeadBucket", **here)["BucketRegion"], "us-west-2")
        self.assertEqual(s3("GetBucketLocation", **here)["LocationConstraint"], "us-west-2")
        self.assertEqual(s3("GetBucketVersioning", **here), {})
        s3("PutObject", **here, Key="a", Body=b"1")
        s3("PutBucketVersioning", **here, VersioningConfiguration={"Status": "Enabled"})
        self.assertEqual(s3("GetBucketVersioning", **here), {"Status": "Enabled"})
        older = s3("PutObject", **here, Key="a", Body=b"22")["VersionId"]
        s3("PutObject", **here, Key="a", Body=b"333")
        self.assertEqual(s3("GetObject", **here, Key="a", VersionId=older)["Body"].read(), b"22")
        self.assertEqual(s3("HeadObject", **here, Key="a")["ContentLength"], 3)
        self.assertEqual([o["Key"] for o in s3("ListObjectsV2", **here)["Contents"]], ["a"])
        listed = s3("ListObjectVersions", **here)
        self.assertEqual([(v["Key"], v["Size"], v["IsLatest"]) for v in listed["Versions"]],
                         [("a", 3, True), ("a", 2, False), ("a", 1, False)])
        self.assertEqual([v["VersionId"] for v in listed["Versions"]][1:], [older, "null"])
        s3("PutObject", **here, Key="b c+", Body=b"1")
        first = s3("ListObjectVersions", **here, MaxKeys=1)
        self.assertTrue(first["IsTruncated"])
        rest = s3("ListObjectVersions", **here, KeyMarker=first["NextKeyMarker"], VersionIdMarker=first["NextVersionIdMarker"])
        self.assertEqual([v["Key"] for v in rest["Versions"]], ["b c+"])
        s3("GetBucketEncryption", **here)
        s3("GetPublicAccessBlock", **here)
        s3.refused("NoSuchLifecycleConfiguration", 404, "GetBucketLifecycleConfiguration", **here)
        s3.refused("ObjectLockConfigurationNotFoundError", 404, "GetObjectLockConfiguration", **here)
        s3.refused("BucketNotEmpty", 409, "DeleteBucket", **here)
        for operation, arguments in [("DeleteObject", {"Key": "a"}), ("ListObjects", {}),
                                     ("CreateMultipartUpload", {"Key": "b"}), ("GetObjectTagging", {"Key": "a"}),
                                     ("CopyObject", {"Key": "b", "CopySource": "made/a"})]:
            error = s3.refused("NotImplemented", 501, operation, **here, **arguments)
            self.assertIn("The sandbox's S3 does not implement", error["Error"]["Message"])
        s3("CreateBucket", Bucket="empty", **region)
        s3("DeleteBucket", Bucket="empty")
        s3.refused("NoSuchBucket", 404, "ListObjectsV2", Bucket="empty")

    def test_others(self):
        self.assertEqual(self.sandbox.client("sts")("GetCallerIdentity")["Account"], "111122223333")

    @classmethod
    def names(cls):
        return served(cls.sandbox)


class Coverage(unittest.TestCase):
    """Runs after the operations: what the page and the program say they have is what was called."""

    def test_every_operation_was_called_and_is_documented(self):
        with Sandbox() as sandbox:
            names = served(sandbox)
            model = {name for name in sandbox.client().model.operation_names}
        called = {name for service, name in Judge.called if service == "codeartifact"}
        self.assertEqual(names - called, set(), "served, never called here")
        covered, absent = documented()
        self.assertEqual(covered, names, "the table of docs/SANDBOX.md and the program")
        self.assertEqual(absent, model - names, "what docs/SANDBOX.md says is missing, and what is")


class Faults(unittest.TestCase):
    def setUp(self):
        self.sandbox = Sandbox("--s3-port", 0, "--synthetic", "packages=3,versions=1").__enter__()
        self.addCleanup(self.sandbox.__exit__)
        self.ca, self.s3 = self.sandbox.client(), self.sandbox.client("s3")

    def fault(self, *spellings):
        self.assertEqual(self.sandbox.post("/_sandbox/faults", "\n".join(spellings)), 204)

    def test_statuses_are_errors_that_botocore_knows(self):
        for status, code in [(403, "AccessDeniedException"), (429, "ThrottlingException"), (500, "InternalServerException")]:
            self.fault(f"codeartifact.DescribeDomain:{status}:first=1")
            self.ca.refused(code, status, "DescribeDomain", **DOMAIN)
            self.ca("DescribeDomain", **DOMAIN)
        with self.assertRaises(self.ca.client.exceptions.AccessDeniedException):
            self.fault("codeartifact.CreateDomain:403")
            self.ca.client.create_domain(domain="new")
        for status, code in [(403, "AccessDenied"), (503, "SlowDown"), (500, "InternalError")]:
            self.fault(f"s3.ListObjectsV2:{status}:first=1")
            self.s3.refused(code, status, "ListObjectsV2", Bucket="backup")
            self.s3("ListObjectsV2", Bucket="backup")

    def test_retry_after(self):
        self.fault("s3.GetObject:429=7", "codeartifact.ListDomains:429=7")
        for answer in (self.s3.refused("SlowDown", 429, "GetObject", Bucket="backup", Key="a"),
                       self.ca.refused("ThrottlingException", 429, "ListDomains")):
            self.assertEqual(answer["ResponseMetadata"]["HTTPHeaders"]["retry-after"], "7")

    def test_bytes(self):
        self.s3("PutObject", Bucket="backup", Key="a", Body=b"x" * 1000)
        for effect in ("cut=10", "reset=10", "reset"):
            self.fault(f"s3.GetObject:{effect}:on=/backup/a")
            with self.assertRaises((HTTPClientError, EndpointConnectionError, ConnectionClosedError), msg=effect):
                self.s3.client.get_object(Bucket="backup", Key="a")["Body"].read()
            self.fault(f"codeartifact.ListPackages:{effect}")
            if effect == "cut=10":
                # botocore takes what it has got of a JSON answer.
                self.assertNotIn("packages", self.ca.client.list_packages(**DOMAIN, repository="releases"))
                continue
            with self.assertRaises((HTTPClientError, EndpointConnectionError, ConnectionClosedError), msg=effect):
                self.ca.client.list_packages(**DOMAIN, repository="releases")
        self.fault("s3.GetObject:flip=5")
        body = self.s3.client.get_object(Bucket="backup", Key="a", ChecksumMode="DISABLED")["Body"].read()
        self.assertEqual(body, b"x" * 5 + b"y" + b"x" * 994)
        self.fault("s3.ListObjectsV2:body=no document")
        with self.assertRaises(Exception):
            self.s3.client.list_objects_v2(Bucket="backup")
        self.fault("s3.GetObject:stall=60", "codeartifact.ListPackages:stall=60")
        with self.assertRaises(HTTPClientError):
            self.sandbox.client("s3", read_timeout=1).client.get_object(Bucket="backup", Key="a")["Body"].read()
        with self.assertRaises(HTTPClientError):
            self.sandbox.client(read_timeout=1)("ListPackages", **DOMAIN, repository="releases")

    def test_a_star_leaves_s3_alone(self):
        self.fault("*:500")
        self.s3("ListBuckets")
        self.ca.refused("InternalServerException", 500, "ListDomains")
        self.fault("s3.*:500")
        self.ca("ListDomains")
        self.s3.refused("InternalError", 500, "ListBuckets")
        self.assertIn('"s3.ListBuckets":2', self.sandbox.get("/_sandbox/requests"))

    def test_lists(self):
        self.fault("codeartifact.ListPackages:empty:first=1")
        page = self.ca("ListPackages", **DOMAIN, repository="releases")
        self.assertEqual(page["packages"], [])
        self.assertEqual(len(self.ca("ListPackages", **DOMAIN, repository="releases", nextToken=page["nextToken"])["packages"]), 3)
        package = DOMAIN | {"repository": "releases", "format": "maven"}
        row = self.ca("ListPackages", **DOMAIN, repository="releases")["packages"][0]
        version = package | {"namespace": row["namespace"], "package": row["package"], "packageVersion": "1.0.0"}
        before = self.ca("ListPackageVersionAssets", **version)["assets"]
        self.fault("codeartifact.ListPackageVersionAssets:hash")
        self.assertNotEqual(self.ca("ListPackageVersionAssets", **version)["assets"], before)

    def test_a_denied_action_is_access_denied(self):
        with Sandbox("--s3-port", 0, "--deny", "codeartifact:CreatePackageGroup", "--deny", "s3:CreateBucket") as sandbox:
            error = sandbox.client().refused("AccessDeniedException", 403, "CreatePackageGroup", **DOMAIN, packageGroup="/npm/*")
            self.assertIn("is not authorized to perform: codeartifact:CreatePackageGroup", error["Error"]["Message"])
            sandbox.client("s3").refused("AccessDenied", 403, "CreateBucket", Bucket="new-bucket")


class CommandLine(unittest.TestCase):
    def refused(self, *arguments, says):
        done = run(*arguments)
        self.assertEqual(done.returncode, 64, (arguments, done.stderr))
        self.assertEqual(done.stdout, "")
        first = done.stderr.splitlines()[0]
        for part in says:
            self.assertIn(part, first)
        for raw in ("errno", "NIO", "(descriptor", '["', "Optional(", "IOError", "Swift."):
            self.assertNotIn(raw, done.stderr)

    def test_what_is_wrong_and_what_is_accepted(self):
        for arguments, says in [
            (["--fault", "nonsense"], ["--fault", "OPERATION:EFFECT"]),
            (["--fault", "codeartifact.ListPackage:503"], ["did you mean one of codeartifact.ListPackages,"]),
            (["--fault", "*:explode"], ['"explode" is not an effect', "400 to 599", "flip=BYTE"]),
            (["--fault", "*:503:often"], ["first=N"]),
            (["--fault", "maven.PutAsset:cut=1"], ["would do nothing", "maven.GetAsset"]),
            (["--throttle", "ListPackages"], ["--throttle", "documented", "NAME=REQUESTS-PER-SECOND"]),
            (["--throttle", "ListPackges=5"], ['"ListPackges"', "reads, writes"]),
            (["--throttle", ""], ["--throttle", "documented"]),
            (["--synthetic", "packages=0"], ["--synthetic", "packages=0", "1 or more"]),
            (["--synthetic", "nonsense"], ["--synthetic", "packages"]),
            (["--synthetic", "size=9-1"], ["size=BYTES"]),
            (["--domain", "My_Domain"], ["My_Domain", "domain's name", "lower-case letters"]),
            (["--owner", "12"], ['"12"', "12 digits"]),
            (["--repository", "a b"], ['"a b"', "repository's name"]),
            (["--upstream", "app"], ["REPOSITORY=UPSTREAM"]),
            (["--upstream", "app=app"], ["its own upstream"]),
            (["--import", "/nonexistent"], ["/nonexistent", "cannot be read"]),
            (["--ready-file", "/nonexistent/ready"], ["--ready-file", "/nonexistent"]),
            (["--port", "99999"], ["--port 99999", "1 to 65535"]),
            (["--assets-port=-1"], ["--assets-port -1"]),
            (["--s3-port", "70000"], ["--s3-port 70000"]),
            (["--port", "8450", "--assets-port", "8450"], ["must differ"]),
            (["--host", "no name"], ["cannot listen on no name:0", "no address"]),
            (["--host", "192.0.2.1"], ["cannot listen on 192.0.2.1:0", "does not have that address"]),
            (["--deny", "nonsense"], ["--deny nonsense", "codeartifact:ListPackages"]),
            (["--deny", "codeartifact:ListPackage"], ["did you mean one of codeartifact:ListPackages,"]),
            (["--s3-bucket", "backup"], ["--s3-bucket needs --s3-port"]),
            (["--s3-port", "0", "--s3-bucket", "A"], ["--s3-bucket", "bucket's name"]),
            (["--latency=-1"], ["--latency -1"]),
            (["--refused-token-status", "404"], ["401 or 403"]),
            (["--unknown"], ["--unknown"]),
            (["env"], ["--port or --ready-file"]),
            (["env", "--ready-file", "/dev/null"], ["--ready-file"]),
        ]:
            with self.subTest(arguments=arguments):
                self.refused(*arguments, says=says)

    def test_a_taken_port(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            for flag in ("--port", "--assets-port", "--s3-port"):
                self.refused(flag, port, says=[f"cannot listen on 127.0.0.1:{port}: the port is taken"])

    def test_env(self):
        with Sandbox("--s3-port", 0, "--session-token", "it's") as sandbox:
            port = sandbox.api.rsplit(":", 1)[1]
            printed = run("env", "--port", port)
            self.assertEqual((printed.returncode, printed.stderr), (0, ""))
            self.assertEqual(printed.stdout, sandbox.get("/_sandbox/env"))
            self.assertIn("export AWS_SESSION_TOKEN='it'\\''s'\n", printed.stdout)
            self.assertIn(f"export AWS_ENDPOINT_URL_S3='{sandbox.ready['s3']}'\n", printed.stdout)
            self.assertEqual(printed.stdout.count("export "), len(sandbox.environment))
        self.refused("env", "--port", port, says=["no sandbox answers at", "is it running"])

    def test_every_address_says_how_it_was_reached(self):
        with Sandbox("--host", "0.0.0.0", "--synthetic", "packages=1,versions=1") as sandbox:
            for addresses in (str(sandbox.ready), sandbox.get("/_sandbox/env"), sandbox.get("/")):
                self.assertNotIn("0.0.0.0", addresses)
            sandbox.api = sandbox.environment["AWS_ENDPOINT_URL_CODEARTIFACT"] = sandbox.api.replace("127.0.0.1", "localhost")
            endpoint = sandbox.client()("GetRepositoryEndpoint", **DOMAIN, repository="releases", format="maven")
            self.assertTrue(endpoint["repositoryEndpoint"].startswith("http://localhost:"), endpoint)
            self.assertEqual(put_version(sandbox, "releases"), 201)
            self.assertEqual(sandbox.maven("GET", "releases", "com/acme/lib/1.0/lib-1.0.jar"), (200, b"jar"))
        with Sandbox("--public-host", "sandbox.test", "--s3-port", 0) as sandbox:
            for name in ("codeartifact", "assets", "s3"):
                self.assertTrue(sandbox.ready[name].startswith("http://sandbox.test:"), sandbox.ready)

    def test_the_overview(self):
        with Sandbox() as sandbox:
            for path in ("/", "/_sandbox/", "/_sandbox"):
                self.assertIn("a local AWS CodeArtifact", sandbox.get(path))
            self.assertIn("/maven/d/my-domain-111122223333/releases/", sandbox.get("/"))
            with self.assertRaises(urllib.error.HTTPError) as error:
                sandbox.get("/_sandbox/nothing")
            self.assertEqual(error.exception.code, 404)
            self.assertIn("GET / lists what it has", error.exception.read().decode())


def load_tests(loader, tests, pattern):
    """In an order in which the coverage is known at the end."""
    classes = (Operations, Coverage, Faults, CommandLine, Examples)
    return unittest.TestSuite(loader.loadTestsFromTestCase(case) for case in classes)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
