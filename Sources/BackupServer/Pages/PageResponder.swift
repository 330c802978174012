import BackupPages
import HTTPTypes
import ReconcileCore

/// Answers a browser with pages about the backup; knows no sockets, and nothing of Maven.
package struct PageResponder: Sendable {
    private let view: PageView
    private let domain: String
    private let location: String
    private let program: String

    /// - Parameters:
    ///   - location: of the backup, as the operator named it.
    ///   - program: and its version.
    package init(view: PageView, domain: String, location: String, program: String) {
        self.view = view
        self.domain = domain
        self.location = location
        self.program = program
    }

    /// An answer's status, media type and text.
    struct Answer {
        var status: HTTPResponse.Status = .ok
        var type = "text/html; charset=utf-8"
        let text: String
    }

    /// Whether a request is for a page: anything under `/-/`, and `/` of a client that reads HTML and is no build.
    static func isMeant(by request: HTTPRequest) -> Bool {
        let path = (request.path ?? "").prefix { $0 != "?" }
        guard path == "/" else { return path.hasPrefix(PagePath.root) }
        let agent = request.headerFields[.userAgent] ?? ""
        return (request.headerFields[.accept] ?? "").contains("text/html")
            && !["Apache-Maven", "Gradle", "Apache-HttpClient", "Java/", "Ivy"].contains { agent.hasPrefix($0) }
    }

    /// - Throws: what keeps the store from answering.
    func answer(_ request: HTTPRequest) async throws -> Answer {
        let target = request.path ?? ""
        let query = PageQuery(target: target)
        guard let path = PagePath(target.prefix { $0 != "?" }) else { return absent(request) }
        switch path {
        case .style: return Answer(type: "text/css; charset=utf-8", text: StyleSheet.text)
        case .icon: return Answer(type: "image/svg+xml", text: StyleSheet.icon)
        default: break
        }
        let page: HTML?
        do {
            page = try await self.page(path, query) { frame(request) }
        } catch is PageView.Busy {
            let message = "Another search is reading the backup. Try again in a few seconds."
            return Answer(status: .serviceUnavailable, text: MessagePage("Busy", message, frame(request)).html.text)
        }
        return page.map { Answer(text: $0.text) } ?? absent(request)
    }

    private func page(_ path: PagePath, _ query: PageQuery, _ frame: () -> Frame) async throws -> HTML? {
        // The frame is made last: it says whether the store could be read.
        switch path {
        case .style, .icon: return nil
        case .overview: return try await view.overview().page(frame())
        case .unprotected: return try await view.overview().unprotectedPage(frame(), query)
        case .state: return try await view.overview().statePage(frame())
        case .search:
            let findings = try await view.search(query.text)
            return SearchPage(findings, frame(), query).html
        case .repositories: return FolderPages(try await view.overview().contents, frame(), query).repositories
        case .repository(let name):
            return FolderPages(try await view.overview().contents, frame(), query).groups(in: name)
        case .group(let repository, let namespace):
            return FolderPages(try await view.overview().contents, frame(), query)
                .packages(in: repository, ofGroup: namespace)
        case .package(let package):
            let versions = try await view.versions(of: package)
            return versions.isEmpty ? nil : PackagePage(package, versions, frame(), query).html
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

    /// A page about a store that fails.
    func failure(_ message: String, _ status: HTTPResponse.Status, _ request: HTTPRequest) -> Answer {
        Answer(status: status, text: MessagePage("The backup cannot be read", message, frame(request)).html.text)
    }

    private func frame(_ request: HTTPRequest) -> Frame {
        var frame = Frame(domain: domain, location: location, program: program, asOf: view.moment, now: view.now)
        frame.isBehind = view.isBehind
        let isSecure = HTTPField.Name("X-Forwarded-Proto").flatMap { request.headerFields[$0] } == "https"
        frame.address = "\(isSecure ? "https" : "http")://\(request.authority ?? "localhost")"
        return frame
    }
}
