package import ArgumentParser

/// The build whose artifacts a command processes.
package struct BuildFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Only what a build needs: a pom.xml with its modules, or a file that lists "
                + "group:artifact:version; repeatable.",
            valueName: "file"
        ),
        completion: .file()
    )
    package var forBuild: [String] = []

    package init() {}
}
