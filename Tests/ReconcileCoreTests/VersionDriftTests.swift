import ReconcileCore
import Testing

/// What records and a listing say of one version, without reading anything.
@Suite struct VersionDriftTests {
    private func drift(
        _ records: [ManifestRecord],
        _ atSource: VersionDrift.AtSource = .asRecorded,
        since: String? = nil
    ) -> VersionDrift {
        VersionDrift(
            version: version("1.0"),
            history: VersionHistory(records),
            atSource: atSource,
            since: since.map(time)
        )
    }

    private func listed(_ status: VersionStatus = .published, revision: String? = "cmV2") -> VersionDrift.AtSource {
        .listed(ListedVersion(version: "1.0", revision: revision, status: status, origin: .internal))
    }

    private func at(
        _ minute: Int,
        _ status: VersionStatus = .published,
        revision: String? = "cmV2"
    ) -> ManifestRecord {
        record(version("1.0"), "2026-11-22T08:0\(minute):00Z", revision: revision, status: status)
    }

    private func minute(_ minute: Int) -> Timestamp { time("2026-11-22T08:0\(minute):00Z") }

    private func change(_ from: VersionStatus, _ to: VersionStatus, _ minute: Int?) -> StatusChange {
        StatusChange(version: version("1.0"), from: from, to: to, recordedAt: minute.map(self.minute))
    }

    private func isEmpty(_ drift: VersionDrift) -> Bool {
        drift.orphaned == nil && drift.statusChanges.isEmpty && drift.unprotected(publishedTime: nil) == nil
            && drift.readings.isEmpty && !drift.asksForAssets
    }

    @Test func `in sync there is nothing to tell`() {
        #expect(isEmpty(drift([at(1)])))
        #expect(isEmpty(drift([at(1), at(2)])))
    }

