/// Builds the head of the final answer from the header lines that curl delivers one by one.
///
/// Skips interim answers (1xx), and drops trailer fields, which come after the final head.
struct ResponseHeadParser {
    private var status: Int?
    private var headers = HTTPHeaders()

    /// Takes the next line with its line break; returns the final head once the line completes it.
    mutating func append(_ line: some RandomAccessCollection<UInt8>) -> HTTPResponseHead? {
        if line.starts(with: "HTTP/".utf8) {
            status = Self.status(of: line)
            headers = HTTPHeaders()
            return nil
        }
        guard let status else { return nil }
        if line.allSatisfy({ $0 == 0x0D || $0 == 0x0A }) {
            self.status = nil
            return status >= 200 ? HTTPResponseHead(status: status, headers: headers) : nil
        }
        headers.append(received: line)
        return nil
    }

    /// The three digits after the first space of a status line (RFC 9112, section 4).
    private static func status(of line: some RandomAccessCollection<UInt8>) -> Int? {
        let digits = line.drop { $0 != 0x20 }.dropFirst().prefix(3)
        guard digits.count == 3, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
}
