/// A recipe for the bytes of one asset: each reading asks the source again, so a failed copy can start over.
package protocol AssetBody: Sendable {
    /// Reads the bytes from the start, in order, in pieces of any size; holds no more than a few of them.
    ///
    /// The next piece is asked for when `receive` has returned, so a slow receiver slows the source. What `receive`
    /// throws ends the reading and is thrown on. The bytes are not checked against the asset's size or hash: that
    /// is the reader's work.
    func read(_ receive: (_ piece: [UInt8]) async throws -> Void) async throws

    /// A way to the same bytes that a store may take instead of `read`, if it knows it; nil if there is none.
    var shortcut: (any AssetShortcut)? { get }

    /// What reads the bytes, which is to be named when they are wrong; nil if nobody can say.
    var origin: BodyOrigin? { get }
}

/// What gives the bytes of a body.
package struct BodyOrigin: Hashable, Sendable {
    package let operation: ServiceOperation
    /// As its own failures name it.
    package let target: String

    package init(_ operation: ServiceOperation, _ target: String) {
        (self.operation, self.target) = (operation, target)
    }
}

extension AssetBody {
    package var shortcut: (any AssetShortcut)? { nil }
    package var origin: BodyOrigin? { nil }

    /// The failure of bytes that are not the asset's: of the read that gave them.
    ///
    /// - Parameter writing: what the bytes were read for; named where no read can be.
    package func corrupt(_ problem: String, for writing: BodyOrigin) -> RemoteFailure {
        let origin = origin ?? writing
        return RemoteFailure(.corrupt, operation: origin.operation, target: origin.target, message: problem)
    }
}

/// A way from a source's bytes into a store that does not lead through `AssetBody.read`. The two agree on what it is;
/// whoever stands between them passes it on.
package protocol AssetShortcut: Sendable {
    /// The same way, with `note` called as `NotedBody` says.
    func noted(by note: @escaping @Sendable (NotedBody.Moment) -> Void) -> any AssetShortcut
}

/// An asset's bytes, with a note of when each reading of them begins and when it has come to the last byte.
package struct NotedBody: AssetBody {
    package enum Moment: Sendable {
        case begins
        /// Every byte was read, and hashed where it is hashed on its way; nothing says that it was stored.
        case ends
    }

    private let base: any AssetBody
    /// Called from any task or thread; must not block.
    private let note: @Sendable (Moment) -> Void

    package init(_ base: any AssetBody, note: @escaping @Sendable (Moment) -> Void) {
        self.base = base
        self.note = note
    }

    package func read(_ receive: (_ piece: [UInt8]) async throws -> Void) async throws {
        note(.begins)
        try await base.read(receive)
        note(.ends)
    }

    package var shortcut: (any AssetShortcut)? { base.shortcut?.noted(by: note) }

    package var origin: BodyOrigin? { base.origin }
}
