/// Looks at one package: reads its manifests, lists its objects, compares, and reads as deep as the options say.
///
/// What looks wrong is checked a second time. What changed recently, and may be another writer's work, is checked again
/// for half a minute, and is counted as unsettled if it still does not match. If the verification repairs, each fault is
/// repaired and checked once more. Throws `RemoteFailure`, or `CancellationError` when the verification is stopped.
struct PackageLook: Sendable {
    /// What a look found and did.
    struct Outcome: Sendable {
        var faults: [BackupFault] = []
        var unsettled = 0
        var counts = VerifyReport.Counts()
        /// The folder of the package's document, if it is also that of a group with Maven plugins, and the document does
        /// not say what the package alone makes of it.
        var shared: DocumentFolder?
        /// What the records say, as `RecordedPackage` notes it.
        var contents: [(key: ObjectKey, recordedAt: Timestamp)] = []
        var notes = VersionNotes()
    }

    /// What the looks at a package note beside what looks wrong.
    private struct Noted {
        var shared: DocumentFolder?
        /// Of the first look: what a repair writes is not what was found.
        var contents: [(key: ObjectKey, recordedAt: Timestamp)]?
        var versions = VersionNotes()

        mutating func note(_ recorded: RecordedPackage, of selection: Selection) {
            guard contents == nil else { return }
            contents = recorded.contents
            // Where single versions are verified, nothing is said of the others.
            if !selection.namesVersions { versions = recorded.notes }
        }
    }

    let reader: BackupReader
    let options: Verifier.Options
    let keepsVersions: Bool
    let clock: any RunClock
    /// Nil only to look.
    let repairSource: Verifier.RepairSource?
    /// Is told of the files that are waited for.
    let watch: VerifyWatch?

    private var backup: Backup { reader.backup }

    func look(at package: PackageCoordinates) async throws -> Outcome {
        var noted = Noted()
        var outcome = try await look { isWanted, counts in
            try await suspicions(of: package, isWanted, &counts, &noted)
                .filter { $0.fault.place.version.map { isSelected($0, of: package) } ?? true }
        } repair: { faults, repairSource in
            try await PackageRepair(of: package, reader: reader, keepsVersions: keepsVersions, with: repairSource)
                .repair(faults)
        }
        outcome.counts.packages = 1
        outcome.shared = noted.shared
        outcome.contents = noted.contents ?? []
        outcome.notes = noted.versions
        return outcome
    }

    /// - Parameters:
    ///   - suspicions: what looks wrong, of what is sampled or of some keys alone.
    ///   - repair: repairs faults; returns why some were not.
    private func look(
        _ suspicions: (_ isWanted: (ObjectKey) -> Bool, inout VerifyReport.Counts) async throws -> [Suspicion],
        repair: ([BackupFault], Verifier.RepairSource) async throws -> [BackupFault.Identity: String]
    ) async throws -> Outcome {
        var outcome = Outcome()
        let first = try await suspicions(options.sample.contains, &outcome.counts)
        guard !first.isEmpty else { return outcome }
        let suspects = Set(first.map(\.fault.key))
        var again = VerifyReport.Counts()
        let seen = Set(first.map(\.fault.identity))
        var lasting: [Suspicion] = []
        for seconds in [0] + Self.waits {
            try await wait(seconds, for: lasting.count(where: isUnsettled))
            lasting = try await suspicions(suspects.contains, &again)
                .filter { seen.contains($0.fault.identity) }
            if !lasting.contains(where: isUnsettled) { break }
        }
        outcome.counts.bytes.read += again.bytes.read
        for suspicion in lasting.sorted(by: { $0.fault.key < $1.fault.key }) {
            if isSettled(suspicion.changed) {
                outcome.faults.append(suspicion.fault)
            } else if isUnsettled(suspicion) {
                outcome.unsettled += 1
            }
        }
        guard let repairSource, !outcome.faults.isEmpty else { return outcome }
        let reasons = try await repair(outcome.faults, repairSource)
        let left = try await suspicions(suspects.contains, &again)
        outcome.faults = afterRepair(outcome.faults, left, reasons)
        return outcome
    }

