/// Looks at one package: reads its manifests, lists its objects, compares, and reads as deep as it is told.
///
/// What looks wrong is looked at a second time; what has only just changed is another writer at work, and is counted
/// as unsettled instead. Where the verification mends, the faults are mended and looked at once more. Throws
/// `RemoteFailure`, or `CancellationError` when told to stop.
struct PackageLook: Sendable {
    /// What a look found and did.
    struct Outcome: Sendable {
        var faults: [BackupFault] = []
        var unsettled = 0
        var counts = VerifyReport.Counts()
    }

    let verifier: Verifier
    let keepsVersions: Bool
    let stop: StopSignal

    private var store: any ObjectStore { verifier.store }
    private var layout: BackupLayout { verifier.layout }
    private var options: Verifier.Options { verifier.options }

    func look(at package: PackageCoordinates) async throws -> Outcome {
        var outcome = Outcome()
        let first = try await suspicions(of: package, options.sample.contains, &outcome.counts)
        guard !first.isEmpty else { return outcome }
        let suspects = Set(first.map(\.fault.key))
        var again = VerifyReport.Counts()
        let seen = Set(first.map(\.fault.identity))
        let second = try await suspicions(of: package, suspects.contains, &again)
            .filter { seen.contains($0.fault.identity) }
        outcome.counts.bytes.read += again.bytes.read
        for suspicion in second.sorted(by: { $0.fault.key < $1.fault.key }) {
            if isSettled(suspicion.changed) { outcome.faults.append(suspicion.fault) } else { outcome.unsettled += 1 }
        }
        guard let mending = verifier.mending, !outcome.faults.isEmpty else { return outcome }
        var repair = PackageRepair(of: package, seenBy: self, with: mending)
        try await repair.mend(outcome.faults)
        let left = try await suspicions(of: package, suspects.contains, &again)
        outcome.faults = judge(outcome.faults, left, repair.reasons)
        return outcome
    }

    /// The faults after a repair: each with what became of it, and those that were not seen before it.
    private func judge(
        _ faults: [BackupFault],
        _ left: [Suspicion],
        _ reasons: [BackupFault.Identity: String]
    ) -> [BackupFault] {
        let stillThere = Set(left.map(\.fault.identity))
        let known = Set(faults.map(\.identity))
        let judged = faults.map { fault in
            var fault = fault
            let reason = reasons[fault.identity] ?? "a repair of it did not last; verify again"
            fault.mending = stillThere.contains(fault.identity) ? .left(reason) : .mended
            return fault
        }
        return judged
            + left.filter { !known.contains($0.fault.identity) && isSettled($0.changed) }.map { suspicion in
                var fault = suspicion.fault
                fault.mending = .left("it was not seen before the repair; repair again")
                return fault
            }
    }

    private func isSettled(_ changed: Timestamp?) -> Bool {
        guard let changed else { return true }
        let age = verifier.clock.secondsSince1970() - Double(changed.seconds)
        return age >= options.settling.inSeconds
    }

    // MARK: One look

    private func suspicions(
        of package: PackageCoordinates,
        _ isWanted: (ObjectKey) -> Bool,
        _ counts: inout VerifyReport.Counts
    ) async throws -> [Suspicion] {
        // Manifests first: whatever one names was stored before it.
        let recorded = try await record(package, &counts)
        var suspicions = recorded.faults.map { Suspicion(fault: $0, changed: nil) }
        guard options.depth >= .objects else { return suspicions }
        var listed: [StoredObject] = []
        try await store.forEachObject(under: layout.packagePrefix(package)) { listed.append($0) }
        let comparison = PackageComparison(
            recorded,
            listed: listed,
            layout: layout,
            keepsVersions: keepsVersions,
            wantsSidecars: options.wantsSidecars,
            digest: verifier.digest
        )
        counts.objects.named += recorded.objects.count
        for suspicion in comparison.suspicions where try await !isOthers(suspicion.fault, than: package) {
            suspicions.append(suspicion)
        }
        for document in comparison.documents {
            try checkStop()
            if let suspicion = try await document.suspicion(of: readDocument(document)) { suspicions.append(suspicion) }
        }
        guard options.depth >= .checksums else { return suspicions }
        let modified = Dictionary(listed.map { ($0.key, $0.modified) }) { $1 }
        for key in comparison.objects where isWanted(key) {
            try checkStop()
            let named = recorded.objects[key] ?? []
            let inspection = ObjectInspection(look: self, key: key, named: named, package: package)
            suspicions += try await inspection.suspicions(changed: modified[key] ?? nil, &counts)
        }
        return suspicions
    }

