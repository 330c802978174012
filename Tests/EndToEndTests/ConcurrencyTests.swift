import HTTPTransfer
import LocalServices
import ReconcileCore
import TestSupport
import Testing

/// Two runs and a writer of single versions at once on one bucket, while the domain changes under them.
@Suite(.serialized, .enabled(if: Programs.areReal, "RECONCILE_TESTS=unit leaves out real servers"), .seaweedFS)
struct ConcurrencyTests {
    private static let packages = ["app", "core", "lib"]

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `all of them converge, and every package's metadata says what its manifests say`(seed: UInt64) async throws {
        let seaweed = try #require(SeaweedFS.current)
        try await withTimeout {
            try await LocalCodeArtifact.with(LocalCodeArtifact.Configuration()) { server in
                server.add(seaweed.credentials)
                for package in Self.packages {
                    for number in 1...5 { try publish("\(package):1.\(number)", server) }
                }
                let place = BackupPlace.bucket(seaweed, prefix: "round-\(seed)")
                try await VersionDoor.with(server, seaweed, prefix: "round-\(seed)") { door in
                    try await round(seed, server, place, door)
                }

                // The first one to see that a file of a version was archived before anybody stored it says so.
                let first = try await server.reconcile(to: place.url, environment: place.environment)
                #expect(first.status == 0 || first.errors.contains("was never stored"), "\(first.errors.suffix(2_000))")
                let last = try await server.reconcile(to: place.url, environment: place.environment)
                #expect(last.status == 0, "\(last.errors.suffix(2_000))")
                let audit = BackupAudit(try await place.objects())
                #expect(audit.unsettled == [])
                for package in Self.packages {
                    let coordinates = try version("com.acme:\(package):1").package
                    let now = server.versions(of: coordinates) ?? [:]
                    for manifest in audit.newest.values where manifest.coordinates.package == coordinates {
                        let version = manifest.coordinates
                        #expect(manifest.status == now[version.version] ?? .deleted, "\(version)")
                        if manifest.status != .deleted {
                            #expect(manifest.revision == server.revision(of: version), "\(version)")
                        }
                    }
                    let known = audit.newest.values.filter { $0.coordinates.package == coordinates }
                    #expect(Set(known.map(\.coordinates.version)).isSuperset(of: now.keys))
                }
            }
        }
    }

    /// Changes the domain for as long as two runs of each of two programs take, and copies each change beside them.
    private func round(
        _ seed: UInt64,
        _ server: LocalCodeArtifact,
        _ place: BackupPlace,
        _ door: VersionDoor
    ) async throws {
        let (events, changed) = AsyncStream.makeStream(of: VersionCoordinates.self)
        let over = StopSignal()
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 1...2 {
                group.addTask {
                    for _ in 1...2 {
                        let run = try await server.reconcile(to: place.url, environment: place.environment)
                        // A version that changed under its copy is left to the next run, and nothing else.
                        let kinds = Set(run.report?.failures.map(\.kind) ?? ["no report"])
                        let left = run.report?.versions.left ?? 0
                        #expect(kinds.isSubset(of: ["absent"]), "\(run.errors.suffix(2_000))")
                        #expect(run.status == (kinds.isEmpty ? left > 0 ? 5 : 0 : 3), "\(run.errors.suffix(2_000))")
                    }
                    return true
                }
            }
            group.addTask {
                // Three events at a time, as concurrent invocations have them.
                await withTaskGroup(of: Void.self) { copies in
                    var running = 0
                    for await version in events {
                        if running == 3 { await copies.next() } else { running += 1 }
                        copies.addTask { await copy(version, door) }
                    }
                }
                return false
            }
            group.addTask {
                var random = SeededGenerator(seed: seed)
                while over.reason == nil {
                    if let version = try change(server, &random) { changed.yield(version) }
                    try await Task.sleep(for: .milliseconds(40))
                }
                changed.finish()
                return false
            }
            var programs = 2
            while programs > 0, let isProgram = try await group.next() {
                if isProgram { programs -= 1 }
            }
            // Nobody is cut off: the last events are copied to their end.
            over.raise(.signal)
            try await group.waitForAll()
        }
    }

    private func copy(_ version: VersionCoordinates, _ door: VersionDoor) async {
        let report = await door.protect(version)
        #expect(Set(report.failures.map(\.kind)).isSubset(of: ["absent"]), "\(report.failures)")
    }

    /// One change of the domain; returns the version that an event would tell of.
    private func change(_ server: LocalCodeArtifact, _ random: inout SeededGenerator) throws -> VersionCoordinates? {
        let package = Self.packages[random.below(Self.packages.count)]
        let versions = (server.versions(of: try version("com.acme:\(package):1").package) ?? [:]).keys.sorted()
        let chosen = try version("com.acme:\(package):\(versions[random.below(versions.count)])")
        switch random.below(10) {
        case 0...4:
            let name = "\(package):2.\(random.below(1_000))"
            try publish(name, server)
            return try version("com.acme:\(name)")
        case 5, 6:
            // The bytes of an asset never change; that one comes on makes a new revision.
            try server.setAsset("note-\(random.below(1_000)).txt", [1, 2, 3], of: chosen)
        case 7, 8:
            try server.setStatus([.published, .unlisted, .archived][random.below(3)], of: chosen)
        default:
            guard versions.count > 4 else { return nil }
            try server.delete(chosen)
        }
        // Some events never come.
        return random.below(4) == 0 ? nil : chosen
    }

    private func publish(_ name: String, _ server: LocalCodeArtifact) throws {
        let version = try version("com.acme:\(name)")
        guard server.status(of: version) == nil else { return }
        let file = name.split(separator: ":").joined(separator: "-")
        server.publish(version, assets: ["\(file).jar": Array("jar \(name)".utf8), "\(file).pom": Array("<p/>".utf8)])
    }

    // MARK: One version over the real adapters

    @Test func `a body that stands still passes its deadline, is asked for again, and arrives whole`() async throws {
        let seaweed = try #require(SeaweedFS.current)
        try await LocalCodeArtifact.with(LocalCodeArtifact.Configuration()) { server in
            server.add(seaweed.credentials)
            let version = try version("com.acme:lib:1.0")
            server.publish(version, assets: ["lib-1.0.jar": Array(repeating: 7, count: 300_000)])
            server.setFaults([try Fault("assets.GetObject:stall=100:first=1")])
            let deadlines = HTTPDeadlines(stall: .seconds(1))
            try await VersionDoor.with(server, seaweed, prefix: "stall", deadlines: deadlines) { door in
                let report = await door.protect(version)
                #expect(report.versions.copied == 1, "\(report.failures)")
                #expect(report.bytes.copied == 300_000)
            }
            #expect(server.requests["assets.GetObject"] == 2)
            let audit = BackupAudit(try await BackupPlace.bucket(seaweed, prefix: "stall").objects())
            #expect(audit.unsettled == [])
            #expect(audit.manifests.count == 1)
        }
    }
}

extension SeededGenerator {
    fileprivate mutating func below(_ count: Int) -> Int { Int.random(in: 0..<count, using: &self) }
}
