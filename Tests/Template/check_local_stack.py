"""The template deployed to a local AWS (ministack), with a stand-in for the program that writes down what it is asked.

Proves what reading the template cannot: that the stack comes up, that the shards hand the function the documents it
knows and call it again until they are through, and that the role's and the bucket's policies allow and refuse what they
should when they are enforced. Run by `make template`.
"""

import json
import sys
import unittest
import zipfile

from botocore.exceptions import ClientError

from local_aws import BUCKET, EVENTS, LocalAWS
from template import matches

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


class LocalStack(LocalAWS):
    @classmethod
    def package(cls, file):
        with zipfile.ZipFile(file, "w") as zip:
            entry = zipfile.ZipInfo("bootstrap")
            entry.external_attr = 0o755 << 16
            zip.writestr(entry, STAND_IN.replace("WORK", repr(str(cls.work))))

    def setUp(self):
        (self.work / "asked").write_text("")

    def asked(self):
        return [json.loads(line) for line in (self.work / "asked").read_text().splitlines()]

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
            if "source" not in event or event["source"] != "aws.codeartifact":
                continue
            event["detail"]["domainOwner"] = "000000000000"
            matched = events.test_event_pattern(EventPattern=pattern, Event=json.dumps(event))["Result"]
            self.assertEqual(matched, matches(json.loads(pattern), event), path.stem)
            if matched:
                handed_over.add(path.stem)
        self.assertTrue({"published", "deleted", "archived"} <= handed_over)
        self.assertFalse({"unfinished", "npm", "other-domain"} & handed_over)

    def test_the_backup_role_adds_and_reads_and_can_do_no_harm(self):
        s3 = self.client("s3", *self.backup_user())
        with self.assertRaisesRegex(ClientError, "explicit deny"):
            s3.put_object(Bucket=BUCKET, Key="demo/x", Body=b"x")
        # That was the bucket's refusal of plain HTTP, which the local AWS speaks. It knows no s3:if-none-match either, so
        # that it takes every write for one over a record: check_template.py evaluates that statement itself.
        owner = self.client("s3")
        policy = json.loads(owner.get_bucket_policy(Bucket=BUCKET)["Policy"])
        kept = [one for one in policy["Statement"] if one["Sid"] not in ["TLSOnly", "RecordsAreNotReplaced"]]
        self.assertEqual(len(kept), len(policy["Statement"]) - 2)
        owner.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy | {"Statement": kept}))
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
        # Whom his own policy allows everything, the bucket refuses all the same.
        admin = self.client("s3", *self.admin())
        for refused in [
            lambda: admin.delete_object(Bucket=BUCKET, Key="demo/x"),
            lambda: admin.delete_object(Bucket=BUCKET, Key="demo/x", VersionId=version),
            lambda: admin.put_object_tagging(Bucket=BUCKET, Key="demo/x", Tagging={"TagSet": []}),
        ]:
            with self.assertRaisesRegex(ClientError, "explicit deny"):
                refused()
        self.assertEqual(admin.put_object(Bucket=BUCKET, Key="demo/x", Body=b"y")["ResponseMetadata"]["HTTPStatusCode"], 200)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
