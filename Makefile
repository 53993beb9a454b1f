# chat21d. `make run` runs the server, `make test` passes the tests; `make help` says the rest.

BUILD   ?= build
Q       := $(if $(V),,@)#                       V=1 shows the commands
CC      ?= cc
CLANG   ?= clang
CSTD     = -std=c11 -D_GNU_SOURCE -Isrc
WARN     = -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wswitch-enum -Werror
HARDEN   = -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
CFLAGS  ?= -O2 -g
LUAJIT_I := $(shell pkg-config --cflags luajit 2>/dev/null)
LUAJIT_L := $(shell pkg-config --libs luajit 2>/dev/null)
CJSON_L  = -l:liblua5.1-cjson.a
# What the policy engine needs, and what the server needs beside it.
ENGINE_LIBS = $(LUAJIT_L) $(CJSON_L) -lpcre2-8 -lpthread -lm
LIBS     = -lrabbitmq -lcurl -lcrypto -ljwt -ljansson -lsqlite3 -lmicrohttpd $(ENGINE_LIBS)

# The layers, from the bottom up; src/README.md says what each is for.
WORDS    = $(wildcard src/words/*.c)
MEANING  = $(wildcard src/meaning/*.c)
POLICY   = $(wildcard src/ports/policy/*.c)
PORTS    = $(wildcard src/ports/*.c src/ports/*/*.c)
FLOW     = $(wildcard src/flow/*.c)
API      = $(wildcard src/api/*.c)
SERVER   = $(filter-out src/server/main.c,$(wildcard src/server/*.c))
# The policy engine is an archive of its own, which knows nothing of brokers and stores: the server,
# the specs' module and examples/embed are all made of it.
ENGINE   = $(WORDS) $(MEANING) $(POLICY)
LIBRARY  = $(filter-out $(POLICY),$(PORTS)) $(FLOW) $(API) $(SERVER)
ARCHIVES = $(BUILD)/libchat21d.a $(BUILD)/libchat21policy.a

objects  = $(patsubst %.c,$(BUILD)/%.o,$(1))

all: $(BUILD)/chat21d  ## build the server (the default)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(CSTD) $(WARN) $(HARDEN) $(CFLAGS) $(LUAJIT_I) -MMD -MP -c $< -o $@

$(BUILD)/libchat21d.a: $(call objects,$(LIBRARY)) $(BUILD)/page_files.o $(BUILD)/openapi_parts.o
	@rm -f $@
	$(Q)ar rcsP $@ $^

# The page at "/" is in the program: whole where mqtt.js was fetched (make web), else a hint.
MQTT_JS = $(wildcard build/web/mqtt.js)
PAGE    = $(if $(MQTT_JS),$(filter-out %.txt,$(wildcard src/web/*)) $(MQTT_JS),src/web/not_bundled.txt)
$(BUILD)/page_files.c: scripts/embed $(PAGE)
	@mkdir -p $(@D)
	@echo "  EMBED   $@"
	$(Q)scripts/embed $(PAGE) > $@

# So is what the description of the HTTP API does not make of its table.
$(BUILD)/openapi_parts.c: scripts/embed src/api/openapi.json
	@mkdir -p $(@D)
	@echo "  EMBED   $@"
	$(Q)scripts/embed --span OPENAPI_PARTS api/openapi.h src/api/openapi.json > $@

$(BUILD)/page_files.o: $(BUILD)/page_files.c src/api/page.h
$(BUILD)/openapi_parts.o: $(BUILD)/openapi_parts.c src/api/openapi.h
$(BUILD)/page_files.o $(BUILD)/openapi_parts.o:
	@echo "  CC      $<"
	$(Q)$(CC) $(CSTD) $(WARN) $(HARDEN) $(CFLAGS) -c $< -o $@

$(BUILD)/libchat21policy.a: $(call objects,$(ENGINE))
	@rm -f $@
	$(Q)ar rcsP $@ $^

$(BUILD)/chat21d: $(BUILD)/src/server/main.o $(ARCHIVES)
	@echo "  LINK    $@"
	$(Q)$(CC) $(CFLAGS) -pie -Wl,-z,relro,-z,now $^ $(LIBS) -o $@

# Programs that embed the engine: of ours they link its archive alone.
EXAMPLES = $(patsubst examples/%.c,$(BUILD)/examples/%,$(wildcard examples/*.c))
$(BUILD)/examples/%: $(BUILD)/examples/%.o $(BUILD)/libchat21policy.a
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	$(Q)$(CC) $(CFLAGS) -pie $^ $(ENGINE_LIBS) -o $@

# The engine and the flow's judge as a Lua module, for specs: position independent, and not linked to
# LuaJIT (the interpreter that loads it brings it) nor to cjson's static library, which is not.
SANDBOX  = $(ENGINE) $(wildcard src/flow/judge*.c spec/support/*.c)
$(BUILD)/pic/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC      $< (for the specs)"
	$(Q)$(CC) $(CSTD) $(WARN) -fPIC $(CFLAGS) $(LUAJIT_I) -MMD -MP -c $< -o $@

$(BUILD)/chat21/sandbox.so: $(patsubst %.c,$(BUILD)/pic/%.o,$(SANDBOX))
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	$(Q)$(CC) $(CFLAGS) -shared $^ -llua5.1-cjson -lpcre2-8 -lpthread -lm -o $@

SPECWARE  = $(BUILD)/chat21/sandbox.so $(EXAMPLES)
UNIT      = $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.c))
SCENARIOS = $(BUILD)/scenarios
TOOLS     = $(BUILD)/e2e/amqp_tool $(BUILD)/e2e/broker_probe

$(BUILD)/unit/%: $(BUILD)/tests/unit/%.o $(ARCHIVES)
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	$(Q)$(CC) $(CFLAGS) -pie $^ -lcmocka $(LIBS) -o $@

$(SCENARIOS): $(call objects,$(wildcard tests/scenarios/*.c)) $(ARCHIVES)
	@echo "  LINK    $@"
	$(Q)$(CC) $(CFLAGS) -pie $^ -lcmocka $(LIBS) -o $@

$(BUILD)/e2e/amqp_tool: $(call objects,$(wildcard tests/e2e/tool/*.c))
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	$(Q)$(CC) $(CFLAGS) -pie $^ -lrabbitmq -o $@

$(BUILD)/e2e/broker_probe: $(call objects,$(wildcard tests/e2e/probe/*.c)) $(ARCHIVES)
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	$(Q)$(CC) $(CFLAGS) -pie $^ $(LIBS) -o $@

# Measurements, by hand: build/bench/bench_policy. Built with the tests, so that they stay true.
BENCHES   = $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(wildcard tests/bench/*.c))
$(BUILD)/bench/%: $(BUILD)/tests/bench/%.o $(ARCHIVES)
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	$(Q)$(CC) $(CFLAGS) -pie $^ $(LIBS) -o $@

soak: $(BUILD)/bench/soak  ## a million decisions by the shipped policies: no memory may grow
	@$(BUILD)/bench/soak

setup:  ## install what is missing (Debian packages; once)
	@scripts/setup

web:  ## fetch mqtt.js from npm, so that the next build has the page to look at
	@scripts/web

run: setup  ## build and run the server in the foreground, on a broker of its own
	@scripts/web --try
	@$(MAKE) --no-print-directory all && scripts/run

demo: setup  ## watch everything happen once, in under a minute
	@$(MAKE) --no-print-directory demoware && scripts/demo

test: setup  ## all tests; the last line counts them
	@scripts/web --try
	@$(MAKE) --no-print-directory testware && scripts/test

demoware: all $(TOOLS)
testware: all $(UNIT) $(SCENARIOS) $(TOOLS) $(SPECWARE) $(REGRESSIONS) $(BENCHES)

unit: $(UNIT)  ## unit tests only
	@scripts/test unit
scenarios: $(SCENARIOS)  ## scenarios only
	@scripts/test scenarios
spec: $(SPECWARE)  ## the policies' specs only
	@scripts/test spec
e2e: all $(TOOLS)  ## end-to-end tests on a real broker only
	@scripts/test e2e
crash: all $(TOOLS)  ## 20,000 messages, kill -9 of the worker ten times and of the broker three
	@tests/e2e/crash
reloads: all $(TOOLS)  ## 1,000 reloads under load, without a failed message and without growing
	@tests/e2e/reloads

attacks: $(BUILD)/chat21/sandbox.so  ## how long each attack on the sandbox takes; none may take over 30 ms
	@BUILD=$(BUILD) scripts/attacks

names: $(BUILD)/chat21/sandbox.so  ## tell luacheck what names policies have, after they changed
	@BUILD=$(BUILD) scripts/policy-names > spec/policy_names.lua

check: setup  ## formatting, static analysis, layers
	@$(MAKE) --no-print-directory $(BUILD)/chat21/sandbox.so && BUILD=$(BUILD) scripts/check

# Everything under address and undefined-behaviour sanitizers, in a build folder of its own.
asan: setup  ## unit tests and scenarios under sanitizers
	@$(MAKE) --no-print-directory BUILD=build/asan \
	  CFLAGS="-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -U_FORTIFY_SOURCE" \
	  HARDEN=-fPIE unit-and-scenarios
unit-and-scenarios: $(UNIT) $(SCENARIOS)
	@BUILD=$(BUILD) scripts/test unit scenarios

# libFuzzer targets; each crash becomes a file in tests/fuzz/regressions, replayed by `make test`.
FUZZ        = $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZERS     = $(patsubst %,$(BUILD)/fuzz/%,$(FUZZ))
REGRESSIONS = $(patsubst %,$(BUILD)/regress/%,$(FUZZ))
T          ?= 30
testware: $(REGRESSIONS)
# One that needs more of the sources than the engine names it here.
FUZZ_MORE = $(FUZZ_MORE_$*)
FUZZ_MORE_token = $(wildcard src/ports/token/*.c) -ljwt -lcrypto
$(BUILD)/fuzz/token: $(wildcard src/ports/token/*.c)
HTTP      = $(wildcard src/ports/http/*.c)
FUZZ_MORE_http = $(HTTP) -lmicrohttpd
FUZZ_MORE_http_parameter = src/ports/http/parameter.c
$(BUILD)/fuzz/http $(BUILD)/fuzz/http_parameter: $(HTTP)
# The API over a real store; the target plays the HTTP server.
FUZZ_API  = $(API) $(BUILD)/openapi_parts.c $(wildcard src/ports/store/*.c src/ports/token/*.c) src/ports/http/parameter.c
FUZZ_MORE_api = $(FUZZ_API) -lsqlite3 -ljwt -lcrypto
$(BUILD)/fuzz/api: $(FUZZ_API)
$(BUILD)/fuzz/%: tests/fuzz/fuzz_%.c $(ENGINE)
	@mkdir -p $(@D)
	@echo "  FUZZ    $@"
	$(Q)$(CLANG) $(CSTD) -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all $(LUAJIT_I) $< $(ENGINE) \
	  $(FUZZ_MORE) $(ENGINE_LIBS) -o $@
$(BUILD)/regress/%: $(BUILD)/tests/fuzz/fuzz_%.o $(BUILD)/tests/fuzz/replay.o $(ARCHIVES)
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	$(Q)$(CC) $(CFLAGS) -pie $^ $(LIBS) -o $@
fuzz: setup  ## fuzz every parser, T seconds each (make fuzz T=30)
	@$(MAKE) --no-print-directory $(FUZZERS) && T=$(T) scripts/fuzz

clean:  ## remove what was built (the broker's data stays: scripts/broker reset)
	rm -rf $(BUILD)

help:  ## this list
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "make %-10s %s\n", $$1, $$2}' Makefile

.PHONY: all setup web run demo demoware test testware unit scenarios spec e2e crash reloads soak attacks names check asan unit-and-scenarios fuzz clean help
.DELETE_ON_ERROR:
.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
