/// Makes the statement by which the records of a backup that was never signed count under trust: it compares the newest
/// record of each version, of each package and of the domain's configuration with the domain, and takes in others only
/// where an operator names them.
///
/// Nothing is downloaded. For each package one list of its records and one of its versions in the domain, for each unsigned
/// record a GET, for each version in sync a list of its files, for each package with a record of its own a description. The
/// configuration is read once, if its newest record is not signed. A group of packages is stored when all of it was looked
/// at, so memory grows with the packages and with what is left out, and otherwise holds the rows of the groups in work.
package struct StatementMaker: Sendable {
    /// A record that is not stated, and why.
    package struct Left: Hashable, Sendable {
        package let key: ObjectKey
        package let reason: String
    }

    /// What came of it.
    package struct Made: Sendable {
        /// Records that pass by their signatures.
        package fileprivate(set) var signed = 0
        /// Records that the domain shows with the same state and files.
        package fileprivate(set) var compared = 0
        /// Of these, records that also say what the domain's documents said of a snapshot's builds or of a plugin: none of that
        /// was compared, and it does not count.
        package fileprivate(set) var documents = 0
        /// Records that were named, and not compared.
        package fileprivate(set) var accepted = 0
        /// Records that count for nothing under trust.
        package fileprivate(set) var left: [Left] = []
        /// Those of them that the domain contradicts.
        package fileprivate(set) var contradicted: [Left] = []
        /// For the trust file; nil where there is nothing to state.
        package fileprivate(set) var baseline: TrustFile.Baseline?
        /// Of the group in work.
        fileprivate var rows: [Statement.Row] = []
        /// The SHA-256 of each file that was stored, by its group.
        fileprivate var groups: [String: String] = [:]

        package var exit: ExitStatus {
            contradicted.isEmpty ? left.isEmpty ? .converged : .failures : .verificationFailed
        }

        fileprivate mutating func add(_ other: Made) {
            signed += other.signed
            compared += other.compared
            documents += other.documents
            accepted += other.accepted
            left += other.left
            contradicted += other.contradicted
            rows += other.rows
            groups.merge(other.groups) { $1 }
        }
    }

    private let backup: Backup
    private let bare: Backup
    private let trust: RecordTrust
    private let source: any PackageSource
    private let configuration: any ConfigurationSource
    private let accepted: [String]
    private let recorder: Manifest.Recorder
    private let width: Int

    /// - Parameters:
    ///   - backup: signs what it stores.
    ///   - bare: the same with the store as it is, which neither proves nor signs.
    ///   - configuration: of the same domain as `source`.
    ///   - accepted: keys of records that count uncompared; `*` is any run of characters.
    ///   - width: packages at once.
    package init(
        of backup: Backup,
        bare: Backup,
        under trust: RecordTrust,
        comparedWith source: any PackageSource,
        _ configuration: any ConfigurationSource,
        accepting accepted: [String],
        recorder: Manifest.Recorder,
        width: Int
    ) {
        self.backup = backup
        self.bare = bare
        self.trust = trust
        self.source = source
        self.configuration = configuration
        self.accepted = accepted
        self.recorder = recorder
        self.width = width
    }

    /// - Throws: what keeps store or domain from answering, and the statement from being stored; `absent` where nothing is
    ///   recorded; `CancellationError` if it is stopped. Nothing is stored then that counts.
    package func run(id: String, until stop: StopSignal) async throws -> Made {
        let (hash, folder) = (backup.hashes.digest, "\(backup.now.basic).\(KeySegment.encode(id))")
        var packages: [String: [PackageCoordinates]] = [:]
        var hidden = HiddenRecords(in: bare.layout)
        var listed = 0
        try await bare.catalog.forEachPackage(noting: { _, _, _, _ in listed += 1 }) { folder in
            hidden.add(folder)
        } _: { package in
            let path = bare.layout.path(of: bare.layout.manifestsPrefix(of: package))
            packages[Statement.group(of: path, hash), default: []].append(package)
        }
        try hidden.requireShown(listed)
        let configuration = Statement.group(of: bare.layout.path(of: bare.layout.configurationsPrefix), hash)
        packages[configuration, default: []] += []
        let groups = packages.sorted { $0.key < $1.key }
        let (found, failure) = await sideBySide(groups, width: width, until: stop) { [hidden] group, packages in
            var made = Made()
            for package in packages where !hidden.hides(package) { made.add(try await look(at: package, until: stop)) }
            if group == configuration { made.add(try await lookAtConfiguration(until: stop)) }
            try await store(&made, as: group, in: folder)
            return made
        }
        if let failure { throw failure }
        if stop.reason != nil { throw CancellationError() }
        var made = Made()
        for one in found { made.add(one) }
        for folder in hidden.folders {
            made.left.append(Left(key: folder.prefix, reason: "the store does not show it: \(folder.failure.message)"))
        }
        guard !made.groups.isEmpty else {
            guard listed > 0 || made.signed > 0 || !made.left.isEmpty else {
                let message = bare.absence(await bare.others())
                throw RemoteFailure(.absent, operation: .sign, target: bare.store.location, message: message)
            }
            return made
        }
        made.baseline = try await store(made, in: folder)
        return made
    }

    // MARK: Looking

    private struct Unsigned: Sendable {
        let key: ObjectKey
        let sha256: String
        /// Nil for a record of another kind than a version's.
        let version: (record: ManifestRecord, manifest: Manifest)?
        /// Nil for a record of another kind than a package's own.
        var own: PackageRecord?
    }

    private func look(at package: PackageCoordinates, until stop: StopSignal) async throws -> Made {
        var made = Made()
        var unsigned: [Unsigned] = []
        var newest: [ExactText: ManifestRecord] = [:]
        var newestOwn: PackageRecord?
        for key in try await keys(under: bare.layout.manifestsPrefix(of: package)) {
            if stop.reason != nil { throw CancellationError() }
            let record = bare.layout.record(at: key)
            let own = bare.layout.packageRecord(at: key)
            guard record != nil || own != nil else { continue }
            guard let stored = try await bytes(at: key, &made) else { continue }
            if SignedObject(stored).seal == nil {
                do throws(RecordRefusal) {
                    let reader = bare.reader
                    var version: (record: ManifestRecord, manifest: Manifest)?
                    if let record { version = (record, try reader.manifest(stored, of: record)) }
                    if let own { try reader.prove(stored, are: own) }
                    let sha256 = bare.hashes.digest(stored, .sha256)
                    unsigned.append(Unsigned(key: key, sha256: sha256, version: version, own: own))
                } catch {
                    made.left.append(Left(key: key, reason: "the record is invalid: \(error)"))
                    continue
                }
            } else if !proves(stored, at: key, &made) {
                continue
            }
            if let own, newestOwn.map({ ExactText($0.fileName) < ExactText(own.fileName) }) ?? true { newestOwn = own }
            guard let record else { continue }
            let name = ExactText(record.coordinates.version)
            if newest[name].map({ $0.isOlder(than: record) }) ?? true { newest[name] = record }
        }
        let compares = unsigned.contains { $0.version != nil }
        let shown = compares ? try await source.allVersions(of: package) : [:]
        for one in unsigned {
            if let own = one.own {
                try await judge(one, own, isNewest: own == newestOwn, &made)
                continue
            }
            let isNewest = one.version.map { newest[ExactText($0.record.coordinates.version)] == $0.record } ?? false
            try await judge(one, isNewest: isNewest, shown, &made)
        }
        return made
    }

    private func judge(
        _ one: Unsigned,
        isNewest: Bool,
        _ shown: [ExactText: ListedVersion],
        _ made: inout Made
    ) async throws {
        guard let (record, manifest) = one.version else { return }
        guard isNewest else { return take(one, "a later record of the version counts", &made) }
        let listed = shown[ExactText(record.coordinates.version)]
        guard let listed, listed.status == record.status, let revision = listed.revision, revision == record.revision
        else {
            let state = listed == nil ? "does not have the version" : "shows another state of the version"
            return take(one, "the domain \(state)", &made)
        }
        guard let assets = try await source.assets(of: record.coordinates, ifStill: revision) else {
            return take(one, "the version changed meanwhile", &made)
        }
        if let difference = DomainComparison.difference(manifest, assets) {
            let reason = "the domain shows this revision with other files: \(difference)"
            made.contradicted.append(Left(key: one.key, reason: reason))
            return
        }
        if let reason = uncompared(manifest, listed, assets) { return take(one, reason, &made) }
        if manifest.documents != RecordedDocuments() {
            if isAccepted(one) { return take(one, "", &made) }
            made.documents += 1
        }
        state(one, &made)
    }

    /// What a record says that the domain does not show, beside its state and the files that clients sent; nil for nothing.
    private func uncompared(_ manifest: Manifest, _ listed: ListedVersion, _ assets: [Asset]) -> String? {
        let origins = [manifest.properties.origin, listed.origin]
        if !origins.contains(.unknown), origins[0] != origins[1] {
            return "the domain shows the origin \(origins[1].rawValue), and the record \(origins[0].rawValue)"
        }
        // The service makes such a file itself, and may have made it anew.
        let name = MavenMetadata.fileName
        let (recorded, shown) = (manifest.assets.first { $0.asset.name == name }, assets.first { $0.name == name })
        guard let recorded, recorded.asset.checksums.sha256 != shown?.checksums.sha256 else { return nil }
        return "the domain shows another \(name)"
    }

    private func judge(_ one: Unsigned, _ own: PackageRecord, isNewest: Bool, _ made: inout Made) async throws {
        guard isNewest else { return take(one, "a later record of the package counts", &made) }
        guard let shown = try await source.originControls(of: own.package) else {
            return take(one, "the domain does not have the package", &made)
        }
        guard shown == own.originControls else { return take(one, "the domain shows \(shown) for the package", &made) }
        state(one, &made)
    }

    /// Takes in a record that says what the domain shows.
    private func state(_ one: Unsigned, _ made: inout Made) {
        made.compared += 1
        made.rows.append(Statement.Row(compared: true, key: bare.layout.path(of: one.key), sha256: one.sha256))
    }

    /// Whether the operator has named a record.
    private func isAccepted(_ one: Unsigned) -> Bool {
        accepted.contains { PackagePattern.matches($0, one.key.value) }
    }

    /// Takes in a record that was not compared, if the operator has named it.
    private func take(_ one: Unsigned, _ reason: String, _ made: inout Made) {
        guard isAccepted(one) else {
            made.left.append(Left(key: one.key, reason: reason))
            return
        }
        made.accepted += 1
        made.rows.append(Statement.Row(compared: false, key: bare.layout.path(of: one.key), sha256: one.sha256))
    }

    /// The newest record of the domain's configuration is compared as a whole: it counts if the domain shows all of it, and
    /// nothing that it does not say.
    private func lookAtConfiguration(until stop: StopSignal) async throws -> Made {
        var made = Made()
        let newest = try await ConfigurationRecords.list(in: bare).listed.last?.key
        for key in try await keys(under: bare.layout.configurationsPrefix) {
            guard let stored = try await bytes(at: key, &made) else { continue }
            guard SignedObject(stored).seal == nil else {
                _ = proves(stored, at: key, &made)
                continue
            }
            let one = Unsigned(key: key, sha256: bare.hashes.digest(stored, .sha256), version: nil)
            guard key == newest else {
                take(one, "a later record of the configuration counts", &made)
                continue
            }
            let reading = ConfigurationReading(of: configuration, width: width, stop: stop)
            let found = try await reading.read(repositories: try await source.allRepositories())
            let previous = try? DomainConfiguration.decode(stored).previous
            if found.configuration.canonicalBytes(after: previous) == stored {
                state(one, &made)
            } else {
                let unread = found.refusals.isEmpty ? "" : ", or the role may not read all of it"
                take(one, "the domain shows another configuration\(unread)", &made)
            }
        }
        return made
    }

    private func proves(_ stored: [UInt8], at key: ObjectKey, _ made: inout Made) -> Bool {
        do throws(Distrust) {
            try trust.prove(SignedObject(stored), at: bare.layout.path(of: key))
            made.signed += 1
            return true
        } catch {
            made.left.append(Left(key: key, reason: "it does not pass the trust file: \(error)"))
            return false
        }
    }

    private func keys(under prefix: ObjectKey) async throws -> [ObjectKey] {
        var keys: [ObjectKey] = []
        try await bare.store.forEachObject(under: prefix) { keys.append($0.key) }
        return keys
    }

    /// Nil where it is gone, or alone cannot be read.
    private func bytes(at key: ObjectKey, _ made: inout Made) async throws -> [UInt8]? {
        do {
            return try await bare.store.read(key, limit: Manifest.maximumBytes + SignedObject.maximumSealBytes)
        } catch let failure as RemoteFailure where failure.isOfOneObject {
            made.left.append(Left(key: key, reason: "it cannot be read: \(failure.message)"))
            return nil
        }
    }

    // MARK: Storing

    /// Stores what one group states, and keeps no more than the file's hash of it.
    private func store(_ made: inout Made, as group: String, in folder: String) async throws {
        guard !made.rows.isEmpty else { return }
        let sorted = made.rows.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        let bytes = try StableJSON.page(Statement.Group(domain: backup.layout.domain, records: sorted))
        try await backup.store.create(bytes, at: Statement.key(of: group, in: folder, backup.layout))
        made.groups[group] = backup.hashes.digest(bytes, .sha256)
        made.rows = []
    }

    /// Stores the index. It comes last: without it, no file of a group counts. One list for each thousand groups, and a GET,
    /// show that the store has kept all of it.
    private func store(_ made: Made, in folder: String) async throws -> TrustFile.Baseline {
        let listed = Set(try await keys(under: ObjectKey("\(backup.layout.statementsPrefix)\(folder)/")))
        for group in made.groups.keys.sorted() {
            let key = Statement.key(of: group, in: folder, backup.layout)
            if !listed.contains(key) { throw backup.store.lost(key) }
        }
        let index = Statement.Index(
            compared: made.compared,
            domain: backup.layout.domain,
            groups: made.groups,
            records: made.compared + made.accepted,
            recordedAt: backup.now.extended,
            recordedBy: recorder
        )
        let bytes = try StableJSON.page(index)
        try await backup.store.createKept(bytes, at: Statement.key(of: Statement.index, in: folder, backup.layout))
        return TrustFile.Baseline(statement: folder, sha256: backup.hashes.digest(bytes, .sha256))
    }
}
