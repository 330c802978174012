/// Looks at the bytes under one key, and at the older versions of them that manifests name.
struct ObjectInspection {
    let reader: BackupReader
    let keepsVersions: Bool
    let key: ObjectKey
    let named: [RecordedPackage.NamedObject]
    let package: PackageCoordinates

    /// What is wrong with some bytes: the class of the fault, and the sentence that says so.
    typealias Problem = (kind: BackupFault.Kind, message: String)

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
            return try await inspected(changed: changed, readsBytes: readsBytes, &counts)
        } catch let failure as RemoteFailure {
            try await reader.requireOneObject(failure, at: key)
            return [suspicion((.unreadableObject, Self.unreadable(failure)), of: named[0])]
        }
    }

    private func inspected(
        changed: Timestamp?,
        readsBytes: Bool,
        _ counts: inout VerifyReport.Counts
    ) async throws -> [Suspicion] {
        // Only a look shows which version the newest bytes are; without versions, reading is enough.
        var currentID: String?
        if keepsVersions || !readsBytes {
            guard let current = try await store.inspect(key) else {
                return [suspicion((.missing, "the object is not there"), of: named[0], changed: changed)]
            }
            currentID = current.versionID
            let holds = "the object holds bytes with the SHA-256 \(current.sha256)"
            if !named.contains(where: { $0.asset.size == current.size && $0.asset.checksums.sha256 == current.sha256 })
            {
                let problem: Problem = (.wrongBytes, "\(holds), which no manifest names")
                return [suspicion(problem, of: named[0], changed: changed)]
            }
            if !readsBytes, !keepsVersions {
                return named.filter { $0.asset.checksums.sha256 != current.sha256 }.map {
                    suspicion((.wrongBytes, holds), of: $0, changed: changed)
                }
            }
            if !readsBytes { return try await olderVersions(current) }
        }
        var found: [Suspicion] = []
        for row in named {
            let versionID = versionID(of: row)
            // A version of an object never changes, so nothing excuses an older one.
            let isNewest = versionID == nil || versionID == currentID
            if let problem = try await problem(reading: row, isNewest ? nil : versionID, &counts) {
                found.append(suspicion(problem, of: row, versionID: versionID, changed: isNewest ? changed : nil))
            }
        }
        return found
    }

    /// The id of the bytes that a manifest means; nil for the newest.
    func versionID(of row: RecordedPackage.NamedObject) -> String? {
        // Recorded before the bucket kept versions: S3 calls those bytes the version null.
        let isOld = keepsVersions && row.versionID == nil && named.count > 1
        return isOld ? "null" : row.versionID
    }

    private func olderVersions(_ current: InspectedObject) async throws -> [Suspicion] {
        var found: [Suspicion] = []
        for row in named where row.versionID != current.versionID {
            if row.versionID == nil, row.asset.checksums.sha256 == current.sha256 { continue }
            let versionID = row.versionID ?? "null"
            let problem: Problem
            switch try await store.inspect(key, versionID: versionID) {
            case nil: problem = (.missing, "the version \(versionID) of the object is not there")
            case let older? where older.sha256 != row.asset.checksums.sha256 || older.size != row.asset.size:
                let message = "the version \(versionID) of the object holds bytes with the SHA-256 \(older.sha256)"
                problem = (.wrongBytes, message)
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
            sums = try await reader.backup.hashes.checksums { take in
                try await store.body(at: key, versionID: versionID, range: nil).read { piece in
                    try Task.checkCancellation()
                    size += Int64(piece.count)
                    take(piece)
                }
            }
        } catch let failure as RemoteFailure where failure.kind == .absent {
            return (.missing, "the object is not there")
        } catch let failure as RemoteFailure {
            try await reader.requireOneObject(failure, at: key)
            return (.unreadableObject, Self.unreadable(failure))
        }
        counts.objects.read += 1
        counts.bytes.read += size
        guard size == row.asset.size else { return (.wrongSize, "the object has \(size) bytes") }
        let listed = row.asset.checksums
        for algorithm in ChecksumAlgorithm.byWeight {
            guard let wanted = listed[algorithm], let actual = sums[algorithm], wanted != actual else { continue }
            let name = algorithm.serviceName
            return (.wrongBytes, "the object's bytes have the \(name) \(actual), and the manifest names \(wanted)")
        }
        return nil
    }

    private static func unreadable(_ failure: RemoteFailure) -> String {
        "the object cannot be read: \(failure.message)"
    }

    /// - Parameter changed: nil where nothing excuses the problem.
    private func suspicion(
        _ problem: Problem,
        of row: RecordedPackage.NamedObject,
        versionID: String? = nil,
        changed: Timestamp? = nil
    ) -> Suspicion {
        let advice = "Put back the object's earlier version, or copy it from another backup"
        let fault = BackupFault(
            problem.kind,
            of: Place(package, version: row.version, asset: row.asset.name),
            at: key,
            versionID: versionID,
            "\(problem.message). \(advice)"
        )
        return Suspicion(fault: fault, changed: changed)
    }
}
