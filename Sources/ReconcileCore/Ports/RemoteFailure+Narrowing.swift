/// Converts whatever a port threw to the one error that its callers act on.
extension RemoteFailure {
    /// Any error of a port as a `RemoteFailure`; nil for a cancellation.
    package static func narrowing(_ error: any Error, operation: ServiceOperation, target: String) -> RemoteFailure? {
        if let failure = error as? RemoteFailure { return failure }
        if error is CancellationError { return nil }
        return RemoteFailure(.invalid, operation: operation, target: target, message: "\(error)")
    }
}
