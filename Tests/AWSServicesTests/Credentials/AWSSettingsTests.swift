import Subprocess
import Testing

@testable import AWSServices

/// Region, profile and endpoints out of environment and files.
@Suite struct AWSSettingsTests {
    private static let config = """
        [default]
        region = region-of-default
        [profile dev]
        region = region-of-dev
        services = local
        endpoint_url = http://127.0.0.1:4/profile
        [profile plain]
        [profile broken]
        services = missing
        endpoint_url = nonsense
        [services local]
        s3 =
          endpoint_url = http://127.0.0.1:3/services
        """

    private func settings(_ environment: [String: String], chosen: String? = nil) throws -> AWSSettings {
        var machine = FakeMachine()
        machine.config = Self.config
        machine.environment.merge(environment) { _, new in new }
        return try machine.settings(chosenProfile: chosen)
    }

    @Test(
        "the region, most important place first",
        arguments: [
            (["AWS_REGION": "a", "AWS_DEFAULT_REGION": "b", "AWS_PROFILE": "dev"], "a"),
            (["AWS_DEFAULT_REGION": "b", "AWS_PROFILE": "dev"], "b"),
            (["AWS_REGION": "", "AWS_DEFAULT_REGION": "", "AWS_PROFILE": "dev"], "region-of-dev"),
            ([:], "region-of-default"),
            (["AWS_PROFILE": "plain"], nil),
        ] as [([String: String], String?)]
    )
    func region(environment: [String: String], region: String?) throws {
        #expect(try settings(environment).region == region)
    }

    @Test func `a chosen profile counts before AWS_PROFILE, and a named one has to exist`() throws {
        #expect(try settings(["AWS_PROFILE": "plain"], chosen: "dev").region == "region-of-dev")
        #expect(try settings([:]).profileName == "default")
        #expect(try FakeMachine().settings().profileName == "default")
        let failure = InvalidSettings(
            "The profile nobody is in neither the AWS config file nor the credentials file; check --profile and AWS_PROFILE."
        )
        #expect(throws: failure) { try settings(["AWS_PROFILE": "nobody"]) }
        #expect(throws: failure) { try settings([:], chosen: "nobody") }
    }

    @Test(
        "the endpoint of S3, most important place first",
        arguments: [
            (
                ["AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1/", "AWS_ENDPOINT_URL": "http://127.0.0.1:2"],
                "http://127.0.0.1:1"
            ),
            (
                ["AWS_ENDPOINT_URL_STS": "http://127.0.0.1:1", "AWS_ENDPOINT_URL": "http://127.0.0.1:2"],
                "http://127.0.0.1:2"
            ),
            ([:], "http://127.0.0.1:3/services"),
            (["AWS_PROFILE": "default"], "https://s3.region-of-default.amazonaws.com"),
            (
                ["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true", "AWS_ENDPOINT_URL": "http://127.0.0.1:2"],
                "https://s3.region-of-dev.amazonaws.com"
            ),
            (["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false"], "http://127.0.0.1:3/services"),
        ]
    )
    func endpoint(environment: [String: String], url: String) throws {
        let settings = try settings(["AWS_PROFILE": "dev"].merging(environment) { _, new in new })
        #expect(try settings.endpoint(of: .s3).description == url)
    }

    @Test func `the endpoint of a profile is for every service that its services section leaves out`() throws {
        let settings = try settings(["AWS_PROFILE": "dev"])
        #expect(try settings.endpoint(of: .codeartifact).description == "http://127.0.0.1:4/profile")
    }

    @Test(
        "public endpoints by service and region",
        arguments: [
            (AWSService.codeartifact, "us-west-2", "codeartifact.us-west-2.amazonaws.com"),
            (.s3, "cn-north-1", "s3.cn-north-1.amazonaws.com.cn"),
            (.sts, "us-gov-west-1", "sts.us-gov-west-1.amazonaws.com"),
            (.sso, "eu-central-1", "portal.sso.eu-central-1.amazonaws.com"),
            (.ssoOIDC, "eu-central-1", "oidc.eu-central-1.amazonaws.com"),
            (.ssoOIDC, "cn-north-1", "oidc.cn-north-1.amazonaws.com.cn"),
            (.s3, "eusc-de-east-1", "s3.eusc-de-east-1.amazonaws.eu"),
            (.s3, "us-iso-east-1", "s3.us-iso-east-1.c2s.ic.gov"),
            (.s3, "us-isob-east-1", "s3.us-isob-east-1.sc2s.sgov.gov"),
            (.s3, "us-isof-south-1", "s3.us-isof-south-1.csp.hci.ic.gov"),
            (.s3, "eu-isoe-west-1", "s3.eu-isoe-west-1.cloud.adc-e.uk"),
            (.s3, "xx-new-1", "s3.xx-new-1.amazonaws.com"),
        ]
    )
    func publicEndpoint(service: AWSService, region: String, host: String) throws {
        let settings = try settings(["AWS_REGION": region])
        #expect(try settings.endpoint(of: service) == ServiceEndpoint(scheme: .https, host: host))
        #expect(try settings.configuredEndpoint(of: service) == nil)
    }

