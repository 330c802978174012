/// What a backup has for a restore, by one listing of its records.
extension Restorer {
    /// What the listing shows.
    struct Recorded {
        /// By the repository that they are recorded in.
        var packages: [String: [PackageCoordinates]]
        /// What would open any of them.
        let openings: OpeningRecords
        /// Whether all records are shown that were to be listed.
        let isWhole: Bool
        /// Whether no folder of the selected repositories' records is hidden.
        let isShown: Bool
    }

    /// Lists the records. A package of which some may not be seen is a failure, and is left alone: which state of its
    /// versions is the newest is not known.
    ///
    /// - Parameters:
    ///   - digester: takes in all records, for which those of other than the selected repositories are listed too.
    ///   - census: takes in those of the selected repositories.
    /// - Throws: `absent` for a repository of which nothing is selected; what keeps the store from showing any record.
    func recorded(
        by digester: RecordDigester?,
        _ census: inout (any VersionCensus)?,
        _ tally: inout RunTally,
        _ context: RunContext<RunEvent>
    ) async throws -> Recorded {
        var packages: [String: [PackageCoordinates]] = [:]
        var opening: [PackageRecord] = []
        var hidden = HiddenRecords(in: backup.layout)
        var listed = 0
        let wanted = options.selection.repositories
        for repository in wanted.isEmpty ? [nil] : wanted.map(Optional.some) {
            try await backup.catalog.forEachPackage(in: repository) { key, time, version, own in
                listed += 1
                if let version { census?.see(version) }
                if repository == nil { digester?.add(CollectionOfOne((key: key, recordedAt: time)), from: 0) }
                if let own, mayCount(own) { opening.append(own) }
            } hiding: {
                hidden.add($0)
            } _: { package in
                if context.stop.reason != nil { throw CancellationError() }
                tally.coverage.see(package)
                guard isWanted(package) else { return }
                packages[package.repository, default: []].append(package)
            }
            guard let repository, packages[repository] == nil, options.selection.include.isEmpty,
                hidden.failures(of: options.selection).isEmpty, !options.selection.mayBeEmpty
            else { continue }
            throw RemoteFailure(
                .absent,
                operation: .restore,
                target: backup.store.location,
                message: "the backup has nothing selected in repository \(repository); check --domain and --repository"
            )
        }
        try hidden.requireShown(listed)
        tally.fail(hidden: hidden.failures(of: options.selection, where: isWanted), context.observe)
        var isWhole = hidden.isEmpty
        if isWhole, !wanted.isEmpty, let digester {
            isWhole = try await backup.takeIn(by: digester) { context.stop.reason != nil }
        }
        return Recorded(
            packages: packages.mapValues { packages in
                packages.filter { !hidden.hides($0) }.sorted { ExactText("\($0)") < ExactText("\($1)") }
            }.filter { !$0.value.isEmpty },
            openings: OpeningRecords(opening, in: backup.layout, backup.hashes.digest),
            isWhole: isWhole,
            isShown: hidden.isEmpty
        )
    }

    private func isWanted(_ package: PackageCoordinates) -> Bool {
        options.selection.contains(package)
            && (options.restoresRest || options.needed?.contains(package) ?? true)
    }
}
