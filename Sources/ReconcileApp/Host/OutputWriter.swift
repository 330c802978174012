import Glibc
import ReconcileCore

/// The form in which a read-only subcommand prints its result.
package enum OutputForm: String, CaseIterable, Sendable {
    /// A table on a terminal, JSON elsewhere.
    case auto
    case table
    case json
}

/// A subcommand's result: lines for a person, and a document with stable names for a program.
package protocol Listing {
    associatedtype Document: Encodable

    /// - Parameter width: the terminal's width in columns. Only text to be copied, such as a command, may be wider.
    func lines(width: Int) -> [String]

    var document: Document { get }
}

/// Formats a subcommand's result for standard output. Control characters in names from elsewhere are replaced or
/// escaped.
package struct OutputWriter: Sendable {
    /// Whether the output is for a person.
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

    /// Sorted keys, indented. JSON requires escapes only for the ASCII control characters; the other control characters
    /// and the bidirectional ones are escaped here.
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
    /// Replaces characters that a terminal obeys and characters that change the direction of text.
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
