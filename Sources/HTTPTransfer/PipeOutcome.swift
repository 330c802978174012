/// Looks at every byte of a pipe as it passes, and says at the end whether they were the right ones.
///
/// Used by one pipe only, on the client's own thread: it must be quick and must not wait.
package protocol PipeCheck: AnyObject {
    /// The next bytes of the body, in order; called for each byte once, never with none.
    func update(_ bytes: RawSpan)
    /// Called once, after the last byte of a body of the right length: nil when it is right, else what is wrong.
    func verdict() -> String?
}

/// How a pipe ended that met no network failure.
package enum PipeOutcome: Sendable, Hashable {
    /// The source did not answer 200: nothing was sent to the destination.
    case sourceAnswered(HTTPResponse)
    /// The destination's answer. A 2xx means that it took every byte and that the check was content with them.
    case destinationAnswered(HTTPResponse)
    /// The body had another length or the check was not content with it, and why. The destination never got its last
    /// byte, so it holds no object.
    case mismatch(String)
}
