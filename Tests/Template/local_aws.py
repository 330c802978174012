"""A local AWS (ministack) with the template deployed to it: what the checks of a running stack begin with."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import boto3

from template import ROOT, transformed

EVENTS = ROOT / "Tests/Events"
BUCKET, SHARDS = "artifact-backup-bucket-000000000000-eu-west-1", 4


def until(condition, seconds=60):
    for _ in range(seconds * 5):
        if value := condition():
            return value
        time.sleep(0.2)
    raise AssertionError(f"not within {seconds} seconds")


def listens(port):
    with socket.socket() as probe:
        return not probe.connect_ex(("127.0.0.1", port))


class LocalAWS(unittest.TestCase):
    """Subclasses say what the functions run: `package` writes the zip. The first argument of the program is ministack."""

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
        cls.package(package)
        s3 = cls.client("s3")
        s3.create_bucket(Bucket="code", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        s3.upload_file(str(package), "code", "package.zip")
        # Too long for a request, and `sam deploy` sends it this way too.
        s3.put_object(Bucket="code", Key="template.json", Body=json.dumps(transformed("s3://code/package.zip")))
        formation = cls.client("cloudformation")
        parameters = {"DomainName": "demo", "RepositoryName": "*", "Shards": str(SHARDS), "AlarmEmail": "ops@example.com"}
        formation.create_stack(
            StackName="backup",
            TemplateURL=f"{cls.endpoint}/code/template.json",
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )

        def settled():
            (stack,) = formation.describe_stacks(StackName="backup")["Stacks"]
            return None if stack["StackStatus"].endswith("IN_PROGRESS") else stack

        stack = until(settled)
        assert stack["StackStatus"] == "CREATE_COMPLETE", formation.describe_stack_events(StackName="backup")
        cls.outputs = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}

    def run_shards(self):
        states = self.client("stepfunctions")
        started = states.start_execution(
            stateMachineArn=self.outputs["ReconcileTarget"], input=(EVENTS / "schedule.json").read_text()
        )

        def ended():
            execution = states.describe_execution(executionArn=started["executionArn"])
            return None if execution["status"] == "RUNNING" else execution

        return until(ended)

    def admin(self):
        """Credentials that may do everything."""
        iam = self.client("iam")
        iam.create_user(UserName="admin")
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
        iam.put_user_policy(UserName="admin", PolicyName="everything", PolicyDocument=json.dumps(document))
        key = iam.create_access_key(UserName="admin")["AccessKey"]
        return key["AccessKeyId"], key["SecretAccessKey"]

    def backup_user(self):
        """Credentials with the policies of the template's role and no others."""
        iam = self.client("iam")
        role = self.outputs["BackupRole"].rpartition("/")[2]
        iam.create_user(UserName="backup")
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            iam.put_user_policy(UserName="backup", PolicyName=name, PolicyDocument=json.dumps(document))
        key = iam.create_access_key(UserName="backup")["AccessKey"]
        return key["AccessKeyId"], key["SecretAccessKey"]
