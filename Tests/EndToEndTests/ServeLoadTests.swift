import Cryptography
import FoundationEssentials
import HTTPTransfer
import LocalServices
import ReconcileCore
import TestSupport
import Testing

/// `reconcile-serve` under two hundred clients at once: every byte right, and memory that stays where it was.
///
/// Ten seconds; `RECONCILE_LOAD_SECONDS=60` makes it a minute.
@Suite(.serialized) struct ServeLoadTests {
    private static let clients = 200
    private static let seconds = ProcessInfo.processInfo.environment["RECONCILE_LOAD_SECONDS"].flatMap(Int.init) ?? 10
    /// Bytes that the server may have resident at the end more than when a sixth of the time was over.
    private static let growthLimit = 16 << 20

    /// Bytes that are asked for, by path.
    private static let files: [String: [UInt8]] = {
        var files: [String: [UInt8]] = [:]
        for number in 1...20 {
            let bytes = patternBytes(number == 20 ? 2 << 20 : number == 19 ? 256 << 10 : 4_000 + number)
            files["lib-\(number).jar"] = bytes
            files["lib-\(number).jar.sha1"] = Array(Hexadecimal.encode(Digest.of(bytes, .sha1)).utf8)
        }
        return files
    }()

    @Test func `two hundred clients get every byte right, and memory does not grow`() async throws {
        try await withScratchDirectory { scratch in
            try await LocalCodeArtifact.with { server in
                for number in 1...20 {
                    let name = "lib-\(number).jar"
                    server.publish(try version("com.acme:lib:\(number)"), assets: [name: Self.files[name] ?? []])
                }
                let saved = try await server.reconcile(to: "file://\(scratch)/backup")
                #expect(saved.status == 0, "\(saved.errors)")
            }
            try await serving("file://\(scratch)/backup", domain: "my-domain", ["--log-level", "notice"]) { address in
                try await load(address)
            }
        }
    }

    private func load(_ address: String) async throws {
        let port = try #require(Int(address.split(separator: ":")[2]))
        let clock = ContinuousClock()
        let server = try #require(try ServedProcess(port: port))
        let stop = StopSignal()
        var settings = HTTPClientSettings()
        settings.keptConnections = Self.clients + 10
        let answers = try await HTTPClient.withClient(settings) { client in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<Self.clients {
                    group.addTask {
                        var random = SeededGenerator(seed: UInt64(number))
                        let names = Self.files.keys.sorted()
                        var count = 0
                        while stop.reason == nil {
                            let name = names[Int.random(in: names.indices, using: &random)]
                            let version = name.dropFirst("lib-".count).prefix { $0 != "." }
                            let url = "\(address)/releases/com/acme/lib/\(version)/\(name)"
                            let answer = try await client.send(HTTPRequest(method: .get, url: url))
                            guard answer.status == 200, answer.body == Self.files[name] else {
                                Issue.record("\(name): \(answer.status), \(answer.body.count) bytes")
                                return count
                            }
                            count += 1
                        }
                        return count
                    }
                }
                defer { stop.raise(.signal) }
                // A busy machine takes its time to connect them all.
                let patience = clock.now + .seconds(60)
                while try server.openSockets() < Self.clients {
                    try #require(clock.now < patience, "\(Self.clients) clients never were connected at once")
                    try await clock.sleep(for: .milliseconds(100))
                }
                try await clock.sleep(for: .seconds(Double(Self.seconds) / 6))
                let early = try server.residentBytes()
                try await clock.sleep(for: .seconds(Double(Self.seconds) * 5 / 6))
                let late = try server.residentBytes()
                #expect(try server.openSockets() >= Self.clients)
                stop.raise(.signal)
                print("resident: \(early >> 10) KiB, then \(late >> 10) KiB after \(Self.seconds) seconds")
                #expect(late - early < Self.growthLimit, "from \(early) to \(late) bytes")
                return try await group.reduce(0, +)
            }
        }
        print("\(answers) answers to \(Self.clients) clients in \(Self.seconds) seconds")
        #expect(answers > Self.clients * 2)
    }
}
