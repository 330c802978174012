import FoundationEssentials
import ReconcileCore
import TestSupport
import Testing

@testable import DirectoryAdapter

/// Directories whose file system takes several names for one, as FAT, NTFS, SMB and ext4 with casefold do.
@Suite struct FoldedNamesTests {
    /// What a file system takes for one name, and how it keeps the name.
    enum Folding: CaseIterable, Sendable {
        case letters, accents, both

        func isOne(_ name: String, _ other: String) -> Bool {
            switch self {
            case .letters: ExactText(name.lowercased()) == ExactText(other.lowercased())
            // Strings are equal as texts: accented letters in one piece or two.
            case .accents: name == other
            case .both: name.lowercased() == other.lowercased()
            }
        }

        var resolution: OpenFile.Resolution {
            { name, entries in entries.first { isOne($0, name) } ?? name }
        }

        /// Two texts of which only one can be a name.
        var pair: (first: String, second: String) {
            switch self {
            case .letters: ("combinatoricsLib", "combinatoricslib")
            case .accents: ("re\u{301}sume\u{301}", "r\u{E9}sum\u{E9}")
            case .both: ("R\u{E9}sum\u{E9}", "re\u{301}sume\u{301}")
            }
        }
    }

    @Test(
        "Without inode numbers to go by, the name that differs only in form is named",
        arguments: [
            ("combinatoricslib", "combinatoricsLib"), ("caf\u{65}\u{301}", "CAF\u{C9}"), ("other", nil),
        ]
    )
    func twins(name: String, twin: String?) {
        #expect(ExactNames.twin(of: name, among: ["combinatoricsLib", "CAF\u{C9}", "app"]) == twin)
    }

