/// A whole listing of a store: every object of every page.
extension ObjectStore {
    /// Walks every object under a prefix, page by page, in the order that the store lists them.
    package func forEachObject(under prefix: ObjectKey, _ visit: (StoredObject) throws -> Void) async throws {
        var trail = PageTrail(operation: .list, target: "\(location) \(prefix)")
        var token: PageToken?
        repeat {
            let page = try await list(prefix: prefix, after: token)
            for object in page.elements {
                try visit(object)
            }
            token = page.next
            if let token { try trail.follow(token, after: page.elements.count) }
        } while token != nil
    }
}
