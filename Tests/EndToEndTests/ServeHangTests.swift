import FoundationEssentials
import HTTPTransfer
import LocalServices
import ReconcileCore
import Synchronization
import TestSupport
import Testing

/// `reconcile-serve` in front of a store that takes connections and requests and answers none.
@Suite struct ServeHangTests {
    private static let jar = "/releases/com/acme/lib/1.0/lib-1.0.jar"
    private static let document = "/releases/com/acme/lib/maven-metadata.xml"

    @Test func `each client gets an answer in time, and all is well when the store is back`() async throws {
        let gate = RequestGate()
        try await LocalCodeArtifact.with { server in
            var bucket = LocalS3Configuration(beside: server.configuration)
            bucket.gate = gate
            try await LocalS3.with(bucket) { store in
                for number in 0..<40 {
                    server.publish(
                        try version("com.acme:lib-\(number):1.0"),
                        assets: ["lib-\(number)-1.0.jar": patternBytes(40_000)]
                    )
                }
                server.publish(try version("com.acme:lib:1.0"), assets: ["lib-1.0.jar": patternBytes(40_000)])
                let environment = server.environment.merging(["AWS_ENDPOINT_URL_S3": store.endpoint]) { $1 }
                let saved = try await server.reconcile(to: "s3://backup/b", environment: environment)
                #expect(saved.status == 0, "\(saved.errors)")
                try await serving("s3://backup/b", domain: "my-domain", environment: environment) { address in
                    try await Self.ask(address, gate)
                }
            }
        }
    }

    private static func ask(_ address: String, _ gate: RequestGate) async throws {
        var settings = HTTPClientSettings()
        settings.keptConnections = 200
        try await HTTPClient.withClient(settings) { client in
            @Sendable func status(_ path: String, _ headers: HTTPHeaders = [:]) async throws -> (Int, HTTPResponse) {
                let answer = try await client.send(HTTPRequest(method: .get, url: address + path, headers: headers))
                return (answer.status, answer)
            }
            for path in [jar, document] { #expect(try await status(path).0 == 200) }
            gate.forget()
            gate.close(at: 1)
            let paths =
                [jar, "\(jar).sha1", "/releases/com/acme/none/1/none-1.jar", "/-/search?q=sha256", "/-/runs", "/ready"]
                + (0..<40).map { "/releases/com/acme/lib-\($0)/1.0/lib-\($0)-1.0.jar" }
            // Until what is known of packages has to be read anew.
            try await Task.sleep(for: .seconds(10))
            let clock = ContinuousClock()
            let begun = clock.now
            try await withThrowingTaskGroup(of: Void.self) { group in
                for path in paths {
                    for range in [nil, "bytes=0-9"] {
                        group.addTask {
                            let headers: HTTPHeaders = range.map { ["Range": $0] } ?? [:]
                            let (code, answer) = try await status(path, headers)
                            let isSlow = clock.now - begun > .seconds(25)
                            #expect(code == 503 || path.hasSuffix(".sha1") || path.hasPrefix("/-/search"), "\(path)")
                            if code == 503, path != "/ready" {
                                #expect(answer.head.headers["retry-after"] != nil, "\(path)")
                            }
                            #expect(!isSlow, "\(path)")
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await status(document).0 == 200)
            #expect(try await status("/health").0 == 200)
            gate.open()
            let patience = clock.now + .seconds(90)
            while try await status("/releases/com/acme/lib-7/1.0/lib-7-1.0.jar").0 != 200 {
                try #require(clock.now < patience, "the store is back, and not seen")
                try await clock.sleep(for: .milliseconds(500))
            }
            #expect(try await status(jar).1.body == patternBytes(40_000))
        }
    }
}
