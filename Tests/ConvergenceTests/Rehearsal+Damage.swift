import ReconcileCore
import TestSupport

extension Damage {
    /// Damages an object; one that is removed is so with its older versions.
    func inflict(on key: ObjectKey, _ beside: ObjectKey, in store: InMemoryStore) {
        let effect = effect(on: store.bytes(at: key, versionID: nil) ?? [])
        store.damage(key) { _ in effect.bytes }
        if let bytes = effect.beside { store.place(bytes, at: beside.value) }
    }
}

extension Rehearsal {
    /// Releases, snapshots, a mutation where versions are kept, changes of status, two repositories, odd names.
    static func filled(keepsVersions: Bool) async -> Rehearsal {
        let stage = Rehearsal.paged(keepsVersions: keepsVersions)
        await Sweep.Scenario.releases.prepare(stage)
        await Sweep.Scenario.oddNames.prepare(stage)
        await Sweep.Scenario.snapshots.prepare(stage)
        await stage.settle()
        stage.source.setStatus(.archived, of: version("1.1"))
        stage.source.setControls(.ingested, of: lib)
        stage.source.put("added.txt", "added", in: version("1.0", of: otherApp))
        if keepsVersions { stage.source.put("app.jar", "other bytes", in: version("1.0")) }
        await stage.settle()
        return stage
    }

    /// Every key except those of run reports, checkpoints and accepted losses.
    var objectKeys: [ObjectKey] {
        store.keys.filter { key in !["/runs/", "/checkpoints/", "/losses/"].contains { key.contains($0) } }
            .map { ObjectKey($0) }
    }
}
