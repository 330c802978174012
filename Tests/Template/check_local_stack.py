"""The template deployed to a local AWS (ministack), with a stand-in for the program that writes down what it is asked.

Proves what reading the template cannot: that the stack comes up, that the shards hand the function the documents it
knows and call it again until they are through, and that the role's and the bucket's policies allow and refuse what they
should when they are enforced. Run by `make template`.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import zipfile
from pathlib import Path

import boto3
from botocore.exceptions import ClientError

from template import ROOT, matches, transformed

EVENTS = ROOT / "Tests/Events"
BUCKET, SHARDS = "artifact-backup-bucket-000000000000-eu-west-1", 4
# Shard 1 needs three invocations; shard 3 fails while the file `fail` is there.
STAND_IN = """#!/usr/bin/env python3
import json, os, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    with urllib.request.urlopen(api + "next") as invocation:
        request, document = invocation.headers["Lambda-Runtime-Aws-Request-Id"], json.load(invocation)
    with open(WORK + "/asked", "a") as asked:
        asked.write(json.dumps(document) + "\\n")
    kind, answer = "response", {"outcome": "converged"}
    if document.get("shard") == "1/4" and document["attempt"] < 2:
        answer = {"outcome": "deadline"}
    if document.get("shard") == "3/4" and os.path.exists(WORK + "/fail"):
        kind, answer = "error", {"errorType": "Backup.denied", "errorMessage": "refused"}
    urllib.request.urlopen(api + request + "/" + kind, data=json.dumps(answer).encode()).close()
