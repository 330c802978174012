/// An exchange that ended without a whole answer. An answer with an error status is not one.
package struct TransferFailure: Error, Sendable, Hashable {
    /// What went wrong.
    package enum Kind: Sendable, Hashable {
        /// The request cannot be sent as it is; nothing was sent.
        case invalidRequest
        /// A host name, the service's or the proxy's, could not be resolved.
        case unresolved
        /// No connection: refused, unreachable, or not made by the proxy.
        case unreachable
        /// The peer's certificate was not accepted, or the trusted certificates could not be read.
        case untrusted
        /// A deadline passed.
        case timedOut
        /// The connection ended or made no sense before the answer was whole.
        case broken
        /// A successful answer was longer than the caller's limit.
        case tooLarge
        /// The peer answered while a body was still being sent. Only `HTTPBodyWriter.send` throws it.
        case answeredEarly
        /// The client had been shut down, or the scope of a reader or writer was left.
        case closed
        /// curl or the machine failed: no memory, no file descriptors. The latter is transient.
        case `internal`
    }

    /// The end of a pipe that failed.
    package enum Side: Sendable, Hashable {
        case source
        case destination
    }

    package let kind: Kind
    /// Nil for an exchange that is not a pipe.
    package let side: Side?
    /// One sentence: the request, without its query, and what happened to it. Never holds a secret.
    package let message: String
    /// Whether the same request may succeed when it is sent again.
    package let isTransient: Bool
    /// Whether the peer was asked but never began to answer, so it may not be reachable at all.
    package let isUnanswered: Bool

    package init(
        _ kind: Kind,
        side: Side? = nil,
        message: String,
        isTransient: Bool? = nil,
        isUnanswered: Bool = false
    ) {
        self.kind = kind
        self.side = side
        self.message = message
        self.isTransient = isTransient ?? kind.isTransient
        self.isUnanswered = isUnanswered
    }

    func on(_ side: Side) -> TransferFailure {
        TransferFailure(kind, side: side, message: message, isTransient: isTransient, isUnanswered: isUnanswered)
    }
}

extension TransferFailure.Kind {
    var isTransient: Bool {
        switch self {
        case .unresolved, .unreachable, .timedOut, .broken: true
        case .invalidRequest, .untrusted, .tooLarge, .answeredEarly, .closed, .internal: false
        }
    }
}

extension TransferFailure: CustomStringConvertible {
    package var description: String { message }
}
