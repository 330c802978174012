import AWSServices
import ReconcileApp
import ReconcileCore

/// Reports on a backup: whether it can be written and keeps overwritten bytes, how its last run and verification ended,
/// and what its newest checkpoint says.
struct BackupChecks: Sendable {
    let backup: OpenBackup
    let sight: BackupTrial.Sight
    let writes: Bool
    /// Whether the command makes a backup where there is none.
    let makesBackup: Bool
    let clock: any RunClock

    /// How many days back to search for a report.
    private static let days = 31
    private static let daySeconds = 86_400.0
    /// How many reports to read until one yields a check.
    private static let reports = 10
    /// The age in seconds at which a scheduled job's last run is overdue.
    static let overdue = 2 * daySeconds

    /// - Throws: `CancellationError`.
    func run(_ trials: Trials) async throws -> [Check] {
        var checks: [Check] = []
        if backup.bucket == nil {
            checks.append(directory(trials))
        } else if let bad = bucket(trials) {
            checks.append(bad)
        }
        switch sight.keepsVersions {
        case true?: checks.append(.good("versioning", "on"))
        case false?:
            let operations = backup.store.operations
            if let advice = operations.versioningCommand ?? operations.versioningAdvice {
                checks.append(
                    .bad(
                        "versioning",
                        "off: if a version is published anew under the same number, its older bytes cannot be kept. "
                            + "Switch it on with:",
                        advice
                    )
                )
            }
        case nil: break
        }
        if let reason = trials.whyStoreIsLeftAlone {
            return checks + [.unknown("last run, verification and checkpoint", "not checked: \(reason)")]
        }
        if sight.hasRecords == false { checks.append(absence) }
        checks.append(try await lastRun())
        checks.append(try await lastVerification())
        checks.append(try await newestCheckpoint())
        return checks
    }

    /// That nothing is recorded: a wrong name, or a backup that is still to be made. Beside other backups a command that
    /// needs one has a wrong name, more probably.
    private var absence: Check {
        let name = "backup"
        guard makesBackup || sight.others.isEmpty else { return .bad(name, backup.backup.absence(sight.others)) }
        return .unknown(
            name,
            "nothing is recorded of the domain \(backup.domain) at \(backup.location) yet"
                + "\(Backup.sentence(of: sight.others)). The first run makes the backup"
                + "\(makesBackup ? "" : ", and until then this command ends with 8"). If there should be one, check --domain "
                + "and --backup"
        )
    }

    private func directory(_ trials: Trials) -> Check {
        guard let failure = failures(trials).first else {
            return .good("directory", writes ? "can be read and written" : "can be read")
        }
        return Self.directory(failure, at: backup.store.location)
    }

    /// - Parameter location: the directory's, which is the failure's target if it is not of something in it.
    static func directory(_ failure: RemoteFailure, at location: String) -> Check {
        var path = location.replacing("file://", with: "")
        guard failure.target != location else {
            return .bad("directory", failure.message, "ls -ld \(ShellWord.quoted(path))")
        }
        let folders = failure.target.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        path = ([path] + folders.map(String.init)).joined(separator: "/")
        return .bad("directory", "\(failure.target): \(failure.message)", "ls -ld \(ShellWord.quoted(path))")
    }

    /// Returns a problem with the bucket other than permissions or credentials; nil if there is none.
    private func bucket(_ trials: Trials) -> Check? {
        let failed = failures(trials).first { ![.denied, .forbidden, .credentials].contains($0.kind) }
        if failed?.denial?.cause == .noACLs { return failed.map { .bad("ACL", "\($0.operation): \($0.message)") } }
        if let create = backup.store.operations.creationCommand, failed?.kind == .absent {
            return .bad("bucket", "there is no such bucket: check --backup, or create it with:", create)
        }
        return failed.map { failure in
            .bad(
                "bucket",
                "\(failure.operation): \(failure.message)",
                failure.lacksAnswer
                    ? "Check the region, AWS_ENDPOINT_URL_S3, the proxy and, in a VPC, the S3 gateway endpoint."
                    : "aws s3 ls \(backup.location)"
            )
        }
    }

    private func failures(_ trials: Trials) -> [RemoteFailure] {
        let operations = backup.store.operations
        return [operations.list, operations.write, operations.read, operations.inspect].compactMap(trials.failure)
    }

    /// Reports how the newest run of the last month ended.
    private func lastRun() async throws -> Check {
        let name = "last run"
        guard sight.hasRecords != false else { return .good(name, "none yet: the first run makes the backup") }
        var misdirected: RunReport?
        let found = try await newest(under: backup.layout.reportsPrefix, name) { (report: RunReport, key, now, _) in
            guard report.selectsNothing != true else {
                misdirected = misdirected ?? report
                return nil
            }
            return Self.lastRun(report, at: key, now: now, before: misdirected)
        }
        if found == nil, let misdirected {
            let words = "the newest, \(misdirected.runID), found nothing of what its --package or --repository names"
            return .unknown(name, "no report of the last \(Self.days) days says how the backup is: \(words)")
        }
        return found
            ?? .unknown(name, "no report from the last \(Self.days) days; is the schedule still running?")
    }

