package import Logging
package import ReconcileCore

/// Writes log records as lines on a console: text for a person, JSON for a machine.
///
/// A JSON line has `timestamp`, `level`, `message` and the record's metadata, with sorted keys. Numbers,
/// Booleans, arrays and dictionaries keep their types; everything else is text. A text line has the same content in
/// reading order.
package struct LogLines: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var logLevel: Logger.Level = .info
    private let console: Console
    private let isJSON: Bool
    private let now: @Sendable () -> Timestamp

    package init(
        console: Console,
        isJSON: Bool,
        level: Logger.Level,
        now: @escaping @Sendable () -> Timestamp = { Timestamp(secondsSince1970: SystemClock().secondsSince1970()) }
    ) {
        self.console = console
        self.isJSON = isJSON
        self.now = now
        logLevel = level
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let rows = metadata.merging(event.metadata ?? [:]) { $1 }
        console.line(
            isJSON
                ? Self.json(event.message.description, level: event.level, rows: rows, at: now())
                : text(event.message.description, level: event.level, rows: rows, at: now())
        )
    }

    private func text(
        _ message: String,
        level: Logger.Level,
        rows: Logger.Metadata,
        at time: Timestamp
    ) -> String {
        let details = rows.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        let line = "\(message)\(details)".replacingControls(with: "\u{FFFD}")
        return "\(time.extended.dropFirst(11).dropLast()) \(mark(level))\(line)"
    }

    private func mark(_ level: Logger.Level) -> String {
        guard level >= .warning else { return "" }
        return console.painted("\(level.rawValue):", level == .warning ? .yellow : .red) + " "
    }

    private static func json(
        _ message: String,
        level: Logger.Level,
        rows: Logger.Metadata,
        at time: Timestamp
    ) -> String {
        var members = rows.mapValues(Member.init)
        members["timestamp"] = .text(time.extended)
        members["level"] = .text(level.rawValue)
        members["message"] = .text(message)
        guard let bytes = try? StableJSON.line(members) else { return "{\"level\":\"error\"}" }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A value in a JSON line.
    private enum Member: Encodable {
        case text(String)
        case whole(Int64)
        case real(Double)
        case truth(Bool)
        case list([Member])
        case object([String: Member])

        init(_ value: Logger.Metadata.Value) {
            switch value {
            case .string(let text): self = .text(text)
            case .array(let values): self = .list(values.map(Member.init))
            case .dictionary(let members): self = .object(members.mapValues(Member.init))
            case .stringConvertible(let value):
                self =
                    switch value {
                    case let number as any FixedWidthInteger: .whole(Int64(clamping: number))
                    case let number as Double where number.isFinite: .real(number)
                    case let truth as Bool: .truth(truth)
                    default: .text("\(value)")
                    }
            }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .text(let text): try container.encode(text)
            case .whole(let number): try container.encode(number)
            case .real(let number): try container.encode(number)
            case .truth(let truth): try container.encode(truth)
            case .list(let members): try container.encode(members)
            case .object(let members): try container.encode(members)
            }
        }
    }
}
