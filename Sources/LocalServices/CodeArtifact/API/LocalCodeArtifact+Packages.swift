import ReconcileCore

/// The calls about packages.
extension LocalCodeArtifact {
    func listPackages(_ call: APICall) throws(ServiceFailure) -> ServerAnswer {
        let domain = try domain(call)
        let repository = try domain.repository(call.parameters.required("repository", .repository))
        let format = try call.parameters.format()
        let filter = PackageFilter(
            format: format,
            namespacePrefix: try call.parameters.optional("namespace", .coordinate),
            namePrefix: try call.parameters.optional("package-prefix", .coordinate),
            publish: try call.parameters.choice("publish", OriginControls.Restriction.self),
            upstream: try call.parameters.choice("upstream", OriginControls.Restriction.self)
        )
        guard filter.namespacePrefix == nil || format != nil else {
            throw .invalid("'namespace' needs 'format' beside it")
        }
        let token = try call.parameters.optional("next-token", .token)
        let pageSize = try call.parameters.maxResults(default: 100)
        let page = try page(call, token: token, pageSize: pageSize) { (position, limit) throws(ServiceFailure) in
            repository.packages(filter, from: position, limit: limit)
        }
        let rows = page.elements.map(ResponseShapes.packageRow)
        return .json(200, .object(["packages": .array(rows), "nextToken": tokenMember(page.token)]))
    }

    func describePackage(_ call: APICall) throws(ServiceFailure) -> ServerAnswer {
        let domain = try domain(call)
        let repository = try domain.repository(call.parameters.required("repository", .repository))
        let key = try call.parameters.package()
        guard let controls = repository.controls(key) else { throw .notFound(.package, key.name) }
        return .json(200, .object(["package": ResponseShapes.package(key, controls)]))
    }

    /// Creates the package if it does not exist, so that it can be listed without having a version.
    func putPackageOriginConfiguration(_ call: APICall) throws(ServiceFailure) -> ServerAnswer {
        let name = try domain(call).name
        let repository = try call.parameters.required("repository", .repository)
        let key = try call.parameters.package()
        let body = try RequestBodies.decode(RequestBodies.OriginConfiguration.self, from: call.body)
        guard let publish = OriginControls.Restriction(rawValue: body.restrictions.publish),
            let upstream = OriginControls.Restriction(rawValue: body.restrictions.upstream)
        else { throw .invalid("a restriction is ALLOW or BLOCK") }
        let controls = OriginControls(publish: publish, upstream: upstream)
        try change(in: name) { (domain) throws(ServiceFailure) in
            try domain.change(key, in: repository, creating: controls) { $0.controls = controls }
        }
        return .json(200, .object(["originConfiguration": ResponseShapes.controls(controls)]))
    }

    func deletePackage(_ call: APICall) throws(ServiceFailure) -> ServerAnswer {
        let name = try domain(call).name
        let repository = try call.parameters.required("repository", .repository)
        let key = try call.parameters.package()
        let package = try change(in: name) { (domain) throws(ServiceFailure) in
            try domain.deletePackage(key, in: repository)
        }
        let row = PackageRow(key: key, controls: package.controls)
        return .json(200, .object(["deletedPackage": ResponseShapes.packageRow(row)]))
    }
}
