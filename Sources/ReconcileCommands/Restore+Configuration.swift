import AWSServices
package import ArgumentParser
import Logging
import ReconcileApp
import ReconcileCore

/// `reconcile restore --configuration`: restores the domain's configuration from its newest record.
extension Restore {
    func validateConfiguration() throws {
        guard restoring.toRepository == nil, selection.package.isEmpty, selection.scope.repository.isEmpty else {
            throw ValidationError(
                "--configuration restores the whole configuration: leave out --repository, --package and --to-repository "
                    + "(--map-repository gives a repository another name)"
            )
        }
        _ = try Self.pairs(configuring.mapAccount, of: "--map-account")
        _ = try Self.pairs(configuring.mapRepository, of: "--map-repository")
    }

    func performConfiguration(on host: Host) async throws -> Outcome {
        try await aws.withAccess(
            on: host,
            for: operations,
            width: pace.width.pieces,
            limits: limits,
            shards: 1
        ) { access in
            let open = try backup.open(access, bucket)
            let target = try domain.open(access, maven, named: restoring.target.toDomain ?? open.domain)
            host.logger.info(
                "restore of the configuration started",
                metadata: [
                    "backup": "\(open.store.location)", "of": "\(open.domain)", "to": "\(target.identity.name)",
                    "asOf": "\(moment.asOf?.description ?? "now")", "program": "\(ProgramVersion.current)",
                ]
            )
            let restorer = ConfigurationRestorer(
                backup: open.backup,
                repositories: { try await target.source.allRepositories() },
                source: target.configuration,
                destination: target.configurator,
                options: try options(for: target),
                width: min(pace.width.pieces, 16)
            )
            let restore = try await host.supervisingThrowing(pace.budget) { stop in
                try await restorer.run(stop: stop) { Self.log($0, on: host) }
            }
            return .configuration(restore, ListingPlace(open))
        }
    }

    private func options(for target: OpenDomain) throws -> ConfigurationRestorer.Options {
        var plan = ConfigurationPlan.Options(region: target.region)
        plan.overwrites = configuring.overwriteConfiguration
        plan.encryptionKey = configuring.encryptionKey?.description
        var options = ConfigurationRestorer.Options(
            mapping: ConfigurationMapping(
                to: DomainIdentity(name: target.identity.name, owner: target.identity.owner),
                in: target.region,
                accounts: try Self.pairs(configuring.mapAccount, of: "--map-account"),
                repositories: try Self.pairs(configuring.mapRepository, of: "--map-repository")
            ),
            plan: plan
        )
        options.asOf = moment.asOf?.time
        options.createsDomain = configuring.createDomain
        options.writes = !restoring.dryRun
        options.accepted = unproved.accepted
        return options
    }

    private static func pairs(_ names: [NamePair], of option: String) throws -> [String: String] {
        var pairs: [String: String] = [:]
        for name in names where pairs.updateValue(name.to, forKey: name.from) != nil {
            throw ValidationError("\(option) has \(name.from) twice")
        }
        return pairs
    }

    private static func log(_ step: ConfigurationRestore.Step, on host: Host) {
        let call: Logger.Metadata = ["call": "\(step.call.name)", "on": "\(step.call.place)"]
        if case .failed(let failure) = step.fate {
            host.logger.error("\(failure)", metadata: call)
        } else {
            host.logger.info("configured", metadata: call)
        }
    }

    static func summary(of restore: ConfigurationRestore) -> Notification.Summary {
        var summary = Notification.Summary(outcome: "\(restore.exit)")
        summary.counts = [
            "made": restore.count { $0 == .made }, "planned": restore.count { $0 == .planned },
            "left": restore.count { $0 == .left }, "kept": restore.plan.kept.count,
        ]
        return summary
    }

    func render(_ restore: ConfigurationRestore, at place: ListingPlace, on host: Host) -> ExitStatus {
        let listing = ConfigurationRestoreListing(restore, of: place)
        var exit = restore.exit
        // With `--report -` the document is printed below, and only once.
        if reporting.report != "-" { exit = host.print(listing, self.listing, exit: exit) }
        exit = host.write(to: reporting.file, exit: exit) { Array(try OutputWriter.json(listing).utf8) }
        if let refusal = restore.refusal { host.logger.error("\(refusal)") }
        // The hash for --accept-unproved, if the record requires it.
        let due = restore.isProved ? nil : restore.record.sha256
        return host.suggest(
            {
                restoring.dryRun
                    ? $0.afterRehearsal(exit: $1, accepting: due) : $0.afterConfiguration(exit: $1, accepting: due)
            },
            after: exit
        )
    }
}

/// Which part of the domain's configuration to restore, and how to adapt it.
package struct RestoreConfigurationFlags: ParsableArguments {
    @Flag(
        inversion: .prefixedNo,
        exclusivity: .chooseLast,
        help: "Restore the domain's configuration instead of its packages."
    )
    package var configuration = false

    @Flag(
        inversion: .prefixedNo,
        exclusivity: .chooseLast,
        help: "Make the domain if it does not exist, in the account of the credentials."
    )
    package var createDomain = false

    @Flag(
        inversion: .prefixedNo,
        exclusivity: .chooseLast,
        help: "Also change what is there and differs from the record; what the record does not have is kept."
    )
    package var overwriteConfiguration = false

    @Option(
        help: ArgumentHelp(
            "In policies, replace one account's ARNs and principals with another's, and the recorded domain with the one that "
                + "is restored; repeatable.",
            valueName: "old=new"
        ),
        transform: spelled
    )
    package var mapAccount: [NamePair] = []

    @Option(
        help: ArgumentHelp("Give a recorded repository another name; repeatable.", valueName: "old=new"),
        transform: spelled
    )
    package var mapRepository: [NamePair] = []

    @Option(
        help: ArgumentHelp(
            "The KMS key for a new domain, instead of the recorded one.",
            valueName: "arn"
        ),
        transform: spelled
    )
    package var encryptionKey: KeyARN?

    package init() {}
}

/// Two names; the second replaces the first.
package struct NamePair: Spelled, Hashable {
    package let from: String
    package let to: String

    package init?(spelled text: String) {
        let parts = text.split(separator: "=", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
        (from, to) = (String(parts[0]), String(parts[1]))
    }

    package static let spelling = "two names, such as old=new"
}
