import ReconcileCore
import TestSupport

/// One scenario, run once for each operation of its run, with a mishap at that operation.
///
///     Sweep(.init("two releases") { $0.source.publish(…) }).everyOperation(.killedBefore)
struct Sweep: Sendable {
    /// What lies at the source and in the backup before the run that is swept.
    struct Scenario: Sendable {
        let name: String
        let prepare: @Sendable (Rehearsal) async -> Void

        init(_ name: String, _ prepare: @escaping @Sendable (Rehearsal) async -> Void) {
            self.name = name
            self.prepare = prepare
        }
    }

    let scenario: Scenario
    var keepsVersions = false
    var etags = InMemoryStore.ETags.md5
    /// Pieces of work at once; above 1 the seed decides on their order.
    var width: Width = 1
    var seed: UInt64 = 1
    /// Seconds between one run and the next; 0 puts their records in one second.
    var pause = 60
    /// Whether the ports try again, as the command line has them do.
    var retries = false

    init(_ scenario: Scenario) {
        self.scenario = scenario
    }

    /// Has the mishap happen at every operation in turn; a sentence for each thing that does not hold.
    ///
    /// After each the run is started again, once, undisturbed. It must then end as a run that was never disturbed,
    /// with the same backup; and one more run must write nothing but its report.
    func everyOperation(_ kind: Mishap.Kind) -> Result {
        let undisturbed = perform { stage in
            let report = await stage.reconcile(options)
            return (Picture(stage), report.exit, [])
        }
        guard let undisturbed else { return Result(problems: ["the undisturbed run does not end"]) }
        var result = Result(problems: undisturbed.problems)
        while true {
            let number = result.operations + 1
            let mishap = Mishap(kind, at: number)
            guard let found = perform({ await disturbed($0, mishap, undisturbed.exit) }) else {
                result.problems.append("\(kind.rawValue) at \(number): the run does not end")
                return result
            }
            guard mishap.happened else { return result }
            result.operations = number
            if found.exit != undisturbed.exit { result.failed += 1 }
            let problems = found.problems + found.picture.differences(from: undisturbed.picture)
            result.problems += problems.map { "\(kind.rawValue) at \(number): \($0)" }
        }
    }

    /// What the ports count in one run that nothing disturbs, its report included, by operation; nil when it does not end.
    var operationsUndisturbed: [String: Int]? {
        SeededExecutor(seed: seed).run {
            let stage = Rehearsal.paged(keepsVersions: keepsVersions, etags: etags)
            await scenario.prepare(stage)
            stage.source.conduct.resetCounts()
            stage.store.conduct.resetCounts()
            await stage.reconcile(options)
            return stage.source.conduct.counts.merging(stage.store.conduct.counts) { $0 + $1 }
        }
    }

    struct Result: Sendable {
        /// How many operations had the mishap.
        var operations = 0
        /// How many of the runs with the mishap did not end as an undisturbed run does.
        var failed = 0
        var problems: [String]
    }

    /// The backup at the end, and how the first run ended.
    private typealias Outcome = (picture: Picture, exit: ExitStatus, problems: [String])

    private var options: Reconciler.Options {
        var options = Reconciler.Options()
        options.width = width
        options.deletionGuard.allowsMassDeletion = true
        return options
    }

    private func disturbed(_ stage: Rehearsal, _ mishap: Mishap, _ exit: ExitStatus) async -> Outcome {
        var problems: [String] = []
        let first = await stage.reconcile(options, mishap, retries: retries)
        let versions = stage.source.currentVersions.values
        if first.exit == .converged { problems += stage.unprotected(versions).map { "after exit 0, \($0)" } }

        stage.clock.advance(by: .seconds(pause))
        let second = await stage.reconcile(options)
        if second.exit != exit { problems.append("the next run ends with \(second.exit): \(second.failures)") }
        if second.exit == .converged { problems += stage.unprotected(versions) }

        stage.store.forgetWrites()
        await stage.reconcile(options)
        let writes = stage.store.writes.map(\.key.value).filter { !$0.contains("/runs/") }
        if exit == .converged, !writes.isEmpty { problems.append("one more run writes \(writes)") }
        return (Picture(stage), first.exit, problems)
    }

    private func perform(_ body: @escaping @Sendable (Rehearsal) async -> Outcome) -> Outcome? {
        SeededExecutor(seed: seed).run {
            let stage = Rehearsal.paged(keepsVersions: keepsVersions, etags: etags)
            await scenario.prepare(stage)
            let outcome = await body(stage)
            return (outcome.picture, outcome.exit, outcome.problems + stage.witness.complaints)
        }
    }
}

extension Sweep.Scenario: CustomStringConvertible {
    var description: String { name }
}
