/// What was recorded of a group's Maven plugins that were restored.
struct RestoredPlugins: Sendable {
    private var own: [ExactText: RecordedPlugin] = [:]
    private var others: (plugins: [MavenMetadata.Plugin], recordedAt: Timestamp)?

    mutating func add(_ plugin: RecordedPlugin, of name: String, recordedAt: Timestamp) {
        own[ExactText(name)] = plugin
        if others.map({ $0.recordedAt <= recordedAt }) ?? true { others = (plugin.others, recordedAt) }
    }

    /// Their entries, by artifact, and those that the newest of their records has of other plugins.
    ///
    /// - Parameter present: the packages of the group that the restore is of; other plugins are left out.
    func entries(having present: Set<ExactText>) -> [ExactText: RecordedPlugin] {
        var entries = own
        for other in others?.plugins ?? [] where present.contains(ExactText(other.artifactID)) {
            entries[ExactText(other.artifactID)] = RecordedPlugin(name: other.name, prefix: other.prefix)
        }
        return entries
    }
}

/// The documents of groups, in which clients look up Maven plugins by their prefix.
extension Restorer {
    /// Adds the recorded entries of restored plugins to their group's document, as Maven does when it deploys them.
    ///
    /// One GET and three PUTs per group, after all of its packages. The service is not documented
    /// to accept such a document, so a refusal is a warning, which is returned.
    func publish(
        _ plugins: [ExactText: RecordedPlugin],
        ofGroup namespace: String,
        in repository: String
    ) async -> String? {
        do {
            let present = try await domain.metadata(ofGroup: namespace, in: repository)?.plugins ?? []
            let others = present.filter { plugins[ExactText($0.artifactID)] == nil }.map { plugin in
                (artifactID: plugin.artifactID, plugin: RecordedPlugin(name: plugin.name, prefix: plugin.prefix))
            }
            let restored = plugins.map { (artifactID: $0.key.value, plugin: $0.value) }
            let document = RecordedPlugin.document(of: others + restored)
            guard Set(document.plugins) != Set(present) else { return nil }
            let bytes = document.render()
            func send(_ bytes: [UInt8], _ name: String) async throws {
                try await destination.publish(bytes, as: name, ofGroup: namespace, in: repository)
            }
            try await send(bytes, MavenMetadata.fileName)
            for algorithm in ChecksumAlgorithm.ofDocuments {
                let sum = Array(backup.hashes.digest(bytes, algorithm).utf8)
                try await send(sum, algorithm.fileName(of: MavenMetadata.fileName))
            }
            return nil
        } catch {
            let failure = RemoteFailure.narrowing(error, operation: .restore, target: "\(repository)/\(namespace)")
            return failure.map { failure in
                "\(repository)/\(namespace): the prefixes of its Maven plugins could not be published (\(failure)); the "
                    + "plugins still resolve by their coordinates"
            }
        }
    }
}
