/// The exit status of the program: what a scheduler and an operator act on.
package enum ExitStatus: Int32, Hashable, Sendable, CaseIterable {
    /// Everything that can be protected is.
    case converged = 0
    /// A fault of the program.
    case unexpected = 1
    /// The run went through, some versions failed; the report names them.
    case failures = 3
    /// A comparison found drift.
    case drift = 4
    /// Source or store cannot be reached, records could not be signed, versions kept changing while they were copied,
    /// or a verification found files not settled yet: try again.
    case unavailable = 5
    /// A verification found a fault, or a run records that contradict a checkpoint.
    case verificationFailed = 6
    /// Credentials or permission are missing.
    case credentials = 7
    /// Refused by a guard or by configuration: trying again changes nothing.
    case refused = 8
    /// Stopped by a deadline or a signal: the next run goes on.
    case deadline = 9
    /// The command line makes no sense (sysexits.h).
    case usage = 64

    /// The status for a failure that ended a run.
    package init(_ kind: RemoteFailure.Kind) {
        switch kind {
        case .credentials, .denied, .forbidden: self = .credentials
        case .throttled, .unavailable, .unreachable: self = .unavailable
        case .absent, .conflict, .invalid: self = .refused
        case .archived, .corrupt, .malformed, .untrusted: self = .failures
        }
    }
}

extension RunReport {
    /// The exit status that says what the report says.
    package var exit: ExitStatus {
        switch outcome {
        case .converged: .converged
        // Nothing has failed if all that is unprotected was in motion, or could not be signed.
        case .partial: versions.failed == 0 && failures.isEmpty ? .unavailable : .failures
        case .deadline: .deadline
        case .refused: .refused
        case .contradicted: .verificationFailed
        case .failed: failureKind.map(ExitStatus.init) ?? .unexpected
        }
    }
}
