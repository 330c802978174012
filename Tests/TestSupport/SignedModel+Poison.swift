package import ReconcileCore

/// Every record of the model, and what somebody would have each of them say: other bytes, an open package, a policy for
/// everybody.
extension SignedModel {
    /// The records of versions, of packages and of the configuration, also those that are damaged, in order.
    package var records: [(kind: Kind, key: ObjectKey)] {
        objects.keys.sorted().compactMap { key in
            if layout.record(at: key) != nil { return (.manifest, key) }
            if layout.packageRecord(at: key) != nil { return (.packageRecord, key) }
            return layout.configuration(at: key) == nil ? nil : (.configuration, key)
        }
    }

    /// What stands in the place of an object: for a record of a version, that it has other bytes, which are put there.
    package func replacing(_ key: ObjectKey, of kind: Kind) throws -> Placed {
        if let record = layout.record(at: key) { return try beside(key, of: kind, at: record.recordedAt) }
        guard let stored = objects[key] else { throw TestTrust.Absent() }
        return Placed(kind: kind, key: key, body: SignedObject(stored).body)
    }

    /// What stands beside a record of the same thing, as of a time.
    package func beside(_ key: ObjectKey, of kind: Kind, at time: Timestamp) throws -> Placed {
        guard let record = layout.record(at: key) else {
            let package = layout.packageRecord(at: key)?.package
            let (wished, body) = try wished(kind, at: time)
            guard let package else { return Placed(kind: kind, key: wished, body: body) }
            let open = OriginControls(publish: .allow, upstream: .allow)
            let forged = PackageRecord(package: package, recordedAt: time, originControls: open)
            let recorder = Manifest.Recorder(door: "reconcile", version: "test")
            let bytes = forged.canonicalBytes(recordedBy: recorder)
            return Placed(kind: kind, key: layout.key(of: forged), body: bytes)
        }
        let other = ManifestRecord(
            coordinates: record.coordinates,
            recordedAt: time,
            revision: record.revision,
            status: record.status
        )
        // Of a damaged record, what the last one of the version says.
        guard let last = records.last(where: { layout.record(at: $0.key)?.coordinates == record.coordinates })?.key,
            let stored = objects[last], let said = layout.record(at: last)
        else { throw TestTrust.Absent() }
        let text = String(decoding: SignedObject(stored).body, as: UTF8.self)
            .replacing(said.recordedAt.extended, with: time.extended)
            .replacing(#""status":"\#(said.status.rawValue)""#, with: #""status":"\#(record.status.rawValue)""#)
        let placed = Placed(kind: kind, key: layout.key(of: other), body: Array(text.utf8))
        return try poisoned(placed, record.coordinates)
    }

    /// The bytes that forgeries name for a file: those of the true one, backwards.
    package static func poison(_ bytes: [UInt8]) -> [UInt8] { bytes.reversed() }

    private func poisoned(_ placed: Placed, _ version: VersionCoordinates) throws -> Placed {
        guard let assets = stage.source.currentVersions[version]?.assets else { throw TestTrust.Absent() }
        var text = String(decoding: placed.body, as: UTF8.self)
        var files: [ObjectKey: [UInt8]] = [:]
        for (name, bytes) in assets where name.value != MavenMetadata.fileName {
            let poison = Self.poison(bytes)
            guard poison != bytes else { throw TestTrust.Absent() }
            for algorithm in ChecksumAlgorithm.allCases {
                text = text.replacing(testHashes.digest(bytes, algorithm), with: testHashes.digest(poison, algorithm))
            }
            files[layout.key(of: name.value, in: version)] = poison
        }
        return Placed(kind: placed.kind, key: placed.key, body: Array(text.utf8), files: files)
    }
}
