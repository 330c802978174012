import Glibc
package import ReconcileCore

/// A directory that does not exist yet, as an empty store: what a first run finds before it creates the directory.
package struct AbsentDirectory: ObjectStore {
    package let location: String
    private let ledger: RequestLedger

    /// Nil if the directory exists, or if a run could not create it because its parent does not exist.
    package init?(directory: String, ledger: RequestLedger) {
        let parent = directory.lastIndex(of: "/").map { directory[..<$0] } ?? ""
        var status = stat()
        guard unsafe stat(directory, &status) != 0, errno == ENOENT,
            unsafe stat(parent.isEmpty ? "/" : String(parent), &status) == 0, status.st_mode & S_IFMT == S_IFDIR
        else { return nil }
        location = "file://\(directory)"
        self.ledger = ledger
    }

    package var operations: StoreOperations {
        StoreOperations(
            list: DirectoryOperations.list,
            inspect: DirectoryOperations.inspect,
            read: DirectoryOperations.read,
            write: DirectoryOperations.write
        )
    }

    package var keepsWrites: Bool { false }
    package var listsInByteOrder: Bool { false }

    package func keepsVersions() async throws -> Bool? { false }

    package func list(
        prefix: ObjectKey,
        startingAfter start: ObjectKey?,
        after token: PageToken?
    ) async throws -> Page<StoredObject> {
        ledger.sent(DirectoryOperations.list)
        return Page([], next: nil)
    }

    package func folders(under prefix: ObjectKey) async throws -> Page<String> { Page([]) }

    package func inspect(_ key: ObjectKey, versionID: String?) async throws -> InspectedObject? { nil }

    package func body(at key: ObjectKey, versionID: String?, range: Range<Int64>?) -> any AssetBody {
        Nothing(failure: absence(of: key, DirectoryOperations.read))
    }

    package func read(_ key: ObjectKey, limit: Int) async throws -> [UInt8]? { nil }

    package func holds(_ bytes: [UInt8], at key: ObjectKey) async throws -> Bool { false }

    package func write(_ bytes: [UInt8], to key: ObjectKey, _ condition: WriteCondition) async throws -> WriteOutcome {
        throw absence(of: key, DirectoryOperations.write)
    }

    package func write(
        _ body: any AssetBody,
        of asset: Asset,
        to key: ObjectKey,
        _ condition: WriteCondition
    ) async throws -> WriteOutcome {
        throw absence(of: key, DirectoryOperations.write)
    }

    private func absence(of key: ObjectKey, _ operation: ServiceOperation) -> RemoteFailure {
        RemoteFailure(.absent, operation: operation, target: key.value, message: "the directory does not exist")
    }

    private struct Nothing: AssetBody {
        let failure: RemoteFailure

        func read(_ receive: (_ piece: [UInt8]) async throws -> Void) async throws { throw failure }
    }
}
