"""The real program in the stack of a local AWS (ministack), from a local CodeArtifact into the stack's own bucket.

Proves that the template's roles let the job work, that the state machine's four shards are exactly the whole, and that
an event finds done what a shard has done. Run by `make stack`:

    check_local_run.py MINISTACK PACKAGE SANDBOX

PACKAGE is the folder that `make package` fills; SANDBOX the program of that name.
"""

import json
import shutil
import subprocess
import sys
import unittest

import boto3

from local_aws import BUCKET, EVENTS, SHARDS, LocalAWS, until

PACKAGES, VERSIONS = 40, 5


class LocalRun(LocalAWS):
    @classmethod
    def package(cls, file):
        shutil.make_archive(str(file.with_suffix("")), "zip", sys.argv[2])

    def setUp(self):
        ready = self.work / "ready.json"
        sandbox = subprocess.Popen(
            [sys.argv[3], "--domain", "demo", "--owner", "000000000000", "--region", "eu-west-1", "--no-signatures",
             "--synthetic", f"packages={PACKAGES},versions={VERSIONS},assets=2,size=500,seed=1", "--ready-file", ready],
            stdout=subprocess.DEVNULL,
        )
        self.addCleanup(sandbox.wait)
        self.addCleanup(sandbox.terminate)
        until(ready.exists)
        self.codeartifact = json.loads(ready.read_text())["codeartifact"]
        key, secret = self.backup_user()
        # The bucket refuses plain HTTP, which the local AWS speaks.
        self.client("s3").delete_bucket_policy(Bucket=BUCKET)
        functions = self.client("lambda")
        for name in ["artifact-backup-function", "artifact-backup-function-reconcile"]:
            variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
            variables |= {
                "AWS_ENDPOINT_URL_CODEARTIFACT": self.codeartifact, "AWS_ENDPOINT_URL_S3": self.endpoint,
                "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": "",
                "AWS_REGION": "eu-west-1",
            }
            functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})

    def objects(self, prefix):
        pages = self.client("s3").get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        return [row["Key"] for page in pages for row in page.get("Contents", [])]

    def event(self):
        """A published event about a version that the domain has."""
        source = boto3.client(
            "codeartifact", endpoint_url=self.codeartifact, region_name="eu-west-1",
            aws_access_key_id="x", aws_secret_access_key="x",
        )
        domain = dict(domain="demo", domainOwner="000000000000", repository="releases", format="maven")
        package = source.list_packages(**domain)["packages"][0]
        names = dict(namespace=package["namespace"], package=package["package"])
        version = source.list_package_versions(**domain, **names)["versions"][0]["version"]
        document = json.loads((EVENTS / "published.json").read_text())
        document["detail"] |= {
            "domainOwner": "000000000000", "repositoryName": "releases", "packageNamespace": names["namespace"],
            "packageName": names["package"], "packageVersion": version,
        }
        return document

    def test_four_shards_are_exactly_the_whole_and_an_event_finds_it_done(self):
        execution = self.run_shards()
        self.assertEqual(execution["status"], "SUCCEEDED", execution)
        s3 = self.client("s3")
        reports = [json.loads(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()) for key in self.objects("demo/runs/")]
        self.assertEqual({report["outcome"] for report in reports}, {"converged"})
        self.assertEqual(sorted(report["shard"] for report in reports), [f"{n}/{SHARDS}" for n in range(SHARDS)])
        self.assertEqual(sum(report["versions"]["copied"] for report in reports), PACKAGES * VERSIONS)
        self.assertTrue(all(report["versions"]["copied"] > 0 for report in reports))
        # Each version has one record: no two shards took the same one.
        self.assertEqual(len(self.objects("demo/manifests/")), PACKAGES * VERSIONS)

        answer = self.client("lambda").invoke(
            FunctionName="artifact-backup-function", Payload=json.dumps(self.event()).encode()
        )
        report = json.loads(answer["Payload"].read())
        self.assertEqual(report["versions"]["inSync"], 1, report)
        self.assertEqual(report["versions"]["copied"], 0, report)

        # The role lets the function verify everything, older versions of records included, and compare.
        verified = self.look("verify")
        self.assertEqual((verified["outcome"], verified.get("warnings", [])), ("sound", []), verified)
        self.assertEqual(verified["looked"]["versions"], PACKAGES * VERSIONS)
        self.assertEqual(len(self.objects("demo/verifications/")), 1)
        compared = self.look("drift")
        self.assertEqual((compared["outcome"], compared["versions"]["orphaned"]), ("converged", 0), compared)

    def look(self, name):
        """What the function answers to the input of a schedule."""
        answer = self.client("lambda").invoke(
            FunctionName="artifact-backup-function-reconcile", Payload=(EVENTS / f"{name}.json").read_bytes()
        )
        return json.loads(answer["Payload"].read())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