    @Test(arguments: Folding.allCases)
    func `of two names that are one to the file system the second is refused, and neither is taken for the other`(
        folding: Folding
    ) async throws {
        let (first, second) = folding.pair
        try await withStore(folding.resolution) { store, _ in
            for (kept, refused) in [
                ("ns/\(first)/1.0/a.jar", "ns/\(second)/1.0/a.jar"), ("ns/files/\(first)", "ns/files/\(second)"),
            ] {
                _ = try await store.write([1], to: ObjectKey(kept), .createOnly)
                for condition in [WriteCondition.createOnly, .overwrite] {
                    let failure = await #expect(throws: RemoteFailure.self) {
                        try await store.write([2], to: ObjectKey(refused), condition)
                    }
                    #expect(failure?.kind == .conflict)
                    let words = try #require(failure?.message)
                    #expect(words.utf8Contains("/\(first)") && words.utf8Contains("/\(second)"), "\(words)")
                }
                #expect(try await store.read(ObjectKey(refused), limit: 10) == nil)
                #expect(try await store.inspect(ObjectKey(refused)) == nil)
                let body = store.body(at: ObjectKey(refused), versionID: nil, range: nil)
                let failure = await #expect(throws: RemoteFailure.self) { try await body.read { _ in } }
                #expect(failure?.kind == .absent)
                #expect(try await store.read(ObjectKey(kept), limit: 10) == [1])
                #expect(try await store.write([1], to: ObjectKey(kept), .createOnly) == .alreadyExists)
                #expect(try await store.write([1], to: ObjectKey(kept), .overwrite) == .stored(versionID: nil))
            }
            #expect(try await store.list(prefix: ObjectKey("ns/\(second)/"), after: nil).elements.isEmpty)
            #expect(try await store.list(prefix: ObjectKey("ns/\(first)/"), after: nil).elements.count == 1)
            let all = try await store.list(prefix: ObjectKey(""), after: nil).elements.map(\.key)
            #expect(all == [ObjectKey("ns/\(first)/1.0/a.jar"), ObjectKey("ns/files/\(first)")].sorted())
        }
    }

    @Test func `a writer that was faster with the other name is not taken for one that wrote the same`() async throws {
        try await withStore(Folding.letters.resolution) { store, path in
            let bytes = patternBytes(100)
            let body = Interrupted(bytes: bytes) {
                try Data([1]).write(to: URL(filePath: path + "/a/Lib.jar"))
            }
            let failure = await #expect(throws: RemoteFailure.self) {
                try await store.write(body, of: .listing(bytes), to: ObjectKey("a/lib.jar"), .createOnly)
            }
            #expect(failure?.kind == .conflict)
            #expect(try await store.read(ObjectKey("a/Lib.jar"), limit: 10) == [1])
            let names = try FileManager.default.contentsOfDirectory(atPath: path + "/a")
            #expect(names == ["Lib.jar"])
        }
    }

    @Test func `a name that the file system changes is refused, and leaves no object`() async throws {
        try await withStore({ name, _ in name.lowercased() }) { store, path in
            let failure = await #expect(throws: RemoteFailure.self) {
                try await store.write([1], to: ObjectKey("a/Lib.jar"), .createOnly)
            }
            #expect(failure?.kind == .conflict)
            #expect(failure?.message.contains("lists a/Lib.jar as a/lib.jar") == true)
            let names = try FileManager.default.contentsOfDirectory(atPath: path + "/a")
            #expect(names.isEmpty)
        }
    }

    @Test func `opening looks up what is there, and makes a directory only where there is nothing to look up`()
        async throws
    {
        let systems: [(OpenFile.Resolution?, Bool)] = [(Folding.letters.resolution, true), (nil, false)]
        for (resolution, folds) in systems {
            try await withScratchDirectory { path in
                let files = FileManager.default
                let ledger = RequestLedger()
                func open(create: Bool) throws -> DirectoryStore {
                    try DirectoryStore(directory: path, create: create, resolution: resolution, ledger: ledger)
                }
                // Nothing shows it: names are checked all the same.
                #expect(try !open(create: false).operations.takesCasesForOne)
                #expect(try files.contentsOfDirectory(atPath: path).isEmpty)
                #expect(try open(create: true).operations.takesCasesForOne == folds)
                #expect(try files.contentsOfDirectory(atPath: path) == [".reconcile-incoming"])
                try files.removeItem(atPath: path + "/.reconcile-incoming")
                try files.createDirectory(atPath: path + "/my-domain", withIntermediateDirectories: false)
                for create in [true, false] {
                    #expect(try open(create: create).operations.takesCasesForOne == folds)
                    #expect(try files.contentsOfDirectory(atPath: path) == ["my-domain"])
                }
            }
        }
    }

    /// All but those that want such names kept apart, and that list so much that folding it takes long.
    @Test(arguments: ObjectStoreContract.allCases.filter { $0 != .namesSurvive && $0 != .listingsArePaged })
    func `the store keeps the contract where the file system ignores case`(rule: ObjectStoreContract) async throws {
        try await withStore(Folding.letters.resolution) { store, _ in try await rule.verify(store) }
    }

    @Test func `a run protects the first of two packages, fails the other by name, and records no deletion`()
        async throws
    {
        try await withStore(Folding.letters.resolution) { store, _ in
            let source = InMemorySource()
            let packages = ["combinatoricsLib", "combinatoricslib"].map {
                PackageCoordinates(repository: "releases", namespace: "org.example", name: $0)
            }
            for package in packages {
                source.publish(VersionCoordinates(package: package, version: "1.0"), ["a.jar": package.name])
            }
            let clock = ManualClock(at: "2026-11-22T08:36:12Z")
            let backup = Backup(
                store: store,
                layout: BackupLayout(domain: "acme"),
                hashes: testHashes,
                clock: clock
            )
            var options = Reconciler.Options()
            options.width = 1
            let reconciler = Reconciler(
                source: source,
                backup: backup,
                options: options,
                recorder: Manifest.Recorder(door: "reconcile", version: "test")
            )
            for copied in [1, 0] {
                let report = await reconciler.run(
                    id: "run",
                    in: RunContext(clock: clock, ledger: RequestLedger(), stop: StopSignal())
                )
                #expect(report.exit == .failures)
                #expect(report.versions.listed == 2 && report.versions.copied == copied)
                #expect(report.versions.failed == 1 && report.versions.orphaned == 0)
                #expect(report.warnings.contains { $0.contains("ignores case") })
                let failure = try #require(report.failures.first)
                #expect(failure.kind == "conflict")
                for package in packages { #expect(failure.message.contains(package.name), "\(failure.message)") }
            }
        }
    }

    private func withStore(
        _ resolution: @escaping OpenFile.Resolution,
        _ body: (_ store: DirectoryStore, _ path: String) async throws -> Void
    ) async throws {
        try await withScratchDirectory { path in
            let store = try DirectoryStore(
                directory: path,
                create: true,
                resolution: resolution,
                ledger: RequestLedger()
            )
            try await body(store, path)
        }
    }
}

/// A body that lets something happen before its first piece.
private struct Interrupted: AssetBody {
    let bytes: [UInt8]
    let act: @Sendable () throws -> Void

    func read(_ receive: (_ piece: [UInt8]) async throws -> Void) async throws {
        try act()
        try await receive(bytes)
    }
}

extension String {
    /// Whether a text stands in this one byte for byte.
    fileprivate func utf8Contains(_ part: String) -> Bool {
        let (whole, part) = (Array(utf8), Array(part.utf8))
        return whole.indices.contains { whole[$0...].starts(with: part) }
    }
}
