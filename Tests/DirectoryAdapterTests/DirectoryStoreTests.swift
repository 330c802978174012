import FoundationEssentials
import Glibc
import ReconcileCore
import Synchronization
import TestSupport
import Testing

@testable import DirectoryAdapter

@Suite struct DirectoryStoreTests {
    @Test(arguments: [
        ("", "empty segment"), ("a//b", "empty segment"), ("/a", "empty segment"), ("a/", "empty segment"),
        ("a/../b", "segment .."), ("..", "segment .."), ("a/.", "segment ."), ("a/b\0c", "NUL"),
        ("a/" + String(repeating: "x", count: 256), "256 bytes; 255 is the most"),
        (String(repeating: "é", count: 128), "256 bytes; 255 is the most"),
        (".reconcile-incoming/x", "kept for unfinished files"),
    ])
    func `a key that no directory can hold is an invalid failure of that key`(
        key: String,
        reason: String
    ) async throws {
        try await withStore { store, path in
            for attempt in [
                { _ = try await store.write([1], to: ObjectKey(key), .createOnly) },
                { _ = try await store.write([1], to: ObjectKey(key), .overwrite) },
                { _ = try await store.read(ObjectKey(key), limit: 1) },
                { _ = try await store.inspect(ObjectKey(key)) },
            ] {
                let failure = await #expect(throws: RemoteFailure.self) { try await attempt() }
                #expect(failure?.kind == .invalid)
                #expect(failure?.target == key)
                #expect(failure?.message.contains(reason) == true)
            }
            let names = try FileManager.default.contentsOfDirectory(atPath: path)
            #expect(names.isEmpty)
        }
    }

    @Test func `a segment of 255 bytes is held`() async throws {
        try await withStore { store, _ in
            let key = ObjectKey("a/" + String(repeating: "x", count: 255))
            let outcome = try await store.write([1], to: key, .createOnly)
            #expect(outcome == .stored(versionID: nil))
            #expect(try await store.read(key, limit: 1) == [1])
        }
    }

    @Test func `a symbolic link is never followed, not even to a place inside`() async throws {
        try await withScratchDirectory { outside in
            try Data([9]).write(to: URL(filePath: outside + "/secret"))
            try await withStore { store, path in
                let files = FileManager.default
                try files.createSymbolicLink(atPath: path + "/dir", withDestinationPath: outside)
                try files.createSymbolicLink(atPath: path + "/file", withDestinationPath: outside + "/secret")
                try files.createSymbolicLink(atPath: path + "/dangling", withDestinationPath: outside + "/new")
                for key in ["dir/secret", "dir/new", "file", "dangling"] {
                    await expectInvalid { _ = try await store.write([1], to: ObjectKey(key), .createOnly) }
                    await expectInvalid { _ = try await store.read(ObjectKey(key), limit: 10) }
                    await expectInvalid { _ = try await store.inspect(ObjectKey(key)) }
                }
                await expectInvalid { _ = try await store.write([1], to: ObjectKey("dir/new"), .overwrite) }
                #expect(try await store.list(prefix: ObjectKey(""), after: nil).elements.isEmpty)
                await expectInvalid { _ = try await store.list(prefix: ObjectKey("dir/"), after: nil) }
                // The name itself is the store's: over a link, a file is put in its place.
                _ = try await store.write([1], to: ObjectKey("file"), .overwrite)
                #expect(try files.contentsOfDirectory(atPath: outside) == ["secret"])
                #expect(try Data(contentsOf: URL(filePath: outside + "/secret")) == Data([9]))
            }
        }
    }

    @Test func `a file further down is opened in one call, and never by way of a link or from outside`() async throws {
        try await withScratchDirectory { path in
            let files = FileManager.default
            try files.createDirectory(atPath: path + "/store/a/b", withIntermediateDirectories: true)
            try Data([1]).write(to: URL(filePath: path + "/store/a/b/c"))
            try Data([9]).write(to: URL(filePath: path + "/secret"))
            try files.createSymbolicLink(atPath: path + "/store/dir", withDestinationPath: path + "/store/a")
            try files.createSymbolicLink(atPath: path + "/store/a/file", withDestinationPath: path + "/secret")
            let store = try OpenFile.directory(at: path + "/store")
            #expect(try store.openFile(below: "a/b/c")?.read(upTo: 10) == [1])
            for refused in ["dir/b/c", "a/file", "../secret", path + "/secret", "a/none"] {
                #expect(store.openFile(below: refused) == nil, "\(refused)")
            }
        }
    }

