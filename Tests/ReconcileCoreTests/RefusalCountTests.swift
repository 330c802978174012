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

    @Test func `an operation that was refused twelve times and never accepted is not sent again`() throws {
        let ledger = RequestLedger()
        for _ in 1..<12 {
            try ledger.checkAllowed(describe)
            #expect(ledger.refused(denied(describe)).kind == .denied)
        }
        #expect(ledger.refused(denied(describe)).kind == .forbidden)
        let verdict = #expect(throws: RemoteFailure.self) { try ledger.checkAllowed(describe) }
        #expect(
            verdict?.message
                == "refused 12 times and never accepted. Allow it in the role's policy; for a domain of another account, "
                + "also in the policy of the domain or repository. no"
        )
        #expect(ItemFailure(try #require(verdict)).endsRun)
    }

    @Test func `one acceptance makes every refusal that of one thing`() throws {
        let ledger = RequestLedger()
        ledger.accepted(describe)
        for _ in 1...40 { #expect(ledger.refused(denied(describe)).kind == .denied) }
        try ledger.checkAllowed(describe)
        #expect(ledger.forbidden() == nil)
    }

    @Test func `at the end three refusals are enough, and one where nothing could be listed`() {
        let ledger = RequestLedger()
        _ = ledger.refused(denied(describe))
        #expect(ledger.forbidden() == nil)
        #expect(ledger.forbidden(after: 1)?.kind == .forbidden)
        _ = ledger.refused(denied(describe))
        _ = ledger.refused(denied(describe))
        #expect(ledger.forbidden()?.operation == describe)
    }
}
