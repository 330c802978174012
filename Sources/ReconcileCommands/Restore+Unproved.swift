package import ArgumentParser
import ReconcileApp
import ReconcileCore

/// `reconcile restore --accept-unproved`: follows records that widen access although no trust file proves them.
extension Restore {
    func validateUnproved() throws {
        guard !unproved.acceptUnproved.isEmpty else { return }
        if backup.trusting.trust != nil {
            throw ValidationError(
                "--accept-unproved is for a restore without --trust, which proves records: leave out one"
            )
        }
        if !configuring.configuration, !restoring.allowUpstream {
            throw ValidationError("--accept-unproved requires --configuration or --allow-upstream")
        }
    }
}

/// Records that a restore follows although nothing proves them.
package struct UnprovedFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Without --trust, accept the unproved records with this SHA-256 for --configuration or --allow-upstream. Run "
                + "without this option first: it prints the value. Repeatable.",
            valueName: "sha256"
        ),
        transform: spelled
    )
    package var acceptUnproved: [RecordDigits] = []

    package init() {}

    package var accepted: Set<String> { Set(acceptUnproved.map(\.sha256)) }
}

/// The SHA-256 of records that a restore may follow.
package struct RecordDigits: Spelled, Hashable {
    package let sha256: String

    package init?(spelled text: String) {
        guard ChecksumAlgorithm.sha256.isWellFormed(text) else { return nil }
        sha256 = text
    }

    package static let spelling = "the SHA-256 that the restore without it prints, 64 digits"
}
