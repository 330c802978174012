import AWSServices
import Cryptography
import HTTPTransfer
import LocalServices
import ReconcileCore
import TestSupport
import Testing

@Suite struct S3StoreRequestTests {
    @Test func `each call of the port is one request`() async throws {
        try await StoreTrial.with { trial in
            let store = trial.store
            let bytes = patternBytes(10)
            _ = try await store.keepsVersions()
            _ = try await store.list(prefix: ObjectKey("a"), after: nil)
            _ = try await store.write(bytes, to: ObjectKey("a"), .createOnly)
            _ = try await store.write(PiecewiseBody(bytes), of: .listing(bytes), to: ObjectKey("b"), .overwrite)
            _ = try await store.inspect(ObjectKey("a"))
            _ = try await store.read(ObjectKey("a"), limit: 10)
            let expected = [
                "s3.GetBucketVersioning": 1, "s3.ListObjectsV2": 1, "s3.PutObject": 2, "s3.HeadObject": 1,
                "s3.GetObject": 1,
            ]
            #expect(trial.server.requests == expected)
            #expect(trial.ledger.snapshot.requests == expected)
        }
    }

    @Test func `a listing corrects a clock that is years ahead`() async throws {
        let machine = ManualClock(at: "2090-01-01T00:00:00Z")
        let time = StoreClock(machine)
        try await StoreTrial.with(time: time) { trial in
            _ = try await trial.store.list(prefix: ObjectKey("a"), after: nil)
        }
        #expect(abs(time.secondsSince1970() - SystemClock().secondsSince1970()) < 5)
    }

    @Test(arguments: LocalS3Configuration.ListOrder.allCases)
    func `S3 is known by its answers to list in byte order, other servers are not`(
        order: LocalS3Configuration.ListOrder
    ) async throws {
        var configuration = LocalS3Configuration()
        configuration.listOrder = order
        try await StoreTrial.with(configuration) { trial in
            #expect(!trial.store.listsInByteOrder)
            _ = try await trial.store.list(prefix: ObjectKey("a"), after: nil)
            #expect(trial.store.listsInByteOrder == (order == .bytes))
        }
    }

    @Test func `an access point, which may stand before a file system, is not relied on for an order`() async throws {
        try await StoreTrial.with { trial in
            for (name, expected) in [("backup", true), ("backup-abcdefghij-s3alias", false)] {
                let store = S3Store(
                    try S3Location(
                        bucket: name,
                        region: trial.server.configuration.region,
                        endpoint: ServiceEndpoint(trial.server.endpoint)
                    ),
                    client: trial.client,
                    credentials: UnchangingCredentials(value: trial.server.configuration.credentials[0]),
                    ledger: trial.ledger,
                    governor: RateGovernor(limits: [:], clock: SystemClock())
                )
                _ = try? await store.list(prefix: ObjectKey("a"), after: nil)
                #expect(store.listsInByteOrder == expected)
            }
        }
    }

    @Test func `an object without a stored SHA-256 is read and hashed`() async throws {
        try await StoreTrial.with { trial in
            let bytes = patternBytes(3 << 20)
            trial.server.store(bytes, under: "old/lib.jar")
            let inspected = try await trial.store.inspect(ObjectKey("old/lib.jar"))
            let sha256 = Hexadecimal.encode(Digest.of(bytes, .sha256))
            #expect(inspected == InspectedObject(size: 3 << 20, sha256: sha256, versionID: nil))
            #expect(trial.server.requests == ["s3.HeadObject": 1, "s3.GetObject": 1])
        }
    }

    @Test(arguments: [
        (LocalS3Fault.Effect.internalError, RemoteFailure.Kind.unavailable),
        (.slowDown, .throttled),
        (.error(status: 503, code: "ServiceUnavailable"), .unavailable),
        (.conditionalConflict, .unavailable),
        (.error(status: 400, code: "IncompleteBody"), .unavailable),
        (.error(status: 403, code: "AccessDenied"), .denied),
        (.error(status: 400, code: "BadDigest"), .corrupt),
        (.error(status: 400, code: "XAmzContentSHA256Mismatch"), .corrupt),
        (.error(status: 403, code: "RequestTimeTooSkewed"), .credentials),
        (.error(status: 404, code: "NoSuchBucket"), .absent),
        (.error(status: 400, code: "KeyTooLongError"), .invalid),
        (.reset, .unavailable),
        (.lostAnswer, .unavailable),
    ])
    func `every fault of a PUT has its class`(effect: LocalS3Fault.Effect, kind: RemoteFailure.Kind) async throws {
        var configuration = LocalS3Configuration()
        configuration.faults = [LocalS3Fault(effect, on: "s3.PutObject", .always)]
        try await StoreTrial.with(configuration) { trial in
            let bytes = patternBytes(200_000)
            let body = PiecewiseBody(bytes)
            for attempt in [
                { try await trial.store.write(bytes, to: ObjectKey("a"), .createOnly) },
                { try await trial.store.write(body, of: .listing(bytes), to: ObjectKey("b"), .createOnly) },
            ] {
                let failure = await #expect(throws: RemoteFailure.self) { try await attempt() }
                #expect(failure?.kind == kind)
                #expect(failure?.operation == S3Operations.put)
            }
        }
    }

