import ReconcileApp
import ReconcileCore
import Testing

@Suite struct NextCommandTests {
    /// The program's, not Testing's.
    typealias ExitStatus = ReconcileCore.ExitStatus

    private func report(_ outcome: RunReport.Outcome, copied: Int = 0) -> RunReport {
        var report = RunReport(
            runID: "20261122T083612Z-x",
            domain: "d",
            shard: .whole,
            startedAt: Timestamp(seconds: 0)
        )
        report.outcome = outcome
        report.versions.copied = copied
        return report
    }

    /// Of `run --backup file:///a b --region eu-west-1`, with the domain from the environment.
    private let next = NextCommand(
        after: ["run", "--backup", "file:///a b", "--region=eu-west-1"],
        settings: [
            GivenSetting(option: "backup", value: "file:///a b", source: "the command line"),
            GivenSetting(option: "region", value: "eu-west-1", source: "the command line"),
            GivenSetting(option: "domain", value: "d", source: "RECONCILE_DOMAIN"),
            GivenSetting(option: "domain-owner", value: "111122223333", source: "RECONCILE_DOMAIN_OWNER"),
            GivenSetting(option: "profile", value: "p", source: "RECONCILE_PROFILE"),
        ]
    )

    @Test(
        arguments: [
            (.converged, 0, .converged, nil),
            (.converged, 1, .converged, "verify --record --domain d --backup 'file:///a b' --region eu-west-1"),
            (
                .partial, 1, .failures,
                "runs show 20261122T083612Z-x --domain d --backup 'file:///a b' --region eu-west-1"
            ),
            (.deadline, 1, .deadline, "run --backup 'file:///a b' --region=eu-west-1"),
            (.failed, 0, .unavailable, "run --backup 'file:///a b' --region=eu-west-1"),
            (
                .failed, 0, .credentials,
                "doctor --domain d --backup 'file:///a b' --domain-owner 111122223333 --region eu-west-1"
            ),
            (
                .refused, 1, .refused,
                "drift --domain d --backup 'file:///a b' --domain-owner 111122223333 --region eu-west-1"
            ),
            (.failed, 0, .unexpected, nil),
        ] as [(RunReport.Outcome, Int, ExitStatus, String?)]
    )
    func `after a run comes one complete command`(
        outcome: RunReport.Outcome,
        copied: Int,
        exit: ExitStatus,
        command: String?
    ) {
        let next = next.afterRun(report(outcome, copied: copied), exit: exit, isStored: true)
        #expect(next == command.map { "reconcile \($0)" })
    }

