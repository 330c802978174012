package import ArgumentParser

/// Every shared group of options, so that a program recognizes the settings that other programs read from the same
/// environment or file.
package struct EveryFlag: ParsableArguments {
    @OptionGroup package var backup: BackupFlags
    @OptionGroup package var bucket: BucketFlags
    @OptionGroup package var storage: StorageFlags
    @OptionGroup package var domain: DomainFlags
    @OptionGroup package var maven: MavenFlags
    @OptionGroup package var rates: RateFlags
    @OptionGroup package var writeRate: WriteRateFlags
    @OptionGroup package var aws: AWSFlags
    @OptionGroup package var selection: SelectionFlags
    @OptionGroup package var origin: OriginFlags
    @OptionGroup package var copying: CopyFlags
    @OptionGroup package var recording: ConfigurationFlags
    @OptionGroup package var witnessing: WitnessFlags
    @OptionGroup package var pace: PaceFlags
    @OptionGroup package var reporting: ReportFlags
    @OptionGroup package var metrics: MetricsFlags
    @OptionGroup package var notifying: NotifyFlags
    @OptionGroup package var listing: ListingFlags
    @OptionGroup package var moment: AsOfFlags
    @OptionGroup package var first: FirstRecordedFlags
    @OptionGroup package var log: LogFlags

    package init() {}
}
