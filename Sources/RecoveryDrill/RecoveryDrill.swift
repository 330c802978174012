import Cryptography
package import ReconcileCore

/// Restores part of a backup into an empty folder with a build client, and compares the restored files with the
/// records.
///
/// Reads only the backup, and writes only into the folder. The evidence contains what was found, however the drill
/// ends.
package struct RecoveryDrill: Sendable {
    /// What to restore.
    package struct Plan: Sendable {
        package var selection = Selection()
        package var sample = DrillSample.share(0.02)
        /// The versions that a build needs, all of which are restored if they are selected; nil for a sample.
        package var needed: NeededVersions?
        /// The time whose state is restored, so that nothing changes during the drill.
        package var moment: Timestamp
        /// Whether to compare the stored documents too; they follow the newest records.
        package var comparesDocuments = true
        /// How long a stored document must be unchanged before it is reported as wrong.
        package var settling: Duration = .seconds(3_600)

        package init(at moment: Timestamp) { self.moment = moment }

        /// Whether a selected record is of a version to restore.
        func needs(_ record: ManifestRecord) -> Bool { needed?.contains(record.coordinates) ?? true }
    }

    let backup: Backup
    let plan: Plan
    private let client: any DrillClient
    private let own: OwnClient
    private let folder: String
    let stop: StopSignal
    let clock: any RunClock

    /// - Parameters:
    ///   - client: resolves files; `own` fetches those that it cannot request.
    ///   - folder: exists and is empty.
    package init(
        of backup: Backup,
        plan: Plan,
        client: any DrillClient,
        own: OwnClient,
        folder: String,
        stop: StopSignal,
        clock: any RunClock
    ) {
        self.backup = backup
        self.plan = plan
        self.client = client
        self.own = own
        self.folder = folder
        self.stop = stop
        self.clock = clock
    }

    /// Draws the versions, from one listing of the selected records. A package of which some may not be seen is untried.
    /// Versions that reports count and that have no record any more are a finding: none of them can be drawn.
    ///
    /// - Throws: the failure that keeps the store from listing, or from showing any record; `CancellationError` when
    ///   the drill is stopped.
    package func draw(for report: inout DrillReport) async throws -> [ManifestRecord] {
        // All versions are restored if packages are named or a build is.
        let isSample = plan.selection.include.isEmpty && plan.needed == nil
        var draw = DrillDraw(isSample ? plan.sample : .share(1), day: report.day)
        var hidden = HiddenRecords(in: backup.layout)
        var listed = 0
        var emptied: [ManifestRecord] = []
        var census = try await census(&report)
        try await plan.selection.forEachRecord(in: backup, stop: stop) { record in
            listed += 1
            census?.see(record)
            guard record.recordedAt <= plan.moment else { return }
            if plan.needs(record) { draw.add(record) } else { draw.pass(record) }
        } ignored: { record in
            census?.see(record)
            if record.recordedAt <= plan.moment, plan.needs(record) { emptied.append(record) }
        } hiding: {
            hidden.add($0)
        }
        try hidden.requireShown(listed)
        for loss in hidden.isEmpty ? census?.losses ?? [] : [] {
            let message = "\(loss.words); verify says what to do"
            report.add(.init(place: Place(), key: "\(backup.layout.manifestsPrefix)", message: message))
        }
        for folder in hidden.folders(of: plan.selection, where: { plan.needed?.contains($0) ?? true }) {
            let message = folder.failure.message
            report.addUncounted(.init(place: hidden.place(of: folder), key: folder.prefix.value, message: message))
        }
        try await addLost(emptied, to: &report)
        let versions = draw.versions().filter { !hidden.hides($0.coordinates.package) }
        report.versions.available = draw.available
        report.versions.drawn = versions.count
        report.versions.snapshots = versions.count { DrillDraw.Kind.snapshot.includes($0.coordinates) }
        report.versions.plugins = versions.count { DrillDraw.Kind.plugin.includes($0.coordinates) }
        let start = Timestamp(extended: report.startedAt) ?? plan.moment
        report.recoveryPoint = draw.newestRecord.map { DrillReport.RecoveryPoint(newestRecord: $0, at: start) }
        return versions
    }

    /// Restores the versions from a server of the backup.
    ///
    /// - Parameters:
    ///   - address: the server's URL, without a trailing slash.
    ///   - began: when the drill began, in seconds since 1970.
    /// - Throws: the failure that keeps the store from responding; `ToolFailure`; `CancellationError` when the drill is
    ///   stopped. The report then contains what was found so far.
    package func restore(
        _ versions: [ManifestRecord],
        from address: String,
        began: Double,
        into report: inout DrillReport
    ) async throws {
        report.tools.merge(try await client.tools()) { $1 }
        let manifests = try await read(versions, &report)
        for manifest in manifests where manifest.isOnlyPOM { report.versions.onlyPOM += 1 }
        let faults = try await compareDocuments(of: manifests, &report)
        var arrivals: [Double] = []
        let repositories = Set(manifests.map { ExactText($0.coordinates.package.repository) }).sorted()
        for (index, repository) in repositories.enumerated() {
            let own = manifests.filter { ExactText($0.coordinates.package.repository) == repository }
            let name = PercentEncoding.encode(repository.value, keepSlash: false)
            try await restore(own, from: "\(address)/\(name)/", number: index, faults, began: began, &arrivals, &report)
        }
        guard let first = arrivals.min(), let last = arrivals.max() else { return }
        report.recoveryTime.firstSeconds = Self.rounded(first)
        if report.files.returned == report.files.wanted { report.recoveryTime.allSeconds = Self.rounded(last) }
    }

    static func rounded(_ seconds: Double) -> Double { (max(0, seconds) * 1_000).rounded() / 1_000 }

    // MARK: Records

    /// The number of records read concurrently.
    private static let width = 16

    /// Reads the manifests of records; one that cannot be read is reported as lost.
    func read(_ records: [ManifestRecord], _ report: inout DrillReport) async throws -> [Manifest] {
        var manifests: [Manifest] = []
        for start in stride(from: 0, to: records.count, by: Self.width) {
            if stop.reason != nil { throw CancellationError() }
            let some = Array(records[start..<min(records.count, start + Self.width)])
            let read = try await withThrowingTaskGroup(of: (Int, Result<Manifest, RemoteFailure>).self) { group in
                for (index, record) in some.enumerated() {
                    group.addTask { (index, try await manifest(of: record)) }
                }
                var read: [Int: Result<Manifest, RemoteFailure>] = [:]
                for try await (index, result) in group { read[index] = result }
                return some.indices.compactMap { read[$0] }
            }
            for (record, result) in zip(some, read) {
                switch result {
                case .success(let manifest): manifests.append(manifest)
                case .failure(let failure):
                    report.files.wanted += 1
                    report.addLost(
                        DrillReport.Finding(
                            place: Place(record.coordinates.package, version: record.coordinates.version),
                            key: "\(backup.layout.key(of: record))",
                            message: "the record of the version cannot be used: \(failure.message)"
                        )
                    )
                }
            }
        }
        return manifests
    }

    private func manifest(of record: ManifestRecord) async throws -> Result<Manifest, RemoteFailure> {
        do {
            return .success(try await backup.catalog.manifest(of: record))
        } catch let failure as RemoteFailure where failure.isOfOneObject || failure.kind == .untrusted {
            return .failure(failure)
        }
    }

    // MARK: Documents

    /// Reports stored documents that disagree with the records; returns the faults of objects, by key.
    private func compareDocuments(
        of manifests: [Manifest],
        _ report: inout DrillReport
    ) async throws -> [ObjectKey: BackupFault] {
        var faults: [ObjectKey: BackupFault] = [:]
        guard plan.comparesDocuments else { return faults }
        let documents = try await StoredDocuments(of: backup, settling: plan.settling, stop: stop, clock: clock)
        var seen: Set<ObjectKey> = []
        for package in manifests.map(\.coordinates.package)
        where seen.insert(backup.layout.manifestsPrefix(of: package)).inserted {
            let found = try await documents.findings(of: package)
            report.documents.packages += 1
            report.documents.unsettled += found.unsettled
            report.documents.wrong += found.documents.count
            for fault in found.documents {
                report.add(DrillReport.Finding(place: fault.place, key: "\(fault.key)", message: fault.message))
            }
            for fault in found.objects { faults[fault.key] = fault }
        }
        return faults
    }

    // MARK: Files

    private func restore(
        _ manifests: [Manifest],
        from address: String,
        number: Int,
        _ faults: [ObjectKey: BackupFault],
        began: Double,
        _ arrivals: inout [Double],
        _ report: inout DrillReport
    ) async throws {
        let items = manifests.flatMap { manifest in
            manifest.assets.map { DrillItem($0, of: manifest.coordinates) }
        }
        report.files.wanted += items.count
        let named = items.filter { $0.file != nil }
        let unnamed = items.filter { $0.file == nil }
        let uses = manifests.compactMap(DrillUse.init)
        let places = (client: "\(folder)/\(number)-\(client.name)", own: "\(folder)/\(number)-own")
        try Scratch.make(places.client)
        try Scratch.make(places.own)
        let built = try await fetch(named, uses, address, places.client, with: client)
        // Something other than these files is missing, or was asked for, so the files themselves may be intact.
        let lacking = named.filter { item in
            built.lacksAnother(for: item)
                || built.passesOver(item) && named.contains { $0.isPOM(of: item) && built.isRelocated($0) }
        }
        let elsewhere = named.filter(built.elsewhere.contains)
        let fetched = try await fetch(unnamed + elsewhere + lacking, [], address, places.own, with: own)
        let again = Set(lacking.filter { fetched.paths[$0] != nil })
        for item in lacking where again.contains(item) {
            let message =
                if let reason = built.reasons[item] {
                    "the file came back, but \(client.name) cannot build with it from the backup alone: \(reason)"
                } else {
                    "the file came back, but \(client.name) does not ask for it, since the POM has a relocation"
                }
            report.addNote(DrillReport.Finding(place: item.place, key: "\(item.stored.key)", message: message))
        }
        let parts = [
            (client.name, named.filter { !again.contains($0) && !built.elsewhere.contains($0) }, built),
            (own.name, unnamed + elsewhere + lacking.filter(again.contains), fetched),
        ]
        for (name, items, fetch) in parts {
            report.commands += fetch.commands
            report.documents.resolved += fetch.resolved
            for item in items { note(item, of: fetch, by: name, faults, began: began, &arrivals, &report) }
            for use in uses {
                // If the version's own files did not come, that is reported already.
                let isLost = named.contains {
                    $0.version.exact == use.version.exact
                        && (built.elsewhere.contains($0) ? fetched : built).paths[$0] == nil
                }
                guard let reason = fetch.unresolved[use], !isLost else { continue }
                report.documents.wrong += 1
                report.add(unresolved(use, reason))
            }
        }
        Scratch.remove(places.client)
        Scratch.remove(places.own)
    }

    private func fetch(
        _ items: [DrillItem],
        _ uses: [DrillUse],
        _ address: String,
        _ folder: String,
        with client: any DrillClient
    ) async throws -> DrillFetch {
        if items.isEmpty, uses.isEmpty { return DrillFetch() }
        return try await client.fetch(items, using: uses, from: address, into: folder)
    }

    private func note(
        _ item: DrillItem,
        of fetch: DrillFetch,
        by client: String,
        _ faults: [ObjectKey: BackupFault],
        began: Double,
        _ arrivals: inout [Double],
        _ report: inout DrillReport
    ) {
        func finding(_ message: String) -> DrillReport.Finding {
            DrillReport.Finding(place: item.place, key: "\(item.stored.key)", message: message)
        }
        let wanted = item.stored.asset
        if let path = fetch.paths[item], let found = Scratch.found(at: path) {
            if found.size == wanted.size, found.sha256 == wanted.checksums.sha256 {
                arrivals.append(found.arrived - began)
                report.add(
                    DrillReport.Returned(
                        place: item.place,
                        size: found.size,
                        sha256: found.sha256,
                        client: client
                    )
                )
            } else {
                report.addLost(
                    finding(
                        "it came back with \(found.size) bytes of SHA-256 \(found.sha256); its record names "
                            + "\(wanted.size) bytes of \(wanted.checksums.sha256 ?? "no SHA-256")"
                    )
                )
            }
        } else if let reason = fetch.untried[item] {
            report.addUntried(finding(reason))
        } else {
            let reason = fetch.reasons[item] ?? "\(client) did not get it, and did not say why"
            report.addLost(finding("\(faults[item.stored.key].map { "\($0.message). " } ?? "")\(reason)"))
        }
    }

    private func unresolved(_ use: DrillUse, _ reason: String) -> DrillReport.Finding {
        let key =
            use.version.isSnapshot
            ? backup.layout.metadataKey(ofSnapshot: use.version) : backup.layout.metadataKey(of: use.version.package)
        return DrillReport.Finding(
            place: Place(use.version.package, version: use.version.version, asset: MavenMetadata.fileName),
            key: "\(key)",
            message: "the version does not resolve as \(use.wanted): \(reason)"
        )
    }
}

extension Manifest {
    /// Whether the only files are POMs and their signatures, as for a parent or a BOM.
    var isOnlyPOM: Bool {
        assets.contains { $0.asset.name.hasSuffix(".pom") }
            && assets.allSatisfy { $0.asset.name.hasSuffix(".pom") || $0.asset.name.contains(".pom.") }
    }
}
