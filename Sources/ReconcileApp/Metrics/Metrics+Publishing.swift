package import AWSServices
import Cryptography
package import HTTPTransfer

/// The two ways to publish metrics: a file for a collector, and a Pushgateway.
extension Metrics {
    /// Replaces the file with the exposition atomically: a collector never reads half of it.
    ///
    /// Metrics of other jobs in the file are kept, and so is the time of the last success if this job failed. A run and
    /// a verification may therefore share the file, unless they end at the same moment.
    package func write(to file: OutputFile) throws {
        try file.replace(Array(exposition(after: file.readIfRegular()).utf8))
    }

    /// Pushes the exposition to the group of the job, the domain and the shard.
    ///
    /// PUT replaces the group; POST replaces only the metrics that are sent (Pushgateway's README, API). A success is
    /// therefore sent with PUT, and any other outcome with POST, which keeps the time of the last success. Makes one
    /// attempt with a timeout of ten seconds.
    package func push(to gateway: ServiceEndpoint, with client: HTTPClient) async throws {
        let label = PercentEncoding.encode(domain, keepSlash: false)
        let response = try await client.send(
            HTTPRequest(
                method: isSuccess ? .put : .post,
                url: gateway.url("\(gateway.basePath)/metrics/job/\(job)/domain/\(label)/shard/\(shard)"),
                headers: ["Content-Type": "text/plain; version=0.0.4; charset=utf-8"],
                body: Array(exposition().utf8),
                deadlines: HTTPDeadlines(connect: .seconds(5), total: .seconds(10))
            )
        )
        guard response.head.isSuccess else {
            throw PushRefused(
                status: response.status,
                answer: String(decoding: response.body.prefix(200), as: UTF8.self)
            )
        }
    }

    /// The Pushgateway responded but did not accept the metrics.
    package struct PushRefused: Error, Hashable, Sendable, CustomStringConvertible {
        let status: Int
        let answer: String

        package var description: String {
            "it answered status \(status): \(answer.split(whereSeparator: \.isNewline).joined(separator: " "))"
        }
    }
}
