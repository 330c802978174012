import Cryptography
import FoundationEssentials
import LocalServices
import ReconcileCore
import TestSupport
import Testing

/// A domain in which bytes, statuses and versions change, and what the program itself says of it afterwards.
@Suite(.serialized) struct ReviewTests {
    private let old = Array("the old bytes".utf8)
    private let new = Array("other bytes".utf8)

    private func sum(_ bytes: [UInt8]) -> String { Hexadecimal.encode(Digest.of(bytes, .sha256)) }

    private func decode<Document: Decodable>(_ type: Document.Type, _ finished: Finished) throws -> Document {
        try JSONDecoder().decode(type, from: Data(finished.output.utf8))
    }

    private func tell(
        _ arguments: [String],
        of server: LocalCodeArtifact,
        _ place: BackupPlace,
        owner: Bool = true,
        environment: [String: String] = [:]
    ) async throws -> Finished {
        try await run(
            Programs.reconcile,
            arguments + ["--domain", server.configuration.domain, "--backup", place.url]
                + (owner ? ["--domain-owner", server.configuration.owner] : []),
            environment: server.environment.merging(place.environment) { $1 }.merging(environment) { $1 },
            seconds: 300
        )
    }

    private func publish(_ server: LocalCodeArtifact) throws {
        for name in ["1.0", "1.1", "1.2", "1.3", "1.4"] {
            server.publish(
                try version("com.acme:app:\(name)"),
                assets: ["app-\(name).jar": old, "app-\(name).pom": Array("<project/>".utf8)]
            )
        }
    }

    private func change(_ server: LocalCodeArtifact) throws {
        try server.setAsset("app-1.0.jar", new, of: version("com.acme:app:1.0"))
        try server.setStatus(.archived, of: version("com.acme:app:1.1"))
        try server.delete(version("com.acme:app:1.2"))
    }

    /// Published, backed up, changed, and backed up again with this status.
    private func history(_ server: LocalCodeArtifact, _ place: BackupPlace, endsWith status: Int) async throws {
        try publish(server)
        let first = try await server.reconcile(to: place.url, environment: place.environment)
        #expect(first.status == 0, "\(first.errors)")
        try change(server)
        let second = try await server.reconcile(to: place.url, environment: place.environment)
        #expect(second.status == status, "\(second.errors)")
        server.resetRequests()
    }

    /// The beginning of the next second: what was recorded until now was recorded before it.
    private func nextSecond() async throws -> String {
        // A record made in a second that another had taken already bears the next one.
        try await Task.sleep(for: .seconds(3))
        return Timestamp(secondsSince1970: Date.now.timeIntervalSince1970).extended
    }

    /// With the configuration of one repository and the root package group.
    private let listings = [
        "codeartifact.ListRepositoriesInDomain": 1, "codeartifact.ListPackages": 1,
        "codeartifact.ListPackageVersions": 1, "codeartifact.DescribeDomain": 1,
        "codeartifact.GetDomainPermissionsPolicy": 1, "codeartifact.DescribeRepository": 1,
        "codeartifact.GetRepositoryPermissionsPolicy": 1, "codeartifact.ListPackageGroups": 1,
        "codeartifact.ListTagsForResource": 3,
    ]