    @Test func `an orphan says when it was last recorded and when it was deleted`() {
        let orphan = drift([at(1), at(2, .archived), at(3, .deleted), at(4, .deleted)])
        #expect(
            orphan.orphaned
                == OrphanedVersion(
                    version: version("1.0"),
                    lastStatus: .archived,
                    lastRecorded: minute(2),
                    deletionRecorded: minute(3),
                    isConfirmed: true
                )
        )
        // Its last change of status is that it was deleted.
        #expect(orphan.statusChanges == [change(.published, .archived, 2)])
        #expect(orphan.unprotected(publishedTime: nil) == nil)
        let again = drift([at(1), at(3, .deleted)], since: "2026-11-22T08:03:00Z")
        #expect(again.orphaned != nil)
        #expect(isEmpty(drift([at(1), at(3, .deleted)], since: "2026-11-22T08:03:01Z")))
    }

    @Test(arguments: [nil, "2026-11-22T09:00:00Z"])
    func `an orphan that no run has recorded is always told`(since: String?) {
        #expect(
            drift([at(1)], .gone(isConfirmed: true), since: since).orphaned
                == OrphanedVersion(
                    version: version("1.0"),
                    lastStatus: .published,
                    lastRecorded: minute(1),
                    deletionRecorded: nil,
                    isConfirmed: true
                )
        )
    }

    @Test func `archived and back are two changes of status, and nothing is read`() {
        let changed = drift([at(1), at(2, .archived), at(3)])
        #expect(changed.statusChanges == [change(.published, .archived, 2), change(.archived, .published, 3)])
        #expect(changed.readings.isEmpty)
        let later = drift([at(1), at(2, .archived), at(3)], since: "2026-11-22T08:03:00Z")
        #expect(later.statusChanges == [change(.archived, .published, 3)])
    }

    @Test func `a status that the source has changed is told at once, and its bytes are protected`() {
        for status in [VersionStatus.archived, .unlisted, .disposed, .unfinished] {
            let changed = drift([at(1)], listed(status), since: "2026-11-22T09:00:00Z")
            #expect(changed.statusChanges == [change(.published, status, nil)])
            #expect(changed.unprotected(publishedTime: 1) == nil)
            #expect(!changed.asksForAssets)
        }
    }

    @Test func `deleted and published again is unprotected until it is recorded, then told as two changes`() {
        let now = drift([at(1), at(2, .deleted)], listed(revision: "bmV3"), since: "2026-11-22T09:00:00Z")
        #expect(now.orphaned == nil)
        #expect(now.statusChanges == [change(.deleted, .published, nil)])
        #expect(
            now.unprotected(publishedTime: 5)
                == UnprotectedVersion(
                    version: version("1.0"),
                    state: .missing,
                    status: .published,
                    lastRecorded: minute(2),
                    publishedTime: 5
                )
        )
        #expect(now.asksForAssets)
        #expect(now.readings == [at(1)])
        let recorded = drift([at(1), at(2, .deleted), at(3, revision: "bmV3")])
        #expect(recorded.statusChanges == [change(.published, .deleted, 2), change(.deleted, .published, 3)])
        #expect(recorded.orphaned == nil)
        #expect(recorded.readings == [at(1), at(3, revision: "bmV3")])
    }

    @Test func `a new version is missing, another revision is stale, an unfinished one neither`() {
        let new = VersionDrift(version: version("1.0"), history: nil, atSource: listed(), since: nil)
        #expect(new.unprotected(publishedTime: nil)?.state == .missing)
        #expect(!new.asksForAssets && new.statusChanges.isEmpty)
        let changed = drift([at(1)], listed(revision: "bmV3"))
        #expect(changed.unprotected(publishedTime: nil)?.state == .stale)
        #expect(changed.asksForAssets && changed.readings == [at(1)])
        let unfinished = VersionDrift(version: version("1.0"), history: nil, atSource: listed(.unfinished), since: nil)
        #expect(isEmpty(unfinished))
    }

    @Test func `a version whose bytes could never be had is unprotected once they can`() {
        let back = drift([at(1, .archived)], listed())
        #expect(back.unprotected(publishedTime: nil)?.state == .stale)
        // There are no bytes to hold the source's against.
        #expect(!back.asksForAssets && back.readings.isEmpty)
    }

    @Test func `manifests are read where revisions differ, one of each in a row, and only for what was recorded since`()
    {
        let records = [
            at(1), at(2), at(3, .archived), at(4, revision: "Mg=="), at(5, .deleted, revision: "Mg=="),
            at(6, revision: "Mg=="), at(7, revision: nil), at(8, revision: nil),
        ]
        let read = [at(1), at(4, revision: "Mg=="), at(7, revision: nil), at(8, revision: nil)]
        #expect(drift(records).readings == read)
        #expect(drift(records, since: "2026-11-22T08:08:00Z").readings == read)
        #expect(drift(records, since: "2026-11-22T08:08:01Z").readings == [])
    }

    @Test func `how long a version is unprotected counts from its publication or its newest record`() {
        func seconds(_ published: Double?, _ records: [ManifestRecord]) -> Double? {
            drift(records, listed(revision: "bmV3")).unprotected(publishedTime: published)?
                .seconds(at: Double(minute(9).seconds))
        }
        let early = Double(minute(0).seconds)
        #expect(seconds(early, []) == 540)
        #expect(seconds(early, [at(3)]) == 360)
        #expect(seconds(Double(minute(5).seconds), [at(3)]) == 240)
        #expect(seconds(nil, [at(3)]) == 360)
        #expect(seconds(nil, []) == nil)
    }

    @Test func `other bytes under a name are told with both records, documents of the service aside`() {
        func stored(_ name: String, _ sum: String, _ id: String?) -> Manifest.StoredAsset {
            let asset = Asset(name: name, size: 1, checksums: Checksums(sha256: sum))
            return Manifest.StoredAsset(asset: asset, key: ObjectKey("k"), versionID: id)
        }
        func manifest(_ record: ManifestRecord, _ assets: [Manifest.StoredAsset]) -> Manifest {
            Manifest(
                coordinates: record.coordinates,
                revision: record.revision,
                status: record.status,
                properties: VersionProperties(origin: .internal),
                recordedAt: record.recordedAt,
                recordedBy: Manifest.Recorder(door: "reconcile", version: "1"),
                assets: assets
            )
        }
        let (first, second) = (at(1), at(2, revision: "Mg=="))
        let (old, new) = (stored("app.jar", "aa", "v1"), stored("app.jar", "bb", "v2"))
        let manifests = [
            manifest(first, [old, stored("maven-metadata.xml", "11", "m1")]),
            manifest(second, [new, stored("maven-metadata.xml", "22", "m2")]),
        ]
        let now = Asset(name: "app.jar", size: 1, checksums: Checksums(sha256: "cc"))
        let recorded = AssetMutation(
            was: AssetSighting(old, recordedAt: minute(1)),
            now: AssetSighting(new, recordedAt: minute(2))
        )
        let unrecorded = AssetMutation(
            was: AssetSighting(new, recordedAt: minute(2)),
            now: AssetSighting(listed: now)
        )
        let all = drift([first, second], listed(revision: "Mw=="))
        #expect(all.mutated(manifests: manifests, listed: [now]).map(\.mutation) == [recorded, unrecorded])
        let later = drift([first, second], listed(revision: "Mw=="), since: "2026-11-22T08:02:01Z")
        #expect(later.mutated(manifests: manifests, listed: [now]).map(\.mutation) == [unrecorded])
    }
}
