package import ReconcileCore

/// The state of the backup at a glance.
package struct Overview: Sendable {
    package let status: BackupStatus
    package let contents: BackupContents
    /// The newest checkpoint of the whole domain.
    package let checkpoint: Checkpoint?
    /// Whether the store refuses to show the checkpoints.
    package let hidesCheckpoints: Bool
    /// The newest drill whose evidence can be read.
    package let drill: DrillReport?

    package init(
        status: BackupStatus,
        contents: BackupContents,
        checkpoint: Checkpoint?,
        hidesCheckpoints: Bool = false,
        drill: DrillReport? = nil
    ) {
        self.status = status
        self.contents = contents
        self.checkpoint = checkpoint
        self.hidesCheckpoints = hidesCheckpoints
        self.drill = drill
    }

    /// The age in days at which a scheduled job's last run is overdue.
    private static let (runOverdue, verificationOverdue): (Int64, Int64) = (2, 31)
    /// The maximum number of rows of long lists shown here.
    private static let shown = 10

    /// Whether all is well, in one sentence, with remarks that qualify it.
    struct Verdict {
        var tone: Words.Tone
        var headline: String
        var remarks: [String] = []
    }

    func verdict(in frame: Frame) -> Verdict {
        guard let last = status.lastRun else {
            return Verdict(
                tone: .warn,
                headline: "No run has left a report",
                remarks: ["Whether anything is unprotected is unknown."]
            )
        }
        var verdict = Verdict(tone: .good, headline: "Everything that the last run saw is protected")
        if !status.isProtected {
            verdict.tone = .bad
            verdict.headline = badHeadline
        }
        if !status.hidden.isEmpty {
            let folders = Quantity.count(status.hidden.count, "folder")
            verdict.remarks.append("\(folders) of records cannot be read, so the state of what is in there is unknown.")
        }
        if !status.unfinished.isEmpty {
            verdict.remarks.append("A run did not finish, so the state of whatever it did not check is unknown.")
        }
        if !last.missingShards.isEmpty {
            verdict.remarks.append("No report of the shards \(last.missingShards.joined(separator: ", ")).")
        }
        if frame.isOverdue(last.report.finishedAt, after: Self.runOverdue) {
            verdict.tone = verdict.tone == .good ? .warn : verdict.tone
            verdict.remarks.append("The last run is more than \(Self.runOverdue) days old.")
        }
        if let drill, drill.outcome == .incomplete {
            verdict.tone = .bad
            verdict.remarks.append("The last drill could not restore its whole sample.")
        }
        if let report = status.verifications.unproved {
            verdict.remarks.append(
                "The verification \(report.runID) does not pass the trust file, so it shows no fault to be gone."
            )
        }
        guard let verification = status.verifications.newest else {
            verdict.remarks.append(
                status.hiddenReports.contains(.verify)
                    ? "What verifications found is unknown: the store does not show their reports."
                    : "No verification is recorded."
            )
            return verdict
        }
        if let faulty = status.verifications.faulty {
            let faults = Quantity.count(faulty.faultsLeft, "fault")
            verdict.tone = .bad
            verdict.remarks.append(
                faulty.runID == verification.runID
                    ? "The last verification found \(faults)."
                    : "The verification \(faulty.runID) found \(faults), and no later one looked at all that it did."
            )
        } else if frame.isOverdue(verification.finishedAt, after: Self.verificationOverdue) {
            verdict.tone = verdict.tone == .good ? .warn : verdict.tone
            verdict.remarks.append("The last verification is more than \(Self.verificationOverdue) days old.")
        }
        return verdict
    }

    private var badHeadline: String {
        let count = status.unprotectedVersions
        if count > 0 { return "\(Quantity.count(count, "version")) not protected" }
        if status.lost > 0 { return "\(Quantity.count(status.lost, "recorded version")) gone from the backup" }
        if !status.hidden.isEmpty { return "Not all records can be read" }
        guard status.seesAll else { return "The last run did not see everything" }
        guard status.unprotected.isEmpty else { return "Not everything is known to be protected" }
        return status.verifications.faulty == nil ? "The last drill lost files" : "A verification found faults"
    }

    var figures: HTML {
        let unprotected = status.unprotectedVersions
        var figures: [(name: String, number: Int, tone: Words.Tone)] = [
            ("Protected versions", status.protected, status.protected > 0 ? .good : .plain),
            ("Not protected", unprotected, unprotected > 0 ? .bad : .plain),
            ("Kept, deleted in the domain", status.deleted, .plain),
            ("Without any file", status.unavailable.count, status.unavailable.isEmpty ? .plain : .warn),
            ("Packages", contents.packages.count + contents.unlisted, .plain),
        ]
        let lost = status.acceptedAsLost.count
        if lost > 0 { figures.append(("Accepted as lost", lost, .warn)) }
        return Words.figures(figures)
    }

    func verdict(_ verdict: Verdict) -> HTML {
        let remarks = verdict.remarks.map { text -> HTML in "<p>\(text)</p>" }
        return
            "<div class=\"verdict \(verdict.tone.rawValue)\"><p class=\"headline\">\(verdict.headline)</p>\(remarks)</div>"
    }

    func facts(in frame: Frame) -> HTML {
        Words.facts([
            ("Last run", lastRun(frame)), ("Last verification", lastVerification(frame)),
            ("Last drill", lastDrill(frame)),
            ("Newest record", status.newestRecord.map(frame.when) ?? "none"),
            ("Newest checkpoint", checkpoint.map { Self.facts(of: $0, frame) } ?? Self.none(hidesCheckpoints)),
        ])
    }

    private func lastRun(_ frame: Frame) -> HTML {
        let misdirected = status.misdirected.map { run -> HTML in
            let link = Words.link(.run(run.runID), "A later run")
            return "<br>\(link) matched nothing and is not counted here: \(run.message ?? "")"
        }
        guard let last = status.lastRun, let newest = status.runs.first else {
            return "no report that can be read\(misdirected)"
        }
        let (run, versions) = (last.report, last.report.versions)
        let message = run.message.map { text -> HTML in "<br>\(text)" }
        let shards: HTML? = last.shards > 1 ? "<br>\(last.shards) shards taken together" : nil
        return """
            \(Words.badge(run.outcome)) \(frame.when(run.finishedAt))<br>\
            \(versions.listed) versions listed, \(versions.copied) copied, \(versions.failed) failed\(message)\(shards)<br>\
            \(Words.link(.run(newest.runID), newest.runID))\(misdirected)
            """
    }

    private func lastVerification(_ frame: Frame) -> HTML {
        guard let report = status.verifications.newest else { return Self.none(status.hiddenReports.contains(.verify)) }
        return """
            \(Words.badge(report.outcome)) \(frame.when(report.finishedAt))<br>\
            \(report.looked.versions) versions to the depth \(report.depth.rawValue), sample \(report.sample), \
            \(report.faultsLeft) faults<br>\(Words.link(.verification(report.runID), report.runID))
            """
    }

    private func lastDrill(_ frame: Frame) -> HTML {
        guard let drill else { return Self.none(status.hiddenReports.contains(.drill)) }
        return """
            \(Words.badge(drill.outcome)) \(frame.when(drill.finishedAt))<br>\
            \(drill.files.returned) of \(drill.files.wanted) files of \(drill.versions.drawn) versions came back<br>\
            \(Words.link(.drill(drill.drillID), drill.drillID))
            """
    }

    private static func none(_ isHidden: Bool) -> HTML {
        isHidden ? "unknown, as their folder is not shown" : "none is recorded"
    }

    static func facts(of checkpoint: Checkpoint, _ frame: Frame) -> HTML {
        """
        \(checkpoint.records.count) records up to \(Words.time(checkpoint.cutoff))<br>\
        <code>\(checkpoint.records.digest)</code>
        """
    }

    package func page(_ frame: Frame) -> HTML {
        let more = status.unprotected.count - Self.shown
        let main: HTML = """
            <h1>State of the backup</h1>
            \(verdict(verdict(in: frame)))
            \(figures)
            \(facts(in: frame))
            \(unprotected(status.unprotected.prefix(Self.shown)))
            \(more > 0 ? "<p><a href=\"\(PagePath.unprotected.target)\">All \(status.unprotected.count)</a></p>" : nil)
            <section aria-labelledby="repositories">
            <h2 id="repositories">Repositories</h2>
            \(repositories(frame))
            </section>
            """
        return frame.document("Overview", at: .overview, main)
    }

    func repositories(_ frame: Frame) -> HTML {
        FolderTable(
            name: "Repository",
            caption: "Repositories in the backup",
            folders: contents.repositories,
            frame: frame
        )
        .html { .repository($0.name) }
    }

    /// A section of unprotected versions with the reasons; empty if there are none.
    func unprotected(_ rows: some Collection<BackupStatus.Unprotected>) -> HTML {
        guard !rows.isEmpty else { return "" }
        return """
            <section aria-labelledby="unprotected">
            <h2 id="unprotected">Not protected</h2>
            \(Self.table(rows))
            </section>
            """
    }

    private static func table(_ rows: some Collection<BackupStatus.Unprotected>) -> HTML {
        Table(
            "Not protected, and why",
            [.init(title: "What", isHeading: true), .init(title: "Why"), .init(title: "Run")],
            rows.map { one in
                [
                    "\(PlaceText(one.place).html)\(one.isStale ? "<br><small>an earlier state is kept</small>" : nil)",
                    "\(Words.badge(.bad, one.kind)) <span class=\"message\">\(one.message)</span>",
                    Words.link(.run(one.runID), one.runID),
                ]
            }
        ).html
    }

    /// A page of all unprotected versions.
    package func unprotectedPage(_ frame: Frame, _ query: PageQuery) -> HTML {
        let paging = Paging(query.page, of: status.unprotected.count, size: 100)
        let main: HTML = """
            \(Words.trail([(.overview, "Overview")], "Not protected"))
            <h1>Not protected</h1>
            \(status.unprotected.isEmpty ? "<p>Nothing that a report names.</p>" : nil)
            \(unnamed)
            \(status.unprotected.isEmpty ? nil : Self.table(status.unprotected[paging.range]))
            \(paging.links(.unprotected))
            """
        return frame.document("Not protected", at: .unprotected, main)
    }

    private var unnamed: HTML? {
        guard status.unnamed > 0 else { return nil }
        return
            "<p>\(status.unnamed) further versions were not reached or left to the next run; no report names them.</p>"
    }

    // MARK: For printing

    /// The state as a page to print, for an auditor's files.
    package func statePage(_ frame: Frame) -> HTML {
        let verdict = self.verdict(in: frame)
        let main: HTML = """
            <h1>State of the backup on \(String(frame.now.extended.prefix(10)))</h1>
            \(Words.facts([
                ("Domain", "<bdi>\(frame.domain)</bdi>"), ("Backup", "<bdi>\(frame.location)</bdi>"),
                ("As of", frame.asOf.map(Words.time) ?? Words.time(frame.now)),
            ]))
            <p class="hint">Print this page, or save it as PDF. Every figure is read from the backup alone.</p>
            \(self.verdict(verdict))
            \(figures)
            \(facts(in: frame))
            <section aria-labelledby="repositories">
            <h2 id="repositories">Repositories</h2>
            \(repositories(frame))
            </section>
            \(unprotected(status.unprotected.prefix(200)))
            \(status.unprotected.count > 200 ? "<p>The first 200 of \(status.unprotected.count).</p>" : nil)
            \(unnamed)
            <section class="signature" aria-labelledby="checked">
            <h2 id="checked">Checked by</h2>
            <p>Name, date, signature</p>
            </section>
            """
        return frame.document("State of the backup on \(String(frame.now.extended.prefix(10)))", at: .state, main)
    }
}

/// Renders a place as a link to the page about it.
struct PlaceText {
    private let place: Place

    init(_ place: Place) { self.place = place }

    var html: HTML {
        guard let path else { return "<bdi>\(place.words)</bdi>" }
        let asset = place.asset.map { name -> HTML in "<br><bdi>\(name)</bdi>" }
        var whole = place
        whole.asset = nil
        return "\(Words.link(path, whole.words))\(asset)"
    }

    private var path: PagePath? {
        guard let repository = place.repository else { return nil }
        guard let namespace = place.namespace else { return .repository(repository) }
        guard let name = place.package else { return .group(repository: repository, namespace: namespace) }
        let package = PackageCoordinates(repository: repository, namespace: namespace, name: name)
        return place.version.map { .version(VersionCoordinates(package: package, version: $0)) } ?? .package(package)
    }
}
