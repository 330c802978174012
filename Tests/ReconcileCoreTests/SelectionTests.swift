import ReconcileCore
import Testing

@Suite struct SelectionTests {
    @Test(arguments: [
        ("com.acme:app", true), ("com.acme", true), ("com.acme:*", true), ("*", true), ("*:*", true),
        ("com.*:a*p", true),
        ("com.acme:ap?", true), ("c?m.acme:app", true), ("com.*e:app", true), ("*acme:app", true), ("**:**app**", true),
        ("com.acme:ap", false), ("com.acme:appx", false), ("com:app", false), ("com.acme.*:app", false),
        ("com.acme:?app", false), ("com.acme:App", false), ("acme:app", false), ("*.:app", false),
    ])
    func `a pattern matches whole names`(pattern: String, matches: Bool) throws {
        #expect(try #require(PackagePattern(pattern)).matches(app) == matches)
    }

    @Test(arguments: ["", ":", "com.acme:", ":app", "com.acme:app:1.0"])
    func `a pattern needs its sides`(pattern: String) {
        #expect(PackagePattern(pattern) == nil)
    }

    @Test func `many stars cost no more than one`() throws {
        let pattern = try #require(PackagePattern(String(repeating: "*a", count: 50) + "*b"))
        #expect(!pattern.matches(package("app", group: String(repeating: "a", count: 5000))))
    }

    @Test func `everything is selected unless something is said`() {
        let selection = Selection()
        #expect(selection.contains(app))
        #expect(selection.contains(origin: .external))
    }

    @Test func `exclude wins over include, and repositories are exact`() throws {
        var selection = Selection()
        selection.repositories = ["releases", "caf\u{E9}"]
        selection.include = [try #require(VersionPattern("com.acme:*"))]
        selection.exclude = [try #require(VersionPattern("*:secret-*"))]
        #expect(selection.contains(app))
        #expect(!selection.contains(package("secret-app")))
        #expect(!selection.contains(package("app", group: "org.other")))
        #expect(!selection.contains(package("app", in: "Releases")))
        #expect(selection.contains(repository: "caf\u{E9}"))
        #expect(!selection.contains(repository: "cafe\u{301}"))
    }

    @Test func `versions of unknown origin count as the company's own`() {
        var selection = Selection()
        selection.internalOnly = true
        #expect(selection.contains(origin: .internal))
        #expect(selection.contains(origin: .unknown))
        #expect(!selection.contains(origin: .external))
    }
}

@Suite struct ShardTests {
    private let packages = (0..<3000).map { package("lib-\($0)", group: "com.acme.g\($0 % 7)", in: "r\($0 % 3)") }

    @Test(arguments: [1, 2, 3, 7, 64])
    func `every package is in exactly one shard, and the shards are of a size`(count: Int) throws {
        let shards = try (0..<count).map { try #require(Shard("\($0)/\(count)")) }
        var sizes = Array(repeating: 0, count: count)
        for package in packages {
            let holders = shards.indices.filter { shards[$0].contains(package) }
            #expect(holders.count == 1)
            sizes[holders[0]] += 1
        }
        let fair = packages.count / count
        #expect(sizes.allSatisfy { $0 > fair / 2 && $0 < fair * 2 })
    }

    @Test func `a package's shard is the same for ever`() throws {
        let names = ["app", "core", "web", "api", "cli"].map { package($0) }
        let shards = try (0..<4).map { try #require(Shard("\($0)/4")) }
        let places = names.map { name in shards.firstIndex { $0.contains(name) } }
        #expect(places == [1, 1, 3, 3, 3])
    }

    @Test(arguments: [
        "", "1", "/", "1/", "/2", "2/2", "-1/2", "1/0", "0/-1", "1/2/3", "a/b", "1 /2", "0x1/2", "0/1000000",
    ])
    func `nonsense is no shard`(text: String) {
        #expect(Shard(text) == nil)
    }

    @Test func `a shard is written as it is read`() throws {
        #expect(Shard.whole.description == "0/1")
        #expect(try #require(Shard("2/5")).description == "2/5")
        #expect(Shard("0/1") == Shard.whole)
    }
}
