# libcal's front door.
#
#   make demo                     what libcal does, in a few minutes, and a page to look at
#   make                          libcal.so.1, headers, pkg-config and CMake files under build/
#   make test                     every test; the last line is "N passed, N failed"
#   make install PREFIX=/usr/local [DESTDIR=...]
#   make python                   .venv with the Python package and its `cal` command
#   make demo-model               trains the model that the demo shows; long
#   make bench [QUICK=1] [ONLY=inference,...]
#                                 all benchmarks beside their peers: build/bench/PERFORMANCE.md
#   make bench-check [BASE=REF] [QUICK=1] [ONLY=load,...]
#                                 has anything become slower than where this branch left main?
#   make bench-inference          alone: libcal beside ONNX Runtime and OpenVINO
#   make bench-int8               the same in int8
#   make bench-bf16               the same in bf16, for a processor that has AVX512_BF16
#   make bench-training           a step of training beside PyTorch
#   make bench-update             what field updates cost
#   make bench-folder             `cal attribute` over a folder of 10,000 photos
#   make bench-preprocess         resizing photos, beside Pillow and OpenCV
#   make format, make lint        rewrite or check the layout of all sources; lint checks types, too
#   make clean
#
# Linux. Missing Debian packages are installed when you are root, else named.

PREFIX  ?= /usr/local
DESTDIR ?=
PYTHON  ?= python3

# cal.h is where the version numbers live.
header   = Include/cal.h
number   = $(shell awk '$$2 == "CAL_$(1)" { print $$3; exit }' $(header))
version := $(call number,VERSION_MAJOR).$(call number,VERSION_MINOR).$(call number,VERSION_PATCH)
soname  := libcal.so.$(call number,ABI_VERSION)
# For cal_build_info, through Package.swift.
export CAL_SOURCE_ID := $(shell git describe --always --tags --dirty 2>/dev/null || echo unknown)

built    = build/swift/release/libcal.so
library  = build/lib/$(soname)
map      = build/libcal.map
configs  = build/lib/pkgconfig/cal.pc build/lib/cmake/cal/calConfig.cmake \
           build/lib/cmake/cal/calConfigVersion.cmake
headers  = build/include/cal.h build/include/cal.hpp
bundled  = Bindings/python/src/cal/_lib/$(soname)

# The Swift runtime goes inside the library. --static-swift-stdlib would say so more plainly,
# but SwiftPM ignores it for dynamic products.
link     = -static-stdlib -no-toolchain-stdlib-rpath
# Only the names in packaging/symbols.txt are visible; nothing is left to resolve later; the
# library stays mapped after dlclose, because a Swift runtime cannot be unloaded.
linker   = --version-script=$(CURDIR)/$(map) -soname=$(soname) --gc-sections \
           -z defs -z now -z nodelete
flags    = -c release --product cal --scratch-path build/swift --disable-local-rpath \
           $(addprefix -Xswiftc ,$(link)) $(addprefix -Xlinker ,$(linker)) \
           -Xcc -ffile-prefix-map=$(CURDIR)/=

.PHONY: all demo demo-model test install python bench bench-check bench-inference bench-int8 \
        bench-bf16 bench-training bench-update bench-folder bench-preprocess format lint clean FORCE
all: $(library) build/lib/libcal.so $(headers) $(configs)

$(built): $(map) FORCE
	@scripts/dependencies.sh build
	swift build $(flags)

# A library that is in use keeps its pages: what replaces it is a new file, never the old one
# written over, of which running programs would die.
$(library): $(built)
	@mkdir -p $(@D)
	strip --strip-unneeded -o $@.new $<
	mv -f $@.new $@

build/lib/libcal.so: $(library)
	ln -sf $(soname) $@

# SwiftPM does not know of the map, so a new one removes what was linked with the old.
$(map): packaging/symbols.txt
	@mkdir -p $(@D)
	@rm -f $(built)
	{ echo 'LIBCAL_1 { global:'; sed 's/$$/;/' $<; echo 'local: *; };'; } > $@

build/include/%: Include/%
	@mkdir -p $(@D)
	cp $< $@

.SECONDEXPANSION:
$(configs): packaging/$$(@F).in $(header)
	@mkdir -p $(@D)
	sed -e 's/@VERSION@/$(version)/g' -e 's/@SONAME@/$(soname)/g' $< > $@

