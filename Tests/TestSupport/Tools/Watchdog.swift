/// A test did not end in its time.
package struct TimeoutFailure: Error, CustomStringConvertible {
    package let limit: Duration

    package var description: String { "not over within \(limit)" }
}

/// Runs `work`, and cancels it and throws `TimeoutFailure` when it is not over in time.
///
/// The failure is thrown when `work` has returned: work that ignores cancellation holds it up.
///
/// - Parameter seconds: ends what hangs, and judges no speed: on a busy machine a test waits long for its turn.
package func withTimeout<R: Sendable>(
    _ seconds: Double = 300,
    _ work: @escaping @Sendable () async throws -> R
) async throws -> R {
    let limit = Duration.seconds(seconds)
    return try await withThrowingTaskGroup(of: R?.self) { group in
        group.addTask { try await work() }
        group.addTask {
            try await Task.sleep(for: limit)
            return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next(), let result = first else { throw TimeoutFailure(limit: limit) }
        return result
    }
}
