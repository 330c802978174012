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
