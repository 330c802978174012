/// Decides whether versions that have left the listing may be recorded as deleted.
///
/// A source that answers with nothing, or with far less than it used to, is more often a wrong setting or a fault than
/// a clean-up; recording is held back until an operator confirms it. Releases that went in the last days count as known,
/// whatever state they passed through, so that what is too much at once is too much in slices and by detours too. Snapshots
/// and their builds are counted separately, because retention regularly removes most of them.
package struct DeletionGuard: Hashable, Sendable {
    /// The smallest share of the known releases that must still be listed.
    package var leastRemaining = 0.5
    /// For how long releases that went count as known; zero for not at all.
    package var window: Duration = .seconds(7 * 86_400)
    /// Whether an operator has said that mass deletion is right.
    package var allowsMassDeletion = false

    package init() {}

    /// Since when releases that went count as known; nil for never.
    package func start(now: Double) -> Timestamp? {
        window > .zero ? Timestamp(secondsSince1970: now - window.inSeconds) : nil
    }

    /// An index that counts what the guard wants to know.
    func index(at clock: any RunClock) -> ManifestIndex {
        ManifestIndex(lossesSince: start(now: clock.secondsSince1970()))
    }

    /// The repositories in which recording is held back, with a sentence each; empty when all may be recorded.
    ///
    /// - Parameters:
    ///   - census: with the losses since `start`.
    ///   - selection: what of the domain was counted.
    package func refusals(
        _ census: [ExactText: ManifestIndex.Census],
        of selection: Selection = Selection()
    ) -> [ExactText: String] {
        guard !allowsMassDeletion else { return [:] }
        var refusals: [ExactText: String] = [:]
        for (repository, counts) in census {
            if let sentence = refusal(counts, of: selection.name(of: repository)) { refusals[repository] = sentence }
        }
        var whole = ManifestIndex.Census()
        for counts in census.values { whole.add(counts) }
        // What went from one repository holds back that one alone.
        whole.deletedSince = 0
        if let sentence = refusal(whole, of: selection.nameOfAll) {
            for (repository, counts) in census where counts.unseen > 0 && refusals[repository] == nil {
                refusals[repository] = sentence
            }
        }
        return refusals
    }

    /// Whether the refusals depend on withdrawn releases that are not listed, of which the source must be asked whether it
    /// still has them.
    func dependsOnWithdrawn(_ census: [ExactText: ManifestIndex.Census]) -> Bool {
        refusals(census).keys != refusals(census.mapValues(\.trustingWithdrawn)).keys
    }

    /// A sentence on each repository most of whose releases went since `start`, whether or not more is held back: events
    /// record one deletion at a time, and no guard sees them. None where an operator says that this is right.
    ///
    /// - Parameters: as `refusals` takes them.
    package func excesses(
        _ census: [ExactText: ManifestIndex.Census],
        of selection: Selection = Selection()
    ) -> [ExactText: String] {
        guard !allowsMassDeletion, window > .zero else { return [:] }
        var excesses: [ExactText: String] = [:]
        for (repository, counts) in census {
            let (remaining, known) = (counts.releases.present, counts.releases.present + counts.deletedSince)
            guard counts.deletedSince > 0, Double(remaining) < Double(known) * leastRemaining else { continue }
            excesses[repository] =
                "\(selection.name(of: repository)): the deletion of \(counts.deletedSince) of \(known) releases was recorded "
                + "in the last \(span); their files are kept. If nobody meant to delete them, bring them back with restore "
                + "--deleted. If this is right, run again with --allow-mass-deletion"
        }
        return excesses
    }

    /// Whether what is said depends on deletions that were recorded since `start`, of which an operator may have said that
    /// they are right.
    func dependsOnDeletions(_ census: [ExactText: ManifestIndex.Census]) -> Bool {
        guard !allowsMassDeletion else { return false }
        var trusting = census
        for repository in census.keys { trusting[repository]?.deletedSince = 0 }
        return !excesses(census).isEmpty || refusals(census).keys != refusals(trusting).keys
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
                ? "" : ", with \(counts.deletedSince) whose deletion was recorded in the last \(span)"
            return sentence("\(place) lists \(remaining) of the \(known) \(noun) that the backup knows\(earlier)")
        }
        if counts.present == counts.unseen, counts.present > counts.withdrawn {
            return sentence(
                "\(place) lists none of the \(counts.present - counts.withdrawn) versions that the backup knows"
            )
        }
        return nil
    }

    /// The window in the largest unit that divides it: `day`, `36 hours`.
    private var span: String {
        let seconds = max(1, window.components.seconds)
        let units: [(size: Int64, name: String)] = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")]
        let unit = units.first { seconds.isMultiple(of: $0.size) } ?? (1, "second")
        let count = seconds / unit.size
        return count == 1 ? unit.name : "\(count) \(unit.name)s"
    }

    private func sentence(_ finding: String) -> String {
        "\(finding); no deletion is recorded. If this is right, run again with --allow-mass-deletion"
    }
}

extension Selection {
    /// Whether each repository that it covers is covered whole.
    private var coversRepositories: Bool { include.isEmpty && exclude.isEmpty && shard == .whole }

    fileprivate func name(of repository: ExactText) -> String {
        coversRepositories ? "repository \(repository)" : "the selected part of repository \(repository)"
    }

    fileprivate var nameOfAll: String {
        coversRepositories && repositories.isEmpty ? "the domain" : "the selected part of the domain"
    }
}
