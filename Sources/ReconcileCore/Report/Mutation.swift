/// A file whose bytes at the source differ from those in the newest record of its version that names it.
package struct Mutation: Hashable, Sendable {
    package let asset: String
    /// SHA-256 in hexadecimal, as recorded and as the source lists it.
    package let recorded: String
    package let shown: String

    /// What a run does about a mutation.
    package enum Policy: String, CaseIterable, Sendable {
        /// Copy and record the new bytes next to the old ones, and warn.
        case accept
        /// Leave the version as recorded, and report a failure.
        case fail
    }

    /// What happened to the recorded bytes when the new ones were stored.
    package enum Ending: Hashable, Sendable {
        /// The store keeps them next to the new ones.
        case kept
        /// The new ones have replaced them, in a store that keeps no versions.
        case replaced
        /// Nothing was written: this is a plan, for a run that keeps both or replaces the old ones.
        case planned(keepsBoth: Bool)
        /// The new ones cannot be read in the version's status, so its record names no file.
        case unread(VersionStatus)

        /// As the end of a sentence.
        var words: String {
            switch self {
            case .kept: "both are kept"
            case .replaced: "the old ones are lost, since the store keeps no versions"
            case .planned(keepsBoth: true): "a run keeps both"
            case .planned(keepsBoth: false): "a run records the new ones; the old ones are lost"
            case .unread(let status):
                "the new ones cannot be read, since the version is \(status.rawValue), so its record names no file; an "
                    + "earlier record names the old ones"
            }
        }
    }

    /// A description of a version's mutations, which names the first.
    static func words(_ mutations: [Mutation]) -> String {
        guard let first = mutations.first else { return "" }
        let more = mutations.count == 1 ? "" : " and \(mutations.count - 1) more"
        return
            "different bytes in the domain and in the backup: \(first.asset)\(more), SHA-256 \(first.shown) in the domain, "
            + "\(first.recorded) in the backup"
    }
}
