package import ReconcileCore

/// The figures of one run as Prometheus metrics, in the text exposition format 0.0.4.
///
/// All are gauges in base units, labelled with the domain and the shard (`3_8` for the shard 3/8, since a Pushgateway's
/// paths know no slash). Every family is there after every run, zero where there is nothing, but for the time of the
/// last success: a run that was none must not erase the time of the one before it.
package struct RunMetrics: Sendable {
    /// One metric's name and what it says; `families` is the one table of them.
    package struct Family: Hashable, Sendable {
        package let name: String
        package let help: String
    }

    package static let lastRun = Family(
        name: "reconcile_last_run_timestamp_seconds",
        help: "When the last run ended, in seconds since 1970."
    )
    package static let lastSuccess = Family(
        name: "reconcile_last_success_timestamp_seconds",
        help: "When the last run ended that found or brought everything in order, in seconds since 1970."
    )
    package static let duration = Family(
        name: "reconcile_run_duration_seconds",
        help: "How long the last run took."
    )
    package static let exitStatus = Family(
        name: "reconcile_exit_status",
        help: "Exit status of the last run; 0 is converged."
    )
    package static let versions = Family(
        name: "reconcile_versions",
        help: "Package versions of the last run, by state; a version may count in several."
    )
    package static let assets = Family(
        name: "reconcile_assets",
        help: "Assets that the last run moved or took over, by state."
    )
    package static let bytesCopied = Family(
        name: "reconcile_bytes_copied",
        help: "Bytes of the assets that the last run copied."
    )
    package static let requests = Family(
        name: "reconcile_requests",
        help: "Requests that the last run sent, by operation, repeated ones included."
    )
    package static let oldestUnprotected = Family(
        name: "reconcile_oldest_unprotected_age_seconds",
        help: "Age of the oldest version that the last run left unprotected; 0 when there is none of known age."
    )

    package static let families = [
        lastRun, lastSuccess, duration, exitStatus, versions, assets, bytesCopied, requests, oldestUnprotected,
    ]

    package let isSuccess: Bool
    package let domain: String
    package let shard: String
    private let samples: [Sample]

    private struct Sample: Sendable {
        let family: Family
        /// What tells it from the family's other samples; nil where it is the only one.
        let label: Label?
        let value: String
    }

    private struct Label: Sendable {
        let name: String
        let value: String
    }

    /// - Parameters:
    ///   - exit: how the run ended, its report's storing included.
    ///   - endedAt: seconds since 1970.
    package init(_ report: RunReport, exit: RunExit, endedAt: Double, elapsed: Duration) {
        isSuccess = exit == .converged
        domain = report.domain
        shard = report.shard.split(separator: "/").joined(separator: "_")
        var samples: [Sample] = []
        func add(_ family: Family, _ value: some CustomStringConvertible, _ label: Label? = nil) {
            samples.append(Sample(family: family, label: label, value: value.description))
        }
        let ended = Timestamp(secondsSince1970: endedAt).seconds
        add(Self.lastRun, ended)
        if exit == .converged { add(Self.lastSuccess, ended) }
        add(Self.duration, (elapsed / .milliseconds(1)).rounded() / 1_000)
        add(Self.exitStatus, exit.rawValue)
        let versions = report.versions
        let states: [(String, Int)] = [
            ("listed", versions.listed), ("in_sync", versions.inSync), ("missing", versions.missing),
            ("stale", versions.stale), ("orphaned", versions.orphaned), ("copied", versions.copied),
            ("failed", versions.failed), ("skipped", versions.skipped), ("unprotected", versions.unprotected),
        ]
        for (state, count) in states { add(Self.versions, count, Label(name: "state", value: state)) }
        let assets: [(String, Int)] = [
            ("copied", report.assets.copied), ("adopted", report.assets.adopted), ("failed", report.assets.failed),
        ]
        for (state, count) in assets { add(Self.assets, count, Label(name: "state", value: state)) }
        add(Self.bytesCopied, report.bytes.copied)
        for (operation, count) in report.requests.sorted(by: { $0.key < $1.key }) {
            add(Self.requests, count, Label(name: "operation", value: operation))
        }
        add(Self.oldestUnprotected, report.rpo.oldestUnprotectedSeconds ?? 0)
        self.samples = samples
    }

    /// The exposition: each family's help and type, then its samples, each line with its end.
    ///
    /// - Parameter earlierSuccess: the sample of an earlier exposition that stands for the last success where this run
    ///   is none; nil for none.
    package func exposition(earlierSuccess: String? = nil) -> String {
        var text = ""
        for family in Self.families {
            var lines = samples.filter { $0.family == family }.map { sample in
                "\(sampleStart(family, sample.label)) \(sample.value)"
            }
            if lines.isEmpty, family == Self.lastSuccess, let earlierSuccess {
                lines = ["\(sampleStart(family, nil)) \(earlierSuccess)"]
            }
            if lines.isEmpty { continue }
            text += "# HELP \(family.name) \(family.help)\n# TYPE \(family.name) gauge\n"
            text += lines.joined(separator: "\n") + "\n"
        }
        return text
    }

    /// The value of the last success in an exposition of the same domain and shard; nil where it has none.
    package func lastSuccess(in exposition: String) -> String? {
        let start = sampleStart(Self.lastSuccess, nil) + " "
        guard let line = exposition.split(separator: "\n").first(where: { $0.hasPrefix(start) }) else { return nil }
        let value = String(line.dropFirst(start.count))
        return Int64(value) == nil ? nil : value
    }

    private func sampleStart(_ family: Family, _ label: Label?) -> String {
        var labels = [Label(name: "domain", value: domain), Label(name: "shard", value: shard)]
        if let label { labels.append(label) }
        let text = labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
        return "\(family.name){\(text)}"
    }

    /// A label's value, as the format wants it.
    private static func escaped(_ text: String) -> String {
        text.map { (character: Character) -> String in
            switch character {
            case "\\": "\\\\"
            case "\"": "\\\""
            case "\n": "\\n"
            default: String(character)
            }
        }.joined()
    }
}
