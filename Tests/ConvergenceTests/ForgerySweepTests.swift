import ReconcileCore
import TestSupport
import Testing

/// Every kind of signed object, forged in every way, replaced, put beside the others and removed, one at a time.
@Suite struct ForgerySweepTests {
    @Test(arguments: SignedForgery.allCases)
    func `whatever takes the place of a signed object is a fault, and is neither restored nor served`(
        way: SignedForgery
    ) async throws {
        let model = try await SignedModel.made()
        #expect(try await model.findings(in: model.stage.store) == [])
        for kind in SignedModel.Kind.allCases {
            let problems = try await model.problemsReplacing([kind], with: way, in: InMemoryStore())
            #expect(problems == [], "\(way), \(kind)")
        }
    }

    @Test(arguments: SignedForgery.allCases)
    func `whatever is put beside signed objects is a fault, and is neither restored nor served`(
        way: SignedForgery
    ) async throws {
        let model = try await SignedModel.made()
        // Up to the last cutoffs, and after them.
        for hours: Int64 in [-60, 0] {
            let time = Timestamp(seconds: model.now.seconds + hours * 3_600)
            for kind in SignedModel.Kind.allCases {
                let problems = try await model.problemsInserting([kind], as: way, at: time, in: InMemoryStore())
                #expect(problems == [], "\(way), \(kind), \(hours)")
            }
        }
    }

    @Test(arguments: SignedForgery.allCases)
    func `every record that is replaced in any way is seen by a verification, not restored and not served`(
        way: SignedForgery
    ) async throws {
        let model = try await SignedModel.made()
        #expect(Dictionary(grouping: model.records, by: \.kind).mapValues(\.count) == Self.counts)
        for (kind, key) in model.records {
            let placed = try model.replacing(key, of: kind)
            let problems = try await model.problems([placed], as: way, .overwrite, in: InMemoryStore())
            #expect(problems == [], "\(way), \(key)")
        }
    }

    @Test(arguments: SignedForgery.allCases)
    func `every record that is put beside a true one in any way is seen by a verification, not restored and not served`(
        way: SignedForgery
    ) async throws {
        let model = try await SignedModel.made()
        for (kind, key) in model.records {
            let placed = try model.beside(key, of: kind, at: Timestamp(seconds: model.now.seconds - 60))
            let problems = try await model.problems([placed], as: way, .createOnly, in: InMemoryStore())
            #expect(problems == [], "\(way), \(key)")
        }
    }

    @Test func `without the trust file what unsigned records say is restored`() async throws {
        let model = try await SignedModel.made()
        let (key, version) = try #require(
            model.records.compactMap { row in model.layout.record(at: row.key).map { (row.key, $0.coordinates) } }.last
        )
        let time = Timestamp(seconds: model.now.seconds - 60)
        for placed in [
            [try model.replacing(key, of: .manifest)], [try model.beside(key, of: .manifest, at: time)],
            try model.wishedVersion(at: time),
        ] {
            let store = InMemoryStore()
            try await model.copy(model.objects, to: store)
            try await model.put(placed, as: .unsigned, .overwrite, in: store)
            let (target, _) = try await model.restored(from: store, trusting: false)
            let file = try #require(placed.first?.files.first)
            let restored = target.currentVersions.values.flatMap { $0.assets.values }
            let isWished = target.currentVersions[SignedModel.version("6.6.6")] != nil
            #expect(restored.contains(file.value) && isWished == file.key.value.contains("6.6.6"), "\(version)")
        }
    }

    @Test func `every record that is removed or slipped in among signed ones contradicts the newest checkpoint`()
        async throws
    {
        let model = try await SignedModel.made()
        let newest = try #require(model.objects.keys.filter { model.layout.cutoff(ofCheckpointAt: $0) != nil }.max())
        for (kind, key) in model.records {
            let store = InMemoryStore()
            try await model.copy(model.objects, to: store)
            store.damage(key) { _ in nil }
            let removed = try await model.findings(in: store)
            #expect(removed.contains("contradictedCheckpoint \(newest)"), "\(key): \(removed)")
            store.place(try #require(model.objects[key]), at: key.value)
            #expect(try await model.findings(in: store) == [], "\(key)")

            let placed = try model.beside(key, of: kind, at: Timestamp(seconds: model.now.seconds - 60 * 3_600))
            store.place(try model.signedByThief(placed), at: placed.key.value)
            let inserted = try await model.findings(in: store)
            #expect(inserted.contains("contradictedCheckpoint \(newest)"), "\(key): \(inserted)")
        }
    }

    /// The records of the model.
    private static let counts: [SignedModel.Kind: Int] = [.manifest: 10, .packageRecord: 1, .configuration: 1]

    @Test func `what is put among records up to a cutoff contradicts checkpoints, however it is signed`() async throws {
        let model = try await SignedModel.made()
        let time = Timestamp(seconds: model.now.seconds - 60 * 3_600)
        for kind: SignedModel.Kind in [.manifest, .packageRecord, .configuration] {
            let store = InMemoryStore()
            try await model.copy(model.objects, to: store)
            let (key, body) = try model.wished(kind, at: time)
            let placed = SignedModel.Placed(kind: kind, key: key, body: body)
            store.place(try model.signedByThief(placed), at: key.value)
            let found = try await model.findings(in: store)
            #expect(found.contains { $0.hasPrefix("contradictedCheckpoint ") }, "\(kind): \(found)")
        }
    }

    @Test func `what is removed is missed, but for an allowance and the evidence of a drill`() async throws {
        let model = try await SignedModel.made()
        let named: [SignedModel.Kind: String] = [
            .loss: "unreadableManifest \(model.accepted)", .repair: "unreadableManifest \(model.retired)",
            .statement: "unreadableManifest \(model.stated)",
            .checkpoint: "lostCheckpoint \(try #require(model.keys[.checkpoint]))",
        ]
        for kind in SignedModel.Kind.allCases {
            let store = InMemoryStore()
            try await model.copy(model.objects, to: store)
            store.damage(try #require(model.keys[kind])) { _ in nil }
            let found = try await model.findings(in: store)
            switch kind {
            case .manifest, .packageRecord, .configuration:
                #expect(found.contains { $0.hasPrefix("contradictedCheckpoint ") }, "\(kind): \(found)")
            // Without an allowance runs ask again. That a drill was made, nothing but a bucket that keeps versions shows.
            case .allowance, .drill: #expect(found == [], "\(kind)")
            case .checkpoint, .loss, .repair, .statement:
                #expect(try found.contains(#require(named[kind])), "\(kind): \(found)")
            }
        }
    }

    @Test func `a backup that is put back as a whole as it was is seen from an anchor alone`() async throws {
        let model = try await SignedModel.made()
        let store = InMemoryStore()
        try await model.copy(model.earlier, to: store)
        #expect(try await model.findings(in: store) == [])
        let last = try await Checkpoints.read(of: model.stage.backup, repositories: [], at: model.now).newest
        let newest = try #require(last).checkpoint
        let anchor = try #require(CheckpointAnchor("\(newest.cutoff.basic):\(newest.records.digest)"))
        #expect(try await model.findings(in: model.stage.store, anchors: [anchor]) == [])
        let seen = try await model.findings(in: store, anchors: [anchor])
        #expect(seen == ["contradictedCheckpoint acme/checkpoints/\(anchor)"])
    }
}
