/// The order in which repositories are restored: each before its upstreams.
///
/// The service refuses a version in a repository whose upstream offers it already (CodeArtifact
/// user guide, Package origin controls), and accepts it the other way round.
enum RepositoryOrder {
    /// - Parameter upstreams: by repository, including repositories in between that are not
    ///   restored.
    static func downstreamFirst(_ repositories: [String], upstreams: [String: [String]]) -> [String] {
        var visited: Set<ExactText> = []
        var order: [String] = []
        func visit(_ repository: String) {
            guard visited.insert(ExactText(repository)).inserted else { return }
            for upstream in upstreams[repository] ?? [] { visit(upstream) }
            order.append(repository)
        }
        for repository in repositories.sorted(by: { ExactText($0) < ExactText($1) }).reversed() { visit(repository) }
        let wanted = Set(repositories.map(ExactText.init))
        return order.reversed().filter { wanted.contains(ExactText($0)) }
    }
}
