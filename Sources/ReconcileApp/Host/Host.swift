package import AWSServices
import HTTPTransfer
package import Logging
package import ReconcileCore

/// What a program runs with: its environment, console, logger, clock and AWS settings.
package struct Host: Sendable {
    package let environment: [String: String]
    package let console: Console
    package let logger: Logger
    package let clock: any RunClock
    package let aws: AWSSettings
    /// Whether the log is text for a person rather than JSON lines.
    package let writesText: Bool
    /// Whether summaries include details.
    package let isVerbose: Bool
    /// Whether to write only warnings, errors and the output that was asked for.
    package let isQuiet: Bool
    /// The options that were given, each with its source.
    package let settings: [GivenSetting]
    /// The command line; nil for a program that has none.
    let arguments: [String]?

    /// - Parameters:
    ///   - profile: the AWS profile that the settings name.
    ///   - settings: the options that were given.
    ///   - arguments: the command line; nil for a program that has none.
    /// - Throws: `InvalidSettings` if the AWS configuration files or the CA bundle cannot be used.
    package init(
        environment: [String: String],
        log: LogFlags,
        profile: String?,
        settings: [GivenSetting] = [],
        arguments: [String]? = nil,
        clock: any RunClock = SystemClock()
    ) throws(InvalidSettings) {
        self.environment = environment
        self.settings = settings
        self.arguments = arguments
        self.clock = clock
        aws = try AWSSettings(environment: environment, chosenProfile: profile, readFile: CredentialAccess.readFile)
        if let (bundle, source) = aws.caBundleFound {
            try InputFile.requireFile(ofCertificates: bundle, namedBy: source)
        }
        let console = Console(environment: environment)
        let level = log.level
        (isVerbose, isQuiet) = (log.verbose, log.quiet)
        writesText = log.logFormat == .text || (log.logFormat == .auto && console.isTerminal)
        let isJSON = !writesText
        var logger = Logger(label: "reconcile") { _ in LogLines(console: console, isJSON: isJSON, level: level) }
        logger.logLevel = level
        self.console = console
        self.logger = logger
    }

    /// The directory for temporary files.
    package var temporaryFolder: String { environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp" }

    /// The current time, to the second.
    package var now: Timestamp { clock.timestamp }

    /// Returns an ID for a new run. IDs sort by start time, to the millisecond, and a random part distinguishes runs
    /// that start in the same millisecond.
    package func newRunID() -> String {
        let seconds = clock.secondsSince1970()
        let milliseconds = Int(seconds.truncatingRemainder(dividingBy: 1) * 1_000)
        let order = (milliseconds < 36 ? "0" : "") + String(milliseconds, radix: 36)
        let random = String(UInt32.random(in: .min ... .max), radix: 36)
        return "\(Timestamp(secondsSince1970: seconds).basic)-\(order)\(random)"
    }

    /// Returns the settings of an HTTP client that serves `width` concurrent pieces of work.
    ///
    /// - Parameter patience: the maximum time to wait for a host; nil for the limit of each request.
    func clientSettings(width: Int, patience: Duration? = nil) -> HTTPClientSettings {
        HTTPClientSettings(
            caBundle: aws.caBundle,
            userAgent: "maven-package-reconciler/\(ProgramVersion.current)",
            // Each piece of work uses two connections (GET and PUT); as many again serve listings and records.
            keptConnections: width * 4 + 8,
            patience: patience
        )
    }

    /// Logs each request that is sent at level trace; nil if that level is not written.
    var trace: (@Sendable (ExchangeTrace) -> Void)? {
        guard logger.logLevel <= .trace else { return nil }
        return { [logger] exchange in logger.trace("request", metadata: exchange.metadata) }
    }
}

extension ExchangeTrace {
    /// Unknown values are left out.
    fileprivate var metadata: Logger.Metadata {
        var metadata: Logger.Metadata = [
            "service": "\(label.service)", "operation": "\(label.operation)",
            "attempt": .stringConvertible(label.attempt), "method": "\(method.rawValue)", "host": "\(host)",
            "ms": .stringConvertible(Int(time / .milliseconds(1))), "bytes": .stringConvertible(bytes),
        ]
        if let path { metadata["path"] = "\(path)" }
        if let status { metadata["status"] = .stringConvertible(status) }
        if let requestID { metadata["requestID"] = "\(requestID)" }
        if let failure { metadata["failure"] = "\(failure)" }
        return metadata
    }
}

extension ExitStatus {
    /// Returns the exit status of a command that could not write a requested output: the status for the failure, unless
    /// the command itself failed.
    package func failingOutput(_ error: any Error) -> ExitStatus {
        self == .converged || self == .drift ? ExitStatus(error) : self
    }

    /// The exit status for an error that ended a command.
    package init(_ error: any Error) {
        self =
            switch error {
            case let failure as RemoteFailure: ExitStatus(failure.kind)
            case is InvalidSettings, is InvalidEndpoint, is OutputFile.Unwritable: .refused
            case is UsageFailure: .usage
            case is CancellationError: .deadline
            default: .unexpected
            }
    }
}
