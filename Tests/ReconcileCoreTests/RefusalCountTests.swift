import ReconcileCore
import Testing

@Suite struct RefusalCountTests {
    private let describe = ServiceOperation(
        .domain,
        service: "codeartifact",
        name: "DescribePackageVersion",
        rights: [IAMRight("codeartifact:DescribePackageVersion", on: .package)]
    )

    private func denied(_ operation: ServiceOperation, of target: String = "r/g:a:1") -> RemoteFailure {
        RemoteFailure(.denied, operation: operation, target: target, message: "no")
    }

    private let get = ServiceOperation(.store, service: "s3", name: "GetObject", isOfFile: true)
    private let asset = ServiceOperation(
        .domain,
        service: "maven",
        name: "GetAsset",
        rights: [IAMRight("codeartifact:ReadFromRepository", on: .repository)],
        isOfFile: true
    )

    @Test func `an operation on the domain itself is refused as a whole at once, and names the domain's policy`() throws
    {
        let token = ServiceOperation(
            .domain,
            service: "codeartifact",
            name: "GetAuthorizationToken",
            rights: [
                IAMRight("codeartifact:GetAuthorizationToken", on: .domain),
                IAMRight("sts:GetServiceBearerToken", on: .bearerToken),
            ]
        )
        let ledger = RequestLedger()
        let failure = ledger.refused(denied(token), at: .zero)
        #expect(failure.kind == .forbidden)
        #expect(
            failure.message
                == "refused once and never accepted. Allow codeartifact:GetAuthorizationToken and "
                + "sts:GetServiceBearerToken in the role's policy. The domain's permissions policy must not deny it and, if the "
                + "domain belongs to another account, must allow it too. no"
        )
        #expect(throws: RemoteFailure.self) { try ledger.checkAllowed(token, of: "d", at: .zero) }
    }

    @Test func `a right that is missing for the documents of packages is missing for all of them`() {
        let ledger = RequestLedger()
        let kinds = (0..<12).map { number in
            let key = "d/maven/r/com/acme/lib-\(number % 6)/maven-metadata.xml"
            return ledger.refused(denied(get, of: key), at: .zero).kind
        }
        #expect(kinds == Array(repeating: .denied, count: 11) + [.forbidden])
        let other = RequestLedger()
        for number in 0..<12 {
            let key = "d/maven/r/com/acme/lib/\(number)-SNAPSHOT/maven-metadata.xml"
            #expect(other.refused(denied(get, of: key), at: .zero).kind == .denied)
        }
    }

    @Test func `where many objects were given, a dozen others are refused each for itself`() {
        func kinds(accepted: Int, refused: Int) -> [RemoteFailure.Kind] {
            let ledger = RequestLedger()
            for _ in 0..<accepted { ledger.accepted(get) }
            return (0..<refused).map { number in
                ledger.refused(denied(get, of: "d/maven/r/com/acme/lib-\(number)/1.0/a.jar"), at: .zero).kind
            }
        }
        #expect(kinds(accepted: 200, refused: 60).allSatisfy { $0 == .denied })
        #expect(kinds(accepted: 24, refused: 12).last == .forbidden)
        // A right that was revoked halfway shows in the end.
        #expect(kinds(accepted: 40, refused: 21).suffix(2) == [.forbidden, .forbidden])
    }

    @Test func `a refusal that says who refuses is not answered with advice on the role's policy`() {
        let list = ServiceOperation(
            .domain,
            service: "codeartifact",
            name: "ListRepositoriesInDomain",
            rights: [IAMRight("codeartifact:ListRepositoriesInDomain", on: .domain)]
        )
        func message(_ cause: Denial.Cause?) -> String {
            let denial = Denial(cause, words: "w")
            let refusal = RemoteFailure(.denied, operation: list, target: "d", message: "no", denial: denial)
            let failure = RequestLedger().refused(refusal, at: .zero)
            #expect(failure.denial == denial)
            return failure.message
        }
        #expect(message(.denied(.serviceControl)) == "refused once and never accepted. no")
        for cause in [nil, Denial.Cause.unallowed(.identity)] {
            #expect(message(cause).contains("Allow codeartifact:ListRepositoriesInDomain in the role's policy"))
        }
    }

    @Test func `a refused KMS key is what the advice names`() {
        let put = ServiceOperation(
            .store,
            service: "s3",
            name: "PutObject",
            isWrite: true,
            rights: [IAMRight("s3:PutObject", on: .object)]
        )
        let words =
            "User: u is not authorized to perform: kms:GenerateDataKey on resource: arn:aws:kms:r:1:key/k because"
        let ledger = RequestLedger()
        var last = ""
        for number in 1...12 {
            let denial = Denial(nil, words: words)
            let refusal = RemoteFailure(.denied, operation: put, target: "k\(number)", message: "no", denial: denial)
            last = ledger.refused(refusal, at: .zero).message
        }
        #expect(
            last
                == "refused 12 times and never accepted. Allow kms:GenerateDataKey on arn:aws:kms:r:1:key/k in the role's "
                + "policy. The key's policy must not deny it and, if the key belongs to another account, must allow it too. "
                + "no"
        )
    }

    @Test func `an operation that was refused twelve times in a row is not sent again`() throws {
        let ledger = RequestLedger()
        for number in 1..<12 {
            try ledger.checkAllowed(describe, of: "r/g:a1:1", at: .zero)
            #expect(ledger.refused(denied(describe, of: "r/g:a\(number):1"), at: .zero).kind == .denied)
        }
        #expect(ledger.refused(denied(describe), at: .zero).kind == .forbidden)
        let verdict = #expect(throws: RemoteFailure.self) {
            try ledger.checkAllowed(describe, of: "r/g:a1:1", at: .zero)
        }
        #expect(verdict?.message.hasPrefix("refused 12 times and never accepted. ") == true)
        #expect(verdict?.message.contains("Allow codeartifact:DescribePackageVersion in the role's policy") == true)
        #expect(verdict?.message.hasSuffix(". no") == true)
        #expect(ItemFailure(try #require(verdict)).endsRun)
    }

    @Test func `a right that is revoked ends the work after twelve refusals, whatever was accepted before`() {
        let ledger = RequestLedger()
        for _ in 1...1_000 { ledger.accepted(describe) }
        for number in 1..<12 {
            #expect(ledger.refused(denied(describe, of: "r/g:a\(number):1"), at: .zero).kind == .denied)
        }
        let verdict = ledger.refused(denied(describe), at: .zero)
        #expect(verdict.kind == .forbidden)
        #expect(verdict.message.hasPrefix("refused 12 times and no longer accepted. "))
    }

    @Test func `one acceptance begins the row anew`() throws {
        let ledger = RequestLedger()
        for number in 1...40 {
            #expect(ledger.refused(denied(describe, of: "r/g:a\(number):1"), at: .zero).kind == .denied)
            if number.isMultiple(of: 11) { ledger.accepted(describe) }
        }
        try ledger.checkAllowed(describe, of: "r/g:a1:1", at: .zero)
        #expect(ledger.forbidden() == nil)
    }

    @Test(arguments: [1, 5, 11, 12, 20, 1_000])
    func `refusals of one package are of that package alone, and twelve of them are sent`(count: Int) throws {
        let cases: [(ServiceOperation, (Int) -> String)] = [
            (get, { "d/maven/r/g/a/\($0)/a-\($0).jar" }),
            (get, { "d/maven/r/g/a/1/\($0).jar" }),
            (describe, { "r/g:a:\($0)" }),
            (asset, { "r/g:a:\($0)/a-\($0).jar" }),
        ]
        for (operation, target) in cases {
            let ledger = RequestLedger()
            var sent = 0
            for number in 1...count {
                do {
                    try ledger.checkAllowed(operation, of: target(number), at: .zero)
                    sent += 1
                    #expect(ledger.refused(denied(operation, of: target(number)), at: .zero).kind == .denied)
                } catch {
                    #expect(error.kind == .denied && error.operation == operation)
                    #expect(error.target == target(number))
                    #expect(error.message == "not sent: the last 12 requests were refused. no")
                }
            }
            #expect(sent == min(count, 12))
            #expect(ledger.forbidden() == nil)
            #expect(ledger.forbidden(after: 1, of: 1)?.kind == .forbidden)
        }
    }

    @Test func `a package that is refused keeps no other from being asked, and a third one decides`() throws {
        let ledger = RequestLedger()
        for number in 1...12 { _ = ledger.refused(denied(get, of: "d/maven/r/g/a/1/\(number).jar"), at: .zero) }
        try ledger.checkAllowed(get, of: "d/maven/r/g/b/1/b.jar", at: .zero)
        #expect(ledger.refused(denied(get, of: "d/maven/r/g/b/1/b.jar"), at: .zero).kind == .denied)
        #expect(throws: RemoteFailure.self) { try ledger.checkAllowed(get, of: "d/maven/r/g/b/2/b.jar", at: .zero) }
        try ledger.checkAllowed(get, of: "d/maven/r/g/c/1/c.jar", at: .zero)
        let verdict = ledger.refused(denied(get, of: "d/maven/r/g/c/1/c.jar"), at: .zero)
        #expect(verdict.kind == .forbidden && verdict.message == "refused 14 times and never accepted. no")
        // A package that was accepted begins the row anew, for all.
        ledger.accepted(get)
        try ledger.checkAllowed(get, of: "d/maven/r/g/a/1/13.jar", at: .zero)
    }

    @Test func `at the end refusals of three packages are enough, and one where nothing could be listed`() {
        let ledger = RequestLedger()
        _ = ledger.refused(denied(describe), at: .zero)
        #expect(ledger.forbidden() == nil)
        #expect(ledger.forbidden(after: 1, of: 1)?.kind == .forbidden)
        for _ in 1...2 { _ = ledger.refused(denied(describe), at: .zero) }
        #expect(ledger.forbidden() == nil)
        #expect(ledger.forbidden(of: 1)?.operation == describe)
        for number in 2...3 { _ = ledger.refused(denied(describe, of: "r/g:a\(number):1"), at: .zero) }
        #expect(ledger.forbidden()?.operation == describe)
        ledger.accepted(describe)
        for number in 1...11 { _ = ledger.refused(denied(describe, of: "r/g:a\(number):1"), at: .zero) }
        #expect(ledger.forbidden(after: 1, of: 1) == nil)
    }

    @Test
    func `an operation on a repository, that was refused once is refused as a whole at the end`() {
        let endpoint = ServiceOperation(
            .domain,
            service: "codeartifact",
            name: "GetRepositoryEndpoint",
            rights: [IAMRight("codeartifact:GetRepositoryEndpoint", on: .repository)],
            isOfRepository: true
        )
        let ledger = RequestLedger()
        #expect(ledger.refused(denied(endpoint), at: .zero).kind == .denied)
        #expect(ledger.forbidden()?.operation == endpoint)
        ledger.accepted(endpoint)
        #expect(ledger.forbidden() == nil)
    }

    @Test func `a process that lives on tries again`() throws {
        let ledger = RequestLedger()
        for number in 1...12 { _ = ledger.refused(denied(describe, of: "r/g:a\(number):1"), at: .seconds(1)) }
        #expect(throws: RemoteFailure.self) { try ledger.checkAllowed(describe, of: "r/g:a1:1", at: .seconds(30)) }
        // Still refused: one request each half minute.
        try ledger.checkAllowed(describe, of: "r/g:a1:1", at: .seconds(31))
        #expect(ledger.refused(denied(describe), at: .seconds(31)).kind == .forbidden)
        #expect(throws: RemoteFailure.self) { try ledger.checkAllowed(describe, of: "r/g:a1:1", at: .seconds(60)) }
        // Allowed by now.
        try ledger.checkAllowed(describe, of: "r/g:a1:1", at: .seconds(61))
        ledger.accepted(describe)
        #expect(ledger.refused(denied(describe), at: .seconds(61)).kind == .denied)
        try ledger.checkAllowed(describe, of: "r/g:a1:1", at: .seconds(61))
    }
}
