import AWSServices
import ReconcileApp
import ReconcileCore

/// Checks the caller: settings, credentials, clock, and the connection to AWS.
struct CallerChecks: Sendable {
    let host: Host
    let access: AWSAccess
    /// Set to check the caller that is used for the bucket alone.
    var bucket: BucketFlags?

    /// Lists the settings that were given, by source. Secrets are not shown.
    static func settings(_ settings: [GivenSetting]) -> Check {
        var sources: [String] = []
        var words: [String: [String]] = [:]
        for setting in settings {
            if words[setting.source] == nil { sources.append(setting.source) }
            let value = setting.shown.map { " \($0)" } ?? ""
            words[setting.source, default: []].append(setting.option + value)
        }
        let lists = sources.map { "\((words[$0] ?? []).joined(separator: ", ")) (\($0))" }
        return .good("settings", lists.joined(separator: "; "))
    }

    /// Reports the domain's region and its source.
    ///
    /// - Parameter flag: the value of `--region`, from any source.
    static func region(_ region: String?, flag: String?, environment: [String: String]) -> Check {
        guard let region else { return .unknown("region", "none is set") }
        let variable = ["AWS_REGION", "AWS_DEFAULT_REGION"].first { environment[$0]?.isEmpty == false }
        return .good("region", "\(region) (\(flag == nil ? variable ?? "the profile" : "--region"))")
    }

    /// Reports proxies, and certificates other than the system's.
    static func network(_ environment: [String: String], caBundle: (value: String, source: String)?) -> Check {
        let names = ["https_proxy", "HTTPS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"]
        let proxies = names.compactMap { name in
            environment[name].flatMap { $0.isEmpty ? nil : "\(name) \(GivenSetting.withoutUser($0))" }
        }
        let parts = proxies + (caBundle.map { ["certificates from \($0.value) (\($0.source))"] } ?? [])
        return .good("network", parts.isEmpty ? "no proxy; the system's certificates" : parts.joined(separator: ", "))
    }

    /// Reports settings that send requests to hosts other than AWS's usual ones.
    ///
    /// - Parameter detours: throws for a setting that is not a valid endpoint.
    static func endpoints(_ detours: () throws -> [String]) throws -> Check {
        do {
            let detours = try detours()
            return .good("endpoints", detours.isEmpty ? "AWS's usual ones" : detours.joined(separator: ", "))
        } catch let failure as InvalidSettings {
            return .bad("endpoints", failure.message)
        }
    }

    /// - Returns: the checks, and the caller's account if known.
    /// - Throws: `CancellationError`.
    func run() async throws -> (checks: [Check], account: String?) {
        let name = "\(owner)credentials"
        do {
            let facts = try await access.credentialFacts(of: bucket)
            let credentials = Self.credentials(facts, as: name, now: host.clock.secondsSince1970())
            do {
                let identity = try await access.callerIdentity(of: bucket)
                let caller = Check.good("\(owner)caller", "\(identity.arn) in account \(identity.account)")
                let clock = bucket == nil ? [Self.clock(identity.clockOffset)] : []
                return ([credentials, caller] + clock, identity.account)
            } catch let failure as RemoteFailure where failure.kind == .credentials {
                return ([.bad(name, failure.message, access: true)], nil)
            } catch let failure as RemoteFailure {
                return ([credentials, .unknown("\(owner)caller", "\(failure.operation): \(failure.message)")], nil)
            }
        } catch let failure as RemoteFailure where failure.operation == RoleCredentials.operation {
            let isPlain = failure.denial.map { $0.remedy(.work) == nil } ?? false
            let check = Check(
                verdict: .bad,
                name: name,
                finding: failure.message,
                advice: isPlain ? [assuming] : [],
                isAboutAccess: failure.kind == .credentials
            )
            return ([check], nil)
        } catch let failure as RemoteFailure {
            return ([.bad(name, failure.message, access: failure.kind == .credentials)], nil)
        } catch let failure as InvalidSettings {
            return ([.bad(name, failure.message)], nil)
        } catch let failure as UsageFailure {
            return ([.unknown("\(owner)caller", failure.description)], nil)
        }
    }

    /// The advice that lets the command's role assume the bucket's.
    private var assuming: String {
        let role = bucket?.backupRoleARN?.description ?? "*"
        let right = Permission(
            action: "sts:AssumeRole",
            target: .backupRole,
            resources: [role],
            operations: [RoleCredentials.operation]
        )
        return "Allow it in the command's role, and name that one in the trust policy of \(role):\n"
            + PolicyDocument([right]).statements
    }

    /// The prefix of the names of these checks.
    private var owner: String { bucket == nil ? "" : "bucket's " }

    /// - Parameter now: seconds since 1970.
    static func credentials(
        _ facts: AWSAccess.CredentialFacts,
        as name: String = "credentials",
        now: Double
    ) -> Check {
        guard let expiry = facts.expiry else {
            return facts.isTemporary
                ? .unknown(name, "\(facts.place); they are temporary, and nothing says when they expire")
                : .good(name, "\(facts.place); they do not expire")
        }
        let time = Quantity.time(.seconds(max(0, expiry - now)))
        guard facts.isRenewable else {
            return .unknown(
                name,
                "\(facts.place); they expire in \(time) and cannot be renewed, and a run that takes longer ends with 7"
            )
        }
        return .good(name, "\(facts.place); they expire in \(time) and are renewed")
    }

    /// - Parameter offset: how far the service's clock is ahead, in seconds; nil if unknown.
    static func clock(_ offset: Double?) -> Check {
        guard let offset else { return .unknown("clock", "the service's answer shows no time") }
        let seconds = Int(offset.rounded())
        guard abs(seconds) > 60 else { return .good("clock", "within a minute of AWS's") }
        let words = "\(Quantity.count(abs(seconds), "second")) \(seconds > 0 ? "behind" : "ahead of") AWS's"
        return .bad("clock", "this machine's clock is \(words)", "timedatectl set-ntp true")
    }
}
