# The commands of this repository; `make help` lists them. The work is done by
# the scripts in scripts/, so each can also be read and run by itself.

SHELL       := bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS   += --no-print-directory

# Every step compiles with the same settings, so that all of them share one
# build cache. The linker's flags (LDFLAGS) do not touch it.
export CGO_ENABLED ?= 0
export GOFLAGS     ?= -trimpath
export LDFLAGS     ?= -s -w

# EXIT=1 lets `make demo` end after the comparison; see there.
EXIT     ?=
# FUZZTIME is how long `make fuzz` spends on each fuzz function.
FUZZTIME ?= 10s
# BENCH is which benchmarks `make bench` runs, BENCHTIME how long each.
BENCH     ?= .
BENCHTIME ?= 1s

.DEFAULT_GOAL := help
.PHONY: help build demo test lint generate check-generated bench fuzz cover clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' Makefile

build: ## compile bin/otelcol-mobile and bin/mobilectl (the first time about 5 minutes)
	@scripts/build

demo: build ## start it all on this machine with simulated phones; EXIT=1 compares with the truth and ends
	@bin/mobilectl demo $(if $(EXIT),--exit)

test: ## run every test, then the built binary end to end
	@scripts/test

lint: .tools/golangci-lint ## check the Go code with golangci-lint
	@.tools/golangci-lint run

generate: .tools/builder .tools/mdatagen ## make components.go, main*.go and the components' metadata again
	@scripts/generate

check-generated: .tools/builder .tools/mdatagen ## fail if generated files are not what `make generate` makes
	@scripts/check-generated

bench: ## run the benchmarks, results in bin/bench.txt
	@mkdir -p bin
	@go test -run '^$$' -bench '$(BENCH)' -benchtime '$(BENCHTIME)' -benchmem ./... | grep -v 'no test files' | tee bin/bench.txt

fuzz: ## run each fuzz function for FUZZTIME (10s)
	@scripts/fuzz '$(FUZZTIME)'

cover: ## measure which statements the tests reach, result in coverage.out
	@go test -coverprofile coverage.out $$(go list ./... | grep -v /testbed)
	@go tool cover -func coverage.out | tail -n 1

clean: ## remove what build, bench and cover made; data/ stays
	@rm -rf bin .tools coverage.out

# The tools have modules of their own, so that what they need never changes
# what the Collector is built from.
.tools/builder .tools/mdatagen &: internal/tools/go.mod internal/tools/go.sum
	@echo "building the code generators ..."
	@go -C internal/tools build -o "$(CURDIR)/.tools/" go.opentelemetry.io/collector/cmd/builder go.opentelemetry.io/collector/cmd/mdatagen
	@touch .tools/builder .tools/mdatagen

.tools/golangci-lint: internal/tools/lint/go.mod internal/tools/lint/go.sum
	@echo "building golangci-lint (the first time 2 minutes) ..."
	@go -C internal/tools/lint build -o "$(CURDIR)/.tools/golangci-lint" github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	@touch .tools/golangci-lint
