package import ReconcileCore

/// The complete command line that an operator should run next.
package struct NextCommand: Hashable, Sendable {
    private let arguments: [String]
    private let settings: [GivenSetting]

    /// - Parameters:
    ///   - arguments: the arguments of the command that has ended.
    ///   - settings: its settings, from all sources.
    ///   - environment: supplies the domain owner, which not every command takes.
    package init(after arguments: [String], settings: [GivenSetting], environment: [String: String] = [:]) {
        self.arguments = Self.withoutSecrets(arguments)
        let variable = "\(SettingSources.prefix)DOMAIN_OWNER"
        let owner = environment[variable].map { GivenSetting(option: "domain-owner", value: $0, source: variable) }
        self.settings = settings + [owner].compactMap(\.self)
    }

    /// - Parameters:
    ///   - exit: the run's exit status.
    ///   - isStored: whether the report is stored in the backup.
    package func afterRun(_ report: RunReport, exit: ExitStatus, isStored: Bool) -> String? {
        switch exit {
        case .converged: report.versions.copied > 0 ? command("verify", ["--record"]) : nil
        case .failures where report.failures.contains(where: \.needsRepair): repair
        case .failures where isStored: command("runs", ["show", report.runID])
        case .failures: command("doctor", withDomain: true)
        case .deadline, .unavailable: again
        case .credentials: command("doctor", withDomain: true)
        case .refused where report.outcome == .refused: command("drift", withDomain: true)
        case .refused: command("doctor", withDomain: true)
        case .verificationFailed: command("verify")
        case .unexpected, .drift, .usage: nil
        }
    }

    /// - Parameter isSameDomain: whether the restore wrote to the domain that was backed up.
    package func afterRestore(_ report: RestoreReport, exit: ExitStatus, isSameDomain: Bool) -> String? {
        switch exit {
        // Restored versions have new revisions.
        case .converged: report.run.versions.copied > 0 && isSameDomain ? command("run", withDomain: true) : nil
        case .failures: "\(again) --dry-run"
        case .deadline, .unavailable: again
        case .credentials: command("doctor", ["--for", "restore"], withDomain: true)
        case .refused where report.lacksDestination: withConfiguration
        default: nil
        }
    }

    /// After a dry run of a restore.
    package func afterRestoreRehearsal(_ report: RestoreReport, exit: ExitStatus) -> String? {
        exit == .refused && report.lacksDestination ? withConfiguration : afterRehearsal(exit: exit)
    }

    /// The next command after restoring a domain's configuration.
    ///
    /// - Parameter sha256: the hash of the configuration's record if no trust file proves it.
    package func afterConfiguration(exit: ExitStatus, accepting sha256: String?) -> String? {
        switch exit {
        case .converged: command("restore", withDomain: true)
        case .refused: sha256.map { Self.line(arguments, accepting: $0) }
        default: afterLook(exit: exit)
        }
    }

    /// The command to run if the domain or the repository to restore into does not exist.
    private var withConfiguration: String {
        command("restore", ["--configuration", "--create-domain", "--dry-run"], withDomain: true)
    }

    /// - Parameters:
    ///   - repairs: whether faults were repaired.
    ///   - isOfLost: whether the only faults are versions whose records are gone: a run records what the domain still has.
    ///   - isOfReports: whether the only faults are reports of runs that cannot be read, which nothing makes again.
    package func afterVerification(
        exit: ExitStatus,
        repairs: Bool,
        isOfLost: Bool = false,
        isOfReports: Bool = false
    ) -> String? {
        switch exit {
        case .verificationFailed where isOfReports: nil
        case .verificationFailed where isOfLost: command("run", withDomain: true, withSelection: true)
        case .verificationFailed where !repairs: "\(again) --repair\(neededForRepair)"
        case .deadline, .unavailable: again
        case .credentials: command("doctor", ["--for", repairs ? "repair" : "verify"], withDomain: true)
        default: nil
        }
    }

    /// Repairs what another run would leave as it is.
    package var repair: String {
        let key = value(of: "signing-key").map { ["--signing-key", $0] } ?? []
        return command("verify", ["--repair"] + key, withDomain: true) + neededForRepair
    }

    private var neededForRepair: String {
        var words = ""
        if value(of: "domain-owner") == nil { words += " --domain-owner ACCOUNT" }
        if value(of: "trust") != nil, value(of: "signing-key") == nil { words += " --signing-key FILE" }
        return words
    }

    /// After a plan: the run that it previews, for the same selection.
    package func afterPlan(exit: ExitStatus) -> String? {
        switch exit {
        case .drift: command("run", withDomain: true, withSelection: true)
        default: afterLook(exit: exit)
        }
    }

    /// After a comparison.
    package func afterDrift(exit: ExitStatus, hasUnprotected: Bool) -> String? {
        switch exit {
        // Orphaned and changed versions are history; only an unprotected version requires a run.
        case .drift: hasUnprotected ? command("run", withDomain: true, withSelection: true) : nil
        default: afterLook(exit: exit)
        }
    }

    /// The next command after a dry run: the same command for real.
    ///
    /// - Parameter sha256: the hash of a record that it relies on and no trust file proves; nil if there is none.
    package func afterRehearsal(exit: ExitStatus, accepting sha256: String? = nil) -> String? {
        switch exit {
        case .drift, .verificationFailed: Self.line(forGood, accepting: sha256)
        default: afterLook(exit: exit)
        }
    }

    private func afterLook(exit: ExitStatus) -> String? {
        switch exit {
        case .deadline, .unavailable: again
        case .credentials: command("doctor", withDomain: true)
        default: nil
        }
    }

    // MARK: Spelling

    /// Removes the notification address, whose path may contain a secret.
    private static func withoutSecrets(_ arguments: [String]) -> [String] {
        without("--\(GivenSetting.notify)", in: arguments)
    }

    /// Removes an option that takes a value.
    private static func without(_ option: String, in arguments: [String]) -> [String] {
        arguments.indices.filter { index in
            arguments[index] != option && !arguments[index].hasPrefix("\(option)=")
                && (index == 0 || arguments[index - 1] != option)
        }.map { arguments[$0] }
    }

    /// The command that has ended, without its `--dry-run`.
    private var forGood: [String] {
        let own = arguments.filter { $0 != "--dry-run" }
        return own + (own == arguments ? ["--no-dry-run"] : [])
    }

    /// The command that has ended, with its original arguments.
    private var again: String { Self.line(arguments) }

    private static func line(_ arguments: [String]) -> String {
        (["reconcile"] + arguments).map(ShellWord.quoted).joined(separator: " ")
    }

    /// Adds the acceptance of an unproved record to a command line; leaves it unchanged if there is nothing to accept.
    private static func line(_ arguments: [String], accepting sha256: String?) -> String {
        guard let sha256 else { return line(arguments) }
        let option = "--accept-unproved"
        return line(without(option, in: arguments) + [option, sha256])
    }

    /// Another command for the same backup and domain.
    package func command(
        _ name: String,
        _ own: [String] = [],
        withDomain: Bool = false,
        withSelection: Bool = false
    ) -> String {
        var words = ["reconcile", name] + own
        for option in Self.essential + (withDomain ? ["domain-owner"] : []) {
            if let value = value(of: option) {
                words += ["--\(option)", value]
            } else if option == "domain-owner", Self.needingOwner.contains(name) {
                words += ["--\(option)", "ACCOUNT"]
            }
        }
        // Settings from the environment apply to the next command too.
        for option in Self.others where arguments.contains(where: { $0.hasPrefix("--\(option)") }) {
            guard let given = settings.last(where: { $0.option == option }) else { continue }
            words += ["--\(option)"] + (given.value.map { [$0] } ?? [])
        }
        for option in withSelection ? Self.selecting : [] {
            for given in settings where given.option == option && given.source == GivenSetting.commandLine {
                words += ["--\(option)"] + (given.value.map { [$0] } ?? [])
            }
        }
        return words.map(ShellWord.quoted).joined(separator: " ")
    }

    private func value(of option: String) -> String? { settings.first { $0.option == option }?.value }

    private static let essential = ["domain", "backup"]
    private static let needingOwner: Set = ["run", "plan", "drift", "restore"]
    /// The options that select what a command processes.
    private static let selecting = ["repository", "package", "exclude", "origin", "shard"]
    /// The options that say how to reach the domain and the bucket.
    private static let others = [
        "config", "region", "profile", "backup-region", "backup-profile", "backup-role-arn", "backup-external-id",
        "expected-bucket-owner", "path-style", "trust", "to-domain",
    ]
}

extension Host {
    /// The next command's builder; nil for a program without a command line.
    package var next: NextCommand? {
        arguments.map { NextCommand(after: $0, settings: settings, environment: environment) }
    }

    /// Suggests the next command after a listing, on a terminal or in a text log; the listing's JSON document does not
    /// include it.
    ///
    /// - Returns: the exit status, unchanged.
    package func suggest(_ next: (NextCommand, ExitStatus) -> String?, after exit: ExitStatus) -> ExitStatus {
        if !isQuiet, console.isTerminal || writesText, let line = self.next.flatMap({ next($0, exit) }) {
            console.line("next: \(line)")
        }
        return exit
    }
}
