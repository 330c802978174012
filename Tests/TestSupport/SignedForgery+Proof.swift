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

    /// What somebody puts into a store.
    package struct Placed: Sendable {
        package let kind: Kind
        package let key: ObjectKey
        /// What is said under the key, without a seal.
        package let body: [UInt8]
        /// The files that the body names, with the bytes that it says they have: whoever believes it gives these.
        package let files: [ObjectKey: [UInt8]]

        package init(kind: Kind, key: ObjectKey, body: [UInt8], files: [ObjectKey: [UInt8]] = [:]) {
            (self.kind, self.key, self.body, self.files) = (kind, key, body, files)
        }
    }

    /// Puts forgeries in the place of true objects.
    ///
    /// - Returns: what does not come of it that must, as sentences.
    package func problemsReplacing(
        _ kinds: [Kind],
        with way: SignedForgery,
        in store: any ObjectStore
    ) async throws -> [String] {
        var placed: [Placed] = []
        for kind in kinds {
            guard let key = keys[kind] else { return ["no \(kind)"] }
            try placed.append(replacing(key, of: kind))
        }
        return try await problems(placed, as: way, .overwrite, in: store)
    }

    /// Puts forgeries beside true objects: what somebody wishes of each kind, as of a time.
    package func problemsInserting(
        _ kinds: [Kind],
        as way: SignedForgery,
        at time: Timestamp,
        in store: any ObjectStore
    ) async throws -> [String] {
        let placed = try kinds.flatMap { kind in
            if kind == .manifest { return try wishedVersion(at: time) }
            let (key, body) = try wished(kind, at: time)
            return [Placed(kind: kind, key: key, body: body)]
        }
        return try await problems(placed, as: way, .createOnly, in: store)
    }

    /// A record of 6.6.6, which never was, with a file that has the bytes that it names: those of 1.0.
    package func wishedVersion(at time: Timestamp) throws -> [Placed] {
        let (key, body) = try wished(.manifest, at: time)
        guard let assets = stage.source.currentVersions[Self.version("1.0")]?.assets,
            let bytes = assets.first(where: { $0.key.value == "app-1.0.jar" })?.value
        else { throw TestTrust.Absent() }
        let file = layout.key(of: "app-6.6.6.jar", in: Self.version("6.6.6"))
        return [Placed(kind: .manifest, key: key, body: body, files: [file: bytes])]
    }

    /// What must come of it wherever somebody puts forgeries.
    ///
    /// - Returns: what does not, as sentences.
    package func problems(
        _ placed: [Placed],
        as way: SignedForgery,
        _ condition: WriteCondition,
        in store: any ObjectStore
    ) async throws -> [String] {
        try await copy(objects, to: store)
        try await put(placed, as: way, condition, in: store)
        let expected = Set(placed.map { Self.fault(of: $0.kind, at: $0.key) })
        let found = try await findings(in: store)
        var problems = expected.subtracting(found).sorted().map { "\($0) is not seen among \(found.sorted())" }
        let (target, exit) = try await restored(from: store)
        let published = stage.source.currentVersions
        for (version, there) in target.currentVersions {
            for (name, bytes) in there.assets where published[version]?.assets[name] != bytes {
                problems.append("\(name) of \(version) is restored")
            }
            if published[version] == nil { problems.append("\(version) is restored") }
        }
        let open = OriginControls(publish: .allow, upstream: .allow)
        if target.currentControls[Self.app]?.map({ $0 == open }) == true { problems.append("\(Self.app) is opened") }
        let ends = try restoreEnds(with: placed, as: way)
        if exit != ends { problems.append("a restore ends with \(exit), and not with \(ends)") }
        let backup = try backup(in: store)
        for row in placed where try await isServed(row.key, of: backup) { problems.append("\(row.key) is served") }
        return problems
    }

    /// What a restore reads and does not believe it names, so it does not end with 0; the rest is the verification's.
    private func restoreEnds(with placed: [Placed], as way: SignedForgery) throws -> ExitStatus {
        let newest = try checkpoints().last?.cutoff
        let isNamed = placed.contains { row in
            switch row.kind {
            case .manifest, .packageRecord: true
            // What it states does not count without it. The trust file has the digest of what it says, signed or not.
            case .statement: objects[row.key] != nil && way != .unsigned
            // One name more than the newest checkpoint has.
            case .configuration:
                if let newest, objects[row.key] == nil, let name = layout.configuration(at: row.key) {
                    name.recordedAt <= newest
                } else {
                    false
                }
            case .checkpoint, .loss, .repair, .allowance, .drill: false
            }
        }
        return isNamed ? .failures : .converged
    }

    package func put(
        _ placed: [Placed],
        as way: SignedForgery,
        _ condition: WriteCondition,
        in store: any ObjectStore
    ) async throws {
        for row in placed {
            for (key, bytes) in row.files { _ = try await store.write(bytes, to: key, .overwrite) }
            let bytes = try way.bytes(saying: row.body, at: row.key, of: self)
            _ = try await store.write(bytes, to: row.key, condition)
        }
    }

    /// Whether what reads records takes what is under a key for one.
    private func isServed(_ key: ObjectKey, of backup: Backup) async throws -> Bool {
        if let record = layout.record(at: key) { return (try? await backup.catalog.manifest(of: record)) != nil }
        if let record = layout.packageRecord(at: key) { return (try? await backup.catalog.prove(record)) != nil }
        guard layout.configuration(at: key) != nil else { return false }
        return try await ConfigurationRecords.list(in: backup).newest().found?.key == key
    }
}
