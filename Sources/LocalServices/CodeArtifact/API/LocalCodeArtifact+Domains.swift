import FoundationEssentials

/// The calls that list, create and delete domains.
extension LocalCodeArtifact {
    /// The only listing whose paging travels in a JSON body; the body may be empty.
    func listDomains(_ call: APICall) throws(ServiceFailure) -> ServerAnswer {
        let body = try RequestBodies.decode(RequestBodies.Listing.self, from: call.body)
        let pageSize = body.maxResults ?? 100
        guard (1...1000).contains(pageSize) else {
            throw .invalid("Value '\(pageSize)' at 'maxResults' failed to satisfy constraint: between 1 and 1000")
        }
        let all = domains.values.sorted { $0.name < $1.name }
        let page = try page(call, of: all, token: body.nextToken, pageSize: pageSize)
        let rows = page.elements.map { ResponseShapes.domainSummary($0) }
        return .json(200, .object(["domains": .array(rows), "nextToken": tokenMember(page.token)]))
    }

    func createDomain(_ call: APICall) throws(ServiceFailure) -> ServerAnswer {
        let name = try call.parameters.required("domain", .domain)
        let body = try RequestBodies.decode(RequestBodies.Domain.self, from: call.body)
        var domain = emptyDomain(name)
        try domain.tags.set(body.tags ?? [])
        if let key = body.encryptionKey {
            guard key.hasPrefix("arn:aws:kms:") else {
                throw .invalid("'encryptionKey' is not the ARN of a KMS key", .encryptionKey)
            }
            domain.encryptionKey = key
        }
        try add(domain)
        return .json(200, .object(["domain": ResponseShapes.domain(domain)]))
    }

    /// Only deletes a domain without repositories.
    func deleteDomain(_ call: APICall) throws(ServiceFailure) -> ServerAnswer {
        let domain = try domain(call)
        try remove(domain.name)
        return .json(200, .object(["domain": ResponseShapes.domain(domain, isDeleted: true)]))
    }
}
