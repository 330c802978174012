import HTTPTypes
import ReconcileCore
import Synchronization

/// Counts the responses sent so far, for Prometheus.
///
/// Labels contain no paths, names or addresses, so the number of series does not depend on what clients request.
package final class ServedRequests: Sendable {
    /// The kind of a request.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        /// Files of versions, their checksums and maven-metadata.xml.
        case repository
        case page
        /// `/health`, `/ready`, `/metrics`.
        case probe
    }

    private struct Series: Hashable {
        let kind: Kind
        let code: Int
    }

    private struct State {
        var answers: [Series: Int] = [:]
        var bytes: [Kind: Int64] = [:]
        var times: [Kind: Times] = [:]
        var cutOff = 0
    }

    private struct Times {
        var seconds = 0.0
        /// For each limit, the number of responses that took at most as long.
        var within = [Int](repeating: 0, count: ServedRequests.limits.count)
        var count = 0
    }

    private static let limits = [0.005, 0.025, 0.1, 0.5, 2.5, 10, 60]

    private static let program = "reconcile_serve"
    private let version: String
    private let state = Mutex(State())

    /// - Parameter version: the program's version.
    package init(version: String) {
        self.version = version
    }

    static func kind(of request: HTTPRequest) -> Kind {
        switch request.path.map({ $0.prefix { $0 != "?" } }) {
        case "/health", "/ready", "/metrics": .probe
        default: PageResponder.isMeant(by: request) ? .page : .repository
        }
    }

    /// Counts one response.
    ///
    /// - Parameters:
    ///   - bytes: the number of bytes of its body that were sent.
    ///   - isCut: whether it was cut off.
    func add(_ kind: Kind, code: Int, bytes: Int64, time: Duration, isCut: Bool) {
        let seconds = time.inSeconds
        state.withLock { state in
            state.answers[Series(kind: kind, code: code), default: 0] += 1
            state.bytes[kind, default: 0] += bytes
            var times = state.times[kind] ?? Times()
            times.seconds += seconds
            times.count += 1
            for (index, limit) in Self.limits.enumerated() where seconds <= limit { times.within[index] += 1 }
            state.times[kind] = times
            if isCut { state.cutOff += 1 }
        }
    }

    /// Returns the counts in Prometheus's text format.
    ///
    /// - Parameters:
    ///   - isBehind: whether the last attempt to read the store failed.
    ///   - hidden: the number of folders of records that the store does not show.
    ///   - untrusted: the number of versions whose newest record does not count.
    package func text(isBehind: Bool, hidden: Int, untrusted: Int) -> String {
        let state = state.withLock { $0 }
        var lines: [String] = []
        func family(_ name: String, _ type: String, _ help: String, _ samples: [String]) {
            lines += ["# HELP \(Self.program)_\(name) \(help)", "# TYPE \(Self.program)_\(name) \(type)"]
            lines += samples.map { "\(Self.program)_\($0)" }
        }
        family("info", "gauge", "The program's version.", ["info{version=\"\(version)\"} 1"])
        family(
            "requests_total",
            "counter",
            "Answers by what was asked for and status.",
            state.answers.sorted { ($0.key.kind.rawValue, $0.key.code) < ($1.key.kind.rawValue, $1.key.code) }.map {
                "requests_total{kind=\"\($0.key.kind.rawValue)\",code=\"\($0.key.code)\"} \($0.value)"
            }
        )
        family(
            "sent_bytes_total",
            "counter",
            "Bytes of bodies that were sent.",
            Kind.allCases.map { "sent_bytes_total{kind=\"\($0.rawValue)\"} \(state.bytes[$0] ?? 0)" }
        )
        family("cut_off_total", "counter", "Answers that were broken off.", ["cut_off_total \(state.cutOff)"])
        family(
            "request_seconds",
            "histogram",
            "Time from a request's head to the end of its answer.",
            Kind.allCases.flatMap { Self.histogram($0, state.times[$0] ?? Times()) }
        )
        family(
            "backup_behind",
            "gauge",
            "1 if the last attempt to read the backup failed, or one is taking too long.",
            ["backup_behind \(isBehind ? 1 : 0)"]
        )
        family(
            "hidden_folders",
            "gauge",
            "Folders of records that the backup's store does not show, as the last reading met them.",
            ["hidden_folders \(hidden)"]
        )
        family(
            "untrusted_versions",
            "gauge",
            "Versions whose newest record did not count when they were last asked for; 10000 at most.",
            ["untrusted_versions \(untrusted)"]
        )
        return lines.joined(separator: "\n") + "\n"
    }

    private static func histogram(_ kind: Kind, _ times: Times) -> [String] {
        let label = "kind=\"\(kind.rawValue)\""
        return zip(limits, times.within).map { "request_seconds_bucket{\(label),le=\"\($0)\"} \($1)" } + [
            "request_seconds_bucket{\(label),le=\"+Inf\"} \(times.count)",
            "request_seconds_sum{\(label)} \(times.seconds)", "request_seconds_count{\(label)} \(times.count)",
        ]
    }
}
