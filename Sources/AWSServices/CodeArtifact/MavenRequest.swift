import HTTPTransfer
import ReconcileCore

/// A GET or PUT of one file at a Maven endpoint, authorized by a bearer token, on its way through `PacedExchange`.
struct MavenRequest: PacedRequest {
    struct Attempt {
        let request: HTTPRequest
        let redirect: MavenRedirect
    }

    let method: HTTPMethod
    let file: MavenEndpoint.File
    /// Below the endpoint, percent-encoded.
    let path: String
    let endpoint: ServiceEndpoint
    let maven: MavenEndpoint

    var operation: ServiceOperation { file.operation }
    var target: String { file.target }
    var role: ExchangeRole { method == .get ? .reading : .sending }

    func proof() async throws -> BearerToken {
        try await maven.tokens.token()
    }

    func discard(_ proof: BearerToken) {
        maven.tokens.refuse(proof)
    }

    func attempt(with proof: BearerToken) -> Attempt {
        var headers: HTTPHeaders = ["Authorization": proof.authorization]
        switch role {
        case .reading: headers.append("Accept", "*/*")
        case .sending: headers.append("Content-Type", "application/octet-stream")
        }
        let url = endpoint.url(endpoint.basePath + path)
        return Attempt(
            request: HTTPRequest(method: method, url: url, headers: headers, deadlines: maven.deadlines),
            redirect: MavenRedirect(from: endpoint, operation: operation, target: target) {
                [paced = maven.paced] (store) throws(RemoteFailure) in
                try paced.ledger.checkAnswering(.assets(store), at: paced.clock.now())
            }
        )
    }

    func hosts(of attempt: Attempt) -> [RemoteHost] {
        let store = attempt.redirect.store.map { RemoteHost.assets($0) }
        return [.maven(endpoint.host)] + (store.map { [$0] } ?? [])
    }

    func refusal(_ answer: HTTPResponse, to attempt: Attempt) -> Refusal {
        if attempt.redirect.store != nil { return storeRefusal(answer) }
        // The endpoint answers 401 to some requests with an expired token and 403 to others.
        let cause: Refusal.Cause? = answer.status == 401 || answer.status == 403 ? .proof : nil
        if answer.head.isSuccess {
            let words = "The Maven endpoint answered status \(answer.status) instead of 200."
            return Refusal(RemoteFailure(.malformed, operation: operation, target: target, message: words))
        }
        let failure = RemoteFailure(answered: answer, fault: .text(answer), operation: operation, target: target)
        return Refusal(failure, cause: cause)
    }

    /// What the store behind the redirect means; its words are not repeated, since they may quote the signed URL.
    private func storeRefusal(_ answer: HTTPResponse) -> Refusal {
        // Asking the endpoint again makes a new URL, so neither an expired URL's 403 nor any other refusal of a URL
        // that was made a moment ago is final.
        let isThrottled = RemoteFailure.kind(status: answer.status, code: nil) == .throttled
        let failure = RemoteFailure(
            isThrottled ? .throttled : .unavailable,
            operation: operation,
            target: target,
            message: "The store that the Maven endpoint redirected to answered status \(answer.status).",
            retryAfter: RemoteFailure.retryAfter(answer.head.headers)
        )
        // The store's rates are separate from the endpoint's.
        return Refusal(failure, slowsDown: false)
    }
}
