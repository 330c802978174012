package import AWSServices
package import Logging
package import ReconcileCore

/// The settings of a run, checked: what is wrong with them is said before anything is touched.
package struct RunSettings: Sendable {
    package var domain: String
    /// Nil only for work that the domain is not asked for.
    package var domainOwner: String?
    package var region: String?
    package var profile: String?
    package var backup: BackupLocation
    package var bucket: BucketSettings
    package var reconcile: Reconciler.Options
    package var deadline: Duration?
    package var grace: Duration
    package var maxAttempts: Int
    package var rates: [RateClass: Double]
    package var reportFile: String?
    package var metricsFile: String?
    package var metricsPush: ServiceEndpoint?
    package var logFormat: LogFormat
    package var logLevel: Logger.Level
    package var serving: ServingSettings

    /// How S3 is to keep objects.
    package struct BucketSettings: Hashable, Sendable {
        package var region: String?
        package var pathStyle: Bool
        package var encryption: String?
        package var kmsKeyID: String?
        package var storageClass: String?
        package var expectedOwner: String?
    }

    /// How logs are written.
    package enum LogFormat: String, Hashable, Sendable {
        case auto, text, json
    }

    /// Checks the values; throws a `SettingFailure` that names the flag and the variable.
    ///
    /// - Parameter needsDomain: whether the domain itself is asked, and not only its backup read.
    package init(
        _ values: SettingValues,
        environment: [String: String],
        needsDomain: Bool = true
    ) throws(SettingFailure) {
        domain = try Self.required(.domain, values)
        domainOwner = try needsDomain ? Self.required(.domainOwner, values) : values.value(.domainOwner)
        if let domainOwner, !Self.isAccount(domainOwner) {
            throw SettingFailure(.domainOwner, "\(domainOwner) is not an account of 12 digits")
        }
        region = values.value(.region)
        profile = values.value(.profile)
        backup = try Self.backup(values, environment)
        bucket = try Self.bucket(values)
        reconcile = try Self.options(values)
        deadline = try Self.duration(.deadline, values)
        grace = try Self.duration(.grace, values) ?? .seconds(25)
        maxAttempts = try Self.attempts(values, environment)
        rates = try Self.rates(values)
        reportFile = values.value(.report)
        metricsFile = values.value(.metricsFile)
        metricsPush = try Self.endpoint(.metricsPush, values)
        logFormat = try Self.choice(.logFormat, values, LogFormat.init(rawValue:))
        logLevel = try Self.choice(.logLevel, values, Logger.Level.init(rawValue:))
        serving = try ServingSettings(values, environment: environment)
    }

    private static func options(_ values: SettingValues) throws(SettingFailure) -> Reconciler.Options {
        var options = Reconciler.Options()
        options.selection.repositories = values.list(.repository)
        options.selection.include = try patterns(.package, values)
        options.selection.exclude = try patterns(.exclude, values)
        options.selection.internalOnly = try choice(.origin, values) { ["internal": true, "all": false][$0] }
        options.selection.shard = try choice(.shard, values, Shard.init)
        options.width = try number(.width, values, in: 1...512)
        options.metadataAlways = try choice(.metadata, values) { ["always": true, "changed": false][$0] }
        options.writesSidecars = try choice(.sidecars, values) { ["none": false, "sha1": true][$0] }
        options.deletionGuard.allowsMassDeletion = try values.isSet(.allowMassDeletion)
        return options
    }

    private static func bucket(_ values: SettingValues) throws(SettingFailure) -> BucketSettings {
        let settings = BucketSettings(
            region: values.value(.backupRegion),
            pathStyle: try values.isSet(.pathStyle),
            encryption: values.value(.sse),
            kmsKeyID: values.value(.kmsKeyID),
            storageClass: values.value(.storageClass),
            expectedOwner: values.value(.expectedBucketOwner)
        )
        if let encryption = settings.encryption, !["AES256", "aws:kms"].contains(encryption) {
            throw SettingFailure(.sse, "\(encryption) is neither AES256 nor aws:kms")
        }
        if settings.kmsKeyID != nil, settings.encryption != "aws:kms" {
            throw SettingFailure(.kmsKeyID, "a KMS key needs --sse aws:kms")
        }
        if let owner = settings.expectedOwner, !isAccount(owner) {
            throw SettingFailure(.expectedBucketOwner, "\(owner) is not an account of 12 digits")
        }
        return settings
    }

    private static func backup(
        _ values: SettingValues,
        _ environment: [String: String]
    ) throws(SettingFailure) -> BackupLocation {
        // The variable of the AWS sample maven-package-backup, whose buckets are taken over as they are.
        let sample = environment["DESTINATION_BUCKET"].flatMap { $0.isEmpty ? nil : "s3://\($0)" }
        guard let text = values.value(.backup) ?? sample else {
            throw SettingFailure(missing: .backup, ": s3://bucket/prefix or file:///directory")
        }
        guard let location = BackupLocation(text) else {
            throw SettingFailure(.backup, "\(text) is neither s3://bucket/prefix nor file:///directory")
        }
        return location
    }

    private static func rates(_ values: SettingValues) throws(SettingFailure) -> [RateClass: Double] {
        let settings: [(RateClass, Setting)] = [
            (.listPackages, .rateListPackages), (.listPackageVersions, .rateListPackageVersions),
            (.listPackageVersionAssets, .rateListPackageVersionAssets), (.accountReads, .rateReads),
            (.accountWrites, .rateWrites),
        ]
        var rates: [RateClass: Double] = [:]
        for (kind, setting) in settings {
            guard let text = values.value(setting), let rate = Double(text), rate > 0, rate.isFinite else {
                throw SettingFailure(setting, "not a number above zero")
            }
            rates[kind] = rate
        }
        return rates
    }

    private static func attempts(
        _ values: SettingValues,
        _ environment: [String: String]
    ) throws(SettingFailure) -> Int {
        if let text = environment["AWS_MAX_ATTEMPTS"], let attempts = Int(text), attempts > 0,
            values.value(.maxAttempts) == Setting.maxAttempts.standard
        {
            return attempts
        }
        return try number(.maxAttempts, values, in: 1...100)
    }

    private static func required(_ setting: Setting, _ values: SettingValues) throws(SettingFailure) -> String {
        guard let value = values.value(setting), !value.isEmpty else { throw SettingFailure(missing: setting) }
        return value
    }

    private static func number(
        _ setting: Setting,
        _ values: SettingValues,
        in range: ClosedRange<Int>
    ) throws(SettingFailure) -> Int {
        guard let text = values.value(setting), let number = Int(text), range.contains(number) else {
            throw SettingFailure(setting, "not a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    private static func duration(_ setting: Setting, _ values: SettingValues) throws(SettingFailure) -> Duration? {
        guard let text = values.value(setting) else { return nil }
        guard let duration = Duration(spelled: text) else {
            throw SettingFailure(setting, "\(text) is no duration such as 90s, 50m or 1h30m")
        }
        return duration
    }

    private static func choice<Value>(
        _ setting: Setting,
        _ values: SettingValues,
        _ read: (String) -> Value?
    ) throws(SettingFailure) -> Value {
        guard let text = values.value(setting) else { throw SettingFailure(missing: setting) }
        guard let value = read(text) else { throw SettingFailure(setting, "\(text) is not \(setting.valueName)") }
        return value
    }

    private static func endpoint(_ setting: Setting, _ values: SettingValues) throws(SettingFailure) -> ServiceEndpoint?
    {
        guard let text = values.value(setting) else { return nil }
        do {
            return try ServiceEndpoint(text)
        } catch {
            throw SettingFailure(setting, "\(error)")
        }
    }

    private static func patterns(
        _ setting: Setting,
        _ values: SettingValues
    ) throws(SettingFailure) -> [PackagePattern] {
        var patterns: [PackagePattern] = []
        for text in values.list(setting) {
            guard let pattern = PackagePattern(text) else {
                throw SettingFailure(setting, "\(text) is no pattern such as com.acme.*:lib-*")
            }
            patterns.append(pattern)
        }
        return patterns
    }

    private static func isAccount(_ text: String) -> Bool {
        text.utf8.count == 12 && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}

extension Duration {
    /// Reads `45s`, `50m`, `2h`, `1h30m`, `7d`; nil for anything else, zero included.
    package init?(spelled text: String) {
        var total: Duration = .zero
        var digits = ""
        for character in text {
            if character.isASCII, character.isNumber {
                digits.append(character)
                continue
            }
            guard let number = Int(digits), number < 1_000_000 else { return nil }
            switch character {
            case "d": total += .seconds(number * 86_400)
            case "h": total += .seconds(number * 3_600)
            case "m": total += .seconds(number * 60)
            case "s": total += .seconds(number)
            default: return nil
            }
            digits = ""
        }
        guard digits.isEmpty, total > .zero else { return nil }
        self = total
    }
}
