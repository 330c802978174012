import ReconcileCore
import TestSupport
import Testing

/// Listing the manifests in parts gives the index that one listing gives, in hardly more requests.
@Suite struct ManifestRangesTests {
    /// Names that sort oddly beside one another: beginnings of others, characters before and after the slash.
    private static let names = [
        "app", "app-core", "app.core", "app+x", "appx", "a", "A", "lib", "lib-", "lib0", "z", "é", "e\u{301}", "日本",
        "🦆", "%", "a b", "~", "..",
    ]

    private struct Trial {
        private(set) var keys: [ObjectKey] = []
        let layout = BackupLayout(domain: "acme")
        var packages: [PackageCoordinates] = []
        /// Of each package.
        var versions: [[VersionCoordinates]] = []

        var backup: Backup {
            Backup(
                store: InMemoryStore(),
                layout: layout,
                hashes: testHashes,
                clock: ManualClock(at: "2026-11-22T08:36:12Z")
            )
        }

        init(packages count: Int, _ random: inout SeededGenerator) {
            for number in 0..<count {
                let name = ManifestRangesTests.names.randomElement(using: &random) ?? ""
                let group = ["com", "com.acme", "com-acme", "é"].randomElement(using: &random) ?? ""
                let repository = ["releases", "releases-2", "snapshots"].randomElement(using: &random) ?? ""
                let package = PackageCoordinates(
                    repository: repository,
                    namespace: group,
                    name: "\(name)\(number % 40)"
                )
                guard !packages.contains(package) else { continue }
                packages.append(package)
                versions.append([])
                // Some are listed and have no record, and some have many.
                for version
                    in 0..<(Int.random(in: 0...9, using: &random) == 0 ? 35 : Int.random(in: 0...4, using: &random))
                {
                    let coordinates = VersionCoordinates(package: package, version: "1.\(version)")
                    versions[versions.count - 1].append(coordinates)
                    place(record(coordinates, revision: "r\(version)"))
                    if Bool.random(using: &random) {
                        place(record(coordinates, "2026-11-22T08:36:13Z", revision: "s", status: .unlisted))
                    }
                }
                if Int.random(in: 0...5, using: &random) == 0 {
                    let own = PackageRecord(package: package, recordedAt: time(""), originControls: .ingested)
                    keys.append(layout.key(of: own))
                }
            }
        }

        mutating func sort() { keys.sort() }

        private mutating func place(_ record: ManifestRecord) {
            keys.append(layout.key(of: record))
        }

        /// A page of ten as a store in byte order has it; a token is the last key.
        func page(_ request: ManifestRanges.Request) -> ManifestListing.Page {
            let last = request.token.map { ObjectKey($0.value) } ?? request.start
            var first = 0
            var end = keys.count
            while first < end {
                let middle = (first + end) / 2
                if keys[middle] > last ?? request.prefix { end = middle } else { first = middle + 1 }
            }
            let rest = keys[first...].prefix(11).filter { $0.value.utf8.starts(with: request.prefix.value.utf8) }
            let objects = rest.prefix(10).map { StoredObject(key: $0, size: 1, etag: nil) }
            let next = rest.count > 10 ? PageToken(objects[9].key.value) : nil
            return ManifestListing.Page(Page(objects, next: next), inByteOrder: true, layout: layout)
        }

