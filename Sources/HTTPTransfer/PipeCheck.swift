/// Looks at every byte of a pipe as it passes, and says at the end whether they were the right ones.
///
/// Used by one pipe only, on the client's own thread: it must be quick and must not wait.
package protocol PipeCheck: AnyObject {
    /// The next bytes of the body, in order; called for each byte once, never with none.
    func update(_ bytes: RawSpan)
    /// Called once, after the last byte of a body of the right length: nil when it is right, else what is wrong.
    func verdict() -> String?
}
