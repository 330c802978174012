import Cryptography
import ReconcileCore

/// A backup read object by object and held against its own manifests: no listing, ETag or checksum of a store is
/// believed.
struct BackupAudit {
    let objects: [String: [UInt8]]
    private let layout: BackupLayout
    /// Every manifest that can be read, by key.
    private(set) var manifests: [String: Manifest] = [:]
    /// What is wrong with the manifests, a sentence each: unreadable, misplaced, or naming bytes that are not there.
    private(set) var problems: [String] = []

    init(_ objects: [String: [UInt8]], domain: String = "my-domain") {
        self.objects = objects
        layout = BackupLayout(domain: domain)
        for (key, bytes) in objects where key.hasPrefix(layout.manifestsPrefix.value) {
            do {
                guard let record = layout.record(at: ObjectKey(key)) else {
                    problems.append("\(key) is not the key of a manifest")
                    continue
                }
                let manifest = try RecordReader(layout: layout, now: record.recordedAt).manifest(bytes, of: record)
                if try manifest.canonicalBytes() != bytes { problems.append("\(key) is not canonical") }
                manifests[key] = manifest
                for asset in manifest.assets { check(asset, of: key) }
            } catch {
                problems.append("\(key): \(error)")
            }
        }
    }

    private mutating func check(_ stored: Manifest.StoredAsset, of manifest: String) {
        guard let bytes = objects[stored.key.value] else {
            return problems.append("\(manifest) names \(stored.key), which is not there")
        }
        if Int64(bytes.count) != stored.asset.size
            || Hexadecimal.encode(Digest.of(bytes, .sha256)) != stored.asset.checksums.sha256
        {
            problems.append("\(manifest) names \(stored.key), which holds other bytes")
        }
    }

    /// The newest manifest of each version, by the prefix of its manifests.
    var newest: [String: Manifest] {
        var newest: [String: (key: String, manifest: Manifest)] = [:]
        for (key, manifest) in manifests {
            let version = layout.manifestsPrefix(of: manifest.coordinates).value
            if let known = newest[version], ExactText(key) < ExactText(known.key) { continue }
            newest[version] = (key, manifest)
        }
        return newest.mapValues(\.manifest)
    }

    /// The documents that Maven reads, as they have to be now.
    private var documents: [String: [UInt8]] {
        var documents: [String: [UInt8]] = [:]
        for (package, manifests) in Dictionary(grouping: newest.values, by: \.coordinates.package) {
            let published = manifests.filter { $0.status == .published }
            let key = layout.metadataKey(of: package).value
            // A package that never had a Published version has no document.
            if let time = manifests.map(\.recordedAt).max(), !published.isEmpty || objects[key] != nil {
                documents[key] =
                    MavenMetadata.artifactLevel(
                        groupID: package.namespace,
                        artifactID: package.name,
                        versions: published.map(\.coordinates.version),
                        lastUpdated: time.maven
                    ).render()
            }
            let names = manifests.reduce(into: Set<ExactText>()) { $0.formUnion($1.namesForClients) }
            for manifest in published where manifest.coordinates.version.hasSuffix("-SNAPSHOT") {
                documents[layout.metadataKey(ofSnapshot: manifest.coordinates).value] =
                    MavenMetadata.snapshotLevel(of: manifest, with: names)?.render()
            }
        }
        for (key, bytes) in documents {
            documents["\(key).sha1"] = Array(Hexadecimal.encode(Digest.of(bytes, .sha1)).utf8)
            documents["\(key).md5"] = Array(Hexadecimal.encode(Digest.of(bytes, .md5)).utf8)
        }
        return documents
    }

    /// What a backup at rest must not show: problems, and documents that are absent or say something else than the
    /// manifests.
    var unsettled: [String] {
        var sentences = problems
        let documents = documents
        for (key, bytes) in documents where objects[key] != bytes {
            let stored = objects[key].map { String(decoding: $0, as: UTF8.self) } ?? "nothing"
            sentences.append("\(key) holds \(stored) instead of \(String(decoding: bytes, as: UTF8.self))")
        }
        return sentences.sorted()
    }

    /// Keys of bytes that no manifest names: of versions that changed or went away while they were copied.
    var strays: [String] {
        let named = Set(manifests.values.flatMap(\.assets).map(\.key.value)).union(documents.keys)
        return objects.keys.filter { $0.hasPrefix("\(layout.domain)/maven/") && !named.contains($0) }.sorted()
    }

    /// Keys and hashes of bytes, without what depends on when the runs were: equal for two backups of one domain.
    var shape: [String] {
        objects.compactMap { key, bytes -> String? in
            let isOfRun = ["runs", "checkpoints", "configuration"].contains { key.hasPrefix("\(layout.domain)/\($0)/") }
            if isOfRun { return nil }
            if var manifest = manifests[key] {
                manifest.recordedAt = Timestamp(seconds: 0)
                let text = (try? manifest.canonicalBytes()).map { String(decoding: $0, as: UTF8.self) }
                return "\(layout.key(of: manifest.record)) \(text ?? "")"
            }
            // Its bytes hold the newest record's time, and are held against the manifests by `unsettled`.
            if key.contains("/maven-metadata.xml") { return key }
            return "\(key) \(Hexadecimal.encode(Digest.of(bytes, .sha256)))"
        }.sorted()
    }
}
