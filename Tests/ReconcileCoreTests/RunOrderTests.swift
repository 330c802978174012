import ReconcileCore
import Synchronization
import TestSupport
import Testing

@Suite struct RunOrderTests {
    /// The packages in the order in which a run of one task asks for their versions.
    private func order(_ id: String, packages: Int, pageSize: Int = 1_000) async -> [String] {
        let rehearsal = Rehearsal(pageSize: pageSize)
        for number in 0..<packages { rehearsal.source.publish(version("1", of: package("p\(1_000 + number)"))) }
        var options = Reconciler.Options()
        options.width = 1
        let seen = Mutex<[String]>([])
        let context = rehearsal.context { event in
            guard case .committed(let summary) = event else { return }
            seen.withLock { $0.append(summary.manifest.coordinates.package.name) }
        }
        let report = await rehearsal.reconciler(options).run(id: id, in: context)
        #expect(report.versions.copied == packages)
        #expect(report.packages == packages)
        return seen.withLock { $0 }
    }

    @Test func `the run's id decides the order of packages, and no package is left out`() async {
        let first = await order("run-a", packages: 60)
        let second = await order("run-b", packages: 60)
        #expect(await order("run-a", packages: 60) == first)
        #expect(first != second && first != first.sorted())
        #expect(Set(first).count == 60 && Set(first) == Set(second))
    }

    @Test func `packages of the last pages come first in some runs`() async {
        var firsts: Set<Int> = []
        for number in 0..<12 {
            let names = await order("run-\(number)", packages: 40, pageSize: 10)
            firsts.insert(names.prefix(10).compactMap { Int($0.dropFirst()) }.map { ($0 - 1_000) / 10 }.max() ?? 0)
        }
        #expect(firsts.contains(3))
    }

    @Test func `a run that is stopped early protects different packages from the one before`() async {
        func protected(_ id: String) async -> Set<String> {
            let rehearsal = Rehearsal()
            for number in 0..<60 { rehearsal.source.publish(version("1", of: package("p\(number)"))) }
            var options = Reconciler.Options()
            options.width = 1
            let stop = StopSignal()
            let seen = Mutex<Set<String>>([])
            let context = rehearsal.context(stop: stop) { event in
                guard case .committed(let summary) = event else { return }
                let count = seen.withLock { seen in
                    seen.insert(summary.manifest.coordinates.package.name)
                    return seen.count
                }
                if count == 10 { stop.raise(.deadline) }
            }
            let report = await rehearsal.reconciler(options).run(id: id, in: context)
            #expect(report.outcome == .deadline)
            return seen.withLock { $0 }
        }
        let first = await protected("monday")
        let second = await protected("tuesday")
        #expect(first.count >= 10 && first.count < 60)
        #expect(first != second)
    }
}
