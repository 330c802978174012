import Cryptography
package import ReconcileCore
import Synchronization

/// Watches a store write by write for what must hold at every moment, not only at the end of a run:
///
/// - a manifest names only objects that are stored with the SHA-256 that it names, under the version id that it names
///   or, without one, as what the key holds now;
/// - no manifest is written over, nor an asset where the store keeps no versions. maven-metadata.xml and its checksum
///   files are derived: they may be written over, also where a version lists such a file as its own.
package final class BackupWitness: Sendable {
    private struct State {
        var manifests: [ObjectKey: Manifest] = [:]
        /// The manifests that name an object.
        var naming: [ObjectKey: [Manifest]] = [:]
        var complaints: [String] = []
    }

    private let layout: BackupLayout
    private let keepsVersions: Bool
    private let state = Mutex(State())

    /// Watches from now on; objects that are there already are only looked up.
    package init(watching store: InMemoryStore, layout: BackupLayout, keepsVersions: Bool) {
        self.layout = layout
        self.keepsVersions = keepsVersions
        store.watch { [self] store, write in saw(write, in: store) }
    }

    /// A sentence for each moment at which something did not hold.
    package var complaints: [String] { state.withLock { $0.complaints } }

    /// Every manifest, oldest first, by version.
    package var manifests: [VersionCoordinates: [Manifest]] {
        let manifests = state.withLock { $0.manifests }.sorted { $0.key < $1.key }.map(\.value)
        return Dictionary(grouping: manifests, by: \.coordinates)
    }

    private func saw(_ write: InMemoryStore.Write, in store: InMemoryStore) {
        let key = write.key
        if let record = layout.record(at: key) {
            if write.replaced { complain("the manifest \(key) was written over") }
            let reader = RecordReader(layout: layout, now: record.recordedAt)
            guard let bytes = store.bytes(at: key, versionID: nil),
                let manifest = try? reader.manifest(SignedObject(bytes).body, of: record)
            else { return complain("the manifest \(key) cannot be read") }
            state.withLock { state in
                state.manifests[key] = manifest
                for asset in manifest.assets { state.naming[asset.key, default: []].append(manifest) }
            }
            check(manifest, in: store)
        } else if !Self.isDerived(key) {
            if write.replaced, !keepsVersions, !key.value.contains("/runs/") {
                complain("\(key) was written over")
            }
            for manifest in state.withLock({ $0.naming[key] ?? [] }) {
                check(manifest, in: store)
            }
        }
    }

    private func check(_ manifest: Manifest, in store: InMemoryStore) {
        let name = "the manifest of \(manifest.coordinates) of \(manifest.recordedAt.basic)"
        for asset in manifest.assets where !Self.isDerived(asset.key) {
            guard let bytes = store.bytes(at: asset.key, versionID: asset.versionID) else {
                complain("\(name) names \(asset.key), which is not stored")
                continue
            }
            if Hexadecimal.encode(Digest.of(bytes, .sha256)) != asset.asset.checksums.sha256 {
                complain("\(name) names \(asset.key), where other bytes are stored")
            }
        }
    }

    private func complain(_ sentence: String) {
        state.withLock { $0.complaints.append(sentence) }
    }

    /// Whether a key is that of maven-metadata.xml or of one of its checksum files.
    package static func isDerived(_ key: ObjectKey) -> Bool {
        key.value.split(separator: "/").last?.hasPrefix(MavenMetadata.fileName) == true
    }
}
