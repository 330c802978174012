import Cryptography
import FoundationEssentials
import Logging
import Synchronization

/// A simple in-memory S3 for benchmarks, and for behaviour that real stores show too rarely: errors, broken
/// connections, stalls, unusual listing orders.
///
/// It accepts path-style and virtual-host requests (`bucket.localhost`), and checks Signature Version 4, payload hash
/// and checksum. It supports ListObjectsV2, ListObjectVersions, HeadObject, GetObject and PutObject; lists, creates and
/// deletes buckets; sets versioning; and reports a bucket's location, encryption, public access, lifecycle and Object
/// Lock. Any other request gets a 501. Its contents are gone when `with` returns.
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

    /// Runs a server while `body` runs.
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

    /// The number of requests so far by operation, such as `s3.PutObject`, including refused and faulty ones.
    /// Operations without requests are absent.
    package var requests: [String: Int] { requestCounts.withLock { $0 } }

    /// Resets the counters.
    package func resetRequests() {
        requestCounts.withLock { $0 = [:] }
    }

    /// Adds a fault after the existing ones.
    package func inject(_ fault: LocalS3Fault) {
        faults.withLock { $0.append(ArmedFault(fault: fault)) }
    }

    /// Removes all faults.
    package func clearFaults() {
        faults.withLock { $0 = [] }
    }

    /// Denies these IAM actions to all callers from now on, and allows all others.
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

    /// Moves an object's newest bytes to a different storage class without a request.
    package func move(_ key: String, to storageClass: String, in bucket: String = "backup") {
        objects.move(key: key, bucket: bucket, to: storageClass)
    }

    /// The newest bytes of a key, without a request; nil if there are none or they are not kept.
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

    /// The fault for this request, if any. Counts the request for every fault that matches, up to the one that applies.
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