install: all
	install -d $(addprefix $(DESTDIR)$(PREFIX)/,include lib/pkgconfig lib/cmake/cal share/doc/cal)
	install -m 644 $(headers) $(DESTDIR)$(PREFIX)/include
	install -m 755 $(library) $(DESTDIR)$(PREFIX)/lib
	ln -sf $(soname) $(DESTDIR)$(PREFIX)/lib/libcal.so
	install -m 644 $(filter %.pc,$(configs)) $(DESTDIR)$(PREFIX)/lib/pkgconfig
	install -m 644 $(filter %.cmake,$(configs)) $(DESTDIR)$(PREFIX)/lib/cmake/cal
	install -m 644 docs/*.md docs/report.schema.json $(DESTDIR)$(PREFIX)/share/doc/cal
	@[ -n "$(DESTDIR)" ] || ldconfig 2>/dev/null || echo 'Run ldconfig as root.'

python: .venv/installed $(bundled)

$(bundled): $(library)
	@mkdir -p $(@D)
	install -m 755 $< $@

.venv/installed: Bindings/python/pyproject.toml
	@scripts/dependencies.sh python
	$(PYTHON) -m venv .venv
	.venv/bin/pip install --quiet --disable-pip-version-check --editable 'Bindings/python[test]'
	@touch $@

test: all python
	@scripts/dependencies.sh test
	@.venv/bin/python Tests/run.py

some = $(if $(QUICK),--quick) $(if $(ONLY),--only $(ONLY))

bench: python
	.venv/bin/python Benchmarks/suite.py $(some)

bench-check: python
	.venv/bin/python Benchmarks/regression.py $(some) $(if $(BASE),--base $(BASE))

bench-inference: python
	.venv/bin/pip install --quiet --disable-pip-version-check -r Benchmarks/requirements.txt
	.venv/bin/python Benchmarks/compare.py

bench-int8: python
	.venv/bin/pip install --quiet --disable-pip-version-check -r Benchmarks/requirements.txt
	.venv/bin/python Benchmarks/int8.py

bench-bf16: python
	.venv/bin/pip install --quiet --disable-pip-version-check -r Benchmarks/requirements.txt
	.venv/bin/python Benchmarks/bf16.py

bench-training: python
	.venv/bin/pip install --quiet --disable-pip-version-check -r Benchmarks/requirements-training.txt
	.venv/bin/python Benchmarks/training.py

bench-update: python
	.venv/bin/python Benchmarks/update.py

bench-folder: python
	.venv/bin/python Benchmarks/folder.py

bench-preprocess: python
	.venv/bin/pip install --quiet --disable-pip-version-check -r Benchmarks/requirements-preprocess.txt
	.venv/bin/python Benchmarks/preprocess.py

# Demonstration data, drawn and forged by code. BLAS on one thread: every processor has a process.
world = build/demo/world

demo: python $(world)/faces/split.csv
	.venv/bin/python Examples/demo/demo.py $(world) build/demo

demo-model: python $(world)/faces/split.csv
	.venv/bin/cal train $(world)/faces build/demo/training --force --unknown-k --network resnet18 \
	    --width 16 --size 64 --small-stem --epochs 22 --batch 32 --rate 1e-3 --seed 1
	cp build/demo/training/model.cal Examples/demo/model.cal
	.venv/bin/cal eval Examples/demo/model.cal $(world)/faces

# Written last, so it is there if all images are.
$(world)/faces/split.csv: $(wildcard $(addprefix Examples/demo/,*/*.py openworld.py studio.py)) | .venv/demo
	rm -rf $(world)
	OPENBLAS_NUM_THREADS=1 .venv/bin/python Examples/demo/generate.py $(world)

.venv/demo: Examples/demo/requirements.txt | python
	.venv/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

swift_sources  = Package.swift Sources Tests
c_sources      = git ls-files '*.c' '*.h' '*.cpp' '*.hpp' | grep -v -e pb-c -e '^Include/cal.h$$'
python_sources = Bindings Benchmarks Examples Tests

.venv/tools: .venv/installed
	.venv/bin/pip install --quiet --disable-pip-version-check clang-format mypy ruff
	@touch $@

format: .venv/tools
	swift format --in-place --recursive $(swift_sources)
	$(c_sources) | xargs .venv/bin/clang-format -i
	.venv/bin/ruff format --quiet $(python_sources)

lint: .venv/tools
	swift format lint --recursive $(swift_sources)
	$(c_sources) | xargs .venv/bin/clang-format --dry-run --Werror
	.venv/bin/ruff check --quiet $(python_sources)
	.venv/bin/ruff format --quiet --check $(python_sources)
	cd Bindings/python && ../../.venv/bin/mypy --no-error-summary

clean:
	rm -rf build .build .venv $(dir $(bundled))
