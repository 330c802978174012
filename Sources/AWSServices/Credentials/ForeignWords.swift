/// The words of another program, for a log or a report: without what is, or may be, a secret.
enum ForeignWords {
    /// Without the secrets that are known.
    static func concealingKnown(_ words: String, _ secrets: [String?]) -> String {
        // Shorter ones would tear words apart, and none of AWS's is.
        secrets.compactMap(\.self).filter { $0.utf8.count >= 6 }.reduce(words) { $0.replacing($1, with: mask) }
    }

    /// Without these either, nor whatever looks like one: what a program quotes may be known to it alone.
    static func concealing(_ words: String, _ secrets: [String?]) -> String {
        let rest = concealingKnown(words, secrets)
        var shown = ""
        var run = ""
        for character in rest {
            if isOfKey(character) {
                run.append(character)
            } else {
                shown += mayBeSecret(run) ? mask : run
                shown.append(character)
                run = ""
            }
        }
        return shown + (mayBeSecret(run) ? mask : run)
    }

    private static let mask = "***"

    /// As long as AWS's secret keys, and of as many kinds of characters: no word, no request's id and few paths are.
    private static func mayBeSecret(_ run: String) -> Bool {
        run.utf8.count >= 40 && run.contains(where: \.isUppercase) && run.contains(where: \.isLowercase)
            && run.contains(where: \.isNumber)
    }

    /// Base64 in both spellings.
    private static func isOfKey(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || "+/=_-".contains(character))
    }
}
