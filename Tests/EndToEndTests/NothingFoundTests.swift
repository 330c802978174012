import FoundationEssentials
import LocalServices
import ReconcileCore
import TestSupport
import Testing

/// A wrong name must not look like a backup in which all is well: each command ends with 8, and says what comes near.
@Suite struct NothingFoundTests {
    private func withBackup(_ body: @Sendable (LocalCodeArtifact, _ directory: String) async throws -> Void)
        async throws
    {
        try await withScratchDirectory { directory in
            try await LocalCodeArtifact.with(LocalCodeArtifact.Configuration()) { server in
                server.publish(try version("com.acme:app:1.0"), assets: ["app-1.0.jar": [1], "app-1.0.pom": [2]])
                server.publish(try version("com.acme:app:2.0"), assets: ["app-2.0.jar": [3]])
                #expect(try await server.reconcile(to: "file://\(directory)/backup").status == 0)
                try await body(server, directory)
            }
        }
    }

    @Test(
        "A selection that matches nothing ends with 8 and is no success",
        arguments: ["run", "plan", "drift", "drift --offline", "verify", "restore --dry-run", "restore"]
    )
    func selection(_ line: String) async throws {
        try await withBackup { server, directory in
            let words = line.split(separator: " ").map(String.init)
            for pattern in ["com.typo:*", "app", "com.Acme:app", "com.acme:app:9.9"] {
                let arguments = words + server.arguments(to: "file://\(directory)/backup") + ["--package", pattern]
                let empty = try await run(Programs.reconcile, arguments, environment: server.environment)
                #expect(empty.status == 8, "\(arguments) \(empty.errors)")
                let said = empty.output + empty.errors
                #expect(said.contains("nothing matches --package \(pattern)"), "\(said)")
                let allowed = try await run(
                    Programs.reconcile,
                    arguments + ["--allow-empty"],
                    environment: server.environment
                )
                #expect(allowed.status == 0, "\(arguments) \(allowed.errors)")
            }
        }
    }

    @Test func `why nothing was found is said with -q too`() async throws {
        try await withBackup { server, directory in
            let backup = "file://\(directory)/backup"
            let place = ["--domain", "my-domain", "--backup", backup, "--package", "com.acme:typo", "-q"]
            for command in [["verify"], ["drift", "--offline"], ["run", "--domain-owner", "111122223333"]] {
                let ended = try await run(Programs.reconcile, command + place, environment: server.environment)
                #expect(ended.status == 8)
                let lines = ended.errors.split(whereSeparator: \.isNewline)
                #expect(lines.count == 1, "\(command) \(ended.errors)")
                #expect(ended.errors.contains("com.acme:typo"), "\(command)")
            }
        }
    }

    @Test func `a run of a wrong name leaves status and doctor as they were`() async throws {
        try await withBackup { server, directory in
            let backup = "file://\(directory)/backup"
            for wrong in [["--package", "com.acme:typo"], ["--repository", "nope"]] {
                #expect(try await server.reconcile(to: backup, wrong).status == 8)
            }
            let place = ["--domain", "my-domain", "--backup", backup]
            let status = try await run(Programs.reconcile, ["status"] + place, environment: server.environment)
            #expect(status.status == 0, "\(status.output)")
            #expect(status.output.contains("the domain has no repository nope; check its name"))
            let doctor = try await run(
                Programs.reconcile,
                ["doctor", "--output", "table"] + server.arguments(to: backup),
                environment: server.environment
            )
            let words = doctor.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            #expect(words.contains("(not counting the later run "), "\(doctor.output)")
            #expect(words.contains("whose --package or --repository matched nothing)"), "\(doctor.output)")
            #expect(!doctor.output.contains("BAD"), "\(doctor.output)")
        }
    }

