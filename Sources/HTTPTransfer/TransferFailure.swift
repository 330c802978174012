/// An exchange that ended without a complete answer. An answer with an error status is not a failure.
package struct TransferFailure: Error, Sendable, Hashable {
    /// What went wrong.
    package enum Kind: Sendable, Hashable {
        /// The request cannot be sent in this form; the peer never got a complete one.
        case invalidRequest
        /// A host name, the service's or the proxy's, could not be resolved.
        case unresolved
        /// No connection: refused, unreachable, or not made by the proxy.
        case unreachable
        /// The peer's certificate was not accepted, or the trusted certificates could not be read.
        case untrusted
        /// A deadline passed.
        case timedOut
        /// The connection broke, or the peer sent something invalid, before the answer was complete.
        case broken
        /// A successful answer was longer than the caller's limit.
        case tooLarge
        /// The peer answered while a body was still being sent. Only `HTTPBodyWriter.send` throws it.
        case answeredEarly
        /// The client had been shut down, or the scope of a reader or writer was left.
        case closed
        /// curl or the machine failed: no memory or no file descriptors. Only a lack of descriptors is transient.
        case `internal`
    }

    /// The side of a pipe that failed.
    package enum Side: Sendable, Hashable {
        case source
        case destination
    }

    package let kind: Kind
    /// Nil if the exchange is not part of a pipe.
    package let side: Side?
    /// One sentence: the request, without its query, and what happened to it. Never contains a secret.
    package let message: String
    /// Whether sending the same request again may succeed.
    package let isTransient: Bool
    /// Whether the request was tried but no answer began, so the peer may be unreachable.
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
