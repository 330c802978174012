/// Looks at the bytes under one key, and at the older versions of them that manifests name.
struct ObjectInspection {
    let reader: BackupReader
    let keepsVersions: Bool
    let key: ObjectKey
    let named: [RecordedPackage.NamedObject]
    let package: PackageCoordinates

    /// What is wrong with some bytes: the class of the fault, and the sentence that says so.
    struct Problem {
        let kind: BackupFault.Kind
        let message: String
        /// Whether the sentence says what to do, or nothing has to be done about the object's
        /// bytes.
        let saysWhatToDo: Bool
        /// Of wrong bytes: what they are.
        let found: FoundBytes?

        init(
            _ kind: BackupFault.Kind,
            _ message: String,
            found: FoundBytes? = nil,
            saysWhatToDo: Bool = false
        ) {
            self.kind = kind
            self.message = message
            self.found = found
            self.saysWhatToDo = saysWhatToDo
        }
    }

    private var store: any ObjectStore { reader.backup.store }

    /// - Parameters:
    ///   - changed: when the newest bytes under the key were stored.
    ///   - readsBytes: whether every object is read; else the store's own SHA-256 of each is enough.
    func suspicions(
        changed: Timestamp?,
        readsBytes: Bool,
        _ counts: inout VerifyReport.Counts
    ) async throws -> [Suspicion] {
        counts.objects.inspected += 1
        do {
            return readsBytes
                ? try await readBytes(changed: changed, &counts) : try await compareSums(changed: changed)
        } catch let failure as RemoteFailure {
            try await reader.requireOneObject(failure, at: key)
            return [suspicion(Self.problem(failure), of: named[0])]
        }
    }

    /// Compares the SHA-256 that the store gives for each of the bytes with what manifests name.
    private func compareSums(changed: Timestamp?) async throws -> [Suspicion] {
        guard let newest = try await store.inspect(key) else { return [absent(changed)] }
        guard isNamed(newest) else { return [unnamed(newest, changed)] }
        if keepsVersions { return try await compareOlderVersions(newest) }
        let message = "the object holds bytes with the SHA-256 \(newest.sha256)"
        let problem = Problem(.wrongBytes, message, found: FoundBytes(newest))
        return named.filter { $0.asset.checksums.sha256 != newest.sha256 }.map {
            suspicion(problem, of: $0, changed: changed)
        }
    }

    /// Reads all the bytes that manifests name.
    private func readBytes(changed: Timestamp?, _ counts: inout VerifyReport.Counts) async throws -> [Suspicion] {
        var (newestID, newest): (String?, InspectedObject?) = (nil, nil)
        if keepsVersions {
            // Only this gives the version that the newest bytes are.
            guard let described = try await store.describe(key, versionID: nil) else { return [absent(changed)] }
            newestID = described.versionID
            // Where the store keeps no SHA-256 of them, the reading below shows what they are, if they are read there.
            let isRead = named.contains { $0.versionID != nil && $0.versionID == newestID }
            newest = described.inspected
            if newest == nil, !isRead { newest = try await store.inspect(key) }
            if let newest, !isNamed(newest) { return [unnamed(newest, changed)] }
        }
        var found: [Suspicion] = []
        for row in named {
            let versionID = versionID(of: row)
            // A version of an object never changes, so nothing excuses an older one.
            let isNewest = versionID == nil || versionID == newestID
            var problem = try await problem(reading: row, isNewest ? nil : versionID, &counts)
            if problem?.kind == .missing, !isNewest, isSame(row, newest) {
                problem = try await self.problem(reading: row, nil, &counts)
            }
            if let problem {
                found.append(suspicion(problem, of: row, versionID: versionID, changed: isNewest ? changed : nil))
            }
        }
        return found
    }

    /// Whether all the bytes that manifests name are still there as S3 versions, whatever the key holds now.
    func namedBytesRemain() async throws -> Bool {
        guard keepsVersions else { return false }
        for row in named {
            do {
                guard let object = try await store.inspect(key, versionID: row.versionID ?? "null"),
                    object.size == row.asset.size, object.sha256 == row.asset.checksums.sha256
                else { return false }
            } catch let failure as RemoteFailure {
                try await reader.requireOneObject(failure, at: key)
                return false
            }
        }
        return !named.isEmpty
    }

    private func isNamed(_ newest: InspectedObject) -> Bool {
        named.contains { isSame($0, newest) }
    }

    private func isSame(_ row: RecordedPackage.NamedObject, _ newest: InspectedObject?) -> Bool {
        row.asset.size == newest?.size && row.asset.checksums.sha256 == newest?.sha256
    }

