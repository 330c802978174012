import Synchronization

/// Runs programs that supply credentials, and does not start one again soon after it has hung: each part of a run asks
/// for credentials again.
final class HungPrograms: Sendable {
    private let limit: Duration
    private let pause: Duration
    private let hung = Mutex<[[String]: ContinuousClock.Instant]>([:])

    /// - Parameters:
    ///   - limit: how long a program may take.
    ///   - pause: how long to wait before starting a program again that took longer.
    init(limit: Duration = .seconds(60), pause: Duration = .seconds(300)) {
        self.limit = limit
        self.pause = pause
    }

    /// - Throws: `CredentialFault`; immediately if the same command hung recently.
    func run(_ words: [String]) async throws -> ProgramOutput {
        let isHung = hung.withLock { hung in
            guard let since = hung[words] else { return false }
            return since + pause > .now
        }
        if isHung {
            throw CredentialFault(
                "\(words.first ?? "the command") did not end within \(limit.components.seconds) seconds, and is not "
                    + "started again for \(pause.components.seconds) seconds"
            )
        }
        do {
            return try await CredentialAccess.runProgram(words, within: limit)
        } catch is TooLong {
            hung.withLock { $0[words] = .now }
            let program = words.first ?? "the command"
            throw CredentialFault("\(program) did not end within \(limit.components.seconds) seconds")
        }
    }

    /// A program was killed because it took too long.
    struct TooLong: Error {}
}
