/// A domain whose configuration is made or changed.
package protocol ConfigurationDestination: Sendable {
    /// Carries out one call, in a single attempt; retry is `RetryingConfigurator`'s.
    ///
    /// - Throws: `RemoteFailure`, or `CancellationError` when its task is cancelled. What is to be made and is there
    ///   already is a `conflict`.
    func perform(_ call: ConfigurationCall) async throws
}
