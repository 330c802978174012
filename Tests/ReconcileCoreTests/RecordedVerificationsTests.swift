import ReconcileCore
import TestSupport
import Testing

/// Which faults of earlier verifications stand, whatever was verified since.
@Suite struct RecordedVerificationsTests {
    private func report(
        _ id: String,
        _ fault: BackupFault.Kind? = nil,
        package: String? = nil,
        shard: String = "0/1",
        depth: VerifyDepth = .objects,
        subset: String? = nil,
        comparesWithDomain: Bool = false
    ) -> VerifyReport {
        var options = Verifier.Options()
        options.depth = depth
        if let package { options.selection.include = [VersionPattern(package)].compactMap(\.self) }
        if let shard = Shard(shard) { options.selection.shard = shard }
        if let sample = subset.flatMap({ ObjectSample(subset: $0, now: time("2026-11-30T00:00:00Z")) }) {
            options.sample = sample
        }
        var report = VerifyReport(
            runID: id,
            domain: "acme",
            options: options,
            startedAt: time("2026-11-30T00:00:00Z")
        )
        if comparesWithDomain { report.looked.comparedWithDomain = 3 }
        if let fault {
            report.faults[fault.rawValue] = 1
            report.outcome = .faulty
        }
        return report
    }

    private func standing(_ later: VerifyReport..., after faulty: VerifyReport) -> Bool {
        RecordedVerifications(later.reversed() + [faulty]).faulty == faulty
    }

    @Test func `the newest report is the last verification, and its own faults stand`() {
        let faulty = report("b", .missing)
        let found = RecordedVerifications([faulty, report("a")])
        #expect(found.newest == faulty && found.faulty == faulty)
        #expect(RecordedVerifications([report("a")]).faulty == nil)
        #expect(RecordedVerifications([VerifyReport]()).newest == nil)
    }

    @Test func `a verification of another part says nothing of faults that were found`() {
        let faulty = report("a", .missing)
        #expect(!standing(report("b"), after: faulty))
        #expect(standing(report("b", package: "com.acme:lib"), after: faulty))
        #expect(standing(report("b", shard: "7/1000"), after: faulty))
        #expect(standing(report("b", depth: .manifests), after: faulty))
        #expect(standing(report("c", package: "com.acme:app"), after: report("a", .missing, package: "com.acme:lib")))
        #expect(!standing(report("c", package: "com.acme:lib"), after: report("a", .missing, package: "com.acme:lib")))
        #expect(!standing(report("c"), after: report("a", .missing, package: "com.acme:lib", shard: "1/2")))
        #expect(standing(report("c", shard: "1/2"), after: report("a", .missing, shard: "0/2")))
        #expect(!standing(report("c", shard: "0/2"), after: report("a", .missing, shard: "0/2")))
    }

    @Test func `bytes that were found wrong stay so until as many are read again`() {
        let faulty = report("a", .wrongBytes, depth: .bytes, subset: "3/30")
        #expect(standing(report("b"), after: faulty))
        #expect(standing(report("b", depth: .checksums), after: faulty))
        #expect(standing(report("b", depth: .bytes, subset: "4/30"), after: faulty))
        #expect(!standing(report("b", depth: .bytes, subset: "3/30"), after: faulty))
        #expect(!standing(report("b", depth: .bytes), after: faulty))
        // A listing shows what is missing, whatever bytes are read.
        #expect(!standing(report("b", depth: .bytes, subset: "4/30"), after: report("a", .missing, subset: "3/30")))
    }

    @Test func `a record that the domain contradicts stands until it is compared again`() {
        let faulty = report("a", .contradictedRecord, comparesWithDomain: true)
        #expect(standing(report("b", depth: .bytes), after: faulty))
        #expect(!standing(report("b", comparesWithDomain: true), after: faulty))
    }

    @Test func `a verification that came to no end shows nothing to be gone`() {
        var ended = report("b", depth: .bytes)
        ended.outcome = .deadline
        #expect(standing(ended, after: report("a", .missing)))
        #expect(!standing(ended, report("c"), after: report("a", .missing)))
    }
}
