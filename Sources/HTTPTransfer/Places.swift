/// Limits the exchanges open at a time; a free place goes to the operation that has waited longest.
///
/// Belongs to one loop and is confined to its thread.
final class Places {
    private var free: Int
    private var waiting: [(id: TransferLoop.OperationID, continuation: CheckedContinuation<Void, Never>)] = []
    /// Waiters that were given a place and have not checked yet.
    private var given: Set<TransferLoop.OperationID> = []

    init(_ count: Int) {
        free = count
    }

    /// Takes a free place, if there is one.
    func take() -> Bool {
        guard free > 0 else { return false }
        free -= 1
        return true
    }

    /// Registers a waiter after `take` failed; it is resumed when it gets a place, or without one when it is dismissed.
    func wait(as id: TransferLoop.OperationID, _ continuation: CheckedContinuation<Void, Never>) {
        waiting.append((id, continuation))
    }

    /// Whether a waiter was given a place; call it once, after the waiter was resumed.
    func wasGiven(to id: TransferLoop.OperationID) -> Bool {
        given.remove(id) != nil
    }

    /// Returns a place: to the first waiter, if there is one.
    func giveBack() {
        guard !waiting.isEmpty else { return free += 1 }
        let next = waiting.removeFirst()
        given.insert(next.id)
        next.continuation.resume()
    }

    /// Ends a wait without a place; does nothing if `id` does not wait.
    func dismiss(_ id: TransferLoop.OperationID) {
        guard let index = waiting.firstIndex(where: { $0.id == id }) else { return }
        waiting.remove(at: index).continuation.resume()
    }

    /// Ends every wait without a place.
    func dismissAll() {
        for waiter in waiting { waiter.continuation.resume() }
        waiting = []
    }
}

extension TransferLoop {
    /// Takes a place, waiting for one if necessary; give it back afterwards. Cancelling the task ends the wait.
    func admit(to places: Places, for request: HTTPRequest) async throws {
        try Task.checkCancellation()
        guard !places.take() else { return }
        let id = newID()
        await suspend(id) { continuation in
            // The task may have been suspended on its way here; a dismissal in the meantime found no waiter.
            if isShutDown || Task.isCancelled { continuation.resume() } else { places.wait(as: id, continuation) }
        }
        guard !places.wasGiven(to: id) else { return }
        guard !isShutDown else { throw request.failure(.closed, "the HTTP client was shut down") }
        throw CancellationError()
    }
}
