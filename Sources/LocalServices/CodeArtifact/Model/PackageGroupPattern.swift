/// The packages that belong to a package group (user guide, "Package group definition syntax and matching behavior").
///
/// `/*`, `/maven/*`, `/maven/com.acme~`, `/maven/com.acme/*`, `/maven/com.acme/lib~`, `/maven/com.acme/lib$`: each form
/// is more specific than those before it, and a longer prefix is more specific than a shorter one.
struct PackageGroupPattern: Hashable, Sendable {
    private enum Part: Hashable {
        case any
        case prefix(String)
        case exact(String)
    }

    let text: String
    /// Nil for every format.
    private let format: String?
    private let namespace: Part
    private let name: Part

    /// The pattern of the root group, which every domain has.
    static let root = PackageGroupPattern(text: "/*", format: nil, namespace: .any, name: .any)

    private init(text: String, format: String?, namespace: Part, name: Part) {
        (self.text, self.format, self.namespace, self.name) = (text, format, namespace, name)
    }

    /// Parses a pattern; throws the service's ValidationException if it is malformed.
    init(_ text: String) throws(ServiceFailure) {
        try Parameters.Pattern.packageGroup.require(text, as: "packageGroup")
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
        let format = parts.first ?? ""
        switch (text.hasPrefix("/"), parts.count) {
        case (true, 1) where format == "*":
            self = .root
            return
        case (true, 2) where parts[1] == "*":
            self.init(text: text, format: format, namespace: .any, name: .any)
        case (true, 2) where parts[1].hasSuffix("~") && parts[1].count > 1:
            self.init(text: text, format: format, namespace: .prefix(String(parts[1].dropLast())), name: .any)
        case (true, 3) where parts[2] == "*":
            self.init(text: text, format: format, namespace: .exact(parts[1]), name: .any)
        case (true, 3) where parts[2].hasSuffix("~") && parts[2].count > 1:
            let prefix = String(parts[2].dropLast())
            self.init(text: text, format: format, namespace: .exact(parts[1]), name: .prefix(prefix))
        case (true, 3) where parts[2].hasSuffix("$") && parts[2].count > 1:
            let name = String(parts[2].dropLast())
            self.init(text: text, format: format, namespace: .exact(parts[1]), name: .exact(name))
        default:
            throw .invalid(
                "'\(text)' is not a package group: write /*, /format/*, /format/namespace~, "
                    + "/format/namespace/*, /format/namespace/name~ or /format/namespace/name$"
            )
        }
        guard PackageFormats.all.contains(format) else {
            throw .invalid(
                "'\(format)' in '\(text)' is not a format: write one of "
                    + PackageFormats.all.joined(separator: ", ")
            )
        }
        switch namespace {
        case .any:
            break
        case .prefix, .exact:
            let isEmpty = namespace == .exact("")
            if PackageFormats.withNamespace.contains(format), isEmpty {
                throw .invalid("'\(text)' has no namespace, which every package of the format \(format) has")
            }
            if PackageFormats.withoutNamespace.contains(format), !isEmpty {
                throw .invalid("'\(text)' has a namespace, which no package of the format \(format) has")
            }
        }
    }

    /// Whether the pattern matches a package.
    func matches(_ key: PackageKey) -> Bool {
        (format == nil || format == key.format) && Self.covers(namespace, .exact(key.namespace))
            && Self.covers(name, .exact(key.name))
    }

    /// Whether this pattern matches every package that another pattern matches.
    func contains(_ other: PackageGroupPattern) -> Bool {
        (format == nil || format == other.format) && Self.covers(namespace, other.namespace)
            && Self.covers(name, other.name)
    }

    /// Orders patterns that match the same package: greater is more specific.
    var specificity: (form: Int, length: Int) {
        switch (format, namespace, name) {
        case (nil, _, _): (0, 0)
        case (_, .any, _): (1, 0)
        case (_, .prefix(let prefix), _): (2, prefix.count)
        case (_, .exact, .any): (3, 0)
        case (_, .exact, .prefix(let prefix)): (4, prefix.count)
        case (_, .exact, .exact): (5, 0)
        }
    }

    private static func covers(_ part: Part, _ other: Part) -> Bool {
        switch (part, other) {
        case (.any, _): true
        case (.prefix(let prefix), .prefix(let text)), (.prefix(let prefix), .exact(let text)):
            isPrefix(prefix, of: text)
        case (.exact(let one), .exact(let two)): one == two
        case (.prefix, .any), (.exact, .any), (.exact, .prefix): false
        }
    }

    /// A prefix must end at a word boundary: `com.acme` is a prefix of `com.acme.app` and `com.acmeApp`, not of
    /// `com.acmeapp`.
    private static func isPrefix(_ prefix: String, of text: String) -> Bool {
        guard text.hasPrefix(prefix), let last = prefix.last else { return false }
        guard let next = text.dropFirst(prefix.count).first else { return true }
        guard last.isLetter || last.isNumber, next.isLetter || next.isNumber else { return true }
        return last.isLetter != next.isLetter || last.isLowercase && next.isUppercase
    }
}

/// The formats that the service supports.
enum PackageFormats {
    static let all = ["cargo", "generic", "maven", "npm", "nuget", "pypi", "ruby", "swift"]
    /// Formats whose packages always have a namespace.
    static let withNamespace: Set<String> = ["maven", "generic", "swift"]
    /// Formats whose packages never have a namespace.
    static let withoutNamespace: Set<String> = ["cargo", "nuget", "pypi", "ruby"]
}
