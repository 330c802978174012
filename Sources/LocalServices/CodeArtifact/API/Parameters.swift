import ReconcileCore

/// The query parameters of one API call, validated against the service's patterns when they are read.
///
/// A missing or malformed one throws the service's 400 ValidationException with the reason FIELD_VALIDATION_FAILED.
struct Parameters: Sendable {
    private let values: [String: String]
    let operation: Operation

    init(_ query: [(name: String, value: String)], operation: Operation) {
        values = Dictionary(query.map { ($0.name, $0.value) }) { first, _ in first }
        self.operation = operation
    }

    /// The fingerprint of this listing, for page tokens.
    var listing: UInt64 { PageTokens.listing(operation.rawValue, values) }

    func optional(_ name: String, _ pattern: Pattern) throws(ServiceFailure) -> String? {
        guard let value = values[name] else { return nil }
        try pattern.require(value, as: name)
        return value
    }

    func required(_ name: String, _ pattern: Pattern) throws(ServiceFailure) -> String {
        guard let value = try optional(name, pattern) else { throw .invalid("'\(name)' must not be null") }
        return value
    }

    /// The format. Accepts any format of the service, although only maven and generic packages exist here.
    func format() throws(ServiceFailure) -> String? {
        guard let format = values["format"] else { return nil }
        guard PackageFormats.all.contains(format) else {
            let known = PackageFormats.all.joined(separator: ", ")
            throw .invalid("Value '\(format)' at 'format' failed to satisfy constraint: one of \(known)")
        }
        return format
    }

    /// Whether a Boolean parameter is `true`.
    func flag(_ name: String) throws(ServiceFailure) -> Bool {
        switch values[name] {
        case "true": return true
        case nil, "false": return false
        case let value?: throw .invalid("Value '\(value)' at '\(name)' failed to satisfy constraint: true or false")
        }
    }

    /// The coordinates of a package; most formats require a namespace.
    ///
    /// Only Maven and generic packages exist here. Other formats throw a 404 unless `ofAnyFormat` is true.
    func package(ofAnyFormat: Bool = false) throws(ServiceFailure) -> PackageKey {
        guard let format = try format() else { throw .invalid("'format' must not be null") }
        let namespace = try optional("namespace", .coordinate)
        let name = try required("package", .coordinate)
        guard ofAnyFormat || format == "maven" || format == "generic" else { throw .notFound(.package, name) }
        guard namespace != nil || !PackageFormats.withNamespace.contains(format) else {
            throw .invalid("'namespace' is required for the format \(format)")
        }
        return PackageKey(format: format, namespace: namespace ?? "", name: name)
    }

    func maxResults(default pageSize: Int) throws(ServiceFailure) -> Int {
        guard let text = values["max-results"] else { return pageSize }
        guard let count = Int(text), (1...1000).contains(count) else {
            throw .invalid("Value '\(text)' at 'maxResults' failed to satisfy constraint: between 1 and 1000")
        }
        return count
    }

    func choice<Choice: RawRepresentable<String>>(
        _ name: String,
        _ type: Choice.Type
    ) throws(ServiceFailure) -> Choice? {
        guard let value = values[name] else { return nil }
        guard let choice = Choice(rawValue: value) else {
            throw .invalid("Value '\(value)' at '\(name)' failed to satisfy constraint: a known value")
        }
        return choice
    }

    /// The constraint on a parameter (the string shapes of the service's model).
    enum Pattern: Sendable {
        case domain, account, repository, repositoryPrefix, coordinate, asset, revision, token, number
        case packageGroup, packageGroupPrefix, policyRevision, arn, externalConnection

        var rule: String {
            switch self {
            case .domain: "[a-z][a-z0-9\\-]{0,48}[a-z0-9]"
            case .account: "[0-9]{12}"
            case .repository, .repositoryPrefix: "[A-Za-z0-9][A-Za-z0-9._\\-]{1,99}"
            case .coordinate: "[^#/\\s]+, 1 to 255 characters"
            case .asset: "\\P{C}+, 1 to 255 characters"
            case .revision: "\\S+, 1 to 50 characters"
            case .token: "\\S+, 1 to 2000 characters"
            case .number: "a number"
            case .packageGroup: "[^\\p{C}\\p{IsWhitespace}]+, 2 to 520 characters"
            case .packageGroupPrefix: "\\P{C}*, up to 520 characters"
            case .policyRevision: "\\S+, 1 to 100 characters"
            case .arn: "\\S+, 1 to 1011 characters"
            case .externalConnection: "[A-Za-z0-9][A-Za-z0-9._\\-:]{1,99}"
            }
        }

        func require(_ value: String, as name: String) throws(ServiceFailure) {
            guard admits(value) else {
                throw .invalid("Value '\(value)' at '\(name)' failed to satisfy constraint: \(rule)")
            }
        }

        func admits(_ value: String) -> Bool {
            let length = value.unicodeScalars.count
            switch self {
            case .domain:
                return (2...50).contains(length) && value.utf8.allSatisfy { Self.isLowerDigitHyphen($0) }
                    && value.first?.isLetter == true && value.last != "-"
            case .account:
                return length == 12 && value.utf8.allSatisfy { Self.isDigit($0) }
            case .repository:
                return (2...100).contains(length) && value.utf8.allSatisfy { Self.isNameByte($0) }
                    && value.utf8.first.map { Self.isLetterDigit($0) } == true
            case .repositoryPrefix:
                return (1...100).contains(length) && value.utf8.allSatisfy { Self.isNameByte($0) }
            case .coordinate:
                return (1...255).contains(length)
                    && value.unicodeScalars.allSatisfy { $0 != "#" && $0 != "/" && !$0.properties.isWhitespace }
            case .asset:
                return (1...255).contains(length) && !value.unicodeScalars.contains(where: \.isControl)
            case .revision:
                return (1...50).contains(length) && Self.hasNoSpace(value)
            case .token:
                return (1...2000).contains(length) && Self.hasNoSpace(value)
            case .packageGroup:
                return (2...520).contains(length) && Self.hasNoSpace(value)
                    && !value.unicodeScalars.contains(where: \.isControl)
            case .packageGroupPrefix:
                return length <= 520 && !value.unicodeScalars.contains(where: \.isControl)
            case .policyRevision:
                return (1...100).contains(length) && Self.hasNoSpace(value)
            case .arn:
                return (1...1011).contains(length) && Self.hasNoSpace(value)
            case .externalConnection:
                return (2...100).contains(length) && value.utf8.allSatisfy { Self.isNameByte($0) || $0 == 0x3a }
            case .number:
                return Int(value) != nil
            }
        }

        private static func hasNoSpace(_ value: String) -> Bool {
            value.unicodeScalars.allSatisfy { !$0.properties.isWhitespace }
        }

        private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

        private static func isLowerDigitHyphen(_ byte: UInt8) -> Bool {
            (0x61...0x7a).contains(byte) || isDigit(byte) || byte == UInt8(ascii: "-")
        }

        private static func isLetterDigit(_ byte: UInt8) -> Bool {
            (0x61...0x7a).contains(byte) || (0x41...0x5a).contains(byte) || isDigit(byte)
        }

        private static func isNameByte(_ byte: UInt8) -> Bool {
            isLetterDigit(byte) || ".-_".utf8.contains(byte)
        }
    }
}
