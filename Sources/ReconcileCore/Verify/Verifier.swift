/// Holds a backup against its own manifests. Without `mending` it writes nothing, and asks nothing of the domain, which
/// may be gone.
///
/// Packages are looked at as the listing of the manifests shows them, then everything under the Maven paths is listed
/// for what lies in no such package. Memory grows by a hash for each package, and by the largest packages at work.
package struct Verifier: Sendable {
    package struct Options: Hashable, Sendable {
        package var selection = Selection()
        package var depth = VerifyDepth.objects
        package var sample = ObjectSample.all
        /// How long ago what looks wrong must have changed last, so that no writer's work is taken for a fault.
        package var settling: Duration = .seconds(3_600)
        /// Whether the `.sha1` file of each asset must be there.
        package var wantsSidecars = false
        /// Packages at once, at least 1.
        package var width = 32

        package init() {}
    }

    let store: any ObjectStore
    let layout: BackupLayout
    let options: Options
    let clock: any RunClock
    let ledger: RequestLedger
    let digest: DigestFunction
    let checksums: ChecksumFunction
    let mending: Mending?

    /// What faults are mended from beside the backup itself.
    package struct Mending: Sendable {
        let source: any PackageSource
        let recorder: Manifest.Recorder

        /// - Parameter recorder: who made the manifests that are made again.
        package init(source: any PackageSource, recorder: Manifest.Recorder) {
            self.source = source
            self.recorder = recorder
        }
    }

    /// - Parameter mending: nil only to look.
    package init(
        store: any ObjectStore,
        layout: BackupLayout,
        options: Options,
        clock: any RunClock,
        ledger: RequestLedger,
        digest: @escaping DigestFunction,
        checksums: @escaping ChecksumFunction,
        mending: Mending? = nil
    ) {
        self.store = store
        self.layout = layout
        self.options = options
        self.clock = clock
        self.ledger = ledger
        self.digest = digest
        self.checksums = checksums
        self.mending = mending
    }

    /// Verifies to the end, or until `stop` is raised or the task is cancelled; the report says which.
    ///
    /// - Parameter observe: called with what was looked at so far and how many faults there are, package by package.
    package func run(
        id: String,
        stop: StopSignal,
        observe: @escaping @Sendable (VerifyReport.Counts, _ faults: Int) -> Void
    ) async -> VerifyReport {
        let startedAt = Timestamp(secondsSince1970: clock.secondsSince1970())
        let before = ledger.snapshot
        let report = VerifyReport(runID: id, domain: layout.domain, options: options, startedAt: startedAt)
        var schedule = VerifySchedule(report: report, options: options, layout: layout, stop: stop, observe: observe)
        do {
            let look = PackageLook(verifier: self, keepsVersions: try await store.keepsVersions(), stop: stop)
            await drive(&schedule, width: options.width) { item in
                await perform(item, look)
            }
        } catch {
            schedule.absorb(outcome(of: error))
        }
        let counts = ledger.snapshot.since(before)
        return schedule.finished(counts, at: Timestamp(secondsSince1970: clock.secondsSince1970()))
    }

    private func perform(_ item: VerifySchedule.Item, _ look: PackageLook) async -> VerifySchedule.Outcome {
        do {
            switch item {
            case .list(let prefix, let token):
                return .listed(try await store.list(prefix: prefix, after: token))
            case .look(let package):
                return .looked(try await look.look(at: package))
            case .confirm(let fault):
                let page = try await store.list(prefix: fault.key, after: nil)
                return .confirmed(page.elements.contains { $0.key == fault.key } ? fault : nil)
            }
        } catch {
            return outcome(of: error)
        }
    }

    private func outcome(of error: any Error) -> VerifySchedule.Outcome {
        RemoteFailure.narrowing(error, operation: "verify", target: store.location).map(VerifySchedule.Outcome.failed)
            ?? .interrupted
    }
}
