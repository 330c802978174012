"""One package through a deployed stack: published, and there in the bucket. Run by `make deployed`.

AWS_SAM_STACK_NAME names the stack; without it nothing is run. Credentials need to publish to the domain, read the
bucket, and invoke the functions. A version of com.example.reconciler:stack-check is published and deleted again; its
backup stays, as every backup does.
"""

import base64
import hashlib
import json
import os
import time
import unittest
import urllib.request

STACK = os.environ.get("AWS_SAM_STACK_NAME")
GROUP, ARTIFACT = "com.example.reconciler", "stack-check"


@unittest.skipUnless(STACK, "AWS_SAM_STACK_NAME names no stack")
class DeployedStack(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        import boto3

        cls.client = staticmethod(boto3.client)
        (stack,) = boto3.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
        parameters = {one["ParameterKey"]: one["ParameterValue"] for one in stack["Parameters"]}
        cls.outputs = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
        cls.domain = parameters["DomainName"]
        cls.owner = parameters["DomainOwner"] or boto3.client("sts").get_caller_identity()["Account"]
        cls.repository = parameters["RepositoryName"]
        if cls.repository in ("", "*"):
            cls.repository = os.environ.get("AWS_SAM_STACK_REPOSITORY", "")
        if not cls.repository:
            raise unittest.SkipTest("AWS_SAM_STACK_REPOSITORY names no repository to publish to")
        cls.version = time.strftime("1.0.%Y%m%d%H%M%S", time.gmtime())
        cls.coordinates = {
            "domain": cls.domain,
            "domainOwner": cls.owner,
            "repository": cls.repository,
            "format": "maven",
            "namespace": GROUP,
            "package": ARTIFACT,
        }

    def publish(self):
        codeartifact = self.client("codeartifact")
        place = {key: self.coordinates[key] for key in ["domain", "domainOwner"]}
        token = codeartifact.get_authorization_token(**place, durationSeconds=900)["authorizationToken"]
        endpoint = codeartifact.get_repository_endpoint(**place, repository=self.repository, format="maven")
        pom = (
            f"<project><modelVersion>4.0.0</modelVersion><groupId>{GROUP}</groupId>"
            f"<artifactId>{ARTIFACT}</artifactId><version>{self.version}</version></project>"
        ).encode()
        name = f"{ARTIFACT}-{self.version}.pom"
        path = f"{GROUP.replace('.', '/')}/{ARTIFACT}/{self.version}/{name}"
        request = urllib.request.Request(
            endpoint["repositoryEndpoint"].rstrip("/") + "/" + path,
            data=pom,
            method="PUT",
            headers={
                "Authorization": "Basic " + base64.b64encode(f"aws:{token}".encode()).decode(),
                "Content-Type": "application/octet-stream",
            },
        )
        urllib.request.urlopen(request, timeout=60).close()
        self.addCleanup(
            codeartifact.delete_package_versions, **self.coordinates, versions=[self.version]
        )
        codeartifact.update_package_versions_status(
            **self.coordinates, versions=[self.version], targetStatus="Published"
        )
        return path, pom

    def test_a_published_version_arrives_and_a_reconcile_finds_it_in_sync(self):
        s3, bucket = self.client("s3"), self.outputs["BackupBucket"]
        path, pom = self.publish()
        manifests = f"{self.domain}/manifests/maven/{self.repository}/{GROUP}/{ARTIFACT}/{self.version}/"
        for _ in range(60):
            if s3.list_objects_v2(Bucket=bucket, Prefix=manifests).get("Contents"):
                break
            time.sleep(5)
        else:
            self.fail(f"no manifest under s3://{bucket}/{manifests} after five minutes; see the function's log")
        stored = s3.get_object(Bucket=bucket, Key=f"{self.domain}/maven/{self.repository}/{path}")["Body"].read()
        self.assertEqual(hashlib.sha256(stored).hexdigest(), hashlib.sha256(pom).hexdigest())

        answer = self.client("lambda").invoke(
            FunctionName=self.outputs["ArtifactBackupFunction"],
            Payload=json.dumps(
                {
                    "version": "0",
                    "detail-type": "CodeArtifact Package Version State Change",
                    "source": "aws.codeartifact",
                    "detail": {
                        "domainName": self.domain,
                        "domainOwner": self.owner,
                        "repositoryName": self.repository,
                        "packageFormat": "maven",
                        "packageNamespace": GROUP,
                        "packageName": ARTIFACT,
                        "packageVersion": self.version,
                        "packageVersionState": "Published",
                        "operationType": "Updated",
                    },
                }
            ),
        )
        report = json.loads(answer["Payload"].read())
        self.assertNotIn("FunctionError", answer, report)
        self.assertEqual(report["versions"]["copied"], 0, "the same event again copies nothing")


if __name__ == "__main__":
    unittest.main()
