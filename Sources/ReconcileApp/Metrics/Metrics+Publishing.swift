package import AWSServices
import Cryptography
package import HTTPTransfer

/// The two places where metrics can be seen: a file that is scraped, and a Pushgateway.
extension Metrics {
    /// Puts the exposition in the file's place as a whole: a collector never reads half of one.
    ///
    /// What the file holds of other work stays, and the time of the last success where this work is none: a run and a
    /// verification may share it, unless they end at one instant.
    package func write(to file: OutputFile) throws {
        try file.replace(Array(exposition(after: file.readIfRegular()).utf8))
    }

    /// Pushes the exposition into the group of the job, the domain and the shard.
    ///
    /// PUT replaces the group; POST only the metrics that are sent (Pushgateway's README, API). So a success is PUT,
    /// and any other end is POSTed, which leaves the time of the last success where it is. One attempt, ten seconds.
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

    /// The Pushgateway answered, but did not take the metrics.
    package struct PushRefused: Error, Hashable, Sendable, CustomStringConvertible {
        let status: Int
        let answer: String

        package var description: String {
            "it answered status \(status): \(answer.split(whereSeparator: \.isNewline).joined(separator: " "))"
        }
    }
}