    @Test(
        "A 200 whose body is an error is a failure of that error's class",
        arguments: [
            ("InternalError", .unavailable), ("SlowDown", .throttled), ("AccessDenied", .denied),
            ("SomethingNew", .unavailable),
        ] as [(String, RemoteFailure.Kind)]
    )
    func errorInside(code: String, kind: RemoteFailure.Kind) async throws {
        let document = Array("<?xml version=\"1.0\"?>\n<Error><Code>\(code)</Code><Message>no</Message></Error>".utf8)
        var configuration = LocalS3Configuration()
        configuration.faults = [LocalS3Fault(.answer(document), .always)]
        try await StoreTrial.with(configuration) { trial in
            let bytes = patternBytes(200_000)
            let body = PiecewiseBody(bytes)
            for attempt in [
                { _ = try await trial.store.write(bytes, to: ObjectKey("a"), .createOnly) },
                { _ = try await trial.store.write(body, of: .listing(bytes), to: ObjectKey("b"), .overwrite) },
                { _ = try await trial.store.list(prefix: ObjectKey(""), after: nil) },
                { _ = try await trial.store.keepsVersions() },
            ] {
                let failure = await #expect(throws: RemoteFailure.self) { try await attempt() }
                #expect(failure?.kind == kind)
                #expect(failure?.message.contains(code) == true)
            }
        }
    }

    /// Stores bytes under `a`, and other bytes over them; the assets and their version ids.
    private func overwrite(_ trial: StoreTrial) async throws -> [(asset: Asset, versionID: String?)] {
        var stored: [(Asset, String?)] = []
        for bytes in [patternBytes(300_000), Array(patternBytes(300_000).reversed())] {
            let asset = Asset.listing(bytes)
            let outcome = try await trial.store.write(PiecewiseBody(bytes), of: asset, to: ObjectKey("a"), .overwrite)
            guard case .stored(let versionID) = outcome else { continue }
            stored.append((asset, versionID))
        }
        trial.server.resetRequests()
        return stored
    }

