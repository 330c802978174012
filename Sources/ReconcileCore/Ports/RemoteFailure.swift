/// What went wrong in one request to the source or the store, classed by what a caller can do about it.
package struct RemoteFailure: Error, Hashable, Sendable {
    /// The class of a failure.
    package enum Kind: String, Hashable, Sendable, CaseIterable, Codable {
        /// The thing asked for is not there (404).
        case absent
        /// No usable credentials, credentials that were refused and could not be refreshed, or a server that cannot prove
        /// who it is.
        case credentials
        /// The caller is known but not allowed (403).
        case denied
        /// An operation that is denied as a whole: refused time and again, and not accepted lately. It is not sent for
        /// a while (`RefusalCount`).
        case forbidden
        /// An object in a storage class whose bytes no request returns before it is brought back. The message names the
        /// command.
        case archived
        /// Too fast (429, SlowDown and their kin): slow down and try again.
        case throttled
        /// Not reachable, timed out, cut off, or 5xx: the same request may succeed later.
        case unavailable
        /// A host that began no answer to many requests. Nothing more is sent to it.
        case unreachable
        /// The other side holds something that contradicts the request (409, or other bytes under a create-only key).
        case conflict
        /// Bytes that do not match their listed size or hash.
        case corrupt
        /// The request can never succeed as it is (400, a name or size that the store cannot hold).
        case invalid
        /// An answer that breaks the protocol: unreadable JSON or XML, a repeated page token, a second redirect.
        case malformed
        /// The bytes of a record that do not pass the reader of records, or a record that is not followed without an
        /// operator's word.
        case untrusted
    }

    package let kind: Kind
    package let operation: ServiceOperation
    /// What the request was about, for the operator: coordinates, asset or key. Never holds a secret.
    package let target: String
    /// One sentence or the remote's own words, on one line: control characters become spaces, and what exceeds 1000
    /// characters is cut off. Never holds a secret.
    package let message: String
    /// The wait that the remote asked for, where it did.
    package let retryAfter: Duration?
    /// What the service said, where it refused a caller whom it knows.
    package let denial: Denial?
    /// Whether no whole answer came.
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
        // The common case, without taking the text apart.
        if text.utf8.count <= limit, text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
        let start = text.prefix(limit)
        let line = start.replacingControls(with: " ")
        return start.endIndex < text.endIndex ? line + "…" : line
    }

    /// Whether the same request may succeed when it is sent again. Retry looks at nothing else.
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
    /// Whether it is a fault of the one object that was read, and says nothing of others.
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
