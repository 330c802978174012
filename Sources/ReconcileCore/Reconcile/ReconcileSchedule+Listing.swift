/// The listing half of a run: the manifests, and concurrently the source's packages and versions.
///
/// A package's versions are requested once its manifests are listed, so a version recorded meanwhile is at worst
/// treated as missing. Nothing is written before all manifests are listed.
extension ReconcileSchedule {
    /// Whether enough packages, a few pages, are waiting to start, so that no further page of packages is requested.
    var isFarAhead: Bool { waiting.count + unbegun.count >= 2_000 }
    /// While manifests are being listed, no further package starts if more versions or packages than this need work.
    private static let mostHeld = 10_000
    /// The maximum number of concurrent version lists, each of which holds its answer in memory. At the quota of 200
    /// per second, this is enough for answers that take 480 ms.
    private static let mostVersionLists = 96

    mutating func nextListing() -> Item? {
        if let request = manifests.next() { return .listManifests(request) }
        let mayBegin =
            versionListsRunning < Self.mostVersionLists
            && (manifests.isWhole || max(tally.progress.drifted, opens.count) < Self.mostHeld)
        if mayBegin, let item = versionLists.popLast() {
            versionListsRunning += 1
            return item
        }
        if !isFarAhead, let item = packageLists.popLast() {
            packageListsRunning += 1
            return item
        }
        guard mayBegin, let package = unbegun.popLast() else { return nil }
        versionListsRunning += 1
        return package.list
    }

    mutating func absorbManifests(
        _ request: ManifestRanges.Request,
        _ result: Result<ManifestListing.Page, ItemFailure>
    ) {
        do throws(ItemFailure) {
            let page = try result.get()
            let isMoreCovered: Bool
            do {
                isMoreCovered = try manifests.take(page, of: request, seeing: &tally.coverage)
            } catch {
                throw ItemFailure(error)
            }
            guard isMoreCovered else { return }
            if manifests.isWhole, let refusal = proof?.refusal { throw ItemFailure(refusal) }
            release()
            guard manifests.isWhole else { return }
            try absorbHidden()
            manifests.report(to: observe)
            hold()
        } catch {
            // What the backup has is unknown, and so is what it lacks.
            listingComplete = false
            tally.fail(error, observe)
            tally.fatal = tally.fatal ?? error
        }
    }

    /// Takes the counts of the complete manifest listing, and the folders that it couldn't see. Each is a failure of
    /// its packages, or of the whole run if no record is visible. As after any failed listing, no deletions are
    /// recorded.
    private mutating func absorbHidden() throws(ItemFailure) {
        if manifests.hidden.isEmpty {
            tally.before = RunTally.RecordCount(recorded: manifests.index.recorded, records: manifests.index.listed)
        }
        do {
            try manifests.hidden.requireShown(manifests.index.listed)
        } catch {
            throw ItemFailure(error)
        }
        for failure in manifests.hidden.failures(of: options.selection) {
            listingComplete = false
            tally.fail(failure, observe)
        }
    }

    /// Lets packages start whose manifests have been listed. A package with hidden manifests is skipped, because what
    /// it lacks is unknown.
    private mutating func release() {
        var rest: [(prefix: ObjectKey, rank: UInt64, list: Item)] = []
        for package in waiting {
            if !manifests.covers(package.prefix) {
                rest.append(package)
            } else if manifests.hidden.hides(package.prefix), case .listVersions(_, let number, _, _) = package.list {
                open[number] = nil
                tally.progress.packagesDone += 1
            } else {
                unbegun.append((package.rank, package.list))
            }
        }
        waiting = rest
        unbegun.sort { $0.rank > $1.rank }
    }

    mutating func absorbPackages(
        _ repository: String,
        _ trail: PageTrail,
        _ result: Result<Page<ListedPackage>, ItemFailure>
    ) {
        packageListsRunning -= 1
        switch result {
        case .failure(let failure):
            listingComplete = false
            tally.fail(failure, observe)
        case .success(let page):
            if let token = page.next {
                follow(token, after: page.elements.count, trail, at: Place(repository: repository)) { trail in
                    .listPackages(repository: repository, after: token, trail: trail)
                }
                .map { packageLists.append($0) }
            }
            // Includes packages that aren't selected, because their manifests are listed anyway.
            let prefixes = page.elements.map { layout.manifestsPrefix(of: $0.coordinates) }
            manifests.offer(prefixes)
            for (listed, prefix) in zip(page.elements, prefixes) {
                let package = listed.coordinates
                tally.coverage.see(package)
                guard options.selection.contains(package) else { continue }
                tally.report.packages += 1
                tally.progress.packagesListed += 1
                open[nextNumber] = OpenPackage(coordinates: package, controls: listed.originControls)
                let trail = PageTrail(operation: operations.listVersions, target: "\(package)")
                let list = Item.listVersions(package, number: nextNumber, after: nil, trail: trail)
                waiting.append((prefix, order.rank(of: package), list))
                nextNumber += 1
            }
            release()
        }
    }

    mutating func absorbVersions(
        _ number: Int,
        _ trail: PageTrail,
        _ result: Result<Page<ListedVersion>, ItemFailure>
    ) {
        versionListsRunning -= 1
        guard var package = open[number] else { return }
        switch result {
        case .failure(let failure) where failure.kind == .absent:
            vanished.append((package.coordinates, failure))
            finishListing(number, package)
        case .failure(let failure):
            listingComplete = false
            tally.fail(failure, observe)
            finishListing(number, package)
        case .success(let page):
            for listed in page.elements {
                compare(listed, &package)
            }
            if let token = page.next,
                let item = follow(
                    token,
                    after: page.elements.count,
                    trail,
                    at: Place(package.coordinates),
                    { trail in
                        .listVersions(package.coordinates, number: number, after: token, trail: trail)
                    }
                )
            {
                open[number] = package
                versionLists.append(item)
            } else {
                finishListing(number, package)
            }
        }
    }

    private mutating func compare(_ listed: ListedVersion, _ package: inout OpenPackage) {
        let coordinates = VersionCoordinates(package: package.coordinates, version: listed.version)
        tally.coverage.see(coordinates)
        guard options.selection.contains(coordinates) else { return }
        let newestRecord = manifests.index.newestRecord(of: coordinates)
        let match = manifests.index.match(coordinates, revision: listed.revision, status: listed.status)
        tally.report.versions.listed += 1
        tally.progress.versionsListed += 1
        if listed.status == .published { package.published.append(listed.version) }
        if !options.selection.contains(origin: listed.origin) || listed.status == .unfinished {
            tally.report.versions.skipped += 1
            return
        }
        package.isKept = true
        tally.count(match)
        if match == .inSync {
            if manifests.index.isOnlyWithdrawn(coordinates) { tally.noteOnlyWithdrawn(coordinates) }
            return
        }
        tally.progress.drifted += 1
        package.drifts.append(
            Drift(coordinates: coordinates, listed: listed, newestRecord: newestRecord, match: match)
        )
    }

    private mutating func follow(
        _ token: PageToken,
        after count: Int,
        _ trail: PageTrail,
        at place: Place,
        _ item: (PageTrail) -> Item
    ) -> Item? {
        var trail = trail
        do {
            try trail.follow(token, after: count)
            return item(trail)
        } catch {
            listingComplete = false
            tally.fail(ItemFailure(error, at: place), observe)
            return nil
        }
    }
}