    @Test(arguments: [
        "acme", "acme/maven", "acme/maven/releases", "acme/manifests/maven", "acme/manifests/maven/releases",
        "acme/checkpoints", "acme/runs", "acme/configuration",
    ])
    func `a folder of a backup that became a link is named by the first listing`(folder: String) async throws {
        try await withScratchDirectory { path in
            let files = FileManager.default
            let folders = [
                "acme/maven/releases", "acme/manifests/maven/releases", "acme/checkpoints", "acme/runs",
                "acme/configuration",
            ]
            for name in folders {
                try files.createDirectory(atPath: "\(path)/store/\(name)", withIntermediateDirectories: true)
            }
            try files.moveItem(atPath: "\(path)/store/\(folder)", toPath: "\(path)/moved")
            try files.createSymbolicLink(atPath: "\(path)/store/\(folder)", withDestinationPath: "\(path)/moved")
            let store = try DirectoryStore(directory: "\(path)/store", create: false, ledger: RequestLedger())
            let failure = await #expect(throws: RemoteFailure.self) {
                _ = try await store.list(prefix: ObjectKey("acme/manifests/"), after: nil)
            }
            #expect(failure?.kind == .invalid && failure?.target == "file://\(path)/store/\(folder)")
            #expect(failure?.message.contains("it is a symbolic link, which is never followed") == true)
        }
    }

    @Test(arguments: ["manifests/maven/releases/g", "manifests/maven/releases/g/a/1.0", "runs/2026-11-30"])
    func `a link among records is listed as a folder that is hidden, on each page that comes to it`(
        link: String
    ) async throws {
        try await withScratchDirectory { path in
            let files = FileManager.default
            for name in ["manifests/maven/releases/g/a/1.0", "manifests/maven/releases/h/a/1.0", "runs/2026-11-30"] {
                let folder = "\(path)/store/acme/\(name)"
                try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
                #expect(files.createFile(atPath: folder + "/x.json", contents: Data([1])))
            }
            try files.moveItem(atPath: "\(path)/store/acme/\(link)", toPath: "\(path)/moved")
            try files.createSymbolicLink(atPath: "\(path)/store/acme/\(link)", withDestinationPath: "\(path)/moved")
            let store = try DirectoryStore(directory: "\(path)/store", create: false, ledger: RequestLedger())
            let kind = try #require(link.split(separator: "/").first)
            let page = try await store.list(prefix: ObjectKey("acme/\(kind)/"), startingAfter: nil, after: nil)
            #expect(page.hidden.map(\.prefix) == [ObjectKey("acme/\(link)/")])
            #expect(page.hidden.first?.failure.kind == .invalid)
            #expect(page.hidden.first?.failure.target == "file://\(path)/store/acme/\(link)/")
            #expect(
                page.elements.map(\.key.value)
                    == (kind == "runs" ? [] : ["acme/manifests/maven/releases/h/a/1.0/x.json"])
            )
        }
    }

    @Test(arguments: ["manifests/maven/releases", "manifests/maven/releases/g"])
    func `a file in the place of a folder of records is listed as one that is hidden`(place: String) async throws {
        try await withScratchDirectory { path in
            let files = FileManager.default
            for name in ["manifests/maven/releases/g/a/1.0", "manifests/maven/shared/h/a/1.0"] {
                let folder = "\(path)/acme/\(name)"
                try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
                #expect(files.createFile(atPath: folder + "/x.json", contents: Data([1])))
            }
            try files.removeItem(atPath: "\(path)/acme/\(place)")
            #expect(files.createFile(atPath: "\(path)/acme/\(place)", contents: Data([1])))
            let store = try DirectoryStore(directory: path, create: false, ledger: RequestLedger())
            let page = try await store.list(prefix: ObjectKey("acme/manifests/"), startingAfter: nil, after: nil)
            #expect(page.hidden.map(\.prefix) == [ObjectKey("acme/\(place)/")])
            #expect(page.hidden.first?.failure.message.hasPrefix("it is a file, and must be a folder of the") == true)
            #expect(page.elements.map(\.key.value) == ["acme/manifests/maven/shared/h/a/1.0/x.json"])
        }
    }

    @Test(arguments: [true, false], ["manifests/maven/releases/g", "manifests/maven/releases/g/a"])
    func `a listing below a link or a file among records is hidden, and not empty`(isLink: Bool, place: String)
        async throws
    {
        try await withScratchDirectory { path in
            let files = FileManager.default
            let folder = "\(path)/store/acme/manifests/maven/releases/g/a/1.0"
            try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let instead = "\(path)/store/acme/\(place)"
            try files.moveItem(atPath: instead, toPath: "\(path)/moved")
            if isLink {
                try files.createSymbolicLink(atPath: instead, withDestinationPath: "\(path)/moved")
            } else {
                #expect(files.createFile(atPath: instead, contents: nil))
            }
            let store = try DirectoryStore(directory: "\(path)/store", create: false, ledger: RequestLedger())
            let prefix = ObjectKey("acme/manifests/maven/releases/g/a/1.0/")
            let page = try await store.list(prefix: prefix, startingAfter: nil, after: nil)
            #expect(page.hidden.map(\.prefix) == [ObjectKey("acme/\(place)/")])
            let other = try await store.list(prefix: ObjectKey("acme/manifests/maven/releases/h/"), after: nil)
            #expect(other.hidden.isEmpty && other.elements.isEmpty)
        }
    }

    @Test func `what is neither a file nor a folder hides a record, and a hidden file of a desktop nothing`()
        async throws
    {
        try await withScratchDirectory { path in
            let folder = "\(path)/acme/manifests/maven/releases/g/a/1.0"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            #expect(unsafe mkfifo("\(folder)/x.json", 0o644) == 0)
            #expect(FileManager.default.createFile(atPath: "\(path)/acme/manifests/maven/.DS_Store", contents: Data()))
            let store = try DirectoryStore(directory: path, create: false, ledger: RequestLedger())
            let page = try await store.list(prefix: ObjectKey("acme/manifests/"), startingAfter: nil, after: nil)
            #expect(page.hidden.map(\.prefix) == [ObjectKey("acme/manifests/maven/releases/g/a/1.0/x.json/")])
            #expect(page.hidden.first?.failure.message.hasPrefix("it is neither a file nor a folder") == true)
            #expect(page.elements.map(\.key.value) == ["acme/manifests/maven/.DS_Store"])
        }
    }

    @Test func `a link among assets hides nothing`() async throws {
        try await withScratchDirectory { path in
            let files = FileManager.default
            try files.createDirectory(atPath: "\(path)/acme/maven/releases/g/1.0", withIntermediateDirectories: true)
            try files.createSymbolicLink(atPath: "\(path)/acme/maven/releases/g/latest", withDestinationPath: "1.0")
            let store = try DirectoryStore(directory: path, create: false, ledger: RequestLedger())
            let page = try await store.list(prefix: ObjectKey("acme/maven/releases/"), startingAfter: nil, after: nil)
            #expect(page.hidden.isEmpty && page.elements.isEmpty)
        }
    }

    @Test(arguments: ["acme", "acme/maven", "acme/manifests", "acme/manifests/maven", "acme/checkpoints"])
    func `a file in the place of a folder of a backup is named by the first listing`(folder: String) async throws {
        try await withScratchDirectory { path in
            let files = FileManager.default
            let above = "\(path)/\(folder)".split(separator: "/").dropLast().joined(separator: "/")
            try files.createDirectory(atPath: "/\(above)", withIntermediateDirectories: true)
            #expect(files.createFile(atPath: "\(path)/\(folder)", contents: nil))
            let store = try DirectoryStore(directory: path, create: false, ledger: RequestLedger())
            let failure = await #expect(throws: RemoteFailure.self) {
                _ = try await store.list(prefix: ObjectKey("acme/manifests/"), after: nil)
                _ = try await store.list(prefix: ObjectKey("acme/checkpoints/"), after: nil)
            }
            #expect(failure?.kind == .invalid && failure?.target == "file://\(path)/\(folder)")
            #expect(failure?.message.contains("it is a file, and must be a folder of the backup") == true)
        }
    }

    @Test func `an object and a directory cannot share a name`() async throws {
        try await withStore { store, _ in
            _ = try await store.write([1], to: ObjectKey("a/b"), .createOnly)
            await expectInvalid { _ = try await store.write([2], to: ObjectKey("a"), .createOnly) }
            await expectInvalid { _ = try await store.write([2], to: ObjectKey("a"), .overwrite) }
            await expectInvalid { _ = try await store.write([2], to: ObjectKey("a/b/c"), .createOnly) }
            #expect(try await store.read(ObjectKey("a/b"), limit: 1) == [1])
        }
    }

    @Test func `writing leaves no unfinished file, whether it succeeds or fails`() async throws {
        try await withStore { store, path in
            let bytes = patternBytes(1000)
            _ = try await store.write(bytes, to: ObjectKey("a"), .createOnly)
            _ = try await store.write(bytes, to: ObjectKey("a"), .overwrite)
            _ = try? await store.write(
                PiecewiseBody(bytes, breaksOff: true),
                of: .listing(bytes),
                to: ObjectKey("b"),
                .createOnly
            )
            #expect(try FileManager.default.contentsOfDirectory(atPath: path + "/.reconcile-incoming").isEmpty)
            #expect(try await store.list(prefix: ObjectKey(""), after: nil).elements.map(\.key.value) == ["a"])
        }
    }

    /// Bytes that look at a folder while they are read.
    private struct WatchingBody: AssetBody {
        let bytes: [UInt8]
        let look: @Sendable () -> Void

        func read(_ receive: (_ piece: [UInt8]) async throws -> Void) async throws {
            try await receive(bytes)
            look()
        }
    }

    @Test(arguments: [WriteCondition.createOnly, .overwrite])
    func `a file that is being written has no name that a killed process would leave`(condition: WriteCondition)
        async throws
    {
        try await withStore { store, path in
            let bytes = patternBytes(1000)
            let key = ObjectKey("d/a")
            if condition == .overwrite { _ = try await store.write([1], to: key, .createOnly) }
            let seen = Mutex<[String]?>(nil)
            let body = WatchingBody(bytes: bytes) {
                let names = try? FileManager.default.contentsOfDirectory(atPath: path + "/.reconcile-incoming")
                seen.withLock { $0 = names }
            }
            #expect(try await store.write(body, of: .listing(bytes), to: key, condition) == .stored(versionID: nil))
            #expect(seen.withLock { $0 } == [])
            #expect(try await store.read(key, limit: 1000) == bytes)
            var status = stat()
            #expect(unsafe stat("\(path)/d/a", &status) == 0)
            // Whatever the umask, nobody but the owner may write to it.
            #expect(status.st_mode & 0o7022 == 0 && status.st_nlink == 1)
            #expect(try FileManager.default.contentsOfDirectory(atPath: path + "/.reconcile-incoming") == [])
        }
    }

    @Test func `a verification names what a killed writer left, and only a strict one calls it a fault`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(SignedModel.version("1.0"))
        _ = await rehearsal.run(Reconciler.Options())
        try await withStore { store, path in
            for key in rehearsal.store.keys.map({ ObjectKey($0) }) {
                let bytes = try #require(try await rehearsal.store.read(key, limit: 1 << 20))
                _ = try await store.write(bytes, to: key, .createOnly)
            }
            func verify(_ change: (inout Verifier.Options) -> Void = { _ in }) async -> VerifyReport {
                var options = Verifier.Options()
                change(&options)
                return await Verifier(of: rehearsal.backup(in: store), options: options)
                    .run(id: "verify", in: RunContext(clock: rehearsal.clock, ledger: RequestLedger()))
            }
            #expect(await verify().notes == [])
            let now = rehearsal.clock.secondsSince1970()
            for (name, age) in [("1-dead", 7_200.0), ("2-busy", 60)] {
                let file = "\(path)/.reconcile-incoming/\(name)"
                try Data([1, 2, 3]).write(to: URL(filePath: file))
                let modified = Date(timeIntervalSince1970: now - age)
                try FileManager.default.setAttributes([.modificationDate: modified], ofItemAtPath: file)
            }
            let report = await verify()
            #expect(report.outcome == .sound && report.notes.map(\.key) == [".reconcile-incoming/1-dead"])
            #expect(report.notes.first?.message.hasPrefix("a writer that was killed left 3 B of a file here") == true)
            let strict = await verify { $0.isStrict = true }
            #expect(strict.outcome == .faulty && strict.findings.map(\.key) == [".reconcile-incoming/1-dead"])
            // They are of the whole store, and of no repository.
            #expect(await verify { $0.selection.repositories = ["releases"] }.notes == [])
        }
    }

    @Test func `the first write sweeps unfinished files that are older than a day, and only those`() async throws {
        try await withStore { store, path in
            let incoming = path + "/.reconcile-incoming"
            let files = FileManager.default
            try files.createDirectory(atPath: incoming, withIntermediateDirectories: false)
            for (name, age) in [("old", 25.0), ("young", 23.0)] {
                try Data().write(to: URL(filePath: "\(incoming)/\(name)"))
                let modified = Date(timeIntervalSinceNow: -age * 3600)
                try files.setAttributes([.modificationDate: modified], ofItemAtPath: "\(incoming)/\(name)")
            }
            _ = try await store.write([1], to: ObjectKey("a"), .createOnly)
            #expect(try files.contentsOfDirectory(atPath: incoming) == ["young"])
        }
    }

    @Test func `without hard links, an exclusive rename keeps two writers apart`() async throws {
        try await withScratchDirectory { path in
            let directory = try OpenFile.directory(at: path)
            try directory.createFile("one").write([1])
            try directory.createFile("two").write([2])
            try directory.renameWithoutReplacing("one", into: directory, as: "target")
            let failure = #expect(throws: SystemFailure.self) {
                try directory.renameWithoutReplacing("two", into: directory, as: "target")
            }
            #expect(failure?.code == EEXIST)
            #expect(try directory.openFile("target").read(upTo: 10) == [1])
            #expect(try directory.status(of: "one") == nil)
            #expect(try directory.status(of: "two")?.size == 1)
        }
    }

    @Test func `an absent directory is made, an absent parent is not`() async throws {
        try await withScratchDirectory { path in
            let ledger = RequestLedger()
            #expect(throws: RemoteFailure.self) {
                try DirectoryStore(directory: path + "/new", create: false, ledger: ledger)
            }
            let store = try DirectoryStore(directory: path + "/new", create: true, ledger: ledger)
            #expect(try await store.list(prefix: ObjectKey(""), after: nil).elements.isEmpty)
            #expect(store.location == "file://\(path)/new")
            let failure = #expect(throws: RemoteFailure.self) {
                try DirectoryStore(directory: path + "/no/such", create: true, ledger: ledger)
            }
            #expect(failure?.kind == .absent)
            #expect(failure?.message == "its parent directory does not exist; make it or mount it, then run again")
        }
    }

    @Test func `each call is counted under its own name`() async throws {
        try await withScratchDirectory { path in
            let ledger = RequestLedger()
            let store = try DirectoryStore(directory: path, create: false, ledger: ledger)
            _ = try await store.write([1], to: ObjectKey("a"), .createOnly)
            _ = try await store.write([1], to: ObjectKey("a"), .createOnly)
            _ = try await store.read(ObjectKey("a"), limit: 1)
            _ = try await store.inspect(ObjectKey("a"))
            _ = try await store.list(prefix: ObjectKey("a"), after: nil)
            #expect(
                ledger.snapshot.requests == [
                    "directory.Write": 2, "directory.Read": 1, "directory.Inspect": 1, "directory.List": 1,
                ]
            )
        }
    }

    @Test(arguments: [
        (ENOSPC, RemoteFailure.Kind.unavailable, "full"), (EDQUOT, .unavailable, "full"),
        (EACCES, .denied, "owner and mode"), (EPERM, .denied, "owner and mode"), (EROFS, .denied, "read-only"),
        (ENAMETOOLONG, .invalid, "name"), (EFBIG, .invalid, "size"), (EIO, .unavailable, "disk"),
        (EMFILE, .unavailable, "ulimit -n"), (ENFILE, .unavailable, "fs.file-max"), (ENOTSUP, .invalid, "hard links"),
    ])
    func `a system failure tells the operator what to do`(
        code: Int32,
        kind: RemoteFailure.Kind,
        words: String
    ) {
        let failure = SystemFailure(code: code).described(operation: DirectoryOperations.write, target: "a/b")
        #expect(failure.kind == kind)
        #expect(failure.message.contains(words))
        #expect(failure.target == "a/b")
    }

    @Test(arguments: [1, 2, 3, 7])
    func `a listing in pages of any size is the whole listing in byte order`(limit: Int) async throws {
        try await withStore { store, path in
            let names = ["a", "a-b/1", "a.txt", "b/1", "b/2", "b-/x", "b0", "é/1", "z/y/x/w", "z/y/x0"]
            for name in names { _ = try await store.write([1], to: ObjectKey(name), .createOnly) }
            let root = try OpenFile.directory(at: path)
            let exact = try ExactNames(probing: root)
            var found: [String] = []
            var after: String?
            repeat {
                let page = try DirectoryListing.page(
                    of: root,
                    names: exact,
                    prefix: "",
                    after: after,
                    limit: limit
                ) {
                    $1.described(operation: DirectoryOperations.list, target: $0)
                }
                #expect(page.elements.count <= limit)
                found += page.elements.map(\.key.value)
                after = page.next?.value
            } while after != nil
            #expect(found == names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        }
    }

    @Test(arguments: [1, 2, 3, 100])
    func `a directory that may not be read is named by one page, and everything else is listed`(limit: Int) async throws
    {
        try await withStore { store, path in
            for name in ["a/1", "b/1", "b/2", "c/d/1", "c/e", "f/1", "g/1"] {
                _ = try await store.write([1], to: ObjectKey(name), .createOnly)
            }
            let closed = ["b", "c/d", "g"].map { "\(path)/\($0)" }
            for directory in closed { #expect(unsafe chmod(directory, 0) == 0) }
            defer { for directory in closed { unsafe chmod(directory, 0o755) } }
            #expect(unsafe chmod(path, 0o755) == 0)
            let root = try OpenFile.directory(at: path)
            let names = try ExactNames(probing: root)
            var (found, hidden): ([String], [String]) = ([], [])
            var after: String?
            repeat {
                let page = try withoutRights {
                    try DirectoryListing.page(of: root, names: names, prefix: "", after: after, limit: limit) {
                        $1.described(operation: DirectoryOperations.list, target: $0)
                    }
                }
                found += page.elements.map(\.key.value)
                #expect(page.hidden.allSatisfy { $0.failure.kind == .denied && $0.failure.target == $0.prefix.value })
                hidden += page.hidden.map(\.prefix.value)
                after = page.next?.value
            } while after != nil
            #expect(found == ["a/1", "c/e", "f/1"])
            #expect(hidden == ["b/", "c/d/", "g/"])
            #expect(throws: SystemFailure.self) {
                try withoutRights {
                    try DirectoryListing.page(of: root, names: names, prefix: "b/", after: nil) {
                        $1.described(operation: DirectoryOperations.list, target: $0)
                    }
                }
            }
        }
    }

    /// Does something on this thread as a user to whom nothing belongs; a user who is not root has no rights anyway.
    private func withoutRights<Value>(_ body: () throws -> Value) throws -> Value {
        let symbol = unsafe try #require(unsafe dlsym(nil, "setfsuid"))
        let setUser = unsafe unsafeBitCast(symbol, to: (@convention(c) (uid_t) -> CInt).self)
        let before = setUser(65_534)
        defer { _ = setUser(uid_t(before)) }
        return try body()
    }

    private func withStore(_ body: (_ store: DirectoryStore, _ path: String) async throws -> Void) async throws {
        try await withScratchDirectory { path in
            try await body(DirectoryStore(directory: path, create: false, ledger: RequestLedger()), path)
        }
    }

    private func expectInvalid(_ attempt: () async throws -> Void) async {
        let failure = await #expect(throws: RemoteFailure.self) { try await attempt() }
        #expect(failure?.kind == .invalid)
    }
}
