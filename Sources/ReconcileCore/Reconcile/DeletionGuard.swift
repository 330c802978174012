/// Decides whether versions that have left the listing may be recorded as deleted.
///
/// A source that answers with nothing, or with far less than it used to, is more often a wrong setting or a fault than
/// a clean-up; recording is held back until an operator confirms it. Snapshots and their builds are counted
/// separately, because retention regularly removes most of them.
package struct DeletionGuard: Hashable, Sendable {
    /// The smallest share of the known releases that must still be listed.
    package var leastRemaining = 0.5
    /// Whether an operator has said that mass deletion is right.
    package var allowsMassDeletion = false

    package init() {}

    /// The repositories in which recording is held back, with a sentence each; empty when all may be recorded.
    package func refusals(_ census: [ExactText: ManifestIndex.Census]) -> [ExactText: String] {
        guard !allowsMassDeletion else { return [:] }
        var refusals: [ExactText: String] = [:]
        for (repository, counts) in census {
            if let sentence = refusal(counts, of: "repository \(repository)") { refusals[repository] = sentence }
        }
        var whole = ManifestIndex.Census()
        for counts in census.values { whole.add(counts) }
        if let sentence = refusal(whole, of: "the domain") {
            for (repository, counts) in census where counts.unseen > 0 && refusals[repository] == nil {
                refusals[repository] = sentence
            }
        }
        return refusals
    }

    private func refusal(_ counts: ManifestIndex.Census, of place: String) -> String? {
        let releases = counts.releases
        // What may be left out of the listing says nothing by being left out; each is confirmed on its own anyway.
        let (remaining, expected) = (releases.present - releases.unseen, releases.present - releases.withdrawn)
        if remaining < expected, Double(remaining) < Double(expected) * leastRemaining {
            let noun = counts.snapshots.present == 0 ? "versions" : "releases"
            return sentence("\(place) lists \(remaining) of the \(expected) \(noun) that the backup knows")
        }
        if counts.present == counts.unseen, counts.present > counts.withdrawn {
            return sentence(
                "\(place) lists none of the \(counts.present - counts.withdrawn) versions that the backup knows"
            )
        }
        return nil
    }

    private func sentence(_ finding: String) -> String {
        "\(finding); no deletion is recorded. If this is right, run again with --allow-mass-deletion"
    }
}
