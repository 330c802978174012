/// Places for the exchanges that may be open at a time, each given to whoever has waited longest.
///
/// Belongs to one loop and lives on its thread.
final class Places {
    private var free: Int
    private var waiting: [(id: TransferLoop.OperationID, continuation: CheckedContinuation<Void, Never>)] = []
    /// Who was given a place while it waited, and has not noticed yet.
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

    /// Registers whoever found no free place; resumed with a place, or without one when it is dismissed.
    func wait(as id: TransferLoop.OperationID, _ continuation: CheckedContinuation<Void, Never>) {
        waiting.append((id, continuation))
    }

    /// Whether the one that waited was given a place; asked once, after it was resumed.
    func wasGiven(to id: TransferLoop.OperationID) -> Bool {
        given.remove(id) != nil
    }

    /// Gives a place back, to the first that waits.
    func giveBack() {
        guard !waiting.isEmpty else { return free += 1 }
        let next = waiting.removeFirst()
        given.insert(next.id)
        next.continuation.resume()
    }

    /// Ends a wait; nothing happens to whoever does not wait.
    func dismiss(_ id: TransferLoop.OperationID) {
        guard let index = waiting.firstIndex(where: { $0.id == id }) else { return }
        waiting.remove(at: index).continuation.resume()
    }

    /// Ends every wait.
    func dismissAll() {
        for waiter in waiting { waiter.continuation.resume() }
        waiting = []
    }
}

extension TransferLoop {
    /// Takes a place, after a wait while none is free; to be given back. The task's cancellation ends the wait.
    func admit(to places: Places, for request: HTTPRequest) async throws {
        try Task.checkCancellation()
        guard !places.take() else { return }
        let id = newID()
        await suspend(id) { continuation in
            // On its way here the task may have been suspended, and nobody dismisses it any more.
            if isShutDown || Task.isCancelled { continuation.resume() } else { places.wait(as: id, continuation) }
        }
        guard !places.wasGiven(to: id) else { return }
        guard !isShutDown else { throw request.failure(.closed, "the HTTP client was shut down") }
        throw CancellationError()
    }
}
