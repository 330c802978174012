import AWSServices
import Cryptography
import HTTPTransfer
import LocalServices
import ReconcileCore
import Synchronization
import TestSupport
import Testing

/// A bucket in another region than the store was given.
@Suite struct S3RegionTests {
    /// What was said of the detour.
    private final class Notes: Sendable {
        private let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock { $0 } }
        func add(_ line: String) { lines.withLock { $0.append(line) } }
    }

    enum Call: CaseIterable {
        case versioning, list, inspect, read, write, writeAsset, body

        func perform(_ store: S3Store) async throws {
            switch self {
            case .versioning: _ = try await store.keepsVersions()
            case .list: #expect(try await store.list(prefix: ObjectKey(""), after: nil).elements.count == 1)
            case .inspect: #expect(try await store.inspect(ObjectKey("a"))?.size == 3)
            case .read: #expect(try await store.read(ObjectKey("a"), limit: 9) == [1, 2, 3])
            case .write:
                #expect(try await store.write([4], to: ObjectKey("b"), .createOnly) == .stored(versionID: nil))
            case .writeAsset:
                let body = PiecewiseBody(patternBytes(200_000))
                let asset = Asset.listing(patternBytes(200_000))
                #expect(
                    try await store.write(body, of: asset, to: ObjectKey("c"), .createOnly) == .stored(versionID: nil)
                )
            case .body:
                var bytes: [UInt8] = []
                try await store.body(at: ObjectKey("a"), versionID: nil, range: nil).read { bytes += $0 }
                #expect(bytes == [1, 2, 3])
            }
        }
    }

    private func withStore(
        faults: [LocalS3Fault] = [],
        _ body: (StoreTrial, Notes) async throws -> Void
    ) async throws {
        var configuration = LocalS3Configuration()
        configuration.region = "eu-west-1"
        configuration.faults = faults
        let notes = Notes()
        try await StoreTrial.with(
            configuration,
            place: { endpoint, _ in try S3Location(bucket: "backup", region: "us-east-1", endpoint: endpoint) },
            notify: { notes.add($0) }
        ) { trial in
            trial.server.store([1, 2, 3], under: "a")
            try await body(trial, notes)
        }
    }

    private let detour =
        "the bucket backup is in the region eu-west-1, not us-east-1: its requests go there from now on; "
        + "--backup-region eu-west-1 saves this detour"

    enum Answer: CaseIterable {
        /// S3's refusal of the signature's region.
        case refusal
        /// Its redirect, which to HEAD has no body.
        case redirect
        /// A redirect that does not say where to.
        case bareRedirect

        var faults: [LocalS3Fault] {
            switch self {
            case .refusal: []
            case .redirect: [LocalS3Fault(.redirect(region: "eu-west-1"), .first(1))]
            case .bareRedirect: [LocalS3Fault(.redirect(region: nil), .first(1))]
            }
        }
    }

    @Test(arguments: Call.allCases, Answer.allCases)
    func `any call follows the bucket, and all later ones go there at once`(call: Call, answer: Answer) async throws {
        try await withStore(faults: answer.faults) { trial, notes in
            try await call.perform(trial.store)
            #expect(trial.server.requests.values.reduce(0, +) >= 2)
            #expect(trial.ledger.snapshot.retries == 1)
            #expect(trial.server.requests["s3.HeadBucket"] == (answer == .bareRedirect ? 1 : nil))
            #expect(notes.all == [detour])
            trial.server.resetRequests()
            for call in [Call.versioning, .inspect, .read, .body] { try await call.perform(trial.store) }
            // The object was stored without a SHA-256, so to inspect it is to read it too.
            #expect(trial.server.requests.values.reduce(0, +) == 5)
            #expect(trial.ledger.snapshot.retries == 1)
            #expect(notes.all == [detour])
        }
    }

    @Test func `a pipe is sent again from its start`() async throws {
        try await withStore { trial, notes in
            let bytes = patternBytes(3 << 20)
            trial.server.store(bytes, under: "source")
            let body = trial.store.body(at: ObjectKey("source"), versionID: nil, range: nil)
            let fresh = try S3Location(
                bucket: "backup",
                region: "us-east-1",
                endpoint: ServiceEndpoint(trial.server.endpoint)
            )
            let other = S3Store(
                fresh,
                client: trial.client,
                credentials: UnchangingCredentials(value: trial.server.configuration.credentials[0]),
                ledger: RequestLedger(),
                governor: RateGovernor(limits: [:], clock: SystemClock())
            )
            let outcome = try await other.write(body, of: .listing(bytes), to: ObjectKey("copy"), .createOnly)
            #expect(outcome == .stored(versionID: nil))
            #expect(trial.server.bytes(under: "copy") == bytes)
        }
    }

    @Test func `calls that are under way together are told together, and it is said once`() async throws {
        try await withStore { trial, notes in
            let store = trial.store
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<12 {
                    group.addTask { _ = try await store.write([1], to: ObjectKey("n\(number)"), .createOnly) }
                }
                try await group.waitForAll()
            }
            #expect(trial.server.keys().count == 13)
            #expect(notes.all == [detour])
        }
    }

    @Test func `a second disagreement is an error that names the setting`() async throws {
        let faults = [
            LocalS3Fault(.redirect(region: "eu-west-1"), .first(1)),
            LocalS3Fault(.redirect(region: "eu-central-1"), .always),
        ]
        try await withStore(faults: faults) { trial, notes in
            let failure = await #expect(throws: RemoteFailure.self) {
                try await trial.store.list(prefix: ObjectKey(""), after: nil)
            }
            #expect(failure?.kind == .invalid)
            #expect(
                failure?.message.contains("is in the region eu-central-1: name it with --backup-region eu-central-1")
                    == true
            )
            #expect(notes.all == [detour])
        }
    }

    @Test(arguments: ["evil.com/", "eu west", ""])
    func `a region that can be none is not followed`(region: String) async throws {
        try await withStore(faults: [LocalS3Fault(.redirect(region: region), .always)]) { trial, notes in
            let failure = await #expect(throws: RemoteFailure.self) {
                try await trial.store.read(ObjectKey("a"), limit: 10)
            }
            #expect(failure?.kind == .invalid)
            #expect(
                trial.server.requests
                    == (region.isEmpty ? ["s3.GetObject": 1, "s3.HeadBucket": 1] : ["s3.GetObject": 1])
            )
            #expect(notes.all == [])
        }
    }
}