    /// What the package's manifests say now.
    func record(
        _ package: PackageCoordinates,
        _ counts: inout VerifyReport.Counts
    ) async throws -> RecordedPackage {
        var recorded = RecordedPackage(package, layout: layout)
        try await store.forEachObject(under: layout.manifestsPrefix(of: package)) { object in
            if let record = layout.record(at: object.key) {
                recorded.add(record, modified: object.modified)
            } else if let record = layout.packageRecord(at: object.key) {
                recorded.add(record)
            }
        }
        for record in recorded.ownRecords {
            switch try await readManifest(at: layout.key(of: record), &counts) {
            case .success(let bytes?): recorded.add(bytes, of: record)
            case .success(nil): break
            case .failure(let failure): recorded.addUnreadable(record, failure)
            }
        }
        for record in recorded.records {
            switch try await readManifest(at: layout.key(of: record), &counts) {
            case .success(let bytes?): recorded.add(bytes, of: record)
            case .success(nil): break
            case .failure(let failure): recorded.addUnreadable(record, failure)
            }
        }
        counts.versions += recorded.newest.count
        return recorded
    }

    /// A record's bytes, nil where it is gone by now; a failure where it alone cannot be read.
    private func readManifest(
        at key: ObjectKey,
        _ counts: inout VerifyReport.Counts
    ) async throws -> Result<[UInt8]?, RemoteFailure> {
        try checkStop()
        counts.manifests += 1
        do {
            return .success(try await store.read(key, limit: Manifest.maximumBytes))
        } catch let failure as RemoteFailure {
            try await requireOneObject(failure, at: key)
            return .failure(failure)
        }
    }

    private func readDocument(_ document: PackageComparison.Document) async throws -> [UInt8]? {
        do {
            return try await store.read(document.key, limit: max(document.bytes.count, MavenMetadata.maximumBytes))
        } catch let failure as RemoteFailure {
            try await requireOneObject(failure, at: document.key)
            return nil
        }
    }

    /// Returns where a failed reading is a fault of this one object, a bad block or a lost part of it; throws where the
    /// store fails as a whole.
    func requireOneObject(_ failure: RemoteFailure, at key: ObjectKey) async throws {
        switch failure.kind {
        case .invalid, .corrupt, .malformed: return
        case .unavailable: _ = try await store.list(prefix: key, after: nil)
        case .absent, .credentials, .denied, .throttled, .conflict, .changed: throw failure
        }
    }

    /// Whether a stray is the document of a package that lies where a version of this one would.
    private func isOthers(_ fault: BackupFault, than package: PackageCoordinates) async throws -> Bool {
        guard fault.kind == .stray, let slash = fault.key.value.lastIndex(of: "/") else { return false }
        let name = String(fault.key.value[fault.key.value.index(after: slash)...])
        guard PackageComparison.isDerived(name),
            let other = layout.package(atFolder: String(fault.key.value[...slash])),
            layout.packagePrefix(other) != layout.packagePrefix(package)
        else { return false }
        return try await !store.list(prefix: layout.manifestsPrefix(of: other), after: nil).elements.isEmpty
    }

    func checkStop() throws {
        if stop.reason != nil || Task.isCancelled { throw CancellationError() }
    }
}
