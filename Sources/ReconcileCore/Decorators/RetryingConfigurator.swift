/// A destination of configuration that sends a failed request again, as its policy says.
package struct RetryingConfigurator: ConfigurationDestination {
    private let base: any ConfigurationDestination
    private let policy: RetryPolicy

    package init(_ base: any ConfigurationDestination, policy: RetryPolicy) {
        self.base = base
        self.policy = policy
    }

    package func perform(_ call: ConfigurationCall) async throws {
        try await policy.run { try await base.perform(call) }
    }
}