    @Test(
        "Doctor says that a place has no backup yet, names what it has, and ends with 8 where a command needs one",
        arguments: [
            ("verify", "backup", "my-domian", 8, "; there is only my-domain"),
            ("verify", "new", "my-domain", 0, "ends with 8"),
            (
                "run", "new", "my-domain", 0,
                " yet. The first run makes the backup. If there should be one, check --domain"
            ),
        ]
    )
    func doctor(_ purpose: String, _ folder: String, _ domain: String, _ status: Int, _ said: String) async throws {
        try await withBackup { server, directory in
            let place = "\(directory)/\(folder)"
            try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
            let arguments = ["doctor", "--for", purpose, "--domain", domain, "--backup", "file://\(place)"]
            let ended = try await run(
                Programs.reconcile,
                arguments + (purpose == "run" ? ["--domain-owner", server.configuration.owner] : [])
                    + ["--output", "json"],
                environment: server.environment
            )
            #expect(ended.status == status, "\(ended.output)")
            #expect(ended.output.contains(said), "\(ended.output)")
        }
    }

    @Test func `a plan takes a directory that a run would make for an empty one`() async throws {
        try await withBackup { server, directory in
            let arguments = ["plan"] + server.arguments(to: "file://\(directory)/new") + ["--output", "json"]
            let planned = try await run(Programs.reconcile, arguments, environment: server.environment)
            #expect(planned.status == 4, "\(planned.errors)")
            #expect(planned.output.contains(#""missing" : 2"#), "\(planned.output)")
            #expect(planned.errors.contains("new does not exist; a run makes it"), "\(planned.errors)")
            #expect(!FileManager.default.fileExists(atPath: "\(directory)/new"))
            let lost = ["plan"] + server.arguments(to: "file://\(directory)/no/where")
            let refused = try await run(Programs.reconcile, lost, environment: server.environment)
            #expect(refused.status == 8 && refused.errors.contains("the directory does not exist"), "\(refused.errors)")
        }
    }

    @Test func `a domain that is not there says which settings name it`() async throws {
        try await withBackup { server, directory in
            let place = ["--domain", "my-domian", "--domain-owner", server.configuration.owner]
            let arguments = ["run"] + place + ["--backup", "file://\(directory)/backup"]
            let finished = try await run(Programs.reconcile, arguments, environment: server.environment)
            #expect(finished.status == 8)
            #expect(finished.errors.contains("check --domain, --domain-owner and --region; the service said: "))
            // A folder of that name would be taken for a backup.
            #expect(!FileManager.default.fileExists(atPath: "\(directory)/backup/my-domian"))
        }
    }

    @Test(
        "A repository of which nothing is recorded ends with 8 and the nearest names",
        arguments: ["verify", "drift --offline"]
    )
    func repository(_ line: String) async throws {
        try await withBackup { server, directory in
            for (name, said) in [
                ("relaeses", "my-domain has nothing of relaeses; nearest: releases; check --repository"),
                ("nope", "my-domain has nothing of nope; it has releases; check --repository"),
            ] {
                let ended = try await run(
                    Programs.reconcile,
                    line.split(separator: " ").map(String.init)
                        + ["--domain", "my-domain", "--backup", "file://\(directory)/backup", "--repository", name],
                    environment: server.environment
                )
                #expect(ended.status == 8 && (ended.output + ended.errors).contains(said), "\(ended.errors)")
            }
        }
    }

