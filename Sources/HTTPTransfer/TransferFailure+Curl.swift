import CCurl

/// The only mapping from curl's status codes to failures.
extension TransferFailure {
    /// The failure for a curl status. `subject` starts the sentence: the request, without its query.
    init(
        _ status: CURLcode,
        on subject: String,
        detail: String,
        isConnected: Bool = false,
        isUnanswered: Bool = false
    ) {
        if !isConnected, let shortage = DescriptorLimit.shortage() {
            self.init(.internal, message: "\(subject): \(shortage)", isTransient: true)
            return
        }
        let (kind, words, advice) = Self.meaning(of: status, isConnected: isConnected)
        let said = detail.isEmpty ? "" : " (\(detail))"
        self.init(
            kind,
            message: "\(subject): \(words)\(said)\(advice.isEmpty ? "" : "; \(advice)").",
            isUnanswered: isUnanswered && (kind.isTransient || kind == .untrusted)
        )
    }

    private static func meaning(of status: CURLcode, isConnected: Bool) -> (Kind, words: String, advice: String) {
        switch status {
        // curl reports this for an answer without a status line (HTTP/0.9).
        case CURLE_UNSUPPORTED_PROTOCOL where isConnected:
            (.broken, "the answer is not HTTP", "")
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT, CURLE_LOGIN_DENIED:
            (.invalidRequest, "this URL cannot be requested", "use an absolute http or https URL without user name")
        case CURLE_COULDNT_RESOLVE_HOST:
            (.unresolved, "the host name could not be resolved", "check the name and the network")
        case CURLE_COULDNT_RESOLVE_PROXY:
            (.unresolved, "the proxy's name could not be resolved", "check http_proxy and https_proxy")
        case CURLE_COULDNT_CONNECT:
            (.unreachable, "no connection could be made", "")
        case CURLE_PROXY:
            (.unreachable, "the proxy could not connect", "check http_proxy and https_proxy")
        case CURLE_OPERATION_TIMEDOUT where isConnected:
            (.timedOut, "it did not finish within its deadline", "")
        case CURLE_OPERATION_TIMEDOUT:
            (.timedOut, "no connection was made in time", "check the network and the proxy")
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS,
            CURLE_SSL_PINNEDPUBKEYNOTMATCH:
            (.untrusted, "the server's certificate is not trusted", "name its authority's CA bundle in AWS_CA_BUNDLE")
        case CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CRL_BADFILE:
            (
                .untrusted, "the trusted certificates could not be read",
                "check the file that AWS_CA_BUNDLE, ca_bundle of the profile or REQUESTS_CA_BUNDLE names"
            )
        case CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED, CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_CIPHER,
            CURLE_SSL_CERTPROBLEM:
            (.untrusted, "TLS could not be set up", "")
        case CURLE_SSL_CONNECT_ERROR:
            (.broken, "the TLS handshake failed", "")
        case CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_WEIRD_SERVER_REPLY, CURLE_CHUNK_FAILED,
            CURLE_BAD_CONTENT_ENCODING:
            (.broken, "the connection ended before the answer was complete", "")
        case CURLE_SEND_ERROR, CURLE_SEND_FAIL_REWIND:
            (.broken, "the connection ended before the request was sent", "")
        default:
            (.internal, "libcurl failed", "")
        }
    }
}

extension HTTPRequest {
    /// Method and URL without query and user name, as a message may show them.
    var subject: String {
        let plain = url.prefix { $0 != "?" && $0 != "#" }
        var parts = plain.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        // A user name may come with a password.
        if parts.count > 2, let at = parts[2].lastIndex(of: "@") { parts[2] = parts[2][at...].dropFirst() }
        return "\(method.rawValue) \(parts.joined(separator: "/"))"
    }
}
