import AWSServices
import DirectoryAdapter
import HTTPTransfer
import ReconcileCore
import TestSupport
import Testing

/// Every kind of signed object, forged in every way, in real stores: all kinds at once, for each way.
@Suite(.serialized, .enabled(if: Programs.areReal, "RECONCILE_TESTS=unit leaves out real servers"), .seaweedFS)
struct SignedForgeryTests {
    @Test func `each forged object is a fault, and none is restored or served, in a directory`() async throws {
        let model = try await SignedModel.made()
        try await withScratchDirectory { scratch in
            for way in SignedForgery.allCases {
                let store = { (name: String) in
                    try DirectoryStore(directory: "\(scratch)/\(way)-\(name)", create: true, ledger: RequestLedger())
                }
                try await prove(way, of: model, replaced: store("replaced"), inserted: store("inserted"))
            }
        }
    }

    @Test func `each forged object is a fault, and none is restored or served, in a bucket that keeps versions`()
        async throws
    {
        let model = try await SignedModel.made()
        let seaweed = try #require(SeaweedFS.current)
        try await HTTPClient.withClient { client in
            for way in SignedForgery.allCases {
                let store = { (name: String) in
                    let prefix = "forgeries/\(way)-\(name)"
                    return try S3Store(seaweed, bucket: seaweed.versionedBucket, prefix: prefix, client: client)
                }
                try await prove(way, of: model, replaced: store("replaced"), inserted: store("inserted"))
            }
        }
    }

    private func prove(
        _ way: SignedForgery,
        of model: SignedModel,
        replaced: any ObjectStore,
        inserted: any ObjectStore
    ) async throws {
        let kinds = SignedModel.Kind.allCases
        #expect(try await model.problemsReplacing(kinds, with: way, in: replaced) == [], "\(way)")
        let inserting = try await model.problemsInserting(kinds, as: way, at: model.now, in: inserted)
        #expect(inserting == [], "\(way)")
    }

    @Test func `each signed object that is deleted is missed in a bucket that keeps versions`() async throws {
        let model = try await SignedModel.made()
        let seaweed = try #require(SeaweedFS.current)
        try await HTTPClient.withClient { client in
            let bucket = seaweed.versionedBucket
            let store = try S3Store(seaweed, bucket: bucket, prefix: "forgeries/deleted", client: client)
            try await model.copy(model.objects, to: store)
            #expect(try await model.findings(in: store) == [])
            for key in model.keys.values { try await seaweed.delete("forgeries/deleted/\(key)", in: bucket) }
            let found = try await model.findings(in: store)
            for (kind, key) in model.keys { #expect(found.contains("hiddenRecord \(key)"), "\(kind): \(found)") }
        }
    }
}
