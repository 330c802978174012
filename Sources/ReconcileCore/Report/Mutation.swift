/// A file that the source shows with other bytes than the newest record of its version names.
package struct Mutation: Hashable, Sendable {
    package let asset: String
    /// SHA-256 in hexadecimal, as recorded and as the source lists it now.
    package let recorded: String
    package let shown: String

    /// What a run does about it.
    package enum Policy: String, CaseIterable, Sendable {
        /// Copies and records the new bytes beside the old, and warns.
        case accept
        /// Leaves the version as it is recorded, as a failure.
        case fail
    }

    /// What happened to the recorded bytes when the new ones were stored.
    package enum Ending: Hashable, Sendable {
        /// The store keeps them beside the new ones.
        case kept
        /// The new ones are in their place, in a store that keeps no versions.
        case replaced
        /// Nothing was written: a plan, of a run that keeps both or finds them replaced.
        case planned(keepsBoth: Bool)

        /// As the end of a sentence.
        var words: String {
            switch self {
            case .kept: "both are kept"
            case .replaced: "the old ones are lost, since the store keeps no versions"
            case .planned(keepsBoth: true): "a run keeps both"
            case .planned(keepsBoth: false): "a run records the new ones; the old ones are lost"
            }
        }
    }

    /// The files that are named by both and differ, in order of name.
    static func all(in listing: [Asset], since manifest: Manifest) -> [Mutation] {
        var recorded: [ExactText: String] = [:]
        for stored in manifest.assets { recorded[ExactText(stored.asset.name)] = stored.asset.checksums.sha256 }
        return listing.compactMap { asset in
            // The service makes it anew at each deployment.
            guard asset.name != MavenMetadata.fileName, let old = recorded[ExactText(asset.name)],
                let new = asset.checksums.sha256,
                old.lowercased() != new.lowercased()
            else { return nil }
            return Mutation(asset: asset.name, recorded: old, shown: new)
        }.sorted { ExactText($0.asset) < ExactText($1.asset) }
    }

    /// What a version has, by the first of its mutations.
    static func words(_ mutations: [Mutation]) -> String {
        guard let first = mutations.first else { return "" }
        let more = mutations.count == 1 ? "" : " and \(mutations.count - 1) more"
        return
            "different bytes in the domain and in the backup: \(first.asset)\(more), SHA-256 \(first.shown) in the domain, "
            + "\(first.recorded) in the backup"
    }
}
