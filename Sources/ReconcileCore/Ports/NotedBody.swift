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
