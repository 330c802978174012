/// Complete listings of a store: every object of every page.
extension ObjectStore {
    /// Visits every object under a prefix, page by page, in the store's listing order.
    ///
    /// - Parameter hide: called for each folder that the store refuses to list; the objects in it are not visited.
    ///   Unless it throws, the walk continues.
    package func forEachObject(
        under prefix: ObjectKey,
        _ visit: (StoredObject) throws -> Void,
        hiding hide: (HiddenFolder) throws -> Void = { throw $0.failure }
    ) async throws {
        try await forEachPage(under: prefix) { page in
            for folder in page.hidden { try hide(folder) }
            for object in page.elements { try visit(object) }
        }
    }

    /// Visits every page of the listing of a prefix, in the store's order.
    func forEachPage(under prefix: ObjectKey, _ visit: (Page<StoredObject>) async throws -> Void) async throws {
        try await forEachPage(under: prefix, { try await list(prefix: prefix, startingAfter: nil, after: $0) }, visit)
    }

    /// Visits every version and delete marker under a prefix; nothing if the store doesn't list versions.
    func forEachVersion(under prefix: ObjectKey, _ visit: (StoredVersion) throws -> Void) async throws {
        try await forEachPage(under: prefix, { try await listVersions(prefix: prefix, after: $0) ?? Page([]) }) {
            page in
            for version in page.elements { try visit(version) }
        }
    }

    private func forEachPage<Element>(
        under prefix: ObjectKey,
        _ page: (_ token: PageToken?) async throws -> Page<Element>,
        _ visit: (Page<Element>) async throws -> Void
    ) async throws {
        var trail = PageTrail(operation: .list, target: "\(location) \(prefix)")
        var token: PageToken?
        repeat {
            let page = try await page(token)
            try await visit(page)
            token = page.next
            if let token { try trail.follow(token, after: page.elements.count) }
        } while token != nil
    }
}
