import LocalServices

/// Single requests to the Maven endpoint, sent by curl.
struct Curl {
    struct Answer {
        let status: Int
        let headers: String
        let body: String
    }

    let server: LocalCodeArtifact
    let token: String
    var repository = "releases"

    init(_ server: LocalCodeArtifact) {
        self.server = server
        token = server.issueToken()
    }

    /// A request with the token as a bearer token, to a path below the repository or to a whole address.
    func send(
        _ method: String,
        _ path: String,
        body: String? = nil,
        headers: [String] = [],
        authorized: Bool = true,
        options: [String] = []
    ) async throws -> Answer {
        let url = path.hasPrefix("http") ? path : server.mavenEndpoint(repository: repository) + path
        var arguments = ["-sS", "-D", "/dev/stderr", "-w", "\n%{http_code}", "--max-time", "20"] + options
        arguments += method == "HEAD" ? ["-I", "-o", "/dev/null"] : ["-X", method]
        if authorized { arguments += ["-H", "Authorization: Bearer \(token)"] }
        for header in headers { arguments += ["-H", header] }
        if let body { arguments += ["--data-binary", body] }
        let result = try await Tool(name: "curl").run(arguments + [url])
        let lines = result.output.split(separator: "\n", omittingEmptySubsequences: false)
        return Answer(
            status: lines.last.flatMap { Int($0) } ?? 0,
            headers: result.error,
            body: lines.dropLast().joined(separator: "\n")
        )
    }

    func status(_ method: String, _ path: String, _ body: String? = nil) async throws -> Int {
        try await send(method, path, body: body).status
    }
}
