import Cryptography
import FoundationEssentials
import HTTPTransfer
package import ReconcileCore

/// An account's CodeArtifact rate quotas, from Service Quotas: ListServiceQuotas (API version 2019-06-24).
package struct AccountQuotas: Hashable, Sendable {
    /// In requests per second; only those in the answer.
    package private(set) var rates: [RateClass: Double] = [:]

    package static let operation = ServiceOperation(
        .work,
        service: "servicequotas",
        name: "ListServiceQuotas",
        rights: [IAMRight("servicequotas:ListServiceQuotas", on: .account)]
    )

    package init(rates: [RateClass: Double]) {
        self.rates = rates
    }

    /// Fetches the quotas.
    ///
    /// - Parameter transport: sends to Service Quotas.
    /// - Throws: `RemoteFailure` or `CancellationError`.
    package init(askedOf transport: SignedTransport) async throws {
        var token: String?
        // The service has sixteen quotas, so one page suffices unless pages are short.
        for _ in 0..<Self.maximumPages {
            let call = ServiceCall(
                Self.operation,
                on: "codeartifact",
                method: .post,
                path: "/",
                headers: [
                    "Content-Type": "application/x-amz-json-1.1",
                    "X-Amz-Target": "ServiceQuotasV20190624.ListServiceQuotas",
                ],
                payload: .bytes(try Array(JSONEncoder().encode(Request(nextToken: token))))
            )
            let response = try await transport.send(call)
            guard let page = try? JSONDecoder().decode(Page.self, from: Data(response.body)) else {
                throw call.failure(.malformed, "the answer cannot be read")
            }
            for quota in page.quotas where quota.value.isFinite && quota.value > 0 {
                if let rate = Self.codes[quota.quotaCode] { rates[rate] = quota.value }
            }
            token = page.nextToken
            if token == nil { return }
        }
        throw RemoteFailure(
            .malformed,
            operation: Self.operation,
            target: "codeartifact",
            message: "the list of quotas does not end after \(Self.maximumPages) pages"
        )
    }

    private static let maximumPages = 10

    /// By code, since names have changed over the years (AWS General Reference, AWS CodeArtifact endpoints and quotas).
    private static let codes: [String: RateClass] = [
        "L-6010CAF9": .listPackages, "L-CBBCDF5C": .listPackageVersions, "L-3072382D": .listPackageVersionAssets,
        "L-F39CF68A": .accountReads, "L-A649E766": .accountWrites,
    ]

    private struct Request: Encodable {
        let serviceCode = "codeartifact"
        let maxResults = 100
        let nextToken: String?

        enum CodingKeys: String, CodingKey {
            case serviceCode = "ServiceCode"
            case maxResults = "MaxResults"
            case nextToken = "NextToken"
        }
    }

    private struct Page: Decodable {
        struct Quota: Decodable {
            let quotaCode: String
            let value: Double

            enum CodingKeys: String, CodingKey {
                case quotaCode = "QuotaCode"
                case value = "Value"
            }
        }

        let nextToken: String?
        let quotas: [Quota]

        enum CodingKeys: String, CodingKey {
            case nextToken = "NextToken"
            case quotas = "Quotas"
        }
    }
}
