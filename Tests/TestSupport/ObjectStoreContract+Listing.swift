import Cryptography
import ReconcileCore
import Testing

extension ContractTrial {
    /// No backslash: SeaweedFS takes it for a slash, and no Maven name has one.
    private static let oddNames = [
        "a b c.jar", "1.0+build.7.pom", "tilde~ and -dash_", "percent%20%2F%", "quote'\"`", "amp&<less>",
        "Grüße-ünïcode.pom", "日本語.jar", "emoji-🦆.txt", "cafe\u{301}.txt", "caf\u{E9}.txt",
        "brackets[]{}()", "comma,semi;colon:equals=at@", "dollar$hash#bang!star*question?pipe|caret^",
        ".hidden", "trailing.", " leading and trailing ", "..twodots", "%", "CASE", "case",
        String(repeating: "long-name-", count: 20),
    ]

    func namesSurvive() async throws {
        for (index, name) in Self.oddNames.enumerated() {
            let bytes = Array("object \(index)".utf8)
            let outcome = try await store.write(bytes, to: key("dir \(index)+é/\(name)"), .createOnly)
            #expect(outcome != .alreadyExists)
            #expect(try await store.read(key("dir \(index)+é/\(name)"), limit: 100) == bytes)
            let inspected = try await store.inspect(key("dir \(index)+é/\(name)"))
            #expect(inspected?.sha256 == Hexadecimal.encode(Digest.of(bytes, .sha256)))
            let found = try await listedNames("dir \(index)+é/\(name)").map(ExactText.init)
            #expect(found == [ExactText("dir \(index)+é/\(name)")])
        }
        // All in one directory: names that only look alike stay apart.
        for name in Self.oddNames { _ = try await store.write([7], to: key("all/\(name)"), .createOnly) }
        let expected = Self.oddNames.map { ExactText("all/\($0)") }.sorted()
        let all = try await listedNames("all/").map(ExactText.init)
        #expect(all == expected)
    }

    func prefixesCut() async throws {
        let names = ["a/b/1", "a/b/2", "a/bc/1", "a/b-c/1", "ab", "b/1"]
        for name in names { _ = try await store.write([1], to: key(name), .createOnly) }
        #expect(try await listedNames() == ["a/b-c/1", "a/b/1", "a/b/2", "a/bc/1", "ab", "b/1"])
        #expect(try await listedNames("a") == ["a/b-c/1", "a/b/1", "a/b/2", "a/bc/1", "ab"])
        #expect(try await listedNames("a/") == ["a/b-c/1", "a/b/1", "a/b/2", "a/bc/1"])
        #expect(try await listedNames("a/b") == ["a/b-c/1", "a/b/1", "a/b/2", "a/bc/1"])
        #expect(try await listedNames("a/b/") == ["a/b/1", "a/b/2"])
        let folders = try await store.folders(under: ObjectKey("")).elements
        #expect(folders.contains(String(place.prefix { $0 != "/" })), "\(folders)")
        #expect(Set(folders).count == folders.count)
        let below = try await store.folders(under: key("a/"))
        #expect(below.elements.sorted() == ["b", "b-c", "bc"] && below.next == nil)
        #expect(try await store.folders(under: key("")).elements.sorted() == ["a", "b"])
        #expect(try await store.folders(under: key("c/")).elements.isEmpty)
        #expect(try await listedNames("a/b/1") == ["a/b/1"])
        #expect(try await listedNames("a/b/1/") == [])
        #expect(try await listedNames("c") == [])
    }

    func byteOrderIsKept() async throws {
        let names = [
            "a/b-c/1", "a/b/1", "a/b/2", "a/bc/1", "a/é/1", "a/e\u{301}/1", "a/日本/1", "a/🦆/1", "a/\u{FF5E}/1", "b/1",
        ]
        for name in names { _ = try await store.write([1], to: key(name), .createOnly) }
        // A store may know its order by its answers alone.
        let all = try await listed("a/").map(\.key)
        guard store.listsInByteOrder else { return }
        #expect(all == all.sorted() && all.count == 9)
        for start in all + [key("a/b/"), key("a/"), key("a/b/1.5"), key("b/1")] {
            let page = try await store.list(prefix: key("a/"), startingAfter: start, after: nil)
            #expect(page.elements.map(\.key) == all.filter { $0 > start }, "\(start)")
            #expect(page.next == nil)
        }
    }

    func listingsArePaged() async throws {
        let names = (0..<2105).map { "group/\($0 % 7)/artifact-\($0 % 90)/\($0).json" }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for slice in 0..<8 {
                group.addTask {
                    for index in stride(from: slice, to: names.count, by: 8) {
                        _ = try await store.write([UInt8(index % 251)], to: key(names[index]), .createOnly)
                    }
                }
            }
            try await group.waitForAll()
        }
        let expected = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        #expect(try await listedNames() == expected)
        #expect(try await listedNames("group/3/") == expected.filter { $0.hasPrefix("group/3/") })
        let first = try await store.list(prefix: key("group/"), after: nil)
        #expect(first.elements.allSatisfy { $0.size == 1 })
        #expect(first.next != nil)
    }
}

extension ContractTrial {
    /// Everything that a listing of versions shows under the place, from all pages; nil from a store that has none.
    private func listedVersions(_ name: String = "") async throws -> [StoredVersion]? {
        var versions: [StoredVersion] = []
        var token: PageToken?
        repeat {
            guard let page = try await store.listVersions(prefix: key(name), after: token) else { return nil }
            versions += page.elements
            token = page.next
        } while token != nil
        return versions
    }

    func versionsAreListed() async throws {
        let name = "a b+\u{e9}/x%20y.json"
        let once = try await store.write([1], to: key("once"), .createOnly)
        let first = try await store.write([1], to: key(name), .createOnly)
        let second = try await store.write([1, 2], to: key(name), .overwrite)
        guard let versions = try await listedVersions(), try await store.keepsVersions() == true else { return }
        guard case .stored(let onceID) = once, case .stored(let firstID) = first, case .stored(let secondID) = second
        else {
            Issue.record("nothing was stored")
            return
        }
        #expect(versions.allSatisfy { !$0.isDeleteMarker })
        let rows = versions.map { ["\($0.object.key)", $0.versionID ?? "", "\($0.object.size)", "\($0.isNewest)"] }
        #expect(
            Set(rows) == [
                ["\(key("once"))", onceID ?? "", "1", "true"], ["\(key(name))", firstID ?? "", "1", "false"],
                ["\(key(name))", secondID ?? "", "2", "true"],
            ]
        )
        #expect(rows.count == 3)
        let one = try await listedVersions("once") ?? []
        #expect(one.map(\.object.key) == [key("once")])
    }

    func versionListingsArePaged() async throws {
        guard try await store.keepsVersions() == true else { return }
        let names = (0..<1_100).map { "p/\($0)" }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for slice in 0..<8 {
                group.addTask {
                    for index in stride(from: slice, to: names.count, by: 8) {
                        _ = try await store.write([1], to: key(names[index]), .createOnly)
                    }
                }
            }
            try await group.waitForAll()
        }
        let first = try #require(try await store.listVersions(prefix: key("p/"), after: nil))
        #expect(first.next != nil && first.elements.count <= 1_000)
        let all = try await listedVersions("p/") ?? []
        #expect(all.count == 1_100 && all.allSatisfy(\.isNewest))
        #expect(Set(all.map(\.object.key)) == Set(names.map { key($0) }))
    }
}
