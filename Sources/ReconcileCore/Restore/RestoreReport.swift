/// The account of a restore, and what it published or would publish.
package struct RestoreReport: Sendable {
    package let run: RunReport
    package let findings: RestoreFindings
    /// Whether the service lists other hashes than were published.
    package let disagrees: Bool
    /// Whether it ended because the domain to restore into, or the one repository, is not there.
    package let lacksDestination: Bool

    package init(
        run: RunReport,
        findings: RestoreFindings,
        disagrees: Bool = false,
        lacksDestination: Bool = false
    ) {
        self.run = run
        self.findings = findings
        self.disagrees = disagrees
        self.lacksDestination = lacksDestination
    }

    package var writes: RestoreWrites { findings.writes }

    /// As for a run, but where the service lists other hashes than were published.
    package var exit: ExitStatus {
        run.exit == .failures && disagrees ? .verificationFailed : run.exit
    }
}

/// What a restore publishes; all but versions and bytes are requests that count against the account's writes.
package struct RestoreWrites: Hashable, Sendable {
    /// Versions of which anything is published.
    package var versions = 0
    package var assets = 0
    package var bytes: Int64 = 0
    /// maven-metadata.xml and its two checksum files count as three.
    package var documents = 0
    package var statuses = 0
    /// Origin controls of packages.
    package var controls = 0

    package init() {}

    static func + (left: RestoreWrites, right: RestoreWrites) -> RestoreWrites {
        var sum = left
        sum.versions += right.versions
        sum.assets += right.assets
        sum.bytes = sum.bytes.adding(saturating: right.bytes)
        sum.documents += right.documents
        sum.statuses += right.statuses
        sum.controls += right.controls
        return sum
    }
}
