import ArgumentParser
import ReconcileApp
import ReconcileCore

/// The settings that the Lambda function reads from its environment: those of a run.
struct LambdaSettings: ParsableArguments {
    @OptionGroup var backup: BackupFlags
    @OptionGroup var domain: DomainFlags
    @OptionGroup var maven: MavenFlags
    @OptionGroup var selection: SelectionFlags
    @OptionGroup var origin: OriginFlags
    @OptionGroup var copying: CopyFlags
    @OptionGroup var recording: ConfigurationFlags
    @OptionGroup var witnessing: WitnessFlags
    @OptionGroup var storage: StorageFlags
    @OptionGroup var aws: AWSFlags
    @OptionGroup var bucket: BucketFlags
    @OptionGroup var pace: PaceFlags
    @OptionGroup var rates: RateFlags
    @OptionGroup var reporting: ReportFlags
    @OptionGroup var metrics: MetricsFlags
    @OptionGroup var notifying: NotifyFlags
    @OptionGroup var log: LogFlags

    /// What events, runs, verifications and comparisons send.
    var operations: Set<ServiceOperation> {
        [Purpose.run, .recordVerification, .drift].reduce(into: witnessing.operations) {
            $0.formUnion(backup.operations(for: $1, storage))
        }
    }
}
