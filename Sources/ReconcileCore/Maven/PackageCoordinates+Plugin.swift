extension PackageCoordinates {
    /// Whether the name is that of a Maven plugin by Maven's conventions: `NAME-maven-plugin`, or `maven-NAME-plugin` for
    /// Maven's own.
    package var isPlugin: Bool { Self.isPlugin(named: name) }

    /// The same, of a name alone.
    static func isPlugin(named name: String) -> Bool {
        name.hasSuffix("-maven-plugin") || (name.hasPrefix("maven-") && name.hasSuffix("-plugin"))
    }
}