    @Test(
        "A backup in which nothing is recorded ends with 8",
        arguments: ["verify", "drift --offline", "restore", "serve"]
    )
    func emptyBackup(_ line: String) async throws {
        try await withBackup { server, directory in
            let files = FileManager.default
            try files.createDirectory(atPath: "\(directory)/unmounted", withIntermediateDirectories: false)
            for name in ["linked", "blocked"] {
                try files.createDirectory(atPath: "\(directory)/\(name)", withIntermediateDirectories: false)
            }
            #expect(files.createFile(atPath: "\(directory)/blocked/my-domain", contents: nil))
            try files.createSymbolicLink(
                atPath: "\(directory)/linked/my-domain",
                withDestinationPath: "\(directory)/backup/my-domain"
            )
            var words = line.split(separator: " ").map(String.init)
            let program = words[0] == "serve" ? Programs.reconcileServe : Programs.reconcile
            if words[0] == "serve" { words = ["--listen", "127.0.0.1:0"] }
            for (name, backup, problem) in [
                ("my-domain", "unmounted", "my-domain has no package; check "),
                ("my-domain", "linked", "linked/my-domain: it is a symbolic link, which is never followed"),
                ("my-domain", "blocked", "blocked/my-domain: it is a file, and must be a folder of the backup"),
                ("typo", "backup", "typo has no package; there is only my-domain; check "),
                (
                    "my-domain", "backup/my-domain",
                    "my-domain has no package; there is only configuration, manifests, maven, runs; check "
                ),
            ] {
                let place = ["--domain", name, "--backup", "file://\(directory)/\(backup)"]
                let owner = words[0] == "restore" ? ["--domain-owner", server.configuration.owner] : []
                let ended = try await run(
                    program,
                    words + place + owner,
                    environment: server.environment,
                    seconds: 60
                )
                #expect(ended.status == 8, "\(name) \(backup) \(ended.errors)")
                let said = ended.output + ended.errors
                #expect(said.contains(problem), "\(ended.errors)")
            }
        }
    }

    @Test func `a run that found nothing stamps no success`() async throws {
        try await withBackup { server, directory in
            let metrics = "\(directory)/metrics.prom"
            let ended = try await server.reconcile(
                to: "file://\(directory)/backup",
                ["--package", "com.typo:*", "--metrics-file", metrics]
            )
            #expect(ended.status == 8)
            #expect(ended.report?.outcome == .failed)
            let text = try String(contentsOf: URL(filePath: metrics), encoding: .utf8)
            #expect(!text.contains("last_success"), "\(text)")
        }
    }

    @Test func `a pattern without a match beside one with a match is a warning`() async throws {
        try await withBackup { server, directory in
            let ended = try await server.reconcile(
                to: "file://\(directory)/backup",
                ["--package", "com.acme:app", "--package", "com.typo:*"]
            )
            #expect(ended.status == 0)
            #expect(ended.report?.warnings == ["nothing matches --package com.typo:*"])
        }
    }

    @Test func `a restore says what --deleted would bring back, and a pattern of only such versions ends with 8`()
        async throws
    {
        try await withBackup { server, directory in
            try server.delete(try version("com.acme:app:2.0"))
            let backup = "file://\(directory)/backup"
            #expect(try await server.reconcile(to: backup).status == 0)
            let place = server.arguments(to: backup)
            func restore(_ more: String...) async throws -> (status: Int, said: String) {
                let ended = try await run(
                    Programs.reconcile,
                    ["restore"] + place + more,
                    environment: server.environment
                )
                return (ended.status, ended.output + ended.errors)
            }
            let named = try await restore("--package", "com.acme:app:2.0")
            #expect(named.status == 8)
            #expect(named.said.contains("com.acme:app:2.0 (Deleted ") && named.said.contains("--deleted restores them"))
            let whole = try await restore()
            #expect(whole.status == 0 && whole.said.contains("--deleted restores them"), "\(whole)")
            let preview = try await restore("--dry-run", "--deleted", "--output", "table")
            #expect(preview.status == 4)
            #expect(preview.said.contains("releases/com.acme:app:2.0  missing; deleted "), "\(preview.said)")
            #expect(preview.said.contains("Z, comes back Published\n"), "\(preview.said)")
            #expect(!preview.said.contains("app:1.0  "))
            let one = try await restore("--deleted", "--package", "com.acme:app:2.0", "--exclude", "com.acme:app:1.0")
            #expect(one.status == 0, "\(one)")
            #expect(try await server.assets(of: version("com.acme:app:2.0"))?.map(\.name) == ["app-2.0.jar"])
        }
    }
}
