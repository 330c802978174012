import ReconcileCore
import Synchronization
import TestSupport
import Testing

/// Every request that an event makes, in order: none may come, and none may go that a promise needs (DESIGN.md, section 7).
@Suite struct EventRequestsTests {
    private static let describe = "codeartifact.DescribePackageVersion"
    private static let listAssets = "codeartifact.ListPackageVersionAssets"
    private static let get = "maven.GetAsset"
    private static let list = "s3.ListObjectsV2"
    private static let put = "s3.PutObject"

    /// The state and what is recorded.
    private let look = [describe, list]
    /// The files, each with its reading, and whether the version is the same after the last byte.
    private let copy = [listAssets, put, get, put, get, describe]
    /// The document with its checksum files, the manifest, and the package's records and folder after it.
    private let commit = [put, put, put, put, list, list]
    /// The names of the repository's namespaces.
    private let namespaces = [list]

    @Test func `a new version of two files takes fourteen requests, one more in a process that has just started`() async
    {
        let rehearsal = Rehearsal()
        let requests = Requests(of: rehearsal)
        rehearsal.source.publish(version("1.0"))
        #expect(await protect(version("1.0"), in: rehearsal).versions.copied == 1)
        #expect(requests.take() == look + namespaces + copy + commit)
        rehearsal.source.publish(version("1.1"))
        #expect(await protect(version("1.1"), in: rehearsal).versions.copied == 1)
        #expect(requests.take() == look + copy + commit)
        #expect(look.count + copy.count + commit.count == 14)
        #expect(rehearsal.writtenNames.dropFirst(2).dropLast().sorted() == Self.documents)
        #expect(rehearsal.writtenNames.last?.hasSuffix(".Published.json") == true)
    }

    @Test func `what is remembered of a repository counts for ten minutes`() async {
        let rehearsal = Rehearsal()
        let requests = Requests(of: rehearsal)
        for (number, wait) in [(1, 0), (2, 599), (3, 1)] {
            rehearsal.clock.advance(by: .seconds(wait))
            rehearsal.source.publish(version("1.\(number)"))
            requests.forget()
            await protect(version("1.\(number)"), in: rehearsal)
            let known = number == 2 ? [] : namespaces
            #expect(requests.take() == look + known + copy + commit, "\(number)")
        }
    }

    @Test func `a package of more records than one list shows is listed for its version and for its document`() async {
        let rehearsal = Rehearsal(pageSize: 4)
        let requests = Requests(of: rehearsal)
        for number in 1...6 {
            rehearsal.source.publish(version("1.\(number)"))
            await protect(version("1.\(number)"), in: rehearsal)
        }
        rehearsal.source.publish(version("1.7"))
        requests.forget()
        await protect(version("1.7"), in: rehearsal)
        // Its first page, the version's own records; before the commit two pages; after it two pages, the version's
        // directory, the document, and the group of its folder.
        let taken = requests.take()
        #expect(taken.count { $0 == Self.list } == 9)
        #expect(taken.count == 9 + 11)
    }

    @Test func `ETags that are no hashes cost a reading of the document and its checksum files`() async {
        let rehearsal = Rehearsal(etags: .opaque)
        rehearsal.source.publish(version("1.0"))
        let report = await protect(version("1.0"), in: rehearsal)
        #expect(report.requests["s3.GetObject"] == 3)
        #expect(report.requests.values.reduce(0, +) == 18)
    }

    @Test func `records that were listed long before the last byte are listed again before the document is made`() async
    {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        rehearsal.source.conduct.before(Self.get) { call in
            if call == 2 { rehearsal.clock.advance(by: .seconds(6)) }
        }
        let requests = Requests(of: rehearsal)
        await protect(version("1.0"), in: rehearsal)
        #expect(requests.take().count { $0 == Self.list } == 5)
    }

    /// The smaller page does not show all that lies in the package's folder.
    @Test(arguments: [1000, 4])
    func `a plugin that another writer records in the group of a package's folder stays in the document`(
        pageSize: Int
    ) async {
        let rehearsal = Rehearsal(pageSize: pageSize)
        rehearsal.source.publish(version("1.0"))
        await protect(version("1.0"), in: rehearsal)
        let plugin = PackageCoordinates(repository: "releases", namespace: "com.acme.app", name: "app-maven-plugin")
        rehearsal.source.publish(version("1.0", of: plugin))
        let entry = MavenMetadata.Plugin(name: nil, prefix: "app", artifactID: plugin.name)
        rehearsal.source.setGroupMetadata(.success(MavenMetadata(plugins: [entry])), of: plugin.namespace)
        await rehearsal.run()
        let document = "acme/maven/releases/com/acme/app/maven-metadata.xml"
        #expect(rehearsal.store.text(at: document).contains("app-maven-plugin"))
        // The process that has handled the first event does not know of it.
        rehearsal.source.publish(version("1.1"))
        await protect(version("1.1"), in: rehearsal)
        let text = rehearsal.store.text(at: document)
        #expect(text.contains("app-maven-plugin") && text.contains("1.1"))
    }

    private static let documents = ["maven-metadata.xml", "maven-metadata.xml.md5", "maven-metadata.xml.sha1"]

    /// One event, its files one after the other.
    @discardableResult
    private func protect(_ version: VersionCoordinates, in rehearsal: Rehearsal) async -> RunReport {
        var options = Reconciler.Options()
        options.width = .fixed(1)
        return await rehearsal.protect(version, options)
    }
}

/// Takes down what both sides of a rehearsal are asked, in order.
private final class Requests: Sendable {
    private let names = Mutex<[String]>([])

    init(of rehearsal: Rehearsal) {
        let operations = [
            "codeartifact.DescribePackageVersion", "codeartifact.ListPackageVersionAssets", "maven.GetAsset",
            "maven.GetMetadata", "codeartifact.ListRepositoriesInDomain", "codeartifact.ListPackageVersions",
        ]
        for name in operations { rehearsal.source.conduct.before(name) { _ in self.note(name) } }
        for name in ["s3.ListObjectsV2", "s3.PutObject", "s3.HeadObject", "s3.GetObject", "s3.GetBucketVersioning"] {
            rehearsal.store.conduct.before(name) { _ in self.note(name) }
        }
    }

    private func note(_ name: String) { names.withLock { $0.append(name) } }

    func forget() { names.withLock { $0 = [] } }

    /// Those since the last call.
    func take() -> [String] {
        names.withLock { names in
            defer { names = [] }
            return names
        }
    }
}
