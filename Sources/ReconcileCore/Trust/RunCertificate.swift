/// What a domain's signing key certifies: the key that one process makes in memory, for a few hours, and for one domain.
///
/// Whoever steals the process's key can use it for hours; whoever steals the domain's key, or may
/// use it, can certify keys for any time.
///
/// ASCII, one member per line, each with a line break. The text itself is signed, so each
/// certificate has exactly one text.
package struct RunCertificate: Hashable, Sendable {
    /// `owner/region/domain`.
    package let identity: String
    /// Of the process that holds the key.
    package let process: String
    /// The program and its version: `reconcile/0.2.0`.
    package let writer: String
    /// The public key, an uncompressed point of P-256.
    package let point: [UInt8]
    package let notBefore: Timestamp
    package let notAfter: Timestamp
    /// The newest checkpoint that the writer proved, by its cutoff and the SHA-256 of what it says; nil before the first.
    package let checkpoint: Seen?

    /// A checkpoint, as a certificate names it: `2026-11-29T08:00:00Z:` and the SHA-256.
    package struct Seen: Hashable, Sendable, CustomStringConvertible {
        package let cutoff: Timestamp
        package let sha256: String

        package init(cutoff: Timestamp, sha256: String) {
            self.cutoff = cutoff
            self.sha256 = sha256
        }

        package init?(_ text: String) {
            guard let colon = text.lastIndex(of: ":"), let cutoff = Timestamp(extended: text[..<colon]) else {
                return nil
            }
            self.init(cutoff: cutoff, sha256: String(text[text.index(after: colon)...]))
            guard ChecksumAlgorithm.sha256.isWellFormed(sha256) else { return nil }
        }

        package var description: String { "\(cutoff.extended):\(sha256)" }
    }

    /// The longest that one is valid, in seconds.
    package static let longest: Int64 = 12 * 3_600

    private static let title = "reconcile certificate v1"

    package init(
        identity: String,
        process: String,
        writer: String,
        point: [UInt8],
        notBefore: Timestamp,
        notAfter: Timestamp,
        checkpoint: Seen?
    ) {
        self.identity = identity
        self.process = process
        self.writer = writer
        self.point = point
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.checkpoint = checkpoint
    }

    package var text: String {
        [
            Self.title, identity, process, writer, Base64URL.encode(point), notBefore.extended, notAfter.extended,
            checkpoint?.description ?? "-",
        ].map { $0 + "\n" }.joined()
    }

    /// Nil for anything that `text` would not write.
    package init?(_ text: String) {
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
            String(Substring($0))
        }
        guard lines.count == 9, lines[8].isEmpty, lines[0] == Self.title,
            lines[1...3].allSatisfy(Self.isWord), Identity(lines[1]) != nil,
            let point = Base64URL.decode(lines[4]), point.count == 65,
            let notBefore = Timestamp(extended: lines[5]), let notAfter = Timestamp(extended: lines[6]),
            lines[7] == "-" || Seen(lines[7]) != nil
        else { return nil }
        self.init(
            identity: lines[1],
            process: lines[2],
            writer: lines[3],
            point: point,
            notBefore: notBefore,
            notAfter: notAfter,
            checkpoint: Seen(lines[7])
        )
        guard self.text.utf8.elementsEqual(text.utf8) else { return nil }
    }

    /// Visible ASCII, up to 200 characters, which JSON writes as they are.
    private static func isWord(_ line: String) -> Bool {
        (1...200).contains(line.utf8.count)
            && line.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
    }

    /// What a backup is of: the domain's owner, region and name.
    package struct Identity: Hashable, Sendable, CustomStringConvertible {
        package let owner: String
        package let region: String
        package let domain: String

        package init(owner: String, region: String, domain: String) {
            self.owner = owner
            self.region = region
            self.domain = domain
        }

        /// Reads `owner/region/domain`; nil for anything else.
        package init?(_ text: String) {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 3, parts[0].utf8.count == 12, parts[0].utf8.allSatisfy(ASCII.isDigit),
                parts[1...].allSatisfy({ part in
                    !part.isEmpty && part.utf8.allSatisfy { ASCII.isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
                })
            else { return nil }
            self.init(owner: parts[0], region: parts[1], domain: parts[2])
        }

        package var description: String { "\(owner)/\(region)/\(domain)" }
    }
}
