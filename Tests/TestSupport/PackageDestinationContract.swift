import Cryptography
package import ReconcileCore
import Testing

/// What every `PackageDestination` must do, one rule a case; `source` is the same domain, read.
///
/// A rule works on a package of its own, in a repository that is there.
package enum PackageDestinationContract: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case firstAssetMakesUnfinished = "a version comes into being with its first asset, as Unfinished"
    case sameBytesAreTaken =
        "the same bytes once more change nothing, and other bytes are a conflict that changes nothing"
    case wrongBytesArePublishedNever = "bytes that are not the asset's are corrupt and leave nothing"
    case bytesSurvive = "bytes of any length come back exactly"
    case namesSurvive = "odd names come back as they went in"
    case statusIsSet = "a status is set, set once more, and of no version is absent"
    case controlsAreSet = "origin controls are set and set once more, and make a package where there is none"
    case archivedTakesNothing = "an archived version takes no further asset"
    case documentPublishes = "a package's document publishes the unfinished versions that it names"
    case checksumBlocks = "a wrong checksum is invalid, and keeps a document from publishing until the right one comes"
    case snapshotShowsItsBuild = "a snapshot's document shows the newest build and makes that Unlisted"
    case strangerInSnapshot = "a file that is not named as a build is invalid in a snapshot's directory"

    package var testDescription: String { rawValue }

    package func verify(
        _ destination: any PackageDestination,
        _ source: any PackageSource,
        repository: String
    ) async throws {
        let package = PackageCoordinates(repository: repository, namespace: "org.contract", name: "\(self)")
        let trial = DestinationTrial(destination: destination, source: source, package: package)
        switch self {
        case .firstAssetMakesUnfinished: try await trial.firstAssetMakesUnfinished()
        case .sameBytesAreTaken: try await trial.sameBytesAreTaken()
        case .wrongBytesArePublishedNever: try await trial.wrongBytesArePublishedNever()
        case .bytesSurvive: try await trial.bytesSurvive()
        case .namesSurvive: try await trial.namesSurvive()
        case .statusIsSet: try await trial.statusIsSet()
        case .controlsAreSet: try await trial.controlsAreSet()
        case .archivedTakesNothing: try await trial.archivedTakesNothing()
        case .documentPublishes: try await trial.documentPublishes()
        case .checksumBlocks: try await trial.checksumBlocks()
        case .snapshotShowsItsBuild: try await trial.snapshotShowsItsBuild()
        case .strangerInSnapshot: try await trial.strangerInSnapshot()
        }
    }
}

/// A destination, and the package that one rule has for itself.
private struct DestinationTrial: Sendable {
    let destination: any PackageDestination
    let source: any PackageSource
    let package: PackageCoordinates

    func put(_ name: String, _ bytes: [UInt8], in directory: String = "1.0", listedAs listed: [UInt8]? = nil)
        async throws
    {
        let asset = Asset.listing(listed ?? bytes, name: name)
        try await destination.publish(PiecewiseBody(bytes), of: asset, in: directory, of: package)
    }