"""


def until(condition, seconds=60):
    for _ in range(seconds * 5):
        if value := condition():
            return value
        time.sleep(0.2)
    raise AssertionError(f"not within {seconds} seconds")


def listens(port):
    with socket.socket() as probe:
        return not probe.connect_ex(("127.0.0.1", port))


class LocalStack(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.work = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        cls.endpoint = f"http://127.0.0.1:{port}"
        log = cls.enterClassContext(open(cls.work / "ministack.log", "w"))
        settings = {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "AUTH": "true"}
        server = subprocess.Popen(
            ["timeout", "300", sys.argv[1]], env=os.environ | settings, stdout=log, stderr=log, start_new_session=True
        )
        cls.addClassCleanup(server.wait)
        cls.addClassCleanup(os.killpg, server.pid, signal.SIGTERM)
        until(lambda: listens(port))
        cls.deploy()

    @classmethod
    def client(cls, service, key="test", secret="test"):
        return boto3.client(
            service,
            endpoint_url=cls.endpoint,
            region_name="eu-west-1",
            aws_access_key_id=key,
            aws_secret_access_key=secret,
        )

    @classmethod
    def deploy(cls):
        package = cls.work / "package.zip"
        with zipfile.ZipFile(package, "w") as zip:
            entry = zipfile.ZipInfo("bootstrap")
            entry.external_attr = 0o755 << 16
            zip.writestr(entry, STAND_IN.replace("WORK", repr(str(cls.work))))
        s3 = cls.client("s3")
        s3.create_bucket(Bucket="code", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        s3.upload_file(str(package), "code", "package.zip")
        formation = cls.client("cloudformation")
        parameters = {"DomainName": "demo", "RepositoryName": "*", "Shards": str(SHARDS), "AlarmEmail": "ops@example.com"}
        formation.create_stack(
            StackName="backup",
            TemplateBody=json.dumps(transformed("s3://code/package.zip")),
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )

        def settled():
            (stack,) = formation.describe_stacks(StackName="backup")["Stacks"]
            return None if stack["StackStatus"].endswith("IN_PROGRESS") else stack

        stack = until(settled)
        assert stack["StackStatus"] == "CREATE_COMPLETE", formation.describe_stack_events(StackName="backup")
        cls.outputs = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}

    def setUp(self):
        (self.work / "asked").write_text("")

    def asked(self):
        return [json.loads(line) for line in (self.work / "asked").read_text().splitlines()]

    def run_shards(self):
        states = self.client("stepfunctions")
        started = states.start_execution(
            stateMachineArn=self.outputs["ReconcileTarget"], input=(EVENTS / "schedule.json").read_text()
        )

        def ended():
            execution = states.describe_execution(executionArn=started["executionArn"])
            return None if execution["status"] == "RUNNING" else execution

        return until(ended)

    def test_every_shard_is_called_until_it_is_through(self):
        execution = self.run_shards()
        self.assertEqual(execution["status"], "SUCCEEDED", execution)
        called = sorted((document["shard"], document["attempt"]) for document in self.asked())
        self.assertEqual(called, [("0/4", 0), ("1/4", 0), ("1/4", 1), ("1/4", 2), ("2/4", 0), ("3/4", 0)])
        known = set(json.loads((EVENTS / "shard.json").read_text()))
        for document in self.asked():
            self.assertEqual(set(document), known)
            self.assertEqual(document["job"], "reconcile")

    def test_one_shard_that_fails_stops_no_other_and_is_told(self):
        (self.work / "fail").touch()
        self.addCleanup((self.work / "fail").unlink)
        execution = self.run_shards()
        self.assertEqual(execution["status"], "FAILED", execution)
        self.assertIn("ShardsFailed", execution.get("error") or execution.get("output"))
        self.assertEqual({document["shard"] for document in self.asked()}, {"0/4", "1/4", "2/4", "3/4"})

    def test_the_rule_matches_the_events_that_this_projects_own_matcher_says(self):
        # PutEvents takes no event of source aws.*, from nobody: the rule is asked, not fed.
        events = self.client("events")
        pattern = events.describe_rule(Name="artifact-backup-event-rule")["EventPattern"]
        handed_over = set()
        for path in EVENTS.glob("*.json"):
            event = json.loads(path.read_text())
            if event.get("source") != "aws.codeartifact":
                continue
            event["detail"]["domainOwner"] = "000000000000"
            matched = events.test_event_pattern(EventPattern=pattern, Event=json.dumps(event))["Result"]
            self.assertEqual(matched, matches(json.loads(pattern), event), path.stem)
            if matched:
                handed_over.add(path.stem)
        self.assertTrue({"published", "deleted", "archived"} <= handed_over)
        self.assertFalse({"unfinished", "npm", "other-domain"} & handed_over)

    def test_the_backup_role_adds_and_reads_and_can_do_no_harm(self):
        iam = self.client("iam")
        role = self.outputs["BackupRole"].rpartition("/")[2]
        iam.create_user(UserName="backup")
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            iam.put_user_policy(UserName="backup", PolicyName=name, PolicyDocument=json.dumps(document))
        key = iam.create_access_key(UserName="backup")["AccessKey"]
        s3 = self.client("s3", key["AccessKeyId"], key["SecretAccessKey"])
        with self.assertRaisesRegex(ClientError, "explicit deny"):
            s3.put_object(Bucket=BUCKET, Key="demo/x", Body=b"x")
        # That was the bucket's refusal of plain HTTP, which the local AWS speaks.
        self.client("s3").delete_bucket_policy(Bucket=BUCKET)
        version = s3.put_object(Bucket=BUCKET, Key="demo/x", Body=b"x")["VersionId"]
        self.assertEqual(s3.get_object(Bucket=BUCKET, Key="demo/x")["Body"].read(), b"x")
        self.assertEqual(s3.list_objects_v2(Bucket=BUCKET, Prefix="demo/")["KeyCount"], 1)
        self.assertEqual(s3.get_bucket_versioning(Bucket=BUCKET)["Status"], "Enabled")
        expiry = {"Rules": [{"ID": "x", "Status": "Enabled", "Filter": {}, "Expiration": {"Days": 1}}]}
        for refused in [
            lambda: s3.put_object(Bucket=BUCKET, Key="other/x", Body=b"x"),
            lambda: s3.delete_object(Bucket=BUCKET, Key="demo/x"),
            lambda: s3.delete_object(Bucket=BUCKET, Key="demo/x", VersionId=version),
            lambda: s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"}),
            lambda: s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration=expiry),
            lambda: s3.delete_bucket(Bucket=BUCKET),
        ]:
            with self.assertRaises(ClientError) as error:
                refused()
            self.assertEqual(error.exception.response["Error"]["Code"], "AccessDenied")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
