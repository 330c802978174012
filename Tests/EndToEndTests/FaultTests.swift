import Cryptography
import FoundationEssentials
import LocalServices
import ReconcileCore
import TestSupport
import Testing

/// Every fault of the table: the exit status and the account of the run that meets it, that nothing wrong is
/// committed, and that the next run without it converges.
@Suite struct FaultTests {
    private static let versions = ["lib:1.1", "lib:1.2", "lib:1.3", "lib:1.4", "app:2.0"]

    private func withSource(
        _ configure: (inout LocalCodeArtifact.Configuration) -> Void = { _ in },
        _ body: @escaping @Sendable (LocalCodeArtifact, RequestGate) async throws -> Void
    ) async throws {
        let gate = RequestGate()
        var configuration = LocalCodeArtifact.Configuration()
        configuration.gate = gate
        configure(&configuration)
        try await withTimeout { [configuration] in
            try await LocalCodeArtifact.with(configuration) { server in
                for name in Self.versions {
                    let parts = name.split(separator: ":")
                    let file = "\(parts[0])-\(parts[1])"
                    server.publish(
                        try version("com.acme:\(name)"),
                        assets: [
                            "\(file).jar": Array(
                                repeating: UInt8(name.utf8.count + Int(name.utf8.last ?? 0)),
                                count: 200_000
                            ),
                            "\(file).pom": Array("<project>\(name)</project>".utf8),
                        ]
                    )
                }
                try await body(server, gate)
            }
        }
    }

    @Test(arguments: FaultCase.ofSource)
    func `of the source, into a bucket`(fault: FaultCase) async throws {
        try await withSource(fault.configure) { server, gate in
            try await LocalS3.with(LocalS3Configuration(beside: server.configuration)) { store in
                try await prove(fault, server, gate, .bucket(store, prefix: "b"))
            }
        }
    }

    @Test(arguments: FaultCase.ofSource)
    func `of the source, into a directory`(fault: FaultCase) async throws {
        try await withSource(fault.configure) { server, gate in
            try await withScratchDirectory { scratch in
                try await prove(fault, server, gate, .directory("\(scratch)/b"))
            }
        }
    }

    @Test(.enabled(if: Programs.areReal, "RECONCILE_TESTS=unit leaves out real servers"))
    func `of the source, into a production object store`() async throws {
        try await SeaweedFS.with { store in
            for (number, fault) in FaultCase.ofSource.enumerated() {
                try await withSource(fault.configure) { server, gate in
                    server.add(store.credentials)
                    try await prove(fault, server, gate, .bucket(store, prefix: "fault-\(number)")) {
                        server.add(store.credentials)
                    }
                }
            }
        }
    }

    @Test(arguments: FaultCase.ofStore)
    func `of the bucket`(fault: FaultCase) async throws {
        try await withSource(fault.configure) { server, gate in
            try await LocalS3.with(LocalS3Configuration(beside: server.configuration)) { store in
                for effect in fault.store { store.inject(effect) }
                try await prove(fault, server, gate, .bucket(store, prefix: "b")) { store.clearFaults() }
            }
        }
    }

