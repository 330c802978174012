import Testing

@testable import AWSServices

/// What is left of another program's words once the secrets are taken out.
@Suite struct ForeignWordsTests {
    private let token = "IQoJb3JpZ2luX2VjEAEaCWV1+west/0123456789ABCDEF=="

    @Test(
        arguments: [
            ("token IQoJb3JpZ2luX2VjEAEaCWV1+west/0123456789ABCDEF== refused", "token *** refused"),
            ("?t=IQoJb3JpZ2luX2VjEAEaCWV1%2Bwest%2F0123456789ABCDEF%3D%3D&x=1", "?t=***&x=1"),
            ("?t=IQoJb3JpZ2luX2VjEAEaCWV1%2bwest%2f0123456789ABCDEF%3d%3d&x=1", "?t=***&x=1"),
            (#"{"t":"IQoJb3JpZ2luX2VjEAEaCWV1+west\/0123456789ABCDEF=="}"#, #"{"t":"***"}"#),
            ("cut off: IQoJb3JpZ2luX2VjEAEaCWV1%2Bwe", "cut off: ***"),
            ("twice IQoJb3JpZ2luX2VjEAEaCWV1+west/0123456789ABCDEF==IQoJb3JpZ2luX2VjEAEa", "twice ***"),
            ("IQoJb3JpZ2lu is no part that says much", "IQoJb3JpZ2lu is no part that says much"),
            ("nothing of it", "nothing of it"),
        ]
    )
    func `a secret is concealed as it is, as a URL and JSON spell it, and cut off`(words: String, shown: String) {
        #expect(ForeignWords.concealingKnown(words, [token, nil, "short"]) == shown)
    }

    @Test(
        arguments: [
            ("<t>IQoJb3JpZ2luX2VjEAEaCWV1&#43;west&#x2F;0123456789ABCDEF&#61;&#61;</t>", "<t>***</t>"),
            ("<t>IQoJb3JpZ2luX2VjEAEaCWV1&plus;west&sol;0123456789ABCDEF&equals;&equals;</t>", "<t>***</t>"),
            ("<t>IQoJb3JpZ2luX2VjEAEaCWV1&amp;#43;west&amp;sol;0123456789ABCDEF==</t>", "<t>***</t>"),
            ("<t>&#73;QoJb3Jp&#x5a;2luX2VjEAEaCWV1+west/0123456789ABCDEF==</t>", "<t>***</t>"),
            ("?t=IQoJb3JpZ2luX2VjEAEaCWV1%252Bwest%252F0123456789ABCDEF%253D%253D&x=1", "?t=***&x=1"),
            ("?t=IQoJb3JpZ2luX2VjEAEaCWV1%25252Bwest%25252F0123456789ABCDEF&x=1", "?t=***&x=1"),
            (#"{"t":"IQoJb3JpZ2luX2VjEAEaCWV1\u002bwest\u002F0123456789ABCDEF\u003d\u003D"}"#, #"{"t":"***"}"#),
            (#"{"t":"{\"t\":\"IQoJb3JpZ2luX2VjEAEaCWV1+west\\/0123456789ABCDEF==\"}"}"#, #"{"t":"{\"t\":\"***\"}"}"#),
            ("t: IQoJb3JpZ2luX2VjEAEa\nCWV1+west/0123456789\nABCDEF== refused", "t: *** refused"),
            ("t: IQoJb3JpZ2luX2VjEAEa\r\n CWV1+west/0123456789\r\n ABCDEF== refused", "t: *** refused"),
            (#"t: IQoJb3JpZ2luX2VjEAEa\nCWV1+west/0123456789\nABCDEF== refused"#, "t: *** refused"),
            ("t: IQoJb3JpZ2luX2VjEAEa CWV1+west/0123456789 ABCDEF== refused", "t: *** refused"),
            ("t: IQoJ\u{200B}b3JpZ2lu\u{FEFF}X2VjEAEaCWV1+west/0123\u{200D}456789ABCDEF== refused", "t: *** refused"),
            ("t: IQOJB3JPZ2LUX2VJEAEACWV1+WEST/0123456789ABCDEF== refused", "t: *** refused"),
            ("t: iqojb3jpz2lux2vjeaeacwv1+west/0123456789abcdef== refused", "t: *** refused"),
            ("t: …2VjEAEaCWV1+west/0123456789ABCDEF== refused", "t: …*** refused"),
            ("t: …AEaCWV1+west/012345…", "t: …***…"),
            ("the west has 0123456789 and ABCDEF, said IQoJ", "the west has 0123456789 and ABCDEF, said IQoJ"),
            (
                "&plus; &unk; %zz %2 %25 \\u00 &#; &#x; &#99999999999; &",
                "&plus; &unk; %zz %2 %25 \\u00 &#; &#x; &#99999999999; &"
            ),
            ("größe %C3%A9 ***", "größe %C3%A9 ***"), ("", ""),
        ]
    )
    func `a secret is concealed however a service escapes, wraps or cuts it`(words: String, shown: String) {
        #expect(ForeignWords.concealingKnown(words, [token]) == shown)
    }

    @Test func `a secret that starts with a slash is concealed as a whole`() {
        let secret = "/abcdefGHIJ0123456789klmnopQRST/"
        #expect(ForeignWords.concealingKnown("of %2FabcdefGHIJ0123456789klmnopQRST%2F.", [secret]) == "of ***.")
        #expect(ForeignWords.concealingKnown("of //abcdefGHIJ0123456789klmnopQRST//.", [secret]) == "of /***/.")
    }

    @Test func `a long answer full of a secret's parts takes linear time`() {
        let words = String(repeating: "IQoJb3JpZ2luX2VjEAEa%25252", count: 20_000)
        let elapsed = ContinuousClock().measure { _ = ForeignWords.concealingKnown(words, [token]) }
        #expect(elapsed < .seconds(5))
    }

    @Test func `a short secret is concealed where it is whole`() {
        #expect(ForeignWords.concealingKnown("key a1b2c3d4, a1b2c3", ["a1b2c3d4"]) == "key ***, a1b2c3")
    }
}
