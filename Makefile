# Aliases for those whose fingers type make.
.PHONY: setup dev test check ci demo migrate

setup dev test check:
	bin/$@

ci:
	.ci/run

demo migrate:
	bin/portal $@
