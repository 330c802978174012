import FoundationEssentials

/// The time for a run: a monotonic clock, a way to wait, and the calendar.
///
/// Injected everywhere, so that tests of waits, deadlines and records take no real time.
package protocol RunClock: Sendable {
    /// A monotonic reading; only differences are meaningful.
    func now() -> Duration
    /// Waits; throws `CancellationError` as soon as the task is cancelled.
    func sleep(for duration: Duration) async throws
    /// Seconds since 1970, UTC.
    func secondsSince1970() -> Double
}

extension RunClock {
    /// The current calendar time, to the second.
    package var timestamp: Timestamp { Timestamp(secondsSince1970: secondsSince1970()) }

    /// The time for a new record: the current time, or one second after the newest record if another writer's clock was
    /// ahead.
    func recordTime(after newest: Timestamp?) -> Timestamp {
        let now = timestamp
        guard let newest, now <= newest else { return now }
        return Timestamp(seconds: newest.seconds + 1)
    }

    /// The time of a record that is about to be stored: the current time, if the record's own is more than ten minutes ago.
    /// Others may have listed the records since and relied on none being made for a time before that.
    func storingTime(of recordedAt: Timestamp) -> Timestamp {
        let now = timestamp
        return now.seconds - recordedAt.seconds > 600 ? now : recordedAt
    }
}

/// The machine's own clocks.
package struct SystemClock: RunClock {
    private let start = ContinuousClock.now

    package init() {}

    package func now() -> Duration { ContinuousClock.now - start }

    package func sleep(for duration: Duration) async throws {
        try await Task.sleep(for: duration)
    }

    package func secondsSince1970() -> Double { Date().timeIntervalSince1970 }
}

extension Duration {
    /// The duration in seconds, with its fraction.
    package var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}
