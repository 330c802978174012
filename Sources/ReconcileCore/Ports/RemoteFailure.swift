/// What went wrong in one request to the source or the store, classified by what a caller can do about it.
package struct RemoteFailure: Error, Hashable, Sendable {
    /// The class of a failure.
    package enum Kind: String, Hashable, Sendable, CaseIterable, Codable {
        /// The requested thing doesn't exist (404).
        case absent
        /// No usable credentials, credentials that were refused and could not be refreshed, or a server that cannot
        /// prove its identity.
        case credentials
        /// The caller is authenticated but not authorized (403).
        case denied
        /// An operation that is denied as a whole: refused many times in a row without an acceptance. It is not sent
        /// for a while (`RefusalCount`).
        case forbidden
        /// An object in a storage class that must be restored before its bytes can be read. The message names the
        /// command.
        case archived
        /// Too many requests (429, SlowDown and the like): slow down and try again.
        case throttled
        /// Unreachable, timed out, cut off, or 5xx: the same request may succeed later.
        case unavailable
        /// A host that left many requests unanswered. Nothing more is sent to it for a while (`HostSilence`).
        case unreachable
        /// The other side has something that contradicts the request (409, or different bytes under a create-only key).
        case conflict
        /// Bytes that don't match their listed size or hash.
        case corrupt
        /// The request can never succeed unchanged (400, or a name or size that the store doesn't support).
        case invalid
        /// An answer that violates the protocol: unreadable JSON or XML, a repeated page token, a second redirect.
        case malformed
        /// A record's bytes that the record reader rejects, or a record that needs an operator's approval to be
        /// followed.
        case untrusted
    }

    package let kind: Kind
    package let operation: ServiceOperation
    /// What the request was about, for the operator: coordinates, asset or key. Never contains a secret.
    package let target: String
    /// One sentence or the remote's own words, on one line: control characters become spaces, and text beyond 1000
    /// characters is cut off. Never contains a secret.
    package let message: String
    /// How long the remote asked to wait; nil if it didn't.
    package let retryAfter: Duration?
    /// What the service said, if it denied a request from a known caller.
    package let denial: Denial?
    /// Whether no complete answer arrived.
    package let lacksAnswer: Bool

    package init(
        _ kind: Kind,
        operation: ServiceOperation,
        target: String,
        message: String,
        retryAfter: Duration? = nil,
        denial: Denial? = nil,
        lacksAnswer: Bool = false
    ) {
        self.kind = kind
        self.operation = operation
        self.target = target
        self.message = Self.oneLine(message)
        self.retryAfter = retryAfter
        self.denial = denial
        self.lacksAnswer = lacksAnswer
    }

    private static func oneLine(_ text: String) -> String {
        let limit = 1_000
        // The common case, without a copy.
        if text.utf8.count <= limit, text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
        let start = text.prefix(limit)
        let line = start.replacingControls(with: " ")
        return start.endIndex < text.endIndex ? line + "…" : line
    }

    /// Whether the same request may succeed if it is sent again. Retries depend on nothing else.
    package var isTransient: Bool {
        switch kind {
        case .throttled, .unavailable: true
        case .absent, .archived, .credentials, .denied, .forbidden, .unreachable, .conflict, .corrupt, .invalid,
            .malformed, .untrusted:
            false
        }
    }
}

extension RemoteFailure {
    /// The same failure in other words.
    package func saying(_ message: String) -> RemoteFailure {
        RemoteFailure(
            kind,
            operation: operation,
            target: target,
            message: message,
            retryAfter: retryAfter,
            denial: denial,
            lacksAnswer: lacksAnswer
        )
    }

    /// Whether the store does not show a place, by a right that is missing or by what stands there; it may show others.
    package var isOfOnePlace: Bool { operation.kind == .store && (kind == .denied || kind == .invalid) }

    /// Whether it concerns only the object that was read and says nothing about others.
    package var isOfOneObject: Bool {
        switch kind {
        case .absent, .archived, .denied, .invalid, .corrupt, .malformed, .untrusted: true
        default: false
        }
    }
}

extension RemoteFailure: CustomStringConvertible {
    package var description: String { "\(operation) \(target): \(message) (\(kind.rawValue))" }
}
