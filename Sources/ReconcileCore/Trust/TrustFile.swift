import FoundationEssentials

/// What a reader trusts, kept outside the bucket: which domain the backup is of, and whose
/// signatures count, from when and until when.
package struct TrustFile: Hashable, Sendable {
    /// A public key that certifies.
    package struct Key: Hashable, Sendable {
        /// An uncompressed point of P-256.
        package let point: [UInt8]
        /// Certificates that begin in this window count; open where nil.
        package let from: Timestamp?
        package let until: Timestamp?
        /// The last moment at which nobody else had the key, of one that was stolen: it ends then, and of what it certified
        /// before, only that counts which an anchor vouches for.
        package let stolen: Timestamp?

        package init(point: [UInt8], from: Timestamp?, until: Timestamp?, stolen: Timestamp? = nil) {
            self.point = point
            self.from = from
            self.until = until
            self.stolen = stolen
        }

        /// In base64, as a trust file has it.
        package var publicKey: String { TrustDocument.spelled(point) }

        func covers(_ time: Timestamp) -> Bool {
            from.map { $0 <= time } ?? true && (until ?? stolen).map { time < $0 } ?? true
        }
    }

    /// The digest of all records up to a cutoff, as a run's report gave it.
    package struct Anchor: Hashable, Sendable {
        package let cutoff: Timestamp
        package let digest: String

        package init(cutoff: Timestamp, digest: String) {
            self.cutoff = cutoff
            self.digest = digest
        }
    }

    /// A statement of unsigned records that count, as `reconcile sign` printed it.
    package struct Baseline: Hashable, Sendable {
        /// Its folder under `statements/`.
        package let statement: String
        /// Of its index.
        package let sha256: String

        package init(statement: String, sha256: String) {
            self.statement = statement
            self.sha256 = sha256
        }
    }

    package let identity: RunCertificate.Identity
    package let keys: [Key]
    package let anchors: [Anchor]
    package let baseline: Baseline?

    package init(
        identity: RunCertificate.Identity,
        keys: [Key],
        anchors: [Anchor] = [],
        baseline: Baseline? = nil
    ) {
        self.identity = identity
        self.keys = keys
        self.anchors = anchors
        self.baseline = baseline
    }

    /// The most bytes that one may have.
    package static let maximumBytes = 1 << 20

    /// Reads a trust file.
    ///
    /// - Throws: what is wrong with it.
    package init(_ bytes: [UInt8]) throws(JSONProblem) {
        self = try JSONScanner.read(TrustDocument.self, from: bytes).file
    }

    /// JSON, indented, ending with a line break.
    package var document: [UInt8] {
        func quoted(_ value: String) -> String { "\"\(value)\"" }
        let keys = keys.map { key in
            let members = [
                key.from.map { "\"from\": \(quoted($0.extended))" },
                "\"publicKey\": \(quoted(TrustDocument.spelled(key.point)))",
                key.stolen.map { "\"stolen\": \(quoted($0.extended))" },
                key.until.map { "\"until\": \(quoted($0.extended))" },
            ]
            return "    { \(members.compactMap(\.self).joined(separator: ", ")) }"
        }
        let anchors = anchors.map {
            "    { \"cutoff\": \(quoted($0.cutoff.extended)), \"digest\": \(quoted($0.digest)) }"
        }
        let baseline = baseline.map {
            "\n  \"baseline\": { \"sha256\": \(quoted($0.sha256)), \"statement\": \(quoted($0.statement)) },"
        }
        func list(_ rows: [String]) -> String { rows.isEmpty ? "[]" : "[\n\(rows.joined(separator: ",\n"))\n  ]" }
        let text = """
            {
              "anchors": \(list(anchors)),\(baseline ?? "")
              "format": 1,
              "identity": "\(identity)",
              "keys": \(list(keys))
            }

            """
        return Array(text.utf8)
    }
}

/// The JSON of a trust file.
private struct TrustDocument: JSONReadable {
    let file: TrustFile

