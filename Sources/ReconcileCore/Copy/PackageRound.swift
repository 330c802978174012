/// The versions of one package that are copied side by side, and what they share: what the backup holds under the
/// package's path, and which of them writes the package's document.
///
/// The last version whose bytes are read writes it, before its own commit and after every other version has come to its
/// end, so the package's last commit always follows its document. None of the others waits for it. If the package has
/// snapshots among them, it is one of those: a snapshot is committed after all other versions, whose files its own document
/// names.
///
/// Each version is begun and ended once; those that are snapshots are begun after all others. Memory does not grow with
/// versions that are not begun; of those that have ended it keeps a hash for each object that they stored.
package final class PackageRound: Sendable {
    private enum Stage {
        /// Its bytes are read.
        case read
        /// Its manifest is made, and about to be committed.
        case arrived
    }

    private struct State {
        var contents: Result<[ObjectKey: StoredObject], any Error>?
        /// The versions in work that have come so far.
        var stages: [ExactText: Stage] = [:]
        /// Those of which one writes the document and that are not read yet, nor ended.
        var unreadCandidates: Int
        var unarrived: Int
        var unended: Int
        /// Of these, those that are no snapshots.
        var unendedOthers: Int
        var writer: ExactText?
        /// Whether the writer has ended well.
        var isPublished = false
        /// By version: manifests about to be committed.
        var pending: [ExactText: Manifest] = [:]
        /// Manifests that were committed since the records are being listed.
        var since: [Manifest] = []
        var isListing = false
        var records: [ManifestRecord]?
        var written = WrittenObjects()
        /// By version, what of it the store has lost.
        var lost: [ItemFailure] = []
        /// Those of them that no record says it of yet.
        var incomplete: [VersionCoordinates] = []
    }

    /// What is known of the package of a version that is alone in its round: that of an event.
    package struct Surroundings: Sendable {
        /// The newest record of each version; nil if there are more than one list shows.
        let records: [ManifestRecord]?
        /// When they were listed, by the backup's clock.
        let listedAt: Duration

        /// The records, if so little time has passed that hardly anybody has recorded more.
        fileprivate func records(at now: Duration) -> [ManifestRecord]? {
            now - listedAt < .seconds(5) ? records : nil
        }

        /// Whether one list most probably shows everything that lies in the package's folder.
        ///
        /// - Parameter files: of one version.
        func fitOneList(withFiles files: Int) -> Bool {
            records.map { ($0.count + 1) * files < 1000 } ?? false
        }
    }

    private let hasSnapshots: Bool
    /// Nil in a run.
    let surroundings: Surroundings?
    private let state: Monitor<State>

    /// - Parameters:
    ///   - versions: all that are copied.
    ///   - contents: what the store holds under their keys, as it listed them; nil if `open` says so later.
    ///   - surroundings: of an event's version.
    package init(
        of versions: [VersionCoordinates],
        contents: [ObjectKey: StoredObject]? = nil,
        in surroundings: Surroundings? = nil
    ) {
        self.surroundings = surroundings
        let snapshots = versions.count(where: \.isSnapshot)
        hasSnapshots = snapshots > 0
        state = Monitor(
            State(
                contents: contents.map { .success($0) },
                unreadCandidates: hasSnapshots ? snapshots : versions.count,
                unarrived: versions.count,
                unended: versions.count,
                unendedOthers: versions.count - snapshots
            )
        )
    }

    // MARK: What the backup holds

    /// Says what the store holds under the versions' keys, or why that is not known.
    func open(_ contents: Result<[ObjectKey: StoredObject], any Error>) {
        state.change { $0.contents = contents }
    }

    /// What the store holds under the versions' keys, as soon as that is known.
    func contents() async throws -> [ObjectKey: StoredObject] {
        try await state.wait { $0.contents != nil }
        return try state.current.contents?.get() ?? [:]
    }

    // MARK: What is stored

    /// - Parameter earlier: what was under the key before, as it was listed.
    func wrote(_ key: ObjectKey, of version: VersionCoordinates, over earlier: StoredObject?) {
        state.change { $0.written.insert(key, of: version, over: earlier) }
    }

    /// What was written and not read back yet.
    var written: WrittenObjects { state.current.written }

    /// All that was written is read back.
    ///
    /// - Parameter lost: what of it is not there.
    func readBack(_ lost: [(version: VersionCoordinates, failure: ItemFailure)] = []) {
        state.change { state in
            state.written = WrittenObjects()
            state.lost += lost.map(\.failure)
            state.incomplete += lost.map(\.version)
        }
    }

    /// - Parameter failure: one more thing to say of a version of which something is not there.
    func lose(_ failure: ItemFailure) {
        state.change { $0.lost.append(failure) }
    }

    /// The versions of which something is not there and that no record says it of yet; once.
    func takeIncomplete() -> [VersionCoordinates] {
        state.change { state in
            defer { state.incomplete = [] }
            return state.incomplete
        }
    }

    /// What is not there of what was read back; once.
    func takeLost() -> [ItemFailure] {
        state.change { state in
            defer { state.lost = [] }
            return state.lost
        }
    }

    // MARK: The course of a version

    /// The bytes of a version are read: whether it is the one that writes the document. May be called again.
    func read(_ version: VersionCoordinates) -> Bool {
        state.change { enter(.read, version, &$0) }
    }

    /// The manifest of a version is about to be committed, and counts as if it were: whether this version writes the
    /// document.
    func arrive(with manifest: Manifest) -> Bool {
        state.change { state in
            let isWriter = enter(.arrived, manifest.coordinates, &state)
            state.unarrived -= 1
            state.pending[ExactText(manifest.coordinates.version)] = manifest
            return isWriter
        }
    }

    func commit(_ manifest: Manifest) {
        let version = ExactText(manifest.coordinates.version)
        state.change { state in
            state.pending[version] = nil
            if state.isListing { state.since.append(manifest) }
        }
    }

    /// No more is done about a version.
    ///
    /// - Parameter isCommitted: whether its manifest is, and the documents are right.
    func end(_ version: VersionCoordinates, isCommitted: Bool) {
        let name = ExactText(version.version)
        state.change { state in
            let stage = state.stages.removeValue(forKey: name)
            if stage == nil, isCandidate(version) { state.unreadCandidates -= 1 }
            if stage != .arrived { state.unarrived -= 1 }
            state.unended -= 1
            if !version.isSnapshot { state.unendedOthers -= 1 }
            state.pending[name] = nil
            if !isCommitted { state.written.remove(version) }
            guard state.writer == name else { return }
            if isCommitted { state.isPublished = true } else { state.writer = nil }
        }
    }

    private func enter(_ stage: Stage, _ version: VersionCoordinates, _ state: inout State) -> Bool {
        let name = ExactText(version.version)
        if state.stages.updateValue(stage, forKey: name) == nil, isCandidate(version) { state.unreadCandidates -= 1 }
        if state.writer == nil, state.unreadCandidates == 0, isCandidate(version) { state.writer = name }
        return state.writer == name
    }

    private func isCandidate(_ version: VersionCoordinates) -> Bool { version.isSnapshot || !hasSnapshots }

    // MARK: Waiting for others

    /// Waits, for a snapshot, until every version that is none has ended.
    func otherThanSnapshotsEnded() async throws {
        try await state.wait { $0.unendedOthers == 0 }
    }

    /// Waits until the manifest of each version is made, or it has ended.
    func allArrived() async throws {
        try await state.wait { $0.unarrived == 0 }
    }

    /// Waits, for one version, until each other one has ended.
    func othersEnded() async throws {
        try await state.wait { $0.unended <= 1 }
    }

    // MARK: What the document is made of

    /// The package's records as they were listed once, and the manifests that have come to them since or are about to. For
    /// the version that writes the document.
    func records(
        at now: Duration,
        _ list: () async throws -> [ManifestRecord]
    ) async throws -> (listed: [ManifestRecord], adding: [Manifest]) {
        if state.current.records == nil {
            state.change { $0.isListing = true }
            let known = surroundings?.records(at: now)
            let records = if let known { known } else { try await list() }
            state.change { $0.records = records }
        }
        let state = state.current
        return (state.records ?? [], state.since + Array(state.pending.values))
    }

    /// Whether the document was written, the last manifest committed after it, and the document found right after that.
    var isPublished: Bool { state.current.isPublished }
}
