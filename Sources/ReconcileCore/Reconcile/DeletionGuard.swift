/// Decides whether versions that have left the listing may be recorded as deleted.
///
/// A source that answers with nothing, or with far less than it used to, is more often a wrong setting or a fault than
/// a clean-up; recording is held back until an operator confirms it. Releases that were recorded as deleted in the last
/// days count as known, so that what is too much at once is too much in slices too. Snapshots and their builds are counted
/// separately, because retention regularly removes most of them.
package struct DeletionGuard: Hashable, Sendable {
    /// The smallest share of the known releases that must still be listed.
    package var leastRemaining = 0.5
    /// For how long recorded deletions count as known; zero for not at all.
    package var window: Duration = .seconds(7 * 86_400)
    /// Whether an operator has said that mass deletion is right.
    package var allowsMassDeletion = false

    package init() {}

    /// Since when recorded deletions count as known; nil for never.
    package func start(now: Double) -> Timestamp? {
        window > .zero ? Timestamp(secondsSince1970: now - window.inSeconds) : nil
    }

    /// The counts of an index as the guard wants them.
    func census(of index: ManifestIndex, at clock: any RunClock) -> [ExactText: ManifestIndex.Census] {
        index.census(deletedSince: start(now: clock.secondsSince1970()))
    }

    /// The repositories in which recording is held back, with a sentence each; empty when all may be recorded.
    ///
    /// - Parameter census: with the deletions since `start`.
    package func refusals(_ census: [ExactText: ManifestIndex.Census]) -> [ExactText: String] {
        guard !allowsMassDeletion else { return [:] }
        var refusals: [ExactText: String] = [:]
        for (repository, counts) in census {
            if let sentence = refusal(counts, of: "repository \(repository)") { refusals[repository] = sentence }
        }
        var whole = ManifestIndex.Census()
        for counts in census.values { whole.add(counts) }
        // What was recorded in one repository holds back that one alone.
        whole.deletedSince = 0
        if let sentence = refusal(whole, of: "the domain") {
            for (repository, counts) in census where counts.unseen > 0 && refusals[repository] == nil {
                refusals[repository] = sentence
            }
        }
        return refusals
    }

    /// A sentence on each repository of which most of the releases were recorded as deleted since `start`, whether or not
    /// more is held back: events record one deletion at a time, and no guard sees them.
    package func warnings(_ census: [ExactText: ManifestIndex.Census]) -> [String] {
        guard !allowsMassDeletion else { return [] }
        return census.sorted { $0.key < $1.key }.compactMap { repository, counts in
            let (remaining, known) = (counts.releases.present, counts.releases.present + counts.deletedSince)
            guard counts.deletedSince > 0, Double(remaining) < Double(known) * leastRemaining else { return nil }
            return
                "repository \(repository): the deletion of \(counts.deletedSince) of \(known) releases was recorded in the "
                + "last \(days); their files are kept. If this was no clean-up, bring them back with restore --deleted"
        }
    }

    private func refusal(_ counts: ManifestIndex.Census, of place: String) -> String? {
        let releases = counts.releases
        // What may be left out of the listing says nothing by being left out; each is confirmed on its own anyway.
        let (remaining, expected) = (releases.present - releases.unseen, releases.present - releases.withdrawn)
        let known = expected + counts.deletedSince
        if remaining < expected, Double(remaining) < Double(known) * leastRemaining {
            let noun = counts.snapshots.present == 0 ? "versions" : "releases"
            let earlier =
                counts.deletedSince == 0
                ? "" : ", with \(counts.deletedSince) whose deletion was recorded in the last \(days)"
            return sentence("\(place) lists \(remaining) of the \(known) \(noun) that the backup knows\(earlier)")
        }
        if counts.present == counts.unseen, counts.present > counts.withdrawn {
            return sentence(
                "\(place) lists none of the \(counts.present - counts.withdrawn) versions that the backup knows"
            )
        }
        return nil
    }

    private var days: String {
        let hours = window.components.seconds / 3_600
        return hours % 24 == 0 ? (hours == 24 ? "day" : "\(hours / 24) days") : "\(hours) hours"
    }

    private func sentence(_ finding: String) -> String {
        "\(finding); no deletion is recorded. If this is right, run again with --allow-mass-deletion"
    }
}
