"""Records signed with a key of a KMS that is not ours: a local AWS (ministack) keeps the key and enforces the role's policy
of a run. Run by `make policies`:

    check_signing_key.py MINISTACK BUILD

BUILD is the folder of the programs.
"""

import json
import subprocess
import sys
import unittest
from pathlib import Path

import check_policies
from check_policies import BUCKET, DOMAIN, OWNER, REGION, Sandbox
from local_aws import LocalAWS


class SigningKey(LocalAWS):
    @classmethod
    def deploy(cls):
        s3 = cls.client("s3")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        cls.iam, cls.kms = cls.client("iam"), cls.client("kms")
        cls.iam.create_user(UserName="role")
        key = cls.iam.create_access_key(UserName="role")["AccessKey"]
        cls.access = key["AccessKeyId"], key["SecretAccessKey"]
        cls.source = Sandbox(cls, cls.work, "source")
        cls.source.publish("lib", "1.0", "first")

    def setUp(self):
        self.trust = self.work / f"{self._testMethodName}.json"

    def made(self, spec="ECC_NIST_P256", usage="SIGN_VERIFY"):
        return self.kms.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["Arn"]

    def program(self, *arguments, access=("test", "test")):
        environment = {
            "PATH": check_policies.os.environ["PATH"], "HOME": str(self.work), "AWS_ENDPOINT_URL_S3": self.endpoint,
            "AWS_ENDPOINT_URL_KMS": self.endpoint, "AWS_ENDPOINT_URL_CODEARTIFACT": self.source.url,
            "AWS_ACCESS_KEY_ID": access[0], "AWS_SECRET_ACCESS_KEY": access[1], "AWS_MAX_ATTEMPTS": "1",
            "RECONCILE_REGION": REGION, "RECONCILE_DOMAIN": DOMAIN, "RECONCILE_DOMAIN_OWNER": OWNER,
        }
        return subprocess.run(
            [check_policies.BUILD / "reconcile", *arguments], env=environment, capture_output=True, text=True, timeout=60
        )

    def believe(self, key):
        made = self.program("trust", "--signing-key", key)
        self.assertEqual(made.returncode, 0, made.stderr)
        self.trust.write_text(made.stdout)

    def run_signed(self, key, prefix, **more):
        backup = f"s3://{BUCKET}/{prefix}"
        return self.program("run", "--backup", backup, "--trust", self.trust, "--signing-key", key, **more)

    def keys(self, prefix):
        rows = self.client("s3").get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=f"{prefix}/")
        return [row["Key"] for page in rows for row in page.get("Contents", [])]

    def allow(self, key, prefix, but=None):
        printed = self.program(
            "policy", "--for", "run", "--bucket", BUCKET, "--prefix", prefix, "--signing-key", key
        )
        self.assertEqual(printed.returncode, 0, printed.stderr)
        policy = json.loads(printed.stdout)
        signing = [one for one in policy["Statement"] if "kms:Sign" in one["Action"]]
        self.assertEqual([(one["Action"], one["Resource"]) for one in signing], [(["kms:Sign"], [key])])
        policy["Statement"] = [one for one in policy["Statement"] if but is None or but not in one["Action"]]
        self.iam.put_user_policy(UserName="role", PolicyName="printed", PolicyDocument=json.dumps(policy))

    def test_a_backup_is_signed_and_proved(self):
        key = self.made()
        self.believe(key)
        self.allow(key, "signed")
        ended = self.run_signed(key, "signed", access=self.access)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        s3 = self.client("s3")
        records = [name for name in self.keys("signed") if "/manifests/" in name or "/configuration/" in name]
        self.assertEqual(len(records), 2)
        for name in records:
            self.assertIn(b',"signature":"', s3.get_object(Bucket=BUCKET, Key=name)["Body"].read())
        for depth in ["objects", "bytes"]:
            seen = self.program(
                "verify", "--depth", depth, "--settling", "0s", "--backup", f"s3://{BUCKET}/signed", "--trust", self.trust
            )
            self.assertEqual(seen.returncode, 0, seen.stderr)
        other = self.made()
        self.assertEqual(self.run_signed(other, "other").returncode, 8)

    def test_without_the_permission_nothing_is_copied(self):
        key = self.made()
        self.believe(key)
        self.allow(key, "denied", but="kms:Sign")
        ended = self.run_signed(key, "denied", access=self.access)
        self.assertEqual(ended.returncode, 7, ended.stderr)
        for word in ["kms:Sign", key]:
            self.assertIn(word, ended.stderr)
        self.assertEqual([name for name in self.keys("denied") if "/maven/" in name], [])

    def test_keys_that_cannot_sign_end_the_run_before_a_copy(self):
        key = self.made()
        self.believe(key)
        self.kms.disable_key(KeyId=key)
        disabled = self.run_signed(key, "disabled")
        self.kms.enable_key(KeyId=key)
        self.kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
        doomed = self.run_signed(key, "doomed")
        absent = self.run_signed(key[:-1] + ("0" if key[-1] != "0" else "1"), "absent")
        for ended in [disabled, doomed, absent]:
            self.assertEqual(ended.returncode, 7, ended.stderr)
            self.assertIn("cannot be used", ended.stderr)
        self.assertEqual([name for prefix in ["disabled", "doomed", "absent"] for name in self.keys(prefix)
                          if "/maven/" in name], [])

    def test_other_keys_are_refused_by_name(self):
        for spec, usage in [("ECC_NIST_P384", "SIGN_VERIFY"), ("RSA_2048", "SIGN_VERIFY"), ("ECC_SECG_P256K1", "SIGN_VERIFY")]:
            refused = self.program("trust", "--signing-key", self.made(spec, usage))
            self.assertEqual((refused.returncode, refused.stdout), (8, ""), refused.stderr)
            self.assertIn(f"is {spec} for {usage}", refused.stderr)


if __name__ == "__main__":
    check_policies.BUILD = Path(sys.argv[2]).resolve()
    unittest.main(argv=sys.argv[:1])
