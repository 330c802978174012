/// The page tokens that a listing has followed; turns a cyclic or endless listing into an error.
package struct PageTrail: Hashable, Sendable {
    /// The most pages. A domain with 100 million rows in pages of 1000 stays below this; a longer listing is endless.
    package static let longest = 200_000
    /// The most empty pages in a row. A filter may leave some pages empty, but this many mean that the listing is
    /// endless.
    package static let mostEmpty = 1000

    private var seen: Set<PageToken> = []
    private var emptyInTurn = 0
    private let operation: ServiceOperation
    private let target: String

    package init(operation: ServiceOperation, target: String) {
        self.operation = operation
        self.target = target
    }

    /// Takes the next page's token; throws `malformed` if it is empty or was followed before, or if there are too many
    /// pages.
    ///
    /// - Parameter count: the number of rows of the page that returned the token.
    package mutating func follow(_ token: PageToken, after count: Int) throws(RemoteFailure) {
        guard !token.value.isEmpty else { throw failure("the listing gave an empty page token") }
        guard seen.insert(token).inserted else { throw failure("the listing gave the same page token twice") }
        emptyInTurn = count == 0 ? emptyInTurn + 1 : 0
        guard seen.count <= Self.longest, emptyInTurn < Self.mostEmpty else { throw failure("the listing has no end") }
    }

    /// The failure for a key that should have come earlier in a listing in byte order.
    func outOfOrder(_ key: ObjectKey) -> RemoteFailure {
        failure("the listing is not in the byte order of its keys: \(key) comes too late. Nothing was written")
    }

    private func failure(_ message: String) -> RemoteFailure {
        RemoteFailure(.malformed, operation: operation, target: target, message: message)
    }
}
