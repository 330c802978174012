import Testing

@testable import AWSServices

/// The file format, read as the AWS CLI reads it.
@Suite struct INIDocumentTests {
    private func document(_ text: String) throws -> INIDocument { try INIDocument(Array(text.utf8)) }

    @Test func `sections, comments, white space and case`() throws {
        let document = try document(
            """
            # a comment
            ; another

            [default]
            Region=eu-central-1
              # a comment with an indent
            output   =   json
            [ profile dev ]  # after the bracket
            aws_secret_access_key = a/b=c+d # part of it
            empty =
            """
        )
        #expect(document.sections.keys.sorted() == ["default", "profile dev"])
        #expect(document.sections["default"]?.values == ["region": "eu-central-1", "output": "json"])
        #expect(
            document.sections["profile dev"]?.values
                == ["aws_secret_access_key": "a/b=c+d # part of it", "empty": ""]
        )
    }

    @Test func `an empty value takes indented pairs, another value takes indented lines`() throws {
        let document = try document(
            """
            [services local]
            s3 =
              endpoint_url = http://127.0.0.1:9000
              addressing_style=path
            codeartifact =
            \tendpoint_url = http://127.0.0.1:9001
            note = one
              two
            """
        )
        let section = try #require(document.sections["services local"])
        #expect(
            section.nested == [
                "s3": ["endpoint_url": "http://127.0.0.1:9000", "addressing_style": "path"],
                "codeartifact": ["endpoint_url": "http://127.0.0.1:9001"],
            ]
        )
        #expect(section.values == ["s3": "", "codeartifact": "", "note": "one\ntwo"])
    }

    @Test func `a file that is indented as a whole reads as one that is not`() throws {
        let text =
            "  [default]\n  region = eu-west-1\n  aws_access_key_id = AKIA\n  s3 =\n    x = 1\n\n  [profile b]\n  region = us-east-1\n"
        let flat =
            "[default]\nregion = eu-west-1\naws_access_key_id = AKIA\ns3 =\n  x = 1\n\n[profile b]\nregion = us-east-1\n"
        #expect(try document(text) == document(flat))
        #expect(try document(text).sections["default"]?.values["aws_access_key_id"] == "AKIA")
    }

    @Test func `keys under an indented key are its own lines where they are no deeper`() throws {
        let document = try document("[a]\n  x = 1\n  y = 2\n    more\nz = 3\n  more\n")
        #expect(document.sections["a"]?.values == ["x": "1", "y": "2\nmore", "z": "3\nmore"])
    }

    @Test func `a colon divides as an equals sign does, the first of the two, but not in nested values`() throws {
        let text = "[a]\nregion: eu-west-1\nurl = http://h:1\nx: a=b\ns3 =\n  endpoint_url = http://h:2\n"
        let document = try document(text)
        let section = try #require(document.sections["a"])
        #expect(section.values == ["region": "eu-west-1", "url": "http://h:1", "x": "a=b", "s3": ""])
        #expect(section.nested == ["s3": ["endpoint_url": "http://h:2"]])
        #expect(throws: INIFailure(line: 3, reason: "an indented line without =")) {
            try self.document("[a]\ns3 =\n  x: 1\n")
        }
    }

    @Test func `what comes twice is merged and the last one counts`() throws {
        let document = try document("[a]\r\nx = 1\r\ny = 1\r\n[b]\r\nx = 2\r\n[a]\r\nx = 3\r\n[empty]\r\n")
        #expect(document.sections["a"]?.values == ["x": "3", "y": "1"])
        #expect(document.sections["b"]?.values == ["x": "2"])
        #expect(document.sections["empty"]?.values == [:])
    }

    @Test(
        "files that make no sense, and the line of it",
        arguments: [
            ("x = 1", 1, "a line before the first section"),
            ("[a]\n\nsecret", 3, "a line without ="),
            ("[a]\n= 1", 2, "a line without ="),
            ("[a\nx = 1", 1, "a section without ]"),
            ("[a]\nx =\n  secret", 3, "an indented line without ="),
        ]
    )
    func failures(text: String, line: Int, reason: String) {
        #expect(throws: INIFailure(line: line, reason: reason)) { try document(text) }
    }

    @Test func `bytes that are not UTF-8 are refused`() {
        #expect(throws: INIFailure(line: 1, reason: "the file is not UTF-8")) { try INIDocument([0x5B, 0xFF, 0x5D]) }
    }

    @Test(
        "words as a shell divides them",
        arguments: [
            ("a b  c", ["a", "b", "c"]),
            ("", []),
            (" \t ", []),
            (#"profile "my dev""#, ["profile", "my dev"]),
            (#"/opt/x 'a "b" \c' "d'e\"f\g\\""#, ["/opt/x", #"a "b" \c"#, #"d'e"f\g\"#]),
            (#"a\ b '' "" c"d"'e'"#, ["a b", "", "", "cde"]),
            ("a 'b", nil),
            (#"a "b"#, nil),
            (#"a \"#, nil),
        ] as [(String, [String]?)]
    )
    func words(text: String, words: [String]?) {
        #expect(ShellWords.split(text) == words)
    }

    @Test func `the two files make one profile, the credentials file first`() throws {
        let profiles = AWSProfiles(
            config: try document(
                """
                [default]
                region = from-default
                [profile default]
                region = from-profile-default
                [profile "my dev"]
                region = eu-west-1
                role_arn = in-config
                [dev]
                region = no profile
                [sso-session corp]
                sso_region = us-east-1
                [services local]
                s3 =
                  endpoint_url = http://127.0.0.1:9000
                """
            ),
            credentials: try document(
                """
                [my dev]
                role_arn = in-credentials
                [keys]
                aws_access_key_id = AKID
                """
            )
        )
        #expect(profiles.profiles.keys.sorted() == ["default", "keys", "my dev"])
        #expect(profiles.profiles["default"]?["region"] == "from-profile-default")
        #expect(profiles.profiles["my dev"]?["region"] == "eu-west-1")
        #expect(profiles.profiles["my dev"]?["role_arn"] == "in-credentials")
        #expect(profiles.profiles["keys"]?["aws_access_key_id"] == "AKID")
        #expect(profiles.ssoSessions == ["corp": ["sso_region": "us-east-1"]])
        #expect(profiles.services == ["local": ["s3": ["endpoint_url": "http://127.0.0.1:9000"]]])
    }
}
