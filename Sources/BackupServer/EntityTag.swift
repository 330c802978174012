/// The entity tag of a body, made from its SHA-256, and its comparison with conditional fields (RFC 9110, 8.8.3 and
/// 13.1).
struct EntityTag: Hashable {
    /// The tag with its quotes, as in the `ETag` field.
    let text: String

    init(sha256: String) {
        text = "\"\(sha256)\""
    }

    /// Whether `If-None-Match` contains the tag; weak tags match, and `*` matches every tag.
    func isNamed(inNoneMatch field: String) -> Bool {
        Self.tags(in: field).contains { $0 == "*" || $0 == text || ($0.hasPrefix("W/") && $0.dropFirst(2) == text) }
    }

    /// Whether `If-Match` contains the tag; weak tags never match, and `*` matches every tag.
    func isNamed(inMatch field: String) -> Bool {
        Self.tags(in: field).contains { $0 == "*" || $0 == text }
    }

    private static func tags(in field: String) -> [Substring] {
        field.split(separator: ",").map { item in
            item.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" }
        }
    }

    /// Whether `If-Range` equals the tag; only then does the requested range apply to this body. A date never matches,
    /// because responses have no date to compare.
    func isNamed(inRange field: String) -> Bool { field == text }
}
