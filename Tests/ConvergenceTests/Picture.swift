import Cryptography
import ReconcileCore
import TestSupport

/// What a backup holds, without what may differ from one right backup to another: the times of records, the runs'
/// reports, the store's version ids.
struct Picture: Hashable, Sendable {
    /// The bytes of every asset, as text, by key.
    private(set) var assets: [String: String] = [:]
    /// The states of every version, oldest first.
    private(set) var states: [String: [String]] = [:]
    /// The derived documents without their times, by key; whether a checksum file is right.
    private(set) var derived: [String: String] = [:]

    init(_ stage: Rehearsal) {
        let contents = stage.store.contents
        for (key, bytes) in contents where key.hasPrefix("acme/maven/") {
            if BackupWitness.isDerived(ObjectKey(key)) {
                derived[key] = Self.derived(key, bytes, contents)
            } else {
                assets[key] = String(decoding: bytes, as: UTF8.self)
            }
        }
        for (version, manifests) in stage.witness.manifests {
            states["\(version)"] = manifests.map { manifest in
                // A listed maven-metadata.xml may be left out, and its place is written over by design.
                let assets = manifest.assets.filter { !BackupWitness.isDerived($0.key) }
                let names = assets.map { "\($0.asset.name) \($0.asset.checksums.sha256 ?? "") \($0.key)" }
                return "\(manifest.status.rawValue) \(manifest.revision ?? "none") \(names.joined(separator: ", "))"
            }
        }
    }

    /// Only the newest state of each version: what writers agree on that were at work at once.
    var newest: Picture {
        var newest = self
        newest.states = states.mapValues { Array($0.suffix(1)) }
        return newest
    }

    /// A sentence for each difference.
    func differences(from expected: Picture) -> [String] {
        Self.differences(assets, expected.assets) + Self.differences(states, expected.states)
            + Self.differences(derived, expected.derived)
    }

    static func sha256(_ bytes: [UInt8]) -> String { Hexadecimal.encode(Digest.of(bytes, .sha256)) }

    private static func derived(_ key: String, _ bytes: [UInt8], _ contents: [String: [UInt8]]) -> String {
        let text = String(decoding: bytes, as: UTF8.self)
        for algorithm in ChecksumAlgorithm.ofDocuments where key.hasSuffix(".\(algorithm.fileExtension)") {
            let document = contents[String(key.dropLast(algorithm.fileExtension.count + 1))] ?? []
            return text == sidecarDigest(document, algorithm) ? "right" : "wrong"
        }
        let lines = text.split(separator: "\n").filter { !$0.contains("lastUpdated") && !$0.contains("<updated>") }
        return lines.joined(separator: "\n")
    }

    private static func differences<Value: Equatable>(_ found: [String: Value], _ expected: [String: Value]) -> [String]
    {
        Set(found.keys).union(expected.keys).sorted().compactMap { key in
            guard found[key] != expected[key] else { return nil }
            let (found, expected) = (found[key].map { "\($0)" }, expected[key].map { "\($0)" })
            return "\(key) is \(found ?? "absent") instead of \(expected ?? "absent")"
        }
    }
}
