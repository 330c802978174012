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
        #expect(throws: RemoteFailure.self) { try ledger.checkAllowed(token, at: .zero) }
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
            try ledger.checkAllowed(describe, at: .zero)
            #expect(ledger.refused(denied(describe, of: "r/g:a:\(number)"), at: .zero).kind == .denied)
        }
        #expect(ledger.refused(denied(describe), at: .zero).kind == .forbidden)
        let verdict = #expect(throws: RemoteFailure.self) { try ledger.checkAllowed(describe, at: .zero) }
        #expect(verdict?.message.hasPrefix("refused 12 times and never accepted. ") == true)
        #expect(verdict?.message.contains("Allow codeartifact:DescribePackageVersion in the role's policy") == true)
        #expect(verdict?.message.hasSuffix(". no") == true)
        #expect(ItemFailure(try #require(verdict)).endsRun)
    }

    @Test func `a right that is revoked ends the work after twelve refusals, whatever was accepted before`() {
        let ledger = RequestLedger()
        for _ in 1...1_000 { ledger.accepted(describe) }
        for number in 1..<12 {
            #expect(ledger.refused(denied(describe, of: "r/g:a:\(number)"), at: .zero).kind == .denied)
        }
        let verdict = ledger.refused(denied(describe), at: .zero)
        #expect(verdict.kind == .forbidden)
        #expect(verdict.message.hasPrefix("refused 12 times and no longer accepted. "))
    }

    @Test func `one acceptance begins the row anew`() throws {
        let ledger = RequestLedger()
        for number in 1...40 {
            #expect(ledger.refused(denied(describe, of: "r/g:a:\(number)"), at: .zero).kind == .denied)
            if number.isMultiple(of: 11) { ledger.accepted(describe) }
        }
        try ledger.checkAllowed(describe, at: .zero)
        #expect(ledger.forbidden() == nil)
    }

    @Test func `refusals of one version's files are of that version alone`() throws {
        let ledger = RequestLedger()
        for number in 1...40 {
            #expect(ledger.refused(denied(get, of: "g/a/1/\(number).jar"), at: .zero).kind == .denied)
        }
        #expect(ledger.forbidden() == nil)
        #expect(ledger.refused(denied(get, of: "g/a/2/1.jar"), at: .zero).kind == .denied)
        let verdict = ledger.refused(denied(get, of: "g/a/3/1.jar"), at: .zero)
        #expect(verdict.message == "refused 42 times and never accepted. no")
    }

    @Test func `at the end refusals of three things are enough, and one where nothing could be listed`() {
        let ledger = RequestLedger()
        _ = ledger.refused(denied(describe), at: .zero)
        #expect(ledger.forbidden() == nil)
        #expect(ledger.forbidden(after: 1, of: 1)?.kind == .forbidden)
        for _ in 1...2 { _ = ledger.refused(denied(describe), at: .zero) }
        #expect(ledger.forbidden() == nil)
        #expect(ledger.forbidden(of: 1)?.operation == describe)
        for number in 2...3 { _ = ledger.refused(denied(describe, of: "r/g:a:\(number)"), at: .zero) }
        #expect(ledger.forbidden()?.operation == describe)
        ledger.accepted(describe)
        for number in 1...11 { _ = ledger.refused(denied(describe, of: "r/g:a:\(number)"), at: .zero) }
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
        for number in 1...12 { _ = ledger.refused(denied(describe, of: "r/g:a:\(number)"), at: .seconds(1)) }
        #expect(throws: RemoteFailure.self) { try ledger.checkAllowed(describe, at: .seconds(30)) }
        // Still refused: one request each half minute.
        try ledger.checkAllowed(describe, at: .seconds(31))
        #expect(ledger.refused(denied(describe), at: .seconds(31)).kind == .forbidden)
        #expect(throws: RemoteFailure.self) { try ledger.checkAllowed(describe, at: .seconds(60)) }
        // Allowed by now.
        try ledger.checkAllowed(describe, at: .seconds(61))
        ledger.accepted(describe)
        #expect(ledger.refused(denied(describe), at: .seconds(61)).kind == .denied)
        try ledger.checkAllowed(describe, at: .seconds(61))
    }
}
