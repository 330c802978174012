import AWSServices
import LocalServices
import ReconcileCore
import Testing

@Suite("A bucket that is asked how it is set up", .timeLimit(.minutes(5)))
struct S3BucketTests {
    @Test("answers with its region, access block and encryption, and that it has no rules and no lock")
    func plain() async throws {
        try await StoreTrial.with { trial in
            let bucket = S3Bucket(of: trial.store)
            #expect(try await bucket.region() == "us-east-1")
            #expect(try await bucket.blocksPublicAccess())
            let encryption = try await bucket.encryption()
            #expect(encryption?.algorithm == "AES256")
            #expect(encryption?.key == nil)
            #expect(try await bucket.lifecycle() == [])
            #expect(try await bucket.objectLock() == nil)
        }
    }

    @Test(
        "names the permission that is missing for each question",
        arguments: [
            ("s3:ListBucket", 0), ("s3:GetBucketPublicAccessBlock", 1), ("s3:GetEncryptionConfiguration", 2),
            ("s3:GetLifecycleConfiguration", 3), ("s3:GetBucketObjectLockConfiguration", 4),
        ]
    )
    func refused(action: String, question: Int) async throws {
        var configuration = LocalS3Configuration()
        configuration.denied = [action]
        try await StoreTrial.with(configuration) { trial in
            let bucket = S3Bucket(of: trial.store)
            let questions: [() async throws -> Void] = [
                { _ = try await bucket.region() }, { _ = try await bucket.blocksPublicAccess() },
                { _ = try await bucket.encryption() }, { _ = try await bucket.lifecycle() },
                { _ = try await bucket.objectLock() },
            ]
            for (number, ask) in questions.enumerated() {
                guard number == question else {
                    try await ask()
                    continue
                }
                let failure = await #expect(throws: RemoteFailure.self) { try await ask() }
                #expect(failure?.kind == .denied)
                #expect(failure?.operation.actions == [action])
            }
        }
    }

    @Test("reads every kind of rule that ends or moves bytes, and leaves out what is not in force")
    func rules() async throws {
        let xml = """
            <LifecycleConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
              <Rule><ID>reports</ID><Filter><Prefix>demo/runs/</Prefix></Filter><Status>Enabled</Status>
                <Expiration><Days>365</Days></Expiration></Rule>
              <Rule><ID>older</ID><Prefix></Prefix><Status>Enabled</Status>
                <NoncurrentVersionExpiration><NoncurrentDays>30</NoncurrentDays></NoncurrentVersionExpiration>
                <Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration></Rule>
              <Rule><ID>cold</ID><Filter><And><Prefix>demo/maven/</Prefix><Tag><Key>a</Key><Value>b</Value></Tag></And>
                </Filter><Status>Enabled</Status>
                <Transition><Days>30</Days><StorageClass>STANDARD_IA</StorageClass></Transition>
                <NoncurrentVersionTransition><NoncurrentDays>1</NoncurrentDays>
                  <StorageClass>GLACIER</StorageClass></NoncurrentVersionTransition></Rule>
              <Rule><ID>off</ID><Filter/><Status>Disabled</Status><Expiration><Days>1</Days></Expiration></Rule>
              <Rule><ID>uploads</ID><Filter/><Status>Enabled</Status>
                <AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation>
                </AbortIncompleteMultipartUpload></Rule>
            </LifecycleConfiguration>
            """
        var reports = LifecycleRule()
        (reports.id, reports.prefix, reports.expires) = ("reports", "demo/runs/", true)
        var older = LifecycleRule()
        (older.id, older.expiresOlder) = ("older", true)
        var cold = LifecycleRule()
        (cold.id, cold.prefix, cold.isSelective) = ("cold", "demo/maven/", true)
        cold.classes = ["STANDARD_IA", "GLACIER"]
        var uploads = LifecycleRule()
        uploads.id = "uploads"
        let bucket = try await answering(xml, to: "s3.GetBucketLifecycleConfiguration") { try await $0.lifecycle() }
        #expect(bucket == [reports, older, cold, uploads])
    }

    @Test("reads a KMS key, a partial access block, and a default retention")
    func documents() async throws {
        let encryption = try await answering(
            """
            <ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>
            <SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>arn:aws:kms:eu-west-1:111122223333:key/k</KMSMasterKeyID>
            </ApplyServerSideEncryptionByDefault><BucketKeyEnabled>true</BucketKeyEnabled></Rule>
            </ServerSideEncryptionConfiguration>
            """,
            to: "s3.GetBucketEncryption"
        ) { try await $0.encryption() }
        #expect(encryption?.algorithm == "aws:kms")
        #expect(encryption?.key == "arn:aws:kms:eu-west-1:111122223333:key/k")

        let isBlocked = try await answering(
            """
            <PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>
            <IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>false</BlockPublicPolicy>
            <RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>
            """,
            to: "s3.GetPublicAccessBlock"
        ) { try await $0.blocksPublicAccess() }
        #expect(!isBlocked)

        let retention = try await answering(
            """
            <ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention>
            <Days>30</Days><Mode>COMPLIANCE</Mode></DefaultRetention></Rule></ObjectLockConfiguration>
            """,
            to: "s3.GetObjectLockConfiguration"
        ) { try await $0.objectLock() }
        #expect(retention?.retention == "COMPLIANCE, 30 days")
    }

    private func answering<Value>(
        _ xml: String,
        to operation: String,
        _ ask: (S3Bucket) async throws -> Value
    ) async throws -> Value {
        var configuration = LocalS3Configuration()
        configuration.faults = [LocalS3Fault(.answer(Array(xml.utf8)), on: operation, .always)]
        var answer: Value?
        try await StoreTrial.with(configuration) { answer = try await ask(S3Bucket(of: $0.store)) }
        return try #require(answer)
    }
}
