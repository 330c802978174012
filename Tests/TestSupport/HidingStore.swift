package import ReconcileCore

/// A store that refuses to show some folders, as a directory does whose mode forbids it.
package struct HidingStore: StoreDecorator {
    package let base: any ObjectStore
    private let folders: [HiddenFolder]

    /// - Parameters:
    ///   - prefixes: of the folders, each with its slash.
    ///   - kind: `invalid` as of a link in their place.
    package init(_ base: any ObjectStore, hiding prefixes: [ObjectKey], as kind: RemoteFailure.Kind = .denied) {
        self.base = base
        folders = prefixes.map { prefix in
            let failure = RemoteFailure(
                kind,
                operation: base.operations.list,
                target: prefix.value,
                message: "it may not be seen"
            )
            return HiddenFolder(prefix, failure)
        }
    }

    private func folder(of key: ObjectKey) -> HiddenFolder? {
        folders.first { key.value.utf8.starts(with: $0.prefix.value.utf8) }
    }

    private func requireShown(_ key: ObjectKey) throws {
        if let folder = folder(of: key) { throw folder.failure }
    }

    package func list(
        prefix: ObjectKey,
        startingAfter start: ObjectKey?,
        after token: PageToken?
    ) async throws -> Page<StoredObject> {
        try requireShown(prefix)
        let page = try await base.list(prefix: prefix, startingAfter: start, after: token)
        let hidden = start == nil && token == nil ? folders.filter { $0.meets(prefix) } : []
        return Page(page.elements.filter { folder(of: $0.key) == nil }, next: page.next, hidden: hidden)
    }

    package func read(_ key: ObjectKey, limit: Int) async throws -> [UInt8]? {
        try requireShown(key)
        return try await base.read(key, limit: limit)
    }

    package func holds(_ bytes: [UInt8], at key: ObjectKey) async throws -> Bool {
        try requireShown(key)
        return try await base.holds(bytes, at: key)
    }

    package func write(_ bytes: [UInt8], to key: ObjectKey, _ condition: WriteCondition) async throws -> WriteOutcome {
        try requireShown(key)
        return try await base.write(bytes, to: key, condition)
    }
}
