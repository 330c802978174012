import ReconcileApp
import ReconcileCommands
import ReconcileCore
import Testing

/// What show, history and drift print, for a person and for a program.
@Suite struct ListingTests {
    private let place = ListingPlace(domain: "acme", backup: "s3://bucket/some/prefix")
    private let bucket = BackupLocation.bucket(name: "bucket", prefix: "some/prefix")
    private let old = String(repeating: "a", count: 64)
    private let new = String(repeating: "b", count: 64)

    private func version(_ name: String, _ package: String = "app") -> VersionCoordinates {
        let package = PackageCoordinates(repository: "releases", namespace: "com.acme", name: package)
        return VersionCoordinates(package: package, version: name)
    }

    private func stored(_ name: String, _ sha256: String, _ id: String?) -> Manifest.StoredAsset {
        Manifest.StoredAsset(
            asset: Asset(name: name, size: 2_048, checksums: Checksums(sha256: sha256)),
            key: ObjectKey("acme/maven/releases/com/acme/app/1.0/\(name)"),
            versionID: id
        )
    }

    private func manifest(
        _ version: VersionCoordinates,
        at minute: Int64,
        _ assets: [Manifest.StoredAsset],
        _ status: VersionStatus = .published,
        revision: String = "Ciqe5/9yicvkJT13"
    ) -> Manifest {
        Manifest(
            coordinates: version,
            revision: revision,
            status: status,
            properties: VersionProperties(origin: .internal, publishedTime: 1_795_336_000.5),
            recordedAt: Timestamp(seconds: 1_795_336_572 + minute * 60),
            recordedBy: Manifest.Recorder(door: "event", version: "1"),
            assets: assets
        )
    }

    private func kept(_ manifests: [Manifest]) throws -> BackupReview.KeptVersion {
        let history = try #require(VersionHistory(manifests.map(\.record)))
        return BackupReview.KeptVersion(history: history, manifest: .success(try #require(manifests.last)))
    }

    private func show(_ kept: [BackupReview.KeptVersion], assets: Bool) -> KeptListing {
        KeptListing(kept, of: place, listsAssets: assets, from: bucket)
    }

    @Test func `versions of a package are a table`() throws {
        let jar = stored("app.jar", old, "v1")
        let listing = try show(
            [
                kept([manifest(version("1.0"), at: 0, [jar]), manifest(version("1.0"), at: 1, [jar], .archived)]),
                kept([manifest(version("1.0", "lib"), at: 0, [jar])]),
            ],
            assets: false
        )
        #expect(
            listing.lines(width: 80) == [
                "releases/com.acme:app: 1 version",
                "  VERSION  STATUS    REVISION   ASSETS     SIZE  RECORDED FIRST, LAST",
                "  1.0      Archived  Ciqe5/9y…       1  2.0 KiB  2026-11-22T08:36:12Z",
                "                                                 2026-11-22T08:37:12Z",
                "",
                "releases/com.acme:lib: 1 version",
                "  VERSION  STATUS     REVISION   ASSETS     SIZE  RECORDED FIRST, LAST",
                "  1.0      Published  Ciqe5/9y…       1  2.0 KiB  2026-11-22T08:36:12Z",
            ]
        )
    }

    @Test func `an asset of a copied bucket is fetched without the recorded S3 version`() throws {
        let asset = stored("app.jar", old, "v1")
        let kept = try kept([manifest(version("1.0"), at: 0, [asset])])
        let listing = KeptListing([kept], of: place, listsAssets: true, from: bucket, moved: [asset.key])
        #expect(
            listing.lines(width: 80).suffix(3) == [
                "    VersionId v1 in the bucket that this one was copied from",
                "    fetch     aws s3api get-object --bucket bucket --key "
                    + "some/prefix/acme/maven/releases/com/acme/app/1.0/app.jar ./app.jar",
                "",
            ]
        )
        let json = try OutputWriter.json(listing)
        #expect(json.contains(#""versionID" : "v1""#) && !json.contains("--version-id"))
    }

