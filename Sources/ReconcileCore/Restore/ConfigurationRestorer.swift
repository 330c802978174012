/// Brings a domain to its recorded configuration, or says what that would take.
///
/// It keeps no progress: what is left to do is found by comparing the record with the domain, so an
/// interrupted restore is simply run again. Calls are sent one after another, since each may depend
/// on those before it.
///
/// A record may open the domain to anybody, so nothing is sent unless the record passes a trust file, or the operator
/// accepts exactly this one.
package struct ConfigurationRestorer: Sendable {
    package struct Options: Sendable {
        /// The newest record at that time; nil for now.
        package var asOf: Timestamp?
        /// Whether an absent domain is created.
        package var createsDomain = false
        /// Whether calls are sent; if not, they are only planned.
        package var writes = true
        /// SHA-256 of records that are followed although no trust file proves them.
        package var accepted: Set<String> = []
        package var mapping: ConfigurationMapping
        package var plan: ConfigurationPlan.Options

        package init(mapping: ConfigurationMapping, plan: ConfigurationPlan.Options) {
            (self.mapping, self.plan) = (mapping, plan)
        }
    }

    private let backup: Backup
    private let repositories: @Sendable () async throws -> [String]
    private let source: any ConfigurationSource
    private let destination: any ConfigurationDestination
    private let options: Options
    private let width: Int

    /// - Parameters:
    ///   - repositories: lists those of the domain, or throws `absent` where there is none; retried as wished, like
    ///     `source` and `destination`, which must be of the same domain.
    ///   - width: reads at once.
    package init(
        backup: Backup,
        repositories: @escaping @Sendable () async throws -> [String],
        source: any ConfigurationSource,
        destination: any ConfigurationDestination,
        options: Options,
        width: Int
    ) {
        (self.backup, self.repositories, self.source) = (backup, repositories, source)
        (self.destination, self.options, self.width) = (destination, options, width)
    }

    /// Compares, and sends what is to be sent; then compares again, so that a change that was
    /// accepted but is not there fails too.
    ///
    /// - Parameter observe: given each call that was sent, with its outcome.
    /// - Throws: `absent` where nothing is recorded, or there is no domain and none is to be made; what keeps records or
    ///   domain from being read; `CancellationError` if it was stopped before the first call.
    package func run(
        stop: StopSignal,
        observe: @Sendable (ConfigurationRestore.Step) -> Void
    ) async throws -> ConfigurationRestore {
        let records = try await ConfigurationRecords.list(in: backup, asOf: options.asOf)
        let (newest, untrusted) = try await records.newest()
        guard let newest else { throw untrusted.first ?? nothingRecorded }
        let mapped = try options.mapping.mapped(newest.configuration)
        let plan = ConfigurationPlan(of: mapped.configuration, in: try await present(stop), options: options.plan)
        let contradiction = plan.calls.isEmpty ? nil : try await contradiction(stop)
        let isProved = backup.trust != nil && contradiction == nil
        let isHeldBack =
            options.writes && !plan.calls.isEmpty && !isProved && !options.accepted.contains(newest.sha256)
        let sends = options.writes && !isHeldBack
        var restore = ConfigurationRestore(
            record: newest,
            isProved: isProved,
            isContradicted: contradiction != nil,
            isHeldBack: isHeldBack,
            plan: plan,
            rewrites: mapped.rewrites,
            foreign: mapped.foreign,
            steps: plan.calls.map { ConfigurationRestore.Step(call: $0, fate: sends ? .left : .planned) },
            failures: untrusted + [contradiction].compactMap(\.self) + plan.uncompared.map(uncompared)
        )
        guard sends, !restore.steps.isEmpty else { return restore }
        await send(&restore, stop, observe)
        guard !restore.isCutShort, restore.count({ $0 == .left }) == 0 else { return restore }
        do {
            let rest = ConfigurationPlan(of: mapped.configuration, in: try await present(stop), options: options.plan)
            settle(&restore, with: rest, observe)
        } catch is CancellationError {
            restore.isCutShort = true
        } catch let failure as RemoteFailure {
            restore.failures.append(failure)
        }
        return restore
    }

    private func send(
        _ restore: inout ConfigurationRestore,
        _ stop: StopSignal,
        _ observe: (ConfigurationRestore.Step) -> Void
    ) async {
        for index in restore.steps.indices {
            if stop.reason != nil {
                restore.isCutShort = true
                return
            }
            do {
                try await destination.perform(restore.steps[index].call)
                restore.steps[index].fate = .made
            } catch {
                guard let failure = narrow(error, restore.steps[index].call) else {
                    restore.isCutShort = true
                    return
                }
                restore.steps[index].fate = .failed(failure)
                if failure.endsConfiguration {
                    observe(restore.steps[index])
                    return
                }
            }
            observe(restore.steps[index])
        }
    }

    /// What is still to do counts as failed, if nothing else is known of it; what turns out to be
    /// done, by somebody else or by an attempt whose answer was lost, counts as made.
    private func settle(
        _ restore: inout ConfigurationRestore,
        with rest: ConfigurationPlan,
        _ observe: (ConfigurationRestore.Step) -> Void
    ) {
        for index in restore.steps.indices {
            let step = restore.steps[index]
            let isOpen = rest.calls.contains { $0.name == step.call.name && $0.place == step.call.place }
            switch step.fate {
            case .failed(let failure) where failure.kind == .conflict && !isOpen: restore.steps[index].fate = .made
            case .made where isOpen && rest.calls.contains(step.call):
                let failure = RemoteFailure(
                    .conflict,
                    operation: .restore,
                    target: step.call.place,
                    message: "\(step.call.name) was accepted, and the domain does not show what it set"
                )
                restore.steps[index].fate = .failed(failure)
                observe(restore.steps[index])
            default: break
            }
        }
    }

    // MARK: Reading

    /// Why the newest record may not be the newest that there was: under trust, what anchors and the newest checkpoint say of
    /// all records. A list for each thousand of these, and what reading the checkpoint takes.
    private func contradiction(_ stop: StopSignal) async throws -> RemoteFailure? {
        guard backup.trust != nil else { return nil }
        let newest = try await Checkpoints.read(of: backup, repositories: [], at: backup.now).newest
        let cuts = RecordCut.all(of: backup, newest, opens: true)
        guard let digester = cuts.digester(of: backup) else { return nil }
        let isWhole = try await backup.takeIn(by: digester) { stop.reason != nil }
        digester.finish()
        digester.add(configuration: try await ConfigurationRecords.list(in: backup).digestible)
        guard isWhole, let digests = digester.digests else {
            return RemoteFailure(
                .untrusted,
                operation: .restore,
                target: backup.store.location,
                message: "it does not list all records, or not those of a package together: none can be compared"
            )
        }
        return cuts.lazy.compactMap { $0.disagreement(with: digests, at: backup.store.location) }.first
    }

    /// Nil if there is no domain, and one is to be created.
    private func present(_ stop: StopSignal) async throws -> ConfigurationReading.Found? {
        let names: [String]
        do {
            names = try await repositories()
        } catch let failure as RemoteFailure where failure.kind == .absent {
            guard !options.createsDomain else { return nil }
            throw RemoteFailure(
                .absent,
                operation: failure.operation,
                target: failure.target,
                message: "\(failure.message). --create-domain makes it"
            )
        }
        return try await ConfigurationReading(of: source, width: width, stop: stop).read(repositories: names)
    }

    private var nothingRecorded: RemoteFailure {
        RemoteFailure(
            .absent,
            operation: .restore,
            target: backup.store.location,
            message: "no configuration of the domain \(backup.layout.domain) is recorded"
                + (options.asOf.map { " up to \($0.extended)" }
                    ?? "; a run records it, unless --no-record-configuration is set")
        )
    }

    private func uncompared(_ part: String) -> RemoteFailure {
        RemoteFailure(
            .denied,
            operation: .restore,
            target: part,
            message:
                "the role may not read it, so it is not restored; reconcile policy --for restore-configuration prints "
                + "what to allow"
        )
    }

    private func narrow(_ error: any Error, _ call: ConfigurationCall) -> RemoteFailure? {
        RemoteFailure.narrowing(error, operation: .restore, target: call.place)
    }
}
