import ArgumentParser
import FoundationEssentials
import ReconcileApp
import ReconcileCore

/// Flags that a job is made of: what a subcommand takes, and how it becomes a process's work and exit status.
protocol JobArguments: ParsableArguments {
    /// The path of a JSON file of settings.
    var config: String? { get }
    /// What was given, by setting.
    var flags: [Setting: [String]] { get }
}

extension JobArguments {
    /// Reads the settings, performs the job and ends the process with its exit status.
    ///
    /// - Parameters:
    ///   - needsDomain: whether the domain itself is asked, and not only its backup read.
    ///   - restoring: the flags of a restore, for a job that is one.
    ///   - verifying: the flags of a verification, for a job that is one.
    ///   - reviewing: the flags of a job that only tells, for one that does.
    func withJob(
        needsDomain: Bool = true,
        restoring: [Setting: [String]]? = nil,
        verifying: [Setting: [String]]? = nil,
        reviewing: [Setting: [String]]? = nil,
        _ perform: (ReconcileJob) async -> ExitStatus
    ) async throws {
        let flags = flags.merging(restoring ?? verifying ?? reviewing ?? [:]) { $1 }
        let environment = ProcessInfo.processInfo.environment
        let job: ReconcileJob
        do {
            job = try ReconcileJob(
                flags: flags,
                environment: environment,
                settingsFile: config,
                needsDomain: needsDomain,
                restores: restoring != nil,
                verifies: verifying != nil,
                reviews: reviewing != nil
            )
        } catch {
            Console(environment: environment).line("reconcile: \(error). See reconcile --help")
            throw ExitCode(ExitStatus(error, given: flags).rawValue)
        }
        throw ExitCode(await perform(job).rawValue)
    }
}
