/// The content of a manifest's key: which version was in which state, and when.
///
/// Drift is decided from these, without reading manifests.
package struct ManifestRecord: Hashable, Sendable {
    package let coordinates: VersionCoordinates
    package let recordedAt: Timestamp
    /// The source's revision, verbatim; nil if it gave none.
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

    /// Whether another record of the same version takes precedence: the later one does; within one second, the one
    /// whose file name sorts last.
    package func isOlder(than other: ManifestRecord) -> Bool {
        if recordedAt != other.recordedAt { return recordedAt < other.recordedAt }
        return ExactText(fileName) < ExactText(other.fileName)
    }

    /// Parses a file name; nil for a name that `fileName` would not have written.
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

/// A revision as part of a key: without `/` and `.`, and different for any two revisions.
///
/// The service's revisions are base64 (RFC 4648, section 4). They are written as base64url without padding (section 5),
/// and an empty one as nothing. Any other string, which the service might send, is written as `~` and its bytes in
/// hexadecimal; a missing revision is `~`.
enum RevisionSegment {
    static func encode(_ revision: String?) -> String {
        guard let revision else { return "~" }
        return base64URL(revision) ?? "~" + revision.utf8.map(hex).joined()
    }

    /// The revision; the outer nil means that the segment is not valid, the inner one that there is no revision.
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

    /// The inverse of `base64URL`; nil for a segment that it never writes.
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
        // Three bytes are four digits, two are three, and one is two.
        guard bytes.count % 4 != 1 else { return nil }
        while bytes.count % 4 != 0 { bytes.append(UInt8(ascii: "=")) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func hex(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }

    /// Nil unless the revision is well-formed base64 with padding; nothing else could be restored.
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
