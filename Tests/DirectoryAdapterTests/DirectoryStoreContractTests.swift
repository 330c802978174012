import DirectoryAdapter
import ReconcileCore
import TestSupport
import Testing

@Suite struct DirectoryStoreContractTests {
    @Test(arguments: ObjectStoreContract.allCases)
    func `the directory store keeps the contract`(rule: ObjectStoreContract) async throws {
        try await withScratchDirectory { path in
            try await rule.verify(DirectoryStore(directory: path, create: false, ledger: RequestLedger()))
        }
    }

    @Test func `two stores over one directory keep the contract's create-only rule together`() async throws {
        try await withScratchDirectory { path in
            let one = try DirectoryStore(directory: path, create: false, ledger: RequestLedger())
            let other = try DirectoryStore(directory: path, create: false, ledger: RequestLedger())
            #expect(try await one.write([1], to: ObjectKey("a/b"), .createOnly) == .stored(versionID: nil))
            #expect(try await other.write([2], to: ObjectKey("a/b"), .createOnly) == .alreadyExists)
            #expect(try await other.read(ObjectKey("a/b"), limit: 1) == [1])
        }
    }
}
