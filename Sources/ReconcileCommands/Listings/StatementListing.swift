import ReconcileApp
package import ReconcileCore

/// The output of `reconcile sign`: which records are stated, which are left out, and what to put into the trust file.
package struct StatementListing: Listing {
    private let made: StatementMaker.Made
    private let place: ListingPlace

    /// The maximum number of omitted records shown to a person.
    private static let shown = 20

    package init(_ made: StatementMaker.Made, of place: ListingPlace) {
        self.made = made
        self.place = place
    }

    package func lines(width: Int) -> [String] {
        var lines = [
            "\(Quantity.count(made.compared, "record")) compared with the domain, "
                + "\(made.accepted) accepted uncompared, \(made.signed) signed already"
        ]
        lines += rows(made.contradicted, "contradicted by the domain, and left out", width)
        lines += rows(made.left, "left out: they count for nothing under --trust", width)
        if made.documents > 0 {
            let records = Quantity.count(made.documents, "record")
            let text =
                "What \(records) say of the builds of snapshots and of plugins was not compared, and does not count under "
                + "--trust: run once with --metadata always, which records it again"
            lines += [""] + DisplayWidth.lines(of: text, width: width)
        }
        guard let baseline = made.baseline else { return lines + ["", "Nothing was stated, and nothing was written."] }
        return lines + [
            "", "Put this into the trust file, in place of any baseline that it has:",
            "  \"baseline\": { \"sha256\": \"\(baseline.sha256)\", \"statement\": \"\(baseline.statement)\" },",
        ]
    }

    private func rows(_ left: [StatementMaker.Left], _ title: String, _ width: Int) -> [String] {
        guard !left.isEmpty else { return [] }
        var lines = ["", "\(Quantity.count(left.count, "record")) \(title)"]
        for one in left.prefix(Self.shown) {
            lines.append("  \(one.key)")
            lines += DisplayWidth.lines(of: one.reason, width: width - 4).map { "    \($0)" }
        }
        if left.count > Self.shown { lines.append("  and \(left.count - Self.shown) more; --output json names all") }
        return lines
    }

    package struct Document: Encodable {
        struct Baseline: Encodable {
            let sha256: String
            let statement: String
        }

        struct Row: Encodable {
            let key: String
            let reason: String

            init(_ left: StatementMaker.Left) { (key, reason) = (left.key.value, left.reason) }
        }

        let format = 1
        let accepted: Int
        let backup: String
        let baseline: OrNull<Baseline>
        let compared: Int
        let contradicted: [Row]
        let documentsLeft: Int
        let domain: String
        let left: [Row]
        let signed: Int
    }

    package var document: Document {
        Document(
            accepted: made.accepted,
            backup: place.backup,
            baseline: OrNull(made.baseline.map { Document.Baseline(sha256: $0.sha256, statement: $0.statement) }),
            compared: made.compared,
            contradicted: made.contradicted.map(Document.Row.init),
            documentsLeft: made.documents,
            domain: place.domain,
            left: made.left.map(Document.Row.init),
            signed: made.signed
        )
    }
}
