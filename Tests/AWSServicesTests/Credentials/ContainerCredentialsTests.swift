import Cryptography
import FoundationEssentials
import Glibc
import HTTPTransfer
import TestSupport
import Testing

@testable import AWSServices

/// The agents beside containers: ECS and EKS Pod Identity.
@Suite struct ContainerCredentialsTests {
    @Test func `a relative URI counts before a full one and is asked at the ECS agent`() async throws {
        var machine = FakeMachine()
        machine.environment = [
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/credentials/uuid?id=1",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1/other",
        ]
        let environment = machine.environment
        let (found, request) = try await machine.withServer { _ in
            .reply(200, text: keysAnswer("ASIA"))
        } _: { access, server async throws in
            let asked = CredentialAccess(
                readFile: access.readFile,
                replaceFile: access.replaceFile,
                send: { request in
                    #expect(request.url == "http://169.254.170.2/v2/credentials/uuid?id=1")
                    #expect(request.deadlines.total == .seconds(2))
                    #expect(request.bypassesProxies)
                    return try await access.send(request)
                },
                run: access.run,
                clock: access.clock
            )
            let place = ContainerCredentials(environment: environment, access: asked)
            return (try await place.look(), server.requests[0])
        }
        let expected = AWSCredentials(
            accessKeyID: "ASIA",
            secretAccessKey: "secret-of-ASIA",
            sessionToken: "token-of-ASIA",
            expiration: today(18),
            isRenewable: true
        )
        #expect(found == .found(expected))
        #expect(request["Accept"] == "application/json")
        #expect(request["Authorization"] == nil)
    }

    @Test func `a pod's token comes from its file, which counts before the variable`() async throws {
        var machine = FakeMachine()
        machine.environment = [
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/var/pod-token",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": "variable",
        ]
        machine.files["/var/pod-token"] = "pod token"
        let environment = machine.environment
        let request = try await machine.withServer { _ in
            .reply(200, text: keysAnswer("ASIA"))
        } _: { access, server async throws in
            #expect(try await told(ContainerCredentials(environment: environment, access: access)) == "ASIA")
            return server.requests[0]
        }
        #expect(request.target == "/v1/credentials")
        #expect(request["Authorization"] == "pod token")
    }

    @Test(
        "hosts that may be asked in plain text, and those that may not",
        arguments: [
            ("http://localhost:51679/x", true), ("http://127.1.2.3/x", true), ("http://[::1]:80/x", true),
            ("http://169.254.170.2/x", true), ("http://169.254.170.23:80/x", true), ("http://[fd00:ec2::23]/x", true),
            ("https://agent.example/x", true), ("http://agent.example/x", false), ("http://169.254.170.3/x", false),
            ("http://127.0.0.1.example/x", false), ("http://[fd00:ec2::24]/x", false),
            ("http://127.0.0.1@agent.example/x", false),
        ]
    )
    func hosts(url: String, isAllowed: Bool) async throws {
        let machine = FakeMachine()
        let outcome = try await told(
            ContainerCredentials(
                environment: ["AWS_CONTAINER_CREDENTIALS_FULL_URI": url],
                access: machine.offline
            )
        )
        #expect(outcome.contains("no route to \(url)") == isAllowed)
        #expect(machine.clock.slept.isEmpty == !isAllowed)
    }

    @Test(
        "a token with a line break never leaves",
        arguments: ["token\n", "to\r\nken", "a\rb"]
    )
    func lineBreaks(token: String) async throws {
        var machine = FakeMachine()
        machine.files["/token"] = token
        for variables in [
            ["AWS_CONTAINER_AUTHORIZATION_TOKEN": token], ["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/token"],
        ] {
            let place = ContainerCredentials(
                environment: variables.merging(["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://localhost/x"]) { $1 },
                access: machine.offline
            )
            #expect(try await told(place) == "fault: the container authorization token holds a line break")
        }
    }

    @Test("keys last as long as the agent's clock says", arguments: [-12, 12])
    func skewedClock(hours: Int) async throws {
        let machine = FakeMachine()
        let (date, expiration) = (today(12 + hours), today(18 + hours))
        let found = try await machine.withServer { _ in
            .reply(
                200,
                headers: [("Date", HTTPDate.text(of: date))],
                text: keysAnswer("A", expiration: expiration.ISO8601Format())
            )
        } _: { access, _ async throws in
            try await ContainerCredentials(
                environment: ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://localhost/x"],
                access: access
            ).look()
        }
        guard case .found(let credentials) = found else { return #expect(Bool(false), "\(found)") }
        #expect(credentials.expiration == today(18))
    }

    @Test(
        "answers that are no keys",
        arguments: [
            (500, "boom", "fault: http://localhost/x answered status 500", 3),
            (200, "boom", "fault: http://localhost/x did not answer the JSON document of credentials", 1),
            (200, #"{"AccessKeyId":"A","SecretAccessKey":"s"}"#, "fault: http://localhost/x gave no Expiration", 1),
        ]
    )
    func wrongAnswers(status: Int, answer: String, outcome: String, attempts: Int) async throws {
        let machine = FakeMachine()
        let count = try await machine.withServer { _ in
            .reply(status, text: answer)
        } _: { access, server async throws in
            let place = ContainerCredentials(
                environment: ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://localhost/x?token=1"],
                access: access
            )
            #expect(try await told(place) == outcome)
            return server.requests.count
        }
        #expect(count == attempts)
        #expect(machine.clock.slept == Array(repeating: .seconds(1), count: attempts - 1))
    }

    @Test func `a third attempt may succeed`() async throws {
        let machine = FakeMachine()
        let attempts = Counter()
        try await machine.withServer { _ in
            attempts.next() < 3 ? .reply(503) : .reply(200, text: keysAnswer("ASIA"))
        } _: { access, _ async throws in
            let place = ContainerCredentials(
                environment: ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://localhost/x"],
                access: access
            )
            #expect(try await told(place) == "ASIA")
        }
    }

    @Test func `without the variables there is no container`() async throws {
        let place = ContainerCredentials(environment: [:], access: FakeMachine().offline)
        #expect(try await told(place) == "nothing: no AWS_CONTAINER_CREDENTIALS_* variable")
    }

    @Test func `no proxy sees the token of a pod, nor a question for the instance's keys`() async {
        await #expect(processExitsWith: .success) {
            try await ScriptedHTTPServer.withServer { _ in
                .reply(200, text: keysAnswer("ASIA"))
            } _: { agent async throws in
                try await ScriptedHTTPServer.withServer { _ in
                    .reply(502)
                } _: { proxy async throws in
                    for name in ["http_proxy", "https_proxy", "all_proxy"] { unsafe setenv(name, proxy.url(""), 1) }
                    try await HTTPClient.withClient { client async throws in
                        let access = CredentialAccess.system(client: client)
                        let pod = ContainerCredentials(
                            environment: [
                                "AWS_CONTAINER_CREDENTIALS_FULL_URI": agent.url("/v1/credentials"),
                                "AWS_CONTAINER_AUTHORIZATION_TOKEN": "pod-token",
                            ],
                            access: access
                        )
                        #expect(try await told(pod) == "ASIA")
                        let settings = try AWSSettings(
                            environment: ["AWS_EC2_METADATA_SERVICE_ENDPOINT": agent.url("")]
                        ) { _ in nil }
                        #expect(try await told(InstanceCredentials(settings: settings, access: access)) == "ASIA")
                    }
                    #expect(agent.requests.map { $0["Authorization"] } == ["pod-token", nil, nil, nil])
                    #expect(proxy.requests.isEmpty)
                }
            }
        }
    }
}