    private func expectOrphanAndStatus(_ document: DriftDocument) throws {
        let orphan = try #require(document.orphaned.first)
        #expect(document.orphaned.count == 1 && orphan.version == "1.2")
        let (last, deletion) = (try #require(orphan.lastRecordedAt), try #require(orphan.deletionRecordedAt))
        #expect(Timestamp(extended: last) != nil && last < deletion)
        let change = try #require(document.statusChanges.first)
        #expect(document.statusChanges.count == 1 && change.version == "1.1")
        // Two runs may fall into one second, of which a version has one record and its neighbour another.
        #expect(change.from == "Published" && change.to == "Archived" && change.recordedAt ?? "" >= last)
    }

    @Test func `on a directory, drift names what was deleted, withdrawn, and refused for its other bytes`() async throws
    {
        try await withTimeout {
            try await withScratchDirectory { scratch in
                try await LocalCodeArtifact.with(LocalCodeArtifact.Configuration()) { server in
                    let place = BackupPlace.directory("\(scratch)/backup")
                    try await history(server, place, endsWith: 3)
                    let before = try await place.objects()

                    let file = "\(scratch)/drift.json"
                    let told = try await tell(["drift", "--report", file], of: server, place)
                    #expect(told.status == 4, "\(told.errors)")
                    #expect(try String(contentsOf: URL(filePath: file), encoding: .utf8) == told.output)
                    let document = try decode(DriftDocument.self, told)
                    try expectOrphanAndStatus(document)
                    let mutated = try #require(document.mutated.first)
                    #expect(document.mutated.count == 1 && mutated.version == "1.0" && mutated.asset == "app-1.0.jar")
                    #expect(mutated.was?.sha256 == sum(old) && mutated.now?.sha256 == sum(new))
                    #expect(mutated.was?.recordedAt != nil && mutated.now?.recordedAt == nil)
                    let unprotected = try #require(document.unprotected.first)
                    #expect(document.unprotected.count == 1 && unprotected.version == "1.0")
                    #expect(unprotected.state == "stale" && unprotected.publishedAt != nil)
                    #expect(try #require(unprotected.atMostSeconds) < 300)
                    let source = listings.merging([
                        "codeartifact.DescribePackageVersion": 1, "codeartifact.ListPackageVersionAssets": 1,
                    ]) { $1 }
                    #expect(server.requests == source)
                    // One of each is the record of the configuration.
                    #expect(document.requests == source.merging(["directory.List": 3, "directory.Read": 6]) { $1 })

                    // The past is left out, what is unprotected now is not.
                    let later = try await tell(["drift", "--since", nextSecond()], of: server, place)
                    #expect(later.status == 4, "\(later.errors)")
                    let now = try decode(DriftDocument.self, later)
                    #expect(now.orphaned.isEmpty && now.statusChanges.isEmpty)
                    #expect(now.mutated.count == 1 && now.unprotected.count == 1)
                    // Standard output is told of it once.
                    let alone = try await tell(["drift", "--report", "-"], of: server, place)
                    #expect(try decode(DriftDocument.self, alone).orphaned.count == 1)
                    let objects = try await place.objects()
                    #expect(objects == before)

                    let shown = try await tell(["show", "com.acme:app:1.0"], of: server, place, owner: false)
                    let asset = try #require(try decode(ShowDocument.self, shown).versions.first?.assets?.first)
                    #expect(Array(try Data(contentsOf: URL(filePath: asset.fetch))) == old)
                }
            }
        }
    }

    @Test(.enabled(if: Programs.areReal, "RECONCILE_TESTS=unit leaves out real servers"))
    func `on a bucket that keeps versions, drift, history and show name both bytes, and either can be fetched`()
        async throws
    {
        try await withTimeout {
            try await SeaweedFS.with { seaweed in
                try await LocalCodeArtifact.with(LocalCodeArtifact.Configuration()) { server in
                    server.add(seaweed.credentials)
                    let place = BackupPlace.versionedBucket(seaweed, prefix: "told")
                    try await history(server, place, endsWith: 0)

                    let told = try await tell(["drift"], of: server, place)
                    #expect(told.status == 4, "\(told.errors)")
                    let document = try decode(DriftDocument.self, told)
                    try expectOrphanAndStatus(document)
                    let mutated = try #require(document.mutated.first)
                    #expect(document.mutated.count == 1 && mutated.version == "1.0" && mutated.asset == "app-1.0.jar")
                    let (was, now) = (try #require(mutated.was), try #require(mutated.now))
                    #expect(was.sha256 == sum(old) && now.sha256 == sum(new))
                    #expect(try #require(was.recordedAt) < #require(now.recordedAt))
                    #expect(try #require(was.versionID) != #require(now.versionID))
                    #expect(document.unprotected.isEmpty)
                    #expect(server.requests == listings)
                    let asked = listings.merging(["s3.GetBucketVersioning": 1]) { $1 }
                    #expect(document.requests == asked.merging(["s3.ListObjectsV2": 3, "s3.GetObject": 7]) { $1 })

                    server.resetRequests()
                    let later = try await tell(["drift", "--since", nextSecond()], of: server, place)
                    #expect(later.status == 0, "\(later.output)")
                    #expect(
                        try decode(DriftDocument.self, later).requests
                            == asked.merging(["s3.ListObjectsV2": 2, "s3.GetObject": 1]) { $1 }
                    )

                    let recorded = try await tell(["history", "com.acme:app"], of: server, place, owner: false)
                    #expect(recorded.status == 0, "\(recorded.errors)")
                    let records = try decode(HistoryDocument.self, recorded).records
                    #expect(records.count == 8)
                    #expect(records.map(\.recordedAt) == records.map(\.recordedAt).sorted())
                    let changes = records.filter { $0.changes.map(\.kind) != ["first"] }
                        .map { "\($0.version) \($0.status) \($0.changes.map(\.kind))" }
                    #expect(
                        changes.sorted() == [
                            #"1.0 Published ["mutated"]"#, #"1.1 Archived ["status"]"#, #"1.2 Deleted ["deleted"]"#,
                        ]
                    )

                    let shown = try await tell(["show", "com.acme:app:1.0"], of: server, place, owner: false)
                    #expect(shown.status == 0, "\(shown.errors)")
                    let kept = try #require(try decode(ShowDocument.self, shown).versions.first)
                    #expect(kept.records == 2 && kept.assetCount == 2 && kept.bytes == new.count + 10)
                    let asset = try #require(kept.assets?.first)
                    #expect(asset.asset == "app-1.0.jar" && asset.versionID == now.versionID)
                    try await expectFetched(asset.fetch, new, place, seaweed)
                    let older = asset.fetch.replacing(try #require(now.versionID), with: try #require(was.versionID))
                    try await expectFetched(older, old, place, seaweed)
                }
            }
        }
    }

    /// The command that `show` prints, given to a shell.
    private func expectFetched(
        _ command: String,
        _ bytes: [UInt8],
        _ place: BackupPlace,
        _ seaweed: SeaweedFS
    ) async throws {
        try await withScratchDirectory { directory in
            let fetched = try await run(
                "sh",
                ["-c", "cd \(directory) && \(command)"],
                environment: place.environment.merging(["AWS_DEFAULT_REGION": seaweed.region]) { $1 }
            )
            #expect(fetched.status == 0, "\(command): \(fetched.errors)")
            #expect(Array(try Data(contentsOf: URL(filePath: "\(directory)/app-1.0.jar"))) == bytes)
        }
    }

    @Test func `without the domain the backup still answers, and one that cannot be reached is told`() async throws {
        try await withTimeout {
            try await withScratchDirectory { scratch in
                try await LocalCodeArtifact.with(LocalCodeArtifact.Configuration()) { server in
                    let place = BackupPlace.directory("\(scratch)/backup")
                    try await history(server, place, endsWith: 3)
                    // A port that nobody listens on: the discard service's.
                    let gone = ["AWS_ENDPOINT_URL_CODEARTIFACT": "http://127.0.0.1:9"]
                    let unreachable = try await tell(
                        ["drift", "--max-attempts", "1"],
                        of: server,
                        place,
                        environment: gone
                    )
                    #expect(unreachable.status == 5)
                    #expect(unreachable.errors.contains("--offline"))
                    #expect(try decode(DriftDocument.self, unreachable).outcome == "failed")

                    let offline = try await tell(
                        ["drift", "--offline"],
                        of: server,
                        place,
                        owner: false,
                        environment: gone
                    )
                    #expect(offline.status == 4, "\(offline.errors)")
                    let document = try decode(DriftDocument.self, offline)
                    try expectOrphanAndStatus(document)
                    #expect(document.mutated.isEmpty && document.unprotected.isEmpty)
                    #expect(document.requests == ["directory.List": 2, "directory.Read": 4])
                    #expect(server.requests.isEmpty)

                    let table = try await tell(
                        ["show", "com.*:*", "--output", "table"],
                        of: server,
                        place,
                        owner: false
                    )
                    #expect(table.status == 0, "\(table.errors)")
                    #expect(table.output.hasPrefix("releases/com.acme:app: 5 versions\n  VERSION  STATUS "))

                    let unknown = try await tell(["show", "com.acme:ap"], of: server, place, owner: false)
                    #expect(unknown.status == 8)
                    #expect(unknown.errors.contains("recorded as com.acme:ap; nearest: com.acme:app"))
                    #expect(unknown.output.isEmpty)
                    let nonsense = try await tell(["history", "app"], of: server, place, owner: false)
                    #expect(nonsense.status == 64)
                    #expect(nonsense.errors.contains("write group:artifact or group:artifact:version"))
                    let future = try await tell(["drift", "--since", "2999-01-01T00:00:00Z"], of: server, place)
                    #expect(future.status == 64)
                    #expect(
                        future.errors.contains(
                            "'2999-01-01T00:00:00Z' is invalid for '--since <time>': write a time in the past"
                        )
                    )
                }
            }
        }
    }

