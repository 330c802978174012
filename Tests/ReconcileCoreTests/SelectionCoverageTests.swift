import ReconcileCore
import Testing

@Suite struct SelectionCoverageTests {
    private func version(_ text: String, in repository: String = "releases") -> VersionCoordinates {
        let parts = text.split(separator: ":").map(String.init)
        let package = PackageCoordinates(repository: repository, namespace: parts[0], name: parts[1])
        return VersionCoordinates(package: package, version: parts[2])
    }

    /// What a selection says of a domain with three versions of two packages.
    private func coverage(
        _ include: [String] = [],
        excluding exclude: [String] = [],
        repositories: [String] = []
    ) throws -> SelectionCoverage {
        var selection = Selection()
        selection.repositories = repositories
        selection.include = try include.map { try #require(VersionPattern(selecting: $0)) }
        selection.exclude = try exclude.map { try #require(VersionPattern(selecting: $0)) }
        selection.shard = try #require(Shard("3/1000"))
        var coverage = SelectionCoverage(of: selection)
        for text in ["com.acme:app:1.0", "com.acme:app:2.0", "com.acme:lib:1.0"] {
            coverage.see(version(text).package)
            coverage.see(version(text))
        }
        return coverage
    }

    private func message(_ coverage: SelectionCoverage) -> String? {
        coverage.failure(listing: "the domain d", at: "d")?.message
    }

    @Test func `a selection that covers something is no failure, whatever the shard has`() throws {
        for include in [[], ["com.acme:*"], ["com.acme"], ["com.acme:app"], ["com.acme:app:2.0"], ["*:*:1.?"]] {
            #expect(message(try coverage(include)) == nil, "\(include)")
        }
        #expect(message(try coverage(excluding: ["com.acme:app"])) == nil)
        #expect(message(try coverage(excluding: ["com.acme:app:1.0", "com.acme:lib"])) == nil)
    }

    @Test func `a repository of which nothing is listed is named, and an exclusion that leaves nothing out`() throws {
        let coverage = try coverage(
            excluding: ["com.acme:lib", "com.acmee:*", "com.acme:app:1.0", "com.acme:app:7.0"],
            repositories: ["releases", "relaeses"]
        )
        #expect(
            coverage.unseenRepositories == ["nothing is recorded of the repository relaeses; check --repository"]
        )
        #expect(
            coverage.idleExclusions == [
                "nothing matches --exclude com.acmee:*, so it leaves nothing out",
                "nothing matches --exclude com.acme:app:7.0, so it leaves nothing out",
            ]
        )
        #expect(message(coverage) == nil)
    }

    @Test(
        "A pattern that matches nothing is named with what comes near it",
        arguments: [
            ("com.acmee:*", "nothing matches --package com.acmee:*; nearest: com.acme"),
            ("app", "nothing matches --package app:*"),
            ("Com.Acme:App", "nothing matches --package Com.Acme:App; nearest: com.acme:app"),
            ("COM.ACME:APP", "nothing matches --package COM.ACME:APP; nearest: com.acme:app"),
            ("COM.ACME:*", "nothing matches --package COM.ACME:*; nearest: com.acme"),
            (
                "com.acme:app:1.1",
                "nothing matches --package com.acme:app:1.1; nearest: com.acme:app:1.0, com.acme:app:2.0"
            ),
        ]
    )
    func near(_ pattern: String, _ sentence: String) throws {
        let end = ". Nothing was done; if that is expected, add --allow-empty"
        #expect(message(try coverage([pattern])) == sentence + end)
    }

    @Test func `a pattern that matches nothing beside one that matches is a warning`() throws {
        let coverage = try coverage(["com.acme:app", "org.typo:*"])
        #expect(message(coverage) == nil)
        #expect(coverage.unmatched == ["nothing matches --package org.typo:*"])
    }

    @Test func `a selection that excludes everything, or another repository, covers nothing`() throws {
        #expect(try #require(message(try coverage(excluding: ["*"]))).hasPrefix("--exclude skips everything"))
        #expect(
            try #require(message(try coverage(["com.acme:app"], excluding: ["com.acme:app:*"])))
                .hasPrefix("--exclude skips everything")
        )
        #expect(message(try coverage(repositories: ["other"])) != nil)
    }

    @Test func `nothing listed is a failure unless that is said to be right`() {
        var selection = Selection()
        #expect(
            message(SelectionCoverage(of: selection))
                == "the domain d has no package; check --domain, --repository and --backup. Nothing was done; "
                + "if that is expected, add --allow-empty"
        )
        selection.mayBeEmpty = true
        #expect(message(SelectionCoverage(of: selection)) == nil)
    }

    @Test func `a version pattern takes that version only, and a snapshot with its builds`() throws {
        var selection = Selection()
        selection.include = [try #require(VersionPattern(selecting: "com.acme:app:1.0-SNAPSHOT"))]
        selection.exclude = [try #require(VersionPattern(selecting: "com.acme:app:*-2"))]
        #expect(selection.contains(version("com.acme:app:1.0-SNAPSHOT")))
        #expect(selection.contains(version("com.acme:app:1.0-20210728.194552-1")))
        #expect(!selection.contains(version("com.acme:app:1.0-20210728.194552-2")))
        #expect(!selection.contains(version("com.acme:app:1.0")))
        #expect(selection.contains(version("com.acme:app:1.0").package))
        #expect(!selection.contains(version("com.acme:lib:1.0-SNAPSHOT")))
    }
}