    /// The faults after a repair: each with what became of it, and those that were not seen before it.
    private func afterRepair(
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

    private func isSelected(_ version: String, of package: PackageCoordinates) -> Bool {
        let selection = options.selection
        return !selection.namesVersions
            || selection.contains(VersionCoordinates(package: package, version: version))
    }

    /// Seconds between one look and the next, while another writer may be working.
    private static let waits = [2, 4, 8, 16]

    private func wait(_ seconds: Int, for files: Int) async throws {
        watch?.waits(for: files)
        defer { watch?.waits(for: -files) }
        for _ in 0..<seconds {
            try await clock.sleep(for: .seconds(1))
            try reader.checkStop()
        }
    }

    /// Whether what would be a fault may be another writer's unfinished work.
    private func isUnsettled(_ suspicion: Suspicion) -> Bool {
        !isSettled(suspicion.changed) && (options.isStrict || !suspicion.fault.isNote)
    }

    private func isSettled(_ changed: Timestamp?) -> Bool {
        options.isSettled(changed, at: clock.secondsSince1970())
    }

    // MARK: One look

    private func suspicions(
        of package: PackageCoordinates,
        _ isWanted: (ObjectKey) -> Bool,
        _ counts: inout VerifyReport.Counts,
        _ noted: inout Noted
    ) async throws -> [Suspicion] {
        // Manifests first: whatever one names was stored before it.
        let recorded = try await reader.record(of: package, &counts)
        noted.note(recorded, of: options.selection)
        counts.versions += recorded.versionCount { isSelected($0, of: package) }
        var suspicions = (recorded.faults + recorded.chain.faults).map { Suspicion(fault: $0, changed: nil) }
        guard options.depth >= .objects else { return suspicions }
        var listed: [StoredObject] = []
        try await backup.store.forEachObject(under: backup.layout.packagePrefix(package)) { listed.append($0) }
        let comparison = PackageComparison(
            recorded,
            listed: listed,
            layout: backup.layout,
            keepsVersions: keepsVersions,
            wantsSidecars: options.wantsSidecars,
            digest: backup.hashes.digest
        )
        counts.objects.named += recorded.objects.count
        for suspicion in comparison.suspicions where try await !isOthers(suspicion.fault, than: package) {
            if try await isOfVersion(suspicion.fault, in: package) { continue }
            if let folder = try await folderShared(by: suspicion.fault, of: package) {
                noted.shared = folder
                continue
            }
            let named = recorded.objects[suspicion.fault.key] ?? []
            suspicions.append(try await judged(suspicion, inspection(of: suspicion.fault.key, named, package)))
        }
        for document in comparison.documents {
            guard let suspicion = try await suspicion(of: document, in: package) else { continue }
            if let folder = try await folderShared(by: suspicion.fault, of: package) {
                noted.shared = folder
            } else {
                suspicions.append(suspicion)
            }
        }
        guard options.depth >= .checksums else { return suspicions }
        let modified = Dictionary(listed.map { ($0.key, $0.modified) }) { $1 }
        let inspections = comparison.objects.filter(isWanted).compactMap { key -> ObjectInspection? in
            let named = recorded.objects[key] ?? []
            guard named.contains(where: { isSelected($0.version, of: package) }) else { return nil }
            return inspection(of: key, named, package)
        }
        let looks = try await reader.places.forEach(inspections) { inspection in
            try reader.checkStop()
            var counts = VerifyReport.Counts()
            let found = try await inspection.suspicions(
                changed: modified[inspection.key] ?? nil,
                readsBytes: options.depth == .bytes,
                &counts
            )
            var judged: [Suspicion] = []
            for suspicion in found { judged.append(try await self.judged(suspicion, inspection)) }
            return (judged, counts)
        }
        for (found, looked) in looks {
            suspicions += found
            counts.add(looked)
        }
        return suspicions
    }

    /// What is wrong with a document that is not a version's file.
    private func suspicion(
        of document: PackageComparison.Document,
        in package: PackageCoordinates
    ) async throws -> Suspicion? {
        try reader.checkStop()
        let limit = max(document.bytes.count, MavenMetadata.maximumBytes)
        let stored = try await reader.readDocument(at: document.key, limit: limit)
        guard let suspicion = document.suspicion(of: stored),
            try await !isOfVersion(suspicion.fault, in: package)
        else { return nil }
        return suspicion
    }

    private func inspection(
        of key: ObjectKey,
        _ named: [RecordedPackage.NamedObject],
        _ package: PackageCoordinates
    ) -> ObjectInspection {
        ObjectInspection(reader: reader, keepsVersions: keepsVersions, key: key, named: named, package: package)
    }

    /// A suspicion without excuses that cannot apply to it, turned into a note if it is not a fault
    /// at this depth.
    private func judged(_ suspicion: Suspicion, _ inspection: ObjectInspection) async throws -> Suspicion {
        var suspicion = suspicion
        switch suspicion.fault.kind {
        case .archivedObject:
            // As good as any other until its bytes are needed.
            suspicion.fault.isNote = suspicion.fault.place.asset != nil && options.depth < .checksums
            suspicion.changed = nil
        case .unreadableObject, .missing:
            // A run in progress does not keep the store from returning an object that it lists, and removes none.
            suspicion.changed = nil
        case .wrongSize, .wrongBytes:
            // Overwritten by design.
            if suspicion.fault.place.asset == MavenMetadata.fileName { break }
            // New bytes may be under a key before their manifest is written; those that are named must remain.
            if !isSettled(suspicion.changed), try await !inspection.namedBytesRemain() { suspicion.changed = nil }
        default: break
        }
        return suspicion
    }

    /// Whether what seems wrong with a package's own document is a file of the version whose directory the package's folder
    /// is. A list only where something seems wrong with the document.
    private func isOfVersion(_ fault: BackupFault, in package: PackageCoordinates) async throws -> Bool {
        guard fault.place.version == nil, fault.place.asset == nil,
            [.incompleteMetadata, .wrongMetadata, .wrongSidecar, .stray].contains(fault.kind)
        else { return false }
        return try await backup.publisher.isDirectoryOfVersion(DocumentFolder(of: package))
    }

    /// The folder of a package's own document if it is also that of a group with plugins: then the fault is for
    /// `look(atDocumentIn:)` to find. A list only where something is wrong with the document.
    private func folderShared(by fault: BackupFault, of package: PackageCoordinates) async throws -> DocumentFolder? {
        let isOwnDocument = fault.place.version == nil && fault.place.asset == nil
        guard isOwnDocument, [.incompleteMetadata, .wrongMetadata, .wrongSidecar].contains(fault.kind) else {
            return nil
        }
        let folder = DocumentFolder(of: package)
        guard let group = folder.group, try await backup.catalog.hasPlugins(inGroup: group, of: folder.repository)
        else {
            return nil
        }
        return folder
    }

    /// Whether a stray is the document of a package, or of a group with plugins, that is where a version of this one would
    /// be.
    private func isOthers(_ fault: BackupFault, than package: PackageCoordinates) async throws -> Bool {
        guard fault.kind == .stray, let slash = fault.key.value.lastIndex(of: "/") else { return false }
        let name = String(fault.key.value[fault.key.value.index(after: slash)...])
        let layout = backup.layout
        guard MavenMetadata.isDocumentFile(name),
            let other = layout.package(atFolder: String(fault.key.value[...slash])),
            layout.packagePrefix(other) != layout.packagePrefix(package)
        else { return false }
        let records = try await backup.store.list(prefix: layout.manifestsPrefix(of: other), after: nil)
        if !records.elements.isEmpty { return true }
        guard let group = DocumentFolder(of: other).group else { return false }
        return try await backup.catalog.hasPlugins(inGroup: group, of: other.repository)
    }
}

// MARK: - Documents of groups

extension PackageLook {
    /// Looks at the document of a folder whose group has Maven plugins, as `look(at:)` does at a package.
    func look(atDocumentIn folder: DocumentFolder) async throws -> Outcome {
        guard options.depth >= .objects else { return Outcome() }
        return try await look { _, _ in
            try await suspicions(ofDocumentIn: folder)
        } repair: { faults, _ in
            do {
                try await backup.publisher.settle(folder)
            } catch let failure as RemoteFailure {
                return Dictionary(faults.map { ($0.identity, failure.description) }) { $1 }
            }
            return [:]
        }
    }

