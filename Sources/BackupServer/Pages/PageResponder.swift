import BackupPages
import HTTPTypes
import ReconcileCore

/// Answers browsers with pages about the backup. It does not deal with sockets or with Maven requests.
package struct PageResponder: Sendable {
    package let view: PageView
    private let domain: String
    private let location: String
    private let program: String
    private let cost: @Sendable ([String: Int]) -> String?

    /// - Parameters:
    ///   - location: the backup's location, as the operator gave it.
    ///   - program: the program and its version.
    ///   - cost: returns the cost of a report's requests in words; nil if prices are unknown.
    package init(
        view: PageView,
        domain: String,
        location: String,
        program: String,
        cost: @escaping @Sendable ([String: Int]) -> String? = { _ in nil }
    ) {
        self.view = view
        self.domain = domain
        self.location = location
        self.program = program
        self.cost = cost
    }

    /// The status, media type and text of a response.
    struct Answer {
        var status: HTTPResponse.Status = .ok
        var type = "text/html; charset=utf-8"
        let text: String
        /// The number of seconds after which to retry.
        var retryAfter: Int?
    }

    /// Reads in the background what pages need from the whole backup, until the task is cancelled.
    func readAhead() async { await view.readAhead() }

    /// Whether a request is for a page: any path under `/-/`, or `/` from a client that accepts HTML and is not a build
    /// tool.
    static func isMeant(by request: HTTPRequest) -> Bool {
        let path = (request.path ?? "").prefix { $0 != "?" }
        guard path == "/" else { return path.hasPrefix(PagePath.root) }
        let agent = request.headerFields[.userAgent] ?? ""
        return (request.headerFields[.accept] ?? "").contains("text/html")
            && !["Apache-Maven", "Gradle", "Apache-HttpClient", "Java/", "Ivy"].contains { agent.hasPrefix($0) }
    }

    /// - Throws: the failure that keeps the store from responding.
    func answer(_ request: HTTPRequest) async throws -> Answer {
        let target = request.path ?? ""
        let query = PageQuery(target: target)
        guard let path = PagePath(target.prefix { $0 != "?" }) else { return absent(request) }
        switch path {
        case .style: return Answer(type: "text/css; charset=utf-8", text: StyleSheet.text)
        case .icon: return Answer(type: "image/svg+xml", text: StyleSheet.icon)
        default: break
        }
        do {
            return try await page(path, query) { frame(request) }.map { Answer(text: $0.text) } ?? absent(request)
        } catch let reading as PageView.StillReading {
            let page = ReadingPage(records: reading.records, frame(request), path, query)
            return Answer(status: .serviceUnavailable, text: page.html.text, retryAfter: 2)
        }
    }

    private func page(_ path: PagePath, _ query: PageQuery, _ frame: () -> Frame) async throws -> HTML? {
        // The frame is made last, because it says whether the store could be read.
        switch path {
        case .style, .icon: return nil
        case .overview: return try await whole(frame) { $0.page($1) }
        case .unprotected: return try await whole(frame) { $0.unprotectedPage($1, query) }
        case .state: return try await whole(frame, isNew: true) { $0.statePage($1) }
        case .search:
            guard !query.text.isEmpty else { return SearchPage(.none, frame(), query).html }
            return try await whole(frame) { overview, frame in
                SearchPage(try await view.search(query.text, page: query.page, in: overview.contents), frame, query)
                    .html
            }
        case .repositories: return try await whole(frame) { FolderPages($0.contents, $1, query).repositories }
        case .repository(let name):
            return try await whole(frame) { FolderPages($0.contents, $1, query).groups(in: name) }
        case .group(let repository, let namespace):
            return try await whole(frame) { overview, frame in
                FolderPages(overview.contents, frame, query).packages(in: repository, ofGroup: namespace)
            }
        case .package(let package):
            func page(_ rows: [PackagePage.Row], _ frame: Frame) -> HTML? {
                rows.isEmpty ? nil : PackagePage(package, rows, frame, query).html
            }
            guard view.isLarge(package) else { return page(try await view.versions(of: package), frame()) }
            return try await whole(frame) { page(try await view.versions(of: package), $1) }
        case .version(let version):
            return try await view.version(version).map { VersionPage($0.kept, $0.entries, frame()).html }
        case .runs:
            let (rows, paging) = try await reports(.run, query)
            return ReportsPage(rows, paging, frame()).runs
        case .verifications:
            let (rows, paging) = try await reports(.verify, query)
            return ReportsPage(rows, paging, frame()).verifications
        case .run(let id): return try await report(.run, id, frame)
        case .verification(let id): return try await report(.verify, id, frame)
        case .drills:
            let (rows, paging) = try await reports(.drill, query)
            return ReportsPage(rows, paging, frame()).drills
        case .drill(let id): return try await report(.drill, id, frame)
        }
    }

    /// Makes a page that needs an overview of the whole backup.
    private func whole(
        _ frame: () -> Frame,
        isNew: Bool = false,
        _ page: (Overview, Frame) async throws -> HTML?
    ) async throws -> HTML? {
        let survey = try await view.survey(isNew: isNew)
        var frame = frame()
        frame.olderSince = survey.olderSince
        return try await page(survey.overview, frame)
    }

    private func reports(
        _ command: StoredReports.Command,
        _ query: PageQuery
    ) async throws -> ([ReportsPage.Row], Paging) {
        let entries = try await view.entries(of: command)
        let paging = Paging(query.page, of: entries.count, size: ReportsPage.size)
        return (try await view.reports(entries[paging.range]), paging)
    }

    private func report(_ command: StoredReports.Command, _ id: String, _ frame: () -> Frame) async throws -> HTML? {
        let entries = try await view.entries(of: command).filter { ExactText($0.runID) == ExactText(id) }.prefix(1)
        guard let row = try await view.reports(entries).first else { return nil }
        switch row.content {
        case .success(let content): return ReportPage(content, frame()).html
        case .failure(let failure):
            return MessagePage("A report that cannot be read", failure.description, frame()).html
        }
    }

    private func absent(_ request: HTTPRequest) -> Answer {
        let message = "The backup has nothing under this address."
        return Answer(status: .notFound, text: MessagePage("Not found", message, frame(request)).html.text)
    }

    /// Makes a page about a failure of the store.
    func failure(_ message: String, _ status: HTTPResponse.Status, _ request: HTTPRequest) -> Answer {
        Answer(status: status, text: MessagePage("The backup cannot be read", message, frame(request)).html.text)
    }

    private func frame(_ request: HTTPRequest) -> Frame {
        var frame = Frame(domain: domain, location: location, program: program, asOf: view.moment, now: view.now)
        frame.isBehind = view.isBehind
        frame.cost = cost
        let isSecure = HTTPField.Name("X-Forwarded-Proto").flatMap { request.headerFields[$0] } == "https"
        frame.address = "\(isSecure ? "https" : "http")://\(request.authority ?? "localhost")"
        return frame
    }
}
