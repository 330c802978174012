import FoundationEssentials
import LocalServices
import ReconcileCore
import Subprocess
import TestSupport
import Testing

/// A restore that is killed or stopped at any of its requests, and run again, ends where an undisturbed one ends.
@Suite struct RestoreKillTests {
    @Test func `thirty random ends, by kill and by SIGTERM, and each second restore completes the domain`() async throws
    {
        try await withTimeout {
            try await withScratchDirectory { scratch in
                let backup = "file://\(scratch)/backup"
                let expected = try await LocalCodeArtifact.with(Self.configuration()) { server in
                    try server.fillVariously()
                    let first = try await server.reconcile(to: backup)
                    #expect(first.status == 0, "\(first.errors)")
                    let app = PackageCoordinates(repository: "releases", namespace: "com.acme", name: "app")
                    try server.setStatus(.archived, of: VersionCoordinates(package: app, version: "1.3"))
                    let second = try await server.reconcile(to: backup)
                    #expect(second.status == 0, "\(second.errors)")
                    return try await DomainPicture(server)
                }
                let gate = RequestGate()
                let total = try await LocalCodeArtifact.with(Self.configuration(gate)) { server in
                    let whole = try await server.restore(from: backup)
                    #expect(whole.status == 0, "\(whole.errors)")
                    #expect(try await DomainPicture(server).differences(from: expected) == [])
                    return gate.arrivals.count
                }
                #expect(total > 60)
                var random = SeededGenerator(seed: 20_261_125)
                var unfinished = 0
                for end in 0..<30 {
                    let number = Int.random(in: 1...total, using: &random)
                    let isKilled = end.isMultiple(of: 2)
                    if try await interrupt(at: number, isKilled: isKilled, carriesOut: end % 4 < 2, backup, expected) {
                        unfinished += 1
                    }
                }
                // The ends fell inside the work.
                #expect(unfinished > 15)
            }
        }
    }

    private static func configuration(_ gate: RequestGate? = nil) -> LocalCodeArtifact.Configuration {
        var configuration = LocalCodeArtifact.Configuration(repositories: [.init("releases"), .init("shared")])
        configuration.gate = gate
        return configuration
    }

    /// Restores into an empty domain, ends that at a request, and restores once more.
    ///
    /// - Returns: whether the first restore had left something undone.
    private func interrupt(
        at number: Int,
        isKilled: Bool,
        carriesOut: Bool,
        _ backup: String,
        _ expected: DomainPicture
    ) async throws -> Bool {
        let gate = RequestGate()
        return try await LocalCodeArtifact.with(Self.configuration(gate)) { server in
            gate.close(at: number, carriesOut: carriesOut)
            let first = try await running(
                Programs.reconcile,
                ["restore", "--allow-upstream"] + server.arguments(to: backup)
                    + LocalCodeArtifact.acceptance(of: backup, for: []) + ["--rate-writes", "10000", "--grace", "10s"],
                environment: server.environment,
                seconds: 60
            ) { send in
                await gate.untilHolding()
                try send(isKilled ? .kill : .terminate)
                // Who is told to stop lets running requests end.
                if !isKilled { gate.open() }
            }
            gate.open(.lost)
            let words = "\(isKilled ? "killed" : "stopped") at request \(number): \(first.errors.suffix(1_000))"
            #expect(isKilled ? first.status == -1 : [0, 9].contains(first.status), "\(words)")
            let left = try await DomainPicture(server)
            let second = try await server.restore(from: backup)
            #expect(second.status == 0, "\(words)\n\(second.errors.suffix(1_000))")
            #expect(try await DomainPicture(server).differences(from: expected) == [], "\(words)")
            return left != expected
        }
    }
}
