import ReconcileCore
import Synchronization
import TestSupport
import Testing

@Suite struct EventHistoryTests {
    /// One thing that happens at the source, and the versions whose events follow it.
    private struct Step {
        let versions: [VersionCoordinates]
        let act: (InMemorySource) -> Void
    }

    /// Twenty-five packages, each with the same life: 500 events.
    private var history: [Step] {
        (0..<25).flatMap { number in
            let subject = package("app-\(number)")
            let (one, two) = (version("1.0", of: subject), version("2.0", of: subject))
            let snapshot = version("3.0-SNAPSHOT", of: subject)
            let builds = ["20210728.194552-1", "20210729.101010-2"]
            return [
                Step(versions: [one]) { $0.publish(one, ["app.pom": "<project/>"], status: .unfinished) },
                Step(versions: [one]) { $0.put("app.jar", "first \(number)", in: one) },
                Step(versions: [one]) { $0.setStatus(.published, of: one) },
                Step(versions: [two]) { $0.publish(two) },
                Step(versions: [two]) { $0.put("app-sources.jar", "sources \(number)", in: two) },
                Step(versions: [one]) { $0.delete(one) },
                Step(versions: [one, one]) { $0.publish(one, ["app.jar": "again \(number)"]) },
                Step(versions: [snapshot, version("3.0-\(builds[0])", of: subject)]) {
                    $0.deploySnapshot(subject, base: "3.0", build: builds[0])
                },
                Step(versions: [two]) { $0.setStatus(.archived, of: two) },
                Step(versions: [snapshot, version("3.0-\(builds[1])", of: subject)]) {
                    $0.deploySnapshot(subject, base: "3.0", build: builds[1])
                },
                Step(versions: [two]) { $0.setStatus(.unlisted, of: two) },
                Step(versions: [one, two]) { if number.isMultiple(of: 5) { $0.delete(one) } },
                Step(versions: [one]) { _ in },
                Step(versions: [two]) { $0.touch(two) },
                Step(versions: [snapshot, one]) { _ in },
            ]
        }
    }

    @Test(arguments: [1, 2, 3])
    func `a thousand events, doubled and shuffled, end where a run alone ends`(seed: UInt64) async throws {
        let rehearsal = Rehearsal(keepsVersions: true)
        var generator = SeededGenerator(seed: seed)
        var waiting: [VersionCoordinates] = []
        var events = 0
        for step in history {
            step.act(rehearsal.source)
            // Each event comes twice, and not before what it tells of.
            waiting += step.versions + step.versions
            rehearsal.clock.advance(by: .seconds(1))
            for _ in 0..<Int.random(in: 0...2, using: &generator) where !waiting.isEmpty {
                let next = waiting.remove(at: Int.random(in: 0..<waiting.count, using: &generator))
                #expect(await rehearsal.protect(next).failures.isEmpty)
                events += 1
            }
        }
        waiting.shuffle(using: &generator)
        // Eight at a time, as a function with eight instances takes them.
        while !waiting.isEmpty {
            let batch = waiting.suffix(8)
            waiting.removeLast(batch.count)
            events += batch.count
            await withTaskGroup(of: RunReport.self) { group in
                for next in batch {
                    let reconciler = rehearsal.reconciler(by: "event")
                    group.addTask { await reconciler.protect(next, id: "event", in: rehearsal.context()) }
                }
                for await report in group { #expect(report.failures.isEmpty) }
            }
        }
        #expect(events == 1_000)

        let alone = Rehearsal(keepsVersions: true, source: rehearsal.source)
        #expect(await alone.run().outcome == .converged)
        #expect(try rehearsal.state() == alone.state())
        #expect(rehearsal.documents() == alone.documents())
        let afterwards = await rehearsal.run()
        #expect(afterwards.outcome == .converged)
        #expect(afterwards.versions.missing + afterwards.versions.stale + afterwards.versions.copied == 0)
    }
}

extension Rehearsal {
    /// What the backup says of each version that it does not say is deleted: state, and bytes by asset.
    fileprivate func state() throws -> [String: [String]] {
        var newest: [String: Manifest] = [:]
        for key in store.keys {
            guard let record = layout.record(at: ObjectKey(key)) else { continue }
            let manifest = try backup.reader.manifest(store.contents[key] ?? [], of: record)
            newest["\(manifest.coordinates)"] = manifest
        }
        return newest.filter { $0.value.status != .deleted }.mapValues { manifest in
            let assets = manifest.status.isDownloadable ? manifest.assets : []
            return [manifest.status.rawValue, manifest.revision ?? "none"]
                + assets.map { place in
                    let bytes = store.bytes(at: place.key, versionID: place.versionID) ?? []
                    return "\(place.asset.name) \(String(decoding: bytes, as: UTF8.self))"
                }
        }
    }

    /// Every maven-metadata.xml without its times.
    fileprivate func documents() -> [String: [Substring]] {
        var documents: [String: [Substring]] = [:]
        for key in store.keys where key.hasSuffix("/maven-metadata.xml") {
            documents[key] = store.text(at: key).split(separator: "\n").filter { !$0.contains("lastUpdated") }
        }
        return documents
    }
}

/// Random pauses of a seed, in scheduler turns.
final class SeededChance: Sendable {
    private let generator: Mutex<SeededGenerator>

    init(_ seed: UInt64) {
        generator = Mutex(SeededGenerator(seed: seed))
    }

    func wait() async {
        let turns = generator.withLock { Int.random(in: 0...12, using: &$0) }
        for _ in 0..<turns { await Task.yield() }
    }
}
