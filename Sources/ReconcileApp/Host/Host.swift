package import AWSServices
import HTTPTransfer
package import Logging
package import ReconcileCore

/// What a program is run with: its environment, its console and logger, its clock, and the AWS settings found there.
package struct Host: Sendable {
    package let environment: [String: String]
    package let console: Console
    package let logger: Logger
    package let clock: any RunClock
    package let aws: AWSSettings
    /// Whether the log is text for a person, not JSON lines.
    package let writesText: Bool
    /// Whether summaries go into detail.
    package let isVerbose: Bool
    /// Whether nothing but warnings, errors and what was asked for is written.
    package let isQuiet: Bool
    /// The options that were given, and where each was found.
    package let settings: [GivenSetting]
    /// The command line; nil for a program that has none.
    let arguments: [String]?

    /// - Parameters:
    ///   - profile: the AWS profile that the settings name.
    ///   - settings: those that were given.
    ///   - arguments: the command line.
    /// - Throws: `InvalidSettings` of the AWS configuration files, and of the certificates to trust.
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

    /// Where temporary files go.
    package var temporaryFolder: String { environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp" }

    /// This second.
    package var now: Timestamp { clock.timestamp }

    /// For a new run: sorts by time, to the millisecond, and differs from a run that starts in the same one.
    package func newRunID() -> String {
        let seconds = clock.secondsSince1970()
        let milliseconds = Int(seconds.truncatingRemainder(dividingBy: 1) * 1_000)
        let order = (milliseconds < 36 ? "0" : "") + String(milliseconds, radix: 36)
        let random = String(UInt32.random(in: .min ... .max), radix: 36)
        return "\(Timestamp(secondsSince1970: seconds).basic)-\(order)\(random)"
    }

    /// For an HTTP client of which so many pieces of work make use at once.
    ///
    /// - Parameter patience: the longest wait for a host; nil for what each request allows.
    func clientSettings(width: Int, patience: Duration? = nil) -> HTTPClientSettings {
        HTTPClientSettings(
            caBundle: aws.caBundle,
            userAgent: "maven-package-reconciler/\(ProgramVersion.current)",
            // Each piece uses two connections (GET and PUT); as many again serve listings and records.
            keptConnections: width * 4 + 8,
            patience: patience
        )
    }

    /// Writes a line at level trace for each request that was sent; nil where that is not written.
    var trace: (@Sendable (ExchangeTrace) -> Void)? {
        guard logger.logLevel <= .trace else { return nil }
        return { [logger] exchange in logger.trace("request", metadata: exchange.metadata) }
    }
}

extension ExchangeTrace {
    /// Absent members are those that are not known.
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
    /// The status of a command that ended so and could not write an output that it was asked for: that of the failure,
    /// unless the command has a worse one itself.
    package func failingOutput(_ error: any Error) -> ExitStatus {
        self == .converged || self == .drift ? ExitStatus(error) : self
    }

    /// The status for what ended a command.
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
