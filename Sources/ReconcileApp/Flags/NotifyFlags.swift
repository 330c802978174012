import AWSServices
package import ArgumentParser

/// Where to report how a command ended.
package struct NotifyFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "POST a summary in JSON to this address at the end. The path may be secret; prefer RECONCILE_NOTIFY.",
            valueName: "url"
        ),
        transform: spelled
    )
    package var notify: NotifyAddress?

    @Option(
        help: ArgumentHelp(
            "healthchecks also calls the address with /start at the start, and with /fail if the exit status is not 0.",
            valueName: "style"
        )
    )
    package var notifyStyle = NotifyStyle.json

    package init() {}
}

/// Which calls are made to the address of `--notify`.
package enum NotifyStyle: String, ExpressibleByArgument, CaseIterable, Sendable {
    case json, healthchecks
}

/// An http or https address whose path and query may contain a secret.
package struct NotifyAddress: Spelled, Hashable {
    private let endpoint: ServiceEndpoint
    private let query: String

    package init?(spelled text: String) {
        let address = text.prefix { $0 != "?" }
        guard let endpoint = try? ServiceEndpoint(String(address)),
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), !text.contains("#")
        else { return nil }
        self.endpoint = endpoint
        query = String(text[address.endIndex...])
    }

    package static let spelling = "an address that starts with https:// or http://, without user and fragment"

    /// - Parameter suffix: appended to the path, such as `/fail`.
    package func url(_ suffix: String = "") -> String {
        endpoint.url((endpoint.basePath.isEmpty && suffix.isEmpty ? "/" : endpoint.basePath) + suffix + query)
    }

    /// The scheme and host, which may be shown.
    package var shown: String { endpoint.url("") }
}
