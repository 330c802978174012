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

    @Test func `what is put among records up to a cutoff contradicts checkpoints, however it is signed`() async throws {
        let model = try await SignedModel.made()
        let time = Timestamp(seconds: model.now.seconds - 60 * 3_600)
        for kind: SignedModel.Kind in [.manifest, .packageRecord, .configuration] {
            let store = InMemoryStore()
            try await model.copy(model.objects, to: store)
            let (key, body) = try model.wished(kind, at: time)
            // By a thief of the key, who had it then.
            let own = try #require(testSignatures.makeKey())
            let certification = try model.trust.certification(
                of: own.point,
                SignedModel.identity.description,
                from: Timestamp(seconds: time.seconds - 60).extended,
                to: Timestamp(seconds: time.seconds + 60).extended,
                naming: try model.checkpoints().last { $0.cutoff < time }
            )
            let path = String(key.value.dropFirst("acme/".count))
            store.place(try model.trust.sealed(body, at: path, by: own, certification), at: key.value)
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
