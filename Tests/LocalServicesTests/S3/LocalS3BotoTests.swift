import Cryptography
import LocalServices
import Subprocess
import Testing

/// The local S3 as AWS's own client for Python sees it.
@Suite struct LocalS3BotoTests {
    @Test(.timeLimit(.minutes(2)))
    func `boto3 writes, reads, lists and is refused as by S3`() async throws {
        var configuration = LocalS3Configuration()
        configuration.keepsVersions = true
        try await LocalS3.with(configuration) { server in
            let result = try await run(
                .name("python3"),
                arguments: ["-c", Self.script, server.endpoint],
                output: .string(limit: 1 << 16),
                error: .string(limit: 1 << 16)
            )
            try #require(result.terminationStatus.isSuccess, "python3 with boto3 is needed: \(result.standardError)")
            #expect(
                result.standardOutput == """
                    versioning Enabled
                    written 64
                    again PreconditionFailed
                    read b'hello' 5 LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ= FULL_OBJECT
                    range b'ell'
                    older b'hello'
                    absent NoSuchKey
                    bad BadDigest
                    bucket NoSuchBucket
                    keys ['a b+c/~', 'a b+c/é%.jar', 'n/0', 'n/1', 'n/2', 'n/3', 'n/4']
                    prefixes ['a b+c/', 'n/']
                    denied SignatureDoesNotMatch
                    redirected 7

                    """
            )
        }
    }

    private static let script = """
        import sys
        import boto3
        from botocore.config import Config
        from botocore.exceptions import ClientError

        def client(secret="local-s3-secret", region="us-east-1"):
            return boto3.client(
                "s3", endpoint_url=sys.argv[1], region_name=region, aws_access_key_id="LOCALS3",
                aws_secret_access_key=secret, config=Config(retries={"total_max_attempts": 1}))

        def refusal(call, **arguments):
            try:
                call(**arguments)
            except ClientError as error:
                return error.response["Error"]["Code"]
            return "nothing"

        s3 = client()
        here = {"Bucket": "backup", "Key": "a b+c/é%.jar"}
        sha256 = "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="
        print("versioning", s3.get_bucket_versioning(Bucket="backup")["Status"])
        first = s3.put_object(**here, Body=b"hello", IfNoneMatch="*", ChecksumSHA256=sha256)
        print("written", len(first["VersionId"]) * 2)
        print("again", refusal(s3.put_object, **here, Body=b"other", IfNoneMatch="*"))
        head = s3.head_object(**here, ChecksumMode="ENABLED")
        print("read", s3.get_object(**here)["Body"].read(), head["ContentLength"], head["ChecksumSHA256"],
              head["ChecksumType"])
        print("range", s3.get_object(**here, Range="bytes=1-3")["Body"].read())
        s3.put_object(**here, Body=b"newer")
        print("older", s3.get_object(**here, VersionId=first["VersionId"])["Body"].read())
        print("absent", refusal(s3.get_object, Bucket="backup", Key="nothing"))
        print("bad", refusal(s3.put_object, Bucket="backup", Key="x", Body=b"hallo", ChecksumSHA256=sha256))
        print("bucket", refusal(s3.list_objects_v2, Bucket="nothing"))
        s3.put_object(Bucket="backup", Key="a b+c/~", Body=b"")
        for number in range(5):
            s3.put_object(Bucket="backup", Key="n/%d" % number, Body=b"x" * number)
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket="backup", PaginationConfig={"PageSize": 3})
        print("keys", [row["Key"] for page in pages for row in page["Contents"]])
        rolled = s3.list_objects_v2(Bucket="backup", Delimiter="/")
        print("prefixes", [row["Prefix"] for row in rolled["CommonPrefixes"]])
        print("denied", refusal(client(secret="guess").list_objects_v2, Bucket="backup"))
        # boto3 takes the right region from the refusal and asks again.
        print("redirected", client(region="eu-west-1").list_objects_v2(Bucket="backup")["KeyCount"])
        """
}
