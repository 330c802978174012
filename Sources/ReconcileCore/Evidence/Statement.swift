import FoundationEssentials

/// Records that count under trust although nobody signed them, as `reconcile sign` states them: each with the SHA-256
/// of its bytes.
///
/// A statement is a folder: a file for each group of packages that has such a record, and an index with the SHA-256 of each
/// file. The trust file names the folder and the SHA-256 of the index, so nothing in it can be replaced.
package enum Statement {
    package struct Row: Codable, Hashable, Sendable {
        /// Whether the domain showed the same state and the same files; else an operator named the record.
        package let compared: Bool
        /// Below the domain's folder.
        package let key: String
        package let sha256: String
    }

    /// The records of one group.
    struct Group: Codable, Hashable, Sendable {
        var domain: String
        var format = 1
        var records: [Row]
    }

    struct Index: Codable, Hashable, Sendable {
        /// Records that were compared with the domain.
        var compared: Int
        var domain: String
        var format = 1
        /// The SHA-256 of each group's file, by the three digits that it is named by.
        var groups: [String: String]
        var records: Int
        var recordedAt: String
        var recordedBy: Manifest.Recorder
    }

    /// More bytes than an index or a group has.
    static let maximumBytes = 64 << 20

    /// The group of a record: three digits of the SHA-256 of the prefix that its package's records have.
    ///
    /// - Parameter path: below the domain's folder.
    static func group(of path: String, _ hash: DigestFunction) -> String {
        let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let folders = parts.dropLast().prefix(5)
        let prefix = folders.map { String(Substring($0)) + "/" }.joined()
        return String(hash(Array(prefix.utf8), .sha256).prefix(3))
    }

    /// The key of a group's file, or of the index.
    static func key(of name: String, in folder: String, _ layout: BackupLayout) -> ObjectKey {
        ObjectKey("\(layout.statementsPrefix)\(folder)/\(name).json")
    }

    static let index = "index"
}
