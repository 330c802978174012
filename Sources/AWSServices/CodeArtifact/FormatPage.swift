import ReconcileCore

/// A page of ListPackages, parsed for formats only.
struct FormatPage: JSONReadable {
    let packages: [Row]
    let nextToken: String?

    init(reading json: inout JSONScanner) throws(JSONProblem) {
        (packages, nextToken) = try json.page(of: "packages")
    }

    struct Row: JSONReadable {
        let format: String

        init(reading json: inout JSONScanner) throws(JSONProblem) {
            format = try json.member("format")
        }
    }
}