    @Test func `drift holds to the selection, to a shard and to its deadline`() async throws {
        try await withTimeout {
            try await withScratchDirectory { scratch in
                try await LocalCodeArtifact.with(LocalCodeArtifact.Configuration()) { server in
                    let place = BackupPlace.directory("\(scratch)/backup")
                    try publish(server)
                    for number in 1...6 {
                        server.publish(
                            try version("com.acme:lib-\(number):1"),
                            assets: ["lib-\(number)-1.jar": [UInt8(number)]]
                        )
                    }
                    #expect(try await server.reconcile(to: place.url).status == 0)
                    for number in 1...6 { try server.setStatus(.archived, of: version("com.acme:lib-\(number):1")) }

                    let left = try await tell(["drift", "--exclude", "com.acme:lib-*"], of: server, place)
                    #expect(left.status == 0, "\(left.output)")
                    let nowhere = ["drift", "--exclude", "com.acme:lib-*", "--report", "\(scratch)/no/folder.json"]
                    #expect(try await tell(nowhere, of: server, place).status == 8)
                    let part = try await tell(["drift", "--package", "com.acme:lib-[23]"], of: server, place)
                    #expect(part.status == 8)
                    let one = try await tell(["drift", "--package", "com.acme:lib-3"], of: server, place)
                    #expect(try decode(DriftDocument.self, one).statusChanges.count == 1)
                    var found = 0
                    for index in 0..<3 {
                        let shard = try await tell(["drift", "--shard", "\(index)/3"], of: server, place)
                        found += try decode(DriftDocument.self, shard).statusChanges.count
                    }
                    #expect(found == 6)
                    let none = try await tell(["drift", "--repository", "nowhere"], of: server, place)
                    #expect(none.status == 8)

                    server.setFaults([try Fault("codeartifact.ListPackageVersions:stall=30")])
                    let late = try await tell(["drift", "--deadline", "1s", "--grace", "1s"], of: server, place)
                    #expect(late.status == 9, "\(late.errors)")
                    #expect(try decode(DriftDocument.self, late).outcome == "deadline")
                }
            }
        }
    }
}
