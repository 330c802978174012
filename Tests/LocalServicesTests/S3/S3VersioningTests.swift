import AWSServices
import HTTPTransfer
import LocalServices
import ReconcileCore
import TestSupport
import Testing

/// What a store says of versioning if the bucket, or the access point, does not answer GetBucketVersioning.
@Suite struct S3VersioningTests {
    private func withStore(
        _ status: Int,
        keepsVersions: Bool,
        bucket: String = "backup",
        _ body: (StoreTrial) async throws -> Void
    ) async throws {
        var configuration = LocalS3Configuration()
        configuration.keepsVersions = keepsVersions
        configuration.buckets = [bucket]
        let code = status == 403 ? "AccessDenied" : status == 405 ? "MethodNotAllowed" : "NotImplemented"
        configuration.faults = [
            LocalS3Fault(.error(status: status, code: code), on: "s3.GetBucketVersioning", .always)
        ]
        try await StoreTrial.with(
            configuration,
            place: { endpoint, region in try S3Location(bucket: bucket, region: region, endpoint: endpoint) },
            body
        )
    }

    @Test(arguments: [405, 501], [true, false])
    func `the first PUT shows it, and it is asked once`(status: Int, keepsVersions: Bool) async throws {
        try await withStore(status, keepsVersions: keepsVersions) { trial in
            #expect(try await trial.store.keepsVersions() == nil)
            _ = try await trial.store.write([1], to: ObjectKey("a"), .createOnly)
            #expect(try await trial.store.keepsVersions() == keepsVersions)
            #expect(trial.server.requests["s3.GetBucketVersioning"] == 1)
        }
    }

    @Test(arguments: [true, false])
    func `before a PUT, an object that was looked at shows it`(keepsVersions: Bool) async throws {
        try await withStore(405, keepsVersions: keepsVersions) { trial in
            trial.server.store([1], under: "a")
            #expect(try await trial.store.keepsVersions() == nil)
            _ = try await trial.store.describe(ObjectKey("a"), versionID: nil)
            #expect(try await trial.store.keepsVersions() == keepsVersions)
        }
    }

    @Test func `an access point may refuse it, and a bucket that does is a failure`() async throws {
        try await withStore(403, keepsVersions: true, bucket: "my-ap-abc-s3alias") { trial in
            let answer = try await trial.store.keepsVersions()
            #expect(answer == nil)
        }
        try await withStore(403, keepsVersions: true) { trial in
            let failure = await #expect(throws: RemoteFailure.self) { try await trial.store.keepsVersions() }
            #expect(failure?.kind == .denied)
            #expect(failure?.message.contains("this request needs s3:GetBucketVersioning") == true)
        }
    }
}
