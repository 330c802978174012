import Synchronization
import Testing

@testable import ReconcileCore

/// What a verification gathers of one package, and what that costs.
struct RecordedPackageTests {
    private let layout = BackupLayout(domain: "acme")
    private let reader = RecordReader(layout: BackupLayout(domain: "acme"), now: Timestamp(seconds: 1_900_000_000))

    /// Counts how often two records are compared.
    private final class CountedOrder: Sendable {
        private let counter = Mutex(0)

        var comparisons: Int { counter.withLock { $0 } }

        func isOlder(_ left: ManifestRecord, _ right: ManifestRecord) -> Bool {
            counter.withLock { $0 += 1 }
            return left.isOlder(than: right)
        }
    }

    private func manifest(of record: ManifestRecord) -> Manifest {
        Manifest(
            coordinates: record.coordinates,
            revision: record.revision,
            status: record.status,
            properties: VersionProperties(origin: .internal),
            recordedAt: record.recordedAt,
            recordedBy: Manifest.Recorder(door: "reconcile", version: "test"),
            assets: []
        )
    }

    @Test func `the work grows with the number of records, not with its square`() throws {
        let order = CountedOrder()
        var recorded = RecordedPackage(app, layout: layout, reader: reader, isOlder: order.isOlder)
        let snapshot = version("1.0-SNAPSHOT")
        let records = (0..<200).map { number in
            ManifestRecord(
                coordinates: snapshot,
                recordedAt: Timestamp(seconds: 1_800_000_000 + Int64(number)),
                revision: "cmV2",
                status: .published
            )
        }
        for record in records { recorded.add(record, size: 500, modified: nil) }
        for record in records {
            recorded.add(ProvedObject(body: try manifest(of: record).canonicalBytes()), of: record)
        }

        #expect(recorded.faults.isEmpty)
        #expect(recorded.newest == [ExactText(snapshot.version): records[199]])
        #expect(recorded.snapshots[ExactText(snapshot.version)]?.record == records[199])
        #expect(order.comparisons < 200)
    }

    @Test func `the newest record of each version counts, in whatever order the store lists them`() {
        let old = record(version("1.0"), "2026-11-22T08:36:12Z")
        let new = record(version("1.0"), "2026-11-23T08:36:12Z", status: .unlisted)
        let other = record(version("1.1"))
        for records in [[old, new, other], [other, new, old], [new, other, old]] {
            var recorded = RecordedPackage(app, layout: layout, reader: reader)
            for record in records { recorded.add(record, size: 500, modified: nil) }
            #expect(recorded.newest == [ExactText("1.0"): new, ExactText("1.1"): other])
        }
    }
}
