/// The versions of one package that are copied concurrently, and what they share: the objects under the package's path
/// in the backup, and which version writes the package's document.
///
/// The version whose bytes are read last writes the document, before its own commit and after every other version has
/// ended. So the package's last commit always follows its document, and no other version has to wait. If there are
/// snapshots among the versions, it is one of them: a snapshot is committed after all other versions, because its
/// document names their files.
///
/// Start and end each version once, snapshots after all others. Memory doesn't grow with versions that haven't started;
/// for versions that have ended, it keeps a hash for each stored object.
package final class PackageRound: Sendable {
    private enum Stage {
        /// Its bytes have been read.
        case read
        /// Its manifest is ready, about to be committed.
        case arrived
    }

    private struct State {
        var contents: Result<[ObjectKey: StoredObject], any Error>?
        /// The versions in progress that have reached a stage.
        var stages: [ExactText: Stage] = [:]
        /// How many versions that could write the document have neither been read nor ended.
        var unreadCandidates: Int
        var unarrived: Int
        var unended: Int
        /// Of the unended ones, those that aren't snapshots.
        var unendedOthers: Int
        var writer: ExactText?
        /// Whether the writer has ended successfully.
        var isPublished = false
        /// Manifests about to be committed, by version.
        var pending: [ExactText: Manifest] = [:]
        /// Manifests committed since the records' listing started.
        var since: [Manifest] = []
        var isListing = false
        var records: [ManifestRecord]?
        var written = WrittenObjects()
        /// The failures of versions for which the store has lost something.
        var lost: [ItemFailure] = []
        /// The versions with lost files for which no record says so yet.
        var incomplete: [VersionCoordinates] = []
    }

    /// What is known about the package of an event's version, which is alone in its round.
    package struct Surroundings: Sendable {
        /// The newest record of each version; nil if there are more records than one list request returns.
        let records: [ManifestRecord]?
        /// When they were listed, by the backup's clock.
        let listedAt: Duration

        /// The records, if they were listed so recently that other writers have hardly added any.
        fileprivate func records(at now: Duration) -> [ManifestRecord]? {
            now - listedAt < .seconds(5) ? records : nil
        }

        /// Whether one list request will most likely return everything in the package's folder.
        ///
        /// - Parameter files: the number of files in one version.
        func fitOneList(withFiles files: Int) -> Bool {
            records.map { ($0.count + 1) * files < 1000 } ?? false
        }
    }

    private let hasSnapshots: Bool
    /// Nil in a run.
    let surroundings: Surroundings?
    private let state: Monitor<State>

    /// - Parameters:
    ///   - versions: all versions to copy.
    ///   - contents: the objects that the store listed under their keys; nil if `open` will provide them.
    ///   - surroundings: for an event's version.
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

    // MARK: Contents of the backup

    /// Provides the objects under the versions' keys, or the reason why they are unknown.
    func open(_ contents: Result<[ObjectKey: StoredObject], any Error>) {
        state.change { $0.contents = contents }
    }

    /// Waits for the objects under the versions' keys.
    func contents() async throws -> [ObjectKey: StoredObject] {
        try await state.wait { $0.contents != nil }
        return try state.current.contents?.get() ?? [:]
    }

    // MARK: Stored objects

    /// - Parameters:
    ///   - size: how many bytes were written; nil if that is not to be compared.
    ///   - earlier: the object that was listed under the key before.
    func wrote(_ key: ObjectKey, of version: VersionCoordinates, size: Int64? = nil, over earlier: StoredObject?) {
        state.change { $0.written.insert(key, of: version, size: size, over: earlier) }
    }

    /// Objects that were written and not read back yet.
    var written: WrittenObjects { state.current.written }

    /// Reports that everything written has been read back.
    ///
    /// - Parameter lost: versions with objects that are missing.
    func readBack(_ lost: [(version: VersionCoordinates, failure: ItemFailure)] = []) {
        state.change { state in
            state.written = WrittenObjects()
            state.lost += lost.map(\.failure)
            state.incomplete += lost.map(\.version)
        }
    }

    /// - Parameter failure: another failure of a version for which something is missing.
    func lose(_ failure: ItemFailure) {
        state.change { $0.lost.append(failure) }
    }

    /// Returns and clears the versions with missing objects for which no record says so yet.
    func takeIncomplete() -> [VersionCoordinates] {
        state.change { state in
            defer { state.incomplete = [] }
            return state.incomplete
        }
    }

    /// Returns and clears the failures of objects that are missing.
    func takeLost() -> [ItemFailure] {
        state.change { state in
            defer { state.lost = [] }
            return state.lost
        }
    }

    // MARK: Progress of a version

    /// Reports that a version's bytes have been read; returns whether it writes the document. May be called repeatedly.
    func read(_ version: VersionCoordinates) -> Bool {
        state.change { enter(.read, version, &$0) }
    }

    /// Reports that a version's manifest is about to be committed, and counts as committed; returns whether this
    /// version writes the document.
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

    /// Reports that work on a version has ended.
    ///
    /// - Parameter isCommitted: whether its manifest is committed and the documents are correct.
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

    /// Lets a snapshot wait until every version that isn't a snapshot has ended.
    func otherThanSnapshotsEnded() async throws {
        try await state.wait { $0.unendedOthers == 0 }
    }

    /// Waits until every version has a manifest or has ended.
    func allArrived() async throws {
        try await state.wait { $0.unarrived == 0 }
    }

    /// Lets one version wait until every other one has ended.
    func othersEnded() async throws {
        try await state.wait { $0.unended <= 1 }
    }

    // MARK: Records for the document

    /// The package's records, listed once, and the manifests committed since or about to be. For the version that
    /// writes the document.
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

    /// Whether the document was written, the last manifest was committed after that, and the document was then found to
    /// be correct.
    var isPublished: Bool { state.current.isPublished }
}
