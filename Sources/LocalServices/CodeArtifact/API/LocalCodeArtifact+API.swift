import Cryptography
import FoundationEssentials
import ReconcileCore

/// One call of the control API: operation, checked parameters, body, and the fault to show, if any.
struct APICall: Sendable {
    let operation: Operation
    let parameters: Parameters
    let body: [UInt8]
    let effect: Fault.Effect?
    /// The SHA-256 of the body that the caller declares.
    let contentSHA256: String?
    /// The host name under which the caller reaches this server.
    let host: String
}

extension LocalCodeArtifact {
    /// Answers a request whose path starts with `/v1/`.
    func answerAPI(_ request: ServerRequest) async throws -> ServerAnswer {
        guard let operation = Operation(method: request.method, path: request.path) else {
            counter.count("codeartifact.Unknown")
            return .json(
                404,
                .object([
                    "message": .string("the sandbox has no \(request.method) \(request.path); GET / lists what it has")
                ]),
                headers: [
                    ("x-amzn-ErrorType", "UnknownOperationException")
                ]
            )
        }
        do {
            let name = "codeartifact.\(operation.rawValue)"
            let effect = try await admit(name, request: request, drawingOn: operation.isWrite ? .writes : .reads)
            let limit = operation == .publishPackageVersion ? configuration.largestUpload : Self.bodyLimit
            let body = try await request.bytes(upTo: limit)
            if configuration.checksSignatures { try credentials.check(request, body: body, at: now) }
            let call = APICall(
                operation: operation,
                parameters: Parameters(request.query, operation: operation),
                body: body,
                effect: effect,
                contentSHA256: request.header("x-amz-content-sha256"),
                host: host(toldBy: request)
            )
            var answer = try await perform(call)
            answer.headers.append(("Date", HTTPDate.text(of: now)))
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
        case .createDomain: try createDomain(call)
        case .deleteDomain: try deleteDomain(call)
        case .putDomainPermissionsPolicy, .getDomainPermissionsPolicy, .deleteDomainPermissionsPolicy,
            .putRepositoryPermissionsPolicy, .getRepositoryPermissionsPolicy, .deleteRepositoryPermissionsPolicy:
            try policy(call)
        case .listRepositories, .listRepositoriesInDomain: try listRepositories(call)
        case .updateRepository: try updateRepository(call)
        case .deleteRepository: try deleteRepository(call)
        case .associateExternalConnection, .disassociateExternalConnection: try changeExternalConnection(call)
        case .listTagsForResource, .tagResource, .untagResource: try tags(call)
        case .createPackageGroup, .describePackageGroup, .updatePackageGroup, .deletePackageGroup, .listPackageGroups,
            .listSubPackageGroups, .updatePackageGroupOriginConfiguration, .listAllowedRepositoriesForGroup,
            .listAssociatedPackages, .getAssociatedPackageGroup:
            try packageGroups(call)
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
        case .copyPackageVersions: try copyPackageVersions(call)
        case .publishPackageVersion: try await publishPackageVersion(call)
        }
    }

    /// The domain that a call names; throws the service's 404 if it does not exist.
    func domain(_ call: APICall) throws(ServiceFailure) -> DomainState {
        try domain(
            call.parameters.required("domain", .domain),
            owner: call.parameters.optional("domain-owner", .account)
        )
    }

    /// The domain with a name; throws the service's 404 if it does not exist or if another account is given as its
    /// owner.
    func domain(_ name: String, owner: String? = nil) throws(ServiceFailure) -> DomainState {
        guard let domain = domains[name], owner == nil || owner == domain.owner else { throw .notFound(.domain, name) }
        return domain
    }

    /// A page of elements that are all in memory.
    func page<Element: Sendable>(
        _ call: APICall,
        of elements: [Element]
    ) throws(ServiceFailure) -> (elements: [Element], token: String?) {
        let token = try call.parameters.optional("next-token", .token)
        return try page(call, of: elements, token: token, pageSize: call.parameters.maxResults(default: 100))
    }

    /// A page of elements in memory, with the token and the page size from the request's body.
    func page<Element: Sendable>(
        _ call: APICall,
        of elements: [Element],
        token: String?,
        pageSize: Int
    ) throws(ServiceFailure) -> (elements: [Element], token: String?) {
        try page(call, token: token, pageSize: pageSize) { (position, limit) throws(ServiceFailure) in
            let start = min(position.flatMap { Int($0) } ?? 0, elements.count)
            let end = min(start + limit, elements.count)
            return Run(elements: Array(elements[start..<end]), next: end < elements.count ? String(end) : nil)
        }
    }

    /// A page of a listing as JSON. `run` returns up to `limit` elements from a position on.
    ///
    /// Applies the effects of faults and settings: a short or empty page, or the request's token returned again.
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

    /// The token as a JSON member: absent at the end, or null if the settings ask for null members.
    func tokenMember(_ token: String?) -> JSON? {
        token.map { .string($0) } ?? (configuration.nullMembers ? .null : nil)
    }
}
