package import Logging
import Synchronization

/// A log handler that keeps each line: message and metadata, but for `ms`, which is never twice the same.
package struct LogRecorder: LogHandler {
    private final class Lines: Sendable {
        let texts = Mutex<[String]>([])
    }

    package var metadata: Logger.Metadata = [:]
    package var logLevel = Logger.Level.trace
    private let lines = Lines()

    package init() {}

    package var texts: [String] { lines.texts.withLock { $0 } }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let rows = (event.metadata ?? [:]).filter { $0.key != "ms" }.sorted { $0.key < $1.key }
        let text = event.message.description + rows.map { " \($0.key)=\($0.value)" }.joined()
        lines.texts.withLock { $0.append(text) }
    }
}
