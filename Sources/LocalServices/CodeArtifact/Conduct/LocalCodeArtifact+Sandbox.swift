/// The sandbox's control endpoints, for scripts. Their requests are not counted and need no signature.
extension LocalCodeArtifact {
    /// `GET /_sandbox/env` returns shell exports that point AWS clients at the servers. `GET /_sandbox/requests`
    /// returns the counts, POST resets them. `POST /_sandbox/faults` applies the faults in its body, one per line, in
    /// place of the current ones. `POST /_sandbox/expire-tokens` and `/_sandbox/expire-credentials` expire all tokens
    /// or all access keys.
    func answerSandbox(_ request: ServerRequest) async throws -> ServerAnswer {
        switch (request.method, request.path) {
        case ("GET", "/_sandbox"), ("GET", "/_sandbox/"):
            return .text(200, overview)
        case ("GET", "/_sandbox/env"):
            return .text(200, ShellExports(environment).text)
        case ("GET", "/_sandbox/requests"):
            let counts = requests.sorted { $0.key < $1.key }
            return .json(200, .object(counts.map { ($0.key, .integer(Int64($0.value))) }))
        case ("POST", "/_sandbox/requests"):
            resetRequests()
        case ("POST", "/_sandbox/faults"):
            let text = String(decoding: try await request.bytes(upTo: 1 << 20), as: UTF8.self)
            do {
                setFaults(try text.split(whereSeparator: \.isNewline).map { try Fault(String($0)) })
            } catch {
                return .text(400, "\(error)\n")
            }
        case ("POST", "/_sandbox/expire-tokens"):
            expireTokens()
        case ("POST", "/_sandbox/expire-credentials"):
            expireCredentials()
        default:
            return .text(404, "the sandbox has no \(request.method) \(request.path); GET / lists what it has\n")
        }
        return ServerAnswer(204)
    }
}
