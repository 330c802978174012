/// What a manifest's key alone says: which version was seen in which state, and when.
///
/// Drift is decided on these without reading a manifest.
package struct ManifestRecord: Hashable, Sendable {
    package let coordinates: VersionCoordinates
    package let recordedAt: Timestamp
    /// The source's revision as it gave it; nil where it gave none.
    package let revision: String?
    package let status: VersionStatus

    package init(coordinates: VersionCoordinates, recordedAt: Timestamp, revision: String?, status: VersionStatus) {
        self.coordinates = coordinates
        self.recordedAt = recordedAt
        self.revision = revision
        self.status = status
    }

    /// `<recordedAt>.<revision>.<status>.json`; within a version, byte order is time order.
    package var fileName: String {
        "\(recordedAt.basic).\(RevisionSegment.encode(revision)).\(status.rawValue).json"
    }

    /// Whether another record of the same version counts rather than this one: the later one does, and of two of the same
    /// second the one whose file name comes last.
    package func isOlder(than other: ManifestRecord) -> Bool {
        if recordedAt != other.recordedAt { return recordedAt < other.recordedAt }
        return ExactText(fileName) < ExactText(other.fileName)
    }

    /// Reads a file name; nil for anything that `fileName` would not have written.
    init?(coordinates: VersionCoordinates, fileName: Substring) {
        let parts = fileName.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            .map(Substring.init)
        guard parts.count == 4, parts[3] == "json",
            let recordedAt = Timestamp(basic: parts[0]),
            let revision = RevisionSegment.decode(parts[1]),
            let status = VersionStatus(rawValue: String(parts[2]))
        else { return nil }
        self.init(coordinates: coordinates, recordedAt: recordedAt, revision: revision, status: status)
    }
}

/// A revision as a part of a key: no `/`, no `.`, and no two revisions alike.
///
/// The service's revisions are base64 (RFC 4648, section 4): those are written base64url without padding (section 5),
/// an empty one as nothing.
/// Any other string, which the service does not promise never to send, is written `~` and its bytes in hexadecimal;
/// none at all is `~`.
enum RevisionSegment {
    static func encode(_ revision: String?) -> String {
        guard let revision else { return "~" }
        return base64URL(revision) ?? "~" + revision.utf8.map(hex).joined()
    }

    /// The revision; nil when no revision is written so. The outer nil is "unreadable", the inner one "none".
    static func decode(_ segment: Substring) -> String?? {
        if segment == "~" { return .some(nil) }
        guard segment.utf8.first == UInt8(ascii: "~") else {
            guard let revision = base64(segment) else { return nil }
            return .some(revision)
        }
        var bytes: [UInt8] = []
        var digits = segment.utf8.dropFirst()
        while let high = digits.popFirst() {
            guard let low = digits.popFirst(),
                let byte = UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16)
            else { return nil }
            bytes.append(byte)
        }
        guard let revision = String(validating: bytes, as: UTF8.self),
            encode(revision).utf8.elementsEqual(segment.utf8)
        else { return nil }
        return .some(revision)
    }

    /// The inverse of `base64URL`; nil for what it never writes.
    private static func base64(_ segment: Substring) -> String? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(segment.utf8.count + 2)
        for byte in segment.utf8 {
            switch byte {
            case _ where ASCII.isLetterOrDigit(byte): bytes.append(byte)
            case UInt8(ascii: "-"): bytes.append(UInt8(ascii: "+"))
            case UInt8(ascii: "_"): bytes.append(UInt8(ascii: "/"))
            default: return nil
            }
        }
        // Three bytes make four digits, two make three, one makes two.
        guard bytes.count % 4 != 1 else { return nil }
        while bytes.count % 4 != 0 { bytes.append(UInt8(ascii: "=")) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func hex(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }

    /// Nil unless the revision is well-formed base64 with its padding, which alone can be restored.
    private static func base64URL(_ revision: String) -> String? {
        let bytes = Array(revision.utf8)
        let padding = bytes.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard bytes.count % 4 == 0, padding <= 2 else { return nil }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        for byte in bytes.dropLast(padding) {
            switch byte {
            case _ where ASCII.isLetterOrDigit(byte): result.append(byte)
            case UInt8(ascii: "+"): result.append(UInt8(ascii: "-"))
            case UInt8(ascii: "/"): result.append(UInt8(ascii: "_"))
            default: return nil
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