    @Test func `a version is told with each asset and how to fetch it`() throws {
        let listing = try show(
            [kept([manifest(version("1.0"), at: 0, [stored("app's.jar", old, "v1")])])],
            assets: true
        )
        #expect(
            listing.lines(width: 80) == [
                "releases/com.acme:app:1.0  Published",
                "  revision  Ciqe5/9yicvkJT13",
                "  recorded  2026-11-22T08:36:12Z",
                "  published 2026-11-22T08:26:40Z",
                "  1 asset, 2.0 KiB",
                "",
                "  app's.jar  2.0 KiB",
                "    SHA-256   \(old)",
                "    key       acme/maven/releases/com/acme/app/1.0/app's.jar",
                "    VersionId v1",
                "    fetch     aws s3api get-object --bucket bucket --key "
                    + "'some/prefix/acme/maven/releases/com/acme/app/1.0/app'\\''s.jar' --version-id v1 './app'\\''s.jar'",
                "",
            ]
        )
        #expect(
            try OutputWriter.json(listing) == """
                {
                  "backup" : "s3://bucket/some/prefix",
                  "domain" : "acme",
                  "format" : 1,
                  "versions" : [
                    {
                      "assetCount" : 1,
                      "assets" : [
                        {
                          "asset" : "app's.jar",
                          "fetch" : "aws s3api get-object --bucket bucket --key \
                'some/prefix/acme/maven/releases/com/acme/app/1.0/app'\\\\''s.jar' --version-id v1 './app'\\\\''s.jar'",
                          "key" : "acme/maven/releases/com/acme/app/1.0/app's.jar",
                          "sha256" : "\(old)",
                          "size" : 2048,
                          "versionID" : "v1"
                        }
                      ],
                      "bytes" : 2048,
                      "failure" : null,
                      "firstRecordedAt" : "2026-11-22T08:36:12Z",
                      "lastRecordedAt" : "2026-11-22T08:36:12Z",
                      "namespace" : "com.acme",
                      "origin" : "INTERNAL",
                      "package" : "app",
                      "publishedAt" : "2026-11-22T08:26:40Z",
                      "records" : 1,
                      "repository" : "releases",
                      "revision" : "Ciqe5/9yicvkJT13",
                      "status" : "Published",
                      "version" : "1.0"
                    }
                  ]
                }

                """
        )
    }

    @Test(
        arguments: [
            ("../../.bashrc", "'./..%2F..%2F.bashrc'"), ("-rf", "./-rf"), ("$(reboot)", "'./$(reboot)'"),
        ]
    )
    func `a hostile asset name is one word of the command and names no other file`(name: String, file: String) {
        let key = BackupLayout(domain: "d").key(of: name, in: version("1.0"))
        let text = FetchCommand(from: bucket).text(key: key, versionID: nil)
        #expect(text.hasSuffix(" \(file)"), "\(text)")
        #expect(FetchCommand(from: .directory("/srv/b")).text(key: key, versionID: "x") == "/srv/b/\(key)")
    }

    @Test func `a history tells each record and its changes`() throws {
        let before = stored("app.jar", old, "v1")
        let after = stored("app.jar", new, "v2")
        let pom = stored("app.pom", old, nil)
        let manifests = [
            manifest(version("1.0"), at: 0, [before]), manifest(version("1.0"), at: 1, [before], .deleted),
            manifest(version("1.0"), at: 2, [after, pom], revision: "bmV3"),
        ]
        let listing = HistoryListing(HistoryEntry.list(manifests.map { ($0.record, .success($0)) }), of: place)
        #expect(
            listing.lines(width: 80) == [
                "2026-11-22T08:36:12Z  Published  revision Ciqe5/9y…  by event 1",
                "  releases/com.acme:app:1.0",
                "    first recorded, 1 asset, 2.0 KiB",
                "2026-11-22T08:37:12Z  Deleted  revision Ciqe5/9y…  by event 1",
                "  releases/com.acme:app:1.0",
                "    deleted from the source",
                "2026-11-22T08:38:12Z  Published  revision bmV3  by event 1",
                "  releases/com.acme:app:1.0",
                "    published again",
                "    status Deleted -> Published",
                "    other bytes under app.jar (SHA-256)",
                "      was  2026-11-22T08:36:12Z  2.0 KiB",
                "           \(old)",
                "           VersionId v1",
                "      now  2026-11-22T08:38:12Z  2.0 KiB",
                "           \(new)",
                "           VersionId v2",
                "    added app.pom  2.0 KiB",
            ]
        )
        let json = try OutputWriter.json(listing)
        #expect(json.contains(#""kind" : "mutated""#) && json.contains(old) && json.contains(new))
    }

    private func drift(
        _ findings: DriftFindings,
        configuration: ConfigurationDrift? = nil,
        since: Timestamp? = nil,
        isOffline: Bool = false,
        read: Int = 2
    ) -> DriftListing {
        var run = RunReport(runID: "drift", domain: "acme", shard: .whole, startedAt: Timestamp(seconds: 0))
        run.versions.listed = 5
        run.packages = 2
        return DriftListing(
            DriftReport(
                run: run,
                findings: findings,
                configuration: configuration,
                records: DriftReport.Records(listed: 7, read: read)
            ),
            of: place,
            since: since,
            isOffline: isOffline,
            now: 1_795_336_572 + 300_000
        )
    }

    @Test func `a changed configuration stands under its own title, what allows more first`() throws {
        let was = DomainConfiguration(
            identity: DomainIdentity(name: "acme", owner: "111122223333"),
            encryptionKey: .known("k"),
            policy: .known(nil),
            tags: .known([]),
            repositories: [],
            packageGroups: .unknown
        )
        var now = was
        now.encryptionKey = .known("other")
        now.policy = .known(#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#)
        let listing = drift(
            DriftFindings(),
            configuration: ConfigurationDrift(
                key: ObjectKey("acme/configuration/k.json"),
                recordedAt: Timestamp(seconds: 1_795_336_572),
                changes: now.changes(since: was),
                unknown: ["the domain's package groups"]
            )
        )
        #expect(
            listing.lines(width: 100) == [
                "configuration of the domain: changed since 2026-11-22T08:36:12Z",
                "  the domain has a permissions policy now (allows more): now Allow * on * to *",
                "  the domain: encryption key was k, is other",
                "",
                "looked at: 5 versions in 2 packages listed",
                "records: 7 compared by name and size, 2 of them read; reconcile verify --depth manifests reads all",
                "not compared: the domain's package groups",
                "drift: 0 orphaned, 0 mutated, 0 status changes, 0 unprotected, 2 configuration changes",
            ]
        )
        let json = try OutputWriter.json(listing)
        #expect(json.contains(#""key" : "acme/configuration/k.json""#) && json.contains(#""widens" : true"#))
    }

    @Test func `drift is told by kind, with the sum at the end`() throws {
        var findings = DriftFindings()
        findings.orphaned = [
            OrphanedVersion(
                version: version("1.1"),
                lastStatus: .published,
                lastRecorded: Timestamp(seconds: 1_795_336_572),
                deletionRecorded: nil,
                isConfirmed: false
            )
        ]
        findings.mutated = [
            MutatedAsset(
                version: version("1.0"),
                mutation: AssetMutation(
                    was: AssetSighting(stored("app.jar", old, "v1"), recordedAt: Timestamp(seconds: 1_795_336_572)),
                    now: AssetSighting(listed: stored("app.jar", new, nil).asset)
                )
            )
        ]
        findings.statusChanges = [
            StatusChange(
                version: version("1.2"),
                from: .published,
                to: .archived,
                recordedAt: Timestamp(seconds: 1_795_336_572)
            )
        ]
        findings.unprotected = [
            UnprotectedVersion(
                version: version("2.0"),
                state: .missing,
                status: .published,
                lastRecorded: nil,
                publishedTime: 1_795_336_572
            )
        ]
        let listing = drift(findings)
        #expect(
            listing.lines(width: 80) == [
                "orphaned: only in the backup",
                "  VERSION                    LAST RECORDED         DELETED",
                "  releases/com.acme:app:1.1  2026-11-22T08:36:12Z  not recorded yet *",
                "",
                "mutated: different bytes under the same name (SHA-256)",
                "  releases/com.acme:app:1.0  app.jar",
                "    was  2026-11-22T08:36:12Z  2.0 KiB",
                "         \(old)",
                "         VersionId v1",
                "    now  now, not recorded  2.0 KiB",
                "         \(new)",
                "",
                "status changes",
                "  VERSION                    FROM       TO        RECORDED",
                "  releases/com.acme:app:1.2  Published  Archived  2026-11-22T08:36:12Z",
                "",
                "unprotected now (longest possible time)",
                "  VERSION                    STATE    STATUS     AT MOST  PUBLISHED",
                "  releases/com.acme:app:2.0  missing  Published    3d11h  2026-11-22T08:36:12Z",
                "",
                "* missing from the listing, but the listing is too short to be trusted",
                "",
                "looked at: 5 versions in 2 packages listed",
                "records: 7 compared by name and size, 2 of them read; reconcile verify --depth manifests reads all",
                "drift: 1 orphaned, 1 mutated, 1 status change, 1 unprotected",
            ]
        )
        let json = try OutputWriter.json(listing)
        for member in [
            #""deletionRecordedAt" : null"#, #""confirmed" : false"#, #""recordedAt" : null"#,
            #""atMostSeconds" : 300000"#, #""state" : "missing""#, #""since" : null"#,
        ] {
            #expect(json.contains(member), "\(member)")
        }
    }

    @Test func `without drift that is what is said, and what was looked at`() {
        #expect(
            drift(DriftFindings(), since: Timestamp(seconds: 1_795_336_572), isOffline: true, read: 0)
                .lines(width: 80) == [
                    "looked at: the backup alone, not the domain, recorded since 2026-11-22T08:36:12Z",
                    "records: 7 compared by name and size, none of them read; reconcile verify --depth manifests reads all",
                    "no drift",
                ]
        )
    }

    @Test func `where not everything was compared, no drift is claimed`() {
        var run = RunReport(runID: "r", domain: "acme", shard: .whole, startedAt: Timestamp(seconds: 0))
        run.outcome = .failed
        run.failureKind = .forbidden
        func last(_ run: RunReport) -> String? {
            let report = DriftReport(run: run, findings: DriftFindings())
            return DriftListing(report, of: place, since: nil, isOffline: false, now: 0).lines(width: 80).last
        }
        #expect(last(run) == "nothing could be compared")
        run.versions.listed = 3
        #expect(last(run) == "no drift in what was compared")
    }

    @Test func `control characters and what turns a line around reach no terminal, in neither form`() throws {
        let hostile = "a\u{1B}[31m\u{9B}2Jb\n\u{202E}c\u{7F}"
        let entry = try kept([manifest(version(hostile), at: 0, [])])
        for assets in [false, true] {
            let table = OutputWriter.table(show([entry], assets: assets), columns: 80)
            #expect(table.contains("a\u{FFFD}[31m\u{FFFD}2Jb\u{FFFD}\u{FFFD}c\u{FFFD}"))
            let json = try OutputWriter.json(show([entry], assets: assets))
            #expect(json.contains(#""version" : "a\u001b[31m\u009b2Jb\n\u202ec\u007f""#))
            for text in [table, json] {
                let controls = text.unicodeScalars.filter { scalar in
                    scalar != "\n" && (scalar.properties.generalCategory == .control || scalar == "\u{202E}")
                }
                #expect(controls.isEmpty)
            }
        }
    }
}
