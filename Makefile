# `make help` lists the targets. docs/CONTRIBUTING.md says which one to run when.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build
# Targets of `make test` run in the order given, whatever -j says: they share .build and the machine's memory.
.NOTPARALLEL:

VENV := $(CURDIR)/.venv-ci
SWIFT_BUILD_TESTS := swift build --build-tests --explicit-target-dependency-import-check error
SWIFT_TEST := swift test --skip-build --experimental-maximum-parallelization-width 4
# Passed to every swift test: make unit TEST_FLAGS="--filter ManifestTests"
TEST_FLAGS :=
# Where the programs are that the checks in Python run. `make test` names the optimized ones.
BUILT := .build/debug
SHELL_FILES = $(shell grep -slE '^\#!.*sh$$' scripts/* .ci/run k8s/*.sh Tests/*/run)

.PHONY: help
help:
	@awk -F ':.*## ' '/^##@ / { print "\n" substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

##@ Build

.PHONY: build
build: libraries ## release builds of reconcile, reconcile-serve and sandbox in .build/release (the default)
	@scripts/release-build reconcile reconcile-serve sandbox

.PHONY: demo
demo: build ## back up a local CodeArtifact into a directory: no credentials, no network
	@scripts/demo "$$(swift build -c release --show-bin-path)"

DIST := $(CURDIR)/.build-dist
.PHONY: dist
dist: libraries ## a tarball and a Debian package of the programs, with their SHA-256 sums, in .build-dist
	@scripts/apt-install dpkg-dev
	@scripts/dist "$$(scripts/release-build reconcile reconcile-serve sandbox)" "$(DIST)"

.PHONY: package
package: build-ArtifactBackupFunction ## the Lambda function's package in .build-lambda/package, as sam build makes it

.PHONY: libraries
libraries: ## install the three C libraries if this machine lacks one; pin the Swift packages
	@[ -e Package.resolved ] || cp scripts/swift-packages.json Package.resolved
	@pkg-config --exists libcurl openssl libxml-2.0 2>/dev/null || \
		scripts/apt-install pkg-config libcurl4-openssl-dev libssl-dev libxml2-dev

.PHONY: format
format: ## reformat the Swift sources
	swift format --in-place --recursive --parallel Package.swift Sources Tests

.PHONY: clean
clean: ## remove everything that was built or installed here
	rm -rf .build $(DIST) $(LAMBDA_BUILD) .aws-sam $(VENV)

##@ Check: the loop, before each commit

.PHONY: check
check: lint folders flags audit debug unit ## lint, debug build and unit tests: minutes

.PHONY: lint
lint: ## swift format's rules; shellcheck where it is installed
	swift format lint --strict --recursive --parallel Package.swift Sources Tests
	@! command -v shellcheck >/dev/null || shellcheck $(SHELL_FILES)

.PHONY: folders
folders: ## the order of ReconcileCore's folders, and the length of files and functions
	@scripts/check-folders
	@scripts/check-lengths

.PHONY: audit
audit: ## that every Swift package and every image is pinned, and that what docs/SECURITY.md claims has a test
	@scripts/audit
	@scripts/check-claims
	@python3 -B Tests/Packaging/check_audit.py

.PHONY: flags
flags: ## that each option of a program is read by it
	@scripts/check-flags

.PHONY: debug
debug: libraries ## debug build with the tests; checks what the programs link of Foundation
	$(SWIFT_BUILD_TESTS)
	@scripts/check-foundation .build/debug/reconcile .build/debug/backup-lambda

# What is skipped needs other programs, or minutes: `make suites` runs it.
.PHONY: unit
unit: ## the unit tests of the last debug build; no tools, no servers
	RECONCILE_TESTS=unit $(SWIFT_TEST) --skip EndToEndTests --skip ConvergenceTests.HistoryTests $(TEST_FLAGS)

##@ Test: everything that CI runs

# Whatever waits for others runs beside the compiler, and two builds beside each other: for minutes each compiles a single
# large module, on one processor.
.PHONY: test
test: libraries ## all of this section, what it needs installed first
	@scripts/side-by-side .build/checks.log "$(MAKE) checks" \
		.build/releases.log "scripts/release-build reconcile backup-lambda" "$(MAKE) optimized"
	$(MAKE) audit suites
	@# Drills wait for Maven, as long as all the other programs take.
	@scripts/side-by-side .build/programs.log "$(MAKE) programs BUILT=$(OPTIMIZED)/release" \
		"$(MAKE) sanitized drills BUILT=$(OPTIMIZED)/release"

.PHONY: checks
checks: test-tools lint folders flags template manifests ## what needs no build

.PHONY: programs
programs: released schemas docs-examples first-contact pages pods shards metrics stack sandbox policies configuration ## the built programs with real clients and servers; takes the last debug build

.PHONY: sanitized
sanitized: sanitize
	@# The same guesses each time: a change must not fail for what another run would find.
	FUZZ_SEED=1 $(MAKE) --no-print-directory fuzz FUZZ_BUILD=debug FUZZ_SECONDS=$(TEST_FUZZ_SECONDS)

