import AWSServices

/// What the requests cost that a report counts, at list prices.
package struct RequestCost: Hashable, Sendable {
    private let requests: [String: Int]

    /// - Parameter requests: by operation, as in a report.
    package init(of requests: [String: Int]) {
        self.requests = requests
    }

    /// US dollars.
    package var dollars: Double {
        requests.reduce(0) { $0 + Double($1.value) * AWSPrices.dollars(of: $1.key) }
    }

    /// When the prices were entered.
    package static var date: String { AWSPrices.date }

    /// `312 CodeArtifact, 65 S3: about $0.02 (list prices of 2026-11-22)`; nil for no request.
    package var words: String? {
        guard !requests.isEmpty else { return nil }
        let sums = Dictionary(requests.map { (Self.service($0.key), $0.value) }, uniquingKeysWith: +)
        let counts = sums.sorted { $0.key.lowercased() < $1.key.lowercased() }.map { "\($0.value) \($0.key)" }
        let price = dollars == 0 ? "no charge" : "\(dollars < 0.01 ? "" : "about ")\(Dollars(dollars))"
        return "\(counts.joined(separator: ", ")): \(price) (list prices of \(Self.date))"
    }

    /// The service that answers an operation, as a bill names it.
    private static func service(_ operation: String) -> String {
        switch operation.prefix(while: { $0 != "." }) {
        case "codeartifact", "maven": "CodeArtifact"
        case let service where ["s3", "kms", "sts", "iam"].contains(service): service.uppercased()
        case let service: String(service)
        }
    }
}
