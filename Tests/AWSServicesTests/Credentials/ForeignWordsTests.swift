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
            ("twice IQoJb3JpZ2luX2VjEAEaCWV1+west/0123456789ABCDEF==IQoJb3JpZ2luX2VjEAEa", "twice ******"),
            ("IQoJb3JpZ2lu is no part that says much", "IQoJb3JpZ2lu is no part that says much"),
            ("nothing of it", "nothing of it"),
        ]
    )
    func `a secret is concealed as it is, as a URL and JSON spell it, and cut off`(words: String, shown: String) {
        #expect(ForeignWords.concealingKnown(words, [token, nil, "short"]) == shown)
    }

    @Test func `a short secret is concealed where it is whole`() {
        #expect(ForeignWords.concealingKnown("key a1b2c3d4, a1b2c3", ["a1b2c3d4"]) == "key ***, a1b2c3")
    }
}