.PHONY: suites
suites: test-tools optimized ## every Swift test, with the servers and clients that they talk to
	@# The scale tests run the program as it is released.
	@scripts/release-build reconcile > /dev/null
	PATH="$(VENV)/bin:$$PATH" RECONCILE_WEED=$(VENV)/bin/weed \
		scripts/failures-last .build/suites.log \
		$(SWIFT_TEST) -c release --scratch-path $(OPTIMIZED) $(TEST_FLAGS)

# Twice as fast as a debug build: the argument parser, for one, checks its declarations at each parse where DEBUG is set.
# Assertions stay; what debuggers need does not, which saves compiling and linking.
OPTIMIZED := .build/optimized
.PHONY: optimized
optimized: libraries ## tests and programs, optimized and checked as a debug build is, in a build folder of their own
	$(SWIFT_BUILD_TESTS) -c release --scratch-path $(OPTIMIZED) \
		-debug-info-format none -Xswiftc -enable-testing -Xswiftc -assert-config -Xswiftc Debug
	@scripts/check-foundation $(OPTIMIZED)/release/reconcile $(OPTIMIZED)/release/backup-lambda

.PHONY: template
template: test-tools ## template.yaml: AWS's and others' checkers, its promises, a local deployment
	AWS_DEFAULT_REGION=eu-west-1 SAM_CLI_TELEMETRY=0 $(VENV)/sam/bin/sam validate --lint
	$(VENV)/sam/bin/cfn-lint template.yaml
	$(VENV)/checkov/bin/checkov -f template.yaml --framework cloudformation --skip-download --compact --quiet
	$(VENV)/sam/bin/python -B Tests/Template/check_template.py
	$(VENV)/sam/bin/python -B Tests/Template/check_local_stack.py $(VENV)/ministack/bin/ministack
	$(VENV)/sam/bin/python -B Tests/Template/check_stack.py
	$(VENV)/sam/bin/python -B Tests/Template/check_ecs.py

.PHONY: stack
stack: test-tools package ## the Lambda package in a local AWS; takes sandbox of the last debug build
	$(VENV)/sam/bin/python -B Tests/Template/check_local_run.py $(VENV)/ministack/bin/ministack \
		$(LAMBDA_BUILD)/package $(BUILT)/sandbox

.PHONY: sandbox
sandbox: test-tools ## the sandbox, judged by botocore; the examples of docs/SANDBOX.md; takes the last debug build
	$(VENV)/bin/python -B Tests/Sandbox/check_sandbox.py $(BUILT)/sandbox

.PHONY: policies
policies: test-tools ## the printed IAM policies, enforced, and each action taken away; takes the last debug build
	$(VENV)/sam/bin/python -B Tests/Template/check_policies.py $(VENV)/ministack/bin/ministack $(BUILT)
	$(VENV)/sam/bin/python -B Tests/Template/check_signing_key.py $(VENV)/ministack/bin/ministack $(BUILT)

.PHONY: configuration
configuration: test-tools ## a domain's configuration, backed up and restored, as botocore describes it; takes the last debug build
	$(VENV)/sam/bin/python -B Tests/Template/check_configuration.py $(BUILT)

.PHONY: manifests
manifests: test-tools ## k8s/ rendered: Kubernetes' schemas, checkov, the program's own tables
	$(VENV)/checkov/bin/python -B Tests/Kubernetes/check_manifests.py

# A pod's program is built as the Dockerfile builds it, and its root holds what the image holds.
.PHONY: pods
pods: test-tools ## what the manifests say, run without a cluster; takes the last debug build
	@scripts/release-build reconcile > /dev/null
	$(VENV)/checkov/bin/python -B Tests/Kubernetes/check_pod.py $(BUILT) .build/release/reconcile

# Packages and versions of each, of the domain that eight processes share; empty is a small one.
SHARD_DOMAIN :=
.PHONY: shards
shards: ## eight shards of one domain against the formulas of docs/SCALE.md; takes the last debug build
	$(VENV)/checkov/bin/python -B Tests/Kubernetes/check_shards.py $(BUILT) $(SHARD_DOMAIN)

.PHONY: metrics
metrics: ## metrics in a real Pushgateway, alerts in promtool; takes the last debug build
	$(VENV)/checkov/bin/python -B Tests/Kubernetes/check_metrics.py $(BUILT) $(VENV)/prometheus/usr/bin

.PHONY: released
released: ## backups that earlier releases wrote, read, served, restored and extended; takes the last debug build
	python3 -B Tests/Released/check_released.py $(BUILT)

.PHONY: schemas
schemas: test-tools ## every JSON document against its schema in docs/schemas; takes the last debug build
	$(VENV)/checkov/bin/python -B Tests/Schemas/check_schemas.py $(BUILT)

.PHONY: docs-examples
docs-examples: ## the examples of README.md and docs/, run or read by the programs; takes the last debug build
	python3 -B Tests/Docs/check_docs.py $(BUILT)

