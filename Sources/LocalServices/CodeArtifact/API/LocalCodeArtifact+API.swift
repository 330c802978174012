import Cryptography
import FoundationEssentials
import ReconcileCore

/// One call of the control API: its operation, its checked parameters, its body, and the fault to show, if any.
struct APICall: Sendable {
    let operation: Operation
    let parameters: Parameters
    let body: [UInt8]
    let effect: Fault.Effect?
}

extension LocalCodeArtifact {
    /// Answers a request whose path starts with `/v1/`.
    func answerAPI(_ request: ServerRequest) async throws -> ServerAnswer {
        guard let operation = Operation(method: request.method, path: request.path) else {
            counter.count("codeartifact.Unknown")
            return .json(
                404,
                .object(["message": "unknown operation"]),
                headers: [
                    ("x-amzn-ErrorType", "UnknownOperationException")
                ]
            )
        }
        do {
            let name = "codeartifact.\(operation.rawValue)"
            let effect = try await admit(name, request: request, drawingOn: operation.isWrite ? .writes : .reads)
            let body = try await request.bytes(upTo: Self.bodyLimit)
            if configuration.checksSignatures { try credentials.check(request, body: body, at: now) }
            let call = APICall(
                operation: operation,
                parameters: Parameters(request.query, operation: operation),
                body: body,
                effect: effect
            )
            var answer = try await perform(call)
            answer.headers.append(("x-amzn-RequestId", UUID().uuidString.lowercased()))
            effect?.damage(&answer)
            return answer
        } catch let failure as ServiceFailure {
            var answer = failure.answer
            answer.headers.append(("Date", HTTPDate.text(of: now)))
            answer.headers.append(("x-amzn-RequestId", UUID().uuidString.lowercased()))
            return answer
        }
    }

    static let bodyLimit = 1 << 20

    /// The service's time.
    var now: Date { Date(timeIntervalSinceNow: configuration.clockOffset / .seconds(1)) }

    private func perform(_ call: APICall) async throws -> ServerAnswer {
        switch call.operation {
        case .listDomains: try listDomains(call)
        case .describeDomain: .json(200, .object(["domain": ResponseShapes.domain(try domain(call))]))
        case .listRepositories, .listRepositoriesInDomain: try listRepositories(call)
        case .createRepository: try createRepository(call)
        case .describeRepository: try describeRepository(call)
        case .getRepositoryEndpoint: try getRepositoryEndpoint(call)
        case .getAuthorizationToken: try getAuthorizationToken(call)
        case .listPackages: try listPackages(call)
        case .describePackage: try describePackage(call)
        case .putPackageOriginConfiguration: try putPackageOriginConfiguration(call)
        case .deletePackage: try deletePackage(call)
        case .listPackageVersions: try listPackageVersions(call)
        case .describePackageVersion: try describePackageVersion(call)
        case .listPackageVersionAssets: try await listPackageVersionAssets(call)
        case .getPackageVersionAsset: try getPackageVersionAsset(call)
        case .updatePackageVersionsStatus, .disposePackageVersions, .deletePackageVersions: try changeVersions(call)
        case .copyPackageVersions, .publishPackageVersion:
            throw ServiceFailure.invalid("the sandbox does not offer \(call.operation.rawValue)", .unknownOperation)
        }
    }

    /// The domain that a call names; the service's 404 when it is not this one.
    func domain(_ call: APICall) throws(ServiceFailure) -> DomainState {
        let name = try call.parameters.required("domain", .domain)
        let owner = try call.parameters.optional("domain-owner", .account)
        let domain = snapshot
        guard name == domain.name, owner == nil || owner == domain.owner else { throw .notFound(.domain, name) }
        return domain
    }

    /// A page of a listing as JSON: `run` is asked for the elements from a position on, at most so many.
    ///
    /// What a fault or a setting asks for is done here: a short or empty page, or the request's own token again.
    func page<Element: Sendable>(
        _ call: APICall,
        token: String?,
        pageSize: Int,
        _ run: (_ position: String?, _ limit: Int) throws(ServiceFailure) -> Run<Element>
    ) throws(ServiceFailure) -> (elements: [Element], token: String?) {
        let listing = call.parameters.listing
        var position: String?
        if let token {
            position = PageTokens.position(of: token, listing: listing)
            if position == nil { throw .invalid("the pagination token is not valid for this listing") }
        }
        let serial = nextPageNumber()
        var limit = pageSize
        if configuration.shortPages { limit = max(1, pageSize / 2) }
        if call.effect == .emptyPage || configuration.emptyPages && serial.isMultiple(of: 2) { limit = 0 }
        let run = try run(position, limit)
        if call.effect == .repeatedToken, let token { return (run.elements, token) }
        return (run.elements, run.next.map { PageTokens.make(position: $0, listing: listing, serial: serial) })
    }

    /// The token as a member: absent at the end, or null where the settings ask for null members.
    func tokenMember(_ token: String?) -> JSON? {
        token.map { .string($0) } ?? (configuration.nullMembers ? .null : nil)
    }
}
