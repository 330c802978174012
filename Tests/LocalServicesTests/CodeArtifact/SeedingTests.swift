import Cryptography
import FoundationEssentials
import ReconcileCore
import TestSupport
import Testing

@testable import LocalServices

@Suite("What a domain is filled with")
struct SeedingTests {
    @Test("a recipe is read from its spelling")
    func recipe() throws {
        let (repository, recipe) = try SyntheticRecipe.read(
            "packages=5,versions=2,assets=3,size=10-20,seed=9,repository=r"
        )
        #expect(repository == "r")
        #expect(recipe == SyntheticRecipe(packages: 5, versions: 2, assets: 3, size: 10...20, seed: 9))
        #expect(throws: SeedingFailure.self) { try SyntheticRecipe.read("packages=many") }
        #expect(throws: SeedingFailure.self) { try SyntheticRecipe.read("size=20-10") }
    }

    @Test("synthetic bytes have their size, their hashes and one value for one seed")
    func content() async throws {
        for size in [0, 1, 65_536, 200_001] as [Int64] {
            let content = AssetContent.synthetic(.random(seed: 3, size: size))
            let bytes = try await Self.read(content)
            #expect(try await bytes == Self.read(.synthetic(.random(seed: 3, size: size))))
            let facts = try await AssetLedger().facts(of: content)
            #expect(facts.size == size)
            #expect(facts.size == Int64(bytes.count))
            #expect(facts.checksums.sha256 == Hexadecimal.encode(Digest.of(bytes, .sha256)))
        }
    }

    @concurrent
    private static func read(_ content: AssetContent) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        try await content.read { bytes += $0 }
        return bytes
    }

    @Test("a million synthetic packages are listed page by page, and a changed one shows its change")
    func overlay() throws {
        let recipe = SyntheticRecipe(packages: 1_000_000, versions: 3)
        var repository = RepositoryState(
            name: "r",
            description: nil,
            createdTime: 0,
            upstreams: [],
            synthetic: SyntheticRepository(recipe: recipe, repository: "r")
        )
        let first = repository.packages(PackageFilter(), from: nil, limit: 2)
        #expect(first.elements.map(\.key.name) == ["artifact-000000", "artifact-000001"])
        let later = repository.packages(PackageFilter(), from: "s999999", limit: 2)
        #expect(later.elements.map(\.key) == [PackageKey(namespace: "com.example.group9999", name: "artifact-999999")])
        #expect(later.next == nil)

        let key = first.elements[1].key
        #expect(repository.untouched(key)?.version(2).revision == repository.version("1.2.0", of: key)?.revision)
        repository[key]?.versions["1.2.0"]?.status = .archived
        #expect(repository.version("1.2.0", of: key)?.status == .archived)
        repository[first.elements[0].key] = nil
        let other = PackageKey(namespace: "com.acme", name: "lib")
        repository[other] = PackageState(controls: .published)
        let changed = repository.packages(PackageFilter(), from: nil, limit: 1)
        #expect(changed.elements.map(\.key) == [key])
        let end = repository.packages(PackageFilter(), from: "s999999", limit: 2)
        #expect(end.elements.map(\.key.name) == ["artifact-999999", "lib"])
        let statuses = repository.versions(of: key, VersionFilter(), from: nil, limit: 9)?.elements.map(\.status)
        #expect(statuses == [.published, .published, .archived])
    }

    @Test("a Maven tree is imported: links followed, checksums and metadata left out, snapshots taken apart")
    func tree() async throws {
        try await withScratchDirectory { root in
            let files = FileManager.default
            func write(_ path: String, _ text: String) throws {
                let directory = path.split(separator: "/").dropLast().joined(separator: "/")
                try files.createDirectory(atPath: "\(root)/\(directory)", withIntermediateDirectories: true)
                try Data(text.utf8).write(to: URL(filePath: "\(root)/\(path)"))
            }
            try write("shared.jar", "jar")
            try write("org/acme/lib/debian/lib-debian.pom", "pom")
            try files.createSymbolicLink(
                atPath: "\(root)/org/acme/lib/debian/lib-debian.jar",
                withDestinationPath: "../../../../shared.jar"
            )
            try write("org/acme/lib/debian/lib-debian.pom.sha1", "x")
            try write("org/acme/lib/maven-metadata.xml", "x")
            try write("org/acme/snap/1.0-SNAPSHOT/snap-1.0-20200101.000000-1.jar", "one")
            try write("org/acme/snap/1.0-SNAPSHOT/snap-1.0-20200102.000000-2.jar", "two")

            // As `mvn install` leaves a snapshot.
            try write("org/acme/local/1.0-rc-SNAPSHOT/local-1.0-rc-SNAPSHOT.jar", "jar")
            try write("org/acme/local/1.0-rc-SNAPSHOT/local-1.0-rc-SNAPSHOT-sources.jar", "sources")
            try write("org/acme/snap/1.0-SNAPSHOT/notes.txt", "x")
            // What the API refuses to show.
            try write("org/acme/odd/1.0 beta 2/odd-1.0 beta 2.jar", "x")

            let imported = try MavenTreeImport(root: root).packages(repository: "r", publishedTime: 5)
            let packages = imported.packages
            let lib = try #require(packages[PackageKey(namespace: "org.acme", name: "lib")])
            let debian = try #require(lib.versions["debian"])
            #expect(lib.versions.count == 1)
            #expect(debian.assets.map(\.name) == ["lib-debian.jar", "lib-debian.pom"])
            #expect(try await AssetLedger().facts(of: debian.assets[0].content).size == 3)
            let snap = try #require(packages[PackageKey(namespace: "org.acme", name: "snap")])
            #expect(
                snap.versions.mapValues(\.status) == [
                    "1.0-SNAPSHOT": .published, "1.0-20200101.000000-1": .unlisted, "1.0-20200102.000000-2": .unlisted,
                ]
            )
            #expect(snap.versions["1.0-SNAPSHOT"]?.assets.map(\.name) == ["snap-1.0-20200102.000000-2.jar"])
            #expect(packages.count == 2)
            #expect(
                imported.leftOut == [
                    "org/acme/local/1.0-rc-SNAPSHOT/local-1.0-rc-SNAPSHOT-sources.jar",
                    "org/acme/local/1.0-rc-SNAPSHOT/local-1.0-rc-SNAPSHOT.jar",
                    "org/acme/odd/1.0 beta 2/odd-1.0 beta 2.jar", "org/acme/snap/1.0-SNAPSHOT/notes.txt",
                ]
            )
        }
    }
}
