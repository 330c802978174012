import TestSupport
import Testing

@testable import ReconcileCore

/// What a listing of versions shows of records.
@Suite struct ReplacedRecordsTests {
    private let layout = BackupLayout(domain: "acme")
    private let key = ObjectKey(
        "acme/manifests/maven/releases/com.acme/app/1.0/20260101T000000Z.cmV2.Published.json"
    )

    /// A row for each letter: N is the newest bytes, o older ones, M a newest delete marker, m an older one.
    private func rows(_ letters: String, at key: ObjectKey? = nil) -> [StoredVersion] {
        letters.enumerated().map { index, letter in
            StoredVersion(
                StoredObject(
                    key: key ?? self.key,
                    size: 1,
                    etag: nil,
                    modified: Timestamp(seconds: 1_000_000 - Int64(index) * 1_000)
                ),
                versionID: "v\(index)",
                isNewest: letter == "N" || letter == "M",
                isDeleteMarker: letter == "M" || letter == "m"
            )
        }
    }

    private func faults(_ pages: [[StoredVersion]], isRetired: Bool = false) -> [String] {
        var replaced = ReplacedRecords()
        for page in pages { replaced.add(page, of: Selection(), in: layout) }
        return replaced.found.compactMap { $0.fault(isRetired: isRetired) }
            .map { "\($0.kind.rawValue) \($0.versionID ?? "-")" }
    }

    @Test(arguments: [
        ("N", []), ("No", ["rewrittenRecord v1"]), ("Noo", ["rewrittenRecord v2"]), ("Mo", ["hiddenRecord v0"]),
        ("Nmo", ["rewrittenRecord v2"]), ("M", ["hiddenRecord v0"]), ("Nm", ["rewrittenRecord -"]),
    ])
    func `more than one version, or a marker, is a fault`(letters: String, expected: [String]) {
        #expect(faults([rows(letters)]) == expected)
        // On two pages, however they divide it.
        let all = rows(letters)
        for count in 1...letters.count { #expect(faults([Array(all[..<count]), Array(all[count...])]) == expected) }
    }

    @Test func `what a repair has retired may have been written over, but not hidden`() {
        #expect(faults([rows("No")], isRetired: true) == [])
        #expect(faults([rows("Mo")], isRetired: true) == ["hiddenRecord v0"])
        #expect(faults([rows("Nmo")], isRetired: true) == ["rewrittenRecord v2"])
    }

    @Test func `what is no record is not judged`() {
        #expect(faults([rows("No", at: ObjectKey("acme/manifests/maven/releases/com.acme/app/1.0/x"))]) == [])
    }
}
