import AWSServices

/// The cost of the requests that a report counts, at list prices.
package struct RequestCost: Hashable, Sendable {
    private let requests: [String: Int]

    /// - Parameter requests: the number of requests by operation, as in a report.
    package init(of requests: [String: Int]) {
        self.requests = requests
    }

    /// The cost in US dollars.
    package var dollars: Double {
        requests.reduce(0) { $0 + Double($1.value) * AWSPrices.dollars(of: $1.key) }
    }

    /// The date of the list prices.
    package static var date: String { AWSPrices.date }

    /// A text such as `312 CodeArtifact, 65 S3: about $0.02 (list prices of 2026-11-22)`; nil if there are no requests.
    package var words: String? {
        guard !requests.isEmpty else { return nil }
        let sums = Dictionary(requests.map { (Self.service($0.key), $0.value) }, uniquingKeysWith: +)
        let counts = sums.sorted { $0.key.lowercased() < $1.key.lowercased() }.map { "\($0.value) \($0.key)" }
        let price = dollars == 0 ? "no charge" : "\(dollars < 0.01 ? "" : "about ")\(Dollars(dollars))"
        return "\(counts.joined(separator: ", ")): \(price) (list prices of \(Self.date))"
    }

    /// The service of an operation, as it is named on a bill.
    private static func service(_ operation: String) -> String {
        switch operation.prefix(while: { $0 != "." }) {
        case "codeartifact", "maven": "CodeArtifact"
        case let service where ["s3", "kms", "sts", "iam"].contains(service): service.uppercased()
        case let service: String(service)
        }
    }
}