    init(reading json: inout JSONScanner) throws(JSONProblem) {
        var (format, identity): (Int?, String?)
        var (keys, anchors): ([TrustFile.Key]?, [TrustFile.Anchor]?)
        var baseline: TrustFile.Baseline?
        try json.members { (json, name) throws(JSONProblem) in
            switch name {
            case "anchors": anchors = try json.read()
            case "baseline": baseline = try json.read()
            case "format": format = try json.read()
            case "identity": identity = try json.read()
            case "keys": keys = try json.read()
            default: throw .unknown
            }
        }
        guard try required(format, "format") == 1 else { throw JSONProblem(.type, "has another format than 1") }
        let text = try required(identity, "identity")
        guard let parsed = RunCertificate.Identity(text) else {
            throw JSONProblem(.type, "has an identity that is not owner/region/domain: \(text.prefix(80))")
        }
        let known = try required(keys, "keys")
        guard !known.isEmpty else { throw JSONProblem(.absent, "has no key") }
        // Else the one that has not ended would let in what the other is to keep out.
        guard Set(known.map(\.point)).count == known.count else { throw JSONProblem(.type, "has the same key twice") }
        file = TrustFile(identity: parsed, keys: known, anchors: anchors ?? [], baseline: baseline)
    }

    /// What every public key on P-256 begins with in base64, before its point: `openssl pkey -pubout` prints it so.
    private static let header: [UInt8] = [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01,
        0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
    ]

    static func spelled(_ point: [UInt8]) -> String { Data(header + point).base64EncodedString() }

    static func point(_ text: String) -> [UInt8]? {
        guard let data = Data(base64Encoded: text), data.count == 91, Array(data.prefix(header.count)) == header else {
            return nil
        }
        return Array(data.dropFirst(header.count))
    }
}

extension TrustFile.Key: JSONReadable {
    package init(reading json: inout JSONScanner) throws(JSONProblem) {
        var (publicKey, from, until, stolen): (String?, String?, String?, String?)
        try json.members { (json, name) throws(JSONProblem) in
            switch name {
            case "from": from = try json.read()
            case "publicKey": publicKey = try json.read()
            case "stolen": stolen = try json.read()
            case "until": until = try json.read()
            default: throw .unknown
            }
        }
        guard let point = TrustDocument.point(try required(publicKey, "publicKey")) else {
            throw JSONProblem(.type, "has a publicKey that is not the base64 of a public key on P-256")
        }
        self.init(
            point: point,
            from: try time(from, "from"),
            until: try time(until, "until"),
            stolen: try time(stolen, "stolen")
        )
        guard self.until == nil || self.stolen == nil else {
            throw JSONProblem(.type, "has a key with until and stolen: a stolen key ends by stolen alone")
        }
        if let from = self.from, let end = self.until ?? self.stolen, from >= end {
            throw JSONProblem(.type, "has a key that ends at \(end.extended), before it begins at \(from.extended)")
        }
    }
}

extension TrustFile.Baseline: JSONReadable {
    package init(reading json: inout JSONScanner) throws(JSONProblem) {
        var (statement, sha256): (String?, String?)
        try json.members { (json, name) throws(JSONProblem) in
            switch name {
            case "sha256": sha256 = try json.read()
            case "statement": statement = try json.read()
            default: throw .unknown
            }
        }
        self.init(statement: try required(statement, "statement"), sha256: try required(sha256, "sha256"))
        guard ChecksumAlgorithm.sha256.isWellFormed(self.sha256), (1...200).contains(self.statement.utf8.count),
            !self.statement.contains("/")
        else {
            throw JSONProblem(.type, "has a baseline that is not the folder and the SHA-256 that reconcile sign prints")
        }
    }
}

extension TrustFile.Anchor: JSONReadable {
    package init(reading json: inout JSONScanner) throws(JSONProblem) {
        var (cutoff, digest): (String?, String?)
        try json.members { (json, name) throws(JSONProblem) in
            switch name {
            case "cutoff": cutoff = try json.read()
            case "digest": digest = try json.read()
            default: throw .unknown
            }
        }
        let text = try required(digest, "digest")
        guard let moment = try time(try required(cutoff, "cutoff"), "cutoff"),
            ChecksumAlgorithm.sha256.isWellFormed(text)
        else { throw JSONProblem(.type, "has a digest that is not a SHA-256") }
        (self.cutoff, self.digest) = (moment, text)
    }
}

private func time(_ text: String?, _ name: String) throws(JSONProblem) -> Timestamp? {
    guard let text else { return nil }
    guard let time = Timestamp(extended: text) else {
        throw JSONProblem(.type, "has a \(name) that is not a time such as 2026-11-22T08:36:12Z: \(text.prefix(80))")
    }
    return time
}
