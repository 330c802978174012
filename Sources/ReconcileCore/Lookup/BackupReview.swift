/// Answers `show`, `history`, `get` and `find` from the backup alone; writes nothing and asks no source.
package struct BackupReview: Sendable {
    let backup: Backup
    let selection: Selection
    let width: Int

    /// - Parameter width: the number of manifests to read concurrently.
    package init(of backup: Backup, selection: Selection, width: Int) {
        self.backup = backup
        self.selection = selection
        self.width = width
    }

    /// A version with its newest readable manifest, which is its state for every reader.
    package struct KeptVersion: Sendable {
        package let history: VersionHistory
        /// If no manifest is readable, the newest one's failure.
        package let manifest: Result<Manifest, RemoteFailure>
        /// The failures of skipped newer records, newest first; if no manifest is readable, the failures of all
        /// records.
        package let failures: [RemoteFailure]

        package init(
            history: VersionHistory,
            manifest: Result<Manifest, RemoteFailure>,
            failures: [RemoteFailure] = []
        ) {
            self.history = history
            self.manifest = manifest
            self.failures = failures
        }

        /// The record of that manifest; if no manifest is readable, the newest record.
        package var record: ManifestRecord { (try? manifest.get())?.record ?? history.newest }
    }

    /// The matches, as far as the store shows them.
    package struct Found<Element: Sendable>: Sendable {
        /// Not empty.
        package let elements: [Element]
        /// The failures of folders of records that the store refuses to list and that may contain more.
        package let hidden: [RemoteFailure]
    }

    /// The matching versions, each with its newest readable manifest. Costs one GET per version in addition to
    /// `histories`, and one for each record that is skipped.
    ///
    /// - Throws: as `histories`, and a failure of the store as a whole.
    package func kept(_ pattern: VersionPattern, stop: StopSignal) async throws -> Found<KeptVersion> {
        let histories = try await histories(pattern, stop)
        return Found(elements: try await kept(histories.elements, stop), hidden: histories.hidden)
    }

    /// The same for versions whose histories are known.
    func kept(_ histories: [VersionHistory], _ stop: StopSignal) async throws -> [KeptVersion] {
        var manifests: [Result<Manifest, RemoteFailure>?] = Array(repeating: nil, count: histories.count)
        var failures: [[RemoteFailure]] = Array(repeating: [], count: histories.count)
        var open = Array(histories.indices)
        while !open.isEmpty {
            // The number of failures of a version is also the number of records tried.
            let records = open.map { histories[$0].records[histories[$0].records.count - 1 - failures[$0].count] }
            let results = try await backup.catalog.read(records, width: width, stop)
            if open.count == histories.count { try results.requireSomeAllowed() }
            for (index, result) in zip(open, results) {
                manifests[index] = result
                if case .failure(let failure) = result { failures[index].append(failure) }
            }
            open = open.filter { index in
                guard case .failure = manifests[index] else { return false }
                return failures[index].count < histories[index].records.count
            }
        }
        return histories.indices.compactMap { index in
            guard let result = manifests[index] else { return nil }
            let first = failures[index].first
            let manifest = (try? result.get()).map(Result.success) ?? first.map(Result.failure) ?? result
            return KeptVersion(history: histories[index], manifest: manifest, failures: failures[index])
        }
    }

    /// Every record of the matching versions, in order of time. Costs one GET per record in addition to `histories`.
    ///
    /// - Throws: as for `kept`.
    package func entries(_ pattern: VersionPattern, stop: StopSignal) async throws -> Found<HistoryEntry> {
        let found = try await histories(pattern, stop)
        let histories = found.elements
        var manifests = try await backup.catalog.read(histories.flatMap(\.records), width: width, stop)[...]
        try manifests.requireSomeAllowed()
        var entries: [HistoryEntry] = []
        for history in histories {
            let own = manifests.prefix(history.records.count)
            manifests = manifests.dropFirst(own.count)
            entries += HistoryEntry.list(zip(history.records, own).map { (record: $0, manifest: $1) })
        }
        // Stable: records from the same second keep the order of their versions.
        let sorted = entries.enumerated()
            .sorted { ($0.element.record.recordedAt, $0.offset) < ($1.element.record.recordedAt, $1.offset) }
            .map(\.element)
        return Found(elements: sorted, hidden: found.hidden)
    }

    // MARK: Lookup

    /// The selected versions that match. If there are none, throws an `absent` failure with the closest names, or the
    /// failure of a folder that may contain them and that the store refuses to list.
    ///
    /// Costs one list per thousand manifests of the domain, or of the package if `--repository` and the pattern
    /// determine it.
    func histories(_ pattern: VersionPattern, _ stop: StopSignal) async throws -> Found<VersionHistory> {
        var hidden = HiddenRecords(in: backup.layout)
        let found = try await backup.catalog.histories(under: prefixes(pattern)) { version in
            if stop.reason != nil { throw CancellationError() }
            return selection.contains(version) && pattern.matches(version)
        } hiding: {
            hidden.add($0)
        }
        let failures = self.failures(of: hidden, for: [pattern])
        guard found.isEmpty else { return Found(elements: found, hidden: failures) }
        if let first = failures.first { throw first }
        if let wrong = await wrongPlace() { throw absent(wrong) }
        let near = try await nearest(to: pattern, stop)
        throw absent(
            "nothing of the domain \(backup.layout.domain) is recorded as \(pattern)"
                + (near.isEmpty
                    ? "; check the name, --domain and --repository" : "; nearest: " + near.joined(separator: ", "))
        )
    }

    /// What is wrong with the requested domain or repositories if nothing is found there; nil if they have records.
    func wrongPlace() async -> String? {
        let others = await backup.others()
        if !others.isEmpty { return backup.absence(others) }
        guard !selection.repositories.isEmpty else { return nil }
        let recorded = await backup.repositories()
        guard !recorded.isEmpty, !recorded.contains(where: selection.contains(repository:)) else { return nil }
        return "the backup of \(backup.layout.domain) \(selection.lack(among: recorded)); check --repository"
    }

    /// The failures of hidden folders that may contain what is requested.
    ///
    /// - Parameter patterns: requested versions match one of these; empty for everything selected.
    func failures(of hidden: HiddenRecords, for patterns: [VersionPattern]) -> [RemoteFailure] {
        var wanted = selection
        if wanted.include.isEmpty { wanted.include = patterns }
        return hidden.folders(of: wanted).map(\.failure)
    }

    func absent(_ message: String) -> RemoteFailure {
        RemoteFailure(.absent, operation: .backup, target: backup.store.location, message: message)
    }

    func prefixes(_ pattern: VersionPattern) -> [ObjectKey] {
        guard let (namespace, name) = pattern.exactPackage, !selection.repositories.isEmpty else {
            return selection.manifestPrefixes(in: backup.layout)
        }
        return selection.repositories.map { repository in
            let package = PackageCoordinates(repository: repository, namespace: namespace, name: name)
            return backup.layout.manifestsPrefix(of: package)
        }
    }

    /// The versions of the package if it exists; otherwise packages with similar names.
    func nearest(to pattern: VersionPattern, _ stop: StopSignal) async throws -> [String] {
        var packages = NearestNames(to: "\(pattern.package)")
        var versions = NearestNames(to: "\(pattern)")
        try await selection.forEachRecord(in: backup, stop: stop) { record in
            let version = record.coordinates
            let name = "\(version.package.namespace):\(version.package.name)"
            packages.offer(name)
            if pattern.package.matches(version.package) { versions.offer("\(name):\(version.version)") }
        } hiding: { _ in
            // Only visible names can be suggested.
        }
        return versions.names.isEmpty ? packages.names : versions.names
    }
}
