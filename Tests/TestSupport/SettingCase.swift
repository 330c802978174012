/// One way to give settings to a command: by command line, variable and file.
package struct SettingCase: Sendable {
    package let title: String
    package var arguments: [String] = []
    package var environment: [String: String] = [:]
    /// The bytes of the file that `RECONCILE_CONFIG` names.
    package var file: String?

    /// Settings that are absent, unknown names, and each option wrong in each place, or right in one and wrong in another.
    ///
    /// - Parameters:
    ///   - options: those of the command.
    ///   - everyPair: whether the file and the pairs are among them; they are read the same way for every command.
    ///   - others: options that are left out.
    package static func all(
        of options: Set<String>,
        everyPair: Bool,
        except others: Set<String> = []
    ) -> [SettingCase] {
        var cases = [
            SettingCase(title: "no settings"),
            SettingCase(title: "--domain alone", arguments: ["--domain=d"]),
            SettingCase(title: "an unknown option", arguments: ["--no-such-flag"]),
            needed("an unknown variable", environment: ["RECONCILE_DEPHT": "bytes"]),
            needed("an unknown key in the file", file: #"{"dephts": "bytes"}"#),
            SettingCase(title: "a file that is not JSON", file: "domain: d"),
            SettingCase(title: "a file that is absent", arguments: ["--config=/nonexistent/settings.json"]),
            needed("all that is needed"),
        ]
        for row in Row.all where !others.contains(row.name) {
            let variable = "RECONCILE_" + row.name.uppercased().replacing("-", with: "_")
            let flags = { (value: String) in
                row.right == "true" && value == "true" ? ["--\(row.name)"] : ["--\(row.name)=\(value)"]
            }
            let file = { (value: String) in "{\"\(row.name)\": \"\(value)\"}" }
            cases.append(SettingCase(title: "--\(row.name)=\(row.wrong)", arguments: flags(row.wrong)))
            guard options.contains(row.name) else { continue }
            cases.append(SettingCase(title: "\(variable)=\(row.wrong)", environment: [variable: row.wrong]))
            guard everyPair else { continue }
            cases += [
                SettingCase(title: "\(row.name): \(row.wrong) in the file", file: file(row.wrong)),
                needed(
                    "--\(row.name)=\(row.right) over \(variable)=\(row.wrong)",
                    arguments: flags(row.right),
                    environment: [variable: row.wrong]
                ),
                needed(
                    "\(variable)=\(row.right) over \(row.wrong) in the file",
                    environment: [variable: row.right],
                    file: file(row.wrong)
                ),
            ]
        }
        return cases
    }

    /// A case that has all that every command needs besides.
    private static func needed(
        _ title: String,
        arguments: [String] = [],
        environment: [String: String] = [:],
        file: String? = nil
    ) -> SettingCase {
        let needed = [
            "RECONCILE_DOMAIN": "d", "RECONCILE_DOMAIN_OWNER": "111122223333", "AWS_REGION": "eu-west-1",
            "RECONCILE_BACKUP": "file:///dev/null/backup",
        ]
        return SettingCase(
            title: title,
            arguments: arguments,
            environment: needed.merging(environment) { $1 },
            file: file
        )
    }

    /// An option, with a value that makes sense and one that does not.
    private struct Row: Sendable {
        let name: String
        let right: String
        let wrong: String

        init(_ name: String, _ right: String, _ wrong: String) {
            (self.name, self.right, self.wrong) = (name, right, wrong)
        }

        static let all = [
            Row("domain", "d", ""), Row("domain-owner", "111122223333", "1234"), Row("region", "eu-west-1", ""),
            Row("profile", "default", ""), Row("repository", "releases", ""), Row("package", "com.acme:*", "a:b:c:d"),
            Row("exclude", "com.acme:*", "a:b:c:d"), Row("origin", "all", "external"), Row("shard", "0/1", "3/3"),
            Row("backup", "file:///dev/null/backup", "ftp://x"), Row("backup-region", "eu-west-1", ""),
            Row("path-style", "true", "banana"), Row("sse", "AES256", "rot13"),
            Row("trust", "/dev/null/trust.json", ""), Row("signing-key", "/dev/null/key.pem", ""),
            Row("kms-key-id", "k", "k"),
            Row("storage-class", "STANDARD", "GLACIER"), Row("expected-bucket-owner", "111122223333", "1234"),
            Row("acl", "bucket-owner-full-control", "public-read"), Row("backup-profile", "default", ""),
            Row("backup-role-arn", "arn:aws:iam::111122223333:role/r", "arn:aws:iam::111122223333:user/u"),
            Row("backup-external-id", "tenant-7", "a b"), Row("width", "32", "many"),
            Row("metadata", "changed", "never"), Row("record-configuration", "true", "banana"),
            Row("witness", "file:///dev/null/witness", "ftp://x"),
            Row("sidecars", "none", "md5"),
            Row("deadline", "50m", "soon"), Row("grace", "25s", "soon"), Row("allow-mass-deletion", "true", "banana"),
            Row("begin-signing", "true", "banana"),
            Row("deletion-window", "24h", "soon"), Row("on-mutation", "accept", "ignore"),
            Row("adopt-by", "sha256", "md5"),
            Row("max-attempts", "5", "0"), Row("rate-list-packages", "160", "-1"),
            Row("rate-list-package-versions", "160", "-1"), Row("rate-list-package-version-assets", "160", "-1"),
            Row("rate-reads", "640", "-1"), Row("rate-writes", "80", "-1"), Row("report", "-", ""),
            Row("metrics-file", "m.prom", ""), Row("metrics-push", "http://127.0.0.1:9", "pushgateway"),
            Row("log-format", "text", "loud"), Row("log-level", "info", "loud"),
            Row("verbose", "true", "banana"), Row("quiet", "true", "banana"),
            Row("as-of", "2026-11-22T08:00:00Z", "tomorrow"), Row("deleted", "true", "banana"),
            Row("allow-upstream", "true", "banana"),
            Row("accept-unproved", String(repeating: "0", count: 64), "5f70bf18"),
            Row("first-recorded", "true", "banana"),
            Row("to-repository", "other", ""), Row("to-domain", "other", ""), Row("dry-run", "true", "banana"),
            Row("for-build", "pom.xml", ""), Row("order", "only", "any"), Row("incremental", "true", "banana"),
            Row("depth", "objects", "deep"), Row("sample", "5%", "some"), Row("subset", "3/30", "30/30"),
            Row("settling", "1h", "soon"), Row("against-domain", "true", "banana"),
            Row("max-checkpoint-age", "72h", "soon"),
            Row("checkpoint", "20261129T080000Z:\(String(repeating: "0", count: 64))", "20261129"),
            Row("contents", "20261129T080000Z:\(String(repeating: "0", count: 64))", "20261129"),
            Row("repair", "true", "banana"), Row("record", "true", "banana"),
            Row("since", "24h", "tomorrow"),
            Row("offline", "true", "banana"), Row("output", "json", "yaml"), Row("listen", "127.0.0.1:0", "foo"),
            Row("pages", "true", "banana"),
        ]
    }
}
