import ReconcileCore

/// The location of a backup: a bucket with a prefix, or a directory.
package enum BackupLocation: Spelled, Hashable, CustomStringConvertible {
    /// The prefix has no slashes at its ends; it is empty for the top of the bucket.
    case bucket(name: String, prefix: String)
    /// An absolute path.
    case directory(String)

    /// Parses `s3://bucket[/prefix]`, where the bucket may be an access point's ARN, or `file:///path`; nil for
    /// anything else.
    package init?(_ text: String) {
        if text.hasPrefix("s3://") {
            let (name, rest) = Self.divided(text.dropFirst("s3://".count))
            guard name.hasPrefix("arn:") || Self.isBucket(name) else { return nil }
            let prefix = rest.trimmingSlashes
            guard !prefix.utf8.contains(0), !prefix.contains("//") else { return nil }
            self = .bucket(name: name, prefix: prefix)
        } else if text.hasPrefix("file:///") {
            let path = String(text.dropFirst("file://".count))
            guard !path.utf8.contains(0) else { return nil }
            self = .directory(path)
        } else {
            return nil
        }
    }

    package init?(spelled text: String) { self.init(text) }

    package static let spelling =
        "s3://bucket/prefix, with 3 to 63 characters in the bucket's name, or file:///directory"

    package static func correction(of text: String) -> String? {
        for scheme in ["s3://", "file://"] where !text.hasPrefix(scheme) && text.lowercased().hasPrefix(scheme) {
            return "\(scheme)\(text.dropFirst(scheme.count)): \(scheme) is in lower case"
        }
        if text.hasPrefix("/") { return "file://\(text) for a directory" }
        guard text.hasPrefix("file://"), !text.hasPrefix("file:///") else { return nil }
        return "three slashes and an absolute path, such as file:///srv/backup"
    }

    package var description: String {
        switch self {
        case .bucket(let name, let prefix): prefix.isEmpty ? "s3://\(name)" : "s3://\(name)/\(prefix)"
        case .directory(let path): "file://\(path)"
        }
    }

    /// Splits off the bucket's name, which may contain a slash if it is an ARN.
    private static func divided(_ text: Substring) -> (name: String, rest: String) {
        var parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        var name = parts.removeFirst()
        if name.hasPrefix("arn:"), name.hasSuffix(":accesspoint"), !parts.isEmpty { name += "/" + parts.removeFirst() }
        return (name, parts.joined(separator: "/"))
    }

    /// Whether the name has the length and characters of a bucket name or access point alias (S3 user guide, Bucket
    /// naming rules).
    private static func isBucket(_ name: String) -> Bool {
        (3...63).contains(name.utf8.count)
            && name.utf8.allSatisfy { ASCII.isLetterOrDigit($0) || "-._".utf8.contains($0) }
    }
}

extension String {
    fileprivate var trimmingSlashes: String {
        var rest = self[...]
        while rest.first == "/" { rest.removeFirst() }
        while rest.last == "/" { rest.removeLast() }
        return String(rest)
    }
}
