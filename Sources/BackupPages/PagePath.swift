import Cryptography
package import ReconcileCore

/// The pages and their paths.
///
/// All paths but the first are under `/-/`: no repository's name begins with a hyphen, so Maven clients never use these
/// paths.
package enum PagePath: Hashable, Sendable {
    case overview
    case style
    case icon
    case search
    case repositories
    case repository(String)
    case group(repository: String, namespace: String)
    case package(PackageCoordinates)
    case version(VersionCoordinates)
    case unprotected
    case runs
    case run(String)
    case verifications
    case verification(String)
    case drills
    case drill(String)
    case state

    /// The prefix of the paths of pages.
    package static let root = "/-/"

    /// The path, percent-encoded.
    package var target: String {
        switch self {
        case .overview: "/"
        case .style: Self.target("style.css")
        case .icon: Self.target("icon.svg")
        case .search: Self.target("search")
        case .repositories: Self.target("packages")
        case .repository(let name): Self.target("packages", name)
        case .group(let repository, let namespace): Self.target("packages", repository, namespace)
        case .package(let package): Self.target("packages", package.repository, package.namespace, package.name)
        case .version(let version):
            Self.target(
                "packages",
                version.package.repository,
                version.package.namespace,
                version.package.name,
                version.version
            )
        case .unprotected: Self.target("unprotected")
        case .runs: Self.target("runs")
        case .run(let id): Self.target("runs", id)
        case .verifications: Self.target("verifications")
        case .verification(let id): Self.target("verifications", id)
        case .drills: Self.target("drills")
        case .drill(let id): Self.target("drills", id)
        case .state: Self.target("state")
        }
    }

    /// Parses a path, whose segments are percent-decoded once; nil if no page has it.
    package init?(_ path: some StringProtocol) {
        if path == "/" || path == Self.root {
            self = .overview
            return
        }
        let text = String(path)
        guard text.hasPrefix(Self.root) else { return nil }
        let segments = text.utf8.dropFirst(Self.root.utf8.count)
            .split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let names = segments.compactMap { PercentEncoding.decode(String(Substring($0))) }
        guard names.count == segments.count, let page = Self.page(names[0], Array(names.dropFirst().map(Self.name)))
        else { return nil }
        self = page
    }

    private static func page(_ first: String, _ names: [String]) -> PagePath? {
        switch (first, names.count) {
        case ("style.css", 0): .style
        case ("icon.svg", 0): .icon
        case ("search", 0): .search
        case ("packages", 0): .repositories
        case ("packages", 1): .repository(names[0])
        case ("packages", 2): .group(repository: names[0], namespace: names[1])
        case ("packages", 3): .package(PackageCoordinates(repository: names[0], namespace: names[1], name: names[2]))
        case ("packages", 4):
            .version(
                VersionCoordinates(
                    package: PackageCoordinates(repository: names[0], namespace: names[1], name: names[2]),
                    version: names[3]
                )
            )
        case ("unprotected", 0): .unprotected
        case ("runs", 0): .runs
        case ("runs", 1): .run(names[0])
        case ("verifications", 0): .verifications
        case ("verifications", 1): .verification(names[0])
        case ("drills", 0): .drills
        case ("drills", 1): .drill(names[0])
        case ("state", 0): .state
        default: nil
        }
    }

    private static func target(_ first: String, _ names: String...) -> String {
        names.reduce(root + first) { "\($0)/\(PercentEncoding.encode(segment($1), keepSlash: false))" }
    }

    /// Prefixes a segment with a tilde if it is empty, because empty segments are easily lost, or consists of dots,
    /// which a browser resolves even if they are encoded. A segment that begins with a tilde gets another one.
    private static func segment(_ name: String) -> String {
        name.isEmpty || name.hasPrefix("~") || name == "." || name == ".." ? "~\(name)" : name
    }

    private static func name(_ segment: String) -> String {
        segment.hasPrefix("~") ? String(segment.dropFirst()) : segment
    }
}

/// The query parameters of a page.
package struct PageQuery: Hashable, Sendable {
    /// The page number, from 1.
    package var page = 1
    /// The search text, without surrounding spaces.
    package var text = ""

    package init(page: Int = 1, text: String = "") {
        (self.page, self.text) = (page, text)
    }

    /// Parses the part after the question mark, and ignores anything that cannot be parsed.
    ///
    /// - Parameter target: the path and query as sent.
    package init(target: String) {
        guard let mark = target.firstIndex(of: "?") else { return }
        for pair in target[target.index(after: mark)...].split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { continue }
            // Browsers encode forms in this way (application/x-www-form-urlencoded).
            let spaced = String(parts[1].map { $0 == "+" ? " " : $0 })
            guard let value = PercentEncoding.decode(spaced) else { continue }
            switch parts[0] {
            case "page": page = max(1, Int(value) ?? 1)
            case "q": text = Self.trimmed(value)
            default: continue
            }
        }
    }

    private static func trimmed(_ text: String) -> String {
        var rest = text[...]
        while rest.first == " " { rest.removeFirst() }
        while rest.last == " " { rest.removeLast() }
        return String(rest)
    }

    /// Returns the target of another page of the same query.
    package func target(of path: PagePath, page: Int) -> String {
        var pairs: [String] = []
        if !text.isEmpty { pairs.append("q=\(PercentEncoding.encode(text, keepSlash: false))") }
        if page > 1 { pairs.append("page=\(page)") }
        return path.target + (pairs.isEmpty ? "" : "?\(pairs.joined(separator: "&"))")
    }
}
