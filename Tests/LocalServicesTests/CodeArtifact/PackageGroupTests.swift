import Testing

@testable import LocalServices

@Suite("Package groups")
struct PackageGroupTests {
    private static func key(_ namespace: String, _ name: String) -> PackageKey {
        PackageKey(namespace: namespace, name: name)
    }

    @Test(
        "a pattern is about the packages that it spells",
        arguments: [
            ("/*", key("com.acme", "lib"), true), ("/maven/*", key("com.acme", "lib"), true),
            ("/npm/*", key("com.acme", "lib"), false), ("/maven/com.acme~", key("com.acme", "lib"), true),
            ("/maven/com.acme~", key("com.acme.app", "lib"), true),
            ("/maven/com.acme~", key("com.acmes", "lib"), false),
            ("/maven/com.acme/*", key("com.acme", "lib"), true),
            ("/maven/com.acme/*", key("com.acme.app", "lib"), false),
            ("/maven/com.acme/lib~", key("com.acme", "lib"), true),
            ("/maven/com.acme/lib~", key("com.acme", "lib-x"), true),
            ("/maven/com.acme/lib~", key("com.acme", "library"), false),
            ("/maven/com.acme/lib$", key("com.acme", "lib"), true),
            ("/maven/com.acme/lib$", key("com.acme", "lib-x"), false),
        ]
    )
    func matching(pattern: String, key: PackageKey, isAbout: Bool) throws {
        #expect(try PackageGroupPattern(pattern).matches(key) == isAbout)
    }

    @Test(
        "what is no pattern is refused",
        arguments: [
            "", "/", "*", "maven/*", "/maven", "/maven/", "/maven/com.acme", "/maven/~", "/maven/com.acme$",
            "/maven/com.acme/lib", "/maven/com.acme/$", "/maven/com.acme/lib/x$", "/other/*", "/maven//lib$",
            "/pypi/ns/lib$", "/maven/a b/*",
        ]
    )
    func refusal(text: String) {
        #expect(throws: ServiceFailure.self) { try PackageGroupPattern(text) }
    }

    @Test("each group is inside the most specific one around it, and is given over to it when that goes")
    func nesting() throws {
        var groups = PackageGroups(createdTime: 0)
        let patterns = try [
            "/maven/com.acme/lib$", "/maven/com.acme/lib~", "/maven/com.acme/*", "/maven/com~", "/maven/*",
        ]
        .map { text in try PackageGroupPattern(text) }
        for pattern in patterns { try groups.add(pattern, createdTime: 0) }
        #expect(
            patterns.map { groups.parent(of: $0)?.pattern.text }
                == ["/maven/com.acme/lib~", "/maven/com.acme/*", "/maven/com~", "/maven/*", "/*"]
        )
        _ = try groups.remove(patterns[2])
        #expect(groups.parent(of: patterns[1])?.pattern.text == "/maven/com~")
        #expect(groups.children(of: patterns[3]).map(\.pattern.text) == ["/maven/com.acme/lib~"])
    }

    @Test("what a group inherits changes with the group around it")
    func inheritance() throws {
        var groups = PackageGroups(createdTime: 0)
        let (outer, inner) = (try PackageGroupPattern("/maven/*"), try PackageGroupPattern("/maven/com.acme/*"))
        try groups.add(outer, createdTime: 0)
        try groups.add(inner, createdTime: 0)
        let lib = Self.key("com.acme", "lib")
        #expect(groups.admit(lib, into: "a", by: .publish))
        _ = try groups.apply(RestrictionChange(modes: [.publish: .block]), to: outer)
        #expect(!groups.admit(lib, into: "a", by: .publish))
        #expect(groups.admit(lib, into: "a", by: .internalUpstream))
        var change = RestrictionChange(modes: [.publish: .allowSpecificRepositories])
        change.added = [(.publish, "a")]
        _ = try groups.apply(change, to: inner)
        #expect(groups.admit(lib, into: "a", by: .publish))
        #expect(!groups.admit(lib, into: "b", by: .publish))
        _ = try groups.apply(RestrictionChange(modes: [.publish: .inherit]), to: inner)
        #expect(!groups.admit(lib, into: "a", by: .publish))
    }
}
