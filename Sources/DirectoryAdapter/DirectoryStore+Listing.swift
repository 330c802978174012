import Glibc
package import ReconcileCore
import Synchronization

/// Listings of the directory.
extension DirectoryStore {
    package func list(
        prefix: ObjectKey,
        startingAfter start: ObjectKey?,
        after token: PageToken?
    ) async throws -> Page<StoredObject> {
        let operation = DirectoryOperations.list
        ledger.sent(operation)
        return try await describingFailures(operation: operation, target: "\(location)/\(prefix)") {
            try requireFolders(of: prefix)
            return try DirectoryListing.page(
                of: root,
                names: names,
                prefix: prefix.value,
                after: token?.value,
                hiding: { [location] path, obstacle in
                    obstacle.described(operation: operation, target: "\(location)/\(path)")
                }
            )
        }
    }

    private func requireFolders(of prefix: ObjectKey) throws {
        let segments = DirectoryPath.segments(of: prefix.value)
        guard segments.count > 1, let top = segments.first, DirectoryPath.problem(in: top) == nil else { return }
        let name = DirectoryPath.problem(in: segments[1]) == nil ? segments[1] : nil
        let place = "\(top)/\(name ?? "")"
        guard !unlinked.withLock({ $0.contains(place) }) else { return }
        try root.requireFolders(under: top, listing: name, of: location)
        _ = unlinked.withLock { $0.insert(place) }
    }

    /// Ignores failures, as the sweep does: partial files only cost space. Sends nothing that counts as a list.
    package func unfinished() async throws -> [StoredObject] {
        var found: [StoredObject] = []
        try? PartialFile.forEach(under: root) { name, status, _ in
            found.append(
                StoredObject(
                    key: ObjectKey("\(DirectoryPath.incoming)/\(name)"),
                    size: status.size,
                    etag: nil,
                    modified: Timestamp(seconds: Int64(status.modified))
                )
            )
        }
        return found.sorted { $0.key < $1.key }
    }

    /// Includes empty directories.
    package func folders(under prefix: ObjectKey) async throws -> Page<String> {
        let operation = DirectoryOperations.list
        ledger.sent(operation)
        return try await describingFailures(operation: operation, target: "\(location)/\(prefix)") {
            try DirectoryListing.folders(of: root, names: names, prefix: prefix.value)
        }
    }
}
