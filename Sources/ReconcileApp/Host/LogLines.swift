package import Logging
package import ReconcileCore

/// Log records as lines on a console: text for a person, JSON for a machine.
///
/// A JSON line has `timestamp`, `level`, `message` and the record's metadata, keys sorted; a text line has the same in
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
                : Self.text(event.message.description, level: event.level, rows: rows, at: now())
        )
    }

    private static func text(
        _ message: String,
        level: Logger.Level,
        rows: Logger.Metadata,
        at time: Timestamp
    ) -> String {
        let mark = level >= .warning ? "\(level.rawValue): " : ""
        let details = rows.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        return "\(time.extended.dropFirst(11).dropLast()) \(mark)\(message)\(details)".replacingControls(
            with: "\u{FFFD}"
        )
    }

    private static func json(
        _ message: String,
        level: Logger.Level,
        rows: Logger.Metadata,
        at time: Timestamp
    ) -> String {
        var members = rows.mapValues { "\($0)" }
        members["timestamp"] = time.extended
        members["level"] = level.rawValue
        members["message"] = message
        guard let bytes = try? StableJSON.line(members) else { return "{\"level\":\"error\"}" }
        return String(decoding: bytes, as: UTF8.self)
    }
}
