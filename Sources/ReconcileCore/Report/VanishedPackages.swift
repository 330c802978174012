/// Packages that were listed, and whose versions the source then did not find: deleted since, most likely.
typealias VanishedPackages = [(package: PackageCoordinates, failure: ItemFailure)]

extension PackageSource {
    /// Which of them are failures, because their repositories list them all the same. Costs one listing of each repository
    /// among theirs; what keeps one from being listed is a failure too.
    func failures(among vanished: VanishedPackages) async -> [ItemFailure] {
        var failures: [ItemFailure] = []
        let byRepository = Dictionary(grouping: vanished) { $0.package.repository }
        for (repository, vanished) in byRepository.sorted(by: { $0.key < $1.key }) {
            do {
                let listed = Set(try await allPackages(in: repository).map { Place($0.coordinates) })
                failures += vanished.filter { listed.contains(Place($0.package)) }.map(\.failure)
            } catch {
                let failure = RemoteFailure.narrowing(error, operation: operations.listPackages, target: repository)
                // The repository has gone with its packages, or the work is being cancelled.
                guard let failure, failure.kind != .absent else { continue }
                failures.append(ItemFailure(failure, repository: repository))
            }
        }
        return failures
    }
}