    @Test func `the services that renew logins have endpoint settings of their own`() throws {
        let settings = try settings([
            "AWS_ENDPOINT_URL_SSO_OIDC": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_SIGNIN": "http://127.0.0.1:2",
        ])
        #expect(try settings.endpoint(of: .ssoOIDC, region: "r").description == "http://127.0.0.1:1")
        #expect(try settings.endpoint(of: .signin, region: "r").description == "http://127.0.0.1:2")
    }

    @Test(
        "the CA bundle",
        arguments: [
            ([:], "", nil, nil), (["REQUESTS_CA_BUNDLE": "/requests"], "", "/requests", "REQUESTS_CA_BUNDLE"),
            (
                ["REQUESTS_CA_BUNDLE": "/requests"], "ca_bundle = /profile", "/profile",
                "ca_bundle of the profile default"
            ),
            (
                ["REQUESTS_CA_BUNDLE": "/requests", "AWS_CA_BUNDLE": "/aws"], "ca_bundle = /profile", "/aws",
                "AWS_CA_BUNDLE"
            ),
        ] as [([String: String], String, String?, String?)]
    )
    func caBundle(variables: [String: String], profile: String, path: String?, source: String?) throws {
        var machine = FakeMachine()
        machine.environment.merge(variables) { $1 }
        machine.config = "[default]\n\(profile)"
        let settings = try machine.settings()
        #expect(settings.caBundle == path)
        #expect(settings.caBundleFound?.source == source)
    }

