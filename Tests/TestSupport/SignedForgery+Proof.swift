package import ReconcileCore

/// What must come of forgeries: each is a fault of its own key, and nothing that it says is restored or served.
extension SignedModel {
    /// How a verification names a forged object of a kind.
    package static func fault(of kind: Kind, at key: ObjectKey) -> String {
        kind == .checkpoint ? "unreadableCheckpoint \(key)" : "unreadableManifest \(key)"
    }

    /// Copies everything into an empty store.
    package func copy(_ objects: [ObjectKey: [UInt8]], to store: any ObjectStore) async throws {
        for (key, bytes) in objects { _ = try await store.write(bytes, to: key, .createOnly) }
    }

    /// Puts forgeries in the place of true objects.
    ///
    /// - Returns: what does not come of it that must, as sentences.
    package func problemsReplacing(
        _ kinds: [Kind],
        with way: SignedForgery,
        in store: any ObjectStore
    ) async throws -> [String] {
        try await problems(kinds, as: way, .overwrite, in: store) { kind in
            guard let key = keys[kind], let stored = objects[key] else { return nil }
            return (key, SignedObject(stored).body)
        }
    }

    /// Puts forgeries beside true objects: what somebody wishes of each kind, as of a time.
    package func problemsInserting(
        _ kinds: [Kind],
        as way: SignedForgery,
        at time: Timestamp,
        in store: any ObjectStore
    ) async throws -> [String] {
        try await problems(kinds, as: way, .createOnly, in: store) { try wished($0, at: time) }
    }

    /// - Parameter forgery: the key and what is to be said under it; nil where there is nothing to forge.
    private func problems(
        _ kinds: [Kind],
        as way: SignedForgery,
        _ condition: WriteCondition,
        in store: any ObjectStore,
        _ forgery: (Kind) throws -> (key: ObjectKey, body: [UInt8])?
    ) async throws -> [String] {
        try await copy(objects, to: store)
        var expected: Set<String> = []
        var forged: [ObjectKey] = []
        for kind in kinds {
            guard let (key, body) = try forgery(kind) else { return ["no \(kind)"] }
            _ = try await store.write(try way.bytes(saying: body, at: key, of: self), to: key, condition)
            expected.insert(Self.fault(of: kind, at: key))
            forged.append(key)
        }
        let found = try await findings(in: store)
        var problems = expected.subtracting(found).sorted().map { "\($0) is not seen among \(found.sorted())" }
        let target = try await restored(from: store)
        let published = stage.source.currentVersions
        for (version, there) in target.currentVersions where published[version]?.assets != there.assets {
            problems.append("\(version) is restored")
        }
        if target.currentControls[Self.app]??.upstream == .allow { problems.append("\(Self.app) is opened") }
        let backup = try backup(in: store)
        for key in forged where try await isServed(key, of: backup) { problems.append("\(key) is served") }
        return problems
    }

    /// Whether what reads records takes what is under a key for one.
    private func isServed(_ key: ObjectKey, of backup: Backup) async throws -> Bool {
        if let record = layout.record(at: key) { return (try? await backup.catalog.manifest(of: record)) != nil }
        if let record = layout.packageRecord(at: key) { return (try? await backup.catalog.prove(record)) != nil }
        guard layout.configuration(at: key) != nil else { return false }
        return try await ConfigurationRecords.list(in: backup).newest().found?.key == key
    }
}
