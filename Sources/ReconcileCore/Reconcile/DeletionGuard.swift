/// Decides whether versions that have disappeared from the listing may be recorded as deleted.
///
/// A source that returns nothing, or far less than before, is more often misconfigured or faulty than cleaned up;
/// recording is held back until an operator confirms it. Releases that disappeared within the window still count as
/// known, whatever happened in between, so a mass deletion is noticed even if it is done in slices or by detours.
/// Snapshots and their builds are counted separately, because retention regularly removes most of them.
package struct DeletionGuard: Hashable, Sendable {
    /// The smallest share of the known releases that must still be listed.
    package var leastRemaining = 0.5
    /// How long releases that have disappeared count as known; zero for not at all.
    package var window: Duration = .seconds(7 * 86_400)
    /// Whether an operator has confirmed a mass deletion.
    package var allowsMassDeletion = false

    package init() {}

    /// The start of the window in which disappeared releases count as known; nil if there is no window.
    package func start(now: Double) -> Timestamp? {
        window > .zero ? Timestamp(secondsSince1970: now - window.inSeconds) : nil
    }

    /// An index with the counts that the guard needs.
    func index(at clock: any RunClock) -> ManifestIndex {
        ManifestIndex(lossesSince: start(now: clock.secondsSince1970()))
    }

    /// The repositories in which recording is held back, with a sentence each; empty if everything may be recorded.
    ///
    /// - Parameters:
    ///   - census: includes the losses since `start`.
    ///   - selection: the part of the domain that was counted.
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
        // Losses in one repository hold back only that repository.
        whole.deletedSince = 0
        if let sentence = refusal(whole, of: selection.nameOfAll) {
            for (repository, counts) in census where counts.unseen > 0 && refusals[repository] == nil {
                refusals[repository] = sentence
            }
        }
        return refusals
    }

    /// Whether the refusals depend on unlisted withdrawn releases, so that the source must be asked whether it still
    /// has them.
    func dependsOnWithdrawn(_ census: [ExactText: ManifestIndex.Census]) -> Bool {
        refusals(census).keys != refusals(census.mapValues(\.trustingWithdrawn)).keys
    }

    /// A sentence for each repository in which most releases disappeared or were disposed of since `start`, whether or not
    /// anything else is held back: events record one deletion at a time, without a guard, and a disposal is recorded as soon
    /// as it is seen. Empty if an operator has confirmed a mass deletion.
    ///
    /// - Parameters: as for `refusals`.
    package func excesses(
        _ census: [ExactText: ManifestIndex.Census],
        of selection: Selection = Selection()
    ) -> [ExactText: String] {
        guard !allowsMassDeletion, window > .zero else { return [:] }
        var excesses: [ExactText: String] = [:]
        for (repository, counts) in census {
            let remaining = counts.releases.present - counts.disposedSince
            let known = counts.releases.present + counts.deletedSince
            guard counts.lostSince > 0, Double(remaining) < Double(known) * leastRemaining else { continue }
            let (noun, verb) =
                counts.disposedSince == 0 ? ("deletion", "delete") : ("deletion or disposal", "delete or dispose of")
            excesses[repository] =
                "\(selection.name(of: repository)): the \(noun) of \(counts.lostSince) of \(known) releases was recorded "
                + "in the last \(span); their files are kept. If nobody meant to \(verb) them, bring them back with restore "
                + "--deleted. If this is right, run again with --allow-mass-deletion"
        }
        return excesses
    }

    /// Whether the result depends on deletions or disposals recorded since `start`, which an operator may have allowed.
    func dependsOnDeletions(_ census: [ExactText: ManifestIndex.Census]) -> Bool {
        guard !allowsMassDeletion else { return false }
        var trusting = census
        for repository in census.keys { trusting[repository]?.deletedSince = 0 }
        return !excesses(census).isEmpty || refusals(census).keys != refusals(trusting).keys
    }

    private func refusal(_ counts: ManifestIndex.Census, of place: String) -> String? {
        let releases = counts.releases
        // Versions that the source may leave out of its listing prove nothing by being absent; each is confirmed
        // individually anyway.
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
    /// Whether the selection covers each of its repositories completely.
    private var coversRepositories: Bool { include.isEmpty && exclude.isEmpty && shard == .whole }

    fileprivate func name(of repository: ExactText) -> String {
        coversRepositories ? "repository \(repository)" : "the selected part of repository \(repository)"
    }

    fileprivate var nameOfAll: String {
        coversRepositories && repositories.isEmpty ? "the domain" : "the selected part of the domain"
    }
}
