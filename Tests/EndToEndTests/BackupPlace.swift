import AWSServices
import Cryptography
import FoundationEssentials
import HTTPTransfer
import LocalServices
import ReconcileCore
import TestSupport

/// Where a test's backup lies: what tells the program of it, and every object in it with its bytes.
struct BackupPlace: Sendable {
    /// The value of `--backup`.
    let url: String
    /// Beside what finds the source.
    let environment: [String: String]
    let objects: @Sendable () async throws -> [String: [UInt8]]

    static func directory(_ path: String) -> BackupPlace {
        BackupPlace(url: "file://\(path)", environment: [:]) {
            guard FileManager.default.fileExists(atPath: path) else { return [:] }
            // What is not an object yet lies apart, and is no business of a reader.
            let objects = try files(below: path).filter { !$0.key.hasPrefix(".reconcile-incoming/") }
            return try objects.mapValues { Array(try Data(contentsOf: $0)) }
        }
    }

    /// A part of a `LocalS3` that takes the source's credentials and region.
    static func bucket(_ server: LocalS3, prefix: String) -> BackupPlace {
        BackupPlace(url: "s3://backup/\(prefix)", environment: ["AWS_ENDPOINT_URL_S3": server.endpoint]) {
            var objects: [String: [UInt8]] = [:]
            for key in server.keys() where key.hasPrefix("\(prefix)/") {
                objects[String(key.dropFirst(prefix.count + 1))] = server.bytes(under: key)
            }
            return objects
        }
    }

    /// A part of SeaweedFS; the source must know its credentials.
    static func bucket(_ server: SeaweedFS, prefix: String) -> BackupPlace {
        bucket(server.bucket, of: server, prefix: prefix)
    }

    /// A part of the bucket of SeaweedFS that keeps versions; the source must know its credentials.
    static func versionedBucket(_ server: SeaweedFS, prefix: String) -> BackupPlace {
        bucket(server.versionedBucket, of: server, prefix: prefix)
    }

    private static func bucket(_ name: String, of server: SeaweedFS, prefix: String) -> BackupPlace {
        BackupPlace(
            url: "s3://\(name)/\(prefix)",
            environment: [
                "AWS_ENDPOINT_URL_S3": server.endpoint,
                "AWS_ACCESS_KEY_ID": server.credentials.accessKeyID,
                "AWS_SECRET_ACCESS_KEY": server.credentials.secretAccessKey,
            ]
        ) {
            try await HTTPClient.withClient { client in
                let store = try S3Store(server, bucket: name, prefix: prefix, client: client)
                var keys: [ObjectKey] = []
                try await store.forEachObject(under: ObjectKey("")) { keys.append($0.key) }
                var objects: [String: [UInt8]] = [:]
                for key in keys { objects[key.value] = try await store.read(key, limit: 64 << 20) }
                return objects
            }
        }
    }
}

extension LocalS3Configuration {
    /// For a source with this configuration: the program has one set of credentials and one region for both, and one clock.
    init(beside source: LocalCodeArtifact.Configuration) {
        self.init()
        region = source.region
        credentials = source.credentials
        gate = source.gate
        clockOffset = source.clockOffset
    }
}

extension S3Store {
    /// A part of SeaweedFS, with a client's own calls.
    ///
    /// - Parameter bucket: in place of the one that keeps no versions.
    init(
        _ server: SeaweedFS,
        bucket: String? = nil,
        prefix: String,
        client: HTTPClient,
        ledger: RequestLedger = RequestLedger(),
        deadlines: HTTPDeadlines = HTTPDeadlines()
    ) throws {
        self.init(
            try S3Location(
                bucket: bucket ?? server.bucket,
                prefix: prefix,
                region: server.region,
                endpoint: ServiceEndpoint(server.endpoint)
            ),
            client: client,
            credentials: FixedCredentials(value: server.credentials),
            ledger: ledger,
            governor: RateGovernor(limits: [:], clock: SystemClock()),
            deadlines: deadlines
        )
    }
}

struct FixedCredentials: CredentialSource {
    let value: AWSCredentials

    func credentials() async throws -> AWSCredentials { value }
    func refuse(_ used: AWSCredentials) async {}
}
