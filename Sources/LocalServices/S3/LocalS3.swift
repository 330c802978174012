import Cryptography
import FoundationEssentials
import Logging
import Synchronization

/// A plain S3 in memory, for benchmarks and for what real stores do too seldom: errors, cuts, stalls, other orders.
///
/// It takes path-style and virtual-host requests (`bucket.localhost`), checks their Signature Version 4, payload hash
/// and checksum, and knows ListObjectsV2, ListObjectVersions, HeadObject, GetObject and PutObject; lists, makes and
/// removes buckets; turns versions on and off; and answers the questions about a bucket's location, encryption, public
/// access, lifecycle and Object Lock. Anything else is answered with 501. What it holds is gone when `with` returns.
package final class LocalS3: Sendable {
    package let configuration: LocalS3Configuration
    /// `http://127.0.0.1:PORT`
    package var endpoint: String { "http://\(configuration.listening.reachable):\(port)" }
    /// The port that it listens on.
    package var port: Int { boundPort.withLock { $0 } }

    let objects: LocalS3Objects
    let signature: SignatureV4
    private let boundPort = Mutex(0)
    private let requestCounts = Mutex<[String: Int]>([:])
    private let faults: Mutex<[ArmedFault]>

    private let denied: Mutex<Set<String>>

    private struct ArmedFault {
        let fault: LocalS3Fault
        var met = 0
    }

    /// Serves as long as `body` runs.
    package static func with<Value>(
        _ configuration: LocalS3Configuration = LocalS3Configuration(),
        _ body: (LocalS3) async throws -> Value
    ) async throws -> Value {
        let server = LocalS3(configuration)
        return try await LocalHTTPServer.with(
            host: configuration.host,
            port: configuration.port,
            logger: Logger(label: "local-s3") { _ in SwiftLogNoOpLogHandler() },
            respond: { request in
                guard let gate = configuration.gate else { return try await server.answer(request) }
                return try await gate.pass(request) { try await server.answer($0) }
            }
        ) { port in
            server.boundPort.withLock { $0 = port }
            return try await body(server)
        }
    }

    private init(_ configuration: LocalS3Configuration) {
        self.configuration = configuration
        objects = LocalS3Objects(configuration)
        signature = SignatureV4(region: configuration.region, service: "s3")
        denied = Mutex(configuration.denied)
        faults = Mutex(configuration.faults.map { ArmedFault(fault: $0) })
    }

    /// The requests so far by operation, `s3.PutObject`; refused and struck ones too. Never sent ones are absent.
    package var requests: [String: Int] { requestCounts.withLock { $0 } }

    /// Starts the counters over.
    package func resetRequests() {
        requestCounts.withLock { $0 = [:] }
    }

    /// Adds a fault after those that are there.
    package func inject(_ fault: LocalS3Fault) {
        faults.withLock { $0.append(ArmedFault(fault: fault)) }
    }

    /// Ends all faults.
    package func clearFaults() {
        faults.withLock { $0 = [] }
    }

    /// Allows no caller these IAM actions from now on, and every other one.
    package func deny(_ actions: Set<String>) {
        denied.withLock { $0 = actions }
    }

    func isDenied(_ action: String) -> Bool { denied.withLock { $0.contains(action) } }

    /// Stores an object without a request.
    package func store(_ bytes: [UInt8], under key: String, in bucket: String = "backup") {
        _ = objects.put(
            LocalS3Object(LocalS3Body(bytes), configuration: configuration),
            key: key,
            bucket: bucket,
            .always
        )
    }

    /// Moves an object's newest bytes to another storage class without a request.
    package func move(_ key: String, to storageClass: String, in bucket: String = "backup") {
        objects.move(key: key, bucket: bucket, to: storageClass)
    }

    /// The newest bytes under a key without a request; nil when there are none, or when they are not kept.
    package func bytes(under key: String, in bucket: String = "backup") -> [UInt8]? {
        objects.object(key: key, version: nil, bucket: bucket)?.bytes
    }

    /// The keys of a bucket in byte order without a request.
    package func keys(in bucket: String = "backup") -> [String] {
        objects.keys(of: bucket).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The server's time.
    var now: Date { Date(timeIntervalSinceNow: configuration.clockOffset / .seconds(1)) }

    func count(_ operation: String) {
        requestCounts.withLock { $0[operation, default: 0] += 1 }
        configuration.counter?.count(operation)
    }

    /// What strikes this request; counts it for every fault that it fits, up to the one that strikes.
    func fault(on operation: String, key: String?) -> LocalS3Fault.Effect? {
        faults.withLock { faults in
            for index in faults.indices {
                let fault = faults[index].fault
                guard fault.operation == nil || fault.operation == operation else { continue }
                if let part = fault.keyPart, !(key ?? "").contains(part) { continue }
                faults[index].met += 1
                if fault.schedule.strikes(faults[index].met) { return fault.effect }
            }
            return nil
        }
    }
}
