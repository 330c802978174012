extension PackageCoordinates {
    /// Whether the package is a Maven plugin by its name, as Maven's conventions have it: `NAME-maven-plugin`, and
    /// `maven-NAME-plugin` for those of Maven itself.
    package var isPlugin: Bool {
        name.hasSuffix("-maven-plugin") || (name.hasPrefix("maven-") && name.hasSuffix("-plugin"))
    }
}
