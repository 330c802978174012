/// Handles one event: a single version.
extension Reconciler {
    /// Brings one version up to the source's state, which is what an event requests.
    ///
    /// An event is a hint that may come late, twice or out of order, so its details about the version are ignored. The
    /// source is asked for the version's current state, which is compared with the newest manifest as in a run. If the
    /// version is in sync or unknown to both sides, that costs one DescribePackageVersion and one listing of the
    /// package's manifests (two for a package with more than a thousand). Any number of calls may run for the same
    /// version, concurrently with any run.
    ///
    /// - Parameter namespaces: kept from one call to the next.
    /// - Returns: a report in which `versions.listed` is 1 if the source has the version in the end. A version that
    ///   isn't to be copied counts as skipped, with the reason in `message`. A cancelled call has the outcome
    ///   `deadline`.
    package func protect(
        _ version: VersionCoordinates,
        id: String,
        in context: RunContext<RunEvent>,
        remembering namespaces: RecordedNamespaces = RecordedNamespaces()
    ) async -> RunReport {
        await account(in: context).report(id: id) { tally in
            try await protect(version, namespaces, &tally, context)
        }
    }

    private func protect(
        _ version: VersionCoordinates,
        _ namespaces: RecordedNamespaces,
        _ tally: inout RunTally,
        _ context: RunContext<RunEvent>
    ) async throws {
        func skip(_ reason: String) {
            tally.report.versions.skipped += 1
            tally.report.message = reason
            context.observe(.skipped(version, reason: reason))
        }
        let selection = options.selection
        guard selection.contains(version) else {
            let left = selection.contains(version.package) ? "\(version)" : "\(version.package)"
            return skip("the settings leave \(left) out")
        }
        let description = try await source.describe(version)
        if let description {
            tally.report.versions.listed = 1
            guard options.selection.contains(origin: description.properties.origin) else {
                return skip("the version came from an external connection, and --origin is internal")
            }
            guard description.status != .unfinished else {
                return skip("the version is unfinished: its bytes cannot be read yet")
            }
        }
        let recorded = try await look(at: version)
        var index = recorded.index
        await warn(of: recorded.ignored, &tally, context)
        var match: ManifestIndex.Match?
        if let description {
            let found = index.match(version, revision: description.revision, status: description.status)
            tally.count(found)
            if found == .inSync { return }
            match = found
        } else {
            guard index.isUnseen(version) else {
                // The version may have come and gone, but a missing repository means a mistyped name.
                var named = Selection()
                named.repositories = [version.package.repository]
                _ = try await named.repositories(of: source, domain: backup.layout.domain)
                return skip("neither the source nor the backup holds the version")
            }
            tally.report.versions.orphaned = 1
        }
        let newestRecord = index.newestRecord(of: version)
        // A version without records is almost always new; its create-only writes reveal existing objects.
        let isNew = newestRecord == nil
        let copier = try await copier(
            keepsVersions: isNew ? nil : backup.store.keepsVersions(),
            plugins: namespaces.surroundings(of: version.package, in: backup)
        )
        let outcome = try await copier.copy(
            version,
            listed: ListedVersion(version.version, described: description),
            newestRecord: newestRecord,
            in: PackageRound(of: [version], contents: isNew ? [:] : objects(of: version), in: recorded.surroundings)
        )
        if let match {
            tally.absorb(outcome, of: version, listedAs: match, context.observe)
        } else {
            tally.absorb(outcome, ofUnlisted: version, isShown: false, context.observe)
        }
        if case .skipped(let reason) = outcome { tally.report.message = reason }
    }

    /// What is recorded of a version and its package.
    private struct Recorded {
        /// Contains only this version.
        var index = ManifestIndex()
        /// Objects under the version's record keys that don't count.
        var ignored = IgnoredObjects()
        let surroundings: PackageRound.Surroundings
    }

    private func look(at version: VersionCoordinates) async throws -> Recorded {
        let (reader, layout) = (backup.reader, backup.layout)
        let now = backup.clock.now()
        let page = try await backup.store.list(prefix: layout.manifestsPrefix(of: version.package), after: nil)
        let isWhole = page.next == nil
        var recorded = Recorded(
            surroundings: PackageRound.Surroundings(
                records: isWhole ? backup.publisher.newestRecords(listedAs: page.elements) : nil,
                listedAt: now
            )
        )
        var objects: [StoredObject] = []
        let prefix = layout.manifestsPrefix(of: version)
        if isWhole {
            objects = page.elements.filter { $0.key.value.utf8.starts(with: prefix.value.utf8) }
        } else {
            try await backup.store.forEachObject(under: prefix) { objects.append($0) }
        }
        let proof = backup.trust.map { _ in RecordProof(of: backup, since: nil, isBegun: true) }
        let refusals = try await proof?.refusals(of: objects) ?? [:]
        for object in objects {
            guard let record = layout.record(at: object.key) else { continue }
            let (size, time, refusal) = (object.size, record.recordedAt, refusals[object.key])
            if recorded.ignored.mayCount(object.key, size: size, recordedAt: time, by: reader, unless: refusal) {
                recorded.index.insert(record)
            }
        }
        recorded.index.seal()
        return recorded
    }

    /// The objects in the Maven directories of a version.
    private func objects(of version: VersionCoordinates) async throws -> [ObjectKey: StoredObject] {
        var known: [ObjectKey: StoredObject] = [:]
        for directory in BackupLayout.directories(of: version.version) {
            let prefix = backup.layout.prefix(of: directory, in: version.package)
            try await backup.store.forEachObject(under: prefix) { known[$0.key] = $0 }
        }
        return known
    }
}