    /// Reports what the newest recorded verification of the last month found.
    private func lastVerification() async throws -> Check {
        let name = "last verification"
        guard sight.hasRecords != false else { return .good(name, "none yet: there is nothing to verify") }
        let found = try await newest(under: backup.layout.verificationsPrefix, name) {
            Self.lastVerification($0, at: $1, now: $2, isProved: $3)
        }
        return found
            ?? .unknown(
                name,
                "none recorded in the last \(Self.days) days. Schedule one that records its result:",
                "reconcile verify --record --depth bytes --subset today/30"
            )
    }

    /// Returns the check for the newest report of the last month that yields one; nil if there is none. A report that
    /// cannot be read yields an unknown check.
    ///
    /// - Parameter say: called with a report, its key, the time in seconds since 1970 and whether the report passes the
    ///   trust file; returns nil if the report is not conclusive.
    private func newest<Report: Decodable>(
        under folder: ObjectKey,
        _ name: String,
        _ say: (Report, ObjectKey, Double, Bool) -> Check?
    ) async throws -> Check? {
        let now = clock.secondsSince1970()
        let days = (0..<Self.days).map { Timestamp(secondsSince1970: now - Double($0) * Self.daySeconds).day }
        func firstSaid(by keys: [ObjectKey]) async throws -> Check? {
            for key in keys.sorted(by: >).prefix(Self.reports) {
                guard let object = try await backup.store.readProved(key, limit: RunReport.maximumBytes),
                    let report = try? ReportReader.decode(Report.self, from: object.body)
                else { return .unknown(name, "its report \(key) cannot be read") }
                if let check = say(report, key, now, object.isProved) { return check }
            }
            return nil
        }
        do {
            let page = try await backup.store.list(prefix: folder, after: nil)
            guard page.next != nil else {
                let recent = Set(days.map { "\(folder)\($0)" })
                return try await firstSaid(
                    by: page.elements.map(\.key).filter {
                        recent.contains(String($0.value.prefix(folder.value.count + 10)))
                    }
                )
            }
            // The reports need more than one page: list them by day until a report yields a check.
            for day in days {
                let keys = try await backup.store.list(prefix: ObjectKey("\(folder)\(day)/"), after: nil).elements.map(
                    \.key
                )
                if let check = try await firstSaid(by: keys) { return check }
            }
            return nil
        } catch let failure as RemoteFailure {
            return .failed(name, failure)
        }
    }

    /// - Parameters:
    ///   - now: seconds since 1970.
    ///   - misdirected: a later run whose selection matched nothing.
    static func lastRun(_ report: RunReport, at key: ObjectKey, now: Double, before misdirected: RunReport? = nil)
        -> Check
    {
        let age = Age(of: report.finishedAt, now: now)
        let recorded = report.recorded.map { ", \(Quantity.count($0.versions, "version")) recorded then" } ?? ""
        let shard = report.shard == Shard.whole.description ? "" : ", shard \(report.shard)"
        let later =
            misdirected.map {
                " (not counting the later run \($0.runID), whose --package or --repository matched nothing)"
            } ?? ""
        let words = "\(report.outcome.rawValue) \(age.words)\(recorded)\(shard)\(later)"
        guard report.outcome == .converged || report.outcome == .deadline else {
            return .bad(
                "last run",
                "\(words), \(Quantity.count(report.versions.unprotected, "version")) not protected"
                    + (report.message.map { ": \($0)" } ?? ""),
                "The report says which, and why: \(key)"
            )
        }
        guard let seconds = age.seconds, seconds < overdue else {
            return .unknown("last run", "\(words); does its schedule still run?")
        }
        return .good("last run", words)
    }

    /// - Parameters:
    ///   - now: seconds since 1970.
    ///   - isProved: whether the report passes the trust file, or there is none.
    static func lastVerification(_ report: VerifyReport, at key: ObjectKey, now: Double, isProved: Bool = true)
        -> Check
    {
        let name = "last verification"
        let age = Age(of: report.finishedAt, now: now)
        let looked =
            "\(age.words): \(Quantity.count(report.looked.versions, "version")), depth "
            + "\(report.depth.rawValue), sample \(report.sample)"
        switch report.outcome {
        case .sound where !isProved:
            return .unknown(
                name,
                "sound \(looked), says a report that does not pass the trust file, so anyone may have stored it. Record one "
                    + "that is signed: verify --record --signing-key"
            )
        case .sound: return .good(name, "sound \(looked)")
        case .faulty:
            return .bad(
                name,
                "\(Quantity.count(report.faultsLeft, "fault")) \(looked)",
                "The report names each, and what to do: \(key)"
            )
        case .unsettled: return .unknown(name, "\(report.unsettled) unsettled \(looked)")
        case .deadline: return .unknown(name, "stopped early \(looked)")
        case .failed: return .unknown(name, "failed \(looked)" + (report.message.map { ": \($0)" } ?? ""))
        }
    }
}
