/// The tokens that one listing has followed, so that a listing that runs in a circle ends as an error.
package struct PageTrail: Hashable, Sendable {
    /// A domain of 100 million rows in pages of 1000 stays below this; a listing beyond it has no end.
    package static let longest = 200_000
    /// A page that a filter has emptied is no sign of an end, but so many in turn are.
    package static let mostEmpty = 1000

    private var seen: Set<PageToken> = []
    private var emptyInTurn = 0
    private let operation: ServiceOperation
    private let target: String

    package init(operation: ServiceOperation, target: String) {
        self.operation = operation
        self.target = target
    }

    /// Takes the next page's token; throws `malformed` for one that was followed before, an empty one, or too many.
    ///
    /// - Parameter count: how many rows the page had that gave the token.
    package mutating func follow(_ token: PageToken, after count: Int) throws(RemoteFailure) {
        guard !token.value.isEmpty else { throw failure("the listing gave an empty page token") }
        guard seen.insert(token).inserted else { throw failure("the listing gave the same page token twice") }
        emptyInTurn = count == 0 ? emptyInTurn + 1 : 0
        guard seen.count <= Self.longest, emptyInTurn < Self.mostEmpty else { throw failure("the listing has no end") }
    }

    /// A key that a listing in byte order should have had earlier.
    func outOfOrder(_ key: ObjectKey) -> RemoteFailure {
        failure("the listing is not in the byte order of its keys: \(key) comes too late. Nothing was written")
    }

    private func failure(_ message: String) -> RemoteFailure {
        RemoteFailure(.malformed, operation: operation, target: target, message: message)
    }
}
