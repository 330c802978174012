import Glibc
import ReconcileCore

/// The form in which a read-only subcommand prints what it found.
package enum OutputForm: String, CaseIterable, Sendable {
    /// A table on a terminal, JSON elsewhere.
    case auto
    case table
    case json
}

/// What a subcommand prints: lines for a person, a document of stable names for a program.
package protocol Listing {
    associatedtype Document: Encodable

    /// - Parameter width: columns of the terminal. Only what is to be copied from it, as a command is, may be longer.
    func lines(width: Int) -> [String]

    var document: Document { get }
}

/// The text of what a subcommand prints on standard output. Names from elsewhere reach it without control characters.
package struct OutputWriter: Sendable {
    /// Whether it writes for a person.
    package let isTable: Bool
    private let columns: Int

    package init(form: OutputForm, environment: [String: String]) {
        isTable =
            switch form {
            case .auto: isatty(STDOUT_FILENO) == 1
            case .table: true
            case .json: false
            }
        columns = max(40, TerminalSize.columns(of: STDOUT_FILENO, environment: environment))
    }

    package func text(_ listing: some Listing) throws -> String {
        try isTable ? Self.table(listing, columns: columns) : Self.json(listing)
    }

    package static func table(_ listing: some Listing, columns: Int) -> String {
        listing.lines(width: columns).map { $0.replacingDisguises(with: "\u{FFFD}") + "\n" }.joined()
    }

    /// Sorted keys, indented. JSON escapes the ASCII control characters alone, so the others are escaped here.
    package static func json(_ listing: some Listing) throws -> String {
        let text = String(decoding: try StableJSON.page(listing.document), as: UTF8.self)
        var plain = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if scalar.isDisguise, scalar != "\n" {
                let digits = String(scalar.value, radix: 16)
                let padding = String(repeating: "0", count: 4 - digits.count)
                plain.append(contentsOf: "\\u\(padding)\(digits)".unicodeScalars)
            } else {
                plain.append(scalar)
            }
        }
        return String(plain)
    }
}

extension String {
    /// Without what a terminal obeys, and without what turns the order of a line.
    fileprivate func replacingDisguises(with replacement: Unicode.Scalar) -> String {
        var plain = String.UnicodeScalarView()
        plain.append(contentsOf: unicodeScalars.map { $0.isDisguise ? replacement : $0 })
        return String(plain)
    }
}

extension Unicode.Scalar {
    fileprivate var isDisguise: Bool {
        isControl || (value > 0x7F && properties.isBidiControl)
    }
}
