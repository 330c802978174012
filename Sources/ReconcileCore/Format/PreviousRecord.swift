/// How a record refers to the preceding one: the newest valid record of its version, of its package or of the
/// configuration at the time of writing.
///
/// The reference does not make that record trusted. It lets a verification detect that a record is missing or was
/// replaced.
package enum PreviousRecord: Hashable, Sendable {
    /// The writer knew of no preceding record.
    case first
    /// - Parameters:
    ///   - path: the record's key relative to the domain's folder.
    ///   - sha256: the hash of its bytes, without a seal.
    case named(path: String, sha256: String)

    /// A reference to the record with these bytes, which was read before the next one is written.
    init(_ bytes: [UInt8], at key: ObjectKey, in layout: BackupLayout, _ digest: DigestFunction) {
        self = .named(path: layout.path(of: key), sha256: digest(bytes, .sha256))
    }

    /// Why the record at a key cannot refer to this; nil if it can.
    ///
    /// - Parameter isName: whether a file name in the same folder is that of a record of the same kind.
    func problem(in key: ObjectKey, of layout: BackupLayout, _ isName: (Substring) -> Bool) -> String? {
        guard case .named(let path, let sha256) = self else { return nil }
        let own = layout.path(of: key)
        let folder = own.utf8.prefix(through: own.utf8.lastIndex(of: UInt8(ascii: "/")) ?? own.utf8.startIndex)
        guard path.utf8.starts(with: folder), isName(Substring(path.utf8.dropFirst(folder.count))) else {
            return "\(path.prefix(200)) is not a record of the same that could be before it"
        }
        return ChecksumAlgorithm.sha256.isWellFormed(sha256) ? nil : "\(sha256.prefix(80)) is not a SHA-256"
    }
}

extension PreviousRecord: JSONWritable, JSONReadable {
    package func write(to json: inout JSONWriter) {
        guard case .named(let path, let sha256) = self else { return json.null() }
        json.object { json in
            json.member("key", path)
            json.member("sha256", sha256)
        }
    }

    package init(reading json: inout JSONScanner) throws(JSONProblem) {
        if json.readNull() {
            self = .first
            return
        }
        var (path, sha256): (String?, String?)
        try json.members { (json, name) throws(JSONProblem) in
            switch name {
            case "key": path = try json.read()
            case "sha256": sha256 = try json.read()
            default: throw .unknown
            }
        }
        self = .named(path: try required(path, "key"), sha256: try required(sha256, "sha256"))
    }
}