    private func read(
        _ asset: Asset,
        _ versionID: String?,
        _ range: Range<Int64>? = nil,
        of key: String = "a",
        from trial: StoreTrial
    ) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        let body = trial.store.body(of: asset, at: ObjectKey(key), versionID: versionID, range: range)
        try await body.read { bytes += $0 }
        return bytes
    }

    @Test(arguments: [nil, 10..<20] as [Range<Int64>?])
    func `the newest bytes are read without the right to read versions`(range: Range<Int64>?) async throws {
        var configuration = LocalS3Configuration()
        configuration.keepsVersions = true
        configuration.denied = ["s3:GetObjectVersion"]
        try await StoreTrial.with(configuration) { trial in
            let stored = try await overwrite(trial)
            let newest = Array(patternBytes(300_000).reversed())
            let read = try await read(stored[1].asset, stored[1].versionID, range, from: trial)
            #expect(read == range.map { Array(newest[Int($0.lowerBound)..<Int($0.upperBound)]) } ?? newest)
            #expect(trial.server.requests == ["s3.GetObject": 1])
            let failure = await #expect(throws: RemoteFailure.self) {
                try await self.read(stored[0].asset, stored[0].versionID, range, from: trial)
            }
            #expect(failure?.kind == .denied)
            #expect(failure?.message.contains("this request needs s3:GetObjectVersion.") == true)
        }
    }

    @Test(arguments: [nil, 10..<20] as [Range<Int64>?])
    func `bytes that others have followed are read by their version`(range: Range<Int64>?) async throws {
        var configuration = LocalS3Configuration()
        configuration.keepsVersions = true
        try await StoreTrial.with(configuration) { trial in
            let stored = try await overwrite(trial)
            let older = patternBytes(300_000)
            let read = try await read(stored[0].asset, stored[0].versionID, range, from: trial)
            #expect(read == range.map { Array(older[Int($0.lowerBound)..<Int($0.upperBound)]) } ?? older)
            #expect(trial.server.requests == ["s3.GetObject": 2])
        }
    }

    @Test func `the same bytes under another version id are the newest`() async throws {
        var configuration = LocalS3Configuration()
        configuration.keepsVersions = true
        try await StoreTrial.with(configuration) { trial in
            let stored = try await overwrite(trial)
            let read = try await read(stored[1].asset, "of-the-bucket-it-was-copied-from", from: trial)
            #expect(read == Array(patternBytes(300_000).reversed()))
            #expect(trial.server.requests == ["s3.GetObject": 1])
        }
    }

    @Test func `bytes without a stored SHA-256 under another version id are read whole, and no range of them`()
        async throws
    {
        var configuration = LocalS3Configuration()
        configuration.keepsVersions = true
        try await StoreTrial.with(configuration) { trial in
            let bytes = patternBytes(300_000)
            trial.server.store(bytes, under: "a")
            trial.server.resetRequests()
            let asset = Asset.listing(bytes, name: "a")
            let elsewhere = "of-the-bucket-it-was-copied-from"
            let whole = try await read(asset, elsewhere, from: trial)
            #expect(whole == bytes)
            #expect(trial.server.requests == ["s3.GetObject": 3])
            let failure = await #expect(throws: RemoteFailure.self) {
                try await self.read(asset, elsewhere, 10..<20, from: trial)
            }
            #expect(failure?.kind == .absent)
            // Nobody could tell whether these are the bytes that are meant.
            let unproved = Asset(name: "a", size: 300_000, checksums: Checksums())
            await #expect(throws: RemoteFailure.self) { try await self.read(unproved, elsewhere, from: trial) }
        }
    }

    @Test func `an id that the bucket could not have given means a copied bucket too`() async throws {
        var configuration = LocalS3Configuration()
        configuration.keepsVersions = true
        configuration.faults = [
            LocalS3Fault(.error(status: 400, code: "InvalidArgument"), on: "s3.GetObject", .every(2))
        ]
        try await StoreTrial.with(configuration) { trial in
            let bytes = patternBytes(1_000)
            trial.server.store(bytes, under: "a")
            let whole = try await read(Asset.listing(bytes, name: "a"), "elsewhere", from: trial)
            #expect(whole == bytes)
        }
    }

    @Test func `a range beyond the newest bytes is read from the version`() async throws {
        var configuration = LocalS3Configuration()
        configuration.keepsVersions = true
        try await StoreTrial.with(configuration) { trial in
            let stored = try await overwrite(trial)
            trial.server.store([1, 2, 3], under: "a")
            let read = try await read(stored[0].asset, stored[0].versionID, 100..<200, from: trial)
            #expect(read == Array(patternBytes(300_000)[100..<200]))
        }
    }

    @Test func `a refused HEAD of a version names both rights, and what it describes is not read`() async throws {
        var configuration = LocalS3Configuration()
        configuration.keepsVersions = true
        configuration.denied = ["s3:GetObjectVersion"]
        try await StoreTrial.with(configuration) { trial in
            let stored = try await overwrite(trial)
            let failure = await #expect(throws: RemoteFailure.self) {
                try await trial.store.describe(ObjectKey("a"), versionID: stored[0].versionID)
            }
            #expect(failure?.kind == .denied)
            #expect(failure?.message.contains("this request needs s3:GetObject and s3:GetObjectVersion.") == true)
            trial.server.store([1, 2, 3], under: "without-checksum")
            trial.server.resetRequests()
            let described = try await trial.store.describe(ObjectKey("without-checksum"), versionID: nil)
            #expect(described?.size == 3)
            #expect(described?.sha256 == nil)
            #expect(trial.server.requests == ["s3.HeadObject": 1])
        }
    }

    @Test func `an object that holds an error document is an object`() async throws {
        try await StoreTrial.with { trial in
            let document = Array("<Error><Code>InternalError</Code></Error>".utf8)
            _ = try await trial.store.write(document, to: ObjectKey("a"), .createOnly)
            #expect(try await trial.store.read(ObjectKey("a"), limit: 100) == document)
        }
    }

    @Test func `an answer that is cut off is transient`() async throws {
        var configuration = LocalS3Configuration()
        configuration.faults = [LocalS3Fault(.cutBody(after: 1000), on: "s3.GetObject", .first(2))]
        try await StoreTrial.with(configuration) { trial in
            let bytes = patternBytes(100_000)
            trial.server.store(bytes, under: "a")
            for attempt in [
                { _ = try await trial.store.read(ObjectKey("a"), limit: 1 << 20) },
                { _ = try await trial.store.inspect(ObjectKey("a")) },
            ] {
                let failure = await #expect(throws: RemoteFailure.self) { try await attempt() }
                #expect(failure?.isTransient == true)
            }
            let third = try await trial.store.read(ObjectKey("a"), limit: 1 << 20)
            #expect(third == bytes)
        }
    }

    @Test func `a bucket that is not there is answered with the command that makes it`() async throws {
        var configuration = LocalS3Configuration()
        configuration.faults = [LocalS3Fault(.error(status: 404, code: "NoSuchBucket"), .always)]
        configuration.region = "eu-central-1"
        try await StoreTrial.with(configuration) { trial in
            let store = trial.store
            for attempt in [
                { _ = try await store.list(prefix: ObjectKey(""), after: nil) },
                { _ = try await store.read(ObjectKey("a"), limit: 9) },
                { _ = try await store.keepsVersions() },
                { _ = try await store.write([1], to: ObjectKey("a"), .createOnly) },
            ] as [@Sendable () async throws -> Void] {
                let failure = await #expect(throws: RemoteFailure.self) { try await attempt() }
                #expect(failure?.kind == .absent)
                #expect(
                    failure?.message.hasPrefix(
                        "there is no such bucket: check --backup, or create it with aws s3api create-bucket --bucket "
                            + "backup --region eu-central-1 --create-bucket-configuration LocationConstraint=eu-central-1. "
                            + "status 404 NoSuchBucket"
                    ) == true
                )
            }
        }
    }

    @Test func `a bucket of another account is denied`() async throws {
        try await StoreTrial.with(
            place: { endpoint, region in
                try S3Location(bucket: "backup", region: region, endpoint: endpoint, expectedOwner: "999999999999")
            }
        ) { trial in
            let failure = await #expect(throws: RemoteFailure.self) {
                try await trial.store.write([1], to: ObjectKey("a"), .createOnly)
            }
            #expect(failure?.kind == .denied)
        }
    }

    @Test func `encryption and ACL go with every write, and the storage class with assets`() async throws {
        try await StoreTrial.with(
            place: { endpoint, region in
                var writing = S3WriteOptions()
                writing.encryption = .kms(keyID: "arn:aws:kms:us-east-1:111122223333:key/k")
                writing.storageClass = "STANDARD_IA"
                writing.cannedACL = "bucket-owner-full-control"
                return try S3Location(
                    bucket: "backup",
                    region: region,
                    endpoint: endpoint,
                    writing: writing,
                    expectedOwner: "111122223333"
                )
            }
        ) { trial in
            _ = try await trial.store.write([1], to: ObjectKey("a"), .createOnly)
            _ = try await trial.store.write(PiecewiseBody([1]), of: .listing([1]), to: ObjectKey("b"), .createOnly)
            for key in ["a", "b"] {
                let headers = try await trial.send(.head, key: key).head.headers
                #expect(headers["x-amz-acl"] == "bucket-owner-full-control")
                #expect(headers["x-amz-server-side-encryption"] == "aws:kms")
                #expect(
                    headers["x-amz-server-side-encryption-aws-kms-key-id"] == "arn:aws:kms:us-east-1:111122223333:key/k"
                )
                #expect(headers["x-amz-storage-class"] == (key == "b" ? "STANDARD_IA" : nil))
            }
        }
    }

    @Test func `an asset of more than 5 GiB is invalid before anything is sent`() async throws {
        try await StoreTrial.with { trial in
            let asset = Asset(name: "huge.bin", size: (5 << 30) + 1, checksums: Checksums())
            let failure = await #expect(throws: RemoteFailure.self) {
                try await trial.store.write(PiecewiseBody([]), of: asset, to: ObjectKey("a"), .createOnly)
            }
            #expect(failure?.kind == .invalid)
            #expect(trial.server.requests.isEmpty)
        }
    }

    @Test func `expired credentials are refused and asked for once more`() async throws {
        var configuration = LocalS3Configuration()
        configuration.faults = [LocalS3Fault(.error(status: 400, code: "ExpiredToken"), on: nil, .first(1))]
        try await StoreTrial.with(configuration) { trial in
            let bytes = patternBytes(100_000)
            let outcome = try await trial.store.write(
                PiecewiseBody(bytes),
                of: .listing(bytes),
                to: ObjectKey("a"),
                .createOnly
            )
            #expect(outcome == .stored(versionID: nil))
            #expect(trial.server.requests == ["s3.PutObject": 2])
            #expect(trial.server.bytes(under: "a") == bytes)
        }
    }

    @Test(arguments: [0, 1, 70_000, 9 << 20])
    func `a remote body goes through the pipe, and arrives exactly`(size: Int) async throws {
        try await StoreTrial.with { trial in
            let bytes = patternBytes(size)
            trial.server.store(bytes, under: "source")
            let body = SignedGET(transport: try trial.transport, key: "source")
            let outcome = try await trial.store.write(body, of: .listing(bytes), to: ObjectKey("copy"), .createOnly)
            #expect(outcome == .stored(versionID: nil))
            #expect(trial.server.bytes(under: "copy") == bytes)
            #expect(trial.server.requests == ["s3.GetObject": 1, "s3.PutObject": 1])
            let again = try await trial.store.write(body, of: .listing(bytes), to: ObjectKey("copy"), .createOnly)
            #expect(again == .alreadyExists)
        }
    }

    @Test func `a noted remote body is piped too, and its end is noted only if its bytes are right`() async throws {
        let readings: [(listed: [UInt8], moments: [NotedBody.Moment])] = [
            ([1, 2, 3], [.begins, .ends]), ([1, 2, 4], [.begins]),
        ]
        try await StoreTrial.with { trial in
            trial.server.store([1, 2, 3], under: "source")
            for (listed, moments) in readings {
                let (noted, noting) = AsyncStream.makeStream(of: NotedBody.Moment.self)
                let body = NotedBody(SignedGET(transport: try trial.transport, key: "source")) { noting.yield($0) }
                _ = try? await trial.store.write(body, of: .listing(listed), to: ObjectKey("copy"), .overwrite)
                noting.finish()
                var seen: [NotedBody.Moment] = []
                for await moment in noted { seen.append(moment) }
                #expect(seen == moments)
            }
            #expect(trial.server.bytes(under: "copy") == [1, 2, 3])
        }
    }

    @Test func `a remote body with other bytes than listed is corrupt and leaves nothing`() async throws {
        try await StoreTrial.with { trial in
            trial.server.store(patternBytes(300_000), under: "source")
            let body = SignedGET(transport: try trial.transport, key: "source")
            let wrong = Asset(
                name: "a.jar",
                size: 300_000,
                checksums: Checksums(sha256: Hexadecimal.encode(Digest.of([], .sha256)))
            )
            let short = Asset.listing(patternBytes(299_999))
            let long = Asset.listing(patternBytes(300_001))
            for asset in [wrong, short, long] {
                let failure = await #expect(throws: RemoteFailure.self) {
                    try await trial.store.write(body, of: asset, to: ObjectKey("copy"), .createOnly)
                }
                #expect(failure?.kind == .corrupt, "\(failure?.message ?? "no failure")")
                #expect(trial.server.bytes(under: "copy") == nil)
            }
        }
    }

    @Test func `a remote body that is not there is the source's failure, and nothing is put`() async throws {
        try await StoreTrial.with { trial in
            let body = SignedGET(transport: try trial.transport, key: "nothing")
            await #expect(throws: SourceRefused(status: 404)) {
                try await trial.store.write(body, of: .listing([1]), to: ObjectKey("copy"), .createOnly)
            }
            #expect(trial.server.requests == ["s3.GetObject": 1])
        }
    }
}

/// A body behind a signed GET of the same server.
private struct SignedGET: RemoteAssetBody {
    let transport: SignedTransport
    let key: String

    func read(_ receive: (_ piece: [UInt8]) async throws -> Void) async throws {
        Issue.record("a remote body is to be piped")
    }

    func reading<R: Sendable>(_ exchange: (AssetReading) async throws -> ExchangeEnd<R>) async throws -> R {
        let request = try await transport.signed(
            ServiceCall(.work("test.GetObject"), on: key, method: .get, path: "/backup/\(key)")
        )
        switch try await exchange(AssetReading(request: request, redirect: { _ in nil })) {
        case .refused(let response): throw SourceRefused(status: response.status)
        case .finished(let result): return result
        }
    }
}

private struct SourceRefused: Error, Equatable {
    let status: Int
}
