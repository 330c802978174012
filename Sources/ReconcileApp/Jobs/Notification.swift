import HTTPTransfer
import Logging
package import ReconcileCore

/// The notification of a command's end: a JSON document with stable names.
package struct Notification: Encodable {
    /// What the command itself reports about its work.
    package struct Summary: Hashable, Sendable {
        package var outcome: String
        /// Whether the command only previewed its work.
        package var isDryRun = false
        package var message: String?
        /// The ID of the run, the verification or the restore.
        package var run: String?
        /// The key of the report in the backup; nil if it was not stored.
        package var report: String?
        package var counts: [String: Int]

        package init(
            outcome: String,
            message: String? = nil,
            run: String? = nil,
            report: String? = nil,
            counts: [String: Int] = [:]
        ) {
            self.outcome = outcome
            self.message = message
            self.run = run
            self.report = report
            self.counts = counts
        }
    }

    private let format = 1
    private let command: String
    private let domain: OrNull<String>
    private let backup: OrNull<String>
    private let outcome: String
    private let dryRun: Bool
    private let exit: Int32
    private let message: OrNull<String>
    private let run: OrNull<String>
    private let report: OrNull<String>
    private let counts: [String: Int]
    private let seconds: Int64
    private let version = ProgramVersion.current
    private let commit: OrNull<String>

    private enum CodingKeys: String, CodingKey {
        case format, command, domain, backup, outcome, dryRun, exit, message, run, report, counts, seconds, version,
            commit
    }

    package init(
        _ summary: Summary,
        of command: String,
        settings: [GivenSetting],
        exit: ExitStatus,
        elapsed: Duration
    ) {
        self.command = command
        domain = OrNull(settings.last { $0.option == "domain" }?.shown)
        backup = OrNull(settings.last { $0.option == "backup" }?.shown)
        // If there is drift, that says more than that the comparison completed.
        outcome = exit == .drift ? "\(exit)" : summary.outcome
        dryRun = summary.isDryRun
        self.exit = exit.rawValue
        message = OrNull(summary.message)
        run = OrNull(summary.run)
        report = OrNull(summary.report)
        counts = summary.counts
        seconds = elapsed.components.seconds
        commit = OrNull(ProgramVersion.commit)
    }
}

/// Sends a notification when a command starts or ends. If sending fails, it logs a warning and nothing else happens.
package struct Notifier: Sendable {
    private let host: Host
    private let address: NotifyAddress
    private let style: NotifyStyle

    /// The time limit of each attempt.
    private static let deadline = Duration.seconds(5)
    private static let attempts = 2

    /// The maximum time that all notifications of a command may take together.
    package var longest: Duration { Self.deadline * Self.attempts * (style == .healthchecks ? 2 : 1) }

    package init(host: Host, address: NotifyAddress, style: NotifyStyle) {
        self.host = host
        self.address = address
        self.style = style
    }

    /// Sends the start notification, if the style has one.
    package func start() async {
        guard style == .healthchecks else { return }
        await post([], to: address.url("/start"))
    }

    package func end(_ notification: Notification, exit: ExitStatus) async {
        let suffix = style == .healthchecks && exit != .converged ? "/fail" : ""
        await post((try? StableJSON.page(notification)) ?? [], to: address.url(suffix))
    }

    private func post(_ body: [UInt8], to url: String) async {
        let request = HTTPRequest(
            method: .post,
            url: url,
            headers: ["Content-Type": "application/json"],
            body: body,
            deadlines: HTTPDeadlines(connect: Self.deadline, total: Self.deadline)
        )
        do {
            try await HTTPClient.withClient(host.clientSettings(width: 1)) { client in
                var problem = await problem(sending: request, with: client)
                for _ in 1..<Self.attempts where problem != nil {
                    problem = await self.problem(sending: request, with: client)
                }
                if let problem { warn(problem) }
            }
        } catch {
            warn("no request could be sent")
        }
    }

    /// Describes the problem in other words, because the failure's message would show the path.
    private func problem(sending request: HTTPRequest, with client: HTTPClient) async -> String? {
        do {
            let head = try await client.send(request, bodyLimit: 1 << 20).head
            return head.isSuccess ? nil : "it answered status \(head.status)"
        } catch let failure as TransferFailure {
            return switch failure.kind {
            case .unresolved: "its name could not be resolved"
            case .unreachable: "no connection could be made"
            case .untrusted: "its certificate was not accepted"
            case .timedOut: "it did not answer in \(Self.deadline.components.seconds) s"
            default: "the exchange failed"
            }
        } catch {
            return "the request was cancelled"
        }
    }

    private func warn(_ problem: String) {
        host.logger.warning("\(address.shown) could not be notified: \(problem); check --notify")
    }
}
