/// What the source's documents say about a version, and which of it no record keeps.
struct SourceDocuments: Sendable {
    var recorded = RecordedDocuments()
    /// Why something that should be recorded isn't.
    var warnings: [String] = []
    /// What the documents say that no record of this version can keep.
    var notes: [String] = []
    /// Why a document was not given that may be there, and that is to be asked for again by the next run.
    var withheld: RemoteFailure?

    /// How to have the documents of a version asked for that is recorded already; ends a sentence.
    static let again = ". To ask again, run with --metadata always"

    /// Whether the source had a document that could not be used.
    var lacksSome: Bool { !warnings.isEmpty || withheld != nil }
}

extension PackageSource {
    /// Reads what the source's documents say about a version. Costs one request for a `-SNAPSHOT` version, one for a
    /// version of a Maven plugin, and none for any other.
    ///
    /// The service is not documented to have documents of groups, so an answer that there is none, or that there can be none,
    /// is no failure. A refusal, and a page that is no document, say nothing of it: what the document says would else be lost
    /// until the package's next version.
    func documents(of version: VersionCoordinates) async throws -> SourceDocuments {
        let (snapshot, warning) = try await recordedSnapshot(of: version)
        var documents = SourceDocuments(warnings: [warning].compactMap(\.self))
        documents.recorded.snapshot = snapshot
        let package = version.package
        guard package.isPlugin, SnapshotBuild(version.version) == nil else { return documents }
        func unusable(_ reason: String) -> String {
            "the plugin prefix of \(package) may be missing from the backup: the source's \(MavenMetadata.fileName) of "
                + "the group \(package.namespace) \(reason). If an earlier record has the prefix, that is kept"
        }
        do {
            let metadata = try await metadata(ofGroup: package.namespace, in: package.repository)
            let plugin = metadata.flatMap { RecordedPlugin($0, of: package) }
            documents.recorded.plugin = plugin
            documents.notes = [metadata?.unkeptPlugins(of: package, keeping: plugin)].compactMap(\.self)
            if metadata != nil, plugin == nil {
                documents.warnings.append(unusable("does not list the plugin") + SourceDocuments.again)
            }
        } catch let failure as RemoteFailure where failure.kind == .invalid {
            documents.warnings.append(unusable("cannot be read (\(failure.message))") + SourceDocuments.again)
        } catch let failure as RemoteFailure where [.denied, .malformed].contains(failure.kind) {
            documents.withheld = failure.saying(unusable("was not given (\(failure.message))"))
        }
        return documents
    }

    /// Reads the document of a `-SNAPSHOT` version, with one request; nothing for other versions.
    ///
    /// If it cannot be recorded, a warning says why.
    private func recordedSnapshot(
        of version: VersionCoordinates
    ) async throws -> (snapshot: RecordedSnapshot?, warning: String?) {
        guard version.isSnapshot else { return (nil, nil) }
        func unusable(_ reason: String) -> (snapshot: RecordedSnapshot?, warning: String?) {
            let warning =
                "the source's \(MavenMetadata.fileName) of \(version) \(reason), so the backup's own document lists files of "
                + "older builds only if an earlier record does. The next run that finds this version changed, or one with "
                + "--metadata always, tries again"
            return (nil, warning)
        }
        do {
            guard let metadata = try await metadata(ofSnapshot: version) else { return unusable("does not exist") }
            return (try RecordedSnapshot(metadata, of: version), nil)
        } catch let problem as RecordedSnapshot.Unusable {
            return unusable(problem.reason)
        } catch let failure as RemoteFailure where [.malformed, .invalid].contains(failure.kind) {
            return unusable("cannot be used (\(failure.message))")
        }
    }
}

extension MavenMetadata {
    /// A warning about plugins in a group's document whose names don't follow Maven's conventions and that no record
    /// keeps; nil if there are none.
    ///
    /// - Parameter package: the plugin of the group whose record would keep them.
    fileprivate func unkeptPlugins(of package: PackageCoordinates, keeping plugin: RecordedPlugin?) -> String? {
        let kept = Set((plugin?.others ?? []).map { ExactText($0.artifactID) })
        let names = plugins.map(\.artifactID)
            .filter { !PackageCoordinates.isPlugin(named: $0) && !kept.contains(ExactText($0)) }
        guard !names.isEmpty else { return nil }
        let reason =
            plugin == nil
            ? "since the document that names them does not name \(package.name), whose record would keep them"
            : "since at most \(RecordedPlugin.maximumOthers) are, and only valid ones"
        return
            "the prefixes of these Maven plugins of \(package.namespace) in \(package.repository), whose names are not "
            + "NAME-maven-plugin, are not kept, \(reason): \(names.firstFew(5)). Their files are; after a restore, deploy one "
            + "version of each again, or call it by group, artifact and goal"
    }
}