        func expectEqual(_ index: ManifestIndex, _ other: ManifestIndex, of versions: some Sequence<VersionCoordinates>)
        {
            for version in versions {
                #expect(index.newestRecord(of: version) == other.newestRecord(of: version), "\(version)")
                #expect(index.hasHistory(version, since: nil) == other.hasHistory(version, since: nil), "\(version)")
                let status = VersionStatus.unlisted
                #expect(
                    index.isRecorded(version, revision: "s", status: status)
                        == other.isRecorded(version, revision: "s", status: status)
                )
            }
        }
    }

    /// Lists everything with answers in any order, and offers the packages in pages in between.
    private func list(_ trial: Trial, offering pages: [[PackageCoordinates]], _ random: inout SeededGenerator)
        throws
    {
        var selection = Selection()
        if Bool.random(using: &random) { selection.repositories = ["snapshots", "releases", "releases"] }
        var coverage = SelectionCoverage(of: selection)
        var whole = ManifestListing(of: selection, in: trial.backup, index: ManifestIndex(seed: 7))
        var listsOfOne = 0
        while let request = whole.next() {
            _ = try whole.take(trial.page(request), of: request, seeing: &coverage)
            listsOfOne += 1
        }

        var listing = ManifestListing(of: selection, in: trial.backup, index: ManifestIndex(seed: 7))
        var (lists, checked) = (0, 0)
        var pages = pages[...]
        var running: [(request: ManifestRanges.Request, page: ManifestListing.Page?)] = []
        while !listing.isWhole {
            while let request = listing.next() { running.append((request, nil)) }
            #expect(running.count <= 4)
            if let page = pages.first, Int.random(in: 0...3, using: &random) == 0 {
                listing.offer(page.map(trial.layout.manifestsPrefix(of:)))
                pages.removeFirst()
            }
            let index = Int.random(in: running.indices, using: &random)
            guard let page = running[index].page else {
                // The answer is on its way while others come in, and other packages become known.
                running[index].page = trial.page(running[index].request)
                lists += 1
                continue
            }
            let request = running.remove(at: index).request
            guard try listing.take(page, of: request, seeing: &coverage) else { continue }
            for number in trial.packages.indices.shuffled(using: &random).prefix(50) {
                let package = trial.packages[number]
                guard selection.contains(package), listing.covers(trial.layout.manifestsPrefix(of: package)) else {
                    continue
                }
                trial.expectEqual(listing.index, whole.index, of: trial.versions[number])
                checked += 1
            }
        }
        #expect(running.isEmpty && listing.next() == nil)
        #expect(listing.index.count == whole.index.count && listing.index.listed == whole.index.listed)
        #expect(listing.index.census == whole.index.census)
        trial.expectEqual(
            listing.index,
            whole.index,
            of: trial.versions.flatMap(\.self).shuffled(using: &random).suffix(200)
        )
        #expect(checked > 0)
        for package in trial.packages.prefix(50) {
            #expect(listing.index.newestRecord(of: package) == whole.index.newestRecord(of: package))
        }
        let offered = trial.packages.count
        #expect(lists <= listsOfOne + (offered <= 200 ? 0 : (offered + 999) / 1_000 + 3))
    }

    @Test(arguments: 0..<16 as Range<UInt64>)
    func `the index of many lists is that of one, whatever splits them`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var trial = Trial(packages: [150, 300, 450].randomElement(using: &random) ?? 0, &random)
        trial.sort()
        // Some packages are never offered, as those that are gone; some that are offered have no record.
        let offered = trial.packages.shuffled(using: &random).prefix(trial.packages.count * 9 / 10)
        var pages: [[PackageCoordinates]] = []
        for package in offered {
            if pages.isEmpty || Int.random(in: 0...99, using: &random) == 0 { pages.append([]) }
            pages[pages.count - 1].append(package)
        }
        try list(trial, offering: pages, &random)
    }

    @Test func `a listing is split in halves, and four lists are under way`() async throws {
        let prefixes = (0..<1_000).map { ObjectKey("p/\(10_000 + $0)/") }
        let trail = PageTrail(operation: TestOperations.list, target: "")
        var ranges = ManifestRanges(of: [ObjectKey("p/")], trail: trail)
        let asked = ranges.next()
        let first = try #require(asked)
        #expect(ranges.next() == nil, "where the first answer must show whether the store has an order")
        ranges.offer(prefixes)
        let keys = (0..<1_000).map { ObjectKey("p/10000/\(1_000 + $0)") }
        #expect(try ranges.take(keys, next: PageToken("t"), inByteOrder: true, of: first) == 1_000)
        var requests: [ManifestRanges.Request] = []
        while let request = ranges.next() { requests.append(request) }
        #expect(requests.map(\.start?.value) == [nil, "p/10500/", "p/10250/", "p/10750/"])
        #expect(requests.map(\.token?.value) == ["t", nil, nil, nil])
        #expect(!ranges.covers(prefixes[0]))
        ranges.seal()
        // More of this one may follow.
        #expect(!ranges.covers(prefixes[0]))
        // A page goes beyond the end of its part.
        let more = [ObjectKey("p/10000/9"), ObjectKey("p/10249/x"), ObjectKey("p/10250/x")]
        #expect(try ranges.take(more, next: PageToken("u"), inByteOrder: true, of: requests[0]) == 2)
        #expect(!ranges.covers(prefixes[0]))
        ranges.seal()
        #expect(ranges.covers(prefixes[0]) && ranges.covers(prefixes[249]))
        #expect(!ranges.covers(prefixes[250]) && !ranges.isDone)
    }

    @Test(arguments: [false, true])
    func `a store without byte order, and a domain of 200 packages, have one list`(inByteOrder: Bool) throws {
        let count = inByteOrder ? 200 : 5_000
        let trail = PageTrail(operation: TestOperations.list, target: "")
        var ranges = ManifestRanges(of: [ObjectKey("p/")], trail: trail)
        ranges.offer((0..<count).map { ObjectKey("p/\(10_000 + $0)/") })
        for page in 0..<50 {
            let asked = ranges.next()
            let request = try #require(asked)
            #expect(request.start == nil)
            #expect(ranges.next() == nil)
            // Without an order they may come in any.
            let keys = (0..<1_000).map { ObjectKey("p/\(10_000 + (inByteOrder ? page : 49 - page))/\(1_000 + $0)") }
            let next = page == 49 ? nil : PageToken("\(page)")
            #expect(try ranges.take(keys, next: next, inByteOrder: inByteOrder, of: request) == 1_000)
            ranges.seal()
            #expect(ranges.covers(ObjectKey("p/10002/")) == (inByteOrder ? page > 2 : page == 49))
        }
        #expect(ranges.next() == nil && ranges.isDone)
    }

    @Test func `a listing that is not in the order that the store says is refused`() throws {
        let trail = PageTrail(operation: TestOperations.list, target: "the store")
        for keys in [["b", "a"], ["b", "b"]] {
            var ranges = ManifestRanges(of: [ObjectKey("")], trail: trail)
            let asked = ranges.next()
            let request = try #require(asked)
            let failure = #expect(throws: RemoteFailure.self) {
                try ranges.take(keys.map { ObjectKey($0) }, next: nil, inByteOrder: true, of: request)
            }
            #expect(failure?.kind == .malformed)
        }
        var ranges = ManifestRanges(of: [ObjectKey("")], trail: trail)
        for round in 0..<2 {
            let asked = ranges.next()
            let request = try #require(asked)
            let take = { try ranges.take([], next: PageToken("t"), inByteOrder: false, of: request) }
            if round == 0 { #expect(try take() == 0) } else { #expect(throws: RemoteFailure.self) { try take() } }
        }
    }
}
