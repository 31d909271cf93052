# Aliases: everything works without make.
.PHONY: demo test lint format lock bench

demo:
	python3 manage.py demo

test:
	python3 manage.py test

bench:
	python3 manage.py bench

lint:
	sh .ci/lint

format:
	.venv/bin/ruff check --fix . && .venv/bin/ruff format .

# The hash locks, for all supported Pythons at once. Needs uv.
lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --custom-compile-command "make lock" pyproject.toml -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --custom-compile-command "make lock" --group dev -c requirements.lock -o requirements-dev.lock