    @Test func `what sends requests elsewhere is listed with what says so`() throws {
        func detours(_ variables: [String: String], _ config: String = "") throws -> [String] {
            var machine = FakeMachine()
            machine.environment.merge(variables) { $1 }
            machine.config = config
            return try machine.settings().detours()
        }
        #expect(try detours([:]) == [])
        #expect(
            try detours([
                "AWS_ENDPOINT_URL": "https://all", "AWS_ENDPOINT_URL_S3": "https://s3", "AWS_USE_FIPS_ENDPOINT": "true",
            ])
                == [
                    "CodeArtifact at https://all (AWS_ENDPOINT_URL)", "S3 at https://s3 (AWS_ENDPOINT_URL_S3)",
                    "STS at https://all (AWS_ENDPOINT_URL)", "FIPS (AWS_USE_FIPS_ENDPOINT)",
                ]
        )
        let config = """
            [default]
            services = local
            use_dualstack_endpoint = true
            s3 =
              addressing_style = path
            [services local]
            sts =
              endpoint_url = https://sts
            """
        #expect(
            try detours([:], config) == [
                "STS at https://sts (endpoint_url of sts in the services section local)",
                "dual-stack (use_dualstack_endpoint of the profile default)",
                "S3's buckets by path style (s3 addressing_style of the profile default)",
            ]
        )
        #expect(throws: InvalidSettings.self) { try detours(["AWS_ENDPOINT_URL_STS": "nowhere"]) }
    }

    @Test(
        "a FIPS endpoint's old name is no region",
        arguments: [("fips-us-east-1", "us-east-1"), ("us-east-1-fips", "us-east-1")]
    )
    func pseudoRegions(region: String, name: String) throws {
        let settings = try settings(["AWS_REGION": region])
        let refusal = #expect(throws: InvalidSettings.self) { try settings.endpoint(of: .codeartifact) }
        #expect(
            refusal?.message == "\(region) is not a region but an old name of a FIPS endpoint: write \(name), and set "
                + "AWS_USE_FIPS_ENDPOINT=true."
        )
        #expect(throws: InvalidSettings.self) { try S3Location(bucket: "bucket", region: region) }
    }

    @Test func `what S3's section cannot be followed in is refused by name`() throws {
        func addressing(_ line: String) throws -> S3Location.Addressing {
            var machine = FakeMachine()
            machine.config = "[default]\ns3 =\n  \(line)\n"
            return try machine.settings().addressing()
        }
        #expect(try addressing("addressing_style = auto") == .automatic)
        #expect(try addressing("addressing_style = path") == .path)
        #expect(try addressing("addressing_style = virtual") == .virtualHost)
        #expect(try addressing("use_accelerate_endpoint = false") == .automatic)
        for line in ["addressing_style = host", "use_accelerate_endpoint = true"] {
            let refusal = #expect(throws: InvalidSettings.self) { try addressing(line) }
            #expect(refusal?.message.hasPrefix(String(line.prefix { $0 != " " })) == true)
        }
    }

    @Test func `a chosen region counts before every other`() throws {
        let settings = try AWSSettings(environment: ["AWS_REGION": "eu-west-1"], chosenRegion: "eu-south-1") { _ in nil
        }
        #expect(settings.region == "eu-south-1")
    }

    @Test(
        arguments: [
            (["AWS_USE_FIPS_ENDPOINT": "true"], "s3-fips.us-east-1.amazonaws.com", "sts-fips.us-east-1.amazonaws.com"),
            (["AWS_USE_FIPS_ENDPOINT": "TRUE"], "s3-fips.us-east-1.amazonaws.com", "sts-fips.us-east-1.amazonaws.com"),
            (["AWS_USE_FIPS_ENDPOINT": "1"], "s3.us-east-1.amazonaws.com", "sts.us-east-1.amazonaws.com"),
            (["AWS_USE_DUALSTACK_ENDPOINT": "true"], "s3.dualstack.us-east-1.amazonaws.com", "sts.us-east-1.api.aws"),
            (["AWS_PROFILE": "both"], "s3-fips.dualstack.us-east-1.amazonaws.com", "sts-fips.us-east-1.api.aws"),
            (
                ["AWS_PROFILE": "both", "AWS_USE_FIPS_ENDPOINT": "false"], "s3.dualstack.us-east-1.amazonaws.com",
                "sts.us-east-1.api.aws"
            ),
            // The older setting of S3 alone; its false leaves the general one.
            (["AWS_PROFILE": "older"], "s3.dualstack.us-east-1.amazonaws.com", "sts.us-east-1.amazonaws.com"),
            (["AWS_PROFILE": "newer"], "s3.dualstack.us-east-1.amazonaws.com", "sts.us-east-1.api.aws"),
            (["AWS_USE_FIPS_ENDPOINT": "true", "AWS_ENDPOINT_URL": "https://own.example.com"], "own.example.com", nil),
        ] as [([String: String], String, String?)]
    )
    func `the variants of endpoints are those that AWS's variables and the profile ask for`(
        environment: [String: String],
        s3: String,
        sts: String?
    ) throws {
        let config = """
            [profile both]
            use_fips_endpoint = true
            use_dualstack_endpoint = true
            [profile older]
            s3 =
              use_dualstack_endpoint = true
            [profile newer]
            use_dualstack_endpoint = true
            s3 =
              use_dualstack_endpoint = false
            """
        let given = ["AWS_REGION": "us-east-1", "AWS_CONFIG_FILE": "/c"].merging(environment) { $1 }
        let settings = try AWSSettings(environment: given) { $0 == "/c" ? Array(config.utf8) : nil }
        #expect(try settings.endpoint(of: .s3).host == s3)
        #expect(try settings.endpoint(of: .sts).host == sts ?? s3)
    }

    @Test func `a variant that AWS does not have is refused, with the variable`() throws {
        let settings = try AWSSettings(environment: ["AWS_USE_FIPS_ENDPOINT": "true"]) { _ in nil }
        let failure = #expect(throws: InvalidSettings.self) { try settings.endpoint(of: .s3, region: "cn-north-1") }
        #expect(failure?.message.contains("unset AWS_USE_FIPS_ENDPOINT") == true)
        #expect(throws: InvalidSettings.self) {
            try S3Location(bucket: "bkt", region: "cn-north-1", variant: settings.variant(of: .s3))
        }
    }

    @Test func `a message quotes no line that was meant as a key`() throws {
        let text = "[default]\nregion = eu-west-1\n  aws_secret_access_key = SECRET\n"
        let settings = try AWSSettings(environment: ["AWS_CONFIG_FILE": "/c"]) { $0 == "/c" ? Array(text.utf8) : nil }
        #expect(
            throws: InvalidSettings(
                "eu-west-1 (and more lines) is not an AWS region: a region is letters, digits and hyphens."
            )
        ) { try settings.endpoint(of: .s3) }
    }

    @Test func `what cannot be used is a sentence`() throws {
        #expect(throws: InvalidSettings("No AWS region is set: set AWS_REGION, or region in the profile plain.")) {
            try settings(["AWS_PROFILE": "plain"]).endpoint(of: .s3)
        }
        #expect(throws: InvalidSettings("evil.com/ is not an AWS region: a region is letters, digits and hyphens.")) {
            try settings(["AWS_REGION": "evil.com/"]).endpoint(of: .s3)
        }
        #expect(
            throws: InvalidSettings("AWS_ENDPOINT_URL: The endpoint URL x does not start with https:// or http://.")
        ) {
            try settings(["AWS_ENDPOINT_URL": "x"]).endpoint(of: .s3)
        }
        #expect(throws: InvalidSettings("The profile broken names the services section missing, which is missing.")) {
            try settings(["AWS_PROFILE": "broken"]).endpoint(of: .s3)
        }
    }

    @Test func `a file that makes no sense is named with its line, and its line is not quoted`() {
        var machine = FakeMachine()
        machine.credentials = "[default]\naws_secret_access_key hush"
        #expect(throws: InvalidSettings("/home/u/.aws/credentials cannot be read: line 2: a line without =.")) {
            try machine.settings()
        }
    }

    @Test func `the files may be elsewhere, also where variables say`() throws {
        var machine = FakeMachine()
        machine.files = [
            "/etc/aws": "[default]\nregion = eu-west-3", "/home/u/keys": "[default]\naws_access_key_id = AKID",
        ]
        machine.environment = [
            "AWS_CONFIG_FILE": "/etc/aws", "AWS_SHARED_CREDENTIALS_FILE": "~/keys", "HOME": "/home/u",
        ]
        let settings = try machine.settings()
        #expect(settings.region == "eu-west-3")
        #expect(settings.profile["aws_access_key_id"] == "AKID")
        machine.environment = ["AWS_CONFIG_FILE": "${AT}/aws", "AT": "/etc"]
        #expect(try machine.settings().region == "eu-west-3")
    }

    @Test func `variables and home directories in paths are replaced as Python does it for botocore`() async throws {
        let paths = [
            "$A/x", "${A}/x", "x$A", "$A$B", "$AB/x", "${AB}x", "${A", "$", "$$A", "${}", "$E/x", "$-", "~", "~/x",
            "~root/x",
            "~root", "~nobody-at-all/x", "x~/y", "~$A", "$T/x", "$HOME", "/~/x", "", "$ä", "${A B}", "${A}}", "~//x",
        ]
        let variables = ["A": "/a", "B": "b$A", "E": "", "T": "~", "HOME": "/home/u/", "A B": "c"]
        let script = """
            import os, sys
            for path in sys.argv[1:]:
                print(os.path.expanduser(os.path.expandvars(path)))
            """
        for home in [true, false] {
            let known = home ? variables : variables.filter { $0.key != "HOME" }
            let asked = try await Subprocess.run(
                .name("python3"),
                arguments: Arguments(["-c", script] + paths),
                environment: .custom(
                    known.merging(["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"]) { $1 }.reduce(into: [:]) {
                        $0[Environment.Key(stringLiteral: $1.key)] = $1.value
                    }
                ),
                output: .string(limit: 1 << 16),
                error: .discarded
            )
            let expected = asked.standardOutput.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            #expect(paths.map { UserPath.expanded($0, known) } == expected.map(String.init))
        }
    }

    @Test func `a file that may not be read is passed over, unless it was named`() throws {
        struct Denied: Error {}
        #expect(try AWSSettings(environment: ["HOME": "/root"]) { _ in throw Denied() }.region == nil)
        #expect(throws: InvalidSettings("AWS_CONFIG_FILE: /etc/aws cannot be read: Denied()")) {
            try AWSSettings(environment: ["AWS_CONFIG_FILE": "/etc/aws"]) { _ in throw Denied() }
        }
    }

    @Test func `a value of the environment counts before that of the profile`() throws {
        let settings = try settings(["AWS_CA_BUNDLE": "/ca.pem"])
        #expect(settings.value("AWS_CA_BUNDLE", profileKey: "region") == "/ca.pem")
        #expect(settings.value("AWS_OTHER", profileKey: "region") == "region-of-default")
        #expect(settings.value("AWS_OTHER", profileKey: "other") == nil)
    }
}
