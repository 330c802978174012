package import AWSServices
package import ArgumentParser
package import Logging
import ReconcileCore

/// The path of the settings file.
package struct ConfigFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A JSON file of settings, such as {\"domain\": \"my-domain\", \"width\": 16}.",
            valueName: "file"
        ),
        completion: .file(extensions: ["json"])
    )
    package var config: String?

    package init() {}
}

/// The format and level of the log.
package struct LogFlags: ParsableArguments {
    @OptionGroup package var settings: ConfigFlags

    @Option(help: ArgumentHelp("auto is text on a terminal and JSON lines elsewhere.", valueName: "format"))
    package var logFormat = LogFormat.auto

    @Option(help: ArgumentHelp("The least important level to write.", valueName: "level"))
    package var logLevel = LogLevel.info

    @Flag(
        name: .shortAndLong,
        inversion: .prefixedNo,
        exclusivity: .chooseLast,
        help: "Log each version too (level debug), and list the requests in summaries."
    )
    package var verbose = false

    @Flag(
        name: .shortAndLong,
        inversion: .prefixedNo,
        exclusivity: .chooseLast,
        help: """
            Write warnings and errors only: no progress, no summary, no next command. Listings and reports on standard \
            output are not affected.
            """
    )
    package var quiet = false

    package init() {}

    package func validate() throws {
        if verbose, quiet { throw ValidationError("use --verbose or --quiet, not both") }
    }

    /// The least severe level that is written.
    package var level: Logger.Level {
        if verbose { return min(logLevel.level, .debug) }
        return quiet ? max(logLevel.level, .warning) : logLevel.level
    }

    package enum LogFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
        case auto, text, json
    }

    /// The levels of swift-log, the most verbose first.
    package enum LogLevel: String, ExpressibleByArgument, CaseIterable, Sendable {
        case trace, debug, info, notice, warning, error, critical

        package var level: Logger.Level { Logger.Level(rawValue: rawValue) ?? .info }
    }
}

/// Where to write the report of a command.
package struct ReportFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp("Write the report to this file as well; - is standard output.", valueName: "file"),
        completion: .file()
    )
    package var report: String?

    package init() {}

    package var file: OutputFile? { report.map { OutputFile(flag: "--report", path: $0) } }
}

/// Where to publish the metrics of a run or a verification.
package struct MetricsFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Write the metrics to this file as Prometheus text, for the node exporter's textfile collector.",
            valueName: "file"
        ),
        completion: .file()
    )
    package var metricsFile: String?

    @Option(
        help: ArgumentHelp(
            "Push the metrics to this Prometheus Pushgateway, such as http://pushgateway:9091.",
            valueName: "url"
        ),
        transform: endpoint
    )
    package var metricsPush: ServiceEndpoint?

    package init() {}

    package var file: OutputFile? { metricsFile.map { OutputFile(flag: "--metrics-file", path: $0) } }
}

/// The format of a listing.
package struct ListingFlags: ParsableArguments {
    @Option(help: ArgumentHelp("auto is a table on a terminal and JSON elsewhere.", valueName: "form"))
    package var output = OutputForm.auto

    package init() {}
}

/// Which state of the backup to use.
package struct AsOfFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Use the state that the backup knew at this time, such as 2026-11-22T08:36:12Z, 2026-11-22, yesterday or 24h \
            (that long before the start), instead of the newest.
            """,
            valueName: "time"
        ),
        transform: spelled
    )
    package var asOf: PastTime?

    package init() {}
}

/// Which bytes to use for a version that was published again.
package struct FirstRecordedFlags: ParsableArguments {
    @Flag(
        inversion: .prefixedNo,
        exclusivity: .chooseLast,
        help: """
            If records name different bytes for a file, use those recorded first instead of the newest.
            """
    )
    package var firstRecorded = false

    package init() {}
}

extension OutputForm: ExpressibleByArgument {}

/// Parses an endpoint; throws `Misspelling` with the reason if it is not valid.
@Sendable private func endpoint(_ text: String) throws -> ServiceEndpoint {
    do {
        return try ServiceEndpoint(text)
    } catch {
        throw Misspelling("it \(error.reason)")
    }
}
