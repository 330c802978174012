extension PackageCoordinates {
    /// Whether the name follows Maven's conventions for a plugin: `NAME-maven-plugin`, or `maven-NAME-plugin` for
    /// Maven's own.
    package var isPlugin: Bool { Self.isPlugin(named: name) }

    /// The same for a name alone.
    static func isPlugin(named name: String) -> Bool {
        name.hasSuffix("-maven-plugin") || (name.hasPrefix("maven-") && name.hasSuffix("-plugin"))
    }
}
