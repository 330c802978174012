import Testing

@testable import LocalServices

@Suite("Faults and rates")
struct FaultTests {
    @Test(
        "a fault is read from its spelling",
        arguments: [
            ("maven.GetAsset:cut=1000", Fault("maven.GetAsset", .cut(after: 1000))),
            (
                "codeartifact.ListPackages:503:first=2",
                Fault("codeartifact.ListPackages", .status(503, retryAfter: nil), first: 2)
            ),
            ("maven.GetAsset:reset", Fault("maven.GetAsset", .reset(after: nil))),
            ("maven.GetAsset:reset=1000", Fault("maven.GetAsset", .reset(after: 1000))),
            ("maven.GetMetadata:body=<a/>", Fault("maven.GetMetadata", .body(Array("<a/>".utf8)))),
            ("*:429=5", Fault("*", .status(429, retryAfter: 5))),
            ("*:429", Fault("*", .status(429, retryAfter: 1))),
            ("maven.GetAsset:stall=0.5", Fault("maven.GetAsset", .stall(seconds: 0.5))),
            ("codeartifact.*:hash:on=com.acme", Fault("codeartifact.*", .wrongHash, on: "com.acme")),
        ]
    )
    func spelling(text: String, fault: Fault) throws {
        #expect(try Fault(text) == fault)
    }

    @Test(
        "what is no fault is refused",
        arguments: [
            "", "*", "*:", "*:99", "*:cut", "*:cut=-1", "*:reset=-1", "*:reset=x", "*:body", "*:500:p=2", "*:500:often",
            "*:500:every=0", "maven.Get:500", "*:stall=soon", "*:stall=-1", "*:hash=1", "*:429=x",
        ]
    )
    func refusal(text: String) {
        #expect(throws: FaultSyntaxError.self) { try Fault(text) }
    }

    @Test(
        "a fault that could show in no answer is refused, with those that it could show in",
        arguments: [
            ("maven.PutAsset:cut=1", "maven.GetAsset"), ("maven.Head*:flip=0", "maven.GetAsset"),
            ("assets.HeadObject:reset=5", "assets.GetObject"),
            ("codeartifact.ListPackages:hash", "hash shows only in codeartifact.ListPackageVersionAssets"),
            ("codeartifact.ListDomains:empty", "codeartifact.ListPackages"), ("maven.*:token", "ListPackageVersions"),
        ]
    )
    func uselessness(text: String, reason: String) throws {
        let failure = try #require(throws: FaultSyntaxError.self) { try Fault(text) }
        #expect(failure.description.contains("would do nothing"))
        #expect(failure.description.contains(reason), "\(failure)")
    }

    @Test("a request that a fault cannot show in is not one that met it")
    func meetings() throws {
        let plan = FaultPlan([try Fault("*:hash:first=1")], seed: 1)
        #expect(plan.draw("codeartifact.ListPackages", target: "") == nil)
        #expect(plan.draw("codeartifact.ListPackageVersionAssets", target: "") == .wrongHash)
        let tokens = FaultPlan([try Fault("codeartifact.ListPackages:token:first=1")], seed: 1)
        #expect(tokens.draw("codeartifact.ListPackages", target: "/v1/packages?domain=d") == nil)
        #expect(tokens.draw("codeartifact.ListPackages", target: "/v1/packages?next-token=t") == .repeatedToken)
    }

    @Test("each spelling of the table of effects is one, and shows somewhere")
    func table() throws {
        for row in Fault.Effect.table {
            let text = row.spelling.replacing(" to 599", with: "").replacing(/=[A-Z]+/, with: "=1")
            let effect = try Fault.Effect(text)
            #expect(FaultOperations.all.contains(where: effect.shows(in:)), "\(row)")
        }
    }

    private func drawn(_ text: String, of count: Int) throws -> [Bool] {
        let plan = FaultPlan([try Fault(text)], seed: 7)
        return (0..<count).map { _ in plan.draw("maven.GetAsset", target: "/com.acme/lib") != nil }
    }

    @Test("a fault is shown as often as it says")
    func frequency() throws {
        #expect(try drawn("maven.GetAsset:500:first=2", of: 4) == [true, true, false, false])
        #expect(try drawn("maven.GetAsset:500:after=1,first=1", of: 4) == [false, true, false, false])
        #expect(try drawn("maven.*:500:every=3", of: 6) == [false, false, true, false, false, true])
        #expect(try drawn("maven.GetAsset:500:on=other", of: 2) == [false, false])
        let share = try drawn("maven.GetAsset:500:p=0.25", of: 4000).count { $0 }
        #expect((900...1100).contains(share))
        #expect(try drawn("maven.GetAsset:500:p=0.25", of: 50) == drawn("maven.GetAsset:500:p=0.25", of: 50))
    }

    @Test("a rate lets one second's worth through at once, then as much as time brings")
    func throttle() throws {
        let throttle = Throttle(try ThrottleRates("ListPackages=2,reads=3"))
        let start = ContinuousClock.now
        let admitted = (0..<3).map { _ in throttle.admits("ListPackages", .reads, at: start) }
        #expect(admitted == [true, true, false])
        #expect(throttle.admits("DescribePackage", .reads, at: start))
        #expect(!throttle.admits("DescribePackage", .reads, at: start))
        #expect(throttle.admits("PutPackageOriginConfiguration", .writes, at: start))
        #expect(throttle.admits("ListPackages", .reads, at: start + .milliseconds(500)))
        #expect(!throttle.admits("ListPackages", .reads, at: start + .milliseconds(500)))
    }

    @Test("a token of one listing is none of another, and no two tokens are equal")
    func tokens() {
        let listing = PageTokens.listing("ListPackages", ["domain": "d", "max-results": "5"])
        #expect(listing == PageTokens.listing("ListPackages", ["domain": "d", "next-token": "t"]))
        let token = PageTokens.make(position: "wcom.acme\nlib", listing: listing, serial: 1)
        #expect(PageTokens.position(of: token, listing: listing) == "wcom.acme\nlib")
        #expect(PageTokens.position(of: token, listing: listing &+ 1) == nil)
        #expect(PageTokens.position(of: "bm8=", listing: listing) == nil)
        #expect(token != PageTokens.make(position: "wcom.acme\nlib", listing: listing, serial: 2))
        #expect(token.contains("+") && token.contains("/") && token.hasSuffix("="))
    }
}
