import ReconcileCore
import TestSupport

/// Plays one history, and holds it against the model.
struct HistoryPlay {
    private let stage: Rehearsal
    /// Packages in which a run was cut off since the last undisturbed one.
    private var disturbed: Set<PackageCoordinates> = []
    /// Derived documents that may be behind their manifests until the package is next written; see `disturb`.
    private var behind: Set<ObjectKey> = []

    /// A sentence for each thing that did not hold, up to the first step at which one did not.
    static func problems(_ history: History) -> [String] {
        var play = HistoryPlay(stage: Rehearsal.paged(keepsVersions: history.keepsVersions))
        for (number, step) in history.steps.enumerated() {
            let problems = play.perform(step) + play.stage.witness.complaints
            if !problems.isEmpty { return problems.map { "step \(number + 1): \($0)" } }
        }
        return play.finish().map { "at the end: \($0)" }
    }

    /// Every write in its order, after playing a history: what shows that it is played the same again.
    static func trace(_ history: History) -> [InMemoryStore.Write] {
        var play = HistoryPlay(stage: Rehearsal.paged(keepsVersions: history.keepsVersions))
        for step in history.steps { _ = play.perform(step) }
        return play.stage.store.writes
    }

    private init(stage: Rehearsal) {
        self.stage = stage
    }

    private mutating func perform(_ step: History.Step) -> [String] {
        switch step {
        case .change(let change):
            change.apply(to: stage)
            if let package = change.package, disturbed.contains(package) { markBehind(package) }
            return []
        case .run(let guarded): return run(guarded: guarded)
        case .work(let work): return perform(work)
        }
    }

    // MARK: Runs that nothing disturbs

    private mutating func run(guarded: Bool) -> [String] {
        let stage = stage
        let contents = stage.store.contents
        let model = HistoryModel(
            versions: stage.source.currentVersions,
            before: HistoryModel.known(stage.witness.manifests),
            files: HistoryModel.files(stage.witness.manifests),
            isGuarded: guarded,
            isHeldBack: { version in
                !stage.keepsVersions
                    && version.assets.contains { name, bytes in
                        let stored = contents[stage.layout.key(of: name.value, in: version.coordinates).value]
                        return stored != nil && stored != bytes
                    }
            }
        )
        var options = Reconciler.Options()
        options.width = 2
        options.deletionGuard.allowsMassDeletion = !guarded
        // The model knows the present alone.
        options.deletionGuard.window = .zero
        options.selection.mayBeEmpty = true
        let report = SeededExecutor(seed: 1).run { [options] in await stage.reconcile(options) }
        guard let report else { return ["the run does not end"] }

        var problems: [String] = []
        if report.exit != model.exit {
            problems.append("the run ends with \(report.exit) instead of \(model.exit): \(report.failures)")
        }
        if let orphaned = model.orphaned, report.versions.orphaned != orphaned {
            problems.append("\(report.versions.orphaned) orphaned instead of \(orphaned)")
        }
        problems += Self.imbalances(of: report)
        if report.exit == .converged { problems += stage.unprotected(model.versions.values) }
        let found = HistoryModel.known(stage.witness.manifests)
        let expected = model.after
        for version in Set(found.keys).union(expected.keys) where found[version] != expected[version] {
            problems.append(
                "\(version) is known as \(String(describing: found[version])) "
                    + "instead of \(String(describing: expected[version]))"
            )
        }
        // A deletion that the guard holds back is pending, and so is the document of whoever was killed recording it.
        if report.exit == .refused { disturbed.forEach { markBehind($0) } }
        disturbed = []
        for version in expected.keys where expected[version] != model.before[version] {
            behind.remove(stage.layout.metadataKey(of: version.package))
            behind.remove(stage.layout.metadataKey(ofSnapshot: version))
        }
        return problems + MetadataCheck(stage).problems(except: behind)
    }

    /// After everything: one run settles, the next has nothing to do, and all documents can be put right.
    private mutating func finish() -> [String] {
        stage.clock.advance(by: .seconds(86_400))
        var problems = run(guarded: false)
        guard problems.isEmpty else { return problems + stage.witness.complaints }
        let stage = stage
        let before = stage.store.writes.count
        problems += run(guarded: false)
        let writes = stage.store.writes.dropFirst(before).map(\.key.value).filter { !$0.contains("/runs/") }
        if !writes.isEmpty { problems.append("one more run writes \(writes)") }
        return problems + stage.witness.complaints
    }

    // MARK: Writers at once

    private mutating func perform(_ work: History.Work) -> [String] {
        let stage = stage
        let mishaps = work.writers.map { writer in writer.mishap.map { Mishap($0, at: writer.at) } ?? .none }
        let isAlone = work.writers.count == 1 && work.during.isEmpty
        let problems: [String]? = SeededExecutor(seed: work.seed).run {
            await withTaskGroup(of: [String].self) { group in
                for (writer, mishap) in zip(work.writers, mishaps) {
                    group.addTask { await Self.perform(writer, mishap, stage, work, isAlone) }
                }
                for moment in work.during {
                    group.addTask {
                        for _ in 0..<moment.after { await Task.yield() }
                        moment.change.apply(to: stage)
                        return []
                    }
                }
                return await group.reduce(into: []) { $0 += $1 }
            }
        }
        guard let problems else { return ["the writers do not end"] }
        if mishaps.contains(where: \.happened) {
            for package in Set(History.Name.allCases.map(\.coordinates.package)) {
                disturbed.insert(package)
                if !isAlone { markBehind(package) }
            }
        }
        return problems
    }

    private static func perform(
        _ writer: History.Writer,
        _ mishap: Mishap,
        _ stage: Rehearsal,
        _ work: History.Work,
        _ isAlone: Bool
    ) async -> [String] {
        switch writer.door {
        case .event(let name):
            await stage.protect(name.coordinates, Reconciler.Options(), mishap, skew: writer.skew)
            return []
        case .reconciler(let width):
            var options = Reconciler.Options()
            // 0 is auto: a history is written down in JSON.
            options.width = width == 0 ? .auto : .fixed(width)
            options.selection.mayBeEmpty = true
            let report = await stage.reconcile(options, mishap, skew: writer.skew)
            guard report.exit == .converged else { return [] }
            guard work.during.isEmpty else { return imbalances(of: report) }
            return imbalances(of: report)
                + stage.unprotected(stage.source.currentVersions.values, byNewest: isAlone).map { "exit 0, but \($0)" }
        }
    }

    /// What of the counts of a run that came to its end does not add up.
    private static func imbalances(of report: RunReport) -> [String] {
        let versions = report.versions
        let drifted = versions.missing + versions.stale
        let isListingWhole = versions.listed == versions.inSync + drifted + versions.skipped
        return isListingWhole && drifted - versions.copied <= versions.failed + versions.left
            && versions.unprotected == versions.failed + versions.left
            ? [] : ["the counts do not add up: \(versions)"]
    }

    /// A document may stay behind its manifests where a writer was cut off between the two and what it was about to
    /// record holds no more (or never did), or another writer was at work meanwhile. The package's next write puts it
    /// right.
    private mutating func markBehind(_ package: PackageCoordinates) {
        behind.insert(stage.layout.metadataKey(of: package))
        behind.insert(stage.layout.metadataKey(ofSnapshot: History.Name.snapshot.coordinates))
    }
}
