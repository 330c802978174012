import AWSServices
import ReconcileApp
import ReconcileCore

/// Tries the second place for checkpoints as a run uses it: creates one small object, reads it back, and leaves it
/// there.
struct WitnessTrial: Sendable {
    let witness: Witness
    /// The object's key, as in the backup.
    let key: ObjectKey

    private static let name = "witness"

    /// - Throws: `CancellationError`.
    func run(_ trials: Trials) async throws -> Check {
        if witness.isInBucket, let silence = trials.silence(of: "s3") { return .skipped(Self.name, after: silence) }
        let place = "\(witness.location)"
        do {
            let store = try witness.open()
            _ = try await store.write(BackupTrial.probe, to: key, .createOnly)
            _ = try await store.read(key, limit: Manifest.maximumBytes)
            return .good(Self.name, "\(place) takes new objects and gives them back")
        } catch let failure as InvalidSettings {
            return .bad(Self.name, "\(place): \(failure.message)")
        } catch let failure as RemoteFailure {
            switch failure.kind {
            case .denied, .forbidden:
                let rights = failure.operation.actions.formattedList
                return .bad(
                    Self.name,
                    "\(place): \(failure.message). A run could not store its checkpoint there and would not exit 0. The role "
                        + "needs \(rights.isEmpty ? "to write there" : rights) on it",
                    access: true
                )
            case .absent where !witness.isInBucket: return .unknown(Self.name, "\(failure.message); a run makes it")
            case .absent, .conflict, .invalid: return .bad(Self.name, "\(place): \(failure.message)")
            default: return .failed(Self.name, failure)
            }
        }
    }
}
