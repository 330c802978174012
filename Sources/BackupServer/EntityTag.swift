/// The tag of a body, made from its SHA-256, and what conditional fields say of it (RFC 9110, 8.8.3 and 13.1).
struct EntityTag: Hashable {
    /// With its quotes, as it stands in the field `ETag`.
    let text: String

    init(sha256: String) {
        text = "\"\(sha256)\""
    }

    /// Whether `If-None-Match` names the tag; weak tags count, and `*` is every tag.
    func isNamed(inNoneMatch field: String) -> Bool {
        Self.tags(in: field).contains { $0 == "*" || $0 == text || ($0.hasPrefix("W/") && $0.dropFirst(2) == text) }
    }

    /// Whether `If-Match` names the tag; weak tags never do, and `*` is every tag.
    func isNamed(inMatch field: String) -> Bool {
        Self.tags(in: field).contains { $0 == "*" || $0 == text }
    }

    private static func tags(in field: String) -> [Substring] {
        field.split(separator: ",").map { item in
            item.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" }
        }
    }

    /// Whether `If-Range` is the tag: only then is a range of the body the range that was meant. A date never is, as no
    /// answer has one to compare.
    func isNamed(inRange field: String) -> Bool { field == text }
}