# Words that pick cases by name, and --table.
FIRST_CONTACT :=
.PHONY: first-contact
first-contact: test-tools ## what AWS sees of this program and of botocore, compared; takes the last debug build
	$(VENV)/botocore/bin/python -B Tests/FirstContact/check_first_contact.py $(BUILT)/reconcile $(FIRST_CONTACT)

# --docs also writes the pictures that docs/ shows.
PAGES :=
.PHONY: pages
pages: test-tools ## the pages of reconcile-serve in Chromium; pictures in .build/pages; takes the last debug build
	python3 -B Tests/Pages/check_pages.py $(BUILT) $(VENV)/axe/axe_playwright_python/axe.min.js .build/pages $(PAGES)

.PHONY: drills
drills: test-tools ## drills with real Maven and Gradle on real artifacts, and each way to lose; takes the last debug build
	python3 -B Tests/Drill/check_drill.py $(BUILT)

.PHONY: packages
packages: dist ## what make dist makes: twice the same, unpacked, and installed on a bare Debian
	@scripts/apt-install debootstrap man-db
	python3 -B Tests/Packaging/check_packages.py .build/release $(DIST)

.PHONY: sanitize
sanitize: libraries test-tools ## the modules that wrap C under the address and the thread sanitizer
	@scripts/sanitize $(VENV) --explicit-target-dependency-import-check error

FUZZ_SECONDS := 600
# Of each target, in make test.
TEST_FUZZ_SECONDS := 5
FUZZ_TARGETS := $(notdir $(wildcard Tests/Fuzzing/Corpus/*))
# debug is built in a quarter of the time, and tries half as many inputs a second.
FUZZ_BUILD := release
FUZZER := .build/fuzz/$(FUZZ_BUILD)/fuzzer
.PHONY: fuzz
fuzz: fuzzer ## every reader of foreign bytes, FUZZ_SECONDS each (600), two at a time; FUZZ_TARGETS names some
	Tests/Fuzzing/run $(FUZZER) $(FUZZ_SECONDS) $(FUZZ_TARGETS)

# Instrumented, so in a build folder of its own; with the tests' access to internal names, and libFuzzer's own main. The
# compiler heeds only the last -sanitize=, so that one names both sanitizers.
.PHONY: fuzzer
fuzzer: libraries
	RECONCILE_FUZZ=1 swift build -c $(FUZZ_BUILD) --scratch-path .build/fuzz --product fuzzer \
		-debug-info-format none --sanitize fuzzer -Xswiftc -sanitize=fuzzer,address -Xswiftc -enable-testing

.PHONY: test-tools
test-tools: ## install what the tests talk to, into .venv-ci and from Debian
	@scripts/test-tools $(VENV)

##@ By hand

# BENCH picks parts of the first: copy seaweedfs latency quota noop; RECOVERY of the last: serve bucket restore verify
# pages.
.PHONY: bench
bench: build test-tools ## speed and memory beside other programs (docs/BENCHMARKS.md); run nothing else meanwhile
	@scripts/release-build backup-lambda reconcile-serve
	@scripts/bench-tools $(VENV)
	cc -O2 -o .build/floor Tests/Benchmarks/floor.c $$(pkg-config --cflags --libs libcurl)
	$(VENV)/bin/python Tests/Benchmarks/bench.py $(BENCH)
	$(VENV)/bin/python Tests/Benchmarks/memory.py
	$(VENV)/bin/python Tests/Benchmarks/lambda.py .build/release
	$(VENV)/bin/python Tests/Benchmarks/recovery.py $(RECOVERY)

.PHONY: deployed
deployed: test-tools ## one package through a deployed stack: AWS_SAM_STACK_NAME=… make deployed
	$(VENV)/sam/bin/python -B Tests/Template/check_stack.py --verbose

.PHONY: package-check
package-check: ## whether the Lambda package carries every library that it loads, and its size
	@scripts/package-check "$(ARTIFACTS_DIR)" $(LAMBDA_MAX_BYTES)

# SAM calls build-<logical id> with ARTIFACTS_DIR; both functions are one program.
LAMBDA_BUILD := $(CURDIR)/.build-lambda
LAMBDA_PROGRAM ?= $(CURDIR)/.build/release/backup-lambda
LAMBDA_MAX_BYTES := 25000000
ARTIFACTS_DIR ?= $(LAMBDA_BUILD)/package

.PHONY: build-ArtifactBackupFunction build-ReconcileFunction
build-ArtifactBackupFunction build-ReconcileFunction: $(LAMBDA_PROGRAM)
	scripts/lambda-package $(LAMBDA_PROGRAM) "$(ARTIFACTS_DIR)"
	@scripts/package-check "$(ARTIFACTS_DIR)" $(LAMBDA_MAX_BYTES)

.PHONY: $(CURDIR)/.build/release/backup-lambda
$(CURDIR)/.build/release/backup-lambda: libraries
	@scripts/release-build backup-lambda
