/// The report of a survey, and its findings.
package struct DriftReport: Hashable, Sendable {
    /// `missing` and `stale` as a run would count them; nothing is copied.
    package let run: RunReport
    package let findings: DriftFindings
    /// Nil if it was not compared or has no record.
    package let configuration: ConfigurationDrift?
    package let records: Records

    /// How thoroughly the backup's records were examined.
    package struct Records: Hashable, Sendable {
        /// Records whose key and size were examined.
        package var listed = 0
        /// Records that were read; the content of the others is unknown.
        package var read = 0

        package init(listed: Int = 0, read: Int = 0) { (self.listed, self.read) = (listed, read) }
    }

    package init(
        run: RunReport,
        findings: DriftFindings,
        configuration: ConfigurationDrift? = nil,
        records: Records = Records()
    ) {
        (self.run, self.findings, self.configuration, self.records) = (run, findings, configuration, records)
    }

    /// Whether no difference was found.
    package var isEmpty: Bool { findings.isEmpty && configuration?.changes.isEmpty ?? true }

    /// Drift if there is any and everything was examined.
    package var exit: ExitStatus { run.exit == .converged && !isEmpty ? .drift : run.exit }

    /// Whether everything was compared, whatever was found.
    package var isComplete: Bool { run.exit == .converged }

    /// The number of findings that do not call for a copy: deletions, changed bytes, statuses and configuration.
    package var changes: Int {
        findings.orphaned.count + findings.mutated.count + findings.statusChanges.count
            + (configuration?.changes.count ?? 0)
    }

    /// How long the oldest unprotected version has been so; 0 if there is none, or none of known age.
    package func oldestUnprotectedSeconds(at now: Double) -> Double {
        findings.unprotected.compactMap { $0.seconds(at: now) }.max() ?? 0
    }
}
