package import ReconcileCore

/// The metrics of one piece of work as a log line that CloudWatch converts to metrics, with no API call or permission
/// (CloudWatch user guide, Specification: Embedded metric format).
package struct EmbeddedMetrics: Hashable, Sendable {
    /// What triggered the work.
    package enum Door: String, Hashable, Sendable {
        case event
        case reconcile
        case verify
        case drift
    }

    package static let namespace = "MavenPackageReconciler"

    /// The name, unit and value of a metric.
    package struct Metric: Hashable, Sendable {
        package let name: String
        package let unit: String
        package let value: Double
    }

    package let door: Door
    package let domain: String
    package let metrics: [Metric]
    /// The checkpoint over the records. Its members are not dimensions, so they cost no metrics.
    private let checkpoint: RunReport.CheckpointAccount?

    /// - Parameters:
    ///   - duration: the duration of the work.
    ///   - now: seconds since 1970.
    package init(_ report: RunReport, door: Door, duration: Duration, now: Double) {
        self.door = door
        domain = report.domain
        checkpoint = report.checkpoint
        let versions = report.versions
        var metrics = [
            Metric(name: "VersionsCopied", unit: "Count", value: Double(versions.copied)),
            Metric(name: "VersionsDeleted", unit: "Count", value: Double(versions.deleted)),
            Metric(name: "VersionsMutated", unit: "Count", value: Double(versions.mutated)),
            Metric(name: "VersionsUnavailable", unit: "Count", value: Double(versions.unavailable)),
            Metric(name: "VersionsFailed", unit: "Count", value: Double(versions.failed)),
            Metric(name: "VersionsUnprotected", unit: "Count", value: Double(versions.unprotected)),
            Metric(name: "BytesCopied", unit: "Bytes", value: Double(report.bytes.copied)),
            Metric(duration),
            // Zero when nothing is unprotected, so that an alarm has a value to compare.
            Metric(
                name: "OldestUnprotectedAge",
                unit: "Seconds",
                value: Double(report.rpo.oldestUnprotectedSeconds ?? 0)
            ),
        ]
        if door == .reconcile {
            metrics.append(
                Metric(name: "MissedByEvents", unit: "Count", value: Double(versions.missing + versions.stale))
            )
            metrics.append(Metric(name: "DeletionsPending", unit: "Count", value: Double(versions.pending)))
        }
        if let checkpoint {
            metrics.append(
                Metric(name: "CheckpointContradictions", unit: "Count", value: Double(checkpoint.contradictions.count))
            )
        }
        if let configuration = report.configuration {
            let (all, access) = (configuration.changes.count, configuration.accessChanges)
            metrics.append(Metric(name: "ConfigurationChanges", unit: "Count", value: Double(all)))
            metrics.append(Metric(name: "AccessChanges", unit: "Count", value: Double(access)))
        }
        // Absent unless the work succeeded, so that an alarm on missing data fires. An event about a version that was
        // not found is not a success.
        let foundVersion = versions.listed + versions.orphaned > 0
        if report.outcome == .converged, door == .reconcile || foundVersion {
            metrics.append(Metric(lastSuccess: now))
        }
        self.metrics = metrics
    }

    /// A verification that did not reach everything and found nothing says nothing of faults: a zero would end the alarm
    /// of an earlier one.
    package init(_ report: VerifyReport, exit: ExitStatus, duration: Duration, now: Double) {
        door = .verify
        domain = report.domain
        checkpoint = nil
        var metrics = [Metric(duration)]
        if report.faultsLeft > 0 || report.outcome == .sound {
            metrics.append(Metric(name: "VerificationFaults", unit: "Count", value: Double(report.faultsLeft)))
        }
        if exit == .converged { metrics.append(Metric(lastSuccess: now)) }
        self.metrics = metrics
    }

    /// A comparison that did not reach everything says nothing of what it found, for the same reason.
    package init(_ report: DriftReport, duration: Duration, now: Double) {
        door = .drift
        domain = report.run.domain
        checkpoint = nil
        var metrics = [Metric(duration)]
        if report.isComplete {
            let oldest = report.oldestUnprotectedSeconds(at: now).rounded()
            metrics += [
                Metric(name: "UnrecordedChanges", unit: "Count", value: Double(report.changes)),
                Metric(name: "OldestUnprotectedAge", unit: "Seconds", value: oldest),
                Metric(lastSuccess: now),
            ]
        }
        self.metrics = metrics
    }

    /// Returns one line of JSON, without a newline.
    package func line(at now: Double) -> String {
        var members: [String: Member] = [
            "Domain": .text(domain),
            "Door": .text(door.rawValue),
            "_aws": .header(
                Header(
                    timestamp: Int64(now * 1000),
                    directives: [
                        Header.Directive(
                            namespace: Self.namespace,
                            dimensions: [["Domain", "Door"]],
                            metrics: metrics.map { Header.Definition(name: $0.name, unit: $0.unit) }
                        )
                    ]
                )
            ),
        ]
        if let checkpoint {
            members["CheckpointCutoff"] = .text(checkpoint.cutoff)
            members["CheckpointDigest"] = .text(checkpoint.digest)
        }
        for metric in metrics { members[metric.name] = .number(metric.value) }
        return (try? StableJSON.line(members)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }

    private enum Member: Encodable {
        case text(String)
        case number(Double)
        case header(Header)

        func encode(to encoder: any Encoder) throws {
            switch self {
            case .text(let text): try text.encode(to: encoder)
            case .number(let number): try number.encode(to: encoder)
            case .header(let header): try header.encode(to: encoder)
            }
        }
    }

    private struct Header: Encodable {
        struct Definition: Encodable {
            let name: String
            let unit: String

            enum CodingKeys: String, CodingKey {
                case name = "Name"
                case unit = "Unit"
            }
        }

        struct Directive: Encodable {
            let namespace: String
            let dimensions: [[String]]
            let metrics: [Definition]

            enum CodingKeys: String, CodingKey {
                case namespace = "Namespace"
                case dimensions = "Dimensions"
                case metrics = "Metrics"
            }
        }

        let timestamp: Int64
        let directives: [Directive]

        enum CodingKeys: String, CodingKey {
            case timestamp = "Timestamp"
            case directives = "CloudWatchMetrics"
        }
    }
}

extension EmbeddedMetrics.Metric {
    fileprivate init(_ duration: Duration) {
        self.init(name: "Duration", unit: "Milliseconds", value: (duration.inSeconds * 1000).rounded())
    }

    /// - Parameter now: seconds since 1970.
    fileprivate init(lastSuccess now: Double) {
        self.init(name: "LastSuccess", unit: "None", value: now.rounded())
    }
}