    @Test func `a report that could not be stored is not to be shown`() {
        #expect(
            next.afterRun(report(.partial), exit: .failures, isStored: false)
                == "reconcile doctor --domain d --backup 'file:///a b' --domain-owner 111122223333 --region eu-west-1"
        )
    }

    @Test func `of a report that cannot be read, no repair makes another`() {
        let next = NextCommand(after: ["verify"], settings: [])
        #expect(next.afterVerification(exit: .verificationFailed, repairs: false, isOfReports: true) == nil)
        #expect(
            next.afterVerification(exit: .verificationFailed, repairs: false)
                == "reconcile verify --repair --domain-owner ACCOUNT"
        )
    }

    @Test func `after a run that leaves a file which was cut short comes a repair`() {
        var failed = report(.partial)
        var failure = ItemFailure(RemoteFailure(.conflict, operation: .copy, target: "a", message: "holds other bytes"))
        failure.needsRepair = true
        failed.failures = [RunReport.Failure(failure)]
        #expect(
            next.afterRun(failed, exit: .failures, isStored: true)
                == "reconcile verify --repair --domain d --backup 'file:///a b' --domain-owner 111122223333 --region eu-west-1"
        )
        let signed = NextCommand(
            after: ["run"],
            settings: [
                GivenSetting(option: "trust", value: "t.json", source: "RECONCILE_TRUST"),
                GivenSetting(option: "signing-key", value: "k.pem", source: "RECONCILE_SIGNING_KEY"),
            ]
        )
        #expect(signed.repair == "reconcile verify --repair --signing-key k.pem --domain-owner ACCOUNT")
    }

    @Test func `after a restore into the same domain comes a run`() {
        let done = RestoreReport(run: report(.converged, copied: 2), findings: RestoreFindings())
        #expect(
            next.afterRestore(done, exit: .converged, isSameDomain: true)
                == "reconcile run --domain d --backup 'file:///a b' --domain-owner 111122223333 --region eu-west-1"
        )
        #expect(next.afterRestore(done, exit: .converged, isSameDomain: false) == nil)
    }

    @Test func `where the domain is gone its configuration comes first, and then its packages`() {
        let gone = RestoreReport(run: report(.failed), findings: RestoreFindings(), lacksDestination: true)
        let configuration =
            "reconcile restore --configuration --create-domain --dry-run --domain d --backup 'file:///a b' "
            + "--domain-owner 111122223333 --region eu-west-1"
        #expect(next.afterRestore(gone, exit: .refused, isSameDomain: true) == configuration)
        #expect(next.afterRestoreRehearsal(gone, exit: .refused) == configuration)
        var unknown = report(.failed)
        unknown.failureKind = .absent
        let nothingFound = RestoreReport(run: unknown, findings: RestoreFindings())
        #expect(next.afterRestore(nothingFound, exit: .refused, isSameDomain: true) == nil)
        #expect(next.afterRestoreRehearsal(nothingFound, exit: .refused) == nil)
        #expect(
            next.afterConfiguration(exit: .converged, accepting: nil)
                == "reconcile restore --domain d --backup 'file:///a b' --domain-owner 111122223333 --region eu-west-1"
        )
    }

    @Test func `an owner that nobody has named is asked for`() {
        let next = NextCommand(after: ["status"], settings: [])
        #expect(next.command("run", withDomain: true) == "reconcile run --domain-owner ACCOUNT")
        #expect(next.command("doctor", withDomain: true) == "reconcile doctor")
    }

    @Test func `an owner that only the environment names, since the command takes none, is named`() {
        let environment = ["RECONCILE_DOMAIN_OWNER": "111122223333"]
        let status = NextCommand(after: ["status"], settings: [], environment: environment)
        #expect(status.command("run", withDomain: true) == "reconcile run --domain-owner 111122223333")
        let given = [GivenSetting(option: "domain-owner", value: "444455556666", source: "the command line")]
        let run = NextCommand(after: ["run"], settings: given, environment: environment)
        #expect(run.command("drift", withDomain: true) == "reconcile drift --domain-owner 444455556666")
    }

    @Test func `a fault is repaired by the same command with the owner that it needs`() {
        let verify = NextCommand(
            after: ["verify", "--domain", "d", "--backup", "s3://b"],
            settings: [GivenSetting(option: "domain", value: "d", source: "the command line")]
        )
        #expect(
            verify.afterVerification(exit: .verificationFailed, repairs: false)
                == "reconcile verify --domain d --backup s3://b --repair --domain-owner ACCOUNT"
        )
        let signed = NextCommand(
            after: ["verify", "--trust", "t.json", "--domain-owner", "111122223333"],
            settings: ["trust": "t.json", "domain-owner": "111122223333"].map { option, value in
                GivenSetting(option: option, value: value, source: "the command line")
            }
        )
        #expect(
            signed.afterVerification(exit: .verificationFailed, repairs: false)
                == "reconcile verify --trust t.json --domain-owner 111122223333 --repair --signing-key FILE"
        )
        #expect(verify.afterVerification(exit: .verificationFailed, repairs: true) == nil)
        // No repair brings back what is not recorded any more; a run records what the domain still has.
        #expect(
            verify.afterVerification(exit: .verificationFailed, repairs: false, isOfLost: true)
                == "reconcile run --domain d --domain-owner ACCOUNT"
        )
        #expect(verify.afterVerification(exit: .converged, repairs: false) == nil)
    }

    @Test(
        arguments: [
            (
                .drift,
                "run --domain d --backup 'file:///a b' --domain-owner 111122223333 --region eu-west-1 --package com.acme:*"
            ),
            (.converged, nil),
            (.unavailable, "plan --package com.acme:* --region eu-west-1 --notify-style json"),
            (.credentials, "doctor --domain d --backup 'file:///a b' --domain-owner 111122223333 --region eu-west-1"),
        ] as [(ExitStatus, String?)]
    )
    func `after a plan comes the run of the same selection, and no address that was notified`(
        exit: ExitStatus,
        command: String?
    ) {
        let given = [
            ("package", "com.acme:*"), ("region", "eu-west-1"), ("notify", "https://hooks.example/s3cret"),
            ("backup", "file:///a b"), ("domain", "d"), ("domain-owner", "111122223333"),
        ]
        let arguments = [
            "plan", "--package", "com.acme:*", "--region", "eu-west-1", "--notify", "https://hooks.example/s3cret",
            "--notify=https://hooks.example/s3cret", "--notify-style", "json",
        ]
        let next = NextCommand(
            after: arguments,
            settings: given.map { name, value in
                let isOwn = ["package", "region", "notify"].contains(name)
                return GivenSetting(
                    option: name,
                    value: value,
                    source: isOwn ? GivenSetting.commandLine : SettingSources.variable(name)
                )
            }
        )
        let expected = command.map { "reconcile \($0)".replacing("com.acme:*", with: "'com.acme:*'") }
        #expect(next.afterPlan(exit: exit) == expected)
    }

    @Test func `after a comparison comes a run only where something is unprotected`() {
        let run = "reconcile run --domain d --backup 'file:///a b' --domain-owner 111122223333 --region eu-west-1"
        #expect(next.afterDrift(exit: .drift, hasUnprotected: true) == run)
        #expect(next.afterDrift(exit: .drift, hasUnprotected: false) == nil)
    }

    @Test func `what nothing proves is accepted by the same command with its SHA-256`() {
        let restore = NextCommand(
            after: ["restore", "--configuration", "--dry-run", "--accept-unproved", "00", "--accept-unproved=11"],
            settings: [GivenSetting(option: "dry-run", value: nil, source: "the command line")]
        )
        let accepted = "reconcile restore --configuration --accept-unproved ab"
        #expect(restore.afterRehearsal(exit: .drift, accepting: "ab") == accepted)
        #expect(restore.afterRehearsal(exit: .converged, accepting: "ab") == nil)
        let held = NextCommand(after: ["restore", "--configuration", "--accept-unproved", "00"], settings: [])
        #expect(held.afterConfiguration(exit: .refused, accepting: "ab") == accepted)
        #expect(held.afterConfiguration(exit: .refused, accepting: nil) == nil)
    }

    @Test func `after a dry run comes the same for good`() {
        let restore = NextCommand(after: ["restore", "--dry-run", "--deleted"], settings: [])
        #expect(restore.afterRehearsal(exit: .drift) == "reconcile restore --deleted")
        #expect(restore.afterRehearsal(exit: .converged) == nil)
        let verify = NextCommand(
            after: ["verify", "--repair"],
            settings: [GivenSetting(option: "dry-run", value: nil, source: "RECONCILE_DRY_RUN")]
        )
        #expect(verify.afterRehearsal(exit: .verificationFailed) == "reconcile verify --repair --no-dry-run")
    }
}
