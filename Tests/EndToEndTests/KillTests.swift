import FoundationEssentials
import LocalServices
import ReconcileCore
import Subprocess
import TestSupport
import Testing

/// A run that is killed at any of its requests: nothing wrong is ever committed, and the next run ends where one that
/// was never killed ends.
@Suite struct KillTests {
    /// Bodies of several MiB, so that kills land inside of them.
    private static let bigSize = 2 << 20

    /// 45 versions in five packages, one of them with snapshots; each package has one big asset.
    private func fill(_ server: LocalCodeArtifact) throws {
        for package in ["app", "core", "lib", "util"] {
            for number in 1...10 {
                let isBig = number == 4
                let name = isBig ? "big" : package
                server.publish(
                    try version("com.acme:\(package):1.\(number)"),
                    assets: [
                        "\(name)-1.\(number).jar": bytes(isBig ? Self.bigSize : 300, seed: "\(package) \(number)"),
                        "\(package)-1.\(number).pom": Array("<project/>".utf8),
                    ],
                    status: number == 7 ? .unlisted : .published
                )
            }
        }
        for build in ["2.0-20260101.101010-1", "2.0-20260102.101010-2", "2.0-20260103.101010-3"] {
            try server.publishSnapshot(
                try version("com.acme:snap:\(build)"),
                assets: ["snap-\(build).jar": bytes(500, seed: build), "snap-\(build).pom": Array("<project/>".utf8)]
            )
        }
        server.publish(
            try version("com.acme:snap:1.0"),
            assets: ["big-1.0.jar": bytes(Self.bigSize, seed: "snap")]
        )
    }

    /// Bytes that look like nothing else.
    private func bytes(_ count: Int, seed: String) -> [UInt8] {
        var state = seed.utf8.reduce(UInt64(88_172_645_463_325_252)) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
        return (0..<count).map { _ in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return UInt8(truncatingIfNeeded: state)
        }
    }

    private func withSource(
        _ body: @escaping @Sendable (LocalCodeArtifact, RequestGate) async throws -> Void
    ) async throws {
        try await withTimeout {
            let gate = RequestGate()
            var configuration = LocalCodeArtifact.Configuration()
            configuration.gate = gate
            try await LocalCodeArtifact.with(configuration) { server in
                try fill(server)
                try await body(server, gate)
            }
        }
    }

    @Test func `thirty kills over the requests to source and bucket`() async throws {
        try await withSource { server, gate in
            try await LocalS3.with(LocalS3Configuration(beside: server.configuration)) { store in
                try await kill(30, server, gate) { .bucket(store, prefix: $0) }
            }
        }
    }

    @Test func `ten kills of a run into a directory`() async throws {
        try await withSource { server, gate in
            try await withScratchDirectory { scratch in
                try await kill(10, server, gate) { .directory("\(scratch)/\($0)") }
            }
        }
    }

    @Test(.enabled(if: Programs.areReal, "RECONCILE_TESTS=unit leaves out real servers"))
    func `ten kills of a run into a production object store`() async throws {
        try await SeaweedFS.with { store in
            try await withSource { server, gate in
                server.add(store.credentials)
                try await kill(10, server, gate) { .bucket(store, prefix: $0) }
            }
        }
    }

    /// Kills a fresh run at each of so many requests, the first one, the last one, and evenly between.
    private func kill(
        _ count: Int,
        _ server: LocalCodeArtifact,
        _ gate: RequestGate,
        _ place: (_ name: String) -> BackupPlace
    ) async throws {
        gate.forget()
        let undisturbed = place("undisturbed")
        try await converge(server, undisturbed)
        let total = gate.arrivals.count
        let model = BackupAudit(try await undisturbed.objects())
        #expect(model.unsettled == [])
        #expect(model.newest.count == 45)
        let shape = model.shape

        var insideBodies = 0
        for moment in 0..<count {
            let number = 1 + moment * (total - 1) / (count - 1)
            let place = place("kill-\(moment)")
            // The first big body stands still half way, and everything else goes on up to the kill.
            let stalls = moment % 3 != 0 && number < total * 3 / 4
            server.setFaults(stalls ? [try Fault("assets.GetObject:stall=100:first=1,on=big-")] : [])
            gate.forget()
            // Now the request is lost with its client, now it is carried out and only its answer is.
            gate.close(at: number, carriesOut: moment.isMultiple(of: 2))
            let killed = try await running(
                Programs.reconcile,
                server.arguments(to: place.url),
                environment: server.environment.merging(place.environment) { $1 },
                seconds: 60
            ) { send in
                await gate.untilHolding()
                if stalls { await untilInsideBody(gate) }
                try send(.kill)
            }
            let stopped = gate.arrivals
            gate.open(.lost)
            server.setFaults([])
            #expect(killed.status == -1, "at request \(number) of \(total): \(killed.errors.suffix(1_000))")

            let left = BackupAudit(try await place.objects())
            #expect(left.problems == [], "at request \(number) of \(total)")
            // A report is read back after it was written, and each run's has a name of its own, as has a record of the
            // configuration.
            let files = left.objects.keys.filter { key in
                left.manifests[key] == nil && !["/runs/", "/configuration/"].contains { key.contains($0) }
            }
            #expect(Set(files).isSubset(of: model.objects.keys))
            if stalls, Self.isInsideBody(stopped) { insideBodies += 1 }

            try await converge(server, place)
            let after = BackupAudit(try await place.objects())
            #expect(after.unsettled == [], "after request \(number) of \(total)")
            #expect(after.shape == shape, "after request \(number) of \(total)")
            for key in left.manifests.keys { #expect(after.objects[key] == left.objects[key], "\(key) was rewritten") }
        }
        #expect(insideBodies >= count / 4)
    }

    private static func isInsideBody(_ arrivals: [RequestGate.Arrival]) -> Bool {
        arrivals.contains { $0.line.hasPrefix("GET /assets/") && $0.line.contains("/big-") }
    }

    /// Gives a run whose other requests go on two seconds to ask for a big body.
    private func untilInsideBody(_ gate: RequestGate) async {
        for _ in 0..<40 where !Self.isInsideBody(gate.arrivals) { try? await Task.sleep(for: .milliseconds(50)) }
    }

    private func converge(_ server: LocalCodeArtifact, _ place: BackupPlace) async throws {
        let run = try await server.reconcile(to: place.url, environment: place.environment, seconds: 60)
        #expect(run.status == 0, "\(run.errors.suffix(1_000))")
        let versions = try #require(run.report?.versions)
        #expect(versions.inSync + versions.copied == 45)
    }
}
