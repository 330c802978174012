import Cryptography
import FoundationEssentials

/// The only supported call of Service Quotas: ListServiceQuotas (API version 2019-06-24).
extension LocalCodeArtifact {
    static let quotasTarget = "ServiceQuotasV20190624.ListServiceQuotas"

    /// Answers a POST to `/` with that target: the rates in force, otherwise the documented ones.
    func answerServiceQuotas(_ request: ServerRequest) async throws -> ServerAnswer {
        let action = "servicequotas:ListServiceQuotas"
        counter.count("servicequotas.ListServiceQuotas")
        let body = try await request.bytes(upTo: Self.bodyLimit)
        do throws(ServiceFailure) {
            if configuration.checksSignatures {
                try credentials.check(request, body: body, service: "servicequotas", at: now)
            }
            if configuration.denied.contains(action) {
                throw ServiceFailure.denied(DeniedAction(action, on: "*").message)
            }
        } catch {
            var answer = error.answer
            answer.headers.append(("Date", HTTPDate.text(of: now)))
            return answer
        }
        let rates = (configuration.throttle ?? .documented).perSecond
        let quotas = Self.quotas.compactMap { code, name -> JSON? in
            guard let rate = rates[name] ?? ThrottleRates.documented.perSecond[name] else { return nil }
            return .object([
                "ServiceCode": "codeartifact", "QuotaCode": .string(code), "QuotaName": .string(name),
                "Value": .number(rate), "Unit": "None",
            ])
        }
        return .json(200, .object(["Quotas": .array(quotas)]))
    }

    /// Quota codes and the names in `ThrottleRates` (AWS General Reference, AWS CodeArtifact endpoints and quotas).
    private static let quotas = [
        ("L-0B362111", "GetAuthorizationToken"), ("L-3072382D", "ListPackageVersionAssets"),
        ("L-6010CAF9", "ListPackages"), ("L-6C12FB34", "GetPackageVersionAsset"), ("L-A649E766", "writes"),
        ("L-CBBCDF5C", "ListPackageVersions"), ("L-F39CF68A", "reads"),
    ]
}
