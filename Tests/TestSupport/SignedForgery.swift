package import ReconcileCore

/// What is put beside a signed backup, or in the place of something of it, by somebody without its key or with one that he
/// had once.
package enum SignedForgery: String, CaseIterable, Sendable {
    case unsigned
    case byAnotherKey
    case ofAnotherDomain
    /// What was signed for another key of the store.
    case rekeyed
    /// Under a certificate that was made before it says, and names what was the newest checkpoint then.
    case inAdvance
    case inAdvanceNamingNone
    /// Under a certificate that was over long before.
    case keptForLater
    case changed
    case emptied

    /// The bytes of an object.
    ///
    /// - Parameters:
    ///   - body: what it is to say, without a seal.
    package func bytes(saying body: [UInt8], at key: ObjectKey, of model: SignedModel) throws -> [UInt8] {
        let path = String(key.value.dropFirst(model.layout.prefix.value.count))
        guard let own = testSignatures.makeKey(), let other = model.objects[otherKey(than: key, in: model)] else {
            throw TestTrust.Absent()
        }
        func sealed(
            by trust: TestTrust,
            _ identity: RunCertificate.Identity = SignedModel.identity,
            at time: Timestamp,
            naming seen: RunCertificate.Seen?
        ) throws -> [UInt8] {
            let certification = try trust.certification(
                of: own.point,
                identity.description,
                from: Timestamp(seconds: time.seconds - 3_600).extended,
                to: Timestamp(seconds: time.seconds + 3_600).extended,
                naming: seen
            )
            return try trust.sealed(body, at: path, by: own, certification)
        }
        let time = Self.time(in: path) ?? model.now
        let checkpoints = try model.checkpoints()
        switch self {
        case .unsigned: return body
        case .byAnotherKey: return try sealed(by: TestTrust(), at: time, naming: checkpoints.last)
        case .ofAnotherDomain:
            let identity = RunCertificate.Identity(owner: "111122223333", region: "eu-west-1", domain: "other")
            return try sealed(by: model.trust, identity, at: time, naming: checkpoints.last)
        case .rekeyed: return other
        case .inAdvance: return try sealed(by: model.trust, at: model.now, naming: checkpoints.first)
        case .inAdvanceNamingNone: return try sealed(by: model.trust, at: model.now, naming: nil)
        case .keptForLater:
            return try sealed(by: model.trust, at: Timestamp(seconds: 1_577_836_800), naming: nil)
        case .changed:
            var bytes = try sealed(by: model.trust, at: time, naming: checkpoints.last)
            bytes[bytes.count / 4] ^= 1
            return bytes
        case .emptied: return []
        }
    }

    /// The time that a name, or its folder, begins with.
    fileprivate static func time(in path: String) -> Timestamp? {
        path.split(separator: "/").compactMap { Timestamp(basic: $0.prefix(16)) }.last
    }

    private func otherKey(than key: ObjectKey, in model: SignedModel) -> ObjectKey {
        let own = SignedModel.Kind.allCases.compactMap { model.keys[$0] }
        return own.first { $0 != key } ?? key
    }
}

extension SignedModel {
    /// The bytes of what a thief of the key signs, who had it at the time that the name says and knew all that there was.
    package func signedByThief(_ placed: Placed) throws -> [UInt8] {
        let path = String(placed.key.value.dropFirst(layout.prefix.value.count))
        guard let own = testSignatures.makeKey(), let time = SignedForgery.time(in: path) else {
            throw TestTrust.Absent()
        }
        let certification = try trust.certification(
            of: own.point,
            Self.identity.description,
            from: Timestamp(seconds: time.seconds - 60).extended,
            to: Timestamp(seconds: time.seconds + 60).extended,
            naming: try checkpoints().last { $0.cutoff < time }
        )
        return try trust.sealed(placed.body, at: path, by: own, certification)
    }

    /// Every checkpoint as certificates name it, the oldest first.
    package func checkpoints() throws -> [RunCertificate.Seen] {
        try objects.keys.filter { layout.cutoff(ofCheckpointAt: $0) != nil }.sorted().map { key in
            guard let stored = objects[key], let cutoff = layout.cutoff(ofCheckpointAt: key) else {
                throw TestTrust.Absent()
            }
            let sha256 = testHashes.digest(SignedObject(stored).body, .sha256)
            return RunCertificate.Seen(cutoff: cutoff, sha256: sha256)
        }
    }

    /// What somebody would like to have beside the true objects of a kind: a version that never was, a package that is open,
    /// a policy for everybody, what accepts, retires, allows, states or shows something.
    ///
    /// - Parameter time: that its name says, where it says one.
    package func wished(_ kind: Kind, at time: Timestamp) throws -> (key: ObjectKey, body: [UInt8]) {
        let text = try body(of: kind)
        switch kind {
        case .manifest:
            let true10 = try record(at: kind)
            let forged = ManifestRecord(
                coordinates: Self.version("6.6.6"),
                recordedAt: time,
                revision: true10.revision,
                status: true10.status
            )
            let said = text.replacing(true10.recordedAt.extended, with: time.extended).replacing("1.0", with: "6.6.6")
            return (layout.key(of: forged), Array(said.utf8))
        case .packageRecord:
            let open = OriginControls(publish: .allow, upstream: .allow)
            let forged = PackageRecord(package: Self.app, recordedAt: time, originControls: open)
            let recorder = Manifest.Recorder(door: "reconcile", version: "test")
            return (layout.key(of: forged), forged.canonicalBytes(recordedBy: recorder))
        case .configuration:
            let bytes = Array(text.replacing(#""policy":null"#, with: #""policy":"{}""#).utf8)
            let name = ConfigurationRecords.Name(recordedAt: time, sha256: testHashes.digest(bytes, .sha256))
            return (layout.configurationKey(name), bytes)
        case .checkpoint:
            let cutoff = Timestamp(seconds: time.seconds / 3_600 * 3_600 - 7_200)
            return (layout.checkpointKey(cutoff: cutoff, runID: "forged"), Array(text.utf8))
        case .loss: return (layout.lossKey(runID: "forged"), Array(text.utf8))
        case .repair:
            let said = text.replacing(retired.value, with: keys[.manifest]?.value ?? "")
            return (layout.repairKey(at: time, runID: "forged"), Array(said.utf8))
        case .allowance:
            return (layout.allowanceKey(until: time, runID: "forged"), Self.allowance(until: time, runID: "forged"))
        case .statement: return (ObjectKey("\(layout.statementsPrefix)\(time.basic).forged/abc.json"), Array(text.utf8))
        case .drill: return (layout.drillKey(drillID: "\(time.basic)-forged", day: time.day), Array(text.utf8))
        }
    }

    private func body(of kind: Kind) throws -> String {
        guard let stored = keys[kind].flatMap({ objects[$0] }) else { throw TestTrust.Absent() }
        return String(decoding: SignedObject(stored).body, as: UTF8.self)
    }

    private func record(at kind: Kind) throws -> ManifestRecord {
        guard let record = keys[kind].flatMap({ layout.record(at: $0) }) else { throw TestTrust.Absent() }
        return record
    }
}