    private func absent(_ changed: Timestamp?) -> Suspicion {
        suspicion(Problem(.missing, "the object is not there"), of: named[0], changed: changed)
    }

    private func unnamed(_ newest: InspectedObject, _ changed: Timestamp?) -> Suspicion {
        let message = "the object holds bytes with the SHA-256 \(newest.sha256), which no manifest names"
        return suspicion(Problem(.wrongBytes, message, found: FoundBytes(newest)), of: named[0], changed: changed)
    }

    /// The id of the bytes that a manifest means; nil for the newest.
    func versionID(of row: RecordedPackage.NamedObject) -> String? {
        // Recorded before the bucket kept versions: S3 calls those bytes the version null.
        let isOld = keepsVersions && row.versionID == nil && named.count > 1
        return isOld ? "null" : row.versionID
    }

    private func compareOlderVersions(_ newest: InspectedObject) async throws -> [Suspicion] {
        var found: [Suspicion] = []
        for row in named where row.versionID != newest.versionID {
            if row.versionID == nil, row.asset.checksums.sha256 == newest.sha256 { continue }
            let versionID = row.versionID ?? "null"
            let problem: Problem
            switch try await store.inspect(key, versionID: versionID) {
            // As in a copy of the bucket: readers then take the newest bytes.
            case nil where isSame(row, newest): continue
            case nil: problem = Problem(.missing, "the version \(versionID) of the object is not there")
            case let older? where older.sha256 != row.asset.checksums.sha256 || older.size != row.asset.size:
                let message = "the version \(versionID) of the object holds bytes with the SHA-256 \(older.sha256)"
                problem = Problem(.wrongBytes, message, found: FoundBytes(older))
            case _?: continue
            }
            // A version of an object never changes, so nothing excuses it.
            found.append(suspicion(problem, of: row, versionID: versionID))
        }
        return found
    }

    /// What is wrong with the bytes of one version of the object, nil for the newest, as a manifest names them.
    func problem(
        reading row: RecordedPackage.NamedObject,
        _ versionID: String?,
        _ counts: inout VerifyReport.Counts
    ) async throws -> Problem? {
        var size: Int64 = 0
        let sums: Checksums
        do {
            sums = try await reader.backup.hashes.checksums(reader.hashed) { take in
                try await store.body(at: key, versionID: versionID, range: nil).read { piece in
                    try Task.checkCancellation()
                    size += Int64(piece.count)
                    take(piece)
                }
            }
        } catch let failure as RemoteFailure where failure.kind == .absent {
            let version = versionID.map { "the version \($0) of " } ?? ""
            return Problem(.missing, "\(version)the object is not there")
        } catch let failure as RemoteFailure {
            try await reader.requireOneObject(failure, at: key)
            return Self.problem(failure)
        }
        counts.objects.read += 1
        counts.bytes.read += size
        let found = FoundBytes(sha256: sums.sha256, size: size)
        guard size == row.asset.size else { return Problem(.wrongSize, "the object has \(size) bytes", found: found) }
        let listed = row.asset.checksums
        for algorithm in ChecksumAlgorithm.byWeight {
            guard let wanted = listed[algorithm], let actual = sums[algorithm], wanted != actual else { continue }
            let name = algorithm.serviceName
            return Problem(
                .wrongBytes,
                "the object's bytes have the \(name) \(actual), and the manifest names \(wanted)",
                found: found
            )
        }
        return nil
    }

    /// What a failed reading of one object means.
    private static func problem(_ failure: RemoteFailure) -> Problem {
        failure.kind == .archived
            ? Problem(.archivedObject, failure.message, saysWhatToDo: true)
            : Problem(
                .unreadableObject,
                "the object cannot be read: \(failure.message)",
                saysWhatToDo: failure.kind == .denied
            )
    }

    /// - Parameter changed: nil where nothing excuses the problem.
    private func suspicion(
        _ problem: Problem,
        of row: RecordedPackage.NamedObject,
        versionID: String? = nil,
        changed: Timestamp? = nil
    ) -> Suspicion {
        let advice = ". Put back the object's earlier version, or copy it from another backup"
        var fault = BackupFault(
            problem.kind,
            of: Place(package, version: row.version, asset: row.asset.name),
            at: key,
            versionID: versionID,
            problem.message + (problem.saysWhatToDo ? "" : advice)
        )
        fault.found = problem.found
        return Suspicion(fault: fault, changed: changed)
    }
}

extension FoundBytes {
    fileprivate init(_ object: InspectedObject) { self.init(sha256: object.sha256, size: object.size) }
}
