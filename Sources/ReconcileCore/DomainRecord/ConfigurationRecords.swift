/// The records of a domain's configuration beside its backup, one for each change.
package struct ConfigurationRecords: Sendable {
    /// The name of a record: when, and the start of the SHA-256 of the configuration alone.
    package struct Name: Hashable, Sendable {
        package let recordedAt: Timestamp
        /// 16 hexadecimal digits.
        package let digits: String

        static let digitCount = 16

        package init(recordedAt: Timestamp, sha256: String) {
            self.recordedAt = recordedAt
            digits = String(sha256.prefix(Self.digitCount))
        }
    }

    /// A record as a listing shows it.
    package struct Listed: Hashable, Sendable {
        package let key: ObjectKey
        package let name: Name
        /// Bytes.
        fileprivate let size: Int64
    }

    /// One that was read.
    package struct Found: Hashable, Sendable {
        package let key: ObjectKey
        package let recordedAt: Timestamp
        /// Of its bytes, without a seal.
        package let sha256: String
        package let configuration: DomainConfiguration
        /// The record before it; nil in those of releases that did not say it.
        let previous: PreviousRecord?
    }

    /// Oldest first; only those that may count.
    package let listed: [Listed]
    /// Keys of no such record, and of records of the future.
    let others: [ObjectKey]
    let backup: Backup

    /// Lists the records: one request for each thousand.
    ///
    /// - Parameter asOf: of that second or before; nil for now.
    package static func list(in backup: Backup, asOf moment: Timestamp? = nil) async throws -> ConfigurationRecords {
        var listed: [Listed] = []
        var others: [ObjectKey] = []
        let reader = backup.reader
        try await backup.store.forEachObject(under: backup.layout.configurationsPrefix) { object in
            guard let name = backup.layout.configuration(at: object.key), reader.isTimely(name.recordedAt) else {
                others.append(object.key)
                return
            }
            guard moment.map({ name.recordedAt <= $0 }) ?? true else { return }
            listed.append(Listed(key: object.key, name: name, size: object.size))
        }
        listed.sort { ($0.name.recordedAt, $0.key) < ($1.name.recordedAt, $1.key) }
        return ConfigurationRecords(listed: listed, others: others, backup: backup)
    }

    var layout: BackupLayout { backup.layout }

    /// As a digest of records takes them.
    package var digestible: [RecordDigester.Listed] { listed.map { (key: $0.key, recordedAt: $0.name.recordedAt) } }

    /// Reads one.
    ///
    /// - Throws: `untrusted` for bytes that are not what their key says.
    package func read(_ record: Listed) async throws -> Found {
        let store = backup.store
        func untrusted(_ reason: String) -> RemoteFailure {
            RemoteFailure(.untrusted, operation: store.operations.read, target: record.key.value, message: reason)
        }
        guard let bytes = try await store.read(record.key, limit: Manifest.maximumBytes) else {
            throw RemoteFailure(
                .absent,
                operation: store.operations.read,
                target: record.key.value,
                message: "it was listed and is absent"
            )
        }
        let sha256 = backup.hashes.digest(bytes, .sha256)
        let decoded = Result { () throws(RecordRefusal) in try DomainConfiguration.decode(bytes) }
        guard sha256.hasPrefix(record.name.digits) || isNamed(record, by: try? decoded.get(), in: bytes) else {
            throw untrusted("its bytes do not have the SHA-256 that its name begins")
        }
        do {
            let (configuration, previous) = try decoded.get()
            let folder = backup.layout.configurationsPrefix
            let problem = previous?.problem(in: record.key, of: backup.layout) { name in
                backup.layout.configuration(at: ObjectKey("\(folder)\(name)")) != nil
            }
            if let problem { throw RecordRefusal(.previous, problem) }
            guard ExactText(configuration.identity.name) == ExactText(backup.layout.domain) else {
                throw RecordRefusal(.coordinates, "it is of the domain \(configuration.identity.name)")
            }
            return Found(
                key: record.key,
                recordedAt: record.name.recordedAt,
                sha256: sha256,
                configuration: configuration,
                previous: previous
            )
        } catch {
            throw untrusted("\(error)")
        }
    }

    /// Whether a record's name is that of the configuration in its bytes, which also name the record before it.
    private func isNamed(
        _ record: Listed,
        by decoded: (configuration: DomainConfiguration, previous: PreviousRecord?)?,
        in bytes: [UInt8]
    ) -> Bool {
        guard let (configuration, previous) = decoded, previous != nil,
            configuration.canonicalBytes(after: previous) == bytes
        else { return false }
        return backup.hashes.digest(configuration.canonicalBytes(), .sha256).hasPrefix(record.name.digits)
    }

    /// The newest one that can be read; nil if there is none. The failures of those that are newer and cannot be read
    /// come with it.
    package func newest() async throws -> (found: Found?, failures: [RemoteFailure]) {
        var failures: [RemoteFailure] = []
        for record in listed.reversed() {
            do {
                return (try await read(record), failures)
            } catch let failure as RemoteFailure where failure.kind == .untrusted || failure.kind == .absent {
                failures.append(failure)
            }
        }
        return (nil, failures)
    }

    /// Whether the newest record is of this configuration, as its name and size say; under trust they say nothing.
    ///
    /// - Parameter sha256: of the configuration alone.
    func newestIs(_ configuration: DomainConfiguration, _ sha256: String) -> Bool {
        guard backup.trust == nil, let last = listed.last, sha256.hasPrefix(last.name.digits) else { return false }
        // All records have names of one length, whichever of them it names.
        let other = PreviousRecord.named(
            path: backup.layout.path(of: last.key),
            sha256: String(repeating: "0", count: 64)
        )
        let forms = [nil, .first, other].map { configuration.canonicalBytes(after: $0).count }
        return forms.contains { $0 == last.size }
    }

    /// Stores a configuration as a record of now, or of the first second after the newest one.
    ///
    /// - Parameters:
    ///   - sha256: of the configuration alone.
    ///   - newest: the newest record that passes.
    /// - Returns: its key.
    func add(_ configuration: DomainConfiguration, _ sha256: String, after newest: Found?) async throws -> ObjectKey {
        let previous = newest.map { PreviousRecord.named(path: backup.layout.path(of: $0.key), sha256: $0.sha256) }
        let bytes = configuration.canonicalBytes(after: previous ?? .first)
        let time = backup.clock.recordTime(after: listed.last?.name.recordedAt)
        return try await backup.store.createRecord(at: time) { time in
            let key = backup.layout.configurationKey(Name(recordedAt: time, sha256: sha256))
            guard try await backup.store.create(bytes, at: key, or: { $0 == bytes }) else { return (key, nil) }
            try await backup.store.requireKept(bytes, at: key)
            return (key, key)
        }
    }
}

extension BackupLayout {
    /// The prefix of the records of the domain's configuration.
    package var configurationsPrefix: ObjectKey { ObjectKey("\(prefix)configuration/") }

    /// The key of one of them.
    package func configurationKey(_ name: ConfigurationRecords.Name) -> ObjectKey {
        ObjectKey("\(configurationsPrefix)\(name.recordedAt.basic).\(name.digits).json")
    }

    /// The name that the key of such a record says; nil for any other key.
    package func configuration(at key: ObjectKey) -> ConfigurationRecords.Name? {
        let prefix = configurationsPrefix.value
        guard key.value.utf8.starts(with: prefix.utf8) else { return nil }
        let parts = Substring(key.value.utf8.dropFirst(prefix.utf8.count)).utf8
            .split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            .map(Substring.init)
        guard parts.count == 3, parts[2] == "json", let time = Timestamp(basic: parts[0]),
            parts[1].utf8.count == ConfigurationRecords.Name.digitCount,
            parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        return ConfigurationRecords.Name(recordedAt: time, sha256: String(parts[1]))
    }
}
