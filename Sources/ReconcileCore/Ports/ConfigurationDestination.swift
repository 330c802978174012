/// A domain whose configuration can be created and changed.
package protocol ConfigurationDestination: Sendable {
    /// Performs one call in a single attempt; `RetryingConfigurator` retries.
    ///
    /// - Throws: `RemoteFailure`, or `CancellationError` if its task is cancelled. Creating something that already
    ///   exists is a `conflict`.
    func perform(_ call: ConfigurationCall) async throws
}
