import ReconcileCore
import TestSupport
import Testing

/// Packages that the source lists, and whose versions it then does not find.
@Suite struct VanishedPackageTests {
    private static let listVersions = "codeartifact.ListPackageVersions"

    private func drift(of rehearsal: Rehearsal) async -> DriftReport {
        let survey = DriftSurvey(source: rehearsal.source, backup: rehearsal.backup, options: DriftSurvey.Options())
        return await survey.run(id: "drift-1", in: rehearsal.context())
    }

    @Test(arguments: [false, true])
    func `one that is listed all the same is a failure that names it`(isRecorded: Bool) async {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        if isRecorded { await rehearsal.run() }
        rehearsal.source.conduct.fail(Self.listVersions, with: .absent)
        rehearsal.resetCounts()
        let report = await rehearsal.run()
        #expect(report.exit == .failures)
        #expect(report.failures.map(\.kind) == ["absent"])
        #expect(report.failures.first?.message.contains("the package is listed, but the service does not find") == true)
        #expect(report.failures.first?.place == Place(version("1.0").package))
        #expect(rehearsal.requests["codeartifact.ListPackages"] == 2)
        #expect(report.versions.deleted == 0 && report.versions.pending == 0)
        #expect(await drift(of: rehearsal).exit == .failures)
    }

    @Test func `one that was deleted since it was listed is no failure, and costs one listing of its repository`() async
    {
        let rehearsal = Rehearsal()
        for name in ["1.0", "1.1"] { rehearsal.source.publish(version(name)) }
        await rehearsal.run()
        rehearsal.source.conduct.before(Self.listVersions) { [source = rehearsal.source] _ in
            source.deletePackage(version("1.0").package)
        }
        rehearsal.resetCounts()
        let report = await rehearsal.run()
        #expect(report.failures.isEmpty && report.warnings.isEmpty)
        #expect(rehearsal.requests["codeartifact.ListPackages"] == 2)
        rehearsal.source.publish(version("1.0"))
        let survey = await drift(of: rehearsal)
        #expect(survey.run.failures.isEmpty)
    }
}
