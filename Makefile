# Two commands are all one needs: `make run` and `make test`.

.DEFAULT_GOAL := help
DATA ?= ./data
BIN := target/release/yizhan

.PHONY: help run test web build check client audit sbom package pictures ease clean

help: ## This list.
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

run: build ## Install what is missing, build, make the demonstration zone, serve it on http://127.0.0.1:8600; LAN=1: for phones.
	@test -e $(DATA)/zone.sqlite || (echo "· making the demonstration zone in $(DATA): five years of records, about a minute" && $(BIN) demo --page --data $(DATA))
ifdef LAN
	@scripts/lan $(DATA)
else
	@echo "· residents: http://127.0.0.1:8600/    staff: http://127.0.0.1:8600/console/    poster: http://127.0.0.1:8600/poster/travel-declaration/990100003205"
	@$(BIN) serve --data $(DATA)
endif

build: web ## Build the program, with the console inside.
	cargo build --release

web: ## Build the console.
	@scripts/setup run
	@if [ -e web/package.json ]; then npm run --silent --prefix web build; fi

test: ## Install what is missing and run every test.
	@scripts/setup test
	@scripts/test

check: ## Format, lint and type-check only.
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	npm run --silent --prefix web check

client: ## Generate the web client from the API's description.
	cargo build --quiet
	npm run --silent --prefix web client

audit: ## Look the packages up among known weaknesses, where the databases can be reached.
	@scripts/audit

sbom: ## The bill of materials (CycloneDX), to target/sbom.json.
	@cargo build --quiet
	@target/debug/yizhan sbom > target/sbom.json
	@echo "· target/sbom.json"

package: build ## A Debian package of the release build, in target/.
	@scripts/package

pictures: ## Take the pictures of the help pages and of the README anew.
	@scripts/setup test
	npm run --silent --prefix web build && cargo build --quiet
	node tests/journey/pictures.mjs

ease: ## Count clicks and seconds of the daily tasks anew, into docs/ease.md.
	@scripts/setup test
	npm run --silent --prefix web build && cargo build --quiet
	YIZHAN_RENEW=1 node --test tests/journey/ease.test.mjs

clean: ## Remove what was built; data stays.
	cargo clean
	rm -rf web/dist web/node_modules
