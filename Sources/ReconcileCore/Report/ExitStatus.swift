/// The program's exit status, for schedulers and operators.
package enum ExitStatus: Int32, Hashable, Sendable, CaseIterable {
    /// Everything that can be protected is.
    case converged = 0
    /// A bug in the program.
    case unexpected = 1
    /// The run finished, but some versions failed; the report names them.
    case failures = 3
    /// A comparison found drift.
    case drift = 4
    /// Try again: the source or the store cannot be reached, records could not be signed, versions kept changing while
    /// they were copied, or a verification found files that haven't settled.
    case unavailable = 5
    /// A verification found a fault, or a run found records that contradict a checkpoint.
    case verificationFailed = 6
    /// Credentials or permission are missing.
    case credentials = 7
    /// Refused by a guard or by the configuration: trying again won't help.
    case refused = 8
    /// Stopped by a deadline or a signal: the next run continues.
    case deadline = 9
    /// The command line is invalid (sysexits.h).
    case usage = 64

    /// The status for the failure that ended a run.
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
    /// The exit status that matches the report's outcome.
    package var exit: ExitStatus {
        switch outcome {
        case .converged: .converged
        // Nothing failed if every unprotected version kept changing or could not be signed.
        case .partial: versions.failed == 0 && failures.isEmpty ? .unavailable : .failures
        case .deadline: .deadline
        case .refused: .refused
        case .contradicted: .verificationFailed
        case .failed: failureKind.map(ExitStatus.init) ?? .unexpected
        }
    }
}
