import ReconcileCore

/// The byte range that a request asks for (RFC 9110, 14), applied to a body of a given size.
enum RequestRange: Hashable {
    /// The whole body: no range is requested, several are, or the field cannot be parsed.
    case whole
    case part(Range<Int64>)
    /// The range begins beyond the end of the body: 416.
    case unsatisfiable

    init(field: String?, size: Int64) {
        self = field.flatMap { Self.read($0, size: size) } ?? .whole
    }

    private static func read(_ field: String, size: Int64) -> RequestRange? {
        let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].lowercased() == "bytes" else { return nil }
        let spec = parts[1].filter { $0 != " " && $0 != "\t" }
        let ends = spec.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2 else { return nil }
        if ends[0].isEmpty {
            // The last bytes of the body, or all of it if it is shorter.
            guard let length = number(ends[1]) else { return nil }
            return length == 0 || size == 0 ? .unsatisfiable : .part(max(0, size - length)..<size)
        }
        guard let first = number(ends[0]) else { return nil }
        guard !ends[1].isEmpty else { return first < size ? .part(first..<size) : .unsatisfiable }
        guard let last = number(ends[1]), first <= last else { return nil }
        return first < size ? .part(first..<min(last, size - 1) + 1) : .unsatisfiable
    }

    /// Parses digits only; a number too large for `Int64` becomes its maximum.
    private static func number(_ text: some StringProtocol) -> Int64? {
        guard !text.isEmpty, text.utf8.allSatisfy(ASCII.isDigit) else { return nil }
        return Int64(text) ?? .max
    }
}
