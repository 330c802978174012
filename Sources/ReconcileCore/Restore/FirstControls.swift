import Synchronization

/// The origin controls that a package is to have before anything of it is published.
final class FirstControls: Sendable {
    private let pending: Mutex<OriginControls?>
    private let flight = SingleFlight<Void>()

    /// - Parameter controls: nil where none are to be set.
    init(_ controls: OriginControls?) {
        pending = Mutex(controls)
    }

    /// They are still to be set.
    var arePending: Bool { pending.withLock { $0 != nil } }

    /// Sets them once, for all callers that ask; returns when they are set.
    ///
    /// - Throws: what `set` throws, to every caller that waits for it; a later caller tries again.
    func require(_ set: (OriginControls) async throws -> Void) async throws {
        guard arePending else { return }
        try await flight.run {
            guard let controls = pending.withLock({ $0 }) else { return }
            try await set(controls)
            pending.withLock { $0 = nil }
        }
    }
}