    func kind(_ body: () async throws -> Void) async -> RemoteFailure.Kind? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? RemoteFailure)?.kind
        }
    }

    func status(_ version: String = "1.0") async throws -> VersionStatus? {
        try await source.describe(VersionCoordinates(package: package, version: version))?.status
    }

    /// Name to SHA-256; empty where there is no such version.
    func assets(_ version: String = "1.0") async throws -> [String: String] {
        guard try await status(version) != nil else { return [:] }
        let page = try await source.assets(of: VersionCoordinates(package: package, version: version), after: nil)
        return Dictionary(uniqueKeysWithValues: page.assets.map { ($0.name, $0.checksums.sha256 ?? "") })
    }

    func sum(_ bytes: [UInt8]) -> String { Hexadecimal.encode(Digest.of(bytes, .sha256)) }

    func document(_ document: MavenMetadata, in directory: String? = nil) async throws {
        try await destination.publish(document.render(), as: MavenMetadata.fileName, in: directory, of: package)
    }

    func firstAssetMakesUnfinished() async throws {
        let pom = Array("<project/>".utf8)
        #expect(try await status() == nil)
        try await put("a.pom", pom)
        #expect(try await status() == .unfinished)
        #expect(try await assets() == ["a.pom": sum(pom)])
    }

    func sameBytesAreTaken() async throws {
        try await put("a.jar", [1, 2, 3])
        try await put("a.jar", [1, 2, 3])
        #expect(await kind { try await put("a.jar", [1, 2, 4]) } == .conflict)
        #expect(try await assets() == ["a.jar": sum([1, 2, 3])])
    }

    func wrongBytesArePublishedNever() async throws {
        try await put("a.pom", [7])
        #expect(await kind { try await put("a.jar", [1, 2, 3], listedAs: [1, 2, 4]) } == .corrupt)
        #expect(await kind { try await put("b.jar", [1, 2], listedAs: [1, 2, 4]) } == .corrupt)
        #expect(await kind { try await put("c.jar", [1, 2, 4, 5], listedAs: [1, 2, 4]) } == .corrupt)
        #expect(try await assets() == ["a.pom": sum([7])])
    }

    func bytesSurvive() async throws {
        var expected: [String: String] = [:]
        for count in [0, 1, 65_536, 1_000_003] {
            let bytes = patternBytes(count)
            try await put("\(count).bin", bytes)
            expected["\(count).bin"] = sum(bytes)
        }
        #expect(try await assets() == expected)
    }

    func namesSurvive() async throws {
        let names = [
            "a b+c~d.tar.gz", "100%25.jar", "grün-日本-\u{1F600}.jar", "a&b=c;d,e@f!.module",
            String(repeating: "n", count: 196) + ".jar",
        ]
        for name in names { try await put(name, Array(name.utf8), in: "1.0+b~1") }
        let expected = Dictionary(uniqueKeysWithValues: names.map { ($0, sum(Array($0.utf8))) })
        #expect(try await assets("1.0+b~1") == expected)
    }

    func statusIsSet() async throws {
        let version = VersionCoordinates(package: package, version: "1.0")
        #expect(await kind { try await destination.setStatus(.published, of: version) } == .absent)
        try await put("a.pom", [7])
        #expect(
            await kind {
                try await destination.setStatus(.published, of: VersionCoordinates(package: package, version: "9"))
            } == .absent
        )
        for status in [VersionStatus.published, .published, .unlisted, .archived] {
            try await destination.setStatus(status, of: version)
            #expect(try await self.status() == status)
        }
    }

    func controlsAreSet() async throws {
        #expect(try await source.originControls(of: package) == nil)
        let open = OriginControls(publish: .allow, upstream: .allow)
        for controls in [open, open, .ingested] {
            try await destination.setOriginControls(controls, of: package)
            #expect(try await source.originControls(of: package) == controls)
        }
        let listed = try await source.packages(in: package.repository, after: nil).elements
        #expect(listed.contains(ListedPackage(package, originControls: .ingested)))
        #expect(try await source.versions(of: package, after: nil).elements == [])
        #expect(await kind { try await put("a.pom", [7]) } == .denied)
        try await destination.setOriginControls(open, of: package)
        try await put("a.pom", [7])
        #expect(try await source.originControls(of: package) == open)
    }

    func archivedTakesNothing() async throws {
        try await put("a.pom", [7])
        try await destination.setStatus(.archived, of: VersionCoordinates(package: package, version: "1.0"))
        #expect(await kind { try await put("a.jar", [1]) } == .conflict)
        #expect(try await assets() == ["a.pom": sum([7])])
    }

    func documentPublishes() async throws {
        for version in ["1.0", "1.1", "1.2"] { try await put("a-\(version).pom", [7], in: version) }
        try await document(
            .artifactLevel(
                groupID: package.namespace,
                artifactID: package.name,
                versions: ["1.0", "1.2"],
                lastUpdated: nil
            )
        )
        #expect(try await status("1.0") == .published)
        #expect(try await status("1.1") == .unfinished)
        #expect(try await status("1.2") == .published)
    }

    func checksumBlocks() async throws {
        let build = "1.0-20260101.101010-1"
        let stem = "\(package.name)-\(build)"
        try await put("\(stem).jar", [1], in: "1.0-SNAPSHOT")
        func checksum(_ sum: String) async throws {
            try await destination.publish(Array(sum.utf8), as: "\(stem).jar.sha256", in: "1.0-SNAPSHOT", of: package)
        }
        #expect(await kind { try await checksum(sum([2])) } == .invalid)
        #expect(await kind { try await publishSnapshot(["\(stem).jar"]) } == .invalid)
        #expect(try await status(build) == .unfinished)
        try await checksum(sum([1]))
        try await publishSnapshot(["\(stem).jar"])
        #expect(try await status(build) == .unlisted)
    }

    func snapshotShowsItsBuild() async throws {
        let builds = ["1.0-20260101.101010-1", "1.0-20260102.101010-2"]
        for build in builds { try await put("\(package.name)-\(build).jar", Array(build.utf8), in: "1.0-SNAPSHOT") }
        #expect(try await status("1.0-SNAPSHOT") == nil)
        let newest = "\(package.name)-\(builds[1]).jar"
        try await publishSnapshot([newest])
        #expect(try await status("1.0-SNAPSHOT") == .published)
        #expect(try await assets("1.0-SNAPSHOT") == [newest: sum(Array(builds[1].utf8))])
        #expect(try await status(builds[0]) == .unfinished)
        #expect(try await status(builds[1]) == .unlisted)
    }

    func strangerInSnapshot() async throws {
        #expect(await kind { try await put("\(package.name)-1.0.jar", [1], in: "1.0-SNAPSHOT") } == .invalid)
    }

    private func publishSnapshot(_ names: [String]) async throws {
        let metadata = MavenMetadata.snapshotLevel(
            groupID: package.namespace,
            artifactID: package.name,
            version: "1.0-SNAPSHOT",
            assetNames: names
        )
        try await document(try #require(metadata), in: "1.0-SNAPSHOT")
    }
}