    private func prove(
        _ fault: FaultCase,
        _ server: LocalCodeArtifact,
        _ gate: RequestGate,
        _ place: BackupPlace,
        mend: () -> Void = {}
    ) async throws {
        let name = Comment(rawValue: fault.testDescription)
        server.setFaults(fault.source)
        if let disturbance = fault.disturbance { gate.close(on: disturbance.on) }
        async let disturbed: Void = disturb(fault, server, gate)
        let run = try await server.reconcile(to: place.url, fault.arguments, environment: place.environment)
        try await disturbed
        let told = Comment(rawValue: "\(name): \(run.errors.suffix(2_000))")
        #expect(run.status == fault.status, told)
        let report = try #require(run.report, told)
        #expect(report.versions.copied == fault.copied, told)
        // A run that is broken off fails as many as were under way.
        if fault.status != 7 { #expect(report.versions.failed == fault.failed, told) }
        #expect(Set(report.failures.map(\.kind)) == fault.kinds, told)
        #expect(report.retries >= fault.retries, told)
        #expect(report.throttled >= fault.throttled, told)
        if !fault.says.isEmpty {
            let words = ([report.message ?? "", run.errors] + report.failures.map(\.message)).joined(separator: "\n")
            #expect(words.contains(fault.says), told)
        }
        #expect(!run.errors.contains("secret"), told)
        let audit = BackupAudit(try await place.objects())
        #expect(audit.problems == [], name)
        #expect(audit.newest.count == fault.copied, name)

        // What failed fails until its cause is gone, and what was protected stays so.
        if fault.status == 3, fault.failed > 0, fault.disturbance == nil {
            let again = try await server.reconcile(to: place.url, fault.arguments, environment: place.environment)
            #expect(again.status == 3, "\(name): \(again.errors.suffix(2_000))")
            #expect(again.report?.versions.failed == fault.failed, name)
            #expect(again.report?.versions.inSync == fault.copied, name)
        }

        server.setFaults([])
        for credentials in server.configuration.credentials { server.add(credentials) }
        mend()
        let next = try await server.reconcile(to: place.url, environment: place.environment)
        #expect(next.status == 0, "\(name): \(next.errors.suffix(2_000))")
        #expect(next.report?.versions.inSync == fault.copied, name)
        #expect(next.report?.versions.copied == 5 - fault.copied, name)
        let settled = BackupAudit(try await place.objects())
        #expect(settled.unsettled == [], name)
        #expect(settled.strays == [], name)
        #expect(settled.newest.count == 5, name)
    }

    private func disturb(_ fault: FaultCase, _ server: LocalCodeArtifact, _ gate: RequestGate) async throws {
        guard let disturbance = fault.disturbance else { return }
        await gate.untilHolding()
        defer { gate.open() }
        try disturbance.act(server)
    }

    // MARK: What the table cannot say

    @Test func `Retry-After is waited for, by all requests of the operation`() async throws {
        try await withSource { server, gate in
            server.setFaults([try Fault("codeartifact.ListPackageVersionAssets:429=2:first=1")])
            try await withScratchDirectory { scratch in
                let run = try await server.reconcile(to: "file://\(scratch)/b", ["--width", "1"])
                #expect(run.status == 0, "\(run.errors)")
                let times = gate.arrivals.filter { $0.line.contains("/v1/package/version/assets?") }.map(\.instant)
                #expect(times.count == 6)
                #expect(times[1] - times[0] >= .seconds(2))
            }
        }
    }

    @Test func `credentials that a program can renew are renewed in the middle of a run`() async throws {
        try await withSource { server, gate in
            try await withScratchDirectory { scratch in
                func hand(_ number: Int) throws {
                    let keys =
                        #"{"Version": 1, "AccessKeyId": "KEY\#(number)", "SecretAccessKey": "s\#(number)", "#
                        + #""SessionToken": "t\#(number)"}"#
                    try Data(keys.utf8).write(to: URL(filePath: "\(scratch)/keys.json"))
                    server.add(
                        AWSCredentials(
                            accessKeyID: "KEY\(number)",
                            secretAccessKey: "s\(number)",
                            sessionToken: "t\(number)"
                        )
                    )
                }
                try hand(1)
                let profile = "[default]\ncredential_process = cat \(scratch)/keys.json\n"
                try Data(profile.utf8).write(to: URL(filePath: "\(scratch)/config"))
                gate.close(on: "/v1/package/version/assets")
                async let run = server.reconcile(
                    to: "file://\(scratch)/b",
                    environment: [
                        "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_CONFIG_FILE": "\(scratch)/config",
                    ]
                )
                await gate.untilHolding()
                server.expireCredentials()
                try hand(2)
                gate.open()
                let finished = try await run
                #expect(finished.status == 0, "\(finished.errors)")
                #expect(finished.report?.versions.copied == 5)
            }
        }
    }

    @Test func `a domain without a package ends with 8, unless that is said to be right`() async throws {
        try await LocalCodeArtifact.with(LocalCodeArtifact.Configuration()) { server in
            try await withScratchDirectory { scratch in
                for (more, status) in [([], 8), (["--allow-empty"], 0)] {
                    let run = try await server.reconcile(to: "file://\(scratch)/b", more)
                    #expect(run.status == status, "\(run.errors)")
                    #expect(run.report?.versions.listed == 0)
                }
                let keys = try await BackupPlace.directory("\(scratch)/b").objects().keys
                #expect(keys.count { $0.hasPrefix("my-domain/runs/") } == 2)
                #expect(keys.count { $0.hasPrefix("my-domain/configuration/") } == 1)
                #expect(keys.count == 3)
            }
        }
    }
}
