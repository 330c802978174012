/// A service's endpoint: scheme, host, and a path that is prefixed to every request's path.
///
/// Validated when it is parsed; code that has one need not check it again.
package struct ServiceEndpoint: Hashable, Sendable {
    package enum Scheme: String, Hashable, Sendable {
        case http, https
    }

    package let scheme: Scheme
    /// As in the `Host` header: lower case, with `:port` unless it is the scheme's default, IPv6 in brackets.
    package let host: String
    /// Percent-encoded as given: empty, or starting with `/` and without a trailing `/`.
    package let basePath: String

    package init(scheme: Scheme, host: String, basePath: String = "") {
        self.scheme = scheme
        self.host = host
        self.basePath = basePath
    }

    /// Parses an absolute http or https URL without user name, query or fragment.
    package init(_ url: String) throws(InvalidEndpoint) {
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw InvalidEndpoint(url: url, reason: "contains a space, a control character or a letter outside ASCII")
        }
        guard let colon = url.firstIndex(of: ":"), url[colon...].hasPrefix("://"),
            let scheme = Scheme(rawValue: url[..<colon].lowercased())
        else { throw InvalidEndpoint(url: url, reason: "does not start with https:// or http://") }
        let rest = url[url.index(colon, offsetBy: 3)...]
        // By bytes: all of it is ASCII.
        let authority = Substring(rest.utf8.prefix { $0 != 0x2F && $0 != 0x3F && $0 != 0x23 })
        let path = rest[authority.endIndex...]
        // Leave out the URL: the part before the @ may be a password.
        guard !authority.contains("@") else { throw InvalidEndpoint(url: "", reason: "holds a user name") }
        guard !path.utf8.contains(where: { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }) else {
            throw InvalidEndpoint(
                url: String(url.prefix { $0 != "?" && $0 != "#" }),
                reason: "has a query or a fragment"
            )
        }
        guard let host = Self.host(authority, of: scheme) else {
            throw InvalidEndpoint(url: url, reason: "has no usable host and port")
        }
        var trimmed = path
        while trimmed.utf8.last == UInt8(ascii: "/") { trimmed.removeLast() }
        self.init(scheme: scheme, host: host, basePath: String(trimmed))
    }

    /// Whether the host is this machine, by name or address, so that plain http exposes nothing to a network.
    package var isLoopback: Bool {
        let name = Self.divided(host[...])?.name ?? host[...]
        return name == "localhost" || name == "[::1]"
            || (name.hasPrefix("127.") && name.allSatisfy { $0.isNumber || $0 == "." })
    }

    /// The absolute URL of a path and query that are already percent-encoded and start with `/`.
    package func url(_ pathAndQuery: String) -> String {
        "\(scheme.rawValue)://\(host)\(pathAndQuery)"
    }

    /// The authority in lower case, without the scheme's default port; nil if it is invalid.
    private static func host(_ authority: Substring, of scheme: Scheme) -> String? {
        guard let (name, port) = divided(authority), !name.isEmpty else { return nil }
        guard let port else { return name.lowercased() }
        guard let number = UInt16(port), number > 0, port.allSatisfy(\.isNumber) else { return nil }
        let usual: UInt16 = scheme == .https ? 443 : 80
        return number == usual ? name.lowercased() : "\(name.lowercased()):\(number)"
    }

    private static func divided(_ authority: Substring) -> (name: Substring, port: Substring?)? {
        let name: Substring
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            name = authority[...end]
        } else {
            name = authority.prefix { $0 != ":" }
        }
        let rest = authority[name.endIndex...]
        if rest.isEmpty { return (name, nil) }
        guard rest.first == ":" else { return nil }
        return (name, rest.dropFirst())
    }
}

extension ServiceEndpoint: CustomStringConvertible {
    package var description: String { "\(scheme.rawValue)://\(host)\(basePath)" }
}

/// Text that is not a valid endpoint.
package struct InvalidEndpoint: Error, Hashable, Sendable, CustomStringConvertible {
    package let url: String
    package let reason: String

    package var description: String {
        url.isEmpty ? "The endpoint URL \(reason)." : "The endpoint URL \(url.firstLine) \(reason)."
    }
}
