import FoundationEssentials
import HTTPTransfer
import Synchronization
import TestSupport

/// Whether the tests run under a sanitizer, as `make sanitize` says.
let isSanitized = ProcessInfo.processInfo.environment["RECONCILE_SANITIZER"] != nil

/// Runs a test's work with a scripted server and a client; not over in `seconds`, it is cancelled and has failed.
func withLoopback(
    settings: HTTPClientSettings = HTTPClientSettings(),
    seconds: Double = 30,
    _ script: @escaping ScriptedHTTPServer.Script,
    _ body: @escaping @Sendable (ScriptedHTTPServer, HTTPClient) async throws -> Void
) async throws {
    try await withTimeout(seconds) {
        try await ScriptedHTTPServer.withServer(script) { server in
            try await HTTPClient.withClient(settings) { client in
                try await body(server, client)
            }
        }
    }
}

/// The `TransferFailure` that `work` throws; nil when it throws none.
func failure(of work: () async throws -> Void) async throws -> TransferFailure? {
    do {
        try await work()
        return nil
    } catch let failure as TransferFailure {
        return failure
    }
}

/// Starts `work`, cancels it when `moment` has come, and returns the error that it ends with.
func cancelled(
    _ work: @escaping @Sendable () async throws -> Void,
    when moment: () async throws -> Void
) async throws -> (any Error)? {
    try await withThrowingTaskGroup(of: (any Error)?.self) { group in
        group.addTask {
            do {
                try await work()
                return nil
            } catch {
                return error
            }
        }
        try await moment()
        group.cancelAll()
        return try await group.next() ?? nil
    }
}

/// A check that keeps what it saw, and finds it right or wrong as it was told.
final class RecordingCheck: PipeCheck, Sendable {
    private let state = Mutex<(bytes: Int, sum: UInt64)>((0, 0))
    private let wrong: String?

    init(wrong: String? = nil) {
        self.wrong = wrong
    }

    /// How many bytes were seen.
    var bytes: Int { state.withLock { $0.bytes } }

    func update(_ bytes: RawSpan) {
        state.withLock { $0.bytes += bytes.byteCount }
    }

    func verdict() -> String? { wrong }
}

extension HTTPRequest {
    static func get(_ url: String, deadlines: HTTPDeadlines = HTTPDeadlines()) -> HTTPRequest {
        HTTPRequest(method: .get, url: url, deadlines: deadlines)
    }

    static func put(_ url: String, deadlines: HTTPDeadlines = HTTPDeadlines()) -> HTTPRequest {
        HTTPRequest(method: .put, url: url, deadlines: deadlines)
    }
}
