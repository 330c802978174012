import ReconcileCore
import Testing

/// What is read from the sentence in which AWS refuses, and what is to be changed.
@Suite struct DenialTests {
    @Test(
        "The sentence says who refuses",
        arguments: [
            ("because no identity-based policy allows the s3:PutObject action", .unallowed(.identity)),
            ("because no resource-based policy allows the s3:PutObject action", .unallowed(.resource)),
            ("because no session policy allows the s3:PutObject action", .unallowed(.session)),
            ("because no permissions boundary allows the s3:PutObject action", .unallowed(.boundary)),
            ("because no service control policy allows the s3:PutObject action", .unallowed(.serviceControl)),
            ("because no resource control policy allows the s3:PutObject action", .unallowed(.resourceControl)),
            ("because no VPC endpoint policy allows the s3:PutObject action", .unallowed(.endpoint)),
            ("because no role trust policy allows the sts:AssumeRole action", .unallowed(.trust)),
            ("with an explicit deny in an identity-based policy", .denied(.identity)),
            (
                "with an explicit deny in a service control policy: arn:aws:organizations::1:policy/p",
                .denied(.serviceControl)
            ),
            ("with an explicit deny in the role trust policy", .denied(.trust)),
            ("with an explicit deny in a policy of the future", .denied(nil)),
            ("with an explicit deny", .denied(nil)),
            ("because no policy of the future allows the s3:PutObject action", nil),
            ("", nil),
        ] as [(String, Denial.Cause?)]
    )
    func causes(end: String, cause: Denial.Cause?) {
        let sentence =
            "User: arn:aws:sts::1:assumed-role/r/s is not authorized to perform: s3:PutObject on resource: b \(end)"
        #expect(Denial.Cause(said: sentence) == cause)
    }

    @Test func `only an allowance that lacks in the role's own policy needs no further word`() {
        for policy in Denial.Policy.allCases {
            let causes = [Denial.Cause.unallowed(policy), .denied(policy)]
            let remedies = causes.map { Denial($0, words: "").remedy(.store) }
            #expect((remedies[0] == nil) == (policy == .identity))
            #expect(remedies[1]?.contains("denies it explicitly, and an explicit deny overrides any allow. ") == true)
        }
        #expect(
            Denial(.unallowed(.endpoint), words: "").remedy(.domain)
                == "The VPC endpoint's policy does not allow it, and the role's own policy cannot override that. Allow it "
                + "there: see share/doc/maven-package-reconciler/docs/VPC.md"
        )
        #expect(Denial(.denied(.resource), words: "").remedy(.store)?.hasPrefix("The bucket's policy denies") == true)
        let denied = Denial(.denied(.resource), words: "").remedy(.domain)
        #expect(denied?.hasPrefix("The permissions policy of the domain") == true)
    }
}