    private func suspicions(ofDocumentIn folder: DocumentFolder) async throws -> [Suspicion] {
        let key = backup.layout.metadataKey(in: folder)
        // A record that cannot be read is its package's fault; the document then names an older entry, or none.
        let expected = try await backup.publisher.expected(in: folder) { record in
            do {
                return try await backup.catalog.manifest(of: record).documents.plugin
            } catch let failure as RemoteFailure where ![.untrusted, .absent].contains(failure.kind) {
                try await reader.requireOneObject(failure, at: backup.layout.key(of: record))
                throw RemoteFailure(.untrusted, operation: .verify, target: key.value, message: failure.message)
            }
        }
        guard let expected else { return [] }
        var listed: [ObjectKey: StoredObject] = [:]
        try await backup.store.forEachObject(under: key) { listed[$0.key] = $0 }
        if expected.document.namesNothing, listed[key] == nil { return [] }
        var suspicions: [Suspicion] = []
        for (file, bytes) in backup.publisher.files(of: expected.document.render(), at: key) {
            let object = listed[file]
            let fault = BackupFault(
                file == key ? .wrongMetadata : .wrongSidecar,
                of: folder.package.map { Place($0) } ?? Place(repository: folder.repository),
                at: file,
                "the file \(object == nil ? "is absent" : "does not match the manifests of the group's Maven plugins"). "
                    + "A run with --metadata always rewrites it"
            )
            let changed = [expected.lastRecorded, object?.modified].compactMap(\.self).max()
            if let archive = object?.archive {
                let archived = BackupFault(.archivedObject, of: fault.place, at: file, archive.advice)
                suspicions.append(Suspicion(fault: archived))
                continue
            }
            if let object, object.size == Int64(bytes.count), object.etag == backup.hashes.digest(bytes, .md5) {
                continue
            }
            let limit = max(bytes.count, MavenMetadata.maximumBytes)
            if object != nil, try await reader.readDocument(at: file, limit: limit) == bytes { continue }
            suspicions.append(Suspicion(fault: fault, changed: changed))
        }
        return suspicions
    }
}
