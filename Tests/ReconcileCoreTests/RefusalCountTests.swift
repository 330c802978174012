import ReconcileCore
import Testing

@Suite struct RefusalCountTests {
    private let describe = ServiceOperation(
        .domain,
        service: "codeartifact",
        name: "DescribePackageVersion",
        rights: [IAMRight("codeartifact:DescribePackageVersion", on: .package)]
    )

    private func denied(_ operation: ServiceOperation) -> RemoteFailure {
        RemoteFailure(.denied, operation: operation, target: "r/g:a:1", message: "no")
    }

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

    @Test func `an operation that was refused twelve times and never accepted is not sent again`() throws {
        let ledger = RequestLedger()
        for _ in 1..<12 {
            try ledger.checkAllowed(describe, at: .zero)
            #expect(ledger.refused(denied(describe), at: .zero).kind == .denied)
        }
        #expect(ledger.refused(denied(describe), at: .zero).kind == .forbidden)
        let verdict = #expect(throws: RemoteFailure.self) { try ledger.checkAllowed(describe, at: .zero) }
        #expect(
            verdict?.message
                == "refused 12 times and never accepted. Allow codeartifact:DescribePackageVersion in the role's policy. "
                + "The repository's permissions policy must not deny it and, if the domain belongs to another account, must "
                + "allow it too. no"
        )
        #expect(ItemFailure(try #require(verdict)).endsRun)
    }

    @Test func `one acceptance makes every refusal that of one thing`() throws {
        let ledger = RequestLedger()
        ledger.accepted(describe, at: .zero)
        for _ in 1...40 { #expect(ledger.refused(denied(describe), at: .zero).kind == .denied) }
        try ledger.checkAllowed(describe, at: .zero)
        #expect(ledger.forbidden() == nil)
    }

    @Test func `at the end three refusals are enough, and one where nothing could be listed`() {
        let ledger = RequestLedger()
        _ = ledger.refused(denied(describe), at: .zero)
        #expect(ledger.forbidden() == nil)
        #expect(ledger.forbidden(after: 1)?.kind == .forbidden)
        _ = ledger.refused(denied(describe), at: .zero)
        _ = ledger.refused(denied(describe), at: .zero)
        #expect(ledger.forbidden()?.operation == describe)
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
        ledger.accepted(endpoint, at: .zero)
        #expect(ledger.forbidden() == nil)
    }

    @Test func `a process that lives on tries again, and forgets an acceptance after an hour`() throws {
        let ledger = RequestLedger()
        for _ in 1...12 { _ = ledger.refused(denied(describe), at: .seconds(1)) }
        #expect(throws: RemoteFailure.self) { try ledger.checkAllowed(describe, at: .seconds(30)) }
        // Still refused: one request each half minute.
        try ledger.checkAllowed(describe, at: .seconds(31))
        #expect(ledger.refused(denied(describe), at: .seconds(31)).kind == .forbidden)
        #expect(throws: RemoteFailure.self) { try ledger.checkAllowed(describe, at: .seconds(60)) }
        // Allowed by now.
        try ledger.checkAllowed(describe, at: .seconds(61))
        ledger.accepted(describe, at: .seconds(61))
        for _ in 1...40 { #expect(ledger.refused(denied(describe), at: .seconds(3_660)).kind == .denied) }
        #expect(ledger.forbidden(after: 1) == nil)
        // And taken away again.
        for _ in 1...11 { #expect(ledger.refused(denied(describe), at: .seconds(3_662)).kind == .denied) }
        let verdict = ledger.refused(denied(describe), at: .seconds(3_662))
        #expect(verdict.message.hasPrefix("refused 12 times and not accepted for an hour. "))
    }
}
